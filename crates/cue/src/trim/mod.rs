//! Trimming: what the rest of a program implies is taken out of its text.
//!
//! Rules, those of `cue trim`:
//!
//! * a field goes when what else is said of the same place says as much: a pattern, a definition, a default, a comprehension, a
//!   second declaration. Of two that say the same, the one that is used at more places stays, then the first;
//! * only literals go: a reference says more than its value. Nothing goes that stands in an alternative, in a pattern, in a
//!   comprehension, in a `let` or in the arguments of a call, nor a field with attributes;
//! * a struct whose last field went stays as `{}`, unless its field is implied too.
//!
//! The value never changes: the shortened program is evaluated, and where it differs (in fields of any kind, in the alternatives
//! of definitions), the removals that made the difference are found by halving and taken back. Only the order of fields may change.

mod candidates;
mod edit;
mod implied;

use crate::World;
use crate::api::{Inputs, Instance, Limits};
use crate::export::{Options, file};
use crate::program::{Evaluation, compile};
use candidates::Candidate;
use cue_syntax::ast::{Decl, Element, Expr, File, Label};
use cue_syntax::{Diagnostic, Source, SourceId};
use std::sync::Arc;

/// A file that got shorter.
#[derive(Debug, Clone)]
pub struct Trimmed {
    /// Which one.
    pub source: Arc<Source>,
    /// Its text now, formatted.
    pub text: String,
    /// How many declarations went.
    pub removed: usize,
}

/// What a value is, defaults taken.
const OUTPUT: Options =
    Options { definitions: true, hidden: true, optional: true, attributes: true, docs: false, schema: false };

/// Everything that is known of a value: a definition is used with all its alternatives.
const ALL: Options = Options { schema: true, ..OUTPUT };

/// The files of an instance that can do with less.
///
/// # Errors
/// The instance does not compile, or its value is an error.
pub fn trim(world: &dyn World, instance: &Instance, limits: &Limits) -> Result<Vec<Trimmed>, Vec<Diagnostic>> {
    let evaluation = evaluate(world, instance.clone(), limits)?;
    let problems = evaluation.diagnostics();
    if !problems.is_empty() {
        return Err(problems);
    }
    let before = canonical(&evaluation);
    let candidates = candidates::of(&instance.files, &instance.sources);
    let removable = evaluation.implied(&candidates);
    drop(evaluation);
    let kept = confirmed(world, instance, limits, &candidates, &removable, &before);
    let mut out = Vec::new();
    for f in &instance.files {
        let removed = kept.iter().filter(|i| candidates.get(**i).is_some_and(|c| c.field.source == f.source)).count();
        let Some(source) = instance.sources.get(f.source) else { continue };
        if removed > 0 {
            let text = edit::without(source, f.source, &candidates, &kept);
            let text = cue_syntax::format(&Source::new(source.name.clone(), text.clone())).unwrap_or(text);
            out.push(Trimmed { source: source.clone(), text, removed });
        }
    }
    Ok(out)
}

fn evaluate(world: &dyn World, instance: Instance, limits: &Limits) -> Result<Evaluation, Vec<Diagnostic>> {
    Ok(compile(world, instance)?.evaluate(Inputs::default(), limits))
}

/// The largest part of the removals, found by halving, that leaves the value as it was.
fn confirmed(
    world: &dyn World,
    instance: &Instance,
    limits: &Limits,
    candidates: &[Candidate],
    removable: &[usize],
    before: &str,
) -> Vec<usize> {
    let same = |removed: &[usize]| {
        let Some(shorter) = shortened(instance, candidates, removed) else { return false };
        let Ok(evaluation) = evaluate(world, shorter, limits) else { return false };
        evaluation.diagnostics().is_empty() && canonical(&evaluation) == before
    };
    let mut kept: Vec<usize> = Vec::new();
    let mut left: Vec<&[usize]> = vec![removable];
    while let Some(part) = left.pop() {
        if part.is_empty() {
            continue;
        }
        let mut all = kept.clone();
        all.extend(part);
        if same(&all) {
            kept = all;
        } else if part.len() > 1 {
            let (first, second) = part.split_at(part.len() / 2);
            left.push(second);
            left.push(first);
        }
    }
    kept.sort_unstable();
    kept
}

/// The instance without some of its declarations.
fn shortened(instance: &Instance, candidates: &[Candidate], removed: &[usize]) -> Option<Instance> {
    let mut out = instance.clone();
    for f in &mut out.files {
        let source = instance.sources.get(f.source)?;
        let text = edit::without(source, f.source, candidates, removed);
        let source = Source::new(source.name.clone(), text);
        let id: SourceId = out.sources.add(source.clone());
        let parsed = cue_syntax::parse_file(&source, id);
        if !parsed.diagnostics.is_empty() {
            return None;
        }
        *f = parsed.tree?;
    }
    Some(out)
}

/// The text of a value with its fields sorted, and that of its definitions with all their alternatives.
fn canonical(evaluation: &Evaluation) -> String {
    let mut output: File = file(evaluation.root(), &OUTPUT);
    sort(&mut output.decls);
    let mut schemas: File = file(evaluation.root(), &ALL);
    definitions(&mut schemas.decls);
    sort(&mut schemas.decls);
    cue_syntax::print_file(&output) + &cue_syntax::print_file(&schemas)
}

/// Leaves the definitions.
fn definitions(decls: &mut Vec<Decl>) {
    decls.retain_mut(|d| {
        let Decl::Field(f) = d else { return false };
        if matches!(&f.label, Label::Ident(x) if x.name.starts_with('#') || x.name.starts_with("_#")) {
            return true;
        }
        let Expr::Struct(s) = &mut f.value else { return false };
        cue_syntax::with_stack(|| definitions(&mut s.decls));
        !s.decls.is_empty()
    });
}

/// The text of one value with its fields sorted.
fn canonical_value(value: crate::program::Value<'_>, schema: bool) -> String {
    let mut expr = crate::export::expression(value, if schema { &ALL } else { &OUTPUT });
    sort_expr(&mut expr);
    cue_syntax::print_expr(&expr, 0)
}

fn sort(decls: &mut [Decl]) {
    for decl in decls.iter_mut() {
        if let Decl::Field(f) = decl {
            cue_syntax::with_stack(|| sort_expr(&mut f.value));
        }
    }
    decls.sort_by_cached_key(|d| match d {
        Decl::Field(f) => match &f.label {
            Label::Ident(x) => x.name.to_string(),
            label => format!("{label:?}"),
        },
        _ => "~".to_owned(),
    });
}

fn sort_expr(expr: &mut Expr) {
    match expr {
        Expr::Struct(s) => sort(&mut s.decls),
        Expr::List(l) => {
            for element in &mut l.elements {
                if let Element::Value(e) = element {
                    cue_syntax::with_stack(|| sort_expr(e));
                }
            }
        }
        Expr::Binary { left, right, .. } => {
            cue_syntax::with_stack(|| sort_expr(left));
            cue_syntax::with_stack(|| sort_expr(right));
        }
        Expr::Unary { operand, .. } => cue_syntax::with_stack(|| sort_expr(operand)),
        Expr::Paren(e, _) => cue_syntax::with_stack(|| sort_expr(e)),
        _ => {}
    }
}

#[cfg(test)]
mod tests;
