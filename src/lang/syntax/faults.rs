//! What is wrong with a line that the grammar refuses, in the user's words.

use super::parse::Rule;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::diag::{Diagnostic, did_you_mean};
use crate::lang::source::Span;
use crate::lang::units;

/// Where the line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Where {
    Item,
    Body,
}

/// The furthest byte that made sense.
pub(super) fn offset(error: &pest::error::Error<Rule>) -> usize {
    match error.location {
        pest::error::InputLocation::Pos(at) | pest::error::InputLocation::Span((at, _)) => at,
    }
}

/// The place of `=` in `name = value`.
pub(super) fn assignment(text: &str) -> Option<usize> {
    let at = text.find('=')?;
    let name = text[..at].trim().trim_end_matches(':').trim_end();
    let plain = name.starts_with(|c: char| c.is_ascii_lowercase())
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (plain && !text[at + 1..].starts_with('=') && !text[..at].contains(':')).then_some(at)
}

const ITEM_WORDS: &[&str] = &["use", "study", "param", "let", "template", "expect"];

/// The finding for a refused text that makes sense up to `at`.
pub(super) fn explain(
    text: &str,
    at: usize,
    place: Where,
    span: &dyn Fn(usize, usize) -> Span,
) -> Diagnostic {
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let skipped = text[at..].len() - text[at..].trim_start_matches(' ').len();
    let at = at + skipped;
    let before = text[..at].trim_end();
    let rest = &text[at..];
    let (token_start, token) = token_at(text, at);
    let here = span(token_start, token_start + token.len());
    let previous = last_token(before);

    if place == Where::Body
        && let Some(equals) = assignment(text)
    {
        let here = span(equals, equals + 1);
        return Diagnostic::new(codes::EQUALS, "a field is written with a colon")
            .at(here, "not `=`")
            .help(format!("write `{}: …`", text[..equals].trim()))
            .edit(span(text[..equals].trim_end().len(), equals + 1), ":");
    }
    if rest.starts_with(":=") {
        let here = span(at, at + 2);
        return Diagnostic::new(codes::EQUALS, "`:=` is no sign of the language")
            .at(here, "here")
            .help("a field is written `name: value`, a name `let name = value`")
            .edit(here, if place == Where::Body { ":" } else { "=" });
    }
    if let Some(finding) = capital_name(text, place, span) {
        return finding;
    }
    let lower = |word: &str| word.starts_with(|c: char| c.is_ascii_lowercase());
    if token.is_empty() || rest.starts_with('\n') {
        let label = if previous.is_empty() {
            "something is missing here".to_owned()
        } else {
            format!("something is missing after `{previous}`")
        };
        let end = before.len();
        return Diagnostic::new(codes::UNFINISHED, "this line ends too early")
            .at(span(end.saturating_sub(previous.len()), end), label)
            .help(help_for(text, place));
    }
    let after_number = previous.starts_with(|c: char| c.is_ascii_digit())
        || previous
            .strip_prefix(['-', '+'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    if lower(token) && (after_number || units::parse_unit(previous).is_ok()) {
        let mut finding = Diagnostic::new(codes::UNKNOWN_UNIT, format!("`{token}` is not a unit"))
            .at(here, "unknown unit");
        let near = match units::parse_unit(token) {
            Err(error) => error.near,
            Ok(_) => None,
        }
        .or_else(|| did_you_mean(token, units::all_words()));
        finding = match near {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(here, near),
            None => finding.help("units are words like `K`, `K/min`, `Å`, `eV`, `h`, `%`"),
        };
        return finding;
    }
    let starts_formula = token.starts_with(|c: char| c.is_ascii_uppercase());
    if starts_formula && (lower(previous) || previous.ends_with([')', ']'])) {
        return Diagnostic::new(codes::JUXTAPOSITION, "a product is written with `*`")
            .at(here, "stands beside a name")
            .help(format!("write `{previous} * {token}`"))
            .edit(span(at, at), "* ");
    }
    if rest.starts_with('(') && previous.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return Diagnostic::new(
            codes::SPACE,
            "a bracket touches the name that it belongs to",
        )
        .at(span(before.len(), at + 1), "a space too many")
        .help(format!("write `{previous}(`"))
        .edit(span(before.len(), at), "");
    }
    if rest.starts_with(['+', '-']) && !previous.is_empty() {
        let sign = &rest[..1];
        return Diagnostic::new(
            codes::SPACE,
            format!("`{sign}` between two values has a space on both sides"),
        )
        .at(
            span(at, at + 1),
            "a sign that touches a number belongs to it",
        )
        .help(format!("write ` {sign} `"))
        .edit(
            span(
                before.len(),
                at + 1 + rest[1..].len() - rest[1..].trim_start().len(),
            ),
            format!(" {sign} "),
        );
    }
    if let Some(finding) = operator(rest, at, span) {
        return finding;
    }
    Diagnostic::new(codes::UNEXPECTED, format!("`{token}` has no place here"))
        .at(here, "not understood from here on")
        .help(help_for(text, place))
}

/// Signs of other languages.
fn operator(rest: &str, at: usize, span: &dyn Fn(usize, usize) -> Span) -> Option<Diagnostic> {
    let known = [
        ("**", "^", "a power is written `^`"),
        ("&&", "and", "write `and`"),
        ("||", "or", "write `or`"),
        ("!", "not ", "write `not`"),
        ("=>", "->", "an arrow is written `->`"),
        ("=", "==", "a comparison is written `==`"),
    ];
    known
        .iter()
        .find(|(sign, ..)| rest.starts_with(sign))
        .map(|(sign, mend, help)| {
            let here = span(at, at + sign.len());
            Diagnostic::new(
                codes::UNEXPECTED,
                format!("`{sign}` is no sign of the language here"),
            )
            .at(here, "not understood")
            .help(*help)
            .edit(here, *mend)
        })
}

/// A declaration or field of which the name begins with a capital.
fn capital_name(
    text: &str,
    place: Where,
    span: &dyn Fn(usize, usize) -> Span,
) -> Option<Diagnostic> {
    let trimmed = text.trim_start();
    let lead = text.len() - trimmed.len();
    let mut words = trimmed.split_whitespace();
    let (first, second) = (words.next()?, words.next().unwrap_or(""));
    let word = match place {
        Where::Item
            if ITEM_WORDS.contains(&first)
                || first.starts_with(|c: char| c.is_ascii_lowercase()) =>
        {
            second
        }
        Where::Item => first,
        Where::Body => first.strip_suffix(':')?,
    };
    let word = word.trim_end_matches([':', '{', '=', '(']);
    if !word.starts_with(|c: char| c.is_ascii_uppercase()) || first == "expect" {
        return None;
    }
    let start = lead + trimmed.find(word)?;
    let here = span(start, start + word.len());
    let lower = word.to_lowercase();
    Some(
        Diagnostic::new(codes::CAPITAL, "a name begins with a lower-case letter")
            .at(here, "what begins with a capital is a formula")
            .help(format!("write `{lower}`"))
            .edit(here, lower),
    )
}

fn help_for(text: &str, place: Where) -> String {
    let first = text.split_whitespace().next().unwrap_or("");
    match (place, first) {
        (_, "use") => "write `use std.batio`, or `use \"file.synth\" as name`".into(),
        (_, "study") => "write `study { seed: 1 }`".into(),
        (_, "param") => "write `param name = value`".into(),
        (_, "let") => "write `let name = value`".into(),
        (_, "template") => "write `template name(argument, argument = default) : KIND { … }`".into(),
        (_, "expect") => "write `expect CONDITION`, perhaps with `by 2 sigma`".into(),
        (Where::Item, _) => {
            "an item is `KIND name { … }`, or begins with `use`, `param`, `let`, `template` or `expect`".into()
        }
        (Where::Body, _) => "a line of a body is a field, `name: value`, or a step, `verb …`".into(),
    }
}

/// The word, number or sign at a place.
fn token_at(text: &str, at: usize) -> (usize, &str) {
    let wordy = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '%' | '°');
    let rest = &text[at..];
    let Some(first) = rest.chars().next() else {
        return (at, "");
    };
    if !wordy(first) {
        return (at, &text[at..at + first.len_utf8()]);
    }
    // The furthest place may lie inside a word.
    let start = text[..at]
        .char_indices()
        .rev()
        .take_while(|(_, c)| wordy(*c))
        .last()
        .map_or(at, |(start, _)| start);
    let end = at + rest.find(|c: char| !wordy(c)).unwrap_or(rest.len());
    (start, &text[start..end])
}

/// The last word or sign of a text.
fn last_token(text: &str) -> &str {
    let wordy = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '%' | '°' | '/' | '^');
    let Some(last) = text.chars().next_back() else {
        return "";
    };
    if !wordy(last) {
        return &text[text.len() - last.len_utf8()..];
    }
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| wordy(*c))
        .last()
        .map_or(0, |(start, _)| start);
    let start = if text[..start].ends_with(['-', '+']) {
        start - 1
    } else {
        start
    };
    &text[start..]
}
