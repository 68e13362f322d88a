//! The arguments of a command: packages, CUE files, data files, qualifiers such as `json:`.

use super::Problems;
use cue_syntax::Diagnostic;

/// What an argument is read as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A folder or an import path.
    Package,
    /// CUE text.
    Cue,
    /// One or several JSON values.
    Json,
    /// One JSON value a line.
    JsonLines,
    /// YAML documents.
    Yaml,
    /// A TOML document.
    Toml,
    /// Comma-separated values with a line of names.
    Csv,
    /// A string.
    Text,
    /// Bytes.
    Binary,
}

/// One argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// A path, or `-` for standard input.
    pub name: String,
    /// What it is.
    pub format: Format,
    /// The schema language that the data are read as, if they are a schema and not data.
    pub schema: Option<Schema>,
}

/// A language of schemas that are written as data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// JSON Schema.
    Json,
    /// OpenAPI.
    OpenApi,
}

impl Input {
    pub(super) fn package(name: &str) -> Input {
        Input { name: name.to_owned(), format: Format::Package, schema: None }
    }
}

/// What the words of a qualifier say: `yaml`, `jsonschema+yaml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Qualifier {
    format: Option<Format>,
    schema: Option<Schema>,
}

fn by_name(words: &str) -> Option<Qualifier> {
    let mut qualifier = Qualifier { format: None, schema: None };
    for word in words.split('+') {
        match word {
            "jsonschema" => qualifier.schema = Some(Schema::Json),
            "openapi" => qualifier.schema = Some(Schema::OpenApi),
            "cue" => qualifier.format = Some(Format::Cue),
            "json" => qualifier.format = Some(Format::Json),
            "jsonl" | "ldjson" | "ndjson" => qualifier.format = Some(Format::JsonLines),
            "yaml" | "yml" => qualifier.format = Some(Format::Yaml),
            "toml" => qualifier.format = Some(Format::Toml),
            "csv" => qualifier.format = Some(Format::Csv),
            "text" | "txt" => qualifier.format = Some(Format::Text),
            "binary" => qualifier.format = Some(Format::Binary),
            // What is asked of the content beside its form.
            "data" | "graph" | "schema" => {}
            _ => return None,
        }
    }
    Some(qualifier)
}

/// The format of a file by its name.
pub(super) fn by_extension(name: &str) -> Option<Format> {
    let file = name.rsplit('/').next().unwrap_or(name);
    match file.rsplit_once('.')?.1 {
        "cue" => Some(Format::Cue),
        "json" => Some(Format::Json),
        "jsonl" | "ldjson" | "ndjson" => Some(Format::JsonLines),
        "yaml" | "yml" => Some(Format::Yaml),
        "toml" => Some(Format::Toml),
        "csv" => Some(Format::Csv),
        "txt" => Some(Format::Text),
        _ => None,
    }
}

/// Sorts arguments; a qualifier (`yaml:`) holds for all that follow it, up to the next.
pub(super) fn classify(arguments: &[String]) -> Result<Vec<Input>, Problems> {
    let mut inputs = Vec::new();
    let mut problems = Vec::new();
    let mut qualifier = None;
    for argument in arguments {
        if let Some(word) = argument.strip_suffix(':') {
            match by_name(word) {
                Some(format) => qualifier = Some(format),
                None => problems.push(
                    Diagnostic::error("cue/load", format!("unknown file type `{word}`"))
                        .help("known are cue, json, jsonl, yaml, toml, csv, text, binary, jsonschema and openapi"),
                ),
            }
            continue;
        }
        let (own, name) = match argument.split_once(':') {
            Some((word, name)) if by_name(word).is_some() && !name.is_empty() => (by_name(word), name),
            _ => (None, argument.as_str()),
        };
        let asked = own.or(qualifier).unwrap_or(Qualifier { format: None, schema: None });
        let format = asked.format.or_else(|| by_extension(name)).unwrap_or(match (name, asked.schema) {
            (_, Some(_)) => Format::Json,
            ("-", None) => Format::Cue,
            _ => Format::Package,
        });
        // A schema is written as data.
        let schema = asked.schema.filter(|_| !matches!(format, Format::Cue | Format::Package));
        inputs.push(Input { name: name.to_owned(), format, schema });
    }
    if problems.is_empty() { Ok(inputs) } else { Err(problems) }
}
