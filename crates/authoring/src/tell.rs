//! A diagnostic in few lines, without the text around it: for lists of many.

use cue_syntax::{Diagnostic, Severity};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// `path message [code]`, the first line only.
pub fn line(problem: &Diagnostic) -> String {
    let path = problem.path.as_deref().filter(|p| !p.is_empty());
    let message = problem.message.lines().next().unwrap_or_default();
    match path {
        Some(path) if problem.code.starts_with("test/") => format!("{path} {message}"),
        Some(path) => format!("{path}: {message} [{}]", problem.code),
        None if problem.code.starts_with("test/") || problem.code.is_empty() => message.to_owned(),
        None => format!("{message} [{}]", problem.code),
    }
}

/// The problem, its places and what to do, each on a line behind `indent`.
pub fn write(out: &mut String, problem: &Diagnostic, indent: &str) {
    let _ = writeln!(out, "{indent}{}", line(problem));
    for more in problem.message.lines().skip(1) {
        let _ = writeln!(out, "{indent}  {more}");
    }
    for label in &problem.labels {
        let (line, column) = label.source.line_column(label.start);
        let words = if label.text.is_empty() { String::new() } else { format!(": {}", label.text) };
        let _ = writeln!(out, "{indent}  at {}:{line}:{column}{words}", label.source.name);
    }
    if let Some(help) = &problem.help {
        let _ = writeln!(out, "{indent}  help: {help}");
    }
    for related in &problem.related {
        write(out, related, &format!("{indent}  "));
    }
}

/// For programs.
pub fn json(problem: &Diagnostic) -> Value {
    let severity = match problem.severity {
        Severity::Advice => "advice",
        Severity::Warning => "warning",
        Severity::Error => "error",
    };
    let places: Vec<Value> = problem
        .labels
        .iter()
        .map(|l| {
            let (line, column) = l.source.line_column(l.start);
            json!({"file": l.source.name, "line": line, "column": column, "text": l.text})
        })
        .collect();
    json!({
        "code": problem.code,
        "severity": severity,
        "message": problem.message,
        "path": problem.path,
        "help": problem.help,
        "places": places,
    })
}
