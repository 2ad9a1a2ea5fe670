//! Tables as aligned text.

use unicode_width::UnicodeWidthStr;

use crate::lang::sema::{Column, Table};

/// The most rows of a table that a terminal shows.
const MOST_ROWS: usize = 24;

/// Rows of cells in columns of one width; numbers to the right.
pub fn aligned(header: &[String], rows: &[Vec<String>]) -> String {
    let columns = header.len();
    let width = |at: usize| {
        rows.iter()
            .filter_map(|row| row.get(at))
            .chain(header.get(at))
            .map(|cell| cell.width())
            .max()
            .unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let numeric: Vec<bool> = (0..columns)
        .map(|at| {
            rows.iter().filter_map(|row| row.get(at)).all(|cell| {
                cell.is_empty()
                    || cell
                        .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '<' | '∞'))
            })
        })
        .collect();
    let line = |cells: &[String]| {
        let mut out = String::from(" ");
        for (at, cell) in cells.iter().enumerate() {
            let pad = " ".repeat(widths[at].saturating_sub(cell.width()));
            out.push(' ');
            if numeric[at] {
                out.push_str(&pad);
                out.push_str(cell);
            } else {
                out.push_str(cell);
                out.push_str(&pad);
            }
            out.push(' ');
        }
        out.trim_end().to_owned() + "\n"
    };
    let mut out = line(header);
    let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    out.push_str(&line(&rule));
    for row in rows {
        out.push_str(&line(row));
    }
    out
}

/// A table of a result: title, columns with units, values with their standard errors.
pub fn shown(table: &Table) -> String {
    let header: Vec<String> = table
        .columns
        .iter()
        .map(|column| {
            if column.unit.is_empty() {
                column.name.clone()
            } else {
                format!("{} / {}", column.name, column.unit)
            }
        })
        .collect();
    let all = table.rows();
    // A long table is shown at even intervals, with its first and last rows.
    let picked: Vec<usize> = if all <= MOST_ROWS {
        (0..all).collect()
    } else {
        (0..MOST_ROWS)
            .map(|at| at * (all - 1) / (MOST_ROWS - 1))
            .collect()
    };
    let rows: Vec<Vec<String>> = picked
        .iter()
        .map(|row| {
            table
                .columns
                .iter()
                .map(|column| cell(column, *row))
                .collect()
        })
        .collect();
    let mut out = format!("{}\n{}", table.title, aligned(&header, &rows));
    if all > MOST_ROWS {
        out.push_str(&format!(
            "  ({MOST_ROWS} of {all} rows; the files have all)\n"
        ));
    }
    if !table.note.is_empty() {
        out.push_str(&format!("  {}\n", table.note));
    }
    out
}

fn cell(column: &Column, row: usize) -> String {
    if let Some(text) = column.texts.get(row) {
        return text.clone();
    }
    let Some(value) = column.numbers.get(row) else {
        return String::new();
    };
    match column.errors.get(row) {
        Some(error) if *error > 0.0 => with_error(*value, *error),
        _ => plain(*value),
    }
}

/// Four significant digits.
fn plain(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !value.is_finite() {
        return "–".into();
    }
    let size = value.abs().log10().floor() as i32;
    if !(-4..7).contains(&size) {
        return format!("{value:.3e}");
    }
    let digits = (3 - size).clamp(0, 8) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

/// `12.34 ± 0.05`: the error with two digits, the value as far as the error allows.
pub fn with_error(value: f64, error: f64) -> String {
    let digits = (1 - error.log10().floor() as i32).clamp(0, 9) as usize;
    format!("{value:.digits$} ± {error:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_and_errors_round() {
        assert_eq!(with_error(12.3456, 0.0512), "12.346 ± 0.051");
        assert_eq!(plain(0.000_123_4), "0.0001234");
        assert_eq!(plain(1373.15), "1373");
        let table = Table::new("t")
            .with(Column::texts("phase", vec!["BaO".into(), "Ba2TiO4".into()]))
            .with(Column::numbers("x", "%", vec![1.0, 20.5]));
        assert_eq!(
            shown(&table),
            "t\n  phase    x / %\n  ───────  ─────\n  BaO          1\n  Ba2TiO4   20.5\n"
        );
    }
}
