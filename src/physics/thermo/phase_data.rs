//! One phase and what is known about it.

use super::{Atmosphere, Gibbs, ThermoError};
use crate::base::Phase;
use crate::base::constants::{ATOMIC_MASS_KG, BOLTZMANN_EV_PER_K};

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Solid,
    Liquid,
    Gas,
}

/// Where the energy of a phase comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Calorimetry, equilibria, or an assessment of them.
    Measured,
    /// Electronic structure.
    Computed,
    /// Measured values of other phases plus a computed reaction energy.
    Anchored,
    /// Zero by definition.
    Element,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PhaseData {
    pub phase: Phase,
    pub state: State,
    pub evidence: Evidence,
    /// `None`: only volume or melting point are known.
    pub gibbs: Option<Gibbs>,
    #[serde(rename = "volume_A3_per_formula_unit")]
    pub volume_ang3: Option<f64>,
    /// Whether the volume was measured (X-rays, a density) rather than computed.
    pub volume_measured: bool,
    #[serde(rename = "melting_point_K")]
    pub melting_k: Option<f64>,
    /// Whether the phase has been made, as far as the source knows.
    pub observed: Option<bool>,
    /// Identifier in the source, such as `mp-5020`.
    pub id: Option<String>,
    /// The sources of the numbers above.
    pub origin: String,
}

impl PhaseData {
    /// Gibbs energy of formation, eV per formula unit; gases at 1 bar.
    pub fn formation_ev(&self, t_k: f64) -> Result<f64, ThermoError> {
        let gibbs = self.gibbs.as_ref().ok_or_else(|| ThermoError::NoEnergy {
            phase: self.phase.clone(),
        })?;
        gibbs.formation_ev(&self.phase, t_k)
    }

    /// Chemical potential of a formula unit relative to the elements, eV: the formation energy and, for a gas,
    /// `k_B T ln(p / 1 bar)` (ideal gas).
    pub fn gibbs_ev(&self, t_k: f64, atmosphere: &Atmosphere) -> Result<f64, ThermoError> {
        let standard = self.formation_ev(t_k)?;
        Ok(match self.state {
            State::Gas => {
                let bar = atmosphere.pressure_bar(&self.phase.formula);
                standard + BOLTZMANN_EV_PER_K * t_k * libm::log(bar)
            }
            State::Solid | State::Liquid => standard,
        })
    }

    /// Temperatures that [`Self::formation_ev`] answers, K.
    pub fn range_k(&self) -> Option<(f64, f64)> {
        self.gibbs
            .as_ref()
            .and_then(|gibbs| gibbs.range_k(&self.phase))
    }

    /// g/cm³.
    pub fn density_g_cm3(&self) -> Option<f64> {
        self.volume_ang3
            .map(|volume| density_g_cm3(&self.phase, volume))
    }
}

/// 1 u/Å³ in g/cm³: the atomic mass constant in g over 1e-24 cm³.
pub(super) const U_PER_ANG3_IN_G_PER_CM3: f64 = ATOMIC_MASS_KG * 1e27;

pub(super) fn density_g_cm3(phase: &Phase, volume_ang3: f64) -> f64 {
    phase.formula.mass_u() / volume_ang3 * U_PER_ANG3_IN_G_PER_CM3
}
