//! The mistakes that people make most, each with the whole text that a user sees. A case is a Markdown file: what it is
//! about, the command, the files. What is printed stands in `snapshots/`.
#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

mod place;

use place::Place;
use std::path::Path;

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

/// What a command that must fail says of the files of its case.
fn refusal(name: &str, command: &str, files: &[(String, String)]) -> String {
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let place = Place::new(&files);
    std::fs::create_dir_all(place.path("definitions")).unwrap();
    let args: Vec<&str> = command.split(' ').collect();
    let (out, said) = place.fails(&args);
    assert!(out.is_empty(), "{name} prints nothing else");
    said
}

/// Each class of error of the language, its source and all that is said of it together; that none is left out; and that each
/// has the code that its case names.
#[test]
fn every_class_of_error_of_the_language_is_told_with_its_source() {
    let text = include_str!("errors.md");
    let mut told = String::new();
    let mut codes = Vec::new();
    for case in text.split("\n## ").skip(1) {
        let title = case.lines().next().unwrap_or_default();
        let (code, command) = case.lines().find_map(|l| l.split_once(": `lateen ")).unwrap();
        let files = files(case);
        let said = refusal(title, command.trim_end_matches('`'), &files);
        assert!(said.lines().any(|l| l == code), "{title}: not {code}:\n{said}");
        codes.push(code);
        told += &format!("== {title}\n$ lateen {}\n", command.trim_end_matches('`'));
        for (name, text) in files {
            // What is long is long for its own sake.
            let text: String = text.lines().map(|l| l.chars().take(120).collect::<String>() + "\n").collect();
            told += &format!("-- {name} --\n{text}");
        }
        told += &format!("--\n{}\n", said.trim_end());
    }
    insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!("errors_of_the_language", told) });
    // What only runs of workflows give; `cue`'s own tests have its case.
    let elsewhere = ["cue/unknown"];
    let known = include_str!("../../authoring/src/explain/codes.md").lines().filter_map(|l| l.strip_prefix("## "));
    let families = ["cue/", "json/", "yaml/", "toml/", "csv/", "jsonschema/"];
    let missing: Vec<&str> = known
        .filter(|code| families.iter().any(|f| code.starts_with(f)))
        .filter(|code| !codes.contains(code) && !elsewhere.contains(code))
        .collect();
    assert!(missing.is_empty(), "no case for {missing:?}");
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
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        let text = refusal(&name, command, &files(&case));
        insta::with_settings!({description => about, omit_expression => true}, {
            insta::assert_snapshot!(name, text);
        });
    }
}
