//! `lateen explain`: a parameter of a type, a field of an Application or of a Kubernetes kind, or the code of a diagnostic.

mod code;
mod kubernetes;
mod object;
mod parameter;

use crate::def::find::{self, Wanted};
use crate::output::Format;
use crate::session::{HubArgs, Outcome};
use crate::show::{KINDS, kind};
use ::render::builtin::Builtins;
use ::render::{DefinitionSource, Loaded};
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen explain webservice.ports.port             a parameter of a type
  lateen explain app.spec.workflow.steps.retry     a field of an Application, Workflow, Environment, …
  lateen explain deployment.spec.strategy          a field of a Kubernetes kind, as kubectl explain
  lateen explain ConfigMap                         a kind in capitals is Kubernetes' own, also where a type has the name
  lateen explain hpa.spec --api-version autoscaling/v1
  lateen explain render/unknown-parameter          the code of a diagnostic
  lateen explain --codes                           all codes")]
pub(crate) struct ExplainArgs {
    /// TYPE.parameter, KIND.field or CODE
    #[arg(required_unless_present = "codes")]
    what: Option<String>,
    /// The kind of the definition, where several have the name
    #[arg(long, short = 't', value_parser = kind)]
    r#type: Option<DefinitionKind>,
    /// The version of the Kubernetes kind: apps/v1
    #[arg(long, value_name = "VERSION")]
    api_version: Option<String>,
    /// Definitions of your own: files or folders; they win over those of the hub and the built-in ones
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// List every code that a diagnostic can carry
    #[arg(long)]
    codes: bool,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// Prints it.
pub(crate) async fn run(hub: HubArgs, args: ExplainArgs) -> Outcome {
    print!("{}", explained(&hub, &args).await?);
    Ok(())
}

async fn explained(hub: &HubArgs, args: &ExplainArgs) -> Outcome<String> {
    let Some(what) = args.what.as_deref().filter(|_| !args.codes) else { return code::list(args.output) };
    if what.contains('/') {
        return code::one(what, args.output);
    }
    let mut path = what.split('.').filter(|s| !s.is_empty());
    let name = path.next().unwrap_or_default();
    let path: Vec<String> = path.map(|step| step.split('[').next().unwrap_or_default().to_owned()).collect();
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    let capital = name.starts_with(|c: char| c.is_ascii_uppercase());
    let kubernetes = || authoring::explain::kinds::kind(name, args.api_version.as_deref());
    if (capital || args.api_version.is_some())
        && args.r#type.is_none()
        && let Some(resource) = kubernetes()
    {
        return kubernetes::text(&resource, &path, args.output);
    }
    if capital
        && args.r#type.is_none()
        && let Some(kind) = model::fields::kind_by_word(name)
    {
        return object::text(kind, &path, args.output);
    }
    let wanted = Wanted { name, kind: args.r#type, namespace: None };
    let found: Vec<Loaded> =
        find::all(hub, &args.definitions, &wanted).await?.into_iter().map(|(loaded, _)| loaded).collect();
    if !found.is_empty() {
        return parameter::text(&found, &path, args.output);
    }
    if let Some(kind) = model::fields::kind_by_word(name) {
        return object::text(kind, &path, args.output);
    }
    if let Some(resource) = kubernetes() {
        return kubernetes::text(&resource, &path, args.output);
    }
    let mut known: Vec<String> = KINDS.into_iter().flat_map(|kind| Builtins.names(kind)).collect();
    let given = crate::render::given(&args.definitions)?.files;
    known.extend(KINDS.into_iter().flat_map(|kind| given.names(kind)));
    known.extend(k8s_schema::resources().flat_map(|r| [r.kind.to_owned(), r.singular.to_owned(), r.plural.to_owned()]));
    known.extend(model::fields::kinds().iter().map(|k| k.kind.to_lowercase()));
    let near = model::action::nearest(name, known.iter().map(String::as_str));
    Err(Diagnostic::error("explain/unknown", format!("nothing is known under \"{name}\""))
        .help(match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => {
                "give a type (`lateen def list --builtin`), a kind (application, deployment), or a diagnostic's code"
                    .to_owned()
            }
        })
        .into())
}
