//! Which kind gets which defaults.

use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{network, pod, workload};
use crate::catalog::Served;
use crate::object::{self, default as put, set};
use crate::store::Store;

/// Sets what kube-apiserver sets when a client does not.
pub(crate) fn default(store: &Store, served: &Served, old: Option<&Value>, object: &mut Value) {
    let new = old.is_none();
    match &*served.table {
        "/pods" => pod::default_pod(object, new),
        "/podtemplates" => {
            if let Some(spec) = object.pointer_mut("/template/spec") {
                pod::default_spec(spec);
            }
        }
        "/services" => network::service(store, old, object),
        "/endpoints" => network::endpoints(object),
        "/secrets" => secret(object),
        "/namespaces" => namespace(object, new),
        "/persistentvolumeclaims" => {
            put(object, &["spec", "volumeMode"], "Filesystem");
            if new {
                set(object, &["status", "phase"], "Pending");
            }
        }
        "/persistentvolumes" => {
            put(object, &["spec", "volumeMode"], "Filesystem");
            put(object, &["spec", "persistentVolumeReclaimPolicy"], "Retain");
            if new {
                set(object, &["status", "phase"], "Pending");
            }
        }
        "/replicationcontrollers" | "apps/replicasets" => workload::replica_set(object),
        "apps/deployments" => workload::deployment(object),
        "apps/statefulsets" => workload::stateful_set(object),
        "apps/daemonsets" => workload::daemon_set(object),
        "batch/jobs" => workload::job(object, new),
        "batch/cronjobs" => workload::cron_job(object),
        "autoscaling/horizontalpodautoscalers" => workload::autoscaler(object),
        "networking.k8s.io/networkpolicies" => network::network_policy(object),
        "discovery.k8s.io/endpointslices" => network::endpoint_slice(object),
        "storage.k8s.io/storageclasses" => {
            put(object, &["reclaimPolicy"], "Delete");
            put(object, &["volumeBindingMode"], "Immediate");
        }
        "scheduling.k8s.io/priorityclasses" => put(object, &["preemptionPolicy"], "PreemptLowerPriority"),
        "rbac.authorization.k8s.io/rolebindings" | "rbac.authorization.k8s.io/clusterrolebindings" => binding(object),
        "admissionregistration.k8s.io/validatingwebhookconfigurations"
        | "admissionregistration.k8s.io/mutatingwebhookconfigurations" => webhooks(object),
        _ => {}
    }
    if new && served.has_status() && object.get("status").is_none() {
        set(object, &["status"], first_status(&served.table));
    }
}

/// The status that an object of a kind has before a controller saw it: Go's zero values.
fn first_status(table: &str) -> Value {
    match table {
        "apps/replicasets" | "/replicationcontrollers" => json!({"replicas": 0}),
        "apps/statefulsets" => json!({"replicas": 0, "availableReplicas": 0}),
        "apps/daemonsets" => json!({
            "currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0, "numberReady": 0,
        }),
        "autoscaling/horizontalpodautoscalers" => json!({"currentMetrics": null, "desiredReplicas": 0}),
        "networking.k8s.io/ingresses" => json!({"loadBalancer": {}}),
        "policy/poddisruptionbudgets" => {
            json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0})
        }
        _ => Value::Object(Map::new()),
    }
}

fn namespace(object: &mut Value, new: bool) {
    let name = object::name(object).to_owned();
    set(object, &["metadata", "labels", "kubernetes.io/metadata.name"], name);
    if new {
        let mut finalizers = object::list(object, &["spec", "finalizers"]).to_vec();
        if !finalizers.iter().any(|f| f == "kubernetes") {
            finalizers.push("kubernetes".into());
        }
        set(object, &["spec", "finalizers"], finalizers);
        set(object, &["status", "phase"], "Active");
    }
}

fn secret(object: &mut Value) {
    put(object, &["type"], "Opaque");
    if let Some(Value::Object(plain)) = object::remove(object, &["stringData"]) {
        for (key, value) in plain {
            let text = value.as_str().unwrap_or("");
            set(object, &["data", &key], base64::engine::general_purpose::STANDARD.encode(text));
        }
    }
}

fn binding(object: &mut Value) {
    const GROUP: &str = "rbac.authorization.k8s.io";
    put(object, &["roleRef", "apiGroup"], GROUP);
    for subject in pod::items(object, "subjects") {
        if ["User", "Group"].contains(&object::text(subject, &["kind"])) {
            put(subject, &["apiGroup"], GROUP);
        }
    }
}

fn webhooks(object: &mut Value) {
    for webhook in pod::items(object, "webhooks") {
        put(webhook, &["failurePolicy"], "Fail");
        put(webhook, &["matchPolicy"], "Equivalent");
        put(webhook, &["timeoutSeconds"], 10);
        put(webhook, &["namespaceSelector"], json!({}));
        put(webhook, &["objectSelector"], json!({}));
        if object::at(webhook, &["clientConfig", "service"]).is_some() {
            put(webhook, &["clientConfig", "service", "port"], 443);
        }
        for rule in pod::items(webhook, "rules") {
            put(rule, &["scope"], "*");
        }
    }
}
