//! Against processes whose tensor is known, and what holds exactly whatever the trajectory.

use std::sync::Arc;

use super::common::{
    EDGE_ANG, TEMPERATURE_K, agrees, analyse, component, elements, frames, independent, same,
    settings, walk,
};
use crate::base::Element;
use crate::base::constants::{ATOMIC_MASS_EV_FS2_PER_ANG2, BOLTZMANN_EV_PER_K};
use crate::physics::io::trajectory::Snapshot;
use crate::physics::numerics::Stream;
use crate::physics::structure::Cell;
use crate::physics::transport::matrix::{Matrix, congruent, product};
use crate::physics::transport::{
    Fit, ReferenceFrame, TransportAnalysis, TransportTensor, VelocitySeries,
};

/// `L_ii = c_i D_i / kT` and `L_ij = 0` in the frame that the walkers walk in; here they are brought to the barycentric.
#[test]
fn independent_walks() {
    let (elements, dt) = (elements(&[("Na", 12), ("K", 20), ("Cl", 16)]), 50.0);
    let positions = independent(48, 3000, 1);
    let found = analyse(&settings(), &[&frames(&elements, dt, &positions)]).expect("a tensor");
    let kt_volume = BOLTZMANN_EV_PER_K * TEMPERATURE_K * EDGE_ANG.powi(3);
    let diffusion = 0.09 / (2.0 * dt);
    let counts = [12.0, 20.0, 16.0];
    let lab: Matrix = (0..3)
        .map(|i| {
            (0..3)
                .map(|j| {
                    if i == j {
                        counts[i] * diffusion / kt_volume
                    } else {
                        0.0
                    }
                })
                .collect()
        })
        .collect();
    let a = ReferenceFrame::Barycentric
        .transformation(&found.species)
        .expect("a frame");
    let truth = congruent(&a, &lab);
    for i in 0..3 {
        for j in 0..3 {
            agrees(
                found.estimates[i][j],
                truth[i][j],
                (truth[i][i] * truth[j][j]).sqrt(),
            );
        }
        // The centre of mass takes away about a part in the number of atoms.
        let own = found.diffusion.as_ref().expect("self terms")[i];
        assert!(
            (own.value / diffusion - 1.0).abs() < 0.08,
            "{own:?} {diffusion}"
        );
    }
    assert_eq!(found.window.as_ref().expect("a window").from_fs, dt);
    assert!(found.checks.null_residual < 1e-12 && found.checks.positive_semidefinite);
}

/// Sums of the species move by `C ξ`: `L = C Cᵀ / (2 kT V Δt)`.
#[test]
fn correlated_walks() {
    let (elements, dt) = (elements(&[("Na", 5), ("K", 4), ("Cl", 6)]), 20.0);
    let c = [[1.5, 0.0, 0.2], [-0.8, 1.1, 0.0], [0.3, -0.9, 0.7]];
    let counts = [5usize, 4, 6];
    let positions = walk(15, 4000, 2, |stream, steps| {
        let xi: [f64; 3] = std::array::from_fn(|_| stream.normal());
        let mut at = 0;
        for (species, count) in counts.into_iter().enumerate() {
            let sum: f64 = (0..3).map(|k| c[species][k] * xi[k]).sum();
            let own: Vec<f64> = (0..count).map(|_| stream.normal()).collect();
            let mean = own.iter().sum::<f64>() / count as f64;
            for own in own {
                steps[at] = own - mean + sum / count as f64;
                at += 1;
            }
        }
    });
    let found = analyse(&settings(), &[&frames(&elements, dt, &positions)]).expect("a tensor");
    let factor = 1.0 / (2.0 * BOLTZMANN_EV_PER_K * TEMPERATURE_K * EDGE_ANG.powi(3) * dt);
    let rows: Matrix = c.iter().map(|row| row.to_vec()).collect();
    let a = ReferenceFrame::Barycentric
        .transformation(&found.species)
        .expect("a frame");
    let ac = product(&a, &rows);
    let truth: Matrix = ac
        .iter()
        .map(|x| {
            ac.iter()
                .map(|y| factor * x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>())
                .collect()
        })
        .collect();
    assert!(truth[0][1] < 0.0 || truth[0][2] < 0.0 || truth[1][2] < 0.0);
    for i in 0..3 {
        for j in 0..3 {
            agrees(
                found.estimates[i][j],
                truth[i][j],
                (truth[i][i] * truth[j][j]).sqrt(),
            );
        }
    }
}

/// Ornstein and Uhlenbeck's velocities: `X(t) = 6 D [t − (1 − exp(−γ t))/γ]`, `D = kT/(m γ)`, the velocity correlates as
/// `kT/m exp(−γ t)`, and both ways to the tensor agree. There are many of them, so that the centre of mass hardly moves.
#[test]
fn ornstein_uhlenbeck_velocities() {
    let (gamma, dt) = (0.01, 5.0);
    let elements = elements(&[("Na", 60), ("Cl", 60)]);
    let masses: Vec<f64> = elements
        .iter()
        .map(|one| one.mass_u() * ATOMIC_MASS_EV_FS2_PER_ANG2)
        .collect();
    let kt = BOLTZMANN_EV_PER_K * TEMPERATURE_K;
    let kept = f64::exp(-gamma * dt);
    let mut stream = Stream::new([3; 32], &[]);
    let mut velocities: Vec<[f64; 3]> = masses
        .iter()
        .map(|mass| std::array::from_fn(|_| (kt / mass).sqrt() * stream.normal()))
        .collect();
    let mut positions = vec![[0.0; 3]; 120];
    let mut all = Vec::new();
    for at in 0..4000 {
        all.push(Snapshot {
            time_fs: Some(dt * f64::from(at)),
            cell: Cell::orthorhombic([EDGE_ANG; 3]).expect("a cell"),
            elements: elements.clone(),
            positions_ang: positions.clone(),
            unwrapped_ang: positions.clone(),
            velocities_ang_per_fs: velocities.clone(),
            ..Snapshot::default()
        });
        for (atom, mass) in masses.iter().enumerate() {
            let speed2 = kt / mass;
            let var_v = speed2 * (1.0 - kept * kept);
            let var_x =
                speed2 / (gamma * gamma) * (2.0 * gamma * dt - 3.0 + 4.0 * kept - kept * kept);
            let both = speed2 / gamma * (1.0 - kept).powi(2);
            for axis in 0..3 {
                let kick = var_v.sqrt() * stream.normal();
                let rest = (var_x - both * both / var_v).sqrt() * stream.normal();
                let velocity = velocities[atom][axis];
                positions[atom][axis] +=
                    (1.0 - kept) / gamma * velocity + both / var_v * kick + rest;
                velocities[atom][axis] = kept * velocity + kick;
            }
        }
    }
    let found = analyse(&settings(), &[&all]).expect("a tensor");
    let diffusion: Vec<f64> = [masses[0], masses[119]]
        .iter()
        .map(|mass| kt / (mass * gamma))
        .collect();
    let curves = found.curves.as_ref().expect("curves");
    for (species, diffusion) in diffusion.iter().enumerate() {
        let one = found.diffusion.as_ref().expect("self terms")[species];
        agrees(one, *diffusion, *diffusion);
        for (t, x) in curves
            .lags_fs
            .iter()
            .zip(&curves.mean_squared_ang2[species])
        {
            if *t < 300.0 {
                let expected = 6.0 * diffusion * (t - (1.0 - (-gamma * t).exp()) / gamma);
                assert!((x / expected - 1.0).abs() < 0.08, "{t}: {x} {expected}");
            }
        }
    }
    let kt_volume = kt * EDGE_ANG.powi(3);
    let lab = vec![
        vec![60.0 * diffusion[0] / kt_volume, 0.0],
        vec![0.0, 60.0 * diffusion[1] / kt_volume],
    ];
    let a = ReferenceFrame::Barycentric
        .transformation(&found.species)
        .expect("a frame");
    let truth = congruent(&a, &lab)[0][0];
    agrees(found.estimates[0][0], truth, truth);
    let other = found.green_kubo.as_ref().expect("velocities");
    assert!(
        (other.l[0][0] - truth).abs() < 4.0 * other.errors[0][0],
        "{} {truth}",
        other.l[0][0]
    );
    let ratio = found.checks.green_kubo_ratio.expect("both");
    assert!((ratio - 1.0).abs() < 0.25, "{ratio}");
    assert!((other.first_correlation - kept).abs() < 0.01);
    let from = found.window.as_ref().expect("a window").from_fs * gamma;
    assert!((2.0..8.0).contains(&from), "{from}");
    // Frames as far apart as velocities remember are too few for an integral, and good enough for displacements.
    let far = |tensor: &TransportTensor| {
        tensor
            .notes
            .iter()
            .any(|note| note.contains("too far apart"))
    };
    assert!(!far(&found), "{:?}", found.notes);
    let seldom: Vec<Snapshot> = all.iter().step_by(20).cloned().collect();
    let seldom = analyse(&settings(), &[&seldom]).expect("a tensor");
    assert!(far(&seldom), "{:?}", seldom.notes);
    agrees(seldom.estimates[0][0], truth, truth);
}

/// Of many series of velocities that forget in one time, the tensor by Green and Kubo scatters as its errors say, about the
/// truth.
#[test]
fn errors_of_green_and_kubo_are_the_scatter_of_many_runs() {
    let species = [component("Na", 12, 1.0), component("Cl", 12, -1.0)];
    let (tau_fs, dt, frames) = (100.0, 10.0, 3000);
    let kept = f64::exp(-dt / tau_fs);
    let (volume, plateau) = (1000.0, (5.0 * tau_fs, 7.5 * tau_fs));
    let trials = 300;
    let found: Vec<[f64; 2]> = (0..trials)
        .map(|trial| {
            let mut stream = Stream::new([21; 32], &[trial]);
            let mut series = || {
                let mut now: [f64; 3] = std::array::from_fn(|_| stream.normal());
                let next = |_| {
                    let before = now;
                    now = now.map(|v| kept * v + (1.0 - kept * kept).sqrt() * stream.normal());
                    before
                };
                (0..frames).map(next).collect()
            };
            let run = VelocitySeries {
                times_fs: (0..frames).map(|at| dt * f64::from(at)).collect(),
                velocities_ang_per_fs: vec![series(), series()],
            };
            let frame = ReferenceFrame::Barycentric;
            let of = VelocitySeries::green_kubo(
                &[run],
                &species,
                &frame,
                TEMPERATURE_K,
                volume,
                plateau,
            );
            let of = of.expect("a tensor");
            [of.l[0][0], of.errors[0][0]]
        })
        .collect();
    // Fluxes 12 (v_1 − w·v) with w the parts of the masses.
    let heavy = species[1].mass_u / (species[0].mass_u + species[1].mass_u);
    let flux2 = 144.0 * heavy * heavy * 2.0;
    let kt_volume = BOLTZMANN_EV_PER_K * TEMPERATURE_K * volume;
    let truth = flux2 * tau_fs / kt_volume;
    let count = trials as f64;
    let mean = found.iter().map(|one| one[0]).sum::<f64>() / count;
    let scatter = found.iter().map(|one| (one[0] - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = found.iter().map(|one| one[1]).sum::<f64>() / count;
    let scatter = scatter.sqrt();
    assert!(
        (mean - truth).abs() < 4.0 * scatter / count.sqrt() + 0.01 * truth,
        "{mean} {truth}"
    );
    assert!(
        (0.85..1.2).contains(&(error / scatter)),
        "{error} {scatter}"
    );
}

/// The same walks with a uniform drift, with atoms in another order, seen backwards in time.
#[test]
fn drift_order_and_direction_of_time_do_not_matter() {
    let (elements, dt) = (elements(&[("Na", 6), ("K", 5), ("Cl", 7)]), 50.0);
    let positions = independent(18, 600, 4);
    let analysis = TransportAnalysis {
        window_fs: Some((dt, 5.0 * dt)),
        ..settings()
    };
    let of = |elements: &Arc<[Element]>, positions: &[Vec<[f64; 3]>]| {
        analyse(&analysis, &[&frames(elements, dt, positions)]).expect("a tensor")
    };
    let plain = of(&elements, &positions);
    let drifting: Vec<Vec<[f64; 3]>> = positions
        .iter()
        .enumerate()
        .map(|(at, all)| {
            let way = 0.05 * at as f64;
            all.iter()
                .map(|p| [p[0] + way, p[1] - 0.5 * way, p[2] + 0.25 * way])
                .collect()
        })
        .collect();
    let with_drift = of(&elements, &drifting);
    same(&with_drift.l, &plain.l, 1e-12);
    // It is told, not hidden.
    let drift = with_drift.checks.drift_ang[0];
    let own = plain.checks.drift_ang[0];
    assert!((drift[0] - own[0] - 0.05 * 599.0).abs() < 1e-9, "{drift:?}");
    let backwards: Vec<Vec<[f64; 3]>> = positions.iter().rev().cloned().collect();
    same(&of(&elements, &backwards).l, &plain.l, 1e-12);
    // Every second atom first; the first species stays the first.
    let order: Vec<usize> = (0..18).step_by(2).chain((1..18).step_by(2)).collect();
    let moved: Arc<[Element]> = order.iter().map(|at| elements[*at]).collect();
    let reordered: Vec<Vec<[f64; 3]>> = positions
        .iter()
        .map(|all| order.iter().map(|at| all[*at]).collect())
        .collect();
    same(&of(&moved, &reordered).l, &plain.l, 1e-12);
    let own = |tensor: &TransportTensor| tensor.own.as_ref().expect("self terms")[1].value;
    assert!((own(&of(&moved, &reordered)) / own(&plain) - 1.0).abs() < 1e-12);
}

/// `L_aa + 2 L_ab + L_bb` is the term of the species that was split into a and b.
#[test]
fn a_species_split_by_labels_is_the_sum_of_its_parts() {
    let (elements, dt) = (elements(&[("Na", 9), ("Cl", 8)]), 50.0);
    let positions = independent(17, 500, 5);
    let whole = TransportAnalysis {
        window_fs: Some((dt, 6.0 * dt)),
        ..settings()
    };
    let labels = (0..17).map(|at| {
        if at >= 9 {
            "Cl"
        } else if at % 3 == 0 {
            "Na a"
        } else {
            "Na b"
        }
    });
    let split = TransportAnalysis {
        labels: Some(labels.map(String::from).collect()),
        ..whole.clone()
    };
    let snapshots = frames(&elements, dt, &positions);
    let whole = analyse(&whole, &[&snapshots]).expect("a tensor");
    let split = analyse(&split, &[&snapshots]).expect("a tensor");
    let l = &split.l;
    let size = whole.l[0][0];
    assert!((l[0][0] + 2.0 * l[0][1] + l[1][1] - size).abs() < 1e-12 * size);
    assert!((l[0][2] + l[1][2] - whole.l[0][1]).abs() < 1e-12 * size);
    let own =
        |tensor: &TransportTensor, at: usize| tensor.own.as_ref().expect("self terms")[at].value;
    assert!((own(&split, 0) + own(&split, 1) - own(&whole, 0)).abs() < 1e-12 * size);
}

#[test]
fn frames_compose_and_their_null_vectors_vanish() {
    let (elements, dt) = (elements(&[("Na", 6), ("K", 5), ("Cl", 7)]), 50.0);
    let snapshots = frames(&elements, dt, &independent(18, 600, 6));
    let all = [
        ReferenceFrame::Barycentric,
        ReferenceFrame::Number,
        ReferenceFrame::Volume {
            partial_volumes: vec![1.0, 3.0, 2.0],
        },
        ReferenceFrame::Species { name: "K".into() },
    ];
    let computed = |frame: &ReferenceFrame| {
        let analysis = TransportAnalysis {
            frame: frame.clone(),
            window_fs: Some((dt, 5.0 * dt)),
            fit: Fit::Unweighted,
            charges_e: ["Na", "K", "Cl"]
                .iter()
                .zip([1.0, 1.0, -11.0 / 7.0])
                .map(|(n, z)| ((*n).into(), z))
                .collect(),
            ..settings()
        };
        analyse(&analysis, &[&snapshots]).expect("a tensor")
    };
    let first = computed(&all[0]);
    let kappa = first.conductivity().expect("charges").value;
    for one in &all {
        let direct = computed(one);
        let null = one.null_vector(&direct.species).expect("a frame");
        for row in &direct.l {
            let sum: f64 = row.iter().zip(&null).map(|(l, u)| l * u).sum();
            assert!(
                sum.abs() < 1e-12 * direct.l[0][0].abs().max(direct.l[2][2]),
                "{one}: {sum}"
            );
        }
        for other in &all {
            let a = |of: &ReferenceFrame| of.transformation(&direct.species).expect("a frame");
            same(&product(&a(one), &a(other)), &a(one), 1e-13);
            let moved = computed(other).in_frame(one).expect("a frame");
            same(&moved.l, &direct.l, 1e-10);
            assert_eq!(moved.frame, *one);
        }
        // The cell is neutral.
        let found = direct.conductivity().expect("charges");
        assert!((found.value / kappa - 1.0).abs() < 1e-10);
        let [low, high] = found.interval_95.expect("an interval");
        assert!(low < kappa && kappa < high);
    }
    let of_k = computed(&all[3]);
    assert!(of_k.l[1].iter().all(|x| x.abs() < 1e-12 * of_k.l[0][0]));
}
