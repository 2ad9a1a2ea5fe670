//! What may be said about an ensemble.

use super::super::curves::{BIN, CENTRE, END, LONGEST, REACH, SHELL, WAVE};
use super::super::packing::{ATOMS, CLOSEST, DENSITY};
use super::super::transport_charges::{CHARGES, SYSTEM};
use crate::lang::schema::{
    Affects, Argument, Artifact, Choice, Default, Field, KindSchema, Outcome, Place, Range,
    ResultField, ResultType, Type, Verb,
};
use crate::lang::units::Dimension;
use crate::physics::io::Structures;
use crate::physics::md::Trajectories;
use crate::physics::oracle::StoredPotential;

const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");
const TIME: Type = Type::Quantity(Dimension::TIME, "ps");
const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");
const PRESSURE: Type = Type::Quantity(Dimension::PRESSURE, "bar");

const fn argument(
    place: Place,
    name: &'static str,
    ty: Type,
    default: Default,
    range: Range,
    doc: &'static str,
) -> Argument {
    Argument {
        place,
        name,
        ty,
        default,
        range,
        doc,
        affects: Affects::Result,
    }
}

const fn word(name: &'static str, doc: &'static str, arguments: &'static [Field]) -> Choice {
    Choice {
        name,
        doc,
        arguments,
    }
}

const fn coupling(name: &'static str, default: &'static str, doc: &'static str) -> Field {
    Field::new(name, TIME, Default::Is(default), doc, "0.5 ps").range(Range::Above(0.0))
}

const THERMOSTAT_TIME: Field = coupling(
    "time",
    "0.5 ps",
    "How fast the temperature is brought back.",
);

const TEMPERATURE_OR_RAMP: Argument = argument(
    Place::Positional,
    "temperature",
    Type::Either(&[Type::Ramp(&TEMPERATURE), TEMPERATURE]),
    Default::Required,
    Range::Above(0.0),
    "The temperature, or a ramp over the whole segment.",
);
const FOR: Argument = argument(
    Place::After("for"),
    "duration",
    Type::Either(&[Type::Span(&TIME), TIME]),
    Default::Absent,
    Range::Above(0.0),
    "How long; with `until`, from the least to the longest.",
);
const AT: Argument = argument(
    Place::After("at"),
    "rate",
    Type::Quantity(Dimension::HEATING_RATE, "K/ps"),
    Default::Absent,
    Range::Above(0.0),
    "How fast a ramp of the temperature goes; this or `for`.",
);
const SAMPLE: Argument = argument(
    Place::After("sample"),
    "sample",
    TIME,
    Default::Absent,
    Range::Above(0.0),
    "The interval of frames of the trajectory; none are kept without it.",
);
const OBSERVE: Argument = argument(
    Place::After("observe"),
    "observe",
    TIME,
    Default::Absent,
    Range::Above(0.0),
    "The interval at which the run looks at its atoms itself, for `structure_analysis` with `observed: true`: nothing is stored.",
);
const UNTIL: Argument = argument(
    Place::After("until"),
    "until",
    Type::Choice(&[
        word(
            "density_settled",
            "The mean densities of the second and of the last third of the segment agree.",
            &[Field::new(
                "within",
                Type::Number,
                Default::Is("0.5 %"),
                "To this fraction.",
                "1 %",
            )
            .range(Range::Above(0.0))],
        ),
        word(
            "displaced",
            "The element that moves least has moved, as the root mean square since the segment began.",
            &[
                Field::new("by", LENGTH, Default::Is("3 Å"), "By this far.", "4 Å")
                    .range(Range::Above(0.0)),
            ],
        ),
        word(
            "gamma",
            "An atom has a larger extrapolation grade than this: `gamma > 10`. Only for a potential that knows what it was made \
             from.",
            &[
                Field::new("above", Type::Number, Default::Required, "The grade.", "10")
                    .range(Range::Above(0.0)),
            ],
        ),
        word(
            "conductivity",
            "The ionic conductivity has converged, to the tolerance after `converged`, by the estimator of `transport`; it needs \
             charges.",
            &[],
        ),
        word(
            "transport",
            "The same of all of Onsager's coefficients, relative to √(L_ii L_jj).",
            &[],
        ),
    ]),
    Default::Absent,
    Range::Any,
    "What ends the segment before its longest duration.",
);
const CONVERGED: Argument = argument(
    Place::After("converged"),
    "tolerance",
    Type::Number,
    Default::Absent,
    Range::Above(0.0),
    "With `until conductivity` and `until transport`: the standard error, relative to the value.",
);
const EVERY: Argument = argument(
    Place::After("every"),
    "every",
    TIME,
    Default::Is("0.5 ps"),
    Range::Above(0.0),
    "How often the condition is looked at.",
);
const PRESS: Argument = argument(
    Place::After("pressure"),
    "pressure",
    Type::Either(&[Type::Ramp(&PRESSURE), PRESSURE]),
    Default::Is("1 bar"),
    Range::Any,
    "The pressure, or a ramp over the whole segment.",
);

const fn verb(
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    arguments: &'static [Argument],
) -> Verb {
    Verb {
        name,
        doc,
        example,
        arguments,
        block: &[],
    }
}

const SEGMENTS: &[Verb] = &[
    verb(
        "minimize",
        "To the nearest minimum of the energy. Velocities are forgotten.",
        "minimize",
        &[
            argument(
                Place::After("force"),
                "force",
                Type::Quantity(Dimension::FORCE, "eV/Å"),
                Default::Is("0.01 eV/Å"),
                Range::Above(0.0),
                "No force is larger at the end.",
            ),
            argument(
                Place::After("pressure"),
                "pressure",
                PRESSURE,
                Default::Absent,
                Range::Any,
                "Relaxes the cell too, under this pressure.",
            ),
            argument(
                Place::After("steps"),
                "steps",
                Type::Integer,
                Default::Is("5000"),
                Range::AtLeast(1.0),
                "The most evaluations.",
            ),
            argument(
                Place::After("method"),
                "method",
                Type::Choice(&[
                    word("fire", "Robust from far away.", &[]),
                    word("lbfgs", "Fewer evaluations near a minimum.", &[]),
                ]),
                Default::Is("fire"),
                Range::Any,
                "How the minimum is sought.",
            ),
        ],
    ),
    verb(
        "nve",
        "Constant energy and volume. With a temperature, velocities are drawn anew.",
        "nve for 10 ps sample 50 fs",
        &[
            argument(
                Place::Positional,
                "temperature",
                TEMPERATURE,
                Default::Absent,
                Range::Above(0.0),
                "Of the velocities at the beginning.",
            ),
            FOR,
            SAMPLE,
            OBSERVE,
            UNTIL,
            EVERY,
        ],
    ),
    verb(
        "nvt",
        "Constant volume; the temperature is held or led along a ramp, in a time (`for 13 ps`) or at a rate.",
        "nvt 4000 K to 1400 K at 200 K/ps",
        &[
            TEMPERATURE_OR_RAMP,
            FOR,
            AT,
            SAMPLE,
            OBSERVE,
            UNTIL,
            CONVERGED,
            EVERY,
            argument(
                Place::After("thermostat"),
                "thermostat",
                Type::Choice(&[
                    word(
                        "nose_hoover",
                        "A Nosé-Hoover chain of three.",
                        &[THERMOSTAT_TIME],
                    ),
                    word(
                        "rescaling",
                        "Stochastic rescaling of velocities (Bussi, Donadio, Parrinello 2007).",
                        &[THERMOSTAT_TIME],
                    ),
                    word(
                        "langevin",
                        "Langevin dynamics (BAOAB). It slows diffusion: not for transport.",
                        &[THERMOSTAT_TIME],
                    ),
                ]),
                Default::Is("rescaling"),
                Range::Any,
                "What keeps the temperature.",
            ),
        ],
    ),
    verb(
        "npt",
        "The pressure is held as well.",
        "npt 1400 K pressure 1 bar for 10 ps",
        &[
            TEMPERATURE_OR_RAMP,
            PRESS,
            FOR,
            AT,
            SAMPLE,
            OBSERVE,
            UNTIL,
            EVERY,
            argument(
                Place::After("barostat"),
                "barostat",
                Type::Choice(&[
                    word(
                        "rescaling",
                        "Stochastic rescaling of the volume (Bernetti and Bussi 2020).",
                        &[
                            coupling("time", "1 ps", "How fast the volume follows."),
                            coupling("thermostat", "0.5 ps", "The same for the temperature."),
                            Field::new(
                                "bulk_modulus",
                                Type::Quantity(Dimension::PRESSURE, "GPa"),
                                Default::Is("50 GPa"),
                                "An estimate: it sets the rate, not the result.",
                                "100 GPa",
                            )
                            .range(Range::Above(0.0)),
                        ],
                    ),
                    word(
                        "mtk",
                        "Martyna, Tobias and Klein (1994).",
                        &[
                            coupling("time", "1 ps", "How fast the cell follows."),
                            coupling("thermostat", "0.5 ps", "The same for the temperature."),
                            Field::new(
                                "cell",
                                Type::Choice(&[
                                    word("isotropic", "The volume.", &[]),
                                    word("anisotropic", "Stretch along x, y and z.", &[]),
                                    word("full", "Any strain.", &[]),
                                ]),
                                Default::Is("isotropic"),
                                "What of the cell may change; a melt keeps no shape of its own.",
                                "full",
                            ),
                        ],
                    ),
                ]),
                Default::Is("rescaling"),
                Range::Any,
                "What keeps pressure and temperature.",
            ),
        ],
    ),
    verb(
        "rescale",
        "Scales the cell to the mean volume of the second half of the segment at constant pressure before it.",
        "rescale to mean volume",
        &[
            argument(
                Place::After("to"),
                "to",
                Type::Choice(&[word("mean", "The mean over that segment.", &[])]),
                Default::Required,
                Range::Any,
                "To what.",
            ),
            argument(
                Place::Flag("volume"),
                "volume",
                Type::Boolean,
                Default::Is("false"),
                Range::Any,
                "For the reader: it is the volume that is scaled.",
            ),
            argument(
                Place::After("within"),
                "within",
                Type::Number,
                Default::Absent,
                Range::Above(0.0),
                "Where the mean density differs by more than this from that at the start of the segment, the volume from there is \
                 taken instead.",
            ),
        ],
    ),
];

const UNITS: &[Choice] = &[
    word("metal", "Times in ps, velocities in Å/ps.", &[]),
    word("real", "Times in fs, velocities in Å/fs.", &[]),
];

pub(super) const SCHEMA: KindSchema = KindSchema {
    name: "ensemble",
    version: 4,
    summary: "atoms taken through a protocol of molecular dynamics",
    doc: "The segments of the protocol follow one another on the same atoms. Momentum is zero throughout. Each segment has its \
          conserved quantity, which is watched: a run whose drift passes its bound, that loses an atom or in which atoms \
          overlap stops with the step, the atom and what to do.\n\n\
          Replicas differ in their random numbers, start from the structures of `start` in turn and are stored one by one. \
          Results are means over the second half of the last segment that moves atoms, with standard errors over replicas; \
          one replica has none. A run that was stopped goes on where it stood, to the last bit.",
    example: "oracle reference { method: analytic(pmmcs) }\n\
              structure melt { amorphous: BaTiO3, atoms: 100, density: melt(4000 K) }\n\
              ensemble glass {\n  potential: reference\n  start: melt\n  replicas: 2\n  protocol {\n    minimize\n    \
              nvt 4000 K for 5 ps\n    nvt 4000 K to 1400 K for 20 ps\n    npt 1400 K pressure 1 bar for 10 ps\n    \
              nvt 1400 K for 20 ps sample 50 fs\n  }\n}",
    outcome: Outcome::Artifact(Artifact(Trajectories::TYPE)),
    fields: &[
        Field::new(
            "potential",
            Type::Artifact(Artifact(StoredPotential::TYPE)),
            Default::Absent,
            "What moves the atoms.",
            "reference",
        ),
        Field::new(
            "start",
            Type::Either(&[
                Type::Artifact(Artifact(Structures::TYPE)),
                Type::Artifact(Artifact(Trajectories::TYPE)),
                Type::Choice(&[word(
                    "amorphous",
                    "A random packing, one for each replica.",
                    &[
                        Field::new(
                            "composition",
                            Type::Mixture,
                            Default::Required,
                            "Of what.",
                            "BaO + 2 TiO2",
                        ),
                        Field {
                            default: Default::Required,
                            ..ATOMS
                        },
                        Field {
                            doc: "Density of the packing; left out, that of the melt at the first temperature of the protocol.",
                            ..DENSITY
                        },
                        CLOSEST,
                    ],
                )]),
            ]),
            Default::Absent,
            "Where they start: structures, a random packing, or another ensemble, whose runs are taken in turn, each from its last \
             frame first and then from frames spread evenly. With a DCD file, which names no elements: what its atoms are.",
            "melt",
        ),
        Field::new(
            "replicas",
            Type::Integer,
            Default::Is("1"),
            "How many runs with random numbers of their own.",
            "4",
        )
        .range(Range::Within(1.0, 100_000.0))
        .affects(Affects::Replicas),
        Field::new(
            "observed",
            Type::Record(&[
                REACH,
                BIN,
                WAVE,
                SHELL,
                Field::new(
                    "bonds",
                    Type::List(&Type::Record(&[
                        CENTRE,
                        END,
                        Field {
                            default: Default::Required,
                            doc: "The longest bond.",
                            ..LONGEST
                        },
                    ])),
                    Default::Absent,
                    "Bonds between which angles are taken; without it there are none.",
                    "[{ centre: Ti, end: O, longest: 2.6 Å }]",
                )
                .range(Range::Count(1)),
            ]),
            Default::Is("{}"),
            "How finely segments with `observe` look at the atoms.",
            "{ reach: 10 Å }",
        ),
        Field {
            doc: "Where charges are taken from for `until conductivity`, unless they are given here.",
            ..SYSTEM
        },
        Field {
            doc: "Charges of the ions, in elementary charges: for `until conductivity`.",
            ..CHARGES
        },
        Field::new(
            "timestep",
            Type::Quantity(Dimension::TIME, "fs"),
            Default::Is("1 fs"),
            "The step in time.",
            "2 fs",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "log",
            TIME,
            Default::Is("10 fs"),
            "The interval of the thermodynamic log, and of the look at the conserved quantity.",
            "50 fs",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "drift",
            Type::Number,
            Default::Is("1e-3"),
            "The bound on the drift of the conserved quantity, in kT per atom and ps.",
            "1e-2",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "checkpoint",
            Type::Quantity(Dimension::TIME, "s"),
            Default::Is("60 s"),
            "How often, by the clock, a run is saved such that it goes on from there when it was killed.",
            "5 min",
        )
        .range(Range::Above(0.0))
        .affects(Affects::Speed),
        Field::new(
            "velocities",
            Type::Boolean,
            Default::Is("false"),
            "Whether the trajectory keeps velocities.",
            "true",
        ),
        Field::new(
            "file",
            Type::Either(&[Type::Path, Type::List(&Type::Path)]),
            Default::Absent,
            "A trajectory of another program instead of a protocol: LAMMPS dump, extended XYZ, XDATCAR or DCD, packed by gzip or \
             Zstandard or not. Of several files each is a replica.",
            "\"dump.lammpstrj.gz\"",
        ),
        Field::new(
            "types",
            Type::List(&Type::Element),
            Default::Absent,
            "Which elements the atom types 1, 2, … of the file are, where it does not name them.",
            "[Ba, Ti, O]",
        ),
        Field::new(
            "units",
            Type::Choice(UNITS),
            Default::Is("metal"),
            "The unit style of a LAMMPS dump that does not name its own.",
            "real",
        ),
        Field::new(
            "interval",
            TIME,
            Default::Absent,
            "How far apart the frames of an extended XYZ or XDATCAR file are, where it has no times. A LAMMPS dump or DCD file \
             takes `timestep`.",
            "10 fs",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "temperature",
            Type::Quantity(Dimension::TEMPERATURE, "K"),
            Default::Absent,
            "At which temperature the run of the file was made.",
            "1200 K",
        )
        .range(Range::Above(0.0)),
        Field::new(
            "discard",
            TIME,
            Default::Absent,
            "How much of the beginning of the file is left out.",
            "5 ps",
        )
        .range(Range::AtLeast(0.0)),
    ],
    steps: &[Verb {
        name: "protocol",
        doc: "What is done to the atoms, segment by segment.",
        example: "protocol { nvt 1400 K for 20 ps }",
        arguments: &[],
        block: SEGMENTS,
    }],
    results: &[
        ResultField::new(
            "density",
            "Mean density.",
            "glass.density",
            ResultType::Quantity(Dimension::DENSITY, "g/cm^3"),
        ),
        ResultField::new(
            "temperature",
            "Mean temperature.",
            "glass.temperature",
            ResultType::Quantity(Dimension::TEMPERATURE, "K"),
        ),
        ResultField::new(
            "pressure",
            "Mean pressure.",
            "glass.pressure",
            ResultType::Quantity(Dimension::PRESSURE, "GPa"),
        ),
        ResultField::new(
            "pressure_tensor",
            "Mean pressure along each axis and its shear components, compression positive.",
            "glass.pressure_tensor",
            ResultType::Table,
        ),
        ResultField::new(
            "a",
            "Length of the first vector of the cell at the end.",
            "glass.a",
            ResultType::Quantity(Dimension::LENGTH, "Å"),
        ),
        ResultField::new(
            "b",
            "Length of the second.",
            "glass.b",
            ResultType::Quantity(Dimension::LENGTH, "Å"),
        ),
        ResultField::new(
            "c",
            "Length of the third.",
            "glass.c",
            ResultType::Quantity(Dimension::LENGTH, "Å"),
        ),
        ResultField::new(
            "cell",
            "Lengths and angles of the cell at the end, means over replicas.",
            "glass.cell",
            ResultType::Table,
        ),
        ResultField::new(
            "energy",
            "Mean potential energy of an atom.",
            "glass.energy",
            ResultType::Quantity(Dimension::ENERGY, "eV"),
        ),
        ResultField::new(
            "drift",
            "The largest drift of the conserved quantity of any segment, in kT per atom and ps.",
            "glass.drift",
            ResultType::Quantity(Dimension::NONE, ""),
        ),
        ResultField::new(
            "gamma",
            "The largest extrapolation grade that a segment with `until gamma` saw.",
            "glass.gamma",
            ResultType::Quantity(Dimension::NONE, ""),
        ),
        ResultField::new(
            "segments",
            "What came of each segment, means over replicas.",
            "glass.segments",
            ResultType::Table,
        ),
        ResultField::new(
            "course",
            "Temperature, density, energy and pressure against time, means over replicas.",
            "glass.course",
            ResultType::Table,
        ),
    ],
    random: true,
    replicated_by: Some("replicas"),
};
