//! One object from two sides: copies whose names are the same, components that render the same object.

use crate::placement::LOCAL;
use crate::renderer::RenderedPart;
use cue_syntax::Diagnostic;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Who renders an object.
struct Side<'a> {
    component: &'a str,
    replica_key: &'a str,
}

/// What identifies an object in a cluster.
type Identity<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// Warnings: of two sides the later one wins, at each run again.
pub(crate) fn check(parts: &[RenderedPart]) -> Vec<Diagnostic> {
    let mut known: FxHashMap<Identity<'_>, Side<'_>> = FxHashMap::default();
    let mut warnings = Vec::new();
    for part in parts {
        for object in &part.component.objects {
            let text = |pointer: &str| object.manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let api_version = text("/apiVersion");
            let group = api_version.split_once('/').map_or("", |(group, _)| group);
            let cluster = if object.control_plane_only { LOCAL } else { part.placement.cluster.as_str() };
            let (kind, name) = (text("/kind"), text("/metadata/name"));
            if name.is_empty() {
                continue;
            }
            let replica_key = object
                .manifest
                .pointer("/metadata/labels")
                .and_then(|labels| labels.get(model::labels::REPLICA_KEY))
                .and_then(Value::as_str)
                .unwrap_or_default();
            let side = Side { component: &part.component.name, replica_key };
            let Some(first) = known.get(&(cluster, group, kind, text("/metadata/namespace"), name)) else {
                known.insert((cluster, group, kind, text("/metadata/namespace"), name), side);
                continue;
            };
            // The same component, delivered by two steps, is one and the same.
            if first.component == side.component && first.replica_key == side.replica_key {
                continue;
            }
            warnings.push(told(kind, name, cluster, first, &side));
        }
    }
    warnings
}

fn told(kind: &str, name: &str, cluster: &str, first: &Side<'_>, second: &Side<'_>) -> Diagnostic {
    if first.component == second.component {
        return Diagnostic::warning(
            "render/same-object",
            format!(
                "the copies \"{}\" and \"{}\" of component \"{}\" are one object: {kind} \"{name}\" on {cluster}",
                first.replica_key, second.replica_key, first.component
            ),
        )
        .help("the definition has to put context.replicaKey into the names of its objects; the last copy wins");
    }
    Diagnostic::warning(
        "render/same-object",
        format!(
            "the components \"{}\" and \"{}\" both make {kind} \"{name}\" on {cluster}",
            first.component, second.component
        ),
    )
    .help("the last one wins, at each run again; give one of the objects another name or namespace")
}
