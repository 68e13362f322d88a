//! The mistakes that people make most, each with the whole text that a user sees. A case is a Markdown file: what it is
//! about, the command, the files. What is printed stands in `snapshots/`.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

use std::path::Path;
use std::process::Command;

/// The files of a case: `NAME:` on a line of its own, then a block.
fn files(case: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    let mut name = String::new();
    let mut block: Option<String> = None;
    for line in case.lines() {
        match &mut block {
            Some(_) if line == "```" => out.extend(block.take().map(|text| (name.clone(), text))),
            Some(text) => {
                text.push_str(line);
                text.push('\n');
            }
            None if line.starts_with("```") => block = Some(String::new()),
            None => {
                if let Some(file) = line.strip_suffix(':').filter(|l| !l.contains(' ')) {
                    name = file.to_owned();
                }
            }
        }
    }
    out
}

#[test]
fn mistakes_are_told_with_their_places_and_what_to_do() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut cases: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 20, "the cases are there");
    for file in cases {
        let case = std::fs::read_to_string(&file).unwrap();
        let about = case.lines().next().unwrap_or_default().trim_start_matches("# ").to_owned();
        let command = case.lines().find_map(|l| l.strip_prefix("`lateen ")?.strip_suffix('`')).unwrap();
        let place = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(place.path().join("definitions")).unwrap();
        for (name, text) in files(&case) {
            std::fs::write(place.path().join(name), text).unwrap();
        }
        let out = Command::new(env!("CARGO_BIN_EXE_lateen"))
            .args(command.split(' '))
            .current_dir(place.path())
            .env("LATEEN_HOME", place.path().join("home"))
            .env("LATEEN_HUB", "embedded")
            .env_remove("KUBECONFIG")
            .output()
            .unwrap();
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        assert_eq!(out.status.code(), Some(1), "{name} is refused");
        assert!(out.stdout.is_empty(), "{name} prints nothing else");
        let text = String::from_utf8(out.stderr).unwrap().replace(&place.path().display().to_string(), "FOLDER");
        insta::with_settings!({description => about, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
}
