//! `lateen cue import`: data and schemas in other languages as CUE files.

use super::output::OutputArgs;
use super::session::Problems;
use crate::world::{Files, folders_above};
use cue::jsonschema::Layout;
use cue::load::{Document, Loaded, Options, Place, load, to_cue};
use cue_syntax::Diagnostic;
use std::path::Path;
use std::process::ExitCode;

/// The file names that are read in a folder.
const DATA: [&str; 8] = [".json", ".jsonl", ".ldjson", ".ndjson", ".yaml", ".yml", ".toml", ".csv"];

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// Data files, or folders of them; `-` is standard input, `jsonschema: FILE` names a type
    inputs: Vec<String>,
    #[command(flatten)]
    output: OutputArgs,
    /// The package that the files get
    #[arg(short = 'p', long = "package", value_name = "NAME")]
    package: Option<String>,
    /// Where each document is placed: `a:` for a label, or an expression over the data (repeatable)
    #[arg(short = 'l', long = "path", value_name = "LABEL")]
    place: Vec<String>,
    /// Combine all documents of a file into one list
    #[arg(long)]
    list: bool,
    /// Write each document to a file of its own
    #[arg(long)]
    files: bool,
    /// Show what would be written, and write nothing
    #[arg(long = "dry-run")]
    dry_run: bool,
    /// Only files whose names match this regular expression
    #[arg(short = 'n', long = "name", value_name = "REGEXP")]
    name: Option<String>,
    /// Print all errors
    #[arg(short = 'E', long = "all-errors")]
    all_errors: bool,
}

/// Runs it.
pub(crate) fn run(args: ImportArgs) -> ExitCode {
    match import(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            if args.all_errors {
                crate::report::print_all(&problems);
            } else {
                crate::report::print(&problems);
            }
            ExitCode::FAILURE
        }
    }
}

fn failed(message: impl Into<String>) -> Problems {
    vec![Diagnostic::error("cue/import", message)]
}

fn import(args: &ImportArgs) -> Result<(), Problems> {
    let inputs = inputs(args)?;
    if inputs.is_empty() {
        return Err(failed("there are no data files"));
    }
    let mut texts: Vec<(String, String)> = Vec::new();
    for (qualifier, name) in &inputs {
        let mut arguments: Vec<String> = qualifier.iter().cloned().collect();
        arguments.push(name.clone());
        let options = Options {
            place: Place { labels: args.place.clone() },
            list: args.list,
            folders_above: folders_above(),
            ..Options::default()
        };
        for loaded in load(&Files, &options, &arguments)? {
            file_texts(args, name, &loaded, &mut texts)?;
        }
    }
    if args.output.has_file() {
        let all: Vec<String> = texts.into_iter().map(|(_, text)| text).collect();
        return args.output.write(all.join("").as_bytes());
    }
    for (name, text) in texts {
        if args.dry_run {
            args.output.write(format!("// {name}\n{text}").as_bytes())?;
        } else if name == "-" {
            args.output.write(text.as_bytes())?;
        } else if Path::new(&name).exists() && !args.output.force {
            return Err(failed(format!("{name} exists already"))
                .into_iter()
                .map(|d| d.help("-f overwrites it"))
                .collect());
        } else {
            std::fs::write(&name, text).map_err(|e| failed(format!("cannot write {name}: {e}")))?;
        }
    }
    Ok(())
}

/// The files with the qualifiers before them; folders stand for the data files in them.
fn inputs(args: &ImportArgs) -> Result<Vec<(Option<String>, String)>, Problems> {
    let matches = match &args.name {
        Some(text) => Some(cue::regexp::Regexp::new(text).map_err(|e| failed(e.to_string()))?),
        None => None,
    };
    let named = |name: &str| matches.as_ref().is_none_or(|m| m.is_match(name));
    let mut qualifier = None;
    let mut out = Vec::new();
    let folder_here = [".".to_owned()];
    let given = if args.inputs.is_empty() { folder_here.as_slice() } else { args.inputs.as_slice() };
    for input in given {
        if input.ends_with(':') {
            qualifier = Some(input.clone());
        } else if Path::new(input).is_dir() {
            let entries = std::fs::read_dir(input).map_err(|e| failed(format!("cannot read {input}: {e}")))?;
            let mut names: Vec<String> =
                entries.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
            names.sort();
            let data = names.iter().filter(|n| DATA.iter().any(|end| n.ends_with(end)) && named(n));
            out.extend(data.map(|n| (qualifier.clone(), Path::new(input).join(n).display().to_string())));
        } else {
            out.push((qualifier.clone(), input.clone()));
        }
    }
    Ok(out)
}

/// `a/b.json` becomes `a/b.cue`.
fn target(name: &str, number: Option<usize>) -> String {
    if name == "-" {
        return name.to_owned();
    }
    let stem = Path::new(name).with_extension("");
    match number {
        Some(n) => format!("{}-{n}.cue", stem.display()),
        None => format!("{}.cue", stem.display()),
    }
}

fn file_texts(
    args: &ImportArgs,
    name: &str,
    loaded: &Loaded,
    texts: &mut Vec<(String, String)>,
) -> Result<(), Problems> {
    let package = args.package.as_deref();
    for (schema, document) in &loaded.schemas {
        let text = to_cue(*schema, &document.data, Layout::Plain)?;
        let head = package.map(|p| format!("package {p}\n\n")).unwrap_or_default();
        texts.push((target(name, None), head + &text));
    }
    let documents: &[Document] = &loaded.documents;
    if args.files {
        for (i, document) in documents.iter().enumerate() {
            let number = (documents.len() > 1).then_some(i);
            texts.push((target(name, number), cue::export::data_text(&document.data, package)));
        }
        return Ok(());
    }
    if documents.len() > 1 && args.place.is_empty() && !args.list {
        return Err(failed(format!("{name} holds {} documents", documents.len()))
            .into_iter()
            .map(|d| d.help("choose --list, --files, or -l to say where each is placed"))
            .collect());
    }
    let mut text = String::new();
    for document in documents {
        let own = if text.is_empty() { package } else { None };
        text.push_str(&cue::export::data_text(&document.data, own));
    }
    if !documents.is_empty() {
        texts.push((target(name, None), text));
    }
    Ok(())
}
