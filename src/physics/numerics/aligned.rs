//! Floats that begin where a line of the cache does.

use std::ops::{Deref, DerefMut};

/// Floats in a line.
const LINE: usize = 8;

/// A buffer that grows and never shrinks. Vectors loaded from multiples of eight floats lie in one line of the cache each;
/// from a plain `Vec` every one of the widest would touch two.
#[derive(Debug, Default)]
pub struct Aligned {
    floats: Vec<f64>,
    /// Where the first line begins.
    start: usize,
}

impl Aligned {
    /// Makes it hold at least so many floats; new ones are zeros.
    pub fn hold(&mut self, floats: usize) {
        if self.len() >= floats {
            return;
        }
        let lines = floats.div_ceil(LINE);
        let mut grown = vec![0.0_f64; (lines + 1) * LINE];
        let start = match grown.as_ptr().align_offset(LINE * size_of::<f64>()) {
            offset if offset < LINE => offset,
            _ => 0,
        };
        grown[start..start + self.len()].copy_from_slice(self);
        grown.truncate(start + lines * LINE);
        (self.floats, self.start) = (grown, start);
    }
}

impl From<&[f64]> for Aligned {
    fn from(floats: &[f64]) -> Self {
        let mut aligned = Aligned::default();
        aligned.hold(floats.len());
        aligned[..floats.len()].copy_from_slice(floats);
        aligned
    }
}

impl Clone for Aligned {
    fn clone(&self) -> Self {
        Aligned::from(&**self)
    }
}

impl Deref for Aligned {
    type Target = [f64];
    #[inline(always)]
    fn deref(&self) -> &[f64] {
        &self.floats[self.start..]
    }
}

impl DerefMut for Aligned {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut [f64] {
        &mut self.floats[self.start..]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_begin_with_a_line_and_stay_when_more_are_held() {
        let mut floats = Aligned::from(&[1.0, 2.0, 3.0][..]);
        assert_eq!(floats.len(), 8);
        for count in [9, 100, 10_000, 5] {
            floats.hold(count);
            assert!(floats.len() >= count);
            assert_eq!(floats.as_ptr() as usize % 64, 0);
            assert_eq!(&floats[..4], &[1.0, 2.0, 3.0, 0.0]);
        }
    }
}
