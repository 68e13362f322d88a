//! Expressions. Chains of binary operators are walked along their left spine, so a long sum does not nest.

use super::Compiler;
use crate::ir::{Element, Expr, ExprId, Function, ListLit, Native, Part, kind};
use crate::number::Number;
use crate::stack::down;
use cue_syntax::Span;
use cue_syntax::ast::{self, BinaryOp, Label, Text, UnaryOp};
use smol_str::SmolStr;
use std::sync::Arc;

/// A predeclared identifier.
pub(crate) enum Predeclared {
    Kind(u16),
    Top,
    NoShare,
    Function(Native),
    /// A range of numbers: lowest, highest, only ints.
    Range(Option<&'static str>, Option<&'static str>, bool),
}

/// Whether a predeclared identifier is a type.
pub(crate) fn is_type(name: &str) -> bool {
    matches!(predeclared(name), Some(Predeclared::Kind(_) | Predeclared::Top | Predeclared::Range(..)))
}

pub(crate) fn predeclared(name: &str) -> Option<Predeclared> {
    use Predeclared::{Function as F, Kind, NoShare, Range, Top};
    let (internal, name) = match name.strip_prefix("__") {
        Some(rest) if !matches!(rest, "closeAll" | "reclose") => (true, rest),
        _ => (false, name),
    };
    Some(match name {
        "_" => Top,
        "no_sharing" if internal => NoShare,
        "string" => Kind(kind::STRING),
        "bytes" => Kind(kind::BYTES),
        "bool" => Kind(kind::BOOL),
        "int" => Kind(kind::INT),
        "float" => Kind(kind::FLOAT),
        "number" => Kind(kind::NUMBER),
        "uint" => Range(Some("0"), None, true),
        "uint8" => Range(Some("0"), Some("255"), true),
        "uint16" => Range(Some("0"), Some("65535"), true),
        "uint32" => Range(Some("0"), Some("4294967295"), true),
        "uint64" => Range(Some("0"), Some("18446744073709551615"), true),
        "uint128" => Range(Some("0"), Some("340282366920938463463374607431768211455"), true),
        "int8" => Range(Some("-128"), Some("127"), true),
        "int16" => Range(Some("-32768"), Some("32767"), true),
        "int32" => Range(Some("-2147483648"), Some("2147483647"), true),
        "int64" => Range(Some("-9223372036854775808"), Some("9223372036854775807"), true),
        "int128" => Range(
            Some("-170141183460469231731687303715884105728"),
            Some("170141183460469231731687303715884105727"),
            true,
        ),
        "rune" => Range(Some("0"), Some("1114111"), true),
        "float32" => Range(
            Some("-3.40282346638528859811704183484516925440e+38"),
            Some("3.40282346638528859811704183484516925440e+38"),
            false,
        ),
        "float64" => Range(
            Some("-1.797693134862315708145274237317043567981e+308"),
            Some("1.797693134862315708145274237317043567981e+308"),
            false,
        ),
        "len" => F(Native::Len),
        "close" => F(Native::Close),
        "and" => F(Native::And),
        "or" => F(Native::Or),
        "div" => F(Native::Div),
        "mod" => F(Native::Mod),
        "quo" => F(Native::Quo),
        "rem" => F(Native::Rem),
        "error" => F(Native::Error),
        "matchN" => F(Native::MatchN),
        "matchIf" => F(Native::MatchIf),
        "__closeAll" => F(Native::CloseAll),
        "__reclose" => F(Native::Reclose),
        _ => return None,
    })
}

impl Compiler<'_> {
    pub(crate) fn expr(&mut self, e: &ast::Expr) -> ExprId {
        down(|| self.expr_in(e))
    }

    fn expr_in(&mut self, e: &ast::Expr) -> ExprId {
        let span = e.span();
        let node = match e {
            ast::Expr::Ident(name) => return self.ident(name),
            ast::Expr::Bottom(_) => Expr::Bottom,
            ast::Expr::Null(_) => Expr::Null,
            ast::Expr::Bool(b, _) => Expr::Bool(*b),
            ast::Expr::Number(text, _) => match Number::parse_literal(text) {
                Ok(n) => Expr::Num(n),
                Err(problem) => {
                    self.error("cue/number", format!("invalid number {text}: {problem}"), span);
                    Expr::Bottom
                }
            },
            ast::Expr::String(lit) => match &lit.value {
                Text::String(s) => Expr::Str(s.clone()),
                Text::Bytes(b) => Expr::Bytes(Arc::from(b.as_ref())),
            },
            ast::Expr::Interpolation(i) => return self.interpolation(i),
            ast::Expr::Struct(lit) => return self.structure(lit),
            ast::Expr::List(lit) => return self.list(lit),
            ast::Expr::Paren(inner, _) => return self.value(inner),
            ast::Expr::Unary { op, operand, .. } => return self.unary(*op, operand, span),
            ast::Expr::Binary { .. } => return self.binary(e),
            ast::Expr::Selector { operand, label, .. } => return self.selector(operand, label, span),
            ast::Expr::Index { operand, index, .. } => {
                let operand = self.expr(operand);
                let index = self.expr(index);
                Expr::Index(operand, index)
            }
            ast::Expr::Slice { operand, low, high, .. } => {
                let operand = self.expr(operand);
                let low = low.as_ref().map(|e| self.expr(e));
                let high = high.as_ref().map(|e| self.expr(e));
                Expr::Slice(operand, low, high)
            }
            ast::Expr::Call { function, arguments, .. } => {
                let function = self.expr(function);
                if let Expr::Function(Function::Native(f @ (Native::CloseAll | Native::Reclose))) =
                    self.ir.exprs[function]
                    && let Some(problem) = self.close_misused(f, arguments)
                {
                    let error = self.ir.add(Expr::Function(Function::Native(Native::Error)), span);
                    let text = self.ir.add(Expr::Str(problem.into()), span);
                    return self.ir.add(Expr::Call(error, Box::new([text])), span);
                }
                let arguments = arguments.iter().map(|a| self.value(a)).collect();
                Expr::Call(function, arguments)
            }
            ast::Expr::Alias { name, value, .. } => return self.aliased(name, value),
            ast::Expr::Open(inner, _) => {
                if !self.features.explicit_open {
                    let text = "postfix ... operator requires @experiment(explicitopen)";
                    self.error("cue/experiment", text, span);
                }
                Expr::Open(self.expr(inner))
            }
            ast::Expr::Try(inner, _) => {
                if !self.features.try_ {
                    self.error("cue/experiment", "postfix ? operator requires @experiment(try)", span);
                } else if !self.tries && !self.lenient {
                    self.error("cue/syntax", "optional marker (?) is only valid within a try clause", span);
                }
                Expr::Try(self.expr(inner))
            }
        };
        self.ir.add(node, span)
    }

    /// What is wrong with a call of a function that the `explicitopen` experiment rewrites programs with.
    fn close_misused(&self, f: Native, arguments: &[ast::Expr]) -> Option<&'static str> {
        match (f, self.features.explicit_open, arguments) {
            (Native::CloseAll, false, _) => Some("__closeAll may only be used when explicitopen is enabled"),
            (Native::CloseAll, true, [ast::Expr::Struct(_) | ast::Expr::List(_)]) => None,
            (Native::CloseAll, true, _) => {
                Some("error in call to __closeAll: argument must be a struct or list literal")
            }
            _ => None,
        }
    }

    fn ident(&mut self, name: &ast::Ident) -> ExprId {
        if name.name != "_"
            && let Some(e) = self.resolve(&name.name, name.span)
        {
            return self.ir.add(e, name.span);
        }
        let node = match predeclared(&name.name) {
            Some(Predeclared::Top) => Expr::Top,
            Some(Predeclared::NoShare) => Expr::NoShare,
            Some(Predeclared::Kind(k)) => Expr::Kind(k),
            Some(Predeclared::Function(f)) => {
                if f == Native::Error && self.features.language < (0, 14) {
                    let (major, minor) = self.features.language;
                    let text = format!(
                        "builtin \"error\" is not available in version v{major}.{minor}; it was added in version v0.14.0"
                    );
                    self.error("cue/version", text, name.span);
                }
                Expr::Function(Function::Native(f))
            }
            Some(Predeclared::Range(low, high, int)) => {
                let mut parts = Vec::new();
                if int {
                    parts.push(self.ir.add(Expr::Kind(kind::INT), name.span));
                }
                for (op, text) in [(UnaryOp::GreaterEqual, low), (UnaryOp::LessEqual, high)] {
                    let Some(text) = text else { continue };
                    let digits = text.trim_start_matches('-');
                    let number = Number::parse_literal(digits).unwrap_or(Number::ZERO);
                    let number = if digits.len() < text.len() { number.negated() } else { number };
                    let limit = self.ir.add(Expr::Num(number), name.span);
                    parts.push(self.ir.add(Expr::Bound(op, limit), name.span));
                }
                Expr::And(parts.into())
            }
            None => {
                let told = self.lost.contains(&name.name);
                if !told && !self.diagnostics.iter().any(|d| d.code == "cue/package-value") {
                    let import = |path| format!("write `import \"{path}\"` at the top of the file");
                    let help = self.nearest(&name.name).or(super::packages::well_known(&name.name).map(import));
                    let mut d = cue_syntax::Diagnostic::error(
                        "cue/reference-not-found",
                        format!("reference \"{}\" not found", name.name),
                    )
                    .at(&self.sources, name.span, "not declared in any scope around it");
                    d.help = help;
                    self.diagnostics.push(d);
                }
                Expr::Bottom
            }
        };
        self.ir.add(node, name.span)
    }

    /// "did you mean" among the names in scope.
    fn nearest(&self, name: &str) -> Option<String> {
        let names = self.scopes.iter().flat_map(|s| {
            s.fields.iter().chain(s.aliases.keys()).chain(s.names.lets.keys()).chain(s.names.imports.keys())
        });
        crate::eval::nearest(name, names.map(SmolStr::as_str)).map(|n| format!("did you mean \"{n}\"?"))
    }

    fn unary(&mut self, op: UnaryOp, operand: &ast::Expr, span: Span) -> ExprId {
        let inner = self.expr(operand);
        let node = match op {
            UnaryOp::Plus | UnaryOp::Minus | UnaryOp::Not => {
                if let (UnaryOp::Minus, Expr::Num(n)) = (op, &self.ir.exprs[inner]) {
                    Expr::Num(n.negated())
                } else {
                    Expr::Unary(op, inner)
                }
            }
            UnaryOp::Default => {
                self.error("cue/default-mark", "preference mark not allowed at this position", span);
                Expr::Bottom
            }
            UnaryOp::Equal if self.features.same_kinds() => {
                self.error("cue/version", "unary == requires language version v0.15.0", span);
                Expr::Bottom
            }
            _ => Expr::Bound(op, inner),
        };
        self.ir.add(node, span)
    }

    fn binary(&mut self, e: &ast::Expr) -> ExprId {
        // The left spine, innermost last.
        let mut spine = Vec::new();
        let mut left = e;
        while let ast::Expr::Binary { op, left: l, right, span, .. } = left {
            spine.push((*op, right.as_ref(), *span));
            left = l;
        }
        let mut at = spine.len();
        let mut acc: Option<ExprId> = None;
        while at > 0 {
            let Some((op, _, _)) = spine.get(at - 1).copied() else { break };
            // The run of the same `&` or `|` from here outwards becomes one node.
            let mut run = Vec::new();
            let mut span = e.span();
            while at > 0
                && let Some((o, right, s)) = spine.get(at - 1).copied()
                && o == op
            {
                run.push(right);
                span = s;
                at -= 1;
                if !matches!(op, BinaryOp::And | BinaryOp::Or) {
                    break;
                }
            }
            let node = match op {
                BinaryOp::Or => {
                    let mut alternatives = Vec::with_capacity(run.len() + 1);
                    match acc {
                        Some(id) => alternatives.push((id, false)),
                        None => alternatives.push(self.alternative(left)),
                    }
                    for alternative in run {
                        alternatives.push(self.alternative(alternative));
                    }
                    Expr::Disjunction(alternatives.into())
                }
                BinaryOp::And => {
                    let mut parts = vec![match acc {
                        Some(id) => id,
                        None => self.expr(left),
                    }];
                    parts.extend(run.into_iter().map(|e| self.expr(e)));
                    Expr::And(parts.into())
                }
                _ => {
                    let l = match acc {
                        Some(id) => id,
                        None => self.expr(left),
                    };
                    let Some(right) = run.first() else { break };
                    let r = self.expr(right);
                    if acc.is_none() {
                        self.has_a_value(op, left, l);
                    }
                    self.has_a_value(op, right, r);
                    match op {
                        BinaryOp::BoolAnd | BinaryOp::BoolOr if self.features.short_circuit => Expr::Short(op, l, r),
                        BinaryOp::Equal | BinaryOp::NotEqual if self.features.same_kinds() => {
                            let id = self.ir.add(Expr::Binary(op, l, r), span);
                            self.same_kinds.insert(id);
                            acc = Some(id);
                            continue;
                        }
                        _ => Expr::Binary(op, l, r),
                    }
                }
            };
            acc = Some(self.ir.add(node, span));
        }
        acc.unwrap_or_else(|| self.ir.add(Expr::Bottom, e.span()))
    }

    /// A type or bound written as an operand will never be concrete, whether the field is asked for or not.
    fn has_a_value(&mut self, op: BinaryOp, written: &ast::Expr, e: ExprId) {
        let mut plain = written;
        while let ast::Expr::Paren(inner, _) = plain {
            plain = inner;
        }
        let never = match &self.ir.exprs[e] {
            Expr::Kind(_) | Expr::Top | Expr::Bound(..) => true,
            // `uint8` and its like are a type with bounds.
            Expr::And(_) => matches!(plain, ast::Expr::Ident(_)),
            _ => false,
        };
        if !never {
            return;
        }
        let span = written.span();
        let text = self.sources.get(span.source).and_then(|s| s.text.get(span.start as usize..span.end as usize));
        let text = text.unwrap_or_default();
        let message = format!("invalid operand {text} ('{}' requires concrete value)", crate::eval::binary_text(op));
        let mut d = cue_syntax::Diagnostic::error("cue/eval", message).at(&self.sources, span, "never a value");
        d.help = Some(
            "name a field here that has a value; what a field must be stands behind its name, or behind `&`".into(),
        );
        self.diagnostics.push(d);
    }

    fn alternative(&mut self, e: &ast::Expr) -> (ExprId, bool) {
        match e {
            ast::Expr::Unary { op: UnaryOp::Default, operand, .. } => (self.expr(operand), true),
            _ => (self.expr(e), false),
        }
    }

    pub(crate) fn interpolation(&mut self, i: &ast::Interpolation) -> ExprId {
        let parts = i
            .parts
            .iter()
            .map(|part| match part {
                ast::InterpolationPart::Text(Text::String(s)) => Part::Text(s.clone()),
                ast::InterpolationPart::Text(Text::Bytes(b)) => Part::Bytes(Arc::from(b.as_ref())),
                ast::InterpolationPart::Expr(e) => Part::Expr(self.expr(e)),
            })
            .collect();
        self.ir.add(Expr::Interpolation(parts, i.bytes), i.span)
    }

    /// Before v0.17 a new line alone does not separate the elements of a list.
    fn commas(&mut self, lit: &ast::ListLit) {
        let span = |e: &ast::Element| match e {
            ast::Element::Value(e) => e.span(),
            ast::Element::Comprehension(c) => c.span,
            ast::Element::Ellipsis(e) => e.span,
        };
        let missing = lit.elements.windows(2).find_map(|pair| {
            let [ast::Element::Value(before), after] = pair else { return None };
            let at = span(after);
            let text = self.sources.get(at.source)?.text.get(before.span().end as usize..at.start as usize)?;
            let comma = text.lines().any(|l| l.split("//").next().is_some_and(|l| l.contains(',')));
            (!comma).then_some(at)
        });
        if let Some(at) = missing {
            let text = "missing ',' before newline in list literal: that needs language version v0.17.0";
            self.error("cue/version", text, at);
        }
    }

    fn list(&mut self, lit: &ast::ListLit) -> ExprId {
        if self.features.language < (0, 17) {
            self.commas(lit);
        }
        let mut out = ListLit::default();
        let mut elements = Vec::with_capacity(lit.elements.len());
        for element in &lit.elements {
            match element {
                ast::Element::Value(e) => elements.push(Element::Value(self.value(e))),
                ast::Element::Comprehension(c) => elements.push(Element::Comprehension(self.comprehension(c))),
                ast::Element::Ellipsis(e) => out.rest = Some(e.value.as_ref().map(|t| self.expr(t))),
            }
        }
        out.elements = elements.into();
        let id = self.ir.lists.push(out);
        self.ir.add(Expr::List(id), lit.span)
    }

    fn selector(&mut self, operand: &ast::Expr, label: &Label, span: Span) -> ExprId {
        let name: SmolStr = match label {
            Label::Ident(name) => name.name.clone(),
            Label::String(lit) => match &lit.value {
                Text::String(text) => text.clone(),
                Text::Bytes(_) => {
                    self.error("cue/syntax", "a bytes literal cannot be a label", lit.span);
                    SmolStr::default()
                }
            },
            _ => SmolStr::default(),
        };
        if let ast::Expr::Ident(package) = operand
            && let Some(path) = self.builtin_package(&package.name)
        {
            return self.builtin_member(&path, &name, span);
        }
        let operand = self.expr(operand);
        let label = match label {
            Label::Ident(_) => {
                // A hidden name selected from an imported package is still a name of this package.
                self.ir.symbols.ident(&name, self.hidden)
            }
            _ => self.ir.symbols.string(&name),
        };
        self.ir.add(Expr::Select(operand, label), span)
    }
}
