//! Objects read as tolerantly as KubeVela reads and are written so that its tools can read them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use model::*;
use serde_json::{Value, json};

fn round(app: Value) -> Value {
    let app: Application = serde_json::from_value(app).unwrap();
    serde_json::to_value(&app).unwrap()
}

#[test]
fn an_application_survives_reading_and_writing() {
    let app = json!({
        "apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
        "metadata": {"name": "shop", "namespace": "prod", "annotations": {"app.oam.dev/publishVersion": "r7"}, "generateName": "kept"},
        "spec": {
            "components": [{"name": "web", "type": "webservice", "properties": {"image": "x", "b": 1, "a": [1.5, null]},
                "traits": [{"type": "scaler", "properties": {"replicas": 2}}], "dependsOn": ["db"],
                "inputs": [{"from": "ip", "parameterKey": "env[0].value"}], "outputs": [{"name": "u", "valueFrom": "output.status.u"}]}],
            "policies": [{"type": "topology", "properties": {"clusters": ["local"]}}],
            "workflow": {"mode": {"steps": "DAG"}, "steps": [{"name": "g", "type": "step-group", "mode": "StepByStep", "if": "always", "timeout": "5m",
                "subSteps": [{"name": "s", "type": "suspend", "properties": {"duration": "1s"}}]}]}
        },
        "status": {"status": "workflowSuspending", "observedGeneration": 3, "somethingNew": {"a": 1},
            "workflow": {"mode": "StepByStep-DAG", "suspend": true, "terminated": false, "finished": false, "status": "suspending", "waitCount": 1,
                "steps": [{"id": "abcdefghij", "name": "g", "type": "step-group", "phase": "suspending", "subSteps": [{"id": "k", "name": "s", "type": "suspend", "phase": "suspending", "reason": "Suspend"}]}]}}
    });
    assert_eq!(round(app.clone()), app);
    let app: Application = serde_json::from_value(app).unwrap();
    assert_eq!(app.publish_version(), Some("r7"));
    assert_eq!(tracker::versioned_name(&app), "shop-r7-prod");
    assert_eq!(tracker::root_name(&app), "shop-prod");
    assert_eq!(app.spec.policies[0].effective_name(0), "topology-auto-gen-0");
}

#[test]
fn nulls_and_absent_lists_are_empty_and_old_spellings_are_read() {
    let app: Application = serde_json::from_value(json!({
        "metadata": {"name": "a", "creationTimestamp": null, "labels": null},
        "spec": {"components": null, "policies": null, "workflow": {"steps": [
            {"name": "x", "type": "t", "outputs": [{"name": "o", "exportKey": "o"}], "dependsOn": null}, {"type": "u", "subSteps": [{"type": "v"}]}]}}
    }))
    .unwrap();
    let mut steps = app.spec.workflow.unwrap().steps;
    assert_eq!(steps[0].outputs[0].value_from, "o");
    Step::name_empty_ones(&mut steps);
    assert_eq!((steps[1].name.as_str(), steps[1].sub_steps[0].name.as_str()), ("step-1", "step-1-0"));
}

#[test]
fn a_tracker_written_by_kubevela_keeps_its_entries() {
    let tracker = json!({
        "apiVersion": "core.oam.dev/v1beta1", "kind": "ResourceTracker", "metadata": {"name": "shop-v1-prod", "finalizers": ["resourcetracker.core.oam.dev/finalizer"]},
        "spec": {"type": "versioned", "applicationGeneration": 1, "managedResources": [
            {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "namespace": "prod", "component": "web", "raw": {"kind": "Deployment"}},
            {"apiVersion": "v1", "kind": "Service", "name": "web", "namespace": "prod", "cluster": "eu", "trait": "expose", "skipGC": true}]}
    });
    let read: ResourceTracker = serde_json::from_value(tracker.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), tracker);
    assert_eq!(read.spec.managed_resources[1].key().to_string(), "eu/prod/Service/web");
}

#[test]
fn a_definition_object_becomes_a_definition_and_back() {
    let object = json!({
        "apiVersion": "core.oam.dev/v1beta1", "kind": "TraitDefinition",
        "metadata": {"name": "gate", "namespace": "vela-system", "annotations": {"definition.oam.dev/description": "d"}},
        "spec": {"appliesToWorkloads": ["deployments.apps"], "stage": "PostDispatch", "podDisruptive": true, "extension": {"x": 1},
            "status": {"healthPolicy": "isHealth: true"}, "schematic": {"cue": {"template": "patch: {}\n"}}}
    });
    let d = Definition::from_object(&object, "defs/gate.yaml").unwrap();
    assert_eq!((d.kind, d.name.as_str()), (DefinitionKind::Trait, "gate"));
    let template = d.template.as_ref().unwrap();
    assert_eq!(template.source.name, "defs/gate.yaml#spec.schematic.cue.template");
    assert_eq!(template.source.text, "patch: {}\n");
    assert_eq!(serde_json::to_value(d.to_object()).unwrap(), object);
    assert_eq!(Definition::from_object(&json!({"kind": "Deployment"}), "x").unwrap_err().code, "model/definition-kind");
}

#[test]
fn operations_travel_as_flat_json() {
    let op = operation::UserOperation {
        id: "1".into(),
        action: operation::OperationAction::Resume { step: Some("s".into()) },
        ..operation::UserOperation::default()
    };
    let text = serde_json::to_string(&op).unwrap();
    assert_eq!(text, r#"{"id":"1","operation":"resume","step":"s"}"#);
    assert_eq!(serde_json::from_str::<operation::UserOperation>(&text).unwrap(), op);
    let bare: operation::UserOperation = serde_json::from_str(r#"{"id":"2","operation":"terminate"}"#).unwrap();
    assert_eq!(bare.action, operation::OperationAction::Terminate);
}

#[test]
fn every_crd_has_the_name_that_the_table_says() {
    for crd in crd::ALL {
        assert!(crd.yaml.contains(&format!("\n  name: {}\n", crd.name)), "{}", crd.name);
        let (plural, group) = crd.name.split_once('.').unwrap();
        assert!(
            crd.yaml.contains(&format!("\n  group: {group}\n"))
                && crd.yaml.contains(&format!("\n    plural: {plural}\n")),
            "{}",
            crd.name
        );
    }
}
