use crate::physics::structure::Cell;

/// Calls `found(i, j, vector from i to j, squared distance)` for every pair of atoms, images included, that is closer
/// than `cutoff_ang`: once for each pair, with i <= j; i = j for an atom and its own image.
pub fn for_each_pair(
    cell: &Cell,
    positions_ang: &[[f64; 3]],
    cutoff_ang: f64,
    mut found: impl FnMut(usize, usize, [f64; 3], f64),
) {
    let squared = cutoff_ang * cutoff_ang;
    let heights = cell.heights_ang();
    let fractional: Vec<[f64; 3]> = positions_ang
        .iter()
        .map(|position| cell.to_fractional(*position).map(|x| x - x.floor()))
        .collect();
    let mut offer = |i: usize, j: usize, between: [f64; 3]| {
        let vector = cell.to_cartesian(between);
        let distance = vector.iter().map(|x| x * x).sum::<f64>();
        if distance < squared {
            found(i, j, vector, distance);
        }
    };
    let atoms = positions_ang.len();
    let bins: [usize; 3] = heights.map(|height| ((height / cutoff_ang) as usize).clamp(1, 64));
    let nearest_is_enough = heights.iter().all(|height| 2.0 * cutoff_ang <= *height);
    if nearest_is_enough && (atoms < 500 || bins.iter().any(|count| *count < 4)) {
        for i in 0..atoms {
            for j in i + 1..atoms {
                let between = std::array::from_fn(|k| {
                    let apart = fractional[j][k] - fractional[i][k];
                    apart - apart.round()
                });
                offer(i, j, between);
            }
        }
        return;
    }
    // Cells of a grid at least as wide as the cutoff, or, in a small cell, as many images as it reaches.
    let reach: [i64; 3] =
        std::array::from_fn(|k| (cutoff_ang / (heights[k] / bins[k] as f64)).ceil() as i64);
    let bin = |at: [usize; 3]| (at[0] * bins[1] + at[1]) * bins[2] + at[2];
    let place = |one: &[f64; 3]| -> [usize; 3] {
        std::array::from_fn(|k| ((one[k] * bins[k] as f64) as usize).min(bins[k] - 1))
    };
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); bins.iter().product()];
    for (atom, one) in fractional.iter().enumerate() {
        members[bin(place(one))].push(atom);
    }
    for (i, here) in fractional.iter().enumerate() {
        let at = place(here);
        for x in -reach[0]..=reach[0] {
            for y in -reach[1]..=reach[1] {
                for z in -reach[2]..=reach[2] {
                    let steps = [x, y, z];
                    let there: [i64; 3] = std::array::from_fn(|k| at[k] as i64 + steps[k]);
                    let inside: [usize; 3] =
                        std::array::from_fn(|k| there[k].rem_euclid(bins[k] as i64) as usize);
                    let image: [i64; 3] =
                        std::array::from_fn(|k| there[k].div_euclid(bins[k] as i64));
                    for &j in &members[bin(inside)] {
                        // Half of the images of an atom itself: those that lie above it.
                        if j > i || j == i && image > [0, 0, 0] {
                            let between = std::array::from_fn(|k| {
                                fractional[j][k] + image[k] as f64 - here[k]
                            });
                            offer(i, j, between);
                        }
                    }
                }
            }
        }
    }
}
