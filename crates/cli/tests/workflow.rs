//! Runs of workflows as a user sees them: `workflow/*.md` holds applications, what is done to them, and what must be seen.
//!
//! A case has `yaml` blocks (files, in order of their numbers), a block `do` with a line for each action, and a block `see`
//! with the status after each. Actions: `up [N]` (the N-th file, else the first), `resume|terminate|restart [STEP]`,
//! `up, killed at "TEXT"` (SIGKILL as soon as a line with the text is printed). Each case has its own embedded hub.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a test that cannot run the command has failed"
)]

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One case of a file.
struct Case {
    title: String,
    files: Vec<String>,
    actions: Vec<String>,
    see: String,
}

fn cases(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(title) = line.strip_prefix("## ") {
            cases.push(Case { title: title.to_owned(), files: Vec::new(), actions: Vec::new(), see: String::new() });
        } else if let (Some(kind), Some(case)) = (line.strip_prefix("```"), cases.last_mut()) {
            let body: Vec<&str> = lines.by_ref().take_while(|l| *l != "```").collect();
            match kind {
                "yaml" => case.files.push(body.join("\n") + "\n"),
                "do" => case.actions.extend(body.iter().map(|l| (*l).to_owned())),
                _ => case.see = body.join("\n"),
            }
        }
    }
    cases
}

struct Home {
    folder: tempfile::TempDir,
    app: String,
}

impl Home {
    fn lateen(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lateen"));
        command
            .args(args)
            .env_clear()
            .env("LATEEN_HOME", self.folder.path().join("state"))
            .env("LATEEN_HUB", "embedded")
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn file(&self, number: usize) -> String {
        format!("{number}.yaml")
    }

    fn act(&self, action: &str) {
        let (verb, rest) = action.split_once(' ').unwrap_or((action, ""));
        if let Some((_, text)) = action.split_once("killed at ") {
            let mut child = self.lateen(&["up", "-f", &self.file(1)]).spawn().unwrap();
            let text = text.trim_matches('"');
            let lines = BufReader::new(child.stderr.take().unwrap()).lines();
            let seen = lines.map_while(Result::ok).any(|l| l.contains(text));
            child.kill().unwrap();
            child.wait().unwrap();
            assert!(seen, "{text} was not printed");
            return;
        }
        let output = match verb {
            "up" => {
                let number = rest.parse().unwrap_or(1);
                self.lateen(&["up", "-f", &self.file(number)]).output()
            }
            verb if rest.is_empty() => self.lateen(&["workflow", verb, &self.app]).output(),
            verb => self.lateen(&["workflow", verb, &self.app, "--step", rest]).output(),
        };
        let output = output.unwrap();
        let code = output.status.code();
        assert!(matches!(code, Some(0 | 1)), "{action} died: {code:?} {}", String::from_utf8_lossy(&output.stderr));
    }

    fn see(&self) -> String {
        let output = self.lateen(&["status", &self.app, "-o", "json"]).output().unwrap();
        let Ok(app) = serde_json::from_slice::<Value>(&output.stdout) else {
            return String::from_utf8_lossy(&output.stderr)
                .lines()
                .filter(|l| !l.is_empty())
                .collect::<Vec<_>>()
                .join("\n");
        };
        show(&app["status"])
    }
}

/// The phase and flags, then steps, services and applied objects, a line each.
fn show(status: &Value) -> String {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    let run = &status["workflow"];
    let flags =
        ["suspend", "terminated", "finished"].map(|f| if run[f] == true { format!(" {f}") } else { String::new() });
    let revision = text(&status["latestRevision"]["name"]);
    let mut out = format!("{} {} {revision}{}\n", text(&status["status"]), text(&run["mode"]), flags.concat());
    fn steps(out: &mut String, list: &Value, indent: &str) {
        for step in list.as_array().into_iter().flatten() {
            let text = |f: &str| step[f].as_str().unwrap_or_default();
            let reason = if text("reason").is_empty() { String::new() } else { format!("/{}", text("reason")) };
            let message = if text("message").is_empty() { String::new() } else { format!(" {}", text("message")) };
            let _ = writeln!(out, "{indent}{}: {}{reason}{message}", text("name"), text("phase"));
            steps(out, &step["subSteps"], &format!("{indent}  "));
        }
    }
    steps(&mut out, &run["steps"], "  ");
    for service in status["services"].as_array().into_iter().flatten() {
        let cluster = text(&service["cluster"]);
        let place = format!("{}/{}", if cluster.is_empty() { "local" } else { &cluster }, text(&service["namespace"]));
        let health = if service["healthy"] == true { "healthy" } else { "not healthy" };
        let message = text(&service["message"]);
        let _ = writeln!(out, "  service {} at {place}: {health} {}", text(&service["name"]), message.trim());
    }
    for object in status["appliedResources"].as_array().into_iter().flatten() {
        let cluster = text(&object["cluster"]);
        let cluster = if cluster.is_empty() { "local" } else { &cluster };
        let object = [&object["namespace"], &object["kind"], &object["name"]].map(text).join("/");
        let _ = writeln!(out, "  applied {cluster}/{object}");
    }
    out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn run(case: &Case) -> Result<(), Failed> {
    let folder = tempfile::tempdir().unwrap();
    for (i, text) in case.files.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{}.yaml", i + 1)), text).unwrap();
    }
    let name = case.files[0].split("kind: Application\nmetadata: {name: ").nth(1).and_then(|t| t.split('}').next());
    let home = Home { folder, app: name.expect("the application has its name where it is looked for").to_owned() };
    let mut seen = Vec::new();
    for action in &case.actions {
        home.act(action);
        if !action.contains("killed") {
            seen.push(format!("{action}: {}", home.see()));
        }
    }
    let seen = seen.join("\n");
    if seen == case.see { Ok(()) } else { Err(format!("wanted\n{}\n\ncame\n{seen}\n", case.see).into()) }
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/workflow");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let mut trials = Vec::new();
    for file in files.into_iter().filter(|f| f.extension().is_some_and(|e| e == "md")) {
        let group = file.file_stem().unwrap().to_string_lossy().into_owned();
        for case in cases(&std::fs::read_to_string(&file).unwrap()) {
            trials.push(Trial::test(format!("{group}: {}", case.title), move || run(&case)));
        }
    }
    let mut arguments = Arguments::from_args();
    arguments.test_threads.get_or_insert(2);
    libtest_mimic::run(&arguments, trials).exit();
}
