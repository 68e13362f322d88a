//! `lateen cue export`: a concrete value, as data.

use super::output::{Form, OutputArgs, write_data};
use super::session::{InputArgs, Last, Problems, Unit};
use cue::export::{Indent, Options, text};
use cue::load::Document;
use cue::{DataOptions, Value};
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Escape `<`, `>` and `&` in JSON
    #[arg(long)]
    escape: bool,
}

/// Runs it.
pub(crate) fn run(args: ExportArgs) -> ExitCode {
    let mut out = Vec::new();
    let result = export(&args, &mut out).and_then(|()| args.output.write(&out));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.input.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn export(args: &ExportArgs, out: &mut Vec<u8>) -> Result<(), Problems> {
    let form = args.output.form(Form::Json)?;
    let mut first = true;
    let mut last = Last::default();
    for unit in args.input.units()? {
        if args.input.merge || unit.documents.is_empty() {
            one(args, form, &unit, &unit.documents, (&mut first, &mut last), out)
                .map_err(|p| Unit::point(&unit.documents, p))?;
        } else {
            for document in &unit.documents {
                let document = std::slice::from_ref(document);
                one(args, form, &unit, document, (&mut first, &mut last), out).map_err(|p| Unit::point(document, p))?;
            }
        }
    }
    Ok(())
}

fn one(
    args: &ExportArgs,
    form: Form,
    unit: &Unit,
    documents: &[Document],
    (first, last): (&mut bool, &mut Last),
    out: &mut Vec<u8>,
) -> Result<(), Problems> {
    let evaluation = unit.evaluate(documents);
    if unit.expressions.is_empty() {
        let errors = evaluation.diagnostics();
        if !errors.is_empty() {
            return Err(errors);
        }
        print(args, form, unit.value(&evaluation), (first, last), out)?;
    }
    for e in &unit.expressions {
        print(args, form, evaluation.expression(e), (first, last), out)?;
    }
    last.evaluation(evaluation);
    Ok(())
}

fn print(
    args: &ExportArgs,
    form: Form,
    value: Value<'_>,
    (first, last): (&mut bool, &mut Last),
    out: &mut Vec<u8>,
) -> Result<(), Problems> {
    if !std::mem::take(first) {
        out.extend(form.separator().as_bytes());
    }
    let data = value.data(&DataOptions::default())?;
    if form == Form::Cue {
        out.extend(text(value, &Options::EXPORT, Indent::Tabs).as_bytes());
        return Ok(());
    }
    let start = out.len();
    write_data(form, &data, out)?;
    last.data(data);
    if args.escape && form == Form::Json {
        let text = String::from_utf8_lossy(out.get(start..).unwrap_or_default())
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026");
        out.truncate(start);
        out.extend(text.as_bytes());
    }
    Ok(())
}
