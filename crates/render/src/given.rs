//! From a value in what a template makes back to the parameter that it was made from.

use crate::definition::visit;
use cue::Origin;
use cue_syntax::ast::{Expr, Label};
use cue_syntax::parse_file;

/// The one parameter that the field at this place is made from, as `.ports` or `.probe.path` below `properties`. `None` where
/// several are, or none.
pub(crate) fn parameter(origin: &Origin) -> Option<String> {
    let file = parse_file(&origin.source, origin.span.source).tree?;
    let mut found: Vec<String> = Vec::new();
    visit::fields(&file.decls, &mut |field| {
        if field.label.span() == origin.span {
            visit::expr(&field.value, &mut |expr| found.extend(chain(expr).filter(|path| !is_part(path, &found))));
        }
    });
    match found.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Whether a path is one of these, or what one of them is selected from: outer expressions are met first.
fn is_part(path: &str, found: &[String]) -> bool {
    found.iter().any(|known| known.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
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

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::{Source, Span};

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
