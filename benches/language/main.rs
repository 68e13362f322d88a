//! The language against the reference implementation: CPU time and peak memory of whole processes, as ratios.
//!
//! `cargo bench -p cli --bench language -- [CASE…] [--runs N] [--growth] [--record]`. The reference is the `cue` of `PATH`, or
//! the binary that `LATEEN_BENCH_CUE` names; without one our figures are printed alone. `--growth` doubles each case's size
//! four times and prints what that does to time and memory. `--slope N` evaluates one program N times in a process (a million
//! is the promise) and prints its resident memory on the way. Without names the table ends with programs that are known to
//! blow up elsewhere; each has a second. `side-by-side` is eight packages on one thread and on two; `warm` a component rendered again and again. `--record` keeps the ratios
//! in `recorded.txt`; a run that falls more than a tenth behind them ends with status 1.

mod cases;
mod known;
#[path = "../measure.rs"]
mod measure;
mod warm;

use cases::{CASES, Case};
use measure::{Cost, is_measuring, run};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

const LATEEN: &str = env!("CARGO_BIN_EXE_lateen");

/// How far a ratio may fall behind the recorded one.
const SLACK: f64 = 0.9;

struct Options {
    names: Vec<String>,
    runs: usize,
    growth: bool,
    record: bool,
    slope: Option<u32>,
}

fn options() -> Options {
    let mut options = Options { names: Vec::new(), runs: 3, growth: false, record: false, slope: None };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--growth" => options.growth = true,
            "--record" => options.record = true,
            "--slope" => options.slope = Some(args.next().and_then(|n| n.parse().ok()).unwrap_or(1_000_000)),
            "--runs" => options.runs = args.next().and_then(|n| n.parse().ok()).unwrap_or(3),
            // What cargo adds.
            "--bench" => {}
            name => options.names.push(name.to_owned()),
        }
    }
    options
}

fn main() -> ExitCode {
    if is_measuring() {
        return ExitCode::SUCCESS;
    }
    let options = options();
    if let Some(times) = options.slope {
        return if slope(times) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let done = tempfile::tempdir().map_err(|e| e.to_string()).and_then(|folder| {
        let wanted = |c: &&Case| options.names.is_empty() || options.names.iter().any(|n| n == c.name);
        let cases: Vec<&Case> = CASES.iter().filter(wanted).collect();
        if options.growth { growth(&cases, folder.path(), &options) } else { table(&cases, folder.path(), &options) }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

/// The reference, when there is one.
fn reference() -> Option<String> {
    let name = std::env::var("LATEEN_BENCH_CUE").unwrap_or_else(|_| "cue".into());
    let version = Command::new(&name).arg("version").stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or_default().to_owned();
    println!("reference: {name}, {version}");
    Some(name)
}

/// Writes a case's input of a size.
fn input(case: &Case, size: usize, folder: &Path) -> Result<PathBuf, String> {
    let folder = folder.join(format!("{}-{size}", case.name));
    let write = |name: &str, text: String| std::fs::write(folder.join(name), text).map_err(|e| e.to_string());
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    write("in.cue", (case.generate)(size))?;
    if case.args.contains(&"data.json") {
        write("data.json", cases::records(size))?;
    }
    Ok(folder)
}

fn ours(case: &Case, folder: &Path) -> Result<Cost, String> {
    let command: Vec<&str> = [LATEEN, "cue"].iter().chain(case.args).copied().collect();
    run(&command, folder, &[], "ours.out")
}

fn table(cases: &[&Case], folder: &Path, options: &Options) -> Result<bool, String> {
    let reference = reference();
    if reference.is_none() {
        println!("no reference implementation on PATH: ratios are left out");
    }
    println!(
        "{:<14} {:>8} {:>8} {:>7} {:>5} {:>8} {:>8} {:>7} {:>5}",
        "case", "CPU ms", "theirs", "ratio", "goal", "KiB", "theirs", "ratio", "goal"
    );
    let mut ratios = BTreeMap::new();
    for case in cases {
        let folder = input(case, case.size, folder)?;
        let mut best: Option<(Cost, Option<Cost>)> = None;
        for _ in 0..options.runs.max(1) {
            let us = ours(case, &folder)?;
            let them = match &reference {
                Some(name) => {
                    let command: Vec<&str> = [name.as_str()].iter().chain(case.args).copied().collect();
                    Some(run(&command, &folder, &[], "theirs.out")?)
                }
                None => None,
            };
            best = Some(match best {
                None => (us, them),
                Some((a, b)) => (a.min(us), b.zip(them).map(|(b, t)| b.min(t))),
            });
        }
        let Some((us, them)) = best else { continue };
        let ms = |c: Cost| c.cpu.as_secs_f64() * 1e3;
        let (cpu_goal, memory_goal) = case.goal;
        match them {
            Some(them) => {
                let read = |name: &str| std::fs::read(folder.join(name)).unwrap_or_default();
                let same = if read("ours.out") == read("theirs.out") { "" } else { "  (output differs)" };
                let ratio = (ms(them) / ms(us), them.peak as f64 / us.peak.max(1) as f64);
                println!(
                    "{:<14} {:>8.1} {:>8.1} {:>6.1}x {:>4}x {:>8} {:>8} {:>6.1}x {:>4}x{same}",
                    case.name,
                    ms(us),
                    ms(them),
                    ratio.0,
                    cpu_goal,
                    us.peak,
                    them.peak,
                    ratio.1,
                    memory_goal
                );
                ratios.insert(case.name.to_owned(), ratio);
            }
            None => println!("{:<14} {:>8.1} {:>8} {:>7} {:>5} {:>8}", case.name, ms(us), "", "", "", us.peak),
        }
    }
    if options.names.is_empty() || options.names.iter().any(|n| n == SIDE_BY_SIDE) {
        side_by_side(folder, options)?;
        warm::components()?;
    }
    let fine = !options.names.is_empty() || blow_ups(folder)?;
    let recorded = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../benches/language/recorded.txt");
    Ok(compare(&recorded, &ratios, options.record)? && fine)
}

/// Compares with the recorded ratios, or records them.
fn compare(file: &Path, now: &BTreeMap<String, (f64, f64)>, record: bool) -> Result<bool, String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let mut known: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        if let [name, cpu, memory] = words.as_slice()
            && let (Ok(cpu), Ok(memory)) = (cpu.parse(), memory.parse())
        {
            known.insert((*name).to_owned(), (cpu, memory));
        }
    }
    if record {
        known.extend(now.iter().map(|(k, v)| (k.clone(), *v)));
        let mut text = String::from("# case, times less CPU, times less memory than the reference\n");
        for (name, (cpu, memory)) in &known {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{name} {cpu:.2} {memory:.2}");
        }
        return std::fs::write(file, text).map(|()| true).map_err(|e| e.to_string());
    }
    let mut fine = true;
    for (name, (cpu, memory)) in now {
        let Some((cpu_before, memory_before)) = known.get(name) else { continue };
        for (what, now, before) in [("CPU", cpu, cpu_before), ("memory", memory, memory_before)] {
            if *now < before * SLACK {
                println!("{name}: {what} is {now:.1}x less than the reference's, recorded are {before:.1}x");
                fine = false;
            }
        }
    }
    Ok(fine)
}

fn growth(cases: &[&Case], folder: &Path, options: &Options) -> Result<bool, String> {
    println!("{:<14} size: CPU ms / KiB, then what doubling does to each", "case");
    let mut fine = true;
    for case in cases.iter().filter(|c| c.size > 1) {
        let mut before: Option<Cost> = None;
        let mut line = format!("{:<14}", case.name);
        for size in [1, 2, 4, 8, 16].map(|k| case.size * k) {
            let folder = input(case, size, folder)?;
            let mut cost = ours(case, &folder)?;
            for _ in 1..options.runs.min(2) {
                cost = cost.min(ours(case, &folder)?);
            }
            // Writing to a string cannot fail.
            let _ = write!(line, " {size}: {:.0}/{}", cost.cpu.as_secs_f64() * 1e3, cost.peak);
            if let Some(before) = before {
                let time = cost.cpu.as_secs_f64() / before.cpu.as_secs_f64();
                let memory = cost.peak as f64 / before.peak as f64;
                let _ = write!(line, " ({time:.1}, {memory:.1})");
                fine &= time < 2.5 && memory < 2.5;
            }
            before = Some(cost);
        }
        println!("{line}");
    }
    Ok(fine)
}

/// The name of the line that is no case: independent packages on one thread and on two.
const SIDE_BY_SIDE: &str = "side-by-side";

/// How much sooner eight packages are exported by two threads than by one.
fn side_by_side(folder: &Path, options: &Options) -> Result<(), String> {
    let Some(k8s) = CASES.iter().find(|c| c.name == "k8s-50") else { return Ok(()) };
    let folder = folder.join(SIDE_BY_SIDE);
    let write = |path: PathBuf, text: String| {
        path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(&path, text))
    };
    let module = "module: \"bench.example\"\nlanguage: version: \"v0.15.0\"\n".to_owned();
    write(folder.join("cue.mod/module.cue"), module).map_err(|e| e.to_string())?;
    let names: Vec<String> = (0..8).map(|i| format!("./p{i}")).collect();
    for name in &names {
        let text = format!("package p\n{}", (k8s.generate)(300));
        write(folder.join(name).join("in.cue"), text).map_err(|e| e.to_string())?;
    }
    let command: Vec<&str> =
        [LATEEN, "cue", "export", "-e", "objects"].into_iter().chain(names.iter().map(String::as_str)).collect();
    let mut walls = [f64::MAX; 2];
    for _ in 0..options.runs.max(1) {
        for (threads, wall) in ["1", "2"].into_iter().zip(&mut walls) {
            let cost = run(&command, &folder, &[("RAYON_NUM_THREADS", threads)], "-")?;
            *wall = wall.min(cost.wall.as_secs_f64());
        }
    }
    let [one, two] = walls;
    let (ratio, cores) = (one / two, std::thread::available_parallelism().map_or(1, usize::from));
    println!(
        "{SIDE_BY_SIDE:<14} {:.0} ms on one thread, {:.0} on two: {ratio:.2}x (goal 1.8x); {cores} cores",
        one * 1e3,
        two * 1e3
    );
    Ok(())
}

/// What is known to blow up elsewhere, for 8 and 24: under a second each.
fn blow_ups(folder: &Path) -> Result<bool, String> {
    let mut fine = true;
    for (name, program) in known::KNOWN {
        let mut line = format!("{name:<20}");
        for n in [8, 24] {
            let folder = folder.join(format!("{name}-{n}"));
            std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
            std::fs::write(folder.join("in.cue"), program(n)).map_err(|e| e.to_string())?;
            let cost = run(&[LATEEN, "cue", "export", "in.cue"], &folder, &[], "-")?;
            // Writing to a string cannot fail.
            let _ = write!(line, " {n}: {:.1} ms", cost.cpu.as_secs_f64() * 1e3);
            fine &= cost.cpu.as_secs_f64() < 1.0;
        }
        println!("{line}");
    }
    Ok(fine)
}

/// Pages of this process that are resident, where the system says so.
fn resident() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}

/// Evaluates the template many times; false when memory grew from the first tenth to the end.
fn slope(times: u32) -> bool {
    let text = CASES.iter().find(|c| c.name == "template-1").map(|c| (c.generate)(1)).unwrap_or_default();
    let (source, mut sources) = (cue_syntax::Source::new("in.cue", text), cue_syntax::Sources::default());
    let id = sources.add(source.clone());
    let files = cue_syntax::parse_file(&source, id).tree.into_iter().collect();
    let instance = cue::Instance { sources, files, ..cue::Instance::default() };
    let Ok(program) = cue::compile(&cue::world::Nothing, instance) else { return false };
    let started = std::time::Instant::now();
    let mut seen = Vec::new();
    for i in 1..=times {
        let evaluation = program.evaluate(cue::Inputs::default(), &cue::Limits::default());
        if evaluation.lookup(&cue::Selector::path("result")).data(&cue::DataOptions::default()).is_err() {
            return false;
        }
        if i % (times / 10).max(1) == 0 {
            let pages = resident().unwrap_or_default();
            println!("{i:>9} evaluations: {} KiB", pages * 4);
            seen.push(pages);
        }
    }
    println!("{:.1} us each", started.elapsed().as_secs_f64() * 1e6 / f64::from(times));
    // The first half warms the allocator up. In the second, four pages of half a million evaluations are not a slope.
    seen.get(seen.len() / 2).zip(seen.last()).is_none_or(|(half, last)| last.saturating_sub(*half) <= 4)
}
