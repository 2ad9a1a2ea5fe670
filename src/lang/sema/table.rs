//! Results with many numbers: columns with names and units. Plots, CSV files and terminal tables read these.

/// Columns of equal length.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Table {
    /// What the table shows, for captions: "Mass fractions of the phases".
    pub title: String,
    pub columns: Vec<Column>,
    /// What has to be known to read it, shown wherever it is: "60 sweeps stand for an hour, as declared".
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// A part of the horizontal axis that plots shade, in its unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shaded: Option<[f64; 2]>,
}

/// One column. Exactly one of `numbers` and `texts` is filled.
#[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
pub struct Column {
    pub name: String,
    /// The unit that the numbers are in; empty for pure numbers and texts.
    pub unit: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub numbers: Vec<f64>,
    /// Standard errors of `numbers`, or empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<f64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub texts: Vec<String>,
    /// True for columns against which the others can be drawn (time, temperature); they are no curves.
    #[serde(default)]
    pub axis: bool,
    /// True for values that are drawn as points: their order means nothing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub points: bool,
}

impl Table {
    pub fn new(title: impl Into<String>) -> Self {
        Table {
            title: title.into(),
            ..Table::default()
        }
    }

    #[must_use]
    pub fn with_note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Column::len)
    }

    /// The table as CSV: units in the header, standard errors in columns of their own, texts quoted.
    pub fn to_csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let mut header = Vec::new();
        for column in &self.columns {
            let unit = if column.unit.is_empty() {
                String::new()
            } else {
                format!("_{}", column.unit.replace('%', "percent"))
            };
            header.push(quoted(&format!("{}{unit}", column.name)));
            if !column.errors.is_empty() {
                header.push(quoted(&format!("{}{unit}_standard_error", column.name)));
            }
        }
        let mut out = header.join(",");
        out.push('\n');
        for row in 0..self.rows() {
            let mut cells = Vec::new();
            for column in &self.columns {
                match column.texts.get(row) {
                    Some(text) => cells.push(quoted(text)),
                    None => cells.push(
                        column
                            .numbers
                            .get(row)
                            .map(f64::to_string)
                            .unwrap_or_default(),
                    ),
                }
                if !column.errors.is_empty() {
                    cells.push(
                        column
                            .errors
                            .get(row)
                            .map(f64::to_string)
                            .unwrap_or_default(),
                    );
                }
            }
            out.push_str(&cells.join(","));
            out.push('\n');
        }
        out
    }

    #[must_use]
    pub fn with(mut self, column: Column) -> Self {
        self.columns.push(column);
        self
    }
}

impl Column {
    pub fn numbers(name: impl Into<String>, unit: impl Into<String>, numbers: Vec<f64>) -> Self {
        Column {
            name: name.into(),
            unit: unit.into(),
            numbers,
            ..Column::default()
        }
    }

    pub fn texts(name: impl Into<String>, texts: Vec<String>) -> Self {
        Column {
            name: name.into(),
            texts,
            ..Column::default()
        }
    }

    #[must_use]
    pub fn as_axis(mut self) -> Self {
        self.axis = true;
        self
    }

    #[must_use]
    pub fn as_points(mut self) -> Self {
        self.points = true;
        self
    }

    #[must_use]
    pub fn with_errors(mut self, errors: Vec<f64>) -> Self {
        self.errors = errors;
        self
    }

    pub fn len(&self) -> usize {
        self.numbers.len().max(self.texts.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
