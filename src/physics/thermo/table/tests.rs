use super::*;
use crate::base::Phase;
use crate::physics::thermo::{Evidence, Gibbs, State, TABLES};

fn phase(text: &str) -> Phase {
    Phase::parse(text).expect(text)
}

fn entry<'a>(read: &'a TableRead, name: &str) -> &'a PhaseData {
    read.entries
        .iter()
        .find(|data| data.phase == phase(name))
        .unwrap_or_else(|| {
            panic!(
                "{name} among {:?}",
                read.entries
                    .iter()
                    .map(|data| data.phase.to_string())
                    .collect::<Vec<_>>()
            )
        })
}

#[test]
fn rows_in_several_units_say_the_same() {
    let in_ev = "phase,T_K,dGf_eV,source\nBaO,300,-5.3859352,me\nBaO,400,-5.2886492,me\n";
    let in_kj = "\u{feff}# a comment\r\nphase , T_C, dGf_kJ_mol\r\n\r\nBaO,26.85,-519.66375\r\nBaO,126.85,-510.27705\r\n";
    let (one, other) = (
        read_table(in_ev).expect("eV"),
        read_table(in_kj).expect("kJ/mol"),
    );
    for t_k in [300.0, 350.0] {
        let (a, b) = (
            entry(&one, "BaO").formation_ev(t_k).expect("in range"),
            entry(&other, "BaO").formation_ev(t_k).expect("in range"),
        );
        assert!((a - b).abs() < 1e-5, "{a} {b}");
    }
    assert_eq!(entry(&one, "BaO").origin, "me");
    assert_eq!(entry(&one, "BaO").evidence, Evidence::Measured);
}

#[test]
fn standard_pressures_come_to_one_bar() {
    // CO from C and 1/2 O2: half a mole of gas more, kT/2 ln(1.01325) less at 1 bar.
    let read = read_table(
        "phase,T_K,dGf_eV,p_standard_bar\nCO(g),1000,-2,1.01325\nBaO,1000,-4.7,1.01325\n",
    )
    .expect("a table");
    let shift = crate::base::constants::BOLTZMANN_EV_PER_K * 1000.0 * 1.01325_f64.ln() / 2.0;
    let monoxide = entry(&read, "CO(g)")
        .formation_ev(1000.0)
        .expect("in range");
    let oxide = entry(&read, "BaO").formation_ev(1000.0).expect("in range");
    assert!((monoxide - (-2.0 - shift)).abs() < 1e-12);
    assert!((oxide - (-4.7 + shift)).abs() < 1e-12);
    assert_eq!(entry(&read, "CO(g)").state, State::Gas);
}

#[test]
fn entries_with_enthalpies_follow_the_descriptor() {
    let text = "formula,dHf_eV_per_atom,volume_A3_per_atom,id,run_type,melting_K\n\
                BaTiO3,-3.4922369876666663,13.594065403846523,mp-5020,GGA,2252\n\
                TiO2,-3.4,10.4,mp-1,,\nTiO2,-3.39,11.4,mp-2,,\nBaCO3,-2.5,15,mp-3,GGA,\n";
    let read = read_table(text).expect("a table");
    let found = entry(&read, "BaTiO3")
        .formation_ev(1000.0)
        .expect("in range")
        / 5.0;
    assert!((found - -2.939884654055989).abs() < 1e-6, "{found}");
    assert_eq!(entry(&read, "TiO2(\"mp-2\")").volume_ang3, Some(11.4 * 3.0));
    assert!(!entry(&read, "BaTiO3").volume_measured);
    let Some(Gibbs::Descriptor(carbonate)) = &entry(&read, "BaCO3").gibbs else {
        panic!("a descriptor")
    };
    assert!((carbonate.enthalpy_ev_per_atom - (-2.5 + 0.830 / 5.0)).abs() < 1e-12);
    assert!(matches!(
        read.warnings.as_slice(),
        [ThermoWarning::CarbonateCorrected { .. }]
    ));
}

#[test]
fn carbonates_are_told_from_other_carbon() {
    let correction = |text: &str| carbonate_correction_ev(&phase(text).formula);
    assert!((correction("BaCO3") - 0.83).abs() < 1e-12);
    assert!((correction("Ba2Ti2O5CO3") - 0.83).abs() < 1e-12);
    assert!((correction("Na2Ca(CO3)2") - 1.66).abs() < 1e-12);
    for none in ["CO2", "BaC2O4", "TiC", "BaO", "C3O2", "CH4O3"] {
        assert_eq!(correction(none), 0.0, "{none}");
    }
}

#[test]
fn materials_project_entries_are_read() {
    let text = r#"{"data": [
      {"material_id": "mp-5020", "formula_pretty": "BaTiO3", "formation_energy_per_atom": -3.5,
       "volume": 67.97, "nsites": 5, "theoretical": false, "run_type": "GGA"},
      {"entry_id": "mp-1342", "composition": {"Ba": 4, "O": 4}, "formation_energy_per_atom": -2.8, "volume_per_atom": 22.1},
      {"phase": "TiO2(rutile)", "T_K": [300, 400], "dGf_eV": [-9.2, -9.0], "melting_K": 2130, "source": "x"}
    ]}"#;
    let read = read_table(text).expect("entries");
    assert_eq!(read.entries.len(), 3);
    let titanate = entry(&read, "BaTiO3");
    assert_eq!(
        (titanate.id.as_deref(), titanate.observed),
        (Some("mp-5020"), Some(true))
    );
    assert!((titanate.volume_ang3.expect("a volume") - 67.97).abs() < 1e-9);
    assert!((entry(&read, "BaO").volume_ang3.expect("a volume") - 44.2).abs() < 1e-9);
    assert_eq!(entry(&read, "TiO2(rutile)").formation_ev(350.0), Ok(-9.1));
}

#[test]
fn faults_are_placed_and_all_shown() {
    let text = "phase,T_K,dGf_eV,melting_K\nBaO,300,x,\nBaXq,300,1,\nTiO2,300\n,300,1,\nTiO2,300,-9,-5\nCO,,1,\n";
    let faults = read_table(text).expect_err("faults");
    let places: Vec<(usize, usize)> = faults
        .iter()
        .map(|fault| (fault.line, fault.column))
        .collect();
    assert_eq!(
        places,
        vec![(2, 9), (3, 1), (4, 6), (5, 1), (6, 13), (7, 1)],
        "{faults:#?}"
    );
    assert!(faults.iter().all(|fault| fault.help.is_some()));
    let wide = read_table("formula,dGf_300K_eV_per_atom\nBaO,1\n").expect_err("a wide table");
    assert!(
        wide[0]
            .help
            .as_deref()
            .is_some_and(|help| help.contains("one row a temperature")),
        "{wide:?}"
    );
    assert!(
        read_table("").expect_err("empty")[0]
            .message
            .contains("empty")
    );
    let many: String = (1..=100).fold("phase,T_K,dGf_eV\n".to_owned(), |text, at| {
        format!("{text}BaO,{at},x\n")
    });
    let faults = read_table(&many).expect_err("many");
    assert_eq!(faults.len(), MOST_FAULTS + 1);
    assert!(
        faults
            .last()
            .is_some_and(|fault| fault.message.contains("80 more"))
    );

    let json = "[\n  {\"formula\": \"BaO\", \"melting_K\": \"hot\", \"volume_A3\": 42},\n  {\"formula\": \"Bao\", \"volume_A3\": 1},\n 5\n]";
    let faults = read_table(json).expect_err("faults");
    let places: Vec<(usize, usize)> = faults
        .iter()
        .map(|fault| (fault.line, fault.column))
        .collect();
    assert_eq!(places, vec![(2, 22), (3, 4), (4, 2)], "{faults:#?}");
    let cut = read_table("[{\"formula\": \"BaO\"").expect_err("cut off");
    assert!(cut[0].message.contains("ends in the middle"));
}

#[test]
fn rows_that_contradict_each_other_are_faults() {
    for text in [
        "phase,T_K,dGf_eV,volume_A3\nBaO,300,-5,42\nBaO,400,-5,43\n",
        "phase,T_K,dGf_eV\nBaO,300,-5\nBaO,300,-6\n",
        "phase,dHf_eV_per_atom,volume_A3\nBaO,-2.8,42\nBaO,-2.9,42\n",
        "phase,dHf_eV_per_atom\nBaO,-2.8\n",
        "phase,melting_K\nBaO,\n",
        "phase,T_K,dGf_eV\n\"BaO,300,-5\n",
    ] {
        assert!(read_table(text).is_err(), "{text}");
    }
}

#[test]
fn vapour_jumps_end_a_table_and_are_reported() {
    // FREED: the values of TiO above 1200 K are those of the vapour.
    let text = "phase,T_K,dGf_eV\nTiO,1000,-4.6225\nTiO,1100,-4.5269\nTiO,1200,-4.4304\nTiO,1300,-0.7027\nTiO,1400,-0.7886\n";
    let read = read_table(text).expect("a table");
    assert_eq!(entry(&read, "TiO").range_k(), Some((1000.0, 1200.0)));
    let [
        ThermoWarning::SlopeBreak {
            last_k,
            dropped_to_k,
            jump_kj_mol,
            ..
        },
    ] = read.warnings.as_slice()
    else {
        panic!("{:?}", read.warnings)
    };
    assert_eq!((*last_k, *dropped_to_k), (1200.0, 1400.0));
    assert!((jump_kj_mol - 350.0).abs() < 5.0, "{jump_kj_mol}");
}

#[test]
fn shipped_tables_are_whole() {
    for (name, text) in TABLES {
        let read = read_table(text).unwrap_or_else(|faults| panic!("{name}: {faults:?}"));
        assert!(read.warnings.is_empty(), "{name}: {:?}", read.warnings);
        assert!(
            read.entries.iter().all(|data| !data.origin.is_empty()),
            "{name}"
        );
        let keys = text
            .lines()
            .filter(|line| line.starts_with("# source "))
            .count();
        assert!(keys > 0, "{name}");
    }
    let (thermo, batio) = (
        read_table(TABLES[0].1).expect("thermo"),
        read_table(TABLES[1].1).expect("batio"),
    );
    for data in &batio.entries {
        assert_eq!(
            entry(&thermo, &data.phase.to_string()).gibbs,
            data.gibbs,
            "{}",
            data.phase
        );
    }
}

#[test]
fn no_text_brings_the_reader_down() {
    let seeds = [
        TABLES[1].1,
        TABLES[2].1,
        "[{\"formula\": \"BaO\", \"volume_A3\": 42, \"T_K\": [300], \"dGf_eV\": [-5]}]",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below.max(1) as u64) as usize
    };
    for round in 0..600 {
        let mut bytes = seeds[round % 3].as_bytes().to_vec();
        bytes.truncate(2000);
        for _ in 0..=next(4) {
            let at = next(bytes.len());
            match next(4) {
                0 => bytes[at] = b",\"\n#|[]{}:-e9 \\"[next(14)],
                1 => bytes.truncate(at.max(1)),
                2 => {
                    bytes.remove(at);
                }
                _ => bytes.insert(at, b"\",\n0"[next(4)]),
            }
            if bytes.is_empty() {
                bytes.push(b'x');
            }
        }
        let text = String::from_utf8_lossy(&bytes);
        if let Err(faults) = read_table(&text) {
            assert!(
                faults
                    .iter()
                    .all(|fault| fault.line >= 1 && fault.column >= 1)
            );
        }
    }
    let deep = "[".repeat(200_000);
    assert!(read_table(&deep).is_err());
}
