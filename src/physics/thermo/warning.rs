//! What a person should know about the data before trusting them.

use std::fmt;

use super::error::list;
use crate::base::Phase;

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
pub enum ThermoWarning {
    /// The slope of a table breaks by more than any transition of a condensed phase explains: beyond, the
    /// table holds another phase, usually the vapour. The table ends before the break.
    SlopeBreak {
        phase: Phase,
        #[serde(rename = "last_K")]
        last_k: f64,
        #[serde(rename = "dropped_to_K")]
        dropped_to_k: f64,
        #[serde(rename = "jump_kJ_per_mol_per_100K")]
        jump_kj_mol: f64,
    },
    /// The volume of a phase, or of the structure that its energy was computed for, is far from the one measured.
    Density {
        phase: Phase,
        of_energy: bool,
        density_g_cm3: f64,
        reference: Phase,
        reference_g_cm3: f64,
    },
    /// Computed energies were moved to the measured scale.
    AnchoredScale {
        phases: Vec<Phase>,
        anchors: Vec<Phase>,
    },
    /// How far the scheme misses an anchor when it is predicted from the others.
    AnchorMisfit {
        phase: Phase,
        #[serde(rename = "misfit_kJ_per_mol")]
        misfit_kj_mol: f64,
        #[serde(rename = "T_K")]
        t_k: f64,
    },
    /// Entries that the scheme sets aside.
    LeftOut { phases: Vec<Phase>, why: String },
    /// A carbonate of a GGA calculation was corrected.
    CarbonateCorrected { phase: Phase, correction_ev: f64 },
    /// A column that means nothing here.
    ColumnIgnored { column: String },
}

impl fmt::Display for ThermoWarning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThermoWarning::SlopeBreak {
                phase,
                last_k,
                dropped_to_k,
                jump_kj_mol,
            } => write!(
                out,
                "the table of {phase} jumps above {last_k} K ({jump_kj_mol:.0} kJ/mol within 100 K, as to a vapour): \
                 its rows up to {dropped_to_k} K are not used"
            ),
            ThermoWarning::Density {
                phase,
                of_energy: true,
                density_g_cm3,
                reference,
                reference_g_cm3,
            } => write!(
                out,
                "the energy of {phase} belongs to a structure of {density_g_cm3:.2} g/cm³ where {reference} is measured \
                 as {reference_g_cm3:.2} g/cm³: it is another polymorph"
            ),
            ThermoWarning::Density {
                phase,
                of_energy: false,
                density_g_cm3,
                reference,
                reference_g_cm3,
            } => write!(
                out,
                "{phase} has {density_g_cm3:.2} g/cm³ where {reference} is measured as {reference_g_cm3:.2} g/cm³: \
                 amounts by volume will be off by {:.0} %",
                100.0 * (reference_g_cm3 / density_g_cm3 - 1.0).abs()
            ),
            ThermoWarning::AnchoredScale { phases, anchors } => write!(
                out,
                "{} take measured energies of {} plus computed reaction energies",
                list(phases),
                list(anchors)
            ),
            ThermoWarning::AnchorMisfit {
                phase,
                misfit_kj_mol,
                t_k,
            } => write!(
                out,
                "predicted from the other anchors, {phase} is off by {misfit_kj_mol:+.0} kJ/mol at {t_k} K: \
                 anchored energies are that uncertain"
            ),
            ThermoWarning::LeftOut { phases, why } => {
                write!(out, "{} left out: {why}", list(phases))
            }
            ThermoWarning::CarbonateCorrected {
                phase,
                correction_ev,
            } => write!(
                out,
                "{phase} is a carbonate of a GGA calculation: {correction_ev:+.3} eV added per formula unit"
            ),
            ThermoWarning::ColumnIgnored { column } => {
                write!(out, "the column `{column}` is not read")
            }
        }
    }
}
