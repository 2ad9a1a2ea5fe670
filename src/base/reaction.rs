//! Reactions and their exact balancing.

use std::collections::BTreeSet;
use std::fmt;

use num_bigint::BigInt;
use num_rational::{BigRational, Ratio};
use num_traits::{CheckedDiv, CheckedMul, CheckedSub, One, Signed, ToPrimitive, Zero};

use super::rational::{gcd, lcm};
use super::{Element, Formula, Phase, Rational};

/// A balanced reaction: amounts of formula units on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
pub struct Reaction {
    pub reactants: Vec<(Rational, Phase)>,
    pub products: Vec<(Rational, Phase)>,
}

/// The smallest whole coefficients, in the order of the species.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    pub reactants: Vec<Rational>,
    pub products: Vec<Rational>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BalanceError {
    #[error("{0} stands on one side only")]
    OneSide(Element),
    #[error("no amounts of these species balance")]
    Impossible,
    #[error("these species balance in more than one way: it is a sum of independent reactions")]
    NotUnique,
    #[error("`{0}` takes no part: the others balance without it")]
    NoPart(String),
    #[error("`{0}` would have to stand on the other side")]
    WrongSide(String),
    #[error("a reaction has at most {MOST_SPECIES} species, and at least one on each side")]
    Species,
}

const MOST_SPECIES: usize = 32;

/// An element of which the sides of a written reaction hold different amounts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imbalance {
    pub element: Element,
    pub left: Rational,
    pub right: Rational,
}

/// The elements that a written reaction does not conserve, by atomic number.
pub fn imbalances(left: &[(Rational, Formula)], right: &[(Rational, Formula)]) -> Vec<Imbalance> {
    let elements: BTreeSet<Element> = left
        .iter()
        .chain(right)
        .flat_map(|(_, formula)| formula.elements())
        .collect();
    let total = |side: &[(Rational, Formula)], element: Element| {
        side.iter()
            .fold(Rational::zero(), |sum, (amount, formula)| {
                &sum + &(amount * &formula.amount(element))
            })
    };
    elements
        .into_iter()
        .map(|element| Imbalance {
            element,
            left: total(left, element),
            right: total(right, element),
        })
        .filter(|one| one.left != one.right)
        .collect()
}

/// The smallest positive whole coefficients that conserve every element.
///
/// The null space of the matrix of amounts is found exactly; it must be one vector of one sign.
pub fn balance(reactants: &[Formula], products: &[Formula]) -> Result<Balance, BalanceError> {
    let species: Vec<&Formula> = reactants.iter().chain(products).collect();
    if reactants.is_empty() || products.is_empty() || species.len() > MOST_SPECIES {
        return Err(BalanceError::Species);
    }
    let elements: BTreeSet<Element> = species.iter().flat_map(|one| one.elements()).collect();
    for element in &elements {
        let on = |side: &[Formula]| {
            side.iter()
                .any(|one| one.elements().any(|known| known == *element))
        };
        if on(reactants) != on(products) {
            return Err(BalanceError::OneSide(*element));
        }
    }
    let rows: Vec<Vec<BigRational>> = elements
        .iter()
        .map(|element| {
            species
                .iter()
                .enumerate()
                .map(|(at, formula)| {
                    let amount = formula.amount(*element).0;
                    if at < reactants.len() {
                        amount
                    } else {
                        -amount
                    }
                })
                .collect()
        })
        .collect();
    let null = null_space_of(rows, species.len());
    let vector = match null.as_slice() {
        [] => return Err(BalanceError::Impossible),
        [one] => one,
        _ => return Err(BalanceError::NotUnique),
    };
    let positive = vector.iter().filter(|value| value.is_positive()).count();
    let sign_negative = positive * 2 < vector.len();
    if let Some(at) = vector
        .iter()
        .position(|value| value.is_zero() || value.is_negative() != sign_negative)
    {
        let name = species[at].text().to_owned();
        return Err(if vector[at].is_zero() {
            BalanceError::NoPart(name)
        } else {
            BalanceError::WrongSide(name)
        });
    }
    let whole = smallest_whole(vector);
    let (left, right) = whole.split_at(reactants.len());
    Ok(Balance {
        reactants: left.to_vec(),
        products: right.to_vec(),
    })
}

/// A basis of the vectors that a matrix maps to zero. Machine integers do it several times faster, and nearly always.
fn null_space_of(rows: Vec<Vec<BigRational>>, columns: usize) -> Vec<Vec<BigRational>> {
    let small = |value: &BigRational| {
        Some(Ratio::new_raw(
            value.numer().to_i64()?,
            value.denom().to_i64()?,
        ))
    };
    let fit: Option<Vec<Vec<Ratio<i64>>>> = rows
        .iter()
        .map(|row| row.iter().map(small).collect())
        .collect();
    let large =
        |value: &Ratio<i64>| BigRational::new_raw((*value.numer()).into(), (*value.denom()).into());
    match fit.and_then(|rows| null_space(rows, columns)) {
        Some(null) => null
            .iter()
            .map(|vector| vector.iter().map(large).collect())
            .collect(),
        // Big numbers do not overflow.
        None => null_space(rows, columns).unwrap_or_default(),
    }
}

/// The same by reduction to row echelon form; none if a number does not fit its type.
fn null_space<N>(mut rows: Vec<Vec<N>>, columns: usize) -> Option<Vec<Vec<N>>>
where
    N: Clone + Zero + One + CheckedSub + CheckedMul + CheckedDiv,
{
    let mut pivots: Vec<usize> = Vec::new();
    let mut rank = 0;
    for column in 0..columns {
        let Some(found) = (rank..rows.len()).find(|row| !rows[*row][column].is_zero()) else {
            continue;
        };
        rows.swap(rank, found);
        let scale = rows[rank][column].clone();
        for value in &mut rows[rank] {
            *value = value.checked_div(&scale)?;
        }
        let pivot_row = rows[rank].clone();
        for (at, row) in rows.iter_mut().enumerate() {
            if at != rank && !row[column].is_zero() {
                let factor = row[column].clone();
                for (value, pivot) in row.iter_mut().zip(&pivot_row) {
                    *value = value.checked_sub(&factor.checked_mul(pivot)?)?;
                }
            }
        }
        pivots.push(column);
        rank += 1;
    }
    (0..columns)
        .filter(|column| !pivots.contains(column))
        .map(|free| {
            let mut vector = vec![N::zero(); columns];
            vector[free] = N::one();
            for (row, pivot) in pivots.iter().enumerate() {
                vector[*pivot] = N::zero().checked_sub(&rows[row][free])?;
            }
            Some(vector)
        })
        .collect()
}

/// The vector scaled to whole numbers without a common divisor, all positive.
fn smallest_whole(vector: &[BigRational]) -> Vec<Rational> {
    let denominator = vector.iter().fold(BigInt::one(), |multiple, value| {
        lcm(&multiple, value.denom())
    });
    let whole: Vec<BigInt> = vector
        .iter()
        .map(|value| (value * &denominator).to_integer().abs())
        .collect();
    let divisor = whole
        .iter()
        .fold(BigInt::zero(), |divisor, value| gcd(&divisor, value));
    whole
        .into_iter()
        .map(|value| Rational(BigRational::new(value, divisor.clone())))
        .collect()
}

impl Reaction {
    /// Balances the species of both sides.
    pub fn balanced(reactants: Vec<Phase>, products: Vec<Phase>) -> Result<Self, BalanceError> {
        let formulas = |side: &[Phase]| {
            side.iter()
                .map(|phase| phase.formula.clone())
                .collect::<Vec<_>>()
        };
        let balance = balance(&formulas(&reactants), &formulas(&products))?;
        Ok(Reaction {
            reactants: balance.reactants.into_iter().zip(reactants).collect(),
            products: balance.products.into_iter().zip(products).collect(),
        })
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |out: &mut fmt::Formatter<'_>, side: &[(Rational, Phase)]| {
            for (at, (amount, phase)) in side.iter().enumerate() {
                if at > 0 {
                    out.write_str(" + ")?;
                }
                if *amount != Rational::one() {
                    write!(out, "{amount} ")?;
                }
                write!(out, "{phase}")?;
            }
            Ok(())
        };
        side(out, &self.reactants)?;
        out.write_str(" -> ")?;
        side(out, &self.products)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn formulas(texts: &[&str]) -> Vec<Formula> {
        texts
            .iter()
            .map(|text| Formula::parse(text).expect(text))
            .collect()
    }

    fn coefficients(left: &[&str], right: &[&str]) -> Result<String, BalanceError> {
        let balance = balance(&formulas(left), &formulas(right))?;
        let show = |side: &[Rational]| {
            side.iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        Ok(format!(
            "{} | {}",
            show(&balance.reactants),
            show(&balance.products)
        ))
    }

    /// Exact, whether machine integers hold the intermediate numbers or not.
    #[test]
    fn amounts_beyond_machine_integers_balance_too() {
        let left = formulas(&["Ba0.123456789Ti0.987654321O3.141592653", "Ba7.000000001O3"]);
        let right = formulas(&["Ba1.000000007Ti2.000000011O5", "O2.718281828"]);
        let balanced = balance(&left, &right).expect("it balances");
        let total = |amounts: &[Rational], formulas: &[Formula], element: Element| {
            amounts
                .iter()
                .zip(formulas)
                .fold(Rational::zero(), |sum, (amount, one)| {
                    &sum + &(amount * &one.amount(element))
                })
        };
        for symbol in ["Ba", "Ti", "O"] {
            let element = Element::from_symbol(symbol).expect(symbol);
            let reactants = total(&balanced.reactants, &left, element);
            assert_eq!(reactants, total(&balanced.products, &right, element));
            assert!(reactants.bits() > 64, "{reactants} is too easy");
        }
    }

    #[test]
    fn reactions_balance_with_the_smallest_whole_numbers() {
        assert_eq!(
            coefficients(&["BaO", "TiO2"], &["Ba2TiO4"]).as_deref(),
            Ok("2 1 | 1")
        );
        assert_eq!(
            coefficients(&["BaCO3", "TiO2"], &["Ba4Ti13O30", "CO2"]).as_deref(),
            Ok("4 13 | 1 4")
        );
        assert_eq!(
            coefficients(&["K", "Cl2"], &["KCl"]).as_deref(),
            Ok("2 1 | 2")
        );
        // A textbook redox equation with seven species.
        assert_eq!(
            coefficients(
                &["KMnO4", "FeSO4", "H2SO4"],
                &["K2SO4", "MnSO4", "Fe2S3O12", "H2O"]
            )
            .as_deref(),
            Ok("2 10 8 | 1 2 5 8")
        );
        assert_eq!(
            coefficients(&["Ba0.9Sr0.1TiO3"], &["BaTiO3", "SrTiO3"]).as_deref(),
            Ok("10 | 9 1")
        );
    }

    #[test]
    fn what_cannot_balance_is_explained() {
        assert_eq!(
            coefficients(&["BaO", "TiO2"], &["BaCO3"]),
            Err(BalanceError::OneSide(Element::from_symbol("C").expect("C")))
        );
        assert_eq!(
            coefficients(&["BaO"], &["BaO2"]),
            Err(BalanceError::Impossible)
        );
        assert_eq!(
            coefficients(&["BaO", "TiO2"], &["BaTiO3", "Ba2TiO4"]),
            Err(BalanceError::NotUnique)
        );
        assert_eq!(
            coefficients(&["BaTiO3", "CO2"], &["TiO2", "BaCO3", "O2"]),
            Err(BalanceError::NoPart("O2".into()))
        );
        let wrong = imbalances(
            &[(Rational::integer(2), formulas(&["BaO"])[0].clone())],
            &[(Rational::integer(1), formulas(&["BaO2"])[0].clone())],
        );
        assert_eq!(wrong.len(), 1);
        assert_eq!(wrong[0].element.symbol(), "Ba");
    }
}
