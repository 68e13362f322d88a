//! What steps look at, so that one that waits is woken when it changes.
//!
//! A visit of a step reads and applies objects. When it ends in a wait, what it has seen is watched; when all of it can be
//! watched, the step is not looked at again before something changes, but for a rare look in case that a watch misses
//! something. A step that asks a server over HTTP has seen what nobody watches: it is looked at again and again.

use crate::deliver::Waits;
use crate::runtime::Signal;
use actions::{Clusters, ObjectRef};
use futures::future::BoxFuture;
use model::action::Class;
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use workflow::event::{Event, Outcome, RunAction};

/// How long one watch lasts.
const WATCH: Duration = Duration::from_secs(60);
/// Until a step is looked at again whose objects cannot be watched.
const LOOK: Duration = Duration::from_secs(1);
/// More objects of one step than this are not watched one by one.
const MANY: usize = 50;

/// What one step has seen since it was last told to wait.
#[derive(Debug, Default)]
struct Sight {
    objects: Vec<Waits>,
    /// It has looked at something that no watch tells of.
    blind: bool,
    watching: Option<AbortHandle>,
}

/// What steps have seen, by name.
#[derive(Debug, Default)]
pub struct Sights(Mutex<FxHashMap<String, Sight>>);

impl Sights {
    /// Takes in objects that a delivery waits for.
    pub(crate) fn see(&self, step: &str, objects: Vec<Waits>) {
        let mut sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sights.entry(step.to_owned()).or_default().objects.extend(objects);
    }

    /// Takes in what an action has looked at.
    pub(crate) fn note(&self, action: &RunAction, outcome: &Outcome) {
        let mut sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sight = sights.entry(action.step.clone()).or_default();
        if let Some(running) = sight.watching.take() {
            running.abort();
        }
        match (action.provider.as_str(), action.name.as_str()) {
            ("kube", "apply" | "read" | "get" | "patch") => match seen(action, outcome) {
                Some(object) => sight.objects.push(object),
                None => sight.blind = true,
            },
            // a delivery says itself what it waits for
            ("oam" | "multicluster", "component-apply" | "deploy") => {}
            _ => sight.blind |= matches!(action.class, Class::Observe | Class::Converge),
        }
    }

    /// Watches what the step has seen; whether that was everything.
    pub(crate) fn watch(
        &self,
        step: &str,
        clusters: &Arc<dyn Clusters>,
        signals: &mpsc::UnboundedSender<Signal>,
    ) -> bool {
        let mut sights = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(sight) = sights.get_mut(step) else { return false };
        let (objects, blind) = (std::mem::take(&mut sight.objects), std::mem::take(&mut sight.blind));
        if objects.is_empty() || objects.len() > MANY {
            return false;
        }
        let watches: Vec<BoxFuture<'static, bool>> = objects
            .into_iter()
            .map(|seen| {
                let clusters = clusters.clone();
                let watch: BoxFuture<'static, bool> = Box::pin(async move {
                    match clusters.objects(&seen.cluster).await {
                        Ok(objects) => objects.changed(&seen.object, &seen.resource_version, WATCH).await,
                        Err(_) => false,
                    }
                });
                watch
            })
            .collect();
        let (signals, step) = (signals.clone(), step.to_owned());
        let task = tokio::spawn(async move {
            let (changed, _, _) = futures::future::select_all(watches).await;
            if !changed {
                tokio::time::sleep(LOOK).await;
            }
            // the run may be over
            let _ = signals.send(Signal::Event(Event::Changed { step: Some(step) }));
        });
        if let Some(before) = sight.watching.replace(task.abort_handle()) {
            before.abort();
        }
        !blind
    }
}

impl Drop for Sights {
    fn drop(&mut self) {
        let sights = self.0.get_mut().unwrap_or_else(PoisonError::into_inner);
        for watching in sights.values().filter_map(|sight| sight.watching.as_ref()) {
            watching.abort();
        }
    }
}

/// The object that an action was about, as it was answered.
fn seen(action: &RunAction, outcome: &Outcome) -> Option<Waits> {
    let Outcome::Done(answer) = outcome else { return None };
    let params = &action.params.value;
    let live = answer.value.get("value").filter(|v| v.is_object());
    let asked = ["value", "resource"].iter().find_map(|name| params.get(name)).filter(|v| v.is_object());
    let mut object = ObjectRef::of(live.or(asked)?).ok()?;
    if object.namespace.is_empty()
        && let Some(namespace) = asked.and_then(|a| a.pointer("/metadata/namespace")).and_then(Value::as_str)
    {
        object.namespace = namespace.to_owned();
    }
    let version = live.and_then(|l| l.pointer("/metadata/resourceVersion")).and_then(Value::as_str);
    let cluster = params.get("cluster").and_then(Value::as_str).unwrap_or_default().to_owned();
    Some(Waits { cluster, object, resource_version: version.unwrap_or_default().to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use workflow::event::ActionId;

    fn action(provider: &str, name: &str, params: Value) -> RunAction {
        RunAction {
            id: ActionId(1, 1),
            step: "s".into(),
            step_id: "i".into(),
            path: "a".into(),
            provider: provider.into(),
            name: name.into(),
            params: params.into(),
            class: Class::Observe,
            key: None,
            deadline: None,
        }
    }

    #[test]
    fn what_was_answered_is_watched_from_there_and_what_is_absent_until_it_appears() {
        let read = action(
            "kube",
            "read",
            json!({"cluster": "c1", "value": {"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "namespace": "n"}}}),
        );
        let live = json!({"value": {"apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "s", "namespace": "n", "resourceVersion": "7"}}});
        let there = seen(&read, &Outcome::Done(live.into())).unwrap();
        assert_eq!((there.cluster.as_str(), there.resource_version.as_str()), ("c1", "7"));
        let absent = seen(&read, &Outcome::Done(json!({"err": "not found"}).into())).unwrap();
        assert_eq!((absent.object.to_string().as_str(), absent.resource_version.as_str()), ("Secret n/s", ""));
    }

    #[test]
    fn a_step_that_asks_a_server_has_seen_what_nobody_watches() {
        let sights = Sights::default();
        sights.note(&action("http", "do", json!({"url": "http://x"})), &Outcome::Done(json!({}).into()));
        assert!(sights.0.lock().unwrap()["s"].blind);
    }
}
