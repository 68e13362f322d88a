//! What was measured, and whether it is as it should be.

use std::time::Duration;

/// One measurement.
#[derive(Debug, Clone, Default)]
pub(crate) struct Figure {
    /// How many.
    pub(crate) size: usize,
    /// From the first request to the last one settled.
    pub(crate) wall: Duration,
    /// User and system time of the controller meanwhile.
    pub(crate) cpu: Duration,
    /// User and system time of this process meanwhile: the hub, and who asks. Of a real hub: who asks.
    pub(crate) hub: Duration,
    /// Requests that the controller sent, watches left out.
    pub(crate) requests: u64,
    /// The controller's largest resident set, in KiB.
    pub(crate) peak: u64,
    /// What a row measures beside this: its name and the figure.
    pub(crate) extra: Vec<(&'static str, f64)>,
}

/// What a figure is to be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Goal {
    /// Its name, with the unit.
    pub(crate) what: &'static str,
    /// Takes it from what was measured.
    pub(crate) of: fn(&Figure) -> f64,
    /// The most that it may be.
    pub(crate) most: f64,
}

/// Judged.
pub(crate) struct Verdict {
    what: &'static str,
    peer: &'static str,
    lines: Vec<(String, bool)>,
}

impl Figure {
    /// What is named so beside the usual figures; endless when it was not measured, so that no goal is met by it.
    pub(crate) fn extra(&self, name: &str) -> f64 {
        self.extra.iter().find(|(known, _)| *known == name).map_or(f64::INFINITY, |(_, value)| *value)
    }

    /// Milliseconds of the controller's CPU time for each one.
    pub(crate) fn cpu_each(&self) -> f64 {
        self.cpu.as_secs_f64() * 1e3 / self.size.max(1) as f64
    }

    /// Requests for each one.
    pub(crate) fn requests_each(&self) -> f64 {
        self.requests as f64 / self.size.max(1) as f64
    }

    /// MiB.
    pub(crate) fn peak_mib(&self) -> f64 {
        self.peak as f64 / 1024.0
    }

    /// Prints it.
    pub(crate) fn line(&self, row: &str, unit: &str) {
        let extra: Vec<String> = self.extra.iter().map(|(name, value)| format!("{name} {value:.2}")).collect();
        println!(
            "{row:<14} {:>6} {:>8.2} {:>8.2} {:>9.2} {:>9.2} {:>8.1} {:>8.2}  {}",
            self.size,
            self.wall.as_secs_f64(),
            self.cpu.as_secs_f64(),
            self.cpu_each(),
            self.requests_each(),
            self.peak_mib(),
            self.hub.as_secs_f64(),
            if extra.is_empty() { format!("(each: {unit})") } else { extra.join(", ") },
        );
    }
}

/// Prints the names of the columns.
pub(crate) fn head() {
    println!(
        "{:<14} {:>6} {:>8} {:>8} {:>9} {:>9} {:>8} {:>8}",
        "row", "size", "wall s", "CPU s", "CPU ms ea", "req each", "peak MiB", "hub CPU"
    );
}

/// Holds a figure against the goals.
pub(crate) fn verdict(what: &'static str, peer: &'static str, goals: &[Goal], figure: &Figure) -> Verdict {
    let lines = goals.iter().map(|goal| {
        let value = (goal.of)(figure);
        (format!("{} {value:.2} (goal {})", goal.what, goal.most), value <= goal.most)
    });
    Verdict { what, peer, lines: lines.collect() }
}

/// Prints them.
pub(crate) fn verdicts(all: &[Verdict]) {
    for verdict in all {
        println!("\n{}\n  recorded peer: {}", verdict.what, verdict.peer);
        for (line, met) in &verdict.lines {
            println!("  {} {line}", if *met { "met    " } else { "NOT MET" });
        }
    }
}
