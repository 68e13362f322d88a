//! A world in memory for runs: scripted steps, actions that answer at once, a journal that survives crashes.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    unreachable_pub
)]

use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::action::lookup;
use model::operation::{OperationAction, UserOperation};
use model::{Mode, Step, StepStatus, WorkflowStatus};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use workflow::evaluate::{Outputs, Results};
use workflow::*;

/// Steps whose properties are their script: `do: [{provider, name, params, path}]`; results are referred to as `$path`.
pub struct Script;

impl Steps for Script {
    fn next(&self, scope: Scope<'_>, results: &Results) -> Result<Next, Diagnostic> {
        if let Some(problem) = scope.parameter.value.get("broken").and_then(Value::as_str) {
            return Err(Diagnostic::error("test/broken", problem));
        }
        let actions = scope.parameter.value.get("do").and_then(Value::as_array).cloned().unwrap_or_default();
        for (i, a) in actions.iter().enumerate() {
            let path = a.get("path").and_then(Value::as_str).map_or(format!("a{i}"), str::to_owned);
            if results.contains_key(&path) {
                continue;
            }
            let mut params = a.get("params").cloned().unwrap_or(json!({}));
            if let Some(from) = params.get("from").and_then(Value::as_str)
                && let Some(result) = results.get(from)
            {
                params["from"] = result.value.clone();
            }
            if let Some(ready) = a.get("ready").and_then(Value::as_str) {
                params["continue"] = json!(results.get(ready).is_some_and(|r| r.value["ready"] == json!(true)));
            }
            let action = lookup(a["provider"].as_str().unwrap_or(""), a["name"].as_str().unwrap()).unwrap();
            return Ok(Next::Act(Call {
                path,
                action,
                params: Payload { value: params, secret: scope.parameter.secret },
            }));
        }
        Ok(Next::Done)
    }

    fn outputs(&self, scope: Scope<'_>, results: &Results) -> Result<Outputs, Diagnostic> {
        let value = |from: &str| match from.split_once('.') {
            Some(("parameter", key)) => scope.parameter.value.get(key).cloned().map(Payload::from),
            _ => results.get(from).cloned(),
        };
        Ok(scope.step.outputs.iter().map(|o| (o.name.clone(), value(&o.value_from))).collect())
    }

    fn condition(&self, scope: Scope<'_>, status: &IndexMap<&str, &StepStatus>) -> Result<bool, Diagnostic> {
        let text = scope.step.condition.as_str();
        match text.split_once('.') {
            _ if text == "true" || text == "false" => Ok(text == "true"),
            Some((step, "failed")) => Ok(status.get(step).is_some_and(|s| s.phase == model::StepPhase::Failed)),
            Some(("inputs", input)) => Ok(scope.inputs.get(input).is_some_and(|v| v.value == json!("yes"))),
            _ => Err(Diagnostic::error("test/if", format!("{text} is no condition"))),
        }
    }
}

/// What is outside of a run, and outlives the process.
#[derive(Default)]
pub struct World {
    pub journal: Vec<Entry>,
    pub secrets: IndexMap<String, Value>,
    pub vars: IndexMap<String, Value>,
    pub status: Option<WorkflowStatus>,
    /// Effects that happened, by key: what was sent.
    pub effects: BTreeMap<String, Value>,
    /// How often each effect was asked for, by key.
    pub attempts: BTreeMap<String, u32>,
    /// Actions in order.
    pub log: Vec<String>,
    /// When each of them was asked for.
    pub times: Vec<i64>,
    /// Answers for `provider.name` in order; the last is repeated.
    pub answers: BTreeMap<String, Vec<Outcome>>,
    pub now: i64,
}

pub fn steps(text: Value) -> Vec<Step> {
    let mut steps: Vec<Step> = serde_json::from_value(text).unwrap();
    Step::name_empty_ones(&mut steps);
    steps
}

/// One life of a process that drives a run.
pub struct Process {
    pub run: Run,
    queue: Vec<Event>,
    wake: Option<Time>,
    /// Dies after so many writes or actions.
    pub fuel: Option<u32>,
}

pub struct Died;

impl Process {
    pub fn new(plan: &Arc<Plan>, world: &World, epoch: u64) -> Process {
        let identity = Identity {
            uid: "uid-1".into(),
            revision: "app-v1".into(),
            author: "author".into(),
            context: serde_json::Map::new(),
        };
        let policy = Policy::default();
        let run = Run::replay(plan.clone(), identity, policy, epoch, &world.journal, world.secrets.clone()).unwrap();
        Process { run, queue: Vec::new(), wake: None, fuel: None }
    }

    fn burn(&mut self) -> Result<(), Died> {
        match &mut self.fuel {
            Some(0) => Err(Died),
            Some(n) => {
                *n -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Drives the run until it has settled; timers are waited for.
    pub fn go(&mut self, world: &mut World) -> Result<Settled, Died> {
        self.drive(world, true)
    }

    /// The same, but returns when only time can help.
    pub fn until_idle(&mut self, world: &mut World) -> Result<Settled, Died> {
        self.drive(world, false)
    }

    fn drive(&mut self, world: &mut World, wait: bool) -> Result<Settled, Died> {
        let mut first = true;
        for _ in 0..100_000 {
            if self.queue.is_empty() && !first {
                match (self.run.settled(), self.wake) {
                    (Settled::Finished(p), _) => return Ok(Settled::Finished(p)),
                    (Settled::Suspended(None), _) => return Ok(Settled::Suspended(None)),
                    (s, _) if !wait => return Ok(s),
                    (_, Some(t)) => world.now = world.now.max(t.0),
                    (s, None) => panic!("nothing to do and not settled: {s:?} {:?}", self.run.status()),
                }
            }
            first = false;
            let events = std::mem::take(&mut self.queue);
            for request in self.run.handle(Time(world.now), events, &Script) {
                match request {
                    Request::WriteJournal(entries) => {
                        self.burn()?;
                        assert_eq!(entries[0].seq as usize, world.journal.len(), "the journal has no gaps");
                        world.journal.extend(entries);
                        self.burn()?;
                    }
                    Request::RunAction(a) => {
                        self.burn()?;
                        let outcome = world.perform(&a);
                        self.burn()?;
                        self.queue.push(Event::Action { id: a.id, outcome });
                    }
                    Request::Acknowledge(_) | Request::Watch(_) | Request::Debug(_) => {}
                    Request::StatusChanged => world.status = Some(self.run.status()),
                    Request::OutputsChanged => world.vars = self.run.outputs(),
                    Request::Cancel(ids) => {
                        self.queue.retain(|e| !matches!(e, Event::Action { id, .. } if ids.contains(id)))
                    }
                    Request::StoreSecrets(s) => world.secrets.extend(s),
                    Request::WakeAt(t) => self.wake = t,
                }
            }
        }
        panic!("the run never settles");
    }

    pub fn send(&mut self, operation: UserOperation) {
        self.queue.push(Event::Operation(operation));
    }

    pub fn operate(&mut self, id: &str, action: OperationAction) {
        self.queue.push(Event::Operation(UserOperation { id: id.into(), action, ..UserOperation::default() }));
    }
}

impl World {
    fn perform(&mut self, a: &RunAction) -> Outcome {
        let what = format!("{}.{}", a.provider, a.name);
        self.log.push(format!("{}/{} {what}", a.step, a.path));
        self.times.push(self.now);
        if let Some(key) = &a.key {
            *self.attempts.entry(key.clone()).or_default() += 1;
        }
        let scripted = self
            .answers
            .get_mut(&what)
            .filter(|l| !l.is_empty())
            .map(|l| if l.len() > 1 { l.remove(0) } else { l[0].clone() });
        let outcome = scripted.unwrap_or_else(|| Outcome::Done(json!({"ready": true, "echo": a.params.value}).into()));
        if let (Some(key), Outcome::Done(_)) = (&a.key, &outcome) {
            let sent = self.effects.entry(key.clone()).or_insert_with(|| a.params.value.clone());
            assert_eq!(*sent, a.params.value, "one key, one input");
        }
        outcome
    }
}

/// `name:phase/reason "message"` per step, sub-steps indented, then the flags.
pub fn show(status: &WorkflowStatus) -> String {
    fn line(s: &StepStatus, indent: &str) -> String {
        let reason = if s.reason.as_str().is_empty() { String::new() } else { format!("/{}", s.reason) };
        let message = if s.message.is_empty() { String::new() } else { format!(" \"{}\"", s.message) };
        let mut text = format!("{indent}{}: {}{reason}{message}\n", s.name, s.phase);
        for sub in &s.sub_steps {
            text += &line(sub, "  ");
        }
        text
    }
    let mut text: String = status.steps.iter().map(|s| line(s, "")).collect();
    let flags = [("suspend", status.suspend), ("terminated", status.terminated), ("finished", status.finished)];
    let on: Vec<&str> = flags.iter().filter(|(_, f)| *f).map(|(n, _)| *n).collect();
    text += &format!("= {} {}", status.phase.unwrap(), on.join(" "));
    if !status.message.is_empty() {
        text += &format!(" ({})", status.message);
    }
    text
}

pub fn plan(mode: Mode, text: Value) -> Arc<Plan> {
    Arc::new(Plan::new(&steps(text), mode, Mode::Dag).unwrap())
}

/// Runs to the end and shows the status.
pub fn run(mode: Mode, text: Value) -> String {
    run_in(&mut World::default(), mode, text)
}

pub fn run_in(world: &mut World, mode: Mode, text: Value) -> String {
    let mut p = Process::new(&plan(mode, text), world, 1);
    assert!(p.go(world).is_ok());
    show(&p.run.status())
}

// steps of the scripts

pub fn say(name: &str) -> Value {
    json!({"name": name, "type": "say", "properties": {"do": [{"name": "message", "params": {"message": name}}]}})
}
pub fn gate(name: &str) -> Value {
    json!({"name": name, "type": "suspend", "properties": {"do": [{"name": "suspend", "path": "suspend"}]}})
}
pub fn fail(name: &str) -> Value {
    json!({"name": name, "type": "fail", "properties": {"do": [{"name": "fail", "params": {"message": "no"}}]}})
}
pub fn act(name: &str, actions: &[(&str, &str)]) -> Value {
    let list: Vec<Value> = actions
        .iter()
        .enumerate()
        .map(|(i, (p, n))| {
            let params = if *p == "http" {
                json!({"url": format!("{name}{i}"), "method": "POST"})
            } else {
                json!({"value": {"kind": "K", "metadata": {"name": format!("{name}{i}")}}})
            };
            json!({"provider": p, "name": n, "params": params})
        })
        .collect();
    json!({"name": name, "type": "act", "properties": {"do": list}})
}
/// Sets fields of a step.
pub fn with(mut step: Value, fields: Value) -> Value {
    for (k, v) in fields.as_object().unwrap() {
        step[k] = v.clone();
    }
    step
}
pub fn group(name: &str, subs: Value) -> Value {
    json!({"name": name, "type": "step-group", "subSteps": subs})
}
