//! Certificates and other values of Secrets, by reference: read where they are used, never part of a parameter.

use crate::call::Clusters;
use crate::fault::Fault;
use crate::object::ObjectRef;
use crate::outside::Certificates;
use base64::Engine as _;
use indexmap::IndexMap;
use serde_json::Value;

/// The values of a Secret on the hub.
///
/// # Errors
/// It is not there; the hub does not answer.
pub(crate) async fn secret_data(
    clusters: &dyn Clusters,
    namespace: &str,
    name: &str,
) -> Result<IndexMap<String, Vec<u8>>, Fault> {
    let target =
        ObjectRef { api_version: "v1".into(), kind: "Secret".into(), namespace: namespace.into(), name: name.into() };
    let secret = clusters.objects("").await?.read(&target).await?;
    let secret = secret.ok_or_else(|| Fault::permanent(format!("{target} is not there")))?;
    let mut values = IndexMap::new();
    for (key, value) in secret.get("data").and_then(Value::as_object).into_iter().flatten() {
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(value.as_str().unwrap_or_default())
            .map_err(|_| Fault::permanent(format!("{target} holds no base64 under {key}")))?;
        values.insert(key.clone(), bytes);
    }
    Ok(values)
}

/// `{secret, namespace?}`: `ca.crt`, and `client.crt` with `client.key` (or `tls.crt` with `tls.key`).
pub(crate) async fn certificates(
    clusters: &dyn Clusters,
    namespace: &str,
    config: &Value,
) -> Result<Certificates, Fault> {
    let text = |name: &str| config.get(name).and_then(Value::as_str).filter(|t| !t.is_empty());
    let name = text("secret").ok_or_else(|| Fault::permanent("the parameter \"tls_config.secret\" is missing"))?;
    let mut data = secret_data(clusters, text("namespace").unwrap_or(namespace), name).await?;
    let mut take = |names: [&str; 2]| names.iter().find_map(|n| data.shift_remove(*n));
    let authorities = take(["ca.crt", "ca"]).unwrap_or_default();
    let own = match (take(["client.crt", "tls.crt"]), take(["client.key", "tls.key"])) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        _ => {
            return Err(Fault::permanent(format!(
                "Secret {name} holds only one of client.crt and client.key; a client needs both"
            )));
        }
    };
    Ok(Certificates { authorities, own })
}
