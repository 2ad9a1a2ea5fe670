//! `oracle`: what says how atoms attract and repel each other.

use std::sync::Arc;

use crate::base::Element;
use crate::lang::diag::codes::chemistry as codes;
use crate::lang::schema::{
    Artifact as ArtifactType, Choice, Default, Field, KindSchema, Outcome, Range, Type,
};
use crate::lang::units::Dimension;
use crate::physics::oracle::Analytic;
use crate::physics::potential::Truncation;
use crate::run::kind::{Checked, Failure, Finding, Kind, Node, Task, Value};

pub struct Oracle;

const ARTIFACT: ArtifactType = ArtifactType(Analytic::TYPE);

const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");
const ENERGY: Type = Type::Quantity(Dimension::ENERGY, "eV");

const fn cutoff(default: &'static str) -> Field {
    Field::new(
        "cutoff",
        LENGTH,
        Default::Is(default),
        "How far atoms see each other.",
        "9 Å",
    )
    .range(Range::Above(0.0))
}

const ACCURACY: Field = Field::new(
    "accuracy",
    Type::Number,
    Default::Is("1e-5"),
    "Error of a force of the lattice sum, relative to that between two unit charges at 1 Å.",
    "1e-6",
)
.range(Range::Within(1e-12, 0.01));

const SMOOTH: Field = Field::new(
    "smooth",
    LENGTH,
    Default::Absent,
    "Brings the short-range part smoothly to zero over this length before its cutoff. Left out: its energy is shifted to \
     end at zero, and its force jumps.",
    "0.5 Å",
)
.range(Range::Above(0.0));

const MODELS: &[Choice] = &[
    Choice {
        name: "pmmcs",
        doc: "Rigid ions of Pedone et al. (J. Phys. Chem. B 110, 11780, 2006) for Ba, Ti and O.",
        arguments: &[
            Field::new(
                "charges",
                Type::Choice(&[
                    Choice {
                        name: "damped",
                        doc: "Damped shifted force to 8 Å, as it is used for glasses.",
                        arguments: &[],
                    },
                    Choice {
                        name: "ewald",
                        doc: "Summed over all images.",
                        arguments: &[ACCURACY],
                    },
                ]),
                Default::Is("damped"),
                "How charges act.",
                "ewald(accuracy: 1e-6)",
            ),
            SMOOTH,
        ],
    },
    Choice {
        name: "matsui_akaogi",
        doc: "Rigid ions of Matsui and Akaogi (Mol. Simul. 6, 239, 1991) for Ti and O, charges summed over all images.",
        arguments: &[cutoff("10 Å"), ACCURACY, SMOOTH],
    },
    Choice {
        name: "tosi_fumi",
        doc: "Rigid ions of Tosi and Fumi (1964) for Na and Cl, charges summed over all images.",
        arguments: &[cutoff("8.5 Å"), ACCURACY, SMOOTH],
    },
    Choice {
        name: "lennard_jones",
        doc: "4 ε ((σ/r)¹² − (σ/r)⁶) between all atoms.",
        arguments: &[
            Field::new(
                "epsilon",
                ENERGY,
                Default::Required,
                "Depth of the well.",
                "0.0104 eV",
            )
            .range(Range::Above(0.0)),
            Field::new(
                "sigma",
                LENGTH,
                Default::Required,
                "Where the energy is zero.",
                "3.4 Å",
            )
            .range(Range::Above(0.0)),
            Field::new(
                "cutoff",
                LENGTH,
                Default::Required,
                "How far atoms see each other.",
                "8.5 Å",
            )
            .range(Range::Above(0.0)),
            SMOOTH,
        ],
    },
];

const SCHEMA: KindSchema = KindSchema {
    name: "oracle",
    version: 1,
    summary: "what says how atoms attract and repel each other",
    doc: "`analytic(…)` is a potential with published parameters that needs no setup. It is a classical model of rigid ions: \
          fit for structures, melts and tests, not a replacement of electronic structure, and energies of two models do not \
          compare.\n\n\
          Outside programs (commands, i-PI, LAMMPS) are not built yet.",
    example: "oracle reference { method: analytic(pmmcs) }",
    outcome: Outcome::Artifact(ARTIFACT),
    fields: &[
        Field::new(
            "system",
            Type::Inline("system", &["elements"]),
            Default::Absent,
            "Elements that it must know.",
            "ba_ti_o",
        ),
        Field::new(
            "method",
            Type::Choice(&[Choice {
                name: "analytic",
                doc: "A potential with published parameters.",
                arguments: &[
                    Field::new(
                        "model",
                        Type::Choice(MODELS),
                        Default::Required,
                        "Which one.",
                        "pmmcs",
                    ),
                    Field::new(
                        "core",
                        Type::Boolean,
                        Default::Is("false"),
                        "Adds the screened repulsion of nuclei (Ziegler, Biersack, Littmark 1985) below 1.5 Å, fully there \
                         below 0.8 Å, for atoms that meet at high energies.",
                        "true",
                    ),
                ],
            }]),
            Default::Required,
            "Where energies and forces come from.",
            "analytic(pmmcs)",
        ),
    ],
    steps: &[],
    results: &[],
    random: false,
    replicated_by: None,
};

impl Kind for Oracle {
    fn schema(&self) -> &'static KindSchema {
        &SCHEMA
    }

    fn check(&self, node: &Node<'_>) -> Checked {
        let mut checked = Checked::default();
        let Some(model) = model(node, &mut checked) else {
            return checked;
        };
        let wanted = node
            .inline("system")
            .and_then(|system| system.facts::<Vec<Element>>());
        if let (Some(wanted), Some(known)) = (wanted, model.elements())
            && let Some(strange) = wanted.iter().find(|element| !known.contains(element))
        {
            let known: Vec<String> = known.iter().map(ToString::to_string).collect();
            checked.finding(
                Finding::new(
                    "method",
                    codes::POTENTIAL,
                    format!("this potential has no parameters for {strange}"),
                    format!("knows {}", known.join(", ")),
                )
                .help("name another model, or a system of these elements"),
            );
        }
        checked.facts = Some(Arc::new(model));
        checked
    }

    fn run(&self, task: &Task<'_>) -> Result<(), Failure> {
        let model = task
            .node
            .facts::<Analytic>()
            .ok_or_else(|| Failure::new("the potential could not be put together"))?;
        task.work.write_json(Analytic::FILE, model)?;
        Ok(())
    }
}

fn model(node: &Node<'_>, checked: &mut Checked) -> Option<Analytic> {
    let method = node.value("method");
    let chosen = method.get("model")?;
    let length = |name: &str| chosen.get(name).and_then(Value::as_f64);
    let mut truncation = |cutoff_ang: f64| match length("smooth") {
        Some(over) if over < cutoff_ang => Truncation::Smooth {
            from_ang: cutoff_ang - over,
        },
        Some(over) => {
            checked.finding(
                Finding::new(
                    "method",
                    codes::POTENTIAL,
                    format!("a potential that ends at {cutoff_ang} Å is not brought to zero over {over} Å"),
                    "too long",
                )
                .help("write `smooth: 0.5 Å`"),
            );
            Truncation::Shifted
        }
        None => Truncation::Shifted,
    };
    let (word, _) = chosen.as_choice()?;
    let model = match word {
        "pmmcs" => Analytic::Pmmcs {
            ewald_accuracy: chosen
                .get("charges")
                .and_then(|charges| charges.get("accuracy"))
                .and_then(Value::as_f64),
            truncation: truncation(crate::physics::potential::PMMCS_SHORT_CUTOFF_ANG),
        },
        "lennard_jones" => Analytic::LennardJones {
            epsilon_ev: length("epsilon")?,
            sigma_ang: length("sigma")?,
            cutoff_ang: length("cutoff")?,
            truncation: truncation(length("cutoff")?),
        },
        _ => {
            let (cutoff_ang, accuracy) = (length("cutoff")?, length("accuracy")?);
            let truncation = truncation(cutoff_ang);
            if word == "tosi_fumi" {
                Analytic::TosiFumi {
                    cutoff_ang,
                    accuracy,
                    truncation,
                }
            } else {
                Analytic::MatsuiAkaogi {
                    cutoff_ang,
                    accuracy,
                    truncation,
                }
            }
        }
    };
    let core = matches!(method.get("core"), Some(Value::Boolean(true)));
    Some(if core {
        Analytic::Sum(vec![
            model,
            Analytic::Zbl {
                from_ang: 0.8,
                cutoff_ang: 1.5,
            },
        ])
    } else {
        model
    })
}
