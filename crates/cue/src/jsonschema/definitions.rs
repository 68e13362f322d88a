//! The parts of a document put together as declarations.

use super::Language;
use super::decoder::{is_word, quoted_names};
use super::expr::{attribute, braces, comments, member, named, tag};
use super::places::{Map, definition};
use super::version::Version;
use crate::export::literal::name;
use cue_syntax::ast::{Comment, Constraint, Decl, Expr};
use smol_str::SmolStr;

/// A document that was read.
pub(super) struct Decoded {
    pub(super) language: Language,
    pub(super) doc: Vec<Comment>,
    pub(super) imports: Vec<SmolStr>,
    pub(super) version: Option<Version>,
    pub(super) id: Option<String>,
    pub(super) deprecated: bool,
    pub(super) is_referred_to: bool,
    pub(super) expr: Expr,
    pub(super) named: Map<(Expr, String)>,
}

impl Decoded {
    /// The declarations of the file: the schema, then its definitions, then `...`.
    pub(super) fn decls(&self) -> Vec<Decl> {
        let mut head = Vec::new();
        head.extend(self.version.map(|v| tag("schema", v.address())));
        let id = self.id.as_deref().map(|id| tag("id", id));
        let mut body: Vec<Decl> = Vec::new();
        let mut last = None;
        match self.expr.clone() {
            Expr::Struct(s) => {
                body = s.decls;
                if matches!(body.last(), Some(Decl::Ellipsis(_))) {
                    last = body.pop();
                }
            }
            e => body.push(Decl::Embedding(e)),
        }
        let plain = body.len() == 1 && self.named.is_empty() && last.is_none() && id.is_none();
        body.extend(self.definitions());
        body.extend(last);
        if self.deprecated {
            head.push(Decl::Attribute(attribute("deprecated", String::new())));
        }
        if !self.is_referred_to {
            head.extend(id);
            head.extend(body);
            return head;
        }
        if let Some(id) = id {
            body.insert(0, id);
        }
        head.push(Decl::Embedding(name("_schema")));
        let value = match body.pop() {
            Some(Decl::Embedding(e)) if plain => e,
            only => {
                body.extend(only);
                braces(body)
            }
        };
        head.push(Decl::Field(named("_schema", value)));
        head
    }

    /// `#: {…}`, `#name: …` in the order of their names, and `_#defs: {…}`.
    pub(super) fn definitions(&self) -> Vec<Decl> {
        let (mut quoted, mut words, mut others) = (Vec::new(), Vec::new(), Vec::new());
        for (pointer, (e, doc)) in &self.named {
            match definition(self.language, pointer) {
                Some(own) if is_word(&own) => words.push((own, e, doc)),
                Some(own) => quoted.push((own, e, doc)),
                None => others.push((pointer.clone(), e, doc)),
            }
        }
        let mut out = Vec::new();
        for (own, e, doc) in words {
            let mut field = named(&format!("#{own}"), e.clone());
            field.doc = comments(doc).into();
            out.push((format!("#{own}"), Decl::Field(field)));
        }
        for (label, members) in [(quoted_names(self.language), quoted), ("_#defs", others)] {
            out.extend(group(label, members).map(|d| (label.to_owned(), d)));
        }
        out.sort_by(|a, b| a.0.cmp(&b.0));
        out.into_iter().map(|(_, d)| d).collect()
    }
}

fn group(label: &str, mut members: Vec<(String, &Expr, &String)>) -> Option<Decl> {
    members.sort_by(|a, b| a.0.cmp(&b.0));
    let decls: Vec<Decl> =
        members.into_iter().map(|(key, e, _)| Decl::Field(member(&key, Constraint::Regular, e.clone()))).collect();
    (!decls.is_empty()).then(|| Decl::Field(named(label, braces(decls))))
}
