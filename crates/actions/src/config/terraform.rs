//! Providers of clouds for the Terraform controller: their credentials, from the properties of a config.

use crate::fault::Fault;
use serde_json::{Value, json};

/// One cloud: how a property is called in the controller's credentials, in order.
struct Cloud {
    name: &'static str,
    credentials: &'static [(&'static str, &'static str)],
}

const CLOUDS: [Cloud; 8] = [
    Cloud {
        name: "alibaba",
        credentials: &[("accessKey", "accessKeyID"), ("secretKey", "accessKeySecret"), ("token", "securityToken")],
    },
    Cloud {
        name: "aws",
        credentials: &[
            ("accessKey", "awsAccessKeyID"),
            ("secretKey", "awsSecretAccessKey"),
            ("token", "awsSessionToken"),
        ],
    },
    Cloud {
        name: "azure",
        credentials: &[
            ("clientID", "armClientID"),
            ("clientSecret", "armClientSecret"),
            ("subscriptionID", "armSubscriptionID"),
            ("tenantID", "armTenantID"),
        ],
    },
    Cloud { name: "baidu", credentials: &[("accessKey", "accessKey"), ("secretKey", "secretKey")] },
    Cloud { name: "ec", credentials: &[("apiKey", "ecApiKey")] },
    Cloud { name: "gcp", credentials: &[("credentials", "gcpCredentialsJSON"), ("project", "gcpProject")] },
    Cloud { name: "tencent", credentials: &[("secretID", "secretID"), ("secretKey", "secretKey")] },
    Cloud {
        name: "ucloud",
        credentials: &[("publicKey", "publicKey"), ("privateKey", "privateKey"), ("projectID", "projectID")],
    },
];

/// The credentials Secret and the Provider of a cloud; `None` when `cloud` is none that is known. The Provider stands in the
/// namespace of the config and is called as `properties.name` says.
///
/// # Errors
/// A credential is missing.
pub fn objects(cloud: &str, namespace: &str, properties: &Value) -> Option<Result<Vec<Value>, Fault>> {
    let known = CLOUDS.iter().find(|c| c.name == cloud)?;
    Some(made(known, namespace, properties))
}

fn made(cloud: &Cloud, namespace: &str, properties: &Value) -> Result<Vec<Value>, Fault> {
    let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default();
    let mut credentials = serde_json::Map::new();
    for (property, name) in cloud.credentials {
        // A session token is for those who have one.
        if text(property).is_empty() && *property != "token" {
            return Err(Fault::permanent(format!("the provider of {} needs the property {property}", cloud.name)));
        }
        credentials.insert((*name).to_owned(), text(property).into());
    }
    let default = format!("{}-provider", cloud.name);
    let name = Some(text("name")).filter(|n| !n.is_empty()).unwrap_or(&default);
    let secret = format!("{name}-account-creds");
    let mut spec = json!({
        "provider": cloud.name,
        "credentials": {
            "source": "Secret",
            "secretRef": {"namespace": namespace, "name": secret, "key": "credentials"},
        },
    });
    if let Some(map) = spec.as_object_mut().filter(|_| !text("region").is_empty()) {
        map.insert("region".into(), text("region").into());
    }
    // JSON is YAML, which is what the controller reads.
    let credentials = Value::Object(credentials).to_string();
    Ok(vec![
        json!({
            "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
            "metadata": {"name": secret, "namespace": namespace},
            "stringData": {"credentials": credentials},
        }),
        json!({
            "apiVersion": "terraform.core.oam.dev/v1beta1", "kind": "Provider",
            "metadata": {"name": name, "namespace": namespace},
            "spec": spec,
        }),
    ])
}
