//! Values of small programs as `cue eval` prints them.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Indent, Options, text};
use crate::api::{Inputs, Instance, Limits};
use crate::world::Nothing;
use cue_syntax::Source;

fn eval(program: &str, options: &Options, indent: Indent) -> String {
    let instance = Instance::of(Source::new("in.cue", program)).unwrap();
    let program = crate::program::compile(&Nothing, instance).unwrap();
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    text(evaluation.root(), options, indent)
}

const PROGRAM: &str = r##"
import "strings"
import "list"

a: 1
b: *1 | int
c: int | *"x" | {z: 1}
d: >5 & <10
e: "x" | "y"
f: [...string]
g: [1, 2, ...int]
h?: int
i!: string
#D: {
	// the name
	name: string
	n?: int
	x: y: z: 1
	...
}
j: #D & {name: "q"}
_k: 5
l: strings.MinRunes(3)
m: {[string]: int, a: 1}
n: a + 1
o: string
p: o + "x"
q: "abc\n\tdef"
r: "multi \(o) x"
s: 'bytes\xff'
t: null
w: {if o == "x" {y: 1}, z: 1}
"x-y": 3
y: _
z: {}
aa: []
ab: number & >3
ac: =~"^a" & !="abc"
ad: 1.50
ae: 1e3
ag: close({a: 1})
ah: uint8
ai: int32 | float64
aj: {a: 1} | {b: 2}
al: strings.ToUpper(o)
am: list.MaxItems(3)
ao: {a?: int, b!: string, c: 1, #d: 3, _h: 4}
ap: 4 @baz(q,x=1)
at: [o, 1, {a: [2]}, "x\ny"]
av: {a: string, b: a}
aw: !=null
bc: -5
bd: "tab\tq\"uote\\ \u00e9 \u0001"
bl: {"if": 1, "#x": 2, "_y": 3, "a.b": 4, "1": 5, "": 6, "é": 7}
bm: >=1 & <=5 & int
bn: int & >=1
bo: >=0 & <=10 & int
br: (1 | 2) & (2 | 3)
bt: string | null
"##;

#[test]
fn eval_prints_what_is_known_and_what_is_not() {
    insta::assert_snapshot!(eval(PROGRAM, &Options::EVAL, Indent::Spaces));
}

#[test]
fn flags_show_more() {
    let all = Options { hidden: true, optional: true, attributes: true, docs: true, schema: true, ..Options::EVAL };
    insta::assert_snapshot!(eval(PROGRAM, &all, Indent::Tabs));
}

#[test]
fn scalars_and_lists_stand_alone() {
    for (program, expected) in [
        ("1", "1\n"),
        ("\"a\"", "\"a\"\n"),
        ("[1, {a: 2}]", "[1, {\n    a: 2\n}]\n"),
        ("a: {b: 1}, a", "a: {\n    b: 1\n}\nb: 1\n"),
        ("import \"strings\"\nstrings.MinRunes(3)", "import \"strings\"\n\nstrings.MinRunes(3)\n"),
        ("_", "_\n"),
    ] {
        assert_eq!(eval(program, &Options::EVAL, Indent::Spaces), expected, "{program}");
    }
}

#[test]
fn bounds_that_say_nothing_more_are_left_out() {
    for (program, expected) in [
        ("a: >3 & >=5 & !=4 & <=20 & <10", "a: >=5 & <10\n"),
        ("a: >5 & >=5", "a: >5\n"),
        ("a: <=1.5 & <1.5 & float", "a: float & <1.5\n"),
        ("a: !=\"b\" & =~\"c\"", "a: =~\"c\"\n"),
        ("a: !=3 & !=3.0 & !=4", "a: !=3 & !=4\n"),
        ("a: strings.MinRunes(2) & !=\"abc\"\nimport \"strings\"", "a: !=\"abc\" & strings.MinRunes(2)\n"),
    ] {
        let program = match program.split_once("\nimport ") {
            Some((head, path)) => format!("import {path}\n{head}"),
            None => program.to_owned(),
        };
        let printed = eval(&program, &Options::EVAL, Indent::Spaces);
        assert_eq!(printed.rsplit("\n\n").next().unwrap_or_default(), expected, "{program}");
    }
}

#[test]
fn a_union_of_more_than_can_be_worked_out_is_shown_as_written() {
    let parts: Vec<String> = (0..11).map(|i| format!("({{a{i}: 1}} | {{b{i}: 1}})")).collect();
    let program = format!("u: {}", parts.join(" & "));
    let printed = eval(&program, &Options::EVAL, Indent::Spaces);
    assert_eq!(printed.matches(" & ").count(), 10, "{printed}");
    assert!(
        (0..11).all(|i| printed.contains(&format!("a{i}: 1")) && printed.contains(&format!("b{i}: 1"))),
        "{printed}"
    );
}

#[test]
fn errors_that_are_gone_past_stand_above_their_fields() {
    let printed = eval("a: 1 & 2\nb: 3", &Options::EVAL, Indent::Spaces);
    assert_eq!(printed, "// a: conflicting values 1 and 2\na: _|_\nb: 3\n");
}
