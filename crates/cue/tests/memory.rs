//! Memory: an evaluation leaves nothing behind, and four times the input takes about four times the peak. Counted in bytes
//! that are live, so one test, alone in its process, does all of it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

use cue::{Inputs, Instance, Limits, Program, Selector, compile, json};
use cue_syntax::Source;
use peak_alloc::PeakAlloc;

#[path = "../../../benches/language/cases.rs"]
#[expect(dead_code, reason = "the bench uses more of it")]
mod cases;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Text that nobody wants.
struct Nowhere;

impl std::fmt::Write for Nowhere {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        Ok(())
    }
}

fn program(name: &str, text: &str) -> Program {
    let instance = Instance::of(Source::new("in.cue", text)).unwrap_or_else(|d| panic!("{name}: {d:?}"));
    compile(&cue::world::Nothing, instance).unwrap_or_else(|d| panic!("{name}: {d:?}"))
}

fn export(program: &Program, wanted: Option<&str>) {
    let evaluation = program.evaluate(Inputs::default(), &Limits::generous());
    let value = evaluation.lookup(&Selector::path(wanted.unwrap_or_default()));
    value.write_json(json::Style::Indented, &mut Nowhere).unwrap();
}

/// Bytes at the peak of an export, from the text on.
fn peak(name: &str, wanted: Option<&str>, text: &str) -> usize {
    let before = HEAP.current_usage();
    HEAP.reset_peak_usage();
    export(&program(name, text), wanted);
    HEAP.peak_usage() - before
}

#[test]
fn memory_grows_with_the_input_and_is_given_back() {
    let of = |name: &str| cases::CASES.iter().find(|c| c.name == name).unwrap();
    for name in ["template-1", "k8s-50", "disj-tagged"] {
        let case = of(name);
        let program = program(name, &(case.generate)(case.size.min(4)));
        let live = |times: u32| {
            (0..times).for_each(|_| export(&program, case.wanted()));
            HEAP.current_usage()
        };
        let (first, last) = (live(5), live(20));
        assert!(last <= first, "{name}: {first} bytes are live after 5 evaluations, {last} after 20 more");
    }
    for case in cases::CASES.iter().filter(|c| c.size >= 50 && !c.args.contains(&"vet")) {
        let size = (case.size / 100).clamp(10, 40);
        let [small, large] = [size, 4 * size].map(|n| peak(case.name, case.wanted(), &(case.generate)(n)));
        assert!(large <= 5 * small, "{}: {small} bytes for {size}, {large} for four times as many", case.name);
    }
}
