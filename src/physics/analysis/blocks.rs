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

/// Means of a curve over contiguous blocks of frames, 8 to 15 of them however long the trajectory, in constant memory.
/// The standard error is that of the blocks' means: it holds where a block is longer than the correlation time.
#[derive(Debug, Clone)]
pub struct BlockMeans {
    frames_in_block: usize,
    blocks: Vec<Vec<f64>>,
    current: Vec<f64>,
    in_current: usize,
}

impl BlockMeans {
    pub fn new(width: usize) -> Self {
        BlockMeans {
            frames_in_block: 1,
            blocks: Vec::new(),
            current: vec![0.0; width],
            in_current: 0,
        }
    }

    /// Adds what one frame contributes.
    pub fn add(&mut self, values: impl IntoIterator<Item = f64>) {
        for (sum, value) in self.current.iter_mut().zip(values) {
            *sum += value;
        }
        self.in_current += 1;
        if self.in_current < self.frames_in_block {
            return;
        }
        let width = self.current.len();
        self.blocks
            .push(std::mem::replace(&mut self.current, vec![0.0; width]));
        self.in_current = 0;
        if self.blocks.len() == 2 * BLOCKS {
            self.frames_in_block *= 2;
            self.blocks = self
                .blocks
                .chunks_exact(2)
                .map(|pair| pair[0].iter().zip(&pair[1]).map(|(a, b)| a + b).collect())
                .collect();
        }
    }

    pub fn frames(&self) -> usize {
        self.blocks.len() * self.frames_in_block + self.in_current
    }

    /// Of all frames; errors from the whole blocks where there are at least four.
    pub fn means(&self) -> Vec<Mean> {
        let frames = self.frames().max(1) as f64;
        let count = self.blocks.len() as f64;
        (0..self.current.len())
            .map(|at| {
                let whole: f64 = self.blocks.iter().map(|block| block[at]).sum();
                let value = (whole + self.current[at]) / frames;
                let error = (self.blocks.len() >= 4).then(|| {
                    let mean = whole / count;
                    let squares: f64 = self
                        .blocks
                        .iter()
                        .map(|block| (block[at] - mean).powi(2))
                        .sum();
                    (squares / (count * (count - 1.0))).sqrt() / self.frames_in_block as f64
                });
                Mean { value, error }
            })
            .collect()
    }
}
