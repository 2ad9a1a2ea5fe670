//! The vocabulary of the language as pure data: kinds, fields, verbs, functions and results.
//!
//! Everything that has to know what may stand where reads these tables: the checker, the formatter, the
//! REPL's completion, `synth doc`, the JSON schema and the cache keys. A kind's table lives in its file in
//! `kinds/` as one constant.

mod json_schema;
mod markdown;

pub use json_schema::json_schema;
pub use markdown::{kind_markdown, kind_terminal};

use crate::lang::units::Dimension;

/// Everything that is declared about one kind of node.
#[derive(Debug, Clone, Copy)]
pub struct KindSchema {
    pub name: &'static str,
    /// Part of every key. Raised when the same fields would give another result than before.
    pub version: u32,
    /// One sentence: what a node of this kind describes.
    pub summary: &'static str,
    /// What a user should know before the first use; a few short paragraphs.
    pub doc: &'static str,
    /// A small recipe around one such node that `synth check` accepts.
    pub example: &'static str,
    pub outcome: Outcome,
    pub fields: &'static [Field],
    /// Verbs that its body accepts; empty when it has fields alone.
    pub steps: &'static [Verb],
    pub results: &'static [ResultField],
    /// Whether the result depends on a seed. Random kinds have a `seed:` field of their own.
    pub random: bool,
    /// The integer field that says how many independent replicas are run (`realisations`), if any. It is
    /// never part of a replica's key, so raising it runs the new replicas only.
    pub replicated_by: Option<&'static str>,
}

/// What becomes of a node of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Described inline: part of the keys of those who read it, never run or stored.
    Inline,
    /// Run and stored; fits wherever a field asks for this artifact.
    Artifact(Artifact),
    /// Written anew at the end of each run, never stored: `report`.
    Sink,
}

/// A type of artifact. Ports are typed by these, not by the kind that made them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Artifact(pub &'static str);

/// `name: value` in a body or in a call or record.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    pub ty: Type,
    pub default: Default,
    pub range: Range,
    /// One sentence.
    pub doc: &'static str,
    /// A value as one would write it.
    pub example: &'static str,
    pub affects: Affects,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Default {
    Required,
    /// May be left out; means nothing in particular (`none`).
    Absent,
    /// The value, written in the language.
    Is(&'static str),
}

/// The legal interval of a number, in the base unit of its dimension; both ends inclusive unless `open`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Range {
    Any,
    AtLeast(f64),
    /// Greater than.
    Above(f64),
    Within(f64, f64),
    /// For lists: at least this many elements.
    Count(usize),
}

/// What a field changes. Only `Result` fields are in the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Affects {
    Result,
    /// How many replicas there are; not what each of them gives.
    Replicas,
    Speed,
    Output,
    Report,
}

/// What may stand as a value.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// A number with this dimension; the text is the customary unit (`K`, `K/min`).
    Quantity(Dimension, &'static str),
    Integer,
    /// A number without dimension; percentages are numbers.
    Number,
    /// A number with any unit or none.
    AnyQuantity,
    Boolean,
    Text,
    /// A file, written as text relative to the recipe that names it; must exist.
    Path,
    Element,
    /// A formula without a label.
    Formula,
    /// A formula with or without a phase label.
    Phase,
    /// `2 BaCO3 + 3 TiO2`
    Mixture,
    Reaction,
    /// One word of a closed set, perhaps with arguments: `barycentric`, `tammann(score: huttig)`.
    Choice(&'static [Choice]),
    List(&'static Type),
    /// `{ a: …, b: … }` with these fields.
    Record(&'static [Field]),
    /// `{ KEY: VALUE, … }` with keys of the first type (element, formula, phase).
    Map(&'static Type, &'static Type),
    /// `a .. b` of a number type.
    Span(&'static Type),
    /// `a to b` of a number type.
    Ramp(&'static Type),
    /// A node described inline, and those of its fields (or `steps`) that are read here.
    Inline(&'static str, &'static [&'static str]),
    /// A node (or a member of a family) whose artifact this is.
    Artifact(Artifact),
    /// A result of a node, such as a table or curve: for `report`.
    Result,
    /// The first that fits.
    Either(&'static [Type]),
}

/// A word of a closed set, or a constructor with arguments.
#[derive(Debug, Clone, Copy)]
pub struct Choice {
    pub name: &'static str,
    pub doc: &'static str,
    /// Its arguments; all may be given by name, the first also by position. Empty: a plain word.
    pub arguments: &'static [Field],
}

/// A step of a body: `hold for 6 h`.
#[derive(Debug, Clone, Copy)]
pub struct Verb {
    pub name: &'static str,
    pub doc: &'static str,
    /// A step as one would write it.
    pub example: &'static str,
    pub arguments: &'static [Argument],
    /// Verbs legal in a block that follows (`repeat 5 { … }`); empty when there is no block.
    pub block: &'static [Verb],
}

impl Verb {
    /// The words before its arguments.
    pub fn words(&self) -> Vec<&'static str> {
        let word = |argument: &Argument| match argument.place {
            Place::After(word) | Place::Flag(word) => Some(word),
            Place::Positional => None,
        };
        self.arguments.iter().filter_map(word).collect()
    }
}

/// An argument of a step.
#[derive(Debug, Clone, Copy)]
pub struct Argument {
    pub place: Place,
    pub name: &'static str,
    pub ty: Type,
    pub default: Default,
    pub range: Range,
    pub doc: &'static str,
    pub affects: Affects,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The next value without a word before it.
    Positional,
    /// After this word: `for 6 h`.
    After(&'static str),
    /// The word alone; its value is true: `relabel`.
    Flag(&'static str),
}

/// A result that can be read off a node: `fired.final(BaTiO3)`.
#[derive(Debug, Clone, Copy)]
pub struct ResultField {
    pub name: &'static str,
    pub doc: &'static str,
    pub example: &'static str,
    /// Arguments in round or square brackets, by position or name.
    pub parameters: &'static [Field],
    pub ty: ResultType,
}

impl ResultField {
    /// One without parameters.
    pub const fn new(
        name: &'static str,
        doc: &'static str,
        example: &'static str,
        ty: ResultType,
    ) -> Self {
        ResultField {
            name,
            doc,
            example,
            parameters: &[],
            ty,
        }
    }

    #[must_use]
    pub const fn with(mut self, parameters: &'static [Field]) -> Self {
        self.parameters = parameters;
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ResultType {
    Quantity(Dimension, &'static str),
    Boolean,
    Text,
    /// Columns with units, as for plots.
    Table,
    /// A list of phases.
    Phases,
    /// Of functions: a number of the kind of the arguments, which are all of one kind.
    OfArguments,
}

/// A pure function of expressions: `molar_mass(BaTiO3)`. One whose only parameter is a list takes its elements as
/// arguments as well: `max(a, b)` is `max([a, b])`.
#[derive(Debug, Clone, Copy)]
pub struct FunctionSchema {
    pub name: &'static str,
    pub doc: &'static str,
    pub example: &'static str,
    pub parameters: &'static [Field],
    pub result: ResultType,
}

impl KindSchema {
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    pub fn result(&self, name: &str) -> Option<&'static ResultField> {
        self.results.iter().find(|result| result.name == name)
    }

    pub fn verb(&self, name: &str) -> Option<&'static Verb> {
        self.steps.iter().find(|verb| verb.name == name)
    }
}

impl Field {
    /// A result-affecting field without a range; set the rest with struct update syntax.
    pub const fn new(
        name: &'static str,
        ty: Type,
        default: Default,
        doc: &'static str,
        example: &'static str,
    ) -> Self {
        Field {
            name,
            ty,
            default,
            range: Range::Any,
            doc,
            example,
            affects: Affects::Result,
        }
    }

    pub const fn range(mut self, range: Range) -> Self {
        self.range = range;
        self
    }

    pub const fn affects(mut self, affects: Affects) -> Self {
        self.affects = affects;
        self
    }
}

impl Type {
    /// The type in the user's words, with an article: "a temperature", "a list of phases".
    pub fn describe(&self) -> String {
        match self {
            Type::Quantity(dimension, unit) => format!("{} (like `{unit}`)", dimension.named()),
            Type::Integer => "a whole number".into(),
            Type::Number => "a number".into(),
            Type::AnyQuantity => "a number with any unit or none".into(),
            Type::Boolean => "`true` or `false`".into(),
            Type::Text => "a text in quotes".into(),
            Type::Path => "a file name in quotes".into(),
            Type::Element => "an element".into(),
            Type::Formula => "a formula".into(),
            Type::Phase => "a phase".into(),
            Type::Mixture => "a mixture of phases".into(),
            Type::Reaction => "a reaction".into(),
            Type::Choice(choices) => {
                let words: Vec<_> = choices
                    .iter()
                    .map(|choice| format!("`{}`", choice.name))
                    .collect();
                match words.as_slice() {
                    [one] => one.clone(),
                    many => format!("one of {}", many.join(", ")),
                }
            }
            Type::List(inner) => format!("a list, each element {}", inner.describe()),
            Type::Record(_) => "a record `{ name: value }`".into(),
            Type::Map(key, value) => {
                format!("a record from {} to {}", key.describe(), value.describe())
            }
            Type::Span(inner) => {
                format!("a range `a .. b` of which each end is {}", inner.describe())
            }
            Type::Ramp(inner) => {
                format!("a ramp `a to b` of which each end is {}", inner.describe())
            }
            Type::Inline(kind, _) => format!("the name of a `{kind}`"),
            Type::Artifact(artifact) => format!("a node that gives {}", artifact.0),
            Type::Result => "a result of a node, like `name.result`".into(),
            Type::Either(types) => {
                let all: Vec<_> = types.iter().map(Type::describe).collect();
                all.join(", or ")
            }
        }
    }
}
