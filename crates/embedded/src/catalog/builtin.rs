//! The built-in resources of Kubernetes 1.32 that the server serves.

use std::sync::Arc;

use smol_str::SmolStr;

use super::{Resource, Scale, Version};

/// group, versions (preferred first), plural, kind, short names, categories, flags: `n` namespaced, `s` status,
/// `c` scale, `g` generation, `v` virtual.
type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, &'static str);

const ROWS: &[Row] = &[
    ("", "v1", "bindings", "Binding", "", "", "nv"),
    ("", "v1", "componentstatuses", "ComponentStatus", "cs", "", ""),
    ("", "v1", "configmaps", "ConfigMap", "cm", "", "n"),
    ("", "v1", "endpoints", "Endpoints", "ep", "", "n"),
    ("", "v1", "events", "Event", "ev", "", "n"),
    ("", "v1", "limitranges", "LimitRange", "limits", "", "n"),
    ("", "v1", "namespaces", "Namespace", "ns", "", "s"),
    ("", "v1", "nodes", "Node", "no", "", "s"),
    ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "", "ns"),
    ("", "v1", "persistentvolumes", "PersistentVolume", "pv", "", "s"),
    ("", "v1", "pods", "Pod", "po", "all", "ns"),
    ("", "v1", "podtemplates", "PodTemplate", "", "", "ng"),
    ("", "v1", "replicationcontrollers", "ReplicationController", "rc", "all", "nscg"),
    ("", "v1", "resourcequotas", "ResourceQuota", "quota", "", "ns"),
    ("", "v1", "secrets", "Secret", "", "", "n"),
    ("", "v1", "serviceaccounts", "ServiceAccount", "sa", "", "n"),
    ("", "v1", "services", "Service", "svc", "all", "ns"),
    (
        "admissionregistration.k8s.io",
        "v1",
        "mutatingwebhookconfigurations",
        "MutatingWebhookConfiguration",
        "",
        "api-extensions",
        "g",
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicies",
        "ValidatingAdmissionPolicy",
        "",
        "api-extensions",
        "sg",
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "validatingadmissionpolicybindings",
        "ValidatingAdmissionPolicyBinding",
        "",
        "api-extensions",
        "g",
    ),
    (
        "admissionregistration.k8s.io",
        "v1",
        "validatingwebhookconfigurations",
        "ValidatingWebhookConfiguration",
        "",
        "api-extensions",
        "g",
    ),
    (
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        "crd,crds",
        "api-extensions",
        "sg",
    ),
    ("apiregistration.k8s.io", "v1", "apiservices", "APIService", "", "api-extensions", "s"),
    ("apps", "v1", "controllerrevisions", "ControllerRevision", "", "", "n"),
    ("apps", "v1", "daemonsets", "DaemonSet", "ds", "all", "nsg"),
    ("apps", "v1", "deployments", "Deployment", "deploy", "all", "nscg"),
    ("apps", "v1", "replicasets", "ReplicaSet", "rs", "all", "nscg"),
    ("apps", "v1", "statefulsets", "StatefulSet", "sts", "all", "nscg"),
    ("authentication.k8s.io", "v1", "selfsubjectreviews", "SelfSubjectReview", "", "", "v"),
    ("authentication.k8s.io", "v1", "tokenreviews", "TokenReview", "", "", "v"),
    ("authorization.k8s.io", "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", "", "", "nv"),
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", "", "", "v"),
    ("authorization.k8s.io", "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", "", "", "v"),
    ("authorization.k8s.io", "v1", "subjectaccessreviews", "SubjectAccessReview", "", "", "v"),
    ("autoscaling", "v2,v1", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "all", "ns"),
    ("batch", "v1", "cronjobs", "CronJob", "cj", "all", "nsg"),
    ("batch", "v1", "jobs", "Job", "", "all", "nsg"),
    ("certificates.k8s.io", "v1", "certificatesigningrequests", "CertificateSigningRequest", "csr", "", "s"),
    ("coordination.k8s.io", "v1", "leases", "Lease", "", "", "n"),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "", "", "ng"),
    ("events.k8s.io", "v1", "events", "Event", "ev", "", "n"),
    ("flowcontrol.apiserver.k8s.io", "v1", "flowschemas", "FlowSchema", "", "", "sg"),
    ("flowcontrol.apiserver.k8s.io", "v1", "prioritylevelconfigurations", "PriorityLevelConfiguration", "", "", "sg"),
    ("networking.k8s.io", "v1", "ingressclasses", "IngressClass", "", "", "g"),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", "ing", "", "nsg"),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", "", "ng"),
    ("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", "", "", ""),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "", "nsg"),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "", "", ""),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "", "", ""),
    ("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "", "", "n"),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", "", "", "n"),
    ("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", "", "g"),
    ("storage.k8s.io", "v1", "csidrivers", "CSIDriver", "", "", ""),
    ("storage.k8s.io", "v1", "csinodes", "CSINode", "", "", ""),
    ("storage.k8s.io", "v1", "csistoragecapacities", "CSIStorageCapacity", "", "", "n"),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc", "", ""),
    ("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "", "", "s"),
];

fn words(text: &str) -> Vec<SmolStr> {
    text.split(',').filter(|w| !w.is_empty()).map(SmolStr::from).collect()
}

/// All built-in resources.
pub(super) fn resources() -> impl Iterator<Item = Resource> {
    ROWS.iter().map(|(group, versions, plural, kind, short, categories, flags)| Resource {
        group: (*group).into(),
        plural: (*plural).into(),
        singular: kind.to_lowercase().into(),
        kind: (*kind).into(),
        list_kind: format!("{kind}List").into(),
        namespaced: flags.contains('n'),
        short_names: words(short),
        categories: words(categories),
        versions: words(versions)
            .into_iter()
            .map(|name| Version { name, custom: None, schema: Default::default() })
            .collect(),
        table: Arc::from(format!("{group}/{plural}")),
        status: flags.contains('s'),
        scale: flags.contains('c').then(|| Scale {
            spec: ".spec.replicas".into(),
            status: ".status.replicas".into(),
            selector: None,
        }),
        generation: flags.contains('g'),
        custom: false,
        virtual_: flags.contains('v'),
    })
}
