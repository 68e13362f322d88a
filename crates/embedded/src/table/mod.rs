//! Objects as rows for people: the `Table` form of `kubectl get`.

mod age;
mod builtin;
mod json_path;
mod pod;
mod rows;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::age::age_of;
use self::json_path::JsonPath;
use crate::catalog::Served;
use crate::object;
use crate::rest::Query;
use crate::store::Store;

/// A column: its name, its type, and whether only `-o wide` shows it.
pub(crate) struct Header {
    name: String,
    kind: String,
    format: String,
    description: String,
    priority: i64,
}

impl Header {
    /// Parses `Name`, `Desired:integer`, `Selector+`.
    fn parse(text: &str) -> Header {
        let (text, priority) = text.strip_suffix('+').map_or((text, 0), |text| (text, 1));
        let (name, kind) = text.split_once(':').unwrap_or((text, "string"));
        let format = if name == "Name" { "name" } else { "" };
        Header { name: name.into(), kind: kind.into(), format: format.into(), description: String::new(), priority }
    }

    fn to_value(&self) -> Value {
        json!({
            "name": self.name, "type": self.kind, "format": self.format, "description": self.description,
            "priority": self.priority,
        })
    }
}

/// The Table of `objects`.
pub(crate) fn table(store: &Store, served: &Served, objects: &[Value], meta: &Value, query: &Query) -> Value {
    let now = store.now();
    let custom = served.custom().map(|custom| {
        let paths: Vec<Option<JsonPath>> = custom.columns.iter().map(|c| JsonPath::parse(&c.json_path)).collect();
        (custom, paths)
    });
    let headers: Vec<Header> = match &custom {
        Some((custom, _)) if !custom.columns.is_empty() => std::iter::once(Header::parse("Name"))
            .chain(custom.columns.iter().map(|column| Header {
                name: column.name.clone(),
                kind: column.kind.clone(),
                format: column.format.clone(),
                description: column.description.clone(),
                priority: column.priority,
            }))
            .collect(),
        Some(_) => vec![Header::parse("Name"), Header::parse("Age:date")],
        None => builtin::headers(&served.table).split(", ").map(Header::parse).collect(),
    };
    let include = query.text("includeObject").unwrap_or("Metadata");
    let rows: Vec<Value> = objects
        .iter()
        .map(|value| {
            let mut conditions = Vec::new();
            let cells = match &custom {
                Some((custom, paths)) if !custom.columns.is_empty() => {
                    std::iter::once(Value::from(object::name(value)))
                        .chain(
                            custom
                                .columns
                                .iter()
                                .zip(paths)
                                .map(|(c, path)| custom_cell(&c.kind, path.as_ref(), value, now)),
                        )
                        .collect()
                }
                Some(_) => vec![object::name(value).into(), age_of(value, now).into()],
                None => {
                    if &*served.table == "/pods" {
                        conditions = pod::row_conditions(value);
                    }
                    builtin::cells(&served.table, value, now)
                }
            };
            let mut row = json!({ "cells": cells });
            if !conditions.is_empty() {
                object::set(&mut row, &["conditions"], conditions);
            }
            match include {
                "None" => object::set(&mut row, &["object"], Value::Null),
                "Object" => object::set(&mut row, &["object"], value.clone()),
                _ => object::set(
                    &mut row,
                    &["object"],
                    json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": value.get("metadata").cloned().unwrap_or_default(),
                    }),
                ),
            }
            row
        })
        .collect();
    json!({
        "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta,
        "columnDefinitions": headers.iter().map(Header::to_value).collect::<Vec<_>>(),
        "rows": rows,
    })
}

fn custom_cell(kind: &str, path: Option<&JsonPath>, value: &Value, now: Timestamp) -> Value {
    let Some(found) = path.and_then(|path| path.first(value)) else { return Value::Null };
    match kind {
        "integer" => found.as_i64().or_else(|| found.as_f64().map(|n| n as i64)).map_or(Value::Null, Value::from),
        "number" => found.as_f64().map_or(Value::Null, Value::from),
        "boolean" => found.as_bool().map_or(Value::Null, Value::from),
        "date" => match found.as_str().map(str::parse::<Timestamp>) {
            Some(Ok(at)) => age::between(at, now).into(),
            Some(Err(_)) => "<invalid>".into(),
            None => Value::Null,
        },
        _ => match found {
            Value::String(text) => text.clone().into(),
            Value::Null => Value::Null,
            other => other.to_string().into(),
        },
    }
}
