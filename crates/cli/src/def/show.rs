//! `lateen def show`: one definition, where an application would find it.

use super::{KINDS, kind};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use ::render::builtin::Builtins;
use ::render::definition::DefinitionSource;
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use serde_json::Value;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A definition is looked for where an application of the namespace would find it: in that namespace on
the hub, then in vela-system, then among the built-in ones. Built-in ones are printed as the CUE text
that they are, those of a hub as the YAML object that is stored there."
)]
pub(crate) struct ShowArgs {
    /// Its name
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = kind)]
    r#type: Option<DefinitionKind>,
    /// The namespace of the application that would use it
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Only what comes with Lateen; asks no hub
    #[arg(long)]
    builtin: bool,
}

/// A definition that was found.
enum Found {
    Hub(Value),
    Builtin,
}

pub(super) async fn run(hub: HubArgs, args: ShowArgs) -> Outcome {
    let session = if args.builtin { None } else { Some(Session::open(&hub).await?) };
    let mut found: Vec<(DefinitionKind, Found)> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for kind in KINDS.into_iter().filter(|k| args.r#type.is_none_or(|only| only == *k)) {
        let mut stored = Vec::new();
        if let Some(session) = &session {
            for namespace in [args.namespace.as_str(), model::SYSTEM_NAMESPACE] {
                stored.extend(session.hub.definitions(kind.kind(), namespace).await?);
            }
        }
        known.extend(Builtins.names(kind));
        known.extend(stored.iter().map(|object| name_of(object).to_owned()));
        if let Some(object) = stored.into_iter().find(|object| name_of(object) == args.name) {
            found.push((kind, Found::Hub(object)));
        } else if Builtins::text(kind, &args.name).is_some() {
            found.push((kind, Found::Builtin));
        }
    }
    match found.as_slice() {
        [(kind, Found::Builtin)] => {
            print!("{}", Builtins::text(*kind, &args.name).unwrap_or_default());
            Ok(())
        }
        [(_, Found::Hub(object))] => output::print(&tidy(object.clone()), Format::Yaml),
        [] => {
            let near = model::action::nearest(&args.name, known.iter().map(String::as_str));
            let what = args.r#type.map_or("definition", DefinitionKind::word);
            Err(Diagnostic::error("def/unknown", format!("there is no {what} \"{}\"", args.name))
                .help(match near {
                    Some(near) => format!("did you mean \"{near}\"?"),
                    None => "`lateen def list` lists them".to_owned(),
                })
                .into())
        }
        several => {
            let kinds: Vec<&str> = several.iter().map(|(kind, _)| kind.word()).collect();
            Err(Diagnostic::error("def/several", format!("{} is a {}", args.name, kinds.join(" and a ")))
                .help("choose with --type")
                .into())
        }
    }
}

fn name_of(object: &Value) -> &str {
    object.pointer("/metadata/name").and_then(Value::as_str).unwrap_or_default()
}

/// Without what only the hub's own bookkeeping needs.
fn tidy(mut object: Value) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for field in ["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp"] {
            metadata.remove(field);
        }
    }
    object
}
