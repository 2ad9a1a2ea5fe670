//! `synth doc KIND`: the reference page of a kind, from its table alone.

use std::fmt::Write;

use super::{
    Affects, Argument, Artifact, Default, Field, KindSchema, Outcome, Place, Range, ResultType,
    Type, Verb,
};

/// The reference page as Markdown.
pub fn kind_markdown(kind: &KindSchema) -> String {
    let mut out = format!(
        "# {}\n\n{}\n\n{}\n\n",
        kind.name,
        kind.summary,
        kind.doc.trim()
    );
    let _ = writeln!(out, "```synth\n{}\n```\n", kind.example.trim());
    if !kind.fields.is_empty() {
        out.push_str("| field | value | default | changes | |\n|---|---|---|---|---|\n");
        for row in field_rows(kind.fields, "") {
            let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
            let _ = writeln!(out, "| {} |", cells.join(" | "));
        }
        out.push('\n');
    }
    if !kind.steps.is_empty() {
        out.push_str("| step | example | |\n|---|---|---|\n");
        for verb in kind.steps {
            let _ = writeln!(
                out,
                "| `{}` | `{}` | {} |",
                verb_form(verb),
                verb.example,
                verb.doc
            );
        }
        out.push('\n');
    }
    if !kind.results.is_empty() {
        out.push_str("| result | gives | |\n|---|---|---|\n");
        for result in kind.results {
            let _ = writeln!(
                out,
                "| `{}` | {} | {} |",
                result.example,
                result_type(&result.ty),
                result.doc
            );
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", outcome(kind.outcome));
    out
}

/// The reference page for a terminal of this width.
pub fn kind_terminal(kind: &KindSchema, width: usize) -> String {
    let width = width.clamp(40, 100);
    let mut out = format!("{}: {}\n\n", kind.name, kind.summary);
    for paragraph in kind.doc.trim().split("\n\n") {
        wrap(&mut out, "", paragraph, width);
        out.push('\n');
    }
    for line in kind.example.trim().lines() {
        let _ = writeln!(out, "    {line}");
    }
    if !kind.fields.is_empty() {
        out.push_str("\nfields\n");
        for [name, value, default, changes, doc] in field_rows(kind.fields, "") {
            let default = if default == "required" {
                default
            } else {
                format!("default {default}")
            };
            let _ = writeln!(
                out,
                "  {}  {}",
                name.replace('`', ""),
                default.replace('`', "")
            );
            wrap(&mut out, "      ", &format!("{doc} Value: {value}."), width);
            if changes != "result" {
                wrap(
                    &mut out,
                    "      ",
                    &format!("Changes the {changes} only."),
                    width,
                );
            }
        }
    }
    if !kind.steps.is_empty() {
        out.push_str("\nsteps\n");
        for verb in kind.steps {
            let _ = writeln!(out, "  {}", verb_form(verb));
            wrap(
                &mut out,
                "      ",
                &format!("{} Example: {}", verb.doc, verb.example),
                width,
            );
        }
    }
    if !kind.results.is_empty() {
        out.push_str("\nresults\n");
        for result in kind.results {
            let _ = writeln!(out, "  {}  {}", result.example, result_type(&result.ty));
            wrap(&mut out, "      ", result.doc, width);
        }
    }
    out.push('\n');
    wrap(&mut out, "", &outcome(kind.outcome), width);
    out
}

fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Inline => {
            "It is described inline: it never runs, and belongs to the nodes that read it.".into()
        }
        Outcome::Artifact(Artifact(name)) => {
            format!("Its result is stored and fits wherever a field asks for {name}.")
        }
        Outcome::Sink => "It is written anew at the end of each run and never stored.".into(),
    }
}

/// Name, value, default, what it changes, sentence; nested arguments and records follow their field.
fn field_rows(fields: &[Field], prefix: &str) -> Vec<[String; 5]> {
    let mut rows = Vec::new();
    for field in fields {
        rows.push([
            format!("`{prefix}{}`", field.name),
            format!("{}{}", field.ty.describe(), range(&field.range, &field.ty)),
            match field.default {
                Default::Required => "required".into(),
                Default::Absent => "`none`".into(),
                Default::Is(text) => format!("`{text}`"),
            },
            match field.affects {
                Affects::Result => "result",
                Affects::Replicas => "number of replicas",
                Affects::Speed => "speed",
                Affects::Output => "output",
                Affects::Report => "report",
            }
            .into(),
            field.doc.to_owned(),
        ]);
        nested(&field.ty, &format!("{prefix}{}", field.name), &mut rows);
    }
    rows
}

fn nested(ty: &Type, path: &str, rows: &mut Vec<[String; 5]>) {
    match ty {
        Type::Record(fields) => rows.extend(field_rows(fields, &format!("{path}."))),
        Type::Choice(choices) => {
            for choice in *choices {
                rows.push([
                    format!("`{path}: {}`", choice.name),
                    "a word".into(),
                    String::new(),
                    "result".into(),
                    choice.doc.to_owned(),
                ]);
                rows.extend(field_rows(
                    choice.arguments,
                    &format!("{path}: {} · ", choice.name),
                ));
            }
        }
        Type::Either(types) => types.iter().for_each(|ty| nested(ty, path, rows)),
        Type::List(ty) => nested(ty, path, rows),
        _ => {}
    }
}

/// `, at least 1` in the customary unit of the type.
pub(super) fn range(range: &Range, ty: &Type) -> String {
    let show = |value: f64| match ty {
        Type::Quantity(_, unit) => match crate::lang::units::parse_unit(unit) {
            Ok(parsed) => format!("{} {unit}", trimmed(value / parsed.factor)),
            Err(_) => trimmed(value),
        },
        _ => trimmed(value),
    };
    match range {
        Range::Any => String::new(),
        Range::AtLeast(low) => format!(", at least {}", show(*low)),
        Range::Above(low) => format!(", greater than {}", show(*low)),
        Range::Within(low, high) => format!(", from {} to {}", show(*low), show(*high)),
        Range::Count(count) => format!(", at least {count} of them"),
    }
}

fn trimmed(value: f64) -> String {
    let text = format!("{value:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// `ramp to TEMPERATURE at RATE`; what may be left out stands in brackets.
fn verb_form(verb: &Verb) -> String {
    let mut out = verb.name.to_owned();
    for argument in verb.arguments {
        let part = match argument.place {
            Place::Positional => argument_name(argument),
            Place::After(word) => format!("{word} {}", argument_name(argument)),
            Place::Flag(word) => word.to_owned(),
        };
        if argument.default == Default::Required {
            let _ = write!(out, " {part}");
        } else {
            let _ = write!(out, " [{part}]");
        }
    }
    if !verb.block.is_empty() {
        out.push_str(" { … }");
    }
    out
}

fn argument_name(argument: &Argument) -> String {
    argument.name.to_uppercase()
}

fn result_type(ty: &ResultType) -> String {
    match ty {
        ResultType::Quantity(dimension, "") => dimension.named(),
        ResultType::Quantity(dimension, unit) => format!("{} in {unit}", dimension.named()),
        ResultType::Boolean => "true or false".into(),
        ResultType::Text => "a text".into(),
        ResultType::Table => "a table".into(),
        ResultType::Phases => "a list of phases".into(),
        ResultType::OfArguments => "a number of the kind of the arguments".into(),
    }
}

/// Appends `text` in lines of at most `width` columns, each behind `indent`.
fn wrap(out: &mut String, indent: &str, text: &str, width: usize) {
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty()
            && indent.len() + line.chars().count() + 1 + word.chars().count() > width
        {
            let _ = writeln!(out, "{indent}{line}");
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(out, "{indent}{line}");
    }
}
