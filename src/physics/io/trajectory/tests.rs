use std::io::{Cursor, Write};

use super::*;
use crate::physics::numerics::Stream;

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

fn options() -> ReadOptions {
    ReadOptions {
        types: vec![element("Ti"), element("O")],
        elements: vec![element("O"), element("Ti")],
        step_fs: Some(2.0),
        ..ReadOptions::default()
    }
}

fn frames_of(bytes: &[u8]) -> (Vec<Snapshot>, Option<TrajectoryError>) {
    match read_trajectory(Cursor::new(bytes.to_vec()), options()) {
        Ok(mut frames) => frames.read_all(),
        Err(error) => (Vec::new(), Some(error)),
    }
}

fn close(a: [f64; 3], b: [f64; 3], tolerance: f64) -> bool {
    (0..3).all(|k| (a[k] - b[k]).abs() < tolerance)
}

const DUMP: &str = "ITEM: TIMESTEP\n100\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n-1 11 2\n-3 6 -1\n\
1 8 0.5\nITEM: ATOMS id type xs ys zs ix iy iz vx vy vz\n7 1 0.5 0.25 0.5 0 -1 2 1 2 3\n3 2 0 0 0 0 0 0 0 0 0\n\
ITEM: TIMESTEP\n200\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS xy xz yz pp pp pp\n-1 11 2\n-3 6 -1\n1 8 0.5\n\
ITEM: ATOMS id type xs ys zs ix iy iz vx vy vz\n3 2 0.1 0 0 0 0 0 0 0 0\n7 1 0.5 0.25 0.5 0 -1 2 1 2 3\n";

#[test]
fn tilted_dumps_with_images_are_placed_by_id() {
    let (frames, error) = frames_of(DUMP.as_bytes());
    assert_eq!((frames.len(), error), (2, None));
    let first = &frames[0];
    // xlo = −1 − min(0, 2, −1, 1) = 0, xhi = 11 − max(0, 2, −1, 1) = 9.
    assert_eq!(
        first.cell.rows_ang(),
        [[9.0, 0.0, 0.0], [2.0, 8.5, 0.0], [-1.0, 0.5, 7.0]]
    );
    assert_eq!(&*first.elements, [element("O"), element("Ti")]);
    assert_eq!(
        (first.step, first.time_fs, first.wrapped),
        (Some(100), Some(200.0), false)
    );
    assert!(close(
        first.positions_ang[1],
        first.cell.to_cartesian([0.5, -0.75, 2.5]),
        1e-12
    ));
    assert!(close(
        first.velocities_ang_per_fs[1],
        [1e-3, 2e-3, 3e-3],
        1e-15
    ));
    assert!(close(frames[1].positions_ang[0], [0.9, 0.0, 0.0], 1e-12));
}

#[test]
fn what_is_wrong_in_a_dump_is_said_with_its_place() {
    for (from, to, says) in [
        (
            "3 2 0.1 0 0",
            "3 2 nan 0 0",
            "frame 2 (line 21): a position is `nan`, which is no finite number",
        ),
        (
            "3 2 0.1 0 0",
            "3 1 0.1 0 0",
            "frame 2 (line 21): atom 3 was of type 2 and is of type 1 now",
        ),
        (
            "3 2 0.1 0 0",
            "4 2 0.1 0 0",
            "frame 2 (line 21): atom 4 is not in the first frame",
        ),
        (
            "3 2 0.1 0 0",
            "7 1 0.1 0 0",
            "frame 2 (line 22): atom 7 is there twice in this frame",
        ),
        (
            "3 2 0.1 0 0 0 0 0 0 0 0\n7 1 0.5 0.25 0.5 0 -1 2 1 2 3\n",
            "3 2 0.1 0",
            "frame 2 (line 21): a position is missing",
        ),
        (
            "3 2 0.1 0 0 0 0 0 0 0 0\n7 1 0.5 0.25 0.5 0 -1 2 1 2 3\n",
            "3 2 0.1 0 0 0 0 0 0 0 0\n",
            "frame 2 (line 21): the file ends within a frame",
        ),
    ] {
        let (frames, error) = frames_of(DUMP.replace(from, to).as_bytes());
        assert_eq!(frames.len(), 1, "{to}");
        assert_eq!(error.unwrap().to_string(), says);
    }
    for (from, to, says) in [
        (
            "pp pp pp",
            "pp ff pp",
            "frame 1 (line 5): the box is `ff` along y: it does not repeat",
        ),
        (
            "xs ys",
            "xs yt",
            "frame 1 (line 9): the atoms have no positions",
        ),
        (
            " type",
            " mol",
            "frame 1 (line 9): the atoms have neither a type nor an element",
        ),
    ] {
        let (_, error) = frames_of(DUMP.replace(from, to).as_bytes());
        assert_eq!(error.unwrap().to_string(), says);
    }
}

fn two_frames() -> Vec<Snapshot> {
    let frame = |step: u64, length: f64| Snapshot {
        step: Some(step),
        time_fs: Some(2.0 * step as f64),
        cell: Cell::from_parameters([length, 5.0, 6.0], [80.0, 95.0, 110.0]).unwrap(),
        elements: vec![element("O"), element("Ti")].into(),
        positions_ang: vec![[0.25, 1.5, -7.0], [3.0 * length, 2.0, 1.0]],
        wrapped: false,
        velocities_ang_per_fs: vec![[0.001, 0.0, 0.002], [0.0, -0.003, 0.0]],
        ..Snapshot::default()
    };
    vec![frame(10, 4.0), frame(20, 4.1)]
}

#[test]
fn what_is_written_is_read_again() {
    let frames = two_frames();
    let mut dump = LammpsDumpWriter::new(Vec::new());
    let mut extended = ExtxyzWriter::new(Vec::new());
    let mut dcd = DcdWriter::new(Cursor::new(Vec::new()));
    for frame in &frames {
        dump.write(frame).unwrap();
        extended.write(frame).unwrap();
        dcd.write(frame).unwrap();
    }
    let files = [
        (dump.finish().unwrap(), 1e-12, true),
        (extended.finish().unwrap(), 1e-7, true),
        (dcd.finish().unwrap().into_inner(), 1e-5, false),
    ];
    for (bytes, tolerance, has_velocities) in files {
        let (again, error) = frames_of(&bytes);
        assert_eq!((again.len(), error), (2, None));
        for (one, other) in again.iter().zip(&frames) {
            assert_eq!((one.step, &one.elements), (other.step, &other.elements));
            assert!((one.time_fs.unwrap() - other.time_fs.unwrap()).abs() < 1e-4);
            for k in 0..3 {
                assert!(close(
                    one.cell.rows_ang()[k],
                    other.cell.rows_ang()[k],
                    tolerance
                ));
            }
            let same = |found: &[[f64; 3]], expected: &[[f64; 3]], tolerance: f64| {
                assert_eq!(found.len(), expected.len());
                let mut pairs = found.iter().zip(expected);
                assert!(pairs.all(|(a, b)| close(*a, *b, tolerance)), "{found:?}");
            };
            same(&one.positions_ang, &other.positions_ang, tolerance);
            let velocities = &other.velocities_ang_per_fs;
            let kept = velocities.len() * usize::from(has_velocities);
            same(&one.velocities_ang_per_fs, &velocities[..kept], 1e-7);
        }
    }
}

/// The same file as SciPy, which has a NetCDF reader of its own, reads it.
#[test]
fn netcdf_files_are_what_another_reader_finds_in_them() {
    let frames = two_frames();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("t.nc");
    let written = write_trajectory(&mut InMemory::new(&frames), 2, WrittenForm::Netcdf, &path);
    assert_eq!(written.unwrap(), 2);
    assert_eq!(&std::fs::read(&path).unwrap()[..4], b"CDF\x02");
    // One frame too few is told.
    let short = write_trajectory(&mut InMemory::new(&frames), 1, WrittenForm::Netcdf, &path);
    assert!(short.is_err());
    write_trajectory(&mut InMemory::new(&frames), 2, WrittenForm::Netcdf, &path).unwrap();
    let Ok(python) = std::env::var("SYNTH_PACE_PYTHON") else {
        assert!(std::env::var_os("SYNTH_REQUIRE_PEERS").is_none());
        println!("skipped: no SciPy");
        return;
    };
    let script = "
import json, sys
from scipy.io import netcdf_file
f = netcdf_file(sys.argv[1], 'r', mmap=False)
text = lambda v: [b''.join(row).decode() for row in v]
print(json.dumps({
    'conventions': f.Conventions.decode(), 'version': f.ConventionVersion.decode(),
    'unit': f.variables['velocities'].units.decode(),
    'element': text(f.variables['element'][:]), 'angular': text(f.variables['cell_angular'][:]),
    **{name: f.variables[name][:].tolist() for name in
       ['time', 'coordinates', 'cell_lengths', 'cell_angles', 'velocities']}}))";
    let output = std::process::Command::new(python)
        .args(["-c", script])
        .arg(&path)
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect(&error);
    assert_eq!(
        (&found["conventions"], &found["version"]),
        (&"AMBER".into(), &"1.0".into())
    );
    assert_eq!(found["unit"], "angstrom/picosecond");
    assert_eq!(found["element"], serde_json::json!(["O    ", "Ti   "]));
    assert_eq!(
        found["angular"],
        serde_json::json!(["alpha", "beta ", "gamma"])
    );
    let near = |found: &serde_json::Value, expected: f64| {
        let found = found.as_f64().unwrap();
        assert!((found - expected).abs() < 1e-5, "{found} {expected}");
    };
    for (at, frame) in frames.iter().enumerate() {
        near(&found["time"][at], frame.time_fs.unwrap() * 1e-3);
        // `a` along x and `b` in the xy plane, which these cells have already.
        for k in 0..3 {
            near(&found["cell_lengths"][at][k], frame.cell.lengths_ang()[k]);
            near(&found["cell_angles"][at][k], frame.cell.angles_deg()[k]);
            for atom in 0..2 {
                near(
                    &found["coordinates"][at][atom][k],
                    frame.positions_ang[atom][k],
                );
                let velocity = frame.velocities_ang_per_fs[atom][k] * 1e3;
                near(&found["velocities"][at][atom][k], velocity);
            }
        }
    }
}

#[test]
fn packed_files_are_unpacked() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(DUMP.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    let zst = ruzstd::encoding::compress_to_vec(
        DUMP.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    for packed in [gz, zst] {
        assert_eq!(frames_of(&packed), frames_of(DUMP.as_bytes()));
        let (_, error) = frames_of(&packed[..packed.len() - 20]);
        assert!(error.is_some());
    }
}

const XDATCAR: &str = "TiO\n 2.0\n 2.0 0 0\n 0 2.5 0\n 0 0 3\n O Ti\n 1 1\nDirect configuration=     1\n 0.5 0.5 0.5\n \
0 0 0.25\nTiO\n 2.0\n 2.1 0 0\n 0 2.5 0\n 0 0 3\n O Ti\n 1 1\nDirect configuration=     2\n 0.5 0.5 0.5\n 0 0 0.75\n\
Direct configuration=     3\n 0.5 0.5 0.5\n 0 0 0.80\n";

#[test]
fn xdatcar_may_change_its_cell() {
    let (frames, error) = frames_of(XDATCAR.as_bytes());
    assert_eq!((frames.len(), error), (3, None));
    assert!(close(frames[0].positions_ang[0], [2.0, 2.5, 3.0], 1e-12));
    assert!(close(frames[2].positions_ang[0], [2.1, 2.5, 3.0], 1e-12));
    assert_eq!((frames[2].time_fs, frames[2].wrapped), (Some(4.0), true));
    let (frames, error) = frames_of(&XDATCAR.as_bytes()[..XDATCAR.len() - 12]);
    assert_eq!(frames.len(), 2);
    assert!(error.unwrap().to_string().contains("line"));
}

#[test]
fn unwrapping_keeps_displacements_in_a_cell_that_breathes() {
    // A walk whose displacements are known, in a cell that breathes by 10 %: the atom goes with the cell and steps.
    let mut stream = Stream::new([5; 32], &[]);
    let (mut wrapped, mut images) = (Unwrapper::default(), Unwrapper::default());
    let (mut length, mut inside, mut image) = (10.0, [5.0, 1.0, 9.0f64], [0.0f64; 3]);
    let mut real = inside;
    for frame in 0..2000 {
        let cell = Cell::orthorhombic([length; 3]).unwrap();
        let mut one = Snapshot {
            cell,
            elements: vec![element("O")].into(),
            positions_ang: vec![inside],
            wrapped: true,
            ..Snapshot::default()
        };
        let mut other = Snapshot {
            positions_ang: vec![std::array::from_fn(|k| inside[k] + image[k] * length)],
            wrapped: false,
            ..one.clone()
        };
        wrapped.unwrap(&mut one).unwrap();
        images.unwrap(&mut other).unwrap();
        assert!(close(one.unwrapped_ang[0], real, 1e-8), "{frame}");
        assert!(close(other.unwrapped_ang[0], real, 1e-8), "{frame}");
        let next = 10.0 + f64::sin(f64::from(frame) * 0.7);
        for k in 0..3 {
            let moved = inside[k] * next / length + 0.5 * stream.uniform() - 0.2;
            real[k] += moved - inside[k];
            image[k] += (moved / next).floor();
            inside[k] = moved - (moved / next).floor() * next;
        }
        length = next;
    }
    assert!(image[0] > 2.0, "it has gone far: {image:?}");
    // A jump by nearly half a cell is refused.
    let mut unwrapper = Unwrapper::default();
    let mut frame = two_frames().remove(0);
    frame.wrapped = true;
    unwrapper.unwrap(&mut frame.clone()).unwrap();
    let half = frame.cell.to_cartesian([0.45, 0.0, 0.0]);
    for (coordinate, step) in frame.positions_ang[1].iter_mut().zip(half) {
        *coordinate += step;
    }
    let error = unwrapper.unwrap(&mut frame).unwrap_err();
    assert!(
        error.to_string().contains("atom 2 moves by 0.45"),
        "{error}"
    );
}

/// Bytes changed, cut and doubled at random: an error that names a frame and a mend, or frames, never a panic.
/// `SYNTH_FUZZ_SECONDS` sets for how long.
#[test]
fn damaged_files_do_no_harm() {
    let mut dcd = DcdWriter::new(Cursor::new(Vec::new()));
    let mut extended = ExtxyzWriter::new(Vec::new());
    for frame in two_frames() {
        dcd.write(&frame).unwrap();
        extended.write(&frame).unwrap();
    }
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(DUMP.as_bytes()).unwrap();
    let zst = ruzstd::encoding::compress_to_vec(
        DUMP.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    let files = [
        DUMP.as_bytes().to_vec(),
        XDATCAR.as_bytes().to_vec(),
        dcd.finish().unwrap().into_inner(),
        extended.finish().unwrap(),
        gz.finish().unwrap(),
        zst,
    ];
    let seconds = std::env::var("SYNTH_FUZZ_SECONDS").ok();
    let seconds = seconds.and_then(|text| text.parse::<f64>().ok());
    let seconds = seconds.unwrap_or(0.0) / 8.0;
    let mut stream = Stream::new([8; 32], &[]);
    for file in &files {
        let start = std::time::Instant::now();
        let mut tried = 0;
        while tried < 1500 || start.elapsed().as_secs_f64() < seconds {
            tried += 1;
            let mut bytes = file.clone();
            for _ in 0..=stream.below(4) {
                let at = stream.below(bytes.len() as u64) as usize;
                match stream.below(4) {
                    0 => bytes[at] = stream.bits() as u8,
                    1 => bytes[at] = b"0123456789-+.eE \nTinf"[stream.below(21) as usize],
                    2 => bytes.truncate(at.max(1)),
                    _ => {
                        let again = bytes[at..].to_vec();
                        bytes.extend(again);
                    }
                }
            }
            let (frames, error) = frames_of(&bytes);
            for frame in &frames {
                let finite = frame
                    .positions_ang
                    .as_flattened()
                    .iter()
                    .all(|x| x.is_finite());
                assert!(finite && frame.positions_ang.len() == frame.elements.len());
            }
            let mut unwrapper = Unwrapper::default();
            for mut frame in frames {
                if unwrapper.unwrap(&mut frame).is_err() {
                    break;
                }
            }
            if let Some(error) = error {
                assert!(!error.help.is_empty() && error.frame > 0, "{error}");
            }
        }
    }
}
