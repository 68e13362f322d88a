//! Budgets: steps, memory, depth and the flag that cancels.
//!
//! Work is counted where it is done ([`Evaluator::spend`], [`Evaluator::make`]) and looked at in [`Evaluator::step`], which every
//! expression and every round of a loop passes. Memory is estimated: tables only grow, so their lengths say what they take;
//! texts and data are counted as they are made. Once over, `stopped` is set, nothing is evaluated any more, and all that
//! is under way unwinds.

use super::{Code, Evaluator, FaultId, NONE, NodeId, Reason, Res, Stop};
use crate::api::{Limits, Usage};
use crate::ir::ExprId;
use rustc_hash::FxHashMap;
use std::cell::Cell;
use std::sync::atomic::Ordering;

/// After how many steps memory and the flag are looked at, and who takes most is taken down.
const INTERVAL: u64 = 256;

/// Steps that take as long as making a node, and at most as matching a short text with a pattern.
pub(super) const NEW_NODE: usize = 4;
pub(super) const MATCH: usize = 8;

/// Texts up to this length are looked at with the next step.
const SMALL: usize = 1024;

/// Bytes of a node with what belongs to it: conjuncts, arcs, tasks.
const NODE: u64 = 640;
const ENV: u64 = 40;
const CLOSE: u64 = 16;
const CYC: u64 = 40;
const FAULT: u64 = 240;
const EXPR: u64 = 64;

/// What may be used and what has been.
#[derive(Debug)]
pub(crate) struct Budget {
    steps: Cell<u64>,
    /// Steps at which to look again.
    next: u64,
    /// Bytes of texts and data made.
    made: u64,
    max_steps: u64,
    max_memory: u64,
    /// How often an expression was the one at work when somebody looked.
    seen: FxHashMap<ExprId, u32>,
}

impl Budget {
    /// `read`: bytes of the sources.
    pub(crate) fn new(limits: &Limits, read: u64) -> Budget {
        let mut budget = Budget {
            steps: Cell::new(0),
            next: INTERVAL,
            made: 0,
            max_steps: limits.steps,
            max_memory: limits.memory,
            seen: FxHashMap::default(),
        };
        budget.allow(limits, read);
        budget
    }

    /// Counts bytes of what is small, and looked at with the next step.
    pub(crate) fn add(&mut self, bytes: usize) {
        self.made = self.made.saturating_add(bytes as u64);
    }

    /// More was read.
    pub(crate) fn allow(&mut self, limits: &Limits, read: u64) {
        self.max_steps = self.max_steps.saturating_add(limits.steps_per_byte.saturating_mul(read));
        self.max_memory = self.max_memory.saturating_add(limits.memory_per_byte.saturating_mul(read));
        self.next = self.next.min(self.max_steps);
    }
}

impl Evaluator {
    /// Counts work that is no step of its own. Whoever does it passes [`Evaluator::step`] soon.
    pub(crate) fn spend(&self, steps: usize) {
        let counted = &self.budget.steps;
        counted.set(counted.get().saturating_add(steps as u64));
    }

    /// Counts a step; false when the budget is used up.
    pub(crate) fn step(&mut self, at: ExprId) -> bool {
        self.spend(1);
        if self.stopped.is_some() {
            return false;
        }
        self.budget.steps.get() < self.budget.next || self.look(at)
    }

    /// Counts a text, or other data, of so many bytes, before it is made.
    ///
    /// # Errors
    /// When there is no room for it.
    pub(crate) fn make(&mut self, bytes: usize, at: ExprId) -> Res<()> {
        if let Some(f) = self.stopped {
            return Err(Stop::Fault(f));
        }
        if bytes > SMALL {
            self.saw(at);
            if bytes > self.room() {
                return Err(Stop::Fault(self.over_memory(at)));
            }
        }
        self.spend(bytes / 64);
        self.budget.add(bytes);
        Ok(())
    }

    /// Bytes that may still be made.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.budget.max_memory.saturating_sub(self.memory())).unwrap_or(usize::MAX)
    }

    fn memory(&self) -> u64 {
        let table = |len: usize, each: u64| len as u64 * each;
        table(self.nodes.len(), NODE)
            + table(self.envs.len(), ENV)
            + table(self.closes.len(), CLOSE)
            + table(self.cycs.len(), CYC)
            + table(self.faults.len(), FAULT)
            + table(self.vars.len(), ENV)
            + table(self.ir.exprs.own(), EXPR)
            + self.budget.made
    }

    /// What has been used.
    pub(crate) fn usage(&self) -> Usage {
        Usage { steps: self.budget.steps.get(), memory: self.memory(), nodes: self.nodes.len() as u32 }
    }

    /// Takes down who is at work; what a builtin made has no place that a reader could look at.
    fn saw(&mut self, at: ExprId) {
        if self.span_at(at).source.0 != u32::MAX {
            *self.budget.seen.entry(at).or_default() += 1;
        }
    }

    fn look(&mut self, at: ExprId) -> bool {
        if self.stopped.is_some() {
            return false;
        }
        let steps = self.budget.steps.get();
        self.budget.next = (steps + INTERVAL).min(self.budget.max_steps.max(steps + 1));
        self.saw(at);
        let cancelled = self.limits.cancel.as_ref().is_some_and(|c| c.load(Ordering::Relaxed));
        if cancelled {
            self.run_out("evaluation cancelled".to_owned(), at);
        } else if steps >= self.budget.max_steps {
            let text = format!("evaluation exceeds its limit of {} steps", self.budget.max_steps);
            self.run_out(text, at);
        } else if self.memory() > self.budget.max_memory {
            self.over_memory(at);
        } else if self.nodes.len() > self.limits.nodes as usize {
            let text = format!("evaluation exceeds its limit of {} values", self.limits.nodes);
            self.run_out(text, at);
        }
        self.stopped.is_none()
    }

    fn over_memory(&mut self, at: ExprId) -> FaultId {
        let text = format!("evaluation exceeds its limit of {} MiB", self.budget.max_memory >> 20);
        self.run_out(text, at)
    }

    /// Ends the evaluation, at the expression that was at work most of the time; of several the one that is written first.
    fn run_out(&mut self, text: String, at: ExprId) -> FaultId {
        let most = self.budget.seen.iter().max_by_key(|(e, times)| (**times, std::cmp::Reverse(**e))).map(|(e, _)| *e);
        let f = self.fault(Code::Budget, Reason::Text(text.into()), NONE, &[most.unwrap_or(at)]);
        self.stopped = Some(f);
        f
    }

    /// Enters one level of nesting; false when it is one too many.
    pub(crate) fn enter(&mut self) -> bool {
        if self.depth > self.limits.depth.saturating_mul(4) {
            return false;
        }
        self.depth += 1;
        true
    }

    pub(crate) fn leave(&mut self) {
        self.depth -= 1;
    }

    /// Whether the next step will be one too many.
    pub(crate) fn budget_is_spent(&self) -> bool {
        self.budget.steps.get() >= self.budget.max_steps
    }

    /// Counts a look at a node; a comparison or a walk that only borrows the evaluator is stopped by its caller.
    pub(crate) fn visit(&self, n: NodeId) {
        self.spend(1 + self.nodes[n].arcs.len() / 8);
    }
}
