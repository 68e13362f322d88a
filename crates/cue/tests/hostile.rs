//! Hostile inputs end in a diagnostic, by budgets: what counts is counted, no clock is looked at. `examples/hostile.rs` measures
//! time and memory of the same cases.

#[path = "hostile/case.rs"]
mod case;

#[test]
fn every_hostile_input_ends_in_a_diagnostic_within_its_budget() {
    let limits = cue::Limits::default();
    let mut failures = Vec::new();
    let cases = case::all();
    assert!(cases.len() > 80, "the suite was not read: {} cases", cases.len());
    for case in &cases {
        let files = case.expanded();
        let read: u64 = files.values().map(|f| f.len() as u64).sum();
        let (problems, usage) = case::run(&files);
        let mut fail = |what: String| failures.push(format!("{}: {what}", case.title));
        match problems.as_slice() {
            [] if case.expect.iter().any(|e| e == "none") => {}
            [] => fail("no diagnostic".to_owned()),
            _ => {
                if let Some((code, _)) = problems.iter().find(|p| !case.expect.contains(&p.0)) {
                    fail(format!("came {code}, expected {}", case.expect.join(" or ")));
                }
                if problems.iter().any(|(code, placed)| code == "cue/limit" && !placed) {
                    fail("the limit has no place".to_owned());
                }
            }
        }
        if let Some(usage) = usage {
            // What is under way when the budget ends still ends.
            let steps = (limits.steps + limits.steps_per_byte * read) * 5 / 4;
            let memory = (limits.memory + limits.memory_per_byte * read) * 5 / 4;
            if usage.steps > steps || usage.memory > memory {
                fail(format!("used {usage:?}, of {steps} steps and {memory} bytes"));
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
