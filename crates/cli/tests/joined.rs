//! An embedded cluster that is served joins as a real one does: over HTTP, with the credentials of a kubeconfig.

#![expect(clippy::unwrap_used, reason = "a test that cannot run the command has failed")]

use serde_json::json;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn lateen(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    command.args(args).env_clear().env("PATH", "/usr/bin:/bin").env("LATEEN_HOME", home).stdin(Stdio::null());
    // Nobody answers there: this machine is reached without it.
    command.env("HTTP_PROXY", "http://127.0.0.1:9").env("HTTPS_PROXY", "http://127.0.0.1:9");
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    lateen(home, args).output().unwrap()
}

fn prints(home: &Path, args: &[&str]) -> String {
    let out = run(home, args);
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// A served cluster, until it is dropped.
struct Served {
    child: Child,
    server: String,
}

impl Served {
    fn start(home: &Path, cluster: &str) -> Served {
        let mut child = lateen(home, &["cluster", "serve", cluster]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with(&format!("Serving {cluster} on http://127.0.0.1:")), "{line}");
        let kubeconfig = prints(home, &["cluster", "kubeconfig", cluster]);
        let text = std::fs::read_to_string(kubeconfig.trim()).unwrap();
        let kubeconfig: serde_json::Value = serde_json::from_str(&text).unwrap();
        let server = kubeconfig.pointer("/clusters/0/cluster/server").unwrap().as_str().unwrap().to_owned();
        Served { child, server }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_cluster_behind_a_command_is_reached_where_somebody_agreed_to_the_command() {
    let folder = tempfile::tempdir().unwrap();
    let (theirs, ours, far) = (folder.path().join("theirs"), folder.path().join("ours"), folder.path().join("far"));
    prints(&far, &["cluster", "create", "prod"]);
    let prod = Served::start(&far, "prod");
    let hub = Served::start(&far, "local");
    let answer = json!({
        "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-a-command"},
    });
    let kubeconfig = |name: &str, server: &str, user: serde_json::Value| {
        let text = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{"name": "it", "cluster": {"server": server}}],
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "me"}}],
            "users": [{"name": "me", "user": user}],
        });
        let path = folder.path().join(name);
        std::fs::write(&path, text.to_string()).unwrap();
        path.display().to_string()
    };
    let exec = json!({"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "echo", "args": [answer.to_string()],
        "interactiveMode": "Never",
    }});
    let hub = kubeconfig("hub.kubeconfig", &hub.server, json!({"token": "any"}));
    let prod = kubeconfig("prod.kubeconfig", &prod.server, exec);

    prints(&theirs, &["--hub", &hub, "cluster", "join", &prod, "--name", "behind"]);
    assert!(prints(&theirs, &["--hub", &hub, "namespace", "list", "--cluster", "behind"]).contains("kube-system"));

    let refused = run(&ours, &["--hub", &hub, "namespace", "list", "--cluster", "behind"]);
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("`echo {"), "{said}");
    assert!(said.contains("lateen cluster trust behind"), "{said}");
    // Without a yes nothing is agreed to.
    assert_eq!(run(&ours, &["--hub", &hub, "cluster", "trust", "behind"]).status.code(), Some(1));
    assert_eq!(run(&ours, &["--hub", &hub, "cluster", "probe", "behind"]).status.code(), Some(1));
    let agreed = prints(&ours, &["--hub", &hub, "cluster", "trust", "behind", "--yes"]);
    assert!(agreed.ends_with("may run to reach cluster behind.\n"), "{agreed}");
    assert!(prints(&ours, &["--hub", &hub, "cluster", "probe", "behind"]).contains("answers"));
    assert_eq!(
        prints(&ours, &["--hub", &hub, "cluster", "trust", "local"]),
        "Cluster local is reached without a command; there is nothing to agree to.\n"
    );
}
