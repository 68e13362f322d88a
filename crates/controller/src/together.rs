//! Reading once for all who ask at the same moment.
//!
//! Whoever asks gets what was begun to be read after that: nobody is told what is older than the question. A thousand runs that
//! begin together, or that find the hub stumbling, are two readings, one that is under way and the next one for all.

use rustc_hash::FxHashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// What was read last, and when that was begun.
type Slot<T> = Arc<tokio::sync::Mutex<Option<(Instant, T)>>>;

/// What is being read, by what it is asked for with.
#[derive(Debug)]
pub(crate) struct Together<K, T>(Mutex<FxHashMap<K, Slot<T>>>);

impl<K, T> Default for Together<K, T> {
    fn default() -> Self {
        Together(Mutex::default())
    }
}

impl<K: Hash + Eq + Clone, T: Clone> Together<K, T> {
    fn slots(&self) -> MutexGuard<'_, FxHashMap<K, Slot<T>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What `read` reads, or what another one has read since this was called. A failure is shared as well: those who waited
    /// for it are not to ask a hub that does not answer one after the other.
    pub(crate) async fn read(&self, key: K, read: impl Future<Output = T>) -> T {
        let asked = Instant::now();
        let slot = self.slots().entry(key.clone()).or_default().clone();
        let done = {
            let mut last = slot.lock().await;
            match last.as_ref() {
                Some((began, known)) if *began >= asked => known.clone(),
                _ => {
                    let began = Instant::now();
                    let done = read.await;
                    *last = Some((began, done.clone()));
                    done
                }
            }
        };
        let mut slots = self.slots();
        // the map's and this one: nobody else waits
        if Arc::strong_count(&slot) <= 2 {
            slots.remove(&key);
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[tokio::test(start_paused = true)]
    async fn those_who_ask_during_a_reading_share_the_next_one() {
        let (together, readings) = (Together::<&str, usize>::default(), AtomicUsize::new(0));
        let ask = |after: u64| {
            let (together, readings) = (&together, &readings);
            async move {
                tokio::time::sleep(Duration::from_millis(after)).await;
                let read = async {
                    let count = readings.fetch_add(1, Ordering::Relaxed) + 1;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    count
                };
                together.read("a", read).await
            }
        };
        // the first reads; those who come while it does may not be told what is older than their question
        let answers = futures::future::join_all((0..50).map(|i| ask(i * 2))).await;
        assert_eq!(answers.first(), Some(&1));
        assert!(answers.iter().skip(1).all(|count| *count == 2), "{answers:?}");
        assert_eq!(ask(0).await, 3, "whoever comes later reads anew");
        assert!(together.slots().is_empty(), "and nothing is kept");
    }

    #[tokio::test(start_paused = true)]
    async fn who_gives_up_reading_leaves_it_to_the_next() {
        let together = Together::<&str, usize>::default();
        let never = tokio::time::timeout(Duration::from_secs(1), together.read("a", std::future::pending()));
        let (never, read) = tokio::join!(never, together.read("a", async { 7 }));
        assert!(never.is_err());
        assert_eq!(read, 7);
    }
}
