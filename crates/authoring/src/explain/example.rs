//! An example of a definition's parameters: what has to be given, or everything, with values that the types allow.

use super::parameters::{Parameter, Parameters};
use serde_json::{Map, Value, json};

/// Properties that are accepted: with `full` everything that there is, else only what has to be given.
pub fn properties(parameters: &Parameters, full: bool) -> Value {
    Maker { whole: parameters, full }.structure(parameters)
}

struct Maker<'a> {
    whole: &'a Parameters,
    full: bool,
}

impl Maker<'_> {
    fn structure(&self, parameters: &Parameters) -> Value {
        // Alternatives are not mixed: the default one, else the first.
        let fields = match parameters.arms.iter().find(|a| a.default).or(parameters.arms.first()) {
            Some(arm) if parameters.arms.len() > 1 => &arm.fields,
            _ => &parameters.fields,
        };
        let wanted = fields.iter().filter(|p| self.exists(p, parameters) && (self.full || p.required));
        let mut map: Map<String, Value> = wanted.map(|p| (p.name.clone(), self.value(p))).collect();
        if map.is_empty()
            && fields.is_empty()
            && let Some(any) = parameters.any.as_deref().filter(|any| *any != "any")
        {
            map.insert("key".to_owned(), scalar(any, "value"));
        }
        Value::Object(map)
    }

    /// A parameter under a condition is given when the condition is `name == literal` and holds for the defaults.
    fn exists(&self, parameter: &Parameter, beside: &Parameters) -> bool {
        let Some(condition) = &parameter.condition else { return true };
        let Some((name, wanted)) = condition.split_once(" == ") else { return false };
        let name = name.trim_start_matches("parameter.");
        let found = beside.get(name).or_else(|| self.whole.get(name));
        found.and_then(|f| f.default.as_deref()) == Some(wanted.trim())
    }

    fn value(&self, parameter: &Parameter) -> Value {
        if let Some(found) =
            parameter.default.as_deref().or(parameter.choices.first().map(String::as_str)).and_then(literal)
        {
            return found;
        }
        self.of_kind(parameter, &parameter.kind)
    }

    fn of_kind(&self, parameter: &Parameter, kind: &str) -> Value {
        let kind = kind.split(" | ").next().unwrap_or_default();
        if let Some(of) = kind.strip_prefix("[]") {
            return json!([self.of_kind(parameter, of)]);
        }
        if let Some(of) = kind.strip_prefix("map[string]") {
            return json!({"key": self.of_kind(parameter, of)});
        }
        if kind == "object" {
            return self.structure(&parameter.inner);
        }
        scalar(kind, &parameter.name)
    }
}

/// A value of a scalar type; a text says what it stands for.
fn scalar(kind: &str, name: &str) -> Value {
    let first = kind.split([' ', '|', '&']).next().unwrap_or_default();
    match first {
        "int" | "number" | "float" | "uint" | "int32" | "int64" | "uint16" => json!(bound(kind)),
        "bool" => json!(true),
        "string" | "bytes" => json!(usual(name).map_or_else(|| format!("<{name}>"), str::to_owned)),
        "any" | "{...}" => json!({}),
        other if other.starts_with(['>', '<']) => json!(bound(kind)),
        other if other.starts_with("=~") => matching(kind, name),
        other => literal(other).unwrap_or_else(|| json!(format!("<{name}>"))),
    }
}

/// What people mostly write for a parameter of this name.
fn usual(name: &str) -> Option<&'static str> {
    Some(match name {
        "image" => "nginx:1.27",
        "schedule" => "0 3 * * *",
        "url" | "endpoint" => "https://example.com",
        "host" | "domain" | "hostname" => "shop.example.com",
        "cluster" => "local",
        "namespace" => "default",
        "path" | "mountPath" => "/data",
        "size" | "storage" => "1Gi",
        _ => return None,
    })
}

/// A text that a regular expression accepts, from what people mostly ask for.
fn matching(kind: &str, name: &str) -> Value {
    let placeholder = format!("<{name}>");
    let pattern = kind.trim_start_matches("=~").trim();
    let pattern = literal(pattern).and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
    let candidates = ["1Gi", "name", "1", "10s", "80%", "http://example.com", "/path", "a=b", "10.0.0.1"];
    let Ok(regexp) = cue::regexp::Regexp::new(&pattern) else { return json!(placeholder) };
    let found = candidates.iter().find(|c| regexp.is_match(c));
    json!(found.map_or(placeholder, |c| (*c).to_owned()))
}

/// The least number above the lower bounds of `int & >=5 & <10`, at least 1.
fn bound(kind: &str) -> i64 {
    let lower = kind.split('&').filter_map(|part| {
        let rest = part.trim().strip_prefix('>')?;
        match rest.strip_prefix('=') {
            Some(n) => n.trim().parse::<i64>().ok(),
            None => rest.trim().parse::<i64>().ok().map(|n| n.saturating_add(1)),
        }
    });
    lower.max().unwrap_or(1).max(1)
}

/// A literal of CUE that is one of JSON too.
fn literal(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::DefinitionKind;
    use render::builtin::Builtins;
    use render::{DefinitionSource, Renderer};

    /// What is shown as an example has to work: of every built-in definition, the least example is accepted by the same
    /// check that applications go through.
    #[test]
    fn the_examples_of_all_built_in_definitions_are_accepted() {
        let renderer = Renderer::builtin();
        let context = cue::json::from_value(&json!({"name": "a", "namespace": "n", "appName": "a", "stepName": "s"}));
        let mut wrong = Vec::new();
        let mut seen = 0;
        for kind in
            [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
        {
            for name in Builtins.names(kind) {
                let loaded = renderer.definition(kind, &name, "").unwrap();
                let example = properties(&Parameters::of(&loaded), false);
                seen += 1;
                let data = cue::json::from_value(&example);
                if let Err(found) = renderer.check_parameters(&loaded, &data, &context, "properties", false) {
                    wrong.push(format!(
                        "{} {name}: {example}: {:?}",
                        kind.word(),
                        found.iter().map(|d| (&d.path, &d.message)).collect::<Vec<_>>()
                    ));
                }
            }
        }
        assert!(seen > 80, "{seen}");
        assert_eq!(wrong, Vec::<String>::new());
    }

    #[test]
    fn bounds_are_kept() {
        assert_eq!([bound("int & >0"), bound("int & >=5 & <9"), bound("int")], [1, 5, 1]);
    }
}
