//! What holds for every formula, phase, number and balance.

use proptest::prelude::*;

use super::{BalanceError, Element, Formula, Phase, Rational, balance, imbalances};

/// A unit of a formula: an element or a bracketed group, with a count.
fn formula_text() -> impl Strategy<Value = String> {
    let count = prop_oneof![
        3 => Just(String::new()),
        2 => (2_u32..40).prop_map(|count| count.to_string()),
        1 => (1_u32..999).prop_map(|part| format!("0.{part:03}")),
    ];
    let element = (1_u8..=118, count).prop_map(|(number, count)| {
        let symbol = Element::from_number(number).map_or("H", Element::symbol);
        format!("{symbol}{count}")
    });
    let group = prop_oneof![
        4 => element.clone(),
        1 => (prop::collection::vec(element, 1..3), 2_u32..9)
            .prop_map(|(inner, count)| format!("({}){count}", inner.concat())),
    ];
    let part = prop::collection::vec(group, 1..5).prop_map(|groups| groups.concat());
    (part.clone(), prop::option::of((2_u32..12, part))).prop_map(|(anhydrous, water)| match water {
        Some((count, water)) => format!("{anhydrous}*{count}{water}"),
        None => anhydrous,
    })
}

proptest! {
    #[test]
    fn decimal_text_rounds_as_the_standard_library_does(value in any::<f64>()) {
        prop_assume!(value.is_finite());
        let text = format!("{value:e}");
        let read = Rational::parse(&text).expect("a number");
        prop_assert_eq!(read.to_f64(), value, "{}", text);
    }

    #[test]
    fn numbers_survive_their_own_text(numerator in any::<i64>(), denominator in 1_i64..i64::MAX) {
        let value = Rational::new(numerator, denominator).expect("not zero");
        let json = serde_json::to_string(&value).expect("text");
        prop_assert_eq!(serde_json::from_str::<Rational>(&json).expect("a number"), value);
    }

    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC{0,40}", chemistry in "[A-Za-z0-9.()\\[\\]*·\"]{0,40}") {
        for text in [text, chemistry] {
            let _ = Rational::parse(&text);
            for fault in [Formula::parse(&text).err(), Phase::parse(&text).err()].into_iter().flatten() {
                prop_assert!(text.get(fault.offset..fault.offset + fault.len).is_some(), "{}: {:?}", text, fault);
                let _ = fault.help();
            }
        }
    }

    #[test]
    fn formulas_survive_their_own_text(text in formula_text()) {
        let formula = Formula::parse(&text).expect("a formula");
        prop_assert_eq!(&Formula::parse(&formula.to_string()).expect("again"), &formula);
        let reduced = formula.reduced();
        prop_assert!(reduced.same_composition(&formula));
        prop_assert_eq!(reduced.reduced(), reduced.clone());
        if reduced.amounts().iter().all(|(_, amount)| amount.is_integer()) {
            prop_assert_eq!(
                reduced.amounts().iter().map(|(element, _)| *element).collect::<Vec<_>>(),
                formula.elements().collect::<Vec<_>>()
            );
        }
    }

    #[test]
    fn phases_survive_their_own_text(text in formula_text(), label in prop::option::of("\\PC{1,12}")) {
        let phase = Phase::new(Formula::parse(&text).expect("a formula"), label.as_deref());
        prop_assert_eq!(Phase::parse(&phase.to_string()).expect("again"), phase);
    }

    /// A reaction made from known coefficients is found again, divided by their common divisor.
    #[test]
    fn a_made_reaction_is_found_again(a in 1_i64..60, b in 1_i64..60) {
        let product = Formula::parse(&format!("Ba{a}Ti{b}O{}", a + 2 * b)).expect("a formula");
        let sides = [Formula::parse("BaO").expect("BaO"), Formula::parse("TiO2").expect("TiO2")];
        let found = balance(&sides, &[product]).expect("balances");
        prop_assert_eq!(found.reactants, vec![Rational::integer(a), Rational::integer(b)]);
        prop_assert_eq!(found.products, vec![Rational::one()]);
    }
}

/// Every reaction of one or two species to one, two or three that can be written with these.
#[test]
fn what_balances_conserves_every_element() {
    let species = [
        "BaO", "BaO2", "BaCO3", "TiO2", "BaTiO3", "Ba2TiO4", "BaTi2O5", "CO2", "O2",
    ]
    .map(|text| Formula::parse(text).expect(text));
    let sides: Vec<Vec<Formula>> = (1_u32..1 << species.len())
        .filter(|chosen| chosen.count_ones() <= 3)
        .map(|chosen| {
            let holds = |at: &usize| chosen >> at & 1 == 1;
            (0..species.len())
                .filter(holds)
                .map(|at| species[at].clone())
                .collect()
        })
        .collect();
    let mut balanced = 0;
    for left in sides.iter().filter(|side| side.len() <= 2) {
        for right in &sides {
            let Ok(found) = balance(left, right) else {
                continue;
            };
            balanced += 1;
            assert!(
                found
                    .reactants
                    .iter()
                    .chain(&found.products)
                    .all(|one| one.is_positive() && one.is_integer())
            );
            let joined = |amounts: Vec<Rational>, side: &[Formula]| {
                amounts
                    .into_iter()
                    .zip(side.iter().cloned())
                    .collect::<Vec<_>>()
            };
            let (left, right) = (joined(found.reactants, left), joined(found.products, right));
            assert_eq!(imbalances(&left, &right), vec![]);
        }
    }
    assert!(balanced > 50, "only {balanced} of them balance");
}

#[test]
fn a_species_without_a_part_is_named() {
    let read = |text: &str| Formula::parse(text).expect("a formula");
    assert_eq!(
        balance(&["BaO", "BaO2", "TiO2"].map(read), &[read("BaTiO3")]),
        Err(BalanceError::NoPart("BaO2".into()))
    );
    assert_eq!(
        balance(&["BaTiO3", "BaTi2O5"].map(read), &[read("Ba2TiO4")]),
        Err(BalanceError::WrongSide("BaTi2O5".into()))
    );
}

#[test]
fn thirty_two_species_of_long_amounts_end_soon() {
    let started = std::time::Instant::now();
    let species: Vec<Formula> = (0_usize..32)
        .map(|at| {
            let text: String = Element::all()
                .take(32)
                .flat_map(|element| {
                    let part = (at + 3) * 7919 * usize::from(element.number());
                    [
                        element.to_string(),
                        format!("{}.{part:08}", 1 + (at * 7) % 9),
                    ]
                })
                .collect();
            Formula::parse(&text).expect("a formula")
        })
        .collect();
    let (left, right) = species.split_at(16);
    assert!(matches!(
        balance(left, right),
        Err(BalanceError::Impossible | BalanceError::WrongSide(_) | BalanceError::NotUnique)
    ));
    assert!(started.elapsed().as_secs() < 20);
}

#[test]
fn absurd_exponents_are_refused_at_once() {
    for text in [
        "1e-9223372036854775808",
        "1.5e-9223372036854775808",
        "1e9223372036854775807",
        "1.0e-401",
    ] {
        assert!(Rational::parse(text).is_none(), "{text}");
    }
}
