use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::panic::{AssertUnwindSafe, catch_unwind};

use petgraph::graph::{DiGraph, NodeIndex};

use super::cycle::cycles;
use super::snapshot::Snapshot;
use crate::lang::diag::codes::run as codes;
use crate::lang::diag::{Code, Diagnostic, in_source_order};
use crate::lang::schema::{Default, Outcome};
use crate::lang::sema::{Declaration, DeclarationId, Deferred, MemberId, Step, Study, Tree, Value};
use crate::lang::source::{Loader, Span};
use crate::run::kind::{Checked, Facts, Finding, Kind, Node, Registry, Source};

/// A study in order of dependence, checked by its kinds.
pub struct Graph<'a> {
    pub study: &'a Study,
    pub registry: &'a Registry,
    /// One node for each member, by its number; an edge leads from what is needed to who needs it.
    pub dependences: DiGraph<MemberId, ()>,
    /// Members such that inputs come first; among those that are ready, the one written first. Members of a
    /// ring, and those that need them, are left out.
    pub order: Vec<MemberId>,
    /// What each member said about itself, by its number.
    pub facts: Vec<Facts>,
    /// The files and table rows that each member reads, by its number.
    pub sources: Vec<Vec<Source>>,
    /// Rings, and what the kinds found, in source order.
    pub diagnostics: Vec<Diagnostic>,
    snapshot: Snapshot<'a>,
}

/// Builds the graph and runs the checks of the kinds. Takes time linear in members and references (but for
/// what the kinds themselves take).
pub fn elaborate<'a>(
    study: &'a Study,
    registry: &'a Registry,
    loader: &'a dyn Loader,
) -> Graph<'a> {
    let dependences = dependences(study);
    let order = order(study, &dependences);
    let mut graph = Graph {
        study,
        registry,
        dependences,
        order,
        facts: vec![None; study.members.len()],
        sources: vec![Vec::new(); study.members.len()],
        diagnostics: Vec::new(),
        snapshot: Snapshot::new(loader),
    };
    let mut found = if graph.order.len() < study.members.len() {
        cycles(study, &graph.dependences)
    } else {
        Vec::new()
    };
    let mut findings = Findings::default();
    for at in 0..graph.order.len() {
        let id = graph.order[at];
        let Some(kind) = graph.kind(id) else { continue };
        if !is_whole(study, id) {
            continue;
        }
        // A fault of the program in one check must not hide what the others find.
        let checked = catch_unwind(AssertUnwindSafe(|| kind.check(&graph.node(id))))
            .unwrap_or_else(|_| {
                let mut checked = Checked::default();
                checked.finding(fault_of_the_program(kind.schema().name));
                checked
            });
        // What is left of a node is not what its author means: others are not told of it.
        if !study.member(id).broken {
            graph.facts[id.0 as usize] = checked.facts;
        }
        graph.sources[id.0 as usize] = checked.sources;
        for finding in checked.findings {
            findings.add(study, study.span_of(id, &finding.path), Some(id), finding);
        }
    }
    graph.check_results(&mut findings);
    found.extend(findings.into_diagnostics(study));
    graph.diagnostics = in_source_order(found);
    graph
}

impl Graph<'_> {
    /// A member as its kind sees it.
    pub fn node(&self, id: MemberId) -> Node<'_> {
        Node::new(
            self.study,
            self.registry.vocabulary(),
            &self.snapshot,
            &self.facts,
            id,
        )
    }

    pub fn kind(&self, id: MemberId) -> Option<&dyn Kind> {
        self.registry.get(self.study.kind_of(id).name)
    }

    /// The files and table rows that a member reads.
    pub fn sources_of(&self, id: MemberId) -> &[Source] {
        self.sources.get(id.0 as usize).map_or(&[], Vec::as_slice)
    }

    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Whether a member is run and stored.
    pub fn has_artifact(&self, id: MemberId) -> bool {
        matches!(self.study.kind_of(id).outcome, Outcome::Artifact(_))
    }

    /// What the checker found and what the kinds found, in source order. A kind that misses something in a node or a
    /// step as a whole is not heard where the checker has found a fault within it: what is missing is what could not be
    /// read.
    pub fn findings_after(&self, checked: &[Diagnostic]) -> Vec<Diagnostic> {
        let faults: Vec<Span> = checked
            .iter()
            .filter(|finding| finding.is_error())
            .filter_map(Diagnostic::primary)
            .collect();
        let follows = |finding: &Diagnostic| {
            let Some(place) = finding.primary() else {
                return false;
            };
            let declared = |one: &&Declaration| one.name_span == place;
            let whole = self.study.declarations.iter().find(declared);
            let whole = whole.map_or(place, |one| one.span);
            finding.code != codes::RING_OF_NODES && faults.iter().any(|fault| whole.holds(*fault))
        };
        let own = self
            .diagnostics
            .iter()
            .filter(|finding| faults.is_empty() || !follows(finding));
        in_source_order(checked.iter().chain(own).cloned().collect())
    }

    /// Asks the kinds about every result that some value or expectation needs.
    fn check_results(&self, findings: &mut Findings) {
        let mut wanted: Vec<Wanted<'_>> = Vec::new();
        for (at, member) in self.study.members.iter().enumerate() {
            let by = Some(MemberId(at as u32));
            for given in &member.given {
                results_in(&given.value, by, &mut wanted);
            }
            results_in_steps(&member.steps, by, &mut wanted);
        }
        for (_, value) in &self.study.lets {
            results_in(value, None, &mut wanted);
        }
        for claim in self
            .study
            .expectations
            .iter()
            .flat_map(|expectation| &expectation.claims)
        {
            results_of(&claim.condition, claim.about, &mut wanted);
        }
        let known: BTreeSet<MemberId> = self.order.iter().copied().collect();
        for one in wanted {
            if !known.contains(&one.node)
                || !is_whole(self.study, one.node)
                || one.arguments.iter().any(|(_, value)| value.is_deferred())
            {
                continue;
            }
            let Some(kind) = self.kind(one.node) else {
                continue;
            };
            let checked = catch_unwind(AssertUnwindSafe(|| {
                kind.check_result(&self.node(one.node), one.name, one.arguments)
            }));
            for finding in
                checked.unwrap_or_else(|_| vec![fault_of_the_program(kind.schema().name)])
            {
                findings.add(self.study, one.span, one.by, finding);
            }
        }
    }
}

fn fault_of_the_program(kind: &str) -> Finding {
    Finding::new(
        "",
        codes::FAULT_OF_THE_PROGRAM,
        format!("a fault of the program while it checked this `{kind}`"),
        "could not be checked",
    )
    .help("please report this with the recipe and the output of `synth --version`")
}

fn dependences(study: &Study) -> DiGraph<MemberId, ()> {
    let references = study.members.iter().map(|member| member.inputs.len()).sum();
    let mut graph = DiGraph::with_capacity(study.members.len(), references);
    for at in 0..study.members.len() {
        graph.add_node(MemberId(at as u32));
    }
    for (at, member) in study.members.iter().enumerate() {
        let mut inputs: Vec<MemberId> = member.inputs.iter().map(|input| input.member).collect();
        inputs.sort_unstable();
        inputs.dedup();
        for input in inputs {
            graph.add_edge(NodeIndex::new(input.0 as usize), NodeIndex::new(at), ());
        }
    }
    graph
}

/// Kahn's order with the smallest number first among those that are ready.
fn order(study: &Study, dependences: &DiGraph<MemberId, ()>) -> Vec<MemberId> {
    let mut missing: Vec<usize> = dependences
        .node_indices()
        .map(|node| {
            dependences
                .neighbors_directed(node, petgraph::Direction::Incoming)
                .count()
        })
        .collect();
    let mut ready: BinaryHeap<Reverse<usize>> = missing
        .iter()
        .enumerate()
        .filter(|(_, missing)| **missing == 0)
        .map(|(at, _)| Reverse(at))
        .collect();
    let mut order = Vec::with_capacity(study.members.len());
    while let Some(Reverse(at)) = ready.pop() {
        order.push(MemberId(at as u32));
        for next in dependences.neighbors(NodeIndex::new(at)) {
            missing[next.index()] -= 1;
            if missing[next.index()] == 0 {
                ready.push(Reverse(next.index()));
            }
        }
    }
    order
}

/// Whether every required field is there. A field with a fault is left out by the checker, and a kind is not
/// asked about a node with a hole in it: the fault has been told already.
fn is_whole(study: &Study, id: MemberId) -> bool {
    let member = study.member(id);
    study
        .kind_of(id)
        .fields
        .iter()
        .all(|field| field.default != Default::Required || member.given(field.name).is_some())
}

/// A result that something in the study needs.
struct Wanted<'a> {
    by: Option<MemberId>,
    span: Span,
    node: MemberId,
    name: &'static str,
    arguments: &'a [(&'static str, Value)],
}

fn results_in<'a>(value: &'a Value, by: Option<MemberId>, into: &mut Vec<Wanted<'a>>) {
    match value {
        Value::Deferred(deferred) => results_of(deferred, by, into),
        Value::List(values) => values.iter().for_each(|value| results_in(value, by, into)),
        Value::Each(values) => values
            .iter()
            .for_each(|(_, value)| results_in(value, by, into)),
        Value::Record(entries) | Value::Choice(_, entries) => {
            entries
                .iter()
                .for_each(|(_, value)| results_in(value, by, into));
        }
        Value::Span(ends) | Value::Ramp(ends) => {
            results_in(&ends.0, by, into);
            results_in(&ends.1, by, into);
        }
        _ => {}
    }
}

fn results_in_steps<'a>(steps: &'a [Step], by: Option<MemberId>, into: &mut Vec<Wanted<'a>>) {
    for step in steps {
        for (_, value, _) in &step.arguments {
            results_in(value, by, into);
        }
        results_in_steps(&step.block, by, into);
    }
}

fn results_of<'a>(deferred: &'a Deferred, by: Option<MemberId>, into: &mut Vec<Wanted<'a>>) {
    match &deferred.tree {
        Tree::Known(_) => {}
        Tree::Result {
            node,
            name,
            arguments,
        } => into.push(Wanted {
            by,
            span: deferred.span,
            node: *node,
            name,
            arguments,
        }),
        Tree::Unary(_, operand) | Tree::Shown(operand, _) => results_of(operand, by, into),
        Tree::Binary(_, left, right) => {
            results_of(left, by, into);
            results_of(right, by, into);
        }
        Tree::Call(_, arguments) => arguments
            .iter()
            .for_each(|argument| results_of(argument, by, into)),
    }
}

/// Findings by place and code. The first member that has one at a place tells it; others are counted.
#[derive(Default)]
struct Findings {
    at: BTreeMap<(Span, Code), Place>,
}

#[derive(Default)]
struct Place {
    teller: Option<MemberId>,
    told: Vec<Finding>,
    others: BTreeSet<MemberId>,
}

impl Findings {
    fn add(&mut self, study: &Study, span: Span, by: Option<MemberId>, finding: Finding) {
        let place = self.at.entry((span, finding.code)).or_default();
        let declaration = |id: Option<MemberId>| -> Option<DeclarationId> {
            id.map(|id| study.member(id).declaration)
        };
        if place.told.is_empty() {
            place.teller = by;
        }
        if place.teller == by {
            if !place
                .told
                .iter()
                .any(|told| told.headline == finding.headline)
            {
                place.told.push(finding);
            }
        } else if let Some(by) = by {
            // A copy made by `like` or a template shares its places with the original: same words, said once.
            if declaration(Some(by)) == declaration(place.teller)
                || place
                    .told
                    .iter()
                    .any(|told| told.headline == finding.headline)
            {
                place.others.insert(by);
            } else {
                place.told.push(finding);
            }
        }
    }

    fn into_diagnostics(self, study: &Study) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        for ((span, _), place) in self.at {
            let note = (!place.others.is_empty()).then(|| {
                let mut labels: Vec<String> = place
                    .others
                    .iter()
                    .take(3)
                    .map(|id| format!("`{}`", study.label(*id)))
                    .collect();
                if place.others.len() > labels.len() {
                    labels.push("…".to_owned());
                }
                let noun = if place.others.len() == 1 {
                    "member"
                } else {
                    "members"
                };
                format!(
                    "and {} more {noun}: {}",
                    place.others.len(),
                    labels.join(", ")
                )
            });
            for finding in place.told {
                let mut diagnostic =
                    Diagnostic::new(finding.code, finding.headline).at(span, finding.label);
                if let Some(help) = finding.help {
                    diagnostic = diagnostic.help(help);
                }
                if let Some(note) = &note {
                    diagnostic = diagnostic.note(note.clone());
                }
                all.push(diagnostic);
            }
        }
        all
    }
}
