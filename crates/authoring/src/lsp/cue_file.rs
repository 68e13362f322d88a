//! Answers about a CUE file: a definition, or any other.

use super::scope::{Around, Binding, Scope, Site, Unit, import_name, label_text, resolve, touches, walk};
use super::target::{At, Member, View};
use super::{Completions, Hover, Item, ItemKind, Place, fields, kubernetes};
use crate::explain::{context, parameters};
use cue_syntax::ast::{Clause, Constraint, Decl, Expr, Field, Ident, Label, StructLit};
use cue_syntax::{Source, Sources, Span};
use model::DefinitionKind;
use std::sync::Arc;

/// The name that is put in at the cursor so that what was begun is whole.
const CURSOR: &str = "lateenCursor";

/// Names of the language itself, with what they are.
const PREDECLARED: &[(&str, &str)] = &[
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
fn kind_of(unit: &Unit) -> Option<DefinitionKind> {
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
fn chain(expr: &Expr) -> Option<(&Ident, Vec<&str>)> {
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

fn members_here<'a>(view: &'a View, around: &Around<'a>) -> Vec<Member<'a>> {
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

pub(super) fn declaration(source: &Arc<Source>, offset: usize) -> Vec<Place> {
    let Some(view) = View::new(source) else { return Vec::new() };
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

pub(super) fn occurrences(source: &Arc<Source>, offset: usize) -> Vec<(usize, usize)> {
    let Some(view) = View::new(source) else { return Vec::new() };
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

pub(super) fn hover(source: &Arc<Source>, offset: usize) -> Option<Hover> {
    let view = View::new(source)?;
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

fn short(unit: &Unit, expr: &Expr) -> String {
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

// --- completion ---

/// What stands before the cursor on its line.
struct Before<'t> {
    /// First byte of the name that was begun.
    start: usize,
    /// The line up to there.
    line: &'t str,
    /// What comes before the name, blanks left out; `\n` at the beginning of a line.
    last: char,
}

fn before(text: &str, offset: usize) -> Before<'_> {
    let head = text.get(..offset).unwrap_or_default();
    let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '#');
    let start = head
        .rfind(|c| !word(c))
        .map_or(0, |p| p + head.get(p..).and_then(|r| r.chars().next()).map_or(1, char::len_utf8));
    let line_start = head.rfind('\n').map_or(0, |p| p + 1);
    let line = head.get(line_start..start).unwrap_or_default();
    let last = line.trim_end().chars().next_back().unwrap_or('\n');
    Before { start, line, last }
}

/// Quotes that are open at the end of a line's part.
fn in_quotes(line: &str) -> bool {
    let mut open = false;
    let mut escaped = false;
    for c in line.chars() {
        match c {
            '\\' if open => escaped = !escaped,
            '"' if !escaped => open = !open,
            '(' if escaped => {
                // An interpolation: what follows is an expression again.
                open = false;
                escaped = false;
            }
            _ => escaped = false,
        }
    }
    open
}

fn in_comment(line: &str) -> bool {
    line.match_indices("//").any(|(at, _)| !in_quotes(line.get(..at).unwrap_or_default()))
}

/// The text of a chain of selectors that ends in a dot before the cursor: `parameter.ports[0]`.
fn chain_before(line: &str) -> Option<&str> {
    let line = line.strip_suffix('.')?;
    let mut depth = 0u32;
    let mut start = line.len();
    for (at, c) in line.char_indices().rev() {
        match c {
            ']' => depth += 1,
            '[' if depth > 0 => depth -= 1,
            _ if depth > 0 => {}
            c if c.is_alphanumeric() || matches!(c, '_' | '$' | '#' | '.') => {}
            _ => break,
        }
        start = at;
    }
    line.get(start..).filter(|c| !c.is_empty())
}

pub(super) fn complete(source: &Arc<Source>, offset: usize) -> Completions {
    let text = source.text.as_str();
    let offset = (0..=offset.min(text.len())).rev().find(|o| text.is_char_boundary(*o)).unwrap_or(0);
    let before = before(text, offset);
    let mut out = Completions { items: Vec::new(), start: before.start, end: offset };
    if in_comment(before.line) {
        out.items = markers(before.line);
        return out;
    }
    let Some(view) = view_at(source, offset, &before) else { return out };
    if in_quotes(before.line) {
        quoted(&view, text, offset, &before, &mut out);
        return out;
    }
    let (around, in_text) = around(&view, offset);
    if in_text {
        return out;
    }
    let kind = kind_of(&view.main);
    out.items = if before.last == '.' {
        match chain_before(before.line.trim_end()) {
            Some(chain) => of_chain(&view, chain, &around, kind),
            None => Vec::new(),
        }
    } else if label_position(before.last, &around) {
        labels(&view, &around, offset, kind)
    } else {
        values(&view, &around, before.line, kind)
    };
    out
}

/// The file as it would be with what was begun made whole; where that is still broken, without the line.
fn view_at(source: &Arc<Source>, offset: usize, before: &Before<'_>) -> Option<View> {
    let text = &source.text;
    let (head, tail) = (text.get(..offset)?, text.get(offset..)?);
    let line_start = before.start - before.line.len();
    let rest = tail.find('\n').map_or("", |n| tail.get(n..).unwrap_or_default());
    let candidates = [
        format!("{head}{CURSOR}{tail}"),
        format!("{head}{CURSOR}: _{tail}"),
        format!("{}{}{rest}", text.get(..line_start)?, " ".repeat(offset - line_start)),
    ];
    let sound = candidates.iter().find(|c| {
        let source = Source::new("cursor", c.as_str());
        let id = Sources::default().add(source.clone());
        cue_syntax::parse_file(&source, id).diagnostics.is_empty()
    });
    let text = sound.or(candidates.last())?;
    View::new(&Source::new(source.name.clone(), text.as_str()))
}

/// What the cursor is in; `true` when that is a text.
fn around(view: &View, offset: usize) -> (Around<'_>, bool) {
    let mut best = Around::default();
    let mut in_text = false;
    let mut width = u32::MAX;
    if view.main.template().is_none() {
        best.scopes.push(Scope::Decls(&view.main.file.decls));
    }
    walk(&view.main, &mut |site, around| match site {
        Site::Struct(s) if strictly(s, offset) && s.span.end - s.span.start <= width => {
            width = s.span.end - s.span.start;
            best = around.clone();
            best.scopes.push(Scope::Decls(&s.decls));
            best.structs.push(s);
        }
        Site::Text(span) => in_text |= (span.start as usize) < offset && offset < span.end as usize,
        _ => {}
    });
    (best, in_text)
}

fn strictly(s: &StructLit, offset: usize) -> bool {
    (s.span.start as usize) < offset && offset < s.span.end as usize || !s.braces && touches(s.span, offset)
}

fn label_position(last: char, around: &Around<'_>) -> bool {
    match last {
        '\n' | '{' => true,
        // `{a: 1, |` is a label, `[a, |` a value: a list has no struct of its own around the cursor on this line.
        ',' => around.structs.last().is_some_and(|s| s.braces),
        _ => false,
    }
}

fn item(label: &str, kind: ItemKind, detail: impl Into<String>, usage: impl Into<String>) -> Item {
    Item {
        label: label.to_owned(),
        kind,
        detail: detail.into(),
        usage: usage.into(),
        required: false,
        insert: label.to_owned(),
    }
}

fn push(items: &mut Vec<Item>, new: Item) {
    if !items.iter().any(|i| i.label == new.label) {
        items.push(new);
    }
}

/// Markers in comments.
fn markers(line: &str) -> Vec<Item> {
    let rows = [
        ("usage=", "What a parameter means, for `show`, hover and documentation"),
        ("short=", "One letter that the command line takes for it"),
        ("patchKey=", "The field by which elements of a list are matched"),
        ("patchStrategy=", "How a patch merges: retainKeys, replace, jsonPatch, jsonMergePatch, open"),
    ];
    if !line.trim_end().ends_with('+') {
        return Vec::new();
    }
    rows.iter().map(|(label, usage)| item(label, ItemKind::Value, "marker", *usage)).collect()
}

/// Inside a string that is open on this line: the path of an import, or one of a field's choices.
fn quoted(view: &View, text: &str, offset: usize, before: &Before<'_>, out: &mut Completions) {
    let line_start = before.start - before.line.len();
    let quote = text.get(line_start..offset).and_then(|l| l.rfind('"')).map_or(before.start, |p| line_start + p + 1);
    out.start = quote;
    let head = text.get(..line_start).unwrap_or_default();
    let line = text.get(line_start..quote).unwrap_or_default().trim_start();
    let in_import = line.starts_with("import ")
        || head.rfind("import (").is_some_and(|p| !head.get(p..).unwrap_or_default().contains(')'));
    if in_import {
        for path in render::builtin::packages() {
            push(&mut out.items, item(path, ItemKind::Package, "package of Lateen", ""));
        }
        for path in cue::builtin::packages() {
            push(&mut out.items, item(path, ItemKind::Package, "package of CUE", ""));
        }
        return;
    }
    let label = line.trim_end_matches('"').trim_end().trim_end_matches(['|', '*', ' ']).trim_end_matches(':');
    let label = label.rsplit([' ', '\t', '{', ',']).next().unwrap_or_default().trim_matches('"');
    let (around, _) = around(view, line_start);
    for choice in choices(view, &around, label) {
        push(&mut out.items, item(&choice, ItemKind::Value, "value", ""));
    }
}

/// The values that a field may have: of a Kubernetes kind, or of the metadata.
fn choices(view: &View, around: &Around<'_>, label: &str) -> Vec<String> {
    let of_kind = kubernetes::inside(&view.main, around).map(|o| o.choices(label)).unwrap_or_default();
    if !of_kind.is_empty() {
        return of_kind.into_iter().map(str::to_owned).collect();
    }
    let in_metadata = around.fields.len() == 1 && around.structs.len() <= 1;
    if label == "type" && in_metadata {
        return DefinitionKind::ALL.into_iter().map(|k| k.word().to_owned()).collect();
    }
    Vec::new()
}

/// After a dot.
fn of_chain(view: &View, chain_text: &str, around: &Around<'_>, kind: Option<DefinitionKind>) -> Vec<Item> {
    let source = Source::new("chain", chain_text);
    let id = Sources::default().add(source.clone());
    let Some(expr) = cue_syntax::parse_expr(&source, id).tree else { return Vec::new() };
    let mut items = Vec::new();
    if let Some((root, names)) = chain(&expr) {
        match resolve(&view.main, &around.scopes, &root.name) {
            Some(Binding::Context) => return context_items(view, &names, kind),
            Some(Binding::Import(import)) if names.is_empty() => {
                for member in view.exports(&import.path) {
                    push(
                        &mut items,
                        item(
                            member.name(),
                            ItemKind::Function,
                            short(member.unit, &member.field.value),
                            parameters::usage(&member.field.doc),
                        ),
                    );
                }
                for name in cue::builtin::names(&import.path) {
                    push(&mut items, item(name, ItemKind::Function, format!("function of {}", import.path), ""));
                }
                return items;
            }
            _ => {}
        }
    }
    // The chain's own expression lives only here, so its members are taken over as items at once.
    let view_ref = view;
    let found = follow_text(view_ref, &expr, around);
    for member in found {
        push(&mut items, field_item(&member, false));
    }
    items
}

/// The members of what a chain leads to, step by step: names, then indices.
fn follow_text<'a>(view: &'a View, expr: &Expr, around: &Around<'a>) -> Vec<Member<'a>> {
    value_of(view, expr, around, 0).iter().flat_map(|at| view.members(at)).collect()
}

fn value_of<'a>(view: &'a View, expr: &Expr, around: &Around<'a>, depth: u32) -> Vec<At<'a>> {
    if depth > 64 {
        return Vec::new();
    }
    match expr {
        Expr::Ident(id) => {
            let at = |expr: &'a Expr, depth: usize| At {
                unit: &view.main,
                scopes: around.scopes.get(..depth).unwrap_or_default().to_vec(),
                expr,
            };
            match resolve(&view.main, &around.scopes, &id.name) {
                Some(Binding::Fields(found, depth)) => found.into_iter().map(|f| at(&f.value, depth)).collect(),
                Some(Binding::Let(l, depth)) => vec![at(&l.value, depth)],
                Some(Binding::Alias(_, value, depth)) => vec![at(value, depth)],
                Some(Binding::Variable(_, Some(source), depth)) => view.elements(&at(source, depth)),
                _ => Vec::new(),
            }
        }
        Expr::Selector { operand, label, .. } => {
            let Some(name) = label_text(label) else { return Vec::new() };
            if let Expr::Ident(id) = &**operand
                && let Some(Binding::Import(import)) = resolve(&view.main, &around.scopes, &id.name)
            {
                return view
                    .exports(&import.path)
                    .into_iter()
                    .filter(|m| m.name() == name)
                    .map(|m| m.value())
                    .collect();
            }
            let operands = value_of(view, operand, around, depth + 1);
            operands.iter().flat_map(|at| view.named(at, name)).map(|m| m.value()).collect()
        }
        Expr::Index { operand, .. } => {
            value_of(view, operand, around, depth + 1).iter().flat_map(|at| view.elements(at)).collect()
        }
        Expr::Paren(e, _) => value_of(view, e, around, depth + 1),
        _ => Vec::new(),
    }
}

fn context_items(view: &View, names: &[&str], kind: Option<DefinitionKind>) -> Vec<Item> {
    let base = names.join(".");
    let mut items = Vec::new();
    for field in context::fields(kind.unwrap_or(DefinitionKind::Component), false) {
        let below = if base.is_empty() {
            Some(field.name)
        } else {
            field.name.strip_prefix(&base).and_then(|r| r.strip_prefix('.'))
        };
        if let Some(name) = below.filter(|n| !n.contains('.')) {
            push(&mut items, item(name, ItemKind::Field, field.kind, field.usage));
        }
    }
    if let Some((&"output", rest)) = names.split_first()
        && let Some(inside) = kubernetes::workload(&view.main).and_then(|r| kubernetes::follow(&r, rest))
    {
        items.extend(inside.items().into_iter().map(|i| Item { insert: i.label.clone(), ..i }));
    }
    items
}

fn field_item(member: &Member<'_>, as_label: bool) -> Item {
    let name = member.name();
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'));
    let written = if plain { name.to_owned() } else { format!("\"{name}\"") };
    Item {
        label: name.to_owned(),
        kind: ItemKind::Field,
        detail: short(member.unit, &member.field.value),
        usage: parameters::usage(&member.field.doc),
        required: member.field.constraint == Constraint::Required,
        insert: if as_label { format!("{written}: ") } else { written },
    }
}

/// Where a field begins.
fn labels(view: &View, around: &Around<'_>, offset: usize, kind: Option<DefinitionKind>) -> Vec<Item> {
    let mut items = Vec::new();
    let template = view.main.template();
    let in_template = template.is_some_and(|t| strictly(t, offset));
    if template.is_some() && !in_template {
        let path: Vec<&str> = around.fields.iter().skip(1).filter_map(|f| label_text(&f.label)).collect();
        return if around.fields.is_empty() { Vec::new() } else { fields::metadata(&path, kind) };
    }
    let own = around.structs.last();
    let is_own = |m: &Member<'_>| {
        own.is_some_and(|s| {
            std::ptr::eq(m.unit, &view.main)
                && s.decls.iter().any(|d| matches!(d, Decl::Field(f) if std::ptr::eq(f, m.field)))
        })
    };
    let there: Vec<&str> = own
        .into_iter()
        .flat_map(|s| &s.decls)
        .filter_map(|d| match d {
            Decl::Field(f) => label_text(&f.label),
            _ => None,
        })
        .collect();
    let absent = |label: &str| !there.contains(&label) && !label.contains(CURSOR);
    for member in members_here(view, around).iter().filter(|m| !is_own(m)) {
        if absent(member.name()) && !(member.name().starts_with('#') && !std::ptr::eq(member.unit, &view.main)) {
            push(&mut items, field_item(member, true));
        }
    }
    if let Some(object) = kubernetes::inside(&view.main, around) {
        object.items().into_iter().filter(|i| absent(&i.label)).for_each(|i| push(&mut items, i));
    }
    if in_template && around.fields.is_empty() {
        fields::template(kind).into_iter().filter(|i| absent(&i.label)).for_each(|i| push(&mut items, i));
    }
    items
}

/// Where a value begins.
fn values(view: &View, around: &Around<'_>, line: &str, kind: Option<DefinitionKind>) -> Vec<Item> {
    let mut items = Vec::new();
    let label = line.trim_end().trim_end_matches(':').rsplit([' ', '\t', '{', ',']).next().unwrap_or_default();
    for choice in choices(view, around, label.trim_matches('"')) {
        let quoted = format!("\"{choice}\"");
        push(&mut items, item(&quoted, ItemKind::Value, "value", ""));
    }
    for scope in around.scopes.iter().rev() {
        match scope {
            Scope::Decls(decls) => decls.iter().for_each(|d| match d {
                Decl::Field(f) if matches!(f.label, Label::Ident(_)) => {
                    let name = label_text(&f.label).unwrap_or_default();
                    if !name.contains(CURSOR) {
                        push(
                            &mut items,
                            item(name, ItemKind::Variable, short(&view.main, &f.value), parameters::usage(&f.doc)),
                        );
                    }
                }
                Decl::Let(l) => {
                    push(&mut items, item(&l.name.name, ItemKind::Variable, short(&view.main, &l.value), ""))
                }
                _ => {}
            }),
            Scope::Clauses(clauses) => clauses.iter().for_each(|c| match c {
                Clause::For { key, value, .. } => {
                    key.iter()
                        .chain([value])
                        .for_each(|id| push(&mut items, item(&id.name, ItemKind::Variable, "of the `for`", "")));
                }
                Clause::Let(l) => {
                    push(&mut items, item(&l.name.name, ItemKind::Variable, short(&view.main, &l.value), ""))
                }
                _ => {}
            }),
            Scope::Field(f) => {
                if let Some(id) = super::scope::alias(f) {
                    push(&mut items, item(&id.name, ItemKind::Variable, "alias", ""));
                }
            }
        }
    }
    if kind.is_some() || view.main.template().is_some() {
        push(&mut items, item("context", ItemKind::Variable, "object", "What rendering tells a template"));
        push(&mut items, item("parameter", ItemKind::Variable, "object", "What the application gives"));
    }
    for import in &view.main.file.imports {
        push(&mut items, item(import_name(import), ItemKind::Package, import.path.as_str(), ""));
    }
    for (name, what) in PREDECLARED {
        push(&mut items, item(name, ItemKind::Value, *what, ""));
    }
    items
}
