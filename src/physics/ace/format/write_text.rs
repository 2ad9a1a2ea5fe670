//! The older text form, `.ace`, written.

use std::fmt::Write as _;

use super::write::number;
use crate::physics::ace::{Bond, Factor, Function, InnerCutoff, Model, ModelError, RadialBasis};

/// Writes a potential in this form. Errors name what the form has no place for.
pub fn write_ace(model: &Model) -> Result<String, ModelError> {
    let interactions = &model.interactions;
    let (first, bond) = (&interactions.sites[0], &interactions.bonds[0]);
    let cannot =
        |path: &str, problem: &str| Err(ModelError::new(path, problem, "write it as `.yace`"));
    if interactions.inner_cutoff != InnerCutoff::Density {
        return cannot(
            "inner_cutoff_type",
            "the `.ace` form has core repulsion of type density alone",
        );
    }
    if interactions
        .sites
        .iter()
        .any(|site| site.embedding != first.embedding)
    {
        return cannot(
            "embeddings",
            "the `.ace` form has one embedding for all elements",
        );
    }
    let shape = |bond: &Bond| (bond.nradmax, bond.lmax, bond.nradbase, bond.basis.name());
    if interactions
        .bonds
        .iter()
        .any(|one| shape(one) != shape(bond))
    {
        return cannot(
            "bonds",
            "the `.ace` form has one radial basis of one size for all pairs",
        );
    }
    if bond.basis.lambda().is_none() && bond.basis != RadialBasis::ChebLinear {
        return cannot(
            "radbasename",
            "programs that read the `.ace` form know no such radial basis there",
        );
    }
    let list =
        |values: &mut dyn Iterator<Item = f64>| values.map(number).collect::<Vec<_>>().join(" ");
    let bonds = || interactions.bonds.iter();
    let symbols: Vec<&str> = interactions
        .elements
        .iter()
        .map(|one| one.symbol())
        .collect();
    let terms = first.embedding.terms.iter();
    let cores: Vec<String> = interactions
        .sites
        .iter()
        .map(|site| list(&mut [site.core_density.end, site.core_density.width].into_iter()))
        .collect();
    let repulsions: Vec<String> = bonds()
        .map(|bond| list(&mut [bond.core.prefactor, bond.core.exponent].into_iter()))
        .collect();
    let rank = model
        .functions
        .iter()
        .flatten()
        .map(Function::rank)
        .max()
        .unwrap_or(0);
    let combinations = model
        .functions
        .iter()
        .flatten()
        .map(|one| one.ms.len() / one.rank())
        .max()
        .unwrap_or(0);
    let mut out = format!(
        "nelements={}\nelements: {}\n\nlmax={}\n\nembedding-function: {}\n{} FS parameters: {}\n\
         core energy-cutoff parameters: {}\nE0: {}\n\nradbasename={}\nnradbase={}\nnradmax={}\ncutoffmax={}\n\
         deltaSplineBins={}\ncore repulsion parameters: {}\nradparameter= {}\ncutoff= {}\ndcut= {}\ncrad=",
        symbols.len(),
        symbols.join(" "),
        bond.lmax,
        first.embedding.form.name(),
        2 * first.embedding.terms.len(),
        list(&mut terms.flat_map(|term| [term.weight, term.exponent])),
        cores.join("\n"),
        list(&mut interactions.sites.iter().map(|site| site.energy_ev)),
        bond.basis.name(),
        bond.nradbase,
        bond.nradmax,
        number(interactions.cutoff_ang()),
        number(interactions.spline_bin_ang),
        repulsions.join("\n"),
        list(&mut bonds().map(|bond| bond.basis.lambda().unwrap_or(5.25))),
        list(&mut bonds().map(|bond| bond.cutoff_ang)),
        list(&mut bonds().map(|bond| bond.cutoff_width_ang)),
    );
    for bond in bonds() {
        for k in 0..bond.nradbase {
            for n in 0..bond.nradmax {
                let of_l = |l| bond.coefficients[bond.radial(n, l) * bond.nradbase + k];
                let _ = writeln!(out, " {}", list(&mut (0..=bond.lmax).map(of_l)));
            }
        }
    }
    let _ = writeln!(
        out,
        "\nrankmax={rank}\nndensitymax={}\n\nnum_c_tilde_max={}\nnum_ms_combinations_max={combinations}",
        first.embedding.terms.len(),
        model.functions.iter().map(Vec::len).sum::<usize>(),
    );
    for (key, rank_one) in [
        ("total_basis_size_rank1", true),
        ("total_basis_size", false),
    ] {
        let of = |functions: &'_ [Function]| {
            functions
                .iter()
                .filter(|one| (one.rank() == 1) == rank_one)
                .count()
        };
        let sizes: Vec<String> = model
            .functions
            .iter()
            .map(|functions| of(functions).to_string())
            .collect();
        let _ = writeln!(out, "{key}: {}", sizes.join(" "));
        for (centre, functions) in model.functions.iter().enumerate() {
            for function in functions.iter().filter(|one| (one.rank() == 1) == rank_one) {
                write_record(&mut out, centre, function, first.embedding.terms.len());
            }
        }
    }
    Ok(out)
}

fn write_record(out: &mut String, centre: usize, function: &Function, densities: usize) {
    let list = |of: &dyn Fn(&Factor) -> u16| {
        let words: Vec<String> = function
            .factors
            .iter()
            .map(|factor| of(factor).to_string())
            .collect();
        words.join("  ")
    };
    let _ = writeln!(
        out,
        "ctilde_basis_func: rank={} ndens={densities} mu0={centre} mu=( {} )\nn=( {} )\nl=( {} )\nnum_ms={}",
        function.rank(),
        list(&|factor| u16::from(factor.element)),
        list(&|factor| factor.n + 1),
        list(&|factor| u16::from(factor.l)),
        function.ms.len() / function.rank(),
    );
    for (ms, coefficients) in function.terms() {
        let ms: Vec<String> = ms.iter().map(ToString::to_string).collect();
        let coefficients: Vec<String> = coefficients.iter().map(|c| number(*c)).collect();
        let _ = writeln!(out, "< {} >: {}", ms.join("  "), coefficients.join(" "));
    }
}
