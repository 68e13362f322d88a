//! RunJournal: the durable memory of a run, an object of its own.
//!
//! The journal is a sequence of lines of JSON (the `workflow` crate defines and reads them). It is cut into numbered
//! chunks; each chunk is one RunJournal object with a checksum, so that no object nears the API server's limit.

use crate::meta::ObjectMeta;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// A chunk is closed when its text passes this many bytes.
pub const CHUNK_LIMIT: usize = 64 * 1024;

/// `lateen.dev/v1alpha1` RunJournal, one chunk.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunJournal {
    /// `lateen.dev/v1alpha1`
    pub api_version: String,
    /// `RunJournal`
    pub kind: String,
    /// Metadata; owned by the Application or WorkflowRun.
    pub metadata: ObjectMeta,
    /// Content.
    pub spec: RunJournalSpec,
}

/// `spec` of a RunJournal.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunJournalSpec {
    /// The run.
    pub run: String,
    /// Ownership epoch of the last writer: who holds a lower one must not write.
    pub epoch: u64,
    /// Place of this chunk, from 0.
    pub chunk: u32,
    /// Sequence number of the first entry.
    pub first: u64,
    /// The entries, one line each.
    pub entries: String,
    /// Lower-case hex SHA-256 of `entries`.
    pub sha256: String,
}

/// Name of a chunk's object: `<app>-<run>-<chunk>`.
pub fn chunk_name(app: &str, run: &str, chunk: u32) -> String {
    format!("{app}-{run}-{chunk:04}")
}

/// The checksum of a chunk's text.
pub fn checksum(entries: &str) -> String {
    let digest = Sha256::digest(entries.as_bytes());
    digest.iter().map(|b| format!("{b:02x}")).collect()
}
