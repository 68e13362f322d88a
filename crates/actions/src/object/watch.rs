//! Waiting for an object to change, by watch.

use super::{ObjectRef, Objects};
use futures::TryStreamExt;
use kube::api::WatchParams;
use serde_json::Value;
use std::time::Duration;

impl Objects {
    /// Returns when the object is no longer at this `resourceVersion`, or after the limit; also at once when it cannot be
    /// watched (from there on looking again is the only way to know). An empty version waits for the object to appear.
    /// Whether it is known to have changed.
    pub async fn changed(&self, target: &ObjectRef, resource_version: &str, limit: Duration) -> bool {
        matches!(tokio::time::timeout(limit, self.next_change(target, resource_version)).await, Ok(Some(())))
    }

    async fn next_change(&self, target: &ObjectRef, resource_version: &str) -> Option<()> {
        let mut target = target.clone();
        let request = self.address(&mut target).await.ok()?;
        let parameters = WatchParams {
            field_selector: Some(format!("metadata.name={}", target.name)),
            bookmarks: false,
            ..WatchParams::default()
        };
        let from = if resource_version.is_empty() { "0" } else { resource_version };
        let request = request.watch(&parameters, from).ok()?;
        let events = self.client().request_events::<WatchedObject>(request).await.ok()?;
        let mut events = std::pin::pin!(events);
        while let Ok(Some(event)) = events.try_next().await {
            let object = match event {
                kube::core::WatchEvent::Added(o)
                | kube::core::WatchEvent::Modified(o)
                | kube::core::WatchEvent::Deleted(o) => o,
                kube::core::WatchEvent::Bookmark(_) => continue,
                kube::core::WatchEvent::Error(_) => return None,
            };
            let seen = object.0.pointer("/metadata/resourceVersion").and_then(Value::as_str);
            if seen != Some(resource_version) {
                return Some(());
            }
        }
        None
    }
}

/// Any object; only its version is looked at.
#[derive(Clone, serde::Deserialize)]
#[serde(transparent)]
struct WatchedObject(Value);
