//! `lateen def init`: the first text of a definition, from nothing or from a manifest whose values become parameters.

mod manifest;

pub use manifest::from_objects;

use crate::convert::{label, write};
use model::DefinitionKind;
use serde_json::{Value, json};

/// What a new definition is told of itself.
#[derive(Debug, Clone)]
pub struct About {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: DefinitionKind,
    /// What it is for.
    pub description: String,
    /// Another name for people; may be empty.
    pub alias: String,
}

/// A definition and its first cases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// `NAME.cue`
    pub definition: String,
    /// `NAME_test.yaml`
    pub cases: String,
}

/// A definition of its kind that works, to be changed.
pub fn from_nothing(about: &About) -> Files {
    let (attributes, imports, template, cases) = match about.kind {
        DefinitionKind::Component | DefinitionKind::Workload => (
            json!({"workload": {"definition": {"apiVersion": "apps/v1", "kind": "Deployment"}}, "status": health()}),
            "",
            COMPONENT,
            COMPONENT_CASES,
        ),
        DefinitionKind::Trait => (
            json!({"podDisruptive": false, "appliesToWorkloads": ["deployments.apps", "statefulsets.apps"]}),
            "",
            TRAIT,
            TRAIT_CASES,
        ),
        DefinitionKind::Policy => (json!({}), "", POLICY, POLICY_CASES),
        DefinitionKind::WorkflowStep => (json!({}), "import \"vela/kube\"\n\n", STEP, STEP_CASES),
    };
    let definition = format!("{imports}{}\ntemplate: {{\n{template}}}\n", head(about, &attributes));
    Files { definition, cases: cases.to_owned() }
}

/// `name: {type: …}`
fn head(about: &About, attributes: &Value) -> String {
    let mut out = format!("{}: {{\n\ttype: ", label(&about.name));
    write(&mut out, &json!(about.kind.word()), 1);
    if !about.alias.is_empty() {
        out.push_str("\n\talias: ");
        write(&mut out, &json!(about.alias), 1);
    }
    out.push_str("\n\tdescription: ");
    write(&mut out, &json!(about.description), 1);
    out.push_str("\n\tattributes: ");
    write(&mut out, attributes, 1);
    out.push_str("\n}");
    out
}

/// Health and message of what counts its ready replicas. `readyReplicas` is absent while none is ready.
fn health() -> Value {
    let ready = "ready: *0 | int\nif context.output.status.readyReplicas != _|_ {\n\tready: context.output.status.readyReplicas\n}";
    json!({
        "healthPolicy": format!("{ready}\nisHealth: ready == context.output.spec.replicas"),
        "customStatus": format!("{ready}\nmessage: \"\\(ready) of \\(context.output.spec.replicas) ready\""),
    })
}

const COMPONENT: &str = "	output: {
		apiVersion: \"apps/v1\"
		kind:       \"Deployment\"
		spec: {
			replicas: parameter.replicas
			selector: matchLabels: \"app.oam.dev/component\": context.name
			template: {
				metadata: labels: \"app.oam.dev/component\": context.name
				spec: containers: [{
					name:  context.name
					image: parameter.image
					if parameter.port != _|_ {
						ports: [{containerPort: parameter.port}]
					}
				}]
			}
		}
	}
	if parameter.port != _|_ {
		outputs: service: {
			apiVersion: \"v1\"
			kind:       \"Service\"
			metadata: name: context.name
			spec: {
				selector: \"app.oam.dev/component\": context.name
				ports: [{port: parameter.port, targetPort: parameter.port}]
			}
		}
	}
	parameter: {
		// +usage=The image to run
		image: string
		// +usage=How many replicas to run
		replicas: *1 | int & >=0
		// +usage=The port that the container listens on
		port?: int & >0 & <65536
	}
";

const COMPONENT_CASES: &str = "cases:
- name: an image alone
  parameter: {image: \"nginx:1.27\"}
  expect:
    output: {spec: {replicas: 1, template: {spec: {containers: [{name: web, image: \"nginx:1.27\", ports: null}]}}}}
    outputs: {service: null}
- name: a port makes a service
  parameter: {image: \"nginx:1.27\", port: 80}
  expect:
    outputs: {service: {kind: Service, spec: {ports: [{port: 80}]}}}
- name: healthy when all replicas are ready
  parameter: {image: \"nginx:1.27\", replicas: 2}
  observed: {output: {status: {readyReplicas: 2}}}
  expect: {healthy: true, message: 2 of 2 ready}
- name: not healthy before one is ready
  parameter: {image: \"nginx:1.27\"}
  observed: {output: {status: {}}}
  expect: {healthy: false, message: 0 of 1 ready}
- name: an image is needed
  parameter: {}
  expect:
    error: {code: render/missing-parameter, path: image}
";

const TRAIT: &str = "	patch: spec: template: metadata: annotations: {
		for key, value in parameter.annotations {
			(key): value
		}
	}
	parameter: {
		// +usage=Annotations of the pods
		annotations: [string]: string
	}
";

const TRAIT_CASES: &str = "cases:
- name: pods get the annotations
  parameter: {annotations: {team: shop}}
  expect:
    output: {spec: {template: {metadata: {annotations: {team: shop}}}}}
- name: a misspelt parameter is refused
  parameter: {annotation: {team: shop}}
  expect:
    error: {path: annotation, help: annotations}
";

const POLICY: &str = "	parameter: {
		// +usage=Whether it is in force
		enabled: *true | bool
	}
";

const POLICY_CASES: &str = "cases:
- name: in force unless told otherwise
  parameter: {}
  expect:
    parameter: {enabled: true}
";

const STEP: &str = "	apply: kube.#Apply & {
		$params: {
			cluster: parameter.cluster
			value: {
				apiVersion: \"v1\"
				kind:       \"ConfigMap\"
				metadata: {
					name:      parameter.name
					namespace: context.namespace
				}
				data: parameter.data
			}
		}
	}
	parameter: {
		// +usage=Name of the ConfigMap
		name: string
		// +usage=What is in it
		data: [string]: string
		// +usage=Name of the cluster; empty is the hub
		cluster: *\"\" | string
	}
";

const STEP_CASES: &str = "cases:
- name: the object is applied
  parameter: {name: settings, data: {colour: blue}}
  expect:
    phase: succeeded
    calls:
    - {do: kube.apply, params: {value: {kind: ConfigMap, metadata: {name: settings, namespace: default}, data: {colour: blue}}}}
- name: a refusal of the cluster fails the step
  parameter: {name: settings, data: {}}
  actions:
  - {do: kube.apply, fails: forbidden}
  expect: {phase: failed}
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Runner, Suite};
    use cue_syntax::Source;
    use render::definition::Given;
    use render::{Loaded, Provenance};
    use std::sync::Arc;

    /// What is begun with is right by its own cases, and has nothing to vet.
    pub(super) fn holds(files: &Files) {
        let source = Source::new("new.cue", files.definition.clone());
        assert_eq!(crate::vet::file(&source), [], "{}", files.definition);
        let formatted = cue_syntax::format(&source).unwrap();
        assert_eq!(formatted, files.definition, "it is formatted");
        let loaded = Loaded::from_cue(source, Provenance::Builtin).unwrap();
        let suite = Suite::read(&Source::new("new_test.yaml", files.cases.clone())).unwrap();
        let runner = Runner::new(Arc::new(loaded), Arc::new(Given::default()), false, &Arc::default()).unwrap();
        for case in &suite.cases {
            let verdict = runner.run(case, None);
            assert!(verdict.passed(), "{}: {:?}\n{}", case.name, verdict.failures, files.definition);
        }
        assert!(!suite.cases.is_empty());
    }

    #[test]
    fn every_kind_begins_with_a_definition_that_works() {
        for kind in
            [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
        {
            let about = About { name: "my-own".into(), kind, description: "Mine".into(), alias: String::new() };
            let mut files = from_nothing(&about);
            let source = Source::new("new.cue", files.definition.clone());
            files.definition = cue_syntax::format(&source).unwrap();
            holds(&files);
        }
    }
}
