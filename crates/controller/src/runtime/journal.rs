//! The journal of a run, kept on the hub as chunks.

use super::persist;
use crate::hub::Hub;
use actions::Fault;
use model::journal::RunJournal;
use model::{Application, ObjectMeta};
use workflow::Entry;

/// The stored journal of one run, as far as appending needs it.
#[derive(Debug, Clone)]
pub struct Journal {
    app: Application,
    run: String,
    last: Option<RunJournal>,
}

impl Journal {
    /// Reads a run's journal: where to append, and what stands in it.
    ///
    /// # Errors
    /// The hub does not answer; a chunk is missing or damaged (permanent, and says which).
    pub async fn load(hub: &Hub, app: &Application, run: &str) -> Result<(Journal, Vec<Entry>), Fault> {
        let chunks = hub.journal(&app.metadata.namespace, &app.metadata.name, run).await?;
        let entries = workflow::journal::decode(&chunks).map_err(|d| Fault::permanent(d.message))?;
        Ok((Journal { app: app.clone(), run: run.to_owned(), last: chunks.into_iter().next_back() }, entries))
    }

    /// The journal of a run that has none yet: appending finds out if it has.
    pub fn new(app: &Application, run: &str) -> Journal {
        Journal { app: app.clone(), run: run.to_owned(), last: None }
    }

    /// Appends entries; they are durable when this returns.
    ///
    /// # Errors
    /// A conflict: another executor has written since. The hub cannot be written to.
    pub async fn append(&mut self, hub: &Hub, entries: &[Entry]) -> Result<(), Fault> {
        for mut chunk in workflow::journal::append(&self.app.metadata.name, &self.run, self.last.take(), entries) {
            if chunk.metadata.namespace.is_empty() {
                chunk.metadata.namespace.clone_from(&self.app.metadata.namespace);
                chunk.metadata.labels.insert(model::labels::APP_NAME.to_owned(), self.app.metadata.name.clone());
                chunk.metadata.owner_references = vec![crate::hub::owner_reference(&self.app)];
            }
            chunk.metadata = self.write(hub, &chunk).await?;
            self.last = Some(chunk);
        }
        Ok(())
    }

    async fn write(&self, hub: &Hub, chunk: &RunJournal) -> Result<ObjectMeta, Fault> {
        let written = persist(|| hub.write_journal(chunk)).await;
        // A reply that was lost: the retry finds the chunk written. It is ours when it says what we say.
        if let Err(fault) = &written
            && fault.status == Some(409)
        {
            let (namespace, app) = (&self.app.metadata.namespace, &self.app.metadata.name);
            let stored = persist(|| hub.journal(namespace, app, &self.run)).await?;
            if let Some(same) = stored.into_iter().find(|s| s.spec == chunk.spec) {
                return Ok(same.metadata);
            }
            return Err(Fault { class: actions::FaultClass::Conflict, ..fault.clone() });
        }
        written
    }
}
