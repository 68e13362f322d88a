//! A cluster for tests of simulated controllers: objects in memory, a clock that the test moves.

use super::{
    kind::Kind,
    object::{Json, put},
    registry,
    scene::{Scene, Timing, Write, stamp},
    view::{Key, View},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

/// The cluster.
pub(crate) struct Stage {
    pub(crate) now: Timestamp,
    pub(crate) timing: Timing,
    pub(crate) view: View,
    version: u64,
    /// What was written since the test last looked, one line each.
    pub(crate) log: Vec<String>,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let now = "2026-01-01T00:00:00Z".parse().unwrap_or(Timestamp::UNIX_EPOCH);
        let mut stage = Stage { now, timing: Timing::default(), view: View::default(), version: 0, log: Vec::new() };
        for object in registry::founding() {
            stage.apply(object);
        }
        stage.apply(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}}));
        stage.settle();
        stage.log.clear();
        stage
    }

    fn kind(object: &Value) -> Kind {
        registry::kind(object.text("/apiVersion"), object.text("/kind"))
            .unwrap_or_else(|| panic!("{object} is not simulated"))
    }

    /// Creates an object, or replaces everything but its status.
    pub(crate) fn apply(&mut self, mut object: Value) {
        let kind = Stage::kind(&object);
        if kind.namespaced && object.namespace().is_empty() {
            put(&mut object, &["metadata", "namespace"], "default".into());
        }
        self.version += 1;
        let known = self.view.get(&Key::of(kind, &object)).cloned();
        let (uid, created, mut generation) = match &known {
            Some(known) => {
                (known.uid().to_owned(), known.text("/metadata/creationTimestamp").to_owned(), known.generation())
            }
            None => (format!("uid-{}", self.version), stamp(self.now), 0),
        };
        if known.as_ref().is_none_or(|known| known.get("spec") != object.get("spec")) {
            generation += 1;
        }
        let status = known.as_ref().and_then(|known| known.get("status").cloned());
        for (field, value) in [
            ("uid", json!(uid)),
            ("creationTimestamp", json!(created)),
            ("generation", json!(generation)),
            ("resourceVersion", json!(self.version.to_string())),
        ] {
            put(&mut object, &["metadata", field], value);
        }
        match status {
            Some(status) => put(&mut object, &["status"], status),
            None => {
                object.as_object_mut().map(|map| map.remove("status"));
            }
        }
        self.view.insert(kind, Arc::new(object), self.now);
    }

    fn write(&mut self, write: Write) -> bool {
        match write {
            Write::Create(object) => {
                if self.view.get(&Key::of(Stage::kind(&object), &object)).is_some() {
                    return false;
                }
                if object.text("/kind") != "Event" {
                    self.log.push(format!("create {} {}", object.text("/kind"), object.name()));
                }
                self.apply(object);
            }
            Write::Update(object) => {
                self.log.push(format!("update {} {}", object.text("/kind"), object.name()));
                self.apply(object);
            }
            Write::Status(object) => {
                let kind = Stage::kind(&object);
                let Some(known) = self.view.get(&Key::of(kind, &object)) else { return false };
                let mut next = (**known).clone();
                self.version += 1;
                put(&mut next, &["status"], object.get("status").cloned().unwrap_or_default());
                put(&mut next, &["metadata", "annotations"], object.map("/metadata/annotations").into());
                put(&mut next, &["metadata", "resourceVersion"], self.version.to_string().into());
                self.view.insert(kind, Arc::new(next), self.now);
            }
            Write::Delete { kind, namespace, name, .. } => {
                self.log.push(format!("delete {} {name}", kind.kind));
                self.delete(kind, &namespace, &name);
            }
            Write::Empty { namespace } => self.log.push(format!("empty {namespace}")),
        }
        true
    }

    /// Removes an object and everything that it owns.
    pub(crate) fn delete(&mut self, kind: Kind, namespace: &str, name: &str) {
        let Some(gone) = self.view.remove(&Key { kind, namespace: namespace.to_owned(), name: name.to_owned() }) else {
            return;
        };
        for child in self.view.children_keys(gone.uid()).to_vec() {
            self.delete(child.kind, &child.namespace, &child.name);
        }
    }

    /// Settles everything that this moment asks for. Returns when time alone will change something.
    pub(crate) fn settle(&mut self) -> Option<Timestamp> {
        for _ in 0..200 {
            let mut changed = false;
            let mut again: Option<Timestamp> = None;
            for key in self.view.keys().cloned().collect::<Vec<_>>() {
                let Some(object) = self.view.get(&key).cloned() else { continue };
                let settled = registry::settle(
                    key.kind,
                    &object,
                    &Scene { view: &self.view, now: self.now, timing: &self.timing },
                );
                if let Some(at) = settled.again {
                    assert!(at > self.now, "{key:?} asks for the past");
                    again = Some(again.map_or(at, |known| known.min(at)));
                }
                for write in settled.writes {
                    changed |= self.write(write);
                }
            }
            if !changed {
                return again;
            }
        }
        panic!("the simulation does not come to rest: {:#?}", self.log);
    }

    /// Lets time pass, stopping wherever something is due.
    pub(crate) fn pass(&mut self, span: SignedDuration) {
        let end = self.now + span;
        loop {
            match self.settle() {
                Some(next) if next <= end => self.now = next,
                _ => break,
            }
        }
        self.now = end;
        self.settle();
    }

    /// One object.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Value {
        let namespace = if kind.namespaced { "default" } else { "" };
        self.view.find(kind, namespace, name).map(|found| (**found).clone()).unwrap_or_default()
    }

    /// All objects of a kind in `default`.
    pub(crate) fn list(&self, kind: Kind) -> Vec<Value> {
        self.view.list(kind, "default").map(|found| (**found).clone()).collect()
    }
}

/// Numbers of a status in the order asked for, absent ones as 0.
pub(crate) fn numbers(object: &Value, fields: &[&str]) -> Vec<i64> {
    fields.iter().map(|field| object.int(&format!("/status/{field}")).unwrap_or(0)).collect()
}

/// `type=status reason: message` of each condition.
pub(crate) fn conditions(object: &Value) -> Vec<String> {
    let line = |known: &Value| {
        format!(
            "{}={} {}: {}",
            known.text("/type"),
            known.text("/status"),
            known.text("/reason"),
            known.text("/message")
        )
    };
    object.items("/status/conditions").iter().map(line).collect()
}
