//! The evaluator against a small vocabulary of its own and names that a test declares.

use std::sync::Arc;

use super::super::{
    Deferred, Function, MemberId, Resolve, Unresolved, Value, ValueType, Vocabulary,
};
use super::{Evaluator, Lookup, Names};
use crate::lang::diag::Diagnostic;
use crate::lang::schema::{
    Affects, Artifact, Choice, Default, Field, KindSchema, Outcome, Range, ResultField, ResultType,
    Type,
};
use crate::lang::source::{FileId, Span};
use crate::lang::syntax::parse_expression;
use crate::lang::units::{Dimension, Quantity, parse_unit};

const TEMPERATURE: Type = Type::Quantity(Dimension::TEMPERATURE, "K");
const FRACTION: ResultType = ResultType::Quantity(Dimension::NONE, "");
const WORDS: Type = Type::Choice(&[
    Choice {
        name: "plain",
        doc: "A word.",
        arguments: &[],
    },
    Choice {
        name: "scored",
        doc: "A constructor.",
        arguments: &[Field::new(
            "score",
            Type::Choice(&[Choice {
                name: "erf",
                doc: "A word.",
                arguments: &[],
            }]),
            Default::Is("erf"),
            "The score.",
            "erf",
        )],
    },
]);
const PHASE: &[Field] = &[Field::new(
    "phase",
    Type::Phase,
    Default::Required,
    "The phase.",
    "BaTiO3",
)];

const KIND: KindSchema = KindSchema {
    name: "firing",
    version: 1,
    summary: "",
    doc: "",
    example: "",
    outcome: Outcome::Artifact(Artifact("phase evolution")),
    fields: &[
        Field::new("way", WORDS, Default::Is("plain"), "How.", "plain").affects(Affects::Result),
    ],
    steps: &[],
    results: &[
        ResultField {
            name: "final",
            doc: "",
            example: "",
            parameters: PHASE,
            ty: FRACTION,
        },
        ResultField {
            name: "onset",
            doc: "",
            example: "",
            parameters: PHASE,
            ty: ResultType::Quantity(Dimension::TEMPERATURE, "K"),
        },
    ],
    random: false,
    replicated_by: None,
};

/// `fired` is a family over `ratio` in [1, 2] and `top` in [900 K, 1273.15 K]; the rest is what `lets` says.
struct Here {
    lets: Vec<(&'static str, Value)>,
}

impl Names for Here {
    fn name(&self, name: &str, _span: Span) -> Lookup {
        if let Some((_, value)) = self.lets.iter().find(|(one, _)| *one == name) {
            return Lookup::Value(value.clone());
        }
        match name {
            "fired" => Lookup::Value(Value::Nodes(Arc::new((0..4).map(MemberId).collect()))),
            "control" => Lookup::Value(Value::Nodes(Arc::new((4..8).map(MemberId).collect()))),
            "lone" => Lookup::Value(Value::Nodes(Arc::new(vec![MemberId(8)]))),
            "batio" => Lookup::Module("batio".into()),
            "broken" => Lookup::Poisoned,
            _ => Lookup::Unknown,
        }
    }
    fn module_member(&self, _module: &str, name: &str, _span: Span) -> Lookup {
        match name {
            "limit" => Lookup::Value(Value::Quantity(Quantity::integer(7))),
            _ => Lookup::Unknown,
        }
    }
    fn candidates(&self) -> Vec<String> {
        vec!["fired".into(), "control".into(), "lone".into()]
    }
    fn module_candidates(&self, _module: &str) -> Vec<String> {
        vec!["limit".into()]
    }
    fn kind_of(&self, _id: MemberId) -> &'static KindSchema {
        &KIND
    }
    fn declaration_name(&self, id: MemberId) -> String {
        ["fired", "control", "lone"][id.0 as usize / 4].into()
    }
    fn coordinates(&self, id: MemberId) -> Arc<Vec<(String, Value)>> {
        if id.0 >= 8 {
            return Arc::default();
        }
        let ratio = Quantity::integer(i64::from(id.0 % 4 / 2) + 1);
        let top = value(["900 K", "1273.15 K"][id.0 as usize % 2]);
        Arc::new(vec![
            ("ratio".into(), Value::Quantity(ratio)),
            ("top".into(), top),
        ])
    }
    fn file_name(&self, _file: FileId) -> String {
        "studies/one.synth".into()
    }
    fn file_exists(&self, path: &str) -> bool {
        path == "studies/data.csv"
    }
}

fn vocabulary() -> Vocabulary {
    Vocabulary::new(vec![&KIND], Vec::<Function>::new())
}

fn run<T>(
    lets: Vec<(&'static str, Value)>,
    work: impl FnOnce(&mut Evaluator<'_>) -> T,
) -> (T, Vec<Diagnostic>) {
    let (names, vocabulary) = (Here { lets }, vocabulary());
    let mut evaluator = Evaluator::new(&names, &vocabulary);
    let value = work(&mut evaluator);
    let found = evaluator.diagnostics;
    (value, found)
}

fn evaluated(text: &str, lets: Vec<(&'static str, Value)>) -> (Option<Value>, Vec<Diagnostic>) {
    let (expr, faults) = parse_expression(FileId(0), text);
    assert!(faults.is_empty(), "{text}: {faults:?}");
    run(lets, |evaluator| evaluator.evaluate(&expr))
}

fn fitted(
    text: &str,
    ty: &Type,
    range: Range,
    lets: Vec<(&'static str, Value)>,
) -> (Option<Value>, Vec<Diagnostic>) {
    let (expr, faults) = parse_expression(FileId(0), text);
    assert!(faults.is_empty(), "{text}: {faults:?}");
    run(lets, |evaluator| {
        evaluator.fit(&expr, ty, range, "the field")
    })
}

/// The value of a text without faults.
fn value(text: &str) -> Value {
    let (expr, _) = parse_expression(FileId(0), text);
    let vocabulary = vocabulary();
    let mut evaluator = Evaluator::new(&super::super::NoNames, &vocabulary);
    let value = evaluator.evaluate(&expr);
    assert!(
        evaluator.diagnostics.is_empty(),
        "{text}: {:?}",
        evaluator.diagnostics
    );
    value.unwrap_or_else(|| panic!("{text} has no value"))
}

fn code(found: &[Diagnostic]) -> Vec<&'static str> {
    found.iter().map(|one| one.code.0).collect()
}

/// The text with the edit of its only finding applied.
fn mended(text: &str, found: &[Diagnostic]) -> String {
    let [finding] = found else {
        panic!("{text}: not one finding: {found:?}")
    };
    let edit = finding
        .edit
        .as_ref()
        .unwrap_or_else(|| panic!("{text}: no edit"));
    let mut mended = text.to_owned();
    mended.replace_range(edit.span.range(), &edit.replacement);
    mended
}

#[test]
fn values_are_shown_as_they_are_written() {
    for (text, shown) in [
        ("1373.15 K", "1373.15 K"),
        ("2 BaO + TiO2(rutile)", "2 BaO + TiO2(rutile)"),
        ("0.5 * BaO + TiO2", "0.5 BaO + TiO2"),
        ("2 * (BaO + 3 TiO2)", "2 BaO + 6 TiO2"),
        ("80 g TiO2 + 20 g BaO", "80 g TiO2 + 20 g BaO"),
        ("BaO + TiO2 -> BaTiO3", "BaO + TiO2 -> BaTiO3"),
        ("K + Cl2 -> KCl", "2 K + Cl2 -> 2 KCl"),
        ("2 K + Cl2 -> 2 KCl", "2 K + Cl2 -> 2 KCl"),
        ("[1, 2] == [1, 2]", "true"),
        ("0 .. 1 count 3", "[0, 0.5, 1]"),
        ("0.1 .. 0.3 step 0.1", "[0.1, 0.2, 0.3]"),
        ("{ a: 3, b: BaO }", "{ a: 3, b: BaO }"),
        ("{ a: 3, b: BaO }.b", "BaO"),
        ("not (3 > 2) or 1 + 1 == 2", "true"),
        ("2^10", "1024"),
        ("50 % + 0.5 == 1", "true"),
        ("2 fs == 0.002 ps", "true"),
    ] {
        assert_eq!(value(text).to_string(), shown, "{text}");
    }
}

#[test]
fn a_word_behind_a_number_is_a_unit_unless_substances_are_spoken_of() {
    assert_eq!(
        value("2 K").ty(),
        ValueType::Quantity(Dimension::TEMPERATURE)
    );
    assert_eq!(value("2 K + Cl2").ty(), ValueType::Mixture);
    let (both, found) = fitted("2 K", &Type::Mixture, Range::Any, vec![]);
    assert_eq!(code(&found), [""; 0]);
    assert_eq!(both.map(|one| one.to_string()), Some("2 K".into()));
    let (temperature, _) = fitted("2 K", &TEMPERATURE, Range::Any, vec![]);
    assert_eq!(temperature.and_then(|one| one.as_f64()), Some(2.0));
}

#[test]
fn every_fault_is_one_finding_with_its_code() {
    for (text, wanted) in [
        ("5 K + 3 h", "E0302"),
        ("5 + 3 h", "E0302"),
        ("5 K > 3 h", "E0302"),
        ("(4 eV)^0.5", "E0302"),
        ("5 K .. 6 h", "E0302"),
        ("5 K to 6 h", "E0302"),
        ("300 K in eV", "E0302"),
        ("not 3", "E0302"),
        ("none == 3", "E0302"),
        ("25 °C * 2", "E0305"),
        ("0 K .. 10 K step 3 °C", "E0305"),
        ("1 / 0", "E0313"),
        ("10^100000", "E0313"),
        ("1e999999999", "E0313"),
        ("sqrt(-1)", "E0313"),
        ("foo", "E0201"),
        ("fird", "E0201"),
        ("foo(3)", "E0309"),
        ("sqrrt(3)", "E0309"),
        ("sqrt(y: 3)", "E0309"),
        ("sqrt()", "E0309"),
        ("sqrt(1, 2)", "E0309"),
        ("sqrt(4 K)", "E0303"),
        ("{ a: 1, a: 2 }", "E0208"),
        ("{ a: 1 }.a(3)", "E0309"),
        ("batio.limit(3)", "E0309"),
        ("batio.limmit", "E0201"),
        ("batio", "E0201"),
        ("(3 K).a", "E0319"),
        ("_", "E0310"),
        ("0 .. 1 count 1", "E0314"),
        ("0 .. 1 step -0.1", "E0314"),
        ("0 .. 1e9 step 0.001", "E0314"),
        ("0 .. 1 count 1000001", "E0314"),
        ("Xx2O3", "E0401"),
        ("2 BaO -> BaTiO3", "E0402"),
        ("2 BaO + TiO2 -> BaTiO3", "E0402"),
        ("BaO + BaO", "E0403"),
        ("-2 BaO", "E0403"),
        ("0 * BaO", "E0403"),
        ("80 g TiO2 + 2 BaO", "E0403"),
        ("80 g TiO2 + 2 mol BaO", "E0403"),
        ("1 mol TiO2 + 2 BaO", "E0403"),
        ("BaO + 1 mol TiO2", "E0403"),
        ("80 K TiO2", "E0403"),
        ("fired[1]", "E0310"),
        ("fired[ratio: 3]", "E0310"),
        ("fired[rati: 1]", "E0310"),
        ("fired[BaO]", "E0310"),
        ("fired[900 K, 1273.15 K]", "E0310"),
        ("lone[900 K]", "E0310"),
        ("fired.fin", "E0311"),
        ("fired.final", "E0309"),
        ("fired.ratio(3)", "E0309"),
        ("fired.final(BaTiO3) + 5 K", "E0302"),
        ("fired + 1", "E0302"),
        (
            "fired[ratio: 1].final(BaTiO3) > control.final(BaTiO3)",
            "E0316",
        ),
    ] {
        let (value, found) = evaluated(text, vec![]);
        assert_eq!(code(&found), [wanted], "{text}: {found:?}");
        assert!(value.is_none(), "{text} has a value all the same");
        let help = found[0].help.as_deref().unwrap_or_default();
        assert!(!help.is_empty() || wanted == "E0401", "{text}: no help");
    }
}

#[test]
fn what_builds_on_a_fault_says_nothing() {
    for text in [
        "broken + 5 K",
        "sqrt(broken)",
        "[broken, 2]",
        "broken.final(BaO)",
        "broken[3 K]",
    ] {
        let (value, found) = evaluated(text, vec![]);
        assert_eq!((value.is_none(), code(&found).len()), (true, 0), "{text}");
    }
}

#[test]
fn edits_give_texts_without_faults() {
    for text in [
        "25 °C * 2",
        "2 BaO + TiO2 -> BaTiO3",
        "fired[1]",
        "fired.finl(BaTiO3)",
        "lone[900 K]",
        "{ a: 1 }.a(3)",
        "sqrrt(3)",
    ] {
        let (_, found) = evaluated(text, vec![]);
        let mended = mended(text, &found);
        let (value, found) = evaluated(&mended, vec![]);
        assert!(
            value.is_some() && found.is_empty(),
            "{text} -> {mended}: {found:?}"
        );
    }
}

#[test]
fn a_bare_number_gets_its_unit_where_that_can_be_written_behind_it() {
    let (_, found) = fitted("6", &TEMPERATURE, Range::Any, vec![]);
    assert_eq!(mended("6", &found), "6 K");
    for (text, six) in [
        ("x", value("6")),
        ("3 + 3", Value::Nothing),
        ("50 %", Value::Nothing),
    ] {
        let (_, found) = fitted(text, &TEMPERATURE, Range::Any, vec![("x", six)]);
        assert_eq!(code(&found), ["E0306"], "{text}");
        assert_eq!(found[0].edit, None, "{text}: nothing can be put behind it");
    }
}

#[test]
fn ranges_and_ramps_behind_a_name_are_checked_like_written_ones() {
    let span = Type::Span(&TEMPERATURE);
    let ramp = Type::Ramp(&TEMPERATURE);
    for (text, ty, wanted) in [
        ("5 K .. 6 K", &span, None),
        ("5 h .. 6 h", &span, Some("E0303")),
        ("-5 K .. 6 K", &span, Some("E0304")),
        ("6 K .. 5 K", &span, Some("E0314")),
        ("5 .. 6", &span, Some("E0306")),
        ("5 K to 6 K", &ramp, None),
        ("5 h to 6 h", &ramp, Some("E0303")),
        ("5 K to -6 K", &ramp, Some("E0304")),
    ] {
        let lets = vec![("x", value(text))];
        let (named, found) = fitted("x", ty, Range::AtLeast(0.0), lets);
        let (written, direct) = fitted(text, ty, Range::AtLeast(0.0), vec![]);
        assert_eq!(named, written, "{text}");
        assert_eq!(code(&found).first().copied(), wanted, "{text}");
        assert_eq!(code(&direct).first().copied(), wanted, "{text}");
    }
}

#[test]
fn defaults_do_not_see_the_names_of_the_study() {
    let lets = || vec![("erf", value("3"))];
    let (value, found) = fitted("scored", &WORDS, Range::Any, lets());
    assert_eq!(code(&found), [""; 0]);
    assert_eq!(
        value.map(|one| one.to_string()),
        Some("scored(score: erf)".into())
    );
    let (_, found) = fitted("scored(score: erf)", &WORDS, Range::Any, lets());
    assert_eq!(code(&found), ["E0308"], "written out it is ambiguous");
    let node = vec![("erf", Value::Nodes(vec![MemberId(0)].into()))];
    let (_, found) = fitted("scored(score: erf)", &WORDS, Range::Any, node);
    assert_eq!(code(&found), [""; 0], "a node is no word");
}

#[test]
fn what_is_known_after_the_run_is_shown_in_the_unit_that_was_asked_for() {
    struct Nothing;
    impl Resolve for Nothing {
        fn result(
            &self,
            _: MemberId,
            name: &'static str,
            _: &[(&'static str, Value)],
        ) -> Result<Value, Unresolved> {
            Err(Unresolved::NotRun(name.to_owned()))
        }
    }
    let unit = std::sync::Arc::new(parse_unit("kJ/mol").expect("a unit"));
    let span = Span::new(FileId(0), 0, 0);
    let deferred = |value: Value| Value::Deferred(Deferred::known(value, span).into());
    let Value::Deferred(asked) = deferred(value("1 eV")).shown_in(&unit) else {
        panic!("it stays deferred")
    };
    let shown = asked.force(&Nothing).expect("known");
    assert_eq!(shown.to_string(), "96.48533 kJ/mol");
    let key = |value: &Value| value.canonical(&|_| String::new());
    assert_eq!(
        key(&Value::Deferred(asked)),
        key(&value("1 eV")),
        "a unit is for people"
    );
}

#[test]
fn members_are_picked_by_equal_values() {
    let picked = |text: &str| {
        evaluated(text, vec![])
            .0
            .and_then(|one| Some(one.as_nodes()?.to_vec()))
    };
    assert_eq!(
        picked("fired[ratio: 1]"),
        Some(vec![MemberId(0), MemberId(1)])
    );
    assert_eq!(
        picked("fired[1000 °C]"),
        Some(vec![MemberId(1), MemberId(3)])
    );
    assert_eq!(
        picked("fired[_, 900 K]"),
        Some(vec![MemberId(0), MemberId(2)])
    );
    assert_eq!(
        picked("fired[top: 900 K, ratio: 4 / 2]"),
        Some(vec![MemberId(2)])
    );
    let (value, _) = evaluated("fired[ratio: 2].top", vec![]);
    assert_eq!(
        value.map(|one| one.to_string()),
        Some("[900 K, 1273.15 K]".into())
    );
}

#[test]
fn functions_of_a_family_are_taken_member_by_member() {
    let (value, found) = evaluated("sqrt(fired.final(BaTiO3))", vec![]);
    assert_eq!(code(&found), [""; 0]);
    let Some(Value::Each(each)) = value else {
        panic!("{value:?}")
    };
    assert_eq!(each.len(), 4);
    assert!(
        each.iter()
            .all(|(_, one)| one.ty() == ValueType::Quantity(Dimension::NONE))
    );
    let (value, _) = evaluated("sqrt(fired.ratio * 2)", vec![]);
    let Some(Value::Each(each)) = value else {
        panic!("{value:?}")
    };
    let roots: Vec<f64> = each.iter().filter_map(|(_, one)| one.as_f64()).collect();
    assert_eq!(roots, [2f64.sqrt(), 2f64.sqrt(), 2.0, 2.0]);
}

#[test]
fn results_may_stand_where_one_number_belongs_and_nowhere_else() {
    let one = "fired[ratio: 1, 900 K]";
    let result = format!("{one}.onset(BaTiO3) + 50 K");
    let (value, found) = fitted(&result, &TEMPERATURE, Range::AtLeast(0.0), vec![]);
    assert!(value.is_some_and(|one| one.is_deferred()) && found.is_empty());
    let (_, found) = fitted(&result, &Type::Number, Range::Any, vec![]);
    assert_eq!(code(&found), ["E0303"]);
    let count = format!("{one}.final(BaTiO3)");
    let (_, found) = fitted(&count, &Type::Integer, Range::Any, vec![]);
    assert_eq!(code(&found), ["E0312"]);
}

struct Measured;

impl Resolve for Measured {
    fn result(
        &self,
        _node: MemberId,
        name: &'static str,
        _arguments: &[(&'static str, Value)],
    ) -> Result<Value, Unresolved> {
        let dimension = if name == "onset" {
            Dimension::TEMPERATURE
        } else {
            Dimension::NONE
        };
        Ok(Value::Measured(Quantity::new(3.0, dimension), Some(0.4)))
    }
}

#[test]
fn standard_errors_propagate_to_first_order() {
    let forced = |text: &str| {
        let (value, found) = evaluated(text, vec![]);
        assert!(found.is_empty(), "{text}: {found:?}");
        let Some(Value::Deferred(deferred)) = value else {
            panic!("{text}: {value:?}")
        };
        deferred.force(&Measured)
    };
    let spread = |text: &str| match forced(text) {
        Ok(Value::Measured(quantity, Some(error))) => (quantity.value, error),
        other => panic!("{text}: {other:?}"),
    };
    let close = |(a, b): (f64, f64), (c, d): (f64, f64)| {
        assert!(
            (a - c).abs() < 1e-12 && (b - d).abs() < 1e-12,
            "{a} ± {b}, not {c} ± {d}"
        );
    };
    close(
        spread("lone.final(BaO) + lone.final(TiO2)"),
        (6.0, 0.32f64.sqrt()),
    );
    close(spread("2 * lone.final(BaO)"), (6.0, 0.8));
    close(
        spread("lone.final(BaO) * lone.final(TiO2)"),
        (9.0, 1.2 * 2f64.sqrt()),
    );
    close(spread("1 / lone.final(BaO)"), (1.0 / 3.0, 0.4 / 9.0));
    close(spread("lone.final(BaO)^2"), (9.0, 2.4));
    assert_eq!(forced("lone.final(BaO) > 2.9"), Ok(Value::Boolean(true)));
    assert!(matches!(
        forced("1 / (lone.final(BaO) - 3)"),
        Err(Unresolved::Undefined(_))
    ));
}

#[test]
fn how_an_amount_is_given_is_known_through_names() {
    let lets = || {
        vec![
            ("in_moles", value("1 mol TiO2(rutile)")),
            ("bare", value("2 BaO")),
            ("phase", value("TiO2(rutile)")),
            ("in_grams", value("20 g BaO")),
            ("n", value("3 mol")),
            ("ratio", value("3")),
        ]
    };
    for (text, expected) in [
        ("2 BaO + in_moles", ""),
        ("in_moles + bare", ""),
        ("1 mol BaO + phase", ""),
        ("ratio * BaO + in_moles", ""),
        ("n * BaO + phase", ""),
        ("bare + in_grams", ""),
        ("n * in_moles", ""),
        ("n * in_grams", ""),
        ("bare + phase", "Bare 2 1"),
        ("1 mol BaO + in_moles", "Mole 1 1"),
        ("n * BaO + in_moles", "Mole 3 1"),
        ("n * bare + in_moles", "Mole 6 1"),
        ("2 * in_moles + 500 mmol BaO", "Mole 2 0.5"),
        ("ratio * in_grams", "Mass 60"),
    ] {
        let (found, faults) = evaluated(text, lets());
        let shown = match &found {
            Some(Value::Mixture(mixture)) => {
                let amounts = mixture.parts.iter().map(|(amount, _)| {
                    assert!(amount.exact.is_some(), "{text}");
                    format!(" {}", amount.value)
                });
                format!("{:?}{}", mixture.basis, amounts.collect::<String>())
            }
            _ => {
                assert_eq!(code(&faults), ["E0403"], "{text}: {found:?}");
                String::new()
            }
        };
        assert_eq!(shown, expected, "{text}: {faults:?}");
    }
    // Both spellings give one result, so they have one key; what is shown can be read again.
    let canonical = |text: &str| value(text).canonical(&|member| member.0.to_string());
    assert_eq!(
        canonical("2 BaO + TiO2"),
        canonical("2 mol BaO + 1 mol TiO2")
    );
    assert_eq!(
        value("2 mol BaO + 1 mol TiO2").to_string(),
        "2 mol BaO + 1 mol TiO2"
    );
}

#[test]
fn sums_means_and_extremes_keep_the_kind_of_their_arguments() {
    for (text, expected) in [
        ("sum([1 h, 30 min])", "1.5 h"),
        ("sum(0.1, 0.1, 0.1, -0.3)", "0"),
        ("mean(2 Å, 4 Å)", "3 Å"),
        ("mean([100 °C, 300 °C])", "200 °C"),
        ("mean(300 K, 400 K)", "350 K"),
        ("mean(1 .. 5 step 1)", "3"),
        ("min(2 h, 90 min)", "90 min"),
        ("max([2 h, 90 min, 7200 s])", "2 h"),
        ("max(25 °C, 300 K)", "300 K"),
        ("min(fired.ratio)", "1"),
        ("abs(-3 eV)", "3 eV"),
        ("abs(2)", "2"),
        ("max(3)", "!E0303"),
        ("sum([])", "!E0304"),
        ("sum(1 h, 1 K)", "!E0302"),
        ("max(1, BaO)", "!E0303"),
        ("sum(300 K, 400 K)", "!E0313"),
        ("sum(20 °C, 30 °C)", "!E0313"),
        ("max(a: 1, b: 2)", "!E0309"),
        ("sum(lone.onset(BaO), lone.onset(TiO2))", "!E0313"),
        ("sum(lone.onset(BaO), lone.final(TiO2))", "!E0302"),
    ] {
        let (value, found) = evaluated(text, vec![]);
        match expected.strip_prefix('!') {
            Some(expected) => assert_eq!(code(&found), [expected], "{text}: {value:?}"),
            None => assert_eq!(
                value.map(|value| value.to_string()).as_deref(),
                Some(expected),
                "{text}: {found:?}"
            ),
        }
    }
}

/// Results of a node: 3 ± 0.4 each, as of independent measurements.
#[test]
fn sums_and_means_of_results_have_the_errors_of_independent_values() {
    for (text, expected, error) in [
        (
            "sum(lone.final(BaO), lone.final(TiO2))",
            6.0,
            0.4 * 2f64.sqrt(),
        ),
        (
            "mean(lone.final(BaO), lone.final(TiO2))",
            3.0,
            0.2 * 2f64.sqrt(),
        ),
        (
            "mean(lone.onset(BaO), lone.onset(TiO2))",
            3.0,
            0.2 * 2f64.sqrt(),
        ),
        ("max(lone.final(BaO), 2)", 3.0, 0.4),
        ("abs(-lone.final(BaO))", 3.0, 0.4),
        // Over the four members of a family.
        ("mean(fired.final(BaO))", 3.0, 0.2),
    ] {
        let (value, found) = evaluated(text, vec![]);
        let Some(Value::Deferred(deferred)) = value else {
            panic!("{text}: {value:?} {found:?}")
        };
        let Ok(Value::Measured(quantity, Some(spread))) = deferred.force(&Measured) else {
            panic!("{text}")
        };
        assert_eq!(
            ValueType::Quantity(quantity.dimension),
            deferred.ty,
            "{text}"
        );
        assert!(
            (quantity.value - expected).abs() < 1e-12,
            "{text}: {quantity}"
        );
        assert!((spread - error).abs() < 1e-12, "{text}: ± {spread}");
    }
    // Several results of a family: member by member.
    let (value, found) = evaluated("max(fired.final(BaO), fired.final(TiO2))", vec![]);
    assert!(
        matches!(value, Some(Value::Each(each)) if each.len() == 4),
        "{found:?}"
    );
}

#[test]
fn one_value_has_one_canonical_form() {
    let canonical = |text: &str| value(text).canonical(&|member| member.0.to_string());
    for (a, b) in [
        ("2 fs", "0.002 ps"),
        ("50 %", "0.5"),
        ("1000 °C", "1273.15 K"),
        ("BaO + 2 TiO2", "2 TiO2 + BaO"),
        ("{ a: 1, b: 2 }", "{ b: 2, a: 1 }"),
        ("(3 eV) in kJ/mol", "3 eV"),
    ] {
        assert_eq!(canonical(a), canonical(b));
    }
    for (a, b) in [
        ("2 K", "2"),
        ("\"BaO\"", "BaO"),
        ("TiO2", "TiO2(rutile)"),
        ("2 BaO + TiO2", "BaO + TiO2"),
        ("2 g BaO + 1 g TiO2", "2 BaO + TiO2"),
        ("[1, [2]]", "[1, 2]"),
        ("1 .. 2", "1 to 2"),
    ] {
        assert_ne!(canonical(a), canonical(b));
    }
}

#[test]
fn work_grows_with_the_text_and_not_faster() {
    // Each link looks at what stands before it once; looking twice would not end here.
    let chain = format!("lone{}", ".final[BaO]".repeat(40));
    let (_, found) = evaluated(&chain, vec![]);
    assert_eq!(code(&found), ["E0319"]);
    // Lists of lists that double are refused before anything walks them.
    let mut list = value("[1, 2]");
    let mut refused = false;
    for _ in 0..40 {
        let (next, found) = evaluated("[x, x]", vec![("x", list.clone())]);
        match next {
            Some(next) => list = next,
            None => {
                assert_eq!(code(&found), ["E0314"]);
                refused = true;
                break;
            }
        }
    }
    assert!(refused);
    let (mut sum, _) = evaluated("lone.final(BaO)", vec![]);
    let mut refused = false;
    for _ in 0..60 {
        let Some(now) = sum else { break };
        let (next, found) = evaluated("x + x", vec![("x", now)]);
        refused |= code(&found) == ["E0313"];
        sum = next;
    }
    assert!(refused);
}

#[test]
fn lists_in_lists_end_before_the_stack_does() {
    let mut list = value("[1]");
    for depth in 0..1000 {
        let (next, found) = evaluated("[x]", vec![("x", list)]);
        match next {
            Some(next) => list = next,
            None => {
                assert_eq!(code(&found), ["E0314"]);
                assert!(depth > 50);
                return;
            }
        }
    }
    panic!("a list 1000 deep");
}

#[test]
fn files_are_looked_for_beside_the_recipe() {
    let (found, faults) = fitted("\"data.csv\"", &Type::Path, Range::Any, vec![]);
    assert!(faults.is_empty());
    assert_eq!(found, Some(Value::Path("studies/data.csv".into())));
    let (_, faults) = fitted("\"../data.csv\"", &Type::Path, Range::Any, vec![]);
    assert_eq!(code(&faults), ["E0315"]);
}

#[test]
fn parts_have_the_places_of_their_texts() {
    let text = "f(a: [1, { b: 2 }], c: BaO + 2 TiO2)";
    let (expr, _) = parse_expression(FileId(0), text);
    let parts: Vec<(String, &str)> = Evaluator::parts(&expr)
        .into_iter()
        .map(|(path, span)| (path, &text[span.range()]))
        .collect();
    let wanted = [
        (".a", "[1, { b: 2 }]"),
        (".a[0]", "1"),
        (".a[1]", "{ b: 2 }"),
        (".a[1].b", "2"),
        (".c", "BaO + 2 TiO2"),
        (".c[0]", "BaO"),
        (".c[1]", "2 TiO2"),
    ];
    let wanted: Vec<(String, &str)> = wanted.iter().map(|(a, b)| ((*a).into(), *b)).collect();
    assert_eq!(parts, wanted);
}
