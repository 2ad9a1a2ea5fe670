use std::sync::Arc;

use super::*;
use crate::base::Element;
use crate::physics::host::Quiet;
use crate::physics::io::trajectory::{
    Frames, InMemory, ReadOptions, Snapshot, Unwrapper, open_trajectory,
};
use crate::physics::numerics::Stream;
use crate::physics::numerics::testing::largest;
use crate::physics::structure::Cell;

fn element(symbol: &str) -> Element {
    Element::from_symbol(symbol).unwrap()
}

/// `cells`³ cells of a basis of elements and fractional coordinates.
fn crystal(a_ang: f64, cells: usize, basis: &[(&str, [f64; 3])]) -> (Cell, Species, Vec<[f64; 3]>) {
    let (mut elements, mut positions) = (Vec::new(), Vec::new());
    for (x, y, z) in (0..cells.pow(3)).map(|n| (n % cells, n / cells % cells, n / cells / cells)) {
        for (symbol, [u, v, w]) in basis {
            elements.push(element(symbol));
            positions.push([x as f64 + u, y as f64 + v, z as f64 + w].map(|t| t * a_ang));
        }
    }
    let cell = Cell::orthorhombic([a_ang * cells as f64; 3]).unwrap();
    (cell, Species::new(&elements), positions)
}

const FCC: [[f64; 3]; 4] = [[0.0; 3], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5], [0.5, 0.5, 0.0]];

fn on_fcc(
    first: &'static str,
    second: &'static str,
    by: [f64; 3],
) -> Vec<(&'static str, [f64; 3])> {
    let moved = |at: [f64; 3]| std::array::from_fn(|k| at[k] + by[k]);
    let second = FCC.iter().map(|at| (second, moved(*at)));
    FCC.iter().map(|at| (first, *at)).chain(second).collect()
}

#[test]
fn an_ideal_gas_has_no_structure() {
    let mut stream = Stream::new([4; 32], &[]);
    // A skewed cell, and distances beyond half of it.
    let cell = Cell::from_parameters([9.0, 10.0, 11.0], [75.0, 80.0, 100.0]).unwrap();
    let elements = [vec![element("Na"); 30], vec![element("Cl"); 20]].concat();
    let species = Species::new(&elements);
    let mut distribution = PairDistribution::new(species.clone(), 7.0, 7);
    let mut factor = StructureFactor::new(species.clone(), 6.0, 6);
    for _ in 0..600 {
        let place = |_: &Element| cell.to_cartesian(std::array::from_fn(|_| stream.uniform()));
        let positions: Vec<[f64; 3]> = elements.iter().map(place).collect();
        distribution.add(&cell, &positions);
        factor.add(&cell, &positions);
    }
    for (a, b) in species.pairs() {
        let like = if a == b {
            1.0 / species.counts[a] as f64
        } else {
            0.0
        };
        let curve = distribution.curve(a, b);
        for (g, r) in curve.g.iter().zip(&curve.radii_ang) {
            let error = g.error.unwrap();
            assert!(
                (g.value - 1.0 + like).abs() < 6.0 * error + 1e-3,
                "{r}: {g:?}"
            );
            assert!(error < 0.2, "{error}");
        }
        let partial = factor.partial(a, b);
        for s in &partial.s {
            let error = s.error.unwrap();
            assert!((s.value - 1.0).abs() < 6.0 * error, "{s:?}");
            assert!(error < 0.2, "{error}");
        }
    }
}

#[test]
fn shells_of_crystals_are_exact() {
    let (cell, species, positions) = crystal(5.64, 3, &on_fcc("Na", "Cl", [0.5, 0.0, 0.0]));
    let (na, cl) = (
        species.find(element("Na")).unwrap(),
        species.find(element("Cl")).unwrap(),
    );
    let mut distribution = PairDistribution::new(species.clone(), 8.0, 800);
    distribution.add(&cell, &positions);
    let unlike = distribution.curve(na, cl);
    let shell = unlike.first_shell().unwrap();
    assert!((shell.peak_ang - 2.82).abs() < 0.1, "{shell:?}");
    assert_eq!(shell.coordination, Some(6.0));
    // a/2: 6, √3 a/2: 8 more, √5 a/2: 24 more.
    for (r, count) in [
        (2.81, 0.0),
        (2.83, 6.0),
        (4.87, 6.0),
        (4.9, 14.0),
        (6.4, 38.0),
    ] {
        assert!((unlike.coordination_within(r) - count).abs() < 1e-9, "{r}");
    }
    assert!((distribution.curve(na, na).coordination_within(4.0) - 12.0).abs() < 1e-9);

    // One cell alone, by images, and the same in a primitive cell of another shape.
    let (cell, species, positions) = crystal(5.41, 1, &on_fcc("Zn", "S", [0.25; 3]));
    let (zn, s) = (
        species.find(element("Zn")).unwrap(),
        species.find(element("S")).unwrap(),
    );
    let mut angles = BondAngles::new(species.clone(), zn, s, 3.0, 180);
    angles.add(&cell, &positions);
    let counted: Vec<f64> = angles.coordination().iter().map(|one| one.value).collect();
    assert_eq!(counted, [0.0, 0.0, 0.0, 0.0, 1.0]);
    assert_eq!(angles.mean_coordination().value, 4.0);
    let tetrahedral = (-1.0f64 / 3.0).acos().to_degrees();
    let all = angles.angles_deg().into_iter().zip(angles.density());
    assert!(all.into_iter().all(|(at, density)| {
        let here = (at - tetrahedral).abs() <= 0.5;
        (density.value == 1.0) == here && (density.value == 0.0) != here
    }));
    let primitive = Cell::new([
        [0.0, 2.705, 2.705],
        [2.705, 0.0, 2.705],
        [2.705, 2.705, 0.0],
    ])
    .unwrap();
    let two = Species::new(&[element("Zn"), element("S")]);
    let mut whole = PairDistribution::new(species, 9.0, 90);
    let mut small = PairDistribution::new(two, 9.0, 90);
    whole.add(&cell, &positions);
    small.add(&primitive, &[[0.0; 3], [1.3525; 3]]);
    for (a, b) in [(0, 0), (0, 1), (1, 1)] {
        let (one, other) = (whole.curve(a, b), small.curve(a, b));
        for (x, y) in one.coordination.iter().zip(&other.coordination) {
            assert!((x - y).abs() < 1e-9, "{x} {y}");
        }
    }
}

#[test]
fn a_crystal_scatters_into_its_reciprocal_lattice() {
    let basis: Vec<(&str, [f64; 3])> = FCC.iter().map(|at| ("Al", *at)).collect();
    let (cell, species, positions) = crystal(4.05, 3, &basis);
    let atoms = positions.len() as f64;
    // Shells so narrow that the vectors of one have one length.
    let mut factor = StructureFactor::new(species, 3.2, 4000);
    factor.add(&cell, &positions);
    let partial = factor.partial(0, 0);
    let bragg = std::f64::consts::TAU / 4.05 * 3f64.sqrt();
    for (q, s) in partial.q_per_ang.iter().zip(&partial.s) {
        let line = [3f64, 4.0].map(|n| std::f64::consts::TAU / 4.05 * n.sqrt());
        if (q - bragg).abs() > 1e-3 && line.iter().all(|at| (q - at).abs() > 1e-3) {
            assert!(s.value.abs() < 1e-9, "{q}: {}", s.value);
        }
    }
    // Of the 32 vectors as long as (111) of the crystal, eight are (111); the others, like (5 1 1)/3, are none. As long as
    // (200) are six and 24.
    let best = largest(partial.s.iter().map(|s| s.value.abs()));
    assert!((best - 0.25 * atoms).abs() < 1e-9 * atoms, "{best}");
}

#[test]
fn displacements_by_transform_are_those_by_sums() {
    let mut stream = Stream::new([9; 32], &[]);
    let species = Species::new(&[element("Ba"), element("O"), element("O")]);
    let mut walk = [[1e3, -40.0, 0.0], [0.0; 3], [5.0; 3]];
    let mut all = Displacements::new(species.clone());
    let mut kept: Vec<Vec<[f64; 3]>> = Vec::new();
    let masses: Vec<f64> = species
        .of
        .iter()
        .map(|at| species.elements[*at].mass_u())
        .collect();
    for frame in 0..100 {
        for x in walk.as_flattened_mut() {
            *x += stream.uniform() - 0.4;
        }
        all.add(f64::from(frame) * 5.0, &walk);
        let total: f64 = masses.iter().sum();
        let centre: [f64; 3] =
            std::array::from_fn(|k| (0..3).map(|i| masses[i] * walk[i][k]).sum::<f64>() / total);
        kept.push(
            walk.iter()
                .map(|r| std::array::from_fn(|k| r[k] - centre[k]))
                .collect(),
        );
    }
    let (interval, curves) = all.mean_squared().unwrap();
    assert_eq!(interval, 5.0);
    for (at, curve) in curves.iter().enumerate() {
        for lag in 1..100 {
            let (mut sum, mut count) = (0.0, 0.0);
            for origin in 0..100 - lag {
                for atom in (0..3).filter(|atom| species.of[*atom] == at) {
                    let (from, to) = (kept[origin][atom], kept[origin + lag][atom]);
                    sum += (0..3).map(|k| (to[k] - from[k]).powi(2)).sum::<f64>();
                    count += 1.0;
                }
            }
            let direct = sum / count;
            assert!(
                (curve[lag] - direct).abs() < 1e-10 * direct,
                "{lag}: {} {direct}",
                curve[lag]
            );
        }
    }
    all.add(1e4, &walk);
    assert!(matches!(
        all.mean_squared(),
        Err(SeriesError::Uneven { .. })
    ));
}

#[test]
fn a_random_walk_diffuses() {
    let mut stream = Stream::new([2; 32], &[]);
    let mut all = Displacements::new(Species::new(&[element("Ar"); 400]));
    let mut walk = vec![[0.0f64; 3]; 400];
    for frame in 0..400 {
        for x in walk.as_flattened_mut() {
            // Variance 1/12 an axis.
            *x += stream.uniform() - 0.5;
        }
        all.add(f64::from(frame), &walk);
    }
    let (_, curves) = all.mean_squared().unwrap();
    for lag in [1, 5, 20] {
        let expected = 3.0 / 12.0 * lag as f64 * (399.0 / 400.0);
        assert!(
            (curves[0][lag] / expected - 1.0).abs() < 0.03,
            "{lag}: {}",
            curves[0][lag] / expected
        );
    }
}

#[test]
fn blocking_sees_correlation() {
    // x' = φ x + ξ: the variance of the mean is (1 + φ)/(1 − φ) times that of independent numbers.
    let mut stream = Stream::new([6; 32], &[]);
    let (phi, count) = (0.9, 1 << 17);
    let (mut blocking, mut x) = (Blocking::default(), 0.0);
    for _ in 0..count {
        x = phi * x + stream.uniform() - 0.5;
        blocking.add(x);
    }
    let variance = 1.0 / 12.0 / (1.0 - phi * phi);
    let expected = (variance * (1.0 + phi) / (1.0 - phi) / f64::from(count)).sqrt();
    let error = blocking.mean().error.unwrap();
    assert!((error / expected - 1.0).abs() < 0.15, "{error} {expected}");
    assert!(blocking.mean().value.abs() < 4.0 * expected);
    // Shorter than its correlation: no error is claimed.
    let mut short = Blocking::default();
    (0..16).for_each(|n| short.add(f64::from(n)));
    assert_eq!(short.mean().error, None);
}

/// The folder of the reference trajectory.
fn reference() -> Option<std::path::PathBuf> {
    let folder = std::env::var_os("SYNTH_REFERENCE_DATA");
    if folder.is_none() {
        println!("skipped: no reference data");
    }
    Some(std::path::Path::new(&folder?).join("onsager"))
}

/// Molten sodium chloride, 216 ions, written by LAMMPS.
fn sodium_chloride() -> Option<Vec<Snapshot>> {
    let options = ReadOptions {
        types: vec![element("Na"), element("Cl")],
        step_fs: Some(1.0),
        ..ReadOptions::default()
    };
    let path = reference()?.join("nacl216.lammpstrj.gz");
    let (all, error) = open_trajectory(&path, options).unwrap().read_all();
    assert_eq!((all.len(), error), (1001, None));
    Some(all)
}

/// Molten sodium chloride (Tosi-Fumi, 1200 K): peaks and minimum of g(r), and the sums of squared displacements that
/// the published Einstein functions give on the same file.
#[test]
fn molten_sodium_chloride_agrees_with_the_reference() {
    let begun = std::time::Instant::now();
    let Some(all) = sodium_chloride() else {
        return;
    };
    println!("read in {:?}", begun.elapsed());
    let species = Species::new(&all[0].elements);
    assert_eq!(species.counts, [108, 108]);
    let mut distribution = PairDistribution::new(species.clone(), 9.0, 180);
    let mut displacements = Displacements::new(species.clone());
    for (at, frame) in all.iter().enumerate() {
        if at >= 100 {
            distribution.add(&frame.cell, &frame.positions_ang);
        }
        displacements.add(frame.time_fs.unwrap(), &frame.positions_ang);
    }
    println!("with g(r) in {:?}", begun.elapsed());
    let (na, cl) = (0, 1);
    for (a, b, peak, height) in [
        (na, cl, 2.59, 3.69),
        (na, na, 4.12, 1.72),
        (cl, cl, 4.04, 1.81),
    ] {
        let shell = distribution.curve(a, b).first_shell().unwrap();
        println!("{a}{b}: {shell:?}");
        assert!((shell.peak_ang - peak).abs() < 0.13, "{shell:?}");
        assert!((shell.peak_height - height).abs() < 0.15, "{shell:?}");
    }
    let shell = distribution.curve(na, cl).first_shell().unwrap();
    assert!(
        (shell.minimum_ang.unwrap() - 4.12).abs() < 0.25,
        "{shell:?}"
    );
    assert!((distribution.curve(na, cl).coordination_within(4.12) - 5.0).abs() < 0.15);

    let (_, curves) = displacements.mean_squared().unwrap();
    println!("with displacements in {:?}", begun.elapsed());
    let text = std::fs::read_to_string(reference().unwrap().join("nacl216_ref.json")).unwrap();
    let reference: serde_json::Value = serde_json::from_str(&text).unwrap();
    let lags = reference["curve_lag_frames"].as_array().unwrap();
    for (species, name) in [(na, "1"), (cl, "2")] {
        for (at, lag) in lags.iter().enumerate() {
            let sum = reference["self_sum_disp2"][name][at].as_f64().unwrap();
            let ours = curves[species][lag.as_u64().unwrap() as usize] * 108.0;
            // Masses to five digits there.
            assert!(
                (ours / sum - 1.0).abs() < 1e-6,
                "{name} {lag}: {ours} {sum}"
            );
        }
    }
    // The same positions put back into the cell unwrap to the same displacements.
    let mut unwrapper = Unwrapper::default();
    for frame in &all {
        let mut again = Snapshot {
            positions_ang: frame
                .positions_ang
                .iter()
                .map(|r| frame.cell.wrap(*r).0)
                .collect(),
            wrapped: true,
            elements: Arc::clone(&frame.elements),
            ..frame.clone()
        };
        unwrapper.unwrap(&mut again).unwrap();
        for ((a, b), (start, end)) in again.unwrapped_ang.iter().zip(&frame.positions_ang).zip(
            all[0]
                .positions_ang
                .iter()
                .map(|r| (frame.cell.wrap(*r).0, *r)),
        ) {
            for k in 0..3 {
                assert!((a[k] - start[k] - (b[k] - end[k])).abs() < 1e-6);
            }
        }
    }
}

/// Atoms of a rock-salt crystal that fluctuate about their sites independently, Gaussian with variance u² an axis:
/// `⟨ρ_a ρ_a*⟩ = N_a (1 − w_a²) + |ρ_a⁰|² w_a²` and `⟨ρ_a ρ_b*⟩ = ρ_a⁰ ρ_b⁰* w_a w_b` with `w = exp(−q² u²/2)` (Warren,
/// X-ray Diffraction, on the temperature factor of independent atoms), where ρ⁰ is N_a on the reciprocal lattice of its
/// sublattice, with the sign of the sublattices' offset, and zero elsewhere.
#[test]
fn thermal_motion_scatters_as_debye_and_waller_say() {
    let edge = 4.2;
    let (cell, species, sites) = crystal(edge, 2, &on_fcc("Mg", "O", [0.5, 0.0, 0.0]));
    let deviation = |of: usize| {
        let oxygen = species.elements[of] == element("O");
        if oxygen { 0.25 } else { 0.15 }
    };
    // Shells of the reciprocal lattice of the cell, (n/2)(2π/a), one length each for indices up to 4.
    let unit = std::f64::consts::TAU / (2.0 * edge);
    let mut factor = StructureFactor::new(species.clone(), unit * 6.0, 4000);
    let mut stream = Stream::new([3; 32], &[]);
    let mut gaussian = || -> f64 {
        let radius = (-2.0 * (1.0 - stream.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * stream.uniform()).cos()
    };
    for _ in 0..400 {
        let positions: Vec<[f64; 3]> = sites
            .iter()
            .zip(&species.of)
            .map(|(site, of)| site.map(|x| x + deviation(*of) * gaussian()))
            .collect();
        factor.add(&cell, &positions);
    }
    // Of squared indices in units of the cell of two: the part of the vectors of that length that are reflections of
    // both sublattices in phase and out of phase.
    let reflections = |squared: i32| {
        let (mut even, mut odd, mut all) = (0.0, 0.0, 0.0);
        for h in -6..=6i32 {
            for k in -6..=6i32 {
                for l in -6..=6i32 {
                    if h * h + k * k + l * l != squared {
                        continue;
                    }
                    all += 1.0;
                    let indices = [h, k, l];
                    if indices.iter().all(|n| n % 4 == 0) || {
                        let half = indices.map(|n| n / 2);
                        indices.iter().all(|n| n % 2 == 0) && half.iter().all(|n| n % 2 == 0)
                    } {
                        even += 1.0;
                    } else if indices.iter().all(|n| n % 2 == 0)
                        && indices.iter().all(|n| (n / 2) % 2 != 0)
                    {
                        odd += 1.0;
                    }
                }
            }
        }
        (even / all, odd / all)
    };
    let atoms = 32.0;
    let mut tested = 0;
    for (a, b) in species.pairs() {
        let partial = factor.partial(a, b);
        for (q, s) in partial.q_per_ang.iter().zip(&partial.s) {
            let squared = (q / unit).powi(2).round() as i32;
            // Up to there all vectors of a length are summed.
            if squared > 16 {
                continue;
            }
            let w = |of: usize| (-0.5 * (q * deviation(of)).powi(2)).exp();
            let (even, odd) = reflections(squared);
            let expected = if a == b {
                1.0 + ((1.0 - w(a).powi(2) + (even + odd) * atoms * w(a).powi(2)) - 1.0) / 0.5
            } else {
                1.0 + (even - odd) * atoms * w(a) * w(b) / 0.5
            };
            let error = s.error.unwrap();
            assert!(
                (s.value - expected).abs() < 5.0 * error + 1e-3,
                "{a}{b} at {squared}: {s:?}, {expected}"
            );
            assert!(error < 0.05 * expected.abs().max(1.0), "{error}");
            tested += 1;
        }
    }
    assert!(tested > 35, "{tested}");
}

/// Velocities of Ornstein and Uhlenbeck: `v' = e^{−γ dt} v + ξ` has the autocorrelation `e^{−γ t}`.
#[test]
fn velocities_forget_themselves_at_the_rate_of_their_friction() {
    let mut stream = Stream::new([12; 32], &[]);
    let (interval, decay) = (4.0, 0.9f64);
    let mut all = Velocities::new(Species::new(&[element("Ar"); 200]));
    let mut velocities = vec![[0.0f64; 3]; 200];
    for frame in -200..2000 {
        for v in velocities.as_flattened_mut() {
            *v = decay * *v + 1e-3 * (stream.uniform() - 0.5);
        }
        if frame >= 0 {
            all.add(f64::from(frame) * interval, &velocities);
        }
    }
    let (found, curves) = all.autocorrelation().unwrap();
    assert!((found - interval).abs() < 1e-9);
    assert_eq!(curves[0].len(), 500);
    assert_eq!(curves[0][0].value, 1.0);
    for lag in [1, 5, 20, 60] {
        let expected = decay.powi(lag);
        let got = curves[0][lag as usize];
        let error = got.error.unwrap();
        assert!(
            (got.value - expected).abs() < 5.0 * error + 1e-3 && error < 0.01,
            "{lag}: {got:?} {expected}"
        );
    }
}

#[test]
fn slabs_hold_the_atoms_that_are_in_them() {
    let basis: Vec<(&str, [f64; 3])> = FCC.iter().map(|at| ("Al", *at)).collect();
    let (cell, _, positions) = crystal(4.0, 2, &basis);
    // Over a crystal 8 Å high 24 Å of nothing.
    let rows = cell.rows_ang();
    let tall = Cell::new([rows[0], rows[1], [0.0, 0.0, 32.0]]).unwrap();
    let species = Species::new(&[element("Al"); 32]);
    let mut profile = SlabProfile::new(species, 2, 16);
    let moved: Vec<[f64; 3]> = positions
        .iter()
        .map(|[x, y, z]| [*x, *y, z - 31.0])
        .collect();
    profile.add(&tall, &moved);
    let middles = profile.positions_ang();
    assert!((middles[0] - 1.0).abs() < 1e-12 && (middles[15] - 31.0).abs() < 1e-12);
    let density = profile.density_g_per_cm3(0);
    // 8 atoms in 8 · 8 · 2 Å³.
    let layer = 8.0 * element("Al").mass_u() * 1.660_539_07 / 128.0;
    for (slab, mean) in density.iter().enumerate() {
        let expected = if slab < 4 { layer } else { 0.0 };
        assert!(
            (mean.value - expected).abs() < 1e-6 * layer,
            "{slab}: {mean:?}"
        );
    }
}

#[test]
fn ramps_are_followed_in_parts_of_their_time() {
    let log = |shift: f64| {
        let mut text =
            "segment,step,time_fs,temperature_k,potential_ev,density_g_per_cm3\n".to_owned();
        for step in 0..400 {
            let segment = step / 100;
            let part = f64::from(step % 100) / 100.0;
            let kelvin = 4000.0 - 2000.0 * part;
            text += &format!(
                "{segment},{step},{step},{kelvin},{},{}\n",
                -100.0 + kelvin / 100.0,
                5.0 - kelvin / 2000.0 + shift
            );
        }
        text
    };
    let (one, other) = (log(0.1), log(-0.1));
    let of = |csv| RampLog {
        csv,
        atoms: 10,
        ramps: &[1],
    };
    let both = Cooling::of(&[of(&one), of(&other)]).unwrap();
    assert_eq!(both.temperature_k.len(), 40);
    // Rows 0 and 1 of a hundred, then 97 to 99.
    assert!((both.temperature_k[0] - 3990.0).abs() < 1e-9);
    assert!((both.temperature_k[39] - 2040.0).abs() < 1e-9);
    for (kelvin, (density, energy)) in both
        .temperature_k
        .iter()
        .zip(both.density_g_per_cm3.iter().zip(&both.energy_ev_per_atom))
    {
        assert!((density.value - (5.0 - kelvin / 2000.0)).abs() < 1e-9);
        assert!((density.error.unwrap() - 0.1).abs() < 1e-9);
        assert!((energy.value - (-10.0 + kelvin / 1000.0)).abs() < 1e-9);
    }
    assert_eq!(
        Cooling::of(&[RampLog {
            ramps: &[],
            ..of(&one)
        }]),
        None
    );
}

#[test]
fn a_survey_takes_runs_together() {
    // Rock salt that rattles, as two runs of a walk.
    let (cell, species, sites) = crystal(5.64, 2, &on_fcc("Na", "Cl", [0.5, 0.0, 0.0]));
    let elements: Arc<[Element]> = species.of.iter().map(|of| species.elements[*of]).collect();
    let mut stream = Stream::new([15; 32], &[]);
    let mut run = |frames: usize| -> Vec<Snapshot> {
        let mut drift = 0.0;
        (0..frames)
            .map(|number| {
                drift += 0.1;
                let moved = |site: &[f64; 3]| site.map(|x| x + 0.1 * stream.uniform() + drift);
                let unwrapped: Vec<[f64; 3]> = sites.iter().map(moved).collect();
                Snapshot {
                    time_fs: Some(number as f64 * 10.0),
                    cell,
                    elements: Arc::clone(&elements),
                    positions_ang: unwrapped.iter().map(|one| cell.wrap(*one).0).collect(),
                    wrapped: true,
                    unwrapped_ang: unwrapped,
                    ..Snapshot::default()
                }
            })
            .collect()
    };
    let frames = [run(40), run(60)];
    let open = |frames: &'static [Snapshot]| Run {
        frames: frames.len(),
        unfollowed: None,
        open: Box::new(move || Ok(Box::new(InMemory::new(frames)))),
    };
    let frames = frames.map(|run| &*run.leak());
    let survey = Survey {
        fineness: Fineness {
            reach_ang: 8.0,
            bin_ang: 0.05,
            longest_per_ang: 4.0,
            shell_per_ang: 0.1,
        },
        bonds: vec![
            (element("Na"), element("Cl"), None),
            (element("Cl"), element("Cl"), Some(4.5)),
        ],
        slabs: Some((0, 4)),
        most_frames: 20,
    };
    let found = survey.of(&frames.map(open), &Quiet).unwrap();
    assert_eq!(found.elements, [element("Na"), element("Cl")]);
    assert!(
        (found.density_g_per_cm3.value - 2.163).abs() < 0.01,
        "NaCl at a = 5.64 Å"
    );
    assert!(found.density_g_per_cm3.error.unwrap() < 1e-12);
    let names: Vec<&str> = found
        .pair_distribution
        .curves
        .iter()
        .map(|one| &*one.name)
        .collect();
    assert_eq!(names, ["Na-Na", "Na-Cl", "Cl-Cl"]);
    let counted: Vec<f64> = found
        .bonds
        .iter()
        .map(|bond| bond.coordination.unwrap().value)
        .collect();
    assert_eq!(counted, [6.0, 12.0]);
    assert_eq!(found.coordination.x.len(), 13);
    assert!((found.coordination.curves[1].y[12].value - 1.0).abs() < 1e-12);
    let right: f64 = found
        .angles
        .x
        .iter()
        .zip(&found.angles.curves[0].y)
        .filter(|(at, _)| (**at - 90.0).abs() < 8.0)
        .map(|(_, density)| density.value * 2.0)
        .sum();
    assert!(
        (right - 12.0 / 15.0).abs() < 1e-9,
        "12 of 15 angles are right: {right}"
    );
    // The drift of all is none: what is left is twice the variance of 0.1 uniform, an axis.
    let displacements = found.displacements.unwrap();
    assert_eq!(displacements.x[..3], [0.0, 10.0, 20.0]);
    assert_eq!(displacements.x.len(), 10, "a quarter of the shorter run");
    let expected = 3.0 * 2.0 * 0.01 / 12.0;
    for mean in &displacements.curves[0].y[1..] {
        assert!(
            (mean.value / expected - 1.0).abs() < 0.1,
            "{mean:?} {expected}"
        );
    }
    assert!(found.velocities.unwrap_err().contains("no velocities"));

    let missing = Survey {
        bonds: vec![(element("O"), element("Na"), None)],
        ..survey.clone()
    };
    let error = missing.of(&frames.map(open), &Quiet).unwrap_err();
    assert_eq!(
        error,
        SurveyError::NoElement {
            element: element("O")
        }
    );
    assert_eq!(survey.of(&[], &Quiet).unwrap_err(), SurveyError::NoFrames);
}

/// Its definition, written out: at a level, every 2ⁿth frame, once there are sixteen before it.
#[test]
fn correlations_on_the_fly_are_means_over_the_origins_that_they_say() {
    let species = Species::new(&[element("Na"), element("Cl"), element("Na")]);
    let mut stream = Stream::new([3; 32], &[]);
    let mut walk = vec![[0.0; 3]; 3];
    let frames: Vec<Vec<[f64; 3]>> = (0..400)
        .map(|_| {
            for x in walk.as_flattened_mut() {
                *x += stream.normal();
            }
            walk.clone()
        })
        .collect();
    for correlated in [Correlated::Displacements, Correlated::Velocities] {
        let mut correlator = Correlator::new(correlated, species.clone());
        for (number, frame) in frames.iter().enumerate() {
            // Put down and taken up on the way.
            if number % 37 == 5 {
                let state = serde_json::to_string(&correlator).unwrap();
                let kept = correlator.frames();
                correlator = serde_json::from_str(&state).unwrap();
                let mut kept = kept.as_slice();
                assert!(correlator.restore(&species, &mut kept) && kept.is_empty());
            }
            correlator.add(frame);
        }
        let curves = correlator.curves(2.0, &[0, 1]);
        let lags: Vec<usize> = curves.x.iter().map(|time| (time / 2.0) as usize).collect();
        let mut expected: Vec<usize> = (0..=16).collect();
        expected.extend((9..=16).map(|lag| 2 * lag));
        expected.extend((9..=16).map(|lag| 4 * lag));
        expected.extend((9..=12).map(|lag| 8 * lag));
        assert_eq!(lags, expected, "up to a quarter of 400");
        let mean = |atoms: &[usize], lag: usize| {
            let mut step = 1;
            while lag > 16 * step {
                step *= 2;
            }
            let origins = (16 * step..400).step_by(step);
            let mut values = Vec::new();
            for at in origins {
                for atom in atoms {
                    let both = frames[at][*atom].iter().zip(&frames[at - lag][*atom]);
                    let of = |(x, y): (&f64, &f64)| match correlated {
                        Correlated::Displacements => (x - y).powi(2),
                        Correlated::Velocities => x * y,
                    };
                    values.push(both.map(of).sum::<f64>());
                }
            }
            values.iter().sum::<f64>() / values.len() as f64
        };
        for (curve, atoms) in curves.curves.iter().zip([&[0, 2][..], &[1]]) {
            let scale = match correlated {
                Correlated::Displacements => 1.0,
                Correlated::Velocities => mean(atoms, 0),
            };
            for (lag, found) in lags.iter().zip(&curve.y) {
                let expected = mean(atoms, *lag) / scale;
                assert!(
                    (found.value - expected).abs() < 1e-9 * expected.abs().max(1.0),
                    "{} at lag {lag}: {} {expected}",
                    curve.name,
                    found.value
                );
            }
        }
    }
}
