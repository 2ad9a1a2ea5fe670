use std::collections::BTreeMap;
use std::sync::Arc;

use super::report::Fault;
use crate::lang::diag::codes::run as codes;
use crate::lang::schema::{Range, Type};
use crate::lang::sema::{
    Member, MemberId, Resolve, Role, Step, Study, Unresolved, Value, check_range,
};
use crate::lang::source::Span;

/// The member, and what is described inline for it, with values in place of deferred ones. Ranges are checked
/// here, as they could not be before. Members without deferred values are left out.
pub(super) fn force_member(
    study: &Study,
    id: MemberId,
    results: &dyn Resolve,
) -> Result<BTreeMap<MemberId, Member>, Fault> {
    let mut forced = BTreeMap::new();
    let mut open = vec![id];
    while let Some(id) = open.pop() {
        let member = study.member(id);
        open.extend(
            member
                .inputs
                .iter()
                .filter(|input| {
                    matches!(input.role, Role::Inline(_)) && !forced.contains_key(&input.member)
                })
                .map(|input| input.member),
        );
        let deferred = member.given.iter().any(|given| given.value.is_deferred())
            || member.steps.iter().any(step_is_deferred);
        if !deferred {
            continue;
        }
        let mut member = member.clone();
        for given in &mut member.given {
            if given.value.is_deferred() {
                let name = format!("`{}` of `{}`", given.field.name, study.label(id));
                given.value = checked(
                    &given.value,
                    results,
                    &name,
                    given.field.range,
                    &given.field.ty,
                    given.span,
                )?;
            }
        }
        for step in &mut member.steps {
            force_step(step, results)?;
        }
        forced.insert(id, member);
    }
    Ok(forced)
}

fn step_is_deferred(step: &Step) -> bool {
    step.arguments
        .iter()
        .any(|(_, value, _)| value.is_deferred())
        || step.block.iter().any(step_is_deferred)
}

fn force_step(step: &mut Step, results: &dyn Resolve) -> Result<(), Fault> {
    for (argument, value, span) in &mut step.arguments {
        if value.is_deferred() {
            let name = format!("`{}` of the step `{}`", argument.name, step.verb.name);
            *value = checked(value, results, &name, argument.range, &argument.ty, *span)?;
        }
    }
    step.block
        .iter_mut()
        .try_for_each(|step| force_step(step, results))
}

fn checked(
    value: &Value,
    results: &dyn Resolve,
    name: &str,
    range: Range,
    ty: &Type,
    span: Span,
) -> Result<Value, Fault> {
    let value = force(value, results).map_err(|reason| Fault {
        code: codes::NO_VALUE,
        text: format!("{name} has no value: {reason}"),
        help: Some("give it a value that does not depend on a run, or look at that result with `synth show`".into()),
        span,
    })?;
    in_range(&value, range, ty).map_err(|reason| Fault {
        code: codes::VALUE_OUT_OF_RANGE,
        text: format!("{name} came out as {value}, and {reason}"),
        help: Some("limit it, or give it a value that does not depend on a run".into()),
        span,
    })?;
    Ok(value)
}

/// Every deferred part evaluated. Standard errors are dropped: a field is set to the value.
pub(super) fn force(value: &Value, results: &dyn Resolve) -> Result<Value, Unresolved> {
    let entries = |entries: &[(String, Value)]| -> Result<Arc<Vec<(String, Value)>>, Unresolved> {
        let all: Result<Vec<_>, _> = entries
            .iter()
            .map(|(name, value)| Ok((name.clone(), force(value, results)?)))
            .collect();
        all.map(Arc::new)
    };
    Ok(match value {
        Value::Deferred(deferred) => match deferred.force(results)? {
            Value::Measured(quantity, _) => Value::Quantity(quantity),
            other => other,
        },
        Value::List(values) => Value::list(
            values
                .iter()
                .map(|value| force(value, results))
                .collect::<Result<_, _>>()?,
        ),
        Value::Record(all) => Value::Record(entries(all)?),
        Value::Choice(word, all) => Value::Choice(word.clone(), entries(all)?),
        Value::Span(ends) => Value::Span(Box::new((
            force(&ends.0, results)?,
            force(&ends.1, results)?,
        ))),
        Value::Ramp(ends) => Value::Ramp(Box::new((
            force(&ends.0, results)?,
            force(&ends.1, results)?,
        ))),
        Value::Each(values) => {
            let all: Result<Vec<_>, Unresolved> = values
                .iter()
                .map(|(member, value)| Ok((*member, force(value, results)?)))
                .collect();
            Value::Each(Arc::new(all?))
        }
        other => other.clone(),
    })
}

/// The range of a field, and those of what stands in it.
fn in_range(value: &Value, range: Range, ty: &Type) -> Result<(), String> {
    match (value, ty) {
        (Value::Choice(word, entries), Type::Choice(choices)) => {
            let choice = choices.iter().find(|choice| choice.name == word.as_ref());
            entries.iter().try_for_each(|(name, value)| {
                match choice
                    .and_then(|choice| choice.arguments.iter().find(|field| field.name == name))
                {
                    Some(field) => in_range(value, field.range, &field.ty),
                    None => Ok(()),
                }
            })
        }
        (Value::Record(entries), Type::Record(fields)) => {
            entries.iter().try_for_each(|(name, value)| {
                match fields.iter().find(|field| field.name == name) {
                    Some(field) => in_range(value, field.range, &field.ty),
                    None => Ok(()),
                }
            })
        }
        (Value::Record(entries), Type::Map(_, inner)) => entries
            .iter()
            .try_for_each(|(_, value)| in_range(value, range, inner)),
        (Value::Span(ends), Type::Span(inner)) | (Value::Ramp(ends), Type::Ramp(inner)) => {
            in_range(&ends.0, range, inner).and_then(|()| in_range(&ends.1, range, inner))
        }
        (Value::Choice(..) | Value::Record(_), Type::Either(types)) => {
            types.iter().try_for_each(|ty| in_range(value, range, ty))
        }
        _ => check_range(value, range, ty),
    }
}
