//! Assertions in CUE: conditions over the result, or a text that the result has to satisfy.

use super::observe::Observed;
use super::{Assertion, Input};
use cue::{Completeness, Data, DataOptions, DataValue, Evaluation, Inputs, Instance, Limits, Program, Selector};
use cue_syntax::ast::{Decl, Expr, Field, Label as FieldLabel};
use cue_syntax::{Diagnostic, Label, Source};
use render::builtin::Packages;

/// What assertions may name.
const NAMES: [&str; 13] = [
    "given",
    "context",
    "parameter",
    "output",
    "outputs",
    "objects",
    "healthy",
    "message",
    "details",
    "phase",
    "calls",
    "values",
    "errors",
];

/// The program in whose scope conditions stand: the names, declared.
pub(super) fn scope() -> Result<Program, Vec<Diagnostic>> {
    let text: String = NAMES.iter().map(|name| format!("{name}: _\n")).collect();
    compile(&text, "test:assert")
}

fn compile(text: &str, name: &str) -> Result<Program, Vec<Diagnostic>> {
    let mut instance = Instance::of(Source::new(name, text))?;
    for file in &mut instance.files {
        let declared: Vec<String> = file.decls.iter().filter_map(name_of).map(str::to_owned).collect();
        for missing in NAMES.iter().filter(|n| !declared.iter().any(|d| d == *n)) {
            file.decls.extend(top(missing));
        }
    }
    cue::compile(&Packages, instance)
}

fn name_of(decl: &Decl) -> Option<&str> {
    match decl {
        Decl::Field(Field { label: FieldLabel::Ident(id), .. }) => Some(&id.name),
        _ => None,
    }
}

/// `name: _`
fn top(name: &str) -> Option<Decl> {
    let source = Source::new("", format!("{name}: _"));
    cue_syntax::parse_file(&source, cue_syntax::SourceId(0)).tree.and_then(|f| f.decls.into_iter().next())
}

fn inputs(input: &Input, observed: &Observed) -> Inputs {
    let mut data: Vec<(Vec<Selector>, Data)> = vec![
        (vec![Selector::new("given")], input.parameter.clone()),
        (vec![Selector::new("context")], DataValue::Struct(input.context.clone()).into()),
    ];
    for (name, value) in observed.json() {
        if !value.is_null() {
            data.push((vec![Selector::new(&name)], cue::json::from_value(&value)));
        }
    }
    Inputs { data, results: Vec::new() }
}

/// Checks the assertions of a case, and says which do not hold.
pub(super) fn check(
    scope: &Program,
    assertions: &[Assertion],
    input: &Input,
    observed: &Observed,
    out: &mut Vec<Diagnostic>,
) {
    if assertions.is_empty() {
        return;
    }
    let inputs = inputs(input, observed);
    let limits = Limits::trusted();
    let evaluation = scope.evaluate(inputs.clone(), &limits);
    for assertion in assertions {
        let found = if assertion.is_condition {
            let source = Source::new("assert", assertion.text.clone());
            let parsed = cue_syntax::parse_expr(&source, cue_syntax::SourceId(0));
            match parsed.tree.filter(|_| parsed.diagnostics.is_empty()) {
                Some(expr) => {
                    let value = evaluation.expression(&expr);
                    let data = value.data(&DataOptions { completeness: Completeness::Concrete, origins: false });
                    match data.map(|d| d.value) {
                        Ok(DataValue::Bool(true)) => Vec::new(),
                        Ok(DataValue::Bool(false)) => {
                            vec![Diagnostic::error(
                                "test/assert",
                                format!("this does not hold{}", sides(&evaluation, &expr)),
                            )]
                        }
                        Ok(_) => vec![
                            Diagnostic::error("test/assert", "this is no condition")
                                .help("a condition is true or false; write a comparison"),
                        ],
                        Err(problems) => problems,
                    }
                }
                None => parsed.diagnostics,
            }
        } else {
            match compile(&assertion.text, "assert") {
                Ok(program) => {
                    let evaluation = program.evaluate(inputs.clone(), &limits);
                    let options = DataOptions { completeness: Completeness::Concrete, origins: false };
                    let root = evaluation.root();
                    let named = program_fields(&assertion.text);
                    let problems = root.data(&options).err().unwrap_or_default();
                    problems.into_iter().filter(|p| concerns(p, &named)).collect()
                }
                Err(problems) => problems,
            }
        };
        out.extend(found.into_iter().map(|problem| told(problem, assertion)));
    }
}

/// What the sides of a comparison are, where they do not stand there already.
fn sides(evaluation: &Evaluation, expr: &Expr) -> String {
    let Expr::Binary { left, right, .. } = expr else { return String::new() };
    let worth = |side: &Expr| {
        if matches!(side, Expr::Number(..) | Expr::String(_) | Expr::Bool(..)) {
            return None;
        }
        let value = evaluation.expression(side);
        let data = value.data(&DataOptions { completeness: Completeness::Concrete, origins: false }).ok()?;
        Some(super::compare::short(&cue::json::to_value(&data).ok()?.to_string()))
    };
    match (worth(left), worth(right)) {
        (Some(left), Some(right)) => format!(" (left is {left}, right is {right})"),
        (Some(left), None) => format!(" (left is {left})"),
        (None, Some(right)) => format!(" (right is {right})"),
        (None, None) => String::new(),
    }
}

/// The top-level fields that a text writes itself: what it does not name may stay open.
fn program_fields(text: &str) -> Vec<String> {
    let source = Source::new("", text);
    let file = cue_syntax::parse_file(&source, cue_syntax::SourceId(0)).tree;
    file.iter().flat_map(|f| &f.decls).filter_map(name_of).map(str::to_owned).collect()
}

fn concerns(problem: &Diagnostic, named: &[String]) -> bool {
    let path = problem.path.as_deref().unwrap_or_default();
    let first = path.split(['.', '[']).next().unwrap_or_default();
    first.is_empty() || named.iter().any(|n| n == first) || !NAMES.contains(&first)
}

/// In the words of a case: the text of the assertion, and its place in the file of cases.
fn told(problem: Diagnostic, assertion: &Assertion) -> Diagnostic {
    let first = assertion.text.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or_default();
    let mut out = Diagnostic::error("test/assert", format!("{}: {}", problem.message, super::compare::short(first)));
    if !assertion.is_condition {
        out.message = problem.message;
    }
    out.path = problem.path;
    out.help = problem.help;
    out.related = problem.related;
    if let Some(origin) = &assertion.origin {
        let (start, end) = (origin.span.start, origin.span.end);
        out.labels.push(Label { source: origin.source.clone(), start, end, text: String::new() });
    }
    out
}
