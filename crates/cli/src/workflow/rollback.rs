//! `lateen workflow rollback`: the specification of an earlier revision, applied as a new one.

use crate::application::{AppArgs, WaitArgs, carry_on, conclude, find};
use crate::session::{HubArgs, Outcome, Session, confirm};
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use model::{Application, ApplicationRevision, ApplicationSpec, Policy, Workflow, labels};
use serde_json::json;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
pub(crate) struct RollbackArgs {
    #[command(flatten)]
    app: AppArgs,
    /// To this revision, by name or number [default: the newest one that succeeded and is not the current one]
    #[arg(long, short)]
    revision: Option<String>,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(super) async fn run(hub: HubArgs, mut args: RollbackArgs) -> Outcome<ExitCode> {
    let session = Session::open(&hub).await?;
    session.announce();
    let app = find(&session, &mut args.app).await?;
    let revisions = session.hub.revisions(&args.app.namespace, &args.app.name).await?;
    let target = choose(&app, &revisions, args.revision.as_deref())?;
    let name = &args.app.name;
    confirm(&format!("Roll application {name} back to revision {}?", target.metadata.name), args.yes)?;
    let then = &target.spec.application;
    let mut annotations = then.metadata.annotations.clone();
    annotations.retain(|key, _| key != labels::OPERATION && key != labels::OPERATION_DONE);
    annotations.shift_remove(labels::PUBLISH_VERSION);
    if app.publish_version().is_some() {
        // A new publication, or the old one would hold the specification that failed.
        let version = format!("rollback-to-{}", target.metadata.name);
        annotations.insert(labels::PUBLISH_VERSION.into(), version);
    }
    if annotations.contains_key(labels::REQUESTED_BY) {
        annotations.insert(labels::REQUESTED_BY.into(), crate::identity::who(&session).await.name);
    }
    let metadata = json!({
        "name": name, "namespace": args.app.namespace, "labels": then.metadata.labels, "annotations": annotations,
    });
    let spec = specification(target);
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

/// What a revision ran, in one piece: the workflow and the policies that it named may be others by now.
fn specification(revision: &ApplicationRevision) -> ApplicationSpec {
    let mut spec = revision.spec.application.spec.clone();
    let pinned: Option<Workflow> = revision.spec.workflow.as_ref().and_then(|w| serde_json::from_value(w.clone()).ok());
    if let (Some(own), Some(pinned)) = (spec.workflow.as_mut(), pinned) {
        own.reference.clear();
        own.mode = own.mode.or(pinned.mode);
        own.steps = pinned.steps;
    }
    let policies = revision.spec.policies.values();
    for policy in policies.filter_map(|p| serde_json::from_value::<Policy>(p.clone()).ok()) {
        if !spec.policies.iter().any(|p| p.name == policy.metadata.name) {
            spec.policies.push(policy.as_app_policy());
        }
    }
    spec
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
        Some(wanted) => crate::revision::pick(name, revisions, wanted),
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
        for one in ["shop-v1", "v1", "1"] {
            assert_eq!(choose(&app, &all, Some(one)).unwrap().metadata.name, "shop-v1");
        }
        assert!(choose(&app, &all, Some("shop-v9")).is_err());
        assert!(choose(&app, &all[3..], None).is_err());
    }

    #[test]
    fn the_steps_and_policies_that_were_named_come_back_as_they_were() {
        let mut one = revision("shop-v1", true);
        one.spec.application = serde_json::from_value(json!({"spec": {"workflow": {"ref": "flow"}}})).unwrap();
        one.spec.workflow = Some(json!({"metadata": {"name": "flow"}, "mode": {"steps": "DAG"},
            "steps": [{"name": "east", "type": "deploy", "properties": {"policies": ["east"]}}]}));
        let policy = json!({"metadata": {"name": "east"}, "type": "topology", "properties": {"clusters": ["east"]}});
        one.spec.policies.insert("east".into(), policy);
        insta::assert_snapshot!(json!(specification(&one)), @r#"{"components":[],"policies":[{"name":"east","properties":{"clusters":["east"]},"type":"topology"}],"workflow":{"mode":{"steps":"DAG"},"steps":[{"name":"east","properties":{"policies":["east"]},"type":"deploy"}]}}"#);
    }
}
