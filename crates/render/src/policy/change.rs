//! How `override` and `env-binding` change components.

use crate::application::{ComponentInput, TraitInput};
use crate::tree;
use cue::{Data, DataValue};
use cue_syntax::Diagnostic;
use model::action::nearest;
use regex::Regex;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change of components.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ComponentChange {
    /// Which one: in `override` a regular expression for the whole name, unless it says where it starts (`^`) or ends (`$`);
    /// empty is all (of the type).
    pub name: String,
    /// Its type; another than it has replaces the component.
    #[serde(rename = "type")]
    pub kind: String,
    /// Merged into the properties; lists are replaced.
    pub properties: Option<Value>,
    /// Merged by type.
    pub traits: Vec<TraitChange>,
}

/// A change of a trait.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TraitChange {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Merged into the properties; lists are replaced.
    pub properties: Option<Value>,
    /// Takes the trait away.
    pub disable: bool,
}

/// Applies changes in order. `base` is where they stand, `pattern` whether names are regular expressions.
///
/// # Errors
/// A name that is no regular expression.
pub(crate) fn apply(
    components: &mut Vec<ComponentInput>,
    changes: &[ComponentChange],
    base: &str,
    pattern: bool,
) -> Result<(), Diagnostic> {
    for (i, change) in changes.iter().enumerate() {
        let path = format!("{base}[{i}]");
        let name = matcher(change, pattern, &path)?;
        let mut hit = false;
        for component in components.iter_mut() {
            let by_name = name(&component.name);
            let by_type = change.kind.is_empty() || change.kind == component.kind;
            if !by_name || (change.name.is_empty() && !by_type) {
                continue;
            }
            hit = true;
            if by_type {
                merge(component, change, &path);
            } else {
                *component = made(change, &component.name.clone(), &path);
            }
        }
        if !hit && !change.name.is_empty() && !change.kind.is_empty() {
            components.push(made(change, &change.name, &path));
        }
    }
    Ok(())
}

/// Where a change has written what stands at `path` of a component; `None` when the component has it from elsewhere.
pub(crate) fn written_at(
    change: &ComponentChange,
    place: &str,
    pattern: bool,
    component: &ComponentInput,
    path: &str,
) -> Option<String> {
    let by_type = change.kind.is_empty() || change.kind == component.kind;
    if !matcher(change, pattern, place).ok()?(&component.name) || (change.name.is_empty() && !by_type) {
        return None;
    }
    if let Some(below) = path.strip_prefix(&component.path).and_then(|p| p.strip_prefix(".properties")) {
        return has(change.properties.as_ref()?, below).then(|| format!("{place}.properties{below}"));
    }
    component.traits.iter().find_map(|old| {
        let below = path.strip_prefix(&old.path)?.strip_prefix(".properties")?;
        let (j, new) = change.traits.iter().enumerate().find(|(_, t)| t.kind == old.kind)?;
        has(new.properties.as_ref()?, below).then(|| format!("{place}.traits[{j}].properties{below}"))
    })
}

/// Whether something stands at a path below a value.
fn has(value: &Value, below: &str) -> bool {
    let mut here = Some(value);
    for part in tree::parts(below.trim_start_matches('.')) {
        here = match part {
            tree::Part::Field(name) => here.and_then(|v| v.get(name.as_str())),
            tree::Part::Index(i) => here.and_then(|v| v.get(i)),
        };
    }
    !below.is_empty() && here.is_some()
}

/// Keeps the components of these names; an empty list keeps all.
pub(crate) fn select(components: &mut Vec<ComponentInput>, names: &[String]) {
    if !names.is_empty() {
        components.retain(|c| names.contains(&c.name));
    }
}

type Matcher = Box<dyn Fn(&str) -> bool>;

fn matcher(change: &ComponentChange, pattern: bool, path: &str) -> Result<Matcher, Diagnostic> {
    let wanted = change.name.clone();
    if wanted.is_empty() {
        return Ok(Box::new(|_| true));
    }
    if !pattern {
        return Ok(Box::new(move |name| name == wanted));
    }
    // The text by itself first, so that its mistakes are shown as they were written.
    Regex::new(&wanted).map_err(|e| {
        Diagnostic::error("render/override-pattern", format!("\"{wanted}\" is no regular expression: {e}"))
            .path(format!("{path}.name"))
            .help("escape characters that have a meaning in regular expressions with \\")
    })?;
    let whole = if says_where(&wanted) { wanted } else { format!("^(?:{wanted})$") };
    let regex = Regex::new(&whole).map_err(|e| {
        Diagnostic::error("render/override-pattern", format!("\"{whole}\" is no regular expression: {e}"))
            .path(format!("{path}.name"))
    })?;
    Ok(Box::new(move |name| regex.is_match(name)))
}

/// Whether a pattern itself says where in a name it is found.
fn says_where(pattern: &str) -> bool {
    pattern.starts_with('^') || pattern.ends_with('$')
}

/// Warnings about the names of an `override`: those that KubeVela would have found inside of other names, and those that no
/// component has.
pub(crate) fn odd_names(components: &[ComponentInput], changes: &[ComponentChange], base: &str) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    for (i, change) in changes.iter().enumerate().filter(|(_, c)| !c.name.is_empty()) {
        let path = format!("{base}[{i}].name");
        let (Ok(whole), Ok(inside)) = (matcher(change, true, &path), Regex::new(&change.name)) else { continue };
        let hit = components.iter().any(|c| whole(&c.name));
        let missed = components.iter().filter(|c| !whole(&c.name) && inside.is_match(&c.name));
        let missed: Vec<String> = missed.map(|c| format!("\"{}\"", c.name)).collect();
        if !missed.is_empty() && !says_where(&change.name) {
            let text = format!("\"{}\" is the whole name here: it does not change {}", change.name, missed.join(", "));
            warnings.push(
                Diagnostic::warning("render/override-whole-name", text)
                    .path(path)
                    .help(format!("KubeVela finds it inside of names; write \".*{}.*\" for that", change.name)),
            );
        } else if !hit && change.kind.is_empty() {
            let names = components.iter().map(|c| c.name.as_str());
            let mut warning = Diagnostic::warning(
                "render/override-nothing",
                format!("there is no component \"{}\" that it could change", change.name),
            )
            .path(path);
            warning.help = Some(match nearest(&change.name, names.clone()) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("there are {}; with a `type` it would be added", names.collect::<Vec<_>>().join(", ")),
            });
            warnings.push(warning);
        }
    }
    warnings
}

fn made(change: &ComponentChange, name: &str, path: &str) -> ComponentInput {
    ComponentInput {
        name: name.to_owned(),
        kind: change.kind.clone(),
        path: path.to_owned(),
        properties: data(change.properties.as_ref()),
        traits: change
            .traits
            .iter()
            .enumerate()
            .filter(|(_, t)| !t.disable)
            .map(|(i, t)| made_trait(t, i, path))
            .collect(),
        inputs: Vec::new(),
        outputs: Vec::new(),
        depends_on: Vec::new(),
        replica_key: String::new(),
    }
}

fn made_trait(change: &TraitChange, i: usize, path: &str) -> TraitInput {
    TraitInput {
        kind: change.kind.clone(),
        path: format!("{path}.traits[{i}]"),
        properties: data(change.properties.as_ref()),
    }
}

fn data(value: Option<&Value>) -> Data {
    value.filter(|v| !v.is_null()).map_or_else(tree::empty, cue::json::from_value)
}

fn merge(component: &mut ComponentInput, change: &ComponentChange, path: &str) {
    merge_data(&mut component.properties, &data(change.properties.as_ref()));
    for (i, t) in change.traits.iter().enumerate() {
        if t.disable {
            component.traits.retain(|old| old.kind != t.kind);
            continue;
        }
        match component.traits.iter_mut().find(|old| old.kind == t.kind) {
            Some(old) => merge_data(&mut old.properties, &data(t.properties.as_ref())),
            None => component.traits.push(made_trait(t, i, path)),
        }
    }
}

/// Structs merge, everything else is replaced.
fn merge_data(old: &mut Data, new: &Data) {
    match (&mut old.value, &new.value) {
        (DataValue::Struct(fields), DataValue::Struct(more)) => {
            for (name, value) in more {
                match fields.get_mut(name) {
                    Some(present) => merge_data(present, value),
                    None => {
                        fields.insert(name.clone(), value.clone());
                    }
                }
            }
        }
        _ => *old = new.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn component(name: &str, kind: &str) -> ComponentInput {
        ComponentInput {
            name: name.into(),
            kind: kind.into(),
            path: String::new(),
            properties: cue::json::from_value(&json!({"image": "a", "env": [1], "deep": {"x": 1}})),
            traits: vec![TraitInput {
                kind: "scaler".into(),
                path: String::new(),
                properties: cue::json::from_value(&json!({"replicas": 1})),
            }],
            inputs: Vec::new(),
            outputs: Vec::new(),
            depends_on: Vec::new(),
            replica_key: String::new(),
        }
    }

    fn changed(change: Value) -> Vec<String> {
        let mut components = vec![component("web", "webservice"), component("my-web-2", "worker")];
        let changes: Vec<ComponentChange> = serde_json::from_value(json!([change])).unwrap();
        apply(&mut components, &changes, "p", true).unwrap();
        let json = |d: &Data| cue::json::to_value(d).unwrap().to_string();
        components
            .iter()
            .map(|c| {
                let traits: Vec<_> = c.traits.iter().map(|t| format!("{}{}", t.kind, json(&t.properties))).collect();
                format!("{} {} {} [{}]", c.name, c.kind, json(&c.properties), traits.join(" "))
            })
            .collect()
    }

    #[test]
    fn overrides_merge_replace_and_add() {
        insta::assert_debug_snapshot!([
            changed(json!({"name": "web", "properties": {"image": "b", "env": [2], "deep": {"y": 2}}})),
            changed(json!({"name": "^web$", "traits": [{"type": "scaler", "disable": true}]})),
            changed(json!({"type": "worker", "traits": [{"type": "scaler", "properties": {"replicas": 3}}]})),
            changed(json!({"name": "new", "type": "task", "properties": {"image": "c"}})),
            changed(json!({"name": "new"})),
            changed(json!({"name": "^web$", "type": "task", "properties": {"image": "c"}})),
        ]);
    }

    #[test]
    fn names_are_whole_and_it_is_told_where_that_matters() {
        let components = vec![component("web", "webservice"), component("my-web-2", "worker")];
        let told = |name: &str| -> Vec<String> {
            let changes = [ComponentChange { name: name.into(), ..ComponentChange::default() }];
            let warnings = odd_names(&components, &changes, "p");
            warnings.into_iter().map(|w| format!("{} ({})", w.message, w.help.unwrap_or_default())).collect()
        };
        insta::assert_debug_snapshot!(
            ["web", ".*web.*", "^my", "webb", "w(eb|ub)"].map(told),
            @r#"
        [
            [
                "\"web\" is the whole name here: it does not change \"my-web-2\" (KubeVela finds it inside of names; write \".*web.*\" for that)",
            ],
            [],
            [],
            [
                "there is no component \"webb\" that it could change (did you mean \"web\"?)",
            ],
            [
                "\"w(eb|ub)\" is the whole name here: it does not change \"my-web-2\" (KubeVela finds it inside of names; write \".*w(eb|ub).*\" for that)",
            ],
        ]
        "#
        );
    }

    #[test]
    fn a_broken_pattern_is_told() {
        let changes = vec![ComponentChange { name: "a(".into(), ..ComponentChange::default() }];
        let error =
            apply(&mut vec![component("web", "webservice")], &changes, "spec.policies[0].properties.components", true);
        assert_eq!(error.unwrap_err().path.as_deref(), Some("spec.policies[0].properties.components[0].name"));
    }
}
