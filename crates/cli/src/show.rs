//! `lateen show`: what a type takes, as a table with examples.

use crate::def::find::{self, Wanted};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome};
use crate::table;
use ::render::Provenance;
use ::render::definition::Loaded;
use authoring::doc::literal;
use authoring::explain::{Parameters, Usage};
use model::DefinitionKind;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen show webservice                    a component: parameters, defaults, an example
  lateen show gateway                       a trait
  lateen show apply-object -o json          for programs
  lateen show my-type                       one that is stored on the hub
  lateen show my-type -d definitions/       one of a folder
  lateen show my-type.cue                   one of a file
  lateen show webservice --full             the example gives everything that there is
  lateen def show webservice                the same, beside the other commands about definitions")]
pub(crate) struct ShowArgs {
    /// The type of a component, a trait, a policy or a workflow step; or a definition file
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = kind)]
    r#type: Option<DefinitionKind>,
    /// Definitions of your own: files or folders; they win over those of the hub and the built-in ones
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// Namespace on the hub [default: vela-system, then the built-in ones]
    #[arg(long, short)]
    namespace: Option<String>,
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

/// Prints it.
pub(crate) async fn run(hub: HubArgs, args: ShowArgs) -> Outcome {
    let wanted = Wanted { name: &args.name, kind: args.r#type, namespace: args.namespace.as_deref() };
    let (loaded, _) = find::one_beside(&hub, &args.definitions, &wanted).await?;
    print!(
        "{}",
        match args.output {
            Some(format) => output::text(&value(&loaded, args.full), format)?,
            None => text(&loaded, args.full),
        }
    );
    Ok(())
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

pub(crate) fn text(loaded: &Loaded, full: bool) -> String {
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
    let _ = write!(out, "\nExample:\n{}", indented(&usage(loaded, full).yaml()));
    out
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

fn usage(loaded: &Loaded, full: bool) -> Usage {
    if full { Usage::made(loaded, true) } else { Usage::of(loaded) }
}

fn indented(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect()
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
        "example": usage(loaded, full).value(),
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
            // A default that is worked out from something else has no value yet.
            match literal(default) {
                Some(value) => put("default", value),
                None => put("defaultExpression", json!(default)),
            }
        }
        if !p.choices.is_empty() {
            put("choices", p.choices.iter().map(|c| literal(c).unwrap_or_else(|| json!(c))).collect());
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
