//! `ratelimiter: {limit, period}`: how many requests may go to one host in a time.

use rustc_hash::FxHashMap;
use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use tokio::time::{Duration, Instant};

/// When requests were sent, by host and limit.
#[derive(Debug, Default)]
pub(crate) struct Limits(Mutex<FxHashMap<String, VecDeque<Instant>>>);

impl Limits {
    /// Takes a place among `limit` requests in each `period`; otherwise how long to wait before asking again.
    pub(crate) fn take(&self, host: &str, limit: usize, period: Duration) -> Result<(), Duration> {
        let now = Instant::now();
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = all.entry(format!("{host} {limit} {}", period.as_millis())).or_default();
        while sent.front().is_some_and(|first| now.duration_since(*first) >= period) {
            sent.pop_front();
        }
        match sent.front() {
            Some(first) if sent.len() >= limit => Err(period.saturating_sub(now.duration_since(*first))),
            _ => {
                sent.push_back(now);
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn so_many_in_a_period_and_each_host_for_itself() {
        let limits = Limits::default();
        let second = Duration::from_secs(1);
        assert_eq!(limits.take("a", 2, second), Ok(()));
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(limits.take("a", 2, second), Ok(()));
        assert_eq!(limits.take("a", 2, second), Err(Duration::from_millis(600)));
        assert_eq!(limits.take("b", 2, second), Ok(()));
        tokio::time::advance(Duration::from_millis(600)).await;
        assert_eq!(limits.take("a", 2, second), Ok(()));
    }
}
