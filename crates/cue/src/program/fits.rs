//! Whether data go with a value, told without evaluating them together where that is plain.

use super::Value;
use crate::data::Data;
use crate::eval::{FormId, Forms, NONE};
use crate::json;
use crate::stack::deep;

impl Value<'_> {
    /// Whether data, unified with this value, surely are concrete and without errors. False says nothing: evaluate them
    /// together, which also says why. For large data this takes a small part of that time, and no memory.
    pub fn surely_admits(&self, data: &Data) -> bool {
        self.node != NONE
            && self.with(|e| {
                deep(|| {
                    let (forms, form) = forms(e, self.node);
                    e.fit(&forms, form, data, 0).is_sure()
                })
            })
    }

    /// As [`Value::surely_admits`], of one value as JSON text, which is not held in memory while it is read; false also for
    /// a text that is not JSON.
    pub fn surely_admits_json(&self, text: &str) -> bool {
        self.node != NONE
            && self.with(|e| {
                deep(|| {
                    let (forms, form) = forms(e, self.node);
                    json::fits(e, &forms, form, text)
                })
            })
    }
}

fn forms(e: &mut crate::eval::Evaluator, node: u32) -> (Forms, FormId) {
    let mut forms = Forms::default();
    let form = e.form_of(&mut forms, node, false);
    (forms, form)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use crate::{Inputs, Instance, Limits, Selector, compile, json, world::Nothing};
    use cue_syntax::Source;

    const DEFINITIONS: &str = r##"
#Port: {port: int & >0 & <65536, name?: string, protocol: *"TCP" | "UDP"}
#User: {
	id: int & >=0
	email: =~"@"
	roles: [...string]
	address: {city: string, zip!: =~"^[0-9]+$", street?: string}
}
#Tree: {value: number, below?: [...#Tree]}
#Tagged: {kind: "a", a: int} | {kind: "b", b: string}
#Named: [string]: #Port
#Narrow: #User & {id: <10}
#Twice: {a: int}
#Twice: {b: int}
#Computed: {a: int, b: a + 1}
#Embedding: {#Port, more: bool}
#Either: {a: 1, t: *"x" | string} | {a: 1}
open: {a: int, ...}
loose: {a: int}
"##;

    /// Schemas with data, and whether these are told to fit without evaluating.
    const CASES: &[(&str, &str, bool)] = &[
        ("#Port", r#"{"port": 80, "protocol": "UDP"}"#, true),
        ("#Port", r#"{"port": 80}"#, true),
        ("#Port", r#"{"port": 80, "name": "http"}"#, true),
        ("#Port", r#"{"port": 80, "name": 1}"#, false),
        ("#Port", r#"{"port": 0}"#, false),
        ("#Port", r#"{"port": 80.0}"#, false),
        ("#Port", r#"{"port": 80, "portt": 1}"#, false),
        ("#Port", r#"{"name": "http"}"#, false),
        ("#Port", r#"[]"#, false),
        ("#Port", r#"{"port": 80, "port": 80}"#, false),
        ("#Port", r#"{"port": 80,}"#, false),
        ("#Port", r#"{"port": 80} 1"#, false),
        ("#User", r#"{"id": 1, "email": "a@b", "roles": ["x", "y"], "address": {"city": "c", "zip": "1"}}"#, true),
        ("#User", r#"{"id": 1, "email": "a@b", "roles": [], "address": {"city": "c", "zip": "1"}}"#, true),
        ("#User", r#"{"id": 1, "email": "a@b", "roles": ["x", 1], "address": {"city": "c", "zip": "1"}}"#, false),
        ("#User", r#"{"id": 1, "email": "a", "roles": [], "address": {"city": "c", "zip": "1"}}"#, false),
        ("#User", r#"{"id": 1, "email": "a@b", "roles": [], "address": {"city": "c"}}"#, false),
        ("#User", r#"{"id": 1, "email": "a@b", "roles": [], "address": {"city": "c", "zip": "1", "x": 1}}"#, false),
        ("[...#Port]", r#"[{"port": 1}, {"port": 2, "name": "n"}]"#, true),
        ("[...#Port]", r#"[{"port": 1}, {"port": 2, "nam": "n"}]"#, false),
        ("[#Port, #Port]", r#"[{"port": 1}]"#, false),
        ("[#Port, ...]", r#"[{"port": 1}, 2]"#, true),
        ("#Tree", r#"{"value": 1, "below": [{"value": 2.5}, {"value": 3, "below": []}]}"#, true),
        ("#Tree", r#"{"value": 1, "below": [{"value": 2.5}, {"value": "3"}]}"#, false),
        ("#Tagged", r#"{"kind": "b", "b": "x"}"#, true),
        ("#Tagged", r#"{"kind": "a", "a": 1}"#, true),
        ("#Tagged", r#"{"kind": "a", "b": "x"}"#, false),
        ("#Tagged", r#"{"kind": "c"}"#, false),
        ("#Named", r#"{"a": {"port": 1}, "b": {"port": 2}}"#, true),
        ("#Named", r#"{"a": {"port": 1}, "b": {"prt": 2}}"#, false),
        ("#Narrow", r#"{"id": 1, "email": "a@b", "roles": [], "address": {"city": "c", "zip": "1"}}"#, false),
        ("#Twice", r#"{"a": 1, "b": 2}"#, false),
        ("#Computed", r#"{"a": 1, "b": 2}"#, false),
        ("#Computed", r#"{"a": 1, "b": 3}"#, false),
        ("#Embedding", r#"{"port": 1, "more": true}"#, false),
        ("#Either", r#"{"a": 1}"#, false),
        ("open", r#"{"a": 1, "b": 2}"#, true),
        ("loose", r#"{"a": 1, "b": 2}"#, true),
        ("loose", r#"{"a": "1", "b": 2}"#, false),
        ("_", r#"{"a": [1, null]}"#, true),
        ("{...}", r#"{"a": [1, null]}"#, true),
        ("string | int", r#"1"#, true),
        ("string | int", r#"null"#, false),
        ("close({a: int})", r#"{"a": 1, "b": 2}"#, false),
        ("int & string", r#"1"#, false),
        ("nowhere", r#"1"#, false),
    ];

    #[test]
    fn what_surely_fits_has_no_problems_when_it_is_evaluated() {
        for (schema, text, sure) in CASES {
            let source = Source::new("s.cue", format!("{DEFINITIONS}nowhere: 2\nvalue: {schema}\n"));
            let program = compile(&Nothing, Instance::of(source).unwrap()).unwrap();
            let alone = program.evaluate(Inputs::default(), &Limits::default());
            let value = alone.lookup(&Selector::path("value"));
            assert_eq!(value.surely_admits_json(text), *sure, "{schema} with the text {text}");
            let Ok(data) = json::parse(text) else { continue };
            // As data a field that comes twice is one field.
            let sure = *sure || text.matches("\"port\"").count() == 2 && text.contains("80, \"port\"");
            assert_eq!(value.surely_admits(&data), sure, "{schema} with {text}");
            let inputs = Inputs { data: vec![(Selector::path("value"), data)], results: Vec::new() };
            let both = program.evaluate(inputs, &Limits::default());
            let both = both.lookup(&Selector::path("value"));
            let fine = both.errors().is_empty() && both.incomplete().is_empty();
            assert!(fine || !sure, "{schema} with {text}: {:?} {:?}", both.errors(), both.incomplete());
        }
    }
}
