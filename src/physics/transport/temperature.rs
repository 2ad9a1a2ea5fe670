//! How tensors depend on temperature.

use serde::{Deserialize, Serialize};

use super::matrix::{
    Matrix, composed, congruent, eigen, least_squares, orthogonal_to, product, transposed, zeros,
};
use super::posterior::SAMPLES;
use super::tensor::{Freedom, TransportTensor};
use super::{Estimate, TransportError};
use crate::base::constants::BOLTZMANN_EV_PER_K;

/// What of a tensor is followed; places are those of species.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Quantity {
    /// L_ii.
    Diagonal(usize),
    /// D_i.
    Diffusion(usize),
    /// The self part of L_ii times kT V, N_i D_i: as D_i depends on temperature, where the number of atoms is not known.
    SelfPart(usize),
    Conductivity,
}

/// Tensors of one system at rising temperatures.
#[derive(Debug, Clone)]
pub struct TemperatureSeries<'a> {
    tensors: Vec<&'a TransportTensor>,
}

/// A value at a temperature, and its logarithm's standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct TemperaturePoint {
    pub temperature_k: f64,
    pub value: f64,
    pub ln_error: Option<f64>,
}

/// `ln y = ln A − E / kT`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Arrhenius {
    pub quantity: Quantity,
    pub points: Vec<TemperaturePoint>,
    pub activation_ev: Estimate,
    pub ln_prefactor: Estimate,
    /// Of ln A and E.
    pub covariance: Option<[[f64; 2]; 2]>,
    /// Of the points about the line, for each degree of freedom.
    pub chi_squared: Option<f64>,
    /// Sampled ln A and E.
    #[serde(skip)]
    samples: Vec<[f64; 2]>,
}

/// `ln y = ln A − B / (T − T₀)` (Vogel, Tammann and Fulcher).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VogelTammannFulcher {
    pub quantity: Quantity,
    pub points: Vec<TemperaturePoint>,
    pub ln_prefactor: Estimate,
    pub b_k: Estimate,
    pub t0_k: Estimate,
    pub chi_squared: Option<f64>,
}

/// A tensor between temperatures that were computed, or beyond them.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpolated {
    pub tensor: TransportTensor,
    /// By how many K it lies outside.
    pub extrapolated_k: Option<f64>,
}

impl<'a> TemperatureSeries<'a> {
    /// Of the same species in the same proportions and the same frame, at two temperatures or more.
    pub fn new(tensors: &[&'a TransportTensor]) -> Result<Self, TransportError> {
        let mut tensors = tensors.to_vec();
        tensors.sort_by(|a, b| a.temperature_k.total_cmp(&b.temperature_k));
        if tensors.len() < 2 {
            return Err(TransportError::TooFew {
                what: "the dependence on temperature",
                needed: "tensors at two temperatures or more",
                given: tensors.len(),
            });
        }
        for pair in tensors.windows(2) {
            let [first, second] = [pair[0], pair[1]];
            if first.temperature_k == second.temperature_k {
                return Err(TransportError::Different(format!(
                    "two are at {} K",
                    first.temperature_k
                )));
            }
            if first.frame != second.frame {
                return Err(TransportError::Different(format!(
                    "one is in the {} frame, one in the {} frame",
                    first.frame, second.frame
                )));
            }
            let names = |of: &TransportTensor| {
                of.species
                    .iter()
                    .map(|one| one.name.clone())
                    .collect::<Vec<_>>()
            };
            if names(first) != names(second) {
                return Err(TransportError::Different(format!(
                    "{} and {}",
                    names(first).join("-"),
                    names(second).join("-")
                )));
            }
            let parts = |of: &TransportTensor| -> Vec<f64> {
                let total: usize = of.species.iter().map(|one| one.count).sum();
                of.species
                    .iter()
                    .map(|one| one.count as f64 / total as f64)
                    .collect()
            };
            if parts(first)
                .iter()
                .zip(parts(second))
                .any(|(a, b)| (a - b).abs() > 1e-6)
            {
                return Err(TransportError::Different(
                    "their compositions differ".into(),
                ));
            }
        }
        Ok(TemperatureSeries { tensors })
    }

    pub fn range_k(&self) -> [f64; 2] {
        [
            self.tensors[0].temperature_k,
            self.tensors[self.tensors.len() - 1].temperature_k,
        ]
    }

    /// Values and samples of their logarithms, of a quantity that is above 0 everywhere.
    fn logarithms(
        &self,
        quantity: Quantity,
    ) -> Result<(Vec<TemperaturePoint>, Vec<Vec<f64>>), TransportError> {
        let mut points = Vec::new();
        let mut all = Vec::new();
        for (label, tensor) in (1..).zip(&self.tensors) {
            let (value, samples) = values(tensor, quantity, label)?;
            if value <= 0.0 {
                return Err(TransportError::NotPositive {
                    temperature_k: tensor.temperature_k,
                });
            }
            let positive: Vec<f64> = samples
                .iter()
                .filter(|x| **x > 0.0)
                .map(|x| x.ln())
                .collect();
            let logarithms: Vec<f64> = samples.iter().map(|x| x.max(1e-3 * value).ln()).collect();
            points.push(TemperaturePoint {
                temperature_k: tensor.temperature_k,
                value,
                ln_error: spread(&positive),
            });
            all.push(logarithms);
        }
        Ok((points, all))
    }

    /// With weights from the errors where all have them; errors of the parameters from those of the points.
    pub fn arrhenius(&self, quantity: Quantity) -> Result<Arrhenius, TransportError> {
        let (points, samples) = self.logarithms(quantity)?;
        let rows: Vec<Vec<f64>> = points
            .iter()
            .map(|point| vec![1.0, -1.0 / (BOLTZMANN_EV_PER_K * point.temperature_k)])
            .collect();
        let weights = weights(&points);
        let y: Vec<f64> = points.iter().map(|point| point.value.ln()).collect();
        let fit = |y: &[f64]| least_squares(&rows, y, &weights);
        let (c, covariance) =
            fit(&y).ok_or_else(|| TransportError::Singular("the temperatures".into()))?;
        let known = points.iter().all(|point| point.ln_error.is_some());
        let drawn: Vec<[f64; 2]> = if known {
            resampled(&y, &samples, |y| fit(y).map(|(c, _)| [c[0], c[1]]))
        } else {
            Vec::new()
        };
        let estimate =
            |at: usize| Estimate::of_samples(c[at], None, drawn.iter().map(|one| one[at]));
        let residuals = rows.iter().zip(&y).zip(&weights);
        let chi: f64 = residuals
            .map(|((row, y), weight)| weight * (y - c[0] - c[1] * row[1]).powi(2))
            .sum();
        let degrees = points.len() - 2;
        Ok(Arrhenius {
            quantity,
            activation_ev: estimate(1),
            ln_prefactor: estimate(0),
            covariance: known.then(|| {
                [
                    [covariance[0][0], covariance[0][1]],
                    [covariance[1][0], covariance[1][1]],
                ]
            }),
            chi_squared: (known && degrees > 0).then(|| chi / degrees as f64),
            samples: drawn,
            points,
        })
    }

    /// T₀ is searched between 0 and the lowest temperature.
    pub fn vogel_tammann_fulcher(
        &self,
        quantity: Quantity,
    ) -> Result<VogelTammannFulcher, TransportError> {
        if self.tensors.len() < 4 {
            return Err(TransportError::TooFew {
                what: "a Vogel-Tammann-Fulcher law",
                needed: "tensors at four temperatures or more",
                given: self.tensors.len(),
            });
        }
        let (points, samples) = self.logarithms(quantity)?;
        let weights = weights(&points);
        let lowest = self.range_k()[0];
        let temperatures: Vec<f64> = points.iter().map(|point| point.temperature_k).collect();
        let y: Vec<f64> = points.iter().map(|point| point.value.ln()).collect();
        let fit = |y: &[f64]| best_vtf(&temperatures, y, &weights, lowest);
        let ([ln_a, b, t0], chi) =
            fit(&y).ok_or_else(|| TransportError::Singular("the temperatures".into()))?;
        let known = points.iter().all(|point| point.ln_error.is_some());
        let drawn: Vec<[f64; 3]> = if known {
            resampled(&y, &samples, |y| fit(y).map(|(c, _)| c))
        } else {
            Vec::new()
        };
        let estimate = |value: f64, at: usize| {
            Estimate::of_samples(value, None, drawn.iter().map(|one| one[at]))
        };
        let degrees = points.len() - 3;
        Ok(VogelTammannFulcher {
            quantity,
            ln_prefactor: estimate(ln_a, 0),
            b_k: estimate(b, 1),
            t0_k: estimate(t0, 2),
            chi_squared: known.then(|| chi / degrees as f64),
            points,
        })
    }

    /// Between neighbouring temperatures, the logarithms of L_ii are linear in 1/T, and so are the correlations
    /// `L_ij / √(L_ii L_jj)`; the result is brought back into the frame, which leaves it positive semi-definite. Beyond
    /// the first or last temperature the two next to it are extended, the correlations kept positive semi-definite.
    pub fn at(&self, temperature_k: f64) -> Result<Interpolated, TransportError> {
        if !(temperature_k > 0.0 && temperature_k.is_finite()) {
            return Err(TransportError::Temperature(temperature_k));
        }
        let above = self
            .tensors
            .partition_point(|one| one.temperature_k < temperature_k);
        let above = above.clamp(1, self.tensors.len() - 1);
        let (low, high) = (self.tensors[above - 1], self.tensors[above]);
        let inverse = |t: f64| 1.0 / t;
        let part = (inverse(low.temperature_k) - inverse(temperature_k))
            / (inverse(low.temperature_k) - inverse(high.temperature_k));
        let [coldest, hottest] = self.range_k();
        let outside = (coldest - temperature_k).max(temperature_k - hottest);
        let mut tensor = if part.abs() < 1e-12 {
            low.clone()
        } else {
            high.clone()
        };
        if part.abs() < 1e-12 || (part - 1.0).abs() < 1e-12 {
            return Ok(Interpolated {
                tensor,
                extrapolated_k: None,
            });
        }
        tensor = low.clone();
        tensor.temperature_k = temperature_k;
        let atoms =
            |of: &TransportTensor| of.species.iter().map(|one| one.count as f64).sum::<f64>();
        let each = |of: &TransportTensor| of.volume_ang3 / atoms(of);
        let hotter = (temperature_k - low.temperature_k) / (high.temperature_k - low.temperature_k);
        tensor.volume_ang3 = atoms(low) * (each(low) + hotter * (each(high) - each(low)));
        tensor.l = between(low, high, part)?;
        let a = tensor.frame.transformation(&tensor.species)?;
        tensor.l = congruent(&a, &tensor.l);
        let null = tensor.frame.null_vector(&tensor.species)?;
        let both = low.freedom.as_ref().zip(high.freedom.as_ref());
        tensor.freedom = both.map(|(low, high)| {
            let variance =
                (1.0 - part).powi(2) / low.mean_degrees() + part.powi(2) / high.mean_degrees();
            let factor = root_in_frame(&tensor.l, &null, 0.0);
            Freedom {
                degrees: vec![1.0 / variance; factor[0].len()],
                crossed: Vec::new(),
                factor,
                replicas: low.replicas.min(high.replicas),
                excess: None,
                own: match (low.own, high.own) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (one, other) => one.or(other),
                },
                drawn: None,
            }
        });
        tensor.own = match (&low.own, &high.own) {
            (Some(low), Some(high)) => Some(
                low.iter()
                    .zip(high)
                    .map(|(low, high)| between_own(low, high, part))
                    .collect(),
            ),
            _ => None,
        };
        tensor.window = None;
        tensor.curves = None;
        tensor.green_kubo = None;
        tensor.cube_edge_ang = None;
        tensor.checks = super::Checks::default();
        tensor.notes = vec![format!(
            "between {} K and {} K",
            low.temperature_k, high.temperature_k
        )];
        if outside > 0.0 {
            tensor.notes = vec![format!(
                "extrapolated by {outside} K beyond {coldest} K to {hottest} K, from {} K and {} K",
                low.temperature_k, high.temperature_k
            )];
        }
        let tolerance = low.convergence.as_ref().map_or(0.0, |one| one.tolerance);
        tensor.convergence = None;
        tensor.finish(tolerance, 0.0)?;
        tensor.convergence = None;
        Ok(Interpolated {
            tensor,
            extrapolated_k: (outside > 0.0).then_some(outside),
        })
    }
}

impl Arrhenius {
    /// The value at a temperature, and whether that lies outside of the points.
    pub fn at(&self, temperature_k: f64) -> (Estimate, bool) {
        let beta = 1.0 / (BOLTZMANN_EV_PER_K * temperature_k);
        let value = (self.ln_prefactor.value - self.activation_ev.value * beta).exp();
        let drawn = self.samples.iter().map(|[ln_a, e]| (ln_a - e * beta).exp());
        let all = || self.points.iter().map(|point| point.temperature_k);
        let inside = all().any(|t| t <= temperature_k) && all().any(|t| t >= temperature_k);
        (Estimate::of_samples(value, None, drawn), !inside)
    }
}

/// The value and its samples, which are none where the errors are not known.
fn values(
    tensor: &TransportTensor,
    quantity: Quantity,
    label: u64,
) -> Result<(f64, Vec<f64>), TransportError> {
    let in_range = |at: usize| {
        if at < tensor.species.len() {
            return Ok(at);
        }
        Err(TransportError::Malformed(format!(
            "there is no species number {at}"
        )))
    };
    match quantity {
        Quantity::Diagonal(at) => {
            let at = in_range(at)?;
            Ok((
                tensor.l[at][at],
                tensor.samples(label).iter().map(|l| l[at][at]).collect(),
            ))
        }
        Quantity::SelfPart(at) => {
            let at = in_range(at)?;
            let what = "self-diffusion";
            let own = tensor.own.as_ref().ok_or(TransportError::NoSelf { what })?[at].value;
            let per_own = tensor.kt_ev() * tensor.volume_ang3;
            let samples = tensor.own_samples(label);
            let scaled = samples
                .get(at)
                .map(|own| own.iter().map(|x| x * per_own).collect());
            Ok((own * per_own, scaled.unwrap_or_default()))
        }
        Quantity::Diffusion(at) => {
            let at = in_range(at)?;
            let what = "the diffusion coefficient";
            let diffusion = tensor
                .diffusion
                .as_ref()
                .ok_or(TransportError::NoSelf { what })?[at]
                .value;
            let own = tensor.own.as_ref().ok_or(TransportError::NoSelf { what })?[at].value;
            let samples = tensor.own_samples(label);
            let scaled = samples
                .get(at)
                .map(|own_samples| own_samples.iter().map(|x| x * diffusion / own).collect());
            Ok((diffusion, scaled.unwrap_or_default()))
        }
        Quantity::Conductivity => {
            let value = tensor.conductivity()?.value;
            let charges: Vec<f64> = tensor
                .species
                .iter()
                .filter_map(|one| one.charge_e)
                .collect();
            let all = tensor.samples(label);
            Ok((
                value,
                all.iter()
                    .map(|l| super::matrix::between(&charges, l, &charges))
                    .collect(),
            ))
        }
    }
}

fn spread(logarithms: &[f64]) -> Option<f64> {
    if logarithms.len() < SAMPLES / 2 {
        return None;
    }
    let count = logarithms.len() as f64;
    let mean = logarithms.iter().sum::<f64>() / count;
    Some((logarithms.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt())
}

fn weights(points: &[TemperaturePoint]) -> Vec<f64> {
    let all: Option<Vec<f64>> = points
        .iter()
        .map(|point| point.ln_error.map(|error| error.powi(-2)))
        .collect();
    all.unwrap_or_else(|| vec![1.0; points.len()])
}

/// What a fit gives for each sample of the points.
fn resampled<T>(y: &[f64], samples: &[Vec<f64>], fit: impl Fn(&[f64]) -> Option<T>) -> Vec<T> {
    let mut row = y.to_vec();
    (0..SAMPLES)
        .filter_map(|at| {
            for (value, samples) in row.iter_mut().zip(samples) {
                *value = *samples.get(at)?;
            }
            fit(&row)
        })
        .collect()
}

/// Parameters ln A, B and T₀ with the least χ².
fn best_vtf(
    temperatures: &[f64],
    y: &[f64],
    weights: &[f64],
    lowest: f64,
) -> Option<([f64; 3], f64)> {
    let fit = |t0: f64| {
        let rows: Vec<Vec<f64>> = temperatures
            .iter()
            .map(|t| vec![1.0, -1.0 / (t - t0)])
            .collect();
        let (c, _) = least_squares(&rows, y, weights)?;
        let residuals = rows.iter().zip(y).zip(weights);
        let chi = residuals
            .map(|((row, y), weight)| weight * (y - c[0] - c[1] * row[1]).powi(2))
            .sum::<f64>();
        Some(([c[0], c[1], t0], chi))
    };
    // The valley is flat: look everywhere first, then within a step of the best.
    const STEPS: usize = 24;
    let (mut from, mut to) = (0.0, 0.99 * lowest);
    let mut best = fit(from)?;
    for _ in 0..4 {
        let step = (to - from) / STEPS as f64;
        for at in 0..=STEPS {
            if let Some(one) = fit(from + step * at as f64)
                && one.1 < best.1
            {
                best = one;
            }
        }
        from = (best.0[2] - step).max(0.0);
        to = (best.0[2] + step).min(0.99 * lowest);
    }
    Some(best)
}

fn between(
    low: &TransportTensor,
    high: &TransportTensor,
    part: f64,
) -> Result<Matrix, TransportError> {
    let order = low.species.len();
    let mut correlations = zeros(order, order);
    let mut roots = vec![0.0; order];
    for (i, root) in roots.iter_mut().enumerate() {
        let [a, b] = [low.l[i][i], high.l[i][i]];
        // A species at rest in its own frame.
        if a == 0.0 && b == 0.0 {
            continue;
        }
        if a <= 0.0 || b <= 0.0 {
            let temperature_k = if a <= 0.0 {
                low.temperature_k
            } else {
                high.temperature_k
            };
            return Err(TransportError::NotPositive { temperature_k });
        }
        *root = (0.5 * ((1.0 - part) * a.ln() + part * b.ln())).exp();
    }
    let correlation =
        |of: &TransportTensor, i: usize, j: usize| of.l[i][j] / (of.l[i][i] * of.l[j][j]).sqrt();
    for i in 0..order {
        for j in 0..order {
            if roots[i] > 0.0 && roots[j] > 0.0 {
                correlations[i][j] =
                    (1.0 - part) * correlation(low, i, j) + part * correlation(high, i, j);
            }
        }
    }
    if !(0.0..=1.0).contains(&part) {
        let (values, vectors) = eigen(&correlations);
        let raised: Vec<f64> = values.iter().map(|value| value.max(0.0)).collect();
        correlations = composed(&raised, &vectors);
        let sizes: Vec<f64> = (0..order).map(|at| correlations[at][at].sqrt()).collect();
        for i in 0..order {
            for j in 0..order {
                let size = sizes[i] * sizes[j];
                correlations[i][j] = if size > 0.0 {
                    correlations[i][j] / size
                } else {
                    0.0
                };
            }
        }
    }
    for i in 0..order {
        for j in 0..order {
            correlations[i][j] *= roots[i] * roots[j];
        }
    }
    Ok(correlations)
}

fn between_own(low: &Estimate, high: &Estimate, part: f64) -> Estimate {
    if low.value <= 0.0 || high.value <= 0.0 {
        return Estimate::exact(low.value + part * (high.value - low.value));
    }
    let value = ((1.0 - part) * low.value.ln() + part * high.value.ln()).exp();
    let relative = low
        .error
        .zip(high.error)
        .map(|(a, b)| ((1.0 - part) * a / low.value).hypot(part * b / high.value));
    Estimate {
        value,
        error: relative.map(|relative| relative * value),
        ..Estimate::default()
    }
}

/// F with `F Fᵀ = L`, of as many columns as the frame leaves; eigenvalues are raised to the least.
pub(super) fn root_in_frame(l: &Matrix, null: &[f64], least: f64) -> Matrix {
    let basis = orthogonal_to(null);
    let (values, vectors) = eigen(&congruent(&basis, l));
    let mut columns = transposed(&vectors);
    for row in &mut columns {
        row.iter_mut()
            .zip(&values)
            .for_each(|(x, value)| *x *= value.max(least).sqrt());
    }
    product(&transposed(&basis), &columns)
}
