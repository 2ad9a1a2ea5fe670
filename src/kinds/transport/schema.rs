//! What may be said about transport coefficients.

use super::super::transport_charges::{CHARGES, SYSTEM};
use crate::lang::schema::{
    Artifact, Choice, Default, Field, KindSchema, Outcome, Range, ResultField, ResultType, Type,
};
use crate::lang::units::Dimension;
use crate::physics::md::Trajectories;
use crate::physics::transport::TransportTensor;

const TIME: Type = Type::Quantity(Dimension::TIME, "ps");
const VISCOSITY: Type = Type::Quantity(Dimension::VISCOSITY, "Pa*s");
const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");

const fn word(name: &'static str, doc: &'static str, arguments: &'static [Field]) -> Choice {
    Choice {
        name,
        doc,
        arguments,
    }
}

const fn field(
    name: &'static str,
    ty: Type,
    default: Default,
    doc: &'static str,
    example: &'static str,
) -> Field {
    Field::new(name, ty, default, doc, example)
}

const OF: Field = field(
    "of",
    Type::Element,
    Default::Required,
    "Which element.",
    "Ba",
);

const AT: Field = field(
    "temperature",
    TEMPERATURE,
    Default::Required,
    "At which.",
    "1100 K",
)
.range(Range::Above(0.0));

const fn of_element(
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    ty: ResultType,
) -> ResultField {
    ResultField::new(name, doc, example, ty).with(&[OF])
}

const CONDUCTIVITY: ResultType = ResultType::Quantity(Dimension::CONDUCTIVITY, "S/m");
const COEFFICIENT: ResultType = ResultType::Quantity(Dimension::ONSAGER, "/eV/Å/ps");
const NUMBER: ResultType = ResultType::Quantity(Dimension::NONE, "");
const ENERGY: ResultType = ResultType::Quantity(Dimension::ENERGY, "eV");

pub(super) const SCHEMA: KindSchema = KindSchema {
    name: "transport",
    version: 2,
    summary: "Onsager's coefficients of how atoms move together, with errors, and what follows from them",
    doc: "From a trajectory: L_ij by the regression of collective displacements over all origins (Einstein), or of fluxes (Green \
          and Kubo), in a named frame of reference; self-diffusion, conductivity, transference, mobilities, friction. Errors \
          come from the length of the runs and the scatter of replicas, and are asymmetric where they are large; cross terms \
          may be negative. A tensor that has not converged says so, and how long a run would do; it is a result all the same.\n\n\
          From `tensors` of one system at several temperatures: activation energies, and the tensor between them.\n\n\
          From a `source`: tensors that were published, checked like all others.",
    example: "oracle ions { method: analytic(pmmcs) }\n\
              ensemble melt {\n  potential: ions\n  start: amorphous(BaTiO3, atoms: 60)\n  replicas: 3\n  protocol {\n    \
              nvt 3000 K for 5 ps\n    nvt 3000 K for 50 ps sample 20 fs\n  }\n}\n\
              transport onsager { trajectory: melt, charges: { Ba: +2, Ti: +4, O: -2 } }",
    outcome: Outcome::Artifact(Artifact(TransportTensor::TYPE)),
    fields: &[
        field(
            "trajectory",
            Type::Artifact(Artifact(Trajectories::TYPE)),
            Default::Absent,
            "The runs; replicas count as independent.",
            "melt",
        ),
        field(
            "tensors",
            Type::List(&Type::Artifact(Artifact(TransportTensor::TYPE))),
            Default::Absent,
            "Instead of a trajectory: tensors of one system at several temperatures, such as all members of a family.",
            "onsager",
        ),
        field(
            "source",
            Type::Path,
            Default::Absent,
            "Instead of a trajectory: a table of published tensors (CSV).",
            "\"tensors.csv\"",
        ),
        field(
            "composition",
            Type::Formula,
            Default::Absent,
            "With `source`: which rows of the table.",
            "BaTiO3",
        ),
        field(
            "temperature",
            TEMPERATURE,
            Default::Absent,
            "With `source`: which rows of the table; all temperatures without it. With `trajectory`: that of runs that do not \
             say it.",
            "1250 K",
        )
        .range(Range::Above(0.0)),
        SYSTEM,
        CHARGES,
        field(
            "method",
            Type::Choice(&[
                word(
                    "einstein",
                    "From collective displacements over all origins.",
                    &[],
                ),
                word(
                    "green_kubo",
                    "From collective velocities: for ensembles with `velocities: true` and frames every few fs.",
                    &[],
                ),
            ]),
            Default::Is("einstein"),
            "How coefficients are had from the runs.",
            "green_kubo",
        ),
        field(
            "frame",
            Type::Choice(&[
                word("barycentric", "The centre of mass rests: Σ M_i L_ij = 0.", &[]),
                word("number", "The mean velocity of all atoms is zero.", &[]),
                word(
                    "volume",
                    "No volume flows (Fick's frame).",
                    &[field(
                        "partial",
                        Type::Map(&Type::Element, &Type::Number),
                        Default::Required,
                        "Partial molar volumes of the elements, in one unit of your choice: their ratios count.",
                        "{ Na: 10, Cl: 27 }",
                    )],
                ),
                word(
                    "lattice",
                    "One species rests: the solvent, the framework, the lattice.",
                    &[OF],
                ),
            ]),
            Default::Is("barycentric"),
            "What fluxes are relative to. Single coefficients and transference depend on it, the conductivity of a neutral \
             system does not.",
            "lattice(of: O)",
        ),
        field(
            "window",
            Type::Span(&TIME),
            Default::Absent,
            "The lags between which displacements are regressed; by rule without it, from where atoms diffuse.",
            "2 ps .. 10 ps",
        )
        .range(Range::Above(0.0)),
        field(
            "plateau",
            Type::Span(&TIME),
            Default::Absent,
            "The times over which the running integral of fluxes is averaged; by rule without it.",
            "0.5 ps .. 2 ps",
        )
        .range(Range::Above(0.0)),
        field(
            "errors",
            Type::Choice(&[
                word(
                    "lengths",
                    "How long the runs are beside what the motion remembers; where replicas scatter more than that, their scatter.",
                    &[],
                ),
                word(
                    "replicas",
                    "Replicas alone, five or more, drawn again with replacement (bootstrap): nothing is supposed of the motion. \
                     Take it where replicas differ because each is stuck in a glass of its own.",
                    &[],
                ),
            ]),
            Default::Is("lengths"),
            "What errors are made of.",
            "replicas",
        ),
        field(
            "tolerance",
            Type::Number,
            Default::Is("20 %"),
            "The tensor counts as converged when no standard error is larger, relative to √(L_ii L_jj).",
            "10 %",
        )
        .range(Range::Above(0.0)),
        field(
            "positive",
            Type::Boolean,
            Default::Is("false"),
            "Whether eigenvalues below zero are set to zero, which the result then says.",
            "true",
        ),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "l_ij",
            doc: "Onsager's coefficient of two elements; without them, all as a table.",
            example: "onsager.l_ij(Ba, O)",
            parameters: &[
                field("i", Type::Element, Default::Absent, "What flows.", "Ba"),
                field("j", Type::Element, Default::Absent, "What drives it.", "O"),
            ],
            ty: COEFFICIENT,
        },
        of_element(
            "own",
            "The part of L_ii that atoms would have alone, c D / kT.",
            "onsager.own(Ba)",
            COEFFICIENT,
        ),
        of_element(
            "distinct",
            "The part of L_ii that is correlation between atoms of the element.",
            "onsager.distinct(Ba)",
            COEFFICIENT,
        ),
        of_element(
            "diffusion",
            "Self-diffusion coefficient.",
            "onsager.diffusion(Ba)",
            ResultType::Quantity(Dimension::DIFFUSION, "cm^2/s"),
        ),
        ResultField {
            name: "diffusion_unbounded",
            doc: "Self-diffusion coefficient without the cell: by Yeh and Hummer's correction of a cubic cell, with the viscosity of \
                  the run or one that is given; from `tensors` of three or more cells of different sizes at one temperature, by \
                  extrapolation.",
            example: "onsager.diffusion_unbounded(Ba)",
            parameters: &[
                OF,
                field(
                    "viscosity",
                    VISCOSITY,
                    Default::Absent,
                    "Shear viscosity, where that of the run is not to be taken.",
                    "1.2e-3 Pa*s",
                )
                .range(Range::Above(0.0)),
            ],
            ty: ResultType::Quantity(Dimension::DIFFUSION, "cm^2/s"),
        },
        ResultField::new(
            "viscosity",
            "Shear viscosity, from the pressure tensor in the log of a run at constant volume (Green and Kubo).",
            "onsager.viscosity",
            ResultType::Quantity(Dimension::VISCOSITY, "Pa*s"),
        ),
        ResultField::new(
            "conductivity",
            "Ionic conductivity, Σ z_i z_j L_ij.",
            "onsager.conductivity",
            CONDUCTIVITY,
        ),
        ResultField::new(
            "nernst_einstein",
            "The conductivity that self-diffusion alone would give.",
            "onsager.nernst_einstein",
            CONDUCTIVITY,
        ),
        ResultField::new(
            "haven_ratio",
            "The conductivity of Nernst and Einstein over the conductivity.",
            "onsager.haven_ratio",
            NUMBER,
        ),
        of_element(
            "transference",
            "The part of the current that the element carries, in the frame of the tensor; it may be negative or above 1.",
            "onsager.transference(Ba)",
            NUMBER,
        ),
        of_element(
            "mobility",
            "Velocity of the element in an electric field.",
            "onsager.mobility(Ba)",
            ResultType::Quantity(Dimension::MOBILITY, "cm^2/V/s"),
        ),
        ResultField::new(
            "converged",
            "Whether no error is larger than `tolerance`.",
            "onsager.converged",
            ResultType::Boolean,
        ),
        ResultField::new(
            "needed",
            "Length of all runs together at which the tolerance would be met.",
            "onsager.needed",
            ResultType::Quantity(Dimension::TIME, "ns"),
        ),
        of_element(
            "activation",
            "Activation energy of self-diffusion, from `tensors` at several temperatures.",
            "onsager.activation(Ba)",
            ENERGY,
        ),
        ResultField::new(
            "activation_conductivity",
            "Activation energy of the conductivity, from `tensors` at several temperatures.",
            "onsager.activation_conductivity",
            ENERGY,
        ),
        ResultField {
            name: "at",
            doc: "The tensor at another temperature, from `tensors` at several; beyond them it says so.",
            example: "onsager.at(1100 K)",
            parameters: &[AT],
            ty: ResultType::Table,
        },
        ResultField {
            name: "diffusion_at",
            doc: "Self-diffusion at another temperature, by the law of Arrhenius through `tensors` at several; beyond them it says so.",
            example: "onsager.diffusion_at(300 K)",
            parameters: &[AT],
            ty: ResultType::Table,
        },
        ResultField {
            name: "conductivity_at",
            doc: "The conductivity at another temperature, by the law of Arrhenius through `tensors` at several; beyond them it says so.",
            example: "onsager.conductivity_at(300 K)",
            parameters: &[AT],
            ty: ResultType::Table,
        },
        ResultField::new(
            "species",
            "Self-diffusion, self and distinct parts, transference and mobility of each element.",
            "onsager.species",
            ResultType::Table,
        ),
        ResultField::new(
            "correlations",
            "L_ij / √(L_ii L_jj), as a map.",
            "onsager.correlations",
            ResultType::Table,
        ),
        ResultField::new(
            "friction",
            "Stefan and Maxwell's diffusivities of pairs of elements.",
            "onsager.friction",
            ResultType::Table,
        ),
        ResultField::new(
            "checks",
            "What the tensor has to fulfil, and how well it does.",
            "onsager.checks",
            ResultType::Table,
        ),
        ResultField::new(
            "displacements",
            "Mean squared displacements over the lag, with the window.",
            "onsager.displacements",
            ResultType::Table,
        ),
        ResultField::new(
            "collective",
            "Products of collective displacements over the lag, for each atom of the cell, with the window.",
            "onsager.collective",
            ResultType::Table,
        ),
        ResultField::new(
            "running_integral",
            "The running integrals of Green and Kubo.",
            "onsager.running_integral",
            ResultType::Table,
        ),
        ResultField::new(
            "arrhenius",
            "Logarithms of self-diffusion over the inverse temperature, and the lines through them.",
            "onsager.arrhenius",
            ResultType::Table,
        ),
        ResultField::new(
            "vogel",
            "ln A, B and T₀ of Vogel, Tammann and Fulcher's law for self-diffusion: four temperatures or more.",
            "onsager.vogel",
            ResultType::Table,
        ),
    ],
    random: false,
    replicated_by: None,
};
