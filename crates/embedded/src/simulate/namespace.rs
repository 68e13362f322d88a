//! Namespace: what every namespace has, and its end.

use super::{
    kind::{CONFIG_MAP, SERVICE_ACCOUNT},
    object::{Json, SIMULATED, put},
    scene::{Scene, Settled, Write},
};
use serde_json::{Value, json};

/// The certificate that a cluster would publish to its pods; nothing here speaks TLS.
const CERTIFICATE: &str = "simulated cluster: no certificate\n";

/// Gives a namespace its ServiceAccount `default` and its ConfigMap `kube-root-ca.crt`, or empties it when it is being deleted.
pub(super) fn settle(namespace: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    let name = namespace.name();
    if namespace.deleting() {
        if namespace.text("/status/phase") != "Terminating" {
            let mut next = namespace.clone();
            put(&mut next, &["status", "phase"], "Terminating".into());
            settled.writes.push(Write::Status(next));
        }
        settled.writes.push(Write::Empty { namespace: name.to_owned() });
        return settled;
    }
    if namespace.text("/status/phase") != "Active" {
        settled.status(namespace, json!({"phase": "Active"}));
    }
    if scene.view.find(SERVICE_ACCOUNT, name, "default").is_none() {
        settled.create(json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": name},
        }));
    }
    if scene.view.find(CONFIG_MAP, name, "kube-root-ca.crt").is_none() {
        settled.create(json!({
            "apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": "kube-root-ca.crt", "namespace": name, "annotations": {SIMULATED: "true"}},
            "data": {"ca.crt": CERTIFICATE},
        }));
    }
    settled
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{CONFIG_MAP, SERVICE_ACCOUNT},
        object::Json,
        stage::Stage,
    };
    use serde_json::json;

    #[test]
    fn has_an_account_and_a_certificate_and_is_emptied_in_the_end() {
        let mut stage = Stage::new();
        assert_eq!(stage.get(SERVICE_ACCOUNT, "default").name(), "default");
        assert_eq!(stage.get(CONFIG_MAP, "kube-root-ca.crt").name(), "kube-root-ca.crt");
        let leaving = json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": "old", "deletionTimestamp": "2026-01-01T00:00:00Z"}, "status": {"phase": "Terminating"},
        });
        let scene = super::super::Scene { view: &stage.view, now: stage.now, timing: &stage.timing };
        let settled = super::settle(&leaving, &scene);
        assert_eq!(settled.writes, [super::Write::Empty { namespace: "old".to_owned() }]);
        stage.settle();
    }
}
