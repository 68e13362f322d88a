//! `lateen env`: environments, and the workflow that each gives an application.

use super::{ListArgs, ShowArgs, all, fields, one, remove, resolve, store};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use crate::up::bound;
use cue_syntax::Diagnostic;
use model::Application;
use model::environment::{ENVIRONMENT, Environment, EnvironmentSpec, PROJECT, Project, TARGET, Target, workflow_name};
use model::labels;
use serde_json::{Value, json};
use std::path::PathBuf;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum EnvArgs {
    /// Make an environment, or change its targets
    #[command(after_help = "Examples:
  lateen env create prod --targets prod-east,prod-west --project shop
  lateen up -f app.yaml --env prod          deliver there, target after target")]
    Create {
        /// Its name
        name: String,
        /// Its targets, in the order in which they are delivered to
        #[arg(long, short, value_delimiter = ',', required = true)]
        targets: Vec<String>,
        /// The project that it belongs to
        #[arg(long, short, default_value = "")]
        project: String,
        /// The namespace of the hub in which its applications live [default: the environment's name]
        #[arg(long, short)]
        namespace: Option<String>,
        /// For people
        #[arg(long, default_value = "")]
        description: String,
    },
    /// List environments
    #[command(visible_alias = "ls")]
    #[command(after_help = "Examples:
  lateen env list
  lateen env list -o yaml")]
    List(ListArgs),
    /// Show an environment, its targets, and what is deployed in it
    #[command(after_help = "Examples:
  lateen env show prod                 its targets, and which revision of what is there")]
    Show(ShowArgs),
    /// Print the workflow that an application has in an environment: a file to edit
    #[command(after_help = "Examples:
  lateen env workflow prod shop > workflow.yaml
  lateen up -f app.yaml -f workflow.yaml --env prod      runs the edited one, and keeps it")]
    Workflow {
        /// The environment
        name: String,
        /// An application that is deployed there
        #[arg(required_unless_present = "file", conflicts_with = "file")]
        app: Option<String>,
        /// An application that is not deployed there yet
        #[arg(long, short, value_name = "FILE")]
        file: Vec<PathBuf>,
    },
    /// Delete an environment in which nothing is deployed any more
    #[command(after_help = "Examples:
  lateen env delete old")]
    Delete {
        /// Its name
        name: String,
    },
}

pub(crate) async fn run(hub: HubArgs, args: EnvArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    match args {
        EnvArgs::Create { name, targets, project, namespace, description } => {
            session.announce();
            let namespace = namespace.unwrap_or_else(|| name.clone());
            create(&session, &name, EnvironmentSpec { project, description, namespace, targets }).await
        }
        EnvArgs::List(list) => {
            let row = |e: &Environment| {
                let spec = &e.spec;
                [e.metadata.name.clone(), spec.project.clone(), spec.namespace.clone(), spec.targets.join(", ")]
            };
            list.print(&session, ENVIRONMENT, ["NAME", "PROJECT", "NAMESPACE", "TARGETS"], row).await
        }
        EnvArgs::Show(ShowArgs { name, output }) => show(&session, &name, output).await,
        EnvArgs::Workflow { name, app, file } => workflow(&session, &name, app.as_deref(), &file).await,
        EnvArgs::Delete { name } => {
            session.announce();
            let environment: Environment = one(&session, ENVIRONMENT, &name).await?;
            let users = deployed(&session, &environment).await?;
            let users: Vec<String> =
                users.iter().map(|a| format!("application {}/{}", a.metadata.namespace, a.metadata.name)).collect();
            remove(&session, ENVIRONMENT, &name, &users).await
        }
    }
}

async fn create(session: &Session, name: &str, spec: EnvironmentSpec) -> Outcome {
    if !spec.project.is_empty() {
        one::<Project>(session, PROJECT, &spec.project).await?;
    }
    for target in &spec.targets {
        let found: Target = one(session, TARGET, target).await?;
        if !found.spec.project.is_empty() && found.spec.project != spec.project {
            return Err(Diagnostic::error(
                "env/other-project",
                format!("target {target} belongs to project {}", found.spec.project),
            )
            .help(format!("make the environment in that project: --project {}", found.spec.project))
            .into());
        }
    }
    let others: Vec<Environment> = all(session, ENVIRONMENT).await?;
    if let Some(other) = others.iter().find(|e| e.metadata.name != name && e.spec.namespace == spec.namespace) {
        return Err(Diagnostic::error(
            "env/namespace-taken",
            format!("environment {} has its applications in namespace {}", other.metadata.name, spec.namespace),
        )
        .help("applications of the same name would be one: choose another with --namespace")
        .into());
    }
    store(session, ENVIRONMENT, name, &spec).await?;
    Ok(())
}

/// The applications that live in an environment.
async fn deployed(session: &Session, environment: &Environment) -> Outcome<Vec<Application>> {
    let mut apps = session.hub.applications(&environment.spec.namespace).await?;
    apps.retain(|a| a.annotation(labels::ENVIRONMENT) == Some(environment.metadata.name.as_str()));
    Ok(apps)
}

async fn show(session: &Session, name: &str, output: Option<Format>) -> Outcome {
    let (environment, targets) = resolve(session, name).await?;
    if let Some(format) = output {
        return output::objects(json!(environment), format);
    }
    fields(&[
        ("Name", name),
        ("Project", &environment.spec.project),
        ("Namespace", &environment.spec.namespace),
        ("Description", &environment.spec.description),
    ]);
    let place = |t: &Target| vec![t.metadata.name.clone(), t.spec.cluster.clone(), t.spec.namespace.clone()];
    let rows: Vec<Vec<String>> = targets.iter().map(place).collect();
    print!("\n{}", table::draw(&["TARGET", "CLUSTER", "NAMESPACE"], &rows));
    let row = |app: &Application| {
        let status = app.status.clone().unwrap_or_default();
        vec![
            app.metadata.name.clone(),
            status.latest_revision.map(|r| r.name).unwrap_or_default(),
            status.phase.to_string(),
            app.annotation(labels::REQUESTED_BY).unwrap_or_default().to_owned(),
            app.annotation(labels::COMMIT).unwrap_or_default().to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = deployed(session, &environment).await?.iter().map(row).collect();
    if rows.is_empty() {
        println!("\nNothing is deployed here.");
    } else {
        print!("\n{}", table::draw(&["APPLICATION", "REVISION", "PHASE", "BY", "COMMIT"], &rows));
    }
    Ok(())
}

/// Prints the workflow: the stored one, else the one that the targets give.
async fn workflow(session: &Session, name: &str, app: Option<&str>, files: &[PathBuf]) -> Outcome {
    let (environment, targets) = resolve(session, name).await?;
    let namespace = &environment.spec.namespace;
    let app = match app {
        Some(app) => crate::application::find(session, &mut crate::application::AppArgs::new(app, namespace)).await?,
        None => bound::only_application(files, namespace)?,
    };
    let wanted = workflow_name(&app.metadata.name, name);
    let found = match session.hub.workflow(namespace, &wanted).await? {
        Some(stored) => stored,
        None => bound::bind(session, &Default::default(), &app, &environment, &targets).await?.workflow,
    };
    let mut object = json!({
        "apiVersion": model::CORE_V1ALPHA1, "kind": "Workflow",
        "metadata": {"name": wanted, "namespace": namespace}, "steps": found.steps,
    });
    if let (Some(mode), Some(map)) = (found.mode, object.as_object_mut()) {
        map.insert("mode".into(), json!(mode));
    }
    print!("{}", output::text(&Value::Object(object.as_object().cloned().unwrap_or_default()), Format::Yaml)?);
    Ok(())
}
