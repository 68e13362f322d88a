//! Flux sources (HelmRepository, HelmChart, GitRepository, OCIRepository, Bucket): fetched, with an artifact.

use crate::simulate::{
    condition::{self, Condition},
    fingerprint,
    kind::{BUCKET, GIT_REPOSITORY, HELM_CHART, HELM_REPOSITORY, Kind, OCI_REPOSITORY},
    object::Json,
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::{Value, json};

/// The kinds of sources.
pub(crate) const SOURCES: [Kind; 5] = [HELM_REPOSITORY, HELM_CHART, GIT_REPOSITORY, OCI_REPOSITORY, BUCKET];

/// Fetches a source.
pub(crate) fn settle(kind: Kind, source: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if source.deleting() || source.flag("/spec/suspend") {
        return settled;
    }
    let rehearsal = Rehearsal::of(source, scene);
    let generation = source.generation();
    let fetched = after(scene.begun(source), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let mut status = source.map("/status");
    let mut conditions = source.items("/status/conditions").to_vec();
    let mut set = |condition: Condition<'_>| condition::set_observed(&mut conditions, condition, generation, scene);
    if rehearsal.stall || scene.now < fetched {
        if !rehearsal.stall {
            settled.later(fetched);
        }
        set(Condition { kind: "Ready", status: "Unknown", reason: "Progressing", message: "building artifact" });
        set(Condition { kind: "Reconciling", status: "True", reason: "Progressing", message: "building artifact" });
    } else if let Some(failure) = rehearsal.fail {
        let message = format!("failed to fetch: {}", failure.message);
        let reason = failure.reason.unwrap_or_else(|| "FetchFailed".to_owned());
        set(Condition { kind: "Ready", status: "False", reason: &reason, message: &message });
        set(Condition { kind: "FetchFailed", status: "True", reason: &reason, message: &message });
        conditions.retain(|known| condition::kind_of(known) != "Reconciling");
        status.insert("observedGeneration".to_owned(), generation.into());
    } else {
        let artifact = Artifact::of(kind, source);
        let stored = kind == HELM_REPOSITORY && source.text("/spec/type") == "oci";
        let message = if stored { "Helm repository is ready".to_owned() } else { artifact.message(kind, source) };
        let reason = if kind == HELM_CHART { "ChartPullSucceeded" } else { "Succeeded" };
        set(Condition { kind: "Ready", status: "True", reason, message: &message });
        if !stored {
            set(Condition { kind: "ArtifactInStorage", status: "True", reason, message: &message });
            if source.text("/status/artifact/revision") != artifact.revision {
                status.insert("artifact".to_owned(), artifact.object(kind, source, scene));
            }
            status.insert("url".to_owned(), artifact.path(kind, source, "latest").into());
        }
        conditions.retain(|known| !matches!(condition::kind_of(known), "Reconciling" | "FetchFailed"));
        status.insert("observedGeneration".to_owned(), generation.into());
    }
    status.insert("conditions".to_owned(), conditions.into());
    settled.status(source, status);
    settled
}

/// Whether a source can be used.
pub(crate) fn ready(source: &Value) -> bool {
    condition::find(source.items("/status/conditions"), "Ready").is_some_and(|ready| ready.text("/status") == "True")
        && source.int("/status/observedGeneration").unwrap_or(0) >= source.generation()
}

/// What a source was fetched as.
struct Artifact {
    digest: String,
    revision: String,
}

impl Artifact {
    fn of(kind: Kind, source: &Value) -> Artifact {
        let spec = fingerprint::canonical(source.pointer("/spec").unwrap_or(&Value::Null));
        let digest: String =
            (0..4).map(|part| format!("{:016x}", fingerprint::hash(&[&part.to_string(), &spec]))).collect();
        let short: String = digest.chars().take(40).collect();
        let revision = match kind {
            GIT_REPOSITORY => {
                let branch = ["/spec/ref/tag", "/spec/ref/branch"]
                    .iter()
                    .map(|pointer| source.text(pointer))
                    .find(|text| !text.is_empty());
                format!("{}@sha1:{short}", branch.unwrap_or("master"))
            }
            OCI_REPOSITORY => {
                let tag = source.text("/spec/ref/tag");
                format!("{}@sha256:{digest}", if tag.is_empty() { "latest" } else { tag })
            }
            HELM_CHART => match source.text("/spec/version") {
                "" | "*" => "0.0.0-simulated".to_owned(),
                version => version.to_owned(),
            },
            _ => format!("sha256:{digest}"),
        };
        Artifact { digest, revision }
    }

    fn message(&self, kind: Kind, source: &Value) -> String {
        match kind {
            GIT_REPOSITORY => format!("stored artifact for revision '{}'", self.revision),
            OCI_REPOSITORY => format!("stored artifact for digest '{}'", self.revision),
            HELM_CHART => format!("pulled '{}' chart with version '{}'", source.text("/spec/chart"), self.revision),
            _ => format!("stored artifact: revision '{}'", self.revision),
        }
    }

    fn path(&self, kind: Kind, source: &Value, file: &str) -> String {
        let folder = kind.kind.to_ascii_lowercase();
        format!("http://simulated.invalid/{folder}/{}/{}/{file}", source.namespace(), source.name())
    }

    fn object(&self, kind: Kind, source: &Value, scene: &Scene<'_>) -> Value {
        let file = format!("{}.tar.gz", self.digest);
        let folder = kind.kind.to_ascii_lowercase();
        json!({
            "revision": self.revision, "digest": format!("sha256:{}", self.digest), "lastUpdateTime": scene.stamp(), "size": 0,
            "path": format!("{folder}/{}/{}/{file}", source.namespace(), source.name()),
            "url": self.path(kind, source, &file),
        })
    }
}
