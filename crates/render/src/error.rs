//! Errors of the language in the words of the person who can mend them: a path below `parameter` becomes the user's own
//! property, with a code of its own and the nearest name.

use crate::definition::{Loaded, visit};
use crate::{schema, tree};
use cue::{Data, DataValue};
use cue_syntax::ast::Expr;
use cue_syntax::{Diagnostic, Label, Span};
use model::action::nearest;

/// Turns diagnostics of a template into diagnostics of rendering. `base` is the user's path that `parameter` stands for,
/// `given` what stands there.
pub(crate) fn translate(problems: Vec<Diagnostic>, base: &str, loaded: &Loaded, given: &Data) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if problem.code.starts_with("render/") {
            out.push(problem);
            continue;
        }
        let mut problem = nearest_arm(problem);
        // Where a parameter is expected is in the user's file, not in the template.
        problem.labels.retain(|l| l.text != cue::EXPECTED_HERE);
        let below = problem.path.as_deref().and_then(below_parameter).map(str::to_owned);
        if let Some(name) = problem.message.strip_prefix("cannot reference optional field: ").map(str::to_owned) {
            absent(&mut problem, &name, base, loaded);
        } else if let Some(below) = &below {
            problem.path = Some(join(base, below));
            kind_of(&mut problem, below, loaded, given);
        } else {
            let inside = problem.path.take().unwrap_or_default();
            let read = read_at(loaded, &inside, &problem);
            problem.path = Some(match read.as_slice() {
                // The one property that goes into it is what the user can change.
                [(one, _)] => join(base, one),
                _ => base.strip_suffix(".properties").unwrap_or(base).to_owned(),
            });
            if let [(_, span)] = read.as_slice()
                && let Some(source) = loaded.sources.get(span.source)
                && !problem.labels.iter().any(|l| l.start <= span.start && span.end <= l.end)
            {
                let text = "what the property brings".to_owned();
                problem.labels.push(Label { source: source.clone(), start: span.start, end: span.end, text });
            }
            if read.len() > 1 {
                let shown = |(name, _): &(String, Span)| Some(format!("{name}: {}", shown(given, name)?));
                let all: Vec<String> = read.iter().filter_map(shown).collect();
                problem.help = Some(format!(
                    "it is made of {}, in the template of \"{}\"",
                    all.join(" and "),
                    loaded.definition.name
                ));
            }
            if problem.message.starts_with("invalid operands") && problem.message.contains("type string and") {
                problem.help = Some(format!(
                    "{}text and a number are joined as \"\\(a):\\(b)\"",
                    problem.help.map(|h| h + "; ").unwrap_or_default()
                ));
            }
            if !inside.is_empty() {
                problem.message = format!("{inside}: {}", problem.message);
            }
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

/// Of a union that fits nowhere, what is wrong with the arm that was meant: the one in which most fits before something
/// does not. Where no arm was entered (a choice of texts), the union itself is what is wrong.
fn nearest_arm(problem: Diagnostic) -> Diagnostic {
    let depth = |d: &Diagnostic| tree::parts(d.path.as_deref().unwrap_or_default()).len();
    let mut problem = problem;
    for _ in 0..MAX_UNIONS {
        if problem.code != "cue/empty-disjunction" {
            break;
        }
        let entered = problem.related.iter().filter(|arm| depth(arm) > depth(&problem));
        // Of equally deep ones a wrong value says more than a name that the other arm would have had.
        let rank = |arm: &Diagnostic| (depth(arm), arm.code != "cue/not-allowed", arm.help.is_some());
        let Some(arm) = entered.fold(None, |best: Option<&Diagnostic>, arm| match best {
            Some(best) if rank(best) >= rank(arm) => Some(best),
            _ => Some(arm),
        }) else {
            break;
        };
        problem = arm.clone();
    }
    problem
}

/// How deep unions within unions are followed.
const MAX_UNIONS: usize = 16;

/// A parameter that may be absent, read by the template without a look whether it is there.
fn absent(problem: &mut Diagnostic, name: &str, base: &str, loaded: &Loaded) {
    let below = |label: &Label| {
        let text = label.source.text.get(label.start as usize..label.end as usize).unwrap_or_default();
        text.strip_prefix("parameter.").map(str::to_owned)
    };
    let path = problem.labels.iter().find_map(below).filter(|p| p.ends_with(name)).unwrap_or_else(|| name.to_owned());
    problem.code = "render/absent-parameter";
    problem.message = format!("the template of \"{}\" reads \"{path}\", which is not given", loaded.definition.name);
    problem.help = Some(format!(
        "give {path}; or, in the definition ({}), put what reads it under `if parameter.{path} != _|_ {{…}}`",
        loaded.provenance
    ));
    problem.path = Some(join(base, &path));
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

/// The properties as a whole are no map: most often text that holds JSON.
fn no_map(problem: &mut Diagnostic, loaded: &Loaded, given: &Data) {
    let what = match &given.value {
        DataValue::String(_) => "text",
        DataValue::List(_) => "a list",
        _ => "a single value",
    };
    problem.code = "render/mistyped-parameter";
    problem.message = format!("the properties of \"{}\" are {what}, and have to be a map", loaded.definition.name);
    problem.help = Some(match &given.value {
        DataValue::String(text) if text.trim_start().starts_with('{') => {
            "take away the quotes: YAML reads JSON as it is".to_owned()
        }
        _ => "write `name: value` below `properties:`, one a line".to_owned(),
    });
    problem.related.clear();
    let own = loaded.sources.get(loaded.template.source);
    problem.labels.retain(|l| own != Some(&l.source));
}

fn kind_of(problem: &mut Diagnostic, below: &str, loaded: &Loaded, given: &Data) {
    if below.is_empty() && !matches!(given.value, DataValue::Struct(_) | DataValue::Null | DataValue::Unknown(_)) {
        return no_map(problem, loaded, given);
    }
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
            problem.about_name = true;
            problem.message = format!("\"{name}\" has no parameter \"{last}\"{}", within(parent));
            let names = schema::names(loaded, &schema::at(loaded, &tree::parts(parent)));
            let known = names.iter().map(String::as_str).filter(|n| *n != last);
            problem.help = match nearest(last, known.clone()).or_else(|| short_for(last, known.clone())) {
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
            // What there is to choose from stands in the message.
            let told = problem.code == "cue/empty-disjunction";
            problem.code = "render/mistyped-parameter";
            if let Some(wanted) = &wanted {
                if told {
                    problem.help = None;
                }
                let given = shown(given, below);
                problem.message = match &given {
                    Some(given) => format!("\"{last}\" cannot be {given}: \"{name}\" wants {wanted}"),
                    None => format!("\"{last}\" does not fit: \"{name}\" wants {wanted}"),
                };
                let choices = schema::choices(&declared);
                let given = given.unwrap_or_default();
                if let Some(help) = quotes(&given, wanted) {
                    problem.help = Some(help);
                }
                if let Some(near) =
                    nearest(given.trim_matches('"'), choices.iter().map(String::as_str).filter(|c| !c.is_empty()))
                {
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

/// The parameters that are read where a problem stands: in its labels, and in what is written at its path.
fn read_at(loaded: &Loaded, inside: &str, problem: &Diagnostic) -> Vec<(String, Span)> {
    let mut found: Vec<(String, Span)> = Vec::new();
    let mut add = |expr: &Expr| {
        if let Some((path, span)) = schema::parameter(expr)
            && !found.iter().any(|(known, _)| known.starts_with(&path))
        {
            found.push((path, span));
        }
    };
    let at = schema::written(loaded, &tree::parts(inside));
    at.into_iter().for_each(|expr| visit::expr(expr, &mut add));
    if found.is_empty() {
        let mut add = |expr: &Expr| {
            let span = expr.span();
            let inside = |l: &Label| {
                let same = loaded.sources.get(span.source).is_some_and(|s| s == &l.source);
                same && l.start <= span.start && span.end <= l.end
            };
            if problem.labels.iter().any(inside)
                && let Some((path, span)) = schema::parameter(expr)
                && !found.iter().any(|(known, _)| known.starts_with(&path))
            {
                found.push((path, span));
            }
        };
        loaded.template.decls.iter().for_each(|decl| visit::decl(decl, &mut add));
    }
    found
}

/// Quotes that lack, or are too many.
fn quotes(given: &str, wanted: &str) -> Option<String> {
    let kinds: Vec<&str> = wanted.split(['|', '&']).map(|k| k.trim().trim_start_matches('*')).collect();
    let is = |kind: &str| kinds.contains(&kind);
    let plain = given.trim_matches('"');
    let is_text = given.starts_with('"');
    if !is_text && is("string") && (given.parse::<f64>().is_ok() || matches!(given, "true" | "false")) {
        return Some(format!("write it as text: \"{given}\""));
    }
    let number = (is("int") || is("number")) && plain.parse::<f64>().is_ok();
    let boolean = is("bool") && matches!(plain, "true" | "false");
    (is_text && (number || boolean)).then(|| format!("write it without quotes: {plain}"))
}

/// The one name that begins alike and has all letters in their order: `img` is short for `image`.
fn short_for<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let fits = |candidate: &&str| {
        let mut letters = candidate.chars();
        name.chars().count() > 2
            && candidate.chars().next() == name.chars().next()
            && name.chars().all(|c| letters.any(|l| l == c))
    };
    // The shortest is the plain one: `image` and not `imagePullPolicy`.
    let all: Vec<&str> = known.filter(fits).collect();
    let shortest = all.iter().map(|c| c.len()).min()?;
    let mut shortest = all.into_iter().filter(|c| c.len() == shortest);
    shortest.next().filter(|_| shortest.next().is_none())
}

/// What was given at a path, when it is short and no secret.
fn shown(given: &Data, below: &str) -> Option<String> {
    let found = tree::find(given, &tree::parts(below))?;
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
    fn slips_are_named_by_what_they_lack() {
        assert_eq!(quotes("8080", "string").as_deref(), Some("write it as text: \"8080\""));
        assert_eq!(quotes("\"80\"", "*1 | int").as_deref(), Some("write it without quotes: 80"));
        assert_eq!(quotes("\"many\"", "int"), None);
        assert_eq!(short_for("img", ["imagePullPolicy", "image"].into_iter()), Some("image"));
        assert_eq!(short_for("cmd", ["comand", "commad"].into_iter()), None);
        assert_eq!(short_for("img", ["ports", "images"].into_iter()), Some("images"));
    }

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
