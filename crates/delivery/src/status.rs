//! An Application's status as a projection: its phase, and what it has applied.

use crate::inventory::Inventory;
use model::{AppPhase, AppliedResource, ObjectReference, RunPhase, ServiceStatus, WorkflowStatus};

/// The phase of an Application (kubevela-features.md §1.5) from its run and the health of its services.
pub fn phase(run: &WorkflowStatus, services: &[ServiceStatus]) -> AppPhase {
    match run.phase {
        Some(RunPhase::Succeeded) if services.iter().all(|s| s.healthy) => AppPhase::Running,
        Some(RunPhase::Succeeded) => AppPhase::Unhealthy,
        Some(RunPhase::Failed) => AppPhase::WorkflowFailed,
        Some(RunPhase::Terminated) => AppPhase::WorkflowTerminated,
        Some(RunPhase::Suspending) => AppPhase::WorkflowSuspending,
        _ => AppPhase::RunningWorkflow,
    }
}

/// What the current version has applied, in recorded order.
pub fn applied(inventory: &Inventory) -> Vec<AppliedResource> {
    let entries = inventory.current.spec.managed_resources.iter().chain(&inventory.root.spec.managed_resources);
    entries
        .filter(|entry| !entry.deleted)
        .map(|entry| AppliedResource {
            cluster: entry.cluster.clone(),
            creator: entry.creator.clone(),
            object: ObjectReference {
                api_version: entry.api_version.clone(),
                kind: entry.kind.clone(),
                namespace: entry.namespace.clone(),
                name: entry.name.clone(),
                ..ObjectReference::default()
            },
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(run: RunPhase, healthy: &[bool]) -> AppPhase {
        let services: Vec<ServiceStatus> =
            healthy.iter().map(|h| ServiceStatus { healthy: *h, ..ServiceStatus::default() }).collect();
        phase(&WorkflowStatus { phase: Some(run), ..WorkflowStatus::default() }, &services)
    }

    #[test]
    fn a_finished_workflow_is_running_only_when_every_service_is_healthy() {
        assert_eq!(of(RunPhase::Succeeded, &[true, true]), AppPhase::Running);
        assert_eq!(of(RunPhase::Succeeded, &[true, false]), AppPhase::Unhealthy);
        assert_eq!(of(RunPhase::Succeeded, &[]), AppPhase::Running);
        assert_eq!(of(RunPhase::Suspending, &[false]), AppPhase::WorkflowSuspending);
        assert_eq!(of(RunPhase::Failed, &[true]), AppPhase::WorkflowFailed);
        assert_eq!(of(RunPhase::Terminated, &[true]), AppPhase::WorkflowTerminated);
        assert_eq!(of(RunPhase::Executing, &[]), AppPhase::RunningWorkflow);
    }
}
