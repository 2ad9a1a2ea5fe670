//! The clock and the rule of one site update.

use super::record::Occasion;
use super::setup::{add, regrind, separate_melt};
use super::state::LONGEST;
use super::table::Table;
use super::{
    Atmosphere, AutomatonError, Chemistry, Kinetics, Observer, Programme, Record, Snapshot, State,
    Step, Sweeps,
};
use crate::physics::host::Host;
use crate::physics::numerics::Stream;

/// Which neighbours a site looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Neighbours {
    /// One of the six, drawn afresh at each update: what the published code does.
    One,
    /// All six: what its paper says.
    #[default]
    All,
}

/// What conservation means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Conserve {
    /// Amounts follow the balanced equation at every event; cells show them to the nearest whole cell.
    #[default]
    Exact,
    /// Cells carry the amounts and convert independently, so that matter is conserved on average only.
    Statistical,
}

/// The rules of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    pub neighbours: Neighbours,
    pub conserve: Conserve,
    /// Weight of doing nothing; it stands twice in the lottery, as published.
    pub inertia: f64,
    /// Set melts apart and regrind the rest where more than this part of the grid's volume is molten.
    pub separate_melt: Option<f64>,
    pub record_every: Sweeps,
    pub snapshot_every: Option<Sweeps>,
}

impl Default for Rules {
    fn default() -> Self {
        Rules {
            neighbours: Neighbours::All,
            conserve: Conserve::Exact,
            inertia: 2.0,
            separate_melt: None,
            record_every: Sweeps(1.0),
            snapshot_every: None,
        }
    }
}

impl Rules {
    /// Those of rxn-ca: one neighbour, conservation on average.
    pub fn published() -> Self {
        Rules {
            neighbours: Neighbours::One,
            conserve: Conserve::Statistical,
            ..Rules::default()
        }
    }

    fn check(&self) -> Result<(), AutomatonError> {
        let check = |name, range, value: f64, fine: bool| {
            if fine && value.is_finite() {
                Ok(())
            } else {
                Err(AutomatonError::OutOfRange { name, range, value })
            }
        };
        check("inertia", "above 0", self.inertia, self.inertia > 0.0)?;
        if let Some(part) = self.separate_melt {
            check(
                "separate_melt",
                "from 0 to 1",
                part,
                (0.0..=1.0).contains(&part),
            )?;
        }
        for every in [Some(self.record_every), self.snapshot_every]
            .into_iter()
            .flatten()
        {
            check(
                "the time between records",
                "above 0 sweeps",
                every.0,
                every.0 > 0.0,
            )?;
        }
        Ok(())
    }
}

/// Updates between two looks at the host: some ten milliseconds.
const BREATH: u64 = 1 << 15;

/// Fires a sample. The bits of the outcome depend on the arguments alone. A run may be cut anywhere between steps
/// (and a hold between whole sweeps) and taken up from the state that it returned.
pub fn run(
    chemistry: &Chemistry,
    kinetics: &dyn Kinetics,
    rules: &Rules,
    programme: &Programme,
    state: State,
    observer: &mut dyn Observer,
    host: &dyn Host,
) -> Result<State, AutomatonError> {
    rules.check()?;
    programme.check()?;
    if rules.conserve == Conserve::Statistical {
        // Without a volume a gas would have no share in the lottery of products.
        let gases = chemistry
            .reactions()
            .iter()
            .flat_map(|reaction| &reaction.spec.products);
        for &(phase, _) in gases {
            let phase = &chemistry.phases()[phase];
            if phase.volume_ang3.is_none_or(|volume| volume <= 0.0) {
                return Err(AutomatonError::NoVolume(phase.name.clone()));
            }
        }
    }
    let state = state.fitted(chemistry, rules.conserve)?;
    let cells = state.cells.len() as u64;
    let start = state.updates;
    let length = programme.sweeps();
    if length.0 * cells as f64 >= LONGEST as f64 {
        return Err(AutomatonError::OutOfRange {
            name: "the length of the firing",
            range: "below 10^18 site updates",
            value: length.0,
        });
    }
    let mut run = Run {
        sample: Sample::new(chemistry, rules, state),
        chemistry,
        kinetics,
        table: Table::new(chemistry, &programme.atmosphere),
        atmosphere: programme.atmosphere.clone(),
        rules,
        observer,
        host,
        start,
        total: length.updates(cells),
        recorded: None,
    };
    let mut temperature_k = programme.start_k;
    run.record(temperature_k, Occasion::Start)?;
    if rules.snapshot_every.is_some() {
        run.snapshot(temperature_k)?;
    }
    let mut elapsed = Sweeps(0.0);
    for step in &programme.steps {
        match step {
            Step::Ramp { sweeps, .. } | Step::Hold { sweeps } => {
                let to_k = match step {
                    Step::Ramp { to_k, .. } => *to_k,
                    _ => temperature_k,
                };
                let begin = start + elapsed.updates(cells);
                elapsed.0 += sweeps.0;
                let end = start + elapsed.updates(cells);
                run.advance(programme, temperature_k, to_k, begin, end)?;
                temperature_k = to_k;
            }
            Step::Quench { to_k } => temperature_k = *to_k,
            Step::Regrind => {
                run.rebuild(temperature_k, |state| {
                    regrind(state, chemistry);
                    Ok(())
                })?;
            }
            Step::Add { amounts } => {
                run.rebuild(temperature_k, |state| add(state, chemistry, amounts))?;
            }
            Step::Atmosphere(atmosphere) => {
                run.table = Table::new(chemistry, atmosphere);
                run.atmosphere = atmosphere.clone();
            }
        }
    }
    if run.recorded != Some(run.sample.state.updates) {
        run.record(temperature_k, Occasion::End)?;
    }
    let mut state = run.sample.into_state();
    state.temperature_k = Some(temperature_k);
    Ok(state)
}

struct Run<'a> {
    sample: Sample<'a>,
    chemistry: &'a Chemistry,
    kinetics: &'a dyn Kinetics,
    table: Table,
    atmosphere: Atmosphere,
    rules: &'a Rules,
    observer: &'a mut dyn Observer,
    host: &'a dyn Host,
    start: u64,
    total: u64,
    /// The update after which the last record was made.
    recorded: Option<u64>,
}

impl Run<'_> {
    /// From one temperature to another between two counts of updates. The temperature is that at the middle of each
    /// sweep; sweeps are counted from the very first, so that records and cuts do not move them.
    fn advance(
        &mut self,
        programme: &Programme,
        from_k: f64,
        to_k: f64,
        begin: u64,
        end: u64,
    ) -> Result<(), AutomatonError> {
        let cells = self.sample.state.cells.len() as u64;
        let at = |updates: f64| {
            programme.on_ramp(
                from_k,
                to_k,
                (updates - begin as f64) / (end - begin) as f64,
            )
        };
        while self.sample.state.updates < end {
            let now = self.sample.state.updates;
            let sweep_end = after(now, cells).min(end);
            let temperature_k = at(f64::midpoint(now as f64, sweep_end as f64));
            self.table.heat(
                self.chemistry,
                self.kinetics,
                temperature_k,
                &self.atmosphere,
            )?;
            self.sample.heat(temperature_k);
            while self.sample.state.updates < sweep_end {
                let now = self.sample.state.updates;
                let records = after(now, self.rules.record_every.updates(cells).max(1));
                let snapshots = self
                    .rules
                    .snapshot_every
                    .map_or(u64::MAX, |every| after(now, every.updates(cells).max(1)));
                let next = sweep_end.min(records).min(snapshots).min(now + BREATH);
                self.sample.update(&self.table, next - now);
                if self.host.cancelled() {
                    return Err(AutomatonError::Cancelled);
                }
                self.host.progress(next - self.start, self.total);
                if next == records {
                    self.record(at(next as f64), Occasion::Regular)?;
                }
                if next == snapshots {
                    self.snapshot(at(next as f64))?;
                }
            }
            if let Some(threshold) = self.rules.separate_melt {
                let rebuilt = self.sample.state.rebuilt;
                let chemistry = self.chemistry;
                self.sample
                    .rebuild(|state| separate_melt(state, chemistry, temperature_k, threshold));
                if self.sample.state.rebuilt != rebuilt {
                    self.record(at(sweep_end as f64), Occasion::Reground)?;
                }
            }
        }
        Ok(())
    }

    fn rebuild(
        &mut self,
        temperature_k: f64,
        how: impl FnOnce(&mut State) -> Result<(), AutomatonError>,
    ) -> Result<(), AutomatonError> {
        self.sample.rebuild(how)?;
        self.record(temperature_k, Occasion::Reground)
    }

    fn record(&mut self, temperature_k: f64, occasion: Occasion) -> Result<(), AutomatonError> {
        let state = &self.sample.state;
        self.recorded = Some(state.updates);
        let record = Record::of(state, self.chemistry, temperature_k, occasion);
        Ok(self.observer.record(&record)?)
    }

    fn snapshot(&mut self, temperature_k: f64) -> Result<(), AutomatonError> {
        let state = &self.sample.state;
        Ok(self.observer.snapshot(&Snapshot {
            sweeps: state.sweeps(),
            temperature_k,
            shape: state.shape,
            cells: &state.cells,
            phases: state.phases.len(),
            volumes: &state.volumes,
        })?)
    }
}

/// The next multiple of `every` after `now`.
fn after(now: u64, every: u64) -> u64 {
    (now / every + 1) * every
}

/// The state with what the inner loop needs at hand.
struct Sample<'a> {
    state: State,
    stream: Stream,
    chemistry: &'a Chemistry,
    neighbours: Neighbours,
    /// Weight of doing nothing.
    idle: f64,
    /// By phase: chance that an update swaps the cell with a neighbour.
    mobility: Vec<f64>,
    /// By phase: cells.
    counts: Vec<u64>,
    /// By phase: Å³ per formula unit.
    volume_ang3: Vec<f64>,
    empty: u16,
}

impl<'a> Sample<'a> {
    fn new(chemistry: &'a Chemistry, rules: &Rules, state: State) -> Self {
        Sample {
            stream: Stream::resume(&state.stream),
            chemistry,
            neighbours: rules.neighbours,
            idle: 2.0 * rules.inertia,
            mobility: vec![0.0; chemistry.phases().len()],
            counts: state.counts(),
            volume_ang3: chemistry
                .phases()
                .iter()
                .map(|phase| phase.volume_ang3.unwrap_or(0.0))
                .collect(),
            empty: chemistry.phases().len() as u16,
            state,
        }
    }

    fn into_state(mut self) -> State {
        self.state.stream = self.stream.position();
        self.state
    }

    fn rebuild<T>(&mut self, how: impl FnOnce(&mut State) -> T) -> T {
        let outcome = how(&mut self.state);
        self.counts = self.state.counts();
        outcome
    }

    /// Cells flow the more the closer they are to melting: one half at 0.925 of the melting point.
    fn heat(&mut self, temperature_k: f64) {
        for (mobility, phase) in self.mobility.iter_mut().zip(self.chemistry.phases()) {
            *mobility = phase.melting_k.map_or(0.0, |melting| {
                let u = 20.0 * temperature_k / melting - 18.5;
                0.5 + u / (2.0 * (u * u + 1.0).sqrt())
            });
        }
    }

    fn update(&mut self, table: &Table, updates: u64) {
        let cells = self.state.cells.len() as u64;
        for _ in 0..updates {
            let site = self.stream.below(cells) as usize;
            let phase = self.state.cells[site];
            if phase != self.empty {
                self.update_site(table, site, phase);
            }
        }
        self.state.updates += updates;
    }

    #[inline]
    fn update_site(&mut self, table: &Table, site: usize, phase: u16) {
        if self.stream.uniform() < self.mobility[usize::from(phase)] {
            let other = self.around(site)[self.stream.below(6) as usize];
            self.state.cells.swap(site, other);
            if !self.state.volumes.is_empty() {
                self.state.volumes.swap(site, other);
            }
            return;
        }
        let mut around = self.around(site);
        let looked_at = match self.neighbours {
            Neighbours::All => &around[..],
            Neighbours::One => {
                around[0] = around[self.stream.below(6) as usize];
                &around[..1]
            }
        };
        let mut weights = [0.0; 6];
        let alone = table.alone(phase);
        let mut total = self.idle + alone;
        for (weight, &other) in weights.iter_mut().zip(looked_at) {
            *weight = table.together(phase, self.state.cells[other]);
            total += *weight;
        }
        let mut lot = self.stream.uniform() * total - self.idle;
        if lot < 0.0 {
            return;
        }
        if lot < alone {
            let reaction = table.choose_alone(phase, lot);
            self.react(reaction, &[site]);
            return;
        }
        lot -= alone;
        for (&weight, &other) in weights.iter().zip(looked_at) {
            if lot < weight {
                let partner = self.state.cells[other];
                let reaction = table.choose_together(phase, partner, lot);
                if partner == self.empty {
                    self.react(reaction, &[site]);
                } else {
                    self.react(reaction, &[site, other]);
                }
                return;
            }
            lot -= weight;
        }
    }

    /// The six neighbours on the periodic grid.
    #[inline]
    fn around(&self, site: usize) -> [usize; 6] {
        let [nx, ny, nz] = self.state.shape.map(|side| side as usize);
        let plane = ny * nz;
        let (x, rest) = (site / plane, site % plane);
        let (y, z) = (rest / nz, rest % nz);
        [
            if x == 0 {
                site + (nx - 1) * plane
            } else {
                site - plane
            },
            if x == nx - 1 {
                site - (nx - 1) * plane
            } else {
                site + plane
            },
            if y == 0 {
                site + (ny - 1) * nz
            } else {
                site - nz
            },
            if y == ny - 1 {
                site - (ny - 1) * nz
            } else {
                site + nz
            },
            if z == 0 { site + nz - 1 } else { site - 1 },
            if z == nz - 1 { site + 1 - nz } else { site + 1 },
        ]
    }

    fn react(&mut self, reaction: usize, sites: &[usize]) {
        self.state.chosen[reaction] += 1;
        if self.state.volumes.is_empty() {
            self.react_exactly(reaction, sites);
        } else {
            self.react_on_average(reaction, sites);
        }
    }

    /// Amounts follow the equation; each cell that takes part converts with the chance that keeps the cells in step
    /// with the amounts.
    fn react_exactly(&mut self, index: usize, sites: &[usize]) {
        let chemistry = self.chemistry;
        let reaction = &chemistry.reactions()[index];
        let state = &mut self.state;
        // Two cells of one phase are two events of a reaction of that phase alone.
        let events = if reaction.consumed.len() == 1 {
            sites.len()
        } else {
            1
        } as f64;
        let full = reaction.extent * events * state.cell_volume;
        let mut extent = full;
        let mut chances = [0.0; 2];
        for (chance, &(phase, share)) in chances.iter_mut().zip(&reaction.consumed) {
            let phase = usize::from(phase);
            let left = state.moles[phase] * self.volume_ang3[phase];
            *chance = share * self.counts[phase] as f64 * state.cell_volume / left;
        }
        for &(phase, nu) in &reaction.spec.reactants {
            if !chemistry.phases()[phase].is_gas {
                extent = extent.min(state.moles[phase] / nu);
            }
        }
        for &(phase, nu) in &reaction.spec.reactants {
            if chemistry.phases()[phase].is_gas {
                state.absorbed[phase] += nu * extent;
            } else {
                state.moles[phase] = (state.moles[phase] - nu * extent).max(0.0);
            }
        }
        for &(phase, nu) in &reaction.spec.products {
            if chemistry.phases()[phase].is_gas {
                state.released[phase] += nu * extent;
            } else {
                state.moles[phase] += nu * extent;
            }
        }
        for &site in sites {
            let phase = state.cells[site];
            let Some(at) = reaction
                .consumed
                .iter()
                .position(|&(known, _)| known == phase)
            else {
                continue;
            };
            let p = usize::from(phase);
            let used_up = state.moles[p] * self.volume_ang3[p] <= 1e-9 * state.cell_volume;
            // The last cell of a phase stays for as long as there is something in it.
            let converts = used_up || (self.counts[p] > 1 && self.stream.uniform() < chances[at]);
            if converts {
                let product = if reaction.produced.is_empty() {
                    self.empty
                } else {
                    draw(&reaction.produced, &mut self.stream)
                };
                state.cells[site] = product;
                self.counts[p] -= 1;
                self.counts[usize::from(product)] += 1;
            }
        }
    }

    /// The published rule: each cell that takes part converts whole, with the chance that makes the mean right.
    fn react_on_average(&mut self, index: usize, sites: &[usize]) {
        let chemistry = self.chemistry;
        let reaction = &chemistry.reactions()[index];
        let state = &mut self.state;
        for &site in sites {
            let phase = state.cells[site];
            let Some(&(_, share)) = reaction.consumed.iter().find(|&&(known, _)| known == phase)
            else {
                continue;
            };
            let volume = state.volumes[site];
            if self.stream.uniform() * volume >= share {
                continue;
            }
            let product = draw(&reaction.with_gases, &mut self.stream);
            let p = usize::from(product);
            let made = volume * reaction.expansion;
            if chemistry.phases()[p].is_gas {
                state.released[p] += made * state.cell_volume / self.volume_ang3[p];
            } else {
                state.cells[site] = product;
                state.volumes[site] = made;
                self.counts[usize::from(phase)] -= 1;
                self.counts[p] += 1;
                for &(reactant, nu) in &reaction.spec.reactants {
                    if chemistry.phases()[reactant].is_gas {
                        state.absorbed[reactant] +=
                            nu * volume * state.cell_volume * reaction.extent;
                    }
                }
            }
        }
    }
}

/// One of these phases, by its share.
fn draw(shares: &[(u16, f64)], stream: &mut Stream) -> u16 {
    let mut lot = stream.uniform();
    for &(phase, share) in shares {
        if lot < share {
            return phase;
        }
        lot -= share;
    }
    // The shares add to one but for rounding.
    shares[shares.len() - 1].0
}
