use super::{
    Graph, Plan, Reason, State, dot, elaborate, find_members, mermaid, plan, root_causes, svg, why,
};
use crate::lang::diag::codes::run as codes;
use crate::run::engine::fake::World;
use crate::run::engine::{Options, run};
use crate::run::store::Store;

/// Keys by label.
fn keys(text: &str) -> Vec<(String, String)> {
    let mut world = World::new();
    world
        .loader
        .files
        .insert("data.csv".into(), b"1,2,3".to_vec());
    world
        .loader
        .files
        .insert("same.csv".into(), b"1,2,3".to_vec());
    world
        .loader
        .files
        .insert("other.csv".into(), b"1,2,4".to_vec());
    let study = world.study(text);
    let graph = elaborate(&study, &world.registry, &world.loader);
    let folder = tempfile::tempdir().unwrap();
    let plan = plan(&graph, &Store::open(folder.path()), &[]);
    plan.tasks
        .iter()
        .map(|task| (task.label.clone(), task.key.to_string()))
        .collect()
}

fn key(text: &str, label: &str) -> String {
    let all = keys(text);
    let found = all
        .iter()
        .find(|(name, _)| name == label)
        .unwrap_or_else(|| panic!("no {label} in {all:?}"));
    found.1.clone()
}

#[test]
fn an_inline_node_with_all_defaults_is_not_none() {
    let without = "source a { number: 2 }\n";
    let with = "oven o { }\nsource a { number: 2, oven: o }\n";
    assert_ne!(key(without, "a"), key(with, "a"));
}

const BASE: &str = "oven o { hold: 3 h\n bake for 2 h }\nsource up { number: 5 }\n\
    source a { number: 2, shape: 3, length: 2 Å, oven: o, of: up, file: \"data.csv\" }\n";

#[test]
fn keys_do_not_see_what_does_not_matter() {
    let base = key(BASE, "a");
    let same = [
        // Names, order, comments, layout.
        BASE.replace("source up", "source renamed")
            .replace("of: up", "of: renamed"),
        BASE.replace("oven o", "oven p")
            .replace("oven: o", "oven: p"),
        BASE.replace("number: 2, shape: 3", "shape: 3, number: 2"),
        BASE.replace("oven o", "// hot\noven o"),
        // Units respelt.
        BASE.replace("3 h", "180 min").replace("2 Å", "0.2 nm"),
        // A default written out.
        BASE.replace("number: 5", "number: 5, shape: 2"),
        // Speed, a field that nobody reads, another path to the same bytes.
        BASE.replace("shape: 3", "shape: 3, threads: 7"),
        BASE.replace("hold: 3 h", "hold: 3 h, colour: \"red\""),
        BASE.replace("data.csv", "same.csv"),
        // What others declare.
        format!("source z {{ number: 9 }}\n{BASE}"),
        format!("let x = 3\n{}", BASE.replace("shape: 3", "shape: x")),
    ];
    for text in same {
        assert_eq!(key(&text, "a"), base, "{text}");
    }
}

#[test]
fn keys_see_whatever_affects_the_result() {
    let base = key(BASE, "a");
    let mut seen = vec![base];
    for (from, to) in [
        ("number: 2,", "number: 2.5,"),
        ("shape: 3", "shape: 4"),
        ("2 Å", "3 Å"),
        ("hold: 3 h", "hold: 4 h"),
        ("bake for 2 h", "bake for 3 h"),
        ("bake for 2 h", "bake for 2 h\n bake for 2 h"),
        ("number: 5", "number: 6"),
        ("of: up", "and: up"),
        ("data.csv", "other.csv"),
        (", oven: o", ""),
    ] {
        let text = BASE.replace(from, to);
        assert_ne!(text, BASE);
        let key = key(&text, "a");
        assert!(!seen.contains(&key), "{from} → {to}");
        seen.push(key);
    }
}

#[test]
fn seeds_follow_labels_alone() {
    let seeds = |text: &str| -> Vec<(String, [u8; 32])> {
        let mut world = World::new();
        let study = world.study(text);
        let graph = elaborate(&study, &world.registry, &world.loader);
        let folder = tempfile::tempdir().unwrap();
        let plan = plan(&graph, &Store::open(folder.path()), &[]);
        plan.tasks
            .iter()
            .map(|task| (task.label.clone(), task.seed))
            .collect()
    };
    let base = seeds("noisy n for x in [1, 2] { scale: x, replicas: 2 }\n");
    let mut distinct: Vec<[u8; 32]> = base.iter().map(|(_, seed)| *seed).collect();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), base.len());
    // More members, another name, other fields: the same random numbers for the same coordinates.
    let grown = seeds("noisy m for x in [5, 1, 2] { scale: 7, replicas: 3 }\n");
    for (label, seed) in &base {
        let label = label.replacen("n[", "m[", 1);
        let other = grown
            .iter()
            .find(|(name, _)| *name == label)
            .unwrap_or_else(|| panic!("no {label}"));
        assert_eq!(*seed, other.1, "{label}");
    }
    // A copy shares them, unless it asks for others; so does another root seed.
    let copies =
        seeds("noisy n { replicas: 1 }\nnoisy l like n { scale: 3 }\nnoisy s like n { seed: 1 }\n");
    assert_eq!(copies[0].1, copies[2].1);
    assert_ne!(copies[0].1, copies[4].1);
    let rooted = seeds("study { seed: 9 }\nnoisy n { replicas: 1 }\n");
    assert_ne!(copies[0].1, rooted[0].1);
    // The axis counts, not the value alone.
    let axis = seeds("noisy n for y in [1, 2] { replicas: 2 }\n");
    assert!(axis.iter().all(|(_, seed)| !distinct.contains(seed)));
}

#[test]
fn a_ring_is_told_reference_by_reference() {
    let mut world = World::new();
    let (study, texts) = world.study_and_texts(
        "source a { of: c }\nsource b { number: a.value }\nsource c { and: b }\nsource d { of: c }\nsource e { number: 1 }\n",
    );
    let graph = elaborate(&study, &world.registry, &world.loader);
    assert_eq!(graph.diagnostics.len(), 1);
    let ring = &graph.diagnostics[0];
    assert_eq!(ring.code, codes::RING_OF_NODES);
    assert_eq!(
        ring.headline,
        "these nodes need each other in a ring: `a` → `c` → `b` → `a`"
    );
    let places: Vec<(&str, &str)> = ring
        .labels
        .iter()
        .map(|label| (texts.text(label.span), label.text.as_str()))
        .collect();
    assert_eq!(
        places,
        [
            ("c", "`a` needs `c`"),
            ("b", "`c` needs `b`"),
            ("a.value", "`b` needs `a`")
        ]
    );
    // What is not in the ring is there.
    assert_eq!(graph.order.len(), 1);
    let (study, _) = world.study_and_texts("source a { of: a }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    assert_eq!(graph.diagnostics[0].headline, "`a` needs its own result");
}

#[test]
fn findings_of_a_family_are_told_once() {
    let mut world = World::new();
    let study = world.study("let bad = 13\nsource a for x in [1, 2, 3] { number: x, shape: bad }\nsource b { shape: 13 }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    assert_eq!(graph.diagnostics.len(), 2);
    assert_eq!(
        graph.diagnostics[0].notes,
        ["and 2 more members: `a[x: 2]`, `a[x: 3]`"]
    );
    assert!(graph.diagnostics[1].notes.is_empty());
}

#[test]
fn why_names_the_part_and_the_root() {
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join(".synth"));
    let told = |world: &mut World, text: &str, run_it: bool| -> (Vec<String>, String) {
        let study = world.study(text);
        let graph = elaborate(&study, &world.registry, &world.loader);
        let before = plan(&graph, &store, &[]);
        let last = before.ids().last().unwrap();
        let roots = root_causes(&before, last)
            .iter()
            .map(|id| before.task(*id).label.clone())
            .collect();
        let story = why(&before, last).to_string();
        if run_it {
            run(
                &graph,
                &store,
                &Options::default(),
                &|_| {},
                &world.cancel.clone(),
            );
        }
        (roots, story)
    };
    let text = "oven o { hold: 3 h\n bake for 2 h\n bake for 4 h }\nsource a { oven: o }\nsource b { of: a }\n";
    assert_eq!(
        told(&mut world, text, true).1,
        "b: to run, not run before\n  a: to run, not run before\n"
    );
    assert_eq!(told(&mut world, text, false).1, "b: stored\n");
    let (roots, story) = told(&mut world, &text.replace("hold: 3 h", "hold: 6 h"), false);
    assert_eq!(roots, ["a"]);
    assert_eq!(
        story,
        "b: to run\n  - input of changed\n  a: to run\n    - field oven.hold: 3 h → 6 h\n"
    );
    let (_, story) = told(&mut world, &text.replace("for 4 h", "for 5 h"), false);
    assert!(
        story.contains("- steps oven: bake for 4 h → bake for 5 h\n"),
        "{story}"
    );
    let (_, story) = told(&mut world, &text.replace("hold: 3 h\n", "\n"), false);
    assert!(story.contains("field oven.hold: 3 h → default"), "{story}");
}

#[test]
fn why_does_not_repeat_itself_for_replicas() {
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join(".synth"));
    let mut told = |text: &str| -> String {
        let study = world.study(text);
        let graph = elaborate(&study, &world.registry, &world.loader);
        let before = plan(&graph, &store, &[]);
        run(&graph, &store, &Options::default(), &|_| {}, &world.cancel);
        why(&before, before.ids().last().unwrap()).to_string()
    };
    let first = told("noisy n { replicas: 3 }\n");
    assert_eq!(
        first,
        "n: to run, not run before\n  n replica 1 and 2 more like it: to run, not run before\n"
    );
    assert_eq!(
        told("noisy n { replicas: 8 }\n"),
        "n: to run\n  - field replicas: 3 → 8\n"
    );
    let seeded = told("study { seed: 5 }\nnoisy n { replicas: 8 }\n");
    assert_eq!(seeded, "n: to run\n  - seed changed\n");
}

#[test]
fn a_missing_field_is_not_told_twice() {
    let mut world = World::new();
    let text = "source a { shape: 13 }\nsource b { number: 1 Å, shape: 13 }\n";
    world
        .loader
        .files
        .insert("s.synth".into(), text.as_bytes().to_vec());
    let vocabulary = world.registry.vocabulary();
    let checked = crate::lang::sema::check(
        "s.synth",
        &world.loader,
        vocabulary,
        &crate::lang::sema::Options::default(),
    );
    let mut graph = elaborate(&checked.study, &world.registry, &world.loader);
    assert_eq!(checked.diagnostics.len(), 1);
    // Findings at a field stand beside the fault of another field.
    assert_eq!(graph.findings_after(&checked.diagnostics).len(), 3);
    // Findings about the node as a whole do not.
    for (finding, declaration) in graph
        .diagnostics
        .iter_mut()
        .zip(&checked.study.declarations)
    {
        finding.labels[0].span = declaration.name_span;
    }
    let found = graph.findings_after(&checked.diagnostics);
    assert_eq!(found.len(), 2);
    assert_eq!(found[1], checked.diagnostics[0]);
    assert_eq!(graph.findings_after(&[]).len(), 2);
}

#[test]
fn a_lost_result_is_said_to_be_lost() {
    let mut world = World::new();
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join(".synth");
    let study = world.study("source a { number: 1 }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    run(
        &graph,
        &Store::open(&root),
        &Options::default(),
        &|_| {},
        &world.cancel,
    );
    std::fs::remove_dir_all(root.join("blobs")).unwrap();
    let plan = plan(&graph, &Store::open(&root), &[]);
    assert_eq!(plan.tasks[0].state, State::Run(Reason::Lost));
}

#[test]
fn targets_bring_what_they_need_and_no_more() {
    let mut world = World::new();
    let study = world.study("source a { number: 1 }\nsource b { of: a }\nsource c { number: 2 }\nsource f for x in [1, 2] { number: x, of: c }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let labels =
        |plan: &Plan| -> Vec<String> { plan.tasks.iter().map(|task| task.label.clone()).collect() };
    let of = |text: &str| labels(&plan(&graph, &store, &find_members(&study, text).unwrap()));
    assert_eq!(of("b"), ["a", "b"]);
    assert_eq!(of("f[x: 2]"), ["c", "f[x: 2]"]);
    assert_eq!(of("f [ x:1 ]"), ["c", "f[x: 1]"]);
    assert_eq!(of("f").len(), 3);
    let wrong = find_members(&study, "g").unwrap_err();
    assert_eq!(wrong.code, codes::UNKNOWN_NODE);
    let wrong = find_members(&study, "f[x: 9]").unwrap_err();
    assert!(wrong.help.unwrap().contains("f[x: 1]"));
}

fn pictured(graph: &Graph<'_>) -> [String; 3] {
    [dot(graph, None), mermaid(graph, None), svg(graph, None)]
}

#[test]
fn families_are_one_box() {
    let mut world = World::new();
    let study = world.study("source a { number: 1 }\nsource f for x in [1, 2, 3] { number: x, of: a }\nsource g { number: f[x: 1].value }\n");
    let graph = elaborate(&study, &world.registry, &world.loader);
    let [dot, mermaid, svg] = pictured(&graph);
    assert!(
        dot.contains("n1 [label=\"f × 3\\nsource\"];") && dot.contains("n0 -> n1;"),
        "{dot}"
    );
    assert!(dot.contains("n1 -> n2 [style=dashed];"));
    assert!(
        mermaid.contains("n1[\"f × 3<br/><small>source</small>\"]")
            && mermaid.contains("n1 -.-> n2")
    );
    assert_eq!(svg.matches("<rect class=\"box").count(), 3);
    assert_eq!(svg.matches("marker-end").count(), 2);
}

/// The file can be looked at: `SYNTH_PICTURE=/tmp/graph.svg cargo test -- --ignored a_picture`
#[test]
#[ignore = "writes a file to be looked at"]
fn a_picture_to_look_at() {
    let Some(path) = std::env::var_os("SYNTH_PICTURE") else {
        return;
    };
    let mut world = World::new();
    let study = world.study(
        "oven o { hold: 3 h }\noven slow_firing { hold: 9 h }\nsource hull { number: 1 }\nsource library { of: hull }\n\
         source fired for x in [1, 2, 3] { number: x, of: library, oven: o }\n\
         source thermodynamic { of: hull, number: 3 }\nsource control { of: thermodynamic, oven: o }\n\
         noisy many for x in [1, 2] { of: library, scale: x }\nsource late { of: hull, and: control, oven: slow_firing }\n\
         source last { number: fired[x: 1].value, of: late, and: many[x: 1] }\n",
    );
    let graph = elaborate(&study, &world.registry, &world.loader);
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path());
    let targets = find_members(&study, "late").unwrap();
    let options = Options {
        targets,
        ..Options::default()
    };
    run(&graph, &store, &options, &|_| {}, &world.cancel);
    std::fs::write(path, svg(&graph, Some(&plan(&graph, &store, &[])))).unwrap();
}

#[test]
fn elaboration_is_linear() {
    let mut world = World::new();
    let seconds = |world: &mut World, count: usize| {
        let mut text = String::from("source n0 { number: 1 }\n");
        for at in 1..count {
            text.push_str(&format!("source n{at} {{ of: n{} }}\n", at - 1));
        }
        let study = world.study(&text);
        let started = std::time::Instant::now();
        let graph = elaborate(&study, &world.registry, &world.loader);
        assert_eq!(graph.order.len(), count);
        started.elapsed().as_secs_f64()
    };
    seconds(&mut world, 1000);
    let (small, large) = (seconds(&mut world, 2000), seconds(&mut world, 8000));
    assert!(
        large < 16.0 * small.max(0.002),
        "{small} s for 2,000 and {large} s for 8,000"
    );
}
