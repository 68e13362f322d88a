//! `lateen revision show`.

use super::pick;
use crate::application::{AppArgs, find};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;
use model::labels;
use serde_json::json;

pub(super) async fn run(hub: HubArgs, mut app: AppArgs, wanted: Option<&str>, output: Option<Format>) -> Outcome {
    let session = Session::open(&hub).await?;
    find(&session, &mut app).await?;
    let all = session.hub.revisions(&app.namespace, &app.name).await?;
    let revision = match wanted {
        Some(wanted) => pick(&app.name, &all, wanted)?,
        None => all.last().ok_or_else(|| {
            Diagnostic::error("revision/none", format!("application {} has no revision yet", app.name))
        })?,
    };
    if let Some(format) = output {
        return output::objects(json!(revision), format);
    }
    let then = &revision.spec.application;
    let said = |key: &str| then.annotation(key).unwrap_or_default().to_owned();
    let status = revision.status.clone().unwrap_or_default();
    let phase = status.workflow.as_ref().and_then(|w| w.phase).map(|p| p.to_string()).unwrap_or_default();
    let rows = [
        ("Name", revision.metadata.name.clone()),
        ("Published", said(labels::PUBLISH_VERSION)),
        ("Created", revision.metadata.creation_timestamp.clone().unwrap_or_default()),
        ("By", said(labels::REQUESTED_BY)),
        ("Commit", said(labels::COMMIT)),
        ("Environment", said(labels::ENVIRONMENT)),
        ("Run", phase),
        ("Engine", revision.spec.engine_version.clone()),
    ];
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        println!("{:<13}{value}", format!("{name}:"));
    }
    if let Some(run) = &status.workflow {
        println!("Steps:");
        for step in &run.steps {
            let message = Some(step.message.as_str()).filter(|m| !m.is_empty()).map(|m| format!("  {m}"));
            println!("  {} ({}) {}{}", step.name, step.kind, step.phase, message.unwrap_or_default());
        }
    }
    println!();
    print!("{}", output::text(&json!({ "spec": then.spec }), Format::Yaml)?);
    if let Some(workflow) = &revision.spec.workflow {
        print!("---\n{}", output::text(&json!({ "workflow": workflow.get("steps") }), Format::Yaml)?);
    }
    Ok(())
}
