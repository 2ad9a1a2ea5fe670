//! `.yaml` files of pacemaker: the B basis, block by block of species.

use std::collections::BTreeMap;

use super::cursor::Cursor;
use super::yace::{
    density_terms, elements_of_text, embedding_form, inner_cutoff_of, nested, radial_basis,
};
use super::yaml::Node;
use crate::base::Element;
use crate::physics::ace::basis::{Basis, BasisFunction};
use crate::physics::ace::core_repulsion::{CoreRepulsion, InnerCutoff, Switch};
use crate::physics::ace::coupling;
use crate::physics::ace::embedding::Embedding;
use crate::physics::ace::error::ModelError;
use crate::physics::ace::model::{
    Bond, Factor, Interactions, MOST_L, MOST_RANK, Site, check_factors,
};

/// The most combinations of m that a function may have.
const MOST_COMBINATIONS: f64 = 1e7;

/// Whether a document is one of a B basis.
pub(super) fn is_basis(document: &Node<'_>) -> bool {
    let root = Cursor::root(document);
    matches!(root.find("species"), Ok(Some(_)))
}

/// Reads and checks a basis.
pub(super) fn read(document: &Node<'_>) -> Result<Basis, ModelError> {
    let root = Cursor::root(document);
    let blocks = root.get("species")?;
    let mut elements: Vec<Element> = Vec::new();
    for block in blocks.items()? {
        for element in elements_of_text(&block.get("speciesblock")?)? {
            if !elements.contains(&element) {
                elements.push(element);
            }
        }
    }
    // Elements are counted in the order of their names.
    elements.sort_by_key(|element| element.symbol());
    let count = elements.len();
    let number = |element: &Element| elements.iter().position(|one| one == element).unwrap_or(0);
    let mut sites: Vec<Option<Site>> = vec![None; count];
    let mut bonds: Vec<Option<Bond>> = vec![None; count * count];
    let mut inner_cutoff = InnerCutoff::Density;
    let mut lists: Vec<(Vec<usize>, Cursor<'_>)> = Vec::new();
    for block in blocks.items()? {
        let name = block.get("speciesblock")?;
        let species: Vec<usize> = elements_of_text(&name)?.iter().map(number).collect();
        if (1..species.len()).any(|at| species[..at].contains(&species[at])) {
            return Err(name.fault(
                "an element stands there twice",
                "name the central element and each other once",
            ));
        }
        let same = |(other, _): &(Vec<usize>, Cursor<'_>)| {
            let sorted = |species: &[usize]| {
                let mut rest = species[1..].to_vec();
                rest.sort_unstable();
                (species[0], rest)
            };
            sorted(other) == sorted(&species)
        };
        if lists.iter().any(same) {
            return Err(name.fault("there is such a block before", "put all into one block"));
        }
        if let [element] = *species {
            sites[element] = Some(site(&block)?);
        }
        let pair = match *species {
            [element] => Some((element, element)),
            [centre, other] => Some((centre, other)),
            _ => None,
        };
        if let Some((i, j)) = pair
            && block.find("rcutij")?.is_some()
        {
            if let Some(kind) = block.find("inner_cutoff_type")? {
                inner_cutoff = inner_cutoff_of(&kind)?;
            }
            bonds[i * count + j] = Some(bond(&block)?);
        }
        lists.push((species, block));
    }
    for i in 0..count {
        for j in 0..count {
            if bonds[i * count + j].is_none() {
                let other = bonds[j * count + i].clone();
                bonds[i * count + j] = other;
            }
            let (one, other) = (&bonds[i * count + j], &bonds[j * count + i]);
            let pair = if i == j {
                elements[i].to_string()
            } else {
                format!("{} {}", elements[i], elements[j])
            };
            if one.is_none() {
                return Err(blocks.fault(
                    format!(
                        "no block says how {} and {} see each other",
                        elements[i], elements[j]
                    ),
                    format!(
                        "add a block `speciesblock: {pair}` with `rcutij` and what belongs to it"
                    ),
                ));
            }
            if let (Some(one), Some(other)) = (one, other)
                && i < j
                && (
                    one.nradbase,
                    &one.basis,
                    one.cutoff_ang,
                    one.core,
                    one.inner,
                ) != (
                    other.nradbase,
                    &other.basis,
                    other.cutoff_ang,
                    other.core,
                    other.inner,
                )
            {
                return Err(blocks.fault(
                    format!(
                        "the blocks `{pair}` and `{} {}` have other radial functions",
                        elements[j], elements[i]
                    ),
                    "give both the same, or leave them out of one",
                ));
            }
        }
    }
    if let Some(element) = sites.iter().position(Option::is_none) {
        return Err(blocks.fault(
            format!("there is no block of {} alone", elements[element]),
            format!(
                "add `speciesblock: {}` with `npoti` and `parameters`",
                elements[element]
            ),
        ));
    }
    let interactions = Interactions {
        elements,
        sites: sites.into_iter().flatten().collect(),
        bonds: bonds.into_iter().flatten().collect(),
        inner_cutoff,
        spline_bin_ang: match root.find("global")? {
            Some(global) => match global.find("DeltaSplineBins")? {
                Some(bins) => bins.number()?,
                None => 0.001,
            },
            None => 0.001,
        },
    };
    interactions
        .validate()
        .map_err(|error| root.placed(in_blocks(&lists, error)))?;
    let names: BTreeMap<&str, u8> = interactions
        .elements
        .iter()
        .enumerate()
        .map(|(at, element)| (element.symbol(), at as u8))
        .collect();
    let mut functions = vec![Vec::new(); count];
    for (species, block) in &lists {
        let Some(list) = block.find("nbody")? else {
            continue;
        };
        for entry in list.items()? {
            if let Some(function) = function(&entry, species[0], &names, &interactions)? {
                functions[species[0]].push(function);
            }
        }
    }
    let mut basis = Basis {
        interactions,
        functions,
    };
    basis.sort();
    Ok(basis)
}

/// An error about the model with the block and key that such a file has for it.
fn in_blocks(lists: &[(Vec<usize>, Cursor<'_>)], error: ModelError) -> ModelError {
    let (place, rest) = match error.path.split_once('[') {
        Some((_, rest)) => rest.split_once(']').unwrap_or((rest, "")),
        None => ("", ""),
    };
    let species: Vec<usize> = place
        .split(", ")
        .filter_map(|one| one.parse().ok())
        .collect();
    let key = match rest.trim_start_matches('.') {
        "nradmax" => "nradmaxi",
        "lmax" => "lmaxi",
        "nradbasemax" => "nradbaseij",
        "rcut" => "rcutij",
        "dcut" => "dcutij",
        "prehc" | "lambdahc" => "core-repulsion",
        "rcut_in" => "r_in",
        "dcut_in" => "delta_in",
        "rho_core_cutoff" => "rho_core_cut",
        "drho_core_cutoff" => "drho_core_cut",
        "ndensity" => "ndensityi",
        _ if rest.contains("FS_parameters") => "parameters",
        // Inside of these keys the rest is the same.
        inner if inner.starts_with("rad") => inner,
        _ if error.path == "deltaSplineBins" => {
            let path = "global.DeltaSplineBins".to_owned();
            return ModelError { path, ..error };
        }
        _ => return error,
    };
    let holds = |own: &[usize]| match *species {
        [i, j] if i == j => own == [i],
        // One block may say it for both directions.
        [i, j] => own == [i, j] || own == [j, i],
        [i] => own == [i],
        _ => false,
    };
    let block = lists.iter().position(|(own, block)| {
        let first = key.split('[').next().unwrap_or(key);
        holds(own) && block.find(first).is_ok_and(|found| found.is_some())
    });
    match block {
        Some(block) => ModelError {
            path: format!("species[{block}].{key}"),
            ..error
        },
        None => error,
    }
}

fn site(block: &Cursor<'_>) -> Result<Site, ModelError> {
    let number_or = |name: &str, default: f64| match block.find(name)? {
        Some(value) => value.number(),
        None => Ok(default),
    };
    Ok(Site {
        // Energies of free atoms are no part of such a file.
        energy_ev: 0.0,
        embedding: Embedding {
            form: embedding_form(&block.get("npoti")?)?,
            terms: density_terms(&block.get("parameters")?, block.get("ndensityi")?.whole()?)?,
        },
        core_density: Switch {
            end: number_or("rho_core_cut", 1e5)?,
            width: number_or("drho_core_cut", 250.0)?,
        },
    })
}

fn bond(block: &Cursor<'_>) -> Result<Bond, ModelError> {
    let number_or = |name: &str, default: f64| match block.find(name)? {
        Some(value) => value.number(),
        None => Ok(default),
    };
    let (nradmax, lmax, nradbase) = (
        block.get("nradmaxi")?.whole()?,
        block.get("lmaxi")?.whole()?,
        block.get("nradbaseij")?.whole()?,
    );
    let core = match block.find("core-repulsion")? {
        Some(list) => {
            let numbers = list.numbers()?;
            let [prefactor, exponent] = *numbers else {
                return Err(list.fault(
                    format!("there are {} numbers", numbers.len()),
                    "give a prefactor and an exponent",
                ));
            };
            [prefactor, exponent]
        }
        None => [0.0, 0.0],
    };
    let coefficients = block.get("radcoefficients")?;
    let flat = coefficients
        .items()?
        .next()
        .is_some_and(|first| first.number().is_ok());
    let coefficients = if flat {
        by_n_l_k(&coefficients, [nradmax, lmax + 1, nradbase])?
    } else {
        nested(&coefficients, [nradmax, lmax + 1, nradbase])?
    };
    Ok(Bond {
        nradmax,
        lmax,
        nradbase,
        basis: radial_basis(
            &block.get("radbase")?,
            block.find("radparameters")?.as_ref(),
        )?,
        coefficients,
        cutoff_ang: block.get("rcutij")?.number()?,
        cutoff_width_ang: number_or("dcutij", 0.01)?,
        core: CoreRepulsion {
            prefactor: core[0],
            exponent: core[1],
        },
        inner: Switch {
            end: number_or("r_in", 0.0)?,
            width: number_or("delta_in", 0.0)?,
        },
    })
}

/// Older files have one list, by k, n and l.
fn by_n_l_k(list: &Cursor<'_>, [ns, ls, ks]: [usize; 3]) -> Result<Vec<f64>, ModelError> {
    let numbers = list.numbers()?;
    if numbers.len() != ns * ls * ks {
        return Err(list.fault(
            format!(
                "there are {} numbers for {ns} n, {ls} l and {ks} k",
                numbers.len()
            ),
            format!("give {}", ns * ls * ks),
        ));
    }
    let mut sorted = Vec::with_capacity(numbers.len());
    for n in 0..ns {
        for l in 0..ls {
            sorted.extend((0..ks).map(|k| numbers[(k * ns + n) * ls + l]));
        }
    }
    Ok(sorted)
}

/// A function, or none if the file says to skip it.
fn function(
    entry: &Cursor<'_>,
    centre: usize,
    names: &BTreeMap<&str, u8>,
    interactions: &Interactions,
) -> Result<Option<BasisFunction>, ModelError> {
    if let Some(skip) = entry.find("skip")?
        && matches!(skip.text()?, "true" | "True" | "yes" | "1")
    {
        return Ok(None);
    }
    let kind = entry.get("type")?;
    let mut species = Vec::new();
    for symbol in kind.text()?.split_whitespace() {
        species.push(*names.get(symbol).ok_or_else(|| {
            kind.fault(
                format!("`{symbol}` is no element of this potential"),
                "name elements that have a block of their own",
            )
        })?);
    }
    let (ns, ls): (Vec<u16>, Vec<u8>) = (entry.get("nr")?.wholes()?, entry.get("nl")?.wholes()?);
    let rank = ns.len();
    if species.len() != rank + 1 || ls.len() != rank || rank == 0 {
        return Err(entry.fault(
            format!(
                "`type` names {} elements, `nr` has {rank} numbers and `nl` {}",
                species.len(),
                ls.len()
            ),
            "name the central element and one for each n and l",
        ));
    }
    if usize::from(species[0]) != centre {
        return Err(kind.fault(
            "the first element is not the one that the block begins with",
            "put the function into the block of its central element",
        ));
    }
    if rank > MOST_RANK || ls.iter().any(|&l| usize::from(l) > MOST_L) || ns.contains(&0) {
        return Err(entry.fault(
            "its rank or its n and l are out of range",
            format!("n counts from 1; l is {MOST_L} at most, the rank {MOST_RANK}"),
        ));
    }
    let size: f64 = ls
        .iter()
        .map(|&l| f64::from(2 * u32::from(l) + 1))
        .product();
    if size > MOST_COMBINATIONS {
        return Err(entry.fault(
            "it has too many combinations of m",
            "lower its l or its rank",
        ));
    }
    let given: Vec<u8> = match entry.find("lint")? {
        Some(list) => list.wholes()?,
        None => Vec::new(),
    };
    let intermediate = coupling::completed(&ls, &given);
    if !coupling::is_valid(&ls, &intermediate) {
        return Err(entry.fault(
            format!("l {ls:?} do not couple to a scalar through {given:?}"),
            "give an even sum of l, and `lint` between the difference and the sum of what it couples",
        ));
    }
    let c = entry.get("c")?;
    let coefficients = match c.number() {
        Ok(single) => vec![single],
        Err(_) => c.numbers()?,
    };
    let densities = interactions.sites[centre].embedding.terms.len();
    if !coefficients.iter().all(|c| c.is_finite()) {
        return Err(c.fault(
            "a coefficient is no finite number",
            "the fit failed; use another file",
        ));
    }
    if coefficients.len() != densities {
        return Err(c.fault(
            format!(
                "there are {} coefficients for {densities} densities",
                coefficients.len()
            ),
            "give one for each density of the central element",
        ));
    }
    let factors = species[1..]
        .iter()
        .zip(ns.iter().zip(&ls))
        .map(|(&element, (&n, &l))| Factor {
            element,
            n: n - 1,
            l,
        })
        .collect();
    let function = BasisFunction {
        factors,
        intermediate,
        coefficients,
    };
    check_factors(&function.factors, interactions, centre)
        .map_err(|(_, problem, help)| entry.fault(problem, help))?;
    if function.projection().ms.is_empty() {
        return Err(entry.fault("it vanishes for all atoms", "leave it out"));
    }
    Ok(Some(function))
}
