//! `lateen def test`: the cases beside definitions.

use super::files;
use crate::crds::CrdFileArgs;
use crate::output::{self, Format};
use crate::report;
use crate::threads::side_by_side;
use ::render::Loaded;
use ::render::builtin::Added;
use ::render::definition::Given;
use authoring::testing::{Report, Runner, Snapshots, Suite, SuiteReport, Verdict, unset};
use cue_syntax::{Diagnostic, Source};
use k8s_schema::CustomTypes;
use rayon::prelude::*;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct TestArgs {
    /// Files of cases (`NAME_test.yaml`, `NAME_test.cue`), definition files, or folders [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Only cases whose `file: name` or `component web: name` contains this text; may be given several times, one of them has to fit
    #[arg(long, value_name = "TEXT")]
    filter: Vec<String>,
    /// Run again whenever a file changes
    #[arg(long)]
    watch: bool,
    /// Keep the results of cases with `snapshot: true` as they are now
    #[arg(long)]
    update: bool,
    /// Show which lines of the definitions the cases reached, which `if` never held, and which parameters no case sets
    #[arg(long)]
    coverage: bool,
    /// Name cases that passed, too
    #[arg(long, short)]
    verbose: bool,
    /// json or yaml instead of text
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
    /// Write a report for build servers (JUnit XML) to this file; `-` is standard output
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Other definitions that the cases use: files or folders; may be given several times
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    #[command(flatten)]
    crds: CrdFileArgs,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// What failed, and a sum
    Text,
    /// Everything
    Json,
    /// The same as YAML
    Yaml,
}

const EXAMPLES: &str = "Examples:
  lateen def test                                   every case below this folder
  lateen def test definitions/trait/scaler.cue      the cases of one definition
  lateen def test --filter 'scaler: two' --verbose  some of them
  lateen def test --coverage                        which lines no case reaches
  lateen def test --watch                           again at each change
  lateen def test --crds crds/                      objects of your own kinds have to fit these CRDs
  lateen def test --junit report.xml -o json        for a build server

The form of a case is described in docs/def-test.md.";

/// Between two looks for changed files.
const PAUSE: Duration = Duration::from_millis(200);

pub(crate) fn run(args: &TestArgs) -> ExitCode {
    if !args.watch {
        return once(args);
    }
    let mut seen = None;
    loop {
        let now = stamp(args);
        if seen.as_ref() != Some(&now) {
            seen = Some(now);
            once(args);
            eprintln!("waiting for changes (ctrl-c ends)");
        }
        std::thread::sleep(PAUSE);
    }
}

/// Names, times and sizes of everything that a run reads.
fn stamp(args: &TestArgs) -> Vec<(PathBuf, SystemTime, u64)> {
    let mut all = Vec::new();
    for path in roots(args).iter().chain(&args.definitions).chain(args.crds.paths()) {
        let parent = if path.is_file() { path.parent().map(Path::to_path_buf) } else { None };
        for file in files::below(&parent.unwrap_or_else(|| path.clone())) {
            if let Ok(meta) = file.metadata() {
                all.push((file, meta.modified().unwrap_or(SystemTime::UNIX_EPOCH), meta.len()));
            }
        }
    }
    all
}

fn roots(args: &TestArgs) -> Vec<PathBuf> {
    if args.paths.is_empty() { vec![PathBuf::from(".")] } else { args.paths.clone() }
}

fn once(args: &TestArgs) -> ExitCode {
    let begun = Instant::now();
    let report = match all(args) {
        Ok(report) => report,
        Err(problems) => {
            report::print(&problems);
            return ExitCode::FAILURE;
        }
    };
    let took = begun.elapsed().as_millis();
    // Standard output is one report only.
    let to_output = args.junit.as_ref().is_some_and(|f| f.as_os_str() == "-");
    match args.output {
        _ if to_output => eprint!("{}", report.text(args.verbose, took)),
        Output::Text => print!("{}", crate::colour::lines(&report.text(args.verbose, took))),
        Output::Json => println!("{:#}", report.json(took)),
        Output::Yaml => match output::text(&report.json(took), Format::Yaml) {
            Ok(text) => print!("{text}"),
            Err(failure) => report::print_all(&failure.0),
        },
    }
    if args.junit.as_ref().is_some_and(|f| f.as_os_str() == "-") {
        print!("{}", report.junit(took));
    } else if let Some(file) = &args.junit
        && let Err(e) = std::fs::write(file, report.junit(took))
    {
        let problem = Diagnostic::error("cli/io", format!("{} cannot be written: {e}", file.display()));
        report::print(&[problem]);
        return ExitCode::FAILURE;
    }
    if report.passed() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Reads and runs everything.
fn all(args: &TestArgs) -> Result<Report, Vec<Diagnostic>> {
    let mut report = Report::default();
    let mut found = Vec::new();
    for path in roots(args) {
        if !path.exists() {
            let problem =
                Diagnostic::error("cli/io", format!("{} is not there", path.display())).help("check the path");
            return Err(vec![problem]);
        }
        found.extend(files::cases(&path));
    }
    found.sort();
    found.dedup();
    if found.is_empty() {
        let names: Vec<String> = roots(args).iter().map(|p| p.display().to_string()).collect();
        return Err(vec![
            Diagnostic::error("test/none", format!("there are no cases in {}", names.join(", ")))
                .help("write NAME_test.yaml beside the definition NAME.cue; docs/def-test.md has the form"),
        ]);
    }
    let others = Arc::new(others(&found, &args.definitions, &mut report.broken));
    let packages = Arc::new(Added::of(&files::packages(found.iter().chain(&args.definitions))));
    let custom = Arc::new(args.crds.read().map_err(|failure| failure.0)?);
    let ran: Vec<_> =
        side_by_side(|| found.par_iter().map(|file| suite(file, &others, &packages, &custom, args)).collect());
    for one in ran {
        match one {
            Ok((suite, left_out)) => {
                report.left_out += left_out;
                if !suite.verdicts.is_empty() {
                    report.suites.push(suite);
                }
            }
            Err(problems) => report.broken.extend(problems),
        }
    }
    if report.suites.is_empty() && report.broken.is_empty() {
        return Err(vec![
            Diagnostic::error("test/none", format!("no case contains \"{}\"", args.filter.join("\" or \"")))
                .help("--verbose without --filter lists all"),
        ]);
    }
    Ok(report)
}

/// The definitions that stand in the same folders, and those of `-d`: cases may use them together. Where two have the same
/// name, the first is taken; each suite finds its own first.
fn others(cases: &[PathBuf], given: &[PathBuf], broken: &mut Vec<Diagnostic>) -> Given {
    let mut folders: Vec<PathBuf> = cases.iter().filter_map(|f| f.parent().map(Path::to_path_buf)).collect();
    folders.sort();
    folders.dedup();
    let beside = folders.iter().flat_map(|folder| files::definitions_in(folder));
    let named: Vec<PathBuf> = given.iter().flat_map(|path| files::definitions(path)).collect();
    let mut given = Given::default();
    for file in &named {
        match files::load(file) {
            Ok(all) => all.into_iter().for_each(|one| drop(given.add(one))),
            Err(problems) => broken.extend(problems),
        }
    }
    let beside: Vec<PathBuf> = beside.collect();
    let loaded: Vec<_> = beside.par_iter().map(|file| files::load(file)).collect();
    // A file beside the cases that cannot be read is told by its own suite.
    for one in loaded.into_iter().flatten().flatten() {
        drop(given.add(one));
    }
    given
}

fn suite(
    file: &Path,
    others: &Arc<Given>,
    packages: &Arc<Added>,
    custom: &Arc<CustomTypes>,
    args: &TestArgs,
) -> Result<(SuiteReport, usize), Vec<Diagnostic>> {
    let source = files::source(file)?;
    let suite = Suite::read(&source)?;
    let definition = subject(file, &source, &suite)?;
    let subject = format!("{} {}", definition.definition.kind.word(), definition.definition.name);
    let wanted: Vec<_> = suite
        .cases
        .iter()
        .filter(|case| {
            let names = [format!("{}: {}", source.name, case.name), format!("{subject}: {}", case.name)];
            args.filter.is_empty() || args.filter.iter().any(|f| names.iter().any(|n| n.contains(f.as_str())))
        })
        .collect();
    let left_out = suite.cases.len() - wanted.len();
    let snapshots = PathBuf::from(Snapshots::file_of(&file.display().to_string()));
    let mut kept = std::fs::read_to_string(&snapshots).map(|text| Snapshots::read(&text)).unwrap_or_default();
    let definition = Arc::new(definition);
    let runner = Runner::new(definition.clone(), others.clone(), args.coverage, packages)?;
    let runner = runner.with_custom_types(custom.clone());
    let mut verdicts: Vec<Verdict> = wanted.par_iter().map(|case| runner.run(case, kept.get(&case.name))).collect();
    if args.update && verdicts.iter().any(|v| v.snapshot.is_some()) {
        for verdict in &mut verdicts {
            if let Some(text) = &verdict.snapshot {
                kept.set(&verdict.name, text.clone());
                verdict.failures.retain(|f| f.code != "test/snapshot");
            }
        }
        kept.retain(|name| suite.cases.iter().any(|c| c.name == name && c.expect.snapshot));
        std::fs::write(&snapshots, kept.write()).map_err(|e| {
            vec![Diagnostic::error("cli/io", format!("{} cannot be written: {e}", snapshots.display()))]
        })?;
    }
    let coverage = runner.coverage();
    let unset = if args.coverage { unset(&definition, &suite) } else { Vec::new() };
    Ok((SuiteReport { file: source.name.clone(), subject, verdicts, coverage, unset }, left_out))
}

/// The definition that the cases are about: the one that they name, else the one with their name.
fn subject(file: &Path, source: &Source, suite: &Suite) -> Result<Loaded, Vec<Diagnostic>> {
    let folder = file.parent().unwrap_or(Path::new("."));
    let candidates: Vec<PathBuf> = match &suite.definition {
        Some(named) => vec![folder.join(named)],
        None => {
            let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
            let stem = stem.strip_suffix("_test").unwrap_or(&stem).to_owned();
            ["cue", "yaml", "yml"].iter().map(|end| folder.join(format!("{stem}.{end}"))).collect()
        }
    };
    let Some(found) = candidates.iter().find(|c| c.is_file()) else {
        let names: Vec<String> = candidates.iter().map(|c| c.display().to_string()).collect();
        return Err(vec![
            Diagnostic::error(
                "test/definition",
                format!("{} tests {}, which is not there", source.name, names.join(" or ")),
            )
            .help("name the definition's file with `definition:`"),
        ]);
    };
    let mut all = files::load(found)?;
    match all.len() {
        1 => Ok(all.remove(0)),
        n => Err(vec![
            Diagnostic::error("test/definition", format!("{} holds {n} definitions", found.display()))
                .help("cases are about one definition; give it a file of its own"),
        ]),
    }
}
