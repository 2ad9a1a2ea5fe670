//! `synth fmt`: one look for all recipes.
//!
//! The formatter works on the tokens of each line: it sets indentation and spaces, aligns comments that follow code
//! on neighbouring lines, and writes characters that came from papers in their plain form. It never joins, breaks or
//! moves lines, so comments stay where they are and nothing changes its meaning; a second pass changes nothing.

use crate::lang::diag::Diagnostic;
use crate::lang::source::FileId;
use pest::Parser;

use super::parse::{Grammar, Rule};
use super::scan::near;

/// The text in its standard form; its faults if it has any (then nothing may be changed).
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = super::parse(FileId(0), text);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let mut lines: Vec<Line> = Vec::new();
    // For each open bracket the indentation of its line.
    let mut open: Vec<usize> = Vec::new();
    let mut continued = false;
    for raw in text.replace("\r\n", "\n").replace('\r', "\n").lines() {
        let (tokens, comment) = tokens(raw.trim_start_matches('\u{FEFF}'));
        let closes = tokens.iter().take_while(|token| token.is_closer()).count();
        let indent = match open.len().checked_sub(closes.max(1)) {
            Some(at) if closes > 0 => open[at],
            Some(at) => open[at] + 1,
            None => 0,
        };
        let hangs = continued && closes == 0 && !tokens.is_empty();
        let indent = indent + usize::from(hangs);
        let column = comment.as_ref().map_or(0, |comment| {
            let written = raw.trim_end();
            written[..written.len() - comment.len()].chars().count()
        });
        if open.is_empty()
            && !hangs
            && let Some(broken) = broken_body(&tokens)
        {
            lines.extend(
                broken
                    .into_iter()
                    .enumerate()
                    .map(|(at, (indent, code))| Line {
                        indent,
                        code,
                        comment: comment.clone().filter(|_| at == 0),
                        column: 0,
                    }),
            );
            continued = false;
            continue;
        }
        let line = Line {
            indent,
            code: join(&tokens),
            comment,
            column,
        };
        for token in &tokens {
            if token.is_opener() {
                // The body of an item belongs to the item, not to the last line of its head.
                open.push(if open.is_empty() { 0 } else { indent });
            } else if token.is_closer() {
                open.pop();
            }
        }
        if let Some(last) = tokens.last() {
            // A comma within brackets only separates.
            continued = last.goes_on() && (open.is_empty() || !last.is(","));
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

/// Bodies on one line that is longer than this are written on several.
const WIDEST_BODY: usize = 100;

/// The lines, with their indentation, of a node whose body stands on its line and makes it too long.
fn broken_body(tokens: &[Token]) -> Option<Vec<(usize, String)>> {
    let words = tokens
        .iter()
        .take_while(|token| token.kind == Kind::Word)
        .count();
    let declares = tokens
        .first()
        .is_some_and(|first| matches!(first.text.as_str(), "let" | "param" | "expect" | "use"));
    if words == 0 || declares || join(tokens).chars().count() <= WIDEST_BODY {
        return None;
    }
    // The bracket that ends with the line, and the commas directly within it.
    let mut open = Vec::new();
    let mut commas: Vec<(usize, usize)> = Vec::new();
    let mut last = None;
    for (at, token) in tokens.iter().enumerate() {
        if token.is_opener() {
            open.push(at);
        } else if token.is_closer() {
            last = Some((open.pop()?, open.len(), at));
        } else if token.is(",") {
            commas.push((open.last().copied().unwrap_or(usize::MAX), at));
        }
    }
    let (start, outer, end) = last?;
    let is_body = start > 0
        && outer == 0
        && end + 1 == tokens.len()
        && tokens[start].is("{")
        && !tokens[start - 1].is_operator()
        && tokens[start - 1].text != "in";
    if !is_body {
        return None;
    }
    let mut lines = vec![(0, join(&tokens[..=start]))];
    let mut from = start + 1;
    let inner = commas
        .iter()
        .filter(|(of, _)| *of == start)
        .map(|(_, at)| *at);
    for to in inner.chain([end]) {
        if to > from {
            lines.push((1, join(&tokens[from..to])));
        }
        from = to + 1;
    }
    lines.push((0, "}".to_owned()));
    Some(lines)
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
        let sign = if sign { first.len_utf8() } else { 0 };
        let digits = length_of(Rule::number, &rest[sign..]).unwrap_or(1);
        return (sign + digits, Kind::Number);
    }
    // A unit or formula behind a number is one token, whatever signs it holds.
    let after_number = before
        .last()
        .is_some_and(|token| token.kind == Kind::Number)
        || before.len() >= 2
            && before[before.len() - 2].kind == Kind::Number
            && before[before.len() - 1].kind == Kind::Word;
    if after_number && let Some(len) = length_of(Rule::unit, rest) {
        return (len, Kind::Word);
    }
    if first.is_ascii_uppercase()
        && let Some(len) = length_of(Rule::formula, rest)
    {
        return (len, Kind::Word);
    }
    if first.is_alphabetic() || first == '_' || first == '%' || first == '°' {
        if follows_conversion(before)
            && let Some(len) = length_of(Rule::unit_text, rest)
        {
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

/// How much of the start of a text a rule of the grammar takes, so that both read the same.
fn length_of(rule: Rule, rest: &str) -> Option<usize> {
    // What pest is given it indexes whole, so a long line is not given to it for each of its words.
    let near = near(rest, WINDOW);
    let length = |text| Some(Grammar::parse(rule, text).ok()?.as_str().len());
    match length(near) {
        Some(len) if len == near.len() => length(rest),
        other => other,
    }
    .filter(|len| *len > 0)
}

/// No unit, number or formula of a real recipe is longer.
const WINDOW: usize = 256;

/// Whether the last word is the `in` of `value in unit` and not that of `for x in LIST, y in LIST`.
fn follows_conversion(before: &[Token]) -> bool {
    let [.., axis, word] = before else {
        return false;
    };
    let of_axis = match before.len().checked_sub(3).map(|at| &before[at]) {
        None => axis.kind == Kind::Word,
        Some(token) => {
            token.text == "for"
                || axis.kind == Kind::Word
                    && token.is(",")
                    && before.iter().any(|token| token.text == "for")
        }
    };
    word.kind == Kind::Word && word.text == "in" && !of_axis
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
    fn units_that_are_not_known_are_not_torn() {
        let text = "schedule s {\n  ramp to 900 K at 5 K/minute\n}\nlet x = 3 eV in foo*bar\n";
        assert_eq!(formatted(text), text);
    }

    #[test]
    fn a_value_on_the_next_line_hangs() {
        let text = "system s {\n  elements:\n    [Ba, O]\n}\n";
        assert_eq!(formatted(text), text);
        assert_eq!(
            formatted("system s {\nelements: f(g(\n1\n))\n}\n"),
            "system s {\n  elements: f(g(\n    1\n  ))\n}\n"
        );
    }

    #[test]
    fn a_body_belongs_to_its_item() {
        let text = "ensemble e for a in [1],\n  b in [2] {\n  start: 1\n}\n";
        assert_eq!(formatted(text), text);
    }

    #[test]
    fn a_body_on_one_line_is_broken_when_it_is_too_wide() {
        assert_eq!(
            formatted(
                "phases hull { system: ba_ti_o, source: batio.thermochemistry, between: [BaO, TiO2(rutile)], gases: [O2, CO2] } // c\n"
            ),
            "phases hull {  // c\n  system: ba_ti_o\n  source: batio.thermochemistry\n  between: [BaO, TiO2(rutile)]\n  gases: [O2, CO2]\n}\n"
        );
    }

    #[test]
    fn a_faulty_text_is_left_alone() {
        assert!(format("let x = \n").is_err());
    }
}
