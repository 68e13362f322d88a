//! What templates are told: `context`.

use crate::application::AppView;
use crate::tree;
use cue::{Data, DataValue, number::Number};
use k8s_schema::CustomTypes;
use model::meta::Strings;
use std::borrow::Cow;
use std::sync::Arc;

/// The version of a cluster as templates see it (`context.clusterVersion`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterVersion {
    /// `1`
    pub major: String,
    /// `32`; 0 when it is not known.
    pub minor: u32,
    /// `v1.32.1`
    pub git_version: String,
    /// `linux/amd64`
    pub platform: String,
}

impl Default for ClusterVersion {
    /// The newest that Lateen knows.
    fn default() -> Self {
        ClusterVersion { major: "1".into(), minor: 32, git_version: "v1.32.0".into(), platform: "linux/amd64".into() }
    }
}

impl ClusterVersion {
    /// Reads `1.32`, `v1.32.1` or `1.0`.
    pub fn parse(text: &str) -> Option<ClusterVersion> {
        let bare = text.strip_prefix('v').unwrap_or(text);
        let mut parts = bare.split('.');
        let major = parts.next().filter(|m| m.parse::<u32>().is_ok())?;
        let digits: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
        let minor = digits.parse().ok()?;
        Some(ClusterVersion {
            major: major.to_owned(),
            minor,
            git_version: format!("v{bare}"),
            platform: "linux/amd64".into(),
        })
    }

    fn data(&self) -> Data {
        tree::object([
            ("major", Data::string(self.major.as_str())),
            ("minor", Number::from(u64::from(self.minor)).into()),
            ("gitVersion", Data::string(self.git_version.as_str())),
            ("platform", Data::string(self.platform.as_str())),
        ])
    }
}

/// What is the same for all components of one rendering.
#[derive(Debug, Clone, Default)]
pub struct RenderContext {
    /// `<app>-v<N>`; empty when there is none yet.
    pub app_revision: String,
    /// Used where the version of a placement's cluster is not known.
    pub cluster_version: ClusterVersion,
    /// Versions by cluster name.
    pub cluster_versions: indexmap::IndexMap<String, ClusterVersion>,
    /// Values that steps and components have given (`outputs`), by name: what `inputs` take.
    pub values: indexmap::IndexMap<String, Data>,
    /// More fields for `context`.
    pub custom: indexmap::IndexMap<String, Data>,
    /// Properties that a definition does not name are accepted instead of refused, and fields that a kind does not have are
    /// warnings.
    pub allow_unknown: bool,
    /// The workflow is about to be started: what would make a step of it fail for certain is an error, and no warning.
    pub to_run: bool,
    /// Kinds that CustomResourceDefinitions describe: rendered objects are held to them.
    pub custom_types: Arc<CustomTypes>,
    /// The same by cluster name, where clusters were asked for their own; what is given for all counts before it.
    pub cluster_types: indexmap::IndexMap<String, Arc<CustomTypes>>,
}

impl RenderContext {
    /// The number in the revision's name; 0 when there is none.
    fn revision_number(&self) -> u64 {
        self.app_revision.rsplit_once("-v").and_then(|(_, n)| n.parse().ok()).unwrap_or(0)
    }

    /// With what the Application itself allows (annotation `lateen.dev/allow-unknown`).
    pub(crate) fn of_app(&self, app: &AppView) -> Cow<'_, RenderContext> {
        if self.allow_unknown || app.annotation(model::labels::ALLOW_UNKNOWN) != "true" {
            return Cow::Borrowed(self);
        }
        Cow::Owned(RenderContext { allow_unknown: true, ..self.clone() })
    }

    /// What a custom object that goes to a cluster does not fit; `None` when nothing is known of its kind.
    pub fn custom_problems(&self, cluster: &str, manifest: &serde_json::Value) -> Option<Vec<k8s_schema::Problem>> {
        let of_cluster = || self.cluster_types.get(cluster).and_then(|types| types.validate(manifest));
        self.custom_types.validate(manifest).or_else(of_cluster)
    }

    pub(crate) fn version_of(&self, cluster: &str) -> &ClusterVersion {
        self.cluster_versions.get(cluster).unwrap_or(&self.cluster_version)
    }
}

pub(crate) fn strings(map: &Strings) -> Data {
    tree::object(map.iter().map(|(k, v)| (k.as_str(), Data::string(v.as_str()))))
}

/// Where a component is rendered for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) component: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) cluster: &'a str,
    pub(crate) replica_key: &'a str,
    pub(crate) revision: &'a str,
}

/// `context` of a component's template, without its outputs.
pub(crate) fn component(app: &AppView, render: &RenderContext, place: Place<'_>) -> Data {
    let text = |s: &str| Data::string(s);
    let mut data = tree::object([
        ("name", text(place.component)),
        ("namespace", text(place.namespace)),
        ("appName", text(&app.name)),
        ("appRevision", text(&render.app_revision)),
        ("appRevisionNum", Number::from(render.revision_number()).into()),
        ("appLabels", strings(&app.labels)),
        ("appAnnotations", strings(&app.annotations)),
        ("cluster", text(place.cluster)),
        ("clusterVersion", render.version_of(place.cluster).data()),
        ("revision", text(place.revision)),
        ("replicaKey", text(place.replica_key)),
        ("publishVersion", text(app.annotation(model::labels::PUBLISH_VERSION))),
        ("workflowName", text(app.annotation(model::labels::WORKFLOW_NAME))),
        ("components", app.components.clone()),
    ]);
    if let DataValue::Struct(fields) = &mut data.value {
        for (name, value) in &render.custom {
            fields.entry(name.as_str().into()).or_insert_with(|| value.clone());
        }
    }
    data
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        let minor = |t: &str| ClusterVersion::parse(t).map(|v| (v.minor, v.git_version));
        assert_eq!(minor("1.32"), Some((32, "v1.32".into())));
        assert_eq!(minor("v1.28.3+k3s1"), Some((28, "v1.28.3+k3s1".into())));
        assert_eq!(minor("1.0"), Some((0, "v1.0".into())));
        assert_eq!(minor("latest"), None);
        assert_eq!(minor("1"), None);
    }
}
