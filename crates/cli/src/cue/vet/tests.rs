//! The short way and the whole way of `vet` say the same: every command of the transcripts, and schemas with data that lie on
//! both sides of what the short way decides, by both ways.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::{VetArgs, Way, vet};
use clap::Parser;
use std::io::Write as _;
use std::path::Path;

#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Command {
    #[command(flatten)]
    args: VetArgs,
}

/// What a command says by each way, its files in a folder.
fn both(folder: &Path, words: &[&str]) -> [Vec<String>; 2] {
    [Way::Short, Way::Whole].map(|way| {
        let mut args = Command::try_parse_from(words).unwrap().args;
        for input in &mut args.input.inputs {
            *input = folder.join(&*input).to_string_lossy().into_owned();
        }
        let (Ok(problems) | Err(problems)) = vet(&args, way);
        problems.iter().map(|d| format!("{d:?}")).collect()
    })
}

#[test]
fn transcripts_say_the_same_by_both_ways() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cue");
    let (mut commands, mut refused) = (0, 0);
    for name in ["vet", "vet-short"] {
        let text = std::fs::read_to_string(cases.join(format!("{name}.txtar"))).unwrap();
        let (head, files) = text.split_at(text.find("\n-- ").unwrap());
        let folder = tempfile::tempdir().unwrap();
        for file in files.split("\n-- ").skip(1) {
            let (name, body) = file.split_once(" --\n").unwrap();
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut file = std::fs::File::create(path).unwrap();
            for (i, part) in body.split("<FF>").enumerate() {
                file.write_all(&[0xff][..usize::from(i > 0)]).unwrap();
                file.write_all(part.as_bytes()).unwrap();
            }
        }
        for line in head.lines().filter_map(|l| l.strip_prefix("$ vet ")) {
            let words: Vec<&str> = line.split(' ').collect();
            // Only data that stand in files are read twice.
            if words.iter().any(|w| w.contains(['"', '\'', '<', '.']) && !folder.path().join(w).exists()) {
                continue;
            }
            let [short, whole] = both(folder.path(), &words);
            assert_eq!(short, whole, "vet {line}");
            (commands, refused) = (commands + 1, refused + usize::from(!short.is_empty()));
        }
    }
    assert!(commands > 20 && refused > 5 && refused < commands, "{refused} of {commands}");
}

/// Schemas, each with data of which some fit.
const SCHEMAS: [(&str, &[&str]); 8] = [
    ("{n: int & >0, s?: string}", &[r#"{"n": 1}"#, r#"{"n": 0}"#, r#"{"n": 1, "s": 2}"#, r#"{"n": 1, "t": 2}"#, "{}"]),
    ("{n: int, ...}", &[r#"{"n": 1, "t": [1, {}]}"#, r#"{"n": 1.0}"#, r#"{"n": 1e3}"#]),
    (
        r#"{kind: "a", n: int} | {kind: "b", m: string}"#,
        &[r#"{"kind": "a", "n": 1}"#, r#"{"kind": "b", "m": "x"}"#, r#"{"kind": "b", "n": 1}"#, r#"{"kind": "c"}"#],
    ),
    (r#"{[=~"^x"]: int, y: *1 | int}"#, &[r#"{"x1": 1}"#, r#"{"x1": "1"}"#, r#"{"z": 1}"#, r#"{"y": 5}"#]),
    (
        "{l: [...{a!: int}]}",
        &[r#"{"l": []}"#, r#"{"l": [{"a": 1}]}"#, r#"{"l": [{}]}"#, r#"{"l": [{"a": 1, "b": 2}]}"#],
    ),
    ("{l: [int, string, ...bool]}", &[r#"{"l": [1, "x"]}"#, r#"{"l": [1]}"#, r#"{"l": [1, "x", true, 1]}"#]),
    ("{a: int, b: a + 1}", &[r#"{"a": 1, "b": 2}"#, r#"{"a": 1}"#, r#"{"a": 1, "b": 3}"#]),
    (
        "{s: string & =~\"^[a-z]+$\" & !=\"no\", n: null | number}",
        &[
            r#"{"s": "yes", "n": null}"#,
            r#"{"s": "no", "n": 1.5}"#,
            r#"{"s": "No"}"#,
            r#"{"s": "a", "s": "b", "n": 1}"#,
            r#"{"s": "a", "n": 1"#,
        ],
    ),
];

#[test]
fn data_that_fit_and_data_that_do_not_say_the_same_by_both_ways() {
    let folder = tempfile::tempdir().unwrap();
    for (schema, data) in SCHEMAS {
        std::fs::write(folder.path().join("schema.cue"), format!("#S: {schema}\n")).unwrap();
        let mut verdicts = Vec::new();
        for text in data {
            for (file, concrete) in [("d.json", "-c"), ("d.json", "-c=false"), ("d.yaml", "-c"), ("d.yaml", "-c=false")]
            {
                std::fs::write(folder.path().join(file), text).unwrap();
                let [short, whole] = both(folder.path(), &["schema.cue", file, "-d", "#S", concrete]);
                assert_eq!(short, whole, "{schema}\n{text} as {file} {concrete}");
                verdicts.push(short.is_empty());
            }
        }
        assert!(verdicts.contains(&true) && verdicts.contains(&false), "{schema}");
    }
}
