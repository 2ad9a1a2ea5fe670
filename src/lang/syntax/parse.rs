//! From text to tree: pest recognises each item, this file builds the tree and orders the operators.

use std::sync::OnceLock;

use pest::Parser;
use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::ast::{
    Argument, Axis, Body, By, Doc, Entry, Expect, Expr, ExprKind, Field, File, Item, ItemKind, Let,
    Node, Number, Operator, Origin, Param, Parameter, Spacing, Step, Template, Unary, Use,
    UseTarget, Word,
};
use super::faults;
use super::scan::{Chunk, Comment, DocLine, Scan, scan, wants_more};
use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::source::{FileId, Span};

#[derive(pest_derive::Parser)]
#[grammar = "../grammar/synth.pest"]
pub(super) struct Grammar;

/// A tree with everything that was found wrong in the form of its text.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub file: File,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
}

/// The most operators in one expression, and the longest chain of calls, indices and members.
const LONGEST_EXPRESSION: usize = 256;
/// The words of an expression that no name can be: `reserved` of the grammar.
const RESERVED: &[&str] = &[
    "for", "in", "to", "step", "count", "by", "like", "and", "or", "not", "true", "false", "none",
];
/// Beyond this many faults the rest is counted, not shown.
const MOST_FAULTS: usize = 500;
/// From this many items on, other threads are worth their start.
const MANY_ITEMS: usize = 200;

/// Parses a recipe. Total: any text gives a tree and findings.
pub fn parse(file: FileId, text: &str) -> Parsed {
    let mut scan = scan(file, text);
    let mut docs = std::mem::take(&mut scan.docs);
    let chunks = std::mem::take(&mut scan.chunks);
    let file_doc = file_doc(&mut docs);
    let item = |at: usize| {
        let chunk = &chunks[at];
        let before = at.checked_sub(1).map_or(0, |before| chunks[before].start);
        let mut builder = Builder {
            file,
            text,
            base: chunk.start,
            scan: &scan,
            docs: &docs,
            next_doc: docs.partition_point(|doc| (doc.span.start as usize) < before),
            faults: Vec::new(),
        };
        let item = builder.chunk(chunk);
        (item, builder.faults)
    };
    // Items know nothing of each other, so a long file is read by all cores.
    let read: Vec<(Option<Item>, Vec<Diagnostic>)> = if chunks.len() < MANY_ITEMS {
        (0..chunks.len()).map(item).collect()
    } else {
        (0..chunks.len()).into_par_iter().map(item).collect()
    };
    let mut items = Vec::with_capacity(chunks.len());
    let mut diagnostics = std::mem::take(&mut scan.diagnostics);
    for (item, mut faults) in read {
        items.extend(item);
        diagnostics.append(&mut faults);
    }
    if diagnostics.len() > MOST_FAULTS {
        let more = diagnostics.len() - MOST_FAULTS;
        diagnostics.truncate(MOST_FAULTS);
        if let Some(last) = diagnostics.last_mut() {
            last.notes
                .push(format!("{more} more faults of form are not shown"));
        }
    }
    Parsed {
        file: File {
            file,
            doc: file_doc,
            items,
        },
        comments: scan.comments,
        diagnostics,
    }
}

/// Parses one expression, as `eval`, `--set` and the REPL take it.
pub fn parse_expression(file: FileId, text: &str) -> (Expr, Vec<Diagnostic>) {
    let mut scan = scan(file, text);
    let bad = Expr {
        kind: ExprKind::Bad,
        span: Span::new(file, 0, text.len()),
    };
    let chunks = std::mem::take(&mut scan.chunks);
    let mut builder = Builder {
        file,
        text,
        base: 0,
        scan: &scan,
        docs: &[],
        next_doc: 0,
        faults: Vec::new(),
    };
    let mut found = bad.clone();
    match chunks.as_slice() {
        [] => {
            if builder.scan.diagnostics.is_empty() {
                builder.faults.push(
                    Diagnostic::new(codes::UNEXPECTED, "there is no expression here")
                        .at(bad.span, "nothing to evaluate"),
                );
            }
        }
        [chunk] if !chunk.refused => {
            builder.base = chunk.start;
            match Grammar::parse(Rule::lone_expr, &chunk.text) {
                Ok(mut pairs) => {
                    if let Some(pair) = pairs.next() {
                        found = builder.expr(pair);
                    }
                }
                Err(error) => builder.broken_item(&chunk.text, chunk.end, &error),
            }
        }
        [_] => {}
        [_, second, ..] => builder.faults.push(
            Diagnostic::new(codes::UNEXPECTED, "one expression is enough").at(
                Span::new(file, second.start, second.end),
                "this goes on after its end",
            ),
        ),
    }
    let mut faults = builder.faults;
    let mut diagnostics = std::mem::take(&mut scan.diagnostics);
    diagnostics.append(&mut faults);
    if diagnostics.is_empty() {
        (found, diagnostics)
    } else {
        (bad, diagnostics)
    }
}

/// Whether a text typed so far can be read, or more lines belong to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    Complete,
    NeedsMore,
}

/// For a prompt: open brackets or an operator at the end ask for another line.
pub fn completeness(text: &str) -> Completeness {
    if wants_more(text) {
        Completeness::NeedsMore
    } else {
        Completeness::Complete
    }
}

fn file_doc(docs: &mut Vec<DocLine>) -> Option<Doc> {
    let (of_file, others): (Vec<DocLine>, Vec<DocLine>) = std::mem::take(docs)
        .into_iter()
        .partition(|doc| doc.of_file);
    *docs = others;
    join_docs(&of_file)
}

fn join_docs(lines: &[DocLine]) -> Option<Doc> {
    let (first, last) = (lines.first()?, lines.last()?);
    Some(Doc {
        text: lines
            .iter()
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
            .join("\n"),
        span: first.span.to(last.span),
    })
}

fn pratt() -> &'static PrattParser<Rule> {
    static PRATT: OnceLock<PrattParser<Rule>> = OnceLock::new();
    PRATT.get_or_init(|| {
        let left = |rule| Op::infix(rule, Assoc::Left);
        PrattParser::new()
            .op(left(Rule::arrow))
            .op(left(Rule::or))
            .op(left(Rule::and))
            .op(Op::prefix(Rule::not))
            .op(left(Rule::compare))
            .op(left(Rule::ramp))
            .op(left(Rule::range) | left(Rule::spacing))
            .op(left(Rule::plus) | left(Rule::dash))
            .op(left(Rule::times) | left(Rule::divide))
            .op(Op::prefix(Rule::minus))
            .op(Op::infix(Rule::power, Assoc::Right))
            .op(Op::postfix(Rule::call) | Op::postfix(Rule::index) | Op::postfix(Rule::member))
    })
}

struct Builder<'a> {
    file: FileId,
    text: &'a str,
    /// Where the text that pest sees begins in the file.
    base: usize,
    scan: &'a Scan,
    docs: &'a [DocLine],
    /// The first doc line that may belong to what comes next.
    next_doc: usize,
    faults: Vec<Diagnostic>,
}

impl Builder<'_> {
    /// One item; none where the text holds nothing.
    fn chunk(&mut self, chunk: &Chunk) -> Option<Item> {
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

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
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

    fn broken_item(&mut self, text: &str, end: usize, error: &pest::error::Error<Rule>) {
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

    fn word(&self, pair: &Pair<'_, Rule>) -> Word {
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

    fn expr(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        if pair.as_rule() != Rule::expr {
            return self.primary(pair);
        }
        let mut converted = None;
        let mut parts: Vec<Pair<'_, Rule>> = Vec::new();
        for part in pair.into_inner() {
            if part.as_rule() == Rule::converted {
                converted = part.into_inner().next();
            } else {
                parts.push(part);
            }
        }
        let operators = parts
            .iter()
            .filter(|part| {
                !matches!(
                    part.as_rule(),
                    Rule::literal | Rule::text | Rule::reference | Rule::formula | Rule::constant
                )
            })
            .count();
        if operators > LONGEST_EXPRESSION {
            self.faults.push(
                Diagnostic::new(
                    codes::TOO_DEEP,
                    format!("this expression has more than {LONGEST_EXPRESSION} operators"),
                )
                .at(span, "too long")
                .help("give its parts names with `let`, or use a list"),
            );
            return Expr {
                kind: ExprKind::Bad,
                span,
            };
        }
        let found = if parts.len() == 1 {
            let only = parts.remove(0);
            self.primary(only)
        } else {
            let builder = std::cell::RefCell::new(&mut *self);
            pratt()
                .map_primary(|pair| builder.borrow_mut().primary(pair))
                .map_prefix(|operator, operand| builder.borrow_mut().prefix(&operator, operand))
                .map_postfix(|operand, operator| builder.borrow_mut().postfix(operand, operator))
                .map_infix(|left, operator, right| {
                    builder.borrow_mut().infix(left, &operator, right)
                })
                .parse(parts.into_iter())
        };
        match converted {
            None => found,
            Some(unit) => Expr {
                kind: ExprKind::Convert(Box::new(found), unit_word(&unit, self.file, self.base)),
                span,
            },
        }
    }

    fn prefix(&mut self, operator: &Pair<'_, Rule>, operand: Expr) -> Expr {
        let unary = if operator.as_rule() == Rule::not {
            Unary::Not
        } else {
            Unary::Minus
        };
        Expr {
            span: self.span(operator).to(operand.span),
            kind: ExprKind::Unary(unary, Box::new(operand)),
        }
    }

    fn postfix(&mut self, operand: Expr, operator: Pair<'_, Rule>) -> Expr {
        let span = operand.span.to(self.span(&operator));
        let rule = operator.as_rule();
        let kind = match rule {
            Rule::member => match operator.into_inner().next() {
                Some(name) => ExprKind::Member(Box::new(operand), self.word(&name)),
                None => ExprKind::Bad,
            },
            _ => {
                let arguments = operator
                    .into_inner()
                    .filter_map(|pair| self.argument(pair))
                    .collect();
                if rule == Rule::call {
                    ExprKind::Call(Box::new(operand), arguments)
                } else {
                    ExprKind::Index(Box::new(operand), arguments)
                }
            }
        };
        Expr { kind, span }
    }

    fn argument(&mut self, pair: Pair<'_, Rule>) -> Option<Argument> {
        let mut inner = pair.into_inner();
        let first = inner.next()?;
        if first.as_rule() == Rule::argument_name {
            let name = Some(self.word(&first));
            let value = self.expr(inner.next()?);
            return Some(Argument { name, value });
        }
        Some(Argument {
            name: None,
            value: self.expr(first),
        })
    }

    fn infix(&mut self, left: Expr, operator: &Pair<'_, Rule>, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let at = self.span(operator);
        let text = operator.as_str();
        let binary = match operator.as_rule() {
            Rule::plus => Some(Operator::Add),
            Rule::dash => Some(Operator::Subtract),
            Rule::times => Some(Operator::Multiply),
            Rule::divide => Some(Operator::Divide),
            Rule::power => Some(Operator::Power),
            Rule::and => Some(Operator::And),
            Rule::or => Some(Operator::Or),
            Rule::compare => Some(match text {
                "<" => Operator::Less,
                "<=" => Operator::LessEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterEqual,
                "==" => Operator::Equal,
                _ => Operator::NotEqual,
            }),
            _ => None,
        };
        if let Some(binary) = binary {
            return power_before_sign(left, binary, at, right, span);
        }
        let kind = match operator.as_rule() {
            Rule::arrow => ExprKind::Reaction(Box::new(left), Box::new(right)),
            Rule::range => ExprKind::Range(Box::new(left), Box::new(right), None),
            Rule::ramp => ExprKind::Ramp(Box::new(left), Box::new(right)),
            Rule::spacing => {
                let spacing = if text == "step" {
                    Spacing::Step
                } else {
                    Spacing::Count
                };
                match left.kind {
                    ExprKind::Range(low, high, None) => {
                        ExprKind::Range(low, high, Some((spacing, Box::new(right))))
                    }
                    _ => {
                        self.faults.push(
                            Diagnostic::new(
                                codes::UNEXPECTED,
                                format!("`{text}` belongs to a range"),
                            )
                            .at(at, "no range before it")
                            .help(format!("write a range, like `1 .. 10 {text} 2`")),
                        );
                        ExprKind::Bad
                    }
                }
            }
            _ => ExprKind::Bad,
        };
        Expr { kind, span }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::expr => return self.expr(pair),
            Rule::literal => self.number(pair),
            Rule::text => ExprKind::Text(unquote(pair.as_str())),
            Rule::constant => match pair.as_str() {
                "true" => ExprKind::True,
                "false" => ExprKind::False,
                _ => ExprKind::Nothing,
            },
            Rule::formula => self.formula(pair.as_str(), span),
            Rule::any => ExprKind::Any,
            Rule::reference => ExprKind::Name(pair.as_str().to_owned()),
            Rule::list => ExprKind::List(pair.into_inner().map(|pair| self.expr(pair)).collect()),
            Rule::record => ExprKind::Record(self.pairs(pair)),
            Rule::select => {
                let mut inner = pair.into_inner();
                match (inner.next(), inner.next()) {
                    (Some(name), Some(record)) => {
                        ExprKind::Select(self.word(&name), self.pairs(record))
                    }
                    _ => ExprKind::Bad,
                }
            }
            Rule::parenthesis => match pair.into_inner().next() {
                Some(inner) => ExprKind::Parenthesis(Box::new(self.expr(inner))),
                None => ExprKind::Bad,
            },
            _ => ExprKind::Bad,
        };
        Expr { kind, span }
    }

    fn pairs(&mut self, record: Pair<'_, Rule>) -> Vec<(Word, Expr)> {
        record
            .into_inner()
            .filter_map(|pair| {
                let mut inner = pair.into_inner();
                let key = self.word(&inner.next()?);
                let value = self.expr(inner.next()?);
                Some((key, value))
            })
            .collect()
    }

    fn formula(&mut self, text: &str, span: Span) -> ExprKind {
        let meant = match text {
            "True" => Some(("true", ExprKind::True)),
            "False" => Some(("false", ExprKind::False)),
            "None" | "Null" => Some(("none", ExprKind::Nothing)),
            _ => None,
        };
        match meant {
            None => ExprKind::Formula(text.replace(['·', '•'], "*")),
            Some((word, kind)) => {
                self.faults.push(
                    Diagnostic::new(codes::CAPITAL, format!("`{text}` is written `{word}` here"))
                        .at(span, "what begins with a capital is a formula")
                        .help(format!("write `{word}`"))
                        .edit(span, word),
                );
                kind
            }
        }
    }

    fn number(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let Some(number) = inner.next() else {
            return ExprKind::Bad;
        };
        let tails = inner.map(|tail| self.word(&tail)).collect();
        ExprKind::Number(Number {
            text: number.as_str().to_owned(),
            span: self.span(&number),
            tails,
        })
    }
}

/// `-2^2` is `-(2^2)`, like `-x^2`: the sign that touches a number is part of it everywhere but before a power.
fn power_before_sign(
    mut left: Expr,
    operator: Operator,
    at: Span,
    right: Expr,
    span: Span,
) -> Expr {
    let mut sign = None;
    if operator == Operator::Power
        && let ExprKind::Number(number) = &mut left.kind
        && number.text.starts_with('-')
    {
        sign = Some(span);
        number.text.remove(0);
        number.span.start = number.span.end - number.text.len() as u32;
        left.span.start = number.span.start;
    }
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary(Box::new(left), operator, at, Box::new(right));
    let power = Expr { kind, span };
    match sign {
        None => power,
        Some(span) => Expr {
            kind: ExprKind::Unary(Unary::Minus, Box::new(power)),
            span,
        },
    }
}

fn unit_word(pair: &Pair<'_, Rule>, file: FileId, base: usize) -> Word {
    let span = pair.as_span();
    Word {
        text: pair.as_str().to_owned(),
        span: Span::new(file, base + span.start(), base + span.end()),
    }
}

/// The text between quotes; `\"` and `\\` stand for the character, `\n` for a new line.
fn unquote(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    const STUDY: &str = include_str!("../../../tests/golden/language/study.synth");

    fn items(text: &str) -> Vec<Item> {
        let parsed = parse(FileId(0), text);
        assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
        parsed.file.items
    }

    fn codes_of(text: &str) -> Vec<&'static str> {
        parse(FileId(0), text)
            .diagnostics
            .iter()
            .map(|one| one.code.0)
            .collect()
    }

    #[test]
    fn a_whole_study_parses_and_is_in_standard_form() {
        let parsed = parse(FileId(0), STUDY);
        assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
        assert_eq!(parsed.file.items.len(), 20);
        assert!(parsed.file.doc.is_some());
        assert_eq!(crate::lang::syntax::format(STUDY).expect("sound"), STUDY);
    }

    #[test]
    fn one_missing_bracket_costs_one_item() {
        let text = "system a {\n  elements: [Ba, O]\n\nsystem b { elements: [Ti] }\nlet y = [1, 2\n\nlet z = 3\n";
        let parsed = parse(FileId(0), text);
        assert_eq!(parsed.diagnostics.len(), 2, "{:#?}", parsed.diagnostics);
        assert_eq!(parsed.file.items.len(), 4);
        assert!(
            matches!(&parsed.file.items[0].kind, ItemKind::Node(node) if node.name.text == "a")
        );
        assert!(
            matches!(&parsed.file.items[1].kind, ItemKind::Node(node) if node.name.text == "b")
        );
        assert!(matches!(&parsed.file.items[3].kind, ItemKind::Let(_)));
    }

    #[test]
    fn every_fault_is_named_where_it_is() {
        for (text, code) in [
            ("let x =\n", "E0102"),
            ("let x = 6 furlong\n", "E0113"),
            ("let x = ratio BaO\n", "E0110"),
            ("let x = TiO2 (rutile)\n", "E0111"),
            ("let x = a -b\n", "E0111"),
            ("let Hold = 6 h\n", "E0109"),
            ("let x = True\n", "E0109"),
            ("system s { elements = [Ba] }\n", "E0106"),
            ("system s {\n  elements: [Ba];\n}\n", "E0107"),
            ("# hm\n", "E0105"),
            ("let x = 'a'\n", "E0108"),
            ("let x = \"a\n", "E0103"),
            ("let x = 1)\n", "E0104"),
            ("let x = (1\n", "E0103"),
            (
                "system s {\n  elements: [Ba, O\n  charges: { Ba: 2 }\n}\n",
                "E0103",
            ),
            ("let x = 1 step 2\n", "E0101"),
            ("what is this?\n", "E0101"),
        ] {
            assert_eq!(codes_of(text), [code], "{text}");
        }
    }

    /// The mend of each of these, carried out, leaves a sound text.
    #[test]
    fn mends_mend() {
        for text in [
            "let x = 3 ** 2\n",
            "let x = 1_000\n",
            "let x = .5\n",
            "let x = - a\n",
            "let x = +b\n",
            "let x = a-b\n",
            "let x = 3 -2\n",
            "let x = fired [1]\n",
            "let x = [1 2]\n",
            "let x = [1,, 2]\n",
            "let x = { a = 1 }\n",
            "let x = a ≤ b\n",
            "let x: 3\n",
            "let x 3\n",
            "x = 3\n",
            "import std.batio\n",
            "let x = 'abc\n",
            "let x = \u{201C}abc\nlet y = 2\n",
            "let x = \"abc\nlet y = 2\n",
            "let for = 3\n",
            "let x = 3 let y = 4\n",
            "system s { elements: [Ba O] }\n",
            "system s { elements: [Ba] charges: { Ba: 2 } }\n",
            "system a { e: 1 } system b { e: 2 }\n",
            "system s {\n  a := 3\n}\n",
            "system s {\n  a: [1, 2\n  hold for 6 h\n}\n",
            "schedule s {\n  start 25 °C\n\nlet y = 1\n",
            "schedule s {\n  Hold for 6 h\n}\n",
            "template f : synthesis { b: 1 }\n",
        ] {
            let findings = parse(FileId(0), text).diagnostics;
            assert_eq!(findings.len(), 1, "{text}: {findings:#?}");
            let edit = findings[0]
                .edit
                .as_ref()
                .unwrap_or_else(|| panic!("{text}: {findings:#?}"));
            let mut mended = text.to_owned();
            mended.replace_range(edit.span.range(), &edit.replacement);
            let left = parse(FileId(0), &mended).diagnostics;
            assert!(left.is_empty(), "{text} -> {mended}: {left:#?}");
        }
    }

    #[test]
    fn an_unclosed_text_or_value_costs_one_item() {
        for text in [
            "let x = \"abc\nlet y = 2\n",
            "let x =\n\nlet y = 2\n",
            "let x = \u{201C}abc\nlet y = 2\n",
        ] {
            let parsed = parse(FileId(0), text);
            assert_eq!(parsed.diagnostics.len(), 1, "{text}");
            assert!(
                matches!(&parsed.file.items[1].kind, ItemKind::Let(one) if one.name.text == "y"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_power_binds_before_the_sign() {
        for text in ["let x = -2^2\n", "let x = -y^2\n", "let x = \u{2212}2^2\n"] {
            let items = items(text);
            let ItemKind::Let(one) = &items[0].kind else {
                panic!("a let")
            };
            assert!(
                matches!(&one.value.kind, ExprKind::Unary(Unary::Minus, power) if matches!(power.kind, ExprKind::Binary(_, Operator::Power, ..))),
                "{text}"
            );
        }
    }

    #[test]
    fn a_remark_behind_code_documents_nothing() {
        let parsed = parse(FileId(0), "let x = 1 /// of x\nlet y = 2\n//! late\n");
        assert!(parsed.file.doc.is_none());
        assert!(parsed.file.items.iter().all(|item| item.doc.is_none()));
    }

    #[test]
    fn every_word_of_the_unit_table_is_read_behind_a_number() {
        for word in crate::lang::units::all_words() {
            let items = items(&format!("let x = 5 {word}\n"));
            let ItemKind::Let(one) = &items[0].kind else {
                panic!("a let")
            };
            assert!(
                matches!(&one.value.kind, ExprKind::Number(number) if number.tails.len() == 1 && number.tails[0].text == word),
                "{word}"
            );
        }
    }

    #[test]
    fn a_prompt_asks_for_more_where_a_line_goes_on() {
        for text in ["f(1,", "system s {", "1 +", "let x =", "a and", "[1"] {
            assert_eq!(completeness(text), Completeness::NeedsMore, "{text}");
        }
        for text in [
            "",
            "1 + 2",
            "f(\"(\")",
            "\"a // (\"",
            "x // (",
            "system s { }",
        ] {
            assert_eq!(completeness(text), Completeness::Complete, "{text}");
        }
    }

    /// Recovery must not try brackets in every combination, nor look through a line once for each of its faults.
    #[test]
    fn recovery_takes_linear_time() {
        let begin = std::time::Instant::now();
        for text in [
            format!("s x {{ = {} }}\n", "([".repeat(30)),
            format!("s x {{ = {}\"{} }}\n", "([".repeat(30), "])".repeat(30)),
            "'".repeat(50_000),
            "a;".repeat(50_000),
            ("(".repeat(30) + &"]".repeat(30)).repeat(1_000),
            "system s {".to_owned() + &"\r".repeat(50_000),
            "\n".repeat(50_000) + "let x = 1\n",
            "system s".to_owned() + &"\n".repeat(50_000) + "{ }\n",
        ] {
            let _ = parse(FileId(0), &text);
        }
        assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    }

    #[test]
    fn a_field_with_an_equals_sign_is_still_read() {
        let parsed = parse(FileId(0), "system s {\n  elements = [Ba, O]\n}\n");
        let ItemKind::Node(node) = &parsed.file.items[0].kind else {
            panic!("a node")
        };
        assert!(
            matches!(&node.body.as_ref().expect("a body").entries[0], Entry::Field(field) if field.name.text == "elements")
        );
    }

    #[test]
    fn steps_are_parts_in_order() {
        let items = items(
            "schedule s {\n  ramp to t_max at 5 K/min\n  melt: nvt 4000 K to t for 5 ps\n  switch to { O2: 1 bar }\n  repeat 5 { fit seeds }\n}\n",
        );
        let ItemKind::Node(node) = &items[0].kind else {
            panic!("a node")
        };
        let parts: Vec<(usize, bool, bool)> = node
            .body
            .as_ref()
            .expect("a body")
            .entries
            .iter()
            .map(|entry| match entry {
                Entry::Step(step) => (step.parts.len(), step.label.is_some(), step.block.is_some()),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(
            parts,
            [
                (5, false, false),
                (4, true, false),
                (3, false, false),
                (2, false, true)
            ]
        );
    }

    #[test]
    fn no_text_is_too_much() {
        for text in [
            "(".repeat(200_000),
            "[".repeat(200_000) + &"]".repeat(200_000),
            "a { ".repeat(50_000),
            "let x = ".to_owned() + &"1 + ".repeat(100_000) + "1\n",
            "let x = ".to_owned() + &"-".repeat(100_000) + "y\n",
            "let x = a".to_owned() + &".b".repeat(100_000) + "\n",
            "let x = ".to_owned() + &"not ".repeat(100_000) + "y\n",
            "{ x: ".repeat(60),
            "\"".repeat(10_001),
            "\0\u{FEFF}\r\r\n\u{2028}let".to_owned(),
            "}\n".repeat(10_000),
            "x = ".repeat(10_000),
            format!("let x = {}\n", "Ba(".repeat(5_000)),
        ] {
            let parsed = parse(FileId(0), &text);
            for finding in &parsed.diagnostics {
                for label in &finding.labels {
                    assert!(text.get(label.span.range()).is_some(), "{label:?}");
                }
            }
            let _ = crate::lang::syntax::format(&text);
        }
    }

    /// Deterministic mutations of a real study: nothing panics, all spans lie in the text.
    #[test]
    fn mutated_studies_never_panic() {
        let mut state = 0x9E37_79B9_7F4A_7C15u64;
        let mut random = |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state % below as u64) as usize
        };
        let chars: Vec<char> = STUDY.chars().collect();
        for _ in 0..2_000 {
            let mut mutated = chars.clone();
            for _ in 0..=random(4) {
                let at = random(mutated.len());
                match random(4) {
                    0 => {
                        mutated.remove(at);
                    }
                    1 => mutated.insert(
                        at,
                        ['{', '}', '(', ']', '"', '\n', '=', 'Å', '#', ';'][random(10)],
                    ),
                    2 => {
                        let other = random(mutated.len());
                        mutated.swap(at, other);
                    }
                    _ => {
                        let end = (at + random(40)).min(mutated.len());
                        mutated.drain(at..end);
                    }
                }
            }
            let text: String = mutated.into_iter().collect();
            let parsed = parse(FileId(0), &text);
            for finding in &parsed.diagnostics {
                for label in &finding.labels {
                    assert!(text.get(label.span.range()).is_some(), "{text}");
                }
                if let Some(edit) = &finding.edit {
                    assert!(text.get(edit.span.range()).is_some(), "{text}");
                }
            }
            if let Ok(once) = crate::lang::syntax::format(&text) {
                let again = crate::lang::syntax::format(&once)
                    .unwrap_or_else(|faults| panic!("{once}\n{faults:#?}"));
                assert_eq!(again, once);
            }
        }
    }
}
