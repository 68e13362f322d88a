//! `lateen workflow rollback`: the specification of an earlier revision, applied as a new one.

use crate::application::{AppArgs, WaitArgs, carry_on, conclude, find};
use crate::session::{HubArgs, Outcome, Session, confirm};
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use model::{Application, ApplicationRevision, labels};
use serde_json::json;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    app: AppArgs,
    /// To this revision [default: the newest one that succeeded and is not the current one]
    #[arg(long, short)]
    revision: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(super) async fn run(hub: HubArgs, args: RollbackArgs) -> Outcome<ExitCode> {
    let session = Session::open(&hub).await?;
    session.announce();
    let app = find(&session, &args.app).await?;
    let revisions = session.hub.revisions(&args.app.namespace, &args.app.name).await?;
    let target = choose(&app, &revisions, args.revision.as_deref())?;
    let name = &args.app.name;
    confirm(&format!("Roll application {name} back to revision {}?", target.metadata.name), args.yes)?;
    let mut metadata = json!({ "name": name, "namespace": args.app.namespace });
    if let (Some(_), Some(map)) = (app.publish_version(), metadata.as_object_mut()) {
        // A new publication, or the old one would hold the specification that failed.
        let version = format!("rollback-to-{}", target.metadata.name);
        map.insert("annotations".into(), json!({ labels::PUBLISH_VERSION: version }));
    }
    let spec = &target.spec.application.spec;
    let object = json!({ "apiVersion": app.api_version, "kind": app.kind, "metadata": metadata, "spec": spec });
    session.hub.apply(&object).await?;
    println!("Successfully rollback workflow: {name} to {}", target.metadata.name);
    if args.wait.no_wait {
        return Ok(ExitCode::SUCCESS);
    }
    let (namespace, timeout) = (&args.app.namespace, args.wait.timeout);
    let finished = carry_on(&session, Definitions::default(), namespace, name, timeout).await?;
    Ok(conclude(&finished))
}

/// The revision to go back to.
fn choose<'r>(
    app: &Application,
    revisions: &'r [ApplicationRevision],
    wanted: Option<&str>,
) -> Outcome<&'r ApplicationRevision> {
    let current = app.status.as_ref().and_then(|s| s.latest_revision.as_ref()).map(|r| r.name.as_str());
    let name = &app.metadata.name;
    match wanted {
        Some(wanted) => revisions.iter().find(|r| r.metadata.name == wanted).ok_or_else(|| {
            let names: Vec<&str> = revisions.iter().map(|r| r.metadata.name.as_str()).collect();
            Diagnostic::error("rollback/unknown-revision", format!("application {name} has no revision {wanted}"))
                .help(format!("it has {}", names.join(", ")))
                .into()
        }),
        None => {
            let succeeded = |r: &&ApplicationRevision| r.status.as_ref().is_some_and(|s| s.succeeded);
            let other = |r: &&ApplicationRevision| Some(r.metadata.name.as_str()) != current;
            revisions.iter().rev().filter(succeeded).find(other).ok_or_else(|| {
                Diagnostic::error(
                    "rollback/nothing",
                    format!("application {name} has no earlier revision that succeeded"),
                )
                .help("`lateen revision list` shows what there is; --revision chooses one")
                .into()
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn revision(name: &str, succeeded: bool) -> ApplicationRevision {
        let mut revision = ApplicationRevision::default();
        revision.metadata.name = name.into();
        revision.status = Some(model::revision::ApplicationRevisionStatus { succeeded, ..Default::default() });
        revision
    }

    #[test]
    fn the_newest_that_succeeded_and_is_not_the_current_one() {
        let app: Application = serde_json::from_value(json!({
            "metadata": {"name": "shop"}, "status": {"status": "workflowFailed", "latestRevision": {"name": "shop-v4", "revision": 4}}}))
        .unwrap();
        let all = [
            revision("shop-v1", true),
            revision("shop-v2", true),
            revision("shop-v3", false),
            revision("shop-v4", true),
        ];
        assert_eq!(choose(&app, &all, None).unwrap().metadata.name, "shop-v2");
        assert_eq!(choose(&app, &all, Some("shop-v1")).unwrap().metadata.name, "shop-v1");
        assert!(choose(&app, &all, Some("shop-v9")).is_err());
        assert!(choose(&app, &all[3..], None).is_err());
    }
}
