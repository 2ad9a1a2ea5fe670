//! Entries as JSON, as the Materials Project and similar collections give them.

use serde_json::{Map, Value};

use super::draft::{Draft, Place, finish};
use super::{TableError, TableRead};
use crate::base::{Element, Formula, Phase, Rational};

pub(super) fn read(text: &str, faults: &mut Vec<TableError>) -> TableRead {
    let document: Value = match serde_json::from_str(text) {
        Ok(document) => document,
        Err(error) => {
            let message = if error.classify() == serde_json::error::Category::Eof {
                "the file ends in the middle of its data".into()
            } else {
                let text = error.to_string();
                format!(
                    "this is no JSON: {}",
                    text.split(" at line ").next().unwrap_or_default()
                )
            };
            faults.push(TableError {
                line: error.line().max(1),
                column: error.column().max(1),
                message,
                help: Some("write the file again as a whole, or check the brackets and commas before this place".into()),
            });
            return TableRead::default();
        }
    };
    let lists = ["entries", "data", "phases"];
    let (head, entries) = match &document {
        Value::Array(entries) => (None, Some(entries)),
        other => {
            let key = lists
                .into_iter()
                .find(|key| other.get(key).is_some_and(Value::is_array));
            (key, key.and_then(|key| other.get(key)?.as_array()))
        }
    };
    let Some(entries) = entries else {
        faults.push(TableError {
            line: 1,
            column: 1,
            message: "no list of entries is here".into(),
            help: Some(
                "give a list `[ … ]`, or an object that holds one as `entries`, `data` or `phases`"
                    .into(),
            ),
        });
        return TableRead::default();
    };
    let places = Places::new(text, head);
    let mut drafts = Vec::new();
    for (at, value) in entries.iter().enumerate() {
        let entry = Entry {
            places: &places,
            offset: places.entries.get(at).copied().unwrap_or_default(),
            value,
        };
        drafts.extend(entry.draft(faults));
    }
    finish(drafts, faults, Vec::new())
}

/// Where the entries of a valid document begin.
struct Places<'a> {
    text: &'a str,
    line_starts: Vec<usize>,
    entries: Vec<usize>,
}

impl<'a> Places<'a> {
    fn new(text: &'a str, head: Option<&str>) -> Self {
        let bytes = text.as_bytes();
        let top = skip_blank(bytes, 0);
        let list = head
            .and_then(|key| find_key(text, top, key))
            .map_or(top, |(_, value)| value);
        let mut entries = Vec::new();
        let mut at = skip_blank(bytes, list + 1);
        while at < bytes.len() && bytes[at] != b']' {
            entries.push(at);
            at = skip_blank(bytes, skip_value(bytes, at));
            if bytes.get(at) == Some(&b',') {
                at = skip_blank(bytes, at + 1);
            }
        }
        let line_starts = std::iter::once(0)
            .chain(text.match_indices('\n').map(|(at, _)| at + 1))
            .collect();
        Places {
            text,
            line_starts,
            entries,
        }
    }

    fn line_and_column(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = line
            .checked_sub(1)
            .and_then(|at| self.line_starts.get(at))
            .copied()
            .unwrap_or(0);
        let column = self
            .text
            .get(start..offset)
            .map_or(0, |before| before.chars().count())
            + 1;
        (line.max(1), column)
    }
}

struct Entry<'a> {
    places: &'a Places<'a>,
    offset: usize,
    value: &'a Value,
}

impl Entry<'_> {
    /// Where a field of this entry stands, or the entry itself.
    fn place(&self, key: Option<&str>) -> Place {
        let field = key.and_then(|key| find_key(self.places.text, self.offset, key));
        self.places
            .line_and_column(field.map_or(self.offset, |(place, _)| place))
    }

    fn fault(&self, key: Option<&str>, message: String, help: &str) -> TableError {
        let (line, column) = self.place(key);
        TableError {
            line,
            column,
            message,
            help: Some(help.to_owned()),
        }
    }

    fn draft(&self, faults: &mut Vec<TableError>) -> Option<Draft> {
        let Value::Object(fields) = self.value else {
            faults.push(self.fault(
                None,
                "an entry is an object".into(),
                "write `{ \"formula\": \"BaO\", … }`",
            ));
            return None;
        };
        let before = faults.len();
        let phase = self.phase(fields, faults)?;
        let mut draft = Draft::new(phase.clone(), self.place(None));
        let atoms = phase.formula.atoms();
        let per_atom = self
            .number(fields, "formation_energy_per_atom", faults)
            .or_else(|| self.number(fields, "dHf_eV_per_atom", faults));
        draft.enthalpy_ev = per_atom.map(|energy| energy * atoms);
        let volume_per_atom = self
            .positive(fields, "volume_per_atom", faults)
            .or_else(|| self.positive(fields, "volume_A3_per_atom", faults))
            .or_else(|| Some(self.positive(fields, "volume_A3", faults)? / atoms))
            .or_else(|| {
                Some(
                    self.positive(fields, "volume", faults)?
                        / self.positive(fields, "nsites", faults)?,
                )
            });
        draft.volume_ang3 = volume_per_atom.map(|volume| volume * atoms);
        draft.melting_k = self.positive(fields, "melting_K", faults);
        draft.observed = fields
            .get("theoretical")
            .and_then(Value::as_bool)
            .map(|theoretical| !theoretical);
        let text = |keys: &[&str]| {
            keys.iter()
                .find_map(|key| fields.get(*key)?.as_str())
                .map(str::to_owned)
        };
        draft.run_type = text(&["run_type", "energy_type"]);
        draft.id = text(&["material_id", "entry_id", "mpid", "id"]);
        draft.sources = text(&["source"])
            .or_else(|| draft.id.clone())
            .into_iter()
            .collect();
        if let Some(temperatures) = self.list(fields, "T_K", faults) {
            let energies = self.list(fields, "dGf_eV", faults).unwrap_or_default();
            if energies.len() == temperatures.len() {
                draft.rows = temperatures
                    .into_iter()
                    .zip(energies)
                    .map(|(t_k, ev)| (t_k, ev, 1.0))
                    .collect();
            } else {
                faults.push(self.fault(
                    Some("T_K"),
                    format!(
                        "{} temperatures and {} values of dGf_eV",
                        temperatures.len(),
                        energies.len()
                    ),
                    "give one dGf_eV for each T_K",
                ));
            }
        }
        (faults.len() == before).then_some(draft)
    }

    fn phase(&self, fields: &Map<String, Value>, faults: &mut Vec<TableError>) -> Option<Phase> {
        let keys = ["phase", "formula", "formula_pretty", "reduced_formula"];
        if let Some((key, text)) = keys
            .into_iter()
            .find_map(|key| Some((key, fields.get(key)?.as_str()?)))
        {
            return Phase::parse(text)
                .map_err(|error| {
                    let help = error
                        .help()
                        .unwrap_or_else(|| "write a phase like `TiO2(rutile)` or `BaO`".into());
                    faults.push(self.fault(
                        Some(key),
                        format!("`{text}` is no phase: {error}"),
                        &help,
                    ));
                })
                .ok();
        }
        let formula = fields
            .get("composition")
            .and_then(Value::as_object)
            .and_then(|amounts| {
                let amounts = amounts
                    .iter()
                    .map(|(symbol, amount)| {
                        let amount =
                            Rational::from_f64(amount.as_f64()?).filter(Rational::is_positive)?;
                        Some((Element::from_symbol(symbol)?, amount))
                    })
                    .collect::<Option<Vec<_>>>()?;
                Some(Formula::from_amounts(&amounts)?.reduced())
            });
        if formula.is_none() {
            faults.push(self.fault(
                None,
                "this entry names no phase".into(),
                "give `formula`, for example \"BaTiO3\", or `composition`, for example { \"Ba\": 1, \"O\": 1 }",
            ));
        }
        formula.map(|formula| Phase::new(formula, None))
    }

    fn number(
        &self,
        fields: &Map<String, Value>,
        key: &str,
        faults: &mut Vec<TableError>,
    ) -> Option<f64> {
        let value = fields.get(key).filter(|value| !value.is_null())?;
        let number = value.as_f64().filter(|number| number.is_finite());
        if number.is_none() {
            faults.push(self.fault(
                Some(key),
                format!("`{key}` is not a number"),
                "write a number without quotes, or null",
            ));
        }
        number
    }

    fn positive(
        &self,
        fields: &Map<String, Value>,
        key: &str,
        faults: &mut Vec<TableError>,
    ) -> Option<f64> {
        let number = self.number(fields, key, faults)?;
        if number <= 0.0 {
            faults.push(self.fault(
                Some(key),
                format!("`{key}` is {number}, not above zero"),
                "correct the number, or write null",
            ));
            return None;
        }
        Some(number)
    }

    fn list(
        &self,
        fields: &Map<String, Value>,
        key: &str,
        faults: &mut Vec<TableError>,
    ) -> Option<Vec<f64>> {
        let value = fields.get(key).filter(|value| !value.is_null())?;
        let list = value
            .as_array()
            .and_then(|list| list.iter().map(Value::as_f64).collect::<Option<Vec<_>>>());
        if list.is_none() {
            faults.push(self.fault(
                Some(key),
                format!("`{key}` is not a list of numbers"),
                "write `[300, 400, …]`",
            ));
        }
        list
    }
}

/// Byte offsets of a key, and of its value, in the object that begins at an offset of a valid document.
fn find_key(text: &str, object: usize, key: &str) -> Option<(usize, usize)> {
    let bytes = text.as_bytes();
    if bytes.get(object) != Some(&b'{') {
        return None;
    }
    let mut at = skip_blank(bytes, object + 1);
    while bytes.get(at) == Some(&b'"') {
        let end = skip_value(bytes, at);
        let value = skip_blank(bytes, skip_blank(bytes, end) + 1);
        if text.get(at + 1..end.saturating_sub(1)) == Some(key) {
            return Some((at, value));
        }
        at = skip_blank(bytes, skip_blank(bytes, skip_value(bytes, value)) + 1);
    }
    None
}

fn skip_blank(bytes: &[u8], mut at: usize) -> usize {
    while bytes.get(at).is_some_and(u8::is_ascii_whitespace) {
        at += 1;
    }
    at
}

/// The end of the value that begins here.
fn skip_value(bytes: &[u8], start: usize) -> usize {
    let (mut at, mut depth, mut in_text) = (start, 0_usize, false);
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' if in_text => at += 1,
            b'"' => {
                in_text = !in_text;
                if !in_text && depth == 0 {
                    return at + 1;
                }
            }
            _ if in_text => {}
            b'[' | b'{' => depth += 1,
            b']' | b'}' | b',' if depth == 0 => return at,
            b']' | b'}' => {
                depth -= 1;
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
        at += 1;
    }
    at
}
