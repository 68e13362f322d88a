//! kubectl against an embedded cluster, where `LATEEN_TEST_KUBECTL` names a kubectl 1.32.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::PathBuf;
use std::process::Command;

use embedded::{Cluster, Options};

struct Kubectl {
    binary: PathBuf,
    home: tempfile::TempDir,
}

impl Kubectl {
    /// Runs kubectl; gives what it printed, with trailing spaces and ages taken off.
    fn run(&self, arguments: &str, input: Option<&str>) -> String {
        let path = |name: &str| self.home.path().join(name);
        let mut command = Command::new(&self.binary);
        command.arg("--kubeconfig").arg(path("kubeconfig")).arg("--cache-dir").arg(path("cache"));
        command.args(arguments.split_whitespace());
        if let Some(input) = input {
            std::fs::write(path("input.yaml"), input).unwrap();
            command.arg("-f").arg(path("input.yaml"));
        }
        let output = command.env("HOME", self.home.path()).output().unwrap();
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text.push_str(&String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "kubectl {arguments}: {text}");
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n").collect()
    }
}

const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: 'web:1', ports: [{containerPort: 80}]}]
";

fn walk(kubectl: &Kubectl) {
    let run = |arguments: &str| kubectl.run(arguments, None);
    assert_eq!(kubectl.run("apply", Some(WEB)), "deployment.apps/web created\n");
    assert!(run("rollout status deploy/web --timeout 20s").contains("successfully rolled out"));
    let second = WEB.replace("web:1", "web:2");
    assert_eq!(kubectl.run("apply", Some(&second)), "deployment.apps/web configured\n");
    assert!(run("rollout status deploy/web --timeout 20s").contains("successfully rolled out"));
    assert!(kubectl.run("diff", Some(&second)).is_empty());
    assert_eq!(run("scale deploy web --replicas 3"), "deployment.apps/web scaled\n");
    assert!(run("wait --for jsonpath={.status.readyReplicas}=3 deploy/web --timeout 20s").contains("condition met"));
    let table = run("get deploy web -o wide");
    assert!(
        table.starts_with("NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR\nweb 3/3 3 3 "),
        "{table}"
    );
    assert!(table.ends_with(" web web:2 app=web\n"), "{table}");
    assert_eq!(run("get pods -l app=web --no-headers").lines().filter(|l| l.contains("1/1 Running")).count(), 3);
    assert!(run("describe deploy web").contains("Image: web:2"));
    assert!(run("logs deploy/web").contains("simulated"));
    assert!(run("explain deployment.spec.strategy").contains("rollingUpdate <RollingUpdateDeployment>"));
    assert!(run("rollout undo deploy/web").contains("rolled back"));
    assert_eq!(run("get deploy web -o jsonpath={..image}"), "web:1\n");

    let applied = kubectl.run("apply --server-side --force-conflicts --field-manager ci", Some(WEB));
    assert_eq!(applied, "deployment.apps/web serverside-applied\n");
    let patch = r#"patch deploy web --patch {"spec":{"paused":true}}"#;
    assert_eq!(run(patch), "deployment.apps/web patched\n");
    assert_eq!(run("label deploy web tier=front"), "deployment.apps/web labeled\n");
    assert_eq!(run("annotate deploy web note=x"), "deployment.apps/web annotated\n");

    assert_eq!(run("create namespace shop"), "namespace/shop created\n");
    assert_eq!(run("create configmap settings -n shop --from-literal=a=b"), "configmap/settings created\n");
    assert_eq!(run("get configmap settings -n shop -o jsonpath={.data.a}"), "b\n");
    assert_eq!(run("create secret generic token -n shop --from-literal=t=x"), "secret/token created\n");
    assert_eq!(run("create deployment api -n shop --image=api:1 --replicas=0"), "deployment.apps/api created\n");
    assert_eq!(run("get deploy api -n shop -o jsonpath={.spec.replicas}"), "0\n");
    assert_eq!(run("expose deploy web --port 80"), "service/web exposed\n");
    assert_eq!(run("auth can-i delete pods"), "yes\n");
    let resources = run("api-resources --api-group apps");
    assert!(resources.contains("deployments deploy apps/v1 true Deployment"), "{resources}");
    assert_eq!(run("delete deploy web --wait"), "deployment.apps \"web\" deleted\n");
    assert_eq!(run("delete namespace shop --wait --timeout 20s"), "namespace \"shop\" deleted\n");
    assert!(run("get pods").contains("No resources found") || run("wait --for delete pod -l app=web").contains("met"));
}

#[test]
fn kubectl_works() {
    let Some(binary) = std::env::var_os("LATEEN_TEST_KUBECTL").filter(|path| !path.is_empty()) else {
        println!("LATEEN_TEST_KUBECTL is not set: kubectl is not tested");
        return;
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let home = tempfile::tempdir().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let server = Cluster::url(listener.local_addr().unwrap(), "token");
    let config = serde_json::json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "embedded",
        "clusters": [{"name": "embedded", "cluster": {"server": server}}],
        "contexts": [{"name": "embedded", "context": {"cluster": "embedded", "user": ""}}],
    });
    std::fs::write(home.path().join("kubeconfig"), config.to_string()).unwrap();
    runtime.spawn(async move {
        let cluster = Cluster::in_memory(Options { simulate: true, ..Options::default() }).expect("a cluster opens");
        cluster.serve_tcp(listener, "token").await.expect("a listener is served");
    });
    walk(&Kubectl { binary: binary.into(), home });
}
