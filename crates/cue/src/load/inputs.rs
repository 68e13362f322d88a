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
    /// YAML documents.
    Yaml,
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
}

impl Input {
    pub(super) fn package(name: &str) -> Input {
        Input { name: name.to_owned(), format: Format::Package }
    }
}

fn by_name(word: &str) -> Option<Format> {
    Some(match word {
        "cue" => Format::Cue,
        "json" | "jsonl" | "ldjson" => Format::Json,
        "yaml" | "yml" => Format::Yaml,
        "text" | "txt" => Format::Text,
        "binary" => Format::Binary,
        _ => return None,
    })
}

/// The format of a file by its name.
fn by_extension(name: &str) -> Option<Format> {
    let file = name.rsplit('/').next().unwrap_or(name);
    match file.rsplit_once('.')?.1 {
        "cue" => Some(Format::Cue),
        "json" | "jsonl" | "ldjson" | "ndjson" => Some(Format::Json),
        "yaml" | "yml" => Some(Format::Yaml),
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
                        .help("known are cue, json, yaml, text and binary"),
                ),
            }
            continue;
        }
        let (own, name) = match argument.split_once(':') {
            Some((word, name)) if by_name(word).is_some() && !name.is_empty() => (by_name(word), name),
            _ => (None, argument.as_str()),
        };
        let format = own.or(qualifier).or_else(|| by_extension(name)).unwrap_or(match name {
            "-" => Format::Cue,
            _ => Format::Package,
        });
        inputs.push(Input { name: name.to_owned(), format });
    }
    if problems.is_empty() { Ok(inputs) } else { Err(problems) }
}
