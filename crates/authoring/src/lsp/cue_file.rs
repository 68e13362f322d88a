//! Answers about a CUE file: a definition, or any other.

use super::scope::{Around, Binding, Scope, Site, Unit, label_text, resolve, touches, walk};
use super::target::{At, Member, View};
use super::{Hover, Place, fields, kubernetes};
use crate::explain::{context, parameters};
use cue_syntax::ast::{Constraint, Decl, Expr, Field, Ident, Label};
use cue_syntax::{Source, Span};
use model::DefinitionKind;
use render::builtin::Added;
use std::sync::Arc;

/// Names of the language itself, with what they are.
pub(super) const PREDECLARED: &[(&str, &str)] = &[
    ("string", "type"),
    ("int", "type"),
    ("number", "type"),
    ("float", "type"),
    ("bool", "type"),
    ("bytes", "type"),
    ("null", "value"),
    ("true", "value"),
    ("false", "value"),
    ("len", "function"),
    ("close", "function"),
    ("and", "function"),
    ("or", "function"),
    ("div", "function"),
    ("mod", "function"),
];

/// Whether a text is an identifier that a field can be renamed to.
pub(super) fn is_name(text: &str) -> bool {
    let rest = text.trim_start_matches(['_', '#', '$']);
    let first = text.chars().next().is_some_and(|c| !c.is_ascii_digit());
    first && !text.is_empty() && rest.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$') && !rest.is_empty()
}

/// The kind of definition that a file is.
pub(super) fn kind_of(unit: &Unit) -> Option<DefinitionKind> {
    let Expr::Struct(s) = &unit.metadata()?.value else { return None };
    let word = s.decls.iter().find_map(|d| match d {
        Decl::Field(f) if label_text(&f.label) == Some("type") => kubernetes::literal(&f.value),
        _ => None,
    })?;
    DefinitionKind::parse(word)
}

struct Found<'a> {
    site: Site<'a>,
    around: Around<'a>,
    span: Span,
}

/// The site of a name at an offset.
fn find(view: &View, offset: usize) -> Option<Found<'_>> {
    let mut found: Option<Found<'_>> = None;
    walk(&view.main, &mut |site, around| {
        let Some(span) = name_span(site).filter(|s| touches(*s, offset)) else { return };
        let width = |s: Span| s.end - s.start;
        if found.as_ref().is_none_or(|f| width(span) <= width(f.span)) {
            found = Some(Found { site, around: around.clone(), span });
        }
    });
    found
}

fn name_span(site: Site<'_>) -> Option<Span> {
    match site {
        Site::Label(field) => match field.label {
            Label::Ident(_) | Label::String(_) => Some(field.label.span()),
            _ => None,
        },
        Site::Name(id) | Site::Declared(id) => Some(id.span),
        Site::Select(Expr::Selector { label, .. }) => Some(label.span()),
        Site::Import(import) => Some(import.span),
        Site::Select(_) | Site::Struct(_) | Site::Text(_) => None,
    }
}

/// The names of a chain of selectors: `a.b.c`.
pub(super) fn chain(expr: &Expr) -> Option<(&Ident, Vec<&str>)> {
    let mut names = Vec::new();
    let mut here = expr;
    loop {
        match here {
            Expr::Ident(id) => {
                names.reverse();
                return Some((id, names));
            }
            Expr::Selector { operand, label, .. } => {
                names.push(label_text(label)?);
                here = operand;
            }
            _ => return None,
        }
    }
}

/// The path below `context` that a selector reads.
fn context_path(view: &View, around: &Around<'_>, expr: &Expr) -> Option<String> {
    let (root, names) = chain(expr)?;
    let bound = resolve(&view.main, &around.scopes, &root.name);
    matches!(bound, Some(Binding::Context)).then(|| names.join("."))
}

/// What a site stands for: the spans of the names that declare it, and the fields among them.
fn declared<'a>(view: &'a View, site: Site<'a>, around: &Around<'a>) -> (Vec<(&'a Unit, Span)>, Vec<Member<'a>>) {
    let main = &view.main;
    let of_fields = |members: Vec<Member<'a>>| {
        let spans = members.iter().map(|m| (m.unit, m.field.label.span())).collect();
        (spans, members)
    };
    match site {
        Site::Label(field) => {
            let name = label_text(&field.label);
            let beside = around.scopes.iter().rev().find_map(|s| match s {
                Scope::Decls(decls) => Some(*decls),
                _ => None,
            });
            let same = beside.into_iter().flatten().filter_map(|d| match d {
                Decl::Field(f) if label_text(&f.label) == name => Some(f),
                _ => None,
            });
            let mut all: Vec<&Field> = same.collect();
            if !all.iter().any(|f| f.label.span() == field.label.span()) {
                all.push(field);
            }
            of_fields(
                all.into_iter().map(|field| Member { unit: main, scopes: around.scopes.clone(), field }).collect(),
            )
        }
        Site::Name(id) => match resolve(main, &around.scopes, &id.name) {
            Some(Binding::Fields(found, depth)) => {
                let scopes = around.scopes.get(..depth).unwrap_or_default();
                of_fields(
                    found.into_iter().map(|field| Member { unit: main, scopes: scopes.to_vec(), field }).collect(),
                )
            }
            Some(Binding::Let(l, _)) => (vec![(main, l.name.span)], Vec::new()),
            Some(Binding::Variable(id, ..) | Binding::Alias(id, ..)) => (vec![(main, id.span)], Vec::new()),
            Some(Binding::Import(import)) => (vec![(main, import.span)], Vec::new()),
            Some(Binding::Context) | None => (Vec::new(), Vec::new()),
        },
        Site::Select(Expr::Selector { operand, label, .. }) => {
            let at = At { unit: main, scopes: around.scopes.clone(), expr: operand };
            of_fields(label_text(label).map(|name| view.select(&at, name, 0)).unwrap_or_default())
        }
        Site::Declared(id) => (vec![(main, id.span)], Vec::new()),
        Site::Select(_) | Site::Import(_) | Site::Struct(_) | Site::Text(_) => (Vec::new(), Vec::new()),
    }
}

/// The fields that a label in a literal is unified with: those of the definitions beside it.
fn expected<'a>(view: &'a View, around: &Around<'a>) -> Vec<At<'a>> {
    let Some((first, rest)) = around.fields.split_first() else { return Vec::new() };
    let root = vec![Scope::Decls(view.main.root())];
    let mut here = vec![At { unit: &view.main, scopes: root, expr: &first.value }];
    for field in rest {
        let Some(name) = label_text(&field.label) else { return Vec::new() };
        let mut next = Vec::new();
        for at in &here {
            next.extend(view.named(at, name));
            for element in view.elements(at) {
                next.extend(view.named(&element, name));
            }
        }
        here = next.into_iter().map(|m| m.value()).collect();
    }
    here
}

pub(super) fn members_here<'a>(view: &'a View, around: &Around<'a>) -> Vec<Member<'a>> {
    let mut out = Vec::new();
    for at in expected(view, around) {
        out.extend(view.members(&at));
        if matches!(at.expr, Expr::List(_)) {
            for element in view.elements(&at) {
                out.extend(view.members(&element));
            }
        }
    }
    out
}

pub(super) fn declaration(source: &Arc<Source>, offset: usize, packages: &Added) -> Vec<Place> {
    let Some(view) = View::new(source, packages) else { return Vec::new() };
    let Some(found) = find(&view, offset) else { return Vec::new() };
    let (mut spans, _) = declared(&view, found.site, &found.around);
    if let (Site::Label(field), true) = (found.site, spans.len() < 2) {
        // A label of a literal leads to the definition that it fills in.
        let name = label_text(&field.label).unwrap_or_default();
        let outside = members_here(&view, &found.around).into_iter().filter(|m| m.name() == name);
        let others: Vec<_> =
            outside.map(|m| (m.unit, m.field.label.span())).filter(|(_, s)| *s != found.span).collect();
        if !others.is_empty() {
            spans = others;
        }
    }
    if let Site::Import(import) = found.site {
        spans = view.package(&import.path).iter().map(|u| (u, Span { start: 0, end: 0, ..import.span })).collect();
    }
    let place = |(unit, span): (&Unit, Span)| Place {
        source: unit.source.clone(),
        start: span.start as usize,
        end: span.end as usize,
    };
    let mut out: Vec<Place> = Vec::new();
    for found in spans.into_iter().map(place) {
        if !out.contains(&found) {
            out.push(found);
        }
    }
    out
}

pub(super) fn occurrences(source: &Arc<Source>, offset: usize, packages: &Added) -> Vec<(usize, usize)> {
    let Some(view) = View::new(source, packages) else { return Vec::new() };
    let Some(found) = find(&view, offset) else { return Vec::new() };
    let own = |spans: Vec<(&Unit, Span)>| -> Vec<Span> {
        let here = spans.iter().filter(|(unit, _)| std::ptr::eq(*unit, &view.main));
        here.map(|(_, span)| *span).collect()
    };
    let (spans, _) = declared(&view, found.site, &found.around);
    let target = own(spans);
    // The names that a definition file is made of are not its author's.
    let fixed = matches!(found.site, Site::Label(f) if found.around.structs.len() <= 1 && fields::template(kind_of(&view.main))
        .iter()
        .any(|i| Some(i.label.as_str()) == label_text(&f.label)));
    let imported = view.main.file.imports.iter().any(|i| target.contains(&i.span));
    if target.is_empty() || fixed || imported {
        return Vec::new();
    }
    let mut out = Vec::new();
    walk(&view.main, &mut |site, around| {
        let Some(span) = name_span(site) else { return };
        let (spans, _) = declared(&view, site, around);
        if own(spans).iter().any(|s| target.contains(s)) {
            out.push((span.start as usize, span.end as usize));
        }
    });
    out.sort_unstable();
    out.dedup();
    out
}

pub(super) fn hover(source: &Arc<Source>, offset: usize, packages: &Added) -> Option<Hover> {
    let view = View::new(source, packages)?;
    let found = find(&view, offset)?;
    let kind = kind_of(&view.main);
    let text = match found.site {
        Site::Import(import) => package_text(&view, &import.path),
        Site::Select(expr) => match context_path(&view, &found.around, expr) {
            Some(path) => context_text(kind, &path),
            None => about(&view, &found).or_else(|| builtin_text(&view, &found.around, expr)),
        },
        Site::Name(id) => match resolve(&view.main, &found.around.scopes, &id.name) {
            Some(Binding::Context) => Some("`context`: what rendering tells a template".to_owned()),
            Some(Binding::Import(import)) => package_text(&view, &import.path),
            Some(_) => about(&view, &found),
            None => predeclared(&id.name).map(|what| format!("`{}`: {what} of the language", id.name)),
        },
        Site::Label(field) => label_hover(&view, &found, field, kind),
        Site::Declared(_) => about(&view, &found),
        Site::Struct(_) | Site::Text(_) => None,
    }?;
    Some(Hover { text, start: found.span.start as usize, end: found.span.end as usize })
}

fn label_hover(view: &View, found: &Found<'_>, field: &Field, kind: Option<DefinitionKind>) -> Option<String> {
    let name = label_text(&field.label)?;
    if let Some(text) = kubernetes::inside(&view.main, &found.around).and_then(|o| o.describe(name)) {
        return Some(text);
    }
    let in_template = view.main.template().is_some_and(|t| touches(t.span, found.span.start as usize));
    let mut path: Vec<&str> = found.around.fields.iter().filter_map(|f| label_text(&f.label)).collect();
    if in_template {
        path.insert(0, "template");
    } else if !path.is_empty() {
        path.remove(0);
    }
    path.push(name);
    if let Some(text) = fields::meaning(&path, kind).filter(|_| view.main.template().is_some()) {
        return Some(text);
    }
    let outside = members_here(view, &found.around).into_iter().filter(|m| m.name() == name);
    let documented = outside.filter(|m| !std::ptr::eq(m.field, field)).find(|m| !m.field.doc.is_empty());
    documented.map(|m| member_text(&m)).or_else(|| about(view, found))
}

fn about(view: &View, found: &Found<'_>) -> Option<String> {
    let (spans, members) = declared(view, found.site, &found.around);
    if let Some(first) = members.iter().find(|m| !m.field.doc.is_empty()).or(members.first()) {
        return Some(member_text(first));
    }
    let (unit, span) = spans.first()?;
    let line = unit.source.text.get(..span.start as usize).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1);
    let text = unit.source.text.get(line..)?.lines().next()?.trim();
    Some(format!("```cue\n{text}\n```"))
}

/// A field with its type and what is said of it.
fn member_text(member: &Member<'_>) -> String {
    let usage = parameters::usage(&member.field.doc);
    let mut out = format!("```cue\n{}\n```", declaration_text(member));
    if !usage.is_empty() {
        out.push_str("\n\n");
        out.push_str(&usage);
    }
    out
}

/// `name?: type`, a struct cut short.
fn declaration_text(member: &Member<'_>) -> String {
    let mark = match member.field.constraint {
        Constraint::Regular => "",
        Constraint::Optional => "?",
        Constraint::Required => "!",
    };
    format!("{}{mark}: {}", member.name(), short(member.unit, &member.field.value))
}

pub(super) fn short(unit: &Unit, expr: &Expr) -> String {
    if let Expr::Struct(s) = expr {
        return if s.decls.is_empty() { "{}".to_owned() } else { "{…}".to_owned() };
    }
    let span = expr.span();
    let text = unit.source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let joined = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match joined.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", joined.get(..end).unwrap_or_default()),
        None => joined,
    }
}

fn predeclared(name: &str) -> Option<&'static str> {
    PREDECLARED.iter().find(|(n, _)| *n == name).map(|(_, what)| *what)
}

fn context_text(kind: Option<DefinitionKind>, path: &str) -> Option<String> {
    let field = context::find(kind.unwrap_or(DefinitionKind::Component), path)?;
    Some(format!("`context.{}`: {}\n\n{}", field.name, field.kind, field.usage))
}

fn package_text(view: &View, path: &str) -> Option<String> {
    if let Some(unit) = view.package(path).first() {
        let comment = unit.file.comments.first().map(|c| c.text.trim().to_owned()).unwrap_or_default();
        return Some(format!("`{path}`\n\n{comment}"));
    }
    let known = cue::builtin::packages().any(|p| p == path);
    known.then(|| format!("`{path}`: a package of CUE"))
}

fn builtin_text(view: &View, around: &Around<'_>, expr: &Expr) -> Option<String> {
    let (root, names) = chain(expr)?;
    let Some(Binding::Import(import)) = resolve(&view.main, &around.scopes, &root.name) else { return None };
    let name = names.first()?;
    cue::builtin::lookup(&import.path, name)
        .map(|_| format!("`{}.{name}`: a function of CUE's package {}", root.name, import.path))
}
