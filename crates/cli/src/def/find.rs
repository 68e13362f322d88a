//! A definition by its name: on the hub, else among the built-in ones; or the file that was named.

use super::{KINDS, files};
use crate::session::{HubArgs, Outcome, Session};
use ::render::builtin::Builtins;
use ::render::{DefinitionSource, Loaded, Provenance};
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use std::path::Path;

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

/// The definition, with the object where it came from the hub.
pub(crate) async fn one(hub: &HubArgs, wanted: &Wanted<'_>) -> Outcome<(Loaded, Option<serde_json::Value>)> {
    if wanted.name.ends_with(".cue") || wanted.name.ends_with(".yaml") || wanted.name.ends_with(".yml") {
        let mut all = files::load(Path::new(wanted.name))?;
        return match all.len() {
            1 => Ok((all.remove(0), None)),
            n => Err(Diagnostic::error("def/several", format!("{} holds {n} definitions", wanted.name))
                .help("give a file with one")
                .into()),
        };
    }
    let builtin = built_in(wanted);
    // What only ships is shown without asking anybody.
    if wanted.namespace.is_none() && builtin.len() == 1 && hub.hub.is_none() && !embedded_hub_is_there() {
        return builtin.into_iter().next().map(|one| (one, None)).ok_or_else(|| unknown(wanted).into());
    }
    let session = Session::open(hub).await?;
    let mut found = on_hub(&session, wanted).await?;
    match found.len() {
        1 => {
            let (loaded, object) = found.remove(0);
            Ok((loaded, Some(object)))
        }
        0 if wanted.namespace.is_none() => match builtin.len() {
            1 => builtin.into_iter().next().map(|one| (one, None)).ok_or_else(|| unknown(wanted).into()),
            0 => Err(unknown(wanted).into()),
            _ => Err(several(wanted, builtin.iter().map(|l| l.definition.kind)).into()),
        },
        0 => Err(unknown(wanted).into()),
        _ => Err(several(wanted, found.iter().map(|(l, _)| l.definition.kind)).into()),
    }
}

/// Whether a hub was ever used here: asking an embedded one that is not there would make it.
fn embedded_hub_is_there() -> bool {
    fleet::Home::from_environment().is_ok_and(|home| home.folder().exists())
}

/// The built-in definitions of this name.
pub(crate) fn built_in(wanted: &Wanted<'_>) -> Vec<Loaded> {
    let kinds = KINDS.into_iter().filter(|k| wanted.kind.is_none_or(|only| only == *k));
    kinds.filter_map(|kind| Builtins.find(kind, wanted.name)?.ok()).map(std::sync::Arc::unwrap_or_clone).collect()
}

/// The definitions of this name on the hub.
pub(crate) async fn on_hub(session: &Session, wanted: &Wanted<'_>) -> Outcome<Vec<(Loaded, serde_json::Value)>> {
    let namespace = wanted.namespace.unwrap_or(SHARED);
    let mut found = Vec::new();
    for kind in KINDS.into_iter().filter(|k| wanted.kind.is_none_or(|only| only == *k)) {
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

pub(crate) fn unknown(wanted: &Wanted<'_>) -> Diagnostic {
    let place = match wanted.namespace {
        Some(namespace) => format!("in namespace {namespace} of the hub"),
        None => "on the hub or among the built-in ones".to_owned(),
    };
    let kinds = KINDS.into_iter().filter(|k| wanted.kind.is_none_or(|only| only == *k));
    let names: Vec<String> = kinds.flat_map(|k| Builtins.names(k)).collect();
    let near = model::action::nearest(wanted.name, names.iter().map(String::as_str));
    Diagnostic::error("def/unknown", format!("there is no definition \"{}\" {place}", wanted.name)).help(
        near.map_or_else(|| "`lateen def list` names those there are".to_owned(), |n| format!("did you mean \"{n}\"?")),
    )
}

fn several(wanted: &Wanted<'_>, kinds: impl Iterator<Item = DefinitionKind>) -> Diagnostic {
    let kinds: Vec<&str> = kinds.map(DefinitionKind::word).collect();
    Diagnostic::error("def/several", format!("{} is a {}", wanted.name, kinds.join(" and a ")))
        .help("choose with --type")
}
