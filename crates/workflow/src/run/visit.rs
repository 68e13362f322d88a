//! One visit of a step: ask what is next, do it, ask again.
//!
//! A visit begins without results: what observes and converges runs again, so that a wait sees the world as it is. Effects
//! have a memory: one whose key is recorded as done is not sent again, its recorded result is used.

use super::Run;
use crate::approval::people;
use crate::debug::Seen;
use crate::evaluate::{Call, Next, Payload, Results, Steps};
use crate::event::{ActionId, FaultClass, Outcome, RunAction};
use crate::hide::Known;
use crate::ident::{effect_key, hash};
use crate::journal::{Fact, Var};
use crate::plan::Ix;
use crate::retry::RetryRule;
use crate::time::Time;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::action::Class;
use model::{StepPhase, StepReason};
use serde_json::{Map, Value};

/// How often a conflict is answered by doing it again at once.
const CONFLICTS_AT_ONCE: u32 = 5;
/// Actions in one visit; more is a template that never ends.
const ACTIONS_PER_VISIT: usize = 10_000;

impl Run {
    /// Begins a visit or goes on with it.
    pub(super) fn visit(&mut self, ix: Ix, steps: &dyn Steps) {
        if self.state.step(ix).is_some_and(|s| s.suspends.get("").is_some_and(|s| !s.passed)) {
            return; // suspended by a user
        }
        let now = self.now;
        let Some(live) = self.live.get_mut(ix) else { return };
        live.last = Some(now);
        live.next = None;
        if !live.visiting {
            live.visiting = true;
            live.results.clear();
            live.message.clear();
        }
        loop {
            let Some(live) = self.live.get(ix) else { return };
            if live.results.len() > ACTIONS_PER_VISIT {
                let message = format!("more than {ACTIONS_PER_VISIT} actions in one visit");
                return self.finish(ix, StepPhase::Failed, StepReason::Rendering, message);
            }
            let first = live.results.is_empty();
            let next = match self.with_scope(ix, |scope| steps.next(scope, &live.results)) {
                Ok(next) => next,
                Err(d) => return self.finish(ix, StepPhase::Failed, StepReason::Input, tell(&d)),
            };
            let more = match next {
                Ok(Next::Act(call)) if call.action.class == Class::Control => self.control(ix, call, steps),
                Ok(Next::Act(call)) => self.act(ix, call),
                Ok(Next::Computed { path, result }) => {
                    self.result(ix, path, result);
                    true
                }
                Ok(Next::Wait { message }) => self.wait(ix, message),
                Ok(Next::Done) => self.succeed(ix, steps),
                Err(d) if first => self.finish_with_problem(ix, &d),
                Err(d) => self.misfit(ix, &d),
            };
            if !more {
                return;
            }
        }
    }

    /// The results do not fit the template. It will not be better for trying again, unless the step says so itself.
    fn misfit(&mut self, ix: Ix, problem: &Diagnostic) -> bool {
        if self.plan.node(ix).and_then(|n| n.retry).is_some_and(|rule| rule.error) {
            return self.fault(ix, FaultClass::Permanent, &tell(problem));
        }
        self.finish_with_problem(ix, problem)
    }

    fn finish_with_problem(&mut self, ix: Ix, problem: &Diagnostic) -> bool {
        self.finish(ix, StepPhase::Failed, StepReason::Rendering, tell(problem));
        false
    }

    /// Asks for an action; `true` when its result is known already.
    fn act(&mut self, ix: Ix, call: Call) -> bool {
        let Some(node) = self.plan.node(ix) else { return false };
        let step = node.step.name.clone();
        let class = call.action.class_of(&call.params.value);
        let deadline = self.state.step(ix).map(|s| match node.timeout {
            Some(timeout) => s.first.after(timeout),
            None => s.active.after(self.policy.wait_deadline),
        });
        let again = self.state.step(ix).map_or(0, |s| s.again);
        self.step_is_running(ix);
        let mut call = call;
        let mut key = None;
        if class == Class::Effect {
            let named = if again == 0 { step.clone() } else { format!("{step}#{again}") };
            let wanted =
                effect_key(&self.identity.uid, &named, &call.path, &hash(&call.params.value), self.state.restarts);
            let none = IndexMap::new();
            let effects = self.state.step(ix).map_or(&none, |s| &s.effects);
            if let Some(done) = effects.get(&wanted).and_then(|e| e.done.clone()) {
                let result = match done {
                    Some(value) => Payload { value, secret: false },
                    None => Payload { value: self.secrets.get(&wanted).cloned().unwrap_or(Value::Null), secret: true },
                };
                self.result(ix, call.path, result);
                return true;
            }
            // an intent of this action that was never answered is settled before a new one is made
            let open = effects.iter().find(|(k, e)| **k != wanted && e.path == call.path && e.done.is_none());
            if let Some((old, Some(input))) = open.map(|(k, e)| (k.clone(), e.input.clone())) {
                call.params = Payload { value: input, secret: false };
                key = Some(old);
            } else {
                if !effects.contains_key(&wanted) {
                    let input = (!call.params.secret).then(|| call.params.value.clone());
                    self.fact(Fact::Intent { step: step.clone(), path: call.path.clone(), key: wanted.clone(), input });
                }
                key = Some(wanted);
            }
        }
        self.actions += 1;
        let id = ActionId(self.state.epoch, self.actions);
        self.calls.push(RunAction {
            id,
            step_id: self.id_of(ix),
            step,
            path: call.path.clone(),
            provider: call.action.provider.to_owned(),
            name: call.action.name.to_owned(),
            params: call.params.clone(),
            class,
            key: key.clone(),
            deadline,
        });
        self.in_flight.insert(id, ix);
        if let Some(live) = self.live.get_mut(ix) {
            live.call = Some((id, call, key));
        }
        false
    }

    /// A step that was waiting or failed for the moment keeps its message while it is visited.
    pub(super) fn step_is_running(&mut self, ix: Ix) {
        let phase = self.state.step(ix).map(|s| s.phase);
        if !matches!(phase, Some(StepPhase::Running | StepPhase::Failed)) {
            self.step_is(ix, StepPhase::Running, StepReason::None, String::new());
        }
    }

    pub(super) fn result(&mut self, ix: Ix, path: String, result: Payload) {
        if let Some(live) = self.live.get_mut(ix) {
            live.results.insert(path, result);
        }
    }

    /// An action was answered.
    pub(super) fn action_is_over(&mut self, id: ActionId, outcome: Outcome) {
        let Some(ix) = self.in_flight.remove(&id) else { return };
        let Some((_, call, key)) = self.live.get_mut(ix).and_then(|l| l.call.take()) else { return };
        let step = self.plan.node(ix).map(|n| n.step.name.clone()).unwrap_or_default();
        match outcome {
            Outcome::Done(mut result) => {
                // Who performed it says that the answer may be shown; what it repeats of what it was sent may not.
                if call.params.secret && !result.secret {
                    self.known(ix).hide_in(&mut result.value);
                }
                if let Some(live) = self.live.get_mut(ix) {
                    live.conflicts = 0;
                }
                match key {
                    Some(key) => {
                        let stored = if result.secret {
                            self.secrets.insert(key.clone(), result.value.clone());
                            self.new_secrets.insert(key.clone(), result.value);
                            None
                        } else {
                            Some(result.value)
                        };
                        // the visit asks again and finds the recorded result, or goes on to the key that it wants
                        self.fact(Fact::Effect { step, key, result: stored });
                    }
                    None => self.result(ix, call.path, result),
                }
                self.queue.push_back(ix);
            }
            Outcome::Wait { message } => {
                let message = self.known(ix).hidden(&message);
                self.wait(ix, message);
            }
            Outcome::Failed { class, message } => {
                let message = self.known(ix).hidden(&message);
                self.fault(ix, class, &message);
            }
        }
    }

    /// The secrets that this step can have sent: a server that repeats what it was given must not carry them into the
    /// journal.
    fn known(&self, ix: Ix) -> Known {
        let mut known = Known::default();
        known.values(self.secrets.values());
        if let Some(live) = self.live.get(ix) {
            known.results(&live.results);
        }
        known
    }

    /// Ends the visit; the step is looked at again after a pause.
    pub(super) fn wait(&mut self, ix: Ix, message: String) -> bool {
        self.end_visit(ix);
        self.step_is(ix, StepPhase::Running, StepReason::Wait, message.clone());
        self.pause(ix, message, self.policy.wait_cap);
        if !self.state.is_finished(ix) {
            self.waiting.push(ix);
        }
        false
    }

    /// Ends the visit after an error.
    fn fault(&mut self, ix: Ix, class: FaultClass, message: &str) -> bool {
        self.end_visit(ix);
        let conflicts = self.live.get(ix).map_or(0, |l| l.conflicts);
        match class {
            FaultClass::Conflict if conflicts < CONFLICTS_AT_ONCE => {
                if let Some(live) = self.live.get_mut(ix) {
                    live.conflicts += 1;
                }
                self.queue.push_back(ix);
            }
            FaultClass::Conflict | FaultClass::Transient => {
                self.step_is(ix, StepPhase::Running, StepReason::Wait, message.to_owned());
                self.pause(ix, message.to_owned(), self.policy.wait_cap);
            }
            FaultClass::Permanent => {
                let Some(node) = self.plan.node(ix) else { return false };
                let (step, rule) = (node.step.name.clone(), node.retry);
                let limit = match rule {
                    Some(rule) if !rule.error => 0,
                    rule => rule.and_then(|r| r.limit).unwrap_or(self.policy.max_retries),
                };
                self.fact(Fact::Retry { step });
                if self.state.step(ix).is_some_and(|s| s.errors > limit) {
                    self.finish(ix, StepPhase::Failed, StepReason::FailedAfterRetries, message.to_owned());
                } else {
                    self.step_is(ix, StepPhase::Failed, StepReason::Execute, message.to_owned());
                    self.retry_later(ix, message);
                }
            }
        }
        false
    }

    /// The pause before a retry: as the step's rule says, else as the policy does.
    fn retry_later(&mut self, ix: Ix, message: &str) {
        let backoff = self.plan.node(ix).and_then(|n| n.retry).and_then(|r| r.backoff);
        let Some(first) = backoff else { return self.pause(ix, message.to_owned(), self.policy.failed_cap) };
        // the count of errors is durable, so that a crash does not shorten the pause
        let errors = self.state.step(ix).map_or(1, |s| s.errors).saturating_sub(1).min(20);
        let millis = first.saturating_mul(1 << errors).min(crate::retry::LONGEST);
        let next = self.now.after(millis);
        if let Some(live) = self.live.get_mut(ix) {
            live.next = Some(next);
        }
        self.timers.insert((next, ix));
    }

    /// Begins a step again from nothing if its rule says so for this cause, and its budget is not spent.
    pub(super) fn begins_again(&mut self, ix: Ix, cause: impl Fn(&RetryRule) -> bool, message: &str) -> bool {
        let Some(node) = self.plan.node(ix) else { return false };
        let Some(rule) = node.retry.filter(|rule| cause(rule)) else { return false };
        let limit = rule.limit.unwrap_or(self.policy.max_retries);
        if self.state.is_ending() || self.state.step(ix).is_none_or(|s| s.errors >= limit) {
            return false;
        }
        let (step, timeout) = (node.step.name.clone(), node.timeout);
        self.give_up_call(ix);
        self.end_visit(ix);
        self.fact(Fact::Again { step, message: message.to_owned() });
        self.retry_later(ix, message);
        self.timers.extend(timeout.map(|t| (self.now.after(t), ix)));
        true
    }

    pub(super) fn end_visit(&mut self, ix: Ix) {
        let Some(live) = self.live.get_mut(ix) else { return };
        if std::mem::take(&mut live.visiting) && self.policy.debug {
            self.visited.insert(ix, live.results.clone());
        }
    }

    /// The value of a step as it can be shown.
    pub(super) fn seen_of(&self, ix: Ix, results: &Results, steps: &dyn Steps) -> Option<Seen> {
        let step = self.plan.node(ix)?.step.name.clone();
        let mut known = self.known(ix);
        known.results(results);
        let text = self.with_scope(ix, |scope| {
            known.values(scope.inputs.values().filter(|input| input.secret).map(|input| &input.value));
            steps.value(scope, results).text(&mut known)
        });
        let text = text.unwrap_or_else(|problem| format!("// {}\n", tell(&problem)));
        Some(Seen { step, step_id: self.id_of(ix), text })
    }

    /// 50 ms, doubled each time, up to a cap; from the start when the message changes.
    fn pause(&mut self, ix: Ix, message: String, cap: i64) {
        let now = self.now;
        let Some(live) = self.live.get_mut(ix) else { return };
        if live.pause_message != message {
            live.pauses = 0;
            live.pause_message = message;
        }
        let millis = 50i64.checked_shl(live.pauses).unwrap_or(cap).clamp(50, cap);
        live.pauses = (live.pauses + 1).min(32);
        let mut next: Time = now.after(millis);
        let waited = live.pause_message.clone();
        let bounded = self.plan.node(ix).is_some_and(|n| n.timeout.is_none());
        if let Some(active) = self.state.step(ix).filter(|_| bounded).map(|s| s.active) {
            let end = active.after(self.policy.wait_deadline);
            if end <= now {
                let time = jiff::SignedDuration::from_millis(self.policy.wait_deadline);
                let message = format!("waited {time:#} for: {waited}");
                return self.finish(ix, StepPhase::Failed, StepReason::Timeout, message);
            }
            next = next.min(end);
        }
        if let Some(live) = self.live.get_mut(ix) {
            live.next = Some(next);
        }
        self.timers.insert((next, ix));
    }

    /// Ends a step that has done everything, with its outputs.
    fn succeed(&mut self, ix: Ix, steps: &dyn Steps) -> bool {
        self.end_visit(ix);
        let mut message = self.live.get(ix).map(|l| l.message.clone()).unwrap_or_default();
        let given =
            self.state.step(ix).map(|s| s.suspends.values().flat_map(|s| s.approvals.clone()).collect::<Vec<_>>());
        if let Some(given) = given.filter(|given| message.is_empty() && !given.is_empty()) {
            message = people(&given);
        }
        match self.set_outputs(ix, steps) {
            Ok(()) => self.finish(ix, StepPhase::Succeeded, StepReason::None, message),
            Err(problem) => self.finish(ix, StepPhase::Failed, StepReason::Output, problem),
        }
        false
    }

    /// Sets the variables of a step's outputs.
    pub(super) fn set_outputs(&mut self, ix: Ix, steps: &dyn Steps) -> Result<(), String> {
        let plan = self.plan.clone();
        let Some(node) = plan.node(ix).filter(|n| !n.step.outputs.is_empty()) else { return Ok(()) };
        let Some(live) = self.live.get(ix) else { return Ok(()) };
        let outputs = self.with_scope(ix, |scope| steps.outputs(scope, &live.results)).and_then(|o| o);
        let outputs = outputs.map_err(|d| tell(&d))?;
        let mut values: IndexMap<String, Payload> = IndexMap::new();
        for wanted in &node.step.outputs {
            match outputs.get(&wanted.name).cloned().flatten() {
                Some(value) => {
                    values.insert(wanted.name.clone(), value);
                }
                None if wanted.optional => {}
                None => {
                    return Err(format!(
                        "output \"{}\" has no value: `{}` is not there; mark it `optional: true` if that is all right",
                        wanted.name, wanted.value_from
                    ));
                }
            }
        }
        self.set_vars(&node.step.name, values)
    }

    /// Sets variables; one that has another value already is a conflict.
    pub(super) fn set_vars(&mut self, step: &str, values: IndexMap<String, Payload>) -> Result<(), String> {
        let mut changed: IndexMap<String, Var> = IndexMap::new();
        for (name, value) in values {
            if let Some(old) = self.variable(&name).filter(|o| !o.value.is_null()) {
                if old.value == value.value {
                    continue;
                }
                let giver = self.state.givers.get(&name).cloned().unwrap_or_default();
                if giver != step {
                    return Err(format!("output \"{name}\" was set by step \"{giver}\" to another value"));
                }
            }
            if value.secret {
                self.secrets.insert(name.clone(), value.value.clone());
                self.new_secrets.insert(name.clone(), value.value);
                changed.insert(name, Var { value: None, secret: true });
            } else {
                changed.insert(name, Var { value: Some(value.value), secret: false });
            }
        }
        if !changed.is_empty() {
            self.fact(Fact::Vars { step: step.to_owned(), values: changed });
            self.vars_changed = true;
        }
        Ok(())
    }
}

/// A diagnostic in the one line that a step's status has for it: the property, then what is wrong with it.
pub fn tell(problem: &Diagnostic) -> String {
    match &problem.path {
        Some(path) if !problem.message.contains(path.rsplit('.').next().unwrap_or(path)) => {
            format!("{path}: {}", problem.message)
        }
        _ => problem.message.clone(),
    }
}

/// An empty result.
pub(super) fn nothing() -> Payload {
    Value::Object(Map::new()).into()
}
