//! A joined cluster as the hub stores it: a Secret in KubeVela's form.

use crate::credential::{Credential, Trust, User};
use crate::error::{Error, ErrorKind};
use crate::kubeconfig::Target;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use indexmap::IndexMap;
use model::cluster as form;
use serde_json::{Map, Value, json};
use std::fmt;

/// Path of the Secrets that are clusters.
pub(crate) fn path() -> String {
    format!("/api/v1/namespaces/{}/secrets", model::SYSTEM_NAMESPACE)
}

/// A joined cluster, with its credential as the Secret has it.
#[derive(Clone)]
pub(crate) struct Record {
    secret: Value,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("name", &self.name()).finish_non_exhaustive()
    }
}

/// A cluster, as `cluster list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterInfo {
    /// Its name in placements; `local` is the hub.
    pub name: String,
    /// A display name, or empty.
    pub alias: String,
    /// `Internal`, `X509Certificate`, `ServiceAccountToken`, `Dynamic`, or `Exec` for an exec plugin.
    pub kind: String,
    /// URL of the API server; `-` for the embedded hub and `embedded:NAME` for an embedded cluster.
    pub endpoint: String,
    /// Always true, but for clusters that a hub has to accept first.
    pub accepted: bool,
    /// The user's labels, sorted.
    pub labels: IndexMap<String, String>,
    /// `gitVersion` of the cluster when it was joined.
    pub version: Option<String>,
    /// Whether its workloads are simulated.
    pub simulated: bool,
}

const EXEC: &str = "Exec";

impl ClusterInfo {
    /// Of a Secret on the hub that stands for a cluster: without its credentials.
    pub fn of(secret: Value) -> ClusterInfo {
        Record::of(secret).info()
    }
}

impl Record {
    pub(crate) fn of(secret: Value) -> Record {
        Record { secret }
    }

    pub(crate) fn name(&self) -> &str {
        crate::api::name(&self.secret)
    }

    pub(crate) fn is_cluster(&self) -> bool {
        self.label(form::CREDENTIAL_TYPE_LABEL).or_else(|| self.label(form::EMBEDDED_LABEL)).is_some()
    }

    pub(crate) fn resource_version(&self) -> &str {
        self.metadata("/metadata/resourceVersion")
    }

    fn metadata(&self, pointer: &str) -> &str {
        self.secret.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    fn entries(&self, key: &str) -> impl Iterator<Item = (&str, &str)> {
        let map = self.secret.pointer(key).and_then(Value::as_object);
        map.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }

    fn label(&self, name: &str) -> Option<&str> {
        self.entries("/metadata/labels").find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn annotation(&self, name: &str) -> Option<&str> {
        self.entries("/metadata/annotations").find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    fn data(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let Some(text) = self.secret.get("data").and_then(|data| data.get(key)).and_then(Value::as_str) else {
            return Ok(None);
        };
        STANDARD.decode(text).map(Some).map_err(|_| self.broken(&format!("data key {key} is not base64")))
    }

    fn text(&self, key: &str) -> Result<Option<String>, Error> {
        let bytes = self.data(key)?;
        let text = bytes
            .map(|bytes| String::from_utf8(bytes).map_err(|_| self.broken(&format!("data key {key} is not text"))));
        Ok(text.transpose()?.filter(|text| !text.is_empty()))
    }

    fn broken(&self, why: &str) -> Error {
        let message = format!(
            "the Secret {}/{} of cluster {} cannot be used: {why}",
            model::SYSTEM_NAMESPACE,
            self.name(),
            self.name()
        );
        Error::new(ErrorKind::Credential, message)
    }

    /// The user's labels: all but those that say how the cluster is reached.
    pub(crate) fn labels(&self) -> IndexMap<String, String> {
        let mut labels: IndexMap<String, String> = self
            .entries("/metadata/labels")
            .filter(|(key, _)| !is_own_label(key))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        labels.sort_keys();
        labels
    }

    pub(crate) fn embedded(&self) -> Option<String> {
        self.label(form::EMBEDDED_LABEL)?;
        self.text(form::KEY_EMBEDDED).ok().flatten()
    }

    pub(crate) fn target(&self) -> Result<Target, Error> {
        if self.label(form::EMBEDDED_LABEL).is_some() {
            let cluster = self.text(form::KEY_EMBEDDED)?.ok_or_else(|| self.broken("it names no embedded cluster"))?;
            return Ok(Target::Embedded { home: None, cluster });
        }
        if self.label(form::ENDPOINT_TYPE_LABEL).is_some_and(|kind| kind != form::ENDPOINT_CONST) {
            return Err(self
                .broken("clusters behind a cluster proxy are not supported")
                .help("join it with a kubeconfig"));
        }
        let user = match (self.text(form::KEY_EXEC)?, self.label(form::CREDENTIAL_TYPE_LABEL)) {
            (Some(exec), _) => User::Exec(Box::new(
                serde_json::from_str(&exec)
                    .map_err(|error| self.broken(&format!("its exec plugin is not JSON: {error}")))?,
            )),
            (None, Some(form::CREDENTIAL_TOKEN)) => match self.data(form::KEY_TOKEN)? {
                None => return Err(self.broken("it has no token")),
                Some(token) if token.is_empty() => User::Nobody,
                Some(_) => User::Token(self.text(form::KEY_TOKEN)?.unwrap_or_default()),
            },
            (None, Some(form::CREDENTIAL_X509)) => User::Certificate {
                certificate: self.data(form::KEY_CERT)?.ok_or_else(|| self.broken("it has no tls.crt"))?,
                key: self.data(form::KEY_KEY)?.ok_or_else(|| self.broken("it has no tls.key"))?,
            },
            (None, other) => {
                let kind = other.unwrap_or("unknown");
                let message = format!("credentials of type {kind} are not supported");
                return Err(self.broken(&message).help("join it with a kubeconfig"));
            }
        };
        let trust = match self.data(form::KEY_CA)?.filter(|ca| !ca.is_empty()) {
            Some(pem) => Trust::Ca(pem),
            None if self.text(form::KEY_ROOTS)?.as_deref() == Some("system") => Trust::System,
            None => Trust::Anything,
        };
        let credential = Credential {
            endpoint: self.text(form::KEY_ENDPOINT)?.ok_or_else(|| self.broken("it has no endpoint"))?,
            trust,
            server_name: self.text(form::KEY_SERVER_NAME)?,
            proxy: self.text(form::KEY_PROXY)?,
            user,
        };
        credential.check(&format!("Secret {}/{}", model::SYSTEM_NAMESPACE, self.name()))?;
        Ok(Target::Remote(credential))
    }

    pub(crate) fn info(&self) -> ClusterInfo {
        let embedded = self.embedded();
        let endpoint = match &embedded {
            Some(name) => format!("embedded:{name}"),
            None => self.text(form::KEY_ENDPOINT).ok().flatten().map_or_else(|| "-".to_owned(), without_token),
        };
        let kind = match (&embedded, self.secret.pointer("/data").and_then(|data| data.get(form::KEY_EXEC))) {
            (Some(_), _) => form::TYPE_INTERNAL,
            (None, Some(_)) => EXEC,
            (None, None) => self.label(form::CREDENTIAL_TYPE_LABEL).unwrap_or("-"),
        };
        let version = self
            .annotation(form::VERSION_ANNOTATION)
            .and_then(|text| serde_json::from_str::<Value>(text).ok())
            .and_then(|version| Some(version.get("gitVersion")?.as_str()?.to_owned()));
        ClusterInfo {
            name: self.name().to_owned(),
            alias: self.annotation(form::ALIAS_ANNOTATION).unwrap_or_default().to_owned(),
            kind: kind.to_owned(),
            endpoint,
            accepted: true,
            labels: self.labels(),
            version,
            simulated: embedded.is_some(),
        }
    }

    /// The same cluster under another name, as a new object.
    pub(crate) fn renamed(&self, name: &str) -> Value {
        let mut secret = self.secret.clone();
        if let Some(object) = secret.as_object_mut() {
            let kept =
                |key: &str| self.secret.pointer(&format!("/metadata/{key}")).cloned().unwrap_or_else(|| json!({}));
            object.insert(
                "metadata".to_owned(),
                json!({
                    "name": name, "namespace": model::SYSTEM_NAMESPACE,
                    "labels": kept("labels"), "annotations": kept("annotations"),
                }),
            );
        }
        secret
    }
}

/// Labels that say what the Secret is, not what the user thinks of the cluster.
pub(crate) fn is_own_label(key: &str) -> bool {
    key.starts_with("cluster.core.oam.dev/")
        || key.starts_with("status.cluster.core.oam.dev/")
        || key == form::EMBEDDED_LABEL
}

/// The Secret of a cluster that joins.
pub(crate) fn secret(
    name: &str,
    alias: &str,
    labels: &IndexMap<String, String>,
    version: Option<&Value>,
    target: &Target,
) -> Value {
    let mut all_labels: Map<String, Value> =
        labels.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
    let mut data = Map::new();
    let mut put = |key: &str, bytes: &[u8]| {
        data.insert(key.to_owned(), STANDARD.encode(bytes).into());
    };
    match target {
        Target::Embedded { cluster, .. } => {
            all_labels.insert(form::EMBEDDED_LABEL.to_owned(), "true".into());
            put(form::KEY_EMBEDDED, cluster.as_bytes());
        }
        Target::Remote(credential) => {
            all_labels.insert(form::ENDPOINT_TYPE_LABEL.to_owned(), form::ENDPOINT_CONST.into());
            put(form::KEY_ENDPOINT, credential.endpoint.as_bytes());
            match &credential.trust {
                Trust::Ca(pem) => put(form::KEY_CA, pem),
                Trust::System => put(form::KEY_ROOTS, b"system"),
                Trust::Anything => {}
            }
            if let Some(name) = &credential.server_name {
                put(form::KEY_SERVER_NAME, name.as_bytes());
            }
            if let Some(proxy) = &credential.proxy {
                put(form::KEY_PROXY, proxy.as_bytes());
            }
            let kind = match &credential.user {
                User::Certificate { certificate, key } => {
                    put(form::KEY_CERT, certificate);
                    put(form::KEY_KEY, key);
                    form::CREDENTIAL_X509
                }
                User::Token(token) => {
                    put(form::KEY_TOKEN, token.as_bytes());
                    form::CREDENTIAL_TOKEN
                }
                User::Exec(exec) => {
                    put(form::KEY_EXEC, serde_json::to_string(exec).unwrap_or_default().as_bytes());
                    form::CREDENTIAL_DYNAMIC
                }
                User::Nobody => {
                    put(form::KEY_TOKEN, b"");
                    form::CREDENTIAL_TOKEN
                }
            };
            all_labels.insert(form::CREDENTIAL_TYPE_LABEL.to_owned(), kind.into());
        }
    }
    let mut annotations = Map::new();
    if !alias.is_empty() {
        annotations.insert(form::ALIAS_ANNOTATION.to_owned(), alias.into());
    }
    if let Some(version) = version {
        annotations.insert(form::VERSION_ANNOTATION.to_owned(), version_text(version).into());
    }
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name, "namespace": model::SYSTEM_NAMESPACE, "labels": all_labels, "annotations": annotations,
        },
        "data": data,
    })
}

/// The address of an embedded cluster that is served holds its token, because kubectl sends none without TLS.
fn without_token(endpoint: String) -> String {
    match endpoint.split_once("/token/") {
        Some((before, _)) => format!("{before}/token/***"),
        None => endpoint,
    }
}

fn version_text(version: &Value) -> String {
    let mut kept = Map::new();
    for key in ["major", "minor", "gitVersion", "platform"] {
        if let Some(value) = version.get(key) {
            kept.insert(key.to_owned(), value.clone());
        }
    }
    Value::Object(kept).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remote(user: User, trust: Trust) -> Target {
        Target::Remote(Credential {
            endpoint: "https://a.example:6443".into(),
            trust,
            server_name: None,
            proxy: None,
            user,
        })
    }

    fn labels() -> IndexMap<String, String> {
        IndexMap::from([("region".to_owned(), "eu".to_owned())])
    }

    #[test]
    fn a_cluster_survives_its_secret() {
        let version =
            json!({"major": "1", "minor": "32", "gitVersion": "v1.32.3", "platform": "linux/amd64", "goVersion": "x"});
        for (user, kind) in [
            (User::Token("t".into()), "ServiceAccountToken"),
            (
                User::Exec(Box::new(kube::config::ExecConfig { command: Some("aws".into()), ..Default::default() })),
                "Exec",
            ),
        ] {
            let secret = secret("prod", "Production", &labels(), Some(&version), &remote(user, Trust::System));
            let record = Record::of(secret);
            insta::assert_snapshot!(format!("secret-{kind}"), format!("{:#}", record.secret));
            let info = record.info();
            assert_eq!((info.name.as_str(), info.alias.as_str(), info.kind.as_str()), ("prod", "Production", kind));
            assert_eq!(info.labels, labels());
            assert_eq!(info.version.as_deref(), Some("v1.32.3"));
            let Target::Remote(credential) = record.target().unwrap() else { panic!("remote") };
            assert_eq!(credential.endpoint(), "https://a.example:6443");
            assert!(credential.trust == Trust::System);
        }
    }

    #[test]
    fn an_embedded_cluster_is_not_one_of_kubevelas() {
        let target = Target::Embedded { home: None, cluster: "foo".into() };
        let record = Record::of(secret("bar", "", &labels(), None, &target));
        assert_eq!(record.label(form::CREDENTIAL_TYPE_LABEL), None);
        let info = record.info();
        assert_eq!((info.kind.as_str(), info.endpoint.as_str(), info.simulated), ("Internal", "embedded:foo", true));
        assert!(matches!(record.target().unwrap(), Target::Embedded { cluster, .. } if cluster == "foo"));
    }

    #[test]
    fn secrets_that_cannot_be_used_say_why() {
        let mut shown = String::new();
        for (labels, data) in [
            (json!({form::CREDENTIAL_TYPE_LABEL: "Dynamic"}), json!({})),
            (json!({form::CREDENTIAL_TYPE_LABEL: "ServiceAccountToken"}), json!({})),
            (json!({form::CREDENTIAL_TYPE_LABEL: "ServiceAccountToken"}), json!({"token": "dA=="})),
            (json!({form::CREDENTIAL_TYPE_LABEL: "X509Certificate"}), json!({"tls.crt": "%"})),
            (
                json!({form::CREDENTIAL_TYPE_LABEL: "X509Certificate", form::ENDPOINT_TYPE_LABEL: "ClusterProxy"}),
                json!({}),
            ),
        ] {
            let record = Record::of(json!({"metadata": {"name": "prod", "labels": labels}, "data": data}));
            shown += &format!("{}\n", record.target().unwrap_err());
        }
        insta::assert_snapshot!(shown);
    }
}
