//! `lateen revision list`.

use crate::application::{AppArgs, find};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use serde_json::json;

pub(super) async fn run(hub: HubArgs, mut app: AppArgs, output: Option<Format>) -> Outcome {
    let session = Session::open(&hub).await?;
    find(&session, &mut app).await?;
    let mut revisions = session.hub.revisions(&app.namespace, &app.name).await?;
    revisions.reverse();
    if let Some(format) = output {
        return output::objects(json!(revisions), format);
    }
    let rows: Vec<Vec<String>> = revisions
        .iter()
        .map(|r| {
            let run = r.status.as_ref().and_then(|s| s.workflow.as_ref());
            let phase = run.and_then(|w| w.phase).map_or("", |p| p.as_str());
            let succeeded = r.status.as_ref().is_some_and(|s| s.succeeded);
            vec![
                r.metadata.name.clone(),
                r.spec.application.publish_version().unwrap_or_default().to_owned(),
                succeeded.to_string(),
                phase.to_owned(),
                r.metadata.labels.get(model::labels::APP_REVISION_HASH).cloned().unwrap_or_default(),
                r.metadata.creation_timestamp.clone().unwrap_or_default(),
                r.spec.application.annotation(model::labels::REQUESTED_BY).unwrap_or_default().to_owned(),
                short(r.spec.application.annotation(model::labels::COMMIT).unwrap_or_default()),
            ]
        })
        .collect();
    let headers = ["NAME", "PUBLISH_VERSION", "SUCCEEDED", "STATUS", "HASH", "BEGIN_TIME", "BY", "COMMIT"];
    print!("{}", table::draw(&headers, &rows));
    Ok(())
}

/// A commit as people write it: its first 12 digits, and whether there was more than it in the work tree.
fn short(commit: &str) -> String {
    let (hash, dirty) = commit.strip_suffix("-dirty").map_or((commit, ""), |hash| (hash, "-dirty"));
    let is_hash = hash.len() == 40 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    format!("{}{dirty}", if is_hash { hash.get(..12).unwrap_or(hash) } else { hash })
}
