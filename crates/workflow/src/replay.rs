//! A run told again from its journal: what became true, how everything stood at any entry, and why it stands where it stands.
//!
//! Nothing here needs the definitions or the steps of the run: names stand in the facts, so that the journal of a revision
//! that nobody can render any more is told as well. Values that came from secrets are not in the journal; they show as `***`.

use crate::journal::{Entry, Fact, Terminator, Var};
use crate::plan::Plan;
use crate::state::{State, StepState};
use crate::time::Time;
use model::generate::STEP_GROUP;
use model::{RunPhase, StepPhase, StepReason, StepStatus, WorkflowStatus};
use serde_json::Value;
use std::sync::Arc;

/// What stands in the place of a value that came from a secret.
pub const HIDDEN: &str = "***";

/// How a run stood after an entry of its journal.
#[derive(Debug, Clone)]
pub struct Moment {
    plan: Arc<Plan>,
    /// Everything that was known.
    pub state: State,
    /// When the entry was written.
    pub at: Time,
}

impl Moment {
    /// Steps in the order in which they were first recorded.
    pub fn steps(&self) -> impl Iterator<Item = (&str, &StepState)> {
        let named = |ix: &usize| Some((self.plan.node(*ix)?.step.name.as_str(), self.state.step(*ix)?));
        self.state.order.iter().filter_map(named)
    }

    /// Variables with who gave them.
    pub fn values(&self) -> impl Iterator<Item = (&str, Value, &str)> {
        let vars = self.state.vars.iter().filter(|(name, _)| !name.contains('#'));
        vars.map(|(name, var)| (name.as_str(), shown(var), self.state.givers.get(name).map_or("", String::as_str)))
    }
}

/// A variable as it may be seen.
fn shown(var: &Var) -> Value {
    if var.secret { HIDDEN.into() } else { var.value.clone().unwrap_or(Value::Null) }
}

/// How the run stood after the entry with this number; after the last one if there are fewer.
pub fn at(entries: &[Entry], seq: u64) -> Moment {
    let mut plan = Arc::new(Plan::of_names(entries.iter().filter_map(|e| step_of(&e.fact))));
    let mut state = State::default();
    let mut time = Time::default();
    for entry in entries.iter().take_while(|e| e.seq <= seq) {
        crate::run::expand(&mut plan, &entry.fact);
        state.apply(&plan, entry);
        time = entry.at;
    }
    Moment { plan, state, at: time }
}

/// The step that a fact is about.
pub fn step_of(fact: &Fact) -> Option<&str> {
    match fact {
        Fact::Step { step, .. }
        | Fact::Retry { step }
        | Fact::Suspend { step, .. }
        | Fact::Approve { step, .. }
        | Fact::Again { step, .. }
        | Fact::Expand { step, .. }
        | Fact::Pass { step, .. }
        | Fact::Intent { step, .. }
        | Fact::Effect { step, .. }
        | Fact::Log { step, .. }
        | Fact::Vars { step, .. } => Some(step),
        Fact::Begin { .. }
        | Fact::Own
        | Fact::Operation { .. }
        | Fact::Hold { .. }
        | Fact::Terminate { .. }
        | Fact::Forget { .. }
        | Fact::End { .. } => None,
    }
}

/// A fact in a line, without its step's name.
pub fn tell(fact: &Fact) -> String {
    let with = |text: String, message: &str| if message.is_empty() { text } else { format!("{text}: {message}") };
    match fact {
        Fact::Begin { revision, restarts: 0, .. } => format!("the run of {revision} begins"),
        Fact::Begin { revision, restarts, .. } => format!("the run of {revision} begins anew, restart {restarts}"),
        Fact::Own => "another process goes on".to_owned(),
        Fact::Step { phase, reason, message, .. } => {
            let reason = if *reason == StepReason::None { String::new() } else { format!(" ({})", reason.as_str()) };
            with(format!("{phase}{reason}"), message)
        }
        Fact::Retry { .. } => "an error is counted".to_owned(),
        Fact::Suspend { until: Some(until), .. } => format!("stops until {}", until.rfc3339()),
        Fact::Suspend { need: Some(need), .. } => need.tell(&[]),
        Fact::Suspend { .. } => "stops until somebody resumes it".to_owned(),
        Fact::Approve { approval, .. } => crate::approval::people(std::slice::from_ref(approval)),
        Fact::Again { message, .. } => with("begins again from nothing".to_owned(), message),
        Fact::Expand { count, .. } => format!("runs for {count} items"),
        Fact::Pass { .. } => "goes on".to_owned(),
        Fact::Intent { path, key, .. } => format!("is about to send {path}, key {key}"),
        Fact::Effect { key, .. } => format!("has the answer for key {key}"),
        Fact::Log { text, .. } => format!("says: {text}"),
        Fact::Vars { values, .. } => {
            let names: Vec<&str> = values.keys().map(String::as_str).filter(|name| !name.contains('#')).collect();
            format!("gives {}", names.join(", "))
        }
        Fact::Operation { id, refused } => match refused.as_str() {
            "" => format!("request {id} is taken"),
            why => format!("request {id} is refused: {why}"),
        },
        Fact::Hold { on: true } => "is held: nothing new is started".to_owned(),
        Fact::Hold { on: false } => "is let go".to_owned(),
        Fact::Terminate { by: Terminator::User } => "somebody ends it".to_owned(),
        Fact::Terminate { by: Terminator::Failure } => "will end, because a step failed".to_owned(),
        Fact::Terminate { by: Terminator::Break } => "will end, because a step says so".to_owned(),
        Fact::Forget { steps, .. } => format!("begins anew from {}", steps.join(", ")),
        Fact::End { phase } => format!("is over: {phase}"),
    }
}

/// The values that a fact carries; `None`: it carries none.
pub fn values(fact: &Fact) -> Option<Value> {
    match fact {
        Fact::Intent { input, .. } => Some(input.clone().unwrap_or_else(|| HIDDEN.into())),
        Fact::Effect { result, .. } => Some(result.clone().unwrap_or_else(|| HIDDEN.into())),
        Fact::Vars { values, .. } => {
            let open = values.iter().filter(|(name, _)| !name.contains('#'));
            Some(Value::Object(open.map(|(name, var)| (name.clone(), shown(var))).collect()))
        }
        _ => None,
    }
}

/// Why a run stands where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Why {
    /// The step that it is about, with its type; `None`: it is about the whole run.
    pub step: Option<(String, String)>,
    /// Without a full stop.
    pub sentence: String,
    /// Nothing is wrong and nothing is waited for.
    pub well: bool,
}

/// The one sentence about a run.
pub fn why(run: &WorkflowStatus) -> Why {
    let mut leaves = Vec::new();
    for step in &run.steps {
        // what a group says is what its sub-steps say
        if step.sub_steps.is_empty() { leaves.push(step) } else { leaves.extend(&step.sub_steps) }
    }
    let about = |step: &StepStatus, sentence: String| Why {
        step: Some((step.name.clone(), step.kind.clone())),
        sentence,
        well: false,
    };
    let name = |step: &StepStatus| {
        if step.kind.is_empty() || step.kind == step.name {
            format!("step {}", step.name)
        } else {
            format!("step {} ({})", step.name, step.kind)
        }
    };
    let says = |step: &StepStatus| if step.message.is_empty() { String::new() } else { format!(": {}", step.message) };
    let since = |step: &StepStatus| {
        let first = step.last_execute_time.as_deref().or(step.first_execute_time.as_deref());
        first.map_or_else(String::new, |time| format!(" since {time}"))
    };
    let whole = |sentence: &str, well| Why { step: None, sentence: sentence.to_owned(), well };
    if run.finished && run.phase == Some(RunPhase::Succeeded) {
        return whole("it succeeded", true);
    }
    let failed = |final_only: bool| {
        leaves.iter().find(|s| {
            s.phase == StepPhase::Failed && (!final_only || s.reason.is_final()) && s.reason != StepReason::Terminate
        })
    };
    if let Some(step) = failed(true) {
        let how = match step.reason {
            StepReason::Timeout => "ran out of time",
            StepReason::FailedAfterRetries => "failed each time it was tried",
            StepReason::Output => "did not give what it promises",
            StepReason::Input => "could not be given what it takes",
            StepReason::Rendering => "does not fit its definition",
            _ => "failed",
        };
        return about(step, format!("{} {how}{}", name(step), says(step)));
    }
    if run.terminated && run.phase == Some(RunPhase::Terminated) {
        let at = leaves.iter().find(|s| s.reason == StepReason::Terminate);
        return match at {
            Some(step) => about(step, format!("somebody ended it in {}", name(step))),
            None => whole("somebody ended it", false),
        };
    }
    if run.finished {
        return whole("a step ended it early", false);
    }
    if let Some(step) = leaves.iter().find(|s| s.phase == StepPhase::Suspending) {
        let message =
            if step.message.is_empty() { ": it waits for somebody to resume it".to_owned() } else { says(step) };
        return about(step, format!("{} is suspended{}{message}", name(step), since(step)));
    }
    if let Some(step) = failed(false) {
        return about(step, format!("{} is tried again{}", name(step), says(step)));
    }
    let waits = |s: &&&StepStatus| s.phase == StepPhase::Running && s.kind != STEP_GROUP;
    if let Some(step) = leaves.iter().filter(waits).max_by_key(|s| !s.message.is_empty()) {
        let does = if step.reason == StepReason::Wait { "waits" } else { "is at work" };
        return about(step, format!("{} {does}{}{}", name(step), since(step), says(step)));
    }
    if run.suspend {
        return whole("somebody suspended it, and nothing new is started until somebody resumes it", false);
    }
    if let Some(step) = leaves.iter().find(|s| s.phase == StepPhase::Pending) {
        return about(step, format!("{} cannot begin yet{}", name(step), says(step)));
    }
    whole("it has not begun", false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn entries() -> Vec<Entry> {
        let lines = r#"
{"seq":0,"epoch":1,"at":0,"fact":"begin","plan":"p","revision":"shop-v1","restarts":0}
{"seq":1,"epoch":1,"at":10,"fact":"step","step":"ask","phase":"running"}
{"seq":2,"epoch":1,"at":11,"fact":"intent","step":"ask","path":"req","key":"k1","input":{"url":"x"}}
{"seq":3,"epoch":2,"at":900,"fact":"own"}
{"seq":4,"epoch":2,"at":901,"fact":"effect","step":"ask","key":"k1","result":{"status":200}}
{"seq":5,"epoch":2,"at":902,"fact":"vars","step":"ask","values":{"answer":{"value":42},"token":{"secret":true}}}
{"seq":6,"epoch":2,"at":903,"fact":"step","step":"ask","phase":"succeeded"}
{"seq":7,"epoch":2,"at":904,"fact":"end","phase":"succeeded"}"#;
        lines.trim().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    }

    #[test]
    fn the_state_and_the_values_at_each_entry() {
        let entries = entries();
        let half = at(&entries, 2);
        let (name, ask) = half.steps().next().unwrap();
        assert_eq!((name, ask.phase, ask.effects["k1"].done.is_some()), ("ask", StepPhase::Running, false));
        assert_eq!((half.values().count(), half.state.epoch), (0, 1));
        let whole = at(&entries, u64::MAX);
        assert_eq!(whole.steps().next().unwrap().1.phase, StepPhase::Succeeded);
        let values: Vec<_> = whole.values().collect();
        assert_eq!(values, [("answer", json!(42), "ask"), ("token", json!("***"), "ask")]);
        assert!(whole.state.ended.is_some());
    }

    #[test]
    fn each_fact_is_a_line() {
        let told: Vec<String> = entries().iter().map(|e| tell(&e.fact)).collect();
        assert_eq!(
            told,
            [
                "the run of shop-v1 begins",
                "running",
                "is about to send req, key k1",
                "another process goes on",
                "has the answer for key k1",
                "gives answer, token",
                "succeeded",
                "is over: succeeded",
            ]
        );
        assert_eq!(values(&entries()[5].fact), Some(json!({"answer": 42, "token": "***"})));
        assert_eq!(values(&entries()[1].fact), None);
    }

    #[test]
    fn the_sentence_is_about_the_step_that_matters() {
        let run = |value: Value| -> WorkflowStatus { serde_json::from_value(value).unwrap() };
        let failed = run(json!({"status": "failed", "finished": true, "steps": [
            {"id": "1", "name": "a", "type": "deploy", "phase": "succeeded"},
            {"id": "2", "name": "g", "type": "step-group", "phase": "failed", "reason": "Action", "subSteps": [
                {"id": "3", "name": "b", "type": "request", "phase": "failed", "reason": "FailedAfterRetries", "message": "refused"}]},
            {"id": "4", "name": "c", "type": "deploy", "phase": "skipped", "reason": "Skip"}]}));
        assert_eq!(why(&failed).sentence, "step b (request) failed each time it was tried: refused");
        let waiting = run(json!({"status": "suspending", "suspend": true, "steps": [
            {"id": "1", "name": "gate", "type": "suspend", "phase": "suspending", "reason": "Suspend",
             "message": "waits for approval, 1 of 2", "lastExecuteTime": "2026-11-21T08:00:00Z"}]}));
        let told = why(&waiting);
        assert_eq!(
            told.sentence,
            "step gate (suspend) is suspended since 2026-11-21T08:00:00Z: waits for approval, 1 of 2"
        );
        assert_eq!(told.step, Some(("gate".to_owned(), "suspend".to_owned())));
        assert!(why(&run(json!({"status": "succeeded", "finished": true}))).well);
    }
}
