//! Syntax that a file must ask for with `@experiment(…)`.

use crate::ast::File;
use crate::{Diagnostic, Source};
use std::sync::Arc;

/// Experiments that change the syntax or the meaning of one file (language v0.17).
const KNOWN: &[&str] = &["structcmp", "explicitopen", "aliasv2", "try", "shortcircuit", "formatv2"];

/// The names that a file's `@experiment(a, b)` attributes ask for.
#[cfg(test)]
pub(crate) fn experiments(file: &File) -> impl Iterator<Item = &str> {
    file.attributes
        .iter()
        .filter(|a| a.name == "experiment")
        .flat_map(|a| a.body.split(','))
        .map(|e| e.trim().split('=').next().unwrap_or_default().trim())
        .filter(|e| !e.is_empty())
}

pub(crate) fn check_file(source: &Arc<Source>, file: &File, problems: &mut Vec<Diagnostic>) {
    for attribute in file.attributes.iter().filter(|a| a.name == "experiment") {
        for name in attribute.body.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            if !KNOWN.contains(&name) {
                let mut d = Diagnostic::error("cue/experiment", format!("unknown experiment `{name}`"));
                let at = (attribute.span.start as usize, attribute.span.end as usize);
                d.labels.push(super::cut::label_of(source, at, "asked for here"));
                d.help = Some(format!("known are {}", KNOWN.join(", ")));
                problems.push(d);
            }
        }
    }
}
