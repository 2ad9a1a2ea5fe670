//! Means of correlated data and how sure they are.

/// A mean with its standard error; none where the data do not tell.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Mean {
    pub value: f64,
    pub error: Option<f64>,
}

/// Mean of a correlated series by blocking: neighbours are averaged again and again until the averages are
/// independent (Flyvbjerg and Petersen, J. Chem. Phys. 91, 461, 1989). Memory grows as the logarithm of the length.
#[derive(Debug, Clone, Default)]
pub struct Blocking {
    levels: Vec<Level>,
}

#[derive(Debug, Clone, Default)]
struct Level {
    count: u64,
    mean: f64,
    squares: f64,
    waiting: Option<f64>,
}

impl Level {
    fn add(&mut self, value: f64) {
        self.count += 1;
        let apart = value - self.mean;
        self.mean += apart / self.count as f64;
        self.squares += apart * (value - self.mean);
    }

    fn error(&self) -> Option<f64> {
        let count = self.count as f64;
        (self.count > 1).then(|| (self.squares / (count * (count - 1.0))).sqrt())
    }
}

impl Blocking {
    pub fn add(&mut self, value: f64) {
        let mut value = value;
        for at in 0.. {
            if at == self.levels.len() {
                self.levels.push(Level::default());
            }
            let level = &mut self.levels[at];
            level.add(value);
            match level.waiting.take() {
                None => {
                    level.waiting = Some(value);
                    return;
                }
                Some(before) => value = f64::midpoint(before, value),
            }
        }
    }

    pub fn count(&self) -> u64 {
        self.levels.first().map_or(0, |level| level.count)
    }

    /// The error is that of the shortest blocks with B³ > 2 n (σ_B/σ₁)⁴ (Lee, Frank, Umrigar and co-workers, Phys. Rev.
    /// E 83, 066706, 2011); none where the series is too short for them.
    pub fn mean(&self) -> Mean {
        let value = self.levels.first().map_or(0.0, |level| level.mean);
        let count = self.count() as f64;
        let errors: Vec<f64> = self.levels.iter().map_while(Level::error).collect();
        let naive = errors.first().copied();
        let error = naive.and_then(|naive| {
            errors.iter().enumerate().find_map(|(at, error)| {
                let block = 2f64.powi(at as i32);
                let ratio = if naive > 0.0 { error / naive } else { 1.0 };
                (block.powi(3) > 2.0 * count * ratio.powi(4)).then_some(*error)
            })
        });
        Mean { value, error }
    }
}

/// Blocks that are kept; twice as many are halved.
const BLOCKS: usize = 8;

/// Means of a curve over the frames of one run or of several, in memory that does not grow with their length. The
/// standard error of several runs is that of their means; of a single one that of the means of contiguous blocks, 8 to
/// 15 of them however long it is, which holds where a block is longer than the correlation time.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
pub struct BlockMeans {
    all: Sums,
    frames_in_block: usize,
    blocks: Vec<Sums>,
    block: Sums,
    runs: Vec<Sums>,
    run: Sums,
}

#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Sums {
    frames: usize,
    values: Vec<f64>,
}

impl Sums {
    fn new(width: usize) -> Self {
        Sums {
            frames: 0,
            values: vec![0.0; width],
        }
    }

    fn add(&mut self, other: &[f64], frames: usize) {
        for (sum, value) in self.values.iter_mut().zip(other) {
            *sum += value;
        }
        self.frames += frames;
    }

    fn take(&mut self) -> Self {
        let width = self.values.len();
        std::mem::replace(self, Sums::new(width))
    }

    fn mean(&self, at: usize) -> f64 {
        self.values[at] / self.frames.max(1) as f64
    }
}

impl BlockMeans {
    pub fn new(width: usize) -> Self {
        BlockMeans {
            all: Sums::new(width),
            frames_in_block: 1,
            blocks: Vec::new(),
            block: Sums::new(width),
            runs: Vec::new(),
            run: Sums::new(width),
        }
    }

    /// Adds what one frame contributes.
    pub fn add(&mut self, values: &[f64]) {
        for sums in [&mut self.all, &mut self.run, &mut self.block] {
            sums.add(values, 1);
        }
        if self.block.frames < self.frames_in_block {
            return;
        }
        self.blocks.push(self.block.take());
        if self.blocks.len() == 2 * BLOCKS {
            self.frames_in_block *= 2;
            for at in 0..BLOCKS {
                let (one, other) = (2 * at, 2 * at + 1);
                let mut pair = self.blocks[one].take();
                let other = self.blocks[other].take();
                pair.add(&other.values, other.frames);
                self.blocks[at] = pair;
            }
            self.blocks.truncate(BLOCKS);
        }
    }

    /// What is added from here on belongs to another run, independent of those before.
    pub fn end_run(&mut self) {
        if self.run.frames > 0 {
            self.runs.push(self.run.take());
        }
    }

    /// Whether all of it is of curves of this width: it may come from a file.
    pub(super) fn is_of(&self, width: usize) -> bool {
        let own = [&self.all, &self.block, &self.run];
        let mut all = self.blocks.iter().chain(&self.runs).chain(own);
        all.all(|sums| sums.values.len() == width) && self.frames_in_block > 0
    }

    /// Takes up the runs of others.
    pub fn join(&mut self, mut other: BlockMeans) {
        self.end_run();
        other.end_run();
        self.all.add(&other.all.values, other.all.frames);
        self.runs.append(&mut other.runs);
    }

    pub fn frames(&self) -> usize {
        self.all.frames
    }

    /// Of all frames. Errors need two runs, or at least four blocks of a single one.
    pub fn means(&self) -> Vec<Mean> {
        let going = (self.run.frames > 0).then_some(&self.run);
        let runs: Vec<&Sums> = self.runs.iter().chain(going).collect();
        let parts: Vec<&Sums> = match runs.len() {
            0 | 1 if self.blocks.len() >= 4 => self.blocks.iter().collect(),
            0 | 1 => Vec::new(),
            _ => runs,
        };
        (0..self.all.values.len())
            .map(|at| {
                let values: Vec<f64> = parts.iter().map(|part| part.mean(at)).collect();
                Mean {
                    value: self.all.mean(at),
                    error: Mean::of(&values).error,
                }
            })
            .collect()
    }
}

impl Mean {
    /// Of independent values.
    pub fn of(values: &[f64]) -> Self {
        let count = values.len() as f64;
        let value = values.iter().sum::<f64>() / count.max(1.0);
        let squares: f64 = values.iter().map(|one| (one - value).powi(2)).sum();
        Mean {
            value,
            error: (values.len() > 1).then(|| (squares / (count * (count - 1.0))).sqrt()),
        }
    }

    /// In another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        Mean {
            value: self.value * factor,
            error: self.error.map(|error| error * factor.abs()),
        }
    }
}
