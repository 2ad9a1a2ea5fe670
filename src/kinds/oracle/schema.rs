//! What may be said about an oracle.

use crate::lang::schema::{Artifact, Choice, Default, Field, KindSchema, Outcome, Range, Type};
use crate::lang::units::Dimension;
use crate::physics::oracle::StoredPotential;

const LENGTH: Type = Type::Quantity(Dimension::LENGTH, "Å");
const ENERGY: Type = Type::Quantity(Dimension::ENERGY, "eV");
const PER_LENGTH: Type = Type::Quantity(Dimension::of(-1, 0, 0, 0, 0, 0), "/Å");
/// Of coefficients of r⁻ⁿ.
const fn energy_length(power: i8, unit: &'static str) -> Type {
    Type::Quantity(Dimension::of(power, 1, 0, 0, 0, 0), unit)
}

const fn word(name: &'static str, doc: &'static str, arguments: &'static [Field]) -> Choice {
    Choice {
        name,
        doc,
        arguments,
    }
}

const fn positive(
    name: &'static str,
    ty: Type,
    default: Default,
    doc: &'static str,
    example: &'static str,
) -> Field {
    Field::new(name, ty, default, doc, example).range(Range::Above(0.0))
}

const fn cutoff(default: Default) -> Field {
    positive(
        "cutoff",
        LENGTH,
        default,
        "How far atoms see each other.",
        "10 Å",
    )
}
const CUTOFF: Field = cutoff(Default::Required);

const ACCURACY: Field = Field::new(
    "accuracy",
    Type::Number,
    Default::Is("1e-5"),
    "Error of a force of the lattice sum (root mean square), relative to that between two unit charges at 1 Å.",
    "1e-6",
)
.range(Range::Within(1e-12, 0.01));

const CUT: Choice = word("cut", "Energy and force jump to zero.", &[]);
const SHIFTED: Choice = word(
    "shifted",
    "The energy is shifted to end at zero; the force jumps.",
    &[],
);
const FORCE_SHIFTED: Choice = word(
    "force_shifted",
    "A linear term lets energy and force end at zero.",
    &[],
);
const SMOOTH: Choice = word(
    "smooth",
    "Brought to zero by a polynomial with two smooth derivatives.",
    &[positive(
        "over",
        LENGTH,
        Default::Is("0.5 Å"),
        "Over this length before the cutoff.",
        "1 Å",
    )],
);
const fn truncation(choices: &'static [Choice]) -> Field {
    Field::new(
        "truncation",
        Type::Choice(choices),
        Default::Is("shifted"),
        "How the part of short range ends at its cutoff.",
        "smooth(over: 0.5 Å)",
    )
}
const TRUNCATION: Field = truncation(&[SHIFTED, CUT, FORCE_SHIFTED, SMOOTH]);

const BETWEEN: Field = Field::new(
    "between",
    Type::List(&Type::Element),
    Default::Required,
    "The two elements, whichever way round.",
    "[Ba, O]",
)
.range(Range::Count(1));

const fn pairs(fields: &'static Type, default: Default, example: &'static str) -> Field {
    Field::new(
        "pairs",
        Type::List(fields),
        default,
        "Pairs of elements with their parameters.",
        example,
    )
    .range(Range::Count(1))
}

const GUARD: Field = Field::new(
    "guard",
    Type::Boolean,
    Default::Is("true"),
    "Puts a wall where dispersion would let atoms fall into each other, within the distance of steepest repulsion.",
    "false",
);

const CHARGES: Field = Field::new(
    "charges",
    Type::Map(&Type::Element, &Type::Number),
    Default::Required,
    "Charges of the ions, in elementary charges.",
    "{ Ba: +2, Ti: +4, O: -2 }",
);
const ALPHA: Field = positive(
    "alpha",
    PER_LENGTH,
    Default::Is("0.25 /Å"),
    "Damping: the inverse width of the cloud that screens a charge.",
    "0.2 /Å",
);

const PUBLISHED: [Field; 3] = [cutoff(Default::Is("10 Å")), ACCURACY, TRUNCATION];

const MODELS: &[Choice] = &[
    word(
        "pmmcs",
        "Rigid ions of Pedone et al. (J. Phys. Chem. B 110, 11780, 2006) for oxides of Na, K, Be, Mg, Ca, Sr, Ba, Ti, Zr, Al, \
         Si and P.",
        &[
            Field::new(
                "charges",
                Type::Choice(&[
                    word(
                        "damped",
                        "Damped shifted force to 8 Å, as it is used for glasses.",
                        &[],
                    ),
                    word("ewald", "Summed over all images.", &[ACCURACY]),
                ]),
                Default::Is("damped"),
                "How charges act.",
                "ewald(accuracy: 1e-6)",
            ),
            TRUNCATION,
        ],
    ),
    word(
        "matsui_akaogi",
        "Rigid ions of Matsui and Akaogi (Mol. Simul. 6, 239, 1991) for Ti and O, charges summed over all images.",
        &PUBLISHED,
    ),
    word(
        "tosi_fumi",
        "Rigid ions of Tosi and Fumi (1964) for Na and Cl, charges summed over all images.",
        &[cutoff(Default::Is("8.5 Å")), ACCURACY, TRUNCATION],
    ),
    word(
        "lennard_jones",
        "4 ε ((σ/r)¹² − (σ/r)⁶).",
        &[
            positive(
                "epsilon",
                ENERGY,
                Default::Absent,
                "Depth of the well, of every pair that is not in `pairs`.",
                "0.0104 eV",
            ),
            positive(
                "sigma",
                LENGTH,
                Default::Absent,
                "Where the energy is zero, of every pair that is not in `pairs`.",
                "3.4 Å",
            ),
            pairs(
                &Type::Record(&[
                    BETWEEN,
                    Field::new(
                        "epsilon",
                        ENERGY,
                        Default::Required,
                        "Depth of the well.",
                        "0.01 eV",
                    )
                    .range(Range::AtLeast(0.0)),
                    positive(
                        "sigma",
                        LENGTH,
                        Default::Required,
                        "Where the energy is zero.",
                        "3.4 Å",
                    ),
                ]),
                Default::Absent,
                "[{ between: [Ar, Kr], epsilon: 0.0123 eV, sigma: 3.52 Å }]",
            ),
            CUTOFF,
            truncation(&[
                SHIFTED,
                CUT,
                FORCE_SHIFTED,
                SMOOTH,
                word(
                    "tail",
                    "Cut, with the mean energy and pressure of what lies beyond, as if it were spread evenly.",
                    &[],
                ),
            ]),
        ],
    ),
    word(
        "buckingham",
        "A exp(−r/ρ) − C/r⁶.",
        &[
            pairs(
                &Type::Record(&[
                    BETWEEN,
                    Field::new("a", ENERGY, Default::Required, "A.", "931.7 eV")
                        .range(Range::AtLeast(0.0)),
                    positive("rho", LENGTH, Default::Required, "ρ.", "0.3949 Å"),
                    Field::new(
                        "c",
                        energy_length(6, "eV*Å^6"),
                        Default::Is("0 eV*Å^6"),
                        "C.",
                        "27.88 eV*Å^6",
                    )
                    .range(Range::AtLeast(0.0)),
                ]),
                Default::Required,
                "[{ between: [Ba, O], a: 931.7 eV, rho: 0.3949 Å }]",
            ),
            CUTOFF,
            TRUNCATION,
            GUARD,
        ],
    ),
    word(
        "born_mayer_huggins",
        "A exp((σ − r)/ρ) − C/r⁶ − D/r⁸.",
        &[
            pairs(
                &Type::Record(&[
                    BETWEEN,
                    Field::new("a", ENERGY, Default::Required, "A.", "0.211 eV")
                        .range(Range::AtLeast(0.0)),
                    Field::new("sigma", LENGTH, Default::Is("0 Å"), "σ.", "2.755 Å"),
                    positive("rho", LENGTH, Default::Required, "ρ.", "0.317 Å"),
                    Field::new(
                        "c",
                        energy_length(6, "eV*Å^6"),
                        Default::Is("0 eV*Å^6"),
                        "C.",
                        "6.9905 eV*Å^6",
                    )
                    .range(Range::AtLeast(0.0)),
                    Field::new(
                        "d",
                        energy_length(8, "eV*Å^8"),
                        Default::Is("0 eV*Å^8"),
                        "D.",
                        "8.6758 eV*Å^8",
                    )
                    .range(Range::AtLeast(0.0)),
                ]),
                Default::Required,
                "[{ between: [Na, Cl], a: 0.21096 eV, sigma: 2.755 Å, rho: 0.317 Å }]",
            ),
            CUTOFF,
            TRUNCATION,
            GUARD,
        ],
    ),
    word(
        "morse",
        "D ((1 − exp(−a (r − r₀)))² − 1) + C/r¹².",
        &[
            pairs(
                &Type::Record(&[
                    BETWEEN,
                    Field::new("depth", ENERGY, Default::Required, "D.", "0.34 eV")
                        .range(Range::AtLeast(0.0)),
                    positive(
                        "stiffness",
                        PER_LENGTH,
                        Default::Required,
                        "a.",
                        "2.0067 /Å",
                    ),
                    positive("distance", LENGTH, Default::Required, "r₀.", "2.1 Å"),
                    Field::new(
                        "repulsion",
                        energy_length(12, "eV*Å^12"),
                        Default::Is("0 eV*Å^12"),
                        "C; none in Morse's own form.",
                        "1 eV*Å^12",
                    )
                    .range(Range::AtLeast(0.0)),
                ]),
                Default::Required,
                "[{ between: [Si, O], depth: 0.340554 eV, stiffness: 2.0067 /Å, distance: 2.1 Å, repulsion: 1 eV*Å^12 }]",
            ),
            CUTOFF,
            TRUNCATION,
        ],
    ),
    word(
        "tabulated",
        "Energies at even steps of the distance, joined by cubic splines. A file has two columns, distance in Å and energy in \
         eV, to the cutoff of the pair; what follows `#` is no data.",
        &[
            pairs(
                &Type::Record(&[
                    BETWEEN,
                    Field::new(
                        "file",
                        Type::Path,
                        Default::Required,
                        "The file of the pair.",
                        "\"ba_o.dat\"",
                    ),
                ]),
                Default::Required,
                "[{ between: [Ba, O], file: \"ba_o.dat\" }]",
            ),
            TRUNCATION,
        ],
    ),
    word(
        "damped",
        "Charges by the damped shifted force (Fennell and Gezelter 2006): energy and force end at the cutoff.",
        &[CHARGES, ALPHA, CUTOFF],
    ),
    word(
        "wolf",
        "Charges by the sum of Wolf et al. (1999): the energy ends at the cutoff.",
        &[CHARGES, ALPHA, CUTOFF],
    ),
    word(
        "ewald",
        "Charges summed over all images.",
        &[
            CHARGES,
            cutoff(Default::Is("10 Å")),
            ACCURACY,
            Field::new(
                "waves",
                Type::Choice(&[
                    word(
                        "automatic",
                        "Directly up to 100 atoms, on a mesh for more.",
                        &[],
                    ),
                    word("direct", "One by one, slow for many atoms.", &[]),
                    word(
                        "mesh",
                        "On a mesh (smooth particle mesh of sixth order).",
                        &[],
                    ),
                ]),
                Default::Is("automatic"),
                "How the part of long range is summed.",
                "mesh",
            ),
        ],
    ),
    word(
        "zbl",
        "Screened repulsion of nuclei (Ziegler, Biersack, Littmark 1985) between all atoms, for those that meet at high energies.",
        &[
            positive(
                "from",
                LENGTH,
                Default::Is("0.8 Å"),
                "Fully there up to this distance.",
                "0.8 Å",
            ),
            positive(
                "cutoff",
                LENGTH,
                Default::Is("1.5 Å"),
                "Gone from this distance.",
                "1.5 Å",
            ),
        ],
    ),
];

const MODEL: Type = Type::Choice(MODELS);

pub(super) const SCHEMA: KindSchema = KindSchema {
    name: "oracle",
    version: 1,
    summary: "what says how atoms attract and repel each other",
    doc: "`analytic(…)` is a potential in closed form that needs no setup: a published model, or pairs and charges with \
          parameters of your own. Several in a list act together: `analytic([pmmcs, zbl])`. Such potentials are classical \
          models, fit for structures, melts and tests, not a replacement of electronic structure; energies of two models do \
          not compare.\n\n\
          Every pair of elements needs parameters, unless their charges repel each other.\n\n\
          Outside programs (commands, i-PI, LAMMPS) are not built yet.",
    example: "oracle rigid_ions {\n  method: analytic([\n    ewald(charges: { Ba: +2, O: -2 }),\n    \
              buckingham(cutoff: 10 Å, pairs: [\n      { between: [Ba, O], a: 931.7 eV, rho: 0.3949 Å },\n      \
              { between: [O, O], a: 22764.3 eV, rho: 0.149 Å, c: 27.88 eV*Å^6 }\n    ])\n  ])\n}",
    outcome: Outcome::Artifact(Artifact(StoredPotential::TYPE)),
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
            Type::Choice(&[word(
                "analytic",
                "A potential in closed form.",
                &[Field::new(
                    "model",
                    Type::Either(&[MODEL, Type::List(&MODEL)]),
                    Default::Required,
                    "Which one, or several that act together.",
                    "pmmcs",
                )],
            )]),
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
