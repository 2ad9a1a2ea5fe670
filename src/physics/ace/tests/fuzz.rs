//! Seeded mutations of files: whatever the bytes are, every reader returns, an error says where and how to mend it, and what is
//! read can be evaluated and written. `SYNTH_FUZZ_SECONDS` sets how long for each format.

use super::formats::{active_set, polynomial, sample, tabulated};
use crate::physics::ace::{
    AtomicClusterExpansion, Basis, EmbeddingForm, Expansion, InnerCutoff, Model, ModelError,
    RadialBasis, discontinuities, read_asi, write_ace, write_asi, write_basis, write_yace,
};
use crate::physics::potential::{Calculator, Potential, Want};
use crate::physics::structure::{Cell, Structure};

/// Words that a mutation may put anywhere.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "1e999",
    "nan",
    ".inf",
    "1e-300",
    "1e300",
    "99999999999999999999",
    "0.5",
    "7",
    "32",
    "[",
    "]",
    "{",
    "}",
    ": ",
    ", ",
    "\n",
    "- ",
    "\"",
    "'",
    "#",
    "|\n",
    "? ",
    "---",
    "[]",
    "{}",
    "\u{fffd}",
    "Å",
    "\t",
    "=",
    "<",
    ">",
    "(",
    ")",
    "Al",
    "O",
    "ChebPow",
    "ChebLinear",
    "SBessel",
    "ACE.jl.base",
    "zbl",
    "distance",
    "FinnisSinclair",
    "mus: ",
    "ns: ",
    "rank: ",
    "true",
    "&a",
    "*a",
];

fn seconds() -> f64 {
    let set = std::env::var("SYNTH_FUZZ_SECONDS")
        .ok()
        .and_then(|text| text.parse::<f64>().ok());
    set.map_or(0.5, |seconds| seconds / 8.0)
}

/// Mutates `seed` until the time is over; `check` says whether the bytes were read.
fn each(seed: &[u8], check: impl Fn(&[u8]) -> bool) {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    assert!(check(seed));
    let start = std::time::Instant::now();
    let (mut read_well, mut all) = (0, 0);
    while start.elapsed().as_secs_f64() < seconds() {
        let mut bytes = seed.to_vec();
        for _ in 0..=random(3) {
            let at = random(bytes.len());
            let word = WORDS[random(WORDS.len())].bytes();
            match random(8) {
                0 if !bytes.is_empty() => bytes[at] = random(256) as u8,
                // Most mutations should leave something to read.
                1 if random(4) == 0 => bytes.truncate(at),
                2 if !bytes.is_empty() => {
                    bytes.remove(at);
                }
                3 => {
                    bytes.splice(at..at, word);
                }
                4 => {
                    let mut lines: Vec<Vec<u8>> = bytes
                        .split(|byte| *byte == b'\n')
                        .map(<[u8]>::to_vec)
                        .collect();
                    let own = lines.remove(random(lines.len()));
                    if random(2) == 0 {
                        lines.insert(random(lines.len()), own.clone());
                        lines.insert(random(lines.len()), own);
                    }
                    bytes = lines.join(&b'\n');
                }
                5 | 6 => {
                    // A number in place of one.
                    let is_part = |byte: &u8| byte.is_ascii_digit() || b".-+e".contains(byte);
                    if let Some(first) = bytes[at.min(bytes.len())..]
                        .iter()
                        .position(u8::is_ascii_digit)
                    {
                        let first = at + first;
                        let length = bytes[first..]
                            .iter()
                            .take_while(|byte| is_part(byte))
                            .count();
                        bytes.splice(first..first + length, WORDS[random(11)].bytes());
                    }
                }
                _ => {
                    let end = (at + random(8)).min(bytes.len());
                    bytes.splice(at..end, word);
                }
            }
        }
        all += 1;
        read_well += usize::from(check(&bytes));
    }
    println!("{read_well} of {all} were read");
    assert!(read_well > 0);
}

fn is_well_said(error: &ModelError, bytes: &[u8]) {
    assert!(
        !error.help.is_empty() && !error.problem.is_empty(),
        "{error:?}"
    );
    let lines = bytes.split(|byte| *byte == b'\n').count() + 1;
    if let Some(line) = error.line {
        assert!((1..=lines).contains(&line), "{error:?}");
    }
}

/// Few atoms in much room: cutoffs may be long.
fn evaluate(model: &Model, potential: &AtomicClusterExpansion) {
    let count = 3.max(model.interactions.elements.len());
    let structure = Structure {
        cell: Cell::orthorhombic([230.0, 231.0, 232.0]).expect("a cell"),
        elements: (0..count)
            .map(|k| model.interactions.elements[k % model.interactions.elements.len()])
            .collect(),
        positions_ang: (0..count)
            .map(|k| [1.9 * k as f64, 0.7 * (k * k) as f64, 0.3 * k as f64])
            .collect(),
    };
    let mut calculator = Calculator::new(potential, &structure.elements, 0.0).expect("bound");
    let want = Want {
        energy: true,
        energies: true,
        virial: true,
        grades: potential.has_grades(),
    };
    // Atoms may be too close; numbers may be too large.
    let _ = calculator.evaluate(&structure.cell, &structure.positions_ang, want);
}

/// Whether bytes are read as a potential; what is read is evaluated and written.
fn check(bytes: &[u8]) -> bool {
    match Expansion::read(bytes, None) {
        Ok(expansion) => {
            evaluate(&expansion.model, &expansion.potential());
            let again = write_yace(&expansion.model);
            assert_eq!(
                Expansion::read(again.as_bytes(), None)
                    .expect("what was written")
                    .model,
                expansion.model
            );
            if let Some(basis) = &expansion.basis {
                let again = write_basis(basis);
                assert_eq!(
                    Expansion::read(again.as_bytes(), None)
                        .expect("what was written")
                        .basis
                        .as_ref(),
                    Some(basis)
                );
            }
            let _ = write_ace(&expansion.model);
            for sentence in discontinuities(&expansion.model) {
                assert!(sentence.ends_with('.'));
            }
            true
        }
        Err(error) => {
            is_well_said(&error, bytes);
            // What belongs to no key has a line, but for a file that is no text at all.
            assert!(
                error.line.is_some()
                    || !error.path.is_empty()
                    || std::str::from_utf8(bytes).is_err(),
                "{error:?}"
            );
            false
        }
    }
}

/// Few functions, so that each mutation has something to hit.
fn small() -> Basis {
    let mut basis = sample();
    for functions in &mut basis.functions {
        let mut number = 0;
        functions.retain(|_| {
            number += 1;
            number % 4 == 1
        });
    }
    basis
}

#[test]
fn mutated_yace_files_are_read_or_refused() {
    each(write_yace(&small().to_model()).as_bytes(), check);
}

#[test]
fn mutated_bases_are_read_or_refused() {
    each(write_basis(&small()).as_bytes(), check);
}

#[test]
fn mutated_files_of_the_older_form_are_read_or_refused() {
    each(
        write_ace(&small().to_model()).expect("text").as_bytes(),
        check,
    );
}

#[test]
fn mutated_files_of_ace_jl_are_read_or_refused() {
    each(polynomial().as_bytes(), check);
    each(tabulated().as_bytes(), check);
}

#[test]
fn mutated_active_sets_are_read_or_refused() {
    let basis = small();
    let model = basis.to_model();
    each(
        &write_asi(&active_set(&basis), &basis).expect("bytes"),
        |bytes| match read_asi(bytes, &basis) {
            Ok(set) => {
                evaluate(&model, &AtomicClusterExpansion::with_grades(&model, &set));
                let again = write_asi(&set, &basis).expect("bytes");
                assert_eq!(read_asi(&again, &basis).expect("what was written"), set);
                true
            }
            Err(error) => {
                is_well_said(&error, &[]);
                false
            }
        },
    );
}

#[test]
fn potentials_of_the_other_forms_of_cores_survive_mutation() {
    let spec = super::samples::Spec {
        radial: RadialBasis::SphericalBessel,
        inner: InnerCutoff::Zbl,
        form: EmbeddingForm::FinnisSinclair,
        elements: vec!["O"],
        densities: 1,
        most_rank: 2,
    };
    each(write_yace(&spec.basis(3).to_model()).as_bytes(), check);
}
