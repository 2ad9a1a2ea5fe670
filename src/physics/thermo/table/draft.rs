//! What rows say about one phase, until it is whole.

use std::collections::{BTreeMap, BTreeSet};

use super::{TableError, TableRead};
use crate::base::Phase;
use crate::base::constants::{ATMOSPHERE_PA, BAR_PA, CALORIE_J, KJ_PER_MOL_IN_EV};
use crate::physics::thermo::elements::{atm_over_bar_ev, atoms_to_molecules};
use crate::physics::thermo::{
    Descriptor, Evidence, Gibbs, GibbsTable, PhaseData, State, ThermoWarning,
    carbonate_correction_ev,
};

/// Line and column from 1.
pub(super) type Place = (usize, usize);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum EnergyUnit {
    Ev,
    EvPerAtom,
    KjMol,
    JMol,
    KcalMol,
}

impl EnergyUnit {
    /// By the part of a column's name after `dGf_` or `dHf_`, lower case.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text.replace("per_", "").as_str() {
            "ev" | "ev_fu" | "ev_formula_unit" | "ev_formula" => EnergyUnit::Ev,
            "ev_atom" => EnergyUnit::EvPerAtom,
            "kj_mol" | "kjmol" => EnergyUnit::KjMol,
            "j_mol" | "jmol" => EnergyUnit::JMol,
            "kcal_mol" | "kcalmol" => EnergyUnit::KcalMol,
            _ => return None,
        })
    }

    /// In eV per formula unit.
    pub fn ev(self, value: f64, phase: &Phase) -> f64 {
        match self {
            EnergyUnit::Ev => value,
            EnergyUnit::EvPerAtom => value * phase.formula.atoms(),
            EnergyUnit::KjMol => value * KJ_PER_MOL_IN_EV,
            EnergyUnit::JMol => value * KJ_PER_MOL_IN_EV / 1000.0,
            EnergyUnit::KcalMol => value * KJ_PER_MOL_IN_EV * CALORIE_J,
        }
    }
}

pub(super) struct Draft {
    pub place: Place,
    pub phase: Phase,
    pub state: Option<State>,
    pub evidence: Option<Evidence>,
    /// T in K, eV per formula unit at the standard pressure of the row, that pressure in bar.
    pub rows: Vec<(f64, f64, f64)>,
    /// eV per formula unit.
    pub enthalpy_ev: Option<f64>,
    pub polynomial: Option<Gibbs>,
    pub is_element: bool,
    pub volume_ang3: Option<f64>,
    pub descriptor_volume_ang3_per_atom: Option<f64>,
    pub volume_measured: Option<bool>,
    pub melting_k: Option<f64>,
    pub observed: Option<bool>,
    pub run_type: Option<String>,
    pub id: Option<String>,
    pub sources: Vec<String>,
}

/// Change of slope that no transition of a condensed phase makes, eV per formula unit and K: 60 kJ/mol in 100 K.
const SLOPE_BREAK_EV_PER_K: f64 = 0.6 * KJ_PER_MOL_IN_EV;

impl Draft {
    pub fn new(phase: Phase, place: Place) -> Self {
        Draft {
            place,
            phase,
            state: None,
            evidence: None,
            rows: Vec::new(),
            enthalpy_ev: None,
            polynomial: None,
            is_element: false,
            volume_ang3: None,
            descriptor_volume_ang3_per_atom: None,
            volume_measured: None,
            melting_k: None,
            observed: None,
            run_type: None,
            id: None,
            sources: Vec::new(),
        }
    }

    /// The phase as a whole, or what is wrong with it.
    fn finish(self, warnings: &mut Vec<ThermoWarning>) -> Result<PhaseData, TableError> {
        let fault = |message: String, help: Option<&str>| TableError {
            line: self.place.0,
            column: self.place.1,
            message,
            help: help.map(str::to_owned),
        };
        let phase = self.phase.clone();
        let state = self.state.unwrap_or(match phase.label.as_deref() {
            Some("g") => State::Gas,
            Some("l") => State::Liquid,
            _ => State::Solid,
        });
        let models = usize::from(!self.rows.is_empty())
            + usize::from(self.enthalpy_ev.is_some())
            + usize::from(self.polynomial.is_some());
        if models > 1 {
            return Err(fault(
                format!("the energy of {phase} is given in more than one way"),
                Some("keep one of dGf against T_K, dHf and a polynomial"),
            ));
        }
        let atoms = phase.formula.atoms();
        let elemental = phase.formula.amounts().len() == 1;
        let mut evidence = self.evidence.unwrap_or(Evidence::Measured);
        let gibbs = if self.is_element || (elemental && self.enthalpy_ev == Some(0.0)) {
            evidence = Evidence::Element;
            Some(Gibbs::Element)
        } else if let Some(enthalpy) = self.enthalpy_ev {
            evidence = self.evidence.unwrap_or(Evidence::Computed);
            let correction = self.carbonate_ev();
            if correction != 0.0 {
                warnings.push(ThermoWarning::CarbonateCorrected {
                    phase: phase.clone(),
                    correction_ev: correction,
                });
            }
            let volume = self
                .descriptor_volume_ang3_per_atom
                .or(self.volume_ang3.map(|volume| volume / atoms));
            let Some(volume) = volume else {
                return Err(fault(
                    format!("{phase} has dHf but no volume"),
                    Some(
                        "add a column `volume_A3_per_atom`: the energy follows temperature by volume and mass",
                    ),
                ));
            };
            Some(Gibbs::Descriptor(
                Descriptor::new((enthalpy + correction) / atoms, volume)
                    .map_err(|error| fault(error.to_string(), None))?,
            ))
        } else if let Some(polynomial) = self.polynomial.clone() {
            Some(polynomial)
        } else if self.rows.is_empty() {
            None
        } else {
            Some(Gibbs::Table(
                self.table(state, warnings)
                    .map_err(|message| fault(message, None))?,
            ))
        };
        if gibbs.is_none() && self.volume_ang3.is_none() && self.melting_k.is_none() {
            return Err(fault(
                format!(
                    "nothing is said about {phase}: neither energy nor volume nor melting point"
                ),
                Some("fill dGf and T_K, or dHf and a volume"),
            ));
        }
        let computed_volume = evidence == Evidence::Computed || evidence == Evidence::Element;
        Ok(PhaseData {
            state,
            evidence,
            gibbs,
            volume_ang3: self.volume_ang3.or(self
                .descriptor_volume_ang3_per_atom
                .map(|volume| volume * atoms)),
            volume_measured: self
                .volume_measured
                .unwrap_or(!computed_volume && self.volume_ang3.is_some()),
            melting_k: self.melting_k,
            observed: self.observed,
            id: self.id,
            origin: self.sources.join("; "),
            phase,
        })
    }

    fn carbonate_ev(&self) -> f64 {
        let is_gga = self
            .run_type
            .as_deref()
            .is_some_and(|run| run.to_uppercase().starts_with("GGA"));
        if is_gga {
            carbonate_correction_ev(&self.phase.formula)
        } else {
            0.0
        }
    }

    /// The rows at 1 bar, up to where they turn into another phase.
    fn table(&self, state: State, warnings: &mut Vec<ThermoWarning>) -> Result<GibbsTable, String> {
        let phase = &self.phase;
        // Molecules of gas that the formation of a formula unit leaves over: each is worth kT ln(p) between
        // the standard pressure of the source and 1 bar.
        let consumed: f64 = phase
            .formula
            .amounts()
            .iter()
            .map(|(element, amount)| amount.to_f64() * atoms_to_molecules(*element))
            .sum();
        let gained = f64::from(u8::from(state == State::Gas)) - consumed;
        let per_ln_bar =
            |t_k: f64| gained * atm_over_bar_ev(t_k) / libm::log(ATMOSPHERE_PA / BAR_PA);
        let rows = self
            .rows
            .iter()
            .map(|(t_k, ev, bar)| (*t_k, ev - per_ln_bar(*t_k) * libm::log(*bar)))
            .collect();
        let table = GibbsTable::new(rows).map_err(|error| format!("{phase}: {error}"))?;
        let Some((last, change)) = table.slope_break(SLOPE_BREAK_EV_PER_K) else {
            return Ok(table);
        };
        let kept = table.until(last);
        warnings.push(ThermoWarning::SlopeBreak {
            phase: phase.clone(),
            last_k: kept.range_k().1,
            dropped_to_k: table.range_k().1,
            jump_kj_mol: change * 100.0 / KJ_PER_MOL_IN_EV,
        });
        Ok(kept)
    }
}

/// Finishes all phases. Several computed entries of one unlabelled formula are told apart by their identifiers.
pub(super) fn finish(
    mut drafts: Vec<Draft>,
    faults: &mut Vec<TableError>,
    warnings: Vec<ThermoWarning>,
) -> TableRead {
    let mut twins: BTreeMap<Phase, usize> = BTreeMap::new();
    for draft in &drafts {
        *twins.entry(draft.phase.clone()).or_default() += 1;
    }
    for draft in &mut drafts {
        if draft.phase.label.is_none() && twins.get(&draft.phase).is_some_and(|count| *count > 1) {
            draft.phase.label.clone_from(&draft.id);
        }
    }
    let mut read = TableRead {
        entries: Vec::new(),
        warnings,
    };
    let mut known = BTreeSet::new();
    for draft in drafts {
        let place = draft.place;
        match draft.finish(&mut read.warnings) {
            Err(fault) => faults.push(fault),
            Ok(data) if !known.insert(data.phase.clone()) => faults.push(TableError {
                line: place.0,
                column: place.1,
                message: format!("{} is given twice", data.phase),
                help: Some(format!(
                    "keep one row, or tell polymorphs apart by a label, for example `{}(\"name\")`",
                    data.phase.formula
                )),
            }),
            Ok(data) => read.entries.push(data),
        }
    }
    read
}
