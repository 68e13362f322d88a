//! Package `vela/query`: which objects an Application has is in its inventory; reading them is the business of `actions`.

use super::{Performer, done, is_secret};
use actions::query::{self as views, Applied};
use actions::{Call, Fault, ObjectRef};
use delivery::inventory::Inventory;
use model::{Application, ResourceTracker, labels};
use serde_json::{Value, json};
use workflow::event::{Outcome, RunAction};

/// The objects of an Application: of this one (`None`), or of another by namespace and name.
pub(super) async fn applied_by(performer: &Performer, other: Option<(&str, &str)>) -> Result<Vec<Applied>, Fault> {
    let inventory = match other {
        None => performer.delivery.keeper.inventory().await,
        Some((namespace, name)) => read(performer, namespace, name).await?,
    };
    let mut all: Vec<Applied> = Vec::new();
    let entries = inventory.current.spec.managed_resources.iter().chain(&inventory.root.spec.managed_resources);
    for entry in entries.filter(|e| !e.deleted) {
        let one = Applied {
            cluster: entry.cluster.clone(),
            component: entry.component.clone(),
            trait_name: entry.trait_name.clone(),
            object: ObjectRef {
                api_version: entry.api_version.clone(),
                kind: entry.kind.clone(),
                namespace: entry.namespace.clone(),
                name: entry.name.clone(),
            },
        };
        if !all.iter().any(|known| known.cluster == one.cluster && known.object == one.object) {
            all.push(one);
        }
    }
    Ok(all)
}

/// The inventory of another Application.
async fn read(performer: &Performer, namespace: &str, name: &str) -> Result<Inventory, Fault> {
    let hub = performer.clusters.objects("").await?;
    let target = ObjectRef {
        api_version: model::CORE_V1BETA1.into(),
        kind: "Application".into(),
        namespace: namespace.into(),
        name: name.into(),
    };
    let app = hub
        .read(&target)
        .await?
        .ok_or_else(|| Fault::permanent(format!("there is no application {namespace}/{name}")))?;
    let wrong = |e: serde_json::Error| Fault::permanent(format!("application {namespace}/{name} cannot be read: {e}"));
    let app: Application = serde_json::from_value(app).map_err(wrong)?;
    let filter = actions::Filter {
        label_selector: format!("{}={name},{}={namespace}", labels::APP_NAME, labels::APP_NAMESPACE),
        ..actions::Filter::default()
    };
    let list = hub.list(model::CORE_V1BETA1, "ResourceTracker", &filter).await?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let trackers: Result<Vec<ResourceTracker>, _> = items.into_iter().map(serde_json::from_value).collect();
    Inventory::of(&app, trackers.map_err(wrong)?).map_err(Fault::permanent)
}

pub(super) async fn perform(performer: &Performer, action: &RunAction, name: &str, call: &Call<'_>) -> Outcome {
    // Objects may be Secrets; names, pods, events and addresses are not.
    let secret = is_secret(action) || name == "listResourcesInApp";
    done(answer(performer, name, call).await, secret)
}

async fn answer(performer: &Performer, name: &str, call: &Call<'_>) -> Result<Value, Fault> {
    let clusters = performer.clusters.as_ref();
    match name {
        "searchEvents" => return views::events(call, clusters).await,
        "collectLogsInPod" => return views::logs(call, clusters).await,
        _ => {}
    }
    let app = call.need("app")?;
    let text = |name: &str| app.get(name).and_then(Value::as_str).unwrap_or_default();
    let own = &performer.delivery.input.app.metadata;
    let namespace = if text("namespace").is_empty() { &performer.namespace } else { text("namespace") };
    let other = (text("name") != own.name || namespace != own.namespace).then(|| (namespace, text("name")));
    let filter = app.get("filter").cloned().unwrap_or_else(|| json!({}));
    let mut all = applied_by(performer, other).await?;
    all.retain(|one| views::chosen(one, &filter));
    match name {
        "listAppliedResources" => Ok(views::applied(&all)),
        "listResourcesInApp" => views::resources(&all, clusters).await,
        "collectResources" => views::pods(&all, text("name"), clusters).await,
        "collectServices" => {
            all.retain(|one| one.object.kind == "Service");
            views::resources(&all, clusters).await
        }
        "collectServiceEndpoints" => views::endpoints(&all, clusters).await,
        "getApplicationTree" => views::tree(&all, clusters).await,
        name => Err(Fault::permanent(format!("this version of Lateen has no handler for the action query.{name}"))),
    }
}
