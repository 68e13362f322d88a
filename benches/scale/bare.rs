//! A bare client: the writes that the controller makes for a light Application, and nothing else. A process of its own, with
//! the same way to the hub.

use crate::stage::{Stage, own_cpu};
use actions::{Filter, ObjectRef, Objects};
use fleet::{Fleet, Home, HubChoice};
use futures::StreamExt as _;
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// The word that makes this bench the client.
pub(crate) const WORD: &str = "--bare";
/// How many Applications it has under way.
const AT_A_TIME: usize = 16;
/// The Application whose objects it copies.
const MODEL: &str = "light-0";

/// What the client took.
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    pub(crate) cpu: Duration,
}

/// Copies what the controller has written for one Application, so often.
pub(crate) async fn measure(stage: &Stage, size: usize) -> Result<Cost, String> {
    let writes = stage.home().join("writes.json");
    // no controller is to take the copies for its own
    let text = Value::Array(writes_of(stage).await?).to_string().replace("app.oam.dev/", "bar.oam.dev/");
    std::fs::write(&writes, text).map_err(|e| e.to_string())?;
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut child = tokio::process::Command::new(me);
    child.arg(WORD).arg(stage.home()).arg(stage.hub()).arg(&writes).arg(size.to_string());
    let output = child.output().await.map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let figures: Vec<u64> = said.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    match (output.status.success(), figures.as_slice()) {
        (true, [wall, cpu]) => Ok(Cost { wall: Duration::from_micros(*wall), cpu: Duration::from_micros(*cpu) }),
        _ => Err(format!("the bare client failed: {}", String::from_utf8_lossy(&output.stderr))),
    }
}

/// The writes in their order: how each is sent, and its object.
async fn writes_of(stage: &Stage) -> Result<Vec<Value>, String> {
    let namespace = &stage.namespace;
    let read = async |api_version: &str, kind: &str, name: &str| {
        let target = ObjectRef {
            api_version: api_version.into(),
            kind: kind.into(),
            namespace: namespace.clone(),
            name: name.into(),
        };
        let found = stage.objects.read(&target).await.map_err(|f| f.message)?;
        found.ok_or_else(|| format!("there is no {kind} {name}"))
    };
    let labelled = async |api_version: &str, kind: &str, namespace: &str| {
        let filter = Filter {
            namespace: namespace.into(),
            label_selector: format!("app.oam.dev/name={MODEL}"),
            ..Filter::default()
        };
        let mut list = stage.objects.list(api_version, kind, &filter).await.map_err(|f| f.message)?;
        let items = list.get_mut("items").map(Value::take).and_then(|v| v.as_array().cloned()).unwrap_or_default();
        let mut items = items.into_iter().filter(|item| {
            let of = item.pointer("/metadata/labels/app.oam.dev~1namespace").and_then(Value::as_str);
            of.is_none_or(|of| of == stage.namespace)
        });
        let mut found = items.next().ok_or_else(|| format!("there is no {kind} of {MODEL}"))?;
        set(&mut found, "apiVersion", api_version.into());
        set(&mut found, "kind", kind.into());
        Ok::<Value, String>(found)
    };
    let core = "core.oam.dev/v1beta1";
    let app = read(core, "Application", MODEL).await?;
    let revision = labelled(core, "ApplicationRevision", namespace).await?;
    let tracker = labelled(core, "ResourceTracker", "").await?;
    let journal = labelled("lateen.dev/v1alpha1", "RunJournal", namespace).await?;
    let lease = read("coordination.k8s.io/v1", "Lease", &format!("lateen-{MODEL}")).await?;
    let map = read("v1", "ConfigMap", MODEL).await?;
    let secret = read("v1", "Secret", MODEL).await?;
    let finalizers = app.pointer("/metadata/finalizers").cloned().unwrap_or_default();
    let address =
        json!({"apiVersion": core, "kind": "Application", "metadata": {"name": MODEL, "namespace": namespace}});
    let with = |object: &Value, key: &str, value: Value| {
        let mut object = object.clone();
        set(&mut object, key, value);
        object
    };
    let is = |how: &str, object: &Value| json!([how, plain(object)]);
    let of_revision = with(&address, "kind", "ApplicationRevision".into());
    let of_revision = with(&of_revision, "metadata", revision.get("metadata").cloned().unwrap_or_default());
    Ok(vec![
        is("create", &app),
        is("create", &lease),
        is("create", &revision),
        json!(["merge", address, {"metadata": {"finalizers": finalizers}}]),
        is("apply", &tracker),
        is("apply", &map),
        is("apply", &secret),
        is("create", &journal),
        json!(["status", address, {"status": app.get("status")}]),
        json!(["status", plain(&of_revision), {"status": revision.get("status")}]),
        is("replace", &lease),
    ])
}

fn set(object: &mut Value, key: &str, value: Value) {
    if let Some(map) = object.as_object_mut() {
        map.insert(key.to_owned(), value);
    }
}

/// An object without what the server adds, and without owners: theirs are other Applications.
fn plain(object: &Value) -> Value {
    let mut plain = object.clone();
    let kept = |metadata: &Value| -> Map<String, Value> {
        let all = metadata.as_object().cloned().unwrap_or_default();
        all.into_iter().filter(|(k, _)| ["name", "namespace", "labels", "annotations"].contains(&k.as_str())).collect()
    };
    let metadata = object.get("metadata").map(kept).unwrap_or_default();
    set(&mut plain, "metadata", Value::Object(metadata));
    if let Some(map) = plain.as_object_mut() {
        map.remove("status");
    }
    plain
}

/// The client: the state folder, the hub, the file of writes, how often.
pub(crate) async fn child(args: &[String]) -> Result<(), String> {
    let [home, hub, writes, size] = args else { return Err("the arguments are missing".to_owned()) };
    let size: usize = size.parse().map_err(|_| "no number")?;
    let writes = std::fs::read_to_string(writes).map_err(|e| e.to_string())?;
    let choice = HubChoice::parse(hub).map_err(|e| e.to_string())?;
    let fleet = Fleet::open(Home::at(PathBuf::from(home)), choice).await.map_err(|e| e.to_string())?;
    let objects = Objects::new(fleet.hub().client(), "local");
    let (began, used) = (Instant::now(), own_cpu());
    let all = (0..size).map(|i| one(&objects, writes.replace(MODEL, &format!("bare-{i}"))));
    let mut all = futures::stream::iter(all).buffer_unordered(AT_A_TIME);
    while let Some(done) = all.next().await {
        done?;
    }
    println!("{} {}", began.elapsed().as_micros(), (own_cpu() - used).as_micros());
    drop(all);
    fleet.close().await;
    Ok(())
}

async fn one(objects: &Objects, writes: String) -> Result<(), String> {
    let writes: Vec<(String, Value, Option<Value>)> = {
        let all: Vec<Vec<Value>> = serde_json::from_str(&writes).map_err(|e| e.to_string())?;
        let read = |write: Vec<Value>| {
            let mut parts = write.into_iter();
            Some((parts.next()?.as_str()?.to_owned(), parts.next()?, parts.next()))
        };
        all.into_iter().filter_map(read).collect()
    };
    let mut lease_version = Value::Null;
    for (how, mut object, patch) in writes {
        let target = ObjectRef::of(&object).map_err(|f| f.message)?;
        let patch = patch.unwrap_or_default();
        let written = match how.as_str() {
            "create" => objects.create(&object, "bare").await,
            "apply" => objects.apply(&object, "bare", true, false).await,
            "merge" => objects.merge(&target, &patch, false, "bare").await,
            "status" => objects.merge(&target, &patch, true, "bare").await,
            _ => {
                if let Some(metadata) = object.get_mut("metadata") {
                    set(metadata, "resourceVersion", lease_version.clone());
                }
                objects.replace(&object, "bare").await
            }
        };
        let written = written.map_err(|f| f.message)?;
        if target.kind == "Lease" {
            lease_version = written.pointer("/metadata/resourceVersion").cloned().unwrap_or_default();
        }
    }
    Ok(())
}
