//! What a process cost, as the operating system accounts for it: CPU time, peak memory, and how long it took.
//!
//! A process is started by a small one of its own (this same bench, called with `--measure`), so that the peak is that of
//! one run and not of all before it.

use nix::sys::resource::{UsageWho, getrusage};
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The word that makes a bench measure one command.
const WORD: &str = "--measure";

/// The cost of a run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// User and system time.
    pub(crate) cpu: Duration,
    /// Largest resident set, in KiB.
    pub(crate) peak: u64,
    /// From start to end.
    pub(crate) wall: Duration,
}

impl Cost {
    /// The best of both, figure by figure.
    pub(crate) fn min(self, other: Cost) -> Cost {
        Cost { cpu: self.cpu.min(other.cpu), peak: self.peak.min(other.peak), wall: self.wall.min(other.wall) }
    }
}

/// To be called first: whether this process only was to measure a command, and has.
pub(crate) fn is_measuring() -> bool {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [word, out, program, rest @ ..] = args.as_slice() else { return false };
    if word != WORD {
        return false;
    }
    let stdout = if out == "-" { Stdio::null() } else { File::create(out).map_or_else(|_| Stdio::null(), Stdio::from) };
    let started = Instant::now();
    let ended = Command::new(program).args(rest).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::null()).status();
    let wall = started.elapsed();
    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else { return true };
    let micros = |t: nix::sys::time::TimeVal| t.tv_sec() * 1_000_000 + t.tv_usec();
    let code = ended.ok().and_then(|s| s.code()).unwrap_or(-1);
    let cpu = micros(usage.user_time()) + micros(usage.system_time());
    println!("{code} {cpu} {} {}", usage.max_rss(), wall.as_micros());
    true
}

/// Runs a command in a folder with these variables set; its output goes to a file, `-` is nowhere.
///
/// # Errors
/// That it could not be started, or ended with another status than 0.
pub(crate) fn run(command: &[&str], folder: &Path, variables: &[(&str, &str)], out: &str) -> Result<Cost, String> {
    let me = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut measuring = Command::new(me);
    measuring.arg(WORD).arg(out).args(command).current_dir(folder).envs(variables.iter().copied());
    let said = measuring.output().map_err(|e| e.to_string())?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let figures: Vec<i64> = said.split_whitespace().filter_map(|w| w.parse().ok()).collect();
    match figures.as_slice() {
        [0, cpu, peak, wall] => Ok(Cost {
            cpu: Duration::from_micros(cpu.unsigned_abs()),
            peak: peak.unsigned_abs(),
            wall: Duration::from_micros(wall.unsigned_abs()),
        }),
        [code, ..] => Err(format!("{} ended with status {code}", command.join(" "))),
        [] => Err(format!("{} could not be measured", command.join(" "))),
    }
}
