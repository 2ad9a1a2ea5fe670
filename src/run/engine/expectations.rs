use crate::lang::sema::{
    Claim, Deferred, MemberId, Resolve, Study, Tree, Unresolved, Value, apply,
};
use crate::lang::source::Span;
use crate::lang::syntax::ast::Operator;

/// What became of one claim of an expectation.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The expectation as written.
    pub text: String,
    pub doc: Option<String>,
    pub span: Span,
    /// The member that the claim is about, if the expectation speaks of a family.
    pub about: Option<MemberId>,
    pub verdict: Verdict,
    /// The two sides of a comparison.
    pub left: Option<Value>,
    pub right: Option<Value>,
    /// How far the comparison holds: the difference of the sides, positive in the claimed direction (for `==`,
    /// left less right).
    pub margin: Option<Value>,
    /// The standard error of the margin, in base units, where the sides have any.
    pub standard_error: Option<f64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    Fails,
    /// With the reason: a node did not run, a result does not exist, there are no standard errors.
    Undecided(String),
}

impl Outcome {
    pub fn holds(&self) -> bool {
        self.verdict == Verdict::Holds
    }

    /// The margin in standard errors.
    pub fn margin_in_sigmas(&self) -> Option<f64> {
        let margin = self.margin.as_ref()?.as_f64()?;
        let error = self.standard_error.filter(|error| *error > 0.0)?;
        Some(margin / error)
    }
}

/// Looks at every claim of a study, in the order written.
pub fn evaluate_expectations(study: &Study, results: &dyn Resolve) -> Vec<Outcome> {
    evaluate(study, results, &|_| true)
}

pub(super) fn evaluate(
    study: &Study,
    results: &dyn Resolve,
    wanted: &dyn Fn(&Claim) -> bool,
) -> Vec<Outcome> {
    study
        .expectations
        .iter()
        .flat_map(|expectation| {
            expectation
                .claims
                .iter()
                .filter(|claim| wanted(claim))
                .map(move |claim| {
                    let mut outcome = Outcome {
                        text: expectation.text.clone(),
                        doc: expectation.doc.clone(),
                        span: expectation.span,
                        about: claim.about,
                        verdict: Verdict::Fails,
                        left: None,
                        right: None,
                        margin: None,
                        standard_error: None,
                    };
                    outcome.verdict = judge(claim, results, &mut outcome)
                        .unwrap_or_else(|reason| Verdict::Undecided(reason.to_string()));
                    outcome
                })
        })
        .collect()
}

fn judge(
    claim: &Claim,
    results: &dyn Resolve,
    outcome: &mut Outcome,
) -> Result<Verdict, Unresolved> {
    let Some((operator, left, right)) = comparison(&claim.condition) else {
        let holds = truth(&claim.condition.force(results)?)?;
        return Ok(if claim.sigmas.is_some() || claim.margin.is_some() {
            Verdict::Undecided(
                "both sides are known before the run, so the margin says nothing".to_owned(),
            )
        } else {
            holds
        });
    };
    let left = left.force(results)?;
    let right = right.force(results)?;
    let holds = truth(&apply(operator, &left, &right).map_err(Unresolved::Undefined)?)?;
    let margin = match operator {
        Operator::Less | Operator::LessEqual => apply(Operator::Subtract, &right, &left),
        _ => apply(Operator::Subtract, &left, &right),
    };
    let errors = standard_error(&left, &right);
    outcome.left = Some(left);
    outcome.right = Some(right);
    outcome.standard_error = errors.as_ref().ok().copied();
    let Ok(margin) = margin else { return Ok(holds) };
    // Shown without an error of its own, which stands beside it.
    let margin = match margin {
        Value::Measured(quantity, _) => Value::Quantity(quantity),
        other => other,
    };
    outcome.margin = Some(margin.clone());
    if let Some(sigmas) = claim.sigmas {
        let error = match errors {
            Ok(error) => error,
            Err(reason) => return Ok(Verdict::Undecided(reason.to_owned())),
        };
        let size = margin.as_f64().unwrap_or(f64::NAN);
        return Ok(verdict(holds == Verdict::Holds && size >= sigmas * error));
    }
    if let Some(least) = &claim.margin {
        let enough =
            truth(&apply(Operator::GreaterEqual, &margin, least).map_err(Unresolved::Undefined)?)?;
        return Ok(verdict(holds == Verdict::Holds && enough == Verdict::Holds));
    }
    Ok(holds)
}

fn comparison(condition: &Deferred) -> Option<(Operator, &Deferred, &Deferred)> {
    match &condition.tree {
        Tree::Binary(
            operator @ (Operator::Less
            | Operator::LessEqual
            | Operator::Greater
            | Operator::GreaterEqual
            | Operator::Equal
            | Operator::NotEqual),
            left,
            right,
        ) => Some((*operator, left, right)),
        _ => None,
    }
}

/// Of the difference, taking the two sides as independent. A plain number is exact; a measured one without a
/// standard error (a single replica) leaves the question open.
fn standard_error(left: &Value, right: &Value) -> Result<f64, &'static str> {
    let mut variance = 0.0;
    let mut measured = false;
    for side in [left, right] {
        match side {
            Value::Measured(_, Some(error)) => {
                measured = true;
                variance += error * error;
            }
            Value::Measured(_, None) => {
                return Err("the values have no standard errors: they need more than one replica");
            }
            _ => {}
        }
    }
    if measured {
        Ok(variance.sqrt())
    } else {
        Err("the compared values have no standard errors")
    }
}

fn truth(value: &Value) -> Result<Verdict, Unresolved> {
    match value {
        Value::Boolean(truth) => Ok(verdict(*truth)),
        other => Err(Unresolved::Undefined(format!(
            "the condition is {}, not true or false",
            other.ty()
        ))),
    }
}

fn verdict(holds: bool) -> Verdict {
    if holds {
        Verdict::Holds
    } else {
        Verdict::Fails
    }
}
