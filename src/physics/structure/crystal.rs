//! Crystals from a cell, the operations of a group and the atoms that these do not make of one another.

use thiserror::Error;

use super::cell::Cell;
use super::configuration::Structure;
use super::linear::{norm, subtract};
use super::symmetry::{Operation, preserves};
use crate::base::Element;

/// An atom and where it is, in fractional coordinates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Site {
    pub element: Element,
    pub fractional: [f64; 3],
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum CrystalError {
    #[error("the cell has not the symmetry of the operations")]
    Cell,
    #[error(
        "{first_element} (site {first}) and {second_element} (site {second}) lie {distance_ang:.3} Å apart, one upon the \
         other"
    )]
    Together {
        first: usize,
        first_element: Element,
        second: usize,
        second_element: Element,
        distance_ang: f64,
    },
    #[error("the crystal has more than {0} atoms in its cell")]
    TooMany(usize),
}

/// The most atoms of a cell that are made from sites.
const MOST: usize = 1_000_000;

/// All atoms of the cell. Images of a site that come within `merge_ang` of one another are one atom, and it is moved to
/// the special position between them; so are sites of the same element. The order is that of the sites, and in a site
/// that of the operations.
pub fn crystal(
    cell: Cell,
    operations: &[Operation],
    sites: &[Site],
    merge_ang: f64,
) -> Result<Structure, CrystalError> {
    if !preserves(&cell, operations) {
        return Err(CrystalError::Cell);
    }
    if sites.len().saturating_mul(operations.len()) > MOST * 8 {
        return Err(CrystalError::TooMany(MOST));
    }
    let distance = |a: [f64; 3], b: [f64; 3]| {
        let whole = subtract(a, b).map(|x| x - x.round());
        norm(cell.to_cartesian(whole))
    };
    // Sites with their atoms by fractional coordinates; the number is the site's.
    let mut atoms: Vec<(usize, [f64; 3])> = Vec::new();
    for (at, site) in sites.iter().enumerate() {
        let point = special(&cell, operations, site.fractional, merge_ang);
        let mut orbit: Vec<[f64; 3]> = Vec::new();
        for operation in operations {
            let image = operation.apply(point).map(fold);
            if orbit
                .iter()
                .all(|known| distance(*known, image) > merge_ang)
            {
                orbit.push(image);
            }
        }
        atoms.extend(orbit.into_iter().map(|image| (at, image)));
    }
    let mut double = vec![false; atoms.len()];
    for (first, second) in close_pairs(&cell, &atoms, merge_ang) {
        let ((a, from), (b, to)) = (atoms[first], atoms[second]);
        if sites[a].element != sites[b].element {
            return Err(CrystalError::Together {
                first: a + 1,
                first_element: sites[a].element,
                second: b + 1,
                second_element: sites[b].element,
                distance_ang: distance(from, to),
            });
        }
        if !double[first] {
            double[second] = true;
        }
    }
    let kept = atoms
        .iter()
        .zip(double)
        .filter(|(_, double)| !double)
        .map(|(atom, _)| *atom);
    let (elements, positions_ang) = kept
        .map(|(at, point)| (sites[at].element, cell.to_cartesian(point)))
        .unzip();
    Ok(Structure {
        cell,
        elements,
        positions_ang,
    })
}

/// The mean of the images of a point that fall on it: where its site symmetry wants it exactly.
fn special(cell: &Cell, operations: &[Operation], point: [f64; 3], merge_ang: f64) -> [f64; 3] {
    let mut sum = [0.0; 3];
    let mut count = 0.0;
    for operation in operations {
        let image = operation.apply(point);
        let away = subtract(image, point).map(|x| x - x.round());
        if norm(cell.to_cartesian(away)) <= merge_ang {
            count += 1.0;
            for axis in 0..3 {
                sum[axis] += away[axis];
            }
        }
    }
    if count == 0.0 {
        return point;
    }
    std::array::from_fn(|axis| point[axis] + sum[axis] / count)
}

/// Into [0, 1), with what rounding left just below one at zero.
fn fold(x: f64) -> f64 {
    let folded = x.rem_euclid(1.0);
    if (1e-12..=1.0 - 1e-12).contains(&folded) {
        folded
    } else {
        0.0
    }
}

/// Pairs of atoms of different sites within `reach_ang`, the earlier atom first.
fn close_pairs(cell: &Cell, atoms: &[(usize, [f64; 3])], reach_ang: f64) -> Vec<(usize, usize)> {
    let reach = reach_ang / cell.heights_ang()[0];
    let mut order: Vec<usize> = (0..atoms.len()).collect();
    order.sort_by(|a, b| atoms[*a].1[0].total_cmp(&atoms[*b].1[0]));
    let mut pairs = Vec::new();
    for (rank, first) in order.iter().enumerate() {
        let x = atoms[*first].1[0];
        for next in rank + 1..rank + order.len() {
            let second = &order[next % order.len()];
            let wraps = next >= order.len();
            let ahead = atoms[*second].1[0] - x + f64::from(u8::from(wraps));
            if ahead > reach {
                break;
            }
            let away = subtract(atoms[*first].1, atoms[*second].1).map(|x| x - x.round());
            if atoms[*first].0 != atoms[*second].0 && norm(cell.to_cartesian(away)) <= reach_ang {
                pairs.push((*first.min(second), *first.max(second)));
            }
        }
    }
    pairs.sort_unstable();
    pairs.dedup();
    pairs
}

#[cfg(test)]
mod tests {
    use super::super::symmetry::{SpaceGroup, Symmetry};
    use super::*;

    fn site(symbol: &str, fractional: [f64; 3]) -> Site {
        Site {
            element: Element::from_symbol(symbol).unwrap(),
            fractional,
        }
    }

    #[test]
    fn images_on_special_positions_are_one_atom_at_the_exact_place() {
        let group = SpaceGroup::from_symbol("P6_3/mmc").unwrap();
        let cell = group
            .cell([Some(2.95), None, Some(4.686)], [None; 3])
            .unwrap();
        let sites = [site("Ti", [0.3333, 0.6667, 0.25])];
        let hcp = crystal(cell, &group.operations(), &sites, 0.05).unwrap();
        assert_eq!(hcp.len(), 2);
        let at = cell.to_fractional(hcp.positions_ang[0]);
        assert!(
            (at[0] - 1.0 / 3.0).abs() < 1e-12 && (at[1] - 2.0 / 3.0).abs() < 1e-12,
            "{at:?}"
        );
        assert_eq!(Symmetry::of(&hcp, 1e-4).unwrap().group.number(), 194);
    }

    #[test]
    fn a_list_of_all_atoms_with_all_operations_has_no_atom_twice() {
        let group = SpaceGroup::from_number(225).unwrap();
        let cell = group.cell([Some(5.523), None, None], [None; 3]).unwrap();
        let all = [
            site("Ba", [0.0; 3]),
            site("O", [0.5, 0.5, 0.5]),
            site("Ba", [0.5, 0.5, 0.0]),
            site("O", [0.0, 0.9999999, 0.5]),
        ];
        let rocksalt = crystal(cell, &group.operations(), &all, 0.05).unwrap();
        assert_eq!(rocksalt.len(), 8);
        let clash = [site("Ba", [0.0; 3]), site("O", [0.5, 0.5, 0.001])];
        assert!(matches!(
            crystal(cell, &group.operations(), &clash, 0.05),
            Err(CrystalError::Together {
                first: 1,
                second: 2,
                ..
            })
        ));
    }

    #[test]
    fn a_cell_without_the_symmetry_is_refused() {
        let cubic = SpaceGroup::from_number(221).unwrap();
        let cell = Cell::orthorhombic([4.0, 4.0, 4.1]).unwrap();
        let at_origin = [site("Ba", [0.0; 3])];
        let refused = crystal(cell, &cubic.operations(), &at_origin, 0.05);
        assert_eq!(refused, Err(CrystalError::Cell));
    }
}
