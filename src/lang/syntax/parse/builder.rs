use pest::Parser;
use pest::iterators::{Pair, Pairs};

use super::super::ast::{
    Axis, Body, By, Doc, Entry, Expect, Expr, ExprKind, Field, Item, ItemKind, Let, Node, Origin,
    Param, Parameter, Step, Template, Use, UseTarget, Word,
};
use super::super::faults;
use super::super::scan::{Chunk, DocLine, Scan};
use super::{Grammar, Rule, join_docs};
use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::source::{FileId, Span};

/// The words of an expression that no name can be: `reserved` of the grammar.
const RESERVED: &[&str] = &[
    "for", "in", "to", "step", "count", "by", "like", "and", "or", "not", "true", "false", "none",
];

/// Makes items from what pest has recognised.
pub(super) struct Builder<'a> {
    pub file: FileId,
    pub text: &'a str,
    /// Where the text that pest sees begins in the file.
    pub base: usize,
    pub scan: &'a Scan,
    pub docs: &'a [DocLine],
    /// The first doc line that may belong to what comes next.
    pub next_doc: usize,
    pub faults: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// One item; none where the text holds nothing.
    pub fn chunk(&mut self, chunk: &Chunk) -> Option<Item> {
        if chunk.refused {
            return Some(self.bad_item(chunk.start, chunk.end));
        }
        match Grammar::parse(Rule::chunk, &chunk.text) {
            Ok(mut pairs) => {
                let doc = self.doc_before(chunk.start);
                pairs.next().map(|pair| self.item(pair, doc))
            }
            Err(error) => {
                self.broken_item(&chunk.text, chunk.end, &error);
                Some(self.bad_item(chunk.start, chunk.end))
            }
        }
    }

    pub fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        self.place(span.start(), span.end())
    }

    /// A span within the file, from offsets in the chunk; closers that were added behind its end do not count.
    fn place(&self, start: usize, end: usize) -> Span {
        // A sign of several bytes is one byte for the grammar; the span takes it whole.
        let boundary = |mut at: usize| {
            while !self.text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let limit = self.text.len();
        Span::new(
            self.file,
            boundary((self.base + start).min(limit)),
            boundary((self.base + end).min(limit)),
        )
    }

    /// Doc lines that end just before this byte.
    fn doc_before(&mut self, at: usize) -> Option<Doc> {
        let first = self.next_doc;
        while self
            .docs
            .get(self.next_doc)
            .is_some_and(|doc| (doc.span.start as usize) < at)
        {
            self.next_doc += 1;
        }
        let mut from = self.next_doc;
        let mut until = at;
        // Only lines that touch: nothing but white space up to the item.
        while from > first {
            let doc = &self.docs[from - 1];
            let between = self.text.get(doc.span.end as usize..until).unwrap_or("x");
            if !between.trim().is_empty() || between.matches('\n').count() > 1 {
                break;
            }
            until = doc.span.start as usize;
            from -= 1;
        }
        join_docs(&self.docs[from..self.next_doc])
    }

    fn bad_item(&self, start: usize, end: usize) -> Item {
        let text = self.text.get(start..end).unwrap_or("");
        let mut words = text
            .char_indices()
            .filter(|(at, c)| {
                let before = text[..*at].chars().next_back();
                !c.is_whitespace()
                    && before.is_none_or(|before| before.is_whitespace() || "({[".contains(before))
            })
            .map(|(at, _)| at)
            .skip(1);
        let name = words.next().and_then(|at| {
            let len = text[at..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(text.len() - at);
            let word = &text[at..at + len];
            word.starts_with(|first: char| first.is_ascii_lowercase())
                .then(|| Word {
                    text: word.to_owned(),
                    span: Span::new(self.file, start + at, start + at + len),
                })
        });
        Item {
            doc: None,
            kind: ItemKind::Bad(name),
            span: Span::new(self.file, start, end),
        }
    }

    pub fn broken_item(&mut self, text: &str, end: usize, error: &pest::error::Error<Rule>) {
        let end = end.min(self.text.len());
        if self.scan.is_faulty(self.base, end) {
            return;
        }
        let at = faults::offset(error).min(text.len());
        let place = |from: usize, to: usize| self.place(from, to);
        let finding = faults::explain(text, at, faults::Where::Item, &place);
        self.faults.push(finding);
    }

    fn item(&mut self, pair: Pair<'_, Rule>, doc: Option<Doc>) -> Item {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        let mut inner = pair.into_inner();
        let kind = match rule {
            Rule::use_item => self.use_item(&mut inner),
            Rule::study_item => self.first_body(&mut inner).map(ItemKind::Study),
            Rule::param_item => self.param(inner),
            Rule::let_item => self.let_item(&mut inner),
            Rule::template_item => self.template(inner),
            Rule::expect_item => self.expect(&mut inner),
            _ => self.node(inner),
        };
        Item {
            doc,
            kind: kind.unwrap_or(ItemKind::Bad(None)),
            span,
        }
    }

    /// A name that is declared here, which no word of the language may be.
    fn declared(&mut self, pair: &Pair<'_, Rule>) -> Word {
        let word = self.word(pair);
        if RESERVED.contains(&word.text.as_str()) {
            let finding = Diagnostic::new(
                codes::RESERVED,
                format!("`{}` is a word of the language", word.text),
            )
            .at(word.span, "cannot be a name")
            .help(format!("choose another name, like `{}_`", word.text))
            .edit(word.span, format!("{}_", word.text));
            self.faults.push(finding);
        }
        word
    }

    pub fn word(&self, pair: &Pair<'_, Rule>) -> Word {
        Word {
            text: pair.as_str().to_owned(),
            span: self.span(pair),
        }
    }

    fn first_body(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<Body> {
        inner.next().map(|pair| self.body(pair))
    }

    fn use_item(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<ItemKind> {
        let target = inner.next()?;
        let target_span = self.span(&target);
        let alias = inner.next().map(|pair| self.word(&pair));
        let target = match target.as_rule() {
            Rule::dotted => {
                UseTarget::Module(target.as_str().split('.').map(str::to_owned).collect())
            }
            _ => UseTarget::Path(unquote(target.as_str())),
        };
        Some(ItemKind::Use(Use {
            target,
            target_span,
            alias,
        }))
    }

    fn param(&mut self, inner: Pairs<'_, Rule>) -> Option<ItemKind> {
        let mut name = None;
        let mut choices = Vec::new();
        let mut default = None;
        for pair in inner {
            match pair.as_rule() {
                Rule::name => name = Some(self.declared(&pair)),
                Rule::choices => choices = pair.into_inner().map(|one| self.word(&one)).collect(),
                _ => default = Some(self.expr(pair)),
            }
        }
        Some(ItemKind::Param(Param {
            name: name?,
            choices,
            default,
        }))
    }

    fn let_item(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<ItemKind> {
        let name = self.declared(&inner.next()?);
        let value = self.expr(inner.next()?);
        Some(ItemKind::Let(Let { name, value }))
    }

    fn template(&mut self, inner: Pairs<'_, Rule>) -> Option<ItemKind> {
        let mut words = Vec::new();
        let mut parameters = Vec::new();
        let mut body = None;
        for pair in inner {
            match pair.as_rule() {
                Rule::name => words.push(self.declared(&pair)),
                Rule::parameter => {
                    let mut inner = pair.into_inner();
                    let name = self.declared(&inner.next()?);
                    let default = inner.next().map(|pair| self.expr(pair));
                    parameters.push(Parameter { name, default });
                }
                _ => body = Some(self.body(pair)),
            }
        }
        let mut words = words.into_iter();
        Some(ItemKind::Template(Template {
            name: words.next()?,
            kind: words.next()?,
            parameters,
            body: body?,
        }))
    }

    fn expect(&mut self, inner: &mut Pairs<'_, Rule>) -> Option<ItemKind> {
        let condition = self.expr(inner.next()?);
        let by = match inner.next() {
            None => None,
            Some(pair) => {
                let span = self.span(&pair);
                let mut inner = pair.into_inner();
                let amount = self.expr(inner.next()?);
                Some(By {
                    amount,
                    sigma: inner.next().is_some(),
                    span,
                })
            }
        };
        Some(ItemKind::Expect(Expect { condition, by }))
    }

    fn node(&mut self, inner: Pairs<'_, Rule>) -> Option<ItemKind> {
        let mut words = Vec::new();
        let mut axes = Vec::new();
        let mut origin = None;
        let mut body = None;
        for pair in inner {
            match pair.as_rule() {
                Rule::name => words.push(self.declared(&pair)),
                Rule::axis => {
                    let mut inner = pair.into_inner();
                    let name = self.declared(&inner.next()?);
                    let list = self.expr(inner.next()?);
                    axes.push(Axis { name, list });
                }
                Rule::like => {
                    origin = pair
                        .into_inner()
                        .next()
                        .map(|pair| Origin::Like(self.expr(pair)));
                }
                Rule::made => {
                    origin = pair
                        .into_inner()
                        .next()
                        .map(|pair| Origin::Call(self.expr(pair)));
                }
                _ => body = Some(self.body(pair)),
            }
        }
        let mut words = words.into_iter();
        Some(ItemKind::Node(Node {
            kind: words.next()?,
            name: words.next()?,
            axes,
            origin,
            body,
        }))
    }

    fn body(&mut self, pair: Pair<'_, Rule>) -> Body {
        let span = self.span(&pair);
        let entries = pair
            .into_inner()
            .filter_map(|pair| self.entry(pair))
            .collect();
        Body { entries, span }
    }

    fn entry(&mut self, pair: Pair<'_, Rule>) -> Option<Entry> {
        let span = self.span(&pair);
        let doc = self.doc_before(span.start as usize);
        match pair.as_rule() {
            Rule::field => {
                let mut inner = pair.into_inner();
                let name = self.word(&inner.next()?);
                let value = self.expr(inner.next()?);
                Some(Entry::Field(Field {
                    doc,
                    name,
                    value,
                    span,
                }))
            }
            Rule::step => Some(Entry::Step(self.step(pair, doc, span))),
            _ => Some(self.bad_entry(pair.as_str(), pair.as_span().start(), span)),
        }
    }

    fn step(&mut self, pair: Pair<'_, Rule>, doc: Option<Doc>, span: Span) -> Step {
        let mut label = None;
        let mut parts = Vec::new();
        let mut block = None;
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::label => label = Some(self.word(&pair)),
                Rule::verb | Rule::word => parts.push(Expr {
                    kind: ExprKind::Name(pair.as_str().to_owned()),
                    span: self.span(&pair),
                }),
                Rule::body => block = Some(self.body(pair)),
                _ => parts.push(self.expr(pair)),
            }
        }
        Step {
            doc,
            label,
            parts,
            block,
            span,
        }
    }

    /// A line that is neither field nor step: says why, and reads `name = value` as the field that was meant.
    fn bad_entry(&mut self, text: &str, start: usize, span: Span) -> Entry {
        if !self.scan.is_faulty(span.start as usize, span.end as usize) {
            let error = Grammar::parse(Rule::lone_entry, text).err();
            let at = error
                .map_or(0, |error| faults::offset(&error))
                .min(text.len());
            let place = |from: usize, to: usize| self.place(start + from, start + to);
            let finding = faults::explain(text, at, faults::Where::Body, &place);
            self.faults.push(finding);
        }
        if let Some(at) = faults::assignment(text) {
            let mended = format!("{}:{}", &text[..at], &text[at + 1..]);
            let base = self.base;
            self.base += start;
            let field = Grammar::parse(Rule::lone_field, &mended)
                .ok()
                .and_then(|mut pairs| pairs.next())
                .and_then(|pair| self.entry(pair));
            self.base = base;
            if let Some(field) = field {
                return field;
            }
        }
        Entry::Bad(span)
    }
}

/// The text between quotes; `\"` and `\\` stand for the character, `\n` for a new line.
pub(super) fn unquote(text: &str) -> String {
    let inner = text.strip_prefix('"').unwrap_or(text);
    let inner = inner.strip_suffix('"').unwrap_or(inner);
    let mut out = String::new();
    let mut escaped = false;
    for c in inner.chars() {
        match (escaped, c) {
            (false, '\\') => {
                escaped = true;
                continue;
            }
            (true, 'n') => out.push('\n'),
            (true, 't') => out.push('\t'),
            (_, other) => out.push(other),
        }
        escaped = false;
    }
    out
}
