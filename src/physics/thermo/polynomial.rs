//! Polynomials in temperature that handbooks give: NASA-7 and Shomate.

use super::ThermoError;
use super::gibbs::{STANDARD_K, out_of_range};
use crate::base::Phase;
use crate::base::constants::{BOLTZMANN_EV_PER_K, KJ_PER_MOL_IN_EV};

/// NASA-7 polynomials (McBride, Gordon and Reno, NASA TM-4513, 1993), standard pressure 1 bar.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "NasaPieces")]
pub struct Nasa7 {
    pieces: Vec<Nasa7Piece>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Nasa7Piece {
    #[serde(rename = "from_K")]
    pub from_k: f64,
    #[serde(rename = "to_K")]
    pub to_k: f64,
    /// a1 to a7: `Cp/R = a1 + a2 T + a3 T² + a4 T³ + a5 T⁴`, a6 for the enthalpy, a7 for the entropy.
    pub coefficients: [f64; 7],
}

#[derive(serde::Deserialize)]
struct NasaPieces {
    pieces: Vec<Nasa7Piece>,
}

impl TryFrom<NasaPieces> for Nasa7 {
    type Error = ThermoError;
    fn try_from(raw: NasaPieces) -> Result<Self, ThermoError> {
        Nasa7::new(raw.pieces)
    }
}

impl Nasa7 {
    /// Pieces in ascending order, each beginning where the one before ends.
    pub fn new(pieces: Vec<Nasa7Piece>) -> Result<Self, ThermoError> {
        check(
            pieces
                .iter()
                .map(|piece| (piece.from_k, piece.to_k, &piece.coefficients[..])),
        )?;
        Ok(Nasa7 { pieces })
    }

    pub fn range_k(&self) -> (f64, f64) {
        range(self.pieces.iter().map(|piece| (piece.from_k, piece.to_k)))
    }

    /// `H − T S` in eV per formula unit, the enthalpy counted from the elements at 298.15 K.
    pub(super) fn gibbs_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        let piece = piece_at(
            self.pieces.iter().map(|piece| (piece.from_k, piece.to_k)),
            phase,
            t_k,
        )?;
        let [a1, a2, a3, a4, a5, a6, a7] = self.pieces[piece].coefficients;
        let t = t_k;
        let enthalpy_over_rt =
            a1 + t * (a2 / 2.0 + t * (a3 / 3.0 + t * (a4 / 4.0 + t * a5 / 5.0))) + a6 / t;
        let entropy_over_r =
            a1 * libm::log(t) + t * (a2 + t * (a3 / 2.0 + t * (a4 / 3.0 + t * a5 / 4.0))) + a7;
        Ok(BOLTZMANN_EV_PER_K * t * (enthalpy_over_rt - entropy_over_r))
    }
}

/// Shomate equations as in the NIST Chemistry WebBook, standard pressure 1 bar.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "ShomatePieces")]
pub struct Shomate {
    pieces: Vec<ShomatePiece>,
}

#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct ShomatePiece {
    #[serde(rename = "from_K")]
    pub from_k: f64,
    #[serde(rename = "to_K")]
    pub to_k: f64,
    /// A to H with t = T / 1000 K: `Cp = A + B t + C t² + D t³ + E/t²` (J/mol K),
    /// `H − H298 = A t + B t²/2 + C t³/3 + D t⁴/4 − E/t + F − H` (kJ/mol),
    /// `S = A ln t + B t + C t²/2 + D t³/3 − E/(2t²) + G` (J/mol K). H is the formation enthalpy, so that
    /// the enthalpy from the elements is the line above without `− H`.
    pub coefficients: [f64; 8],
}

#[derive(serde::Deserialize)]
struct ShomatePieces {
    pieces: Vec<ShomatePiece>,
}

impl TryFrom<ShomatePieces> for Shomate {
    type Error = ThermoError;
    fn try_from(raw: ShomatePieces) -> Result<Self, ThermoError> {
        Shomate::new(raw.pieces)
    }
}

impl Shomate {
    /// Pieces in ascending order, each beginning where the one before ends.
    pub fn new(pieces: Vec<ShomatePiece>) -> Result<Self, ThermoError> {
        check(
            pieces
                .iter()
                .map(|piece| (piece.from_k, piece.to_k, &piece.coefficients[..])),
        )?;
        Ok(Shomate { pieces })
    }

    pub fn range_k(&self) -> (f64, f64) {
        range(self.pieces.iter().map(|piece| (piece.from_k, piece.to_k)))
    }

    /// `H − T S` in eV per formula unit, the enthalpy counted from the elements at 298.15 K.
    pub(super) fn gibbs_ev(&self, phase: &Phase, t_k: f64) -> Result<f64, ThermoError> {
        let piece = piece_at(
            self.pieces.iter().map(|piece| (piece.from_k, piece.to_k)),
            phase,
            t_k,
        )?;
        let [a, b, c, d, e, f, g, _] = self.pieces[piece].coefficients;
        let t = t_k / 1000.0;
        let enthalpy_kj = t * (a + t * (b / 2.0 + t * (c / 3.0 + t * d / 4.0))) - e / t + f;
        let entropy_j =
            a * libm::log(t) + t * (b + t * (c / 2.0 + t * d / 3.0)) - e / (2.0 * t * t) + g;
        Ok((enthalpy_kj - t * entropy_j) * KJ_PER_MOL_IN_EV)
    }
}

/// Handbooks write 298 K or 300 K where they mean from room temperature on.
fn lower_bound(from_k: f64) -> f64 {
    if from_k > STANDARD_K && from_k <= 300.0 {
        STANDARD_K
    } else {
        from_k
    }
}

fn range(pieces: impl Iterator<Item = (f64, f64)>) -> (f64, f64) {
    pieces
        .reduce(|all, one| (all.0, one.1))
        .map_or((f64::NAN, f64::NAN), |(from, to)| (lower_bound(from), to))
}

/// The first piece that holds a temperature.
fn piece_at(
    pieces: impl Iterator<Item = (f64, f64)> + Clone,
    phase: &Phase,
    t_k: f64,
) -> Result<usize, ThermoError> {
    pieces
        .clone()
        .enumerate()
        .position(|(at, (from, to))| {
            let from = if at == 0 { lower_bound(from) } else { from };
            from <= t_k && t_k <= to
        })
        .ok_or_else(|| out_of_range(phase, t_k, range(pieces)))
}

fn check<'a>(pieces: impl Iterator<Item = (f64, f64, &'a [f64])>) -> Result<(), ThermoError> {
    let mut end = None;
    for (from, to, coefficients) in pieces {
        if !(from.is_finite() && to.is_finite() && 0.0 < from && from < to) {
            return Err(ThermoError::Model(format!(
                "a polynomial from {from} K to {to} K covers no temperatures"
            )));
        }
        if end.is_some_and(|end| end != from) {
            return Err(ThermoError::Model(format!(
                "the pieces of a polynomial do not meet at {from} K"
            )));
        }
        if coefficients.iter().any(|one| !one.is_finite()) {
            return Err(ThermoError::Model(
                "a coefficient of a polynomial is not a number".into(),
            ));
        }
        end = Some(to);
    }
    if end.is_none() {
        return Err(ThermoError::Model("a polynomial has no pieces".into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::physics::thermo::Gibbs;

    fn kj_mol(gibbs: &Gibbs, phase: &str, t_k: f64) -> f64 {
        let phase = Phase::parse(phase).expect(phase);
        gibbs.formation_ev(&phase, t_k).expect("in range") / KJ_PER_MOL_IN_EV
    }

    fn nasa(pieces: &[(f64, f64, [f64; 7])]) -> Gibbs {
        let pieces = pieces
            .iter()
            .map(|(from_k, to_k, coefficients)| Nasa7Piece {
                from_k: *from_k,
                to_k: *to_k,
                coefficients: *coefficients,
            })
            .collect();
        Gibbs::Nasa7(Nasa7::new(pieces).expect("a polynomial"))
    }

    /// Coefficients of NASA TM-4513; formation energies of the NIST-JANAF tables (4th edition).
    #[test]
    fn nasa_polynomials_give_the_tabulated_formation_energies() {
        let carbon_dioxide = nasa(&[
            (
                200.0,
                1000.0,
                [
                    2.35677352,
                    0.00898459677,
                    -7.12356269e-6,
                    2.45919022e-9,
                    -1.43699548e-13,
                    -48371.9697,
                    9.90105222,
                ],
            ),
            (
                1000.0,
                6000.0,
                [
                    4.63659493,
                    0.00274131991,
                    -9.95828531e-7,
                    1.60373011e-10,
                    -9.16103468e-15,
                    -49024.9341,
                    -1.93534855,
                ],
            ),
        ]);
        for (t_k, expected) in [
            (300.0, -394.394),
            (700.0, -395.389),
            (1000.0, -395.886),
            (1500.0, -396.288),
        ] {
            let found = kj_mol(&carbon_dioxide, "CO2(g)", t_k);
            assert!((found - expected).abs() < 0.1, "{t_k}: {found} {expected}");
        }
        let monoxide = nasa(&[
            (
                200.0,
                1000.0,
                [
                    3.57953347,
                    -0.00061035368,
                    1.01681433e-6,
                    9.07005884e-10,
                    -9.04424499e-13,
                    -14344.086,
                    3.50840928,
                ],
            ),
            (
                1000.0,
                6000.0,
                [
                    3.04848583,
                    0.00135172818,
                    -4.85794075e-7,
                    7.88536486e-11,
                    -4.69807489e-15,
                    -14266.1171,
                    6.0170979,
                ],
            ),
        ]);
        // Here the standard pressure matters: half a mole of gas is formed, 0.06 kJ/mol between atm and bar at 1000 K.
        for (t_k, expected) in [(300.0, -137.328), (1000.0, -200.275)] {
            let found = kj_mol(&monoxide, "CO(g)", t_k);
            assert!((found - expected).abs() < 0.06, "{t_k}: {found} {expected}");
        }
    }

    /// TiO (alpha): coefficients of the NIST Chemistry WebBook (Chase 1998); formation energies of NIST-JANAF.
    #[test]
    fn shomate_equations_give_the_tabulated_values() {
        let titanium_monoxide = Shomate::new(vec![ShomatePiece {
            from_k: 298.0,
            to_k: 2023.0,
            coefficients: [
                41.78808, 18.24542, -0.372713, 0.065211, -0.644729, -558.0996, 76.27892, -542.6648,
            ],
        }])
        .expect("a polynomial");
        let phase = Phase::parse("TiO").expect("a phase");
        // -(G - H298)/T = 58.67 J/mol K at 1000 K in the WebBook's table.
        let gibbs = titanium_monoxide
            .gibbs_ev(&phase, 1000.0)
            .expect("in range")
            / KJ_PER_MOL_IN_EV;
        assert!(((-542.6648 - gibbs) - 58.67).abs() < 0.01, "{gibbs}");
        let formation = kj_mol(&Gibbs::Shomate(titanium_monoxide), "TiO", 1000.0);
        assert!((formation - -446.2).abs() < 0.3, "{formation}");
    }

    #[test]
    fn pieces_meet_and_end() {
        let piece = |from_k, to_k| Nasa7Piece {
            from_k,
            to_k,
            coefficients: [1.0; 7],
        };
        assert!(Nasa7::new(vec![]).is_err());
        assert!(Nasa7::new(vec![piece(300.0, 200.0)]).is_err());
        assert!(Nasa7::new(vec![piece(300.0, 400.0), piece(500.0, 600.0)]).is_err());
        let model =
            Nasa7::new(vec![piece(300.0, 400.0), piece(400.0, 600.0)]).expect("a polynomial");
        assert_eq!(model.range_k(), (298.15, 600.0));
        let phase = Phase::parse("BaO").expect("a phase");
        assert!(matches!(
            model.gibbs_ev(&phase, 601.0),
            Err(ThermoError::OutOfRange { .. })
        ));
        let text = serde_json::to_string(&model).expect("JSON");
        assert_eq!(serde_json::from_str::<Nasa7>(&text).expect("again"), model);
    }
}
