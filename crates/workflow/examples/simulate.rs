//! Plays seeds of the simulator, any number of them, and says which ones break a promise.
//!
//! ```text
//! cargo run --release -p workflow --example simulate -- --from 0 --count 1000000 [--progress FILE]
//! cargo run --release -p workflow --example simulate -- --seed 4711          one seed, with its story
//! cargo run --release -p workflow --example simulate -- --pairs              every pair of crash points, each moment with each
//! ```
//!
//! With `--progress` the next seed is kept in a file, and the range goes on from there.
#![allow(clippy::print_stdout, reason = "it is a command")]

use std::process::ExitCode;
use std::time::Instant;
use workflow::simulate::{Moment, Options, bug, story};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let number = |name: &str| value(name).and_then(|text| text.parse::<u64>().ok());
    let wanted = value("--bug").cloned();
    let bug = bug::ALL.into_iter().find(|b| wanted == Some(format!("{b:?}")));
    let options = Options { bug, ..Options::default() };
    if let Some(seed) = number("--seed") {
        let told = story(seed, &Options { story: true, ..options });
        println!("{}\n{}", told.lines.join("\n"), told.violations.join("\n"));
        return if told.violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    if arguments.iter().any(|a| a == "--pairs") {
        return pairs();
    }
    let progress = value("--progress");
    let kept = progress.and_then(|file| std::fs::read_to_string(file).ok()).and_then(|t| t.trim().parse().ok());
    let from = kept.or(number("--from")).unwrap_or(0);
    let end = number("--from").unwrap_or(0) + number("--count").unwrap_or(20_000);
    let started = Instant::now();
    let (mut failed, mut messages, mut effects) = (0u64, 0u64, 0usize);
    for seed in from..end {
        let told = story(seed, &options);
        messages += told.messages;
        effects += told.effects;
        if let Some(first) = told.violations.first() {
            failed += 1;
            if failed <= 20 {
                println!("seed {seed}: {first}");
            }
        }
        if let Some(file) = progress.filter(|_| (seed + 1) % 10_000 == 0 || seed + 1 == end) {
            // a range that cannot be resumed is played again
            let _ = std::fs::write(file, (seed + 1).to_string());
        }
    }
    let (seconds, count) = (started.elapsed().as_secs_f64(), end.saturating_sub(from));
    println!(
        "{count} seeds from {from}: {failed} failed, {messages} messages, {effects} effects, {seconds:.1} s, {:.0} a second",
        count as f64 / seconds.max(1e-9)
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn pairs() -> ExitCode {
    let calm = Options { calm: true, reference: true, ..Options::default() };
    let whole = story(0, &calm);
    let started = Instant::now();
    let (mut played, mut failed) = (0u64, 0u64);
    let moments = [Moment::Before, Moment::After, Moment::ReplyLost];
    for first in 1..=whole.messages {
        for (one, other) in moments.iter().flat_map(|one| moments.iter().map(move |other| (*one, *other))) {
            // the second point is counted in the history that the first has made, which is longer: until it ends
            for second in first + 1.. {
                let die_at = vec![(first, one), (second, other)];
                let told = story(0, &Options { die_at, ..calm.clone() });
                played += 1;
                if !told.violations.is_empty() || told.effects != whole.effects {
                    failed += 1;
                    let what = told.violations.first();
                    println!("points {first} {one:?} and {second} {other:?}: {what:?}, {} effects", told.effects);
                }
                if second >= told.messages {
                    break;
                }
            }
        }
        if first % 20 == 0 {
            println!("{first} of {} first points, {played} pairs, {failed} failed", whole.messages);
        }
    }
    println!("{played} pairs of {} points: {failed} failed, {:.1} s", whole.messages, started.elapsed().as_secs_f64());
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
