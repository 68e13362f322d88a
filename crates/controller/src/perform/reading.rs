//! Which steps judge an HTTP status themselves: those whose template reads it.

use indexmap::IndexMap;
use model::{DefinitionKind, Step};
use render::definition::Loaded;
use rustc_hash::FxHashSet;
use std::sync::Arc;

/// How templates name the status of an answer, in either spelling of the action.
const STATUS: &str = "statusCode";

/// The names of the steps, sub-steps included, whose templates read the status of an answer.
pub fn readers(steps: &[Step], used: &IndexMap<(DefinitionKind, String), Arc<Loaded>>) -> FxHashSet<String> {
    let mut names = FxHashSet::default();
    for step in steps {
        let loaded = used.get(&(DefinitionKind::WorkflowStep, step.kind.clone()));
        let text = loaded.and_then(|l| l.definition.template.as_ref()).map(|t| &t.source.text);
        if text.is_some_and(|text| text.contains(STATUS)) {
            names.insert(step.name.clone());
        }
        names.extend(readers(&step.sub_steps, used));
    }
    names
}
