//! Typed access to a YAML tree, with errors that name the keys on the way.

use std::fmt::Write as _;

use super::super::error::ModelError;
use super::yaml::{Node, Shown, Value};

/// A node and the way to it.
#[derive(Clone, Copy)]
pub struct Cursor<'c> {
    node: &'c Node<'c>,
    step: Step<'c>,
    up: Option<&'c Cursor<'c>>,
}

#[derive(Clone, Copy)]
enum Step<'c> {
    Root,
    Key(&'c Node<'c>),
    Index(usize),
}

impl<'c> Cursor<'c> {
    pub fn root(node: &'c Node<'c>) -> Self {
        Cursor {
            node,
            step: Step::Root,
            up: None,
        }
    }

    /// As in `bonds[0, 1].rcut`.
    pub fn path(&self) -> String {
        let mut path = self.up.map(Cursor::path).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Index(at) => {
                let _ = write!(path, "[{at}]");
            }
            Step::Key(key) => match &key.value {
                Value::Scalar(name) if name.starts_with(|c: char| c.is_ascii_digit()) => {
                    let _ = write!(path, "[{name}]");
                }
                Value::Scalar(name) => {
                    path.push_str(if path.is_empty() { "" } else { "." });
                    path.extend(name.chars().take(40));
                }
                Value::Sequence(items) => {
                    let text = |item: &Node| match &item.value {
                        Value::Scalar(text) => text.chars().take(20).collect(),
                        _ => String::from("…"),
                    };
                    let items: Vec<String> = items.iter().take(4).map(text).collect();
                    let _ = write!(path, "[{}]", items.join(", "));
                }
                Value::Mapping(_) => path.push_str("{…}"),
            },
        }
        path
    }

    /// An error about this node.
    pub fn fault(&self, problem: impl Into<String>, help: impl Into<String>) -> ModelError {
        ModelError::new(self.path(), problem, help).at_line(self.node.line as usize)
    }

    /// The same error with the line of the node that its path leads to, or of the last on the way that there is.
    pub fn placed(&self, error: ModelError) -> ModelError {
        let line = self.line_of(&error.path);
        error.at_line(line as usize)
    }

    fn line_of(&self, path: &str) -> u32 {
        let leads = |child: &Cursor<'_>| {
            let rest = path.strip_prefix(child.path().as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let below = match &self.node.value {
            Value::Scalar(_) => None,
            Value::Sequence(items) => items.iter().enumerate().find_map(|(at, node)| {
                let child = Cursor {
                    node,
                    step: Step::Index(at),
                    up: Some(self),
                };
                leads(&child).then(|| child.line_of(path))
            }),
            Value::Mapping(entries) => entries.iter().find_map(|(key, node)| {
                let child = Cursor {
                    node,
                    step: Step::Key(key),
                    up: Some(self),
                };
                leads(&child).then(|| child.line_of(path))
            }),
        };
        below.unwrap_or(self.node.line)
    }

    fn wanted(&self, what: &str) -> ModelError {
        self.fault(
            format!("it is {}", Shown(self.node)),
            format!("give {what}"),
        )
    }

    /// The value of a key, if the mapping has it.
    pub fn find(&'c self, name: &str) -> Result<Option<Cursor<'c>>, ModelError> {
        let Value::Mapping(entries) = &self.node.value else {
            return Err(self.wanted("a mapping, `key: value`"));
        };
        let named = |key: &Node| matches!(&key.value, Value::Scalar(text) if text == name);
        let mut found = entries.iter().filter(|(key, _)| named(key));
        let first = found.next().map(|(key, node)| Cursor {
            node,
            step: Step::Key(key),
            up: Some(self),
        });
        if let (Some(first), Some(_)) = (&first, found.next()) {
            return Err(first.fault("the key stands there twice", "keep one of them"));
        }
        Ok(first)
    }

    /// The value of a key that must be there.
    pub fn get(&'c self, name: &str) -> Result<Cursor<'c>, ModelError> {
        self.find(name)?.ok_or_else(|| {
            let path = self.path();
            self.fault(
                format!("`{name}` is missing"),
                if path.is_empty() {
                    format!("add `{name}: …`")
                } else {
                    format!("add `{name}: …` to {path}")
                },
            )
        })
    }

    /// Keys, read by `read_key`, and values of a mapping.
    pub fn entries(&'c self) -> Result<Vec<(Cursor<'c>, Cursor<'c>)>, ModelError> {
        let Value::Mapping(entries) = &self.node.value else {
            return Err(self.wanted("a mapping, `key: value`"));
        };
        Ok(entries
            .iter()
            .map(|(key, node)| {
                let at = |node| Cursor {
                    node,
                    step: Step::Key(key),
                    up: Some(self),
                };
                (at(key), at(node))
            })
            .collect())
    }

    /// The entries of a list.
    pub fn items(&'c self) -> Result<impl ExactSizeIterator<Item = Cursor<'c>>, ModelError> {
        let Value::Sequence(items) = &self.node.value else {
            return Err(self.wanted("a list, `[…]`"));
        };
        Ok(items.iter().enumerate().map(move |(at, node)| Cursor {
            node,
            step: Step::Index(at),
            up: Some(self),
        }))
    }

    pub fn text(&self) -> Result<&'c str, ModelError> {
        match &self.node.value {
            Value::Scalar(text) => Ok(text),
            _ => Err(self.wanted("a text")),
        }
    }

    /// A number, whole or not.
    pub fn number(&self) -> Result<f64, ModelError> {
        match &self.node.value {
            Value::Scalar(text) => match fast_float2::parse::<f64, _>(text.as_bytes()) {
                Ok(value) if value.is_finite() => Ok(value),
                Ok(_) => {
                    Err(self.wanted("a finite number; the program that wrote it failed before"))
                }
                Err(_) => Err(self.wanted("a number")),
            },
            _ => Err(self.wanted("a number")),
        }
    }

    /// A whole number that fits its type; `2.0` is 2.
    pub fn whole<T: TryFrom<i64>>(&self) -> Result<T, ModelError> {
        let text = self.text()?;
        let value = text.parse::<i64>().ok().or_else(|| {
            let value = fast_float2::parse::<f64, _>(text.as_bytes()).ok()?;
            (value.fract() == 0.0 && value.abs() < 1e15).then_some(value as i64)
        });
        value
            .and_then(|value| T::try_from(value).ok())
            .ok_or_else(|| self.wanted("a whole number of a sensible size"))
    }

    pub fn numbers(&'c self) -> Result<Vec<f64>, ModelError> {
        self.items()?.map(|item| item.number()).collect()
    }

    pub fn wholes<T: TryFrom<i64>>(&'c self) -> Result<Vec<T>, ModelError> {
        self.items()?.map(|item| item.whole()).collect()
    }
}
