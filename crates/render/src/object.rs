//! The last touch on every object: its name, its namespace, the labels that say whose it is.

use crate::application::AppView;
use crate::tree;
use cue::Data;
use model::labels;
use sha2::{Digest, Sha256};

/// What an object is in its component.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// The component's own `output`.
    Workload,
    /// One of the component's `outputs`, by its name there.
    Auxiliary(String),
    /// One of a trait's `outputs`.
    Trait {
        /// Type of the trait.
        kind: String,
        /// Name of the output.
        output: String,
    },
    /// What a policy renders.
    Policy(String),
}

impl std::fmt::Display for Origin {
    /// `workload`, `auxiliary`, `trait:NAME`, `policy:NAME`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Origin::Workload => f.write_str("workload"),
            Origin::Auxiliary(_) => f.write_str("auxiliary"),
            Origin::Trait { kind, .. } => write!(f, "trait:{kind}"),
            Origin::Policy(kind) => write!(f, "policy:{kind}"),
        }
    }
}

/// Whose object it is.
pub(crate) struct Owner<'a> {
    pub(crate) app: &'a AppView,
    pub(crate) component: &'a str,
    pub(crate) component_type: &'a str,
    pub(crate) app_revision: &'a str,
    pub(crate) revision: &'a str,
    pub(crate) replica_key: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) cluster: &'a str,
}

/// Annotations and labels of an Application that speak of the Application alone.
const INTERNAL: [&str; 14] = [
    "kubectl.kubernetes.io/last-applied-configuration",
    labels::LAST_APPLIED_CONFIG,
    labels::LAST_APPLIED_TIME,
    labels::KUBEVELA_VERSION,
    labels::RESTART_WORKFLOW,
    labels::OPERATION,
    labels::OPERATION_DONE,
    labels::FILTER_LABEL_KEYS,
    labels::FILTER_ANNOTATION_KEYS,
    labels::IDEMPOTENCY_KEY,
    labels::ENVIRONMENT,
    labels::REQUESTED_BY,
    labels::COMMIT,
    labels::ALLOW_UNKNOWN,
];

/// Gives an object its name, namespace and labels.
pub(crate) fn finish(object: &mut Data, origin: &Origin, owner: &Owner<'_>) {
    if tree::text_at(object, &["metadata", "name"]).is_empty() && !generates_name(object) {
        let name = name_of(origin, owner);
        if !name.is_empty() {
            tree::set(object, &["metadata", "name"], Data::string(name));
        }
    }
    let is_namespace =
        tree::text_at(object, &["kind"]) == "Namespace" && tree::text_at(object, &["apiVersion"]) == "v1";
    if !is_namespace && tree::text_at(object, &["metadata", "namespace"]).is_empty() {
        tree::set(object, &["metadata", "namespace"], Data::string(owner.namespace));
    }
    inherit(object, "labels", &owner.app.labels, owner.app.annotation(labels::FILTER_LABEL_KEYS));
    inherit(object, "annotations", &owner.app.annotations, owner.app.annotation(labels::FILTER_ANNOTATION_KEYS));
    let mut own = vec![
        (labels::APP_NAME, owner.app.name.as_str()),
        (labels::APP_NAMESPACE, owner.app.namespace.as_str()),
        (labels::APP_COMPONENT, owner.component),
        (labels::APP_REVISION, owner.app_revision),
    ];
    for (key, value) in [(labels::APP_COMPONENT_REVISION, owner.revision), (labels::REPLICA_KEY, owner.replica_key)] {
        if !value.is_empty() {
            own.push((key, value));
        }
    }
    match origin {
        Origin::Workload => {
            own.push((labels::OAM_RESOURCE_TYPE, labels::RESOURCE_TYPE_WORKLOAD));
            own.push((labels::WORKLOAD_TYPE, owner.component_type));
        }
        Origin::Auxiliary(output) => {
            own.push((labels::OAM_RESOURCE_TYPE, labels::RESOURCE_TYPE_TRAIT));
            own.push((labels::TRAIT_TYPE, labels::AUXILIARY_WORKLOAD));
            own.push((labels::TRAIT_RESOURCE, output));
        }
        Origin::Trait { kind, output } => {
            own.push((labels::OAM_RESOURCE_TYPE, labels::RESOURCE_TYPE_TRAIT));
            own.push((labels::TRAIT_TYPE, kind));
            own.push((labels::TRAIT_RESOURCE, output));
        }
        Origin::Policy(_) => {}
    }
    for (key, value) in own {
        tree::set(object, &["metadata", "labels", key], Data::string(value));
    }
}

fn generates_name(object: &Data) -> bool {
    !tree::text_at(object, &["metadata", "generateName"]).is_empty()
}

/// A workload without a name takes the component's. Others are told apart by where they come from and not by what they hold,
/// so that a changed field does not make a new object.
fn name_of(origin: &Origin, owner: &Owner<'_>) -> String {
    let (kind, output) = match origin {
        Origin::Workload | Origin::Policy(_) => return owner.component.to_owned(),
        Origin::Auxiliary(output) => (labels::AUXILIARY_WORKLOAD, output),
        Origin::Trait { kind, output } => (kind.as_str(), output),
    };
    let mut hash = Sha256::new();
    for part in [&owner.app.namespace, &owner.app.name, owner.component, kind, output, owner.replica_key] {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    let digest: String = hash.finalize().iter().take(5).map(|b| format!("{b:02x}")).collect();
    format!("{}-{}-{digest}", owner.component, kind.to_lowercase())
}

/// Copies what the Application carries; what the object says itself stays.
fn inherit(object: &mut Data, field: &str, from: &model::meta::Strings, filter: &str) {
    let dropped: Vec<&str> = filter.split(',').map(str::trim).collect();
    for (key, value) in from {
        let kept = !INTERNAL.contains(&key.as_str()) && !dropped.contains(&key.as_str());
        if kept && tree::at(object, &["metadata", field, key]).is_none() {
            tree::set(object, &["metadata", field, key], Data::string(value.as_str()));
        }
    }
}
