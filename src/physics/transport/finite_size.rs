//! The finite cell: self-diffusion is slower in it than in the bulk, because the flow around an atom feels its images.

use serde::{Deserialize, Serialize};

use super::green_kubo::RESOLVED;
use super::matrix::least_squares;
use super::{Estimate, TransportError};
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::analysis::Correlation;

/// ξ of a cubic cell (Yeh and Hummer, J. Phys. Chem. B 108, 15873, 2004).
pub const YEH_HUMMER_XI: f64 = 2.837_297;

/// `D_∞ = D + ξ kT / (6 π η L)`: D in Å²/fs, the edge of the cubic cell in Å, the viscosity in eV fs/Å³
/// (1 eV fs/Å³ is 1.602 176 634 × 10⁻⁴ Pa s). For self-diffusion only: of collective coefficients this
/// is not the correction.
pub fn yeh_hummer(
    diffusion: Estimate,
    temperature_k: f64,
    edge_ang: f64,
    viscosity: Estimate,
) -> Result<Estimate, TransportError> {
    if !(viscosity.value > 0.0 && edge_ang > 0.0 && temperature_k > 0.0) {
        return Err(TransportError::Malformed(
            "the correction for the finite cell needs a viscosity, an edge and a temperature above 0".into(),
        ));
    }
    let shift = |viscosity: f64| {
        YEH_HUMMER_XI * BOLTZMANN_EV_PER_K * temperature_k
            / (6.0 * std::f64::consts::PI * viscosity * edge_ang)
    };
    let added = shift(viscosity.value);
    let added_error = viscosity.error.unwrap_or(0.0) / viscosity.value * added;
    Ok(diffusion.shifted(added, added_error))
}

/// Shear viscosity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Viscosity {
    /// eV fs/Å³; 1 eV fs/Å³ is 1.602 176 634 × 10⁻⁴ Pa s.
    pub value: Estimate,
    pub plateau_fs: [f64; 2],
    /// Running integral.
    pub times_fs: Vec<f64>,
    pub running: Vec<f64>,
}

/// Stress of the cell at equal intervals.
#[derive(Debug, Clone, PartialEq)]
pub struct StressSeries {
    pub interval_fs: f64,
    /// xx, yy, zz, yz, xz, xy; eV/Å³.
    pub stress_ev_per_ang3: Vec<[f64; 6]>,
    pub volume_ang3: f64,
    pub temperature_k: f64,
}

impl StressSeries {
    /// `η = V/kT ∫ ⟨σ(t) σ(0)⟩ dt` over the five independent parts of the traceless stress (Alfè and Gillan, Phys. Rev.
    /// Lett. 81, 5161, 1998), averaged over the plateau; without one, from five times the correlation time on, found
    /// self-consistently (Sokal 1989), to one and a half times that.
    pub fn viscosity(&self, plateau_fs: Option<(f64, f64)>) -> Result<Viscosity, TransportError> {
        let frames = self.stress_ev_per_ang3.len();
        let part = |of: fn(&[f64; 6]) -> f64| -> Vec<f64> {
            self.stress_ev_per_ang3.iter().map(of).collect()
        };
        let parts = [
            part(|s| s[3]),
            part(|s| s[4]),
            part(|s| s[5]),
            part(|s| 0.5 * (s[0] - s[1])),
            part(|s| 0.5 * (s[1] - s[2])),
        ];
        let mut correlation = vec![0.0; frames];
        let mut transform = Correlation::new(frames.max(1));
        for series in &parts {
            let products = transform.sums(series);
            for (lag, (sum, product)) in correlation.iter_mut().zip(products).enumerate() {
                *sum += product / ((frames - lag) * parts.len()) as f64;
            }
        }
        if correlation.len() > 1 && correlation[1] < RESOLVED * correlation[0] {
            return Err(TransportError::Coarse {
                what: "stresses",
                apart_fs: self.interval_fs,
            });
        }
        let factor =
            self.volume_ang3 / (BOLTZMANN_EV_PER_K * self.temperature_k) * self.interval_fs;
        let mut sum = 0.0;
        let areas = correlation.windows(2).map(|pair| {
            sum += factor * f64::midpoint(pair[0], pair[1]);
            sum
        });
        let running: Vec<f64> = std::iter::once(0.0).chain(areas).collect();
        let chosen = |running: &[f64]| {
            let zero = factor * correlation[0];
            let times = |lag: &usize| *lag as f64 >= 5.0 * running[*lag] / zero;
            (1..frames / 6)
                .find(times)
                .map(|lag| (lag, (3 * lag).div_ceil(2)))
        };
        let given = plateau_fs.map(|(from, to)| {
            (
                (from / self.interval_fs).round() as usize,
                (to / self.interval_fs).round() as usize,
            )
        });
        let (from, to) = given
            .or_else(|| chosen(&running))
            .ok_or(TransportError::TooFew {
                what: "the viscosity",
                needed: "a longer series of stresses",
                given: frames,
            })?;
        if from > to || to >= frames || to == 0 {
            return Err(TransportError::Window {
                from_fs: from as f64 * self.interval_fs,
                to_fs: to as f64 * self.interval_fs,
                length_fs: frames.saturating_sub(1) as f64 * self.interval_fs,
                interval_fs: self.interval_fs,
            });
        }
        let plateau = &running[from..=to];
        let value = plateau.iter().sum::<f64>() / plateau.len() as f64;
        let kernel = from as f64 + (to - from) as f64 / 3.0;
        let error = value.abs() * (4.0 * kernel / (parts.len() as f64 * frames as f64)).sqrt();
        let shown = (3 * to).min(frames - 1);
        Ok(Viscosity {
            value: Estimate::normal(value, error),
            plateau_fs: [from as f64 * self.interval_fs, to as f64 * self.interval_fs],
            times_fs: (0..=shown).map(|at| at as f64 * self.interval_fs).collect(),
            running: running[..=shown].to_vec(),
        })
    }
}

/// A line in 1/L through values from cells of different sizes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SizeExtrapolation {
    /// At infinite size.
    pub value: Estimate,
    /// Per 1/Å.
    pub slope: Estimate,
    /// Of the points about the line, for each degree of freedom.
    pub chi_squared: f64,
    pub degrees: usize,
}

/// Of anything that was computed in three cubic cells or more: edges in Å and values with errors.
pub fn extrapolate_sizes(points: &[(f64, Estimate)]) -> Result<SizeExtrapolation, TransportError> {
    let too_few = TransportError::TooFew {
        what: "the extrapolation to infinite size",
        needed: "values with errors from at least three cells of different sizes",
        given: points.len(),
    };
    let mut edges: Vec<f64> = points.iter().map(|(edge, _)| *edge).collect();
    edges.sort_by(f64::total_cmp);
    edges.dedup();
    if edges.len() < 3 {
        return Err(too_few);
    }
    let rows: Vec<Vec<f64>> = points
        .iter()
        .map(|(edge, _)| vec![1.0, 1.0 / edge])
        .collect();
    let y: Vec<f64> = points.iter().map(|(_, one)| one.value).collect();
    let errors: Option<Vec<f64>> = points.iter().map(|(_, one)| one.error).collect();
    let errors = errors.ok_or_else(|| too_few.clone())?;
    let weights: Vec<f64> = errors.iter().map(|error| error.powi(-2)).collect();
    let (c, covariance) = least_squares(&rows, &y, &weights).ok_or(too_few)?;
    let residuals = rows.iter().zip(&y).zip(&weights);
    let chi: f64 = residuals
        .map(|((row, y), weight)| weight * (y - c[0] - c[1] * row[1]).powi(2))
        .sum();
    let degrees = points.len() - 2;
    Ok(SizeExtrapolation {
        value: Estimate::normal(c[0], covariance[0][0].sqrt()),
        slope: Estimate::normal(c[1], covariance[1][1].sqrt()),
        chi_squared: chi / degrees as f64,
        degrees,
    })
}
