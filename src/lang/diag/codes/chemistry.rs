//! `E04xx`: chemistry and data.

use super::{Code, Explanation};

pub const FORMULA: Code = Code("E0401");
pub const UNBALANCED: Code = Code("E0402");
pub const MIXTURE: Code = Code("E0403");

// What only the kinds find.
pub const ELEMENT_OUTSIDE: Code = Code("E0430");
pub const NO_SUCH_PHASE: Code = Code("E0431");
pub const SEVERAL_PHASES: Code = Code("E0432");
pub const DATA_TABLE: Code = Code("E0433");
pub const MIXED_SCALES: Code = Code("E0434");
pub const TEMPERATURES: Code = Code("E0435");
pub const SCHEDULE: Code = Code("E0436");
pub const CLOCK: Code = Code("E0437");
pub const GRID: Code = Code("E0438");
pub const NO_VOLUME: Code = Code("E0439");
pub const GAS: Code = Code("E0440");
pub const REPORT: Code = Code("E0441");
pub const STRUCTURE: Code = Code("E0442");
pub const STRUCTURE_FILE: Code = Code("E0443");
pub const POTENTIAL: Code = Code("E0444");
pub const POTENTIAL_FILE: Code = Code("E0447");
pub const PROTOCOL: Code = Code("E0445");
pub const TRANSPORT: Code = Code("E0448");

/// A sound beginning of a study, before what an example is about.
macro_rules! after {
    ($($rest:literal)*) => {
        concat!(
            "use std.batio\nsystem e { elements: [Ba, Ti, O] }\n",
            "phases p { system: e, source: batio.thermochemistry }\n",
            $($rest),*
        )
    };
}

/// A sound study up to its firing.
macro_rules! fired {
    ($($fields:literal)*) => {
        after!(
            "reactions r { phases: p, between: [BaO, TiO2(rutile)] }\n"
            "schedule s {\n  start 25 °C\n  ramp to 1100 °C at 5 K/min\n}\n"
            "synthesis f {\n  reactions: r\n  precursors: BaO + TiO2(rutile)\n  schedule: s\n"
            $($fields)*
            "}\n"
        )
    };
}

pub const TABLE: &[Explanation] = &[
    Explanation {
        code: FORMULA,
        title: "a formula that cannot be read",
        text: "A formula is made of element symbols with counts, groups in brackets with a count, and parts of hydrates \
               behind `*`. A phase label in lower case follows in parentheses (`TiO2(rutile)`); other labels are quoted.",
        failing: "let x = Xx2O3\n",
        mended: "let x = Y2O3\n",
    },
    Explanation {
        code: UNBALANCED,
        title: "a reaction that does not balance",
        text: "Without coefficients a reaction is balanced for you. Coefficients that are written must conserve every \
               element; the message shows what does not, and the balanced form if there is just one.",
        failing: "let r = 2 BaO + TiO2 -> BaTiO3\n",
        mended: "let r = BaO + TiO2 -> BaTiO3\n",
    },
    Explanation {
        code: MIXTURE,
        title: "a mixture that makes no sense",
        text: "All amounts of one mixture are in moles (or bare numbers), or all in grams; they are positive, and each \
               phase stands once.",
        failing: "let m = 80 g TiO2 + 2 mol BaO\n",
        mended: "let m = 80 g TiO2 + 20 g BaO\n",
    },
    Explanation {
        code: ELEMENT_OUTSIDE,
        title: "an element that does not belong there",
        text: "A system lists each element once; charges and precursors are of its elements. To bring an element in, add \
               it to `elements` of the system, and to the phases that `between` of the reactions names.",
        failing: "system s { elements: [Ba, Ba, O] }\n",
        mended: "system s { elements: [Ba, O] }\n",
    },
    Explanation {
        code: NO_SUCH_PHASE,
        title: "a phase without data",
        text: "A phase must be in the phase set, under its label if it has one. The message lists what is there; more \
               comes from a table of yours named in `source`.",
        failing: after!("reactions r { phases: p, between: [BaO, SrO] }\n"),
        mended: after!("reactions r { phases: p, between: [BaO, TiO2(rutile)] }\n"),
    },
    Explanation {
        code: SEVERAL_PHASES,
        title: "a formula that several phases have",
        text: "Polymorphs differ in energy and volume, so a formula that several of them share needs a label. It never \
               means the most stable one silently.",
        failing: after!("reactions r { phases: p, between: [BaO, TiO2] }\n"),
        mended: after!("reactions r { phases: p, between: [BaO, TiO2(rutile)] }\n"),
    },
    Explanation {
        code: DATA_TABLE,
        title: "a table that cannot be used",
        text: "The message gives file, line and column, what is wrong there and the mend. Tables are CSV with units in \
               the header (`phase,T_K,dGf_eV,…`), or JSON. (The example would need a file.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: MIXED_SCALES,
        title: "measured and computed energies side by side",
        text: "Measured and computed formation energies differ by more than most solid-state reactions yield. Where \
               tables hold both, `tables(files: […], scheme: …)` names how they come onto one scale: `measured`, \
               `computed`, `anchored` or `anchored_enthalpy`. (The example would need files.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: TEMPERATURES,
        title: "a temperature beyond the data",
        text: "Tables are not extrapolated. Stay within their range, or name a table that reaches further.",
        failing: after!("reactions r { phases: p, temperatures: 300 K .. 5000 K }\n"),
        mended: after!("reactions r { phases: p, temperatures: 300 K .. 1500 K }\n"),
    },
    Explanation {
        code: SCHEDULE,
        title: "steps of a schedule that make no sense",
        text: "A schedule begins with `start`, once; a ramp has a rate or a duration; `cool` goes down. The message says \
               which of these it is.",
        failing: "schedule s {\n  hold for 2 h\n}\n",
        mended: "schedule s {\n  start 25 °C\n  hold for 2 h\n}\n",
    },
    Explanation {
        code: CLOCK,
        title: "hours for a clock that counts sweeps",
        text: "The automaton counts sweeps. A schedule in hours needs a declared conversion, `sweeps_per_hour`, which is a \
               choice of yours and no property of the powder; or time the schedule in sweeps.",
        failing: fired!(""),
        mended: fired!("  sweeps_per_hour: 60\n"),
    },
    Explanation {
        code: GRID,
        title: "a sample that cannot be set up",
        text: "A grid has three sides of at least three cells, so that the six neighbours of a cell differ. A synthesis \
               begins with `precursors` or, with `start_from`, where another one ended.",
        failing: fired!("  sweeps_per_hour: 60\n  grid: [2, 2, 2]\n"),
        mended: fired!("  sweeps_per_hour: 60\n  grid: [12, 12, 12]\n"),
    },
    Explanation {
        code: NO_VOLUME,
        title: "a solid without a volume",
        text: "Cells of the automaton hold volumes, so every solid that takes part needs one: a column `volume_A3` in its \
               table. (The example would need a file.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: GAS,
        title: "a gas in the wrong place, or unknown",
        text: "Gases are named in `gases` of the reactions and in the `atmosphere` of the schedule; they are no \
               precursors. A gas must be in the phase set, for which its elements must be in the system.",
        failing: after!("reactions r { phases: p, gases: [CO2] }\n"),
        mended: after!("reactions r { phases: p, gases: [O2] }\n"),
    },
    Explanation {
        code: REPORT,
        title: "a report that shows nothing",
        text: "A report has steps: `plot fired.fractions against temperature`, `table fired.composition`.",
        failing: "report r { }\n",
        mended: after!("report r { table p.energies }\n"),
    },
    Explanation {
        code: STRUCTURE,
        title: "a structure that cannot be made",
        text: "A structure comes from one source (`crystal`, `file`, `prototype`, `spacegroup` or `amorphous`) with what that \
               source needs, and each of its steps must be possible where it stands. The message says which is not.",
        failing: "structure s {\n  prototype: rocksalt(a: 5.5 Å)\n  formula: TiO2\n}\n",
        mended: "structure s {\n  prototype: rocksalt(a: 5.5 Å)\n  formula: BaO\n}\n",
    },
    Explanation {
        code: STRUCTURE_FILE,
        title: "a file of structures that cannot be read",
        text: "CIF, POSCAR, extended XYZ and LAMMPS data files are known by their names. The message has the line and what is \
               wrong in it; sites that are occupied in part, for example, are no atoms. The same is said of files of potentials.",
        failing: "potential p { file: \"argon.asi\" }\n",
        mended: "potential p { file: \"argon.yaml\" }\n",
    },
    Explanation {
        code: POTENTIAL,
        title: "a potential that does not fit",
        text: "A potential knows certain elements. All that occur in the system or in the structures that it moves must be \
               among them, every pair of them needs parameters unless their charges repel each other, and the charges of the \
               structures must balance.",
        failing: "system s { elements: [Ba, Ti, O] }\noracle o { system: s, method: analytic(matsui_akaogi) }\n",
        mended: "system s { elements: [Ti, O] }\noracle o { system: s, method: analytic(matsui_akaogi) }\n",
    },
    Explanation {
        code: POTENTIAL_FILE,
        title: "a table of a potential that cannot be read",
        text: "A tabulated pair is a file of two columns, distance in Å and energy in eV, at even steps of the distance; what \
               follows `#` is no data. The message has the line. (The example would need a file.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: TRANSPORT,
        title: "transport coefficients that cannot be had",
        text: "Coefficients come from one source: a trajectory, tensors at several temperatures, or a published table. A trajectory \
               must keep frames, and the thermostat must leave momentum alone: Langevin dynamics changes how atoms diffuse. \
               Conductivity and transference need charges.",
        failing: "oracle o { method: analytic(pmmcs) }\nstructure s { prototype: rocksalt(a: 5.5 Å), formula: BaO }\n\
                  ensemble e {\n  potential: o\n  start: s\n  protocol { nvt 300 K for 1 ps sample 10 fs thermostat langevin }\n}\n\
                  transport t { trajectory: e }\n",
        mended: "oracle o { method: analytic(pmmcs) }\nstructure s { prototype: rocksalt(a: 5.5 Å), formula: BaO }\n\
                 ensemble e {\n  potential: o\n  start: s\n  protocol { nvt 300 K for 1 ps sample 10 fs }\n}\n\
                 transport t { trajectory: e }\n",
    },
    Explanation {
        code: PROTOCOL,
        title: "a protocol that cannot be run",
        text: "The segments of a protocol follow one another on the same atoms: dynamics at constant energy need velocities, so \
               a temperature of their own or a segment with one before them; `rescale to mean volume` needs a segment at \
               constant pressure directly before it.",
        failing: "oracle o { method: analytic(pmmcs) }\nstructure s { prototype: rocksalt(a: 5.5 Å), formula: BaO }\n\
                  ensemble e {\n  potential: o\n  start: s\n  protocol { nve for 1 ps }\n}\n",
        mended: "oracle o { method: analytic(pmmcs) }\nstructure s { prototype: rocksalt(a: 5.5 Å), formula: BaO }\n\
                 ensemble e {\n  potential: o\n  start: s\n  protocol { nvt 300 K for 1 ps }\n}\n",
    },
];
