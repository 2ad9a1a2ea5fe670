//! Lines and header of the older text form of potentials.

use crate::physics::ace::ModelError;

pub(super) fn without_remark(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
}

pub(super) fn fault(
    path: &str,
    line: usize,
    problem: impl Into<String>,
    help: impl Into<String>,
) -> ModelError {
    ModelError::new(path, problem, help).at_line(line)
}

pub(super) fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Lines without remarks and blank ones.
pub(super) struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    /// The line that was read last.
    pub last: usize,
}

impl<'a> Lines<'a> {
    pub fn new(text: &'a str) -> Self {
        Lines {
            lines: text.lines().enumerate(),
            last: 1,
        }
    }

    pub fn next(&mut self) -> Option<(usize, &'a str)> {
        for (at, line) in self.lines.by_ref() {
            self.last = at + 1;
            let line = without_remark(line);
            if !line.is_empty() {
                return Some((at + 1, line));
            }
        }
        None
    }

    /// What stands behind `key=` or `key:` on the next line.
    pub fn expect(&mut self, key: &str) -> Result<(usize, &'a str), ModelError> {
        let Some((line, text)) = self.next() else {
            return Err(fault(
                key,
                self.last,
                "the file ends before it",
                "the file was cut off; get it again",
            ));
        };
        match split(text) {
            Some((found, values)) if found == key => Ok((line, values)),
            _ => Err(fault(
                key,
                line,
                format!("`{}` stands in its place", short(text)),
                format!("write `{key}` there"),
            )),
        }
    }
}

/// A key and what stands behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (key, values) = line.split_once(['=', ':'])?;
    let key = key.trim();
    // The number of parameters stands before the name of their list.
    let key = if key.ends_with("FS parameters") {
        "FS parameters"
    } else {
        key
    };
    key.starts_with(|c: char| c.is_ascii_alphabetic())
        .then_some((key, values.trim()))
}

/// By key: the line, and the words behind it on this line and on those that go on with it.
pub(super) struct Header<'a>(Vec<(&'a str, usize, Vec<&'a str>)>);

impl<'a> Header<'a> {
    /// Reads up to the first line that counts functions, which is left.
    pub fn read(lines: &mut Lines<'a>) -> Result<Self, ModelError> {
        let mut header: Header<'a> = Header(Vec::new());
        loop {
            let before = lines.lines.clone();
            let Some((line, text)) = lines.next() else {
                return Err(fault(
                    "total_basis_size_rank1",
                    lines.last,
                    "the file ends before the functions",
                    "the file was cut off; get it again",
                ));
            };
            match (split(text), header.0.last_mut()) {
                (Some(("total_basis_size_rank1", _)), _) => {
                    lines.lines = before;
                    return Ok(header);
                }
                (Some((key, values)), _) => {
                    if header.0.iter().any(|one| one.0 == key) {
                        return Err(fault(
                            key,
                            line,
                            "the key stands there twice",
                            "keep one of them",
                        ));
                    }
                    header
                        .0
                        .push((key, line, values.split_whitespace().collect()));
                }
                (None, Some((_, _, words))) => words.extend(text.split_whitespace()),
                (None, None) => {
                    return Err(fault(
                        "",
                        line,
                        format!("`{}` belongs to no key", short(text)),
                        "begin with `nelements=`",
                    ));
                }
            }
        }
    }

    pub fn get(&self, key: &str) -> Result<(usize, &[&'a str]), ModelError> {
        match self.0.iter().find(|one| one.0 == key) {
            Some((_, line, words)) => Ok((*line, words)),
            None => Err(fault(
                key,
                1,
                format!("`{key}` is missing"),
                format!("add `{key}` to the header"),
            )),
        }
    }

    pub fn word(&self, key: &str) -> Result<(usize, &'a str), ModelError> {
        match self.get(key)? {
            (line, [word]) => Ok((line, word)),
            (line, words) => Err(fault(
                key,
                line,
                format!("there are {} values", words.len()),
                "give one",
            )),
        }
    }

    pub fn whole(&self, key: &str, most: usize) -> Result<usize, ModelError> {
        let (line, word) = self.word(key)?;
        let number = word.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| {
            fault(
                key,
                line,
                format!("it is `{}`", short(word)),
                format!("give a whole number up to {most}"),
            )
        })
    }

    pub fn numbers(&self, key: &str) -> Result<(usize, Vec<f64>), ModelError> {
        let (line, words) = self.get(key)?;
        Ok((
            line,
            words
                .iter()
                .map(|word| real(word, key, line))
                .collect::<Result<_, _>>()?,
        ))
    }

    pub fn only(&self, key: &str) -> Result<f64, ModelError> {
        self.of::<1>(key, 0, 1).map(|[value]| value)
    }

    /// The numbers of one of `count` elements or pairs.
    pub fn of<const N: usize>(
        &self,
        key: &str,
        at: usize,
        count: usize,
    ) -> Result<[f64; N], ModelError> {
        let (line, numbers) = self.numbers(key)?;
        if numbers.len() != N * count {
            return Err(fault(
                key,
                line,
                format!("there are {} numbers", numbers.len()),
                format!("give {}: {N} for each of {count}", N * count),
            ));
        }
        Ok(std::array::from_fn(|k| numbers[at * N + k]))
    }
}

pub(super) fn real(word: &str, key: &str, line: usize) -> Result<f64, ModelError> {
    match fast_float2::parse::<f64, _>(word.as_bytes()) {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(fault(
            key,
            line,
            format!("`{}` is no finite number", short(word)),
            "give a number",
        )),
    }
}

pub(super) fn wholes<T: std::str::FromStr>(
    text: &str,
    key: &str,
    line: usize,
) -> Result<Vec<T>, ModelError> {
    let whole = |word: &str| {
        word.parse().map_err(|_| {
            fault(
                key,
                line,
                format!("`{}` is no whole number of a sensible size", short(word)),
                "give a whole number",
            )
        })
    };
    text.split_whitespace().map(whole).collect()
}
