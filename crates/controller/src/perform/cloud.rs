//! Package `vela/terraform`, and which components are cloud resources.

use super::Performer;
use actions::{Call, Fault};
use model::DefinitionKind;
use serde_json::{Value, json};

/// The API group of the Terraform controller.
const GROUP: &str = "terraform.core.oam.dev/";

/// Whether components of a type are cloud resources: their definition says so, or their workload is of the Terraform
/// controller's.
pub(super) fn is_cloud(performer: &Performer, kind: &str) -> bool {
    is_cloud_type(&performer.delivery.renderer, kind)
}

/// Whether components of a type are cloud resources, by their definition.
pub fn is_cloud_type(renderer: &render::Renderer, kind: &str) -> bool {
    let Ok(loaded) = renderer.definition(DefinitionKind::Component, kind, "") else { return false };
    let spec = serde_json::to_value(loaded.definition.to_object()).unwrap_or(Value::Null);
    let text = |pointer: &str| spec.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
    loaded.definition.labels.get("type").is_some_and(|t| t == "terraform")
        || text("/spec/workload/definition/apiVersion").starts_with(GROUP)
        || spec.pointer("/spec/schematic/terraform").is_some_and(|t| !t.is_null())
}

pub(super) async fn perform(performer: &Performer, name: &str, call: &Call<'_>) -> Result<Value, Fault> {
    match name {
        "load-terraform-components" => {
            let components = performer.delivery.input.app.spec.components.iter();
            let cloud: Vec<Value> = components.filter(|c| is_cloud(performer, &c.kind)).map(|c| json!(c)).collect();
            Ok(json!({"outputs": {"components": cloud}}))
        }
        "get-connection-status" => {
            let component = call.params.pointer("/inputs/componentName").and_then(Value::as_str).unwrap_or_default();
            let all = super::query::applied_by(performer, None).await?;
            let of = all.iter().filter(|a| a.component == component && a.object.api_version.starts_with(GROUP));
            let mut found = false;
            let mut healthy = true;
            for one in of {
                let live = performer.clusters.objects(&one.cluster).await?.read(&one.object).await?;
                let state = live.as_ref().and_then(|l| l.pointer("/status/apply/state")).and_then(Value::as_str);
                found = true;
                healthy &= state == Some("Available");
            }
            Ok(json!({"outputs": {"healthy": found && healthy}}))
        }
        name => Err(Fault::permanent(format!("this version of Lateen has no handler for the action terraform.{name}"))),
    }
}
