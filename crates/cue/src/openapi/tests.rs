//! Small programs and the schemas of their definitions.

#![allow(clippy::unwrap_used, reason = "tests")]

use super::{Config, generate};
use crate::api::{Inputs, Instance, Limits};
use crate::data::{Data, DataValue};
use crate::json;
use crate::world::Nothing;
use cue_syntax::Source;

fn document(program: &str, config: &Config) -> Result<Data, String> {
    let instance = Instance::of(Source::new("in.cue", program)).unwrap();
    let program = crate::program::compile(&Nothing, instance).unwrap();
    let evaluation = program.evaluate(Inputs::default(), &Limits::default());
    generate(evaluation.root(), config).map_err(|d| d.first().unwrap().message.clone())
}

/// The schemas, compact.
fn schemas(program: &str, config: &Config) -> String {
    let data = match document(program, config) {
        Ok(data) => data,
        Err(message) => return message,
    };
    let DataValue::Struct(top) = data.value else { return String::new() };
    let Some(Data { value: DataValue::Struct(components), .. }) = top.get("components") else { return String::new() };
    json::write(components.get("schemas").unwrap(), json::Style::Compact).unwrap()
}

/// Instances of a definition share its value, which then stands in no place of its own.
#[test]
fn a_reference_out_of_a_shared_value_is_one() {
    assert_eq!(
        schemas("#R: l: [...#D]\n#D: h: #H\n#H: {r: #O, #O: a: int}", &Config::default()),
        concat!(
            r##"{"D":{"type":"object","required":["h"],"properties":{"h":{"$ref":"#/components/schemas/H"}}},"##,
            r##""H":{"type":"object","required":["r"],"properties":{"r":{"$ref":"#/components/schemas/H.O"}}},"##,
            r##""H.O":{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}},"##,
            r##""R":{"type":"object","required":["l"],"properties":{"l":{"type":"array","items":{"$ref":"#/components/schemas/D"}}}}}"##,
        )
    );
}

#[test]
fn definitions_become_schemas() {
    for (program, expected) in [
        ("#A: int", r#"{"A":{"type":"integer"}}"#),
        ("// doc\n#A: string", r#"{"A":{"description":"doc","type":"string"}}"#),
        (
            "#A: {n: int, s?: string}",
            r#"{"A":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"},"s":{"type":"string"}}}}"#,
        ),
        ("#A: *8080 | int", r#"{"A":{"type":"integer","default":8080}}"#),
        ("#A: *\"lo\" | \"hi\"", r#"{"A":{"type":"string","enum":["lo","hi"],"default":"lo"}}"#),
        ("#A: >=1 & <=9", r#"{"A":{"type":"number","minimum":1,"maximum":9}}"#),
        ("#A: int32", r#"{"A":{"type":"integer","format":"int32"}}"#),
        ("#A: uint8", r#"{"A":{"type":"integer","minimum":0,"maximum":255}}"#),
        ("#A: null | string", r#"{"A":{"type":"string","nullable":true}}"#),
        ("#A: [...string]", r#"{"A":{"type":"array","items":{"type":"string"}}}"#),
        ("#A: [string]: int", r#"{"A":{"type":"object","additionalProperties":{"type":"integer"}}}"#),
        ("#A: =~\"^x\" & !~\"y$\"", r#"{"A":{"type":"string","allOf":[{"pattern":"^x"},{"not":{"pattern":"y$"}}]}}"#),
        ("#A: !=\"x\"", r#"{"A":{"type":"string","not":{"enum":["x"]}}}"#),
        (
            "#A: {s: string} | {n: int}",
            r#"{"A":{"type":"object","oneOf":[{"required":["s"],"properties":{"s":{"type":"string"}}},{"required":["n"],"properties":{"n":{"type":"integer"}}}]}}"#,
        ),
        ("#A: int | string", r#"{"A":{"oneOf":[{"type":"integer"},{"type":"string"}]}}"#),
        ("#A: string @protobuf(1,deprecated)", r#"{"A":{"type":"string","deprecated":true}}"#),
        (
            "import \"time\"\n#A: {at: time.Time, on: time.Format(\"2006-01-02\"), of: time.Duration}",
            r##"{"A":{"type":"object","required":["at","on","of"],"properties":{"at":{"type":"string","format":"date-time"},"on":{"type":"string","format":"date"},"of":{"$ref":"#/components/schemas/Duration"}}},"Duration":{"type":"string"}}"##,
        ),
        ("a: int", "unsupported top-level field `a`"),
    ] {
        assert_eq!(schemas(program, &Config::default()), expected, "{program}");
    }
}

#[test]
fn names_become_references() {
    let program = "#P: {port: int}\n#A: {p: #P, q?: #P & {port: 80}, #I: int, i: [...#I], d: #P.port}";
    insta::assert_snapshot!(schemas(program, &Config::default()), @r##"{"A":{"type":"object","required":["p","i","d"],"properties":{"p":{"$ref":"#/components/schemas/P"},"q":{"type":"object","properties":{"port":{"type":"integer","enum":[80]}},"allOf":[{"$ref":"#/components/schemas/P"},{"required":["port"]}]},"i":{"type":"array","items":{"$ref":"#/components/schemas/A.I"}},"d":{"$ref":"#/components/schemas/P.port"}}},"A.I":{"type":"integer"},"P":{"type":"object","required":["port"],"properties":{"port":{"type":"integer"}}},"P.port":{"type":"integer"}}"##);
}

#[test]
fn names_are_expanded_on_demand() {
    let expand = Config { expand_references: true, ..Config::default() };
    for (program, expected) in [
        (
            "#A: {b: #B}\n#B: {n: int}",
            r#"{"A":{"type":"object","required":["b"],"properties":{"b":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}}},"B":{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}}"#,
        ),
        ("#A: {b?: #A}", "structural cycle"),
    ] {
        assert_eq!(schemas(program, &expand), expected, "{program}");
    }
}

#[test]
fn versions_differ_in_exclusive_bounds() {
    let newer = Config { version: Some("3.1.0".into()), ..Config::default() };
    assert_eq!(schemas("#A: >1", &newer), r#"{"A":{"type":"number","exclusiveMinimum":1}}"#);
    assert_eq!(schemas("#A: >1", &Config::default()), r#"{"A":{"type":"number","minimum":1,"exclusiveMinimum":true}}"#);
    let unknown = Config { version: Some("2.0".into()), ..Config::default() };
    assert_eq!(schemas("#A: 1", &unknown), "unsupported version 2.0");
}

#[test]
fn info_comes_from_the_program() {
    let title = Config { title: Some("Shop".into()), ..Config::default() };
    let data = document("info: contact: name: \"Ann\"\n$version: \"v2\"\n#A: int", &title).unwrap();
    insta::assert_snapshot!(json::write(&data, json::Style::Compact).unwrap(), @r#"{"openapi":"3.0.0","info":{"contact":{"name":"Ann"},"title":"Shop","version":"v2"},"paths":{},"components":{"schemas":{"A":{"type":"integer"}}}}"#);
}
