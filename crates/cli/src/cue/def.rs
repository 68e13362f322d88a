//! `lateen cue def`: definitions as one file: packages, and schemas in other languages.

use super::flags::NameArgs;
use super::output::{Form, OutputArgs};
use super::session::{InputArgs, Problems};
use cue::export::{Indent, Options, text};
use cue::jsonschema::Layout;
use cue::load::{Loaded, to_cue};
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
    /// Put what is used of the module's packages in, instead of importing them
    #[arg(long = "inline-imports")]
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
    let instance = loaded.instance.clone();
    let unit = args.input.compile(loaded)?;
    let language = args.output.schema();
    if form == Form::Cue
        && language.is_none()
        && unit.expressions.is_empty()
        && !schemas.is_empty()
        && schemas.len() == instance.files.len()
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
    let options = cue::define::Options { inline_imports: args.inline_imports };
    out.extend(cue::define::text(&instance, options).as_bytes());
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
