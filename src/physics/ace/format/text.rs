//! `.ace`: the older text form of a potential in C-tilde form, as the Cu-PBE-core-rep.ace that comes with LAMMPS.
//!
//! A header of `key=` or `key:` with values that may go on over lines, then one record a function. What belongs to pairs
//! of elements stands by the centre, then the neighbour; `crad` runs by pair, k, n and l, l fastest. All elements have one
//! embedding, all pairs one radial basis with its own parameter, and core repulsion fades the energy by its density.

use super::text_lines::{Header, Lines, fault, real, short, wholes, without_remark};
use crate::base::Element;
use crate::physics::ace::{
    Bond, CoreRepulsion, DensityTerm, Embedding, EmbeddingForm, Factor, Function, InnerCutoff,
    Interactions, MOST_L, MOST_RADIAL, MOST_RANK, Model, ModelError, RadialBasis, Site, Switch,
};

/// The most elements a file may have: indices are small numbers.
const MOST_ELEMENTS: usize = 118;

/// Whether a text is such a file: nothing but remarks stands before the number of elements.
pub(super) fn is_text(text: &str) -> bool {
    let mut lines = text.lines().map(without_remark);
    lines
        .find(|line| !line.is_empty())
        .is_some_and(|line| line.starts_with("nelements"))
}

/// Reads and checks a potential.
pub fn read_ace(text: &str) -> Result<Model, ModelError> {
    let mut lines = Lines::new(text);
    let header = Header::read(&mut lines)?;
    let elements = elements(&header)?;
    let count = elements.len();
    let site = |at: usize| -> Result<Site, ModelError> {
        let [end, width] = header.of::<2>("core energy-cutoff parameters", at, count)?;
        let [energy_ev] = header.of::<1>("E0", at, count)?;
        Ok(Site {
            energy_ev,
            embedding: embedding(&header)?,
            core_density: Switch { end, width },
        })
    };
    let interactions = Interactions {
        sites: (0..count).map(site).collect::<Result<_, _>>()?,
        bonds: bonds(&header, count)?,
        inner_cutoff: InnerCutoff::Density,
        spline_bin_ang: header.only("deltaSplineBins")?,
        elements,
    };
    interactions
        .validate()
        .map_err(|error| in_header(&header, error))?;
    let mut functions = vec![Vec::new(); count];
    for (key, rank_one) in [
        ("total_basis_size_rank1", true),
        ("total_basis_size", false),
    ] {
        // The records follow the line that counts them by element.
        let (line, sizes) = lines.expect(key)?;
        let sizes: Vec<usize> = wholes(sizes, key, line)?;
        if sizes.len() != count {
            return Err(fault(
                key,
                line,
                format!("there are {} numbers for {count} elements", sizes.len()),
                "give one for each element",
            ));
        }
        for (centre, &size) in sizes.iter().enumerate() {
            for _ in 0..size {
                let (line, function) = record(&mut lines, centre, &interactions)?;
                if (function.rank() == 1) != rank_one {
                    return Err(fault(
                        "ctilde_basis_func.rank",
                        line,
                        format!("it is not counted among those of `{key}`"),
                        "list functions of rank 1 behind `total_basis_size_rank1`, others behind `total_basis_size`",
                    ));
                }
                functions[centre].push(function);
            }
        }
    }
    if let Some((line, rest)) = lines.next() {
        return Err(fault(
            "total_basis_size",
            line,
            format!(
                "behind the functions that are counted stands `{}`",
                short(rest)
            ),
            "count all functions, or take the rest out",
        ));
    }
    let model = Model {
        interactions,
        functions,
    };
    model
        .validate()
        .map_err(|error| in_header(&header, error))?;
    Ok(model)
}

fn elements(header: &Header<'_>) -> Result<Vec<Element>, ModelError> {
    let (line, symbols) = header.get("elements")?;
    let count = header.whole("nelements", MOST_ELEMENTS)?;
    if symbols.len() != count {
        return Err(fault(
            "elements",
            line,
            format!("there are {} for `nelements={count}`", symbols.len()),
            "name each element once and count them",
        ));
    }
    let element = |symbol: &&str| {
        Element::from_symbol(symbol).ok_or_else(|| {
            fault(
                "elements",
                line,
                format!("`{}` is no element", short(symbol)),
                "give the symbol of an element, as in `Ba`",
            )
        })
    };
    symbols.iter().map(element).collect()
}

fn embedding(header: &Header<'_>) -> Result<Embedding, ModelError> {
    let (line, name) = header.word("embedding-function")?;
    let form = EmbeddingForm::from_name(name).ok_or_else(|| {
        fault(
            "embedding-function",
            line,
            format!("there is no embedding `{}`", short(name)),
            format!(
                "known are {}",
                EmbeddingForm::ALL.map(EmbeddingForm::name).join(" and ")
            ),
        )
    })?;
    let (line, numbers) = header.numbers("FS parameters")?;
    if numbers.is_empty() || numbers.len() % 2 != 0 {
        return Err(fault(
            "FS parameters",
            line,
            format!("there are {}", numbers.len()),
            "give a weight and an exponent for each density",
        ));
    }
    let term = |pair: &[f64]| DensityTerm {
        weight: pair[0],
        exponent: pair[1],
    };
    Ok(Embedding {
        form,
        terms: numbers.chunks_exact(2).map(term).collect(),
    })
}

fn bonds(header: &Header<'_>, count: usize) -> Result<Vec<Bond>, ModelError> {
    let nradbase = header.whole("nradbase", MOST_RADIAL)?;
    let nradmax = header.whole("nradmax", MOST_RADIAL)?;
    let lmax = header.whole("lmax", MOST_L)?;
    let (line, name) = header.word("radbasename")?;
    let (coefficients_line, coefficients) = header.numbers("crad")?;
    let (pairs, size) = (count * count, nradbase * nradmax * (lmax + 1));
    if coefficients.len() != pairs * size {
        return Err(fault(
            "crad",
            coefficients_line,
            format!("there are {} numbers", coefficients.len()),
            format!(
                "give {}: for each ordered pair of elements one for each k, n and l",
                pairs * size
            ),
        ));
    }
    let bond = |at: usize| {
        let [lambda] = header.of::<1>("radparameter", at, pairs)?;
        let [cutoff_ang] = header.of::<1>("cutoff", at, pairs)?;
        let [cutoff_width_ang] = header.of::<1>("dcut", at, pairs)?;
        let [prefactor, exponent] = header.of::<2>("core repulsion parameters", at, pairs)?;
        let basis = RadialBasis::from_name(name, lambda).ok_or_else(|| {
            fault(
                "radbasename",
                line,
                format!("there is no radial basis `{}`", short(name)),
                format!("known are {}", RadialBasis::NAMES.join(", ")),
            )
        })?;
        let own = &coefficients[at * size..][..size];
        let mut sorted = Vec::with_capacity(size);
        for n in 0..nradmax {
            for l in 0..=lmax {
                sorted.extend((0..nradbase).map(|k| own[(k * nradmax + n) * (lmax + 1) + l]));
            }
        }
        Ok(Bond {
            nradmax,
            lmax,
            nradbase,
            basis,
            coefficients: sorted,
            cutoff_ang,
            cutoff_width_ang,
            core: CoreRepulsion {
                prefactor,
                exponent,
            },
            inner: Switch {
                end: 0.0,
                width: 0.0,
            },
        })
    };
    (0..pairs).map(bond).collect()
}

/// A function: its factors on three lines, then a line for each combination of m.
fn record(
    lines: &mut Lines<'_>,
    centre: usize,
    interactions: &Interactions,
) -> Result<(usize, Function), ModelError> {
    const KEY: &str = "ctilde_basis_func";
    let (line, head) = lines.expect(KEY)?;
    let path = |key: &str| format!("{KEY}.{key}");
    let wanted = |key: &str| {
        fault(
            &path(key),
            line,
            format!("`{key}` is missing"),
            "write `rank=2 ndens=1 mu0=0 mu=( 0  0 )` behind the colon",
        )
    };
    let (fields, mus) = head.split_once("mu=").ok_or_else(|| wanted("mu"))?;
    let field = |key: &str| -> Result<usize, ModelError> {
        let value = fields
            .split_whitespace()
            .find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        let value = value.ok_or_else(|| wanted(key))?;
        value.parse().map_err(|_| {
            fault(
                &path(key),
                line,
                format!("it is `{}`", short(value)),
                "give a whole number",
            )
        })
    };
    let (rank, densities) = (field("rank")?, interactions.densities(centre));
    if !(1..=MOST_RANK).contains(&rank) {
        return Err(fault(
            &path("rank"),
            line,
            format!("it is {rank}"),
            format!("give a rank from 1 to {MOST_RANK}"),
        ));
    }
    if field("ndens")? != densities {
        return Err(fault(
            &path("ndens"),
            line,
            "it is not the number of pairs of `FS parameters`",
            format!("give {densities}"),
        ));
    }
    if field("mu0")? != centre {
        return Err(fault(
            &path("mu0"),
            line,
            "the function is counted among those of another element",
            format!("give {centre}, or sort functions by element and count them"),
        ));
    }
    let mus: Vec<u8> = bracketed(mus, ('(', ')'), rank, &path("mu"), line)?;
    let (n_line, ns) = lines.expect("n")?;
    let ns: Vec<u16> = bracketed(ns, ('(', ')'), rank, &path("n"), n_line)?;
    let (l_line, ls) = lines.expect("l")?;
    let ls: Vec<u8> = bracketed(ls, ('(', ')'), rank, &path("l"), l_line)?;
    if ns.contains(&0) {
        return Err(fault(&path("n"), n_line, "n is 0", "n is counted from 1"));
    }
    let (count_line, number_of) = lines.expect("num_ms")?;
    let combinations: usize = number_of.parse().map_err(|_| {
        fault(
            &path("num_ms"),
            count_line,
            format!("it is `{}`", short(number_of)),
            "give a whole number",
        )
    })?;
    let (mut ms, mut coefficients) = (Vec::new(), Vec::new());
    for _ in 0..combinations {
        let Some((line, text)) = lines.next() else {
            return Err(fault(
                &path("num_ms"),
                lines.last,
                "the file ends before all combinations of m",
                "the file was cut off; get it again",
            ));
        };
        let (combination, values) = text.split_once(':').ok_or_else(|| {
            fault(
                &path("ms"),
                line,
                format!("`{}` is no combination of m", short(text)),
                format!("write `< 0  0 >: 1.5`, or count them: `num_ms` says {combinations}"),
            )
        })?;
        ms.extend(bracketed::<i8>(
            combination,
            ('<', '>'),
            rank,
            &path("ms"),
            line,
        )?);
        let found = coefficients.len();
        for word in values.split_whitespace() {
            coefficients.push(real(word, &path("ctilde"), line)?);
        }
        if coefficients.len() - found != densities {
            return Err(fault(
                &path("ctilde"),
                line,
                format!("there are {} coefficients", coefficients.len() - found),
                format!("give {densities}, one for each density"),
            ));
        }
    }
    let factor = |((element, n), l)| Factor {
        element,
        n: n - 1,
        l,
    };
    let function = Function {
        factors: mus.into_iter().zip(ns).zip(ls).map(factor).collect(),
        ms,
        coefficients,
    };
    function
        .validate(interactions, centre)
        .map_err(|(key, problem, help)| {
            let (key, line) = match key {
                "mus" => ("mu", line),
                "ns" => ("n", n_line),
                "ls" => ("l", l_line),
                other => (other, count_line),
            };
            fault(&path(key), line, problem, help)
        })?;
    Ok((line, function))
}

/// Whole numbers in brackets.
fn bracketed<T: std::str::FromStr>(
    text: &str,
    (open, close): (char, char),
    count: usize,
    path: &str,
    line: usize,
) -> Result<Vec<T>, ModelError> {
    let inside = text
        .trim()
        .strip_prefix(open)
        .and_then(|text| text.strip_suffix(close));
    let inside = inside.ok_or_else(|| {
        fault(
            path,
            line,
            format!("`{}` is not in brackets", short(text)),
            format!("write `{open} 0 {close}`"),
        )
    })?;
    let numbers: Vec<T> = wholes(inside, path, line)?;
    if numbers.len() != count {
        return Err(fault(
            path,
            line,
            format!("there are {} numbers for a rank of {count}", numbers.len()),
            format!("give {count}"),
        ));
    }
    Ok(numbers)
}

/// An error about the model by the key that the header has for it.
fn in_header(header: &Header<'_>, error: ModelError) -> ModelError {
    let key = match error.path.rsplit(['.', '[']).next().unwrap_or_default() {
        _ if error.path.starts_with("E0") => "E0",
        _ if error.path.starts_with("elements") => "elements",
        _ if error.path.contains("FS_parameters") => "FS parameters",
        _ if error.path.contains("radcoefficients") => "crad",
        _ if error.path.contains("radparameters") => "radparameter",
        "rho_core_cutoff" | "drho_core_cutoff" => "core energy-cutoff parameters",
        "rcut" => "cutoff",
        "prehc" | "lambdahc" => "core repulsion parameters",
        "nradbasemax" => "nradbase",
        "ndensity" => "FS parameters",
        "dcut" => "dcut",
        "nradmax" => "nradmax",
        "lmax" => "lmax",
        "deltaSplineBins" => "deltaSplineBins",
        _ => return error,
    };
    let line = header.get(key).ok().map(|(line, _)| line);
    // Which pair or element it is stands in the path of the model.
    let place = error
        .path
        .split_once('[')
        .map_or("", |(_, rest)| rest.split(']').next().unwrap_or_default());
    let path = if place.is_empty() {
        key.to_owned()
    } else {
        format!("{key}[{place}]")
    };
    ModelError {
        line,
        path,
        ..error
    }
}
