//! Grids, tables, refusals.

use super::super::*;
use super::small::*;
use crate::physics::host::Quiet;

#[test]
fn both_setups_give_the_amounts_asked_for() {
    let chemistry = chemistry();
    for conserve in [Conserve::Exact, Conserve::Statistical] {
        for setup in [
            Setup::Noise,
            Setup::Grains {
                cells_per_grain: 4.0,
            },
            Setup::Grains {
                cells_per_grain: 60.0,
            },
        ] {
            let start = start(conserve, setup, 2);
            let state = start.build(&chemistry).expect("a sample");
            let amounts = state.amounts(&chemistry);
            for &(phase, n) in &start.precursors {
                let ratio = amounts[phase] / (n * state.scale);
                let exact = conserve == Conserve::Exact || setup != Setup::Noise;
                let tolerance = if exact { 1e-12 } else { 0.02 };
                assert!(
                    (ratio - 1.0).abs() < tolerance,
                    "{conserve:?} {setup:?} {phase}: {ratio}"
                );
            }
            let filled: u64 = state.counts()[..phases().len()].iter().sum();
            assert_eq!(filled, (990.0f64 * 0.85).round() as u64);
            if conserve == Conserve::Exact {
                for (p, phase) in chemistry.phases().iter().enumerate() {
                    let cells = state.counts()[p] as f64;
                    let ideal = amounts[p] * phase.volume_ang3.expect("a volume");
                    assert!(
                        (cells - ideal).abs() < 1.0 + 0.05 * ideal,
                        "{setup:?} {}",
                        phase.name
                    );
                }
            }
        }
    }
}

#[test]
fn grains_hold_together() {
    let chemistry = chemistry();
    let like_neighbours = |setup| {
        let mut start = start(Conserve::Exact, setup, 3);
        start.shape = [16; 3];
        start.precursors = vec![(BAO, 1.0), (TIO2, 1.3)];
        start.packing_fraction = 1.0;
        let state = start.build(&chemistry).expect("a sample");
        let like = (0..state.cells.len())
            .filter(|&at| state.cells[at] == state.cells[(at + 1) % state.cells.len()])
            .count();
        like as f64 / state.cells.len() as f64
    };
    let noise = like_neighbours(Setup::Noise);
    let small = like_neighbours(Setup::Grains {
        cells_per_grain: 4.0,
    });
    let large = like_neighbours(Setup::Grains {
        cells_per_grain: 200.0,
    });
    assert!(
        noise < 0.55 && small > noise + 0.02 && large > 0.6,
        "{noise} {small} {large}"
    );
}

#[test]
fn contacts_weigh_as_their_scores_say() {
    // BaO against TiO2 offers two reactions of one set of reactants: together they weigh as much as the heavier, and
    // share by their scores.
    let chemistry = chemistry();
    let scores = vec![0.4, 0.2, 0.0, 0.0, 0.3, 0.7, 0.0, 0.0, 0.0, 0.5];
    let kinetics = TabulatedScores {
        rows: vec![(1000.0, scores)],
    };
    let mut table = super::super::table::Table::new(&chemistry, &air());
    table
        .heat(&chemistry, &kinetics, 1000.0, &air())
        .expect("scores at 1000 K");
    let [bao, tio2, baco3, carbon] = [BAO, TIO2, BACO3, CARBON].map(|p| p as u16);
    let empty = chemistry.phases().len() as u16;
    assert!((table.together(bao, tio2) - 0.4).abs() < 1e-15);
    assert!((table.together(tio2, bao) - 0.4).abs() < 1e-15);
    assert_eq!(table.choose_together(bao, tio2, 0.26), 0);
    assert_eq!(table.choose_together(bao, tio2, 0.28), 1);
    assert_eq!(table.alone(baco3), 0.3);
    assert_eq!(table.together(baco3, baco3), 0.3);
    assert_eq!(table.together(bao, empty), 0.7);
    assert_eq!(table.together(bao, bao), 0.0);
    assert_eq!(table.together(bao, carbon), 0.5);
    assert_eq!(table.together(bao, baco3), 0.0);
    let vacuum = super::super::table::Table::new(&chemistry, &Atmosphere::default());
    assert_eq!(vacuum.together(bao, carbon), 0.0);
}

#[test]
fn gibbs_energies_follow_temperature_and_pressure() {
    let chemistry = chemistry();
    let mut gibbs = vec![vec![0.0, 0.0]; 8];
    gibbs[BACO3] = vec![-12.0, -11.0];
    gibbs[BAO] = vec![-5.0, -4.0];
    gibbs[CO2] = vec![-4.0, -4.4];
    let table = GibbsTable::new(&chemistry, vec![300.0, 1300.0], &gibbs).expect("a table");
    // BaCO3 -> BaO + CO2, five atoms.
    let pure = table.reaction_ev_per_atom(4, 800.0, &Atmosphere::default());
    assert!((pure - (-4.5 - 4.2 + 11.5) / 5.0).abs() < 1e-12, "{pure}");
    let thin = table.reaction_ev_per_atom(4, 800.0, &air());
    let expected = pure + 8.617_333_262e-5 * 800.0 * 0.0004f64.ln() / 5.0;
    assert!((thin - expected).abs() < 1e-9, "{thin} {expected}");
    let back = table.reaction_ev_per_atom(5, 800.0, &air());
    assert!((back + thin).abs() < 1e-12);
    assert!(
        (table.reaction_ev_per_atom(4, 1800.0, &Atmosphere::default()) - (-3.5 - 4.6 + 10.5) / 5.0)
            .abs()
            < 1e-12
    );
    let scored =
        Scored::new(crate::physics::rates::Scorer::GibbsErf, &chemistry, table).expect("scores");
    let mut scores = vec![f64::NAN; 10];
    scored.scores(800.0, &air(), &mut scores).expect("scores");
    assert!(scores.iter().all(|s| (0.0..=1.0).contains(s)));
}

#[test]
fn filters_drop_reactions() {
    let filtered = chemistry().restricted_to(|phase| phase.name != "Ba2TiO4");
    assert_eq!(filtered.reactions().len(), 6);
    assert!(chemistry().unreachable().is_empty());
}

#[test]
fn what_cannot_be_is_refused() {
    let chemistry = chemistry();
    let refuse = |change: &dyn Fn(&mut Start)| {
        let mut start = start(Conserve::Exact, Setup::Noise, 1);
        change(&mut start);
        start
            .build(&chemistry)
            .expect_err("it must be refused")
            .to_string()
    };
    for (said, expected) in [
        (refuse(&|s| s.shape = [2, 9, 9]), "too small"),
        (refuse(&|s| s.shape = [100_000; 3]), "too large"),
        (
            refuse(&|s| s.precursors = vec![(99, 1.0)]),
            "not among the phases",
        ),
        (refuse(&|s| s.precursors = vec![(CO2, 1.0)]), "CO2 is a gas"),
        (
            refuse(&|s| s.precursors = vec![(BAO, -1.0)]),
            "amount of BaO",
        ),
        (
            refuse(&|s| s.precursors = vec![(BAO, f64::NAN)]),
            "amount of BaO",
        ),
        (refuse(&|s| s.precursors = vec![]), "nothing to react"),
        (
            refuse(&|s| s.precursors = vec![(BAO, 1.0), (TIO2, 1e-6)]),
            "no cell",
        ),
        (refuse(&|s| s.packing_fraction = 1.2), "packing_fraction"),
        (
            refuse(&|s| {
                s.setup = Setup::Grains {
                    cells_per_grain: 0.0,
                }
            }),
            "cells_per_grain",
        ),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let build = |change: &dyn Fn(&mut Vec<PhaseSpec>, &mut Vec<ReactionSpec>)| {
        let (mut phases, mut reactions) = (phases(), reactions());
        change(&mut phases, &mut reactions);
        Chemistry::new(phases, reactions, VolumeRounding::None)
            .expect_err("it must be refused")
            .to_string()
    };
    for (said, expected) in [
        (
            build(&|p, _| p[TIO2].volume_ang3 = None),
            "TiO2 has no volume",
        ),
        (
            build(&|_, r| r[0].products[0].1 = 2.0),
            "not balanced in oxygen",
        ),
        (build(&|_, r| r[0].products[0].1 = -1.0), "positive number"),
        (build(&|_, r| r[0].products[0].0 = 77), "positive number"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
    let mut unknown = phases();
    unknown[TIO2].melting_k = None;
    let unknown = Chemistry::new(unknown, reactions(), VolumeRounding::None).expect("a chemistry");
    let scorer = crate::physics::rates::Scorer::Tamman;
    let refused = Scored::new(scorer, &unknown, |_: usize, _: f64, _: &Atmosphere| 0.0).err();
    assert!(
        matches!(refused, Some(AutomatonError::NoMeltingPoint(name, "tamman")) if name == "TiO2")
    );

    let sample = || {
        start(Conserve::Exact, Setup::Noise, 1)
            .build(&chemistry)
            .expect("a sample")
    };
    let fire = |kinetics: &dyn Kinetics, programme: &Programme, state: State| {
        run(
            &chemistry,
            kinetics,
            &Rules::default(),
            programme,
            state,
            &mut (),
            &Quiet,
        )
        .expect_err("it must be refused")
        .to_string()
    };
    let table = TabulatedScores {
        rows: vec![(900.0, vec![0.0; 10])],
    };
    let negative = TabulatedScores {
        rows: vec![(900.0, vec![-1.0; 10])],
    };
    let mut broken = sample();
    broken.cells.pop();
    for (said, expected) in [
        (
            fire(&table, &hold(950.0, 1.0), sample()),
            "no scores at 950 K: the table has 900 K",
        ),
        (
            fire(&negative, &hold(900.0, 1.0), sample()),
            "BaO + TiO2 -> BaTiO3",
        ),
        (
            fire(&table, &hold(-5.0, 1.0), sample()),
            "a temperature must be above 0 K",
        ),
        (
            fire(&table, &hold(900.0, f64::INFINITY), sample()),
            "length of a hold",
        ),
        (
            fire(&table, &hold(900.0, 1e30), sample()),
            "length of the firing",
        ),
        (
            fire(&table, &hold(900.0, 1.0), broken),
            "do not belong together",
        ),
    ] {
        assert!(said.contains(expected), "{said}");
    }
}
