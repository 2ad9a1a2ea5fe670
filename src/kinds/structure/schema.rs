//! What may be said about a structure.

use super::super::packing;
use crate::lang::schema::{
    Affects, Argument, Artifact, Choice, Default, Field, KindSchema, Outcome, Place, Range,
    ResultField, ResultType, Type, Verb,
};
use crate::lang::units::Dimension;
use crate::physics::io::Structures;

pub(super) const ARTIFACT: Artifact = Artifact(Structures::TYPE);

const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");

/// A free length or coordinate of a prototype.
const fn parameter(
    name: &'static str,
    ty: Type,
    doc: &'static str,
    example: &'static str,
) -> Field {
    Field::new(name, ty, Default::Absent, doc, example)
}

const A: Field = Field::new(
    "a",
    LENGTH,
    Default::Required,
    "Edge of the conventional cell.",
    "4 Å",
)
.range(Range::Above(0.0));
const C: Field = parameter("c", LENGTH, "Its height.", "5 Å").range(Range::Above(0.0));
const U: Field = parameter("u", Type::Number, "Free coordinate of the anion.", "0.305");

const CUBIC: &[Field] = &[A];
const WITH_C: &[Field] = &[A, C];
const WITH_U: &[Field] = &[A, U];
const WITH_C_AND_U: &[Field] = &[A, C, U];

const fn prototype(name: &'static str, doc: &'static str, arguments: &'static [Field]) -> Choice {
    Choice {
        name,
        doc,
        arguments,
    }
}

/// The structure types of `physics::structure::PROTOTYPES`, in their order; a test compares the two.
pub(super) const PROTOTYPES: &[Choice] = &[
    prototype("fcc", "Face-centred cubic metals.", CUBIC),
    prototype("bcc", "Body-centred cubic metals.", CUBIC),
    prototype(
        "hcp",
        "Hexagonal close-packed metals; `c` is √(8/3) a unless given.",
        WITH_C,
    ),
    prototype("diamond", "Diamond, silicon.", CUBIC),
    prototype("rocksalt", "NaCl, MgO, BaO.", CUBIC),
    prototype("cscl", "CsCl.", CUBIC),
    prototype("zincblende", "Cubic ZnS, GaAs.", CUBIC),
    prototype(
        "wurtzite",
        "Hexagonal ZnS, ZnO; `c` is √(8/3) a and `u`, the bond along c over c, 3/8 unless given.",
        WITH_C_AND_U,
    ),
    prototype("nickeline", "NiAs; `c` is √(8/3) a unless given.", WITH_C),
    prototype("fluorite", "CaF2, ZrO2.", CUBIC),
    prototype("antifluorite", "Li2O, Na2O.", CUBIC),
    prototype(
        "rutile",
        "TiO2, SnO2; `u` is the coordinate x of the anion.",
        WITH_C_AND_U,
    ),
    prototype(
        "anatase",
        "TiO2; `u` is the coordinate z of the anion from the cation at the origin.",
        WITH_C_AND_U,
    ),
    prototype(
        "perovskite",
        "Cubic BaTiO3, SrTiO3; the large cation first.",
        CUBIC,
    ),
    prototype(
        "spinel",
        "MgAl2O4, the tetrahedral cation first; `u`, the coordinate of the anion from an inversion centre, is 1/4 unless \
         given.",
        WITH_U,
    ),
    prototype(
        "corundum",
        "Al2O3, Fe2O3; `z` of the cation and `x` of the anion, on hexagonal axes.",
        &[
            A,
            C,
            parameter("z", Type::Number, "Coordinate z of the cation.", "0.3522"),
            parameter("x", Type::Number, "Coordinate x of the anion.", "0.3063"),
        ],
    ),
];

const ANGLE: Type = Type::Quantity(Dimension::NONE, "°");
const STRAIGHT: Range = Range::Within(0.0, std::f64::consts::PI);

const fn length(name: &'static str, default: Default, example: &'static str) -> Field {
    Field::new(
        name,
        LENGTH,
        default,
        "Length of the lattice vector.",
        example,
    )
    .range(Range::Above(0.0))
}

const fn angle(name: &'static str, doc: &'static str) -> Field {
    Field::new(name, ANGLE, Default::Absent, doc, "90 °").range(STRAIGHT)
}

const CELL: &[Field] = &[
    length("a", Default::Required, "4 Å"),
    length("b", Default::Absent, "4 Å"),
    length("c", Default::Absent, "4 Å"),
    angle("alpha", "Between b and c."),
    angle("beta", "Between a and c."),
    angle("gamma", "Between a and b."),
];

const SITE: &[Field] = &[
    Field::new(
        "element",
        Type::Element,
        Default::Required,
        "What sits there.",
        "Ba",
    ),
    Field::new(
        "at",
        Type::List(&Type::Number),
        Default::Absent,
        "Fractional coordinates; this or `wyckoff`.",
        "[0.5, 0.5, 0.5]",
    ),
    Field::new(
        "wyckoff",
        Type::Text,
        Default::Absent,
        "Letter of the Wyckoff position, in the standard setting of the group; this or `at`.",
        "\"f\"",
    ),
    parameter(
        "x",
        Type::Number,
        "Free coordinate of the Wyckoff position.",
        "0.305",
    ),
    parameter(
        "y",
        Type::Number,
        "Free coordinate of the Wyckoff position.",
        "0.1",
    ),
    parameter(
        "z",
        Type::Number,
        "Free coordinate of the Wyckoff position.",
        "0.25",
    ),
];

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

const SHARE: Argument = argument(
    Place::After("share"),
    "share",
    Type::Number,
    Default::Absent,
    Range::Within(0.0, 1.0),
    "Which part of the atoms of that element, rounded to whole atoms; this or `atoms`.",
);
const ATOMS: Argument = argument(
    Place::After("atoms"),
    "atoms",
    Type::Integer,
    Default::Absent,
    Range::AtLeast(0.0),
    "How many atoms; this or `share`.",
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

const STEPS: &[Verb] = &[
    verb(
        "primitive",
        "The standard primitive cell of the crystal's space group.",
        "primitive",
        &[],
    ),
    verb(
        "conventional",
        "The standard conventional cell of the crystal's space group.",
        "conventional",
        &[],
    ),
    verb(
        "reduce",
        "Niggli's reduced cell: the shortest lattice vectors.",
        "reduce",
        &[],
    ),
    verb(
        "supercell",
        "Repeat the cell: so often along each vector, by a matrix, or up to a size.",
        "supercell [2, 2, 2]",
        &[
            argument(
                Place::Positional,
                "repeats",
                Type::Either(&[
                    Type::List(&Type::Integer),
                    Type::List(&Type::List(&Type::Integer)),
                ]),
                Default::Absent,
                Range::Any,
                "Three numbers, or three rows of three in units of the lattice vectors.",
            ),
            argument(
                Place::After("atoms"),
                "atoms",
                Type::Integer,
                Default::Absent,
                Range::AtLeast(1.0),
                "At least so many atoms, in a shape near a cube.",
            ),
            argument(
                Place::After("height"),
                "height",
                LENGTH,
                Default::Absent,
                Range::Above(0.0),
                "At least this far from each face to the opposite one.",
            ),
        ],
    ),
    verb(
        "strain",
        "Stretch the cell with its atoms: the same in all directions, or by the six numbers of Voigt (xx, yy, zz, yz, xz, \
         xy; the last three are twice the components).",
        "strain 2 %",
        &[argument(
            Place::Positional,
            "amount",
            Type::Either(&[Type::Number, Type::List(&Type::Number)]),
            Default::Required,
            Range::Any,
            "Relative change of lengths.",
        )],
    ),
    verb(
        "rattle",
        "Move every atom at random.",
        "rattle 0.05 Å",
        &[argument(
            Place::Positional,
            "deviation",
            LENGTH,
            Default::Required,
            Range::AtLeast(0.0),
            "Standard deviation of each coordinate.",
        )],
    ),
    verb(
        "substitute",
        "Put another element in the place of atoms that are drawn at random.",
        "substitute Ba with Sr share 10 %",
        &[
            argument(
                Place::Positional,
                "from",
                Type::Element,
                Default::Required,
                Range::Any,
                "The element that goes.",
            ),
            argument(
                Place::After("with"),
                "to",
                Type::Element,
                Default::Required,
                Range::Any,
                "The element that comes.",
            ),
            SHARE,
            ATOMS,
        ],
    ),
    verb(
        "vacancy",
        "Take away atoms of an element that are drawn at random.",
        "vacancy O share 5 %",
        &[
            argument(
                Place::Positional,
                "of",
                Type::Element,
                Default::Required,
                Range::Any,
                "The element.",
            ),
            SHARE,
            ATOMS,
        ],
    ),
    verb(
        "vacuum",
        "Make a slab: empty space between the cell and its next image.",
        "vacuum 15 Å along c",
        &[
            argument(
                Place::Positional,
                "height",
                LENGTH,
                Default::Required,
                Range::Above(0.0),
                "How wide.",
            ),
            ALONG,
        ],
    ),
    verb(
        "stack",
        "Put another structure on top: two phases in one cell, with the same gap at both faces between them. Across, the other \
         one is strained to fit; its atoms keep their density but for that.",
        "stack upper gap 2 Å",
        &[
            argument(
                Place::Positional,
                "other",
                Type::Artifact(ARTIFACT),
                Default::Required,
                Range::Any,
                "The structure on top; of several, the one of the same number.",
            ),
            argument(
                Place::After("gap"),
                "gap",
                LENGTH,
                Default::Required,
                Range::AtLeast(0.0),
                "Empty height between the two cells.",
            ),
            ALONG,
            argument(
                Place::After("mismatch"),
                "mismatch",
                Type::Number,
                Default::Is("5 %"),
                Range::AtLeast(0.0),
                "By how much the lengths across may differ at most.",
            ),
        ],
    ),
];

const ALONG: Argument = argument(
    Place::After("along"),
    "along",
    Type::Choice(&[
        prototype("a", "Across the face of b and c.", &[]),
        prototype("b", "Across the face of a and c.", &[]),
        prototype("c", "Across the face of a and b.", &[]),
    ]),
    Default::Is("c"),
    Range::Any,
    "Which lattice vector becomes longer.",
);

const ELEMENT: Field = Field::new("one", Type::Element, Default::Required, "An element.", "Ti");

const fn quantity(
    name: &'static str,
    doc: &'static str,
    example: &'static str,
    dimension: Dimension,
    unit: &'static str,
) -> ResultField {
    ResultField::new(name, doc, example, ResultType::Quantity(dimension, unit))
}

const RESULTS: &[ResultField] = &[
    quantity(
        "atoms",
        "Number of atoms; of several structures the mean, as for all numbers here.",
        "rutile.atoms",
        Dimension::NONE,
        "",
    ),
    quantity(
        "density",
        "Mass over volume.",
        "rutile.density",
        Dimension::DENSITY,
        "g/cm^3",
    ),
    quantity(
        "volume",
        "Volume of the cell.",
        "rutile.volume",
        Dimension::VOLUME,
        "Å^3",
    ),
    quantity(
        "a",
        "Length of the first lattice vector.",
        "rutile.a",
        Dimension::LENGTH,
        "Å",
    ),
    quantity(
        "b",
        "Length of the second lattice vector.",
        "rutile.b",
        Dimension::LENGTH,
        "Å",
    ),
    quantity(
        "c",
        "Length of the third lattice vector.",
        "rutile.c",
        Dimension::LENGTH,
        "Å",
    ),
    ResultField {
        name: "shortest",
        doc: "The shortest distance of two elements, in any of the structures.",
        example: "rutile.shortest(Ti, O)",
        parameters: &[
            ELEMENT,
            Field::new(
                "other",
                Type::Element,
                Default::Required,
                "An element.",
                "O",
            ),
        ],
        ty: ResultType::Quantity(Dimension::LENGTH, "Å"),
    },
    ResultField {
        name: "space_group",
        doc: "Symbol and number of the space group; of several structures those that occur.",
        example: "rutile.space_group",
        parameters: &[Field::new(
            "tolerance",
            LENGTH,
            Default::Is("0.01 Å"),
            "How far atoms may lie from where the symmetry wants them.",
            "0.1 Å",
        )
        .range(Range::Above(0.0))],
        ty: ResultType::Text,
    },
    ResultField {
        name: "composition",
        doc: "Atoms of each element, and the part that they are.",
        example: "rutile.composition",
        parameters: &[],
        ty: ResultType::Table,
    },
    ResultField {
        name: "cells",
        doc: "Lattice parameters, atoms and density of each structure.",
        example: "rutile.cells",
        parameters: &[],
        ty: ResultType::Table,
    },
    ResultField {
        name: "positions",
        doc: "Elements and fractional coordinates of the first structure.",
        example: "rutile.positions",
        parameters: &[],
        ty: ResultType::Table,
    },
];

pub(super) const SCHEMA: KindSchema = KindSchema {
    name: "structure",
    version: 2,
    summary: "atoms in a periodic cell: a crystal, a file, a random packing, and what is done to them",
    doc: "A structure comes from one of these: `crystal`, a phase among `structures` (`batio.crystals`); `file`; `prototype` \
          with a `formula`; `spacegroup` with `cell` and `sites`; `amorphous`, a random packing at a `density`.\n\n\
          Steps change it in the order in which they stand: supercells, strain, rattling, substitution, vacancies, slabs and stacks. \
          `copies` makes several, which differ where a step is random.\n\n\
          The result is an extended XYZ file, and for a single structure CIF, POSCAR and LAMMPS data as well.",
    example: "use std.batio\nstructure rutile {\n  crystal: TiO2(rutile)\n  structures: batio.crystals\n  supercell [2, 2, 3]\n  \
              rattle 0.05 Å\n}",
    outcome: Outcome::Artifact(ARTIFACT),
    fields: &[
        Field::new(
            "crystal",
            Type::Phase,
            Default::Absent,
            "A crystal by its phase, looked up in `structures`, or in those of the system.",
            "TiO2(rutile)",
        ),
        Field::new(
            "structures",
            Type::Map(&Type::Phase, &Type::Path),
            Default::Absent,
            "Files of crystals by phase.",
            "batio.crystals",
        ),
        Field::new(
            "system",
            Type::Inline("system", &["structures"]),
            Default::Absent,
            "The system whose structures are meant where none are given.",
            "ba_ti_o",
        ),
        Field::new(
            "file",
            Type::Path,
            Default::Absent,
            "A CIF, POSCAR, extended XYZ or LAMMPS data file; all structures in it.",
            "\"BaTi2O5.cif\"",
        ),
        Field::new(
            "prototype",
            Type::Choice(PROTOTYPES),
            Default::Absent,
            "A structure type with its lattice parameters; needs `formula`.",
            "rocksalt(a: 5.54 Å)",
        ),
        Field::new(
            "formula",
            Type::Formula,
            Default::Absent,
            "What a prototype is made of; its elements take the sites in the order in which they are written.",
            "BaO",
        ),
        Field::new(
            "spacegroup",
            Type::Either(&[Type::Text, Type::Integer]),
            Default::Absent,
            "A space group by symbol or number; needs `cell` and `sites`.",
            "\"Pm-3m\"",
        ),
        Field::new(
            "cell",
            Type::Record(CELL),
            Default::Absent,
            "Lattice parameters; what the space group fixes may be left out.",
            "{ a: 4.006 Å }",
        ),
        Field::new(
            "sites",
            Type::List(&Type::Record(SITE)),
            Default::Absent,
            "One atom of each set that the space group makes equal.",
            "[{ element: Ba, at: [0, 0, 0] }, { element: Ti, wyckoff: \"b\" }]",
        )
        .range(Range::Count(1)),
        Field::new(
            "amorphous",
            Type::Mixture,
            Default::Absent,
            "A random packing of this composition; needs `atoms` and `density`.",
            "BaO + 2 TiO2",
        ),
        packing::ATOMS,
        packing::DENSITY,
        packing::CLOSEST,
        Field::new(
            "copies",
            Type::Integer,
            Default::Is("1"),
            "How many structures are made of each.",
            "10",
        )
        .range(Range::Within(1.0, 100_000.0)),
    ],
    steps: STEPS,
    results: RESULTS,
    random: true,
    replicated_by: None,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_are_the_prototypes_with_their_parameters() {
        use crate::physics::structure::PROTOTYPES as KNOWN;
        assert_eq!(PROTOTYPES.len(), KNOWN.len());
        for (choice, known) in PROTOTYPES.iter().zip(KNOWN) {
            assert_eq!(choice.name, known.name);
            let free: Vec<&str> = choice
                .arguments
                .iter()
                .map(|field| field.name)
                .filter(|name| !["a", "c"].contains(name))
                .collect();
            let wanted: Vec<&str> = known.free.iter().map(|(name, _)| *name).collect();
            assert_eq!(free, wanted, "{}", known.name);
            let cubic = known.group().expect("a group").number() >= 195;
            let has_c = choice.arguments.iter().any(|field| field.name == "c");
            assert_ne!(cubic, has_c, "{}", known.name);
        }
    }
}
