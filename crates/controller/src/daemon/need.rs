//! Whether an Application needs a controller now. What it needs then is decided where it is always decided.

use crate::follow;
use model::{Application, labels};
use std::hash::{Hash, Hasher};

/// What an Application needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// Its run is to be begun or carried on.
    Run,
    /// What it delivered is to be deleted.
    Removal,
    /// Its run has ended, and is to be begun again now or later.
    Restart,
}

/// What an Application needs, by what it says itself.
pub(super) fn need(app: &Application) -> Option<Need> {
    let ours = app.annotation(labels::KUBEVELA_VERSION).is_none()
        || app.annotation(labels::CONTROLLER_REQUIREMENT) == Some("lateen");
    if !ours {
        return None;
    }
    if app.metadata.deletion_timestamp.is_some() {
        return app.metadata.finalizers.iter().any(|f| f == labels::APP_FINALIZER).then_some(Need::Removal);
    }
    let Some(status) = &app.status else { return Some(Need::Run) };
    let current = status.observed_generation == app.metadata.generation;
    let over = status.workflow.as_ref().is_some_and(|run| run.finished);
    // a suspended one may go on at a time that only its journal knows
    if !current || !over || follow::pending(app).is_some() {
        return Some(Need::Run);
    }
    super::again::is_wanted(app).then_some(Need::Restart)
}

/// Changes when anything changes that an Application could need something for.
pub(super) fn fingerprint(app: &Application) -> u64 {
    let mut hasher = rustc_hash::FxHasher::default();
    (&app.metadata.uid, app.metadata.generation, app.metadata.deletion_timestamp.is_some()).hash(&mut hasher);
    follow::pending(app).map(|o| o.id).hash(&mut hasher);
    app.annotation(labels::RESTART_WORKFLOW).hash(&mut hasher);
    let status = app.status.as_ref();
    status.map(|s| s.observed_generation).hash(&mut hasher);
    if let Some(run) = status.and_then(|s| s.workflow.as_ref()) {
        (&run.app_revision, run.finished, run.suspend, run.terminated).hash(&mut hasher);
        // KubeVela's tools ask by editing the status
        for step in &run.steps {
            (&step.name, step.phase.as_str()).hash(&mut hasher);
            for sub in &step.sub_steps {
                (&sub.name, sub.phase.as_str()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn app(value: Value) -> Application {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn what_is_new_changed_unfinished_asked_for_or_to_be_deleted() {
        let with = |metadata: Value, status: Value| app(json!({"metadata": metadata, "status": status}));
        let done = json!({"observedGeneration": 2, "status": "running", "workflow": {"finished": true, "status": "succeeded"}});
        assert_eq!(need(&app(json!({"metadata": {"name": "a", "generation": 1}}))), Some(Need::Run));
        assert_eq!(need(&with(json!({"name": "a", "generation": 2}), done.clone())), None);
        assert_eq!(need(&with(json!({"name": "a", "generation": 3}), done.clone())), Some(Need::Run));
        let open = json!({"observedGeneration": 2, "workflow": {"suspend": true, "status": "suspending"}});
        assert_eq!(need(&with(json!({"name": "a", "generation": 2}), open)), Some(Need::Run));
        let deleted = json!({"name": "a", "generation": 2, "deletionTimestamp": "2026-11-21T08:00:00Z",
            "finalizers": [labels::APP_FINALIZER]});
        assert_eq!(need(&with(deleted, done.clone())), Some(Need::Removal));
        let theirs = json!({"name": "a", "generation": 3, "annotations": {labels::KUBEVELA_VERSION: "v1.10"}});
        assert_eq!(need(&with(theirs, done)), None);
    }

    #[test]
    fn a_step_that_somebody_resumed_in_the_status_changes_the_fingerprint() {
        let with = |phase: &str| {
            app(json!({"metadata": {"name": "a", "generation": 1, "resourceVersion": phase}, "status": {"workflow":
                {"suspend": true, "steps": [{"id": "1", "name": "gate", "type": "suspend", "phase": phase}]}}}))
        };
        assert_eq!(fingerprint(&with("suspending")), fingerprint(&with("suspending")));
        assert_ne!(fingerprint(&with("suspending")), fingerprint(&with("running")));
    }
}
