//! `lateen def`: the definitions that applications are written with.

mod apply;
mod compat;
mod delete;
mod diff;
mod doc;
mod edit;
mod files;
pub(crate) mod find;
mod fix;
mod get;
mod init;
mod render;
mod show;
mod test;
mod vet;

pub(crate) use files::below;

use crate::output::{self, Format};
use crate::session::{self, HubArgs, Outcome, Session};
use crate::table;
use ::render::builtin::Builtins;
use ::render::definition::{DefinitionSource, Loaded};
use model::DefinitionKind;
use serde_json::json;
use std::process::ExitCode;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum DefArgs {
    /// List the definitions: built-in ones and those of the hub
    #[command(
        visible_alias = "ls",
        after_help = "Examples:
  lateen def list                    all that applications of this hub can use
  lateen def list -t trait           only traits
  lateen def list --builtin -o json  what comes with Lateen, for programs"
    )]
    List {
        /// Only this kind: component, trait, policy or workflow-step
        #[arg(long, short = 't', value_parser = kind)]
        r#type: Option<DefinitionKind>,
        /// Only what comes with Lateen; asks no hub
        #[arg(long)]
        builtin: bool,
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
    /// Begin a definition, from nothing or from a manifest
    Init(init::InitArgs),
    /// Find every mistake in definitions
    Vet(vet::VetArgs),
    /// Run the cases beside definitions
    Test(test::TestArgs),
    /// Bring outdated definitions up to date
    Fix(fix::FixArgs),
    /// Print a definition in another form: as an object, as CUE
    Render(render::RenderArgs),
    /// Document definitions: Markdown, JSON Schema, OpenAPI
    Doc(doc::DocArgs),
    /// Compare two versions of a definition
    Diff(diff::DiffArgs),
    /// Say whether a new version is safe for every application
    Compat(compat::CompatArgs),
    /// Store definitions on the hub
    Apply(apply::ApplyArgs),
    /// Print a definition as a file to edit
    Get(get::GetArgs),
    /// Edit a stored definition
    Edit(edit::EditArgs),
    /// Delete a definition from the hub
    #[command(visible_alias = "del")]
    Delete(delete::DeleteArgs),
    /// Show what a definition takes: of the hub, of a file, or a built-in one
    Show(show::ShowArgs),
}

fn kind(text: &str) -> Result<DefinitionKind, String> {
    DefinitionKind::parse(text).ok_or_else(|| "one of component, trait, policy, workflow-step".to_owned())
}

const KINDS: [DefinitionKind; 4] =
    [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep];

/// Runs it; what needs no hub starts no runtime.
pub(crate) fn run(hub: HubArgs, args: DefArgs) -> ExitCode {
    match args {
        DefArgs::Test(args) => test::run(&args),
        DefArgs::Init(args) => init::run(&args),
        DefArgs::Vet(args) => vet::run(&args),
        DefArgs::Fix(args) => fix::run(&args),
        DefArgs::Diff(args) => session::run_to(diff::run(hub, args)),
        DefArgs::Compat(args) => session::run_to(compat::run(hub, args)),
        other => session::run(with_hub(hub, other)),
    }
}

async fn with_hub(hub: HubArgs, args: DefArgs) -> Outcome {
    match args {
        DefArgs::Render(args) => render::run(&args),
        DefArgs::Doc(args) => doc::run(hub, args).await,
        DefArgs::Apply(args) => apply::run(hub, args).await,
        DefArgs::Get(args) => get::run(hub, args).await,
        DefArgs::Edit(args) => edit::run(hub, args).await,
        DefArgs::Delete(args) => delete::run(hub, args).await,
        // These need no hub, or choose their exit status: `run` has taken them.
        DefArgs::Test(_)
        | DefArgs::Init(_)
        | DefArgs::Vet(_)
        | DefArgs::Fix(_)
        | DefArgs::Diff(_)
        | DefArgs::Compat(_) => Ok(()),
        DefArgs::List { r#type, builtin, output } => list(hub, r#type, builtin, output).await,
        DefArgs::Show(args) => show::run(hub, args).await,
    }
}

fn description(loaded: &Loaded) -> String {
    let annotations = &loaded.definition.annotations;
    annotations.get(model::labels::DEFINITION_DESCRIPTION).cloned().unwrap_or_default()
}

async fn list(hub: HubArgs, only: Option<DefinitionKind>, builtin: bool, output: Option<Format>) -> Outcome {
    let mut rows: Vec<(String, &'static str, String, String)> = Vec::new();
    for kind in KINDS.into_iter().filter(|k| only.is_none_or(|only| only == *k)) {
        for name in Builtins.names(kind) {
            if let Some(Ok(loaded)) = Builtins.find(kind, &name) {
                rows.push((name, kind.word(), "built-in".to_owned(), description(&loaded)));
            }
        }
    }
    if !builtin {
        let session = Session::open(&hub).await?;
        for kind in KINDS.into_iter().filter(|k| only.is_none_or(|only| only == *k)) {
            for object in session.hub.definitions(kind.kind(), "").await? {
                let text =
                    |pointer: &str| object.pointer(pointer).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
                let namespace = text("/metadata/namespace");
                let about = object
                    .pointer("/metadata/annotations")
                    .and_then(|a| a.get(model::labels::DEFINITION_DESCRIPTION))
                    .and_then(|v| v.as_str())
                    .unwrap_or_default();
                rows.push((text("/metadata/name"), kind.word(), format!("hub/{namespace}"), about.to_owned()));
            }
        }
    }
    rows.sort();
    if let Some(format) = output {
        let list: Vec<_> = rows
            .iter()
            .map(|(name, kind, from, about)| json!({"name": name, "type": kind, "source": from, "description": about}))
            .collect();
        return output::print(&json!(list), format);
    }
    let rows: Vec<Vec<String>> =
        rows.into_iter().map(|(name, kind, from, about)| vec![name, kind.to_owned(), from, about]).collect();
    print!("{}", table::draw(&["NAME", "TYPE", "SOURCE", "DESCRIPTION"], &rows));
    Ok(())
}
