//! `lateen cue` as a user sees it: each `cue/*.txtar` holds files and commands (`$ export a.cue`, `$ fmt - < a.cue`); the
//! snapshot is the transcript.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

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
                // `<FF>` is a byte that is no UTF-8.
                Some(f) => {
                    let mut parts = line.split("<FF>");
                    f.write_all(parts.next().unwrap_or_default().as_bytes()).unwrap();
                    for part in parts {
                        f.write_all(&[0xff]).unwrap();
                        f.write_all(part.as_bytes()).unwrap();
                    }
                    writeln!(f).unwrap();
                }
                None => writeln!(head, "{line}").unwrap(),
            }
        }
        let transcript: String =
            head.lines().filter_map(|l| l.strip_prefix("$ ")).map(|l| run(folder.path(), l) + "\n").collect();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(name, transcript) });
    }
}

/// The page that tells how the language differs, and where its list of recorded differences stands.
const PAGE: &str = "../../docs/language.md";
const MARKS: (&str, &str) = ("<!-- from tests/conformance/overrides/cue.toml -->\n", "<!-- end -->");

/// The recorded differences as the page lists them: each reason with its cases, under the heading above it in the file.
fn differences(overrides: &str) -> String {
    let mut out = String::new();
    let mut known: Vec<(String, Vec<String>)> = Vec::new();
    let flush = |known: &mut Vec<(String, Vec<String>)>, out: &mut String| {
        for (reason, cases) in known.drain(..) {
            let cases: Vec<String> = cases.iter().map(|c| format!("`{c}`")).collect();
            let mut chars = reason.chars();
            let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
            writeln!(out, "* {first}{}. ({})", chars.as_str(), cases.join(", ")).unwrap();
        }
    };
    for line in overrides.lines() {
        if let Some(title) = line.strip_prefix("## ") {
            flush(&mut known, &mut out);
            writeln!(out, "{}## {title}\n", if out.is_empty() { "" } else { "\n" }).unwrap();
        } else if let Some((case, reason)) = line.split_once(" = ") {
            // TOML's basic strings are JSON's, as far as they are used here.
            let [case, reason] = [case, reason].map(|t| serde_json::from_str::<String>(t).unwrap());
            match known.iter_mut().find(|k| k.0 == reason) {
                Some(k) => k.1.push(case),
                None => known.push((reason, vec![case])),
            }
        }
    }
    flush(&mut known, &mut out);
    out
}

#[test]
fn the_page_lists_every_recorded_difference() {
    let overrides = include_str!("../../../tests/conformance/overrides/cue.toml");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(MARKS.0).unwrap();
    let (listed, tail) = rest.split_once(MARKS.1).unwrap();
    let wanted = differences(overrides);
    assert!(wanted.lines().count() > 10, "the overrides were not read");
    if listed != wanted && std::env::var("INSTA_UPDATE").is_ok_and(|v| v == "always") {
        std::fs::write(&path, format!("{head}{}{wanted}{}{tail}", MARKS.0, MARKS.1)).unwrap();
        return;
    }
    assert_eq!(listed, wanted, "INSTA_UPDATE=always writes it");
}

#[test]
fn flags_that_differ_from_those_of_cue_do_what_the_page_says() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let rows = page.lines().filter_map(|l| l.strip_prefix("| `-")?.strip_suffix(" |"));
    let (mut refused, mut accepted) = (0, 0);
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").collect();
        let [flag, commands, what] = cells.as_slice() else { panic!("no row of three cells: {row}") };
        let flag = format!("-{}", flag.trim_end_matches('`'));
        for command in commands.split(", ") {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("a.cue"), "a: 1\n").unwrap();
            std::fs::write(folder.path().join("b.json"), "{\"a\": 1}\n").unwrap();
            let value = if matches!(flag.as_str(), "--proto_enum" | "-I" | "-d" | "-n") { " x" } else { "" };
            let input = if command == "import" { "b.json" } else { "a.cue" };
            let said = run(folder.path(), &format!("{command} {flag}{value} {input}"));
            if what.starts_with("refused") {
                refused += 1;
                assert!(said.contains("! cue/flag") && said.contains("(status 1)"), "{said}");
            } else {
                accepted += 1;
                assert!(!said.contains("(status"), "{said}");
            }
        }
    }
    assert!(refused >= 10 && accepted >= 10, "{refused} refused, {accepted} without effect");
}
