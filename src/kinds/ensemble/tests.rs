//! Recipes and the protocols that they are read as.

use super::super::tests::{facts, faults};
use crate::base::Element;
use crate::physics::analysis::Observe;
use crate::physics::md::{
    Barostat, Condition, Dynamics, Ensemble, Freedom, Method, Minimize, Protocol, Ramp, Segment,
    Thermostat, Until,
};

fn recipe(segments: &str) -> String {
    format!(
        "oracle force {{ method: analytic(pmmcs) }}\n\
         structure oxide {{ prototype: rocksalt(a: 5.5 Å), formula: BaO }}\n\
         ensemble hot {{\n  potential: force\n  start: oxide\n  timestep: 2 fs\n  log: 20 fs\n  drift: 0.01\n  \
         velocities: true\n  protocol {{\n{segments}\n  }}\n}}\n"
    )
}

/// 1 GPa in eV/Å³.
const GPA: f64 = 1.0 / 160.217_663_4;

fn ramp(start: f64, end: f64) -> Ramp {
    Ramp { start, end }
}

fn until(at_least_fs: f64, every_fs: f64, condition: Condition) -> Until {
    Until {
        at_least_fs,
        every_fs,
        condition,
    }
}

/// Numbers of one protocol agree with those of another to rounding, words exactly.
fn assert_same(found: &Segment, expected: &Segment) {
    let parts = |segment: &Segment| -> (String, Vec<f64>) {
        let text = format!("{segment:?}");
        let mut words = String::new();
        let mut numbers = Vec::new();
        for part in text.split(|c: char| !(c.is_alphanumeric() || "+-._".contains(c))) {
            match part.parse::<f64>() {
                Ok(number) => numbers.push(number),
                Err(_) => {
                    words.push(' ');
                    words.push_str(part);
                }
            }
        }
        (words, numbers)
    };
    let ((words, numbers), (other_words, other_numbers)) = (parts(found), parts(expected));
    assert_eq!(words, other_words, "{found:?}");
    for (a, b) in numbers.iter().zip(&other_numbers) {
        assert!((a - b).abs() <= 1e-9 * b.abs(), "{found:?}\n{expected:?}");
    }
}

#[test]
fn every_word_of_a_protocol_means_what_it_says() {
    let nvt = |start, end, thermostat, time_fs| Ensemble::Nvt {
        temperature_k: ramp(start, end),
        thermostat,
        time_fs,
    };
    let npt =
        |thermostat_time_fs, pressure: (f64, f64), barostat, barostat_time_fs| Ensemble::Npt {
            temperature_k: ramp(500.0, 500.0),
            thermostat_time_fs,
            pressure_ev_per_ang3: ramp(pressure.0 * GPA, pressure.1 * GPA),
            barostat,
            barostat_time_fs,
        };
    let dynamics = |ensemble, duration_fs, until, sample_fs| {
        Segment::Dynamics(Dynamics {
            ensemble,
            duration_fs,
            until,
            sample_fs,
            observe_fs: None,
        })
    };
    let cases = [
        ("minimize", Segment::Minimize(Minimize::default())),
        (
            "minimize force 0.02 eV/Å pressure 3 GPa steps 70 method lbfgs",
            Segment::Minimize(Minimize {
                method: Method::Lbfgs,
                pressure: Some(3.0 * GPA),
                force_ev_per_ang: 0.02,
                most_steps: 70,
                ..Minimize::default()
            }),
        ),
        (
            "nve 300 K for 2 ps sample 40 fs",
            dynamics(
                Ensemble::Nve {
                    temperature_k: Some(300.0),
                },
                2000.0,
                None,
                Some(40.0),
            ),
        ),
        (
            "nvt 500 K for 1 ps",
            dynamics(
                nvt(500.0, 500.0, Thermostat::Rescaling, 500.0),
                1000.0,
                None,
                None,
            ),
        ),
        (
            "nvt 4000 K to 1400 K at 200 K/ps thermostat nose_hoover(time: 0.3 ps)",
            dynamics(
                nvt(4000.0, 1400.0, Thermostat::NoseHoover, 300.0),
                13_000.0,
                None,
                None,
            ),
        ),
        (
            "nvt 500 K for 1 ps .. 5 ps until displaced(by: 4 Å) every 100 fs thermostat langevin(time: 0.2 ps)",
            dynamics(
                nvt(500.0, 500.0, Thermostat::Langevin, 200.0),
                5000.0,
                Some(until(
                    1000.0,
                    100.0,
                    Condition::SlowestBeyond { distance_ang: 4.0 },
                )),
                None,
            ),
        ),
        (
            "npt 500 K for 1 ps .. 5 ps until density_settled(within: 2 %)",
            dynamics(
                npt(
                    500.0,
                    (1e-4, 1e-4),
                    Barostat::Rescaling {
                        compressibility_ang3_per_ev: 1.0 / (50.0 * GPA),
                    },
                    1000.0,
                ),
                5000.0,
                Some(until(
                    1000.0,
                    500.0,
                    Condition::DensitySettled { within: 0.02 },
                )),
                None,
            ),
        ),
        (
            "npt 500 K pressure 1 GPa to 2 GPa for 5 ps barostat rescaling(time: 3 ps, thermostat: 0.4 ps, bulk_modulus: 100 GPa)",
            dynamics(
                npt(
                    400.0,
                    (1.0, 2.0),
                    Barostat::Rescaling {
                        compressibility_ang3_per_ev: 1.0 / (100.0 * GPA),
                    },
                    3000.0,
                ),
                5000.0,
                None,
                None,
            ),
        ),
        (
            "npt 500 K pressure 0 GPa for 5 ps barostat mtk(time: 2 ps, thermostat: 0.1 ps)",
            dynamics(
                npt(100.0, (0.0, 0.0), Barostat::Mtk(Freedom::Isotropic), 2000.0),
                5000.0,
                None,
                None,
            ),
        ),
        (
            "npt 500 K pressure 0 GPa for 5 ps barostat mtk(cell: anisotropic)",
            dynamics(
                npt(
                    500.0,
                    (0.0, 0.0),
                    Barostat::Mtk(Freedom::Anisotropic),
                    1000.0,
                ),
                5000.0,
                None,
                None,
            ),
        ),
        (
            "npt 500 K pressure 0 GPa for 5 ps barostat mtk(cell: full)",
            dynamics(
                npt(500.0, (0.0, 0.0), Barostat::Mtk(Freedom::Full), 1000.0),
                5000.0,
                None,
                None,
            ),
        ),
    ];
    for (text, expected) in cases {
        let protocol: Protocol = facts(&recipe(text), "hot");
        assert_eq!(protocol.segments.len(), 1);
        assert_same(&protocol.segments[0], &expected);
        let settings = (protocol.timestep_fs, protocol.log_fs, protocol.drift_bound);
        assert_eq!(settings, (2.0, 20.0, 0.01));
        assert!(protocol.keep_velocities);
    }
    let both: Protocol = facts(
        &recipe("npt 500 K for 1 ps\n rescale to mean volume"),
        "hot",
    );
    assert_eq!(
        both.segments[1],
        Segment::RescaleToMeanVolume { within: None }
    );
    let bounded: Protocol = facts(
        &recipe(
            "npt 500 K for 1 ps\n rescale to mean volume within 30 %\n nve for 1 ps observe 10 fs",
        ),
        "hot",
    );
    let within = Some(0.3);
    assert_eq!(bounded.segments[1], Segment::RescaleToMeanVolume { within });
    let Segment::Dynamics(last) = &bounded.segments[2] else {
        panic!("dynamics");
    };
    assert_eq!((last.observe_fs, last.sample_fs), (Some(10.0), None));
    assert!(
        bounded.observe == Observe::default(),
        "the defaults of both"
    );
    let looking = recipe("nve 500 K for 1 ps observe 10 fs").replace(
        "  protocol",
        "  observed: { reach: 5 Å, bin: 0.1 Å, wave_number: 6 /Å, shell: 0.2 /Å, bonds: [{ centre: Ba, end: O, longest: 3 Å }] }\n  protocol",
    );
    let looking: Protocol = facts(&looking, "hot");
    let [barium, oxygen] = ["Ba", "O"].map(|symbol| Element::from_symbol(symbol).unwrap());
    assert_eq!(looking.observe.bonds, [(barium, oxygen, 3.0)]);
    let fineness = &looking.observe.fineness;
    for (found, expected) in [
        (fineness.reach_ang, 5.0),
        (fineness.bin_ang, 0.1),
        (fineness.longest_per_ang, 6.0),
        (fineness.shell_per_ang, 0.2),
    ] {
        assert!((found - expected).abs() < 1e-12, "{fineness:?}");
    }
}

#[test]
fn what_a_segment_cannot_be_is_said() {
    for (segment, says) in [
        ("nvt 500 K at 10 K/ps", "a rate is one of a ramp"),
        (
            "nvt 500 K to 600 K for 1 ps at 10 K/ps",
            "a duration or a rate, not both",
        ),
        ("nvt 500 K", "does not say how long"),
        ("nve for 1 ps", "atoms at rest"),
        (
            "nvt 500 K for 1 ps\n    rescale to mean volume",
            "no mean volume",
        ),
        ("nvt 500 K for 1 ps .. 2 ps", "needs a condition"),
        (
            "nvt 500 K for 3 ps .. 2 ps until displaced",
            "ends before it begins",
        ),
        (
            "nvt 500 K for 2 ps until gamma > 3",
            "the potential has none",
        ),
    ] {
        let found = faults(&recipe(segment));
        assert!(
            found.iter().any(|text| text.contains(says)),
            "{segment}: {found:?}"
        );
    }
    let strange = recipe("nve 500 K for 1 ps observe 10 fs").replace(
        "  protocol",
        "  observed: { bonds: [{ centre: Ti, end: O, longest: 3 Å }] }\n  protocol",
    );
    let found = faults(&strange);
    assert!(
        found
            .iter()
            .any(|text| text.contains("names Ti, which `start` does not contain")),
        "{found:?}"
    );
    // Before anything has moved, and not after it.
    let analysis = "structure_analysis seen { trajectory: hot, observed: true }\n";
    let found = faults(&(recipe("nve 500 K for 1 ps") + analysis));
    assert!(
        found.iter().any(|text| text.contains("looks at its atoms")),
        "{found:?}"
    );
    let found = faults(&(recipe("nve 500 K for 1 ps observe 10 fs") + analysis));
    assert!(found.is_empty(), "{found:?}");
    // All that is wrong is told at once, each where it stands.
    let two = "nvt 500 K for 1 ps .. 2 ps\n    nve for 1 ps .. 3 ps";
    assert_eq!(faults(&recipe(two)).len(), 2, "{:?}", faults(&recipe(two)));
    // A step that was not understood is told of once, and nothing that others would miss in what is left.
    for broken in [
        "nve 500 K for 1 ps observe 5 fz",
        "nve 500 Q for 1 ps observe 5 fs",
    ] {
        let found = faults(&(recipe(broken) + analysis));
        assert_eq!(found.len(), 1, "{broken}: {found:?}");
    }
}
