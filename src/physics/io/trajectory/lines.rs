//! Lines of a file as bytes, without a copy of each.

use std::io::{self, Read};

/// What is read at once.
const CHUNK: usize = 1 << 18;
/// A longer line means that the file is no text.
const LONGEST: usize = 1 << 22;

pub(super) struct Lines<R> {
    from: R,
    buffer: Vec<u8>,
    /// What is not handed out yet lies in `start .. end`.
    start: usize,
    end: usize,
    ended: bool,
    /// Number of the last line handed out, from 1.
    pub number: usize,
}

impl<R: Read> Lines<R> {
    pub fn new(from: R) -> Self {
        Lines {
            from,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            ended: false,
            number: 0,
        }
    }

    /// The next line without its end; none at the end of the file.
    pub fn next(&mut self) -> io::Result<Option<&[u8]>> {
        let mut searched = self.start;
        let (from, to, next) = loop {
            if let Some(found) = memchr::memchr(b'\n', &self.buffer[searched..self.end]) {
                let at = searched + found;
                break (self.start, at, at + 1);
            }
            if self.ended {
                if self.start == self.end {
                    return Ok(None);
                }
                break (self.start, self.end, self.end);
            }
            if self.end - self.start > LONGEST {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    "it is no text: a line has no end",
                ));
            }
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            searched = self.end;
            if self.buffer.len() < self.end + CHUNK {
                self.buffer.resize(self.end + CHUNK, 0);
            }
            let read = loop {
                match self.from.read(&mut self.buffer[self.end..]) {
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    other => break other?,
                }
            };
            self.end += read;
            self.ended = read == 0;
        };
        self.start = next;
        self.number += 1;
        Ok(Some(self.buffer[from..to].trim_ascii_end()))
    }
}

/// The words of a line one after another, read as what is wanted.
pub(super) struct Words<'a>(pub &'a [u8]);

/// What a message shows of bytes of the file.
pub(super) fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(120)]);
    crate::physics::io::clipped(&text)
}

impl<'a> Words<'a> {
    #[inline]
    fn at_word(&mut self) -> bool {
        while let [first, rest @ ..] = self.0 {
            if *first > b' ' {
                return true;
            }
            self.0 = rest;
        }
        false
    }

    #[inline]
    pub fn word(&mut self) -> Option<&'a [u8]> {
        if !self.at_word() {
            return None;
        }
        let length = self
            .0
            .iter()
            .position(|byte| *byte <= b' ')
            .unwrap_or(self.0.len());
        let (word, rest) = self.0.split_at(length);
        self.0 = rest;
        Some(word)
    }

    /// A finite number; the error is the word that is none, empty at the end of the line.
    #[inline]
    pub fn real(&mut self) -> Result<f64, &'a [u8]> {
        self.at_word();
        if let Ok((value, length)) = fast_float2::parse_partial::<f64, _>(self.0)
            && self.0.get(length).is_none_or(|byte| *byte <= b' ')
            && value.is_finite()
        {
            self.0 = &self.0[length..];
            return Ok(value);
        }
        Err(self.word().unwrap_or(b""))
    }

    #[inline]
    pub fn whole(&mut self) -> Result<i64, &'a [u8]> {
        let word = self.word().unwrap_or(b"");
        let (negative, digits) = match word {
            [b'-', digits @ ..] => (true, digits),
            _ => (false, word),
        };
        if digits.is_empty() || digits.len() > 18 {
            return Err(word);
        }
        let mut value = 0i64;
        for digit in digits {
            if !digit.is_ascii_digit() {
                return Err(word);
            }
            value = value * 10 + i64::from(digit - b'0');
        }
        Ok(if negative { -value } else { value })
    }
}

/// What is wrong with a word that is no finite number.
pub(super) fn no_number(what: &str, word: &[u8]) -> (String, &'static str) {
    if word.is_empty() {
        return (
            format!("{what} is missing"),
            "the line is cut off; leave this frame out",
        );
    }
    let lower = word.to_ascii_lowercase();
    if lower.ends_with(b"nan") || lower.ends_with(b"inf") || lower.ends_with(b"infinity") {
        return (
            format!("{what} is `{}`, which is no finite number", shown(word)),
            "the run that wrote the file had failed by then; leave this frame out",
        );
    }
    (
        format!("{what} is `{}`, which is no number", shown(word)),
        "leave this frame out, or write the number anew",
    )
}
