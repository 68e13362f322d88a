//! Growth: twice the input takes about twice the steps, for every case of the bench, and what is known to blow up elsewhere
//! stays polynomial. Counted in the evaluator's own steps, never in time.

#![expect(clippy::panic, reason = "tests")]

use cue::{DataOptions, Inputs, Instance, Limits, Selector, compile};
use cue_syntax::Source;

#[path = "../../../benches/language/cases.rs"]
#[expect(dead_code, reason = "the bench uses more of it")]
mod cases;
#[path = "../../../benches/language/known.rs"]
mod known;

/// What an evaluation of a program takes; the program must have a concrete value.
fn steps(name: &str, wanted: Option<&str>, text: &str) -> u64 {
    let instance = Instance::of(Source::new("in.cue", text)).unwrap_or_else(|d| panic!("{name}: {d:?}"));
    let program = compile(&cue::world::Nothing, instance).unwrap_or_else(|d| panic!("{name}: {d:?}"));
    let evaluation = program.evaluate(Inputs::default(), &Limits::generous());
    let value = evaluation.lookup(&Selector::path(wanted.unwrap_or_default()));
    if let Err(problems) = value.data(&DataOptions::default()) {
        let texts: Vec<&str> = problems.iter().map(|d| d.message.as_str()).collect();
        panic!("{name}: {texts:?}");
    }
    evaluation.usage().steps
}

#[test]
fn twice_the_input_takes_twice_the_steps() {
    for case in cases::CASES.iter().filter(|c| c.size >= 50 && !c.args.contains(&"vet")) {
        let size = (case.size / 50).clamp(10, 60);
        let [small, large] = [size, 4 * size].map(|n| steps(case.name, case.wanted(), &(case.generate)(n)));
        assert!(large <= 5 * small, "{}: {small} steps for {size}, {large} for four times as many", case.name);
    }
}

#[test]
fn what_is_known_to_blow_up_stays_polynomial() {
    for (name, program) in known::KNOWN {
        let counted = [6, 12, 24].map(|n| steps(name, None, &program(n)));
        let [_, middle, large] = counted;
        // Comparisons of arms with one another count as well: what takes most of them grows with the power 3.3 (`layers`).
        assert!(large <= 10 * middle, "{name}: for 6, 12 and 24: {counted:?} steps");
        assert!(large < 450_000, "{name}: {large} steps for 24");
    }
}

/// More elements than an index of 16 bits can tell apart.
#[test]
fn long_lists_are_put_together_from_what_they_hold() {
    let text = "import \"list\"\n_r: list.Range(0, 70000, 1)\n_s: list.Sort([for i in _r {70000 - i}], list.Ascending)\n\
        r: [_s[0], _s[66000], _s[69999], list.IsSorted(_s, list.Ascending)]";
    let instance = Instance::of(Source::new("in.cue", text)).unwrap_or_else(|d| panic!("{d:?}"));
    let program = compile(&cue::world::Nothing, instance).unwrap_or_else(|d| panic!("{d:?}"));
    let evaluation = program.evaluate(Inputs::default(), &Limits::generous());
    let data =
        evaluation.lookup(&Selector::path("r")).data(&DataOptions::default()).unwrap_or_else(|d| panic!("{d:?}"));
    assert_eq!(cue::json::to_value(&data).ok(), Some(serde_json::json!([1, 66001, 70000, true])));
}

/// What is asked of a list in each round of a loop over it is counted once, and so are bounds and groups of closedness of which
/// there are many.
#[test]
fn what_a_loop_asks_of_a_whole_list_does_not_grow_with_its_length() {
    type Named = (&'static str, fn(usize) -> String);
    let programs: [Named; 6] = [
        ("len in a condition", |n| {
            format!("import \"list\"\n_r: list.Range(0, {n}, 1)\na: len([for i in _r if len(_r) > i {{i}}])")
        }),
        ("len in a value", |n| {
            format!("import \"list\"\n_r: list.Range(0, {n}, 1)\na: list.Sum([for i in _r {{len(_r) + i}}])")
        }),
        ("bounds", |n| format!("import \"list\"\na: and([for i in list.Range(0, {n}, 1) {{>=i}}]) & 1000000")),
        ("values that there must not be", |n| {
            format!("import \"list\"\na: and([for i in list.Range(0, {n}, 1) {{!=\"n\\(i)\"}}]) & \"web\"")
        }),
        ("a definition that is embedded again and again", |n| {
            format!("import \"list\"\n#A: a: b: 1\na: and([for i in list.Range(0, {n}, 1) {{#A}}])")
        }),
        ("definitions that `...` opens", |n| {
            format!("import \"list\"\n#A: a: b: 1\na: and([for i in list.Range(0, {n}, 1) {{#A, ...}}]) & {{c: d: 1}}")
        }),
    ];
    for (name, program) in programs {
        let [small, large] = [4_000, 16_000].map(|n| steps(name, None, &program(n)));
        assert!(large <= 5 * small, "{name}: {small} steps, {large} for four times as many");
    }
}
