//! An Application's status as a projection: its phase, and what it has applied.

use crate::inventory::Inventory;
use model::tracker::ResourceKey;
use model::{AppPhase, Application, AppliedResource, ObjectReference, RunPhase, ServiceStatus, WorkflowStatus};

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

/// Where a component and one of its traits stand in an Application. What it does not name comes last; a workload, which
/// no trait has made, comes before the traits.
fn place(app: &Application, component: &str, trait_name: &str) -> (usize, usize) {
    let components = &app.spec.components;
    let Some((at, found)) = components.iter().enumerate().find(|(_, c)| c.name == component) else {
        return (components.len(), 0);
    };
    let traits = found.traits.iter().position(|t| t.kind == trait_name).unwrap_or(found.traits.len());
    (at, if trait_name.is_empty() { 0 } else { traits + 1 })
}

/// Puts services into the order in which they are told: that of the Application's components, then cluster and namespace.
/// Components are applied side by side, so the order in which they came says nothing.
pub fn arrange(app: &Application, services: &mut [ServiceStatus]) {
    services.sort_by(|a, b| {
        let key = |s: &ServiceStatus| place(app, &s.name, "").0;
        let rest = |s: &ServiceStatus| {
            [s.name.clone(), s.cluster.clone(), s.namespace.clone(), s.env.clone(), s.replica_key.clone()]
        };
        key(a).cmp(&key(b)).then_with(|| rest(a).cmp(&rest(b)))
    });
}

/// What the current version has applied, as `done` knows it: an entry alone says only that it was to be applied. In the
/// order of the Application's components, then cluster, namespace and trait; the objects of one template keep the order in
/// which they were recorded, and those of steps are told by kind and name.
pub fn applied(app: &Application, inventory: &Inventory, done: impl Fn(&ResourceKey) -> bool) -> Vec<AppliedResource> {
    let entries = inventory.current.spec.managed_resources.iter().chain(&inventory.root.spec.managed_resources);
    let mut entries: Vec<_> = entries.filter(|entry| !entry.deleted && done(&entry.key())).collect();
    entries.sort_by_cached_key(|entry| {
        let (component, trait_at) = place(app, &entry.component, &entry.trait_name);
        let tail = if entry.component.is_empty() {
            [entry.kind.clone(), entry.name.clone()]
        } else {
            [entry.component.clone(), entry.trait_name.clone()]
        };
        (component, entry.cluster.clone(), entry.namespace.clone(), trait_at, tail)
    });
    let told = entries.into_iter().map(|entry| AppliedResource {
        cluster: entry.cluster.clone(),
        creator: entry.creator.clone(),
        object: ObjectReference {
            api_version: entry.api_version.clone(),
            kind: entry.kind.clone(),
            namespace: entry.namespace.clone(),
            name: entry.name.clone(),
            ..ObjectReference::default()
        },
    });
    told.collect()
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

    fn shop() -> Application {
        serde_json::from_value(serde_json::json!({"metadata": {"name": "shop", "namespace": "default"}, "spec": {
            "components": [{"name": "web", "type": "webservice", "traits": [{"type": "scaler"}, {"type": "expose"}]},
                           {"name": "db", "type": "worker"}]}}))
        .unwrap()
    }

    #[test]
    fn services_are_told_in_the_order_of_the_components_however_they_came() {
        let service = |name: &str, cluster: &str| ServiceStatus {
            name: name.into(),
            cluster: cluster.into(),
            ..ServiceStatus::default()
        };
        let mut services = vec![service("db", "a"), service("added", "a"), service("web", "b"), service("web", "a")];
        arrange(&shop(), &mut services);
        let told: Vec<_> = services.iter().map(|s| format!("{}@{}", s.name, s.cluster)).collect();
        assert_eq!(told, ["web@a", "web@b", "db@a", "added@a"]);
    }

    #[test]
    fn objects_are_told_by_component_place_and_trait_and_only_when_they_are_there() {
        let app = shop();
        let mut inventory = Inventory::of(&app, Vec::new()).unwrap();
        let entry = |component: &str, of_trait: &str, cluster: &str, name: &str| model::ManagedResource {
            component: component.into(),
            trait_name: of_trait.into(),
            cluster: cluster.into(),
            kind: "K".into(),
            name: name.into(),
            ..model::ManagedResource::default()
        };
        inventory.current.spec.managed_resources = vec![
            entry("", "", "a", "z-of-step"),
            entry("db", "", "a", "db"),
            entry("", "", "a", "a-of-step"),
            entry("web", "expose", "a", "exposed"),
            entry("web", "", "b", "web"),
            entry("web", "", "a", "web"),
            entry("web", "", "c", "failed"),
        ];
        let told = applied(&app, &inventory, |key| key.name != "failed");
        let told: Vec<_> = told.iter().map(|r| format!("{}/{}", r.cluster, r.object.name)).collect();
        assert_eq!(told, ["a/web", "a/exposed", "b/web", "a/db", "a/a-of-step", "a/z-of-step"]);
    }
}
