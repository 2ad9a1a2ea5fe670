//! Repulsion of cores, and how it takes over from the many-body energy at short distances.

use std::f64::consts::PI;

/// A smooth step down: 1 up to `end − width`, 0 from `end` on, twice differentiable.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Switch {
    pub end: f64,
    pub width: f64,
}

impl Switch {
    /// Value and slope.
    pub fn evaluate(&self, x: f64) -> [f64; 2] {
        if x <= self.end - self.width {
            [1.0, 0.0]
        } else if x >= self.end {
            [0.0, 0.0]
        } else {
            let x = 1.0 - 2.0 * (1.0 + (x - self.end) / self.width);
            let x2 = x * x;
            let value = 0.5 + 3.75 * x * (0.25 - x2 / 6.0 + x2 * x2 / 20.0);
            let slope = -7.5 / self.width * (0.25 - x2 / 2.0 + x2 * x2 / 4.0);
            [value, slope]
        }
    }
}

/// The strength of a bond's repulsion: prefactor and exponent of a screened `e^{−λ r²}/r`, or a prefactor alone for
/// that of Ziegler, Biersack and Littmark.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct CoreRepulsion {
    pub prefactor: f64,
    pub exponent: f64,
}

/// How core repulsion takes over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InnerCutoff {
    /// A density of repulsion, summed over neighbours, fades out the many-body energy of the centre.
    Density,
    /// That, and radial functions vanish below the inner cutoff of their bond.
    Distance,
    /// The nearest neighbour decides: within the inner cutoff of its bond the energy goes over to the repulsion of
    /// Ziegler, Biersack and Littmark. Where another neighbour becomes the nearest one, forces jump.
    Zbl,
}

impl InnerCutoff {
    pub const ALL: [InnerCutoff; 3] = [Self::Density, Self::Distance, Self::Zbl];

    /// The name in files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Density => "density",
            Self::Distance => "distance",
            Self::Zbl => "zbl",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// What the repulsion of a pair depends on.
pub struct CorePair {
    pub kind: InnerCutoff,
    pub core: CoreRepulsion,
    pub inner: Switch,
    pub cutoff_ang: f64,
    pub cutoff_width_ang: f64,
    /// Atomic numbers.
    pub charges: [f64; 2],
}

impl CorePair {
    /// φ(r) in eV and its slope at 0 < r.
    pub fn evaluate(&self, r: f64) -> [f64; 2] {
        if r >= self.cutoff_ang {
            return [0.0, 0.0];
        }
        match self.kind {
            InnerCutoff::Density => self.screened(r),
            InnerCutoff::Distance => product(self.screened(r), self.inner.evaluate(r)),
            InnerCutoff::Zbl => self.zbl(r),
        }
    }

    /// `|p| e^{−|λ| r²}/r`, taken smoothly to zero at the cutoff.
    fn screened(&self, r: f64) -> [f64; 2] {
        let (p, lambda) = (self.core.prefactor.abs(), self.core.exponent.abs());
        let exponent = lambda * r * r;
        if exponent >= 50.0 {
            return [0.0, 0.0];
        }
        let value = p * (-exponent).exp() / r;
        let bare = [value, -value * (1.0 / r + 2.0 * lambda * r)];
        product(bare, cosine(r, self.cutoff_ang))
    }

    /// The universal repulsion (Ziegler, Biersack, Littmark, 1985), made to end at the cutoff together with its first
    /// two derivatives, and faded out over the width of the cutoff besides.
    fn zbl(&self, r: f64) -> [f64; 2] {
        const HALF_COULOMB_EV_ANG: f64 = 14.399645351950543 / 2.0;
        let [z, w] = self.charges;
        let inverse_length = (z.powf(0.23) + w.powf(0.23)) / 0.46850;
        let width = self.cutoff_width_ang;
        let [e, slope, curvature] = universal(self.cutoff_ang, inverse_length);
        let t = r - (self.cutoff_ang - width);
        let mut ending = [
            -e + width * slope / 2.0 - width * width * curvature / 12.0,
            0.0,
        ];
        if t > 0.0 {
            let a = (width * curvature - 3.0 * slope) / (width * width);
            let b = (2.0 * slope - width * curvature) / width.powi(3);
            ending[0] += t * t * t * (a / 3.0 + b / 4.0 * t);
            ending[1] = t * t * (a + b * t);
        }
        let [e, slope, _] = universal(r, inverse_length);
        let fade = Switch {
            end: self.cutoff_ang,
            width,
        };
        let scale = self.core.prefactor * HALF_COULOMB_EV_ANG * z * w;
        product(
            [scale * (e + ending[0]), scale * (slope + ending[1])],
            fade.evaluate(r),
        )
    }
}

/// `φ(r/a)/r` with the universal screening function, and its first two derivatives.
fn universal(r: f64, inverse_length: f64) -> [f64; 3] {
    const SCREENING: [(f64, f64); 4] = [
        (0.18175, 3.1998),
        (0.50986, 0.94229),
        (0.28022, 0.4029),
        (0.02817, 0.20162),
    ];
    let mut phi = [0.0; 3];
    for (weight, exponent) in SCREENING {
        let rate = exponent * inverse_length;
        let part = weight * (-rate * r).exp();
        phi[0] += part;
        phi[1] -= rate * part;
        phi[2] += rate * rate * part;
    }
    let inverse = 1.0 / r;
    let value = phi[0] * inverse;
    let slope = (phi[1] - value) * inverse;
    [value, slope, (phi[2] - 2.0 * slope) * inverse]
}

/// `(1 + cos(π r/rc))/2` and its slope.
pub(super) fn cosine(r: f64, cutoff: f64) -> [f64; 2] {
    let angle = PI * r / cutoff;
    [0.5 * (1.0 + angle.cos()), -0.5 * PI / cutoff * angle.sin()]
}

/// Value and slope of a product.
pub(super) fn product(f: [f64; 2], g: [f64; 2]) -> [f64; 2] {
    [f[0] * g[0], f[1] * g[0] + f[0] * g[1]]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(kind: InnerCutoff) -> CorePair {
        CorePair {
            kind,
            core: CoreRepulsion {
                prefactor: 3.0,
                exponent: 0.7,
            },
            inner: Switch {
                end: 1.9,
                width: 0.6,
            },
            cutoff_ang: 5.0,
            cutoff_width_ang: 0.5,
            charges: [56.0, 8.0],
        }
    }

    #[test]
    fn slopes_are_derivatives_and_all_ends_at_the_cutoff() {
        for kind in InnerCutoff::ALL {
            let pair = pair(kind);
            for r in [0.3, 0.9, 1.5, 1.8, 2.5, 4.2, 4.6, 4.99] {
                let h = 1e-4;
                let value = |r| pair.evaluate(r)[0];
                let numerical = (value(r - 2.0 * h) - 8.0 * value(r - h) + 8.0 * value(r + h)
                    - value(r + 2.0 * h))
                    / (12.0 * h);
                let [_, slope] = pair.evaluate(r);
                assert!(
                    (numerical - slope).abs() < 1e-7 * slope.abs().max(1.0),
                    "{kind:?} {r}"
                );
            }
            let [value, slope] = pair.evaluate(5.0 - 1e-5);
            assert!(value.abs() < 1e-8 && slope.abs() < 1e-4, "{kind:?}");
        }
    }

    /// At contact the screening is 1 and what is left is Coulomb's law, half of it for each of the two atoms.
    #[test]
    fn nuclei_that_touch_repel_as_bare_charges() {
        let mut pair = pair(InnerCutoff::Zbl);
        pair.core.prefactor = 1.0;
        let r = 1e-6;
        let bare = 14.399645351950543 * 56.0 * 8.0 / 2.0 / r;
        assert!((pair.evaluate(r)[0] / bare - 1.0).abs() < 1e-4);
    }
}
