//! Findings for people (miette's graphical form) and for programs (JSON).

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents, ThemeCharacters, ThemeStyles,
};
use serde_json::{Value, json};

use super::{Diagnostic, Label, Severity};
use crate::lang::source::{SourceFile, SourceMap, Span};

/// How to draw on a terminal or into a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    pub colour: bool,
    pub unicode: bool,
    /// Columns.
    pub width: usize,
}

impl Style {
    /// No colour, 100 columns: for files and tests.
    pub const PLAIN: Style = Style {
        colour: false,
        unicode: true,
        width: 100,
    };

    /// The style for a stream. `NO_COLOR` and `TERM=dumb` forbid colour, `CLICOLOR_FORCE` asks for it where
    /// there is no terminal, `COLUMNS` gives a width where the terminal does not.
    pub fn for_stream(is_terminal: bool, columns: Option<usize>) -> Self {
        let set = |name: &str| {
            std::env::var_os(name).is_some_and(|value| !value.is_empty() && value != "0")
        };
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let columns = columns.or_else(|| std::env::var("COLUMNS").ok()?.parse().ok());
        Style {
            colour: !set("NO_COLOR") && (set("CLICOLOR_FORCE") || (is_terminal && !dumb)),
            unicode: !dumb,
            width: columns.unwrap_or(100).clamp(40, 120),
        }
    }
}

/// Lines longer than this are shown as a window around the fault.
const LONGEST_LINE: usize = 400;

/// What miette asks for when it wants lines to show. It asks for no context when it wants to know where a span
/// is; only that difference is used, and no neighbouring lines are shown.
const CONTEXT_LINES: usize = 1;

/// All findings as text, with a last line that counts them. Empty when there are none.
pub fn render(findings: &[Diagnostic], sources: &SourceMap, style: &Style) -> String {
    let mut out = String::new();
    for finding in findings {
        for report in Report::all(finding, sources, style) {
            // Rendering fails only when a span lies outside its text, which `Excerpt` rules out; the headline
            // alone is better than nothing should that ever be wrong.
            if handler(style).render_report(&mut out, &report).is_err() {
                out.push_str(&report.headline);
                out.push('\n');
            }
        }
        out.push('\n');
    }
    if let Some(last) = summary(findings) {
        out.push_str(&last);
        out.push('\n');
    }
    out
}

/// `3 errors, 1 warning; …`
fn summary(findings: &[Diagnostic]) -> Option<String> {
    let errors = findings.iter().filter(|one| one.is_error()).count();
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        many => Some(format!("{many} {noun}s")),
    };
    let counts: Vec<String> = [
        count(errors, "error"),
        count(findings.len() - errors, "warning"),
    ]
    .into_iter()
    .flatten()
    .collect();
    let first = findings.first()?;
    Some(format!(
        "{}; `synth explain {}` tells more",
        counts.join(", "),
        first.code
    ))
}

fn handler(style: &Style) -> GraphicalReportHandler {
    let mut characters = if style.unicode {
        ThemeCharacters::unicode()
    } else {
        ThemeCharacters::ascii()
    };
    if style.unicode {
        characters.error = "✗".into();
        characters.warning = "!".into();
        characters.advice = "·".into();
    } else {
        characters.error = "x".into();
        characters.warning = "!".into();
        characters.advice = "-".into();
    }
    let theme = GraphicalTheme {
        characters,
        styles: if style.colour {
            ThemeStyles::ansi()
        } else {
            ThemeStyles::none()
        },
    };
    GraphicalReportHandler::new_themed(theme)
        .with_links(false)
        .with_width(style.width)
        .with_context_lines(CONTEXT_LINES)
        .without_syntax_highlighting()
}

/// A finding in miette's terms.
struct Report<'a> {
    headline: String,
    severity: miette::Severity,
    help: Option<String>,
    excerpt: Option<Excerpt<'a>>,
}

impl<'a> Report<'a> {
    /// The report of the file of the first label, then one for each other file with labels.
    fn all(finding: &Diagnostic, sources: &'a SourceMap, style: &Style) -> Vec<Self> {
        let mut files = Vec::new();
        for label in &finding.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        let mut excerpts = files.into_iter().map(|id| {
            let labels = finding.labels.iter().filter(|label| label.span.file == id);
            Excerpt::new(sources.file(id), labels, style.width)
        });
        let first = Report {
            headline: format!("{} [{}]", finding.headline, finding.code),
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
            },
            help: help_text(finding, sources),
            excerpt: excerpts.next(),
        };
        let elsewhere = excerpts.map(|excerpt| Report {
            headline: "see also".into(),
            severity: miette::Severity::Advice,
            help: None,
            excerpt: Some(excerpt),
        });
        std::iter::once(first).chain(elsewhere).collect()
    }
}

/// The help, the edit as a pair of lines where the help does not spell it out, and the notes.
fn help_text(finding: &Diagnostic, sources: &SourceMap) -> Option<String> {
    let mut parts = Vec::new();
    parts.extend(finding.help.clone());
    if let Some(edit) = &finding.edit {
        let said = !edit.replacement.trim().is_empty()
            && finding
                .help
                .as_deref()
                .is_some_and(|help| help.contains(edit.replacement.trim()));
        if !said && let Some((before, after)) = edited_lines(edit.span, &edit.replacement, sources)
        {
            parts.push(format!("- {before}\n+ {after}"));
        }
    }
    parts.extend(finding.notes.iter().map(|note| format!("note: {note}")));
    (!parts.is_empty()).then(|| parts.join("\n"))
}

/// The line of a one-line edit before and after it.
fn edited_lines(span: Span, replacement: &str, sources: &SourceMap) -> Option<(String, String)> {
    let file = sources.file(span.file);
    let text = &file.text;
    let (start, end) = (span.start as usize, span.end as usize);
    if replacement.contains('\n') || text.get(start..end)?.contains('\n') {
        return None;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[end..].find('\n').map_or(text.len(), |at| end + at);
    if line_end - line_start > LONGEST_LINE {
        return None;
    }
    let before = text[line_start..line_end].trim().to_owned();
    let after = format!(
        "{}{replacement}{}",
        &text[line_start..start],
        &text[end..line_end]
    );
    let after = after.trim().to_owned();
    (!after.is_empty()).then_some((before, after))
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.headline)
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.headline)
    }
}

impl std::error::Error for Report<'_> {}

impl miette::Diagnostic for Report<'_> {
    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'b>(&'b self) -> Option<Box<dyn fmt::Display + 'b>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.excerpt.as_ref().map(|excerpt| excerpt as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let excerpt = self.excerpt.as_ref()?;
        Some(Box::new(excerpt.labels.iter().cloned()))
    }
}

/// The text that a report shows: the file itself, or, where a line is very long, a window of that line.
struct Excerpt<'a> {
    name: &'a str,
    text: Text<'a>,
    labels: Vec<LabeledSpan>,
}

enum Text<'a> {
    File(&'a SourceFile),
    /// A cut-out of one line (its number from 0).
    Window {
        text: String,
        line: usize,
    },
}

impl<'a> Excerpt<'a> {
    fn new<'b>(
        file: &'a SourceFile,
        labels: impl Iterator<Item = &'b Label>,
        width: usize,
    ) -> Self {
        let labels: Vec<(usize, usize, &str)> = labels
            .map(|label| {
                let start = floor_boundary(&file.text, label.span.start as usize);
                let end = floor_boundary(&file.text, label.span.end as usize).max(start);
                (start, end, label.text.as_str())
            })
            .collect();
        let long = labels.iter().any(|(start, end, _)| {
            let (first, _) = file.line_column(*start as u32);
            let (last, _) = file.line_column(*end as u32);
            file.line(first).len() > LONGEST_LINE || file.line(last).len() > LONGEST_LINE
        });
        match labels.first() {
            Some(first) if long => Self::window(file, *first, width),
            _ => Excerpt {
                name: &file.name,
                text: Text::File(file),
                labels: labels
                    .into_iter()
                    .enumerate()
                    .map(|(at, (start, end, text))| labelled(at, start, end - start, text))
                    .collect(),
            },
        }
    }

    fn window(
        file: &'a SourceFile,
        (start, end, label): (usize, usize, &str),
        width: usize,
    ) -> Self {
        let (number, _) = file.line_column(start as u32);
        let line = file.line(number);
        let line_start = line.as_ptr() as usize - file.text.as_ptr() as usize;
        let at = (start - line_start).min(line.len());
        let from = floor_boundary(line, at.saturating_sub(width / 3));
        let to = floor_boundary(line, (at + width / 2).min(line.len()));
        let lead = if from > 0 { "… " } else { "" };
        let tail = if to < line.len() { " …" } else { "" };
        let offset = lead.len() + (at - from);
        let len = (end - start).min(to - at);
        Excerpt {
            name: &file.name,
            text: Text::Window {
                text: format!("{lead}{}{tail}", &line[from..to]),
                line: number - 1,
            },
            labels: vec![labelled(0, offset, len, label)],
        }
    }
}

fn labelled(at: usize, start: usize, len: usize, text: &str) -> LabeledSpan {
    let text = (!text.is_empty()).then(|| text.to_owned());
    if at == 0 {
        LabeledSpan::new_primary_with_span(text, (start, len))
    } else {
        LabeledSpan::new(text, start, len)
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl SourceCode for Excerpt<'_> {
    /// The whole lines of a span, found by the line index instead of by reading the file from its start.
    fn read_span<'b>(
        &'b self,
        span: &SourceSpan,
        context: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'b> + 'b>, MietteError> {
        let file = match &self.text {
            Text::Window { text, line } => {
                return Ok(Box::new(MietteSpanContents::new_named(
                    self.name.to_owned(),
                    text.as_bytes(),
                    (0, text.len()).into(),
                    *line,
                    0,
                    1,
                )));
            }
            Text::File(file) => file,
        };
        let (first, column) = file.line_column(span.offset() as u32);
        let last_byte = span.offset() + span.len().saturating_sub(1);
        let (last, _) = file.line_column(last_byte as u32);
        let base = file.text.as_ptr() as usize;
        let start = file.line(first).as_ptr() as usize - base;
        let last_line = file.line(last);
        let end = last_line.as_ptr() as usize - base + last_line.len();
        let end = end.max(span.offset() + span.len()).min(file.text.len());
        let text = file.text.get(start..end).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.to_owned(),
            text.as_bytes(),
            (start, end - start).into(),
            first - 1,
            if context == 0 { column - 1 } else { 0 },
            last - first + 1,
        )))
    }
}

/// All findings for editors and scripts. The form is stable: see the README.
pub fn to_json(findings: &[Diagnostic], sources: &SourceMap) -> Value {
    findings
        .iter()
        .map(|finding| {
            json!({
                "code": finding.code.0,
                "severity": match finding.severity { Severity::Error => "error", Severity::Warning => "warning" },
                "headline": finding.headline,
                "labels": finding.labels.iter().map(|label| {
                    let mut place = place(label.span, sources);
                    place["text"] = json!(label.text);
                    place
                }).collect::<Vec<_>>(),
                "help": finding.help,
                "notes": finding.notes,
                "edit": finding.edit.as_ref().map(|edit| {
                    let mut place = place(edit.span, sources);
                    place["replacement"] = json!(edit.replacement);
                    place
                }),
            })
        })
        .collect()
}

/// File, lines and columns from 1 (columns count characters), and bytes from 0.
fn place(span: Span, sources: &SourceMap) -> Value {
    let file = sources.file(span.file);
    let (line, column) = file.line_column(span.start);
    let (end_line, end_column) = file.line_column(span.end);
    json!({
        "file": file.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "byte_start": span.start,
        "byte_end": span.end,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::diag::Code;
    use crate::lang::source::FileId;

    fn sources(text: &str) -> SourceMap {
        let mut map = SourceMap::default();
        map.add("a.synth", text);
        map
    }

    fn at(start: usize, end: usize) -> Span {
        Span::new(FileId(0), start, end)
    }

    #[test]
    fn a_finding_shows_headline_place_and_mend() {
        let map = sources("system s {\n  elements: [Ba]\n}\nlet x = 6 K\n");
        let finding = Diagnostic::new(
            Code("E0301"),
            "a length is needed here, this is a temperature",
        )
        .at(at(38, 41), "a temperature")
        .at(at(0, 8), "needed by this")
        .help("write a length")
        .edit(at(38, 41), "6 Å");
        let shown = render(&[finding], &map, &Style::PLAIN);
        assert!(shown.contains("[E0301]"), "{shown}");
        assert!(shown.contains("a.synth:4:9"), "{shown}");
        assert!(shown.contains("+ let x = 6 Å"), "{shown}");
        assert!(shown.contains("1 error; `synth explain E0301`"), "{shown}");
        assert!(!shown.contains('\u{1b}'));
    }

    #[test]
    fn any_span_in_any_text_is_drawn() {
        let long = format!("let x = [{}1]\n", "1, ".repeat(40_000));
        for text in ["", "\n", "a", "Å\tb\r\n\u{4e2d}c", long.as_str()] {
            let map = sources(text);
            for start in [0, 1, 2, 3, 60_000, text.len()] {
                for len in [0, 1, 5, 200_000] {
                    for width in [40, 100] {
                        let finding = Diagnostic::new(Code("W0101"), "odd")
                            .at(at(start, start + len), "here")
                            .at(at(0, 1), "and here");
                        let style = Style {
                            width,
                            ..Style::PLAIN
                        };
                        let shown = render(&[finding], &map, &style);
                        assert!(shown.contains("odd"));
                        assert!(shown.len() < 3_000, "{}", shown.len());
                    }
                }
            }
        }
    }

    #[test]
    fn labels_in_two_files_show_both() {
        let mut map = sources("use \"b.synth\" as b\n");
        let other = map.add("b.synth", "let x = 1\n");
        let finding = Diagnostic::new(Code("E0201"), "twice")
            .at(at(4, 13), "here")
            .at(Span::new(other, 4, 5), "and there");
        let shown = render(&[finding], &map, &Style::PLAIN);
        assert!(
            shown.contains("a.synth:1:5") && shown.contains("b.synth:1:5"),
            "{shown}"
        );
    }

    #[test]
    fn json_has_lines_and_bytes() {
        let map = sources("Åb\n");
        let finding = Diagnostic::new(Code("E0101"), "x")
            .at(at(2, 3), "y")
            .edit(at(2, 3), "z");
        let json = to_json(&[finding], &map);
        assert_eq!(json[0]["labels"][0]["column"], 2);
        assert_eq!(json[0]["edit"]["byte_start"], 2);
        assert_eq!(json[0]["severity"], "error");
    }
}
