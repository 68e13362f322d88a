//! How a definition stands in an Application: the example that `show` and `def doc` print.

use super::parameters::Parameters;
use crate::testing::{Case, Suite};
use cue_syntax::Source;
use model::DefinitionKind;
use render::builtin::Builtins;
use render::{Loaded, Provenance};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::sync::Arc;

/// An example of a definition's use.
#[derive(Debug, Clone, PartialEq)]
pub struct Usage {
    kind: DefinitionKind,
    /// Its type.
    name: String,
    /// What it is given; empty when nothing.
    properties: Map<String, Value>,
}

impl Usage {
    /// The best that there is for a definition that stands nowhere beside its cases: of the cases that come with Lateen, else
    /// made.
    pub fn of(loaded: &Loaded) -> Usage {
        let definition = &loaded.definition;
        let cases = match loaded.provenance {
            Provenance::Builtin => Builtins::cases(definition.kind, &definition.name),
            _ => None,
        };
        match cases {
            Some(text) => Self::of_cases(loaded, &Source::new("cases.yaml", text)),
            None => Self::made(loaded, false),
        }
    }

    /// Made of the parameters: what has to be given, with `full` everything that there is.
    pub fn made(loaded: &Loaded, full: bool) -> Usage {
        Self::with(loaded, super::example::properties(&Parameters::of(loaded), full))
    }

    /// Taken from the cases of a definition: the properties of the first one that is to succeed. A file that cannot be read, or
    /// has no such case, gives the one that is made.
    pub fn of_cases(loaded: &Loaded, cases: &Arc<Source>) -> Usage {
        let suite = Suite::read(cases).ok();
        let fits =
            |case: &&Case| !case.input.allow_unknown && case.expect.error.is_none() && case.expect.errors.is_none();
        let name = &loaded.definition.name;
        let first = suite.iter().flat_map(|suite| &suite.cases).filter(fits).find_map(|case| {
            let properties = cue::json::to_value(&case.input.parameter).ok();
            let whole = || case.input.application.as_ref().and_then(|app| cue::json::to_value(app).ok());
            let some = |value: &Value| value.as_object().is_some_and(|map| !map.is_empty());
            properties.filter(some).or_else(|| used(&whole()?, name, 0).filter(some))
        });
        first.map_or_else(|| Self::made(loaded, false), |properties| Self::with(loaded, properties))
    }

    fn with(loaded: &Loaded, properties: Value) -> Usage {
        let Value::Object(properties) = properties else { return Self::with(loaded, json!({})) };
        Usage { kind: loaded.definition.kind, name: loaded.definition.name.clone(), properties }
    }

    /// For programs: where it stands in the `spec` of an Application; a trait, below a component.
    pub fn value(&self) -> Value {
        let name = format!("my-{}", self.name);
        let mut head = match self.kind {
            DefinitionKind::Trait => json!({"type": self.name}),
            _ => json!({"name": name, "type": self.name}),
        };
        if let (false, Some(map)) = (self.properties.is_empty(), head.as_object_mut()) {
            map.insert("properties".to_owned(), Value::Object(self.properties.clone()));
        }
        match self.kind {
            DefinitionKind::Component | DefinitionKind::Workload => json!({"components": [head]}),
            DefinitionKind::Trait => json!({"traits": [head]}),
            DefinitionKind::Policy => json!({"policies": [head]}),
            DefinitionKind::WorkflowStep => json!({"workflow": {"steps": [head]}}),
        }
    }

    /// As people write it: name and type before the properties.
    pub fn yaml(&self) -> String {
        let name = &self.name;
        let named = format!("name: my-{name}\n    type: {name}");
        let (mut text, deep) = match self.kind {
            DefinitionKind::Component | DefinitionKind::Workload => (format!("components:\n  - {named}\n"), 2),
            DefinitionKind::Trait => (format!("traits:\n  - type: {name}\n"), 2),
            DefinitionKind::Policy => (format!("policies:\n  - {named}\n"), 2),
            DefinitionKind::WorkflowStep => {
                (format!("workflow:\n  steps:\n    - {}\n", named.replace("\n    ", "\n      ")), 3)
            }
        };
        if !self.properties.is_empty() {
            let pad = "  ".repeat(deep);
            let _ = writeln!(text, "{pad}properties:");
            let properties = cue::json::from_value(&Value::Object(self.properties.clone()));
            for line in cue::yaml::write(&properties).unwrap_or_default().lines() {
                let _ = writeln!(text, "{pad}  {line}");
            }
        }
        text
    }
}

/// The properties of the first part of an Application that is of a type.
fn used(value: &Value, name: &str, depth: u32) -> Option<Value> {
    match value {
        Value::Object(map)
            if map.get("type").and_then(Value::as_str) == Some(name) && map.contains_key("properties") =>
        {
            map.get("properties").cloned()
        }
        Value::Object(map) if depth < 8 => map.values().find_map(|inner| used(inner, name, depth + 1)),
        Value::Array(list) if depth < 8 => list.iter().find_map(|inner| used(inner, name, depth + 1)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use render::{AppInput, Clusters, DefinitionSource, RenderContext, Renderer};

    /// An Application with everything that examples name: policies, envs, a component of each sort that traits are made for.
    const AROUND: &str = "
components:
- {name: web, type: webservice, properties: {image: nginx, ports: [{port: 80, expose: true}], env: [{name: A, value: a}]}}
- {name: chart, type: helm, properties: {url: 'https://charts.example', chart: web}}
- {name: files, type: kustomize, properties: {url: 'https://git.example/a.git', path: ./app}}
- {name: db, type: worker, properties: {image: db}}
- {name: cloud, type: alibaba-rds, properties: {instance_name: shop}}
policies:
- {name: eu, type: topology, properties: {clusters: [local]}}
- {name: big, type: override, properties: {components: [{name: web, properties: {cpu: '2'}}]}}
- {name: envs, type: env-binding, properties: {envs: [{name: prod, placement: {clusterSelector: {name: local}}}]}}
workflow: {steps: [{name: first, type: suspend}]}
";

    fn application(usage: &Usage) -> Value {
        let mut spec = cue::json::to_value(&cue::yaml::parse(AROUND).unwrap()).unwrap();
        let mut example = usage.value();
        if let Some(one) = example.pointer_mut("/traits/0").map(Value::take) {
            let at = match usage.name.as_str() {
                "helm-labels" => 1,
                name if name.starts_with("kustomize") => 2,
                _ => 0,
            };
            spec["components"][at]["traits"] = json!([one]);
        }
        for list in ["/components", "/policies", "/workflow/steps"] {
            let more = example.pointer(list).and_then(Value::as_array).cloned().unwrap_or_default();
            spec.pointer_mut(list).and_then(Value::as_array_mut).unwrap().extend(more);
        }
        json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application", "metadata": {"name": "a"}, "spec": spec})
    }

    /// What is shown as an example has to work: of every built-in definition, it renders without an error.
    #[test]
    fn the_examples_of_all_built_in_definitions_render() {
        let renderer = Renderer::builtin();
        let mut wrong = Vec::new();
        for kind in DefinitionKind::ALL.into_iter().filter(|k| *k != DefinitionKind::Workload) {
            for name in Builtins.names(kind) {
                let loaded = renderer.definition(kind, &name, "").unwrap();
                let usage = Usage::of(&loaded);
                let app = application(&usage);
                let input = AppInput { app: serde_json::from_value(app.clone()).unwrap(), ..AppInput::default() };
                let read: Value = cue::json::to_value(&cue::yaml::parse(&usage.yaml()).unwrap()).unwrap();
                assert_eq!(read, usage.value(), "{name}: the text says the same");
                let rendered = renderer.application(&input, &Clusters::Unknown, &RenderContext::default());
                for problem in rendered.err().into_iter().flatten() {
                    let text = usage.yaml();
                    wrong.push(format!("{} {name}: {} {:?}\n{text}", kind.word(), problem.message, problem.path));
                }
                let takes = Parameters::of(&loaded).fields.iter().any(|p| p.required);
                assert!(!takes || !usage.properties.is_empty(), "{name}: nothing is shown of what has to be given");
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn the_first_case_that_succeeds_is_an_example() {
        let text = "own: {type: \"trait\", description: \"d\", attributes: {}}\ntemplate: {\n\tpatch: {}\n\tparameter: {a: int, b?: string}\n}\n";
        let loaded = Loaded::from_cue(Source::new("own.cue", text), render::Provenance::Builtin).unwrap();
        let cases = "cases:\n- {name: wrong, parameter: {a: x}, expect: {error: {code: render/mistyped-parameter}}}\n- {name: right, parameter: {a: 7, b: text}, expect: {outputs: {}}}\n";
        let usage = Usage::of_cases(&loaded, &Source::new("own_test.yaml", cases));
        assert_eq!(usage.yaml(), "traits:\n  - type: own\n    properties:\n      a: 7\n      b: text\n");
        let none = Usage::of_cases(&loaded, &Source::new("own_test.yaml", "cases: []\n"));
        assert_eq!(none, Usage::made(&loaded, false));
    }
}
