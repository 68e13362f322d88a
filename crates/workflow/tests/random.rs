//! Random workflows under random faults, deaths and users: whatever happens, the run ends and the promises hold.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use common::*;
use model::operation::OperationAction as Op;
use serde_json::{Value, json};
use std::sync::Arc;
use workflow::*;

/// splitmix64
struct Dice(u64);
impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.roll(from.len() as u64) as usize]
    }
}

const ACTIONS: [(&str, &str); 6] = [
    ("kube", "apply"),
    ("kube", "read"),
    ("http", "do"),
    ("email", "send"),
    ("multicluster", "deploy"),
    ("kube", "delete"),
];

fn step(dice: &mut Dice, name: &str, earlier: &[String]) -> Value {
    let mut step = match dice.roll(8) {
        0 => gate(name),
        1 => {
            json!({"name": name, "type": "suspend", "properties": {"do": [{"name": "suspend", "path": "s", "params": {"duration": "3s"}}]}})
        }
        2 => say(name),
        3 if dice.roll(3) == 0 => fail(name),
        _ => {
            let actions: Vec<(&str, &str)> = (0..1 + dice.roll(3)).map(|_| *dice.pick(&ACTIONS)).collect();
            act(name, &actions)
        }
    };
    if !earlier.is_empty() && dice.roll(3) == 0 {
        step["dependsOn"] = json!([dice.pick(earlier)]);
    }
    match dice.roll(10) {
        0 => step["if"] = json!("always"),
        1 => step["if"] = json!("false"),
        2 if !earlier.is_empty() => step["if"] = json!(format!("{}.failed", dice.pick(earlier))),
        3 => step["timeout"] = json!("20s"),
        4 => step["outputs"] = json!([{"name": format!("out-{name}"), "valueFrom": "parameter.do"}]),
        _ => {}
    }
    step
}

fn workload(dice: &mut Dice) -> Value {
    let mut names: Vec<String> = Vec::new();
    let mut steps = Vec::new();
    for i in 0..1 + dice.roll(6) {
        let name = format!("s{i}");
        if dice.roll(5) == 0 {
            let mut subs = Vec::new();
            let mut inner: Vec<String> = Vec::new();
            for j in 0..1 + dice.roll(3) {
                let sub = format!("{name}-{j}");
                subs.push(step(dice, &sub, &inner));
                inner.push(sub);
            }
            let mode = *dice.pick(&["DAG", "StepByStep"]);
            steps.push(with(group(&name, Value::Array(subs)), json!({"mode": mode})));
        } else {
            steps.push(step(dice, &name, &names));
        }
        names.push(name);
    }
    Value::Array(steps)
}

fn answers(dice: &mut Dice, world: &mut World) {
    for (provider, name) in ACTIONS {
        let list = (0..dice.roll(6))
            .map(|_| match dice.roll(6) {
                0 => Outcome::Wait { message: "not yet".into() },
                1 => Outcome::Failed { class: FaultClass::Transient, message: "busy".into() },
                2 => Outcome::Failed { class: FaultClass::Conflict, message: "raced".into() },
                3 => Outcome::Failed { class: FaultClass::Permanent, message: "no".into() },
                _ => Outcome::Done(json!({"ready": true}).into()),
            })
            .chain([Outcome::Done(json!({"ready": true}).into())])
            .collect();
        world.answers.insert(format!("{provider}.{name}"), list);
    }
}

/// One life story; gives the trace.
fn story(seed: u64) -> String {
    let mut dice = Dice(seed);
    let text = workload(&mut dice);
    let mode = *dice.pick(&[model::Mode::Dag, model::Mode::StepByStep]);
    let plan: Arc<Plan> = plan(mode, text.clone());
    let mut world = World { now: 10_000, ..World::default() };
    answers(&mut dice, &mut world);
    let mut epoch = 0u64;
    let mut operations = 0;
    let run = 'life: loop {
        epoch += 1;
        let mut p = Process::new(&plan, &world, epoch);
        p.fuel = (epoch < 8 && dice.roll(2) == 0).then(|| dice.roll(25) as u32);
        loop {
            match p.go(&mut world) {
                Err(Died) => {
                    world.now += dice.roll(5_000) as i64;
                    continue 'life;
                }
                Ok(Settled::Finished(_)) => break 'life p.run,
                Ok(_) => {
                    operations += 1;
                    let op =
                        if dice.roll(6) == 0 || operations > 40 { Op::Terminate } else { Op::Resume { step: None } };
                    p.operate(&format!("op-{operations}"), op);
                }
            }
        }
    };
    for effect in world.effects.keys() {
        assert!(world.attempts[effect] >= 1, "seed {seed}");
    }
    let mut over: Vec<&str> = Vec::new();
    for entry in &world.journal {
        if let Fact::Step { step, phase, reason, .. } = &entry.fact {
            assert!(!over.contains(&step.as_str()), "seed {seed}: {step} was over");
            let failed = *phase == model::StepPhase::Failed && reason.is_final();
            if failed || matches!(phase, model::StepPhase::Succeeded | model::StepPhase::Skipped) {
                over.push(step);
            }
        }
    }
    assert!(
        plan.nodes.iter().all(|n| over.contains(&n.step.name.as_str())),
        "seed {seed}: every step is over\n{text}\n{}",
        show(&run.status())
    );
    let again = Process::new(&plan, &world, epoch + 1).run;
    assert_eq!(again.settled(), run.settled(), "seed {seed}");
    format!("{}\n{:?}\n{}", journal::encode(&world.journal), world.log, show(&run.status()))
}

#[test]
fn whatever_happens_the_run_ends_and_the_promises_hold() {
    for seed in 0..3_000 {
        story(seed);
    }
}

#[test]
fn one_seed_is_one_story() {
    for seed in 0..50 {
        assert_eq!(story(seed), story(seed), "seed {seed}");
    }
}
