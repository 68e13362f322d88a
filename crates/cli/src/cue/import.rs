//! `lateen cue import`: data and schemas in other languages as CUE files.

use super::flags::{GlobalArgs, name_filter, refused};
use super::output::OutputArgs;
use super::session::Problems;
use crate::world::{Files, folders_above};
use cue::jsonschema::Layout;
use cue::load::{Document, Loaded, Options, Place, load, to_cue};
use cue_syntax::Diagnostic;
use std::path::Path;
use std::process::ExitCode;

/// The endings that are looked for in a folder, by mode.
const MODES: [(&str, &[&str]); 10] = [
    ("json", &[".json", ".jsonl", ".ldjson", ".ndjson"]),
    ("yaml", &[".yaml", ".yml"]),
    ("toml", &[".toml"]),
    ("csv", &[".csv"]),
    ("text", &[".txt"]),
    ("binary", &[]),
    ("jsonschema", &[".json", ".yaml", ".yml"]),
    ("openapi", &[".json", ".yaml", ".yml"]),
    ("auto", &[".json", ".yaml", ".yml"]),
    ("data", &[".json", ".yaml", ".yml"]),
];

/// The endings that are looked for without a mode.
const DATA: &[&str] = &[".json", ".jsonl", ".ldjson", ".ndjson", ".yaml", ".yml", ".toml", ".csv"];

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportArgs {
    /// A mode (json, yaml, toml, csv, text, binary, jsonschema, openapi, auto, data), then data files, or folders of them (`./...`
    /// walks); `-` is standard input, `jsonschema: FILE` names a type
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
    /// Evaluate `-l` over a struct with data, filename, index and recordCount instead of over the data
    #[arg(long = "with-context")]
    context: bool,
    /// Write what strings hold that are themselves JSON or YAML, and call json.Marshal or yaml.Marshal on it
    #[arg(short = 'R', long)]
    recursive: bool,
    /// Look for these endings in folders (repeatable); with a mode, they are read as it says
    #[arg(long = "ext", value_name = "ENDING")]
    endings: Vec<String>,
    /// Only files whose names match this regular expression
    #[arg(short = 'n', long = "name", value_name = "REGEXP")]
    name: Option<String>,
    /// Accepted as `cue` has it; documents of one file are merged where `-l` places them
    #[arg(long, default_missing_value = "true", num_args = 0..=1, require_equals = true)]
    merge: Option<bool>,
    /// Refused: `cue import` can neither combine it with a place nor hold data to it without one
    #[arg(short = 'd', long = "schema", value_name = "EXPR", hide = true)]
    schema: Option<String>,
    #[command(flatten)]
    global: GlobalArgs,
}

/// Runs it.
pub(crate) fn run(args: ImportArgs) -> ExitCode {
    match import(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.global.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn failed(message: impl Into<String>) -> Problems {
    vec![Diagnostic::error("cue/import", message)]
}

fn import(args: &ImportArgs) -> Result<(), Problems> {
    args.global.enter()?;
    if args.schema.is_some() {
        return Err(refused("-d", "imported data are not held to a schema; `lateen cue vet -d` does it"));
    }
    let inputs = inputs(args)?;
    if inputs.is_empty() {
        return Err(failed("there are no data files"));
    }
    let mut texts: Vec<(String, String)> = Vec::new();
    for (qualifier, name) in &inputs {
        let mut arguments: Vec<String> = qualifier.iter().cloned().collect();
        arguments.push(name.clone());
        let options = Options {
            place: Place { labels: args.place.clone(), context: args.context },
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
            // As `cue` does: what is there stays, and that is no failure.
            let d = Diagnostic::warning("cue/import", format!("skipped {name}, which exists already"));
            crate::report::print_first(&[d.help("-f overwrites it")]);
        } else {
            std::fs::write(&name, text).map_err(|e| failed(format!("cannot write {name}: {e}")))?;
        }
    }
    Ok(())
}

/// The mode that the first argument names.
fn mode(first: &str) -> Option<(&'static str, &'static [&'static str])> {
    MODES.iter().find(|(name, _)| *name == first).copied()
}

/// The files with the qualifiers before them; folders stand for the data files in them.
fn inputs(args: &ImportArgs) -> Result<Vec<(Option<String>, String)>, Problems> {
    let matches = name_filter(args.name.as_deref())?;
    let named = |name: &str| matches.as_ref().is_none_or(|m| m.is_match(name));
    let mode = args.inputs.first().and_then(|first| mode(first));
    let given = if mode.is_some() { args.inputs.get(1..).unwrap_or_default() } else { args.inputs.as_slice() };
    let folder_here = [".".to_owned()];
    let given = if given.is_empty() { folder_here.as_slice() } else { given };
    let mut qualifier = mode.filter(|(name, _)| !matches!(*name, "auto" | "data")).map(|(name, _)| format!("{name}:"));
    let own: Vec<&str> = args.endings.iter().map(String::as_str).collect();
    let endings = if own.is_empty() { mode.map_or(DATA, |(_, endings)| endings) } else { own.as_slice() };
    let mut out = Vec::new();
    for input in given {
        let walked = input.strip_suffix("...").map(|base| base.trim_end_matches('/'));
        let folder = walked.map_or(input.as_str(), |base| if base.is_empty() { "." } else { base });
        if input.ends_with(':') {
            qualifier = Some(input.clone());
        } else if Path::new(folder).is_dir() {
            let mut names = Vec::new();
            files_in(Path::new(folder), walked.is_some(), 0, &mut names)?;
            let file = |n: &str| n.rsplit('/').next().unwrap_or(n).to_owned();
            let data = names.into_iter().filter(|n| endings.iter().any(|end| n.ends_with(end)) && named(&file(n)));
            out.extend(data.map(|n| (qualifier.clone(), n)));
        } else {
            out.push((qualifier.clone(), input.clone()));
        }
    }
    Ok(out)
}

/// The files of a folder, sorted; those of the folders in it too, but for `cue.mod` and what starts with a dot or `_`.
fn files_in(folder: &Path, deep: bool, depth: usize, out: &mut Vec<String>) -> Result<(), Problems> {
    let shown = folder.display();
    let entries = std::fs::read_dir(folder).map_err(|e| failed(format!("cannot read {shown}: {e}")))?;
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        if !path.is_dir() {
            out.push(path.display().to_string());
        } else if deep && depth < 100 && name != "cue.mod" && !name.starts_with(['.', '_']) {
            files_in(&path, deep, depth + 1, out)?;
        }
    }
    Ok(())
}

fn data_text(args: &ImportArgs, data: &cue::Data, package: Option<&str>) -> String {
    if args.recursive {
        return cue::export::recursive_text(data, package);
    }
    cue::export::data_text(data, package)
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
            // The first has the name of the file, as `cue` has it.
            texts.push((target(name, (i > 0).then_some(i)), data_text(args, &document.data, package)));
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
        text.push_str(&data_text(args, &document.data, own));
    }
    if !documents.is_empty() {
        texts.push((target(name, None), text));
    }
    Ok(())
}
