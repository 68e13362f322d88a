//! A definition by its name: in files that were given, else on the hub where there is one, else among the built-in ones; or
//! the file that was named.

use super::{KINDS, files};
use crate::plan::made::hub_is_there;
use crate::report;
use crate::session::{Failure, HubArgs, Outcome, Session};
use ::render::builtin::Builtins;
use ::render::{DefinitionSource, Loaded, Provenance};
use cue_syntax::{Diagnostic, Severity};
use model::DefinitionKind;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Where shared definitions are.
pub(crate) const SHARED: &str = "vela-system";

/// What is looked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'a> {
    /// A name, or a file.
    pub(crate) name: &'a str,
    /// Of this kind only.
    pub(crate) kind: Option<DefinitionKind>,
    /// In this namespace of the hub only; `None`: shared ones, then built-in ones.
    pub(crate) namespace: Option<&'a str>,
}

impl Wanted<'_> {
    fn kinds(&self) -> impl Iterator<Item = DefinitionKind> + '_ {
        KINDS.into_iter().filter(|k| self.kind.is_none_or(|only| only == *k))
    }
}

/// A definition, with the object where it came from the hub.
pub(crate) type Found = (Loaded, Option<Value>);

/// The definition, with the object where it came from the hub.
pub(crate) async fn one(hub: &HubArgs, wanted: &Wanted<'_>) -> Outcome<Found> {
    one_beside(hub, &[], wanted).await
}

/// [`one`], where definitions of files and folders win.
pub(crate) async fn one_beside(hub: &HubArgs, beside: &[PathBuf], wanted: &Wanted<'_>) -> Outcome<Found> {
    if wanted.name.ends_with(".cue") || wanted.name.ends_with(".yaml") || wanted.name.ends_with(".yml") {
        let mut all = files::load(Path::new(wanted.name))?;
        return match all.len() {
            1 => Ok((all.remove(0), None)),
            n => Err(Diagnostic::error("def/several", format!("{} holds {n} definitions", wanted.name))
                .help("give a file with one")
                .into()),
        };
    }
    let mut found = all(hub, beside, wanted).await?;
    match (found.len(), found.pop()) {
        (1, Some(one)) => Ok(one),
        (_, None) => Err(unknown_anywhere(hub, beside, wanted).await.into()),
        (_, Some(last)) => {
            found.push(last);
            Err(several(wanted, found.iter().map(|(l, _)| l.definition.kind)).into())
        }
    }
}

/// The definitions of this name, from the first place that has any: files, the hub, what comes with Lateen. A hub that does
/// not answer is told, and hides nothing that comes with Lateen.
pub(crate) async fn all(hub: &HubArgs, beside: &[PathBuf], wanted: &Wanted<'_>) -> Outcome<Vec<Found>> {
    let given = crate::render::given(beside)?.files;
    let named = wanted.kinds().filter_map(|kind| given.find(kind, wanted.name)).collect::<Result<Vec<_>, _>>()?;
    if !named.is_empty() {
        return Ok(named.into_iter().map(|one| (std::sync::Arc::unwrap_or_clone(one), None)).collect());
    }
    let builtin = if wanted.namespace.is_none() { built_in(wanted) } else { Vec::new() };
    // Asking an embedded hub that is not there would make it.
    if hub_is_there(hub)? {
        let asked = match Session::open(hub).await {
            Ok(session) => on_hub(&session, wanted).await,
            Err(failure) => Err(failure),
        };
        match asked {
            Ok(found) if !found.is_empty() => return Ok(found.into_iter().map(|(l, o)| (l, Some(o))).collect()),
            Ok(_) => {}
            Err(Failure(problems)) if !builtin.is_empty() => {
                let told = problems.into_iter().map(|p| Diagnostic { severity: Severity::Warning, ..p });
                report::print(&told.collect::<Vec<_>>());
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(builtin.into_iter().map(|one| (one, None)).collect())
}

/// The built-in definitions of this name.
pub(crate) fn built_in(wanted: &Wanted<'_>) -> Vec<Loaded> {
    wanted
        .kinds()
        .filter_map(|kind| Builtins.find(kind, wanted.name)?.ok())
        .map(std::sync::Arc::unwrap_or_clone)
        .collect()
}

/// The definitions of this name on the hub.
pub(crate) async fn on_hub(session: &Session, wanted: &Wanted<'_>) -> Outcome<Vec<(Loaded, Value)>> {
    let namespace = wanted.namespace.unwrap_or(SHARED);
    let mut found = Vec::new();
    for kind in wanted.kinds() {
        for object in session.hub.definitions(kind.kind(), namespace).await? {
            if object.pointer("/metadata/name").and_then(|n| n.as_str()) == Some(wanted.name) {
                let origin = format!("{}/{namespace}/{}", kind.kind(), wanted.name);
                let loaded = Loaded::from_object(&object, &origin, Provenance::Hub(namespace.to_owned()))?;
                found.push((loaded, object));
            }
        }
    }
    Ok(found)
}

/// The error for a name that is nowhere, with the nearest that is somewhere.
pub(crate) fn unknown(wanted: &Wanted<'_>) -> Diagnostic {
    unknown_among(wanted, &[])
}

/// [`unknown`], knowing what files and the hub have: name and place.
async fn unknown_anywhere(hub: &HubArgs, beside: &[PathBuf], wanted: &Wanted<'_>) -> Diagnostic {
    let mut others: Vec<(String, String)> = Vec::new();
    if let Ok(given) = crate::render::given(beside) {
        others.extend(wanted.kinds().flat_map(|k| given.files.names(k)).map(|name| (name, String::new())));
    }
    // Why the hub cannot be asked has been told by who asked it first.
    if hub_is_there(hub).unwrap_or(false)
        && let Ok(session) = Session::open(hub).await
    {
        for kind in wanted.kinds() {
            for object in session.hub.definitions(kind.kind(), "").await.unwrap_or_default() {
                let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned();
                others.push((text("/metadata/name"), text("/metadata/namespace")));
            }
        }
    }
    unknown_among(wanted, &others)
}

fn unknown_among(wanted: &Wanted<'_>, others: &[(String, String)]) -> Diagnostic {
    let place = match wanted.namespace {
        Some(namespace) => format!("in namespace {namespace} of the hub"),
        None => "on the hub or among the built-in ones".to_owned(),
    };
    let mut names: Vec<String> = wanted.kinds().flat_map(|k| Builtins.names(k)).collect();
    names.extend(others.iter().map(|(name, _)| name.clone()));
    let elsewhere = others.iter().find(|(name, namespace)| name == wanted.name && !namespace.is_empty());
    let near = model::action::nearest(wanted.name, names.iter().map(String::as_str));
    Diagnostic::error("def/unknown", format!("there is no definition \"{}\" {place}", wanted.name)).help(
        match (elsewhere, near) {
            (Some((_, namespace)), _) => format!("there is one in namespace {namespace}: give -n {namespace}"),
            (None, Some(near)) => format!("did you mean \"{near}\"?"),
            (None, None) => "`lateen def list` names those there are; -d gives files of your own".to_owned(),
        },
    )
}

fn several(wanted: &Wanted<'_>, kinds: impl Iterator<Item = DefinitionKind>) -> Diagnostic {
    let kinds: Vec<&str> = kinds.map(DefinitionKind::word).collect();
    Diagnostic::error("def/several", format!("{} is a {}", wanted.name, kinds.join(" and a ")))
        .help("choose with --type")
}
