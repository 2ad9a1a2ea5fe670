//! Tensors that others published.

use super::tensor::{Checks, Component, TransportTensor};
use super::{Estimate, ReferenceFrame, TransportError};

/// What is known of a published tensor: values without errors.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedTensor {
    /// With the numbers of atoms in `volume_ang3`.
    pub species: Vec<Component>,
    pub temperature_k: f64,
    pub volume_ang3: f64,
    /// [`ReferenceFrame::Laboratory`] where it is not told.
    pub frame: ReferenceFrame,
    /// All rows, 1/(eV Å fs).
    pub l: Vec<Vec<f64>>,
    /// Self terms by species, 1/(eV Å fs).
    pub own: Option<Vec<f64>>,
    pub source: String,
}

/// Published numbers are rounded: smaller parts of the largest entry than this are none.
const ROUNDING: f64 = 1e-4;
/// Eigenvalues that are less below 0 than this part of the largest are taken for 0.
const LEAST_EIGENVALUE: f64 = 1e-6;

impl PublishedTensor {
    /// With the checks that every tensor gets; one that is not positive semi-definite or does not fit its frame says so
    /// in its notes and stays as it is.
    pub fn tensor(self) -> Result<TransportTensor, TransportError> {
        let order = self.species.len();
        let square = self.l.len() == order && self.l.iter().all(|row| row.len() == order);
        let own_fits = self.own.as_ref().is_none_or(|own| own.len() == order);
        if !square || !own_fits {
            return Err(TransportError::Malformed(format!(
                "{order} species need {order} × {order} coefficients and {order} self terms"
            )));
        }
        let all = self.l.iter().flatten().chain(self.own.iter().flatten());
        if all.clone().any(|x| !x.is_finite()) || self.species.iter().any(|one| one.count == 0) {
            return Err(TransportError::Malformed(
                "coefficients and numbers of atoms must be finite and above 0".into(),
            ));
        }
        if !(self.temperature_k > 0.0 && self.temperature_k.is_finite()) {
            return Err(TransportError::Temperature(self.temperature_k));
        }
        if !(self.volume_ang3 > 0.0 && self.volume_ang3.is_finite()) {
            return Err(TransportError::Malformed(format!(
                "{} Å³ is no volume",
                self.volume_ang3
            )));
        }
        let mut tensor = TransportTensor {
            species: self.species,
            temperature_k: self.temperature_k,
            volume_ang3: self.volume_ang3,
            uncounted: false,
            frame: self.frame,
            l: self.l,
            estimates: Vec::new(),
            covariance: None,
            freedom: None,
            own: self
                .own
                .map(|own| own.into_iter().map(Estimate::exact).collect()),
            distinct: None,
            diffusion: None,
            window: None,
            curves: None,
            green_kubo: None,
            checks: Checks::default(),
            convergence: None,
            projected: false,
            cube_edge_ang: None,
            source: Some(self.source),
            notes: vec!["published without errors".into()],
        };
        tensor.finish(0.0, 0.0)?;
        let checks = &tensor.checks;
        let mut notes = Vec::new();
        if checks.asymmetry > ROUNDING {
            notes.push(format!(
                "not symmetric: entries across the diagonal differ by {:.1} % of the largest",
                100.0 * checks.asymmetry
            ));
        }
        if checks.smallest_eigenvalue < -LEAST_EIGENVALUE * checks.largest_eigenvalue.abs() {
            notes.push(format!(
                "not positive semi-definite: the smallest eigenvalue is {:.3} of the largest, so that there are forces \
                 that would drive atoms uphill",
                checks.smallest_eigenvalue / checks.largest_eigenvalue
            ));
        } else {
            tensor.checks.positive_semidefinite = true;
        }
        if tensor.frame == ReferenceFrame::Laboratory {
            notes.push("its reference frame was not published".into());
        } else if tensor.checks.null_residual > ROUNDING {
            notes.push(format!(
                "not in the {} frame: the sum that has to vanish in it is {:.1} % of the largest entry",
                tensor.frame,
                100.0 * tensor.checks.null_residual
            ));
        }
        tensor.notes.extend(notes);
        Ok(tensor)
    }
}
