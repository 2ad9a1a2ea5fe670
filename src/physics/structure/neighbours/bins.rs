//! A grid of bins over the cell and what surrounds it within reach.

use std::ops::Range;

/// Bins over fractional coordinates from `-margin` to `1 + margin` along each axis. A bin is a fraction of the reach
/// wide, and finest along the last axis, where bins that follow one another lie together in memory.
pub struct Bins {
    pub margins: [f64; 3],
    counts: [usize; 3],
    /// Bins per unit of the fractional coordinate.
    scale: [f64; 3],
    /// How many bins away something within reach can be.
    reach: [usize; 3],
}

/// Bins into which the reach is divided along each axis.
const FINENESS: [f64; 3] = [1.0, 1.0, 6.0];

impl Bins {
    /// `margins` is the reach over the height of the cell, `images` about how many there are to sort.
    pub fn new(margins: [f64; 3], images: f64) -> Self {
        let extent = margins.map(|margin| 1.0 + 2.0 * margin);
        let mut wanted: [f64; 3] = std::array::from_fn(|k| extent[k] / margins[k] * FINENESS[k]);
        // A sparse cell needs no more bins than it has atoms to put in them.
        let excess = wanted.iter().product::<f64>() / (4.0 * images).max(64.0);
        if excess > 1.0 {
            wanted = wanted.map(|count| count / excess.cbrt());
        }
        let counts = wanted.map(|count| (count.min(1e6) as usize).max(1));
        let scale: [f64; 3] = std::array::from_fn(|k| counts[k] as f64 / extent[k]);
        let reach = std::array::from_fn(|k| (margins[k] * scale[k]).ceil() as usize);
        Bins {
            margins,
            counts,
            scale,
            reach,
        }
    }

    pub fn count(&self) -> usize {
        self.counts.iter().product()
    }

    pub fn of(&self, fractional: [f64; 3]) -> u32 {
        let [i, j, k]: [usize; 3] = std::array::from_fn(|axis| {
            let at = (fractional[axis] + self.margins[axis]) * self.scale[axis];
            (at as usize).min(self.counts[axis] - 1)
        });
        ((i * self.counts[1] + j) * self.counts[2] + k) as u32
    }

    /// The runs of successive bins that may hold something within reach of what is in `bin`.
    #[inline(always)]
    pub fn rows_around(&self, bin: u32) -> impl Iterator<Item = Range<usize>> {
        let bin = bin as usize;
        let [_, rows, columns] = self.counts;
        let at = [bin / (rows * columns), bin / columns % rows, bin % columns];
        let [first, second, third]: [Range<usize>; 3] = std::array::from_fn(|axis| {
            let end = (at[axis] + self.reach[axis] + 1).min(self.counts[axis]);
            at[axis].saturating_sub(self.reach[axis])..end
        });
        first.flat_map(move |i| {
            let third = third.clone();
            second.clone().map(move |j| {
                let row = (i * rows + j) * columns;
                row + third.start..row + third.end
            })
        })
    }
}
