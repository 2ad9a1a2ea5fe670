//! Nosé-Hoover chains (Martyna, Klein, Tuckerman 1992; as integrated by Martyna, Tuckerman, Tobias, Klein, Mol. Phys.
//! 87, 1117, 1996).

use serde::{Deserialize, Serialize};

const LENGTH: usize = 3;
/// Suzuki and Yoshida's weights of fourth order, 1/(2 − 2^⅓) at the ends.
const WEIGHTS: [f64; 3] = [
    1.351_207_191_959_657_8,
    -1.702_414_383_919_315_3,
    1.351_207_191_959_657_8,
];

/// A chain on `freedom` degrees of freedom.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chain {
    freedom: f64,
    /// eV fs².
    masses: [f64; LENGTH],
    /// η̇, 1/fs.
    rates: [f64; LENGTH],
    /// Σ (N_f kT dη₁ + kT dη₂ + …), eV: the potential energy of the chain, also while T changes.
    heat_ev: f64,
}

impl Chain {
    /// Masses N_f kT τ² and kT τ².
    pub fn new(freedom: f64, kt_ev: f64, time_fs: f64) -> Self {
        let mass = kt_ev * time_fs * time_fs;
        Chain {
            freedom,
            masses: [freedom * mass, mass, mass],
            rates: [0.0; LENGTH],
            heat_ev: 0.0,
        }
    }

    /// Takes the chain through `time_fs`; returns the factor for the velocities under it.
    pub fn advance(&mut self, twice_kinetic: f64, kt_ev: f64, time_fs: f64) -> f64 {
        let mut factor = 1.0f64;
        let last = LENGTH - 1;
        for weight in WEIGHTS {
            let h = weight * time_fs;
            let force = |chain: &Self, link: usize, factor: f64| match link {
                0 => (twice_kinetic * factor * factor - chain.freedom * kt_ev) / chain.masses[0],
                _ => {
                    (chain.masses[link - 1] * chain.rates[link - 1].powi(2) - kt_ev)
                        / chain.masses[link]
                }
            };
            self.rates[last] += 0.5 * h * force(self, last, factor);
            for link in (0..last).rev() {
                let slow = (-0.25 * h * self.rates[link + 1]).exp();
                self.rates[link] =
                    (self.rates[link] * slow + 0.5 * h * force(self, link, factor)) * slow;
            }
            factor *= (-h * self.rates[0]).exp();
            self.heat_ev +=
                h * kt_ev * (self.freedom * self.rates[0] + self.rates[1..].iter().sum::<f64>());
            for link in 0..last {
                let slow = (-0.25 * h * self.rates[link + 1]).exp();
                self.rates[link] =
                    (self.rates[link] * slow + 0.5 * h * force(self, link, factor)) * slow;
            }
            self.rates[last] += 0.5 * h * force(self, last, factor);
        }
        factor
    }

    /// What the chain adds to the conserved quantity.
    pub fn energy_ev(&self) -> f64 {
        let kinetic: f64 = (0..LENGTH)
            .map(|link| 0.5 * self.masses[link] * self.rates[link].powi(2))
            .sum();
        self.heat_ev + kinetic
    }
}
