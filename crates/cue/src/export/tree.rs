//! A value to a syntax tree.

use super::Options;
use super::constraint::{range, types};
use super::literal::{NOWHERE, data, field, ident, label, list, name, structure};
use crate::api::{ArcType, Constraint, ErrorClass, FieldOptions, Kinds, View};
use crate::builtin;
use crate::data::DataValue;
use crate::number::Number;
use crate::program::Value;
use cue_syntax::SourceId;
use cue_syntax::ast::{
    self, Attribute, BinaryOp, Comment, Decl, Element, Ellipsis, Expr, Field, File, Import, Label, Rare, UnaryOp,
};
use smol_str::SmolStr;

/// Structs and lists are shown this deep.
const MAX_DEPTH: usize = 400;

pub(super) struct Tree<'o> {
    options: &'o Options,
    /// Import paths, in order of their first use.
    imports: Vec<SmolStr>,
    depth: usize,
}

/// What is wrong with a value, for the comment above `_|_`.
fn problem(value: Value<'_>) -> Option<SmolStr> {
    let (_, problems) = value.error()?;
    let d = problems.first()?;
    let message = d.message.lines().next().unwrap_or_default();
    Some(match &d.path {
        Some(path) => format!(" {path}: {message}").into(),
        None => format!(" {message}").into(),
    })
}

impl<'o> Tree<'o> {
    pub(super) fn new(options: &'o Options) -> Self {
        Tree { options, imports: Vec::new(), depth: 0 }
    }

    pub(super) fn file(mut self, value: Value<'_>) -> File {
        let decls = match self.value(value, false) {
            Expr::Struct(s) => s.decls,
            other => vec![Decl::Embedding(other)],
        };
        let import = |path: &SmolStr| Import { name: None, path: path.clone(), span: NOWHERE, doc: Vec::new() };
        File {
            source: SourceId(u32::MAX),
            attributes: Vec::new(),
            package: None,
            imports: self.imports.iter().map(import).collect(),
            decls,
            comments: Vec::new(),
        }
    }

    /// A value as an expression.
    pub(super) fn value(&mut self, value: Value<'_>, in_list: bool) -> Expr {
        let value = if self.options.schema { value } else { value.default() };
        if self.depth >= MAX_DEPTH {
            return name("_");
        }
        self.depth += 1;
        let expr = match value.view() {
            View::Bottom(ErrorClass::Incomplete, _) => self.written(value),
            View::Bottom(ErrorClass::Error, _) => Expr::Bottom(NOWHERE),
            View::Unknown(_) => self.written(value),
            View::Scalar(scalar) => data(&scalar, in_list),
            View::Unresolved(expr) => self.named(expr),
            View::Constraint(parts) => self.constraint(parts),
            // What has too many alternatives to be worked out is shown as it was written: all of it.
            View::Disjunction(_) if value.is_cut() => self.written(value),
            View::Disjunction(alternatives) => self.disjunction(alternatives),
            View::Struct { open, patterns } => self.structure(value, open, patterns),
            View::List { rest } => self.list(value, rest),
        };
        self.depth -= 1;
        expr
    }

    /// As it was written: all conjuncts that have a place in a source.
    fn written(&mut self, value: Value<'_>) -> Expr {
        let parts: Vec<Expr> = value.written().into_iter().map(|e| self.named(e)).collect();
        join(parts, BinaryOp::And).unwrap_or(Expr::Bottom(NOWHERE))
    }

    /// An expression of the source; the builtin packages that it names are imported.
    fn named(&mut self, expr: Expr) -> Expr {
        let mut found = Vec::new();
        selectors(&expr, &mut found, 0);
        for package in found {
            let path = builtin::packages().find(|p| p.rsplit('/').next() == Some(package.as_str()));
            if let Some(path) = path {
                self.import(path);
            }
        }
        expr
    }

    fn import(&mut self, path: &str) {
        if !self.imports.iter().any(|p| p == path) {
            self.imports.push(path.into());
        }
    }

    fn constraint(&mut self, parts: Vec<Constraint<'_>>) -> Expr {
        let mut kinds = None;
        let mut bounds: Vec<(UnaryOp, Value<'_>)> = Vec::new();
        let mut calls = Vec::new();
        for part in parts {
            match part {
                Constraint::Type(k) => kinds = Some(k),
                Constraint::Bound(op, limit) => bounds.push((op, limit)),
                Constraint::Call(package, function, arguments) => calls.push((package, function, arguments)),
            }
        }
        let mut all = Vec::new();
        let limit = |ops: [UnaryOp; 2]| {
            let found = bounds.iter().position(|(op, _)| ops.contains(op));
            found.and_then(|i| bounds.get(i).and_then(|(op, v)| Some((i, *op, number(*v)?))))
        };
        let low = limit([UnaryOp::Greater, UnaryOp::GreaterEqual]);
        let high = limit([UnaryOp::Less, UnaryOp::LessEqual]);
        let mut skip = Vec::new();
        let numeric = kinds.is_none_or(|k| Kinds::NUMBER.contains(k));
        if let (Some((i, low_op, low)), Some((j, high_op, high)), true) = (&low, &high, numeric) {
            let int = kinds == Some(Kinds::INT);
            let (names, keep_low, keep_high) = range(int, (*low_op, low), (*high_op, high));
            if int {
                kinds = None;
            }
            all.extend(names);
            skip.extend((!keep_low).then_some(*i));
            skip.extend((!keep_high).then_some(*j));
        }
        if let Some(kinds) = kinds
            && let Some(expr) = join(types(kinds), BinaryOp::Or)
        {
            let several = matches!(&expr, Expr::Binary { .. }) && !(bounds.is_empty() && calls.is_empty());
            all.insert(0, if several { Expr::Paren(Box::new(expr), NOWHERE) } else { expr });
        }
        for (i, (op, limit)) in bounds.into_iter().enumerate() {
            if !skip.contains(&i) {
                let operand = Box::new(self.value(limit, true));
                all.push(Expr::Unary { op, operand, span: NOWHERE });
            }
        }
        for (package, function, arguments) in calls {
            all.push(self.call(&package, &function, arguments));
        }
        join(all, BinaryOp::And).unwrap_or_else(|| name("_"))
    }

    fn call(&mut self, package: &SmolStr, function: &SmolStr, arguments: Vec<Value<'_>>) -> Expr {
        let function = match package.rsplit('/').next() {
            None | Some("") => name(function.clone()),
            Some(local) => {
                self.import(package);
                let selected = Box::new(Label::Ident(ident(function.clone())));
                Expr::Selector { operand: Box::new(name(local)), label: selected, span: NOWHERE }
            }
        };
        if arguments.is_empty() {
            return function;
        }
        let arguments = arguments.into_iter().map(|a| self.value(a, true)).collect();
        Expr::Call { function: Box::new(function), arguments, span: NOWHERE }
    }

    fn disjunction(&mut self, alternatives: Vec<(Value<'_>, bool)>) -> Expr {
        let marked = alternatives.iter().any(|(_, m)| *m) && !alternatives.iter().all(|(_, m)| *m);
        let mut all = Vec::new();
        for (value, default) in alternatives {
            let expr = self.value(value, true);
            all.push(if default && marked {
                Expr::Unary { op: UnaryOp::Default, operand: Box::new(expr), span: NOWHERE }
            } else {
                expr
            });
        }
        join(all, BinaryOp::Or).unwrap_or(Expr::Bottom(NOWHERE))
    }

    fn structure(&mut self, value: Value<'_>, open: bool, patterns: Vec<(Value<'_>, Value<'_>)>) -> Expr {
        let mut decls = self.waiting(value);
        let fields =
            FieldOptions { optional: true, hidden: self.options.hidden, definitions: self.options.definitions };
        for view in value.fields(&fields) {
            if view.arc == ArcType::Optional && !self.options.optional {
                continue;
            }
            let special = view.label.starts_with(['#', '_']) && view.value.is_special();
            let label = if special { Label::Ident(ident(view.label.clone())) } else { label(&view.label) };
            let constraint = match view.arc {
                ArcType::Regular => ast::Constraint::Regular,
                ArcType::Required => ast::Constraint::Required,
                ArcType::Optional => ast::Constraint::Optional,
            };
            let shown = self.value(view.value, false);
            let comment = |text: SmolStr| Comment { span: NOWHERE, text };
            let doc = if self.options.docs {
                view.value.docs().into_iter().map(comment).collect()
            } else if let Expr::Bottom(_) = shown {
                problem(view.value).into_iter().map(comment).collect()
            } else {
                Rare::default()
            };
            let attribute = |(name, body): (SmolStr, SmolStr)| Attribute { name, body, span: NOWHERE };
            let attributes = if self.options.attributes {
                view.value.attributes().into_iter().map(attribute).collect()
            } else {
                Rare::default()
            };
            decls.push(Decl::Field(Field { constraint, doc, attributes, ..field(label, shown) }));
        }
        if self.options.schema {
            for (pattern, value) in patterns {
                let pattern = Label::Pattern { alias: None, value: Box::new(self.value(pattern, true)), span: NOWHERE };
                let value = self.value(value, false);
                decls.push(Decl::Field(field(pattern, value)));
            }
            if open {
                decls.push(Decl::Ellipsis(Ellipsis { value: None, span: NOWHERE }));
            }
        }
        structure(decls)
    }

    /// Comprehensions of a struct that cannot be evaluated yet, as they were written.
    fn waiting(&mut self, value: Value<'_>) -> Vec<Decl> {
        if !matches!(value.error(), Some((ErrorClass::Incomplete, _))) {
            return Vec::new();
        }
        let mut decls = Vec::new();
        for expr in value.written() {
            let Expr::Struct(literal) = expr else { continue };
            decls.extend(literal.decls.into_iter().filter(|d| matches!(d, Decl::Comprehension(_))));
        }
        decls
    }

    fn list(&mut self, value: Value<'_>, rest: Option<Value<'_>>) -> Expr {
        let mut elements: Vec<Element> =
            value.items().into_iter().map(|item| Element::Value(self.value(item, true))).collect();
        if let Some(rest) = rest
            && self.options.schema
        {
            let value = match self.value(rest, true) {
                Expr::Ident(top) if top.name == "_" => None,
                value => Some(Box::new(value)),
            };
            elements.push(Element::Ellipsis(Ellipsis { value, span: NOWHERE }));
        }
        list(elements)
    }
}

/// A concrete number.
fn number(value: Value<'_>) -> Option<Number> {
    match value.view() {
        View::Scalar(data) => match data.value {
            DataValue::Number(n) => Some(n),
            _ => None,
        },
        _ => None,
    }
}

/// `a op b op c`, to the left.
fn join(parts: Vec<Expr>, op: BinaryOp) -> Option<Expr> {
    parts.into_iter().reduce(|left, right| Expr::Binary {
        op,
        op_span: NOWHERE,
        left: Box::new(left),
        right: Box::new(right),
        span: NOWHERE,
    })
}

/// The names that something is selected from.
fn selectors(expr: &Expr, found: &mut Vec<SmolStr>, depth: usize) {
    if depth > MAX_DEPTH {
        return;
    }
    let mut visit = |e: &Expr| selectors(e, found, depth + 1);
    match expr {
        Expr::Selector { operand, .. } => match operand.as_ref() {
            Expr::Ident(x) => found.push(x.name.clone()),
            other => visit(other),
        },
        Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) => visit(e),
        Expr::Unary { operand, .. } => visit(operand),
        Expr::Binary { left, right, .. } => {
            visit(left);
            visit(right);
        }
        Expr::Index { operand, index, .. } => {
            visit(operand);
            visit(index);
        }
        Expr::Slice { operand, low, high, .. } => {
            visit(operand);
            low.iter().chain(high).for_each(|e| visit(e));
        }
        Expr::Call { function, arguments, .. } => {
            visit(function);
            arguments.iter().for_each(visit);
        }
        Expr::Interpolation(x) => x.parts.iter().for_each(|p| {
            if let ast::InterpolationPart::Expr(e) = p {
                visit(e);
            }
        }),
        Expr::List(x) => x.elements.iter().for_each(|e| {
            if let Element::Value(e) = e {
                visit(e);
            }
        }),
        Expr::Struct(x) => x.decls.iter().for_each(|d| match d {
            Decl::Field(f) => visit(&f.value),
            Decl::Embedding(e) => visit(e),
            _ => {}
        }),
        _ => {}
    }
}
