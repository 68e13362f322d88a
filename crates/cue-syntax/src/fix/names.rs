//! Names that can only stand for lists, as far as a text shows it.

use crate::ast::{BinaryOp, Decl, Expr, Label, Text};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// Names of fields whose value is a list literal, and nothing else anywhere.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListNames(FxHashSet<SmolStr>);

impl ListNames {
    /// Those of declarations, with what is inside.
    pub fn of(decls: &[Decl]) -> ListNames {
        let (mut names, mut others) = (FxHashSet::default(), FxHashSet::default());
        decls.iter().for_each(|decl| collect(decl, &mut names, &mut others, 0));
        names.retain(|name| !others.contains(name));
        ListNames(names)
    }

    /// Whether an expression is a list: a literal, such a name, or a sum or product with one.
    pub fn is_list(&self, expr: &Expr) -> bool {
        self.holds(expr, 0)
    }

    fn holds(&self, expr: &Expr, depth: u32) -> bool {
        match expr {
            Expr::List(_) => true,
            Expr::Paren(e, _) if depth < DEPTH => self.holds(e, depth + 1),
            Expr::Ident(id) => self.0.contains(&id.name),
            Expr::Selector { label, .. } => plain(label).is_some_and(|name| self.0.contains(name)),
            Expr::Binary { op: BinaryOp::Add | BinaryOp::Multiply, left, right, .. } if depth < DEPTH => {
                self.holds(left, depth + 1) || self.holds(right, depth + 1)
            }
            _ => false,
        }
    }
}

/// The name that a label spells out.
fn plain(label: &Label) -> Option<&str> {
    match label {
        Label::Ident(id) => Some(id.name.as_str()),
        Label::String(s) => match &s.value {
            Text::String(text) => Some(text),
            Text::Bytes(_) => None,
        },
        _ => None,
    }
}

fn collect(decl: &Decl, names: &mut FxHashSet<SmolStr>, others: &mut FxHashSet<SmolStr>, depth: u32) {
    if depth > DEPTH {
        return;
    }
    match decl {
        Decl::Field(field) => {
            if let Some(name) = plain(&field.label) {
                let set = if matches!(field.value, Expr::List(_)) { &mut *names } else { &mut *others };
                set.insert(SmolStr::new(name));
            }
            if let Expr::Struct(s) = &field.value {
                s.decls.iter().for_each(|d| collect(d, names, others, depth + 1));
            }
        }
        Decl::Comprehension(c) => c.body.decls.iter().for_each(|d| collect(d, names, others, depth + 1)),
        Decl::Let(l) => {
            if let Expr::List(_) = *l.value {
                names.insert(l.name.name.clone());
            }
        }
        _ => {}
    }
}
