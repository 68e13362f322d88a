//! Which step is looked at, started, skipped, timed out and finished; how groups and the run end.

use super::visit::tell;
use super::{Live, Run};
use crate::evaluate::{Payload, Steps};
use crate::event::ActionId;
use crate::journal::{Fact, Terminator, Var};
use crate::plan::{Ix, Node};
use crate::state::StepState;
use indexmap::IndexMap;
use model::{Mode, RunPhase, StepPhase, StepReason, StepStatus};
use serde_json::Value;

impl Run {
    /// Begins the run, or begins it anew.
    pub(super) fn begin_run(&mut self, restarts: u32) {
        let begin =
            Fact::Begin { plan: self.plan.hash().to_owned(), revision: self.identity.revision.clone(), restarts };
        self.fact(begin);
        self.vars_changed = restarts > 0;
        self.restore();
    }

    /// Makes the volatile part from the durable one.
    pub(super) fn restore(&mut self) {
        let mut lost: Vec<ActionId> = self.in_flight.drain().map(|(id, _)| id).collect();
        lost.retain(|id| !self.calls.iter().any(|c| c.id == *id));
        lost.sort_unstable();
        self.cancelled.extend(lost);
        self.calls.clear();
        self.clean.clear();
        self.open_roots = self.plan.roots.iter().filter(|ix| !self.state.is_finished(**ix)).count();
        self.timers.clear();
        self.queue.clear();
        self.announce = vec![None];
        let missing = |node: &Node| node.waits_for.iter().filter(|s| !self.state.is_finished(**s)).count();
        self.live = self.plan.nodes.iter().map(|n| Live { missing: missing(n), ..Live::default() }).collect();
        for ix in 0..self.plan.nodes.len() {
            self.count_open(ix);
        }
        for (ix, node) in self.plan.nodes.iter().enumerate() {
            let Some(step) = self.state.step(ix).filter(|s| !s.is_finished()) else { continue };
            if let Some(group) = node.parent.and_then(|p| self.live.get_mut(p)) {
                group.running += usize::from(step.phase != StepPhase::Pending);
            }
            let end = node.timeout.map(|t| step.first.after(t));
            let suspends = step.suspends.values().filter(|s| !s.passed).filter_map(|s| s.until);
            self.timers.extend(end.into_iter().chain(suspends).map(|t| (t, ix)));
            if node.is_group && step.phase != StepPhase::Pending {
                self.announce.push(Some(ix));
            }
        }
        self.queue.extend(0..self.plan.nodes.len());
    }

    /// Counts what a group still waits for.
    fn count_open(&mut self, ix: Ix) {
        let children = self.plan.node(ix).map(|n| n.children.as_slice()).unwrap_or_default();
        let open = children.iter().filter(|c| !self.state.is_finished(**c)).count();
        if let Some(live) = self.live.get_mut(ix) {
            live.open = open;
        }
    }

    /// Looks at steps until nothing more can be done now.
    pub(super) fn pump(&mut self, steps: &dyn Steps) {
        loop {
            while let Some(ix) = self.queue.pop_front() {
                self.consider(ix, steps);
            }
            self.end_if_over();
            if self.state.ended.is_some() {
                self.queue.clear();
                return;
            }
            if !self.announce_pending() {
                return;
            }
        }
    }

    fn consider(&mut self, ix: Ix, steps: &dyn Steps) {
        let plan = self.plan.clone();
        let Some(node) = plan.node(ix) else { return };
        if self.state.ended.is_some() || self.state.is_finished(ix) {
            return;
        }
        let started = self.state.step(ix).is_some_and(|s| s.phase != StepPhase::Pending);
        if !started {
            match node.parent.map(|p| (self.state.is_finished(p), self.state.step(p).map(|s| s.phase))) {
                Some((true, _)) => return self.finish(ix, StepPhase::Skipped, StepReason::Skip, String::new()),
                Some((false, None | Some(StepPhase::Pending))) => return,
                _ => {}
            }
            if self.live.get(ix).is_none_or(|l| l.missing > 0) {
                return self.record_blocked(ix, node);
            }
            if self.state.held && !self.state.is_ending() {
                return;
            }
            if let Some(group) = node.parent.filter(|p| plan.node(*p).is_some_and(|g| g.width > 0)) {
                let width = plan.node(group).map_or(0, |g| g.width);
                if self.live.get(group).is_some_and(|l| l.running >= width) {
                    return;
                }
            }
            return self.begin(ix, node, steps);
        }
        if node.is_group {
            return self.check_group(ix, node);
        }
        let live_call = self.live.get(ix).is_none_or(|l| l.call.is_some() || l.next.is_some_and(|n| n > self.now));
        if !live_call && !self.state.held {
            self.visit(ix, steps);
        }
    }

    /// In a StepByStep list the step whose turn it is is recorded when something else keeps it.
    fn record_blocked(&mut self, ix: Ix, node: &Node) {
        let its_turn = node.list_mode == Mode::StepByStep && node.previous.is_none_or(|p| self.state.is_finished(p));
        if its_turn {
            self.record_pending(ix, node);
        }
    }

    fn record_pending(&mut self, ix: Ix, node: &Node) {
        if self.state.step(ix).is_some() {
            return;
        }
        let open = |s: &&Ix| !self.state.is_finished(**s);
        let name = |s: &Ix| self.plan.node(*s).map_or("", |n| n.step.name.as_str()).to_owned();
        let message = if let Some(on) = node.depends_on.iter().find(open) {
            format!("Pending on DependsOn: {}", name(on))
        } else if let Some(giver) = node.needs.iter().find(open) {
            let giver = self.plan.node(*giver);
            let gives = |from: &str| giver.is_some_and(|g| g.step.outputs.iter().any(|o| o.name == from));
            let from = node.step.inputs.iter().map(|i| i.from.as_str()).find(|f| gives(f)).unwrap_or_default();
            format!("Pending on Input: {from}")
        } else {
            String::new()
        };
        self.step_is(ix, StepPhase::Pending, StepReason::None, message);
        if let Some(timeout) = node.timeout {
            self.timers.insert((self.now.after(timeout), ix));
        }
    }

    /// In DAG lists that are under way every step is recorded, once a pass has ended without suspending.
    fn announce_pending(&mut self) -> bool {
        if crate::status::is_suspended(&self.state) {
            return false;
        }
        let plan = self.plan.clone();
        for list in std::mem::take(&mut self.announce) {
            let members = match list {
                None => &plan.roots,
                Some(group) => match plan.node(group) {
                    Some(node) => &node.children,
                    None => continue,
                },
            };
            for ix in members {
                if let Some(node) = plan.node(*ix).filter(|n| n.list_mode == Mode::Dag) {
                    self.record_pending(*ix, node);
                }
            }
        }
        !self.queue.is_empty()
    }

    /// Starts a step or skips it.
    fn begin(&mut self, ix: Ix, node: &Node, steps: &dyn Steps) {
        match self.may_run(ix, node, steps) {
            Ok(true) => {}
            Ok(false) => return self.finish(ix, StepPhase::Skipped, StepReason::Skip, String::new()),
            Err(message) => return self.finish(ix, StepPhase::Failed, StepReason::Rendering, message),
        }
        if self.state.step(ix).is_none()
            && let Some(timeout) = node.timeout
        {
            self.timers.insert((self.now.after(timeout), ix));
        }
        let count = match self.items(ix) {
            Ok(count) => count,
            Err(message) => return self.finish(ix, StepPhase::Failed, StepReason::Input, message),
        };
        self.step_is(ix, StepPhase::Running, StepReason::None, String::new());
        if let Some(group) = node.parent.and_then(|p| self.live.get_mut(p)) {
            group.running += 1;
        }
        if node.is_group {
            if let Some(count) = count {
                self.fact(Fact::Expand { step: node.step.name.clone(), count });
            }
            self.count_open(ix);
            let children = self.plan.node(ix).map(|n| n.children.clone()).unwrap_or_default();
            self.announce.push(Some(ix));
            if children.is_empty() {
                self.end_group(ix, StepPhase::Succeeded, StepReason::None);
            }
            self.queue.extend(children);
        } else {
            self.visit(ix, steps);
        }
    }

    /// The skip rule and `if`.
    fn may_run(&mut self, ix: Ix, node: &Node, steps: &dyn Steps) -> Result<bool, String> {
        if self.state.broken
            || node.parent.and_then(|p| self.state.step(p)).is_some_and(|p| p.phase == StepPhase::Skipped)
        {
            return Ok(false);
        }
        match node.step.condition.as_str() {
            "always" => Ok(true),
            "" if self.state.terminated => Ok(false),
            "" if !node.depends_on.is_empty() || node.list_mode == Mode::Dag => {
                Ok(node.depends_on.iter().all(|d| self.is_clean(*d)))
            }
            "" => Ok(!self.failed_before(ix, node)),
            _ => {
                let statuses: Vec<(String, StepStatus)> = self.step_statuses();
                let by_name: IndexMap<&str, &StepStatus> = statuses.iter().map(|(n, s)| (n.as_str(), s)).collect();
                let holds = self.with_scope(ix, |scope| steps.condition(scope, &by_name)).map_err(|d| tell(&d))?;
                holds.map_err(|d| format!("pre check error: {}", tell(&d)))
            }
        }
    }

    /// Succeeded, and everything that it depended on, all the way down. What is known of finished steps is kept.
    fn is_clean(&mut self, ix: Ix) -> bool {
        let plan = self.plan.clone();
        let mut stack = vec![ix];
        while let Some(at) = stack.last().copied() {
            let depends_on = plan.node(at).map(|n| n.depends_on.as_slice()).unwrap_or_default();
            let succeeded = self.state.step(at).is_some_and(|s| s.phase == StepPhase::Succeeded);
            match depends_on.iter().find(|d| succeeded && !self.clean.contains_key(*d)) {
                Some(open) => stack.push(*open),
                None => {
                    let clean = succeeded && depends_on.iter().all(|d| self.clean.get(d) == Some(&true));
                    self.clean.insert(at, clean);
                    stack.pop();
                }
            }
        }
        self.clean.get(&ix) == Some(&true)
    }

    /// A step before this one in its list has failed.
    fn failed_before(&self, ix: Ix, node: &Node) -> bool {
        if !self.state.failed && !self.state.terminated {
            return false;
        }
        let list = match node.parent.and_then(|p| self.plan.node(p)) {
            Some(group) => &group.children,
            None => &self.plan.roots,
        };
        list.iter().take_while(|o| **o != ix).any(|o| self.state.step(*o).is_some_and(|s| s.phase == StepPhase::Failed))
    }

    fn step_statuses(&self) -> Vec<(String, StepStatus)> {
        let mut all: Vec<(String, StepStatus)> = Vec::with_capacity(self.state.order.len());
        let status = self.status();
        for step in status.steps {
            all.extend(step.sub_steps.iter().map(|s| (s.name.clone(), s.clone())));
            all.push((step.name.clone(), step));
        }
        all
    }

    /// Records a phase, unless it is what it was.
    pub(super) fn step_is(&mut self, ix: Ix, phase: StepPhase, reason: StepReason, message: String) {
        let same = |s: &StepState| s.phase == phase && s.reason == reason && s.message == message;
        if self.state.step(ix).is_some_and(same) {
            return;
        }
        let Some(step) = self.plan.node(ix).map(|n| n.step.name.clone()) else { return };
        self.fact(Fact::Step { step, phase, reason, message });
    }

    /// Ends a step, and looks at whoever waited for it.
    pub(super) fn finish(&mut self, ix: Ix, phase: StepPhase, reason: StepReason, message: String) {
        let plan = self.plan.clone();
        let Some(node) = plan.node(ix) else { return };
        if self.state.is_finished(ix) {
            return;
        }
        let was_pending = self.state.step(ix).is_none_or(|s| s.phase == StepPhase::Pending);
        self.leave_outputs_empty(node);
        self.step_is(ix, phase, reason, message);
        if phase == StepPhase::Failed && !self.state.failed && reason != StepReason::Terminate {
            self.fact(Fact::Terminate { by: Terminator::Failure });
        }
        self.give_up_call(ix);
        self.end_visit(ix);
        if let Some(live) = self.live.get_mut(ix) {
            *live = Live { last: live.last, ..Live::default() };
        }
        match node.parent {
            None => self.open_roots = self.open_roots.saturating_sub(1),
            Some(parent) => self.leave_group(parent, !was_pending),
        }
        for follower in &node.followers {
            if let Some(live) = self.live.get_mut(*follower) {
                live.missing = live.missing.saturating_sub(1);
                self.queue.push_back(*follower);
            }
        }
        self.queue.extend(node.children.iter().copied());
        self.queue.extend(node.parent);
    }

    /// Forgets the action that a step waits for.
    pub(super) fn give_up_call(&mut self, ix: Ix) {
        let Some((id, ..)) = self.live.get_mut(ix).and_then(|l| l.call.take()) else { return };
        self.in_flight.remove(&id);
        let asked = self.calls.len();
        self.calls.retain(|c| c.id != id);
        if self.calls.len() == asked {
            self.cancelled.push(id);
        }
    }

    /// A sub-step has ended: its group waits for one fewer, and where only some run at a time the next one may begin.
    fn leave_group(&mut self, group: Ix, started: bool) {
        let plan = self.plan.clone();
        let (Some(node), Some(live)) = (plan.node(group), self.live.get_mut(group)) else { return };
        live.open = live.open.saturating_sub(1);
        live.running = live.running.saturating_sub(usize::from(started));
        if node.width == 0 {
            return;
        }
        while let Some(next) = node.children.get(live.cursor) {
            let waits = self.state.step(*next).is_none_or(|s| s.phase == StepPhase::Pending);
            if waits {
                self.queue.push_back(*next);
                break;
            }
            live.cursor += 1;
        }
    }

    /// Variables that a step should have set and has not are there, with no value.
    fn leave_outputs_empty(&mut self, node: &Node) {
        let absent = node.step.outputs.iter().filter(|o| !self.state.vars.contains_key(&o.name));
        let values: IndexMap<String, Var> =
            absent.map(|o| (o.name.clone(), Var { value: Some(Value::Null), secret: false })).collect();
        if !values.is_empty() {
            self.fact(Fact::Vars { step: node.step.name.clone(), values });
            self.vars_changed = true;
        }
    }

    /// Fails a step whose time is over; a group takes its sub-steps with it.
    pub(super) fn time_out(&mut self, ix: Ix) {
        let plan = self.plan.clone();
        let Some((node, timeout)) = plan.node(ix).and_then(|n| n.timeout.map(|t| (n, t))) else { return };
        let Some(step) = self.state.step(ix).filter(|s| !s.is_finished()) else { return };
        if step.first.after(timeout) > self.now {
            return;
        }
        let text = node.step.timeout.clone();
        if !node.is_group && self.begins_again(ix, |rule| rule.timeout, &format!("not done within {text}")) {
            return;
        }
        for child in &node.children {
            let message = self.late(*child, &text);
            self.finish(*child, StepPhase::Failed, StepReason::Timeout, message);
        }
        let message = if node.is_group { String::new() } else { self.late(ix, &text) };
        self.finish(ix, StepPhase::Failed, StepReason::Timeout, message);
    }

    /// What a step was doing when its time was over.
    fn late(&self, ix: Ix, within: &str) -> String {
        match self.state.step(ix).map(|s| s.message.as_str()) {
            None | Some("") => format!("not done within {within}"),
            Some(message) => format!("not done within {within}: {message}"),
        }
    }

    /// Ends a group when its last sub-step has ended.
    fn check_group(&mut self, ix: Ix, node: &Node) {
        if self.live.get(ix).is_some_and(|l| l.open > 0) {
            return;
        }
        let mut skipped = !node.children.is_empty();
        let mut reason: Option<StepReason> = None;
        for child in &node.children {
            let Some(state) = self.state.step(*child).filter(|s| s.is_finished()) else { return };
            skipped &= state.phase == StepPhase::Skipped;
            if state.phase == StepPhase::Failed && reason.is_none_or(|r| rank(state.reason) > rank(r)) {
                reason = Some(state.reason);
            }
        }
        match reason {
            Some(reason) => self.end_group(ix, StepPhase::Failed, reason),
            None if skipped => self.end_group(ix, StepPhase::Skipped, StepReason::Skip),
            None => self.end_group(ix, StepPhase::Succeeded, StepReason::None),
        }
    }

    /// Ends a group; one that ran for each item of a list has as outputs the lists of theirs.
    fn end_group(&mut self, ix: Ix, phase: StepPhase, reason: StepReason) {
        let plan = self.plan.clone();
        if let Some(node) = plan.node(ix).filter(|n| n.step.for_each.is_some() && phase == StepPhase::Succeeded) {
            let list = |name: &str| {
                let values = (0..node.children.len())
                    .map(|item| self.variable(&crate::plan::item_output(name, item)).unwrap_or_default());
                values.fold(Payload { value: Value::Array(Vec::new()), secret: false }, |mut list, value| {
                    list.secret |= value.secret;
                    if let Value::Array(items) = &mut list.value {
                        items.push(value.value);
                    }
                    list
                })
            };
            let outputs = node.step.outputs.iter().map(|o| (o.name.clone(), list(&o.name))).collect();
            if let Err(problem) = self.set_vars(&node.step.name, outputs) {
                return self.finish(ix, StepPhase::Failed, StepReason::Output, problem);
            }
        }
        self.finish(ix, phase, reason, String::new());
    }

    fn end_if_over(&mut self) {
        if self.state.ended.is_some() || self.open_roots > 0 {
            return;
        }
        let failed = |ix: &usize| self.state.step(*ix).filter(|s| s.phase == StepPhase::Failed).map(|s| s.reason);
        let reasons: Vec<StepReason> = self.plan.roots.iter().filter_map(failed).collect();
        let by_request = reasons.iter().all(|r| *r == StepReason::Terminate);
        let phase = if self.state.broken || (by_request && (self.state.terminated || !reasons.is_empty())) {
            RunPhase::Terminated
        } else if reasons.is_empty() {
            RunPhase::Succeeded
        } else {
            RunPhase::Failed
        };
        self.fact(Fact::End { phase });
    }
}

/// Which reason a group takes over from its sub-steps.
fn rank(reason: StepReason) -> u8 {
    match reason {
        StepReason::FailedAfterRetries => 4,
        StepReason::Timeout => 3,
        StepReason::Action => 2,
        StepReason::Terminate => 1,
        _ => 0,
    }
}
