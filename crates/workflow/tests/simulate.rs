//! Random histories, every crash point of the reference run, and mistakes that must be found.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use workflow::simulate::{Bug, Moment, Options, Story, bug, story};

fn must_hold(seed: u64, options: &Options) -> Story {
    let told = story(seed, options);
    if !told.violations.is_empty() {
        let lines = story(seed, &Options { story: true, ..options.clone() }).lines.join("\n");
        let violations = told.violations.join("\n");
        assert!(violations.is_empty(), "seed {seed} {options:?}\n{lines}\n{violations}");
    }
    told
}

/// Twenty thousand histories, in parts that the machine's cores share.
fn histories(part: u64) {
    let mut effects = 0;
    for seed in part * 5_000..(part + 1) * 5_000 {
        effects += must_hold(seed, &Options::default()).effects;
    }
    assert!(effects > 5_000, "the histories have effects: {effects}");
}

#[test]
fn no_history_breaks_a_promise_1() {
    histories(0);
}

#[test]
fn no_history_breaks_a_promise_2() {
    histories(1);
}

#[test]
fn no_history_breaks_a_promise_3() {
    histories(2);
}

#[test]
fn no_history_breaks_a_promise_4() {
    histories(3);
}

/// 1005966: an effect that was on its way when a user started the run again. 1425667: an answer that came a moment after its
/// sender had given up. 1117634: a process that slept past its lease at the end of its run. 2041832: a lease that lapsed because a
/// busy server did not renew it. 7028158: a process that died twice, and a request of its first life.
#[test]
fn histories_that_failed_once() {
    for seed in [933_207, 1_005_966, 1_117_634, 1_425_667, 2_041_832, 3_823_705, 5_397_408, 7_028_158] {
        must_hold(seed, &Options::default());
    }
}

#[test]
fn one_seed_is_one_history() {
    let told = Options { story: true, ..Options::default() };
    for seed in 0..40 {
        assert_eq!(story(seed, &told), story(seed, &told), "seed {seed}");
    }
    assert_ne!(story(1, &told).hash, story(2, &told).hash);
}

#[test]
fn every_crash_point_of_the_reference_run() {
    let calm = Options { calm: true, reference: true, ..Options::default() };
    let whole = must_hold(0, &calm);
    assert!(whole.effects >= 25 && whole.messages > 130, "{} effects, {} messages", whole.effects, whole.messages);
    for point in 1..=whole.messages {
        for moment in [Moment::Before, Moment::After, Moment::ReplyLost] {
            let told = must_hold(0, &Options { die_at: vec![(point, moment)], ..calm.clone() });
            assert_eq!(told.effects, whole.effects, "every effect happens once: {point} {moment:?}");
        }
    }
}

#[test]
fn every_mistake_is_found() {
    let mut missed = Vec::new();
    for bug in bug::ALL {
        let options = Options { bug: Some(bug), ..Options::default() };
        let found = (0..4_000).find(|seed| !story(*seed, &options).violations.is_empty());
        if found.is_none() {
            missed.push(bug);
        }
    }
    assert_eq!(missed, Vec::<Bug>::new());
}
