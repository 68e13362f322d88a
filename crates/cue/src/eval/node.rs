//! Nodes, conjuncts and environments.

use super::{CloseId, CycId, Evaluator, FaultId, Task, Val};
use crate::ir::{ArcKind, ExprId, Sym, kind};
use cue_syntax::ast::Rare;
use rustc_hash::FxHashSet;
use smallvec::SmallVec;
use std::sync::Arc;

pub(crate) type NodeId = u32;
pub(crate) type EnvId = u32;
/// No node, no environment.
pub(crate) const NONE: u32 = u32::MAX;

/// A conjunct.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Conj {
    pub(crate) expr: ExprId,
    pub(crate) env: EnvId,
    pub(crate) close: CloseId,
    pub(crate) cyc: CycId,
}

/// One level of scope.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Env {
    pub(crate) up: EnvId,
    /// The struct that names of this scope are fields of.
    pub(crate) node: NodeId,
    /// The label bound by a pattern or dynamic field.
    pub(crate) label: Sym,
    /// The variables of a `for` clause.
    pub(crate) vars: u32,
    /// The references that were followed to reach the struct literal of this scope.
    pub(crate) cyc: CycId,
}

/// Bits of [`Node::flags`].
pub(crate) mod flag {
    pub(crate) const RUNNING: u16 = 1;
    pub(crate) const DONE: u16 = 2;
    pub(crate) const FINAL: u16 = 4;
    pub(crate) const IN_FINAL: u16 = 8;
    pub(crate) const SETTLED: u16 = 16;
    /// Some part waits for an unknown result.
    pub(crate) const OPEN_PENDING: u16 = 32;
    /// Disjunctions may be decided although tasks are pending.
    pub(crate) const BRANCH: u16 = 64;
    /// `...` was written here.
    pub(crate) const OPENED: u16 = 128;
    /// Made by `close()`.
    pub(crate) const CLOSE_ONCE: u16 = 256;
    /// A definition was referenced here.
    pub(crate) const CLOSED: u16 = 512;
    /// Being branched: conjuncts must not be decided in place.
    pub(crate) const ALTERNATIVE: u16 = 1024;
    /// A loop walked the fields while something could still add to them.
    pub(crate) const FROZEN: u16 = 4096;
    /// Made by `__closeAll()`.
    pub(crate) const CLOSE_ALL: u16 = 2048;
    /// [`super::Scratch::requires`] holds those from above, too.
    pub(crate) const REQUIRES: u16 = 8192;
    /// A disjunction with more alternatives than were worked out.
    pub(crate) const CUT: u16 = 16384;
    /// It stands for a part of a field: comments and attributes are the field's.
    pub(crate) const PART: u16 = 32768;
}

/// Default mode of an alternative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    /// No default was marked.
    Maybe,
    /// Marked.
    Is,
    /// Another one was marked.
    Not,
}

/// An alternative of a disjunction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Alt {
    pub(crate) node: NodeId,
    pub(crate) mode: Mode,
}

/// What a done node is.
#[derive(Debug, Clone, Default)]
pub(crate) enum Base {
    /// Not done.
    #[default]
    None,
    /// See [`Node::fault`].
    Bottom,
    Scalar(Val),
    Struct,
    List,
    /// Types, bounds, validators, or nothing at all.
    Constraint,
    Disjunction(Box<[Alt]>),
    /// The value of another node.
    Forward(NodeId),
    /// A result that is not known.
    Unknown(u32),
}

/// A place in the result.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub(crate) parent: NodeId,
    pub(crate) label: Sym,
    pub(crate) arc: ArcKind,
    pub(crate) taint: u8,
    pub(crate) flags: u16,
    /// Grows with every change, so that who waits can see whether trying again makes sense.
    pub(crate) version: u32,
    /// Environments with smaller ids cannot refer to this node.
    pub(crate) env_mark: u32,
    /// The node that this one is a copy of, through all copies; itself when it is none.
    pub(crate) origin: NodeId,
    pub(crate) conjs: SmallVec<[Conj; 2]>,
    pub(crate) arcs: SmallVec<[NodeId; 4]>,
    /// Its literals in [`Evaluator::kept`], when optional fields of them are not made.
    pub(crate) kept: u32,
    pub(crate) base: Base,
    /// Own, permanent or incomplete.
    pub(crate) fault: Option<FaultId>,
    /// The first permanent fault of a regular field below.
    pub(crate) child_fault: Option<FaultId>,
    pub(crate) scratch: Option<Box<Scratch>>,
}

/// A pattern constraint.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    /// The evaluated pattern.
    pub(crate) pattern: Val,
    pub(crate) pattern_expr: ExprId,
    pub(crate) value: Conj,
    pub(crate) binds: bool,
}

/// A disjunction that is still to be decided.
#[derive(Debug, Clone)]
pub(crate) struct Disjunction {
    pub(crate) conj: Conj,
    /// (expression, marked)
    pub(crate) alternatives: Arc<[(ExprId, bool)]>,
    pub(crate) has_default: bool,
}

/// Who must hear of later conjuncts.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Notify {
    pub(crate) node: NodeId,
    pub(crate) close: CloseId,
    pub(crate) cyc: CycId,
}

/// State of a list under evaluation.
#[derive(Debug, Clone, Default)]
pub(crate) struct ListState {
    pub(crate) closed: Option<(usize, ExprId)>,
    pub(crate) min: usize,
    /// Elements from this index on have this conjunct.
    pub(crate) rest: Vec<(usize, Option<Conj>)>,
}

/// Requirements of closedness: (group, holds below too), by group.
pub(crate) type Requires = SmallVec<[(CloseId, bool); 2]>;

/// What the evaluation of a node needs beside its conjuncts and arcs. Some nodes keep it; see [`Work`] for what none does.
#[derive(Debug, Clone)]
pub(crate) struct Scratch {
    pub(crate) scheduled: usize,
    pub(crate) kind: u16,
    pub(crate) kind_at: ExprId,
    pub(crate) unknown: Option<u32>,
    /// Bounds and validators.
    pub(crate) checks: Rare<(Val, ExprId)>,
    pub(crate) top: bool,
    /// A struct literal was seen.
    pub(crate) literal: bool,
    pub(crate) list: Option<Box<ListState>>,
    pub(crate) patterns: Rare<Pattern>,
    pub(crate) branched: bool,
    /// Closedness requirements that start here: (group, holds below too).
    pub(crate) requires: Requires,
    /// Chains opened here by `...`.
    pub(crate) opens: Rare<CloseId>,
    pub(crate) cyclic: bool,
    pub(crate) acyclic: bool,
    /// Labels that comprehensions or optional fields have announced, with the number of arcs that were there before and their
    /// place among those announced then: loops count them from then on.
    pub(crate) announced: Rare<(Sym, u32, u32)>,
    work: Option<Box<Work>>,
}

/// What only a node needs that is not final.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    pub(crate) scalar: Option<(Val, ExprId)>,
    pub(crate) literal_at: ExprId,
    pub(crate) tasks: std::collections::VecDeque<Task>,
    pub(crate) current: Option<Task>,
    /// (task, the node it waits for, that node's version, whether it was running)
    pub(crate) blocked: Vec<(Task, NodeId, u32, bool)>,
    pub(crate) disjunctions: Vec<Disjunction>,
    pub(crate) notify: Vec<Notify>,
    pub(crate) seen: FxHashSet<(NodeId, CloseId, bool)>,
    /// Groups of files of a package, by the group around.
    pub(crate) file_groups: Vec<(CloseId, CloseId)>,
    /// Struct literals, for the order of fields.
    pub(crate) literals: Vec<Literal>,
    /// Those of them whose optional fields are not made.
    pub(crate) omitted: Vec<Omitted>,
}

impl Work {
    const fn new() -> Work {
        Work {
            scalar: None,
            literal_at: NONE,
            tasks: std::collections::VecDeque::new(),
            current: None,
            blocked: Vec::new(),
            disjunctions: Vec::new(),
            notify: Vec::new(),
            seen: FxHashSet::with_hasher(rustc_hash::FxBuildHasher),
            file_groups: Vec::new(),
            literals: Vec::new(),
            omitted: Vec::new(),
        }
    }
}

/// Nothing to do.
static IDLE: Work = Work::new();

impl std::ops::Deref for Scratch {
    type Target = Work;
    fn deref(&self) -> &Work {
        self.work.as_deref().unwrap_or(&IDLE)
    }
}

impl std::ops::DerefMut for Scratch {
    fn deref_mut(&mut self) -> &mut Work {
        self.work.get_or_insert_with(|| Box::new(Work::new()))
    }
}

/// A literal whose optional fields are not made: its index among the literals of the node, and how many arcs there were before.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Omitted {
    pub(crate) literal: u32,
    pub(crate) before: u32,
}

/// A struct literal that was instantiated in a node.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Literal {
    pub(crate) id: u32,
    pub(crate) env: EnvId,
    pub(crate) expr: ExprId,
    pub(crate) close: CloseId,
}

impl Default for Scratch {
    fn default() -> Self {
        Scratch {
            scheduled: 0,
            kind: kind::TOP,
            kind_at: NONE,
            unknown: None,
            checks: Rare::default(),
            top: false,
            literal: false,
            list: None,
            patterns: Rare::default(),
            branched: false,
            requires: SmallVec::new(),
            opens: Rare::default(),
            cyclic: false,
            acyclic: false,
            announced: Rare::default(),
            work: None,
        }
    }
}

/// An emptied table with the room that it has, unless that is much.
fn emptied<T>(v: &mut Vec<T>) -> Vec<T> {
    v.clear();
    if v.capacity() > ROOM { Vec::new() } else { std::mem::take(v) }
}

impl Work {
    fn reset(&mut self) {
        self.tasks.clear();
        self.seen.clear();
        *self = Work {
            tasks: if self.tasks.capacity() > ROOM { Default::default() } else { std::mem::take(&mut self.tasks) },
            blocked: emptied(&mut self.blocked),
            disjunctions: emptied(&mut self.disjunctions),
            notify: emptied(&mut self.notify),
            seen: if self.seen.capacity() > ROOM { Default::default() } else { std::mem::take(&mut self.seen) },
            literals: emptied(&mut self.literals),
            omitted: emptied(&mut self.omitted),
            ..Work::new()
        };
    }
}

impl Scratch {
    /// As new, with the room that its tables have.
    fn reset(&mut self) {
        let mut work = self.work.take();
        if let Some(work) = &mut work {
            work.reset();
        }
        self.checks.empty(ROOM);
        self.patterns.empty(ROOM);
        *self = Scratch {
            checks: std::mem::take(&mut self.checks),
            patterns: std::mem::take(&mut self.patterns),
            work,
            ..Scratch::default()
        };
    }

    /// Gives away the tables that only a node which is not final needs, and the room that it has no use for.
    pub(crate) fn split(&mut self) -> Option<Box<Work>> {
        self.checks.shrink();
        self.patterns.shrink();
        self.requires.shrink_to_fit();
        self.opens.shrink();
        self.announced.shrink();
        self.work.take()
    }
}

/// A scratch for another node.
#[expect(clippy::vec_box, reason = "the boxes are those of nodes, handed on as they are")]
#[inline(never)]
fn fresh(spare: &mut Vec<Box<Scratch>>, works: &mut Vec<Box<Work>>) -> Box<Scratch> {
    let mut scratch = spare.pop().unwrap_or_default();
    if scratch.work.is_none() {
        scratch.work = works.pop();
    }
    scratch
}

/// How many spare scratches are kept, and how much room in a table of one.
const SPARE: usize = 256;
const ROOM: usize = 64;

/// Up to this many conjuncts are searched one by one.
const FEW_CONJS: usize = 32;

/// Past this many arcs there is an index.
const INLINE_ARCS: usize = 8;

impl Evaluator {
    pub(crate) fn new_node(&mut self, parent: NodeId, label: Sym) -> NodeId {
        self.spend(super::budget::NEW_NODE);
        let env_mark = self.envs.len() as u32;
        let id = self.nodes.len() as u32;
        self.nodes.push(Node {
            parent,
            label,
            arc: ArcKind::Member,
            taint: 0,
            flags: 0,
            version: 0,
            env_mark,
            origin: id,
            conjs: SmallVec::new(),
            arcs: SmallVec::new(),
            kept: NONE,
            base: Base::None,
            fault: None,
            child_fault: None,
            scratch: None,
        })
    }

    /// A node without a place whose value is one conjunct; the same one for the same expression and scope.
    pub(crate) fn detached_node(&mut self, expr: ExprId, env: EnvId) -> NodeId {
        if let Some(n) = self.detached.get(&(expr, env)) {
            return *n;
        }
        let n = self.new_node(NONE, Sym::NONE);
        let cyc = if env == NONE { 0 } else { self.envs[env].cyc };
        self.nodes[n].conjs.push(Conj { expr, env, close: 0, cyc });
        self.detached.insert((expr, env), n);
        n
    }

    pub(crate) fn new_env(&mut self, up: EnvId, node: NodeId) -> EnvId {
        let cyc = if up == NONE { 0 } else { self.envs[up].cyc };
        self.envs.push(Env { up, node, label: Sym::NONE, vars: NONE, cyc })
    }

    /// The scope `up` levels out.
    pub(crate) fn env_up(&self, mut env: EnvId, up: u16) -> EnvId {
        for _ in 0..up {
            if env == NONE {
                break;
            }
            env = self.envs[env].up;
        }
        env
    }

    pub(crate) fn has(&self, n: NodeId, flags: u16) -> bool {
        self.nodes[n].flags & flags != 0
    }

    #[inline]
    pub(crate) fn scratch(&mut self, n: NodeId) -> &mut Scratch {
        let (spare, works) = (&mut self.spare, &mut self.spare_work);
        self.nodes[n].scratch.get_or_insert_with(|| fresh(spare, works))
    }

    /// Takes back what a node no longer needs: its tables have room for the next one.
    pub(crate) fn recycle(&mut self, mut scratch: Box<Scratch>) {
        if self.spare.len() < SPARE {
            scratch.reset();
            self.spare.push(scratch);
        }
    }

    /// As [`Evaluator::recycle`], of a part.
    pub(crate) fn recycle_work(&mut self, mut work: Box<Work>) {
        if self.spare_work.len() < SPARE {
            work.reset();
            self.spare_work.push(work);
        }
    }

    /// The arc with a label, of any type.
    pub(crate) fn arc(&self, n: NodeId, label: Sym) -> Option<NodeId> {
        let node = &self.nodes[n];
        if node.arcs.len() > INLINE_ARCS
            && let Some(index) = self.indexes.get(&n)
        {
            return index.get(&label).copied();
        }
        node.arcs.iter().copied().find(|a| self.nodes[*a].label == label)
    }

    /// Follows a value that is another node's.
    pub(crate) fn follow(&self, mut n: NodeId) -> NodeId {
        while let Base::Forward(t) = self.nodes[n].base {
            n = t;
        }
        n
    }

    /// Makes an arc without conjuncts.
    pub(crate) fn new_arc(&mut self, n: NodeId, label: Sym, arc: ArcKind) -> NodeId {
        let child = self.new_node(n, label);
        self.nodes[child].arc = arc;
        let node = &mut self.nodes[n];
        node.arcs.push(child);
        if node.arcs.len() > INLINE_ARCS {
            let (nodes, arcs) = (&self.nodes, &self.nodes[n].arcs);
            let all = || arcs.iter().map(|a| (nodes[*a].label, *a)).collect();
            self.indexes.entry(n).or_insert_with(all).insert(label, child);
        }
        child
    }

    /// Declarations of a node, for comments, attributes and places; one that gave several conjuncts comes as often.
    pub(crate) fn declared(&self, n: NodeId) -> impl Iterator<Item = u32> {
        let node = &self.nodes[n];
        let conjs: &[Conj] = if node.flags & flag::PART == 0 { &node.conjs } else { &[] };
        conjs.iter().filter_map(|c| self.ir.declaration(c.expr))
    }

    /// [`Evaluator::declared`], each once.
    pub(crate) fn metas(&self, n: NodeId) -> Vec<u32> {
        let mut out: Vec<u32> = Vec::new();
        if self.nodes[n].conjs.len() <= FEW_CONJS {
            self.declared(n).for_each(|m| {
                if !out.contains(&m) {
                    out.push(m);
                }
            });
        } else {
            let mut seen = FxHashSet::default();
            out.extend(self.declared(n).filter(|m| seen.insert(*m)));
        }
        out
    }

    /// Whether a node has a conjunct already.
    fn has_conj(&mut self, n: NodeId, conj: &Conj) -> bool {
        let conjs = &self.nodes[n].conjs;
        if conjs.len() <= FEW_CONJS {
            return conjs.contains(conj);
        }
        // A map that many declarations add to would else be searched from end to end by each of them.
        let (count, known) = self.many.entry(n).or_default();
        if *count != conjs.len() {
            known.extend(conjs.iter().skip(if *count < conjs.len() { *count } else { 0 }).copied());
            *count = conjs.len();
        }
        known.contains(conj)
    }

    /// Adds a conjunct to a node, whatever its state, and tells those who copied its conjuncts.
    pub(crate) fn add_conj(&mut self, n: NodeId, conj: Conj) {
        if self.has_conj(n, &conj) {
            return;
        }
        let node = &mut self.nodes[n];
        node.conjs.push(conj);
        node.version += 1;
        self.reopen(n);
        let notify = self.nodes[n].scratch.as_ref().map(|s| s.notify.clone()).unwrap_or_default();
        for to in notify {
            // What came of a disjunction there is no news for the one that it is a disjunction of.
            let own = self.nodes[n].scratch.as_ref().is_some_and(|s| !s.disjunctions.is_empty())
                && self.in_circle(to.node, conj, n);
            if to.node != n && !own {
                self.notify(to, conj);
            }
        }
    }

    /// Tells a node of a conjunct that a node it refers to got later.
    pub(crate) fn notify(&mut self, to: Notify, conj: Conj) {
        let scratch = self.scratch(to.node);
        let task = Task { kind: TaskKindLate, conj: Conj { close: to.close, cyc: to.cyc, ..conj } };
        scratch.tasks.push_back(task);
        self.nodes[to.node].version += 1;
        self.nodes[to.node].flags &= !(flag::DONE | flag::FINAL | flag::SETTLED | flag::REQUIRES);
    }

    /// A node that was done has more to do.
    fn reopen(&mut self, n: NodeId) {
        let node = &mut self.nodes[n];
        node.flags &= !(flag::DONE | flag::FINAL | flag::REQUIRES);
        if let Base::Forward(_) = node.base {
            node.base = Base::None;
            if let Some(s) = &mut node.scratch
                && !s.branched
            {
                s.scheduled = 0;
                s.seen.clear();
            }
        }
        if let Some(s) = &mut node.scratch {
            s.branched = false;
        }
    }
}

use super::task::TaskKind::Late as TaskKindLate;
