//! Beginning a run, putting it down, and taking it up again.

use std::path::Path;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::super::MdError;
use super::super::checkpoint::{self, bytes_of, rows_of};
use super::super::course::Course;
use super::super::log::Log;
use super::super::protocol::{Dynamics, Protocol, Segment};
use super::super::system::System;
use super::super::trajectory::{Tail, Writer};
use super::rhythm::Rhythm;
use super::{Judge, Runner, SegmentSummary, files};
use crate::physics::analysis::Observation;
use crate::physics::host::Host;
use crate::physics::numerics::Stream;
use crate::physics::potential::{Calculator, Potential};
use crate::physics::structure::{Cell, Structure};

/// Of the random streams of steps.
const MOTION: u64 = 2;

/// What makes a run this run and no other, beside its protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    pub seed: [u8; 32],
    /// Digest of elements, positions and cell.
    start: [u8; 32],
}

impl Origin {
    fn new(start: &Structure, seed: [u8; 32]) -> Self {
        let mut digest = blake3::Hasher::new();
        for element in &start.elements {
            digest.update(&[element.number()]);
        }
        digest.update(&bytes_of(start.positions_ang.as_flattened()));
        digest.update(&bytes_of(start.cell.rows_ang().as_flattened()));
        Origin {
            seed,
            start: *digest.finalize().as_bytes(),
        }
    }
}

/// The head of a checkpoint. Arrays beside it: positions, offsets, velocities, reference positions of the list,
/// series and origin of the course, frames of the observation, frames that are not in the trajectory yet.
#[derive(Serialize, Deserialize)]
struct Saved {
    origin: Origin,
    protocol: Protocol,
    cell: [[f64; 3]; 3],
    centre: [f64; 3],
    twice_kinetic: f64,
    step: u64,
    moving: bool,
    volumes: Option<[f64; 2]>,
    course: Option<Course>,
    observation: Option<Observation>,
    reference: Option<[[f64; 3]; 3]>,
    segments: Vec<SegmentSummary>,
    trajectory: u64,
    frames: u32,
    log: u64,
}

impl<'a> Runner<'a> {
    /// At the start, or where the checkpoint of the directory stands.
    pub fn new(
        start: &Structure,
        potential: &dyn Potential,
        protocol: &'a Protocol,
        seed: [u8; 32],
        directory: &'a Path,
        host: &'a dyn Host,
        judge: Option<&'a dyn Judge>,
    ) -> Result<Self, MdError> {
        let origin = Origin::new(start, seed);
        let calculator = Calculator::new(potential, &start.elements, protocol.skin_ang)
            .map_err(MdError::Potential)?;
        let path = directory.join(files::CHECKPOINT);
        let mut checkpoint = None;
        if let Some((saved, arrays)) = checkpoint::read::<Saved>(&path)? {
            saved
                .is_of(&origin, protocol)
                .map_err(|what| MdError::OtherRun {
                    path: directory.to_owned(),
                    what: what.to_owned(),
                })?;
            let arrays = <[Vec<u8>; 8]>::try_from(arrays).map_err(|_| misfit(&path))?;
            checkpoint = Some((saved, arrays));
        }
        let trajectory = directory.join(files::TRAJECTORY);
        let log = directory.join(files::LOG);
        let (writer, log) = match &mut checkpoint {
            None => (
                Writer::create(&trajectory, &start.elements, protocol.keep_velocities)?,
                Log::create(&log)?,
            ),
            Some((saved, [.., pending])) => {
                let tail = Tail {
                    offset: saved.trajectory,
                    frames: saved.frames,
                    pending: std::mem::take(pending),
                };
                (
                    Writer::resume(&trajectory, start.len(), protocol.keep_velocities, tail)?,
                    Log::resume(&log, saved.log)?,
                )
            }
        };
        let steps = |segment: &Segment| match segment {
            Segment::Dynamics(dynamics) => protocol.steps(dynamics.duration_fs),
            _ => 0,
        };
        let mut runner = Runner {
            protocol,
            directory,
            host,
            judge,
            origin,
            stream: Stream::new(seed, &[MOTION]),
            system: System::new(start),
            calculator,
            step: 0,
            total: protocol.segments.iter().map(steps).sum(),
            moving: false,
            volumes: None,
            course: None,
            observation: None,
            segments: Vec::new(),
            writer,
            log,
            saved: Instant::now(),
            asked: Instant::now(),
        };
        if let Some((saved, arrays)) = checkpoint {
            runner
                .restore(saved, arrays)?
                .ok_or_else(|| misfit(&path))?;
        }
        Ok(runner)
    }

    /// Takes up what was saved; nothing if its parts do not fit together.
    fn restore(&mut self, saved: Saved, arrays: [Vec<u8>; 8]) -> Result<Option<()>, MdError> {
        let [
            positions,
            offsets,
            velocities,
            reference,
            series,
            origin,
            looks,
            _,
        ] = arrays;
        let n = self.system.len();
        let [positions, offsets, velocities, reference, origin]: [Vec<[f64; 3]>; 5] =
            [positions, offsets, velocities, reference, origin].map(|bytes| rows_of(&bytes));
        let Ok(cell) = Cell::new(saved.cell) else {
            return Ok(None);
        };
        if [&positions, &offsets, &velocities]
            .iter()
            .any(|array| array.len() != n)
        {
            return Ok(None);
        }
        self.system.cell = cell;
        self.system.positions = positions;
        self.system.offsets = offsets;
        self.system.velocities = velocities;
        self.system.centre = saved.centre;
        self.system.twice_kinetic = saved.twice_kinetic;
        self.step = saved.step;
        self.moving = saved.moving;
        self.volumes = saved.volumes;
        self.segments = saved.segments;
        if let Some(observation) = saved.observation {
            let (how, elements) = (&self.protocol.observe, &self.system.elements);
            self.observation = observation.restored(how, elements, &rows_of(&looks));
            if self.observation.is_none() {
                return Ok(None);
            }
        }
        let Some(mut course) = saved.course else {
            return Ok(Some(()));
        };
        course.series = rows_of(&series);
        course.origin = origin;
        let segment = self.protocol.segments.get(self.segments.len());
        let (Some(Segment::Dynamics(dynamics)), Some(Ok(cell)), true) = (
            segment,
            saved.reference.map(Cell::new),
            reference.len() == n,
        ) else {
            return Ok(None);
        };
        self.calculator
            .restore(&cell, &reference)
            .map_err(MdError::Potential)?;
        // The evaluation that was made when this step was.
        let rhythm = Rhythm::new(self.protocol, dynamics, &course.integrator);
        self.evaluate(rhythm.want(course.done))?;
        self.course = Some(course);
        Ok(Some(()))
    }

    /// Writes the checkpoint.
    pub fn save(&mut self) -> Result<(), MdError> {
        let tail = self.writer.tail()?;
        let reference = self.calculator.reference();
        let system = &self.system;
        let course = self.course.as_ref();
        let head = Saved {
            origin: self.origin.clone(),
            protocol: self.protocol.clone(),
            cell: system.cell.rows_ang(),
            centre: system.centre,
            twice_kinetic: system.twice_kinetic,
            step: self.step,
            moving: self.moving,
            volumes: self.volumes,
            course: course.cloned(),
            observation: self.observation.clone(),
            reference: reference.as_ref().map(|(cell, _)| cell.rows_ang()),
            segments: self.segments.clone(),
            trajectory: tail.offset,
            frames: tail.frames,
            log: self.log.tail()?,
        };
        let reference = reference.map_or(&[][..], |(_, positions)| positions);
        let series = course.map_or(&[][..], |course| &course.series);
        let origin = course.map_or(&[][..], |course| &course.origin);
        let observation = self.observation.as_ref();
        let looks = observation.map_or_else(Vec::new, Observation::frames);
        let arrays = [
            bytes_of(system.positions.as_flattened()),
            bytes_of(system.offsets.as_flattened()),
            bytes_of(system.velocities.as_flattened()),
            bytes_of(reference.as_flattened()),
            bytes_of(series.as_flattened()),
            bytes_of(origin.as_flattened()),
            bytes_of(looks.as_flattened()),
            tail.pending,
        ];
        let arrays: Vec<&[u8]> = arrays.iter().map(Vec::as_slice).collect();
        checkpoint::write(&self.directory.join(files::CHECKPOINT), &head, &arrays)?;
        self.saved = Instant::now();
        Ok(())
    }
}

fn misfit(path: &Path) -> MdError {
    MdError::Damaged {
        path: path.to_owned(),
        what: "its parts do not fit together; remove it to begin anew".to_owned(),
    }
}

impl Saved {
    /// Whether a run of this origin and protocol goes on from here; why not, if not.
    fn is_of(&self, origin: &Origin, protocol: &Protocol) -> Result<(), &'static str> {
        if self.origin.seed != origin.seed {
            return Err("its seed is another");
        }
        if self.origin != *origin {
            return Err("it started from another structure");
        }
        let old = &self.protocol;
        let settings = |p: &Protocol| {
            let timing = (p.timestep_fs, p.skin_ang, p.log_fs, p.keep_velocities);
            (timing, p.observe.clone())
        };
        if settings(old) != settings(protocol) {
            return Err(
                "its timestep, skin, log interval, choice of velocities or way of looking is another",
            );
        }
        let done = self.segments.len();
        if protocol.segments.get(..done) != old.segments.get(..done) {
            return Err("a segment that it has finished is another");
        }
        match (old.segments.get(done), protocol.segments.get(done)) {
            (Some(Segment::Dynamics(old)), Some(Segment::Dynamics(new))) => {
                let at = self.course.as_ref().map_or(0, |course| course.done);
                let longer = Dynamics {
                    duration_fs: new.duration_fs,
                    ..old.clone()
                };
                if longer != *new {
                    return Err("the segment that it is in is another");
                }
                if old.duration_fs != new.duration_fs && at > 0 && !new.ensemble.is_constant() {
                    return Err("the ramp that it is in has another rate");
                }
                if at > protocol.steps(new.duration_fs) {
                    return Err("it has gone further than this");
                }
                Ok(())
            }
            (old, new) if old == new || old.is_none() => Ok(()),
            _ => Err("the segment that it is in is another"),
        }
    }
}
