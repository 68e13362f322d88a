//! `lateen cue export`: a concrete value, as data.

use super::flags::NameArgs;
use super::output::{Form, OutputArgs, write_data, write_schema};
use super::session::{InputArgs, Last, Problems, Unit};
use crate::threads::side_by_side;
use cue::export::{Indent, Options, text};
use cue::json::Style;
use cue::load::Document;
use cue::{DataOptions, Value};
use rayon::prelude::*;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    name: NameArgs,
    #[command(flatten)]
    output: OutputArgs,
    /// Escape `<`, `>` and `&` in JSON
    #[arg(long)]
    escape: bool,
}

/// Runs it.
pub(crate) fn run(args: ExportArgs) -> ExitCode {
    match export(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            args.input.report(&problems);
            ExitCode::FAILURE
        }
    }
}

fn export(args: &ExportArgs) -> Result<(), Problems> {
    let form = args.output.form(Form::Json)?;
    let units = args.name.check().and_then(|()| args.input.units())?;
    let alone = matches!(units.as_slice(), [one] if one.expressions.len() < 2
        && (!args.input.apart() || one.documents.len() < 2));
    let of = |unit: &Unit| {
        let mut printer =
            Printer { args, form, alone, printed: false, any: false, last: Last::default(), held: Vec::new() };
        if !args.input.apart() || unit.documents.is_empty() {
            printer.evaluate(unit, &unit.documents).map_err(|p| Unit::point(&unit.documents, p))?;
        } else {
            for document in &unit.documents {
                let document = std::slice::from_ref(document);
                printer.evaluate(unit, document).map_err(|p| Unit::point(document, p))?;
            }
        }
        Ok(printer)
    };
    // Instances know nothing of each other; the first one's problems count, whichever ends first.
    let printers: Vec<Result<Printer<'_>, Problems>> = match units.as_slice() {
        [one] => vec![of(one)],
        units => side_by_side(|| units.par_iter().map(of).collect()),
    };
    let mut out = Vec::new();
    for (i, printer) in printers.into_iter().enumerate() {
        let printer = printer?;
        if printer.printed {
            return Ok(());
        }
        if i > 0 {
            out.extend(form.separator().as_bytes());
        }
        out.extend(printer.held);
    }
    args.output.write(&out)
}

/// Prints results. Several are held back until the last of them is there, so that nothing is printed where one fails.
struct Printer<'a> {
    args: &'a ExportArgs,
    form: Form,
    /// There is one result only.
    alone: bool,
    /// It is out.
    printed: bool,
    last: Last,
    /// Something was.
    any: bool,
    held: Vec<u8>,
}

impl Printer<'_> {
    fn evaluate(&mut self, unit: &Unit, documents: &[Document]) -> Result<(), Problems> {
        let evaluation = unit.evaluate(documents);
        if unit.expressions.is_empty() {
            let errors = evaluation.diagnostics();
            if !errors.is_empty() {
                return Err(errors);
            }
            self.print(unit, unit.value(&evaluation))?;
        }
        for e in &unit.expressions {
            self.print(unit, evaluation.expression(e))?;
        }
        if self.alone {
            self.last.evaluation(evaluation);
        }
        Ok(())
    }

    fn print(&mut self, unit: &Unit, value: Value<'_>) -> Result<(), Problems> {
        if std::mem::replace(&mut self.any, true) {
            self.held.extend(self.form.separator().as_bytes());
        }
        if let Some(language) = self.args.output.schema() {
            return write_schema(self.form, language, value, unit.title.clone(), &mut self.held);
        }
        if self.alone && self.form == Form::Json && !self.args.escape {
            self.printed = true;
            let mut stream = self.args.output.stream();
            value.write_json(Style::Indented, &mut stream)?;
            stream.take(b"\n");
            return stream.finish();
        }
        let data = value.data(&DataOptions::default())?;
        if self.form == Form::Cue {
            self.held.extend(text(value, &Options::EXPORT, Indent::Tabs).as_bytes());
            return Ok(());
        }
        let start = self.held.len();
        write_data(self.form, &data, &mut self.held)?;
        if self.alone {
            self.last.data(data);
        }
        if self.args.escape && self.form == Form::Json {
            let text = String::from_utf8_lossy(self.held.get(start..).unwrap_or_default())
                .replace('<', "\\u003c")
                .replace('>', "\\u003e")
                .replace('&', "\\u0026");
            self.held.truncate(start);
            self.held.extend(text.as_bytes());
        }
        Ok(())
    }
}
