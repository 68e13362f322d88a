//! A controller in this process, on embedded clusters of its own or on those of `LATEEN_TEST_KUBECONFIGS`.

#![allow(
    dead_code,
    unreachable_pub,
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test reports by panicking"
)]

use actions::{ObjectRef, Objects, Outside, PatchType};
use controller::clusters::FleetClusters;
use controller::daemon::{Daemon, Metrics};
use controller::lease::Processes;
use controller::prepare::Definitions;
use controller::requester::Requesters;
use controller::{Hub, Runner};
use fleet::{CreateOptions, Fleet, Home, HubChoice, JoinOptions, KubeconfigSource};
use model::{AppPhase, Application};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(90);

struct Alone;

impl Processes for Alone {
    fn me(&self) -> String {
        format!("test/{}", std::process::id())
    }
    fn is_gone(&self, _: &str) -> bool {
        false
    }
}

/// A hub with a second cluster.
pub struct Stage {
    pub fleet: Fleet,
    pub hub: Hub,
    pub metrics: Arc<Metrics>,
    pub real: bool,
    /// The name of the second cluster.
    pub far: String,
    stop: Option<watch::Sender<bool>>,
    serving: Option<tokio::task::JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// On embedded clusters.
    pub async fn embedded() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Embedded).await.unwrap();
        fleet.create("far", CreateOptions::default()).await.unwrap();
        Stage::of(fleet, folder, false, "far").await
    }

    /// On real ones; `None`, and it says so, where there are none.
    pub async fn real(far: &str) -> Option<Stage> {
        let Some(paths) = std::env::var_os("LATEEN_TEST_KUBECONFIGS") else {
            println!(
                "LATEEN_TEST_KUBECONFIGS is not set: nothing is asked of real clusters (tests/kubernetes/rig run)"
            );
            return None;
        };
        let mut paths = std::env::split_paths(&paths);
        let source = |path: PathBuf| KubeconfigSource { path, context: None };
        let (one, two) = (source(paths.next().unwrap()), source(paths.next().unwrap()));
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Kubeconfig(one)).await.unwrap();
        if fleet.cluster(far).await.is_err() {
            let named = JoinOptions { name: Some(far.to_owned()), ..JoinOptions::default() };
            fleet.join(&two, named).await.unwrap();
        }
        Some(Stage::of(fleet, folder, true, far).await)
    }

    async fn of(fleet: Fleet, folder: tempfile::TempDir, real: bool, far: &str) -> Stage {
        let hub = Hub::new(Objects::new(fleet.hub().client(), "local"));
        for crd in model::crd::ALL {
            let source = cue_syntax::Source::new(crd.name, crd.yaml);
            hub.apply(&model::manifest::read(&source).unwrap()[0].value).await.unwrap();
        }
        for crd in model::crd::ALL {
            established(&hub, crd.name).await;
        }
        let metrics = Arc::new(Metrics::default());
        Stage { fleet, hub, metrics, real, far: far.to_owned(), stop: None, serving: None, folder }
    }

    /// What runs an Application.
    pub fn runner(&self, requesters: Requesters) -> Runner {
        let (notices, mut said) = mpsc::unbounded_channel();
        tokio::spawn(async move { while said.recv().await.is_some() {} });
        Runner {
            hub: self.hub.clone(),
            clusters: Arc::new(FleetClusters::new(self.fleet.clone(), notices)),
            processes: Arc::new(Alone),
            definitions: Definitions::default(),
            catalogue: Arc::default(),
            outside: Arc::new(Outside::default()),
            requesters,
        }
    }

    /// Begins to serve the hub.
    pub fn serve(&mut self, requesters: Requesters) {
        let (sender, stop) = watch::channel(false);
        let runner = Arc::new(self.runner(requesters));
        let daemon = Daemon { runner, metrics: self.metrics.clone(), parallel: 8, stop };
        self.stop = Some(sender);
        self.serving = Some(tokio::spawn(async move { daemon.serve().await.unwrap() }));
    }

    /// Stops to serve it.
    pub async fn stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(true).unwrap();
        }
        if let Some(serving) = self.serving.take() {
            serving.await.unwrap();
        }
    }

    /// The objects of a cluster.
    pub async fn objects(&self, cluster: &str) -> Objects {
        Objects::new(self.fleet.cluster(cluster).await.unwrap().client(), cluster)
    }

    /// Stores an object on the hub.
    pub async fn store(&self, object: &Value) {
        self.hub.apply(object).await.unwrap();
    }

    /// Waits for a phase of an Application.
    pub async fn phase(&self, namespace: &str, name: &str, wanted: AppPhase) -> Application {
        let mut last = None;
        for _ in 0..PATIENCE.as_millis() / 50 {
            let app = self.hub.application(namespace, name).await.unwrap().unwrap();
            let status = app.status.clone().unwrap_or_default();
            if status.phase == wanted && status.observed_generation == app.metadata.generation {
                return app;
            }
            last = Some(status);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{name} is not {wanted}: {last:#?}");
    }
}

async fn established(hub: &Hub, name: &str) {
    let target = reference("apiextensions.k8s.io/v1", "CustomResourceDefinition", "", name);
    until(&format!("{name} is served"), async || {
        let crd = hub.objects().read(&target).await.unwrap()?;
        let conditions = crd.pointer("/status/conditions")?.as_array()?;
        conditions.iter().any(|c| c["type"] == "Established" && c["status"] == "True").then_some(())
    })
    .await;
}

/// An object's address.
pub fn reference(api_version: &str, kind: &str, namespace: &str, name: &str) -> ObjectRef {
    ObjectRef { api_version: api_version.into(), kind: kind.into(), namespace: namespace.into(), name: name.into() }
}

/// Waits until something holds.
pub async fn until<T>(what: &str, mut holds: impl AsyncFnMut() -> Option<T>) -> T {
    for _ in 0..PATIENCE.as_millis() / 20 {
        if let Some(found) = holds().await {
            return found;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("it did not come about: {what}");
}

/// Changes an object as somebody else.
pub async fn change(objects: &Objects, target: &ObjectRef, patch: Value) -> Value {
    objects.patch(target, PatchType::Merge, &patch, false, "somebody").await.unwrap()
}
