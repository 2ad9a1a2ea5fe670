use crate::lang::diag::codes::run as codes;
use crate::lang::diag::{Diagnostic, did_you_mean, list_words, nearest};
use crate::lang::sema::{MemberId, Study};

/// The members that a name on the command line means: `fired` (all of them), `fired[ratio: 1]`, or a slice
/// such as `interphase[t: 900 K]` of a family with more axes.
pub fn find_members(study: &Study, text: &str) -> Result<Vec<MemberId>, Box<Diagnostic>> {
    let (name, index) = match text.trim().split_once('[') {
        Some((name, index)) => (name.trim(), Some(index.trim().trim_end_matches(']'))),
        None => (text.trim(), None),
    };
    let Some(declaration) = study.find(name) else {
        let names: Vec<&str> = study
            .declarations
            .iter()
            .map(|one| one.name.as_str())
            .collect();
        let finding = Diagnostic::new(
            codes::UNKNOWN_NODE,
            format!("the study has no node `{name}`"),
        );
        return Err(Box::new(match did_you_mean(name, names.iter().copied()) {
            Some(near) => finding.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => finding.help("it declares no nodes"),
            None => finding.help(format!("its nodes are {}", list_words(&names, "and"))),
        }));
    };
    let all: Vec<MemberId> = study.members_of(declaration).collect();
    let Some(index) = index else { return Ok(all) };
    // Compared as text without spaces, which is how people type an index in a shell.
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    let wanted: Vec<(Option<String>, String)> = split_outside_brackets(index)
        .map(|part| match part.split_once(':') {
            Some((axis, value)) => (Some(bare(axis)), bare(value)),
            None => (None, bare(part)),
        })
        .collect();
    let fits = |id: &MemberId| {
        wanted.iter().all(|(axis, value)| {
            value == "_"
                || study.member(*id).coordinates.iter().any(|(name, at)| {
                    axis.as_ref().is_none_or(|axis| axis == name) && bare(&at.to_string()) == *value
                })
        })
    };
    let found: Vec<MemberId> = all.iter().copied().filter(fits).collect();
    if found.is_empty() {
        let labels: Vec<String> = all.iter().map(|id| study.label(*id)).collect();
        let near = nearest(text, labels.iter().map(String::as_str), 4);
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        let finding = Diagnostic::new(
            codes::UNKNOWN_NODE,
            format!("`{name}` has no member `{}`", text.trim()),
        );
        return Err(Box::new(if near.is_empty() {
            let some: Vec<&str> = labels.iter().map(String::as_str).collect();
            finding.help(format!("its members are {}", list_words(&some, "and")))
        } else {
            finding.help(format!("members are {}", list_words(&near, "and")))
        }));
    }
    Ok(found)
}

/// The parts between commas, where a comma within brackets does not count.
fn split_outside_brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |character| {
        match character {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    })
    .filter(|part| !part.trim().is_empty())
}
