//! A provider that is a program of this machine: JSON in, JSON out.
//!
//! It is started as `<path> <do>`, with the parameters on its standard input, and with nothing of this process's
//! environment but `PATH`, `HOME` and `LATEEN_IDEMPOTENCY_KEY`, by which a repeated call can be recognised. Its standard
//! error is for people: the end of it is shown when the program fails. Nothing is started that the operator has not allowed.

use super::answer;
use crate::fault::Fault;
use crate::outside::Outside;
use serde_json::Value;
use std::process::Stdio;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Longer answers are refused: they become part of the run's journal.
const LONGEST: usize = 1 << 20;

pub(super) async fn call(
    path: &str,
    name: &str,
    params: &Value,
    key: Option<&str>,
    outside: &Outside,
    what: &str,
) -> Result<Value, Fault> {
    if !outside.allows_program(path) {
        return Err(Fault::permanent(format!(
            "{what}: steps may not start {path} on this machine; its operator allows it with LATEEN_EXEC_ALLOW={path}"
        )));
    }
    let mut command = Command::new(path);
    command
        .arg(name)
        .env_clear()
        .envs(["PATH", "HOME"].into_iter().filter_map(|n| Some((n, std::env::var_os(n)?))))
        .env("LATEEN_IDEMPOTENCY_KEY", key.unwrap_or_default())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // A step that is ended takes the program with it.
        .kill_on_drop(true);
    let mut child = command.spawn().map_err(|e| Fault::permanent(format!("{what}: {path} cannot be started: {e}")))?;
    if let Some(mut stdin) = child.stdin.take() {
        let text = params.to_string();
        // A program that needs no parameters may have closed its end.
        tokio::spawn(async move { stdin.write_all(text.as_bytes()).await });
    }
    let output =
        child.wait_with_output().await.map_err(|e| Fault::transient(format!("{what}: {path} did not end: {e}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rev().find(|l| !l.trim().is_empty()).unwrap_or("it said nothing");
        return Err(Fault::permanent(format!("{what}: {path} has failed ({}): {}", output.status, last.trim())));
    }
    if output.stdout.len() > LONGEST {
        return Err(Fault::permanent(format!("the answer of {what} is longer than {LONGEST} bytes")));
    }
    answer(what, &String::from_utf8_lossy(&output.stdout))
}
