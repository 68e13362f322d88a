//! Which kinds are simulated, by what, and whom a change concerns.

use super::{
    cloud::{configuration, provider},
    cronjob, daemonset, deployment, event,
    flux::{release, source},
    hpa, ingress, job,
    kind::{
        BUCKET, CONFIG_MAP, CRON_JOB, DAEMON_SET, DEPLOYMENT, ENDPOINT_SLICE, ENDPOINTS, EVENT, GIT_REPOSITORY,
        HELM_CHART, HELM_RELEASE, HELM_REPOSITORY, HPA, INGRESS, JOB, Kind, MANAGED_CLUSTER, NAMESPACE, NODE,
        OCI_REPOSITORY, POD, PV, PVC, REPLICA_SET, SECRET, SERVICE, SERVICE_ACCOUNT, STATEFUL_SET,
        TERRAFORM_CONFIGURATION, TERRAFORM_PROVIDER,
    },
    namespace, node,
    object::{Json, controller, put},
    ocm, pod, pvc,
    rehearsal::Rehearsal,
    replicaset,
    scene::{Scene, Settled},
    service, statefulset,
    view::{Key, View},
};
use serde_json::{Value, json};

/// Every kind that the simulation reads.
pub const KINDS: [Kind; 29] = [
    NAMESPACE,
    NODE,
    POD,
    SERVICE,
    ENDPOINTS,
    ENDPOINT_SLICE,
    CONFIG_MAP,
    SERVICE_ACCOUNT,
    EVENT,
    PVC,
    PV,
    DEPLOYMENT,
    REPLICA_SET,
    STATEFUL_SET,
    DAEMON_SET,
    JOB,
    CRON_JOB,
    HPA,
    INGRESS,
    HELM_REPOSITORY,
    HELM_CHART,
    GIT_REPOSITORY,
    OCI_REPOSITORY,
    BUCKET,
    HELM_RELEASE,
    SECRET,
    TERRAFORM_CONFIGURATION,
    TERRAFORM_PROVIDER,
    MANAGED_CLUSTER,
];

/// The kind that an `apiVersion` (of any version) and a `kind` name, when the simulation reads it.
pub fn kind(api_version: &str, kind: &str) -> Option<Kind> {
    KINDS.iter().find(|known| known.is(api_version, kind)).copied()
}

/// What the simulated controller of a kind wants at this moment.
pub fn settle(kind: Kind, object: &Value, scene: &Scene<'_>) -> Settled {
    match kind {
        NAMESPACE => namespace::settle(object, scene),
        NODE => node::settle(object, scene),
        POD => pod::settle(object, scene),
        SERVICE => service::settle(object, scene),
        EVENT => event::settle(object, scene),
        PVC => pvc::settle(object, scene),
        PV => pvc::settle_volume(object, scene),
        DEPLOYMENT => deployment::settle(object, scene),
        REPLICA_SET => replicaset::settle(object, scene),
        STATEFUL_SET => statefulset::settle(object, scene),
        DAEMON_SET => daemonset::settle(object, scene),
        JOB => {
            let mut settled = job::settle(object, scene);
            ocm::registered(object, scene, &mut settled);
            settled
        }
        TERRAFORM_CONFIGURATION => configuration::settle(object, scene),
        TERRAFORM_PROVIDER => provider::settle(object, scene),
        MANAGED_CLUSTER => ocm::managed::settle(object, scene),
        CRON_JOB => cronjob::settle(object, scene),
        HPA => hpa::settle(object, scene),
        INGRESS => ingress::settle(object, scene),
        HELM_RELEASE => release::settle(object, scene),
        HELM_REPOSITORY | HELM_CHART | GIT_REPOSITORY | OCI_REPOSITORY | BUCKET => source::settle(kind, object, scene),
        _ => Settled::default(),
    }
}

/// The objects that a cluster has from its beginning.
pub fn founding() -> Vec<Value> {
    vec![node::object()]
}

/// What the view keeps of an object; nothing when the simulation never looks at it.
pub fn kept(kind: Kind, mut object: Value) -> Option<Value> {
    match kind {
        CONFIG_MAP if object.name() != "kube-root-ca.crt" => None,
        SERVICE_ACCOUNT if object.name() != "default" => None,
        // Of a Secret it is enough that it is there.
        CONFIG_MAP | SERVICE_ACCOUNT | EVENT | SECRET => Some(json!({
            "metadata": {
                "name": object.name(), "namespace": object.namespace(), "uid": object.uid(),
                "resourceVersion": object.text("/metadata/resourceVersion"),
                "creationTimestamp": object.text("/metadata/creationTimestamp"),
            },
            "lastTimestamp": object.text("/lastTimestamp"),
        })),
        HELM_RELEASE => Some(object),
        _ => {
            // Who wrote which field is the server's business; absent means unchanged.
            if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
                metadata.remove("managedFields");
            }
            put(&mut object, &["apiVersion"], kind.api_version().into());
            put(&mut object, &["kind"], kind.kind.into());
            Some(object)
        }
    }
}

/// Whom a change concerns beside the object itself. `before` is absent for a new object, `after` for a deleted one.
pub fn concerned(kind: Kind, before: Option<&Value>, after: Option<&Value>, view: &View) -> Vec<Key> {
    let mut keys = Vec::new();
    for state in [before, after].into_iter().flatten() {
        if let Some(reference) = controller(state)
            && let Some(kind) = self::kind(reference.text("/apiVersion"), reference.text("/kind"))
        {
            let namespace = if kind.namespaced { state.namespace().to_owned() } else { String::new() };
            keys.push(Key { kind, namespace, name: reference.text("/name").to_owned() });
        }
        match kind {
            POD => {
                let services = view.list(SERVICE, state.namespace());
                keys.extend(
                    services.filter(|service| service::picks(service, state)).map(|service| Key::of(SERVICE, service)),
                );
            }
            DEPLOYMENT | STATEFUL_SET => {
                let scalers = view.list(HPA, state.namespace());
                let aimed = scalers.filter(|scaler| scaler.text("/spec/scaleTargetRef/name") == state.name());
                keys.extend(aimed.map(|scaler| Key::of(HPA, scaler)));
                keys.extend(release::release_of(state));
            }
            SERVICE => keys.extend(release::release_of(state)),
            _ if source::SOURCES.contains(&kind) => {
                keys.extend(release::users_of(kind, state, view).map(|release| Key::of(HELM_RELEASE, release)));
            }
            _ => {}
        }
    }
    let presence = before.is_none() || after.is_none();
    let state = after.or(before);
    match (kind, state) {
        (SECRET, Some(secret)) if presence => {
            let of = view.all(TERRAFORM_PROVIDER);
            let of = of.filter(|p| provider::secret(p) == (secret.namespace(), secret.name()));
            keys.extend(of.map(|p| Key::of(TERRAFORM_PROVIDER, p)));
        }
        (NODE, _) if presence => keys.extend(view.all(DAEMON_SET).map(|set| Key::of(DAEMON_SET, set))),
        (PVC, Some(claim)) if presence => {
            let name = claim.text("/spec/volumeName").to_owned();
            keys.push(Key { kind: PV, namespace: String::new(), name });
        }
        (CONFIG_MAP | SERVICE_ACCOUNT, Some(object)) if after.is_none() => {
            keys.push(Key { kind: NAMESPACE, namespace: String::new(), name: object.namespace().to_owned() });
        }
        _ => {}
    }
    if let (Some(before), Some(after)) = (before, after)
        && !Rehearsal::same(before, after)
    {
        below(after, view, 0, &mut keys);
    }
    keys
}

/// Adds everything that an object owns, and what that owns.
fn below(object: &Value, view: &View, depth: usize, keys: &mut Vec<Key>) {
    for key in view.children_keys(object.uid()) {
        keys.push(key.clone());
        if let (Some(child), true) = (view.get(key), depth < 4) {
            below(child, view, depth + 1, keys);
        }
    }
}
