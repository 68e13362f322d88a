//! The kinds that the simulation reads or writes.

/// A kind of object, as `apiVersion` and `kind` name it. The version is the one that the simulation reads and writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Kind {
    /// API group; empty for the core group.
    pub group: &'static str,
    /// Version within the group.
    pub version: &'static str,
    /// Kind, in its singular camel-case form.
    pub kind: &'static str,
    /// Plural, as paths name it.
    pub plural: &'static str,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
}

impl Kind {
    /// The text of `apiVersion`.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// Whether an `apiVersion` of any version of this kind's group and a `kind` name it.
    pub fn is(&self, api_version: &str, kind: &str) -> bool {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        self.group == group && self.kind == kind
    }
}

const fn namespaced(group: &'static str, version: &'static str, kind: &'static str, plural: &'static str) -> Kind {
    Kind { group, version, kind, plural, namespaced: true }
}

const fn cluster_wide(group: &'static str, version: &'static str, kind: &'static str, plural: &'static str) -> Kind {
    Kind { group, version, kind, plural, namespaced: false }
}

/// Namespace.
pub const NAMESPACE: Kind = cluster_wide("", "v1", "Namespace", "namespaces");
/// Node.
pub const NODE: Kind = cluster_wide("", "v1", "Node", "nodes");
/// Pod.
pub const POD: Kind = namespaced("", "v1", "Pod", "pods");
/// Service.
pub const SERVICE: Kind = namespaced("", "v1", "Service", "services");
/// Endpoints.
pub const ENDPOINTS: Kind = namespaced("", "v1", "Endpoints", "endpoints");
/// EndpointSlice.
pub const ENDPOINT_SLICE: Kind = namespaced("discovery.k8s.io", "v1", "EndpointSlice", "endpointslices");
/// ConfigMap.
pub const CONFIG_MAP: Kind = namespaced("", "v1", "ConfigMap", "configmaps");
/// ServiceAccount.
pub const SERVICE_ACCOUNT: Kind = namespaced("", "v1", "ServiceAccount", "serviceaccounts");
/// Event of the core group.
pub const EVENT: Kind = namespaced("", "v1", "Event", "events");
/// PersistentVolumeClaim.
pub const PVC: Kind = namespaced("", "v1", "PersistentVolumeClaim", "persistentvolumeclaims");
/// PersistentVolume.
pub const PV: Kind = cluster_wide("", "v1", "PersistentVolume", "persistentvolumes");
/// Deployment.
pub const DEPLOYMENT: Kind = namespaced("apps", "v1", "Deployment", "deployments");
/// ReplicaSet.
pub const REPLICA_SET: Kind = namespaced("apps", "v1", "ReplicaSet", "replicasets");
/// StatefulSet.
pub const STATEFUL_SET: Kind = namespaced("apps", "v1", "StatefulSet", "statefulsets");
/// DaemonSet.
pub const DAEMON_SET: Kind = namespaced("apps", "v1", "DaemonSet", "daemonsets");
/// Job.
pub const JOB: Kind = namespaced("batch", "v1", "Job", "jobs");
/// CronJob.
pub const CRON_JOB: Kind = namespaced("batch", "v1", "CronJob", "cronjobs");
/// HorizontalPodAutoscaler.
pub const HPA: Kind = namespaced("autoscaling", "v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers");
/// Ingress.
pub const INGRESS: Kind = namespaced("networking.k8s.io", "v1", "Ingress", "ingresses");
/// Flux HelmRepository.
pub const HELM_REPOSITORY: Kind = namespaced("source.toolkit.fluxcd.io", "v1", "HelmRepository", "helmrepositories");
/// Flux HelmChart.
pub const HELM_CHART: Kind = namespaced("source.toolkit.fluxcd.io", "v1", "HelmChart", "helmcharts");
/// Flux GitRepository.
pub const GIT_REPOSITORY: Kind = namespaced("source.toolkit.fluxcd.io", "v1", "GitRepository", "gitrepositories");
/// Flux OCIRepository.
pub const OCI_REPOSITORY: Kind = namespaced("source.toolkit.fluxcd.io", "v1", "OCIRepository", "ocirepositories");
/// Flux Bucket.
pub const BUCKET: Kind = namespaced("source.toolkit.fluxcd.io", "v1", "Bucket", "buckets");
/// Flux HelmRelease.
pub const HELM_RELEASE: Kind = namespaced("helm.toolkit.fluxcd.io", "v2", "HelmRelease", "helmreleases");
/// Secret.
pub const SECRET: Kind = namespaced("", "v1", "Secret", "secrets");
/// The Terraform controller's Configuration.
pub const TERRAFORM_CONFIGURATION: Kind =
    namespaced("terraform.core.oam.dev", "v1beta2", "Configuration", "configurations");
/// The Terraform controller's Provider.
pub const TERRAFORM_PROVIDER: Kind = namespaced("terraform.core.oam.dev", "v1beta1", "Provider", "providers");
/// ManagedCluster of Open Cluster Management.
pub const MANAGED_CLUSTER: Kind =
    cluster_wide("cluster.open-cluster-management.io", "v1", "ManagedCluster", "managedclusters");
/// ManagedClusterSet of Open Cluster Management.
pub const MANAGED_CLUSTER_SET: Kind =
    cluster_wide("cluster.open-cluster-management.io", "v1beta2", "ManagedClusterSet", "managedclustersets");
/// ManagedClusterSetBinding of Open Cluster Management.
pub const MANAGED_CLUSTER_SET_BINDING: Kind = namespaced(
    "cluster.open-cluster-management.io",
    "v1beta2",
    "ManagedClusterSetBinding",
    "managedclustersetbindings",
);
