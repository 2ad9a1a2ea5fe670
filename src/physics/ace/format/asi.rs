//! `.asi` files of pacemaker: inverted active sets, an array for each element in an archive of NumPy.

use std::io::Cursor as Bytes;

use crate::physics::ace::active_set::{ActiveSet, Extent};
use crate::physics::ace::basis::Basis;
use crate::physics::ace::error::ModelError;
use crate::physics::io::NpzReader;

/// Reads the active set of a basis.
pub fn read_asi(bytes: &[u8], basis: &Basis) -> Result<ActiveSet, ModelError> {
    let fault = |path: &str, problem: String, help: &str| ModelError::new(path, problem, help);
    let mut archive = NpzReader::new(Bytes::new(bytes)).map_err(|error| {
        fault(
            "",
            format!("the active set cannot be read: {error}"),
            "give the `.asi` file that pace_activeset wrote",
        )
    })?;
    let projections = basis.projections();
    let mut extent = None;
    let mut inverses = Vec::new();
    for (centre, element) in basis.interactions.elements.iter().enumerate() {
        let name = element.symbol();
        let array = archive.array::<f64>(name).map_err(|error| {
            fault(
                name,
                format!("the active set of {name} cannot be read: {error}"),
                "give an active set of this potential: it has an array for each of its elements",
            )
        })?;
        let functions = projections[centre].len();
        let densities = basis.interactions.densities(centre);
        let found = match *array.shape() {
            [rows, columns] if rows == columns => rows,
            _ => 0,
        };
        // With one density both are the same, unless it is not linear in it.
        let own = if found == functions && densities > 1 {
            Extent::Linear
        } else if found == functions * densities {
            if densities > 1 {
                Extent::Full
            } else {
                Extent::Linear
            }
        } else {
            return Err(fault(
                name,
                format!(
                    "the active set of {name} is of shape {:?}; the potential has {functions} functions and {densities} densities",
                    array.shape()
                ),
                "give the active set that was made for this potential",
            ));
        };
        if *extent.get_or_insert(own) != own {
            return Err(fault(
                name,
                "it is linear for one element and full for another".to_owned(),
                "make it anew for all elements",
            ));
        }
        let inverse: Vec<f64> = array.iter().copied().collect();
        if inverse.iter().any(|value| !value.is_finite()) {
            return Err(fault(
                name,
                format!("the active set of {name} has a number that is not finite"),
                "make it anew",
            ));
        }
        inverses.push(inverse);
    }
    Ok(ActiveSet {
        extent: extent.unwrap_or(Extent::Linear),
        projections,
        inverses,
    })
}
