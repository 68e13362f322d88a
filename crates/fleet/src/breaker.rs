//! When to stop asking a cluster that does not answer. Pure: time comes in as an argument.

use std::time::Duration;
use tokio::time::Instant;

/// So many failures in a row open the breaker.
pub(crate) const FAILURES: u32 = 5;
/// How long it stays open the first time; each failed trial doubles it.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// And no longer than this.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// Whether requests go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// They do.
    Closed,
    /// They are refused at once.
    Open,
    /// One goes through as a trial.
    HalfOpen,
}

#[derive(Debug, Default)]
pub(crate) struct Breaker {
    failures: u32,
    last_error: Option<String>,
    failing_since: Option<Instant>,
    /// Set while open: until when, and how long this pause is.
    pause: Option<(Instant, Duration)>,
    trial: bool,
}

/// A request that was not sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Paused {
    pub(crate) last_error: String,
    pub(crate) failing_for: Duration,
    pub(crate) retry_in: Duration,
}

/// What a request that went through has to report.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    Normal,
    Trial,
}

impl Breaker {
    pub(crate) fn admit(&mut self, now: Instant) -> Result<Admission, Paused> {
        let Some((until, _)) = self.pause else {
            return Ok(Admission::Normal);
        };
        if now >= until && !self.trial {
            self.trial = true;
            return Ok(Admission::Trial);
        }
        Err(Paused {
            last_error: self.last_error.clone().unwrap_or_default(),
            failing_for: self.failing_since.map_or(Duration::ZERO, |since| now.duration_since(since)),
            retry_in: until.saturating_duration_since(now),
        })
    }

    pub(crate) fn success(&mut self) {
        *self = Breaker::default();
    }

    pub(crate) fn failure(&mut self, admission: &Admission, error: String, now: Instant) {
        self.failures = self.failures.saturating_add(1);
        self.last_error = Some(error);
        self.failing_since.get_or_insert(now);
        match (admission, self.pause) {
            (Admission::Trial, Some((_, pause))) => {
                let pause = (pause * 2).min(LONGEST_PAUSE);
                self.trial = false;
                self.pause = Some((now + pause, pause));
            }
            (_, None) if self.failures >= FAILURES => self.pause = Some((now + FIRST_PAUSE, FIRST_PAUSE)),
            _ => {}
        }
    }

    /// A request that ended without an answer and without a failure (its caller went away).
    pub(crate) fn abandoned(&mut self, admission: &Admission) {
        if *admission == Admission::Trial {
            self.trial = false;
        }
    }

    pub(crate) fn state(&self, now: Instant) -> BreakerState {
        match self.pause {
            None => BreakerState::Closed,
            Some((until, _)) if now < until => BreakerState::Open,
            Some(_) => BreakerState::HalfOpen,
        }
    }

    pub(crate) fn failures(&self) -> u32 {
        self.failures
    }

    pub(crate) fn last_error(&self) -> Option<&str> {
        self.last_error.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failing(breaker: &mut Breaker, times: u32, now: Instant) {
        for _ in 0..times {
            let admission = breaker.admit(now).unwrap();
            breaker.failure(&admission, "connection refused".into(), now);
        }
    }

    #[test]
    fn opens_after_failures_in_a_row_and_closes_on_one_success() {
        let start = Instant::now();
        let mut breaker = Breaker::default();
        failing(&mut breaker, FAILURES - 1, start);
        breaker.success();
        failing(&mut breaker, FAILURES - 1, start);
        assert_eq!(breaker.state(start), BreakerState::Closed);
        failing(&mut breaker, 1, start);
        assert_eq!(breaker.state(start), BreakerState::Open);
        let paused = breaker.admit(start + Duration::from_secs(1)).unwrap_err();
        assert_eq!(paused.retry_in, Duration::from_secs(4));
        assert_eq!(paused.last_error, "connection refused");

        let later = start + FIRST_PAUSE;
        assert_eq!(breaker.state(later), BreakerState::HalfOpen);
        assert_eq!(breaker.admit(later), Ok(Admission::Trial));
        assert!(breaker.admit(later).is_err(), "one trial at a time");
        breaker.success();
        assert_eq!(breaker.state(later), BreakerState::Closed);
        assert_eq!(breaker.failures(), 0);
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        let mut now = Instant::now();
        let mut breaker = Breaker::default();
        failing(&mut breaker, FAILURES, now);
        for expected in [10, 20, 40, 60, 60] {
            now += LONGEST_PAUSE;
            let admission = breaker.admit(now).unwrap();
            breaker.failure(&admission, "timeout".into(), now);
            assert_eq!(breaker.admit(now).unwrap_err().retry_in, Duration::from_secs(expected));
        }
    }

    #[test]
    fn an_abandoned_trial_lets_the_next_one_try() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        failing(&mut breaker, FAILURES, now);
        let later = now + FIRST_PAUSE;
        let admission = breaker.admit(later).unwrap();
        breaker.abandoned(&admission);
        assert_eq!(breaker.admit(later), Ok(Admission::Trial));
    }

    #[test]
    fn late_failures_of_earlier_requests_do_not_lengthen_the_pause() {
        let now = Instant::now();
        let mut breaker = Breaker::default();
        failing(&mut breaker, FAILURES, now);
        for _ in 0..100 {
            breaker.failure(&Admission::Normal, "timeout".into(), now);
        }
        assert_eq!(breaker.admit(now).unwrap_err().retry_in, FIRST_PAUSE);
    }
}
