//! Arguments of builtins: of which kinds they may be.

use super::{Code, Evaluator, FaultId, NONE, Reason, Res, Stop, Val};
use crate::builtin::{Builtin, Kinds};
use crate::ir::{Expr, ExprId, kind};

impl Evaluator {
    /// An argument of a predeclared function, as an operand of one of these kinds.
    pub(super) fn argument(&mut self, name: &str, i: usize, v: Val, kinds: u16, at: ExprId) -> Res<Val> {
        let v = self.operand(v, at);
        self.of_kinds(v, kinds).map_err(|(v, stop)| match v {
            Some(v) => self.not_of_kinds(name, i, &v, kinds, at),
            None => stop,
        })
    }

    /// An argument of a function of a package.
    pub(super) fn builtin_argument(&mut self, b: &Builtin, i: usize, v: Val, kinds: Kinds, e: ExprId) -> Res<Val> {
        let v = self.operand(v, e);
        self.of_kinds(v, kinds.0).map_err(|(v, stop)| match v {
            Some(v) => self.wrong_kind(b, i, &v, e),
            None => stop,
        })
    }

    /// An operand, if it is of these kinds; else the one that is not. What is not concrete yet but can never be of them is an
    /// error already.
    fn of_kinds(&self, v: Res<Val>, kinds: u16) -> Result<Val, (Option<Val>, Stop)> {
        let none = || Stop::Fault(FaultId::default());
        match v {
            Ok(v) if self.kind_of(&v) & kinds != 0 => Ok(v),
            Ok(v) => Err((Some(v), none())),
            Err(Stop::Fault(f)) => Err(match &self.faults[f].reason {
                Reason::NonConcrete(v) if !self.is_permanent(f) && self.kind_of(v) & kinds == 0 => {
                    (Some(v.clone()), none())
                }
                _ => (None, Stop::Fault(f)),
            }),
            Err(stop) => Err((None, stop)),
        }
    }

    /// Whether a call is written with all its arguments; a validator has its first one from the value that it is for.
    pub(super) fn is_whole(&self, b: &Builtin, e: ExprId) -> bool {
        let needed = b.params.iter().filter(|p| p.default.is_none()).count();
        e != NONE && matches!(&self.ir.exprs[e], Expr::Call(_, args) if args.len() >= needed)
    }

    /// An argument is of a kind that the parameter does not take.
    pub(super) fn wrong_kind(&mut self, b: &Builtin, i: usize, v: &Val, e: ExprId) -> Stop {
        let wanted = b.params.get(i).map_or(kind::TOP, |p| p.kinds.0);
        let at = match (e != NONE && self.is_whole(b, e)).then(|| &self.ir.exprs[e]) {
            Some(Expr::Call(_, args)) => args.get(i).copied().unwrap_or(e),
            _ => e,
        };
        self.not_of_kinds(&super::val::function_name_of(b), i, v, wanted, at)
    }

    fn not_of_kinds(&mut self, name: &str, i: usize, v: &Val, kinds: u16, at: ExprId) -> Stop {
        let text = format!(
            "cannot use {} (type {}) as {} in argument {} to {name}",
            self.show(v),
            kind::text(self.kind_of(v)),
            kind::text(kinds),
            i + 1
        );
        self.stop(Code::Eval, Reason::Text(text.into()), NONE, &[at])
    }
}
