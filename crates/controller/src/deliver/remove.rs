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
    free(hub, app).await?;
    persist(|| hub.delete_application(namespace, name)).await?;
    Ok(result)
}

/// Takes Lateen's finalizers off an Application, and leaves those of others.
async fn free(hub: &Hub, app: &Application) -> Result<(), Fault> {
    let mut latest = app.clone();
    for _ in 0..10 {
        let others = latest.metadata.finalizers.iter();
        let others: Vec<String> =
            others.filter(|f| *f != labels::APP_FINALIZER && *f != labels::ORPHAN_FINALIZER).cloned().collect();
        if others.len() == latest.metadata.finalizers.len() {
            return Ok(());
        }
        match persist(|| hub.set_finalizers(&latest, &others)).await {
            Err(fault) if fault.is_not_found() => return Ok(()),
            // somebody has changed the Application meanwhile
            Err(fault) if fault.status == Some(409) => {}
            done => return done.map(drop),
        }
        let (namespace, name) = (&app.metadata.namespace, &app.metadata.name);
        match persist(|| hub.application(namespace, name)).await? {
            Some(now) if now.metadata.uid == app.metadata.uid => latest = now,
            _ => return Ok(()),
        }
    }
    Err(Fault::transient("the Application changes too often for its finalizer to be taken off"))
}
