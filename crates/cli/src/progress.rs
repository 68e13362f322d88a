//! What a person sees while a run goes on: a line for every step that changes, and on a terminal a line that says what is
//! being waited for.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use model::status::StepRetry;
use model::{StepPhase, StepReason, StepStatus, WorkflowStatus};
use rustc_hash::FxHashMap;
use std::io::Write;
use std::time::Duration;

/// Tells the changes of a run. Lines go to standard error, so that `-o json` stays clean.
pub(crate) struct Progress<W> {
    out: W,
    bar: ProgressBar,
    seen: FxHashMap<String, (StepPhase, String)>,
    /// Which try of a step was told last.
    tries: FxHashMap<String, u32>,
    terminal: bool,
}

impl<W: Write> Progress<W> {
    /// Lines go to `out`; with `terminal`, a moving line shows what is waited for.
    pub(crate) fn new(out: W, terminal: bool) -> Self {
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
            bar.set_style(style);
        }
        if terminal {
            bar.enable_steady_tick(Duration::from_millis(120));
        }
        Progress { out, bar, seen: FxHashMap::default(), tries: FxHashMap::default(), terminal }
    }

    /// These steps have been told before.
    pub(crate) fn knows(&mut self, steps: &[StepStatus]) {
        for step in steps {
            self.seen.insert(step.name.clone(), (step.phase, step.message.clone()));
            self.knows(&step.sub_steps);
        }
    }

    /// Tells what has changed since the last time.
    pub(crate) fn update(&mut self, status: &WorkflowStatus) {
        let mut waiting = Vec::new();
        for step in &status.steps {
            self.step(step, 0, &mut waiting);
        }
        self.bar.set_message(waiting.join("; "));
    }

    fn step(&mut self, step: &StepStatus, depth: usize, waiting: &mut Vec<String>) {
        let busy = matches!(step.phase, StepPhase::Running | StepPhase::Failed) && step.sub_steps.is_empty();
        if busy && !step.message.is_empty() {
            waiting.push(format!("{}: {}", step.name, first_line(&step.message)));
        }
        let now = (step.phase, step.message.clone());
        // A step that waits says so once; its message may change every second.
        let told = self.seen.get(&step.name);
        let tell = match told {
            None => step.phase != StepPhase::Pending,
            Some((phase, message)) => {
                *phase != step.phase || (*message != step.message && step.phase != StepPhase::Running)
            }
        };
        let indent = "  ".repeat(depth + 1);
        if step.phase == StepPhase::Failed && step.reason == StepReason::Execute {
            if self.is_news(step) {
                let retry = step.retry.map(again).unwrap_or_else(|| "is tried again".to_owned());
                self.say(&format!("{indent}↻ {} ({}) {retry}: {}", step.name, step.kind, first_line(&step.message)));
            }
            self.seen.insert(step.name.clone(), now);
        } else if tell {
            let mut line = format!("{indent}{} {} ({}) {}", mark(step.phase), step.name, step.kind, step.phase);
            if !step.message.is_empty() {
                line.push_str(": ");
                line.push_str(first_line(&step.message));
            }
            let out = &mut self.out;
            // A closed pipe must not end the run.
            let _ = self.bar.suspend(|| writeln!(out, "{line}"));
            self.seen.insert(step.name.clone(), now);
        }
        for sub in &step.sub_steps {
            self.step(sub, depth + 1, waiting);
        }
    }

    /// Whether a try is to be told: each one on a terminal, where somebody waits; else that there are some.
    fn is_news(&mut self, step: &StepStatus) -> bool {
        let count = step.retry.map_or(0, |retry| retry.count);
        match self.tries.insert(step.name.clone(), count) {
            None => true,
            Some(told) => self.terminal && told != count,
        }
    }

    /// Says something between the steps.
    pub(crate) fn say(&mut self, text: &str) {
        let out = &mut self.out;
        let _ = self.bar.suspend(|| writeln!(out, "{text}"));
    }

    /// Ends the moving line.
    pub(crate) fn clear(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// `retry 2 of 5 in 4 s`
fn again(retry: StepRetry) -> String {
    let pause = match retry.pause {
        millis @ ..1_000 => format!("{millis} ms"),
        millis if millis % 1_000 == 0 => format!("{} s", millis / 1_000),
        millis => format!("{:.1} s", millis as f64 / 1_000.0),
    };
    format!("retry {} of {} in {pause}", retry.count, retry.limit)
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default()
}

fn mark(phase: StepPhase) -> &'static str {
    match phase {
        StepPhase::Succeeded => "✓",
        StepPhase::Failed => "✗",
        StepPhase::Skipped => "-",
        StepPhase::Suspending => "‖",
        _ => "…",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn status(steps: serde_json::Value) -> WorkflowStatus {
        serde_json::from_value(json!({ "steps": steps })).unwrap()
    }

    #[test]
    fn every_change_is_told_once() {
        let mut progress = Progress::new(Vec::new(), false);
        let before = status(json!([{"name": "first", "type": "suspend", "phase": "succeeded"}]));
        progress.knows(&before.steps);
        progress.update(&before);
        let running = json!([{"name": "go", "type": "deploy", "phase": "running", "message": "wait healthy"}]);
        progress.update(&status(running.clone()));
        progress.update(&status(running));
        progress.update(&status(json!([
            {"name": "go", "type": "deploy", "phase": "succeeded"},
            {"name": "ask", "type": "suspend", "phase": "suspending", "message": "Suspended by field suspend"},
            {"name": "more", "type": "step-group", "phase": "running", "subSteps": [
                {"name": "one", "type": "webhook", "phase": "failed", "message": "no such host\nmore"},
            ]},
        ])));
        progress.clear();
        insta::assert_snapshot!(String::from_utf8(progress.out).unwrap(), @r"
          … go (deploy) running: wait healthy
          ✓ go (deploy) succeeded
          ‖ ask (suspend) suspending: Suspended by field suspend
          … more (step-group) running
            ✗ one (webhook) failed: no such host
        ");
    }

    #[test]
    fn a_step_that_is_tried_again_says_so_at_each_try_on_a_terminal_and_once_elsewhere() {
        let told = |terminal: bool| {
            let mut progress = Progress::new(Vec::new(), false);
            progress.terminal = terminal;
            for (count, pause) in [(1, 50), (1, 50), (2, 4_000), (3, 1_600)] {
                let mut status = status(json!([
                    {"name": "x", "type": "request", "phase": "failed", "reason": "Execute", "message": "503 from there"}
                ]));
                status.steps[0].retry = Some(StepRetry { count, limit: 5, pause });
                progress.update(&status);
            }
            progress.update(&status(json!([{"name": "x", "type": "request", "phase": "succeeded"}])));
            progress.clear();
            String::from_utf8(progress.out).unwrap()
        };
        insta::assert_snapshot!(told(true), @r"
          ↻ x (request) retry 1 of 5 in 50 ms: 503 from there
          ↻ x (request) retry 2 of 5 in 4 s: 503 from there
          ↻ x (request) retry 3 of 5 in 1.6 s: 503 from there
          ✓ x (request) succeeded
        ");
        insta::assert_snapshot!(told(false), @r"
          ↻ x (request) retry 1 of 5 in 50 ms: 503 from there
          ✓ x (request) succeeded
        ");
    }
}
