//! Writing to the hub in spite of a hub that stumbles.

use actions::{Fault, FaultClass};
use std::time::Duration;

/// Tries until it works, a fault comes that trying again cannot mend, or ten seconds have passed: longer, and the lease
/// is about to be lost, so that whoever takes over must find this executor silent.
///
/// # Errors
/// The last fault.
pub async fn persist<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Fault>
where
    F: Future<Output = Result<T, Fault>>,
{
    let started = tokio::time::Instant::now();
    let mut pause = Duration::from_millis(20);
    loop {
        match attempt().await {
            Err(fault)
                if fault.class == FaultClass::Transient && started.elapsed() + pause < Duration::from_secs(10) =>
            {
                let asked = fault.retry_after.map_or(pause, |s| Duration::from_secs(u64::from(s)));
                tokio::time::sleep(asked.min(Duration::from_secs(3))).await;
                pause = (pause * 2).min(Duration::from_secs(1));
            }
            result => return result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test(start_paused = true)]
    async fn what_may_pass_is_tried_again_and_what_will_not_is_not() {
        let calls = AtomicUsize::new(0);
        let count = || calls.fetch_add(1, Ordering::Relaxed);
        let result = persist(|| async { if count() < 3 { Err(Fault::transient("busy")) } else { Ok(7) } }).await;
        assert_eq!((result, calls.load(Ordering::Relaxed)), (Ok(7), 4));

        calls.store(0, Ordering::Relaxed);
        let result: Result<(), Fault> = persist(|| async {
            count();
            Err(Fault::permanent("no"))
        })
        .await;
        assert_eq!((result.unwrap_err().message.as_str(), calls.load(Ordering::Relaxed)), ("no", 1));

        calls.store(0, Ordering::Relaxed);
        let result: Result<(), Fault> = persist(|| async {
            count();
            Err(Fault::transient("down"))
        })
        .await;
        assert!(result.is_err() && calls.load(Ordering::Relaxed) > 5);
    }
}
