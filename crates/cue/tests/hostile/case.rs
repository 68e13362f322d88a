//! Hostile inputs as text: `*.md` beside this file, with repetitions written once (see `nesting.md`).

#[path = "../files/mod.rs"]
mod files;

use cue::load::{Options, inputs_of, load};
use cue::{DataOptions, Limits, Usage, compile};
use files::Files;
use std::collections::BTreeMap;

/// One input and what has to come of it.
pub(crate) struct Case {
    pub(crate) title: String,
    /// Codes of diagnostics; `none` where a value may come.
    pub(crate) expect: Vec<String>,
    /// As written, see [`Case::expanded`].
    files: BTreeMap<String, String>,
}

impl Case {
    /// The files with all repetitions.
    pub(crate) fn expanded(&self) -> BTreeMap<String, String> {
        self.files.iter().map(|(name, text)| (name.clone(), expand(text))).collect()
    }
}

/// The cases of all files of the suite.
pub(crate) fn all() -> Vec<Case> {
    let texts = [
        include_str!("nesting.md"),
        include_str!("unions.md"),
        include_str!("growth.md"),
        include_str!("cycles.md"),
        include_str!("patterns.md"),
        include_str!("data.md"),
    ];
    texts.iter().flat_map(|text| text.split("\n## ").skip(1)).filter_map(case).collect()
}

fn case(text: &str) -> Option<Case> {
    let (title, rest) = text.split_once('\n')?;
    let (head, rest) = rest.split_once("```")?;
    let (language, rest) = rest.split_once('\n')?;
    let (body, more) = rest.rsplit_once("\n```")?;
    let expect = head.trim().strip_prefix("expect: ")?.split(' ').map(str::to_owned).collect();
    let mut files = BTreeMap::from([(format!("in.{language}"), body.to_owned())]);
    let mut name: Option<&str> = None;
    for line in more.lines() {
        match line.strip_prefix("-- ").and_then(|l| l.strip_suffix(" --")) {
            Some(n) => name = Some(n),
            None => {
                if let Some(n) = name {
                    let file = files.entry(n.to_owned()).or_default();
                    file.push_str(line);
                    file.push('\n');
                }
            }
        }
    }
    Some(Case { title: title.to_owned(), expect, files })
}

/// Writes out `⟨N×text⟩`, innermost last; `%i` and `%n` are the number of the repetition and the next one.
fn expand(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('⟨') {
        out.push_str(before);
        let (count, after) = after.split_once('×').unwrap_or(("0", after));
        let (body, after) = after.split_once('⟩').unwrap_or((after, ""));
        for i in 0..count.parse::<usize>().unwrap_or(0) {
            if body.contains('%') {
                out.push_str(&body.replace("%i", &i.to_string()).replace("%n", &(i + 1).to_string()));
            } else {
                out.push_str(body);
            }
        }
        rest = after;
    }
    out.push_str(rest);
    // A zero byte, and what stands for a byte that begins no character.
    out.replace('␀', "\0").replace('␃', "\u{fffd}")
}

/// Loads, compiles, evaluates and exports: the codes of what is wrong, with how many have a place, and what was used.
pub(crate) fn run(files: &BTreeMap<String, String>) -> (Vec<(String, bool)>, Option<Usage>) {
    let codes = |d: &[cue_syntax::Diagnostic]| d.iter().map(|d| (d.code.to_string(), !d.labels.is_empty())).collect();
    let world = Files { files, packages: &[] };
    let argument = files.keys().find(|k| k.starts_with("in.")).cloned().unwrap_or_default();
    let mut loaded = match load(&world, &Options::default(), &[argument]) {
        Ok(loaded) => loaded,
        Err(problems) => return (codes(&problems), None),
    };
    let Some(loaded) = loaded.pop() else { return (Vec::new(), None) };
    let program = match compile(&world, loaded.instance) {
        Ok(program) => program,
        Err(problems) => return (codes(&problems), None),
    };
    let evaluation = program.evaluate(inputs_of(&loaded.documents, &[]), &Limits::default());
    let problems = match evaluation.root().data(&DataOptions::default()) {
        Ok(_) => Vec::new(),
        Err(problems) => codes(&problems),
    };
    (problems, Some(evaluation.usage()))
}
