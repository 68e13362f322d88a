//! Following changes: from a resource version on, or from now.

use std::collections::VecDeque;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::watch;

use super::engine::{ChangeKind, Engine};
use super::select::Selector;
use super::stored::Stored;
use crate::error::ApiError;
use crate::object;

/// One change as a watcher sees it.
#[derive(Debug, Clone)]
pub struct Event {
    /// What happened, seen through the watcher's selector: an object that stops matching is `Deleted`.
    pub kind: ChangeKind,
    /// The resource version of the change.
    pub version: u64,
    pub(crate) stored: Arc<Stored>,
}

impl Event {
    /// `group/plural`, such as `apps/deployments` or `/pods`.
    pub fn resource(&self) -> &str {
        &self.stored.key.resource
    }

    /// The object's namespace, empty for cluster-scoped kinds.
    pub fn namespace(&self) -> &str {
        &self.stored.key.namespace
    }

    /// The object's name.
    pub fn name(&self) -> &str {
        &self.stored.key.name
    }

    /// The object's uid.
    pub fn uid(&self) -> &str {
        &self.stored.uid
    }

    /// The object after the change (before it, for a deletion). Parsed at each call.
    pub fn object(&self) -> Value {
        self.stored.value()
    }
}

/// A stream of changes to one resource, or to all. Reading it never blocks a writer.
#[derive(Debug)]
pub struct Watch {
    engine: Arc<Engine>,
    resource: Option<String>,
    namespace: Option<String>,
    selector: Selector,
    cursor: u64,
    signal: watch::Receiver<u64>,
    ready: VecDeque<Event>,
}

impl Watch {
    pub(crate) fn new(
        engine: &Arc<Engine>,
        resource: Option<&str>,
        namespace: Option<&str>,
        selector: Selector,
        from: u64,
    ) -> Result<Self, ApiError> {
        let signal = engine.subscribe();
        engine.changes_after(from).map_err(|floor| too_old(from, floor))?;
        Ok(Watch {
            engine: Arc::clone(engine),
            resource: resource.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            selector,
            cursor: from,
            signal,
            ready: VecDeque::new(),
        })
    }

    /// Every change up to this version has been handed out (or did not concern this watch).
    pub fn version(&self) -> u64 {
        self.ready.front().map_or(self.cursor, |event| event.version.saturating_sub(1))
    }

    /// The next change; waits for it. An error means that the watch cannot go on: 410 when it fell too far behind
    /// (list again), 503 when the cluster is closed.
    pub async fn next(&mut self) -> Result<Event, ApiError> {
        loop {
            if let Some(event) = self.try_next()? {
                return Ok(event);
            }
            if self.engine.is_closed() || self.signal.changed().await.is_err() {
                return Err(ApiError::unavailable("the cluster is closed"));
            }
        }
    }

    /// The next change if there is one already.
    pub fn try_next(&mut self) -> Result<Option<Event>, ApiError> {
        if let Some(event) = self.ready.pop_front() {
            return Ok(Some(event));
        }
        self.signal.mark_unchanged();
        let (changes, version) = self.engine.changes_after(self.cursor).map_err(|floor| too_old(self.cursor, floor))?;
        for change in changes {
            if self.resource.as_deref().is_some_and(|r| r != &*change.object.key.resource)
                || self.namespace.as_deref().is_some_and(|ns| ns != change.object.key.namespace)
            {
                continue;
            }
            let is = change.kind != ChangeKind::Deleted && self.selector.matches(&change.object);
            let was = change.previous.as_ref().is_some_and(|p| self.selector.matches(p));
            let kind = match (was, is) {
                (false, false) => continue,
                (false, true) => ChangeKind::Added,
                (true, true) => ChangeKind::Modified,
                (true, false) => ChangeKind::Deleted,
            };
            // What left the selector is shown as it was, with the version at which it left.
            let left = kind == ChangeKind::Deleted && change.kind != ChangeKind::Deleted;
            let stored = match change.previous.as_ref().filter(|_| left) {
                Some(previous) => {
                    let mut value = previous.value();
                    object::set(&mut value, &["metadata", "resourceVersion"], change.version.to_string());
                    Arc::new(Stored::new(previous.key.clone(), change.version, value))
                }
                None => Arc::clone(&change.object),
            };
            self.ready.push_back(Event { kind, version: change.version, stored });
        }
        self.cursor = version;
        Ok(self.ready.pop_front())
    }
}

fn too_old(asked: u64, floor: u64) -> ApiError {
    ApiError::expired(format!("too old resource version: {asked} ({floor})"))
}
