//! Files of potentials.

mod acejl;
mod asi;
mod bbasis;
mod cursor;
mod text;
mod text_lines;
mod write;
mod write_text;
mod yace;
mod yaml;

pub use asi::read_asi;
pub use text::read_ace;
pub use write::{write_asi, write_basis, write_yace};
pub use write_text::write_ace;
pub use yace::read_yace;

use super::basis::Basis;
use super::error::ModelError;
use super::model::Model;

/// Reads the basis of a `.yaml` file.
pub fn read_basis(text: &str) -> Result<Basis, ModelError> {
    bbasis::read(&yaml::parse(text)?)
}

/// Reads a potential in whichever form it is: with its basis if the file has it.
pub fn read_potential(text: &str) -> Result<(Model, Option<Basis>), ModelError> {
    if text::is_text(text) {
        return Ok((read_ace(text)?, None));
    }
    let document = yaml::parse(text)?;
    if bbasis::is_basis(&document) {
        let basis = bbasis::read(&document)?;
        return Ok((basis.to_model(), Some(basis)));
    }
    Ok((yace::read(&document)?, None))
}
