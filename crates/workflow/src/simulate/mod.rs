//! The simulator: one thread, virtual time, one seed.
//!
//! Two or three replicas drive the real core, with the real rules of [`crate::commit`] and [`crate::ownership`], against a
//! model hub, three model clusters and model receivers. Everything that can go wrong between them does: messages are lost,
//! delayed, doubled and refused, answers are lost, links are cut, processes die, are stopped past their lease and go on,
//! clocks differ; users ask at random times; the Application gets a new version while the old one runs. After each message
//! the invariants are checked that are listed in the reference on workflow engines:
//!
//! | | |
//! |---|---|
//! | I-effect | a receiver that knows keys sees one key for one effect; one that does not sees one more attempt a trouble at most |
//! | I-monotone | a step recorded as finished is never executed, and its record never changes |
//! | I-order | nothing begins before what it depends on is finished; an effect, before that is recorded |
//! | I-fence | nothing of an older owner arrives after something of a newer one |
//! | I-intent | no object exists that was not recorded before |
//! | I-noharm | nothing is deleted or changed that somebody else or a newer version has |
//! | I-budget | errors that count are counted across crashes; troubles of the network are not |
//! | I-time | a suspension does not end early, nor late when nothing goes wrong |
//! | I-status | the status tells of nothing that is not recorded, and never goes back |
//! | I-ops | what a user asks for is taken once |
//! | L-converge | when the troubles are over every run ends or waits for a user, and nothing is left that nobody wants |
//!
//! The same seed gives the same history, and [`Story::hash`] proves it. A seed that fails tells its story.

pub mod bug;
mod dice;
mod hub;
mod replica;
mod script;
mod workload;
mod world;

pub use bug::Bug;
pub use dice::Dice;
pub use script::Script;
pub use world::Moment;

use world::World;

/// What to simulate.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Keep a line for each thing that happens.
    pub story: bool,
    /// Nothing goes wrong but what `die_at` says.
    pub calm: bool,
    /// Run the reference workflow instead of a random one.
    pub reference: bool,
    /// A mistake to put in.
    pub bug: Option<Bug>,
    /// What happens at which message, counted from 1.
    pub die_at: Vec<(u64, Moment)>,
}

/// How one seed went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// What must not have been.
    pub violations: Vec<String>,
    /// Depends on everything that happened.
    pub hash: u64,
    /// Messages that were sent.
    pub messages: u64,
    /// Effects that happened.
    pub effects: usize,
    /// What happened, a line each, if it was asked for.
    pub lines: Vec<String>,
    /// How long it took, in virtual milliseconds.
    pub millis: i64,
}

/// Plays one seed.
pub fn story(seed: u64, options: &Options) -> Story {
    let mut dice = Dice(seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ 0x9e37_79b9);
    let mut works = Vec::new();
    if options.reference {
        works.push(workload::reference());
    } else {
        works.push(workload::random(&mut dice));
        if dice.once_in(4) {
            works.push(workload::random(&mut dice));
        }
    }
    let mut lines = Vec::new();
    if options.story {
        lines.extend(works.iter().enumerate().map(|(i, w)| format!("version {}: {}", i + 1, w.text())));
    }
    let mut world = World::new(works, options.clone(), dice);
    world.run();
    lines.extend(std::mem::take(&mut world.story));
    Story {
        violations: std::mem::take(&mut world.servers.violations),
        hash: world.hash,
        messages: world.sent,
        effects: world.servers.completed,
        lines,
        millis: world.servers.now,
    }
}
