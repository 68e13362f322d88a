//! The journal: facts, one a line, in the order in which they became true.
//!
//! A fact is small and says what *is*, never how it was decided, so that a newer engine reads an older journal. Entries carry
//! a sequence number without gaps and the epoch of the owner that wrote them; epochs never fall. Chunks of entries become
//! [`model::journal::RunJournal`] objects with a checksum.

use crate::approval::{Approval, Need};
use crate::time::Time;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::journal::{CHUNK_LIMIT, RunJournal, RunJournalSpec, checksum, chunk_name};
use model::{RunPhase, StepPhase, StepReason};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// From 0, without gaps.
    pub seq: u64,
    /// Who wrote it.
    pub epoch: u64,
    /// When.
    pub at: Time,
    /// What.
    #[serde(flatten)]
    pub fact: Fact,
}

/// What became true.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "fact", rename_all = "camelCase")]
pub enum Fact {
    /// The run began. A second one begins it anew: everything but the count of restarts is forgotten.
    Begin {
        /// Hash of the plan; a journal belongs to one plan.
        plan: String,
        /// Revision or publishVersion.
        revision: String,
        /// How often a user has restarted it.
        restarts: u32,
    },
    /// An owner took over with this entry's epoch.
    Own,
    /// A step is in this phase.
    Step {
        /// Its name.
        step: String,
        /// Phase.
        phase: StepPhase,
        /// Why.
        #[serde(default, skip_serializing_if = "is_none")]
        reason: StepReason,
        /// For people.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        message: String,
    },
    /// A permanent error was counted.
    Retry {
        /// The step.
        step: String,
    },
    /// A suspend action stopped its step.
    Suspend {
        /// The step.
        step: String,
        /// The action.
        path: String,
        /// Goes on by itself at this time.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Time>,
        /// Whose consent it takes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        need: Option<Need>,
    },
    /// Somebody consented.
    Approve {
        /// The step.
        step: String,
        /// The action.
        path: String,
        /// Who, when, why.
        approval: Approval,
    },
    /// A step begins again from nothing because its rule says so; what it has sent is sent again.
    Again {
        /// The step.
        step: String,
        /// Why.
        message: String,
    },
    /// The number of items of a step's list is known.
    Expand {
        /// The step.
        step: String,
        /// How many.
        count: usize,
    },
    /// A suspend action was passed.
    Pass {
        /// The step.
        step: String,
        /// The action.
        path: String,
    },
    /// An effect is about to be sent.
    Intent {
        /// The step.
        step: String,
        /// The action.
        path: String,
        /// Its idempotency key.
        key: String,
        /// What is sent; absent when a secret is in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        input: Option<Value>,
    },
    /// An effect has happened.
    Effect {
        /// The step.
        step: String,
        /// Its idempotency key.
        key: String,
        /// The result; absent when a secret is in it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result: Option<Value>,
    },
    /// A step says something.
    Log {
        /// The step.
        step: String,
        /// The action.
        path: String,
        /// What it says.
        text: String,
    },
    /// Variables were set. A secret one has no value here: it is in the run's Secret.
    Vars {
        /// By which step; empty for `#DoVar`-less sources.
        step: String,
        /// Values by name.
        values: IndexMap<String, Var>,
    },
    /// A user operation was taken.
    Operation {
        /// Its id.
        id: String,
        /// Why it was not carried out; empty: it was.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        refused: String,
    },
    /// Nothing new is started.
    Hold {
        /// `true`: held; `false`: let go.
        on: bool,
    },
    /// The run was told to end early.
    Terminate {
        /// By whom.
        by: Terminator,
    },
    /// These steps are as if they had never run.
    Forget {
        /// Their names.
        steps: Vec<String>,
        /// Variables that go with them.
        vars: Vec<String>,
    },
    /// The run is over.
    End {
        /// How.
        phase: RunPhase,
    },
}

/// Why a run ends early.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Terminator {
    /// A user.
    User,
    /// A step that failed.
    Failure,
    /// `#Break`.
    Break,
}

/// A variable.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Var {
    /// The value; `null` when it never came, absent when it is secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// It is in the run's Secret.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub secret: bool,
}

fn is_none(reason: &StepReason) -> bool {
    *reason == StepReason::None
}

/// Entries as the text of a chunk.
pub fn encode(entries: &[Entry]) -> String {
    let mut text = String::new();
    for entry in entries {
        // a struct of texts, numbers and JSON values always serialises
        text.push_str(&serde_json::to_string(entry).unwrap_or_default());
        text.push('\n');
    }
    text
}

/// Appends entries to the last chunk of a journal, or to new ones; returns the chunks that are to be written, in order. A
/// chunk that is returned first may be the last one that exists.
pub fn append(app: &str, run: &str, last: Option<RunJournal>, entries: &[Entry]) -> Vec<RunJournal> {
    let mut written: Vec<RunJournal> = Vec::new();
    let mut current = last;
    for entry in entries {
        let line = encode(std::slice::from_ref(entry));
        let full = current.as_ref().is_some_and(|c| c.spec.entries.len() + line.len() > CHUNK_LIMIT);
        if full || current.is_none() {
            let number = current.as_ref().map_or(0, |c| c.spec.chunk + 1);
            if let Some(done) = current.take() {
                written.push(done);
            }
            current = Some(new_chunk(app, run, number, entry.seq));
        }
        if let Some(chunk) = &mut current {
            chunk.spec.entries.push_str(&line);
            chunk.spec.epoch = entry.epoch;
        }
    }
    written.extend(current);
    for chunk in &mut written {
        chunk.spec.sha256 = checksum(&chunk.spec.entries);
    }
    written
}

fn new_chunk(app: &str, run: &str, chunk: u32, first: u64) -> RunJournal {
    RunJournal {
        api_version: model::LATEEN_V1ALPHA1.to_owned(),
        kind: "RunJournal".to_owned(),
        metadata: model::ObjectMeta { name: chunk_name(app, run, chunk), ..model::ObjectMeta::default() },
        spec: RunJournalSpec { run: run.to_owned(), chunk, first, ..RunJournalSpec::default() },
    }
}

/// Reads the chunks of a journal, in any order.
///
/// # Errors
/// A chunk is missing, damaged, or of another run; entries do not follow each other.
pub fn decode(chunks: &[RunJournal]) -> Result<Vec<Entry>, Diagnostic> {
    let damaged = |message: String| {
        Diagnostic::error("journal/damaged", message)
            .help("the run cannot be continued safely; restart it with `lateen workflow restart`")
    };
    let mut sorted: Vec<&RunJournal> = chunks.iter().collect();
    sorted.sort_by_key(|c| c.spec.chunk);
    let mut entries: Vec<Entry> = Vec::new();
    for (i, chunk) in sorted.iter().enumerate() {
        let name = &chunk.metadata.name;
        if chunk.spec.chunk as usize != i {
            return Err(damaged(format!("chunk {i} of the journal is missing")));
        }
        if checksum(&chunk.spec.entries) != chunk.spec.sha256 {
            return Err(damaged(format!("the checksum of RunJournal \"{name}\" does not match its entries")));
        }
        for line in chunk.spec.entries.lines() {
            let entry: Entry = serde_json::from_str(line)
                .map_err(|e| damaged(format!("RunJournal \"{name}\" has an entry that cannot be read: {e}")))?;
            if entry.seq != entries.len() as u64 {
                return Err(damaged(format!(
                    "RunJournal \"{name}\" goes from entry {} to entry {}",
                    entries.len().saturating_sub(1),
                    entry.seq
                )));
            }
            entries.push(entry);
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(n: u64) -> Vec<Entry> {
        (0..n)
            .map(|seq| Entry {
                seq,
                epoch: 1 + seq / 700,
                at: Time(seq as i64),
                fact: Fact::Retry { step: format!("step-{seq}") },
            })
            .collect()
    }

    #[test]
    fn chunks_hold_what_was_appended_and_no_object_grows_past_the_limit() {
        let all = entries(3000);
        let mut stored: Vec<RunJournal> = Vec::new();
        for batch in all.chunks(77) {
            let last = stored.pop();
            stored.extend(append("app", "run", last, batch));
        }
        assert!(stored.len() > 2);
        assert!(stored.iter().all(|c| c.spec.entries.len() <= CHUNK_LIMIT));
        stored.reverse();
        assert_eq!(decode(&stored).unwrap(), all);
    }

    #[test]
    fn damage_is_seen() {
        let chunks = append("app", "run", None, &entries(2000));
        let mut changed = chunks.clone();
        changed[0].spec.entries = changed[0].spec.entries.replace("step-1000", "step-1001");
        let mut cut = chunks.clone();
        cut.remove(0);
        let mut gap = chunks.clone();
        gap[0].spec.entries = gap[0].spec.entries.lines().skip(1).map(|l| format!("{l}\n")).collect();
        gap[0].spec.sha256 = checksum(&gap[0].spec.entries);
        let messages: Vec<String> = [changed, cut, gap].iter().map(|c| decode(c).unwrap_err().message).collect();
        insta::assert_snapshot!(messages.join("\n"), @r#"
        the checksum of RunJournal "app-run-0000" does not match its entries
        chunk 0 of the journal is missing
        RunJournal "app-run-0000" goes from entry 0 to entry 1
        "#);
    }

    #[test]
    fn a_line_reads_well() {
        let fact = |fact| encode(&[Entry { seq: 4, epoch: 2, at: Time(5), fact }]);
        insta::assert_snapshot!(
            [
                fact(Fact::Own),
                fact(Fact::Step { step: "s".into(), phase: StepPhase::Failed, reason: StepReason::Timeout, message: String::new() }),
                fact(Fact::Intent { step: "s".into(), path: "a.b".into(), key: "k".into(), input: Some(serde_json::json!({"u": 1})) }),
                fact(Fact::Vars { step: "s".into(), values: [("v".to_owned(), Var { value: None, secret: true })].into_iter().collect() }),
            ]
            .concat(),
            @r#"
        {"seq":4,"epoch":2,"at":5,"fact":"own"}
        {"seq":4,"epoch":2,"at":5,"fact":"step","step":"s","phase":"failed","reason":"Timeout"}
        {"seq":4,"epoch":2,"at":5,"fact":"intent","step":"s","path":"a.b","key":"k","input":{"u":1}}
        {"seq":4,"epoch":2,"at":5,"fact":"vars","step":"s","values":{"v":{"secret":true}}}
        "#
        );
    }
}
