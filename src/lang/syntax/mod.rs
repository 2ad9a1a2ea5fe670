//! From text to tree and back: a first pass over lines and brackets, the pest grammar with recovery, and the
//! formatter.

pub mod ast;
mod faults;
mod format;
mod parse;
mod scan;

pub use faults::unknown_unit;
pub use format::format;
pub use parse::{Completeness, Parsed, completeness, parse, parse_expression};
pub use scan::Comment;
