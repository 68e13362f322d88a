//! Where the name of a field stands, for problems that are about the name and not about the value.

use cue_syntax::Diagnostic;

/// Codes of problems with a name.
const NAMES: [&str; 2] = ["manifest/unknown-field", "render/unknown-parameter"];

/// Lets a problem with a name point at the name, where it points at the value behind it. Any other problem stays as it is,
/// and so does one whose name is not plainly before the value (a comment stands between them, or a YAML alias).
pub fn point_at_name(problem: &mut Diagnostic) {
    if !NAMES.contains(&problem.code) {
        return;
    }
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
    use cue_syntax::{Label, Source};

    /// What a problem at the first `7` of a text points at afterwards.
    fn pointed(code: &'static str, path: &str, text: &str) -> String {
        let source = Source::new("app.yaml", text);
        let start = text.find('7').unwrap_or_default() as u32;
        let mut problem = Diagnostic::error(code, "").path(path);
        problem.labels.push(Label { source, start, end: start + 1, text: String::new() });
        point_at_name(&mut problem);
        problem.labels.first().map(|l| text[l.start as usize..l.end as usize].to_owned()).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_name_is_pointed_at_in_each_form_of_yaml() {
        for text in
            ["a:\n- prot: 7\n", "a: [{prot: 7}]", "{\"a\": [{\"prot\" : 7}]}", "a:\n- prot:\n    7\n", "'prot': 7"]
        {
            assert_eq!(pointed("render/unknown-parameter", "a[0].prot", text), "prot", "{text}");
        }
    }

    #[test]
    fn what_is_about_the_value_or_not_plain_stays() {
        assert_eq!(pointed("render/mistyped-parameter", "port", "port: 7"), "7");
        assert_eq!(pointed("render/unknown-parameter", "port", "port: # why\n  7"), "7");
        assert_eq!(pointed("render/unknown-parameter", "ports[0]", "ports: [7]"), "7");
        assert_eq!(pointed("render/unknown-parameter", "port", "- 7"), "7");
    }
}
