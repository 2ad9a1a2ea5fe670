//! Every command but `run`.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::study::{open, open_with};
use super::{DocForm, GraphForm, NodeArguments, StudyArguments, style_err, style_out};
use crate::app::report::{value_json, value_text};
use crate::app::table;
use crate::lang::diag::{Diagnostic, codes, did_you_mean, list_words, render};
use crate::lang::schema::{FunctionSchema, Outcome, json_schema, kind_markdown, kind_terminal};
use crate::lang::sema::{Evaluator, MemberId, NoNames, Study, Value};
use crate::lang::source::SourceMap;
use crate::lang::syntax;
use crate::run::engine::Results;
use crate::run::graph::{self, Graph, Plan, State, Story, TaskId, find_members};
use crate::run::store::Store;

const FAULT: u8 = 1;

pub(super) fn check(arguments: &StudyArguments, json: bool) -> u8 {
    let Some(opened) = open(arguments, json) else {
        return FAULT;
    };
    let graph = opened.graph();
    let findings = opened.findings(&graph);
    opened.print(&findings);
    let errors = findings.iter().any(Diagnostic::is_error);
    if !errors && !opened.json {
        let study = &opened.checked.study;
        println!(
            "{} is sound: {} nodes in {} declarations",
            opened.path.display(),
            study.members.len(),
            study.declarations.len()
        );
    }
    u8::from(errors)
}

/// Tasks of a node, or all.
fn picked(
    graph: &Graph<'_>,
    plan: &Plan,
    node: Option<&str>,
) -> Result<Vec<TaskId>, Box<Diagnostic>> {
    let Some(node) = node else {
        return Ok(plan.ids().collect());
    };
    let members = find_members(graph.study, node)?;
    Ok(plan
        .ids()
        .filter(|task| members.contains(&plan.task(*task).member))
        .collect())
}

pub(super) fn plan(arguments: &NodeArguments) -> u8 {
    let Some(opened) = open(&arguments.study, arguments.json) else {
        return FAULT;
    };
    let Some((graph, _, plan)) = opened.planned() else {
        return FAULT;
    };
    let tasks = match picked(&graph, &plan, arguments.node.as_deref()) {
        Ok(tasks) => tasks,
        Err(finding) => {
            opened.print_one(*finding);
            return FAULT;
        }
    };
    if opened.json {
        let all: Vec<serde_json::Value> = tasks
            .iter()
            .map(|id| {
                let task = plan.task(*id);
                serde_json::json!({
                    "node": task.label,
                    "key": task.key.to_string(),
                    "state": if plan.is_stored(*id) { "stored" } else { "run" },
                    "reason": match &task.state { State::Stored(_) => None, State::Run(reason) => Some(reason.to_string()) },
                    "goes_on": task.goes_on.as_ref().map(|from| from.label.clone()),
                    "inputs": task.inputs.iter().map(|input| plan.task(input.task).label.clone()).collect::<Vec<_>>(),
                })
            })
            .collect();
        println!("{:#}", serde_json::Value::from(all));
        return 0;
    }
    print!("{}", plan_text(&plan, &tasks));
    0
}

/// The plan as a table, and a line that counts.
pub(crate) fn plan_text(plan: &Plan, tasks: &[TaskId]) -> String {
    const MOST: usize = 60;
    let rows: Vec<Vec<String>> = tasks
        .iter()
        .take(MOST)
        .map(|id| {
            let task = plan.task(*id);
            let (state, reason) = match &task.state {
                State::Stored(_) => ("stored".to_owned(), String::new()),
                State::Run(reason) => {
                    let goes_on = task.goes_on.as_ref();
                    let from = goes_on.map(|from| format!("goes on from {}: ", from.label));
                    (
                        "run".to_owned(),
                        format!("{}{reason}", from.unwrap_or_default()),
                    )
                }
            };
            vec![task.label.clone(), state, reason]
        })
        .collect();
    let header = ["node", "", "why"].map(str::to_owned);
    let mut out = table::aligned(&header, &rows);
    if tasks.len() > MOST {
        let _ = writeln!(out, "  … and {} more", tasks.len() - MOST);
    }
    let run = tasks.iter().filter(|id| !plan.is_stored(**id)).count();
    let _ = writeln!(out, "{run} of {} tasks would run", tasks.len());
    out
}

pub(super) fn why(arguments: &NodeArguments) -> u8 {
    let Some(opened) = open(&arguments.study, arguments.json) else {
        return FAULT;
    };
    let Some((graph, _, plan)) = opened.planned() else {
        return FAULT;
    };
    let tasks = match picked(&graph, &plan, arguments.node.as_deref()) {
        Ok(tasks) => tasks,
        Err(finding) => {
            opened.print_one(*finding);
            return FAULT;
        }
    };
    // Replicas say the same as what joins them.
    let stories = tasks
        .into_iter()
        .filter(|task| !matches!(plan.task(*task).part, graph::Part::Replica(_)))
        .map(|task| graph::why(&plan, task));
    if opened.json {
        let all: Vec<serde_json::Value> = stories.map(|story| story_json(&story)).collect();
        println!("{:#}", serde_json::Value::from(all));
    } else {
        stories.for_each(|story| print!("{story}"));
    }
    0
}

fn story_json(story: &Story) -> serde_json::Value {
    let (state, reasons) = match &story.state {
        State::Stored(_) => ("stored", Vec::new()),
        State::Run(reason) => {
            let lines = reason.lines();
            let is_change = !lines.is_empty();
            (
                "run",
                if is_change {
                    lines
                } else {
                    vec![reason.to_string()]
                },
            )
        }
    };
    serde_json::json!({
        "node": story.label,
        "state": state,
        "reasons": reasons,
        "goes_on": story.goes_on,
        "alike": story.alike,
        "causes": story.causes.iter().map(story_json).collect::<Vec<_>>(),
    })
}

pub(super) fn show(arguments: &NodeArguments) -> u8 {
    let Some(opened) = open(&arguments.study, arguments.json) else {
        return FAULT;
    };
    let node = arguments.node.as_deref();
    if node.is_some_and(|text| !may_be_node(&opened.checked.study, text)) {
        return show_expression(arguments);
    }
    let Some((graph, store, plan)) = opened.planned() else {
        return FAULT;
    };
    let Some(node) = arguments.node.as_deref() else {
        if opened.json {
            let all = (0..graph.study.members.len() as u32)
                .map(|at| node_json(&graph, &plan, &store, MemberId(at)));
            println!("{:#}", serde_json::Value::from(all.collect::<Vec<_>>()));
            return 0;
        }
        let rows: Vec<Vec<String>> = opened
            .checked
            .study
            .declarations
            .iter()
            .map(|one| {
                vec![
                    one.name.clone(),
                    one.kind.name.to_owned(),
                    one.members.len().to_string(),
                    one.doc
                        .clone()
                        .unwrap_or_default()
                        .lines()
                        .next()
                        .unwrap_or("")
                        .to_owned(),
                ]
            })
            .collect();
        print!(
            "{}",
            table::aligned(&["node", "kind", "members", ""].map(str::to_owned), &rows)
        );
        return 0;
    };
    let members = match find_members(&opened.checked.study, node) {
        Ok(members) => members,
        Err(finding) => {
            opened.print_one(*finding);
            return FAULT;
        }
    };
    if opened.json {
        let all: Vec<serde_json::Value> = members
            .into_iter()
            .map(|member| node_json(&graph, &plan, &store, member))
            .collect();
        println!("{:#}", serde_json::Value::from(all));
        return 0;
    }
    for member in members {
        print!("{}", node_text(&graph, &plan, &store, member));
    }
    0
}

/// Whether a text is a node or a part of a family, and not an expression. An unknown name counts as a node, as the
/// message about it is the better one then.
fn may_be_node(study: &Study, text: &str) -> bool {
    let name = text.split('[').next().unwrap_or(text);
    let is_word = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let is_value = study.lets.iter().any(|(known, _)| known == name)
        || study.parameters.iter().any(|(known, ..)| known == name);
    let selected = text[name.len()..].find(']').map(|at| name.len() + at + 1);
    is_word && !is_value && selected.is_none_or(|end| end == text.len())
}

/// What [`node_text`] says, for programs.
fn node_json(graph: &Graph<'_>, plan: &Plan, store: &Store, id: MemberId) -> serde_json::Value {
    let study = graph.study;
    let fields: serde_json::Map<String, serde_json::Value> = study
        .member(id)
        .given
        .iter()
        .map(|given| {
            let text = field_text(graph, &given.value);
            (given.field.name.to_owned(), text.into())
        })
        .collect();
    let task = plan.of_member(id).map(|task| plan.task(task));
    let artifact = task.and_then(|task| store.artifact(&task.found_under));
    serde_json::json!({
        "node": study.label(id),
        "kind": study.kind_of(id).name,
        "fields": fields,
        "key": task.map(|task| task.key.to_string()),
        "stored": artifact.as_ref().map(|artifact| artifact.manifest().clone()),
    })
}

/// The value of a field, nodes by their names.
fn field_text(graph: &Graph<'_>, value: &Value) -> String {
    match value {
        Value::Nodes(members) => members
            .iter()
            .map(|member| graph.study.label(*member))
            .collect::<Vec<_>>()
            .join(", "),
        other => other.to_string(),
    }
}

/// Fields, key, state and files of a member.
pub(crate) fn node_text(graph: &Graph<'_>, plan: &Plan, store: &Store, id: MemberId) -> String {
    let study = graph.study;
    let member = study.member(id);
    let declaration = study.declaration_of(id);
    let mut out = format!("{} ({})\n", study.label(id), declaration.kind.name);
    if let Some(doc) = &declaration.doc {
        let _ = writeln!(out, "  {}", doc.replace('\n', "\n  "));
    }
    for given in &member.given {
        let value = field_text(graph, &given.value);
        let _ = writeln!(out, "  {}: {value}", given.field.name);
    }
    for field in declaration.kind.fields {
        if let crate::lang::schema::Default::Is(text) = field.default
            && member.given(field.name).is_none()
        {
            let _ = writeln!(out, "  {}: {text}  (default)", field.name);
        }
    }
    if declaration.kind.outcome == Outcome::Inline {
        return out;
    }
    let Some(task) = plan.of_member(id) else {
        return out;
    };
    let planned = plan.task(task);
    let _ = writeln!(out, "  key {}", planned.key);
    let Some(artifact) = store.artifact(&planned.found_under) else {
        let _ = writeln!(out, "  not run yet");
        return out;
    };
    let manifest = artifact.manifest();
    let _ = writeln!(
        out,
        "  computed {} in {:.2} s by synth {}",
        manifest.created, manifest.seconds, manifest.synth_version
    );
    for warning in &manifest.warnings {
        let _ = writeln!(out, "  warning: {warning}");
    }
    for (name, entry) in &manifest.files {
        let path = artifact
            .path(name)
            .map(|path| path.display().to_string())
            .unwrap_or_default();
        let _ = writeln!(out, "  {name}  {} bytes  {path}", entry.bytes);
    }
    out
}

/// A name that no recipe declares by accident.
const HIDDEN: &str = "shown_by_the_command_line";

fn show_expression(arguments: &NodeArguments) -> u8 {
    let expression = arguments.node.as_deref().unwrap_or_default();
    let Some(opened) = open_with(
        &arguments.study,
        arguments.json,
        &format!("\nlet {HIDDEN} = {expression}\n"),
    ) else {
        return FAULT;
    };
    let Some((graph, store, plan)) = opened.planned() else {
        return FAULT;
    };
    let results = Results::new(&graph, &plan, &store);
    let value = opened
        .checked
        .study
        .lets
        .iter()
        .find(|(name, _)| name == HIDDEN)
        .map(|(_, value)| value);
    let Some(value) = value else { return FAULT };
    match results.value(value) {
        Ok(value) => {
            let study = &opened.checked.study;
            if opened.json {
                println!("{:#}", value_json(study, None, &value));
            } else {
                print!("{}", answer(study, &value));
            }
            0
        }
        Err(reason) => {
            eprintln!(
                "{reason}; `synth run {}` computes what is missing",
                opened.path.display()
            );
            2
        }
    }
}

/// A value as the answer to a question.
pub(crate) fn answer(study: &Study, value: &Value) -> String {
    match value {
        Value::Table(one) => table::shown(one),
        Value::Each(values) => {
            let mut out = String::new();
            for (member, value) in values.iter() {
                let text = answer(study, value);
                let joint = if text.trim_end().contains('\n') {
                    "\n"
                } else {
                    "  "
                };
                let _ = write!(out, "{}{joint}{text}", study.label(*member));
            }
            out
        }
        Value::Nodes(members) => {
            let labels: Vec<String> = members.iter().map(|member| study.label(*member)).collect();
            labels.join("\n") + "\n"
        }
        other => format!("{}\n", value_text(other)),
    }
}

pub(super) fn graph(arguments: &StudyArguments, form: GraphForm, out: Option<&Path>) -> u8 {
    let Some(opened) = open(arguments, false) else {
        return FAULT;
    };
    let Some((graph, _, plan)) = opened.planned() else {
        return FAULT;
    };
    let text = match form {
        GraphForm::Mermaid => graph::mermaid(&graph, Some(&plan)),
        GraphForm::Dot => graph::dot(&graph, Some(&plan)),
        GraphForm::Svg => graph::svg(&graph, Some(&plan)),
    };
    match out {
        None => print!("{text}"),
        Some(path) => {
            if let Err(error) = std::fs::write(path, text) {
                eprintln!("`{}` could not be written: {error}", path.display());
                return FAULT;
            }
        }
    }
    0
}

pub(super) fn fmt(files: &[PathBuf], check: bool) -> u8 {
    if files.is_empty() {
        eprintln!("name the recipes: `synth fmt study.synth`, or `synth fmt -` for standard input");
        return FAULT;
    }
    let mut code = 0;
    for path in files {
        let stdin = path.as_os_str() == "-";
        let text = if stdin {
            let mut text = String::new();
            std::io::stdin().read_to_string(&mut text).map(|_| text)
        } else {
            std::fs::read_to_string(path)
        };
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                eprintln!("`{}` could not be read: {error}", path.display());
                code = FAULT;
                continue;
            }
        };
        match syntax::format(&text) {
            Err(findings) => {
                let mut sources = SourceMap::default();
                sources.add(path.to_string_lossy(), text);
                eprint!("{}", render(&findings, &sources, &style_err()));
                code = FAULT;
            }
            Ok(formatted) if stdin && !check => print!("{formatted}"),
            Ok(formatted) if formatted == text => {}
            Ok(_) if check => {
                println!("{} is not in standard form", path.display());
                code = FAULT;
            }
            Ok(formatted) => match std::fs::write(path, formatted) {
                Ok(()) => println!("{} formatted", path.display()),
                Err(error) => {
                    eprintln!("`{}` could not be written: {error}", path.display());
                    code = FAULT;
                }
            },
        }
    }
    code
}

pub(super) fn doc(name: Option<&str>, form: Option<DocForm>) -> u8 {
    let registry = crate::kinds::registry();
    let vocabulary = registry.vocabulary();
    if matches!(form, Some(DocForm::JsonSchema)) {
        println!("{:#}", json_schema(vocabulary.kinds()));
        return 0;
    }
    let Some(name) = name else {
        let rows: Vec<Vec<String>> = vocabulary
            .kinds()
            .map(|kind| vec![kind.name.to_owned(), kind.summary.to_owned()])
            .chain(vocabulary.functions().iter().map(|function| {
                vec![
                    format!("{}()", function.schema.name),
                    function.schema.doc.to_owned(),
                ]
            }))
            .collect();
        print!(
            "{}",
            table::aligned(&["name", ""].map(str::to_owned), &rows)
        );
        return 0;
    };
    let bare = name.trim_end_matches("()");
    if let Some(kind) = vocabulary.kind(bare) {
        if form.is_some() {
            print!("{}", kind_markdown(kind));
        } else {
            print!("{}", kind_terminal(kind, style_out().width));
        }
        return 0;
    }
    if let Some(function) = vocabulary.function(bare) {
        print!("{}", function_text(function.schema));
        return 0;
    }
    let known: Vec<&str> = vocabulary
        .kinds()
        .map(|kind| kind.name)
        .chain(
            vocabulary
                .functions()
                .iter()
                .map(|function| function.schema.name),
        )
        .collect();
    match did_you_mean(bare, known.iter().copied()) {
        Some(near) => eprintln!("there is no kind or function `{name}`; did you mean `{near}`?"),
        None => eprintln!(
            "there is no kind or function `{name}`; there is {}",
            list_words(&known, "and")
        ),
    }
    FAULT
}

/// The reference page of a function.
pub(crate) fn function_text(function: &FunctionSchema) -> String {
    let mut out = format!(
        "{}: {}\n\n    {}\n\n",
        function.name, function.doc, function.example
    );
    for parameter in function.parameters {
        let _ = writeln!(out, "  {}  {}", parameter.name, parameter.ty.describe());
        let _ = writeln!(out, "      {}", parameter.doc);
    }
    out
}

pub(super) fn explain(code: Option<&str>) -> u8 {
    let Some(code) = code else {
        let rows: Vec<Vec<String>> = codes::all()
            .map(|one| vec![one.code.to_string(), one.title.to_owned()])
            .collect();
        print!(
            "{}",
            table::aligned(&["code", ""].map(str::to_owned), &rows)
        );
        return 0;
    };
    let Some(found) = codes::explain(code) else {
        eprintln!("there is no code `{code}`; `synth explain` lists them");
        return FAULT;
    };
    println!("{}: {}\n", found.code, found.title);
    println!("{}", found.text);
    for (title, recipe) in [
        ("This fails:", found.failing),
        ("This is mended:", found.mended),
    ] {
        if !recipe.is_empty() {
            println!("\n{title}\n");
            for line in recipe.lines() {
                println!("    {line}");
            }
        }
    }
    0
}

pub(super) fn eval(expression: &str) -> u8 {
    let registry = crate::kinds::registry();
    let mut sources = SourceMap::default();
    let file = sources.add("expression", expression);
    let (expr, mut findings) = syntax::parse_expression(file, expression);
    let mut value = None;
    if findings.is_empty() {
        let mut evaluator = Evaluator::new(&NoNames, registry.vocabulary());
        value = evaluator.evaluate(&expr);
        findings = evaluator.diagnostics;
    }
    eprint!("{}", render(&findings, &sources, &style_err()));
    match value {
        Some(value) => {
            print!("{}", answer(&crate::lang::sema::Study::default(), &value));
            0
        }
        None => FAULT,
    }
}

/// The recipe that `new` writes.
const BEGINNING: &str = include_str!("../../../stdlib/new_study.synth");

pub(super) fn new(path: &Path) -> u8 {
    let path = if path.extension().is_some() {
        path.to_owned()
    } else {
        path.with_extension("synth")
    };
    if path.exists() {
        eprintln!("`{}` is there already; name another file", path.display());
        return FAULT;
    }
    if let Err(error) = std::fs::write(&path, BEGINNING) {
        eprintln!("`{}` could not be written: {error}", path.display());
        return FAULT;
    }
    println!(
        "{0} is written. Try `synth run {0}`, then change it.",
        path.display()
    );
    0
}
