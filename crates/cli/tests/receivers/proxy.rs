//! A proxy that fails, before an API server.
#![allow(unreachable_pub, missing_docs, reason = "part of tests")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Child, Command};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A number that depends on all before it.
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// How long a request that vanishes is kept: longer than a request to a hub may take.
const HOLE: Duration = Duration::from_secs(4);

/// What the proxy does.
pub enum Manner {
    Plain,
    /// From the first write on, so many requests of a hundred fail.
    Faults(Dice, u64),
    /// The child dies at this write: when it arrives, or when it has been carried out.
    KillAt(usize, bool),
    /// The child is stopped at this write, which vanishes.
    StopAt(usize),
}

pub struct Inner {
    pub manner: Manner,
    pub writes: usize,
    pub faults: usize,
    pub child: Option<Child>,
}

/// A proxy before an API server.
pub struct Proxy {
    pub port: u16,
    pub inner: Arc<Mutex<Inner>>,
}

/// A request on its way.
struct Passing {
    head: String,
    body: Vec<u8>,
    is_write: bool,
    is_watch: bool,
}

impl Proxy {
    pub fn before(upstream: u16) -> Proxy {
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

    pub fn is(&self, manner: Manner) {
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

/// A black hole: nothing is answered until the client has had enough, or for [`HOLE`].
fn swallow(mut stream: &TcpStream) -> Option<()> {
    stream.set_read_timeout(Some(HOLE)).ok()?;
    // a client that gives up closes its side
    let _ = stream.read(&mut [0; 1]);
    stream.shutdown(Shutdown::Both).ok()
}

/// Sends a signal to a process.
pub fn signal(name: &str, process: u32) {
    assert!(Command::new("kill").args([name, &process.to_string()]).status().unwrap().success());
}

fn pass(mut stream: TcpStream, upstream: u16, inner: &Mutex<Inner>) -> Option<()> {
    let request = read(&stream)?;
    let (mut fault, mut dies, mut stops) = (None, None, false);
    {
        let mut inner = inner.lock().unwrap();
        inner.writes += usize::from(request.is_write);
        let writes = inner.writes;
        match &mut inner.manner {
            Manner::Plain => {}
            Manner::Faults(dice, share) => {
                // what a command reads before it begins is not what this is about
                if writes > 0 && dice.roll(100) < *share {
                    fault = Some(dice.roll(9));
                }
            }
            Manner::StopAt(at) => stops = request.is_write && writes == *at,
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
    if stops {
        let child = inner.lock().unwrap().child.as_ref().map(Child::id);
        signal("-STOP", child.unwrap());
        return swallow(&stream);
    }
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
        Some(8) => return swallow(&stream),
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
