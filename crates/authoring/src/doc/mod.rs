//! `lateen def doc`: a definition for its users, as Markdown in English or Chinese, as JSON Schema and as OpenAPI.

mod glossary;

pub use glossary::Glossary;

use crate::explain::Usage;
use crate::explain::parameters::{Parameter, Parameters};
use model::{DefinitionKind, labels};
use render::Loaded;
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// The language of headings; what the definition says of itself is looked up in a [`Glossary`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

struct Words {
    kinds: [&'static str; 5],
    applies: &'static str,
    conflicts: &'static str,
    disruptive: &'static str,
    parameters: &'static str,
    columns: [&'static str; 5],
    yes: &'static str,
    no: &'static str,
    none: &'static str,
    when: &'static str,
    one_of: &'static str,
    any: &'static str,
    example: &'static str,
}

const ENGLISH: Words = Words {
    kinds: ["Component", "Trait", "Policy", "Workflow step", "Workload"],
    applies: "Applies to",
    conflicts: "Conflicts with",
    disruptive: "A change restarts pods",
    parameters: "Parameters",
    columns: ["Name", "Description", "Type", "Required", "Default"],
    yes: "yes",
    no: "no",
    none: "It takes no parameters.",
    when: "only when",
    one_of: "one of",
    any: "Any other name is taken, with values of type",
    example: "Example",
};

const CHINESE: Words = Words {
    kinds: ["组件", "运维特征", "策略", "工作流步骤", "工作负载"],
    applies: "适用于",
    conflicts: "冲突于",
    disruptive: "修改会重启 Pod",
    parameters: "参数",
    columns: ["名称", "描述", "类型", "是否必须", "默认值"],
    yes: "是",
    no: "否",
    none: "没有参数。",
    when: "仅当",
    one_of: "可选值",
    any: "可以使用任意其他名称，值的类型为",
    example: "示例",
};

fn words(language: Language) -> &'static Words {
    match language {
        Language::English => &ENGLISH,
        Language::Chinese => &CHINESE,
    }
}

/// The definition as Markdown: what it is for, what it applies to, its parameters as tables, an example of its use.
pub fn markdown(loaded: &Loaded, usage: &Usage, language: Language, glossary: &Glossary) -> String {
    let w = words(language);
    let definition = &loaded.definition;
    let mut out = format!("# {}\n\n", definition.name);
    let [component, of_trait, policy, step, workload] = w.kinds;
    let kind = match definition.kind {
        DefinitionKind::Component => component,
        DefinitionKind::Trait => of_trait,
        DefinitionKind::Policy => policy,
        DefinitionKind::WorkflowStep => step,
        DefinitionKind::Workload => workload,
    };
    let _ = write!(out, "**{kind}**");
    if let Some(alias) = definition.annotations.get(labels::DEFINITION_ALIAS) {
        let _ = write!(out, " ({alias})");
    }
    out.push_str("\n\n");
    if let Some(text) = definition.annotations.get(labels::DEFINITION_DESCRIPTION) {
        let _ = writeln!(out, "{}\n", glossary.of(text));
    }
    let spec = &definition.spec;
    for (title, list) in [(w.applies, &spec.applies_to_workloads), (w.conflicts, &spec.conflicts_with)] {
        if !list.is_empty() {
            let list: Vec<String> = list.iter().map(|l| format!("`{l}`")).collect();
            let _ = writeln!(out, "- {title}: {}", list.join(", "));
        }
    }
    if definition.kind == DefinitionKind::Trait {
        let _ = writeln!(out, "- {}: {}\n", w.disruptive, if spec.pod_disruptive == Some(true) { w.yes } else { w.no });
    }
    let parameters = Parameters::of(loaded);
    let _ = writeln!(out, "## {}\n", w.parameters);
    if parameters.is_empty() {
        let _ = writeln!(out, "{}", w.none);
        example(&mut out, usage, w);
        return out;
    }
    table(&mut out, &parameters, w, glossary);
    if parameters.arms.len() > 1 {
        let _ = writeln!(out, "\n{}:\n", w.one_of);
        for arm in &parameters.arms {
            let names: Vec<String> = arm.fields.iter().map(|f| format!("`{}`", f.name)).collect();
            let _ = writeln!(out, "- {}", names.join(", "));
        }
    }
    let mut inner = Vec::new();
    collect("", &parameters, &mut inner, 0);
    for (path, parameters) in inner {
        let _ = writeln!(out, "\n### {path}\n");
        if parameters.arms.len() < 2 {
            table(&mut out, parameters, w, glossary);
            continue;
        }
        for (i, arm) in parameters.arms.iter().enumerate() {
            let name = if arm.name.is_empty() { format!("{} {}", w.one_of, i + 1) } else { arm.name.clone() };
            let _ = writeln!(out, "{}**{name}**\n", if i == 0 { "" } else { "\n" });
            rows(&mut out, &arm.fields, w, glossary);
        }
    }
    example(&mut out, usage, w);
    out
}

fn example(out: &mut String, usage: &Usage, w: &Words) {
    let _ = writeln!(out, "\n## {}\n\n```yaml\n{}```", w.example, usage.yaml());
}

/// Structs inside, each with its path.
fn collect<'a>(base: &str, parameters: &'a Parameters, out: &mut Vec<(String, &'a Parameters)>, depth: u32) {
    for field in parameters.fields.iter().filter(|f| !f.inner.is_empty()) {
        let mut path = if base.is_empty() { field.name.clone() } else { format!("{base}.{}", field.name) };
        if field.is_list() {
            path.push_str("[]");
        } else if field.is_map() {
            path.push_str(".*");
        }
        out.push((path.clone(), &field.inner));
        if depth < 20 {
            collect(&path, &field.inner, out, depth + 1);
        }
    }
}

fn table(out: &mut String, parameters: &Parameters, w: &Words, glossary: &Glossary) {
    if !parameters.fields.is_empty() {
        rows(out, &parameters.fields, w, glossary);
    }
    if let Some(any) = &parameters.any {
        let _ = writeln!(out, "{}{} `{any}`.", if parameters.fields.is_empty() { "" } else { "\n" }, w.any);
    }
}

fn rows(out: &mut String, fields: &[Parameter], w: &Words, glossary: &Glossary) {
    let _ = writeln!(out, "| {} |\n|---|---|---|---|---|", w.columns.join(" | "));
    for field in fields {
        let mut text = glossary.of(&field.usage).to_owned();
        if let Some(condition) = &field.condition {
            let _ = write!(text, "{}{} `{condition}`", if text.is_empty() { "" } else { "; " }, w.when);
        }
        let required = if field.required { w.yes } else { w.no };
        let default = field.default.as_ref().map(|d| format!("`{d}`")).unwrap_or_default();
        let cells = [field.name.clone(), text, format!("`{}`", field.kind), required.to_owned(), default];
        let cells: Vec<String> = cells.iter().map(|c| c.replace('|', "\\|")).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

/// The parameters as a JSON Schema (2020-12).
pub fn json_schema(loaded: &Loaded) -> Value {
    let mut schema = object(&Parameters::of(loaded), false, 0);
    if let Some(map) = schema.as_object_mut() {
        map.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        map.insert("title".into(), json!(loaded.definition.name));
        if let Some(text) = loaded.definition.annotations.get(labels::DEFINITION_DESCRIPTION) {
            map.insert("description".into(), json!(text));
        }
    }
    schema
}

/// The parameters as a schema of OpenAPI v3, the form that is stored beside a definition.
pub fn openapi(loaded: &Loaded) -> Value {
    object(&Parameters::of(loaded), true, 0)
}

fn object(parameters: &Parameters, openapi: bool, depth: u32) -> Value {
    let mut schema = Map::new();
    schema.insert("type".into(), json!("object"));
    if depth > 20 {
        return Value::Object(schema);
    }
    // One of several forms: what is wanted in one of them is not wanted in the others.
    if parameters.arms.len() > 1 {
        let arms = parameters.arms.iter().map(|arm| {
            let form = Parameters { fields: arm.fields.clone(), any: parameters.any.clone(), ..Parameters::default() };
            let mut form = object(&form, openapi, depth + 1);
            if let (false, Some(map)) = (arm.name.is_empty(), form.as_object_mut()) {
                map.insert("title".into(), json!(arm.name.trim_start_matches('#')));
            }
            form
        });
        schema.insert("anyOf".into(), arms.collect());
        return Value::Object(schema);
    }
    let mut properties = Map::new();
    for field in &parameters.fields {
        properties.insert(field.name.clone(), property(field, openapi, depth + 1));
    }
    // What exists under a condition only cannot be asked for always.
    let required: Vec<&str> =
        parameters.fields.iter().filter(|f| f.required && f.condition.is_none()).map(|f| f.name.as_str()).collect();
    if !required.is_empty() {
        schema.insert("required".into(), json!(required));
    }
    if !properties.is_empty() {
        schema.insert("properties".into(), Value::Object(properties));
    }
    match parameters.any.as_deref() {
        Some("any") => {}
        Some(kind) => {
            schema.insert("additionalProperties".into(), kind_of(kind, openapi));
        }
        None => {
            schema.insert("additionalProperties".into(), json!(false));
        }
    }
    Value::Object(schema)
}

fn property(field: &Parameter, openapi: bool, depth: u32) -> Value {
    let whole = |kind: &str| {
        if kind.starts_with("[]") {
            json!({"type": "array", "items": object(&field.inner, openapi, depth)})
        } else if kind.starts_with("map[string]") {
            json!({"type": "object", "additionalProperties": object(&field.inner, openapi, depth)})
        } else {
            object(&field.inner, openapi, depth)
        }
    };
    let holds = |kind: &&str| kind.ends_with("object");
    let mut schema = match alternatives(&field.kind, '|') {
        _ if field.inner.is_empty() => kind_of(&field.kind, openapi),
        // `string | {…}`: a value, or what is inside.
        all if all.len() > 1 && all.iter().any(holds) => {
            let all = all.iter().map(|k| if holds(k) { whole(k) } else { kind_of(k, openapi) });
            json!({"anyOf": all.collect::<Vec<_>>()})
        }
        _ => whole(&field.kind),
    };
    if let Some(map) = schema.as_object_mut() {
        if !field.usage.is_empty() {
            map.insert("description".into(), json!(field.usage));
        }
        if let Some(default) = field.default.as_deref().and_then(literal) {
            map.insert("default".into(), default);
        }
    }
    schema
}

/// The value of a literal of CUE that JSON has too; `None` for every other expression.
pub fn literal(text: &str) -> Option<Value> {
    let source = cue_syntax::Source::new("", text);
    let parsed = cue_syntax::parse_expr(&source, cue_syntax::SourceId(0));
    let expr = parsed.tree.filter(|_| parsed.diagnostics.is_empty())?;
    let program = cue::compile(&cue::world::Nothing, cue::Instance::default()).ok()?;
    let evaluation = program.evaluate(cue::Inputs::default(), &cue::Limits::default());
    let data = evaluation.expression(&expr).data(&cue::DataOptions::default()).ok()?;
    cue::json::to_value(&data).ok()
}

/// The alternatives of a kind, those inside brackets left whole.
pub(crate) fn alternatives(kind: &str, mark: char) -> Vec<&str> {
    let (mut out, mut depth, mut start, mut in_text) = (Vec::new(), 0_i32, 0, false);
    let mut before = ' ';
    for (i, c) in kind.char_indices() {
        match c {
            '"' if before != '\\' => in_text = !in_text,
            '(' | '[' | '{' if !in_text => depth += 1,
            ')' | ']' | '}' if !in_text => depth -= 1,
            c if c == mark && depth == 0 && !in_text => {
                out.push(kind.get(start..i).unwrap_or_default().trim());
                start = i + 1;
            }
            _ => {}
        }
        before = c;
    }
    out.push(kind.get(start..).unwrap_or_default().trim());
    out
}

fn kind_of(kind: &str, openapi: bool) -> Value {
    let kind = kind.trim();
    if let Some(of) = kind.strip_prefix("[]") {
        return json!({"type": "array", "items": kind_of(of, openapi)});
    }
    if let Some(of) = kind.strip_prefix("map[string]") {
        return json!({"type": "object", "additionalProperties": kind_of(of, openapi)});
    }
    let all = alternatives(kind, '|');
    if all.len() > 1 {
        let nullable = all.contains(&"null");
        let rest: Vec<&str> = all.iter().copied().filter(|a| *a != "null").collect();
        let literals: Option<Vec<Value>> = rest.iter().map(|a| literal(a)).collect();
        let mut schema = match (literals, rest.as_slice()) {
            (Some(values), _) => {
                let texts = values.iter().all(Value::is_string);
                if texts { json!({"type": "string", "enum": values}) } else { json!({"enum": values}) }
            }
            (None, [one]) => kind_of(one, openapi),
            (None, several) => json!({"anyOf": several.iter().map(|k| kind_of(k, openapi)).collect::<Vec<_>>()}),
        };
        if let (true, Some(map)) = (nullable, schema.as_object_mut()) {
            if openapi {
                map.insert("nullable".into(), json!(true));
            } else if let Some(one) = map.get("type").cloned() {
                map.insert("type".into(), json!([one, "null"]));
            }
        }
        return schema;
    }
    let parts = alternatives(kind, '&');
    let mut schema = Map::new();
    for part in parts {
        match part {
            "string" | "bytes" => drop(schema.insert("type".into(), json!("string"))),
            "int" | "uint" | "int32" | "int64" | "uint16" | "uint32" => {
                schema.insert("type".into(), json!("integer"));
                if part.starts_with('u') {
                    schema.insert("minimum".into(), json!(0));
                }
            }
            "number" | "float" => drop(schema.insert("type".into(), json!("number"))),
            "bool" => drop(schema.insert("type".into(), json!("boolean"))),
            "object" => drop(schema.insert("type".into(), json!("object"))),
            bound => limit(bound, openapi, &mut schema),
        }
    }
    Value::Object(schema)
}

/// `>=0`, `<65536`, `=~"^a"` and fixed values.
fn limit(bound: &str, openapi: bool, schema: &mut Map<String, Value>) {
    let value = |text: &str| literal(text.trim());
    for (sign, plain, exclusive) in [(">", "minimum", "exclusiveMinimum"), ("<", "maximum", "exclusiveMaximum")] {
        if let Some(rest) = bound.strip_prefix(sign) {
            if let Some(number) = rest.strip_prefix('=').and_then(value) {
                schema.insert(plain.into(), number);
            } else if let Some(number) = value(rest) {
                if openapi {
                    schema.insert(plain.into(), number);
                    schema.insert(exclusive.into(), json!(true));
                } else {
                    schema.insert(exclusive.into(), number);
                }
            }
            return;
        }
    }
    if let Some(pattern) = bound.strip_prefix("=~").and_then(value) {
        schema.insert("pattern".into(), pattern);
    } else if let Some(fixed) = value(bound) {
        schema.insert("enum".into(), json!([fixed]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use render::Provenance;

    fn loaded() -> Loaded {
        let text = r#"
shop: {
	type: "trait"
	alias: "s"
	description: "Sells things"
	attributes: {appliesToWorkloads: ["deployments.apps"], conflictsWith: ["bazaar"], podDisruptive: true}
}
template: {
	#Port: {
		// +usage=Its number
		port: int & >0 & <=65535
		name?: string
	}
	patch: {}
	parameter: {
		// +usage=How it is paid | or not
		pay: *"card" | "cash"
		ports: [...#Port]
		labels?: [string]: string
		note?: string | null
		share: *0.5 | number
		if parameter.pay == "card" {
			// +usage=Which card
			card: string
		}
	}
}
"#;
        Loaded::from_cue(Source::new("shop.cue", text), Provenance::Builtin).unwrap()
    }

    #[test]
    fn a_page_in_two_languages() {
        insta::assert_snapshot!(
            "english",
            markdown(&loaded(), &Usage::made(&loaded(), true), Language::English, &Glossary::default())
        );
        insta::assert_snapshot!(
            "chinese",
            markdown(&loaded(), &Usage::made(&loaded(), true), Language::Chinese, &Glossary::chinese())
        );
    }

    #[test]
    fn a_schema_takes_each_of_several_forms() {
        let text = r#"
u: {type: "component", description: "d", attributes: {}}
template: {
	#A: {kind: "a", x: int}
	#B: {kind: "b", y: string}
	output: {}
	parameter: close({source: #A | #B, more: string | {name: string}}) | close({labels: [string]: string})
}
"#;
        let loaded = Loaded::from_cue(Source::new("u.cue", text), Provenance::Builtin).unwrap();
        insta::assert_snapshot!("one_of_several", format!("{:#}", json_schema(&loaded)));
        assert!(
            markdown(&loaded, &Usage::made(&loaded, false), Language::English, &Glossary::default())
                .contains("one of:\n\n- `source`, `more`\n- `labels`\n")
        );
    }

    #[test]
    fn schemas_say_what_rendering_accepts() {
        insta::assert_snapshot!("json_schema", format!("{:#}", json_schema(&loaded())));
        insta::assert_snapshot!("openapi", format!("{:#}", openapi(&loaded())));
    }
}
