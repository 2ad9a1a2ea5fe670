//! A run that was interrupted is the run that was not.

use super::*;
use crate::physics::analysis::Observe;
use crate::physics::host::Host;
use crate::physics::md::{Barostat, Condition, Freedom, MdError, Minimize, Trajectory, Until};
use crate::physics::numerics::testing::largest;

/// Gives up at the `n`th question.
struct Impatient {
    asked: AtomicU64,
    /// The last step of dynamics that it was told of.
    step: AtomicU64,
    n: u64,
}

impl Impatient {
    fn new(n: u64) -> Self {
        Impatient {
            asked: AtomicU64::new(0),
            step: AtomicU64::new(0),
            n,
        }
    }
}

impl Host for Impatient {
    fn progress(&self, step: u64, _: u64) {
        self.step.store(step, Ordering::Relaxed);
    }
    fn cancelled(&self) -> bool {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1 >= self.n
    }
}

fn npt(barostat: Barostat) -> Ensemble {
    Ensemble::Npt {
        temperature_k: Ramp::constant(60.0),
        thermostat_time_fs: 300.0,
        pressure_ev_per_ang3: Ramp::constant(0.036),
        barostat,
        barostat_time_fs: 800.0,
    }
}

fn ensembles() -> Vec<Ensemble> {
    vec![
        Ensemble::Nve {
            temperature_k: Some(60.0),
        },
        nvt(Thermostat::NoseHoover, 60.0, 200.0),
        nvt(Thermostat::Rescaling, 60.0, 200.0),
        nvt(Thermostat::Langevin, 60.0, 200.0),
        npt(Barostat::Mtk(Freedom::Isotropic)),
        npt(Barostat::Mtk(Freedom::Anisotropic)),
        npt(Barostat::Mtk(Freedom::Full)),
        npt(Barostat::Rescaling {
            compressibility_ang3_per_ev: 7.0,
        }),
    ]
}

/// Everything a directory of a finished run says, to the last bit.
fn files_of(directory: &Path) -> [Vec<u8>; 2] {
    [files::TRAJECTORY, files::LOG].map(|name| std::fs::read(directory.join(name)).unwrap())
}

/// All that was summed up on the way.
fn seen(summary: &Summary) -> String {
    let observation = summary.observation.as_ref().expect("looks");
    serde_json::to_string(observation).unwrap()
}

fn bits(summary: &Summary) -> Vec<u64> {
    let mut numbers = summary.structure.positions_ang.as_flattened().to_vec();
    numbers.extend(summary.velocities.as_flattened());
    numbers.extend(summary.structure.cell.rows_ang().as_flattened());
    numbers.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn a_longer_run_goes_on_from_a_shorter_one_bit_for_bit() {
    let start = crystal(2, 5.5);
    let argon = lennard_jones();
    let soft = ensembles()
        .into_iter()
        .map(|ensemble| (ensemble, &Soft as &dyn Potential));
    // The real lists and kernels, too.
    let shared = ensembles()
        .into_iter()
        .take(4)
        .map(|ensemble| (ensemble, &argon as &dyn Potential));
    for (ensemble, potential) in soft.chain(shared) {
        let potential = Counted::new(potential);
        let protocol = |steps: u32| Protocol {
            timestep_fs: 4.0,
            log_fs: 28.0,
            skin_ang: 0.4,
            drift_bound: 1e3,
            keep_velocities: true,
            observe: Observe::default(),
            segments: vec![Segment::Dynamics(Dynamics {
                ensemble,
                duration_fs: 4.0 * f64::from(steps),
                until: None,
                sample_fs: Some(20.0),
                observe_fs: Some(8.0),
            })],
        };
        let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let go = |steps, directory: &Path| {
            let summary = run(
                &start,
                &potential,
                &protocol(steps),
                [1; 32],
                directory,
                &Quiet,
            )
            .unwrap();
            (summary, potential.evaluations())
        };
        let (once, all) = go(614, whole.path());
        let (_, first) = go(307, parts.path());
        let (twice, second) = go(614, parts.path());
        // The evaluation of the step where it was interrupted is made again, and nothing else.
        assert!(first > 300 && second > 300, "{first} {second}");
        assert!(first + second <= all + 2, "{first} {second} {all}");
        assert_eq!(bits(&once), bits(&twice), "{ensemble:?}");
        assert_eq!(seen(&once), seen(&twice), "{ensemble:?}");
        assert_eq!(once.segments, twice.segments, "{ensemble:?}");
        assert_eq!(
            files_of(whole.path()),
            files_of(parts.path()),
            "{ensemble:?}"
        );
        // And once more, without anything left to do.
        let (again, third) = go(614, parts.path());
        assert_eq!(bits(&once), bits(&again));
        assert!(third <= 2, "{third}");
        assert_eq!(files_of(whole.path()), files_of(parts.path()));
    }
}

#[test]
fn a_run_killed_anywhere_ends_as_if_it_had_not_been() {
    let start = crystal(3, 5.5);
    let segment = |ensemble, until| {
        Segment::Dynamics(Dynamics {
            ensemble,
            duration_fs: 4000.0,
            until,
            sample_fs: Some(100.0),
            observe_fs: Some(20.0),
        })
    };
    let protocol = Protocol {
        timestep_fs: 4.0,
        segments: vec![
            Segment::Minimize(Minimize::default()),
            segment(nvt(Thermostat::Rescaling, 60.0, 100.0), None),
            segment(
                npt(Barostat::Mtk(Freedom::Full)),
                Some(Until {
                    at_least_fs: 1000.0,
                    every_fs: 100.0,
                    condition: Condition::DensitySettled { within: 0.01 },
                }),
            ),
            Segment::RescaleToMeanVolume { within: None },
            segment(
                nvt(Thermostat::Langevin, 80.0, 100.0),
                Some(Until {
                    at_least_fs: 0.0,
                    every_fs: 8.0,
                    condition: Condition::SlowestBeyond { distance_ang: 0.15 },
                }),
            ),
        ],
        ..Protocol::default()
    };
    let soft = Counted::new(&Soft);
    let go =
        |directory: &Path, host: &dyn Host| run(&start, &soft, &protocol, [1; 32], directory, host);
    let (whole, parts) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let once = go(whole.path(), &Quiet).unwrap();
    // The last steps of the segments of dynamics, counted from the start.
    let mut ends = vec![0];
    for (segment, summary) in protocol.segments.iter().zip(&once.segments) {
        if let Segment::Dynamics(_) = segment {
            ends.push(ends.last().unwrap() + summary.steps);
        }
    }
    assert_eq!((ends.len(), *ends.last().unwrap()), (4, once.steps));
    let mut stops: Vec<u64> = Vec::new();
    let last = loop {
        // More and more, for a minimisation begins anew each time; but a quarter of what is left of a segment, so that the
        // short ones are stopped, too, and all of them at their last step.
        let before = stops.last().copied().unwrap_or(0);
        let left = ends.iter().find(|end| **end > before);
        let quarter = left.map_or(u64::MAX, |end| (end - before).div_ceil(4));
        let patience = quarter.min(stops.len() as u64 + 1);
        let host = Impatient::new(patience);
        soft.evaluations();
        match go(parts.path(), &host) {
            Ok(summary) => break summary,
            Err(MdError::Cancelled) => stops.push(host.step.into_inner()),
            Err(error) => panic!("{error}"),
        }
        if before > 0 {
            assert_eq!(*stops.last().unwrap(), before + patience);
            // One a step and one to take up the last; few at the beginnings of segments and where atoms are wrapped.
            let evaluations = soft.evaluations();
            assert!(
                evaluations <= patience + patience / 25 + 6,
                "{evaluations} of {patience} steps"
            );
        }
        assert!(stops.len() < 1000);
    };
    assert!(stops.contains(&0), "never in the minimisation");
    for range in ends.windows(2) {
        let inside = stops
            .iter()
            .filter(|stop| (range[0]..range[1]).contains(*stop));
        let count = inside.filter(|stop| **stop > 0).count();
        assert!(
            count >= 5 && stops.contains(&range[1]),
            "{ends:?} {stops:?}"
        );
    }
    assert_eq!(bits(&once), bits(&last));
    assert_eq!(once.segments, last.segments);
    assert_eq!(files_of(whole.path()), files_of(parts.path()));
}

#[test]
fn seeds_make_runs_of_their_own_and_threads_do_not() {
    let start = crystal(3, 5.5);
    let protocol = Protocol {
        timestep_fs: 4.0,
        segments: vec![dynamics(nvt(Thermostat::Langevin, 60.0, 100.0), 400.0)],
        ..Protocol::default()
    };
    let on = |threads: usize, seed: u8| {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap();
        pool.install(|| logged(&start, &Soft, &protocol, seed).0)
    };
    let one = on(1, 1);
    assert_eq!(bits(&one), bits(&on(4, 1)));
    let other = on(1, 2);
    // Correlation of velocities of two replicas: 0 ± 1/√(3 n).
    let product = |a: &Summary, b: &Summary| -> f64 {
        let (a, b) = (a.velocities.as_flattened(), b.velocities.as_flattened());
        a.iter().zip(b).map(|(x, y)| x * y).sum()
    };
    let correlation =
        product(&one, &other) / (product(&one, &one) * product(&other, &other)).sqrt();
    assert!(
        correlation.abs() < 4.0 / (3.0 * 108.0f64).sqrt(),
        "{correlation}"
    );
}

#[test]
fn another_run_is_not_continued() {
    let start = crystal(2, 5.5);
    let protocol = |duration_fs, ramp| Protocol {
        segments: vec![dynamics(
            Ensemble::Nvt {
                temperature_k: ramp,
                thermostat: Thermostat::Rescaling,
                time_fs: 100.0,
            },
            duration_fs,
        )],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let go = |start: &Structure, protocol: &Protocol, seed: u8| {
        run(start, &Soft, protocol, [seed; 32], directory.path(), &Quiet)
    };
    let ramp = Ramp {
        start: 20.0,
        end: 40.0,
    };
    go(&start, &protocol(50.0, ramp), 1).unwrap();
    let other = |found: Result<Summary, MdError>, part: &str| {
        let error = found.unwrap_err().to_string();
        assert!(error.contains(part), "{error}");
    };
    other(go(&start, &protocol(50.0, ramp), 2), "seed");
    other(go(&crystal(2, 5.6), &protocol(50.0, ramp), 1), "structure");
    other(go(&start, &protocol(60.0, ramp), 1), "rate");
    other(
        go(&start, &protocol(50.0, Ramp::constant(20.0)), 1),
        "segment",
    );
    let finer = Protocol {
        timestep_fs: 0.5,
        ..protocol(50.0, ramp)
    };
    other(go(&start, &finer, 1), "timestep");
}

#[test]
fn damaged_files_are_told() {
    let start = crystal(2, 5.5);
    let protocol = Protocol {
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: nvt(Thermostat::Rescaling, 60.0, 100.0),
            duration_fs: 200.0,
            until: None,
            sample_fs: Some(1.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let go = || run(&start, &Soft, &protocol, [1; 32], directory.path(), &Quiet);
    go().unwrap();
    let path = directory.path().join(files::TRAJECTORY);
    let whole = std::fs::read(&path).unwrap();
    // Cut in the middle of the last chunk: what is before it is read.
    std::fs::write(&path, &whole[..whole.len() - 10]).unwrap();
    let mut cut = Trajectory::open(&path).unwrap();
    assert!(cut.is_cut() && cut.len() == 192, "{}", cut.len());
    assert_eq!(cut.frame(191).unwrap().step, 191);
    // A flipped bit is found where it is.
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 1;
    std::fs::write(&path, &flipped).unwrap();
    let mut bad = Trajectory::open(&path).unwrap();
    let failures = (0..bad.len())
        .filter(|&index| bad.frame(index).is_err())
        .count();
    assert_eq!(failures, 64, "one chunk");
    // A run does not go on from a trajectory that lost what its checkpoint counts on.
    std::fs::write(&path, &whole[..100]).unwrap();
    assert!(matches!(go(), Err(MdError::Damaged { .. })));
    std::fs::write(&path, &whole).unwrap();
    let checkpoint = directory.path().join(files::CHECKPOINT);
    let mut bytes = std::fs::read(&checkpoint).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    std::fs::write(&checkpoint, &bytes).unwrap();
    assert!(matches!(go(), Err(MdError::Damaged { .. })));
}

#[test]
fn frames_come_back_within_their_rounding_in_any_order() {
    let start = crystal(2, 5.5);
    let protocol = Protocol {
        timestep_fs: 4.0,
        keep_velocities: true,
        segments: vec![Segment::Dynamics(Dynamics {
            ensemble: nvt(Thermostat::Rescaling, 60.0, 100.0),
            duration_fs: 4.0 * 150.0,
            until: None,
            sample_fs: Some(4.0),
            observe_fs: None,
        })],
        ..Protocol::default()
    };
    let directory = tempfile::tempdir().unwrap();
    let summary = run(&start, &Soft, &protocol, [1; 32], directory.path(), &Quiet).unwrap();
    let mut trajectory = Trajectory::open(&summary.trajectory).unwrap();
    assert_eq!(trajectory.len(), 151);
    assert_eq!(trajectory.elements(), start.elements);
    let in_order: Vec<_> = trajectory.frames().map(Result::unwrap).collect();
    for index in [150, 3, 64, 63, 149, 0] {
        assert_eq!(trajectory.frame(index).unwrap(), in_order[index]);
        assert_eq!(in_order[index].step, index as u64);
    }
    let last = &in_order[150];
    let far = |a: &[[f64; 3]], b: &[[f64; 3]]| {
        assert_eq!(a.len(), b.len());
        let pairs = a.as_flattened().iter().zip(b.as_flattened());
        largest(pairs.map(|(x, y)| (x - y).abs()))
    };
    assert!(far(&last.images_ang, &summary.structure.positions_ang) <= 5.1e-7);
    assert!(far(last.velocities.as_ref().unwrap(), &summary.velocities) <= 5.1e-10);
    assert_eq!(last.cell, start.cell);
    // Compressed: both arrays with 8 bytes a number would take this.
    let bytes = std::fs::metadata(&summary.trajectory).unwrap().len();
    assert!(bytes < 151 * 32 * 6 * 8 / 2, "{bytes}");
}
