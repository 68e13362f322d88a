//! The engine at scale: `lateen controller` as a process of its own against a hub with many Applications, long workflows and
//! other processes that die. Each workload is measured at growing sizes, beside what was recorded of KubeVela and the goal.
//!
//! `cargo bench -p cli --bench scale -- [ROW...] [--growth] [--tiny] [--real]`
//!
//! ROW       one of the names below (all when there is none)
//! --growth  also at an eighth, a quarter and half of the size
//! --tiny    at a fiftieth of the size: whether it works, not how fast
//! --real    on the API server of LATEEN_TEST_KUBECONFIG (tests/kubernetes/scale), where the workload can be; without the
//!           variable it is said that nothing was measured
//!
//! The hub is served by this process unless it is a real one, so that the controller's CPU time and memory are the
//! controller's alone; what the hub took stands beside it. The controller says when an Application has settled, and the hub
//! is asked whether that is so. Requests are those that the controller counts (`lateen_cluster_requests_total`).

mod applications;
mod bare;
mod child;
mod condition;
mod dag;
mod dead;
mod drift;
mod figure;
mod killed;
mod queue;
mod receiver;
mod sequence;
mod stage;
mod start;
mod terminate;

use figure::{Figure, Goal};
use std::process::ExitCode;

/// A workload.
struct Row {
    name: &'static str,
    what: &'static str,
    /// How large it is.
    size: usize,
    /// What figures are divided by, in the singular.
    unit: &'static str,
    /// What was recorded of the peer.
    peer: &'static str,
    goals: &'static [Goal],
    /// It can be measured on a real API server.
    real: bool,
}

const ROWS: [Row; 13] = [
    applications::ONE,
    applications::THREE,
    dead::ROW,
    dag::NOOP,
    dag::APPLY,
    sequence::APPLIES,
    sequence::SUSPENDS,
    queue::ROW,
    condition::ROW,
    killed::ROW,
    terminate::ROW,
    drift::ROW,
    start::ROW,
];

async fn measure(row: &Row, size: usize, real: bool) -> Result<Vec<Figure>, String> {
    // It has hubs of its own, one for each of its two figures.
    if row.name == "dead-cluster" {
        return dead::measure(size).await;
    }
    let stage = stage::Stage::new(real).await?;
    let figures = match row.name {
        "applications" => applications::one(&stage, size).await,
        "clusters" => applications::three(&stage, size).await,
        "dag" => dag::noop(&stage, size).await,
        "dag-apply" => dag::apply(&stage, size).await,
        "sequence" => sequence::applies(&stage, size).await,
        "suspends" => sequence::suspends(&stage, size).await,
        "queue" => queue::measure(&stage, size).await,
        "killed" => killed::measure(&stage, size).await,
        "terminate" => terminate::measure(&stage, size).await,
        "drift" => drift::measure(&stage, size).await,
        "start" => start::measure(&stage, size).await,
        _ => condition::measure(&stage, size).await,
    };
    stage.end().await;
    figures
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    // The process has one TLS provider; a second call would fail and change nothing.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let Ok(runtime) = tokio::runtime::Builder::new_multi_thread().thread_stack_size(16 << 20).enable_all().build()
    else {
        eprintln!("no runtime");
        return ExitCode::FAILURE;
    };
    if let [word, rest @ ..] = args.as_slice()
        && word == bare::WORD
    {
        return match runtime.block_on(bare::child(rest)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(problem) => {
                eprintln!("{problem}");
                ExitCode::FAILURE
            }
        };
    }
    let flag = |name: &str| args.iter().any(|a| a == name);
    let (growth, tiny, real) = (flag("--growth"), flag("--tiny"), flag("--real"));
    if real && std::env::var_os(stage::KUBECONFIG).is_none() {
        println!("skipped: {} is not set, so there is no real API server (tests/kubernetes/scale)", stage::KUBECONFIG);
        return ExitCode::SUCCESS;
    }
    let names: Vec<&String> = args.iter().filter(|a| !a.starts_with("--")).collect();
    if let Some(unknown) = names.iter().find(|n| ROWS.iter().all(|row| row.name != n.as_str())) {
        let known: Vec<&str> = ROWS.iter().map(|row| row.name).collect();
        eprintln!("there is no row {unknown}; there are {}", known.join(", "));
        return ExitCode::FAILURE;
    }
    let mut failed = false;
    let mut verdicts = Vec::new();
    figure::head();
    for row in &ROWS {
        let asked = names.is_empty() || names.iter().any(|n| n.as_str() == row.name);
        if !asked || (real && !row.real) {
            continue;
        }
        let parts: &[usize] = if growth { &[8, 4, 2, 1] } else { &[1] };
        let mut last = Vec::new();
        for part in parts {
            let size = if tiny { (row.size / 50).max(2) } else { row.size / part };
            match runtime.block_on(measure(row, size, real)) {
                Ok(figures) => {
                    figures.iter().for_each(|figure| figure.line(row.name, row.unit));
                    last = figures;
                }
                Err(problem) => {
                    println!("{:<14} {size:>6}  {problem}", row.name);
                    failed = true;
                    last = Vec::new();
                }
            }
        }
        if !tiny && let Some(figure) = last.first() {
            verdicts.push(figure::verdict(row.what, row.peer, row.goals, figure));
        }
    }
    figure::verdicts(&verdicts);
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
