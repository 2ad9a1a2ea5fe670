//! Between which lags displacements are regressed.
//!
//! A collective displacement is one sample of the motion where that of atoms is as many as there are atoms: its error
//! grows as the root of the lag, so that the window has to begin as early as the memory of the motion allows. How early
//! that is, the displacements of single atoms tell, which are known much better. Where a collective mode clearly remembers
//! longer than they do, it is asked too.

use super::matrix::between;
use super::own::LagCurve;
use super::regression::lag_covariance;

/// The bias of the slope that memory leaves where the window begins may be this part of the error of the collective
/// slope: with it, an interval that should hold the truth in 68.3 % of cases does so in 67.7 %.
const BIAS: f64 = 0.15;
/// The slope from one lag to two of them may differ from that from two to three by so many standard errors of it: what
/// memory is left beyond what could be fitted.
const NOISE: f64 = 3.0;
/// A species whose displacements hardly grow is judged by at least this part of `⟨Δr²⟩ / t`.
const BOUND: f64 = 0.05;
/// Memory is believed in where it explains so much of χ².
const SEEN: f64 = 12.0;
/// A collective mode remembers longer than the atoms where that explains so much more of χ²: two standard errors, fewer than
/// for memory as such. To miss it makes intervals wrong; to see what is not there, only wider.
const LONGER: f64 = 4.0;
/// The window ends at so many times its beginning.
const STRETCH: usize = 5;
/// The shortest run is at least so many times as long as the beginning of the window.
pub const LEAST_RUN: usize = 5;

/// A curve that shows how long memory lasts.
pub struct Guide<'a> {
    pub curve: &'a LagCurve,
    /// Independent particles that it is a mean over.
    pub particles: f64,
    /// A slope by which the noise of the curve is judged at least; 0 where the end of the curve is known well enough.
    pub size: f64,
}

/// In frames.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: usize,
    pub to: usize,
}

/// What the rule found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Choice {
    /// With the bias that is left and the error of the collective slope, both relative, and whether a collective mode had
    /// its say.
    Found {
        span: Span,
        bias: f64,
        error: f64,
        slow_mode: bool,
    },
    /// The slope still changes at the longest lag that could be looked at.
    Changing,
    TooShort {
        needed: usize,
    },
}

/// Four lags in an octave.
pub fn candidates() -> impl Iterator<Item = usize> {
    let octave = |power: u32| [4, 5, 6, 7].map(|quarters| quarters << power);
    (1..4).chain((0..40).flat_map(octave))
}

/// Relative standard error of the slope near a lag for so many independent particles in `frames` frames: √(2/ν) with
/// `ν = 3 T / ∫ K²`, where the slope is `∫ K(s) ⟨v(s)·v(0)⟩ ds` with K = 1 up to the beginning of the window, and from
/// there falling to 0 over half of it.
pub fn error_at(lag: usize, frames: f64, particles: f64) -> f64 {
    (4.0 / 3.0 * lag as f64 * (1.0 + 0.5 / 3.0) / (frames * particles)).sqrt()
}

/// Memory that decays with one time: the slope is `b + g exp(−t/θ)`.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Memory {
    amplitude: f64,
    time: f64,
}

impl Memory {
    /// Mean of the decay between two lags.
    fn decay(time: f64, from: usize, to: usize) -> f64 {
        let at = |lag: usize| (-(lag as f64) / time).exp();
        (at(from) - at(to)) * time / (to - from) as f64
    }

    /// From the changes of the slope from one pair of neighbouring lags to the next, whose errors hardly depend on each
    /// other: they go as the root of the distance between the lags. Of those not longer than `most`, that which explains
    /// most of χ², and how much.
    fn of(guide: &Guide<'_>, longest: usize, frames: usize, most: f64) -> Option<(f64, Self)> {
        let lags: Vec<usize> = std::iter::once(0)
            .chain(candidates().take_while(|lag| *lag <= longest))
            .collect();
        let slope = |pair: &[usize]| {
            (guide.curve.at(pair[1]) - guide.curve.at(pair[0])) / (pair[1] - pair[0]) as f64
        };
        let last = lags.len().checked_sub(1)?;
        let size = guide
            .size
            .max(guide.curve.at(lags[last]) / lags[last] as f64);
        if last < 3 || size <= 0.0 {
            return None;
        }
        let mut best: Option<(f64, Memory)> = None;
        let mut time = 0.25;
        while time < 0.5 * longest as f64 && time <= most {
            let (mut products, mut squares) = (0.0, 0.0);
            for three in lags.windows(3) {
                let change = slope(&three[1..]) - slope(&three[..2]);
                let of_memory = Memory::decay(time, three[1], three[2])
                    - Memory::decay(time, three[0], three[1]);
                let variance = 4.0 / 9.0 * (three[2] - three[0]) as f64
                    / (frames as f64 * guide.particles)
                    * size
                    * size;
                products += change * of_memory / variance;
                squares += of_memory * of_memory / variance;
            }
            let explained = products * products / squares;
            if squares > 0.0 && explained > best.map_or(0.0, |(most, _)| most) {
                let amplitude = products / squares;
                best = Some((explained, Memory { amplitude, time }));
            }
            time *= 1.05;
        }
        best
    }

    /// None where it cannot be told from noise.
    fn seen(guide: &Guide<'_>, longest: usize, frames: usize) -> Option<(f64, Self)> {
        Memory::of(guide, longest, frames, f64::INFINITY).filter(|(explained, _)| *explained > SEEN)
    }

    /// Of a collective mode, where it clearly lasts longer than that of the atoms: where it explains more of χ² than any
    /// that does not.
    fn longer(guide: &Guide<'_>, shortest: usize, frames: usize, than: f64) -> Option<Self> {
        let longest = shortest / LEAST_RUN;
        let (explained, memory) = Memory::seen(guide, longest, frames)?;
        let within = Memory::of(guide, longest, frames, than).map_or(0.0, |(within, _)| within);
        (memory.time > than && explained - within > LONGER).then_some(memory)
    }
}

/// `shortest` run and all `frames` together. The collective curve, and those of collective modes, have their say only where
/// they clearly disagree: otherwise their noise would choose the window, and the slope within it would be biased.
pub fn choose(
    own: &[Guide<'_>],
    collective: Option<&Guide<'_>>,
    modes: &[Guide<'_>],
    shortest: usize,
    frames: usize,
) -> Choice {
    let of_choice: Vec<&Guide<'_>> = if own.is_empty() {
        collective.into_iter().collect()
    } else {
        own.iter().collect()
    };
    let mut memories: Vec<(&Guide<'_>, Memory)> = of_choice
        .into_iter()
        .filter_map(|guide| {
            let (_, memory) = Memory::seen(guide, shortest / 2, frames)?;
            Some((guide, memory))
        })
        .collect();
    let longest = memories.iter().map(|(_, memory)| memory.time);
    let longest = longest.fold(0.0, f64::max);
    let seen = memories.len();
    let longer = modes
        .iter()
        .filter_map(|guide| Some((guide, Memory::longer(guide, shortest, frames, longest)?)));
    memories.extend(longer);
    let slow_mode = memories.len() > seen;
    let bias = |lag: usize| {
        let each = memories.iter();
        each.map(|(guide, memory)| {
            let left =
                memory.amplitude.abs() * Memory::decay(memory.time, lag, (3 * lag).div_ceil(2));
            left / size_at(guide, lag.min(shortest / LEAST_RUN).max(1))
        })
        .fold(0.0, f64::max)
    };
    let error = |lag: usize| error_at(lag, frames as f64, 1.0);
    let steady = |lag: usize| {
        own.iter()
            .chain(collective)
            .all(|guide| is_steady(guide, lag, frames))
    };
    let allowed: Vec<usize> = candidates()
        .take_while(|lag| LEAST_RUN * lag <= shortest)
        .collect();
    let Some(&longest) = allowed.last() else {
        return Choice::TooShort { needed: 100 };
    };
    let found = |lag: usize| Choice::Found {
        span: Span {
            from: lag,
            to: (STRETCH * lag).min(shortest / 2),
        },
        bias: bias(lag),
        error: error(lag),
        slow_mode,
    };
    if let Some(lag) = allowed
        .iter()
        .find(|lag| bias(**lag) <= BIAS * error(**lag) && steady(**lag))
    {
        return found(*lag);
    }
    if !steady(longest) {
        return Choice::Changing;
    }
    if bias(longest) <= TOLERABLE * error(longest) {
        return found(longest);
    }
    let needed = candidates().find(|lag| bias(*lag) <= BIAS * error(*lag));
    Choice::TooShort {
        needed: needed.map_or(2 * shortest, |lag| LEAST_RUN * lag),
    }
}

/// In a run that is too short for the bias to vanish beside the error, it may be this part of it.
const TOLERABLE: f64 = 0.5;

fn size_at(guide: &Guide<'_>, lag: usize) -> f64 {
    let [one, three] = [1, 3].map(|times| guide.curve.at(times * lag));
    (0.5 * (three - one)).max(BOUND * three / 3.0) / lag as f64
}

fn is_steady(guide: &Guide<'_>, lag: usize, frames: usize) -> bool {
    let lags = [lag, 2 * lag, 3 * lag];
    let [one, two, three] = lags.map(|lag| guide.curve.at(lag));
    let slope = size_at(guide, lag);
    if slope <= 0.0 {
        return true;
    }
    let seen = |at: usize| guide.curve.at(at.min(lag)) / slope + at.saturating_sub(lag) as f64;
    let change = [-1.0, 2.0, -1.0];
    let variance =
        between(&change, &lag_covariance(frames, &lags, lag, seen), &change) / guide.particles;
    let allowed =
        (BIAS * error_at(lag, frames as f64, 1.0)).max(NOISE * variance.sqrt() / lag as f64);
    (2.0 * two - one - three).abs() / (slope * lag as f64) <= allowed
}
