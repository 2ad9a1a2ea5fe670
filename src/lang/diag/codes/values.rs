//! `E03xx`: types, units, ranges.

use super::{Code, Explanation};

pub const UNIT: Code = Code("E0301");
pub const DIMENSION: Code = Code("E0302");
pub const TYPE: Code = Code("E0303");
pub const OUT_OF_RANGE: Code = Code("E0304");
pub const CELSIUS: Code = Code("E0305");
pub const NEEDS_UNIT: Code = Code("E0306");
pub const WORD: Code = Code("E0307");
pub const SHADOWED: Code = Code("E0308");
pub const CALL: Code = Code("E0309");
pub const INDEX: Code = Code("E0310");
pub const RESULT: Code = Code("E0311");
pub const DEFERRED: Code = Code("E0312");
pub const ARITHMETIC: Code = Code("E0313");
pub const RANGE_LIST: Code = Code("E0314");
pub const NO_FILE: Code = Code("E0315");
pub const FAMILY: Code = Code("E0316");
pub const WRONG_NODE: Code = Code("E0317");
pub const SELECT: Code = Code("E0318");
pub const MEMBER: Code = Code("E0319");

pub const TABLE: &[Explanation] = &[
    Explanation {
        code: UNIT,
        title: "a unit that is not known",
        text: "Units are words of a table, alone or in a product: `K/min`, `g/cm^3`, `kJ/mol`, `J/(mol*K)`. Each has an \
               ASCII spelling: `degC`, `angstrom`, `um`.",
        failing: "let rate = 5 K/minn\n",
        mended: "let rate = 5 K/min\n",
    },
    Explanation {
        code: DIMENSION,
        title: "quantities that do not go together",
        text: "Sums, differences and comparisons need quantities of one kind. Units of one kind mix freely: `1 eV + \
               2 kJ/mol` is an energy, since `mol` is a count.",
        failing: "let x = 5 K + 3 h\n",
        mended: "let x = 5 min + 3 h\n",
    },
    Explanation {
        code: TYPE,
        title: "a value of another type than the field takes",
        text: "Every field declares what it takes; `synth doc KIND` shows it. Nothing is converted silently.",
        failing: "system s { elements: 3 K }\n",
        mended: "system s { elements: [Ba, O] }\n",
    },
    Explanation {
        code: OUT_OF_RANGE,
        title: "a value outside of the range of its field",
        text: "Fields of which not every value makes sense declare a range; `synth doc KIND` shows it.",
        failing: "schedule s {\n  start 25 °C\n  hold for -2 h\n}\n",
        mended: "schedule s {\n  start 25 °C\n  hold for 2 h\n}\n",
    },
    Explanation {
        code: CELSIUS,
        title: "calculating with degrees Celsius",
        text: "A temperature in °C is a point on a scale, not an amount: twice 20 °C is not 40 °C. It stands alone; what \
               is calculated with is in kelvin. Rates (`5 °C/min`) are differences and are fine.",
        failing: "let t = 25 °C + 10 K\n",
        mended: "let t = 298.15 K + 10 K\n",
    },
    Explanation {
        code: NEEDS_UNIT,
        title: "a number without a unit",
        text: "A field with a dimension takes a number with a unit: `6` alone could be seconds or hours.",
        failing: "schedule s {\n  start 25 °C\n  hold for 6\n}\n",
        mended: "schedule s {\n  start 25 °C\n  hold for 6 h\n}\n",
    },
    Explanation {
        code: WORD,
        title: "a word that the field does not know",
        text: "Some fields take one word of a closed set, perhaps with arguments. `synth doc KIND` lists them.",
        failing: "schedule s {\n  atmosphere: airr\n  start 25 °C\n}\n",
        mended: "schedule s {\n  atmosphere: air\n  start 25 °C\n}\n",
    },
    Explanation {
        code: SHADOWED,
        title: "a name of yours that is also a word of the field",
        text: "Where a field takes a word of a closed set, a name with the same spelling would be ambiguous.",
        failing: "let air = 3\nschedule s {\n  atmosphere: air\n  start 25 °C\n}\n",
        mended: "let air_flow = 3\nschedule s {\n  atmosphere: air\n  start 25 °C\n}\n",
    },
    Explanation {
        code: CALL,
        title: "a function or constructor that is used wrongly",
        text: "Arguments go by place or by name (`gibbs(Ba2TiO4, t: 1200 K)`); `synth doc NAME` shows them.",
        failing: "let m = molar_mas(BaTiO3)\n",
        mended: "let m = molar_mass(BaTiO3)\n",
    },
    Explanation {
        code: INDEX,
        title: "an index that picks no member",
        text: "A member of a family is picked by its coordinates: `fired[ratio: 1]`, `onsager[BaTiO3, 1200 K]`. A bare \
               number needs the name of its coordinate; `_` keeps all values of one.",
        failing: "schedule s for top in [900 K, 1000 K] {\n  start 25 °C\n  ramp to top at 5 K/min\n}\nlet one = s[950 K]\n",
        mended: "schedule s for top in [900 K, 1000 K] {\n  start 25 °C\n  ramp to top at 5 K/min\n}\nlet one = s[900 K]\n",
    },
    Explanation {
        code: RESULT,
        title: "a result that a node does not have",
        text: "The results of a kind are declared; `synth doc KIND` lists them with their arguments and units.",
        failing: "system s { elements: [Ba, O] }\nlet x = s.mass\n",
        mended: "system s { elements: [Ba, O] }\nlet x = molar_mass(BaO)\n",
    },
    Explanation {
        code: DEFERRED,
        title: "a result where the value must be known before the run",
        text: "Results of nodes may stand in scalar fields, `let`, `expect` and `report`. Counts, lists, axes and \
               parameters shape the graph and must be known when it is planned. (This needs a study with a result; \
               the message shows the place.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: ARITHMETIC,
        title: "a calculation without a value",
        text: "Division by zero, numbers beyond all bounds, and arguments that a function has no value for.",
        failing: "let x = 1 / 0\n",
        mended: "let x = 1 / 2\n",
    },
    Explanation {
        code: RANGE_LIST,
        title: "a range that does not work",
        text: "`a .. b` is a range, `a .. b step c` and `a .. b count n` are lists of values with exact steps.",
        failing: "let x = 900 K .. 1000 K step -50 K\n",
        mended: "let x = 900 K .. 1000 K step 50 K\n",
    },
    Explanation {
        code: NO_FILE,
        title: "a file that is not there",
        text: "Paths in a recipe are relative to the folder of the recipe that names them, so a study can be moved as a \
               whole. (The example would need a file.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: FAMILY,
        title: "a family where one node belongs",
        text: "A field takes one node. Pick a member, or make the reader a family too: `for one in family` makes one for \
               each member. Two families go together when they have the same members.",
        failing: "schedule s for top in [900 K, 1000 K] {\n  start 25 °C\n  ramp to top at 5 K/min\n}\nuse std.batio\n\
                  system e { elements: [Ba, Ti, O] }\nphases p { system: e, source: batio.thermochemistry }\n\
                  reactions r { phases: p }\nsynthesis f {\n  reactions: r\n  precursors: BaO + TiO2(rutile)\n  \
                  schedule: s\n  sweeps_per_hour: 10\n}\n",
        mended: "schedule s for top in [900 K, 1000 K] {\n  start 25 °C\n  ramp to top at 5 K/min\n}\nuse std.batio\n\
                 system e { elements: [Ba, Ti, O] }\nphases p { system: e, source: batio.thermochemistry }\n\
                 reactions r { phases: p }\nsynthesis f {\n  reactions: r\n  precursors: BaO + TiO2(rutile)\n  \
                 schedule: s[900 K]\n  sweeps_per_hour: 10\n}\n",
    },
    Explanation {
        code: WRONG_NODE,
        title: "a node of another kind than the field takes",
        text: "Fields that refer to nodes say which: a kind that is described inline, or the artifact that a node gives.",
        failing: "system s { elements: [Ba, O] }\nreactions r { phases: s }\n",
        mended: "use std.batio\nsystem s { elements: [Ba, Ti, O] }\nphases p { system: s, source: batio.thermochemistry }\n\
                 reactions r { phases: p }\n",
    },
    Explanation {
        code: SELECT,
        title: "a `select` without a value for the word",
        text: "`select name { a: …, b: … }` needs an entry for the word that the parameter has.",
        failing: "param budget: demo | paper = demo\nlet size = select budget { paper: 400 }\n",
        mended: "param budget: demo | paper = demo\nlet size = select budget { demo: 100, paper: 400 }\n",
    },
    Explanation {
        code: MEMBER,
        title: "a dot after something without parts",
        text: "A dot goes with a node (its results and coordinates), a module (its names) or a record (its entries).",
        failing: "let a = 3 K\nlet b = a.value\n",
        mended: "let a = { value: 3 K }\nlet b = a.value\n",
    },
];
