//! Mistakes that can be put into a simulation on purpose: each must be found, or the checks are worth nothing.

/// A mistake of the machinery around the core.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// An effect is sent before its intent stands in the journal.
    IntentAfterEffect,
    /// An attempt of an effect has a key of its own.
    KeyPerAttempt,
    /// A process that was stopped goes on as if nothing had happened.
    NoFence,
    /// Whoever takes over has the epoch of the one before.
    SameEpoch,
    /// The journal is written whoever has written it since.
    BlindAppend,
    /// An object is recorded after it was made.
    RecordAfterApply,
    /// An object is not recorded.
    NeverRecord,
    /// A busy server counts against the budget (D7).
    TransientCounts,
    /// Errors are counted in memory (D7).
    BudgetInMemory,
    /// The status tells of what is not in the journal yet.
    StatusBeforeJournal,
    /// A request of a user is taken away before it is in the journal.
    TakenBeforeJournal,
    /// A status that is written takes a user's request with it.
    StatusOverwritesRequest,
    /// Nobody wakes a run that waits for a time after a crash.
    LostTimer,
    /// Objects of the old version go before the new one is done.
    PruneTooEarly,
    /// Whatever has the name is deleted, whoever owns it.
    PruneForeign,
    /// Whatever has the name is changed, whoever owns it.
    ApplyForeign,
    /// A new owner reads the journal as it was some entries ago, and the newest version of it (D8).
    StaleJournal,
    /// That an effect has happened is not written (D6).
    EffectDoneInMemory,
    /// When a suspension ends is kept in memory.
    SuspendInMemory,
    /// Finished steps are written when the run is over (D6).
    FinishedInMemory,
    /// A conflict of the journal is taken for an answer that was lost.
    ConflictIsSuccess,
    /// A run that waits for nobody is left alone after a crash.
    NobodyTakesOver,
    /// The answer to one action is taken for that of another.
    AnswersMixedUp,
    /// A lease is taken before it has expired.
    ImpatientTakeOver,
    /// A process that takes its own lapsed lease again does not wait for what it had sent before.
    MeetsItself,
}

/// All of them.
pub const ALL: [Bug; 25] = [
    Bug::IntentAfterEffect,
    Bug::KeyPerAttempt,
    Bug::NoFence,
    Bug::SameEpoch,
    Bug::BlindAppend,
    Bug::RecordAfterApply,
    Bug::NeverRecord,
    Bug::TransientCounts,
    Bug::BudgetInMemory,
    Bug::StatusBeforeJournal,
    Bug::TakenBeforeJournal,
    Bug::StatusOverwritesRequest,
    Bug::LostTimer,
    Bug::PruneTooEarly,
    Bug::PruneForeign,
    Bug::ApplyForeign,
    Bug::StaleJournal,
    Bug::EffectDoneInMemory,
    Bug::SuspendInMemory,
    Bug::FinishedInMemory,
    Bug::ConflictIsSuccess,
    Bug::NobodyTakesOver,
    Bug::AnswersMixedUp,
    Bug::ImpatientTakeOver,
    Bug::MeetsItself,
];
