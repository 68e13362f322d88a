//! `lateen cue def`: definitions as one file: packages, and schemas in other languages.

use super::flags::{NameArgs, refused};
use super::output::{Form, OutputArgs};
use super::session::{InputArgs, Problems};
use cue::export::{Indent, Options, text};
use cue::jsonschema::Layout;
use cue::load::{Loaded, to_cue};
use cue_syntax::ast::{File, Import};
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct DefArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Show attributes (they are always shown)
    #[arg(short = 'A', long = "show-attributes")]
    attributes: bool,
    /// Refused: what is imported stays a reference
    #[arg(long = "inline-imports", hide = true)]
    inline_imports: bool,
}

/// Runs it.
pub(crate) fn run(args: DefArgs) -> ExitCode {
    let mut out = Vec::new();
    match def(&args, &mut out).and_then(|()| args.output.write(&out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.input.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn def(args: &DefArgs, out: &mut Vec<u8>) -> Result<(), Problems> {
    if args.inline_imports {
        return Err(refused("--inline-imports", "what is imported stays a reference"));
    }
    let form = args.output.form(Form::Cue)?;
    for (i, loaded) in args.name.check().and_then(|()| args.input.loaded())?.into_iter().enumerate() {
        if i > 0 {
            out.extend(form.separator().as_bytes());
        }
        one(args, form, loaded, out)?;
    }
    Ok(())
}

fn one(args: &DefArgs, form: Form, loaded: Loaded, out: &mut Vec<u8>) -> Result<(), Problems> {
    let schemas = loaded.schemas.clone();
    let files = loaded.instance.files.clone();
    let sources = loaded.instance.sources.clone();
    let unit = args.input.compile(loaded)?;
    let language = args.output.schema();
    if form == Form::Cue
        && language.is_none()
        && unit.expressions.is_empty()
        && !schemas.is_empty()
        && schemas.len() == files.len()
    {
        for (schema, document) in &schemas {
            out.extend(to_cue(*schema, &document.data, Layout::Merged)?.as_bytes());
        }
        return Ok(());
    }
    let evaluation = unit.evaluate(&unit.documents);
    let errors = evaluation.diagnostics();
    if !errors.is_empty() && !args.input.global.ignore {
        return Err(errors);
    }
    if let Some(language) = language {
        let values: Vec<_> =
            unit.expressions.iter().map(|e| unit.expression(&evaluation, e)).collect::<Result<_, _>>()?;
        let values = if values.is_empty() { vec![unit.value(&evaluation)] } else { values };
        for value in values {
            super::output::write_schema(form, language, value, unit.title.clone(), out)?;
        }
        return Ok(());
    }
    if form != Form::Cue {
        let data = unit.value(&evaluation).data(&cue::DataOptions::default())?;
        return super::output::write_data(form, &data, out);
    }
    for e in &unit.expressions {
        let options = Options { schema: true, optional: true, attributes: true, docs: true, ..Options::EVAL };
        out.extend(text(unit.expression(&evaluation, e)?, &options, Indent::Tabs).as_bytes());
    }
    if !unit.expressions.is_empty() {
        return Ok(());
    }
    let printed = match files.as_slice() {
        // A single file keeps its comments and its lines.
        [file] if unit.documents.is_empty() => match sources.get(file.source) {
            Some(source) => cue_syntax::format_file(source, file),
            None => cue_syntax::print_file(file),
        },
        _ => cue_syntax::print_file(&joined(files)),
    };
    out.extend(printed.trim_start_matches('\n').as_bytes());
    if !unit.documents.is_empty() && unit.has_files {
        out.push(b'\n');
    }
    // Data have no file of their own to be shown.
    if !unit.documents.is_empty() {
        let data = unit.documents.iter().map(|d| (&[][..], &d.data));
        let alone = cue::compile(&cue::world::Nothing, cue::Instance::default())?;
        let evaluation = alone.evaluate_with(data, &cue::Limits::generous());
        out.extend(text(evaluation.root(), &Options::EVAL, Indent::Tabs).as_bytes());
    }
    Ok(())
}

/// Several files of a package as one.
fn joined(files: Vec<File>) -> File {
    let mut files = files.into_iter();
    let mut all = files.next().unwrap_or_else(|| File {
        source: cue_syntax::SourceId(u32::MAX),
        attributes: Vec::new(),
        package: None,
        imports: Vec::new(),
        decls: Vec::new(),
        comments: Vec::new(),
    });
    for file in files {
        all.package = all.package.or(file.package);
        let local = |i: &Import| (i.name.as_ref().map(|n| n.name.clone()), i.path.clone());
        for import in file.imports {
            if !all.imports.iter().any(|i| local(i) == local(&import)) {
                all.imports.push(import);
            }
        }
        all.decls.extend(file.decls);
    }
    all
}
