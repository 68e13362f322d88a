//! Names in a CUE file: what is visible where, and every site of a name with its scopes.
//!
//! Nothing is evaluated: a name is looked up in the structs around it, as the language scopes it. The root is the
//! `template` of a definition file, else the file.

use cue_syntax::ast::{
    Clause, Comprehension, Decl, Element, Expr, Field, File, Ident, Import, InterpolationPart, Label, LetClause,
    ListLit, StructLit,
};
use cue_syntax::{Source, Sources, Span};
use std::sync::Arc;

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 1_000;

/// A parsed file.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) source: Arc<Source>,
    pub(super) file: File,
}

impl Unit {
    /// Parses a text; what is broken is left out.
    pub(super) fn new(source: &Arc<Source>) -> Option<Unit> {
        let mut sources = Sources::default();
        let id = sources.add(source.clone());
        let file = cue_syntax::parse_file(source, id).tree?;
        Some(Unit { source: source.clone(), file })
    }

    /// The struct under `template`, when this is a definition.
    pub(super) fn template(&self) -> Option<&StructLit> {
        self.file.decls.iter().find_map(|d| match d {
            Decl::Field(Field { label, value: Expr::Struct(s), .. }) if label_text(label) == Some("template") => {
                Some(s)
            }
            _ => None,
        })
    }

    /// The declarations that everything is visible from.
    pub(super) fn root(&self) -> &[Decl] {
        self.template().map_or(&self.file.decls, |s| &s.decls)
    }

    /// The definition's metadata: the field beside `template`.
    pub(super) fn metadata(&self) -> Option<&Field> {
        self.file.decls.iter().find_map(|d| match d {
            Decl::Field(f) if label_text(&f.label).is_some_and(|l| l != "template") => Some(f),
            _ => None,
        })
    }
}

/// The text of a label that is no expression.
pub(super) fn label_text(label: &Label) -> Option<&str> {
    crate::explain::parameters::label_text(label)
}

/// Something that names are declared in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scope<'a> {
    /// The declarations of a struct.
    Decls(&'a [Decl]),
    /// The variables of a comprehension.
    Clauses(&'a [Clause]),
    /// A field with an alias: `X=name: …`, `[X=pattern]: …`.
    Field(&'a Field),
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub(super) enum Binding<'a> {
    /// Fields of one struct, and how many scopes are around them.
    Fields(Vec<&'a Field>, usize),
    /// A `let`.
    Let(&'a LetClause, usize),
    /// The variable of a `for`, and what it walks; `true` for the key.
    Variable(&'a Ident, Option<&'a Expr>, usize),
    /// An alias and the value it stands for.
    Alias(&'a Ident, &'a Expr, usize),
    /// An import.
    Import(&'a Import),
    /// `context`, which rendering gives.
    Context,
}

/// Looks a name up, from the innermost scope out.
pub(super) fn resolve<'a>(unit: &'a Unit, scopes: &[Scope<'a>], name: &str) -> Option<Binding<'a>> {
    for (depth, scope) in scopes.iter().enumerate().rev() {
        let found = match scope {
            Scope::Decls(decls) => in_decls(decls, name, depth + 1),
            Scope::Clauses(clauses) => in_clauses(clauses, name, depth),
            Scope::Field(field) => {
                alias(field).filter(|id| id.name == name).map(|id| Binding::Alias(id, &field.value, depth))
            }
        };
        if found.is_some() {
            return found;
        }
    }
    let import = unit.file.imports.iter().find(|i| import_name(i) == name);
    import.map(Binding::Import).or_else(|| (name == "context").then_some(Binding::Context))
}

/// The name under which a package is imported.
pub(super) fn import_name(import: &Import) -> &str {
    match &import.name {
        Some(name) => &name.name,
        None => {
            let path = import.path.as_str();
            match path.rsplit_once(':') {
                Some((_, name)) => name,
                None => path.rsplit('/').next().unwrap_or(path),
            }
        }
    }
}

pub(super) fn alias(field: &Field) -> Option<&Ident> {
    match &field.label {
        Label::Pattern { alias: Some(alias), .. } => Some(alias),
        _ => field.alias.as_deref(),
    }
}

fn in_decls<'a>(decls: &'a [Decl], name: &str, depth: usize) -> Option<Binding<'a>> {
    let mut fields = Vec::new();
    for decl in decls {
        match decl {
            // A quoted label is no name, but a template refers to `parameter` however it is written.
            Decl::Field(field) if matches!(field.label, Label::Ident(_)) && label_text(&field.label) == Some(name) => {
                fields.push(field);
            }
            Decl::Field(field) if field.alias.as_ref().is_some_and(|a| a.name == name) => {
                return field.alias.as_deref().map(|a| Binding::Alias(a, &field.value, depth));
            }
            Decl::Let(clause) if clause.name.name == name => return Some(Binding::Let(clause, depth)),
            _ => {}
        }
    }
    (!fields.is_empty()).then_some(Binding::Fields(fields, depth))
}

fn in_clauses<'a>(clauses: &'a [Clause], name: &str, depth: usize) -> Option<Binding<'a>> {
    clauses.iter().rev().find_map(|clause| match clause {
        Clause::For { value, source, .. } if value.name == name => Some(Binding::Variable(value, Some(source), depth)),
        Clause::For { key: Some(key), .. } if key.name == name => Some(Binding::Variable(key, None, depth)),
        Clause::Let(clause) if clause.name.name == name => Some(Binding::Let(clause, depth)),
        Clause::Try { binding: Some((id, value)), .. } if id.name == name => Some(Binding::Alias(id, value, depth)),
        _ => None,
    })
}

/// A place where a name stands, or a struct.
#[derive(Debug, Clone, Copy)]
pub(super) enum Site<'a> {
    /// The label of a field.
    Label(&'a Field),
    /// A name that is used.
    Name(&'a Ident),
    /// `operand.label`: the whole selector.
    Select(&'a Expr),
    /// The name of a `let`, a variable or an alias, where it is declared.
    Declared(&'a Ident),
    /// An import.
    Import(&'a Import),
    /// A struct literal.
    Struct(&'a StructLit),
    /// A string literal without expressions in it.
    Text(Span),
}

/// What is around a site.
#[derive(Debug, Clone, Default)]
pub(super) struct Around<'a> {
    /// Scopes, the root first.
    pub(super) scopes: Vec<Scope<'a>>,
    /// The fields whose values it is in, the outermost first.
    pub(super) fields: Vec<&'a Field>,
    /// The structs that it is in, the outermost first.
    pub(super) structs: Vec<&'a StructLit>,
}

/// Calls `f` with every site of a file. Outside `template` the names of a definition file mean nothing.
pub(super) fn walk<'a>(unit: &'a Unit, f: &mut dyn FnMut(Site<'a>, &Around<'a>)) {
    let mut walker = Walker { around: Around::default(), f };
    for import in &unit.file.imports {
        (walker.f)(Site::Import(import), &walker.around);
    }
    match unit.template() {
        Some(template) => {
            if let Some(metadata) = unit.metadata() {
                walker.field(metadata, 0);
            }
            walker.structure(template, 0);
        }
        None => {
            walker.around.scopes.push(Scope::Decls(&unit.file.decls));
            walker.decls(&unit.file.decls, 0);
        }
    }
}

struct Walker<'a, 'f> {
    around: Around<'a>,
    f: &'f mut dyn FnMut(Site<'a>, &Around<'a>),
}

impl<'a> Walker<'a, '_> {
    fn site(&mut self, site: Site<'a>) {
        (self.f)(site, &self.around);
    }

    fn decls(&mut self, decls: &'a [Decl], depth: u32) {
        if depth > DEPTH {
            return;
        }
        for decl in decls {
            match decl {
                Decl::Field(field) => self.field(field, depth),
                Decl::Embedding(e) => self.expr(e, depth),
                Decl::Let(l) => {
                    self.site(Site::Declared(&l.name));
                    self.expr(&l.value, depth);
                }
                Decl::Ellipsis(e) => e.value.iter().for_each(|e| self.expr(e, depth)),
                Decl::Comprehension(c) => self.comprehension(c, depth),
                Decl::Attribute(_) => {}
            }
        }
    }

    fn field(&mut self, field: &'a Field, depth: u32) {
        self.site(Site::Label(field));
        match &field.label {
            Label::Dynamic(e, _) => self.expr(e, depth),
            Label::Pattern { value, .. } => self.expr(value, depth),
            Label::Interpolation(i) => self.parts(&i.parts, depth),
            Label::Ident(_) | Label::String(_) => {}
        }
        let aliased = alias(field);
        if let Some(id) = aliased {
            self.site(Site::Declared(id));
            self.around.scopes.push(Scope::Field(field));
        }
        self.around.fields.push(field);
        self.expr(&field.value, depth);
        self.around.fields.pop();
        if aliased.is_some() {
            self.around.scopes.pop();
        }
    }

    fn structure(&mut self, s: &'a StructLit, depth: u32) {
        self.site(Site::Struct(s));
        self.around.scopes.push(Scope::Decls(&s.decls));
        self.around.structs.push(s);
        self.decls(&s.decls, depth + 1);
        self.around.structs.pop();
        self.around.scopes.pop();
    }

    fn comprehension(&mut self, c: &'a Comprehension, depth: u32) {
        // Each clause sees those before it.
        for (i, clause) in c.clauses.iter().enumerate() {
            self.around.scopes.push(Scope::Clauses(c.clauses.get(..i).unwrap_or_default()));
            match clause {
                Clause::For { key, value, source, .. } => {
                    key.iter().chain([value]).for_each(|id| self.site(Site::Declared(id)));
                    self.expr(source, depth);
                }
                Clause::If { condition, .. } => self.expr(condition, depth),
                Clause::Let(l) => {
                    self.site(Site::Declared(&l.name));
                    self.expr(&l.value, depth);
                }
                Clause::Try { binding, .. } => {
                    if let Some((id, e)) = binding {
                        self.site(Site::Declared(id));
                        self.expr(e, depth);
                    }
                }
            }
            self.around.scopes.pop();
        }
        self.around.scopes.push(Scope::Clauses(&c.clauses));
        self.structure(&c.body, depth);
        self.around.scopes.pop();
        if let Some((_, body)) = &c.fallback {
            self.structure(body, depth);
        }
    }

    fn list(&mut self, list: &'a ListLit, depth: u32) {
        for element in &list.elements {
            match element {
                Element::Value(e) => self.expr(e, depth),
                Element::Comprehension(c) => self.comprehension(c, depth),
                Element::Ellipsis(e) => e.value.iter().for_each(|e| self.expr(e, depth)),
            }
        }
    }

    fn parts(&mut self, parts: &'a [InterpolationPart], depth: u32) {
        for part in parts {
            if let InterpolationPart::Expr(e) = part {
                self.expr(e, depth);
            }
        }
    }

    fn expr(&mut self, expr: &'a Expr, depth: u32) {
        if depth > DEPTH {
            return;
        }
        let depth = depth + 1;
        cue_syntax::with_stack(|| match expr {
            Expr::Ident(id) => self.site(Site::Name(id)),
            Expr::Struct(s) => self.structure(s, depth),
            Expr::List(list) => self.list(list, depth),
            Expr::Interpolation(i) => self.parts(&i.parts, depth),
            Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Try(e, _) | Expr::Unary { operand: e, .. } => {
                self.expr(e, depth)
            }
            Expr::Binary { left, right, .. } => {
                self.expr(left, depth);
                self.expr(right, depth);
            }
            Expr::Selector { operand, .. } => {
                self.expr(operand, depth);
                self.site(Site::Select(expr));
            }
            Expr::Index { operand, index, .. } => {
                self.expr(operand, depth);
                self.expr(index, depth);
            }
            Expr::Slice { operand, low, high, .. } => {
                self.expr(operand, depth);
                low.iter().chain(high).for_each(|e| self.expr(e, depth));
            }
            Expr::Call { function, arguments, .. } => {
                self.expr(function, depth);
                arguments.iter().for_each(|e| self.expr(e, depth));
            }
            Expr::Alias { name, value, .. } => {
                self.site(Site::Declared(name));
                self.expr(value, depth);
            }
            Expr::String(s) => self.site(Site::Text(s.span)),
            Expr::Bottom(_) | Expr::Null(_) | Expr::Bool(..) | Expr::Number(..) => {}
        });
    }
}

/// Whether a span holds an offset, its end included.
pub(super) fn touches(span: Span, offset: usize) -> bool {
    (span.start as usize) <= offset && offset <= span.end as usize
}
