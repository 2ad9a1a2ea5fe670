//! The first pass over a text: comments, brackets, and where items begin.
//!
//! It yields a text of the same length in which whatever does not matter to the grammar is a space, cut into one
//! chunk for each item. An unclosed bracket ends where the next item visibly begins, so that it costs one item.

use std::collections::HashSet;
use std::ops::Range;

use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::source::{FileId, Span};

/// Stands for a bracket without a partner: no rule of the grammar reads it.
const UNMATCHED: u8 = 0x1;

/// Brackets may nest this deep.
pub(super) const DEEPEST: usize = 64;

/// `// …` as written, without the newline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    pub span: Span,
    /// Nothing but space stands before it on its line.
    pub own_line: bool,
}

/// A line of documentation: `///` or `//!`, without the marks and one space.
pub(super) struct DocLine {
    pub span: Span,
    pub text: String,
    pub of_file: bool,
}

/// The text of one item with closers for what it left open.
pub(super) struct Chunk {
    pub start: usize,
    /// End in the file; `text` may go on with closers.
    pub end: usize,
    pub text: String,
    /// Too deep to be parsed; reported.
    pub refused: bool,
}

pub(super) struct Scan {
    pub chunks: Vec<Chunk>,
    pub comments: Vec<Comment>,
    pub docs: Vec<DocLine>,
    pub diagnostics: Vec<Diagnostic>,
    /// Offsets of line starts, to say which line a byte is on.
    lines: Vec<usize>,
    /// Lines on which something was reported: what follows from it there is not reported again.
    faulty: HashSet<usize>,
}

impl Scan {
    pub fn line_of(&self, offset: usize) -> usize {
        self.lines.partition_point(|start| *start <= offset)
    }

    pub fn is_faulty(&self, start: usize, end: usize) -> bool {
        let (first, last) = (self.line_of(start), self.line_of(end));
        (first..=last).any(|line| self.faulty.contains(&line))
    }
}

struct Scanner<'a> {
    file: FileId,
    text: &'a str,
    masked: Vec<u8>,
    at: usize,
    /// Open brackets with their places.
    open: Vec<(u8, usize)>,
    out: Scan,
    /// Where the chunk that is being read begins.
    chunk: Option<usize>,
    refused: bool,
    /// The last byte that was neither space nor newline.
    last: u8,
    last_at: usize,
}

/// Reads the whole text. Total and linear.
pub(super) fn scan(file: FileId, text: &str) -> Scan {
    let mut scanner = Scanner::new(file, text);
    scanner.run();
    scanner.finish_chunk(text.len());
    scanner.out
}

/// Whether a text ends within a bracket or behind an operator.
pub(super) fn wants_more(text: &str) -> bool {
    let mut scanner = Scanner::new(FileId(0), text);
    scanner.run();
    scanner.wants_more()
}

fn line_starts(text: &str) -> Vec<usize> {
    let mut lines = vec![0];
    lines.extend(
        text.bytes()
            .enumerate()
            .filter(|(_, b)| matches!(b, b'\n' | b'\r'))
            .map(|(at, _)| at + 1),
    );
    lines
}

impl<'a> Scanner<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        Scanner {
            file,
            text,
            masked: text.as_bytes().to_vec(),
            at: 0,
            open: Vec::new(),
            out: Scan {
                chunks: Vec::new(),
                comments: Vec::new(),
                docs: Vec::new(),
                diagnostics: Vec::new(),
                lines: line_starts(text),
                faulty: HashSet::new(),
            },
            chunk: None,
            refused: false,
            last: b'\n',
            last_at: 0,
        }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        let mut line_start = true;
        while self.at < bytes.len() {
            if line_start {
                line_start = false;
                self.begin_line();
            }
            let rest = &self.text[self.at..];
            match bytes[self.at] {
                b'\n' => {
                    self.newline();
                    line_start = true;
                }
                b'\r' => {
                    if bytes.get(self.at + 1) == Some(&b'\n') {
                        self.mask(1);
                    } else {
                        self.masked[self.at] = b'\n';
                        self.newline();
                        line_start = true;
                    }
                }
                b' ' => self.at += 1,
                b'\t' | 0..=0x1f | 0x7f => self.mask(1),
                b'/' if rest.starts_with("//") => self.comment(),
                b'#' => self.hash(),
                b'"' => self.text_literal(),
                b'\'' => self.single_quotes(),
                b';' => self.semicolon(),
                open @ (b'(' | b'[' | b'{') => self.open(open),
                close @ (b')' | b']' | b'}') => self.close(close),
                byte if byte.is_ascii() => self.plain(1),
                _ => self.unicode(rest.chars().next().unwrap_or(' ')),
            }
        }
    }

    fn mask(&mut self, count: usize) {
        self.masked[self.at..self.at + count].fill(b' ');
        self.at += count;
    }

    /// A byte that belongs to an item.
    fn plain(&mut self, count: usize) {
        if self.chunk.is_none() {
            self.chunk = Some(self.at);
        }
        self.last = self.masked[self.at + count - 1];
        self.last_at = self.at + count - 1;
        self.at += count;
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn report(&mut self, at: usize, finding: Diagnostic) {
        let line = self.out.line_of(at);
        self.out.faulty.insert(line);
        self.out.diagnostics.push(finding);
    }

    /// The line from a byte on, without its end.
    fn rest_of_line(&self, at: usize) -> &str {
        let rest = &self.text[at..];
        &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())]
    }

    /// At the first byte of a line: does it begin an item although brackets are open, or end a field?
    fn begin_line(&mut self) {
        let line = self.rest_of_line(self.at);
        if self.open.is_empty() {
            // The line before ended as if it went on, but what follows can only be another item.
            if self.chunk.is_some() && begins_item(line) {
                self.finish_chunk(self.at);
            }
            return;
        }
        if begins_item(line) {
            self.unclosed(0);
            self.finish_chunk(self.at);
            return;
        }
        // A bracket that is still open where the next field begins was forgotten on the line before.
        let inner = self.open.last().map(|(byte, _)| *byte);
        if matches!(inner, Some(b'(' | b'['))
            && begins_field(line)
            && !matches!(self.last, b',' | b'(' | b'[')
        {
            let keep = self
                .open
                .iter()
                .rposition(|(byte, _)| *byte == b'{')
                .map_or(0, |at| at + 1);
            if keep > 0 {
                self.unclosed(keep);
                // The entry ends here for the grammar.
                if let Some(before) = self.at.checked_sub(1)
                    && self.text.as_bytes()[before] == b'\n'
                {
                    self.masked[before] = b'\n';
                }
            }
        }
    }

    /// Reports the innermost open bracket and forgets all beyond `keep`.
    fn unclosed(&mut self, keep: usize) {
        let closers: String = self.open[keep..]
            .iter()
            .rev()
            .map(|(byte, _)| closer(*byte) as char)
            .collect();
        if let Some((byte, at)) = self.open[keep..].last().copied() {
            let close = closer(byte) as char;
            // A block is closed on a line of its own, everything else where the text before ends.
            let end = self.last_at + 1;
            let (place, mend) = if byte == b'{' && self.out.line_of(at) != self.out.line_of(end) {
                let mend = closers
                    .chars()
                    .fold(String::new(), |mend, c| mend + "\n" + &c.to_string());
                (end + self.rest_of_line(end).len(), mend)
            } else {
                (end, closers.clone())
            };
            let finding = Diagnostic::new(
                codes::UNCLOSED,
                format!("this `{}` is never closed", byte as char),
            )
            .at(self.span(at, at + 1), "opened here")
            .help(format!("add `{close}` where it ends"))
            .edit(self.span(place, place), mend);
            self.report(at, finding);
        }
        // The others are closed silently: their mends follow from the first.
        if keep == 0 {
            self.push_chunk(self.at, &closers);
        } else {
            self.withdraw(keep);
        }
        self.open.truncate(keep);
    }

    /// Takes open brackets beyond `keep` out of the grammar's sight, so that those that it sees are balanced.
    fn withdraw(&mut self, keep: usize) {
        for (_, at) in &self.open[keep..] {
            self.masked[*at] = UNMATCHED;
        }
    }

    fn push_chunk(&mut self, end: usize, closers: &str) {
        let Some(start) = self.chunk.take() else {
            return;
        };
        let masked = String::from_utf8_lossy(&self.masked[start..end]);
        let mut text = masked.trim_end_matches([' ', '\n']).to_owned();
        if !closers.is_empty() {
            text.push('\n');
            text.push_str(closers);
        }
        self.out.chunks.push(Chunk {
            start,
            end,
            text,
            refused: std::mem::take(&mut self.refused),
        });
    }

    fn finish_chunk(&mut self, end: usize) {
        if !self.open.is_empty() {
            self.unclosed(0);
        }
        self.push_chunk(end, "");
        self.last = b'\n';
    }

    fn newline(&mut self) {
        let innermost = self.open.last().map(|(byte, _)| *byte);
        let goes_on = innermost == Some(b'(') || self.continues();
        if goes_on {
            self.masked[self.at] = b' ';
        } else if self.open.is_empty() && self.chunk.is_some() {
            if let Some(len) = self.before_brace() {
                self.mask(len);
                return;
            }
            self.finish_chunk(self.at);
        }
        self.at += 1;
    }

    /// Whether the line ended with an operator or a comma.
    fn continues(&self) -> bool {
        if self.chunk.is_none() {
            return false;
        }
        let before = &self.masked[..=self.last_at];
        let previous = before.len().checked_sub(2).map_or(b' ', |at| before[at]);
        match self.last {
            b',' => true,
            b'+' | b'*' | b'=' | b'<' | b':' | b'|' | b'^' => true,
            b'-' | b'/' => previous == b' ',
            b'>' => matches!(previous, b' ' | b'-'),
            b'.' => previous == b'.',
            b'd' => before.ends_with(b" and") || before.ends_with(b"\nand"),
            b'r' => before.ends_with(b" or") || before.ends_with(b"\nor"),
            b'n' => before.ends_with(b" in") || before.ends_with(b"\nin"),
            _ => false,
        }
    }

    /// How much space stands before the body of the item that seems to end here, if its body follows.
    fn before_brace(&self) -> Option<usize> {
        let rest = &self.text[self.at..];
        let after = rest.trim_start();
        after.starts_with('{').then(|| rest.len() - after.len())
    }

    /// Whether the text so far asks for more of it: an open bracket, or an operator at its end.
    fn wants_more(&self) -> bool {
        !self.refused && (!self.open.is_empty() || self.continues())
    }

    fn comment(&mut self) {
        let written = self.rest_of_line(self.at);
        let len = written.len();
        let line_start = self.text[..self.at]
            .rfind(['\n', '\r'])
            .map_or(0, |at| at + 1);
        let own_line = self.text[line_start..self.at].trim().is_empty();
        let span = self.span(self.at, self.at + len);
        // Behind code it is a remark on that line, and what follows an item cannot speak for the file.
        let doc = if written.starts_with("////") || !own_line {
            None
        } else if let Some(text) = written.strip_prefix("///") {
            Some((text, false))
        } else {
            let top = self.chunk.is_none() && self.out.chunks.is_empty();
            let text = written.strip_prefix("//!").filter(|_| top);
            text.map(|text| (text, true))
        };
        if let Some((text, of_file)) = doc {
            self.out.docs.push(DocLine {
                span,
                text: text.strip_prefix(' ').unwrap_or(text).trim_end().to_owned(),
                of_file,
            });
        }
        self.out.comments.push(Comment { span, own_line });
        self.mask(len);
    }

    fn hash(&mut self) {
        let start = self.at;
        let len = self.rest_of_line(start).len();
        let finding = Diagnostic::new(codes::HASH_COMMENT, "a comment begins with `//`")
            .at(self.span(start, start + 1), "not a comment here")
            .help("write `//` in its place")
            .edit(self.span(start, start + 1), "//");
        self.report(start, finding);
        self.mask(len);
    }

    fn text_literal(&mut self) {
        let start = self.at;
        let rest = self.rest_of_line(start + 1);
        let mut escaped = false;
        let mut end = None;
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => {
                    end = Some(at);
                    break;
                }
                _ => {}
            }
        }
        match end {
            Some(len) => self.plain(len + 2),
            None => self.unclosed_text(start, 1, "this text is never closed"),
        }
    }

    /// A text that lacks its second quote: the line ends there for the grammar.
    fn unclosed_text(&mut self, start: usize, quote: usize, headline: &str) {
        let rest = self.rest_of_line(start);
        let len = rest.len();
        let inner = rest[quote..].trim_end().replace(['"', '\\'], "");
        let end = start + rest.trim_end().len();
        let finding = Diagnostic::new(codes::UNCLOSED, headline)
            .at(self.span(start, start + quote), "opened here")
            .help("add `\"` where it ends; a text ends on its line")
            .edit(self.span(start, end), format!("\"{inner}\""));
        self.report(start, finding);
        self.masked[start] = UNMATCHED;
        self.plain(1);
        self.mask(len - 1);
        self.last_at = start + quote - 1;
    }

    fn single_quotes(&mut self) {
        let start = self.at;
        let rest = &self.text[start + 1..];
        let Some(len) = rest
            .find(['\'', '\n', '\r'])
            .filter(|at| rest[*at..].starts_with('\''))
        else {
            self.unclosed_text(
                start,
                1,
                "this text is never closed, and its quote is a single one",
            );
            return;
        };
        let end = start + len + 2;
        let span = self.span(start, end);
        let inner = self.text[start + 1..end - 1].replace(['"', '\\'], "");
        let finding = Diagnostic::new(codes::QUOTES, "a text stands in double quotes")
            .at(span, "in single quotes")
            .help(format!("write \"{inner}\""))
            .edit(span, format!("\"{inner}\""));
        self.report(start, finding);
        self.quoted(start..start + 1, end - 1..end);
    }

    /// A text in quotes of another kind, for the grammar in the usual ones.
    fn quoted(&mut self, first: Range<usize>, second: Range<usize>) {
        for byte in &mut self.masked[first.end..second.start] {
            if matches!(byte, b'"' | b'\\') {
                *byte = b' ';
            }
        }
        self.masked[first.start..first.end].fill(b' ');
        self.masked[second.start..second.end].fill(b' ');
        self.masked[first.end - 1] = b'"';
        self.masked[second.start] = b'"';
        self.plain(second.end - first.start);
    }

    fn semicolon(&mut self) {
        let start = self.at;
        let span = self.span(start, start + 1);
        let rest = self.text[start + 1..].trim_start_matches([' ', '\t']);
        let at_end = rest.is_empty() || rest.starts_with(['\n', '\r']) || rest.starts_with("//");
        let finding = Diagnostic::new(codes::SEMICOLON, "lines end without `;`")
            .at(span, "not needed")
            .help(if at_end {
                "leave it out"
            } else {
                "begin a new line instead"
            })
            .edit(span, if at_end { "" } else { "\n" });
        self.report(start, finding);
        if !at_end && !self.open.is_empty() {
            self.masked[start] = b'\n';
            self.at += 1;
        } else {
            self.mask(1);
        }
    }

    fn open(&mut self, byte: u8) {
        self.open.push((byte, self.at));
        if self.open.len() == DEEPEST + 1 && !self.refused {
            let span = self.span(self.at, self.at + 1);
            let finding = Diagnostic::new(
                codes::TOO_DEEP,
                format!("brackets nest more than {DEEPEST} deep"),
            )
            .at(span, "one too many")
            .help("give the inner parts names with `let`");
            let at = self.at;
            self.report(at, finding);
            self.refused = true;
        }
        self.plain(1);
    }

    fn close(&mut self, byte: u8) {
        let wanted = opener(byte);
        // No deeper than a sound text goes, so that endless brackets are not searched for each closer.
        let within = self.open.len().saturating_sub(2 * DEEPEST);
        let partner = self.open[within..]
            .iter()
            .rposition(|(open, _)| *open == wanted)
            .map(|at| within + at);
        match partner {
            Some(at) if at + 1 == self.open.len() => {
                self.open.pop();
                self.plain(1);
                if byte == b'}' && self.open.is_empty() {
                    self.item_behind();
                }
            }
            Some(at) => {
                // Whatever was opened after the partner is not closed.
                let (open, place) = self.open[at + 1];
                let missing = closer(open) as char;
                // A bracket's line that is longer than this is not looked through.
                let line = near(&self.text[place..self.at], 400);
                let line = line.split(['\n', '\r']).next().unwrap_or("");
                let code = line.split("//").next().unwrap_or("").trim_end();
                // On the line of the bracket, unless more lines visibly belong to it.
                let line_ends = place + code.len();
                let (mend, help) = if line_ends < self.at && code.len() > 1 && !code.ends_with(',')
                {
                    (line_ends, format!("add `{missing}` where it ends"))
                } else {
                    (self.at, format!("add `{missing}` before it"))
                };
                let finding = Diagnostic::new(
                    codes::UNCLOSED,
                    format!("this `{}` is not closed", open as char),
                )
                .at(self.span(place, place + 1), "opened here")
                .at(
                    self.span(self.at, self.at + 1),
                    format!("this `{}` comes first", byte as char),
                )
                .help(help)
                .edit(self.span(mend, mend), missing.to_string());
                self.report(place, finding);
                self.withdraw(at + 1);
                self.open.truncate(at);
                self.plain(1);
            }
            None => {
                let span = self.span(self.at, self.at + 1);
                let finding = Diagnostic::new(
                    codes::UNOPENED,
                    format!("this `{}` closes nothing", byte as char),
                )
                .at(span, "no bracket is open here")
                .help("leave it out, or open a bracket before it")
                .edit(span, "");
                let at = self.at;
                self.report(at, finding);
                self.mask(1);
            }
        }
    }

    /// An item that begins behind the body of another, on its line.
    fn item_behind(&mut self) {
        let rest = &self.text[self.at..];
        let code = rest.trim_start_matches(' ');
        // Enough to recognise the head of an item, and short enough for lines without end.
        let head: String = code.chars().take(200).take_while(|c| *c != '\n').collect();
        if code.len() == rest.len() || !begins_item(&head) {
            return;
        }
        let at = self.at + (rest.len() - code.len());
        let word = head.split(' ').next().map_or(1, str::len);
        let finding = Diagnostic::new(codes::UNEXPECTED, "an item begins on a line of its own")
            .at(self.span(at, at + word), "begins behind another")
            .help("begin a new line before it")
            .edit(self.span(self.at, at), "\n");
        self.report(at, finding);
        self.finish_chunk(self.at);
        self.at = at;
    }

    /// Characters that text from papers brings along take their plain form; others stay for the grammar.
    fn unicode(&mut self, c: char) {
        let len = c.len_utf8();
        let replace = match c {
            '\u{A0}'
            | '\u{2000}'..='\u{200B}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}'
            | '\u{FEFF}' => {
                self.mask(len);
                return;
            }
            '\u{2212}' | '\u{2013}' => b'-',
            '\u{D7}' | '\u{22C5}' => b'*',
            '\u{201C}' | '\u{201D}' | '\u{201E}' => {
                self.smart_quotes();
                return;
            }
            '\u{2192}' if len >= 2 => {
                // An arrow of three bytes: `->` and a space before it.
                self.masked[self.at..self.at + len].fill(b' ');
                self.masked[self.at + len - 2] = b'-';
                self.masked[self.at + len - 1] = b'>';
                self.plain(len);
                return;
            }
            _ => {
                self.plain(len);
                return;
            }
        };
        // A sign touches what it touched: the name before it, or else the value behind it.
        let touches = self.text[..self.at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let at = if touches { 0 } else { len - 1 };
        self.masked[self.at..self.at + len].fill(b' ');
        self.masked[self.at + at] = replace;
        self.plain(len);
        self.last = replace;
    }

    fn smart_quotes(&mut self) {
        const QUOTES: [char; 3] = ['\u{201C}', '\u{201D}', '\u{201E}'];
        let start = self.at;
        let rest = &self.text[start + 3..];
        let Some(len) = rest
            .find(|c| QUOTES.contains(&c) || matches!(c, '\n' | '\r'))
            .filter(|at| rest[*at..].starts_with(QUOTES))
        else {
            self.unclosed_text(
                start,
                3,
                "this text is never closed, and its quote is a typographic one",
            );
            return;
        };
        let end = start + 3 + len + 3;
        let inner = self.text[start + 3..start + 3 + len].replace(['"', '\\'], "");
        let span = self.span(start, end);
        let finding = Diagnostic::new(codes::QUOTES, "a text stands in straight quotes")
            .at(span, "in typographic quotes")
            .help(format!("write \"{inner}\""))
            .edit(span, format!("\"{inner}\""));
        self.report(start, finding);
        self.quoted(start..start + 3, end - 3..end);
    }
}

/// The start of a text, at most so many bytes.
pub(super) fn near(text: &str, most: usize) -> &str {
    let mut len = most.min(text.len());
    while !text.is_char_boundary(len) {
        len -= 1;
    }
    &text[..len]
}

fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

fn opener(close: u8) -> u8 {
    match close {
        b')' => b'(',
        b']' => b'[',
        _ => b'{',
    }
}

fn is_name(word: &str) -> bool {
    word.starts_with(|first: char| first.is_ascii_lowercase())
        && word
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether a line that stands at the left edge inside open brackets can only be the head of an item.
fn begins_item(line: &str) -> bool {
    if !line.starts_with(|first: char| first.is_ascii_lowercase()) {
        return false;
    }
    let mut words = line.split_whitespace();
    let (Some(first), Some(second)) = (words.next(), words.next()) else {
        return false;
    };
    let third = words.next().unwrap_or("");
    match first {
        "use" | "expect" => true,
        "study" => second.starts_with('{'),
        "param" | "let" => {
            is_name(second.trim_end_matches(':'))
                && (third == "=" || second.ends_with(':') || third == ":")
        }
        "template" => second.contains('('),
        _ => {
            let named = second.trim_end_matches('{');
            is_name(first)
                && is_name(named)
                && (second.ends_with('{')
                    || third.starts_with('{')
                    || third == "like"
                    || third == "="
                    || third == "for" && words.nth(1) == Some("in"))
        }
    }
}

/// Whether a line reads `name: …`.
fn begins_field(line: &str) -> bool {
    line.split_once(':')
        .is_some_and(|(name, _)| is_name(name.trim()))
}
