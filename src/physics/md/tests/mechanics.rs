//! What follows from the equations of motion.

use super::*;
use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, BOLTZMANN_EV_PER_K};
use crate::physics::analysis::{Curves, Observe, Run, Survey};
use crate::physics::md::TrajectoryRecord;
use crate::physics::md::{Barostat, Freedom, Method, Minimize, Trajectory, minimize};

fn nve(temperature_k: f64) -> Ensemble {
    Ensemble::Nve {
        temperature_k: Some(temperature_k),
    }
}

#[test]
fn a_spring_swings_at_its_frequency() {
    let (springs, mut start) = Springs::lattice(2, 4.0, 0.5);
    // One plane of atoms against the other along x: each atom hangs on two springs to its partner, and springs to
    // the atoms of its own plane stay as they are. ω² = 2·2k/m.
    for position in &mut start.positions_ang {
        position[0] += if position[0] > 1.0 { 0.1 } else { -0.1 };
    }
    let mass = argon().mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2;
    let period_fs = std::f64::consts::TAU / (4.0 * 0.5 / mass).sqrt();
    // A thousandth of a degree: the swing alone.
    let protocol = Protocol {
        timestep_fs: period_fs / 1000.0,
        log_fs: period_fs / 1000.0,
        // Of a kT that is nothing.
        drift_bound: 1e9,
        segments: vec![dynamics(nve(1e-3), period_fs)],
        ..Protocol::default()
    };
    let (_, log) = logged(&start, &springs, &protocol, 1);
    let energy = column(&log, POTENTIAL);
    let total = log[0][CONSERVED];
    // Potential energy is total · cos²: highest, nil at a quarter, half at an eighth.
    assert!(
        (energy[1000] / total - 1.0).abs() < 1e-3,
        "{}",
        energy[1000] / total
    );
    assert!((energy[500] / total - 1.0).abs() < 1e-3);
    assert!(energy[250] / total < 1e-3, "{}", energy[250] / total);
    assert!(
        (energy[125] / total - 0.5).abs() < 2e-3,
        "{}",
        energy[125] / total
    );
}

#[test]
fn the_error_of_the_energy_falls_with_the_square_of_the_timestep() {
    // Smooth at the cutoff, or the error would be that of the jumps.
    let (springs, start) = Springs::lattice(3, 4.0, 0.5);
    let fluctuation = |timestep_fs: f64| {
        let protocol = Protocol {
            timestep_fs,
            log_fs: timestep_fs,
            segments: vec![dynamics(nve(300.0), 4000.0)],
            ..Protocol::default()
        };
        let (_, log) = logged(&start, &springs, &protocol, 3);
        moments(&column(&log, CONSERVED), 2)[1].sqrt()
    };
    let ratios = [8.0, 4.0].map(|dt| fluctuation(dt) / fluctuation(0.5 * dt));
    assert!(
        ratios.iter().all(|ratio| (ratio - 4.0).abs() < 0.4),
        "{ratios:?}"
    );
}

#[test]
fn momentum_is_conserved() {
    let protocol = Protocol {
        segments: vec![dynamics(nve(50.0), 300.0)],
        timestep_fs: 3.0,
        ..Protocol::default()
    };
    let (summary, log) = logged(&crystal(2, 5.4), &lennard_jones(), &protocol, 1);
    assert!(
        (log[0][TEMPERATURE] - 50.0).abs() < 1e-9,
        "exact at the start"
    );
    let mass = argon().mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2;
    let thermal = (32.0 * mass * BOLTZMANN_EV_PER_K * 50.0).sqrt();
    for k in 0..3 {
        let momentum: f64 = summary.velocities.iter().map(|v| mass * v[k]).sum();
        assert!(momentum.abs() < 1e-10 * thermal, "{momentum} of {thermal}");
    }
}

#[test]
fn maxwell_velocities_are_shared_by_mass() {
    let mut start = crystal(4, 5.4);
    for atom in 0..128 {
        start.elements[atom] = Element::from_symbol("H").unwrap();
    }
    let mut system = crate::physics::md::system::System::new(&start);
    let mut stream = Stream::new([5; 32], &[]);
    let mut light = 0.0;
    for _ in 0..200 {
        system.draw_velocities(300.0, &mut stream);
        assert!((system.temperature_k() - 300.0).abs() < 1e-9);
        assert!(system.momentum().iter().all(|p| p.abs() < 1e-10));
        light += system.velocities[..128]
            .iter()
            .zip(&system.masses)
            .map(|(v, m)| m * v.iter().map(|x| x * x).sum::<f64>())
            .sum::<f64>();
    }
    // Half the atoms, half the energy but for the centre of mass, which light atoms have next to no part in.
    let share = light / 200.0 / (255.0 * 3.0 * BOLTZMANN_EV_PER_K * 300.0);
    assert!((share - 128.0 / 255.0).abs() < 0.005, "{share}");
}

#[test]
fn minima_are_found_by_both_methods() {
    let mut start = crystal(2, 5.5);
    let mut stream = Stream::new([8; 32], &[]);
    for position in &mut start.positions_ang {
        *position = position.map(|x| x + 0.2 * stream.normal());
    }
    let found = [Method::Fire, Method::Lbfgs].map(|method| {
        let how = Minimize {
            method,
            force_ev_per_ang: 1e-6,
            ..Minimize::default()
        };
        let minimum = minimize(&start, &lennard_jones(), &how, 1.0, &Quiet).unwrap();
        assert!(
            minimum.converged && minimum.force_ev_per_ang <= 1e-6,
            "{method:?} {minimum:?}"
        );
        assert!(minimum.steps < 1000, "{method:?} {}", minimum.steps);
        minimum
    });
    assert!((found[0].energy_ev - found[1].energy_ev).abs() < 1e-8);
}

#[test]
fn cells_relax_to_the_volume_where_the_pressure_is_the_one_asked_for() {
    let start = crystal(2, 5.6);
    for pressure in [0.0, 2e-3] {
        let found = [Method::Fire, Method::Lbfgs].map(|method| {
            let how = Minimize {
                method,
                pressure: Some(pressure),
                force_ev_per_ang: 1e-5,
                stress_ev_per_ang3: 1e-7,
                ..Minimize::default()
            };
            let minimum = minimize(&start, &lennard_jones(), &how, 1.0, &Quiet).unwrap();
            assert!(minimum.converged, "{method:?} {minimum:?}");
            minimum.structure.cell.volume_ang3()
        });
        assert!((found[0] / found[1] - 1.0).abs() < 1e-4, "{found:?}");
        // Static lattice: enthalpy against volume by scaling the perfect crystal.
        let enthalpy = |edge: f64| {
            let mut perfect = crystal(2, edge);
            let sites = crystal(2, 1.0);
            let ideal = crystal(2, 2.0);
            for (position, (a, b)) in perfect
                .positions_ang
                .iter_mut()
                .zip(sites.positions_ang.iter().zip(&ideal.positions_ang))
            {
                // The rattle is the same in each: the difference is the site of an edge of 1 Å.
                *position = std::array::from_fn(|k| (b[k] - a[k]) * edge);
            }
            let how = Minimize {
                force_ev_per_ang: 1.0,
                ..Minimize::default()
            };
            let point = minimize(&perfect, &lennard_jones(), &how, 0.0, &Quiet).unwrap();
            point.energy_ev + pressure * perfect.cell.volume_ang3()
        };
        let edge = (found[1]).cbrt() / 2.0;
        let here = enthalpy(edge);
        assert!(here < enthalpy(edge * 1.002) && here < enthalpy(edge * 0.998));
    }
}

#[test]
fn unwrapped_positions_do_not_breathe_with_the_cell() {
    let ensemble = Ensemble::Npt {
        temperature_k: Ramp::constant(200.0),
        thermostat_time_fs: 100.0,
        pressure_ev_per_ang3: Ramp::constant(1e-4),
        barostat: Barostat::Mtk(Freedom::Isotropic),
        barostat_time_fs: 1000.0,
    };
    let Segment::Dynamics(free) = dynamics(ensemble, 20_000.0) else {
        unreachable!()
    };
    let protocol = Protocol {
        timestep_fs: 4.0,
        segments: vec![Segment::Dynamics(Dynamics {
            sample_fs: Some(200.0),
            observe_fs: None,
            ..free
        })],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let start = crystal(2, 9.0);
    run(&start, &Free, &protocol, [1; 32], directory.path(), &Quiet).unwrap();
    let mut trajectory = Trajectory::open(&directory.path().join(files::TRAJECTORY)).unwrap();
    assert_eq!(trajectory.len(), 101);
    let frames: Vec<_> = trajectory.frames().map(Result::unwrap).collect();
    let centre = |frame: &crate::physics::md::Frame| -> [f64; 3] {
        let all = frame.unwrapped_ang();
        std::array::from_fn(|k| all.iter().map(|r| r[k]).sum::<f64>() / all.len() as f64)
    };
    let strayed = frames[100]
        .offsets_ang
        .iter()
        .filter(|offset| offset.iter().any(|x| *x != 0.0))
        .count();
    assert!(strayed > 20, "atoms have crossed the faces: {strayed}");
    for pair in frames.windows(2) {
        // The centre of mass rests, whichever images were taken.
        let (a, b) = (centre(&pair[0]), centre(&pair[1]));
        assert!((0..3).all(|k| (a[k] - b[k]).abs() < 1e-5), "{a:?} {b:?}");
        // Displacements are those of the images, up to whole cells of the time.
        let edge = pair[1].cell.lengths_ang()[0];
        let (before, after) = (pair[0].unwrapped_ang(), pair[1].unwrapped_ang());
        for atom in 0..32 {
            for k in 0..3 {
                let moved = after[atom][k] - before[atom][k];
                assert!(moved.abs() < 0.6 * edge, "{moved} Å in 200 fs");
            }
        }
    }
}

/// A run that looks at its atoms at every frame that it stores says what its frames say.
#[test]
fn what_a_run_sees_is_what_its_frames_show() {
    let start = crystal(3, 5.5);
    let argon = start.elements[0];
    let observe = Observe {
        bonds: vec![(argon, argon, 5.0)],
        ..Observe::default()
    };
    let protocol = Protocol {
        timestep_fs: 4.0,
        keep_velocities: true,
        drift_bound: 1e3,
        observe: observe.clone(),
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: nvt(Thermostat::Rescaling, 90.0, 100.0),
            duration_fs: 16.0 * 780.0,
            until: None,
            sample_fs: Some(16.0),
            observe_fs: Some(16.0),
        })],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let potential = lennard_jones();
    let summary = run(
        &start,
        &potential,
        &protocol,
        [1; 32],
        directory.path(),
        &Quiet,
    )
    .unwrap();
    let seen = summary.observation.as_ref().unwrap().curves();
    let record = TrajectoryRecord::of_run(&protocol, &summary).unwrap();
    let frames = Run {
        frames: record.frames,
        unfollowed: None,
        open: Box::new(|| Ok(Box::new(record.open(&summary.trajectory).unwrap()))),
    };
    // Pairs at every twentieth frame, as the run does it.
    let survey = Survey {
        fineness: observe.fineness,
        bonds: vec![(argon, argon, Some(5.0))],
        slabs: None,
        most_frames: 40,
    };
    let shown = survey.of(&[frames], &Quiet).unwrap();
    assert_eq!(record.frames, 781);
    let same = |what: &str, one: &Curves, other: &Curves, within: f64| {
        assert_eq!(one.x, other.x, "{what}");
        for (one, other) in one.curves[0].y.iter().zip(&other.curves[0].y) {
            // Positions are stored to 1e-6 Å: a pair may fall into the next bin.
            assert!(
                (one.value - other.value).abs() <= within,
                "{what}: {one:?} {other:?}"
            );
            assert!(
                (one.error.unwrap() - other.error.unwrap()).abs() <= within,
                "{what}"
            );
        }
    };
    same(
        "g(r)",
        &seen.pair_distribution,
        &shown.pair_distribution,
        2e-3,
    );
    same(
        "S(q)",
        &seen.structure_factor,
        &shown.structure_factor,
        1e-4,
    );
    same("bonds", &seen.coordination, &shown.coordination, 1e-3);
    same("angles", &seen.angles, &shown.angles, 1e-4);
    assert_eq!(seen.bonds[0].longest_ang, Some(5.0));
    for (seen, shown) in [
        (seen.displacements, shown.displacements),
        (seen.velocities, shown.velocities),
    ] {
        let (seen, shown) = (seen.unwrap(), shown.unwrap());
        let largest = shown.curves[0].y.iter().map(|one| one.value.abs());
        let largest = largest.fold(0.0, f64::max);
        for (time, mean) in seen.x.iter().zip(&seen.curves[0].y) {
            let at = (time / 16.0).round() as usize;
            let other = shown.curves[0].y[at].value;
            assert!(
                (mean.value - other).abs() < 0.05 * largest,
                "{time} fs: {} {other}",
                mean.value
            );
        }
    }
}
