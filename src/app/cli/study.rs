//! Opening a study: reading parameters, checking, building the graph, printing what was found.

use std::path::{Path, PathBuf};

use super::{StudyArguments, style_err};
use crate::lang::diag::{Diagnostic, render, to_json};
use crate::lang::sema::{Checked, Options, Override, check};
use crate::lang::source::{DiskLoader, LoadError, Loader, Module};
use crate::run::graph::{Graph, Plan, elaborate, plan};
use crate::run::kind::Registry;
use crate::run::store::Store;

/// A checked study with the registry that checked it.
pub(super) struct Opened {
    pub registry: Registry,
    pub loader: Overlay,
    pub checked: Checked,
    pub json: bool,
    pub path: PathBuf,
    store: PathBuf,
}

/// Files on disk, and the recipe with lines that are added for the occasion.
#[derive(Debug, Default)]
pub(super) struct Overlay {
    name: String,
    appended: String,
}

impl Loader for Overlay {
    fn text(&self, name: &str) -> Result<Module, LoadError> {
        let mut module = DiskLoader.text(name)?;
        if name == self.name {
            module.text.push_str(&self.appended);
        }
        Ok(module)
    }
    fn bytes(&self, name: &str) -> Result<Vec<u8>, LoadError> {
        DiskLoader.bytes(name)
    }
    fn exists(&self, name: &str) -> bool {
        DiskLoader.exists(name)
    }
    fn library(&self) -> Vec<&'static str> {
        DiskLoader.library()
    }
}

/// Reads and checks a study. None: the command line itself was wrong, which is printed.
pub(super) fn open(arguments: &StudyArguments, json: bool) -> Option<Opened> {
    open_with(arguments, json, "")
}

/// Same, with text appended to the recipe.
pub(super) fn open_with(arguments: &StudyArguments, json: bool, appended: &str) -> Option<Opened> {
    let mut overrides = Vec::new();
    if let Some(path) = &arguments.params {
        match parameters(path) {
            Ok(read) => overrides.extend(read),
            Err(error) => {
                eprintln!("`{}`: {error}", path.display());
                return None;
            }
        }
    }
    for set in &arguments.set {
        let Some((name, text)) = set.split_once('=') else {
            eprintln!("`--set {set}` needs a name and a value, like `--set t_max=\"1000 °C\"`");
            return None;
        };
        overrides.push(Override {
            name: name.trim().to_owned(),
            text: text.trim().to_owned(),
            origin: format!("--set {}", name.trim()),
        });
    }
    let registry = crate::kinds::registry();
    let name = arguments.study.to_string_lossy().into_owned();
    let loader = Overlay {
        name: name.clone(),
        appended: appended.to_owned(),
    };
    let options = Options {
        overrides,
        seed: arguments.seed,
    };
    let checked = check(&name, &loader, registry.vocabulary(), &options);
    Some(Opened {
        registry,
        loader,
        checked,
        json,
        path: arguments.study.clone(),
        store: arguments.store_root(),
    })
}

impl StudyArguments {
    /// Where results are stored.
    pub fn store_root(&self) -> PathBuf {
        self.store
            .clone()
            .unwrap_or_else(|| beside(&self.study, ".synth"))
    }
}

impl Opened {
    pub fn graph(&self) -> Graph<'_> {
        elaborate(&self.checked.study, &self.registry, &self.loader)
    }

    /// Everything that the checker and the kinds found.
    pub fn findings(&self, graph: &Graph<'_>) -> Vec<Diagnostic> {
        graph.findings_after(&self.checked.diagnostics)
    }

    /// The graph of a study without errors, with the warnings that were found; the errors are printed.
    pub fn sound(&self) -> Option<(Graph<'_>, Vec<Diagnostic>)> {
        let graph = self.graph();
        let findings = self.findings(&graph);
        if findings.iter().any(Diagnostic::is_error) {
            self.print(&findings);
            return None;
        }
        Some((graph, findings))
    }

    /// The same with its store and what a run would do now.
    pub fn planned(&self) -> Option<(Graph<'_>, Store, Plan)> {
        let (graph, _) = self.sound()?;
        let store = Store::open(self.store_root());
        let plan = plan(&graph, &store, &[]);
        Some((graph, store, plan))
    }

    /// Prints findings, if there are any: for programs to standard output, for people to standard error.
    pub fn print(&self, findings: &[Diagnostic]) {
        if self.json {
            println!("{:#}", to_json(findings, &self.checked.sources));
        } else if !findings.is_empty() {
            eprint!("{}", render(findings, &self.checked.sources, &style_err()));
        }
    }

    /// Prints findings that are not about a recipe as a whole.
    pub fn print_one(&self, finding: Diagnostic) {
        eprint!(
            "{}",
            render(&[finding], &self.checked.sources, &style_err())
        );
    }

    pub fn store_root(&self) -> PathBuf {
        self.store.clone()
    }

    /// `study.lock` beside `study.synth`.
    pub fn lock_path(&self) -> PathBuf {
        self.path.with_extension("lock")
    }

    pub fn reports(&self) -> PathBuf {
        beside(&self.path, "reports")
    }
}

fn beside(path: &Path, name: &str) -> PathBuf {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.join(name),
        _ => PathBuf::from(name),
    }
}

/// Parameters of a TOML file: texts are expressions, other values are written as in a recipe.
fn parameters(path: &Path) -> Result<Vec<Override>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string())?;
    let table: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| error.message().to_owned())?;
    table
        .into_iter()
        .map(|(name, value)| {
            let text = expression(&value)
                .ok_or_else(|| format!("`{name}` is neither text, number, truth value nor list"))?;
            Ok(Override {
                origin: format!("{}: {name}", path.display()),
                name,
                text,
            })
        })
        .collect()
}

fn expression(value: &toml::Value) -> Option<String> {
    Some(match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(value) => value.to_string(),
        toml::Value::Float(value) => value.to_string(),
        toml::Value::Boolean(value) => value.to_string(),
        toml::Value::Array(values) => {
            let all: Option<Vec<String>> = values.iter().map(expression).collect();
            format!("[{}]", all?.join(", "))
        }
        _ => return None,
    })
}
