//! Points diagnostics at the user's own data.

use super::Document;
use crate::EXPECTED_HERE;
use crate::data::{Data, Origin, steps};
use cue_syntax::Diagnostic;
use std::borrow::Cow;
use std::sync::Arc;

/// As [`point`], for all problems that were found with the same documents.
pub fn point_all(documents: &[Document], problems: &mut [Diagnostic]) {
    if problems.is_empty() {
        return;
    }
    let located: Vec<Cow<'_, Data>> = documents.iter().map(Document::located).collect();
    problems.iter_mut().for_each(|d| point_in(&located, d));
}

/// Adds the place in a data file that a problem's path leads to, as the first label. The path may lead further than the
/// data do (a field that is missing): then the nearest struct or list around it is shown.
pub fn point(documents: &[Document], d: &mut Diagnostic) {
    point_all(documents, std::slice::from_mut(d));
}

fn point_in(documents: &[Cow<'_, Data>], d: &mut Diagnostic) {
    if let Some(path) = &d.path {
        let steps = steps(path);
        let found = documents.iter().filter_map(|data| nearest(data, &steps)).max_by_key(|(depth, _)| *depth);
        if let Some((depth, origin)) = found
            && !d.labels.iter().any(|l| Arc::ptr_eq(&l.source, &origin.source))
        {
            let text = if depth == steps.len() { "given here" } else { EXPECTED_HERE };
            let (start, mut end) = (origin.span.start, origin.span.end);
            let source = &origin.source.text;
            if depth < steps.len()
                && let Some(line) = source.get(start as usize..end as usize).and_then(|t| t.find('\n'))
            {
                end = start + line as u32;
            }
            let label = cue_syntax::Label { source: origin.source.clone(), start, end, text: text.into() };
            d.labels.insert(0, label);
        }
    }
    for inner in &mut d.related {
        point_in(documents, inner);
    }
}

/// The deepest node on a path that has an origin, and how deep it is.
fn nearest(data: &Data, steps: &[String]) -> Option<(usize, Arc<Origin>)> {
    data.along(steps).enumerate().filter_map(|(depth, at)| Some((depth, at.origin.clone()?))).last()
}

#[cfg(test)]
mod tests {
    use super::{Document, point};
    use crate::yaml;
    use cue_syntax::{Diagnostic, Source};

    #[test]
    fn a_path_leads_to_its_value_or_what_is_around_it() {
        let source = Source::new("d.yaml", "a:\n  b:\n  - 1\n  - two\n");
        let data = yaml::read(&source).ok().and_then(|mut d| d.pop());
        let documents: Vec<Document> = data.map(|data| Document::new("d.yaml", data)).into_iter().collect();
        for (path, marked, text) in [("a.b[1]", "two", "given here"), ("a.c", "b:", "expected in here")] {
            let mut d = Diagnostic::error("x", "m").path(path);
            point(&documents, &mut d);
            let label = d.labels.first().map(|l| (source.text.get(l.start as usize..l.end as usize), l.text.as_str()));
            assert_eq!(label, Some((Some(marked), text)), "{path}");
        }
    }
}
