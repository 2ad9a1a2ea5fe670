//! Sets of phases against published numbers.

use super::*;
use crate::base::constants::KJ_PER_MOL_IN_EV;
use crate::base::{Element, Formula, Phase, Reaction};
use crate::physics::numerics::testing::largest;

fn phase(text: &str) -> Phase {
    Phase::parse(text).expect(text)
}

fn reaction(text: &str) -> Reaction {
    let (left, right) = text.split_once("->").expect("an arrow");
    let side = |side: &str| side.split('+').map(|name| phase(name.trim())).collect();
    Reaction::balanced(side(left), side(right)).expect(text)
}

fn entries(table: usize) -> Vec<PhaseData> {
    read_table(TABLES[table].1).expect(TABLES[table].0).entries
}

fn measured() -> PhaseSet {
    PhaseSet::assemble(entries(1), None).expect("one scale")
}

fn anchored() -> PhaseSet {
    let all = entries(1).into_iter().chain(entries(2)).collect();
    PhaseSet::assemble(all, Some(Scheme::Anchored)).expect("anchored")
}

fn carbon_dioxide(atm: f64) -> Atmosphere {
    Atmosphere::custom(vec![(Formula::parse("CO2").expect("CO2"), atm * 1.01325)])
        .expect("a pressure")
}

/// Temperature at which a reaction energy goes through zero, by bisection.
fn crossing_k(set: &PhaseSet, text: &str, atmosphere: &Atmosphere) -> f64 {
    let reaction = reaction(text);
    let energy = |t_k| {
        set.reaction_energy_ev(&reaction, t_k, atmosphere)
            .expect("in range")
    };
    let (mut low, mut high) = (300.0, 1600.0);
    assert!(energy(low) > 0.0 && energy(high) < 0.0, "{text}");
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if energy(middle) > 0.0 {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// FREED, read off its tables independently (linear between rows).
#[test]
fn carbonate_reactions_cross_zero_where_published_tables_do() {
    let set = measured();
    let cases = [
        ("BaCO3 + TiO2(rutile) -> BaTiO3 + CO2", 1.0, 644.0),
        ("BaCO3 + TiO2(rutile) -> BaTiO3 + CO2", 4e-4, 454.0),
        ("BaCO3 + TiO2(rutile) -> BaTiO3 + CO2", 1e-6, 371.0),
        ("BaCO3 + TiO2(rutile) -> Ba2TiO4 + CO2", 1.0, 987.0),
        ("BaCO3 + TiO2(rutile) -> Ba2TiO4 + CO2", 4e-4, 706.0),
        ("BaCO3 + TiO2(rutile) -> Ba2TiO4 + CO2", 1e-6, 582.0),
        ("BaCO3 + BaTiO3 -> Ba2TiO4 + CO2", 1.0, 1306.0),
        ("BaCO3 -> BaO + CO2", 4e-4, 1175.0),
        ("BaCO3 -> BaO + CO2", 1e-6, 953.0),
    ];
    for (text, atm, expected) in cases {
        let found = crossing_k(&set, text, &carbon_dioxide(atm));
        eprintln!("{text} at {atm} atm: {found:.1} K ({expected} K)");
        assert!(
            (found - expected).abs() < 3.0,
            "{text} at {atm} atm: {found} K, not {expected} K"
        );
    }
    // More CO2 delays every route.
    let route = "BaCO3 + TiO2(rutile) -> BaTiO3 + CO2";
    assert!(
        crossing_k(&set, route, &carbon_dioxide(0.1)) > crossing_k(&set, route, &Atmosphere::air())
    );
}

/// kJ/mol of reaction from FREED, CO2 at 1 atm.
#[test]
fn reaction_energies_are_those_of_the_tables() {
    let set = measured();
    let reactions = [
        "BaO + TiO2(rutile) -> BaTiO3",
        "BaO + TiO2(rutile) -> Ba2TiO4",
        "BaCO3 + TiO2(rutile) -> BaTiO3 + CO2",
        "BaCO3 + TiO2(rutile) -> Ba2TiO4 + CO2",
        "BaCO3 -> BaO + CO2",
        "Ba2TiO4 + TiO2(rutile) -> BaTiO3",
    ];
    let rows = [
        (300.0, [-163.7, -204.4, 53.9, 230.9, 217.7, -123.0]),
        (800.0, [-157.4, -207.2, -23.5, 60.6, 133.9, -107.6]),
        (1000.0, [-154.6, -208.1, -52.6, -4.3, 101.9, -101.0]),
        (1200.0, [-151.6, -208.8, -78.5, -62.6, 73.1, -94.3]),
        (1300.0, [-150.1, -209.1, -90.0, -89.1, 60.0, -91.0]),
        (1500.0, [-146.9, -209.6, -111.9, -139.6, 35.0, -84.3]),
    ];
    for (t_k, expected) in rows {
        for (text, expected) in reactions.iter().zip(expected) {
            let found = set
                .reaction_energy_ev(&reaction(text), t_k, &carbon_dioxide(1.0))
                .expect("in range")
                / KJ_PER_MOL_IN_EV;
            assert!(
                (found - expected).abs() < 0.2,
                "{text} at {t_k} K: {found}, not {expected}"
            );
        }
    }
}

#[test]
fn names_resolve_or_say_what_they_could_mean() {
    let set = measured();
    assert_eq!(
        set.get(&phase("CO2")).expect("the gas").phase,
        phase("CO2(g)")
    );
    assert_eq!(
        set.get(&phase("TiBaO3")).expect("another spelling").phase,
        phase("BaTiO3")
    );
    let Err(ThermoError::Ambiguous { candidates, .. }) = set.get(&phase("TiO2")) else {
        panic!("two polymorphs")
    };
    assert_eq!(
        candidates,
        vec![phase("TiO2(anatase)"), phase("TiO2(rutile)")]
    );
    let Err(ThermoError::Unknown { near, .. }) = set.get(&phase("TiO2(brookite)")) else {
        panic!("no data")
    };
    assert_eq!(near.len(), 2);
    let Err(ThermoError::Unknown { near, .. }) = set.get(&phase("Ba2Ti2O6")) else {
        panic!("another formula unit")
    };
    assert_eq!(near, vec![phase("BaTiO3")]);
    assert!(
        set.get(&phase("BaTi2O5"))
            .is_err_and(|error| error.help().is_some())
    );
    let stable = set
        .most_stable(&phase("TiO2").formula, 1000.0)
        .expect("a polymorph");
    assert_eq!(stable.phase, phase("TiO2(rutile)"));
    assert!(matches!(
        set.formation_ev(&phase("BaO"), 1801.0),
        Err(ThermoError::OutOfRange { to_k: 1800.0, .. })
    ));
    let wrong = Reaction {
        reactants: vec![(crate::base::Rational::one(), phase("BaO"))],
        products: vec![(crate::base::Rational::one(), phase("BaTiO3"))],
    };
    let fault = set.reaction_energy_ev(&wrong, 1000.0, &Atmosphere::air());
    assert!(matches!(fault, Err(ThermoError::Unbalanced { .. })));
}

#[test]
fn polymorphs_keep_their_own_volumes() {
    let set = measured();
    let density = |name: &str| {
        set.get(&phase(name))
            .expect(name)
            .density_g_cm3()
            .expect("a volume")
    };
    // X-ray densities: rutile 4.249, anatase 3.893, BaO 6.045, BaTiO3 6.023 g/cm³; witherite 4.3
    for (name, expected) in [
        ("TiO2(rutile)", 4.249),
        ("TiO2(anatase)", 3.893),
        ("BaO", 6.045),
        ("BaTiO3", 6.023),
        ("BaCO3", 4.314),
    ] {
        assert!(
            (density(name) - expected).abs() < 0.003,
            "{name}: {}",
            density(name)
        );
    }
}

#[test]
fn a_bare_mix_of_scales_is_an_error() {
    let all: Vec<PhaseData> = entries(1).into_iter().chain(entries(2)).collect();
    let error = PhaseSet::assemble(all.clone(), None).expect_err("two scales");
    assert!(
        matches!(&error, ThermoError::MixedScales { measured, .. } if measured.contains(&phase("BaTiO3")))
    );
    assert!(error.help().is_some_and(|help| help.contains("anchored")));
    let measured = PhaseSet::assemble(all.clone(), Some(Scheme::Measured)).expect("one scale");
    assert!(measured.get(&phase("BaTi2O5")).is_err());
    assert!(matches!(
        measured.warnings(),
        [ThermoWarning::LeftOut { .. }, ..]
    ));
    let computed = PhaseSet::assemble(all, Some(Scheme::Computed)).expect("one scale");
    assert!(computed.get(&phase("CO2")).is_err());
    assert!(computed.get(&phase("BaTi2O5")).is_ok());
    assert_eq!(
        PhaseSet::assemble(entries(2), None)
            .expect("one scale")
            .scheme(),
        Scheme::Computed
    );
}

#[test]
fn the_open_titania_of_the_computed_table_is_warned_about() {
    let computed = PhaseSet::assemble(entries(2), None).expect("one scale");
    let densities: Vec<&ThermoWarning> = computed
        .warnings()
        .iter()
        .filter(|warning| matches!(warning, ThermoWarning::Density { .. }))
        .collect();
    let [
        ThermoWarning::Density {
            phase: found,
            of_energy: true,
            density_g_cm3,
            reference,
            reference_g_cm3,
        },
    ] = densities.as_slice()
    else {
        panic!("{densities:?}")
    };
    // Only a bare formula: the nearest polymorph is the reference.
    assert_eq!(
        (found, reference),
        (&phase("TiO2"), &phase("TiO2(anatase)"))
    );
    assert!((density_g_cm3 - 2.59).abs() < 0.01 && (reference_g_cm3 - 3.893).abs() < 0.01);
}

#[test]
fn computed_phases_are_anchored_to_measured_ones() {
    let set = anchored();
    for name in ["BaO", "TiO2(rutile)", "BaTiO3", "Ba2TiO4", "BaCO3", "CO2"] {
        assert_eq!(
            set.formation_ev(&phase(name), 1000.0),
            measured().formation_ev(&phase(name), 1000.0),
            "{name}"
        );
    }
    assert!(
        set.get(&phase("TiO2")).is_err(),
        "the open polymorph is set aside"
    );
    // BaTi2O5 = BaTiO3 + TiO2 + the computed energy of that reaction, by hand:
    let titanate = set.get(&phase("BaTi2O5")).expect("anchored");
    assert_eq!(titanate.evidence, Evidence::Anchored);
    let computed = PhaseSet::assemble(entries(2), None).expect("one scale");
    let energy =
        |set: &PhaseSet, name: &str| set.formation_ev(&phase(name), 1200.0).expect("in range");
    let reaction =
        energy(&computed, "BaTi2O5") - energy(&computed, "BaTiO3") - energy(&computed, "TiO2");
    let expected = energy(&set, "BaTiO3") + energy(&set, "TiO2(rutile)") + reaction;
    assert!((titanate.formation_ev(1200.0).expect("in range") - expected).abs() < 1e-9);
    // BaTiO3 stays stable against its neighbours (O'Bryan & Thomson 1974; Rase & Roy 1955).
    for t_k in [900.0, 1200.0, 1500.0] {
        let split = super::tests::reaction("BaTiO3 -> Ba2TiO4 + BaTi2O5");
        assert!(
            set.reaction_energy_ev(&split, t_k, &Atmosphere::air())
                .expect("in range")
                > 0.0
        );
    }
    let said: Vec<String> = set.warnings().iter().map(ToString::to_string).collect();
    eprintln!("{}", said.join("\n"));
    assert!(
        set.warnings()
            .iter()
            .any(|warning| matches!(warning, ThermoWarning::AnchoredScale { .. }))
    );
    assert!(
        set.warnings()
            .iter()
            .any(|warning| matches!(warning, ThermoWarning::AnchorMisfit { .. }))
    );
    // The order of the entries does not matter.
    let misfit = |set: &PhaseSet| {
        set.warnings()
            .iter()
            .filter_map(|warning| match warning {
                ThermoWarning::AnchorMisfit { misfit_kj_mol, .. } => Some(misfit_kj_mol.abs()),
                _ => None,
            })
            .fold(0.0, f64::max)
    };
    let all = entries(1).into_iter().chain(entries(2)).collect();
    let enthalpy = PhaseSet::assemble(all, Some(Scheme::AnchoredEnthalpy)).expect("anchored");
    // By hand from the tables: 19 kJ/mol for BaTiO3 by enthalpies, 35 kJ/mol by the descriptor.
    assert!(
        (misfit(&enthalpy) - 19.0).abs() < 1.0,
        "{}",
        misfit(&enthalpy)
    );
    assert!((misfit(&set) - 35.0).abs() < 1.0, "{}", misfit(&set));
    // BaO2 gives off its oxygen at some 1100 K in 1 bar O2, on which the Brin process rested. With the entropy of the
    // gas the computed enthalpies make it 774 K; without, it never would.
    let dissociation = super::tests::reaction("BaO2 -> BaO + O2");
    let oxygen = Atmosphere::custom(vec![(Formula::parse("O2").expect("O2"), 1.0)]).expect("a gas");
    let energy = |t_k: f64| {
        enthalpy
            .reaction_energy_ev(&dissociation, t_k, &oxygen)
            .expect("in range")
    };
    let equilibrium_k = (300..1700)
        .map(f64::from)
        .find(|t_k| energy(*t_k) < 0.0)
        .expect("it dissociates");
    eprintln!(
        "BaO2 dissociates at {equilibrium_k} K, {} eV at 300 K",
        energy(300.0)
    );
    assert!((700.0..1150.0).contains(&equilibrium_k), "{equilibrium_k}");
    let mut reversed: Vec<PhaseData> = entries(1).into_iter().chain(entries(2)).collect();
    reversed.reverse();
    assert_eq!(
        PhaseSet::assemble(reversed, Some(Scheme::Anchored))
            .expect("anchored")
            .phases(),
        set.phases()
    );
}

#[test]
fn anchoring_without_anchors_is_an_error() {
    let mut all = entries(1);
    all.extend(
        read_table("phase,dHf_eV_per_atom,volume_A3\nSrO,-2.9,35\nBaO,-2.8,44\n")
            .expect("a table")
            .entries,
    );
    let strontium = Element::from_symbol("Sr").expect("Sr");
    assert!(matches!(
        PhaseSet::assemble(all, Some(Scheme::Anchored)),
        Err(ThermoError::NoAnchor { element, .. }) if element == strontium
    ));
}

#[test]
fn volumes_can_be_overridden_and_duplicates_are_errors() {
    let mut all = entries(2);
    all.extend(
        read_table("phase,volume_A3,volume_kind\nTiO2,31.21,measured\n")
            .expect("a table")
            .entries,
    );
    let set = PhaseSet::assemble(all, None).expect("one scale");
    let titania = set.get(&phase("TiO2")).expect("titania");
    assert_eq!(
        (titania.volume_ang3, titania.volume_measured),
        (Some(31.21), true)
    );
    assert!(!set.warnings().iter().any(|warning| matches!(
        warning,
        ThermoWarning::Density {
            of_energy: false,
            ..
        }
    )));
    let mut twice = entries(1);
    twice.extend(
        read_table("phase,T_K,dGf_eV\nBaO,300,-5\nBaO,400,-4.9\n")
            .expect("a table")
            .entries,
    );
    assert!(matches!(
        PhaseSet::assemble(twice, None),
        Err(ThermoError::Duplicate { .. })
    ));
}

#[test]
fn a_set_is_json_that_reads_without_us() {
    let set = anchored();
    let text = serde_json::to_string_pretty(&set).expect("JSON");
    assert_eq!(serde_json::from_str::<PhaseSet>(&text).expect("again"), set);
    for field in [
        "\"volume_A3_per_formula_unit\"",
        "\"melting_point_K\"",
        "\"T_K\"",
        "\"dGf_eV_per_formula_unit\"",
        "\"scheme\": \"anchored\"",
    ] {
        assert!(text.contains(field), "{field}");
    }
}

#[test]
fn the_library_answers_pure_questions() {
    let set = library();
    assert!(set.phases().len() > 50);
    // NIST-JANAF: water vapour -192.590 kJ/mol at 1000 K; MgO -492.951 at 1000 K.
    let kj_mol =
        |name: &str, t_k| set.formation_ev(&phase(name), t_k).expect("in range") / KJ_PER_MOL_IN_EV;
    assert!(
        (kj_mol("H2O", 1000.0) - -192.590).abs() < 0.15,
        "{}",
        kj_mol("H2O", 1000.0)
    );
    assert!(
        (kj_mol("MgO", 1000.0) - -492.9).abs() < 1.5,
        "{}",
        kj_mol("MgO", 1000.0)
    );
    assert_eq!(kj_mol("O2", 1234.5), 0.0);
    assert!(
        set.formation_ev(&phase("TiO"), 1250.0).is_err(),
        "beyond lies the vapour"
    );
    assert!(
        kj_mol("BaTiO3", 298.15) < -1500.0,
        "room temperature is in range"
    );
}

fn reference(path: &str) -> Option<String> {
    let Ok(folder) = std::env::var("SYNTH_REFERENCE_DATA") else {
        eprintln!("skipped: no reference data");
        return None;
    };
    Some(std::fs::read_to_string(std::path::Path::new(&folder).join(path)).expect(path))
}

/// Energies per atom of reaction-network 8.3.0 at nine temperatures.
#[test]
fn computed_energies_agree_with_the_peer() {
    let Some(text) = reference("rxn-ca/B/entries_G_of_T.json") else {
        return;
    };
    let entries: Vec<serde_json::Map<String, serde_json::Value>> =
        serde_json::from_str(&text).expect("JSON");
    let set = PhaseSet::assemble(self::entries(2), None).expect("one scale");
    let (mut worst, mut compared) = (0.0_f64, 0);
    for entry in &entries {
        let name = phase(entry["formula"].as_str().expect("a formula"));
        for (key, value) in entry {
            let Some(t_k) = key
                .strip_prefix("dGf_")
                .and_then(|rest| rest.strip_suffix("K_eV_per_atom"))
            else {
                continue;
            };
            let found = set
                .formation_ev(&name, t_k.parse().expect("a temperature"))
                .expect("in range");
            let expected = value.as_f64().expect("a number");
            worst = largest([worst, (found / name.formula.atoms() - expected).abs()]);
            compared += 1;
        }
    }
    eprintln!("{compared} energies, worst difference {worst:.2e} eV/atom");
    assert!(compared >= 9 * 29 && worst < 1e-6, "{compared} {worst}");
}

/// The raw FREED table, whose TiO and BaO turn into vapour.
#[test]
fn slope_breaks_of_the_raw_tables_are_found() {
    let Some(text) = reference("thermo/experimental_dGf.csv") else {
        return;
    };
    let freed = text
        .lines()
        .filter(|line| line.starts_with("formula") || line.contains("FREED"))
        .collect::<Vec<_>>()
        .join("\n");
    let read = read_table(&freed).expect("a table");
    let broken: Vec<(String, f64)> = read
        .warnings
        .iter()
        .filter_map(|warning| match warning {
            ThermoWarning::SlopeBreak { phase, last_k, .. } => Some((phase.to_string(), *last_k)),
            _ => None,
        })
        .collect();
    eprintln!("{broken:?}");
    assert!(broken.contains(&("TiO".into(), 1200.0)) && broken.contains(&("BaO".into(), 1800.0)));
    assert!(
        broken.iter().all(
            |(name, _)| !["BaTiO3", "Ba2TiO4", "BaCO3", "TiO2", "CO2"].contains(&name.as_str())
        )
    );
}

/// A chemical system of the Materials Project holds a thousand entries.
#[test]
fn large_tables_are_read_and_assembled() {
    let rows: Vec<String> = (1..=3000)
        .map(|at| {
            format!(
                "Ba{at}Ti{}O{},-3.4,{},mp-{at}",
                at % 17 + 1,
                at % 29 + 2,
                10 + at % 7
            )
        })
        .collect();
    let text = format!(
        "phase,dHf_eV_per_atom,volume_A3_per_atom,id\n{}\n",
        rows.join("\n")
    );
    let read = read_table(&text).expect("a table");
    assert_eq!(read.entries.len(), 3000);
    let set = PhaseSet::assemble(read.entries, None).expect("one scale");
    assert_eq!(set.phases().len(), 3000);
}
