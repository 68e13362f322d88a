//! What a process does for one action: the requests it takes, one after the other, and what their answers mean.

use super::super::bug::Bug;
use super::super::hub::{Effect, Op, Reply};
use super::super::workload::CLUSTERS;
use super::super::world::World;
use crate::event::{Event, FaultClass, Outcome, RunAction};
use model::action::Class;
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::rc::Rc;

/// An action under way.
#[derive(Debug)]
pub(super) struct Act {
    pub(super) action: RunAction,
    rest: VecDeque<Op>,
    last: Value,
    wait_ready: bool,
    /// What is being recorded; it is recorded when the answer has come.
    tracks: Option<String>,
}

impl World {
    pub(super) fn act(&mut self, r: usize, action: RunAction) {
        let text = |key: &str| action.params.value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let name = action.params.value.pointer("/value/metadata/name").and_then(Value::as_str).unwrap_or_default();
        let cluster = text("cluster").trim_start_matches('c').parse().unwrap_or(0);
        let force = self.has(Bug::ApplyForeign);
        let tracked = |key: &str| self.replicas.get(r).is_some_and(|me| me.tracked.contains(key));
        let mut rest = VecDeque::new();
        let place = |cluster: usize, name: &str, rest: &mut VecDeque<Op>| {
            let (key, full) = (name.to_owned(), format!("c{cluster}/{name}"));
            let apply = Op::Apply { cluster, key, force };
            // an entry of an older version has to be made the newest one's
            let track = (!tracked(&full) || self.servers.generation > 0).then_some(Op::Track { key: full });
            match self.options.bug {
                Some(Bug::NeverRecord) => rest.push_back(apply),
                Some(Bug::RecordAfterApply) => {
                    rest.push_back(apply);
                    rest.extend(track);
                }
                _ => {
                    rest.extend(track);
                    rest.push_back(apply);
                }
            }
        };
        let mut wait_ready = false;
        match (action.provider.as_str(), action.name.as_str()) {
            ("kube", "apply") => place(cluster, name, &mut rest),
            ("kube", "read") => rest.push_back(Op::Read { cluster, key: name.to_owned() }),
            ("multicluster", "deploy") => {
                wait_ready = true;
                for cluster in 0..CLUSTERS {
                    place(cluster, &text("name"), &mut rest);
                }
            }
            _ => {
                let mut key = action.key.clone().unwrap_or_default();
                if self.has(Bug::KeyPerAttempt) {
                    key = format!("{key}-{:?}", action.id);
                }
                rest.push_back(Op::Post(Rc::new(Effect {
                    step: action.step.clone(),
                    path: action.path.clone(),
                    key,
                    input: crate::ident::hash(&action.params.value),
                    aware: !text("url").starts_with("plain"),
                    generation: self.replicas.get(r).map_or(0, |me| me.generation),
                    round: self.replicas.get(r).and_then(|me| me.round(&action.step)).unwrap_or_default(),
                })));
            }
        }
        let (step, class) = (action.step.clone(), action.class);
        let begun = self.sent;
        self.next_op(r, Act { action, rest, last: Value::Null, wait_ready, tracks: None });
        if self.sent > begun && self.me(r).is_some_and(|me| me.run.is_some()) {
            self.servers.check_start(&step, class);
        }
    }

    fn next_op(&mut self, r: usize, mut act: Act) {
        let Some(op) = act.rest.pop_front() else {
            return;
        };
        act.tracks = if let Op::Track { key } = &op { Some(key.clone()) } else { None };
        let id = act.action.id;
        // one that cannot be sent is answered by nobody: the lease is lost, and the run with it
        if let Some(call) = self.send(r, op)
            && let Some(me) = self.me(r)
        {
            me.by_id.insert(id, call);
            me.acts.insert(call, act);
        } else if self.me(r).is_some_and(|me| me.alive) {
            self.give_up(r);
        }
    }

    pub(super) fn act_on(&mut self, r: usize, call: u64, reply: Reply) {
        let transient = if self.has(Bug::TransientCounts) { FaultClass::Permanent } else { FaultClass::Transient };
        let outcome = match reply {
            Reply::Busy => Some(fault(transient)),
            Reply::Conflict => Some(fault(FaultClass::Conflict)),
            Reply::Foreign | Reply::Refused => Some(fault(FaultClass::Permanent)),
            reply => {
                let Some(me) = self.me(r) else { return };
                let Some(mut act) = me.acts.remove(&call) else { return };
                me.tracked.extend(act.tracks.take());
                if let Reply::Done(value) = reply {
                    if act.wait_ready && value.get("ready") == Some(&json!(false)) {
                        act.last = json!(false);
                    } else if act.last.is_null() {
                        act.last = value;
                    }
                }
                if !act.rest.is_empty() {
                    return self.next_op(r, act);
                }
                let outcome = if act.wait_ready && act.last == json!(false) {
                    Outcome::Wait { message: "not ready".to_owned() }
                } else if act.action.class == Class::Observe {
                    Outcome::Done(json!({"seen": act.last}).into())
                } else {
                    // what a server adds changes; what a step passes on must not depend on it
                    Outcome::Done(json!({"ready": true}).into())
                };
                let mixes = self.has(Bug::AnswersMixedUp);
                if let Some(me) = self.me(r) {
                    let other = me.acts.iter().filter(|_| mixes).min_by_key(|(c, _)| **c).map(|(c, _)| *c);
                    // the other one is told that it is done, and this one will be told what the other one is told
                    let id = match other.and_then(|call| me.acts.get_mut(&call)) {
                        Some(other) => std::mem::replace(&mut other.action.id, act.action.id),
                        None => act.action.id,
                    };
                    me.by_id.remove(&id);
                    if act.action.class == Class::Effect && matches!(outcome, Outcome::Done(_)) {
                        me.answered.extend(act.action.key.clone());
                    }
                    me.inbox.push(Event::Action { id, outcome });
                }
                None
            }
        };
        if let Some(outcome) = outcome {
            self.act_over(r, call, outcome);
        }
    }

    pub(super) fn act_over(&mut self, r: usize, call: u64, outcome: Outcome) {
        if let Some(me) = self.me(r)
            && let Some(act) = me.acts.remove(&call)
        {
            me.by_id.remove(&act.action.id);
            me.inbox.push(Event::Action { id: act.action.id, outcome });
        }
    }
}

pub(super) fn fault(class: FaultClass) -> Outcome {
    Outcome::Failed { class, message: format!("{class:?}") }
}
