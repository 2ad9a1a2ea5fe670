//! The tree of a recipe, as written: nothing is resolved, joined or evaluated.
//!
//! Every part carries its span. Comments are not in the tree; the formatter finds them by position
//! ([`super::Parsed::comments`]).

use crate::lang::source::{FileId, Span};

/// A word with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub text: String,
    pub span: Span,
}

/// One recipe or module.
#[derive(Debug, Clone)]
pub struct File {
    pub file: FileId,
    /// `//!` lines at the top, without the marks.
    pub doc: Option<Doc>,
    pub items: Vec<Item>,
}

/// The lines of a doc comment without `///` and one following space, joined by newlines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doc {
    pub text: String,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Item {
    pub doc: Option<Doc>,
    pub kind: ItemKind,
    /// From the first word to the last character, without the doc comment.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ItemKind {
    Use(Use),
    /// `study { seed: 1 }`
    Study(Body),
    Param(Param),
    Let(Let),
    Node(Node),
    Template(Template),
    Expect(Expect),
    /// Text in which no item could be recognised; already reported. The name that it seems to declare counts as
    /// declared, so that its uses are not reported too.
    Bad(Option<Word>),
}

/// `use std.batio`, `use std.batio as b`, `use "lib/common.synth" as common`.
#[derive(Debug, Clone)]
pub struct Use {
    pub target: UseTarget,
    pub target_span: Span,
    pub alias: Option<Word>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UseTarget {
    /// Dotted words: `std.batio`.
    Module(Vec<String>),
    Path(String),
}

/// `param name = default` or `param name: a | b | c = a`.
#[derive(Debug, Clone)]
pub struct Param {
    pub name: Word,
    /// The closed set of words, or empty.
    pub choices: Vec<Word>,
    pub default: Option<Expr>,
}

#[derive(Debug, Clone)]
pub struct Let {
    pub name: Word,
    pub value: Expr,
}

/// `KIND name for x in LIST { … }`, `KIND name like other { … }`, `KIND name = template(…)`.
#[derive(Debug, Clone)]
pub struct Node {
    pub kind: Word,
    pub name: Word,
    pub axes: Vec<Axis>,
    pub origin: Option<Origin>,
    /// Absent after `= template(…)` and allowed to be absent after `like other`.
    pub body: Option<Body>,
}

/// `x in LIST`
#[derive(Debug, Clone)]
pub struct Axis {
    pub name: Word,
    pub list: Expr,
}

#[derive(Debug, Clone)]
pub enum Origin {
    /// `like other` (a name, possibly dotted: `module.name`)
    Like(Expr),
    /// `= template(…)`
    Call(Expr),
}

/// `template name(arg, arg = default) : KIND { … }`
#[derive(Debug, Clone)]
pub struct Template {
    pub name: Word,
    pub parameters: Vec<Parameter>,
    pub kind: Word,
    pub body: Body,
}

#[derive(Debug, Clone)]
pub struct Parameter {
    pub name: Word,
    pub default: Option<Expr>,
}

/// `expect CONDITION [by N sigma]`
#[derive(Debug, Clone)]
pub struct Expect {
    pub condition: Expr,
    /// `by 2 sigma`, `by 5 %`: the expression after `by` without the word `sigma`.
    pub by: Option<By>,
}

#[derive(Debug, Clone)]
pub struct By {
    pub amount: Expr,
    /// True for `by N sigma`; otherwise the margin is a value of the compared type.
    pub sigma: bool,
    pub span: Span,
}

/// What stands between braces.
#[derive(Debug, Clone)]
pub struct Body {
    pub entries: Vec<Entry>,
    /// From `{` to `}` inclusive.
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum Entry {
    Field(Field),
    Step(Step),
    /// Text in which no field or step could be recognised; already reported.
    Bad(Span),
}

/// `name: value`
#[derive(Debug, Clone)]
pub struct Field {
    pub doc: Option<Doc>,
    pub name: Word,
    pub value: Expr,
    pub span: Span,
}

/// A step, as its words and values in order: `hold for 6 h`, `melt: nvt 4000 K for 5 ps`, `repeat 5 { … }`,
/// `protocol { … }`. Which words are argument words is the registry's matter, so nothing is grouped here.
///
/// A label followed by a step (`melt: nvt 4000 K`) cannot be told from a field by form alone when the
/// step is a single expression; the parser yields a labelled step when more than one part follows the
/// colon or when a block follows, and a field otherwise.
#[derive(Debug, Clone)]
pub struct Step {
    pub doc: Option<Doc>,
    pub label: Option<Word>,
    /// At least one; the first is a `Name` (the verb) in every valid recipe.
    pub parts: Vec<Expr>,
    pub block: Option<Body>,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A number, and what follows it unjoined: `5 K/min`, `2 BaO`, `80 g TiO2`, `1100 °C`, `3`.
    Number(Number),
    Text(String),
    True,
    False,
    /// `none`
    Nothing,
    /// A word that starts with a lower-case letter.
    Name(String),
    /// A word that starts with an element, with any label: `Ba2TiO4`, `TiO2(rutile)`, `TiO2("B")`. As written.
    Formula(String),
    /// `_` as an index.
    Any,
    List(Vec<Expr>),
    Record(Vec<(Word, Expr)>),
    /// The bracket touches the name.
    Call(Box<Expr>, Vec<Argument>),
    Index(Box<Expr>, Vec<Argument>),
    /// `a.b`
    Member(Box<Expr>, Word),
    Unary(Unary, Box<Expr>),
    Binary(Box<Expr>, Operator, Span, Box<Expr>),
    /// `a .. b`, `a .. b step c`, `a .. b count n`
    Range(Box<Expr>, Box<Expr>, Option<(Spacing, Box<Expr>)>),
    /// `a to b`
    Ramp(Box<Expr>, Box<Expr>),
    /// `BaO + TiO2 -> BaTiO3`
    Reaction(Box<Expr>, Box<Expr>),
    /// `value in unit`
    Convert(Box<Expr>, Word),
    /// `select name { a: …, b: … }`
    Select(Word, Vec<(Word, Expr)>),
    Parenthesis(Box<Expr>),
    /// Already reported.
    Bad,
}

/// A literal number with the words that follow it on the same line: a unit, a formula, or both (`80 g TiO2`).
/// The checker decides which is which: `5 K` is kelvin unless a formula is expected there.
#[derive(Debug, Clone)]
pub struct Number {
    /// Digits as written, with any sign that touches them, Unicode minus normalised to `-`.
    pub text: String,
    pub span: Span,
    /// At most two. Each is a longest run of touching characters that is a unit of the unit table
    /// (`K/min`, `g/cm^3`, `°C`, `%`, `/ps`) or has the form of a formula (`BaTiO3(cubic)`, `CuSO4*5H2O`, and
    /// anything else that starts with a capital). A word that is neither (`temperature`) is never a tail.
    pub tails: Vec<Word>,
}

/// `value` or `name: value`
#[derive(Debug, Clone)]
pub struct Argument {
    pub name: Option<Word>,
    pub value: Expr,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unary {
    Minus,
    Not,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spacing {
    Step,
    Count,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Equal,
    NotEqual,
    And,
    Or,
}

impl Operator {
    /// `<` and `>`.
    pub fn is_strict_order(self) -> bool {
        matches!(self, Operator::Less | Operator::Greater)
    }

    pub fn symbol(self) -> &'static str {
        match self {
            Operator::Add => "+",
            Operator::Subtract => "-",
            Operator::Multiply => "*",
            Operator::Divide => "/",
            Operator::Power => "^",
            Operator::Less => "<",
            Operator::LessEqual => "<=",
            Operator::Greater => ">",
            Operator::GreaterEqual => ">=",
            Operator::Equal => "==",
            Operator::NotEqual => "!=",
            Operator::And => "and",
            Operator::Or => "or",
        }
    }
}
