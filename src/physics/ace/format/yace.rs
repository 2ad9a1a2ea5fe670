//! `.yace`: a potential in C-tilde form, as LAMMPS and pacemaker evaluate it.

use super::acejl;
use super::cursor::Cursor;
use super::yaml;
use crate::base::Element;
use crate::physics::ace::{
    Bond, CoreRepulsion, DensityTerm, Embedding, EmbeddingForm, Factor, Function, InnerCutoff,
    Interactions, MOST_RANK, Model, ModelError, RadialBasis, Site, Switch,
};

/// Reads and checks a potential.
pub fn read_yace(text: &str) -> Result<Model, ModelError> {
    read(&yaml::parse(text)?)
}

pub(super) fn read(document: &yaml::Node<'_>) -> Result<Model, ModelError> {
    let root = Cursor::root(document);
    let elements = elements(&root.get("elements")?)?;
    let bonds = bonds(&root, &root.get("bonds")?, elements)?;
    let spline_bin_ang = match root.find("deltaSplineBins")? {
        // ACEpotentials leaves it out where bonds have tables of their own.
        None if bonds.bonds.iter().any(|bond| bond.basis.is_julian()) => 0.001,
        _ => root.get("deltaSplineBins")?.number()?,
    };
    let interactions = Interactions {
        sites: sites(&root, bonds.elements.len())?,
        spline_bin_ang,
        ..bonds
    };
    let mut functions = vec![None; interactions.elements.len()];
    for (key, list) in root.get("functions")?.entries()? {
        let centre = element_number(&key, functions.len())?;
        let read: Vec<Function> = list
            .items()?
            .map(|function| read_function(&function, centre, &interactions))
            .collect::<Result<_, _>>()?;
        if functions[centre].replace(read).is_some() {
            return Err(key.fault("the element stands there twice", "keep one of them"));
        }
    }
    let pairs = |(centre, list): (usize, Option<Vec<Function>>)| {
        let mut list = list.unwrap_or_default();
        list.extend(acejl::pair_functions(&interactions, centre));
        list
    };
    let model = Model {
        functions: functions.into_iter().enumerate().map(pairs).collect(),
        interactions,
    };
    model.validate().map_err(|error| root.placed(error))?;
    Ok(model)
}

/// Symbols of elements.
pub(super) fn elements(list: &Cursor<'_>) -> Result<Vec<Element>, ModelError> {
    list.items()?
        .map(|item| {
            let symbol = item.text()?;
            Element::from_symbol(symbol).ok_or_else(|| {
                item.fault(
                    format!("`{symbol}` is no element"),
                    "give the symbol of an element, as in `Ba`",
                )
            })
        })
        .collect()
}

/// Symbols of elements in one text.
pub(super) fn elements_of_text(text: &Cursor<'_>) -> Result<Vec<Element>, ModelError> {
    let symbols = text.text()?.split_whitespace();
    let elements: Option<Vec<Element>> = symbols.map(Element::from_symbol).collect();
    match elements {
        Some(elements) if !elements.is_empty() => Ok(elements),
        _ => Err(text.fault(
            "it does not name elements",
            "give symbols of elements, as in `Ba O`",
        )),
    }
}

fn element_number(key: &Cursor<'_>, count: usize) -> Result<usize, ModelError> {
    let number: usize = key.whole()?;
    if number < count {
        return Ok(number);
    }
    Err(key.fault(
        format!("there is no element {number}"),
        format!("elements are counted from 0 to {}", count.saturating_sub(1)),
    ))
}

fn sites(root: &Cursor<'_>, count: usize) -> Result<Vec<Site>, ModelError> {
    let energies = match root.find("E0")? {
        Some(list) => {
            let energies = list.numbers()?;
            if energies.len() != count {
                return Err(list.fault(
                    format!("there are {} energies for {count} elements", energies.len()),
                    "give one for each element, in their order",
                ));
            }
            energies
        }
        None => vec![0.0; count],
    };
    let embeddings = root.get("embeddings")?;
    let mut sites: Vec<Option<Site>> = vec![None; count];
    for (key, entry) in embeddings.entries()? {
        let element = element_number(&key, count)?;
        let form = entry.get("npoti")?;
        let parameters = entry.get("FS_parameters")?;
        let site = Site {
            energy_ev: energies[element],
            embedding: Embedding {
                form: embedding_form(&form)?,
                terms: density_terms(&parameters, entry.get("ndensity")?.whole()?)?,
            },
            core_density: Switch {
                end: entry.get("rho_core_cutoff")?.number()?,
                width: entry.get("drho_core_cutoff")?.number()?,
            },
        };
        if sites[element].replace(site).is_some() {
            return Err(key.fault("the element stands there twice", "keep one of them"));
        }
    }
    let missing = sites.iter().position(Option::is_none);
    if let Some(element) = missing {
        return Err(embeddings.fault(
            format!("element {element} has none"),
            format!("add `{element}: {{ndensity: …, FS_parameters: …, npoti: …}}`"),
        ));
    }
    Ok(sites.into_iter().flatten().collect())
}

pub(super) fn embedding_form(name: &Cursor<'_>) -> Result<EmbeddingForm, ModelError> {
    let text = name.text()?;
    EmbeddingForm::from_name(text).ok_or_else(|| {
        name.fault(
            format!("there is no embedding `{text}`"),
            format!(
                "known are {}",
                EmbeddingForm::ALL.map(EmbeddingForm::name).join(" and ")
            ),
        )
    })
}

/// Weights and exponents in turns.
pub(super) fn density_terms(
    parameters: &Cursor<'_>,
    count: usize,
) -> Result<Vec<DensityTerm>, ModelError> {
    let numbers = parameters.numbers()?;
    if numbers.len() != 2 * count {
        return Err(parameters.fault(
            format!("there are {} numbers for {count} densities", numbers.len()),
            "give a weight and an exponent for each density",
        ));
    }
    let term = |pair: &[f64]| DensityTerm {
        weight: pair[0],
        exponent: pair[1],
    };
    Ok(numbers.chunks_exact(2).map(term).collect())
}

/// All bonds, with sites and bins still to be filled in.
fn bonds(
    root: &Cursor<'_>,
    list: &Cursor<'_>,
    elements: Vec<Element>,
) -> Result<Interactions, ModelError> {
    let count = elements.len();
    let mut bonds: Vec<Option<Bond>> = vec![None; count * count];
    // One for all: as in the other programs, what stands last holds.
    let mut inner_cutoff = InnerCutoff::Density;
    for (key, entry) in list.entries()? {
        let pair = key.items()?;
        if pair.len() != 2 {
            return Err(key.fault("a bond is between two elements", "write `[0, 1]: …`"));
        }
        let mut at = 0;
        for element in pair {
            at = at * count + element_number(&element, count)?;
        }
        let bond = if acejl::is_one(entry.get("radbasename")?.text()?) {
            acejl::bond(root, &entry, [at / count, at % count])?
        } else {
            bond(&entry)?
        };
        inner_cutoff = match entry.find("inner_cutoff_type")? {
            Some(name) => inner_cutoff_of(&name)?,
            None => InnerCutoff::Density,
        };
        if bonds[at].replace(bond).is_some() {
            return Err(key.fault("the bond stands there twice", "keep one of them"));
        }
    }
    if let Some(at) = bonds.iter().position(Option::is_none) {
        let (i, j) = (at / count, at % count);
        return Err(list.fault(
            format!(
                "the bond [{i}, {j}] ({} with {}) is missing",
                elements[i], elements[j]
            ),
            format!("add `[{i}, {j}]: {{…}}`: every ordered pair of elements has one"),
        ));
    }
    Ok(Interactions {
        elements,
        sites: Vec::new(),
        bonds: bonds.into_iter().flatten().collect(),
        inner_cutoff,
        spline_bin_ang: 0.0,
    })
}

pub(super) fn inner_cutoff_of(name: &Cursor<'_>) -> Result<InnerCutoff, ModelError> {
    let text = name.text()?;
    InnerCutoff::from_name(text).ok_or_else(|| {
        name.fault(
            format!("there is no inner cutoff of type `{text}`"),
            format!(
                "known are {}",
                InnerCutoff::ALL.map(InnerCutoff::name).join(", ")
            ),
        )
    })
}

/// The basis of a name, with its parameters.
pub(super) fn radial_basis(
    name: &Cursor<'_>,
    parameters: Option<&Cursor<'_>>,
) -> Result<RadialBasis, ModelError> {
    let text = name.text()?;
    let numbers = match parameters {
        Some(list) => list.numbers()?,
        None => Vec::new(),
    };
    let basis = RadialBasis::from_name(text, numbers.first().copied().unwrap_or(f64::NAN));
    match (&basis, parameters) {
        (None, _) => Err(name.fault(
            format!("there is no radial basis `{text}`"),
            format!(
                "known are {}, and ACE.jl in `.yace` files",
                RadialBasis::NAMES.join(", ")
            ),
        )),
        (Some(basis), _) if basis.lambda().is_some_and(f64::is_nan) => Err(name.fault(
            format!("{text} has a parameter"),
            "add it, as in `radparameters: [5.25]`",
        )),
        _ => Ok(basis.unwrap_or(RadialBasis::SphericalBessel)),
    }
}

fn bond(entry: &Cursor<'_>) -> Result<Bond, ModelError> {
    let or_zero = |name: &str| match entry.find(name)? {
        Some(value) => value.number(),
        None => Ok(0.0),
    };
    let (nradmax, lmax, nradbase) = (
        entry.get("nradmax")?.whole()?,
        entry.get("lmax")?.whole()?,
        entry.get("nradbasemax")?.whole()?,
    );
    Ok(Bond {
        nradmax,
        lmax,
        nradbase,
        basis: radial_basis(
            &entry.get("radbasename")?,
            entry.find("radparameters")?.as_ref(),
        )?,
        coefficients: nested(
            &entry.get("radcoefficients")?,
            [nradmax, lmax + 1, nradbase],
        )?,
        cutoff_ang: entry.get("rcut")?.number()?,
        cutoff_width_ang: entry.get("dcut")?.number()?,
        core: CoreRepulsion {
            prefactor: entry.get("prehc")?.number()?,
            exponent: entry.get("lambdahc")?.number()?,
        },
        inner: Switch {
            end: or_zero("rcut_in")?,
            width: or_zero("dcut_in")?,
        },
    })
}

/// Numbers in lists of lists of lists, by n, l and k.
pub(super) fn nested(list: &Cursor<'_>, shape: [usize; 3]) -> Result<Vec<f64>, ModelError> {
    let mut numbers = Vec::new();
    let sized = |at: &Cursor<'_>, axis: usize| {
        let found = at.items()?.len();
        if found == shape[axis] {
            return Ok(());
        }
        let what = [
            "n up to nradmax",
            "l up to lmax",
            "k up to the size of the base",
        ][axis];
        Err(at.fault(
            format!("there are {found} entries, not {}", shape[axis]),
            format!("give one for each {what}"),
        ))
    };
    sized(list, 0)?;
    for row in list.items()? {
        sized(&row, 1)?;
        for cell in row.items()? {
            sized(&cell, 2)?;
            for number in cell.items()? {
                numbers.push(number.number()?);
            }
        }
    }
    Ok(numbers)
}

fn read_function(
    entry: &Cursor<'_>,
    centre: usize,
    interactions: &Interactions,
) -> Result<Function, ModelError> {
    let mu0 = entry.get("mu0")?;
    if mu0.whole::<usize>()? != centre {
        return Err(mu0.fault(
            "the function stands among those of another element",
            format!("give {centre}, or move the function"),
        ));
    }
    let rank_at = entry.get("rank")?;
    let rank: usize = rank_at.whole()?;
    if !(1..=MOST_RANK).contains(&rank) {
        return Err(rank_at.fault(
            format!("it is {rank}"),
            format!("give a rank from 1 to {MOST_RANK}"),
        ));
    }
    let densities = entry.get("ndensity")?;
    if densities.whole::<usize>()? != interactions.sites[centre].embedding.terms.len() {
        return Err(densities.fault(
            "it is not that of the embedding of its element",
            format!("give {}", interactions.sites[centre].embedding.terms.len()),
        ));
    }
    let combinations: usize = entry.get("num_ms_combs")?.whole()?;
    let factors = factors(
        &entry.get("mus")?,
        &entry.get("ns")?,
        &entry.get("ls")?,
        rank,
    )?;
    let ms_at = entry.get("ms_combs")?;
    let ms: Vec<i8> = ms_at.wholes()?;
    if combinations.checked_mul(rank) != Some(ms.len()) {
        return Err(ms_at.fault(
            format!(
                "there are {} numbers for num_ms_combs {combinations} and rank {rank}",
                ms.len()
            ),
            "give m of every factor for each combination",
        ));
    }
    let coefficients = entry.get("ctildes")?;
    let function = Function {
        factors,
        ms,
        coefficients: coefficients.numbers()?,
    };
    function
        .validate(interactions, centre)
        .map_err(|(key, problem, help)| match entry.find(key) {
            Ok(Some(at)) => at.fault(problem, help),
            _ => entry.fault(problem, help),
        })?;
    Ok(function)
}

/// Elements, n (from 1 in files) and l of a product.
fn factors(
    mus: &Cursor<'_>,
    ns: &Cursor<'_>,
    ls: &Cursor<'_>,
    rank: usize,
) -> Result<Vec<Factor>, ModelError> {
    for list in [mus, ns, ls] {
        let found = list.items()?.len();
        if found != rank {
            return Err(list.fault(
                format!("there are {found} numbers for a rank of {rank}"),
                format!("give {rank}"),
            ));
        }
    }
    mus.items()?
        .zip(ns.items()?)
        .zip(ls.items()?)
        .map(|((mu, n), l)| {
            let number: u16 = n.whole()?;
            Ok(Factor {
                element: mu.whole()?,
                n: number
                    .checked_sub(1)
                    .ok_or_else(|| n.fault("n is 0", "n is counted from 1"))?,
                l: l.whole()?,
            })
        })
        .collect()
}
