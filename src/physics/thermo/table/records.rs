//! Cells of a comma-separated text and their places.

use super::TableError;
use super::draft::Place;

pub(super) struct Cell {
    pub text: String,
    pub place: Place,
}

/// Cells of all rows but blank ones and comments. A cell in quotes may hold commas, doubled quotes and line ends.
pub(super) fn records(text: &str, faults: &mut Vec<TableError>) -> Vec<Vec<Cell>> {
    let mut records = Vec::new();
    let mut chars = text.chars().peekable();
    let (mut line, mut column) = (1, 1);
    while chars.peek().is_some() {
        let mut record: Vec<Cell> = Vec::new();
        if chars.peek() == Some(&'#') {
            while chars.next_if(|next| *next != '\n').is_some() {}
            chars.next();
            (line, column) = (line + 1, 1);
            continue;
        }
        loop {
            let place = (line, column);
            let mut cell = String::new();
            let mut quoted = false;
            if chars.peek() == Some(&'"') {
                quoted = true;
                chars.next();
                column += 1;
                let mut closed = false;
                while let Some(next) = chars.next() {
                    column += 1;
                    match next {
                        '"' if chars.next_if_eq(&'"').is_some() => {
                            column += 1;
                            cell.push('"');
                        }
                        '"' => {
                            closed = true;
                            break;
                        }
                        '\n' => {
                            (line, column) = (line + 1, 1);
                            cell.push('\n');
                        }
                        other => cell.push(other),
                    }
                }
                if !closed {
                    faults.push(TableError {
                        line: place.0,
                        column: place.1,
                        message: "this quotation mark is not closed".into(),
                        help: Some("close it, or double it if it belongs to the text".into()),
                    });
                }
            }
            while let Some(next) = chars.next_if(|next| !matches!(next, ',' | '\n')) {
                column += 1;
                if next != '\r' && !(quoted && next.is_whitespace()) {
                    cell.push(next);
                }
            }
            record.push(Cell { text: cell, place });
            if chars.next() != Some(',') {
                (line, column) = (line + 1, 1);
                break;
            }
            column += 1;
        }
        if record.iter().any(|cell| !cell.text.trim().is_empty()) {
            records.push(record);
        }
    }
    records
}
