//! `lateen controller` as a process: what it says, what it takes, and its end.

use crate::figure::Figure;
use crate::stage::{LATEEN, own_cpu};
use rustc_hash::FxHashMap;
use serde_json::Value;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::Child;
use tokio::sync::mpsc;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(400);

/// Something that settled: its name, its phase, and when that was read.
type Settled = (String, String, Instant);

/// A controller.
pub(crate) struct Controller {
    child: Child,
    pid: u32,
    probes: String,
    settled: mpsc::UnboundedReceiver<Settled>,
}

/// What a controller had taken when a measurement began.
pub(crate) struct Began {
    pub(crate) at: Instant,
    cpu: Duration,
    own: Duration,
    requests: u64,
}

impl Began {
    /// A controller is about to be started, and has taken nothing.
    pub(crate) fn now() -> Began {
        Began { at: Instant::now(), cpu: Duration::ZERO, own: own_cpu(), requests: 0 }
    }
}

impl Controller {
    /// Starts one, and waits until it knows the hub.
    pub(crate) async fn start(hub: &str, home: &Path) -> Result<Controller, String> {
        let mut command = tokio::process::Command::new(LATEEN);
        command
            .args(["controller", "--hub", hub, "--listen", "127.0.0.1:0"])
            .env("LATEEN_HOME", home)
            .env("LATEEN_EGRESS_ALLOW", "127.0.0.1")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(|e| e.to_string())?;
        let pid = child.id().ok_or("the controller has ended at once")?;
        let stderr = child.stderr.take().ok_or("the controller has no stderr")?;
        let mut lines = BufReader::new(stderr).lines();
        let mut said = String::new();
        let probes = loop {
            match lines.next_line().await {
                Ok(Some(line)) => match line.strip_prefix("probes: http://") {
                    Some(address) => break address.to_owned(),
                    None => said = format!("{said}{line}\n"),
                },
                _ => return Err(format!("the controller has ended: {said}")),
            }
        };
        let (sender, settled) = mpsc::unbounded_channel();
        let noisy = std::env::var_os("LATEEN_LOG").is_some();
        tokio::spawn(async move {
            while let Ok(Some(line)) = lines.next_line().await {
                let Ok(entry) = serde_json::from_str::<Value>(&line) else { continue };
                let text = |key: &str| entry.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
                if text("message") == "settled" {
                    // nobody may be listening any more
                    let _ = sender.send((text("name"), text("phase"), Instant::now()));
                } else if noisy || text("level") == "WARN" || text("level") == "ERROR" {
                    eprintln!("{line}");
                }
            }
        });
        let controller = Controller { child, pid, probes, settled };
        for _ in 0..600 {
            if controller.get("/readyz").await.is_ok_and(|text| text.starts_with("HTTP/1.1 200")) {
                return Ok(controller);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        Err("the controller does not get ready".to_owned())
    }

    async fn get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = tokio::net::TcpStream::connect(&self.probes).await?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }

    /// Requests that it has sent so far, watches left out.
    pub(crate) async fn requests(&self) -> u64 {
        let text = self.get("/metrics").await.unwrap_or_default();
        let counted = text.lines().filter(|l| l.starts_with("lateen_cluster_requests_total{") && !l.contains("WATCH"));
        counted.filter_map(|l| l.rsplit_once(' ')?.1.parse::<u64>().ok()).sum()
    }

    /// The requests of each kind, for people.
    pub(crate) async fn verbs(&self) -> String {
        let text = self.get("/metrics").await.unwrap_or_default();
        let lines = text.lines().filter_map(|l| l.strip_prefix("lateen_cluster_requests_total"));
        lines.collect::<Vec<_>>().join(" ")
    }

    /// User and system time so far, counted in hundredths of a second.
    pub(crate) fn cpu(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
        let after = stat.rsplit_once(')').map(|(_, after)| after).unwrap_or_default();
        let ticks: u64 = after.split_whitespace().skip(11).take(2).filter_map(|t| t.parse::<u64>().ok()).sum();
        Duration::from_millis(ticks * 10)
    }

    /// The largest resident set so far, in KiB.
    pub(crate) fn peak(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid)).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        line.and_then(|l| l.split_whitespace().next()?.parse().ok()).unwrap_or_default()
    }

    /// Begins to measure.
    pub(crate) async fn begin(&self) -> Began {
        let requests = self.requests().await;
        Began { at: Instant::now(), cpu: self.cpu(), own: own_cpu(), requests }
    }

    /// What was taken since then.
    pub(crate) async fn since(&self, began: &Began, size: usize, ended: Instant) -> Figure {
        Figure {
            size,
            wall: ended.duration_since(began.at),
            cpu: self.cpu().saturating_sub(began.cpu),
            hub: own_cpu().saturating_sub(began.own),
            requests: self.requests().await.saturating_sub(began.requests),
            peak: self.peak(),
            extra: Vec::new(),
        }
    }

    /// The next that settles.
    pub(crate) async fn next(&mut self) -> Result<Settled, String> {
        match tokio::time::timeout(PATIENCE, self.settled.recv()).await {
            Ok(Some(settled)) => Ok(settled),
            Ok(None) => Err("the controller has ended".to_owned()),
            Err(_) => {
                let hundreds = self.cpu().as_secs_f64();
                Err(format!("nothing has settled for {PATIENCE:?}; CPU {hundreds} s; {}", self.verbs().await))
            }
        }
    }

    /// Waits until so many of those whose name is `wanted` are running, and says when the last of them was.
    pub(crate) async fn running(&mut self, count: usize, wanted: impl Fn(&str) -> bool) -> Result<Instant, String> {
        let (mut phases, mut running) = (FxHashMap::default(), 0);
        loop {
            let (name, phase, at) = self.next().await.map_err(|e| format!("{running} of {count} are running: {e}"))?;
            if !wanted(&name) {
                continue;
            }
            if phase != "running" && phase != "workflowSuspending" {
                return Err(format!("{name} is {phase}"));
            }
            let before = phases.insert(name, phase == "running").unwrap_or_default();
            running += usize::from(phase == "running" && !before);
            if running == count {
                return Ok(at);
            }
        }
    }

    /// Ends it as a kernel that runs out of memory would.
    pub(crate) async fn kill(mut self) -> Result<Instant, String> {
        let at = Instant::now();
        self.child.kill().await.map_err(|e| e.to_string())?;
        Ok(at)
    }
}
