//! What is written reads back as it was.

use super::exactness::evaluate;
use super::samples::{Spec, element, every_combination, structures};
use crate::physics::ace::{
    ActiveSet, AtomicClusterExpansion, Basis, EmbeddingForm, Expansion, Extent, InnerCutoff, Model,
    RadialBasis, discontinuities, missing_parts, read_ace, read_asi, read_basis, read_potential,
    read_yace, write_ace, write_asi, write_basis, write_yace,
};
use crate::physics::structure::{Cell, Structure};

/// Two elements, two densities.
pub fn sample_spec() -> Spec {
    Spec {
        radial: RadialBasis::ChebExpCos { lambda: 4.0 },
        inner: InnerCutoff::Density,
        form: EmbeddingForm::FinnisSinclairShiftedScaled,
        elements: vec!["Al", "O"],
        densities: 2,
        most_rank: 3,
    }
}

pub fn sample() -> Basis {
    sample_spec().basis(1)
}

/// An active set of it, with an inverse that is no one's.
pub fn active_set(basis: &Basis) -> ActiveSet {
    let projections = basis.projections();
    let square = |functions: &Vec<_>| {
        let n = functions.len();
        (0..n * n)
            .map(|at| {
                if at % (n + 1) == 0 {
                    1.0
                } else {
                    1e-3 * at as f64
                }
            })
            .collect()
    };
    ActiveSet {
        extent: Extent::Linear,
        inverses: projections.iter().map(square).collect(),
        projections,
    }
}

/// A potential as ACEpotentials 0.6 exports it, with few nodes.
pub fn tabulated() -> String {
    let nodes = 40;
    let (cutoff, width) = (5.0, 5.0 / f64::from(nodes));
    // (r − r_c)² on the way out, times a power of r.
    let list = |of: &dyn Fn(f64) -> f64| {
        let values: Vec<String> = (0..=nodes)
            .map(|k| format!("{:?}", of(f64::from(k) * width)))
            .collect();
        format!("[{}]", values.join(", "))
    };
    let value = |n: i32, r: f64| 0.01 * (r - cutoff).powi(2) * (r + 1.0).powi(n);
    let slope = |n: i32, r: f64| {
        0.02 * (r - cutoff) * (r + 1.0).powi(n)
            + 0.01 * (r - cutoff).powi(2) * f64::from(n) * (r + 1.0).powi(n - 1)
    };
    format!(
        "elements: [Si]\nE0: [-2.0]\nlmax: 1\nembeddings:\n  0: {{ndensity: 1, FS_parameters: [1.0, 1.0], npoti: \
         FinnisSinclairShiftedScaled, rho_core_cutoff: 100000.0, drho_core_cutoff: 1.0}}\nbonds:\n  [0, 0]:\n    radbasename: \
         \"ACE.jl\"\n    rcut: 5.0\n    nradial: 2\n    nbins: {nodes}\n    splinenodalvals:\n      0: {}\n      1: {}\n    \
         splinenodalderivs:\n      0: {}\n      1: {}\nfunctions:\n  0:\n    - {{mu0: 0, rank: 1, ndensity: 1, num_ms_combs: 1, \
         mus: [0], ns: [1], ls: [0], ms_combs: [0], ctildes: [0.25]}}\n    - {{mu0: 0, rank: 2, ndensity: 1, num_ms_combs: 2, \
         mus: [0, 0], ns: [1, 2], ls: [1, 1], ms_combs: [0, 0, 1, -1], ctildes: [0.5, -1.0]}}\n",
        list(&|r| value(0, r)),
        list(&|r| value(1, r)),
        list(&|r| slope(0, r)),
        list(&|r| slope(1, r)),
    )
}

/// A potential of polynomials with a pair potential, as ACE1 exports it.
pub fn polynomial() -> String {
    let keys = |cutoff: f64, end: i32| {
        let end = (3.5 / (1.0 + cutoff)).powi(end);
        format!(
            "rcut: {cutoff:?}, r0: 2.5, xl: {end:?}, pl: 2, maxn: 2, recursion_coefficients: {{A: [1.5, 0.5], B: [0.0, -1.0], C: [0, 0]}}"
        )
    };
    let bond = |pair: &str, cutoff| {
        format!(
            "  [{pair}]: {{radbasename: ACE.jl.base, p: 2, xr: 1.8, pr: 2, {}}}\n",
            keys(cutoff, 2)
        )
    };
    let functions = |mu: usize| {
        format!(
            "  {mu}:\n    - {{mu0: {mu}, rank: 2, ndensity: 1, num_ms_combs: 2, mus: [0, 1], ns: [1, 2], ls: [1, 1], ms_combs: [0, 0, \
             1, -1], ctildes: [0.5, -1.0]}}\n"
        )
    };
    let embedding = "ndensity: 1, FS_parameters: [1.0, 1.0], npoti: FinnisSinclairShiftedScaled, rho_core_cutoff: 100000.0, \
                     drho_core_cutoff: 1.0";
    format!(
        "elements: [Al, Ti]\nE0: [0.5, -1.5]\nlmax: 1\nembeddings:\n  0: {{{embedding}}}\n  1: {{{embedding}}}\npolypairpot: {{p: 1, xr: \
         1.3, pr: 0, {}, coefficients: {{[0, 0]: [0.5, -0.2], [0, 1]: [0.4, 0.1], [1, 0]: [0.4, 0.1], [1, 1]: [0.3, 0.2]}}}}\nreppot: \
         {{coefficients: {{[0, 0]: {{A: 3.0, B: 0.4, e0: 0.1, ri: 2.0}}, [0, 1]: {{A: 3.0, B: 0.4, e0: 0.1, ri: 2.0}}, [1, 0]: {{A: 3.0, \
         B: 0.4, e0: 0.1, ri: 2.0}}, [1, 1]: {{A: 3.0, B: 0.4, e0: 0.1, ri: 2.0}}}}}}\nbonds:\n{}{}{}{}functions:\n{}{}",
        keys(6.0, 1),
        bond("0, 0", 5.0),
        bond("0, 1", 5.2),
        bond("1, 0", 5.2),
        bond("1, 1", 4.8),
        functions(0),
        functions(1),
    )
}

#[test]
fn every_format_comes_back_as_it_was() {
    let mut texts = 0;
    for (seed, spec) in every_combination().into_iter().enumerate() {
        let basis = spec.basis(seed as u64);
        assert_eq!(
            read_basis(&write_basis(&basis)).as_ref(),
            Ok(&basis),
            "{}",
            spec.name()
        );
        let mut model = basis.to_model();
        for (k, site) in model.interactions.sites.iter_mut().enumerate() {
            site.energy_ev = -1.0 / 3.0 + k as f64;
        }
        assert_eq!(
            read_yace(&write_yace(&model)).as_ref(),
            Ok(&model),
            "{}",
            spec.name()
        );
        for extent in [Extent::Linear, Extent::Full] {
            let mut set = active_set(&basis);
            let densities = basis.interactions.densities(0);
            if extent == Extent::Full {
                set.extent = if densities > 1 {
                    extent
                } else {
                    Extent::Linear
                };
                for inverse in &mut set.inverses {
                    *inverse = (0..inverse.len() * densities * densities)
                        .map(|k| 0.1 + k as f64)
                        .collect();
                }
            }
            let bytes = write_asi(&set, &basis).expect("bytes");
            assert_eq!(
                read_asi(&bytes, &basis).as_ref(),
                Ok(&set),
                "{}",
                spec.name()
            );
        }
        if let Ok(text) = write_ace(&model) {
            texts += 1;
            let sorted = |mut model: Model| {
                model
                    .functions
                    .iter_mut()
                    .for_each(|functions| functions.sort_by_key(|one| one.rank() != 1));
                model
            };
            let bytes = text.as_bytes();
            let read = Expansion::read(bytes, None).expect("a potential").model;
            assert_eq!(read, sorted(model), "{}", spec.name());
        } else {
            let reason = write_ace(&model).expect_err("no room");
            assert!(!reason.help.is_empty());
        }
    }
    // Core repulsion of type density, but for Bessel functions.
    assert_eq!(texts, 6);
}

#[test]
fn potentials_of_ace_jl_come_back_as_they_were() {
    for text in [tabulated(), polynomial()] {
        let (model, basis) = read_potential(&text).expect("a potential");
        assert_eq!(basis, None);
        assert_eq!(read_yace(&write_yace(&model)).as_ref(), Ok(&model));
        let potential = AtomicClusterExpansion::new(&model);
        for structure in structures(&model.interactions, 3) {
            let [force, virial] = super::exactness::deviations(&potential, &structure);
            // Between few nodes slopes are continuous and no more.
            assert!(force < 1e-5 && virial < 1e-5, "{force} {virial}");
            assert!(evaluate(&potential, &structure).energy_ev.is_finite());
        }
    }
    assert_eq!(
        missing_parts(&read_yace(&tabulated()).expect("a potential")).len(),
        1
    );
    assert!(missing_parts(&read_yace(&polynomial()).expect("a potential")).is_empty());
}

/// Two atoms at some distance, by hand: cubics between nodes are exact for cubics, and half of a pair potential is the energy of
/// each atom.
#[test]
fn pairs_of_atoms_have_the_energies_that_files_of_ace_jl_spell_out() {
    let dimer = |symbols: [&str; 2], r: f64| Structure {
        cell: Cell::orthorhombic([30.0, 31.0, 32.0]).expect("a cell"),
        elements: symbols.map(element).to_vec(),
        positions_ang: vec![[1.0, 2.0, 3.0], [1.0 + 0.6 * r, 2.0, 3.0 + 0.8 * r]],
    };
    let table = read_yace(&tabulated()).expect("a potential");
    let pair = read_yace(&polynomial()).expect("a potential");
    for r in [1.7, 1.99, 2.01, 2.9, 4.2, 4.99, 5.3, 5.9, 6.1] {
        let v0 = if r < 5.0 {
            0.01 * (r - 5.0f64).powi(2)
        } else {
            0.0
        };
        let each = -2.0 + 0.25 * v0 + 0.5 * 3.0 * v0 * v0 * (r + 1.0);
        let found = evaluate(
            &AtomicClusterExpansion::new(&table),
            &dimer(["Si", "Si"], r),
        )
        .energy_ev;
        assert!((found - 2.0 * each).abs() < 1e-12, "{found} {each} at {r}");
        let x = 3.5 / (1.0 + r);
        let first = 1.5 * (x - 0.5f64).powi(2);
        let energy = match r {
            _ if r < 2.0 => 0.1 + 0.4 * (-3.0 * (r / 2.0 - 1.0)).exp() * 2.0 / r,
            _ if r < 6.0 => 0.4 * first + 0.1 * (0.5 * x - 1.0) * first,
            _ => 0.0,
        };
        let found =
            evaluate(&AtomicClusterExpansion::new(&pair), &dimer(["Al", "Ti"], r)).energy_ev;
        assert!(
            (found - (energy + 0.5 - 1.5)).abs() < 1e-12,
            "{found} {energy} at {r}"
        );
    }
}

/// A potential of the older text form with one element and two densities.
pub const OLDER: &str = "# DATE: today\n\nnelements=1\nelements: Cu\n\nlmax=1\n\nembedding-function: FinnisSinclairShiftedScaled\n\
        4 FS parameters:  1.0 1.0 1.0 0.5\ncore energy-cutoff parameters: 100000.0 250.0\nE0: -0.5\n\nradbasename=ChebPow\n\
        nradbase=2\nnradmax=1\ncutoffmax=4.5\ndeltaSplineBins=0.001\ncore repulsion parameters: 40.0 0.9\nradparameter= 2.0\n\
        cutoff= 4.5\ndcut= 0.01\ncrad= 1.0 2.0\n 3.0\n 4.0\n\nrankmax=2\nndensitymax=2\n\nnum_c_tilde_max=2\n\
        num_ms_combinations_max=2\ntotal_basis_size_rank1: 1 \nctilde_basis_func: rank=1 ndens=2 mu0=0 mu=( 0 )\nn=( 2 )\nl=( 0 )\n\
        num_ms=1\n< 0 >:  0.5 -0.25 \ntotal_basis_size: 1 \nctilde_basis_func: rank=2 ndens=2 mu0=0 mu=( 0  0 )\nn=( 1  1 )\n\
        l=( 1  1 )\nnum_ms=2\n< 0  0 >:  0.5  0.25\n< 1  -1 >:  -1.0  -0.5\n";

#[test]
fn the_older_text_form_is_recognised_and_read() {
    let text = OLDER;
    let (model, _) = read_potential(text).expect("a potential");
    let bond = &model.interactions.bonds[0];
    // In the file by k, then l; here by l, then k.
    assert_eq!(bond.coefficients, [1.0, 3.0, 2.0, 4.0]);
    assert_eq!(bond.basis, RadialBasis::ChebPow { lambda: 2.0 });
    assert_eq!(model.interactions.sites[0].energy_ev, -0.5);
    assert_eq!(model.functions[0].len(), 2);
    assert_eq!(
        read_ace(&write_ace(&model).expect("text")).as_ref(),
        Ok(&model)
    );
}

/// The published potential of copper has 16 functions of rank one and 726 others, and its forces are slopes of its energy.
#[test]
fn the_copper_of_lammps_is_read() {
    let folder = std::env::var_os("SYNTH_LAMMPS_POTENTIALS")
        .unwrap_or_else(|| "/usr/share/lammps/potentials".into());
    let Ok(text) =
        std::fs::read_to_string(std::path::Path::new(&folder).join("Cu-PBE-core-rep.ace"))
    else {
        println!("skipped: no potentials of LAMMPS");
        return;
    };
    let (model, _) = read_potential(&text).expect("a potential");
    let of_rank_one = model.functions[0]
        .iter()
        .filter(|one| one.rank() == 1)
        .count();
    assert_eq!((of_rank_one, model.functions[0].len()), (16, 16 + 726));
    assert_eq!(model.interactions.cutoff_ang(), 7.4);
    assert_eq!(
        read_ace(&write_ace(&model).expect("text")).as_ref(),
        Ok(&model)
    );
    let potential = AtomicClusterExpansion::new(&model);
    for structure in structures(&model.interactions, 2) {
        let [force, virial] = super::exactness::deviations(&potential, &structure);
        assert!(force < 1e-7 && virial < 1e-7, "{force} {virial}");
    }
}

/// What we write is by rows, because the reader of LAMMPS knows no other order; what others wrote by columns is read as it
/// is meant.
#[test]
fn arrays_are_written_by_rows_and_read_in_either_order() {
    let basis = sample();
    let set = active_set(&basis);
    let bytes = write_asi(&set, &basis).expect("bytes");
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains("'fortran_order': False") && !text.contains("'fortran_order': True"));
    let mut by_columns = set.clone();
    for inverse in &mut by_columns.inverses {
        let n = inverse.len().isqrt();
        *inverse = (0..n * n).map(|at| inverse[at % n * n + at / n]).collect();
    }
    let bytes = transposed(write_asi(&by_columns, &basis).expect("bytes"));
    assert_eq!(read_asi(&bytes, &basis).as_ref(), Ok(&set));
}

/// An archive whose arrays say that their numbers run by columns, with checksums that fit.
fn transposed(mut bytes: Vec<u8>) -> Vec<u8> {
    let word = |bytes: &[u8], at: usize| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize
    };
    let (mut at, mut entry) = (0, word(&bytes, bytes.len() - 6));
    while bytes[at..].starts_with(b"PK\x03\x04") {
        let named = usize::from(bytes[at + 26]);
        let data = at + 30 + named..at + 30 + named + word(&bytes, at + 18);
        let place = bytes[data.clone()]
            .windows(5)
            .position(|window| window == b"False")
            .expect("an order");
        bytes[data.start + place..][..6].copy_from_slice(b"True, ");
        let sum = crc32fast::hash(&bytes[data.clone()]).to_le_bytes();
        bytes[at + 14..at + 18].copy_from_slice(&sum);
        bytes[entry + 16..entry + 20].copy_from_slice(&sum);
        (at, entry) = (data.end, entry + 46 + named);
    }
    bytes
}

#[test]
fn known_discontinuities_are_named_where_a_potential_has_them() {
    for spec in every_combination() {
        let found = discontinuities(&spec.basis(1).to_model());
        let has = |word: &str| found.iter().any(|sentence| sentence.contains(word));
        assert_eq!(
            has("cutoff: the energy jumps"),
            spec.radial == RadialBasis::ChebLinear,
            "{}",
            spec.name()
        );
        assert_eq!(
            has("nearest neighbour"),
            spec.inner == InnerCutoff::Zbl,
            "{}",
            spec.name()
        );
        let steep = spec.form == EmbeddingForm::FinnisSinclair && spec.densities > 1;
        assert_eq!(has("exponent below 1"), steep, "{}", spec.name());
        // Both directions of a pair are named once.
        let jumping = found
            .iter()
            .find(|sentence| sentence.contains("energy jumps"));
        let n = spec.elements.len();
        let pairs = jumping.map_or(n * (n + 1) / 2, |sentence| sentence.matches('-').count());
        assert_eq!(pairs, n * (n + 1) / 2, "{jumping:?}");
    }

    let mut model = sample().to_model();
    assert!(discontinuities(&model).is_empty());
    for bond in &mut model.interactions.bonds {
        bond.basis = RadialBasis::ChebPow { lambda: 1.0 };
    }
    model.interactions.inner_cutoff = InnerCutoff::Distance;
    model.interactions.bonds[0].inner.end = 1.5;
    let found = discontinuities(&model);
    assert!(
        found[0].contains("Al-Al, Al-O, O-O end at the cutoff with a slope"),
        "{found:?}"
    );
    assert!(
        found[1].contains("inner cutoff of Al-Al has no width"),
        "{found:?}"
    );
}
