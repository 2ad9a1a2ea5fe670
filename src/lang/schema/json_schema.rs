//! The vocabulary as JSON Schema (draft 2020-12), for editors and for programs that write recipes.

use serde_json::{Map, Value, json};

use super::{Affects, Default, Field, KindSchema, Outcome, Place, Range, ResultType, Type};

/// One definition for each kind. Values are strings in the language (`"5 K/min"`) or JSON numbers, booleans,
/// lists and objects where those exist; what JSON Schema cannot say stands in `x-…` members: dimension and
/// customary unit, what a field changes, the artifact that a field takes.
pub fn json_schema<'a>(kinds: impl IntoIterator<Item = &'a KindSchema>) -> Value {
    let definitions: Map<String, Value> = kinds
        .into_iter()
        .map(|kind| (kind.name.to_owned(), definition(kind)))
        .collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "synth recipe vocabulary",
        "$defs": definitions,
    })
}

fn definition(kind: &KindSchema) -> Value {
    let mut schema = object(kind.fields);
    schema["title"] = json!(kind.name);
    schema["description"] = json!(kind.summary);
    schema["examples"] = json!([kind.example]);
    schema["x-version"] = json!(kind.version);
    schema["x-random"] = json!(kind.random);
    schema["x-outcome"] = match kind.outcome {
        Outcome::Inline => json!("inline"),
        Outcome::Artifact(artifact) => json!({ "artifact": artifact.0 }),
        Outcome::Sink => json!("sink"),
    };
    schema["x-steps"] = kind
        .steps
        .iter()
        .map(|verb| {
            json!({
                "name": verb.name,
                "description": verb.doc,
                "example": verb.example,
                "arguments": verb.arguments.iter().map(|argument| {
                    let mut value = type_schema(&argument.ty, &argument.range);
                    value["name"] = json!(argument.name);
                    value["description"] = json!(argument.doc);
                    value["required"] = json!(argument.default == Default::Required);
                    match argument.place {
                        Place::Positional => {}
                        Place::After(word) => value["after"] = json!(word),
                        Place::Flag(word) => value["flag"] = json!(word),
                    }
                    value
                }).collect::<Vec<_>>(),
            })
        })
        .collect();
    schema["x-results"] = kind
        .results
        .iter()
        .map(|result| {
            json!({
                "name": result.name,
                "description": result.doc,
                "example": result.example,
                "parameters": object(result.parameters),
                "type": match result.ty {
                    ResultType::Quantity(dimension, unit) =>
                        json!({ "quantity": dimension.named(), "unit": unit }),
                    ResultType::Boolean => json!("boolean"),
                    ResultType::Text => json!("text"),
                    ResultType::Table => json!("table"),
                    ResultType::Phases => json!("phases"),
                    ResultType::OfArguments => json!("quantity"),
                },
            })
        })
        .collect();
    schema
}

fn object(fields: &[Field]) -> Value {
    let properties: Map<String, Value> = fields
        .iter()
        .map(|field| (field.name.to_owned(), field_schema(field)))
        .collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.default == Default::Required)
        .map(|field| field.name)
        .collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    })
}

fn field_schema(field: &Field) -> Value {
    let mut schema = type_schema(&field.ty, &field.range);
    schema["description"] = json!(field.doc);
    schema["examples"] = json!([field.example]);
    if let Default::Is(text) = field.default {
        schema["default"] = json!(text);
    }
    schema["x-changes"] = json!(match field.affects {
        Affects::Result => "result",
        Affects::Replicas => "replicas",
        Affects::Speed => "speed",
        Affects::Output => "output",
        Affects::Report => "report",
    });
    schema
}

fn type_schema(ty: &Type, range: &Range) -> Value {
    match ty {
        Type::Quantity(dimension, unit) => {
            let mut schema = json!({
                "type": ["string", "number"],
                "x-dimension": dimension.named(),
                "x-unit": unit,
            });
            let bound = super::markdown::range(range, ty);
            if !bound.is_empty() {
                schema["x-range"] = json!(bound.trim_start_matches(", "));
            }
            schema
        }
        Type::Integer => bounded(json!({ "type": "integer" }), range),
        Type::Number | Type::AnyQuantity => bounded(json!({ "type": ["number", "string"] }), range),
        Type::Boolean => json!({ "type": "boolean" }),
        Type::Text => json!({ "type": "string" }),
        Type::Path => json!({ "type": "string", "format": "uri-reference" }),
        Type::Element
        | Type::Formula
        | Type::Phase
        | Type::Mixture
        | Type::Reaction
        | Type::Span(_)
        | Type::Ramp(_)
        | Type::Result => {
            json!({ "type": "string", "x-form": ty.describe() })
        }
        Type::Choice(choices) => json!({
            "oneOf": choices.iter().map(|choice| {
                let word = json!({ "const": choice.name, "description": choice.doc });
                if choice.arguments.is_empty() {
                    word
                } else {
                    json!({ "oneOf": [word, {
                        "type": "object",
                        "properties": { choice.name: object(choice.arguments) },
                        "required": [choice.name],
                        "additionalProperties": false,
                    }]})
                }
            }).collect::<Vec<_>>(),
        }),
        Type::List(inner) => {
            let mut schema = json!({ "type": "array", "items": type_schema(inner, &Range::Any) });
            if let Range::Count(count) = range {
                schema["minItems"] = json!(count);
            }
            schema
        }
        Type::Record(fields) => object(fields),
        Type::Map(key, value) => json!({
            "type": "object",
            "x-key": key.describe(),
            "additionalProperties": type_schema(value, &Range::Any),
        }),
        Type::Inline(kind, reads) => json!({ "type": "string", "x-node": kind, "x-reads": reads }),
        Type::Artifact(artifact) => json!({ "type": "string", "x-artifact": artifact.0 }),
        Type::Either(types) => json!({
            "anyOf": types.iter().map(|ty| type_schema(ty, range)).collect::<Vec<_>>(),
        }),
    }
}

fn bounded(mut schema: Value, range: &Range) -> Value {
    match range {
        Range::Any | Range::Count(_) => {}
        Range::AtLeast(low) => schema["minimum"] = json!(low),
        Range::Above(low) => schema["exclusiveMinimum"] = json!(low),
        Range::Within(low, high) => {
            schema["minimum"] = json!(low);
            schema["maximum"] = json!(high);
        }
    }
    schema
}
