//! What holds for every network.

mod published;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::base::{Element, Phase, imbalances};

fn phase(text: &str) -> Phase {
    Phase::parse(text).expect(text)
}

/// A solid with a Gibbs energy of formation in eV per formula unit at each temperature.
fn solid(text: &str, gibbs_ev: &[f64]) -> NetworkPhase {
    NetworkPhase {
        phase: phase(text),
        gas: false,
        volume_ang3: Some(10.0 * phase(text).formula.atoms()),
        melting_k: None,
        gibbs_ev: gibbs_ev.to_vec(),
    }
}

fn gas(text: &str, gibbs_ev: &[f64]) -> NetworkPhase {
    NetworkPhase {
        gas: true,
        ..solid(text, gibbs_ev)
    }
}

fn equations(library: &ReactionLibrary) -> Vec<String> {
    library
        .reactions()
        .iter()
        .map(|one| library.equation(one))
        .collect()
}

/// Ba-Ti-O-C at 300, 800, 1000 and 1200 K; FREED, from the table of reactions: BaO at zero, TiO2 at zero, CO2 at
/// zero on a scale where the oxides are the references (kJ/mol to eV by 96.485).
fn carbonate() -> ReactionLibrary {
    let ev = |kj: [f64; 4]| kj.map(|one| one / 96.485_332_12).to_vec();
    let phases = vec![
        solid("TiO2(rutile)", &[0.0; 4]),
        solid("BaO", &[0.0; 4]),
        gas("CO2", &[0.0; 4]),
        solid("BaTiO3", &ev([-163.7, -157.4, -154.6, -151.6])),
        solid("Ba2TiO4", &ev([-204.4, -207.2, -208.1, -208.8])),
        solid("BaCO3", &ev([-217.7, -133.9, -101.9, -73.1])),
    ];
    ReactionLibrary::new(vec![300.0, 800.0, 1000.0, 1200.0], phases).expect("a library")
}

#[test]
fn carbonate_routes_open_at_the_temperatures_where_they_become_favourable() {
    let closed = Enumeration {
        pressures_bar: vec![(phase("CO2"), 1.0)],
        ..Enumeration::default()
    };
    let library = closed.run(carbonate()).expect("a network");
    let found = equations(&library);
    for expected in [
        "BaO + TiO2(rutile) -> BaTiO3",
        "2 BaO + TiO2(rutile) -> Ba2TiO4",
        "Ba2TiO4 + TiO2(rutile) -> 2 BaTiO3",
        "BaCO3 + TiO2(rutile) -> BaTiO3 + CO2",
        "BaO + CO2 -> BaCO3",
        "Ba2TiO4 + CO2 -> BaCO3 + BaTiO3",
    ] {
        assert!(
            found.iter().any(|one| one == expected),
            "{expected} is not in {found:#?}"
        );
    }
    // At 1 bar the carbonate is stable up to the end of the table, and so is carbonate with BaTiO3 (to 1306 K).
    let thin_only = [
        "BaCO3 -> BaO + CO2",
        "2 BaCO3 + TiO2(rutile) -> Ba2TiO4 + 2 CO2",
    ];
    assert!(
        thin_only
            .iter()
            .all(|thin| !found.iter().any(|one| one == thin)),
        "{found:#?}"
    );
    // In 1e-5 bar it falls apart at 1200 K: 73.1 kJ/mol are less than 114.9 kJ/mol = -1200 K · R · ln(1e-5).
    let thin = Enumeration {
        pressures_bar: vec![(phase("CO2"), 1e-5)],
        ..Enumeration::default()
    };
    let thin = equations(&thin.run(carbonate()).expect("a network"));
    assert!(
        thin_only
            .iter()
            .all(|route| thin.iter().any(|one| one == route)),
        "{thin:#?}"
    );
    // Crossing of BaCO3 + TiO2 -> BaTiO3 + CO2 between 300 K and 800 K, on the coarse grid of this table.
    let route = |library: &ReactionLibrary| {
        let at = equations(library)
            .iter()
            .position(|one| one == "BaCO3 + TiO2(rutile) -> BaTiO3 + CO2");
        library.reactions()[at.expect("the route")].clone()
    };
    let route = route(&library);
    let energy = |t_k: f64, bar: f64| {
        library
            .reaction_ev_per_atom(&route, t_k, &|_| bar)
            .expect("an energy")
    };
    assert!((energy(1000.0, 1.0) - -52.7 / 96.485_332_12 / 8.0).abs() < 1e-12);
    assert!(energy(500.0, 1.0) > 0.0 && energy(800.0, 1.0) < 0.0);
    let shift = 8.617_333_262e-5 * 1000.0 * (4e-4_f64).ln() / 8.0;
    assert!((energy(1000.0, 4e-4) - energy(1000.0, 1.0) - shift).abs() < 1e-10);
    assert!(matches!(
        library.reaction_ev_per_atom(&route, 1201.0, &|_| 1.0),
        Err(NetworkError::OutOfRange { .. })
    ));
}

#[test]
fn an_open_gas_stands_on_the_side_that_balances() {
    let phases = vec![
        solid("BaO", &[-5.0]),
        solid("BaO2", &[-5.9]),
        solid("TiO", &[-5.0]),
        solid("TiO2", &[-9.2]),
        solid("BaTiO3", &[-16.3]),
        gas("O2", &[0.0]),
    ];
    let library = ReactionLibrary::new(vec![300.0], phases).expect("a library");
    let open = Enumeration {
        open: vec![phase("O2")],
        pressures_bar: vec![(phase("O2"), 0.2)],
        ..Enumeration::default()
    };
    let found = equations(&open.run(library.clone()).expect("a network"));
    for expected in [
        "2 BaO + O2 -> 2 BaO2",
        "O2 + 2 TiO -> 2 TiO2",
        // The peroxide gives off oxygen with titania and takes it up with the monoxide.
        "2 BaO2 + 2 TiO2 -> 2 BaTiO3 + O2",
        "2 BaO + O2 + 2 TiO -> 2 BaTiO3",
    ] {
        assert!(
            found.iter().any(|one| one == expected),
            "{expected} is not in {found:#?}"
        );
    }
    let closed = equations(
        &Enumeration::default()
            .run(library.clone())
            .expect("a network"),
    );
    assert!(!closed.contains(&"2 BaO + O2 + 2 TiO -> 2 BaTiO3".to_string()));
    assert!(
        closed
            .iter()
            .all(|one| found.contains(one) || one.contains("BaO2")),
        "{closed:#?}"
    );
    // All combinations hold these too, and each reaction in both directions.
    let all = Enumeration {
        combinations: true,
        ..open
    };
    let all = all.run(library).expect("a network");
    let texts = equations(&all);
    assert!(found.iter().all(|one| texts.contains(one)));
    assert!(texts.contains(&"2 BaTiO3 -> 2 BaO + O2 + 2 TiO".to_string()));
    assert!(
        texts.contains(&"BaO2 + TiO -> BaTiO3".to_string())
            && texts.contains(&"BaTiO3 -> BaO2 + TiO".to_string())
    );
}

#[test]
fn reservoirs_that_contradict_each_other_are_named() {
    let phases = vec![
        solid("C", &[0.0]),
        gas("CO", &[-2.0]),
        gas("CO2", &[-4.1]),
        gas("O2", &[0.0]),
    ];
    let library = ReactionLibrary::new(vec![1000.0], phases).expect("a library");
    let open = |gases: &[&str]| Enumeration {
        open: gases.iter().map(|one| phase(one)).collect(),
        ..Enumeration::default()
    };
    assert_eq!(
        open(&["CO", "CO2", "O2"]).run(library.clone()),
        Err(NetworkError::DependentGas(phase("O2")))
    );
    // A gas may burn: then it is not counted with the others. A solid may not.
    assert!(open(&["CO", "O2"]).run(library.clone()).is_ok());
    let mut phases = library.phases().to_vec();
    phases.push(solid("CO2(ice)", &[-4.5]));
    let icy = ReactionLibrary::new(vec![1000.0], phases).expect("a library");
    let unstable = open(&["CO", "O2"]).run(icy);
    assert!(
        matches!(unstable, Err(NetworkError::UnstableGases { ref phase, .. }) if phase.to_string() == "CO2(ice)"),
        "{unstable:?}"
    );
    assert_eq!(
        open(&["C"]).run(library.clone()),
        Err(NetworkError::NotGas(phase("C")))
    );
    assert_eq!(
        open(&["N2"]).run(library),
        Err(NetworkError::Unknown(phase("N2")))
    );
}

#[test]
fn polymorphs_turn_into_each_other_and_systems_shut_others_out() {
    let phases = vec![
        solid("TiO2(rutile)", &[-9.2, -8.0]),
        solid("TiO2(anatase)", &[-9.3, -7.9]),
        solid("BaO", &[-5.0, -4.0]),
        solid("CaO", &[-6.0, -5.0]),
    ];
    let library = ReactionLibrary::new(vec![300.0, 900.0], phases).expect("a library");
    let system = ["Ti", "O", "Ba"].map(|symbol| Element::from_symbol(symbol).expect("an element"));
    let library = library.within(&system).expect("phases");
    assert_eq!(library.phases().len(), 3);
    let library = Enumeration::default().run(library).expect("a network");
    assert_eq!(
        equations(&library),
        [
            "TiO2(anatase) -> TiO2(rutile)",
            "TiO2(rutile) -> TiO2(anatase)"
        ]
    );
    let limited = Enumeration {
        combinations: true,
        highest_ev_per_atom: Some(-0.1),
        ..Enumeration::default()
    };
    assert!(
        limited
            .run(library.clone())
            .expect("a network")
            .reactions()
            .is_empty()
    );
    let text = serde_json::to_string(&library).expect("JSON");
    assert_eq!(
        serde_json::from_str::<ReactionLibrary>(&text).expect("again"),
        library
    );
    for (from, to) in [
        ("[[1,1]]", "[[1,7]]"),
        ("[[1,1]]", "[[2,1]]"),
        ("[300.0,900.0]", "[900.0,300.0]"),
        ("[[1,1]]", "[]"),
    ] {
        assert!(text.contains(from));
        assert!(
            serde_json::from_str::<ReactionLibrary>(&text.replace(from, to)).is_err(),
            "{to}"
        );
    }
}

#[test]
fn metastable_phases_form_where_they_are_let() {
    // Computed energies put BaTiO3 2 meV/atom above Ba2TiO4 + BaTi2O5 at 1000 K.
    let phases = vec![
        solid("BaO", &[-2.289 * 2.0]),
        solid("TiO2", &[-2.9727 * 3.0]),
        solid("BaTiO3", &[-2.9399 * 5.0]),
        solid("Ba2TiO4", &[-2.8812 * 7.0]),
        solid("BaTi2O5", &[-2.9955 * 8.0]),
    ];
    let library = ReactionLibrary::new(vec![1000.0], phases).expect("a library");
    let within = |within_ev_per_atom: f64| Enumeration {
        within_ev_per_atom,
        ..Enumeration::default()
    };
    let stable = equations(&within(0.0).run(library.clone()).expect("a network"));
    assert!(stable.contains(&"3 BaTiO3 -> Ba2TiO4 + BaTi2O5".to_string()));
    assert!(
        !stable.contains(&"BaO + TiO2 -> BaTiO3".to_string()),
        "{stable:#?}"
    );
    assert_eq!(
        equations(&within(0.002).run(library.clone()).expect("a network")),
        stable
    );
    let near = equations(&within(0.01).run(library).expect("a network"));
    assert!(stable.iter().all(|one| near.contains(one)));
    for expected in [
        "BaO + TiO2 -> BaTiO3",
        "Ba2TiO4 + TiO2 -> 2 BaTiO3",
        "BaO + BaTi2O5 -> 2 BaTiO3",
    ] {
        assert!(
            near.iter().any(|one| one == expected),
            "{expected} is not in {near:#?}"
        );
    }
    assert!(
        !near.contains(&"Ba2TiO4 + BaTi2O5 -> 3 BaTiO3".to_string()),
        "that is uphill"
    );
}

#[test]
fn bad_libraries_are_refused() {
    let grid = || vec![300.0, 600.0];
    let one = || solid("BaO", &[0.0, 0.0]);
    assert_eq!(
        ReactionLibrary::new(vec![], vec![]),
        Err(NetworkError::Temperatures)
    );
    assert_eq!(
        ReactionLibrary::new(vec![600.0, 300.0], vec![one()]),
        Err(NetworkError::Temperatures)
    );
    assert_eq!(
        ReactionLibrary::new(grid(), vec![one(), one()]),
        Err(NetworkError::Duplicate(phase("BaO")))
    );
    assert!(matches!(
        ReactionLibrary::new(grid(), vec![solid("BaO", &[0.0])]),
        Err(NetworkError::GibbsTable { given: 1, .. })
    ));
    assert!(matches!(
        ReactionLibrary::new(grid(), vec![solid("BaO", &[0.0, f64::NAN])]),
        Err(NetworkError::NotFinite(_))
    ));
    let empty = ReactionLibrary::new(grid(), vec![]).expect("nothing");
    assert_eq!(
        Enumeration::default().run(empty),
        Err(NetworkError::NoPhases)
    );
}

/// Phases of four elements with energies below a mixing line of oxides, in any order.
fn random_library() -> impl Strategy<Value = Vec<NetworkPhase>> {
    const NAMES: [&str; 12] = [
        "BaO",
        "TiO2(rutile)",
        "TiO2(anatase)",
        "BaTiO3",
        "Ba2TiO4",
        "BaTi2O5",
        "BaCO3",
        "TiO",
        "Ba4Ti13O30",
        "BaTi4O9",
        "CO2",
        "O2",
    ];
    let energy = prop::collection::vec(-3.5_f64..-1.5, 2);
    prop::collection::vec(energy, NAMES.len())
        .prop_map(|energies| {
            let made = NAMES.iter().zip(energies).map(|(name, energies)| {
                let atoms = phase(name).formula.atoms();
                let energies: Vec<f64> = energies.iter().map(|energy| energy * atoms).collect();
                match *name {
                    "CO2" => gas(name, &energies),
                    "O2" => gas(name, &[0.0, 0.0]),
                    _ => solid(name, &energies),
                }
            });
            made.collect::<Vec<_>>()
        })
        .prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_reaction_balances_and_the_order_of_phases_changes_nothing(phases in random_library()) {
        let search = Enumeration {
            combinations: true,
            open: vec![phase("O2")],
            pressures_bar: vec![(phase("O2"), 0.21)],
            ..Enumeration::default()
        };
        let mut sorted = phases.clone();
        sorted.sort_by_key(|one| one.phase.to_string());
        let library = ReactionLibrary::new(vec![300.0, 900.0], phases).expect("a library");
        let network = search.run(library.clone()).expect("a network");
        let again = ReactionLibrary::new(vec![300.0, 900.0], sorted).expect("a library");
        prop_assert_eq!(&search.run(again).expect("a network"), &network);
        let mut texts = BTreeSet::new();
        for reaction in network.reactions() {
            let side = |side: &[(i64, usize)]| -> Vec<_> {
                side.iter()
                    .map(|&(nu, at)| (nu.into(), network.phases()[at].phase.formula.clone()))
                    .collect()
            };
            prop_assert!(imbalances(&side(&reaction.reactants), &side(&reaction.products)).is_empty());
            prop_assert!(reaction.changes().all(|(nu, _)| nu != 0));
            let distinct: BTreeSet<usize> = reaction.changes().map(|(_, at)| at).collect();
            prop_assert_eq!(distinct.len(), reaction.reactants.len() + reaction.products.len());
            prop_assert!(texts.insert(network.equation(reaction)));
        }
        // What the hull finds downhill at some temperature is among all combinations, where it is of their size.
        let mixing = Enumeration { combinations: false, ..search.clone() }.run(library.clone()).expect("a network");
        let combined = Enumeration { mixing: false, ..search }.run(library).expect("a network");
        for reaction in mixing.reactions() {
            prop_assert!(reaction.reactants.len() <= 3);
            let solids = |side: &[(i64, usize)]| side.iter().filter(|&&(_, at)| !mixing.phases()[at].gas).count();
            if solids(&reaction.products) <= 2 && reaction.products.len() <= 2 && reaction.reactants.len() <= 2 {
                prop_assert!(combined.reactions().contains(reaction), "{}", mixing.equation(reaction));
            }
            // The hull at two temperatures: downhill at one of them at least.
            let downhill = mixing.temperatures_k().iter().any(|&t_k| {
                let bar = |gas: &Phase| if gas.formula.text() == "O2" { 0.21 } else { OTHER_GASES_BAR };
                mixing.reaction_ev_per_atom(reaction, t_k, &bar).is_ok_and(|energy| energy < 1e-9)
            });
            prop_assert!(downhill, "{}", mixing.equation(reaction));
        }
    }
}
