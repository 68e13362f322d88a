//! OpenAPI documents (3.0): the schemas of `components.schemas` become definitions, `info` stays a field.

use super::Language;
use super::decoder::{Decoder, kind};
use super::definitions::Decoded;
use super::expr::{braces, join, member, named, unary};
use super::kinds::Kinds;
use super::places::{Places, below};
use super::state::State;
use super::version::Version;
use crate::data::{Data, DataValue, Fields};
use crate::export::literal::{data as as_expr, name};
use cue_syntax::Diagnostic;
use cue_syntax::ast::{BinaryOp, Constraint, Decl, Expr, UnaryOp};

/// No keyword of OpenAPI gives a schema an address.
const NO_ID: &str = "";

pub(super) fn decode(root: &Data) -> Result<Decoded, Vec<Diagnostic>> {
    let mut decoder = Decoder::new(Language::OpenApi, root);
    decoder.version = Version::Draft4;
    let DataValue::Struct(fields) = &root.value else {
        decoder.problem(root, format!("an OpenAPI document is a struct, found {}", kind(root)));
        return Err(decoder.problems);
    };
    match fields.get("openapi").map(|d| &d.value) {
        None => decoder.problem(root, "the field openapi is required in an OpenAPI document".to_owned()),
        Some(DataValue::String(s)) if s.starts_with("3.0") => {}
        Some(DataValue::String(s)) if s.starts_with("3.1") => decoder.version = Version::Draft2020,
        Some(_) => decoder.problem(root, "openapi must be a version 3.0 or 3.1".to_owned()),
    }
    let info = fields.get("info");
    if info.is_none() {
        decoder.problem(root, "the field info is required in an OpenAPI document".to_owned());
    }
    decoder.places = Places::of(root, NO_ID);
    let outer = State::new(String::new(), String::new(), 0, Kinds::ALL);
    let schemas = fields.get("components").and_then(|c| inner(c)?.get("schemas"));
    for (own, schema) in schemas.and_then(inner).into_iter().flatten() {
        decoder.schema(schema, below("/components/schemas", own), &outer, Kinds::ALL);
    }
    decoder.rest();
    if !decoder.problems.is_empty() {
        return Err(decoder.problems);
    }
    let body = info.map(|info| braces(vec![Decl::Field(named("info", about(info)))]));
    Ok(Decoded {
        language: Language::OpenApi,
        doc: Vec::new(),
        imports: decoder.imports,
        version: None,
        id: None,
        deprecated: false,
        is_referred_to: false,
        expr: body.unwrap_or_else(|| braces(Vec::new())),
        named: decoder.named,
    })
}

fn inner(data: &Data) -> Option<&Fields> {
    match &data.value {
        DataValue::Struct(fields) => Some(fields),
        _ => None,
    }
}

/// `info`; whoever uses the schemas may have another title and version.
fn about(info: &Data) -> Expr {
    let decls = inner(info).into_iter().flatten().map(|(key, value)| {
        let value = as_expr(value, true);
        let value = match key.as_str() {
            "title" | "version" => {
                let own = vec![unary(UnaryOp::Default, value.clone()), name("string")];
                join(BinaryOp::Or, own).unwrap_or(value)
            }
            _ => value,
        };
        Decl::Field(member(key, Constraint::Regular, value))
    });
    braces(decls.collect())
}
