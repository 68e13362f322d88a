//! The status of an Application, put together from its run, its services and its inventory, and written.

use crate::deliver::Keeper;
use crate::hub::Hub;
use crate::runtime::{Observe, persist};
use actions::{Fault, FaultClass};
use futures::future::BoxFuture;
use indexmap::IndexMap;
use model::revision::ApplicationRevisionStatus;
use model::status::{CONDITIONS, RevisionReference};
use model::{
    Application, ApplicationStatus, Condition, ObjectReference, RunPhase, ServiceStatus, StepPhase, StepStatus,
    WorkflowStatus,
};
use std::sync::{Arc, Mutex, PoisonError};

/// Which service a status entry is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ServiceKey {
    /// Component.
    pub name: String,
    /// Cluster as it is shown.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Of a replicated component.
    pub replica: String,
}

/// The services of a run, as its actions report them.
#[derive(Debug, Clone, Default)]
pub struct Services(Arc<Mutex<IndexMap<ServiceKey, ServiceStatus>>>);

impl Services {
    /// Those of an earlier part of the same run.
    pub fn of(known: &[ServiceStatus]) -> Services {
        let services = Services::default();
        for service in known {
            services.put(service.clone());
        }
        services
    }

    /// Adds or replaces one.
    pub fn put(&self, service: ServiceStatus) {
        let key = ServiceKey {
            name: service.name.clone(),
            cluster: service.cluster.clone(),
            namespace: service.namespace.clone(),
            replica: service.replica_key.clone(),
        };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, service);
    }

    /// All of them, in the order in which they came.
    pub fn all(&self) -> Vec<ServiceStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }
}

/// Writes the status whenever the run changes, and tells whoever watches.
pub struct StatusWriter<'a> {
    /// Where it is written.
    pub hub: Hub,
    /// Whose status.
    pub app: Application,
    /// What was written last.
    pub last: ApplicationStatus,
    /// The Application's version, as far as it is known; empty: not at all.
    pub version: String,
    /// The revision that is run.
    pub revision: RevisionReference,
    /// Services so far.
    pub services: Services,
    /// The inventory.
    pub keeper: Arc<Keeper>,
    /// The ConfigMap of variables, once there is one.
    pub context: Option<ObjectReference>,
    /// What the revision's status says of its run, as it was written last; `None`: what is run has no revision.
    pub record: Option<Box<ApplicationRevisionStatus>>,
    /// Told of every change.
    pub tell: &'a mut (dyn FnMut(&WorkflowStatus) + Send),
}

impl std::fmt::Debug for StatusWriter<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusWriter").field("app", &self.app.metadata.name).finish_non_exhaustive()
    }
}

impl StatusWriter<'_> {
    async fn write(&mut self, run: &WorkflowStatus) -> Result<(), Fault> {
        let mut run = run.clone();
        run.context_backend = run.context_backend.or_else(|| self.context.clone());
        // Older tools look for it.
        run.rest.insert("waitCount".to_owned(), waiting(&run.steps).into());
        if self.app.kind == model::WORKFLOW_RUN {
            let known = self.last.workflow.as_ref().map(|run| run.conditions.as_slice()).unwrap_or_default();
            run.conditions = condition_of_run(known, &run).into_iter().collect();
        }
        self.record(&run).await?;
        let mut services = self.services.all();
        delivery::status::arrange(&self.app, &mut services);
        let phase = delivery::status::phase(&run, &services);
        let status = ApplicationStatus {
            phase,
            services,
            conditions: conditions(&self.last.conditions, &run),
            workflow: Some(run),
            observed_generation: self.app.metadata.generation,
            latest_revision: Some(self.revision.clone()),
            applied_resources: told(self.keeper.applied().await),
            ..self.last.clone()
        };
        if status == self.last {
            return Ok(());
        }
        let (namespace, name) = (&self.app.metadata.namespace, &self.app.metadata.name);
        let hub = &self.hub;
        for _ in 0..20 {
            // what is gone has to be said: it is compared with what was written last
            let written = persist(|| hub.write_status(&self.app, Some(&self.last), &status, &self.version)).await;
            match written {
                Ok(version) => {
                    self.version = version;
                    self.last = status;
                    return Ok(());
                }
                // a user has changed the Application, or an answer was lost: the status is ours as long as the lease is
                Err(fault) if fault.status == Some(409) => {
                    let now = persist(|| hub.application(namespace, name)).await?;
                    let Some(now) = now else { return Ok(()) };
                    self.version.clone_from(&now.metadata.resource_version);
                }
                Err(fault) => return Err(fault),
            }
        }
        Err(Fault::transient("the Application changes too often for its status to be written"))
    }

    /// Notes on the revision how its run ended: before the Application's own status says so, because nobody looks again at a
    /// run that has ended by its status, and a process may die between the two.
    async fn record(&mut self, run: &WorkflowStatus) -> Result<(), Fault> {
        let Some(record) = self.record.as_mut().filter(|_| run.finished) else { return Ok(()) };
        let mut status = record.clone();
        status.succeeded = run.phase == Some(RunPhase::Succeeded);
        status.workflow = Some(run.clone());
        if *record == status {
            return Ok(());
        }
        let (hub, namespace, revision) = (&self.hub, &self.app.metadata.namespace, &self.revision.name);
        match persist(|| hub.write_revision_status(namespace, revision, &status)).await {
            Err(fault) if fault.class == FaultClass::Transient => return Err(fault),
            // what has ended has ended all the same: somebody may have deleted the revision
            Err(fault) => tracing::warn!(revision, %fault, "how the run ended could not be noted on its revision"),
            Ok(()) => {}
        }
        *record = status;
        Ok(())
    }
}

impl Observe for StatusWriter<'_> {
    fn status<'a>(&'a mut self, status: &'a WorkflowStatus) -> BoxFuture<'a, Result<(), Fault>> {
        (self.tell)(status);
        Box::pin(self.write(status))
    }

    fn changed(&mut self, status: &WorkflowStatus) {
        (self.tell)(status);
    }

    fn taken<'a>(&'a mut self, ids: &'a [String]) -> BoxFuture<'a, Result<(), Fault>> {
        Box::pin(async move {
            let (namespace, name) = (&self.app.metadata.namespace, &self.app.metadata.name);
            let hub = &self.hub;
            let Some(now) = persist(|| hub.application(namespace, name)).await? else { return Ok(()) };
            if crate::follow::pending(&now).is_some_and(|o| ids.contains(&o.id)) {
                let done = [(model::labels::OPERATION, None), (model::labels::OPERATION_DONE, ids.last().cloned())];
                persist(|| hub.annotate(namespace, name, &done)).await?;
            }
            Ok(())
        })
    }

    fn context(&mut self, backend: ObjectReference) {
        self.context = Some(backend);
    }
}

/// Objects of which a status tells; the trackers have all of them.
const TOLD: usize = 1_000;

fn told(mut applied: Vec<model::AppliedResource>) -> Vec<model::AppliedResource> {
    applied.truncate(TOLD);
    applied
}

/// How many steps are under way and not done, sub-steps included.
fn waiting(steps: &[StepStatus]) -> usize {
    let busy = |step: &StepStatus| matches!(step.phase, StepPhase::Running | StepPhase::Suspending);
    steps.iter().map(|step| usize::from(busy(step)) + waiting(&step.sub_steps)).sum()
}

/// The conditions (kubevela-features.md §1.6): everything before the workflow has been done once a run exists; the
/// workflow's own and `Ready` follow the run. A condition that does not change keeps its time.
fn conditions(last: &[Condition], run: &WorkflowStatus) -> Vec<Condition> {
    let done = run.phase == Some(RunPhase::Succeeded);
    let failed = matches!(run.phase, Some(RunPhase::Failed | RunPhase::Terminated));
    let now = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let mut conditions = Vec::new();
    for kind in CONDITIONS {
        let about_run = matches!(kind, "Workflow" | "Ready");
        if about_run && !done && !failed {
            continue;
        }
        let (status, reason) = if about_run && failed { ("False", "ReconcileError") } else { ("True", "Available") };
        let message = if about_run && failed { run.message.clone() } else { String::new() };
        let reason = if kind == "Ready" && done { "ReconcileSuccess" } else { reason };
        let known = last.iter().find(|c| c.kind == kind && c.status == status);
        conditions.push(Condition {
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.to_owned(),
            message,
            last_transition_time: known.map_or_else(|| now.clone(), |c| c.last_transition_time.clone()),
        });
    }
    conditions
}

/// The condition of a WorkflowRun, once it is over.
fn condition_of_run(last: &[Condition], run: &WorkflowStatus) -> Option<Condition> {
    let over = conditions(last, run).into_iter().find(|c| c.kind == "Ready")?;
    let known = last.iter().find(|c| c.kind == model::WORKFLOW_RUN && c.status == over.status);
    let time = known.map_or(over.last_transition_time, |known| known.last_transition_time.clone());
    Some(Condition { kind: model::WORKFLOW_RUN.to_owned(), last_transition_time: time, ..over })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(phase: RunPhase) -> Vec<(String, String)> {
        let run = WorkflowStatus { phase: Some(phase), ..WorkflowStatus::default() };
        conditions(&[], &run).into_iter().map(|c| (c.kind, c.status)).collect()
    }

    #[test]
    fn steps_that_wait_are_counted_with_their_sub_steps() {
        let steps: Vec<StepStatus> = serde_json::from_value(serde_json::json!([
            {"id": "a", "name": "a", "type": "deploy", "phase": "succeeded"},
            {"id": "b", "name": "b", "type": "step-group", "phase": "suspending", "subSteps": [
                {"id": "c", "name": "c", "type": "suspend", "phase": "suspending"}]},
        ]))
        .unwrap();
        assert_eq!(waiting(&steps), 2);
    }

    #[test]
    fn conditions_follow_the_run() {
        assert_eq!(kinds(RunPhase::Executing).len(), 4);
        assert!(kinds(RunPhase::Succeeded).contains(&("Ready".into(), "True".into())));
        assert!(kinds(RunPhase::Failed).contains(&("Workflow".into(), "False".into())));
    }

    #[test]
    fn a_condition_that_stays_keeps_its_time() {
        let run = WorkflowStatus { phase: Some(RunPhase::Executing), ..WorkflowStatus::default() };
        let mut last = conditions(&[], &run);
        for condition in &mut last {
            condition.last_transition_time = "2026-01-01T00:00:00Z".into();
        }
        assert_eq!(conditions(&last, &run), last);
    }
}
