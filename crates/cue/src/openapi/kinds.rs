//! Keywords by kind: objects, arrays, bounds and validators.

use super::Context;
use super::build::{Outcome, kinds_of, type_name};
use super::schema::{Schema, list, object, single};
use crate::api::{ArcType, Constraint, FieldOptions, Kinds, View};
use crate::data::{Data, DataValue};
use crate::program::Value;
use cue_syntax::ast::UnaryOp;

/// Validators that are a keyword with their argument for its value.
const CALLS: [(&str, &str, &str); 8] = [
    ("struct", "MinFields", "minProperties"),
    ("struct", "MaxFields", "maxProperties"),
    ("list", "MinItems", "minItems"),
    ("list", "MaxItems", "maxItems"),
    ("list", "UniqueItems", "uniqueItems"),
    ("math", "MultipleOf", "multipleOf"),
    ("strings", "MinRunes", "minLength"),
    ("strings", "MaxRunes", "maxLength"),
];

impl<'e> Context<'e> {
    /// Adds a value by its kind.
    pub(super) fn dispatch(&mut self, schema: &mut Schema, value: Value<'e>) -> Outcome {
        let kinds = kinds_of(value);
        if kinds == Kinds::NULL {
            schema.set_once("nullable", true);
            return Ok(());
        }
        schema.set_type(type_name(kinds));
        match value.view() {
            View::Constraint(parts) => parts.iter().try_for_each(|part| self.part(schema, kinds, part)),
            View::Struct { patterns, .. } => self.object(schema, value, &patterns),
            View::List { rest } => self.array(schema, value, rest),
            _ => Ok(()),
        }
    }

    /// A bound or validator.
    pub(super) fn part(&mut self, schema: &mut Schema, kinds: Kinds, part: &Constraint<'e>) -> Outcome {
        schema.set_type(type_name(kinds));
        match part {
            Constraint::Type(_) => Ok(()),
            Constraint::Bound(op, limit) => self.bound(schema, *op, *limit),
            Constraint::Call(package, name, arguments) => {
                let known = CALLS.iter().find(|(p, n, _)| p == package && n == name);
                // What OpenAPI has no word for is left out.
                let Some((_, _, keyword)) = known else { return Ok(()) };
                match arguments.first().map(|a| a.default().view()) {
                    None => schema.set(keyword, true),
                    Some(View::Scalar(data)) => schema.set(keyword, data),
                    Some(_) => return Err(self.problem(&format!("{package}.{name} takes a concrete value"))),
                }
                Ok(())
            }
        }
    }

    fn bound(&mut self, schema: &mut Schema, op: UnaryOp, limit: Value<'e>) -> Outcome {
        let View::Scalar(limit) = limit.default().view() else {
            return Err(self.problem("the limit of a bound must be concrete"));
        };
        let number = matches!(limit.value, DataValue::Number(_));
        match op {
            UnaryOp::LessEqual if number => schema.set("maximum", limit),
            UnaryOp::GreaterEqual if number => schema.set("minimum", limit),
            UnaryOp::Less if number => self.exclusive(schema, "maximum", "exclusiveMaximum", limit),
            UnaryOp::Greater if number => self.exclusive(schema, "minimum", "exclusiveMinimum", limit),
            UnaryOp::NotEqual if number => {
                let range = vec![object(single("minimum", limit.clone())), object(single("maximum", limit))];
                schema.set_not("allOf", list(range));
            }
            UnaryOp::Match => schema.set("pattern", limit),
            UnaryOp::NotMatch => schema.set_not("pattern", limit),
            UnaryOp::Equal => schema.set("enum", list(vec![limit])),
            UnaryOp::NotEqual if limit.value == DataValue::Null => {}
            UnaryOp::NotEqual => schema.set_not("enum", list(vec![limit])),
            _ => return Err(self.problem("OpenAPI has no bounds of strings and bytes")),
        }
        Ok(())
    }

    fn exclusive(&self, schema: &mut Schema, inclusive: &str, exclusive: &str, limit: Data) {
        if self.exclusive_bool {
            schema.set(exclusive, true);
            schema.set(inclusive, limit);
        } else {
            schema.set(exclusive, limit);
        }
    }

    fn object(&mut self, schema: &mut Schema, value: Value<'e>, patterns: &[(Value<'e>, Value<'e>)]) -> Outcome {
        let fields = value.fields(&FieldOptions { optional: true, definitions: true, hidden: false });
        let required: Vec<Data> = fields
            .iter()
            .filter(|f| f.arc != ArcType::Optional && !f.value.is_special())
            .map(|f| Data::string(f.label.clone()))
            .collect();
        if !required.is_empty() {
            schema.set("required", list(required));
        }
        let mut properties = schema.properties();
        for field in fields {
            let definition = field.value.is_special();
            let label = if definition { field.label.strip_prefix('#').unwrap_or(&field.label) } else { &field.label };
            if label.ends_with("_value") {
                continue;
            }
            let built = self.schema(label, field.value)?;
            if definition {
                let mut name = self.path.join(".");
                name.push('.');
                name.push_str(label);
                self.schemas.insert(name.into(), built);
            } else if !schema.is_alternative() || !is_empty(&built) {
                properties.insert(label.into(), built);
            }
        }
        if !properties.is_empty() {
            schema.set_once("properties", object(properties));
        }
        let any = patterns.iter().find(|(label, _)| match label.view() {
            View::Constraint(parts) => match parts.as_slice() {
                [] => true,
                [Constraint::Type(kinds)] => kinds.contains(Kinds::STRING),
                _ => false,
            },
            _ => false,
        });
        if let Some((_, value)) = any {
            let built = self.schema("*", *value)?;
            if !is_empty(&built) {
                schema.set_once("additionalProperties", built);
            }
        }
        Ok(())
    }

    fn array(&mut self, schema: &mut Schema, value: Value<'e>, rest: Option<Value<'e>>) -> Outcome {
        let mut items = Vec::new();
        for (i, item) in value.items().into_iter().enumerate() {
            items.push(self.schema(&i.to_string(), item)?);
        }
        let count = items.len();
        if count > 0 {
            schema.set("items", list(items));
        }
        let Some(rest) = rest else { return Ok(()) };
        if count > 0 {
            schema.set_int("minItems", count as u64);
        }
        let built = self.schema("*", rest)?;
        if count > 0 {
            schema.set("additionalItems", built);
        } else if !schema.is_alternative() || !is_empty(&built) {
            schema.set_once("items", built);
        }
        Ok(())
    }
}

fn is_empty(schema: &Data) -> bool {
    matches!(&schema.value, DataValue::Struct(fields) if fields.is_empty())
}
