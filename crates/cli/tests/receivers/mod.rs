//! Receivers that count what a key is good for, and an application that uses them.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(unreachable_pub, missing_docs, reason = "part of tests")]

pub mod proxy;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// The hub that a suite runs on: an embedded one, or a real one that `LATEEN_TEST_KUBECONFIG` names.
pub struct Hub {
    pub kubeconfig: Option<std::path::PathBuf>,
    prefix: String,
}

impl Hub {
    pub fn of_environment() -> Hub {
        static HUBS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let kubeconfig = std::env::var_os("LATEEN_TEST_KUBECONFIG").filter(|path| !path.is_empty());
        let since = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let prefix = match kubeconfig {
            None => String::new(),
            Some(_) => format!("t{since}-{}-", HUBS.fetch_add(1, std::sync::atomic::Ordering::Relaxed)),
        };
        Hub { kubeconfig: kubeconfig.map(Into::into), prefix }
    }

    pub fn kind(&self) -> &'static str {
        if self.kubeconfig.is_some() { "a real API server" } else { "an embedded hub" }
    }

    /// The value of `LATEEN_HUB`.
    pub fn choice(&self) -> std::ffi::OsString {
        self.kubeconfig.clone().map_or_else(|| "embedded".into(), Into::into)
    }

    /// A name for an application that no other test, and no earlier run, has given on a hub that they share.
    pub fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// What a receiver has seen: by address or subject, the keys it came with.
pub type Seen = Arc<Counts>;
type Counts = Mutex<BTreeMap<String, BTreeSet<String>>>;

fn note(seen: &Counts, what: &str, key: &str) {
    seen.lock().unwrap().entry(what.to_owned()).or_default().insert(key.to_owned());
}

/// Serves each connection on a thread of its own; the port, and what is noted.
pub fn listen<T: Default + Send + Sync + 'static>(serve: fn(TcpStream, &T) -> Option<()>) -> (u16, Arc<T>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let noted = Arc::<T>::default();
    let notes = noted.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let notes = notes.clone();
            // a client that is killed in the middle leaves half a request
            std::thread::spawn(move || serve(stream, &notes));
        }
    });
    (port, noted)
}

fn request(mut stream: TcpStream, counts: &Counts) -> Option<()> {
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
    listen(mail)
}

fn mail(mut stream: TcpStream, counts: &Counts) -> Option<()> {
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

/// A receiver of requests and a mailbox.
pub struct Receivers {
    http: u16,
    smtp: u16,
    requests: Seen,
    mails: Seen,
}

impl Receivers {
    pub fn start() -> Receivers {
        let ((http, requests), (smtp, mails)) = (listen(request), mailbox());
        Receivers { http, smtp, requests, mails }
    }

    /// An application of so many rounds of an object, a request and a mail each.
    pub fn application(&self, name: &str, rounds: usize) -> String {
        let (http, smtp) = (self.http, self.smtp);
        let mut text = format!(
            "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {{name: {name}}}\nspec:\n  components: []\n  workflow:\n    steps:\n"
        );
        for i in 0..rounds {
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

    /// So many rounds of applications have come, each request and each mail once.
    pub fn assert_once(&self, rounds: usize) {
        assert_once(&self.requests, "request", rounds);
        assert_once(&self.mails, "mail", rounds);
    }
}

/// Every one of them has arrived, each with one key, and no two with the same.
fn assert_once(seen: &Seen, what: &str, wanted: usize) {
    let seen = seen.lock().unwrap();
    assert_eq!(seen.len(), wanted, "every {what} has arrived, and nothing else: {seen:?}");
    for (name, keys) in seen.iter() {
        assert!(keys.len() == 1 && !keys.contains(""), "{what} {name} has one key: {keys:?}");
    }
    let all: BTreeSet<&String> = seen.values().flatten().collect();
    assert_eq!(all.len(), seen.len(), "no two of them share a key");
}
