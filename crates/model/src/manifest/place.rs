//! Where a problem stands in the file of an object: at the value of its property, or at the name where that is what is wrong.

use cue::Data;
use cue::data::steps;
use cue_syntax::Diagnostic;
use cue_syntax::diag::Label;
use std::sync::Arc;

/// Gives a problem that has a path its place in the object's own file: at the property, or at the nearest one above it that
/// exists. A problem without a path, or of an object that comes from no file, stays as it is.
pub fn locate(problem: &mut Diagnostic, object: &Data) {
    let Some(path) = &problem.path else { return };
    let steps = steps(path);
    let Some(origin) = object.along(&steps).filter_map(|at| at.origin.as_ref()).last() else { return };
    let is_own = |label: &Label| Arc::ptr_eq(&label.source, &origin.source) || label.source.name == origin.source.name;
    if !problem.labels.iter().any(is_own) {
        // A whole block is shown by its first line.
        let (start, end) = (origin.span.start, origin.span.end);
        let text = origin.source.text.get(start as usize..end as usize).unwrap_or_default();
        let end = start + text.find('\n').unwrap_or(text.len()) as u32;
        problem.labels.push(Label { source: origin.source.clone(), start, end, text: String::new() });
    }
    // The user's own file comes first, the definition's after it.
    problem.labels.sort_by_key(|label| !is_own(label));
    if problem.about_name {
        point_at_name(problem);
    }
}

/// Lets a problem with a name point at the name, where it points at the value behind it. One whose name is not plainly before
/// the value (a comment stands between them, or a YAML alias) stays as it is.
fn point_at_name(problem: &mut Diagnostic) {
    let name = problem.path.as_deref().and_then(last_field).map(str::to_owned);
    let (Some(name), Some(label)) = (name, problem.labels.first_mut()) else { return };
    let before = label.source.text.get(..label.start as usize).unwrap_or_default().trim_end();
    let Some(before) = before.strip_suffix(':').map(str::trim_end) else { return };
    let Some(before) = before.strip_suffix(['"', '\'']).unwrap_or(before).strip_suffix(name.as_str()) else { return };
    label.start = before.len() as u32;
    label.end = label.start + name.len() as u32;
}

/// `b` of `a[0].b`; nothing where the path ends with an element or a quoted name.
fn last_field(path: &str) -> Option<&str> {
    let name = path.rsplit('.').next().unwrap_or(path);
    (!name.is_empty() && !name.contains(['"', '[', ']'])).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::read;
    use cue_syntax::Source;

    /// What a problem with a property of the first object of a text points at.
    fn pointed(problem: Diagnostic, text: &str) -> String {
        let documents = read(&Source::new("app.yaml", format!("apiVersion: v1\nkind: A\n{text}")));
        let problem = documents.unwrap().remove(0).locate(problem);
        let [label] = problem.labels.as_slice() else { return format!("{:?}", problem.labels) };
        label.source.text[label.start as usize..label.end as usize].to_owned()
    }

    fn at(path: &str) -> Diagnostic {
        Diagnostic::error("manifest/type", "").path(path)
    }

    #[test]
    fn a_misspelt_name_is_pointed_at_in_each_form_of_yaml() {
        for text in ["a:\n- prot: 7\n", "a: [{prot: 7}]", "a: [{\"prot\" : 7}]", "a:\n- prot:\n    7\n"] {
            assert_eq!(pointed(at("a[0].prot").about_name(), text), "prot", "{text}");
        }
        assert_eq!(pointed(at("prot").about_name(), "'prot': 7"), "prot");
    }

    #[test]
    fn what_is_about_the_value_or_not_plain_stays() {
        assert_eq!(pointed(at("port"), "port: 7"), "7");
        assert_eq!(pointed(at("port").about_name(), "port: # why\n  7"), "7");
        assert_eq!(pointed(at("ports[0]").about_name(), "ports: [7]"), "7");
        assert_eq!(pointed(at("labels[\"a.b/c\"]"), "labels: {a.b/c: 7}"), "7");
    }

    #[test]
    fn what_is_not_there_is_looked_for_above_and_a_block_is_its_first_line() {
        assert_eq!(pointed(at("a.b.c"), "a: {b: 7}"), "7");
        assert_eq!(pointed(at("a[5].b"), "a:\n- x: 1\n- y: 2\n"), "x: 1");
    }
}
