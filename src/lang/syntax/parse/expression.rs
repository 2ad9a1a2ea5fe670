use std::sync::OnceLock;

use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::super::ast::{Argument, Expr, ExprKind, Number, Operator, Spacing, Unary, Word};
use super::Rule;
use super::builder::{Builder, unquote};
use crate::lang::diag::Diagnostic;
use crate::lang::diag::codes::syntax as codes;
use crate::lang::source::{FileId, Span};

/// The most operators in one expression, and the longest chain of calls, indices and members.
const LONGEST_EXPRESSION: usize = 256;

fn pratt() -> &'static PrattParser<Rule> {
    static PRATT: OnceLock<PrattParser<Rule>> = OnceLock::new();
    PRATT.get_or_init(|| {
        let left = |rule| Op::infix(rule, Assoc::Left);
        PrattParser::new()
            .op(left(Rule::arrow))
            .op(left(Rule::or))
            .op(left(Rule::and))
            .op(Op::prefix(Rule::not))
            .op(left(Rule::compare))
            .op(left(Rule::ramp))
            .op(left(Rule::range) | left(Rule::spacing))
            .op(left(Rule::plus) | left(Rule::dash))
            .op(left(Rule::times) | left(Rule::divide))
            .op(Op::prefix(Rule::minus))
            .op(Op::infix(Rule::power, Assoc::Right))
            .op(Op::postfix(Rule::call) | Op::postfix(Rule::index) | Op::postfix(Rule::member))
    })
}

impl Builder<'_> {
    pub fn expr(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        if pair.as_rule() != Rule::expr {
            return self.primary(pair);
        }
        let mut converted = None;
        let mut parts: Vec<Pair<'_, Rule>> = Vec::new();
        for part in pair.into_inner() {
            if part.as_rule() == Rule::converted {
                converted = part.into_inner().next();
            } else {
                parts.push(part);
            }
        }
        let operators = parts
            .iter()
            .filter(|part| {
                !matches!(
                    part.as_rule(),
                    Rule::literal | Rule::text | Rule::reference | Rule::formula | Rule::constant
                )
            })
            .count();
        if operators > LONGEST_EXPRESSION {
            self.faults.push(
                Diagnostic::new(
                    codes::TOO_DEEP,
                    format!("this expression has more than {LONGEST_EXPRESSION} operators"),
                )
                .at(span, "too long")
                .help("give its parts names with `let`, or use a list"),
            );
            return Expr {
                kind: ExprKind::Bad,
                span,
            };
        }
        let found = if parts.len() == 1 {
            let only = parts.remove(0);
            self.primary(only)
        } else {
            let builder = std::cell::RefCell::new(&mut *self);
            pratt()
                .map_primary(|pair| builder.borrow_mut().primary(pair))
                .map_prefix(|operator, operand| builder.borrow_mut().prefix(&operator, operand))
                .map_postfix(|operand, operator| builder.borrow_mut().postfix(operand, operator))
                .map_infix(|left, operator, right| {
                    builder.borrow_mut().infix(left, &operator, right)
                })
                .parse(parts.into_iter())
        };
        match converted {
            None => found,
            Some(unit) => Expr {
                kind: ExprKind::Convert(Box::new(found), unit_word(&unit, self.file, self.base)),
                span,
            },
        }
    }

    fn prefix(&mut self, operator: &Pair<'_, Rule>, operand: Expr) -> Expr {
        let unary = if operator.as_rule() == Rule::not {
            Unary::Not
        } else {
            Unary::Minus
        };
        Expr {
            span: self.span(operator).to(operand.span),
            kind: ExprKind::Unary(unary, Box::new(operand)),
        }
    }

    fn postfix(&mut self, operand: Expr, operator: Pair<'_, Rule>) -> Expr {
        let span = operand.span.to(self.span(&operator));
        let rule = operator.as_rule();
        let kind = match rule {
            Rule::member => match operator.into_inner().next() {
                Some(name) => ExprKind::Member(Box::new(operand), self.word(&name)),
                None => ExprKind::Bad,
            },
            _ => {
                let arguments = operator
                    .into_inner()
                    .filter_map(|pair| self.argument(pair))
                    .collect();
                if rule == Rule::call {
                    ExprKind::Call(Box::new(operand), arguments)
                } else {
                    ExprKind::Index(Box::new(operand), arguments)
                }
            }
        };
        Expr { kind, span }
    }

    fn argument(&mut self, pair: Pair<'_, Rule>) -> Option<Argument> {
        let mut inner = pair.into_inner();
        let first = inner.next()?;
        if first.as_rule() == Rule::argument_name {
            let name = Some(self.word(&first));
            let value = self.expr(inner.next()?);
            return Some(Argument { name, value });
        }
        Some(Argument {
            name: None,
            value: self.expr(first),
        })
    }

    fn infix(&mut self, left: Expr, operator: &Pair<'_, Rule>, right: Expr) -> Expr {
        let span = left.span.to(right.span);
        let at = self.span(operator);
        let text = operator.as_str();
        let binary = match operator.as_rule() {
            Rule::plus => Some(Operator::Add),
            Rule::dash => Some(Operator::Subtract),
            Rule::times => Some(Operator::Multiply),
            Rule::divide => Some(Operator::Divide),
            Rule::power => Some(Operator::Power),
            Rule::and => Some(Operator::And),
            Rule::or => Some(Operator::Or),
            Rule::compare => Some(match text {
                "<" => Operator::Less,
                "<=" => Operator::LessEqual,
                ">" => Operator::Greater,
                ">=" => Operator::GreaterEqual,
                "==" => Operator::Equal,
                _ => Operator::NotEqual,
            }),
            _ => None,
        };
        if let Some(binary) = binary {
            return power_before_sign(left, binary, at, right, span);
        }
        let kind = match operator.as_rule() {
            Rule::arrow => ExprKind::Reaction(Box::new(left), Box::new(right)),
            Rule::range => ExprKind::Range(Box::new(left), Box::new(right), None),
            Rule::ramp => ExprKind::Ramp(Box::new(left), Box::new(right)),
            Rule::spacing => {
                let spacing = if text == "step" {
                    Spacing::Step
                } else {
                    Spacing::Count
                };
                match left.kind {
                    ExprKind::Range(low, high, None) => {
                        ExprKind::Range(low, high, Some((spacing, Box::new(right))))
                    }
                    _ => {
                        self.faults.push(
                            Diagnostic::new(
                                codes::UNEXPECTED,
                                format!("`{text}` belongs to a range"),
                            )
                            .at(at, "no range before it")
                            .help(format!("write a range, like `1 .. 10 {text} 2`")),
                        );
                        ExprKind::Bad
                    }
                }
            }
            _ => ExprKind::Bad,
        };
        Expr { kind, span }
    }

    fn primary(&mut self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::expr => return self.expr(pair),
            Rule::literal => self.number(pair),
            Rule::text => ExprKind::Text(unquote(pair.as_str())),
            Rule::constant => match pair.as_str() {
                "true" => ExprKind::True,
                "false" => ExprKind::False,
                _ => ExprKind::Nothing,
            },
            Rule::formula => self.formula(pair.as_str(), span),
            Rule::any => ExprKind::Any,
            Rule::reference => ExprKind::Name(pair.as_str().to_owned()),
            Rule::list => ExprKind::List(pair.into_inner().map(|pair| self.expr(pair)).collect()),
            Rule::record => ExprKind::Record(self.pairs(pair)),
            Rule::select => {
                let mut inner = pair.into_inner();
                match (inner.next(), inner.next()) {
                    (Some(name), Some(record)) => {
                        ExprKind::Select(self.word(&name), self.pairs(record))
                    }
                    _ => ExprKind::Bad,
                }
            }
            Rule::parenthesis => match pair.into_inner().next() {
                Some(inner) => ExprKind::Parenthesis(Box::new(self.expr(inner))),
                None => ExprKind::Bad,
            },
            _ => ExprKind::Bad,
        };
        Expr { kind, span }
    }

    fn pairs(&mut self, record: Pair<'_, Rule>) -> Vec<(Word, Expr)> {
        record
            .into_inner()
            .filter_map(|pair| {
                let mut inner = pair.into_inner();
                let key = self.word(&inner.next()?);
                let value = self.expr(inner.next()?);
                Some((key, value))
            })
            .collect()
    }

    fn formula(&mut self, text: &str, span: Span) -> ExprKind {
        let meant = match text {
            "True" => Some(("true", ExprKind::True)),
            "False" => Some(("false", ExprKind::False)),
            "None" | "Null" => Some(("none", ExprKind::Nothing)),
            _ => None,
        };
        match meant {
            None => ExprKind::Formula(text.replace(['·', '•'], "*")),
            Some((word, kind)) => {
                self.faults.push(
                    Diagnostic::new(codes::CAPITAL, format!("`{text}` is written `{word}` here"))
                        .at(span, "what begins with a capital is a formula")
                        .help(format!("write `{word}`"))
                        .edit(span, word),
                );
                kind
            }
        }
    }

    fn number(&mut self, pair: Pair<'_, Rule>) -> ExprKind {
        let mut inner = pair.into_inner();
        let Some(number) = inner.next() else {
            return ExprKind::Bad;
        };
        let tails = inner.map(|tail| self.word(&tail)).collect();
        ExprKind::Number(Number {
            text: number.as_str().to_owned(),
            span: self.span(&number),
            tails,
        })
    }
}

/// `-2^2` is `-(2^2)`, like `-x^2`: the sign that touches a number is part of it everywhere but before a power.
fn power_before_sign(
    mut left: Expr,
    operator: Operator,
    at: Span,
    right: Expr,
    span: Span,
) -> Expr {
    let mut sign = None;
    if operator == Operator::Power
        && let ExprKind::Number(number) = &mut left.kind
        && number.text.starts_with('-')
    {
        sign = Some(span);
        number.text.remove(0);
        number.span.start = number.span.end - number.text.len() as u32;
        left.span.start = number.span.start;
    }
    let span = left.span.to(right.span);
    let kind = ExprKind::Binary(Box::new(left), operator, at, Box::new(right));
    let power = Expr { kind, span };
    match sign {
        None => power,
        Some(span) => Expr {
            kind: ExprKind::Unary(Unary::Minus, Box::new(power)),
            span,
        },
    }
}

fn unit_word(pair: &Pair<'_, Rule>, file: FileId, base: usize) -> Word {
    let span = pair.as_span();
    Word {
        text: pair.as_str().to_owned(),
        span: Span::new(file, base + span.start(), base + span.end()),
    }
}
