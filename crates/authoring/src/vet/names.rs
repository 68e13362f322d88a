//! Names that are nearly right: top-level fields of a template, fields of `context` and of `parameter`, markers in comments.

use crate::explain::context as explain;
use crate::explain::parameters::{Parameter, Parameters};
use cue_syntax::ast::{BinaryOp, Decl, Element, Expr, Label, Text};
use cue_syntax::{Diagnostic, Severity, Sources, Span};
use model::DefinitionKind;
use model::action::nearest;
use render::Loaded;
use render::definition::visit;

/// What a template's top-level fields mean something by.
const SECTIONS: [&str; 7] = ["output", "outputs", "parameter", "patch", "patchOutputs", "errs", "context"];

/// The fields of `context` in every kind of template.
const CONTEXT: &[&str] = &[
    "name",
    "namespace",
    "appName",
    "appNamespace",
    "appRevision",
    "appRevisionNum",
    "appLabels",
    "appAnnotations",
    "appComponents",
    "appPolicies",
    "appWorkflow",
    "publishVersion",
    "workflowName",
    "cluster",
    "clusterVersion",
    "components",
    "componentType",
    "revision",
    "replicaKey",
    "output",
    "outputs",
    "status",
    "parameter",
    "config",
    "artifacts",
    "custom",
    "outputSecretName",
    // Component types that Lateen renders itself are given their objects.
    "helmResources",
    "referredObjects",
    "workload",
];

/// Those that steps have beside them.
const OF_STEPS: &[&str] = &["stepName", "stepSessionID", "stepGroupName", "spanID"];

/// Those that policies have beside them.
const OF_POLICIES: &[&str] =
    &["policyName", "policyType", "policyRevisionName", "policyRevision", "policyRevisionHash", "prev", "env"];

/// Markers that mean something (`+name` or `+name=value`).
const MARKERS: [&str; 8] = ["usage", "short", "alias", "ignore", "immutable", "patchKey", "patchStrategy", "optional"];

const STRATEGIES: [&str; 5] = ["retainKeys", "replace", "open", "jsonPatch", "jsonMergePatch"];

pub(super) fn check(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    sections(loaded, problems);
    references(loaded, problems);
    context(&loaded.template.decls, &loaded.sources, loaded.definition.kind, problems);
    markers(loaded, problems);
}

fn text_of(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(id) => Some(&id.name),
        Label::String(s) => match &s.value {
            Text::String(text) => Some(text),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

/// Whether a field stands at the top of a template, under a condition too.
pub(super) fn declares(decls: &[Decl], name: &str) -> bool {
    decls.iter().any(|decl| match decl {
        Decl::Field(field) => text_of(&field.label) == Some(name),
        Decl::Comprehension(c) => declares(&c.body.decls, name),
        // What an embedded value brings is not seen here.
        Decl::Embedding(_) => true,
        _ => false,
    })
}

fn sections(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    // Steps have fields of any name: their actions.
    if loaded.definition.kind == DefinitionKind::WorkflowStep {
        return;
    }
    let mut used: Vec<String> = Vec::new();
    for decl in &loaded.template.decls {
        visit::decl(decl, &mut |expr| {
            if let Expr::Ident(id) = expr {
                used.push(id.name.to_string());
            }
        });
    }
    for decl in &loaded.template.decls {
        let Decl::Field(field) = decl else { continue };
        let Some(name) = text_of(&field.label) else { continue };
        if SECTIONS.contains(&name) || name.starts_with(['#', '_', '$']) || used.iter().any(|u| u == name) {
            continue;
        }
        if let Some(near) = nearest(name, SECTIONS) {
            problems.push(
                Diagnostic::warning("vet/section", format!("nothing reads the field \"{name}\" of the template"))
                    .at(&loaded.sources, field.label.span(), "")
                    .help(format!("did you mean `{near}`?")),
            );
        }
    }
}

/// `context.a` with a name that there is none of, in a template or in a status text.
pub(super) fn context(decls: &[Decl], sources: &Sources, kind: DefinitionKind, problems: &mut Vec<Diagnostic>) {
    let extra = match kind {
        DefinitionKind::WorkflowStep => OF_STEPS,
        DefinitionKind::Policy => OF_POLICIES,
        _ => &[],
    };
    let (mut guarded, mut found): (Vec<String>, Vec<(String, Span)>) = Default::default();
    let mut look = |expr: &Expr| {
        if let Expr::Binary { op: BinaryOp::NotEqual | BinaryOp::Equal, left, right, .. } = expr
            && matches!(&**right, Expr::Bottom(_))
            && let Some(("context", path)) = chain(left)
        {
            guarded.extend(path.into_iter().next().map(|(name, _)| name));
        }
        let Some(("context", path)) = chain(expr) else { return };
        let Some((name, span)) = path.into_iter().next() else { return };
        let known = CONTEXT.contains(&name.as_str()) || extra.contains(&name.as_str());
        if !known && !found.iter().any(|(_, seen)| *seen == span) {
            found.push((name, span));
        }
    };
    decls.iter().for_each(|decl| visit::decl(decl, &mut look));
    for (name, span) in found {
        let near = nearest(&name, CONTEXT.iter().chain(extra).copied());
        // A run may bring more fields (`spec.context` of a WorkflowRun): a step may ask whether they are there.
        let brought = kind == DefinitionKind::WorkflowStep && near.is_none();
        if brought && guarded.contains(&name) {
            continue;
        }
        let mut problem = Diagnostic::error("vet/context", format!("`context` has no field \"{name}\""));
        problem.help = Some(match near {
            Some(near) => format!("did you mean `context.{near}`?"),
            None if brought => format!(
                "a WorkflowRun may bring it (`spec.context`), other runs do not: ask `if context.{name} != _|_` first"
            ),
            None => {
                let fields = explain::fields(kind, false).map(|f| f.name).filter(|name| !name.contains('.'));
                format!("it has {}", fields.collect::<Vec<_>>().join(", "))
            }
        });
        if brought {
            problem.severity = Severity::Warning;
        }
        problems.push(problem.at(sources, span, ""));
    }
}

/// `parameter.a.b` with names that are not there.
fn references(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    let parameters = Parameters::of(loaded);
    let declared = |name: &str| declares(&loaded.template.decls, name);
    // What is hidden from users (`+ignore`), or stands in another alternative, is a field all the same.
    let mut written: Vec<&str> = Vec::new();
    for decl in &loaded.template.decls {
        if let Decl::Field(field) = decl
            && text_of(&field.label).is_some_and(|n| n == "parameter" || n.starts_with('#'))
        {
            labels(&field.value, &mut written, 0);
        }
    }
    let knows_parameter = declared("parameter") && !parameters.is_empty();
    let mut seen: Vec<Span> = Vec::new();
    for decl in &loaded.template.decls {
        visit::decl(decl, &mut |expr| {
            let Some((root, path)) = chain(expr) else { return };
            match root {
                "parameter" if knows_parameter => {
                    if let Some((i, known)) = unknown(&parameters, &path)
                        && let Some((name, span)) = path.get(i)
                        && !seen.contains(span)
                        && !written.contains(&name.as_str())
                    {
                        seen.push(*span);
                        let mut problem = Diagnostic::error(
                            "vet/parameter",
                            format!("`parameter` has no field \"{name}\" here"),
                        )
                        .at(&loaded.sources, *span, "");
                        problem.help = Some(match nearest(name, known.iter().map(String::as_str)) {
                            Some(near) => format!("did you mean `{near}`?"),
                            None => format!("it has {}", known.join(", ")),
                        });
                        problems.push(problem);
                    }
                }
                _ => {}
            }
        });
    }
}

/// Every label below an expression that declares parameters.
fn labels<'a>(expr: &'a Expr, out: &mut Vec<&'a str>, depth: u32) {
    if depth > 100 {
        return;
    }
    match expr {
        Expr::Struct(s) => in_decls(&s.decls, out, depth + 1),
        Expr::List(list) => list.elements.iter().for_each(|e| match e {
            Element::Value(e) => labels(e, out, depth + 1),
            Element::Ellipsis(e) => e.value.iter().for_each(|e| labels(e, out, depth + 1)),
            Element::Comprehension(c) => in_decls(&c.body.decls, out, depth + 1),
        }),
        Expr::Paren(e, _) | Expr::Unary { operand: e, .. } => labels(e, out, depth + 1),
        Expr::Binary { left, right, .. } => {
            labels(left, out, depth + 1);
            labels(right, out, depth + 1);
        }
        Expr::Call { arguments, .. } => arguments.iter().for_each(|e| labels(e, out, depth + 1)),
        _ => {}
    }
}

fn in_decls<'a>(decls: &'a [Decl], out: &mut Vec<&'a str>, depth: u32) {
    for decl in decls.iter().filter(|_| depth < 100) {
        match decl {
            Decl::Field(field) => {
                out.extend(text_of(&field.label));
                labels(&field.value, out, depth + 1);
            }
            Decl::Comprehension(c) => in_decls(&c.body.decls, out, depth + 1),
            Decl::Embedding(e) => labels(e, out, depth + 1),
            _ => {}
        }
    }
}

/// The first step of a path that leads nowhere, and what is there.
fn unknown(parameters: &Parameters, path: &[(String, Span)]) -> Option<(usize, Vec<String>)> {
    let mut here = parameters;
    for (i, (name, _)) in path.iter().enumerate() {
        if here.any.is_some() || here.fields.is_empty() {
            return None;
        }
        let Some(found) = here.fields.iter().find(|f| f.name == *name) else {
            return Some((i, here.fields.iter().map(|f| f.name.clone()).collect()));
        };
        if !is_struct(found) {
            return None;
        }
        here = &found.inner;
    }
    None
}

fn is_struct(parameter: &Parameter) -> bool {
    parameter.kind == "object"
}

/// `a.b.c` as its root and its steps.
fn chain(expr: &Expr) -> Option<(&str, Vec<(String, Span)>)> {
    let mut path = Vec::new();
    let mut here = expr;
    loop {
        match here {
            Expr::Selector { operand, label, .. } => {
                path.push((text_of(label)?.to_owned(), label.span()));
                here = operand;
            }
            Expr::Ident(id) if !path.is_empty() => {
                path.reverse();
                return Some((&id.name, path));
            }
            _ => return None,
        }
    }
}

/// Comments that look like markers: the name nearly right, the strategy unknown.
pub(crate) fn markers(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    for comment in &loaded.template.comments {
        let Some(marker) = comment.text.trim().strip_prefix('+') else { continue };
        let (name, value) = marker.split_once('=').unwrap_or((marker, ""));
        let name = name.trim();
        if !MARKERS.contains(&name) {
            if let Some(near) = nearest(name, MARKERS) {
                problems.push(
                    Diagnostic::warning("vet/marker", format!("the marker +{name} means nothing"))
                        .at(&loaded.sources, comment.span, "")
                        .help(format!("did you mean +{near}?")),
                );
            }
            continue;
        }
        let strategies = value.split(',').map(str::trim);
        if name == "patchStrategy"
            && let Some(wrong) = strategies.clone().find(|s| !STRATEGIES.contains(s))
        {
            let near = nearest(wrong, STRATEGIES);
            let all = STRATEGIES.join(", ");
            problems.push(
                Diagnostic::error("vet/strategy", format!("there is no patch strategy \"{wrong}\""))
                    .at(&loaded.sources, comment.span, "")
                    .help(near.map_or_else(|| format!("one of {all}"), |n| format!("did you mean {n}?"))),
            );
        }
    }
}
