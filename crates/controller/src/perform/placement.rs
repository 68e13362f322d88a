//! Package `vela/multicluster` without delivery: where policies lead, and what an env makes of the Application.

use super::Performer;
use super::application::known_clusters;
use crate::deliver::mistakes;
use actions::{Call, Fault};
use render::ComponentInput;
use render::plan::Placed;
use serde_json::{Value, json};

pub(super) async fn perform(performer: &Performer, name: &str, call: &Call<'_>) -> Result<Value, Fault> {
    let clusters = known_clusters(performer).await?;
    let delivery = &performer.delivery;
    let given = |name: &str| {
        let inputs = call.params.get("inputs").and_then(|i| i.get(name));
        let value = call.params.get(name).or(inputs).and_then(Value::as_str).unwrap_or_default();
        value.to_owned()
    };
    if name == "get-placements-from-topology-policies" {
        let names = call.params.get("policies").and_then(Value::as_array).into_iter().flatten();
        let names: Vec<String> = names.filter_map(Value::as_str).map(str::to_owned).collect();
        let placed = delivery
            .renderer
            .deploy_targets(&delivery.input, &names, &[], &clusters, &delivery.context)
            .map_err(|problems| mistakes(&problems))?;
        return Ok(json!({"placements": places(&placed)}));
    }
    let policy = given("policyName");
    let policy = if policy.is_empty() { env_policy(performer, &given("envName")) } else { policy };
    let placed = delivery
        .renderer
        .env_targets(&delivery.input, &policy, &given("envName"), &clusters, &delivery.context)
        .map_err(|problems| mistakes(&problems))?;
    if name == "make-placement-decisions" {
        for place in placed.iter().map(|p| &p.placement) {
            delivery.clusters.ensure_namespace(&place.cluster, &place.namespace).await?;
        }
        let decisions = places(&placed);
        return Ok(json!({"decisions": decisions, "outputs": {"decisions": decisions}}));
    }
    let components = placed.first().map(|p| p.components.as_slice()).unwrap_or_default();
    let mut app = serde_json::to_value(&delivery.input.app).unwrap_or_default();
    if let Some(map) = app.as_object_mut() {
        map.remove("status");
        let components: Result<Vec<Value>, Fault> = components.iter().map(component).collect();
        map.insert("spec".into(), json!({"components": components?}));
    }
    Ok(json!({ "outputs": app }))
}

/// The env-binding policy that has an env of this name; empty: the only one there is.
fn env_policy(performer: &Performer, env: &str) -> String {
    let policies = performer.delivery.input.all_policies();
    let has = |properties: &cue::Data| {
        let envs = cue::json::to_value(properties).ok().and_then(|v| v.get("envs").and_then(Value::as_array).cloned());
        envs.into_iter().flatten().any(|e| e.get("name").and_then(Value::as_str) == Some(env))
    };
    let mut bindings = policies.iter().filter(|p| matches!(p.kind.as_str(), "env-binding" | "envbinding"));
    bindings.find(|p| has(&p.properties)).map(|p| p.name.clone()).unwrap_or_default()
}

fn places(placed: &[Placed]) -> Vec<Value> {
    let one = |p: &Placed| json!({"cluster": p.placement.cluster, "namespace": p.placement.namespace});
    placed.iter().map(one).collect()
}

/// A component as an Application holds it.
fn component(input: &ComponentInput) -> Result<Value, Fault> {
    let value = |data: &cue::Data| {
        cue::json::to_value(data)
            .map_err(|_| Fault::permanent(format!("component {} cannot be written as JSON", input.name)))
    };
    let mut traits = Vec::new();
    for one in &input.traits {
        traits.push(json!({"type": one.kind, "properties": value(&one.properties)?}));
    }
    Ok(json!({
        "name": input.name, "type": input.kind, "properties": value(&input.properties)?, "traits": traits,
        "inputs": input.inputs, "outputs": input.outputs, "dependsOn": input.depends_on,
    }))
}
