//! How a joined cluster is stored on the hub: a Secret in KubeVela's form.

/// The hub itself, as a placement names it.
pub const LOCAL: &str = "local";
/// Label: how to authenticate ([`CREDENTIAL_X509`], [`CREDENTIAL_TOKEN`], [`CREDENTIAL_DYNAMIC`]). A Secret with it is a cluster.
pub const CREDENTIAL_TYPE_LABEL: &str = "cluster.core.oam.dev/cluster-credential-type";
/// Label: `Const` or `ClusterProxy`.
pub const ENDPOINT_TYPE_LABEL: &str = "cluster.core.oam.dev/cluster-endpoint-type";
/// Annotation: a display name.
pub const ALIAS_ANNOTATION: &str = "cluster.core.oam.dev/cluster-alias";
/// Annotation: JSON with major, minor, gitVersion, platform.
pub const VERSION_ANNOTATION: &str = "cluster.core.oam.dev/cluster-version";
/// Annotation: `true` or `false`.
pub const HEALTHY_ANNOTATION: &str = "status.cluster.core.oam.dev/healthy";
/// Annotation: why it is not healthy.
pub const HEALTHY_REASON_ANNOTATION: &str = "status.cluster.core.oam.dev/healthy-reason";
/// Client certificate and key.
pub const CREDENTIAL_X509: &str = "X509Certificate";
/// Bearer token.
pub const CREDENTIAL_TOKEN: &str = "ServiceAccountToken";
/// Credentials of a provider.
pub const CREDENTIAL_DYNAMIC: &str = "Dynamic";
/// The TYPE column of the hub, and of clusters that have no kubeconfig.
pub const TYPE_INTERNAL: &str = "Internal";
/// The endpoint is what the Secret says.
pub const ENDPOINT_CONST: &str = "Const";
/// Data key: URL of the API server.
pub const KEY_ENDPOINT: &str = "endpoint";
/// Data key: CA bundle (PEM); absent: the server's certificate is not checked.
pub const KEY_CA: &str = "ca.crt";
/// Data key: client certificate (PEM).
pub const KEY_CERT: &str = "tls.crt";
/// Data key: client key (PEM).
pub const KEY_KEY: &str = "tls.key";
/// Data key: bearer token.
pub const KEY_TOKEN: &str = "token";
/// Data key: a proxy to go through.
pub const KEY_PROXY: &str = "proxy-url";
/// Data key of ours: an exec plugin, which KubeVela's form cannot hold, as JSON of kubeconfig's `exec`.
pub const KEY_EXEC: &str = "lateen.dev.exec";

/// Data key of ours: the name by which the server's certificate is checked, when it is not the endpoint's host.
pub const KEY_SERVER_NAME: &str = "lateen.dev.tls-server-name";
/// Data key of ours: `system` when there is no [`KEY_CA`] and the machine's own roots are to be trusted. (KubeVela reads
/// an absent CA as "do not check", so it can use such a cluster, less safely.)
pub const KEY_ROOTS: &str = "lateen.dev.tls-roots";
/// Label of ours: the Secret is an embedded cluster of somebody's machine, which KubeVela cannot reach and does not see.
pub const EMBEDDED_LABEL: &str = "lateen.dev/embedded-cluster";
/// Data key of ours: the name of the embedded cluster in the state folder.
pub const KEY_EMBEDDED: &str = "lateen.dev.embedded";

/// The form that trackers and status use: the hub is the empty text.
pub fn normalise(cluster: &str) -> &str {
    if cluster == LOCAL { "" } else { cluster }
}

/// The form that people read: the hub is `local`.
pub fn display(cluster: &str) -> &str {
    if cluster.is_empty() { LOCAL } else { cluster }
}
