//! The real command, killed with SIGKILL at random moments, against real receivers: what a key is good for is counted once,
//! a mail has one Message-ID, and the run ends as if nothing had happened.
//!
//! `LATEEN_KILLS` says how often it is killed (12 if it does not).
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test reports by panicking")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a receiver has seen: by address or subject, the keys it came with.
type Seen = Arc<Mutex<BTreeMap<String, BTreeSet<String>>>>;

fn note(seen: &Seen, what: &str, key: &str) {
    seen.lock().unwrap().entry(what.to_owned()).or_default().insert(key.to_owned());
}

/// A receiver of requests that counts keys.
fn receiver() -> (u16, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let counts = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counts = counts.clone();
            // a client that is killed in the middle leaves half a request
            std::thread::spawn(move || request(stream, &counts));
        }
    });
    (port, seen)
}

fn request(mut stream: TcpStream, counts: &Seen) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split_whitespace().nth(1)?.to_owned();
    let (mut length, mut key) = (0usize, String::new());
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = header.trim().split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "idempotency-key" => key = value.trim().to_owned(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    note(counts, &path, &key);
    let answer =
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    stream.write_all(answer.as_bytes()).ok()
}

/// A mail server that counts Message-IDs by subject.
fn mailbox() -> (u16, Seen) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Seen::default();
    let counts = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let counts = counts.clone();
            std::thread::spawn(move || mail(stream, &counts));
        }
    });
    (port, seen)
}

fn mail(mut stream: TcpStream, counts: &Seen) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    stream.write_all(b"220 sink\r\n").ok()?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let word = line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
        if word == "DATA" {
            stream.write_all(b"354 go on\r\n").ok()?;
            let (mut id, mut subject) = (String::new(), String::new());
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).ok()? == 0 {
                    return None;
                }
                if line.trim_end() == "." {
                    break;
                }
                if let Some(value) = line.strip_prefix("Message-ID:") {
                    value.trim().clone_into(&mut id);
                }
                if let Some(value) = line.strip_prefix("Subject:") {
                    value.trim().clone_into(&mut subject);
                }
            }
            note(counts, &subject, &id);
        }
        let answer: &[u8] = if word == "QUIT" { b"221 bye\r\n" } else { b"250 ok\r\n" };
        stream.write_all(answer).ok()?;
        if word == "QUIT" {
            return None;
        }
    }
}

/// Rounds of an object, a request and a mail each.
const ROUNDS: usize = 12;

fn application(name: &str, http: u16, smtp: u16) -> String {
    let mut text = format!(
        "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  components: []\n  workflow:\n    steps:\n"
    );
    for i in 0..ROUNDS {
        let _ = writeln!(
            text,
            "      - {{name: object-{i}, type: apply-object, properties: {{value: {{apiVersion: v1, kind: ConfigMap, metadata: {{name: {name}-{i}}}}}}}}}
      - {{name: ask-{i}, type: request, properties: {{method: POST, url: \"http://127.0.0.1:{http}/{name}/{i}\", body: {{round: {i}}}}}}}
      - name: mail-{i}
        type: notification
        properties:
          email:
            from: {{address: lateen@example.com, password: {{value: \"\"}}, host: 127.0.0.1, port: {smtp}}}
            to: [ops@example.com]
            content: {{subject: {name}-{i}, body: done}}"
        );
    }
    text
}

fn lateen(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
    command
        .args(args)
        .env_clear()
        .env("LATEEN_HOME", home.join("state"))
        .env("LATEEN_HUB", "embedded")
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

/// A number that depends on all before it.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

#[test]
fn each_effect_happens_once_however_often_the_process_is_killed() {
    let kills: usize = std::env::var("LATEEN_KILLS").ok().and_then(|k| k.parse().ok()).unwrap_or(12);
    let home = tempfile::tempdir().unwrap();
    let ((http, requests), (smtp, mails)) = (receiver(), mailbox());
    let mut dice = Dice(20_261_121);
    let (mut killed, mut apps) = (0, 0);
    while killed < kills {
        let name = format!("app-{apps}");
        apps += 1;
        std::fs::write(home.path().join("app.yaml"), application(&name, http, smtp)).unwrap();
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
    let once = |seen: &Seen, what: &str| {
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), apps * ROUNDS, "every {what} has arrived, and nothing else");
        for (name, keys) in seen.iter() {
            assert!(keys.len() == 1 && !keys.contains(""), "{what} {name} has one key: {keys:?}");
        }
        let all: BTreeSet<&String> = seen.values().flatten().collect();
        assert_eq!(all.len(), seen.len(), "no two of them share a key");
    };
    once(&requests, "request");
    once(&mails, "mail");
    println!("{killed} kills over {apps} runs of {} steps", 3 * ROUNDS);
}
