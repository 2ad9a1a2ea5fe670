//! A recipe as text in pieces, so that one item of it can be replaced and all else stays as it was written.

use std::ops::Range;

use crate::lang::diag::{Diagnostic, Edit};
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::ast::{ItemKind, UseTarget};
use crate::lang::syntax::parse;

/// What makes two items the same item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Identity {
    /// `study { … }`, of which there is one.
    Study,
    /// Everything that binds a name: a node, `let`, `param`, `template`, `use`.
    Named(String),
    /// An expectation is the same only if it says the same.
    Expect(String),
}

const MODULE: &str = "module";

/// One item with the comments before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// White space, comments and doc comments since the item before.
    lead: String,
    /// The item, with a comment that ends its last line.
    code: String,
    pub identity: Identity,
    /// What the item is, in a word.
    pub what: &'static str,
    /// Where the item stood in what was entered just now: a range of `code`, and the byte of the input at which
    /// that range began.
    entered: Option<(Range<usize>, usize)>,
}

/// Items in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Recipe {
    pieces: Vec<Piece>,
    /// What follows the last item.
    tail: String,
}

impl Recipe {
    /// Takes a text apart; its faults if it has any.
    pub fn read(text: &str) -> Result<Recipe, Vec<Diagnostic>> {
        let parsed = parse(FileId(0), text);
        if !parsed.diagnostics.is_empty() {
            return Err(parsed.diagnostics);
        }
        let mut recipe = Recipe::default();
        let mut at = 0;
        for item in &parsed.file.items {
            let span = item.span.range();
            let code = span.start..end_of_line_comment(text, span.end);
            let words = || text[span.clone()].split_whitespace().collect::<Vec<_>>();
            let identity = match &item.kind {
                ItemKind::Study(_) => Identity::Study,
                ItemKind::Param(one) => Identity::Named(one.name.text.clone()),
                ItemKind::Let(one) => Identity::Named(one.name.text.clone()),
                ItemKind::Node(one) => Identity::Named(one.name.text.clone()),
                ItemKind::Template(one) => Identity::Named(one.name.text.clone()),
                ItemKind::Use(one) => Identity::Named(match (&one.alias, &one.target) {
                    (Some(alias), _) => alias.text.clone(),
                    (None, UseTarget::Module(words)) => words.last().cloned().unwrap_or_default(),
                    (None, UseTarget::Path(path)) => path
                        .rsplit(['/', '\\'])
                        .next()
                        .and_then(|file| file.split('.').next())
                        .unwrap_or_default()
                        .to_owned(),
                }),
                ItemKind::Expect(_) => Identity::Expect(words().join(" ")),
                // Without faults there is nothing that was not recognised.
                ItemKind::Bad(_) => continue,
            };
            recipe.pieces.push(Piece {
                lead: text[at..code.start].to_owned(),
                code: text[code.clone()].to_owned(),
                identity,
                what: match item.kind {
                    ItemKind::Use(_) => MODULE,
                    ItemKind::Template(_) => "template",
                    ItemKind::Study(_) => "settings",
                    _ => "item",
                },
                entered: Some((0..code.len(), code.start)),
            });
            at = code.end;
        }
        text[at..].clone_into(&mut recipe.tail);
        Ok(recipe)
    }

    /// Reads what a session begins with: nothing of it was entered.
    pub fn load(text: &str) -> Result<Recipe, Vec<Diagnostic>> {
        let mut recipe = Recipe::read(text)?;
        recipe.settle();
        Ok(recipe)
    }

    /// The entry has been judged; from now on it is text like all else.
    pub fn settle(&mut self) {
        for piece in &mut self.pieces {
            piece.entered = None;
        }
    }

    pub fn pieces(&self) -> &[Piece] {
        &self.pieces
    }

    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub fn has(&self, identity: &Identity) -> bool {
        self.pieces.iter().any(|piece| piece.identity == *identity)
    }

    /// The recipe with the items of an entry: each takes the place of the item that it replaces; else `use` and
    /// `study` go to the top and all else to the end.
    pub fn with(&self, entry: &Recipe) -> Recipe {
        let mut recipe = self.clone();
        for piece in &entry.pieces {
            recipe.put(piece.clone());
        }
        recipe
    }

    fn put(&mut self, mut piece: Piece) {
        let says_more = !piece.lead.trim().is_empty();
        if let Some(old) = self
            .pieces
            .iter_mut()
            .find(|old| old.identity == piece.identity)
        {
            let mut lead = old.lead.clone();
            if says_more {
                lead = lead
                    .lines()
                    .filter(|line| !line.trim_start().starts_with("///"))
                    .fold(String::new(), |all, line| all + line + "\n");
                lead.push_str(piece.lead.trim_start());
            }
            piece.lead = lead;
            *old = piece;
            return;
        }
        let gap = if piece.is_use() { "\n" } else { "\n\n" };
        let lead = format!("{gap}{}", piece.lead.trim_start());
        let is_first = piece.is_use() || piece.identity == Identity::Study;
        let place = if is_first {
            self.pieces.iter().rposition(Piece::is_use)
        } else {
            self.pieces.len().checked_sub(1)
        };
        match place {
            Some(before) => {
                // A comment after the last item stays behind that item.
                if before + 1 == self.pieces.len() {
                    piece.lead = self.tail.trim_end().to_owned() + &lead;
                    "\n".clone_into(&mut self.tail);
                } else {
                    piece.lead = lead;
                }
                self.pieces.insert(before + 1, piece);
            }
            None if is_first && !self.pieces.is_empty() => self.put_first(piece),
            None => {
                let before = self.tail.trim_end();
                piece.lead = if before.is_empty() {
                    piece.lead.trim_start().to_owned()
                } else {
                    before.to_owned() + &lead
                };
                "\n".clone_into(&mut self.tail);
                self.pieces.push(piece);
            }
        }
    }

    /// Before all items, below the text that describes the file.
    fn put_first(&mut self, mut piece: Piece) {
        let Some(next) = self.pieces.first_mut() else {
            return;
        };
        let of_file = next.lead.rmatch_indices("//!").next().map_or(0, |(at, _)| {
            next.lead[at..]
                .find('\n')
                .map_or(next.lead.len(), |end| at + end)
        });
        let rest = next.lead.split_off(of_file);
        let head = std::mem::replace(&mut next.lead, format!("\n\n{}", rest.trim_start()));
        piece.lead = if head.is_empty() {
            piece.lead.trim_start().to_owned()
        } else {
            format!("{head}\n\n{}", piece.lead.trim_start())
        };
        self.pieces.insert(0, piece);
    }

    /// The recipe with a `let` at its end that nobody declared: how an expression is read with the recipe's names.
    pub fn asking(&self, hidden: &str, expression: &str) -> Recipe {
        let head = format!("let {hidden} = ");
        let mut recipe = self.clone();
        recipe.put(Piece {
            lead: String::new(),
            entered: Some((head.len()..head.len() + expression.len(), 0)),
            code: head + expression,
            identity: Identity::Named(hidden.to_owned()),
            what: "item",
        });
        recipe
    }

    /// The whole text, and where in it the parts of the entry are.
    pub fn text(&self) -> (String, Entered) {
        let mut text = String::new();
        let mut entered = Entered::default();
        for piece in &self.pieces {
            text.push_str(&piece.lead);
            if let Some((part, input)) = &piece.entered {
                let start = text.len() + part.start;
                entered.parts.push((start..text.len() + part.end, *input));
            }
            text.push_str(&piece.code);
        }
        text.push_str(&self.tail);
        (text, entered)
    }
}

impl Piece {
    pub fn says_the_same(&self, other: &Piece) -> bool {
        self.identity == other.identity && self.code == other.code
    }

    fn is_use(&self) -> bool {
        self.what == MODULE
    }

    /// What to call it.
    pub fn name(&self) -> &str {
        match &self.identity {
            Identity::Study => "study",
            Identity::Named(name) => name,
            Identity::Expect(text) => text,
        }
    }
}

/// Where the parts of an entry went in the joined text: ranges there, and where each began in the input.
#[derive(Debug, Default)]
pub(super) struct Entered {
    parts: Vec<(Range<usize>, usize)>,
}

impl Entered {
    /// A finding that points into the joined text `from`, pointing into the input instead wherever that is what it
    /// is about.
    pub fn shown(&self, mut finding: Diagnostic, from: FileId, input: FileId) -> Diagnostic {
        for label in &mut finding.labels {
            label.span = self.moved(label.span, from, input);
        }
        finding.edit = finding.edit.map(|edit| Edit {
            span: self.moved(edit.span, from, input),
            ..edit
        });
        finding
    }

    fn moved(&self, span: Span, from: FileId, input: FileId) -> Span {
        let range = span.range();
        let part = self
            .parts
            .iter()
            .find(|(part, _)| part.start <= range.start && range.end <= part.end);
        match part {
            Some((part, at)) if span.file == from => {
                let start = range.start - part.start + at;
                Span::new(input, start, start + range.len())
            }
            _ => span,
        }
    }
}

/// The end of a comment that follows on the same line, or `end` itself.
fn end_of_line_comment(text: &str, end: usize) -> usize {
    let rest = text[end..].split('\n').next().unwrap_or_default();
    if rest.trim_start().starts_with("//") {
        end + rest.trim_end().len()
    } else {
        end
    }
}
