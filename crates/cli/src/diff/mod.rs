//! `lateen diff`: revisions, environments, files and what runs, against each other.

mod environments;
mod side;

use crate::output::{self, Format};
use crate::plan::made::{Made, hub_is_there};
use crate::session::{HubArgs, Outcome, Session};
use authoring::diff::{self, Difference, Named, Verdict};
use cue_syntax::Diagnostic;
use serde_json::json;
use side::Side;
use std::path::PathBuf;
use std::process::ExitCode;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen diff old.yaml new.yaml                         two files, rendered
  lateen diff shop@v1 shop@v2                           two revisions of an application
  lateen diff shop@v1 shop                              a revision and what the hub has now
  lateen diff shop new.yaml                             what the hub has and a file
  lateen diff shop                                      what an application wants and what runs: drift
  lateen diff app.yaml                                  a file and what runs
  lateen diff app.yaml --env staging --env production   two environments of one application
  lateen diff old.yaml new.yaml --exit-code             status 0: the same, 2: different, 1: an error

An environment is an env of an env-binding policy, a topology policy, or a workflow step that delivers. Secrets are compared
and shown as ***.")]
pub(crate) struct DiffArgs {
    /// FILE, APPLICATION or APPLICATION@REVISION
    #[arg(value_name = "FROM")]
    from: String,
    /// FILE, APPLICATION or APPLICATION@REVISION; without it, what runs
    #[arg(value_name = "TO", conflicts_with = "env")]
    to: Option<String>,
    /// Two environments of FROM
    #[arg(long, short = 'e', value_name = "NAME")]
    env: Vec<String>,
    /// The namespace of applications
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Definitions: files or folders; they win over those of the hub
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// End with status 2 when there is a difference
    #[arg(long)]
    exit_code: bool,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

impl DiffArgs {
    /// Two revisions of an application, or one (`to` is `None`) and what the hub has now.
    pub(crate) fn revisions(app: &crate::application::AppArgs, from: &str, to: Option<&str>) -> DiffArgs {
        let side = |revision: &str| format!("{}@{revision}", app.name);
        DiffArgs {
            from: side(from),
            to: Some(to.map_or_else(|| app.name.clone(), side)),
            env: Vec::new(),
            namespace: app.namespace.clone(),
            definitions: Vec::new(),
            exit_code: false,
            output: None,
        }
    }
}

/// Runs it.
pub(crate) async fn run(hub: HubArgs, args: DiffArgs) -> Outcome<ExitCode> {
    let (from, to) = (Side::parse(&args.from), args.to.as_deref().map(Side::parse));
    let live = to.is_none() && args.env.is_empty();
    let asks = live || from.asks_hub() || to.as_ref().is_some_and(Side::asks_hub);
    let session = if asks || hub_is_there(&hub)? { Some(Session::open(&hub).await?) } else { None };
    let definitions = crate::render::given(&args.definitions)?;
    let context = side::Context { session: session.as_ref(), namespace: &args.namespace, definitions: &definitions };
    let first = context.made(&from).await?;
    let (labels, differences) = match (&to, args.env.as_slice()) {
        (Some(to), _) => {
            let second = context.made(to).await?;
            ([args.from.clone(), to.text().to_owned()], diff::objects(&named(&first), &named(&second)))
        }
        (None, [a, b]) => {
            let differences = environments::compare(&first, a, b)?;
            ([a.clone(), b.clone()], differences)
        }
        (None, []) => ([running(&first), args.from.clone()], against_live(&context, &first).await?),
        (None, _) => {
            return Err(Diagnostic::error("diff/side", "give --env twice: the two environments to compare")
                .help(format!("there are {}", environments::names(&first).join(", ")))
                .into());
        }
    };
    let different = differences.iter().any(|d| d.verdict.is_change());
    match args.output {
        Some(format) => {
            let value = json!({"from": labels[0], "to": labels[1], "different": different, "objects": diff::value(&differences)});
            output::print(&value, format)?;
        }
        None => {
            println!("From {} to {}: {}", labels[0], labels[1], diff::counts(differences.iter().map(|d| &d.verdict)));
            print!("{}", crate::colour::lines(&diff::text(&differences)));
        }
    }
    Ok(if args.exit_code && different { ExitCode::from(2) } else { ExitCode::SUCCESS })
}

fn running(made: &Made) -> String {
    format!("what runs of {}", made.app.metadata.name)
}

/// The objects with the whole of their address.
fn named(made: &Made) -> Vec<Named> {
    let mut out: Vec<Named> = Vec::new();
    for part in &made.rendered.parts {
        for object in &part.component.objects {
            let planned = authoring::plan::PlannedObject::of(&object.manifest);
            let key = format!("{}/{} {}", part.placement.cluster_text(), planned.namespace, planned.name);
            match out.iter_mut().find(|n| n.key == key) {
                Some(there) => there.object = object.manifest.clone(),
                None => out.push(Named { key, object: object.manifest.clone() }),
            }
        }
    }
    for applied in &made.rendered.applied {
        let planned = authoring::plan::PlannedObject::of(&applied.object);
        let key = format!("{}/{} {}", applied.cluster, planned.namespace, planned.name);
        if out.iter().all(|n| n.key != key) {
            out.push(Named { key, object: applied.object.clone() });
        }
    }
    out
}

/// What a run would change.
async fn against_live(context: &side::Context<'_>, made: &Made) -> Outcome<Vec<Difference>> {
    let Some(session) = context.session else { return Ok(Vec::new()) };
    let mut plan = made.plan();
    crate::plan::compare(session, made, &mut plan).await?;
    let mut out = Vec::new();
    for cluster in &plan.clusters {
        for object in &cluster.objects {
            let key = format!("{}/{} {}", cluster.name, object.namespace, object.name);
            out.push(Difference { key, verdict: object.verdict.clone() });
        }
    }
    out.retain(|d| d.verdict != Verdict::Unknown);
    Ok(out)
}
