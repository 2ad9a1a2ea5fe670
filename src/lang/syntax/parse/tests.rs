use super::super::ast::{Entry, ItemKind, Operator, Unary};
use super::*;

const STUDY: &str = include_str!("../../../../tests/golden/language/study.synth");

fn items(text: &str) -> Vec<Item> {
    let parsed = parse(FileId(0), text);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    parsed.file.items
}

fn codes_of(text: &str) -> Vec<&'static str> {
    parse(FileId(0), text)
        .diagnostics
        .iter()
        .map(|one| one.code.0)
        .collect()
}

#[test]
fn a_whole_study_parses_and_is_in_standard_form() {
    let parsed = parse(FileId(0), STUDY);
    assert!(parsed.diagnostics.is_empty(), "{:#?}", parsed.diagnostics);
    assert_eq!(parsed.file.items.len(), 20);
    assert!(parsed.file.doc.is_some());
    assert_eq!(crate::lang::syntax::format(STUDY).expect("sound"), STUDY);
}

#[test]
fn one_missing_bracket_costs_one_item() {
    let text = "system a {\n  elements: [Ba, O]\n\nsystem b { elements: [Ti] }\nlet y = [1, 2\n\nlet z = 3\n";
    let parsed = parse(FileId(0), text);
    assert_eq!(parsed.diagnostics.len(), 2, "{:#?}", parsed.diagnostics);
    assert_eq!(parsed.file.items.len(), 4);
    assert!(matches!(&parsed.file.items[0].kind, ItemKind::Node(node) if node.name.text == "a"));
    assert!(matches!(&parsed.file.items[1].kind, ItemKind::Node(node) if node.name.text == "b"));
    assert!(matches!(&parsed.file.items[3].kind, ItemKind::Let(_)));
}

#[test]
fn every_fault_is_named_where_it_is() {
    for (text, code) in [
        ("let x =\n", "E0102"),
        ("let x = 6 furlong\n", "E0113"),
        ("let x = ratio BaO\n", "E0110"),
        ("let x = TiO2 (rutile)\n", "E0111"),
        ("let x = a -b\n", "E0111"),
        ("let Hold = 6 h\n", "E0109"),
        ("let x = True\n", "E0109"),
        ("system s { elements = [Ba] }\n", "E0106"),
        ("system s {\n  elements: [Ba];\n}\n", "E0107"),
        ("# hm\n", "E0105"),
        ("let x = 'a'\n", "E0108"),
        ("let x = \"a\n", "E0103"),
        ("let x = 1)\n", "E0104"),
        ("let x = (1\n", "E0103"),
        (
            "system s {\n  elements: [Ba, O\n  charges: { Ba: 2 }\n}\n",
            "E0103",
        ),
        ("let x = 1 step 2\n", "E0101"),
        ("what is this?\n", "E0101"),
    ] {
        assert_eq!(codes_of(text), [code], "{text}");
    }
}

/// The mend of each of these, carried out, leaves a sound text.
#[test]
fn mends_mend() {
    for text in [
        "let x = 3 ** 2\n",
        "let x = 1_000\n",
        "let x = .5\n",
        "let x = - a\n",
        "let x = +b\n",
        "let x = a-b\n",
        "let x = 3 -2\n",
        "let x = fired [1]\n",
        "let x = [1 2]\n",
        "let x = [1,, 2]\n",
        "let x = { a = 1 }\n",
        "let x = a ≤ b\n",
        "let x: 3\n",
        "let x 3\n",
        "x = 3\n",
        "import std.batio\n",
        "let x = 'abc\n",
        "let x = \u{201C}abc\nlet y = 2\n",
        "let x = \"abc\nlet y = 2\n",
        "let for = 3\n",
        "let x = 3 let y = 4\n",
        "system s { elements: [Ba O] }\n",
        "system s { elements: [Ba] charges: { Ba: 2 } }\n",
        "system a { e: 1 } system b { e: 2 }\n",
        "system s {\n  a := 3\n}\n",
        "system s {\n  a: [1, 2\n  hold for 6 h\n}\n",
        "schedule s {\n  start 25 °C\n\nlet y = 1\n",
        "schedule s {\n  Hold for 6 h\n}\n",
        "template f : synthesis { b: 1 }\n",
    ] {
        let findings = parse(FileId(0), text).diagnostics;
        assert_eq!(findings.len(), 1, "{text}: {findings:#?}");
        let edit = findings[0]
            .edit
            .as_ref()
            .unwrap_or_else(|| panic!("{text}: {findings:#?}"));
        let mut mended = text.to_owned();
        mended.replace_range(edit.span.range(), &edit.replacement);
        let left = parse(FileId(0), &mended).diagnostics;
        assert!(left.is_empty(), "{text} -> {mended}: {left:#?}");
    }
}

#[test]
fn an_unclosed_text_or_value_costs_one_item() {
    for text in [
        "let x = \"abc\nlet y = 2\n",
        "let x =\n\nlet y = 2\n",
        "let x = \u{201C}abc\nlet y = 2\n",
    ] {
        let parsed = parse(FileId(0), text);
        assert_eq!(parsed.diagnostics.len(), 1, "{text}");
        assert!(
            matches!(&parsed.file.items[1].kind, ItemKind::Let(one) if one.name.text == "y"),
            "{text}"
        );
    }
}

#[test]
fn a_power_binds_before_the_sign() {
    for text in ["let x = -2^2\n", "let x = -y^2\n", "let x = \u{2212}2^2\n"] {
        let items = items(text);
        let ItemKind::Let(one) = &items[0].kind else {
            panic!("a let")
        };
        assert!(
            matches!(&one.value.kind, ExprKind::Unary(Unary::Minus, power) if matches!(power.kind, ExprKind::Binary(_, Operator::Power, ..))),
            "{text}"
        );
    }
}

#[test]
fn a_remark_behind_code_documents_nothing() {
    let parsed = parse(FileId(0), "let x = 1 /// of x\nlet y = 2\n//! late\n");
    assert!(parsed.file.doc.is_none());
    assert!(parsed.file.items.iter().all(|item| item.doc.is_none()));
}

#[test]
fn every_word_of_the_unit_table_is_read_behind_a_number() {
    for word in crate::lang::units::all_words() {
        let items = items(&format!("let x = 5 {word}\n"));
        let ItemKind::Let(one) = &items[0].kind else {
            panic!("a let")
        };
        assert!(
            matches!(&one.value.kind, ExprKind::Number(number) if number.tails.len() == 1 && number.tails[0].text == word),
            "{word}"
        );
    }
}

#[test]
fn a_prompt_asks_for_more_where_a_line_goes_on() {
    for text in ["f(1,", "system s {", "1 +", "let x =", "a and", "[1"] {
        assert_eq!(completeness(text), Completeness::NeedsMore, "{text}");
    }
    for text in [
        "",
        "1 + 2",
        "f(\"(\")",
        "\"a // (\"",
        "x // (",
        "system s { }",
    ] {
        assert_eq!(completeness(text), Completeness::Complete, "{text}");
    }
}

/// Recovery must not try brackets in every combination, nor look through a line once for each of its faults.
#[test]
fn recovery_takes_linear_time() {
    let begin = std::time::Instant::now();
    for text in [
        format!("s x {{ = {} }}\n", "([".repeat(30)),
        format!("s x {{ = {}\"{} }}\n", "([".repeat(30), "])".repeat(30)),
        "'".repeat(50_000),
        "a;".repeat(50_000),
        ("(".repeat(30) + &"]".repeat(30)).repeat(1_000),
        "system s {".to_owned() + &"\r".repeat(50_000),
        "\n".repeat(50_000) + "let x = 1\n",
        "system s".to_owned() + &"\n".repeat(50_000) + "{ }\n",
    ] {
        let _ = parse(FileId(0), &text);
    }
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
}

#[test]
fn a_field_with_an_equals_sign_is_still_read() {
    let parsed = parse(FileId(0), "system s {\n  elements = [Ba, O]\n}\n");
    let ItemKind::Node(node) = &parsed.file.items[0].kind else {
        panic!("a node")
    };
    assert!(
        matches!(&node.body.as_ref().expect("a body").entries[0], Entry::Field(field) if field.name.text == "elements")
    );
}

#[test]
fn steps_are_parts_in_order() {
    let items = items(
        "schedule s {\n  ramp to t_max at 5 K/min\n  melt: nvt 4000 K to t for 5 ps\n  switch to { O2: 1 bar }\n  repeat 5 { fit seeds }\n}\n",
    );
    let ItemKind::Node(node) = &items[0].kind else {
        panic!("a node")
    };
    let parts: Vec<(usize, bool, bool)> = node
        .body
        .as_ref()
        .expect("a body")
        .entries
        .iter()
        .map(|entry| match entry {
            Entry::Step(step) => (step.parts.len(), step.label.is_some(), step.block.is_some()),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(
        parts,
        [
            (5, false, false),
            (4, true, false),
            (3, false, false),
            (2, false, true)
        ]
    );
}

#[test]
fn no_text_is_too_much() {
    for text in [
        "(".repeat(200_000),
        "[".repeat(200_000) + &"]".repeat(200_000),
        "a { ".repeat(50_000),
        "let x = ".to_owned() + &"1 + ".repeat(100_000) + "1\n",
        "let x = ".to_owned() + &"-".repeat(100_000) + "y\n",
        "let x = a".to_owned() + &".b".repeat(100_000) + "\n",
        "let x = ".to_owned() + &"not ".repeat(100_000) + "y\n",
        "{ x: ".repeat(60),
        "\"".repeat(10_001),
        "\0\u{FEFF}\r\r\n\u{2028}let".to_owned(),
        "}\n".repeat(10_000),
        "x = ".repeat(10_000),
        format!("let x = {}\n", "Ba(".repeat(5_000)),
    ] {
        let parsed = parse(FileId(0), &text);
        for finding in &parsed.diagnostics {
            for label in &finding.labels {
                assert!(text.get(label.span.range()).is_some(), "{label:?}");
            }
        }
        let _ = crate::lang::syntax::format(&text);
    }
}

/// Deterministic mutations of a real study: nothing panics, all spans lie in the text.
#[test]
fn mutated_studies_never_panic() {
    let mut state = 0x9E37_79B9_7F4A_7C15u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let chars: Vec<char> = STUDY.chars().collect();
    for _ in 0..2_000 {
        let mut mutated = chars.clone();
        for _ in 0..=random(4) {
            let at = random(mutated.len());
            match random(4) {
                0 => {
                    mutated.remove(at);
                }
                1 => mutated.insert(
                    at,
                    ['{', '}', '(', ']', '"', '\n', '=', 'Å', '#', ';'][random(10)],
                ),
                2 => {
                    let other = random(mutated.len());
                    mutated.swap(at, other);
                }
                _ => {
                    let end = (at + random(40)).min(mutated.len());
                    mutated.drain(at..end);
                }
            }
        }
        let text: String = mutated.into_iter().collect();
        let parsed = parse(FileId(0), &text);
        for finding in &parsed.diagnostics {
            for label in &finding.labels {
                assert!(text.get(label.span.range()).is_some(), "{text}");
            }
            if let Some(edit) = &finding.edit {
                assert!(text.get(edit.span.range()).is_some(), "{text}");
            }
        }
        if let Ok(once) = crate::lang::syntax::format(&text) {
            let again = crate::lang::syntax::format(&once)
                .unwrap_or_else(|faults| panic!("{once}\n{faults:#?}"));
            assert_eq!(again, once);
        }
    }
}
