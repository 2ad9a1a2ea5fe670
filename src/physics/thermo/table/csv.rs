//! Comma-separated tables.

use std::collections::BTreeMap;

use super::draft::{Draft, EnergyUnit, finish};
use super::records::{Cell, records};
use super::{TableError, TableRead};
use crate::base::Phase;
use crate::physics::thermo::phase_data::U_PER_ANG3_IN_G_PER_CM3;
use crate::physics::thermo::{
    Evidence, Gibbs, Nasa7, Nasa7Piece, Shomate, ShomatePiece, State, ThermoWarning,
};

const ZERO_CELSIUS_K: f64 = 273.15;

#[derive(Clone, Copy, PartialEq)]
enum Column {
    Phase,
    State,
    Evidence,
    Temperature { celsius: bool },
    Formation(EnergyUnit),
    Enthalpy(EnergyUnit),
    Volume,
    VolumePerAtom,
    Density,
    DescriptorVolume,
    VolumeKind,
    Melting { celsius: bool },
    StandardBar,
    Observed,
    RunType,
    Nasa7,
    Nasa7Limits,
    Shomate,
    ShomateLimits,
    Id,
    Source,
    Ignored,
}

const KNOWN: &str = "phase, T_K, dGf_eV, dGf_eV_per_atom, dGf_kJ_mol, dHf_eV_per_atom, dHf_kJ_mol, volume_A3, \
                     volume_A3_per_atom, density_g_cm3, melting_K, state, evidence, id, source";

/// The meaning of a column; an error for one that means something in a unit that is not known.
fn column(name: &str) -> Result<Column, String> {
    let lower = name.trim().to_lowercase();
    let known = match lower.as_str() {
        "phase" | "formula" => Column::Phase,
        "state" => Column::State,
        "evidence" => Column::Evidence,
        "t_k" => Column::Temperature { celsius: false },
        "t_c" | "t_degc" => Column::Temperature { celsius: true },
        "volume_a3" | "volume_a3_per_fu" | "volume_per_fu_a3" | "volume_a3_per_formula_unit" => {
            Column::Volume
        }
        "volume_a3_per_atom" | "volume_per_atom_a3" => Column::VolumePerAtom,
        "volume_descriptor_a3_per_atom" => Column::DescriptorVolume,
        "volume_kind" => Column::VolumeKind,
        "density_g_cm3" => Column::Density,
        "melting_k" => Column::Melting { celsius: false },
        "melting_c" | "melting_degc" => Column::Melting { celsius: true },
        "p_standard_bar" => Column::StandardBar,
        "observed" => Column::Observed,
        "run_type" => Column::RunType,
        "nasa7" => Column::Nasa7,
        "nasa7_k" => Column::Nasa7Limits,
        "shomate" => Column::Shomate,
        "shomate_k" => Column::ShomateLimits,
        "id" | "mpid" | "material_id" | "entry_id" => Column::Id,
        "source" | "origin" => Column::Source,
        _ => {
            if let Some(unit) = lower.strip_prefix("dgf_").and_then(EnergyUnit::parse) {
                return Ok(Column::Formation(unit));
            }
            if let Some(unit) = lower.strip_prefix("dhf_").and_then(EnergyUnit::parse) {
                return Ok(Column::Enthalpy(unit));
            }
            let mend = [
                (
                    "dgf",
                    "`dGf_eV`, `dGf_eV_per_atom` or `dGf_kJ_mol`, one row a temperature with a column `T_K`",
                ),
                ("dhf", "`dHf_eV_per_atom`, `dHf_eV` or `dHf_kJ_mol`"),
                ("volume", "`volume_A3` or `volume_A3_per_atom`"),
                ("density", "`density_g_cm3`"),
                ("melting", "`melting_K`"),
                ("temperature", "`T_K`"),
            ];
            let mend = mend
                .iter()
                .find(|(head, _)| lower.starts_with(head))
                .map(|(_, mend)| *mend);
            return match mend.or((lower == "t").then_some("`T_K`")) {
                Some(mend) => Err(format!("write {mend}")),
                None => Ok(Column::Ignored),
            };
        }
    };
    Ok(known)
}

pub(super) fn read(text: &str, faults: &mut Vec<TableError>) -> TableRead {
    let notes = source_notes(text);
    let mut records = records(text, faults).into_iter();
    let Some(header) = records.next() else {
        faults.push(TableError {
            line: 1,
            column: 1,
            message: "the table is empty".into(),
            help: Some(format!("begin with a line of column names: {KNOWN}")),
        });
        return TableRead::default();
    };
    let mut warnings = Vec::new();
    let mut columns = Vec::new();
    for cell in &header {
        match column(&cell.text) {
            Ok(known) => {
                if known == Column::Ignored && !cell.text.trim().is_empty() {
                    warnings.push(ThermoWarning::ColumnIgnored {
                        column: cell.text.trim().to_owned(),
                    });
                } else if known != Column::Ignored && columns.contains(&known) {
                    faults.push(fault(
                        cell,
                        format!("the column `{}` stands twice", cell.text),
                        "keep one",
                    ));
                }
                columns.push(known);
            }
            Err(mend) => {
                faults.push(fault(
                    cell,
                    format!("`{}` has no unit that is known", cell.text),
                    &mend,
                ));
                columns.push(Column::Ignored);
            }
        }
    }
    if !columns.contains(&Column::Phase) {
        let (line, column) = header.first().map_or((1, 1), |cell| cell.place);
        faults.push(TableError {
            line,
            column,
            message: "no column is named `phase`".into(),
            help: Some(format!(
                "the first line names the columns, for example {KNOWN}"
            )),
        });
        return TableRead::default();
    }
    let mut drafts: Vec<Draft> = Vec::new();
    let mut tabulated = BTreeMap::new();
    for record in records {
        if record.len() != columns.len() {
            let place = record.last().map_or((1, 1), |cell| cell.place);
            faults.push(TableError {
                line: place.0,
                column: place.1,
                message: format!(
                    "this row has {} cells, the header has {}",
                    record.len(),
                    columns.len()
                ),
                help: Some(
                    "put text that contains commas in quotes; a cut-off file ends like this too"
                        .into(),
                ),
            });
            continue;
        }
        let row = Row {
            cells: columns.iter().copied().zip(&record).collect(),
        };
        row.into_drafts(&mut drafts, &mut tabulated, &notes, faults);
    }
    finish(drafts, faults, warnings)
}

/// Explanations of source keys: comment lines `# source KEY: text`.
fn source_notes(text: &str) -> BTreeMap<&str, &str> {
    text.lines()
        .filter_map(|line| {
            line.trim_start()
                .strip_prefix('#')?
                .trim_start()
                .strip_prefix("source ")
        })
        .filter_map(|line| line.split_once(':'))
        .map(|(key, note)| (key.trim(), note.trim()))
        .collect()
}

struct Row<'a> {
    cells: Vec<(Column, &'a Cell)>,
}

impl Row<'_> {
    /// The cell of a column, unless blank.
    fn cell(&self, column: Column) -> Option<&Cell> {
        self.cells
            .iter()
            .find(|(known, cell)| *known == column && !cell.text.trim().is_empty())
            .map(|(_, cell)| *cell)
    }

    fn number(&self, column: Column, faults: &mut Vec<TableError>) -> Option<f64> {
        let cell = self.cell(column)?;
        let value = cell
            .text
            .trim()
            .parse::<f64>()
            .ok()
            .filter(|value| value.is_finite());
        if value.is_none() {
            faults.push(fault(
                cell,
                format!("`{}` is not a number", shorten(&cell.text)),
                "write a number with a point, without a unit; the header holds the unit",
            ));
        }
        value
    }

    fn positive(&self, column: Column, faults: &mut Vec<TableError>) -> Option<f64> {
        let value = self.number(column, faults)?;
        if value > 0.0 {
            return Some(value);
        }
        if let Some(cell) = self.cell(column) {
            faults.push(fault(
                cell,
                format!("{value} is not above zero"),
                "correct the number, or leave it blank",
            ));
        }
        None
    }

    fn kelvin(&self, plain: Column, celsius: Column, faults: &mut Vec<TableError>) -> Option<f64> {
        if let Some(value) = self.number(celsius, faults) {
            return Some(value + ZERO_CELSIUS_K);
        }
        self.positive(plain, faults)
    }

    fn energy(
        &self,
        of: impl Fn(Column) -> Option<EnergyUnit>,
        phase: &Phase,
        faults: &mut Vec<TableError>,
    ) -> Option<f64> {
        let units: Vec<(Column, EnergyUnit)> = self
            .cells
            .iter()
            .filter_map(|(column, _)| Some((*column, of(*column)?)))
            .collect();
        let (column, unit) = units
            .into_iter()
            .find(|(column, _)| self.cell(*column).is_some())?;
        Some(unit.ev(self.number(column, faults)?, phase))
    }

    /// A cell that holds one of a few words.
    fn word<T: Copy>(
        &self,
        column: Column,
        words: &[(&str, T)],
        faults: &mut Vec<TableError>,
    ) -> Option<T> {
        let cell = self.cell(column)?;
        let text = cell.text.trim().to_lowercase();
        let found = words
            .iter()
            .find(|(word, _)| *word == text)
            .map(|(_, value)| *value);
        if found.is_none() {
            let legal = words
                .iter()
                .map(|(word, _)| *word)
                .collect::<Vec<_>>()
                .join(", ");
            faults.push(fault(
                cell,
                format!("`{}` is not known here", shorten(&cell.text)),
                &format!("write one of {legal}"),
            ));
        }
        found
    }

    fn polynomial(&self, faults: &mut Vec<TableError>) -> Option<Gibbs> {
        let kinds = [
            (Column::Nasa7, Column::Nasa7Limits),
            (Column::Shomate, Column::ShomateLimits),
        ];
        let (coefficients, limits) = kinds
            .into_iter()
            .find(|(column, _)| self.cell(*column).is_some())?;
        let cell = self.cell(coefficients)?;
        let built = (|| {
            let limits = self.cell(limits).map_or("", |cell| &cell.text);
            let limits = numbers(limits)?;
            let pieces = cell
                .text
                .split('|')
                .map(numbers)
                .collect::<Result<Vec<_>, _>>()?;
            if limits.len() != pieces.len() + 1 {
                return Err(format!(
                    "{} pieces need {} limits in K",
                    pieces.len(),
                    pieces.len() + 1
                ));
            }
            let wrong = |count: usize| format!("a piece has {count} coefficients");
            let model = if coefficients == Column::Nasa7 {
                let pieces = pieces
                    .into_iter()
                    .zip(limits.windows(2))
                    .map(|(piece, limits)| {
                        Ok(Nasa7Piece {
                            from_k: limits[0],
                            to_k: limits[1],
                            coefficients: piece.try_into().map_err(|_| wrong(7))?,
                        })
                    })
                    .collect::<Result<Vec<_>, String>>()?;
                Gibbs::Nasa7(Nasa7::new(pieces).map_err(|error| error.to_string())?)
            } else {
                let pieces = pieces
                    .into_iter()
                    .zip(limits.windows(2))
                    .map(|(piece, limits)| {
                        Ok(ShomatePiece {
                            from_k: limits[0],
                            to_k: limits[1],
                            coefficients: piece.try_into().map_err(|_| wrong(8))?,
                        })
                    })
                    .collect::<Result<Vec<_>, String>>()?;
                Gibbs::Shomate(Shomate::new(pieces).map_err(|error| error.to_string())?)
            };
            Ok::<Gibbs, String>(model)
        })();
        built
            .map_err(|message| {
                faults.push(fault(
                    cell,
                    message,
                    "numbers apart by blanks, pieces by `|`, and the limits of the pieces in the column `nasa7_K` or `shomate_K`",
                ));
            })
            .ok()
    }

    /// Adds the row to the phase that it speaks of; `tabulated` finds phases given by several rows.
    fn into_drafts(
        self,
        drafts: &mut Vec<Draft>,
        tabulated: &mut BTreeMap<Phase, usize>,
        notes: &BTreeMap<&str, &str>,
        faults: &mut Vec<TableError>,
    ) {
        let Some(name) = self.cell(Column::Phase) else {
            let place = self.cells.first().map_or((1, 1), |(_, cell)| cell.place);
            faults.push(TableError {
                line: place.0,
                column: place.1,
                message: "this row names no phase".into(),
                help: Some("write the phase in every row".into()),
            });
            return;
        };
        let phase = match Phase::parse(name.text.trim()) {
            Ok(phase) => phase,
            Err(error) => {
                let help = error.help().unwrap_or_else(|| {
                    "write a phase like `TiO2(rutile)`, `CO2(g)` or `BaO`".into()
                });
                faults.push(fault(
                    name,
                    format!("`{}` is no phase: {error}", shorten(&name.text)),
                    &help,
                ));
                return;
            }
        };
        let before = faults.len();
        let enthalpy = self.energy(enthalpy_unit, &phase, faults);
        let formation = self.energy(formation_unit, &phase, faults);
        let t_k = self.kelvin(
            Column::Temperature { celsius: false },
            Column::Temperature { celsius: true },
            faults,
        );
        let standard_bar = self.positive(Column::StandardBar, faults).unwrap_or(1.0);
        let polynomial = self.polynomial(faults);
        let atoms = phase.formula.atoms();
        let volume = self
            .positive(Column::Volume, faults)
            .or_else(|| Some(self.positive(Column::VolumePerAtom, faults)? * atoms))
            .or_else(|| {
                Some(
                    phase.formula.mass_u() * U_PER_ANG3_IN_G_PER_CM3
                        / self.positive(Column::Density, faults)?,
                )
            });
        let descriptor_volume = self.positive(Column::DescriptorVolume, faults);
        let melting = self.kelvin(
            Column::Melting { celsius: false },
            Column::Melting { celsius: true },
            faults,
        );
        let state = self.word(
            Column::State,
            &[
                ("solid", State::Solid),
                ("liquid", State::Liquid),
                ("gas", State::Gas),
            ],
            faults,
        );
        let evidence = self.word(
            Column::Evidence,
            &[
                ("measured", Evidence::Measured),
                ("computed", Evidence::Computed),
            ],
            faults,
        );
        let volume_measured = self.word(
            Column::VolumeKind,
            &[("measured", true), ("computed", false)],
            faults,
        );
        let observed = self.word(
            Column::Observed,
            &[("true", true), ("false", false)],
            faults,
        );
        let text = |column| self.cell(column).map(|cell| cell.text.trim().to_owned());
        let (id, run_type) = (text(Column::Id), text(Column::RunType));
        let is_entry = enthalpy.is_some() || polynomial.is_some();
        let is_element =
            formation == Some(0.0) && t_k.is_none() && phase.formula.amounts().len() == 1;
        let is_sound = faults.len() == before;
        if is_sound && formation.is_some() && t_k.is_none() && !is_element {
            let message = format!("dGf of {phase} without a temperature");
            faults.push(fault(name, message, "fill the column `T_K`"));
        }
        if is_sound && formation.is_none() && t_k.is_some() && !is_entry {
            let message = format!("a temperature of {phase} without dGf");
            faults.push(fault(name, message, "fill the column `dGf_eV`"));
        }
        if faults.len() > before {
            return;
        }

        let known = if is_entry {
            None
        } else {
            tabulated.get(&phase).copied()
        };
        let at = known.unwrap_or_else(|| {
            drafts.push(Draft::new(phase.clone(), name.place));
            drafts.len() - 1
        });
        if !is_entry {
            tabulated.insert(phase.clone(), at);
        }
        let draft = &mut drafts[at];
        if let (Some(ev), Some(t_k)) = (formation, t_k) {
            draft.rows.push((t_k, ev, standard_bar));
        }
        draft.is_element |= is_element;
        let mut set = |mine: &mut Option<f64>, new: Option<f64>, what: &str| match (*mine, new) {
            (Some(old), Some(new)) if old != new => faults.push(fault(
                name,
                format!("{what} of {phase} is given as {old} and as {new}"),
                "give it once, in the first row of the phase",
            )),
            (None, Some(new)) => *mine = Some(new),
            _ => {}
        };
        set(&mut draft.volume_ang3, volume, "the volume");
        set(&mut draft.melting_k, melting, "the melting point");
        set(
            &mut draft.descriptor_volume_ang3_per_atom,
            descriptor_volume,
            "the volume for the descriptor",
        );
        draft.enthalpy_ev = draft.enthalpy_ev.or(enthalpy);
        draft.polynomial = draft.polynomial.take().or(polynomial);
        draft.state = draft.state.or(state);
        draft.evidence = draft.evidence.or(evidence);
        draft.volume_measured = draft.volume_measured.or(volume_measured);
        draft.observed = draft.observed.or(observed);
        draft.id = draft.id.take().or(id);
        draft.run_type = draft.run_type.take().or(run_type);
        for note in sources(self.cell(Column::Source), notes) {
            if !draft.sources.contains(&note) {
                draft.sources.push(note);
            }
        }
    }
}

fn formation_unit(column: Column) -> Option<EnergyUnit> {
    match column {
        Column::Formation(unit) => Some(unit),
        _ => None,
    }
}

fn enthalpy_unit(column: Column) -> Option<EnergyUnit> {
    match column {
        Column::Enthalpy(unit) => Some(unit),
        _ => None,
    }
}

/// The text of a source cell, or what its keys stand for.
fn sources(cell: Option<&Cell>, notes: &BTreeMap<&str, &str>) -> Vec<String> {
    let Some(cell) = cell else { return Vec::new() };
    let words: Option<Vec<String>> = cell
        .text
        .split_whitespace()
        .map(|key| notes.get(key).map(|note| (*note).to_owned()))
        .collect();
    words
        .filter(|words| !words.is_empty())
        .unwrap_or_else(|| vec![cell.text.trim().to_owned()])
}

fn numbers(text: &str) -> Result<Vec<f64>, String> {
    text.split_whitespace()
        .map(|word| {
            let value = word.parse::<f64>().ok().filter(|value| value.is_finite());
            value.ok_or_else(|| format!("`{}` is not a number", shorten(word)))
        })
        .collect()
}

fn fault(cell: &Cell, message: String, help: &str) -> TableError {
    TableError {
        line: cell.place.0,
        column: cell.place.1,
        message,
        help: Some(help.to_owned()),
    }
}

/// Text for a message: its first characters.
fn shorten(text: &str) -> String {
    const SHOWN: usize = 40;
    let text = text.trim();
    if text.chars().count() <= SHOWN {
        return text.to_owned();
    }
    text.chars().take(SHOWN).chain(['…']).collect()
}
