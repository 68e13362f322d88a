//! Who executes a run: a `coordination.k8s.io` Lease beside the Application.
//!
//! One executor holds it and renews it; whoever finds it expired, or held by a process of this machine that is gone,
//! takes it over. Every take-over raises `leaseTransitions`, which is the epoch that the journal is stamped with: an
//! executor that was stopped past its lease finds a newer epoch in the journal and cannot write.

use crate::hub::{Hub, MANAGER};
use actions::{Fault, FaultClass, ObjectRef, Written};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use workflow::ownership;

/// How long a lease is good without being renewed.
pub const DURATION: SignedDuration = SignedDuration::from_millis(ownership::DURATION);
/// How long the answer to a renewal may take.
const ANSWER: Duration = Duration::from_millis(ownership::REQUEST as u64);

/// Before a lease that could not be taken for the moment is looked at again.
const PAUSE: Duration = Duration::from_millis(200);

/// Before a renewal that the hub could not answer is tried again.
const AGAIN: Duration = Duration::from_millis(300);

/// Whether this process may still act for what it holds. It counts with the machine's own clock that never jumps, so that a
/// process that was stopped and goes on finds it closed.
#[derive(Debug, Clone)]
pub struct Fence {
    born: Instant,
    /// Milliseconds after `born`.
    until: Arc<AtomicU64>,
}

impl Fence {
    /// Open from `asked`, when the renewal was sent, for [`ownership::HOLD`].
    fn from(asked: Instant) -> Fence {
        let fence = Fence { born: asked, until: Arc::default() };
        fence.renew(asked);
        fence
    }

    fn renew(&self, asked: Instant) {
        let hold = ownership::HOLD as u64;
        let since = u64::try_from(asked.duration_since(self.born).as_millis()).unwrap_or(u64::MAX);
        self.until.store(since.saturating_add(hold), Ordering::Release);
    }

    /// When it should be renewed next.
    fn due(&self) -> Instant {
        let early = (ownership::HOLD - ownership::RENEW) as u64;
        self.born + Duration::from_millis(self.until.load(Ordering::Acquire).saturating_sub(early))
    }

    /// Returns when it may not any more.
    pub async fn closed(&self) {
        while self.is_open() {
            let until = self.born + Duration::from_millis(self.until.load(Ordering::Acquire));
            tokio::time::sleep_until(until).await;
        }
    }

    /// Does something for as long as it may; `None`: not to its end, and if the fence was closed before, nothing of it. An
    /// executor whose lease has run out is silent, as [`ownership`] demands.
    pub async fn while_open<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.closed() => None,
            done = work => Some(done),
        }
    }

    /// Whether it may.
    pub fn is_open(&self) -> bool {
        u64::try_from(self.born.elapsed().as_millis()).is_ok_and(|now| now < self.until.load(Ordering::Acquire))
    }
}

/// Tells which processes are alive; asked only about holders on this machine.
pub trait Processes: Send + Sync {
    /// This process, unique on this machine for as long as the machine is up: `host/boot/pid/start`.
    fn me(&self) -> String;
    /// Whether the process that called itself this is gone for certain. A holder on another machine never is.
    fn is_gone(&self, holder: &str) -> bool;
}

/// A held lease.
#[derive(Debug, Clone)]
pub struct Held {
    target: ObjectRef,
    holder: String,
    resource_version: String,
    fence: Fence,
    /// How many milliseconds the hub took to answer the last time.
    pub took: u32,
    /// Nobody has ever held it before.
    pub first: bool,
    /// Raised by every change of holder; the epoch of the run's journal.
    pub epoch: u64,
    /// Who held it before and did not let go of it; empty: nobody.
    pub left_by: String,
}

/// What came of asking for a lease.
#[derive(Debug)]
pub enum Attempt {
    /// This process executes now.
    Mine(Held),
    /// Somebody else does, until then if nothing is heard of it.
    Theirs {
        /// How it calls itself.
        holder: String,
        /// When it expires.
        until: Timestamp,
    },
}

/// The lease of what is called so on this hub.
fn lease_of(hub: &Hub, namespace: &str, name: &str) -> ObjectRef {
    let lease = address(namespace, name);
    match hub.is_of_workflow_runs() {
        true => ObjectRef { name: format!("lateen-run-{name}"), ..lease },
        false => lease,
    }
}

/// The lease of an Application's runs.
pub fn address(namespace: &str, app: &str) -> ObjectRef {
    ObjectRef {
        api_version: "coordination.k8s.io/v1".into(),
        kind: "Lease".into(),
        namespace: namespace.into(),
        name: format!("lateen-{app}"),
    }
}

/// Since then.
fn millis(asked: Instant) -> u32 {
    u32::try_from(asked.elapsed().as_millis()).unwrap_or(u32::MAX)
}

fn micro(time: Timestamp) -> String {
    format!("{time:.6}")
}

/// The lease as it is stored.
struct Stored {
    holder: String,
    renewed: Option<Timestamp>,
    transitions: u64,
    resource_version: String,
}

impl Stored {
    fn of(lease: &Value) -> Stored {
        let text = |pointer: &str| lease.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        Stored {
            holder: text("/spec/holderIdentity").to_owned(),
            renewed: text("/spec/renewTime").parse().ok(),
            transitions: lease.pointer("/spec/leaseTransitions").and_then(Value::as_u64).unwrap_or_default(),
            resource_version: text("/metadata/resourceVersion").to_owned(),
        }
    }

    /// Until when somebody else holds it, if somebody does.
    fn held_by_other(&self, now: Timestamp, processes: &dyn Processes) -> Option<Timestamp> {
        if self.holder.is_empty() || self.holder == processes.me() || processes.is_gone(&self.holder) {
            return None;
        }
        let renewed = self.renewed?;
        let until = renewed.checked_add(DURATION).ok()?;
        (!ownership::is_expired(renewed.as_millisecond(), now.as_millisecond())).then_some(until)
    }
}

fn manifest(target: &ObjectRef, holder: &str, now: Timestamp, transitions: u64, resource_version: &str) -> Value {
    let mut metadata = json!({ "name": target.name, "namespace": target.namespace });
    if let (false, Some(map)) = (resource_version.is_empty(), metadata.as_object_mut()) {
        map.insert("resourceVersion".into(), resource_version.into());
    }
    json!({
        "apiVersion": target.api_version,
        "kind": target.kind,
        "metadata": metadata,
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": DURATION.as_secs(),
            "acquireTime": micro(now),
            "renewTime": micro(now),
            "leaseTransitions": transitions,
        },
    })
}

/// What the caller knows of a lease before it asks for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// It may be there.
    Nothing,
    /// Most likely nobody has ever held it: it is not looked for first, and making it finds out.
    NeverHeld,
}

/// Takes the lease if it is free, expired, or held by a process of this machine that is gone.
///
/// # Errors
/// The hub does not answer, or forbids it. Losing a race is not an error: the answer is [`Attempt::Theirs`].
pub async fn acquire(
    hub: &Hub,
    processes: &dyn Processes,
    namespace: &str,
    app: &str,
    mut known: Known,
) -> Result<Attempt, Fault> {
    let (target, now) = (lease_of(hub, namespace, app), Timestamp::now());
    let me = processes.me();
    let mut last = None;
    for _ in 0..5 {
        let asked = Instant::now();
        let (mut first, mut epoch, mut left_by) = (false, 1, String::new());
        let found = match std::mem::replace(&mut known, Known::Nothing) {
            Known::NeverHeld => None,
            Known::Nothing => hub.objects().read(&target).await?,
        };
        let attempt: Result<Written, Fault> = match found {
            None => {
                first = true;
                hub.objects().create_as(&manifest(&target, &me, now, epoch, ""), MANAGER).await
            }
            Some(lease) => {
                let stored = Stored::of(&lease);
                if let Some(until) = stored.held_by_other(now, processes) {
                    return Ok(Attempt::Theirs { holder: stored.holder, until });
                }
                if stored.holder != me {
                    left_by.clone_from(&stored.holder);
                }
                epoch = stored.transitions + 1;
                let next = manifest(&target, &me, now, epoch, &stored.resource_version);
                hub.objects().replace_as(&next, MANAGER).await
            }
        };
        match attempt {
            Ok(lease) => {
                return Ok(Attempt::Mine(Held {
                    target,
                    holder: me,
                    resource_version: lease.metadata.resource_version,
                    fence: Fence::from(asked),
                    took: millis(asked),
                    first,
                    epoch,
                    left_by,
                }));
            }
            // Somebody was faster: look again.
            Err(fault) if fault.class == FaultClass::Conflict || fault.status == Some(409) || fault.is_not_found() => {}
            // Refused for the moment, or the answer was lost: then it is found to be this process's.
            Err(fault) if fault.class == FaultClass::Transient => {
                let pause = fault.retry_after.map_or(PAUSE, |s| Duration::from_secs(u64::from(s.min(3))));
                last = Some(fault);
                tokio::time::sleep(pause).await;
            }
            Err(fault) => return Err(fault),
        }
    }
    Err(last.unwrap_or_else(|| Fault::transient(format!("{target} changes hands too often"))))
}

impl Held {
    /// Renews it.
    ///
    /// # Errors
    /// A conflict: somebody else has taken it, and this executor must stop at once.
    pub async fn renew(&mut self, hub: &Hub, now: Timestamp) -> Result<(), Fault> {
        let next = manifest(&self.target, &self.holder, now, self.epoch, &self.resource_version);
        let asked = Instant::now();
        let answer = tokio::time::timeout(ANSWER, hub.objects().replace_as::<Written>(&next, MANAGER)).await;
        let lease = match answer.unwrap_or_else(|_| Err(Fault::transient("the lease could not be renewed in time"))) {
            Ok(lease) => lease,
            // an earlier renewal arrived although its answer did not: look whose it is
            Err(fault) if fault.status == Some(409) => match hub.objects().read(&self.target).await? {
                Some(lease) if self.is_mine(&lease) => {
                    self.resource_version = Stored::of(&lease).resource_version;
                    let again = manifest(&self.target, &self.holder, now, self.epoch, &self.resource_version);
                    hub.objects().replace_as(&again, MANAGER).await?
                }
                _ => return Err(Fault { class: FaultClass::Conflict, ..fault }),
            },
            Err(fault) => return Err(fault),
        };
        self.resource_version = lease.metadata.resource_version;
        self.took = millis(asked);
        self.fence.renew(asked);
        Ok(())
    }

    /// When to renew it next: by when it was asked for the last time, however long ago that is.
    pub(crate) fn renew_at(&self) -> Instant {
        self.fence.due()
    }

    /// When to renew it next after a renewal that went so; `None`: it is lost.
    pub(crate) fn next_renewal(&self, renewed: &Result<(), Fault>) -> Option<Instant> {
        match renewed {
            Ok(()) => Some(self.renew_at()),
            Err(fault) if fault.class == FaultClass::Transient && self.fence.is_open() => Some(Instant::now() + AGAIN),
            Err(_) => None,
        }
    }

    /// Does something that may take longer than a lease is good for, and renews it meanwhile. When it is lost, what is done is
    /// cut off where it stands, because whoever has it now must not be met; the answer is `None`.
    pub async fn during<T>(&mut self, hub: &Hub, work: impl Future<Output = T>) -> Option<T> {
        let mut work = std::pin::pin!(work);
        let fence = self.fence();
        let mut renew_at = self.renew_at();
        loop {
            tokio::select! {
                biased;
                () = fence.closed() => return None,
                done = &mut work => return Some(done),
                () = tokio::time::sleep_until(renew_at) => {}
            }
            let (renewed, done) = {
                let mut renewing = std::pin::pin!(self.renew(hub, Timestamp::now()));
                tokio::select! {
                    biased;
                    // its answer is waited for: the lease could not be let go without it
                    done = &mut work => (renewing.await, Some(done)),
                    renewed = &mut renewing => (renewed, None),
                    () = fence.closed() => return None,
                }
            };
            if done.is_some() {
                return done;
            }
            match self.next_renewal(&renewed) {
                Some(next) => renew_at = next,
                None => return None,
            }
        }
    }

    /// Does something under it, as [`Held::during`], and lets it go, however that ended.
    ///
    /// # Errors
    /// Those of `work`, and that the lease was lost meanwhile.
    pub async fn only_for<T, E: From<Fault>>(
        mut self,
        hub: &Hub,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let done = self.during(hub, work).await;
        // a lease that cannot be let go expires by itself
        let _ = self.release(hub, Timestamp::now()).await;
        done.unwrap_or_else(|| Err(Fault::transient("the lease was lost meanwhile").into()))
    }

    fn is_mine(&self, lease: &Value) -> bool {
        let stored = Stored::of(lease);
        stored.holder == self.holder && stored.transitions == self.epoch
    }

    /// Whether this process may still act.
    pub fn fence(&self) -> Fence {
        self.fence.clone()
    }

    /// Lets it go, so that the next one need not wait.
    ///
    /// # Errors
    /// The hub does not answer; the lease then expires by itself.
    pub async fn release(self, hub: &Hub, now: Timestamp) -> Result<(), Fault> {
        let free = manifest(&self.target, "", now, self.epoch, &self.resource_version);
        match hub.objects().replace_as::<Written>(&free, MANAGER).await {
            Err(fault) if fault.class != FaultClass::Conflict && !fault.is_not_found() => Err(fault),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct One;
    impl Processes for One {
        fn me(&self) -> String {
            "here/1".into()
        }
        fn is_gone(&self, holder: &str) -> bool {
            holder == "here/dead"
        }
    }

    fn stored(holder: &str, renewed: &str) -> Stored {
        Stored { holder: holder.into(), renewed: renewed.parse().ok(), transitions: 3, resource_version: "7".into() }
    }

    #[test]
    fn a_lease_is_free_when_expired_released_or_its_holder_is_dead() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let fresh = "2026-11-21T07:59:55Z";
        assert_eq!(stored("there/9", fresh).held_by_other(now, &One), Some("2026-11-21T08:00:10Z".parse().unwrap()));
        assert_eq!(stored("there/9", "2026-11-21T07:59:00Z").held_by_other(now, &One), None);
        assert_eq!(stored("here/dead", fresh).held_by_other(now, &One), None);
        assert_eq!(stored("", fresh).held_by_other(now, &One), None);
        assert_eq!(stored("here/1", fresh).held_by_other(now, &One), None);
    }

    /// A hub with this lease, which `holder` has by now.
    fn hub_with(holder: &'static str) -> Hub {
        let version = Arc::new(AtomicU64::new(7));
        let service = tower::service_fn(move |request: http::Request<kube::client::Body>| {
            let version = version.clone();
            async move {
                let is_mine = holder == "here/1";
                let lease = |version: u64| {
                    let target = address("n", "shop");
                    manifest(&target, holder, Timestamp::now(), 3, &version.to_string()).to_string()
                };
                let (status, text) = match request.method() == http::Method::PUT {
                    true if is_mine => (200, lease(version.fetch_add(1, Ordering::Relaxed) + 1)),
                    true => (
                        409,
                        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                        "message": "changed", "reason": "Conflict", "code": 409})
                        .to_string(),
                    ),
                    false => (200, lease(version.load(Ordering::Relaxed))),
                };
                let response =
                    http::Response::builder().status(status).body(kube::client::Body::from(text.into_bytes()));
                Ok::<_, std::convert::Infallible>(response.unwrap())
            }
        });
        Hub::new(actions::Objects::new(kube::Client::new(service, "default"), "local"))
    }

    fn held() -> Held {
        Held {
            target: address("n", "shop"),
            holder: "here/1".into(),
            resource_version: "7".into(),
            fence: Fence::from(Instant::now()),
            took: 0,
            first: false,
            epoch: 3,
            left_by: String::new(),
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_has_not_renewed_its_lease_is_silent() {
        let (fence, sent) = (Fence::from(Instant::now()), AtomicU64::new(0));
        let work = async {
            loop {
                sent.fetch_add(1, Ordering::Relaxed);
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        assert_eq!(fence.while_open(work).await, None::<()>);
        assert_eq!(sent.load(Ordering::Relaxed), 7, "at 0 s to 6 s: it is held for 6.5 s");
        let late = fence.while_open(async { sent.fetch_add(1, Ordering::Relaxed) }).await;
        assert_eq!((late, sent.load(Ordering::Relaxed)), (None, 7), "not even once");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_is_renewed_while_something_is_done_under_it() {
        let (hub, mut held) = (hub_with("here/1"), held());
        let work = async {
            tokio::time::sleep(Duration::from_secs(60)).await;
            7
        };
        assert_eq!(held.during(&hub, work).await, Some(7));
        let renewed: u64 = held.resource_version.parse().unwrap();
        assert!(renewed > 7 + 20, "{renewed}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_lease_that_was_taken_a_while_ago_is_renewed_in_time() {
        let (hub, mut held) = (hub_with("here/1"), held());
        tokio::time::sleep(Duration::from_secs(6)).await;
        assert_eq!(held.during(&hub, tokio::time::sleep(Duration::from_secs(2))).await, Some(()));
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_done_under_a_lease_that_another_has_taken_is_cut_off() {
        let (hub, mut held) = (hub_with("there/9"), held());
        let began = Instant::now();
        assert_eq!(held.during(&hub, std::future::pending::<()>()).await, None);
        assert_eq!(began.elapsed(), Duration::from_millis(ownership::RENEW as u64));
    }
}
