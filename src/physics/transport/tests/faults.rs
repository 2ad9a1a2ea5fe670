//! Bad input is told, and the defects of published tools are not ours.

use super::common::{
    EDGE_ANG, TEMPERATURE_K, analyse, component, elements, frames, independent, same, settings,
    walk, walk_with_velocities,
};
use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, BOLTZMANN_EV_PER_K};
use crate::physics::analysis::{Run, SeriesError};
use crate::physics::host::Quiet;
use crate::physics::io::trajectory::{Frames, InMemory, Snapshot};
use crate::physics::structure::Cell;
use crate::physics::transport::{
    CollectiveSeries, Fit, ReferenceFrame, Target, TransportAnalysis, TransportError,
    TransportMonitor, TransportTensor,
};

const DT: f64 = 50.0;

fn snapshots(count: usize, seed: u8) -> Vec<Snapshot> {
    frames(
        &elements(&[("Na", 9), ("Cl", 8)]),
        DT,
        &independent(17, count, seed),
    )
}

fn fails(analysis: &TransportAnalysis, runs: &[&[Snapshot]]) -> TransportError {
    let error = analyse(analysis, runs).expect_err("an error");
    assert!(error.help().is_some_and(|help| !help.is_empty()), "{error}");
    error
}

#[test]
fn bad_input_is_told() {
    let good = snapshots(300, 21);
    assert_eq!(fails(&settings(), &[]), TransportError::NoFrames);
    let with = |change: &dyn Fn(&mut Vec<Snapshot>)| {
        let mut all = good.clone();
        change(&mut all);
        fails(&settings(), &[&all])
    };
    let uneven = with(&|all| all[100].time_fs = Some(100.4 * DT));
    assert!(
        matches!(
            uneven,
            TransportError::Times {
                run: 1,
                error: SeriesError::Uneven { frame: 101, .. }
            }
        ),
        "{uneven:?}"
    );
    let missing = with(&|all| drop(all.remove(150)));
    assert!(
        matches!(
            missing,
            TransportError::Times {
                run: 1,
                error: SeriesError::Uneven { frame: 151, .. }
            }
        ),
        "{missing:?}"
    );
    assert_eq!(
        with(&|all| all[3].time_fs = None),
        TransportError::NoTimes { run: 1 }
    );
    assert!(matches!(
        with(&|all| all.truncate(5)),
        TransportError::TooShort {
            needed_frames: 6..,
            ..
        }
    ));
    // Atoms far apart change places.
    let spread = |all: &mut Vec<Snapshot>| {
        for frame in all.iter_mut() {
            for (atom, at) in frame.unwrapped_ang.iter_mut().enumerate() {
                at[0] += 11.0 * atom as f64;
            }
        }
    };
    let swapped = with(&|all| {
        spread(all);
        for frame in &mut all[200..] {
            frame.unwrapped_ang.swap(0, 16);
        }
    });
    assert!(
        matches!(
            swapped,
            TransportError::Jump {
                run: 1,
                frame: 201,
                atom: 1 | 17,
                ..
            }
        ),
        "{swapped:?}"
    );
    let other = with(&|all| {
        for frame in &mut all[200..] {
            let mut elements = frame.elements.to_vec();
            elements.swap(0, 16);
            frame.elements = elements.into();
        }
    });
    assert_eq!(other, TransportError::OtherAtoms { run: 1 });
    let second = frames(&good[0].elements, 2.0 * DT, &independent(17, 300, 22));
    assert!(matches!(
        fails(&settings(), &[&good, &second]),
        TransportError::OtherInterval { run: 2, .. }
    ));
    // Wrapped, and too far between frames to be unwrapped.
    let wrapped = with(&|all| {
        for (number, frame) in all.iter_mut().enumerate() {
            frame.wrapped = true;
            frame.unwrapped_ang.clear();
            frame.positions_ang[4][1] = if number % 2 == 0 {
                0.0
            } else {
                0.47 * EDGE_ANG
            };
        }
    });
    assert!(
        matches!(wrapped, TransportError::Frames { run: 1, .. }),
        "{wrapped:?}"
    );
    let unfollowed = Run {
        frames: good.len(),
        unfollowed: Some("it was wrapped".into()),
        open: Box::new(|| Ok(Box::new(InMemory::new(&good)) as Box<dyn Frames>)),
    };
    let error = settings().of(&[unfollowed], &Quiet).expect_err("an error");
    assert!(matches!(error, TransportError::NotFollowed { run: 1, .. }));
    let mut at_once = good.clone();
    for frame in &mut at_once {
        frame.time_fs = Some(0.0);
    }
    assert!(matches!(
        fails(&settings(), &[&at_once]),
        TransportError::Times {
            run: 1,
            error: SeriesError::Still
        }
    ));
    let one = frames(&elements(&[("Na", 17)]), DT, &independent(17, 300, 23));
    assert_eq!(fails(&settings(), &[&one]), TransportError::OneSpecies);
    let cold = TransportAnalysis {
        temperature_k: 0.0,
        ..settings()
    };
    assert_eq!(fails(&cold, &[&good]), TransportError::Temperature(0.0));
    let lab = TransportAnalysis {
        frame: ReferenceFrame::Laboratory,
        ..settings()
    };
    assert_eq!(fails(&lab, &[&good]), TransportError::NoReference);
    let unknown = TransportAnalysis {
        frame: ReferenceFrame::Species { name: "K".into() },
        ..settings()
    };
    assert!(matches!(
        fails(&unknown, &[&good]),
        TransportError::NoSpecies { .. }
    ));
    let long = TransportAnalysis {
        window_fs: Some((DT, 200.0 * DT)),
        ..settings()
    };
    assert!(matches!(
        fails(&long, &[&good]),
        TransportError::Window { .. }
    ));
    let volumes = TransportAnalysis {
        frame: ReferenceFrame::Volume {
            partial_volumes: vec![1.0],
        },
        ..settings()
    };
    assert!(matches!(
        fails(&volumes, &[&good]),
        TransportError::PartialVolumes { .. }
    ));
    let labels = TransportAnalysis {
        labels: Some(vec!["a".into(); 17]),
        ..settings()
    };
    assert!(matches!(
        fails(&labels, &[&good]),
        TransportError::MixedLabel { .. }
    ));
}

#[test]
fn charges_are_never_invented() {
    let good = snapshots(400, 24);
    let none = analyse(&settings(), &[&good]).expect("a tensor");
    assert_eq!(
        none.conductivity(),
        Err(TransportError::NoCharge { name: "Na".into() })
    );
    // One set of charges serves several compositions.
    let more = TransportAnalysis {
        charges_e: vec![("Na".into(), 1.0), ("Ti".into(), 4.0)],
        ..settings()
    };
    let more = analyse(&more, &[&good]).expect("a tensor");
    assert_eq!(
        more.conductivity(),
        Err(TransportError::NoCharge { name: "Cl".into() })
    );
    let zero = TransportAnalysis {
        charges_e: vec![("Na".into(), 0.0), ("Cl".into(), 0.0)],
        ..settings()
    };
    let zero = analyse(&zero, &[&good]).expect("a tensor");
    assert_eq!(zero.conductivity(), Err(TransportError::ZeroCharges));
    assert_eq!(
        zero.transference().map(|_| ()),
        Err(TransportError::ZeroCharges)
    );
}

/// A thermostat that takes and gives momentum shows in the centre of mass; a drift does not look like one.
#[test]
fn a_centre_of_mass_that_moves_at_random_is_refused() {
    let elements = elements(&[("Na", 9), ("Cl", 8)]);
    let analysis = TransportAnalysis::new(TEMPERATURE_K);
    let thermal =
        (BOLTZMANN_EV_PER_K * TEMPERATURE_K / (23.0 * ATOMIC_MASS_EV_FS2_PER_ANG2)).sqrt();
    let langevin = walk(17, 400, 25, |stream, steps| {
        steps
            .iter_mut()
            .for_each(|x| *x = 0.5 * DT * thermal * stream.normal());
    });
    let error = fails(&analysis, &[&frames(&elements, DT, &langevin)]);
    assert!(
        matches!(error, TransportError::MomentumNotConserved { run: 1, .. }),
        "{error:?}"
    );
    let masses: Vec<f64> = elements.iter().map(|one| one.mass_u()).collect();
    let total: f64 = masses.iter().sum();
    let conserved = walk(17, 400, 25, |stream, steps| {
        steps
            .iter_mut()
            .for_each(|x| *x = 0.5 * DT * thermal * stream.normal());
        let centre = steps.iter().zip(&masses).map(|(x, m)| x * m).sum::<f64>() / total;
        steps.iter_mut().for_each(|x| *x += 0.01 - centre);
    });
    let tensor = analyse(&analysis, &[&frames(&elements, DT, &conserved)]).expect("a tensor");
    assert!(
        tensor.notes.iter().any(|note| note.contains("thermostat")),
        "{:?}",
        tensor.notes
    );
}

/// N frames span N − 1 intervals: a straight motion of two species has the slope that its velocity says, exactly.
#[test]
fn the_time_axis_has_no_interval_too_many() {
    let elements = elements(&[("Na", 2), ("Cl", 2)]);
    let count = 11;
    let positions: Vec<Vec<[f64; 3]>> = (0..count)
        .map(|at| {
            (0..4)
                .map(|atom| [f64::from(at) * if atom < 2 { 0.1 } else { -0.1 }, 0.0, 0.0])
                .collect()
        })
        .collect();
    let analysis = TransportAnalysis {
        window_fs: Some((DT, 2.0 * DT)),
        frame: ReferenceFrame::Species { name: "Cl".into() },
        ..settings()
    };
    let found = analyse(&analysis, &[&frames(&elements, DT, &positions)]);
    // ⟨ΔS²⟩ = (2 · 0.2 m)², between lags 1 and 2: 3 · 0.16 Å² in one interval.
    let found = found.expect("a tensor");
    let expected = 0.48 / (6.0 * BOLTZMANN_EV_PER_K * TEMPERATURE_K * EDGE_ANG.powi(3) * DT);
    assert!(
        (found.l[0][0] / expected - 1.0).abs() < 1e-12,
        "{} {expected}",
        found.l[0][0]
    );
    assert_eq!(found.convergence.expect("a judgement").length_fs, 10.0 * DT);
}

/// Two species of equal and opposite motion: the cross term is the negative of the others, in the window as in the mean of
/// replicas, of which some happen to be positive.
#[test]
fn negative_cross_terms_are_data() {
    let elements = elements(&[("Na", 1), ("K", 1), ("Cl", 1)]);
    let replica = |seed: u8| {
        let positions = walk(3, 150, seed, |stream, steps| {
            let together = stream.normal();
            steps[0] = together + 0.8 * stream.normal();
            steps[1] = -0.1 * together + 0.8 * stream.normal();
            steps[2] = 0.0;
        });
        frames(&elements, DT, &positions)
    };
    let analysis = TransportAnalysis {
        frame: ReferenceFrame::Species { name: "Cl".into() },
        window_fs: Some((DT, 5.0 * DT)),
        fit: Fit::Unweighted,
        ..settings()
    };
    let runs: Vec<Vec<Snapshot>> = (0..24).map(|at| replica(30 + at)).collect();
    let each: Vec<f64> = runs
        .iter()
        .map(|run| analyse(&analysis, &[run]).expect("a tensor").l[0][1])
        .collect();
    assert!(
        each.iter().any(|x| *x > 0.0) && each.iter().any(|x| *x < 0.0),
        "{each:?}"
    );
    let slices: Vec<&[Snapshot]> = runs.iter().map(Vec::as_slice).collect();
    let together = analyse(&analysis, &slices).expect("a tensor");
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    assert!(
        (together.l[0][1] / mean - 1.0).abs() < 1e-9,
        "{} {mean}",
        together.l[0][1]
    );
    let truth = -0.1 / (2.0 * BOLTZMANN_EV_PER_K * TEMPERATURE_K * EDGE_ANG.powi(3) * DT);
    let found = together.estimates[0][1];
    assert!(
        (found.value - truth).abs() < 4.0 * found.error.expect("an error"),
        "{found:?} {truth}"
    );
    assert!(together.l.iter().flatten().all(|x| x.is_finite()));
}

/// Errors of sums go with the whole covariance, not with sums of errors.
#[test]
fn errors_of_derived_numbers_keep_their_correlation() {
    let analysis = TransportAnalysis {
        charges_e: vec![("Na".into(), 1.0), ("Cl".into(), -1.0)],
        ..settings()
    };
    let found = analyse(&analysis, &[&snapshots(500, 26)]).expect("a tensor");
    let kappa = found.conductivity().expect("charges");
    // One mode: the relative error is the same for every sum.
    let relative = found.estimates[0][0].error.expect("an error") / found.l[0][0];
    assert!((kappa.error.expect("an error") / kappa.value / relative - 1.0).abs() < 1e-9);
    let naive: f64 = found
        .estimates
        .iter()
        .flatten()
        .map(|one| one.error.expect("an error"))
        .sum();
    assert!((naive / kappa.error.expect("an error") - 1.0).abs() < 1e-9);
    let t = found.transference().expect("charges").numbers[0];
    assert!(t.error.expect("an error") < 1e-10, "{t:?}");
}

/// Species by their labels, whatever the order of atoms: each diffusion coefficient is that of its species.
#[test]
fn diffusion_coefficients_belong_to_their_species() {
    let elements = elements(&[("Cl", 10), ("Na", 10)]);
    let positions = walk(20, 1500, 27, |stream, steps| {
        for (atom, x) in steps.iter_mut().enumerate() {
            *x = if atom < 10 { 0.1 } else { 0.4 } * stream.normal();
        }
    });
    let found = analyse(&settings(), &[&frames(&elements, DT, &positions)]).expect("a tensor");
    let d = found.diffusion.expect("self terms");
    assert_eq!(
        [&*found.species[0].name, &*found.species[1].name],
        ["Cl", "Na"]
    );
    assert!((d[1].value / d[0].value - 16.0).abs() < 4.0, "{d:?}");
}

/// A cell that is skew and breathes: positions are unwrapped so that displacements are those of the atoms.
#[test]
fn wrapped_positions_in_a_skew_cell_that_breathes() {
    let elements = elements(&[("Na", 4), ("Cl", 4)]);
    let positions = independent(8, 500, 28);
    let cell = |at: usize| {
        let scale = 1.0 + 0.002 * (0.3 * at as f64).sin();
        Cell::new([
            [8.0 * scale, 0.0, 0.0],
            [3.0 * scale, 7.5 * scale, 0.0],
            [1.0, 2.0 * scale, 9.0 * scale],
        ])
        .expect("a cell")
    };
    let snapshot = |wrapped: bool| {
        let one = |(at, all): (usize, &Vec<[f64; 3]>)| {
            let cell = cell(at);
            Snapshot {
                time_fs: Some(DT * at as f64),
                cell,
                elements: elements.clone(),
                positions_ang: all
                    .iter()
                    .map(|p| if wrapped { cell.wrap(*p).0 } else { *p })
                    .collect(),
                unwrapped_ang: if wrapped { Vec::new() } else { all.clone() },
                wrapped,
                ..Snapshot::default()
            }
        };
        positions.iter().enumerate().map(one).collect::<Vec<_>>()
    };
    let analysis = TransportAnalysis {
        window_fs: Some((DT, 5.0 * DT)),
        ..settings()
    };
    let true_way = analyse(&analysis, &[&snapshot(false)]).expect("a tensor");
    let unwrapped = analyse(&analysis, &[&snapshot(true)]).expect("a tensor");
    // The way of an atom that stands still in a breathing cell is not 0; it stays small.
    same(&unwrapped.l, &true_way.l, 0.02);
}

/// Long runs go through rings of positions: the collective part is the same, the self part from fewer origins.
#[test]
fn bounded_memory_gives_the_same() {
    let good = snapshots(3000, 29);
    let whole = analyse(&settings(), &[&good]).expect("a tensor");
    let streamed = TransportAnalysis {
        streamed: true,
        ..settings()
    };
    let streamed = analyse(&streamed, &[&good]).expect("a tensor");
    same(&streamed.l, &whole.l, 1e-12);
    let pairs = streamed
        .diffusion
        .iter()
        .flatten()
        .zip(whole.diffusion.iter().flatten());
    for (a, b) in pairs {
        assert!(
            (a.value - b.value).abs() < 1e-9 * b.value,
            "{} {}",
            a.value,
            b.value
        );
        assert!(
            (a.error.expect("one") / b.error.expect("one") - 1.0).abs() < 1e-6,
            "{a:?} {b:?}"
        );
    }
    let wide = TransportAnalysis {
        window_fs: Some((100.0 * DT, 400.0 * DT)),
        ..settings()
    };
    let of = |streamed: bool| {
        let analysis = TransportAnalysis {
            streamed,
            ..wide.clone()
        };
        analyse(&analysis, &[&good])
            .expect("a tensor")
            .diffusion
            .expect("self terms")[0]
    };
    let (a, b) = (of(true), of(false));
    assert!(
        (a.value - b.value).abs() < 0.2 * b.error.expect("one"),
        "{a:?} {b:?}"
    );
}

#[test]
fn results_do_not_depend_on_the_number_of_threads() {
    let good = snapshots(700, 31);
    let of = |threads: usize, streamed: bool| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .expect("a pool");
        let analysis = TransportAnalysis {
            streamed,
            ..settings()
        };
        pool.install(|| analyse(&analysis, &[&good]).expect("a tensor"))
    };
    for streamed in [false, true] {
        assert_eq!(of(1, streamed), of(3, streamed));
    }
}

/// Replicas that each keep a pace of their own, as glasses do, are not as good as their lengths say.
#[test]
fn replicas_that_scatter_widen_the_result() {
    let elements = elements(&[("Na", 9), ("Cl", 8)]);
    let runs: Vec<Vec<Snapshot>> = (0..4u8)
        .map(|at| {
            let pace = [0.1, 0.3, 0.2, 0.6][usize::from(at)];
            let positions = walk(17, 2000, 40 + at, |stream, steps| {
                steps.iter_mut().for_each(|x| *x = pace * stream.normal());
            });
            frames(&elements, DT, &positions)
        })
        .collect();
    let slices: Vec<&[Snapshot]> = runs.iter().map(Vec::as_slice).collect();
    let found = analyse(&settings(), &slices).expect("a tensor");
    let freedom = found.freedom.as_ref().expect("errors");
    assert!(
        freedom
            .excess
            .is_some_and(|[excess, of]| excess > 5.0 && of == 3.0),
        "{freedom:?}"
    );
    let [low, high] = found.estimates[0][0].interval_95.expect("an interval");
    assert!(high / low > 3.0, "{low} {high}");
    assert!(
        found.notes.iter().any(|note| note.contains("replicas")),
        "{:?}",
        found.notes
    );
}

/// The same of velocities: the tensor by Green and Kubo scatters as far, and so do its errors.
#[test]
fn replicas_that_scatter_widen_what_velocities_give() {
    let elements = elements(&[("Na", 9), ("Cl", 8)]);
    let of = |paces: &[f64], plateau: f64, project: bool| {
        let each = (50..).zip(paces);
        let runs: Vec<Vec<Snapshot>> = each
            .map(|(seed, &pace)| walk_with_velocities(&elements, DT, 1500, seed, pace))
            .collect();
        let slices: Vec<&[Snapshot]> = runs.iter().map(Vec::as_slice).collect();
        let analysis = TransportAnalysis {
            by_velocities: true,
            plateau_fs: Some((plateau * DT, (plateau + 3.0) * DT)),
            project,
            ..settings()
        };
        analyse(&analysis, &slices).expect("a tensor")
    };
    let alike = of(&[0.3; 4], 1.0, false);
    assert!(!alike.notes.iter().any(|note| note.contains("replicas")));
    // Both ways are compared, whichever the tensor is of.
    let ratio = alike.checks.green_kubo_ratio.expect("both");
    assert!(ratio != 1.0 && (ratio - 1.0).abs() < 0.3, "{ratio}");
    let apart = of(&[0.1, 0.3, 0.2, 0.6], 1.0, false);
    assert!(apart.notes.iter().any(|note| note.contains("replicas")));
    let relative =
        |one: &TransportTensor| one.estimates[0][0].error.expect("an error") / one.l[0][0];
    assert!(relative(&apart) > 3.0 * relative(&alike));
    // So late that noise decides the sign.
    let mut late = (0..60).map(|at| 200.0 + 20.0 * f64::from(at));
    let below = late.find(|plateau| of(&[0.3], *plateau, false).l[0][0] < 0.0);
    let below = below.expect("a plateau below 0");
    let raised = of(&[0.3], below, true);
    assert!(raised.projected && raised.l[0][0].abs() < 1e-12 * alike.l[0][0]);
    assert!(raised.notes.iter().any(|note| note.contains("set to 0")));
}

/// Atoms that rattle in their places and others that walk between them: what walks has its coefficients, of what rattles there
/// are bounds, and a longer run is not worse.
#[test]
fn a_conductor_in_a_framework_has_a_tensor() {
    let elements = elements(&[("Li", 8), ("O", 24), ("Ti", 8)]);
    let walking = 0.3;
    for frames_of_run in [1500, 6000] {
        let kept = 0.7f64;
        let (mut about, mut axis) = ([[0.0; 40]; 3], 0);
        let positions = walk(40, frames_of_run, 70, |stream, steps| {
            for (atom, x) in steps.iter_mut().enumerate() {
                *x = walking * stream.normal();
                if atom >= 8 {
                    let before = about[axis][atom];
                    about[axis][atom] =
                        kept * before + 0.1 * (1.0 - kept * kept).sqrt() * stream.normal();
                    *x = about[axis][atom] - before;
                }
            }
            axis = (axis + 1) % 3;
        });
        let run = frames(&elements, DT, &positions);
        let volume = BOLTZMANN_EV_PER_K * TEMPERATURE_K * EDGE_ANG.powi(3);
        let truth = 8.0 * walking * walking / (2.0 * DT) / volume;
        for (window_fs, name) in [
            (None, "O"),
            (Some((4.0 * DT, 16.0 * DT)), "O"),
            (None, "Ti"),
        ] {
            let analysis = TransportAnalysis {
                window_fs,
                frame: ReferenceFrame::Species { name: name.into() },
                ..settings()
            };
            let found = analyse(&analysis, &[&run]).expect("a tensor");
            let li = found.estimates[0][0];
            let error = li.error.expect("an error");
            assert!((li.value - truth).abs() < 4.0 * error, "{li:?} {truth}");
            assert!(error < 0.5 * truth, "{li:?}");
            let told = found
                .notes
                .iter()
                .any(|note| note.contains("do not diffuse"));
            assert!(told || frames_of_run < 6000 || window_fs.is_some());
            let other = if name == "O" { 2 } else { 1 };
            let other = found.estimates[other][other];
            let [_, high] = other.interval_95.expect("an interval");
            assert!(high < 0.2 * truth, "{other:?} {truth}");
        }
    }
}

/// Atoms that are held in their places take up momentum: against them the others may be looked at, against the centre of mass
/// not.
#[test]
fn atoms_that_are_held_can_be_the_frame() {
    let elements = elements(&[("Li", 8), ("O", 16)]);
    let positions = walk(24, 800, 71, |stream, steps| {
        for (atom, x) in steps.iter_mut().enumerate() {
            *x = if atom < 8 { 0.3 * stream.normal() } else { 0.0 };
        }
    });
    let run = frames(&elements, DT, &positions);
    let analysis = TransportAnalysis::new(TEMPERATURE_K);
    assert_eq!(fails(&analysis, &[&run]), TransportError::Held { run: 1 });
    let against = TransportAnalysis {
        frame: ReferenceFrame::Species { name: "O".into() },
        ..analysis
    };
    let found = analyse(&against, &[&run]).expect("a tensor");
    assert!(found.l[0][0] > 0.0);
    // An exponent is that of its species, though the other has none.
    assert!(found.checks.exponent[0].is_some() && found.checks.exponent[1].is_none());
}

/// A run that is judged as it goes on: not at first, at last, and with the length that it would take.
#[test]
fn a_run_is_judged_as_it_goes_on() {
    let good = snapshots(4000, 32);
    let analysis = TransportAnalysis {
        charges_e: vec![("Na".into(), 1.0), ("Cl".into(), -1.125)],
        tolerance: 0.1,
        ..settings()
    };
    let mut monitor =
        TransportMonitor::new(analysis, &good[0].elements, 1, 4000).expect("a monitor");
    let mut judged = Vec::new();
    for (at, frame) in good.iter().enumerate() {
        monitor.add(0, frame).expect("a frame");
        if [2, 100, 3999].contains(&at) {
            judged.push(monitor.judge(Target::Conductivity).expect("a judgement"));
        }
    }
    assert!(
        !judged[0].converged
            && judged[0].relative_error.is_none()
            && judged[0].needed_fs > judged[0].length_fs
    );
    assert!(
        !judged[1].converged && judged[1].needed_fs > judged[1].length_fs,
        "{:?}",
        judged[1]
    );
    assert!(judged[2].converged, "{:?}", judged[2]);
    let tensor = monitor.tensor().expect("a tensor");
    let whole = TransportAnalysis {
        streamed: true,
        ..settings()
    };
    same(
        &tensor.l,
        &analyse(&whole, &[&good]).expect("a tensor").l,
        1e-13,
    );
}

/// From sums over species alone the collective part is the same in the same window.
#[test]
fn sums_over_species_are_enough_for_the_tensor() {
    let good = snapshots(2000, 34);
    let analysis = TransportAnalysis {
        window_fs: Some((DT, 5.0 * DT)),
        fit: Fit::Unweighted,
        ..settings()
    };
    let whole = analyse(&analysis, &[&good]).expect("a tensor");
    let sum = |frame: &Snapshot, symbol: &str| {
        let own = frame
            .unwrapped_ang
            .iter()
            .zip(frame.elements.iter())
            .filter(|(_, one)| one.symbol() == symbol);
        own.fold([0.0; 3], |sum: [f64; 3], (at, _)| {
            std::array::from_fn(|axis| sum[axis] + at[axis])
        })
    };
    let series = CollectiveSeries {
        times_fs: good.iter().filter_map(|frame| frame.time_fs).collect(),
        positions_ang: ["Na", "Cl"]
            .map(|symbol| good.iter().map(|frame| sum(frame, symbol)).collect())
            .to_vec(),
        volume_ang3: EDGE_ANG.powi(3),
    };
    let species = [component("Na", 9, 1.0), component("Cl", 8, -1.125)];
    let found = analysis
        .of_sums(std::slice::from_ref(&series), &species)
        .expect("a tensor");
    same(&found.l, &whole.l, 1e-12);
    assert!(found.own.is_none() && found.haven_ratio().is_err());
    let free = settings()
        .of_sums(std::slice::from_ref(&series), &species)
        .expect("a tensor");
    assert!(
        free.window
            .as_ref()
            .is_some_and(|window| window.from_fs <= 4.0 * DT),
        "{:?}",
        free.window
    );
    let judged = free.judged(Target::Conductivity).expect("a judgement");
    assert!(
        judged.relative_error.is_some_and(|error| error < 0.2),
        "{judged:?}"
    );
}

#[test]
fn a_tensor_is_stored_and_read() {
    let found = analyse(&settings(), &[&snapshots(400, 33)]).expect("a tensor");
    let text = serde_json::to_string(&found).expect("JSON");
    assert_eq!(
        serde_json::from_str::<TransportTensor>(&text).expect("a tensor"),
        found
    );
    assert!(text.len() < 60_000, "{}", text.len());
}
