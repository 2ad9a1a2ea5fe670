//! Potentials in the files that python-ace and LAMMPS read. Numbers are written such that they read back to the last bit.

use std::fmt::Write;
use std::io::Cursor as Bytes;

use super::acejl;
use crate::physics::ace::active_set::ActiveSet;
use crate::physics::ace::basis::{Basis, BasisFunction};
use crate::physics::ace::error::ModelError;
use crate::physics::ace::model::{Bond, Function, Model, Site};
use crate::physics::io::NpzWriter;

/// A `.yace` file: the form in which LAMMPS evaluates.
pub fn write_yace(model: &Model) -> String {
    let interactions = &model.interactions;
    let symbols: Vec<&str> = interactions
        .elements
        .iter()
        .map(|one| one.symbol())
        .collect();
    let mut out = format!("elements: [{}]\n", symbols.join(", "));
    let energies = interactions.sites.iter().map(|site| site.energy_ev);
    let _ = writeln!(out, "E0: {}", list(energies));
    let _ = writeln!(
        out,
        "deltaSplineBins: {}",
        number(interactions.spline_bin_ang)
    );
    out.push_str("embeddings:\n");
    for (at, site) in interactions.sites.iter().enumerate() {
        let _ = writeln!(
            out,
            "  {at}: {{ndensity: {}, FS_parameters: {}, npoti: {}, rho_core_cutoff: {}, drho_core_cutoff: {}}}",
            site.embedding.terms.len(),
            parameters(site),
            site.embedding.form.name(),
            number(site.core_density.end),
            number(site.core_density.width),
        );
    }
    if interactions.bonds[0].basis.is_julian() {
        acejl::write_top(model, &mut out);
    }
    out.push_str("bonds:\n");
    let count = interactions.elements.len();
    for (at, bond) in interactions.bonds.iter().enumerate() {
        if let Some(keys) = acejl::keys_of_bond(bond) {
            let _ = writeln!(out, "  [{}, {}]: {{{keys}}}", at / count, at % count);
            continue;
        }
        let _ = writeln!(
            out,
            "  [{}, {}]: {{nradmax: {}, lmax: {}, nradbasemax: {}, radbasename: {}, radparameters: {}, radcoefficients: {}, \
             prehc: {}, lambdahc: {}, rcut: {}, dcut: {}, rcut_in: {}, dcut_in: {}, inner_cutoff_type: {}}}",
            at / count,
            at % count,
            bond.nradmax,
            bond.lmax,
            bond.nradbase,
            bond.basis.name(),
            list([bond.basis.lambda().unwrap_or(5.25)]),
            by_n_and_l(bond),
            number(bond.core.prefactor),
            number(bond.core.exponent),
            number(bond.cutoff_ang),
            number(bond.cutoff_width_ang),
            number(bond.inner.end),
            number(bond.inner.width),
            interactions.inner_cutoff.name(),
        );
    }
    out.push_str("functions:\n");
    for (centre, functions) in model.functions.iter().enumerate() {
        let listed = |one: &&Function| !acejl::is_pair_function(interactions, centre, one);
        let functions: Vec<&Function> = functions.iter().filter(listed).collect();
        let _ = writeln!(
            out,
            "  {centre}:{}",
            if functions.is_empty() { " []" } else { "" }
        );
        for function in functions {
            let _ = writeln!(
                out,
                "    - {{mu0: {centre}, rank: {}, ndensity: {}, num_ms_combs: {}, mus: {}, ns: {}, ls: {}, ms_combs: {}, ctildes: {}}}",
                function.rank(),
                interactions.densities(centre),
                function.ms.len() / function.rank(),
                wholes(
                    function
                        .factors
                        .iter()
                        .map(|factor| i64::from(factor.element))
                ),
                wholes(
                    function
                        .factors
                        .iter()
                        .map(|factor| i64::from(factor.n) + 1)
                ),
                wholes(function.factors.iter().map(|factor| i64::from(factor.l))),
                wholes(function.ms.iter().map(|&m| i64::from(m))),
                list(function.coefficients.iter().copied()),
            );
        }
    }
    out
}

/// A `.yaml` file: the basis, as pacemaker fits it. The form has no place for energies of free atoms.
pub fn write_basis(basis: &Basis) -> String {
    let interactions = &basis.interactions;
    let symbol = |element: usize| interactions.elements[element].symbol();
    let count = interactions.elements.len();
    let mut out = format!(
        "global:\n  DeltaSplineBins: {}\nspecies:\n",
        number(interactions.spline_bin_ang)
    );
    // Functions stand in the block of their centre and all other elements that they see.
    let mut blocks: Vec<Vec<usize>> = Vec::new();
    for centre in 0..count {
        blocks.push(vec![centre]);
        blocks.extend(
            (0..count)
                .filter(|&other| other != centre)
                .map(|other| vec![centre, other]),
        );
        for function in &basis.functions[centre] {
            let block = block_of(centre, function);
            if !blocks.contains(&block) {
                blocks.push(block);
            }
        }
    }
    for block in blocks {
        let centre = block[0];
        let names: Vec<&str> = block.iter().map(|&element| symbol(element)).collect();
        let _ = writeln!(out, "  - speciesblock: {}", names.join(" "));
        if let [element] = *block {
            let site = &interactions.sites[element];
            let _ = writeln!(
                out,
                "    ndensityi: {}\n    npoti: {}\n    parameters: {}\n    rho_core_cut: {}\n    drho_core_cut: {}",
                site.embedding.terms.len(),
                site.embedding.form.name(),
                parameters(site),
                number(site.core_density.end),
                number(site.core_density.width),
            );
        }
        if block.len() < 3 {
            let bond = interactions.bond(centre, *block.last().unwrap_or(&centre));
            let _ = writeln!(
                out,
                "    nradmaxi: {}\n    lmaxi: {}\n    rcutij: {}\n    dcutij: {}\n    NameOfCutoffFunctionij: cos\n    r_in: {}\n    \
                 delta_in: {}\n    inner_cutoff_type: {}\n    nradbaseij: {}\n    radbase: {}\n    radparameters: {}\n    \
                 radcoefficients: {}\n    core-repulsion: {}",
                bond.nradmax,
                bond.lmax,
                number(bond.cutoff_ang),
                number(bond.cutoff_width_ang),
                number(bond.inner.end),
                number(bond.inner.width),
                interactions.inner_cutoff.name(),
                bond.nradbase,
                bond.basis.name(),
                list([bond.basis.lambda().unwrap_or(5.25)]),
                by_n_and_l(bond),
                list([bond.core.prefactor, bond.core.exponent]),
            );
        }
        let own = basis.functions[centre].iter();
        let own: Vec<&BasisFunction> = own.filter(|one| block_of(centre, one) == block).collect();
        if own.is_empty() {
            continue;
        }
        out.push_str("    nbody:\n");
        for function in own {
            let mut kind = vec![symbol(centre)];
            kind.extend(
                function
                    .factors
                    .iter()
                    .map(|factor| symbol(usize::from(factor.element))),
            );
            let _ = write!(
                out,
                "      - {{type: {}, nr: {}, nl: {}",
                kind.join(" "),
                wholes(
                    function
                        .factors
                        .iter()
                        .map(|factor| i64::from(factor.n) + 1)
                ),
                wholes(function.factors.iter().map(|factor| i64::from(factor.l))),
            );
            if !function.intermediate.is_empty() {
                let degrees = function.intermediate.iter().map(|&l| i64::from(l));
                let _ = write!(out, ", lint: {}", wholes(degrees));
            }
            let _ = writeln!(
                out,
                ", c: {}}}",
                list(function.coefficients.iter().copied())
            );
        }
    }
    out
}

/// An `.asi` file: the inverses, row by row.
pub fn write_asi(active_set: &ActiveSet, basis: &Basis) -> Result<Vec<u8>, ModelError> {
    let mut out = Bytes::new(Vec::new());
    let fault = |error: std::io::Error| ModelError::new("", error.to_string(), "try again");
    let mut archive = NpzWriter::new(&mut out);
    for (element, inverse) in basis.interactions.elements.iter().zip(&active_set.inverses) {
        let size = inverse.len().isqrt();
        let array = ndarray::ArrayView2::from_shape((size, size), inverse).map_err(|error| {
            ModelError::new(element.symbol(), error.to_string(), "make it square")
        })?;
        archive.add(element.symbol(), array).map_err(fault)?;
    }
    archive.finish().map_err(fault)?;
    Ok(out.into_inner())
}

/// The centre, then the other elements that a function sees.
fn block_of(centre: usize, function: &BasisFunction) -> Vec<usize> {
    let mut others: Vec<usize> = function
        .factors
        .iter()
        .map(|factor| usize::from(factor.element))
        .filter(|&element| element != centre)
        .collect();
    others.sort_unstable();
    others.dedup();
    others.insert(0, centre);
    others
}

fn parameters(site: &Site) -> String {
    let terms = site.embedding.terms.iter();
    list(terms.flat_map(|term| [term.weight, term.exponent]))
}

fn by_n_and_l(bond: &Bond) -> String {
    let row = |nl: &[f64]| list(nl.iter().copied());
    let ls = (bond.lmax + 1).max(1);
    let rows: Vec<String> = bond
        .coefficients
        .chunks(bond.nradbase.max(1))
        .map(row)
        .collect();
    let cells: Vec<String> = rows
        .chunks(ls)
        .map(|of_n| format!("[{}]", of_n.join(", ")))
        .collect();
    format!("[{}]", cells.join(", "))
}

/// With a point, and a sign in the exponent: readers of YAML 1.1 take anything else for a whole number or a text.
pub(super) fn number(value: f64) -> String {
    let plain = format!("{value:?}");
    let Some((mantissa, exponent)) = plain.split_once('e') else {
        return plain;
    };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent.starts_with('-') { "" } else { "+" };
    format!("{mantissa}{point}e{sign}{exponent}")
}

pub(super) fn list(values: impl IntoIterator<Item = f64>) -> String {
    let values: Vec<String> = values.into_iter().map(number).collect();
    format!("[{}]", values.join(", "))
}

fn wholes(values: impl IntoIterator<Item = i64>) -> String {
    let values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    format!("[{}]", values.join(", "))
}
