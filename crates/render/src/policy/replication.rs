//! `replication`: copies of components.

use crate::application::ComponentInput;
use serde::{Deserialize, Serialize};

/// Keys, and which components are copied.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Replication {
    /// A copy for each.
    pub keys: Vec<String>,
    /// Names; empty is all.
    pub selector: Vec<String>,
}

impl Replication {
    /// The components with their copies in place of the copied ones.
    pub(crate) fn apply(&self, components: &mut Vec<ComponentInput>) {
        let copies = components.drain(..).flat_map(|component| {
            let chosen = self.selector.is_empty() || self.selector.contains(&component.name);
            let keys: Vec<String> = if chosen { self.keys.clone() } else { vec![component.replica_key.clone()] };
            keys.into_iter().map(move |replica_key| ComponentInput { replica_key, ..component.clone() })
        });
        *components = copies.collect();
    }
}
