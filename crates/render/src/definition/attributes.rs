//! The attributes that each kind of definition has: a name that is none of them is a mistake, not a wish.

use super::literal::label;
use cue_syntax::ast::{Decl, Expr, Field};
use cue_syntax::{Diagnostic, Sources, Span};
use model::DefinitionKind;
use model::action::nearest;
use serde_json::Value;

const COMPONENT: &[&str] = &[
    "workload",
    "childResourceKinds",
    "revisionLabel",
    "podSpecPath",
    "status",
    "schematic",
    "extension",
    "version",
    "definitionRef",
];
const TRAIT: &[&str] = &[
    "definitionRef",
    "revisionEnabled",
    "workloadRefPath",
    "podDisruptive",
    "appliesToWorkloads",
    "conflictsWith",
    "schematic",
    "status",
    "manageWorkload",
    "controlPlaneOnly",
    "stage",
    "extension",
    "version",
];
const POLICY: &[&str] =
    &["definitionRef", "schematic", "manageHealthCheck", "scope", "global", "priority", "version", "extension"];
const STEP: &[&str] = &["definitionRef", "schematic", "version", "extension"];

/// Where names are known below `attributes`: a path, and the names.
const BELOW: [(&[&str], &[&str]); 4] = [
    (&["status"], &["healthPolicy", "customStatus", "details"]),
    (&["workload"], &["type", "definition"]),
    (&["workload", "definition"], &["apiVersion", "kind"]),
    (&["definitionRef"], &["name", "version"]),
];

const STAGES: [&str; 3] = ["PreDispatch", "DefaultDispatch", "PostDispatch"];

/// What is wrong with the attributes of a definition; `field` is the one with its metadata, for the places.
pub(super) fn check(
    kind: DefinitionKind,
    name: &str,
    attributes: &Value,
    field: &Field,
    sources: &Sources,
) -> Vec<Diagnostic> {
    let own = match kind {
        DefinitionKind::Component | DefinitionKind::Workload => COMPONENT,
        DefinitionKind::Trait => TRAIT,
        DefinitionKind::Policy => POLICY,
        DefinitionKind::WorkflowStep => STEP,
    };
    let mut problems = Vec::new();
    let mut names = |path: &[&str], known: &[&str]| {
        let found = path.iter().try_fold(attributes, |value, name| value.get(name)).and_then(Value::as_object);
        for key in found.into_iter().flatten().map(|(key, _)| key).filter(|key| !known.contains(&key.as_str())) {
            let at = ["attributes"].iter().chain(path).copied().chain([key.as_str()]);
            let shown: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            let text = format!("{} \"{name}\" has no attribute \"{}\"", kind.word(), shown.join("."));
            let mut problem =
                Diagnostic::error("render/definition-attribute", text).at(sources, place(field, at), "unknown");
            problem.help = Some(match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("a {} has {}", kind.word(), known.join(", ")),
            });
            problems.push(problem);
        }
    };
    names(&[], own);
    for (path, known) in BELOW {
        names(path, known);
    }
    let stage = attributes.get("stage").and_then(Value::as_str).unwrap_or_default();
    if kind == DefinitionKind::Trait && !stage.is_empty() && !STAGES.contains(&stage) {
        let mut problem = Diagnostic::error(
            "render/definition-attribute",
            format!("trait \"{name}\" has no stage \"{stage}\""),
        )
        .at(sources, place(field, ["attributes", "stage"].into_iter()), "unknown");
        problem.help = Some(match nearest(stage, STAGES) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("one of {}", STAGES.join(", ")),
        });
        problems.push(problem);
    }
    problems
}

/// The label at a path below a field; the field's own where the path is not written out.
fn place<'a>(field: &Field, path: impl Iterator<Item = &'a str>) -> Span {
    let mut here = field;
    for name in path {
        let Expr::Struct(s) = &here.value else { break };
        let found = s.decls.iter().find_map(|d| match d {
            Decl::Field(inner) if label(&inner.label) == Some(name) => Some(inner),
            _ => None,
        });
        match found {
            Some(inner) => here = inner,
            None => break,
        }
    }
    here.label.span()
}
