//! `E02xx`: names, declarations, fields and steps.

use super::{Code, Explanation};

pub const UNKNOWN_NAME: Code = Code("E0201");
pub const DECLARED_TWICE: Code = Code("E0202");
pub const UNKNOWN_KIND: Code = Code("E0203");
pub const UNKNOWN_FIELD: Code = Code("E0204");
pub const UNKNOWN_STEP: Code = Code("E0205");
pub const MODULE: Code = Code("E0206");
pub const MISSING_FIELD: Code = Code("E0207");
pub const GIVEN_TWICE: Code = Code("E0208");
pub const RING_OF_MODULES: Code = Code("E0209");
pub const RING_OF_NAMES: Code = Code("E0210");
pub const UNKNOWN_PARAMETER: Code = Code("E0211");
pub const STEP_ARGUMENT: Code = Code("E0212");
pub const TEMPLATE: Code = Code("E0213");
pub const LIKE: Code = Code("E0214");
pub const AXIS: Code = Code("E0215");
pub const AXIS_NAME: Code = Code("E0216");
pub const PARAMETER: Code = Code("E0217");
pub const EXPECTATION: Code = Code("E0218");
pub const SETTINGS: Code = Code("E0219");
pub const LABEL: Code = Code("E0220");

pub const TABLE: &[Explanation] = &[
    Explanation {
        code: UNKNOWN_NAME,
        title: "a name that nothing declares",
        text: "A name stands for a `param`, a `let`, a node, an axis of the family it is used in, or a module. \
               Names start with a lower-case letter; what starts with a capital is a formula. The message \
               suggests the nearest name that is legal in that place.",
        failing: "let hold = 6 h\nlet twice = 2 * hol\n",
        mended: "let hold = 6 h\nlet twice = 2 * hold\n",
    },
    Explanation {
        code: DECLARED_TWICE,
        title: "a name that is declared twice",
        text: "One file declares each name once: modules, parameters, `let` names, nodes and templates share one \
               set of names, so that a name has one meaning wherever it stands.",
        failing: "let hold = 6 h\nlet hold = 8 h\n",
        mended: "let hold = 6 h\nlet long_hold = 8 h\n",
    },
    Explanation {
        code: UNKNOWN_KIND,
        title: "a kind of node that does not exist",
        text: "The first word of a node is its kind. `synth doc` lists the kinds of this version; a kind that \
               belongs to the language and is not built yet is named as such.",
        failing: "sistem ba_ti_o { elements: [Ba, Ti, O] }\n",
        mended: "system ba_ti_o { elements: [Ba, Ti, O] }\n",
    },
    Explanation {
        code: UNKNOWN_FIELD,
        title: "a field that this kind does not have",
        text: "`synth doc KIND` lists the fields of a kind with their types, defaults and ranges.",
        failing: "system ba_ti_o { element: [Ba, Ti, O] }\n",
        mended: "system ba_ti_o { elements: [Ba, Ti, O] }\n",
    },
    Explanation {
        code: UNKNOWN_STEP,
        title: "a step that does not exist here",
        text: "A line in a body that is not `name: value` is a step, and begins with one of the verbs of its \
               kind. `synth doc KIND` lists them.",
        failing: "schedule firing {\n  start 25 °C\n  heat to 1100 °C at 5 K/min\n}\n",
        mended: "schedule firing {\n  start 25 °C\n  ramp to 1100 °C at 5 K/min\n}\n",
    },
    Explanation {
        code: MODULE,
        title: "a file or module that cannot be used",
        text: "`use std.name` takes a module of the shipped library, `use \"path.synth\" as name` a file of yours, \
               relative to the file that names it. Recipes are UTF-8 text of at most 16 MB.",
        failing: "use std.batioh\n",
        mended: "use std.batio\n",
    },
    Explanation {
        code: MISSING_FIELD,
        title: "a field that must be given",
        text: "Fields without a default must be given, in the body itself, by the template, or by the node that \
               this one is like.",
        failing: "system ba_ti_o { }\n",
        mended: "system ba_ti_o { elements: [Ba, Ti, O] }\n",
    },
    Explanation {
        code: GIVEN_TWICE,
        title: "a field that is given twice",
        text: "Within one body the second value would silently replace the first, so it is refused. To replace \
               a field of another node, use `like`.",
        failing: "system s {\n  elements: [Ba, O]\n  elements: [Ti, O]\n}\n",
        mended: "system s {\n  elements: [Ba, Ti, O]\n}\n",
    },
    Explanation {
        code: RING_OF_MODULES,
        title: "files that use each other in a ring",
        text: "A file cannot use a file that, directly or through others, uses it. Move what both need into a \
               third file. (A recipe that uses itself shows this code too.)",
        failing: "",
        mended: "",
    },
    Explanation {
        code: RING_OF_NAMES,
        title: "a value that needs itself",
        text: "`let`, `param` and the axes of families may use each other in any order, but not in a ring. A \
               chain of more than 64 names of which each is declared below its user is refused as well: declare \
               names above those that use them.",
        failing: "let a = b + 1\nlet b = a + 1\n",
        mended: "let a = 1\nlet b = a + 1\n",
    },
    Explanation {
        code: UNKNOWN_PARAMETER,
        title: "a parameter that the recipe does not declare",
        text: "`--set name=value` and `--params file.toml` set what the recipe declares with `param`. The message \
               lists its parameters.",
        failing: "",
        mended: "",
    },
    Explanation {
        code: STEP_ARGUMENT,
        title: "an argument of a step that is missing or has no place",
        text: "A step is a verb and its arguments: some by their place, some after a word (`for 6 h`). `synth doc \
               KIND` shows each step with its arguments.",
        failing: "schedule firing {\n  start 25 °C\n  hold 6 h\n}\n",
        mended: "schedule firing {\n  start 25 °C\n  hold for 6 h\n}\n",
    },
    Explanation {
        code: TEMPLATE,
        title: "a template that is used wrongly",
        text: "`KIND name = template(argument, name: argument)` makes a node of a template of the same kind. \
               Arguments go by place or by name; those with a default may be left out.",
        failing: "template fire(top, soak = 6 h) : schedule {\n  start 25 °C\n  ramp to top at 5 K/min\n  hold for soak\n}\n\
                  schedule hot = fire(soak: 2 h)\n",
        mended: "template fire(top, soak = 6 h) : schedule {\n  start 25 °C\n  ramp to top at 5 K/min\n  hold for soak\n}\n\
                 schedule hot = fire(1200 °C, soak: 2 h)\n",
    },
    Explanation {
        code: LIKE,
        title: "`like` between nodes that cannot be alike",
        text: "`KIND name like other { … }` copies the fields of another node of the same kind and replaces some.",
        failing: "system a { elements: [Ba, O] }\nschedule b like a { }\n",
        mended: "system a { elements: [Ba, O] }\nsystem b like a { elements: [Ti, O] }\n",
    },
    Explanation {
        code: AXIS,
        title: "a family that is not taken over a list",
        text: "`for x in LIST` makes one member for each value of a list, of a range with `step` or `count`, or of \
               another family. Values must be known before the run and differ from one another.",
        failing: "schedule firing for t in 900 K {\n  start 25 °C\n  ramp to t at 5 K/min\n}\n",
        mended: "schedule firing for t in [900 K, 1000 K] {\n  start 25 °C\n  ramp to t at 5 K/min\n}\n",
    },
    Explanation {
        code: AXIS_NAME,
        title: "an axis with a name that means something else",
        text: "The name of an axis stands for the member's value within the body. If it also named something \
               else in the file, a slip of the pen would change the meaning silently.",
        failing: "let t = 900 K\nschedule firing for t in [900 K, 1000 K] {\n  start 25 °C\n  ramp to t at 5 K/min\n}\n",
        mended: "let t = 900 K\nschedule firing for top in [900 K, 1000 K] {\n  start 25 °C\n  ramp to top at 5 K/min\n}\n",
    },
    Explanation {
        code: PARAMETER,
        title: "a parameter with a value that it cannot have",
        text: "A parameter with words (`param budget: demo | paper = demo`) takes one of them; any other takes a \
               value of the same type and dimension as its default.",
        failing: "param budget: demo | paper = dmeo\n",
        mended: "param budget: demo | paper = demo\n",
    },
    Explanation {
        code: EXPECTATION,
        title: "an expectation that is not true or false",
        text: "`expect` takes a comparison of results; `by 2 sigma` or `by 5 %` asks for a margin and goes with \
               `<` and `>`.",
        failing: "let yield = 3\nexpect yield + 1\n",
        mended: "let yield = 3\nexpect yield + 1 > 2\n",
    },
    Explanation {
        code: SETTINGS,
        title: "a setting of the study that does not exist",
        text: "`study { seed: 1 }` sets the root seed, from which every random number of the study follows. \
               There is one such block, with `seed` in it.",
        failing: "study { sed: 1 }\n",
        mended: "study { seed: 1 }\n",
    },
    Explanation {
        code: LABEL,
        title: "a label of a step that does not fit",
        text: "A step may carry a label (`soak: hold for 6 h`). A node that is like another replaces steps by \
               their label; steps without one would have no place.",
        failing: "schedule a {\n  start 25 °C\n  soak: hold for 6 h\n}\nschedule b like a { sok: hold for 2 h }\n",
        mended: "schedule a {\n  start 25 °C\n  soak: hold for 6 h\n}\nschedule b like a { soak: hold for 2 h }\n",
    },
];
