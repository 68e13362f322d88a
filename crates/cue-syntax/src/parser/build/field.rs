//! Fields, chains of them, embeddings, labels, aliases.

use super::{Builder, High};
use crate::ast::*;
use crate::parser::Rule;
use crate::parser::version::Experiments;
use crate::span::Span;
use pest::iterators::Pair;

impl Builder<'_> {
    /// A field, a chain of them, or an embedding.
    pub(super) fn field(&mut self, pair: Pair<'_, Rule>) -> Option<High<Decl>> {
        let span = self.span(&pair);
        let mut st = pair.into_inner().peekable();
        let mut labels: Vec<(Expr, Option<PostfixAlias>, Constraint)> = Vec::new();
        let (value, height) = loop {
            let (value, h) = self.value(&mut st)?;
            let mut alias = None;
            let mut constraint = Constraint::Regular;
            let mut colon = false;
            while let Some(p) =
                st.next_if(|p| matches!(p.as_rule(), Rule::postfix_alias | Rule::constraint | Rule::colon))
            {
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
        self.finish_field(labels, (value, height), attributes, span)
    }

    /// From labels, value and attributes.
    pub(in crate::parser) fn finish_field(
        &mut self,
        labels: Vec<(Expr, Option<PostfixAlias>, Constraint)>,
        (value, height): High<Expr>,
        attributes: Vec<Attribute>,
        span: Span,
    ) -> Option<High<Decl>> {
        if labels.is_empty() {
            if let Expr::Alias { name, .. } = &value {
                let at = name.span;
                self.problem(
                    "cue/syntax",
                    "an alias needs a field or a value to name",
                    at,
                    "expected `label: value` after `=`",
                    Some("a field takes `:`; to name an intermediate value, write `let x = …`"),
                );
                return None;
            }
            return Some((Decl::Embedding(value), height + 1));
        }
        let height = height + labels.len() as u32;
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
                alias: alias.map(Box::new),
                label,
                postfix_alias: postfix_alias.map(Box::new),
                constraint,
                value,
                attributes: if i + 1 == count { attributes.take().unwrap_or_default().into() } else { Rare::default() },
                doc: self.doc(field_span).into(),
                span: field_span,
            };
            if i == 0 {
                return Some((Decl::Field(field), height));
            }
            value = Expr::Struct(StructLit { decls: vec![Decl::Field(field)], braces: false, span: field_span });
        }
        None
    }

    pub(super) fn postfix_alias(&mut self, pair: Pair<'_, Rule>) -> Option<PostfixAlias> {
        self.needs(Experiments::ALIAS_V2, "a postfix alias", self.span(&pair));
        let mut names = pair.into_inner();
        let first = self.ident(&names.next()?);
        self.declared(&first);
        match names.next() {
            Some(second) => {
                let value = self.ident(&second);
                self.declared(&value);
                if first.name == "_" && value.name == "_" {
                    self.problem(
                        "cue/syntax",
                        "an alias of nothing",
                        first.span.to(value.span),
                        "one of the two needs a name",
                        None,
                    );
                }
                Some(PostfixAlias { key: Some(first), value })
            }
            None if first.name == "_" => {
                self.problem(
                    "cue/syntax",
                    "the alias `_` names nothing",
                    first.span,
                    "here",
                    Some("leave it out, or give it a name"),
                );
                None
            }
            None => Some(PostfixAlias { key: None, value: first }),
        }
    }

    /// Reads an expression as a label.
    pub(super) fn label(&mut self, expr: Expr) -> Option<(Option<Ident>, Label)> {
        let span = expr.span();
        match expr {
            Expr::Alias { name, value, .. } => {
                let (_, label) = self.label(*value)?;
                Some((Some(name), label))
            }
            Expr::Ident(ident) => {
                self.declared(&ident);
                if ident.name == "_" {
                    let help = Some("quote it for a plain field: `\"_\": …`; `[_]: …` is a pattern of all fields");
                    self.problem("cue/syntax", "cannot use _ as label", span, "here", help);
                    return None;
                }
                Some((None, Label::Ident(ident)))
            }
            Expr::Null(_) => Some((None, Label::Ident(Ident { name: "null".into(), span }))),
            Expr::Bool(b, _) => {
                Some((None, Label::Ident(Ident { name: if b { "true" } else { "false" }.into(), span })))
            }
            Expr::String(lit) => {
                if matches!(lit.value, Text::Bytes(_)) {
                    self.problem(
                        "cue/syntax",
                        "a bytes literal cannot be a label",
                        span,
                        "here",
                        Some("use double quotes"),
                    );
                    return None;
                }
                Some((None, Label::String(lit)))
            }
            Expr::Interpolation(x) => {
                if x.bytes {
                    self.problem(
                        "cue/syntax",
                        "a bytes literal cannot be a label",
                        span,
                        "here",
                        Some("use double quotes"),
                    );
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
                        self.problem(
                            "cue/syntax",
                            "a pattern in square brackets has exactly one element",
                            span,
                            "here",
                            None,
                        );
                        None
                    }
                }
            }
            other => {
                let help = match other {
                    Expr::Number(..) => Some("quote the number: labels are strings"),
                    Expr::Selector { .. } => Some("write `a: b: …` for a field inside a field"),
                    Expr::Binary { op: BinaryOp::Subtract, .. } => {
                        Some("a name with `-` goes between quotes: `\"a-b\": …`")
                    }
                    _ => Some("a computed label goes between parentheses: `(expression): …`"),
                };
                self.problem(
                    "cue/syntax",
                    "this cannot be a label",
                    span,
                    "expected a name, a string, `(expression)` or `[pattern]` before `:`",
                    help,
                );
                None
            }
        }
    }
}
