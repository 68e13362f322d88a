//! What a template reads of `context`. Whatever is given to a template is evaluated with it, and `context` holds all
//! components, what was rendered before, and what runs: a template that asks for a name only is given the name only.

use crate::definition::{label_text, visit};
use cue::{Data, DataValue};
use cue_syntax::ast::{Decl, Expr, File};
use rustc_hash::FxHashSet;
use smol_str::SmolStr;

/// The fields of `context` that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reads {
    /// It is used as a whole, or in a way that does not say which.
    Everything,
    /// These and no others.
    Only(FxHashSet<SmolStr>),
}

impl Reads {
    /// What these files, with `context` declared in them, read.
    pub(super) fn of(files: &[File]) -> Reads {
        let (mut names, mut mentions, mut read) = (FxHashSet::default(), 0usize, 0usize);
        let mut look = |expr: &Expr| match expr {
            Expr::Ident(id) if id.name == "context" => mentions += 1,
            Expr::Selector { operand, label, .. } if is_context(operand) => {
                if let Some(name) = label_text(label) {
                    names.insert(SmolStr::new(name));
                    read += 1;
                }
            }
            Expr::Index { operand, index, .. } if is_context(operand) => {
                if let Expr::String(text) = index.as_ref()
                    && let Some(name) = label_text(&cue_syntax::ast::Label::String(text.clone()))
                {
                    names.insert(SmolStr::new(name));
                    read += 1;
                }
            }
            _ => {}
        };
        for file in files {
            file.decls.iter().for_each(|decl| visit::decl(decl, &mut look));
        }
        // What the template itself says of `context` holds for all of it.
        let said = |decl: &Decl| match decl {
            Decl::Field(field) if label_text(&field.label) == Some("context") => {
                !matches!(&field.value, Expr::Ident(top) if top.name == "_")
            }
            Decl::Comprehension(_) | Decl::Embedding(_) => mentions_context(decl),
            _ => false,
        };
        let said = files.iter().flat_map(|file| &file.decls).any(said);
        if mentions > read || said { Reads::Everything } else { Reads::Only(names) }
    }

    /// Whether a field of `context` is read.
    pub(crate) fn includes(&self, name: &str) -> bool {
        match self {
            Reads::Everything => true,
            Reads::Only(names) => names.contains(name),
        }
    }

    /// The part of `context` that is read.
    pub(super) fn part_of(&self, context: &Data) -> Data {
        match (self, &context.value) {
            (Reads::Only(names), DataValue::Struct(fields)) => {
                let kept = fields.iter().filter(|(name, _)| names.contains(name.as_str()));
                let value = DataValue::Struct(kept.map(|(name, data)| (name.clone(), data.clone())).collect());
                Data { value, labels: context.labels, origin: context.origin.clone() }
            }
            _ => context.clone(),
        }
    }
}

fn is_context(expr: &Expr) -> bool {
    matches!(expr, Expr::Ident(id) if id.name == "context")
}

/// Whether a declaration that may add fields to the template declares `context`.
fn mentions_context(decl: &Decl) -> bool {
    match decl {
        Decl::Comprehension(c) => c.body.decls.iter().any(|inner| match inner {
            Decl::Field(field) => label_text(&field.label) == Some("context"),
            Decl::Comprehension(_) | Decl::Embedding(_) => mentions_context(inner),
            _ => false,
        }),
        // `{context: …}` beside the other fields, or a reference to a struct that has it.
        Decl::Embedding(_) => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::{Source, Sources, parse_file};

    fn reads(text: &str) -> String {
        let source = Source::new("case", text);
        let id = Sources::default().add(source.clone());
        match Reads::of(&[parse_file(&source, id).tree.unwrap()]) {
            Reads::Everything => "everything".to_owned(),
            Reads::Only(names) => {
                let mut names: Vec<_> = names.iter().map(SmolStr::as_str).collect();
                names.sort_unstable();
                names.join(" ")
            }
        }
    }

    #[test]
    fn fields_that_are_named_are_read_and_no_others() {
        assert_eq!(reads("output: metadata: name: context.name"), "name");
        assert_eq!(reads("a: \"\\(context.appName)-x\"\nif context.output.spec != _|_ {b: 1}"), "appName output");
        assert_eq!(reads("a: context[\"name\"]\nb: context.\"namespace\""), "name namespace");
        assert_eq!(reads("context: _\na: [for c in context.components {c.name}]"), "components");
        assert_eq!(reads("a: parameter.x"), "");
    }

    #[test]
    fn whatever_does_not_say_which_reads_everything() {
        for text in [
            "a: context",
            "let c = context\na: c.name",
            "a: context[parameter.field]",
            "a: [for k, v in context {k}]",
            "context: {name: string, ...}\na: context.name",
            "if parameter.x {context: name: \"x\"}\na: context.name",
            "#Base\n#Base: context: _\na: context.name",
        ] {
            assert_eq!(reads(text), "everything", "{text}");
        }
    }
}
