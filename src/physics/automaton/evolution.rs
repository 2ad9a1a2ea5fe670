//! What became of a sample, record by record, and its spread over realisations.

use serde::{Deserialize, Serialize};

use super::statistics::{Moments, Onset, onset, spread};
use super::{By, Chemistry, Observer, Record, Sweeps};
use crate::base::Phase;

/// One realisation of a firing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evolution {
    /// Names of the condensed phases and gases, in the order of the columns below.
    pub phases: Vec<String>,
    pub gases: Vec<String>,
    pub reactions: Vec<String>,
    pub time_sweeps: Vec<f64>,
    #[serde(rename = "temperature_K")]
    pub temperature_k: Vec<f64>,
    /// By record, then by phase.
    pub mass_fractions: Vec<Vec<f64>>,
    pub mole_fractions: Vec<Vec<f64>>,
    pub volume_fractions: Vec<Vec<f64>>,
    /// By record, then by gas: molecules given off and taken up so far, for each formula unit at the start.
    pub gas_released: Vec<Vec<f64>>,
    pub gas_absorbed: Vec<Vec<f64>>,
    /// By reaction: how often it was chosen in all.
    pub chosen: Vec<f64>,
    /// Of any element at any record, gases included.
    pub largest_relative_imbalance: f64,
    /// The conversion that was declared, if one was: a choice, not a property of the sample.
    pub sweeps_per_hour: Option<f64>,
}

impl Evolution {
    pub fn fractions(&self, by: By) -> &[Vec<f64>] {
        match by {
            By::Mass => &self.mass_fractions,
            By::Mole => &self.mole_fractions,
            By::Volume => &self.volume_fractions,
        }
    }

    /// The column of a condensed phase; one without a label stands for the only phase of its formula.
    pub fn find(&self, phase: &Phase) -> Option<usize> {
        let places = |is: &dyn Fn(&Phase) -> bool| -> Vec<usize> {
            let known = self.phases.iter().enumerate();
            known
                .filter(|(_, name)| Phase::parse(name).is_ok_and(|known| is(&known)))
                .map(|(at, _)| at)
                .collect()
        };
        if let [exact, ..] = places(&|known| known.same_as(phase)).as_slice() {
            return Some(*exact);
        }
        let alike = places(&|known| {
            phase.label.is_none() && known.formula.amounts() == phase.formula.amounts()
        });
        match alike.as_slice() {
            [only] => Some(*only),
            _ => None,
        }
    }

    /// When a phase first reaches a fraction.
    pub fn onset(&self, phase: usize, by: By, threshold: f64) -> Option<Onset> {
        let moments = self.time_sweeps.iter().zip(&self.temperature_k);
        let series = moments
            .zip(self.fractions(by))
            .map(|((time, t_k), row)| (Sweeps(*time), *t_k, row[phase]));
        onset(series, threshold)
    }
}

/// Writes down the [`Evolution`] of a run.
#[derive(Debug, Clone)]
pub struct Recorder {
    evolution: Evolution,
    /// Phases of the chemistry by column.
    condensed: Vec<usize>,
    gases: Vec<usize>,
    start_moles: f64,
    start_balance: Vec<f64>,
}

impl Recorder {
    pub fn new(chemistry: &Chemistry, sweeps_per_hour: Option<f64>) -> Self {
        let phases = chemistry.phases();
        let (gases, condensed): (Vec<usize>, Vec<usize>) =
            (0..phases.len()).partition(|at| phases[*at].is_gas);
        let names = |which: &[usize]| which.iter().map(|at| phases[*at].name.clone()).collect();
        Recorder {
            evolution: Evolution {
                phases: names(&condensed),
                gases: names(&gases),
                reactions: chemistry
                    .reactions()
                    .iter()
                    .map(|reaction| chemistry.equation(&reaction.spec))
                    .collect(),
                time_sweeps: Vec::new(),
                temperature_k: Vec::new(),
                mass_fractions: Vec::new(),
                mole_fractions: Vec::new(),
                volume_fractions: Vec::new(),
                gas_released: Vec::new(),
                gas_absorbed: Vec::new(),
                chosen: Vec::new(),
                largest_relative_imbalance: 0.0,
                sweeps_per_hour,
            },
            condensed,
            gases,
            start_moles: 1.0,
            start_balance: Vec::new(),
        }
    }

    pub fn finish(self) -> Evolution {
        self.evolution
    }
}

impl Observer for Recorder {
    fn record(&mut self, record: &Record) -> std::io::Result<()> {
        let evolution = &mut self.evolution;
        if evolution.time_sweeps.is_empty() {
            self.start_moles = record.moles.iter().sum();
            self.start_balance.clone_from(&record.balance);
        }
        evolution.time_sweeps.push(record.sweeps.0);
        evolution.temperature_k.push(record.temperature_k);
        for (by, rows) in [
            (By::Mass, &mut evolution.mass_fractions),
            (By::Mole, &mut evolution.mole_fractions),
            (By::Volume, &mut evolution.volume_fractions),
        ] {
            let all = record.fractions(by);
            rows.push(self.condensed.iter().map(|at| all[*at]).collect());
        }
        let per_unit = |amounts: &[f64]| {
            self.gases
                .iter()
                .map(|at| amounts[*at] / self.start_moles)
                .collect()
        };
        evolution.gas_released.push(per_unit(&record.released));
        evolution.gas_absorbed.push(per_unit(&record.absorbed));
        evolution.chosen = record.chosen.iter().map(|count| *count as f64).collect();
        for (now, start) in record.balance.iter().zip(&self.start_balance) {
            if *start > 0.0 {
                evolution.largest_relative_imbalance = evolution
                    .largest_relative_imbalance
                    .max(((now - start) / start).abs());
            }
        }
        Ok(())
    }
}

/// Realisations of one firing by their numbers: records of the same moments, with the same columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Realisations {
    #[serde(rename = "realisations")]
    all: Vec<Evolution>,
}

impl Realisations {
    pub fn new(all: Vec<Evolution>) -> Self {
        Realisations { all }
    }

    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// What they have in common: names, times, temperatures.
    pub fn first(&self) -> Option<&Evolution> {
        self.all.first()
    }

    /// The fraction of a phase at the end.
    pub fn final_fraction(&self, phase: usize, by: By) -> Moments {
        self.all
            .iter()
            .filter_map(|one| one.fractions(by).last().map(|row| row[phase]))
            .collect()
    }

    /// The largest fraction of a phase in any record.
    pub fn peak_fraction(&self, phase: usize, by: By) -> Moments {
        self.all
            .iter()
            .map(|one| {
                let rows = one.fractions(by).iter();
                rows.map(|row| row[phase]).fold(0.0, f64::max)
            })
            .collect()
    }

    /// The temperature at which a phase first reaches a fraction, K, over the realisations in which it does.
    pub fn onset_k(&self, phase: usize, by: By, threshold: f64) -> Moments {
        self.all
            .iter()
            .filter_map(|one| one.onset(phase, by, threshold))
            .map(|onset| onset.temperature_k)
            .collect()
    }

    /// By record, then by phase.
    pub fn fractions(&self, by: By) -> Vec<Vec<Moments>> {
        self.by_record(|one| one.fractions(by))
    }

    /// By record, then by gas; see [`Evolution::gas_released`].
    pub fn gas_released(&self) -> Vec<Vec<Moments>> {
        self.by_record(|one| &one.gas_released)
    }

    /// By record, then by gas; see [`Evolution::gas_absorbed`].
    pub fn gas_absorbed(&self) -> Vec<Vec<Moments>> {
        self.by_record(|one| &one.gas_absorbed)
    }

    fn by_record(&self, rows: impl Fn(&Evolution) -> &[Vec<f64>]) -> Vec<Vec<Moments>> {
        let all: Vec<&[Vec<f64>]> = self.all.iter().map(rows).collect();
        spread(&all)
    }

    /// By reaction: how often it was chosen.
    pub fn chosen(&self) -> Vec<Moments> {
        let reactions = self.first().map_or(0, |one| one.reactions.len());
        (0..reactions)
            .map(|at| {
                let counts = self.all.iter().filter_map(|one| one.chosen.get(at));
                counts.copied().collect()
            })
            .collect()
    }

    pub fn largest_relative_imbalance(&self) -> f64 {
        self.all
            .iter()
            .map(|one| one.largest_relative_imbalance)
            .fold(0.0, f64::max)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two records of A and B(x), in which B(x) ends at this fraction.
    fn evolution(end: f64) -> Evolution {
        Evolution {
            phases: vec!["BaO".into(), "Ca(OH)2(x)".into()],
            gases: vec!["CO2(g)".into()],
            reactions: vec!["r".into()],
            time_sweeps: vec![0.0, 10.0],
            temperature_k: vec![300.0, 500.0],
            mass_fractions: vec![vec![1.0, 0.0], vec![1.0 - end, end]],
            mole_fractions: vec![vec![0.9, 0.1], vec![0.9, 0.1]],
            volume_fractions: vec![vec![0.0, 1.0], vec![1.0, 0.0]],
            gas_released: vec![vec![0.0], vec![end]],
            gas_absorbed: vec![vec![0.0], vec![0.0]],
            chosen: vec![end * 10.0],
            largest_relative_imbalance: end / 10.0,
            sweeps_per_hour: None,
        }
    }

    #[test]
    fn phases_are_found_by_name_or_by_an_unambiguous_formula() {
        let phase = |text: &str| Phase::parse(text).expect("a phase");
        let mut one = evolution(0.5);
        assert_eq!(one.find(&phase("BaO")), Some(0));
        assert_eq!(one.find(&phase("Ca(OH)2(x)")), Some(1));
        assert_eq!(one.find(&phase("Ca(OH)2")), Some(1));
        assert_eq!(one.find(&phase("Ca(OH)2(y)")), None);
        one.phases[0] = "Ca(OH)2(y)".into();
        assert_eq!(one.find(&phase("Ca(OH)2")), None);
    }

    #[test]
    fn statistics_go_over_realisations() {
        let both = Realisations::new(vec![evolution(0.2), evolution(0.4)]);
        assert_eq!(both.count(), 2);
        let end = both.final_fraction(1, By::Mass);
        assert!((end.mean() - 0.3).abs() < 1e-15);
        // Half the distance of two values.
        assert!((end.standard_error().expect("two values") - 0.1).abs() < 1e-15);
        assert_eq!(both.peak_fraction(1, By::Volume).mean(), 1.0);
        assert_eq!(both.final_fraction(1, By::Volume).mean(), 0.0);
        // 0.1 is reached half-way to 500 K in the first, a quarter of the way in the second.
        let onset = both.onset_k(1, By::Mass, 0.1);
        assert!((onset.mean() - 375.0).abs() < 1e-12 && onset.count() == 2);
        // 0.3 is reached in the second alone.
        let onset = both.onset_k(1, By::Mass, 0.3);
        assert!((onset.mean() - 450.0).abs() < 1e-12 && onset.count() == 1);
        let released = both.gas_released();
        assert_eq!(released.len(), 2);
        assert!((released[1][0].mean() - 0.3).abs() < 1e-15);
        assert!((both.chosen()[0].mean() - 3.0).abs() < 1e-15);
        assert_eq!(both.largest_relative_imbalance(), 0.04);
    }
}
