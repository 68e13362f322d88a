//! Errors while they are values: small, cheap to make and drop; text only when somebody looks.

use super::{Evaluator, NONE, NodeId, Stop, Val};
use crate::api::ErrorClass;
use crate::builtin::Builtin;
use crate::ir::{ExprId, Sym};
use cue_syntax::{Diagnostic, Span};
use smol_str::SmolStr;

pub(crate) type FaultId = u32;

/// The classes of error (cue-language §1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Code {
    Eval,
    User,
    Structural,
    Incomplete,
    Cycle,
    /// A limit was reached.
    Budget,
}

impl Code {
    pub(crate) fn is_permanent(self) -> bool {
        !matches!(self, Code::Incomplete | Code::Cycle)
    }
}

/// What is said of a field declared with `!` that nothing gives.
pub(crate) const REQUIRED: &str = "field is required but not present";

/// What is wrong; formatted by [`Evaluator::message`].
#[derive(Debug, Clone)]
pub(crate) enum Reason {
    Static(&'static str),
    Text(SmolStr),
    /// Two values.
    Conflict(Val, Val),
    /// Two sets of kinds.
    Kinds(u16, u16),
    /// A value and the bound or validator that it breaks.
    Bound(Val, Val),
    /// As [`Reason::Bound`] of a validator, with what it says.
    Unsatisfied(Box<(Val, Val, String)>),
    NotAllowed(Sym),
    /// The name, and what was asked for it.
    Undefined(Sym, NodeId),
    /// Whether there is such a field depends on whether there is one.
    CyclicReference(Sym),
    OptionalReference(Sym),
    RequiredReference(Sym),
    /// An operator that needs a concrete value found this.
    NonConcrete(Val),
    Ambiguous(NodeId),
    EmptyDisjunction,
    /// What is wrong inside of an argument that has no place of its own: the function, the fault.
    Argument(&'static Builtin, FaultId),
}

/// A fault.
#[derive(Debug, Clone)]
pub(crate) struct FaultInfo {
    pub(crate) code: Code,
    pub(crate) reason: Reason,
    pub(crate) node: NodeId,
    /// Places: expressions.
    pub(crate) at: Vec<ExprId>,
    pub(crate) related: Vec<FaultId>,
    /// Where an export came to it, from which node: a shared value has more places than its own.
    pub(crate) trail: Option<(NodeId, Box<[Sym]>)>,
}

impl Evaluator {
    pub(crate) fn fault(&mut self, code: Code, reason: Reason, node: NodeId, at: &[ExprId]) -> FaultId {
        let at = at.iter().copied().filter(|e| *e != NONE).collect();
        self.faults.push(FaultInfo { code, reason, node, at, related: Vec::new(), trail: None })
    }

    pub(crate) fn stop(&mut self, code: Code, reason: Reason, node: NodeId, at: &[ExprId]) -> Stop {
        Stop::Fault(self.fault(code, reason, node, at))
    }

    pub(crate) fn set_fault(&mut self, n: NodeId, code: Code, reason: Reason, at: &[ExprId]) {
        let f = self.fault(code, reason, n, at);
        self.add_fault(n, f);
    }

    /// Records a fault; a permanent one hides an incomplete one.
    pub(crate) fn add_fault(&mut self, n: NodeId, f: FaultId) {
        let new = self.faults[f].code;
        if self.faults[f].node == NONE {
            // Only a fault of this layer can still be unplaced.
            self.faults[f].node = n;
        }
        let node = &mut self.nodes[n];
        node.version += 1;
        match node.fault {
            Some(old) if self.faults[old].code.is_permanent() || !new.is_permanent() => {}
            _ => node.fault = Some(f),
        }
    }

    pub(crate) fn is_permanent(&self, f: FaultId) -> bool {
        self.faults[f].code.is_permanent()
    }

    /// The permanent fault of a node or of a field below.
    pub(crate) fn permanent(&self, n: NodeId) -> Option<FaultId> {
        let own = &self.nodes[n];
        let node = &self.nodes[self.follow(n)];
        let fault = |f: Option<FaultId>| f.filter(|f| self.is_permanent(*f));
        // A field that may not be there is wrong in its place, not the value that it shares.
        fault(node.fault).or(node.child_fault).or_else(|| fault(own.fault))
    }

    pub(crate) fn kind_conflict(&mut self, n: NodeId, first: ExprId, second: ExprId, a: u16, b: u16) {
        let reason = match (self.literal_of(n, first), self.literal_of(n, second)) {
            (Some(x), Some(y)) => Reason::Conflict(x, y),
            _ => Reason::Kinds(a, b),
        };
        self.set_fault(n, Code::Eval, reason, &[first, second]);
    }

    /// The value of an expression that needs no evaluation, for messages.
    fn literal_of(&self, n: NodeId, e: ExprId) -> Option<Val> {
        use crate::ir::Expr;
        if e == NONE {
            return None;
        }
        match &self.ir.exprs[e] {
            Expr::Null => Some(Val::Null),
            Expr::Bool(b) => Some(Val::Bool(*b)),
            Expr::Num(x) => Some(Val::Num(x.clone())),
            Expr::Str(s) => Some(Val::Str(s.clone())),
            Expr::Bytes(b) => Some(Val::Bytes(b.clone())),
            Expr::Kind(k) => Some(Val::Kind(*k)),
            Expr::Struct(_) => Some(Val::Kind(crate::ir::kind::STRUCT)),
            Expr::List(_) => Some(Val::Kind(crate::ir::kind::LIST)),
            _ => {
                self.nodes[n].scratch.as_ref().and_then(|s| s.scalar.as_ref()).filter(|s| s.1 == e).map(|s| s.0.clone())
            }
        }
    }

    /// The text of a fault, without places.
    pub(crate) fn message(&self, f: FaultId) -> String {
        let text = |s: Sym| self.ir.symbols.text(s).clone();
        match &self.faults[f].reason {
            Reason::Static(t) => (*t).to_owned(),
            Reason::Text(t) => t.to_string(),
            Reason::Conflict(a, b) => {
                let mismatch = a.kind() & b.kind() == 0 && (a.kind() != 0) && (b.kind() != 0);
                let head = format!("conflicting values {} and {}", self.show(a), self.show(b));
                if mismatch {
                    use crate::ir::kind::text;
                    format!("{head} (mismatched types {} and {})", text(a.kind()), text(b.kind()))
                } else {
                    head
                }
            }
            Reason::Kinds(a, b) => {
                use crate::ir::kind::text;
                format!("conflicting values (mismatched types {} and {})", text(*a), text(*b))
            }
            Reason::Bound(v, b) => match b {
                Val::Validator(_) => format!("invalid value {} (does not satisfy {})", self.show(v), self.show(b)),
                _ => format!("invalid value {} (out of bound {})", self.show(v), self.show(b)),
            },
            Reason::Unsatisfied(told) => {
                let (v, b, why) = &**told;
                // The schemas of a match are shown in their place.
                let validator = match b {
                    Val::Validator(call) if matches!(call.0, crate::ir::Function::Native(_)) => {
                        super::val::function_name(call.0)
                    }
                    b => self.show(b),
                };
                let validator = validator.strip_suffix("()").unwrap_or(&validator);
                format!("invalid value {} (does not satisfy {validator}): {why}", self.show(v))
            }
            Reason::NotAllowed(_) => "field not allowed".to_owned(),
            Reason::Undefined(s, _) => match s.as_index() {
                Some(i) => format!("undefined field: {i}"),
                None => format!("undefined field: {}", text(*s)),
            },
            Reason::CyclicReference(s) => format!("cyclic reference to field {}", text(*s)),
            Reason::OptionalReference(s) => format!("cannot reference optional field: {}", text(*s)),
            Reason::RequiredReference(s) => format!("required field missing: {}", text(*s)),
            Reason::NonConcrete(v) => format!("non-concrete value {}", self.show(v)),
            Reason::Ambiguous(n) => format!("unresolved disjunction {}", self.show(&Val::Node(*n))),
            Reason::EmptyDisjunction => {
                let n = self.faults[f].related.len();
                format!("{n} errors in empty disjunction")
            }
            Reason::Argument(b, inner) => {
                let (path, text) = (self.path_of(*inner), self.message(*inner));
                let colon = if path.is_empty() { "" } else { ": " };
                format!("error in call to {}: {path}{colon}{text}", super::val::function_name_of(b))
            }
        }
    }

    /// The path of a node from the root: `a.b[0]."x-y"`.
    pub(crate) fn path(&self, n: NodeId) -> String {
        self.path_below(n, &[])
    }

    /// The path of a node with labels below it.
    fn path_below(&self, n: NodeId, below: &[Sym]) -> String {
        let mut labels: Vec<Sym> = below.iter().rev().copied().collect();
        let mut at = n;
        while at != NONE {
            let node = &self.nodes[at];
            if node.label != Sym::NONE {
                labels.push(node.label);
            }
            at = node.parent;
        }
        let mut out = String::new();
        for label in labels.into_iter().rev() {
            match label.as_index() {
                Some(i) => out.push_str(&format!("[{i}]")),
                None => {
                    if !out.is_empty() {
                        out.push('.');
                    }
                    let text = self.ir.symbols.text(label);
                    let plain = text.chars().enumerate().all(|(i, c)| {
                        c == '_' || c == '$' || c == '#' || c.is_alphabetic() || (i > 0 && c.is_numeric())
                    }) && !text.is_empty();
                    if plain { out.push_str(text) } else { out.push_str(&super::val::quoted(text)) }
                }
            }
        }
        out
    }

    /// The path of the place where a fault is.
    fn path_of(&self, f: FaultId) -> String {
        let info = &self.faults[f];
        match &info.trail {
            _ if info.node == NONE => String::new(),
            Some((from, labels)) => self.path_below(*from, labels),
            None => self.path(info.node),
        }
    }

    /// A fault that came up while an argument was read, as one of the call: an argument without a place has no path that
    /// would lead anybody to it.
    pub(crate) fn of_argument(&mut self, b: &'static Builtin, given: &Val, stop: Stop, e: ExprId) -> Stop {
        let Stop::Fault(f) = stop else { return stop };
        let info = &self.faults[f];
        let from = info.trail.as_ref().map_or(info.node, |t| t.0);
        if from == NONE || self.has_place(from) {
            return stop;
        }
        let (code, trail) = (info.code, info.trail.clone());
        // What instances share has no place, but what was named has one.
        if let Val::Node(n) = given
            && let Some((_, labels)) = trail
            && self.follow(*n) == from
            && self.has_place(self.placed(*n))
        {
            let mut info = self.faults[f].clone();
            info.trail = Some((self.placed(*n), labels));
            return Stop::Fault(self.faults.push(info));
        }
        self.stop(code, Reason::Argument(b, f), NONE, &[e])
    }

    /// Whether a node is part of a package.
    pub(crate) fn has_place(&self, n: NodeId) -> bool {
        let mut top = n;
        while self.nodes[top].parent != NONE {
            top = self.nodes[top].parent;
        }
        self.packages.values().any(|package| *package == top)
    }

    pub(crate) fn class(&self, f: FaultId) -> ErrorClass {
        if self.is_permanent(f) { ErrorClass::Error } else { ErrorClass::Incomplete }
    }

    /// A fault as a person reads it.
    pub(crate) fn diagnostic(&self, f: FaultId) -> Diagnostic {
        self.diagnostic_at(f, 4)
    }

    fn diagnostic_at(&self, f: FaultId, depth: u32) -> Diagnostic {
        let info = &self.faults[f];
        if let Reason::Argument(_, inner) = info.reason
            && depth > 0
        {
            let mut d = self.diagnostic_at(inner, depth - 1);
            (d.message, d.path) = (self.message(f), Some(self.path_of(f)).filter(|p| !p.is_empty()));
            for e in &info.at {
                d = d.at(&self.unit.sources, self.ir.spans[*e], "in this call");
            }
            return d;
        }
        let code = match (&info.reason, info.code) {
            (_, Code::Budget) => "cue/limit",
            (_, Code::Structural) => "cue/structural-cycle",
            (_, Code::Cycle) => "cue/cycle",
            (_, Code::User) => "cue/user-error",
            (Reason::Conflict(..) | Reason::Kinds(..), _) => "cue/conflict",
            (Reason::Bound(..) | Reason::Unsatisfied(_), _) => "cue/bound",
            (Reason::NotAllowed(_), _) => "cue/not-allowed",
            (Reason::Undefined(..), _) => "cue/undefined-field",
            (Reason::OptionalReference(_), _) => "cue/optional-field",
            (Reason::RequiredReference(_) | Reason::Static(REQUIRED), _) => "cue/required-field",
            (Reason::NonConcrete(_), _) => "cue/non-concrete",
            (Reason::Ambiguous(_), _) => "cue/ambiguous",
            (Reason::EmptyDisjunction, _) => "cue/empty-disjunction",
            (_, Code::Incomplete) => "cue/incomplete",
            _ => "cue/eval",
        };
        let mut d = Diagnostic::error(code, self.message(f));
        d.path = Some(self.path_of(f)).filter(|p| !p.is_empty());
        // A field that may not be there is shown by its name, wherever it is given one.
        let given = match &info.reason {
            Reason::NotAllowed(_) if info.node != NONE => self.labels_of(info.node),
            _ => Vec::new(),
        };
        for span in &given {
            d = d.at(&self.unit.sources, *span, "");
        }
        for (i, e) in info.at.iter().enumerate().filter(|_| given.is_empty()) {
            let text = match &info.reason {
                Reason::Conflict(a, b) => match i {
                    0 => self.show(a),
                    _ => self.show(b),
                },
                Reason::Bound(v, b) => match i {
                    0 => self.show(b),
                    _ => self.show(v),
                },
                Reason::Unsatisfied(told) if i == 1 => self.show(&told.0),
                _ => String::new(),
            };
            let span = match &info.reason {
                Reason::Undefined(..) | Reason::OptionalReference(_) | Reason::RequiredReference(_) => {
                    self.selected(*e)
                }
                _ => self.ir.spans[*e],
            };
            d = d.at(&self.unit.sources, span, text);
        }
        d.help = self.advice(f);
        if let Some(span) = self.wanted_in(info) {
            d = d.at(&self.unit.sources, span, crate::EXPECTED_HERE);
        }
        if depth > 0 {
            d.related = info.related.iter().take(20).map(|r| self.diagnostic_at(*r, depth - 1)).collect();
        }
        d
    }
}

impl Evaluator {
    /// The names of a field where it is declared, at most four.
    fn labels_of(&self, n: NodeId) -> Vec<Span> {
        let mut out: Vec<Span> = Vec::new();
        for span in self.declared(n).filter_map(|m| self.ir.metas[m].label) {
            if out.len() < 4 && !out.contains(&span) {
                out.push(span);
            }
        }
        out
    }

    /// What a selector or an index asks for: the name behind the dot, what stands in the brackets.
    fn selected(&self, e: ExprId) -> Span {
        use crate::ir::Expr;
        let span = self.ir.spans[e];
        match &self.ir.exprs[e] {
            Expr::Index(_, index) => self.ir.spans[*index],
            Expr::Select(operand, _) => {
                let from = self.ir.spans[*operand];
                let source = self.unit.sources.get(span.source).filter(|_| from.source == span.source);
                let between = source.and_then(|s| s.text.get(from.end as usize..span.end as usize));
                match between.and_then(|t| t.find('.').map(|dot| (dot, t))) {
                    Some((dot, t)) => {
                        let behind = t.get(dot + 1..).unwrap_or_default();
                        let blank = behind.len() - behind.trim_start().len();
                        Span { start: from.end + (dot + 1 + blank) as u32, ..span }
                    }
                    None => span,
                }
            }
            _ => span,
        }
    }
}

/// The name that was probably meant: at most a third of it differs.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    // Any other letter would be as near to one letter.
    wanted.chars().nth(1)?;
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    names
        .filter(|n| !n.is_empty() && *n != wanted)
        .map(|n| (distance(wanted, n), n))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, n)| n.to_owned())
}

/// How many letters have to be changed, added, left out or swapped with the next one.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let (mut before, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    let mut last: Option<char> = None;
    for (i, x) in a.chars().enumerate() {
        let mut next = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let at = |row: &[usize], j: usize| row.get(j).copied().unwrap_or(usize::MAX / 2);
            let cost = usize::from(!x.eq_ignore_ascii_case(y));
            let mut least = (at(&row, j) + cost).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = j > 0 && last == Some(*y) && b.get(j - 1) == Some(&x);
            if swapped {
                least = least.min(at(&before, j - 1) + 1);
            }
            next.push(least);
        }
        (before, row, last) = (row, next, Some(x));
    }
    row.last().copied().unwrap_or_default()
}
