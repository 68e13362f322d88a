//! `Value::surely_admits` beside evaluation: for generated schemas and data near them, whatever is surely admitted evaluates
//! without errors, completely, and to the data, perhaps with fields that the schema gives.

#![expect(clippy::unwrap_used, reason = "tests")]

use cue::{Data, DataOptions, DataValue, Inputs, Instance, Limits, Program, Selector, compile, json, world::Nothing};
use cue_syntax::Source;

/// Numbers that look drawn; the same for the same seed.
struct Draw(u64);

impl Draw {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }

    fn one<'t>(&mut self, of: &[&'t str]) -> &'t str {
        of.get(self.below(of.len())).copied().unwrap_or_default()
    }
}

/// A schema, as far as data for it are made.
#[derive(Clone)]
enum Schema {
    /// Its text, and texts of JSON near it.
    Leaf(&'static str, &'static [&'static str]),
    Name(&'static str),
    And(Box<Schema>, Box<Schema>),
    Or(Box<Schema>, Box<Schema>, bool),
    List(Vec<Schema>, Option<Box<Schema>>),
    Struct(Vec<(&'static str, &'static str, Schema)>, &'static str),
    Close(Box<Schema>),
}

const LEAVES: &[(&str, &[&str])] = &[
    ("int", &["1", "0", "12345678901234567890123", "1.0"]),
    ("float", &["1.5", "1e30", "1"]),
    ("number", &["1", "1.0", "-2.50", "1e400"]),
    ("string", &["\"a\"", "\"\"", "\"\\u00e9 \\n\"", "1"]),
    ("bool", &["true", "false"]),
    ("null", &["null"]),
    ("_", &["1", "[null]", "{\"x\": {\"y\": []}}"]),
    ("1", &["1", "1.0", "2"]),
    ("\"a\"", &["\"a\"", "\"b\""]),
    (">0", &["1", "0", "1.5"]),
    ("int & >=1 & <=3", &["1", "3", "4", "2.0"]),
    ("=~\"^a\"", &["\"ab\"", "\"b\""]),
    ("!=\"a\"", &["\"b\"", "\"a\"", "1"]),
    ("!=null", &["1", "null", "{}"]),
    ("uint8", &["255", "256", "-1"]),
    ("strings.MinRunes(2)", &["\"ab\"", "\"a\""]),
    ("list.MaxItems(1)", &["[1]", "[1, 2]"]),
    ("\"a\" | \"b\"", &["\"a\"", "\"b\"", "\"c\""]),
    ("*\"a\" | \"b\"", &["\"a\"", "\"b\""]),
    ("int | *1", &["1", "2", "\"a\""]),
    ("*1 | 2 | string", &["1", "2", "\"x\"", "3"]),
    ("{...}", &["{}", "{\"a\": 1}", "[]"]),
    ("[...]", &["[]", "[1, \"a\"]"]),
    ("len(\"ab\")", &["2", "3"]),
    ("_|_", &["1"]),
];

fn schema(d: &mut Draw, depth: usize) -> Schema {
    let kind = if depth == 0 { d.below(5) } else { d.below(16) };
    let boxed = |d: &mut Draw| Box::new(schema(d, depth - 1));
    match kind {
        0..=3 => {
            let (text, near) = LEAVES.get(d.below(LEAVES.len())).copied().unwrap_or(("_", &[]));
            Schema::Leaf(text, near)
        }
        4 | 5 => Schema::Name(d.one(&["#A", "#B", "plain", "#A.a", "nested.x"])),
        6 => Schema::And(boxed(d), boxed(d)),
        7 | 8 => Schema::Or(boxed(d), boxed(d), d.below(3) == 0),
        9 | 10 => {
            let items = (0..d.below(3)).map(|_| schema(d, depth - 1)).collect();
            Schema::List(items, (d.below(3) > 0).then(|| boxed(d)))
        }
        11 => Schema::Close(boxed(d)),
        _ => {
            let field =
                |d: &mut Draw| (d.one(&["a", "b", "c", "\"d-e\""]), d.one(&["", "", "?", "!"]), schema(d, depth - 1));
            let fields = (0..1 + d.below(3)).map(|_| field(d)).collect();
            let more = [
                "",
                "",
                "",
                "",
                "",
                "...",
                "[string]: _",
                "[=~\"^b\"]: int",
                "#A",
                "_h: 1",
                "if true {g: 1}",
                "let L = 1, g: L",
                "k: 1, l: k",
                "self: int, copy: self",
            ];
            Schema::Struct(fields, d.one(&more))
        }
    }
}

fn text(s: &Schema) -> String {
    match s {
        Schema::Leaf(t, _) => format!("({t})"),
        Schema::Name(n) => (*n).to_owned(),
        Schema::And(a, b) => format!("({} & {})", text(a), text(b)),
        Schema::Or(a, b, marked) => format!("({}{} | {})", if *marked { "*" } else { "" }, text(a), text(b)),
        Schema::List(items, rest) => {
            let mut parts: Vec<String> = items.iter().map(text).collect();
            parts.extend(rest.as_ref().map(|r| format!("...{}", text(r))));
            format!("[{}]", parts.join(", "))
        }
        Schema::Struct(fields, more) => {
            let mut parts: Vec<String> = fields.iter().map(|(n, mark, s)| format!("{n}{mark}: {}", text(s))).collect();
            parts.extend((!more.is_empty()).then(|| (*more).to_owned()));
            format!("{{{}}}", parts.join(", "))
        }
        Schema::Close(s) => format!("close({})", text(s)),
    }
}

/// JSON near a schema: mostly what it wants.
fn near(d: &mut Draw, s: &Schema, names: &[(&str, Schema)], depth: usize) -> String {
    if depth == 0 || d.below(40) == 0 {
        return d.one(&["1", "\"a\"", "null", "{}", "[]", "{\"a\": 1}", "{\"a\": 1, \"a\": 1}"]).to_owned();
    }
    match s {
        // The first ones fit.
        Schema::Leaf(_, of) => {
            let any = d.below(6) == 0;
            of.get(if any { d.below(of.len()) } else { 0 }).copied().unwrap_or("1").into()
        }
        Schema::Name(n) => match names.iter().find(|(name, _)| n == name) {
            Some((_, s)) => near(d, s, names, depth - 1),
            None => d.one(&["1", "\"a\"", "true"]).to_owned(),
        },
        Schema::And(a, b) | Schema::Or(a, b, _) => {
            let first = d.below(2) == 0;
            near(d, if first { a } else { b }, names, depth - 1)
        }
        Schema::Close(s) => near(d, s, names, depth - 1),
        Schema::List(items, rest) => {
            let mut parts: Vec<String> = items.iter().map(|s| near(d, s, names, depth - 1)).collect();
            if let Some(rest) = rest {
                parts.extend((0..d.below(3)).map(|_| near(d, rest, names, depth - 1)));
            }
            format!("[{}]", parts.join(", "))
        }
        Schema::Struct(fields, more) => {
            let mut parts: Vec<String> = Vec::new();
            for (name, mark, s) in fields {
                if (*mark == "?" && d.below(2) == 0) || d.below(12) == 0 {
                    continue;
                }
                parts.push(format!("\"{}\": {}", name.trim_matches('"'), near(d, s, names, depth - 1)));
            }
            if d.below(if more.is_empty() { 12 } else { 3 }) == 0 {
                parts.push(format!("\"{}\": {}", d.one(&["b1", "x", "g", "k", "a"]), d.below(3)));
            }
            format!("{{{}}}", parts.join(", "))
        }
    }
}

/// Whether a value is data, perhaps with more fields.
fn is_with_more(value: &Data, given: &Data) -> bool {
    match (&value.value, &given.value) {
        (DataValue::Struct(all), DataValue::Struct(given)) => {
            given.iter().all(|(name, g)| all.get(name).is_some_and(|v| is_with_more(v, g)))
        }
        (DataValue::List(all), DataValue::List(given)) => {
            all.len() == given.len() && all.iter().zip(given).all(|(v, g)| is_with_more(v, g))
        }
        (DataValue::Number(a), DataValue::Number(b)) => a.kind() == b.kind() && a.same_value(b),
        (a, b) => a == b,
    }
}

fn program(source: &str) -> Option<Program> {
    compile(&Nothing, Instance::of(Source::new("s.cue", source)).ok()?).ok()
}

#[test]
fn what_is_surely_admitted_evaluates_to_itself() {
    let (mut tried, mut sure_ones, mut good) = (0, 0, 0);
    for seed in 0..1500 {
        let mut d = Draw(seed);
        let names: Vec<(&str, Schema)> =
            ["#A", "#B", "plain"].into_iter().map(|name| (name, schema(&mut d, 2))).collect();
        let value = schema(&mut d, 3);
        let mut source = String::from("import (\"strings\", \"list\")\n_used: [strings.MinRunes, list.MaxItems]\n");
        for (name, s) in &names {
            source += &format!("{name}: {}\n", text(s));
        }
        source += &format!("nested: x: {}\nvalue: {}\n", text(&schema(&mut d, 1)), text(&value));
        let Some(program) = program(&source) else { continue };
        let alone = program.evaluate(Inputs::default(), &Limits::default());
        let schema = alone.lookup(&Selector::path("value"));
        for _ in 0..3 {
            let text = near(&mut d, &value, &names, 6);
            let Ok(data) = json::parse(&text) else {
                assert!(!schema.surely_admits_json(&text), "{source}{text}");
                continue;
            };
            let sure = schema.surely_admits(&data) || schema.surely_admits_json(&text);
            let inputs = Inputs { data: vec![(Selector::path("value"), data.clone())], results: Vec::new() };
            let both = program.evaluate(inputs, &Limits::default());
            let both = both.lookup(&Selector::path("value"));
            let result = both.data(&DataOptions::default());
            let fine = both.errors().is_empty() && both.incomplete().is_empty();
            let same = result.as_ref().is_ok_and(|result| is_with_more(result, &data));
            assert!(!sure || (fine && same), "{source}with {text}: {:?} {result:?}", both.errors());
            (tried, sure_ones, good) = (tried + 1, sure_ones + usize::from(sure), good + usize::from(fine && same));
        }
    }
    // Else it would show nothing.
    assert!(tried > 1500 && sure_ones > tried / 20 && good > sure_ones, "{tried} tried, {sure_ones} sure, {good} good");
}

#[test]
fn what_is_nested_deeply_ends() {
    let program = program("#L: [...#L]\n#T: {t?: #T}\nany: _\nlists: #L\nstructs: #T\n").unwrap();
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    let check = |name: &str, text: &str| evaluation.lookup(&Selector::path(name)).surely_admits_json(text);
    for (depth, fits) in [(200, true), (100_000, false)] {
        let lists = "[".repeat(depth) + &"]".repeat(depth);
        let structs = "{\"t\":".repeat(depth) + "{}" + &"}".repeat(depth);
        for (name, text) in [("any", &lists), ("lists", &lists), ("any", &structs), ("structs", &structs)] {
            assert_eq!(check(name, text), fits, "{name}, {depth} deep");
        }
    }
    assert!(!check("any", "") && !check("any", "[1") && !check("any", "{\"a\": \"\u{0}\"}") && check("any", "1e400"));
}
