//! `lateen cue eval`: the result as CUE, also where it is not concrete.

use super::flags::NameArgs;
use super::output::{Form, OutputArgs, write_data};
use super::session::{InputArgs, Problems, Unit};
use cue::export::{Indent, Options, text};
use cue::load::Document;
use cue::{Completeness, DataOptions, Value};
use cue_syntax::Diagnostic;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct EvalArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Show optional and hidden fields and attributes
    #[arg(short = 'a', long)]
    all: bool,
    /// Require a concrete value
    #[arg(short = 'c', long)]
    concrete: bool,
    /// Show hidden fields
    #[arg(short = 'H', long = "show-hidden")]
    hidden: bool,
    /// Show optional fields
    #[arg(short = 'O', long = "show-optional")]
    optional: bool,
    /// Show attributes
    #[arg(short = 'A', long = "show-attributes")]
    attributes: bool,
}

/// Runs it.
pub(crate) fn run(args: EvalArgs) -> ExitCode {
    let mut out = Vec::new();
    let result = eval(&args, &mut out);
    let written = args.output.write(&out);
    match result.and(written) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.input.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn eval(args: &EvalArgs, out: &mut Vec<u8>) -> Result<(), Problems> {
    let form = args.output.form(Form::Cue)?;
    for unit in args.name.check().and_then(|()| args.input.units())? {
        if !args.input.apart() || unit.documents.is_empty() {
            one(args, form, &unit, &unit.documents, out).map_err(|p| Unit::point(&unit.documents, p))?;
            continue;
        }
        for (i, document) in unit.documents.iter().enumerate() {
            if i > 0 {
                out.extend(form.separator().as_bytes());
            }
            let document = std::slice::from_ref(document);
            one(args, form, &unit, document, out).map_err(|p| Unit::point(document, p))?;
        }
    }
    Ok(())
}

fn one(args: &EvalArgs, form: Form, unit: &Unit, documents: &[Document], out: &mut Vec<u8>) -> Result<(), Problems> {
    let evaluation = unit.evaluate(documents);
    if unit.expressions.is_empty() {
        return print(args, form, unit.value(&evaluation), evaluation.diagnostics(), out);
    }
    for (i, e) in unit.expressions.iter().enumerate() {
        if form == Form::Cue && unit.expressions.len() > 1 {
            out.extend(format!("// {}\n", args.input.expressions.get(i).map_or("", String::as_str)).as_bytes());
        }
        let value = unit.expression(&evaluation, e)?;
        print(args, form, value, value.errors(), out)?;
    }
    Ok(())
}

fn print(
    args: &EvalArgs,
    form: Form,
    value: Value<'_>,
    errors: Vec<Diagnostic>,
    out: &mut Vec<u8>,
) -> Result<(), Problems> {
    if !errors.is_empty() && !args.input.global.ignore {
        return Err(errors);
    }
    if args.concrete {
        let incomplete = value.incomplete();
        if !incomplete.is_empty() {
            return Err(incomplete);
        }
    }
    if let Some(language) = args.output.schema() {
        return super::output::write_schema(form, language, value, None, out);
    }
    if form != Form::Cue {
        let data = value.data(&DataOptions { completeness: Completeness::Concrete, origins: false })?;
        return write_data(form, &data, out);
    }
    let options = Options {
        definitions: !args.concrete,
        hidden: args.all || args.hidden,
        optional: args.all || args.optional,
        attributes: args.attributes,
        ..Options::EVAL
    };
    out.extend(text(value, &options, Indent::Spaces).as_bytes());
    Ok(())
}
