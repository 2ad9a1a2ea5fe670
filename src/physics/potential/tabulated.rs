//! Potentials given by numbers.

use serde::{Deserialize, Serialize};

use super::pair::form::PairFunction;
use super::pair::{Form, Terms};
use super::{ByPair, PairPotential, PotentialError, Truncation};
use crate::base::Element;
use crate::physics::io::FileError;
use crate::physics::numerics::simd::{MOST_LANES, Vector};

/// Energies at even steps of the distance, joined by cubic splines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tabulated {
    pub pairs: ByPair<TabulatedPair>,
    pub truncation: Truncation,
}

/// The energies of a pair from `from_ang` to its cutoff. Below `from_ang` the energy goes on in a straight line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TabulatedPair {
    pub from_ang: f64,
    pub step_ang: f64,
    /// At least three.
    pub energies_ev: Vec<f64>,
}

impl TabulatedPair {
    /// Reads two columns, distance in Å and energy in eV, at even steps; what follows `#` is no data.
    pub fn read(bytes: &[u8]) -> Result<Self, FileError> {
        let text = std::str::from_utf8(bytes)
            .map_err(|_| FileError::new(1, "this is no text", "write two columns of numbers"))?;
        let (mut distances, mut energies_ev): (Vec<f64>, Vec<f64>) = Default::default();
        let mut line = 0;
        for (at, row) in text.lines().enumerate() {
            line = at + 1;
            let data = row.split('#').next().unwrap_or("");
            let cells: Vec<&str> = data
                .split(|c: char| c.is_whitespace() || c == ',')
                .filter(|cell| !cell.is_empty())
                .collect();
            let numbers: Option<Vec<f64>> = cells
                .iter()
                .map(|cell| cell.parse().ok().filter(|x: &f64| x.is_finite()))
                .collect();
            match numbers.as_deref() {
                Some([]) => {}
                Some(&[r, energy]) if r > 0.0 => {
                    distances.push(r);
                    energies_ev.push(energy);
                }
                _ => {
                    return Err(FileError::new(
                        line,
                        "a row is a distance above zero and an energy",
                        "write two numbers in a row, in Å and eV, and `#` before anything else",
                    ));
                }
            }
            let Some(&[first, second]) = distances.first_chunk() else {
                continue;
            };
            let expected = first + (distances.len() - 1) as f64 * (second - first);
            let step = second - first;
            if step <= 0.0 || (distances[distances.len() - 1] - expected).abs() > 1e-4 * step {
                return Err(FileError::new(
                    line,
                    "the distances are not at even steps",
                    "give them from the shortest to the longest, each as far from the one before",
                ));
            }
        }
        if energies_ev.len() < 3 {
            return Err(FileError::new(
                line.max(1),
                "a table has three rows at least",
                "give more rows",
            ));
        }
        let steps = (distances.len() - 1) as f64;
        Ok(TabulatedPair {
            from_ang: distances[0],
            step_ang: (distances[distances.len() - 1] - distances[0]) / steps,
            energies_ev,
        })
    }

    pub fn reach_ang(&self) -> f64 {
        self.from_ang + self.step_ang * (self.energies_ev.len() as f64 - 1.0)
    }

    fn spline(&self) -> Spline {
        let y = &self.energies_ev;
        let last = y.len() - 1;
        // Second derivatives times step² of the spline through the values, with the third derivative continuous
        // next to the ends ("not a knot"), by elimination of the tridiagonal system.
        let mut bend = vec![0.0; y.len()];
        let right = |k: usize| 6.0 * (y[k + 1] - 2.0 * y[k] + y[k - 1]);
        if last == 2 {
            bend.fill(right(1) / 6.0);
        } else {
            // bend[0] = 2 bend[1] − bend[2] turns the first row into 6 bend[1] = right(1); so does the last.
            let (mut diagonal, mut value) = (vec![4.0; last], vec![0.0; last]);
            for (k, value) in value.iter_mut().enumerate().skip(1) {
                *value = right(k);
            }
            diagonal[1] = 6.0;
            diagonal[last - 1] = 6.0;
            let (mut upper, mut lower) = (vec![1.0; last], vec![1.0; last]);
            upper[1] = 0.0;
            lower[last - 1] = 0.0;
            for k in 2..last {
                let factor = lower[k] / diagonal[k - 1];
                diagonal[k] -= factor * upper[k - 1];
                value[k] -= factor * value[k - 1];
            }
            for k in (1..last).rev() {
                let next = if k + 1 < last {
                    upper[k] * bend[k + 1]
                } else {
                    0.0
                };
                bend[k] = (value[k] - next) / diagonal[k];
            }
            bend[0] = 2.0 * bend[1] - bend[2];
            bend[last] = 2.0 * bend[last - 1] - bend[last - 2];
        }
        let pieces = (0..last).map(|k| {
            let slope = y[k + 1] - y[k] - (2.0 * bend[k] + bend[k + 1]) / 6.0;
            [y[k], slope, bend[k] / 2.0, (bend[k + 1] - bend[k]) / 6.0]
        });
        Spline {
            from_ang: self.from_ang,
            per_step: 1.0 / self.step_ang,
            pieces: pieces.collect(),
        }
    }
}

impl PairPotential for Tabulated {
    fn reach_ang(&self) -> f64 {
        self.pairs
            .values()
            .map(TabulatedPair::reach_ang)
            .fold(0.0, f64::max)
    }

    fn terms(&self, elements: &[Element]) -> Result<Terms, PotentialError> {
        let species = self.pairs.species(elements)?;
        let spline = |first, second| self.pairs.get(first, second).map(TabulatedPair::spline);
        let row = |&first| {
            species
                .iter()
                .map(|&second| spline(first, second))
                .collect()
        };
        let form = Form::Splines(Splines {
            rows: species.iter().map(row).collect(),
        });
        let terms = form.truncated(species.len(), self.reach_ang(), self.truncation);
        Ok(Terms {
            terms,
            ..Terms::default()
        })
    }
}

#[derive(Debug, Clone)]
struct Spline {
    from_ang: f64,
    per_step: f64,
    /// Polynomials in the fraction of a step.
    pieces: Vec<[f64; 4]>,
}

impl Spline {
    /// Energy and derivative; nothing beyond the last piece.
    fn at(&self, r: f64) -> [f64; 2] {
        let x = (r - self.from_ang) * self.per_step;
        if x < 0.0 {
            let [energy, slope, ..] = self.pieces[0];
            return [energy + slope * x, slope * self.per_step];
        }
        // The very end belongs to the last piece, whatever the rounding of the cutoff.
        let past = x - self.pieces.len() as f64;
        if past > 1e-9 {
            return [0.0; 2];
        }
        let k = (x as usize).min(self.pieces.len() - 1);
        let (x, [a, b, c, d]) = (x - k as f64, self.pieces[k]);
        [
            a + x * (b + x * (c + x * d)),
            (b + x * (2.0 * c + x * 3.0 * d)) * self.per_step,
        ]
    }
}

#[derive(Debug, Clone)]
pub struct Splines {
    rows: Vec<Vec<Option<Spline>>>,
}

impl PairFunction for Splines {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let (mut slopes, mut energies) = ([0.0; MOST_LANES], [0.0; MOST_LANES]);
        r2.store(&mut slopes);
        tags.store(&mut energies);
        for (slope, energy) in slopes.iter_mut().zip(&mut energies).take(V::LANES) {
            let (r, kind) = (slope.sqrt(), (energy.to_bits() & 0xff) as usize);
            let spline = self.rows[species][kind].as_ref();
            let [value, derivative] = spline.map_or([0.0; 2], |spline| spline.at(r));
            (*slope, *energy) = (-derivative / r, value);
        }
        [V::load(&slopes), V::load(&energies)]
    }
}
