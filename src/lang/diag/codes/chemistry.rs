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
pub const THERMOCHEMISTRY: Code = Code("W0401");

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
];
