//! What tests of numbers share; `tests/ace_peer.rs` includes this file, too.

/// The largest of some deviations, none of which is negative; not a number if one of them is not, so that no bound holds.
/// (`f64::max` passes over what is not a number.)
pub fn largest(deviations: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |most: f64, x: f64| if x > most || x.is_nan() { x } else { most };
    deviations.into_iter().fold(0.0, larger)
}

#[test]
fn what_is_no_number_is_larger_than_any_bound() {
    assert_eq!(largest([]), 0.0);
    assert_eq!(largest([1.0, 3.0, 2.0]), 3.0);
    for place in 0..3 {
        let mut deviations = [1.0, 3.0, 2.0];
        deviations[place] = f64::NAN;
        assert!(largest(deviations).is_nan());
    }
}
