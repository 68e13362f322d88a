//! Configuration: a Terraform module whose resources are there after a while, and a Secret to connect with.

use crate::simulate::{
    fingerprint,
    kind::SECRET,
    object::{Json, SIMULATED},
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::{Map, Value, json};

/// The label by which the Secret's configuration is known.
const OWNER: &str = "terraform.core.oam.dev/owned-by";

/// Brings a configuration to what the moment asks for.
pub(crate) fn settle(configuration: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if configuration.deleting() {
        return settled;
    }
    let rehearsal = Rehearsal::of(configuration, scene);
    let done = after(scene.begun(configuration), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let mut say = |state: &str, message: &str| {
        settled.status(
            configuration,
            json!({
                "observedGeneration": configuration.generation(), "state": state, "message": message,
                "apply": {"state": state, "message": message, "region": configuration.text("/spec/customRegion")},
            }),
        );
    };
    if rehearsal.stall || scene.now < done {
        say("ProvisioningAndChecking", "Cloud resources are being provisioned and provisioning status is checking...");
        if !rehearsal.stall {
            settled.later(done);
        }
    } else if let Some(failure) = rehearsal.fail {
        say("ConfigurationApplyFailed", &failure.message);
    } else {
        say("Available", "Cloud resources are deployed and ready to use");
        let writes = configuration.text("/spec/writeConnectionSecretToRef/name");
        let namespace = configuration.text("/spec/writeConnectionSecretToRef/namespace");
        let namespace = if namespace.is_empty() { configuration.namespace() } else { namespace };
        if !writes.is_empty() && scene.view.find(SECRET, namespace, writes).is_none() {
            // What it says "Available" about has to be there by then.
            settled
                .writes
                .insert(0, crate::simulate::scene::Write::Create(connection(configuration, namespace, writes)));
        }
    }
    settled
}

/// The Secret to connect with.
fn connection(configuration: &Value, namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Secret", "type": "Opaque",
        "metadata": {
            "name": name, "namespace": namespace,
            "labels": {OWNER: configuration.name()}, "annotations": {SIMULATED: "true"},
        },
        "stringData": outputs(configuration),
    })
}

/// The outputs of the module: of the known ones as those call them, of an own text as it declares them.
fn outputs(configuration: &Value) -> Map<String, Value> {
    let name = match configuration.text("/spec/variable/name") {
        "" => configuration.name(),
        name => name,
    };
    let token = |what: &str| format!("{:016x}", fingerprint::hash(&[what, configuration.uid()]));
    let host = |domain: &str| format!("{name}.{domain}.simulated.invalid");
    let pem = |what: &str| format!("-----BEGIN {what}-----\nsimulated {}\n-----END {what}-----\n", token(what));
    let path = configuration.text("/spec/path");
    let pairs: Vec<(String, String)> = if path.contains("cs/") || path.contains("kubernetes") {
        vec![
            ("NAME".into(), name.to_owned()),
            ("API_SERVER_INTERNET".into(), format!("https://{}:6443", host("cs"))),
            ("CLUSTER_CA_CERT".into(), pem("CERTIFICATE")),
            ("CLIENT_CERT".into(), pem("CERTIFICATE")),
            ("CLIENT_KEY".into(), pem("PRIVATE KEY")),
        ]
    } else if path.contains("rds") || path.contains("sql") {
        let variable = |field: &str, default: &str| {
            let given = configuration.pointer(&format!("/spec/variable/{field}")).and_then(Value::as_str);
            given.unwrap_or(default).to_owned()
        };
        vec![
            ("DB_HOST".into(), host("rds")),
            ("DB_PORT".into(), "3306".into()),
            ("DB_NAME".into(), variable("database_name", name)),
            ("DB_USER".into(), variable("account_name", "root")),
            ("DB_PASSWORD".into(), variable("password", &token("password"))),
        ]
    } else if path.contains("oss") || path.contains("bucket") {
        vec![("BUCKET_NAME".into(), name.to_owned()), ("BUCKET_ENDPOINT".into(), host("oss"))]
    } else {
        declared(configuration.text("/spec/hcl")).map(|output| (output.to_owned(), token(output))).collect()
    };
    let mut map: Map<String, Value> = pairs.into_iter().map(|(k, v)| (k, v.into())).collect();
    map.entry("terraform-resource").or_insert_with(|| token("resource").into());
    map
}

/// The names in `output "NAME" {` of a module's text.
fn declared(text: &str) -> impl Iterator<Item = &str> {
    text.split("output").skip(1).filter_map(|rest| {
        let rest = rest.trim_start().strip_prefix('"')?;
        let (name, after) = rest.split_once('"')?;
        after.trim_start().starts_with('{').then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulate::{kind::TERRAFORM_CONFIGURATION, stage::Stage};
    use jiff::SignedDuration;

    fn cluster(annotations: Value) -> Value {
        json!({
            "apiVersion": "terraform.core.oam.dev/v1beta2", "kind": "Configuration",
            "metadata": {"name": "ack", "annotations": annotations},
            "spec": {"path": "alibaba/cs/kubernetes", "variable": {"name": "poc-01"},
                     "writeConnectionSecretToRef": {"name": "conn", "namespace": "default"}},
        })
    }

    #[test]
    fn a_cluster_is_available_with_what_is_needed_to_connect() {
        let mut stage = Stage::new();
        stage.apply(cluster(json!({})));
        stage.settle();
        assert_eq!(stage.get(TERRAFORM_CONFIGURATION, "ack").text("/status/state"), "ProvisioningAndChecking");
        stage.log.clear();
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(stage.get(TERRAFORM_CONFIGURATION, "ack").text("/status/apply/state"), "Available");
        assert_eq!(stage.log, ["create Secret conn"]);
    }

    #[test]
    fn trouble_is_rehearsed() {
        let mut stage = Stage::new();
        stage.apply(cluster(json!({"simulate.lateen.dev/fail": "quota exceeded"})));
        stage.pass(SignedDuration::from_secs(1));
        let failed = stage.get(TERRAFORM_CONFIGURATION, "ack");
        assert_eq!(
            (failed.text("/status/apply/state"), failed.text("/status/apply/message")),
            ("ConfigurationApplyFailed", "quota exceeded")
        );
    }

    #[test]
    fn a_module_of_ones_own_has_the_outputs_that_it_declares() {
        let text = "resource \"x\" \"y\" {}\noutput \"A\" {\n value = 1\n}\noutput \"B_C\"{}\n";
        let configuration = json!({"metadata": {"name": "m", "uid": "u"}, "spec": {"hcl": text}});
        let keys: Vec<String> = outputs(&configuration).into_iter().map(|(k, _)| k).collect();
        assert_eq!(keys, ["A", "B_C", "terraform-resource"]);
    }
}
