//! Tables of thermochemical data as people keep them: CSV with units in the header, and JSON entries.

mod csv;
mod draft;
mod json;
mod records;

use std::fmt;

use super::{PhaseData, ThermoWarning};
use crate::base::{Element, Formula};

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TableRead {
    pub entries: Vec<PhaseData>,
    pub warnings: Vec<ThermoWarning>,
}

/// A fault of a table and its place, line and column from 1 (columns in characters).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableError {
    pub line: usize,
    pub column: usize,
    pub message: String,
    /// An edit that works.
    pub help: Option<String>,
}

impl fmt::Display for TableError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "line {}, column {}: {}",
            self.line, self.column, self.message
        )
    }
}

impl std::error::Error for TableError {}

/// Faults shown for one table; a last one counts the rest.
const MOST_FAULTS: usize = 20;

/// Reads a table: JSON if it begins with a bracket, else CSV.
///
/// **CSV.** The first line that is neither blank nor a comment (`# …`) names the columns, units included:
///
/// | column | holds |
/// |---|---|
/// | `phase` | `TiO2(rutile)`, `CO2(g)`, `BaO` |
/// | `T_K` (`T_C`) with `dGf_eV`, `dGf_eV_per_atom`, `dGf_kJ_mol`, `dGf_J_mol` or `dGf_kcal_mol` | one row a temperature |
/// | `dHf_eV_per_atom`, `dHf_eV`, `dHf_kJ_mol` … | formation enthalpy; temperature by the descriptor, which needs a volume |
/// | `volume_A3` (a formula unit), `volume_A3_per_atom` or `density_g_cm3`; `volume_kind` | `measured` or `computed` |
/// | `volume_descriptor_A3_per_atom` | the volume that belongs to `dHf`, where it is not the phase's |
/// | `nasa7` with `nasa7_K`, `shomate` with `shomate_K` | coefficients apart by blanks, pieces by `\|`; limits of the pieces |
/// | `melting_K` (`melting_C`), `state`, `evidence`, `observed`, `id` | |
/// | `p_standard_bar` | standard pressure of `dGf`; 1 unless given |
/// | `run_type` | `GGA` or `GGA+U`: carbonates are corrected |
/// | `source` | text, or keys that comment lines `# source KEY: text` explain |
///
/// **JSON.** A list of entries, or an object that holds one as `entries`, `data` or `phases`; an entry has `phase`,
/// `formula`, `formula_pretty` or `composition`; `formation_energy_per_atom` with `volume_per_atom`, or `volume` and
/// `nsites`; or `T_K` and `dGf_eV` as lists; and `material_id`, `run_type`, `theoretical`, `melting_K`, `source`.
pub fn read_table(text: &str) -> Result<TableRead, Vec<TableError>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut faults = Vec::new();
    let read = if text.trim_start().starts_with(['[', '{']) {
        json::read(text, &mut faults)
    } else {
        csv::read(text, &mut faults)
    };
    if faults.is_empty() {
        return Ok(read);
    }
    faults.sort_by_key(|fault| (fault.line, fault.column));
    if faults.len() > MOST_FAULTS {
        let more = faults.len() - MOST_FAULTS;
        faults.truncate(MOST_FAULTS);
        if let Some(last) = faults.last().cloned() {
            faults.push(TableError {
                message: format!("and {more} more faults of this table"),
                help: None,
                ..last
            });
        }
    }
    Err(faults)
}

/// What a GGA formation energy of a carbonate lacks, eV per formula unit: 0.830 eV for each CO3, fitted at 300 K
/// to measured carbonates (reaction-network, McDermott et al., ACS Cent. Sci. 9 (2023) 1957). A formula counts as
/// a carbonate if it has three oxygens for each carbon and an element that is neither C, H, N nor O.
pub fn carbonate_correction_ev(formula: &Formula) -> f64 {
    const PER_CARBONATE_EV: f64 = 0.830;
    let amount = |symbol| {
        Element::from_symbol(symbol).map_or(0.0, |element| formula.amount(element).to_f64())
    };
    let (carbon, oxygen) = (amount("C"), amount("O"));
    let has_cation = formula
        .elements()
        .any(|element| !["C", "H", "N", "O"].contains(&element.symbol()));
    if has_cation && carbon > 0.0 && oxygen >= 3.0 * carbon {
        PER_CARBONATE_EV * carbon
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests;
