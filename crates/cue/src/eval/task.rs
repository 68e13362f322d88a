//! Tasks: what a node still has to do.

use super::Conj;
use crate::ir::{ArcKind, Expr, ExprId, Ir, Sym};

/// A task with the conjunct that it stems from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    pub(crate) kind: TaskKind,
    pub(crate) conj: Conj,
}

/// What a task does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TaskKind {
    /// Resolve a reference, add the conjuncts of its target.
    Reference,
    /// Evaluate an expression, insert its value.
    Value,
    /// Insert what a comprehension yields.
    Comprehension(u32),
    /// A field whose label is computed.
    Dynamic { label: ExprId, arc: ArcKind, binds: bool },
    /// A pattern constraint.
    Pattern { pattern: ExprId, binds: bool },
    /// A list with comprehensions.
    List(u32),
    /// A conjunct that a reference's target got later.
    Late,
}

/// Whether a task may give a field with this label to its node.
pub(crate) fn may_give(ir: &Ir, task: &Task, label: Sym) -> bool {
    match task.kind {
        TaskKind::Comprehension(id) => {
            ir.comprehensions[id].labels.as_deref().is_none_or(|labels| labels.contains(&label))
        }
        TaskKind::Dynamic { .. } | TaskKind::Pattern { .. } => label.is_regular(),
        TaskKind::List(_) => label.as_index().is_some(),
        TaskKind::Value => matches!(ir.exprs[task.conj.expr], Expr::Call(..) | Expr::Open(_) | Expr::Try(_)),
        TaskKind::Reference | TaskKind::Late => true,
    }
}
