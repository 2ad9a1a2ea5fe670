//! `E01xx`: the form of the text.

use super::{Code, Explanation};

pub const UNEXPECTED: Code = Code("E0101");
pub const UNFINISHED: Code = Code("E0102");
pub const UNCLOSED: Code = Code("E0103");
pub const UNOPENED: Code = Code("E0104");
pub const HASH_COMMENT: Code = Code("E0105");
pub const EQUALS: Code = Code("E0106");
pub const SEMICOLON: Code = Code("E0107");
pub const QUOTES: Code = Code("E0108");
pub const CAPITAL: Code = Code("E0109");
pub const JUXTAPOSITION: Code = Code("E0110");
pub const SPACE: Code = Code("E0111");
pub const TOO_DEEP: Code = Code("E0112");
pub const UNKNOWN_UNIT: Code = Code("E0113");
pub const RESERVED: Code = Code("E0114");

pub const TABLE: &[Explanation] = &[
    Explanation {
        code: UNEXPECTED,
        title: "something that has no place there",
        text: "Up to the marked place the line could be read. A recipe consists of items (`KIND name { … }`, `use`, \
               `param`, `let`, `template`, `expect`); the body of a node consists of fields `name: value` and steps.",
        failing: "let x = 2 ** 3\n",
        mended: "let x = 2 ^ 3\n",
    },
    Explanation {
        code: UNFINISHED,
        title: "a line that ends too early",
        text: "A newline ends a field, a step and an item. A line goes on inside `( )`, after an operator and after a \
               comma.",
        failing: "let x =\n\nlet y = 2\n",
        mended: "let x = 1\n\nlet y = 2\n",
    },
    Explanation {
        code: UNCLOSED,
        title: "a bracket or text that is never closed",
        text: "The message points at the bracket that lacks its partner. The parser goes on where the next item or \
               field visibly begins, so the rest of the file is still checked. A text ends on its line.",
        failing: "system s {\n  elements: [Ba, O\n}\n",
        mended: "system s {\n  elements: [Ba, O]\n}\n",
    },
    Explanation {
        code: UNOPENED,
        title: "a bracket that closes nothing",
        text: "No bracket of this form is open at the marked place.",
        failing: "let x = 1)\n",
        mended: "let x = 1\n",
    },
    Explanation {
        code: HASH_COMMENT,
        title: "a comment that begins with `#`",
        text: "Comments begin with `//`, documentation of an item with `///`, that of the file with `//!`.",
        failing: "# a comment\nlet x = 1\n",
        mended: "// a comment\nlet x = 1\n",
    },
    Explanation {
        code: EQUALS,
        title: "a field with `=`",
        text: "In a body a field is `name: value`. The sign `=` belongs to `let`, `param` and templates.",
        failing: "system s {\n  elements = [Ba, O]\n}\n",
        mended: "system s {\n  elements: [Ba, O]\n}\n",
    },
    Explanation {
        code: SEMICOLON,
        title: "a semicolon",
        text: "Lines end without a sign. On one line, fields are separated by commas.",
        failing: "let x = 1;\n",
        mended: "let x = 1\n",
    },
    Explanation {
        code: QUOTES,
        title: "a text in other quotes",
        text: "A text stands in straight double quotes.",
        failing: "let x = 'six'\n",
        mended: "let x = \"six\"\n",
    },
    Explanation {
        code: CAPITAL,
        title: "a name that begins with a capital",
        text: "Names begin with a lower-case letter, formulas with a capital: that one rule keeps names and chemistry \
               apart. The words `true`, `false` and `none` are lower case as well.",
        failing: "let Hold = 6 h\n",
        mended: "let hold = 6 h\n",
    },
    Explanation {
        code: JUXTAPOSITION,
        title: "a product without a sign",
        text: "A number may stand before a formula (`2 BaO`); a name needs `*` (`ratio * BaO`).",
        failing: "let ratio = 2\nlet mix = ratio BaO\n",
        mended: "let ratio = 2\nlet mix = ratio * BaO\n",
    },
    Explanation {
        code: SPACE,
        title: "a space that is missing or too much",
        text: "`+` and `-` between two values have a space on both sides; a sign touches its number. The bracket of a \
               call, an index or a label touches the name before it.",
        failing: "let x = 3 -2\n",
        mended: "let x = 3 - 2\n",
    },
    Explanation {
        code: TOO_DEEP,
        title: "brackets too deep or an expression too long",
        text: "Brackets nest at most 64 deep, and one expression has at most 256 operators. Give parts names with \
               `let`.",
        failing: "let x = [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
        mended: "let x = [[1]]\n",
    },
    Explanation {
        code: UNKNOWN_UNIT,
        title: "a unit that is not known",
        text: "A number is followed by a unit of the table, alone or in a product: `K`, `K/min`, `g/cm^3`, `kJ/mol`, \
               `%`. °C may be written `degC`, Å `angstrom`.",
        failing: "let x = 6 hours\n",
        mended: "let x = 6 h\n",
    },
    Explanation {
        code: RESERVED,
        title: "a name that is a word of the language",
        text: "The words `for`, `in`, `to`, `step`, `count`, `by`, `like`, `and`, `or`, `not`, `true`, `false` and \
               `none` have a meaning in expressions, so nothing can be called by them.",
        failing: "let count = 3\n",
        mended: "let number = 3\n",
    },
];
