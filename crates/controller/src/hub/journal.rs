//! The journal of a run on the hub: numbered RunJournal objects, written in order, read back whole.

use super::{Head, Hub, MANAGER, address, untyped};
use actions::{Fault, Filter};
use kube::api::DeleteParams;
use model::journal::RunJournal;
use model::{LATEEN_V1ALPHA1, ObjectMeta, labels};

impl Hub {
    /// The chunks of a run's journal, in order.
    ///
    /// # Errors
    /// The hub lacks the CRD or does not answer.
    pub async fn journal(&self, namespace: &str, app: &str, run: &str) -> Result<Vec<RunJournal>, Fault> {
        let filter = Filter {
            namespace: namespace.into(),
            label_selector: format!("{}={app}", labels::APP_NAME),
            ..Filter::default()
        };
        let mut chunks: Vec<RunJournal> = self.items(LATEEN_V1ALPHA1, "RunJournal", &filter).await?;
        chunks.retain(|chunk| chunk.spec.run == run);
        chunks.sort_by_key(|chunk| chunk.spec.chunk);
        Ok(chunks)
    }

    /// Writes one chunk. A chunk that was read or written before carries its `resourceVersion`, so that an executor that
    /// lost its lease cannot write over its successor. The answer is its metadata after it.
    ///
    /// # Errors
    /// A conflict: somebody else has written since; this executor must stop.
    pub async fn write_journal(&self, chunk: &RunJournal) -> Result<ObjectMeta, Fault> {
        let value = untyped("journal", chunk)?;
        let written: Head = match chunk.metadata.resource_version.is_empty() {
            true => self.objects.create_as(&value, MANAGER).await?,
            false => self.objects.replace_as(&value, MANAGER).await?,
        };
        Ok(written.metadata)
    }

    /// Deletes a chunk.
    ///
    /// # Errors
    /// Forbidden, an unreachable hub.
    pub async fn delete_journal(&self, namespace: &str, name: &str) -> Result<(), Fault> {
        let target = address(LATEEN_V1ALPHA1, "RunJournal", namespace, name);
        self.objects.delete(&target, &DeleteParams::default()).await.map(drop)
    }
}
