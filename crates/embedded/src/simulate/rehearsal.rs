//! Annotations by which a user rehearses trouble.
//!
//! | annotation | meaning |
//! |---|---|
//! | `simulate.lateen.dev/fail: "message"` | containers crash, jobs and releases fail, with this message. `ImagePullBackOff: message` (any reason, a colon, the message) sets the reason as well |
//! | `simulate.lateen.dev/stall: "true"` | never becomes ready |
//! | `simulate.lateen.dev/delay: 5s` | becomes ready only this long after its creation |
//!
//! On a workload they hold for all its pods, in its pod template for the pods of that revision.

use super::{
    kind::Kind,
    object::{Json, controller},
    registry,
    scene::Scene,
    view::Key,
};
use jiff::SignedDuration;
use serde_json::Value;

/// What is to be rehearsed with an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rehearsal {
    /// It fails: reason (`CrashLoopBackOff` unless given) and message.
    pub fail: Option<Failure>,
    /// It never gets ready.
    pub stall: bool,
    /// It takes this long.
    pub delay: Option<SignedDuration>,
}

/// How something fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// One camel-case word, when the annotation names one.
    pub reason: Option<String>,
    /// What the user wrote.
    pub message: String,
}

/// The annotation that makes things fail.
pub const FAIL: &str = "simulate.lateen.dev/fail";
/// The annotation that makes things stall.
pub const STALL: &str = "simulate.lateen.dev/stall";
/// The annotation that makes things slow.
pub const DELAY: &str = "simulate.lateen.dev/delay";

impl Rehearsal {
    /// What the object's own annotations say, and where they are silent those of its controllers, nearest first.
    pub fn of(object: &Value, scene: &Scene<'_>) -> Rehearsal {
        let mut found = Rehearsal::default();
        found.add(object);
        let mut reference = controller(object).cloned();
        // Chains are short (CronJob, Job, Pod); the bound is for objects that own each other.
        for _ in 0..4 {
            let Some(owner) = reference.as_ref().and_then(|reference| {
                let kind: Kind = registry::kind(reference.text("/apiVersion"), reference.text("/kind"))?;
                let namespace = if kind.namespaced { object.namespace() } else { "" };
                scene.view.get(&Key { kind, namespace: namespace.to_owned(), name: reference.text("/name").to_owned() })
            }) else {
                break;
            };
            found.add(owner);
            reference = controller(owner).cloned();
        }
        found
    }

    /// Whether two states of an object say the same.
    pub fn same(one: &Value, other: &Value) -> bool {
        [FAIL, STALL, DELAY].iter().all(|key| one.annotation(key) == other.annotation(key))
    }

    fn add(&mut self, object: &Value) {
        let fail = object.annotation(FAIL);
        if self.fail.is_none() && !fail.is_empty() && fail != "false" {
            self.fail = Some(Failure::parse(fail));
        }
        self.stall |= object.annotation(STALL) == "true";
        if self.delay.is_none() {
            self.delay = object.annotation(DELAY).parse().ok().filter(|delay: &SignedDuration| delay.is_positive());
        }
    }
}

impl Failure {
    fn parse(text: &str) -> Failure {
        if let Some((reason, message)) = text.split_once(':')
            && reason.starts_with(|first: char| first.is_ascii_uppercase())
            && reason.chars().all(|letter| letter.is_ascii_alphanumeric())
        {
            return Failure { reason: Some(reason.to_owned()), message: message.trim().to_owned() };
        }
        let message = if text == "true" { "simulated failure" } else { text };
        Failure { reason: None, message: message.to_owned() }
    }
}
