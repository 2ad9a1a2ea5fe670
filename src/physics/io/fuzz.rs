//! Seeded mutations of files: whatever the bytes are, every reader returns, an error names a line of the file, and what is
//! read can be written and searched for symmetry. `SYNTH_FUZZ_SECONDS` sets how long for each format.

use super::*;
use crate::physics::structure::Symmetry;

const CIF: &str = "data_a\n_cell_length_a 4.0(1)\n_cell_length_b 4\n_cell_length_c 4\n_cell_angle_alpha 90\n\
    _cell_angle_beta 90\n_cell_angle_gamma 90\n_space_group_name_H-M_alt 'P m -3 m'\n_x\n;\ntext\n;\nloop_\n\
    _atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n_atom_site_occupancy\nBa1 0 0 0 1\n\
    Ti 0.5 0.5 0.5 1\nO2- .5 .5 0 1\ndata_b\nloop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,-y+1/2,z\n";
const POSCAR: &str = "Ba O\n-42.1\n0.0 2.76 2.76\n2.76 0.0 2.76\n2.76 2.76 0.0\nBa O\n1 1\nSelective\nDirect\n\
    0 0 0 T T F\n0.5 0.5 0.5 F F F\n";
const LAMMPS: &str = "x\n\n3 atoms\n2 atom types\n-1.0 3.0 xlo xhi\n0.0 5.0 ylo yhi\n0 6 zlo zhi\n0.5 -0.25 1.0 xy xz yz\n\
    Masses\n\n1 137.33\n2 15.9994 # O\n\nAtoms # charge\n\n3 2 -1.2 1.0 2.0 3.0 0 0 0\n1 1 2.4 0.0 0.0 0.0\n2 2 -1.2 -0.5 \
    0.25 1e-3\n";
const EXTXYZ: &str = "2\nLattice=\"4.0 0 0 0 4.5 0 1 0 5\" Properties=species:S:1:pos:R:3:forces:R:3:id:I:1:fixed:L:1 \
    energy=-1.5 stress=[[1,2,3],[2,4,5],[3,5,6]] note='a \\'b' pbc=\"T T F\"\nBa 0.0 0.1 0.2 1 2 3 7 T\nO 2.0D+00 0 -1e-3 1 \
    2 3 8 F\n1\nLattice=\"3 0 0 0 3 0 0 0 3\"\nTi 0 0 0\n";

fn each(seed: &str, words: &[&str], read: impl Fn(&[u8]) -> Result<Vec<Frame>, FileError>) {
    let seconds = std::env::var("SYNTH_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse::<f64>().ok())
        .map_or(0.5, |seconds| seconds / 8.0);
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    assert!(read(seed.as_bytes()).is_ok(), "{:?}", read(seed.as_bytes()));
    let start = std::time::Instant::now();
    let mut read_well = 0;
    while start.elapsed().as_secs_f64() < seconds {
        let mut bytes = seed.as_bytes().to_vec();
        for _ in 0..=random(4) {
            let at = random(bytes.len());
            match random(6) {
                0 if !bytes.is_empty() => bytes[at] = random(256) as u8,
                1 => bytes.truncate(at),
                2 if !bytes.is_empty() => {
                    bytes.remove(at);
                }
                3 => {
                    let word = words[random(words.len())].bytes();
                    bytes.splice(at..at, word);
                }
                4 => {
                    // A line twice, or gone.
                    let mut lines: Vec<Vec<u8>> = bytes
                        .split(|byte| *byte == b'\n')
                        .map(<[u8]>::to_vec)
                        .collect();
                    let line = random(lines.len());
                    let own = lines.remove(line);
                    if random(2) == 0 {
                        lines.insert(line, own.clone());
                        lines.insert(random(lines.len()), own);
                    }
                    bytes = lines.join(&b'\n');
                }
                _ => {
                    let end = (at + random(8)).min(bytes.len());
                    let word = words[random(words.len())].bytes();
                    bytes.splice(at..end, word);
                }
            }
        }
        match read(&bytes) {
            Ok(frames) => {
                read_well += 1;
                for frame in frames {
                    assert!(
                        frame
                            .structure
                            .positions_ang
                            .as_flattened()
                            .iter()
                            .all(|x| x.is_finite())
                    );
                    assert_eq!(
                        frame.structure.elements.len(),
                        frame.structure.positions_ang.len()
                    );
                    let mut out = Vec::new();
                    write_extxyz(&mut out, &frame).expect("memory takes it");
                    write_poscar("x", &frame);
                    write_cif("x", &frame.structure);
                    write_lammps_data("x", &frame);
                    let _ = Symmetry::of(&frame.structure, 1e-3);
                    let _ = frame.structure.reduced();
                }
            }
            Err(error) => {
                let lines = bytes.split(|byte| *byte == b'\n').count() + 1;
                assert!((1..=lines).contains(&error.line), "{error}");
                assert!(!error.help.is_empty());
            }
        }
    }
    assert!(read_well > 0);
}

const NUMBERS: &[&str] = &[
    "0",
    "-1",
    "1e999",
    "nan",
    "inf",
    "1e-300",
    "1e300",
    "99999999999999999999",
    "0.5",
    "-",
    ".",
    "(",
    "\u{fffd}",
    "Å",
];

fn with_numbers(words: &[&'static str]) -> Vec<&'static str> {
    [words, NUMBERS].concat()
}

fn text(bytes: &[u8]) -> Result<&str, FileError> {
    std::str::from_utf8(bytes).map_err(|_| FileError::new(1, "no text", "text"))
}

#[test]
fn mutated_cifs_are_read_or_refused() {
    let words = with_numbers(&[
        "loop_",
        "data_",
        "'",
        "\"",
        ";",
        "\n;",
        "_cell_length_a",
        "?",
        "P 1",
        "x,y,z",
        "#",
    ]);
    each(CIF, &words, |bytes| read_cif(text(bytes)?));
}

#[test]
fn mutated_poscars_are_read_or_refused() {
    let words = with_numbers(&["Direct", "Cartesian", "S", "T", "Ba", "\n"]);
    each(POSCAR, &words, |bytes| Ok(vec![read_poscar(text(bytes)?)?]));
}

#[test]
fn mutated_lammps_data_are_read_or_refused() {
    let words = with_numbers(&[
        "Atoms", "Masses", "# full", "xlo", "xhi", "lo", "éhi", "atoms", "\n",
    ]);
    each(LAMMPS, &words, |bytes| {
        Ok(vec![read_lammps_data(text(bytes)?)?])
    });
}

#[test]
fn mutated_extended_xyz_are_read_or_refused() {
    let words = with_numbers(&[
        "Lattice=",
        "Properties=",
        ":R:3",
        "\"",
        "[",
        "]",
        "{",
        "\\",
        "=",
        "T",
        "\n",
    ]);
    each(EXTXYZ, &words, |bytes| read_extxyz(bytes));
}
