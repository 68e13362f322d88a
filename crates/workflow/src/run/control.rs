//! The actions that steer a step: done by the engine itself.

use super::Run;
use super::inputs::{get, split};
use super::visit::nothing;
use crate::approval::Need;
use crate::evaluate::{Call, Payload, Steps};
use crate::journal::{Fact, Terminator};
use crate::plan::Ix;
use crate::time::duration;
use model::{StepPhase, StepReason};
use serde_json::{Value, json};

impl Run {
    /// Does a control action; `true` when the visit goes on.
    pub(super) fn control(&mut self, ix: Ix, call: Call, steps: &dyn Steps) -> bool {
        let text = |field: &str| call.params.value.get(field).and_then(Value::as_str).unwrap_or_default().to_owned();
        let message =
            if call.params.secret && !text("message").is_empty() { "***".to_owned() } else { text("message") };
        match call.action.name {
            "wait" => {
                if call.params.value.get("continue").and_then(Value::as_bool).unwrap_or(false) {
                    self.result(ix, call.path, nothing());
                    return true;
                }
                self.wait(ix, message)
            }
            "suspend" => self.suspend(ix, &call, &text("duration"), message),
            "break" => {
                let outputs = self.set_outputs(ix, steps);
                self.fact(Fact::Terminate { by: Terminator::Break });
                match outputs {
                    Ok(()) => self.finish(ix, StepPhase::Succeeded, StepReason::Terminate, message),
                    Err(problem) => self.finish(ix, StepPhase::Failed, StepReason::Output, problem),
                }
                self.stop_what_runs();
                false
            }
            "fail" => {
                // what came out before the failure is kept; what did not is no second failure
                if self.begins_again(ix, |rule| rule.fail, &message) {
                    return false;
                }
                let _ = self.set_outputs(ix, steps);
                self.finish(ix, StepPhase::Failed, StepReason::Action, message);
                false
            }
            "message" => {
                if let Some(live) = self.live.get_mut(ix) {
                    live.message = message;
                }
                self.result(ix, call.path, nothing());
                true
            }
            "var" => self.do_var(ix, call),
            "log" => self.say(ix, call),
            _ => {
                self.result(ix, call.path, nothing());
                true
            }
        }
    }

    /// A log action: what it says is recorded, once as long as it says the same.
    fn say(&mut self, ix: Ix, call: Call) -> bool {
        let Some(step) = self.plan.node(ix).map(|n| n.step.name.clone()) else { return false };
        let text = match call.params.value.get("data") {
            _ if call.params.secret => crate::replay::HIDDEN.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(data) => data.to_string(),
            None => String::new(),
        };
        let known = self.state.step(ix).and_then(|s| s.said.get(&call.path));
        if !text.is_empty() && known != Some(&text) {
            self.step_is_running(ix);
            self.fact(Fact::Log { step, path: call.path.clone(), text });
        }
        self.result(ix, call.path, nothing());
        true
    }

    fn suspend(&mut self, ix: Ix, call: &Call, text: &str, message: String) -> bool {
        let Some(step) = self.plan.node(ix).map(|n| n.step.name.clone()) else { return false };
        let path = call.path.as_str();
        let reached = self.state.step(ix).and_then(|s| s.suspends.get(path)).cloned();
        match reached {
            Some(s) if s.passed => {
                self.result(ix, path.to_owned(), nothing());
                true
            }
            Some(s) if s.until.is_some_and(|t| t <= self.now) => {
                if let Some(need) = &s.need {
                    let message = format!("nobody else approved in time: {}", need.tell(&s.approvals));
                    self.finish(ix, StepPhase::Failed, StepReason::Timeout, message);
                    return false;
                }
                self.fact(Fact::Pass { step, path: path.to_owned() });
                self.result(ix, path.to_owned(), nothing());
                true
            }
            Some(_) => {
                self.end_visit(ix);
                false
            }
            // who was told to end does not ask anybody
            None if self.state.is_ending() => {
                self.finish(ix, StepPhase::Failed, StepReason::Terminate, message);
                false
            }
            None => {
                let read = Need::of(call.params.value.get("approval"), self.now).and_then(|need| match (&need, text) {
                    (Some(need), _) => Ok((need.expires, Some(need.clone()))),
                    (None, "") => Ok((None, None)),
                    (None, text) => duration(text).map(|millis| (Some(self.now.after(millis)), None)),
                });
                let (until, need) = match read {
                    Ok(read) => read,
                    Err(e) => {
                        self.finish(ix, StepPhase::Failed, StepReason::Rendering, e);
                        return false;
                    }
                };
                let message = match (&need, message.is_empty()) {
                    (Some(need), _) => need.show(&message, &[]),
                    (None, true) => format!("Suspended by field {path}"),
                    _ => message,
                };
                self.fact(Fact::Suspend { step, path: path.to_owned(), until, need });
                self.timers.extend(until.map(|t| (t, ix)));
                self.step_is(ix, StepPhase::Suspending, StepReason::Suspend, message);
                self.end_visit(ix);
                false
            }
        }
    }

    /// `#DoVar`: reads or writes a variable by path.
    fn do_var(&mut self, ix: Ix, call: Call) -> bool {
        let field = |name: &str| call.params.value.get(name);
        let path = field("path").and_then(Value::as_str).unwrap_or_default();
        let keys = split(path).unwrap_or_default();
        let Some((super::inputs::Key::Field(name), rest)) = keys.split_first() else {
            self.finish(ix, StepPhase::Failed, StepReason::Rendering, format!("\"{path}\" is no path of a variable"));
            return false;
        };
        if field("method").and_then(Value::as_str) == Some("Put") {
            let mut value = self.variable(name).unwrap_or_default();
            let new = field("value").cloned().unwrap_or(Value::Null);
            let inner = path.get(name.len()..).unwrap_or_default();
            let put = match inner.strip_prefix('.').unwrap_or(inner) {
                "" => {
                    value.value = new;
                    Ok(())
                }
                inner => super::inputs::set_path(&mut value.value, inner, new),
            };
            value.secret |= call.params.secret;
            let step = self.plan.node(ix).map(|n| n.step.name.clone()).unwrap_or_default();
            let set = put.and_then(|()| {
                self.state.givers.insert(name.clone(), step.clone());
                self.set_vars(&step, [(name.clone(), value)].into_iter().collect())
            });
            if let Err(problem) = set {
                self.finish(ix, StepPhase::Failed, StepReason::Output, problem);
                return false;
            }
            self.result(ix, call.path, nothing());
            return true;
        }
        let found = self.variable(name).unwrap_or_default();
        let value = get(&found.value, rest).cloned();
        let result = value.map_or_else(nothing, |v| Payload { value: json!({ "value": v }), secret: found.secret });
        self.result(ix, call.path, result);
        true
    }
}
