//! Mixtures and reactions.

use std::sync::Arc;

use super::super::{Amount, Mixture, MixtureBasis, Value};
use super::{Evaluator, chemistry_codes};
use crate::base::{BalanceError, Phase, Rational, Reaction, balance, constants, imbalances};
use crate::lang::diag::Diagnostic;
use crate::lang::source::Span;
use crate::lang::syntax::ast::{Expr, ExprKind, Number, Operator, Word};
use crate::lang::units::{self, Dimension, Quantity, QuantityError, Unit};

/// Whether an expression visibly speaks of substances, so that `2 K` in it is potassium.
pub(super) fn is_chemical(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Formula(_) | ExprKind::Reaction(..) => true,
        ExprKind::Number(number) => match number.tails.as_slice() {
            [_, _] => true,
            [only] => units::parse_unit(&only.text).is_err() && Phase::parse(&only.text).is_ok(),
            _ => false,
        },
        ExprKind::Parenthesis(inner) => is_chemical(inner),
        ExprKind::List(elements) => elements.iter().any(is_chemical),
        ExprKind::Binary(left, Operator::Add | Operator::Multiply, _, right) => {
            is_chemical(left) || is_chemical(right)
        }
        _ => false,
    }
}

/// The terms of a sum, in order.
pub(super) fn terms<'e>(expr: &'e Expr, into: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary(left, Operator::Add, _, right) => {
            terms(left, into);
            terms(right, into);
        }
        ExprKind::Parenthesis(inner) => terms(inner, into),
        _ => into.push(expr),
    }
}

impl Evaluator<'_> {
    /// `2 BaO`
    pub(super) fn coefficient(
        &mut self,
        number: &Number,
        phase: Phase,
        span: Span,
    ) -> Option<Value> {
        let quantity = self.literal(number, None, span)?;
        self.part(&quantity, MixtureBasis::Bare, phase, span)
    }

    /// `80 g TiO2`, `1 mol BaO`
    pub(super) fn amount_of(
        &mut self,
        number: &Number,
        unit: &Unit,
        unit_word: &Word,
        formula: &Word,
        span: Span,
    ) -> Option<Value> {
        let phase = self.phase(&formula.text, formula.span)?;
        let quantity = self.literal(number, None, span)?;
        let (basis, scale) = if counts_moles(unit) {
            (
                MixtureBasis::Mole,
                unit.factor / constants::AVOGADRO_PER_MOL,
            )
        } else if unit.dimension == Dimension::MASS {
            let gram = units::parse_unit("g").map_or(1.0, |gram| gram.factor);
            (MixtureBasis::Mass, unit.factor / gram)
        } else {
            return self.report(
                Diagnostic::new(
                    chemistry_codes::MIXTURE,
                    format!(
                        "an amount of {phase} is in moles or grams, not in `{}`",
                        unit_word.text
                    ),
                )
                .at(unit_word.span, unit.dimension.named())
                .help(format!(
                    "write `{0} mol {phase}` or `{0} g {phase}`",
                    number.text
                )),
            );
        };
        let power = Quantity::number(scale);
        match quantity.multiply(&power) {
            Ok(quantity) => self.part(&quantity, basis, phase, span),
            Err(error) => self.arithmetic(&error, span),
        }
    }

    fn part(
        &mut self,
        amount: &Quantity,
        basis: MixtureBasis,
        phase: Phase,
        span: Span,
    ) -> Option<Value> {
        if amount.value <= 0.0 {
            return self.report(
                Diagnostic::new(
                    chemistry_codes::MIXTURE,
                    format!("the amount of {phase} must be greater than zero"),
                )
                .at(span, format!("{amount}"))
                .help("leave the phase out, or give it an amount"),
            );
        }
        Some(Value::Mixture(Mixture {
            basis,
            parts: Arc::new(vec![(
                Amount {
                    exact: amount.exact.clone(),
                    value: amount.value,
                },
                phase,
            )]),
        }))
    }

    /// Sums and multiples of phases and mixtures; none if these operands are not of that kind.
    #[allow(clippy::option_option)]
    pub(super) fn mixture(
        &mut self,
        operator: Operator,
        left: &Value,
        right: &Value,
        left_span: Span,
        right_span: Span,
    ) -> Option<Option<Value>> {
        let substance = |value: &Value| matches!(value, Value::Phase(_) | Value::Mixture(_));
        match operator {
            Operator::Add if substance(left) && substance(right) => {
                let (a, b) = (as_mixture(left)?, as_mixture(right)?);
                if a.basis != b.basis {
                    let masses = [a.basis, b.basis].contains(&MixtureBasis::Mass);
                    let headline = if masses {
                        "moles and masses do not mix in one mixture"
                    } else {
                        "bare coefficients and moles do not mix in one mixture"
                    };
                    return Some(
                        self.report(
                            Diagnostic::new(chemistry_codes::MIXTURE, headline)
                                .at(left_span, basis_name(a.basis))
                                .at(right_span, basis_name(b.basis))
                                .help("give all amounts as bare numbers, all in moles, or all in grams"),
                        ),
                    );
                }
                if let Some((_, twice)) = b
                    .parts
                    .iter()
                    .find(|(_, phase)| a.parts.iter().any(|(_, one)| one == phase))
                {
                    return Some(
                        self.report(
                            Diagnostic::new(
                                chemistry_codes::MIXTURE,
                                format!("{twice} stands twice in this mixture"),
                            )
                            .at(right_span, "a second time")
                            .help("add the amounts up"),
                        ),
                    );
                }
                let parts = a.parts.iter().chain(b.parts.iter()).cloned().collect();
                Some(Some(Value::Mixture(Mixture {
                    basis: a.basis,
                    parts: Arc::new(parts),
                })))
            }
            Operator::Multiply if substance(left) != substance(right) => {
                let (factor, mixture, span) = if substance(right) {
                    (left.as_quantity()?, as_mixture(right)?, left_span)
                } else {
                    (right.as_quantity()?, as_mixture(left)?, right_span)
                };
                if !factor.dimension.is_none() {
                    return None;
                }
                // `n * BaO` with `let n = 2 mol` is an amount in moles.
                let mole = factor.shown_in.as_deref().filter(|unit| counts_moles(unit));
                let (factor, basis) = match (mole, mixture.basis) {
                    (None, basis) => (factor.clone(), basis),
                    (Some(_), MixtureBasis::Bare) => match in_moles(factor) {
                        Ok(moles) => (moles, MixtureBasis::Mole),
                        Err(error) => return Some(self.arithmetic(&error, span)),
                    },
                    (Some(_), MixtureBasis::Mole | MixtureBasis::Mass) => {
                        return Some(
                            self.report(
                                Diagnostic::new(
                                    chemistry_codes::MIXTURE,
                                    "this amount is given twice",
                                )
                                .at(left_span, "one amount")
                                .at(right_span, "another")
                                .help("multiply by a bare number, or leave the amounts of the mixture out"),
                            ),
                        );
                    }
                };
                if factor.value <= 0.0 {
                    return Some(
                        self.report(
                            Diagnostic::new(
                                chemistry_codes::MIXTURE,
                                "an amount must be greater than zero",
                            )
                            .at(span, format!("{factor}"))
                            .help("give a positive amount, or leave the phase out"),
                        ),
                    );
                }
                let parts = mixture
                    .parts
                    .iter()
                    .map(|(amount, phase)| {
                        let exact = factor
                            .exact
                            .as_ref()
                            .zip(amount.exact.as_ref())
                            .map(|(a, b)| a * b);
                        (
                            Amount {
                                value: exact
                                    .as_ref()
                                    .map_or(factor.value * amount.value, Rational::to_f64),
                                exact,
                            },
                            phase.clone(),
                        )
                    })
                    .collect();
                Some(Some(Value::Mixture(Mixture {
                    basis,
                    parts: Arc::new(parts),
                })))
            }
            _ => None,
        }
    }

    /// `BaO + TiO2 -> BaTiO3`: balanced here, or shown to be unbalanced.
    pub(super) fn reaction(&mut self, left: &Expr, right: &Expr, span: Span) -> Option<Value> {
        let reactants = self.side(left);
        let products = self.side(right);
        let (reactants, products) = (reactants?, products?);
        let phases = |side: &[(Rational, Phase)]| {
            side.iter()
                .map(|(_, phase)| phase.clone())
                .collect::<Vec<_>>()
        };
        let formulas = |side: &[(Rational, Phase)]| {
            side.iter()
                .map(|(_, phase)| phase.formula.clone())
                .collect::<Vec<_>>()
        };
        let one = Rational::one();
        let bare = reactants
            .iter()
            .chain(&products)
            .all(|(amount, _)| *amount == one);
        let written = |side: &[(Rational, Phase)]| {
            side.iter()
                .map(|(amount, phase)| (amount.clone(), phase.formula.clone()))
                .collect::<Vec<_>>()
        };
        let unequal = imbalances(&written(&reactants), &written(&products));
        if unequal.is_empty() {
            return Some(Value::Reaction(Arc::new(Reaction {
                reactants,
                products,
            })));
        }
        let balanced =
            balance(&formulas(&reactants), &formulas(&products)).map(|balance| Reaction {
                reactants: balance
                    .reactants
                    .into_iter()
                    .zip(phases(&reactants))
                    .collect(),
                products: balance
                    .products
                    .into_iter()
                    .zip(phases(&products))
                    .collect(),
            });
        match balanced {
            Ok(reaction) if bare => Some(Value::Reaction(Arc::new(reaction))),
            Ok(reaction) => {
                let wrong: Vec<String> = unequal
                    .iter()
                    .map(|one| format!("{} {} before, {} after", one.left, one.element, one.right))
                    .collect();
                self.report(
                    Diagnostic::new(
                        chemistry_codes::UNBALANCED,
                        "this reaction does not balance",
                    )
                    .at(span, wrong.join("; "))
                    .help(format!("write `{reaction}`, or leave all coefficients out"))
                    .edit(span, reaction.to_string()),
                )
            }
            Err(error) => {
                let wrong: Vec<String> = unequal
                    .iter()
                    .map(|one| format!("{} {} before, {} after", one.left, one.element, one.right))
                    .collect();
                let help = match &error {
                    BalanceError::OneSide(element) => {
                        format!("add a substance with {} to the other side", element.name())
                    }
                    BalanceError::NotUnique => {
                        "write the coefficients, or split it into reactions that balance in one way"
                            .into()
                    }
                    _ => "look at the formulas, or add what is missing, like a gas".into(),
                };
                self.report(
                    Diagnostic::new(
                        chemistry_codes::UNBALANCED,
                        format!("this reaction does not balance: {error}"),
                    )
                    .at(span, wrong.join("; "))
                    .help(help),
                )
            }
        }
    }

    fn side(&mut self, expr: &Expr) -> Option<Vec<(Rational, Phase)>> {
        let value = self.value(expr, true)?;
        let mixture = as_mixture(&value).filter(|mixture| mixture.basis != MixtureBasis::Mass);
        let exact: Option<Vec<(Rational, Phase)>> = mixture.as_ref().and_then(|mixture| {
            mixture
                .parts
                .iter()
                .map(|(amount, phase)| Some((amount.exact.clone()?, phase.clone())))
                .collect()
        });
        match exact {
            Some(exact) => Some(exact),
            None => self.report(
                Diagnostic::new(
                    chemistry_codes::UNBALANCED,
                    format!(
                        "a side of a reaction is a sum of formulas, not {}",
                        value.ty()
                    ),
                )
                .at(expr.span, "not such a sum")
                .help("write it like `BaO + TiO2 -> BaTiO3`"),
            ),
        }
    }
}

/// Whether a number in this unit counts moles of things.
fn counts_moles(unit: &Unit) -> bool {
    matches!(unit.text.as_str(), "mol" | "mmol")
}

/// A number of things in moles, exact where it is.
fn in_moles(count: &Quantity) -> Result<Quantity, QuantityError> {
    let mole = units::parse_unit("mol").ok();
    count.divide(&Quantity::from_literal("1", mole.as_ref())?)
}

/// A phase as a mixture of one part, a mixture as it is.
pub(super) fn as_mixture(value: &Value) -> Option<Mixture> {
    match value {
        Value::Mixture(mixture) => Some(mixture.clone()),
        Value::Phase(phase) => Some(Mixture {
            basis: MixtureBasis::Bare,
            parts: Arc::new(vec![(
                Amount {
                    exact: Some(Rational::one()),
                    value: 1.0,
                },
                phase.clone(),
            )]),
        }),
        _ => None,
    }
}

fn basis_name(basis: MixtureBasis) -> &'static str {
    match basis {
        MixtureBasis::Bare => "a bare coefficient",
        MixtureBasis::Mole => "in moles",
        MixtureBasis::Mass => "by mass",
    }
}
