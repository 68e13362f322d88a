//! What time it is in a cluster.
//!
//! Everything in the server that stamps or waits asks a [`Clock`], so that tests (and rehearsals) decide how fast time
//! passes. Timeouts of connections are not the cluster's time and use the runtime's.

use std::fmt::Debug;
use std::sync::Arc;

use futures::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

/// A source of time for one cluster.
pub trait Clock: Send + Sync + Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
    /// Completes when [`Clock::now`] has reached `at` (at once when it already has).
    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let wait = at.duration_since(Timestamp::now());
        Box::pin(async move {
            if let Ok(wait) = std::time::Duration::try_from(wait) {
                tokio::time::sleep(wait).await;
            }
        })
    }
}

/// A clock that stands still until it is told to move. Clones share one time.
#[derive(Debug, Clone)]
pub struct TestClock {
    now: Arc<watch::Sender<Timestamp>>,
}

impl TestClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Self {
        TestClock { now: Arc::new(watch::Sender::new(start)) }
    }

    /// Moves time forward by `step` and wakes everyone whose time has come.
    pub fn advance(&self, step: SignedDuration) {
        self.now.send_modify(|now| {
            if let Ok(later) = now.checked_add(step) {
                *now = later;
            }
        });
    }

    /// Sets the time, backwards too (a machine's clock does that).
    pub fn set(&self, at: Timestamp) {
        self.now.send_replace(at);
    }
}

impl Default for TestClock {
    /// A clock that stands at 2026-01-01T00:00:00Z.
    fn default() -> Self {
        TestClock::new(Timestamp::from_second(1_767_225_600).unwrap_or(Timestamp::UNIX_EPOCH))
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        *self.now.borrow()
    }

    fn sleep_until(&self, at: Timestamp) -> BoxFuture<'static, ()> {
        let mut changes = self.now.subscribe();
        Box::pin(async move {
            // An error means that the clock was dropped: its time will not move again, nobody is left to wait for it.
            if changes.wait_for(|now| *now >= at).await.is_err() {
                futures::future::pending::<()>().await;
            }
        })
    }
}

/// An instant as Kubernetes writes `metav1.Time`: whole seconds, `Z`.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}
