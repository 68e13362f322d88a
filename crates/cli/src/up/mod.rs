//! `lateen up`: store an Application on the hub and run its workflow.

pub(crate) mod bound;
mod files;
mod initializer;
mod reach;
mod run;

use crate::application::{WaitArgs, carry_on, conclude, runner};
use crate::crds;
use crate::install;
use crate::session::{Failure, HubArgs, Outcome, Session};
use ::render::RenderContext;
use controller::prepare::Definitions;
use cue_syntax::{Diagnostic, Severity};
use files::Given;
use k8s_schema::CustomTypes;
use model::manifest::Document;
use model::{Application, labels};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen up -f app.yaml
  cat app.yaml | lateen up -f -
  lateen up -f policies.yaml -f workflow.yaml -f app.yaml
  lateen up -f app.yaml --dry-run          check everything, change nothing
  lateen up -f app.yaml --debug            write down what each step's value comes to
  lateen up -f app.yaml --env prod         deliver to an environment, as a new revision
  lateen up shop                           go on with an application that is on the hub already")]
pub(crate) struct UpArgs {
    /// An application that is on the hub already
    #[arg(required_unless_present = "file", conflicts_with = "file")]
    name: Option<String>,
    /// Files or folders with an Application and what it names (policies, workflows, definitions); `-` is standard input
    #[arg(long, short, value_name = "FILE")]
    file: Vec<PathBuf>,
    /// Definitions: files or folders; they win over those of the hub
    #[arg(long, short, value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// The namespace of objects that name none
    #[arg(long, short, default_value = "default")]
    namespace: String,
    /// Check everything and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Set the annotation app.oam.dev/publishVersion: the specification is published under this version
    #[arg(long, short = 'v', value_name = "VERSION")]
    publish_version: Option<String>,
    /// Deliver to an environment (`lateen env`): its targets, its workflow, a new revision
    #[arg(long, short = 'e', value_name = "NAME", conflicts_with = "namespace")]
    env: Option<String>,
    /// The commit of the code, for the record [default: that of the git work tree which the file is in]
    #[arg(long)]
    commit: Option<String>,
    /// Start although a cluster that the application names does not answer: it gets its part when it answers again
    #[arg(long)]
    allow_unreachable: bool,
    /// Accept properties that a definition does not name; written down as annotation lateen.dev/allow-unknown, for those who carry the run on
    #[arg(long, conflicts_with = "name")]
    allow_unknown: bool,
    /// Write down what the values of the steps come to, for `lateen workflow debug`: adds a policy of type debug
    #[arg(long)]
    debug: bool,
    #[command(flatten)]
    wait: WaitArgs,
}

pub(crate) async fn run(hub: HubArgs, args: UpArgs) -> Outcome<ExitCode> {
    let mut given = files::read(&args.file, args.env.as_deref().unwrap_or(&args.namespace))?;
    let mut definitions = crate::render::given(&args.definitions)?;
    definitions.packages.extend(files::packages(&given.others));
    files::definitions(&given.others, &mut definitions.files)?;
    let session = Session::open(&hub).await?;
    session.announce();
    let missing = install::missing(&session.hub).await?;
    if !missing.is_empty() {
        return Err(install::missing_error(&missing).into());
    }
    let mut names: Vec<(String, String)> = args.name.iter().map(|n| (args.namespace.clone(), n.clone())).collect();
    let commit = args.commit.clone().or_else(|| bound::commit_of(&args.file));
    let who = crate::identity::who(&session).await;
    for document in &mut given.applications {
        if args.allow_unknown {
            files::annotate(&mut document.value, labels::ALLOW_UNKNOWN, "true");
        }
        for (key, value) in [(labels::REQUESTED_BY, Some(&who.name)), (labels::COMMIT, commit.as_ref())] {
            if let Some(value) = value.filter(|value| !value.is_empty()) {
                files::annotate(&mut document.value, key, value);
            }
        }
    }
    if let Some(env) = &args.env {
        let version = args.publish_version.as_deref();
        let deployment = bound::Deployment::new(&session, &definitions, env, commit, version).await?;
        deployment.place(&mut given);
        for (_, name) in std::mem::take(&mut names) {
            given.applications.push(deployment.stored(&name).await?);
        }
        for document in &mut given.applications {
            deployment.bind(document, &mut given.others).await?;
        }
    }
    if args.debug {
        for (namespace, name) in &names {
            let on = [(labels::DEBUG, Some("true".to_owned()))];
            session.hub.annotate(namespace, name, &on).await?;
        }
        given.applications.iter_mut().for_each(|document| files::with_debug_policy(&mut document.value));
    }
    let Given { others, applications } = given;
    let (initializers, others): (Vec<_>, Vec<_>) = others.into_iter().partition(initializer::is_initializer);
    let initializers = initializer::ordered(&session, initializers).await?;
    let (mut runs, others): (Vec<_>, Vec<_>) = others.into_iter().partition(run::is_run);
    if args.debug {
        runs.iter_mut().for_each(|document| files::annotate(&mut document.value, labels::DEBUG, "true"));
    }
    if names.is_empty() && applications.is_empty() && initializers.is_empty() && runs.is_empty() {
        return Err(Diagnostic::error("up/no-application", "the files hold no Application")
            .help("an Application has apiVersion core.oam.dev/v1beta1 and kind Application")
            .into());
    }
    let applications = with_publish_version(applications, args.publish_version.as_deref());
    let prepared: Vec<Document> = initializers.iter().map(initializer::application).collect::<Outcome<_>>()?;
    check(&session, &definitions, &others, &prepared, args.allow_unreachable).await?;
    // What an initializer makes, a cluster for one, may be what an application needs: those are checked after it.
    if initializers.is_empty() {
        check(&session, &definitions, &others, &applications, args.allow_unreachable).await?;
    }
    run::check(&session, &definitions, &others, &runs).await?;
    if args.dry_run {
        for document in &applications {
            println!("application {}/{} is fine; nothing was changed", document.namespace(), document.name());
        }
        return Ok(ExitCode::SUCCESS);
    }
    for document in &others {
        store(&session, document).await?;
    }
    for (one, app) in initializers.iter().zip(&prepared) {
        if !initializer::run(&session, &definitions, one, app, &args.wait).await? {
            return Ok(ExitCode::FAILURE);
        }
    }
    if !initializers.is_empty() {
        check(&session, &definitions, &others, &applications, args.allow_unreachable).await?;
    }
    for document in &applications {
        store(&session, document).await?;
    }
    names.extend(applications.iter().map(|d| (d.namespace().to_owned(), d.name().to_owned())));
    let mut code = ExitCode::SUCCESS;
    for (namespace, name) in names {
        if args.wait.no_wait {
            println!("application {namespace}/{name} is stored; `lateen up {name} -n {namespace}` carries it on");
            continue;
        }
        let finished = carry_on(&session, definitions.clone(), &namespace, &name, args.wait.timeout).await?;
        let one = conclude(&finished);
        if one != ExitCode::SUCCESS {
            code = one;
        }
    }
    if run::carry_on_all(&session, &definitions, &runs, &args.wait).await? != ExitCode::SUCCESS {
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

fn with_publish_version(mut applications: Vec<Document>, version: Option<&str>) -> Vec<Document> {
    let Some(version) = version else { return applications };
    for document in &mut applications {
        files::annotate(&mut document.value, model::labels::PUBLISH_VERSION, version);
    }
    applications
}

/// Everything that is wrong with the applications, told in their files, before anything is stored.
async fn check(
    session: &Session,
    definitions: &Definitions,
    others: &[Document],
    applications: &[Document],
    allow_unreachable: bool,
) -> Outcome {
    let runner = runner(session, definitions.clone(), |_| {});
    let mut problems: Vec<Diagnostic> = Vec::new();
    let mut custom = CustomTypes::default();
    others.iter().for_each(|document| {
        custom.add(&document.value);
    });
    let (custom, known) = (Arc::new(custom), crate::plan::made::clusters(session).await?);
    for document in applications {
        let mut app: Application = document.parse()?;
        problems.extend(document.unknown_fields());
        if let Some(stored) = session.hub.application(&app.metadata.namespace, &app.metadata.name).await? {
            refuse_foreign(&stored)?;
            app.metadata.uid = stored.metadata.uid;
        }
        match runner.check_with(&app, &files::parts(others, &app)?).await {
            Ok(prepared) => {
                let context = RenderContext { custom_types: custom.clone(), ..prepared.context.clone() };
                let rendered = crds::rendered(session, &prepared.renderer, &prepared.input, &known, &context).await;
                let warnings = rendered.as_ref().map_or_else(|_| prepared.warnings.clone(), |r| r.warnings.clone());
                let warnings: Vec<Diagnostic> = warnings.into_iter().map(|d| document.locate(d)).collect();
                crate::report::print(&warnings);
                problems.extend(rendered.err().into_iter().flatten().map(|d| document.locate(d)));
                let silent = reach::silent(session, &app, &prepared.placed).await;
                let silent = silent.into_iter().map(|d| document.locate(d));
                if allow_unreachable {
                    let told: Vec<Diagnostic> =
                        silent.map(|d| Diagnostic { severity: Severity::Warning, ..d }).collect();
                    crate::report::print(&told);
                } else {
                    problems.extend(silent);
                }
            }
            Err(controller::Error::Diagnostics(found)) => {
                problems.extend(found.into_iter().map(|d| document.locate(d)));
            }
            Err(error) => return Err(error.into()),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(Failure(problems)) }
}

/// An Application that a KubeVela controller handles is refused until it is handed over.
fn refuse_foreign(stored: &Application) -> Outcome {
    let theirs = stored.annotation(model::labels::KUBEVELA_VERSION).is_some();
    if theirs && stored.annotation(model::labels::CONTROLLER_REQUIREMENT) != Some(HANDED_OVER) {
        return Err(Diagnostic::error(
            "up/handled-elsewhere",
            format!("application {} is handled by a KubeVela controller", stored.metadata.name),
        )
        .help(format!(
            "hand it over with the annotation {}={HANDED_OVER}; KubeVela's controller then leaves it alone",
            model::labels::CONTROLLER_REQUIREMENT
        ))
        .into());
    }
    Ok(())
}

/// The value of the annotation that keeps KubeVela's controller away.
const HANDED_OVER: &str = "lateen";

/// Stores one object on the hub.
async fn store(session: &Session, document: &Document) -> Outcome {
    let mut object = document.value.clone();
    // What no namespace holds was given one before anybody knew; who serves the kind knows.
    if let Ok((_, false)) = session.hub.objects().resource(document.api_version(), document.kind()).await
        && let Some(metadata) = object.get_mut("metadata").and_then(serde_json::Value::as_object_mut)
    {
        metadata.remove("namespace");
    }
    let namespace = object.pointer("/metadata/namespace").and_then(serde_json::Value::as_str).unwrap_or_default();
    if session.fleet.hub().simulated() && !namespace.is_empty() {
        let made = session.fleet.create_namespace(model::cluster::LOCAL, namespace).await?;
        if made {
            eprintln!("  created namespace {namespace} on the embedded hub");
        }
    }
    controller::runtime::persist(|| session.hub.apply(&object)).await?;
    if document.kind() != "Application" {
        eprintln!("  {} {} stored", document.kind(), document.name());
    }
    Ok(())
}
