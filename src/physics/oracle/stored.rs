//! Potentials as nodes hand them to one another.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::Analytic;
use crate::base::Element;
use crate::physics::ace::{Expansion, ModelError};
use crate::physics::potential::{Potential, PotentialError};

/// A potential of any sort.
#[derive(Debug, Clone)]
pub enum StoredPotential {
    Analytic(Analytic),
    Expansion(Arc<Expansion>),
}

/// What stands in [`StoredPotential::FILE`].
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Record {
    /// Names of the files of a cluster expansion.
    Expansion {
        potential: String,
        active_set: Option<String>,
    },
    #[serde(untagged)]
    Analytic(Analytic),
}

#[derive(Debug, Error)]
pub enum StoredPotentialError {
    #[error("the record of the potential cannot be read: {0}")]
    Record(#[from] serde_json::Error),
    #[error("{name}: {error}")]
    Model { name: String, error: ModelError },
    #[error("{0}")]
    File(String),
}

impl StoredPotential {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "a potential";
    /// The file of such an artifact with which reading begins.
    pub const FILE: &'static str = "potential.json";

    /// The record of a cluster expansion in files of these names beside it.
    pub fn record_of_expansion(potential: &str, active_set: Option<&str>) -> impl Serialize {
        Record::Expansion {
            potential: potential.to_owned(),
            active_set: active_set.map(str::to_owned),
        }
    }

    /// Reads what a node has stored; `read` gives the bytes of a file of it.
    pub fn load(
        read: &dyn Fn(&str) -> Result<Vec<u8>, String>,
    ) -> Result<Self, StoredPotentialError> {
        let bytes = |name: &str| read(name).map_err(StoredPotentialError::File);
        match serde_json::from_slice(&bytes(Self::FILE)?)? {
            Record::Analytic(analytic) => Ok(StoredPotential::Analytic(analytic)),
            Record::Expansion {
                potential,
                active_set,
            } => {
                let set = active_set.as_deref().map(bytes).transpose()?;
                let expansion = Expansion::read(&bytes(&potential)?, set.as_deref());
                let expansion = expansion.map_err(|error| StoredPotentialError::Model {
                    name: potential,
                    error,
                })?;
                Ok(StoredPotential::Expansion(Arc::new(expansion)))
            }
        }
    }

    /// Made ready for atoms.
    pub fn potential(&self) -> Box<dyn Potential> {
        match self {
            StoredPotential::Analytic(analytic) => analytic.potential(),
            StoredPotential::Expansion(expansion) => Box::new(expansion.potential()),
        }
    }

    /// Those that it knows; none if it takes any.
    pub fn elements(&self) -> Option<Vec<Element>> {
        match self {
            StoredPotential::Analytic(analytic) => analytic.elements(),
            StoredPotential::Expansion(expansion) => {
                Some(expansion.model.interactions.elements.clone())
            }
        }
    }

    /// Whether it can tell extrapolation grades.
    pub fn has_grades(&self) -> bool {
        match self {
            StoredPotential::Analytic(_) => false,
            StoredPotential::Expansion(expansion) => expansion.active_set.is_some(),
        }
    }

    /// Whether it can take these atoms: it knows their elements, and their charges balance.
    pub fn suits(&self, elements: &[Element]) -> Result<(), PotentialError> {
        match self {
            StoredPotential::Analytic(analytic) => analytic.suits(elements),
            StoredPotential::Expansion(expansion) => {
                let known = expansion.model.interactions.elements_of(elements);
                known.map(|_| ()).map_err(PotentialError::UnknownElement)
            }
        }
    }
}
