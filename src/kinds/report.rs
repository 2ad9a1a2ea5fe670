//! `report`: what is shown at the end of a run.

use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Affects, Argument, Choice, Default, KindSchema, Outcome, Place, Range, Type, Verb,
};
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task};

pub struct Report;

const fn argument(
    place: Place,
    name: &'static str,
    ty: Type,
    default: Default,
    doc: &'static str,
) -> Argument {
    Argument {
        place,
        name,
        ty,
        default,
        range: Range::Any,
        doc,
        affects: Affects::Report,
    }
}

/// Columns against which curves may be drawn; each table says which it has.
const AXES: &[Choice] = &[
    axis("temperature", "The temperature of the sample."),
    axis(
        "time",
        "Time; of a synthesis the automaton's clock, in sweeps.",
    ),
    axis("distance", "Between atoms."),
    axis("wave_number", "Of structure factors."),
    axis("angle", "Between bonds."),
    axis("neighbours", "How many bonds an atom has."),
    axis("position", "Across a cell."),
    axis("label", "What a potential should say."),
    axis("species", "Elements: a map in place of curves."),
    axis("inverse_temperature", "1000 K over the temperature."),
];

const fn axis(name: &'static str, doc: &'static str) -> Choice {
    Choice {
        name,
        doc,
        arguments: &[],
    }
}

const SCHEMA: KindSchema = KindSchema {
    name: "report",
    version: 1,
    summary: "plots and tables of results, written at the end of each run",
    doc: "A report is a folder `reports/NAME` with an SVG for each plot and a CSV and JSON for each plot and table. It is \
          written anew at the end of each run and never stored.",
    example: "use std.batio\nsystem ba_ti_o { elements: [Ba, Ti, O] }\nphases hull { system: ba_ti_o, source: batio.thermochemistry }\n\
              report summary {\n  table hull.energies\n  plot hull.energies against temperature\n}",
    outcome: Outcome::Sink,
    fields: &[],
    steps: &[
        Verb {
            name: "plot",
            doc: "Draw the curves of a table; a family gives one panel for each member.",
            example: "plot fired.fractions against temperature",
            arguments: &[
                argument(
                    Place::Positional,
                    "what",
                    Type::Result,
                    Default::Required,
                    "A result that is a table.",
                ),
                argument(
                    Place::After("against"),
                    "against",
                    Type::Choice(AXES),
                    Default::Is("temperature"),
                    "The column along the horizontal axis.",
                ),
            ],
            block: &[],
        },
        Verb {
            name: "table",
            doc: "Show a result in the terminal and write it as CSV and JSON.",
            example: "table fired.final(BaTiO3)",
            arguments: &[argument(
                Place::Positional,
                "what",
                Type::Result,
                Default::Required,
                "Any result.",
            )],
            block: &[],
        },
    ],
    results: &[],
    random: false,
    replicated_by: None,
};

impl Kind for Report {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        if node.steps().is_empty() {
            checked.finding(
                Finding::new("", codes::REPORT, "this report shows nothing", "no steps")
                    .help("add a line like `plot fired.fractions against temperature`"),
            );
        }
        checked
    }

    fn run(&self, _: &Task<'_>) -> Result<(), Failure> {
        Err(Failure::new(
            "a report is drawn by the program that runs the study",
        ))
    }
}
