//! The journal of a run on the hub: numbered RunJournal objects, written in order, read back whole.

use super::{Head, Hub, MANAGER, address, untyped};
use actions::Fault;
use kube::api::DeleteParams;
use model::journal::{RunJournal, chunk_name};
use model::{LATEEN_V1ALPHA1, ObjectMeta};

impl Hub {
    /// The chunks of a run's journal, in order.
    ///
    /// Each is asked for by its name: a server makes a list with a selector from all objects of the namespace, so that two
    /// hundred runs that are taken over at once would have it read two hundred journals two hundred times.
    ///
    /// # Errors
    /// The hub lacks the CRD or does not answer.
    pub async fn journal(&self, namespace: &str, app: &str, run: &str) -> Result<Vec<RunJournal>, Fault> {
        let chunk = async |number: usize| {
            let number = u32::try_from(number).unwrap_or(u32::MAX);
            let target = address(LATEEN_V1ALPHA1, "RunJournal", namespace, &chunk_name(app, run, number));
            let found: Option<RunJournal> = self.get(&target).await?;
            Ok::<_, Fault>(found.filter(|chunk| chunk.spec.run == run))
        };
        let mut chunks: Vec<RunJournal> = Vec::new();
        while let Some(next) = chunk(chunks.len()).await? {
            // what has a successor is not written any more, but it may have been since it was read
            if let Some(before) = chunks.pop() {
                let number = chunks.len();
                chunks.push(chunk(number).await?.unwrap_or(before));
            }
            chunks.push(next);
        }
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
