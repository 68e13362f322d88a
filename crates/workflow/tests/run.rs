//! How runs go: order, conditions, groups, suspending, failing, users.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use insta::assert_snapshot;
use model::Mode::{Dag, StepByStep};
use model::operation::OperationAction as Op;
use serde_json::json;
use workflow::*;

#[test]
fn steps_run_in_order_and_by_dependencies() {
    let chain =
        json!([with(say("a"), json!({"dependsOn": ["b"]})), with(say("b"), json!({"dependsOn": ["c"]})), say("c")]);
    assert_snapshot!([run(StepByStep, json!([say("a"), say("b")])), run(Dag, chain)].join("\n\n"), @r#"
    a: succeeded "a"
    b: succeeded "b"
    = succeeded finished

    c: succeeded "c"
    b: succeeded "b"
    a: succeeded "a"
    = succeeded finished
    "#);
}

#[test]
fn what_follows_a_failure() {
    let tidy = with(say("tidy"), json!({"if": "always"}));
    let on_fail = with(say("report"), json!({"if": "bad.failed"}));
    let off = with(say("off"), json!({"if": "false"}));
    let after = with(say("after"), json!({"dependsOn": ["bad"]}));
    let own_way = with(say("own"), json!({"dependsOn": ["first"]}));
    let wrong = with(say("wrong"), json!({"if": "nonsense"}));
    assert_snapshot!([
        run(StepByStep, json!([say("first"), fail("bad"), say("next"), tidy, on_fail, off, own_way])),
        run(Dag, json!([say("first"), fail("bad"), say("next"), tidy, after, with(say("last"), json!({"dependsOn": ["after"]}))])),
        run(StepByStep, json!([off, say("next"), with(say("needs"), json!({"dependsOn": ["off"]}))])),
        run(StepByStep, json!([wrong, say("next")])),
        run(StepByStep, json!([json!({"name": "b", "type": "t", "properties": {"broken": "parameter.image: missing"}}), say("next")])),
    ].join("\n\n"), @r#"
    first: succeeded "first"
    bad: failed/Action "no"
    next: skipped/Skip
    tidy: succeeded "tidy"
    report: succeeded "report"
    off: skipped/Skip
    own: succeeded "own"
    = failed terminated finished (the workflow ended because step "bad" failed)

    first: succeeded "first"
    bad: failed/Action "no"
    next: succeeded "next"
    tidy: succeeded "tidy"
    after: skipped/Skip
    last: skipped/Skip
    = failed terminated finished (the workflow ended because step "bad" failed)

    off: skipped/Skip
    next: succeeded "next"
    needs: skipped/Skip
    = succeeded finished

    wrong: failed/Rendering "pre check error: nonsense is no condition"
    next: skipped/Skip
    = failed terminated finished (the workflow ended because step "wrong" failed)

    b: failed/Rendering "parameter.image: missing"
    next: skipped/Skip
    = failed terminated finished (the workflow ended because step "b" failed)
    "#);
}

#[test]
fn groups_end_as_their_sub_steps_do() {
    let off = with(group("g", json!([with(say("s"), json!({"if": "always"}))])), json!({"if": "false"}));
    assert_snapshot!([
        run(StepByStep, json!([group("g", json!([say("s1"), with(say("s2"), json!({"dependsOn": ["s1"]}))])), say("after")])),
        run(StepByStep, json!([with(group("g", json!([fail("s1"), say("s2")])), json!({"mode": "StepByStep"})), say("after")])),
        run(StepByStep, json!([off, say("after")])),
        run(StepByStep, json!([group("g", json!([])), say("after")])),
    ].join("\n\n"), @r#"
    g: succeeded
      s1: succeeded "s1"
      s2: succeeded "s2"
    after: succeeded "after"
    = succeeded finished

    g: failed/Action
      s1: failed/Action "no"
      s2: skipped/Skip
    after: skipped/Skip
    = failed terminated finished (the workflow ended because step "s1" failed)

    g: skipped/Skip
      s: skipped/Skip
    after: succeeded "after"
    = succeeded finished

    g: succeeded
    after: succeeded "after"
    = succeeded finished
    "#);
}

/// Runs, then does each operation and runs on; shows every state.
fn operated(mode: model::Mode, steps: serde_json::Value, operations: &[Op]) -> String {
    let mut world = World::default();
    let mut p = Process::new(&plan(mode, steps), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let mut states = vec![show(&p.run.status())];
    for (i, op) in operations.iter().enumerate() {
        states.push(match p.run.check(op) {
            Ok(()) => {
                p.operate(&i.to_string(), op.clone());
                p.operate(&i.to_string(), op.clone()); // sent twice, taken once
                assert!(p.go(&mut world).is_ok());
                show(&p.run.status())
            }
            Err(d) => format!("! {} ({})", d.message, d.help.unwrap_or_default()),
        });
        assert_eq!(world.status.as_ref(), Some(&p.run.status()), "the last status written is the status");
    }
    states.join("\n\n")
}

const RESUME: Op = Op::Resume { step: None };

#[test]
fn a_gate_stops_its_branch_until_a_user_acts() {
    let gated = || json!([say("before"), gate("gate"), say("after")]);
    assert_snapshot!(operated(StepByStep, gated(), &[RESUME, RESUME]), @r#"
    before: succeeded "before"
    gate: suspending/Suspend "Suspended by field suspend"
    = suspending suspend

    before: succeeded "before"
    gate: succeeded
    after: succeeded "after"
    = succeeded finished

    ! the workflow is succeeded (`workflow restart` runs it again)
    "#);
    assert_snapshot!(operated(StepByStep, gated(), &[Op::Terminate, Op::Restart { step: None }]), @r#"
    before: succeeded "before"
    gate: suspending/Suspend "Suspended by field suspend"
    = suspending suspend

    before: succeeded "before"
    gate: failed/Terminate "Suspended by field suspend"
    after: skipped/Skip
    = terminated terminated finished (the workflow was terminated by a user)

    before: succeeded "before"
    gate: suspending/Suspend "Suspended by field suspend"
    = suspending suspend
    "#);
    let branches = json!([gate("gate"), say("free"), with(say("held"), json!({"dependsOn": ["gate"]}))]);
    assert_snapshot!(operated(Dag, branches, &[RESUME]), @r#"
    gate: suspending/Suspend "Suspended by field suspend"
    free: succeeded "free"
    = suspending suspend

    gate: succeeded
    free: succeeded "free"
    held: succeeded "held"
    = succeeded finished
    "#);
    let grouped = json!([group("g", json!([gate("gate"), say("s2")])), say("after")]);
    let ops = [
        Op::Resume { step: Some("gaet".into()) },
        Op::Resume { step: Some("s2".into()) },
        Op::Resume { step: Some("gate".into()) },
    ];
    assert_snapshot!(operated(StepByStep, grouped, &ops), @r#"
    g: suspending
      gate: suspending/Suspend "Suspended by field suspend"
      s2: succeeded "s2"
    = suspending suspend

    ! the workflow has no step "gaet" (did you mean "gate"?)

    ! step "s2" is not suspended ()

    g: succeeded
      gate: succeeded
      s2: succeeded "s2"
    after: succeeded "after"
    = succeeded finished
    "#);
}

#[test]
fn two_gates_in_one_step_need_two_answers() {
    let double = json!([{"name": "d", "type": "t", "properties": {"do": [{"name": "suspend", "path": "a"}, {"name": "suspend", "path": "b", "params": {"message": "really?"}}]}}]);
    assert_snapshot!(operated(StepByStep, double, &[RESUME, RESUME]), @r#"
    d: suspending/Suspend "Suspended by field a"
    = suspending suspend

    d: suspending/Suspend "really?"
    = suspending suspend

    d: succeeded
    = succeeded finished
    "#);
}

#[test]
fn naps_end_and_timeouts_strike_at_their_time() {
    let nap = json!({"name": "nap", "type": "suspend", "properties": {"do": [{"name": "suspend", "path": "suspend", "params": {"duration": "2s"}}]}});
    let mut world = World { now: 1_000_000, ..World::default() };
    let naps = run_in(&mut world, StepByStep, json!([nap, say("after")]));
    assert_eq!(world.now, 1_002_000);
    let late = with(gate("gate"), json!({"timeout": "3s"}));
    let mut world = World::default();
    let times_out = run_in(&mut world, StepByStep, json!([late, say("after")]));
    assert_eq!(world.now, 3_000);
    let in_group = with(group("g", json!([gate("gate"), say("s")])), json!({"timeout": "1m"}));
    assert_snapshot!([naps, times_out, run(StepByStep, json!([in_group]))].join("\n\n"), @r#"
    nap: succeeded
    after: succeeded "after"
    = succeeded finished

    gate: failed/Timeout "not done within 3s: Suspended by field suspend"
    after: skipped/Skip
    = failed terminated finished (the workflow ended because step "gate" failed)

    g: failed/Timeout
      gate: failed/Timeout "not done within 1m: Suspended by field suspend"
      s: succeeded "s"
    = failed terminated finished (the workflow ended because step "gate" failed)
    "#);
}

#[test]
fn a_held_run_goes_on_where_it_was_and_a_break_ends_it() {
    let slow = act("slow", &[("kube", "apply"), ("kube", "apply")]);
    let mut world = World::default();
    let wait = Outcome::Wait { message: "not yet".into() };
    world.answers.insert("kube.apply".into(), vec![wait.clone(), wait, Outcome::Done(json!({}).into())]);
    let mut p = Process::new(&plan(StepByStep, json!([slow, say("after")])), &world, 1);
    assert!(p.until_idle(&mut world).is_ok());
    p.operate("1", Op::Suspend { step: None });
    assert!(p.until_idle(&mut world).is_ok());
    let held = show(&p.run.status());
    assert_eq!(p.run.settled(), Settled::Suspended(Some(Time(50))));
    p.operate("2", RESUME);
    assert!(p.go(&mut world).is_ok());
    let stop = json!({"name": "stop", "type": "t", "properties": {"do": [{"name": "break", "params": {"message": "enough"}}]}});
    let broken = run(StepByStep, json!([stop, with(say("tidy"), json!({"if": "always"}))]));
    assert_snapshot!([held, show(&p.run.status()), broken].join("\n\n"), @r#"
    slow: suspending/Wait "not yet"
    = suspending suspend (the workflow was suspended by a user)

    slow: succeeded
    after: succeeded "after"
    = succeeded finished

    stop: succeeded/Terminate "enough"
    tidy: skipped/Skip
    = terminated terminated finished (the workflow was ended by one of its steps)
    "#);
}

#[test]
fn values_go_from_step_to_step() {
    let give =
        with(act("give", &[("kube", "read")]), json!({"outputs": [{"name": "v", "valueFrom": "parameter.word"}]}));
    let give = {
        let mut g = give;
        g["properties"]["word"] = json!("yes");
        g
    };
    let take = with(say("take"), json!({"inputs": [{"from": "v", "parameterKey": "do[0].params.message"}]}));
    let if_yes = with(say("ifyes"), json!({"if": "inputs.v", "inputs": [{"from": "v"}]}));
    let gap = with(say("gap"), json!({"outputs": [{"name": "w", "valueFrom": "parameter.none"}]}));
    let meh = with(say("meh"), json!({"outputs": [{"name": "w", "valueFrom": "parameter.none", "optional": true}]}));
    let skipped = with(give.clone(), json!({"if": "false"}));
    assert_snapshot!([
        run(StepByStep, json!([give, take, if_yes])),
        run(Dag, json!([take, give])),
        run(StepByStep, json!([gap, say("next")])),
        run(StepByStep, json!([meh, say("next")])),
        run(StepByStep, json!([skipped, take, if_yes])),
    ].join("\n\n"), @r#"
    give: succeeded
    take: succeeded "yes"
    ifyes: succeeded "ifyes"
    = succeeded finished

    give: succeeded
    take: succeeded "yes"
    = succeeded finished

    gap: failed/Output "output "w" has no value: `parameter.none` is not there; mark it `optional: true` if that is all right"
    next: skipped/Skip
    = failed terminated finished (the workflow ended because step "gap" failed)

    meh: succeeded "meh"
    next: succeeded "next"
    = succeeded finished

    give: skipped/Skip
    take: succeeded "take"
    ifyes: skipped/Skip
    = succeeded finished
    "#);
}

fn failed(class: FaultClass) -> Outcome {
    Outcome::Failed { class, message: format!("{class:?}") }
}

#[test]
fn permanent_errors_are_counted_and_others_are_not() {
    let steps = || json!([act("a", &[("kube", "apply")]), say("next")]);
    let mut world = World::default();
    world.answers.insert("kube.apply".into(), vec![failed(FaultClass::Permanent)]);
    let dead = run_in(&mut world, StepByStep, steps());
    assert_eq!(world.log.len(), 11, "the first try and ten more");
    let mut world = World::default();
    let mut answers = vec![failed(FaultClass::Transient); 30];
    answers.extend(vec![failed(FaultClass::Conflict); 9]);
    answers.push(Outcome::Done(json!({}).into()));
    world.answers.insert("kube.apply".into(), answers);
    let alive = run_in(&mut world, StepByStep, steps());
    assert_eq!(world.log.len(), 40);
    assert_snapshot!([dead, alive].join("\n\n"), @r#"
    a: failed/FailedAfterRetries "Permanent"
    next: skipped/Skip
    = failed terminated finished (the workflow ended because step "a" failed too often)

    a: succeeded
    next: succeeded "next"
    = succeeded finished
    "#);
}

#[test]
fn pauses_double_up_to_a_minute() {
    let mut world = World::default();
    let mut answers = vec![Outcome::Wait { message: "w".into() }; 13];
    answers.push(Outcome::Done(json!({}).into()));
    world.answers.insert("kube.apply".into(), answers);
    run_in(&mut world, StepByStep, json!([act("a", &[("kube", "apply")])]));
    let pauses: Vec<String> = world.times.windows(2).map(|w| (w[1] - w[0]).to_string()).collect();
    assert_snapshot!(pauses.join(" "), @"50 100 200 400 800 1600 3200 6400 12800 25600 51200 60000 60000");
}

#[test]
fn a_failed_step_can_be_restarted_from() {
    let steps = json!([act("first", &[("http", "do")]), act("bad", &[("kube", "apply")]), say("last")]);
    let mut world = World::default();
    world.answers.insert("kube.apply".into(), vec![failed(FaultClass::Permanent); 11]);
    world.answers.get_mut("kube.apply").unwrap().push(Outcome::Done(json!({}).into()));
    let mut p = Process::new(&plan(StepByStep, steps), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let before = show(&p.run.status());
    assert!(p.run.check(&Op::Restart { step: Some("first".into()) }).is_err());
    p.operate("1", Op::Restart { step: Some("bad".into()) });
    assert!(p.go(&mut world).is_ok());
    assert_eq!(world.effects.len(), 1, "the first step is not run again");
    assert_snapshot!([before, show(&p.run.status())].join("\n\n"), @r#"
    first: succeeded
    bad: failed/FailedAfterRetries "Permanent"
    last: skipped/Skip
    = failed terminated finished (the workflow ended because step "bad" failed too often)

    first: succeeded
    bad: succeeded
    last: succeeded "last"
    = succeeded finished
    "#);
}

#[test]
fn what_a_tool_edits_in_the_status_is_read_as_a_request() {
    let mut world = World::default();
    let mut p = Process::new(&plan(StepByStep, json!([gate("g"), say("after")])), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let ours = p.run.status();
    let edit = |f: &dyn Fn(&mut model::WorkflowStatus)| {
        let mut s = ours.clone();
        f(&mut s);
        status::edited(&ours, Some(&s))
    };
    assert_eq!(edit(&|_| {}), None);
    assert_eq!(edit(&|s| (s.terminated, s.suspend) = (true, false)), Some(Op::Terminate));
    assert_eq!(
        edit(&|s| {
            s.suspend = false;
            s.steps[0].phase = model::StepPhase::Running
        }),
        Some(RESUME)
    );
    assert_eq!(status::edited(&ours, None), Some(Op::Restart { step: None }));
}

#[test]
fn a_stored_status_tells_what_can_be_asked() {
    let mut world = World::default();
    let mut p = Process::new(&plan(StepByStep, json!([say("before"), gate("gate"), say("after")])), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let suspended = p.run.status();
    p.operate("1", RESUME);
    assert!(p.go(&mut world).is_ok());
    let over = p.run.status();
    let step = |s: &str| Some(s.to_owned());
    let ask = |op: Op, run: Option<&model::WorkflowStatus>| match status::possible(&op, run) {
        Ok(()) => format!("{op:?}: yes"),
        Err(d) => format!("{op:?}: {} ({})", d.message, d.help.unwrap_or_default()),
    };
    assert_snapshot!([
        ask(RESUME, None),
        ask(RESUME, Some(&suspended)),
        ask(Op::Resume { step: step("gate") }, Some(&suspended)),
        ask(Op::Resume { step: step("gat") }, Some(&suspended)),
        ask(Op::Resume { step: step("before") }, Some(&suspended)),
        ask(Op::Suspend { step: None }, Some(&suspended)),
        ask(Op::Terminate, Some(&over)),
        ask(Op::Restart { step: None }, Some(&over)),
        ask(Op::Restart { step: step("gate") }, Some(&over)),
    ].join("\n"), @r#"
    Resume { step: None }: the application has no workflow run yet ()
    Resume { step: None }: yes
    Resume { step: Some("gate") }: yes
    Resume { step: Some("gat") }: no step "gat" has been reached in this workflow (did you mean "gate"?)
    Resume { step: Some("before") }: step "before" is not suspended, it is succeeded ()
    Suspend { step: None }: the workflow is suspended already ()
    Terminate: the workflow is succeeded (`workflow restart` runs it again)
    Restart { step: None }: yes
    Restart { step: Some("gate") }: step "gate" has not failed, it is succeeded (only a failed step can be restarted from)
    "#);
}

#[test]
fn two_writers_of_one_variable_must_agree() {
    let give = |name: &str, word: &str| {
        let mut step = with(say(name), json!({"outputs": [{"name": "v", "valueFrom": "parameter.word"}]}));
        step["properties"]["word"] = json!(word);
        step
    };
    let take = with(say("take"), json!({"inputs": [{"from": "v", "parameterKey": "do[0].params.message"}]}));
    let same = run(StepByStep, json!([give("a", "yes"), give("b", "yes"), take]));
    assert!(same.contains("b: succeeded") && same.contains("take: succeeded \"yes\""), "{same}");
    let take = with(take, json!({"if": "always"}));
    let other = run(StepByStep, json!([give("a", "yes"), give("b", "no"), take]));
    assert!(
        other.contains("b: failed/Output \"output \"v\" was set by step \"a\" to another value\"")
            && other.contains("take: succeeded \"yes\""),
        "the second fails, and the first value stays: {other}"
    );
}

#[test]
fn two_effects_of_one_step_have_a_key_each() {
    let mut world = World::default();
    let wait = Outcome::Wait { message: "not yet".into() };
    world.answers.insert("kube.read".into(), vec![wait.clone(), wait, Outcome::Done(json!({}).into())]);
    let said =
        run_in(&mut world, StepByStep, json!([act("m", &[("email", "send"), ("email", "send"), ("kube", "read")])]));
    assert!(said.contains("m: succeeded"), "{said}");
    assert_eq!(world.log.iter().filter(|line| line.ends_with("kube.read")).count(), 3, "it was visited three times");
    assert_eq!(world.attempts.values().copied().collect::<Vec<_>>(), [1, 1], "each mail was sent once");
}

#[test]
fn a_run_that_is_ended_does_not_wait_for_values() {
    let give = with(gate("gate"), json!({"outputs": [{"name": "v", "valueFrom": "parameter.do"}]}));
    let take = with(say("take"), json!({"inputs": [{"from": "v"}]}));
    for mode in [StepByStep, Dag] {
        let said = operated(mode, json!([give, take]), &[Op::Terminate]);
        let end = said.lines().last().unwrap();
        assert!(end.starts_with("= terminated terminated finished"), "{said}");
        assert!(said.contains("take: skipped/Skip"), "{said}");
    }
}
