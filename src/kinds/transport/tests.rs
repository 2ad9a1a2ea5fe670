use super::super::tests::faults;

/// A run of a salt, and what is asked of it.
fn asked(ensemble: &str, transport: &str) -> Vec<String> {
    faults(&format!(
        "study {{ seed: 1 }}\noracle ions {{ method: analytic(pmmcs) }}\nensemble melt {{\n  potential: ions\n  \
         start: amorphous(BaO, atoms: 16, density: 4 g/cm³)\n{ensemble}\n  protocol {{ nvt 3000 K for 1 ps sample 10 fs }}\n\
         }}\ntransport onsager {{ trajectory: melt, {transport} }}\n"
    ))
}

#[test]
fn what_a_run_cannot_give_is_told_before_it() {
    for (ensemble, transport, says) in [
        (
            "",
            "temperature: 2900 K",
            "the runs are at 3000 K, not at 2900 K",
        ),
        ("", "method: green_kubo", "keeps no velocities"),
        ("", "plateau: 0.1 ps .. 0.2 ps", "keeps no velocities"),
        (
            "  replicas: 4",
            "errors: replicas",
            "need 5 of them at least; there are 4",
        ),
    ] {
        let found = asked(ensemble, transport);
        assert_eq!(found.len(), 1, "{transport}: {found:?}");
        assert!(found[0].contains(says), "{transport}: {found:?}");
    }
    for (ensemble, transport) in [
        ("", "temperature: 3000 K"),
        (
            "  velocities: true",
            "method: green_kubo, plateau: 0.1 ps .. 0.2 ps",
        ),
        ("  replicas: 5", "errors: replicas"),
    ] {
        let found = asked(ensemble, transport);
        assert!(found.is_empty(), "{transport}: {found:?}");
    }
    let none = faults("study { seed: 1 }\ntransport nothing { tensors: [] }\n");
    assert_eq!(none, ["there are no tensors in this list"]);
}
