//! Line plots as SVG, drawn from tables: one panel for each member of a family, curves with error bands.

use std::fmt::Write;

use crate::lang::sema::{Column, Table};

/// What is drawn: panels side by side that share their axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    pub title: String,
    pub panels: Vec<Panel>,
    /// Small print below: what has to be known to read the axes.
    pub note: String,
}

/// One set of axes.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    pub caption: String,
    pub x_label: String,
    pub y_label: String,
    pub curves: Vec<Curve>,
    /// A part of the horizontal axis that is shaded.
    pub shaded: Option<[f64; 2]>,
    /// Drawn in place of curves.
    pub map: Option<Map>,
}

/// A square of numbers between −1 and 1, by row.
#[derive(Debug, Clone, PartialEq)]
pub struct Map {
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    pub values: Vec<Vec<f64>>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    pub name: String,
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    /// Standard errors of `y`, or empty.
    pub errors: Vec<f64>,
    /// Drawn as points, not as a line.
    pub points: bool,
}

/// The palette of Okabe and Ito (2008), which people with any colour vision can tell apart, without its
/// yellow, and with grey and two darker shades for long lists.
const COLOURS: &[&str] = &[
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#555555", "#6A3D9A",
    "#8C510A",
];
/// Dashes tell curves apart where the palette begins again, and in print without colour.
const DASHES: &[&str] = &["", "6 3", "2 3"];

const PANEL_WIDTH: f64 = 340.0;
const PANEL_HEIGHT: f64 = 260.0;
const LEFT: f64 = 62.0;
const TOP: f64 = 64.0;
const GAP: f64 = 26.0;
const BOTTOM: f64 = 52.0;
const NOTE: f64 = 16.0;
/// Panels in one row.
const PER_ROW: usize = 3;

impl Panel {
    /// The curves of a table against its axis of this name (a column marked as an axis).
    ///
    /// Columns of texts and other axes are left out, and so are curves that nowhere reach one hundredth of the
    /// highest: a plot of twenty phases of which three matter shows three. The files have all.
    pub fn from_table(
        caption: impl Into<String>,
        table: &Table,
        against: &str,
    ) -> Result<Panel, String> {
        let Some(axis) = table.column(against).filter(|column| column.axis) else {
            let known: Vec<String> = table
                .columns
                .iter()
                .filter(|column| column.axis)
                .map(|column| format!("`{}`", column.name))
                .collect();
            return Err(format!(
                "“{}” cannot be drawn against `{against}`; it has {}",
                table.title,
                known.join(" and ")
            ));
        };
        if !axis.texts.is_empty() {
            let columns = || {
                table
                    .columns
                    .iter()
                    .filter(|column| !column.axis && !column.numbers.is_empty())
            };
            let row = |at: usize| columns().map(|column| column.numbers[at]).collect();
            return Ok(Panel {
                caption: caption.into(),
                x_label: table.title.clone(),
                y_label: String::new(),
                curves: Vec::new(),
                shaded: None,
                map: Some(Map {
                    rows: axis.texts.clone(),
                    columns: columns().map(|column| column.name.clone()).collect(),
                    values: (0..axis.len()).map(row).collect(),
                }),
            });
        }
        let all = table
            .columns
            .iter()
            .filter(|column| !column.axis)
            .map(largest)
            .fold(0.0, f64::max);
        let curves: Vec<&Column> = table
            .columns
            .iter()
            .filter(|column| !column.axis && !column.numbers.is_empty())
            .filter(|column| largest(column) > LEAST_PART * all)
            .collect();
        let unit = curves.first().map_or("", |column| column.unit.as_str());
        Ok(Panel {
            caption: caption.into(),
            x_label: with_unit(&axis.name, &axis.unit),
            y_label: with_unit(&table.title, unit),
            shaded: table.shaded,
            map: None,
            curves: curves
                .into_iter()
                .map(|column| Curve {
                    name: column.name.clone(),
                    x: axis.numbers.clone(),
                    y: column.numbers.clone(),
                    errors: column.errors.clone(),
                    points: column.points,
                })
                .collect(),
        })
    }
}

/// Curves below this part of the highest are left out.
const LEAST_PART: f64 = 0.01;

fn largest(column: &Column) -> f64 {
    column
        .numbers
        .iter()
        .filter(|value| value.is_finite())
        .fold(0.0, |most, value| f64::max(most, value.abs()))
}

fn with_unit(name: &str, unit: &str) -> String {
    let name = name.replace('_', " ");
    if unit.is_empty() {
        name
    } else {
        format!("{name} / {unit}")
    }
}

impl Plot {
    /// The drawing as an SVG document.
    pub fn svg(&self) -> String {
        let columns = self.panels.len().clamp(1, PER_ROW);
        let rows = self.panels.len().div_ceil(PER_ROW).max(1);
        let names = self.names();
        let legend_lines = legend_layout(&names, columns as f64 * (PANEL_WIDTH + GAP)).1;
        let row_height = PANEL_HEIGHT + BOTTOM + 30.0;
        let width = LEFT + columns as f64 * (PANEL_WIDTH + GAP);
        let note_height = if self.note.is_empty() { 0.0 } else { NOTE };
        let legend_height = 24.0 + 18.0 * legend_lines as f64 + note_height;
        let height = TOP + rows as f64 * row_height - 30.0 + legend_height;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"12\" fill=\"#222\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
        );
        let _ = writeln!(
            out,
            "<text x=\"{LEFT}\" y=\"26\" font-size=\"16\" font-weight=\"bold\">{}</text>",
            escape(&self.title)
        );
        let x_axis = Axis::around(
            self.panels
                .iter()
                .flat_map(|panel| &panel.curves)
                .flat_map(|curve| &curve.x),
            false,
        );
        let y_axis = Axis::around(
            self.panels
                .iter()
                .flat_map(|panel| &panel.curves)
                .flat_map(|curve| &curve.y),
            true,
        );
        for (at, panel) in self.panels.iter().enumerate() {
            let left = LEFT + (at % PER_ROW) as f64 * (PANEL_WIDTH + GAP);
            let top = TOP + (at / PER_ROW) as f64 * row_height;
            panel.draw(
                &mut out,
                left,
                top,
                at % PER_ROW == 0,
                &names,
                &x_axis,
                &y_axis,
            );
        }
        let top = height - legend_height + 14.0;
        let (places, _) = legend_layout(&names, columns as f64 * (PANEL_WIDTH + GAP));
        for (at, (name, (x, line))) in names.iter().zip(places).enumerate() {
            let y = top + 18.0 * line as f64;
            let x = LEFT + x;
            let _ = writeln!(
                out,
                "<line x1=\"{x:.1}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\" {}/><text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                x + 24.0,
                stroke(at),
                x + 30.0,
                y + 4.0,
                formula_text(name)
            );
        }
        if !self.note.is_empty() {
            let _ = writeln!(
                out,
                "<text x=\"{LEFT}\" y=\"{:.1}\" font-size=\"11\" fill=\"#555\">{}</text>",
                height - 8.0,
                escape(&self.note)
            );
        }
        out.push_str("</svg>\n");
        out
    }

    /// Names of the curves of all panels, each once, in order of their first appearance.
    fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for curve in self.panels.iter().flat_map(|panel| &panel.curves) {
            if !names.iter().any(|name| name == curve.colour_of()) {
                names.push(curve.colour_of().to_owned());
            }
        }
        names
    }
}

/// Offset and line of each entry of the legend, and the number of lines.
fn legend_layout(names: &[String], width: f64) -> (Vec<(f64, usize)>, usize) {
    let mut places = Vec::new();
    let (mut x, mut line) = (0.0, 0);
    for name in names {
        let needed = 30.0 + 7.2 * name.chars().count() as f64 + 18.0;
        if x > 0.0 && x + needed > width {
            x = 0.0;
            line += 1;
        }
        places.push((x, line));
        x += needed;
    }
    (places, line + 1)
}

fn stroke(at: usize) -> String {
    let dash = DASHES[(at / COLOURS.len()) % DASHES.len()];
    let dash = if dash.is_empty() {
        String::new()
    } else {
        format!(" stroke-dasharray=\"{dash}\"")
    };
    format!(
        "fill=\"none\" stroke=\"{}\" stroke-width=\"1.8\" stroke-linejoin=\"round\"{dash}",
        COLOURS[at % COLOURS.len()]
    )
}

impl Panel {
    #[allow(clippy::too_many_arguments)]
    fn draw(
        &self,
        out: &mut String,
        left: f64,
        top: f64,
        first: bool,
        names: &[String],
        x_axis: &Axis,
        y_axis: &Axis,
    ) {
        if let Some(map) = &self.map {
            self.caption_at(out, left, top);
            map.draw(out, left, top, &self.x_label);
            return;
        }
        let (right, bottom) = (left + PANEL_WIDTH, top + PANEL_HEIGHT);
        let x = |value: f64| left + x_axis.fraction(value) * PANEL_WIDTH;
        let y = |value: f64| bottom - y_axis.fraction(value) * PANEL_HEIGHT;
        self.caption_at(out, left, top);
        if let Some(ends) = self.shaded {
            let [from, to] = ends.map(|end| x(end).clamp(left, right));
            let _ = writeln!(
                out,
                "<rect x=\"{from:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{PANEL_HEIGHT}\" fill=\"#f0ead2\"/>",
                to - from
            );
        }
        for tick in &y_axis.ticks {
            let at = y(*tick);
            let _ = writeln!(
                out,
                "<line x1=\"{left:.1}\" y1=\"{at:.1}\" x2=\"{right:.1}\" y2=\"{at:.1}\" stroke=\"#e4e4e4\"/>"
            );
            if first {
                let _ = writeln!(
                    out,
                    "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                    left - 7.0,
                    at + 4.0,
                    y_axis.show(*tick)
                );
            }
        }
        for tick in &x_axis.ticks {
            let at = x(*tick);
            let _ = writeln!(
                out,
                "<line x1=\"{at:.1}\" y1=\"{bottom:.1}\" x2=\"{at:.1}\" y2=\"{:.1}\" stroke=\"#888\"/>\
                 <text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                bottom + 5.0,
                bottom + 19.0,
                x_axis.show(*tick)
            );
        }
        let _ = writeln!(
            out,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{PANEL_WIDTH}\" height=\"{PANEL_HEIGHT}\" fill=\"none\" \
             stroke=\"#888\"/>"
        );
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            left + PANEL_WIDTH / 2.0,
            bottom + 38.0,
            escape(&self.x_label)
        );
        if first {
            let (at_x, at_y) = (left - 46.0, top + PANEL_HEIGHT / 2.0);
            let _ = writeln!(
                out,
                "<text x=\"{at_x:.1}\" y=\"{at_y:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 {at_x:.1} \
                 {at_y:.1})\">{}</text>",
                escape(&self.y_label)
            );
        }
        if self.curves.is_empty() {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#888\">nothing to draw</text>",
                left + PANEL_WIDTH / 2.0,
                top + PANEL_HEIGHT / 2.0
            );
        }
        for curve in &self.curves {
            let at = names
                .iter()
                .position(|name| name == curve.colour_of())
                .unwrap_or(0);
            curve.draw(out, at, &x, &y);
        }
    }
}

impl Panel {
    fn caption_at(&self, out: &mut String, left: f64, top: f64) {
        let _ = writeln!(
            out,
            "<text x=\"{left:.1}\" y=\"{:.1}\" font-weight=\"bold\">{}</text>",
            top - 10.0,
            formula_text(&self.caption)
        );
    }
}

impl Map {
    /// Blue below zero, red above, each with its number.
    fn draw(&self, out: &mut String, left: f64, top: f64, label: &str) {
        let side = (PANEL_HEIGHT / self.rows.len().max(1) as f64)
            .min(PANEL_WIDTH / self.columns.len().max(1) as f64);
        for (i, (name, values)) in self.rows.iter().zip(&self.values).enumerate() {
            let y = top + side * i as f64;
            let middle = y + side / 2.0 + 4.0;
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"end\">{}</text>",
                left - 7.0,
                formula_text(name)
            );
            for (j, value) in values.iter().enumerate() {
                let x = left + side * j as f64;
                let part = value.abs().min(1.0);
                let fade = |full: f64| 255.0 - part * (255.0 - full);
                let [r, g, b] = if *value < 0.0 {
                    [5.0, 113.0, 176.0]
                } else {
                    [202.0, 0.0, 32.0]
                }
                .map(fade);
                let ink = if part > 0.6 { "white" } else { "#222" };
                let _ = writeln!(
                    out,
                    "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{side:.1}\" height=\"{side:.1}\" fill=\"rgb({r:.0},{g:.0},{b:.0})\" \
                     stroke=\"white\"/><text x=\"{:.1}\" y=\"{middle:.1}\" text-anchor=\"middle\" fill=\"{ink}\">{value:.2}</text>",
                    x + side / 2.0
                );
            }
        }
        let bottom = top + side * self.rows.len() as f64;
        for (j, name) in self.columns.iter().enumerate() {
            let _ = writeln!(
                out,
                "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
                left + side * (j as f64 + 0.5),
                bottom + 17.0,
                formula_text(name)
            );
        }
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>",
            left + side * self.columns.len() as f64 / 2.0,
            bottom + 38.0,
            escape(label)
        );
    }
}

impl Curve {
    /// The name whose colour it has: points that a line goes through have that of the line.
    fn colour_of(&self) -> &str {
        if self.points {
            self.name.trim_end_matches(" computed")
        } else {
            &self.name
        }
    }

    fn draw(&self, out: &mut String, at: usize, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) {
        let kept = self.visible_points(x, y);
        if self.points {
            for &one in &kept {
                let _ = writeln!(
                    out,
                    "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"2.2\" fill=\"{}\" fill-opacity=\"0.6\"/>",
                    x(self.x[one]),
                    y(self.y[one]),
                    COLOURS[at % COLOURS.len()]
                );
            }
            return;
        }
        if self.errors.len() == self.y.len() && self.errors.iter().any(|error| *error > 0.0) {
            let upper = kept
                .iter()
                .map(|&at| (x(self.x[at]), y(self.y[at] + self.errors[at])));
            let lower = kept
                .iter()
                .rev()
                .map(|&at| (x(self.x[at]), y(self.y[at] - self.errors[at])));
            let _ = writeln!(
                out,
                "<path d=\"{}Z\" fill=\"{}\" opacity=\"0.18\"/>",
                path(upper.chain(lower)),
                COLOURS[at % COLOURS.len()]
            );
        }
        let line = path(kept.iter().map(|&at| (x(self.x[at]), y(self.y[at]))));
        let _ = writeln!(out, "<path d=\"{line}\" {}/>", stroke(at));
    }

    /// Points that lie at least half a pixel from the last one that was kept: a long run stays a small file.
    fn visible_points(&self, x: &impl Fn(f64) -> f64, y: &impl Fn(f64) -> f64) -> Vec<usize> {
        let count = self.x.len().min(self.y.len());
        let mut kept: Vec<usize> = Vec::new();
        for at in 0..count {
            if !self.x[at].is_finite() || !self.y[at].is_finite() {
                continue;
            }
            if let Some(&last) = kept.last() {
                let far = (x(self.x[at]) - x(self.x[last])).abs()
                    + (y(self.y[at]) - y(self.y[last])).abs();
                if far < 0.5 && at + 1 < count {
                    continue;
                }
            }
            kept.push(at);
        }
        kept
    }
}

fn path(points: impl Iterator<Item = (f64, f64)>) -> String {
    let mut out = String::new();
    for (x, y) in points {
        let _ = write!(
            out,
            "{}{x:.1} {y:.1}",
            if out.is_empty() { "M" } else { "L" }
        );
    }
    out
}

/// A linear axis with round ticks.
struct Axis {
    low: f64,
    high: f64,
    step: f64,
    ticks: Vec<f64>,
}

impl Axis {
    /// Covers all finite values; `ends_on_ticks` widens it to whole ticks.
    fn around<'a>(values: impl Iterator<Item = &'a f64>, ends_on_ticks: bool) -> Self {
        let (mut low, mut high) = values
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
                (low.min(*value), high.max(*value))
            });
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        if high - low < 1e-12 * high.abs().max(1e-300) {
            (low, high) = (low - 0.5, high + 0.5);
        }
        let step = round_step((high - low) / 5.0);
        if ends_on_ticks {
            low = (low / step + 1e-9).floor() * step;
            high = (high / step - 1e-9).ceil() * step;
        }
        let first = (low / step - 1e-9).ceil() as i64;
        let last = (high / step + 1e-9).floor() as i64;
        Axis {
            low,
            high,
            step,
            ticks: (first..=last).map(|at| at as f64 * step).collect(),
        }
    }

    fn fraction(&self, value: f64) -> f64 {
        (value - self.low) / (self.high - self.low)
    }

    fn show(&self, tick: f64) -> String {
        let digits = (-self.step.log10().floor()).clamp(0.0, 12.0) as usize;
        if self.high.abs().max(self.low.abs()) >= 1e6 || self.step < 1e-6 {
            return format!("{tick:e}");
        }
        format!("{tick:.digits$}").replace('-', "−")
    }
}

/// The nearest of 1, 2, 2.5, 5 times a power of ten, from above.
fn round_step(rough: f64) -> f64 {
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|step| *step >= rough * 0.999)
        .unwrap_or(10.0 * power)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Digits that follow a letter or a closing parenthesis in a formula are set as subscripts.
fn formula_text(text: &str) -> String {
    let mut out = String::new();
    let mut formula = false;
    let mut sub = false;
    for word in text.split_inclusive([' ', '(', '[', ',']) {
        formula = word.starts_with(|first: char| first.is_ascii_uppercase()) && word.len() > 1
            || formula && word.starts_with(|first: char| first.is_ascii_digit());
        let mut before = ' ';
        for c in word.chars() {
            let digit = formula && (c.is_ascii_digit() || (c == '.' && sub));
            let starts = digit && (before.is_ascii_alphabetic() || before == ')' || sub);
            if starts && !sub {
                out.push_str("<tspan font-size=\"9\" dy=\"2.5\">");
                sub = true;
            } else if sub && !digit {
                out.push_str("</tspan><tspan dy=\"-2.5\">&#8203;</tspan>");
                sub = false;
            }
            out.push_str(&escape(&c.to_string()));
            before = c;
        }
        if sub {
            out.push_str("</tspan><tspan dy=\"-2.5\">&#8203;</tspan>");
            sub = false;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_values() {
        let axis = Axis::around([0.0, 0.937].iter(), true);
        assert_eq!(axis.ticks.len(), 6);
        assert_eq!(axis.show(axis.ticks[1]), "0.2");
        let axis = Axis::around([298.15, 1373.15].iter(), false);
        assert!(
            axis.ticks.iter().all(|tick| (tick % 250.0).abs() < 1e-9),
            "{:?}",
            axis.ticks
        );
        let flat = Axis::around([3.0, 3.0].iter(), true);
        assert!(flat.low < 3.0 && flat.high > 3.0);
        assert!(!Axis::around([].iter(), true).ticks.is_empty());
    }

    #[test]
    fn a_table_becomes_curves_against_its_axis() {
        let table = Table::new("mass fraction")
            .with(Column::numbers("temperature", "K", vec![300.0, 400.0]).as_axis())
            .with(Column::numbers("time", "sweeps", vec![0.0, 1.0]).as_axis())
            .with(Column::numbers("BaTiO3", "", vec![0.0, 0.5]).with_errors(vec![0.0, 0.1]))
            .with(Column::numbers("Ba2TiO4", "", vec![0.0, 0.0]));
        let panel = Panel::from_table("ratio 1", &table, "temperature").expect("an axis");
        assert_eq!(panel.curves.len(), 1);
        assert_eq!(panel.x_label, "temperature / K");
        let error = Panel::from_table("", &table, "pressure").expect_err("no such axis");
        assert!(error.contains("`temperature` and `time`"), "{error}");
        let svg = Plot {
            title: "a < b".into(),
            note: "60 sweeps & more".into(),
            panels: vec![panel],
        }
        .svg();
        assert!(svg.contains("a &lt; b") && svg.contains("opacity"));
        assert!(svg.contains("BaTiO<tspan"));
    }
}
