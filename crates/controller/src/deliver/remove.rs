//! Deleting an Application: its objects in reverse order, then its memory, then itself. Finished only when verified.

use super::Keeper;
use crate::hub::Hub;
use crate::runtime::persist;
use actions::Fault;
use model::{Application, labels};

/// What came of it.
#[derive(Debug, Default)]
pub struct Removed {
    /// Objects that were deleted.
    pub deleted: Vec<String>,
    /// Objects that were kept on purpose, with the reason.
    pub kept: Vec<String>,
    /// Objects that could not be deleted, with the reason; the Application stays until they are gone or abandoned.
    pub owed: Vec<String>,
}

/// Deletes an Application. `orphan` leaves its objects; `abandon` gives up what a cluster that does not answer still has.
/// Calling it again goes on where it stopped.
///
/// # Errors
/// The hub does not answer.
pub async fn remove(
    hub: &Hub,
    keeper: &Keeper,
    app: &Application,
    orphan: bool,
    abandon: bool,
) -> Result<Removed, Fault> {
    let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
    let mut result = Removed::default();
    let plan = delivery::prune::teardown(&keeper.inventory().await, keeper.rules(), orphan);
    for deletion in &plan.delete {
        let entry = &deletion.resource;
        match keeper.delete_entry(entry, deletion.propagation).await {
            Ok(_) => result.deleted.push(entry.key().to_string()),
            Err(fault) => result.owed.push(format!("{}: {fault}", entry.key())),
        }
    }
    result.kept = plan.keep.iter().map(|(entry, why)| format!("{}: {why}", entry.key())).collect();
    if !result.owed.is_empty() && !abandon {
        return Ok(result);
    }
    for tracker in &plan.trackers {
        persist(|| hub.delete_tracker(tracker)).await?;
    }
    for revision in hub.revisions(namespace, name).await? {
        persist(|| hub.delete_revision(namespace, &revision.metadata.name)).await?;
    }
    persist(|| hub.delete_context(app)).await?;
    let free: Vec<String> = app
        .metadata
        .finalizers
        .iter()
        .filter(|f| *f != labels::APP_FINALIZER && *f != labels::ORPHAN_FINALIZER)
        .cloned()
        .collect();
    if free.len() != app.metadata.finalizers.len() {
        match persist(|| hub.set_finalizers(app, &free)).await {
            Err(fault) if fault.is_not_found() => {}
            done => drop(done?),
        }
    }
    persist(|| hub.delete_application(namespace, name)).await?;
    Ok(result)
}
