//! What a controller counts, in the text form that Prometheus reads.

use fleet::Fleet;
use std::fmt::Write as _;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A watch that is interrupted for longer than this is a controller that is not ready.
const SILENCE: Duration = Duration::from_secs(30);
/// A watch that has not failed for so long goes on, even if there is nothing to tell: it is tried again after 30 s at the
/// latest, and a request that is not answered fails after another 30 s.
const AGAIN: Duration = Duration::from_secs(75);
/// A loop that has not turned for so long never will.
const STUCK: Duration = Duration::from_secs(60);

/// When a watch failed first and last, without having told anything in between.
#[derive(Debug, Clone, Copy)]
struct Failing {
    since: Instant,
    last: Instant,
}

impl Failing {
    fn again(before: Option<Failing>, now: Instant) -> Failing {
        let before = before.filter(|failing| now.saturating_duration_since(failing.last) < AGAIN);
        Failing { since: before.map_or(now, |failing| failing.since), last: now }
    }

    /// Whether it has been interrupted for too long.
    fn is_long(self, now: Instant) -> bool {
        let (since, last) = (now.saturating_duration_since(self.since), now.saturating_duration_since(self.last));
        since >= SILENCE && last < AGAIN
    }
}

/// Counters of one process.
#[derive(Debug, Default)]
pub struct Metrics {
    applications: AtomicU64,
    under_way: AtomicU64,
    runs: AtomicU64,
    interrupted: AtomicU64,
    removed: AtomicU64,
    watch_failures: AtomicU64,
    drift_repaired: AtomicU64,
    drift_left: AtomicU64,
    run_millis: AtomicU64,
    /// `None`: the watch is not interrupted.
    failing: Mutex<Option<Failing>>,
    /// When the loop has turned last.
    turned: Mutex<Option<Instant>>,
    synced: std::sync::atomic::AtomicBool,
    /// WorkflowRuns on the hub and under way, beside the Applications.
    workflow_runs: Arc<[AtomicU64; 2]>,
    is_of_runs: bool,
    /// The clusters whose requests are counted.
    fleet: Option<Fleet>,
}

impl Metrics {
    /// Counters of a process that reaches these clusters.
    pub fn of(fleet: Fleet) -> Metrics {
        Metrics { fleet: Some(fleet), ..Metrics::default() }
    }

    /// Counters of the WorkflowRuns of the same process; those two that matter stand beside the Applications'.
    #[must_use]
    pub fn of_workflow_runs(&self) -> Metrics {
        Metrics { workflow_runs: self.workflow_runs.clone(), is_of_runs: true, ..Metrics::default() }
    }

    pub(super) fn heard(&self) {
        *self.failing.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.synced.store(true, Ordering::Relaxed);
    }

    pub(super) fn watch_failed(&self) {
        self.watch_failures.fetch_add(1, Ordering::Relaxed);
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        *failing = Some(Failing::again(*failing, Instant::now()));
    }

    /// The loop goes round.
    pub(super) fn turned(&self) {
        *self.turned.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    pub(super) fn applications(&self, count: usize) {
        let [runs, _] = self.workflow_runs.as_ref();
        let counter = if self.is_of_runs { runs } else { &self.applications };
        counter.store(count as u64, Ordering::Relaxed);
    }

    pub(super) fn under_way(&self, count: usize) {
        let [_, runs] = self.workflow_runs.as_ref();
        let counter = if self.is_of_runs { runs } else { &self.under_way };
        counter.store(count as u64, Ordering::Relaxed);
    }

    pub(super) fn removed(&self) {
        self.removed.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn drift_repaired(&self) {
        self.drift_repaired.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn drift_left(&self) {
        self.drift_left.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn ran(&self, took: Duration, well: bool) {
        self.runs.fetch_add(1, Ordering::Relaxed);
        self.run_millis.fetch_add(u64::try_from(took.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
        if !well {
            self.interrupted.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Whether the hub has been heard of, and its watch has not been interrupted for long.
    pub fn is_ready(&self) -> bool {
        let failing = *self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        self.synced.load(Ordering::Relaxed) && failing.is_none_or(|failing| !failing.is_long(Instant::now()))
    }

    /// Whether the process does what it is there for. A hub that does not answer is no reason to end it: started again it
    /// would hear no more, and be late when the hub is back.
    pub fn is_alive(&self) -> bool {
        let turned = *self.turned.lock().unwrap_or_else(PoisonError::into_inner);
        turned.is_none_or(|turned| turned.elapsed() < STUCK)
    }

    /// All of them as text, with the requests that were sent to each cluster.
    pub async fn all(&self) -> String {
        let mut text = self.text();
        let Some(fleet) = &self.fleet else { return text };
        let name = "lateen_cluster_requests_total";
        let _ = writeln!(text, "# HELP {name} Requests that were sent to a cluster.\n# TYPE {name} counter");
        for (cluster, lane) in fleet.lanes().await {
            for (verb, sent) in fleet::VERBS.iter().zip(lane.sent) {
                let _ = writeln!(text, "{name}{{cluster=\"{cluster}\",verb=\"{verb}\"}} {sent}");
            }
        }
        text
    }

    /// What this process counts itself, as text.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let [runs, runs_under_way] = self.workflow_runs.as_ref();
        let rows = [
            ("lateen_workflow_runs", "gauge", "WorkflowRuns on the hub that this controller knows", runs),
            ("lateen_workflow_runs_under_way", "gauge", "WorkflowRuns with a task", runs_under_way),
            ("lateen_applications", "gauge", "Applications on the hub that this controller knows", &self.applications),
            ("lateen_applications_under_way", "gauge", "Applications with a task", &self.under_way),
            ("lateen_runs_total", "counter", "Times that a run was begun or carried on", &self.runs),
            ("lateen_runs_interrupted_total", "counter", "Of these, those that ended with an error", &self.interrupted),
            ("lateen_applications_deleted_total", "counter", "Applications that were deleted", &self.removed),
            ("lateen_watch_failures_total", "counter", "Interruptions of the watch", &self.watch_failures),
            ("lateen_drift_repaired_total", "counter", "Objects that were brought back", &self.drift_repaired),
            ("lateen_drift_left_total", "counter", "Changed objects that could not be", &self.drift_left),
        ];
        for (name, kind, help, value) in rows {
            let value = value.load(Ordering::Relaxed);
            let _ = writeln!(text, "# HELP {name} {help}.\n# TYPE {name} {kind}\n{name} {value}");
        }
        let seconds = self.run_millis.load(Ordering::Relaxed) as f64 / 1_000.0;
        let _ = writeln!(
            text,
            "# HELP lateen_run_seconds_total Time that tasks took, waiting included.\n# TYPE lateen_run_seconds_total counter\nlateen_run_seconds_total {seconds}"
        );
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interruption_counts_until_the_watch_fails_no_more() {
        let begin = Instant::now();
        let at = |seconds: u64| begin + Duration::from_secs(seconds);
        let first = Failing::again(None, at(0));
        assert!(!first.is_long(at(29)) && first.is_long(at(31)));
        let second = Failing::again(Some(first), at(40));
        assert!(second.is_long(at(41)), "since the first");
        // nobody changes anything at night: a watch that goes on says nothing
        assert!(!second.is_long(at(40 + 75)));
        assert!(!Failing::again(Some(second), at(300)).is_long(at(301)), "another interruption");
    }

    #[test]
    fn a_hub_that_is_silent_is_no_reason_to_end_the_process() {
        let metrics = Metrics::default();
        let long_ago = Instant::now().checked_sub(Duration::from_secs(50)).unwrap();
        *metrics.failing.lock().unwrap() = Some(Failing { since: long_ago, last: Instant::now() });
        metrics.synced.store(true, Ordering::Relaxed);
        metrics.turned();
        assert!(metrics.is_alive() && !metrics.is_ready());
        *metrics.turned.lock().unwrap() = Instant::now().checked_sub(STUCK);
        assert!(!metrics.is_alive());
    }

    #[test]
    fn each_counter_has_its_help_and_its_type() {
        let metrics = Metrics::default();
        assert!(!metrics.is_ready(), "nothing has been heard of the hub");
        metrics.heard();
        metrics.ran(Duration::from_millis(1_500), false);
        metrics.applications(7);
        assert!(metrics.is_ready());
        let text = metrics.text();
        assert!(
            text.contains("\nlateen_runs_interrupted_total 1\n") && text.contains("\nlateen_run_seconds_total 1.5\n")
        );
        assert!(text.contains("# HELP lateen_applications Applications"), "{text}");
        assert_eq!(text.matches("# TYPE").count(), 11);
    }
}
