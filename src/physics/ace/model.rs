//! What a potential is, as plain data.

use super::acejl;
use super::core_repulsion::{CoreRepulsion, InnerCutoff, Switch};
use super::embedding::Embedding;
use super::error::ModelError;
use super::radial::RadialBasis;
use crate::base::Element;

/// What atoms see of each other and how that becomes energy: all of a potential but its functions. Elements are
/// counted from 0 in the order of `elements`; "centre" is the atom whose energy it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Interactions {
    pub elements: Vec<Element>,
    /// One an element.
    pub sites: Vec<Site>,
    /// One an ordered pair: `bonds[centre * elements + neighbour]`.
    pub bonds: Vec<Bond>,
    pub inner_cutoff: InnerCutoff,
    /// Width of the bins in which radial functions are tabulated, Å; a bond's bins are as many as fit its cutoff.
    pub spline_bin_ang: f64,
}

/// What belongs to a centre of one element.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Added to the energy of each atom, eV.
    pub energy_ev: f64,
    pub embedding: Embedding,
    /// Fades out the many-body energy while the density of core repulsion rises through it.
    pub core_density: Switch,
}

/// Radial functions between a centre and a neighbour of given elements.
#[derive(Debug, Clone, PartialEq)]
pub struct Bond {
    /// Number of radial functions of an l for ranks of two and more, and greatest l.
    pub nradmax: usize,
    pub lmax: usize,
    /// Number of functions g_k of the base; rank one uses them as they are.
    pub nradbase: usize,
    pub basis: RadialBasis,
    /// `R_nl = Σ_k C[n][l][k] g_k`: `coefficients[(n * (lmax + 1) + l) * nradbase + k]`.
    pub coefficients: Vec<f64>,
    pub cutoff_ang: f64,
    /// Over this length inside the cutoff some bases, and the repulsion of Ziegler, Biersack and Littmark, go to
    /// zero.
    pub cutoff_width_ang: f64,
    pub core: CoreRepulsion,
    /// Where core repulsion takes over, in a way that depends on the kind of inner cutoff.
    pub inner: Switch,
}

/// One factor of a product: `A[element, n, l, m]` without m. `n` counts from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Factor {
    pub element: u8,
    pub n: u16,
    pub l: u8,
}

/// A function of the C-tilde form, `Σ_ms c[ms][p] Re Π_t A[factor_t, m_t]` in the density p.
#[derive(Debug, Clone, PartialEq)]
pub struct Function {
    /// As many as the rank. A function of rank one takes g_n instead of R_n0.
    pub factors: Vec<Factor>,
    /// `ms[combination * rank + t]`.
    pub ms: Vec<i8>,
    /// `coefficients[combination * densities + p]`.
    pub coefficients: Vec<f64>,
}

impl Function {
    pub fn rank(&self) -> usize {
        self.factors.len()
    }

    /// Each combination of m with its coefficients, one a density.
    pub fn terms(&self) -> impl Iterator<Item = (&[i8], &[f64])> {
        let combinations = self.ms.len() / self.rank();
        let densities = self.coefficients.len() / combinations.max(1);
        self.ms
            .chunks_exact(self.rank())
            .zip(self.coefficients.chunks_exact(densities.max(1)))
    }
}

/// A potential in C-tilde form: what evaluators take.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub interactions: Interactions,
    /// By element of the centre.
    pub functions: Vec<Vec<Function>>,
}

impl Interactions {
    pub fn bond(&self, centre: usize, neighbour: usize) -> &Bond {
        &self.bonds[centre * self.elements.len() + neighbour]
    }

    /// The number of densities of a centre.
    pub fn densities(&self, centre: usize) -> usize {
        self.sites[centre].embedding.terms.len()
    }

    /// The farthest that two atoms see each other.
    pub fn cutoff_ang(&self) -> f64 {
        self.bonds
            .iter()
            .map(|bond| bond.cutoff_ang)
            .fold(0.0, f64::max)
    }

    /// The greatest l of any bond.
    pub fn lmax(&self) -> usize {
        self.bonds.iter().map(|bond| bond.lmax).max().unwrap_or(0)
    }

    /// Which of its elements each atom is.
    pub fn elements_of(&self, atoms: &[Element]) -> Result<Vec<u8>, Element> {
        let number = |atom: &Element| {
            let found = self.elements.iter().position(|element| element == atom);
            found.map(|at| at as u8).ok_or(*atom)
        };
        atoms.iter().map(number).collect()
    }

    /// Checks all that evaluators rely on. Paths are those of a `.yace` file.
    pub fn validate(&self) -> Result<(), ModelError> {
        let count = self.elements.len();
        if count == 0 {
            return Err(ModelError::new(
                "elements",
                "there are no elements",
                "list the elements, as in `elements: [Ba, O]`",
            ));
        }
        for (at, element) in self.elements.iter().enumerate() {
            if self.elements[..at].contains(element) {
                return Err(ModelError::new(
                    format!("elements[{at}]"),
                    format!("{element} stands there twice"),
                    "name each element once",
                ));
            }
        }
        for (name, found, wanted) in [
            ("E0", self.sites.len(), count),
            ("bonds", self.bonds.len(), count * count),
        ] {
            if found != wanted {
                return Err(ModelError::new(
                    name,
                    format!("there are {found} entries for {count} elements"),
                    format!("give {wanted}"),
                ));
            }
        }
        positive("deltaSplineBins", self.spline_bin_ang)?;
        for (at, site) in self.sites.iter().enumerate() {
            finite(&format!("E0[{at}]"), site.energy_ev)?;
            let path = format!("embeddings[{at}]");
            if site.embedding.terms.is_empty() {
                return Err(ModelError::new(
                    format!("{path}.ndensity"),
                    "there is no density",
                    "give one or more densities",
                ));
            }
            for (p, term) in site.embedding.terms.iter().enumerate() {
                let path = format!("{path}.FS_parameters");
                finite(&format!("{path}[{}]", 2 * p), term.weight)?;
                positive(&format!("{path}[{}]", 2 * p + 1), term.exponent)?;
            }
            finite(&format!("{path}.rho_core_cutoff"), site.core_density.end)?;
            not_negative(&format!("{path}.drho_core_cutoff"), site.core_density.width)?;
        }
        for (at, bond) in self.bonds.iter().enumerate() {
            let path = format!("bonds[{}, {}]", at / count, at % count);
            bond.validate(&path, self.spline_bin_ang)?;
        }
        acejl::check(self)
    }
}

impl Bond {
    fn validate(&self, path: &str, spline_bin_ang: f64) -> Result<(), ModelError> {
        positive(&format!("{path}.rcut"), self.cutoff_ang)?;
        if !(LEAST_CUTOFF_ANG..=MOST_CUTOFF_ANG).contains(&self.cutoff_ang) {
            return Err(ModelError::new(
                format!("{path}.rcut"),
                format!("a cutoff of {} Å is out of all reason", self.cutoff_ang),
                format!("give one from {LEAST_CUTOFF_ANG} to {MOST_CUTOFF_ANG} Å"),
            ));
        }
        if self.cutoff_ang < 2.0 * spline_bin_ang || self.cutoff_ang > MOST_BINS * spline_bin_ang {
            return Err(ModelError::new(
                "deltaSplineBins",
                format!(
                    "bins of {spline_bin_ang} Å do not suit the cutoff of {} Å of {path}",
                    self.cutoff_ang
                ),
                "give 0.001, as pacemaker does",
            ));
        }
        not_negative(&format!("{path}.dcut"), self.cutoff_width_ang)?;
        finite(&format!("{path}.prehc"), self.core.prefactor)?;
        finite(&format!("{path}.lambdahc"), self.core.exponent)?;
        finite(&format!("{path}.rcut_in"), self.inner.end)?;
        not_negative(&format!("{path}.dcut_in"), self.inner.width)?;
        for (name, number, least, most) in [
            ("nradmax", self.nradmax, 0, MOST_RADIAL),
            ("nradbasemax", self.nradbase, 1, MOST_RADIAL),
            ("lmax", self.lmax, 0, MOST_L),
        ] {
            if !(least..=most).contains(&number) {
                return Err(ModelError::new(
                    format!("{path}.{name}"),
                    format!("it is {number}"),
                    format!("give a number from {least} to {most}"),
                ));
            }
        }
        self.basis.validate(path, self.nradbase)?;
        let wanted = self.nradmax * (self.lmax + 1) * self.nradbase;
        if self.coefficients.len() != wanted {
            return Err(ModelError::new(
                format!("{path}.radcoefficients"),
                format!(
                    "there are {} numbers for nradmax {}, lmax {} and nradbasemax {}",
                    self.coefficients.len(),
                    self.nradmax,
                    self.lmax,
                    self.nradbase
                ),
                format!("give {wanted}, by n, l and k"),
            ));
        }
        if let Some(at) = self.coefficients.iter().position(|c| !c.is_finite()) {
            let (nl, k) = (at / self.nradbase, at % self.nradbase);
            let (n, l) = (nl / (self.lmax + 1), nl % (self.lmax + 1));
            finite(
                &format!("{path}.radcoefficients[{n}][{l}][{k}]"),
                self.coefficients[at],
            )?;
        }
        Ok(())
    }

    /// Where R_nl stands among the R of the bond.
    pub fn radial(&self, n: usize, l: usize) -> usize {
        n * (self.lmax + 1) + l
    }
}

/// Limits beyond which a file is taken to be damaged: they keep tables and memory finite.
pub const MOST_CUTOFF_ANG: f64 = 100.0;
pub const LEAST_CUTOFF_ANG: f64 = 0.5;
pub const MOST_RADIAL: usize = 1000;
pub const MOST_L: usize = 32;
pub const MOST_RANK: usize = 24;
const MOST_BINS: f64 = 1e6;

impl Model {
    /// Checks all that evaluators rely on, so that they need not. Paths are those of a `.yace` file.
    pub fn validate(&self) -> Result<(), ModelError> {
        self.interactions.validate()?;
        let count = self.interactions.elements.len();
        if self.functions.len() != count {
            return Err(ModelError::new(
                "functions",
                format!(
                    "there are lists for {} of {count} elements",
                    self.functions.len()
                ),
                "give one list for each element, empty if need be",
            ));
        }
        for (centre, functions) in self.functions.iter().enumerate() {
            for (at, function) in functions.iter().enumerate() {
                function
                    .validate(&self.interactions, centre)
                    .map_err(|(key, problem, help)| {
                        let path = format!("functions[{centre}][{at}].{key}");
                        ModelError::new(path, problem, help)
                    })?;
            }
        }
        Ok(())
    }
}

/// Key, problem and help.
pub(super) type Fault = (&'static str, String, String);

impl Function {
    /// Checks it for use with a centre; tells the key at fault.
    pub(super) fn validate(&self, interactions: &Interactions, centre: usize) -> Result<(), Fault> {
        let rank = self.rank();
        check_factors(&self.factors, interactions, centre)?;
        if self.ms.is_empty() || !self.ms.len().is_multiple_of(rank) {
            return Err((
                "ms_combs",
                format!("there are {} numbers for a rank of {rank}", self.ms.len()),
                "give m of every factor for one or more combinations".into(),
            ));
        }
        for ms in self.ms.chunks_exact(rank) {
            let fits = |(m, factor): (&i8, &Factor)| m.unsigned_abs() <= factor.l;
            if !ms.iter().zip(&self.factors).all(fits) {
                return Err((
                    "ms_combs",
                    format!("{ms:?} has an m beyond its l"),
                    "m runs from -l to l".into(),
                ));
            }
            if ms.iter().map(|m| i32::from(*m)).sum::<i32>() != 0 {
                return Err((
                    "ms_combs",
                    format!(
                        "{ms:?} does not add up to 0, so the energy would depend on orientation"
                    ),
                    "leave this combination out".into(),
                ));
            }
        }
        let densities = interactions.sites[centre].embedding.terms.len();
        let wanted = self.ms.len() / rank * densities;
        if self.coefficients.len() != wanted {
            return Err((
                "ctildes",
                format!(
                    "there are {} numbers for {} combinations of m and {densities} densities",
                    self.coefficients.len(),
                    self.ms.len() / rank
                ),
                format!("give {wanted}, the densities of one combination side by side"),
            ));
        }
        if !self.coefficients.iter().all(|c| c.is_finite()) {
            return Err((
                "ctildes",
                "a coefficient is no finite number".into(),
                "the fit that wrote the file failed; use another".into(),
            ));
        }
        Ok(())
    }
}

/// Checks that bonds have the radial functions that the factors name.
pub(super) fn check_factors(
    factors: &[Factor],
    interactions: &Interactions,
    centre: usize,
) -> Result<(), Fault> {
    if factors.is_empty() || factors.len() > MOST_RANK {
        return Err((
            "rank",
            format!("it is {}", factors.len()),
            format!("give a rank from 1 to {MOST_RANK}"),
        ));
    }
    for factor in factors {
        let count = interactions.elements.len();
        if usize::from(factor.element) >= count {
            return Err((
                "mus",
                format!("there is no element {}", factor.element),
                format!("elements are counted from 0 to {}", count - 1),
            ));
        }
        let bond = interactions.bond(centre, usize::from(factor.element));
        let (most, name) = match factors.len() {
            1 => (bond.nradbase, "nradbasemax"),
            _ => (bond.nradmax, "nradmax"),
        };
        if usize::from(factor.n) >= most {
            return Err((
                "ns",
                format!(
                    "n of {} is beyond {name} {most} of its bond",
                    u32::from(factor.n) + 1
                ),
                format!("give n from 1 to {most}, or the bond more radial functions"),
            ));
        }
        let most = if factors.len() == 1 { 0 } else { bond.lmax };
        if usize::from(factor.l) > most {
            return Err((
                "ls",
                format!(
                    "l of {} is beyond {most}, the greatest of its bond and rank",
                    factor.l
                ),
                format!("give l from 0 to {most}"),
            ));
        }
    }
    Ok(())
}

fn finite(path: &str, value: f64) -> Result<(), ModelError> {
    check(value.is_finite(), path, value, "a finite number")
}

fn positive(path: &str, value: f64) -> Result<(), ModelError> {
    check(
        value.is_finite() && value > 0.0,
        path,
        value,
        "a number above 0",
    )
}

fn not_negative(path: &str, value: f64) -> Result<(), ModelError> {
    check(
        value.is_finite() && value >= 0.0,
        path,
        value,
        "0 or a number above it",
    )
}

fn check(holds: bool, path: &str, value: f64, wanted: &str) -> Result<(), ModelError> {
    if holds {
        return Ok(());
    }
    Err(ModelError::new(
        path,
        format!("it is {value}"),
        format!("give {wanted}"),
    ))
}
