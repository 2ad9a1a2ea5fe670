//! `synth fmt`: one look for all recipes.
//!
//! The formatter works on the tokens of each line: it sets indentation and spaces, aligns comments that follow code
//! on neighbouring lines, and writes characters that came from papers in their plain form. It never joins, breaks or
//! moves lines, so comments stay where they are and nothing changes its meaning; a second pass changes nothing.

use crate::lang::diag::Diagnostic;
use crate::lang::source::FileId;
use crate::lang::units;

/// The text in its standard form; its faults if it has any (then nothing may be changed).
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = super::parse(FileId(0), text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let mut lines: Vec<Line> = Vec::new();
    let mut depth = Vec::new();
    let mut continued = false;
    for raw in text.replace("\r\n", "\n").replace('\r', "\n").lines() {
        let (tokens, comment) = tokens(raw.trim_start_matches('\u{FEFF}'));
        let closes = tokens.iter().take_while(|token| token.is_closer()).count();
        let base: usize = depth.len() - closes.min(depth.len());
        let hanging = continued && depth.is_empty() && !tokens.is_empty();
        let line = Line {
            indent: base + usize::from(hanging),
            code: join(&tokens),
            column: comment.as_ref().map_or(0, |comment| {
                let written = raw.trim_end();
                written[..written.len() - comment.len()].chars().count()
            }),
            comment,
        };
        for token in &tokens {
            if token.is_opener() {
                depth.push(());
            } else if token.is_closer() {
                depth.pop();
            }
        }
        if !tokens.is_empty() {
            continued = tokens.last().is_some_and(Token::goes_on);
        }
        let blank = line.code.is_empty() && line.comment.is_none();
        let after_blank = lines
            .last()
            .is_none_or(|last| last.code.is_empty() && last.comment.is_none());
        if !(blank && after_blank) {
            lines.push(line);
        }
    }
    while lines
        .last()
        .is_some_and(|last| last.code.is_empty() && last.comment.is_none())
    {
        lines.pop();
    }
    Ok(written(&lines))
}

/// Comments further to the right than this move to the left.
const FURTHEST_COMMENT: usize = 80;

struct Line {
    indent: usize,
    code: String,
    comment: Option<String>,
    /// Where the comment begins in the source.
    column: usize,
}

/// The lines as text; comments behind code on neighbouring lines begin in one column: the furthest at which one of
/// them stands, and at least two spaces behind the code.
fn written(lines: &[Line]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let behind = |line: &Line| !line.code.is_empty() && line.comment.is_some();
        let mut end = at;
        while end < lines.len() && behind(&lines[end]) {
            end += 1;
        }
        let group = &lines[at..end.max(at + 1)];
        let width = |line: &Line| 2 * line.indent + line.code.chars().count();
        let needed = group.iter().map(width).max().unwrap_or(0) + 2;
        let written = group.iter().map(|line| line.column).max().unwrap_or(0);
        let column = needed.max(written.min(FURTHEST_COMMENT));
        for line in group {
            if !line.code.is_empty() || line.comment.is_some() {
                out.push_str(&"  ".repeat(line.indent));
            }
            out.push_str(&line.code);
            if let Some(comment) = &line.comment {
                if !line.code.is_empty() {
                    out.push_str(&" ".repeat(column - width(line)));
                }
                out.push_str(comment);
            }
            out.push('\n');
        }
        at = end.max(at + 1);
    }
    out
}

#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    /// Whether a space stands before it in the source.
    spaced: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Number,
    Text,
    Sign,
}

impl Token {
    fn is(&self, text: &str) -> bool {
        self.kind == Kind::Sign && self.text == text
    }

    fn is_opener(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text.as_str(), "(" | "[" | "{")
    }

    fn is_closer(&self) -> bool {
        self.kind == Kind::Sign && matches!(self.text.as_str(), ")" | "]" | "}")
    }

    /// Whether a line that ends with it goes on.
    fn goes_on(&self) -> bool {
        match self.kind {
            Kind::Sign => !self.is_opener() && !self.is_closer(),
            Kind::Word => matches!(self.text.as_str(), "and" | "or" | "in"),
            _ => false,
        }
    }

    /// Signs with a space on both sides.
    fn is_operator(&self) -> bool {
        self.kind == Kind::Sign
            && matches!(
                self.text.as_str(),
                "+" | "-"
                    | "*"
                    | "/"
                    | "->"
                    | ".."
                    | "<"
                    | ">"
                    | "<="
                    | ">="
                    | "=="
                    | "!="
                    | "="
                    | "|"
            )
    }
}

/// The tokens of one line, and the comment at its end.
fn tokens(line: &str) -> (Vec<Token>, Option<String>) {
    let mut tokens: Vec<Token> = Vec::new();
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches(|c: char| is_space(c));
        let spaced = trimmed.len() < rest.len();
        rest = trimmed;
        if rest.is_empty() {
            return (tokens, None);
        }
        if rest.starts_with("//") {
            return (tokens, Some(rest.trim_end().to_owned()));
        }
        let (len, kind) = next_token(rest, &tokens, spaced);
        let text = &rest[..len];
        tokens.push(Token {
            text: if kind == Kind::Text {
                text.to_owned()
            } else {
                plain(text)
            },
            spaced,
            kind,
        });
        rest = &rest[len..];
    }
}

fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control() || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// Characters of papers in their plain form.
fn plain(text: &str) -> String {
    match text {
        "\u{2212}" | "\u{2013}" => return "-".into(),
        "\u{D7}" | "\u{22C5}" => return "*".into(),
        "\u{2192}" => return "->".into(),
        _ => {}
    }
    text.replace('\u{212B}', "Å")
        .replace("A\u{30A}", "Å")
        .replace('\u{3BC}', "µ")
        .replace('℃', "°C")
        .replace(['\u{2212}', '\u{2013}'], "-")
        .replace(['·', '\u{22C5}', '•'], "*")
}

/// Length and kind of the token at the start of a text that is neither space nor comment.
fn next_token(rest: &str, before: &[Token], spaced: bool) -> (usize, Kind) {
    let first = rest.chars().next().unwrap_or(' ');
    if first == '"' {
        return (text_len(rest), Kind::Text);
    }
    let sign = matches!(first, '-' | '+' | '\u{2212}' | '\u{2013}');
    let after_sign = &rest[first.len_utf8()..];
    let value_before = before.last().is_some_and(|token| match token.kind {
        Kind::Sign => token.is_closer(),
        _ => true,
    });
    if first.is_ascii_digit()
        || (sign
            && after_sign.starts_with(|c: char| c.is_ascii_digit())
            && (spaced || !value_before))
    {
        return (number_len(rest), Kind::Number);
    }
    // A unit or formula behind a number is one token, whatever signs it holds.
    let after_number = before
        .last()
        .is_some_and(|token| token.kind == Kind::Number)
        || before.len() >= 2
            && before[before.len() - 2].kind == Kind::Number
            && before[before.len() - 1].kind == Kind::Word;
    if after_number && let Some(len) = unit_len(rest) {
        return (len, Kind::Word);
    }
    if first.is_ascii_uppercase() {
        return (formula_len(rest), Kind::Word);
    }
    if first.is_alphabetic() || first == '_' || first == '%' || first == '°' {
        // `in kJ/mol`: what follows the word `in` is a unit if it is one.
        let after_in = before
            .last()
            .is_some_and(|token| token.kind == Kind::Word && token.text == "in");
        if after_in && let Some(len) = unit_len(rest) {
            return (len, Kind::Word);
        }
        let len = rest
            .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == '%' || c == '°'))
            .unwrap_or(rest.len());
        return (len, Kind::Word);
    }
    for sign in ["->", "..", "<=", ">=", "==", "!="] {
        if rest.starts_with(sign) {
            return (sign.len(), Kind::Sign);
        }
    }
    (first.len_utf8(), Kind::Sign)
}

fn text_len(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn number_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let start = rest
        .chars()
        .next()
        .filter(|c| !c.is_ascii_digit())
        .map_or(0, char::len_utf8);
    let mut at = digits(start);
    if bytes.get(at) == Some(&b'.') && bytes.get(at + 1).is_some_and(u8::is_ascii_digit) {
        at = digits(at + 1);
    }
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'-' | b'+')));
        if bytes.get(at + 1 + sign).is_some_and(u8::is_ascii_digit) {
            at = digits(at + 1 + sign);
        }
    }
    at
}

/// The longest unit at the start of a text that nothing word-like touches.
fn unit_len(rest: &str) -> Option<usize> {
    let run = rest
        .find(|c: char| {
            is_space(c) || matches!(c, ',' | ']' | '}' | '{' | ':' | '"' | '=' | '<' | '>')
        })
        .unwrap_or(rest.len());
    let mut ends: Vec<usize> = rest[..run]
        .char_indices()
        .map(|(at, _)| at)
        .skip(1)
        .collect();
    ends.push(run);
    ends.into_iter().rev().find(|end| {
        let touches =
            rest[*end..].starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '^');
        *end > 0 && !touches && units::parse_unit(&rest[..*end]).is_ok()
    })
}

/// A formula with its label.
fn formula_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'_' => at += 1,
            b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => at += 1,
            b'(' | b'[' => match group_len(&rest[at..]) {
                Some(len) => at += len,
                None => return at,
            },
            _ => {
                // The dot of a hydrate: digits or a capital follow.
                let dot = rest[at..]
                    .chars()
                    .next()
                    .filter(|c| matches!(c, '*' | '·' | '•'));
                let Some(dot) = dot else { return at };
                let after = rest[at + dot.len_utf8()..]
                    .trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
                if !after.starts_with(|c: char| c.is_ascii_uppercase()) {
                    return at;
                }
                at += dot.len_utf8();
            }
        }
    }
    at
}

/// A group or label that touches a formula.
fn group_len(rest: &str) -> Option<usize> {
    let inner = &rest[1..];
    if let Some(label) = inner.strip_prefix('"') {
        return label.find("\")").map(|at| at + 4);
    }
    let close = if rest.starts_with('(') { ')' } else { ']' };
    let mut depth = 1;
    for (at, c) in inner.char_indices() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => {
                depth -= 1;
                if depth == 0 {
                    return (c == close).then_some(at + 2);
                }
            }
            c if c.is_ascii_alphanumeric() || matches!(c, '_' | '.') => {}
            _ => return None,
        }
    }
    None
}

/// Tokens with the spaces between them.
fn join(tokens: &[Token]) -> String {
    let mut out = String::new();
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && space_between(&tokens[..at], token, tokens.get(at + 1)) {
            out.push(' ');
        }
        out.push_str(&token.text);
    }
    out
}

fn space_between(before: &[Token], token: &Token, next: Option<&Token>) -> bool {
    let Some(last) = before.last() else {
        return false;
    };
    if token.is(",") || token.is(")") || token.is("]") {
        return false;
    }
    if token.is(":") {
        // `template name(…) : KIND`
        return last.is(")");
    }
    if last.is("(") || last.is("[") {
        return false;
    }
    if last.is(",") || last.is(":") {
        return true;
    }
    if last.is("{") || token.is("}") {
        return !(last.is("{") && token.is("}"));
    }
    if token.is(".") || last.is(".") {
        return false;
    }
    if token.is("^") || last.is("^") {
        return false;
    }
    // A sign that touches what follows it.
    if last.is("-") && !token.spaced {
        return false;
    }
    if token.is("-") && next.is_some_and(|next| !next.spaced) {
        return token.spaced;
    }
    if token.is_operator() || last.is_operator() {
        return true;
    }
    if last.kind == Kind::Number && token.kind == Kind::Word {
        return true;
    }
    if token.is("{") {
        return true;
    }
    token.spaced
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formatted(text: &str) -> String {
        let once = format(text).unwrap_or_else(|faults| panic!("{faults:#?}"));
        assert_eq!(
            format(&once).expect("it was sound"),
            once,
            "a second pass changes it"
        );
        once
    }

    #[test]
    fn spaces_and_indentation_are_set() {
        assert_eq!(
            formatted(
                "system   s{\nelements:[Ba,Ti , O]\n   charges : {Ba:+2,O:-2}\n}\n\n\n\nlet x=2*y^2 + 3 K/min\nlet y = 1\n"
            ),
            "system s {\n  elements: [Ba, Ti, O]\n  charges: { Ba: +2, O: -2 }\n}\n\nlet x = 2 * y^2 + 3 K/min\nlet y = 1\n"
        );
        assert_eq!(formatted("let m = CuSO4·5H2O\n"), "let m = CuSO4*5H2O\n");
        assert_eq!(formatted("let t = 5\u{A0}℃\n"), "let t = 5 °C\n");
        assert_eq!(formatted("let t = \u{2212}5 K\n"), "let t = -5 K\n");
        assert_eq!(
            formatted(
                "let r = BaO+TiO2 \u{2192} BaTiO3\n"
                    .replace("O+T", "O + T")
                    .as_str()
            ),
            "let r = BaO + TiO2 -> BaTiO3\n"
        );
    }

    #[test]
    fn comments_stay_and_align() {
        assert_eq!(
            formatted("let a = 1 // one\nlet bcd = 2 // two\n// own\nlet e = \"// no\"\n"),
            "let a = 1    // one\nlet bcd = 2  // two\n// own\nlet e = \"// no\"\n"
        );
    }

    #[test]
    fn a_faulty_text_is_left_alone() {
        assert!(format("let x = \n").is_err());
    }
}
