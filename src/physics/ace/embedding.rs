//! How densities become energy.

/// The function that a density passes through, odd in the density, with an exponent m.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EmbeddingForm {
    /// `sgn(ρ) |ρ|^m`, made linear below |ρ| ≈ 1e-6 so that its slope stays finite.
    FinnisSinclair,
    /// `sgn(ρ) ((x₀ + |ρ|)^m − y₀)`, whose slope at zero is finite for every m.
    FinnisSinclairShiftedScaled,
}

impl EmbeddingForm {
    pub const ALL: [EmbeddingForm; 2] = [Self::FinnisSinclair, Self::FinnisSinclairShiftedScaled];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::FinnisSinclair => "FinnisSinclair",
            Self::FinnisSinclairShiftedScaled => "FinnisSinclairShiftedScaled",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// F(ρ; m) and dF/dρ.
    pub fn evaluate(self, density: f64, exponent: f64) -> [f64; 2] {
        match self {
            Self::FinnisSinclair => finnis_sinclair(density, exponent),
            Self::FinnisSinclairShiftedScaled => shifted_scaled(density, exponent),
        }
    }
}

/// One density: its weight w and exponent m, for a contribution `w F(ρ; m)` to the energy in eV.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DensityTerm {
    pub weight: f64,
    pub exponent: f64,
}

/// The energy of an atom as a function of its densities: `Σ_p w_p F(ρ_p; m_p)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedding {
    pub form: EmbeddingForm,
    /// One a density.
    pub terms: Vec<DensityTerm>,
}

impl Embedding {
    /// The energy is the density.
    pub fn linear() -> Self {
        Embedding {
            form: EmbeddingForm::FinnisSinclair,
            terms: vec![DensityTerm {
                weight: 1.0,
                exponent: 1.0,
            }],
        }
    }

    /// Whether the energy is linear in the coefficients of the functions.
    pub fn is_linear(&self) -> bool {
        self.terms.iter().all(|term| term.exponent == 1.0)
    }

    /// The energy, eV; `slopes` takes its derivatives by the densities. Both slices have one entry a density.
    pub fn evaluate(&self, densities: &[f64], slopes: &mut [f64]) -> f64 {
        let mut energy = 0.0;
        for ((term, density), slope) in self.terms.iter().zip(densities).zip(slopes) {
            let [value, derivative] = self.form.evaluate(*density, term.exponent);
            energy += term.weight * value;
            *slope = term.weight * derivative;
        }
        energy
    }
}

/// Below 1/w it is linear, `λ ρ` with λ = w^(1−m); the two are blended by `g = exp(−(w|ρ|)³)`.
fn finnis_sinclair(density: f64, exponent: f64) -> [f64; 2] {
    const W: f64 = 1e6;
    let slope_at_zero = (1.0 / W).powf(exponent - 1.0);
    let a = density.abs();
    if a <= 1e-10 {
        return [slope_at_zero * density, slope_at_zero];
    }
    let cube = (W * a).powi(3);
    let g = if cube > 30.0 { 0.0 } else { (-cube).exp() };
    let power = a.powf(exponent);
    let value = (1.0 - g) * power + slope_at_zero * g * a;
    let slope = exponent * power / a * (1.0 - g)
        + 3.0 * W.powi(3) * power * a * a * g
        + slope_at_zero * g * (1.0 - 3.0 * cube);
    [value.copysign(density), slope]
}

/// The shift makes value and slope at zero those of `x₀ = q^{q/(1−q)} e^{−|ρ|}`, `y₀ = q^{1/(1−q)} e^{−|ρ|}`, q = 1/m.
fn shifted_scaled(density: f64, exponent: f64) -> [f64; 2] {
    if (exponent - 1.0).abs() < 1e-10 {
        return [density, 1.0];
    }
    let q = 1.0 / exponent;
    let a = density.abs();
    let decay = (-a).exp();
    let x0 = q.powf(q / (1.0 - q)) * decay;
    let y0 = q.powf(1.0 / (1.0 - q)) * decay;
    let power = (x0 + a).powf(exponent - 1.0);
    let value = power * (x0 + a) - y0;
    let slope = y0 + exponent * (1.0 - x0) * power;
    [value * 1f64.copysign(density), slope]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slopes_are_derivatives() {
        for form in EmbeddingForm::ALL {
            for exponent in [0.5, 1.0, 0.8, 2.0] {
                for density in [-3.0, -0.2, 1e-3, 0.7, 1.3e-6, -0.9e-6, 5.0] {
                    let h = 1e-3 * f64::abs(density);
                    let value = |x: f64| form.evaluate(x, exponent)[0];
                    let numerical = (value(density - 2.0 * h) - 8.0 * value(density - h)
                        + 8.0 * value(density + h)
                        - value(density + 2.0 * h))
                        / (12.0 * h);
                    let [_, slope] = form.evaluate(density, exponent);
                    assert!(
                        (numerical - slope).abs() < 1e-6 * slope.abs().max(1.0),
                        "{form:?} {exponent} {density}: {numerical} {slope}"
                    );
                    // Odd in the density.
                    assert_eq!(value(-density), -value(density));
                }
            }
        }
    }

    #[test]
    fn limits_are_those_of_the_definition() {
        assert_eq!(EmbeddingForm::FinnisSinclair.evaluate(4.0, 0.5)[0], 2.0);
        assert_eq!(
            EmbeddingForm::FinnisSinclairShiftedScaled.evaluate(-4.0, 1.0),
            [-4.0, 1.0]
        );
        // At zero with m = 1/2: x₀ = 1/4, y₀ = 1/2.
        let [value, slope] = EmbeddingForm::FinnisSinclairShiftedScaled.evaluate(0.0, 0.5);
        assert!(value.abs() < 1e-15 && (slope - 1.25).abs() < 1e-15);
    }
}
