//! What became of all cases: for people, for programs (JSON) and for build servers (JUnit).

use super::{FileCoverage, Verdict};
use crate::tell;
use cue_syntax::Diagnostic;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// A file of cases that was run.
#[derive(Debug, Clone)]
pub struct SuiteReport {
    /// The file.
    pub file: String,
    /// What was tested: `component webservice`.
    pub subject: String,
    /// In the order of the file.
    pub verdicts: Vec<Verdict>,
    /// Which of its lines were reached, where that was asked for.
    pub coverage: Option<FileCoverage>,
    /// Parameters that no case of the file sets, where that was asked for.
    pub unset: Vec<String>,
}

/// Everything that was run.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// In the order of the files.
    pub suites: Vec<SuiteReport>,
    /// What could not be run at all: files that cannot be read, definitions that do not compile.
    pub broken: Vec<Diagnostic>,
    /// Cases that a filter left out.
    pub left_out: usize,
}

impl Report {
    /// Cases that were run, and those of them that failed.
    pub fn counts(&self) -> (usize, usize) {
        let all = self.suites.iter().flat_map(|s| &s.verdicts);
        let failed = all.clone().filter(|v| !v.passed()).count();
        (all.count(), failed)
    }

    /// Whether nothing failed and nothing was broken.
    pub fn passed(&self) -> bool {
        self.broken.is_empty() && self.counts().1 == 0
    }

    /// For people: what failed and why; with `all`, what passed too. `took` is the time in milliseconds.
    pub fn text(&self, all: bool, took: u128) -> String {
        let mut out = String::new();
        for suite in &self.suites {
            if all {
                let _ = writeln!(out, "{} ({})", suite.file, suite.subject);
            }
            for verdict in &suite.verdicts {
                match (verdict.passed(), all) {
                    (true, true) => {
                        let _ = writeln!(out, "  ok    {}", verdict.name);
                    }
                    (true, false) => {}
                    (false, _) => {
                        let place = if all { String::new() } else { format!("{}: ", suite.file) };
                        let indent = if all { "  " } else { "" };
                        let _ = writeln!(out, "{indent}FAIL  {place}{}", verdict.name);
                        for failure in &verdict.failures {
                            tell::write(&mut out, failure, &format!("{indent}      "));
                        }
                    }
                }
            }
        }
        for problem in &self.broken {
            let file = problem.labels.first().map_or(String::new(), |l| format!("  {}", l.source.name));
            let _ = writeln!(out, "BROKEN{file}");
            tell::write(&mut out, problem, "      ");
        }
        self.coverage_text(&mut out);
        let (count, failed) = self.counts();
        let some = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
        let _ = write!(out, "{} in {}", some(count, "case"), some(self.suites.len(), "file"));
        if self.left_out > 0 {
            let _ = write!(out, " ({} left out)", self.left_out);
        }
        let _ = write!(out, ": {} passed, {failed} failed", count - failed);
        if !self.broken.is_empty() {
            let _ = write!(out, ", {} could not be run", self.broken.len());
        }
        let _ = writeln!(out, " ({took} ms)");
        out
    }

    fn coverage_text(&self, out: &mut String) {
        for suite in &self.suites {
            let Some(coverage) = &suite.coverage else { continue };
            let (reached, lines) = (coverage.reached, coverage.lines);
            let _ = writeln!(out, "{:5.1} %  {} ({reached} of {lines} lines)", coverage.percent(), coverage.file);
            for missed in &coverage.missed {
                let _ = writeln!(out, "         {}:{}: never: {}", missed.line, missed.column, missed.text);
            }
            if !suite.unset.is_empty() {
                let _ = writeln!(out, "         no case sets: {}", suite.unset.join(", "));
            }
        }
    }

    /// For programs.
    pub fn json(&self, took: u128) -> Value {
        let (count, failed) = self.counts();
        let suites: Vec<Value> = self
            .suites
            .iter()
            .map(|suite| {
                let cases: Vec<Value> = suite
                    .verdicts
                    .iter()
                    .map(|v| {
                        let failures: Vec<Value> = v.failures.iter().map(tell::json).collect();
                        json!({"name": v.name, "passed": v.passed(), "failures": failures})
                    })
                    .collect();
                let mut entry = json!({"file": suite.file, "subject": suite.subject, "cases": cases});
                if let (Some(c), Some(entry)) = (&suite.coverage, entry.as_object_mut()) {
                    let missed: Vec<Value> = c
                        .missed
                        .iter()
                        .map(|m| json!({"line": m.line, "column": m.column, "text": m.text}))
                        .collect();
                    let coverage = json!({
                        "file": c.file, "lines": c.lines, "reached": c.reached, "percent": (c.percent() * 10.0).round() / 10.0,
                        "missedLines": c.missed_lines, "neverHeld": missed, "neverSet": suite.unset,
                    });
                    entry.insert("coverage".to_owned(), coverage);
                }
                entry
            })
            .collect();
        let broken: Vec<Value> = self.broken.iter().map(tell::json).collect();
        json!({"cases": count, "failed": failed, "milliseconds": took as u64, "suites": suites, "broken": broken})
    }

    /// JUnit's XML.
    pub fn junit(&self, took: u128) -> String {
        let (count, failed) = self.counts();
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        let errors = self.broken.len();
        let _ = writeln!(
            out,
            "<testsuites name=\"lateen def test\" tests=\"{}\" failures=\"{failed}\" errors=\"{errors}\" time=\"{}\">",
            count + errors,
            took as f64 / 1000.0
        );
        for suite in &self.suites {
            let failed = suite.verdicts.iter().filter(|v| !v.passed()).count();
            let (name, count) = (xml(&suite.file), suite.verdicts.len());
            let _ = writeln!(out, "  <testsuite name=\"{name}\" tests=\"{count}\" failures=\"{failed}\" errors=\"0\">");
            for verdict in &suite.verdicts {
                let head =
                    format!("    <testcase name=\"{}\" classname=\"{}\"", xml(&verdict.name), xml(&suite.subject));
                let Some(first) = verdict.failures.first() else {
                    let _ = writeln!(out, "{head}/>");
                    continue;
                };
                let mut body = String::new();
                verdict.failures.iter().for_each(|f| tell::write(&mut body, f, ""));
                let _ = writeln!(
                    out,
                    "{head}>\n      <failure message=\"{}\">{}</failure>\n    </testcase>",
                    xml(&tell::line(first)),
                    xml(&body)
                );
            }
            out.push_str("  </testsuite>\n");
        }
        if errors > 0 {
            let _ = writeln!(out, "  <testsuite name=\"files\" tests=\"{errors}\" failures=\"0\" errors=\"{errors}\">");
            for problem in &self.broken {
                let mut body = String::new();
                tell::write(&mut body, problem, "");
                let (message, body) = (xml(&tell::line(problem)), xml(&body));
                let _ = writeln!(
                    out,
                    "    <testcase name=\"{message}\" classname=\"files\">\n      <error message=\"{message}\">{body}</error>\n    </testcase>"
                );
            }
            out.push_str("  </testsuite>\n");
        }
        out.push_str("</testsuites>\n");
        out
    }
}

/// Text between XML's marks. Control characters, which XML cannot carry, are left out.
fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            '\n' => out.push_str("&#10;"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}
