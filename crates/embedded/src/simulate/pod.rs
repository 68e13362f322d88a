//! Pod: scheduled, started, ready, or in the trouble that was rehearsed; all by its age.

use super::{
    condition,
    event::{self, Report},
    kind::{JOB, POD},
    node,
    object::{Json, controller, put},
    pod_status::{self, Life},
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after, time},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

/// Brings a pod's status to what its age asks for.
pub(super) fn settle(pod: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if pod.deleting() {
        settled.delete(&POD, pod);
        return settled;
    }
    if finished(pod) {
        return settled;
    }
    if pod.text("/spec/nodeName").is_empty() {
        if pod.items("/spec/schedulingGates").is_empty() {
            settled.update(pod, placed(pod.clone()));
        }
        return settled;
    }
    let life = life(pod, scene, &mut settled);
    if let Life::Waiting { reason, message, .. } = &life
        && reason != "ContainerCreating"
    {
        let says = Report { kind: "Warning", reason: warning(reason), message, component: "kubelet" };
        event::report(&mut settled, &POD, pod, says, scene);
    }
    if pod.items("/status/conditions").is_empty() {
        let message = format!("Successfully assigned {}/{} to {}", pod.namespace(), pod.name(), node::NAME);
        let says = Report { kind: "Normal", reason: "Scheduled", message: &message, component: "default-scheduler" };
        event::report(&mut settled, &POD, pod, says, scene);
    } else if matches!(life, Life::Running { .. }) && !ready(pod) {
        for container in pod.items("/spec/containers") {
            let message = format!("Started container {} (simulated)", container.text("/name"));
            let says = Report { kind: "Normal", reason: "Started", message: &message, component: "kubelet" };
            event::report(&mut settled, &POD, pod, says, scene);
        }
    }
    settled.status(pod, pod_status::write(pod, &life, scene));
    settled
}

/// Where a pod is in its life at this moment, and when that changes.
fn life(pod: &Value, scene: &Scene<'_>, settled: &mut Settled) -> Life {
    let rehearsal = Rehearsal::of(pod, scene);
    let begun = scene.begun(pod);
    let start = after(begun, rehearsal.delay.unwrap_or(scene.timing.pod_start));
    let creating =
        || Life::Waiting { reason: "ContainerCreating".to_owned(), message: String::new(), restarts: 0, last: None };
    if rehearsal.stall {
        return creating();
    }
    if scene.now < start {
        settled.later(start);
        return creating();
    }
    // A pod of nobody that is not to be started again is there for its end, as the one that builds an image.
    let once = match controller(pod) {
        Some(reference) => reference.text("/kind") == JOB.kind,
        None => matches!(pod.text("/spec/restartPolicy"), "Never" | "OnFailure"),
    };
    match rehearsal.fail {
        Some(failure) if failure.reason.as_deref().is_some_and(pulls) => {
            let reason = failure.reason.unwrap_or_default();
            Life::Waiting { reason, message: failure.message, restarts: 0, last: None }
        }
        Some(failure) if once || pod.text("/spec/restartPolicy") == "Never" => Life::Failed {
            at: start,
            reason: failure.reason.unwrap_or_else(|| "Error".to_owned()),
            message: failure.message,
        },
        Some(failure) => {
            let (restarts, last) = crashes(start, scene, settled);
            let reason = failure.reason.unwrap_or_else(|| "CrashLoopBackOff".to_owned());
            Life::Waiting { reason, message: failure.message, restarts, last: Some(last) }
        }
        None if once => {
            let end = after(start, scene.timing.job_run);
            if scene.now < end {
                settled.later(end);
                Life::Running { since: start }
            } else {
                Life::Succeeded { since: start, at: end }
            }
        }
        None => Life::Running { since: start },
    }
}

/// Reasons that mean that the image is not there.
fn pulls(reason: &str) -> bool {
    matches!(
        reason,
        "ImagePullBackOff"
            | "ErrImagePull"
            | "InvalidImageName"
            | "CreateContainerConfigError"
            | "CreateContainerError"
    )
}

fn warning(reason: &str) -> &'static str {
    if pulls(reason) { "Failed" } else { "BackOff" }
}

/// How often a container that started at `start` and always crashes at once has been restarted, and its last crash.
fn crashes(start: Timestamp, scene: &Scene<'_>, settled: &mut Settled) -> (i64, Timestamp) {
    let longest = scene.timing.crash_backoff.saturating_mul(30);
    let mut pause = scene.timing.crash_backoff.max(SignedDuration::from_millis(1));
    let mut last = start;
    let mut restarts = 0;
    while pause < longest {
        let next = after(last, pause);
        if next > scene.now {
            settled.later(next);
            return (restarts, last);
        }
        last = next;
        restarts += 1;
        pause = pause.saturating_mul(2).min(longest);
    }
    let period = longest.as_millis().max(1);
    let whole = scene.now.duration_since(last).as_millis() / period;
    let more = i64::try_from(whole).unwrap_or(0);
    last = after(last, longest.saturating_mul(i32::try_from(more).unwrap_or(i32::MAX)));
    settled.later(after(last, longest));
    (restarts + more, last)
}

/// The pod on the simulated node.
pub(super) fn placed(mut pod: Value) -> Value {
    put(&mut pod, &["spec", "nodeName"], node::NAME.into());
    pod
}

/// Whether a pod has ended for good.
pub(super) fn finished(pod: &Value) -> bool {
    matches!(pod.text("/status/phase"), "Succeeded" | "Failed")
}

/// Whether a controller counts a pod among its replicas.
pub(super) fn counts(pod: &Value) -> bool {
    !finished(pod) && !pod.deleting()
}

/// Whether a pod is ready.
pub(super) fn ready(pod: &Value) -> bool {
    ready_since(pod).is_some()
}

/// Since when a pod is ready.
pub(super) fn ready_since(pod: &Value) -> Option<Timestamp> {
    let ready = condition::find(pod.items("/status/conditions"), "Ready")?;
    if ready.text("/status") != "True" {
        return None;
    }
    Some(time(ready.text("/lastTransitionTime")).unwrap_or(Timestamp::UNIX_EPOCH))
}

/// When a pod's containers ended.
pub(super) fn ended_at(pod: &Value) -> Option<Timestamp> {
    pod.items("/status/containerStatuses")
        .iter()
        .filter_map(|status| time(status.text("/state/terminated/finishedAt")))
        .max()
}

#[cfg(test)]
mod tests {
    use super::super::{kind::POD, object::Json, stage::Stage};
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    fn pod(annotations: Value) -> Value {
        json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": annotations},
            "spec": {
                "restartPolicy": "Always", "initContainers": [{"name": "init", "image": "tool"}],
                "containers": [{"name": "main", "image": "shop:1"}],
            },
        })
    }

    #[test]
    fn is_scheduled_created_and_ready_in_turn() {
        let mut stage = Stage::new();
        stage.apply(pod(json!({})));
        stage.settle();
        let young = stage.get(POD, "p");
        assert_eq!(young.text("/spec/nodeName"), "simulated-node");
        assert_eq!(young.text("/status/phase"), "Pending");
        assert_eq!(young.text("/status/containerStatuses/0/state/waiting/reason"), "ContainerCreating");
        stage.pass(SignedDuration::from_millis(50));
        insta::assert_snapshot!(
            serde_json::to_string_pretty(stage.get(POD, "p").pointer("/status").unwrap_or(&Value::Null))
                .unwrap_or_default()
        );
    }

    #[test]
    fn a_crash_loop_is_a_function_of_age() {
        let trouble = json!({"simulate.lateen.dev/fail": "no database"});
        let mut watched = Stage::new();
        watched.apply(pod(trouble.clone()));
        for _ in 0..90 {
            watched.pass(SignedDuration::from_secs(1));
        }
        // 10 s, 20 s, 40 s: three restarts after 70 s.
        let status = watched.get(POD, "p");
        assert_eq!(status.int("/status/containerStatuses/0/restartCount"), Some(3));
        assert_eq!(status.text("/status/containerStatuses/0/state/waiting/reason"), "CrashLoopBackOff");
        assert_eq!(status.text("/status/phase"), "Running");
        // The same when nobody looked for a day.
        let mut reopened = Stage::new();
        reopened.apply(pod(trouble.clone()));
        reopened.settle();
        reopened.now += SignedDuration::from_hours(24);
        reopened.settle();
        let mut other = Stage::new();
        other.apply(pod(trouble));
        other.pass(SignedDuration::from_hours(24));
        assert_eq!(
            reopened.get(POD, "p").pointer("/status/containerStatuses"),
            other.get(POD, "p").pointer("/status/containerStatuses")
        );
    }

    #[test]
    fn takes_as_long_as_it_is_told() {
        let mut stage = Stage::new();
        stage.apply(pod(json!({"simulate.lateen.dev/delay": "1m30s"})));
        stage.pass(SignedDuration::from_secs(89));
        assert!(!super::ready(&stage.get(POD, "p")));
        stage.pass(SignedDuration::from_secs(2));
        assert!(super::ready(&stage.get(POD, "p")));
    }

    #[test]
    fn catches_up_when_nobody_looked() {
        let mut stage = Stage::new();
        stage.apply(pod(json!({})));
        stage.now += SignedDuration::from_hours(100);
        stage.settle();
        assert!(super::ready(&stage.get(POD, "p")));
        assert_eq!(stage.get(POD, "p").text("/status/startTime"), "2026-01-01T00:00:00Z");
    }
}
