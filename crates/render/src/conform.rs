//! Whether a rendered object fits its kind, told before an apiserver is asked: by Kubernetes' own schemas, and by the
//! CustomResourceDefinitions that were given. A mistake is shown where it is written, in the definition or by the user.

use crate::component::Owned;
use crate::context::RenderContext;
use crate::tree::{self, Part};
use cue::{Data, DataValue};
use cue_syntax::{Diagnostic, Label, Severity};
use k8s_schema::{Problem, ProblemKind, Release, validate_in};
use serde_json::Value;

/// What is wrong with an object. `data` is the same object with origins. Nothing is known about kinds without a schema, and
/// about versions of Kubernetes without a bundle.
pub(crate) fn check(data: &Data, manifest: &Value, owned: Owned<'_>, render: &RenderContext) -> Vec<Diagnostic> {
    let problems = match render.custom_problems(owned.cluster, manifest) {
        Some(problems) => problems,
        None => match Release::of_minor(render.version_of(owned.cluster).minor) {
            Some(release) => validate_in(release, manifest),
            None => return Vec::new(),
        },
    };
    problems.into_iter().filter_map(|problem| told(problem, data, owned, render)).collect()
}

/// The versions that have a bundle, for people: `1.28 to 1.34`.
pub(crate) fn known_versions() -> String {
    let mut all = Release::all().map(|r| r.version().trim_start_matches('v').rsplit_once('.').map_or("", |(v, _)| v));
    let first = all.next().unwrap_or_default();
    format!("{first} to {}", all.last().unwrap_or(first))
}

fn code(kind: ProblemKind) -> &'static str {
    match kind {
        ProblemKind::UnknownKind => "render/unknown-kind",
        ProblemKind::UnknownField => "render/unknown-field",
        ProblemKind::WrongType => "render/wrong-type",
        ProblemKind::Missing => "render/missing-field",
        ProblemKind::NotAllowed => "render/not-allowed",
        ProblemKind::Duplicate => "render/duplicate",
    }
}

fn told(problem: Problem, data: &Data, owned: Owned<'_>, render: &RenderContext) -> Option<Diagnostic> {
    let mut here = data;
    let mut place = data.origin.as_ref();
    for part in tree::parts(&problem.path) {
        let next = match &part {
            Part::Field(name) => tree::get(here, name),
            Part::Index(i) => tree::items(here).get(*i),
        };
        let Some(next) = next else { break };
        here = next;
        place = next.origin.as_ref().or(place);
    }
    // What a step has to bring first cannot be judged.
    if matches!(here.value, DataValue::Unknown(_)) {
        return None;
    }
    let (kind, name) = (tree::text_at(data, &["kind"]), tree::text_at(data, &["metadata", "name"]));
    let message = format!("{kind} \"{name}\", {}: {}", problem.path, problem.message);
    // a field that there must not be is the definition's, whatever its value is made from
    let given = match problem.kind {
        ProblemKind::UnknownField | ProblemKind::UnknownKind | ProblemKind::Missing => None,
        _ => place.filter(|origin| origin.path.is_none()).and_then(|origin| crate::given::parameter(origin)),
    };
    let path = match given {
        Some(parameter) if owned.path.ends_with(".properties") => format!("{}{parameter}", owned.path),
        Some(parameter) => format!("{}.properties{parameter}", owned.path),
        None => owned.path.to_owned(),
    };
    let mut diagnostic = Diagnostic::error(code(problem.kind), message).path(path);
    // Files that were written before anybody looked are let through where the user says so.
    if render.allow_unknown {
        diagnostic.severity = Severity::Warning;
    }
    diagnostic.help = Some(match &problem.suggestion {
        Some(near) => format!("did you mean {near}?"),
        None => format!("this is what {} renders as {}", owned.what, owned.origin),
    });
    diagnostic.labels.extend(place.map(|origin| written(origin)));
    Some(diagnostic)
}

/// The first line of where a value is written.
pub(crate) fn written(origin: &cue::Origin) -> Label {
    let (start, end) = (origin.span.start, origin.span.end);
    let text = origin.source.text.get(start as usize..end as usize).unwrap_or_default();
    let end = start + text.find('\n').unwrap_or(text.len()) as u32;
    Label { source: origin.source.clone(), start, end, text: "written here".to_owned() }
}
