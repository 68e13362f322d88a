//! Loading, on cases kept as text (`load/*.txtar`).
//!
//! The head of a case names arguments and tags (`args: ./sub`, `tags: env=prod`, `package: p`, `place: a:`, `list: true`);
//! then come files (`-- path --`), and what is wanted: `-- want --` holds the JSON of each instance in order, `-- problems --`
//! the messages. What the loader may read is only these files, in a folder below `/`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use cue::load::{Options, Place, inputs_of, load};
use cue::{DataOptions, Limits, World, compile, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a case.
struct Files(BTreeMap<String, String>);

impl World for Files {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        self.0.get(path).map(|t| Arc::from(t.as_bytes())).ok_or_else(|| format!("cannot read {path}: no such file"))
    }

    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        let prefix = if path == "." { String::new() } else { format!("{path}/") };
        let mut names: Vec<String> = self
            .0
            .keys()
            .filter_map(|k| k.strip_prefix(&prefix))
            .map(|rest| rest.split_once('/').map_or(rest.to_owned(), |(folder, _)| format!("{folder}/")))
            .collect();
        names.dedup();
        if names.is_empty() { Err(format!("cannot list {path}: no such folder")) } else { Ok(names) }
    }

    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        (import_path == "vela/greet")
            .then(|| vec![("greet.cue".into(), Arc::from("package greet\n#Hello: \"hello\"\n"))])
    }
}

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
        let world = Files(files);
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
