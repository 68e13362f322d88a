//! `@tag(name, short=a|b, type=int, var=now)`: values that the command line puts into fields.
//!
//! A value is written into the tree: `field: value` becomes `field: value & given`. Fields in lists, in comprehensions and
//! optional fields have no tags.

use super::{Loaded, Options, Problems};
use crate::stack::down;
use cue_syntax::ast::{Attribute, BinaryOp, Constraint, Decl, Element, Expr, Field, Label, StringLit, Text};
use cue_syntax::{Diagnostic, Source, Sources, Span};

/// What one `@tag` says.
#[derive(Debug, Default, PartialEq)]
struct Tag {
    name: String,
    short: Vec<String>,
    kind: Option<String>,
    variable: Option<String>,
}

impl Tag {
    fn of(a: &Attribute) -> Tag {
        let mut tag = Tag::default();
        for (i, part) in a.body.split(',').map(str::trim).enumerate() {
            match part.split_once('=') {
                Some(("short", words)) => tag.short = words.split('|').map(|w| w.trim().to_owned()).collect(),
                Some(("type", kind)) => tag.kind = Some(kind.trim().to_owned()),
                Some(("var", v)) => tag.variable = Some(v.trim().to_owned()),
                None if i == 0 => tag.name = part.to_owned(),
                _ => {}
            }
        }
        tag
    }
}

/// Tags that say nothing that could be done, or stand where none are looked for.
pub(super) fn check(loaded: &[Loaded], problems: &mut Problems) {
    for l in loaded {
        let mut check = Check { sources: &l.instance.sources, problems };
        for file in &l.instance.files {
            check.decls(&file.decls, None);
        }
    }
}

struct Check<'a> {
    sources: &'a Sources,
    problems: &'a mut Problems,
}

impl Check<'_> {
    /// Declarations inside of something in which fields have no tags, or of the file.
    fn decls(&mut self, decls: &[Decl], inside: Option<&'static str>) {
        for decl in decls {
            down(|| match decl {
                Decl::Field(f) => {
                    let regular = f.constraint == Constraint::Regular && !matches!(f.label, Label::Pattern { .. });
                    let inside = inside.or((!regular).then_some("an optional or required field or a pattern"));
                    f.attributes.iter().filter(|a| a.name == "tag").for_each(|a| self.attribute(a, inside));
                    self.expr(&f.value, inside);
                }
                Decl::Embedding(e) => self.expr(e, inside),
                Decl::Comprehension(c) => self.decls(&c.body.decls, inside.or(Some("a comprehension"))),
                Decl::Let(_) | Decl::Ellipsis(_) | Decl::Attribute(_) => {}
            });
        }
    }

    fn expr(&mut self, e: &Expr, inside: Option<&'static str>) {
        match e {
            Expr::Struct(s) => self.decls(&s.decls, inside),
            Expr::List(l) => {
                for element in &l.elements {
                    match element {
                        Element::Value(e) => self.expr(e, inside.or(Some("a list"))),
                        Element::Comprehension(c) => self.decls(&c.body.decls, inside.or(Some("a list"))),
                        Element::Ellipsis(_) => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn attribute(&mut self, a: &Attribute, inside: Option<&'static str>) {
        let tag = Tag::of(a);
        let mut letters = tag.name.chars();
        let is_name = letters.next().is_some_and(|c| c == '_' || c == '$' || c.is_alphabetic())
            && letters.all(|c| c == '_' || c == '$' || c.is_alphanumeric());
        let (message, help) = match (&tag.kind, inside) {
            (_, Some(inside)) => (format!("@tag is not looked for in {inside}"), None),
            _ if !is_name => (format!("\"{}\" is no name for a tag", tag.name), Some("a tag is written `@tag(name)`")),
            (Some(kind), _) if !matches!(kind.as_str(), "int" | "number" | "bool" | "string") => {
                (format!("invalid tag type `{kind}`"), Some("the types are string, int, number and bool"))
            }
            _ => return,
        };
        let mut d = Diagnostic::error("cue/tag", message).at(self.sources, a.span, "this tag");
        d.help = help.map(str::to_owned);
        self.problems.push(d);
    }
}

/// Puts the options' values into all instances. A value that no tag asks for is a problem.
pub(super) fn inject(options: &Options, loaded: &mut [Loaded], problems: &mut Problems) {
    if options.tags.is_empty() && options.variables.is_empty() {
        return;
    }
    let mut used = vec![false; options.tags.len()];
    // Words that an `@if` asks for are used as well.
    for (used, tag) in used.iter_mut().zip(&options.tags) {
        *used =
            loaded.iter().flat_map(|l| &l.instance.files).flat_map(|f| &f.attributes).any(|a| {
                a.name == "if" && a.body.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|w| w == tag)
            });
    }
    for l in loaded {
        let mut files = std::mem::take(&mut l.instance.files);
        for file in &mut files {
            walk(&mut file.decls, options, &mut l.instance.sources, &mut used, problems);
        }
        l.instance.files = files;
    }
    for (tag, used) in options.tags.iter().zip(used) {
        if !used {
            let name = tag.split('=').next().unwrap_or(tag);
            problems.push(
                Diagnostic::error("cue/tag", format!("no tag for \"{name}\""))
                    .help("a field takes a value with `@tag(name)`; a shorthand is declared with `short=a|b`"),
            );
        }
    }
}

fn walk(decls: &mut [Decl], options: &Options, sources: &mut Sources, used: &mut [bool], problems: &mut Problems) {
    for decl in decls {
        let Decl::Field(f) = decl else { continue };
        if f.constraint != Constraint::Regular {
            continue;
        }
        let tags: Vec<(Tag, Span)> =
            f.attributes.iter().filter(|a| a.name == "tag").map(|a| (Tag::of(a), a.span)).collect();
        for (tag, span) in tags {
            for (given, used) in options.tags.iter().zip(used.iter_mut()) {
                let value = match given.split_once('=') {
                    Some((name, value)) if name == tag.name => value,
                    None if tag.short.iter().any(|s| s == given) => given,
                    _ => continue,
                };
                *used = true;
                write(f, &tag, value, &format!("-t {given}"), span, sources, problems);
            }
            if let Some(name) = &tag.variable
                && !options.variables.is_empty()
            {
                match options.variables.iter().find(|(n, _)| n == name) {
                    Some((_, value)) => write(f, &tag, value, &format!("-T {name}"), span, sources, problems),
                    None => {
                        problems.push(Diagnostic::error("cue/tag", format!("there is no system variable `{name}`")).at(
                            sources,
                            span,
                            "asked for here",
                        ))
                    }
                }
            }
        }
        if let Expr::Struct(s) = &mut f.value {
            walk(&mut s.decls, options, sources, used, problems);
        }
    }
}

fn write(f: &mut Field, tag: &Tag, value: &str, name: &str, at: Span, sources: &mut Sources, problems: &mut Problems) {
    let source = Source::new(name, value);
    let id = sources.add(source.clone());
    let span = Span { source: id, start: 0, end: value.len() as u32 };
    let given = match tag.kind.as_deref() {
        None | Some("string") => {
            Some(Expr::String(StringLit { value: Text::String(value.into()), span, multiline: false, hashes: 0 }))
        }
        Some("bool") => match value {
            "true" | "1" => Some(Expr::Bool(true, span)),
            "false" | "0" => Some(Expr::Bool(false, span)),
            _ => None,
        },
        Some("int" | "number") => cue_syntax::parse_expr(&source, id).tree.filter(|e| match e {
            Expr::Number(..) => true,
            Expr::Unary { operand, .. } => matches!(**operand, Expr::Number(..)),
            _ => false,
        }),
        Some(_) => None,
    };
    let Some(given) = given else {
        let kind = tag.kind.as_deref().unwrap_or("string");
        let message = format!("invalid {kind} `{value}` for tag `{}`", tag.name);
        problems.push(Diagnostic::error("cue/tag", message).at(sources, at, "this tag"));
        return;
    };
    let old = std::mem::replace(&mut f.value, Expr::Bottom(span));
    f.value =
        Expr::Binary { op: BinaryOp::And, op_span: old.span(), left: Box::new(old), right: Box::new(given), span: at };
}
