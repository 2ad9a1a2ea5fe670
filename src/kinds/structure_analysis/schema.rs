//! What may be said about an analysis.

use super::super::curves::{BIN, CENTRE, END, LONGEST, REACH, SHELL, WAVE};
use crate::lang::schema::{
    Artifact, Choice, Default, Field, KindSchema, Outcome, Range, ResultField, ResultType, Type,
};
use crate::lang::units::Dimension;
use crate::physics::analysis::StructureCurves;
use crate::physics::md::Trajectories;

const fn axis(name: &'static str, doc: &'static str) -> Choice {
    Choice {
        name,
        doc,
        arguments: &[],
    }
}

/// In the order of the lattice vectors.
pub(super) const AXES: &[Choice] = &[
    axis("a", "The first lattice vector."),
    axis("b", "The second lattice vector."),
    axis("c", "The third lattice vector."),
];

/// Fields that are about frames.
pub(super) const OF_FRAMES: &[&str] = &[
    "reach",
    "bin",
    "wave_number",
    "shell",
    "bonds",
    "slabs",
    "along",
    "frames",
];

const fn table(name: &'static str, doc: &'static str, example: &'static str) -> ResultField {
    ResultField::new(name, doc, example, ResultType::Table)
}

pub(super) const SCHEMA: KindSchema = KindSchema {
    name: "structure_analysis",
    version: 2,
    summary: "where the atoms of an ensemble stand, and how they move",
    doc: "All frames of the last segment that keeps frames are looked at. Standard errors are those of means over replicas; of \
          a single run they come from means over contiguous blocks of it, and there are none where it is too short for that.\n\n\
          A bond ends at the first minimum of g(r), found on g(r) under a running mean of 0.16 Å, unless `bonds` says where. \
          g(r) of like atoms tends to 1 − 1/N. Structure factors are those of Faber and Ziman, by direct sums over at most 60 \
          wave vectors of the cell in a shell. Displacements and velocities are correlated over all origins, for times up to a \
          quarter of a run; the centre of mass is at rest.\n\n\
          With `observed: true` nothing is read but what the run summed up while it went (`observe 10 fs` in its protocol): \
          displacements and velocities at every look, from origins that are at most an eighth of a time apart; g(r), S(q) and \
          bonds at every twentieth.",
    example: "oracle reference { method: analytic(pmmcs) }\n\
              structure melt { amorphous: BaTiO3, atoms: 100, density: melt(4000 K) }\n\
              ensemble glass {\n  potential: reference\n  start: melt\n  protocol { nvt 4000 K for 5 ps sample 50 fs }\n}\n\
              structure_analysis of_glass {\n  trajectory: glass\n  bonds: [{ centre: Ti, end: O, longest: 2.6 Å }]\n}",
    outcome: Outcome::Artifact(Artifact(StructureCurves::TYPE)),
    fields: &[
        Field::new(
            "trajectory",
            Type::Artifact(Artifact(Trajectories::TYPE)),
            Default::Required,
            "What is looked at.",
            "glass",
        ),
        Field::new(
            "observed",
            Type::Boolean,
            Default::Is("false"),
            "Takes what the run itself saw in its last segment with `observe`, not its frames. How finely it looked is said in the \
             ensemble.",
            "true",
        ),
        REACH,
        BIN,
        WAVE,
        SHELL,
        Field::new(
            "bonds",
            Type::List(&Type::Record(&[CENTRE, END, LONGEST])),
            Default::Absent,
            "Which bonds are counted; left out, those of every pair of elements.",
            "[{ centre: Ti, end: O, longest: 2.6 Å }]",
        )
        .range(Range::Count(1)),
        Field::new(
            "slabs",
            Type::Integer,
            Default::Absent,
            "In how many slabs densities are taken; left out, there is no profile.",
            "40",
        )
        .range(Range::Within(1.0, 10_000.0)),
        Field::new(
            "along",
            Type::Choice(AXES),
            Default::Is("c"),
            "The lattice vector that the slabs divide.",
            "a",
        ),
        Field::new(
            "frames",
            Type::Integer,
            Default::Is("500"),
            "Of each run at most so many frames, evenly chosen, are used for g(r), bonds and S(q).",
            "2000",
        )
        .range(Range::Within(1.0, 1e9)),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "density",
            doc: "Mean density.",
            example: "of_glass.density",
            parameters: &[],
            ty: ResultType::Quantity(Dimension::DENSITY, "g/cm^3"),
        },
        ResultField {
            name: "coordination",
            doc: "Bonds of an atom `centre` to atoms `end`.",
            example: "of_glass.coordination(Ti, O)",
            parameters: &[CENTRE, END],
            ty: ResultType::Quantity(Dimension::NONE, ""),
        },
        ResultField {
            name: "distance",
            doc: "Where g(r) of two elements has its first peak.",
            example: "of_glass.distance(Ti, O)",
            parameters: &[CENTRE, END],
            ty: ResultType::Quantity(Dimension::LENGTH, "Å"),
        },
        table(
            "pair_distribution",
            "g(r) of each pair of elements.",
            "of_glass.pair_distribution",
        ),
        table(
            "running_coordination",
            "How many atoms of one element are within a distance of an atom of another.",
            "of_glass.running_coordination",
        ),
        table(
            "shells",
            "First peak and first minimum of each g(r).",
            "of_glass.shells",
        ),
        table(
            "bonds",
            "Where bonds end and how many an atom has.",
            "of_glass.bonds",
        ),
        table(
            "coordination_numbers",
            "The part of the atoms that have 0, 1, 2, … bonds.",
            "of_glass.coordination_numbers",
        ),
        table(
            "angles",
            "Distribution of the angles between bonds of one atom.",
            "of_glass.angles",
        ),
        table(
            "structure_factor",
            "S(q) of each pair of elements.",
            "of_glass.structure_factor",
        ),
        table(
            "displacements",
            "Mean squared displacement of each element.",
            "of_glass.displacements",
        ),
        table(
            "velocities",
            "Autocorrelation of the velocities of each element, for ensembles with `velocities: true`.",
            "of_glass.velocities",
        ),
        table(
            "profile",
            "Density of each element across the cell, for analyses with `slabs`.",
            "of_glass.profile",
        ),
        table(
            "density_on_cooling",
            "Density against the temperature along the ramps of the protocol, sampled or not.",
            "of_glass.density_on_cooling",
        ),
        table(
            "energy_on_cooling",
            "Potential energy of an atom against the temperature along the ramps.",
            "of_glass.energy_on_cooling",
        ),
    ],
    random: false,
    replicated_by: None,
};
