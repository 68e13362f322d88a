//! What a step is given: its properties with the inputs put in, its context.

use super::Run;
use crate::evaluate::{Payload, Scope};
use crate::plan::Ix;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::Step;
use model::action::Action;
use model::generate::APPLY_COMPONENT;
use serde_json::{Map, Value};

impl Run {
    /// Calls `f` with what the step at `ix` may read.
    ///
    /// # Errors
    /// An input's `parameterKey` does not fit the properties.
    pub(super) fn with_scope<T>(&self, ix: Ix, f: impl FnOnce(Scope<'_>) -> T) -> Result<T, Diagnostic> {
        let empty = Step::default();
        let node = self.plan.node(ix);
        let step = node.map_or(&empty, |n| &n.step);
        let context = self.context(ix);
        let mut inputs: IndexMap<String, Payload> = IndexMap::new();
        let properties = step.properties.clone().filter(|p| !p.is_null());
        let mut parameter = Payload { value: properties.unwrap_or_else(|| Value::Object(Map::new())), secret: false };
        if let Some((key, item)) = self.item(ix, &context) {
            if !key.is_empty() {
                parameter.secret |= item.secret;
                set_path(&mut parameter.value, key, item.value.clone()).map_err(|message| {
                    let path = node.map_or("", |n| n.path.as_str());
                    Diagnostic::error("workflow/input", message).path(format!("{path}.forEach.parameterKey"))
                })?;
            }
            inputs.insert("item".to_owned(), item);
        }
        for (i, input) in step.inputs.iter().enumerate() {
            let value = self.input(&input.from, &context, &parameter.value);
            // inputs of a component go into the component, see `component_inputs`
            let own = step.kind != APPLY_COMPONENT;
            if own && !input.parameter_key.is_empty() && !value.value.is_null() {
                parameter.secret |= value.secret;
                set_path(&mut parameter.value, &input.parameter_key, value.value.clone()).map_err(|message| {
                    let path = node.map_or("", |n| n.path.as_str());
                    Diagnostic::error("workflow/input", message).path(format!("{path}.inputs[{i}].parameterKey"))
                })?;
            }
            inputs.insert(input.from.clone(), value);
        }
        Ok(f(Scope { step, parameter: &parameter, context: &context, inputs: &inputs }))
    }

    /// The list that a step runs for: how many items it has; `None`: it runs once.
    ///
    /// # Errors
    /// What should be a list is none.
    pub(super) fn items(&self, ix: Ix) -> Result<Option<usize>, String> {
        let Some(each) = self.plan.node(ix).and_then(|n| n.step.for_each.as_ref()) else { return Ok(None) };
        if let Some(items) = &each.items {
            return Ok(Some(items.len()));
        }
        let list = self.input(&each.from, &self.context(ix), &Value::Null);
        match &list.value {
            Value::Array(items) => Ok(Some(items.len())),
            Value::Null => Err(format!("forEach: \"{}\" has no value", each.from)),
            _ => Err(format!("forEach: \"{}\" is no list", each.from)),
        }
    }

    /// The item that a sub-step runs for, and where below `parameter` it goes.
    fn item(&self, ix: Ix, context: &Map<String, Value>) -> Option<(&str, Payload)> {
        let node = self.plan.node(ix)?;
        let index = node.item?;
        let each = self.plan.node(node.parent?)?.step.for_each.as_ref()?;
        let item = match &each.items {
            Some(items) => items.get(index).cloned().unwrap_or_default().into(),
            None => {
                let open = self.state.vars.get(&each.from).and_then(|v| v.value.as_ref());
                match open.and_then(|list| list.get(index)) {
                    Some(item) => item.clone().into(),
                    None => {
                        let list = self.input(&each.from, context, &Value::Null);
                        Payload { value: list.value.get(index).cloned().unwrap_or_default(), secret: list.secret }
                    }
                }
            }
        };
        Some((each.parameter_key.as_str(), item))
    }

    /// A variable, or a value below `context` or `parameter`; `null` when there is none.
    fn input(&self, from: &str, context: &Map<String, Value>, parameter: &Value) -> Payload {
        if let Some(found) = self.variable(from) {
            return found;
        }
        let path = split(from).unwrap_or_default();
        let found = match path.split_first() {
            Some((Key::Field(first), rest)) if first == "context" => match rest.split_first() {
                Some((Key::Field(key), rest)) => context.get(key).and_then(|v| get(v, rest)),
                _ => None,
            },
            Some((Key::Field(first), rest)) if first == "parameter" => get(parameter, rest),
            _ => None,
        };
        found.cloned().unwrap_or(Value::Null).into()
    }

    /// The value of a variable that was set.
    pub(super) fn variable(&self, name: &str) -> Option<Payload> {
        let var = self.state.vars.get(name)?;
        Some(if var.secret {
            Payload { value: self.secrets.get(name).cloned().unwrap_or(Value::Null), secret: true }
        } else {
            Payload { value: var.value.clone().unwrap_or(Value::Null), secret: false }
        })
    }

    /// CUE's `context` for a step.
    fn context(&self, ix: Ix) -> Map<String, Value> {
        let mut context = self.identity.context.clone();
        let name = |ix: Ix| self.plan.node(ix).map_or(String::new(), |n| n.step.name.clone());
        let parent = self.plan.node(ix).and_then(|n| n.parent).map(name).unwrap_or_default();
        for (key, value) in [
            ("stepName", name(ix)),
            ("stepSessionID", self.id_of(ix)),
            ("spanID", self.id_of(ix)),
            ("stepGroupName", parent),
        ] {
            context.insert(key.to_owned(), Value::String(value));
        }
        if let Some(index) = self.plan.node(ix).and_then(|n| n.item) {
            context.insert("itemIndex".to_owned(), index.into());
        }
        context
    }
}

/// Puts the inputs of a step that applies a component into the component that its action is given: below `properties`,
/// unless the key says `properties` or `traits[…]` itself.
pub(crate) fn component_inputs(scope: Scope<'_>, action: &Action, params: &mut Payload) -> Result<(), Diagnostic> {
    if scope.step.kind != APPLY_COMPONENT || action.provider != "oam" || action.name != "component-apply" {
        return Ok(());
    }
    let Some(component) = params.value.get_mut("value") else { return Ok(()) };
    for input in scope.step.inputs.iter().filter(|i| !i.parameter_key.is_empty()) {
        let Some(value) = scope.inputs.get(&input.from).filter(|v| !v.value.is_null()) else { continue };
        let key = input.parameter_key.as_str();
        let whole = key == "properties" || key.starts_with("properties.") || key.starts_with("traits[");
        let key = if whole { key.to_owned() } else { format!("properties.{key}") };
        params.secret |= value.secret;
        set_path(component, &key, value.value.clone())
            .map_err(|message| Diagnostic::error("workflow/input", message).path("inputs"))?;
    }
    Ok(())
}

/// One step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Key {
    Field(String),
    Index(usize),
}

/// Reads `a.b[0]."x-y"["z"].c`.
pub(crate) fn split(path: &str) -> Option<Vec<Key>> {
    let mut keys = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, after) = inner.split_once(']')?;
            let inside = inside.trim();
            keys.push(match inside.parse() {
                Ok(index) => Key::Index(index),
                Err(_) => Key::Field(unquote(inside)?),
            });
            rest = after;
        } else if let Some(inner) = rest.strip_prefix('"') {
            let (inside, after) = inner.split_once('"')?;
            keys.push(Key::Field(inside.to_owned()));
            rest = after;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let (field, after) = rest.split_at(end);
            if field.is_empty() {
                return None;
            }
            keys.push(Key::Field(field.to_owned()));
            rest = after;
        }
        match rest.strip_prefix('.') {
            Some(after) if !after.is_empty() => rest = after,
            Some(_) => return None,
            None if rest.is_empty() || rest.starts_with('[') => {}
            None => return None,
        }
    }
    (!keys.is_empty()).then_some(keys)
}

fn unquote(text: &str) -> Option<String> {
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).map(str::to_owned)
}

/// The value at a path.
pub(crate) fn get<'a>(value: &'a Value, path: &[Key]) -> Option<&'a Value> {
    path.iter().try_fold(value, |v, key| match key {
        Key::Field(field) => v.get(field.as_str()),
        Key::Index(index) => v.get(*index),
    })
}

/// Sets the value at a path, making structs and list elements as needed; a list grows by one element at most.
pub(crate) fn set_path(target: &mut Value, path: &str, value: Value) -> Result<(), String> {
    let keys = split(path).ok_or_else(|| format!("\"{path}\" is no path below `parameter`"))?;
    let mut at = target;
    for key in &keys {
        if at.is_null() {
            *at = match key {
                Key::Field(_) => Value::Object(Map::new()),
                Key::Index(_) => Value::Array(Vec::new()),
            };
        }
        at = match (key, at) {
            (Key::Field(field), Value::Object(map)) => map.entry(field.clone()).or_insert(Value::Null),
            (Key::Index(index), Value::Array(list)) => {
                if *index == list.len() {
                    list.push(Value::Null);
                }
                let length = list.len();
                list.get_mut(*index)
                    .ok_or_else(|| format!("\"{path}\": the list has {length} elements, so it has no place {index}"))?
            }
            (Key::Field(field), _) => return Err(format!("\"{path}\": the value above \"{field}\" is no struct")),
            (Key::Index(index), _) => return Err(format!("\"{path}\": the value above [{index}] is no list")),
        };
    }
    *at = value;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_put_where_the_key_says() {
        let set = |at: &str| {
            let mut v = json!({"image": "a", "env": [{"name": "x"}]});
            match set_path(&mut v, at, json!(1)) {
                Ok(()) => format!("{at}: {v}"),
                Err(e) => format!("{at}: {e}"),
            }
        };
        let keys = [
            "image",
            "env[0].value",
            "env[1].value",
            "env[3]",
            "a.b.c",
            "a[0].\"x-y\"",
            "m[\"k.l\"]",
            "image.x",
            "env.x",
            "a..b",
            "a.",
            "[",
            "",
        ];
        insta::assert_snapshot!(keys.map(set).join("\n"), @r#"
        image: {"env":[{"name":"x"}],"image":1}
        env[0].value: {"env":[{"name":"x","value":1}],"image":"a"}
        env[1].value: {"env":[{"name":"x"},{"value":1}],"image":"a"}
        env[3]: "env[3]": the list has 1 elements, so it has no place 3
        a.b.c: {"a":{"b":{"c":1}},"env":[{"name":"x"}],"image":"a"}
        a[0]."x-y": {"a":[{"x-y":1}],"env":[{"name":"x"}],"image":"a"}
        m["k.l"]: {"env":[{"name":"x"}],"image":"a","m":{"k.l":1}}
        image.x: "image.x": the value above "x" is no struct
        env.x: "env.x": the value above "x" is no struct
        a..b: "a..b" is no path below `parameter`
        a.: "a." is no path below `parameter`
        [: "[" is no path below `parameter`
        : "" is no path below `parameter`
        "#);
    }
}
