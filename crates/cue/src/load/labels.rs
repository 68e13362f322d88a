//! `-l`: where the data of a file are placed.
//!
//! `-l a: -l b:` or `-l 'a: b:'` places them at a path; any other expression is evaluated with the data at the top and
//! must give a string: `-l kind -l metadata.name`. With `--with-context` it is evaluated over a struct with the `data`, the
//! `filename`, and which document of how many it is (`index`, `recordCount`).

use super::Problems;
use crate::api::{DataOptions, Inputs, Instance, Limits};
use crate::data::{Data, DataValue, Fields};
use crate::number::Number;
use crate::{World, compile};
use cue_syntax::ast::{Decl, Expr, Label, Text};
use cue_syntax::{Diagnostic, Source, Sources};
use smol_str::SmolStr;

/// The `-l` arguments.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// As given.
    pub labels: Vec<String>,
    /// `--with-context`
    pub context: bool,
}

/// Where a document stands.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Context<'a> {
    pub(super) filename: &'a str,
    pub(super) index: usize,
    pub(super) count: usize,
}

impl Context<'_> {
    /// What an expression sees with `--with-context`.
    fn around(self, data: &Data) -> Data {
        let mut fields = Fields::default();
        fields.insert("data".into(), data.clone());
        fields.insert("filename".into(), Data::string(self.filename));
        fields.insert("index".into(), Number::from(self.index as u64).into());
        fields.insert("recordCount".into(), Number::from(self.count as u64).into());
        DataValue::Struct(fields).into()
    }
}

/// One step.
enum Step {
    Fixed(SmolStr),
    Computed(Expr),
}

/// The path at which data are placed.
pub(super) fn path_of(
    world: &dyn World,
    place: &Place,
    data: &Data,
    context: Context<'_>,
) -> Result<Vec<SmolStr>, Problems> {
    let mut steps = Vec::new();
    for label in &place.labels {
        read(label, &mut steps)?;
    }
    let around = place.context.then(|| context.around(data));
    let seen = around.as_ref().unwrap_or(data);
    let name = |step| match step {
        Step::Fixed(name) => Ok(name),
        Step::Computed(e) => compute(world, &e, seen),
    };
    steps.into_iter().map(name).collect()
}

/// Data at a path.
pub(super) fn nested(path: Vec<SmolStr>, data: Data) -> Data {
    path.into_iter().rev().fold(data, |inner, name| {
        let mut fields = Fields::default();
        fields.insert(name, inner);
        DataValue::Struct(fields).into()
    })
}

fn read(label: &str, steps: &mut Vec<Step>) -> Result<(), Problems> {
    let text = label.trim();
    if let Some(path) = text.strip_suffix(':') {
        // `a: "b-c":` is a chain of labels: it is read as a field.
        let source = Source::new("-l", format!("{path}: _"));
        let mut sources = Sources::default();
        let parsed = cue_syntax::parse_file(&source, sources.add(source.clone()));
        if !parsed.diagnostics.is_empty() {
            return Err(parsed.diagnostics);
        }
        let Some(file) = parsed.tree else { return Err(bad(label)) };
        let mut decls = file.decls.as_slice();
        while let [Decl::Field(f)] = decls {
            match &f.label {
                Label::Ident(i) => steps.push(Step::Fixed(i.name.clone())),
                Label::String(s) => match &s.value {
                    Text::String(s) => steps.push(Step::Fixed(s.clone())),
                    Text::Bytes(_) => return Err(bad(label)),
                },
                Label::Dynamic(e, _) => steps.push(Step::Computed((**e).clone())),
                Label::Interpolation(i) => steps.push(Step::Computed(Expr::Interpolation(i.clone()))),
                Label::Pattern { .. } => return Err(bad(label)),
            }
            decls = match &f.value {
                Expr::Struct(s) => s.decls.as_slice(),
                _ => &[],
            };
        }
        return Ok(());
    }
    let source = Source::new("-l", text);
    let mut sources = Sources::default();
    let parsed = cue_syntax::parse_expr(&source, sources.add(source.clone()));
    match parsed.tree {
        Some(e) if parsed.diagnostics.is_empty() => {
            steps.push(Step::Computed(e));
            Ok(())
        }
        _ => Err(parsed.diagnostics),
    }
}

fn bad(label: &str) -> Problems {
    vec![
        Diagnostic::error("cue/load", format!("`-l {label}` names no place"))
            .help("write `-l a:` for a fixed label, or an expression that gives a string, such as `-l metadata.name`"),
    ]
}

fn compute(world: &dyn World, e: &Expr, data: &Data) -> Result<SmolStr, Problems> {
    if let Expr::String(s) = e
        && let Text::String(text) = &s.value
    {
        return Ok(text.clone());
    }
    let program = compile(world, Instance::default())?;
    let inputs = Inputs { data: vec![(Vec::new(), data.clone())], results: Vec::new() };
    let evaluation = program.evaluate(inputs, &Limits::default());
    match evaluation.expression(e).data(&DataOptions::default())?.value {
        DataValue::String(s) => Ok(s),
        _ => Err(vec![Diagnostic::error("cue/load", "a label given with `-l` is no string")]),
    }
}
