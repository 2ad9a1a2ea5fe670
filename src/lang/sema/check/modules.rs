//! Loads the recipe and everything that it uses, and finds out what each file declares.

use std::collections::HashMap;

use super::codes;
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::source::{FileId, LoadError, Loader, MAX_SOURCE_BYTES, SourceMap, Span, join};
use crate::lang::syntax::ast::{self, ItemKind, UseTarget};
use crate::lang::syntax::parse;

/// One file with the names that it declares.
pub(super) struct Module {
    /// The loader's name, from which relative paths start.
    pub name: String,
    pub file: FileId,
    pub tree: ast::File,
    pub names: HashMap<String, (Binding, Span)>,
    /// Names in source order, for suggestions.
    pub order: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Binding {
    /// Index of the module; none if it could not be loaded, which is reported.
    Module(Option<usize>),
    Value(usize),
    Node(usize),
    Template(usize),
}

/// The recipe first; empty when it cannot be read.
pub(super) fn load(
    root: &str,
    loader: &dyn Loader,
    sources: &mut SourceMap,
    found: &mut Vec<Diagnostic>,
) -> Vec<Module> {
    let mut library = Library {
        loader,
        sources,
        found,
        modules: Vec::new(),
        by_name: HashMap::new(),
        open: Vec::new(),
    };
    if let Err(error) = library.module(root) {
        let finding = unreadable(&error, None);
        library.found.push(finding);
    }
    library.modules.sort_by_key(|(index, _)| *index);
    library
        .modules
        .into_iter()
        .map(|(_, module)| module)
        .collect()
}

struct Library<'a> {
    loader: &'a dyn Loader,
    sources: &'a mut SourceMap,
    found: &'a mut Vec<Diagnostic>,
    /// With the index that it was given when its loading began.
    modules: Vec<(usize, Module)>,
    by_name: HashMap<String, usize>,
    /// Modules whose loading has begun and not ended.
    open: Vec<String>,
}

/// Deepest chain of `use`.
const DEEPEST_USE: usize = 32;

impl Library<'_> {
    fn module(&mut self, name: &str) -> Result<usize, LoadError> {
        if let Some(known) = self.by_name.get(name) {
            return Ok(*known);
        }
        let loaded = self.loader.text(name)?;
        let index = self.by_name.len();
        self.by_name.insert(name.to_owned(), index);
        self.open.push(name.to_owned());
        let file = self.sources.add(loaded.name.clone(), loaded.text.clone());
        let parsed = parse(file, &loaded.text);
        self.found.extend(parsed.diagnostics);
        let mut module = Module {
            name: loaded.name,
            file,
            tree: parsed.file,
            names: HashMap::new(),
            order: Vec::new(),
        };
        for at in 0..module.tree.items.len() {
            self.declare(&mut module, at);
        }
        self.open.pop();
        self.modules.push((index, module));
        Ok(index)
    }

    fn declare(&mut self, module: &mut Module, at: usize) {
        let (name, span, binding) = match &module.tree.items[at].kind {
            ItemKind::Use(used) => {
                let used = used.clone();
                let Some((name, span)) = self.alias(&used) else {
                    return;
                };
                let target = self.target(&module.name, &used);
                (name, span, Binding::Module(target))
            }
            ItemKind::Param(one) => (one.name.text.clone(), one.name.span, Binding::Value(at)),
            ItemKind::Let(one) => (one.name.text.clone(), one.name.span, Binding::Value(at)),
            ItemKind::Node(one) => (one.name.text.clone(), one.name.span, Binding::Node(at)),
            ItemKind::Template(one) => {
                (one.name.text.clone(), one.name.span, Binding::Template(at))
            }
            ItemKind::Bad(Some(name)) => (name.text.clone(), name.span, Binding::Module(None)),
            ItemKind::Study(_) | ItemKind::Expect(_) | ItemKind::Bad(None) => return,
        };
        if let Some((_, first)) = module.names.get(&name) {
            let finding =
                Diagnostic::new(codes::DECLARED_TWICE, format!("`{name}` is declared twice"))
                    .at(span, "a second time")
                    .at(*first, "first here")
                    .help("give one of them another name");
            self.found.push(finding);
            return;
        }
        module.order.push(name.clone());
        module.names.insert(name, (binding, span));
    }

    /// The name that `use` binds.
    fn alias(&mut self, used: &ast::Use) -> Option<(String, Span)> {
        if let Some(alias) = &used.alias {
            return Some((alias.text.clone(), alias.span));
        }
        match &used.target {
            UseTarget::Module(words) => words.last().map(|word| (word.clone(), used.target_span)),
            UseTarget::Path(path) => {
                let stem = std::path::Path::new(path)
                    .file_stem()
                    .map(|stem| stem.to_string_lossy().into_owned())
                    .unwrap_or_default();
                let legal = stem.starts_with(|first: char| first.is_ascii_lowercase())
                    && stem.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if legal {
                    return Some((stem, used.target_span));
                }
                self.found.push(
                    Diagnostic::new(codes::MODULE, "this file needs a name to be used by")
                        .at(
                            used.target_span,
                            "its file name is not a name of the language",
                        )
                        .help(format!("write `use \"{path}\" as name`"))
                        .edit(used.target_span.after(), " as common"),
                );
                None
            }
        }
    }

    fn target(&mut self, from: &str, used: &ast::Use) -> Option<usize> {
        let name = match &used.target {
            UseTarget::Path(path) => join(from, path),
            UseTarget::Module(words) => match words.as_slice() {
                [std, rest @ ..] if std == "std" && !rest.is_empty() => {
                    format!("std/{}.synth", rest.join("/"))
                }
                _ => {
                    let finding = self.unknown_module(&words.join("."), used.target_span);
                    self.found.push(finding);
                    return None;
                }
            },
        };
        if self.open.contains(&name) || self.open.len() > DEEPEST_USE {
            let mut ring: Vec<String> = self
                .open
                .iter()
                .skip_while(|open| **open != name)
                .map(|open| format!("`{open}`"))
                .collect();
            ring.push(format!("`{name}`"));
            self.found.push(
                Diagnostic::new(codes::RING_OF_MODULES, "files use each other in a ring")
                    .at(used.target_span, ring.join(" uses "))
                    .help("move what both need into a file of its own"),
            );
            return None;
        }
        match self.module(&name) {
            Ok(index) => Some(index),
            Err(LoadError::Missing(_)) if matches!(used.target, UseTarget::Module(_)) => {
                let finding =
                    self.unknown_module(&name["std/".len()..].replace('/', "."), used.target_span);
                self.found.push(finding);
                None
            }
            Err(error) => {
                self.found.push(unreadable(&error, Some(used.target_span)));
                None
            }
        }
    }

    fn unknown_module(&self, name: &str, span: Span) -> Diagnostic {
        let known: Vec<String> = self
            .loader
            .library()
            .into_iter()
            .map(|name| format!("std.{name}"))
            .collect();
        let full = format!("std.{}", name.trim_start_matches("std."));
        let finding = Diagnostic::new(codes::MODULE, format!("there is no module `{name}`"))
            .at(span, "unknown module");
        match did_you_mean(&full, known.iter().map(String::as_str)) {
            Some(near) => finding.help(format!("did you mean `use {near}`?")).edit(span, near),
            None if known.contains(&full) => finding.help(format!("write `use {full}`")).edit(span, full),
            None => finding.help(format!(
                "the shipped modules are {}; a file of yours is used as `use \"path.synth\" as name`",
                list_words(&known, "and")
            )),
        }
    }
}

fn unreadable(error: &LoadError, span: Option<Span>) -> Diagnostic {
    let help = match error {
        LoadError::Missing(_) => {
            "look at the spelling of the path; relative paths start at the file that names them"
        }
        LoadError::NotText(..) => "save the file as UTF-8 text",
        LoadError::TooLarge(_) => "split the recipe, and put tables of numbers into CSV files",
        LoadError::Unreadable(..) => "look at the file's permissions",
    };
    let mut finding = Diagnostic::new(codes::MODULE, error.to_string()).help(help);
    if let LoadError::TooLarge(_) = error {
        finding = finding.note(format!(
            "a recipe holds at most {} MB",
            MAX_SOURCE_BYTES >> 20
        ));
    }
    match span {
        Some(span) => finding.at(span, "named here"),
        None => finding,
    }
}
