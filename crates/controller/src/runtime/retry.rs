//! Writing to the hub in spite of a hub that stumbles.

use crate::error::Error;
use actions::{Fault, FaultClass};
use std::time::Duration;
use workflow::ownership;

/// How long the answer to one attempt is waited for: what the numbers of the lease count with. A request that vanishes on its
/// way must not take the lease with it.
const ANSWER: Duration = Duration::from_millis(ownership::REQUEST as u64);

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
        let answer = tokio::time::timeout(ANSWER, attempt()).await;
        let answer = answer.unwrap_or_else(|_| {
            Err(Fault::transient(format!("the hub has not answered within {} s", ANSWER.as_secs())))
        });
        match answer {
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

/// How often what was begun with an old view of the hub is begun again.
const AFRESH: u32 = 4;

/// Begins again what found the hub changed meanwhile, or what the hub refused for the moment: each of the requests in it is
/// right only together with those before it, so that all of them are made anew.
///
/// # Errors
/// The last one; mistakes of the user's at once.
pub async fn afresh<T, F>(mut attempt: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    let passes = |fault: &Fault| match fault.class {
        FaultClass::Conflict => true,
        FaultClass::Transient => fault.status.is_some(),
        FaultClass::Permanent => false,
    };
    let mut pause = Duration::from_millis(50);
    for _ in 0..AFRESH {
        match attempt().await {
            Err(Error::Fault(fault)) if passes(&fault) => tokio::time::sleep(pause).await,
            result => return result,
        }
        pause *= 2;
    }
    attempt().await
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

        // a request that vanishes is given up in time, and sent again
        calls.store(0, Ordering::Relaxed);
        let result = persist(|| async {
            if count() == 0 {
                std::future::pending::<()>().await;
            }
            Ok(7)
        })
        .await;
        assert_eq!((result, calls.load(Ordering::Relaxed)), (Ok(7), 2));

        calls.store(0, Ordering::Relaxed);
        let result: Result<(), Fault> = persist(|| async {
            count();
            Err(Fault::transient("down"))
        })
        .await;
        assert!(result.is_err() && calls.load(Ordering::Relaxed) > 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_found_the_hub_changed_begins_again_and_a_mistake_does_not() {
        let conflict = || Fault { class: FaultClass::Conflict, status: Some(409), ..Fault::transient("changed") };
        let calls = AtomicUsize::new(0);
        let count = || calls.fetch_add(1, Ordering::Relaxed);
        let result = afresh(|| async { if count() < 2 { Err(conflict().into()) } else { Ok(7) } }).await;
        assert_eq!((result, calls.swap(0, Ordering::Relaxed)), (Ok(7), 3));
        for (error, tries) in [
            (Error::Fault(Fault::permanent("no")), 1),
            (Error::Fault(Fault::transient("nobody listens there")), 1),
            (Error::Diagnostics(Vec::new()), 1),
            (Error::Fault(conflict()), AFRESH as usize + 1),
        ] {
            let failed: Result<(), Error> = afresh(|| async {
                count();
                Err(error.clone())
            })
            .await;
            assert_eq!((failed, calls.swap(0, Ordering::Relaxed)), (Err(error.clone()), tries));
        }
    }
}
