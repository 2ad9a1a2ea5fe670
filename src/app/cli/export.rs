//! `synth export`: what a study has computed, in files of other programs.

use std::path::{Path, PathBuf};

use super::NodeArguments;
use super::study::open;
use crate::app::report::slug;
use crate::run::graph::find_members;
use crate::run::kind::Export;

/// Exit codes of a command that cannot be followed, and of a node that could not be written.
const FAULT: u8 = 1;
const FAILED: u8 = 2;

/// Writes a node, or all members of a family, in a form of its kind; into a folder, or where the recipe is.
pub(super) fn export(arguments: &NodeArguments, form: Option<&str>, folder: Option<&Path>) -> u8 {
    let Some(opened) = open(&arguments.study, arguments.json) else {
        return FAULT;
    };
    let Some((graph, store, plan)) = opened.planned() else {
        return FAULT;
    };
    let Some(node) = arguments.node.as_deref() else {
        eprintln!("say what to export: `synth export STUDY NODE --as FORM`");
        return FAULT;
    };
    let members = match find_members(graph.study, node) {
        Ok(members) => members,
        Err(finding) => {
            opened.print_one(*finding);
            return FAULT;
        }
    };
    let declaration = members
        .first()
        .map(|member| graph.study.declaration_of(*member));
    let kind = declaration.and_then(|one| graph.registry.get(one.kind.name));
    let Some(kind) = kind else { return FAULT };
    let forms = kind.exports();
    if forms.is_empty() {
        let name = kind.schema().name;
        eprintln!(
            "`{name}` has no form of other programs; `synth show {} {node}` tells where its files are",
            opened.path.display()
        );
        return FAULT;
    }
    let chosen = match form {
        Some(form) => forms.iter().find(|one| one.name == form),
        None => forms.first(),
    };
    let Some(chosen) = chosen else {
        eprintln!(
            "there is no form `{}`; there are:",
            form.unwrap_or_default()
        );
        for Export { name, doc, .. } in forms {
            eprintln!("  {name}  {doc}");
        }
        return FAULT;
    };
    let folder = folder.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    if let Err(error) = std::fs::create_dir_all(&folder) {
        eprintln!("{}: {error}", folder.display());
        return FAILED;
    }
    let mut code = 0;
    for member in members {
        let label = graph.study.label(member);
        let planned = plan.of_member(member).map(|task| plan.task(task));
        let artifact = planned.and_then(|planned| store.artifact(&planned.found_under));
        let Some(artifact) = artifact else {
            eprintln!(
                "{label} is not computed; `synth run {}` does that",
                opened.path.display()
            );
            code = FAILED;
            continue;
        };
        match kind.export(&artifact, chosen, &folder.join(slug(&label))) {
            Ok(files) => {
                for file in files {
                    println!("{}", file.display());
                }
            }
            Err(failure) => {
                eprintln!("{label}: {}", failure.text);
                if let Some(help) = failure.help {
                    eprintln!("  help: {help}");
                }
                code = FAILED;
            }
        }
    }
    code
}
