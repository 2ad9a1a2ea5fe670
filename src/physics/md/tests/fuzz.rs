//! Seeded mutations of checkpoints: whatever the bytes are, a run goes on as the run it was, or says why not and leaves alone
//! what was computed. `SYNTH_FUZZ_SECONDS` sets how long for each test.

use super::*;
use crate::physics::analysis::Observe;
use crate::physics::md::{Barostat, Freedom, MdError};

/// The directory of a run half done.
struct Half {
    folder: tempfile::TempDir,
    files: [(&'static str, Vec<u8>); 3],
}

const STEPS: u32 = 90;

fn protocol(steps: u32) -> Protocol {
    Protocol {
        timestep_fs: 4.0,
        log_fs: 16.0,
        skin_ang: 0.4,
        drift_bound: 1e3,
        keep_velocities: true,
        observe: Observe::default(),
        segments: vec![
            dynamics(nvt(Thermostat::Rescaling, 60.0, 200.0), 40.0),
            Segment::Dynamics(Dynamics {
                ensemble: Ensemble::Npt {
                    temperature_k: Ramp::constant(60.0),
                    thermostat_time_fs: 300.0,
                    pressure_ev_per_ang3: Ramp::constant(0.036),
                    barostat: Barostat::Mtk(Freedom::Full),
                    barostat_time_fs: 800.0,
                },
                duration_fs: 4.0 * f64::from(steps),
                until: None,
                sample_fs: Some(20.0),
                observe_fs: Some(8.0),
            }),
        ],
    }
}

fn go(directory: &Path, steps: u32) -> Result<Summary, MdError> {
    go_with(&Soft, directory, steps)
}

fn go_with(potential: &dyn Potential, directory: &Path, steps: u32) -> Result<Summary, MdError> {
    let start = crystal(2, 5.5);
    run(
        &start,
        potential,
        &protocol(steps),
        [1; 32],
        directory,
        &Quiet,
    )
}

/// What a run left: the last positions and velocities, the trajectory and the log.
fn end(summary: &Summary) -> (Vec<u64>, [Vec<u8>; 2]) {
    let numbers = summary.structure.positions_ang.iter();
    let numbers = numbers.chain(&summary.velocities).flatten();
    let bits = numbers.map(|x| x.to_bits()).collect();
    let files = [&summary.trajectory, &summary.log].map(|path| std::fs::read(path).unwrap());
    (bits, files)
}

impl Half {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        go(folder.path(), STEPS / 2).unwrap();
        let files = [files::CHECKPOINT, files::TRAJECTORY, files::LOG]
            .map(|name| (name, std::fs::read(folder.path().join(name)).unwrap()));
        Half { folder, files }
    }

    fn checkpoint(&self) -> &[u8] {
        &self.files[0].1
    }

    /// Goes on from another checkpoint, with everything else as it was.
    fn go_on(&self, checkpoint: &[u8]) -> Result<Summary, MdError> {
        self.go_on_with(&Soft, checkpoint)
    }

    fn go_on_with(&self, potential: &dyn Potential, checkpoint: &[u8]) -> Result<Summary, MdError> {
        for (name, bytes) in &self.files {
            std::fs::write(self.folder.path().join(name), bytes).unwrap();
        }
        std::fs::write(self.folder.path().join(files::CHECKPOINT), checkpoint).unwrap();
        go_with(potential, self.folder.path(), STEPS)
    }

    /// That a refused run left alone what there was.
    fn is_untouched(&self) {
        for (name, bytes) in &self.files[1..] {
            let now = std::fs::read(self.folder.path().join(name)).unwrap();
            assert!(now == *bytes, "{name} has changed");
        }
    }
}

/// Where the parts of a checkpoint begin: each with its length, the first is the head.
fn parts(checkpoint: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 12;
    while at < checkpoint.len() - 4 {
        starts.push(at);
        let length = checkpoint[at..at + 8].try_into().unwrap();
        at += 8 + u64::from_le_bytes(length) as usize;
    }
    assert_eq!(starts.len(), 9);
    starts
}

/// One thing that can happen to a file.
fn damage(bytes: &mut Vec<u8>, starts: &[usize], stream: &mut Stream) {
    if bytes.is_empty() {
        return;
    }
    let last = bytes.len() - 1;
    let start = starts[stream.below(starts.len() as u64) as usize];
    let at = match stream.below(3) {
        0 => start + stream.below(16) as usize,
        // The head is the part with the most to say.
        1 => starts[0] + stream.below((starts[1] - starts[0]) as u64) as usize,
        _ => stream.below(bytes.len() as u64) as usize,
    };
    let at = at.min(last);
    if damage_at(bytes, at, &[0, 0xff, b'9'], stream) {
        return;
    }
    // A digit more or another one, where there are any.
    if let Some(digit) = bytes[at..].iter().position(u8::is_ascii_digit) {
        let new = b"0123456789-e."[stream.below(13) as usize];
        match stream.below(2) {
            0 => bytes[at + digit] = new,
            _ => bytes.insert(at + digit, new),
        }
    }
}

#[test]
fn a_damaged_checkpoint_is_told_or_gone_on_from_as_if_it_were_not() {
    let half = Half::new();
    let whole = half.checkpoint().to_vec();
    let expected = end(&half.go_on(&whole).unwrap());
    let starts = parts(&whole);
    let soft = Counted::new(&Soft);
    let check = |bytes: &[u8]| match half.go_on_with(&soft, bytes) {
        Ok(summary) => {
            assert!(end(&summary) == expected, "another run");
            // A run that began anew would end in the same way.
            let evaluations = soft.evaluations();
            assert!(evaluations <= u64::from(STEPS / 2) + 3, "{evaluations}");
        }
        Err(MdError::Damaged { what, .. } | MdError::OtherRun { what, .. }) => {
            assert!(!what.is_empty() && bytes != whole, "{what}");
            half.is_untouched();
            soft.evaluations();
        }
        Err(other) => panic!("{other:?}"),
    };
    check(&whole);
    // Every place near the beginning of something, and now and then one between.
    let near = |end: usize| {
        starts
            .iter()
            .chain([&0, &whole.len()])
            .any(|start| start.abs_diff(end) < 14)
    };
    for end in (0..whole.len()).filter(|end| near(*end) || end % 97 == 0) {
        check(&whole[..end]);
    }
    for bit in (0..8 * whole.len()).filter(|bit| near(bit / 8) && bit % 3 == 0) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        check(&bytes);
    }
    let mut stream = Stream::new([5; 32], &[]);
    at_least(1000, || {
        let mut bytes = whole.clone();
        for _ in 0..=stream.below(3) {
            damage(&mut bytes, &starts, &mut stream);
        }
        check(&bytes);
    });
    // Nothing there is a run that begins anew.
    std::fs::remove_file(half.folder.path().join(files::CHECKPOINT)).unwrap();
    assert!(end(&go(half.folder.path(), STEPS).unwrap()) == expected);
}

/// Behind a checksum that is right: what no accident makes. Numbers may be others than they were, but a run ends, or says
/// why not.
#[test]
fn a_checkpoint_of_nonsense_is_refused_or_gone_on_from() {
    let half = Half::new();
    let whole = half.checkpoint().to_vec();
    let starts = parts(&whole);
    let mut stream = Stream::new([7; 32], &[]);
    let (mut all, mut went_on) = (0, 0);
    at_least(1000, || {
        let mut body = whole[..whole.len() - 4].to_vec();
        for _ in 0..=stream.below(2) {
            damage(&mut body, &starts, &mut stream);
        }
        body.extend(crc32fast::hash(&body).to_le_bytes());
        all += 1;
        match half.go_on(&body) {
            Ok(_) => went_on += 1,
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    });
    println!("{went_on} of {all} went on");
    assert!(went_on > 0);
}
