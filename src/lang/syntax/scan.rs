//! The first pass over a text: comments, brackets, and where items begin.
//!
//! It yields a text of the same length in which whatever does not matter to the grammar is a space, cut into one
//! chunk for each item. An unclosed bracket ends where the next item visibly begins, so that it costs one item.

use std::collections::HashSet;

use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::source::{FileId, Span};

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
    let mut lines = vec![0];
    lines.extend(
        text.bytes()
            .enumerate()
            .filter(|(_, b)| *b == b'\n')
            .map(|(at, _)| at + 1),
    );
    let mut scanner = Scanner {
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
            lines,
            faulty: HashSet::new(),
        },
        chunk: None,
        refused: false,
        last: b'\n',
        last_at: 0,
    };
    scanner.run();
    scanner.out
}

impl Scanner<'_> {
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
        self.finish_chunk(bytes.len());
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

    /// At the first byte of a line: does it begin an item although brackets are open, or end a field?
    fn begin_line(&mut self) {
        let line = self.text[self.at..].lines().next().unwrap_or("");
        if self.open.is_empty() {
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
        if let Some((byte, at)) = self.open[keep..].last().copied() {
            let close = closer(byte) as char;
            let finding = Diagnostic::new(
                codes::UNCLOSED,
                format!("this `{}` is never closed", byte as char),
            )
            .at(self.span(at, at + 1), "opened here")
            .help(format!("add `{close}` where it ends"));
            self.report(at, finding);
        }
        // The others are closed silently: their mends follow from the first.
        if keep == 0 {
            self.close_chunk_brackets();
        }
        self.open.truncate(keep);
    }

    fn close_chunk_brackets(&mut self) {
        // Kept for `finish_chunk`, which appends them to the chunk's text.
        let at = self.at;
        let closers: String = self
            .open
            .iter()
            .rev()
            .map(|(byte, _)| closer(*byte) as char)
            .collect();
        self.push_chunk(at, &closers);
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
        // An operator at the end does not reach over the head of the next item.
        let next = self.text[self.at + 1..].trim_start_matches(['\n', '\r']);
        let item_follows = self.open.is_empty() && begins_item(next.lines().next().unwrap_or(""));
        let goes_on = innermost == Some(b'(') || (self.continues() && !item_follows);
        if goes_on {
            self.masked[self.at] = b' ';
        } else if self.open.is_empty() && self.chunk.is_some() && !self.brace_follows() {
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
            b'd' => before.ends_with(b" and"),
            b'r' => before.ends_with(b" or"),
            b'n' => before.ends_with(b" in"),
            _ => false,
        }
    }

    /// Whether the next thing in the text is the body of the item that seems to end here.
    fn brace_follows(&self) -> bool {
        self.text[self.at..].trim_start().starts_with('{')
    }

    fn comment(&mut self) {
        let rest = &self.text[self.at..];
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let written = &rest[..len];
        let line_start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let own_line = self.text[line_start..self.at].trim().is_empty();
        let span = self.span(self.at, self.at + len);
        let doc = if written.starts_with("////") {
            None
        } else if let Some(text) = written.strip_prefix("///") {
            Some((text, false))
        } else {
            written.strip_prefix("//!").map(|text| (text, true))
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
        let rest = &self.text[start..];
        let len = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let finding = Diagnostic::new(codes::HASH_COMMENT, "a comment begins with `//`")
            .at(self.span(start, start + 1), "not a comment here")
            .help("write `//` in its place")
            .edit(self.span(start, start + 1), "//");
        self.report(start, finding);
        self.mask(len);
    }

    fn text_literal(&mut self) {
        let start = self.at;
        let rest = &self.text[start + 1..];
        let mut escaped = false;
        let mut end = None;
        for (at, byte) in rest.bytes().enumerate() {
            match byte {
                b'\n' => break,
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
            None => {
                let len = 1 + rest.find(['\n', '\r']).unwrap_or(rest.len());
                let span = self.span(start, start + 1);
                let finding = Diagnostic::new(codes::UNCLOSED, "this text is never closed")
                    .at(span, "opened here")
                    .help("add `\"` where it ends; a text ends on its line");
                self.report(start, finding);
                if self.chunk.is_none() {
                    self.chunk = Some(start);
                }
                self.mask(len);
            }
        }
    }

    fn single_quotes(&mut self) {
        let start = self.at;
        let rest = &self.text[start + 1..];
        let line = rest.split(['\n', '\r']).next().unwrap_or("");
        let Some(len) = line.find('\'') else {
            self.plain(1);
            return;
        };
        let end = start + len + 2;
        let span = self.span(start, end);
        let inner = &self.text[start + 1..end - 1];
        let finding = Diagnostic::new(codes::QUOTES, "a text stands in double quotes")
            .at(span, "in single quotes")
            .help(format!("write \"{inner}\""))
            .edit(span, format!("\"{inner}\""));
        self.report(start, finding);
        self.masked[start] = b'"';
        self.masked[end - 1] = b'"';
        self.plain(end - start);
    }

    fn semicolon(&mut self) {
        let start = self.at;
        let span = self.span(start, start + 1);
        let at_end = self.text[start + 1..]
            .split('\n')
            .next()
            .is_some_and(|rest| rest.trim().is_empty() || rest.trim_start().starts_with("//"));
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
        match self.open.iter().rposition(|(open, _)| *open == wanted) {
            Some(at) if at + 1 == self.open.len() => {
                self.open.pop();
                self.plain(1);
            }
            Some(at) => {
                // Whatever was opened after the partner is not closed.
                let (open, place) = self.open[at + 1];
                let finding = Diagnostic::new(
                    codes::UNCLOSED,
                    format!("this `{}` is not closed", open as char),
                )
                .at(self.span(place, place + 1), "opened here")
                .at(
                    self.span(self.at, self.at + 1),
                    format!("this `{}` comes first", byte as char),
                )
                .help(format!("add `{}` before it", closer(open) as char))
                .edit(
                    self.span(self.at, self.at),
                    (closer(open) as char).to_string(),
                );
                self.report(place, finding);
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
        self.masked[self.at..self.at + len].fill(b' ');
        self.masked[self.at + len - 1] = replace;
        self.plain(len);
    }

    fn smart_quotes(&mut self) {
        const QUOTES: [char; 3] = ['\u{201C}', '\u{201D}', '\u{201E}'];
        let start = self.at;
        let line = self.text[start + 3..].split('\n').next().unwrap_or("");
        let Some(len) = line.find(QUOTES) else {
            self.mask(3);
            return;
        };
        let end = start + 3 + len + 3;
        let inner = self.text[start + 3..start + 3 + len].to_owned();
        let span = self.span(start, end);
        let finding = Diagnostic::new(codes::QUOTES, "a text stands in straight quotes")
            .at(span, "in typographic quotes")
            .help(format!("write \"{inner}\""))
            .edit(span, format!("\"{inner}\""));
        self.report(start, finding);
        self.masked[start..start + 2].fill(b' ');
        self.masked[start + 2] = b'"';
        self.masked[end - 3] = b'"';
        self.masked[end - 2..end].fill(b' ');
        self.plain(end - start);
    }
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
