//! `lateen show`: what a type takes, as a table with examples.

use crate::output::{self, Format};
use crate::session::{Failure, Outcome};
use crate::table;
use ::render::builtin::Builtins;
use ::render::definition::{DefinitionSource, Loaded, find};
use ::render::{Layers, Provenance};
use authoring::explain::{Parameters, example};
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen show webservice                    a component: parameters, defaults, an example
  lateen show gateway                       a trait
  lateen show apply-object -o json          for programs
  lateen show my-type -d definitions/       a definition of your own
  lateen show webservice --full             the example gives everything that there is")]
pub(crate) struct ShowArgs {
    /// The type: of a component, a trait, a policy or a workflow step
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = kind)]
    r#type: Option<DefinitionKind>,
    /// Definitions of your own: files or folders; they win over the built-in ones
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// Give every parameter in the example
    #[arg(long)]
    full: bool,
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

/// Reads `--type`.
pub(crate) fn kind(text: &str) -> Result<DefinitionKind, String> {
    let text = if text == "step" { "workflow-step" } else { text };
    DefinitionKind::parse(text).ok_or_else(|| "one of component, trait, policy, workflow-step".to_owned())
}

/// The kinds in which a name is looked for, in order.
pub(crate) const KINDS: [DefinitionKind; 4] =
    [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep];

/// The definitions of files over the built-in ones.
pub(crate) fn source(paths: &[PathBuf]) -> Outcome<Layers> {
    let given = crate::render::given(paths)?.files;
    Ok(Layers(vec![Box::new(given), Box::new(Builtins)]))
}

/// The definitions of this name; empty when there is none.
pub(crate) fn named(source: &Layers, name: &str, only: Option<DefinitionKind>) -> Outcome<Vec<Arc<Loaded>>> {
    let kinds = KINDS.into_iter().filter(|k| only.is_none_or(|only| only == *k));
    kinds.filter_map(|kind| source.find(kind, name)).collect::<Result<Vec<_>, _>>().map_err(Failure)
}

/// The one definition of this name.
pub(crate) fn one(source: &Layers, name: &str, only: Option<DefinitionKind>) -> Outcome<Arc<Loaded>> {
    let mut found = named(source, name, only)?;
    match (found.len(), found.pop()) {
        (1, Some(loaded)) => Ok(loaded),
        (0, _) | (_, None) => match only {
            Some(kind) => find(source, kind, name, "").map_err(Failure),
            None => Err(unknown(source, name).into()),
        },
        (_, Some(last)) => {
            found.push(last);
            let kinds: Vec<&str> = found.iter().map(|l| l.definition.kind.word()).collect();
            Err(Diagnostic::error("def/several", format!("{name} is a {}", kinds.join(" and a ")))
                .help("choose with --type")
                .into())
        }
    }
}

fn unknown(source: &Layers, name: &str) -> Diagnostic {
    let names: Vec<String> = KINDS.into_iter().flat_map(|kind| source.names(kind)).collect();
    let near = model::action::nearest(name, names.iter().map(String::as_str));
    Diagnostic::error("def/unknown", format!("there is no definition \"{name}\"")).help(match near {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => {
            "`lateen def list` lists those there are; -d gives files of your own, `lateen def show` looks on the hub"
                .to_owned()
        }
    })
}

/// Runs it.
pub(crate) fn run(args: ShowArgs) -> ExitCode {
    match shown(&args) {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(Failure(problems)) => {
            crate::report::print(&problems);
            ExitCode::FAILURE
        }
    }
}

fn shown(args: &ShowArgs) -> Outcome<String> {
    let source = source(&args.definitions)?;
    let loaded = one(&source, &args.name, args.r#type)?;
    match args.output {
        Some(format) => output::text(&value(&loaded, args.full), format),
        None => text(&loaded, args.full),
    }
}

/// What it is in one sentence.
pub(crate) fn description(loaded: &Loaded) -> &str {
    loaded.definition.annotations.get(model::labels::DEFINITION_DESCRIPTION).map_or("", String::as_str)
}

/// What `attributes` say, in words.
fn facts(loaded: &Loaded) -> Vec<(&'static str, String)> {
    let spec = &loaded.definition.spec;
    let mut facts = Vec::new();
    if let Some(workload) = &spec.workload {
        let value = serde_json::to_value(workload).unwrap_or_default();
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let kind = [text("/definition/apiVersion"), text("/definition/kind")].join(" ");
        facts.push(("Workload", if kind.trim().is_empty() { text("/type") } else { kind }));
    }
    if !spec.applies_to_workloads.is_empty() {
        facts.push(("Applies to", spec.applies_to_workloads.join(", ")));
    }
    if !spec.conflicts_with.is_empty() {
        facts.push(("Conflicts with", spec.conflicts_with.join(", ")));
    }
    if spec.pod_disruptive == Some(true) {
        facts.push(("Pods", "a change restarts them".to_owned()));
    }
    if !spec.stage.is_empty() {
        facts.push(("Stage", spec.stage.clone()));
    }
    if !spec.version.is_empty() {
        facts.push(("Version", spec.version.clone()));
    }
    facts
}

pub(crate) fn text(loaded: &Loaded, full: bool) -> Outcome<String> {
    let definition = &loaded.definition;
    let parameters = Parameters::of(loaded);
    let mut out = format!("{} ({}, {})\n", definition.name, definition.kind.word(), loaded.provenance);
    if !description(loaded).is_empty() {
        let _ = writeln!(out, "{}", description(loaded));
    }
    for (name, value) in facts(loaded) {
        let _ = writeln!(out, "{name}: {value}");
    }
    out.push('\n');
    if parameters.is_empty() {
        out.push_str("It takes no parameters.\n");
    } else {
        out.push_str(&table::draw(&["PARAMETER", "TYPE", "REQUIRED", "DEFAULT", "DESCRIPTION"], &rows(&parameters)));
    }
    if parameters.arms.len() > 1 {
        let _ = writeln!(out, "\nThe parameters are one of these forms:");
        for arm in &parameters.arms {
            let names: Vec<&str> = arm.fields.iter().map(|f| f.name.as_str()).collect();
            let mark = if arm.default { " (when nothing decides)" } else { "" };
            let _ = writeln!(out, "  {}{mark}", names.join(", "));
        }
    }
    let _ = write!(out, "\nExample:\n{}", indented(&example_text(loaded, &parameters, full)?));
    Ok(out)
}

/// One row a parameter.
pub(crate) fn rows(parameters: &Parameters) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = parameters
        .rows()
        .into_iter()
        .map(|(path, p)| {
            let condition = p.condition.as_ref().map(|c| format!("(if {c})")).unwrap_or_default();
            let usage = [p.usage.as_str(), condition.as_str()].into_iter().filter(|s| !s.is_empty());
            vec![
                path,
                p.kind.clone(),
                if p.required { "yes".to_owned() } else { String::new() },
                p.default.clone().unwrap_or_default(),
                usage.collect::<Vec<_>>().join(" "),
            ]
        })
        .collect();
    if let Some(any) = &parameters.any {
        rows.push(vec!["*".to_owned(), any.clone(), String::new(), String::new(), "any name".to_owned()]);
    }
    rows
}

/// The example as people write it: name and type before the properties.
fn example_text(loaded: &Loaded, parameters: &Parameters, full: bool) -> Outcome<String> {
    let name = &loaded.definition.name;
    let named = format!("name: my-{name}\n    type: {name}");
    let (mut text, deep) = match loaded.definition.kind {
        DefinitionKind::Component | DefinitionKind::Workload => (format!("components:\n  - {named}\n"), 2),
        DefinitionKind::Trait => (format!("traits:\n  - type: {name}\n"), 2),
        DefinitionKind::Policy => (format!("policies:\n  - {named}\n"), 2),
        DefinitionKind::WorkflowStep => {
            (format!("workflow:\n  steps:\n    - {}\n", named.replace("\n    ", "\n      ")), 3)
        }
    };
    let properties = example::properties(parameters, full);
    if properties.as_object().is_some_and(|map| !map.is_empty()) {
        let pad = "  ".repeat(deep);
        let _ = writeln!(text, "{pad}properties:");
        for line in output::text(&properties, Format::Yaml)?.lines() {
            let _ = writeln!(text, "{pad}  {line}");
        }
    }
    Ok(text)
}

fn indented(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect()
}

/// How it stands in an Application.
fn usage(loaded: &Loaded, parameters: &Parameters, full: bool) -> Value {
    let name = &loaded.definition.name;
    let properties = example::properties(parameters, full);
    let empty = properties.as_object().is_some_and(serde_json::Map::is_empty);
    let with = |mut head: Value| {
        if let (false, Some(map)) = (empty, head.as_object_mut()) {
            map.insert("properties".to_owned(), properties.clone());
        }
        head
    };
    match loaded.definition.kind {
        DefinitionKind::Component | DefinitionKind::Workload => {
            json!({"components": [with(json!({"name": format!("my-{name}"), "type": name}))]})
        }
        DefinitionKind::Trait => json!({"traits": [with(json!({"type": name}))]}),
        DefinitionKind::Policy => json!({"policies": [with(json!({"name": format!("my-{name}"), "type": name}))]}),
        DefinitionKind::WorkflowStep => {
            json!({"workflow": {"steps": [with(json!({"name": format!("my-{name}"), "type": name}))]}})
        }
    }
}

pub(crate) fn value(loaded: &Loaded, full: bool) -> Value {
    let parameters = Parameters::of(loaded);
    let facts: serde_json::Map<String, Value> =
        facts(loaded).into_iter().map(|(name, value)| (camel(name), json!(value))).collect();
    json!({
        "name": loaded.definition.name,
        "type": loaded.definition.kind.word(),
        "source": match &loaded.provenance {
            Provenance::Builtin => "built-in".to_owned(),
            other => other.to_string(),
        },
        "description": description(loaded),
        "facts": facts,
        "parameters": parameters_value(&parameters),
        "anyOtherName": parameters.any,
        "example": usage(loaded, &parameters, full),
    })
}

fn camel(name: &str) -> String {
    let mut words = name.split(' ');
    let first = words.next().unwrap_or_default().to_lowercase();
    words.fold(first, |out, word| {
        let mut letters = word.chars();
        let head: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        format!("{out}{head}{}", letters.as_str())
    })
}

/// Parameters for programs, each with what is inside.
pub(crate) fn parameters_value(parameters: &Parameters) -> Value {
    let one = |p: &authoring::explain::Parameter| {
        let mut map = json!({
            "name": p.name,
            "type": p.kind,
            "required": p.required,
            "description": p.usage,
        });
        let mut put = |key: &str, value: Value| {
            if let Some(map) = map.as_object_mut() {
                map.insert(key.to_owned(), value);
            }
        };
        if let Some(default) = &p.default {
            put("default", json!(default));
        }
        if !p.choices.is_empty() {
            put("choices", json!(p.choices));
        }
        if let Some(condition) = &p.condition {
            put("condition", json!(condition));
        }
        if !p.inner.fields.is_empty() {
            put("parameters", parameters_value(&p.inner));
        }
        map
    };
    Value::Array(parameters.fields.iter().map(one).collect())
}
