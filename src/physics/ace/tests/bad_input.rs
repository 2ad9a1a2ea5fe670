//! What is wrong with a file is said with the keys that lead there and an edit that mends it.

use super::formats::{OLDER, active_set, polynomial, sample, sample_spec, tabulated};
use super::samples::{Spec, element};
use crate::physics::ace::{
    AtomicClusterExpansion, Expansion, Model, ModelError, read_ace, read_asi, read_basis,
    read_potential, read_yace, write_asi, write_basis, write_yace,
};
use crate::physics::potential::{Potential, PotentialError};

/// Replaces once, and reads.
fn broken<T: std::fmt::Debug>(
    text: &str,
    from: &str,
    to: &str,
    read: impl Fn(&str) -> Result<T, ModelError>,
) -> ModelError {
    assert!(text.contains(from), "`{from}` is not in the file");
    read(&text.replacen(from, to, 1)).expect_err(to)
}

#[test]
fn errors_of_a_yace_name_the_keys_and_the_mend() {
    let model = sample().to_model();
    let text = write_yace(&model);
    let line_of = |start: &str| {
        text.lines()
            .find(|line| line.trim_start().starts_with(start))
            .expect("a line")
            .to_owned()
    };
    let ctildes = |line: &str| line[line.find("ctildes: [").expect("coefficients")..].to_owned();
    let first = line_of("- {mu0: 0, rank: 1");
    for (from, to, path, help) in [
        (
            line_of("[0, 1]:").as_str(),
            "",
            "bonds",
            "add `[0, 1]: {…}`",
        ),
        ("[1, 0]: {", "[0, 1]: {", "bonds[0, 1]", "keep one of them"),
        (
            "elements: [Al, O]",
            "elements: [Al, Al]",
            "elements[1]",
            "name each element once",
        ),
        (
            "elements: [Al, O]",
            "elements: [Al, Xx]",
            "elements[1]",
            "give the symbol of an element",
        ),
        (
            "E0: [0.0, 0.0]",
            "E0: [0.0]",
            "E0",
            "give one for each element",
        ),
        (
            "radbasename: ChebExpCos",
            "radbasename: Bumps",
            "bonds[0, 0].radbasename",
            "known are ChebExpCos",
        ),
        (
            "inner_cutoff_type: density",
            "inner_cutoff_type: none",
            "bonds[0, 0].inner_cutoff_type",
            "density, distance, zbl",
        ),
        (
            "npoti: FinnisSinclairShiftedScaled",
            "npoti: Cubic",
            "embeddings[0].npoti",
            "known are FinnisSinclair",
        ),
        (
            "FS_parameters: [1.0, ",
            "FS_parameters: [",
            "embeddings[0].FS_parameters",
            "a weight and an exponent",
        ),
        (
            "nradmax: 3",
            "nradmax: 3.5",
            "bonds[0, 0].nradmax",
            "a whole number",
        ),
        (
            "nradmax: 3",
            "nradmax: 4",
            "bonds[0, 0].radcoefficients",
            "one for each n up to nradmax",
        ),
        (
            "nradbasemax: 5",
            "nradbasemax: 4",
            "bonds[0, 0].radcoefficients[0][0]",
            "one for each k",
        ),
        (
            "rcut: 4.1",
            "rcut: wide",
            "bonds[0, 0].rcut",
            "give a number",
        ),
        ("rcut: 4.1", "rcut: -4.1", "bonds[0, 0].rcut", "above 0"),
        (
            "rcut: 4.1",
            "rcut: 410",
            "bonds[0, 0].rcut",
            "from 0.5 to 100",
        ),
        ("rcut: 4.1", "rcut: .nan", "bonds[0, 0].rcut", "give a"),
        (
            "ms_combs: [0]",
            "ms_combs: [0, 0]",
            "functions[0][0].ms_combs",
            "m of every factor",
        ),
        (
            ctildes(&first).as_str(),
            "ctildes: [1.0]}",
            "functions[0][0].ctildes",
            "give 2",
        ),
        (
            "mus: [0]",
            "mus: [2]",
            "functions[0][0].mus",
            "counted from 0 to 1",
        ),
        (
            "ns: [1]",
            "ns: [0]",
            "functions[0][0].ns[0]",
            "counted from 1",
        ),
        ("ns: [1]", "ns: [1, 1]", "functions[0][0].ns", "give 1"),
        ("rank: 2", "rank: 3", "functions[0]", "give 3"),
        ("deltaSplineBins: 0.001\n", "", "", "add `deltaSplineBins"),
        ("{ndensity: 2, ", "{", "embeddings[0]", "add `ndensity"),
    ] {
        let error = broken(&text, from, to, read_yace);
        assert!(
            error.path.starts_with(path) && error.help.contains(help),
            "{to}: {} — {error}; {}",
            error.path,
            error.help
        );
        assert!(error.line.is_some(), "{error}");
    }
    // Whole numbers where others write a point, and the other way round, are what they say.
    let loose = text
        .replace("dcut_in: 0.0", "dcut_in: 0")
        .replace("rank: 2,", "rank: 2.0,")
        .replace("E0: [0.0, 0.0]", "E0: [0, 0]");
    assert_ne!(loose, text);
    assert_eq!(read_yace(&loose).as_ref(), Ok(&model));
    // A file that was cut off says so, wherever it was. Only whole lines may be a file of their own, of fewer functions.
    let ends_of_lines = text.match_indices('\n').map(|(end, _)| end);
    for end in (0..text.len()).step_by(97).chain(ends_of_lines) {
        match read_yace(&text[..end]) {
            Ok(cut) => {
                // With or without the blanks that begin the next.
                let whole_lines = text[end..].starts_with('\n')
                    || text[..end].trim_end_matches(' ').ends_with('\n');
                assert!(whole_lines, "{}", &text[..end]);
                let functions = |model: &Model| model.functions.iter().map(Vec::len).sum::<usize>();
                assert!(functions(&cut) < functions(&model) || end + 1 == text.len());
            }
            Err(error) => assert!(!error.help.is_empty(), "{error}"),
        }
    }
}

#[test]
fn errors_of_a_basis_name_the_keys_and_the_mend() {
    let basis = sample();
    let text = write_basis(&basis);
    let block = |name: &str| {
        let start = text
            .find(&format!("  - speciesblock: {name}\n"))
            .expect("a block");
        let end = text[start + 4..]
            .find("  - speciesblock")
            .map_or(text.len(), |at| start + 4 + at);
        text[start..end].to_owned()
    };
    let without_pairs = text.replace(&block("Al O"), "");
    let error = broken(&without_pairs, &block("O Al"), "", read_basis);
    assert_eq!(error.path, "species");
    assert!(error.help.contains("speciesblock: Al O"), "{}", error.help);
    for (from, to, path, help) in [
        (block("O").as_str(), "", "species", "`speciesblock: O`"),
        (
            "speciesblock: O\n",
            "speciesblock: Al\n",
            "species[2].speciesblock",
            "one block",
        ),
        (
            "speciesblock: Al O\n",
            "speciesblock: Al Al\n",
            "species[1].speciesblock",
            "each other once",
        ),
        (
            "speciesblock: O\n",
            "speciesblock: Xx\n",
            "species[2].speciesblock",
            "symbols of elements",
        ),
        (
            "radbase: ChebExpCos",
            "radbase: Bumps",
            "species[0].radbase",
            "known are",
        ),
        (
            "npoti: FinnisSinclairShiftedScaled",
            "npoti: Cubic",
            "species[0].npoti",
            "known are",
        ),
        (
            "type: Al Al,",
            "type: Al Ti,",
            "species[0].nbody[0].type",
            "a block of their own",
        ),
        (
            "type: Al Al,",
            "type: O Al,",
            "species[0].nbody[0].type",
            "block of its central element",
        ),
        (
            "nr: [1]",
            "nr: [1, 1]",
            "species[0].nbody[0]",
            "one for each n and l",
        ),
        (
            "nr: [1]",
            "nr: [0]",
            "species[0].nbody[0]",
            "n counts from 1",
        ),
        (
            "nr: [1]",
            "nr: [9]",
            "species[0].nbody[0]",
            "give n from 1 to 5",
        ),
        (
            "nl: [0]",
            "nl: [1]",
            "species[0].nbody[0]",
            "an even sum of l",
        ),
        (
            "c: [",
            "c: [1.0, ",
            "species[0].nbody[0].c",
            "one for each density",
        ),
        (
            "core-repulsion: [40.0, 0.9]",
            "core-repulsion: [40.0]",
            "species[0].core-repulsion",
            "a prefactor and an exponent",
        ),
        (
            "ndensityi: 2",
            "ndensityi: 1",
            "species[0].parameters",
            "a weight and an exponent",
        ),
        (
            "rcutij: 4.1",
            "rcutij: -4.1",
            "species[0].rcutij",
            "above 0",
        ),
        (
            "radparameters: [4.0]",
            "radparameters: [-4.0]",
            "species[0].radparameters[0]",
            "above 0",
        ),
        (
            "DeltaSplineBins: 0.001",
            "DeltaSplineBins: 0",
            "global.DeltaSplineBins",
            "above 0",
        ),
        ("rcutij: 4.1", "rcutij: 4.3", "", ""),
    ] {
        let changed = text.replacen(from, to, 1);
        if path.is_empty() {
            // Another cutoff of one element alone is another potential, no fault.
            assert_ne!(read_basis(&changed).as_ref(), Ok(&basis));
            continue;
        }
        let error = broken(&text, from, to, read_basis);
        assert!(
            error.path.starts_with(path) && error.help.contains(help),
            "{to}: {} — {error}; {}",
            error.path,
            error.help
        );
    }
    // Both directions of a pair must agree.
    let other = block("O Al");
    let error = broken(
        &text,
        &other,
        &other.replacen("rcutij: ", "rcutij: 1", 1),
        read_basis,
    );
    assert!(error.problem.contains("`Al O` and `O Al`"), "{error}");
}

#[test]
fn errors_of_an_active_set_name_the_element_and_the_mend() {
    let basis = sample();
    let set = active_set(&basis);
    let bytes = write_asi(&set, &basis).expect("bytes");
    for end in (0..bytes.len())
        .step_by(bytes.len() / 60)
        .chain([bytes.len() - 1])
    {
        let error = read_asi(&bytes[..end], &basis).expect_err("cut off");
        assert!(
            error.help.contains("active set") || error.help.contains(".asi"),
            "{error}; {}",
            error.help
        );
    }
    // One of a potential with more functions, and one of other elements.
    let spec = Spec {
        most_rank: 4,
        ..sample_spec()
    };
    let other = spec.basis(2);
    let error = read_asi(
        &write_asi(&active_set(&other), &other).expect("bytes"),
        &basis,
    )
    .expect_err("another");
    assert_eq!(error.path, "Al");
    assert!(error.help.contains("made for this potential"), "{error}");
    let spec = Spec {
        elements: vec!["Al", "Ti"],
        ..sample_spec()
    };
    let other = spec.basis(1);
    let error = read_asi(
        &write_asi(&active_set(&other), &other).expect("bytes"),
        &basis,
    )
    .expect_err("another");
    assert_eq!(error.path, "O");
    assert!(
        error.help.contains("an array for each of its elements"),
        "{error}; {}",
        error.help
    );
    // One linear, one full.
    let mut mixed = set.clone();
    mixed.inverses[1] = vec![0.5; 4 * mixed.inverses[1].len()];
    let error = read_asi(&write_asi(&mixed, &basis).expect("bytes"), &basis).expect_err("mixed");
    assert!(
        error.path == "O" && error.problem.contains("full for another"),
        "{error}"
    );
    let mut bad = set.clone();
    bad.inverses[0][3] = f64::NAN;
    let error = read_asi(&write_asi(&bad, &basis).expect("bytes"), &basis).expect_err("not finite");
    assert!(error.path == "Al" && error.help.contains("anew"), "{error}");
    // With a file that has no basis.
    let text = write_yace(&basis.to_model());
    let error = Expansion::read(text.as_bytes(), Some(&bytes)).expect_err("no basis");
    assert!(error.help.contains(".yaml"), "{error}");
}

#[test]
fn elements_that_a_potential_lacks_are_named() {
    let model = sample().to_model();
    let potential = AtomicClusterExpansion::new(&model);
    let titanium = element("Ti");
    let error = potential
        .bind(&[model.interactions.elements[0], titanium])
        .err();
    assert!(matches!(error, Some(PotentialError::UnknownElement(found)) if found == titanium));
}

#[test]
fn what_cannot_be_known_of_ace_jl_is_refused_with_a_way_out() {
    let (polynomial, tabulated) = (polynomial(), tabulated());
    for (text, from, to, path, help) in [
        (&polynomial, "lmax: 1\n", "", "", "add `lmax"),
        (
            &polynomial,
            "rcut: 5.0, r0: 2.5",
            "rcut: 5.1, r0: 2.5",
            "bonds[0, 0].xl",
            "export the potential again",
        ),
        (
            &polynomial,
            "p: 2, xr: 1.8",
            "p: 2.5, xr: 1.8",
            "bonds[0, 0].p",
            "whole number",
        ),
        (
            &polynomial,
            "maxn: 2, recursion_coefficients: {A: [1.5, 0.5]",
            "maxn: 2, recursion_coefficients: {A: [1.5]",
            "polypairpot.recursion_coefficients.A",
            "give 2",
        ),
        (
            &polynomial,
            "[1, 0]: [0.4, 0.1], ",
            "",
            "polypairpot.coefficients",
            "add `[1, 0]: …`",
        ),
        (
            &polynomial,
            "FS_parameters: [1.0, 1.0]",
            "FS_parameters: [1.0, 0.5]",
            "polypairpot",
            "one density",
        ),
        (
            &polynomial,
            "radbasename: ACE.jl.base, p: 2",
            "prehc: 2.0, radbasename: ACE.jl.base, p: 2",
            "bonds[0, 0].prehc",
            "take `prehc` out",
        ),
        (
            &tabulated,
            "nradial: 2",
            "nradial: 3",
            "bonds[0, 0].splinenodalvals",
            "all from 0 to 2",
        ),
        (
            &tabulated,
            "nbins: 40",
            "nbins: 41",
            "bonds[0, 0].splinenodalvals",
            "nbins + 1",
        ),
        (&tabulated, "nbins: 40", "ntot: 40", "bonds[0, 0]", "nbins"),
        (
            &tabulated,
            "splinenodalvals",
            "splinevals",
            "bonds[0, 0]",
            "export2lammps",
        ),
    ] {
        let error = broken(text, from, to, read_yace);
        assert!(
            error.path.starts_with(path) && error.help.contains(help),
            "{to}: {} — {error}; {}",
            error.path,
            error.help
        );
    }
    // A pacemaker base beside one of ACE.jl.
    let start = polynomial.find("  [1, 1]: {radbasename").expect("a bond");
    let end = start + polynomial[start..].find('\n').expect("a line");
    let other = "  [1, 1]: {nradmax: 2, lmax: 1, nradbasemax: 1, radbasename: ChebPow, radparameters: [2.0], radcoefficients: \
                 [[[1.0], [1.0]], [[1.0], [1.0]]], prehc: 0.0, lambdahc: 1.0, rcut: 5.0, dcut: 0.01}";
    let error = broken(&polynomial, &polynomial[start..end], other, read_yace);
    assert!(
        error.path.contains("radbasename") && error.help.contains("the same kind"),
        "{error}"
    );
}

#[test]
fn errors_of_the_older_form_name_the_key_and_the_mend() {
    let text = OLDER;
    for (from, to, path, on) in [
        ("elements: Cu", "elements: Cu Cu", "elements", "elements:"),
        (
            "nelements=1\nelements: Cu",
            "nelements=2\nelements: Cu Cu",
            "core energy-cutoff parameters",
            "core energy-cutoff",
        ),
        ("ChebPow", "Bumps", "radbasename", "radbasename"),
        ("crad= 1.0 2.0", "crad= 1.0", "crad", "crad"),
        ("cutoff= 4.5", "cutoff= -4.5", "cutoff[0, 0]", "cutoff= "),
        ("lmax=1", "lmax=many", "lmax", "lmax"),
        ("dcut= 0.01", "dcut= 0.01 0.01", "dcut", "dcut"),
        (
            "FinnisSinclairShiftedScaled",
            "Sinclair",
            "embedding-function",
            "embedding",
        ),
        ("1.0 1.0 1.0 0.5", "1.0 1.0 1.0", "FS parameters", "4 FS"),
        (
            "l=( 1  1 )",
            "l=( 1  2 )",
            "ctilde_basis_func.l",
            "l=( 1  2",
        ),
        ("n=( 2 )", "n=( 0 )", "ctilde_basis_func.n", "n=( 0"),
        (
            "num_ms=1",
            "num_ms=2",
            "ctilde_basis_func.ms",
            "total_basis_size:",
        ),
        ("num_ms=2", "num_ms=1", "total_basis_size", "< 1  -1 >"),
        ("0.5  0.25", "0.5", "ctilde_basis_func.ctilde", "< 0  0 >"),
        (
            "< 1  -1 >",
            "< 1  1 >",
            "ctilde_basis_func.ms_combs",
            "num_ms=2",
        ),
        (
            "rank=2 ndens=2",
            "rank=2 ndens=1",
            "ctilde_basis_func.ndens",
            "ctilde_basis_func: rank=2",
        ),
        ("deltaSplineBins=0.001\n", "", "deltaSplineBins", "# DATE"),
    ] {
        assert!(text.contains(from), "{from}");
        let changed = text.replacen(from, to, 1);
        let line = changed
            .lines()
            .position(|line| line.starts_with(on))
            .map(|at| at + 1);
        let error = read_ace(&changed).expect_err(to);
        assert_eq!(
            (error.path.as_str(), error.line),
            (path, line),
            "{to}: {error}"
        );
        assert!(!error.help.is_empty() && !error.problem.is_empty());
    }
    // Cut off anywhere before the last number, of which no reader can know that it had more digits.
    let last = text.rfind(' ').expect("numbers");
    for end in 0..=last {
        let error = read_potential(&text[..end]).expect_err(&text[..end]);
        assert!(!error.help.is_empty(), "{error}");
    }
}
