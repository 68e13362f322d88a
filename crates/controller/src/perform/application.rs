//! Packages `vela/oam` and `vela/multicluster`: what acts on the Application that the workflow belongs to.

use super::{Performer, done, failed};
use crate::deliver::{Manner, Target, mistakes};
use actions::Fault;
use model::Component;
use render::{ComponentInput, Placement};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use workflow::FaultClass;
use workflow::event::{Outcome, RunAction};

pub(super) async fn perform(performer: &Arc<Performer>, action: &RunAction) -> Outcome {
    match action.name.as_str() {
        "load" => done(Ok(json!({ "value": by_name(performer) })), false),
        "load-comps-in-order" => done(Ok(json!({ "value": performer.delivery.input.app.spec.components })), false),
        "load-policies" => done(Ok(json!({ "value": policies(performer) })), false),
        "component-apply" => component(performer, action).await,
        "component-render" => done(rendered(performer, action), action.params.secret),
        "deploy" => deploy(performer, action).await,
        name => Outcome::Failed {
            class: FaultClass::Permanent,
            message: format!("this version of Lateen has no handler for the action {}.{name}", action.provider),
        },
    }
}

fn by_name(performer: &Performer) -> Value {
    let components = performer.delivery.input.app.spec.components.iter();
    let map: Map<String, Value> = components.map(|c| (c.name.clone(), json!(c))).collect();
    Value::Object(map)
}

fn policies(performer: &Performer) -> Value {
    let policies = performer.delivery.input.app.spec.policies.iter().enumerate();
    let map: Map<String, Value> = policies.map(|(i, p)| (p.effective_name(i), json!(p))).collect();
    Value::Object(map)
}

/// The component and the place that `value`, `cluster` and `namespace` name.
fn target(performer: &Performer, params: &Value) -> Result<Target, Fault> {
    let value = params.get("value").cloned().unwrap_or(Value::Null);
    let component: Component = serde_json::from_value(value)
        .map_err(|e| Fault::permanent(format!("the parameter \"value\" is no component: {e}")))?;
    if component.name.is_empty() || component.kind.is_empty() {
        return Err(Fault::permanent("the parameter \"value\" is no component: it needs a name and a type"));
    }
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let view = &performer.delivery.view;
    let namespace = if text("namespace").is_empty() { &view.namespace } else { text("namespace") };
    let place = performer.delivery.input.app.spec.components.iter().position(|c| c.name == component.name);
    let path = place.map_or_else(|| "spec.components".to_owned(), |i| format!("spec.components[{i}]"));
    Ok(Target {
        placement: Placement {
            cluster: model::cluster::normalise(text("cluster")).to_owned(),
            env: text("env").to_owned(),
            namespace: namespace.to_owned(),
            ..Placement::default()
        },
        component: ComponentInput::new(&component, None, path),
    })
}

/// `oam.#ApplyComponent`: one component to one place; done when it is healthy.
async fn component(performer: &Arc<Performer>, action: &RunAction) -> Outcome {
    let params = &action.params.value;
    let target = match target(performer, params) {
        Ok(target) => target,
        Err(fault) => return failed(fault),
    };
    let no_wait = params.get("waitHealthy").and_then(Value::as_bool) == Some(false);
    let name = target.component.name.clone();
    let memory = memory(action);
    let manner = Manner { parallelism: 1, no_wait, secret: action.params.secret };
    let visit = performer.delivery.visit(&memory, || Ok(vec![target]), manner).await;
    performer.sights.see(&action.step, visit.waits);
    match visit.outcome {
        Outcome::Done(_) => {
            let live = visit.live.get(&name);
            let output = live.and_then(|l| l.workload.clone()).unwrap_or_else(|| json!({}));
            let outputs = live.map(|l| json!(l.outputs)).unwrap_or_else(|| json!({}));
            done(Ok(json!({ "output": output, "outputs": outputs })), action.params.secret)
        }
        other => other,
    }
}

/// `oam.#RenderComponent`: what would be applied.
fn rendered(performer: &Performer, action: &RunAction) -> Result<Value, Fault> {
    let target = target(performer, &action.params.value)?;
    let delivery = &performer.delivery;
    let rendered = delivery
        .renderer
        .component(&delivery.view, &target.component, &target.placement, &delivery.context, None)
        .map_err(|problems| mistakes(&problems))?;
    let mut outputs = Map::new();
    for object in &rendered.objects {
        if let render::Origin::Auxiliary(name) | render::Origin::Trait { output: name, .. } = &object.origin {
            outputs.insert(name.clone(), object.manifest.clone());
        }
    }
    let output = rendered.workload().map(|o| o.manifest.clone());
    Ok(json!({ "output": output, "outputs": outputs }))
}

/// `multicluster.#Deploy`, and one env of an env-binding policy: components to the places that policies name.
async fn deploy(performer: &Arc<Performer>, action: &RunAction) -> Outcome {
    let params = &action.params.value;
    let clusters = match known_clusters(performer).await {
        Ok(clusters) => clusters,
        Err(fault) => return failed(fault),
    };
    let text = |name: &str| params.get(name).and_then(Value::as_str).unwrap_or_default();
    let delivery = &performer.delivery;
    let flag = |name: &str| params.get(name).and_then(Value::as_bool);
    // Cloud resources live on the hub: an env's clusters get their Secrets, by deploy-cloud-resource.
    let without_cloud = flag("ignoreTerraformComponent").unwrap_or(true);
    let targets = || {
        let list =
            |name: &str| -> Vec<Value> { params.get(name).and_then(Value::as_array).cloned().unwrap_or_default() };
        let (renderer, input, context) = (&delivery.renderer, &delivery.input, &delivery.context);
        let placed = match params.get("env").and_then(Value::as_str) {
            Some(env) => renderer.env_targets(input, text("policy"), env, &clusters, context)?,
            None => {
                let names: Vec<String> = list("policies").iter().filter_map(Value::as_str).map(str::to_owned).collect();
                renderer.deploy_targets(input, &names, &list("inlinePolicies"), &clusters, context)?
            }
        };
        let component = text("component");
        let targets = placed.into_iter().flat_map(|placed| {
            let placement = placed.placement;
            let kept = placed.components.into_iter().filter(|c| component.is_empty() || c.name == component);
            kept.map(move |component| Target { placement: placement.clone(), component })
        });
        Ok(targets.filter(|t| !(without_cloud && super::cloud::is_cloud(performer, &t.component.kind))).collect())
    };
    let parallelism = params.get("parallelism").and_then(Value::as_u64).unwrap_or(5);
    let parallelism = usize::try_from(parallelism).unwrap_or(5);
    let manner = Manner { parallelism, no_wait: false, secret: action.params.secret };
    let visit = delivery.visit(&memory(action), targets, manner).await;
    performer.sights.see(&action.step, visit.waits);
    visit.outcome
}

pub(super) async fn known_clusters(performer: &Performer) -> Result<render::Clusters, Fault> {
    let fleet = performer.delivery.clusters.fleet();
    let clusters = fleet.list().await.map_err(|e| crate::clusters::fault(&e))?;
    Ok(render::Clusters::Known(
        clusters.into_iter().map(|c| render::Cluster { name: c.name, labels: c.labels }).collect(),
    ))
}

/// Names a delivery between visits: another input is another delivery.
fn memory(action: &RunAction) -> String {
    format!("{}/{}/{}", action.step_id, action.path, workflow::ident::hash(&action.params.value))
}
