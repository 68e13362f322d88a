//! DaemonSet: one pod on every node; a simulated cluster has one node.

use super::{
    fingerprint,
    kind::{DAEMON_SET, NODE, POD},
    object::{Json, count, pod_from_template, put},
    pod,
    scene::{Scene, Settled},
};
use serde_json::Value;

const HASH: &str = "controller-revision-hash";

/// Brings a DaemonSet's pods and status to what the moment asks for.
pub(super) fn settle(set: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if set.deleting() {
        return settled;
    }
    let template = set.pointer("/spec/template").cloned().unwrap_or(Value::Null);
    let revision = fingerprint::of_template(&template);
    let selector = template.map("/spec/nodeSelector");
    let nodes: Vec<&str> = scene
        .view
        .all(NODE)
        .filter(|node| selector.iter().all(|(key, value)| Some(node.label(key)) == value.as_str()))
        .map(|node| node.name())
        .collect();
    let pods = scene.view.controlled(POD, set);
    let rolling = set.text("/spec/updateStrategy/type") != "OnDelete";
    for node in &nodes {
        match pods.iter().find(|pod| pod.text("/spec/nodeName") == *node && !pod.deleting()) {
            None => {
                let id = fingerprint::hash(&[set.uid(), node, set.text("/metadata/resourceVersion")]);
                let name = format!("{}-{}", set.name(), fingerprint::letters(id, 5));
                let mut pod = pod_from_template(&DAEMON_SET, set, &template, &name);
                put(&mut pod, &["metadata", "labels", HASH], revision.as_str().into());
                put(
                    &mut pod,
                    &["metadata", "labels", "pod-template-generation"],
                    set.generation().max(1).to_string().into(),
                );
                put(&mut pod, &["spec", "nodeName"], (*node).into());
                settled.create(pod);
            }
            Some(pod) if pod::finished(pod) || (rolling && pod.label(HASH) != revision) => settled.delete(&POD, pod),
            Some(_) => {}
        }
    }
    for pod in pods.iter().filter(|pod| !nodes.contains(&pod.text("/spec/nodeName")) && !pod.deleting()) {
        settled.delete(&POD, pod);
    }

    let number = |test: &dyn Fn(&Value) -> bool| {
        i64::try_from(pods.iter().filter(|pod| pod::counts(pod) && test(pod)).count()).unwrap_or(0)
    };
    let desired = i64::try_from(nodes.len()).unwrap_or(0);
    let ready = number(&|pod| pod::ready(pod));
    let mut status = set.map("/status");
    status.insert("observedGeneration".to_owned(), set.generation().into());
    status.insert("desiredNumberScheduled".to_owned(), desired.into());
    status.insert("currentNumberScheduled".to_owned(), number(&|_| true).into());
    status.insert("numberMisscheduled".to_owned(), 0.into());
    status.insert("numberReady".to_owned(), ready.into());
    count(&mut status, "numberAvailable", ready);
    count(&mut status, "numberUnavailable", (desired - ready).max(0));
    count(&mut status, "updatedNumberScheduled", number(&|pod| pod.label(HASH) == revision));
    settled.status(set, status);
    settled
}

#[cfg(test)]
mod tests {
    use super::super::{
        kind::{DAEMON_SET, POD},
        object::Json,
        stage::{Stage, numbers},
    };
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn runs_once_on_the_node_and_replaces_its_pod() {
        let agent = |image: &str| {
            json!({
                "apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agent"},
                "spec": {
                    "selector": {"matchLabels": {"app": "agent"}},
                    "template": {"metadata": {"labels": {"app": "agent"}}, "spec": {"containers": [{"name": "agent", "image": image}]}},
                },
            })
        };
        let fields = [
            "desiredNumberScheduled",
            "currentNumberScheduled",
            "numberReady",
            "numberAvailable",
            "updatedNumberScheduled",
            "observedGeneration",
        ];
        let mut stage = Stage::new();
        stage.apply(agent("a:1"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(numbers(&stage.get(DAEMON_SET, "agent"), &fields), [1; 6]);
        stage.apply(agent("a:2"));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(numbers(&stage.get(DAEMON_SET, "agent"), &fields), [1, 1, 1, 1, 1, 2]);
        assert_eq!(stage.list(POD).iter().map(|pod| pod.text("/spec/containers/0/image")).collect::<Vec<_>>(), ["a:2"]);
    }
}
