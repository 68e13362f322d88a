//! Writing debug output beside a run: no step waits for it, and what cannot be written is not written.

use crate::hub::Hub;
use futures::future::join_all;
use indexmap::IndexMap;
use model::Application;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use workflow::debug::Seen;
use workflow::ownership;

/// Requests at a time.
const AT_A_TIME: usize = 8;
/// How long a request may take.
const ANSWER: Duration = Duration::from_millis(ownership::REQUEST as u64);
/// How long the end of a run waits for what is left.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is still to be written.
#[derive(Debug, Default)]
struct Queue {
    /// Of each step the last.
    steps: IndexMap<String, Seen>,
    /// There will be no more.
    ended: bool,
}

/// What is still to be written, between the run and the task that writes.
#[derive(Debug, Default)]
struct Left {
    queue: Mutex<Queue>,
    more: Notify,
}

impl Left {
    fn change(&self, change: impl FnOnce(&mut Queue)) {
        change(&mut self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        self.more.notify_one();
    }

    fn put(&self, seen: Seen) {
        self.change(|queue| drop(queue.steps.insert(seen.step_id.clone(), seen)));
    }

    fn end(&self) {
        self.change(|queue| queue.ended = true);
    }

    /// The next ones; `None`: there will be no more.
    async fn next(&self) -> Option<Vec<Seen>> {
        loop {
            {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if !queue.steps.is_empty() {
                    let some = queue.steps.len().min(AT_A_TIME);
                    return Some(queue.steps.drain(..some).map(|(_, seen)| seen).collect());
                }
                if queue.ended {
                    return None;
                }
            }
            self.more.notified().await;
        }
    }
}

/// Writes debug output of one run. Nothing is started before there is any.
#[derive(Debug, Default)]
pub(super) struct Debugger {
    writing: Option<(Arc<Left>, JoinHandle<()>)>,
    /// What was written last, as hashes: a step that waits comes to the same again and again.
    known: FxHashMap<String, String>,
}

impl Debugger {
    pub(super) fn take(&mut self, hub: &Hub, app: &Application, seen: Seen) {
        let hash = workflow::ident::hash(&seen.text.as_str().into());
        if self.known.insert(seen.step_id.clone(), hash.clone()).is_some_and(|known| known == hash) {
            return;
        }
        let (left, _) = self.writing.get_or_insert_with(|| {
            let left = Arc::new(Left::default());
            let task = tokio::spawn(write(hub.clone(), app.clone(), left.clone()));
            (left, task)
        });
        left.put(seen);
    }

    /// Writes what is left, if the hub takes it.
    pub(super) async fn end(self) {
        let Some((left, mut task)) = self.writing else { return };
        left.end();
        if tokio::time::timeout(PATIENCE, &mut task).await.is_err() {
            task.abort();
        }
    }
}

async fn write(hub: Hub, app: Application, left: Arc<Left>) {
    while let Some(some) = left.next().await {
        let each = some.iter().map(|seen| tokio::time::timeout(ANSWER, hub.write_debug(&app, seen)));
        for (seen, went) in some.iter().zip(join_all(each).await) {
            match went {
                Ok(Ok(())) => {}
                Ok(Err(fault)) => tracing::warn!(step = seen.step, %fault, "debug output is lost"),
                Err(_) => tracing::warn!(step = seen.step, "debug output is lost: the hub does not answer"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actions::Objects;
    use std::convert::Infallible;

    fn seen(step: &str, text: &str) -> Seen {
        Seen { step: step.to_owned(), step_id: step.to_owned(), text: text.to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_hub_that_does_not_answer_holds_nobody_up() {
        let silent = tower::service_fn(|_: http::Request<kube::client::Body>| {
            std::future::pending::<Result<http::Response<kube::client::Body>, Infallible>>()
        });
        let hub = Hub::new(Objects::new(kube::Client::new(silent, "default"), "local"));
        let app = Application::default();
        let mut debugger = Debugger::default();
        let begin = tokio::time::Instant::now();
        for step in 0..1_000 {
            debugger.take(&hub, &app, seen(&step.to_string(), "a: 1"));
        }
        assert_eq!(begin.elapsed(), Duration::ZERO, "nothing is waited for");
        debugger.end().await;
        assert!(begin.elapsed() <= PATIENCE + ANSWER, "{:?}", begin.elapsed());
    }

    #[tokio::test]
    async fn of_each_step_the_last_is_written() {
        let left = Left::default();
        for text in ["a: 1", "a: 2"] {
            left.put(seen("one", text));
        }
        left.put(seen("two", "b: 1"));
        left.end();
        assert_eq!(left.next().await, Some(vec![seen("one", "a: 2"), seen("two", "b: 1")]));
        assert_eq!(left.next().await, None);
    }
}
