//! Digests, and the parts of a key.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A BLAKE3 digest; 64 hexadecimal digits as text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

/// The identity of a result: the digest of everything that decides it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Key(pub Digest);

impl Digest {
    pub fn of(bytes: &[u8]) -> Self {
        Digest(*blake3::hash(bytes).as_bytes())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = [0; 64];
        for (pair, byte) in text.chunks_exact_mut(2).zip(self.0) {
            pair[0] = DIGITS[usize::from(byte >> 4)];
            pair[1] = DIGITS[usize::from(byte & 15)];
        }
        out.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, out)
    }
}

/// The text is not 64 hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not a digest")]
pub struct NoDigest;

impl FromStr for Digest {
    type Err = NoDigest;
    fn from_str(text: &str) -> Result<Self, NoDigest> {
        // A store's index holds tens of thousands of digests, hence the table.
        const VALUES: [u8; 256] = {
            let mut values = [0xff; 256];
            let mut digit = 0;
            while digit < 16 {
                values[b"0123456789abcdef"[digit] as usize] = digit as u8;
                values[b"0123456789ABCDEF"[digit] as usize] = digit as u8;
                digit += 1;
            }
            values
        };
        let bytes: &[u8; 64] = text.as_bytes().try_into().map_err(|_| NoDigest)?;
        let mut out = [0; 32];
        let mut all = 0;
        for (byte, pair) in out.iter_mut().zip(bytes.chunks_exact(2)) {
            let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
            all |= high | low;
            *byte = high << 4 | low & 15;
        }
        if all > 15 {
            Err(NoDigest)
        } else {
            Ok(Digest(out))
        }
    }
}

impl FromStr for Key {
    type Err = NoDigest;
    fn from_str(text: &str) -> Result<Self, NoDigest> {
        text.parse().map(Key)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// What a key consists of, in order: names with their canonical values. Each also has a form for people.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KeyParts {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    name: String,
    value: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shown: Option<String>,
}

/// A part in which two keys differ, in the form for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    pub name: String,
    /// None where the part is new.
    pub before: Option<String>,
    /// None where the part is gone.
    pub after: Option<String>,
}

/// Makes a key from parts that need not be kept: the digest over all names and values, each with its length before
/// it, so that no two lists agree.
#[derive(Clone, Default)]
pub struct KeyHasher(blake3::Hasher);

impl KeyHasher {
    pub fn part(&mut self, name: &str, value: &str) {
        for text in [name, value] {
            self.0.update(&(text.len() as u64).to_le_bytes());
            self.0.update(text.as_bytes());
        }
    }

    pub fn key(&self) -> Key {
        Key(Digest(*self.0.finalize().as_bytes()))
    }
}

impl Part {
    fn shown(&self) -> String {
        self.shown.clone().unwrap_or_else(|| self.value.clone())
    }
}

impl KeyParts {
    pub fn push(&mut self, name: &str, value: &str) {
        self.push_shown(name, value, value);
    }

    /// `shown` is how a person reads the value; it does not enter the key.
    pub fn push_shown(&mut self, name: &str, value: &str, shown: &str) {
        self.parts.push(Part {
            name: name.to_owned(),
            value: value.to_owned(),
            shown: (shown != value).then(|| shown.to_owned()),
        });
    }

    /// What a [`KeyHasher`] gives that is shown all parts in order.
    pub fn key(&self) -> Key {
        let mut hasher = KeyHasher::default();
        for part in &self.parts {
            hasher.part(&part.name, &part.value);
        }
        hasher.key()
    }

    /// The canonical value of a part.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.parts
            .iter()
            .find(|part| part.name == name)
            .map(|part| part.value.as_str())
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.parts
            .iter()
            .map(|part| (part.name.as_str(), part.value.as_str()))
    }

    /// The parts in which `after` differs from this.
    pub fn diff(&self, after: &KeyParts) -> Vec<Difference> {
        let find =
            |parts: &'_ [Part], name: &str| parts.iter().find(|part| part.name == name).cloned();
        let mut differences = Vec::new();
        for part in &self.parts {
            let other = find(&after.parts, &part.name);
            if other.as_ref().is_none_or(|other| other.value != part.value) {
                differences.push(Difference {
                    name: part.name.clone(),
                    before: Some(part.shown()),
                    after: other.map(|other| other.shown()),
                });
            }
        }
        for part in &after.parts {
            if find(&self.parts, &part.name).is_none() {
                differences.push(Difference {
                    name: part.name.clone(),
                    before: None,
                    after: Some(part.shown()),
                });
            }
        }
        differences
    }
}
