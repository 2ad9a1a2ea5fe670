//! Spread over realisations and onsets.

use super::Sweeps;

/// Mean and spread of values that come one by one (Welford, Technometrics 4, 419, 1962). The order of the values
/// decides the last bits: push realisations by their number.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Moments {
    count: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        let before = value - self.mean;
        self.mean += before / self.count as f64;
        self.squares += before * (value - self.mean);
    }

    /// Both sets of values together (Chan, Golub and LeVeque 1979).
    pub fn merge(&mut self, other: &Moments) {
        if other.count == 0 {
            return;
        }
        let (own, more) = (self.count as f64, other.count as f64);
        let apart = other.mean - self.mean;
        self.count += other.count;
        self.mean += apart * more / (own + more);
        self.squares += other.squares + apart * apart * own * more / (own + more);
    }

    pub fn count(&self) -> u64 {
        self.count
    }
    pub fn mean(&self) -> f64 {
        self.mean
    }
    /// Sample standard deviation; none of fewer than two values.
    pub fn standard_deviation(&self) -> Option<f64> {
        (self.count > 1).then(|| (self.squares / (self.count - 1) as f64).sqrt())
    }
    /// Standard error of the mean; none of fewer than two values.
    pub fn standard_error(&self) -> Option<f64> {
        self.standard_deviation()
            .map(|sd| sd / (self.count as f64).sqrt())
    }
}

impl FromIterator<f64> for Moments {
    fn from_iter<I: IntoIterator<Item = f64>>(values: I) -> Self {
        let mut moments = Moments::default();
        for value in values {
            moments.push(value);
        }
        moments
    }
}

/// Spread over realisations, record by record and column by column. Realisations are rows of equal shape, one for
/// each record; what is longer than the shortest is left out.
pub fn spread(realisations: &[&[Vec<f64>]]) -> Vec<Vec<Moments>> {
    let records = realisations
        .iter()
        .map(|rows| rows.len())
        .min()
        .unwrap_or(0);
    (0..records)
        .map(|t| {
            let columns = realisations
                .iter()
                .map(|rows| rows[t].len())
                .min()
                .unwrap_or(0);
            (0..columns)
                .map(|c| realisations.iter().map(|rows| rows[t][c]).collect())
                .collect()
        })
        .collect()
}

/// When a phase first reaches a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Onset {
    pub sweeps: Sweeps,
    pub temperature_k: f64,
}

/// The first crossing of `threshold` from below in a series of (time, temperature, fraction), linear between
/// records; none if the series never reaches it.
pub fn onset(
    series: impl IntoIterator<Item = (Sweeps, f64, f64)>,
    threshold: f64,
) -> Option<Onset> {
    let mut before: Option<(Sweeps, f64, f64)> = None;
    for (sweeps, temperature_k, fraction) in series {
        if fraction >= threshold {
            let part = match before {
                Some((.., last)) if fraction > last => (threshold - last) / (fraction - last),
                _ => 1.0,
            };
            let (from, from_k, _) = before.unwrap_or((sweeps, temperature_k, fraction));
            return Some(Onset {
                sweeps: Sweeps(from.0 + part * (sweeps.0 - from.0)),
                temperature_k: from_k + part * (temperature_k - from_k),
            });
        }
        before = Some((sweeps, temperature_k, fraction));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_of_known_values() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        let all: Moments = values.into_iter().collect();
        assert_eq!(all.mean(), 5.0);
        assert!(
            (all.standard_deviation().expect("eight values") - (32.0f64 / 7.0).sqrt()).abs()
                < 1e-15
        );
        assert!(
            (all.standard_error().expect("eight values") - (4.0f64 / 7.0).sqrt()).abs() < 1e-15
        );
        let mut halves: Moments = values[..3].iter().copied().collect();
        halves.merge(&values[3..].iter().copied().collect());
        assert_eq!(halves.count(), 8);
        assert!(
            (halves.standard_error().expect("eight") - all.standard_error().expect("eight")).abs()
                < 1e-15
        );
        assert_eq!(
            [1.0].into_iter().collect::<Moments>().standard_error(),
            None
        );
    }

    #[test]
    fn spread_goes_record_by_record() {
        let spread = spread(&[
            &[vec![1.0, 0.0], vec![2.0, 1.0]],
            &[vec![3.0, 0.0], vec![4.0, 3.0]],
        ]);
        let means: Vec<Vec<f64>> = spread
            .iter()
            .map(|row| row.iter().map(Moments::mean).collect())
            .collect();
        assert_eq!(means, [[2.0, 0.0], [3.0, 2.0]]);
    }

    #[test]
    fn onset_lies_between_records() {
        let series = [(0.0, 300.0, 0.0), (1.0, 400.0, 0.005), (2.0, 500.0, 0.015)];
        let series = || series.into_iter().map(|(s, t, x)| (Sweeps(s), t, x));
        let found = onset(series(), 0.01).expect("it is reached");
        assert!((found.sweeps.0 - 1.5).abs() < 1e-12 && (found.temperature_k - 450.0).abs() < 1e-9);
        assert_eq!(onset(series(), 0.02), None);
        assert_eq!(onset(series(), 0.0).map(|at| at.temperature_k), Some(300.0));
    }
}
