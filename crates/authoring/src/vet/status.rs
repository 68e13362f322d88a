//! The status texts of a definition: they are CUE inside a string, and their mistakes are told at their place in the file.

use cue::{Inputs, Instance, Limits};
use cue_syntax::ast::{Decl, Expr, Field, StructLit};
use cue_syntax::{Diagnostic, Label, Source, parse_file};
use model::DefinitionKind;
use render::Loaded;
use render::builtin::Packages;
use std::sync::Arc;

pub(super) fn check(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    let Some(status) = &loaded.definition.spec.status else { return };
    let whole = loaded.sources.get(loaded.template.source);
    for (name, text, field) in [
        ("healthPolicy", &status.health_policy, "isHealth"),
        ("customStatus", &status.custom_status, "message"),
        ("details", &status.details, ""),
    ] {
        if text.trim().is_empty() {
            continue;
        }
        let mut found = one(name, text, field, loaded.definition.kind);
        for problem in &mut found {
            problem.path = Some(match problem.path.take().filter(|p| !p.is_empty()) {
                Some(path) => format!("attributes.status.{name}: {path}"),
                None => format!("attributes.status.{name}"),
            });
            for label in &mut problem.labels {
                if let Some(moved) = whole.and_then(|whole| in_file(whole, text, label)) {
                    *label = moved;
                }
            }
        }
        problems.extend(found);
    }
}

fn one(name: &str, text: &str, field: &str, kind: DefinitionKind) -> Vec<Diagnostic> {
    let source = Source::new(name, text);
    let mut instance = match Instance::of(source.clone()) {
        Ok(instance) => instance,
        Err(found) => return found,
    };
    let Some(file) = instance.files.first_mut() else { return Vec::new() };
    let mut problems = Vec::new();
    if !field.is_empty() && !super::names::declares(&file.decls, field) {
        let names = file.decls.iter().filter_map(|d| match d {
            Decl::Field(Field { label: cue_syntax::ast::Label::Ident(id), .. }) => Some(id),
            _ => None,
        });
        let near = model::action::nearest(field, names.clone().map(|id| id.name.as_str()));
        let mut problem = Diagnostic::error("vet/status", format!("it has no field `{field}`"));
        match names.clone().find(|id| Some(id.name.as_str()) == near) {
            Some(id) => {
                problem = problem.at(&instance.sources, id.span, "").help(format!("did you mean `{field}`?"));
            }
            None => {
                problem.labels.push(Label { source: source.clone(), start: 0, end: 0, text: String::new() });
                problem = problem.help(format!("write `{field}: …`"));
            }
        }
        problems.push(problem);
    }
    super::names::context(&file.decls, &instance.sources, kind, &mut problems);
    for given in ["context", "parameter"] {
        if !super::names::declares(&file.decls, given) {
            let declared = Source::new("", format!("{given}: _"));
            let tree = parse_file(&declared, file.source).tree;
            file.decls.extend(tree.into_iter().flat_map(|f| f.decls));
        }
    }
    match cue::compile(&Packages, instance) {
        Ok(program) => {
            let limits = Limits::trusted();
            problems.extend(program.evaluate(Inputs::default(), &limits).diagnostics());
        }
        Err(found) => problems.extend(found),
    }
    problems
}

/// The place of a label of a status text in the file that holds the text: found by the line that it stands in.
fn in_file(whole: &Arc<Source>, text: &str, label: &Label) -> Option<Label> {
    let (line, column) = label.source.line_column(label.start);
    let wanted = text.lines().nth(line - 1)?;
    // Where the text begins in the file, line by line: each line of a multi-line literal stands there whole, indented.
    let first = text.lines().find(|l| !l.trim().is_empty())?;
    let mut offset = 0_usize;
    let lines: Vec<(usize, &str)> = whole
        .text
        .split_inclusive('\n')
        .map(|l| {
            let start = offset;
            offset += l.len();
            (start, l.trim_end_matches('\n'))
        })
        .collect();
    let begins = text.lines().position(|l| l == first)?;
    for (i, (_, here)) in lines.iter().enumerate() {
        let at = |n: usize| lines.get((i + n).checked_sub(begins)?);
        if !here.trim_end().ends_with(first.trim_end()) {
            continue;
        }
        let fits =
            text.lines().enumerate().all(|(n, l)| at(n).is_some_and(|(_, f)| f.trim_end().ends_with(l.trim_end())));
        if !fits {
            continue;
        }
        let (start, found) = at(line - 1)?;
        let indent = found.trim_end().len() - wanted.trim_end().len();
        let inside: usize = wanted.chars().take(column - 1).map(char::len_utf8).sum();
        let begin = (start + indent + inside) as u32;
        let length = (label.end - label.start).min((wanted.len().saturating_sub(inside)) as u32);
        return Some(Label { source: whole.clone(), start: begin, end: begin + length, text: label.text.clone() });
    }
    // A text in one line, with escapes: its literal is the nearest place.
    literal(whole, &label.source.name).map(|(start, end)| Label {
        source: whole.clone(),
        start,
        end,
        text: label.text.clone(),
    })
}

/// The value of the field of this name below `attributes.status`.
fn literal(whole: &Arc<Source>, name: &str) -> Option<(u32, u32)> {
    let instance = Instance::of(whole.clone()).ok()?;
    let mut found = None;
    for decl in instance.files.iter().flat_map(|file| &file.decls) {
        if let Decl::Field(Field { value: Expr::Struct(s), .. }) = decl {
            search(s, name, &mut found, 0);
        }
    }
    found
}

fn search(s: &StructLit, name: &str, found: &mut Option<(u32, u32)>, depth: u32) {
    for decl in s.decls.iter().filter(|_| depth < 4) {
        let Decl::Field(field) = decl else { continue };
        if crate::explain::parameters::label_text(&field.label) == Some(name) {
            let span = field.value.span();
            found.get_or_insert((span.start, span.end));
        } else if let Expr::Struct(inner) = &field.value {
            search(inner, name, found, depth + 1);
        }
    }
}
