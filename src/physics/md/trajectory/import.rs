//! Trajectories of other programs, taken into our form.

use std::path::Path;

use super::{Frame, TrajectoryRecord, Writer};
use crate::physics::host::Host;
use crate::physics::io::trajectory::{Frames, Snapshot, TrajectoryError, Unwrapper};
use crate::physics::md::MdError;

/// How often the host is asked, in frames.
const ASK: usize = 64;

/// A trajectory that was read in.
#[derive(Debug)]
pub struct Imported {
    /// Without a name, a log and a temperature.
    pub record: TrajectoryRecord,
    /// What ended the file before its end; the frames before it were taken.
    pub fault: Option<TrajectoryError>,
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}")]
    Frames(#[from] TrajectoryError),
    #[error("{0}")]
    Store(#[from] MdError),
    #[error("the file has no times, and nothing says how far apart its frames are")]
    NoTimes,
    #[error("there is no frame at or after {discard_fs} fs; the last one is at {last_fs} fs")]
    NoFrames { discard_fs: f64, last_fs: f64 },
}

/// Writes the frames of `from` at `to`, leaving out those of the first `discard_fs`.
pub fn import(
    from: &mut dyn Frames,
    to: &Path,
    discard_fs: f64,
    host: &dyn Host,
) -> Result<Imported, ImportError> {
    let mut snapshot = Snapshot::default();
    let mut unwrapper = Unwrapper::default();
    let mut writer: Option<(Writer, bool)> = None;
    let mut record = TrajectoryRecord::default();
    let mut fault = None;
    let (mut first_fs, mut last_fs) = (None, 0.0);
    let mut densities = 0.0;
    for number in 0.. {
        if number % ASK == 0 && host.cancelled() {
            return Err(MdError::Cancelled.into());
        }
        match from.read(&mut snapshot) {
            Ok(true) => {}
            Ok(false) => break,
            // Of a file that was cut what is whole is kept.
            Err(error) if record.frames > 0 => {
                fault = Some(error);
                break;
            }
            Err(error) => return Err(error.into()),
        }
        let time_fs = snapshot.time_fs.ok_or(ImportError::NoTimes)?;
        last_fs = time_fs;
        if time_fs - *first_fs.get_or_insert(time_fs) < discard_fs {
            continue;
        }
        let has_velocities = !snapshot.velocities_ang_per_fs.is_empty();
        let (writer, velocities) = match &mut writer {
            Some(writer) => writer,
            none => none.insert((
                Writer::create(to, &snapshot.elements, has_velocities)?,
                has_velocities,
            )),
        };
        if *velocities && !has_velocities {
            return Err(TrajectoryError::new(
                number + 1,
                "the frame has no velocities, those before it have",
                "write velocities in every frame or in none",
            )
            .into());
        }
        if record.unfollowed.is_none()
            && let Err(error) = unwrapper.unwrap(&mut snapshot)
        {
            record.unfollowed = Some(error.to_string());
        }
        if record.unfollowed.is_some() {
            snapshot.unwrapped_ang.clone_from(&snapshot.positions_ang);
        }
        let apart = snapshot.unwrapped_ang.iter().zip(&snapshot.positions_ang);
        writer.push(&Frame {
            step: snapshot.step.unwrap_or(number as u64),
            time_fs,
            segment: 0,
            potential_ev: f64::NAN,
            cell: snapshot.cell,
            offsets_ang: apart
                .map(|(way, image)| std::array::from_fn(|k| way[k] - image[k]))
                .collect(),
            images_ang: snapshot.positions_ang.clone(),
            velocities: velocities.then(|| snapshot.velocities_ang_per_fs.clone()),
        })?;
        record.frames += 1;
        record.atoms = snapshot.positions_ang.len();
        densities += snapshot.structure().density_g_per_cm3();
    }
    let Some((mut writer, _)) = writer else {
        return Err(ImportError::NoFrames {
            discard_fs,
            last_fs,
        });
    };
    writer.flush()?;
    record.density_g_per_cm3 = Some(densities / record.frames as f64);
    Ok(Imported { record, fault })
}
