//! A hub: an embedded one that this process serves to the controller, or a real one.

use crate::child::Controller;
use crate::figure::Figure;
use actions::Objects;
use fleet::{Fleet, Home, HubChoice, KubeconfigSource};
use futures::StreamExt as _;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// The variable that names the kubeconfig of a real API server.
pub(crate) const KUBECONFIG: &str = "LATEEN_TEST_KUBECONFIG";
/// How many objects are created at a time.
const AT_A_TIME: usize = 16;
/// The binary.
pub(crate) const LATEEN: &str = env!("CARGO_BIN_EXE_lateen");

/// A hub.
pub(crate) struct Stage {
    pub(crate) fleet: Fleet,
    /// What lives on it.
    pub(crate) objects: Objects,
    /// Where everything is put, a new one each time.
    pub(crate) namespace: String,
    real: Option<PathBuf>,
    folder: tempfile::TempDir,
}

impl Stage {
    /// A new embedded hub, or the real one with a new namespace.
    pub(crate) async fn new(real: bool) -> Result<Stage, String> {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let real = real.then(|| std::env::var_os(KUBECONFIG)).flatten().map(PathBuf::from);
        let choice = match &real {
            Some(path) => HubChoice::Kubeconfig(KubeconfigSource { path: path.clone(), context: None }),
            None => HubChoice::Embedded,
        };
        let fleet = Fleet::open(Home::at(folder.path()), choice).await.map_err(|e| e.to_string())?;
        let objects = Objects::new(fleet.hub().client(), "local");
        let namespace = format!("scale-{}", uuid::Uuid::new_v4().simple());
        fleet.create_namespace("local", &namespace).await.map_err(|e| e.to_string())?;
        let stage = Stage { fleet, objects, namespace, real, folder };
        stage.lateen(&["install", "--crds"]).await?;
        Ok(stage)
    }

    /// How the hub is called on a command line.
    pub(crate) fn hub(&self) -> String {
        self.real.as_ref().map_or_else(|| "embedded".to_owned(), |path| path.display().to_string())
    }

    /// The state folder.
    pub(crate) fn home(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a command against the hub to its end.
    pub(crate) async fn lateen(&self, args: &[&str]) -> Result<(), String> {
        let mut command = tokio::process::Command::new(LATEEN);
        command.args(args).args(["--hub", &self.hub()]).env("LATEEN_HOME", self.home()).stdin(Stdio::null());
        command.env("LATEEN_EGRESS_ALLOW", "127.0.0.1");
        let output = command.output().await.map_err(|e| e.to_string())?;
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    /// Starts a controller of this hub, and waits until it is ready.
    pub(crate) async fn controller(&self) -> Result<Controller, String> {
        Controller::start(&self.hub(), self.home()).await
    }

    /// Stores objects, many at a time.
    pub(crate) async fn create(&self, all: Vec<Value>) -> Result<(), String> {
        let stored = all.into_iter().map(|object| async move { self.objects.create(&object, "bench").await });
        let mut stored = futures::stream::iter(stored).buffer_unordered(AT_A_TIME);
        while let Some(one) = stored.next().await {
            one.map_err(|fault| fault.message)?;
        }
        Ok(())
    }

    /// An Application of this workflow and nothing else.
    pub(crate) fn workflow(&self, name: &str, mode: &str, steps: Vec<Value>) -> Value {
        json!({"apiVersion": "core.oam.dev/v1beta1", "kind": "Application",
            "metadata": {"name": name, "namespace": self.namespace},
            "spec": {"components": [], "workflow": {"mode": {"steps": mode}, "steps": steps}}})
    }

    /// Of how many Applications of the namespace this holds, as the hub says.
    async fn count(&self, holds: impl Fn(&Value) -> bool) -> Result<usize, String> {
        let filter = actions::Filter { namespace: self.namespace.clone(), ..actions::Filter::default() };
        let list = self.objects.list("core.oam.dev/v1beta1", "Application", &filter).await.map_err(|f| f.message)?;
        let items = list.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        Ok(items.iter().filter(|app| holds(app)).count())
    }

    /// How many Applications of the namespace are in this phase, as the hub says.
    pub(crate) async fn in_phase(&self, phase: &str) -> Result<usize, String> {
        self.count(|app| text(app, "/status/status") == phase).await
    }

    /// Waits until so many Applications of the namespace are as they are to be; `what` says how, for a message.
    pub(crate) async fn until(&self, size: usize, what: &str, holds: impl Fn(&Value) -> bool) -> Result<(), String> {
        let mut count = 0;
        for _ in 0..300 {
            count = self.count(&holds).await?;
            if count == size {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        Err(format!("{count} of {size} {what}"))
    }

    /// Stores Applications and waits until all of them are running, as a controller says and then the hub: what the
    /// controller took for it, by so many parts.
    pub(crate) async fn delivered(&self, apps: Vec<Value>, parts: usize) -> Result<Figure, String> {
        let count = apps.len();
        let mut controller = self.controller().await?;
        let began = controller.begin().await;
        self.create(apps).await?;
        let ended = controller.running(count, |_| true).await?;
        let figure = controller.since(&began, parts, ended).await;
        controller.kill().await?;
        match self.in_phase("running").await? {
            running if running == count => Ok(figure),
            running => Err(format!("the hub says that {running} of {count} are running")),
        }
    }

    /// Lets go of it.
    pub(crate) async fn end(self) {
        self.fleet.close().await;
    }
}

/// What stands there; nothing where there is no text.
pub(crate) fn text<'v>(value: &'v Value, pointer: &str) -> &'v str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// User and system time of this process.
pub(crate) fn own_cpu() -> Duration {
    use nix::sys::resource::{UsageWho, getrusage};
    let Ok(usage) = getrusage(UsageWho::RUSAGE_SELF) else { return Duration::ZERO };
    let micros = |t: nix::sys::time::TimeVal| u64::try_from(t.tv_sec() * 1_000_000 + t.tv_usec()).unwrap_or_default();
    Duration::from_micros(micros(usage.user_time()) + micros(usage.system_time()))
}
