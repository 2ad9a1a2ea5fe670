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
    if let Some(finding) = item_habit(text, place, span) {
        return finding;
    }
    if before.ends_with(':') && rest.starts_with('=') {
        let here = span(before.len() - 1, at + 1);
        return colon_equals(here, place);
    }
    if rest.starts_with(":=") {
        return colon_equals(span(at, at + 2), place);
    }
    if let Some(finding) = capital_name(text, place, span) {
        return finding;
    }
    if let Some(finding) = number_form(text, token_start, token, span) {
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
    if place == Where::Item && ITEM_WORDS.contains(&token) && at > before.len() {
        return Diagnostic::new(codes::UNEXPECTED, "an item begins on a line of its own")
            .at(here, "begins behind another")
            .help("begin a new line before it")
            .edit(span(before.len(), token_start), "\n");
    }
    if token == "in" && text[token_start + token.len()..].trim().is_empty() {
        return Diagnostic::new(codes::UNFINISHED, "this line ends too early")
            .at(here, "a unit is missing after `in`")
            .help("write `value in unit`, like `1 eV in kJ/mol`");
    }
    if lower(token) && (after_number || units::parse_unit(previous).is_ok()) {
        return unknown_unit(token, here);
    }
    let starts_formula = token.starts_with(|c: char| c.is_ascii_uppercase());
    if starts_formula && (lower(previous) || previous.ends_with([')', ']'])) {
        return Diagnostic::new(codes::JUXTAPOSITION, "a product is written with `*`")
            .at(here, "stands beside a name")
            .help(format!("write `{previous} * {token}`"))
            .edit(span(at, at), "* ");
    }
    if at > before.len()
        && (rest.starts_with('(') && previous.starts_with(|c: char| c.is_ascii_alphabetic())
            || rest.starts_with('[') && lower(previous))
    {
        let bracket = &rest[..1];
        return Diagnostic::new(
            codes::SPACE,
            "a bracket touches the name that it belongs to",
        )
        .at(span(before.len(), at + 1), "a space too many")
        .help(format!("write `{previous}{bracket}`"))
        .edit(span(before.len(), at), "");
    }
    if before
        .split_whitespace()
        .rev()
        .nth(1)
        .is_some_and(|word| word == "in")
        && rest.starts_with(['+', '-', '*', '/', '<', '>'])
    {
        return Diagnostic::new(codes::UNEXPECTED, "a conversion ends its expression")
            .at(span(at, at + 1), "goes on after the unit")
            .help("put the conversion in parentheses: `(value in unit)`");
    }
    let operand_missing =
        previous.ends_with(['=', ':', '(', '[', ',', '<', '>', '*', '/', '+', '-']);
    if rest.starts_with(['+', '-']) && operand_missing {
        let sign = &rest[..1];
        let gap = rest[1..].len() - rest[1..].trim_start().len();
        let (headline, help, mend) = if sign == "+" {
            ("a value has no `+` before it", "leave it out", "")
        } else {
            (
                "a sign touches its value",
                "leave out the space after `-`",
                "-",
            )
        };
        return Diagnostic::new(codes::SPACE, headline)
            .at(span(at, at + 1), "a sign without a value to its left")
            .help(help)
            .edit(span(at, at + 1 + gap), mend);
    }
    if rest.starts_with(['+', '-']) && previous.is_empty() {
        return Diagnostic::new(codes::UNFINISHED, "a line cannot begin with an operator")
            .at(span(at, at + 1), "belongs to the line before")
            .help(format!(
                "put `{}` at the end of the line before, or the whole in parentheses",
                &rest[..1]
            ));
    }
    if rest.starts_with(['+', '-']) {
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
    if before.ends_with('*') && rest.starts_with('*') {
        let here = span(before.len() - 1, at + 1);
        return Diagnostic::new(codes::UNEXPECTED, "`**` is no sign of the language")
            .at(here, "not understood")
            .help("a power is written `^`")
            .edit(here, "^");
    }
    if before.ends_with("==") && rest.starts_with('=') {
        let here = span(at, at + 1);
        return Diagnostic::new(codes::UNEXPECTED, "`===` is no sign of the language")
            .at(here, "one too many")
            .help("a comparison is written `==`")
            .edit(here, "");
    }
    if rest.starts_with(',') && (before.ends_with([',', '(', '[', '{']) || before.is_empty()) {
        let here = span(at, at + 1);
        return Diagnostic::new(codes::UNEXPECTED, "there is a comma too many")
            .at(here, "nothing stands before it")
            .help("leave it out")
            .edit(here, "");
    }
    if let Some(finding) = operator(rest, at, span) {
        return finding;
    }
    let in_record = |rest: &str| before.ends_with(['{', ',']) && rest.starts_with(['"']);
    if in_record(rest) {
        return Diagnostic::new(
            codes::UNEXPECTED,
            "the names in a record stand without quotes",
        )
        .at(span(at, at + 1), "a text has no place here")
        .help("write `{ name: value }`");
    }
    if before.ends_with(['{', ',']) && is_name(token) {
        let behind = text[token_start + token.len()..].trim_start();
        if behind.starts_with('=') && !behind.starts_with("==") {
            let sign = text.len() - behind.len();
            return Diagnostic::new(
                codes::EQUALS,
                "the entries of a record are written with a colon",
            )
            .at(span(sign, sign + 1), "not `=`")
            .help(format!("write `{token}: …`"))
            .edit(span(token_start + token.len(), sign + 1), ":");
        }
        if behind.starts_with(['}', ',']) {
            return Diagnostic::new(codes::UNFINISHED, format!("`{token}` has no value"))
                .at(here, "a value is missing behind it")
                .help(format!("write `{token}: value`"));
        }
    }
    if let Some(finding) = missing_comma(text, before, token_start, token, span) {
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
        ("⇌", "->", "an arrow is written `->`"),
        ("≤", "<=", "write `<=`"),
        ("≥", ">=", "write `>=`"),
        ("≠", "!=", "write `!=`"),
        ("…", "..", "a range is written `a .. b`"),
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

fn colon_equals(here: Span, place: Where) -> Diagnostic {
    Diagnostic::new(codes::EQUALS, "`:=` is no sign of the language")
        .at(here, "here")
        .help("a field is written `name: value`, a name `let name = value`")
        .edit(here, if place == Where::Body { ":" } else { "=" })
}

fn is_name(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_lowercase())
        && word.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// What other languages write at the head of an item.
fn item_habit(text: &str, place: Where, span: &dyn Fn(usize, usize) -> Span) -> Option<Diagnostic> {
    if place != Where::Item {
        return None;
    }
    let lead = text.len() - text.trim_start().len();
    let code = &text[lead..];
    let first_len = code
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .unwrap_or(code.len());
    let (first, rest) = code.split_at(first_len);
    let after = rest.trim_start();
    let head = span(lead, lead + first_len);
    if matches!(first, "import" | "from" | "include") {
        return Some(
            Diagnostic::new(codes::UNEXPECTED, "a module is made known with `use`")
                .at(head, "not a word of the language")
                .help("write `use std.batio`, or `use \"file.synth\" as name`")
                .edit(head, "use"),
        );
    }
    if matches!(first, "def" | "fn" | "function" | "macro") {
        return Some(
            Diagnostic::new(codes::UNEXPECTED, "there are no functions of one's own")
                .at(head, "not a word of the language")
                .help("a `let` names a value, a `template` a node with arguments"),
        );
    }
    if first == "for" {
        return Some(
            Diagnostic::new(codes::UNEXPECTED, "`for` belongs to the head of a node")
                .at(head, "no node before it")
                .help("write `KIND name for x in LIST { … }`"),
        );
    }
    if code.starts_with("/*") {
        let here = span(lead, lead + 2);
        return Some(
            Diagnostic::new(codes::UNEXPECTED, "a comment begins with `//`")
                .at(here, "not a comment here")
                .help("write `//` before each line of it")
                .edit(here, "//"),
        );
    }
    if first == "template" && code.contains('{') {
        let head = code.split('{').next().unwrap_or("");
        let trimmed = head.trim_end();
        if trimmed.ends_with(')') {
            let end = lead + trimmed.len();
            return Some(
                Diagnostic::new(codes::UNFINISHED, "this template does not say its kind")
                    .at(span(end - 1, end), "`: KIND` is missing behind it")
                    .help("write `template name(argument) : KIND { … }`"),
            );
        }
        if let Some(colon) = trimmed.find(':').filter(|_| !trimmed.contains('(')) {
            let end = lead + head[..colon].trim_end().len();
            return Some(
                Diagnostic::new(codes::UNEXPECTED, "a template has arguments in parentheses")
                    .at(
                        span(lead + colon, lead + colon + 1),
                        "`( )` is missing before it",
                    )
                    .help("write `template name() : KIND { … }`")
                    .edit(span(end, end), "()"),
            );
        }
    }
    if first == "expect" && after.is_empty() {
        return Some(
            Diagnostic::new(codes::UNFINISHED, "this `expect` says nothing")
                .at(head, "a condition is missing behind it")
                .help("write `expect CONDITION`, perhaps with `by 2 sigma`"),
        );
    }
    let assigned = after.starts_with('=') && !after.starts_with("==");
    if ITEM_WORDS.contains(&first) {
        if matches!(first, "let" | "param") && assigned {
            return Some(
                Diagnostic::new(codes::UNFINISHED, format!("this `{first}` has no name"))
                    .at(head, "a name is missing behind it")
                    .help(format!("write `{first} name = value`")),
            );
        }
        let name_len = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))?;
        let (name, behind) = after.split_at(name_len);
        let value = behind.trim_start();
        let name_end = text.len() - behind.len();
        let value_at = text.len() - value.len();
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '"' | '[' | '{' | '(');
        if first == "let" && is_name(name) && value.starts_with(':') && !value.starts_with(":=") {
            let here = span(value_at, value_at + 1);
            return Some(
                Diagnostic::new(codes::EQUALS, "a name is given a value with `=`")
                    .at(here, "not `:`")
                    .help(format!("write `let {name} = …`"))
                    .edit(span(name_end, value_at + 1), " ="),
            );
        }
        if first == "let" && is_name(name) && value.starts_with(plain) && value_at > name_end {
            return Some(
                Diagnostic::new(codes::EQUALS, "a name is given a value with `=`")
                    .at(
                        span(name_end - name.len(), name_end),
                        "`=` is missing behind it",
                    )
                    .help(format!("write `let {name} = …`"))
                    .edit(span(name_end, value_at), " = "),
            );
        }
        return None;
    }
    if assigned && is_name(first) {
        return Some(
            Diagnostic::new(codes::UNEXPECTED, "a name is declared with `let`")
                .at(head, "nothing says what this is")
                .help(format!("write `let {first} = …`"))
                .edit(span(lead, lead), "let "),
        );
    }
    None
}

/// Numbers as other languages write them.
fn number_form(
    text: &str,
    start: usize,
    token: &str,
    span: &dyn Fn(usize, usize) -> Span,
) -> Option<Diagnostic> {
    let digit = |c: char| c.is_ascii_digit();
    if !token.trim_start_matches('.').starts_with(digit) {
        return None;
    }
    let end = start + token.len();
    let mend = if let Some(fraction) = token.strip_prefix('.') {
        (fraction.chars().all(digit)
            && !text[..start].ends_with(|c: char| c.is_alphanumeric() || c == ')' || c == ']'))
        .then(|| format!("0.{fraction}"))
    } else if let Some(whole) = token.strip_suffix('.') {
        whole.chars().all(digit).then(|| whole.to_owned())
    } else if token.contains('_') && token.chars().all(|c| digit(c) || c == '_' || c == '.') {
        Some(token.replace('_', ""))
    } else {
        None
    }?;
    Some(
        Diagnostic::new(
            codes::UNEXPECTED,
            format!("`{token}` is not the form of a number"),
        )
        .at(span(start, end), "not understood")
        .help(format!("write `{mend}`"))
        .edit(span(start, end), mend),
    )
}

/// Two values side by side within brackets, or two fields on one line.
fn missing_comma(
    text: &str,
    before: &str,
    start: usize,
    token: &str,
    span: &dyn Fn(usize, usize) -> Span,
) -> Option<Diagnostic> {
    let before = &before[..before.len().min(start)];
    let before = before.trim_end();
    let value_before = before.ends_with(|c: char| {
        c.is_alphanumeric() || matches!(c, '_' | ')' | ']' | '}' | '"' | '%' | '°')
    });
    let value =
        token.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '"' | '[' | '{' | '('));
    let behind = text[start + token.len()..].trim_start();
    let keyword = matches!(token, "for" | "in" | "if" | "else" | "then");
    let field = is_name(token) && behind.starts_with(':');
    let mut depth = 0usize;
    let inside = before.chars().rev().any(|c| match c {
        ')' | ']' | '}' => {
            depth += 1;
            false
        }
        '(' | '[' | '{' if depth == 0 => true,
        '(' | '[' | '{' => {
            depth -= 1;
            false
        }
        _ => false,
    });
    // A word behind a value may be one that is misspelt; only what plainly is another value lacks a comma.
    let another = field || inside && !is_name(token) || inside && is_name(last_token(before));
    (value_before && value && another && !keyword).then(|| {
        Diagnostic::new(codes::UNEXPECTED, "a comma is missing")
            .at(
                span(start, start + token.len()),
                "another value begins here",
            )
            .help(format!("write `{}, {token}`", last_token(before)))
            .edit(span(before.len(), start), ", ")
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
        Where::Body => match first.strip_suffix(':') {
            Some(name) => name,
            // A verb; a line that goes on like a mixture is a value that lost its field.
            None if second.starts_with(|c: char| c.is_alphanumeric())
                && first
                    .chars()
                    .skip(1)
                    .all(|c| c.is_ascii_lowercase() || c == '_') =>
            {
                first
            }
            None => return None,
        },
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
    let mut words = text.split_whitespace();
    let first = words.next().unwrap_or("");
    if place == Where::Item && words.any(|word| word == "for") {
        return "a family is `KIND name for x in LIST, y in LIST { … }`".into();
    }
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

/// A word in the place of a unit.
pub fn unknown_unit(word: &str, here: Span) -> Diagnostic {
    let finding = Diagnostic::new(codes::UNKNOWN_UNIT, format!("`{word}` is not a unit"))
        .at(here, "unknown unit");
    let near = units::parse_unit(word).err().and_then(|error| error.near);
    match near.or_else(|| did_you_mean(word, units::all_words())) {
        Some(near) => finding
            .help(format!("did you mean `{near}`?"))
            .edit(here, near),
        None if word == "sigmas" => finding.help("write `sigma`").edit(here, "sigma"),
        None => finding.help("units are words like `K`, `K/min`, `Å`, `eV`, `h`, `%`"),
    }
}
