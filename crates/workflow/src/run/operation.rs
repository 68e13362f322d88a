//! What users ask for: taken once, by id.

use super::Run;
use crate::approval::Approval;
use crate::evaluate::Steps;
use crate::journal::{Fact, Terminator};
use crate::plan::Ix;
use cue_syntax::Diagnostic;
use indexmap::IndexSet;
use model::action::nearest;
use model::operation::{OperationAction, UserOperation};
use model::{Mode, StepPhase, StepReason};

impl Run {
    /// Whether an operation can be done now.
    ///
    /// # Errors
    /// Why not, with what to do instead.
    pub fn check(&self, action: &OperationAction) -> Result<(), Diagnostic> {
        let refuse = |message: String, help: &str| {
            let mut d = Diagnostic::error("workflow/operation", message);
            d.help = (!help.is_empty()).then(|| help.to_owned());
            Err(d)
        };
        let step = match action {
            OperationAction::Suspend { step }
            | OperationAction::Resume { step }
            | OperationAction::Restart { step } => step.as_deref(),
            _ => None,
        };
        let ix = match step {
            None => None,
            Some(name) => match self.plan.find(name) {
                Some(ix) => Some(ix),
                None => {
                    let names = self.plan.nodes.iter().map(|n| n.step.name.as_str());
                    let help = nearest(name, names).map(|n| format!("did you mean \"{n}\"?")).unwrap_or_default();
                    return refuse(format!("the workflow has no step \"{name}\""), &help);
                }
            },
        };
        let over = self.state.ended.map(|(_, phase)| phase);
        match action {
            OperationAction::Suspend { .. } | OperationAction::Resume { .. } | OperationAction::Terminate
                if over.is_some() =>
            {
                let phase = over.map_or("over", |p| p.as_str());
                refuse(format!("the workflow is {phase}"), "`workflow restart` runs it again")
            }
            OperationAction::Suspend { .. } if self.state.is_ending() => {
                refuse("the workflow is about to end".to_owned(), "")
            }
            OperationAction::Resume { step: None } if !crate::status::is_suspended(&self.state) => {
                refuse("the workflow is not suspended".to_owned(), "")
            }
            OperationAction::Resume { step: Some(name) }
                if ix.is_some_and(|ix| {
                    !self.state.held && self.unpassed(ix).is_empty() && !self.has_suspended_child(ix)
                }) =>
            {
                refuse(format!("step \"{name}\" is not suspended"), "")
            }
            OperationAction::Restart { step: Some(name) }
                if ix.and_then(|ix| self.state.step(ix)).is_none_or(|s| s.phase != StepPhase::Failed) =>
            {
                refuse(format!("step \"{name}\" has not failed"), "only a failed step can be restarted from")
            }
            OperationAction::Rollback { .. } => {
                refuse("a rollback changes the Application, not the run".to_owned(), "")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn operation(&mut self, operation: &UserOperation, steps: &dyn Steps) {
        // also what was taken before is acknowledged: the word of it may have been lost
        self.acknowledged.push(operation.id.clone());
        if self.state.operations.contains_key(&operation.id) {
            return;
        }
        let checked = self.check(&operation.action).map_err(|d| d.message);
        let refused = checked.and_then(|()| self.carry_out(operation, steps)).err().unwrap_or_default();
        // last: should only a part of these facts become durable, the request is taken again, and every one bears that
        self.fact(Fact::Operation { id: operation.id.clone(), refused });
    }

    fn carry_out(&mut self, operation: &UserOperation, steps: &dyn Steps) -> Result<(), String> {
        match &operation.action {
            OperationAction::Suspend { step: None } => self.fact(Fact::Hold { on: true }),
            OperationAction::Suspend { step: Some(name) } => self.suspend_step(name),
            OperationAction::Resume { step } => return self.resume(step.as_deref(), operation),
            OperationAction::Terminate => self.terminate(steps),
            OperationAction::Restart { step: None } => {
                let restarts = self.state.restarts.saturating_add(1);
                self.begin_run(restarts);
            }
            OperationAction::Restart { step: Some(name) } => self.restart_from(name),
            OperationAction::Rollback { .. } => {}
        }
        Ok(())
    }

    fn suspend_step(&mut self, name: &str) {
        let Some(ix) = self.plan.find(name) else { return };
        if self.state.is_finished(ix) || self.state.step(ix).is_none() {
            return;
        }
        let message = self.state.step(ix).map(|s| s.message.clone()).unwrap_or_default();
        self.fact(Fact::Suspend { step: name.to_owned(), path: String::new(), until: None, need: None });
        self.step_is(ix, StepPhase::Suspending, StepReason::Suspend, message);
    }

    fn unpassed(&self, ix: Ix) -> Vec<String> {
        let suspends = self.state.step(ix).map(|s| &s.suspends);
        suspends.into_iter().flatten().filter(|(_, s)| !s.passed).map(|(p, _)| p.clone()).collect()
    }

    fn has_suspended_child(&self, ix: Ix) -> bool {
        self.plan.node(ix).is_some_and(|n| n.children.iter().any(|c| !self.unpassed(*c).is_empty()))
    }

    /// Passes what is suspended. A gate that takes consent is passed only when enough have given it.
    fn resume(&mut self, step: Option<&str>, operation: &UserOperation) -> Result<(), String> {
        let held = self.state.held;
        if held {
            self.fact(Fact::Hold { on: false });
        }
        let plan = self.plan.clone();
        let which: Vec<Ix> = match step.and_then(|s| plan.find(s)) {
            Some(ix) => plan.node(ix).map_or_else(Vec::new, |n| n.children.iter().copied().chain([ix]).collect()),
            None => self.state.order.clone(),
        };
        let mut refused = None;
        let mut taken = held;
        for ix in which {
            let Some(node) = plan.node(ix).filter(|_| !self.state.is_finished(ix)) else { continue };
            for path in self.unpassed(ix) {
                match self.consent(ix, &node.step.name, &path, operation) {
                    Ok(true) => {
                        self.fact(Fact::Pass { step: node.step.name.clone(), path });
                        self.step_is(ix, StepPhase::Running, StepReason::None, String::new());
                        taken = true;
                    }
                    Ok(false) => taken = true,
                    Err(why) => refused = refused.or(Some(why)),
                }
            }
        }
        self.queue.extend(0..plan.nodes.len());
        refused.filter(|_| !taken).map_or(Ok(()), Err)
    }

    /// Records a consent; `true`: the gate may be passed.
    fn consent(&mut self, ix: Ix, step: &str, path: &str, operation: &UserOperation) -> Result<bool, String> {
        let Some(gate) = self.state.step(ix).and_then(|s| s.suspends.get(path)).cloned() else { return Ok(false) };
        let Some(need) = gate.need else { return Ok(true) };
        if need.expires.is_some_and(|end| end <= self.now) {
            return Err("it is too late to approve".to_owned());
        }
        let author = self.identity.author.clone();
        need.accepts(&operation.by, &operation.groups, &author, &gate.approvals)?;
        let approval = Approval { by: operation.by.clone(), comment: operation.comment.clone(), at: self.now };
        let mut given = gate.approvals;
        let shown = self.state.step(ix).map(|s| s.message.clone()).unwrap_or_default();
        let message = need.message(&shown, &given).to_owned();
        given.push(approval.clone());
        self.fact(Fact::Approve { step: step.to_owned(), path: path.to_owned(), approval });
        let enough = given.len() >= need.quorum as usize;
        if !enough {
            self.step_is(ix, StepPhase::Suspending, StepReason::Suspend, need.show(&message, &given));
        }
        Ok(enough)
    }

    fn terminate(&mut self, _steps: &dyn Steps) {
        self.fact(Fact::Terminate { by: Terminator::User });
        if self.state.held {
            self.fact(Fact::Hold { on: false });
        }
        self.stop_what_runs();
    }

    /// Fails every step that is under way; the others are looked at, so that they are skipped.
    pub(super) fn stop_what_runs(&mut self) {
        let plan = self.plan.clone();
        for ix in self.state.order.clone() {
            let Some(step) = self.state.step(ix).filter(|s| !s.is_finished() && s.phase != StepPhase::Pending) else {
                continue;
            };
            if plan.node(ix).is_some_and(|n| !n.is_group) {
                let message = step.message.clone();
                self.finish(ix, StepPhase::Failed, StepReason::Terminate, message);
            }
        }
        self.queue.extend(0..plan.nodes.len());
    }

    /// Forgets a step and everything that came after it.
    fn restart_from(&mut self, name: &str) {
        let plan = self.plan.clone();
        let Some(start) = plan.find(name) else { return };
        let mut forgotten: IndexSet<Ix> = IndexSet::new();
        let mut stack = vec![start];
        while let Some(ix) = stack.pop() {
            let Some(node) = plan.node(ix).filter(|_| forgotten.insert(ix)) else { continue };
            stack.extend(node.followers.iter().copied());
            if let Some(group) = node.parent.and_then(|p| plan.node(p).map(|n| (p, n))) {
                // the group itself and whoever follows it, but not its other sub-steps
                let (parent, group) = group;
                forgotten.insert(parent);
                stack.extend(group.followers.iter().copied());
            }
            if ix == start || node.parent.is_none() {
                stack.extend(node.children.iter().copied());
            }
        }
        // where order counts, what stands behind the step goes too, even if nothing ties it to the step
        if plan.node(start).is_some_and(|n| n.list_mode == Mode::StepByStep && n.parent.is_none()) {
            forgotten.extend((start..plan.nodes.len()).filter(|ix| *ix >= start));
        }
        let steps: Vec<String> =
            forgotten.iter().filter_map(|ix| plan.node(*ix)).map(|n| n.step.name.clone()).collect();
        let vars = self.state.givers.iter().filter(|(_, g)| steps.contains(g)).map(|(v, _)| v.clone()).collect();
        self.fact(Fact::Forget { steps, vars });
        self.vars_changed = true;
        self.restore();
    }
}
