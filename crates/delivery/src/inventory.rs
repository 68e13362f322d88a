//! What an Application has put where: the content of its ResourceTrackers.
//!
//! One tracker holds what the current version delivers, one (root) what outlives versions, and older ones what earlier
//! versions delivered. An object is recorded, and the tracker stored, before the object is created anywhere: a crash in
//! between leaves an entry without an object, never an object without an entry.

use crate::rules::{Collect, Rules};
use model::tracker::{ResourceKey, ResourceTrackerSpec, root_name, versioned_name};
use model::{Application, CORE_V1BETA1, ManagedResource, ObjectMeta, ResourceTracker, TrackerType, labels};
use serde_json::Value;

/// An object to be recorded.
#[derive(Debug, Clone, PartialEq)]
pub struct Record<'a> {
    /// The cluster; empty and `local` are the hub.
    pub cluster: &'a str,
    /// Its component; empty for objects that a step or a policy applies.
    pub component: &'a str,
    /// Its trait.
    pub trait_name: &'a str,
    /// Its environment.
    pub env: &'a str,
    /// `workflow` or `policy`.
    pub creator: &'a str,
    /// It was made of secrets.
    pub secret: bool,
    /// The whole object, its namespace resolved.
    pub object: &'a Value,
}

/// All trackers of one Application.
#[derive(Debug, Clone, PartialEq)]
pub struct Inventory {
    /// What outlives versions.
    pub root: ResourceTracker,
    /// What the current version delivers.
    pub current: ResourceTracker,
    /// What earlier versions delivered, oldest first.
    pub history: Vec<ResourceTracker>,
}

fn tracker(app: &Application, kind: TrackerType, name: String) -> ResourceTracker {
    let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    ResourceTracker {
        api_version: CORE_V1BETA1.into(),
        kind: "ResourceTracker".into(),
        metadata: ObjectMeta {
            name,
            labels: [
                pair(labels::APP_NAME, &app.metadata.name),
                pair(labels::APP_NAMESPACE, &app.metadata.namespace),
                pair(labels::APP_UID, &app.metadata.uid),
            ]
            .into_iter()
            .collect(),
            finalizers: vec![labels::TRACKER_FINALIZER.to_owned()],
            ..ObjectMeta::default()
        },
        spec: ResourceTrackerSpec {
            kind,
            application_generation: app.metadata.generation,
            ..ResourceTrackerSpec::default()
        },
    }
}

/// An object as the inventory keeps it. The content of a Secret, and of what was made of secrets, is left out: a tracker is no
/// place for it.
fn managed(record: &Record<'_>, rules: &Rules) -> ManagedResource {
    let text = |pointer: &str| record.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    let api_version = text("/apiVersion");
    let secret = record.secret || (api_version == "v1" && text("/kind") == "Secret");
    ManagedResource {
        cluster: model::cluster::normalise(record.cluster).to_owned(),
        creator: record.creator.to_owned(),
        kind: text("/kind"),
        namespace: text("/metadata/namespace"),
        name: text("/metadata/name"),
        component: record.component.to_owned(),
        trait_name: record.trait_name.to_owned(),
        env: record.env.to_owned(),
        raw: (!secret && !rules.keeps_drift(record.object)).then(|| record.object.clone()),
        skip_gc: rules.collect(record.object) == Collect::Never,
        api_version,
        ..ManagedResource::default()
    }
}

impl Inventory {
    /// Sorts the stored trackers of an Application. Trackers that do not exist yet are empty and have no resourceVersion.
    ///
    /// # Errors
    /// A tracker of this name belongs to another Application (its uid differs): the message names both.
    pub fn of(app: &Application, stored: Vec<ResourceTracker>) -> Result<Inventory, String> {
        let (root, current) = (root_name(app), versioned_name(app));
        let mut found = Inventory {
            root: tracker(app, TrackerType::Root, root.clone()),
            current: tracker(app, TrackerType::Versioned, current.clone()),
            history: Vec::new(),
        };
        for tracker in stored {
            let uid = tracker.metadata.labels.get(labels::APP_UID).cloned().unwrap_or_default();
            if !uid.is_empty() && !app.metadata.uid.is_empty() && uid != app.metadata.uid {
                return Err(format!(
                    "ResourceTracker {} belongs to an application of the same name with uid {uid} (this one has {}); \
                     delete the tracker if nothing it lists is needed",
                    tracker.metadata.name, app.metadata.uid
                ));
            }
            match tracker.spec.kind {
                TrackerType::Root if tracker.metadata.name == root => found.root = tracker,
                TrackerType::Versioned if tracker.metadata.name == current => found.current = tracker,
                TrackerType::ComponentRevision => {}
                _ => found.history.push(tracker),
            }
        }
        found.history.sort_by(|a, b| {
            let key = |t: &ResourceTracker| (t.spec.application_generation, t.metadata.name.clone());
            key(a).cmp(&key(b))
        });
        Ok(found)
    }

    /// Every entry, newest tracker first, in recorded order within each.
    pub fn entries(&self) -> impl Iterator<Item = &ManagedResource> {
        [&self.current, &self.root].into_iter().chain(self.history.iter().rev()).flat_map(|t| &t.spec.managed_resources)
    }

    /// Whether an object stands in any tracker.
    pub fn has(&self, key: &ResourceKey) -> bool {
        self.entries().any(|entry| !entry.deleted && entry.is(key))
    }

    /// Records objects; answers the trackers that have changed and must be stored before any of the objects is applied.
    pub fn record(&mut self, rules: &Rules, records: &[Record<'_>]) -> Vec<&mut ResourceTracker> {
        let (mut root_changed, mut current_changed) = (false, false);
        for record in records {
            let entry = managed(record, rules);
            let keeps = rules.collect(record.object) != Collect::OnAppUpdate;
            let (tracker, changed) =
                if keeps { (&mut self.root, &mut root_changed) } else { (&mut self.current, &mut current_changed) };
            *changed |= put(tracker, entry);
        }
        let mut changed = Vec::new();
        if root_changed {
            changed.push(&mut self.root);
        }
        if current_changed {
            changed.push(&mut self.current);
        }
        changed
    }

    /// Marks an object as deleted on purpose; answers the trackers to store.
    pub fn forget(&mut self, key: &ResourceKey) -> Vec<&mut ResourceTracker> {
        let mut changed = Vec::new();
        for tracker in [&mut self.root, &mut self.current] {
            let before = tracker.spec.managed_resources.len();
            tracker.spec.managed_resources.retain(|entry| !entry.is(key));
            if tracker.spec.managed_resources.len() != before {
                changed.push(tracker);
            }
        }
        changed
    }
}

/// Adds or replaces an entry; whether the tracker has changed.
fn put(tracker: &mut ResourceTracker, entry: ManagedResource) -> bool {
    let key = entry.key();
    match tracker.spec.managed_resources.iter_mut().find(|e| e.is(&key)) {
        Some(known) if *known == entry => false,
        Some(known) => {
            *known = entry;
            true
        }
        None => {
            tracker.spec.managed_resources.push(entry);
            true
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn app(generation: i64) -> Application {
        serde_json::from_value(json!({
            "metadata": {"name": "shop", "namespace": "default", "uid": "u", "generation": generation}}))
        .unwrap()
    }

    fn record(object: &Value) -> Record<'_> {
        Record { cluster: "", component: "web", trait_name: "", env: "", creator: "workflow", secret: false, object }
    }

    #[test]
    fn only_what_is_new_makes_a_tracker_worth_storing() {
        let mut inventory = Inventory::of(&app(2), Vec::new()).unwrap();
        let web =
            json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default"}});
        let rules = Rules::default();
        let changed = inventory.record(&rules, &[record(&web)]);
        assert_eq!(changed.iter().map(|t| t.metadata.name.as_str()).collect::<Vec<_>>(), ["shop-v2-default"]);
        assert!(inventory.record(&rules, &[record(&web)]).is_empty(), "recorded already");
        assert!(inventory.has(&inventory.current.spec.managed_resources[0].key()));
        let mut more = web.clone();
        more["spec"] = json!({"replicas": 2});
        assert_eq!(inventory.record(&rules, &[record(&more)]).len(), 1, "another manifest");
        assert_eq!(inventory.current.spec.managed_resources.len(), 1);
    }

    #[test]
    fn storage_is_recorded_where_versions_do_not_reach() {
        let mut inventory = Inventory::of(&app(1), Vec::new()).unwrap();
        let claim = json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "default"}});
        inventory.record(&Rules::default(), &[record(&claim)]);
        assert_eq!(inventory.root.spec.managed_resources[0].name, "data");
    }

    #[test]
    fn a_secret_is_recorded_without_its_content() {
        let mut inventory = Inventory::of(&app(1), Vec::new()).unwrap();
        let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "namespace": "default"},
            "stringData": {"password": "hunter2"}});
        inventory.record(&Rules::default(), &[record(&secret)]);
        let settings = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "s", "namespace": "default"},
            "data": {"password": "hunter2"}});
        inventory.record(&Rules::default(), &[Record { secret: true, ..record(&settings) }]);
        assert_eq!(inventory.current.spec.managed_resources.len(), 2);
        assert!(!serde_json::to_string(&inventory.current).unwrap().contains("hunter2"));
    }

    #[test]
    fn a_tracker_of_another_application_is_not_taken_for_ours() {
        let mut other = tracker(&app(1), TrackerType::Root, "shop-default".into());
        other.metadata.labels.insert(labels::APP_UID.into(), "somebody else".into());
        assert!(Inventory::of(&app(1), vec![other]).unwrap_err().contains("somebody else"));
    }

    #[test]
    fn older_versions_are_history() {
        let one = Inventory::of(&app(1), Vec::new()).unwrap().current;
        let two = Inventory::of(&app(2), Vec::new()).unwrap().current;
        let found = Inventory::of(&app(3), vec![two, one]).unwrap();
        let names: Vec<&str> = found.history.iter().map(|t| t.metadata.name.as_str()).collect();
        assert_eq!(names, ["shop-v1-default", "shop-v2-default"]);
    }
}
