//! Errors of the language in the words of the person who can mend them: a path below `parameter` becomes the user's own
//! property, with a code of its own and the nearest name.

use crate::definition::Loaded;
use crate::{schema, tree};
use cue::Data;
use cue_syntax::{Diagnostic, Label};
use model::action::nearest;

/// Turns diagnostics of a template into diagnostics of rendering. `base` is the user's path that `parameter` stands for,
/// `given` what stands there.
pub(crate) fn translate(problems: Vec<Diagnostic>, base: &str, loaded: &Loaded, given: &Data) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = Vec::new();
    for mut problem in problems {
        if problem.code.starts_with("render/") {
            out.push(problem);
            continue;
        }
        let below = problem.path.as_deref().and_then(below_parameter).map(str::to_owned);
        if let Some(below) = &below {
            problem.path = Some(join(base, below));
            kind_of(&mut problem, below, loaded, given);
        } else {
            let inside = problem.path.take();
            problem.message = match inside {
                Some(inside) if !inside.is_empty() => format!("{}: {}", inside, problem.message),
                _ => problem.message,
            };
            problem.path = Some(base.strip_suffix(".properties").unwrap_or(base).to_owned());
            if problem.help.is_none() {
                problem.help =
                    Some(format!("this is in the template of \"{}\" ({})", loaded.definition.name, loaded.provenance));
            }
        }
        if !out.iter().any(|o| o.code == problem.code && o.path == problem.path && o.message == problem.message) {
            out.push(problem);
        }
    }
    out
}

/// `parameter.a.b` and `#parameter.a.b` are `a.b`.
fn below_parameter(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("#parameter").or_else(|| path.strip_prefix("parameter"))?;
    match rest.chars().next() {
        None | Some('[') => Some(rest),
        Some('.') => rest.get(1..),
        Some(_) => None,
    }
}

/// A path below another.
pub(crate) fn join(base: &str, below: &str) -> String {
    match below.chars().next() {
        None => base.to_owned(),
        Some('[') => format!("{base}{below}"),
        Some(_) => format!("{base}.{below}"),
    }
}

fn kind_of(problem: &mut Diagnostic, below: &str, loaded: &Loaded, given: &Data) {
    let name = &loaded.definition.name;
    let (parent, last) = split_last(below);
    let declared = schema::at(loaded, &tree::parts(below));
    let wanted = match declared.as_slice() {
        [one] => schema::text(loaded, one),
        _ => None,
    };
    match problem.code {
        "cue/not-allowed" => {
            problem.code = "render/unknown-parameter";
            problem.message = format!("\"{name}\" has no parameter \"{last}\"{}", within(parent));
            let names = schema::names(loaded, &schema::at(loaded, &tree::parts(parent)));
            let known = names.iter().map(String::as_str).filter(|n| *n != last);
            problem.help = match nearest(last, known.clone()) {
                Some(near) => Some(format!("did you mean \"{near}\"?")),
                None if names.is_empty() => problem.help.take(),
                None => Some(format!("it has {}", known.collect::<Vec<_>>().join(", "))),
            };
        }
        "cue/incomplete" | "cue/non-concrete" | "cue/required-field" | "cue/ambiguous" => {
            problem.code = "render/missing-parameter";
            problem.message = format!("\"{name}\" needs the parameter \"{last}\"{}", within(parent));
            problem.help = Some(match wanted {
                Some(wanted) => format!("give {last}: {wanted}"),
                None => format!("give {last}"),
            });
        }
        "cue/conflict" | "cue/bound" | "cue/empty-disjunction" | "cue/eval" => {
            problem.code = "render/mistyped-parameter";
            if let Some(wanted) = &wanted {
                let given = shown(given, below);
                problem.message = match &given {
                    Some(given) => format!("\"{last}\" cannot be {given}: \"{name}\" wants {wanted}"),
                    None => format!("\"{last}\" does not fit: \"{name}\" wants {wanted}"),
                };
                let choices = schema::choices(&declared);
                let given = given.unwrap_or_default();
                if let Some(near) = nearest(given.trim_matches('"'), choices.iter().map(String::as_str)) {
                    problem.help = Some(format!("did you mean \"{near}\"?"));
                }
                problem.related.clear();
            }
        }
        _ => {}
    }
    for label in &mut problem.labels {
        name_place(label);
    }
}

/// What was given at a path, when it is short and no secret.
fn shown(given: &Data, below: &str) -> Option<String> {
    let found = tree::parts(below).iter().try_fold(given, |d, part| match part {
        tree::Part::Field(name) => tree::get(d, name),
        tree::Part::Index(i) => tree::items(d).get(*i),
    })?;
    if found.labels.is_secret() {
        return Some("***".to_owned());
    }
    let text = cue::json::to_value(found).ok()?.to_string();
    (text.chars().count() <= 60).then_some(text)
}

fn name_place(label: &mut Label) {
    if label.text.is_empty() && label.source.name.starts_with("builtin:") {
        label.text = "declared here".to_owned();
    }
}

fn within(parent: &str) -> String {
    if parent.is_empty() { String::new() } else { format!(" in \"{parent}\"") }
}

fn split_last(path: &str) -> (&str, &str) {
    if let Some(open) = path.rfind(".\"").filter(|_| path.ends_with('"')) {
        let last = path.get(open + 1..).unwrap_or_default();
        return (path.get(..open).unwrap_or_default(), last.trim_matches('"'));
    }
    match path.rfind('.') {
        Some(dot) => (path.get(..dot).unwrap_or_default(), path.get(dot + 1..).unwrap_or_default()),
        None => ("", path.trim_matches('"')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_below_parameter_are_the_users_own() {
        assert_eq!(below_parameter("parameter.ports[0].port"), Some("ports[0].port"));
        assert_eq!(below_parameter("#parameter.image"), Some("image"));
        assert_eq!(below_parameter("parameter"), Some(""));
        assert_eq!(below_parameter("parameters.x"), None);
        assert_eq!(below_parameter("output.spec"), None);
        assert_eq!(join("spec.components[0].properties", "[0].a"), "spec.components[0].properties[0].a");
        assert_eq!(split_last("ports[0].\"a.b\""), ("ports[0]", "a.b"));
    }
}
