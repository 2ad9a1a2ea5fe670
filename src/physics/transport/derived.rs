//! What follows from a tensor.

use serde::{Deserialize, Serialize};

use super::einstein::PairCurves;
use super::matrix::{Matrix, congruent, dot, eigen, inverse, product, zeros};
use super::tensor::TransportTensor;
use super::{Estimate, ReferenceFrame, TransportError};

/// Parts of the species in the electric current.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Transference {
    /// `t_i = z_i Σ_j z_j L_ij / Σ z z L`, in the frame of the tensor; below 0 or above 1 where others drag a species along.
    pub numbers: Vec<Estimate>,
    /// With two species the frame alone decides (barycentric: `t_1 = M_2 / (M_1 + M_2)`): the numbers say nothing about
    /// the motion.
    pub kinematic: bool,
}

/// `−c_i ∇μ_i = Σ_j K_ij (u_i − u_j)` with `K_ij = kT c_i c_j / (c Đ_ij)`, in numbers of atoms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StefanMaxwell {
    pub pairs: Vec<Friction>,
    /// Largest over smallest eigenvalue of the matrix that was inverted, its diagonal being 1.
    pub condition: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Friction {
    pub i: usize,
    pub j: usize,
    /// K, eV fs/Å⁵.
    pub coefficient: Estimate,
    /// Đ, Å²/fs; diverges and changes sign where K does: without errors where K may be 0.
    pub diffusivity: Estimate,
}

impl TransportTensor {
    fn charges_e(&self) -> Result<Vec<f64>, TransportError> {
        let charge = |one: &super::Component| match one.charge_e {
            Some(charge) if charge.is_finite() => Ok(charge),
            _ => Err(TransportError::NoCharge {
                name: one.name.clone(),
            }),
        };
        let charges: Vec<f64> = self.species.iter().map(charge).collect::<Result<_, _>>()?;
        if charges.iter().all(|charge| *charge == 0.0) {
            return Err(TransportError::ZeroCharges);
        }
        Ok(charges)
    }

    /// Charge of the cell, e: where it is not 0, the conductivity depends on the frame.
    pub fn net_charge_e(&self) -> Result<f64, TransportError> {
        let charges = self.charges_e()?;
        let each = self.species.iter().zip(charges);
        Ok(each.map(|(one, charge)| one.count as f64 * charge).sum())
    }

    /// `κ = Σ z_i z_j L_ij`, e²/(eV Å fs); 1 e²/(eV Å fs) is 1.602 176 634 × 10⁶ S/m.
    pub fn conductivity(&self) -> Result<Estimate, TransportError> {
        let charges = self.charges_e()?;
        let estimate = self.derive(&self.samples(0), |l| quadratic(l, &charges));
        let error = self.error_of(&outer(&charges));
        Ok(Estimate { error, ..estimate })
    }

    /// The conductivity if atoms moved independently, `Σ z_i² c_i D_i / kT` (Nernst and Einstein), e²/(eV Å fs).
    pub fn nernst_einstein(&self) -> Result<Estimate, TransportError> {
        let charges = self.charges_e()?;
        let own = self.own_values("the Nernst-Einstein conductivity")?;
        let squares: Vec<f64> = charges.iter().map(|charge| charge * charge).collect();
        Ok(Estimate::of_samples(
            dot(&squares, &own),
            None,
            self.own_rows(0).map(|row| dot(&squares, &row)),
        ))
    }

    /// Haven's ratio `κ_NE / κ`.
    pub fn haven_ratio(&self) -> Result<Estimate, TransportError> {
        let charges = self.charges_e()?;
        let own = self.own_values("the Haven ratio")?;
        let squares: Vec<f64> = charges.iter().map(|charge| charge * charge).collect();
        let conductivity = quadratic(&self.l, &charges);
        if conductivity <= 0.0 {
            return Err(TransportError::NoConductivity);
        }
        let samples = self.samples(0);
        let ratios = samples.iter().zip(self.own_rows(0));
        Ok(Estimate::of_samples(
            dot(&squares, &own) / conductivity,
            None,
            ratios.map(|(l, own)| dot(&squares, &own) / quadratic(l, &charges)),
        ))
    }

    pub fn transference(&self) -> Result<Transference, TransportError> {
        let charges = self.charges_e()?;
        if quadratic(&self.l, &charges) <= 0.0 {
            return Err(TransportError::NoConductivity);
        }
        let samples = self.samples(0);
        let number = |at: usize| {
            let of = |l: &Matrix| charges[at] * dot(&l[at], &charges) / quadratic(l, &charges);
            self.derive(&samples, of)
        };
        Ok(Transference {
            numbers: (0..charges.len()).map(number).collect(),
            kinematic: charges.len() == 2,
        })
    }

    /// Velocity in a unit field, with its sign: `u_i = Σ_j z_j L_ij / c_i`, e Å²/(eV fs), which is Å²/(V fs).
    pub fn mobilities(&self) -> Result<Vec<Estimate>, TransportError> {
        let charges = self.charges_e()?;
        self.counted("a mobility")?;
        let samples = self.samples(0);
        let mobility = |at: usize| {
            let concentration = self.concentration_per_ang3(at);
            self.derive(&samples, |l| dot(&l[at], &charges) / concentration)
        };
        Ok((0..charges.len()).map(mobility).collect())
    }

    fn counted(&self, what: &'static str) -> Result<(), TransportError> {
        if self.uncounted {
            return Err(TransportError::Uncounted { what });
        }
        Ok(())
    }

    pub fn stefan_maxwell(&self) -> Result<StefanMaxwell, TransportError> {
        self.counted("a friction")?;
        let first = ReferenceFrame::Species {
            name: self.species[0].name.clone(),
        };
        let a = first.transformation(&self.species)?;
        let c: Vec<f64> = (0..self.species.len())
            .map(|at| self.concentration_per_ang3(at))
            .collect();
        let inside = congruent(&a, &self.l);
        let relative = |i: usize, j: usize| inside[i][j] / (inside[i][i] * inside[j][j]).sqrt();
        let order = c.len();
        let normalised: Matrix = (1..order)
            .map(|i| (1..order).map(|j| relative(i, j)).collect())
            .collect();
        if normalised.iter().flatten().any(|x| !x.is_finite()) {
            return Err(TransportError::Singular(
                "a species does not move against the first".into(),
            ));
        }
        let (values, _) = eigen(&normalised);
        let frictions = |l: &Matrix| frictions(&congruent(&a, l), &c);
        let found = frictions(&self.l).ok_or_else(|| {
            TransportError::Singular("species move with each other as one".into())
        })?;
        let samples: Vec<Matrix> = self.samples(0).iter().filter_map(frictions).collect();
        let kt_ev = self.kt_ev();
        let total: f64 = c.iter().sum();
        let pairs = PairCurves::pairs(order)
            .filter(|(i, j)| i != j)
            .map(|(i, j)| {
                let factor = kt_ev * c[i] * c[j] / total;
                let of = |at: fn(f64, f64) -> f64| {
                    let each = samples.iter().map(|k| at(k[i][j], factor));
                    Estimate::of_samples(at(found[i][j], factor), None, each)
                };
                let coefficient = of(|k, _| k);
                let diffusivity = of(|k, factor| factor / k);
                // Where K may be 0, Đ may be anything but what lies between its quantiles.
                let open = coefficient
                    .interval_95
                    .is_none_or(|[low, high]| low < 0.0 && 0.0 < high);
                Friction {
                    i,
                    j,
                    coefficient,
                    diffusivity: if open {
                        Estimate::exact(diffusivity.value)
                    } else {
                        diffusivity
                    },
                }
            });
        Ok(StefanMaxwell {
            pairs: pairs.collect(),
            condition: (values[values.len() - 1] / values[0]).abs(),
        })
    }

    /// The tensor in another frame, `L' = A L Aᵀ`. The self terms stay those of the frame that it was computed in.
    pub fn in_frame(&self, frame: &ReferenceFrame) -> Result<TransportTensor, TransportError> {
        let a = frame.transformation(&self.species)?;
        let mut tensor = self.clone();
        tensor.l = congruent(&a, &self.l);
        if let Some(freedom) = &mut tensor.freedom {
            freedom.factor = product(&a, &freedom.factor);
        }
        tensor.frame = frame.clone();
        if let Some(curves) = &mut tensor.curves {
            let mut all: Vec<&mut Vec<f64>> = curves
                .collective
                .iter_mut()
                .map(|one| &mut one.ang2)
                .collect();
            transform(&a, &mut all);
        }
        if let Some(green_kubo) = &mut tensor.green_kubo {
            green_kubo.l = congruent(&a, &green_kubo.l);
            for one in &mut green_kubo.replicas {
                one.l = congruent(&a, &one.l);
            }
            let mut all: Vec<&mut Vec<f64>> = green_kubo
                .running
                .iter_mut()
                .map(|one| &mut one.l)
                .collect();
            transform(&a, &mut all);
            let l = green_kubo.l.clone();
            let degrees = green_kubo.degrees;
            green_kubo.errors = super::green_kubo::errors(&l, degrees);
        }
        if self.own.is_some() && *frame != self.frame {
            tensor
                .notes
                .push(format!("self terms are those of the {} frame", self.frame));
        }
        let (tolerance, length_fs) = match &self.convergence {
            Some(convergence) => (convergence.tolerance, convergence.length_fs),
            None => (0.0, 0.0),
        };
        tensor.finish(tolerance, length_fs)?;
        Ok(tensor)
    }

    fn own_values(&self, what: &'static str) -> Result<Vec<f64>, TransportError> {
        let own = self.own.as_ref().ok_or(TransportError::NoSelf { what })?;
        Ok(own.iter().map(|one| one.value).collect())
    }

    /// Self terms of all species, sample by sample; nothing where they have no errors.
    fn own_rows(&self, label: u64) -> impl Iterator<Item = Vec<f64>> {
        let samples = self.own_samples(label);
        let complete = samples.len() == self.species.len();
        let count = if complete { samples[0].len() } else { 0 };
        (0..count).map(move |at| samples.iter().map(|own| own[at]).collect())
    }

    /// Standard error of `Σ g_ij L_ij` with a symmetric g.
    fn error_of(&self, gradient: &Matrix) -> Option<f64> {
        let covariance = self.covariance.as_ref()?;
        let both = |(i, j): (usize, usize)| {
            if i == j {
                gradient[i][j]
            } else {
                2.0 * gradient[i][j]
            }
        };
        let g: Vec<f64> = PairCurves::pairs(self.species.len()).map(both).collect();
        Some(super::matrix::between(&g, covariance, &g).max(0.0).sqrt())
    }
}

fn quadratic(l: &Matrix, z: &[f64]) -> f64 {
    super::matrix::between(z, l, z)
}

fn outer(z: &[f64]) -> Matrix {
    z.iter()
        .map(|x| z.iter().map(|y| x * y).collect())
        .collect()
}

/// Curves by pair of species, at every point `A X Aᵀ`.
fn transform(a: &Matrix, curves: &mut [&mut Vec<f64>]) {
    let points = curves.first().map_or(0, |one| one.len());
    for point in 0..points {
        let mut matrix = zeros(a.len(), a.len());
        for ((i, j), curve) in PairCurves::pairs(a.len()).zip(curves.iter()) {
            matrix[i][j] = curve[point];
            matrix[j][i] = curve[point];
        }
        let moved = congruent(a, &matrix);
        for ((i, j), curve) in PairCurves::pairs(a.len()).zip(curves.iter_mut()) {
            curve[point] = moved[i][j];
        }
    }
}

/// From the tensor against species 0: with `M = [L_ij / (c_i c_j)]⁻¹` over the others, `K_ij = −M_ij` and
/// `K_i0 = Σ_j M_ij`.
fn frictions(l: &Matrix, c: &[f64]) -> Option<Matrix> {
    let order = c.len();
    let entry = |i: usize, j: usize| l[i][j] / (c[i] * c[j]);
    let inside: Matrix = (1..order)
        .map(|i| (1..order).map(|j| entry(i, j)).collect())
        .collect();
    let m = inverse(&inside)?;
    let mut k = zeros(order, order);
    for i in 1..order {
        for j in 1..order {
            if i != j {
                k[i][j] = -m[i - 1][j - 1];
            }
        }
        k[i][0] = m[i - 1].iter().sum();
        k[0][i] = k[i][0];
    }
    Some(k)
}
