//! What must not change when a recipe is written otherwise, and what must when it says something else.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Bench, STUDY};
use synth::lang::diag::Diagnostic;
use synth::lang::schema::{Affects, Default, Field, KindSchema, Outcome, Type};
use synth::lang::sema::{Options, check};
use synth::lang::source::MemoryLoader;
use synth::run::graph::{elaborate, plan};
use synth::run::kind::Registry;
use synth::run::store::Store;

/// Keys by task, or what `check` has against the recipe.
fn keys(registry: &Registry, text: &str) -> Result<BTreeMap<String, String>, String> {
    let rows = std::fs::read_to_string(common::root().join("stdlib/data/batio_measured.csv"));
    let rows = rows.expect("a table");
    let loader = MemoryLoader::default()
        .with("study.synth", text)
        .with("rows.csv", &rows)
        .with("same_rows.csv", &rows)
        .with("table.dat", "1 2\n2 1\n3 0\n")
        .with("other_table.dat", "1 3\n2 1\n3 0\n")
        .with("tensors.csv", TENSORS)
        .with("other_tensors.csv", TENSORS.replace("4,", "5,"))
        .with("argon.yaml", ARGON)
        .with(
            "other_argon.yaml",
            ARGON.replace("rcutij: 7.0", "rcutij: 7.5"),
        )
        .with("argon.asi", include_bytes!("../examples/argon.asi"))
        .with("salt.lammpstrj", salt(2.5))
        .with("other_salt.lammpstrj", salt(2.6))
        .with("barium.cif", barium("Im-3m"))
        .with("other.cif", barium("Pm-3m"))
        .with(
            "other_rows.csv",
            rows.replace("BaTiO3,300,", "BaTiO3,300.5,"),
        );
    let checked = check(
        "study.synth",
        &loader,
        registry.vocabulary(),
        &Options::default(),
    );
    let graph = elaborate(&checked.study, registry, &loader);
    let findings = graph.findings_after(&checked.diagnostics);
    if let Some(error) = findings.iter().find(|finding| finding.is_error()) {
        return Err(explained(error));
    }
    let folder = tempfile::tempdir().expect("a folder");
    let plan = plan(&graph, &Store::open(folder.path()), &[]);
    Ok(plan
        .tasks
        .iter()
        .map(|task| (task.label.clone(), task.key.to_string()))
        .collect())
}

fn explained(error: &Diagnostic) -> String {
    format!("{} {}", error.code, error.headline)
}

fn barium(group: &str) -> String {
    let cell: String = [
        "length_a 5",
        "length_b 5",
        "length_c 5",
        "angle_alpha 90",
        "angle_beta 90",
        "angle_gamma 90",
    ]
    .iter()
    .map(|line| format!("_cell_{line}\n"))
    .collect();
    let sites = "loop_\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\nBa 0 0 0\n";
    format!("data_barium\n{cell}_symmetry_space_group_name_H-M '{group}'\n{sites}")
}

/// A node: its kind, its name, fields and steps.
#[derive(Clone)]
struct Node {
    kind: &'static str,
    name: &'static str,
    body: Vec<(&'static str, String)>,
    steps: Vec<String>,
}

impl Node {
    fn new(kind: &'static str, name: &'static str, body: &[(&'static str, &str)]) -> Self {
        Node {
            kind,
            name,
            body: body
                .iter()
                .map(|(field, value)| (*field, (*value).to_owned()))
                .collect(),
            steps: Vec::new(),
        }
    }

    fn with(&self, field: &'static str, value: &str) -> Self {
        let mut node = self.clone();
        node.body.retain(|(known, _)| *known != field);
        // Precursors and what they replace exclude each other.
        if field == "start_from" {
            node.body.retain(|(known, _)| *known != "precursors");
        }
        if self.kind == "structure" && !["copies", "seed"].contains(&field) {
            let companions: &[(&'static str, &str)] = match field {
                "structures" | "system" => &[("crystal", "BaTiO3")],
                "prototype" => &[(
                    "formula",
                    if value.starts_with("corundum") {
                        "Al2O3"
                    } else {
                        "BaO"
                    },
                )],
                "formula" => &[("prototype", "rocksalt(a: 5.54 Å)")],
                "spacegroup" => &[
                    ("cell", "{ a: 4 Å, c: 4 Å }"),
                    ("sites", "[{ element: Ba, at: [0, 0, 0] }]"),
                ],
                "cell" => &[
                    ("spacegroup", "\"Pm-3m\""),
                    ("sites", "[{ element: Ba, at: [0, 0, 0] }]"),
                ],
                "sites" => &[("spacegroup", "\"Pm-3m\""), ("cell", "{ a: 4 Å }")],
                "amorphous" => &[("atoms", "100"), ("density", "4 g/cm³")],
                "atoms" => &[("amorphous", "BaTiO3"), ("density", "4 g/cm³")],
                "density" => &[("amorphous", "BaTiO3"), ("atoms", "100")],
                "closest" => &[
                    ("amorphous", "BaTiO3"),
                    ("atoms", "100"),
                    ("density", "4 g/cm³"),
                ],
                "crystal" => &[("structures", "batio.crystals")],
                _ => &[],
            };
            node.body.clear();
            for (companion, value) in companions {
                node.body.push((companion, (*value).to_owned()));
            }
        }
        // A trajectory from a file has neither potential nor protocol.
        let of_file = [
            "file",
            "types",
            "units",
            "interval",
            "temperature",
            "discard",
        ];
        if self.kind == "ensemble" && of_file.contains(&field) {
            node.steps.clear();
            node.body.clear();
            node.body.push(("timestep", "1 fs".to_owned()));
            if field != "file" {
                node.body.push(("file", "\"salt.lammpstrj\"".to_owned()));
            }
        }
        // A published tensor has neither a trajectory nor a window, and a series of tensors nothing at all.
        let of_table = ["composition", "temperature"].contains(&field);
        if self.kind == "transport" && (of_table || ["tensors", "source"].contains(&field)) {
            node.body.clear();
            if of_table {
                node.body.push(("source", "\"tensors.csv\"".to_owned()));
            }
        }
        node.body.push((field, value.to_owned()));
        node
    }
}

/// A published tensor.
const TENSORS: &str = "formula,temperature_K,volume_A3,L_Ba_Ba_per_eV_A_ps,L_Ba_O_per_eV_A_ps,L_O_O_per_eV_A_ps,L_Ba_Ti_per_eV_A_ps,\
    L_Ti_Ti_per_eV_A_ps,L_Ti_O_per_eV_A_ps\nBaTiO3,1250,2000,2,0.1,4,0.1,1,0.1\nBaTiO3,1500,2000,3,0.1,6,0.1,2,0.1\n";

/// A cluster expansion.
const ARGON: &str = include_str!("../examples/argon.yaml");

/// A dump of two atoms so far apart.
fn salt(distance_ang: f64) -> String {
    format!(
        "ITEM: TIMESTEP\n0\nITEM: NUMBER OF ATOMS\n2\nITEM: BOX BOUNDS pp pp pp\n0 9\n0 9\n0 9\n\
         ITEM: ATOMS id type element x y z\n1 1 Na 0 0 0\n2 2 Cl {distance_ang} 0 0\n"
    )
}

/// A study in which every kind that has a key, or is part of one, stands once; `last` reads all the others.
fn nodes() -> Vec<Node> {
    let firing = [
        ("reactions", "library"),
        ("precursors", "BaO + TiO2(rutile)"),
        ("schedule", "firing"),
        ("sweeps_per_hour", "10"),
        ("realisations", "2"),
    ];
    let mut schedule = Node::new("schedule", "firing", &[]);
    schedule.steps = vec![
        "start 25 °C".into(),
        "ramp to 1000 °C for 100 sweeps".into(),
    ];
    let mut moving = Node::new(
        "ensemble",
        "moving",
        &[
            ("potential", "force"),
            ("start", "upper"),
            ("replicas", "2"),
        ],
    );
    moving.steps = vec!["protocol { npt 1000 K for 1 ps }".into()];
    let mut other_moving = moving.with("start", "other_upper");
    other_moving.name = "other_moving";
    let mut sampled = moving.with("replicas", "5").with("velocities", "true");
    sampled.name = "sampled";
    sampled.steps = vec!["protocol { nvt 1000 K for 1 ps sample 10 fs }".into()];
    let mut other_sampled = sampled.with("start", "other_upper");
    other_sampled.name = "other_sampled";
    let flow = |name, temperature| {
        let body = [
            ("source", "\"tensors.csv\""),
            ("composition", "BaTiO3"),
            ("temperature", temperature),
        ];
        Node::new("transport", name, &body)
    };
    vec![
        Node::new("system", "elements", &[("elements", "[Ba, Ti, O, C]")]),
        Node::new(
            "phases",
            "candidates",
            &[("system", "elements"), ("source", "batio.thermochemistry")],
        ),
        Node::new(
            "phases",
            "measured_alone",
            &[("system", "elements"), ("source", "batio.measured_only")],
        ),
        Node::new(
            "reactions",
            "library",
            &[
                ("phases", "candidates"),
                ("between", "[BaO, TiO2(rutile)]"),
                ("gases", "[CO2]"),
            ],
        ),
        Node::new(
            "reactions",
            "other_library",
            &[
                ("phases", "candidates"),
                ("between", "[BaCO3, BaO, TiO2(rutile)]"),
                ("gases", "[CO2]"),
            ],
        ),
        schedule,
        Node::new(
            "structure",
            "upper",
            &[("prototype", "rocksalt(a: 4 Å)"), ("formula", "BaO")],
        ),
        Node::new(
            "structure",
            "perovskite",
            &[("crystal", "BaTiO3"), ("structures", "batio.crystals")],
        ),
        Node::new("synthesis", "first", &firing),
        Node::new("synthesis", "last", &firing),
        Node::new(
            "structure",
            "other_upper",
            &[("prototype", "rocksalt(a: 5 Å)"), ("formula", "BaO")],
        ),
        Node::new(
            "system",
            "oxide",
            &[
                ("elements", "[Ba, Ti, O]"),
                ("structures", "batio.crystals"),
            ],
        ),
        Node::new("oracle", "force", &[("method", "analytic(pmmcs)")]),
        Node::new(
            "oracle",
            "other_force",
            &[("method", "analytic([pmmcs, zbl])")],
        ),
        Node::new("potential", "expansion", &[("file", "\"argon.yaml\"")]),
        Node::new(
            "evaluation",
            "judged",
            &[("potential", "force"), ("structures", "upper")],
        ),
        moving,
        other_moving,
        sampled,
        other_sampled,
        flow("flow", "1250 K"),
        flow("other_flow", "1500 K"),
        Node::new(
            "system",
            "charged",
            &[
                ("elements", "[Ba, Ti, O]"),
                ("charges", "{ Ba: 2, Ti: 4, O: -2 }"),
            ],
        ),
        Node::new("transport", "flowing", &[("trajectory", "sampled")]),
        Node::new(
            "structure_analysis",
            "seen",
            &[("trajectory", "moving"), ("slabs", "10")],
        ),
    ]
}

fn written(nodes: &[Node]) -> String {
    let mut text = String::from("use std.batio\n\nstudy { seed: 1 }\n");
    for node in nodes {
        text.push_str(&format!("\n{} {} {{\n", node.kind, node.name));
        for (field, value) in &node.body {
            text.push_str(&format!("  {field}: {value}\n"));
        }
        for step in &node.steps {
            text.push_str(&format!("  {step}\n"));
        }
        text.push_str("}\n");
    }
    text
}

/// Which node is changed for a kind, and whose key then has to change.
fn observed(kind: &str) -> (&'static str, &'static str) {
    match kind {
        "system" => ("elements", "candidates"),
        "phases" => ("candidates", "candidates"),
        "reactions" => ("library", "library"),
        "schedule" => ("firing", "last replica 1"),
        "structure" => ("perovskite", "perovskite"),
        "oracle" => ("force", "force"),
        "potential" => ("expansion", "expansion"),
        "evaluation" => ("judged", "judged"),
        "transport" => ("flowing", "flowing"),
        "ensemble" => ("moving", "moving replica 1"),
        "structure_analysis" => ("seen", "seen"),
        "synthesis" => ("last", "last replica 1"),
        other => panic!(
            "`{other}` is a new kind: say here which of its nodes is changed and whose key tells"
        ),
    }
}

/// Values of a field that differ from each other and from what the study says: what the schema gives as an example,
/// every word of a choice and every argument of such a word. Where the example does not fit the study, it is said here.
fn variants(kind: &str, field: &Field) -> Vec<String> {
    let fitting: &[&str] = match (kind, field.name) {
        ("system", "elements") => &["[Ba, Ti, O, C, N]"],
        ("phases", "source") => &[
            "batio.measured_only",
            "\"rows.csv\"",
            "\"other_rows.csv\"",
            "tables(files: [\"rows.csv\"], scheme: anchored)",
        ],
        ("phases", "without") => &["[BaTiO3]", "[BaTiO3, Ba2TiO4]"],
        ("phases", "system") | ("synthesis", "schedule") => &[],
        ("reactions", "phases") => &["measured_alone"],
        ("reactions", "between") => &["[BaTiO3, BaO, TiO2(rutile)]"],
        ("reactions", "gases") => &["[O2]", "[O2, CO2]"],
        ("reactions", "temperatures") => &["300 K .. 1500 K", "300 K .. 1600 K"],
        ("structure", "crystal") => &["TiO2(rutile)", "TiO2(anatase)"],
        ("structure", "structures") => &["{ BaTiO3(cubic): file(\"other.cif\") }"],
        ("structure", "file") => &["\"barium.cif\"", "\"other.cif\""],
        ("structure", "prototype") => &[
            "rocksalt(a: 5.5 Å)",
            "rocksalt(a: 5.6 Å)",
            "wurtzite(a: 3 Å)",
            "wurtzite(a: 3 Å, c: 5 Å)",
            "wurtzite(a: 3 Å, u: 0.38)",
            "corundum(a: 4.8 Å, c: 13 Å, z: 0.35, x: 0.31)",
        ],
        ("structure", "spacegroup") => &["\"P4/mmm\"", "\"P4_2/mnm\"", "123"],
        ("structure", "density") => &["4.5 g/cm³", "melt(3000 K)", "melt(3100 K)"],
        ("oracle" | "structure", "system") => &["oxide"],
        ("oracle", "method") => &[
            "analytic(pmmcs(charges: ewald))",
            "analytic(pmmcs(charges: ewald(accuracy: 1e-6)))",
            "analytic(pmmcs(truncation: smooth))",
            "analytic([pmmcs, zbl])",
            "analytic(lennard_jones(epsilon: 0.01 eV, sigma: 3 Å, cutoff: 8 Å))",
            "analytic(lennard_jones(epsilon: 0.01 eV, sigma: 3 Å, cutoff: 8 Å, truncation: tail))",
            "analytic(lennard_jones(pairs: [{ between: [Ba, Ba], epsilon: 0.01 eV, sigma: 3 Å }, { between: [Ba, O], epsilon: 0.01 eV, sigma: 3 Å }, { between: [O, O], epsilon: 0.01 eV, sigma: 3 Å }], cutoff: 8 Å))",
            "analytic([pmmcs, zbl(from: 0.7 Å)])",
            "analytic([pmmcs, zbl(cutoff: 1.4 Å)])",
            "analytic([damped(charges: { Ba: 2, O: -2 }, cutoff: 8 Å), zbl])",
            "analytic([damped(charges: { Ba: 2, O: -2 }, alpha: 0.2 /Å, cutoff: 8 Å), zbl])",
            "analytic([wolf(charges: { Ba: 2, O: -2 }, cutoff: 8 Å), zbl])",
            "analytic([ewald(charges: { Ba: 2, O: -2 }), zbl])",
            "analytic([ewald(charges: { Ba: 1.9, O: -1.9 }), zbl])",
            "analytic([ewald(charges: { Ba: 2, O: -2 }, waves: mesh), zbl])",
            "analytic([buckingham(pairs: [{ between: [Ba, O], a: 1 eV, rho: 0.3 Å }], cutoff: 8 Å), zbl])",
            "analytic([buckingham(pairs: [{ between: [Ba, O], a: 1 eV, rho: 0.3 Å, c: 1 eV*Å^6 }], cutoff: 8 Å), zbl])",
            "analytic([buckingham(pairs: [{ between: [Ba, O], a: 1 eV, rho: 0.3 Å, c: 1 eV*Å^6 }], cutoff: 8 Å, guard: false), zbl])",
            "analytic([born_mayer_huggins(pairs: [{ between: [Ba, O], a: 1 eV, rho: 0.3 Å, d: 1 eV*Å^8 }], cutoff: 8 Å), zbl])",
            "analytic([morse(pairs: [{ between: [Ba, O], depth: 1 eV, stiffness: 2 /Å, distance: 2 Å }], cutoff: 8 Å), zbl])",
            "analytic([tabulated(pairs: [{ between: [Ba, O], file: \"table.dat\" }]), zbl])",
            "analytic([tabulated(pairs: [{ between: [Ba, O], file: \"other_table.dat\" }]), zbl])",
            "analytic(lennard_jones(epsilon: 0.01 eV, sigma: 3 Å, cutoff: 9 Å))",
        ],
        ("potential", "file") => &["\"other_argon.yaml\""],
        ("potential", "active_set") => &["\"argon.asi\""],
        ("evaluation" | "ensemble", "potential") => &["other_force"],
        ("transport", "trajectory") => &["other_sampled"],
        ("transport", "tensors") => &["[flow, other_flow]"],
        ("transport", "source") => &["\"tensors.csv\"", "\"other_tensors.csv\""],
        ("transport", "composition") => &["BaTiO3"],
        ("transport", "temperature") => &["1250 K", "1500 K"],
        ("transport" | "ensemble", "system") => &["charged"],
        ("transport" | "ensemble", "charges") => &["{ Ba: 2, O: -2 }", "{ Ba: 1, O: -1 }"],
        ("transport", "frame") => &[
            "number",
            "lattice(of: O)",
            "lattice(of: Ba)",
            "volume(partial: { Ba: 1, O: 1 })",
            "volume(partial: { Ba: 1, O: 2 })",
        ],
        ("transport", "window") => &["1 ps .. 2 ps", "1 ps .. 3 ps"],
        ("evaluation", "structures") => &["other_upper", "\"barium.cif\"", "\"other.cif\""],
        ("evaluation", "reference") => &["force", "other_force"],
        ("ensemble", "file") => &[
            "\"salt.lammpstrj\"",
            "\"other_salt.lammpstrj\"",
            "[\"salt.lammpstrj\", \"other_salt.lammpstrj\"]",
        ],
        ("ensemble", "types") => &["[Na, Cl]"],
        ("ensemble", "observed") => &[
            "{ reach: 10 Å }",
            "{ bin: 0.1 Å }",
            "{ wave_number: 6 /Å }",
            "{ shell: 0.2 /Å }",
            "{ bonds: [{ centre: Ba, end: O, longest: 3 Å }] }",
            "{ bonds: [{ centre: Ba, end: O, longest: 3.1 Å }] }",
        ],
        // What is observed has no slabs, and `seen` has some.
        ("structure_analysis", "observed") => &[],
        ("ensemble", "units") => &["real"],
        ("structure_analysis", "trajectory") => &["other_moving"],
        ("ensemble", "start") => &[
            "other_upper",
            "sampled",
            "other_sampled",
            "amorphous(BaTiO3, atoms: 20)",
            "amorphous(BaTiO3, atoms: 30)",
            "amorphous(BaTiO3, atoms: 30, density: 4 g/cm³)",
        ],
        ("synthesis", "reactions") => &["other_library"],
        ("synthesis", "precursors") => &["2 * BaO + TiO2(rutile)", "1 g BaO + 1 g TiO2(rutile)"],
        ("synthesis", "start_from") => &["first"],
        ("synthesis", "inertia") => &["3"],
        ("synthesis", "setup") => &["grains", "grains(cells: 8)"],
        _ => {
            let mut all = vec![field.example.to_owned()];
            if let Type::Choice(choices) = &field.ty {
                for choice in *choices {
                    all.push(choice.name.to_owned());
                    for argument in choice.arguments {
                        let values = match &argument.ty {
                            Type::Choice(words) => words.iter().map(|word| word.name).collect(),
                            _ => vec![argument.example],
                        };
                        all.extend(
                            values.iter().map(|value| {
                                format!("{}({}: {value})", choice.name, argument.name)
                            }),
                        );
                    }
                }
            }
            return all;
        }
    };
    fitting.iter().map(|text| (*text).to_owned()).collect()
}

/// Values that only say again what is so without them: defaults, written out.
fn says_nothing(field: &Field, value: &str) -> bool {
    let Default::Is(default) = field.default else {
        return false;
    };
    let with_defaults = |choice: &str| match &field.ty {
        Type::Choice(choices) => choices.iter().find(|one| one.name == choice).map(|one| {
            one.arguments
                .iter()
                .filter_map(|argument| match argument.default {
                    Default::Is(text) => Some(format!("{choice}({}: {text})", argument.name)),
                    _ => None,
                })
                .collect::<Vec<_>>()
        }),
        _ => None,
    };
    value == default
        || with_defaults(default).is_some_and(|same| same.iter().any(|one| one == value))
}

/// Not in the key of the node that is observed: charges, which nobody reads yet, and what structures read.
const READ_BY_OTHERS: &[(&str, &str)] = &[("system", "charges"), ("system", "structures")];

#[test]
fn every_field_that_affects_a_result_is_in_its_key_and_no_other() {
    let registry = synth::kinds::registry();
    let nodes = nodes();
    let base = keys(&registry, &written(&nodes)).expect("a sound study");
    let mut tried = 0;
    let kinds: Vec<&KindSchema> = registry
        .kinds()
        .map(synth::run::kind::Kind::schema)
        .collect();
    for kind in kinds.iter().filter(|kind| kind.outcome != Outcome::Sink) {
        let (name, observed) = observed(kind.name);
        let at = nodes
            .iter()
            .position(|node| node.name == name)
            .expect("a node");
        let key_with = |node: Node| {
            let mut nodes = nodes.clone();
            nodes[at] = node;
            let text = written(&nodes);
            keys(&registry, &text)
                .unwrap_or_else(|error| panic!("{error}\n{text}"))
                .remove(observed)
                .unwrap_or_else(|| panic!("no {observed}\n{text}"))
        };
        for field in kind.fields {
            let mut seen: BTreeMap<String, String> = BTreeMap::new();
            seen.insert(base[observed].clone(), "the study as it is".into());
            for value in variants(kind.name, field) {
                tried += 1;
                let what = format!("{}.{}: {value}", kind.name, field.name);
                let key = key_with(nodes[at].with(field.name, &value));
                let same = says_nothing(field, &value)
                    || field.affects != Affects::Result
                    || READ_BY_OTHERS.contains(&(kind.name, field.name));
                if same {
                    assert_eq!(key, base[observed], "{what}");
                } else if let Some(other) = seen.insert(key, value.clone()) {
                    // The example may be one of the words.
                    assert_eq!(other, value, "{what} has the key of {other}");
                }
            }
        }
        // Steps: each verb, and each number in it.
        let mut seen: BTreeMap<String, String> = BTreeMap::new();
        seen.insert(base[observed].clone(), "the study as it is".into());
        // Verbs of a block follow what it holds already.
        let verbs = kind.steps.iter().flat_map(|verb| match verb.block {
            [] => vec![(verb, None)],
            block => block.iter().map(|inner| (inner, Some(verb.name))).collect(),
        });
        for (verb, block) in verbs.filter(|(verb, _)| verb.name != "start" && verb.name != "cool") {
            let mut steps = vec![verb.example.to_owned()];
            let numbers: Vec<(usize, &str)> = verb
                .example
                .split(' ')
                .enumerate()
                .filter(|(_, word)| word.parse::<f64>().is_ok())
                .collect();
            for (place, number) in numbers {
                let mut words: Vec<String> = verb.example.split(' ').map(str::to_owned).collect();
                words[place] = (number.parse::<f64>().expect("a number") * 1.125).to_string();
                steps.push(words.join(" "));
            }
            for step in steps {
                tried += 1;
                let mut node = nodes[at].clone();
                match block {
                    None => node.steps.push(step.clone()),
                    Some(name) => {
                        let before = "npt 1000 K for 1 ps";
                        node.steps = vec![format!("{name} {{\n    {before}\n    {step}\n  }}")];
                    }
                }
                if let Some(other) = seen.insert(key_with(node), step.clone()) {
                    panic!("`{step}` has the key of `{other}`");
                }
            }
        }
    }
    assert!(tried > 60, "{tried}");
    // What the schemas say is left out of keys; a field more here needs a reason.
    let left_out: Vec<String> = kinds
        .iter()
        .flat_map(|kind| kind.fields.iter().map(move |field| (kind, field)))
        .filter(|(_, field)| field.affects != Affects::Result)
        .map(|(kind, field)| format!("{}.{}", kind.name, field.name))
        .collect();
    assert_eq!(
        left_out,
        [
            "ensemble.replicas",
            // By the clock: a run that is saved more often is the same run.
            "ensemble.checkpoint",
            "synthesis.realisations"
        ]
    );
}

#[test]
fn each_node_changes_the_keys_of_those_who_read_it_and_of_no_other() {
    let registry = synth::kinds::registry();
    let nodes = nodes();
    let base = keys(&registry, &written(&nodes)).expect("a sound study");
    let changed = |name: &str, field: &'static str, value: &str| -> BTreeSet<String> {
        let mut nodes = nodes.clone();
        let at = nodes
            .iter()
            .position(|node| node.name == name)
            .expect("a node");
        nodes[at] = nodes[at].with(field, value);
        let now = keys(&registry, &written(&nodes)).expect("a sound study");
        now.iter()
            .filter(|(label, key)| base.get(*label) != Some(*key))
            .map(|(label, _)| label.split(' ').next().unwrap_or_default().to_owned())
            .collect()
    };
    let set = |names: &[&str]| {
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        changed("measured_alone", "hypothetical", "true"),
        set(&["measured_alone"])
    );
    assert_eq!(
        changed("candidates", "hypothetical", "true"),
        set(&["candidates", "library", "other_library", "first", "last"])
    );
    assert_eq!(
        changed("library", "every", "25 K"),
        set(&["library", "first", "last"])
    );
    assert_eq!(
        changed("firing", "atmosphere", "inert"),
        set(&["first", "last"])
    );
    assert_eq!(changed("last", "inertia", "3"), set(&["last"]));
    // More realisations leave the others alone: the new one and what joins them.
    let mut more = nodes.clone();
    more[9] = more[9].with("realisations", "3");
    let more = keys(&registry, &written(&more)).expect("a sound study");
    assert_eq!(more["last replica 2"], base["last replica 2"]);
    assert_eq!(more.len(), base.len() + 1);
    assert_ne!(more["last"], base["last"]);
}

#[test]
fn keys_do_not_see_how_a_recipe_is_written() {
    let registry = synth::kinds::registry();
    let text = written(&nodes());
    let base = keys(&registry, &text).expect("a sound study");
    let mut reversed = nodes();
    reversed.reverse();
    for node in &mut reversed {
        node.body.reverse();
    }
    let rewritten = [
        written(&reversed),
        text.replace('\n', "  // said\n")
            .replace("{  // said\n", "{\n"),
        text.replace("25 °C", "298.15 K")
            .replace("1000 °C", "1273.15 K"),
        text.replace("BaO + ", "1 BaO + "),
        text.replace("sweeps_per_hour: 10", "sweeps_per_hour: 2 * 5"),
        text.replace(
            "use std.batio",
            "use std.batio\n\nlet rate = 10\nparam unused = 3 K",
        )
        .replace("sweeps_per_hour: 10", "sweeps_per_hour: rate"),
        text.replace(
            "  ramp to 1000 °C for 100 sweeps\n",
            "  ramp to 1000 °C for 40 sweeps + 60 sweeps\n",
        ),
        text.replace("batio.", "shipped.")
            .replace("use std.batio", "use std.batio as shipped"),
    ];
    for other in rewritten {
        assert_ne!(other, text);
        let now = keys(&registry, &other).unwrap_or_else(|error| panic!("{error}\n{other}"));
        assert_eq!(now, base, "{other}");
    }
    // Names of nodes: the same keys under other names.
    let mut renamed = text.clone();
    for (from, to) in [
        ("candidates", "phase_set"),
        ("library", "network"),
        ("firing", "heat"),
        ("elements {", "metals {"),
    ] {
        renamed = renamed.replace(from, to);
    }
    let renamed = renamed.replace("system: elements", "system: metals");
    let now = keys(&registry, &renamed).unwrap_or_else(|error| panic!("{error}\n{renamed}"));
    assert_eq!(now["last"], base["last"]);
    assert_eq!(
        now.values().collect::<BTreeSet<_>>(),
        base.values().collect::<BTreeSet<_>>()
    );
    // A file counts by its bytes, whatever it is called.
    let with = |file: &str| {
        let text = text.replace("batio.thermochemistry", &format!("\"{file}\""));
        keys(&registry, &text).expect("a sound study")
    };
    assert_eq!(with("rows.csv"), with("same_rows.csv"));
    assert_ne!(with("rows.csv"), with("other_rows.csv"));
}

/// The results of a run from nothing, as the lock holds them: task, key and digest.
fn results(study: &str) -> BTreeMap<String, toml::Value> {
    let bench = Bench::new(study);
    let (code, shown) = bench.run(&["--quiet"]);
    assert_eq!(code, 0, "{shown}");
    let lock: toml::Table = bench.lock().parse().expect("a lock");
    let nodes = lock["nodes"].as_table().expect("nodes").clone();
    nodes.into_iter().collect()
}

/// Every task of `small` is in `large` with the same key and bytes, but for those named.
fn assert_contained(
    small: &BTreeMap<String, toml::Value>,
    large: &BTreeMap<String, toml::Value>,
    but: &[&str],
) {
    assert!(large.len() > small.len());
    for (task, result) in small {
        let same = large.get(task) == Some(result);
        assert_eq!(
            same,
            !but.contains(&task.as_str()),
            "{task}: {result} {:?}",
            large.get(task)
        );
    }
}

#[test]
fn a_growing_family_leaves_the_bytes_of_its_members_alone() {
    let small = results(STUDY);
    assert_contained(
        &small,
        &results(&STUDY.replace("[1, 2]", "[0.5, 2, 1]")),
        &[],
    );
    let more = results(&STUDY.replace("realisations: 2", "realisations: 4"));
    assert_contained(&small, &more, &["fired[ratio: 1]", "fired[ratio: 2]"]);
}

#[test]
fn a_hold_in_two_parts_gives_the_bytes_of_the_whole() {
    let whole = results(STUDY);
    assert_eq!(
        whole,
        results(&STUDY.replace("hold for 6 h", "hold for 3 h\n  hold for 3 h"))
    );
    assert_ne!(
        whole,
        results(&STUDY.replace("hold for 6 h", "hold for 3 h\n  hold for 2 h"))
    );
}

#[test]
fn from_8_to_16_realisations_8_run() {
    let study = STUDY
        .replace("[1, 2]", "[2]")
        .replace("expect", "// expect");
    let with = |count: u32| study.replace("realisations: 2", &format!("realisations: {count}"));
    let bench = Bench::new(&with(8));
    assert_eq!(bench.run(&["--quiet"]).0, 0);
    bench.write(&with(16));
    let expected: Vec<String> = (9..=16)
        .map(|replica| format!("fired[ratio: 2] replica {replica}"))
        .chain(["fired[ratio: 2]".to_owned()])
        .collect();
    assert_eq!(bench.open(&[]), expected);
    let (code, shown) = bench.run(&["--json"]);
    assert_eq!(code, 0, "{shown}");
    let told: serde_json::Value = serde_json::from_str(&shown).expect("JSON");
    let ran: Vec<&str> = told["tasks"]
        .as_array()
        .expect("tasks")
        .iter()
        .filter(|task| task["state"] == "finished")
        .filter_map(|task| task["node"].as_str())
        .collect();
    assert_eq!(ran, expected);
}
