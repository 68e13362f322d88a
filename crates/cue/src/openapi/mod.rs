//! OpenAPI out of CUE: the definitions of a value as an OpenAPI document.
//!
//! Rules, those of `cue def --out openapi` (encoding/openapi, v0.17.1):
//!
//! * each definition is a schema under `components.schemas`; a definition inside another one is `Outer.Inner`. What a schema
//!   names is a `$ref`; what is named and has no schema yet gets one;
//! * `info` and `$version` are the only regular fields; the comment at the top is the title;
//! * a value is split the way it was written (see [`crate::Parts`]): what is named becomes a `$ref`, the rest becomes
//!   keywords of one schema, or members of `allOf` where a keyword would stand twice;
//! * alternatives are `enum`, `oneOf` and `nullable`. Closedness is not said: where one alternative admits another, `not`
//!   tells them apart;
//! * a concrete default is `default`, comments are `description`, `@protobuf(…,deprecated)` is `deprecated`.
//!
//! Where the reference fails for no reason that lies in the input (three products of alternatives in a row, a name of a
//! hidden field), the schema is written all the same.

mod build;
mod format;
mod kinds;
mod marshal;
mod schema;

use crate::api::{ArcType, FieldOptions, View};
use crate::data::{Data, DataValue, Fields};
use crate::program::Value;
use cue_syntax::{Diagnostic, Source};
use smol_str::SmolStr;

/// The versions of OpenAPI that can be written.
const VERSIONS: [&str; 2] = ["3.0.0", "3.1.0"];

/// What is generated.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// `3.0.0` (the default) or `3.1.0`.
    pub version: Option<String>,
    /// The `info` section as it stands; without it `info` and `$version` of the value give it.
    pub info: Option<Data>,
    /// The title where the value gives none: the comment at the top of the file.
    pub title: Option<String>,
    /// Write what is named in its place instead of `$ref`.
    pub expand_references: bool,
}

/// What is being built.
struct Context<'e> {
    expand: bool,
    /// `exclusiveMinimum: true` beside `minimum` (3.0) instead of `exclusiveMinimum: n` (3.1).
    exclusive_bool: bool,
    /// `components.schemas` so far.
    schemas: Fields,
    /// What has been named, with its value.
    named: Vec<(String, Value<'e>)>,
    /// Where we are: the name of a schema and of what is inside.
    path: Vec<String>,
    /// What is being expanded.
    trail: Vec<Vec<SmolStr>>,
    depth: usize,
}

fn failed(message: impl Into<String>) -> Vec<Diagnostic> {
    vec![Diagnostic::error("cue/openapi", message)]
}

/// The title that a file gives: the comment at its top, when it stands apart from what follows or above the package.
pub fn title(source: &Source) -> Option<String> {
    let mut lines = source.text.lines().map(str::trim).skip_while(|l| l.is_empty()).peekable();
    let mut text = Vec::new();
    while let Some(comment) = lines.peek().and_then(|l| l.strip_prefix("//")) {
        text.push(comment.strip_prefix(' ').unwrap_or(comment));
        lines.next();
    }
    let apart = lines.peek().is_none_or(|l| l.is_empty() || l.starts_with("package ") || l.starts_with("import "));
    (apart && !text.is_empty()).then(|| text.join("\n").trim().to_owned())
}

/// The document for the definitions of a value.
///
/// # Errors
/// Regular fields other than `info` and `$version`; errors in the value; what OpenAPI cannot say; a version that is not known;
/// a name that goes in circles where names are to be expanded.
pub fn generate(value: Value<'_>, config: &Config) -> Result<Data, Vec<Diagnostic>> {
    let version = config.version.as_deref().unwrap_or("3.0.0");
    if !VERSIONS.contains(&version) {
        return Err(failed(format!("unsupported version {version}")));
    }
    let mut context = Context {
        expand: config.expand_references,
        exclusive_bool: version == "3.0.0",
        schemas: Fields::default(),
        named: Vec::new(),
        path: Vec::new(),
        trail: Vec::new(),
        depth: 0,
    };
    for field in value.fields(&FieldOptions { definitions: true, ..FieldOptions::default() }) {
        if field.value.is_special()
            && let Some(name) = field.label.strip_prefix('#')
            && !name.ends_with("_value")
        {
            let schema = context.schema(name, field.value)?;
            context.schemas.insert(name.into(), schema);
        }
    }
    // What is named may name more.
    while let Some(at) = context.named.iter().position(|(name, _)| !context.schemas.contains_key(name.as_str())) {
        let (name, value) = context.named.remove(at);
        context.path = name.rsplit_once('.').map_or(Vec::new(), |(outer, _)| vec![outer.to_owned()]);
        let last = name.rsplit('.').next().unwrap_or(&name).to_owned();
        let schema = context.named_schema(&last, value)?;
        context.schemas.insert(name.into(), schema);
    }
    context.schemas.sort_keys();
    let info = info(value, config)?;
    let mut out = Fields::default();
    out.insert("openapi".into(), Data::string(version));
    out.insert("info".into(), info);
    out.insert("paths".into(), DataValue::Struct(Fields::default()).into());
    let mut components = Fields::default();
    components.insert("schemas".into(), DataValue::Struct(context.schemas).into());
    out.insert("components".into(), DataValue::Struct(components).into());
    Ok(DataValue::Struct(out).into())
}

/// The `info` section.
fn info(value: Value<'_>, config: &Config) -> Result<Data, Vec<Diagnostic>> {
    let mut given = Fields::default();
    let mut version = None;
    let mut problems = Vec::new();
    for field in value.fields(&FieldOptions::default()) {
        let renamed = field.value.attributes().into_iter().find(|(name, _)| name == "openapi");
        let label = match &renamed {
            Some((_, body)) if !body.is_empty() => body.split(',').next().unwrap_or_default().trim(),
            _ => field.label.as_str(),
        };
        match label {
            "$version" => {
                if let View::Scalar(Data { value: DataValue::String(text), .. }) = field.value.default().view() {
                    version = Some(text);
                }
            }
            "-" => {}
            "info" if config.info.is_some() => {}
            "info" => match field.value.data(&crate::DataOptions::default()) {
                Ok(Data { value: DataValue::Struct(fields), .. }) => given = fields,
                Ok(_) => problems.extend(failed("info must be a struct")),
                Err(found) => problems.extend(found),
            },
            _ if field.arc == ArcType::Optional => {}
            _ => {
                let d = Diagnostic::error("cue/openapi", format!("unsupported top-level field `{label}`"))
                    .help("definitions (#D) become schemas; beside them only info and $version may stand");
                let at = field.value.span().map(|span| {
                    d.clone().at(value.evaluation().program().sources(), span, "not part of an OpenAPI document")
                });
                problems.push(at.unwrap_or(d));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    if let Some(info) = &config.info {
        return Ok(info.clone());
    }
    let text = |d: Option<&Data>| match d {
        Some(Data { value: DataValue::String(s), .. }) if !s.is_empty() => Some(s.clone()),
        _ => None,
    };
    let title = text(given.get("title")).or(config.title.as_deref().map(Into::into));
    let version = text(given.get("version")).or(version.filter(|v| !v.is_empty()));
    given.insert("title".into(), Data::string(title.unwrap_or_else(|| "Generated by cue.".into())));
    given.insert("version".into(), Data::string(version.unwrap_or_else(|| "no version".into())));
    Ok(DataValue::Struct(given).into())
}

#[cfg(test)]
mod tests;
