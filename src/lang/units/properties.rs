//! What holds for every unit and quantity.

use proptest::prelude::*;

use super::{Dimension, Quantity, Unit, all_words, parse_unit, units_of};

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(all_words().collect::<Vec<_>>())
}

/// A unit that is exact by definition and has no zero of its own.
fn exact_word() -> impl Strategy<Value = &'static str> {
    let exact = |word: &&str| unit(word).exact.is_some() && !unit(word).offset;
    prop::sample::select(all_words().filter(exact).collect::<Vec<_>>())
}

/// A number as a person writes it.
fn number() -> impl Strategy<Value = String> {
    prop_oneof![
        (-9999_i64..9999).prop_map(|value| value.to_string()),
        (-99999_i64..99999, 1_u32..4).prop_map(|(value, part)| format!("{value}.{part:02}")),
        (1_i64..999, -20_i32..20).prop_map(|(value, power)| format!("{value}e{power}")),
    ]
}

fn unit(text: &str) -> Unit {
    parse_unit(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
}

proptest! {
    #[test]
    fn products_and_quotients_of_units_multiply(a in word(), b in word(), power in 1_i32..4) {
        let (x, y) = (unit(a), unit(b));
        let product = unit(&format!("{a}*{b}"));
        prop_assert_eq!(Some(product.dimension), x.dimension.times(y.dimension));
        prop_assert!(close(product.factor, x.factor * y.factor));
        let quotient = unit(&format!("{a}/{b}^{power}"));
        prop_assert_eq!(
            Some(quotient.dimension),
            y.dimension.power(power).and_then(|below| x.dimension.per(below))
        );
        prop_assert!(close(quotient.factor, x.factor / y.factor.powi(power)));
        prop_assert_eq!(unit(&format!("{a}/({b}*{a})")).dimension, y.dimension.power(-1).expect("small"));
    }

    #[test]
    fn a_unit_survives_its_own_text(a in word(), b in word(), c in word(), power in 1_i32..4) {
        for text in [a.to_owned(), format!("{a}/{b}^{power}"), format!("{a}/({b}*{c})"), format!("/{a}")] {
            let read = unit(&text);
            prop_assert_eq!(unit(&read.text), read);
        }
    }

    #[test]
    fn a_number_survives_its_unit(number in number(), a in word()) {
        let unit = unit(a);
        let quantity = Quantity::from_literal(&number, Some(&unit)).expect("a quantity");
        let plain: f64 = number.parse().expect("a number");
        let back = quantity.in_unit(&unit);
        if unit.exact.is_some() {
            prop_assert_eq!(back, plain);
        } else {
            prop_assert!(close(back, plain));
        }
    }

    /// Rounded once: an exact quantity is the float nearest to it, whatever unit it was written in.
    #[test]
    fn one_quantity_has_one_float(number in number()) {
        let fs = Quantity::from_literal(&number, Some(&unit("ps"))).expect("a quantity");
        let thousand = Quantity::integer(1000);
        let other = Quantity::from_literal(&number, Some(&unit("fs"))).expect("a quantity").multiply(&thousand).expect("a product");
        prop_assert_eq!(fs.canonical(), other.canonical());
        prop_assert_eq!(fs.value.to_bits(), other.value.to_bits());
    }

    #[test]
    fn sums_and_products_obey_algebra(a in number(), b in number(), c in number(), word in exact_word()) {
        let unit = unit(word);
        let read = |text: &str| Quantity::from_literal(text, Some(&unit)).expect("a quantity");
        let (a, b, c) = (read(&a), read(&b), read(&c));
        let sum = a.add(&b).expect("a sum");
        prop_assert_eq!(sum.canonical(), b.add(&a).expect("a sum").canonical());
        prop_assert_eq!(sum.subtract(&b).expect("a difference").canonical(), a.canonical());
        let left = sum.multiply(&c).expect("a product");
        let right = a.multiply(&c).expect("a product").add(&b.multiply(&c).expect("a product")).expect("a sum");
        prop_assert_eq!(left.dimension, right.dimension);
        if left.exact.is_some() && right.exact.is_some() {
            prop_assert_eq!(left.canonical(), right.canonical());
        }
        if c.value != 0.0 && left.exact.is_some() {
            prop_assert_eq!(left.divide(&c).expect("a quotient").canonical(), sum.canonical());
        }
    }

    #[test]
    fn a_float_is_the_decimal_that_a_person_writes(value in -1e9_f64..1e9) {
        let written = Quantity::from_literal(&format!("{value}"), None).expect("a number");
        prop_assert_eq!(Quantity::number(value).canonical(), written.canonical());
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,20}", units in "[KeVms/*^()0-9·³℃°µ\u{212B}\u{2212}\u{FF21}⁻%]{0,20}") {
        for text in [text, units] {
            if let Err(fault) = parse_unit(&text) {
                prop_assert!(text.get(fault.offset..fault.offset + fault.len).is_some(), "{}: {:?}", text, fault);
            }
        }
    }

    #[test]
    fn every_dimension_is_written_in_units_that_can_be_read(exponents in prop::array::uniform6(-6_i8..6)) {
        let [a, b, c, d, e, f] = exponents;
        let dimension = Dimension::of(a, b, c, d, e, f);
        prop_assume!(!dimension.is_none());
        let read = unit(&dimension.to_string());
        prop_assert_eq!(read.dimension, dimension);
        prop_assert_eq!(read.factor, 1.0);
        prop_assert_eq!(dimension.root(3), if exponents.iter().all(|one| one % 3 == 0) {
            Some(Dimension::of(a / 3, b / 3, c / 3, d / 3, e / 3, f / 3))
        } else {
            None
        });
    }
}

#[test]
fn help_names_units_of_the_right_dimension() {
    for dimension in [
        Dimension::LENGTH,
        Dimension::ENERGY,
        Dimension::TIME,
        Dimension::CHARGE,
        Dimension::TEMPERATURE,
        Dimension::SWEEP,
        Dimension::AREA,
        Dimension::VOLUME,
        Dimension::MASS,
        Dimension::DENSITY,
        Dimension::PRESSURE,
        Dimension::FORCE,
        Dimension::FREQUENCY,
        Dimension::VELOCITY,
        Dimension::HEATING_RATE,
        Dimension::HEATING_RATE_PER_SWEEP,
        Dimension::SWEEP_RATE,
        Dimension::ENTROPY,
        Dimension::DIFFUSION,
        Dimension::POTENTIAL,
        Dimension::CONDUCTIVITY,
    ] {
        let units = units_of(dimension);
        assert!(!units.is_empty(), "{}", dimension.named());
        for text in units {
            assert_eq!(unit(text).dimension, dimension, "{text}");
        }
    }
}

#[test]
fn a_difference_of_temperatures_is_shown_in_kelvin() {
    let celsius = unit("degC");
    let read = |text: &str| Quantity::from_literal(text, Some(&celsius)).expect("a temperature");
    assert_eq!(
        read("1100")
            .subtract(&read("25"))
            .expect("a difference")
            .to_string(),
        "1075 K"
    );
    let kelvin = Quantity::from_literal("100", Some(&unit("K"))).expect("a difference");
    assert_eq!(
        read("1100").subtract(&kelvin).expect("colder").to_string(),
        "1000 °C"
    );
}

#[test]
fn overflow_is_called_by_its_name() {
    let huge = Quantity::new(1e308, Dimension::ENERGY);
    assert_eq!(
        huge.subtract(&huge.negate()),
        Err(super::QuantityError::OutOfRange)
    );
    assert_eq!(Quantity::new(f64::NAN, Dimension::NONE).to_string(), "NaN");
}

#[test]
fn faults_are_placed_in_the_text_as_written() {
    for (text, word) in [
        ("g·furlong", "furlong"),
        ("℃/minn", "minn"),
        ("A\u{30A}*\u{212B}/xs", "xs"),
        ("μm·", ""),
    ] {
        let fault = parse_unit(text).expect_err(text);
        assert_eq!(
            &text[fault.offset..fault.offset + fault.len],
            word,
            "{text}"
        );
    }
}

#[test]
fn units_are_exact_by_definition_where_they_are() {
    assert_eq!(
        Quantity::from_literal("760", Some(&unit("torr")))
            .expect("a pressure")
            .canonical(),
        Quantity::from_literal("1", Some(&unit("atm")))
            .expect("a pressure")
            .canonical()
    );
    assert_eq!(
        Quantity::from_literal("1100", Some(&unit("(°C)")))
            .expect("a temperature")
            .value,
        1373.15
    );
}
