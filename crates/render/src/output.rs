//! What was rendered, as `lateen render` prints it.

use crate::renderer::Rendered;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// One entry an object: where it goes, which component and step it belongs to, what it is, and the object.
pub fn json(rendered: &Rendered) -> Value {
    let mut entries = Vec::new();
    for part in &rendered.parts {
        for object in &part.component.objects {
            let placement = &part.placement;
            let mut place = json!({
                "policies": placement.policies,
                "cluster": placement.cluster,
                "namespace": placement.namespace,
            });
            if let (Some(labels), Some(place)) = (&placement.cluster_labels, place.as_object_mut()) {
                place.insert("clusterLabelSelector".to_owned(), json!(labels));
            }
            if let (false, Some(place)) = (placement.env.is_empty(), place.as_object_mut()) {
                place.insert("env".to_owned(), json!(placement.env));
            }
            entries.push(json!({
                "placement": place,
                "step": part.step,
                "component": part.component.name,
                "origin": object.origin.to_string(),
                "object": object.manifest,
            }));
        }
    }
    Value::Array(entries)
}

/// YAML documents, each with a comment that says where it goes.
pub fn yaml(rendered: &Rendered) -> String {
    let mut out = String::new();
    for part in &rendered.parts {
        for object in &part.component.objects {
            let placement = &part.placement;
            let _ = write!(
                out,
                "---\n# {}, namespace {}: component {}, {}",
                placement.cluster_text(),
                placement.namespace,
                part.component.name,
                object.origin
            );
            let _ = match &part.step {
                Some(step) => writeln!(out, " (step {step})"),
                None => writeln!(out, " (no step)"),
            };
            let data = cue::json::from_value(&object.manifest);
            out.push_str(&cue::yaml::write(&data).unwrap_or_default());
            if !out.ends_with('\n') {
                out.push('\n');
            }
        }
    }
    out
}
