//! What may be deleted, in which order, and when a tracker is done with.
//!
//! [`prune`] looks at what earlier versions delivered and the current one does not. It answers only for a run that has
//! completed: a run that is under way, suspended or failed has proved nothing. [`teardown`] is for an Application that is
//! deleted: everything, in reverse order of recording.

use crate::inventory::Inventory;
use crate::rules::{Collect, Propagation, Rules};
use model::ManagedResource;
use model::tracker::ResourceKey;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};

/// An object to be deleted.
#[derive(Debug, Clone, PartialEq)]
pub struct Deletion {
    /// Which.
    pub resource: ManagedResource,
    /// What happens to its dependents.
    pub propagation: Option<Propagation>,
}

/// What to do about objects that are no longer wanted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// To be deleted, in this order.
    pub delete: Vec<Deletion>,
    /// To be kept although no version wants them, with the reason for a person.
    pub keep: Vec<(ManagedResource, String)>,
    /// Trackers that may go once every deletion is verified.
    pub trackers: Vec<String>,
}

/// An entry as rules see it: its manifest, or what is known of it when the manifest was not kept.
fn subject(entry: &ManagedResource) -> Value {
    entry.raw.clone().unwrap_or_else(|| {
        json!({
            "apiVersion": entry.api_version,
            "kind": entry.kind,
            "metadata": {
                "name": entry.name,
                "namespace": entry.namespace,
                "labels": {
                    model::labels::APP_COMPONENT: entry.component,
                    model::labels::TRAIT_TYPE: entry.trait_name,
                },
            },
        })
    })
}

/// After a run. `completed`: it succeeded; `failed`: it ended otherwise, and is over.
pub fn prune(inventory: &Inventory, rules: &Rules, completed: bool, failed: bool) -> Plan {
    let mut plan = Plan::default();
    if rules.keep_legacy || !(completed || (failed && rules.continue_on_failure)) {
        return plan;
    }
    let mut wanted: FxHashSet<ResourceKey> = [&inventory.current, &inventory.root]
        .into_iter()
        .flat_map(|t| &t.spec.managed_resources)
        .map(ManagedResource::key)
        .collect();
    // Newest first, so that an object that several old versions had is taken once, from the newest.
    for tracker in inventory.history.iter().rev() {
        for entry in tracker.spec.managed_resources.iter().rev() {
            if entry.deleted || !wanted.insert(entry.key()) {
                continue;
            }
            let subject = subject(entry);
            match rules.collect(&subject) {
                Collect::OnAppUpdate if !entry.skip_gc => {
                    plan.delete.push(Deletion { resource: entry.clone(), propagation: rules.propagation(&subject) })
                }
                Collect::OnAppUpdate | Collect::Never => {
                    plan.keep.push((entry.clone(), "a garbage-collect rule says never".into()));
                }
                Collect::OnAppDelete => {
                    plan.keep.push((entry.clone(), "it goes only with the application".into()));
                }
            }
        }
        plan.trackers.push(tracker.metadata.name.clone());
    }
    plan
}

/// For an Application that is deleted. `orphan`: leave every object where it is.
pub fn teardown(inventory: &Inventory, rules: &Rules, orphan: bool) -> Plan {
    let mut plan = Plan::default();
    let mut seen = FxHashSet::default();
    let trackers = [&inventory.current, &inventory.root].into_iter().chain(inventory.history.iter().rev());
    for tracker in trackers {
        for entry in tracker.spec.managed_resources.iter().rev() {
            if entry.deleted || !seen.insert(entry.key()) {
                continue;
            }
            let subject = subject(entry);
            let never = entry.skip_gc || rules.collect(&subject) == Collect::Never;
            if orphan {
                plan.keep.push((entry.clone(), "its application is deleted without its objects".into()));
            } else if never {
                plan.keep.push((entry.clone(), "a garbage-collect rule says never".into()));
            } else if rules.is_read_only(&subject) {
                plan.keep.push((entry.clone(), "it is read-only for this application".into()));
            } else {
                plan.delete.push(Deletion { resource: entry.clone(), propagation: rules.propagation(&subject) });
            }
        }
        if !tracker.metadata.resource_version.is_empty() {
            plan.trackers.push(tracker.metadata.name.clone());
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::Record;
    use model::{AppPolicy, Application};

    fn app(generation: i64) -> Application {
        serde_json::from_value(json!({
            "metadata": {"name": "shop", "namespace": "default", "uid": "u", "generation": generation}}))
        .unwrap()
    }

    fn object(kind: &str, name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name, "namespace": "default"}})
    }

    /// Version 1 delivers `old`, version 2 `new`; answers the inventory as version 2 sees it.
    fn two_versions(rules: &Rules, old: &[Value], new: &[Value]) -> Inventory {
        let mut first = Inventory::of(&app(1), Vec::new()).unwrap();
        let record = |inventory: &mut Inventory, objects: &[Value]| {
            for object in objects {
                let (component, trait_name, env, creator) = ("web", "", "", "workflow");
                inventory.record(
                    rules,
                    &[Record { cluster: "", component, trait_name, env, creator, secret: false, object }],
                );
            }
        };
        record(&mut first, old);
        let mut second = Inventory::of(&app(2), vec![first.current, first.root]).unwrap();
        record(&mut second, new);
        second
    }

    fn names(deletions: &[Deletion]) -> Vec<&str> {
        deletions.iter().map(|d| d.resource.name.as_str()).collect()
    }

    #[test]
    fn only_a_completed_run_drops_what_it_no_longer_has() {
        let rules = Rules::default();
        let two = two_versions(
            &rules,
            &[object("ConfigMap", "a"), object("ConfigMap", "b"), object("ConfigMap", "c")],
            &[object("ConfigMap", "b")],
        );
        assert_eq!(prune(&two, &rules, false, false), Plan::default(), "under way");
        assert_eq!(prune(&two, &rules, false, true), Plan::default(), "failed");
        let plan = prune(&two, &rules, true, false);
        assert_eq!(names(&plan.delete), ["c", "a"], "in reverse order, what is still wanted stays");
        assert_eq!(plan.trackers, ["shop-v1-default"]);
    }

    #[test]
    fn storage_and_what_a_rule_protects_stay() {
        let policy = json!([{"type": "garbage-collect", "properties": {"rules": [
            {"selector": {"resourceNames": ["keep"]}, "strategy": "never"}]}}]);
        let rules = Rules::of(&serde_json::from_value::<Vec<AppPolicy>>(policy).unwrap()).unwrap();
        let old = [object("PersistentVolumeClaim", "data"), object("ConfigMap", "keep"), object("ConfigMap", "a")];
        let two = two_versions(&rules, &old, &[]);
        let plan = prune(&two, &rules, true, false);
        assert_eq!(names(&plan.delete), ["a"]);
        let gone = teardown(&two, &rules, false);
        assert_eq!(names(&gone.delete), ["data", "a"], "storage goes with the application, on request");
        assert_eq!(gone.keep.len(), 1);
    }

    #[test]
    fn continue_on_failure_and_keep_legacy() {
        let with = |properties: Value| {
            let policy = json!([{"type": "garbage-collect", "properties": properties}]);
            Rules::of(&serde_json::from_value::<Vec<AppPolicy>>(policy).unwrap()).unwrap()
        };
        let rules = with(json!({"continueOnFailure": true}));
        let two = two_versions(&rules, &[object("ConfigMap", "a")], &[]);
        assert_eq!(names(&prune(&two, &rules, false, true).delete), ["a"]);
        assert_eq!(prune(&two, &rules, false, false), Plan::default());
        let rules = with(json!({"keepLegacyResource": true}));
        assert_eq!(prune(&two, &rules, true, false), Plan::default());
    }

    #[test]
    fn an_orphaned_application_leaves_everything() {
        let rules = Rules::default();
        let two = two_versions(&rules, &[object("ConfigMap", "a")], &[object("ConfigMap", "b")]);
        let plan = teardown(&two, &rules, true);
        assert!(plan.delete.is_empty());
        assert_eq!(plan.keep.len(), 2);
    }
}
