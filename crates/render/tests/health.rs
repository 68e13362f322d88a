//! What the built-in definitions say of objects that run.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot read its case has failed")]

use render::{AppView, ComponentInput, Live, Placement, RenderContext, Renderer};
use serde_json::{Value, json};

fn component(value: Value) -> ComponentInput {
    ComponentInput::new(&serde_json::from_value(value).unwrap(), None, "spec.components[0]".to_owned())
}

fn view() -> AppView {
    AppView::of(&serde_json::from_value(json!({"metadata": {"name": "shop"}})).unwrap())
}

/// `healthy workload_healthy message | trait …`
fn says(spec: Value, status: Value, outputs: Value) -> String {
    let (renderer, context, component) = (Renderer::builtin(), RenderContext::default(), component(spec));
    let placement = Placement::hub("default");
    let rendered = renderer.component(&view(), &component, &placement, &context, None).unwrap();
    let mut live = Live::default();
    let mut workload = rendered.workload().unwrap().manifest.clone();
    workload["metadata"]["generation"] = json!(2);
    workload["status"] = status;
    live.workload = Some(workload);
    live.outputs = serde_json::from_value(outputs).unwrap();
    let health = renderer.health(&view(), &component, &placement, &rendered, &live, &context).unwrap();
    assert_eq!(health.problems, []);
    let traits: Vec<String> = health
        .traits
        .iter()
        .map(|t| format!(" | {} healthy={} pending={} {:?}", t.kind, t.healthy, t.pending, t.message))
        .collect();
    format!("healthy={} workload={} {:?}{}", health.healthy, health.workload_healthy, health.message, traits.concat())
}

#[test]
fn workloads_are_healthy_when_all_pods_are_new_and_ready() {
    let web = json!({"name": "web", "type": "webservice", "properties": {"image": "a"},
        "traits": [{"type": "scaler", "properties": {"replicas": 3}}]});
    let full = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3});
    let stale = json!({"observedGeneration": 1, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3});
    let partly = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 2});
    let job = json!({"name": "job", "type": "task", "properties": {"image": "a", "count": 2}});
    let daemon = json!({"name": "agent", "type": "daemon", "properties": {"image": "a"}});
    let nodes = json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "numberReady": 2,
        "updatedNumberScheduled": 2, "currentNumberScheduled": 2});
    let none = || json!({});
    insta::assert_snapshot!(
        [
            says(web.clone(), none(), none()),
            says(web.clone(), partly, none()),
            says(web.clone(), stale, none()),
            says(web, full, none()),
            says(job.clone(), json!({"active": 1, "succeeded": 1}), none()),
            says(job, json!({"succeeded": 2}), none()),
            says(daemon.clone(), none(), none()),
            says(daemon, nodes, none()),
        ]
        .join("\n")
    );
}

#[test]
fn traits_of_the_last_stage_wait_for_the_workload() {
    let web = json!({"name": "web", "type": "worker", "properties": {"image": "a"},
        "traits": [{"type": "expose", "properties": {"port": [80], "type": "LoadBalancer"}}]});
    let full = json!({"observedGeneration": 2, "replicas": 1, "updatedReplicas": 1, "readyReplicas": 1});
    let service = |ip: Value| json!({"service": {"spec": {"type": "LoadBalancer", "clusterIP": "10.0.0.1"}, "status": {"loadBalancer": ip}}});
    insta::assert_snapshot!(
        [
            says(web.clone(), json!({}), json!({})),
            says(web.clone(), full.clone(), service(json!({}))),
            says(web, full, service(json!({"ingress": [{"ip": "1.2.3.4"}]}))),
        ]
        .join("\n")
    );
}

#[test]
fn helm_says_what_flux_says() {
    let helm = json!({"name": "hello", "type": "helm", "properties": {"url": "https://example.com", "chart": "hello"}});
    let ready = |status: &str| json!({"observedGeneration": 2, "conditions": [{"type": "Ready", "status": status, "message": "chart not found"}]});
    let repository = |status: &str| json!({"repository": {"status": ready(status)}});
    insta::assert_snapshot!(
        [
            says(helm.clone(), json!({}), json!({})),
            says(helm.clone(), ready("False"), repository("True")),
            says(helm, ready("True"), repository("True")),
        ]
        .join("\n")
    );
}

#[test]
fn outputs_are_expressions_over_what_runs() {
    let spec = json!({"name": "web", "type": "worker", "properties": {"image": "a"}, "outputs": [
        {"name": "ip", "valueFrom": "outputs.service.spec.clusterIP"},
        {"name": "text", "valueFrom": "\"\\(output.metadata.name)!\""},
    ]});
    let live = Live {
        workload: Some(json!({"metadata": {"name": "web"}})),
        outputs: serde_json::from_value(json!({"service": {"spec": {"clusterIP": "10.0.0.1"}}})).unwrap(),
    };
    let renderer = Renderer::builtin();
    let values = renderer.component_outputs(&component(spec.clone()), &live).unwrap();
    let shown: Vec<String> = values.iter().map(|(k, v)| format!("{k}={}", cue::json::to_value(v).unwrap())).collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    ip="10.0.0.1"
    text="web!"
    "#);
    let early = renderer.component_outputs(&component(spec), &Live::default()).unwrap_err();
    assert_eq!(early.first().unwrap().path.as_deref(), Some("spec.components[0].outputs[0].valueFrom"));
}
