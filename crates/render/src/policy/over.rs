//! `override`: what is different about components.

use super::change::ComponentChange;
use serde::{Deserialize, Serialize};

/// Changes, and which components go along.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Override {
    /// In order.
    pub components: Vec<ComponentChange>,
    /// Names; empty is all.
    pub selector: Vec<String>,
}
