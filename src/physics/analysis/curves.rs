//! What an analysis of structure finds.

use serde::{Deserialize, Serialize};

use super::{FirstShell, Mean};
use crate::base::Element;

/// Curves over one axis.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Curves {
    pub x: Vec<f64>,
    pub curves: Vec<Curve>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub y: Vec<Mean>,
}

/// The first shell of a pair of elements.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Shell {
    pub pair: [Element; 2],
    /// None where g(r) has no peak.
    pub first: Option<FirstShell>,
}

/// Bonds from each atom `centre` to atoms `end`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bond {
    pub centre: Element,
    pub end: Element,
    /// None where g(r) has no first minimum and none was given.
    pub longest_ang: Option<f64>,
    pub coordination: Option<Mean>,
}

/// What was found. Errors are those of means over runs, of a single run those of its blocks.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StructureCurves {
    /// In the order of their first atoms.
    pub elements: Vec<Element>,
    pub density_g_per_cm3: Mean,
    /// g over Å, and atoms of the second element within r of one of the first.
    pub pair_distribution: Curves,
    pub running_coordination: Curves,
    pub shells: Vec<Shell>,
    pub bonds: Vec<Bond>,
    /// Part of the centres over their number of bonds.
    pub coordination: Curves,
    /// Per degree, over degrees.
    pub angles: Curves,
    /// Faber and Ziman, over 1/Å.
    pub structure_factor: Curves,
    /// g/cm³ over Å.
    pub profile: Option<Curves>,
    /// Å² over fs, or why not.
    pub displacements: Result<Curves, String>,
    /// Over fs, or why not.
    pub velocities: Result<Curves, String>,
}

impl StructureCurves {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "structural curves";
    /// The file of such an artifact.
    pub const FILE: &'static str = "structure.json";
}

impl Curves {
    pub(super) fn push(&mut self, name: String, y: Vec<Mean>) {
        self.curves.push(Curve { name, y });
    }
}
