//! Couplings of spherical harmonics to scalars: generalised Clebsch-Gordan coefficients along a binary tree, and which
//! of them are linearly independent (R. Drautz, Phys. Rev. B 99, 014104 (2019); G. Dusson et al., J. Comput. Phys. 454,
//! 110946 (2022)).
//!
//! Degrees are coupled in pairs from left to right, then the intermediate ones in pairs, level by level; a last degree
//! without a partner joins at the root. So ranks of 2 have no intermediate degree, 3 has one, 4 has two that are equal.

use std::collections::BTreeMap;

/// Two nodes that are coupled; leaves are counted first.
type Pair = [usize; 2];

/// The pairs of the tree of a rank in the order in which their degrees are listed; the last is the root.
fn tree(rank: usize) -> Vec<Pair> {
    let mut pairs = Vec::new();
    let odd = rank % 2 == 1;
    let mut level: Vec<usize> = (0..rank - usize::from(odd)).collect();
    let mut next = rank;
    while level.len() > 1 {
        let mut above = Vec::new();
        for pair in level.chunks(2) {
            match *pair {
                [a, b] => {
                    pairs.push([a, b]);
                    above.push(next);
                    next += 1;
                }
                [a] => above.push(a),
                _ => {}
            }
        }
        level = above;
    }
    if odd && rank > 1 {
        pairs.push([level[0], rank - 1]);
    }
    pairs
}

/// How many intermediate degrees a coupling of this rank has.
pub fn intermediates(rank: usize) -> usize {
    rank.saturating_sub(2)
}

/// Fills in the intermediate degrees that files leave out because they follow: the last is that of the odd leaf, or that
/// of its partner at the root.
pub fn completed(ls: &[u8], given: &[u8]) -> Vec<u8> {
    let rank = ls.len();
    let mut all = given.to_vec();
    if rank > 2 && all.len() + 1 == intermediates(rank) {
        let pairs = tree(rank);
        let [_, partner] = pairs[pairs.len() - 1];
        let missing = if partner < rank {
            Some(ls[partner])
        } else {
            all.get(partner - rank).copied()
        };
        // Of two intermediate degrees at the root the left one may be the one that is listed last.
        let [left, _] = pairs[pairs.len() - 1];
        let missing = missing.or_else(|| all.get(left.checked_sub(rank)?).copied());
        all.extend(missing);
    }
    all
}

/// Whether degrees can be coupled to a scalar of even parity through these intermediate degrees.
pub fn is_valid(ls: &[u8], intermediate: &[u8]) -> bool {
    let rank = ls.len();
    if intermediate.len() != intermediates(rank)
        || !ls
            .iter()
            .map(|&l| u32::from(l))
            .sum::<u32>()
            .is_multiple_of(2)
    {
        return false;
    }
    if rank == 1 {
        return ls[0] == 0;
    }
    let degree = |node: usize| -> u8 {
        if node < rank {
            ls[node]
        } else {
            intermediate[node - rank]
        }
    };
    let pairs = tree(rank);
    pairs.iter().enumerate().all(|(at, &[a, b])| {
        let (a, b) = (degree(a), degree(b));
        let to = intermediate.get(at).copied().unwrap_or(0);
        a.abs_diff(b) <= to && to <= a + b
    })
}

/// Every combination of m that adds up to zero with its coefficient, the first m fastest. Degrees are valid.
fn all_terms(ls: &[u8], intermediate: &[u8]) -> Vec<(Vec<i8>, f64)> {
    let rank = ls.len();
    let pairs = tree(rank);
    let most = ls
        .iter()
        .copied()
        .max()
        .unwrap_or(0)
        .max(intermediate.iter().copied().max().unwrap_or(0));
    let factorials = Factorials::new(3 * usize::from(most) + 2);
    let mut terms = Vec::new();
    let mut ms: Vec<i8> = ls.iter().map(|&l| -(l as i8)).collect();
    loop {
        if ms.iter().map(|&m| i32::from(m)).sum::<i32>() == 0 {
            let mut orders: Vec<i32> = ms.iter().map(|&m| i32::from(m)).collect();
            let mut coefficient = 1.0;
            for (at, &[a, b]) in pairs.iter().enumerate() {
                let degree = |node: usize| -> i32 {
                    i32::from(if node < rank {
                        ls[node]
                    } else {
                        intermediate[node - rank]
                    })
                };
                let to = i32::from(intermediate.get(at).copied().unwrap_or(0));
                let (ma, mb) = (orders[a], orders[b]);
                orders.push(ma + mb);
                coefficient *=
                    factorials.clebsch_gordan([degree(a), ma], [degree(b), mb], [to, ma + mb]);
                if coefficient == 0.0 {
                    break;
                }
            }
            if coefficient != 0.0 {
                terms.push((ms.clone(), coefficient));
            }
        }
        let Some(at) = (0..rank).find(|&at| ms[at] < ls[at] as i8) else {
            return terms;
        };
        ms[..at]
            .iter_mut()
            .zip(ls)
            .for_each(|(m, &l)| *m = -(l as i8));
        ms[at] += 1;
    }
}

/// The half of the combinations of m whose first one that is not zero is positive, or all are zero. What is left out are
/// complex conjugates, for which coefficients are doubled.
pub fn half_terms(ls: &[u8], intermediate: &[u8]) -> Vec<(Vec<i8>, f64)> {
    let sign = |ms: &[i8]| ms.iter().find(|m| **m != 0).map_or(0, |m| m.signum());
    let terms = all_terms(ls, intermediate).into_iter();
    terms
        .filter_map(|(ms, coefficient)| match sign(&ms) {
            0 => Some((ms, coefficient)),
            1 => Some((ms, 2.0 * coefficient)),
            _ => None,
        })
        .collect()
}

/// A largest linearly independent set of couplings: the intermediate degrees of each, in lexicographic order. `kinds` tells
/// which factors are alike but for their m: products do not change when such factors are exchanged.
pub fn independent(kinds: &[usize], ls: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rows: Vec<BTreeMap<Vec<i8>, f64>> = Vec::new();
    let most: u8 = ls.iter().copied().sum();
    let mut intermediate = vec![0u8; intermediates(ls.len())];
    loop {
        if is_valid(ls, &intermediate) {
            let mut row: BTreeMap<Vec<i8>, f64> = BTreeMap::new();
            for (mut ms, coefficient) in all_terms(ls, &intermediate) {
                sort_among_equals(kinds, ls, &mut ms);
                *row.entry(ms).or_default() += coefficient;
            }
            let size = norm(&row);
            // Twice, for what rounding leaves.
            for _ in 0..2 {
                for known in &rows {
                    let along: f64 = known
                        .iter()
                        .map(|(ms, value)| value * row.get(ms).copied().unwrap_or(0.0))
                        .sum();
                    for (ms, value) in known {
                        *row.entry(ms.clone()).or_default() -= along * value;
                    }
                }
            }
            let left = norm(&row);
            if left > 1e-9 * size.max(1e-9) && size > 1e-9 {
                row.values_mut().for_each(|value| *value /= left);
                rows.push(row);
                found.push(intermediate.clone());
            }
        }
        let Some(at) = (0..intermediate.len())
            .rev()
            .find(|&at| intermediate[at] < most)
        else {
            return found;
        };
        intermediate[at + 1..].fill(0);
        intermediate[at] += 1;
    }
}

/// Sorts the m of factors of one kind and degree among their places.
pub fn sort_among_equals(kinds: &[usize], ls: &[u8], ms: &mut [i8]) {
    for first in 0..ms.len() {
        for second in first + 1..ms.len() {
            if (kinds[first], ls[first]) == (kinds[second], ls[second]) && ms[second] < ms[first] {
                ms.swap(first, second);
            }
        }
    }
}

fn norm(row: &BTreeMap<Vec<i8>, f64>) -> f64 {
    row.values().map(|value| value * value).sum::<f64>().sqrt()
}

struct Factorials(Vec<f64>);

impl Factorials {
    fn new(most: usize) -> Self {
        let mut all = vec![1.0];
        for n in 1..=most {
            all.push(all[n - 1] * n as f64);
        }
        Factorials(all)
    }

    fn of(&self, n: i32) -> f64 {
        self.0[n as usize]
    }

    /// ⟨l₁ m₁ l₂ m₂ | L M⟩ by Racah's formula.
    fn clebsch_gordan(&self, [l1, m1]: [i32; 2], [l2, m2]: [i32; 2], [l, m]: [i32; 2]) -> f64 {
        if m1 + m2 != m
            || m1.abs() > l1
            || m2.abs() > l2
            || m.abs() > l
            || l < (l1 - l2).abs()
            || l > l1 + l2
        {
            return 0.0;
        }
        let f = |n: i32| self.of(n);
        let triangle = f(l1 + l2 - l) * f(l1 - l2 + l) * f(-l1 + l2 + l) / f(l1 + l2 + l + 1);
        let orders = f(l1 + m1) * f(l1 - m1) * f(l2 + m2) * f(l2 - m2) * f(l + m) * f(l - m);
        let first = 0.max(l2 - l - m1).max(l1 + m2 - l);
        let last = (l1 + l2 - l).min(l1 - m1).min(l2 + m2);
        let sum: f64 = (first..=last)
            .map(|k| {
                let sign = if k % 2 == 0 { 1.0 } else { -1.0 };
                sign / (f(k)
                    * f(l1 + l2 - l - k)
                    * f(l1 - m1 - k)
                    * f(l2 + m2 - k)
                    * f(l - l2 + m1 + k)
                    * f(l - l1 - m2 + k))
            })
            .sum();
        (f64::from(2 * l + 1) * triangle * orders).sqrt() * sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coefficients_are_those_of_textbooks() {
        let f = Factorials::new(20);
        let half = 0.5f64;
        for (a, b, c, expected) in [
            ([1, 1], [1, -1], [0, 0], (1.0f64 / 3.0).sqrt()),
            ([1, 0], [1, 0], [0, 0], -(1.0f64 / 3.0).sqrt()),
            ([1, 1], [1, 0], [1, 1], half.sqrt()),
            ([1, 0], [1, 1], [1, 1], -half.sqrt()),
            ([2, 0], [2, 0], [2, 0], -(2.0f64 / 7.0).sqrt()),
            ([2, 1], [1, -1], [1, 0], (3.0f64 / 10.0).sqrt()),
        ] {
            let found = f.clebsch_gordan(a, b, c);
            assert!(
                (found - expected).abs() < 1e-15,
                "{a:?} {b:?} {c:?}: {found}"
            );
        }
    }

    /// The trees that files rely on.
    #[test]
    fn trees_pair_from_left_to_right() {
        assert_eq!(tree(2), [[0, 1]]);
        assert_eq!(tree(3), [[0, 1], [3, 2]]);
        assert_eq!(tree(4), [[0, 1], [2, 3], [4, 5]]);
        assert_eq!(tree(5), [[0, 1], [2, 3], [5, 6], [7, 4]]);
        assert_eq!(tree(6), [[0, 1], [2, 3], [4, 5], [6, 7], [9, 8]]);
        assert_eq!(completed(&[1, 1, 2], &[]), [2]);
        assert_eq!(completed(&[1, 1, 2, 2], &[2]), [2, 2]);
        assert_eq!(completed(&[1, 1, 2, 2, 0], &[2, 2]), [2, 2, 0]);
        assert_eq!(completed(&[1, 1, 2, 2, 1, 1], &[2, 2, 0]), [2, 2, 0, 0]);
    }

    /// Numbers of couplings with degrees up to a largest one, by which factors are alike: those of pacemaker's list.
    #[test]
    fn there_are_as_many_independent_couplings_as_pacemaker_lists() {
        let table: [(&[usize], &[usize]); 11] = [
            (&[0, 0, 0], &[1, 2, 5, 8, 14, 20]),
            (&[0, 0, 1], &[1, 3, 8, 15, 27]),
            (&[0, 1, 2], &[1, 4, 11, 23, 42]),
            (&[0, 0, 0, 0], &[1, 3, 9, 23]),
            (&[0, 0, 0, 1], &[1, 4, 16, 49]),
            (&[0, 0, 1, 1], &[1, 6, 25, 76]),
            (&[0, 1, 2, 3], &[1, 10, 55, 204]),
            (&[0, 0, 0, 0, 0], &[1, 3, 13]),
            (&[0, 1, 2, 3, 4], &[1, 26]),
            (&[0, 0, 0, 0, 0, 0], &[1, 4]),
            (&[0], &[1, 1]),
        ];
        for (kinds, counts) in table {
            for (most, &expected) in counts.iter().enumerate() {
                let mut count = 0;
                let mut ls = vec![0u8; kinds.len()];
                loop {
                    // Of factors that are alike, degrees rise.
                    let rising =
                        (1..ls.len()).all(|k| kinds[k] != kinds[k - 1] || ls[k] >= ls[k - 1]);
                    if rising && ls.iter().map(|&l| u32::from(l)).sum::<u32>() % 2 == 0 {
                        count += independent(kinds, &ls).len();
                    }
                    let Some(at) = ls.iter().position(|&l| usize::from(l) < most) else {
                        break;
                    };
                    ls[..at].fill(0);
                    ls[at] += 1;
                }
                assert_eq!(count, expected, "{kinds:?} up to {most}");
            }
        }
    }

    #[test]
    fn four_alike_up_to_two_couple_as_listed() {
        let cases: [([u8; 4], &[[u8; 2]]); 8] = [
            ([0, 0, 0, 0], &[[0, 0]]),
            ([0, 0, 1, 1], &[[0, 0]]),
            ([0, 0, 2, 2], &[[0, 0]]),
            ([0, 1, 1, 2], &[[1, 1]]),
            ([0, 2, 2, 2], &[[2, 2]]),
            ([1, 1, 1, 1], &[[0, 0]]),
            ([1, 1, 2, 2], &[[0, 0], [2, 2]]),
            ([2, 2, 2, 2], &[[0, 0]]),
        ];
        for (ls, expected) in cases {
            assert_eq!(independent(&[0; 4], &ls), expected, "{ls:?}");
        }
    }
}
