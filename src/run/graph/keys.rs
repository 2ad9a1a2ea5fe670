use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use super::Graph;
use crate::lang::schema::{Affects, Default, KindSchema};
use crate::lang::sema::{Input, MemberId, Role, Step, Value};
use crate::run::store::{Digest, KeyHasher, KeyParts};

/// Takes what identifies a task, part by part.
pub(super) trait Sink {
    /// `name` is like `field hold`, `canonical` one text for all spellings; `shown` gives it as the user writes it,
    /// which is not in the key.
    fn part(&mut self, name: &str, canonical: &str, shown: &dyn Fn() -> String);
}

/// The key alone, for which no text is kept.
impl Sink for KeyHasher {
    fn part(&mut self, name: &str, canonical: &str, _: &dyn Fn() -> String) {
        KeyHasher::part(self, name, canonical);
    }
}

/// All of it, as a manifest keeps it.
impl Sink for KeyParts {
    fn part(&mut self, name: &str, canonical: &str, shown: &dyn Fn() -> String) {
        self.push_shown(name, canonical, &shown());
    }
}

/// An artifact that is read, or a result of it, with its port: `reactions`, `kinetics.transport`,
/// `system.structures`.
#[derive(Debug, Clone)]
pub(super) struct MemberInput {
    pub port: String,
    pub member: MemberId,
    /// Whether the kind reads the artifact; else a result of it stands in a field.
    pub is_read: bool,
}

/// Writes out what identifies each member of a study.
pub(super) struct Keys<'a, 'g> {
    graph: &'a Graph<'g>,
    /// Canonical defaults by kind and field.
    defaults: RefCell<BTreeMap<(&'static str, &'static str), Arc<str>>>,
    digests: RefCell<BTreeMap<Arc<str>, Option<Digest>>>,
    /// Digests of the steps of members: one schedule is read by thousands of nodes.
    steps: RefCell<BTreeMap<MemberId, Arc<str>>>,
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

    /// Kind, version, fields that differ from their defaults, steps, files. Not the seed, and not how many replicas
    /// there are. The artifacts that are read are returned.
    pub(super) fn parts(&self, id: MemberId, sink: &mut dyn Sink) -> Vec<MemberInput> {
        self.kind(id, sink);
        let mut inputs = Vec::new();
        self.body(id, None, "", sink, &mut inputs);
        // Two inputs through one port (all members of a family) are told apart by number.
        let mut ports: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for input in &inputs {
            ports.entry(input.port.clone()).or_default().0 += 1;
        }
        for input in &mut inputs {
            if let Some((count, next)) = ports.get_mut(&input.port)
                && *count > 1
            {
                input.port = format!("{}[{next}]", input.port);
                *next += 1;
            }
        }
        inputs
    }

    /// What identifies the joining of replicas beside the replicas themselves: the kind alone.
    pub(super) fn kind(&self, id: MemberId, sink: &mut dyn Sink) {
        let kind = self.graph.study.kind_of(id);
        sink.part("kind", kind.name, &|| kind.name.to_owned());
        let version = kind.version.to_string();
        sink.part("kind version", &version, &|| version.clone());
    }

    /// The fields and steps of one node; of an inline node only those that are read.
    fn body(
        &self,
        id: MemberId,
        only: Option<&[&str]>,
        prefix: &str,
        sink: &mut dyn Sink,
        inputs: &mut Vec<MemberInput>,
    ) {
        let study = self.graph.study;
        let member = study.member(id);
        let kind = study.kind_of(id);
        let reads = |name: &str| only.is_none_or(|only| only.contains(&name));
        for given in &member.given {
            let field = given.field;
            if field.affects != Affects::Result || !reads(field.name) || is_reference(&given.value)
            {
                continue;
            }
            let canonical = self.canonical(id, field.name, &given.value);
            let is_default = match field.default {
                Default::Is(_) => *canonical == *self.default(kind, field.name),
                _ => given.value == Value::Nothing,
            };
            if !is_default {
                let name = format!("field {prefix}{}", field.name);
                sink.part(&name, &canonical, &|| given.value.to_string());
            }
        }
        if !kind.steps.is_empty() && reads("steps") {
            let known = self.steps.borrow().get(&id).cloned();
            let digest = known.unwrap_or_else(|| {
                let text = self.steps(id, kind, &member.steps);
                let digest: Arc<str> = Digest::of(text.as_bytes()).to_string().into();
                self.steps.borrow_mut().insert(id, Arc::clone(&digest));
                digest
            });
            let name = format!("steps {prefix}");
            let name = name.trim_end_matches([' ', '.']);
            sink.part(name, &digest, &|| shown_steps(&member.steps));
        }
        for (at, source) in self.graph.sources_of(id).iter().enumerate() {
            let name = format!("file {prefix}{}", at + 1);
            sink.part(&name, &source.digest, &|| source.name.clone());
        }
        for input in &member.inputs {
            let field = root(&input.port);
            let affects = kind
                .field(field)
                .map_or(Affects::Result, |field| field.affects);
            if affects != Affects::Result || !reads(field) {
                continue;
            }
            let port = format!("{prefix}{}", input.port);
            match input.role {
                Role::Artifact(_) | Role::Value => inputs.push(MemberInput {
                    port,
                    member: input.member,
                    is_read: input.role != Role::Value,
                }),
                Role::Inline(fields) => {
                    let read = study.kind_of(input.member);
                    sink.part(
                        &format!("field {port}"),
                        &format!("{} {}", read.name, read.version),
                        &|| format!("a {} (version {})", read.name, read.version),
                    );
                    self.body(
                        input.member,
                        Some(fields),
                        &format!("{port}."),
                        sink,
                        inputs,
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
                let named = !self.graph.sources_of(id).is_empty();
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

    /// The seed of a member, or of one replica of it: it follows from the root seed, the kind, the node's `seed:`
    /// field, the coordinates and the replica, and from nothing else. So adding a member to a family changes no
    /// other one, and a copy by `like` shares its random numbers with the original.
    pub(super) fn seeds(&self, id: MemberId) -> Seeds {
        let study = self.graph.study;
        let kind = study.kind_of(id);
        let member = study.member(id);
        let mut seeds = Seeds(blake3::Hasher::new_derive_key("synth seed 1"));
        seeds.part(&study.seed.to_le_bytes());
        seeds.part(kind.name.as_bytes());
        let offset = member
            .given("seed")
            .map_or_else(|| "0/1".to_owned(), |seed| self.canonical(id, "seed", seed));
        seeds.part(offset.as_bytes());
        seeds.part(&(member.coordinates.len() as u64).to_le_bytes());
        for (axis, value) in member.coordinates.iter() {
            seeds.part(axis.as_bytes());
            seeds.part(self.canonical(id, axis, value).as_bytes());
        }
        seeds
    }
}

/// The seeds of a member and its replicas. Parts are hashed with their lengths, so that no two lists of parts are
/// alike.
pub(super) struct Seeds(blake3::Hasher);

impl Seeds {
    fn part(&mut self, bytes: &[u8]) {
        self.0.update(&(bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    pub(super) fn of(&self, replica: Option<u32>) -> [u8; 32] {
        let mut one = Seeds(self.0.clone());
        match replica {
            Some(replica) => one.part(&replica.to_le_bytes()),
            None => one.part(&[]),
        }
        *one.0.finalize().as_bytes()
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
