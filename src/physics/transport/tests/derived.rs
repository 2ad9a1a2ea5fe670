//! What follows from a tensor: forces between species, temperatures, sizes of cells, published numbers.

use super::common::{
    TEMPERATURE_K, agrees, analyse, component, elements, frames, independent, same, settings,
    walk_with_velocities,
};
use crate::base::constants::BOLTZMANN_EV_PER_K;
use crate::physics::io::trajectory::Snapshot;
use crate::physics::numerics::Stream;
use crate::physics::transport::matrix::{
    Matrix, between, congruent, eigen, inverse, orthogonal_to, zeros,
};
use crate::physics::transport::{
    Component, Errors, Estimate, Fit, Freedom, PublishedTensor, Quantity, ReferenceFrame,
    StressSeries, TemperatureSeries, TransportAnalysis, TransportError, TransportTensor,
    YEH_HUMMER_XI, extrapolate_sizes, yeh_hummer,
};

const VOLUME_ANG3: f64 = 5000.0;

fn salt() -> Vec<Component> {
    vec![
        component("Na", 40, 1.0),
        component("Ca", 15, 2.0),
        component("Cl", 70, -1.0),
    ]
}

fn published(
    species: Vec<Component>,
    temperature_k: f64,
    frame: ReferenceFrame,
    l: Matrix,
) -> TransportTensor {
    let own = Some((0..species.len()).map(|at| 1.1 * l[at][at].abs()).collect());
    let tensor = PublishedTensor {
        species,
        temperature_k,
        volume_ang3: VOLUME_ANG3,
        frame,
        l,
        own,
        source: "made here".into(),
    };
    tensor.tensor().expect("a tensor")
}

/// The tensor of three species whose frictions are known, in the frame of the first.
fn of_frictions(species: &[Component], k: &Matrix) -> Matrix {
    let c: Vec<f64> = species
        .iter()
        .map(|one| one.count as f64 / VOLUME_ANG3)
        .collect();
    let order = c.len();
    let m: Matrix = (1..order)
        .map(|i| {
            (1..order)
                .map(|j| {
                    if i == j {
                        (0..order).filter(|k| *k != i).map(|o| k[i][o]).sum()
                    } else {
                        -k[i][j]
                    }
                })
                .collect()
        })
        .collect();
    let l = inverse(&m).expect("an inverse");
    let mut whole = zeros(order, order);
    for i in 1..order {
        for j in 1..order {
            whole[i][j] = c[i] * c[j] * l[i - 1][j - 1];
        }
    }
    whole
}

#[test]
fn stefan_maxwell_coefficients_come_back() {
    let species = salt();
    let k = vec![
        vec![0.0, 2e-4, 5e-4],
        vec![2e-4, 0.0, 9e-4],
        vec![5e-4, 9e-4, 0.0],
    ];
    let first = ReferenceFrame::Species { name: "Na".into() };
    let against_first = published(species.clone(), 1000.0, first, of_frictions(&species, &k));
    let barycentric = against_first
        .in_frame(&ReferenceFrame::Barycentric)
        .expect("a frame");
    let found = barycentric.stefan_maxwell().expect("coefficients");
    assert_eq!(found.pairs.len(), 3);
    let total: f64 = species
        .iter()
        .map(|one| one.count as f64 / VOLUME_ANG3)
        .sum();
    for pair in &found.pairs {
        let expected = k[pair.i][pair.j];
        assert!((pair.coefficient.value / expected - 1.0).abs() < 1e-9);
        let c = [pair.i, pair.j].map(|at| barycentric.concentration_per_ang3(at));
        let diffusivity = barycentric.kt_ev() * c[0] * c[1] / (total * expected);
        assert!((pair.diffusivity.value / diffusivity - 1.0).abs() < 1e-9);
    }
    assert!(found.condition > 1.0 && found.condition < 100.0);
    // Haven's ratio and the Nernst-Einstein conductivity from their definitions.
    let haven = barycentric.haven_ratio().expect("charges").value;
    let nernst = barycentric.nernst_einstein().expect("charges").value;
    let kappa = barycentric.conductivity().expect("charges").value;
    assert!((haven * kappa / nernst - 1.0).abs() < 1e-12);
    let by_diffusion: f64 = (0..3)
        .map(|at| {
            let d = barycentric.diffusion.as_ref().expect("self terms")[at].value;
            species[at].charge_e.expect("a charge").powi(2)
                * barycentric.concentration_per_ang3(at)
                * d
                / barycentric.kt_ev()
        })
        .sum();
    assert!((nernst / by_diffusion - 1.0).abs() < 1e-12);
    let numbers = barycentric.transference().expect("charges");
    assert!(
        (numbers.numbers.iter().map(|one| one.value).sum::<f64>() - 1.0).abs() < 1e-12
            && !numbers.kinematic
    );
    let current: f64 = barycentric
        .mobilities()
        .expect("charges")
        .iter()
        .enumerate()
        .map(|(at, one)| {
            one.value
                * species[at].charge_e.expect("a charge")
                * barycentric.concentration_per_ang3(at)
        })
        .sum();
    assert!((current / kappa - 1.0).abs() < 1e-12);
}

/// Whatever the walkers do, two species have the ratios that the frame dictates, to the last digits.
#[test]
fn two_species_are_ruled_by_the_frame() {
    let elements = elements(&[("Na", 12), ("Cl", 12)]);
    let analysis = TransportAnalysis {
        charges_e: vec![("Na".into(), 1.0), ("Cl".into(), -1.0)],
        ..settings()
    };
    let found = analyse(
        &analysis,
        &[&frames(&elements, 50.0, &independent(24, 800, 11))],
    )
    .expect("a tensor");
    let [first, second] = [found.species[0].mass_u, found.species[1].mass_u];
    let l = &found.l;
    assert!((l[0][0] * first + l[0][1] * second).abs() < 1e-10 * l[0][0] * first);
    assert!((l[0][0] / l[1][1] / (second / first).powi(2) - 1.0).abs() < 1e-10);
    let numbers = found.transference().expect("charges");
    assert!(numbers.kinematic);
    assert!((numbers.numbers[0].value - second / (first + second)).abs() < 1e-10);
    for sample in found.samples(0).iter().take(20) {
        assert!(
            (sample[0][0] * first + sample[0][1] * second).abs() < 1e-10 * sample[0][0] * first
        );
    }
}

/// What is linear in the tensor has the standard error of the mean over replicas, in every frame and by velocities too; the
/// conductivity among it.
#[test]
fn errors_of_replicas_are_those_of_their_mean() {
    let elements = elements(&[("Na", 6), ("K", 5), ("Cl", 7)]);
    let runs: Vec<Vec<Snapshot>> = (60..66)
        .map(|seed| walk_with_velocities(&elements, 50.0, 400, seed, 0.3))
        .collect();
    let of = |runs: &[Vec<Snapshot>], errors: Errors, by_velocities: bool| {
        let slices: Vec<&[Snapshot]> = runs.iter().map(Vec::as_slice).collect();
        let analysis = TransportAnalysis {
            errors,
            by_velocities,
            window_fs: Some((50.0, 250.0)),
            plateau_fs: Some((50.0, 200.0)),
            fit: Fit::Unweighted,
            charges_e: ["Na", "K", "Cl"]
                .iter()
                .zip([1.0, 1.0, -11.0 / 7.0])
                .map(|(name, charge)| ((*name).into(), charge))
                .collect(),
            ..settings()
        };
        analyse(&analysis, &slices)
    };
    let number = ReferenceFrame::Number;
    let check = |by_velocities: bool, estimate: &dyn Fn(&TransportTensor) -> Estimate| {
        let all = of(&runs, Errors::Replicas, by_velocities).expect("a tensor");
        let one = |run| of(std::slice::from_ref(run), Errors::Lengths, by_velocities);
        let each = runs.iter().map(|run| one(run).expect("a tensor"));
        let values: Vec<f64> = each.map(|one| estimate(&one).value).collect();
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let about: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
        let expected = (about / (count * (count - 1.0))).sqrt();
        let found = estimate(&all);
        assert!(
            (found.value - mean).abs() < 1e-9 * expected,
            "{found:?} {mean}"
        );
        let error = found.error.expect("an error");
        assert!((error / expected - 1.0).abs() < 1e-9, "{error} {expected}");
        // Student's distribution of five degrees of freedom: 1.11 and 2.57.
        let [low, high] = found.interval_95.expect("an interval");
        let [narrow, wide] = found.interval_68.expect("an interval");
        assert!((2.0..3.4).contains(&(0.5 * (high - low) / expected)));
        assert!((0.9..1.4).contains(&(0.5 * (wide - narrow) / expected)));
    };
    for (i, j) in [(0, 0), (0, 1), (1, 2), (2, 2)] {
        for by_velocities in [false, true] {
            check(by_velocities, &|one| one.estimates[i][j]);
            check(by_velocities, &|one| {
                one.in_frame(&number).expect("a frame").estimates[i][j]
            });
        }
    }
    check(false, &|one| one.conductivity().expect("charges"));
    let few = of(&runs[..4], Errors::Replicas, false).expect_err("too few");
    assert_eq!(
        few,
        TransportError::TooFewReplicas {
            given: 4,
            needed: 5
        }
    );
}

/// A tensor with errors, of two modes with an activation energy of 0.3 eV.
fn at_temperature(temperature_k: f64, degrees: f64, noise: Option<&mut Stream>) -> TransportTensor {
    let factor = (-0.3 / (BOLTZMANN_EV_PER_K * temperature_k)).exp();
    of_modes(
        temperature_k,
        [1e-3 * factor, 3e-4 * factor],
        degrees,
        noise,
    )
}

/// The same of modes so large.
fn of_modes(
    temperature_k: f64,
    [x, y]: [f64; 2],
    degrees: f64,
    noise: Option<&mut Stream>,
) -> TransportTensor {
    let species = salt();
    let null = ReferenceFrame::Barycentric
        .null_vector(&species)
        .expect("a frame");
    let basis = orthogonal_to(&null);
    let (s, c) = 0.6f64.sin_cos();
    let mut inside = vec![
        vec![c * c * x + s * s * y, s * c * (x - y)],
        vec![s * c * (x - y), s * s * x + c * c * y],
    ];
    if let Some(stream) = noise {
        let factor = (1.0 + (2.0 / degrees).sqrt() * stream.normal()).max(0.2);
        inside.iter_mut().flatten().for_each(|one| *one *= factor);
    }
    let l = congruent(
        &crate::physics::transport::matrix::transposed(&basis),
        &inside,
    );
    let mut tensor = published(species, temperature_k, ReferenceFrame::Barycentric, l);
    let root = crate::physics::transport::matrix::cholesky(&inside).expect("a root");
    tensor.freedom = Some(Freedom {
        factor: crate::physics::transport::matrix::product(
            &crate::physics::transport::matrix::transposed(&basis),
            &root,
        ),
        degrees: vec![degrees; 2],
        crossed: Vec::new(),
        replicas: 1,
        excess: None,
        own: None,
        drawn: None,
    });
    tensor.finish(0.2, 1e5).expect("a tensor");
    tensor
}

#[test]
fn activation_energies_and_their_errors() {
    let temperatures = [900.0, 1000.0, 1150.0, 1300.0, 1500.0];
    let exact: Vec<TransportTensor> = temperatures
        .iter()
        .map(|t| at_temperature(*t, 200.0, None))
        .collect();
    let series = TemperatureSeries::new(&exact.iter().collect::<Vec<_>>()).expect("a series");
    let law = series.arrhenius(Quantity::Conductivity).expect("a law");
    assert!(
        (law.activation_ev.value - 0.3).abs() < 1e-9,
        "{:?}",
        law.activation_ev
    );
    let error = law.activation_ev.error.expect("an error");
    let by_formula = law.covariance.expect("a covariance")[1][1].sqrt();
    // A line through five logarithms that each have an error of √(2/ν).
    let beta = temperatures.map(|t| 1.0 / (BOLTZMANN_EV_PER_K * t));
    let mean = beta.iter().sum::<f64>() / beta.len() as f64;
    let about: f64 = beta.iter().map(|beta| (beta - mean).powi(2)).sum();
    let of_line = (2.0f64 / 200.0 / about).sqrt();
    for error in [error, by_formula] {
        assert!((error / of_line - 1.0).abs() < 0.1, "{error} {of_line}");
    }
    assert!(!law.at(1100.0).1 && law.at(1600.0).1);
    // One of many noisy series in twenty lies outside of its interval.
    let mut stream = Stream::new([8; 32], &[]);
    let trials = 40;
    let held = (0..trials)
        .filter(|_| {
            let noisy: Vec<TransportTensor> = temperatures
                .iter()
                .map(|t| at_temperature(*t, 60.0, Some(&mut stream)))
                .collect();
            let series =
                TemperatureSeries::new(&noisy.iter().collect::<Vec<_>>()).expect("a series");
            let [low, high] = series
                .arrhenius(Quantity::Diagonal(0))
                .expect("a law")
                .activation_ev
                .interval_95
                .expect("one");
            low < 0.3 && 0.3 < high
        })
        .count();
    assert!(held >= 33, "{held} of {trials}");
}

/// Errors of sums over entries are those of the distribution that intervals are made of: two modes with degrees of freedom of
/// their own, three species.
#[test]
fn the_covariance_is_that_of_the_distribution() {
    let mut tensor = at_temperature(1000.0, 400.0, None);
    let freedom = tensor.freedom.as_mut().expect("errors");
    freedom.degrees = vec![400.0, 900.0];
    tensor.finish(0.2, 1e5).expect("a tensor");
    let found = tensor.conductivity().expect("charges");
    let charges: Vec<f64> = tensor
        .species
        .iter()
        .map(|one| one.charge_e.expect("a charge"))
        .collect();
    let each: Vec<f64> = tensor
        .samples(3)
        .iter()
        .map(|l| between(&charges, l, &charges))
        .collect();
    let mean = each.iter().sum::<f64>() / each.len() as f64;
    let squares: f64 = each.iter().map(|x| (x - mean).powi(2)).sum();
    let spread = (squares / each.len() as f64).sqrt();
    let error = found.error.expect("an error");
    assert!((error / spread - 1.0).abs() < 0.06, "{error} {spread}");
    let apart: f64 = (0..3)
        .flat_map(|i| (0..3).map(move |j| (i, j)))
        .map(|(i, j)| {
            let one = tensor.estimates[i][j].error.expect("an error");
            (charges[i] * charges[j] * one).powi(2)
        })
        .sum();
    assert!(
        (error / apart.sqrt() - 1.0).abs() > 0.2,
        "entries are not independent"
    );
}

/// Where a friction may be 0, its diffusivity may be anything: it has no error. Where it may not, it has one.
#[test]
fn a_friction_that_may_vanish_leaves_its_diffusivity_open() {
    let [sure, unsure] = [2000.0, 6.0].map(|degrees| {
        let tensor = at_temperature(1000.0, degrees, None);
        tensor.stefan_maxwell().expect("frictions").pairs
    });
    assert!(sure.iter().all(|pair| pair.diffusivity.error.is_some()));
    let mut open = 0;
    for pair in unsure {
        let [low, high] = pair.coefficient.interval_95.expect("an interval");
        let holds_zero = low < 0.0 && 0.0 < high;
        assert_eq!(pair.diffusivity.error.is_none(), holds_zero, "{pair:?}");
        open += usize::from(holds_zero);
    }
    assert!(open > 0);
}

#[test]
fn a_law_with_a_lowest_temperature_is_found() {
    let species = salt();
    let all: Vec<TransportTensor> = [700.0, 800.0, 950.0, 1100.0, 1400.0]
        .iter()
        .map(|t| {
            let value = (2.0 - 900.0 / (t - 320.0_f64)).exp();
            let null = ReferenceFrame::Barycentric
                .null_vector(&species)
                .expect("a frame");
            let basis = orthogonal_to(&null);
            let l = congruent(
                &crate::physics::transport::matrix::transposed(&basis),
                &[vec![value, 0.0], vec![0.0, value]],
            );
            published(species.clone(), *t, ReferenceFrame::Barycentric, l)
        })
        .collect();
    let series = TemperatureSeries::new(&all.iter().collect::<Vec<_>>()).expect("a series");
    let law = series
        .vogel_tammann_fulcher(Quantity::Diagonal(1))
        .expect("a law");
    assert!(
        (law.t0_k.value - 320.0).abs() < 1.0 && (law.b_k.value - 900.0).abs() < 5.0,
        "{law:?}"
    );
    // Of noisy series an interval of 68 % holds the truth in two of three.
    let mut stream = Stream::new([12; 32], &[]);
    let trials = 24;
    let mut held = [0, 0];
    for _ in 0..trials {
        let noisy: Vec<TransportTensor> = [700.0, 800.0, 950.0, 1100.0, 1400.0]
            .iter()
            .map(|t| {
                let value = (2.0 - 900.0 / (t - 320.0_f64)).exp();
                of_modes(*t, [value, 0.3 * value], 600.0, Some(&mut stream))
            })
            .collect();
        let law = TemperatureSeries::new(&noisy.iter().collect::<Vec<_>>())
            .and_then(|series| series.vogel_tammann_fulcher(Quantity::Diagonal(0)))
            .expect("a law");
        assert!(law.chi_squared.is_some());
        for (held, (found, truth)) in held.iter_mut().zip([(law.t0_k, 320.0), (law.b_k, 900.0)]) {
            let [low, high] = found.interval_68.expect("an interval");
            *held += usize::from(low < truth && truth < high);
        }
    }
    assert!(
        held.iter().all(|held| (10..=22).contains(held)),
        "{held:?} of {trials}"
    );
    let three: Vec<&TransportTensor> = all.iter().take(3).collect();
    let too_few = TemperatureSeries::new(&three)
        .expect("a series")
        .vogel_tammann_fulcher(Quantity::Conductivity);
    assert!(matches!(too_few, Err(TransportError::TooFew { .. })));
}

/// Interpolated and extrapolated tensors are positive semi-definite and in their frame, and the latter say that they are.
#[test]
fn tensors_between_temperatures() {
    let all: Vec<TransportTensor> = [900.0, 1200.0, 1500.0]
        .iter()
        .map(|t| at_temperature(*t, 100.0, None))
        .collect();
    let series = TemperatureSeries::new(&all.iter().collect::<Vec<_>>()).expect("a series");
    for t in [400.0, 900.0, 1000.0, 1350.0, 1500.0, 2500.0] {
        let found = series.at(t).expect("a tensor");
        let (values, _) = eigen(&found.tensor.l);
        assert!(values[0] > -1e-12 * values[2], "{t}: {values:?}");
        assert!(found.tensor.checks.null_residual < 1e-10, "{t}");
        assert_eq!(
            found.extrapolated_k.is_some(),
            !(900.0..=1500.0).contains(&t),
            "{t}"
        );
        let truth = at_temperature(t, 100.0, None);
        if (900.0..=1500.0).contains(&t) {
            same(&found.tensor.l, &truth.l, 1e-9);
        }
        let error = found.tensor.estimates[0][0].error.expect("an error") / found.tensor.l[0][0];
        assert!(
            if found.extrapolated_k.is_some() {
                error > 0.142
            } else {
                error < 0.142
            },
            "{t}: {error}"
        );
    }
    assert_eq!(series.at(1200.0).expect("a tensor").tensor, all[1]);
    let other = all[1].in_frame(&ReferenceFrame::Number).expect("a frame");
    assert!(matches!(
        TemperatureSeries::new(&[&all[0], &other]),
        Err(TransportError::Different(_))
    ));
}

#[test]
fn sizes_of_cells() {
    let viscosity = Estimate::normal(2.0, 0.1);
    let d = Estimate::normal(1e-4, 2e-6);
    let found = yeh_hummer(d, 1000.0, 20.0, viscosity).expect("a correction");
    let shift =
        YEH_HUMMER_XI * BOLTZMANN_EV_PER_K * 1000.0 / (6.0 * std::f64::consts::PI * 2.0 * 20.0);
    assert!((found.value - 1e-4 - shift).abs() < 1e-12);
    assert!((found.error.expect("an error") - (2e-6f64).hypot(0.05 * shift)).abs() < 1e-12);
    let of = |edge: f64| (edge, Estimate::normal(3.0 - 7.0 / edge, 0.05));
    let line = extrapolate_sizes(&[of(15.0), of(20.0), of(30.0), of(40.0)]).expect("a line");
    assert!((line.value.value - 3.0).abs() < 1e-9 && (line.slope.value + 7.0).abs() < 1e-9);
    assert!(extrapolate_sizes(&[of(15.0), of(20.0), of(20.0)]).is_err());
    // Stresses that forget in a time τ: η = V/kT ⟨σ²⟩ τ.
    let (tau, dt, sigma) = (40.0, 4.0, 1e-3);
    let kept = f64::exp(-dt / tau);
    let mut stream = Stream::new([9; 32], &[]);
    let mut now = [0.0; 6];
    let stress = (0..60_000)
        .map(|_| {
            for (at, one) in now.iter_mut().enumerate() {
                // Half the differences of the diagonal have the variance of an off-diagonal part.
                let size = if at < 3 { sigma * 2f64.sqrt() } else { sigma };
                *one = kept * *one + size * (1.0f64 - kept * kept).sqrt() * stream.normal();
            }
            now
        })
        .collect();
    let series = StressSeries {
        interval_fs: dt,
        stress_ev_per_ang3: stress,
        volume_ang3: VOLUME_ANG3,
        temperature_k: TEMPERATURE_K,
    };
    // With every eighth of them the integral would be wrong without a word.
    let seldom = StressSeries {
        interval_fs: 8.0 * dt,
        stress_ev_per_ang3: series
            .stress_ev_per_ang3
            .iter()
            .step_by(8)
            .copied()
            .collect(),
        ..series.clone()
    };
    assert!(matches!(
        seldom.viscosity(None),
        Err(TransportError::Coarse { apart_fs: 32.0, .. })
    ));
    let found = series.viscosity(None).expect("a viscosity");
    let truth = VOLUME_ANG3 / (BOLTZMANN_EV_PER_K * TEMPERATURE_K) * sigma * sigma * tau;
    agrees(found.value, truth, truth);
}

#[test]
fn published_tensors_are_checked() {
    let species = salt();
    let indefinite = vec![
        vec![1.0, 2.0, 0.1],
        vec![2.0, 1.0, 0.1],
        vec![0.1, 0.1, 1.0],
    ];
    let found = published(
        species.clone(),
        1000.0,
        ReferenceFrame::Laboratory,
        indefinite.clone(),
    );
    assert!(!found.checks.positive_semidefinite);
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.starts_with("not positive semi-definite")),
        "{:?}",
        found.notes
    );
    assert!(
        found
            .notes
            .iter()
            .any(|note| note.contains("frame was not published"))
    );
    assert!(!found.projected && found.l == indefinite && found.convergence.is_none());
    let mut projected = found.clone();
    projected.project().expect("a projection");
    assert!(projected.projected && eigen(&projected.l).0[0] > -1e-12);
    let off = published(
        species.clone(),
        1000.0,
        ReferenceFrame::Barycentric,
        vec![
            vec![2.0, 0.1, 0.1],
            vec![0.1, 1.0, 0.1],
            vec![0.1, 0.1, 1.0],
        ],
    );
    assert!(
        off.notes
            .iter()
            .any(|note| note.starts_with("not in the barycentric frame")),
        "{:?}",
        off.notes
    );
    let text = serde_json::to_string(&found).expect("JSON");
    assert_eq!(
        serde_json::from_str::<TransportTensor>(&text).expect("a tensor"),
        found
    );
    let ragged = PublishedTensor {
        species,
        temperature_k: 1000.0,
        volume_ang3: 1.0,
        frame: ReferenceFrame::Laboratory,
        l: vec![vec![1.0]],
        own: None,
        source: String::new(),
    };
    assert!(matches!(ragged.tensor(), Err(TransportError::Malformed(_))));
}
