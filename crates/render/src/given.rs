//! From a value in what a template makes back to the parameter that it was made from.

use cue::Origin;
use cue_syntax::ast::{Clause, Decl, Element, Expr, Field, Label};
use cue_syntax::{Span, parse_file};

/// How deep a tree is walked; the parser bounds its height to less.
const DEPTH: u32 = 2_000;

/// The one parameter that the field at this place is made from, as `.ports` or `.probe.path` below `properties`. `None` where
/// several are, or none, or what stands there is computed from a loop.
pub(crate) fn parameter(origin: &Origin) -> Option<String> {
    let file = parse_file(&origin.source, origin.span.source).tree?;
    let field = file.decls.iter().find_map(|decl| in_decl(decl, origin.span, 0))?;
    let mut found: Vec<String> = Vec::new();
    crate::definition::visit::expr(&field.value, &mut |expr| {
        if let Some(path) = chain(expr)
            && !found
                .iter()
                .any(|known| known.strip_prefix(&path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
        {
            found.push(path);
        }
    });
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// `parameter.a.b` as `.a.b`.
fn chain(expr: &Expr) -> Option<String> {
    let Expr::Selector { operand, label, .. } = expr else { return None };
    let name = match &**label {
        Label::Ident(name) => name.name.as_str(),
        _ => return None,
    };
    match &**operand {
        Expr::Ident(root) if root.name == "parameter" => Some(format!(".{name}")),
        inner => Some(format!("{}.{name}", chain(inner)?)),
    }
}

fn in_decl(decl: &Decl, span: Span, depth: u32) -> Option<&Field> {
    if depth > DEPTH {
        return None;
    }
    match decl {
        Decl::Field(field) if field.label.span() == span => Some(field),
        Decl::Field(field) => in_expr(&field.value, span, depth + 1),
        Decl::Embedding(e) => in_expr(e, span, depth + 1),
        Decl::Let(l) => in_expr(&l.value, span, depth + 1),
        Decl::Comprehension(c) if !c.clauses.iter().any(|clause| matches!(clause, Clause::For { .. })) => {
            c.body.decls.iter().find_map(|decl| in_decl(decl, span, depth + 1))
        }
        Decl::Comprehension(_) | Decl::Ellipsis(_) | Decl::Attribute(_) => None,
    }
}

fn in_expr(expr: &Expr, span: Span, depth: u32) -> Option<&Field> {
    if depth > DEPTH {
        return None;
    }
    let d = depth + 1;
    match expr {
        Expr::Struct(s) => s.decls.iter().find_map(|decl| in_decl(decl, span, d)),
        Expr::List(list) => list.elements.iter().find_map(|element| match element {
            Element::Value(e) => in_expr(e, span, d),
            Element::Comprehension(_) | Element::Ellipsis(_) => None,
        }),
        Expr::Paren(e, _) | Expr::Open(e, _) | Expr::Alias { value: e, .. } => in_expr(e, span, d),
        Expr::Binary { left, right, .. } => in_expr(left, span, d).or_else(|| in_expr(right, span, d)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;

    /// The parameter behind the field `here`.
    fn behind(text: &str) -> Option<String> {
        let at = u32::try_from(text.find("here").unwrap()).unwrap();
        let source = cue_syntax::Sources::default().add(Source::new("d.cue", text));
        let span = Span { source, start: at, end: at + 4 };
        parameter(&Origin { source: Source::new("d.cue", text), span, path: None, doc: Vec::new() })
    }

    #[test]
    fn the_parameter_behind_a_field() {
        for (text, path) in [
            ("output: spec: here: parameter.port", Some(".port")),
            ("output: {a: [{here: parameter.probe.port}]}", Some(".probe.port")),
            ("if parameter.x != _|_ {output: here: \"\\(parameter.x)Gi\"}", Some(".x")),
            ("output: here: strconv.Atoi(parameter.port)", Some(".port")),
            ("output: here: parameter.a & parameter.a", Some(".a")),
            ("output: here: parameter.ab + parameter.a", None),
            ("output: here: parameter.a + parameter.b", None),
            ("output: here: 3", None),
            ("output: here: context.name", None),
            ("output: [for p in parameter.ports {here: p.port}]", None),
        ] {
            assert_eq!(behind(text).as_deref(), path, "{text}");
        }
    }
}
