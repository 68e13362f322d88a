//! `lateen def compat`: is a new version of a definition safe for what uses the old one?
//!
//! Two answers: what has changed in the parameters, and, for each Application that is at hand, whether it still renders and
//! whether it renders the same.

use crate::doc::alternatives;
use crate::explain::parameters::{Parameter, Parameters};
use cue_syntax::{Diagnostic, Severity};
use render::{AppInput, Clusters, Loaded, RenderContext, Renderer};
use serde_json::{Value, json};

/// What a new version means for one Application.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// It renders the same objects.
    Same,
    /// It renders other objects: their difference, as lines.
    Changed(String),
    /// It no longer renders.
    Broken(Vec<Diagnostic>),
    /// It did not render before: nothing can be said.
    Unknown(Vec<Diagnostic>),
}

/// What has changed in the parameters, for who uses them: errors break an Application that uses what changed.
pub fn parameters(old: &Loaded, new: &Loaded) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    compare(&Parameters::of(old), &Parameters::of(new), "", new, &mut out, 0);
    out.sort_by_key(|d| std::cmp::Reverse(d.severity));
    out
}

fn compare(old: &Parameters, new: &Parameters, base: &str, loaded: &Loaded, out: &mut Vec<Diagnostic>, depth: u32) {
    if depth > 20 {
        return;
    }
    let path = |name: &str| if base.is_empty() { name.to_owned() } else { format!("{base}.{name}") };
    for field in &old.fields {
        match new.get(&field.name) {
            Some(now) => one(field, now, &path(&field.name), loaded, out, depth),
            None if new.any.is_none() => {
                let mut problem = Diagnostic::error("compat/removed", "the parameter is gone").path(path(&field.name));
                let near = model::action::nearest(&field.name, new.fields.iter().map(|f| f.name.as_str()));
                problem.help = Some(match near {
                    Some(near) => format!("if it is now \"{near}\", accept both names for a while"),
                    None => "keep it, unused if it must be, until nobody gives it".to_owned(),
                });
                out.push(problem);
            }
            None => {}
        }
    }
    for field in new.fields.iter().filter(|f| old.get(&f.name).is_none()) {
        if field.required && field.condition.is_none() {
            out.push(
                Diagnostic::error("compat/required", "a new parameter has to be given")
                    .path(path(&field.name))
                    .at(&loaded.sources, field.place, "")
                    .help("give it a default, or make it optional with `?`"),
            );
        } else {
            let mut advice = Diagnostic::warning("compat/added", "a new parameter").path(path(&field.name));
            advice.severity = Severity::Advice;
            out.push(advice);
        }
    }
}

fn one(old: &Parameter, new: &Parameter, path: &str, loaded: &Loaded, out: &mut Vec<Diagnostic>, depth: u32) {
    let here = |d: Diagnostic| d.path(path).at(&loaded.sources, new.place, "");
    if new.required && !old.required {
        let problem = Diagnostic::error("compat/required", "it has to be given now and did not have to before");
        out.push(here(problem).help("give it a default, or make it optional with `?`"));
    }
    let lost: Vec<&str> = old.choices.iter().filter(|c| !new.choices.contains(c)).map(String::as_str).collect();
    if !old.choices.is_empty() && !new.choices.is_empty() && !lost.is_empty() {
        out.push(here(Diagnostic::error("compat/choice", format!("it can no longer be {}", lost.join(" or ")))));
    } else if old.kind != new.kind && !wider(&old.kind, &new.kind) && old.inner.is_empty() == new.inner.is_empty() {
        let text = format!("it was {} and is now {}", old.kind, new.kind);
        out.push(here(Diagnostic::error("compat/type", text)).help("accept the old type as well: `old | new`"));
    } else if old.inner.is_empty() != new.inner.is_empty() {
        out.push(here(Diagnostic::error("compat/type", format!("it was {} and is now {}", old.kind, new.kind))));
    }
    if old.default != new.default && (old.required || !new.required) {
        let text = |d: &Option<String>| d.clone().unwrap_or_else(|| "nothing".to_owned());
        let message = format!("its default was {} and is now {}", text(&old.default), text(&new.default));
        out.push(here(Diagnostic::warning("compat/default", message)));
    }
    if !old.inner.is_empty() && !new.inner.is_empty() {
        let inside = match (new.is_list(), new.is_map()) {
            (true, _) => format!("{path}[]"),
            (_, true) => format!("{path}.*"),
            _ => path.to_owned(),
        };
        compare(&old.inner, &new.inner, &inside, loaded, out, depth + 1);
    }
}

/// Whether every alternative of the old type fits one of the new, as far as their texts say.
fn wider(old: &str, new: &str) -> bool {
    let new = alternatives(new, '|');
    alternatives(old, '|').iter().all(|o| new.iter().any(|n| fits(o, n)))
}

/// Whether an alternative is within another: `int & >=1` is within `int`, `number` and `>=0`.
fn fits(old: &str, new: &str) -> bool {
    if let (Some(old), Some(new)) = (old.strip_prefix("[]"), new.strip_prefix("[]")) {
        return wider(old, new);
    }
    if let (Some(old), Some(new)) = (old.strip_prefix("map[string]"), new.strip_prefix("map[string]")) {
        return wider(old, new);
    }
    let has = alternatives(old, '&');
    // Each demand of the new type is one that the old type makes already.
    alternatives(new, '&').iter().all(|n| has.iter().any(|o| implies(o, n)))
}

/// Whether what meets the first demand meets the second.
fn implies(old: &str, new: &str) -> bool {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let bound = |text: &str, sign: char| {
        let rest = text.strip_prefix(sign)?;
        Some(match rest.strip_prefix('=') {
            Some(rest) => (number(rest)?, true),
            None => (number(rest)?, false),
        })
    };
    let within = |sign: char| match (bound(old, sign), bound(new, sign)) {
        (Some((o, closed)), Some((n, open))) => {
            (if sign == '>' { o > n } else { o < n }) || (o == n && (open || !closed))
        }
        (None, Some((n, open))) => {
            number(old).is_some_and(|o| (if sign == '>' { o > n } else { o < n }) || (open && o == n))
        }
        _ => false,
    };
    let is_number = number(old).is_some() || bound(old, '>').is_some() || bound(old, '<').is_some();
    match new {
        "any" => true,
        "string" => old == new || old.starts_with('"') || old.starts_with("=~"),
        "number" => old == new || old == "int" || old == "float" || is_number,
        "int" => old == new || old.parse::<i64>().is_ok(),
        "bool" => matches!(old, "bool" | "true" | "false"),
        _ => old == new || within('>') || within('<'),
    }
}

/// What the new version means for an Application. Both renderers differ in the definition only.
pub fn effect(app: &AppInput, old: &Renderer, new: &Renderer, context: &RenderContext) -> Effect {
    let text = |renderer: &Renderer| {
        renderer.application(app, &Clusters::Unknown, context).map(|r| {
            let objects = render::output::json(&r);
            let mut texts: Vec<String> = objects.as_array().into_iter().flatten().map(document).collect();
            let applied = r.applied.iter().map(|a| json!({"object": a.object, "placement": {"cluster": a.cluster}}));
            texts.extend(applied.map(|one| document(&one)));
            (texts.concat(), r.warnings)
        })
    };
    match (text(old), text(new)) {
        (Err(problems), _) => Effect::Unknown(problems),
        (_, Err(problems)) => Effect::Broken(problems),
        (Ok((old, before)), Ok((new, after))) => {
            // What is wrong with the parameters of a step is only told when it is rendered, and refused when it runs.
            let refused: Vec<Diagnostic> = after
                .into_iter()
                .filter(|p| p.path.is_some() && p.code.ends_with("-parameter") && !before.contains(p))
                .map(|p| Diagnostic { severity: Severity::Error, ..p })
                .collect();
            if !refused.is_empty() {
                Effect::Broken(refused)
            } else if old == new {
                Effect::Same
            } else {
                Effect::Changed(crate::lines::diff(&old, &new))
            }
        }
    }
}

fn document(entry: &Value) -> String {
    let text = |p: &str| entry.pointer(p).and_then(Value::as_str).unwrap_or_default();
    let head = format!(
        "# {} {} ({}, {})\n",
        text("/object/kind"),
        text("/object/metadata/name"),
        text("/placement/cluster"),
        text("/placement/namespace")
    );
    let object = entry.get("object").map(cue::json::from_value);
    let body = object.and_then(|o| cue::yaml::write(&o).ok()).unwrap_or_default();
    format!("{head}{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use render::Provenance;

    fn loaded(parameter: &str) -> Loaded {
        let text = format!(
            "x: {{type: \"component\", attributes: {{}}}}\ntemplate: {{output: {{}}\nparameter: {{\n{parameter}\n}}}}\n"
        );
        Loaded::from_cue(Source::new("x.cue", text), Provenance::Builtin).unwrap()
    }

    fn told(old: &str, new: &str) -> Vec<String> {
        parameters(&loaded(old), &loaded(new))
            .iter()
            .map(|d| format!("{:?} {}", d.severity, crate::tell::line(d)))
            .collect()
    }

    #[test]
    fn what_breaks_users_is_an_error() {
        insta::assert_debug_snapshot!(told(
            "image: string\nsize: \"a\" | \"b\"\nports: [...{port: int, name?: string}]\nold?: int\nn: *1 | int\nt?: int",
            "image: string\nsize: \"a\" | \"c\"\nports: [...{port: int | string, name: string}]\nolder?: int\nn: *2 | int\nt?: string\nmust: string"
        ), @r#"
        [
            "Error size: it can no longer be \"b\" [compat/choice]",
            "Error ports[].name: it has to be given now and did not have to before [compat/required]",
            "Error old: the parameter is gone [compat/removed]",
            "Error t: it was int and is now string [compat/type]",
            "Error must: a new parameter has to be given [compat/required]",
            "Warning n: its default was 1 and is now 2 [compat/default]",
            "Advice older: a new parameter [compat/added]",
        ]
        "#);
    }

    #[test]
    fn what_accepts_more_is_safe() {
        for (old, new) in [
            ("string", "string | int"),
            ("\"x\" | \"y\"", "string"),
            ("int", "*1 | number"),
            ("int & >=0", "int"),
            ("int & >=1 & <=10", "int & >0 & <11"),
            ("int & >1", "int & >=1"),
            ("[...int]", "[...int | string]"),
            ("[string]: string", "[string]: string | int"),
            ("true | false", "bool"),
            ("1 | 2", "int & <=2"),
            ("string & =~\"^a\"", "string"),
        ] {
            let told = told(&format!("a: {old}"), &format!("a: {new}"));
            assert!(told.iter().all(|l| !l.starts_with("Error")), "{old} to {new}: {told:?}");
        }
    }

    #[test]
    fn what_accepts_less_is_not() {
        for (old, new) in [
            ("int", "int & >=0"),
            ("int & >=0", "int & >0"),
            ("number", "int"),
            ("string", "=~\"^a\""),
            ("string | int", "string"),
            ("[...string | int]", "[...string]"),
            ("int & <=10", "int & <=9"),
            ("string", "\"x\" | \"y\""),
        ] {
            let told = told(&format!("a: {old}"), &format!("a: {new}"));
            assert!(told.iter().any(|l| l.starts_with("Error a")), "{old} to {new}: {told:?}");
        }
    }
}
