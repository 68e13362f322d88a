//! Environments of one application against each other.

use crate::plan::made::Made;
use crate::session::Outcome;
use ::render::RenderedPart;
use authoring::diff::{self, Difference, Named};
use cue_syntax::Diagnostic;
use model::action::nearest;
use serde_json::Value;

/// The environments that an application is placed in.
pub(super) fn names(made: &Made) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in &made.rendered.parts {
        let own = Some(part.placement.env.clone()).filter(|e| !e.is_empty());
        let all = own.into_iter().chain(part.step.clone()).chain(part.placement.policies.iter().cloned());
        for name in all {
            if !out.contains(&name) {
                out.push(name);
            }
        }
    }
    out
}

fn is_of(part: &RenderedPart, env: &str) -> bool {
    let placement = &part.placement;
    if !placement.env.is_empty() && placement.env == env {
        return true;
    }
    part.step.as_deref() == Some(env) || placement.policies.iter().any(|p| p == env)
}

/// Compares two environments; where they are, cluster and namespace, is no difference.
pub(super) fn compare(made: &Made, a: &str, b: &str) -> Outcome<Vec<Difference>> {
    let (before, after) = (objects(made, a)?, objects(made, b)?);
    Ok(diff::objects(&before, &after))
}

fn objects(made: &Made, env: &str) -> Outcome<Vec<Named>> {
    let mut out: Vec<Named> = Vec::new();
    for part in made.rendered.parts.iter().filter(|p| is_of(p, env)) {
        for object in &part.component.objects {
            let mut manifest = object.manifest.clone();
            if let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.remove("namespace");
            }
            let name = authoring::plan::PlannedObject::of(&manifest).name;
            let key = format!("{name} ({}, {})", part.component.name, object.origin);
            if out.iter().all(|n| n.key != key) {
                out.push(Named { key, object: manifest });
            }
        }
    }
    if out.is_empty() {
        let names = names(made);
        let d = Diagnostic::error(
            "diff/unknown-environment",
            format!("application {} is placed in no environment \"{env}\"", made.app.metadata.name),
        );
        return Err(match nearest(env, names.iter().map(String::as_str)) {
            Some(near) => d.help(format!("did you mean \"{near}\"?")),
            None if names.is_empty() => d.help("nothing of it is placed anywhere"),
            None => d.help(format!("there are {}", names.join(", "))),
        }
        .into());
    }
    Ok(out)
}
