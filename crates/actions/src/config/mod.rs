//! Package `vela/config`: configs, which are Secrets with labels (kubevela-features.md §7.3).
//!
//! A config keeps the properties that it was made of; its template, when it has one, says what else there is. Templates
//! that make Terraform providers come with Lateen ([`terraform`]); others stand on the hub as KubeVela stores them.

mod template;
pub mod terraform;

use crate::call::{Call, Clusters};
use crate::fault::Fault;
use crate::object::{Filter, ObjectRef, Objects};
use base64::Engine as _;
use kube::api::DeleteParams;
use serde_json::{Map, Value, json};

/// Which Secrets are configs.
const CATALOG: (&str, &str) = ("config.oam.dev/catalog", "velacore-config");
/// The label with the name of the template.
const TYPE: &str = model::labels::CONFIG_TYPE;
/// The properties, as JSON.
const PROPERTIES: &str = "input-properties";
/// Who writes configs, as `managedFields` names it.
const MANAGER: &str = "lateen-config";

fn secret(namespace: &str, name: &str) -> ObjectRef {
    ObjectRef { api_version: "v1".into(), kind: "Secret".into(), namespace: namespace.into(), name: name.into() }
}

fn encode(bytes: &[u8]) -> String {
    base64::engine::general_purpose::STANDARD.encode(bytes)
}

fn decode(text: &Value) -> Option<Vec<u8>> {
    base64::engine::general_purpose::STANDARD.decode(text.as_str()?).ok()
}

fn is_config(object: &Value) -> bool {
    object.pointer("/metadata/labels").and_then(|l| l.get(CATALOG.0)).and_then(Value::as_str) == Some(CATALOG.1)
}

/// `config.#CreateConfig`: makes the config what it is to be, with what its template adds.
///
/// # Errors
/// A template that does not exist or does not fit the properties; a Secret of this name that is no config.
pub async fn create(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let (name, namespace) = address(call)?;
    let hub = clusters.objects("").await?;
    if let Some(live) = hub.read(&secret(namespace, name)).await?
        && !is_config(&live)
    {
        return Err(Fault::permanent(format!("Secret {namespace}/{name} exists and is no config; it is left alone")));
    }
    let properties = call.need("config")?;
    let template = call.text("template");
    let made = match template {
        "" => template::Made::default(),
        template => template::make(&hub, template, name, namespace, properties).await?,
    };
    let mut data: Map<String, Value> = made.data;
    data.insert(PROPERTIES.into(), encode(properties.to_string().as_bytes()).into());
    let mut labels = json!({CATALOG.0: CATALOG.1});
    if let Some(map) = labels.as_object_mut().filter(|_| !template.is_empty()) {
        let short = template.rsplit('/').next().unwrap_or(template);
        map.insert(TYPE.into(), short.into());
        map.insert("config.oam.dev/scope".into(), made.scope.clone().into());
    }
    let config = json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": data,
    });
    hub.apply(&config, MANAGER, true, false).await?;
    for object in &made.objects {
        hub.apply(object, MANAGER, true, false).await?;
    }
    Ok(json!({}))
}

/// `config.#ReadConfig`: answers `{config: the properties}`.
///
/// # Errors
/// There is no such config.
pub async fn read(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let (name, namespace) = address(call)?;
    let live = clusters.objects("").await?.read(&secret(namespace, name)).await?;
    match live.filter(is_config) {
        Some(config) => Ok(json!({"config": properties(&config)})),
        None => Err(Fault::permanent(format!("there is no config {name} in namespace {namespace}"))),
    }
}

/// `config.#ListConfig`: answers `{configs: [{name, config}]}`, those of one template by name.
///
/// # Errors
/// The hub does not answer.
pub async fn list(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let template = call.need("template")?.as_str().unwrap_or_default();
    let template = template.rsplit('/').next().unwrap_or(template);
    let namespace = call.need("namespace")?.as_str().unwrap_or_default();
    let filter = Filter {
        namespace: namespace.to_owned(),
        label_selector: format!("{}={},{TYPE}={template}", CATALOG.0, CATALOG.1),
        field_selector: String::new(),
    };
    let found = list_of(&clusters.objects("").await?, &filter).await?;
    let configs: Vec<Value> = found
        .iter()
        .map(|config| json!({"name": config.pointer("/metadata/name"), "config": properties(config)}))
        .collect();
    Ok(json!({"configs": configs}))
}

async fn list_of(hub: &Objects, filter: &Filter) -> Result<Vec<Value>, Fault> {
    let mut found = hub.list("v1", "Secret", filter).await?;
    Ok(found.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default())
}

/// `config.#DeleteConfig`: the config is gone; what its template made beside it stays, others may use it.
///
/// # Errors
/// A Secret of this name that is no config.
pub async fn delete(call: &Call<'_>, clusters: &dyn Clusters) -> Result<Value, Fault> {
    let (name, namespace) = address(call)?;
    let hub = clusters.objects("").await?;
    let target = secret(namespace, name);
    match hub.read(&target).await? {
        None => {}
        Some(live) if is_config(&live) => {
            hub.delete(&target, &DeleteParams::default()).await?;
        }
        Some(_) => {
            return Err(Fault::permanent(format!("Secret {namespace}/{name} is no config; it is left alone")));
        }
    }
    Ok(json!({}))
}

fn address<'a>(call: &'a Call<'_>) -> Result<(&'a str, &'a str), Fault> {
    let text = |name: &str| Ok(call.need(name)?.as_str().unwrap_or_default());
    Ok((text("name")?, text("namespace")?))
}

/// What a config was made of; of one that somebody else made, its values.
fn properties(config: &Value) -> Value {
    let data = config.get("data").and_then(Value::as_object);
    if let Some(given) = data.and_then(|d| d.get(PROPERTIES)).and_then(decode)
        && let Ok(value) = serde_json::from_slice(&given)
    {
        return value;
    }
    let text = |v: &Value| String::from_utf8_lossy(&decode(v).unwrap_or_default()).into_owned();
    Value::Object(data.into_iter().flatten().map(|(k, v)| (k.clone(), text(v).into())).collect())
}

#[cfg(test)]
mod tests;
