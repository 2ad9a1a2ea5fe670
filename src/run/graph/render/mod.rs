//! Pictures of a graph: families are one box with a count.

mod layout;
mod svg;

pub use svg::svg;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::{Graph, Plan};
use crate::lang::schema::Outcome;
use crate::lang::sema::Role;

/// What all pictures show.
struct Picture {
    boxes: Vec<NodeBox>,
    /// From what is needed to who needs it, by place in `boxes`; each pair once.
    arrows: Vec<(usize, usize, Arrow)>,
}

struct NodeBox {
    kind: &'static str,
    name: String,
    members: usize,
    outcome: Outcome,
    /// Of how many tasks how many are stored.
    stored: Option<(usize, usize)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Arrow {
    /// The artifact, or what is described inline, is read.
    Reads,
    /// A result stands in a field.
    Value,
}

impl NodeBox {
    /// `fired × 3`
    fn title(&self) -> String {
        if self.members == 1 {
            self.name.clone()
        } else {
            format!("{} × {}", self.name, self.members)
        }
    }

    fn subtitle(&self) -> String {
        match self.stored {
            None => self.kind.to_owned(),
            Some((stored, all)) if stored == all => format!("{} · stored", self.kind),
            Some((0, 1)) => format!("{} · to run", self.kind),
            Some((0, all)) => format!("{} · {all} to run", self.kind),
            Some((stored, all)) => format!("{} · {} of {all} to run", self.kind, all - stored),
        }
    }
}

fn picture(graph: &Graph<'_>, plan: Option<&Plan>) -> Picture {
    let study = graph.study;
    let mut tasks: BTreeMap<u32, (usize, usize)> = BTreeMap::new();
    if let Some(plan) = plan {
        for id in plan.ids() {
            let count = tasks
                .entry(study.member(plan.task(id).member).declaration.0)
                .or_default();
            count.0 += usize::from(plan.is_stored(id));
            count.1 += 1;
        }
    }
    let boxes = study
        .declarations
        .iter()
        .enumerate()
        .map(|(at, declaration)| NodeBox {
            kind: declaration.kind.name,
            name: declaration.name.clone(),
            members: declaration.members.len(),
            outcome: declaration.kind.outcome,
            stored: tasks.get(&(at as u32)).copied(),
        })
        .collect();
    let mut arrows: BTreeSet<(usize, usize, Arrow)> = BTreeSet::new();
    for member in &study.members {
        for input in &member.inputs {
            let from = study.member(input.member).declaration.0 as usize;
            let to = member.declaration.0 as usize;
            let arrow = if input.role == Role::Value {
                Arrow::Value
            } else {
                Arrow::Reads
            };
            if from != to {
                arrows.insert((from, to, arrow));
            }
        }
    }
    // Where both lead from one box to another, the stronger one says it.
    let mut arrows: Vec<_> = arrows.into_iter().collect();
    arrows.dedup_by_key(|(from, to, _)| (*from, *to));
    Picture { boxes, arrows }
}

/// Graphviz.
pub fn dot(graph: &Graph<'_>, plan: Option<&Plan>) -> String {
    let picture = picture(graph, plan);
    let escape = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
    let mut out = String::from(
        "digraph study {\n  rankdir=LR;\n  node [shape=box, style=rounded, fontname=\"Helvetica\"];\n  edge [color=\"#888888\"];\n",
    );
    for (at, node) in picture.boxes.iter().enumerate() {
        let style = match node.outcome {
            Outcome::Inline => ", style=\"rounded,dashed\"",
            Outcome::Artifact(_) => "",
            Outcome::Sink => ", shape=note",
        };
        let _ = writeln!(
            out,
            "  n{at} [label=\"{}\\n{}\"{style}];",
            escape(&node.title()),
            escape(&node.subtitle())
        );
    }
    for (from, to, arrow) in &picture.arrows {
        let style = if *arrow == Arrow::Value {
            " [style=dashed]"
        } else {
            ""
        };
        let _ = writeln!(out, "  n{from} -> n{to}{style};");
    }
    out.push_str("}\n");
    out
}

/// Mermaid, as code hosts draw it in Markdown.
pub fn mermaid(graph: &Graph<'_>, plan: Option<&Plan>) -> String {
    let picture = picture(graph, plan);
    let escape = |text: &str| {
        text.replace('"', "#quot;")
            .replace('<', "#lt;")
            .replace('>', "#gt;")
    };
    let mut out = String::from("flowchart LR\n");
    for (at, node) in picture.boxes.iter().enumerate() {
        let (open, close) = match node.outcome {
            Outcome::Inline => ("([", "])"),
            Outcome::Artifact(_) => ("[", "]"),
            Outcome::Sink => ("[/", "/]"),
        };
        let _ = writeln!(
            out,
            "  n{at}{open}\"{}<br/><small>{}</small>\"{close}",
            escape(&node.title()),
            escape(&node.subtitle())
        );
    }
    for (from, to, arrow) in &picture.arrows {
        let line = if *arrow == Arrow::Value {
            "-.->"
        } else {
            "-->"
        };
        let _ = writeln!(out, "  n{from} {line} n{to}");
    }
    out
}
