//! Pods of an Application, their logs, and events of any object.

use super::Applied;
use crate::call::{Call, Clusters};
use crate::fault::Fault;
use crate::object::{Filter, ObjectRef};
use base64::Engine as _;
use model::labels;
use serde_json::{Value, json};

/// `query.#CollectPods`: the pods of the components.
///
/// # Errors
/// A cluster does not answer.
pub async fn pods(all: &[Applied], app: &str, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let mut places: Vec<(&str, &str, &str)> = Vec::new();
    for one in all.iter().filter(|a| !a.component.is_empty()) {
        let place = (one.cluster.as_str(), one.object.namespace.as_str(), one.component.as_str());
        if !one.object.namespace.is_empty() && !places.contains(&place) {
            places.push(place);
        }
    }
    let mut list = Vec::new();
    for (cluster, namespace, component) in places {
        let filter = Filter {
            namespace: namespace.to_owned(),
            label_selector: format!("{}={app},{}={component}", labels::APP_NAME, labels::APP_COMPONENT),
            field_selector: String::new(),
        };
        let found = clusters.objects(cluster).await?.list("v1", "Pod", &filter).await?;
        for pod in found.get("items").and_then(Value::as_array).into_iter().flatten() {
            list.push(json!({
                "cluster": if cluster.is_empty() { model::cluster::LOCAL } else { cluster },
                "component": component,
                "metadata": pod.get("metadata"),
                "status": pod.get("status"),
            }));
        }
    }
    Ok(json!({ "list": list }))
}

/// `query.#SearchEvents`: the events of the object `value`.
///
/// # Errors
/// The value is no object; the cluster does not answer.
pub async fn events(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let target = ObjectRef::of(call.need("value")?)?;
    let namespace = if target.namespace.is_empty() { call.namespace } else { &target.namespace };
    let filter = Filter {
        namespace: namespace.to_owned(),
        label_selector: String::new(),
        field_selector: format!("involvedObject.kind={},involvedObject.name={}", target.kind, target.name),
    };
    let found = clusters.objects(call.text("cluster")).await?.list("v1", "Event", &filter).await?;
    Ok(json!({"list": found.get("items").cloned().unwrap_or_else(|| json!([]))}))
}

/// `query.#CollectLogsInPod`: what a container has printed, in base64.
///
/// # Errors
/// The pod is not there; the cluster does not answer.
pub async fn logs(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let text = |name: &str| Ok(call.need(name)?.as_str().unwrap_or_default());
    let (namespace, pod) = (text("namespace")?, text("pod")?);
    let options = call.params.get("options").cloned().unwrap_or(Value::Null);
    let mut query = Vec::new();
    for name in ["container", "previous", "sinceSeconds", "sinceTime", "timestamps", "tailLines", "limitBytes"] {
        match options.get(name) {
            None | Some(Value::Null) => {}
            Some(Value::String(text)) => query.push(format!("{name}={text}")),
            Some(other) => query.push(format!("{name}={other}")),
        }
    }
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log?{}", query.join("&"));
    let what = format!("read the log of Pod {namespace}/{pod}");
    let request = http::Request::get(path).body(Vec::new()).map_err(|e| Fault::permanent(format!("{what}: {e}")))?;
    let log = clusters.objects(call.text("cluster")).await?.client().request_text(request).await;
    let log = log.map_err(|e| Fault::of(&what, &e))?;
    let info = json!({"cluster": call.text("cluster"), "namespace": namespace, "pod": pod});
    Ok(json!({"outputs": {"logs": base64::engine::general_purpose::STANDARD.encode(log), "info": info}}))
}
