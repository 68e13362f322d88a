//! `lateen def render`: a definition in another form.

use super::files;
use crate::output::{self, Format};
use crate::session::Outcome;
use authoring::convert;
use serde_json::Value;
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def render my-trait.cue                    as the object that a hub stores
  lateen def render definitions/ --into out/        a file each
  lateen def render from-cluster.yaml -o cue        back to CUE")]
pub(crate) struct RenderArgs {
    /// Definition files (CUE, YAML) or folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The form
    #[arg(long, short, value_enum, default_value = "yaml")]
    output: Form,
    /// Write a file for each definition into this folder
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// Namespace of the objects
    #[arg(long, short)]
    namespace: Option<String>,
}

/// The forms of a definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Form {
    /// The object, as YAML
    Yaml,
    /// The object, as JSON
    Json,
    /// The file that a person edits
    Cue,
}

/// A definition in a form.
pub(crate) fn form(definition: &model::Definition, form: Form) -> Outcome<String> {
    if form == Form::Cue {
        return Ok(convert::cue(definition)?);
    }
    let object = object(definition)?;
    output::text(&object, if form == Form::Json { Format::Json } else { Format::Yaml })
}

/// The object that a hub stores.
pub(crate) fn object(definition: &model::Definition) -> Outcome<Value> {
    serde_json::to_value(definition.to_object())
        .map_err(|e| cue_syntax::Diagnostic::error("def/object", e.to_string()).into())
}

pub(crate) fn run(args: &RenderArgs) -> Outcome {
    let mut first = true;
    for path in &args.paths {
        for file in files::definitions(path) {
            let source = files::source(&file)?;
            if path.is_dir() && !files::looks_like_definition(&source.name, &source.text) {
                continue;
            }
            for mut loaded in files::loaded(&source)? {
                if let Some(namespace) = &args.namespace {
                    loaded.definition.namespace.clone_from(namespace);
                }
                let text = form(&loaded.definition, args.output)?;
                match &args.into {
                    Some(folder) => {
                        let end = match args.output {
                            Form::Yaml => "yaml",
                            Form::Json => "json",
                            Form::Cue => "cue",
                        };
                        std::fs::create_dir_all(folder)?;
                        let file = folder.join(format!("{}.{end}", loaded.definition.name));
                        files::write(&file, &text, true)?;
                        println!("{}", file.display());
                    }
                    None => {
                        if !std::mem::take(&mut first) && args.output == Form::Yaml {
                            println!("---");
                        }
                        print!("{text}");
                    }
                }
            }
        }
    }
    Ok(())
}
