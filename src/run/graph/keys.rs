use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::Graph;
use crate::lang::schema::{Affects, Default, KindSchema};
use crate::lang::sema::{Input, MemberId, Role, Step, Value};
use crate::run::store::{Digest, KeyParts};

/// What identifies a task, before the keys of its inputs are put in.
#[derive(Debug, Clone, Default)]
pub(super) struct Parts {
    pub own: Vec<Own>,
    /// Artifacts that are read, by port: `reactions`, `kinetics.transport`, `system.structures`.
    pub inputs: Vec<(String, MemberId, InputUse)>,
}

#[derive(Debug, Clone)]
pub(super) struct Own {
    /// `field hold`
    pub name: String,
    /// One text for all spellings.
    pub canonical: String,
    /// As the user writes it; not in the key.
    pub shown: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InputUse {
    /// The kind reads the artifact.
    Artifact,
    /// A result of it stands in a field.
    Value,
}

/// Writes out what identifies each member of a study.
pub(super) struct Keys<'a, 'g> {
    graph: &'a Graph<'g>,
    /// Canonical defaults by kind and field.
    defaults: RefCell<BTreeMap<(&'static str, &'static str), Arc<str>>>,
    digests: RefCell<BTreeMap<Arc<str>, Option<Digest>>>,
    /// Steps of members, canonical and for people: one schedule is read by thousands of nodes.
    steps: RefCell<BTreeMap<MemberId, (String, String)>>,
}

/// Which of the fields count.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What affects the result of one replica, or of a node without replicas.
    Result,
    /// That, and how many replicas there are.
    Replicas,
}

impl<'a, 'g> Keys<'a, 'g> {
    pub(super) fn new(graph: &'a Graph<'g>) -> Self {
        Keys {
            graph,
            defaults: RefCell::default(),
            digests: RefCell::default(),
            steps: RefCell::default(),
        }
    }

    /// Kind, version, fields that differ from their defaults, files, inputs. Not the seed.
    pub(super) fn parts(&self, id: MemberId, scope: Scope) -> Parts {
        let kind = self.graph.study.kind_of(id);
        let mut parts = Parts::default();
        parts.own.push(Own::plain("kind", kind.name));
        parts
            .own
            .push(Own::plain("kind version", &kind.version.to_string()));
        self.body(id, None, "", scope, &mut parts);
        // Two inputs through one port (all members of a family) are told apart by number.
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        for (port, ..) in &parts.inputs {
            *count.entry(port.clone()).or_default() += 1;
        }
        let mut at: BTreeMap<String, usize> = BTreeMap::new();
        for (port, ..) in &mut parts.inputs {
            if count.get(port).is_some_and(|count| *count > 1) {
                let next = at.entry(port.clone()).or_default();
                let numbered = format!("{port}[{next}]");
                *next += 1;
                *port = numbered;
            }
        }
        parts
    }

    /// The fields and steps of one node; of an inline node only those that are read.
    fn body(
        &self,
        id: MemberId,
        only: Option<&[&str]>,
        prefix: &str,
        scope: Scope,
        parts: &mut Parts,
    ) {
        let study = self.graph.study;
        let member = study.member(id);
        let kind = study.kind_of(id);
        let reads = |name: &str| only.is_none_or(|only| only.contains(&name));
        for given in &member.given {
            let field = given.field;
            if !counts(field.affects, scope) || !reads(field.name) || is_reference(&given.value) {
                continue;
            }
            let canonical = self.canonical(id, field.name, &given.value);
            let is_default = match field.default {
                Default::Is(_) => *canonical == *self.default(kind, field.name),
                _ => given.value == Value::Nothing,
            };
            if !is_default {
                parts.own.push(Own {
                    name: format!("field {prefix}{}", field.name),
                    canonical,
                    shown: given.value.to_string(),
                });
            }
        }
        if !kind.steps.is_empty() && reads("steps") {
            let known = self.steps.borrow().get(&id).cloned();
            let (canonical, shown) = known.unwrap_or_else(|| {
                let written = (
                    self.steps(id, kind, &member.steps),
                    shown_steps(&member.steps),
                );
                self.steps.borrow_mut().insert(id, written.clone());
                written
            });
            parts.own.push(Own {
                name: format!("steps {prefix}")
                    .trim_end_matches([' ', '.'])
                    .to_owned(),
                canonical,
                shown,
            });
        }
        if let Some(sources) = self.graph.sources.get(id.0 as usize) {
            for (at, source) in sources.iter().enumerate() {
                parts.own.push(Own {
                    name: format!("file {prefix}{}", at + 1),
                    canonical: source.digest.clone(),
                    shown: source.name.clone(),
                });
            }
        }
        for input in &member.inputs {
            let field = root(&input.port);
            let affects = kind
                .field(field)
                .map_or(Affects::Result, |field| field.affects);
            if !counts(affects, scope) || !reads(field) {
                continue;
            }
            let port = format!("{prefix}{}", input.port);
            match input.role {
                Role::Artifact(_) => parts.inputs.push((port, input.member, InputUse::Artifact)),
                Role::Value => parts.inputs.push((port, input.member, InputUse::Value)),
                Role::Inline(fields) => {
                    let read = study.kind_of(input.member);
                    parts.own.push(Own {
                        name: format!("field {port}"),
                        canonical: format!("{} {}", read.name, read.version),
                        shown: format!("a {} (version {})", read.name, read.version),
                    });
                    self.body(
                        input.member,
                        Some(fields),
                        &format!("{port}."),
                        scope,
                        parts,
                    );
                }
            }
        }
    }

    /// Nodes within a value are written by their place among the inputs of the field; their keys are parts of
    /// their own, so that a message can name the input that differs.
    fn canonical(&self, id: MemberId, field: &str, value: &Value) -> String {
        let inputs = &self.graph.study.member(id).inputs;
        let place = |member: MemberId| {
            let at = of_field(inputs, field).position(|input| input.member == member);
            at.map_or_else(|| "?".to_owned(), |at| format!("input {at}"))
        };
        self.without_paths(id, value).canonical(&place)
    }

    /// Paths are not in keys, contents are. A kind that names the files that it reads has put their digests
    /// in already.
    fn without_paths(&self, id: MemberId, value: &Value) -> Value {
        match value {
            Value::Path(path) => {
                let named = self
                    .graph
                    .sources
                    .get(id.0 as usize)
                    .is_some_and(|sources| !sources.is_empty());
                let digest = if named { None } else { self.digest(id, path) };
                match (named, digest) {
                    (true, _) => Value::text("file"),
                    (false, Some(digest)) => Value::text(&digest.to_string()),
                    (false, None) => value.clone(),
                }
            }
            Value::List(values) => Value::list(
                values
                    .iter()
                    .map(|value| self.without_paths(id, value))
                    .collect(),
            ),
            Value::Record(entries) => {
                Value::Record(Arc::new(self.entries_without_paths(id, entries)))
            }
            Value::Choice(word, entries) => Value::Choice(
                word.clone(),
                Arc::new(self.entries_without_paths(id, entries)),
            ),
            other => other.clone(),
        }
    }

    fn entries_without_paths(
        &self,
        id: MemberId,
        entries: &[(String, Value)],
    ) -> Vec<(String, Value)> {
        entries
            .iter()
            .map(|(name, value)| (name.clone(), self.without_paths(id, value)))
            .collect()
    }

    fn digest(&self, id: MemberId, path: &Arc<str>) -> Option<Digest> {
        if let Some(known) = self.digests.borrow().get(path) {
            return *known;
        }
        let digest = self
            .graph
            .node(id)
            .bytes(path)
            .ok()
            .map(|bytes| Digest::of(&bytes));
        self.digests.borrow_mut().insert(path.clone(), digest);
        digest
    }

    fn default(&self, kind: &'static KindSchema, field: &'static str) -> Arc<str> {
        if let Some(known) = self.defaults.borrow().get(&(kind.name, field)) {
            return known.clone();
        }
        let value = self.graph.registry.vocabulary().default(kind.name, field);
        let text: Arc<str> = value.canonical(&|_| String::new()).into();
        self.defaults
            .borrow_mut()
            .insert((kind.name, field), text.clone());
        text
    }

    fn steps(&self, id: MemberId, kind: &'static KindSchema, steps: &[Step]) -> String {
        // A kind knows nothing of nodes, so it cannot write a result of one.
        if !steps.iter().any(has_deferred)
            && let Some(text) = self
                .graph
                .registry
                .get(kind.name)
                .and_then(|kind| kind.canonical_steps(steps))
        {
            return text;
        }
        let mut text = String::new();
        for step in steps {
            self.step(id, step, &mut text);
        }
        text
    }

    fn step(&self, id: MemberId, step: &Step, into: &mut String) {
        let _ = write!(into, "{}(", step.verb.name);
        let mut arguments: Vec<_> = step
            .arguments
            .iter()
            .filter(|(argument, ..)| argument.affects == Affects::Result)
            .collect();
        arguments.sort_by_key(|(argument, ..)| argument.name);
        for (argument, value, _) in arguments {
            let _ = write!(
                into,
                "{}: {}, ",
                argument.name,
                self.canonical(id, "steps", value)
            );
        }
        into.push(')');
        if !step.block.is_empty() {
            into.push('{');
            for step in &step.block {
                self.step(id, step, into);
            }
            into.push('}');
        }
        into.push('\n');
    }

    /// The seed of a member: it follows from the root seed, the kind, the node's `seed:` field, the
    /// coordinates and the replica, and from nothing else. So adding a member to a family changes no other
    /// one, and a copy by `like` shares its random numbers with the original.
    pub(super) fn seed(&self, id: MemberId, replica: Option<u32>) -> [u8; 32] {
        let study = self.graph.study;
        let kind = study.kind_of(id);
        let member = study.member(id);
        let mut hash = Seed(blake3::Hasher::new_derive_key("synth seed 1"));
        hash.part(&study.seed.to_le_bytes());
        hash.part(kind.name.as_bytes());
        let offset = member
            .given("seed")
            .map_or_else(|| "0/1".to_owned(), |seed| self.canonical(id, "seed", seed));
        hash.part(offset.as_bytes());
        hash.part(&(member.coordinates.len() as u64).to_le_bytes());
        for (axis, value) in member.coordinates.iter() {
            hash.part(axis.as_bytes());
            hash.part(self.canonical(id, axis, value).as_bytes());
        }
        match replica {
            Some(replica) => hash.part(&replica.to_le_bytes()),
            None => hash.part(&[]),
        }
        *hash.0.finalize().as_bytes()
    }
}

/// Parts are hashed with their lengths, so that no two lists of parts are alike.
struct Seed(blake3::Hasher);

impl Seed {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }
}

impl Own {
    pub(super) fn plain(name: &str, value: &str) -> Self {
        Own {
            name: name.to_owned(),
            canonical: value.to_owned(),
            shown: value.to_owned(),
        }
    }
}

/// The parts of a task's key as the store keeps them; `identity` gives the key, or the digest of the artifact,
/// of each input.
pub(super) fn key_parts(own: &[Own], inputs: &[(String, String)]) -> KeyParts {
    let mut parts = KeyParts::default();
    for one in own {
        parts.push_shown(&one.name, &one.canonical, &one.shown);
    }
    for (port, identity) in inputs {
        parts.push(&format!("input {port}"), identity);
    }
    parts
}

fn counts(affects: Affects, scope: Scope) -> bool {
    match affects {
        Affects::Result => true,
        Affects::Replicas => scope == Scope::Replicas,
        Affects::Speed | Affects::Output | Affects::Report => false,
    }
}

/// The field that a port begins with; `steps` for those of steps.
pub(super) fn root(port: &str) -> &str {
    port.split(['.', '[']).next().unwrap_or(port)
}

fn of_field<'a>(inputs: &'a [Input], field: &'a str) -> impl Iterator<Item = &'a Input> {
    inputs
        .iter()
        .filter(move |input| root(&input.port) == field)
}

/// Whether a value consists of nodes alone, which the inputs say already.
fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Nodes(_))
}

fn has_deferred(step: &Step) -> bool {
    step.arguments
        .iter()
        .any(|(_, value, _)| value.is_deferred() || matches!(value, Value::Nodes(_)))
        || step.block.iter().any(has_deferred)
}

fn shown_steps(steps: &[Step]) -> String {
    let mut text = String::new();
    for step in steps {
        text.push_str(step.verb.name);
        for (argument, value, _) in &step.arguments {
            match argument.place {
                crate::lang::schema::Place::Positional => {
                    let _ = write!(text, " {value}");
                }
                crate::lang::schema::Place::After(word) => {
                    let _ = write!(text, " {word} {value}");
                }
                crate::lang::schema::Place::Flag(word) => {
                    if *value == Value::Boolean(true) {
                        let _ = write!(text, " {word}");
                    }
                }
            }
        }
        if !step.block.is_empty() {
            let _ = write!(
                text,
                " {{ {} }}",
                shown_steps(&step.block).trim_end().replace('\n', "; ")
            );
        }
        text.push('\n');
    }
    text
}
