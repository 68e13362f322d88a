//! The status that users and tools see: a function of the durable state.

use crate::plan::{Ix, Plan};
use crate::run::Identity;
use crate::state::{State, StepState};
use crate::time::Time;
use cue_syntax::Diagnostic;
use model::action::nearest;
use model::operation::OperationAction;
use model::status::StepRetry;
use model::{RunPhase, StepPhase, StepReason, StepStatus, WorkflowStatus};
use rustc_hash::FxHashMap;

/// Whether the run waits for a user or for a time.
pub fn is_suspended(state: &State) -> bool {
    if state.ended.is_some() || state.is_ending() {
        return false;
    }
    state.held || state.suspending > 0
}

/// What a status tells of a step beside what is durable.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// When it was last visited.
    pub last: Option<Time>,
    /// Its id.
    pub id: String,
    /// When it is tried again.
    pub retry: Option<StepRetry>,
}

/// The status. `live` gives what is known of a step beside its state.
pub fn project(plan: &Plan, identity: &Identity, state: &State, live: impl Fn(Ix) -> Seen) -> WorkflowStatus {
    let suspend = is_suspended(state);
    let phase = match state.ended {
        Some((_, phase)) => phase,
        None if !state.begun => RunPhase::Initializing,
        None if suspend => RunPhase::Suspending,
        None => RunPhase::Executing,
    };
    let mut steps: Vec<StepStatus> = Vec::new();
    let mut children: FxHashMap<Ix, Vec<StepStatus>> = FxHashMap::default();
    for ix in &state.order {
        if let (Some(parent), Some(step)) = (plan.node(*ix).and_then(|n| n.parent), state.step(*ix)) {
            children.entry(parent).or_default().push(step_status(plan, state, *ix, step, &live));
        }
    }
    for ix in &state.order {
        let Some((node, step)) = plan.node(*ix).zip(state.step(*ix)) else { continue };
        if node.parent.is_some() {
            continue;
        }
        let mut status = step_status(plan, state, *ix, step, &live);
        status.sub_steps = children.remove(ix).unwrap_or_default();
        steps.push(status);
    }
    let mut rest = serde_json::Map::new();
    summarise(&mut steps, &mut rest);
    if let Some((id, refused)) = state.operations.last().filter(|(_, refused)| !refused.is_empty()) {
        rest.insert("refusedOperation".to_owned(), serde_json::json!({ "id": id, "message": refused }));
    }
    WorkflowStatus {
        rest,
        app_revision: identity.revision.clone(),
        mode: plan.mode_text(),
        phase: Some(phase),
        message: message(plan, state),
        suspend,
        suspend_state: String::new(),
        terminated: state.failed || state.terminated || state.broken,
        finished: state.ended.is_some(),
        steps,
        start_time: state.begun.then(|| state.started.rfc3339()),
        end_time: state.ended.map(|(at, _)| at.rfc3339()),
        ..WorkflowStatus::default()
    }
}

/// Top-level steps of which a status tells one by one; an object with many more cannot be stored.
const TOLD: usize = 1_000;

/// Of a long run the oldest steps that went well are only counted.
fn summarise(steps: &mut Vec<StepStatus>, rest: &mut serde_json::Map<String, serde_json::Value>) {
    let mut surplus = steps.len().saturating_sub(TOLD);
    if surplus == 0 {
        return;
    }
    let (mut succeeded, mut skipped, mut pending) = (0u64, 0u64, 0u64);
    steps.retain(|step| {
        let counted = match step.phase {
            StepPhase::Succeeded => &mut succeeded,
            StepPhase::Skipped => &mut skipped,
            StepPhase::Pending => &mut pending,
            _ => return true,
        };
        let dropped = surplus > 0;
        if dropped {
            surplus -= 1;
            *counted += 1;
        }
        !dropped
    });
    let told = serde_json::json!({ "succeeded": succeeded, "skipped": skipped, "pending": pending });
    rest.insert("summarisedSteps".to_owned(), told);
}

fn step_status(plan: &Plan, state: &State, ix: Ix, step: &StepState, live: &impl Fn(Ix) -> Seen) -> StepStatus {
    let Seen { last, id, retry } = live(ix);
    let node = plan.node(ix);
    let mut phase = step.phase;
    if !step.is_finished() && phase != StepPhase::Pending {
        let child_suspends = node.is_some_and(|n| {
            n.children.iter().any(|c| state.step(*c).is_some_and(|s| s.phase == StepPhase::Suspending))
        });
        if state.held || child_suspends {
            phase = StepPhase::Suspending;
        }
    }
    StepStatus {
        id,
        name: node.map(|n| n.step.name.clone()).unwrap_or_default(),
        kind: node.map(|n| n.step.kind.clone()).unwrap_or_default(),
        phase,
        reason: step.reason,
        message: step.message.clone(),
        first_execute_time: Some(step.first.rfc3339()),
        last_execute_time: Some(last.unwrap_or(step.last).max(step.last).rfc3339()),
        retry,
        sub_steps: Vec::new(),
    }
}

/// One sentence about why the run ended as it did, or what it waits for.
fn message(plan: &Plan, state: &State) -> String {
    let first = |wanted: &dyn Fn(&StepState) -> bool| {
        let found = state
            .order
            .iter()
            .find(|ix| plan.node(**ix).is_some_and(|n| !n.is_group) && state.step(**ix).is_some_and(wanted));
        found.and_then(|ix| plan.node(*ix)).map(|n| n.step.name.as_str())
    };
    match state.ended {
        Some((_, RunPhase::Failed)) => {
            let failed = first(&|s| s.phase == StepPhase::Failed && s.reason != StepReason::Terminate);
            let spent = first(&|s| s.reason == StepReason::FailedAfterRetries);
            match (spent, failed) {
                (Some(step), _) => format!("the workflow ended because step \"{step}\" failed too often"),
                (None, Some(step)) => format!("the workflow ended because step \"{step}\" failed"),
                (None, None) => String::new(),
            }
        }
        Some((_, RunPhase::Terminated)) if state.broken => "the workflow was ended by one of its steps".to_owned(),
        Some((_, RunPhase::Terminated)) => "the workflow was terminated by a user".to_owned(),
        Some(_) => String::new(),
        None if state.held => "the workflow was suspended by a user".to_owned(),
        None => String::new(),
    }
}

/// Whether an operation can be done, as far as a stored status tells; [`crate::Run::check`] knows better.
///
/// # Errors
/// Why not, with what to do instead.
pub fn possible(action: &OperationAction, run: Option<&WorkflowStatus>) -> Result<(), Diagnostic> {
    let refuse = |message: String, help: Option<String>| {
        let mut d = Diagnostic::error("workflow/operation", message);
        d.help = help;
        Err(d)
    };
    let Some(run) = run else {
        return refuse("the application has no workflow run yet".to_owned(), None);
    };
    let (on_the_way, step) = match action {
        OperationAction::Suspend { step } | OperationAction::Resume { step } => (true, step.as_deref()),
        OperationAction::Terminate => (true, None),
        OperationAction::Restart { step } => (false, step.as_deref()),
        OperationAction::Rollback { .. } => (false, None),
    };
    if on_the_way && run.finished {
        let phase = run.phase.map_or("over", |p| p.as_str());
        return refuse(format!("the workflow is {phase}"), Some("`workflow restart` runs it again".to_owned()));
    }
    let all = || run.steps.iter().flat_map(|s| std::iter::once(s).chain(&s.sub_steps));
    let found = match step {
        None => None,
        Some(name) => match all().find(|s| s.name == name) {
            Some(found) => Some(found),
            None => {
                let near = nearest(name, all().map(|s| s.name.as_str()));
                let help = near.map(|n| format!("did you mean \"{n}\"?"));
                return refuse(format!("no step \"{name}\" has been reached in this workflow"), help);
            }
        },
    };
    match (action, found) {
        (OperationAction::Resume { .. }, None) if !run.suspend => {
            refuse("the workflow is not suspended".to_owned(), None)
        }
        (OperationAction::Resume { .. }, Some(s)) if s.phase != StepPhase::Suspending => {
            refuse(format!("step \"{}\" is not suspended, it is {}", s.name, s.phase), None)
        }
        (OperationAction::Suspend { .. }, None) if run.suspend => {
            refuse("the workflow is suspended already".to_owned(), None)
        }
        (OperationAction::Restart { .. }, Some(s)) if s.phase != StepPhase::Failed => refuse(
            format!("step \"{}\" has not failed, it is {}", s.name, s.phase),
            Some("only a failed step can be restarted from".to_owned()),
        ),
        _ => Ok(()),
    }
}

/// Reads an edit of the status, as KubeVela's tools make it, as what the user wants.
pub fn edited(ours: &WorkflowStatus, theirs: Option<&WorkflowStatus>) -> Option<OperationAction> {
    let Some(theirs) = theirs else { return Some(OperationAction::Restart { step: None }) };
    if theirs.terminated && !ours.terminated {
        return Some(OperationAction::Terminate);
    }
    if ours.finished && !theirs.finished && theirs.steps.len() < ours.steps.len() {
        let gone = ours.steps.iter().find(|s| !theirs.steps.iter().any(|t| t.name == s.name));
        return gone.map(|s| OperationAction::Restart { step: Some(s.name.clone()) });
    }
    let flat = |w: &WorkflowStatus| -> Vec<(String, StepPhase)> {
        w.steps.iter().flat_map(|s| s.sub_steps.iter().chain([s])).map(|s| (s.name.clone(), s.phase)).collect()
    };
    let (before, after) = (flat(ours), flat(theirs));
    let changed = |from: StepPhase, to: StepPhase| {
        let now = |name: &String| after.iter().any(|(n, p)| n == name && *p == to);
        before.iter().filter(|(n, p)| *p == from && now(n)).map(|(n, _)| n.clone()).collect::<Vec<_>>()
    };
    let resumed = changed(StepPhase::Suspending, StepPhase::Running);
    let waiting = before.iter().filter(|(_, p)| *p == StepPhase::Suspending).count();
    if ours.suspend && (!theirs.suspend || !resumed.is_empty()) {
        let step = resumed.first().filter(|_| resumed.len() < waiting).cloned();
        return Some(OperationAction::Resume { step });
    }
    if theirs.suspend && !ours.suspend {
        return Some(OperationAction::Suspend { step: None });
    }
    None
}
