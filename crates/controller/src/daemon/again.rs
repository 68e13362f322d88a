//! Running a finished workflow again because its Application says so (`app.oam.dev/restart-workflow`): `true`, a time, or a
//! duration, after which it is run again each time that it has ended. A run that is under way is let end first.

use crate::error::Error;
use crate::run::Runner;
use actions::Fault;
use jiff::Timestamp;
use model::operation::{OperationAction, UserOperation};
use model::{Application, labels};
use serde_json::json;

/// What the annotation says.
enum Wish {
    Now,
    At(Timestamp),
    /// So many milliseconds after each end.
    Every(i64),
}

fn wish(app: &Application) -> Option<Wish> {
    match app.annotation(labels::RESTART_WORKFLOW)? {
        "" | "false" => None,
        "true" => Some(Wish::Now),
        text => match (text.parse::<Timestamp>(), workflow::time::duration(text)) {
            (Ok(time), _) => Some(Wish::At(time)),
            // nobody wants it to turn in circles
            (_, Ok(millis)) => Some(Wish::Every(millis.max(1_000))),
            _ => None,
        },
    }
}

/// Whether an Application is to be run again some time.
pub(super) fn is_wanted(app: &Application) -> bool {
    app.kind != model::WORKFLOW_RUN && wish(app).is_some()
}

/// When its finished workflow is to be run again.
pub(super) fn at(app: &Application) -> Option<Timestamp> {
    let run = app.status.as_ref()?.workflow.as_ref().filter(|run| run.finished && is_wanted(app))?;
    match wish(app)? {
        Wish::Now => Some(Timestamp::UNIX_EPOCH),
        Wish::At(time) => Some(time),
        Wish::Every(millis) => {
            let ended: Timestamp = run.end_time.as_deref()?.parse().ok()?;
            ended.checked_add(jiff::SignedDuration::from_millis(millis)).ok()
        }
    }
}

/// Leaves the request, and takes off what asks only once; both or none, and nothing if somebody has changed the Application.
pub(super) async fn ask(runner: &Runner, app: &Application) -> Result<(), Error> {
    let ended = app.status.as_ref().and_then(|s| s.workflow.as_ref()).and_then(|run| run.end_time.clone());
    let said = app.annotation(labels::RESTART_WORKFLOW).unwrap_or_default();
    let operation = UserOperation {
        id: workflow::ident::hash(&json!([app.metadata.uid, said, ended])),
        action: OperationAction::Restart { step: None },
        by: labels::RESTART_WORKFLOW.to_owned(),
        ..UserOperation::default()
    };
    let text = serde_json::to_string(&operation).map_err(|e| Fault::permanent(e.to_string()))?;
    let mut annotations = vec![(labels::OPERATION, Some(text))];
    if !matches!(wish(app), Some(Wish::Every(_))) {
        annotations.push((labels::RESTART_WORKFLOW, None));
    }
    runner.hub.annotate_unchanged(app, &annotations).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_now_at_a_time_or_so_long_after_each_end() {
        let app = |says: &str, finished: bool| -> Application {
            serde_json::from_value(json!({"kind": "Application",
                "metadata": {"name": "a", "annotations": {labels::RESTART_WORKFLOW: says}},
                "status": {"workflow": {"finished": finished, "endTime": "2026-11-21T07:59:00Z"}}}))
            .unwrap()
        };
        let says = |says: &str| at(&app(says, true)).map(|at| at.to_string());
        assert_eq!(says("true").as_deref(), Some("1970-01-01T00:00:00Z"));
        assert_eq!(says("2026-11-21T08:00:30Z").as_deref(), Some("2026-11-21T08:00:30Z"));
        assert_eq!(says("5m").as_deref(), Some("2026-11-21T08:04:00Z"));
        assert_eq!(says("10ms").as_deref(), Some("2026-11-21T07:59:01Z"), "no more than once a second");
        assert_eq!((says("soon"), says("false")), (None, None));
        assert_eq!(at(&app("true", false)), None, "it is let end first");
        assert!(is_wanted(&app("5m", false)) && !is_wanted(&app("soon", true)));
    }
}
