//! Reports: plots as SVG, tables as CSV and JSON, in a folder for each `report` node. Written anew by each run.

mod plot;

pub use plot::{Panel, Plot};

use std::fs;
use std::path::{Path, PathBuf};

use crate::app::table;
use crate::lang::schema::Outcome;
use crate::lang::sema::{MemberId, Study, Table, Value};
use crate::lang::source::SourceMap;
use crate::lang::units::Quantity;
use crate::run::engine::Results;

/// What came of the reports.
#[derive(Debug, Default)]
pub struct Drawn {
    pub files: Vec<PathBuf>,
    /// Tables as text, for the terminal.
    pub text: String,
    /// What could not be shown, and why.
    pub missing: Vec<String>,
}

/// Draws every report of a study below `folder`.
pub fn draw(study: &Study, sources: &SourceMap, results: &Results<'_>, folder: &Path) -> Drawn {
    let mut drawn = Drawn::default();
    for (at, member) in study.members.iter().enumerate() {
        let id = MemberId(at as u32);
        let declaration = study.declaration_of(id);
        if declaration.kind.outcome != Outcome::Sink {
            continue;
        }
        let folder = folder.join(slug(&study.label(id)));
        // What an earlier run wrote does not mix with this one's.
        let _ = fs::remove_dir_all(&folder);
        for (number, step) in member.steps.iter().enumerate() {
            let Some(what) = step.argument("what") else {
                continue;
            };
            let written = step
                .arguments
                .iter()
                .find(|(argument, ..)| argument.name == "what")
                .map_or("", |(.., span)| sources.text(*span));
            let value = match results.value(what) {
                Ok(value) => value,
                Err(reason) => {
                    drawn.missing.push(format!("`{written}`: {reason}"));
                    continue;
                }
            };
            let stem = folder.join(format!("{}_{}", number + 1, slug(written)));
            let outcome = if step.verb.name == "plot" {
                let against = step
                    .argument("against")
                    .and_then(Value::as_choice)
                    .map_or("temperature", |(word, _)| word);
                plot(study, &value, written, against, &stem, &mut drawn)
            } else {
                table_of(study, &value, written, &stem, &mut drawn)
            };
            if let Err(reason) = outcome {
                drawn.missing.push(format!("`{written}`: {reason}"));
            }
        }
    }
    drawn
}

/// Letters, digits and underscores.
pub(crate) fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
            out.push(c);
        } else if !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_matches('_').chars().take(60).collect()
}

/// Coordinates as a caption: `ratio = 2`.
fn caption(study: &Study, member: Option<MemberId>) -> String {
    let coordinates = member.map(|member| &study.member(member).coordinates);
    coordinates.map_or_else(String::new, |coordinates| {
        coordinates
            .iter()
            .map(|(axis, value)| format!("{axis} = {value}"))
            .collect::<Vec<_>>()
            .join(", ")
    })
}

/// The values of a result with the members that they belong to.
fn each(value: &Value) -> Vec<(Option<MemberId>, Value)> {
    match value {
        Value::Each(values) => values
            .iter()
            .map(|(member, value)| (Some(*member), value.clone()))
            .collect(),
        other => vec![(None, other.clone())],
    }
}

fn plot(
    study: &Study,
    value: &Value,
    written: &str,
    against: &str,
    stem: &Path,
    drawn: &mut Drawn,
) -> Result<(), String> {
    let mut panels = Vec::new();
    let mut notes: Vec<String> = Vec::new();
    for (member, value) in each(value) {
        let Value::Table(table) = &value else {
            return Err(format!("{} cannot be drawn, only a table can", value.ty()));
        };
        panels.push(Panel::from_table(caption(study, member), table, against)?);
        if !table.note.is_empty() && !notes.contains(&table.note) {
            notes.push(table.note.clone());
        }
        let suffix = member
            .map(|member| slug(&caption(study, Some(member))))
            .unwrap_or_default();
        write_data(table, stem, &suffix, drawn)?;
    }
    let plot = Plot {
        title: written.to_owned(),
        panels,
        note: notes.join("; "),
    };
    write(&with_suffix(stem, "svg"), plot.svg().as_bytes(), drawn)
}

fn table_of(
    study: &Study,
    value: &Value,
    written: &str,
    stem: &Path,
    drawn: &mut Drawn,
) -> Result<(), String> {
    let values = each(value);
    if values
        .iter()
        .all(|(_, value)| matches!(value, Value::Table(_)))
    {
        for (member, value) in values {
            let Value::Table(one) = &value else { continue };
            let mut shown = (**one).clone();
            let place = caption(study, member);
            shown.title = match member {
                Some(member) => format!("{}: {}", study.label(member), shown.title),
                None => format!("{written}: {}", shown.title),
            };
            drawn.text.push_str(&format!("\n{}", table::shown(&shown)));
            write_data(one, stem, &slug(&place), drawn)?;
        }
        return Ok(());
    }
    let text = match values.as_slice() {
        [(None, value)] => format!("{written} = {}\n", value_text(value)),
        _ => {
            let rows: Vec<Vec<String>> = values
                .iter()
                .map(|(member, value)| vec![caption(study, *member), value_text(value)])
                .collect();
            table::aligned(&[String::new(), written.to_owned()], &rows)
        }
    };
    drawn.text.push_str(&format!("\n{text}"));
    let json: Vec<serde_json::Value> = values
        .iter()
        .map(|(member, value)| value_json(study, *member, value))
        .collect();
    let json = serde_json::to_vec_pretty(&json).map_err(|error| error.to_string())?;
    write(&with_suffix(stem, "json"), &json, drawn)
}

/// A value with its standard error, as people write it.
pub fn value_text(value: &Value) -> String {
    match value {
        Value::Measured(quantity, Some(error)) if *error > 0.0 => match quantity.unit() {
            Some(unit) => format!(
                "{} {}",
                table::with_error(quantity.in_unit(&unit), error / unit.factor),
                unit.text
            ),
            None => table::with_error(quantity.value, *error),
        },
        other => other.to_string(),
    }
}

/// A value for programs: numbers in the unit that stands beside them, tables by column.
pub fn value_json(study: &Study, member: Option<MemberId>, value: &Value) -> serde_json::Value {
    let mut json = match value {
        Value::Quantity(quantity) => number_json(quantity, None),
        Value::Measured(quantity, error) => number_json(quantity, *error),
        Value::Boolean(value) => serde_json::json!({ "value": value }),
        Value::Table(table) => serde_json::json!({ "table": table.as_ref() }),
        Value::List(values) => {
            let all = values.iter().map(|value| value_json(study, None, value));
            serde_json::json!({ "values": all.collect::<Vec<_>>() })
        }
        Value::Each(values) => {
            let all = values
                .iter()
                .map(|(member, value)| value_json(study, Some(*member), value));
            serde_json::json!({ "members": all.collect::<Vec<_>>() })
        }
        _ => serde_json::json!({}),
    };
    if let Some(entries) = json.as_object_mut() {
        if !matches!(value, Value::Table(_) | Value::Each(_)) {
            entries.insert("text".to_owned(), value_text(value).into());
        }
        if let Some(member) = member {
            entries.shift_insert(0, "member".to_owned(), study.label(member).into());
        }
    }
    json
}

fn number_json(quantity: &Quantity, error: Option<f64>) -> serde_json::Value {
    let unit = quantity.unit();
    let factor = unit.as_ref().map_or(1.0, |unit| unit.factor);
    serde_json::json!({
        "value": unit.as_ref().map_or(quantity.value, |unit| quantity.in_unit(unit)),
        "unit": unit.as_ref().map(|unit| unit.text.clone()),
        "standard_error": error.map(|error| error / factor),
    })
}

fn write_data(table: &Table, stem: &Path, suffix: &str, drawn: &mut Drawn) -> Result<(), String> {
    let base = if suffix.is_empty() {
        stem.to_owned()
    } else {
        let name = stem
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        stem.with_file_name(format!("{name}_{suffix}"))
    };
    write(&with_suffix(&base, "csv"), table.to_csv().as_bytes(), drawn)?;
    let json = serde_json::to_vec_pretty(table).map_err(|error| error.to_string())?;
    write(&with_suffix(&base, "json"), &json, drawn)
}

/// The names of results hold dots, so an extension is added, never replaced.
fn with_suffix(stem: &Path, extension: &str) -> PathBuf {
    PathBuf::from(format!("{}.{extension}", stem.display()))
}

fn write(path: &Path, bytes: &[u8], drawn: &mut Drawn) -> Result<(), String> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .map_err(|error| format!("`{}` could not be created: {error}", folder.display()))?;
    }
    fs::write(path, bytes)
        .map_err(|error| format!("`{}` could not be written: {error}", path.display()))?;
    drawn.files.push(path.to_owned());
    Ok(())
}
