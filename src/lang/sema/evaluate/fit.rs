//! Values where a type is expected: words of closed sets, phases, units, ranges, nodes of the right kind.

use std::sync::Arc;

use super::super::{Value, ValueType};
use super::chemistry::as_mixture;
use super::{Evaluator, Lookup, codes};
use crate::base::Element;
use crate::lang::diag::codes::{chemistry as chemistry_codes, names as name_codes};
use crate::lang::diag::{Diagnostic, did_you_mean, list_words};
use crate::lang::schema::{Choice, Default, Field, Outcome, Range, Type};
use crate::lang::source::{Span, join};
use crate::lang::syntax::ast::{Argument, Expr, ExprKind, Word};
use crate::lang::units::{self, Dimension, Quantity};

impl Evaluator<'_> {
    /// The value where a field or argument of this declaration is expected. Defaults of arguments and of the fields
    /// of records are filled in. `what` names the place: "the field `hold` of a `schedule`".
    pub fn fit(&mut self, expr: &Expr, ty: &Type, range: Range, what: &str) -> Option<Value> {
        if let ExprKind::Parenthesis(inner) = &expr.kind {
            return self.fit(inner, ty, range, what);
        }
        match (ty, &expr.kind) {
            (_, ExprKind::Bad) => None,
            (Type::Either(types), _) => self.fit_either(expr, types, range, what),
            (Type::Choice(choices), ExprKind::Name(name)) => {
                self.choice_word(choices, name, expr.span, what)
            }
            (Type::Choice(choices), ExprKind::Call(callee, arguments)) => match &callee.kind {
                ExprKind::Name(name) if self.vocabulary.function(name).is_none() => {
                    self.choice_call(choices, name, callee.span, arguments, what)
                }
                _ => {
                    let value = self.evaluate(expr)?;
                    self.fit_value(value, ty, range, what, expr.span)
                }
            },
            (Type::List(inner), ExprKind::List(elements)) => {
                let values: Vec<Option<Value>> = elements
                    .iter()
                    .map(|element| self.fit(element, inner, inner_range(range), what))
                    .collect();
                let values: Option<Vec<Value>> = values.into_iter().collect();
                let value = Value::list(values?);
                self.in_range(value, ty, range, what, expr.span)
            }
            (Type::Record(fields), ExprKind::Record(entries)) => {
                self.record(fields, entries, what, expr.span)
            }
            (Type::Map(key, inner), ExprKind::Record(entries)) => {
                self.map(key, inner, range, entries, what)
            }
            (Type::Span(inner), ExprKind::Range(low, high, None)) => {
                let low_value = self.fit(low, inner, range, what);
                let high_value = self.fit(high, inner, range, what);
                self.rising(low_value?, high_value?, expr.span)
            }
            (Type::Ramp(inner), ExprKind::Ramp(from, to)) => {
                let from = self.fit(from, inner, range, what);
                let to = self.fit(to, inner, range, what);
                Some(Value::Ramp(Box::new((from?, to?))))
            }
            // Only here is the place right behind the literal, so that the edit works.
            (Type::Quantity(dimension, unit), ExprKind::Number(number))
                if number.tails.is_empty() && !dimension.is_none() =>
            {
                let quantity = self.literal(number, None, expr.span)?;
                self.needs_unit(&quantity, *dimension, unit, what, expr.span, true)
            }
            (Type::Element | Type::Formula | Type::Phase | Type::Mixture | Type::Reaction, _) => {
                let value = self.value(expr, true)?;
                self.fit_value(value, ty, range, what, expr.span)
            }
            (Type::Inline(..) | Type::Artifact(_), ExprKind::Name(name))
                if matches!(self.names.name(name, expr.span), Lookup::Unknown) =>
            {
                self.unknown_node(name, ty, expr.span)
            }
            _ => {
                let value = self.evaluate(expr)?;
                self.fit_value(value, ty, range, what, expr.span)
            }
        }
    }

    /// Same for a value that is there already, with the span to blame.
    pub fn fit_value(
        &mut self,
        value: Value,
        ty: &Type,
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        if let Value::Deferred(deferred) = &value {
            let fits = match ty {
                Type::Quantity(dimension, _) => deferred.ty == ValueType::Quantity(*dimension),
                Type::Number => deferred.ty == ValueType::Quantity(Dimension::NONE),
                Type::Boolean => deferred.ty == ValueType::Boolean,
                Type::Result => true,
                Type::Either(types) => {
                    let fitting = types.iter().find(|ty| {
                        let before = self.diagnostics.len();
                        let fits = self
                            .fit_value(value.clone(), ty, range, what, span)
                            .is_some();
                        self.diagnostics.truncate(before);
                        fits
                    });
                    fitting.is_some()
                }
                _ => {
                    return self.report(
                        Diagnostic::new(codes::DEFERRED, format!("{what} must be known before the run"))
                            .at(span, "a result of a run")
                            .help("write the value out; results may stand in scalar fields, `let`, `expect` and `report`"),
                    );
                }
            };
            if fits {
                return Some(value);
            }
            return self.wrong_type(&value, ty, what, span);
        }
        let fitted = match (ty, value) {
            (Type::Either(types), value) => {
                return self.fit_value_either(value, types, range, what, span);
            }
            (_, Value::Each(values)) if self.lifts && !matches!(ty, Type::Result) => {
                let each: Option<Vec<_>> = values
                    .iter()
                    .map(|(member, value)| {
                        let value = self.fit_value(value.clone(), ty, range, what, span)?;
                        Some((*member, value))
                    })
                    .collect();
                return each.map(|each| Value::Each(Arc::new(each)));
            }
            (Type::Result, value @ Value::Each(_)) => value,
            (Type::Quantity(dimension, unit), value) => match value.as_quantity() {
                Some(quantity) if quantity.dimension == *dimension => value,
                Some(quantity) if quantity.dimension.is_none() => {
                    return self.needs_unit(quantity, *dimension, unit, what, span, false);
                }
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Number, value) => match value.as_quantity() {
                Some(quantity) if quantity.dimension.is_none() => value,
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Integer, value) => match value.as_quantity() {
                Some(quantity) if quantity.is_integer() => value,
                _ => return self.wrong_type(&value, ty, what, span),
            },
            (Type::Boolean, value @ Value::Boolean(_))
            | (Type::Text, value @ Value::Text(_))
            | (Type::Phase, value @ Value::Phase(_))
            | (Type::Mixture, value @ Value::Mixture(_))
            | (Type::Reaction, value @ Value::Reaction(_)) => value,
            (Type::Span(inner), Value::Span(ends)) => {
                let low = self.fit_value(ends.0, inner, range, what, span)?;
                let high = self.fit_value(ends.1, inner, range, what, span)?;
                return self.rising(low, high, span);
            }
            (Type::Ramp(inner), Value::Ramp(ends)) => {
                let from = self.fit_value(ends.0, inner, range, what, span)?;
                let to = self.fit_value(ends.1, inner, range, what, span)?;
                return Some(Value::Ramp(Box::new((from, to))));
            }
            (Type::Path, Value::Text(text)) => return self.path(&text, span),
            (Type::Path, Value::Path(path)) => return self.existing(path.to_string(), span),
            (Type::Formula, Value::Phase(phase)) => {
                if phase.label.is_some() {
                    return self.report(
                        Diagnostic::new(
                            codes::TYPE,
                            format!("{what} takes a formula without a label"),
                        )
                        .at(span, "with a label")
                        .help(format!("write `{}`", phase.formula))
                        .edit(span, phase.formula.to_string()),
                    );
                }
                Value::Phase(phase)
            }
            (Type::Element, Value::Phase(phase)) => {
                if phase.label.is_none() && Element::from_symbol(phase.formula.text()).is_some() {
                    Value::Phase(phase)
                } else {
                    return self.report(
                        Diagnostic::new(
                            codes::TYPE,
                            format!("{what} takes an element, and {phase} is a compound"),
                        )
                        .at(span, "not an element")
                        .help("write symbols, like `[Ba, Ti, O]`"),
                    );
                }
            }
            (Type::Mixture, value @ Value::Phase(_)) => match as_mixture(&value) {
                Some(mixture) => Value::Mixture(mixture),
                None => return None,
            },
            (Type::Choice(choices), Value::Choice(word, entries)) => {
                return self.choice_value(choices, &word, &entries, what, span);
            }
            (Type::List(inner), Value::List(values)) => {
                let fitted: Vec<Option<Value>> = values
                    .iter()
                    .map(|value| {
                        self.fit_value(value.clone(), inner, inner_range(range), what, span)
                    })
                    .collect();
                let fitted: Option<Vec<Value>> = fitted.into_iter().collect();
                Value::list(fitted?)
            }
            (Type::Record(fields), Value::Record(entries)) => {
                let mut fitted = Vec::new();
                for (name, value) in entries.iter() {
                    let Some(field) = fields.iter().find(|field| field.name == name) else {
                        let word = Word {
                            text: name.clone(),
                            span,
                        };
                        return self.unknown_entry(fields, &word, what);
                    };
                    let value =
                        self.fit_value(value.clone(), &field.ty, field.range, what, span)?;
                    fitted.push((field.name, value));
                }
                return self.complete(fields, fitted, what, span);
            }
            (Type::Map(key, inner), Value::Record(entries)) => {
                let mut fitted = Vec::new();
                for (name, value) in entries.iter() {
                    self.map_key(key, name, span, what)?;
                    fitted.push((
                        name.clone(),
                        self.fit_value(value.clone(), inner, range, what, span)?,
                    ));
                }
                return Some(Value::Record(Arc::new(fitted)));
            }
            (Type::Inline(..) | Type::Artifact(_), value @ Value::Nodes(_)) => {
                return self.node(value, ty, what, span);
            }
            (_, value) => return self.wrong_type(&value, ty, what, span),
        };
        self.in_range(fitted, ty, range, what, span)
    }

    fn in_range(
        &mut self,
        value: Value,
        ty: &Type,
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        match check_range(&value, range, ty) {
            Ok(()) => Some(value),
            Err(text) => self.report(
                Diagnostic::new(codes::OUT_OF_RANGE, format!("{what} {text}"))
                    .at(span, format!("{value}"))
                    .help(range_help(range, ty)),
            ),
        }
    }

    fn wrong_type<T>(&mut self, value: &Value, ty: &Type, what: &str, span: Span) -> Option<T> {
        let found = value.ty();
        let help = match (ty, value) {
            (Type::Quantity(dimension, unit), _) => {
                let units = units::units_of(*dimension);
                format!(
                    "write {}, with a unit like {}",
                    dimension.named(),
                    list_words(
                        if units.is_empty() {
                            std::slice::from_ref(unit)
                        } else {
                            &units
                        },
                        "or"
                    )
                )
            }
            (Type::Inline(..) | Type::Artifact(_), _) => format!("write {}", ty.describe()),
            (Type::List(inner), _) => format!(
                "write it in brackets: a list of which each element is {}",
                inner.describe()
            ),
            (Type::Integer, Value::Quantity(quantity)) if quantity.dimension.is_none() => {
                format!("write a whole number, like `{}`", quantity.value.round())
            }
            _ => format!("write {}", ty.describe()),
        };
        self.report(
            Diagnostic::new(
                codes::TYPE,
                format!("{what} takes {}, and this is {found}", short(ty)),
            )
            .at(span, found.to_string())
            .help(help),
        )
    }

    fn needs_unit<T>(
        &mut self,
        quantity: &Quantity,
        dimension: Dimension,
        unit: &str,
        what: &str,
        span: Span,
        literal: bool,
    ) -> Option<T> {
        let finding = Diagnostic::new(
            codes::NEEDS_UNIT,
            format!(
                "{what} takes {}, and this number has no unit",
                dimension.named()
            ),
        )
        .at(span, "no unit");
        self.report(if literal {
            finding
                .help(format!("say which unit, like `{quantity} {unit}`"))
                .edit(span.after(), format!(" {unit}"))
        } else {
            finding.help(format!(
                "give a unit to the numbers that it is made of, like `1 {unit}`"
            ))
        })
    }

    /// A range whose ends are fitted already.
    fn rising(&mut self, low: Value, high: Value, span: Span) -> Option<Value> {
        if let (Some(x), Some(y)) = (low.as_f64(), high.as_f64())
            && x > y
        {
            return self.report(
                Diagnostic::new(codes::RANGE_LIST, "this range ends before it begins")
                    .at(span, format!("{low} is more than {high}"))
                    .help(format!("write `{high} .. {low}`"))
                    .edit(span, format!("{high} .. {low}")),
            );
        }
        Some(Value::Span(Box::new((low, high))))
    }

    fn path(&mut self, text: &str, span: Span) -> Option<Value> {
        self.existing(join(&self.names.file_name(span.file), text), span)
    }

    fn existing(&mut self, path: String, span: Span) -> Option<Value> {
        if self.names.file_exists(&path) {
            return Some(Value::Path(path.into()));
        }
        self.report(
            Diagnostic::new(codes::NO_FILE, format!("there is no file `{path}`"))
                .at(span, "named here")
                .help("relative paths start at the folder of the recipe that names them"),
        )
    }

    fn fit_either(
        &mut self,
        expr: &Expr,
        types: &'static [Type],
        range: Range,
        what: &str,
    ) -> Option<Value> {
        let before = self.diagnostics.len();
        let mut faults: Vec<(usize, Vec<Diagnostic>)> = Vec::new();
        for (at, ty) in types.iter().enumerate() {
            if let Some(value) = self.fit(expr, ty, range, what)
                && !self.diagnostics[before..].iter().any(Diagnostic::is_error)
            {
                return Some(value);
            }
            faults.push((at, self.diagnostics.split_off(before)));
        }
        // The faults of the type that the form of the expression speaks for.
        let fitting = faults
            .iter()
            .position(|(at, _)| form_fits(&types[*at], expr))
            .or_else(|| (faults.len() == 1).then_some(0));
        if let Some(position) = fitting {
            let (_, own) = faults.swap_remove(position);
            self.diagnostics.extend(own);
            return None;
        }
        // A fault within the expression itself shows for every type alike.
        if let Some((_, own)) = faults.first()
            && own
                .iter()
                .any(|finding| finding.code != codes::TYPE && finding.code != codes::WORD)
        {
            let own = own.clone();
            self.diagnostics.extend(own);
            return None;
        }
        let shown = self.evaluate(expr)?;
        let all: Vec<String> = types.iter().map(Type::describe).collect();
        self.report(
            Diagnostic::new(codes::TYPE, format!("{what} does not take {}", shown.ty()))
                .at(expr.span, shown.ty().to_string())
                .help(format!("write {}", all.join(", or "))),
        )
    }

    fn fit_value_either(
        &mut self,
        value: Value,
        types: &'static [Type],
        range: Range,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let before = self.diagnostics.len();
        let mut best: Option<Vec<Diagnostic>> = None;
        for ty in types {
            if let Some(fitted) = self.fit_value(value.clone(), ty, range, what, span) {
                return Some(fitted);
            }
            let faults = self.diagnostics.split_off(before);
            if best.is_none() || faults.iter().any(|finding| finding.code != codes::TYPE) {
                best = Some(faults);
            }
        }
        self.diagnostics.extend(best.unwrap_or_default());
        None
    }

    fn choice_word(
        &mut self,
        choices: &'static [Choice],
        name: &str,
        span: Span,
        what: &str,
    ) -> Option<Value> {
        let known = choices.iter().find(|choice| choice.name == name);
        match (known, self.names.name(name, span)) {
            (Some(choice), Lookup::Unknown) => self.chosen(choice, &[], span),
            (Some(_), _) => self.report(
                Diagnostic::new(
                    codes::SHADOWED,
                    format!("`{name}` is a word of {what}, and a name of yours"),
                )
                .at(span, "which of them?")
                .help("give your name another spelling"),
            ),
            (None, Lookup::Value(value)) => {
                self.fit_value(value, &Type::Choice(choices), Range::Any, what, span)
            }
            (None, Lookup::Poisoned) => None,
            (None, _) => self.unknown_word(choices, name, span, what),
        }
    }

    fn unknown_word<T>(
        &mut self,
        choices: &[Choice],
        name: &str,
        span: Span,
        what: &str,
    ) -> Option<T> {
        let known: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
        let finding = Diagnostic::new(codes::WORD, format!("{what} does not know `{name}`"))
            .at(span, "unknown word");
        self.report(match did_you_mean(name, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(span, near),
            None => finding.help(format!("write {}", list_words(&known, "or"))),
        })
    }

    fn choice_call(
        &mut self,
        choices: &'static [Choice],
        name: &str,
        span: Span,
        arguments: &[Argument],
        what: &str,
    ) -> Option<Value> {
        let Some(choice) = choices.iter().find(|choice| choice.name == name) else {
            return self.unknown_word(choices, name, span, what);
        };
        self.chosen(choice, arguments, span)
    }

    /// A word with its arguments; those that are left out take their defaults.
    fn chosen(
        &mut self,
        choice: &'static Choice,
        arguments: &[Argument],
        span: Span,
    ) -> Option<Value> {
        let what = format!("`{}`", choice.name);
        let fitted = self.fit_arguments(choice.arguments, arguments, &what, span)?;
        Some(Value::Choice(
            choice.name.into(),
            Arc::new(
                fitted
                    .into_iter()
                    .map(|(name, value)| (name.to_owned(), value))
                    .collect(),
            ),
        ))
    }

    /// A word that a `let` or parameter holds, with arguments that were evaluated without a type.
    fn choice_value(
        &mut self,
        choices: &'static [Choice],
        word: &str,
        entries: &[(String, Value)],
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let Some(choice) = choices.iter().find(|choice| choice.name == word) else {
            return self.unknown_word(choices, word, span, what);
        };
        let mut fitted: Vec<(&'static str, Value)> = Vec::new();
        for (key, value) in entries {
            let field = match key.parse::<usize>() {
                Ok(at) => choice.arguments.get(at),
                Err(_) => choice.arguments.iter().find(|field| field.name == key),
            };
            let Some(field) = field else {
                let known: Vec<&str> = choice.arguments.iter().map(|field| field.name).collect();
                return self.report(
                    Diagnostic::new(codes::CALL, format!("`{word}` has no argument `{key}`"))
                        .at(span, "in this value")
                        .help(format!("its arguments are {}", list_words(&known, "and"))),
                );
            };
            let inner = format!("the argument `{}` of `{word}`", field.name);
            fitted.push((
                field.name,
                self.fit_value(value.clone(), &field.ty, field.range, &inner, span)?,
            ));
        }
        let fields = choice.arguments;
        let Value::Record(entries) = self.complete(fields, fitted, &format!("`{word}`"), span)?
        else {
            return None;
        };
        Some(Value::Choice(choice.name.into(), entries))
    }

    fn record(
        &mut self,
        fields: &'static [Field],
        entries: &[(Word, Expr)],
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let mut fitted: Vec<(&'static str, Value)> = Vec::new();
        let mut sound = true;
        for (key, value) in entries {
            let Some(field) = fields.iter().find(|field| field.name == key.text) else {
                sound = self.unknown_entry::<()>(fields, key, what).is_some();
                continue;
            };
            if fitted.iter().any(|(name, _)| *name == field.name) {
                self.diagnostics.push(
                    Diagnostic::new(
                        name_codes::GIVEN_TWICE,
                        format!("`{}` is given twice", field.name),
                    )
                    .at(key.span, "a second time")
                    .help("keep one of them"),
                );
                sound = false;
                continue;
            }
            let inner = format!("`{}` in {what}", field.name);
            match self.fit(value, &field.ty, field.range, &inner) {
                Some(value) => fitted.push((field.name, value)),
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        self.complete(fields, fitted, what, span)
    }

    fn unknown_entry<T>(&mut self, fields: &[Field], key: &Word, what: &str) -> Option<T> {
        let known: Vec<&str> = fields.iter().map(|field| field.name).collect();
        let finding = Diagnostic::new(
            name_codes::UNKNOWN_FIELD,
            format!("{what} has no entry `{}`", key.text),
        )
        .at(key.span, "unknown entry");
        self.report(match did_you_mean(&key.text, known.iter().copied()) {
            Some(near) => finding
                .help(format!("did you mean `{near}`?"))
                .edit(key.span, near),
            None => finding.help(format!("its entries are {}", list_words(&known, "and"))),
        })
    }

    /// Entries in the order of the fields, with defaults.
    fn complete(
        &mut self,
        fields: &'static [Field],
        mut given: Vec<(&'static str, Value)>,
        what: &str,
        span: Span,
    ) -> Option<Value> {
        let mut entries = Vec::new();
        for field in fields {
            if let Some(at) = given.iter().position(|(name, _)| *name == field.name) {
                entries.push((field.name.to_owned(), given.swap_remove(at).1));
                continue;
            }
            match field.default {
                Default::Required => {
                    return self.report(
                        Diagnostic::new(
                            name_codes::MISSING_FIELD,
                            format!("{what} needs `{}`", field.name),
                        )
                        .at(span, "not given here")
                        .help(format!("add `{}: {}`", field.name, field.example)),
                    );
                }
                Default::Absent => {}
                Default::Is(text) => {
                    entries.push((field.name.to_owned(), self.default(field, text)?));
                }
            }
        }
        Some(Value::Record(Arc::new(entries)))
    }

    fn map(
        &mut self,
        key: &'static Type,
        inner: &'static Type,
        range: Range,
        entries: &[(Word, Expr)],
        what: &str,
    ) -> Option<Value> {
        let mut fitted: Vec<(String, Value)> = Vec::new();
        let mut sound = true;
        for (word, value) in entries {
            if self.map_key(key, &word.text, word.span, what).is_none() {
                sound = false;
                continue;
            }
            if fitted.iter().any(|(name, _)| *name == word.text) {
                self.diagnostics.push(
                    Diagnostic::new(
                        name_codes::GIVEN_TWICE,
                        format!("`{}` is given twice", word.text),
                    )
                    .at(word.span, "a second time")
                    .help("keep one of them"),
                );
                sound = false;
                continue;
            }
            let place = format!("the value of `{}` in {what}", word.text);
            match self.fit(value, inner, range, &place) {
                Some(value) => fitted.push((word.text.clone(), value)),
                None => sound = false,
            }
        }
        sound.then(|| Value::Record(Arc::new(fitted)))
    }

    fn map_key(&mut self, key: &Type, text: &str, span: Span, what: &str) -> Option<()> {
        let fits = match key {
            Type::Element => Element::from_symbol(text).is_some(),
            _ => return self.phase(text, span).map(|_| ()),
        };
        if fits {
            return Some(());
        }
        self.report(
            Diagnostic::new(
                chemistry_codes::FORMULA,
                format!("`{text}` is not an element"),
            )
            .at(span, format!("in {what}"))
            .help("write a symbol of an element, like `Ba`"),
        )
    }

    fn unknown_node<T>(&mut self, name: &str, ty: &Type, span: Span) -> Option<T> {
        let fitting: Vec<String> = self
            .names
            .candidates()
            .into_iter()
            .filter(|candidate| match self.names.name(candidate, span) {
                Lookup::Value(Value::Nodes(members)) => members.first().is_some_and(|first| {
                    kind_fits(
                        self.names.kind_of(*first).name,
                        self.names.kind_of(*first).outcome,
                        ty,
                    )
                }),
                _ => false,
            })
            .collect();
        let finding = Diagnostic::new(
            name_codes::UNKNOWN_NAME,
            format!("there is no node `{name}`"),
        )
        .at(span, format!("{} belongs here", ty.describe()));
        self.report(
            match did_you_mean(name, fitting.iter().map(String::as_str)) {
                Some(near) => finding
                    .help(format!("did you mean `{near}`?"))
                    .edit(span, near),
                None if fitting.is_empty() => finding.help(match ty {
                    Type::Inline(kind, _) => format!("declare one: `{kind} {name} {{ … }}`"),
                    _ => format!("declare one with the name `{name}`"),
                }),
                None => finding.help(format!("there is {}", list_words(&fitting, "and"))),
            },
        )
    }

    /// One node of the right kind.
    fn node(&mut self, value: Value, ty: &Type, what: &str, span: Span) -> Option<Value> {
        let Value::Nodes(members) = &value else {
            return None;
        };
        let first = *members.first()?;
        let kind = self.names.kind_of(first);
        let name = self.names.declaration_name(first);
        if !kind_fits(kind.name, kind.outcome, ty) {
            return self.report(
                Diagnostic::new(
                    codes::WRONG_NODE,
                    format!(
                        "{what} takes {}, and `{name}` is a `{}`",
                        short(ty),
                        kind.name
                    ),
                )
                .at(span, format!("a `{}`", kind.name))
                .help(format!("write {}", ty.describe())),
            );
        }
        if members.len() > 1 {
            let coordinates = self.names.coordinates(first);
            let index: Vec<String> = coordinates
                .iter()
                .map(|(axis, value)| format!("{axis}: {value}"))
                .collect();
            return self.report(
                Diagnostic::new(
                    codes::FAMILY,
                    format!(
                        "{what} takes one node, and `{name}` is a family of {}",
                        members.len()
                    ),
                )
                .at(span, format!("{} members", members.len()))
                .help(format!(
                    "pick one, like `{name}[{}]`, or make a family too: `for one in {name}`",
                    index.join(", ")
                )),
            );
        }
        Some(value)
    }
}

fn kind_fits(kind: &str, outcome: Outcome, ty: &Type) -> bool {
    match (ty, outcome) {
        (Type::Inline(wanted, _), _) => kind == *wanted,
        (Type::Artifact(wanted), Outcome::Artifact(artifact)) => artifact == *wanted,
        _ => false,
    }
}

/// The range of the elements of a list: counts belong to the list itself.
fn inner_range(range: Range) -> Range {
    match range {
        Range::Count(_) => Range::Any,
        other => other,
    }
}

/// The type without its example.
fn short(ty: &Type) -> String {
    match ty {
        Type::Quantity(dimension, _) => dimension.named(),
        Type::Choice(choices) => {
            let words: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
            format!("one of the words {}", list_words(&words, "or"))
        }
        other => other.describe(),
    }
}

/// Whether the form of an expression speaks for a type.
fn form_fits(ty: &Type, expr: &Expr) -> bool {
    matches!(
        (&expr.kind, ty),
        (
            ExprKind::Name(_) | ExprKind::Call(..),
            Type::Choice(_) | Type::Inline(..) | Type::Artifact(_),
        ) | (ExprKind::Record(_), Type::Record(_) | Type::Map(..))
            | (ExprKind::List(_), Type::List(_))
            | (ExprKind::Text(_), Type::Path | Type::Text)
            | (ExprKind::Number(_), Type::Quantity(..))
            | (ExprKind::Range(..), Type::Span(_))
            | (ExprKind::Ramp(..), Type::Ramp(_))
    )
}

/// Whether a known value lies in the declared range; the error completes the sentence "X …". Lists are checked
/// element by element.
pub fn check_range(value: &Value, range: Range, ty: &Type) -> Result<(), String> {
    if let (Value::List(values), Range::Count(least)) = (value, range) {
        return if values.len() >= least {
            Ok(())
        } else {
            Err(format!("needs at least {least} elements"))
        };
    }
    if let Value::List(values) = value {
        let inner = match ty {
            Type::List(inner) => inner,
            other => other,
        };
        return values
            .iter()
            .try_for_each(|value| check_range(value, range, inner));
    }
    let Some(number) = value.as_f64() else {
        return Ok(());
    };
    let fits = match range {
        Range::Any | Range::Count(_) => true,
        Range::AtLeast(low) => number >= low,
        Range::Above(low) => number > low,
        Range::Within(low, high) => (low..=high).contains(&number),
    };
    if fits && number.is_finite() {
        Ok(())
    } else {
        Err(format!("must be {}", bounds(range, ty)))
    }
}

fn bounds(range: Range, ty: &Type) -> String {
    let show = |value: f64| match ty {
        Type::Quantity(dimension, unit) => {
            let quantity = Quantity::new(value, *dimension);
            match units::parse_unit(unit) {
                Ok(unit) => quantity.shown_in(&unit).to_string(),
                Err(_) => quantity.to_string(),
            }
        }
        _ => crate::lang::units::number_text(value),
    };
    match range {
        Range::Any => "a number".into(),
        Range::AtLeast(low) => format!("at least {}", show(low)),
        Range::Above(low) => format!("greater than {}", show(low)),
        Range::Within(low, high) => format!("from {} to {}", show(low), show(high)),
        Range::Count(least) => format!("a list of at least {least}"),
    }
}

fn range_help(range: Range, ty: &Type) -> String {
    match range {
        Range::Count(least) => format!("give at least {least}"),
        _ => format!("give a value that is {}", bounds(range, ty)),
    }
}
