//! Running an Application in the foreground, or following whoever runs it.
//!
//! One call serves `up` and every `workflow` command: it takes the lease and executes; where somebody else holds it, it
//! follows until the run has settled, and takes over when the holder is gone.

use crate::error::Error;
use crate::hub::Hub;
use crate::lease::{self, Attempt, Held, Processes};
use actions::Fault;
use model::operation::UserOperation;
use model::{Application, WorkflowStatus, labels};
use std::time::Duration;
use tokio::time::Instant;

/// How often a follower looks.
const LOOK: Duration = Duration::from_millis(150);

/// Who executes.
#[derive(Debug)]
pub enum Turn {
    /// This process.
    Mine(Held),
    /// Nobody needs to: somebody else has executed and the run has settled.
    Settled(Box<Application>),
}

/// The request of a user that nobody has taken yet.
pub fn pending(app: &Application) -> Option<UserOperation> {
    serde_json::from_str(app.annotation(labels::OPERATION)?).ok()
}

/// Whether nothing more happens by itself at this status.
pub fn is_settled(run: Option<&WorkflowStatus>) -> bool {
    run.is_some_and(|run| run.finished || run.suspend)
}

/// Asks for something: leaves the request on the Application, for whoever executes. A request that another user has left
/// and nobody has taken yet is waited for first, so that none is lost.
///
/// # Errors
/// There is no such Application; the hub does not answer; an earlier request is not taken within the limit.
pub async fn ask(
    hub: &Hub,
    namespace: &str,
    name: &str,
    operation: &UserOperation,
    limit: Duration,
) -> Result<(), Error> {
    let started = Instant::now();
    let text = serde_json::to_string(operation).map_err(|e| Fault::permanent(e.to_string()))?;
    loop {
        let app = hub.application(namespace, name).await?.ok_or_else(|| not_found(namespace, name))?;
        match pending(&app) {
            None => {
                hub.annotate(namespace, name, &[(labels::OPERATION, Some(text))]).await?;
                return Ok(());
            }
            Some(earlier) if started.elapsed() > limit => {
                return Err(Fault::transient(format!(
                    "an earlier request ({}) for application {namespace}/{name} has not been taken yet",
                    earlier.id
                ))
                .into());
            }
            Some(_) => tokio::time::sleep(LOOK).await,
        }
    }
}

/// The fault for a name that no Application has.
pub fn not_found(namespace: &str, name: &str) -> Fault {
    Fault { status: Some(404), ..Fault::permanent(format!("there is no application {name} in namespace {namespace}")) }
}

/// Waits for the right to execute. While somebody else executes, `tell` sees each status.
///
/// # Errors
/// The hub does not answer; the Application is gone.
pub async fn turn(
    hub: &Hub,
    processes: &dyn Processes,
    namespace: &str,
    name: &str,
    tell: &mut (dyn FnMut(&WorkflowStatus) + Send),
) -> Result<Turn, Error> {
    loop {
        match lease::acquire(hub, processes, namespace, name, lease::Known::Nothing).await? {
            Attempt::Mine(held) => return Ok(Turn::Mine(held)),
            Attempt::Theirs { holder, until } => tracing::debug!(holder, %until, "somebody else executes"),
        }
        let app = hub.application(namespace, name).await?.ok_or_else(|| not_found(namespace, name))?;
        let run = app.status.as_ref().and_then(|s| s.workflow.as_ref());
        if let Some(run) = run {
            tell(run);
        }
        let current = app.status.as_ref().is_some_and(|s| s.observed_generation == app.metadata.generation);
        if current && pending(&app).is_none() && is_settled(run) {
            return Ok(Turn::Settled(Box::new(app)));
        }
        tokio::time::sleep(LOOK).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::operation::OperationAction;
    use serde_json::json;

    #[test]
    fn a_request_travels_as_an_annotation() {
        let operation = UserOperation {
            id: "1".into(),
            action: OperationAction::Resume { step: None },
            by: "me".into(),
            ..UserOperation::default()
        };
        let app: Application = serde_json::from_value(json!({"metadata": {"name": "shop", "annotations": {
            labels::OPERATION: serde_json::to_string(&operation).unwrap()}}}))
        .unwrap();
        assert_eq!(pending(&app), Some(operation));
        assert_eq!(pending(&Application::default()), None);
    }

    #[test]
    fn settled_is_finished_or_suspended() {
        let run = |finished, suspend| WorkflowStatus { finished, suspend, ..WorkflowStatus::default() };
        assert!(is_settled(Some(&run(true, false))));
        assert!(is_settled(Some(&run(false, true))));
        assert!(!is_settled(Some(&run(false, false))));
        assert!(!is_settled(None));
    }
}
