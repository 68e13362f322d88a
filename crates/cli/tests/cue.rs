//! `lateen cue` as a user sees it: each `cue/*.txtar` holds files and commands (`$ export a.cue`, `$ fmt - < a.cue`); the
//! snapshot is the transcript.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// Runs one line in a folder and tells what it printed.
fn run(folder: &Path, line: &str) -> String {
    let (line, stdin) = line.split_once(" < ").unwrap_or((line, ""));
    let mut child = Command::new(env!("CARGO_BIN_EXE_lateen"))
        .arg("cue")
        .args(line.split(' ').map(|w| w.replace('␣', " ")))
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("COLUMNS")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let text = if stdin.is_empty() { Vec::new() } else { std::fs::read(folder.join(stdin)).unwrap() };
    child.stdin.take().unwrap().write_all(&text).unwrap();
    let output = child.wait_with_output().unwrap();
    let mut out = String::new();
    writeln!(out, "$ lateen cue {line}").unwrap();
    out.push_str(&String::from_utf8_lossy(&output.stdout));
    for line in String::from_utf8_lossy(&output.stderr).lines() {
        writeln!(out, "! {line}").unwrap();
    }
    if !output.status.success() {
        writeln!(out, "(status {})", output.status.code().unwrap_or(-1)).unwrap();
    }
    out
}

#[test]
fn transcripts() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cue");
    let mut paths: Vec<_> = std::fs::read_dir(cases).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut head = String::new();
        let mut file = None;
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
                let path = folder.path().join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                file = Some(std::fs::File::create(path).unwrap());
                continue;
            }
            match &mut file {
                Some(f) => writeln!(f, "{line}").unwrap(),
                None => writeln!(head, "{line}").unwrap(),
            }
        }
        let transcript: String =
            head.lines().filter_map(|l| l.strip_prefix("$ ")).map(|l| run(folder.path(), l) + "\n").collect();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, transcript) });
    }
}
