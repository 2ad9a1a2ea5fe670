use super::*;
use crate::base::Element;
use crate::physics::host::Quiet;
use crate::physics::io::trajectory::{Frames, InMemory, Snapshot};

/// A frame of two atoms, the second of which goes along x by 0.3 Å a frame through a cell that breathes.
fn wandering() -> Vec<Snapshot> {
    let elements = ["Na", "Cl"].map(|symbol| Element::from_symbol(symbol).unwrap());
    (0..100)
        .map(|number| {
            let edge = 5.0 + 0.1 * f64::sin(f64::from(number));
            let cell = Cell::orthorhombic([edge; 3]).unwrap();
            let x = 0.3 * f64::from(number);
            Snapshot {
                step: Some(number as u64 * 10),
                time_fs: Some(f64::from(number) * 20.0),
                cell,
                elements: elements.into(),
                positions_ang: vec![[0.0; 3], [x.rem_euclid(edge), 0.25, 4.5]],
                wrapped: true,
                velocities_ang_per_fs: vec![[0.0; 3], [0.015, 0.0, -1e-5]],
                ..Snapshot::default()
            }
        })
        .collect()
}

#[test]
fn foreign_frames_come_back_from_our_form() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    let all = wandering();
    let imported = import(&mut InMemory::new(&all), &path, 200.0, &Quiet).unwrap();
    assert_eq!((imported.record.frames, imported.record.atoms), (90, 2));
    assert!(imported.fault.is_none() && imported.record.unfollowed.is_none());
    let (ours, error) = imported.record.open(&path).unwrap().read_all();
    assert_eq!((ours.len(), error), (90, None));
    let mut unwrapper = crate::physics::io::trajectory::Unwrapper::default();
    for (own, given) in ours.iter().zip(&all[10..]) {
        assert_eq!((own.step, own.time_fs), (given.step, given.time_fs));
        assert_eq!((own.cell, &own.elements), (given.cell, &given.elements));
        let mut given = given.clone();
        unwrapper.unwrap(&mut given).unwrap();
        for (ours, theirs, within) in [
            (&own.positions_ang, &given.positions_ang, 6e-7),
            (&own.unwrapped_ang, &given.unwrapped_ang, 1.1e-6),
            (
                &own.velocities_ang_per_fs,
                &given.velocities_ang_per_fs,
                6e-10,
            ),
        ] {
            for (a, b) in ours.as_flattened().iter().zip(theirs.as_flattened()) {
                assert!((a - b).abs() <= within, "{a} {b}");
            }
        }
    }
    // It has gone through more than five cells.
    let last = ours[89].unwrapped_ang[1][0] - ours[0].unwrapped_ang[1][0];
    assert!((last - 0.3 * 89.0).abs() < 2.0, "{last}");
}

#[test]
fn a_file_that_cannot_be_followed_or_ends_early_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    // Every eighth frame: 2.4 Å of 5.
    let sparse: Vec<Snapshot> = wandering().into_iter().step_by(8).collect();
    let imported = import(&mut InMemory::new(&sparse), &path, 0.0, &Quiet).unwrap();
    assert_eq!(imported.record.frames, 13);
    let why = imported.record.unfollowed.unwrap();
    assert!(why.contains("which way it went"), "{why}");
    let late = import(&mut InMemory::new(&sparse), &path, 1e9, &Quiet);
    assert!(matches!(late, Err(ImportError::NoFrames { .. })));
    let timeless: Vec<Snapshot> = sparse
        .into_iter()
        .map(|frame| Snapshot {
            time_fs: None,
            ..frame
        })
        .collect();
    let error = import(&mut InMemory::new(&timeless), &path, 0.0, &Quiet);
    assert!(matches!(error, Err(ImportError::NoTimes)));
}
