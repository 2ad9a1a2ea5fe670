//! `system`: the elements that a study is about.

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{Default, Field, KindSchema, Outcome, Range, Type};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task};

pub struct System;

const SCHEMA: KindSchema = KindSchema {
    name: "system",
    version: 1,
    summary: "the elements that a study is about",
    doc: "Other nodes name a system to say which elements they may contain. Phases with other elements are left out \
          of a phase set, and a precursor with another element is an error before anything runs.",
    example: "system ba_ti_o {\n  elements: [Ba, Ti, O]\n  charges: { Ba: +2, Ti: +4, O: -2 }\n}",
    outcome: Outcome::Inline,
    fields: &[
        Field::new(
            "elements",
            Type::List(&Type::Element),
            Default::Required,
            "The elements.",
            "[Ba, Ti, O]",
        )
        .range(Range::Count(1)),
        Field::new(
            "charges",
            Type::Map(&Type::Element, &Type::Number),
            Default::Absent,
            "Formal charges of the ions, in elementary charges.",
            "{ Ba: +2, Ti: +4, O: -2 }",
        ),
        Field::new(
            "structures",
            Type::Map(&Type::Phase, &Type::Path),
            Default::Absent,
            "Files of crystals by phase, where a phase finds its atoms.",
            "batio.crystals",
        ),
    ],
    steps: &[],
    results: &[],
    random: false,
    replicated_by: None,
};

impl Kind for System {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let mut elements: Vec<Element> = Vec::new();
        for (at, value) in node
            .value("elements")
            .as_list()
            .unwrap_or(&[])
            .iter()
            .enumerate()
        {
            let element = value
                .as_phase()
                .and_then(|phase| Element::from_symbol(phase.formula.text()));
            let Some(element) = element else { continue };
            if elements.contains(&element) {
                checked.finding(
                    Finding::new(
                        format!("elements[{at}]"),
                        codes::ELEMENT_OUTSIDE,
                        format!("{element} is listed twice"),
                        "a second time",
                    )
                    .help("list each element once"),
                );
            }
            elements.push(element);
        }
        if let crate::run::kind::Value::Record(charges) = node.value("charges") {
            for (symbol, _) in charges.iter() {
                if !elements.iter().any(|element| element.symbol() == symbol) {
                    checked.finding(
                        Finding::new(
                            format!("charges.{symbol}"),
                            codes::ELEMENT_OUTSIDE,
                            format!("{symbol} has a charge and is not in the system"),
                            "not one of its elements",
                        )
                        .help(format!(
                            "add {symbol} to `elements`, or leave its charge out"
                        )),
                    );
                }
            }
        }
        elements.sort_unstable();
        checked.facts = Some(std::sync::Arc::new(elements));
        checked
    }

    fn run(&self, _: &Task<'_>) -> Result<(), Failure> {
        Err(Failure::new("a system is never run"))
    }
}
