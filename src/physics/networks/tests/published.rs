//! The network against the published Ba-Ti-O set of rxn-ca.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::super::*;
use super::phase;
use crate::base::{Formula, Phase};

fn reference(name: &str) -> Option<Vec<u8>> {
    let Some(root) = std::env::var_os("SYNTH_REFERENCE_DATA") else {
        eprintln!("skipped: no reference data");
        return None;
    };
    Some(std::fs::read(PathBuf::from(root).join("rxn-ca").join(name)).expect(name))
}

fn json(name: &str) -> Option<Value> {
    Some(serde_json::from_slice(&reference(name)?).expect(name))
}

fn library_json() -> Option<Value> {
    let packed = reference("B/library.json.gz")?;
    Some(
        serde_json::from_reader(flate2::read::GzDecoder::new(packed.as_slice()))
            .expect("B/library.json.gz"),
    )
}

const GRID: [u32; 9] = [300, 600, 900, 1000, 1200, 1300, 1500, 1600, 1800];

/// The 29 phases of the published set with their Gibbs energies, at some of the nine temperatures.
fn batio(temperatures_k: &[u32], volumes: Option<&Value>) -> Option<ReactionLibrary> {
    let entries = json("B/entries_G_of_T.json")?;
    let phases = entries.as_array()?.iter().map(|entry| {
        let formula =
            Formula::parse(entry["formula"].as_str().expect("a formula")).expect("a formula");
        let atoms = formula.atoms();
        let gibbs = |t_k: &u32| {
            atoms
                * entry[format!("dGf_{t_k}K_eV_per_atom")]
                    .as_f64()
                    .expect("G")
        };
        NetworkPhase {
            gas: formula.text() == "O2",
            volume_ang3: volumes.map_or_else(
                || Some(atoms * entry["volume_per_atom_A3"].as_f64()?),
                |volumes| volumes[formula.text()].as_f64(),
            ),
            melting_k: None,
            gibbs_ev: temperatures_k.iter().map(gibbs).collect(),
            phase: Phase::new(formula, None),
        }
    });
    let temperatures = temperatures_k.iter().map(|&t_k| f64::from(t_k)).collect();
    Some(ReactionLibrary::new(temperatures, phases.collect()).expect("a library"))
}

/// Names on both sides with coefficients for one formula unit of the peer's first product.
type Written = (BTreeMap<String, f64>, BTreeMap<String, f64>);

fn sides(written: &Written) -> (Vec<&str>, Vec<&str>) {
    (
        written.0.keys().map(String::as_str).collect(),
        written.1.keys().map(String::as_str).collect(),
    )
}

/// The published enumeration at 300 K (reaction-network, hull along the mixing line), entries by reduced formula.
fn published(library: &ReactionLibrary) -> Option<Vec<Written>> {
    let set = json("B/enumeration_entries.json")?;
    let names: Vec<String> = set["rxn_set"]["entries"]
        .as_array()?
        .iter()
        .map(|entry| {
            let mut text = String::new();
            for (element, amount) in entry["composition"].as_object().expect("amounts") {
                text += element;
                text += &amount.as_f64().expect("an amount").to_string();
            }
            let formula = Formula::parse(&text).expect("a formula");
            let known = library
                .phases()
                .iter()
                .find(|one| one.phase.formula.same_composition(&formula));
            known.expect("a phase of the set").phase.to_string()
        })
        .collect();
    let mut all = Vec::new();
    for (size, indices) in set["rxn_set"]["indices"].as_object()? {
        let coefficients = set["rxn_set"]["coeffs"][size]["data"].as_array()?;
        for (indices, coefficients) in indices["data"].as_array()?.iter().zip(coefficients) {
            let mut written = Written::default();
            for (index, coefficient) in indices.as_array()?.iter().zip(coefficients.as_array()?) {
                let (name, nu) = (
                    names[index.as_u64()? as usize].clone(),
                    coefficient.as_f64()?,
                );
                if nu < 0.0 {
                    &mut written.0
                } else {
                    &mut written.1
                }
                .insert(name, nu.abs());
            }
            all.push(written);
        }
    }
    Some(all)
}

#[test]
fn the_published_enumeration_is_reproduced_reaction_for_reaction() {
    let Some(library) = batio(&[300], None) else {
        return;
    };
    let peer = published(&library).expect("the published reactions");
    let one_bar = Enumeration {
        others_bar: 1.0,
        ..Enumeration::default()
    };
    let ours = one_bar.run(library).expect("a network");
    assert_eq!((peer.len(), ours.reactions().len()), (1435, 1435));
    for reaction in ours.reactions() {
        let own = written(&ours, reaction);
        let twin = peer.iter().find(|one| sides(one) == sides(&own));
        let twin = twin.unwrap_or_else(|| panic!("{} is not published", ours.equation(reaction)));
        // The peer writes one formula unit of one of its products.
        let (name, nu) = twin.1.iter().next().expect("a product");
        let scale = nu / own.1[name];
        let pairs = own.0.iter().zip(&twin.0).chain(own.1.iter().zip(&twin.1));
        for ((_, own), (_, theirs)) in pairs {
            assert!(
                (own * scale - theirs).abs() < 1e-9 * theirs.max(1.0),
                "{}",
                ours.equation(reaction)
            );
        }
    }
}

fn written(library: &ReactionLibrary, reaction: &NetworkReaction) -> Written {
    let side = |side: &[(i64, usize)]| -> BTreeMap<String, f64> {
        let named = |&(nu, at): &(i64, usize)| (library.phases()[at].phase.to_string(), nu as f64);
        side.iter().map(named).collect()
    };
    (side(&reaction.reactants), side(&reaction.products))
}

#[test]
fn published_energies_and_volumes_are_reproduced() {
    let Some(published) = library_json() else {
        return;
    };
    // The peer takes its volumes from elsewhere than its energies.
    let Some(library) = batio(&GRID, Some(&published["phases"]["volumes"])) else {
        return;
    };
    let one_bar = Enumeration {
        others_bar: 1.0,
        ..Enumeration::default()
    };
    let library = one_bar.run(library).expect("a network");
    let find: BTreeMap<Vec<Vec<String>>, &NetworkReaction> = library
        .reactions()
        .iter()
        .map(|one| {
            let (left, right) = written(&library, one);
            (
                vec![left.into_keys().collect(), right.into_keys().collect()],
                one,
            )
        })
        .collect();
    let mut compared = 0;
    for t_k in ["900", "1000", "1200", "1300", "1500", "1600"] {
        for one in published["lib"][t_k]["reactions"]
            .as_array()
            .expect("reactions")
        {
            let side = |name: &str| -> BTreeMap<String, f64> {
                let side = one[name].as_object().expect("a side");
                side.iter()
                    .map(|(name, volume)| (name.clone(), volume.as_f64().expect("a volume")))
                    .collect()
            };
            let (left, right) = (side("reactants"), side("products"));
            let key = vec![
                left.keys().cloned().collect(),
                right.keys().cloned().collect(),
            ];
            let reaction = find
                .get(&key)
                .unwrap_or_else(|| panic!("{key:?} was not found"));
            let energy = library
                .reaction_ev_per_atom(reaction, t_k.parse().expect("K"), &|_| 1.0)
                .expect("an energy");
            let theirs = one["energy_per_atom"].as_f64().expect("an energy");
            assert!(
                (energy - theirs).abs() < 1e-9,
                "{key:?}: {energy} is not {theirs}"
            );
            // One formula unit of the first of its products, and volumes rounded to 0.01 Å³.
            let (used, made) = library.volumes_ang3(reaction).expect("volumes");
            let sides = [
                (&reaction.reactants, used, left),
                (&reaction.products, made, right),
            ];
            let first = one["products"]
                .as_object()
                .and_then(|side| side.keys().next())
                .expect("a product");
            let nu = written(&library, reaction).1[first];
            for (side, volumes, theirs) in sides {
                for (&(_, at), volume) in side.iter().zip(volumes) {
                    let text = format!("{:.2}", volume / nu);
                    let theirs = theirs[&library.phases()[at].phase.to_string()];
                    assert_eq!(text.parse::<f64>().expect("a number"), theirs, "{key:?}");
                }
            }
            compared += 1;
        }
    }
    assert_eq!(compared, 6 * 552);
}

#[test]
fn every_reaction_of_the_older_published_library_is_found() {
    let Some(older) = json("A/library.json") else {
        return;
    };
    let Some(library) = batio(&[300], None) else {
        return;
    };
    let one_bar = Enumeration {
        others_bar: 1.0,
        ..Enumeration::default()
    };
    let library = one_bar.run(library).expect("a network");
    let own: Vec<Written> = library
        .reactions()
        .iter()
        .map(|one| written(&library, one))
        .collect();
    let own: BTreeSet<_> = own.iter().map(sides).collect();
    let reactions = older["lib"]["1000"]["reactions"]
        .as_array()
        .expect("reactions");
    let side = |one: &'_ Value| -> Vec<String> {
        let mut names: Vec<String> = one.as_object().expect("a side").keys().cloned().collect();
        names.sort();
        names
    };
    let mut compared = 0;
    for one in reactions {
        let (left, right) = (side(&one["reactants"]), side(&one["products"]));
        // It lists each phase as a reaction to itself, which slows its automaton down.
        if left != right {
            let key = (
                left.iter().map(String::as_str).collect(),
                right.iter().map(String::as_str).collect(),
            );
            assert!(own.contains(&key), "{key:?} was not found");
            compared += 1;
        }
    }
    assert_eq!(compared, 552);
}

#[test]
fn a_set_of_the_usual_size_takes_well_under_a_second() {
    let Some(library) = batio(&GRID, None) else {
        return;
    };
    let start = std::time::Instant::now();
    let mixing = Enumeration {
        others_bar: 0.2,
        open: vec![phase("O2")],
        ..Enumeration::default()
    };
    let found = mixing
        .run(library.clone())
        .expect("a network")
        .reactions()
        .len();
    let after = start.elapsed();
    let start = std::time::Instant::now();
    let near = Enumeration {
        within_ev_per_atom: 0.03,
        ..mixing.clone()
    };
    let near = near
        .run(library.clone())
        .expect("a network")
        .reactions()
        .len();
    println!("{near} with metastable products in {:?}", start.elapsed());
    assert!(near > found);
    let start = std::time::Instant::now();
    let all = Enumeration {
        combinations: true,
        highest_ev_per_atom: Some(0.05),
        ..mixing
    };
    let combined = all.run(library).expect("a network").reactions().len();
    println!(
        "{found} in {after:?}, {combined} of all in {:?}",
        start.elapsed()
    );
    assert!(found > 1435 && combined > found);
}
