//! Near names and prose lists for messages.

/// The candidate that the user most likely meant, if one is close enough to be worth a line.
///
/// Equal up to case, underscores or a plural `s` always counts; otherwise the edit distance must be small for
/// the length of the word (one edit for three letters, two from five, three from nine).
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates, 1).pop()
}

/// Up to `count` close candidates, nearest first; equal distances keep the order given.
pub fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    count: usize,
) -> Vec<String> {
    let mut close: Vec<(usize, &str)> = Vec::new();
    for candidate in candidates {
        if candidate == word || close.iter().any(|(_, known)| *known == candidate) {
            continue;
        }
        if let Some(distance) = distance(word, candidate) {
            close.push((distance, candidate));
        }
    }
    close.sort_by_key(|(distance, _)| *distance);
    close.truncate(count);
    close
        .into_iter()
        .map(|(_, candidate)| candidate.to_owned())
        .collect()
}

/// Edits between two names, or none if they have too little in common.
fn distance(word: &str, candidate: &str) -> Option<usize> {
    let plain = |text: &str| text.to_lowercase().replace(['_', '-'], "");
    let (a, b) = (plain(word), plain(candidate));
    if a == b || a.trim_end_matches('s') == b.trim_end_matches('s') {
        return Some(0);
    }
    let mut parts_a: Vec<_> = word.split('_').collect();
    let mut parts_b: Vec<_> = candidate.split('_').collect();
    parts_a.sort_unstable();
    parts_b.sort_unstable();
    if parts_a.len() > 1 && parts_a == parts_b {
        return Some(1);
    }
    let allowed = match a.chars().count() {
        0..=2 => 0,
        3..=4 => 1,
        5..=8 => 2,
        _ => 3,
    };
    let edits = strsim::osa_distance(&a, &b);
    if edits <= allowed {
        return Some(1 + edits);
    }
    // A word cut short or spelled out: `temp` for `temperature`.
    let (short, long) = if a.len() < b.len() {
        (&a, &b)
    } else {
        (&b, &a)
    };
    (short.chars().count() >= 4 && long.starts_with(short.as_str())).then_some(5)
}

/// `` `a`, `b` or `c` ``; after eight words the rest is counted.
pub fn list_words<S: AsRef<str>>(words: &[S], joint: &str) -> String {
    const SHOWN: usize = 8;
    let quoted: Vec<String> = words
        .iter()
        .map(|word| format!("`{}`", word.as_ref()))
        .collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if quoted.len() <= SHOWN => {
            format!("{} {joint} {last}", first.join(", "))
        }
        many => format!(
            "{} and {} more",
            many[..SHOWN].join(", "),
            many.len() - SHOWN
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let fields = [
            "schedule",
            "precursors",
            "realisations",
            "reactions",
            "grid",
        ];
        assert_eq!(
            did_you_mean("realizations", fields).as_deref(),
            Some("realisations")
        );
        assert_eq!(
            did_you_mean("precursor", fields).as_deref(),
            Some("precursors")
        );
        assert_eq!(
            did_you_mean("Schedule", fields).as_deref(),
            Some("schedule")
        );
        assert_eq!(did_you_mean("potential", fields), None);
        assert_eq!(did_you_mean("ba", ["ab", "bb"]), None);
        assert_eq!(
            did_you_mean("max_t", ["t_max", "t_min"]).as_deref(),
            Some("t_max")
        );
        assert_eq!(
            did_you_mean("temp", ["temperature"]).as_deref(),
            Some("temperature")
        );
    }

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list_words(&["a"], "or"), "`a`");
        assert_eq!(list_words(&["a", "b", "c"], "or"), "`a`, `b` or `c`");
        let many: Vec<String> = (0..11).map(|at| at.to_string()).collect();
        assert!(list_words(&many, "or").ends_with("`7` and 3 more"));
    }
}
