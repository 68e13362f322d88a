//! Defaults of workloads: Deployment, ReplicaSet, StatefulSet, DaemonSet, Job, CronJob, HorizontalPodAutoscaler.

use serde_json::{Value, json};

use super::pod;
use crate::object::{self, default, set};

fn default_template(workload: &mut Value) {
    if let Some(spec) = workload.pointer_mut("/spec/template/spec") {
        pod::default_spec(spec);
    }
}

pub(super) fn deployment(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default(object, &["spec", "revisionHistoryLimit"], 10);
    default(object, &["spec", "progressDeadlineSeconds"], 600);
    default(object, &["spec", "strategy", "type"], "RollingUpdate");
    if object::text(object, &["spec", "strategy", "type"]) == "RollingUpdate" {
        default(object, &["spec", "strategy", "rollingUpdate", "maxSurge"], "25%");
        default(object, &["spec", "strategy", "rollingUpdate", "maxUnavailable"], "25%");
    }
    default_template(object);
}

pub(super) fn replica_set(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default_template(object);
}

pub(super) fn stateful_set(object: &mut Value) {
    default(object, &["spec", "replicas"], 1);
    default(object, &["spec", "revisionHistoryLimit"], 10);
    default(object, &["spec", "podManagementPolicy"], "OrderedReady");
    default(object, &["spec", "updateStrategy", "type"], "RollingUpdate");
    if object::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        default(object, &["spec", "updateStrategy", "rollingUpdate", "partition"], 0);
    }
    default(object, &["spec", "persistentVolumeClaimRetentionPolicy", "whenDeleted"], "Retain");
    default(object, &["spec", "persistentVolumeClaimRetentionPolicy", "whenScaled"], "Retain");
    if let Some(spec) = object.get_mut("spec") {
        for claim in pod::items(spec, "volumeClaimTemplates") {
            set(claim, &["apiVersion"], "v1");
            set(claim, &["kind"], "PersistentVolumeClaim");
            default(claim, &["spec", "volumeMode"], "Filesystem");
            default(claim, &["status", "phase"], "Pending");
        }
    }
    default_template(object);
}

pub(super) fn daemon_set(object: &mut Value) {
    default(object, &["metadata", "annotations", "deprecated.daemonset.template.generation"], "1");
    default(object, &["spec", "revisionHistoryLimit"], 10);
    default(object, &["spec", "updateStrategy", "type"], "RollingUpdate");
    if object::text(object, &["spec", "updateStrategy", "type"]) == "RollingUpdate" {
        default(object, &["spec", "updateStrategy", "rollingUpdate", "maxUnavailable"], 1);
        default(object, &["spec", "updateStrategy", "rollingUpdate", "maxSurge"], 0);
    }
    default_template(object);
}

pub(super) fn job(object: &mut Value, new: bool) {
    let parallelism = object::at(object, &["spec", "parallelism"]).is_some();
    let completions = object::at(object, &["spec", "completions"]).is_some();
    if !parallelism && !completions {
        set(object, &["spec", "completions"], 1);
    }
    default(object, &["spec", "parallelism"], 1);
    default(object, &["spec", "backoffLimit"], 6);
    default(object, &["spec", "completionMode"], "NonIndexed");
    default(object, &["spec", "suspend"], false);
    default(object, &["spec", "podReplacementPolicy"], "TerminatingOrFailed");
    let manual = object::at(object, &["spec", "manualSelector"]).and_then(Value::as_bool) == Some(true);
    let labels = object::at(object, &["spec", "template", "metadata", "labels"]).cloned();
    if let Some(labels) = labels
        && new
    {
        default(object, &["metadata", "labels"], labels);
    }
    if new && !manual {
        // The selector of a job is its own uid, so that no other job's pods match.
        let (uid, name) = (object::uid(object).to_owned(), object::name(object).to_owned());
        let labels = [
            ("batch.kubernetes.io/controller-uid", &uid),
            ("batch.kubernetes.io/job-name", &name),
            ("controller-uid", &uid),
            ("job-name", &name),
        ];
        for (key, value) in labels {
            set(object, &["spec", "template", "metadata", "labels", key], value.as_str());
        }
        default(object, &["spec", "selector", "matchLabels", "batch.kubernetes.io/controller-uid"], uid);
    }
    default_template(object);
}

pub(super) fn cron_job(object: &mut Value) {
    default(object, &["spec", "concurrencyPolicy"], "Allow");
    default(object, &["spec", "suspend"], false);
    default(object, &["spec", "successfulJobsHistoryLimit"], 3);
    default(object, &["spec", "failedJobsHistoryLimit"], 1);
    if let Some(spec) = object.pointer_mut("/spec/jobTemplate/spec/template/spec") {
        pod::default_spec(spec);
    }
}

pub(super) fn autoscaler(object: &mut Value) {
    default(object, &["spec", "minReplicas"], 1);
    if object::text(object, &["apiVersion"]).ends_with("/v2") && object::list(object, &["spec", "metrics"]).is_empty() {
        let cpu = json!([{
            "type": "Resource",
            "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}},
        }]);
        set(object, &["spec", "metrics"], cpu);
    }
}
