//! `hostile [TITLE]`: runs each case of the hostile suite (`tests/hostile/*.md`) in a process of its own and prints CPU time
//! and peak memory; the goal is a diagnostic within 100 ms and 64 MiB. Linux only: it reads `/proc/self`.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../tests/hostile/case.rs"]
mod case;

fn main() {
    let wanted = std::env::args().nth(1);
    if let Some(number) = wanted.as_deref().and_then(|w| w.strip_prefix('@')).and_then(|n| n.parse::<usize>().ok()) {
        let Some(case) = case::all().into_iter().nth(number) else { return };
        let (problems, usage) = case::run(&case.expanded());
        // The nanoseconds that this thread and those that it started have run.
        let ran = |path: std::path::PathBuf| {
            let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|n| n.parse::<u64>().ok()).unwrap_or(0)
        };
        let threads = std::fs::read_dir("/proc/self/task").unwrap();
        let nanos: u64 = threads.flatten().map(|t| ran(t.path())).sum();
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or_default();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap_or(0);
        let first = problems.first().map_or("none", |p| p.0.as_str());
        let used = usage.map_or(String::new(), |u| format!("{} steps, {} MiB counted", u.steps, u.memory >> 20));
        let expected = problems.is_empty() || problems.iter().all(|p| case.expect.contains(&p.0));
        let over = if !expected {
            "CODE"
        } else if nanos > 100_000_000 || peak > 64 << 10 {
            "OVER"
        } else {
            ""
        };
        println!("{over:4} {:5} ms {:5} MiB  {first:22} {}  {used}", nanos / 1_000_000, peak >> 10, case.title);
        return;
    }
    for (i, case) in case::all().iter().enumerate() {
        if wanted.as_ref().is_some_and(|w| !case.title.contains(w)) {
            continue;
        }
        let status = std::process::Command::new(std::env::current_exe().unwrap()).arg(format!("@{i}")).status();
        if !status.is_ok_and(|s| s.success()) {
            println!("DIED                   {}", case.title);
        }
    }
}
