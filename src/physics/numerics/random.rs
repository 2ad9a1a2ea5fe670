//! Deterministic random streams.
//!
//! ChaCha with 8 rounds (Bernstein 2008) makes the bits; everything made of them (uniform numbers, bounded integers,
//! shuffles) is written here, so that a result never changes with the version of a crate. A stream is found from a
//! seed of 32 bytes and any number of labels (replica, purpose, event …): streams with different labels are
//! independent, and a label gives the same stream whatever else was drawn.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Deserialize, Serialize};

/// A stream of random numbers that can be put down and taken up again.
#[derive(Debug, Clone)]
pub struct Stream {
    key: [u8; 32],
    source: ChaCha8Rng,
}

/// Where a stream stands: enough to go on with the very next number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    pub key: [u8; 32],
    /// Words of 32 bits drawn so far.
    pub words: u64,
}

impl Stream {
    /// The stream of a seed and its labels. Each label takes the key to the first half of the ChaCha block that the
    /// label numbers, so `[a, b]`, `[b, a]` and `[a]` are unrelated.
    pub fn new(seed: [u8; 32], labels: &[u64]) -> Self {
        let mut key = seed;
        for label in labels {
            let mut source = ChaCha8Rng::from_seed(key);
            source.set_stream(label.wrapping_add(1));
            source.fill_bytes(&mut key);
        }
        Stream {
            key,
            source: ChaCha8Rng::from_seed(key),
        }
    }

    /// A stream of its own below this one; where this one stands does not matter.
    pub fn child(&self, label: u64) -> Self {
        Stream::new(self.key, &[label])
    }

    pub fn position(&self) -> Position {
        Position {
            key: self.key,
            words: self.source.get_word_pos() as u64,
        }
    }

    pub fn resume(position: &Position) -> Self {
        let mut source = ChaCha8Rng::from_seed(position.key);
        source.set_word_pos(u128::from(position.words));
        Stream {
            key: position.key,
            source,
        }
    }

    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.source.next_u64()
    }

    /// The next bytes.
    pub(super) fn fill(&mut self, bytes: &mut [u8]) {
        self.source.fill_bytes(bytes);
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        (self.bits() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in 0 .. `bound` without bias (Lemire, ACM Trans. Model. Comput. Simul. 29, 3, 2019); 0 for a bound
    /// of 0 or 1.
    #[inline]
    pub fn below(&mut self, bound: u64) -> u64 {
        let mut product = u128::from(self.bits()) * u128::from(bound);
        if (product as u64) < bound {
            let threshold = bound.wrapping_neg() % bound;
            while (product as u64) < threshold {
                product = u128::from(self.bits()) * u128::from(bound);
            }
        }
        (product >> 64) as u64
    }

    /// Fisher and Yates' shuffle: every order is equally likely.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last as u64 + 1) as usize;
            items.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_chacha8() {
        // ChaCha8, key and nonce zero: first block of the keystream (draft-strombergson-chacha-test-vectors, TC1).
        let mut stream = Stream::new([0; 32], &[]);
        let first: Vec<u8> = (0..2).flat_map(|_| stream.bits().to_le_bytes()).collect();
        assert_eq!(
            first,
            [
                0x3e, 0x00, 0xef, 0x2f, 0x89, 0x5f, 0x40, 0xd6, 0x7f, 0x5b, 0xb8, 0xe8, 0x1f, 0x09,
                0xa5, 0xa1
            ]
        );
    }

    #[test]
    fn labels_make_unrelated_streams() {
        let first = |labels: &[u64]| Stream::new([7; 32], labels).bits();
        let all = [
            first(&[]),
            first(&[0]),
            first(&[1]),
            first(&[0, 1]),
            first(&[1, 0]),
        ];
        for (i, a) in all.iter().enumerate() {
            assert!(all[..i].iter().all(|b| a != b), "{all:?}");
        }
        let mut drawn = Stream::new([7; 32], &[]);
        drawn.bits();
        assert_eq!(drawn.child(1).bits(), first(&[1]));
    }

    #[test]
    fn a_stream_goes_on_where_it_was_put_down() {
        let mut whole = Stream::new([3; 32], &[5]);
        for drawn in 0..200 {
            let mut again = Stream::resume(&whole.position());
            assert_eq!(again.bits(), whole.bits(), "after {drawn}");
        }
    }

    #[test]
    fn bounded_numbers_are_even() {
        let mut stream = Stream::new([1; 32], &[]);
        let mut seen = [0u32; 6];
        for _ in 0..60_000 {
            seen[stream.below(6) as usize] += 1;
        }
        // Chi squared of five degrees of freedom: 20.5 at 0.1 %.
        let chi: f64 = seen
            .iter()
            .map(|&n| (f64::from(n) - 1e4).powi(2) / 1e4)
            .sum();
        assert!(chi < 20.5, "{seen:?}");
        let mean = (0..100_000).map(|_| stream.uniform()).sum::<f64>() / 1e5;
        assert!((mean - 0.5).abs() < 4.0 / (12.0f64 * 1e5).sqrt());
        assert_eq!(stream.below(1), 0);
        assert_eq!(stream.below(0), 0);
    }
}
