//! What can be wrong before the run.

use crate::base::{Element, Phase};
use crate::lang::diag::codes::chemistry as codes;
use crate::physics::automaton::{Firing, FiringStep, Network};
use crate::run::kind::{Checked, Finding, Mixture, Node, Value};

pub(super) fn no_such_phase(path: &str, phase: &Phase, network: &Network, what: &str) -> Finding {
    let known: Vec<String> = network
        .library()
        .phases()
        .iter()
        .map(|one| one.phase.to_string())
        .filter(|name| name.starts_with(phase.formula.text()))
        .collect();
    let finding = Finding::new(
        path,
        if known.len() > 1 {
            codes::SEVERAL_PHASES
        } else {
            codes::NO_SUCH_PHASE
        },
        format!("{what}: {phase} is not among the phases of the reactions"),
        "no such phase",
    );
    if known.is_empty() {
        finding.help("add it to the phases, or its elements to `between`")
    } else {
        finding.help(format!("there is {}", known.join(", ")))
    }
}

/// Findings go to `checked`.
pub(super) fn check(node: &Node<'_>, checked: &mut Checked) -> Option<()> {
    let grid = node.value("grid");
    let sides: Vec<i64> = grid
        .as_list()
        .unwrap_or(&[])
        .iter()
        .filter_map(Value::as_integer)
        .collect();
    if sides.len() != 3 || sides.iter().any(|side| !(3..=4096).contains(side)) {
        checked.finding(
            Finding::new(
                "grid",
                codes::GRID,
                "a grid has three sides of 3 to 4096 cells each",
                "not such a grid",
            )
            .help("write it like `grid: [15, 15, 15]`"),
        );
    }
    let has_precursors = node.is_given("precursors");
    if has_precursors == node.is_given("start_from") {
        checked.finding(
            Finding::new(
                if has_precursors { "start_from" } else { "" },
                codes::GRID,
                "a synthesis has either `precursors` or `start_from`",
                if has_precursors {
                    "both are given"
                } else {
                    "neither is given"
                },
            )
            .help(if has_precursors {
                "leave one of them out"
            } else {
                "add `precursors: BaO + TiO2(rutile)`"
            }),
        );
    }
    let network = node
        .input("reactions")
        .and_then(|input| input.facts::<Network>());
    let firing = node
        .inline("schedule")
        .and_then(|schedule| schedule.facts::<Firing>());
    let (network, firing) = (network?, firing?);
    if let Value::Mixture(mixture) = node.value("precursors") {
        check_precursors(&mixture, network, checked);
    }
    let only = node.value("only");
    for (at, value) in only.as_list().unwrap_or(&[]).iter().enumerate() {
        if let Some(phase) = value
            .as_phase()
            .filter(|phase| network.find(phase).is_none())
        {
            checked.finding(no_such_phase(
                &format!("only[{at}]"),
                phase,
                network,
                "`only`",
            ));
        }
    }
    let (_, highest_k) = network.range_k();
    if let Some(too_hot) = firing
        .temperatures_k()
        .into_iter()
        .find(|t_k| *t_k > highest_k)
    {
        checked.finding(
            Finding::new(
                "schedule",
                codes::TEMPERATURES,
                format!("the schedule goes to {too_hot:.0} K, and the energies of the reactions end at {highest_k:.0} K"),
                "too hot",
            )
            .help("lower the temperature, or widen `temperatures:` of the reactions as far as the data reach"),
        );
    }
    if firing.needs_clock() && !node.is_given("sweeps_per_hour") {
        checked.finding(
            Finding::new(
                "schedule",
                codes::CLOCK,
                "this schedule is timed in hours, and the automaton counts sweeps",
                "hours",
            )
            .help(
                "declare a conversion, like `sweeps_per_hour: 100`, or time the schedule in sweeps",
            ),
        );
    }
    for (phase, _) in firing.steps.iter().flat_map(added) {
        if network.find(phase).is_none() {
            checked.finding(no_such_phase(
                "schedule",
                phase,
                network,
                "what the schedule adds",
            ));
        }
    }
    Some(())
}

fn added(step: &FiringStep) -> &[(Phase, f64)] {
    match step {
        FiringStep::Add(parts) => parts,
        _ => &[],
    }
}

fn check_precursors(mixture: &Mixture, network: &Network, checked: &mut Checked) {
    let elements: Vec<Element> = {
        let mut all: Vec<Element> = network
            .library()
            .phases()
            .iter()
            .flat_map(|one| one.phase.formula.elements())
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    for (at, (_, phase)) in mixture.parts.iter().enumerate() {
        let path = format!("precursors[{at}]");
        match network.find(phase) {
            Some(found) if network.library().phases()[found].gas => checked.finding(
                Finding::new(
                    &path,
                    codes::GAS,
                    format!("{phase} is a gas, not a powder"),
                    "a gas",
                )
                .help("give it in the schedule's `atmosphere`"),
            ),
            Some(_) => {}
            None => match phase
                .formula
                .elements()
                .find(|element| !elements.contains(element))
            {
                Some(outside) => checked.finding(
                    Finding::new(
                        &path,
                        codes::ELEMENT_OUTSIDE,
                        format!(
                            "{phase} has {}, which no phase of the reactions has",
                            outside.name()
                        ),
                        "an element too many",
                    )
                    .help(format!(
                        "add {outside} to the system and to `between` of the reactions"
                    )),
                ),
                None => checked.finding(no_such_phase(&path, phase, network, "the precursors")),
            },
        }
    }
}
