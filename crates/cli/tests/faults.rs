//! The real command against an API server behind a proxy that fails: refusals, dropped requests, lost answers, requests that
//! arrive twice, delays; and death at each write, before it arrives and before it is answered. Whatever happens, the run
//! ends, and each effect has happened once.
//!
//! `LATEEN_POINTS` says at how many writes the process is killed (6 if it does not; `all` is every one), `LATEEN_FAULTS` how
//! many runs go through the failing proxy (1 if it does not).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

mod receivers;

use receivers::{application, assert_once, mailbox, receiver};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A number that depends on all before it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// What the proxy does.
enum Manner {
    Plain,
    /// From the first write on, so many requests of a hundred fail.
    Faults(Dice, u64),
    /// The child dies at this write: when it arrives, or when it has been carried out.
    KillAt(usize, bool),
}

struct Inner {
    manner: Manner,
    writes: usize,
    faults: usize,
    child: Option<Child>,
}

/// A proxy before an API server.
struct Proxy {
    port: u16,
    inner: Arc<Mutex<Inner>>,
}

/// A request on its way.
struct Passing {
    head: String,
    body: Vec<u8>,
    is_write: bool,
    is_watch: bool,
}

impl Proxy {
    fn before(upstream: u16) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Mutex::new(Inner { manner: Manner::Plain, writes: 0, faults: 0, child: None }));
        let shared = inner.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let inner = shared.clone();
                std::thread::spawn(move || pass(stream, upstream, &inner));
            }
        });
        Proxy { port, inner }
    }

    fn is(&self, manner: Manner) {
        let mut inner = self.inner.lock().unwrap();
        (inner.manner, inner.writes, inner.faults) = (manner, 0, 0);
    }
}

/// Reads one request; each connection carries one.
fn read(stream: &TcpStream) -> Option<Passing> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0usize);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line.trim().is_empty() {
            break;
        }
        let lower = line.to_ascii_lowercase();
        if let Some(n) = lower.strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        if !lower.starts_with("connection:") {
            head.push_str(&line);
        }
    }
    head.push_str("connection: close\r\n\r\n");
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let is_write = ["POST ", "PUT ", "PATCH ", "DELETE "].iter().any(|verb| head.starts_with(verb));
    let is_watch = head.lines().next().is_some_and(|line| line.contains("watch="));
    Some(Passing { head, body, is_write, is_watch })
}

/// Sends it on, with the answer to nobody yet.
fn forward(request: &Passing, upstream: u16) -> Option<TcpStream> {
    let mut far = TcpStream::connect(("127.0.0.1", upstream)).ok()?;
    far.write_all(request.head.as_bytes()).ok()?;
    far.write_all(&request.body).ok()?;
    Some(far)
}

fn whole(request: &Passing, upstream: u16) -> Option<Vec<u8>> {
    let mut answer = Vec::new();
    forward(request, upstream)?.read_to_end(&mut answer).ok()?;
    Some(answer)
}

fn refuse(mut stream: &TcpStream, code: u16, reason: &str) -> Option<()> {
    let body =
        serde_json::json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "reason": reason,
        "message": "the proxy refuses"})
        .to_string();
    let answer = format!(
        "HTTP/1.1 {code} {reason}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(answer.as_bytes()).ok()
}

fn pass(mut stream: TcpStream, upstream: u16, inner: &Mutex<Inner>) -> Option<()> {
    let request = read(&stream)?;
    let (mut fault, mut dies) = (None, None);
    {
        let mut inner = inner.lock().unwrap();
        inner.writes += usize::from(request.is_write);
        let writes = inner.writes;
        match &mut inner.manner {
            Manner::Plain => {}
            Manner::Faults(dice, share) => {
                // what a command reads before it begins is not what this is about
                if writes > 0 && dice.roll(100) < *share {
                    fault = Some(dice.roll(8));
                }
            }
            Manner::KillAt(at, after) => dies = (request.is_write && writes == *at).then_some(*after),
        }
        inner.faults += usize::from(fault.is_some());
    }
    let kill = || {
        if let Some(mut child) = inner.lock().unwrap().child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    };
    if dies == Some(false) {
        kill();
        return stream.shutdown(Shutdown::Both).ok();
    }
    match fault {
        Some(0) => return refuse(&stream, 500, "InternalError"),
        Some(1) => return refuse(&stream, 429, "TooManyRequests"),
        // a server that is asked to write only says so
        Some(2) if request.is_write && !request.head.starts_with("POST ") => return refuse(&stream, 409, "Conflict"),
        Some(2) => return refuse(&stream, 503, "ServiceUnavailable"),
        Some(3) => return stream.shutdown(Shutdown::Both).ok(),
        Some(4) if !request.is_watch => {
            whole(&request, upstream)?;
            return stream.shutdown(Shutdown::Both).ok();
        }
        Some(5) if !request.is_watch => drop(whole(&request, upstream)),
        Some(6) => std::thread::sleep(Duration::from_millis(400)),
        _ => {}
    }
    if request.is_watch {
        // events as they come; the client may leave first
        let mut far = forward(&request, upstream)?;
        let mut bytes = [0; 16_384];
        let patience = if fault.is_some() { Duration::from_millis(700) } else { Duration::from_secs(120) };
        far.set_read_timeout(Some(patience)).ok()?;
        while let Ok(count @ 1..) = far.read(&mut bytes) {
            stream.write_all(&bytes[..count]).ok()?;
        }
        return Some(());
    }
    let answer = whole(&request, upstream)?;
    if dies == Some(true) {
        kill();
        return None;
    }
    if fault == Some(7) {
        std::thread::sleep(Duration::from_millis(400));
    }
    stream.write_all(&answer).ok()
}

/// An embedded hub that is served, and this machine's way to it through the proxy.
struct Place {
    folder: tempfile::TempDir,
    server: Child,
    proxy: Proxy,
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

impl Place {
    fn new() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let far = folder.path().join("far");
        let mut server = command(&far, &["cluster", "serve", "local"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(server.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let port = line.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(';').next()).unwrap().parse().unwrap();
        let proxy = Proxy::before(port);
        let given = command(&far, &["cluster", "kubeconfig", "local"]).stdout(Stdio::piped()).output().unwrap();
        let given = std::fs::read(String::from_utf8(given.stdout).unwrap().trim()).unwrap();
        let given: Value = serde_json::from_slice(&given).unwrap();
        let url = given.pointer("/clusters/0/cluster/server").unwrap().as_str().unwrap();
        let through = url.replace(&format!(":{port}/"), &format!(":{}/", proxy.port));
        assert_ne!(through, url);
        // no word of it being an embedded one: those are reached without HTTP
        let kubeconfig = serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "far", "users": [{"name": "nobody", "user": {}}],
            "clusters": [{"name": "far", "cluster": {"server": through}}],
            "contexts": [{"name": "far", "context": {"cluster": "far", "user": "nobody"}}],
        });
        std::fs::write(folder.path().join("kubeconfig"), kubeconfig.to_string()).unwrap();
        let place = Place { folder, server, proxy };
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
    fn store(&self, name: &str, rounds: usize, http: u16, smtp: u16) {
        self.proxy.is(Manner::Plain);
        std::fs::write(self.path("app.yaml"), application(name, rounds, http, smtp)).unwrap();
        self.succeeds(&["up", "-f", "app.yaml", "--no-wait"]);
    }

    /// All steps have succeeded, and the objects are there.
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
    }
}

#[test]
fn each_effect_happens_once_behind_a_server_that_fails() {
    const ROUNDS: usize = 6;
    let runs: usize = std::env::var("LATEEN_FAULTS").ok().and_then(|n| n.parse().ok()).unwrap_or(1);
    let place = Place::new();
    let ((http, requests), (smtp, mails)) = (receiver(), mailbox());
    let (mut lives, mut faults) = (0, 0);
    for run in 0..runs {
        let name = format!("app-{run}");
        place.store(&name, ROUNDS, http, smtp);
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
    assert_once(&requests, "request", runs * ROUNDS);
    assert_once(&mails, "mail", runs * ROUNDS);
    println!("{runs} runs of {} steps, {faults} faults, {lives} lives", 3 * ROUNDS);
}

#[test]
fn each_effect_happens_once_when_the_process_dies_at_a_write() {
    const ROUNDS: usize = 2;
    let place = Place::new();
    let ((http, requests), (smtp, mails)) = (receiver(), mailbox());
    place.store("whole", ROUNDS, http, smtp);
    place.proxy.is(Manner::Plain);
    place.succeeds(&["up", "whole"]);
    let all = place.proxy.inner.lock().unwrap().writes;
    assert!(all > 3 * ROUNDS, "{all} writes");
    let points = match std::env::var("LATEEN_POINTS").ok().as_deref() {
        Some("all") => 2 * all,
        Some(number) => number.parse().unwrap(),
        None => 6,
    };
    let mut died = 0;
    for i in 0..points {
        // spread over all of them, each before it arrives and after it was carried out
        let point = i * 2 * all / points;
        let name = format!("app-{i}");
        place.store(&name, ROUNDS, http, smtp);
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
    assert_once(&requests, "request", (points + 1) * ROUNDS);
    assert_once(&mails, "mail", (points + 1) * ROUNDS);
    println!("killed at {died} of {points} points; a run of {} steps makes {all} writes", 3 * ROUNDS);
}
