//! How far out an expression reaches: the nearest scope around it that it names something of.
//!
//! What names nothing nearer than the file has one value wherever it is instantiated.

use super::{Clause, Decl, Element, Expr, ExprId, Function, Ir, Native, Part};

/// The scopes that an expression names something of: bit 0 is the one that it stands in, bit 1 the next one out.
pub(crate) type Reach = u32;

/// Nothing is known of it, or it does more than to have a value.
const NEVER: Reach = 1 << 31;

/// The scope that an expression stands in.
const HERE: Reach = 1;

/// How many scopes out the nearest one is that is named; `None` where that is the one here, or cannot be said.
pub(crate) fn nearest(reach: Reach) -> Option<u16> {
    (reach & (NEVER | HERE) == 0).then_some(reach.trailing_zeros() as u16)
}

/// What [`nearest`] says of an expression that names nothing at all.
pub(crate) const NOTHING: u16 = Reach::BITS as u16;

impl Ir {
    /// Of each expression the scopes that it depends on.
    pub(crate) fn reaches(&self) -> Vec<Reach> {
        let mut known: Vec<Reach> = vec![NEVER; self.exprs.len()];
        // Parts are compiled before the whole, but for those of a `let`: these the second round sees.
        for _ in 0..2 {
            for e in 0..self.exprs.len() {
                let reach = self.reach(e as ExprId, &known);
                if let Some(known) = known.get_mut(e) {
                    *known = reach;
                }
            }
        }
        known
    }

    fn reach(&self, e: ExprId, known: &[Reach]) -> Reach {
        let of = |e: &ExprId| known.get(*e as usize).copied().unwrap_or(NEVER);
        let all = |es: &[ExprId]| es.iter().fold(0, |r, e| r | of(e));
        match &self.exprs[e] {
            Expr::Null
            | Expr::Bool(_)
            | Expr::Num(_)
            | Expr::Str(_)
            | Expr::Bytes(_)
            | Expr::Top
            | Expr::Kind(_)
            | Expr::Package(_) => 0,
            Expr::Function(Function::Native(
                Native::Error | Native::Close | Native::CloseAll | Native::Reclose | Native::MatchN | Native::MatchIf,
            )) => NEVER,
            Expr::Function(_) => 0,
            Expr::NoShare
            | Expr::Bottom
            | Expr::Open(_)
            | Expr::Try(_)
            | Expr::Unknown(_)
            | Expr::Given(_)
            | Expr::Tainted(..) => NEVER,
            Expr::Bound(_, x) | Expr::Unary(_, x) | Expr::Select(x, _) => of(x),
            Expr::Binary(_, a, b) | Expr::Short(_, a, b) | Expr::Index(a, b) => of(a) | of(b),
            Expr::And(parts) => all(parts),
            Expr::Disjunction(alternatives) => alternatives.iter().fold(0, |r, a| r | of(&a.0)),
            Expr::Interpolation(parts, _) => {
                parts.iter().fold(0, |r, p| r | if let Part::Expr(e) = p { of(e) } else { 0 })
            }
            Expr::Field { up, .. } | Expr::ScopeValue { up } | Expr::ScopeLabel { up } | Expr::Variable { up, .. } => {
                further(HERE, *up)
            }
            // The value is that of another place.
            Expr::Let { up, value: inner } | Expr::DynamicField { up, label: inner } => further(HERE | of(inner), *up),
            Expr::Slice(x, low, high) => {
                let end = |e: &Option<ExprId>| e.as_ref().map_or(0, of);
                of(x) | end(low) | end(high)
            }
            Expr::Call(f, args) => of(f) | all(args),
            Expr::Alias(inner) => out(of(inner), 1),
            Expr::Struct(id) => self.structs[*id]
                .decls
                .iter()
                .map(|d| match d {
                    Decl::Field { value, .. } => out(of(value), 1),
                    Decl::Dynamic { label, value, binds, .. } => {
                        out(of(label), 1) | out(of(value), 1 + u32::from(*binds))
                    }
                    Decl::Pattern { pattern, value, binds } => {
                        out(of(pattern), 1) | out(of(value), 1 + u32::from(*binds))
                    }
                    Decl::Embedding(e) => out(of(e), 1),
                    Decl::Comprehension(c) => out(self.comprehension_reach(*c, &of), 1),
                    Decl::Ellipsis => 0,
                })
                .fold(0, |r, d| r | d),
            Expr::List(id) => {
                let list = &self.lists[*id];
                let elements = list.elements.iter().map(|e| match e {
                    Element::Value(e) => of(e),
                    Element::Comprehension(c) => self.comprehension_reach(*c, &of),
                });
                elements.chain(list.rest.flatten().as_ref().map(of)).fold(0, |r, e| r | e)
            }
        }
    }

    fn comprehension_reach(&self, id: u32, of: &dyn Fn(&ExprId) -> Reach) -> Reach {
        let c = &self.comprehensions[id];
        let (mut reach, mut inside) = (0, 0);
        for clause in &c.clauses {
            match clause {
                Clause::For { source } => {
                    reach |= out(of(source), inside);
                    inside += 1;
                }
                Clause::If(condition) => reach |= out(of(condition), inside),
                // What it names is seen where the name is used.
                Clause::Let => {}
                Clause::Try(_) => return NEVER,
            }
        }
        reach | out(of(&c.body), inside) | c.fallback.as_ref().map_or(0, of)
    }
}

/// A reach as seen from some scopes further out; what stays inside of them reaches nothing.
fn out(reach: Reach, scopes: u32) -> Reach {
    (reach & NEVER) | (reach & !NEVER).checked_shr(scopes).unwrap_or(0)
}

/// The reach of what stands some scopes further out.
fn further(reach: Reach, scopes: u16) -> Reach {
    let scopes = u32::from(scopes);
    if reach & NEVER != 0 || scopes >= reach.leading_zeros() { NEVER } else { reach << scopes }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_named_further_out_stays_when_the_scope_here_ends() {
        assert_eq!(nearest(out(HERE | further(HERE, 2), 1)), Some(1));
        assert_eq!(nearest(out(HERE, 1)), Some(NOTHING));
        assert_eq!(nearest(HERE | further(HERE, 2)), None);
        assert_eq!(nearest(out(NEVER, 1)), None);
        assert_eq!(nearest(further(HERE, 40)), None);
        assert_eq!(nearest(further(HERE | further(HERE, 3), 4)), Some(4));
    }
}
