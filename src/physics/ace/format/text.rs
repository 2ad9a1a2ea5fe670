//! `.ace`: the older text form of a potential in C-tilde form, as the Cu-PBE-core-rep.ace that comes with LAMMPS.
//!
//! A header of `key=` or `key:` with values that may go on over lines, then one record a function. What belongs to pairs
//! of elements stands by the centre, then the neighbour; `crad` runs by pair, k, n and l, l fastest. All elements have one
//! embedding, all pairs one radial basis with its own parameter, and core repulsion fades the energy by its density.

use std::fmt::Write as _;

use super::write::number;
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

fn without_remark(line: &str) -> &str {
    line.split('#').next().unwrap_or_default().trim()
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
    interactions.validate().map_err(|error| in_header(&header, error))?;
    let mut functions = vec![Vec::new(); count];
    for (key, rank_one) in [("total_basis_size_rank1", true), ("total_basis_size", false)] {
        // The records follow the line that counts them by element.
        let (line, sizes) = lines.expect(key)?;
        let sizes: Vec<usize> = wholes(sizes, key, line)?;
        if sizes.len() != count {
            return Err(fault(key, line, format!("there are {} numbers for {count} elements", sizes.len()),
                "give one for each element"));
        }
        for (centre, &size) in sizes.iter().enumerate() {
            for _ in 0..size {
                let (line, function) = record(&mut lines, centre, &interactions)?;
                if (function.rank() == 1) != rank_one {
                    return Err(fault("ctilde_basis_func.rank", line,
                        format!("it is not counted among those of `{key}`"),
                        "list functions of rank 1 behind `total_basis_size_rank1`, others behind `total_basis_size`"));
                }
                functions[centre].push(function);
            }
        }
    }
    if let Some((line, rest)) = lines.next() {
        return Err(fault("total_basis_size", line,
            format!("behind the functions that are counted stands `{}`", short(rest)),
            "count all functions, or take the rest out"));
    }
    let model = Model { interactions, functions };
    model.validate().map_err(|error| in_header(&header, error))?;
    Ok(model)
}

fn fault(path: &str, line: usize, problem: impl Into<String>, help: impl Into<String>) -> ModelError {
    ModelError::new(path, problem, help).at_line(line)
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

/// Lines without remarks and blank ones.
struct Lines<'a> {
    lines: std::iter::Enumerate<std::str::Lines<'a>>,
    last: usize,
}

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Lines { lines: text.lines().enumerate(), last: 1 }
    }

    fn next(&mut self) -> Option<(usize, &'a str)> {
        for (at, line) in self.lines.by_ref() {
            self.last = at + 1;
            let line = without_remark(line);
            if !line.is_empty() {
                return Some((at + 1, line));
            }
        }
        None
    }

    /// What stands behind `key=` or `key:` on the next line.
    fn expect(&mut self, key: &str) -> Result<(usize, &'a str), ModelError> {
        let Some((line, text)) = self.next() else {
            return Err(fault(key, self.last, "the file ends before it", "the file was cut off; get it again"));
        };
        match split(text) {
            Some((found, values)) if found == key => Ok((line, values)),
            _ => Err(fault(key, line, format!("`{}` stands in its place", short(text)), format!("write `{key}` there"))),
        }
    }
}

/// A key and what stands behind it.
fn split(line: &str) -> Option<(&str, &str)> {
    let (key, values) = line.split_once(['=', ':'])?;
    let key = key.trim();
    // The number of parameters stands before the name of their list.
    let key = if key.ends_with("FS parameters") { "FS parameters" } else { key };
    key.starts_with(|c: char| c.is_ascii_alphabetic()).then_some((key, values.trim()))
}

/// The keys before the functions.
const KEYS: [&str; 17] = [
    "nelements", "elements", "lmax", "embedding-function", "FS parameters", "core energy-cutoff parameters", "E0",
    "radbasename", "nradbase", "nradmax", "deltaSplineBins", "core repulsion parameters", "radparameter", "cutoff", "dcut",
    "crad", "rankmax",
];

/// By key: the line, and the words behind it on this line and on those that go on with it.
struct Header<'a>(Vec<(&'a str, usize, Vec<&'a str>)>);

impl<'a> Header<'a> {
    /// Reads up to the first line that counts functions, which is left.
    fn read(lines: &mut Lines<'a>) -> Result<Self, ModelError> {
        let mut header: Header<'a> = Header(Vec::new());
        loop {
            let before = lines.lines.clone();
            let Some((line, text)) = lines.next() else {
                return Err(fault("total_basis_size_rank1", lines.last, "the file ends before the functions",
                    "the file was cut off; get it again"));
            };
            match (split(text), header.0.last_mut()) {
                (Some(("total_basis_size_rank1", _)), _) => {
                    lines.lines = before;
                    return Ok(header);
                }
                (Some((key, values)), _) => {
                    if header.0.iter().any(|one| one.0 == key) {
                        return Err(fault(key, line, "the key stands there twice", "keep one of them"));
                    }
                    header.0.push((key, line, values.split_whitespace().collect()));
                }
                (None, Some((_, _, words))) => words.extend(text.split_whitespace()),
                (None, None) => {
                    return Err(fault("", line, format!("`{}` belongs to no key", short(text)), "begin with `nelements=`"));
                }
            }
        }
    }

    fn get(&self, key: &str) -> Result<(usize, &[&'a str]), ModelError> {
        debug_assert!(KEYS.contains(&key));
        match self.0.iter().find(|one| one.0 == key) {
            Some((_, line, words)) => Ok((*line, words)),
            None => Err(fault(key, 1, format!("`{key}` is missing"), format!("add `{key}` to the header"))),
        }
    }

    fn word(&self, key: &str) -> Result<(usize, &'a str), ModelError> {
        match self.get(key)? {
            (line, [word]) => Ok((line, word)),
            (line, words) => Err(fault(key, line, format!("there are {} values", words.len()), "give one")),
        }
    }

    fn whole(&self, key: &str, most: usize) -> Result<usize, ModelError> {
        let (line, word) = self.word(key)?;
        let number = word.parse().ok().filter(|number| *number <= most);
        number.ok_or_else(|| {
            fault(key, line, format!("it is `{}`", short(word)), format!("give a whole number up to {most}"))
        })
    }

    fn numbers(&self, key: &str) -> Result<(usize, Vec<f64>), ModelError> {
        let (line, words) = self.get(key)?;
        Ok((line, words.iter().map(|word| real(word, key, line)).collect::<Result<_, _>>()?))
    }

    fn only(&self, key: &str) -> Result<f64, ModelError> {
        self.of::<1>(key, 0, 1).map(|[value]| value)
    }

    /// The numbers of one of `count` elements or pairs.
    fn of<const N: usize>(&self, key: &str, at: usize, count: usize) -> Result<[f64; N], ModelError> {
        let (line, numbers) = self.numbers(key)?;
        if numbers.len() != N * count {
            return Err(fault(key, line, format!("there are {} numbers", numbers.len()),
                format!("give {}: {N} for each of {count}", N * count)));
        }
        Ok(std::array::from_fn(|k| numbers[at * N + k]))
    }
}

fn real(word: &str, key: &str, line: usize) -> Result<f64, ModelError> {
    match fast_float2::parse::<f64, _>(word.as_bytes()) {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(fault(key, line, format!("`{}` is no finite number", short(word)), "give a number")),
    }
}

fn wholes<T: std::str::FromStr>(text: &str, key: &str, line: usize) -> Result<Vec<T>, ModelError> {
    let whole = |word: &str| {
        word.parse().map_err(|_| {
            fault(key, line, format!("`{}` is no whole number of a sensible size", short(word)), "give a whole number")
        })
    };
    text.split_whitespace().map(whole).collect()
}

fn elements(header: &Header<'_>) -> Result<Vec<Element>, ModelError> {
    let (line, symbols) = header.get("elements")?;
    let count = header.whole("nelements", MOST_ELEMENTS)?;
    if symbols.len() != count {
        return Err(fault("elements", line, format!("there are {} for `nelements={count}`", symbols.len()),
            "name each element once and count them"));
    }
    let element = |symbol: &&str| {
        Element::from_symbol(symbol).ok_or_else(|| {
            fault("elements", line, format!("`{}` is no element", short(symbol)), "give the symbol of an element, as in `Ba`")
        })
    };
    symbols.iter().map(element).collect()
}

fn embedding(header: &Header<'_>) -> Result<Embedding, ModelError> {
    let (line, name) = header.word("embedding-function")?;
    let form = EmbeddingForm::from_name(name).ok_or_else(|| {
        fault("embedding-function", line, format!("there is no embedding `{}`", short(name)),
            format!("known are {}", EmbeddingForm::ALL.map(EmbeddingForm::name).join(" and ")))
    })?;
    let (line, numbers) = header.numbers("FS parameters")?;
    if numbers.is_empty() || numbers.len() % 2 != 0 {
        return Err(fault("FS parameters", line, format!("there are {}", numbers.len()),
            "give a weight and an exponent for each density"));
    }
    let term = |pair: &[f64]| DensityTerm { weight: pair[0], exponent: pair[1] };
    Ok(Embedding { form, terms: numbers.chunks_exact(2).map(term).collect() })
}

fn bonds(header: &Header<'_>, count: usize) -> Result<Vec<Bond>, ModelError> {
    let nradbase = header.whole("nradbase", MOST_RADIAL)?;
    let nradmax = header.whole("nradmax", MOST_RADIAL)?;
    let lmax = header.whole("lmax", MOST_L)?;
    let (line, name) = header.word("radbasename")?;
    let (coefficients_line, coefficients) = header.numbers("crad")?;
    let (pairs, size) = (count * count, nradbase * nradmax * (lmax + 1));
    if coefficients.len() != pairs * size {
        return Err(fault("crad", coefficients_line, format!("there are {} numbers", coefficients.len()),
            format!("give {}: for each ordered pair of elements one for each k, n and l", pairs * size)));
    }
    let bond = |at: usize| {
        let [lambda] = header.of::<1>("radparameter", at, pairs)?;
        let [cutoff_ang] = header.of::<1>("cutoff", at, pairs)?;
        let [cutoff_width_ang] = header.of::<1>("dcut", at, pairs)?;
        let [prefactor, exponent] = header.of::<2>("core repulsion parameters", at, pairs)?;
        let basis = RadialBasis::from_name(name, lambda).ok_or_else(|| {
            fault("radbasename", line, format!("there is no radial basis `{}`", short(name)),
                format!("known are {}", RadialBasis::NAMES.join(", ")))
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
            core: CoreRepulsion { prefactor, exponent },
            inner: Switch { end: 0.0, width: 0.0 },
        })
    };
    (0..pairs).map(bond).collect()
}

/// A function: its factors on three lines, then a line for each combination of m.
fn record(lines: &mut Lines<'_>, centre: usize, interactions: &Interactions) -> Result<(usize, Function), ModelError> {
    const KEY: &str = "ctilde_basis_func";
    let (line, head) = lines.expect(KEY)?;
    let path = |key: &str| format!("{KEY}.{key}");
    let wanted = |key: &str| {
        fault(&path(key), line, format!("`{key}` is missing"), "write `rank=2 ndens=1 mu0=0 mu=( 0  0 )` behind the colon")
    };
    let (fields, mus) = head.split_once("mu=").ok_or_else(|| wanted("mu"))?;
    let field = |key: &str| -> Result<usize, ModelError> {
        let value = fields.split_whitespace().find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
        let value = value.ok_or_else(|| wanted(key))?;
        value.parse().map_err(|_| fault(&path(key), line, format!("it is `{}`", short(value)), "give a whole number"))
    };
    let (rank, densities) = (field("rank")?, interactions.densities(centre));
    if !(1..=MOST_RANK).contains(&rank) {
        return Err(fault(&path("rank"), line, format!("it is {rank}"), format!("give a rank from 1 to {MOST_RANK}")));
    }
    if field("ndens")? != densities {
        return Err(fault(&path("ndens"), line, "it is not the number of pairs of `FS parameters`",
            format!("give {densities}")));
    }
    if field("mu0")? != centre {
        return Err(fault(&path("mu0"), line, "the function is counted among those of another element",
            format!("give {centre}, or sort functions by element and count them")));
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
        fault(&path("num_ms"), count_line, format!("it is `{}`", short(number_of)), "give a whole number")
    })?;
    let (mut ms, mut coefficients) = (Vec::new(), Vec::new());
    for _ in 0..combinations {
        let Some((line, text)) = lines.next() else {
            return Err(fault(&path("num_ms"), lines.last, "the file ends before all combinations of m",
                "the file was cut off; get it again"));
        };
        let (combination, values) = text.split_once(':').ok_or_else(|| {
            fault(&path("ms"), line, format!("`{}` is no combination of m", short(text)),
                format!("write `< 0  0 >: 1.5`, or count them: `num_ms` says {combinations}"))
        })?;
        ms.extend(bracketed::<i8>(combination, ('<', '>'), rank, &path("ms"), line)?);
        let found = coefficients.len();
        for word in values.split_whitespace() {
            coefficients.push(real(word, &path("ctilde"), line)?);
        }
        if coefficients.len() - found != densities {
            return Err(fault(&path("ctilde"), line, format!("there are {} coefficients", coefficients.len() - found),
                format!("give {densities}, one for each density")));
        }
    }
    let factor = |((element, n), l)| Factor { element, n: n - 1, l };
    let function = Function {
        factors: mus.into_iter().zip(ns).zip(ls).map(factor).collect(),
        ms,
        coefficients,
    };
    function.validate(interactions, centre).map_err(|(key, problem, help)| {
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
    let inside = text.trim().strip_prefix(open).and_then(|text| text.strip_suffix(close));
    let inside = inside.ok_or_else(|| {
        fault(path, line, format!("`{}` is not in brackets", short(text)), format!("write `{open} 0 {close}`"))
    })?;
    let numbers: Vec<T> = wholes(inside, path, line)?;
    if numbers.len() != count {
        return Err(fault(path, line, format!("there are {} numbers for a rank of {count}", numbers.len()),
            format!("give {count}")));
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
    let place = error.path.split_once('[').map_or("", |(_, rest)| rest.split(']').next().unwrap_or_default());
    let path = if place.is_empty() { key.to_owned() } else { format!("{key}[{place}]") };
    ModelError { line, path, ..error }
}

/// Writes a potential in this form. Errors name what the form has no place for.
pub fn write_ace(model: &Model) -> Result<String, ModelError> {
    let interactions = &model.interactions;
    let (first, bond) = (&interactions.sites[0], &interactions.bonds[0]);
    let cannot = |path: &str, problem: &str| Err(ModelError::new(path, problem, "write it as `.yace`"));
    if interactions.inner_cutoff != InnerCutoff::Density {
        return cannot("inner_cutoff_type", "the `.ace` form has core repulsion of type density alone");
    }
    if interactions.sites.iter().any(|site| site.embedding != first.embedding) {
        return cannot("embeddings", "the `.ace` form has one embedding for all elements");
    }
    let shape = |bond: &Bond| (bond.nradmax, bond.lmax, bond.nradbase, bond.basis.name());
    if interactions.bonds.iter().any(|one| shape(one) != shape(bond)) {
        return cannot("bonds", "the `.ace` form has one radial basis of one size for all pairs");
    }
    if RadialBasis::from_name(bond.basis.name(), 1.0).is_none() {
        return cannot("radbasename", "the `.ace` form has no place for the tables of this radial basis");
    }
    let list = |values: &mut dyn Iterator<Item = f64>| values.map(number).collect::<Vec<_>>().join(" ");
    let bonds = || interactions.bonds.iter();
    let symbols: Vec<&str> = interactions.elements.iter().map(|one| one.symbol()).collect();
    let terms = first.embedding.terms.iter();
    let cores: Vec<String> = interactions.sites.iter()
        .map(|site| list(&mut [site.core_density.end, site.core_density.width].into_iter())).collect();
    let repulsions: Vec<String> = bonds()
        .map(|bond| list(&mut [bond.core.prefactor, bond.core.exponent].into_iter())).collect();
    let rank = model.functions.iter().flatten().map(Function::rank).max().unwrap_or(0);
    let combinations = model.functions.iter().flatten().map(|one| one.ms.len() / one.rank()).max().unwrap_or(0);
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
    for (key, rank_one) in [("total_basis_size_rank1", true), ("total_basis_size", false)] {
        let of = |functions: &'_ [Function]| functions.iter().filter(|one| (one.rank() == 1) == rank_one).count();
        let sizes: Vec<String> = model.functions.iter().map(|functions| of(functions).to_string()).collect();
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
        let words: Vec<String> = function.factors.iter().map(|factor| of(factor).to_string()).collect();
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
