//! Commands of the prompt: words behind a colon.

use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::recipe::Recipe;
use super::session::{Session, Sight, Step, answered, beside, node_line, type_text};
use crate::app::cli::{Progress, function_text, node_text, outcomes_text, plan_text};
use crate::app::report::draw;
use crate::lang::diag::{Diagnostic, Style, did_you_mean, list_words, render};
use crate::lang::schema::kind_terminal;
use crate::lang::sema::{MemberId, Study, Value};
use crate::lang::source::SourceMap;
use crate::lang::syntax::format;
use crate::run::engine::{Options, Results, RunReport, TaskState, run};
use crate::run::graph::{Part, TaskId, dot, find_members, mermaid, why};

/// A command as help and completion know it.
pub(super) struct Command {
    pub name: &'static str,
    /// What follows the name.
    pub argument: &'static str,
    pub doc: &'static str,
}

const fn command(name: &'static str, argument: &'static str, doc: &'static str) -> Command {
    Command {
        name,
        argument,
        doc,
    }
}

pub(super) const COMMANDS: &[Command] = &[
    command("run", "[NODE …]", "run what is not stored; Ctrl-C stops it"),
    command("plan", "[NODE]", "what a run would do"),
    command("why", "NODE", "why a node would run, down to the cause"),
    command(
        "show",
        "[NAME]",
        "a node with its fields and files, a value, or all names",
    ),
    command("type", "EXPRESSION", "the type of an expression"),
    command(
        "doc",
        "[KIND | FUNCTION]",
        "the reference page, or the list",
    ),
    command("graph", "[mermaid | dot]", "the graph of the study"),
    command("text", "", "the recipe as it stands"),
    command("undo", "", "take the last declaration back"),
    command(
        "save",
        "[FILE]",
        "write the recipe; `:save!` replaces a file that is not this one",
    ),
    command("load", "FILE", "begin anew with a recipe"),
    command("help", "", "this list"),
    command("quit", "", "leave (also Ctrl-D)"),
];

impl Session {
    pub(super) fn command(&mut self, text: &str, out: &mut dyn Write, cancel: &AtomicBool) -> Step {
        let text = text.trim();
        let (name, argument) = text
            .split_once(char::is_whitespace)
            .map_or((text, ""), |(name, rest)| (name, rest.trim()));
        let said = match name {
            "run" => self.run(argument, cancel),
            "plan" => self.plan(argument),
            "why" => self.why(argument),
            "show" => self.show(argument),
            "type" if argument.is_empty() => Err("`:type` needs an expression\n".to_owned()),
            "type" => self.asked(argument, |sight, value| {
                format!("{}\n", type_text(sight.study(), &value))
            }),
            "doc" => self.doc(argument),
            "graph" => self.graph(argument),
            "text" => Ok(self.text()),
            "undo" => self.undo(),
            "save" => self.save(argument, false),
            "save!" => self.save(argument, true),
            "load" if argument.is_empty() => Err("`:load` needs a file\n".to_owned()),
            "load" => self.load(argument),
            "help" | "h" | "?" => Ok(help()),
            "quit" | "q" | "exit" => return Step::Quit,
            other => Err(unknown(other)),
        };
        let (Ok(said) | Err(said)) = said;
        let _ = out.write_all(said.as_bytes());
        Step::Continue
    }

    /// Begins anew with a recipe of this name. What is wrong with it is in the error, and the session stays.
    pub fn load(&mut self, name: &str) -> Result<String, String> {
        let name = unquoted(name);
        let module = self
            .loader
            .text(name)
            .map_err(|error| format!("{error}\n"))?;
        let recipe = Recipe::load(&module.text).map_err(|faults| {
            let mut sources = SourceMap::default();
            sources.add(name, module.text.clone());
            format!(
                "{}`{name}` is not loaded\n",
                render(&faults, &sources, &self.style)
            )
        })?;
        let (is_sound, said) = self.adopt(name, recipe);
        if !is_sound {
            return Err(format!("{said}`{name}` is not loaded\n"));
        }
        self.has_file = true;
        self.earlier.clear();
        self.files.insert(PathBuf::from(name), module.text);
        Ok(format!("{name}: {said}"))
    }

    fn save(&mut self, name: &str, over: bool) -> Result<String, String> {
        let name = match unquoted(name) {
            "" if self.has_file => self.name.clone(),
            "" => return Err("`:save` needs a file, like `:save study.synth`\n".to_owned()),
            name if Path::new(name).extension().is_some() => name.to_owned(),
            name => format!("{name}.synth"),
        };
        let path = PathBuf::from(&name);
        let there = fs::read_to_string(&path);
        // Bytes that are no text are somebody's file as well.
        let exists = there.is_ok() || path.exists();
        if exists && !over {
            match self.files.get(&path) {
                None => {
                    return Err(format!(
                        "`{name}` is there already and is not this recipe's file; `:save! {name}` replaces it\n"
                    ));
                }
                Some(known) if there.ok().as_ref() != Some(known) => {
                    return Err(format!(
                        "`{name}` has changed since it was read; `:save! {name}` replaces it\n"
                    ));
                }
                Some(_) => {}
            }
        }
        let text = self.text();
        // Paths in the recipe start at its folder, so it may mean something else in another.
        let recipe = Recipe::load(&text).map_err(|faults| {
            let mut sources = SourceMap::default();
            sources.add(name.clone(), text.clone());
            render(&faults, &sources, &self.style)
        })?;
        self.examine(&name, &recipe, "", |_| ())
            .map_err(|faults| format!("{faults}`{name}` is not written\n"))?;
        fs::write(&path, &text)
            .map_err(|error| format!("`{name}` could not be written: {error}\n"))?;
        self.files.insert(path, text);
        if !self.has_file {
            self.has_file = true;
            self.name.clone_from(&name);
        }
        Ok(format!("{name} is written\n"))
    }

    /// The recipe in its standard form.
    fn text(&self) -> String {
        let (text, _) = self.recipe.text();
        format(&text).unwrap_or(text)
    }

    fn undo(&mut self) -> Result<String, String> {
        let Some(earlier) = self.earlier.pop() else {
            return Err("there is nothing to take back\n".to_owned());
        };
        let gone: Vec<String> = self
            .recipe
            .pieces()
            .iter()
            .filter(|piece| !earlier.pieces().iter().any(|old| old.says_the_same(piece)))
            .map(|piece| format!("`{}`", piece.name()))
            .collect();
        self.recipe = earlier;
        let outline = self.look(|sight| self.outlined(sight.study(), &self.recipe));
        if let Ok(outline) = outline {
            self.outline = outline;
        }
        Ok(format!("{} taken back\n", gone.join(", ")))
    }

    fn plan(&self, node: &str) -> Result<String, String> {
        self.look(|sight| {
            let tasks = self.tasks(sight, node)?;
            Ok(plan_text(sight.plan, &tasks))
        })?
    }

    fn why(&self, node: &str) -> Result<String, String> {
        if node.is_empty() {
            return Err("`:why` needs a node; `:plan` lists them\n".to_owned());
        }
        self.look(|sight| {
            let mut said = String::new();
            for task in self.tasks(sight, node)? {
                // Replicas say the same as what joins them.
                if !matches!(sight.plan.task(task).part, Part::Replica(_)) {
                    let _ = write!(said, "{}", why(sight.plan, task));
                }
            }
            if said.is_empty() {
                let _ = writeln!(said, "`{node}` is not run and stored by itself");
            }
            Ok(said)
        })?
    }

    /// The tasks of a node, or all.
    fn tasks(&self, sight: &Sight<'_>, node: &str) -> Result<Vec<TaskId>, String> {
        if node.is_empty() {
            return Ok(sight.plan.ids().collect());
        }
        let members = self.members(sight.study(), node)?;
        Ok(sight
            .plan
            .ids()
            .filter(|task| members.contains(&sight.plan.task(*task).member))
            .collect())
    }

    fn members(&self, study: &Study, node: &str) -> Result<Vec<MemberId>, String> {
        find_members(study, node).map_err(|finding| render_bare(&finding, &self.style))
    }

    fn show(&self, name: &str) -> Result<String, String> {
        if name.is_empty() {
            return self.look(names);
        }
        self.asked(name, |sight, value| match &value {
            Value::Nodes(members) => members
                .iter()
                .map(|member| node_text(sight.graph, sight.plan, sight.store, *member))
                .collect(),
            other => answered(sight, other),
        })
    }

    fn doc(&self, name: &str) -> Result<String, String> {
        let vocabulary = self.registry.vocabulary();
        let name = name.trim_end_matches("()");
        if let Some(kind) = vocabulary.kind(name) {
            return Ok(kind_terminal(kind, self.style.width));
        }
        if let Some(function) = vocabulary.function(name) {
            return Ok(function_text(function.schema));
        }
        let kinds = vocabulary.kinds().map(|kind| (kind.name, kind.summary));
        let functions = vocabulary
            .functions()
            .iter()
            .map(|function| (function.schema.name, function.schema.doc));
        let all: Vec<(&str, &str)> = kinds.chain(functions).collect();
        if name.is_empty() {
            let width = all.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
            return Ok(all
                .iter()
                .map(|(name, doc)| format!("{name:width$}  {doc}\n"))
                .collect());
        }
        let known: Vec<&str> = all.iter().map(|(name, _)| *name).collect();
        Err(match did_you_mean(name, known.iter().copied()) {
            Some(near) => {
                format!("there is no kind or function `{name}`; did you mean `{near}`?\n")
            }
            None => format!(
                "there is no kind or function `{name}`; there is {}\n",
                list_words(&known, "and")
            ),
        })
    }

    fn graph(&self, form: &str) -> Result<String, String> {
        let draw = match form {
            "" | "mermaid" => mermaid,
            "dot" => dot,
            other => {
                return Err(format!(
                    "the graph is drawn as `mermaid` or `dot`, not `{other}`\n"
                ));
            }
        };
        self.look(|sight| draw(sight.graph, Some(sight.plan)))
    }

    fn run(&self, nodes: &str, cancel: &AtomicBool) -> Result<String, String> {
        self.look(|sight| {
            let mut targets = Vec::new();
            for node in split_outside_brackets(nodes) {
                targets.extend(self.members(sight.study(), node)?);
            }
            let is_whole = targets.is_empty();
            let options = Options {
                targets,
                ..Options::default()
            };
            let progress = Progress::new(!self.shows_progress);
            let report = run(
                sight.graph,
                sight.store,
                &options,
                &|event| progress.event(event),
                cancel,
            );
            progress.finish();
            let mut said = render(&report.diagnostics, sight.sources, &self.style);
            said.push_str(&summary(&report));
            if cancel.load(Ordering::SeqCst) {
                said.push_str("stopped; what is finished is kept\n");
                return Ok(said);
            }
            if is_whole {
                let results = Results::new(sight.graph, &report.plan, sight.store);
                let folder = beside(&self.name, "reports");
                let drawn = draw(sight.study(), sight.sources, &results, &folder);
                said.push_str(&drawn.text);
                for missing in &drawn.missing {
                    let _ = writeln!(said, "not shown: {missing}");
                }
                if !drawn.files.is_empty() {
                    let _ = writeln!(said, "{} files in {}", drawn.files.len(), folder.display());
                }
            }
            said.push_str(&outcomes_text(sight.study(), &report.outcomes));
            Ok(said)
        })?
    }
}

fn render_bare(finding: &Diagnostic, style: &Style) -> String {
    render(std::slice::from_ref(finding), &SourceMap::default(), style)
}

/// `3 tasks run, 2 stored before`
fn summary(report: &RunReport) -> String {
    let mut counts = [0usize; 5];
    for task in &report.tasks {
        let column = match task.state {
            TaskState::Finished | TaskState::Superseded => 0,
            TaskState::Stored | TaskState::Reused => 1,
            TaskState::Failed(_) => 2,
            TaskState::Skipped(_) => 3,
            TaskState::Stopped => 4,
        };
        counts[column] += 1;
    }
    let words = [
        "run",
        "stored before",
        "failed",
        "not run because of that",
        "stopped",
    ];
    let parts: Vec<String> = counts
        .iter()
        .zip(words)
        .filter(|(count, _)| **count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    if parts.is_empty() {
        return "there is nothing to run\n".to_owned();
    }
    format!("tasks: {}\n", parts.join(", "))
}

/// Everything that the recipe declares, a line each.
fn names(sight: &Sight<'_>) -> String {
    let study = sight.study();
    let mut said = String::new();
    for (name, value, _) in &study.parameters {
        let _ = writeln!(said, "param {name} = {value}");
    }
    for (name, value) in &study.lets {
        let _ = writeln!(said, "let {name} = {value}");
    }
    for declaration in &study.declarations {
        for member in declaration.members.clone() {
            let _ = writeln!(said, "{}", node_line(sight, MemberId(member)));
        }
    }
    for expectation in &study.expectations {
        let _ = writeln!(said, "expect {}", expectation.text);
    }
    if said.is_empty() {
        "nothing is declared yet\n".clone_into(&mut said);
    }
    said
}

fn help() -> String {
    let form = |one: &Command| format!(":{} {}", one.name, one.argument);
    let width = COMMANDS
        .iter()
        .map(|one| form(one).chars().count())
        .max()
        .unwrap_or(0);
    let mut said = "\
An expression is answered: (300 K) in degC, gibbs(Ba2TiO4, 1200 K).
An item becomes part of the recipe, in place of the one of its name: let, param, use, a node, expect.
"
    .to_owned();
    for one in COMMANDS {
        let form = form(one);
        let _ = writeln!(said, "  {form:width$}  {}", one.doc);
    }
    said
}

fn unknown(name: &str) -> String {
    match did_you_mean(name, COMMANDS.iter().map(|one| one.name)) {
        Some(near) => format!("there is no command `:{name}`; did you mean `:{near}`?\n"),
        None => format!("there is no command `:{name}`; `:help` lists them\n"),
    }
}

fn unquoted(name: &str) -> &str {
    name.strip_prefix('"')
        .and_then(|name| name.strip_suffix('"'))
        .unwrap_or(name)
}

/// Words between blanks, where a blank within brackets does not count.
fn split_outside_brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut depth = 0_i32;
    text.split(move |c: char| {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        c.is_whitespace() && depth == 0
    })
    .filter(|part| !part.is_empty())
}
