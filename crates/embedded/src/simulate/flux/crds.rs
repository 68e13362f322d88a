//! The CustomResourceDefinitions that the simulated Flux needs. They accept what Flux accepts and check little of it.

use crate::simulate::kind::{BUCKET, GIT_REPOSITORY, HELM_CHART, HELM_RELEASE, HELM_REPOSITORY, Kind, OCI_REPOSITORY};
use serde_json::{Value, json};

/// One definition: kind, its versions with the stored one first, short names, columns (name, JSON path), required fields of `spec`.
struct Definition {
    kind: Kind,
    list: &'static str,
    singular: &'static str,
    versions: &'static [&'static str],
    short: &'static [&'static str],
    columns: &'static [(&'static str, &'static str)],
    required: &'static [&'static str],
}

const URL: (&str, &str) = ("URL", ".spec.url");
const DEFINITIONS: [Definition; 6] = [
    Definition {
        kind: HELM_REPOSITORY,
        list: "HelmRepositoryList",
        singular: "helmrepository",
        versions: &["v1", "v1beta2", "v1beta1"],
        short: &["helmrepo"],
        columns: &[URL],
        required: &["url"],
    },
    Definition {
        kind: HELM_CHART,
        list: "HelmChartList",
        singular: "helmchart",
        versions: &["v1", "v1beta2", "v1beta1"],
        short: &["hc"],
        columns: &[("Chart", ".spec.chart"), ("Version", ".spec.version")],
        required: &["chart", "sourceRef"],
    },
    Definition {
        kind: GIT_REPOSITORY,
        list: "GitRepositoryList",
        singular: "gitrepository",
        versions: &["v1", "v1beta2", "v1beta1"],
        short: &["gitrepo"],
        columns: &[URL],
        required: &["url"],
    },
    Definition {
        kind: OCI_REPOSITORY,
        list: "OCIRepositoryList",
        singular: "ocirepository",
        versions: &["v1", "v1beta2"],
        short: &["ocirepo"],
        columns: &[URL],
        required: &["url"],
    },
    Definition {
        kind: BUCKET,
        list: "BucketList",
        singular: "bucket",
        versions: &["v1", "v1beta2", "v1beta1"],
        short: &[],
        columns: &[("Endpoint", ".spec.endpoint")],
        required: &["bucketName", "endpoint"],
    },
    Definition {
        kind: HELM_RELEASE,
        list: "HelmReleaseList",
        singular: "helmrelease",
        versions: &["v2", "v2beta2", "v2beta1"],
        short: &["hr"],
        columns: &[],
        required: &[],
    },
];

/// The definitions, ready to be applied to a cluster.
pub fn crds() -> Vec<Value> {
    DEFINITIONS.iter().map(Definition::object).collect()
}

impl Definition {
    fn object(&self) -> Value {
        let versions: Vec<Value> =
            self.versions.iter().enumerate().map(|(index, name)| self.version(name, index == 0)).collect();
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {
                "name": format!("{}.{}", self.kind.plural, self.kind.group),
                "labels": {"app.kubernetes.io/part-of": "flux", "lateen.dev/simulated": "true"},
            },
            "spec": {
                "group": self.kind.group, "scope": "Namespaced",
                "names": {
                    "kind": self.kind.kind, "listKind": self.list, "plural": self.kind.plural, "singular": self.singular,
                    "shortNames": self.short,
                },
                "versions": versions,
            },
        })
    }

    fn version(&self, name: &str, storage: bool) -> Value {
        let mut columns: Vec<Value> =
            self.columns.iter().map(|(name, path)| json!({"name": name, "type": "string", "jsonPath": path})).collect();
        columns.push(json!({"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}));
        for (name, field) in [("Ready", "status"), ("Status", "message")] {
            let path = format!(".status.conditions[?(@.type==\"Ready\")].{field}");
            columns.push(json!({"name": name, "type": "string", "jsonPath": path}));
        }
        let open = || json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let mut spec = open();
        if let (Some(map), false) = (spec.as_object_mut(), self.required.is_empty()) {
            map.insert("required".to_owned(), self.required.into());
        }
        json!({
            "name": name, "served": true, "storage": storage,
            "subresources": {"status": {}},
            "additionalPrinterColumns": columns,
            "schema": {"openAPIV3Schema": {
                "type": "object",
                "properties": {
                    "apiVersion": {"type": "string"}, "kind": {"type": "string"}, "metadata": {"type": "object"},
                    "spec": spec, "status": open(),
                },
            }},
        })
    }
}
