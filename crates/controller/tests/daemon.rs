//! The controller against an embedded hub: what is stored there is enough.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use actions::{Objects, Outside};
use common::reference;
use controller::clusters::FleetClusters;
use controller::daemon::{Daemon, Metrics};
use controller::lease::Processes;
use controller::prepare::Definitions;
use controller::requester::Requesters;
use controller::{Hub, Runner};
use cue_syntax::Source;
use fleet::{Fleet, Home, HubChoice};
use model::operation::{OperationAction, UserOperation};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

struct Here;

impl Processes for Here {
    fn me(&self) -> String {
        "here/1".into()
    }
    fn is_gone(&self, _: &str) -> bool {
        false
    }
}

/// A hub with a controller.
struct Place {
    hub: Hub,
    stop: watch::Sender<bool>,
    serving: JoinSet<()>,
    fleet: Fleet,
    _folder: TempDir,
}

impl Place {
    async fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet::open(Home::at(folder.path()), HubChoice::Embedded).await.unwrap();
        let hub = Hub::new(Objects::new(fleet.hub().client(), "local"));
        for crd in model::crd::ALL {
            apply(&hub, crd.yaml).await;
        }
        let (notices, _) = mpsc::unbounded_channel();
        let runner = Runner {
            hub: hub.clone(),
            clusters: Arc::new(FleetClusters::new(fleet.clone(), notices)),
            processes: Arc::new(Here),
            definitions: Definitions::default(),
            catalogue: Arc::default(),
            outside: Arc::new(Outside::default()),
            requesters: Requesters::default(),
        };
        let (stop, stopped) = watch::channel(false);
        let metrics = Arc::new(Metrics::default());
        let runs = Daemon {
            runner: Arc::new(runner.of_workflow_runs()),
            metrics: Arc::new(metrics.of_workflow_runs()),
            parallel: 2,
            stop: stopped.clone(),
        };
        let daemon = Daemon { runner: Arc::new(runner), metrics, parallel: 2, stop: stopped };
        let mut serving = JoinSet::new();
        for daemon in [daemon, runs] {
            serving.spawn(async move { daemon.serve().await.unwrap() });
        }
        Place { hub, stop, serving, fleet, _folder: folder }
    }

    /// Looks until it holds.
    async fn until(&self, what: &str, kind: &str, name: &str, holds: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        for _ in 0..6_000 {
            let version = if kind == "WorkflowRun" { "core.oam.dev/v1alpha1" } else { "core.oam.dev/v1beta1" };
            let target = reference(version, kind, "default", name);
            if let Some(object) = self.hub.objects().read(&target).await.unwrap() {
                if holds(&object) {
                    return object;
                }
                last = object;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("{kind} {name} never was {what}: {last:#}");
    }

    async fn running(&self, name: &str) -> Value {
        self.until("running", "Application", name, |app| app["status"]["status"] == "running").await
    }

    async fn end(mut self) {
        self.stop.send(true).unwrap();
        while let Some(ended) = self.serving.join_next().await {
            ended.unwrap();
        }
        self.fleet.close().await;
    }
}

async fn apply(hub: &Hub, yaml: &str) {
    for document in model::manifest::read(&Source::new("test".to_owned(), yaml.to_owned())).unwrap() {
        let mut object = document.value.clone();
        if object["kind"] != "CustomResourceDefinition" && object.pointer("/metadata/namespace").is_none() {
            object["metadata"]["namespace"] = json!("default");
        }
        hub.apply(&object).await.unwrap();
    }
}

fn says(name: &str, text: &str) -> String {
    format!(
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: {name}}}
spec:
  components:
    - name: {name}
      type: k8s-objects
      properties: {{objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}, data: {{text: {text}}}}}]}}
"
    )
}

/// A component definition that writes this text.
fn noted(text: &str) -> String {
    format!(
        "apiVersion: core.oam.dev/v1beta1
kind: ComponentDefinition
metadata: {{name: note}}
spec:
  workload: {{type: autodetects.core.oam.dev}}
  schematic:
    cue:
      template: |
        output: {{
          apiVersion: \"v1\"
          kind: \"ConfigMap\"
          metadata: name: context.name
          data: text: \"{text}\"
        }}
        parameter: {{}}
"
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_application_follows_its_definitions_if_it_says_so() {
    let place = Place::new().await;
    let app = |name: &str, annotations: &str| {
        format!(
            "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: {name}, annotations: {{{annotations}}}}}
spec: {{components: [{{name: {name}, type: note}}]}}
"
        )
    };
    apply(&place.hub, &noted("old")).await;
    apply(&place.hub, &app("follows", "app.oam.dev/autoUpdate: \"true\"")).await;
    apply(&place.hub, &app("stays", "")).await;
    apply(&place.hub, &app("published", "app.oam.dev/autoUpdate: \"true\", app.oam.dev/publishVersion: one")).await;
    for name in ["follows", "stays", "published"] {
        place.running(name).await;
    }
    apply(&place.hub, &noted("new")).await;
    let at = |number: &'static str| move |app: &Value| app["status"]["latestRevision"]["name"] == number;
    place.until("at its second revision", "Application", "follows", at("follows-v2")).await;
    place.running("follows").await;
    let text = async |name: &str| {
        let target = reference("v1", "ConfigMap", "default", name);
        place.hub.objects().read(&target).await.unwrap().unwrap()["data"]["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(text("follows").await, "new");
    // a change of another definition is none of it; and who does not say so stays where it was
    apply(&place.hub, &noted("unused").replace("name: note", "name: other")).await;
    apply(&place.hub, &app("later", "")).await;
    place.running("later").await;
    for (name, revision, wanted) in
        [("follows", "follows-v2", "new"), ("stays", "stays-v1", "old"), ("published", "published-v1", "old")]
    {
        let app = place.running(name).await;
        assert_eq!(app["status"]["latestRevision"]["name"], revision);
        assert_eq!(text(name).await, wanted);
    }
    place.end().await;
}

/// Waits until an application runs with its second revision.
async fn at_its_second(place: &Place, name: &str) {
    let at = |app: &Value| app["status"]["latestRevision"]["name"] == format!("{name}-v2");
    place.until("at its second revision", "Application", name, at).await;
    place.running(name).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_of_a_version_is_followed_and_no_further() {
    let place = Place::new().await;
    let versioned = |text: &str, version: &str| {
        noted(text).replace("spec:\n  workload", &format!("spec:\n  version: {version}\n  workload"))
    };
    let app = |name: &str, kind: &str| {
        format!(
            "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: {name}, annotations: {{app.oam.dev/autoUpdate: \"true\"}}}}
spec: {{components: [{{name: {name}, type: {kind}}}]}}
"
        )
    };
    apply(&place.hub, &versioned("one", "1.2.0")).await;
    apply(&place.hub, &app("part", "note@v1.2")).await;
    place.running("part").await;
    apply(&place.hub, &versioned("two", "1.2.3")).await;
    at_its_second(&place, "part").await;
    apply(&place.hub, &versioned("three", "2.0.0")).await;
    // one that names no version gets the newest, and by then the other has been looked at
    apply(&place.hub, &app("whole", "note")).await;
    place.running("whole").await;
    apply(&place.hub, &versioned("four", "2.1.0")).await;
    at_its_second(&place, "whole").await;
    let part = place.running("part").await;
    assert_eq!(part["status"]["latestRevision"]["name"], "part-v2");
    for (name, wanted) in [("part", "two"), ("whole", "four")] {
        let found = place.hub.objects().read(&reference("v1", "ConfigMap", "default", name)).await.unwrap().unwrap();
        assert_eq!(found["data"]["text"], wanted, "{name}");
    }
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_is_run_again_when_its_application_says_so() {
    let place = Place::new().await;
    apply(&place.hub, &says("again", "hi")).await;
    place.running("again").await;
    let mark = async |says: Value| {
        let annotations = [("app.oam.dev/restart-workflow", says.as_str().map(str::to_owned))];
        place.hub.annotate("default", "again", &annotations).await.unwrap();
    };
    let taken = |app: &Value| app["metadata"]["annotations"]["lateen.dev/operation-done"].clone();
    let says = |app: &Value| app["metadata"]["annotations"]["app.oam.dev/restart-workflow"].clone();
    let over = |app: &Value| app["status"]["status"] == "running" && app["status"]["workflow"]["finished"] == true;
    mark(json!("true")).await;
    let once = place
        .until("run again", "Application", "again", |app| !taken(app).is_null() && says(app).is_null() && over(app))
        .await;
    // every second: the mark stays
    mark(json!("1s")).await;
    let mut seen = vec![taken(&once)];
    for _ in 0..2 {
        let app = place
            .until("run again and again", "Application", "again", |app| over(app) && !seen.contains(&taken(app)))
            .await;
        assert_eq!(says(&app), "1s");
        seen.push(taken(&app));
    }
    mark(Value::Null).await;
    place.end().await;
}

/// D14: `waitHealthy` counts where it stands, among the parameters; and what was rendered is told as what it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_step_waits_for_health_if_it_says_so_and_is_told_what_was_rendered() {
    let place = Place::new().await;
    apply(
        &place.hub,
        "apiVersion: core.oam.dev/v1beta1
kind: WorkflowStepDefinition
metadata: {name: place}
spec:
  schematic:
    cue:
      template: |
        import (
          \"strings\"
          \"vela/builtin\"
          \"vela/oam\"
        )
        all: oam.#LoadComponets
        rendered: oam.#RenderComponent & {$params: value: all.$returns.value[context.appName]}
        applied: oam.#ApplyComponent & {$params: {
          value: all.$returns.value[context.appName]
          waitHealthy: parameter.wait
        }}
        say: builtin.#Message & {$params: message:
          rendered.$returns.output.kind + \" and \" + strings.Join([for _, o in rendered.$returns.outputs {o.kind}], \" \")}
        parameter: wait: bool
",
    )
    .await;
    for (name, wait) in [("hasty", false), ("patient", true)] {
        apply(
            &place.hub,
            &format!(
                "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {{name: {name}}}
spec:
  components:
    - name: {name}
      type: webservice
      properties: {{image: nginx, ports: [{{port: 80, expose: true}}]}}
      traits: [{{type: annotations, properties: {{simulate.lateen.dev/fail: no database}}}}]
  workflow: {{steps: [{{name: s, type: place, properties: {{wait: {wait}}}}}]}}
"
            ),
        )
        .await;
        let step = |app: &Value| app["status"]["workflow"]["steps"][0].clone();
        if wait {
            let waits = |app: &Value| step(app)["phase"] == "running" && step(app)["reason"] == "Wait";
            let app = place.until("waiting", "Application", name, waits).await;
            assert!(step(&app)["message"].as_str().unwrap().contains(name), "{app:#}");
        } else {
            let app = place
                .until("over", "Application", name, |app| app["status"]["workflow"]["status"] == "succeeded")
                .await;
            assert_eq!(step(&app)["message"], "Deployment and Service");
        }
        let target = reference("core.oam.dev/v1beta1", "Application", "default", name);
        place.hub.objects().delete(&target, &Default::default()).await.unwrap();
    }
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_applications_are_run_once_each() {
    let place = Place::new().await;
    for i in 0..60 {
        apply(&place.hub, &says(&format!("app-{i}"), "hi")).await;
    }
    for i in 0..60 {
        place.running(&format!("app-{i}")).await;
    }
    for i in 0..60 {
        let chunks = place.hub.journal("default", &format!("app-{i}"), &format!("app-{i}-v1")).await.unwrap();
        let entries = workflow::journal::decode(&chunks).unwrap();
        assert!(entries.len() > 2 && entries.iter().all(|e| e.epoch == 1), "no lease was lost in a run: {entries:#?}");
    }
    let trackers = place.hub.trackers("default", "app-7").await.unwrap();
    assert_eq!(trackers[0].spec.managed_resources[0].name, "app-7");
    assert_eq!(place.hub.revisions("default", "app-7").await.unwrap().len(), 1);

    // a change is a second revision, and what it drops goes
    apply(&place.hub, &says("app-7", "hello").replace("name: app-7}, data", "name: other}, data")).await;
    let second =
        |app: &Value| app["status"]["latestRevision"]["name"] == "app-7-v2" && app["status"]["status"] == "running";
    place.until("at its second revision", "Application", "app-7", second).await;
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_workflow_run_waits_for_somebody_and_goes_on() {
    let place = Place::new().await;
    apply(
        &place.hub,
        "apiVersion: core.oam.dev/v1alpha1
kind: Workflow
metadata: {name: two}
steps:
  - {name: gate, type: suspend}
  - name: tell
    type: apply-object
    properties: {value: {apiVersion: v1, kind: ConfigMap, metadata: {name: told}, data: {text: hi}}}
---
apiVersion: core.oam.dev/v1alpha1
kind: WorkflowRun
metadata: {name: once}
spec: {workflowRef: two, context: {who: me}}
",
    )
    .await;
    let waiting = place.until("suspended", "WorkflowRun", "once", |run| run["status"]["status"] == "suspending").await;
    assert_eq!(waiting["status"]["steps"][0]["name"], "gate");
    assert_eq!(waiting["status"]["mode"], "StepByStep-DAG");
    let resume = UserOperation {
        id: "r1".into(),
        action: OperationAction::Resume { step: None },
        by: "me".into(),
        ..UserOperation::default()
    };
    let runs = place.hub.of_workflow_runs();
    controller::follow::ask(&runs, "default", "once", &resume, Duration::from_secs(60)).await.unwrap();
    let done = place.until("over", "WorkflowRun", "once", |run| run["status"]["finished"] == true).await;
    assert_eq!(done["status"]["status"], "succeeded");
    assert_eq!(done["status"]["conditions"][0]["type"], "WorkflowRun");
    let told = reference("v1", "ConfigMap", "default", "told");
    let told = place.hub.objects().read(&told).await.unwrap().unwrap();
    assert_eq!(told["metadata"]["labels"]["workflowrun.oam.dev/name"], "once");
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_initializer_waits_for_the_one_that_it_depends_on() {
    let place = Place::new().await;
    let initializer = |name: &str, needs: &str| {
        format!(
            "apiVersion: core.oam.dev/v1beta1
kind: Initializer
metadata: {{name: {name}}}
spec:
  dependsOn: [{needs}]
  appTemplate:
    spec:
      components:
        - name: {name}
          type: k8s-objects
          properties: {{objects: [{{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}}}}}]}}
"
        )
    };
    apply(&place.hub, &initializer("second", "{ref: {name: first}}")).await;
    let waits =
        place.until("waiting", "Initializer", "second", |one| one["status"]["phase"] == "checkingDependsOn").await;
    assert_eq!(waits["status"]["message"], "waits for Initializer default/first");
    assert_eq!(place.hub.application("default", "second").await.unwrap(), None);
    apply(&place.hub, &initializer("first", "")).await;
    place.until("ready", "Initializer", "second", |one| one["status"]["phase"] == "success").await;
    assert!(place.hub.application("default", "first").await.unwrap().is_some());
    place.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_workflow_or_definition_is_taken_up() {
    let place = Place::new().await;
    let workflow = |text: &str| {
        format!(
            "apiVersion: core.oam.dev/v1alpha1
kind: Workflow
metadata: {{name: shared}}
steps: [{{name: tell, type: print-message-in-status, properties: {{message: {text}}}}}]
"
        )
    };
    apply(&place.hub, &workflow("one")).await;
    apply(
        &place.hub,
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: follows}
spec: {components: [], workflow: {ref: shared}}
",
    )
    .await;
    place.running("follows").await;
    apply(&place.hub, &workflow("two")).await;
    let second = |app: &Value| {
        app["status"]["latestRevision"]["name"] == "follows-v2"
            && app.pointer("/status/workflow/steps/0/message") == Some(&json!("two"))
    };
    place.until("at the second version of its workflow", "Application", "follows", second).await;

    // a type that is not there yet is told, and taken up when it comes
    apply(
        &place.hub,
        "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: early}
spec: {components: [{name: c, type: of-ours, properties: {}}]}
",
    )
    .await;
    let told = |app: &Value| app.pointer("/status/conditions/0/status") == Some(&json!("False"));
    let wrong = place.until("told that it is wrong", "Application", "early", told).await;
    assert!(wrong["status"]["conditions"][0]["message"].as_str().unwrap().contains("of-ours"), "{wrong:#}");
    apply(
        &place.hub,
        r#"apiVersion: core.oam.dev/v1beta1
kind: ComponentDefinition
metadata: {name: of-ours}
spec:
  workload: {definition: {apiVersion: v1, kind: ConfigMap}}
  schematic:
    cue:
      template: |
        output: {apiVersion: "v1", kind: "ConfigMap", metadata: name: context.name}
        parameter: {}
"#,
    )
    .await;
    place.running("early").await;
    place.end().await;
}
