//! A plan in words and as data.

use super::{AppPlan, PlannedObject, PlannedStep};
use crate::diff::{self, Verdict};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// The plan as a person reads it. `full`: what is the same is shown too.
pub fn text(plan: &AppPlan, full: bool) -> String {
    let mut out = format!("Application {} (namespace {})\n", plan.app, plan.namespace);
    for cluster in &plan.clusters {
        let _ = writeln!(out, "\nCluster {}", cluster.name);
        for object in &cluster.objects {
            line(object, full, &mut out);
        }
    }
    let _ = writeln!(out, "\nWorkflow ({})", plan.mode);
    for step in &plan.steps {
        step_line(step, &mut out);
    }
    if !plan.later.is_empty() {
        out.push_str("\nOnly a run will tell\n");
        for fact in &plan.later {
            let _ = writeln!(out, "  {fact}");
        }
    }
    let verdicts = plan.clusters.iter().flat_map(|c| &c.objects).map(|o| &o.verdict);
    let _ = if plan.compared {
        writeln!(out, "\nPlan: {}.", diff::counts(verdicts))
    } else {
        writeln!(out, "\nPlan: {} objects; not compared with what runs.", verdicts.count())
    };
    out
}

fn line(object: &PlannedObject, full: bool, out: &mut String) {
    let mark = match &object.verdict {
        Verdict::Created => '+',
        Verdict::Removed => '-',
        Verdict::Changed(_) => '~',
        Verdict::Same => '=',
        Verdict::Unknown => ' ',
        Verdict::Failed(_) => '?',
        Verdict::Refused(_) => '!',
    };
    if object.verdict == Verdict::Same && !full {
        let _ = writeln!(out, "  = {}", name(object));
        return;
    }
    let mut from: Vec<String> = Vec::new();
    if !object.component.is_empty() {
        from.push(format!("component {}, {}", object.component, object.origin));
    }
    if !object.step.is_empty() {
        from.push(format!("step {}", object.step));
    }
    if restarts_pods(object) {
        from.push("restarts its pods".to_owned());
    }
    let from = if from.is_empty() { String::new() } else { format!("  ({})", from.join("; ")) };
    let _ = writeln!(out, "  {mark} {}{from}", name(object));
    match &object.verdict {
        Verdict::Changed(changes) => {
            for change in changes {
                let mut text = String::new();
                diff::change_line(change, &mut text);
                let _ = write!(out, "  {text}");
            }
        }
        Verdict::Failed(why) | Verdict::Refused(why) => {
            let _ = writeln!(out, "      {why}");
        }
        _ => {}
    }
}

/// Whether what a workload's pods are made from is another: its controller then makes new ones.
fn restarts_pods(object: &PlannedObject) -> bool {
    let Verdict::Changed(changes) = &object.verdict else { return false };
    let kind = object.name.split('/').next().unwrap_or_default();
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet")
        && changes
            .iter()
            .any(|c| c.path.strip_prefix("spec.template").is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
}

fn name(object: &PlannedObject) -> String {
    if object.namespace.is_empty() { object.name.clone() } else { format!("{}/{}", object.namespace, object.name) }
}

fn step_line(step: &PlannedStep, out: &mut String) {
    let indent = if step.group.is_some() { "    " } else { "  " };
    let mut facts: Vec<String> = Vec::new();
    let after: Vec<&str> =
        step.after.iter().map(String::as_str).filter(|a| Some(*a) != step.group.as_deref()).collect();
    if !after.is_empty() {
        facts.push(format!("after {}", after.join(", ")));
    }
    if step.delivers > 0 {
        let objects = if step.delivers == 1 { "object" } else { "objects" };
        facts.push(format!("{} {objects} to {}", step.delivers, step.places.join(", ")));
    }
    if !step.actions.is_empty() {
        facts.push(step.actions.join(", "));
    }
    facts.extend(step.notes.iter().cloned());
    let _ = writeln!(
        out,
        "{indent}{} [{}]{}{}",
        step.name,
        step.kind,
        if facts.is_empty() { "" } else { ": " },
        facts.join("; ")
    );
}

/// For programs.
pub fn value(plan: &AppPlan) -> Value {
    let object = |o: &PlannedObject| {
        let mut value = diff::verdict_value(&o.verdict);
        if let Some(map) = value.as_object_mut() {
            map.insert("object".to_owned(), json!(o.name));
            map.insert("namespace".to_owned(), json!(o.namespace));
            map.insert("component".to_owned(), json!(o.component));
            map.insert("origin".to_owned(), json!(o.origin));
            map.insert("step".to_owned(), json!(o.step));
            map.insert("restartsPods".to_owned(), json!(restarts_pods(o)));
            map.insert("manifest".to_owned(), o.object.as_ref().map_or(Value::Null, diff::shown));
        }
        value
    };
    let step = |s: &PlannedStep| {
        json!({
            "name": s.name, "type": s.kind, "group": s.group, "after": s.after, "objects": s.delivers,
            "places": s.places, "actions": s.actions, "notes": s.notes,
        })
    };
    json!({
        "application": plan.app,
        "namespace": plan.namespace,
        "compared": plan.compared,
        "changes": plan.has_changes(),
        "clusters": plan.clusters.iter().map(|c| json!({
            "name": c.name,
            "open": c.open,
            "objects": c.objects.iter().map(object).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
        "mode": plan.mode,
        "steps": plan.steps.iter().map(step).collect::<Vec<_>>(),
        "onlyKnownAtRunTime": plan.later,
    })
}
