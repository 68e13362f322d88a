//! A step, run by the state machine that runs it for real. Actions are answered by the case, time passes at once.

use super::given::{self, Given};
use super::observe::Observed;
use super::run::Runner;
use super::{Answer, AnswerResult, Input};
use cue_syntax::Diagnostic;
use model::{Mode, Step, StepPhase};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use workflow::{Event, FaultClass, Identity, Outcome, Payload, Plan, Policy, Request, Run, RunAction, Settled, Time};

/// More visits than any case needs; beyond it a step that never rests is shown as it stands.
const TURNS: usize = 10_000;

pub(super) fn run(
    runner: &Runner,
    input: &Input,
    given: &Given,
    observed: &mut Observed,
) -> Result<(), Vec<Diagnostic>> {
    let Some(templates) = &runner.templates else { return Ok(()) };
    let mut step = match &input.step {
        Some(data) => given::read::<Step>(data, "step")?,
        None => Step::default(),
    };
    step.kind.clone_from(&runner.loaded.definition.name);
    if step.name.is_empty() {
        step.name = given.name.clone().unwrap_or_else(|| "step".to_owned());
    }
    step.properties = Some(given::json(&input.parameter));
    let mut context = context(given);
    let base = "spec.workflow.steps[0].properties";
    let told = cue::json::from_value(&Value::Object(with_step(&context, &step)));
    let checked =
        runner.renderer.checked_parameters(&runner.loaded, &input.parameter, &told, base, input.allow_unknown)?;
    observed.parameter = given::json(&checked);
    let plan = Plan::new(std::slice::from_ref(&step), Mode::StepByStep, Mode::Dag)?;
    let identity = Identity {
        uid: "test".into(),
        revision: "test".into(),
        context: std::mem::take(&mut context),
        ..Identity::default()
    };
    let mut run = Run::start(Arc::new(plan), identity, Policy::default(), 1);
    let mut answers = Answers { given: &input.actions, used: vec![false; input.actions.len()], unanswered: Vec::new() };
    let (mut now, mut wake, mut events) = (0_i64, None, Vec::new());
    let mut vars = Map::new();
    let mut visit = Vec::new();
    for turn in 0..TURNS {
        for request in run.handle(Time(now), std::mem::take(&mut events), templates) {
            match request {
                Request::RunAction(action) => {
                    let call = json!({"path": action.path, "do": format!("{}.{}", action.provider, action.name), "params": shown(&action)});
                    // A step that waits is visited again and asks the same: that is one call.
                    if !visit.contains(&call) {
                        visit.push(call);
                    }
                    let outcome = answers.outcome(&action);
                    events.push(Event::Action { id: action.id, outcome });
                }
                Request::WakeAt(time) => wake = time,
                Request::StoreSecrets(values) => vars.extend(values.into_iter().map(|(k, _)| (k, json!("***")))),
                Request::WriteJournal(_)
                | Request::Acknowledge(_)
                | Request::Watch(_)
                | Request::Debug(_)
                | Request::Cancel(_)
                | Request::OutputsChanged
                | Request::StatusChanged => {}
            }
        }
        if !events.is_empty() {
            continue;
        }
        if matches!(run.settled(), Settled::Finished(_) | Settled::Suspended(None)) {
            break;
        }
        match wake {
            Some(time) if time.0 <= input.time || turn == 0 && time.0 <= now => now = now.max(time.0),
            _ => break,
        }
    }
    vars.extend(run.outputs());
    observed.calls = visit;
    observed.values = vars;
    if let Some(status) = run.status().steps.into_iter().next() {
        observed.phase = Some(status.phase.to_string());
        let mut message = status.message;
        if status.phase != StepPhase::Succeeded && !answers.unanswered.is_empty() && message.is_empty() {
            message = format!("no answer is given for {}", answers.unanswered.join(", "));
        }
        observed.message = Some(message);
    }
    Ok(())
}

/// What an action is given, without secrets.
fn shown(action: &RunAction) -> Value {
    if action.params.secret { json!("***") } else { action.params.value.clone() }
}

/// The context of every step of a run.
fn context(given: &Given) -> Map<String, Value> {
    let app = &given.app;
    let number = given.render.app_revision.rsplit_once("-v").and_then(|(_, n)| n.parse::<u64>().ok()).unwrap_or(0);
    let annotation = |key: &str| app.annotations.get(key).cloned().unwrap_or_default();
    let mut context = Map::new();
    for (key, value) in [
        ("name", json!(app.name)),
        ("namespace", json!(app.namespace)),
        ("appName", json!(app.name)),
        ("appRevision", json!(given.render.app_revision)),
        ("appRevisionNum", json!(number)),
        ("appLabels", json!(app.labels)),
        ("appAnnotations", json!(app.annotations)),
        ("publishVersion", json!(annotation(model::labels::PUBLISH_VERSION))),
        ("workflowName", json!(annotation(model::labels::WORKFLOW_NAME))),
    ] {
        context.insert(key.to_owned(), value);
    }
    for (key, value) in &given.render.custom {
        context.insert(key.clone(), given::json(value));
    }
    context
}

fn with_step(context: &Map<String, Value>, step: &Step) -> Map<String, Value> {
    let mut context = context.clone();
    for (key, value) in [("stepName", step.name.as_str()), ("stepSessionID", "0000000000"), ("stepGroupName", "")] {
        context.insert(key.to_owned(), json!(value));
    }
    context
}

/// The answers of a case: each is used once in the order given; the last one that fits is used again.
struct Answers<'a> {
    given: &'a [Answer],
    used: Vec<bool>,
    unanswered: Vec<String>,
}

impl Answers<'_> {
    fn outcome(&mut self, action: &RunAction) -> Outcome {
        let fits = |a: &Answer| {
            let by_action = a.action.as_deref().is_none_or(|name| {
                let (provider, name) = name.split_once('.').unwrap_or(("", name));
                model::action::lookup(provider, name)
                    .is_some_and(|known| known.provider == action.provider && known.name == action.name)
            });
            a.path.as_deref().is_none_or(|p| p == action.path) && by_action
        };
        let mut last = None;
        for (answer, used) in self.given.iter().zip(&mut self.used).filter(|(a, _)| fits(a)) {
            last = Some(answer);
            if !*used {
                *used = true;
                break;
            }
        }
        match last.map(|a| &a.result) {
            Some(AnswerResult::Returns(data)) => Outcome::Done(Payload::from(given::json(data))),
            Some(AnswerResult::Waits(message)) => Outcome::Wait { message: message.clone() },
            Some(AnswerResult::Fails(message)) => {
                Outcome::Failed { class: FaultClass::Permanent, message: message.clone() }
            }
            None => self.usual(action),
        }
    }

    /// Without an answer: what is brought to a cluster stands there, what returns nothing returns; anything else is not known.
    fn usual(&mut self, action: &RunAction) -> Outcome {
        let known = model::action::lookup(&action.provider, &action.name);
        let returns = |name: &str| known.is_some_and(|a| a.returns.iter().any(|f| f.name == name));
        let writes = matches!(action.name.as_str(), "apply" | "apply-in-parallel" | "patch");
        if let (true, true, Some(value)) = (writes, returns("value"), action.params.value.get("value")) {
            return Outcome::Done(json!({"value": value}).into());
        }
        if known.is_some_and(|a| a.returns.iter().all(|f| f.name == "err")) {
            return Outcome::Done(json!({}).into());
        }
        let name = format!("{} ({}.{})", action.path, action.provider, action.name);
        let message = format!("no answer is given for {name}; add it to `actions`");
        if !self.unanswered.contains(&name) {
            self.unanswered.push(name);
        }
        Outcome::Wait { message }
    }
}
