//! What a simulated controller sees, and what it may answer.

use super::{
    kind::Kind,
    object::{Json, put},
    view::View,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// How long simulated things take. Small by default, so that `up` is quick but every state can be watched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timing {
    /// From a pod's creation to its readiness.
    pub pod_start: SignedDuration,
    /// From a job pod's start to its end.
    pub job_run: SignedDuration,
    /// What an operator (Flux, a load balancer, a volume) takes.
    pub reconcile: SignedDuration,
    /// First pause before a failed job pod is tried again; doubles each time, sixfold at most.
    pub job_retry: SignedDuration,
    /// First pause of a crash loop; doubles each time, up to 30 times.
    pub crash_backoff: SignedDuration,
    /// Age at which events are removed.
    pub event_ttl: SignedDuration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing {
            pod_start: SignedDuration::from_millis(40),
            job_run: SignedDuration::from_millis(40),
            reconcile: SignedDuration::from_millis(40),
            job_retry: SignedDuration::from_millis(250),
            crash_backoff: SignedDuration::from_secs(10),
            event_ttl: SignedDuration::from_hours(1),
        }
    }
}

/// The cluster at a moment.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The objects.
    pub view: &'a View,
    /// The moment, of the store's clock.
    pub now: Timestamp,
    /// How long things take.
    pub timing: &'a Timing,
}

impl Scene<'_> {
    /// When an object began to exist: its creation time, which Kubernetes writes in whole seconds, made finer by the
    /// moment when the simulation first saw it.
    pub(super) fn begun(&self, object: &Value) -> Timestamp {
        let created = time(object.text("/metadata/creationTimestamp")).unwrap_or(self.now);
        match self.view.seen(object.uid()) {
            Some(seen) => seen.clamp(created, created.saturating_add(SignedDuration::from_secs(1)).unwrap_or(created)),
            None => created,
        }
    }

    /// The moment as Kubernetes writes it.
    pub(super) fn stamp(&self) -> String {
        stamp(self.now)
    }
}

/// A time of an object.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A moment as Kubernetes writes it: UTC, whole seconds.
pub(super) fn stamp(moment: Timestamp) -> String {
    moment.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A later moment; the last one there is when the sum has no representation.
pub(super) fn after(moment: Timestamp, pause: SignedDuration) -> Timestamp {
    moment.saturating_add(pause).unwrap_or(Timestamp::MAX)
}

/// One change that a simulated controller asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    /// Create this; that it exists already is no error.
    Create(Value),
    /// Replace everything but the status. Carries the resourceVersion that was read.
    Update(Value),
    /// Replace the status. Carries the resourceVersion that was read.
    Status(Value),
    /// Delete without grace; that it is gone already is no error.
    Delete {
        /// What it is.
        kind: Kind,
        /// Its namespace; empty for a cluster's own objects.
        namespace: String,
        /// Its name.
        name: String,
        /// Only when it is still this one.
        uid: String,
    },
    /// Delete everything in a namespace that is being deleted, and finish the namespace once it is empty.
    Empty {
        /// The namespace.
        namespace: String,
    },
}

/// The answer of a simulated controller.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Settled {
    /// Changes, to be made in this order; the rest is dropped when one conflicts.
    pub writes: Vec<Write>,
    /// When time alone will change the answer.
    pub again: Option<Timestamp>,
}

impl Settled {
    /// Asks to be called again at a moment, or earlier.
    pub(super) fn later(&mut self, moment: Timestamp) {
        self.again = Some(self.again.map_or(moment, |known| known.min(moment)));
    }

    /// Asks for the object's deletion.
    pub(super) fn delete(&mut self, kind: &Kind, object: &Value) {
        self.writes.push(Write::Delete {
            kind: *kind,
            namespace: object.namespace().to_owned(),
            name: object.name().to_owned(),
            uid: object.uid().to_owned(),
        });
    }

    /// Asks for a creation.
    pub(super) fn create(&mut self, object: Value) {
        self.writes.push(Write::Create(object));
    }

    /// Asks for a status when it differs from the present one.
    pub(super) fn status(&mut self, object: &Value, status: impl Into<Value>) {
        let status = status.into();
        if object.get("status").unwrap_or(&Value::Null) != &status {
            // Writing a status writes annotations too: it goes on from what this turn has made of them.
            let updated = self.writes.iter().rev().find_map(|write| match write {
                Write::Update(updated) if updated.uid() == object.uid() => Some(updated),
                _ => None,
            });
            let mut object = updated.unwrap_or(object).clone();
            put(&mut object, &["status"], status);
            self.writes.push(Write::Status(object));
        }
    }

    /// Asks for an update when the object differs from what it was.
    pub(super) fn update(&mut self, before: &Value, after: Value) {
        if *before != after {
            self.writes.push(Write::Update(after));
        }
    }
}
