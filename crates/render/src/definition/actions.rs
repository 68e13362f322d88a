//! Actions that a template names and that do not exist: `kube.#Aply` would otherwise be found only when the step runs.

use crate::builtin;
use cue_syntax::ast::{Clause, Decl, Element, Expr, File, InterpolationPart, Label};
use cue_syntax::{Diagnostic, Sources, Span};
use model::action::nearest;
use rustc_hash::FxHashMap;

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// The definitions of packages that a template selects and that the packages do not have.
pub(super) fn check(file: &File, sources: &Sources) -> Vec<Diagnostic> {
    let mut walk = Walk { packages: FxHashMap::default(), problems: Vec::new(), sources };
    for import in &file.imports {
        let path = import.path.split(':').next().unwrap_or_default();
        let Some(files) = builtin::package(path) else { continue };
        let last = path.rsplit('/').next().unwrap_or_default();
        let name = import.name.as_ref().map_or(last, |n| n.name.as_str());
        let definitions = files.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| {
            let name = line.split([':', ' ']).next().filter(|n| n.starts_with('#'))?;
            Some(name.to_owned())
        });
        walk.packages.insert(name.to_owned(), (path.to_owned(), definitions.collect()));
    }
    if !walk.packages.is_empty() {
        file.decls.iter().for_each(|d| walk.decl(d, 0));
    }
    walk.problems
}

struct Walk<'a> {
    packages: FxHashMap<String, (String, Vec<String>)>,
    problems: Vec<Diagnostic>,
    sources: &'a Sources,
}

impl Walk<'_> {
    fn decl(&mut self, decl: &Decl, depth: u32) {
        if depth > DEPTH {
            return;
        }
        match decl {
            Decl::Field(field) => self.expr(&field.value, depth + 1),
            Decl::Embedding(e) => self.expr(e, depth + 1),
            Decl::Let(l) => self.expr(&l.value, depth + 1),
            Decl::Comprehension(c) => {
                c.clauses.iter().for_each(|clause| self.clause(clause, depth + 1));
                c.body.decls.iter().for_each(|d| self.decl(d, depth + 1));
            }
            Decl::Ellipsis(_) | Decl::Attribute(_) => {}
        }
    }

    fn clause(&mut self, clause: &Clause, depth: u32) {
        match clause {
            Clause::For { source, .. } => self.expr(source, depth),
            Clause::If { condition, .. } => self.expr(condition, depth),
            Clause::Let(l) => self.expr(&l.value, depth),
            Clause::Try { binding, .. } => {
                if let Some((_, e)) = binding {
                    self.expr(e, depth);
                }
            }
        }
    }

    fn expr(&mut self, expr: &Expr, depth: u32) {
        if depth > DEPTH {
            return;
        }
        let d = depth + 1;
        match expr {
            Expr::Selector { operand, label, .. } => {
                if let (Expr::Ident(package), Label::Ident(name)) = (&**operand, &**label) {
                    self.selection(&package.name, &name.name, name.span);
                }
                self.expr(operand, d);
            }
            Expr::Struct(s) => s.decls.iter().for_each(|decl| self.decl(decl, d)),
            Expr::List(list) => list.elements.iter().for_each(|e| match e {
                Element::Value(e) => self.expr(e, d),
                Element::Comprehension(c) => {
                    c.clauses.iter().for_each(|clause| self.clause(clause, d));
                    c.body.decls.iter().for_each(|decl| self.decl(decl, d));
                }
                Element::Ellipsis(_) => {}
            }),
            Expr::Interpolation(i) => i.parts.iter().for_each(|part| {
                if let InterpolationPart::Expr(e) = part {
                    self.expr(e, d);
                }
            }),
            Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) => self.expr(e, d),
            Expr::Unary { operand, .. } => self.expr(operand, d),
            Expr::Binary { left, right, .. } => {
                self.expr(left, d);
                self.expr(right, d);
            }
            Expr::Index { operand, index, .. } => {
                self.expr(operand, d);
                self.expr(index, d);
            }
            Expr::Slice { operand, low, high, .. } => {
                self.expr(operand, d);
                low.iter().chain(high).for_each(|e| self.expr(e, d));
            }
            Expr::Call { function, arguments, .. } => {
                self.expr(function, d);
                arguments.iter().for_each(|e| self.expr(e, d));
            }
            Expr::Alias { value, .. } => self.expr(value, d),
            Expr::Ident(_)
            | Expr::Bottom(_)
            | Expr::Null(_)
            | Expr::Bool(..)
            | Expr::Number(..)
            | Expr::String(_)
            | Expr::Func(_) => {}
        }
    }

    fn selection(&mut self, package: &str, name: &str, span: Span) {
        let Some((path, definitions)) = self.packages.get(package) else { return };
        if !name.starts_with('#') || definitions.iter().any(|d| d == name) {
            return;
        }
        let mut problem = Diagnostic::error("action/unknown", format!("package \"{path}\" has no action {name}")).at(
            self.sources,
            span,
            "unknown",
        );
        problem.help = Some(match nearest(name, definitions.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it has {}", definitions.join(", ")),
        });
        self.problems.push(problem);
    }
}
