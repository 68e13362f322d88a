use super::super::{
    kind::{DEPLOYMENT, EVENT, POD, REPLICA_SET},
    object::{Json, put},
    stage::{Stage, conditions, numbers},
};
use jiff::SignedDuration;
use serde_json::{Value, json};

const FIELDS: [&str; 6] =
    ["observedGeneration", "replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas"];

fn web(replicas: i64, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "default", "annotations": {"team": "blue"}},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": image}]}},
        },
    })
}

fn sizes(stage: &Stage) -> Vec<(String, i64)> {
    let mut sets = stage.list(REPLICA_SET);
    sets.sort_by_key(super::revision);
    sets.iter().map(|set| (set.annotation(super::REVISION).to_owned(), super::wanted(set))).collect()
}

#[test]
fn becomes_available_after_its_pods_do() {
    let mut stage = Stage::new();
    stage.apply(web(2, "shop:1"));
    stage.settle();
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [1, 2, 2, 0, 0, 2]);
    assert_eq!(
        conditions(&stage.get(DEPLOYMENT, "web"))[1],
        "Available=False MinimumReplicasUnavailable: Deployment does not have minimum availability."
    );
    stage.pass(SignedDuration::from_millis(100));
    let web = stage.get(DEPLOYMENT, "web");
    assert_eq!(numbers(&web, &FIELDS), [1, 2, 2, 2, 2, 0]);
    let set = &stage.list(REPLICA_SET)[0];
    assert_eq!(
        conditions(&web),
        [
            format!(
                "Progressing=True NewReplicaSetAvailable: ReplicaSet \"{}\" has successfully progressed.",
                set.name()
            ),
            "Available=True MinimumReplicasAvailable: Deployment has minimum availability.".to_owned(),
        ]
    );
    assert_eq!(set.annotation("team"), "blue");
    assert_eq!(stage.list(POD).len(), 2);
    assert_eq!(stage.list(POD)[0].annotation("lateen.dev/simulated"), "true");
    assert!(stage.list(EVENT).iter().any(|event| event.text("/reason") == "ScalingReplicaSet"));
}

#[test]
fn a_new_template_rolls_without_dropping_below_the_minimum() {
    let mut stage = Stage::new();
    stage.apply(web(4, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    stage.apply(web(4, "shop:2"));
    // 25 % of four: one more, one fewer at a time.
    let mut least = 4;
    for _ in 0..40 {
        stage.pass(SignedDuration::from_millis(10));
        least = least.min(stage.get(DEPLOYMENT, "web").int("/status/availableReplicas").unwrap_or(0));
        assert!(stage.list(POD).len() <= 5);
    }
    assert_eq!(least, 3);
    assert_eq!(sizes(&stage), [("1".to_owned(), 0), ("2".to_owned(), 4)]);
    assert_eq!(stage.get(DEPLOYMENT, "web").annotation(super::REVISION), "2");
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [2, 4, 4, 4, 4, 0]);
    // Back to the first template: its ReplicaSet is used again, as revision 3.
    stage.apply(web(4, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(sizes(&stage), [("2".to_owned(), 0), ("3".to_owned(), 4)]);
}

#[test]
fn a_failing_rollout_leaves_the_old_pods_and_ends_at_the_deadline() {
    let mut stage = Stage::new();
    stage.apply(web(3, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    let mut broken = web(3, "shop:2");
    put(
        &mut broken,
        &["spec", "template", "metadata", "annotations"],
        json!({"simulate.lateen.dev/fail": "ImagePullBackOff: no such image"}),
    );
    put(&mut broken, &["spec", "progressDeadlineSeconds"], 60.into());
    stage.apply(broken);
    stage.pass(SignedDuration::from_secs(10));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [2, 4, 1, 3, 3, 1]);
    let waiting = stage.list(POD).into_iter().find(|pod| !super::super::pod::ready(pod)).unwrap_or_default();
    assert_eq!(waiting.text("/status/phase"), "Pending");
    assert_eq!(waiting.text("/status/containerStatuses/0/state/waiting/reason"), "ImagePullBackOff");
    assert_eq!(waiting.text("/status/containerStatuses/0/state/waiting/message"), "no such image");
    stage.pass(SignedDuration::from_secs(60));
    assert!(conditions(&stage.get(DEPLOYMENT, "web"))[0].starts_with("Progressing=False ProgressDeadlineExceeded: "));
    // Mended, it rolls on.
    stage.apply(web(3, "shop:3"));
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [3, 3, 3, 3, 3, 0]);
}

#[test]
fn recreate_never_runs_two_revisions() {
    let mut stage = Stage::new();
    let with = |image| {
        let mut object = web(2, image);
        put(&mut object, &["spec", "strategy"], json!({"type": "Recreate"}));
        object
    };
    stage.apply(with("shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    stage.apply(with("shop:2"));
    stage.settle();
    let images: Vec<String> =
        stage.list(POD).iter().map(|pod| pod.text("/spec/containers/0/image").to_owned()).collect();
    assert_eq!(images, ["shop:2", "shop:2"]);
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [2, 2, 2, 2, 2, 0]);
}

#[test]
fn paused_it_scales_but_does_not_roll() {
    let mut stage = Stage::new();
    stage.apply(web(1, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    let mut paused = web(3, "shop:2");
    put(&mut paused, &["spec", "paused"], true.into());
    stage.apply(paused);
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(stage.list(REPLICA_SET).len(), 1);
    assert_eq!(
        conditions(&stage.get(DEPLOYMENT, "web"))[0],
        "Progressing=Unknown DeploymentPaused: Deployment is paused"
    );
}

#[test]
fn zero_replicas_are_available() {
    let mut stage = Stage::new();
    stage.apply(web(2, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    stage.apply(web(0, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [2, 0, 0, 0, 0, 0]);
    assert!(stage.list(POD).is_empty());
    assert!(stage.get(DEPLOYMENT, "web").pointer("/status/replicas").is_none());
}

#[test]
fn an_annotation_on_the_workload_reaches_its_pods_and_leaves_with_it() {
    let mut stage = Stage::new();
    let mut slow = web(1, "shop:1");
    put(&mut slow, &["metadata", "annotations", "simulate.lateen.dev/stall"], "true".into());
    stage.apply(slow);
    stage.pass(SignedDuration::from_secs(30));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS), [1, 1, 1, 0, 0, 1]);
    stage.apply(web(1, "shop:1"));
    stage.pass(SignedDuration::from_secs(1));
    assert_eq!(numbers(&stage.get(DEPLOYMENT, "web"), &FIELDS)[3], 1);
}
