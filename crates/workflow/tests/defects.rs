//! Defects that the reference has seen elsewhere, and decisions that it has taken, each held by a run that would show it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use model::Mode::{Dag, StepByStep};
use model::operation::OperationAction as Op;
use serde_json::{Value, json};
use workflow::*;

fn refused() -> Outcome {
    Outcome::Failed { class: FaultClass::Permanent, message: "no".into() }
}

/// D5: a run that takes longer than any life of its process ends, because each life goes on where the last one stopped.
#[test]
fn a_run_that_is_longer_than_every_life_of_its_process_ends() {
    const STEPS: usize = 120;
    let step = |i: usize| act(&format!("s{i}"), &[("http", "do")]);
    // ten at a time where they run beside each other
    let after = |i: usize| if i < 10 { json!([]) } else { json!([format!("s{}", i - 10)]) };
    for mode in [StepByStep, Dag] {
        let steps = (0..STEPS).map(|i| match mode {
            StepByStep => step(i),
            Dag => with(step(i), json!({"dependsOn": after(i)})),
        });
        let plan = plan(mode, Value::Array(steps.collect()));
        let (mut world, mut epoch) = (World::default(), 0);
        let status = loop {
            epoch += 1;
            assert!(epoch < 200, "{mode:?}: no progress is kept: {} actions", world.log.len());
            let mut process = Process::new(&plan, &world, epoch);
            process.fuel = Some(if mode == Dag { 60 } else { 12 });
            if process.go(&mut world).is_ok() {
                break process.run.status();
            }
        };
        assert!(epoch > 4, "{mode:?}: it takes several lives, {epoch}");
        assert!(show(&status).ends_with("= succeeded finished"));
        assert_eq!(world.effects.len(), STEPS);
    }
}

/// D7: the budget of errors is the run's, not the process's; what passes by itself is not taken from it.
#[test]
fn errors_are_counted_across_the_lives_of_a_process() {
    let plan = plan(StepByStep, json!([act("a", &[("kube", "apply")]), say("next")]));
    let mut world = World::default();
    world.answers.insert("kube.apply".into(), vec![refused()]);
    let mut epoch = 0;
    let status = loop {
        epoch += 1;
        assert!(epoch < 100, "the count begins anew with each life: {} tries", world.log.len());
        let mut process = Process::new(&plan, &world, epoch);
        // enough for two or three tries, each with its entry
        process.fuel = Some(12);
        if process.go(&mut world).is_ok() {
            break process.run.status();
        }
    };
    assert!(epoch > 2, "it died on the way, {epoch}");
    assert!(show(&status).contains("a: failed/FailedAfterRetries"), "{}", show(&status));
    let deaths = usize::try_from(epoch).unwrap() - 1;
    assert!((11..=11 + deaths).contains(&world.log.len()), "{} tries, {deaths} deaths", world.log.len());
}

/// D8: a failed step is restarted from while the rest of the run is under way, and the run then ends.
#[test]
fn a_step_is_restarted_while_others_are_under_way() {
    let steps = json!([
        gate("gate"),
        act("bad", &[("kube", "apply")]),
        with(say("after"), json!({"dependsOn": ["bad"]})),
        with(say("last"), json!({"dependsOn": ["gate", "after"]})),
    ]);
    let mut world = World::default();
    let mut answers = vec![refused(); 11];
    answers.push(Outcome::Done(json!({}).into()));
    world.answers.insert("kube.apply".into(), answers);
    let mut p = Process::new(&plan(Dag, steps), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let before = show(&p.run.status());
    assert!(before.contains("gate: suspending") && before.contains("bad: failed"), "{before}");
    p.operate("1", Op::Restart { step: Some("bad".into()) });
    assert!(p.go(&mut world).is_ok());
    p.operate("2", Op::Resume { step: None });
    assert!(p.go(&mut world).is_ok());
    insta::assert_snapshot!(show(&p.run.status()), @r#"
    gate: succeeded
    bad: succeeded
    after: succeeded "after"
    last: succeeded "last"
    = succeeded finished
    "#);
}

/// Decision 2: what is sent with POST is sent once for what it says, however often its step is visited; `repeat: true` polls.
#[test]
fn a_post_is_sent_once_for_its_input_unless_it_says_that_it_polls() {
    let post = |repeat: bool| {
        json!([{"name": "s", "type": "act", "properties": {"do": [
            {"provider": "http", "name": "do", "params": {"url": "u", "method": "POST", "repeat": repeat}},
            {"provider": "kube", "name": "read", "params": {}},
        ]}}])
    };
    for (repeat, sent) in [(false, 1), (true, 4)] {
        let mut world = World::default();
        let wait = Outcome::Wait { message: "not yet".into() };
        world
            .answers
            .insert("kube.read".into(), vec![wait.clone(), wait.clone(), wait, Outcome::Done(json!({}).into())]);
        assert!(run_in(&mut world, StepByStep, post(repeat)).contains("s: succeeded"));
        assert_eq!(world.log.iter().filter(|line| line.ends_with("http.do")).count(), sent, "repeat: {repeat}");
    }
}

/// Decision 8: a status has what KubeVela's tools know of one, and nothing of the journal.
#[test]
fn a_status_has_the_fields_that_tools_know() {
    const RUN: [&str; 13] = [
        "appRevision",
        "mode",
        "status",
        "message",
        "suspend",
        "suspendState",
        "terminated",
        "finished",
        "contextBackend",
        "steps",
        "startTime",
        "endTime",
        "conditions",
    ];
    const STEP: [&str; 9] =
        ["id", "name", "type", "phase", "reason", "message", "firstExecuteTime", "lastExecuteTime", "subSteps"];
    fn fields(value: &Value, known: &[&str]) {
        for key in value.as_object().unwrap().keys() {
            assert!(known.contains(&key.as_str()), "\"{key}\" is in the status: {value}");
        }
        for step in value.get("steps").or(value.get("subSteps")).and_then(Value::as_array).into_iter().flatten() {
            fields(step, &STEP);
        }
    }
    let mut world = World::default();
    // one answer is a refusal, so that the status is told in the middle of a retry, too
    world.answers.insert("kube.apply".into(), vec![refused(), Outcome::Done(json!({}).into())]);
    let steps = json!([
        with(act("a", &[("kube", "apply"), ("http", "do")]), json!({"outputs": [{"name": "v", "valueFrom": "a1"}]})),
        group("g", json!([say("s"), fail("f")])),
        gate("gate"),
    ]);
    let mut p = Process::new(&plan(Dag, steps), &world, 1);
    assert!(p.until_idle(&mut world).is_ok());
    let retried = p.run.status();
    assert!(retried.steps.iter().any(|s| s.retry.is_some()), "{}", show(&retried));
    fields(&serde_json::to_value(&retried).unwrap(), &RUN);
    assert!(p.go(&mut world).is_ok());
    fields(&serde_json::to_value(p.run.status()).unwrap(), &RUN);
    let stored = serde_json::to_string(&p.run.status()).unwrap();
    for entry in &world.journal {
        if let Fact::Intent { key, .. } = &entry.fact {
            assert!(!stored.contains(key.as_str()), "a key of an effect is in the status");
        }
    }
}
