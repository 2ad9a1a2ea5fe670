//! Conservation, restarts, cuts.

use super::super::*;
use super::small::*;
use crate::physics::host::{Host, Quiet};
use crate::physics::numerics::testing::largest;

fn both() -> [Conserve; 2] {
    [Conserve::Exact, Conserve::Statistical]
}

fn rules(conserve: Conserve, neighbours: Neighbours) -> Rules {
    Rules {
        neighbours,
        conserve,
        ..Rules::default()
    }
}

/// Everything that can be done to a sample.
fn full_programme() -> Programme {
    Programme {
        start_k: 600.0,
        atmosphere: air(),
        steps: vec![
            Step::Ramp {
                to_k: 1300.0,
                sweeps: Sweeps(30.5),
            },
            Step::Hold {
                sweeps: Sweeps(20.0),
            },
            Step::Regrind,
            Step::Hold {
                sweeps: Sweeps(40.25),
            },
            Step::Add {
                amounts: vec![(BAO, 0.3), (CARBON, 0.2)],
            },
            Step::Atmosphere(Atmosphere {
                gases: vec![(CO2, 1.0)],
            }),
            Step::Hold {
                sweeps: Sweeps(60.0),
            },
            Step::Quench { to_k: 900.0 },
            Step::Regrind,
            Step::Hold {
                sweeps: Sweeps(50.0),
            },
        ],
        staircase_k: None,
    }
}

fn fire(rules: &Rules, programme: &Programme, state: State) -> (State, Vec<Record>) {
    let mut records = Vec::new();
    let state = run(
        &chemistry(),
        &Lively,
        rules,
        programme,
        state,
        &mut records,
        &Quiet,
    )
    .expect("it runs");
    (state, records)
}

fn worst_drift(records: &[Record]) -> f64 {
    largest(records.iter().flat_map(|record| {
        assert_eq!(record.balance.len(), records[0].balance.len());
        record
            .balance
            .iter()
            .zip(&records[0].balance)
            .map(|(now, before)| (now / before - 1.0).abs())
    }))
}

#[test]
fn every_element_is_conserved_exactly_in_every_setup() {
    let chemistry = chemistry();
    let setups = [
        Setup::Noise,
        Setup::Grains {
            cells_per_grain: 20.0,
        },
    ];
    for setup in setups {
        for neighbours in [Neighbours::One, Neighbours::All] {
            for melt in [None, Some(0.15)] {
                let rules = Rules {
                    separate_melt: melt,
                    ..rules(Conserve::Exact, neighbours)
                };
                let state = start(Conserve::Exact, setup, 1)
                    .build(&chemistry)
                    .expect("a sample");
                let added = [(BAO, 0.3), (CARBON, 0.2)].map(|(p, n)| (p, n * state.scale));
                let (_, records) = fire(&rules, &full_programme(), state);
                let added = chemistry.element_totals(|p| {
                    added
                        .iter()
                        .filter(|(known, _)| *known == p)
                        .map(|(_, n)| n)
                        .sum()
                });
                let grown = records.last().expect("records").balance.clone();
                for (e, element) in chemistry.elements().iter().enumerate() {
                    let drift = (grown[e] - added[e]) / records[0].balance[e] - 1.0;
                    assert!(
                        drift.abs() < 1e-10,
                        "{element} {setup:?} {neighbours:?} {melt:?}: {drift:e}"
                    );
                }
                let last = records.last().expect("records");
                assert!(
                    last.released[CO2] > 0.0 && last.absorbed[O2] > 0.0,
                    "the gases took part"
                );
                assert!(
                    records
                        .iter()
                        .all(|record| record.moles.iter().all(|&n| n >= 0.0))
                );
                assert!(
                    last.chosen.iter().all(|&n| n > 0),
                    "every reaction took part: {:?}",
                    last.chosen
                );
                for by in [By::Mole, By::Mass, By::Volume] {
                    assert!((last.fractions(by).iter().sum::<f64>() - 1.0).abs() < 1e-12);
                }
            }
        }
    }
}

#[test]
fn the_published_rule_drifts() {
    let chemistry = chemistry();
    let state = start(Conserve::Statistical, Setup::Noise, 1)
        .build(&chemistry)
        .expect("a sample");
    let (_, records) = fire(
        &rules(Conserve::Statistical, Neighbours::All),
        &hold(1200.0, 60.0),
        state,
    );
    let drift = worst_drift(&records);
    assert!(drift > 1e-4 && drift < 0.2, "{drift}");
}

#[test]
fn cells_follow_the_amounts() {
    // Cells of a phase share its amount; on average a cell keeps its volume, so that the cells of the phases stand in
    // the ratio of their volumes.
    let chemistry = chemistry();
    let mut start = start(Conserve::Exact, Setup::Noise, 5);
    start.shape = [24; 3];
    start.precursors = vec![(BAO, 1.0), (TIO2, 1.0)];
    start.packing_fraction = 1.0;
    let state = start.build(&chemistry).expect("a sample");
    let (state, records) = fire(&Rules::default(), &hold(1200.0, 20.0), state);
    let counts = state.counts();
    let volumes = &records.last().expect("records").volumes;
    for p in [BAO, TIO2, BATIO3, BA2TIO4] {
        let volume = volumes[p] / counts[p] as f64;
        // Contraction takes a cell down to 0.87 of its volume at the most, twice for the last products.
        assert!(
            counts[p] > 100 && (0.7..1.15).contains(&volume),
            "{p}: {} cells of {volume}",
            counts[p]
        );
    }
}

#[test]
fn a_run_taken_up_again_is_the_whole_run() {
    for conserve in both() {
        let rules = rules(conserve, Neighbours::All);
        let built = start(conserve, Setup::Noise, 3)
            .build(&chemistry())
            .expect("a sample");
        let (whole, records) = fire(&rules, &hold(1100.0, 24.0), built.clone());
        let (half, _) = fire(&rules, &hold(1100.0, 12.0), built);
        let saved = serde_json::to_string(&half).expect("it can be written");
        let (both, rest) = fire(
            &rules,
            &hold(1100.0, 12.0),
            serde_json::from_str(&saved).expect("and read"),
        );
        assert_eq!(both, whole, "{conserve:?}");
        assert_eq!(rest[1..], records[13..]);
    }
}

#[test]
fn two_holds_are_one() {
    for conserve in both() {
        let rules = rules(conserve, Neighbours::One);
        let built = start(conserve, Setup::Noise, 4)
            .build(&chemistry())
            .expect("a sample");
        for half in [7.0, 2.5, 3.3333] {
            let mut cut = hold(1100.0, half);
            cut.steps.push(cut.steps[0].clone());
            assert_eq!(
                fire(&rules, &cut, built.clone()),
                fire(&rules, &hold(1100.0, 2.0 * half), built.clone()),
                "{conserve:?} {half}"
            );
        }
    }
}

#[test]
fn listening_changes_nothing() {
    let built = start(Conserve::Exact, Setup::Noise, 4)
        .build(&chemistry())
        .expect("a sample");
    let (often, records) = fire(
        &Rules {
            record_every: Sweeps(0.37),
            snapshot_every: Some(Sweeps(0.1)),
            ..Rules::default()
        },
        &full_programme(),
        built.clone(),
    );
    let (seldom, few) = fire(
        &Rules {
            record_every: Sweeps(1e6),
            ..Rules::default()
        },
        &full_programme(),
        built,
    );
    assert_eq!(often, seldom);
    assert!(
        records.len() > 400 && few.len() == 5,
        "{} {}",
        records.len(),
        few.len()
    );
    assert_eq!(few.last().map(|last| last.occasion), Some(Occasion::End));
}

#[test]
fn another_chemistry_takes_a_state_over_by_names() {
    let built = start(Conserve::Exact, Setup::Noise, 6)
        .build(&chemistry())
        .expect("a sample");
    let (state, records) = fire(&Rules::default(), &hold(1100.0, 10.0), built);
    let mut turned = phases();
    turned.reverse();
    turned.push(phase("BaO2", 50.0, Some(723.0), false));
    let other = Chemistry::new(turned, Vec::new(), VolumeRounding::None).expect("a chemistry");
    for conserve in both() {
        let rules = rules(conserve, Neighbours::All);
        let nothing = TabulatedScores {
            rows: vec![(900.0, Vec::new())],
        };
        let mut taken = Vec::new();
        run(
            &other,
            &nothing,
            &rules,
            &hold(900.0, 3.0),
            state.clone(),
            &mut taken,
            &Quiet,
        )
        .expect("it runs");
        let last = records.last().expect("records");
        for now in &taken {
            for (p, n) in last.moles.iter().enumerate() {
                assert!(
                    (now.moles[phases().len() - 1 - p] - n).abs() < 1e-12,
                    "{conserve:?} {p}"
                );
            }
        }
    }
    let mut few = phases();
    few.remove(BAO);
    let few = Chemistry::new(few, Vec::new(), VolumeRounding::None).expect("a chemistry");
    let refused = run(
        &few,
        &Lively,
        &Rules::default(),
        &hold(900.0, 1.0),
        state,
        &mut (),
        &Quiet,
    );
    assert!(matches!(refused, Err(AutomatonError::UnknownPhase(name)) if name == "BaO"));
}

#[test]
fn a_melt_is_set_apart_and_comes_back() {
    let chemistry = chemistry();
    let mut start = start(Conserve::Exact, Setup::Noise, 7);
    start.precursors = vec![(BACO3, 1.0), (TIO2, 1.0)];
    for conserve in both() {
        start.conserve = conserve;
        let state = start.build(&chemistry).expect("a sample");
        let inert = TabulatedScores {
            rows: vec![(1200.0, vec![0.0; 10]), (900.0, vec![0.0; 10])],
        };
        let programme = Programme {
            steps: vec![
                Step::Hold {
                    sweeps: Sweeps(2.0),
                },
                Step::Quench { to_k: 900.0 },
                Step::Hold {
                    sweeps: Sweeps(2.0),
                },
            ],
            ..hold(1200.0, 1.0)
        };
        let rules = Rules {
            separate_melt: Some(0.15),
            ..rules(conserve, Neighbours::All)
        };
        let mut records = Vec::new();
        run(
            &chemistry,
            &inert,
            &rules,
            &programme,
            state,
            &mut records,
            &Quiet,
        )
        .expect("it runs");
        let hot = records
            .iter()
            .rfind(|record| record.temperature_k == 1200.0)
            .expect("a hot one");
        assert!(
            (hot.melted[BACO3] / hot.moles[BACO3] - 1.0).abs() < 1e-12 && hot.melted[TIO2] == 0.0
        );
        assert_eq!(records.last().expect("records").melted[BACO3], 0.0);
        assert!(worst_drift(&records) < 1e-12, "{conserve:?}");
    }
}

#[test]
fn uptake_needs_empty_neighbours_and_the_gas() {
    let chemistry = chemistry();
    let only_bao = |packing_fraction, gases: Vec<(usize, f64)>| {
        let mut start = start(Conserve::Exact, Setup::Noise, 8);
        start.precursors = vec![(BAO, 1.0)];
        start.packing_fraction = packing_fraction;
        let mut programme = hold(1000.0, 20.0);
        programme.atmosphere = Atmosphere { gases };
        let state = start.build(&chemistry).expect("a sample");
        fire(&Rules::default(), &programme, state)
            .1
            .pop()
            .expect("records")
    };
    assert!(only_bao(0.8, vec![(CO2, 1.0)]).absorbed[CO2] > 0.0);
    assert_eq!(only_bao(1.0, vec![(CO2, 1.0)]).absorbed[CO2], 0.0);
    assert_eq!(only_bao(0.8, vec![(O2, 1.0)]).absorbed[CO2], 0.0);
}

#[test]
fn what_burns_leaves_empty_space() {
    let chemistry = chemistry();
    let mut start = start(Conserve::Exact, Setup::Noise, 9);
    start.precursors = vec![(CARBON, 1.0)];
    let state = start.build(&chemistry).expect("a sample");
    let before = state.counts();
    let (state, records) = fire(&Rules::default(), &hold(1000.0, 400.0), state);
    let last = records.last().expect("records");
    assert!(
        state.counts()[CARBON] < before[CARBON] / 4,
        "{:?}",
        state.counts()
    );
    assert!((last.released[CO2] / last.absorbed[O2] - 1.0).abs() < 1e-12);
    assert!((last.balance[0] / records[0].balance[0] - 1.0).abs() < 1e-12);
}

#[test]
fn a_cancelled_run_says_so() {
    struct Stop;
    impl Host for Stop {
        fn progress(&self, _: u64, _: u64) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let state = start(Conserve::Exact, Setup::Noise, 1)
        .build(&chemistry())
        .expect("a sample");
    let outcome = run(
        &chemistry(),
        &Lively,
        &Rules::default(),
        &hold(900.0, 1.0),
        state,
        &mut (),
        &Stop,
    );
    assert!(matches!(outcome, Err(AutomatonError::Cancelled)));
}

#[test]
fn ramps_are_continuous_or_stairs() {
    struct Asked(std::sync::Mutex<Vec<f64>>);
    impl Kinetics for Asked {
        fn scores(
            &self,
            temperature_k: f64,
            _: &Atmosphere,
            scores: &mut [f64],
        ) -> Result<(), AutomatonError> {
            self.0.lock().expect("one thread").push(temperature_k);
            scores.fill(0.0);
            Ok(())
        }
    }
    let asked = |staircase_k| {
        let asked = Asked(std::sync::Mutex::default());
        let programme = Programme {
            start_k: 300.0,
            atmosphere: Atmosphere::default(),
            steps: vec![
                Step::Ramp {
                    to_k: 700.0,
                    sweeps: Sweeps(8.0),
                },
                Step::Hold {
                    sweeps: Sweeps(3.0),
                },
            ],
            staircase_k,
        };
        let state = start(Conserve::Exact, Setup::Noise, 1)
            .build(&chemistry())
            .expect("a sample");
        run(
            &chemistry(),
            &asked,
            &Rules::default(),
            &programme,
            state,
            &mut (),
            &Quiet,
        )
        .expect("it runs");
        asked.0.into_inner().expect("one thread")
    };
    assert_eq!(
        asked(None),
        [
            325.0, 375.0, 425.0, 475.0, 525.0, 575.0, 625.0, 675.0, 700.0
        ]
    );
    assert_eq!(asked(Some(100.0)), [300.0, 400.0, 500.0, 600.0, 700.0]);
}
