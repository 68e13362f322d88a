//! `lateen plan`: what a run would do, and how that differs from what runs.

mod live;
pub(crate) mod made;

use crate::crds::CrdArgs;
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::up::bound;
use ::render::ClusterVersion;
use authoring::plan::AppPlan;
use controller::prepare::Definitions;
pub(crate) use live::compare;
use made::Made;
use serde_json::Value;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen plan -f app.yaml                   against the hub; offline when there is none yet
  lateen plan -f app.yaml --offline         objects, steps and what only a run will tell; asks nobody
  lateen plan -f app.yaml --exit-code       in CI: status 0 without changes, 2 with changes, 1 for an error
  lateen plan -f app.yaml -o json           for programs, the whole manifests with it
  lateen plan -f app.yaml -f policies.yaml -d definitions/
  lateen plan -f app.yaml --env prod        what `lateen up --env prod` would do
  lateen plan -f app.yaml --offline --crds crds.yaml   objects of your own kinds are held to these CRDs (the clusters' own otherwise)

Ends with status 1 when a cluster would refuse an object, too.
Nothing is written: objects are sent to their clusters as a dry run, and secrets are shown as ***.")]
pub(crate) struct PlanArgs {
    /// A file or folder with the Application, and what it names; `-` is standard input; may be given several times
    #[arg(short = 'f', long = "file", required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Definitions: files or folders; they win over those of the hub
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// The namespace of an Application that names none
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// As an environment would run it (`lateen env`): in its namespace, on its targets, by its workflow
    #[arg(long, short = 'e', value_name = "NAME", conflicts_with_all = ["namespace", "offline"])]
    env: Option<String>,
    /// Ask no hub
    #[arg(long)]
    offline: bool,
    /// Version of the clusters, where no hub knows it
    #[arg(long, value_name = "VERSION", value_parser = crate::render::version)]
    kube_version: Option<ClusterVersion>,
    #[command(flatten)]
    crds: CrdArgs,
    /// Accept properties that a definition does not name, and fields that a kind does not have
    #[arg(long)]
    allow_unknown: bool,
    /// End with status 2 when something would change
    #[arg(long)]
    exit_code: bool,
    /// Show objects that stay as they are in full, too
    #[arg(long)]
    full: bool,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// Runs it.
pub(crate) async fn run(hub: HubArgs, args: PlanArgs) -> Outcome<ExitCode> {
    let mut documents = crate::render::documents(&args.files, &args.definitions)?;
    for input in &mut documents.applications {
        if input.app.metadata.namespace.is_empty() {
            input.app.metadata.namespace.clone_from(&args.namespace);
        }
        if args.allow_unknown {
            input.app.metadata.annotations.insert(model::labels::ALLOW_UNKNOWN.into(), "true".into());
        }
    }
    crate::report::print(&documents.warnings);
    let definitions = Definitions { files: documents.definitions, packages: documents.packages };
    let offline = args.env.is_none() && (args.offline || !made::hub_is_there(&hub)?);
    let session = if offline { None } else { Some(Session::open(&hub).await?) };
    if let (Some(env), Some(session)) = (&args.env, &session) {
        for input in &mut documents.applications {
            bound::in_environment(session, &definitions, env, input).await?;
        }
    }
    let mut custom = documents.custom_types;
    custom.extend(&args.crds.all(&hub).await?);
    let custom = std::sync::Arc::new(custom);
    let mut plans: Vec<AppPlan> = Vec::new();
    for input in &documents.applications {
        let plan = match &session {
            None => {
                let made = Made::offline(input, &definitions, custom.clone(), args.kube_version.clone())?;
                made.plan()
            }
            Some(session) => {
                let made = Made::online(session, input, &definitions, custom.clone()).await?;
                let mut plan = made.plan();
                compare(session, &made, &mut plan).await?;
                plan
            }
        };
        plans.push(plan);
    }
    match args.output {
        Some(format) => {
            output::print(&Value::Array(plans.iter().map(authoring::plan::value).collect()), format)?;
        }
        None => {
            let texts: Vec<String> = plans.iter().map(|p| authoring::plan::text(p, args.full)).collect();
            print!("{}", crate::colour::lines(&texts.join("\n")));
        }
    }
    // Without a hub nothing runs that is known, so everything is new.
    let changes = plans.iter().any(|p| !p.compared || p.has_changes());
    if plans.iter().any(AppPlan::is_refused) {
        return Ok(ExitCode::FAILURE);
    }
    Ok(if args.exit_code && changes { ExitCode::from(2) } else { ExitCode::SUCCESS })
}
