//! The velocity that species are followed against.

use serde::{Deserialize, Serialize};

use super::matrix::Matrix;
use super::{Component, TransportError};

/// Fluxes are `J_i = c_i (u_i − u_ref)`: without a reference velocity `u_ref = Σ_k w_k u_k` they mean nothing, and but
/// for sums like `Σ z_i z_j L_ij` of a neutral system they differ between references (de Groot and Mazur,
/// Non-Equilibrium Thermodynamics, 1962, chapter XI).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum ReferenceFrame {
    /// Coordinates as they are, with whatever drift they have: of published tensors whose frame is not known. Nothing is
    /// computed in it.
    Laboratory,
    /// The centre of mass rests: `w_k ∝ N_k M_k`, hence `Σ_i M_i L_ij = 0`.
    Barycentric,
    /// The mean velocity of all atoms is 0: `w_k ∝ N_k`.
    Number,
    /// No volume flows (Fick's frame): `w_k ∝ N_k V_k`, with partial molar volumes in the order of the species. Their
    /// unit does not matter.
    Volume { partial_volumes: Vec<f64> },
    /// One species rests on average, be it the solvent, the framework or the lattice: its row and column are 0.
    Species { name: String },
}

impl ReferenceFrame {
    /// The parts `w_k` that the species have in the reference velocity; their sum is 1, or 0 in the laboratory.
    pub fn weights(&self, species: &[Component]) -> Result<Vec<f64>, TransportError> {
        if species.len() < 2 {
            return Err(TransportError::OneSpecies);
        }
        let parts: Vec<f64> = match self {
            ReferenceFrame::Laboratory => return Ok(vec![0.0; species.len()]),
            ReferenceFrame::Barycentric => species.iter().map(Component::total_mass_u).collect(),
            ReferenceFrame::Number => species.iter().map(|one| one.count as f64).collect(),
            ReferenceFrame::Volume { partial_volumes } => {
                let fits = partial_volumes.len() == species.len();
                if !fits || partial_volumes.iter().any(|volume| !volume.is_finite()) {
                    return Err(TransportError::PartialVolumes {
                        given: partial_volumes.len(),
                        species: species.len(),
                    });
                }
                let each = species.iter().zip(partial_volumes);
                each.map(|(one, volume)| one.count as f64 * volume)
                    .collect()
            }
            ReferenceFrame::Species { name } => {
                let at = find(species, name)?;
                (0..species.len())
                    .map(|one| f64::from(u8::from(one == at)))
                    .collect()
            }
        };
        let sum: f64 = parts.iter().sum();
        if sum <= 0.0 || !sum.is_finite() {
            return Err(TransportError::PartialVolumes {
                given: parts.len(),
                species: species.len(),
            });
        }
        Ok(parts.into_iter().map(|part| part / sum).collect())
    }

    /// `A_ij = δ_ij − N_i w_j / N_j`: what takes collective displacements of any frame to this one, `S' = A S`, and a
    /// tensor, `L' = A L Aᵀ`. `A(this) A(other) = A(this)`.
    pub fn transformation(&self, species: &[Component]) -> Result<Matrix, TransportError> {
        let weights = self.weights(species)?;
        let entry = |i: usize, j: usize| {
            let moved = species[i].count as f64 * weights[j] / species[j].count as f64;
            f64::from(u8::from(i == j)) - moved
        };
        let row = |i| (0..species.len()).map(|j| entry(i, j)).collect();
        Ok((0..species.len()).map(row).collect())
    }

    /// `w_i / N_i`, of length 1: the vector u with `Σ_i u_i L_ij = 0`; 0 in the laboratory.
    pub fn null_vector(&self, species: &[Component]) -> Result<Vec<f64>, TransportError> {
        let weights = self.weights(species)?;
        let each = weights.iter().zip(species);
        let vector: Vec<f64> = each
            .map(|(weight, one)| weight / one.count as f64)
            .collect();
        let length = vector.iter().map(|x| x * x).sum::<f64>().sqrt();
        if length == 0.0 {
            return Ok(vector);
        }
        Ok(vector.into_iter().map(|x| x / length).collect())
    }
}

pub(super) fn find(species: &[Component], name: &str) -> Result<usize, TransportError> {
    let found = species.iter().position(|one| one.name == name);
    found.ok_or_else(|| TransportError::NoSpecies {
        name: name.into(),
        known: species.iter().map(|one| one.name.clone()).collect(),
    })
}

impl std::fmt::Display for ReferenceFrame {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ReferenceFrame::Laboratory => out.write_str("laboratory"),
            ReferenceFrame::Barycentric => out.write_str("barycentric"),
            ReferenceFrame::Number => out.write_str("number"),
            ReferenceFrame::Volume { .. } => out.write_str("volume"),
            ReferenceFrame::Species { name } => write!(out, "{name}"),
        }
    }
}
