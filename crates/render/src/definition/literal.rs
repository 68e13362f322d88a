//! Metadata that is plain text needs no evaluation: a syntax tree of literals becomes JSON directly.

use cue_syntax::ast::{Decl, Element, Expr, Label, StringLit, StructLit, Text, UnaryOp};
use serde_json::{Map, Value};

/// The value of an expression that holds nothing but literals; `None` when it holds anything else.
pub(super) fn value(expr: &Expr) -> Option<Value> {
    match expr {
        Expr::Null(_) => Some(Value::Null),
        Expr::Bool(b, _) => Some(Value::Bool(*b)),
        Expr::Number(text, _) => serde_json::from_str(text).ok(),
        Expr::String(s) => text(s).map(|s| Value::String(s.to_owned())),
        Expr::Paren(inner, _) => value(inner),
        Expr::Unary { op: UnaryOp::Minus, operand, .. } => match value(operand)? {
            Value::Number(n) => n.as_i64().map(|n| Value::from(-n)),
            _ => None,
        },
        Expr::List(list) => list
            .elements
            .iter()
            .map(|e| match e {
                Element::Value(e) => value(e),
                _ => None,
            })
            .collect::<Option<Vec<_>>>()
            .map(Value::Array),
        Expr::Struct(s) => fields(s).map(Value::Object),
        _ => None,
    }
}

fn text(s: &StringLit) -> Option<&str> {
    match &s.value {
        Text::String(text) => Some(text),
        Text::Bytes(_) => None,
    }
}

/// The name that a label spells out.
pub(crate) fn label(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(id) => Some(id.name.as_str()),
        Label::String(s) => text(s),
        _ => None,
    }
}

fn fields(s: &StructLit) -> Option<Map<String, Value>> {
    let mut map = Map::new();
    for decl in &s.decls {
        match decl {
            Decl::Field(field) => {
                let key = label(&field.label)?.to_owned();
                let new = value(&field.value)?;
                match (map.get_mut(&key), new) {
                    (Some(Value::Object(old)), Value::Object(new)) => old.extend(new),
                    (Some(_), _) => return None,
                    (None, new) => {
                        map.insert(key, new);
                    }
                }
            }
            Decl::Attribute(_) => {}
            _ => return None,
        }
    }
    Some(map)
}
