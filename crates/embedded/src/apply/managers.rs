//! The list in `metadata.managedFields`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::set::FieldSet;
use crate::clock::rfc3339;
use crate::object;

/// How a manager wrote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Operation {
    Apply,
    Update,
}

/// Who owns fields. An applier is one manager whatever version of the API it used.
#[derive(Debug, Clone)]
pub(crate) struct Manager {
    pub(crate) name: String,
    pub(crate) operation: Operation,
    pub(crate) api_version: String,
    pub(crate) subresource: String,
}

impl PartialEq for Manager {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
            && self.operation == other.operation
            && self.subresource == other.subresource
            && (self.operation == Operation::Apply || self.api_version == other.api_version)
    }
}

#[derive(Debug, Clone)]
struct Entry {
    manager: Manager,
    set: FieldSet,
    time: Option<String>,
}

/// All managers of an object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Managers {
    entries: Vec<Entry>,
}

impl Managers {
    pub(crate) fn read(list: Option<&Value>) -> Managers {
        let mut managers = Managers::default();
        for entry in list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice) {
            let Some(fields) = entry.get("fieldsV1") else { continue };
            let set = FieldSet::from_v1(fields);
            if set.is_empty() {
                continue;
            }
            let operation =
                if object::text(entry, &["operation"]) == "Apply" { Operation::Apply } else { Operation::Update };
            let manager = Manager {
                name: object::text(entry, &["manager"]).to_owned(),
                operation,
                api_version: object::text(entry, &["apiVersion"]).to_owned(),
                subresource: object::text(entry, &["subresource"]).to_owned(),
            };
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            managers.entries.push(Entry { manager, set, time });
        }
        managers
    }

    /// Writes the list: appliers first, then by time, then by name, as kube-apiserver orders it.
    pub(crate) fn write(mut self, object: &mut Value) {
        self.entries.retain(|e| !e.set.is_empty());
        self.entries.sort_by(|a, b| {
            (a.manager.operation, &a.time, &a.manager.name, &a.manager.api_version, &a.manager.subresource).cmp(&(
                b.manager.operation,
                &b.time,
                &b.manager.name,
                &b.manager.api_version,
                &b.manager.subresource,
            ))
        });
        let list: Vec<Value> = self
            .entries
            .iter()
            .map(|entry| {
                let mut value = json!({
                    "manager": entry.manager.name,
                    "operation": if entry.manager.operation == Operation::Apply { "Apply" } else { "Update" },
                    "apiVersion": entry.manager.api_version,
                    "fieldsType": "FieldsV1",
                    "fieldsV1": entry.set.to_v1(),
                });
                if let Some(time) = &entry.time {
                    object::set(&mut value, &["time"], time.as_str());
                }
                if !entry.manager.subresource.is_empty() {
                    object::set(&mut value, &["subresource"], entry.manager.subresource.as_str());
                }
                value
            })
            .collect();
        if list.is_empty() {
            object::remove(object, &["metadata", "managedFields"]);
        } else {
            object::set(object, &["metadata", "managedFields"], list);
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn get(&self, manager: &Manager) -> Option<&FieldSet> {
        self.entries.iter().find(|e| e.manager == *manager).map(|e| &e.set)
    }

    /// Replaces what `manager` owns; the time moves only when that changed.
    pub(crate) fn set(&mut self, manager: Manager, set: FieldSet, now: Timestamp) {
        if let Some(entry) = self.entries.iter_mut().find(|e| e.manager == manager) {
            if entry.set != set || entry.manager.api_version != manager.api_version {
                entry.time = Some(rfc3339(now));
            }
            entry.manager = manager;
            entry.set = set;
        } else {
            self.entries.push(Entry { manager, set, time: Some(rfc3339(now)) });
        }
    }

    /// Everything that somebody owns.
    pub(crate) fn all(&self) -> FieldSet {
        self.entries.iter().fold(FieldSet::default(), |all, entry| all.union(&entry.set))
    }

    /// What others own of `changed`.
    pub(crate) fn conflicts(&self, me: &Manager, changed: &FieldSet) -> Vec<(Manager, FieldSet)> {
        self.entries
            .iter()
            .filter(|e| e.manager != *me)
            .map(|e| (e.manager.clone(), e.set.intersection(changed)))
            .filter(|(_, set)| !set.is_empty())
            .collect()
    }

    /// Others lose what `me` changed, and everybody what was removed.
    pub(crate) fn take_from_others(&mut self, me: &Manager, changed: &FieldSet, removed: &FieldSet) {
        for entry in self.entries.iter_mut().filter(|e| e.manager != *me) {
            entry.set = entry.set.difference(changed).difference(removed);
        }
        self.entries.retain(|e| !e.set.is_empty());
    }
}
