//! Cases of definitions, run as `lateen def test` runs them: what a person reads when they fail.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

use authoring::testing::{Report, Runner, Snapshots, Suite, SuiteReport};
use cue_syntax::{Diagnostic, Source};
use render::definition::Given;
use render::{Loaded, Provenance};
use std::sync::Arc;

fn read(file: &str, cases: &str) -> Result<Suite, Vec<Diagnostic>> {
    Suite::read(&Source::new(file, cases))
}

fn run(definition: &str, cases: &str, kept: &Snapshots) -> Report {
    let suite = read("it_test.yaml", cases).unwrap();
    let loaded = Loaded::from_cue(Source::new("it.cue", definition), Provenance::File("it.cue".into())).unwrap();
    let runner = Runner::new(Arc::new(loaded), Arc::new(Given::default()), true, &Arc::default()).unwrap();
    let verdicts = suite.cases.iter().map(|case| runner.run(case, kept.get(&case.name))).collect();
    let subject = "it".to_owned();
    let suite =
        SuiteReport { file: "it_test.yaml".into(), subject, verdicts, coverage: runner.coverage(), unset: Vec::new() };
    Report { suites: vec![suite], broken: Vec::new(), left_out: 0 }
}

fn told(definition: &str, cases: &str) -> String {
    run(definition, cases, &Snapshots::default()).text(true, 0)
}

const COMPONENT: &str = r#"
it: {
	type: "component"
	attributes: {
		workload: {definition: {apiVersion: "v1", kind: "ConfigMap"}}
		status: {
			healthPolicy: "isHealth: context.output.data.ok == \"yes\""
			customStatus: "message: \"size \\(context.output.data.size)\""
		}
	}
}
template: {
	output: {
		apiVersion: "v1"
		kind: "ConfigMap"
		data: {
			size: parameter.size
			if parameter.colour != _|_ {
				colour: parameter.colour
			}
			if context.clusterVersion.minor < 20 {
				old: "yes"
				note: "old"
			}
		}
	}
	outputs: {
		for name in parameter.more {
			(name): {apiVersion: "v1", kind: "Secret"}
		}
	}
	parameter: {
		// +usage=How large
		size: *"small" | "large"
		colour?: string
		more: *[] | [...string]
	}
}
"#;

#[test]
fn a_component_is_compared_in_part_and_whole() {
    insta::assert_snapshot!(told(
        COMPONENT,
        "
cases:
- name: a part
  parameter: {colour: red}
  expect: {output: {data: {size: small, colour: red}}, parameter: {more: []}}
- name: differs
  parameter: {more: [a, b]}
  expect: {output: {data: {size: large, colour: red}}, outputs: {a: {kind: ConfigMap}, c: {}}}
- name: whole
  parameter: {}
  expect: {exact: true, output: {apiVersion: v1, kind: ConfigMap, data: {size: small}}}
- name: whole, and something else came
  parameter: {more: [a]}
  expect: {exact: true, output: {apiVersion: v1, kind: ConfigMap, data: {}}}
- name: an older cluster
  context: {clusterVersion: '1.19', name: db}
  parameter: {}
  expect: {output: {metadata: {name: db}, data: {old: 'yes'}}}
"
    ));
}

#[test]
fn errors_are_expected_by_their_parts() {
    insta::assert_snapshot!(told(
        COMPONENT,
        "
cases:
- name: one among others
  parameter: {size: huge, colur: red}
  expect: {error: {path: size, code: render/mistyped-parameter}}
- name: all of them
  parameter: {size: huge, colur: red}
  expect: {errors: [{path: size}, {path: colur, help: colour}]}
- name: not all of them
  parameter: {size: huge, colur: red}
  expect: {errors: [{path: size}]}
- name: none came
  parameter: {}
  expect: {error: no such thing}
- name: none was expected
  parameter: {size: 3}
  expect: {output: {kind: ConfigMap}}
"
    ));
}

#[test]
fn health_and_assertions_see_the_result() {
    insta::assert_snapshot!(told(
        COMPONENT,
        "
cases:
- name: healthy
  parameter: {}
  observed: {output: {data: {ok: 'yes'}}}
  expect: {healthy: true, message: size small}
- name: not healthy
  parameter: {size: large}
  observed: {output: {data: {ok: 'no'}}}
  expect: {healthy: true, message: size small}
- name: gone
  parameter: {size: large}
  observed: {output: null}
  expect: {healthy: false}
- name: conditions
  parameter: {}
  expect:
    assert:
    - output.data.size == parameter.size
    - given.size == _|_
    - strings.HasPrefix(output.data.size, \"sm\")
    - len(output.data.size) > 6
    - output.data.sise == 1
    - '5'
- name: a text
  parameter: {size: large}
  expect:
    assert: |
      output: data: size: \"small\" | \"tiny\"
"
    ));
}

const STEP: &str = r#"
import "vela/kube"

it: {type: "workflow-step"}
template: {
	read: kube.#Read & {$params: value: {apiVersion: "v1", kind: "ConfigMap", metadata: name: parameter.from}}
	if read.$returns.value.data.go == "yes" {
		apply: kube.#Apply & {$params: value: {apiVersion: "v1", kind: "ConfigMap", metadata: name: parameter.to}}
	}
	parameter: {
		from: string
		to:   *"copy" | string
	}
}
"#;

#[test]
fn a_step_runs_with_the_answers_of_its_case() {
    insta::assert_snapshot!(told(
        STEP,
        "
cases:
- name: goes
  parameter: {from: a}
  actions: [{do: kube.read, returns: {value: {data: {go: 'yes', n: 3}}}}]
  step: {outputs: [{name: n, valueFrom: read.$returns.value.data.n}]}
  expect:
    phase: succeeded
    values: {n: 3}
    calls:
    - {path: read, do: kube.read}
    - {do: kube.apply, params: {value: {metadata: {name: copy}}}}
- name: does not go
  parameter: {from: a}
  actions: [{path: read, returns: {value: {data: {go: 'no'}}}}]
  expect: {phase: succeeded, calls: [{path: read}, {path: apply}]}
- name: nobody answers
  parameter: {from: a}
  expect: {phase: succeeded}
- name: fails
  parameter: {from: a}
  actions: [{do: kube.read, fails: forbidden}]
  expect: {phase: failed, message: forbidden}
- name: comes later
  parameter: {from: a}
  actions: [{do: kube.read, waits: not there yet}, {do: kube.read, returns: {value: {data: {go: 'yes'}}}}]
  expect: {phase: succeeded}
- name: misspelt
  parameter: {frm: a}
  expect: {errors: [{path: frm, help: from}, {path: from}]}
"
    ));
}

#[test]
fn a_trait_and_a_whole_application() {
    let definition = r#"
it: {
	type: "trait"
	attributes: {appliesToWorkloads: ["deployments.apps"], podDisruptive: false}
}
template: {
	patch: spec: replicas: parameter.n
	outputs: note: {apiVersion: "v1", kind: "ConfigMap", data: name: context.name}
	parameter: n: int
}
"#;
    insta::assert_snapshot!(told(
        definition,
        "
cases:
- name: on a bare workload
  parameter: {n: 3}
  expect: {output: {kind: Deployment, spec: {replicas: 3}}, outputs: {note: {data: {name: web}}}}
- name: on a component
  component: {type: webservice, name: shop, properties: {image: nginx}}
  parameter: {n: 3}
  expect: {output: {spec: {replicas: 3}}, outputs: {note: {metadata: {namespace: default}}}}
- name: in an application
  application:
    components:
    - {name: shop, type: webservice, properties: {image: nginx}, traits: [{type: it, properties: {n: 2}}]}
    policies:
    - {name: both, type: topology, properties: {clusters: [a, b]}}
  expect:
    exact: true
    objects:
    - {cluster: b, object: {kind: Deployment, spec: {replicas: 2}}}
    - {cluster: a, object: {kind: Deployment, spec: {replicas: 3}}}
    - {cluster: a, object: {kind: ConfigMap}}
"
    ));
}

#[test]
fn every_mistake_in_a_file_of_cases_is_told() {
    let problems = read(
        "it_test.yaml",
        "
contxt: {}
cases:
- name: one
  paramter: {}
  expect: {outptu: {}}
- parameter: []
  expect: {}
- name: one
  actions: [{do: kube.aply, returns: {}}, {returns: {}}, {path: a}]
  expect: {error: {}, assert: 3, exact: 'yes'}
",
    )
    .unwrap_err();
    let mut out = String::new();
    problems.iter().for_each(|p| authoring::tell::write(&mut out, p, ""));
    insta::assert_snapshot!(out);
}

#[test]
fn cases_in_cue_are_the_same() {
    let text = r#"
_sizes: ["small", "large"]
cases: [for s in _sizes {
	name: "size \(s)"
	parameter: size: s
	expect: output: data: size: s
}]
"#;
    let suite = read("it_test.cue", text).unwrap();
    assert_eq!(suite.cases.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["size small", "size large"]);
}

#[test]
fn a_snapshot_is_kept_and_compared() {
    let cases = "
cases:
- name: kept
  parameter: {}
  expect: {snapshot: true}
";
    let first = run(COMPONENT, cases, &Snapshots::default());
    assert!(!first.passed());
    let mut kept = Snapshots::default();
    kept.set("kept", first.suites.first().unwrap().verdicts.first().unwrap().snapshot.clone().unwrap());
    assert!(run(COMPONENT, cases, &kept).passed());
    let changed = run(&COMPONENT.replace("*\"small\"", "*\"large\" | \"small\""), cases, &kept);
    insta::assert_snapshot!(changed.text(false, 0));
}
