//! A process that dies at any moment: no step is lost, no effect is repeated.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use model::Mode::{Dag, StepByStep};
use model::RunPhase;
use serde_json::{Value, json};
use workflow::*;

fn workload() -> Value {
    json!([
        act("prepare", &[("kube", "apply"), ("http", "do")]),
        with(act("call", &[("http", "do"), ("kube", "read"), ("http", "do")]), json!({"outputs": [{"name": "v", "valueFrom": "a1"}]})),
        group("both", json!([act("left", &[("http", "do"), ("kube", "apply")]), act("right", &[("kube", "apply"), ("email", "send")])])),
        {"name": "nap", "type": "suspend", "properties": {"do": [{"name": "suspend", "path": "suspend", "params": {"duration": "5s"}}]}},
        with(say("tell"), json!({"inputs": [{"from": "v", "parameterKey": "seen"}]})),
        act("last", &[("http", "do")]),
    ])
}

/// Lives and deaths until the run is over; each life dies after the given number of writes and actions.
fn lives(mode: model::Mode, deaths: &[u32]) -> (World, Run, u64) {
    let plan = plan(mode, workload());
    let mut world = World { now: 1_000, ..World::default() };
    let mut epoch = 0;
    loop {
        let mut process = Process::new(&plan, &world, epoch + 1);
        process.fuel = deaths.get(epoch as usize).copied();
        epoch += 1;
        if process.go(&mut world).is_ok() {
            return (world, process.run, epoch);
        }
        world.now += 700;
    }
}

fn check(mode: model::Mode, deaths: &[u32]) -> u64 {
    let (world, run, epoch) = lives(mode, deaths);
    assert_eq!(run.settled(), Settled::Finished(RunPhase::Succeeded), "{deaths:?}");
    assert_eq!(world.effects.len(), 6, "every effect happened once: {deaths:?}");
    assert!(world.attempts.values().all(|n| u64::from(*n) <= epoch), "at most one extra attempt a crash: {deaths:?}");
    // a step recorded finished is never executed again
    let mut finished: Vec<&str> = Vec::new();
    for entry in &world.journal {
        match &entry.fact {
            Fact::Step { step, phase, .. } => {
                assert!(!finished.contains(&step.as_str()), "{step} was finished: {deaths:?}");
                if matches!(phase, model::StepPhase::Succeeded | model::StepPhase::Skipped) {
                    finished.push(step);
                }
            }
            Fact::Intent { step, .. } | Fact::Effect { step, .. } => assert!(!finished.contains(&step.as_str())),
            _ => {}
        }
    }
    // the journal alone gives the state
    let again = Process::new(&plan(mode, workload()), &world, epoch + 1).run;
    assert_eq!(again.status().steps.len(), run.status().steps.len());
    assert_eq!(again.state().vars, run.state().vars);
    assert_eq!(again.settled(), run.settled());
    epoch
}

#[test]
fn every_single_crash_point() {
    for mode in [StepByStep, Dag] {
        let mut point = 0;
        while check(mode, &[point]) > 1 {
            point += 1;
        }
        assert!(point > 25, "the run has crash points, {point}");
    }
}

#[test]
fn every_pair_of_crash_points() {
    let mut first = 0;
    loop {
        let mut second = 0;
        let mut lives = 3;
        while lives == 3 {
            lives = check(StepByStep, &[first, second]);
            second += 1;
        }
        if lives == 1 {
            break;
        }
        first += 1;
    }
    assert!(first > 25);
}

#[test]
fn the_same_events_give_the_same_requests() {
    let text = |_| {
        let (world, run, _) = lives(Dag, &[7, 3, 11]);
        format!("{:?} {:?} {}", world.journal, world.log, show(&run.status()))
    };
    assert_eq!(text(0), text(1));
}

#[test]
fn a_new_owner_is_not_answered_for_the_old_ones_actions() {
    let plan = plan(StepByStep, json!([act("a", &[("kube", "apply")])]));
    let world = World::default();
    let mut old = Process::new(&plan, &world, 1);
    let requests = old.run.handle(Time(0), vec![], &Script);
    let journal: Vec<Entry> = requests
        .iter()
        .filter_map(|r| match r {
            Request::WriteJournal(e) => Some(e.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let world = World { journal, ..World::default() };
    let mut new = Process::new(&plan, &world, 2);
    new.run.handle(Time(1), vec![], &Script);
    let late = Event::Action { id: ActionId(1, 1), outcome: Outcome::Done(json!({}).into()) };
    new.run.handle(Time(2), vec![late], &Script);
    assert_eq!((new.run.in_flight(), new.run.settled()), (1, Settled::No));
    assert_eq!(
        Run::replay(plan, Identity::default(), Policy::default(), 0, &world.journal, Default::default())
            .unwrap_err()
            .code,
        "journal/superseded"
    );
}

#[test]
fn a_journal_of_other_steps_is_refused() {
    let world = lives(StepByStep, &[]).0;
    let other = plan(StepByStep, json!([say("a")]));
    let refused = Run::replay(other, Identity::default(), Policy::default(), 9, &world.journal, Default::default());
    assert_eq!(refused.unwrap_err().code, "journal/other-plan");
}

#[test]
fn secrets_are_in_the_secret_and_nowhere_else() {
    let steps = json!([
        with(act("read", &[("kube", "read")]), json!({"outputs": [{"name": "pw", "valueFrom": "a0"}]})),
        with(
            act("send", &[("http", "do")]),
            json!({"inputs": [{"from": "pw", "parameterKey": "do[0].params.request.body"}]})
        ),
    ]);
    let mut world = World::default();
    world.answers.insert("kube.read".into(), vec![Outcome::Done(Payload { value: json!("hunter2"), secret: true })]);
    let plan = plan(StepByStep, steps);
    let mut p = Process::new(&plan, &world, 1);
    p.fuel = Some(6);
    assert!(p.go(&mut world).is_err(), "dies in the middle");
    let mut p = Process::new(&plan, &world, 2);
    assert!(p.go(&mut world).is_ok());
    assert_eq!(world.effects.values().next().unwrap()["request"]["body"], json!("hunter2"));
    assert_eq!(world.secrets["pw"], json!("hunter2"));
    let open = format!("{} {:?} {:?}", journal::encode(&world.journal), world.vars, world.status);
    assert!(!open.contains("hunter2"), "{open}");
}
