use serde::{Deserialize, Serialize};

/// A value and how sure it is. What is not known is none, never 0.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Estimate {
    pub value: f64,
    /// Standard error.
    pub error: Option<f64>,
    /// Hold the truth in 68 % and 95 % of cases, with as much chance below as above; they need not be symmetric.
    pub interval_68: Option<[f64; 2]>,
    pub interval_95: Option<[f64; 2]>,
}

/// What lies below in a share of cases, for intervals of 68.27 % and 95 %.
const INTERVAL_68: [f64; 2] = [0.158_655_253_931_457, 0.841_344_746_068_543];
const INTERVAL_95: [f64; 2] = [0.025, 0.975];
/// Standard errors to either side that hold 95 % of a normal distribution.
const NORMAL_95: f64 = 1.959_963_984_540_054;

impl Estimate {
    pub fn exact(value: f64) -> Self {
        Estimate {
            value,
            ..Estimate::default()
        }
    }

    /// Intervals from samples of what the truth may be; of those that are not finite, none.
    pub fn of_samples(value: f64, error: Option<f64>, samples: impl Iterator<Item = f64>) -> Self {
        let mut samples: Vec<f64> = samples.collect();
        if samples.is_empty() || samples.iter().any(|x| x.is_nan()) {
            return Estimate::exact(value);
        }
        samples.sort_unstable_by(f64::total_cmp);
        let interval = |ends: [f64; 2]| {
            let ends = ends.map(|part| quantile(&samples, part));
            ends.iter().all(|end| end.is_finite()).then_some(ends)
        };
        let interval_68 = interval(INTERVAL_68);
        let half = |[low, high]: [f64; 2]| 0.5 * (high - low);
        Estimate {
            value,
            error: error.or(interval_68.map(half)),
            interval_68,
            interval_95: interval(INTERVAL_95),
        }
    }

    /// With the intervals of a normal distribution.
    pub fn normal(value: f64, error: f64) -> Self {
        let within = |sigmas: f64| Some([value - sigmas * error, value + sigmas * error]);
        Estimate {
            value,
            error: Some(error),
            interval_68: within(1.0),
            interval_95: within(NORMAL_95),
        }
    }

    /// With something added that has an independent error.
    #[must_use]
    pub(super) fn shifted(self, added: f64, error: f64) -> Self {
        // Halves of intervals add up as errors do.
        let interval = |sigmas: f64| {
            move |[low, high]: [f64; 2]| {
                let [below, above] = [self.value - low, high - self.value];
                let value = self.value + added;
                [
                    value - below.hypot(sigmas * error),
                    value + above.hypot(sigmas * error),
                ]
            }
        };
        Estimate {
            value: self.value + added,
            error: self.error.map(|own| own.hypot(error)),
            interval_68: self.interval_68.map(interval(1.0)),
            interval_95: self.interval_95.map(interval(NORMAL_95)),
        }
    }

    /// In another unit.
    #[must_use]
    pub fn times(self, factor: f64) -> Self {
        let interval = |[a, b]: [f64; 2]| {
            let [a, b] = [a * factor, b * factor];
            [a.min(b), a.max(b)]
        };
        Estimate {
            value: self.value * factor,
            error: self.error.map(|error| error * factor.abs()),
            interval_68: self.interval_68.map(interval),
            interval_95: self.interval_95.map(interval),
        }
    }
}

/// Of sorted values, linear between them.
fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = part * (sorted.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    let between = at - below as f64;
    sorted[below] + (sorted[above] - sorted[below]) * between
}
