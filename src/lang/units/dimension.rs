//! What kind of quantity a number is.

use std::fmt;

/// Exponents over length, energy, time, charge, temperature and sweep.
///
/// Mass is energy·time²/length². Amounts of substance are counts, so `mol` has no dimension. A sweep is one
/// update of every site of the automaton: a clock of its own, never hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Dimension {
    pub length: i8,
    pub energy: i8,
    pub time: i8,
    pub charge: i8,
    pub temperature: i8,
    pub sweep: i8,
}

impl Dimension {
    pub const NONE: Dimension = Dimension::of(0, 0, 0, 0, 0, 0);
    pub const LENGTH: Dimension = Dimension::of(1, 0, 0, 0, 0, 0);
    pub const ENERGY: Dimension = Dimension::of(0, 1, 0, 0, 0, 0);
    pub const TIME: Dimension = Dimension::of(0, 0, 1, 0, 0, 0);
    pub const CHARGE: Dimension = Dimension::of(0, 0, 0, 1, 0, 0);
    pub const TEMPERATURE: Dimension = Dimension::of(0, 0, 0, 0, 1, 0);
    pub const SWEEP: Dimension = Dimension::of(0, 0, 0, 0, 0, 1);
    pub const AREA: Dimension = Dimension::of(2, 0, 0, 0, 0, 0);
    pub const VOLUME: Dimension = Dimension::of(3, 0, 0, 0, 0, 0);
    pub const MASS: Dimension = Dimension::of(-2, 1, 2, 0, 0, 0);
    pub const DENSITY: Dimension = Dimension::of(-5, 1, 2, 0, 0, 0);
    pub const PRESSURE: Dimension = Dimension::of(-3, 1, 0, 0, 0, 0);
    pub const FORCE: Dimension = Dimension::of(-1, 1, 0, 0, 0, 0);
    pub const FREQUENCY: Dimension = Dimension::of(0, 0, -1, 0, 0, 0);
    pub const VELOCITY: Dimension = Dimension::of(1, 0, -1, 0, 0, 0);
    pub const HEATING_RATE: Dimension = Dimension::of(0, 0, -1, 0, 1, 0);
    pub const HEATING_RATE_PER_SWEEP: Dimension = Dimension::of(0, 0, 0, 0, 1, -1);
    pub const SWEEP_RATE: Dimension = Dimension::of(0, 0, -1, 0, 0, 1);
    pub const ENTROPY: Dimension = Dimension::of(0, 1, 0, 0, -1, 0);
    pub const DIFFUSION: Dimension = Dimension::of(2, 0, -1, 0, 0, 0);
    pub const POTENTIAL: Dimension = Dimension::of(0, 1, 0, -1, 0, 0);
    pub const CONDUCTIVITY: Dimension = Dimension::of(-1, -1, -1, 2, 0, 0);
    /// Of Onsager's coefficients: atoms for each area and time, for an energy of each atom and length.
    pub const ONSAGER: Dimension = Dimension::of(-1, -1, -1, 0, 0, 0);
    pub const VISCOSITY: Dimension = Dimension::of(-3, 1, 1, 0, 0, 0);
    pub const MOBILITY: Dimension = Dimension::of(2, -1, -1, 1, 0, 0);

    pub const fn of(
        length: i8,
        energy: i8,
        time: i8,
        charge: i8,
        temperature: i8,
        sweep: i8,
    ) -> Self {
        Dimension {
            length,
            energy,
            time,
            charge,
            temperature,
            sweep,
        }
    }

    fn exponents(self) -> [i8; 6] {
        [
            self.length,
            self.energy,
            self.time,
            self.charge,
            self.temperature,
            self.sweep,
        ]
    }

    fn combine(self, other: Dimension, join: impl Fn(i8, i8) -> Option<i8>) -> Option<Dimension> {
        let (a, b) = (self.exponents(), other.exponents());
        let mut out = [0; 6];
        for at in 0..6 {
            out[at] = join(a[at], b[at])?;
        }
        let [length, energy, time, charge, temperature, sweep] = out;
        Some(Dimension::of(
            length,
            energy,
            time,
            charge,
            temperature,
            sweep,
        ))
    }

    /// The dimension of a product; none where an exponent grows absurd.
    pub fn times(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_add)
    }

    /// The dimension of a quotient.
    pub fn per(self, other: Dimension) -> Option<Dimension> {
        self.combine(other, i8::checked_sub)
    }

    pub fn power(self, power: i32) -> Option<Dimension> {
        let power = i8::try_from(power).ok()?;
        self.combine(Dimension::NONE, |a, _| a.checked_mul(power))
    }

    /// The dimension of a root, if every exponent divides.
    pub fn root(self, of: i8) -> Option<Dimension> {
        self.combine(Dimension::NONE, |a, _| (a % of == 0).then(|| a / of))
    }

    pub fn is_none(self) -> bool {
        self == Dimension::NONE
    }

    /// In the user's words, with an article.
    pub fn named(self) -> String {
        NAMES
            .iter()
            .find(|(dimension, _)| *dimension == self)
            .map_or_else(
                || format!("a quantity in {self}"),
                |(_, name)| (*name).to_owned(),
            )
    }
}

const NAMES: &[(Dimension, &str)] = &[
    (Dimension::NONE, "a number without a unit"),
    (Dimension::LENGTH, "a length"),
    (Dimension::ENERGY, "an energy"),
    (Dimension::TIME, "a time"),
    (Dimension::CHARGE, "a charge"),
    (Dimension::TEMPERATURE, "a temperature"),
    (Dimension::SWEEP, "a number of sweeps"),
    (Dimension::AREA, "an area"),
    (Dimension::VOLUME, "a volume"),
    (Dimension::MASS, "a mass"),
    (Dimension::DENSITY, "a density"),
    (Dimension::PRESSURE, "a pressure"),
    (Dimension::FORCE, "a force"),
    (Dimension::FREQUENCY, "a rate"),
    (Dimension::VELOCITY, "a velocity"),
    (Dimension::HEATING_RATE, "a heating rate"),
    (
        Dimension::HEATING_RATE_PER_SWEEP,
        "a heating rate per sweep",
    ),
    (Dimension::SWEEP_RATE, "a number of sweeps per time"),
    (Dimension::ENTROPY, "an entropy"),
    (Dimension::DIFFUSION, "a diffusion coefficient"),
    (Dimension::POTENTIAL, "an electric potential"),
    (Dimension::CONDUCTIVITY, "a conductivity"),
    (Dimension::ONSAGER, "a transport coefficient"),
    (Dimension::MOBILITY, "a mobility"),
    (Dimension::VISCOSITY, "a viscosity"),
];

/// In base units: `eV/Å^3`.
impl fmt::Display for Dimension {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = ["Å", "eV", "fs", "e", "K", "sweep"];
        let side = |positive: bool| {
            names
                .iter()
                .zip(self.exponents())
                .filter(|(_, exponent)| *exponent != 0 && (*exponent > 0) == positive)
                .map(|(name, exponent)| match exponent.unsigned_abs() {
                    1 => (*name).to_owned(),
                    power => format!("{name}^{power}"),
                })
                .collect::<Vec<_>>()
        };
        let (above, below) = (side(true), side(false));
        match (above.is_empty(), below.is_empty()) {
            (true, true) => out.write_str("1"),
            (false, true) => out.write_str(&above.join("*")),
            (_, false) => write!(out, "{}/{}", above.join("*"), below.join("/")),
        }
    }
}
