//! `lateen up` of a WorkflowRun: a workflow without an Application.

use super::{files, store};
use crate::application::{WaitArgs, carry_on, conclude, runner};
use crate::session::{Failure, Outcome, Session};
use controller::prepare::Definitions;
use model::WorkflowRun;
use model::manifest::Document;
use std::process::ExitCode;

pub(super) fn is_run(document: &Document) -> bool {
    document.kind() == model::WORKFLOW_RUN && document.api_version().starts_with("core.oam.dev/")
}

/// Everything that is wrong with the runs, told in their files, before anything is stored.
pub(super) async fn check(
    session: &Session,
    definitions: &Definitions,
    others: &[Document],
    runs: &[Document],
) -> Outcome {
    let runner = runner(session, definitions.clone(), |_| {}).of_workflow_runs();
    let mut problems = Vec::new();
    for document in runs {
        let app = document.parse::<WorkflowRun>()?.as_application();
        problems.extend(document.unknown_fields());
        match runner.check_with(&app, &files::parts(others, &app)?).await {
            Ok(_) => {}
            Err(controller::Error::Diagnostics(found)) => {
                problems.extend(found.into_iter().map(|d| document.locate(d)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure(problems)) }
}

/// Stores the runs and executes one after the other.
pub(super) async fn carry_on_all(
    session: &Session,
    definitions: &Definitions,
    runs: &[Document],
    wait: &WaitArgs,
) -> Outcome<ExitCode> {
    let of_runs = Session { hub: session.hub.of_workflow_runs(), ..session.clone() };
    let mut code = ExitCode::SUCCESS;
    for document in runs {
        store(session, document).await?;
        if wait.no_wait {
            continue;
        }
        let (namespace, name) = (document.namespace(), document.name());
        let finished = carry_on(&of_runs, definitions.clone(), namespace, name, wait.timeout).await?;
        if conclude(&finished) != ExitCode::SUCCESS {
            code = ExitCode::FAILURE;
        }
    }
    Ok(code)
}
