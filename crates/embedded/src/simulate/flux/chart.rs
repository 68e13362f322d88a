//! The chart that every simulated release installs: a Deployment and a Service that carry the values given, so that they
//! can be seen. The values that nearly all charts share (`replicaCount`, `image`, `service`, `fullnameOverride`) act.

use crate::simulate::object::{Json, SIMULATED, put};
use serde_json::{Map, Value, json};

/// The annotation of a simulated release's pods that holds the chart's values as JSON.
pub(crate) const VALUES: &str = "simulate.lateen.dev/values";
/// The longest text of values that is kept; annotations together may not exceed 256 KiB.
const LONGEST: usize = 100_000;

/// What a release installs.
pub(super) struct Chart {
    /// The chart's name, without a path.
    pub(super) name: String,
    /// Its version as asked for, or that of the simulation.
    pub(super) version: String,
    /// The release's name.
    pub(super) release: String,
    /// Where its objects go.
    pub(super) namespace: String,
    /// Where the values and the source came from, shown beside the values.
    origin: Vec<(&'static str, Value)>,
    values: Value,
    labels: Map<String, Value>,
}

impl Chart {
    /// The chart of a HelmRelease, or nothing when it names none.
    pub(super) fn of(release: &Value) -> Option<Chart> {
        let (path, version) = match release.text("/spec/chart/spec/chart") {
            "" => (release.text("/spec/chartRef/name"), ""),
            chart => (chart, release.text("/spec/chart/spec/version")),
        };
        let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or("");
        if name.is_empty() {
            return None;
        }
        let target = release.text("/spec/targetNamespace");
        let release_name = match (release.text("/spec/releaseName"), target) {
            ("", "") => release.name().to_owned(),
            ("", target) => format!("{target}-{}", release.name()),
            (given, _) => given.to_owned(),
        };
        let namespace = if target.is_empty() { release.namespace() } else { target };
        let mut labels = Map::new();
        for (label, text) in [
            ("app.kubernetes.io/name", name),
            ("app.kubernetes.io/instance", release_name.as_str()),
            ("app.kubernetes.io/managed-by", "Helm"),
            ("helm.toolkit.fluxcd.io/name", release.name()),
            ("helm.toolkit.fluxcd.io/namespace", release.namespace()),
            (SIMULATED, "true"),
        ] {
            labels.insert(label.to_owned(), text.into());
        }
        let origin = [("valuesFiles", "/spec/chart/spec/valuesFiles"), ("valuesFrom", "/spec/valuesFrom")];
        Some(Chart {
            name: name.to_owned(),
            version: if version.is_empty() || version == "*" {
                "0.0.0-simulated".to_owned()
            } else {
                version.to_owned()
            },
            release: release_name,
            namespace: namespace.to_owned(),
            origin: origin.iter().filter_map(|(field, at)| Some((*field, release.pointer(at)?.clone()))).collect(),
            values: release.pointer("/spec/values").cloned().unwrap_or_else(|| json!({})),
            labels,
        })
    }

    /// The name of its objects, as Helm's usual chart template makes it.
    pub(super) fn full_name(&self) -> String {
        let name = match self.values.text("/nameOverride") {
            "" => self.name.as_str(),
            given => given,
        };
        let full = match self.values.text("/fullnameOverride") {
            "" if self.release.contains(name) => self.release.clone(),
            "" => format!("{}-{name}", self.release),
            given => given.to_owned(),
        };
        let short: String = full.chars().take(63).collect();
        short.trim_end_matches('-').to_owned()
    }

    fn metadata(&self) -> Value {
        let mut labels = self.labels.clone();
        labels.insert("helm.sh/chart".to_owned(), format!("{}-{}", self.name, self.version).replace('+', "_").into());
        json!({
            "name": self.full_name(), "namespace": self.namespace, "labels": labels,
            "annotations": {
                "meta.helm.sh/release-name": self.release, "meta.helm.sh/release-namespace": self.namespace, SIMULATED: "true",
            },
        })
    }

    fn selector(&self) -> Value {
        json!({"app.kubernetes.io/name": self.name, "app.kubernetes.io/instance": self.release})
    }

    fn port(&self) -> i64 {
        self.values.int("/service/port").filter(|port| (1..=65535).contains(port)).unwrap_or(80)
    }

    /// The Deployment.
    pub(super) fn deployment(&self) -> Value {
        let mut shown = json!({"chart": self.name, "version": self.version, "values": self.values});
        for (field, value) in &self.origin {
            put(&mut shown, &[field], value.clone());
        }
        let mut text = shown.to_string();
        if text.len() > LONGEST {
            text = json!({"chart": self.name, "version": self.version, "values": "too long to be shown"}).to_string();
        }
        let image = match (self.values.text("/image/repository"), self.values.text("/image/tag")) {
            ("", _) => match self.values.text("/image") {
                "" => format!("simulated.invalid/{}:{}", self.name, self.version),
                image => image.to_owned(),
            },
            (repository, "") => repository.to_owned(),
            (repository, tag) => format!("{repository}:{tag}"),
        };
        let replicas = self.values.int("/replicaCount").filter(|count| (0..=1000).contains(count)).unwrap_or(1);
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": self.metadata(),
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": self.selector()},
                "template": {
                    "metadata": {"labels": self.labels, "annotations": {VALUES: text, SIMULATED: "true"}},
                    "spec": {"containers": [{
                        "name": self.name, "image": image,
                        "ports": [{"name": "http", "containerPort": self.port(), "protocol": "TCP"}],
                    }]},
                },
            },
        })
    }

    /// The Service.
    pub(super) fn service(&self) -> Value {
        let kind = match self.values.text("/service/type") {
            kind @ ("NodePort" | "LoadBalancer") => kind,
            _ => "ClusterIP",
        };
        json!({
            "apiVersion": "v1", "kind": "Service", "metadata": self.metadata(),
            "spec": {
                "type": kind, "selector": self.selector(),
                "ports": [{"name": "http", "port": self.port(), "targetPort": "http", "protocol": "TCP"}],
            },
        })
    }
}
