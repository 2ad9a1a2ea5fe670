//! The forms that a pair term may have.

use crate::physics::structure::Environment;

use super::form::{Accumulator, Add, PairFunction, value};
use super::{Term, table};
use crate::physics::numerics::simd::{Level, Table, Vector, dispatch};
use crate::physics::potential::Truncation;
use crate::physics::potential::coulomb::Screened;
use crate::physics::potential::exponential::Exponential;
use crate::physics::potential::lennard_jones::Powers;
use crate::physics::potential::morse::MorsePower;
use crate::physics::potential::tabulated::Splines;
use crate::physics::potential::zbl::Universal;

/// Parameters by species of the atom and, in tables, of its neighbour.
// There are few of them, and what they hold is read in the innermost loop.
#[allow(clippy::large_enum_variant)]
#[derive(Debug, Clone)]
pub enum Form {
    Powers(Powers),
    Exponential(Exponential),
    MorsePower(MorsePower),
    Universal(Universal),
    Splines(Splines),
    Line(Line),
    /// By the number of terms of their polynomials.
    Screened20(Screened<20>),
    Screened32(Screened<32>),
    Screened64(Screened<64>),
    Smooth(Box<Form>, Switch),
}

/// Does `$body` with the function of a form as `$function`; a smooth one is `$smooth`.
macro_rules! with_function {
    ($form:expr, $function:ident => $body:expr, $inner:ident, $switch:ident => $smooth:expr) => {
        match $form {
            Form::Powers($function) => $body,
            Form::Exponential($function) => $body,
            Form::MorsePower($function) => $body,
            Form::Universal($function) => $body,
            Form::Splines($function) => $body,
            Form::Line($function) => $body,
            Form::Screened20($function) => $body,
            Form::Screened32($function) => $body,
            Form::Screened64($function) => $body,
            Form::Smooth($inner, $switch) => $smooth,
        }
    };
}

impl Form {
    /// Adds the form to every neighbour of an atom of `species`.
    pub fn add(
        &self,
        level: Level,
        species: usize,
        near: &Environment,
        sums: &mut Accumulator,
        energy: bool,
    ) {
        with_function!(self, function => dispatch(level, Add { function, species, near, sums, energy }), inner, switch => {
            with_function!(&**inner, function => {
                dispatch(level, Add { function: &Smooth { function, switch }, species, near, sums, energy });
            }, _inner, _switch => unreachable!("a smooth form is not made smooth again"));
        });
    }

    /// Energy in eV and its derivative for a pair of species.
    pub fn value(&self, first: usize, second: usize, r_ang: f64) -> [f64; 2] {
        with_function!(self, function => value(function, first, second, r_ang), inner, switch => {
            with_function!(&**inner, function => {
                value(&Smooth { function, switch }, first, second, r_ang)
            }, _inner, _switch => unreachable!("a smooth form is not made smooth again"))
        })
    }

    /// The terms that end this form at a cutoff.
    pub fn truncated(self, species: usize, cutoff_ang: f64, truncation: Truncation) -> Vec<Term> {
        let term = |form| Term { cutoff_ang, form };
        match truncation {
            Truncation::Cut => vec![term(self)],
            Truncation::Shifted | Truncation::ForceShifted => {
                let slope = f64::from(u8::from(truncation == Truncation::ForceShifted));
                let at_cutoff = |first, second| self.value(first, second, cutoff_ang);
                let row = |first| LineRow {
                    slope: table(species, |second| -slope * at_cutoff(first, second)[1]),
                    constant: table(species, |second| {
                        let [energy, derivative] = at_cutoff(first, second);
                        slope * cutoff_ang * derivative - energy
                    }),
                };
                let line = Line {
                    rows: (0..species).map(row).collect(),
                };
                vec![term(self), term(Form::Line(line))]
            }
            Truncation::Smooth { from_ang } => {
                vec![term(Form::Smooth(
                    Box::new(self),
                    Switch {
                        from_ang,
                        to_ang: cutoff_ang,
                    },
                ))]
            }
        }
    }
}

/// `constant + slope r`: what shifts a form so that its energy, or also its force, ends at zero.
#[derive(Debug, Clone)]
pub struct Line {
    rows: Vec<LineRow>,
}

#[derive(Debug, Clone)]
struct LineRow {
    constant: Table,
    slope: Table,
}

impl PairFunction for Line {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let row = &self.rows[species];
        let slope = V::lookup(&row.slope, tags);
        let inverse = r2.rsqrt();
        [
            -slope * inverse,
            slope.mul_add(r2 * inverse, V::lookup(&row.constant, tags)),
        ]
    }
}

/// From one to nothing between two distances: `1 − 10 x³ + 15 x⁴ − 6 x⁵`, whose first two derivatives vanish at both
/// ends.
#[derive(Debug, Clone)]
pub struct Switch {
    pub from_ang: f64,
    pub to_ang: f64,
}

struct Smooth<'a, F> {
    function: &'a F,
    switch: &'a Switch,
}

impl<F: PairFunction> PairFunction for Smooth<'_, F> {
    #[inline(always)]
    fn pair<V: Vector, const ENERGY: bool>(&self, species: usize, tags: V, r2: V) -> [V; 2] {
        let [slope, energy] = self.function.pair::<V, true>(species, tags, r2);
        let width = self.switch.to_ang - self.switch.from_ang;
        let inverse = r2.rsqrt();
        let x = (r2 * inverse - V::splat(self.switch.from_ang)) * V::splat(1.0 / width);
        let x = -(-x).min(V::zero());
        let x2 = x * x;
        let quadratic = x
            .mul_add(V::splat(-6.0), V::splat(15.0))
            .mul_add(x, V::splat(-10.0));
        let weight = (x2 * x).mul_add(quadratic, V::splat(1.0));
        // d weight / dr = −30 x² (1 − x)² / width
        let one_less = V::splat(1.0) - x;
        let derivative = x2 * one_less * one_less * V::splat(-30.0 / width);
        [
            slope * weight - energy * derivative * inverse,
            energy * weight,
        ]
    }
}
