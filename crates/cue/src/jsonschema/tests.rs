//! What a schema lets through is what its CUE lets through.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use super::{Language, Layout, to_cue};
use crate::{Inputs, Instance, Limits, compile, json};
use cue_syntax::Source;

struct Nothing;

impl crate::World for Nothing {
    fn read(&self, path: &str) -> Result<std::sync::Arc<[u8]>, String> {
        Err(path.to_owned())
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        Err(path.to_owned())
    }
    fn package(&self, _: &str) -> Option<Vec<(String, std::sync::Arc<str>)>> {
        None
    }
}

/// The declarations of a file as the value of `_schema_`, and `value` that refers to it.
fn nested(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let imports = lines.iter().position(|l| *l == ")" || l.starts_with("import \"")).map_or(0, |i| i + 1);
    let (head, body) = lines.split_at(imports);
    format!("{}\n_whole: {{\n{}\n}}\nvalue: _whole\n", head.join("\n"), body.join("\n"))
}

fn admits(schema: &str, layout: Layout, value: &str) -> bool {
    let schema = json::read(&Source::new("schema.json", schema)).unwrap();
    let text = to_cue(&schema, Language::JsonSchema, layout).unwrap();
    // A definition of the schema's file, in a file of its own, because an embedding restricts nothing.
    let text = nested(&text);
    let instance =
        Instance::of(Source::new("schema.cue", text.clone())).unwrap_or_else(|found| panic!("{text}\n{found:?}"));
    let program = compile(&Nothing, instance).unwrap_or_else(|e| panic!("{text}\n{e:?}"));
    let data = json::read(&Source::new("value.json", value)).unwrap();
    let inputs = Inputs { data: vec![(vec![crate::Selector::new("value")], data)], ..Inputs::default() };
    let evaluation = program.evaluate(inputs, &Limits::default());
    evaluation.diagnostics().is_empty() && evaluation.root().data(&crate::DataOptions::default()).is_ok()
}

#[test]
fn values_that_a_schema_admits_and_values_that_it_refuses() {
    for (schema, good, bad) in [
        (r#"{"type": "integer", "minimum": 0, "maximum": 255}"#, "255", "256"),
        (r#"{"type": "integer", "exclusiveMaximum": 3}"#, "2", "3"),
        (r#"{"type": "number", "multipleOf": 3}"#, "9", "10"),
        (r#"{"type": "string", "minLength": 2, "pattern": "^a"}"#, r#""ab""#, r#""ba""#),
        (r#"{"type": ["string", "null"]}"#, "null", "1"),
        (r#"{"enum": [1, "a", {"b": 2}]}"#, r#"{"b": 2}"#, r#"{"b": 3}"#),
        (r#"{"const": [1, 2]}"#, "[1, 2]", "[1]"),
        (r#"{"type": "array", "items": {"type": "string"}, "minItems": 1}"#, r#"["a"]"#, "[]"),
        (
            r#"{"type": "array", "prefixItems": [{"type": "string"}], "items": {"type": "null"}}"#,
            r#"["a", null]"#,
            r#"["a", 1]"#,
        ),
        (r#"{"type": "array", "contains": {"const": 3}, "maxContains": 1}"#, "[1, 3]", "[3, 3]"),
        (r#"{"type": "array", "uniqueItems": true, "maxItems": 2}"#, "[1, 2]", "[1, 1]"),
        (
            r#"{"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false}"#,
            r#"{"a": "b"}"#,
            r#"{"b": 1}"#,
        ),
        (r#"{"type": "object", "required": ["a"]}"#, r#"{"a": 1, "b": 2}"#, r#"{"b": 1}"#),
        (
            r#"{"type": "object", "patternProperties": {"^x": {"type": "integer"}}}"#,
            r#"{"x1": 1, "y": "a"}"#,
            r#"{"x1": "a"}"#,
        ),
        (
            r#"{"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "integer"}}"#,
            r#"{"a": "s", "b": 1}"#,
            r#"{"b": "s"}"#,
        ),
        (r#"{"type": "object", "minProperties": 1, "maxProperties": 2}"#, r#"{"a": 1}"#, "{}"),
        (r#"{"anyOf": [{"type": "string", "minLength": 2}, {"type": "integer"}]}"#, r#""ab""#, r#""a""#),
        (r#"{"oneOf": [{"type": "integer", "minimum": 2}, {"type": "integer", "maximum": 4}]}"#, "1", "3"),
        (r#"{"allOf": [{"type": "integer", "minimum": 2}, {"maximum": 4}]}"#, "3", "5"),
        (r#"{"not": {"type": "string"}}"#, "1", r#""a""#),
        (r#"{"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}}"#, "2", r#""a""#),
        (
            r##"{"type": "object", "properties": {"a": {"$ref": "#/$defs/d"}}, "$defs": {"d": {"type": "integer"}}}"##,
            r#"{"a": 1}"#,
            r#"{"a": "s"}"#,
        ),
        (
            r##"{"type": "object", "properties": {"v": {"type": "integer"}, "next": {"$ref": "#"}}}"##,
            r#"{"next": {"next": {"v": 1}}}"#,
            r#"{"next": {"next": {"v": "s"}}}"#,
        ),
        (
            r##"{"properties": {"a": {"$ref": "#/properties/b"}, "b": {"type": "integer"}}}"##,
            r#"{"a": 1, "b": 2}"#,
            r#"{"a": "s"}"#,
        ),
    ] {
        for layout in [Layout::Plain, Layout::Merged] {
            assert!(admits(schema, layout, good), "{layout:?}: {schema} admits {good}");
            assert!(!admits(schema, layout, bad), "{layout:?}: {schema} refuses {bad}");
        }
    }
}

#[test]
fn a_schema_of_any_depth_is_bounded() {
    let deep = |n: usize| format!("{}true{}", r#"{"not": "#.repeat(n), "}".repeat(n));
    let read =
        |n| json::read(&Source::new("deep.json", deep(n))).map(|d| to_cue(&d, Language::JsonSchema, Layout::Merged));
    assert!(read(100).unwrap().is_ok());
    let found = read(400).unwrap().unwrap_err();
    assert!(found.iter().any(|d| d.message.contains("nested deeper")), "{found:?}");
}

/// The schema of `#S` in a program, compact, without `$schema`.
fn generated(program: &str) -> String {
    let instance = Instance::of(Source::new("in.cue", program)).unwrap();
    let program = compile(&Nothing, instance).unwrap();
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    let data = super::generate(evaluation.lookup(&[crate::Selector::new("#S")])).unwrap();
    let text = json::write(&data, json::Style::Compact).unwrap();
    text.replace(r#""$schema":"https://json-schema.org/draft/2020-12/schema","#, "")
}

#[test]
fn values_become_schemas() {
    for (program, expected) in [
        ("#S: int", r#"{"type":"integer"}"#),
        ("#S: >=1 & <5", r#"{"type":"number","exclusiveMaximum":5,"minimum":1}"#),
        ("#S: \"a\" | \"b\"", r#"{"enum":["a","b"]}"#),
        ("#S: string | null", r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#),
        ("#S: [...string]", r#"{"type":"array","items":{"type":"string"}}"#),
        (
            "#S: [int, string]",
            r#"{"type":"array","prefixItems":[{"type":"integer"},{"type":"string"}],"maxItems":2,"minItems":2}"#,
        ),
        (
            "#S: {n: int, s?: string, k: \"x\"}",
            r#"{"type":"object","additionalProperties":false,"properties":{"k":{"const":"x"},"n":{"type":"integer"},"s":{"type":"string"}},"required":["n"]}"#,
        ),
        ("#S: {[string]: int}", r#"{"type":"object","additionalProperties":{"type":"integer"}}"#),
        ("#S: {a?: int, ...}", r#"{"type":"object","properties":{"a":{"type":"integer"}}}"#),
        (
            "#S: {p?: #P}\n#P: {q?: #P}",
            r##"{"$defs":{"P":{"type":"object","additionalProperties":false,"properties":{"q":{"$ref":"#/$defs/P"}}}},"type":"object","additionalProperties":false,"properties":{"p":{"$ref":"#/$defs/P"}}}"##,
        ),
        ("import \"strings\"\n#S: strings.MinRunes(2)", r#"{"type":"string","minLength":2}"#),
    ] {
        assert_eq!(generated(program), expected, "{program}");
    }
}

/// What a value admits, its schema, read back, admits too.
#[test]
fn schemas_that_are_read_back_admit_the_same() {
    for (program, good, bad) in [
        ("#S: {n: int, s?: =~\"^a\"}", r#"{"n": 1, "s": "ab"}"#, r#"{"n": 1, "t": 2}"#),
        ("#S: {l: [...int], k: \"x\" | \"y\"}", r#"{"l": [1], "k": "x"}"#, r#"{"l": ["a"], "k": "x"}"#),
        ("#S: {a: int} | {b: string}", r#"{"b": "x"}"#, r#"{"b": 1}"#),
        ("#S: {p: #P}\n#P: {port: >0 & <=65535}", r#"{"p": {"port": 80}}"#, r#"{"p": {"port": 0}}"#),
    ] {
        let schema = generated(program);
        for layout in [Layout::Plain, Layout::Merged] {
            assert!(admits(&schema, layout, good), "{schema} {good}");
            assert!(!admits(&schema, layout, bad), "{schema} {bad}");
        }
    }
}
