//! The dialect of `.yace` that the Julia packages ACE1 and ACEpotentials export: radial bases named `ACE.jl…`, one `lmax`
//! for all, and a pair potential beside the expansion.

use std::fmt::Write as _;
use std::sync::Arc;

use super::cursor::Cursor;
use super::write::{list, number};
use crate::physics::ace::acejl::pair_of;
use crate::physics::ace::{
    Bond, Buckingham, CoreRepulsion, Factor, Function, Interactions, MOST_L, MOST_RADIAL, Model,
    ModelError, NodalTable, PairPotential, PolynomialBase, Polynomials, RadialBasis, Switch,
};

/// Whether a radial basis is one of the dialect.
pub(super) fn is_one(name: &str) -> bool {
    name.starts_with("ACE.jl")
}

/// A bond between two elements.
pub(super) fn bond(
    root: &Cursor<'_>,
    entry: &Cursor<'_>,
    [centre, neighbour]: [usize; 2],
) -> Result<Bond, ModelError> {
    let lmax_at = root.get("lmax").map_err(|error| ModelError {
        help: "add `lmax: …` at the top of the file, as bases of ACE.jl need it".into(),
        ..error
    })?;
    let lmax: usize = lmax_at.whole()?;
    if lmax > MOST_L {
        return Err(lmax_at.fault(
            format!("it is {lmax}"),
            format!("give a number from 0 to {MOST_L}"),
        ));
    }
    if let Some(core) = entry.find("prehc")?
        && core.number()? != 0.0
    {
        return Err(core.fault(
            "bonds with a base of ACE.jl have no core repulsion of their own",
            "take `prehc` out; repulsion of such a potential is in `polypairpot` and `reppot`",
        ));
    }
    let (basis, cutoff_ang) = if entry.find("splinenodalvals")?.is_some() {
        let cutoff_ang = entry.get("rcut")?.number()?;
        (
            RadialBasis::Tabulated(Arc::new(nodal_table(entry)?)),
            cutoff_ang,
        )
    } else {
        let base = PolynomialBase {
            polynomials: polynomials(entry)?,
            pair: pair_potential(root, centre, neighbour)?,
        };
        base.validate(&entry.path())
            .map_err(|error| root.placed(error))?;
        let cutoff_ang = base.cutoff_ang();
        (RadialBasis::Polynomials(Arc::new(base)), cutoff_ang)
    };
    let (nradmax, nradbase) = match &basis {
        RadialBasis::Polynomials(base) => (base.polynomials.recursion.len(), base.len()),
        RadialBasis::Tabulated(table) => (table.functions, table.functions),
        _ => (0, 0),
    };
    let mut coefficients = vec![0.0; nradmax * (lmax + 1) * nradbase];
    for n in 0..nradmax {
        for l in 0..=lmax {
            coefficients[(n * (lmax + 1) + l) * nradbase + n] = 1.0;
        }
    }
    // Nothing else reads these two here: between their ends lie the distances where the functions are not smooth, and tables
    // are cut there.
    let breaks = match &basis {
        RadialBasis::Polynomials(base) => base.breaks_ang(),
        RadialBasis::Tabulated(table) => table.start_ang(cutoff_ang).into_iter().collect(),
        _ => Vec::new(),
    };
    if breaks.len() > 3 {
        return Err(entry.fault(
            format!(
                "its functions begin and end at {} different distances",
                breaks.len() + 1
            ),
            "up to four are read: let polynomials begin at one distance",
        ));
    }
    let (first, second) = (breaks.first().copied(), breaks.get(1).copied());
    let end = second.or(first).unwrap_or(0.0);
    Ok(Bond {
        nradmax,
        lmax,
        nradbase,
        basis,
        coefficients,
        cutoff_ang,
        cutoff_width_ang: breaks.get(2).map_or(0.0, |last| cutoff_ang - last),
        core: CoreRepulsion::default(),
        inner: Switch {
            end,
            width: end - first.unwrap_or(0.0),
        },
    })
}

/// A whole number: other programs refuse any other here, and so a file that has one was written wrong.
fn whole<T: TryFrom<i64>>(entry: &Cursor<'_>, key: &str) -> Result<T, ModelError> {
    entry.get(key)?.whole()
}

fn polynomials(entry: &Cursor<'_>) -> Result<Polynomials, ModelError> {
    let count: usize = whole(entry, "maxn").map_err(|error| ModelError {
        help: format!(
            "{}; or export the potential anew with `export2lammps` of ACEpotentials 0.6, which writes `nradial`, `nbins`, \
             `splinenodalvals` and `splinenodalderivs`",
            error.help
        ),
        ..error
    })?;
    let recursion_at = entry.get("recursion_coefficients")?;
    let mut recursion = vec![[0.0; 3]; count.min(MOST_RADIAL)];
    for (k, key) in ["A", "B", "C"].into_iter().enumerate() {
        let list = recursion_at.get(key)?;
        let numbers = list.numbers()?;
        if numbers.len() != count || count > MOST_RADIAL {
            return Err(list.fault(
                format!("there are {} numbers for maxn {count}", numbers.len()),
                format!("give {count}, at most {MOST_RADIAL}"),
            ));
        }
        for (row, number) in recursion.iter_mut().zip(numbers) {
            row[k] = number;
        }
    }
    let one = |key: &str| entry.get(key)?.number();
    Ok(Polynomials {
        r0_ang: one("r0")?,
        power: whole(entry, "p")?,
        ends: [one("xl")?, one("xr")?],
        end_powers: [whole(entry, "pl")?, whole(entry, "pr")?],
        cutoff_ang: one("rcut")?,
        recursion,
    })
}

fn nodal_table(entry: &Cursor<'_>) -> Result<NodalTable, ModelError> {
    const MOST_BINS: usize = 1_000_000;
    let functions_at = entry.get("nradial")?;
    let (functions, bins): (usize, usize) = (functions_at.whole()?, whole(entry, "nbins")?);
    if !(1..=MOST_RADIAL).contains(&functions) || !(2..=MOST_BINS).contains(&bins) {
        return Err(functions_at.fault(
            format!("there are {functions} functions in {bins} bins"),
            format!("give 1 to {MOST_RADIAL} functions and 2 to {MOST_BINS} bins"),
        ));
    }
    let read = |key: &str| -> Result<Vec<f64>, ModelError> {
        let table = entry.get(key)?;
        let mut lists: Vec<Option<Vec<f64>>> = vec![None; functions];
        for (function, list) in table.entries()? {
            let at: usize = function.whole()?;
            let numbers = list.numbers()?;
            if at >= functions || numbers.len() != bins + 1 {
                return Err(list.fault(
                    format!(
                        "there are {} numbers for function {at} of {functions}",
                        numbers.len()
                    ),
                    format!(
                        "give nbins + 1, which is {}, for each function from 0 on",
                        bins + 1
                    ),
                ));
            }
            if lists[at].replace(numbers).is_some() {
                return Err(list.fault("the function stands there twice", "keep one of them"));
            }
        }
        match lists.iter().position(Option::is_none) {
            Some(missing) => Err(table.fault(
                format!("function {missing} is missing"),
                format!("give all from 0 to {}", functions - 1),
            )),
            None => Ok(lists.into_iter().flatten().flatten().collect()),
        }
    };
    Ok(NodalTable {
        bins,
        functions,
        values: read("splinenodalvals")?,
        slopes: read("splinenodalderivs")?,
    })
}

/// The pair potential of two elements, if the file has one.
fn pair_potential(
    root: &Cursor<'_>,
    centre: usize,
    neighbour: usize,
) -> Result<Option<PairPotential>, ModelError> {
    let (pair, core) = (root.find("polypairpot")?, root.find("reppot")?);
    let Some(pair) = pair else {
        return match core {
            Some(core) => Err(core.fault(
                "a repulsive core stands in place of a pair potential, and there is none",
                "add `polypairpot`, or take `reppot` out",
            )),
            None => Ok(None),
        };
    };
    let polynomials = polynomials(&pair)?;
    let coefficients_at = pair.get("coefficients")?;
    let list = of_pair(&coefficients_at, centre, neighbour)?;
    let coefficients = list.numbers()?;
    if coefficients.len() != polynomials.recursion.len() {
        return Err(list.fault(
            format!(
                "there are {} numbers for maxn {}",
                coefficients.len(),
                polynomials.recursion.len()
            ),
            "give one for each polynomial",
        ));
    }
    let core = match core {
        None => None,
        Some(core) => {
            let coefficients = core.get("coefficients")?;
            let entry = of_pair(&coefficients, centre, neighbour)?;
            let one = |key: &str| entry.get(key)?.number();
            Some(Buckingham {
                end_ang: one("ri")?,
                offset_ev: one("e0")?,
                exponent: one("A")?,
                prefactor_ev: one("B")?,
            })
        }
    };
    Ok(Some(PairPotential {
        polynomials,
        coefficients,
        core,
    }))
}

/// The value of the key `[i, j]`.
fn of_pair<'c>(
    table: &'c Cursor<'c>,
    centre: usize,
    neighbour: usize,
) -> Result<Cursor<'c>, ModelError> {
    for (key, value) in table.entries()? {
        if key.wholes::<usize>()? == [centre, neighbour] {
            return Ok(value);
        }
    }
    Err(table.fault(
        format!("the pair [{centre}, {neighbour}] is missing"),
        format!("add `[{centre}, {neighbour}]: …`: every ordered pair of elements has one"),
    ))
}

/// For each neighbour of a centre the function of rank one that is the pair potential: half of it is the energy of each atom.
pub(super) fn pair_functions(interactions: &Interactions, centre: usize) -> Vec<Function> {
    let count = interactions.elements.len();
    let with_pair = (0..count).filter(|&other| pair_of(interactions.bond(centre, other)).is_some());
    let function = |other: usize| Function {
        factors: vec![Factor {
            element: other as u8,
            n: interactions.bond(centre, other).nradmax as u16,
            l: 0,
        }],
        ms: vec![0],
        coefficients: vec![0.5],
    };
    with_pair.map(function).collect()
}

/// Whether a function is the pair potential and no function of the file's list.
pub(super) fn is_pair_function(
    interactions: &Interactions,
    centre: usize,
    function: &Function,
) -> bool {
    let [factor] = *function.factors.as_slice() else {
        return false;
    };
    let bond = interactions.bond(centre, usize::from(factor.element));
    pair_of(bond).is_some() && usize::from(factor.n) == bond.nradmax
}

/// What stands before bonds: the greatest degree and the pair potential.
pub(super) fn write_top(model: &Model, out: &mut String) {
    let interactions = &model.interactions;
    let _ = writeln!(out, "lmax: {}", interactions.lmax());
    let Some(first) = pair_of(&interactions.bonds[0]) else {
        return;
    };
    let count = interactions.elements.len();
    let pairs = || {
        let bonds = interactions.bonds.iter().enumerate();
        bonds.filter_map(|(at, bond)| Some((at / count, at % count, pair_of(bond)?)))
    };
    // What the model makes of the pair potential, relative to half of it.
    let scale = |centre: usize, other: usize| -> f64 {
        let functions = model.functions[centre].iter();
        let own = functions.filter(|one| {
            is_pair_function(interactions, centre, one)
                && usize::from(one.factors[0].element) == other
        });
        2.0 * own.flat_map(|one| &one.coefficients).sum::<f64>()
    };
    let coefficients: Vec<String> = pairs()
        .map(|(i, j, pair)| {
            let scaled = pair.coefficients.iter().map(|c| c * scale(i, j));
            format!("[{i}, {j}]: {}", list(scaled))
        })
        .collect();
    let _ = writeln!(
        out,
        "polypairpot: {{{}, coefficients: {{{}}}}}",
        keys_of(&first.polynomials),
        coefficients.join(", ")
    );
    let cores: Vec<String> = pairs()
        .filter_map(|(i, j, pair)| {
            let core = pair.core?;
            Some(format!(
                "[{i}, {j}]: {{ri: {}, e0: {}, A: {}, B: {}}}",
                number(core.end_ang),
                number(core.offset_ev * scale(i, j)),
                number(core.exponent),
                number(core.prefactor_ev * scale(i, j)),
            ))
        })
        .collect();
    if !cores.is_empty() {
        let _ = writeln!(out, "reppot: {{coefficients: {{{}}}}}", cores.join(", "));
    }
}

/// The keys of a bond, without brackets; none if its basis is not of the dialect.
pub(super) fn keys_of_bond(bond: &Bond) -> Option<String> {
    match &bond.basis {
        RadialBasis::Polynomials(base) => Some(format!(
            "radbasename: {}, {}",
            bond.basis.name(),
            keys_of(&base.polynomials)
        )),
        RadialBasis::Tabulated(table) => {
            let by_function = |numbers: &[f64]| {
                let rows = numbers.chunks_exact(table.bins + 1).enumerate();
                let rows: Vec<String> = rows
                    .map(|(k, row)| format!("{k}: {}", list(row.iter().copied())))
                    .collect();
                rows.join(", ")
            };
            Some(format!(
                "radbasename: {}, rcut: {}, nradial: {}, nbins: {}, splinenodalvals: {{{}}}, splinenodalderivs: {{{}}}",
                bond.basis.name(),
                number(bond.cutoff_ang),
                table.functions,
                table.bins,
                by_function(&table.values),
                by_function(&table.slopes),
            ))
        }
        _ => None,
    }
}

fn keys_of(polynomials: &Polynomials) -> String {
    let column = |k: usize| list(polynomials.recursion.iter().map(|row| row[k]));
    format!(
        "rcut: {}, r0: {}, p: {}, xl: {}, xr: {}, pl: {}, pr: {}, maxn: {}, recursion_coefficients: {{A: {}, B: {}, C: {}}}",
        number(polynomials.cutoff_ang),
        number(polynomials.r0_ang),
        polynomials.power,
        number(polynomials.ends[0]),
        number(polynomials.ends[1]),
        polynomials.end_powers[0],
        polynomials.end_powers[1],
        polynomials.recursion.len(),
        column(0),
        column(1),
        column(2),
    )
}
