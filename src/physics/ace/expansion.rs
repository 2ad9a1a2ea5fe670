//! A potential with all that its files say.

use super::active_set::ActiveSet;
use super::basis::Basis;
use super::error::ModelError;
use super::fast::AtomicClusterExpansion;
use super::format::{read_asi, read_potential};
use super::model::Model;

/// A cluster expansion as files hold it.
#[derive(Debug, Clone)]
pub struct Expansion {
    pub model: Model,
    /// What it was made from, if the file says so.
    pub basis: Option<Basis>,
    /// What extrapolation is told by.
    pub active_set: Option<ActiveSet>,
}

impl Expansion {
    /// Reads a potential from the bytes of its file, in whatever form it is.
    pub fn read(potential: &[u8], active_set: Option<&[u8]>) -> Result<Self, ModelError> {
        let text = std::str::from_utf8(potential).map_err(|_| {
            ModelError::new(
                "",
                "the file is not text",
                "give a `.yaml`, `.yace` or `.ace` file",
            )
        })?;
        let (model, basis) = read_potential(text)?;
        let active_set = match (active_set, &basis) {
            (None, _) => None,
            (Some(bytes), Some(basis)) => Some(read_asi(bytes, basis)?),
            (Some(_), None) => {
                return Err(ModelError::new(
                    "",
                    "an active set is one of the functions of a `.yaml` file, and this file has them no more",
                    "give the `.yaml` file that the potential was fitted as",
                ));
            }
        };
        Ok(Expansion {
            model,
            basis,
            active_set,
        })
    }

    /// Made ready for atoms.
    pub fn potential(&self) -> AtomicClusterExpansion {
        match &self.active_set {
            Some(set) => AtomicClusterExpansion::with_grades(&self.model, set),
            None => AtomicClusterExpansion::new(&self.model),
        }
    }
}
