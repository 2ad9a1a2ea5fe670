//! Which reactions a contact offers, and how heavily each weighs: computed once a temperature, looked up at each
//! site update.

use std::collections::BTreeMap;

use super::{Atmosphere, AutomatonError, Chemistry, Kinetics};

/// Interactions by the pair of phases that meet; empty space counts as a phase beyond the last.
pub(super) struct Table {
    /// Phases and empty space.
    side: usize,
    /// By pair, both ways round: the summed weight of what the contact offers.
    totals: Vec<f64>,
    /// By pair: where its candidates are.
    ranges: Vec<(u32, u32)>,
    /// By phase: the same for falling apart alone.
    alone_totals: Vec<f64>,
    alone_ranges: Vec<(u32, u32)>,
    /// Candidates: the summed weight up to and with each, and which reaction it is.
    cumulative: Vec<f64>,
    reactions: Vec<u32>,
    /// Runs of candidates with the same condensed and gaseous reactants share one weight: the highest score.
    groups: Vec<(u32, u32)>,
    /// Contacts with candidates, with the runs of groups that they own.
    contacts: Vec<Contact>,
    scores: Vec<f64>,
    temperature_k: Option<f64>,
}

struct Contact {
    /// Cells of `totals` that this contact fills, or a phase alone.
    cells: Vec<usize>,
    alone: Option<usize>,
    groups: std::ops::Range<usize>,
    candidates: (u32, u32),
}

/// Who meets whom.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Meeting {
    Alone(u16),
    Pair(u16, u16),
    /// A phase beside empty space, with gases of the atmosphere.
    Surface(u16),
}

impl Table {
    /// The contacts that this chemistry offers in this atmosphere, still without weights.
    pub(super) fn new(chemistry: &Chemistry, atmosphere: &Atmosphere) -> Self {
        let phases = chemistry.phases().len();
        let side = phases + 1;
        let mut offers: BTreeMap<Meeting, BTreeMap<Vec<u16>, Vec<u32>>> = BTreeMap::new();
        for (r, reaction) in chemistry.reactions().iter().enumerate() {
            let available = reaction
                .gases
                .iter()
                .all(|&gas| atmosphere.pressure_atm(usize::from(gas)).is_some());
            let meeting = match (reaction.consumed.as_slice(), reaction.gases.is_empty()) {
                (&[(a, _)], true) => Meeting::Alone(a),
                (&[(a, _)], false) => Meeting::Surface(a),
                (&[(a, _), (b, _)], _) => Meeting::Pair(a, b),
                _ => continue,
            };
            if available {
                offers
                    .entry(meeting)
                    .or_default()
                    .entry(reaction.gases.clone())
                    .or_default()
                    .push(r as u32);
            }
        }
        let mut table = Table {
            side,
            totals: vec![0.0; side * side],
            ranges: vec![(0, 0); side * side],
            alone_totals: vec![0.0; side],
            alone_ranges: vec![(0, 0); side],
            cumulative: Vec::new(),
            reactions: Vec::new(),
            groups: Vec::new(),
            contacts: Vec::new(),
            scores: vec![0.0; chemistry.reactions().len()],
            temperature_k: None,
        };
        for (meeting, groups) in offers {
            let first_group = table.groups.len();
            let first = table.reactions.len() as u32;
            for members in groups.into_values() {
                let start = table.reactions.len() as u32;
                table.reactions.extend(members);
                table.groups.push((start, table.reactions.len() as u32));
            }
            let candidates = (first, table.reactions.len() as u32);
            let (cells, alone) = match meeting {
                // Two cells of one phase are, as a set of reactants, that phase alone.
                Meeting::Alone(a) => (vec![usize::from(a) * (side + 1)], Some(usize::from(a))),
                Meeting::Pair(a, b) => {
                    let (a, b) = (usize::from(a), usize::from(b));
                    (vec![a * side + b, b * side + a], None)
                }
                Meeting::Surface(a) => (vec![usize::from(a) * side + phases], None),
            };
            for &cell in &cells {
                table.ranges[cell] = candidates;
            }
            if let Some(alone) = alone {
                table.alone_ranges[alone] = candidates;
            }
            table.contacts.push(Contact {
                cells,
                alone,
                groups: first_group..table.groups.len(),
                candidates,
            });
        }
        table.cumulative = vec![0.0; table.reactions.len()];
        table
    }

    /// Weights at a temperature; free where it has not changed.
    pub(super) fn heat(
        &mut self,
        chemistry: &Chemistry,
        kinetics: &dyn Kinetics,
        temperature_k: f64,
        atmosphere: &Atmosphere,
    ) -> Result<(), AutomatonError> {
        if self.temperature_k == Some(temperature_k) {
            return Ok(());
        }
        kinetics.scores(temperature_k, atmosphere, &mut self.scores)?;
        if let Some(bad) = self
            .scores
            .iter()
            .position(|s| !(s.is_finite() && *s >= 0.0))
        {
            return Err(AutomatonError::BadScore {
                reaction: chemistry.equation(&chemistry.reactions()[bad].spec),
                temperature_k,
                score: self.scores[bad],
            });
        }
        for contact in &self.contacts {
            let mut total = 0.0;
            for &(start, end) in &self.groups[contact.groups.clone()] {
                let members = &self.reactions[start as usize..end as usize];
                let scores = || members.iter().map(|&r| self.scores[r as usize]);
                let (highest, sum) =
                    scores().fold((0.0f64, 0.0), |(high, sum), s| (high.max(s), sum + s));
                let share = if sum > 0.0 { highest / sum } else { 0.0 };
                for (at, score) in scores().enumerate() {
                    total += score * share;
                    self.cumulative[start as usize + at] = total;
                }
            }
            for &cell in &contact.cells {
                self.totals[cell] = total;
            }
            if let Some(alone) = contact.alone {
                self.alone_totals[alone] = total;
            }
            debug_assert!(contact.candidates.1 as usize <= self.cumulative.len());
        }
        self.temperature_k = Some(temperature_k);
        Ok(())
    }

    /// Summed weight of what these two offer each other.
    #[inline]
    pub(super) fn together(&self, phase: u16, other: u16) -> f64 {
        self.totals[usize::from(phase) * self.side + usize::from(other)]
    }

    /// Summed weight of what this phase does on its own.
    #[inline]
    pub(super) fn alone(&self, phase: u16) -> f64 {
        self.alone_totals[usize::from(phase)]
    }

    /// The reaction at `weight`, which is below the contact's total.
    pub(super) fn choose_together(&self, phase: u16, other: u16, weight: f64) -> usize {
        self.choose(
            self.ranges[usize::from(phase) * self.side + usize::from(other)],
            weight,
        )
    }

    pub(super) fn choose_alone(&self, phase: u16, weight: f64) -> usize {
        self.choose(self.alone_ranges[usize::from(phase)], weight)
    }

    fn choose(&self, (start, end): (u32, u32), weight: f64) -> usize {
        let run = &self.cumulative[start as usize..end as usize];
        let at = run
            .partition_point(|&upto| upto <= weight)
            .min(run.len() - 1);
        self.reactions[start as usize + at] as usize
    }
}
