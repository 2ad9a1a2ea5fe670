//! The part of YAML that files of potentials use.
//!
//! Written here because keys are sequences (`[0, 1]:`), values are millions of numbers, and an error has to name the
//! keys that lead to it: a general reader builds a tree of typed, owned values and forgets where they stood. Block and
//! flow collections, plain and quoted scalars over several lines, explicit keys and block scalars are read; anchors,
//! aliases and tags are refused by name.

use std::borrow::Cow;
use std::fmt;

use super::super::error::ModelError;

/// A value and the line on which it begins, from 1.
#[derive(Debug)]
pub struct Node<'a> {
    pub line: u32,
    pub value: Value<'a>,
}

#[derive(Debug)]
pub enum Value<'a> {
    /// Nothing, or the text of a scalar; what it means its reader knows.
    Scalar(Cow<'a, str>),
    Sequence(Vec<Node<'a>>),
    Mapping(Vec<(Node<'a>, Node<'a>)>),
}

/// Deeper nesting is refused.
const MOST_DEPTH: usize = 64;

/// Reads a document.
pub fn parse(text: &str) -> Result<Node<'_>, ModelError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut parser = Parser {
        text,
        bytes: text.as_bytes(),
        at: 0,
        line: 1,
        line_start: 0,
        depth: 0,
    };
    parser.skip_blank()?;
    if parser.rest().starts_with("---") {
        parser.at += 3;
        parser.skip_blank()?;
    }
    let node = parser.block(0)?;
    parser.skip_blank()?;
    if parser.ended() {
        return Ok(node);
    }
    Err(parser.fault(
        "this belongs to nothing before it",
        "indent it like its neighbours",
    ))
}

struct Parser<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u32,
    line_start: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn column(&self) -> usize {
        self.at - self.line_start
    }

    fn fault(&self, problem: impl Into<String>, help: &str) -> ModelError {
        ModelError::new("", problem, help).at_line(self.line as usize)
    }

    /// At the end of the text or of the document.
    fn ended(&self) -> bool {
        self.at == self.bytes.len()
            || self.column() == 0
                && (self.rest().starts_with("---") || self.rest().starts_with("..."))
    }

    fn newline(&mut self) {
        self.at += 1;
        self.line += 1;
        self.line_start = self.at;
    }

    /// Whether a blank or an end follows `ahead` bytes on.
    fn blank_at(&self, ahead: usize) -> bool {
        matches!(
            self.bytes.get(self.at + ahead),
            None | Some(b' ' | b'\n' | b'\r' | b'\t')
        )
    }

    /// Passes blanks and remarks on this line.
    fn skip_spaces(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'#' if self.at == self.line_start
                    || self.bytes[self.at - 1].is_ascii_whitespace() =>
                {
                    self.at = memchr::memchr(b'\n', &self.bytes[self.at..])
                        .map_or(self.bytes.len(), |length| self.at + length);
                }
                _ => break,
            }
        }
    }

    /// Passes blanks, remarks and ends of lines.
    fn skip_blank(&mut self) -> Result<(), ModelError> {
        loop {
            self.skip_spaces();
            if self.peek() != Some(b'\n') {
                break;
            }
            self.newline();
        }
        if self.bytes[self.line_start..self.at].contains(&b'\t')
            && self.bytes[self.line_start..self.at]
                .iter()
                .all(u8::is_ascii_whitespace)
            && self.at < self.bytes.len()
        {
            return Err(self.fault("a line begins with a tab", "indent with spaces"));
        }
        Ok(())
    }

    fn deeper<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, ModelError>,
    ) -> Result<T, ModelError> {
        if self.depth == MOST_DEPTH {
            return Err(self.fault("this is nested too deeply", "a potential needs five levels"));
        }
        self.depth += 1;
        let node = read(self);
        self.depth -= 1;
        node
    }

    fn empty(&self) -> Node<'a> {
        Node {
            line: self.line,
            value: Value::Scalar(Cow::Borrowed("")),
        }
    }

    fn dash(&self) -> bool {
        self.peek() == Some(b'-') && self.blank_at(1)
    }

    /// A node that begins here, at the first character of a line or behind `- `. Scalars go on over lines that are
    /// indented to `least` or more.
    fn block(&mut self, least: usize) -> Result<Node<'a>, ModelError> {
        if self.ended() {
            return Ok(self.empty());
        }
        let (line, column) = (self.line, self.column());
        if self.dash() {
            return self.deeper(|parser| parser.block_sequence(column));
        }
        if self.peek() == Some(b'?') && self.blank_at(1) {
            return self.deeper(|parser| parser.block_mapping(column, None));
        }
        let first = self.inline(least, true)?;
        if self.line == line && self.colon() {
            return self.deeper(|parser| parser.block_mapping(column, Some(first)));
        }
        Ok(first)
    }

    /// Whether a colon follows that ends a key; passes blanks before it.
    fn colon(&mut self) -> bool {
        let mut at = self.at;
        while self.bytes.get(at) == Some(&b' ') {
            at += 1;
        }
        let found = self.bytes.get(at) == Some(&b':')
            && matches!(
                self.bytes.get(at + 1),
                None | Some(b' ' | b'\n' | b'\r' | b'\t')
            );
        if found {
            self.at = at;
        }
        found
    }

    fn block_sequence(&mut self, column: usize) -> Result<Node<'a>, ModelError> {
        let line = self.line;
        let mut items = Vec::new();
        while !self.ended() && self.column() == column && self.dash() {
            self.at += 1;
            items.push(self.block_value(column, false)?);
            self.skip_blank()?;
        }
        self.check_indent(column)?;
        Ok(Node {
            line,
            value: Value::Sequence(items),
        })
    }

    fn block_mapping(
        &mut self,
        column: usize,
        first: Option<Node<'a>>,
    ) -> Result<Node<'a>, ModelError> {
        let line = self.line;
        let mut entries = Vec::new();
        let mut key = first;
        loop {
            let name = match key.take() {
                Some(key) => key,
                None if self.ended() || self.column() != column || self.dash() => break,
                None if self.peek() == Some(b'?') && self.blank_at(1) => {
                    self.at += 1;
                    let key = self.block_value(column, false)?;
                    self.skip_blank()?;
                    key
                }
                None => self.inline(column + 1, true)?,
            };
            if !self.colon() {
                return Err(self.fault(
                    format!("a colon is missing behind {}", Shown(&name)),
                    "write `key: value`, with a space behind the colon",
                ));
            }
            self.at += 1;
            entries.push((name, self.block_value(column, true)?));
            self.skip_blank()?;
        }
        self.check_indent(column)?;
        Ok(Node {
            line,
            value: Value::Mapping(entries),
        })
    }

    /// What is left behind a collection must stand further out.
    fn check_indent(&self, column: usize) -> Result<(), ModelError> {
        if self.ended() || self.column() <= column {
            return Ok(());
        }
        Err(self.fault(
            "this line is indented unlike those before it",
            "indent all entries of a block alike",
        ))
    }

    /// The value behind the colon or dash of a collection at `column`. Sequences may stand below a key without
    /// being indented.
    fn block_value(&mut self, column: usize, in_mapping: bool) -> Result<Node<'a>, ModelError> {
        let line = self.line;
        self.skip_spaces();
        match self.peek() {
            Some(b'\n') => {
                self.skip_blank()?;
                if !self.ended() && self.column() > column
                    || in_mapping && !self.ended() && self.column() == column && self.dash()
                {
                    self.block(column + 1)
                } else {
                    Ok(Node {
                        line,
                        value: Value::Scalar(Cow::Borrowed("")),
                    })
                }
            }
            None => Ok(self.empty()),
            Some(b'|' | b'>') => Ok(self.literal(column)),
            _ if in_mapping => self.inline(column + 1, true),
            _ => self.block(column + 1),
        }
    }

    /// A scalar kept line by line; how its ends of lines are folded matters to nobody here.
    fn literal(&mut self, column: usize) -> Node<'a> {
        let line = self.line;
        let mut lines: Vec<&str> = Vec::new();
        self.skip_line();
        while self.peek() == Some(b'\n') {
            let (at, number, start) = (self.at, self.line, self.line_start);
            self.newline();
            let begin = self.at;
            while self.peek() == Some(b' ') {
                self.at += 1;
            }
            if !self.blank_at(0) && self.column() <= column {
                (self.at, self.line, self.line_start) = (at, number, start);
                break;
            }
            self.skip_line();
            lines.push(self.text[begin..self.at].trim());
        }
        Node {
            line,
            value: Value::Scalar(Cow::Owned(lines.join("\n"))),
        }
    }

    fn skip_line(&mut self) {
        self.at = memchr::memchr(b'\n', &self.bytes[self.at..])
            .map_or(self.bytes.len(), |length| self.at + length);
    }

    /// A flow collection or a scalar.
    fn inline(&mut self, least: usize, in_block: bool) -> Result<Node<'a>, ModelError> {
        let line = self.line;
        let value = match self.peek() {
            Some(b'[') => self.deeper(Self::flow_sequence)?,
            Some(b'{') => self.deeper(Self::flow_mapping)?,
            Some(quote @ (b'"' | b'\'')) => Value::Scalar(self.quoted(quote)?),
            Some(b'&' | b'*' | b'!') => {
                return Err(self.fault(
                    "anchors, aliases and tags are not read",
                    "write the value out, without `&`, `*` or `!` in front",
                ));
            }
            _ => Value::Scalar(self.plain(least, in_block)?),
        };
        Ok(Node { line, value })
    }

    fn flow_sequence(&mut self) -> Result<Value<'a>, ModelError> {
        let opened = self.line;
        self.at += 1;
        let mut items = Vec::new();
        loop {
            self.skip_flow(opened)?;
            if self.peek() == Some(b']') {
                self.at += 1;
                return Ok(Value::Sequence(items));
            }
            items.push(self.inline(0, false)?);
            self.end_of_entry(b']', opened)?;
        }
    }

    fn flow_mapping(&mut self) -> Result<Value<'a>, ModelError> {
        let opened = self.line;
        self.at += 1;
        let mut entries = Vec::new();
        loop {
            self.skip_flow(opened)?;
            if self.peek() == Some(b'}') {
                self.at += 1;
                return Ok(Value::Mapping(entries));
            }
            let key = self.inline(0, false)?;
            self.skip_flow(opened)?;
            if self.peek() != Some(b':') {
                return Err(self.fault(
                    format!("a colon is missing behind {}", Shown(&key)),
                    "write `{key: value, …}`",
                ));
            }
            self.at += 1;
            self.skip_flow(opened)?;
            let value = match self.peek() {
                Some(b',' | b'}') => self.empty(),
                _ => self.inline(0, false)?,
            };
            entries.push((key, value));
            self.end_of_entry(b'}', opened)?;
        }
    }

    /// Passes blanks inside brackets, where something must follow.
    fn skip_flow(&mut self, opened: u32) -> Result<(), ModelError> {
        loop {
            self.skip_spaces();
            match self.peek() {
                Some(b'\n') => self.newline(),
                Some(_) => return Ok(()),
                None => {
                    return Err(self.fault(
                        format!("the file ends inside a bracket of line {opened}"),
                        "the file was cut off; get it again",
                    ));
                }
            }
        }
    }

    /// Passes the comma behind an entry, or stops before the bracket that closes.
    fn end_of_entry(&mut self, close: u8, opened: u32) -> Result<(), ModelError> {
        self.skip_flow(opened)?;
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                Ok(())
            }
            Some(byte) if byte == close => Ok(()),
            _ => Err(self.fault(
                format!("a comma or `{}` is missing", close as char),
                "separate entries by commas and close what was opened",
            )),
        }
    }

    fn plain(&mut self, least: usize, in_block: bool) -> Result<Cow<'a, str>, ModelError> {
        let mut text = Cow::Borrowed(self.plain_line(in_block));
        if text.is_empty() {
            return Err(self.fault("a value is missing", "write one, or quote it"));
        }
        // A value goes on over lines that are indented further, unless it turns out to be a key.
        loop {
            if self.peek() != Some(b'\n') {
                return Ok(text);
            }
            let back = (self.at, self.line, self.line_start);
            self.skip_blank()?;
            let more = !self.ended()
                && if in_block {
                    self.column() >= least && least > 0
                } else {
                    !matches!(self.peek(), Some(b',' | b']' | b'}' | b':') | None)
                };
            let next = if more { self.plain_line(in_block) } else { "" };
            if next.is_empty() || in_block && self.colon() {
                (self.at, self.line, self.line_start) = back;
                return Ok(text);
            }
            text.to_mut().push(' ');
            text.to_mut().push_str(next);
        }
    }

    /// The part of a plain scalar that stands on this line, without blanks behind it.
    fn plain_line(&mut self, in_block: bool) -> &'a str {
        let start = self.at;
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' => break,
                b'#' if self.at > 0 && self.bytes[self.at - 1].is_ascii_whitespace() => break,
                b':' if self.blank_at(1) => break,
                b',' | b'[' | b']' | b'{' | b'}' if !in_block => break,
                b':' if !in_block
                    && matches!(
                        self.bytes.get(self.at + 1),
                        Some(b',' | b'[' | b']' | b'{' | b'}')
                    ) =>
                {
                    break;
                }
                _ => self.at += 1,
            }
        }
        let text = self.text[start..self.at].trim_end();
        self.skip_spaces();
        text
    }

    fn quoted(&mut self, quote: u8) -> Result<Cow<'a, str>, ModelError> {
        let opened = self.line;
        self.at += 1;
        let mut text = String::new();
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'\n' | b'\\' | b'"' | b'\'')) {
                self.at += 1;
            }
            text.push_str(&self.text[start..self.at]);
            match self.peek() {
                None => {
                    return Err(self.fault(
                        format!("the quote of line {opened} is never closed"),
                        "close it, or get the file again",
                    ));
                }
                Some(b'\n') => {
                    self.newline();
                    while matches!(self.peek(), Some(b' ' | b'\t')) {
                        self.at += 1;
                    }
                    text.truncate(text.trim_end().len());
                    text.push(' ');
                }
                Some(byte) if byte == quote => {
                    self.at += 1;
                    if quote == b'\'' && self.peek() == Some(b'\'') {
                        text.push('\'');
                        self.at += 1;
                        continue;
                    }
                    return Ok(Cow::Owned(text));
                }
                Some(b'\\') if quote == b'"' => {
                    self.at += 1;
                    match self.peek() {
                        Some(b'n') => text.push('\n'),
                        Some(b't') => text.push('\t'),
                        Some(b'\n') => {
                            self.newline();
                            while self.peek() == Some(b' ') {
                                self.at += 1;
                            }
                            continue;
                        }
                        // A quote, a backslash, or a code that only prose would have.
                        Some(byte) if byte.is_ascii() => text.push(byte as char),
                        _ => continue,
                    }
                    self.at += 1;
                }
                Some(byte) => {
                    text.push(byte as char);
                    self.at += 1;
                }
            }
        }
    }
}

/// A node as a message shows it.
pub struct Shown<'n, 'a>(pub &'n Node<'a>);

impl fmt::Display for Shown<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.value {
            Value::Scalar(text) if text.is_empty() => f.write_str("nothing"),
            Value::Scalar(text) => {
                const MOST: usize = 40;
                let short: String = text.chars().take(MOST).collect();
                let dots = if short.len() < text.len() { "…" } else { "" };
                write!(f, "`{short}{dots}`")
            }
            Value::Sequence(_) => f.write_str("a list"),
            Value::Mapping(_) => f.write_str("a mapping"),
        }
    }
}
