//! Radial bases of the Julia packages ACE1 and ACEpotentials: polynomials of a transformed distance, or what was
//! tabulated of them. Functions do not depend on l, and each R_n is one of them.
//!
//! Layout and formulas of the polynomials are those that python-ace 0.4.0rc1 evaluates; those of tables are the layout of
//! ACEpotentials 0.6 as the fork of lammps-user-pace of W. C. Witt reads it (its pull request 16).

use super::core_repulsion::InnerCutoff;
use super::embedding::Embedding;
use super::error::ModelError;
use super::model::{Bond, Interactions, MOST_RADIAL};
use super::radial::RadialBasis;

/// `P_1 = A_1 f`, `P_2 = (A_2 x + B_2) P_1`, `P_n = (A_n x + B_n) P_{n−1} + C_n P_{n−2}` of `x = ((1 + r₀)/(1 + r))^p`,
/// where `f = (x − x_l)^{p_l} (x − x_r)^{p_r}` between its zeros and 0 beyond them; a power of 0 has no zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Polynomials {
    pub r0_ang: f64,
    pub power: i32,
    /// `[x_l, x_r]`: where the functions end and where they begin, of the transformed distance.
    pub ends: [f64; 2],
    /// `[p_l, p_r]`.
    pub end_powers: [u8; 2],
    pub cutoff_ang: f64,
    /// `[A, B, C]` of each function.
    pub recursion: Vec<[f64; 3]>,
}

impl Polynomials {
    /// The distance at which x has a value, if there is one.
    fn distance_ang(&self, x: f64) -> Option<f64> {
        let r = (1.0 + self.r0_ang) * x.powf(-1.0 / f64::from(self.power)) - 1.0;
        (r.is_finite() && r > 0.0).then_some(r)
    }

    /// Distances at which the functions are not smooth, besides the cutoff.
    fn breaks_ang(&self) -> Vec<f64> {
        let ends = self.ends.iter().zip(self.end_powers);
        let cut = ends.filter(|(_, power)| *power > 0);
        cut.filter_map(|(x, _)| self.distance_ang(*x))
            .filter(|r| *r < self.cutoff_ang)
            .collect()
    }

    /// Functions at r and their slopes; both slices are as long as there are functions.
    fn evaluate(&self, r: f64, values: &mut [f64], slopes: &mut [f64]) {
        values.fill(0.0);
        slopes.fill(0.0);
        let x = ((1.0 + self.r0_ang) / (1.0 + r)).powi(self.power);
        let [left, right] = self.ends;
        let [p_left, p_right] = self.end_powers.map(i32::from);
        if r >= self.cutoff_ang || p_left > 0 && x <= left || p_right > 0 && x >= right {
            return;
        }
        let dx = -f64::from(self.power) * x / (1.0 + r);
        let raised = |base: f64, power: i32| match power {
            0 => [1.0, 0.0],
            _ => [
                base.powi(power),
                f64::from(power) * base.powi(power - 1) * dx,
            ],
        };
        let (a, b) = (raised(x - left, p_left), raised(x - right, p_right));
        let mut last = [a[0] * b[0], a[1] * b[0] + a[0] * b[1]];
        let mut before = [0.0; 2];
        for (n, &[scale, shift, back]) in self.recursion.iter().enumerate() {
            // The first is the envelope times a number.
            let (factor, slope) = if n == 0 {
                (scale, 0.0)
            } else {
                (scale * x + shift, scale * dx)
            };
            let back = if n < 2 { 0.0 } else { back };
            let next = [
                factor * last[0] + back * before[0],
                factor * last[1] + slope * last[0] + back * before[1],
            ];
            (values[n], slopes[n]) = (next[0], next[1]);
            (before, last) = (last, next);
        }
    }

    fn validate(&self, path: &str) -> Result<(), ModelError> {
        let [left, right] = self.ends;
        let numbers = self.recursion.as_flattened().iter().copied();
        if let Some(bad) = numbers
            .chain([left, right])
            .find(|x| x.is_nan() || x.abs() > MOST_COEFFICIENT)
        {
            return Err(ModelError::new(
                format!("{path}.recursion_coefficients"),
                format!("one of A, B, C, `xl` and `xr` is {bad}"),
                "give finite numbers of a sensible size",
            ));
        }
        for (key, good, what) in [
            (
                "r0",
                (0.0..=100.0).contains(&self.r0_ang),
                "a distance in Å up to 100",
            ),
            (
                "p",
                self.power != 0 && self.power.abs() <= 16,
                "a whole number up to 16, but not 0",
            ),
            (
                "rcut",
                self.cutoff_ang > 0.0 && self.cutoff_ang.is_finite(),
                "a distance above 0",
            ),
            (
                "pl",
                (1..=16).contains(&self.end_powers[0]),
                "a whole number from 1 to 16, so that functions end at the cutoff",
            ),
            ("pr", self.end_powers[1] <= 16, "a whole number up to 16"),
            (
                "maxn",
                (1..=MOST_RADIAL - 1).contains(&self.recursion.len()),
                "one function or more",
            ),
        ] {
            if !good {
                return Err(ModelError::new(
                    format!("{path}.{key}"),
                    "it is out of range",
                    format!("give {what}"),
                ));
            }
        }
        // Other programs evaluate up to where x is x_l, whatever the cutoff of the bond is; so both must be one distance.
        let end = self.distance_ang(left);
        if !end.is_some_and(|end| (end - self.cutoff_ang).abs() < 1e-6) {
            return Err(ModelError::new(
                format!("{path}.xl"),
                format!(
                    "it belongs to a distance of {:.6} Å, not to the cutoff of {} Å",
                    end.unwrap_or(f64::NAN),
                    self.cutoff_ang
                ),
                "export the potential again: `xl` is ((1 + r0)/(1 + rcut))^p",
            ));
        }
        Ok(())
    }
}

const MOST_COEFFICIENT: f64 = 1e100;

/// `e₀ + B e^{−A (r/r_i − 1)} r_i/r`, in place of a pair potential below r_i.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Buckingham {
    pub end_ang: f64,
    /// e₀, eV.
    pub offset_ev: f64,
    /// A.
    pub exponent: f64,
    /// B, eV.
    pub prefactor_ev: f64,
}

impl Buckingham {
    fn evaluate(&self, r: f64) -> [f64; 2] {
        let repulsion =
            self.prefactor_ev * (-self.exponent * (r / self.end_ang - 1.0)).exp() * self.end_ang
                / r;
        [
            self.offset_ev + repulsion,
            -repulsion * (self.exponent / self.end_ang + 1.0 / r),
        ]
    }
}

/// The pair potential of such a file, as one more function of the base: half of it is the energy of each of the two atoms.
#[derive(Debug, Clone, PartialEq)]
pub struct PairPotential {
    pub polynomials: Polynomials,
    /// One a polynomial, eV.
    pub coefficients: Vec<f64>,
    pub core: Option<Buckingham>,
}

impl PairPotential {
    fn evaluate(&self, r: f64) -> [f64; 2] {
        if let Some(core) = self.core.filter(|core| r < core.end_ang) {
            return core.evaluate(r);
        }
        let count = self.coefficients.len();
        let (mut values, mut slopes) = (vec![0.0; count], vec![0.0; count]);
        self.polynomials.evaluate(r, &mut values, &mut slopes);
        let dot = |f: &[f64]| self.coefficients.iter().zip(f).map(|(c, f)| c * f).sum();
        [dot(&values), dot(&slopes)]
    }
}

/// A base of polynomials, and behind them the pair potential if there is one.
#[derive(Debug, Clone, PartialEq)]
pub struct PolynomialBase {
    pub polynomials: Polynomials,
    pub pair: Option<PairPotential>,
}

impl PolynomialBase {
    /// Number of functions.
    pub fn len(&self) -> usize {
        self.polynomials.recursion.len() + usize::from(self.pair.is_some())
    }

    /// Whether there are none; a valid base has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The farthest that any function reaches, Å.
    pub fn cutoff_ang(&self) -> f64 {
        let pair = self
            .pair
            .as_ref()
            .map_or(0.0, |pair| pair.polynomials.cutoff_ang);
        self.polynomials.cutoff_ang.max(pair)
    }

    /// Distances at which a function is not smooth, the last cutoff excepted.
    pub fn breaks_ang(&self) -> Vec<f64> {
        let mut breaks = self.polynomials.breaks_ang();
        breaks.push(self.polynomials.cutoff_ang);
        if let Some(pair) = &self.pair {
            breaks.extend(pair.polynomials.breaks_ang());
            breaks.push(pair.polynomials.cutoff_ang);
            breaks.extend(pair.core.map(|core| core.end_ang));
        }
        let cutoff = self.cutoff_ang();
        breaks.retain(|r| *r < cutoff);
        breaks.sort_by(f64::total_cmp);
        breaks.dedup_by(|a, b| *a - *b < 1e-9);
        breaks
    }

    /// All functions at r and their slopes; both slices are as long as there are functions.
    pub fn evaluate(&self, r: f64, values: &mut [f64], slopes: &mut [f64]) {
        let count = self.polynomials.recursion.len();
        self.polynomials
            .evaluate(r, &mut values[..count], &mut slopes[..count]);
        if let Some(pair) = &self.pair {
            [values[count], slopes[count]] = pair.evaluate(r);
        }
    }

    pub(super) fn validate(&self, path: &str) -> Result<(), ModelError> {
        self.polynomials.validate(path)?;
        let Some(pair) = &self.pair else {
            return Ok(());
        };
        pair.polynomials.validate("polypairpot")?;
        let core = pair.core.map(|core| {
            [
                core.end_ang,
                core.offset_ev,
                core.exponent,
                core.prefactor_ev,
            ]
        });
        if pair.coefficients.len() != pair.polynomials.recursion.len()
            || !pair.coefficients.iter().all(|c| c.abs() < MOST_COEFFICIENT)
        {
            return Err(ModelError::new(
                "polypairpot.coefficients",
                "they are not one finite number for each polynomial",
                "give as many as `maxn` says",
            ));
        }
        if core.is_some_and(|core| {
            !core.iter().all(|c| c.abs() < 1e9) || core[0] <= 0.0 || core[2].abs() > 100.0
        }) {
            return Err(ModelError::new(
                "reppot.coefficients",
                "a number is out of range",
                "give `ri` above 0",
            ));
        }
        Ok(())
    }
}

/// Functions between nodes that lie at equal distances from 0 to the cutoff: cubics with these values and slopes.
#[derive(Debug, Clone, PartialEq)]
pub struct NodalTable {
    /// One less than there are nodes.
    pub bins: usize,
    /// Number of functions.
    pub functions: usize,
    /// `[function][node]`: values, and slopes per Å.
    pub values: Vec<f64>,
    pub slopes: Vec<f64>,
}

impl NodalTable {
    /// Value and slope (per bin) of a function at a node.
    pub fn node(&self, function: usize, node: usize, width_ang: f64) -> [f64; 2] {
        let at = function * (self.bins + 1) + node;
        [self.values[at], self.slopes[at] * width_ang]
    }

    /// The cubic of a bin, in powers of the part of the bin that lies to the left.
    pub fn cubic(&self, function: usize, bin: usize, width_ang: f64) -> [f64; 4] {
        let [f0, d0] = self.node(function, bin, width_ang);
        let [f1, d1] = self.node(function, bin + 1, width_ang);
        [
            f0,
            d0,
            3.0 * (f1 - f0) - d1 - 2.0 * d0,
            -2.0 * (f1 - f0) + d1 + d0,
        ]
    }

    /// Where the functions begin, if they are zero up to there, Å.
    pub fn start_ang(&self, cutoff_ang: f64) -> Option<f64> {
        let zero = |node: usize| (0..self.functions).all(|f| self.node(f, node, 1.0) == [0.0; 2]);
        let first = (0..=self.bins).take_while(|&node| zero(node)).count();
        (first > 0).then(|| (first - 1) as f64 * cutoff_ang / self.bins as f64)
    }

    pub(super) fn evaluate(&self, cutoff_ang: f64, r: f64, values: &mut [f64], slopes: &mut [f64]) {
        let width = cutoff_ang / self.bins as f64;
        let scaled = r / width;
        let bin = (scaled as usize).min(self.bins - 1);
        let x = scaled - bin as f64;
        for (function, (value, slope)) in values.iter_mut().zip(slopes).enumerate() {
            let c = self.cubic(function, bin, width);
            *value = c[0] + x * (c[1] + x * (c[2] + x * c[3]));
            *slope = (c[1] + x * (2.0 * c[2] + x * 3.0 * c[3])) / width;
        }
    }

    pub(super) fn validate(&self, path: &str) -> Result<(), ModelError> {
        let size = self.functions * (self.bins + 1);
        if self.bins < 2 || self.values.len() != size || self.slopes.len() != size {
            return Err(ModelError::new(
                format!("{path}.nbins"),
                "it does not fit the values at the nodes",
                "give for each function one value and one slope more than there are bins",
            ));
        }
        if !self
            .values
            .iter()
            .chain(&self.slopes)
            .all(|x| x.abs() < MOST_COEFFICIENT)
        {
            return Err(ModelError::new(
                format!("{path}.splinenodalvals"),
                "a value or slope is no finite number of a sensible size",
                "export the potential again",
            ));
        }
        Ok(())
    }
}

/// What files of this kind take for granted, so that a potential can be written as it was read: one kind of base for all
/// bonds, each R_n one function of the base for every l, a pair potential of one base, no core repulsion besides.
pub(super) fn check(interactions: &Interactions) -> Result<(), ModelError> {
    let (bonds, count) = (&interactions.bonds, interactions.elements.len());
    if !bonds.iter().any(|bond| bond.basis.is_julian()) {
        return Ok(());
    }
    let path = |at: usize| format!("bonds[{}, {}]", at / count, at % count);
    for (at, bond) in bonds.iter().enumerate() {
        if bond.basis.name() != bonds[0].basis.name() || bond.lmax != bonds[0].lmax {
            return Err(ModelError::new(
                format!("{}.radbasename", path(at)),
                format!(
                    "it is `{}`; a base of ACE.jl is one of all bonds, with one lmax",
                    bond.basis.name()
                ),
                "give all bonds the same kind of base",
            ));
        }
        let identity = (0..bond.nradmax).all(|n| {
            (0..=bond.lmax).all(|l| {
                let row = &bond.coefficients[bond.radial(n, l) * bond.nradbase..][..bond.nradbase];
                row.iter()
                    .enumerate()
                    .all(|(k, c)| *c == if k == n { 1.0 } else { 0.0 })
            })
        });
        let pair = pair_of(bond);
        if bond.nradmax + usize::from(pair.is_some()) != bond.nradbase
            || !identity
            || bond.core.prefactor != 0.0
            || interactions.inner_cutoff != InnerCutoff::Density
        {
            return Err(ModelError::new(
                path(at),
                "with a base of ACE.jl each R_n is one function of the base, and there is no core repulsion",
                "leave out `radcoefficients`, `prehc` and `inner_cutoff_type`",
            ));
        }
        let shared = |pair: Option<&PairPotential>| {
            pair.map(|one| (one.polynomials.clone(), one.core.is_some()))
        };
        if shared(pair) != shared(pair_of(&bonds[0])) {
            return Err(ModelError::new(
                "polypairpot",
                format!(
                    "{} has another pair potential than the first bond",
                    path(at)
                ),
                "give all pairs of elements polynomials of one kind, and all or none a repulsive core",
            ));
        }
        let cutoff = match &bond.basis {
            RadialBasis::Polynomials(base) => base.cutoff_ang(),
            _ => bond.cutoff_ang,
        };
        if cutoff != bond.cutoff_ang {
            return Err(ModelError::new(
                format!("{}.rcut", path(at)),
                format!("its functions reach {cutoff} Å"),
                "give the farthest that a function reaches",
            ));
        }
    }
    let linear = interactions
        .sites
        .iter()
        .all(|site| site.embedding.terms == Embedding::linear().terms);
    if pair_of(&bonds[0]).is_some() && !linear {
        return Err(ModelError::new(
            "polypairpot",
            "a pair potential besides an embedding that is not linear is not read",
            "give one density with `FS_parameters: [1.0, 1.0]`, as ACE1 writes",
        ));
    }
    Ok(())
}

/// The pair potential of a bond.
pub(super) fn pair_of(bond: &Bond) -> Option<&PairPotential> {
    match &bond.basis {
        RadialBasis::Polynomials(base) => base.pair.as_ref(),
        _ => None,
    }
}
