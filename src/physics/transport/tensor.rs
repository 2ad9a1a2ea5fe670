//! The tensor of transport coefficients as it is stored.

use serde::{Deserialize, Serialize};

use super::bootstrap::{self, Relative, Replica};
use super::einstein::PairCurves;
use super::matrix::{Matrix, composed, congruent, eigen, orthogonal_to, transposed};
use super::{Estimate, ReferenceFrame, TransportError, posterior, student};
use crate::base::Element;
use crate::base::constants::BOLTZMANN_EV_PER_K;

/// What moves as one: the atoms of an element, or of a label.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Component {
    /// Symbol of the element, or the label.
    pub name: String,
    pub element: Element,
    /// Atoms in the cell.
    pub count: usize,
    /// Of an atom.
    pub mass_u: f64,
    /// Of an atom.
    pub charge_e: Option<f64>,
}

impl Component {
    pub fn total_mass_u(&self) -> f64 {
        self.count as f64 * self.mass_u
    }
}

/// Times between which displacements are regressed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Window {
    pub from_fs: f64,
    pub to_fs: f64,
    /// Whether the rule chose it.
    pub chosen: bool,
    /// In words.
    pub reason: String,
}

/// Curves over the lags, bounded in number. By species; the collective ones by pair of species i ≤ j.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct TransportCurves {
    pub lags_fs: Vec<f64>,
    /// Mean over atoms and origins of `|Δr|²`, Å².
    pub mean_squared_ang2: Vec<Vec<f64>>,
    pub collective: Vec<CollectiveCurve>,
}

/// `⟨ΔS_i · ΔS_j⟩` over the lags, Å².
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CollectiveCurve {
    pub i: usize,
    pub j: usize,
    pub ang2: Vec<f64>,
}

/// The same tensor from velocities: `1/(3 kT V) ∫ ⟨V_i(t) · V_j(0)⟩ dt`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GreenKubo {
    /// Mean of the running integral over the plateau, 1/(eV Å fs).
    pub l: Vec<Vec<f64>>,
    /// Standard errors, from the length of the series and the plateau.
    pub errors: Vec<Vec<f64>>,
    /// Degrees of freedom that these errors are made of.
    pub degrees: f64,
    /// Each run alone.
    #[serde(default)]
    pub replicas: Vec<Replica>,
    pub plateau_fs: [f64; 2],
    /// Running integrals by pair of species i ≤ j, 1/(eV Å fs), over `times_fs`.
    pub times_fs: Vec<f64>,
    pub running: Vec<RunningIntegral>,
    /// Sum over species of `⟨V_i(Δt)·V_i(0)⟩ / ⟨V_i²⟩`, over their number: where far below 1, frames are too far apart
    /// for the integral.
    pub first_correlation: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunningIntegral {
    pub i: usize,
    pub j: usize,
    pub l: Vec<f64>,
}

/// What a tensor has to fulfil, and does or does not.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Checks {
    /// Largest `|L_ij − L_ji|` over the largest `|L_ij|`.
    pub asymmetry: f64,
    /// Largest `|Σ_i u_i L_ij|`, u being the null vector of the frame of length 1, over the largest `|L_ij|`.
    pub null_residual: f64,
    /// 1/(eV Å fs), but for the one that the frame makes 0.
    pub smallest_eigenvalue: f64,
    pub largest_eigenvalue: f64,
    /// None of the eigenvalues is below 0 by more than rounding.
    pub positive_semidefinite: bool,
    /// Trace of the tensor of velocities over that of displacements.
    pub green_kubo_ratio: Option<f64>,
    /// `d ln ⟨Δr²⟩ / d ln t` over the window, by species: 1 where atoms diffuse.
    pub exponent: Vec<Option<f64>>,
    /// Samples of the collective displacement along one axis that would be as good as the run: degrees of freedom.
    pub effective_samples: Option<f64>,
    /// The way that the reference of the frame went in each run, Å, before it was taken out.
    pub drift_ang: Vec<[f64; 3]>,
    /// Slope of the collective displacements past the window over that within, and its standard error: 1 where the
    /// window begins late enough.
    pub later_slope: Option<Estimate>,
}

/// Whether the run was long enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Convergence {
    pub converged: bool,
    /// Largest standard error of L_ij over `√(L_ii L_jj)`, so that small cross terms do not block; none where the run is
    /// too short to tell.
    pub relative_error: Option<f64>,
    pub tolerance: f64,
    /// Length of all runs together, fs, and that at which the tolerance would be met.
    pub length_fs: f64,
    pub needed_fs: f64,
}

/// Errors of the tensor: with `L = F Fᵀ`, the estimate is distributed as `F W Fᵀ`, W being Wishart distributed about the
/// unit matrix.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Freedom {
    /// Rows in the order of the species, columns in that of collective modes.
    pub factor: Vec<Vec<f64>>,
    /// Degrees of freedom of each mode, from the length of the runs, the window and the memory of the motion.
    pub degrees: Vec<f64>,
    /// Of the products of two modes i < j, in the order 12, 13, …, 23, …: what both remember. Where there are none, the
    /// harmonic mean of those of both.
    #[serde(default)]
    pub crossed: Vec<f64>,
    /// Runs.
    pub replicas: usize,
    /// Where replicas scatter more than `degrees` allows: by which factor their variance is larger, and the degrees of
    /// freedom of that factor.
    pub excess: Option<[f64; 2]>,
    /// Of Student's distribution of the self terms; none where they have that of a normal one.
    pub own: Option<f64>,
    /// Where errors are to be those that replicas alone tell: W of each, from which means are drawn in place of Wishart's.
    #[serde(default)]
    pub drawn: Option<Vec<Relative>>,
}

impl Freedom {
    /// Of the modes, with the scatter of replicas.
    pub(super) fn effective(&self) -> Vec<f64> {
        let excess = self.excess.map_or(1.0, |[excess, _]| excess);
        self.degrees
            .iter()
            .map(|degrees| degrees / excess)
            .collect()
    }

    /// Of the product of two modes, or of one with itself, without the scatter of replicas.
    pub(super) fn between(&self, m: usize, n: usize) -> f64 {
        let (low, high) = (m.min(n), m.max(n));
        if low == high {
            return self.degrees[low];
        }
        let order = self.degrees.len();
        let before = low * (2 * order - low - 1) / 2;
        let crossed = self.crossed.get(before + high - low - 1);
        crossed
            .copied()
            .unwrap_or(2.0 / (1.0 / self.degrees[low] + 1.0 / self.degrees[high]))
    }

    /// Harmonic mean over the modes; of replicas alone, what a distribution that scatters as they do would have.
    pub fn mean_degrees(&self) -> f64 {
        if let Some(replicas) = &self.drawn {
            return bootstrap::degrees(replicas);
        }
        let inverse: f64 = self.effective().iter().map(|degrees| 1.0 / degrees).sum();
        self.degrees.len() as f64 / inverse
    }
}

/// Onsager's coefficients: `J_i = −Σ_j L_ij ∇μ_j`, J in atoms/(Å² fs), ∇μ in eV/Å for each atom, L in 1/(eV Å fs).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TransportTensor {
    /// In the order of their first atoms.
    pub species: Vec<Component>,
    pub temperature_k: f64,
    pub volume_ang3: f64,
    /// Whether how many atoms the volume holds is not known: counts are then those of a formula.
    #[serde(default)]
    pub uncounted: bool,
    pub frame: ReferenceFrame,
    /// Rows in the order of the species, 1/(eV Å fs).
    pub l: Vec<Vec<f64>>,
    /// The same with errors and intervals.
    pub estimates: Vec<Vec<Estimate>>,
    /// Covariance of the entries i ≤ j, in the order 11, 12, …, 22, …
    pub covariance: Option<Vec<Vec<f64>>>,
    pub freedom: Option<Freedom>,
    /// `c_i D_i / kT`, and what is left of L_ii, 1/(eV Å fs).
    pub own: Option<Vec<Estimate>>,
    pub distinct: Option<Vec<Estimate>>,
    /// Self-diffusion coefficients, Å²/fs.
    pub diffusion: Option<Vec<Estimate>>,
    pub window: Option<Window>,
    pub curves: Option<TransportCurves>,
    pub green_kubo: Option<GreenKubo>,
    pub checks: Checks,
    pub convergence: Option<Convergence>,
    /// Whether negative eigenvalues were set to 0, on request.
    pub projected: bool,
    /// Edge of the cell, where it is a cube, Å.
    pub cube_edge_ang: Option<f64>,
    /// Where a tensor that was not computed here comes from.
    pub source: Option<String>,
    /// What a reader should know, in sentences.
    pub notes: Vec<String>,
}

impl TransportTensor {
    /// What an artifact of this type is called.
    pub const TYPE: &'static str = "a transport tensor";
    /// The file of such an artifact.
    pub const FILE: &'static str = "transport.json";

    /// kT, eV.
    pub fn kt_ev(&self) -> f64 {
        BOLTZMANN_EV_PER_K * self.temperature_k
    }

    /// Atoms of a species in an Å³.
    pub fn concentration_per_ang3(&self, species: usize) -> f64 {
        self.species[species].count as f64 / self.volume_ang3
    }

    /// Tensors that the truth may be, one stream for all that is derived from them; none where the errors are not known.
    /// `label` tells apart tensors that do not depend on each other.
    pub fn samples(&self, label: u64) -> Vec<Vec<Vec<f64>>> {
        let freedom = self.freedom.as_ref();
        freedom.map_or(Vec::new(), |freedom| posterior::samples(freedom, label))
    }

    /// The same for the self terms, by species.
    pub fn own_samples(&self, label: u64) -> Vec<Vec<f64>> {
        let degrees = self.freedom.as_ref().and_then(|freedom| freedom.own);
        let own = self.own.iter().flatten().enumerate();
        own.filter_map(|(at, one)| {
            Some(student::samples(
                one.value,
                one.error?,
                degrees,
                &[label, at as u64],
            ))
        })
        .collect()
    }

    /// An estimate of something that follows from the tensor.
    pub(super) fn derive(&self, samples: &[Matrix], of: impl Fn(&Matrix) -> f64) -> Estimate {
        Estimate::of_samples(of(&self.l), None, samples.iter().map(of))
    }

    /// Sets negative eigenvalues to 0 in the space that the frame leaves.
    pub fn project(&mut self) -> Result<(), TransportError> {
        let basis = orthogonal_to(&self.frame.null_vector(&self.species)?);
        let (values, vectors) = eigen(&congruent(&basis, &self.l));
        if values.iter().any(|value| *value < 0.0) {
            let raised: Vec<f64> = values.iter().map(|value| value.max(0.0)).collect();
            self.l = congruent(&transposed(&basis), &composed(&raised, &vectors));
            self.projected = true;
            self.notes
                .push("eigenvalues below 0 were set to 0, as was asked for".into());
        }
        Ok(())
    }

    /// Errors, checks and judgement of a tensor whose values stand.
    pub(super) fn finish(&mut self, tolerance: f64, length_fs: f64) -> Result<(), TransportError> {
        let order = self.species.len();
        let null = self.frame.null_vector(&self.species)?;
        let samples = self.samples(0);
        self.covariance = self.freedom.as_ref().map(posterior::covariance);
        let variances: Option<Vec<f64>> = self.covariance.as_ref().map(|covariance| {
            (0..covariance.len())
                .map(|at| covariance[at][at].max(0.0))
                .collect()
        });
        let error = |i: usize, j: usize| {
            let place = PairCurves::pairs(order).position(|pair| pair == (i.min(j), i.max(j)))?;
            Some(variances.as_ref()?[place].sqrt())
        };
        let entry = |i: usize, j: usize| {
            Estimate::of_samples(
                self.l[i][j],
                error(i, j),
                samples.iter().map(|sample| sample[i][j]),
            )
        };
        self.estimates = (0..order)
            .map(|i| (0..order).map(|j| entry(i, j)).collect())
            .collect();
        let own_samples = self.own_samples(0);
        if let Some(own) = &mut self.own {
            let kt_ev = BOLTZMANN_EV_PER_K * self.temperature_k;
            let mut distinct = Vec::new();
            for (at, one) in own.iter_mut().enumerate() {
                let value = one.value;
                if let Some(drawn) = own_samples.get(at) {
                    *one = Estimate::of_samples(value, one.error, drawn.iter().copied());
                }
                let apart = samples
                    .iter()
                    .zip(own_samples.get(at).into_iter().flatten());
                distinct.push(Estimate::of_samples(
                    self.l[at][at] - value,
                    error(at, at)
                        .zip(one.error)
                        .map(|(all, own)| all.hypot(own)),
                    apart.map(|(sample, own)| sample[at][at] - own),
                ));
            }
            let each = own.iter().zip(&self.species);
            let per_own = |one: &Component| kt_ev * self.volume_ang3 / one.count as f64;
            self.diffusion = Some(each.map(|(own, one)| own.times(per_own(one))).collect());
            self.distinct = Some(distinct);
        }
        self.check(&null);
        if let Some(freedom) = &self.freedom {
            let relative = |(i, j): (usize, usize)| {
                let size = (self.l[i][i] * self.l[j][j]).sqrt();
                if size > 0.0 {
                    error(i, j).map(|error| error / size)
                } else {
                    None
                }
            };
            let all = PairCurves::pairs(order).filter_map(relative);
            let relative_error = all.fold(0.0, f64::max);
            self.convergence = Some(Convergence {
                converged: relative_error <= tolerance,
                relative_error: Some(relative_error),
                tolerance,
                length_fs,
                needed_fs: length_fs * (relative_error / tolerance).powi(2),
            });
            self.checks.effective_samples = Some(freedom.mean_degrees());
        }
        Ok(())
    }

    fn check(&mut self, null: &[f64]) {
        let order = self.species.len();
        let largest = self
            .l
            .iter()
            .flatten()
            .fold(0.0f64, |most, x| most.max(x.abs()));
        let part = |x: f64| if largest > 0.0 { x / largest } else { 0.0 };
        let pairs = (0..order).flat_map(|i| (0..i).map(move |j| (i, j)));
        let asymmetry = pairs.fold(0.0f64, |most, (i, j)| {
            most.max((self.l[i][j] - self.l[j][i]).abs())
        });
        let column = |j: usize| {
            (0..order)
                .map(|i| null[i] * self.l[i][j])
                .sum::<f64>()
                .abs()
        };
        let residual = (0..order).map(column).fold(0.0f64, f64::max);
        let (values, _) = eigen(&congruent(
            &orthogonal_to(null),
            &super::matrix::symmetric(&self.l),
        ));
        let [smallest, most] =
            [values.first(), values.last()].map(|value| value.copied().unwrap_or(0.0));
        self.checks.asymmetry = part(asymmetry);
        self.checks.null_residual = part(residual);
        self.checks.smallest_eigenvalue = smallest;
        self.checks.largest_eigenvalue = most;
        self.checks.positive_semidefinite = smallest >= -1e-10 * largest;
    }
}
