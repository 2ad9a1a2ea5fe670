//! From runs to the tensor.

use std::sync::Arc;

use super::bootstrap;
use super::einstein::{self, PairCurves};
use super::estimation::{Estimation, Fit, RunCurves, Runs, Selection};
use super::matrix::{Matrix, scaled, trace};
use super::motion::{Collective, CollectiveSeries, Motion};
use super::own::LagCurve;
use super::tensor::{
    Checks, CollectiveCurve, Component, Freedom, TransportCurves, TransportTensor, Window,
};
use super::window::Span;
use super::{Estimate, ReferenceFrame, TransportError, green_kubo};
use crate::base::Element;
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::analysis::Run;
use crate::physics::host::Host;
use crate::physics::io::trajectory::{Snapshot, Unwrapper};

/// What errors are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Errors {
    /// How long runs are beside what motion remembers; where replicas scatter more than that, their scatter.
    #[default]
    Lengths,
    /// Replicas alone, drawn again with replacement.
    Replicas,
}

impl Errors {
    /// An error where there are too few runs for them.
    pub fn allow(self, runs: usize) -> Result<(), TransportError> {
        if self == Errors::Replicas && runs < bootstrap::FEWEST {
            return Err(TransportError::TooFewReplicas {
                given: runs,
                needed: bootstrap::FEWEST,
            });
        }
        Ok(())
    }
}

/// What is asked of runs.
#[derive(Debug, Clone, PartialEq)]
pub struct TransportAnalysis {
    pub temperature_k: f64,
    pub frame: ReferenceFrame,
    /// Of an atom, by name of the species, in e; those of species that there are none of do not matter.
    pub charges_e: Vec<(String, f64)>,
    /// Of an atom, by name of the species, where it is not that of the natural element.
    pub masses_u: Vec<(String, f64)>,
    /// A label for each atom, where species are not the elements.
    pub labels: Option<Vec<String>>,
    /// Lags from and to, fs, where the rule is not to choose them.
    pub window_fs: Option<(f64, f64)>,
    /// Lags over which the running integral of fluxes is averaged, where they are not those of the window's beginning.
    pub plateau_fs: Option<(f64, f64)>,
    pub fit: Fit,
    /// Whether L is that of velocities (Green and Kubo), in place of that of displacements.
    pub by_velocities: bool,
    pub errors: Errors,
    /// Relative standard error at which the tensor counts as converged.
    pub tolerance: f64,
    /// Whether the thermostat is known to conserve momentum; if not, the centre of mass is asked.
    pub momentum_conserved: bool,
    /// Keeps displacements of atoms in bounded memory even where a run is short.
    pub streamed: bool,
    /// Whether eigenvalues below 0 are set to 0.
    pub project: bool,
}

impl TransportAnalysis {
    /// In the barycentric frame, with nothing but the temperature given.
    pub fn new(temperature_k: f64) -> Self {
        TransportAnalysis {
            temperature_k,
            frame: ReferenceFrame::Barycentric,
            charges_e: Vec::new(),
            masses_u: Vec::new(),
            labels: None,
            window_fs: None,
            plateau_fs: None,
            fit: Fit::Generalised,
            by_velocities: false,
            errors: Errors::Lengths,
            tolerance: 0.2,
            momentum_conserved: false,
            streamed: false,
            project: false,
        }
    }

    /// Reads each run once. Several runs are replicas: of the same atoms, with frames as far apart.
    pub fn of(&self, runs: &[Run<'_>], host: &dyn Host) -> Result<TransportTensor, TransportError> {
        self.check()?;
        let total = runs.iter().map(|run| run.frames as u64).sum();
        let (mut done, mut system) = (0, None);
        let mut motions = Vec::new();
        for (number, run) in (1..).zip(runs) {
            if let Some(why) = &run.unfollowed {
                let why = why.clone();
                return Err(TransportError::NotFollowed { run: number, why });
            }
            let of_run = |error| TransportError::Frames { run: number, error };
            let mut frames = (run.open)().map_err(of_run)?;
            let mut frame = Snapshot::default();
            let mut unwrapper = Unwrapper::default();
            let mut motion = None;
            while frames.read(&mut frame).map_err(of_run)? {
                if host.cancelled() {
                    return Err(TransportError::Cancelled);
                }
                unwrapper.unwrap(&mut frame).map_err(of_run)?;
                if system.is_none() {
                    system = Some(System::new(self, &frame.elements)?);
                }
                let Some(system) = &system else { break };
                if system.elements != frame.elements {
                    return Err(TransportError::OtherAtoms { run: number });
                }
                motion
                    .get_or_insert_with(|| {
                        Motion::new(
                            number,
                            &system.of,
                            &system.species,
                            &system.weights,
                            run.frames,
                            self.streamed,
                        )
                    })
                    .add(&frame)?;
                done += 1;
                host.progress(done.min(total), total);
            }
            motions.push(motion.ok_or(TransportError::NoFrames)?);
        }
        let system = system.ok_or(TransportError::NoFrames)?;
        self.of_motions(&system, &mut motions)
    }

    /// From sums over the atoms of each species alone, of several runs: there are no self terms, and the window is chosen by
    /// the collective displacements, which show memory less clearly. Charges and masses are those of the species.
    pub fn of_sums(
        &self,
        series: &[CollectiveSeries],
        species: &[Component],
    ) -> Result<TransportTensor, TransportError> {
        self.check()?;
        if series.is_empty() {
            return Err(TransportError::NoFrames);
        }
        for (run, one) in (1..).zip(series) {
            let mut all = one.positions_ang.iter();
            let whole = all.all(|own| own.len() == one.times_fs.len());
            if one.positions_ang.len() != species.len() || !whole {
                return Err(TransportError::Malformed(format!(
                    "run {run} has not a sum of each species for each time"
                )));
            }
        }
        let system = System {
            elements: Arc::new([]),
            of: Vec::new(),
            species: species.to_vec(),
            weights: self.frame.weights(species)?,
        };
        let motion = |(run, one)| Motion::of_sums(run, species, &system.weights, one);
        let mut motions: Vec<Motion> = (1..).zip(series).map(motion).collect();
        self.of_motions(&system, &mut motions)
    }

    fn check(&self) -> Result<(), TransportError> {
        if !(self.temperature_k > 0.0 && self.temperature_k.is_finite()) {
            return Err(TransportError::Temperature(self.temperature_k));
        }
        if self.frame == ReferenceFrame::Laboratory {
            return Err(TransportError::NoReference);
        }
        Ok(())
    }

    pub(super) fn of_motions(
        &self,
        system: &System,
        motions: &mut [Motion],
    ) -> Result<TransportTensor, TransportError> {
        self.errors.allow(motions.len())?;
        let transformation = self.frame.transformation(&system.species)?;
        let null = self.frame.null_vector(&system.species)?;
        let mut curves = Vec::new();
        let mut interval_fs = 0.0;
        for (number, motion) in (1..).zip(motions.iter_mut()) {
            let (interval, frames) = motion.even()?;
            if number == 1 {
                interval_fs = interval;
            } else if (interval - interval_fs).abs() > 1e-6 * interval_fs {
                return Err(TransportError::OtherInterval {
                    run: number,
                    interval_fs: interval,
                    first_fs: interval_fs,
                });
            }
            // Against atoms that are held, momentum is not what matters.
            let against_held =
                matches!(self.frame, ReferenceFrame::Species { .. }) && motion.holds_atoms();
            if !self.momentum_conserved && !against_held {
                motion.conserves_momentum(&system.species, self.temperature_k)?;
            }
            let series = einstein::in_frame(&motion.displacements, &transformation, frames);
            curves.push(RunCurves {
                frames,
                collective: einstein::displacements(&series),
                own: motion.own.curves(frames),
            });
        }
        let counts = system.species.iter().map(|one| one.count).collect();
        let runs = Runs::new(&curves, counts, &null, interval_fs);
        let selection = self.select(&runs)?;
        let span = selection.span;
        let mut estimation = runs.estimate(&selection, self.fit)?;
        let volume_ang3 =
            motions.iter().map(Motion::mean_volume_ang3).sum::<f64>() / motions.len() as f64;
        let kt_volume = BOLTZMANN_EV_PER_K * self.temperature_k * volume_ang3;
        let per_slope = 1.0 / (6.0 * kt_volume * interval_fs);
        let own = own_slopes(&runs, motions, &mut estimation);
        let by_replicas = self.errors == Errors::Replicas;
        let mut tensor = TransportTensor {
            species: system.species.clone(),
            temperature_k: self.temperature_k,
            volume_ang3,
            uncounted: false,
            frame: self.frame.clone(),
            l: scaled(&estimation.slope, per_slope),
            estimates: Vec::new(),
            covariance: None,
            freedom: Some(Freedom {
                factor: scaled(&estimation.freedom.factor, per_slope.sqrt()),
                drawn: by_replicas.then(|| estimation.replicas.clone()),
                ..estimation.freedom.clone()
            }),
            own: (runs.followed() > 0)
                .then(|| own.iter().map(|one| one.times(per_slope)).collect()),
            distinct: None,
            diffusion: None,
            window: Some(Window {
                from_fs: span.from as f64 * interval_fs,
                to_fs: span.to as f64 * interval_fs,
                chosen: selection.by_rule,
                reason: selection.reason,
            }),
            curves: Some(plotted(&runs)),
            green_kubo: None,
            checks: Checks::default(),
            convergence: None,
            projected: false,
            cube_edge_ang: motions[0].cube_edge_ang(),
            source: None,
            notes: Vec::new(),
        };
        if motions.iter().all(|motion| !motion.fluxes.is_empty()) {
            let fluxes: Vec<Collective> = motions
                .iter()
                .zip(&curves)
                .map(|(motion, run)| {
                    einstein::in_frame(&motion.fluxes, &transformation, run.frames)
                })
                .collect();
            let from_fs = span.from as f64 * interval_fs;
            let plateau = self.plateau_fs.unwrap_or((from_fs, 1.5 * from_fs));
            match green_kubo::integrate(&fluxes, interval_fs, plateau, kt_volume) {
                Ok(found) => {
                    tensor.checks.green_kubo_ratio = Some(trace(&found.l) / trace(&tensor.l));
                    tensor.green_kubo = Some(found);
                }
                Err(error) if self.by_velocities => return Err(error),
                Err(error) => tensor
                    .notes
                    .push(format!("velocities were not integrated: {error}")),
            }
        }
        if self.by_velocities {
            tensor.take_green_kubo(by_replicas)?;
        }
        tensor.checks.drift_ang = motions.iter().map(Motion::drift_ang).collect();
        tensor.checks.later_slope = estimation.later_slope;
        tensor.checks.exponent = exponents(&runs, span);
        if self.project {
            tensor.project()?;
        }
        tensor.finish(self.tolerance, runs.length_fs())?;
        self.remark(&mut tensor, &runs, span, estimation.bounded);
        Ok(tensor)
    }

    /// What a reader should know beside the numbers.
    fn remark(&self, tensor: &mut TransportTensor, runs: &Runs<'_>, span: Span, bounded: usize) {
        let mut notes = Vec::new();
        if !self.momentum_conserved {
            notes.push("the thermostat is not known; the centre of mass moves uniformly".into());
        }
        let excess = tensor.freedom.as_ref().and_then(|freedom| freedom.excess);
        if let Some([excess, _]) = excess
            && self.errors == Errors::Lengths
        {
            notes.push(format!(
                "replicas scatter {:.1} times as far as their length allows; errors are those of their scatter",
                excess.sqrt()
            ));
        }
        if let Some(Estimate {
            value,
            error: Some(error),
            ..
        }) = tensor.checks.later_slope
            && (value - 1.0).abs() > 3.0 * error
            && !self.by_velocities
        {
            notes.push(format!(
                "past the window the collective slope is {value:.2} ± {error:.2} of that within it: the window may begin \
                 too early"
            ));
        }
        if bounded > 0 && !self.by_velocities {
            notes.push(format!(
                "{bounded} of {} collective modes do not diffuse beyond their noise: of their part in L the upper ends of \
                 intervals alone say something",
                runs.dimensions()
            ));
        }
        // In a glass atoms have to leave their cages before anything is diffusion.
        let atoms: usize = runs.counts.iter().sum();
        let neighbour2 = (tensor.volume_ang3 / atoms as f64).powf(2.0 / 3.0);
        for (at, one) in tensor.species.iter().enumerate().take(runs.followed()) {
            let moved2 = runs.own(at).at(span.to);
            if moved2 < CAGE * neighbour2 {
                notes.push(format!(
                    "within {} fs {} has moved by {:.2} Å only, the distance between neighbours being {:.1} Å: it may rattle \
                     rather than diffuse",
                    runs.time_fs(span.to),
                    one.name,
                    moved2.sqrt(),
                    neighbour2.sqrt()
                ));
            }
        }
        if tensor
            .green_kubo
            .as_ref()
            .is_some_and(|one| one.first_correlation < green_kubo::RESOLVED)
        {
            notes.push(
                "velocities are too far apart in time for the integral of Green and Kubo".into(),
            );
        }
        if let Ok(charge) = tensor.net_charge_e()
            && charge.abs() > 1e-6
        {
            notes.push(format!(
                "the cell has a charge of {charge} e: its conductivity depends on the frame, which is {}",
                tensor.frame
            ));
        }
        if !tensor.checks.positive_semidefinite {
            notes.push("an eigenvalue is below 0 within its error".into());
        }
        tensor.notes.extend(notes);
    }

    fn select(&self, runs: &Runs<'_>) -> Result<Selection, TransportError> {
        let Some((from_fs, to_fs)) = self.window_fs else {
            return runs.choose();
        };
        let [from, to] = [from_fs, to_fs].map(|time| (time / runs.interval_fs).round());
        let longest = runs.shortest() / 2;
        if !(from >= 1.0 && to >= from + 1.0 && to <= longest as f64) {
            return Err(TransportError::Window {
                from_fs,
                to_fs,
                length_fs: runs.time_fs(runs.shortest() - 1),
                interval_fs: runs.interval_fs,
            });
        }
        Ok(Selection {
            span: Span {
                from: from as usize,
                to: to as usize,
            },
            by_rule: false,
            slow_mode: false,
            reason: "given".into(),
        })
    }
}

/// Atoms that have moved less than this part (squared) of the distance between neighbours may be in cages.
const CAGE: f64 = 0.1;

/// The species of the atoms.
pub(super) struct System {
    elements: Arc<[Element]>,
    pub of: Vec<usize>,
    pub species: Vec<Component>,
    pub weights: Vec<f64>,
}

impl System {
    pub fn new(
        analysis: &TransportAnalysis,
        elements: &Arc<[Element]>,
    ) -> Result<Self, TransportError> {
        let labels = analysis.labels.as_deref();
        if let Some(labels) = labels
            && labels.len() != elements.len()
        {
            return Err(TransportError::Labels {
                labels: labels.len(),
                atoms: elements.len(),
            });
        }
        let mut species: Vec<Component> = Vec::new();
        let mut of = Vec::with_capacity(elements.len());
        for (atom, &element) in elements.iter().enumerate() {
            let name = labels.map_or_else(|| element.symbol(), |labels| &labels[atom]);
            let at = species
                .iter()
                .position(|one| one.name == name)
                .unwrap_or_else(|| {
                    species.push(Component {
                        name: name.into(),
                        element,
                        count: 0,
                        mass_u: element.mass_u(),
                        charge_e: None,
                    });
                    species.len() - 1
                });
            if species[at].element != element {
                return Err(TransportError::MixedLabel {
                    label: name.into(),
                    first: species[at].element,
                    second: element,
                });
            }
            species[at].count += 1;
            of.push(at);
        }
        for (name, charge) in &analysis.charges_e {
            for one in species.iter_mut().filter(|one| one.name == *name) {
                one.charge_e = Some(*charge);
            }
        }
        for (name, mass_u) in &analysis.masses_u {
            let at = super::frame::find(&species, name)?;
            species[at].mass_u = *mass_u;
        }
        let weights = analysis.frame.weights(&species)?;
        Ok(System {
            elements: elements.clone(),
            of,
            species,
            weights,
        })
    }
}

/// Slopes of `Σ_α |Δr_α|²` by species, Å² a frame, with errors: between three replicas or more; else between blocks that
/// are long enough; else from the number of atoms.
fn own_slopes(runs: &Runs<'_>, motions: &[Motion], estimation: &mut Estimation) -> Vec<Estimate> {
    let each = runs.curves.iter().zip(&estimation.own_regressions);
    let of_runs: Vec<Vec<f64>> = each
        .map(|(run, regression)| {
            let slope = |own: &LagCurve| regression.slope(|lag| own.at(lag));
            run.own.iter().map(slope).collect()
        })
        .collect();
    let mean = |species: usize| -> f64 {
        let each = of_runs.iter().zip(&estimation.parts);
        each.map(|(run, part)| part * run[species]).sum()
    };
    if runs.followed() == 0 {
        return Vec::new();
    }
    let parts: Vec<Vec<f64>> = if motions.len() >= 3 {
        of_runs.clone()
    } else {
        let longest = 4 * estimation.span.to;
        let count = [16, 8, 4]
            .into_iter()
            .find(|count| runs.shortest() / count >= longest);
        let each = runs
            .curves
            .iter()
            .zip(motions)
            .zip(&estimation.own_regressions);
        count.map_or(Vec::new(), |count| {
            each.flat_map(|((run, motion), regression)| {
                let blocks = motion.own.blocks(run.frames, &regression.lags, count);
                blocks.into_iter().map(|block| {
                    let slope = |values: &Vec<f64>| {
                        values
                            .iter()
                            .zip(&regression.weights)
                            .map(|(x, weight)| x * weight)
                            .sum()
                    };
                    block.iter().map(slope).collect()
                })
            })
            .collect()
        })
    };
    let degrees = parts.len().saturating_sub(1) as f64;
    estimation.freedom.own = (parts.len() > 1).then_some(degrees);
    (0..runs.followed())
        .map(|species| {
            let value = mean(species);
            let atoms = runs.counts[species] as f64;
            let error = if parts.len() > 1 {
                let about: f64 = parts
                    .iter()
                    .map(|part| (part[species] - value).powi(2))
                    .sum();
                (about / (degrees * parts.len() as f64)).sqrt()
            } else {
                value * (2.0 / (estimation.own_degrees * atoms)).sqrt()
            };
            Estimate {
                value: value * atoms,
                error: Some(error * atoms),
                ..Estimate::default()
            }
        })
        .collect()
}

/// How many lags curves are kept at.
const MOST_LAGS: usize = 160;

/// Curves at lags that are evenly spaced on a logarithmic axis.
fn plotted(runs: &Runs<'_>) -> TransportCurves {
    let longest = runs.shortest() / 2;
    let mut lags: Vec<usize> = (0..MOST_LAGS)
        .map(|at| {
            (longest as f64)
                .powf(at as f64 / (MOST_LAGS - 1) as f64)
                .round() as usize
        })
        .collect();
    lags.dedup();
    let matrices: Vec<Matrix> = lags.iter().map(|lag| runs.pooled(*lag)).collect();
    let species = runs.null.len();
    TransportCurves {
        lags_fs: lags
            .iter()
            .map(|lag| *lag as f64 * runs.interval_fs)
            .collect(),
        mean_squared_ang2: (0..runs.followed())
            .map(|at| {
                let own = runs.own(at);
                lags.iter().map(|lag| own.at(*lag)).collect()
            })
            .collect(),
        collective: PairCurves::pairs(species)
            .map(|(i, j)| CollectiveCurve {
                i,
                j,
                ang2: matrices.iter().map(|matrix| matrix[i][j]).collect(),
            })
            .collect(),
    }
}

/// `d ln ⟨Δr²⟩ / d ln t` between the ends of the window.
fn exponents(runs: &Runs<'_>, span: Span) -> Vec<Option<f64>> {
    let of = |species: usize| {
        let own = runs.own(species);
        let ratio = (span.to as f64 / span.from as f64).ln();
        (own.at(span.to) / own.at(span.from)).ln() / ratio
    };
    (0..runs.followed())
        .map(|species| Some(of(species)).filter(|one| one.is_finite()))
        .collect()
}
