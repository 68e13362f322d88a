//! `lateen cue vet`: checks, and prints only what is wrong.

use super::flags::NameArgs;
use super::session::{InputArgs, Last, Problems, Unit};
use crate::threads::side_by_side;
use cue::load::Document;
use cue::{Evaluation, Value};
use cue_syntax::Diagnostic;
use rayon::prelude::*;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct VetArgs {
    #[command(flatten)]
    input: InputArgs,
    #[command(flatten)]
    name: NameArgs,
    /// Require concrete values (the default for data files); `-c=false` allows incomplete ones
    #[arg(short = 'c', long, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    concrete: Option<bool>,
}

/// Runs it.
pub(crate) fn run(args: VetArgs) -> ExitCode {
    let problems = match vet(&args, Way::Short) {
        Ok(problems) | Err(problems) => problems,
    };
    if problems.is_empty() {
        return ExitCode::SUCCESS;
    }
    args.input.report(&problems);
    ExitCode::FAILURE
}

/// How data are held to a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Those that surely fit are not evaluated.
    Short,
    /// All are.
    #[cfg_attr(not(test), expect(dead_code, reason = "what the short way is compared with"))]
    Whole,
}

fn vet(args: &VetArgs, way: Way) -> Result<Problems, Problems> {
    let units = args.name.check().and_then(|()| args.input.units_with_texts())?;
    let found: Vec<Problems> = match units.as_slice() {
        [one] => vec![vet_unit(args, one, way, Some(&mut Last::default()))],
        units => side_by_side(|| units.par_iter().map(|u| vet_unit(args, u, way, None)).collect()),
    };
    let mut problems = Vec::new();
    found.into_iter().for_each(|p| merge(&mut problems, p));
    Ok(problems)
}

/// Checks an instance; the only one of a command stays until the process ends.
fn vet_unit(args: &VetArgs, unit: &Unit, way: Way, mut last: Option<&mut Last>) -> Problems {
    if !unit.documents.is_empty() && !unit.has_files {
        let d = Diagnostic::error("cue/load", "there are data files, and no schema to hold them to");
        return vec![d.help("name a CUE file or a package beside them")];
    }
    let mut problems = Vec::new();
    let mut keep = |evaluation| {
        if let Some(last) = &mut last {
            last.evaluation(evaluation);
        }
    };
    if unit.documents.is_empty() {
        let evaluation = unit.evaluate(&[]);
        merge(&mut problems, evaluation.diagnostics());
        if unit.expressions.is_empty() {
            check(args, unit.value(&evaluation), args.concrete, &mut problems);
        }
        for e in &unit.expressions {
            check(args, evaluation.expression(e), args.concrete, &mut problems);
        }
        keep(evaluation);
    }
    // Nearly all data are right, and that takes less to say than what is wrong with the others.
    let schema = (way == Way::Short && unit.has_schema()).then(|| unit.evaluate(&[]));
    for document in &unit.documents {
        let fits = schema.as_ref().map(|s| unit.value(s)).is_some_and(|schema| match document.text() {
            Some(text) => schema.surely_admits_json(text),
            None => schema.surely_admits(&document.data),
        });
        if fits {
            continue;
        }
        match document.read() {
            Ok(all) => all.iter().for_each(|document| keep(vet_document(args, unit, document, &mut problems))),
            Err(found) => merge(&mut problems, found),
        }
    }
    problems
}

fn vet_document(args: &VetArgs, unit: &Unit, document: &Document, problems: &mut Problems) -> Evaluation {
    let evaluation = unit.evaluate(std::slice::from_ref(document));
    let mut found = Vec::new();
    check(args, unit.value(&evaluation), Some(args.concrete.unwrap_or(true)), &mut found);
    merge(problems, Unit::point(std::slice::from_ref(document), found));
    evaluation
}

fn check(args: &VetArgs, value: Value<'_>, concrete: Option<bool>, problems: &mut Problems) {
    merge(problems, value.errors());
    if !problems.is_empty() || concrete == Some(false) {
        return;
    }
    let incomplete = value.incomplete();
    if incomplete.is_empty() {
        return;
    }
    if concrete == Some(true) || args.input.global.all_errors {
        problems.extend(incomplete);
    } else {
        problems.push(
            Diagnostic::error("cue/incomplete", "some values are incomplete")
                .help("-c shows which; -c=false allows incomplete values"),
        );
    }
}

/// Adds problems that are not there yet.
fn merge(problems: &mut Problems, more: Problems) {
    for d in more {
        if !problems.contains(&d) {
            problems.push(d);
        }
    }
}

#[cfg(test)]
mod tests;
