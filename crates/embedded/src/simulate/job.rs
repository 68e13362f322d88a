//! Job: pods that end, tried again when they fail, until there are enough or too many failed.

use super::{
    condition::{self, Condition},
    event::{self, Report},
    fingerprint,
    kind::{JOB, POD},
    object::{Json, count, pod_from_template, put},
    pod,
    scene::{Scene, Settled, after, time},
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Why a Job is over.
struct Verdict {
    complete: bool,
    reason: &'static str,
    message: &'static str,
}

/// Brings a Job's pods and status to what the moment asks for.
pub(super) fn settle(job: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if job.deleting() {
        return settled;
    }
    if let Some(end) = ended(job) {
        if let Some(seconds) = job.int("/spec/ttlSecondsAfterFinished") {
            let expiry = after(end, SignedDuration::from_secs(seconds));
            if scene.now >= expiry {
                settled.delete(&JOB, job);
            } else {
                settled.later(expiry);
            }
        }
        return settled;
    }
    let pods = scene.view.controlled(POD, job);
    let phase =
        |phase: &str| i64::try_from(pods.iter().filter(|pod| pod.text("/status/phase") == phase).count()).unwrap_or(0);
    let (succeeded, failed) = (phase("Succeeded"), phase("Failed"));
    let active: Vec<&Arc<Value>> = pods.iter().filter(|pod| pod::counts(pod)).copied().collect();
    let parallelism = job.int("/spec/parallelism").unwrap_or(1).max(0);
    let completions = job.int("/spec/completions");
    let suspended = job.flag("/spec/suspend");

    let mut status = job.map("/status");
    let mut conditions = job.items("/status/conditions").to_vec();
    suspend_condition(&mut conditions, suspended, scene);
    if suspended {
        status.remove("startTime");
    } else {
        status.entry("startTime").or_insert_with(|| scene.stamp().into());
    }
    let verdict = verdict(job, &status, completions, succeeded, failed, active.len(), scene, &mut settled);
    let mut running = i64::try_from(active.len()).unwrap_or(0);
    if verdict.is_some() || suspended {
        for pod in &active {
            settled.delete(&POD, pod);
        }
        running = 0;
    } else {
        let open = completions
            .map_or(if succeeded > 0 { 0 } else { parallelism }, |total| (total - succeeded).min(parallelism));
        if running < open && retry_now(&pods, failed, scene, &mut settled) {
            start(&mut settled, job, &pods, open - running, scene);
            running = open;
        }
        for pod in active.iter().skip(usize::try_from(open.max(0)).unwrap_or(0)) {
            settled.delete(&POD, pod);
        }
    }
    let ready = i64::try_from(active.iter().filter(|pod| pod::ready(pod)).count()).unwrap_or(0);
    status.insert("ready".to_owned(), if verdict.is_some() { 0 } else { ready }.into());
    status.insert("terminating".to_owned(), 0.into());
    status.insert("uncountedTerminatedPods".to_owned(), json!({}));
    count(&mut status, "active", running);
    count(&mut status, "succeeded", succeeded);
    count(&mut status, "failed", failed);
    if completed_indexes(job) {
        let indexes: Vec<String> = (0..succeeded).map(|index| index.to_string()).collect();
        status.insert("completedIndexes".to_owned(), indexes.join(",").into());
    }
    if let Some(verdict) = verdict {
        finish(&mut settled, job, &verdict, &mut status, &mut conditions, scene);
    }
    if !conditions.is_empty() {
        status.insert("conditions".to_owned(), conditions.into());
    }
    settled.status(job, status);
    settled
}

fn completed_indexes(job: &Value) -> bool {
    job.text("/spec/completionMode") == "Indexed"
}

/// When the Job ended, if it has.
fn ended(job: &Value) -> Option<Timestamp> {
    let last = job
        .items("/status/conditions")
        .iter()
        .find(|known| matches!(condition::kind_of(known), "Complete" | "Failed") && known.text("/status") == "True")?;
    Some(time(last.text("/lastTransitionTime")).unwrap_or(Timestamp::UNIX_EPOCH))
}

fn suspend_condition(conditions: &mut Vec<Value>, suspended: bool, scene: &Scene<'_>) {
    if suspended {
        let says = Condition { kind: "Suspended", status: "True", reason: "JobSuspended", message: "Job suspended" };
        condition::set(conditions, says, scene);
    } else if condition::find(conditions, "Suspended").is_some() {
        let says = Condition { kind: "Suspended", status: "False", reason: "JobResumed", message: "Job resumed" };
        condition::set(conditions, says, scene);
    }
}

#[expect(clippy::too_many_arguments, reason = "the numbers that decide, each named")]
fn verdict(
    job: &Value,
    status: &Map<String, Value>,
    completions: Option<i64>,
    succeeded: i64,
    failed: i64,
    active: usize,
    scene: &Scene<'_>,
    settled: &mut Settled,
) -> Option<Verdict> {
    let enough = match completions {
        Some(total) => succeeded >= total,
        None => succeeded > 0 && active == 0,
    };
    if enough {
        return Some(Verdict {
            complete: true,
            reason: "CompletionsReached",
            message: "Reached expected number of succeeded pods",
        });
    }
    if failed > job.int("/spec/backoffLimit").unwrap_or(6) {
        return Some(Verdict {
            complete: false,
            reason: "BackoffLimitExceeded",
            message: "Job has reached the specified backoff limit",
        });
    }
    let since = status.get("startTime").and_then(Value::as_str).and_then(time)?;
    let limit = job.int("/spec/activeDeadlineSeconds")?;
    let end = after(since, SignedDuration::from_secs(limit));
    if scene.now >= end {
        return Some(Verdict {
            complete: false,
            reason: "DeadlineExceeded",
            message: "Job was active longer than specified deadline",
        });
    }
    settled.later(end);
    None
}

/// Whether the pause after the last failure is over.
fn retry_now(pods: &[&Arc<Value>], failed: i64, scene: &Scene<'_>, settled: &mut Settled) -> bool {
    if failed == 0 {
        return true;
    }
    let last = pods
        .iter()
        .filter(|pod| pod.text("/status/phase") == "Failed")
        .map(|pod| pod::ended_at(pod).unwrap_or_else(|| scene.begun(pod)))
        .max()
        .unwrap_or(scene.now);
    let factor = 1_i32 << u32::try_from(failed - 1).unwrap_or(0).min(6);
    let next = after(last, scene.timing.job_retry.saturating_mul(factor));
    if scene.now >= next {
        return true;
    }
    settled.later(next);
    false
}

fn start(settled: &mut Settled, job: &Value, pods: &[&Arc<Value>], number: i64, scene: &Scene<'_>) {
    let mut template = job.pointer("/spec/template").cloned().unwrap_or(Value::Null);
    for (label, text) in [
        ("job-name", job.name()),
        ("batch.kubernetes.io/job-name", job.name()),
        ("controller-uid", job.uid()),
        ("batch.kubernetes.io/controller-uid", job.uid()),
    ] {
        put(&mut template, &["metadata", "labels", label], text.into());
    }
    let names = (0_u64..)
        .map(|index| {
            format!("{}-{}", job.name(), fingerprint::letters(fingerprint::hash(&[job.uid(), &index.to_string()]), 5))
        })
        .filter(|name| !pods.iter().any(|pod| pod.name() == name))
        .take(usize::try_from(number).unwrap_or(0));
    for name in names {
        settled.create(pod::placed(pod_from_template(&JOB, job, &template, &name)));
        let message = format!("Created pod: {name}");
        let says =
            Report { kind: "Normal", reason: "SuccessfulCreate", message: &message, component: "job-controller" };
        event::report(settled, &JOB, job, says, scene);
    }
}

fn finish(
    settled: &mut Settled,
    job: &Value,
    verdict: &Verdict,
    status: &mut Map<String, Value>,
    conditions: &mut Vec<Value>,
    scene: &Scene<'_>,
) {
    let kinds = if verdict.complete { ["SuccessCriteriaMet", "Complete"] } else { ["FailureTarget", "Failed"] };
    for kind in kinds {
        condition::set(
            conditions,
            Condition { kind, status: "True", reason: verdict.reason, message: verdict.message },
            scene,
        );
        if let Some(Value::Object(map)) = conditions.iter_mut().find(|known| condition::kind_of(known) == kind) {
            map.insert("lastProbeTime".to_owned(), scene.stamp().into());
        }
    }
    if verdict.complete {
        status.insert("completionTime".to_owned(), scene.stamp().into());
        let says =
            Report { kind: "Normal", reason: "Completed", message: "Job completed", component: "job-controller" };
        event::report(settled, &JOB, job, says, scene);
    } else {
        let says =
            Report { kind: "Warning", reason: verdict.reason, message: verdict.message, component: "job-controller" };
        event::report(settled, &JOB, job, says, scene);
    }
    if let Some(seconds) = job.int("/spec/ttlSecondsAfterFinished") {
        settled.later(after(scene.now, SignedDuration::from_secs(seconds)));
    }
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{JOB, POD},
        object::{Json, put},
        stage::{Stage, conditions, numbers},
    };
    use jiff::SignedDuration;
    use serde_json::{Value, json};

    fn job(spec: Value) -> Value {
        let mut job = json!({
            "apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "load"},
            "spec": {"completions": 1, "template": {"metadata": {}, "spec": {"restartPolicy": "Never", "containers": [{"name": "load", "image": "tool"}]}}},
        });
        for (field, value) in spec.as_object().cloned().unwrap_or_default() {
            put(&mut job, &["spec", &field], value);
        }
        job
    }

    #[test]
    fn completes_with_as_many_pods_as_asked() {
        let mut stage = Stage::new();
        stage.apply(job(json!({"completions": 5, "parallelism": 2})));
        stage.settle();
        assert_eq!(numbers(&stage.get(JOB, "load"), &["active", "succeeded"]), [2, 0]);
        stage.pass(SignedDuration::from_secs(1));
        let done = stage.get(JOB, "load");
        assert_eq!(numbers(&done, &["active", "succeeded", "failed"]), [0, 5, 0]);
        assert_eq!(
            conditions(&done),
            [
                "SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods",
                "Complete=True CompletionsReached: Reached expected number of succeeded pods",
            ]
        );
        assert!(done.has("/status/completionTime"));
        assert_eq!(stage.list(POD).len(), 5);
        assert_eq!(stage.list(POD)[0].text("/status/containerStatuses/0/state/terminated/reason"), "Completed");
    }

    #[test]
    fn fails_after_as_many_tries_as_allowed() {
        let mut stage = Stage::new();
        let mut failing = job(json!({"backoffLimit": 2}));
        put(&mut failing, &["metadata", "annotations", "simulate.lateen.dev/fail"], "bad input".into());
        stage.apply(failing);
        stage.pass(SignedDuration::from_secs(5));
        let failed = stage.get(JOB, "load");
        assert_eq!(numbers(&failed, &["active", "succeeded", "failed"]), [0, 0, 3]);
        assert_eq!(
            conditions(&failed)[1],
            "Failed=True BackoffLimitExceeded: Job has reached the specified backoff limit"
        );
        assert_eq!(stage.list(POD)[0].text("/status/containerStatuses/0/state/terminated/message"), "bad input");
    }

    #[test]
    fn ends_at_its_deadline_and_is_removed_after_its_time_to_live() {
        let mut stage = Stage::new();
        let mut stalled = job(json!({"activeDeadlineSeconds": 30, "ttlSecondsAfterFinished": 60}));
        put(&mut stalled, &["metadata", "annotations", "simulate.lateen.dev/stall"], "true".into());
        stage.apply(stalled);
        stage.pass(SignedDuration::from_secs(29));
        assert_eq!(numbers(&stage.get(JOB, "load"), &["active"]), [1]);
        stage.pass(SignedDuration::from_secs(2));
        assert_eq!(
            conditions(&stage.get(JOB, "load"))[1],
            "Failed=True DeadlineExceeded: Job was active longer than specified deadline"
        );
        stage.pass(SignedDuration::from_secs(60));
        assert_eq!(stage.get(JOB, "load"), Value::Null);
        assert!(stage.list(POD).is_empty());
    }

    #[test]
    fn suspended_it_waits() {
        let mut stage = Stage::new();
        stage.apply(job(json!({"suspend": true})));
        stage.pass(SignedDuration::from_secs(5));
        assert!(stage.list(POD).is_empty());
        assert_eq!(conditions(&stage.get(JOB, "load")), ["Suspended=True JobSuspended: Job suspended"]);
        stage.apply(job(json!({"suspend": false})));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(numbers(&stage.get(JOB, "load"), &["succeeded"]), [1]);
    }
}
