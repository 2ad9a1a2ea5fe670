//! Physical constants: CODATA 2022 (Mohr, Newell, Taylor, Tiesinga, arXiv:2409.03712; NIST SP 961, 2024). Those
//! without a remark are exact by the definition of the SI.

/// Boltzmann constant, J/K.
pub const BOLTZMANN_J_PER_K: f64 = 1.380649e-23;
/// Elementary charge, C.
pub const ELEMENTARY_CHARGE_C: f64 = 1.602176634e-19;
/// Avogadro constant, 1/mol.
pub const AVOGADRO_PER_MOL: f64 = 6.02214076e23;
/// Planck constant, J s.
pub const PLANCK_J_S: f64 = 6.62607015e-34;
/// Speed of light, m/s.
pub const SPEED_OF_LIGHT_M_PER_S: f64 = 299_792_458.0;
/// Boltzmann constant, eV/K.
pub const BOLTZMANN_EV_PER_K: f64 = BOLTZMANN_J_PER_K / ELEMENTARY_CHARGE_C;
/// Molar gas constant, J/(mol K).
pub const GAS_CONSTANT_J_PER_MOL_K: f64 = BOLTZMANN_J_PER_K * AVOGADRO_PER_MOL;
/// One kJ/mol for each particle, in eV.
pub const KJ_PER_MOL_IN_EV: f64 = 1000.0 / (ELEMENTARY_CHARGE_C * AVOGADRO_PER_MOL);
/// Atomic mass constant, kg; measured, relative uncertainty 3.1e-10.
pub const ATOMIC_MASS_KG: f64 = 1.660_539_068_92e-27;
/// Atomic mass constant in eV fs²/Å².
pub const ATOMIC_MASS_EV_FS2_PER_ANG2: f64 = ATOMIC_MASS_KG / ELEMENTARY_CHARGE_C * 1e10;
/// Bohr radius, Å; measured, relative uncertainty 1.6e-10.
pub const BOHR_ANG: f64 = 0.529_177_210_544;
/// Hartree energy, eV; measured, relative uncertainty 1.1e-12.
pub const HARTREE_EV: f64 = 27.211_386_245_981;
/// 1/(4 π ε₀) in eV Å/e²: the hartree is the energy of two elementary charges a Bohr radius apart.
pub const COULOMB_EV_ANG: f64 = HARTREE_EV * BOHR_ANG;
/// Standard atmosphere, Pa; by convention.
pub const ATMOSPHERE_PA: f64 = 101_325.0;
/// Bar, Pa; by convention.
pub const BAR_PA: f64 = 1e5;
/// Thermochemical calorie, J; by convention.
pub const CALORIE_J: f64 = 4.184;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_constants_agree_with_the_published_values() {
        assert!((BOLTZMANN_EV_PER_K - 8.617_333_262e-5).abs() < 1e-14);
        assert!((GAS_CONSTANT_J_PER_MOL_K - 8.314_462_618).abs() < 1e-9);
        assert!((KJ_PER_MOL_IN_EV - 0.010_364_269_656_262).abs() < 1e-15);
        // 1 u = 103.642 69 eV fs²/Å²
        assert!((ATOMIC_MASS_EV_FS2_PER_ANG2 - 103.642_69).abs() < 1e-4);
    }
}
