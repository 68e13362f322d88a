//! The real command, killed with SIGKILL at random moments, against real receivers: what a key is good for is counted once,
//! a mail has one Message-ID, and the run ends as if nothing had happened.
//!
//! The hub is an embedded one, or a real one where `LATEEN_TEST_KUBECONFIG` names it. `LATEEN_KILLS` says how often the
//! command is killed (12 if it does not): `tests/kubernetes/rig run tests/kubernetes/crash 200` is the long form.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod receivers;

use receivers::proxy::Dice;
use receivers::{Hub, Receivers};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// Rounds of an object, a request and a mail each.
const ROUNDS: usize = 12;

fn lateen(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    command
        .args(args)
        .env_clear()
        .env("LATEEN_HOME", home.join("state"))
        .env("LATEEN_HUB", Hub::of_environment().choice())
        .env("LATEEN_EGRESS_ALLOW", "127.0.0.1")
        .current_dir(home)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command
}

fn status(home: &Path, name: &str) -> Value {
    let output = lateen(home, &["status", name, "-o", "json"]).stdout(Stdio::piped()).output().unwrap();
    serde_json::from_slice::<Value>(&output.stdout).map_or(Value::Null, |app| app["status"].clone())
}

#[test]
fn each_effect_happens_once_however_often_the_process_is_killed() {
    let kills: usize = std::env::var("LATEEN_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(12);
    let home = tempfile::tempdir().unwrap();
    let hub = Hub::of_environment();
    let receivers = Receivers::start();
    assert!(lateen(home.path(), &["install", "--crds"]).status().unwrap().success());
    let mut dice = Dice(20_261_121);
    let (mut killed, mut apps) = (0, 0);
    while killed < kills {
        let name = hub.name(&format!("app-{apps}"));
        apps += 1;
        std::fs::write(home.path().join("app.yaml"), receivers.application(&name, ROUNDS)).unwrap();
        // it is stored before the first life: a process that is killed earlier has promised nothing
        assert!(lateen(home.path(), &["up", "-f", "app.yaml", "--no-wait"]).status().unwrap().success());
        for _ in 0..40 {
            let mut life = lateen(home.path(), &["up", &name]).spawn().unwrap();
            std::thread::sleep(Duration::from_millis(30 + dice.roll(500)));
            if life.try_wait().unwrap().is_some() || killed == kills {
                break;
            }
            life.kill().unwrap();
            life.wait().unwrap();
            killed += 1;
        }
        let last = lateen(home.path(), &["up", &name]).stderr(Stdio::piped()).output().unwrap();
        assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
        let status = status(home.path(), &name);
        assert_eq!(status["status"], "running", "{status}");
        assert_eq!(status["workflow"]["steps"].as_array().map(Vec::len), Some(3 * ROUNDS));
    }
    receivers.assert_once(apps * ROUNDS);
    println!("{}: {killed} kills over {apps} runs of {} steps", hub.kind(), 3 * ROUNDS);
}
