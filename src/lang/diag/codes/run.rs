//! `E05xx` the graph, `E06xx` the store and the outside world, `E07xx` while running.

use super::Explanation;

pub const TABLE: &[Explanation] = &[];
