//! A value to a schema: names, conjunctions, alternatives, defaults.

use super::format::{format_of, simplify};
use super::schema::{Schema, list, object, single, sort};
use super::{Context, failed};
use crate::api::{Constraint, ErrorClass, Kinds, View};
use crate::data::{Data, DataValue};
use crate::program::{Parts, Value};
use crate::stack::down;
use cue_syntax::Diagnostic;
use cue_syntax::ast::UnaryOp;

pub(super) type Outcome<T = ()> = Result<T, Vec<Diagnostic>>;

/// Values inside values become schemas this deep.
const MAX_DEPTH: usize = 300;

/// A part of a value that becomes keywords.
#[derive(Debug, Clone)]
pub(super) enum Piece<'e> {
    /// A value as it was written.
    Written(Value<'e>),
    /// A value that was worked out: it is not taken apart any more.
    Known(Value<'e>),
    /// A bound or validator of a value of these kinds.
    Part(Kinds, Constraint<'e>),
}

/// Taken apart at `&`.
fn conjuncts<'e>(value: Value<'e>, out: &mut Vec<Value<'e>>, depth: usize) {
    match value.parts() {
        Parts::And(parts) if depth < MAX_DEPTH => parts.into_iter().for_each(|p| conjuncts(p, out, depth + 1)),
        Parts::Or(parts) if parts.len() == 1 => out.extend(parts),
        _ => out.push(value),
    }
}

/// Taken apart at `|`.
fn alternatives<'e>(value: Value<'e>, out: &mut Vec<Piece<'e>>, depth: usize) {
    match value.parts() {
        Parts::Or(parts) if depth < MAX_DEPTH => match parts.as_slice() {
            [one] => out.push(piece(*one)),
            _ => parts.into_iter().for_each(|p| alternatives(p, out, depth + 1)),
        },
        _ => out.push(piece(value)),
    }
}

fn piece(value: Value<'_>) -> Piece<'_> {
    if value.reference().is_some() { Piece::Written(value) } else { Piece::Known(value) }
}

/// The alternatives of a value that was worked out, those that are defaults first, without defaults that others admit.
fn known_alternatives<'e>(alternatives: Vec<(Value<'e>, bool)>) -> Vec<Piece<'e>> {
    let (marked, others): (Vec<_>, Vec<_>) = alternatives.into_iter().partition(|(_, m)| *m);
    let admitted = |v: &Value<'e>| others.iter().any(|(o, _)| o.subsumes(v));
    let marked: Vec<Value<'e>> = marked.into_iter().map(|(v, _)| v).filter(|v| !admitted(v)).collect();
    marked.into_iter().chain(others.iter().map(|(v, _)| *v)).map(Piece::Known).collect()
}

/// A scalar that is neither a struct nor a list.
fn concrete(value: Value<'_>) -> Option<Data> {
    match value.view() {
        View::Scalar(data) => Some(data),
        _ => None,
    }
}

impl<'e> Context<'e> {
    /// The schema of a value under a name.
    pub(super) fn schema(&mut self, name: &str, value: Value<'e>) -> Outcome<Data> {
        if self.depth > MAX_DEPTH {
            return Err(self.problem("values are nested too deeply"));
        }
        self.depth += 1;
        self.path.push(name.to_owned());
        let result = down(|| self.fill(value));
        self.path.pop();
        self.depth -= 1;
        result
    }

    /// The schema of what a value names; of a function, that of what it admits.
    pub(super) fn named_schema(&mut self, name: &str, value: Value<'e>) -> Outcome<Data> {
        let target = value.target();
        if target.reference().is_none() || target.reference() != value.reference() {
            return self.schema(name, target);
        }
        let mut schema = Schema::default();
        schema.typed.format = format_of(value);
        self.dispatch(&mut schema, value)?;
        Ok(object(schema.finish()))
    }

    /// A problem at the place where we are.
    pub(super) fn problem(&self, message: &str) -> Vec<Diagnostic> {
        let path = self.path.join(".");
        failed(message).into_iter().map(|d| d.path(format!("#{path}"))).collect()
    }

    fn fill(&mut self, value: Value<'e>) -> Outcome<Data> {
        let mut schema = Schema::default();
        schema.deprecated = deprecated(value);
        schema.typed.kind = type_name(Kinds(kinds_of(value).0 & !Kinds::NULL.0));
        schema.typed.format = format_of(value);
        let is_reference = self.value(&mut schema, value)?;
        if is_reference {
            schema.typed.kind = "";
        } else {
            let text = value.doc_texts().join("\n\n");
            if !text.trim().is_empty() {
                schema.set_once("description", text.trim());
            }
        }
        let typed = schema.typed;
        let mut fields = schema.finish();
        if !typed.format.is_empty() {
            simplify(&mut fields, typed.format);
        }
        sort(&mut fields);
        Ok(object(fields))
    }

    /// Adds a value to a schema; whether it is nothing but a name.
    pub(super) fn value(&mut self, schema: &mut Schema, value: Value<'e>) -> Outcome<bool> {
        let mut rest = Vec::new();
        let mut names: Vec<String> = Vec::new();
        let expanded = self.expand.then(|| value.reference()).flatten();
        if let Some(path) = &expanded {
            if self.trail.contains(path) {
                return Err(self.problem("a name goes in circles, and names are to be expanded"));
            }
            self.trail.push(path.clone());
        }
        if self.expand || !schema.typed.format.is_empty() {
            rest.push(value);
        } else {
            let mut parts = Vec::new();
            conjuncts(value, &mut parts, 0);
            for part in parts {
                match part.reference().and_then(|path| name(&path)) {
                    Some(name) if names.contains(&name) => {}
                    Some(name) => {
                        schema.add_reference(&name);
                        self.named.push((name.clone(), part));
                        names.push(name);
                    }
                    None => rest.push(part),
                }
            }
        }
        let is_reference = rest.is_empty() && names.len() == 1;
        if let Some(rest) = Value::unified(&rest) {
            for piece in self.pieces(rest)? {
                self.piece(schema, piece)?;
            }
        }
        if names.is_empty() && !schema.is_alternative() {
            self.default(schema, value)?;
        }
        if expanded.is_some() {
            self.trail.pop();
        }
        Ok(is_reference)
    }

    /// The conjuncts of what is not a name.
    fn pieces(&self, value: Value<'e>) -> Outcome<Vec<Piece<'e>>> {
        if value.kind().contains(Kinds::STRUCT) {
            let mut parts = Vec::new();
            let whole = if self.expand && value.reference().is_some() { value.target() } else { value };
            conjuncts(whole, &mut parts, 0);
            return Ok(parts.into_iter().map(Piece::Written).collect());
        }
        match value.view() {
            View::Bottom(_, found) if !found.is_empty() => Err(found),
            View::Bottom(..) => Err(self.problem("the value is an error")),
            View::Constraint(parts) if parts.iter().any(|p| !matches!(p, Constraint::Type(_))) => {
                let kinds = kinds_of(value);
                let rules = parts.into_iter().filter(|p| !matches!(p, Constraint::Type(_)));
                Ok(rules.map(|p| Piece::Part(kinds, p)).collect())
            }
            _ => Ok(vec![Piece::Known(value)]),
        }
    }

    fn piece(&mut self, schema: &mut Schema, piece: Piece<'e>) -> Outcome {
        let choices = match &piece {
            Piece::Part(kinds, part) => return self.part(schema, *kinds, part),
            Piece::Known(v) => match v.view() {
                View::Scalar(data) => {
                    self.dispatch(schema, *v)?;
                    if !schema.is_alternative() {
                        schema.set("enum", list(vec![data]));
                    }
                    return Ok(());
                }
                View::Disjunction(alternatives) => known_alternatives(alternatives),
                _ => vec![piece],
            },
            Piece::Written(v) => {
                let mut choices = Vec::new();
                alternatives(*v, &mut choices, 0);
                choices
            }
        };
        match choices.as_slice() {
            [] => Ok(()),
            [Piece::Known(v)] => match v.view() {
                View::Bottom(ErrorClass::Error, found) if !found.is_empty() => Err(found),
                View::Disjunction(alternatives) => self.disjunction(schema, known_alternatives(alternatives)),
                View::Scalar(_) => self.piece(schema, Piece::Known(*v)),
                _ => self.dispatch(schema, *v),
            },
            [Piece::Written(v)] => self.dispatch(schema, *v),
            _ => self.disjunction(schema, choices),
        }
    }

    fn disjunction(&mut self, schema: &mut Schema, choices: Vec<Piece<'e>>) -> Outcome {
        let mut enums: Vec<Data> = Vec::new();
        let mut others: Vec<Value<'e>> = Vec::new();
        let mut nullable = false;
        for choice in choices {
            let (Piece::Written(v) | Piece::Known(v)) = choice else { continue };
            match concrete(v) {
                Some(Data { value: DataValue::Null, .. }) => nullable = true,
                Some(data) => enums.push(data),
                None => others.push(v),
            }
        }
        if nullable {
            schema.set_once("nullable", true);
        }
        if others.is_empty() || (others.len() == 1 && enums.is_empty()) {
            if let Some(only) = others.first() {
                self.value(schema, *only)?;
            }
            if !enums.is_empty() && !schema.is_alternative() {
                schema.set("enum", list(enums));
            }
            return Ok(());
        }
        let mut schemas = Vec::with_capacity(others.len());
        for v in &others {
            let mut inner = schema.alternative();
            self.value(&mut inner, *v)?;
            let untyped = inner.typed.kind.is_empty();
            let fields = inner.finish();
            if fields.is_empty() && untyped {
                // One alternative admits everything.
                return Ok(());
            }
            schemas.push(fields);
        }
        let mut all = Vec::new();
        if !enums.is_empty() {
            all.push(object(single("enum", list(enums))));
        }
        for (i, (v, own)) in others.iter().zip(&schemas).enumerate() {
            let admitted: Vec<Data> = others
                .iter()
                .zip(&schemas)
                .enumerate()
                .filter(|(j, (w, _))| *j != i && v.subsumes(w))
                .map(|(_, (_, s))| object(s.clone()))
                .collect();
            if admitted.is_empty() {
                all.push(object(own.clone()));
                continue;
            }
            let exclude = object(single("not", object(single("anyOf", list(admitted)))));
            all.push(if own.is_empty() {
                exclude
            } else {
                object(single("allOf", list(vec![object(own.clone()), exclude])))
            });
        }
        schema.set("oneOf", list(all));
        Ok(())
    }

    /// A concrete default; an empty list is none.
    fn default(&self, schema: &mut Schema, value: Value<'e>) -> Outcome {
        let chosen = value.default();
        let open_list = match (value.view(), chosen.view()) {
            (View::Disjunction(_), View::List { rest }) => rest.is_some(),
            (View::Disjunction(_), View::Scalar(_) | View::Struct { .. }) => false,
            (View::List { rest: Some(_) }, _) => true,
            _ => return Ok(()),
        };
        let is_list = open_list || matches!(chosen.view(), View::List { .. });
        if is_list && chosen.items().is_empty() {
            return Ok(());
        }
        match chosen.data(&crate::DataOptions::default()) {
            Ok(data) => schema.set("default", data),
            // An open list with types for elements has no default to speak of.
            Err(_) if open_list => {}
            Err(found) => return Err(found),
        }
        Ok(())
    }
}

/// The name of a schema; hidden fields have none, and are written in their place.
fn name(path: &[smol_str::SmolStr]) -> Option<String> {
    if path.iter().any(|s| s.starts_with('_')) {
        return None;
    }
    Some(path.iter().map(|s| s.strip_prefix('#').unwrap_or(s)).collect::<Vec<_>>().join("."))
}

/// `@protobuf(1,string,deprecated)`
fn deprecated(value: Value<'_>) -> bool {
    let flag = |body: &str| body.split(',').skip(1).any(|word| word.trim() == "deprecated");
    value.attributes().iter().any(|(name, body)| name == "protobuf" && flag(body))
}

/// The kinds of a value; what a pattern must match is text, as far as a schema goes.
pub(super) fn kinds_of(value: Value<'_>) -> Kinds {
    let kinds = value.kind();
    let matched = |p: &Constraint<'_>| matches!(p, Constraint::Bound(UnaryOp::Match | UnaryOp::NotMatch, _));
    match value.view() {
        View::Constraint(parts) if kinds == Kinds::TEXT && parts.iter().any(matched) => Kinds::STRING,
        _ => kinds,
    }
}

/// The type of OpenAPI for kinds; empty where there is no single one.
pub(super) fn type_name(kinds: Kinds) -> &'static str {
    match kinds {
        Kinds::BOOL => "boolean",
        Kinds::FLOAT | Kinds::NUMBER => "number",
        Kinds::INT => "integer",
        Kinds::BYTES | Kinds::STRING => "string",
        Kinds::STRUCT => "object",
        Kinds::LIST => "array",
        _ => "",
    }
}
