//! From text to tree: pest recognises each item, [`builder`] makes the tree of it, and [`expression`] orders the
//! operators.

mod builder;
mod expression;
#[cfg(test)]
mod tests;

use builder::Builder;
use pest::Parser;
use rayon::iter::{IntoParallelIterator, ParallelIterator};

use super::ast::{Doc, Expr, ExprKind, File, Item};
use super::scan::{Comment, DocLine, scan, wants_more};
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
