//! A small chemistry with every kind of reaction: Ba-Ti-C-O.

use super::super::*;
use crate::base::Formula;

pub fn phase(formula: &str, volume_ang3: f64, melting_k: Option<f64>, is_gas: bool) -> PhaseSpec {
    PhaseSpec {
        name: formula.to_owned(),
        volume_ang3: Some(volume_ang3),
        amounts: Formula::parse(formula)
            .expect("a formula")
            .amounts()
            .iter()
            .map(|(element, n)| (*element, n.to_f64()))
            .collect(),
        is_gas,
        melting_k,
    }
}

pub const BAO: usize = 0;
pub const TIO2: usize = 1;
pub const BATIO3: usize = 2;
pub const BA2TIO4: usize = 3;
pub const BACO3: usize = 4;
pub const CO2: usize = 5;
pub const CARBON: usize = 6;
pub const O2: usize = 7;

pub fn phases() -> Vec<PhaseSpec> {
    vec![
        phase("BaO", 42.1, Some(2197.0), false),
        phase("TiO2", 31.2, Some(2116.0), false),
        phase("BaTiO3", 64.4, Some(1898.0), false),
        phase("Ba2TiO4", 113.0, Some(2133.0), false),
        phase("BaCO3", 76.3, Some(1084.0), false),
        phase("CO2", 30.0, None, true),
        phase("C", 8.8, Some(3900.0), false),
        phase("O2", 27.0, None, true),
    ]
}

fn reaction(reactants: &[(usize, f64)], products: &[(usize, f64)]) -> ReactionSpec {
    ReactionSpec {
        reactants: reactants.to_vec(),
        products: products.to_vec(),
    }
}

pub fn reactions() -> Vec<ReactionSpec> {
    vec![
        reaction(&[(BAO, 1.0), (TIO2, 1.0)], &[(BATIO3, 1.0)]),
        reaction(&[(BAO, 2.0), (TIO2, 1.0)], &[(BA2TIO4, 1.0)]),
        reaction(&[(BA2TIO4, 1.0), (TIO2, 1.0)], &[(BATIO3, 2.0)]),
        reaction(&[(BAO, 1.0), (BATIO3, 1.0)], &[(BA2TIO4, 1.0)]),
        reaction(&[(BACO3, 1.0)], &[(BAO, 1.0), (CO2, 1.0)]),
        reaction(&[(BAO, 1.0), (CO2, 1.0)], &[(BACO3, 1.0)]),
        reaction(&[(BACO3, 1.0), (TIO2, 1.0)], &[(BATIO3, 1.0), (CO2, 1.0)]),
        reaction(
            &[(BA2TIO4, 1.0), (CO2, 1.0)],
            &[(BACO3, 1.0), (BATIO3, 1.0)],
        ),
        reaction(&[(CARBON, 1.0), (O2, 1.0)], &[(CO2, 1.0)]),
        reaction(&[(BAO, 1.0), (CARBON, 1.0), (O2, 1.0)], &[(BACO3, 1.0)]),
    ]
}

pub fn chemistry() -> Chemistry {
    // BaO + C + O2 -> BaCO3 is balanced; every other by eye as well.
    Chemistry::new(phases(), reactions(), VolumeRounding::None).expect("a sound chemistry")
}

/// Scores that make everything happen within a few sweeps and depend on the temperature.
pub struct Lively;

impl Kinetics for Lively {
    fn scores(
        &self,
        temperature_k: f64,
        _: &Atmosphere,
        scores: &mut [f64],
    ) -> Result<(), AutomatonError> {
        for (r, score) in scores.iter_mut().enumerate() {
            *score = temperature_k / 1000.0 * (1.0 + 0.3 * r as f64);
        }
        Ok(())
    }
}

pub fn start(conserve: Conserve, setup: Setup, seed: u8) -> Start {
    Start {
        shape: [9, 10, 11],
        precursors: vec![(BACO3, 0.7), (BAO, 0.5), (TIO2, 1.0), (CARBON, 0.4)],
        packing_fraction: 0.85,
        setup,
        conserve,
        seed: [seed; 32],
    }
}

pub fn air() -> Atmosphere {
    Atmosphere {
        gases: vec![(CO2, 0.0004), (O2, 0.21)],
    }
}

pub fn hold(kelvin: f64, sweeps: f64) -> Programme {
    Programme {
        start_k: kelvin,
        atmosphere: air(),
        steps: vec![Step::Hold {
            sweeps: Sweeps(sweeps),
        }],
        staircase_k: None,
    }
}
