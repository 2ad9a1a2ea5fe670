//! The slope of the collective displacements, and how sure it is.

use std::collections::BTreeSet;

use super::Estimate;
use super::TransportError;
use super::bootstrap::{self, Relative, Replica};
use super::einstein::PairCurves;
use super::matrix::{
    Matrix, between, cholesky, composed, congruent, eigen, inverse, orthogonal_to, product, trace,
    transposed, zeros,
};
use super::own::LagCurve;
use super::regression::Regression;
use super::tensor::Freedom;
use super::window::{self, Choice, Guide, Span};

/// Curves of one run.
pub struct RunCurves {
    pub frames: usize,
    pub collective: PairCurves,
    /// By species; empty where atoms were not followed.
    pub own: Vec<LagCurve>,
}

/// How the slope is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fit {
    /// Generalised least squares with the covariance of the lags.
    #[default]
    Generalised,
    /// Ordinary least squares over all lags of the window.
    Unweighted,
}

/// A window.
pub struct Selection {
    pub span: Span,
    /// Whether the rule chose it.
    pub by_rule: bool,
    /// Whether the rule saw that a collective mode remembers longer than the atoms.
    pub slow_mode: bool,
    /// In words.
    pub reason: String,
}

/// What a window and the runs give.
pub struct Estimation {
    pub span: Span,
    /// Of the displacements of atoms of each run: they are known so well that a window that the rule chose begins at twice
    /// the lag for them.
    pub own_regressions: Vec<Regression>,
    /// Degrees of freedom of the displacements of one atom in all runs.
    pub own_degrees: f64,
    /// Parts of the runs in the mean.
    pub parts: Vec<f64>,
    /// Slope of `⟨ΔS_i·ΔS_j⟩`, Å² a frame.
    pub slope: Matrix,
    /// Those of each run against it.
    pub replicas: Vec<Relative>,
    /// Modes that do not diffuse beyond their noise.
    pub bounded: usize,
    pub freedom: Freedom,
    pub later_slope: Option<Estimate>,
}

/// Several runs of the same system.
pub struct Runs<'a> {
    pub curves: &'a [RunCurves],
    /// Atoms of each species.
    pub counts: Vec<usize>,
    /// Null vector of the frame.
    pub null: &'a [f64],
    /// Orthonormal, orthogonal to it.
    pub basis: Matrix,
    pub interval_fs: f64,
}

/// By which factor (its logarithm) the slope of a collective mode past its memory is expected to differ from that of the
/// atoms: as far as its error is larger, the slope that scales the memory is taken from the atoms.
const DIFFERENT: f64 = 0.25;
/// The same where a mode clearly remembers longer than the atoms.
const APART: f64 = 0.5;
/// Degrees of freedom of which something can be said.
const FEWEST: f64 = 2.0;
/// By which factor, and how often, the slope of a mode that has fewer is raised.
const RAISE: f64 = 1.25;
const RAISES: i32 = 100;

impl<'a> Runs<'a> {
    pub fn new(
        curves: &'a [RunCurves],
        counts: Vec<usize>,
        null: &'a [f64],
        interval_fs: f64,
    ) -> Self {
        Runs {
            curves,
            counts,
            null,
            basis: orthogonal_to(null),
            interval_fs,
        }
    }

    pub fn frames(&self) -> usize {
        self.curves.iter().map(|run| run.frames).sum()
    }

    pub fn shortest(&self) -> usize {
        self.curves.iter().map(|run| run.frames).min().unwrap_or(0)
    }

    /// Independent collective displacements.
    pub fn dimensions(&self) -> usize {
        self.null.len() - 1
    }

    pub fn length_fs(&self) -> f64 {
        let steps: usize = self.curves.iter().map(|run| run.frames - 1).sum();
        steps as f64 * self.interval_fs
    }

    /// Of so many frames, without the last digits of the interval: for people.
    pub fn time_fs(&self, frames: usize) -> f64 {
        (frames as f64 * self.interval_fs * 1e6).round() / 1e6
    }

    /// Species whose atoms were followed.
    pub fn followed(&self) -> usize {
        let all = self.curves.iter().all(|run| !run.own.is_empty());
        if all { self.null.len() } else { 0 }
    }

    fn too_short(&self, needed_frames: usize) -> TransportError {
        TransportError::TooShort {
            frames: self.shortest(),
            length_fs: self.time_fs(self.shortest().saturating_sub(1)),
            needed_frames,
            needed_fs: self.time_fs(needed_frames.saturating_sub(1)),
        }
    }

    /// Those by which the window is chosen.
    fn lags(&self) -> Vec<usize> {
        let shortest = self.shortest();
        let lags: BTreeSet<usize> = window::candidates()
            .take_while(|lag| *lag <= shortest / 2)
            .flat_map(|lag| [lag, 2 * lag, 3 * lag])
            .filter(|lag| *lag < shortest)
            .collect();
        lags.into_iter().collect()
    }

    /// Mean over runs, by their lengths.
    pub fn pooled(&self, lag: usize) -> Matrix {
        let order = self.null.len();
        let mut sum = zeros(order, order);
        let origins: usize = self.curves.iter().map(|run| run.frames - lag).sum();
        for run in self.curves {
            let part = (run.frames - lag) as f64 / origins as f64;
            add(&mut sum, &run.collective.at(lag), part);
        }
        sum
    }

    /// Mean over runs of the displacements of the atoms of a species.
    pub fn own(&self, species: usize) -> LagCurve {
        let mut mean = LagCurve::default();
        let total = self.frames() as f64;
        let shortest = self
            .curves
            .iter()
            .map(|run| &run.own[species])
            .min_by_key(|own| own.last());
        if let Some(shortest) = shortest {
            mean.lags.clone_from(&shortest.lags);
            mean.values = mean
                .lags
                .iter()
                .map(|lag| {
                    let each = self.curves.iter();
                    each.map(|run| run.frames as f64 / total * run.own[species].at(*lag))
                        .sum()
                })
                .collect();
        }
        mean
    }

    /// `tr[M⁻¹ X(lag)] / p` in the space that the frame leaves.
    fn whitened(&self, metric: &Matrix, lag: usize) -> f64 {
        let inside = congruent(&self.basis, &self.pooled(lag));
        let product = product(metric, &inside);
        trace(&product) / product.len() as f64
    }

    /// Inverse in the space that the frame leaves.
    fn metric(&self, of: &Matrix) -> Option<Matrix> {
        inverse(&congruent(&self.basis, of))
    }

    /// By the rule.
    pub fn choose(&self) -> Result<Selection, TransportError> {
        let shortest = self.shortest();
        let middle = (shortest / 20).max(1);
        if shortest < 6 {
            return Err(self.too_short(100));
        }
        let mut collective = LagCurve::default();
        if let Some(metric) = self.metric(&self.pooled(middle)) {
            collective.lags = self.lags();
            collective.values = collective
                .lags
                .iter()
                .map(|lag| self.whitened(&metric, *lag))
                .collect();
        }
        let own: Vec<LagCurve> = (0..self.followed())
            .map(|species| self.own(species))
            .collect();
        let each = own.iter().zip(&self.counts);
        let guides: Vec<Guide<'_>> = each
            .map(|(curve, count)| Guide {
                curve,
                particles: *count as f64,
                size: 0.0,
            })
            .collect();
        let collective = (!collective.lags.is_empty()).then_some(Guide {
            curve: &collective,
            particles: self.dimensions() as f64,
            size: 0.0,
        });
        let choose = |modes: &[Guide<'_>]| {
            window::choose(&guides, collective.as_ref(), modes, shortest, self.frames())
        };
        let mut choice = choose(&[]);
        if let Choice::Found { span, .. } = choice
            && !own.is_empty()
        {
            let curves = self.mode_curves(span.from, middle);
            let each = curves.iter();
            let modes: Vec<Guide<'_>> = each
                .map(|curve| Guide {
                    curve,
                    particles: 1.0,
                    size: 1.0 / middle as f64,
                })
                .collect();
            choice = choose(&modes);
        }
        match choice {
            Choice::Found {
                span,
                bias,
                error,
                slow_mode,
            } => {
                let what = if own.is_empty() || slow_mode {
                    "collective displacements"
                } else {
                    "squared displacements of atoms"
                };
                Ok(Selection {
                    span,
                    by_rule: true,
                    slow_mode,
                    reason: format!(
                        "from {} fs on memory changes the slope of the {what} by {:.2} % at most; the error of the \
                         collective slope there is {:.0} %",
                        self.time_fs(span.from),
                        100.0 * bias,
                        100.0 * error
                    ),
                })
            }
            Choice::Changing => Err(TransportError::NotDiffusive {
                length_fs: self.time_fs(shortest - 1),
            }),
            Choice::TooShort { needed } => Err(self.too_short(needed)),
        }
    }

    pub fn estimate(&self, selection: &Selection, fit: Fit) -> Result<Estimation, TransportError> {
        let span = selection.span;
        let own_memory = self.own_memory(span);
        let regressions = |from: usize| -> Result<Vec<Regression>, TransportError> {
            let regression = |run: &RunCurves| match fit {
                Fit::Generalised => Regression::generalised(run.frames, from, span.to, &own_memory),
                Fit::Unweighted => Regression::unweighted(from, span.to),
            };
            let all: Option<Vec<Regression>> = self.curves.iter().map(regression).collect();
            all.ok_or_else(|| self.window_error(span))
        };
        let later = selection.by_rule && 3 * span.from <= span.to;
        let own_regressions = regressions(if later { 2 * span.from } else { span.from })?;
        let regressions = regressions(span.from)?;
        let slope_of = |(run, regression): (&RunCurves, &Regression)| {
            run.collective.combined(&regression.parts(1.0))
        };
        let slopes: Vec<Matrix> = self.curves.iter().zip(&regressions).map(slope_of).collect();
        // As many degrees of freedom as memory like that of the atoms leaves, which are in proportion to the lengths.
        let each = self.curves.iter().zip(&regressions);
        let expected: Vec<f64> = each
            .map(|(run, regression)| regression.degrees(run.frames, &own_memory))
            .collect();
        let all: f64 = expected.iter().sum();
        let parts: Vec<f64> = expected.iter().map(|one| one / all).collect();
        let order = self.null.len();
        let mut slope = zeros(order, order);
        for (own, part) in slopes.iter().zip(&parts) {
            add(&mut slope, own, *part);
        }
        let modes = self.modes(span.from.div_ceil(2), span.from)?;
        let mut inside = congruent(&modes, &slope);
        let scale = 1.0 / own_memory(span.from);
        // As a mean of both by their inverse variances.
        let variance = 2.0 / all;
        let different = if selection.slow_mode {
            APART
        } else {
            DIFFERENT
        };
        let trust = different * different / (different * different + variance);
        let memories: Vec<Vec<f64>> = modes
            .iter()
            .map(|vector| {
                let seen = |lag: usize| match lag {
                    0 => 0.0,
                    _ => between(vector, &self.pooled(lag), vector),
                };
                (0..=span.from).map(seen).collect()
            })
            .collect();
        let mut slopes_of_modes: Vec<f64> = (0..modes.len())
            .map(|mode| {
                let relative = (inside[mode][mode] / scale).max(variance);
                scale * relative.powf(trust)
            })
            .collect();
        let degrees_between = |m: usize, n: usize, slopes: [f64; 2]| -> f64 {
            let one = |lag: usize| continued(&memories[m], slopes[0], lag);
            let other = |lag: usize| continued(&memories[n], slopes[1], lag);
            let each = self.curves.iter().zip(&regressions);
            each.map(|(run, regression)| regression.degrees_between(run.frames, [&one, &other]))
                .sum()
        };
        let degrees_of = |mode: usize, slope: f64| degrees_between(mode, mode, [slope; 2]);
        let mut degrees: Vec<f64> = (0..modes.len())
            .map(|mode| degrees_of(mode, slopes_of_modes[mode]))
            .collect();
        let least = degrees.iter().copied().fold(f64::INFINITY, f64::min);
        let refused = || {
            let times = 2.0 * FEWEST / least.max(0.1);
            self.too_short((self.shortest() as f64 * times).ceil() as usize)
        };
        if !degrees.iter().any(|degrees| *degrees >= FEWEST) {
            return Err(refused());
        }
        // Atoms that rattle about where they stand have a slope of noise: it is at most what could be told from that, and
        // with what diffuses they share nothing that would grow.
        let bounded: Vec<usize> = (0..modes.len())
            .filter(|mode| degrees[*mode].is_nan() || degrees[*mode] < FEWEST)
            .collect();
        for &mode in &bounded {
            let raised = (1..=RAISES).map(|times| slopes_of_modes[mode] * RAISE.powi(times));
            let told = raised
                .map(|slope| (slope, degrees_of(mode, slope)))
                .find(|(_, degrees)| *degrees >= FEWEST);
            (slopes_of_modes[mode], degrees[mode]) = told.ok_or_else(refused)?;
            inside[mode].fill(0.0);
            inside.iter_mut().for_each(|row| row[mode] = 0.0);
            inside[mode][mode] = slopes_of_modes[mode];
        }
        // They come first: the distribution of those behind does not depend on how little is known of them.
        let mut order: Vec<usize> = (0..modes.len()).collect();
        order.sort_by_key(|mode| !bounded.contains(mode));
        let modes: Matrix = order.iter().map(|mode| modes[*mode].clone()).collect();
        let inside: Matrix = order
            .iter()
            .map(|m| order.iter().map(|n| inside[*m][*n]).collect())
            .collect();
        let degrees: Vec<f64> = order.iter().map(|mode| degrees[*mode]).collect();
        let root = raised_root(&inside, variance * scale);
        let back = inverse(&product(&modes, &transposed(&modes)))
            .map(|inverse| product(&product(&transposed(&modes), &inverse), &root));
        let factor =
            back.ok_or_else(|| TransportError::Singular("modes depend on each other".into()))?;
        let later_slope = self.later_slope(span, &modes, &inside);
        // Noise of the memory of a mode may break the inequality.
        let pairs = PairCurves::pairs(modes.len()).filter(|(m, n)| m < n);
        let crossed = pairs.map(|(m, n)| {
            let least = (degrees[m] * degrees[n]).sqrt();
            let [one, other] = [order[m], order[n]];
            let slopes = [slopes_of_modes[one], slopes_of_modes[other]];
            let crossed = degrees_between(one, other, slopes);
            if crossed > least { crossed } else { least }
        });
        let mut freedom = Freedom {
            crossed: crossed.collect(),
            factor,
            degrees,
            replicas: self.curves.len(),
            excess: None,
            own: None,
            drawn: None,
        };
        let each = slopes.into_iter().zip(&parts);
        let replicas: Vec<Replica> = each.map(|(l, &part)| Replica { part, l }).collect();
        let replicas = bootstrap::relative(&replicas, &freedom.factor)?;
        freedom.excess = bootstrap::excess(&replicas, &freedom);
        Ok(Estimation {
            span,
            freedom,
            own_degrees: {
                let each = self.curves.iter().zip(&own_regressions);
                each.map(|(run, regression)| regression.degrees(run.frames, &own_memory))
                    .sum()
            },
            own_regressions,
            parts,
            slope,
            replicas,
            bounded: bounded.len(),
            later_slope,
        })
    }

    /// Curves of the modes that are independent of each other at a lag where the atoms show no memory any more, and at a
    /// longer one: what a mode remembers longer than they do tells them apart, where in the mean over modes one that runs on
    /// and one that turns back would cancel.
    fn mode_curves(&self, early: usize, late: usize) -> Vec<LagCurve> {
        let early = early.min(late.div_ceil(2));
        let lags = self.lags();
        let pooled: Vec<Matrix> = lags.iter().map(|lag| self.pooled(*lag)).collect();
        let each = self.modes(early, late).unwrap_or_default();
        each.iter()
            .map(|vector| LagCurve {
                lags: lags.clone(),
                values: pooled.iter().map(|x| between(vector, x, vector)).collect(),
            })
            .collect()
    }

    /// Vectors m with `m X mᵀ = 1` at a lag, independent of each other there and at an earlier one: collective modes, each
    /// with a memory of its own.
    fn modes(&self, early: usize, late: usize) -> Result<Matrix, TransportError> {
        let singular = || {
            TransportError::Singular(
                "the collective displacements of some species depend on those of others".into(),
            )
        };
        let root = cholesky(&congruent(&self.basis, &self.pooled(late))).ok_or_else(singular)?;
        let white = inverse(&root).ok_or_else(singular)?;
        let early = congruent(&white, &congruent(&self.basis, &self.pooled(early)));
        let (_, vectors) = eigen(&early);
        Ok(product(&product(&vectors, &white), &self.basis))
    }

    /// Mean squared displacement of the atoms over lags in units of its slope past the beginning of the window.
    fn own_memory(&self, span: Span) -> impl Fn(usize) -> f64 {
        let own: Vec<LagCurve> = (0..self.followed()).map(|at| self.own(at)).collect();
        let each = || own.iter().zip(&self.counts);
        let sum = |lag: usize| {
            each()
                .map(|(own, atoms)| own.at(lag) * *atoms as f64)
                .sum::<f64>()
        };
        let from = span.from;
        let late = (3 * from).min(self.shortest() - 1).max(from + 1);
        let slope = (sum(late) - sum(from)) / (late - from) as f64;
        let diffusive = slope > 0.0;
        let seen: Vec<f64> = (0..=from)
            .map(|lag| {
                if diffusive {
                    sum(lag) / slope
                } else {
                    lag as f64
                }
            })
            .collect();
        move |lag: usize| continued(&seen, 1.0, lag)
    }

    fn window_error(&self, span: Span) -> TransportError {
        TransportError::Window {
            from_fs: self.time_fs(span.from),
            to_fs: self.time_fs(span.to),
            length_fs: self.time_fs(self.shortest() - 1),
            interval_fs: self.interval_fs,
        }
    }

    /// The slope from two to three times the beginning of the window over that within, mean over the modes.
    fn later_slope(&self, span: Span, modes: &Matrix, slope: &Matrix) -> Option<Estimate> {
        let (two, three) = (2 * span.from, 3 * span.from);
        if three >= self.shortest() {
            return None;
        }
        let at = |lag: usize| trace(&congruent(modes, &self.pooled(lag)));
        let later = (at(three) - at(two)) / span.from as f64;
        let particles = (self.frames() * self.dimensions()) as f64;
        let error = (4.0 / 3.0 * span.from as f64 / particles).sqrt();
        Some(Estimate {
            value: later / trace(slope),
            error: Some(error),
            ..Estimate::default()
        })
    }
}

pub fn add(sum: &mut Matrix, other: &Matrix, factor: f64) {
    for (sum, other) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
        *sum += factor * other;
    }
}

/// As it was seen in units of a slope, and from its last lag on along a line of slope 1.
fn continued(seen: &[f64], slope: f64, lag: usize) -> f64 {
    let last = seen.len() - 1;
    match seen.get(lag) {
        Some(seen) => seen / slope,
        None => seen[last] / slope + (lag - last) as f64,
    }
}

/// Lower triangular root of a matrix whose eigenvalues are raised to the least, for noise may have made them negative.
/// The least is the relative variance of a slope of the size that is expected: of a smaller one, nothing else is known.
fn raised_root(a: &Matrix, least: f64) -> Matrix {
    let (values, vectors) = eigen(a);
    let raised: Vec<f64> = values.iter().map(|value| value.max(least)).collect();
    let raised = composed(&raised, &vectors);
    cholesky(&raised).unwrap_or(raised)
}
