//! What a user can ask of a run: requests with an id, answered once.
//!
//! KubeVela's tools edit the status instead; those edits are read as requests too (the `workflow` crate does it).

use serde::{Deserialize, Serialize};

/// A request. It travels as JSON in the annotation [`crate::labels::OPERATION`] of the Application.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserOperation {
    /// Chosen by who asks; a request whose id was answered already is not taken again.
    pub id: String,
    /// What to do.
    #[serde(flatten)]
    pub action: OperationAction,
    /// Who asked. An approval is counted for this name; a hub whose admission webhook is on writes the name that the API
    /// server knows.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub by: String,
    /// The groups of who asked, as the hub knows them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// Why, in the words of who asked; kept with an approval.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
}

/// What to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "camelCase")]
pub enum OperationAction {
    /// Stop after what is under way.
    Suspend {
        /// Only this step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    /// Go on.
    Resume {
        /// Only this step.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    /// End the run.
    #[default]
    Terminate,
    /// Begin again, from the start or from a step.
    Restart {
        /// From this step on.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
    },
    /// Go back to an earlier revision.
    Rollback {
        /// Which; absent: the newest that succeeded.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<String>,
    },
}
