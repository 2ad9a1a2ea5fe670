//! The structure of the atoms of several runs, all of it in two readings of their frames.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    BlockMeans, BondAngles, Displacements, FirstShell, Mean, PairDistribution, SeriesError,
    SlabProfile, Species, StructureFactor, Velocities,
};
use crate::base::Element;
use crate::physics::host::Host;
use crate::physics::io::trajectory::{Frames, Snapshot, TrajectoryError};

/// What is looked for, and how finely.
#[derive(Debug, Clone, PartialEq)]
pub struct Survey {
    /// How far pair distributions reach, and the width of their bins.
    pub reach_ang: f64,
    pub bin_ang: f64,
    /// How far structure factors reach, and the width of their shells.
    pub longest_per_ang: f64,
    pub shell_per_ang: f64,
    /// Centres, ends and, where it is not to be the first minimum of g(r), the longest bond; empty: all pairs.
    pub bonds: Vec<(Element, Element, Option<f64>)>,
    /// The lattice vector, from 0, along which densities are taken in so many slabs.
    pub slabs: Option<(usize, usize)>,
    /// Pairs and waves are summed over at most so many frames of each run, evenly chosen.
    pub most_frames: usize,
}

/// One run.
pub struct Run<'a> {
    pub frames: usize,
    /// Why unwrapped positions do not follow the atoms, if they do not.
    pub unfollowed: Option<String>,
    /// Its frames, from the first on.
    pub open: Box<dyn Fn() -> Result<Box<dyn Frames + 'a>, TrajectoryError> + 'a>,
}

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

#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum SurveyError {
    #[error("there are no frames")]
    NoFrames,
    #[error("run {run} has other atoms than the first")]
    OtherAtoms { run: usize },
    #[error("there is no {element} in the trajectory")]
    NoElement { element: Element },
    #[error("run {run}: {error}")]
    Frames { run: usize, error: TrajectoryError },
    #[error("cancelled")]
    Cancelled,
}

/// Bins of angles.
const ANGLES: usize = 90;
/// Atoms times frames of a run that are kept in memory at once; of longer runs every second frame, third, … is taken.
const MOST_KEPT: usize = 40_000_000;

impl Survey {
    /// Reads all runs twice: bonds end where the distributions of the first reading say.
    pub fn of(&self, runs: &[Run<'_>], host: &dyn Host) -> Result<StructureCurves, SurveyError> {
        let mut reader = Reader {
            host,
            elements: None,
            done: 0,
            total: 2 * runs.iter().map(|run| run.frames as u64).sum::<u64>(),
        };
        let mut seen: Option<Seen> = None;
        for (at, run) in runs.iter().enumerate() {
            let mut motion = None;
            reader.read(at, run, |number, frame| {
                let seen = seen.get_or_insert_with(|| Seen::new(self, frame));
                seen.add(frame, number.is_multiple_of(self.stride(run)));
                motion
                    .get_or_insert_with(|| Motion::new(&seen.species, run))
                    .add(number, frame);
            })?;
            if let (Some(seen), Some(motion)) = (&mut seen, motion) {
                seen.end_run(&motion);
            }
        }
        let seen = seen.ok_or(SurveyError::NoFrames)?;
        let mut bonds = seen.bonds(&self.bonds)?;
        for (at, run) in runs.iter().enumerate() {
            reader.read(at, run, |number, frame| {
                if number.is_multiple_of(self.stride(run)) {
                    for bond in &mut bonds {
                        bond.add(frame);
                    }
                }
            })?;
            for bond in &mut bonds {
                bond.end_run();
            }
        }
        Ok(seen.curves(&bonds))
    }

    fn stride(&self, run: &Run<'_>) -> usize {
        run.frames.div_ceil(self.most_frames.max(1)).max(1)
    }
}

/// Reads runs, and sees that they are of the same atoms.
struct Reader<'a> {
    host: &'a dyn Host,
    elements: Option<Arc<[Element]>>,
    done: u64,
    total: u64,
}

impl Reader<'_> {
    fn read(
        &mut self,
        at: usize,
        run: &Run<'_>,
        mut each: impl FnMut(usize, &Snapshot),
    ) -> Result<(), SurveyError> {
        let of_run = |error| SurveyError::Frames { run: at + 1, error };
        let mut frames = (run.open)().map_err(of_run)?;
        let mut frame = Snapshot::default();
        let mut number = 0;
        while frames.read(&mut frame).map_err(of_run)? {
            if self.host.cancelled() {
                return Err(SurveyError::Cancelled);
            }
            let elements = self.elements.get_or_insert_with(|| frame.elements.clone());
            if *elements != frame.elements {
                return Err(SurveyError::OtherAtoms { run: at + 1 });
            }
            each(number, &frame);
            number += 1;
            self.done += 1;
            self.host.progress(self.done.min(self.total), self.total);
        }
        Ok(())
    }
}

/// How the atoms of one run move.
struct Motion {
    stride: usize,
    unfollowed: Option<String>,
    displacements: Displacements,
    velocities: Option<Velocities>,
}

impl Motion {
    fn new(species: &Species, run: &Run<'_>) -> Self {
        let atoms = species.of.len();
        Motion {
            stride: (run.frames * atoms).div_ceil(MOST_KEPT).max(1),
            unfollowed: run.unfollowed.clone(),
            displacements: Displacements::new(species.clone()),
            velocities: Some(Velocities::new(species.clone())),
        }
    }

    fn add(&mut self, number: usize, frame: &Snapshot) {
        if !number.is_multiple_of(self.stride) {
            return;
        }
        let Some(time_fs) = frame.time_fs else {
            self.unfollowed = Some("its frames have no times".into());
            return;
        };
        if self.unfollowed.is_none() {
            self.displacements.add(time_fs, &frame.unwrapped_ang);
        }
        if frame.velocities_ang_per_fs.is_empty() {
            self.velocities = None;
        } else if let Some(velocities) = &mut self.velocities {
            velocities.add(time_fs, &frame.velocities_ang_per_fs);
        }
    }

    fn displacements(&self) -> Result<(f64, Vec<Vec<Mean>>), String> {
        match &self.unfollowed {
            Some(why) => Err(why.clone()),
            None => self.displacements.with_errors().map_err(of_series),
        }
    }

    fn velocities(&self) -> Result<(f64, Vec<Vec<Mean>>), String> {
        match &self.velocities {
            None => Err("the trajectory has no velocities".into()),
            Some(velocities) => velocities.autocorrelation().map_err(of_series),
        }
    }
}

fn of_series(error: SeriesError) -> String {
    error.to_string()
}

/// Interval in fs, then by species over lags.
type Series = Result<(f64, Vec<Vec<Mean>>), String>;

/// What the first reading of the frames gathers.
struct Seen {
    species: Species,
    /// Places in `species`, in the order of the first atoms.
    order: Vec<usize>,
    density: BlockMeans,
    pairs: PairDistribution,
    factor: StructureFactor,
    profile: Option<SlabProfile>,
    displacements: Vec<Series>,
    velocities: Vec<Series>,
}

impl Seen {
    fn new(survey: &Survey, frame: &Snapshot) -> Self {
        let species = Species::new(&frame.elements);
        let mut order: Vec<usize> = Vec::new();
        for at in &species.of {
            if !order.contains(at) {
                order.push(*at);
            }
        }
        let parts = |long: f64, each: f64| (long / each).round().max(1.0) as usize;
        let bins = parts(survey.reach_ang, survey.bin_ang);
        let shells = parts(survey.longest_per_ang, survey.shell_per_ang);
        Seen {
            order,
            density: BlockMeans::new(1),
            pairs: PairDistribution::new(species.clone(), survey.reach_ang, bins),
            factor: StructureFactor::new(species.clone(), survey.longest_per_ang, shells),
            profile: survey
                .slabs
                .map(|(axis, count)| SlabProfile::new(species.clone(), axis, count)),
            displacements: Vec::new(),
            velocities: Vec::new(),
            species,
        }
    }

    fn add(&mut self, frame: &Snapshot, with_pairs: bool) {
        let (cell, positions) = (&frame.cell, &frame.positions_ang);
        self.density.add(&[frame.structure().density_g_per_cm3()]);
        if let Some(profile) = &mut self.profile {
            profile.add(cell, positions);
        }
        if with_pairs {
            self.pairs.add(cell, positions);
            self.factor.add(cell, positions);
        }
    }

    fn end_run(&mut self, motion: &Motion) {
        self.density.end_run();
        self.pairs.end_run();
        self.factor.end_run();
        if let Some(profile) = &mut self.profile {
            profile.end_run();
        }
        self.displacements.push(motion.displacements());
        self.velocities.push(motion.velocities());
    }

    fn element(&self, at: usize) -> Element {
        self.species.elements[at]
    }

    /// Pairs with the element of earlier atoms first; `both`: and the other way round.
    fn named_pairs(&self, both: bool) -> Vec<(usize, usize)> {
        let order = self.order.iter().enumerate();
        let all = order.flat_map(|(at, a)| {
            let from = if both { 0 } else { at };
            self.order[from..].iter().map(|b| (*a, *b))
        });
        all.collect()
    }

    fn bonds(&self, wanted: &[(Element, Element, Option<f64>)]) -> Result<Vec<Bonds>, SurveyError> {
        let find = |element: Element| {
            let found = self.species.find(element);
            found.ok_or(SurveyError::NoElement { element })
        };
        let pairs = if wanted.is_empty() {
            let pairs = self.named_pairs(true).into_iter();
            pairs.map(|(a, b)| (a, b, None)).collect()
        } else {
            wanted
                .iter()
                .map(|(a, b, longest)| Ok((find(*a)?, find(*b)?, *longest)))
                .collect::<Result<Vec<_>, SurveyError>>()?
        };
        let bonds = pairs.into_iter().map(|(centre, end, longest)| {
            let minimum = || self.pairs.curve(centre, end).first_shell()?.minimum_ang;
            let longest_ang = longest.or_else(minimum);
            let species = self.species.clone();
            Bonds {
                bond: Bond {
                    centre: self.element(centre),
                    end: self.element(end),
                    longest_ang,
                    coordination: None,
                },
                angles: longest_ang
                    .map(|longest| BondAngles::new(species, centre, end, longest, ANGLES)),
            }
        });
        Ok(bonds.collect())
    }

    fn curves(&self, bonds: &[Bonds]) -> StructureCurves {
        let mut pair_distribution = Curves::default();
        let mut structure_factor = Curves::default();
        let mut shells = Vec::new();
        for (a, b) in self.named_pairs(false) {
            let name = format!("{}-{}", self.element(a), self.element(b));
            let curve = self.pairs.curve(a, b);
            shells.push(Shell {
                pair: [self.element(a), self.element(b)],
                first: curve.first_shell(),
            });
            pair_distribution.x = curve.radii_ang;
            pair_distribution.push(name.clone(), curve.g);
            let partial = self.factor.partial(a, b);
            structure_factor.x = partial.q_per_ang;
            structure_factor.push(name, partial.s);
        }
        let mut running_coordination = Curves::default();
        for (a, b) in self.named_pairs(true) {
            let curve = self.pairs.curve(a, b);
            running_coordination.x = curve.edges_ang;
            let within = curve.coordination.into_iter();
            let y = within.map(|value| Mean { value, error: None }).collect();
            running_coordination.push(format!("{} around {}", self.element(b), self.element(a)), y);
        }
        let profile = self.profile.as_ref().map(|profile| {
            let mut curves = Curves {
                x: profile.positions_ang(),
                curves: Vec::new(),
            };
            for at in &self.order {
                curves.push(
                    self.element(*at).to_string(),
                    profile.density_g_per_cm3(*at),
                );
            }
            curves
        });
        let (coordination, angles) = of_bonds(bonds);
        let density = self.density.means()[0];
        StructureCurves {
            elements: self.order.iter().map(|at| self.element(*at)).collect(),
            density_g_per_cm3: density,
            pair_distribution,
            running_coordination,
            shells,
            bonds: bonds.iter().map(Bonds::found).collect(),
            coordination,
            angles,
            structure_factor,
            profile,
            displacements: self.over_time(&self.displacements),
            velocities: self.over_time(&self.velocities),
        }
    }

    /// Curves of all runs, as long as the shortest.
    fn over_time(&self, runs: &[Series]) -> Result<Curves, String> {
        let runs: Vec<&(f64, Vec<Vec<Mean>>)> = runs
            .iter()
            .map(|run| run.as_ref().map_err(Clone::clone))
            .collect::<Result<_, _>>()?;
        let Some((interval_fs, _)) = runs.first() else {
            return Err("there are no frames".into());
        };
        if runs
            .iter()
            .any(|run| (run.0 - interval_fs).abs() > 1e-6 * interval_fs)
        {
            return Err("the runs have frames at other intervals".into());
        }
        let lags = runs.iter().map(|run| run.1[0].len()).min().unwrap_or(0);
        let mut curves = Curves {
            x: (0..lags).map(|lag| lag as f64 * interval_fs).collect(),
            curves: Vec::new(),
        };
        for species in &self.order {
            let of_lag = |lag: usize| match runs.as_slice() {
                [only] => only.1[*species][lag],
                several => {
                    let values = several.iter().map(|run| run.1[*species][lag].value);
                    Mean::of(&values.collect::<Vec<f64>>())
                }
            };
            curves.push(
                self.element(*species).to_string(),
                (0..lags).map(of_lag).collect(),
            );
        }
        Ok(curves)
    }
}

/// Bonds as the second reading finds them.
struct Bonds {
    bond: Bond,
    angles: Option<BondAngles>,
}

impl Bonds {
    fn add(&mut self, frame: &Snapshot) {
        if let Some(angles) = &mut self.angles {
            angles.add(&frame.cell, &frame.positions_ang);
        }
    }

    fn end_run(&mut self) {
        if let Some(angles) = &mut self.angles {
            angles.end_run();
        }
    }

    fn found(&self) -> Bond {
        Bond {
            coordination: self.angles.as_ref().map(BondAngles::mean_coordination),
            ..self.bond.clone()
        }
    }
}

/// Numbers of bonds, and angles, of those bonds that have an end.
fn of_bonds(bonds: &[Bonds]) -> (Curves, Curves) {
    let (mut coordination, mut angles) = (Curves::default(), Curves::default());
    let with_angles = bonds
        .iter()
        .filter_map(|one| Some((&one.bond, one.angles.as_ref()?)));
    for (bond, found) in with_angles {
        let (centre, end) = (bond.centre, bond.end);
        coordination.push(format!("{end} around {centre}"), found.coordination());
        angles.x = found.angles_deg();
        angles.push(format!("{end}-{centre}-{end}"), found.density());
    }
    let most = coordination.curves.iter().map(|curve| curve.y.len()).max();
    coordination.x = (0..most.unwrap_or(0)).map(|bonds| bonds as f64).collect();
    for curve in &mut coordination.curves {
        // More bonds than any centre has.
        let none = Mean {
            value: 0.0,
            error: curve.y.first().and_then(|one| one.error).map(|_| 0.0),
        };
        curve.y.resize(coordination.x.len(), none);
    }
    (coordination, angles)
}

impl Curves {
    fn push(&mut self, name: String, y: Vec<Mean>) {
        self.curves.push(Curve { name, y });
    }
}
