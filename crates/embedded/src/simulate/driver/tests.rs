use super::*;
use crate::simulate::{kind::POD, object::put};
use serde_json::json;
use std::sync::atomic::{AtomicU64, Ordering};

/// A server with one pod that takes every status and keeps none.
struct Stubborn {
    writes: AtomicU64,
    /// Refuses everything until then.
    refuses: Timestamp,
    refusal: Refusal,
    clock: crate::TestClock,
    news: tokio::sync::watch::Sender<u64>,
}

impl Stubborn {
    fn pod(version: u64) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod",
            "metadata": {
                "name": "p", "namespace": "default", "uid": "u", "resourceVersion": version.to_string(),
                "creationTimestamp": "2026-01-01T00:00:00Z",
            },
            "spec": {"nodeName": "simulated-node", "containers": [{"name": "c", "image": "i"}]},
        })
    }

    fn new(clock: &crate::TestClock, refuses: Timestamp, refusal: Refusal) -> Arc<Stubborn> {
        let (writes, clock) = (AtomicU64::new(0), clock.clone());
        Arc::new(Stubborn { writes, refuses, refusal, clock, news: tokio::sync::watch::Sender::new(1) })
    }

    fn turned_back(&self, object: &Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        if crate::Clock::now(&self.clock) < self.refuses {
            return Box::pin(std::future::ready(Err(self.refusal.clone())));
        }
        let version = self.writes.fetch_add(1, Ordering::SeqCst) + 2;
        self.news.send_replace(version);
        let mut answer = if object.text("/kind") == "Pod" { Self::pod(version) } else { object.clone() };
        put(&mut answer, &["metadata", "resourceVersion"], version.to_string().into());
        Box::pin(std::future::ready(Ok(answer)))
    }
}

impl Upstream for Arc<Stubborn> {
    fn now(&self) -> Timestamp {
        crate::Clock::now(&self.clock)
    }
    fn sleep_until(&self, moment: Timestamp) -> BoxFuture<'static, ()> {
        crate::Clock::sleep_until(&self.clock, moment)
    }
    fn list(&self) -> (Vec<(Kind, Value)>, u64) {
        (vec![(POD, Stubborn::pod(1))], 1)
    }
    fn changes(&self, since: u64) -> BoxFuture<'_, Feed> {
        let mut news = self.news.subscribe();
        Box::pin(async move {
            match news.wait_for(|version| *version > since).await.map(|version| *version) {
                Ok(version) => {
                    Feed::Changes(vec![Change { kind: POD, object: Stubborn::pod(version), deleted: false }], version)
                }
                Err(_) => Feed::Closed,
            }
        })
    }
    fn create(&self, _: Kind, _: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        Box::pin(std::future::ready(Err(Refusal::Exists)))
    }
    fn update(&self, _: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        self.turned_back(&object)
    }
    fn update_status(&self, _: Kind, object: Value) -> BoxFuture<'_, Result<Value, Refusal>> {
        self.turned_back(&object)
    }
    fn delete<'a>(&'a self, _: Kind, _: &'a str, _: &'a str, _: &'a str) -> BoxFuture<'a, Result<(), Refusal>> {
        Box::pin(std::future::ready(Ok(())))
    }
    fn empty<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<bool, Refusal>> {
        Box::pin(std::future::ready(Ok(true)))
    }
}

#[tokio::test]
async fn what_a_server_turns_back_is_asked_for_ever_less_often() {
    let clock = crate::TestClock::default();
    let server = Stubborn::new(&clock, Timestamp::UNIX_EPOCH, Refusal::Conflict);
    let driver = tokio::spawn(run(Arc::new(Arc::clone(&server)), Timing::default()));
    for _ in 0..1000 {
        tokio::task::yield_now().await;
    }
    let at_once = server.writes.load(Ordering::SeqCst);
    assert!((1..20).contains(&at_once), "{at_once}");
    // An hour, in steps of a second.
    for _ in 0..3600 {
        clock.advance(SignedDuration::from_secs(1));
        for _ in 0..20 {
            tokio::task::yield_now().await;
        }
    }
    let in_an_hour = server.writes.load(Ordering::SeqCst);
    assert!((at_once..at_once + 60).contains(&in_an_hour), "{in_an_hour}");
    driver.abort();
}

#[tokio::test]
async fn what_was_refused_for_a_while_is_done_soon_after() {
    for refusal in [Refusal::Conflict, Refusal::Gone, Refusal::Other("the disk is full".into())] {
        let clock = crate::TestClock::default();
        let end = after(crate::Clock::now(&clock), SignedDuration::from_mins(10));
        let server = Stubborn::new(&clock, end, refusal.clone());
        let driver = tokio::spawn(run(Arc::new(Arc::clone(&server)), Timing::default()));
        for _ in 0..606 {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
            clock.advance(SignedDuration::from_secs(1));
        }
        let written = server.writes.load(Ordering::SeqCst);
        assert!(written > 0, "nothing was written within six seconds after it was refused as {refusal:?}");
        driver.abort();
    }
}
