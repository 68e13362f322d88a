//! Builds the syntax tree from the grammar's pairs.
//!
//! The grammar yields flat runs (see `cue.pest`); precedence, fields and aliases are told apart here. Every function
//! returns the height of what it built, so that no tree grows higher than its readers can recurse.

use super::Rule;
use super::cut::{label_of, span_of};
use super::limits::{BALANCE_FROM, MAX_HEIGHT};
use super::literal::{Fault, Quoting, decode};
use super::version::Experiments;
use crate::ast::*;
use crate::span::{SourceId, Span};
use crate::{Diagnostic, Source};
use pest::iterators::{Pair, Pairs};
use std::iter::Peekable;
use std::sync::Arc;

type Stream<'i> = Peekable<Pairs<'i, Rule>>;
/// A node and its height.
type High<T> = (T, u32);

pub(crate) struct Builder<'a> {
    source: &'a Arc<Source>,
    id: SourceId,
    /// Where the piece at hand starts.
    base: usize,
    comments: &'a [Comment],
    own_line: &'a [bool],
    pub(crate) problems: Vec<Diagnostic>,
    pub(crate) experiments: Experiments,
}

impl<'a> Builder<'a> {
    pub(crate) fn new(source: &'a Arc<Source>, id: SourceId, comments: &'a [Comment], own_line: &'a [bool]) -> Self {
        Builder { source, id, base: 0, comments, own_line, problems: Vec::new(), experiments: Experiments::NONE }
    }

    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        span_of(self.id, self.base + span.start(), self.base + span.end())
    }

    fn problem(&mut self, code: &'static str, message: impl Into<String>, at: Span, label: &str, help: Option<&str>) {
        let mut d = Diagnostic::error(code, message);
        d.labels.push(label_of(self.source, (at.start as usize, at.end as usize), label));
        d.help = help.map(str::to_owned);
        self.problems.push(d);
    }

    /// Whether a tree of this height may be built.
    fn fits(&mut self, height: u32, at: Span) -> bool {
        if height <= MAX_HEIGHT {
            return true;
        }
        // One report is enough: what is around it is too high as well.
        if !self.problems.iter().any(|d| d.code == "cue/nesting") {
            self.problem(
                "cue/nesting",
                format!("expression of more than {MAX_HEIGHT} levels"),
                at,
                "this is too deep",
                Some("give a part of it a name of its own, with `let` or a hidden field"),
            );
        }
        false
    }

    /// The declarations of one top-level piece.
    pub(crate) fn file_piece(&mut self, pairs: Pairs<'_, Rule>, base: usize, file: &mut File, in_head: &mut bool) {
        self.base = base;
        for pair in pairs.flat_map(Pair::into_inner) {
            match pair.as_rule() {
                Rule::EOI => {}
                Rule::package_clause => {
                    let span = self.span(&pair);
                    if file.package.is_some() || !file.imports.is_empty() || !file.decls.is_empty() {
                        self.problem("cue/syntax", "a second package clause", span, "here", Some("a file has one package clause, before its imports"));
                    }
                    file.package = pair.into_inner().next().map(|p| self.ident(&p));
                    if let Some(name) = &file.package
                        && (name.name.starts_with('#') || name.name.starts_with("_#"))
                    {
                        self.problem("cue/syntax", format!("invalid package name `{}`", name.name), span, "a definition cannot name a package", None);
                    }
                }
                Rule::import_decl => {
                    if !file.decls.is_empty() {
                        let span = self.span(&pair);
                        self.problem("cue/syntax", "imports come before all other declarations", span, "move this up", None);
                    }
                    for spec in pair.into_inner() {
                        let import = self.import(spec);
                        file.imports.extend(import);
                    }
                }
                Rule::attribute if *in_head && file.package.is_none() && file.imports.is_empty() && file.decls.is_empty() => {
                    let a = self.attribute(&pair);
                    if a.name == "experiment" {
                        self.experiment(&a);
                    }
                    file.attributes.push(a);
                }
                _ => {
                    *in_head = false;
                    if let Some((decl, _)) = self.decl(pair) {
                        file.decls.push(decl);
                    }
                }
            }
        }
    }

    fn experiment(&mut self, a: &Attribute) {
        for name in a.body.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            match Experiments::of(name) {
                Some(e) => self.experiments = self.experiments.with(e),
                None => {
                    let help = format!("known are {}", Experiments::KNOWN);
                    self.problem("cue/experiment", format!("unknown experiment `{name}`"), a.span, "asked for here", Some(&help));
                }
            }
        }
    }

    fn import(&mut self, pair: Pair<'_, Rule>) -> Option<Import> {
        let span = self.span(&pair);
        let mut name = None;
        let mut path = None;
        for p in pair.into_inner() {
            if p.as_rule() == Rule::name {
                name = Some(self.ident(&p));
            } else {
                path = Some(self.string(&p));
            }
        }
        if let Some(n) = &name {
            self.declared(n);
            if n.name.starts_with('#') || n.name.starts_with("_#") {
                self.problem("cue/syntax", "a package cannot be imported as a definition", n.span, "this name begins with `#`", None);
            }
        }
        let lit = path?;
        let Text::String(path) = lit.value else {
            self.problem("cue/syntax", "an import path is a string", lit.span, "this is a bytes literal", Some("use double quotes"));
            return None;
        };
        let host = path.rsplit_once(':').map_or(path.as_str(), |(p, _)| p);
        let bad = |c: char| c.is_whitespace() || c.is_control() || "!\"#$%&'()*,:;<=>?[\\]^{|}`\u{fffd}".contains(c);
        if host.is_empty() || host.chars().any(bad) {
            self.problem("cue/syntax", format!("invalid import path {path:?}"), lit.span, "here", None);
        }
        let doc = self.doc(span);
        Some(Import { name, path, span, doc })
    }

    /// The single expression of an `expression` entry.
    pub(crate) fn whole_expression(&mut self, pairs: Pairs<'_, Rule>) -> Option<Expr> {
        let mut st = pairs.into_iter().next()?.into_inner().peekable();
        Some(self.expr(&mut st)?.0)
    }

    // ---- small things

    fn ident(&self, pair: &Pair<'_, Rule>) -> Ident {
        Ident { name: pair.as_str().into(), span: self.span(pair) }
    }

    /// Names of two underscores are the language's own.
    fn declared(&mut self, name: &Ident) {
        if name.name.starts_with("__") {
            self.problem(
                "cue/syntax",
                format!("`{}`: names that begin with `__` are reserved", name.name),
                name.span,
                "here",
                Some("begin it with one underscore for a hidden name, or quote it for a plain field"),
            );
        }
    }

    fn attribute(&mut self, pair: &Pair<'_, Rule>) -> Attribute {
        let text = pair.as_str();
        let (name, rest) = text.split_once('(').unwrap_or((text, ""));
        let name = name.trim_start_matches('@').trim_end();
        Attribute {
            name: name.into(),
            body: rest.strip_suffix(')').unwrap_or(rest).into(),
            span: self.span(pair),
        }
    }

    /// The comment block that stands directly above a declaration.
    fn doc(&self, span: Span) -> Vec<Comment> {
        if self.comments.is_empty() {
            return Vec::new();
        }
        let mut at = span.start;
        let mut i = self.comments.partition_point(|c| c.span.end <= at);
        let mut doc = Vec::new();
        while let Some((c, true)) = i.checked_sub(1).and_then(|p| Some((self.comments.get(p)?, *self.own_line.get(p)?))) {
            let between = self.source.text.get(c.span.end as usize..at as usize).unwrap_or("x");
            if between.bytes().any(|b| !matches!(b, b' ' | b'\t' | b'\r' | b'\n')) || between.bytes().filter(|b| *b == b'\n').count() != 1 {
                break;
            }
            doc.push(c.clone());
            at = c.span.start;
            i -= 1;
        }
        doc.reverse();
        doc
    }

    // ---- declarations

    fn decl(&mut self, pair: Pair<'_, Rule>) -> Option<High<Decl>> {
        Some(match pair.as_rule() {
            Rule::field => return self.field(pair),
            Rule::attribute => (Decl::Attribute(self.attribute(&pair)), 1),
            Rule::ellipsis => (Decl::Ellipsis(Ellipsis { value: None, span: self.span(&pair) }), 1),
            Rule::let_clause => {
                let (clause, h) = self.let_clause(pair)?;
                (Decl::Let(clause), h)
            }
            Rule::comprehension => {
                let (c, h) = self.comprehension(pair)?;
                (Decl::Comprehension(c), h)
            }
            _ => return None,
        })
    }

    fn let_clause(&mut self, pair: Pair<'_, Rule>) -> Option<High<LetClause>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let name = self.ident(&st.next()?);
        self.declared(&name);
        st.next()?; // `=`
        let (value, h) = self.expr(&mut st)?;
        let doc = self.doc(span);
        Some((LetClause { name, value: Box::new(value), span, doc }, h + 1))
    }

    fn comprehension(&mut self, pair: Pair<'_, Rule>) -> Option<High<Comprehension>> {
        let span = self.span(&pair);
        let mut clauses = Vec::new();
        let mut body = None;
        let mut fallback = None;
        let mut height = 0;
        for p in pair.into_inner() {
            match p.as_rule() {
                Rule::struct_lit => {
                    let (s, h) = self.struct_lit(p)?;
                    height = height.max(h);
                    body = Some(s);
                }
                Rule::fallback => {
                    let mut inner = p.into_inner();
                    let word = self.ident(&inner.next()?);
                    let (s, h) = self.struct_lit(inner.next()?)?;
                    height = height.max(h);
                    self.check_fallback(&clauses, &word);
                    fallback = Some((word, s));
                }
                _ => {
                    let (clause, h) = self.clause(p)?;
                    height = height.max(h);
                    clauses.push(clause);
                }
            }
        }
        // A clause is inside of those before it.
        let height = height + clauses.len() as u32 + 1;
        if !self.fits(height, span) {
            return None;
        }
        let doc = self.doc(span);
        Some((Comprehension { clauses, body: body?, fallback, span, doc }, height))
    }

    /// Reports syntax that the file has not asked for.
    fn needs(&mut self, experiment: Experiments, what: &str, at: Span) {
        if self.experiments.has(experiment) {
            return;
        }
        let name = experiment.name();
        self.problem(
            "cue/experiment",
            format!("{what} needs `@experiment({name})`"),
            at,
            "here",
            Some("put the attribute before the package clause; `lateen` follows CUE v0.17, where this is not stable yet"),
        );
    }

    fn check_fallback(&mut self, clauses: &[Clause], word: &Ident) {
        self.needs(Experiments::TRY, &format!("`{}`", word.name), word.span);
        let single = matches!(clauses, [Clause::If { .. } | Clause::Try { .. }]);
        if single && word.name != "else" {
            self.problem("cue/syntax", format!("`{}` after a single `if` or `try`", word.name), word.span, "here", Some("write `else`"));
        } else if !single && word.name == "else" {
            self.problem(
                "cue/syntax",
                "`else` after `for` or several clauses",
                word.span,
                "here",
                Some("write `otherwise`: its body is used when nothing was yielded"),
            );
        }
    }

    fn clause(&mut self, pair: Pair<'_, Rule>) -> Option<High<Clause>> {
        let span = self.span(&pair);
        let rule = pair.as_rule();
        if rule == Rule::let_clause {
            let (clause, h) = self.let_clause(pair)?;
            return Some((Clause::Let(clause), h));
        }
        let mut st = pair.into_inner().peekable();
        match rule {
            Rule::for_clause => {
                let first = self.ident(&st.next()?);
                self.declared(&first);
                let (key, value) = match st.next_if(|p| p.as_rule() == Rule::name) {
                    Some(p) => {
                        let second = self.ident(&p);
                        self.declared(&second);
                        (Some(first), second)
                    }
                    None => (None, first),
                };
                let (source, h) = self.expr(&mut st)?;
                Some((Clause::For { key, value, source: Box::new(source), span }, h))
            }
            Rule::if_clause => {
                let (condition, h) = self.expr(&mut st)?;
                Some((Clause::If { condition: Box::new(condition), span }, h))
            }
            _ => {
                let Some(p) = st.next() else { return Some((Clause::Try { binding: None, span }, 1)) };
                let name = self.ident(&p);
                st.next()?; // `=`
                let (value, h) = self.expr(&mut st)?;
                Some((Clause::Try { binding: Some((name, Box::new(value))), span }, h))
            }
        }
    }

    /// A field, a chain of them, or an embedding.
    fn field(&mut self, pair: Pair<'_, Rule>) -> Option<High<Decl>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let mut labels: Vec<(Expr, Option<PostfixAlias>, Constraint)> = Vec::new();
        let (value, height) = loop {
            let (value, h) = self.value(&mut st)?;
            let mut alias = None;
            let mut constraint = Constraint::Regular;
            let mut colon = false;
            while let Some(p) = st.next_if(|p| matches!(p.as_rule(), Rule::postfix_alias | Rule::constraint | Rule::colon)) {
                match p.as_rule() {
                    Rule::postfix_alias => alias = self.postfix_alias(p),
                    Rule::constraint => {
                        constraint = if p.as_str() == "?" { Constraint::Optional } else { Constraint::Required };
                    }
                    _ => colon = true,
                }
            }
            if !colon {
                break (value, h);
            }
            if !self.fits(h, value.span()) {
                return None;
            }
            labels.push((value, alias, constraint));
        };
        let attributes: Vec<Attribute> = st.map(|p| self.attribute(&p)).collect();
        if labels.is_empty() {
            if let Expr::Alias { name, .. } = &value {
                let at = name.span;
                self.problem(
                    "cue/syntax",
                    "an alias needs a field or a value to name",
                    at,
                    "expected `label: value` after `=`",
                    Some("to name an intermediate value, use `let x = …`"),
                );
                return None;
            }
            return Some((Decl::Embedding(value), height + 1));
        }
        let height = height + labels.len() as u32 * 2;
        if !self.fits(height, span) {
            return None;
        }
        let mut attributes = Some(attributes);
        let mut value = value;
        let count = labels.len();
        for (i, (label, postfix_alias, constraint)) in labels.into_iter().enumerate().rev() {
            let start = label.span();
            let (alias, label) = self.label(label)?;
            let field_span = if i == 0 { span } else { Span { start: start.start, ..span } };
            let field = Field {
                alias,
                label,
                postfix_alias,
                constraint,
                value,
                attributes: if i + 1 == count { attributes.take().unwrap_or_default() } else { Vec::new() },
                doc: self.doc(field_span),
                span: field_span,
            };
            if i == 0 {
                return Some((Decl::Field(field), height));
            }
            value = Expr::Struct(StructLit { decls: vec![Decl::Field(field)], braces: false, span: field_span });
        }
        None
    }

    fn postfix_alias(&mut self, pair: Pair<'_, Rule>) -> Option<PostfixAlias> {
        self.needs(Experiments::ALIAS_V2, "a postfix alias", self.span(&pair));
        let mut names = pair.into_inner();
        let first = self.ident(&names.next()?);
        self.declared(&first);
        match names.next() {
            Some(second) => {
                let value = self.ident(&second);
                self.declared(&value);
                if first.name == "_" && value.name == "_" {
                    self.problem("cue/syntax", "an alias of nothing", first.span.to(value.span), "one of the two needs a name", None);
                }
                Some(PostfixAlias { key: Some(first), value })
            }
            None if first.name == "_" => {
                self.problem("cue/syntax", "the alias `_` names nothing", first.span, "here", Some("leave it out, or give it a name"));
                None
            }
            None => Some(PostfixAlias { key: None, value: first }),
        }
    }

    /// Reads an expression as a label.
    fn label(&mut self, expr: Expr) -> Option<(Option<Ident>, Label)> {
        let span = expr.span();
        match expr {
            Expr::Alias { name, value, .. } => {
                let (_, label) = self.label(*value)?;
                Some((Some(name), label))
            }
            Expr::Ident(ident) => {
                self.declared(&ident);
                Some((None, Label::Ident(ident)))
            }
            Expr::Null(_) => Some((None, Label::Ident(Ident { name: "null".into(), span }))),
            Expr::Bool(b, _) => Some((None, Label::Ident(Ident { name: if b { "true" } else { "false" }.into(), span }))),
            Expr::String(lit) => {
                if matches!(lit.value, Text::Bytes(_)) {
                    self.problem("cue/syntax", "a bytes literal cannot be a label", span, "here", Some("use double quotes"));
                    return None;
                }
                Some((None, Label::String(lit)))
            }
            Expr::Interpolation(x) => {
                if x.bytes {
                    self.problem("cue/syntax", "a bytes literal cannot be a label", span, "here", Some("use double quotes"));
                    return None;
                }
                Some((None, Label::Interpolation(x)))
            }
            Expr::Paren(value, _) => Some((None, Label::Dynamic(value, span))),
            Expr::List(list) => {
                let mut elements = list.elements.into_iter();
                match (elements.next(), elements.next()) {
                    (Some(Element::Value(Expr::Alias { name, value, .. })), None) => {
                        Some((None, Label::Pattern { alias: Some(name), value, span }))
                    }
                    (Some(Element::Value(value)), None) => {
                        Some((None, Label::Pattern { alias: None, value: Box::new(value), span }))
                    }
                    _ => {
                        self.problem("cue/syntax", "a pattern in square brackets has exactly one element", span, "here", None);
                        None
                    }
                }
            }
            other => {
                let help = match other {
                    Expr::Number(..) => Some("quote the number: labels are strings"),
                    Expr::Selector { .. } => Some("write `a: b: …` for a field inside a field"),
                    _ => Some("a computed label goes between parentheses: `(expression): …`"),
                };
                self.problem("cue/syntax", "this cannot be a label", span, "expected a name, a string, `(expression)` or `[pattern]` before `:`", help);
                None
            }
        }
    }

    // ---- expressions

    /// An expression, or `X=` and one.
    fn value(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let (left, h) = self.expr(st)?;
        let Some(bind) = st.next_if(|p| p.as_rule() == Rule::bind) else { return Some((left, h)) };
        let (value, h) = self.expr(st)?;
        match left {
            Expr::Ident(name) => {
                self.declared(&name);
                if self.experiments.has(Experiments::ALIAS_V2) && !self.experiments.all() {
                    let at = self.span(&bind);
                    self.problem(
                        "cue/syntax",
                        "an alias with `=` in a file with `@experiment(aliasv2)`",
                        at,
                        "here",
                        Some("write the alias behind the label: `label~X: value`"),
                    );
                }
                let span = name.span.to(value.span());
                Some((Expr::Alias { name, value: Box::new(value), span }, h + 1))
            }
            _ => {
                let at = self.span(&bind);
                self.problem("cue/syntax", "unexpected `=`", at, "only a name can stand before this", Some("a field takes `:`; equality is `==`"));
                None
            }
        }
    }

    /// A flat run of operands and operators, by precedence.
    fn expr(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let first = self.unary(st)?;
        if !matches!(st.peek().map(Pair::as_rule), Some(Rule::binop)) {
            return Some(first);
        }
        let mut operands = vec![first];
        let mut ops = Vec::new();
        while let Some(p) = st.next_if(|p| p.as_rule() == Rule::binop) {
            ops.push((binary(p.as_str())?, self.span(&p)));
            operands.push(self.unary(st)?);
        }
        let mut operands = operands.into_iter();
        let mut ops = ops.into_iter().peekable();
        self.climb(1, &mut operands, &mut ops)
    }

    fn climb(
        &mut self,
        level: u8,
        operands: &mut std::vec::IntoIter<High<Expr>>,
        ops: &mut Peekable<std::vec::IntoIter<(BinaryOp, Span)>>,
    ) -> Option<High<Expr>> {
        if level > 7 {
            return operands.next();
        }
        let first = self.climb(level + 1, operands, ops)?;
        let mut rest = Vec::new();
        while let Some((op, span)) = ops.next_if(|(op, _)| precedence(*op) == level) {
            rest.push((op, span, self.climb(level + 1, operands, ops)?));
        }
        // A very long union or conjunction becomes a balanced tree: these operators are associative.
        if level <= 4 && rest.len() >= BALANCE_FROM {
            return self.balance(first, rest);
        }
        let mut left = first;
        for (op, op_span, right) in rest {
            left = self.join(left, op, op_span, right)?;
        }
        Some(left)
    }

    fn balance(&mut self, first: High<Expr>, rest: Vec<(BinaryOp, Span, High<Expr>)>) -> Option<High<Expr>> {
        let mut level = vec![(None, first)];
        level.extend(rest.into_iter().map(|(op, span, e)| (Some((op, span)), e)));
        while level.len() > 1 {
            let mut next = Vec::with_capacity(level.len() / 2 + 1);
            let mut items = level.into_iter();
            while let Some((before, left)) = items.next() {
                match items.next() {
                    Some((Some((op, span)), right)) => next.push((before, self.join(left, op, span, right)?)),
                    _ => next.push((before, left)),
                }
            }
            level = next;
        }
        level.pop().map(|(_, e)| e)
    }

    fn join(&mut self, (left, lh): High<Expr>, op: BinaryOp, op_span: Span, (right, rh): High<Expr>) -> Option<High<Expr>> {
        let span = left.span().to(right.span());
        let height = lh.max(rh) + 1;
        if !self.fits(height, op_span) {
            return None;
        }
        Some((Expr::Binary { op, op_span, left: Box::new(left), right: Box::new(right), span }, height))
    }

    fn unary(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let mut ops = Vec::new();
        while let Some(p) = st.next_if(|p| p.as_rule() == Rule::unop) {
            ops.push((unary(p.as_str())?, self.span(&p)));
        }
        let (mut expr, mut height) = self.operand(st)?;
        while let Some(p) = st.next_if(|p| {
            matches!(p.as_rule(), Rule::selector | Rule::index | Rule::call | Rule::open | Rule::optional)
        }) {
            (expr, height) = self.postfix(expr, height, p)?;
        }
        for (op, at) in ops.into_iter().rev() {
            height += 1;
            if !self.fits(height, at) {
                return None;
            }
            let span = at.to(expr.span());
            expr = Expr::Unary { op, operand: Box::new(expr), span };
        }
        Some((expr, height))
    }

    fn postfix(&mut self, expr: Expr, height: u32, pair: Pair<'_, Rule>) -> Option<High<Expr>> {
        let end = self.span(&pair);
        let span = expr.span().to(end);
        let rule = pair.as_rule();
        let operand = Box::new(expr);
        let (expr, height) = match rule {
            Rule::selector => {
                let p = pair.into_inner().next()?;
                let label = if p.as_rule() == Rule::ident { Label::Ident(self.ident(&p)) } else { Label::String(self.string(&p)) };
                (Expr::Selector { operand, label: Box::new(label), span }, height)
            }
            Rule::index => {
                let mut st = pair.into_inner().peekable();
                let mut high = height;
                let mut part = |b: &mut Self, st: &mut Stream<'_>| match st.peek().map(Pair::as_rule) {
                    None | Some(Rule::colon) => Some(None),
                    _ => b.expr(st).map(|(e, h)| {
                        high = high.max(h);
                        Some(Box::new(e))
                    }),
                };
                let low = part(self, &mut st)?;
                if st.next().is_some() {
                    let top = part(self, &mut st)?;
                    (Expr::Slice { operand, low, high: top, span }, high)
                } else {
                    (Expr::Index { operand, index: low?, span }, high)
                }
            }
            Rule::call => {
                let mut st = pair.into_inner().peekable();
                let mut arguments = Vec::new();
                let mut high = height;
                while st.peek().is_some() {
                    let (e, h) = self.expr(&mut st)?;
                    high = high.max(h);
                    arguments.push(e);
                }
                (Expr::Call { function: operand, arguments, span }, high)
            }
            Rule::open => {
                self.needs(Experiments::EXPLICIT_OPEN, "`...` behind a value", end);
                (Expr::Open(operand, span), height)
            }
            _ => (Expr::Try(operand, span), height),
        };
        if !self.fits(height + 1, end) {
            return None;
        }
        Some((expr, height + 1))
    }

    fn operand(&mut self, st: &mut Stream<'_>) -> Option<High<Expr>> {
        let pair = st.next()?;
        let span = self.span(&pair);
        Some(match pair.as_rule() {
            Rule::ident => (
                match pair.as_str() {
                    "null" => Expr::Null(span),
                    "true" => Expr::Bool(true, span),
                    "false" => Expr::Bool(false, span),
                    name => Expr::Ident(Ident { name: name.into(), span }),
                },
                1,
            ),
            Rule::number => (Expr::Number(pair.as_str().into(), span), 1),
            Rule::string => (Expr::String(self.string(&pair)), 1),
            Rule::bottom => (Expr::Bottom(span), 1),
            Rule::interpolation => {
                let (x, h) = self.interpolation(pair)?;
                (Expr::Interpolation(x), h)
            }
            Rule::struct_lit => {
                let (s, h) = self.struct_lit(pair)?;
                (Expr::Struct(s), h)
            }
            Rule::list_lit => {
                let (l, h) = self.list_lit(pair)?;
                (Expr::List(l), h)
            }
            Rule::paren => {
                let mut inner = pair.into_inner().peekable();
                let (e, h) = self.expr(&mut inner)?;
                if !self.fits(h + 1, span) {
                    return None;
                }
                (Expr::Paren(Box::new(e), span), h + 1)
            }
            _ => return None,
        })
    }

    fn struct_lit(&mut self, pair: Pair<'_, Rule>) -> Option<High<StructLit>> {
        let span = self.span(&pair);
        let mut decls = Vec::new();
        let mut height = 0;
        for p in pair.into_inner() {
            let (decl, h) = self.decl(p)?;
            height = height.max(h);
            decls.push(decl);
        }
        if !self.fits(height + 1, span) {
            return None;
        }
        Some((StructLit { decls, braces: true, span }, height + 1))
    }

    fn list_lit(&mut self, pair: Pair<'_, Rule>) -> Option<High<ListLit>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let mut elements = Vec::new();
        let mut height = 0;
        while let Some(p) = st.peek() {
            let (element, h) = match p.as_rule() {
                Rule::comprehension => {
                    let (c, h) = self.comprehension(st.next()?)?;
                    (Element::Comprehension(c), h)
                }
                Rule::list_ellipsis => {
                    let p = st.next()?;
                    let span = self.span(&p);
                    let mut inner = p.into_inner().peekable();
                    let mut h = 0;
                    let value = match inner.peek() {
                        Some(_) => {
                            let (e, eh) = self.expr(&mut inner)?;
                            h = eh;
                            Some(Box::new(e))
                        }
                        None => None,
                    };
                    (Element::Ellipsis(Ellipsis { value, span }), h + 1)
                }
                _ => {
                    let (e, h) = self.value(&mut st)?;
                    (Element::Value(e), h)
                }
            };
            height = height.max(h);
            elements.push(element);
        }
        if !self.fits(height + 1, span) {
            return None;
        }
        Some((ListLit { elements, span }, height + 1))
    }

    // ---- strings

    fn faults(&mut self, faults: Vec<Fault>) {
        for f in faults {
            let at = span_of(self.id, f.at.0, f.at.1);
            self.problem("cue/string", f.message, at, "here", f.help);
        }
    }

    fn string(&mut self, pair: &Pair<'_, Rule>) -> StringLit {
        let text = pair.as_str();
        let span = self.span(pair);
        let (q, open) = Quoting::of(text);
        let inner = text.get(open..text.len().saturating_sub(q.close_len())).unwrap_or_default();
        let (inner, indent) = split_indent(inner, q);
        let mut faults = Vec::new();
        let value = decode(inner, span.start as usize + open, q, indent, true, true, &mut faults);
        self.faults(faults);
        StringLit { value, span, multiline: q.multiline, hashes: q.hashes.min(255) as u8 }
    }

    fn interpolation(&mut self, pair: Pair<'_, Rule>) -> Option<High<Interpolation>> {
        let span = self.span(&pair);
        let text = pair.as_str();
        let (q, open) = Quoting::of(text);
        let whole = text.get(open..text.len().saturating_sub(q.close_len())).unwrap_or_default();
        let (_, indent) = split_indent(whole, q);
        let mut parts = Vec::new();
        let mut faults = Vec::new();
        let mut height = 0;
        let mut pieces = pair.into_inner().peekable();
        while let Some(p) = pieces.next() {
            let at = self.span(&p);
            match p.as_rule() {
                Rule::hole | Rule::raw_hole => {
                    let mut inner = p.into_inner().peekable();
                    let (e, h) = self.expr(&mut inner)?;
                    height = height.max(h);
                    parts.push(InterpolationPart::Expr(e));
                }
                _ => {
                    let first = parts.is_empty();
                    let last = pieces.peek().is_none();
                    let text = decode(p.as_str(), at.start as usize, q, indent, first, last, &mut faults);
                    parts.push(InterpolationPart::Text(text));
                }
            }
        }
        self.faults(faults);
        if !self.fits(height + 1, span) {
            return None;
        }
        let x = Interpolation { parts, bytes: q.bytes, multiline: q.multiline, hashes: q.hashes.min(255) as u8, span };
        Some((x, height + 1))
    }
}

/// Of a multiline literal: the text without its last new line, and the blanks before the closing quotes.
fn split_indent(inner: &str, q: Quoting) -> (&str, &str) {
    if !q.multiline {
        return (inner, "");
    }
    let (text, indent) = inner.rsplit_once('\n').unwrap_or((inner, ""));
    // The line of the closing quotes may hold carriage returns, which are dropped everywhere.
    let indent = indent.trim_start_matches('\r');
    (text.strip_suffix('\r').unwrap_or(text), indent)
}

fn binary(op: &str) -> Option<BinaryOp> {
    Some(match op {
        "|" => BinaryOp::Or,
        "&" => BinaryOp::And,
        "||" => BinaryOp::BoolOr,
        "&&" => BinaryOp::BoolAnd,
        "==" => BinaryOp::Equal,
        "!=" => BinaryOp::NotEqual,
        "<" => BinaryOp::Less,
        "<=" => BinaryOp::LessEqual,
        ">" => BinaryOp::Greater,
        ">=" => BinaryOp::GreaterEqual,
        "=~" => BinaryOp::Match,
        "!~" => BinaryOp::NotMatch,
        "+" => BinaryOp::Add,
        "-" => BinaryOp::Subtract,
        "*" => BinaryOp::Multiply,
        "/" => BinaryOp::Divide,
        _ => return None,
    })
}

fn unary(op: &str) -> Option<UnaryOp> {
    Some(match op {
        "+" => UnaryOp::Plus,
        "-" => UnaryOp::Minus,
        "!" => UnaryOp::Not,
        "*" => UnaryOp::Default,
        "<" => UnaryOp::Less,
        "<=" => UnaryOp::LessEqual,
        ">" => UnaryOp::Greater,
        ">=" => UnaryOp::GreaterEqual,
        "!=" => UnaryOp::NotEqual,
        "==" => UnaryOp::Equal,
        "=~" => UnaryOp::Match,
        "!~" => UnaryOp::NotMatch,
        _ => return None,
    })
}

/// From 1 (loosest) to 7.
pub(crate) fn precedence(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::BoolOr => 3,
        BinaryOp::BoolAnd => 4,
        BinaryOp::Equal
        | BinaryOp::NotEqual
        | BinaryOp::Less
        | BinaryOp::LessEqual
        | BinaryOp::Greater
        | BinaryOp::GreaterEqual
        | BinaryOp::Match
        | BinaryOp::NotMatch => 5,
        BinaryOp::Add | BinaryOp::Subtract => 6,
        BinaryOp::Multiply | BinaryOp::Divide => 7,
    }
}
