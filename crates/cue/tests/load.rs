//! Loading, on cases kept as text (`load/*.txtar`).
//!
//! The head of a case names arguments and tags (`args: ./sub`, `tags: env=prod`, `package: p`, `place: a:`, `list: true`);
//! then come files (`-- path --`), and what is wanted: `-- want --` holds the JSON of each instance in order, `-- problems --`
//! the messages. What the loader may read is only these files, in a folder below `/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod files;

use cue::load::{Options, Place, inputs_of, load};
use cue::{DataOptions, Limits, compile, json};
use files::Files;
use std::collections::BTreeMap;

/// Packages of the tool itself.
const PACKAGES: &[(&str, &str)] = &[("vela/greet", "package greet\n#Hello: \"hello\"\n")];

/// The head of a case and its sections.
fn sections(text: &str) -> (String, BTreeMap<String, String>) {
    let mut head = String::new();
    let mut files = BTreeMap::new();
    let mut name: Option<String> = None;
    for line in text.lines() {
        if let Some(n) = line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
            name = Some(n.to_owned());
            files.insert(n.to_owned(), String::new());
            continue;
        }
        let target = match &name {
            Some(n) => files.get_mut(n).unwrap(),
            None => &mut head,
        };
        target.push_str(line);
        target.push('\n');
    }
    (head, files)
}

fn words(head: &str, key: &str) -> Vec<String> {
    head.lines()
        .filter_map(|l| l.strip_prefix(key)?.strip_prefix(": "))
        .flat_map(|v| v.split(' '))
        .map(str::to_owned)
        .collect()
}

/// What comes out: the JSON of every instance, or the problems.
fn run(world: &Files, head: &str) -> Result<String, String> {
    let options = Options {
        tags: words(head, "tags"),
        variables: words(head, "variables")
            .iter()
            .filter_map(|w| w.split_once('='))
            .map(|(k, v)| (k.into(), v.into()))
            .collect(),
        package: words(head, "package").pop(),
        place: Place { labels: words(head, "place"), ..Place::default() },
        list: head.contains("list: true"),
        schema: None,
        deferred: false,
        folders_above: 1,
    };
    let said = |d: Vec<cue_syntax::Diagnostic>| {
        d.iter()
            .map(|d| {
                let place = d.labels.first().map_or(String::new(), |l| {
                    let (line, column) = l.source.line_column(l.start);
                    format!("{}:{line}:{column}: ", l.source.name)
                });
                format!("{place}{}\n", d.message)
            })
            .collect::<String>()
    };
    let mut out = String::new();
    for loaded in load(world, &options, &words(head, "args")).map_err(said)? {
        let program = compile(world, loaded.instance).map_err(said)?;
        let evaluation = program.evaluate(inputs_of(&loaded.documents, &[]), &Limits::default());
        let data = evaluation.root().data(&DataOptions::default()).map_err(said)?;
        out.push_str(&json::write(&data, json::Style::Indented).unwrap());
        out.push('\n');
    }
    Ok(out)
}

#[test]
fn cases() {
    let folder = format!("{}/tests/load", env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    assert!(!paths.is_empty());
    let mut failures = String::new();
    for path in paths {
        let (head, mut files) = sections(&std::fs::read_to_string(&path).unwrap());
        let (want, problems) = (files.remove("want"), files.remove("problems"));
        let world = Files { files: &files, packages: PACKAGES };
        let wanted = match (want, problems) {
            (Some(want), None) => Ok(want),
            (None, Some(problems)) => Err(problems),
            _ => panic!("{}: one of `want` and `problems`", path.display()),
        };
        let came = run(&world, &head);
        if came != wanted {
            failures.push_str(&format!("{}\nwanted {wanted:#?}\ncame   {came:#?}\n", path.display()));
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
