//! Runs that must not go on, and segments that end before their time.

use super::*;
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::md::{
    Barostat, Condition, Ended, Freedom, Judge, MdError, Trajectory, Until, run_judged,
};

fn nve(temperature_k: f64) -> Ensemble {
    Ensemble::Nve {
        temperature_k: Some(temperature_k),
    }
}

fn failure(
    start: &Structure,
    potential: &dyn Potential,
    protocol: &Protocol,
    directory: &Path,
) -> MdError {
    run(start, potential, protocol, [1; 32], directory, &Quiet).unwrap_err()
}

#[test]
fn an_overlap_names_the_atom_and_keeps_what_there_was() {
    let mut start = crystal(2, 5.5);
    // Two atoms on a collision course of 1 Å: forces of 10⁵ eV/Å.
    start.positions_ang[7] = start.positions_ang[3].map(|x| x + 0.5);
    let protocol = Protocol {
        segments: vec![dynamics(nve(60.0), 1000.0)],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let error = failure(&start, &lennard_jones(), &protocol, directory.path());
    match &error {
        MdError::Lost { atom, step: 1, .. } => assert!([3, 7].contains(atom), "{error}"),
        other => panic!("{other}"),
    }
    let text = error.to_string();
    assert!(
        text.contains("minimise first") && text.contains("smaller timestep"),
        "{text}"
    );
    assert_eq!(read_log(directory.path()).len(), 1);
}

#[test]
fn a_timestep_that_is_too_long_is_found_by_its_drift() {
    // Springs of ω = 0.048/fs at the softest mode that matters: stable up to 2/ω, wrong before.
    let protocol = |timestep_fs| Protocol {
        timestep_fs,
        log_fs: timestep_fs,
        segments: vec![dynamics(nve(300.0), 5000.0)],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let (springs, start) = Springs::lattice(3, 4.0, 2.0);
    // ω_max² = 12 k/m; Verlet is unstable beyond 2/ω_max.
    let mass = argon().mass_u() * crate::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2;
    let limit = 2.0 / (9.0 * 2.0 / mass).sqrt();
    let error = failure(&start, &springs, &protocol(1.05 * limit), directory.path());
    assert!(
        matches!(error, MdError::Blown { .. } | MdError::Lost { .. }),
        "{error}"
    );
    let (summary, _) = logged(&start, &springs, &protocol(0.1 * limit), 1);
    assert!(summary.segments[0].drift.abs() < 1e-4, "{summary:?}");
}

/// Free atoms in a wind that gives each the same power: energy that comes from nowhere.
#[derive(Clone)]
struct Heated(f64);

impl Potential for Heated {
    fn cutoff_ang(&self) -> f64 {
        0.0
    }
    fn bind(&self, _: &[crate::base::Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(Self(0.0)))
    }
}

impl Bound for Heated {
    fn evaluate(
        &mut self,
        _: &Cell,
        positions_ang: &[[f64; 3]],
        _: &Neighbours,
        _: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        out.forces.clear();
        out.forces.resize(positions_ang.len(), [0.0; 3]);
        // Evaluated once a step of 1 fs: 3e-3 kT at 300 K per atom and ps.
        self.0 += 3e-3 * BOLTZMANN_EV_PER_K * 300.0 * 1e-3 * positions_ang.len() as f64;
        out.energy_ev = self.0;
        Ok(())
    }
}

#[test]
fn drift_beyond_its_bound_stops_a_run() {
    let start = crystal(2, 8.0);
    let protocol = |drift_bound| Protocol {
        drift_bound,
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: nvt(Thermostat::Rescaling, 300.0, 100.0),
            duration_fs: 3000.0,
            until: None,
            sample_fs: Some(100.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let error = failure(&start, &Heated(0.0), &protocol(1e-3), directory.path());
    match error {
        MdError::Drift { drift, step, .. } => {
            assert!((drift / 3e-3 - 1.0).abs() < 0.02, "{drift}");
            assert_eq!(step, 1500);
        }
        other => panic!("{other}"),
    }
    // What was computed is kept.
    let frames = Trajectory::open(&directory.path().join(files::TRAJECTORY))
        .unwrap()
        .len();
    assert_eq!(frames, 15);
    let (summary, _) = logged(&start, &Heated(0.0), &protocol(5e-3), 1);
    assert!((summary.segments[0].drift / 3e-3 - 1.0).abs() < 0.02);
}

#[test]
fn protocols_that_cannot_run_say_why() {
    let check = |segments, part: &str| {
        let protocol = Protocol {
            segments,
            ..Protocol::default()
        };
        let text = protocol.check().unwrap_err().to_string();
        assert!(text.contains(part), "{text}");
    };
    check(
        vec![dynamics(
            Ensemble::Nve {
                temperature_k: None,
            },
            10.0,
        )],
        "give it a temperature",
    );
    check(
        vec![Segment::RescaleToMeanVolume { within: None }],
        "no mean volume",
    );
    check(
        vec![dynamics(nve(-5.0), 10.0)],
        "temperature in K must be larger than zero, not -5",
    );
    check(vec![dynamics(nve(5.0), f64::NAN)], "duration");
}

#[test]
fn segments_wait_for_what_they_are_told_to_wait_for() {
    struct Third;
    impl Judge for Third {
        fn settled(&self, trajectory: &mut Trajectory, segment: usize) -> Result<bool, MdError> {
            assert_eq!(segment, 0);
            Ok(trajectory.len() >= 7)
        }
    }
    let waiting = |condition, distance_fs| Protocol {
        timestep_fs: 2.0,
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: nvt(Thermostat::Rescaling, 100.0, 100.0),
            duration_fs: distance_fs,
            until: Some(Until {
                at_least_fs: 40.0,
                every_fs: 20.0,
                condition,
            }),
            sample_fs: Some(10.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let start = crystal(2, 8.0);
    let judged = |judge: Option<&dyn Judge>| {
        let directory = tempfile::tempdir().unwrap();
        let protocol = waiting(
            Condition::Judged {
                by: "a test".into(),
            },
            200.0,
        );
        run_judged(
            &start,
            &Free,
            &protocol,
            [1; 32],
            directory.path(),
            &Quiet,
            judge,
        )
    };
    let summary = judged(Some(&Third)).unwrap();
    assert_eq!(
        (summary.segments[0].steps, summary.segments[0].ended),
        (30, Ended::Condition)
    );
    assert!(matches!(judged(None), Err(MdError::NoJudge)));

    // Free flight: ⟨Δr²⟩ = 3 kT/m t² (1 − 1/n), rescaled a little on the way.
    let speed = (3.0 * BOLTZMANN_EV_PER_K * 100.0
        / (argon().mass_u() * crate::base::constants::ATOMIC_MASS_EV_FS2_PER_ANG2))
        .sqrt();
    let far = waiting(
        Condition::SlowestBeyond {
            distance_ang: 500.0 * speed,
        },
        2000.0,
    );
    let (summary, _) = logged(&start, &Free, &far, 1);
    let time = summary.segments[0].steps as f64 * 2.0;
    assert!((400.0..640.0).contains(&time), "{time}");
    let (summary, _) = logged(
        &start,
        &Free,
        &waiting(Condition::SlowestBeyond { distance_ang: 1e3 }, 100.0),
        1,
    );
    assert_eq!(
        (summary.segments[0].steps, summary.segments[0].ended),
        (50, Ended::Unmet)
    );
}

#[test]
fn cells_are_rescaled_to_the_mean_volume_of_the_second_half() {
    let npt = Ensemble::Npt {
        temperature_k: Ramp::constant(60.0),
        thermostat_time_fs: 200.0,
        pressure_ev_per_ang3: Ramp::constant(0.036),
        barostat: Barostat::Mtk(Freedom::Anisotropic),
        barostat_time_fs: 500.0,
    };
    let protocol = |within| Protocol {
        timestep_fs: 4.0,
        log_fs: 4.0,
        drift_bound: 1.0,
        segments: vec![
            dynamics(npt, 2000.0),
            Segment::RescaleToMeanVolume { within },
            dynamics(nvt(Thermostat::Rescaling, 60.0, 100.0), 40.0),
        ],
        ..Protocol::default()
    };
    let start = crystal(2, 5.5);
    let (summary, log) = logged(&start, &Soft, &protocol(None), 1);
    let volumes = column(&log[1..501], VOLUME);
    let mean = volumes[250..].iter().sum::<f64>() / 250.0;
    assert!((summary.structure.cell.volume_ang3() / mean - 1.0).abs() < 1e-12);
    assert_eq!(log[501][STEP], 500.0);
    let [x, y, _] = summary.structure.cell.lengths_ang();
    assert!((x - y).abs() > 1e-6, "the shape is kept");
    // By how much the density has changed, and a little less than that.
    let before = start.cell.volume_ang3();
    let change = (before / mean - 1.0).abs();
    for (within, expected, ended) in [
        (1.01 * change, mean, Ended::Rescaled),
        (0.99 * change, before, Ended::Restored),
    ] {
        let (summary, _) = logged(&start, &Soft, &protocol(Some(within)), 1);
        assert!((summary.structure.cell.volume_ang3() / expected - 1.0).abs() < 1e-12);
        assert_eq!(summary.segments[1].ended, ended);
    }
}

#[test]
fn a_fluid_whose_cell_goes_flat_is_told_to_keep_its_shape() {
    let melt = Ensemble::Npt {
        temperature_k: Ramp::constant(2000.0),
        thermostat_time_fs: 100.0,
        pressure_ev_per_ang3: Ramp::constant(0.04),
        barostat: Barostat::Mtk(Freedom::Full),
        barostat_time_fs: 300.0,
    };
    let protocol = Protocol {
        timestep_fs: 3.0,
        drift_bound: 1.0,
        segments: vec![dynamics(melt, 1e6)],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let error = failure(&crystal(2, 5.5), &Soft, &protocol, directory.path());
    assert!(matches!(error, MdError::Flat { .. }), "{error}");
}

/// Argon that calls the x of each atom, in Å from where it began, its extrapolation grade.
#[derive(Clone)]
struct Wandering(LennardJones, Vec<[f64; 3]>);

struct BoundWandering(Box<dyn Bound>, Vec<[f64; 3]>);

impl Potential for Wandering {
    fn cutoff_ang(&self) -> f64 {
        self.0.cutoff_ang()
    }
    fn has_grades(&self) -> bool {
        true
    }
    fn bind(&self, elements: &[Element]) -> Result<Box<dyn Bound>, PotentialError> {
        Ok(Box::new(BoundWandering(
            self.0.bind(elements)?,
            self.1.clone(),
        )))
    }
}

impl Bound for BoundWandering {
    fn evaluate(
        &mut self,
        cell: &Cell,
        positions_ang: &[[f64; 3]],
        neighbours: &Neighbours,
        want: Want,
        out: &mut Evaluation,
    ) -> Result<(), PotentialError> {
        if want.grades {
            let moved = positions_ang.iter().zip(&self.1);
            out.grades = moved
                .map(|(now, before)| (now[0] - before[0]).abs())
                .collect();
        }
        self.0.evaluate(cell, positions_ang, neighbours, want, out)
    }
}

/// A run that waits for a grade stops at the first look at which an atom has it, and names the atom.
#[test]
fn a_run_stops_where_the_potential_is_out_of_its_depth() {
    let start = crystal(2, 5.4);
    let argon = Wandering(lennard_jones(), start.positions_ang.clone());
    let protocol = |until| Protocol {
        timestep_fs: 4.0,
        drift_bound: 1.0,
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: Ensemble::Nve {
                temperature_k: Some(60.0),
            },
            duration_fs: 4000.0,
            until,
            sample_fs: Some(20.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let whole = run(
        &start,
        &argon,
        &protocol(None),
        [3; 32],
        folder.path(),
        &Quiet,
    )
    .unwrap();
    assert_eq!(whole.segments[0].grade, None);
    let mut frames = Trajectory::open(&whole.trajectory).unwrap();
    let limit = 0.3;
    let mut expected = None;
    for at in 0..frames.len() {
        let frame = frames.frame(at).unwrap();
        let moved = frame.images_ang.iter().zip(&start.positions_ang);
        let moved = moved
            .map(|(now, before)| (now[0] - before[0]).abs())
            .enumerate();
        let (atom, grade) = moved.max_by(|a, b| a.1.total_cmp(&b.1)).unwrap();
        if grade > limit {
            expected = Some((frame.step, atom, grade));
            break;
        }
    }
    let (step, atom, grade) = expected.expect("an atom moves that far");
    let until = Until {
        at_least_fs: 0.0,
        every_fs: 20.0,
        condition: Condition::GradeAbove { grade: limit },
    };
    let folder = tempfile::tempdir().unwrap();
    let stopped = run(
        &start,
        &argon,
        &protocol(Some(until.clone())),
        [3; 32],
        folder.path(),
        &Quiet,
    )
    .unwrap();
    let segment = &stopped.segments[0];
    assert_eq!(segment.ended, Ended::Condition);
    assert_eq!(segment.steps, step);
    let found = segment.grade.unwrap();
    assert_eq!(found.atom, atom);
    // The trajectory keeps positions to a fraction of a thousandth.
    assert!(
        (found.grade - grade).abs() < 1e-3,
        "{} {grade}",
        found.grade
    );
    let folder = tempfile::tempdir().unwrap();
    let refused = run(
        &start,
        &lennard_jones(),
        &protocol(Some(until)),
        [3; 32],
        folder.path(),
        &Quiet,
    );
    assert!(matches!(refused, Err(MdError::NoGrade)));
}
