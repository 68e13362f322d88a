//! Programs that took exponential time in some evaluator, built from what was said of them; each for any size.

use std::fmt::Write as _;

/// A program of a size.
type Program = fn(usize) -> String;

/// By name.
pub(crate) const KNOWN: &[(&str, Program)] = &[
    ("closed-definitions", closed_definitions),
    ("nested-match", nested_match),
    ("wrapped-recursion", wrapped_recursion),
    ("guards", guards),
    ("layers", layers),
    ("lets", lets),
    ("tree", tree),
    ("closed-embedded", closed_embedded),
    ("closed-fields", closed_fields),
    ("closed-below", closed_below),
    ("closed-patterns", closed_patterns),
    ("closed-beside", closed_beside),
    ("undecided-product", undecided_product),
    ("narrowed-product", narrowed_product),
    ("union-chain", union_chain),
    ("default-of-itself", default_of_itself),
];

/// One piece for each number, with something between.
fn join(n: usize, each: impl Fn(usize) -> String, with: &str) -> String {
    (0..n).map(each).collect::<Vec<_>>().join(with)
}

/// Definitions that nothing but closedness tells apart, one element for each.
fn closed_definitions(n: usize) -> String {
    let mut t = String::new();
    let _ = writeln!(t, "{}", join(n, |i| format!("#D{i}: {{c: string, f{i}: int}}"), "\n"));
    let _ = writeln!(t, "#U: {}", join(n, |i| format!("#D{i}"), " | "));
    let _ = write!(t, "x: [...#U]\nx: [{}]", join(n, |i| format!("{{c: \"a\", f{i}: 1}}"), ", "));
    t
}

/// Validators of validators, each four times.
fn nested_match(n: usize) -> String {
    let mut t = String::new();
    t += "_m0: matchN(4, [int, int, int, int])\n";
    for i in 1..n {
        let _ = writeln!(t, "_m{i}: matchN(4, [{}])", vec![format!("_m{}", i - 1); 4].join(", "));
    }
    let _ = write!(t, "x: 3 & _m{}", n - 1);
    t
}

/// A tagged union that refers to itself, in braces.
fn wrapped_recursion(n: usize) -> String {
    let mut t = String::new();
    let arm = |i: usize| {
        let next = if i == 0 { "leaf".to_owned() } else { format!("r{}", i - 1) };
        format!("{{t!: \"r{i}\", out: next: (#T & {{t: \"{next}\"}}).out}}")
    };
    let _ = write!(
        t,
        "out: (#T & {{t: \"r{}\"}}).out\n#T: {{\n{{t!: \"leaf\", out: {{}}}} |\n{}\n}}",
        n - 1,
        join(n, arm, " |\n")
    );
    t
}

/// Guards in guards over fields that several declarations share.
fn guards(n: usize) -> String {
    let mut t = String::new();
    let fields = join(n, |i| format!("k{i}: \"v{i}\"\nif extra {{x{i}: true}}"), "\n");
    let _ = writeln!(t, "if on {{\na: b: c: d: {{\n{fields}\n}}\na: b: c: e: {{\n{fields}\n}}\n}}");
    t += "#request: {on: bool | *true, extra: bool | *true}\non: #request.on\nextra: #request.extra";
    t
}

/// Layers of definitions, each with the one before and a default that comes from it.
fn layers(n: usize) -> String {
    let mut t = String::new();
    t += "#C0: {E=env: string, M=name: string, zone: *\"z-\\(E)-\\(M)\" | string}\n";
    for i in 1..=n {
        let _ = writeln!(
            t,
            "#C{i}: {{E=env: string, M=name: string, inner: #C{} & {{env: E, name: M}}, zone: *inner.zone | string}}",
            i - 1
        );
    }
    let _ = write!(t, "x: #C{n} & {{env: \"dev\", name: \"n\"}}");
    t
}

/// Lets that all name a struct beside a large tree of unions that is never asked for.
fn lets(n: usize) -> String {
    let mut t = String::new();
    let union = |of: &str| ["a", "b", "c", "d", "e", "f", "g"].map(|c| format!("{{{c}: {of}}}")).join(" | ");
    let _ = writeln!(t, "#Three: {{one: {}, two: {}}}", union("int"), union("string"));
    let _ = writeln!(t, "#Two: {{{}}}\n#One: {{{}}}", union("#Three"), union("#Two"));
    t += "root: [string]: {d?: #One | [#One] | {x: #One}, data: {}}\nroot: shared: s: {}\n";
    for i in 0..n {
        let _ = writeln!(t, "let r{i} = root\nroot: \"k{i}\": data: r{i}.shared.s");
    }
    t
}

/// A tree of nodes with a union of configurations each.
fn tree(n: usize) -> String {
    let mut t = String::new();
    t += "#Node: {name: string, config: #Config, children: [...#Node]}\n";
    t += "#Config: {mode: *\"all\" | \"none\" | {only: [...string]}, depth: int | *0}\n";
    let tree =
        (0..n).fold("{name: \"leaf\"}".to_owned(), |inner, i| format!("{{name: \"n{i}\", children: [{inner}]}}"));
    let _ = write!(t, "top: #Node & {tree}");
    t
}

/// Embedded unions of optional fields: only that a field is not allowed tells their arms apart.
fn closed_embedded(n: usize) -> String {
    let unions = join(n, |i| format!("#D{i}: {{x{i}?: int}} | {{y{i}?: int}}"), "\n");
    let all = join(n, |i| format!("#D{i}"), ", ");
    let fields = join(n, |i| format!("{}{i}: 1", if i.is_multiple_of(3) { "y" } else { "x" }), ", ");
    format!("{unions}\n#All: {{{all}}}\nv: #All & {{{fields}}}\n")
}

/// As [`closed_embedded`], of closed definitions with a field of their own each.
fn closed_fields(n: usize) -> String {
    let arms = join(n, |i| format!("#A{i}: {{x{i}: int, t?: int}}\n#B{i}: {{y{i}: int, t?: int}}"), "\n");
    let all = join(n, |i| format!("(#A{i} | #B{i})"), ", ");
    format!("{arms}\n#All: {{{all}}}\nv: #All & {{{}}}\n", join(n, |i| format!("x{i}: 1"), ", "))
}

/// As [`closed_embedded`], one level further down.
fn closed_below(n: usize) -> String {
    let arms = join(n, |i| format!("#A{i}: {{s: {{x{i}?: int}}}}\n#B{i}: {{s: {{y{i}?: int}}}}"), "\n");
    let all = join(n, |i| format!("(#A{i} | #B{i})"), ", ");
    format!("{arms}\n#All: {{{all}}}\nv: #All & {{s: {{{}}}}}\n", join(n, |i| format!("x{i}: 1"), ", "))
}

/// Embedded unions of patterns, some of which allow the fields of others.
fn closed_patterns(n: usize) -> String {
    let unions = join(n, |i| format!("#D{i}: {{[=~\"^x{i}\"]: int}} | {{[=~\"^y{i}\"]: int}}"), "\n");
    let all = join(n, |i| format!("#D{i}"), ", ");
    format!("{unions}\n#All: {{{all}}}\nv: #All & {{{}}}\n", join(n, |i| format!("x{i}_: 1"), ", "))
}

/// Closed unions embedded where further fields may stand beside them: all arms are the same value.
fn closed_beside(n: usize) -> String {
    let arms = join(n, |i| format!("#A{i}: {{x{i}: int}}\n#B{i}: {{x{i}: int, y{i}?: int}}"), "\n");
    let all = join(n, |i| format!("#A{i} | #B{i}"), ", ");
    let fields = join(n, |i| format!("x{i}: 1, y{i}: 2"), ", ");
    format!("{arms}\nv: {{{all}, {fields}}}\n")
}

/// Unions that nothing decides but their defaults.
fn undecided_product(n: usize) -> String {
    let unions = join(n, |i| format!("#D{i}: {{f{i}: \"y\", g{i}: int | *{i}}} | *{{f{i}: \"x\"}}"), "\n");
    format!("{unions}\nv: {{{}}}\n", join(n, |i| format!("#D{i}"), ", "))
}

/// As [`undecided_product`], decided by what is unified with it.
fn narrowed_product(n: usize) -> String {
    let unions = join(n, |i| format!("#D{i}: {{f{i}: \"x\"}} | {{f{i}: \"y\", g{i}: int | *{i}}}"), "\n");
    let all = join(n, |i| format!("#D{i}"), ", ");
    format!("{unions}\n#All: {{{all}}}\nv: #All & {{{}}}\n", join(n, |i| format!("f{i}: \"y\""), ", "))
}

/// Unions of the union before, with something more each.
fn union_chain(n: usize) -> String {
    let mut t = "_u0: *{k: \"a\"} | {k: \"b\"}\n".to_owned();
    for i in 1..n {
        let before = i - 1;
        let _ = writeln!(t, "_u{i}: *(_u{before} & {{l{i}: 1}}) | (_u{before} & {{m{i}: 1}})");
    }
    let _ = write!(t, "v: _u{} & {{k: \"a\"}}", n - 1);
    t
}

/// Fields that are the one before or, by default, the one before.
fn default_of_itself(n: usize) -> String {
    let mut t = "a0: {k: *1 | 2}\n".to_owned();
    for i in 1..n {
        let _ = writeln!(t, "a{i}: *a{} | a{}", i - 1, i - 1);
    }
    t
}
