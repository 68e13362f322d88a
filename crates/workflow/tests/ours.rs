//! What this engine has beyond the recorded one: retries by rule, lists, approvals, a deadline for every wait.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use insta::assert_snapshot;
use model::Mode::{Dag, StepByStep};
use model::operation::{OperationAction as Op, UserOperation};
use serde_json::{Value, json};
use workflow::*;

fn times(world: &World) -> String {
    world.log.iter().zip(&world.times).map(|(l, t)| format!("{t:>6} {l}\n")).collect()
}

fn refused() -> Outcome {
    Outcome::Failed { class: FaultClass::Permanent, message: "no".into() }
}

#[test]
fn a_rule_says_how_often_and_when_an_action_is_tried_again() {
    let tried = |retry: Value, answers: Vec<Outcome>| {
        let mut world = World::default();
        world.answers.insert("kube.apply".into(), answers);
        let end =
            run_in(&mut world, StepByStep, json!([with(act("a", &[("kube", "apply")]), json!({"retry": retry}))]));
        format!("{}{end}", times(&world))
    };
    assert_snapshot!([
        tried(json!({"limit": 3, "backoff": "10s"}), vec![refused()]),
        tried(json!({"limit": 0}), vec![refused()]),
        tried(json!({"on": ["timeout"]}), vec![refused()]),
        tried(json!({"limit": 2, "backoff": "1s"}), vec![refused(), Outcome::Done(json!({}).into())]),
    ].join("\n\n"), @r#"
         0 a/a0 kube.apply
     10000 a/a0 kube.apply
     30000 a/a0 kube.apply
     70000 a/a0 kube.apply
    a: failed/FailedAfterRetries "no"
    = failed terminated finished (the workflow ended because step "a" failed too often)

         0 a/a0 kube.apply
    a: failed/FailedAfterRetries "no"
    = failed terminated finished (the workflow ended because step "a" failed too often)

         0 a/a0 kube.apply
    a: failed/FailedAfterRetries "no"
    = failed terminated finished (the workflow ended because step "a" failed too often)

         0 a/a0 kube.apply
      1000 a/a0 kube.apply
    a: succeeded
    = succeeded finished
    "#);
}

#[test]
fn a_step_that_fails_by_its_own_word_begins_again_with_other_keys() {
    let step = json!({"name": "ask", "type": "t", "retry": {"limit": 2, "backoff": "5s", "on": ["fail"]}, "properties": {"do": [
        {"provider": "http", "name": "do", "params": {"url": "u", "method": "POST"}}, {"name": "fail", "params": {"message": "status 500"}}]}});
    let mut world = World::default();
    let end = run_in(&mut world, StepByStep, json!([step]));
    assert_eq!(world.effects.len(), 3, "each attempt is an effect of its own");
    assert_snapshot!(format!("{}{end}", times(&world)), @r#"
         0 ask/a0 http.do
      5000 ask/a0 http.do
     15000 ask/a0 http.do
    ask: failed/Action "status 500"
    = failed terminated finished (the workflow ended because step "ask" failed)
    "#);
}

#[test]
fn a_step_whose_time_is_over_begins_again_when_its_rule_says_so() {
    let mut world = World::default();
    world.answers.insert("kube.apply".into(), vec![Outcome::Wait { message: "replicas".into() }]);
    let step = with(act("a", &[("kube", "apply")]), json!({"timeout": "4s", "retry": {"limit": 1, "on": ["timeout"]}}));
    let end = run_in(&mut world, StepByStep, json!([step]));
    assert_snapshot!(end, @r#"
    a: failed/Timeout "not done within 4s: replicas"
    = failed terminated finished (the workflow ended because step "a" failed)
    "#);
    assert!(world.now >= 8_000, "both attempts had their time: {}", world.now);
}

#[test]
fn every_wait_has_an_end_and_says_what_it_was_for() {
    let mut world = World::default();
    world.answers.insert("kube.apply".into(), vec![Outcome::Wait { message: "web is not healthy".into() }]);
    let end = run_in(&mut world, StepByStep, json!([act("a", &[("kube", "apply")]), say("next")]));
    assert_snapshot!(format!("{end}\nafter {} s", world.now / 1000), @r#"
    a: failed/Timeout "waited 2h for: web is not healthy"
    next: skipped/Skip
    = failed terminated finished (the workflow ended because step "a" failed)
    after 7200 s
    "#);
}

#[test]
fn rules_that_mean_nothing_are_refused() {
    let refused = |fields: Value| {
        let problems = Plan::new(&steps(json!([with(say("a"), fields)])), StepByStep, Dag).unwrap_err();
        problems
            .iter()
            .map(|d| format!("{}: {} ({})", d.path.as_deref().unwrap(), d.message, d.help.as_deref().unwrap_or("")))
            .collect::<String>()
    };
    assert_snapshot!([
        refused(json!({"retry": {"on": ["timeot"]}})),
        refused(json!({"retry": {"backoff": "soon"}})),
        refused(json!({"forEach": {}})),
        refused(json!({"forEach": {"items": [1], "from": "x"}})),
        refused(json!({"forEach": {"from": "x"}})),
    ].join("\n"), @r#"
    spec.workflow.steps[0].retry.on[0]: "timeot" is nothing that can be tried again (did you mean "timeout"?)
    spec.workflow.steps[0].retry.backoff: "soon" is no duration; write for instance 90s, 5m or 1h30m ()
    spec.workflow.steps[0].forEach: forEach of step "a": it has neither `items` nor `from` ()
    spec.workflow.steps[0].forEach: forEach of step "a": it has `items` and `from`: keep one of them ()spec.workflow.steps[0].forEach.from: step "a" takes "x", and no step has an output of that name ()
    spec.workflow.steps[0].forEach.from: step "a" takes "x", and no step has an output of that name ()
    "#);
}

#[test]
fn a_list_runs_some_at_a_time_and_gives_a_list() {
    let each = |each: Value| {
        with(
            act("each", &[("kube", "apply")]),
            json!({"forEach": each, "outputs": [{"name": "all", "valueFrom": "a0"}]}),
        )
    };
    let key = "do[0].params.value.metadata.name";
    let mut world = World::default();
    let first = run_in(
        &mut world,
        StepByStep,
        json!([each(json!({"items": ["x", "y", "z"], "parameterKey": key, "parallelism": 2})), say("after")]),
    );
    let names: Vec<&Value> =
        world.vars["all"].as_array().unwrap().iter().map(|v| &v["echo"]["value"]["metadata"]["name"]).collect();
    assert_eq!(names, ["x", "y", "z"]);
    assert!(!world.vars.keys().any(|k| k.contains('#')), "the parts are nobody's business: {:?}", world.vars.keys());
    assert_snapshot!(first, @r#"
    each: succeeded
      each[0]: succeeded
      each[1]: succeeded
      each[2]: succeeded
    after: succeeded "after"
    = succeeded finished
    "#);
}

#[test]
fn no_more_items_are_under_way_than_may_be() {
    let step =
        with(act("each", &[("kube", "apply")]), json!({"forEach": {"items": [1, 2, 3, 4, 5, 6, 7], "parallelism": 3}}));
    let mut run = Run::start(plan(StepByStep, json!([step])), Identity::default(), Policy::default(), 1);
    let mut events = vec![];
    let mut most = 0;
    for _ in 0..30 {
        let requests = run.handle(Time(0), std::mem::take(&mut events), &Script);
        most = most.max(run.in_flight());
        let done = requests.into_iter().filter_map(|r| match r {
            Request::RunAction(a) => Some(Event::Action { id: a.id, outcome: Outcome::Done(json!({}).into()) }),
            _ => None,
        });
        events = done.collect();
    }
    assert_eq!((most, run.settled()), (3, Settled::Finished(model::RunPhase::Succeeded)));
}

#[test]
fn a_list_may_come_from_a_step_and_survives_a_crash_and_a_restart() {
    let steps = json!([
        with(act("find", &[("kube", "read")]), json!({"outputs": [{"name": "found", "valueFrom": "a0"}]})),
        with(act("each", &[("http", "do")]), json!({"forEach": {"from": "found", "parameterKey": "do[0].params.url"}})),
    ]);
    for fuel in 0..60 {
        let mut world = World::default();
        world.answers.insert("kube.read".into(), vec![Outcome::Done(json!(["a", "b"]).into())]);
        let plan = plan(StepByStep, steps.clone());
        let mut p = Process::new(&plan, &world, 1);
        p.fuel = Some(fuel);
        if p.go(&mut world).is_err() {
            p = Process::new(&plan, &world, 2);
            assert!(p.go(&mut world).is_ok());
        }
        let sent: Vec<&Value> = world.effects.values().map(|v| &v["url"]).collect();
        assert_eq!(sent.len(), 2, "{sent:?} died after {fuel}");
        p.fuel = None;
        p.operate("again", Op::Restart { step: None });
        world.answers.insert("kube.read".into(), vec![Outcome::Done(json!(["c"]).into())]);
        assert!(p.go(&mut world).is_ok());
        let shown = show(&p.run.status());
        assert!(shown.contains("each[0]") && !shown.contains("each[1]"), "{shown}");
        assert_eq!(world.effects.len(), 3);
    }
    let none = json!([
        with(say("each"), json!({"forEach": {"items": []}})),
        with(say("odd"), json!({"forEach": {"from": "context.name"}}))
    ]);
    assert_snapshot!(run(StepByStep, none), @r#"
    each: succeeded
    odd: failed/Input "forEach: "context.name" has no value"
    = failed terminated finished
    "#);
}

fn gate_of(approval: Value) -> Value {
    gate_that_says("", approval)
}

fn gate_that_says(message: &str, approval: Value) -> Value {
    let params = json!({"message": message, "approval": approval});
    json!({"name": "gate", "type": "suspend", "properties": {"do": [{"name": "suspend", "path": "s", "params": params}]}})
}

fn voices(gate: Value, voices: &[(&str, &[&str], &str)]) -> String {
    let mut world = World::default();
    let mut p = Process::new(&plan(StepByStep, json!([gate, say("after")])), &world, 1);
    assert!(p.go(&mut world).is_ok());
    let mut shown = vec![show(&p.run.status())];
    for (i, (by, groups, comment)) in voices.iter().enumerate() {
        let operation = UserOperation {
            id: format!("v{i}"),
            action: Op::Resume { step: None },
            by: (*by).into(),
            groups: groups.iter().map(|g| (*g).to_owned()).collect(),
            comment: (*comment).into(),
        };
        p.send(operation);
        assert!(p.go(&mut world).is_ok());
        shown.push(format!("-- {by}: {}", p.run.answer(&format!("v{i}")).unwrap()));
        shown.push(show(&p.run.status()));
    }
    shown.join("\n")
}

#[test]
fn an_approval_records_who_and_why_and_counts_only_those_who_may() {
    let release: &[&str] = &["release"];
    assert_snapshot!(voices(gate_of(json!({"groups": ["release"], "quorum": 2, "notAuthor": true})), &[
        ("author", release, ""), ("eve", &[], ""), ("alice", release, "looks good"), ("alice", release, ""), ("bob", release, ""),
    ]), @r#"
    gate: suspending/Suspend "waits for approval, 0 of 2, by release"
    = suspending suspend
    -- author: author wrote this revision, and somebody else has to approve it
    gate: suspending/Suspend "waits for approval, 0 of 2, by release"
    = suspending suspend
    -- eve: eve is in none of the groups that may approve: release
    gate: suspending/Suspend "waits for approval, 0 of 2, by release"
    = suspending suspend
    -- alice: 
    gate: suspending/Suspend "waits for approval, 1 of 2, by release; approved by alice ("looks good")"
    = suspending suspend
    -- alice: alice has approved already; it takes 2 people
    gate: suspending/Suspend "waits for approval, 1 of 2, by release; approved by alice ("looks good")"
    = suspending suspend
    -- bob: 
    gate: succeeded "approved by alice ("looks good"), bob"
    after: succeeded "after"
    = succeeded finished
    "#);
    assert_snapshot!(voices(gate_of(json!({})), &[("", &[], ""), ("carol", &[], "")]), @r#"
    gate: suspending/Suspend "waits for approval, 0 of 1"
    = suspending suspend
    -- : an approval needs the name of who gives it
    gate: suspending/Suspend "waits for approval, 0 of 1"
    = suspending suspend
    -- carol: 
    gate: succeeded "approved by carol"
    after: succeeded "after"
    = succeeded finished
    "#);
}

#[test]
fn a_gate_shows_what_it_asks_and_what_is_missing() {
    let gate = gate_that_says("is staging well?", json!({"quorum": 2}));
    assert_snapshot!(voices(gate, &[("alice", &[], "yes (twice)"), ("bob", &[], "")]), @r#"
    gate: suspending/Suspend "is staging well? (waits for approval, 0 of 2)"
    = suspending suspend
    -- alice: 
    gate: suspending/Suspend "is staging well? (waits for approval, 1 of 2; approved by alice ("yes (twice)"))"
    = suspending suspend
    -- bob: 
    gate: succeeded "approved by alice ("yes (twice)"), bob"
    after: succeeded "after"
    = succeeded finished
    "#);
}

#[test]
fn an_approval_that_nobody_gives_in_time_fails_the_step() {
    let mut world = World::default();
    let steps = json!([gate_of(json!({"expires": "1h"})), say("after")]);
    let end = run_in(&mut world, StepByStep, steps.clone());
    assert_snapshot!(format!("{end} at {}", world.now), @r#"
    gate: failed/Timeout "nobody else approved in time: waits for approval, 0 of 1"
    after: skipped/Skip
    = failed terminated finished (the workflow ended because step "gate" failed) at 3600000
    "#);
    let world = World { journal: world.journal[..4].to_vec(), now: 10, ..World::default() };
    let mut p = Process::new(&plan(StepByStep, steps), &world, 2);
    let mut world = world;
    assert!(p.until_idle(&mut world).is_ok());
    assert_eq!(p.run.settled(), Settled::Suspended(Some(Time(3_600_000))), "the time is kept across a crash");
}

#[test]
fn nobody_waits_for_what_was_given_up() {
    let mut run =
        Run::start(plan(StepByStep, json!([act("a", &[("http", "do")])])), Identity::default(), Policy::default(), 1);
    let asked = run.handle(Time(0), vec![], &Script);
    let id = asked.iter().find_map(|r| if let Request::RunAction(a) = r { Some(a.id) } else { None }).unwrap();
    let end = UserOperation { id: "t".into(), action: Op::Terminate, ..UserOperation::default() };
    let requests = run.handle(Time(10), vec![Event::Operation(end)], &Script);
    assert!(requests.contains(&Request::Cancel(vec![id])), "{requests:?}");
    assert_eq!(run.settled(), Settled::Finished(model::RunPhase::Terminated));
}

#[test]
fn a_run_that_is_debugged_tells_after_each_visit_what_a_step_came_to_and_no_secret_of_it() {
    let script = json!([
        {"name": "ask", "type": "t", "outputs": [{"name": "token", "valueFrom": "a0"}],
            "properties": {"do": [{"provider": "kube", "name": "read"}]}},
        with(act("tell", &[("http", "do")]), json!({"inputs": [{"from": "token", "parameterKey": "text"}]})),
        act("never", &[("kube", "apply")]),
    ]);
    let mut seen = Vec::new();
    for debug in [false, true] {
        let plan = plan(StepByStep, script.clone());
        let policy = Policy { debug, max_retries: 0, ..Policy::default() };
        let mut run = Run::start(plan, Identity { uid: "u".into(), ..Identity::default() }, policy, 1);
        let mut events = vec![Event::Tick];
        for _ in 0..10 {
            for request in run.handle(Time(0), std::mem::take(&mut events), &Script) {
                match request {
                    Request::RunAction(a) if a.step == "ask" => {
                        let outcome = Outcome::Done(Payload { value: json!("hunter2-hunter2"), secret: true });
                        events.push(Event::Action { id: a.id, outcome });
                    }
                    Request::RunAction(a) => {
                        let message = "401 for hunter2-hunter2".to_owned();
                        events.push(Event::Action {
                            id: a.id,
                            outcome: Outcome::Failed { class: FaultClass::Permanent, message },
                        });
                    }
                    Request::Debug(one) => seen.push(format!("{debug} {}\n{}", one.step, one.text)),
                    _ => {}
                }
            }
        }
        assert!(matches!(run.settled(), Settled::Finished(model::RunPhase::Failed)));
    }
    assert_snapshot!(seen.join("\n").replace('\t', "  "), @r#"
    true ask
    parameter: {
      do: [{
        name:     "read"
        provider: "kube"
      }]
    }
    results: {
      a0: "***"
    }

    true tell
    parameter: "***"
    results: {}
    "#);
}
