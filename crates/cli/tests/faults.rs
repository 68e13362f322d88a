//! The real command against an API server behind a proxy that fails: refusals, dropped requests, lost answers, requests that
//! arrive twice, delays, requests that vanish; and death at each write, before it arrives and before it is answered. Whatever
//! happens, the run ends, and each effect has happened once.
//!
//! The API server is an embedded one that is served; a real one where `LATEEN_TEST_KUBECONFIG` names it (`kubectl proxy` then
//! does TLS for the failing proxy, `LATEEN_TEST_KUBECTL` names the program).
//!
//! `LATEEN_POINTS` says at how many writes the process is killed (6 if it does not; `all` is every one), `LATEEN_FAULTS` how
//! many runs go through the failing proxy (1 if it does not). `tests/kubernetes/crash` runs all of it on the rig.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod receivers;

use receivers::proxy::{Dice, Manner, Proxy, signal};
use receivers::{Hub, Receivers};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// A hub that is served, and this machine's way to it through the proxy.
struct Place {
    folder: tempfile::TempDir,
    server: Child,
    proxy: Proxy,
    hub: Hub,
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

fn command(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    command.args(args).env_clear().env("LATEEN_HOME", home).env("LATEEN_EGRESS_ALLOW", "127.0.0.1");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Starts a program that says on its first line at which port of this machine it answers.
fn serving(mut command: Command) -> (Child, u16) {
    let mut server = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
    let port = line.split("127.0.0.1:").nth(1).unwrap();
    let digits = port.find(|c: char| !c.is_ascii_digit()).unwrap_or(port.len());
    (server, port[..digits].parse().unwrap())
}

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let hub = Hub::of_environment();
        let ((server, port), path) = match &hub.kubeconfig {
            Some(kubeconfig) => {
                let mut kubectl = Command::new(std::env::var_os("LATEEN_TEST_KUBECTL").unwrap());
                kubectl.arg("--kubeconfig").arg(kubeconfig).args(["proxy", "--port=0", "--disable-filter"]);
                (serving(kubectl), String::new())
            }
            None => {
                let far = folder.path().join("far");
                let serving = serving(command(&far, &["cluster", "serve", "local"]));
                let given = command(&far, &["cluster", "kubeconfig", "local"]).stdout(Stdio::piped()).output().unwrap();
                let given = std::fs::read(String::from_utf8(given.stdout).unwrap().trim()).unwrap();
                let given: Value = serde_json::from_slice(&given).unwrap();
                let url = given.pointer("/clusters/0/cluster/server").unwrap().as_str().unwrap();
                let path = url.split(&format!(":{}", serving.1)).nth(1).unwrap().to_owned();
                (serving, path)
            }
        };
        let proxy = Proxy::before(port);
        // no word of it being an embedded one: those are reached without HTTP
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "far", "users": [{"name": "nobody", "user": {}}],
            "clusters": [{"name": "far", "cluster": {"server": format!("http://127.0.0.1:{}{path}", proxy.port)}}],
            "contexts": [{"name": "far", "context": {"cluster": "far", "user": "nobody"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        let place = Place { folder, server, proxy, hub };
        place.succeeds(&["install", "--crds"]);
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn lateen(&self, args: &[&str]) -> Command {
        let mut command = command(&self.path("near"), args);
        command.env("LATEEN_HUB", self.path("kubeconfig")).current_dir(self.folder.path());
        command
    }

    fn succeeds(&self, args: &[&str]) {
        let out = self.lateen(args).stderr(Stdio::piped()).output().unwrap();
        assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    }

    fn status(&self, name: &str) -> Value {
        let out = self.lateen(&["status", name, "-o", "json"]).stdout(Stdio::piped()).output().unwrap();
        serde_json::from_slice::<Value>(&out.stdout).map_or(Value::Null, |app| app["status"].clone())
    }

    /// Stores an application of so many rounds: what is not stored has promised nothing.
    fn store(&self, name: &str, rounds: usize, receivers: &Receivers) {
        self.proxy.is(Manner::Plain);
        std::fs::write(self.path("app.yaml"), receivers.application(name, rounds)).unwrap();
        self.succeeds(&["up", "-f", "app.yaml", "--no-wait"]);
    }

    /// All steps have succeeded, the objects are there, and the revision tells of it.
    fn assert_over(&self, name: &str, rounds: usize) {
        self.proxy.is(Manner::Plain);
        let status = self.status(name);
        assert_eq!(status["status"], "running", "{status}");
        let steps = status["workflow"]["steps"].as_array().unwrap();
        assert_eq!(steps.iter().filter(|step| step["phase"] == "succeeded").count(), 3 * rounds, "{status}");
        let made = self.lateen(&["get", "configmaps", "-o", "json"]).stdout(Stdio::piped()).output().unwrap();
        let made = String::from_utf8(made.stdout).unwrap();
        for i in 0..rounds {
            assert!(made.contains(&format!("\"{name}-{i}\"")), "{name}-{i} is not there");
        }
        let all = self.lateen(&["get", "applicationrevisions", "-o", "json"]).stdout(Stdio::piped()).output().unwrap();
        let all: Value = serde_json::from_slice(&all.stdout).unwrap();
        let own = format!("{name}-v1");
        let own = all["items"].as_array().unwrap().iter().find(|revision| revision["metadata"]["name"] == own).unwrap();
        assert_eq!(own["status"]["succeeded"], true, "nobody would roll back to it: {}", own["status"]);
    }
}

#[test]
fn each_effect_happens_once_behind_a_server_that_fails() {
    const ROUNDS: usize = 6;
    let runs: usize = std::env::var("LATEEN_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let place = Place::new();
    let receivers = Receivers::start();
    let (mut lives, mut faults) = (0, 0);
    for run in 0..runs {
        let name = place.hub.name(&format!("app-{run}"));
        place.store(&name, ROUNDS, &receivers);
        let mut said = String::new();
        // a command may be refused as a whole, before it runs anything; who asks again must find everything in order
        for life in 0..40 {
            lives += 1;
            place.proxy.is(Manner::Faults(Dice(1000 * run as u64 + life), 10));
            let out = place.lateen(&["up", &name]).stderr(Stdio::piped()).output().unwrap();
            faults += place.proxy.inner.lock().unwrap().faults;
            said.push_str(&String::from_utf8_lossy(&out.stderr));
            place.proxy.is(Manner::Plain);
            if out.status.success() || place.status(&name)["workflow"]["finished"] == true {
                break;
            }
        }
        assert_eq!(place.status(&name)["workflow"]["finished"], true, "the run of {name} does not end:\n{said}");
        place.assert_over(&name, ROUNDS);
    }
    assert!(faults > 0, "nothing has failed");
    receivers.assert_once(runs * ROUNDS);
    println!("{}: {runs} runs of {} steps, {faults} faults, {lives} lives", place.hub.kind(), 3 * ROUNDS);
}

#[test]
fn each_effect_happens_once_when_the_process_dies_at_a_write() {
    const ROUNDS: usize = 2;
    let place = Place::new();
    let receivers = Receivers::start();
    let whole = place.hub.name("whole");
    place.store(&whole, ROUNDS, &receivers);
    place.proxy.is(Manner::Plain);
    place.succeeds(&["up", &whole]);
    let all = place.proxy.inner.lock().unwrap().writes;
    assert!(all > 3 * ROUNDS, "{all} writes");
    let spread = match std::env::var("LATEEN_POINTS").ok().as_deref() {
        Some("all") => 2 * all,
        Some(number) => number.parse().unwrap(),
        None => 6,
    };
    // spread over all of them, each before it arrives and after it was carried out, and the end of a run, write by write
    let chosen: std::collections::BTreeSet<usize> =
        (0..spread).map(|i| i * 2 * all / spread).chain(2 * all - 6..2 * all).collect();
    let points = chosen.len();
    let mut died = 0;
    for (i, point) in chosen.into_iter().enumerate() {
        let name = place.hub.name(&format!("app-{i}"));
        place.store(&name, ROUNDS, &receivers);
        place.proxy.is(Manner::KillAt(point / 2 + 1, point % 2 == 1));
        // the proxy must know the process before its first write
        let mut inner = place.proxy.inner.lock().unwrap();
        inner.child = Some(place.lateen(&["up", &name]).spawn().unwrap());
        drop(inner);
        loop {
            let mut inner = place.proxy.inner.lock().unwrap();
            match inner.child.as_mut().map(|child| child.try_wait().unwrap()) {
                None => {
                    died += 1;
                    break;
                }
                // some write less than usual: it was over before
                Some(Some(_)) => {
                    inner.child = None;
                    break;
                }
                Some(None) => {}
            }
            drop(inner);
            std::thread::sleep(Duration::from_millis(5));
        }
        place.proxy.is(Manner::Plain);
        place.succeeds(&["up", &name]);
        place.assert_over(&name, ROUNDS);
    }
    assert!(died * 2 > points, "{died} of {points} died");
    receivers.assert_once((points + 1) * ROUNDS);
    println!(
        "{}: killed at {died} of {points} points; a run of {} steps makes {all} writes",
        place.hub.kind(),
        3 * ROUNDS
    );
}

/// Processes that are stopped in the middle, one between its requests and one while a write of its is on its way; past their
/// leases they go on, when others have taken the runs over and ended them.
#[test]
fn each_effect_happens_once_when_a_process_sleeps_past_its_lease() {
    const ROUNDS: usize = 6;
    const AT: usize = 12;
    let place = Place::new();
    let receivers = Receivers::start();
    let names = ["sleeper", "writer"].map(|name| place.hub.name(name));
    let mut sleepers = Vec::new();
    for (name, manner) in names.iter().zip([Manner::Plain, Manner::StopAt(AT)]) {
        place.store(name, ROUNDS, &receivers);
        place.proxy.is(manner);
        let said = place.path(&format!("{name}.txt"));
        // the proxy must know the process before its first write
        let mut inner = place.proxy.inner.lock().unwrap();
        let process = place.lateen(&["up", name]).stderr(std::fs::File::create(&said).unwrap()).spawn().unwrap();
        let id = process.id();
        inner.child = Some(process);
        drop(inner);
        while place.proxy.inner.lock().unwrap().writes < AT {
            std::thread::sleep(Duration::from_millis(2));
        }
        // a second time for the one that the proxy has stopped, or is about to
        signal("-STOP", id);
        place.proxy.is(Manner::Plain);
        let steps = place.status(name)["workflow"]["steps"].as_array().map_or(0, Vec::len);
        assert!(steps < 3 * ROUNDS, "{name} was stopped in the middle, {steps}");
        sleepers.push((name, place.proxy.inner.lock().unwrap().child.take().unwrap(), said));
    }
    // each waits until the lease has expired
    let others: Vec<Child> = names.iter().map(|name| place.lateen(&["up", name]).spawn().unwrap()).collect();
    for (name, mut other) in names.iter().zip(others) {
        assert!(other.wait().unwrap().success(), "{name} is taken over");
        place.assert_over(name, ROUNDS);
    }
    for (name, mut sleeper, said) in sleepers {
        signal("-CONT", sleeper.id());
        let success = sleeper.wait().unwrap().success();
        assert!(success, "{name} finds that its run has ended:\n{}", std::fs::read_to_string(&said).unwrap());
        place.assert_over(name, ROUNDS);
    }
    receivers.assert_once(names.len() * ROUNDS);
}
