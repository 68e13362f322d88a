//! The language as its users see it: `tests/language/*.md` read as a specification, and laws that hold for any program.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a failing test may panic")]

use cue::{Completeness, Data, DataOptions, DataValue, Inputs, Instance, Labels, Limits, Selector, compile};
use cue_syntax::Source;
use proptest::prelude::*;

fn program(text: &str) -> Result<cue::Program, Vec<cue_syntax::Diagnostic>> {
    compile(&cue::world::Nothing, Instance::of(Source::new("in.cue", text))?)
}

/// What comes of a file: ("json" | "incomplete" | "error", text).
fn outcome(text: &str) -> (&'static str, String) {
    let lines = |diagnostics: &[cue_syntax::Diagnostic]| {
        let mut lines = Vec::new();
        for d in diagnostics {
            lines.push(format!("{}: {}", d.path.as_deref().unwrap_or_default(), d.message));
            lines.extend(d.help.iter().map(|h| format!("help: {h}")));
        }
        lines.dedup();
        lines.join("\n")
    };
    let program = match program(text) {
        Ok(p) => p,
        Err(d) => return ("error", lines(&d)),
    };
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    match evaluation.root().data(&DataOptions::default()) {
        Ok(data) => ("json", cue::json::write(&data, cue::json::Style::Compact).unwrap()),
        Err(problems) => {
            let errors = evaluation.diagnostics();
            if errors.is_empty() { ("incomplete", lines(&problems)) } else { ("error", lines(&errors)) }
        }
    }
}

fn sorted_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.trim().lines().filter(|l| !l.starts_with("help")).collect();
    lines.sort_unstable();
    lines
}

fn check(file: &str) {
    let mut failures = Vec::new();
    for case in file.split("\n## ").skip(1) {
        let title = case.lines().next().unwrap_or_default();
        let mut blocks = case.split("```");
        let mut block = || {
            blocks.next();
            let text = blocks.next().unwrap_or_default();
            let (kind, body) = text.split_once('\n').unwrap_or((text, ""));
            (kind.to_owned(), body.to_owned())
        };
        let (_, source) = block();
        let (kind, expected) = block();
        let (came, text) = outcome(&source);
        let same = kind == came
            && if kind == "json" {
                let a: serde_json::Value = serde_json::from_str(&text).unwrap();
                let b: serde_json::Value = serde_json::from_str(&expected).unwrap();
                a == b
            } else {
                sorted_lines(&text) == sorted_lines(&expected)
                    && expected.lines().filter(|l| l.starts_with("help")).all(|l| text.contains(l))
            };
        if !same {
            failures.push(format!("{title}\n  expected {kind}: {}\n  came {came}: {text}", expected.trim()));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn values() {
    check(include_str!("language/values.md"));
}

#[test]
fn structs() {
    check(include_str!("language/structs.md"));
}

#[test]
fn choice() {
    check(include_str!("language/choice.md"));
}

/// Declarations that depend on each other in many ways; every order of them means the same.
const DECLARATIONS: &[&str] = &[
    "a: #B & {x: 1}",
    "#B: {x: int, y: *2 | int}",
    "#C: {k: \"one\", v: int} | {k: \"two\", w: string}",
    "c: #C & {k: \"two\", w: d}",
    "d: \"\\(a.x)-\\(a.y)\"",
    "e: {if f != _|_ {g: f}, f?: int}",
    "e: f: 7",
    "h: [for k, v in a {\"\\(k)=\\(v)\"}]",
    "i: [string]: {n: int | *0}",
    "i: {p: {}, q: n: 5}",
    "j: l + 1",
    "l: j - 1",
    "j: 10",
];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn the_order_of_declarations_does_not_matter(order in Just(DECLARATIONS.to_vec()).prop_shuffle()) {
        let want: serde_json::Value = serde_json::from_str(&outcome(&DECLARATIONS.join("\n")).1).unwrap();
        let (kind, text) = outcome(&order.join("\n"));
        prop_assert_eq!(kind, "json");
        let mut came: serde_json::Value = serde_json::from_str(&text).unwrap();
        // The order of fields, which h shows, follows that of the declarations.
        let sort = |v: &mut serde_json::Value| v["h"].as_array_mut().unwrap().sort_by_key(ToString::to_string);
        let mut want = want;
        sort(&mut want);
        sort(&mut came);
        prop_assert_eq!(came, want);
    }

    #[test]
    fn unification_is_commutative_and_idempotent(a in expression(), b in expression()) {
        let (kind, text) = outcome(&format!("x: {a} & {b}"));
        let (other_kind, other) = outcome(&format!("x: {b} & {a}"));
        prop_assert_eq!(kind, other_kind);
        if kind == "json" {
            let one: serde_json::Value = serde_json::from_str(&text).unwrap();
            let two: serde_json::Value = serde_json::from_str(&other).unwrap();
            prop_assert_eq!(one, two);
        }
        let (once, first) = outcome(&format!("x: {a}"));
        let (twice, second) = outcome(&format!("x: {a} & {a}"));
        prop_assert_eq!(once, twice);
        // What is not concrete may be written in more than one way.
        prop_assert!(once != "json" || first == second);
    }

    #[test]
    fn no_program_panics(text in "[a-c#_:{}\\[\\]|&*?!.,()\" \n0-9<>=+~]{0,60}") {
        let (kind, _) = outcome(&text);
        prop_assert!(matches!(kind, "json" | "incomplete" | "error"));
    }
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("1".to_owned()),
        Just("2".to_owned()),
        Just("int".to_owned()),
        Just("string".to_owned()),
        Just("\"a\"".to_owned()),
        Just(">0".to_owned()),
        Just("_".to_owned()),
        Just("null".to_owned()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} | {b})")),
            inner.clone().prop_map(|a| format!("{{f: {a}}}")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("{{f: {a}, g?: {b}}}")),
        ]
    })
}

fn data(text: &str) -> Data {
    cue::json::parse(text).unwrap()
}

#[test]
fn inputs_are_part_of_the_program() {
    let program =
        program("parameter: {image: string, port: *80 | int}\nout: \"\\(parameter.image):\\(parameter.port)\"")
            .unwrap();
    let given = vec![(Selector::path("parameter"), data(r#"{"image":"nginx"}"#))];
    let evaluation = program.evaluate(Inputs { data: given, results: Vec::new() }, &Limits::default());
    let out = evaluation.lookup(&Selector::path("out")).data(&DataOptions::default()).unwrap();
    assert_eq!(out.value, DataValue::String("nginx:80".into()));
}

#[test]
fn a_secret_taints_what_is_made_of_it() {
    let program = program("token: string\nheader: \"Bearer \\(token)\"\nplain: 1").unwrap();
    let mut token = data(r#""abc""#);
    token.labels = Labels::SECRET;
    let given = vec![(Selector::path("token"), token)];
    let evaluation = program.evaluate(Inputs { data: given, results: Vec::new() }, &Limits::default());
    assert!(evaluation.lookup(&Selector::path("header")).labels().is_secret());
    assert!(!evaluation.lookup(&Selector::path("plain")).labels().is_secret());
}

#[test]
fn what_depends_on_an_unknown_result_is_unknown_and_no_error() {
    let text = "apply: {#do: \"apply\", $returns: status: phase: string}\n\
                ready: apply.$returns.status.phase == \"Ready\"\n\
                known: 1\n\
                more: {a: 1, if apply.$returns.status.phase != _|_ {b: 2}}";
    let program = program(text).unwrap();
    let unknown: Data = DataValue::Unknown(7).into();
    let results = vec![(vec![Selector::new("apply"), Selector::Field("$returns".into())], unknown)];
    let evaluation = program.evaluate(Inputs { data: Vec::new(), results }, &Limits::default());
    assert_eq!(evaluation.diagnostics(), Vec::new());
    assert_eq!(evaluation.lookup(&Selector::path("ready")).unknown(), Some(7));
    assert!(evaluation.lookup(&Selector::path("more")).is_open_pending());
    assert!(!evaluation.lookup(&Selector::path("more.b")).exists());
    let printed = evaluation.root().write_json(cue::json::Style::Compact, &mut String::new());
    assert_eq!(printed.unwrap_err()[0].code, "cue/unknown");
    let known = evaluation.lookup(&Selector::path("known")).data(&DataOptions::default()).unwrap();
    assert_eq!(cue::json::write(&known, cue::json::Style::Compact).unwrap(), "1");
}

#[test]
fn partial_data_leave_out_what_is_incomplete_and_say_so() {
    let program = program("patch: {a: 1, b: int, c: {d: string, e: 2}}").unwrap();
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    let patch = evaluation.lookup(&Selector::path("patch"));
    let options = DataOptions { completeness: Completeness::Partial, origins: false };
    let text = cue::json::write(&patch.data(&options).unwrap(), cue::json::Style::Compact).unwrap();
    assert_eq!(text, r#"{"a":1,"c":{"e":2}}"#);
    let left_out: Vec<_> = patch.incomplete().into_iter().filter_map(|d| d.path).collect();
    assert_eq!(left_out, ["patch.b", "patch.c.d"]);
}

#[test]
fn comments_of_all_declarations_are_read_through_references() {
    let text = "#E: {\n\t// +patchKey=name\n\tenv: [...]\n}\nout: #E & {\n\t// +usage=more\n\tenv: [1]\n}";
    let evaluation = program(text).unwrap().evaluate(Inputs::default(), &Limits::default());
    let docs = evaluation.lookup(&Selector::path("out.env")).docs();
    assert_eq!(docs, [" +patchKey=name", " +usage=more"]);
}

#[test]
fn a_budget_ends_an_evaluation_with_a_place() {
    let many: Vec<String> = (0..200).map(|i| i.to_string()).collect();
    let text = format!("l: [{}]\nx: [for a in l for b in l for c in l {{a + b + c}}]", many.join(","));
    let limits = Limits { steps: 100_000, ..Limits::default() };
    let evaluation = program(&text).unwrap().evaluate(Inputs::default(), &limits);
    let errors = evaluation.diagnostics();
    assert_eq!(errors[0].code, "cue/limit");
    let steps = limits.steps + limits.steps_per_byte * text.len() as u64;
    assert_eq!(errors[0].message, format!("evaluation exceeds its limit of {steps} steps"));
    assert!(!errors[0].labels.is_empty());
}
