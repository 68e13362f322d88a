//! JSON Schema out of CUE, draft 2020-12.
//!
//! Rules, those of `cue def --out jsonschema` (v0.17.1): a name of a definition is a `$ref` into `$defs`; a struct is an object
//! whose fields are required unless they are optional or concrete; what is closed says `additionalProperties: false`; types
//! become `type`, bounds, patterns and validators the keyword that says the same; what JSON Schema cannot say is left out, so that
//! the schema admits at least what the value does.
//!
//! Where a closed struct is a conjunction with alternatives, `unevaluatedProperties: false` closes it, which sees through `allOf`.

use crate::api::{ArcType, Constraint, ErrorClass, FieldOptions, Kinds, View};
use crate::data::{Data, DataValue, Fields};
use crate::number::Number;
use crate::program::{Parts, Value};
use crate::stack::down;
use cue_syntax::Diagnostic;
use cue_syntax::ast::UnaryOp;

type Outcome<T> = Result<T, Vec<Diagnostic>>;

/// Values inside values become schemas this deep.
const MAX_DEPTH: usize = 300;

/// The first keywords; those that work together follow, then the others by name.
const ORDER: [&str; 16] = [
    "$schema",
    "$defs",
    "type",
    "description",
    "contains",
    "maxContains",
    "minContains",
    "additionalProperties",
    "patternProperties",
    "properties",
    "additionalItems",
    "items",
    "prefixItems",
    "else",
    "if",
    "then",
];

/// Keywords that look at each other.
const GROUPS: [&[&str]; 4] = [
    &["contains", "maxContains", "minContains"],
    &["properties", "patternProperties", "additionalProperties"],
    &["items", "prefixItems"],
    &["if", "then", "else"],
];

/// A schema: everything, nothing, or keywords.
#[derive(Debug, Clone, PartialEq)]
enum Schema {
    True,
    False,
    Object(Fields),
}

impl Schema {
    fn one(key: &str, value: impl Into<Data>) -> Schema {
        let mut fields = Fields::default();
        fields.insert(key.into(), value.into());
        Schema::Object(fields)
    }

    fn data(self) -> Data {
        match self {
            Schema::True => true.into(),
            Schema::False => false.into(),
            Schema::Object(mut fields) => {
                let rank = |key: &str| ORDER.iter().position(|k| *k == key).unwrap_or(ORDER.len());
                fields.sort_by(|a, _, b, _| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
                DataValue::Struct(fields).into()
            }
        }
    }
}

/// All of them: as keywords of one schema where they do not disturb each other.
fn all_of(parts: Vec<Schema>) -> Schema {
    let mut merged = Fields::default();
    let mut apart: Vec<Schema> = Vec::new();
    let mut seen: Vec<Schema> = Vec::new();
    for part in parts {
        if seen.contains(&part) {
            continue;
        }
        seen.push(part.clone());
        match part {
            Schema::True => {}
            Schema::False => return Schema::False,
            Schema::Object(fields) => {
                let related = |key: &str| GROUPS.iter().find(|g| g.contains(&key)).copied().unwrap_or_default();
                let clash =
                    |key: &str| merged.contains_key(key) || related(key).iter().any(|k| merged.contains_key(*k));
                let same_type = fields.len() == 1 && fields.get("type").is_some_and(|t| merged.get("type") == Some(t));
                if same_type {
                    continue;
                }
                if fields.keys().any(|k| clash(k)) {
                    apart.push(Schema::Object(fields));
                } else {
                    merged.extend(fields);
                }
            }
        }
    }
    if apart.is_empty() {
        return if merged.is_empty() { Schema::True } else { Schema::Object(merged) };
    }
    if !merged.is_empty() {
        apart.push(Schema::Object(merged));
    }
    Schema::one("allOf", list(apart.into_iter().map(Schema::data)))
}

fn list(items: impl Iterator<Item = Data>) -> Data {
    DataValue::List(items.collect()).into()
}

struct Generator {
    definitions: Fields,
    depth: usize,
}

/// The schema of a value.
///
/// # Errors
/// What is an error in the value; values that are nested too deeply.
pub fn generate(value: Value<'_>) -> Outcome<Data> {
    let mut generator = Generator { definitions: Fields::default(), depth: 0 };
    let mut top = Fields::default();
    top.insert("$schema".into(), Data::string("https://json-schema.org/draft/2020-12/schema"));
    match generator.schema(value)? {
        Schema::True => {}
        Schema::False => drop(top.insert("not".into(), DataValue::Struct(Fields::default()).into())),
        Schema::Object(fields) => top.extend(fields),
    }
    if !generator.definitions.is_empty() {
        generator.definitions.sort_keys();
        top.insert("$defs".into(), DataValue::Struct(generator.definitions).into());
    }
    Ok(Schema::Object(top).data())
}

/// The name of a definition that a value is nothing but a name of.
fn definition(value: Value<'_>) -> Option<String> {
    let path = value.reference()?;
    let known = path.last().is_some_and(|l| l.starts_with('#') || l.starts_with("_#"));
    known.then(|| path.iter().map(|s| s.strip_prefix('#').unwrap_or(s)).collect::<Vec<_>>().join("."))
}

impl Generator {
    fn schema(&mut self, value: Value<'_>) -> Outcome<Schema> {
        if self.depth > MAX_DEPTH {
            return Err(vec![Diagnostic::error("cue/limit", "values are nested too deeply")]);
        }
        self.depth += 1;
        let result = down(|| self.described(value));
        self.depth -= 1;
        result
    }

    fn described(&mut self, value: Value<'_>) -> Outcome<Schema> {
        let schema = self.whole(value)?;
        let text = value.doc_texts().join("\n\n");
        if text.trim().is_empty() {
            return Ok(schema);
        }
        Ok(all_of(vec![schema, Schema::one("description", Data::string(text.trim()))]))
    }

    fn whole(&mut self, value: Value<'_>) -> Outcome<Schema> {
        if let Some(name) = definition(value) {
            if !self.definitions.contains_key(name.as_str()) {
                // There before it is built: it may name itself.
                self.definitions.insert(name.as_str().into(), true.into());
                let schema = self.schema(value.target())?;
                self.definitions.insert(name.as_str().into(), schema.data());
            }
            return Ok(Schema::one("$ref", Data::string(format!("#/$defs/{name}"))));
        }
        match value.parts() {
            Parts::Or(parts) if parts.len() > 1 => self.any_of(parts),
            Parts::And(parts) if parts.iter().any(|p| matches!(p.parts(), Parts::Or(_)) && is_struct(*p)) => {
                let closed = value.is_closed();
                let mut all = Vec::new();
                for part in parts {
                    all.push(self.open(part)?);
                }
                if closed {
                    all.push(Schema::one("unevaluatedProperties", false));
                }
                Ok(all_of(all))
            }
            _ => self.known(value, value.is_closed()),
        }
    }

    /// A part of a conjunction: what it does not name may still be named by another.
    fn open(&mut self, value: Value<'_>) -> Outcome<Schema> {
        match value.parts() {
            _ if definition(value).is_some() => self.known(value, false),
            Parts::Or(parts) if parts.len() > 1 => {
                let mut all = Vec::new();
                for part in parts {
                    all.push(self.open(part)?);
                }
                Ok(any_of(all))
            }
            _ => self.known(value, false),
        }
    }

    fn any_of(&mut self, parts: Vec<Value<'_>>) -> Outcome<Schema> {
        let mut all = Vec::new();
        for part in parts {
            all.push(self.schema(part)?);
        }
        Ok(any_of(all))
    }

    /// A value as it was worked out.
    fn known(&mut self, value: Value<'_>, closed: bool) -> Outcome<Schema> {
        match value.view() {
            View::Bottom(ErrorClass::Error, found) => {
                if found.is_empty() {
                    Ok(Schema::False)
                } else {
                    Err(found)
                }
            }
            // What is not known yet can be anything of its kinds.
            View::Bottom(..) | View::Unknown(_) | View::Unresolved(_) => Ok(types(value.kind())),
            View::Scalar(Data { value: DataValue::Null, .. }) => Ok(Schema::one("type", Data::string("null"))),
            View::Scalar(data) => Ok(Schema::one("const", data)),
            View::Disjunction(alternatives) => self.any_of(alternatives.into_iter().map(|(v, _)| v).collect()),
            View::Constraint(parts) => {
                let mut all = vec![types(value.kind())];
                for part in &parts {
                    all.push(self.part(part)?);
                }
                Ok(all_of(all))
            }
            View::Struct { open, patterns } => self.object(value, closed && !open, &patterns),
            View::List { rest } => self.array(value, rest),
        }
    }

    fn part(&mut self, part: &Constraint<'_>) -> Outcome<Schema> {
        Ok(match part {
            Constraint::Type(_) => Schema::True,
            Constraint::Bound(op, limit) => {
                let View::Scalar(limit) = limit.default().view() else { return Ok(Schema::True) };
                let number = matches!(limit.value, DataValue::Number(_));
                match op {
                    UnaryOp::Less if number => Schema::one("exclusiveMaximum", limit),
                    UnaryOp::LessEqual if number => Schema::one("maximum", limit),
                    UnaryOp::Greater if number => Schema::one("exclusiveMinimum", limit),
                    UnaryOp::GreaterEqual if number => Schema::one("minimum", limit),
                    UnaryOp::Match => Schema::one("pattern", limit),
                    UnaryOp::NotMatch => Schema::one("not", Schema::one("pattern", limit).data()),
                    UnaryOp::Equal => Schema::one("const", limit),
                    UnaryOp::NotEqual => Schema::one("not", Schema::one("const", limit).data()),
                    _ => Schema::True,
                }
            }
            Constraint::Call(package, name, arguments) => self.call(package, name, arguments)?,
        })
    }

    fn call(&mut self, package: &str, name: &str, arguments: &[Value<'_>]) -> Outcome<Schema> {
        let argument = arguments.first().and_then(|a| match a.default().view() {
            View::Scalar(data) => Some(data),
            _ => None,
        });
        let keyword = match (package, name) {
            ("strings", "MinRunes") => "minLength",
            ("strings", "MaxRunes") => "maxLength",
            ("math", "MultipleOf") => "multipleOf",
            ("list", "MinItems") => "minItems",
            ("list", "MaxItems") => "maxItems",
            ("struct", "MinFields") => "minProperties",
            ("struct", "MaxFields") => "maxProperties",
            ("list", "UniqueItems") => return Ok(Schema::one("uniqueItems", true)),
            ("time", "Time") => return Ok(Schema::one("format", Data::string("date-time"))),
            ("net", "IPv4") => return Ok(Schema::one("format", Data::string("ipv4"))),
            ("net", "IPv6") => return Ok(Schema::one("format", Data::string("ipv6"))),
            ("time", "Format") => {
                let Some(Data { value: DataValue::String(layout), .. }) = argument else { return Ok(Schema::True) };
                return Ok(match layout.as_str() {
                    "2006-01-02" => Schema::one("format", Data::string("date")),
                    "15:04:05" => Schema::one("format", Data::string("time")),
                    l if l.starts_with("2006-01-02T15:04:05") => Schema::one("format", Data::string("date-time")),
                    _ => Schema::True,
                });
            }
            ("", "matchN") => return self.match_n(arguments),
            ("", "matchIf") => return self.match_if(arguments),
            _ => return Ok(Schema::True),
        };
        Ok(argument.map_or(Schema::True, |data| Schema::one(keyword, data)))
    }

    /// `matchN(1, [a, b])` is `oneOf`, and so on.
    fn match_n(&mut self, arguments: &[Value<'_>]) -> Outcome<Schema> {
        let [count, schemas] = arguments else { return Ok(Schema::True) };
        let mut all = Vec::new();
        for item in schemas.items() {
            all.push(self.schema(item)?);
        }
        let whole = |d: &Data| match &d.value {
            DataValue::Number(n) => n.to_i64(),
            _ => None,
        };
        let members = |all: Vec<Schema>| list(all.into_iter().map(Schema::data));
        Ok(match count.view() {
            View::Scalar(n) => match (whole(&n), all.len()) {
                (Some(0), _) => Schema::one("not", any_of(all).data()),
                (Some(n), len) if n == len as i64 => all_of(all),
                (Some(1), _) => Schema::one("oneOf", members(all)),
                _ => Schema::True,
            },
            View::Constraint(parts) => match parts.as_slice() {
                [Constraint::Bound(UnaryOp::GreaterEqual, limit)] => match limit.view() {
                    View::Scalar(n) if whole(&n) == Some(1) => any_of(all),
                    _ => Schema::True,
                },
                _ => Schema::True,
            },
            _ => Schema::True,
        })
    }

    fn match_if(&mut self, arguments: &[Value<'_>]) -> Outcome<Schema> {
        let [condition, then, otherwise] = arguments else { return Ok(Schema::True) };
        let mut fields = Fields::default();
        fields.insert("if".into(), self.schema(*condition)?.data());
        for (key, value) in [("then", then), ("else", otherwise)] {
            let schema = self.schema(*value)?;
            if schema != Schema::True {
                fields.insert(key.into(), schema.data());
            }
        }
        Ok(Schema::Object(fields))
    }

    fn object(&mut self, value: Value<'_>, closed: bool, patterns: &[(Value<'_>, Value<'_>)]) -> Outcome<Schema> {
        let mut properties = Fields::default();
        let mut required = Vec::new();
        for field in value.fields(&FieldOptions { optional: true, ..FieldOptions::default() }) {
            let needed = match field.arc {
                ArcType::Optional => false,
                ArcType::Required => true,
                ArcType::Regular => field.value.data(&crate::DataOptions::default()).is_err(),
            };
            if needed {
                required.push(Data::string(field.label.clone()));
            }
            properties.insert(field.label.clone(), self.schema(field.value)?.data());
        }
        let mut fields = Fields::default();
        fields.insert("type".into(), Data::string("object"));
        let mut by_pattern = Fields::default();
        let mut additional = closed.then_some(Schema::False);
        for (label, value) in patterns {
            let schema = self.schema(*value)?;
            match pattern_text(*label) {
                Some(text) if text.is_empty() => additional = (schema != Schema::True).then_some(schema),
                Some(text) => {
                    by_pattern.insert(text.into(), schema.data());
                }
                // Names that JSON Schema cannot describe: any name may be one of them.
                None => additional = None,
            }
        }
        properties.sort_keys();
        required.sort_by_key(|d| match &d.value {
            DataValue::String(s) => s.clone(),
            _ => Default::default(),
        });
        for (key, map) in [("properties", properties), ("patternProperties", by_pattern)] {
            if !map.is_empty() {
                fields.insert(key.into(), DataValue::Struct(map).into());
            }
        }
        if let Some(schema) = additional {
            fields.insert("additionalProperties".into(), schema.data());
        }
        if !required.is_empty() {
            fields.insert("required".into(), list(required.into_iter()));
        }
        Ok(Schema::Object(fields))
    }

    fn array(&mut self, value: Value<'_>, rest: Option<Value<'_>>) -> Outcome<Schema> {
        let mut fields = Fields::default();
        fields.insert("type".into(), Data::string("array"));
        let mut prefix = Vec::new();
        for item in value.items() {
            prefix.push(self.schema(item)?.data());
        }
        let count = Number::from(prefix.len() as u64);
        if !prefix.is_empty() {
            fields.insert("minItems".into(), count.clone().into());
            fields.insert("prefixItems".into(), list(prefix.into_iter()));
        }
        match rest {
            None => {
                fields.insert("maxItems".into(), count.into());
            }
            Some(rest) => {
                let schema = self.schema(rest)?;
                if schema != Schema::True {
                    fields.insert("items".into(), schema.data());
                }
            }
        }
        Ok(Schema::Object(fields))
    }
}

fn is_struct(value: Value<'_>) -> bool {
    !value.kind().and(Kinds::STRUCT).is_empty()
}

/// Any of them; constants become `enum`.
fn any_of(all: Vec<Schema>) -> Schema {
    if all.contains(&Schema::True) {
        return Schema::True;
    }
    let mut kept: Vec<Schema> = Vec::new();
    for schema in all {
        if schema != Schema::False && !kept.contains(&schema) {
            kept.push(schema);
        }
    }
    let constant = |s: &Schema| match s {
        Schema::Object(fields) if fields.len() == 1 => fields.get("const").cloned(),
        _ => None,
    };
    match kept.as_slice() {
        [] => Schema::False,
        [one] => one.clone(),
        several => match several.iter().map(constant).collect::<Option<Vec<Data>>>() {
            Some(values) => Schema::one("enum", list(values.into_iter())),
            None => Schema::one("anyOf", list(kept.into_iter().map(Schema::data))),
        },
    }
}

/// The pattern that a label must match; empty for all labels, nothing where no pattern says it.
fn pattern_text(label: Value<'_>) -> Option<String> {
    let View::Constraint(parts) = label.view() else { return None };
    match parts.as_slice() {
        [] => Some(String::new()),
        [Constraint::Type(kinds)] if kinds.contains(Kinds::STRING) => Some(String::new()),
        [Constraint::Bound(UnaryOp::Match, limit)] => match limit.view() {
            View::Scalar(Data { value: DataValue::String(text), .. }) => Some(text.to_string()),
            _ => None,
        },
        _ => None,
    }
}

/// `type` for kinds.
fn types(kinds: Kinds) -> Schema {
    if kinds.contains(Kinds(Kinds::TOP.0 & !Kinds::FUNC.0)) || kinds.is_empty() {
        return Schema::True;
    }
    let mut names = Vec::new();
    let float = kinds.contains(Kinds::FLOAT);
    for (kind, name) in [
        (Kinds::NULL, "null"),
        (Kinds::BOOL, "boolean"),
        (Kinds::INT, "integer"),
        (Kinds::FLOAT, "number"),
        (Kinds::STRING, "string"),
        (Kinds::BYTES, "string"),
        (Kinds::LIST, "array"),
        (Kinds::STRUCT, "object"),
    ] {
        if kinds.contains(kind) && !(kind == Kinds::INT && float) && !names.contains(&name) {
            names.push(name);
        }
    }
    match names.as_slice() {
        [one] => Schema::one("type", Data::string(*one)),
        _ => Schema::one("type", list(names.into_iter().map(Data::string))),
    }
}
