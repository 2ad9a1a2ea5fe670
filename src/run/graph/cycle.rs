use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::run as codes;
use crate::lang::sema::{DeclarationId, Input, MemberId, Study};

/// The loops among these members, one finding for each set of declarations: members of a family go round the
/// same way. The loop starts at the declaration that stands first and has one label for each reference.
pub(super) fn cycles(study: &Study, dependences: &DiGraph<MemberId, ()>) -> Vec<Diagnostic> {
    let mut told: BTreeSet<Vec<DeclarationId>> = BTreeSet::new();
    let mut found = Vec::new();
    let mut components: Vec<Vec<MemberId>> = kosaraju_scc(dependences)
        .into_iter()
        .map(|nodes| {
            let mut members: Vec<MemberId> =
                nodes.into_iter().map(|node| dependences[node]).collect();
            members.sort_unstable();
            members
        })
        .collect();
    components.sort_unstable();
    for members in components {
        let within: BTreeSet<MemberId> = members.iter().copied().collect();
        let Some(references) = members
            .first()
            .and_then(|first| shortest_loop(study, *first, &within))
        else {
            continue;
        };
        let mut declarations: Vec<DeclarationId> = references
            .iter()
            .map(|(from, _)| study.member(*from).declaration)
            .collect();
        declarations.sort_unstable();
        if told.insert(declarations) {
            found.push(finding(study, &references));
        }
    }
    found
}

/// The shortest way from a member over references back to itself, as (who refers, reference).
fn shortest_loop<'a>(
    study: &'a Study,
    start: MemberId,
    within: &BTreeSet<MemberId>,
) -> Option<Vec<(MemberId, &'a Input)>> {
    let mut reached: BTreeMap<MemberId, (MemberId, &Input)> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(at) = queue.pop_front() {
        for input in &study.member(at).inputs {
            if input.member == start {
                let mut way = vec![(at, input)];
                let mut back = at;
                while let Some((from, input)) = reached.get(&back) {
                    way.push((*from, *input));
                    back = *from;
                }
                way.reverse();
                return Some(way);
            }
            if within.contains(&input.member) && !reached.contains_key(&input.member) {
                reached.insert(input.member, (at, input));
                queue.push_back(input.member);
            }
        }
    }
    None
}

fn finding(study: &Study, references: &[(MemberId, &Input)]) -> Diagnostic {
    let name = |member: MemberId| &study.declaration_of(member).name;
    let mut way: Vec<String> = references
        .iter()
        .map(|(from, _)| format!("`{}`", name(*from)))
        .collect();
    way.extend(way.first().cloned());
    let mut finding = match references {
        [(only, _)] => Diagnostic::new(
            codes::RING_OF_NODES,
            format!("`{}` needs its own result", name(*only)),
        ),
        _ => Diagnostic::new(
            codes::RING_OF_NODES,
            format!("these nodes need each other in a ring: {}", way.join(" → ")),
        ),
    };
    for (from, input) in references {
        finding = finding.at(
            input.span,
            format!("`{}` needs `{}`", name(*from), name(input.member)),
        );
    }
    finding.help("take one of these references out, or give that field a value of its own")
}
