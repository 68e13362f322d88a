//! The evaluator.
//!
//! # Where what you know of CUE is
//!
//! | CUE | here | begin at |
//! |---|---|---|
//! | unification, fields, `...`, patterns | splitting conjuncts | [`schedule`]: `schedule`, `add_field` |
//! | references, selectors, "undefined field", optional and required fields | finding and reading a node | [`refer`]: `lookup`, `add_reference` |
//! | **definitions, `close()`, "field not allowed"** | groups and evidence | [`closedness`]: `close_reference`, `not_allowed` |
//! | **disjunctions, defaults, "n errors in empty disjunction"** | choosing | [`branch`]: `branch`; several at once: [`product`]; `*`: `Mode` in [`node`] |
//! | **structural cycles** | histories of conjuncts | [`cycle`]: `follow_cyc`, `check_cycle` |
//! | **reference cycles** (`a: b + 1`, `b: a - 1`) | waiting tasks that are forced | [`finalize`]: `unlock`, and *Deadlock* below |
//! | bounds, validators, `matchN` | judged when a value is there | [`bounds`], [`validators`], [`finalize`]: `judge` |
//! | comprehensions, `x != _|_` | tasks that wait for their sources | [`comprehension`] |
//! | operators, interpolation, calls | values of expressions | [`expr`], [`arith`], [`call`] |
//! | optional fields that nobody gives | no nodes, their literals are kept | [`optional`] |
//! | the order of fields | a sort over literals | [`order`] |
//! | what export says is incomplete; errors and their places; "did you mean" | leaving the evaluation | [`data`], [`fault`], [`advice`] |
//!
//! # Three programs, step by step
//!
//! **Closedness.** `#A: {n: int}`, `x: #A & {m: 1}`. The node `x` has two conjuncts. The reference to `#A` names a definition, so it
//! opens a group and `x` *requires* it: every field of `x` needs a conjunct of that group. The literal of `#A` gives `n` such a
//! conjunct. `m` comes from the other literal, outside of the group: it has no evidence, and when all of `x` is known it gets
//! the fault "field not allowed". In `x: {#A, m: 1}` the reference stands in an embedding, whose group lies inside that of the
//! literal around it; `m` stands beside the embedding, which is allowed, and whoever refers to `x` requires what the literal
//! has as a whole. While an embedding or a condition of `x` is incomplete (`#A: {if b {m: int}}`, `b: bool`) nothing is refused:
//! it may still bring evidence.
//!
//! **Disjunction.** `#T: {kind: "a", n: int} | {kind: "b"}`, `x: #T & {kind: "b"}`. The union is set aside while the other conjuncts
//! are split. Then its alternatives are held against what `x` is by now: the first one has another `kind`, so it goes
//! without being evaluated; the second is the only one left and becomes an ordinary conjunct of `x`. Without `kind: "b"` two would be left:
//! `x` is copied twice, each copy gets one of them, and both copies are the alternatives of its value. `x.kind` is ambiguous then,
//! which is incomplete and no error. An alternative that refers to what is not there (`{n: y} | null`, `y?: int`) gives way to those
//! that do not.
//!
//! **Cycle.** `#L: {next: #L}`. The field `next` has one conjunct, a reference that leads to the node that contains it. Its history
//! says so, so whatever it brings is *cyclic*; nothing else gives `next` anything: a structural cycle. With
//! `#L: {next?: #L}` and `x: #L & {next: next: {}}` the literal of `x` gives two levels that are not cyclic, which keeps them going;
//! a third one is optional and nobody asks for it. `a: b`, `b: a` is different: references that only meet each other add nothing, and
//! both are `_`.
//!
//! # Semantics, before the code
//!
//! A **node** is a place in the result: the package, a field, an element, or a value that has no place (a `let`, a struct
//! literal inside an expression). Its value is the unification of its **conjuncts**: pairs of an expression and the
//! scope (**environment**) that the expression's names are resolved in. A reference in a conjunct does not copy a value: it
//! adds the conjuncts of the node that it names, so that struct literals inside are instantiated anew with this node as
//! their scope.
//!
//! **Processing a node** ([`run`](Evaluator::run)) splits conjuncts. Literals take effect at once: scalars and types narrow
//! the node, fields create **arcs** (child nodes with conjuncts of their own). Everything that needs other values first is a
//! **task**: a reference, an operator, a comprehension, a dynamic field, a pattern, a list with comprehensions. A task ends
//! in one of four ways:
//!
//! * it is done;
//! * **pending** on a node: something that it read is not known yet *because it is being worked out further up the stack*.
//!   It stays in the node's list and starts again when that node has changed. Tasks are pure until they are done, so
//!   starting again is safe;
//! * **unknown**: it read the result of an action that has not run. It contributes nothing, and the node says so;
//! * a **fault**, permanent or incomplete, that becomes the node's.
//!
//! States of a node: new → *running* → **done** (no task left; only then are types, bounds, lengths and cycles judged) →
//! **final** (all arcs final too, closedness checked). A node is **settled** when nothing can add conjuncts to it any more:
//! its parent is done, or no task left in the parent can give its label, and so on upwards. Invariants:
//!
//! * a concrete scalar may be read as soon as it is there (it can only be confirmed or contradicted);
//! * anything else is read only of a settled and done node; fields added afterwards would be a mistake of ours;
//! * a node is final only when its parent is settled;
//! * nothing that only a node's own evaluation needs (tasks, bounds, …) outlives its becoming final.
//!
//! **Deadlock.** When a node is being made final, no task is on the stack, and tasks of it are still pending, they wait for
//! each other. Then one of them is *forced*: what it reads counts as it stands (an absent field is absent, a value that
//! is not there is a `cycle` fault), and processing goes on.
//!
//! **Disjunctions** come after all other tasks of a node. Alternatives that contradict what is known are dropped before
//! anything is copied; a single survivor is added to the node itself; otherwise the node is copied for each alternative,
//! the copies are evaluated as far as possible, failures and duplicates are dropped, and what remains is the value, with a
//! default mode (maybe, is, not) each. References still see the disjunction itself, not its outcome. Several disjunctions of a
//! node are a product: [`product`] tells how it is kept small.
//!
//! **Budgets**: every loop counts its work, see [`budget`]; an evaluation that goes over ends with a diagnostic, not with the
//! patience of who waits for it.
//!
//! **Closedness** is by evidence, see [`closedness`]. **Structural cycles** by marks on conjuncts, see [`cycle`].

mod advice;
mod argument;
mod arith;
mod bounds;
mod branch;
mod budget;
mod call;
mod closedness;
mod comprehension;
mod cycle;
mod data;
mod equal;
mod expr;
mod fault;
mod finalize;
mod fits;
mod node;
mod optional;
mod order;
mod print;
mod product;
mod quick;
mod refer;
mod schedule;
mod small;
mod task;
mod val;
mod validators;

use crate::api::Limits;
use crate::compile::Unit;
use crate::ir::{Arena, ExprId, Ir, Sym};
use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

pub(crate) use arith::binary_text;
pub(crate) use closedness::{CloseId, CloseInfo};
pub(crate) use cycle::{Cyc, CycId};
pub(crate) use data::Export;
pub(crate) use fault::{Code, FaultId, FaultInfo, Reason, nearest};
pub(crate) use fits::{Fit, Form, FormId, Forms, element_form, length_fits, rest_fits};
pub(crate) use node::{Alt, Base, Conj, Env, EnvId, Mode, NONE, Node, NodeId, flag};
pub(crate) use task::{Task, TaskKind};
pub(crate) use val::{Val, function_name, quoted};

/// Why an expression has no value now.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stop {
    /// Wait for this node.
    Pending(NodeId),
    /// It is an error.
    Fault(FaultId),
    /// It depends on a result that is not known.
    Unknown(u32),
}

pub(crate) type Res<T> = Result<T, Stop>;

/// One evaluation: all tables, and the little state that belongs to the task on top of the stack.
#[derive(Debug)]
pub(crate) struct Evaluator {
    pub(crate) unit: Arc<Unit>,
    pub(crate) ir: Ir,
    pub(crate) nodes: Arena<Node>,
    pub(crate) envs: Arena<Env>,
    pub(crate) closes: Arena<CloseInfo>,
    pub(crate) cycs: Arena<Cyc>,
    pub(crate) faults: Arena<FaultInfo>,
    pub(crate) vars: Arena<(Val, Val)>,
    /// The literals of nodes with optional fields that nobody has given, see [`optional`].
    pub(crate) kept: Arena<node::Literal>,
    /// The arcs of nodes that have many.
    pub(crate) indexes: FxHashMap<NodeId, FxHashMap<Sym, NodeId>>,
    /// Lets and inline literals, once per expression and scope.
    pub(crate) detached: FxHashMap<(ExprId, EnvId), NodeId>,
    /// What a call makes of its arguments (`close`, `and`, `or`), apart from those: a `let` may be nothing but the call.
    pub(crate) made: FxHashMap<(ExprId, EnvId), NodeId>,
    /// What a validator says of a value that it has just refused.
    pub(crate) why_not: Option<String>,
    /// Values that are the same in every instance of what they are part of.
    pub(crate) shared: FxHashMap<quick::SharedKey, quick::Shared>,
    /// The conjuncts of nodes that have many, and how many they were.
    pub(crate) many: FxHashMap<NodeId, (usize, FxHashSet<Conj>)>,
    /// The bounds of nodes that have many.
    pub(crate) many_checks: FxHashMap<NodeId, FxHashSet<smol_str::SmolStr>>,
    /// The lengths of long lists and structs that are complete.
    pub(crate) lengths: FxHashMap<NodeId, usize>,
    /// How many references have led back to where they came from.
    pub(crate) circles: u64,
    /// Bounds by their expression, those that have a literal for a limit.
    pub(crate) bounds: FxHashMap<ExprId, Option<Val>>,
    pub(crate) packages: FxHashMap<u32, NodeId>,
    pub(crate) root: NodeId,
    /// Scratches of nodes that are final, for the next ones.
    #[expect(clippy::vec_box, reason = "the boxes are those of nodes, handed on as they are")]
    pub(crate) spare: Vec<Box<node::Scratch>>,
    #[expect(clippy::vec_box, reason = "as above")]
    pub(crate) spare_work: Vec<Box<node::Work>>,
    /// Label bits read by the task that is running.
    pub(crate) taint: u8,
    /// What is read counts as it stands.
    pub(crate) force: bool,
    /// What is known of what is read counts: a scalar, although a disjunction or another conjunct may still contradict it.
    pub(crate) soft: bool,
    /// The node whose task is running.
    pub(crate) here: NodeId,
    /// The node in which a value is tried against a schema (`matchN`, `matchIf`).
    pub(crate) trial: NodeId,
    /// The struct or list whose validators are running: all of it is known but for their verdict.
    pub(crate) judging: NodeId,
    /// Disjunctions that a copy has still to decide.
    pub(crate) undecided: Vec<product::Undecided>,
    /// With how many nodes the products in copies end that are under way.
    pub(crate) full: u32,
    /// Validators that are running, with what they look at: one that comes to itself again goes in circles.
    pub(crate) validating: Vec<(Val, Val)>,
    /// Tasks on the stack.
    pub(crate) task_depth: u32,
    pub(crate) depth: u32,
    pub(crate) budget: budget::Budget,
    pub(crate) limits: Limits,
    pub(crate) stopped: Option<FaultId>,
    /// The labels that an export has passed, and the node where it began.
    pub(crate) trail: Vec<Sym>,
    pub(crate) trail_from: NodeId,
    /// Compiled patterns; `None` for those that are none.
    pub(crate) regexes: FxHashMap<smol_str::SmolStr, Result<Arc<crate::regexp::Regexp>, String>>,
}

impl Evaluator {
    pub(crate) fn new(unit: Arc<Unit>, limits: Limits) -> Evaluator {
        let unit_bytes = unit.sources.bytes();
        let mut e = Evaluator {
            ir: unit.ir.clone(),
            unit,
            nodes: Arena::default(),
            envs: Arena::default(),
            closes: Arena::default(),
            cycs: Arena::default(),
            faults: Arena::default(),
            vars: Arena::default(),
            kept: Arena::default(),
            indexes: FxHashMap::default(),
            detached: FxHashMap::default(),
            made: FxHashMap::default(),
            why_not: None,
            shared: FxHashMap::default(),
            many: FxHashMap::default(),
            many_checks: FxHashMap::default(),
            lengths: FxHashMap::default(),
            circles: 0,
            bounds: FxHashMap::default(),
            packages: FxHashMap::default(),
            root: 0,
            spare: Vec::new(),
            spare_work: Vec::new(),
            taint: 0,
            force: false,
            soft: false,
            here: NONE,
            trial: NONE,
            judging: NONE,
            undecided: Vec::new(),
            full: 0,
            validating: Vec::new(),
            task_depth: 0,
            depth: 0,
            budget: budget::Budget::new(&limits, unit_bytes),
            limits,
            stopped: None,
            trail: Vec::new(),
            trail_from: NONE,
            regexes: FxHashMap::default(),
        };
        e.closes.push(CloseInfo::default());
        e.cycs.push(Cyc::default());
        e.root = e.package_node(e.unit.root);
        e
    }

    /// The node of a package, made when it is first needed.
    pub(crate) fn package_node(&mut self, package: u32) -> NodeId {
        if let Some(n) = self.packages.get(&package) {
            return *n;
        }
        let n = self.new_node(NONE, Sym::NONE);
        self.packages.insert(package, n);
        for file in self.ir.packages[package].files.clone() {
            self.nodes[n].conjs.push(Conj { expr: file, env: NONE, close: 0, cyc: 0 });
        }
        n
    }
}
