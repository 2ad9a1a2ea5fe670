//! Seeded mutations of trajectories: whatever the bytes are, reading ends, an error says why, and frames are those that were
//! written, up to the damage at least. `SYNTH_FUZZ_SECONDS` sets how long for each test.

use std::ops::Range;
use std::path::Path;

use super::codec::HEAD as FRAME_HEAD;
use super::*;
use crate::base::Element;
use crate::physics::md::MdError;
use crate::physics::md::tests::{at_least, damage_at};
use crate::physics::numerics::Stream;

/// Of three elements: magic and so on, their numbers, a checksum.
const ELEMENTS: [&str; 3] = ["Ba", "Ti", "O"];
const FILE_HEAD: usize = 24 + ELEMENTS.len() + 4;

/// A file of two segments and what is read from it: chunks of 64, 64, 37, 64 and 3 frames.
fn written(path: &Path, velocities: bool) -> (Vec<u8>, Vec<Frame>) {
    let elements = ELEMENTS.map(|symbol| Element::from_symbol(symbol).unwrap());
    let mut writer = Writer::create(path, &elements, velocities).unwrap();
    let mut stream = Stream::new([3; 32], &[u64::from(velocities)]);
    let mut walk = [[1.0; 3], [5.0; 3], [9.0; 3]];
    for number in 0..232u64 {
        for x in walk.as_flattened_mut() {
            *x += 0.1 * stream.normal();
        }
        let edge = 10.0 + 0.1 * stream.uniform();
        let frame = Frame {
            step: 10 * number,
            time_fs: 20.0 * number as f64,
            segment: usize::from(number >= 165),
            potential_ev: stream.normal(),
            cell: Cell::new([[edge, 0.0, 0.0], [0.3, edge, 0.0], [0.0, -0.2, edge]]).unwrap(),
            images_ang: walk.to_vec(),
            offsets_ang: vec![[0.0, edge, 0.0]; 3],
            velocities: velocities.then(|| vec![[0.01 * stream.normal(); 3]; 3]),
        };
        writer.push(&frame).unwrap();
        if number == 164 {
            writer.flush().unwrap();
        }
    }
    writer.flush().unwrap();
    let bytes = std::fs::read(path).unwrap();
    let frames: Vec<Frame> = Trajectory::open(path)
        .unwrap()
        .frames()
        .map(Result::unwrap)
        .collect();
    assert_eq!(frames.len(), 232);
    (bytes, frames)
}

fn number_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// The chunks of an undamaged file with their heads, and how many frames each has.
fn chunks(bytes: &[u8]) -> Vec<(Range<usize>, usize)> {
    let mut all = Vec::new();
    let mut at = FILE_HEAD;
    while at < bytes.len() {
        let end = at + CHUNK_HEAD + number_at(bytes, at) as usize;
        all.push((at..end, number_at(bytes, at + 4) as usize));
        at = end;
    }
    assert_eq!(
        all.iter().map(|(_, frames)| *frames).collect::<Vec<_>>(),
        [64, 64, 37, 64, 3]
    );
    all
}

/// Somewhere in a file, as often as not where something begins.
fn place(bytes: &[u8], starts: &[usize], stream: &mut Stream) -> usize {
    let below = |bound: usize, stream: &mut Stream| stream.below(bound as u64) as usize;
    if stream.below(2) == 0 {
        return below(bytes.len(), stream);
    }
    let start = starts[below(starts.len(), stream)];
    (start + below(2 * CHUNK_HEAD, stream))
        .saturating_sub(below(2, stream) * CHUNK_HEAD)
        .min(bytes.len().saturating_sub(1))
}

/// One thing that can happen to a file.
fn damage(bytes: &mut Vec<u8>, starts: &[usize], stream: &mut Stream) {
    if bytes.is_empty() {
        return;
    }
    let at = place(bytes, starts, stream);
    if damage_at(bytes, at, &[0, 0xff], stream) {
        return;
    }
    // A number of the head of a chunk, or what begins there by now.
    let start = starts[stream.below(starts.len() as u64) as usize];
    let at = start + 4 * stream.below(3) as usize;
    if at + 4 <= bytes.len() {
        let old = number_at(bytes, at);
        let new = [
            0,
            1,
            old.wrapping_add(1),
            old.wrapping_sub(1),
            old ^ (1 << stream.below(32)),
            u32::MAX,
        ][stream.below(6) as usize];
        bytes[at..at + 4].copy_from_slice(&new.to_le_bytes());
    }
}

fn is_told(error: &MdError) {
    match error {
        MdError::Damaged { what, .. } => assert!(!what.is_empty()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn mutated_trajectories_are_read_up_to_the_damage() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    for velocities in [false, true] {
        let (whole, frames) = written(&path, velocities);
        let chunks = chunks(&whole);
        let starts: Vec<usize> = chunks.iter().map(|(range, _)| range.start).collect();
        let mut stream = Stream::new([4; 32], &[]);
        let (mut all, mut told) = (0, 0);
        at_least(1500, || {
            let mut bytes = whole.clone();
            for _ in 0..=stream.below(3) {
                damage(&mut bytes, &starts, &mut stream);
            }
            std::fs::write(&path, &bytes).unwrap();
            all += 1;
            // Chunks before the first byte that is another are as they were.
            let same = whole.iter().zip(&bytes).take_while(|(a, b)| a == b).count();
            let good: usize = chunks
                .iter()
                .filter(|(range, _)| range.end <= same)
                .map(|(_, frames)| frames)
                .sum();
            let mut trajectory = match Trajectory::open(&path) {
                Ok(trajectory) => trajectory,
                Err(error) => {
                    is_told(&error);
                    assert!(same < FILE_HEAD, "{error}");
                    told += 1;
                    return;
                }
            };
            // Whoever makes room for all frames is not led to make more than the size of the file allows.
            assert!(trajectory.len() <= bytes.len() / CHUNK_HEAD);
            let mut read = 0;
            while read < trajectory.len() {
                match trajectory.frame(read) {
                    Ok(frame) => assert_eq!(Some(&frame), frames.get(read), "of {good} good ones"),
                    Err(error) => {
                        is_told(&error);
                        told += 1;
                        break;
                    }
                }
                read += 1;
            }
            assert!(read >= good, "{read} of {good}");
            // In any order each frame is one of those written, or none.
            for _ in 0..4.min(trajectory.len()) {
                let index = stream.below(trajectory.len() as u64) as usize;
                match trajectory.frame(index) {
                    Ok(frame) => assert_eq!(frame, frames[frame.step as usize / 10]),
                    Err(error) => is_told(&error),
                }
            }
            // As analyses read it.
            match Trajectory::open(&path).unwrap().into_production() {
                Ok(mut production) => {
                    use crate::physics::io::trajectory::Frames;
                    let (read, _) = production.read_all();
                    for snapshot in read {
                        let written = &frames[snapshot.step.unwrap() as usize / 10];
                        assert_eq!(snapshot.positions_ang, written.images_ang);
                    }
                }
                Err(error) => is_told(&error),
            }
        });
        println!("{told} of {all} were told");
        assert!(2 * told > all, "{told} of {all}");
    }
}

/// Every byte of the heads, and every place where a file can end.
#[test]
fn a_trajectory_that_ends_anywhere_or_has_a_bit_flipped_in_a_head_is_read_up_to_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    let (whole, frames) = written(&path, true);
    let chunks = chunks(&whole);
    // How many frames are read, and whether anything is said of the end.
    let read_well = |bytes: &[u8]| -> Option<(usize, bool)> {
        std::fs::write(&path, bytes).unwrap();
        let mut trajectory = Trajectory::open(&path)
            .map_err(|error| is_told(&error))
            .ok()?;
        let mut read = 0;
        while read < trajectory.len() {
            match trajectory.frame(read) {
                Ok(frame) => assert_eq!(frame, frames[read]),
                Err(error) => {
                    is_told(&error);
                    return Some((read, true));
                }
            }
            read += 1;
        }
        Some((read, trajectory.is_cut()))
    };
    // A border of a chunk.
    let is_near = |end: usize| {
        let mut borders = chunks.iter().map(|(range, _)| range.end);
        borders.any(|border| border.abs_diff(end) <= CHUNK_HEAD)
    };
    let ends = |end: usize| {
        let whole = chunks.iter().filter(|(range, _)| range.end <= end);
        whole.map(|(_, frames)| frames).sum::<usize>()
    };
    for end in (0..whole.len()).filter(|end| *end < 60 || end % 211 == 0 || is_near(*end)) {
        match read_well(&whole[..end]) {
            None => assert!(end < FILE_HEAD, "{end}"),
            Some((read, told)) => {
                assert_eq!(read, ends(end), "{end}");
                let between = end == FILE_HEAD || chunks.iter().any(|(range, _)| range.end == end);
                assert_eq!(told, !between, "{end}");
            }
        }
    }
    for bit in 0..8 * FILE_HEAD {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read_well(&bytes), None, "bit {bit}");
    }
    for (range, _) in &chunks {
        for bit in 0..8 * CHUNK_HEAD {
            let mut bytes = whole.clone();
            bytes[range.start + bit / 8] ^= 1 << (bit % 8);
            let (read, told) = read_well(&bytes).unwrap();
            let all = read == frames.len();
            assert!(told || all, "bit {bit} at {}: {read} frames", range.start);
            assert!(read >= ends(range.start));
        }
    }
}

#[test]
fn chunks_that_are_lost_doubled_or_exchanged_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    let (whole, frames) = written(&path, true);
    let chunks = chunks(&whole);
    let mut stream = Stream::new([8; 32], &[]);
    at_least(100, || {
        let mut order: Vec<usize> = (0..chunks.len()).collect();
        for _ in 0..=stream.below(3) {
            let at = stream.below(order.len() as u64) as usize;
            let other = stream.below(order.len() as u64) as usize;
            match stream.below(3) {
                0 if order.len() > 1 => {
                    order.remove(at);
                }
                1 => order.insert(other, order[at]),
                _ => order.swap(at, other),
            }
        }
        let mut bytes = whole[..FILE_HEAD].to_vec();
        for chunk in &order {
            bytes.extend(&whole[chunks[*chunk].0.clone()]);
        }
        std::fs::write(&path, &bytes).unwrap();
        let right = order
            .iter()
            .zip(0..)
            .take_while(|(at, own)| *at == own)
            .count();
        let good: usize = chunks[..right].iter().map(|(_, frames)| frames).sum();
        let mut trajectory = Trajectory::open(&path).unwrap();
        let read: Vec<_> = trajectory.frames().take(good).map(Result::unwrap).collect();
        assert!(read == frames[..good]);
        if right < order.len() {
            is_told(&trajectory.frame(good).unwrap_err());
        }
    });
}

/// Behind a checksum that is right: what no accident makes.
#[test]
fn chunks_of_nonsense_are_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.synthtrj");
    for velocities in [false, true] {
        let (whole, frames) = written(&path, velocities);
        let chunks = chunks(&whole);
        let mut stream = Stream::new([6; 32], &[]);
        let mut read_well = 0;
        at_least(300, || {
            let (range, _) = &chunks[1];
            let mut body = whole[range.start + CHUNK_HEAD..range.end].to_vec();
            for _ in 0..=stream.below(3) {
                damage(&mut body, &[0, FRAME_HEAD], &mut stream);
            }
            let mut bytes = whole[..range.start].to_vec();
            bytes.extend((body.len() as u32).to_le_bytes());
            bytes.extend(64u32.to_le_bytes());
            bytes.extend(checksum(range.start as u64, 64, &body).to_le_bytes());
            bytes.extend(&body);
            // The chunks after it lie elsewhere now.
            for (range, frames) in &chunks[2..] {
                let body = &whole[range.start + CHUNK_HEAD..range.end];
                let sum = checksum(bytes.len() as u64, *frames as u32, body);
                bytes.extend(&whole[range.start..range.start + 8]);
                bytes.extend(sum.to_le_bytes());
                bytes.extend(body);
            }
            std::fs::write(&path, &bytes).unwrap();
            let mut trajectory = Trajectory::open(&path).unwrap();
            // The chunks around it are as they were.
            let after = trajectory.len() - (232 - 128);
            assert!((65..=128).contains(&after));
            for index in 0..trajectory.len() {
                match trajectory.frame(index) {
                    Ok(frame) if index < 64 => assert_eq!(frame, frames[index]),
                    Ok(frame) if index >= after => assert_eq!(frame, frames[128 + index - after]),
                    Ok(frame) => {
                        read_well += 1;
                        assert_eq!(frame.images_ang.len(), ELEMENTS.len());
                        assert_eq!(frame.offsets_ang.len(), ELEMENTS.len());
                    }
                    Err(error) => {
                        is_told(&error);
                        assert!((64..after).contains(&index), "{index}");
                    }
                }
            }
        });
        assert!(read_well > 0);
    }
}
