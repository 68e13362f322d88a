//! `lateen def delete`: a definition off the hub, unless it is in use.

use super::apply;
use super::compat::uses;
use super::find::{self, Wanted};
use crate::session::{HubArgs, Outcome, Session, confirm};
use actions::ObjectRef;
use cue_syntax::Diagnostic;
use model::DefinitionKind;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def delete my-trait          asks; refuses when an application uses it
  lateen def delete my-trait --dry-run
  lateen def delete my-trait --yes --force

Its text is kept in the state folder, and told how to bring it back.")]
pub(crate) struct DeleteArgs {
    /// Its name
    name: String,
    /// Its kind, where several have the name
    #[arg(long, short = 't', value_parser = super::kind)]
    r#type: Option<DefinitionKind>,
    /// Namespace on the hub
    #[arg(long, short, default_value = find::SHARED)]
    namespace: String,
    /// Even when it is in use
    #[arg(long)]
    force: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
    /// Say what would be deleted and who uses it, and delete nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(hub: HubArgs, args: DeleteArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    let wanted = Wanted { name: &args.name, kind: args.r#type, namespace: Some(&args.namespace) };
    let found = find::on_hub(&session, &wanted).await?;
    let (kind, before, object) = match found.as_slice() {
        [(one, object)] => (one.definition.kind, one, object),
        [] => {
            let mut problem = find::unknown(&wanted);
            if !find::built_in(&wanted).is_empty() {
                problem = problem.help("it is built in, and cannot be deleted; one of your own on the hub hides it");
            }
            return Err(problem.into());
        }
        _ => {
            return Err(Diagnostic::error("def/several", format!("several kinds are named {}", args.name))
                .help("choose with --type")
                .into());
        }
    };
    // A shared definition serves every namespace, one of a namespace serves only that.
    let scope = if args.namespace == find::SHARED { "" } else { args.namespace.as_str() };
    let users: Vec<String> = session
        .hub
        .applications(scope)
        .await?
        .iter()
        .filter(|app| uses(app, &args.name))
        .map(|app| format!("{}/{}", app.metadata.namespace, app.metadata.name))
        .collect();
    let replaced = !find::built_in(&Wanted { kind: Some(kind), ..wanted }).is_empty();
    let what = format!("{} {}", kind.word(), args.name);
    if !users.is_empty() && !args.force && !args.dry_run {
        let help = if replaced {
            "--force deletes it; they then use the built-in one of that name"
        } else {
            "change them first; --force deletes it, and they can no longer be rendered"
        };
        return Err(Diagnostic::error("def/in-use", format!("{what} is used by {}", users.join(", ")))
            .help(help)
            .into());
    }
    let used = if users.is_empty() { String::new() } else { format!(", used by {}", users.join(", ")) };
    if args.dry_run {
        println!("{what}: would be deleted from namespace {}{used}", args.namespace);
        return Ok(());
    }
    confirm(&format!("Delete {what} from namespace {}{used}?", args.namespace), args.yes)?;
    let kept = apply::keep(&session, before, object)?;
    let target = ObjectRef {
        api_version: model::CORE_V1BETA1.into(),
        kind: kind.kind().into(),
        namespace: args.namespace.clone(),
        name: args.name.clone(),
    };
    session.hub.objects().delete(&target, &Default::default()).await?;
    println!("Deleted {what}.");
    eprintln!("  as it was: {}", apply::back(&kept, &args.namespace));
    Ok(())
}
