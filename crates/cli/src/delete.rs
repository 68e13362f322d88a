//! `lateen delete`: an application and everything that it delivered.

use crate::application::{AppArgs, find, runner};
use crate::session::{HubArgs, Outcome, Session, confirm};
use controller::deliver::remove;
use controller::lease::{self, Attempt};
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use delivery::Rules;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen delete shop                  shows what goes and asks
  lateen delete shop --yes
  lateen delete shop --orphan         leave its objects where they are")]
pub(crate) struct DeleteArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Leave its objects where they are
    #[arg(long, short)]
    orphan: bool,
    /// Give up what a cluster that does not answer still has
    #[arg(long)]
    abandon: bool,
    /// Do not ask
    #[arg(long, short)]
    yes: bool,
}

pub(crate) async fn run(hub: HubArgs, mut args: DeleteArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    session.announce();
    let app = find(&session, &mut args.app).await?;
    let runner = runner(&session, Definitions::default(), |notice| eprintln!("  {notice}"));
    let rules = Rules::of(&app.spec.policies)?;
    let keeper = runner.keeper(&app, rules, "").await?;
    let plan = delivery::prune::teardown(&keeper.inventory().await, keeper.rules(), args.orphan);
    if !args.yes {
        for deletion in &plan.delete {
            println!("  deletes {}", deletion.resource.key());
        }
        for (entry, why) in &plan.keep {
            println!("  keeps   {}: {why}", entry.key());
        }
    }
    let name = &args.app.name;
    let objects = match plan.delete.len() {
        1 => "1 object".to_owned(),
        n => format!("{n} objects"),
    };
    confirm(&format!("Delete application {name} and {objects}?"), args.yes)?;
    let processes = runner.processes.as_ref();
    let namespace = &args.app.namespace;
    let held = match lease::acquire(&session.hub, processes, namespace, name, lease::Known::Nothing).await? {
        Attempt::Mine(held) => held,
        Attempt::Theirs { holder, .. } => {
            return Err(Diagnostic::error("delete/busy", format!("application {name} is being run by {holder}"))
                .help(format!("end the run first: lateen workflow terminate {name} -n {namespace}"))
                .into());
        }
    };
    let removing = remove(&session.hub, &keeper, &app, args.orphan, args.abandon);
    let removed = held.only_for(&session.hub, removing).await?;
    for line in &removed.kept {
        println!("  kept {line}");
    }
    if !removed.owed.is_empty() && !args.abandon {
        let mut diagnostic = Diagnostic::error(
            "delete/owed",
            format!("application {name} still has objects: it stays until they are gone"),
        )
        .help("run the command again when the cluster answers, or give --abandon");
        diagnostic.related =
            removed.owed.iter().map(|line| Diagnostic::error("delete/owed-object", line.clone())).collect();
        return Err(diagnostic.into());
    }
    // The lease goes with the application.
    session.hub.objects().delete(&lease::address(namespace, name), &Default::default()).await?;
    println!("Deleted application {name} with {} objects.", removed.deleted.len());
    Ok(())
}
