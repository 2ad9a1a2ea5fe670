//! How the Gibbs energy of formation of a phase follows temperature.

use super::ThermoError;
use super::elements::ElementGibbs;
use super::polynomial::{Nasa7, Shomate};
use crate::base::Phase;

/// Temperature of standard enthalpies, K.
pub const STANDARD_K: f64 = 298.15;
/// Tables customarily begin at 300 K: those answer from 298.15 K on, by their first slope.
const FIRST_ROW_K: f64 = 300.0;

/// Gibbs energy of formation from the elements, by one of several models.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub enum Gibbs {
    /// An element in its reference state: zero at every temperature.
    Element,
    Table(GibbsTable),
    Nasa7(Nasa7),
    Shomate(Shomate),
    Descriptor(Descriptor),
    Anchored(Anchored),
}

impl Gibbs {
    /// eV per formula unit at 1 bar. An error outside the range of the data: nothing is extrapolated.
    pub fn formation_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        match self {
            Gibbs::Element if t_k > 0.0 && t_k.is_finite() => Ok(0.0),
            Gibbs::Element => Err(out_of_range(phase, t_k, (0.0, f64::INFINITY))),
            Gibbs::Table(table) => table.at(phase, t_k),
            Gibbs::Nasa7(model) => formation_of_absolute(model.gibbs_ev(phase, t_k)?, phase, t_k),
            Gibbs::Shomate(model) => formation_of_absolute(model.gibbs_ev(phase, t_k)?, phase, t_k),
            Gibbs::Descriptor(descriptor) => descriptor.formation_ev(phase, t_k),
            Gibbs::Anchored(anchored) => anchored.formation_ev(phase, t_k),
        }
    }

    /// Temperatures that [`Self::formation_ev`] answers, K; `None` where an element has no reference.
    pub fn range_k(&self, phase: &Phase) -> Option<(f64, f64)> {
        let overlap = |one: (f64, f64), other: (f64, f64)| (one.0.max(other.0), one.1.min(other.1));
        match self {
            Gibbs::Element => Some((0.0, f64::INFINITY)),
            Gibbs::Table(table) => Some(table.range_k()),
            Gibbs::Nasa7(model) => Some(overlap(
                model.range_k(),
                ElementGibbs::standard().range_k(phase)?,
            )),
            Gibbs::Shomate(model) => Some(overlap(
                model.range_k(),
                ElementGibbs::standard().range_k(phase)?,
            )),
            Gibbs::Descriptor(_) => Descriptor::range_k(phase),
            Gibbs::Anchored(anchored) => {
                let mut range = anchored.computed.range_k(phase)?;
                for anchor in &anchored.anchors {
                    range = overlap(range, anchor.measured.range_k(&anchor.phase)?);
                    range = overlap(range, anchor.computed.range_k(&anchor.phase)?);
                }
                Some(range)
            }
        }
    }
}

/// Takes the elements away from G counted from their enthalpies at 298.15 K.
fn formation_of_absolute(gibbs_ev: f64, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
    let elements = ElementGibbs::standard();
    let mut formation = gibbs_ev;
    for (element, amount) in phase.formula.amounts() {
        formation -= amount.to_f64() * elements.ev_per_atom_at_one_bar(*element, phase, t_k)?;
    }
    Ok(formation)
}

pub(super) fn out_of_range(phase: &Phase, asked_k: f64, range: (f64, f64)) -> ThermoError {
    ThermoError::OutOfRange {
        phase: phase.clone(),
        asked_k,
        from_k: range.0,
        to_k: range.1,
    }
}

/// Values at ascending temperatures, linear in between.
///
/// Linear, because a Gibbs energy of formation is nearly straight (the chord misses it by `h² ΔCp / 8T`,
/// under 0.03 kJ/mol for 100 K steps), because a transition bends it where a smooth curve would overshoot,
/// because straight lines keep a sum over phases exact, and because published crossings are read off that way.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "TableColumns", try_from = "TableColumns")]
pub struct GibbsTable {
    rows: Vec<(f64, f64)>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct TableColumns {
    #[serde(rename = "T_K")]
    t_k: Vec<f64>,
    #[serde(rename = "dGf_eV_per_formula_unit")]
    formation_ev: Vec<f64>,
}

impl From<GibbsTable> for TableColumns {
    fn from(table: GibbsTable) -> Self {
        let (t_k, formation_ev) = table.rows.into_iter().unzip();
        TableColumns { t_k, formation_ev }
    }
}

impl TryFrom<TableColumns> for GibbsTable {
    type Error = ThermoError;
    fn try_from(columns: TableColumns) -> Result<Self, ThermoError> {
        if columns.t_k.len() != columns.formation_ev.len() {
            return Err(ThermoError::Model(
                "a table has as many energies as temperatures".into(),
            ));
        }
        GibbsTable::new(columns.t_k.into_iter().zip(columns.formation_ev).collect())
    }
}

impl GibbsTable {
    /// Rows (T in K, eV) in any order; temperatures are positive and differ.
    pub fn new(mut rows: Vec<(f64, f64)>) -> Result<Self, ThermoError> {
        let fault = |text: &str| Err(ThermoError::Model(text.into()));
        if rows.is_empty() {
            return fault("a table of Gibbs energies has no rows");
        }
        if rows
            .iter()
            .any(|(t_k, ev)| !(t_k.is_finite() && *t_k > 0.0 && ev.is_finite()))
        {
            return fault("a table of Gibbs energies has finite values at temperatures above 0 K");
        }
        rows.sort_by(|one, other| one.0.total_cmp(&other.0));
        if let Some(pair) = rows.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return fault(&format!(
                "a table of Gibbs energies has two values at {} K",
                pair[0].0
            ));
        }
        Ok(GibbsTable { rows })
    }

    pub fn rows(&self) -> &[(f64, f64)] {
        &self.rows
    }

    pub fn range_k(&self) -> (f64, f64) {
        let first = self.rows.first().map_or(f64::NAN, |row| row.0);
        let last = self.rows.last().map_or(f64::NAN, |row| row.0);
        let reaches_standard = first > STANDARD_K && first <= FIRST_ROW_K && self.rows.len() > 1;
        (if reaches_standard { STANDARD_K } else { first }, last)
    }

    /// The value at a temperature in the range.
    pub(super) fn at(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        let range = self.range_k();
        if !(range.0 <= t_k && t_k <= range.1) {
            return Err(out_of_range(phase, t_k, range));
        }
        let above = self.rows.partition_point(|row| row.0 < t_k);
        if let Some(row) = self.rows.get(above).filter(|row| row.0 == t_k) {
            return Ok(row.1);
        }
        let upper = above.max(1);
        let (t0, g0) = self.rows[upper - 1];
        let (t1, g1) = self.rows[upper];
        Ok(g0 + (g1 - g0) * ((t_k - t0) / (t1 - t0)))
    }

    /// Where the slope first changes by more than `most_ev_per_k`: the index of the last row before, and the
    /// change.
    pub fn slope_break(&self, most_ev_per_k: f64) -> Option<(usize, f64)> {
        let slope = |at: usize| {
            (self.rows[at + 1].1 - self.rows[at].1) / (self.rows[at + 1].0 - self.rows[at].0)
        };
        (1..self.rows.len().saturating_sub(1))
            .map(|at| (at, slope(at) - slope(at - 1)))
            .find(|(_, change)| change.abs() > most_ev_per_k)
    }

    /// The rows up to and including an index.
    pub fn until(&self, last: usize) -> Self {
        GibbsTable {
            rows: self.rows[..=last.min(self.rows.len() - 1)].to_vec(),
        }
    }
}

/// Formation enthalpy and the descriptor of Bartel et al., Nat. Commun. 9 (2018) 4168, eqs. 2 to 4:
///
/// `ΔGf(T) = ΔHf + Gδ(T) − Σ αi Gi(T)`,
/// `Gδ = (−2.48e-4 ln V − 8.94e-5 m/V) T + 0.181 ln T − 0.882` in eV/atom,
///
/// with V the volume in Å³/atom and m the reduced mass in u. Fitted from 300 K to 1800 K; the element table ends
/// it at 2000 K. Mean error about 50 meV/atom. Elements keep their enthalpy.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Descriptor {
    #[serde(rename = "dHf_eV_per_atom")]
    pub enthalpy_ev_per_atom: f64,
    #[serde(rename = "volume_A3_per_atom")]
    pub volume_ang3_per_atom: f64,
}

impl Descriptor {
    /// Enthalpy in eV/atom, volume in Å³/atom; the volume is positive.
    pub fn new(enthalpy_ev_per_atom: f64, volume_ang3_per_atom: f64) -> Result<Self, ThermoError> {
        if !(enthalpy_ev_per_atom.is_finite()
            && volume_ang3_per_atom.is_finite()
            && volume_ang3_per_atom > 0.0)
        {
            return Err(ThermoError::Model(
                "a formation enthalpy is finite and a volume above zero".into(),
            ));
        }
        Ok(Descriptor {
            enthalpy_ev_per_atom,
            volume_ang3_per_atom,
        })
    }

    fn range_k(phase: &Phase) -> Option<(f64, f64)> {
        if phase.formula.amounts().len() == 1 {
            return Some((0.0, f64::INFINITY));
        }
        ElementGibbs::standard().range_k(phase)
    }

    fn formation_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        let atoms = phase.formula.atoms();
        let amounts = phase.formula.amounts();
        if amounts.len() == 1 {
            return Ok(self.enthalpy_ev_per_atom * atoms);
        }
        if t_k.is_nan() || t_k <= 0.0 {
            let range = Self::range_k(phase).unwrap_or((STANDARD_K, STANDARD_K));
            return Err(out_of_range(phase, t_k, range));
        }
        let volume = self.volume_ang3_per_atom;
        let mass = reduced_mass_u(phase);
        let delta = (-2.48e-4 * libm::log(volume) - 8.94e-5 * mass / volume) * t_k
            + 0.181 * libm::log(t_k)
            - 0.882;
        let mut formation = (self.enthalpy_ev_per_atom + delta) * atoms;
        for (element, amount) in amounts {
            formation -=
                amount.to_f64() * ElementGibbs::standard().ev_per_atom(*element, phase, t_k)?;
        }
        Ok(formation)
    }
}

/// Reduced mass of a compound in u, Bartel et al. eq. 3: over pairs of elements, weighted by their amounts.
fn reduced_mass_u(phase: &Phase) -> f64 {
    let amounts = phase.formula.amounts();
    let mut sum = 0.0;
    for (at, (one, a)) in amounts.iter().enumerate() {
        for (other, b) in &amounts[at + 1..] {
            let (m, n) = (
                descriptor_mass_u(one.symbol(), one.mass_u()),
                descriptor_mass_u(other.symbol(), other.mass_u()),
            );
            sum += (a.to_f64() + b.to_f64()) * m * n / (m + n);
        }
    }
    sum / ((amounts.len() as f64 - 1.0) * phase.formula.atoms())
}

/// The atomic weights of 1997 (IUPAC) where those of today are rounded values of an interval: published energies
/// by the descriptor were computed with them, and differ in the sixth digit otherwise.
fn descriptor_mass_u(symbol: &str, today_u: f64) -> f64 {
    match symbol {
        "H" => 1.00794,
        "Li" => 6.941,
        "B" => 10.811,
        "C" => 12.0107,
        "N" => 14.0067,
        "O" => 15.9994,
        "Mg" => 24.305,
        "Si" => 28.0855,
        "S" => 32.065,
        "Cl" => 35.453,
        _ => today_u,
    }
}

/// The energy of a phase on the scale of measured ones: measured energies of anchors plus the computed energy of
/// the reaction from them, `ΔGf = ΔGf,c + Σ ν (ΔGf,m − ΔGf,c)`.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Anchored {
    pub computed: Box<Gibbs>,
    pub anchors: Vec<Anchor>,
}

/// A phase both measured and computed, and its amount in one formula unit of what is anchored.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Anchor {
    pub amount: f64,
    pub phase: Phase,
    pub measured: Gibbs,
    pub computed: Gibbs,
}

impl Anchored {
    fn formation_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        let mut formation = self.computed.formation_ev(phase, t_k)?;
        for anchor in &self.anchors {
            let measured = anchor.measured.formation_ev(&anchor.phase, t_k)?;
            let computed = anchor.computed.formation_ev(&anchor.phase, t_k)?;
            formation += anchor.amount * (measured - computed);
        }
        Ok(formation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(text: &str) -> Phase {
        Phase::parse(text).expect(text)
    }

    #[test]
    fn tables_are_linear_inside_and_silent_outside() {
        let table =
            GibbsTable::new(vec![(400.0, -2.0), (300.0, -3.0), (500.0, -1.5)]).expect("a table");
        let at = |t_k| table.at(&phase("BaO"), t_k);
        assert_eq!(at(300.0), Ok(-3.0));
        assert_eq!(at(350.0), Ok(-2.5));
        assert_eq!(at(500.0), Ok(-1.5));
        assert!((at(298.15).expect("room temperature") + 3.0185).abs() < 1e-12);
        for outside in [298.0, 500.1, f64::NAN, f64::INFINITY] {
            let error = at(outside).expect_err("outside");
            assert!(matches!(
                error,
                ThermoError::OutOfRange {
                    from_k: 298.15,
                    to_k: 500.0,
                    ..
                }
            ));
        }
        assert_eq!(table.range_k(), (298.15, 500.0));
        assert_eq!(
            GibbsTable::new(vec![(310.0, 0.0), (400.0, 0.0)])
                .expect("a table")
                .range_k()
                .0,
            310.0
        );
        assert!(GibbsTable::new(vec![]).is_err());
        assert!(GibbsTable::new(vec![(300.0, 1.0), (300.0, 2.0)]).is_err());
        assert!(GibbsTable::new(vec![(300.0, f64::NAN)]).is_err());
    }

    #[test]
    fn slope_breaks_are_found() {
        let table = GibbsTable::new(vec![
            (1000.0, -5.0),
            (1100.0, -4.9),
            (1200.0, -4.8),
            (1300.0, -0.7),
            (1400.0, -0.8),
        ])
        .expect("a table");
        let (last, _) = table.slope_break(0.006).expect("a break");
        assert_eq!(table.until(last).range_k(), (1000.0, 1200.0));
        assert!(table.until(last).slope_break(0.006).is_none());
    }

    /// Values of reaction-network 8.3.0 for entries of the Materials Project.
    #[test]
    fn the_descriptor_reproduces_published_energies() {
        let cases = [
            (
                "BaTiO3",
                -3.4922369876666663,
                13.594065403846523,
                300.0,
                -3.321550794069071,
            ),
            (
                "BaTiO3",
                -3.4922369876666663,
                13.594065403846523,
                1000.0,
                -2.939884654055989,
            ),
            (
                "BaO",
                -2.8236427074999995,
                22.127501472420594,
                1500.0,
                -1.9778500929223108,
            ),
        ];
        for (formula, enthalpy, volume, t_k, expected) in cases {
            let gibbs = Gibbs::Descriptor(Descriptor::new(enthalpy, volume).expect("a descriptor"));
            let phase = phase(formula);
            let found = gibbs.formation_ev(&phase, t_k).expect("in range") / phase.formula.atoms();
            assert!(
                (found - expected).abs() < 1e-6,
                "{formula} {t_k}: {found} {expected}"
            );
        }
        // The reduced mass does not depend on how the formula is written.
        let (one, two) = (
            reduced_mass_u(&phase("BaTiO3")),
            reduced_mass_u(&phase("Ba2Ti2O6")),
        );
        assert!((one - two).abs() < 1e-12);
    }

    #[test]
    fn models_survive_json_with_units_in_their_names() {
        let gibbs =
            Gibbs::Table(GibbsTable::new(vec![(300.0, -3.0), (400.0, -2.0)]).expect("a table"));
        let text = serde_json::to_string(&gibbs).expect("JSON");
        assert_eq!(
            text,
            r#"{"model":"table","T_K":[300.0,400.0],"dGf_eV_per_formula_unit":[-3.0,-2.0]}"#
        );
        assert_eq!(serde_json::from_str::<Gibbs>(&text).expect("again"), gibbs);
        assert!(
            serde_json::from_str::<Gibbs>(
                r#"{"model":"table","T_K":[300],"dGf_eV_per_formula_unit":[]}"#
            )
            .is_err()
        );
    }
}
