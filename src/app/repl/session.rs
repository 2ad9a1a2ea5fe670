//! What a prompt remembers, and what becomes of an entry. No terminal: text in, text out.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use super::completion::{Candidate, Hint, Outline};
use super::recipe::{Entered, Identity, Piece, Recipe};
use crate::app::cli::answer;
use crate::app::cli::outcomes_text;
use crate::lang::diag::{Diagnostic, Style, render};
use crate::lang::schema;
use crate::lang::sema::{Checked, MemberId, Options, Study, Unresolved, Value, check};
use crate::lang::source::{FileId, LoadError, Loader, Module, SourceMap};
use crate::lang::syntax::{parse, parse_expression};
use crate::run::engine::{Outcome, Results, Verdict, evaluate_expectations};
use crate::run::graph::{Graph, Plan, elaborate, plan};
use crate::run::kind::Registry;
use crate::run::store::Store;

/// Whether the prompt comes again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Continue,
    Quit,
}

/// A session at the prompt: a recipe that grows by what is entered, and the store of its results.
pub struct Session {
    pub(super) registry: Registry,
    pub(super) loader: Box<dyn Loader>,
    /// The store that was asked for; else it is beside the recipe.
    store_root: Option<PathBuf>,
    pub(super) style: Style,
    /// Shows the progress of a run on standard error.
    pub(super) shows_progress: bool,
    /// The loader's name of the recipe, from which relative paths start.
    pub(super) name: String,
    /// Whether the recipe has a file of that name.
    pub(super) has_file: bool,
    pub(super) recipe: Recipe,
    /// What `:undo` goes back to, the latest last.
    pub(super) earlier: Vec<Recipe>,
    /// Files as this session has last read or written them.
    pub(super) files: BTreeMap<PathBuf, String>,
    /// Warnings that were shown already.
    told: BTreeSet<(String, String)>,
    pub(super) outline: Outline,
}

/// What a recipe without a file is called.
pub(super) const UNNAMED: &str = "session.synth";
/// What an entry is called in messages.
const ENTRY: &str = "entry";
/// The name under which an expression is read; nobody declares it by accident.
const HIDDEN: &str = "asked_at_the_prompt";

/// The recipe of the session as a file that the loader knows.
pub(super) struct Overlay<'a> {
    inner: &'a dyn Loader,
    name: String,
    text: String,
}

impl Loader for Overlay<'_> {
    fn text(&self, name: &str) -> Result<Module, LoadError> {
        if name == self.name {
            return Ok(Module {
                name: self.name.clone(),
                text: self.text.clone(),
            });
        }
        self.inner.text(name)
    }
    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        self.inner.bytes(name)
    }
    fn exists(&self, name: &str) -> bool {
        self.inner.exists(name)
    }
    fn library(&self) -> Vec<&'static str> {
        self.inner.library()
    }
}

/// A recipe that was checked, with what is needed to ask further.
pub(super) struct Sight<'a> {
    pub graph: &'a Graph<'a>,
    pub plan: &'a Plan,
    pub store: &'a Store,
    pub sources: &'a SourceMap,
}

impl Sight<'_> {
    pub fn study(&self) -> &Study {
        self.graph.study
    }
}

impl Session {
    /// An empty session. `store_root`: where results are; left out, `.synth` beside the recipe.
    pub fn open(
        registry: Registry,
        loader: Box<dyn Loader>,
        store_root: Option<&Path>,
        style: Style,
    ) -> Self {
        let mut session = Session {
            registry,
            loader,
            store_root: store_root.map(Path::to_owned),
            style,
            shows_progress: false,
            name: UNNAMED.to_owned(),
            has_file: false,
            recipe: Recipe::default(),
            earlier: Vec::new(),
            files: BTreeMap::new(),
            told: BTreeSet::new(),
            outline: Outline::default(),
        };
        session.outline = session.outlined(&Study::default(), &Recipe::default());
        session
    }

    /// Shows on standard error how a run goes on.
    #[must_use]
    pub fn showing_progress(mut self) -> Self {
        self.shows_progress = true;
        self
    }

    /// Takes one entry, which may have several lines, and writes the answer. Raising `cancel` stops what is being
    /// computed and nothing else.
    pub fn enter(&mut self, input: &str, out: &mut dyn Write, cancel: &AtomicBool) -> Step {
        let input = input.trim();
        if let Some(command) = input.strip_prefix(':') {
            return self.command(command, out, cancel);
        }
        // The answer goes to whoever reads it; if nobody can, there is nobody to be told.
        let _ = out.write_all(self.entered(input).as_bytes());
        Step::Continue
    }

    /// What may stand at `pos`: the byte where the word begins, and the words that fit.
    pub fn complete(&self, line: &str, pos: usize) -> (usize, Vec<Candidate>) {
        self.outline.complete(self.registry.vocabulary(), line, pos)
    }

    /// What could be written at the end of the line.
    pub fn hint(&self, line: &str, pos: usize) -> Option<Hint> {
        self.outline.hint(self.registry.vocabulary(), line, pos)
    }

    fn entered(&mut self, input: &str) -> String {
        let (_, faults) = parse_expression(FileId(0), input);
        if faults.is_empty() {
            return match self.asked(input, |sight, value| answered(sight, &value)) {
                Ok(answer) | Err(answer) => answer,
            };
        }
        if self.looks_like_items(input) {
            return match Recipe::read(input) {
                Ok(entry) if entry.is_empty() => String::new(),
                Ok(entry) => self.keep(input, &entry),
                Err(faults) => self.faults_of_entry(&faults, input),
            };
        }
        self.faults_of_entry(&faults, input)
    }

    /// Whether a text means to declare something. A text without any code does too: comments.
    fn looks_like_items(&self, input: &str) -> bool {
        let parsed = parse(FileId(0), input);
        if parsed.diagnostics.is_empty() {
            return true;
        }
        let code = input
            .lines()
            .map(str::trim_start)
            .find(|line| !line.is_empty() && !line.starts_with("//"));
        let mut words = code.unwrap_or_default().split_whitespace();
        let is_name = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
        };
        match (words.next(), words.next()) {
            (Some("use" | "study" | "param" | "let" | "template" | "expect"), _) => true,
            (Some(kind), second) if self.registry.vocabulary().kind(kind).is_some() => {
                second.is_some()
            }
            (Some(kind), Some(name)) if is_name(kind) => {
                is_name(name) && !matches!(name, "in" | "to" | "and" | "or") || name == "{"
            }
            _ => false,
        }
    }

    fn faults_of_entry(&self, faults: &[Diagnostic], input: &str) -> String {
        let mut sources = SourceMap::default();
        sources.add(ENTRY, input);
        render(faults, &sources, &self.style)
    }

    /// Makes items of an entry part of the recipe, unless something is wrong with them.
    fn keep(&mut self, input: &str, entry: &Recipe) -> String {
        let candidate = self.recipe.with(entry);
        let replaced: Vec<bool> = entry
            .pieces()
            .iter()
            .map(|piece| self.recipe.has(&piece.identity))
            .collect();
        let mut outline = None;
        let mut shown = String::new();
        let examined = self.examine(&self.name, &candidate, input, |sight| {
            outline = Some(self.outlined(sight.study(), &candidate));
            for (piece, replaced) in entry.pieces().iter().zip(&replaced) {
                let mut line = kept(sight, piece);
                if *replaced {
                    line.push_str(", in place of the earlier one");
                }
                shown.push_str(&line);
                shown.push('\n');
            }
        });
        match examined {
            Err(faults) => faults,
            Ok(warnings) => {
                let warnings = self.tell(warnings);
                self.earlier
                    .push(std::mem::replace(&mut self.recipe, candidate));
                self.recipe.settle();
                if let Some(outline) = outline {
                    self.outline = outline;
                }
                shown + &warnings
            }
        }
    }

    /// Makes a recipe the session's own, if it is sound. None: it has faults, which are written.
    pub(super) fn adopt(&mut self, name: &str, recipe: Recipe) -> (bool, String) {
        let mut outline = None;
        let mut summary = String::new();
        let examined = self.examine(name, &recipe, "", |sight| {
            outline = Some(self.outlined(sight.study(), &recipe));
            let study = sight.study();
            summary = format!(
                "{} nodes in {} declarations, {} of {} tasks stored\n",
                study.members.len(),
                study.declarations.len(),
                sight.plan.stored(),
                sight.plan.tasks.len()
            );
        });
        match examined {
            Err(faults) => (false, faults),
            Ok(warnings) => {
                self.told.clear();
                let warnings = self.tell(warnings);
                self.recipe = recipe;
                name.clone_into(&mut self.name);
                self.outline = outline.unwrap_or_default();
                (true, summary + &warnings)
            }
        }
    }

    /// Renders what has not been said before.
    fn tell(&mut self, warnings: Found) -> String {
        let identity = |one: &Diagnostic| (one.code.to_string(), one.headline.clone());
        let all: BTreeSet<_> = warnings.findings.iter().map(identity).collect();
        let new: Vec<Diagnostic> = warnings
            .findings
            .into_iter()
            .filter(|one| !self.told.contains(&identity(one)))
            .collect();
        self.told = all;
        render(&new, &warnings.sources, &self.style)
    }

    /// Checks a recipe, and looks at it if it is sound; returns its warnings. Else all findings as text.
    pub(super) fn examine(
        &self,
        name: &str,
        recipe: &Recipe,
        input: &str,
        look: impl FnOnce(&Sight<'_>),
    ) -> Result<Found, String> {
        let (text, entered) = recipe.text();
        let overlay = Overlay {
            inner: self.loader.as_ref(),
            name: name.to_owned(),
            text,
        };
        let Checked {
            study,
            mut sources,
            diagnostics,
        } = check(
            name,
            &overlay,
            self.registry.vocabulary(),
            &Options::default(),
        );
        let graph = elaborate(&study, &self.registry, &overlay);
        let findings = graph.findings_after(&diagnostics);
        if findings.iter().any(Diagnostic::is_error) {
            let findings = shown_in_entry(findings, &entered, &mut sources, name, input);
            return Err(render(&findings, &sources, &self.style));
        }
        let store = Store::open(self.store_root_of(name));
        let plan = plan(&graph, &store, &[]);
        look(&Sight {
            graph: &graph,
            plan: &plan,
            store: &store,
            sources: &sources,
        });
        let findings = shown_in_entry(findings, &entered, &mut sources, name, input);
        Ok(Found { findings, sources })
    }

    /// Looks at the recipe as it stands.
    pub(super) fn look<T>(&self, look: impl FnOnce(&Sight<'_>) -> T) -> Result<T, String> {
        let mut seen = None;
        self.examine(&self.name, &self.recipe, "", |sight| {
            seen = Some(look(sight));
        })?;
        seen.ok_or_else(String::new)
    }

    /// Evaluates an expression with the names of the recipe and hands over its value, which may be deferred.
    pub(super) fn asked<T>(
        &self,
        expression: &str,
        look: impl FnOnce(&Sight<'_>, Value) -> T,
    ) -> Result<T, String> {
        let recipe = self.recipe.asking(HIDDEN, expression);
        let mut seen = None;
        self.examine(&self.name, &recipe, expression, |sight| {
            let lets = &sight.study().lets;
            if let Some((_, value)) = lets.iter().find(|(name, _)| name == HIDDEN) {
                seen = Some(look(sight, value.clone()));
            }
        })?;
        seen.ok_or_else(|| "this has no value\n".to_owned())
    }

    pub(super) fn store_root_of(&self, name: &str) -> PathBuf {
        self.store_root
            .clone()
            .unwrap_or_else(|| beside(name, ".synth"))
    }

    pub(super) fn outlined(&self, study: &Study, recipe: &Recipe) -> Outline {
        Outline::of(study, recipe, self.loader.as_ref())
    }
}

/// Warnings, and the texts into which they point.
pub(super) struct Found {
    findings: Vec<Diagnostic>,
    sources: SourceMap,
}

/// Findings about what was just entered point into the entry, not into the recipe that it would become part of.
fn shown_in_entry(
    findings: Vec<Diagnostic>,
    entered: &Entered,
    sources: &mut SourceMap,
    name: &str,
    input: &str,
) -> Vec<Diagnostic> {
    let recipe = sources
        .files()
        .find(|(_, file)| file.name == name)
        .map(|(id, _)| id);
    let Some(recipe) = recipe else {
        return findings;
    };
    let entry = sources.add(ENTRY, input);
    findings
        .into_iter()
        .map(|finding| entered.shown(finding, recipe, entry))
        .collect()
}

/// A file or folder in the folder of a recipe.
pub(super) fn beside(name: &str, other: &str) -> PathBuf {
    match Path::new(name).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.join(other),
        _ => PathBuf::from(other),
    }
}

/// One line about an item that was kept.
fn kept(sight: &Sight<'_>, piece: &Piece) -> String {
    let study = sight.study();
    let name = piece.name();
    if let Identity::Expect(text) = &piece.identity {
        return claimed(sight, text);
    }
    if let Some(id) = study.find(name) {
        let declaration = study.declaration(id);
        let members = declaration.members.len();
        let kind = declaration.kind.name;
        return if declaration.axes.is_empty() {
            format!("{name}: {kind}")
        } else {
            format!("{name}: {kind}, {members} members")
        };
    }
    let parameters = study
        .parameters
        .iter()
        .map(|(name, value, _)| (name, value));
    let lets = study.lets.iter().map(|(name, value)| (name, value));
    match parameters.chain(lets).find(|(known, _)| *known == name) {
        Some((_, value @ (Value::Nodes(_) | Value::Each(_)))) => {
            format!("{name}: {}", type_text(study, value))
        }
        Some((_, value)) => format!("{name} = {value}"),
        None => format!("{name}: {}", piece.what),
    }
}

/// Whether an expectation holds, as far as that is known.
fn claimed(sight: &Sight<'_>, text: &str) -> String {
    let results = Results::new(sight.graph, sight.plan, sight.store);
    let said: Vec<Outcome> = evaluate_expectations(sight.study(), &results)
        .into_iter()
        .filter(|outcome| text.strip_prefix("expect ") == Some(outcome.text.as_str()))
        .collect();
    let is_open = |outcome: &Outcome| matches!(outcome.verdict, Verdict::Undecided(_));
    if said.iter().all(is_open) {
        return format!("{text}: not run yet, `:run`");
    }
    outcomes_text(sight.study(), &said).trim_end().to_owned()
}

/// The value of an expression as an answer.
pub(super) fn answered(sight: &Sight<'_>, value: &Value) -> String {
    let study = sight.study();
    let results = Results::new(sight.graph, sight.plan, sight.store);
    match value {
        Value::Nodes(members) => members
            .iter()
            .map(|member| format!("{}\n", node_line(sight, *member)))
            .collect(),
        Value::Each(values) => values
            .iter()
            .map(|one| {
                let each = Value::Each(vec![one.clone()].into());
                match results.value(&each) {
                    Ok(value) => answer(study, &value),
                    Err(reason) => format!("{}  {}", study.label(one.0), unresolved(&reason)),
                }
            })
            .collect(),
        other => match results.value(other) {
            Ok(value) => answer(study, &value),
            Err(reason) => unresolved(&reason),
        },
    }
}

/// Why a result is not there, and what to do.
fn unresolved(reason: &Unresolved) -> String {
    match reason {
        Unresolved::NotRun(label) => format!("not run yet: `:run {label}`\n"),
        other => format!("{other}\n"),
    }
}

/// `fired[ratio: 1]: synthesis, not run yet`
pub(super) fn node_line(sight: &Sight<'_>, member: MemberId) -> String {
    let study = sight.study();
    let kind = study.kind_of(member);
    let state = match (kind.outcome, sight.plan.of_member(member)) {
        (schema::Outcome::Inline, _) => "described inline".to_owned(),
        (schema::Outcome::Sink, _) => "written by each run".to_owned(),
        (schema::Outcome::Artifact(_), Some(task)) if sight.plan.is_stored(task) => {
            "stored".to_owned()
        }
        (schema::Outcome::Artifact(_), _) => {
            format!("not run yet: `:run {}`", study.label(member))
        }
    };
    format!("{}: {}, {state}", study.label(member), kind.name)
}

/// The type of a value in words.
pub(super) fn type_text(study: &Study, value: &Value) -> String {
    match value {
        Value::Nodes(members) => {
            let kind = members
                .first()
                .map_or("", |member| study.kind_of(*member).name);
            let gives = members
                .first()
                .map(|member| match study.kind_of(*member).outcome {
                    schema::Outcome::Artifact(artifact) => format!(" that gives {}", artifact.0),
                    schema::Outcome::Inline => " described inline".to_owned(),
                    schema::Outcome::Sink => String::new(),
                })
                .unwrap_or_default();
            match members.len() {
                1 => format!("a node of kind `{kind}`{gives}"),
                many => format!("a family of {many} nodes of kind `{kind}`, each{gives}"),
            }
        }
        other if other.is_deferred() => format!("{}, known after the run", other.ty()),
        other => other.ty().to_string(),
    }
}
