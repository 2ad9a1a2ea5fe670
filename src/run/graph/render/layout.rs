use std::collections::BTreeMap;

/// Space between boxes of one layer, and between layers.
const GAP: f64 = 18.0;
const LAYER_GAP: f64 = 70.0;
/// Height that an arrow takes where it passes through a layer.
const LANE: f64 = 8.0;
/// Rounds of reordering against crossings, and of moving towards neighbours.
const SWEEPS: usize = 6;

/// Where everything is: boxes as (left, top), arrows as points from layer to layer.
pub(super) struct Layout {
    pub boxes: Vec<(f64, f64)>,
    pub arrows: Vec<Vec<(f64, f64)>>,
    pub width: f64,
    pub height: f64,
}

/// Something in a layer: a box, or an arrow passing through.
struct Item {
    layer: usize,
    height: f64,
    left: Vec<usize>,
    right: Vec<usize>,
    /// Centre.
    y: f64,
}

/// Layers from left to right in the manner of Sugiyama, Tagawa and Toda (IEEE Trans. Syst. Man Cybern. 11, 109,
/// 1981): longest-path layers, order by barycentres, then places by least squares.
pub(super) fn layout(sizes: &[(f64, f64)], arrows: &[(usize, usize)]) -> Layout {
    let layers_of = layers(sizes.len(), arrows);
    let mut items: Vec<Item> = sizes
        .iter()
        .zip(&layers_of)
        .map(|((_, height), layer)| Item {
            layer: *layer,
            height: *height,
            left: Vec::new(),
            right: Vec::new(),
            y: 0.0,
        })
        .collect();
    let mut ways: Vec<Vec<usize>> = Vec::with_capacity(arrows.len());
    for (from, to) in arrows {
        // An arrow of a ring may lead back; it is laid out as if it led forward.
        let (first, last) = if layers_of[*from] <= layers_of[*to] {
            (*from, *to)
        } else {
            (*to, *from)
        };
        let mut way = vec![first];
        for layer in layers_of[first] + 1..layers_of[last] {
            let lane = items.len();
            items.push(Item {
                layer,
                height: LANE,
                left: Vec::new(),
                right: Vec::new(),
                y: 0.0,
            });
            way.push(lane);
        }
        way.push(last);
        for pair in way.windows(2) {
            if items[pair[0]].layer != items[pair[1]].layer {
                items[pair[0]].right.push(pair[1]);
                items[pair[1]].left.push(pair[0]);
            }
        }
        if first != *from {
            way.reverse();
        }
        ways.push(way);
    }
    let count = layers_of.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (at, item) in items.iter().enumerate() {
        layers[item.layer].push(at);
    }
    reorder(&mut items, &mut layers);
    place(&mut items, &layers);
    let mut lefts = Vec::with_capacity(count);
    let mut x = GAP;
    for layer in &layers {
        lefts.push(x);
        x += layer_width(layer, sizes) + LAYER_GAP;
    }
    let top = items
        .iter()
        .map(|item| item.y - item.height / 2.0)
        .fold(f64::INFINITY, f64::min);
    let bottom = items
        .iter()
        .map(|item| item.y + item.height / 2.0)
        .fold(0.0, f64::max);
    let shift = if top.is_finite() { GAP - top } else { 0.0 };
    let boxes = (0..sizes.len())
        .map(|at| {
            (
                lefts[items[at].layer],
                items[at].y - items[at].height / 2.0 + shift,
            )
        })
        .collect();
    let arrows = ways
        .iter()
        .map(|way| points(way, &items, &layers, &lefts, sizes, shift))
        .collect();
    Layout {
        boxes,
        arrows,
        width: (x - LAYER_GAP + GAP).max(2.0 * GAP),
        height: bottom + shift + GAP,
    }
}

fn layer_width(layer: &[usize], sizes: &[(f64, f64)]) -> f64 {
    layer
        .iter()
        .filter_map(|item| sizes.get(*item))
        .map(|(width, _)| *width)
        .fold(0.0, f64::max)
}

/// Where an arrow goes: out of the first box on its side, straight through lanes, into the last box.
fn points(
    way: &[usize],
    items: &[Item],
    layers: &[Vec<usize>],
    lefts: &[f64],
    sizes: &[(f64, f64)],
    shift: f64,
) -> Vec<(f64, f64)> {
    let forward = items[way[0]].layer <= items[way[way.len() - 1]].layer;
    let mut points = Vec::with_capacity(2 * way.len());
    for (at, item) in way.iter().enumerate() {
        let Item { layer, y, .. } = items[*item];
        let left = lefts[layer];
        let y = y + shift;
        match sizes.get(*item) {
            Some((width, _)) if (at == 0) == forward => points.push((left + width, y)),
            Some(_) => points.push((left, y)),
            None => {
                let right = left + layer_width(&layers[layer], sizes);
                points.extend(if forward {
                    [(left, y), (right, y)]
                } else {
                    [(right, y), (left, y)]
                });
            }
        }
    }
    points
}

/// The length of the longest way to each box. Boxes of a ring come after all others.
fn layers(count: usize, arrows: &[(usize, usize)]) -> Vec<usize> {
    let mut missing = vec![0_usize; count];
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); count];
    for (from, to) in arrows {
        missing[*to] += 1;
        next[*from].push(*to);
    }
    let mut layer = vec![0_usize; count];
    let mut ready: Vec<usize> = (0..count).filter(|at| missing[*at] == 0).collect();
    let mut seen = vec![false; count];
    while let Some(at) = ready.pop() {
        seen[at] = true;
        for to in &next[at] {
            layer[*to] = layer[*to].max(layer[at] + 1);
            missing[*to] -= 1;
            if missing[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    // What nothing leads to stands directly before the first that needs it.
    for at in 0..count {
        let needs_nothing = seen[at] && layer[at] == 0;
        if needs_nothing
            && let Some(first) = next[at]
                .iter()
                .filter(|to| seen[**to])
                .map(|to| layer[*to])
                .min()
        {
            layer[at] = first.saturating_sub(1);
        }
    }
    let last = layer.iter().max().copied().unwrap_or(0);
    for at in 0..count {
        if !seen[at] {
            layer[at] = layer[at].max(last);
        }
    }
    layer
}

/// Orders each layer by the mean place of the neighbours, going forth and back.
fn reorder(items: &mut [Item], layers: &mut [Vec<usize>]) {
    let mut place: Vec<f64> = vec![0.0; items.len()];
    let number = |layer: &[usize], place: &mut Vec<f64>| {
        let middle = layer.len() as f64 / 2.0;
        for (at, item) in layer.iter().enumerate() {
            place[*item] = at as f64 - middle;
        }
    };
    for layer in layers.iter() {
        number(layer, &mut place);
    }
    for sweep in 0..SWEEPS {
        let forward = sweep % 2 == 0;
        let count = layers.len();
        for step in 0..count {
            let at = if forward { step } else { count - 1 - step };
            let mut keyed: BTreeMap<usize, f64> = BTreeMap::new();
            for item in &layers[at] {
                let neighbours = if forward {
                    &items[*item].left
                } else {
                    &items[*item].right
                };
                let mean = if neighbours.is_empty() {
                    place[*item]
                } else {
                    neighbours.iter().map(|other| place[*other]).sum::<f64>()
                        / neighbours.len() as f64
                };
                keyed.insert(*item, mean);
            }
            layers[at].sort_by(|a, b| keyed[a].total_cmp(&keyed[b]));
            number(&layers[at], &mut place);
        }
    }
}

/// Moves every item towards its neighbours as far as the order and the gaps allow.
fn place(items: &mut [Item], layers: &[Vec<usize>]) {
    for layer in layers {
        let wanted = vec![0.0; layer.len()];
        settle(items, layer, &wanted);
    }
    for sweep in 0..2 * SWEEPS {
        let forward = sweep % 2 == 0;
        for step in 0..layers.len() {
            let layer = &layers[if forward {
                step
            } else {
                layers.len() - 1 - step
            }];
            let wanted: Vec<f64> = layer
                .iter()
                .map(|item| {
                    let item = &items[*item];
                    let around = item.left.iter().chain(&item.right);
                    let count = item.left.len() + item.right.len();
                    if count == 0 {
                        item.y
                    } else {
                        around.map(|other| items[*other].y).sum::<f64>() / count as f64
                    }
                })
                .collect();
            settle(items, layer, &wanted);
        }
    }
}

/// The places closest to the wanted ones (least squares) that keep the order and the gaps: isotonic regression
/// by pooling adjacent violators.
fn settle(items: &mut [Item], layer: &[usize], wanted: &[f64]) {
    // With the stacked offsets taken off, "in order and apart" becomes "not falling".
    let mut offsets = Vec::with_capacity(layer.len());
    let mut offset = 0.0;
    for (at, item) in layer.iter().enumerate() {
        if at > 0 {
            offset += f64::midpoint(items[layer[at - 1]].height, items[*item].height) + GAP;
        }
        offsets.push(offset);
    }
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (wanted, offset) in wanted.iter().zip(&offsets) {
        let mut pool = (wanted - offset, 1);
        while let Some((mean, count)) = pools.last().copied() {
            if mean <= pool.0 {
                break;
            }
            let all = count + pool.1;
            pool = (
                (mean * count as f64 + pool.0 * pool.1 as f64) / all as f64,
                all,
            );
            pools.pop();
        }
        pools.push(pool);
    }
    let means = pools
        .iter()
        .flat_map(|(mean, count)| std::iter::repeat_n(*mean, *count));
    for ((item, offset), mean) in layer.iter().zip(&offsets).zip(means) {
        items[*item].y = mean + offset;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_of_a_layer_do_not_overlap_and_arrows_lead_to_the_right() {
        let sizes = vec![(80.0, 40.0); 8];
        let arrows = [
            (0, 2),
            (1, 2),
            (2, 3),
            (2, 4),
            (3, 5),
            (4, 5),
            (0, 5),
            (6, 5),
            (7, 3),
        ];
        let layout = layout(&sizes, &arrows);
        for a in 0..8 {
            for b in a + 1..8 {
                let ((ax, ay), (bx, by)) = (layout.boxes[a], layout.boxes[b]);
                assert!(
                    (ax - bx).abs() >= 80.0 || (ay - by).abs() >= 40.0,
                    "{a} and {b} overlap"
                );
            }
        }
        for (from, to) in arrows {
            assert!(layout.boxes[from].0 < layout.boxes[to].0);
        }
        // The arrow from 0 to 5 passes layers, and does so beside their boxes.
        for (x, y) in &layout.arrows[6][1..layout.arrows[6].len() - 1] {
            assert!(layout.boxes.iter().all(|(left, top)| {
                !(left < x && *x < left + 80.0 && *top < *y && *y < top + 40.0)
            }));
        }
    }

    #[test]
    fn rings_and_nothing_at_all_are_laid_out() {
        assert!(layout(&[], &[]).width > 0.0);
        let ring = layout(&[(80.0, 40.0); 3], &[(0, 1), (1, 2), (2, 1)]);
        assert_eq!(ring.arrows.len(), 3);
    }
}
