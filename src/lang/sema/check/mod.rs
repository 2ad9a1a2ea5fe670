//! From the text of a recipe to a checked study: modules, names, families, fields, steps, expectations.
//!
//! Everything is evaluated on demand and once, so the order of declarations does not matter; whatever is
//! wrong is reported once, where it is, and poisons quietly what builds on it.

mod expand;
mod expectations;
mod fields;
mod modules;
mod scope;
mod steps;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::sync::Arc;

use rayon::prelude::*;

use super::{Declaration, DeclarationId, Member, Study, Value, Vocabulary};
use crate::lang::diag::codes::names as codes;
use crate::lang::diag::{Diagnostic, did_you_mean, in_source_order, list_words};
use crate::lang::source::{FileId, Loader, SourceMap, Span};
use crate::lang::syntax::ast::{self, Expr, ItemKind};
use modules::Module;
use scope::Scope;

/// What is set from outside of the recipe.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub overrides: Vec<Override>,
    /// `--seed`: replaces the recipe's root seed.
    pub seed: Option<u64>,
}

/// `--set name=text`, or an entry of a parameter file.
#[derive(Debug, Clone)]
pub struct Override {
    pub name: String,
    /// An expression of the language.
    pub text: String,
    /// How to call the place in a message: `--set t_max`.
    pub origin: String,
}

/// A study with everything that was found, and the texts that findings point into.
#[derive(Debug, Default)]
pub struct Checked {
    pub study: Study,
    pub sources: SourceMap,
    /// In source order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }
}

/// Checks the recipe that `loader` knows as `root`. Total: whatever the text is, it returns.
pub fn check(
    root: &str,
    loader: &dyn Loader,
    vocabulary: &Vocabulary,
    options: &Options,
) -> Checked {
    let mut sources = SourceMap::default();
    let mut diagnostics = Vec::new();
    let modules = modules::load(root, loader, &mut sources, &mut diagnostics);
    let overrides = parse_overrides(options, &mut sources, &mut diagnostics);
    let checker = Checker {
        loader,
        vocabulary,
        modules: &modules,
        overrides: &overrides,
        sources: &sources,
        found: RefCell::new(diagnostics),
        state: RefCell::default(),
        depth: Cell::new(0),
    };
    let mut study = Study {
        name: root.to_owned(),
        ..Study::default()
    };
    if !modules.is_empty() {
        checker.run(&mut study);
    }
    study.seed = options.seed.unwrap_or(study.seed);
    let diagnostics = in_source_order(checker.found.into_inner());
    Checked {
        study,
        sources,
        diagnostics,
    }
}

struct SetFromOutside {
    name: String,
    value: Expr,
    origin: String,
}

fn parse_overrides(
    options: &Options,
    sources: &mut SourceMap,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<SetFromOutside> {
    let mut parsed = Vec::new();
    for one in &options.overrides {
        let file = sources.add(one.origin.clone(), one.text.clone());
        let (value, faults) = crate::lang::syntax::parse_expression(file, &one.text);
        let sound = faults.is_empty();
        diagnostics.extend(faults);
        if sound {
            parsed.push(SetFromOutside {
                name: one.name.clone(),
                value,
                origin: one.origin.clone(),
            });
        }
    }
    parsed
}

/// An item by module and position.
type ItemRef = (usize, usize);

/// How deep names may build on names that are declared further down, and `like` on `like`.
const DEEPEST: usize = 64;

struct Checker<'a> {
    loader: &'a dyn Loader,
    vocabulary: &'a Vocabulary,
    /// The recipe itself is the first.
    modules: &'a [Module],
    overrides: &'a [SetFromOutside],
    sources: &'a SourceMap,
    found: RefCell<Vec<Diagnostic>>,
    state: RefCell<State>,
    depth: Cell<usize>,
}

/// From how many declarations on more than one thread fills them.
const WORTH_THREADS: usize = 256;

/// What has been evaluated so far.
#[derive(Default, Clone)]
struct State {
    /// `let` and `param`.
    values: HashMap<ItemRef, Slot<Value>>,
    /// Node declarations by item.
    declared: HashMap<ItemRef, Slot<DeclarationId>>,
    declarations: Vec<Declaration>,
    /// The item of each declaration.
    items: Vec<ItemRef>,
    members: Vec<Member>,
    /// The names of the axes of each member with what they stand for there. Same order as `members`.
    bindings: Vec<Arc<Vec<(String, Value)>>>,
}

#[derive(Clone)]
enum Slot<T> {
    Working,
    Done(T),
    /// A fault was reported.
    Poisoned,
}

impl<'a> Checker<'a> {
    fn run(&self, study: &mut Study) {
        let root = &self.modules[0];
        study.doc = root.tree.doc.as_ref().map(|doc| doc.text.clone());
        self.settings(study);
        self.check_overrides();
        for (at, item) in root.tree.items.iter().enumerate() {
            match &item.kind {
                ItemKind::Param(param) => {
                    if let Some(value) = self.value((0, at)) {
                        let outside = self.overrides.iter().any(|one| one.name == param.name.text);
                        study
                            .parameters
                            .push((param.name.text.clone(), value, outside));
                    }
                }
                ItemKind::Let(declared) => {
                    if let Some(value) = self.value((0, at)) {
                        study.lets.push((declared.name.text.clone(), value));
                    }
                }
                ItemKind::Node(_) => {
                    self.declaration((0, at));
                }
                ItemKind::Template(template) => self.check_template(template),
                _ => {}
            }
        }
        for item in &root.tree.items {
            if let ItemKind::Expect(expect) = &item.kind {
                let doc = item.doc.as_ref().map(|doc| doc.text.clone());
                study
                    .expectations
                    .extend(self.expectation(expect, doc, item.span));
            }
        }
        let filled = self.fill_in_parallel();
        // Filling one declaration may refer to nodes of modules for the first time, which adds declarations.
        let mut next = 0;
        while next < self.state.borrow().declarations.len() {
            if !filled.get(next).copied().unwrap_or(false) {
                self.fill(DeclarationId(next as u32));
            }
            next += 1;
        }
        let state = self.state.take();
        study.declarations = state.declarations;
        study.members = state.members;
    }

    /// Fills what can be filled on many threads without anybody noticing: declarations in which nothing is wrong and
    /// that refer to nothing for the first time. Says which those are; the others are for one thread, in source order.
    fn fill_in_parallel(&self) -> Vec<bool> {
        let count = self.state.borrow().declarations.len();
        let mut filled = vec![false; count];
        let threads = rayon::current_num_threads();
        if count < WORTH_THREADS || threads < 2 {
            return filled;
        }
        let state = self.state.borrow().clone();
        let (loader, vocabulary, modules) = (self.loader, self.vocabulary, self.modules);
        let (overrides, sources) = (self.overrides, self.sources);
        let chunk = count.div_ceil(threads);
        let done: Vec<Vec<(usize, Vec<Member>)>> = (0..threads)
            .into_par_iter()
            .map(|thread| {
                let worker = Checker {
                    loader,
                    vocabulary,
                    modules,
                    overrides,
                    sources,
                    found: RefCell::default(),
                    state: RefCell::new(state.clone()),
                    depth: Cell::new(0),
                };
                let range = (thread * chunk).min(count)..((thread + 1) * chunk).min(count);
                let mut done = Vec::with_capacity(range.len());
                for at in range {
                    worker.fill(DeclarationId(at as u32));
                    let is_plain = worker.found.take().is_empty();
                    let state = worker.state.borrow();
                    if state.declarations.len() > count {
                        break;
                    }
                    if is_plain {
                        let members = state.declarations[at].members.clone();
                        let members = &state.members[members.start as usize..members.end as usize];
                        done.push((at, members.to_vec()));
                    }
                }
                done
            })
            .collect();
        let mut state = self.state.borrow_mut();
        for (at, members) in done.into_iter().flatten() {
            filled[at] = true;
            let first = state.declarations[at].members.start as usize;
            for (place, member) in state.members[first..].iter_mut().zip(members) {
                *place = member;
            }
        }
        filled
    }

    /// `study { seed: 1 }`
    fn settings(&self, study: &mut Study) {
        let mut first: Option<Span> = None;
        for item in &self.modules[0].tree.items {
            let ItemKind::Study(body) = &item.kind else {
                continue;
            };
            if let Some(first) = first {
                self.report(
                    Diagnostic::new(codes::SETTINGS, "the settings of the study are given twice")
                        .at(item.span, "a second time")
                        .at(first, "first here")
                        .help("keep one `study { … }`"),
                );
                continue;
            }
            first = Some(item.span);
            for entry in &body.entries {
                match entry {
                    ast::Entry::Field(field) if field.name.text == "seed" => {
                        let scope = Scope::of_module(self, 0);
                        let seed = scope
                            .evaluate(&field.value)
                            .and_then(|value| value.as_integer());
                        match seed {
                            Some(seed) if seed >= 0 => study.seed = seed as u64,
                            _ => self.report(
                                Diagnostic::new(
                                    codes::SETTINGS,
                                    "the seed of a study is a whole number from 0 up",
                                )
                                .at(field.value.span, "not such a number")
                                .help("write a number, like `seed: 1`"),
                            ),
                        }
                    }
                    ast::Entry::Field(field) => self.report(
                        Diagnostic::new(
                            codes::SETTINGS,
                            format!("a study has no setting `{}`", field.name.text),
                        )
                        .at(field.name.span, "unknown setting")
                        .help("the only setting is `seed`"),
                    ),
                    ast::Entry::Step(step) => self.report(
                        Diagnostic::new(codes::SETTINGS, "`study { … }` has settings only")
                            .at(step.span, "not a setting")
                            .help("write settings as `name: value`, like `seed: 1`"),
                    ),
                    ast::Entry::Bad(_) => {}
                }
            }
        }
    }

    fn check_overrides(&self) {
        let root = &self.modules[0];
        let parameters: Vec<&str> = root
            .tree
            .items
            .iter()
            .filter_map(|item| match &item.kind {
                ItemKind::Param(param) => Some(param.name.text.as_str()),
                _ => None,
            })
            .collect();
        for one in self.overrides {
            if parameters.contains(&one.name.as_str()) {
                continue;
            }
            let help = if let Some(near) = did_you_mean(&one.name, parameters.iter().copied()) {
                format!("did you mean `{near}`?")
            } else if parameters.is_empty() {
                format!(
                    "the recipe has no parameters; declare one with `param {} = …`",
                    one.name
                )
            } else {
                format!("its parameters are {}", list_words(&parameters, "and"))
            };
            self.report(
                Diagnostic::new(
                    codes::UNKNOWN_PARAMETER,
                    format!("the recipe has no parameter `{}`", one.name),
                )
                .at(one.value.span, format!("set by {}", one.origin))
                .help(help),
            );
        }
    }

    fn report(&self, finding: Diagnostic) {
        self.found.borrow_mut().push(finding);
    }

    fn item(&self, (module, at): ItemRef) -> &'a ast::Item {
        &self.modules[module].tree.items[at]
    }

    /// The value of a `let` or `param`; none when it has a fault, which is then reported.
    fn value(&self, at: ItemRef) -> Option<Value> {
        match self.state.borrow().values.get(&at) {
            Some(Slot::Done(value)) => return Some(value.clone()),
            Some(Slot::Poisoned) => return None,
            Some(Slot::Working) => {}
            None => {}
        }
        if matches!(self.state.borrow().values.get(&at), Some(Slot::Working)) {
            return self.ring(at);
        }
        self.state.borrow_mut().values.insert(at, Slot::Working);
        let value = self.deeper(at, || match &self.item(at).kind {
            ItemKind::Let(declared) => Scope::of_module(self, at.0).evaluate(&declared.value),
            ItemKind::Param(param) => self.parameter(at.0, param),
            _ => None,
        });
        // A ring through this item has poisoned it meanwhile.
        let poisoned = matches!(self.state.borrow().values.get(&at), Some(Slot::Poisoned));
        let value = value.filter(|_| !poisoned);
        let slot = value.clone().map_or(Slot::Poisoned, Slot::Done);
        self.state.borrow_mut().values.insert(at, slot);
        value
    }

    /// Reports that a value needs itself.
    fn ring(&self, at: ItemRef) -> Option<Value> {
        let (name, span) = self.name_of(at);
        self.report(
            Diagnostic::new(
                codes::RING_OF_NAMES,
                format!("`{name}` needs its own value"),
            )
            .at(span, "this depends on itself")
            .help("give one of the names in the ring a value of its own"),
        );
        self.state.borrow_mut().values.insert(at, Slot::Poisoned);
        None
    }

    fn name_of(&self, at: ItemRef) -> (&'a str, Span) {
        let item = self.item(at);
        match &item.kind {
            ItemKind::Let(one) => (&one.name.text, one.name.span),
            ItemKind::Param(one) => (&one.name.text, one.name.span),
            ItemKind::Node(one) => (&one.name.text, one.name.span),
            ItemKind::Template(one) => (&one.name.text, one.name.span),
            _ => ("", item.span),
        }
    }

    /// Runs `work` unless names already build on one another too deep for the stack.
    fn deeper<T>(&self, at: ItemRef, work: impl FnOnce() -> Option<T>) -> Option<T> {
        if self.depth.get() >= DEEPEST {
            let (name, span) = self.name_of(at);
            self.report(
                Diagnostic::new(
                    codes::RING_OF_NAMES,
                    format!("`{name}` is the end of a chain of more than {DEEPEST} names that are declared further down"),
                )
                .at(span, "declared too far down")
                .help("declare names above those that use them"),
            );
            return None;
        }
        self.depth.set(self.depth.get() + 1);
        let result = work();
        self.depth.set(self.depth.get() - 1);
        result
    }

    fn parameter(&self, module: usize, param: &'a ast::Param) -> Option<Value> {
        let scope = Scope::of_module(self, module);
        let words: Vec<&str> = param
            .choices
            .iter()
            .map(|word| word.text.as_str())
            .collect();
        let outside = self
            .overrides
            .iter()
            .rev()
            .find(|one| module == 0 && one.name == param.name.text);
        let default = match &param.default {
            Some(default) => scope.evaluate_or_word(default, &words),
            None => None,
        };
        if let Some(value) = &default
            && !matches!(value, Value::Deferred(_) | Value::Each(_) | Value::Nodes(_))
        {
            // Fine.
        } else if let (Some(_), Some(expr)) = (&default, &param.default) {
            self.report(
                Diagnostic::new(
                    codes::PARAMETER,
                    format!(
                        "the parameter `{}` cannot hold a node or a result of a run",
                        param.name.text
                    ),
                )
                .at(expr.span, "known after the run only")
                .help("use `let` for this name"),
            );
            return None;
        }
        let Some(outside) = outside else {
            if param.default.is_none() {
                self.report(
                    Diagnostic::new(
                        codes::PARAMETER,
                        format!("the parameter `{}` has no value", param.name.text),
                    )
                    .at(param.name.span, "no default, and not set from outside")
                    .help(format!(
                        "give it a default, `param {0} = …`, or set it: `--set {0}=…`",
                        param.name.text
                    )),
                );
            }
            if let (Some(Value::Choice(word, _)), false, Some(expr)) =
                (&default, words.is_empty(), &param.default)
                && !words.contains(&word.as_ref())
            {
                return self.wrong_word(param, &words, expr.span);
            }
            return default;
        };
        let value = scope.evaluate_or_word(&outside.value, &words)?;
        if !words.is_empty() {
            return match &value {
                Value::Choice(word, _) if words.contains(&word.as_ref()) => Some(value),
                _ => self.wrong_word(param, &words, outside.value.span),
            };
        }
        if let Some(default) = &default
            && default.ty() != value.ty()
        {
            self.report(
                Diagnostic::new(
                    codes::PARAMETER,
                    format!(
                        "the parameter `{}` is {}, not {}",
                        param.name.text,
                        default.ty(),
                        value.ty()
                    ),
                )
                .at(
                    outside.value.span,
                    format!("{}, set by {}", value.ty(), outside.origin),
                )
                .at(param.name.span, format!("its default is {}", default.ty())),
            );
            return None;
        }
        Some(value)
    }

    fn wrong_word(&self, param: &ast::Param, words: &[&str], span: Span) -> Option<Value> {
        let mut finding = Diagnostic::new(
            codes::PARAMETER,
            format!(
                "`{}` is one of {}",
                param.name.text,
                list_words(words, "or")
            ),
        )
        .at(span, "not one of these words");
        if span.file != param.name.span.file {
            finding = finding.at(param.name.span, "declared here");
        }
        let written = self.sources.text(span);
        if let Some(near) = did_you_mean(written, words.iter().copied()) {
            finding = finding
                .help(format!("did you mean `{near}`?"))
                .edit(span, near);
        } else {
            finding = finding.help(format!("write {}", list_words(words, "or")));
        }
        self.report(finding);
        None
    }

    /// Where relative paths in a text start from: values set from outside count as the recipe's own.
    fn file_name(&self, file: FileId) -> String {
        self.modules
            .iter()
            .find(|module| module.file == file)
            .unwrap_or(&self.modules[0])
            .name
            .clone()
    }
}
