//! `lateen render`: objects per placement, offline. No runtime, no state folder, no network.

use crate::crds::{self, CrdArgs};
use crate::given::{source, sources};
use crate::report;
use crate::session::{self, Failure, HubArgs, Outcome};
use ::render::{
    ClusterVersion, Clusters, Documents, Layers, RenderContext, Renderer,
    builtin::{Added, Builtins},
};
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use k8s_schema::CustomTypes;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen render -f app.yaml                          every object of every placement, with the step that delivers it
  lateen render -f app.yaml -d definitions/          with definitions (and Packages) of your own
  lateen render -f app.yaml -f policies.yaml -f workflow.yaml
  lateen render -f app.yaml --kube-version 1.30      as for clusters of that version, checked against its schemas
  lateen render -f app.yaml -o json | jq '.[].object.kind'
  lateen render -f app.yaml --crds crds/             objects of your own kinds are checked against their CRDs
  lateen render -f app.yaml --crds hub               against those of the hub; `lateen get crds -o yaml` writes them to a file

Nothing is asked (but a hub with --crds hub) and nothing is written. Exit status 1 when anything is wrong, with everything that is.")]
pub(crate) struct RenderArgs {
    /// A file or folder with the Application, Policies, Workflows, definitions; `-` is standard input; may be given
    /// several times
    #[arg(short = 'f', long = "file", required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A definition file (CUE or YAML) or a folder of them; may be given several times
    #[arg(short = 'd', long = "definitions", value_name = "PATH")]
    definitions: Vec<PathBuf>,
    /// How to print
    #[arg(long, short = 'o', value_enum, default_value = "yaml")]
    output: Output,
    /// Version of the clusters, as templates see it
    #[arg(long, value_name = "VERSION", value_parser = version)]
    kube_version: Option<ClusterVersion>,
    #[command(flatten)]
    crds: CrdArgs,
    /// Ask nobody: this is the default, and is accepted so that scripts can say it
    #[arg(long)]
    offline: bool,
    /// Accept properties that a definition does not name, and fields that a kind does not have
    #[arg(long)]
    allow_unknown: bool,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// Documents, each with a comment that says where it goes
    Yaml,
    /// An array of entries with placement, step, component, origin and object
    Json,
}

pub(crate) fn version(text: &str) -> Result<ClusterVersion, String> {
    ClusterVersion::parse(text).ok_or_else(|| format!("\"{text}\" is no version such as 1.32"))
}

/// Runs it.
pub(crate) fn run(hub: &HubArgs, args: RenderArgs) -> ExitCode {
    if !args.crds.asks_hub() {
        return conclude(args.crds.files().and_then(|custom| Ok(rendered(&args, custom)?)));
    }
    if args.offline {
        let problem = Diagnostic::error("render/offline", "--offline asks nobody, and --crds hub asks the hub");
        return conclude(Err(problem
            .help("`lateen get crds -o yaml > crds.yaml` writes them for --crds crds.yaml")
            .into()));
    }
    asking(hub, args)
}

/// Apart, for the frame of what asks a cluster is large.
#[inline(never)]
fn asking(hub: &HubArgs, args: RenderArgs) -> ExitCode {
    session::run_to(async move {
        let custom = args.crds.all(hub).await?;
        Ok(conclude(Ok(rendered(&args, custom)?)))
    })
}

fn conclude(done: Outcome<(String, Vec<Diagnostic>)>) -> ExitCode {
    match done {
        Ok((text, warnings)) => {
            report::print(&warnings);
            // A reader that went away has seen what it wanted.
            let _ = std::io::stdout().lock().write_all(text.as_bytes());
            ExitCode::SUCCESS
        }
        Err(Failure(problems)) => {
            report::print(&problems);
            ExitCode::FAILURE
        }
    }
}

/// Everything that files hold, with definitions of their own.
///
/// # Errors
/// Unreadable files, broken documents, no Application among them.
pub(crate) fn documents(files: &[PathBuf], definition_paths: &[PathBuf]) -> Result<Documents, Vec<Diagnostic>> {
    let mut documents = Documents::default();
    let mut problems = Vec::new();
    let mut collect = |result: Result<(), Vec<Diagnostic>>| problems.extend(result.err().unwrap_or_default());
    for path in definition_paths {
        collect(definitions(path, &mut documents));
    }
    match sources(files) {
        Ok(sources) => sources.iter().for_each(|source| collect(documents.read(source))),
        Err(unreadable) => collect(Err(unreadable)),
    }
    documents.finish();
    if !problems.is_empty() {
        return Err(problems);
    }
    if documents.applications.is_empty() {
        let names: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
        return Err(vec![
            Diagnostic::error("render/no-application", format!("there is no Application in {}", names.join(", ")))
                .help("give a file with a document of kind Application"),
        ]);
    }
    Ok(documents)
}

fn rendered(args: &RenderArgs, custom: CustomTypes) -> Result<(String, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut documents = documents(&args.files, &args.definitions)?;
    documents.custom_types.extend(&custom);
    let mut problems = Vec::new();
    let context = RenderContext {
        cluster_version: args.kube_version.clone().unwrap_or_default(),
        allow_unknown: args.allow_unknown,
        custom_types: Arc::new(documents.custom_types.clone()),
        ..RenderContext::default()
    };
    let mut all = ::render::Rendered { parts: Vec::new(), applied: Vec::new(), warnings: documents.warnings.clone() };
    // What a template compiles to is kept by its renderer: one for each namespace, from which other definitions may be seen.
    let mut renderers: BTreeMap<String, Renderer> = BTreeMap::new();
    let packages = Arc::new(Added::of(&documents.packages));
    for input in &documents.applications {
        let locate = |mut problems: Vec<Diagnostic>| {
            if let Some(document) = &input.document {
                ::render::documents::locate(&mut problems, document);
            }
            problems
        };
        let namespace = ::render::AppView::of(&input.app).namespace;
        let renderer = renderers.entry(namespace).or_insert_with_key(|namespace| {
            let given = documents.definitions.visible_from(namespace);
            Renderer::new(Layers(vec![Box::new(given), Box::new(Builtins)])).with_packages(packages.clone())
        });
        let rendered = crds::rendered_offline(renderer, input, &Clusters::Unknown, &context);
        problems.extend(locate(order(input)));
        match rendered {
            Ok(one) => {
                all.parts.extend(one.parts);
                all.warnings.extend(locate(one.warnings));
            }
            Err(found) => problems.extend(locate(found)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let text = match args.output {
        Output::Json => format!("{:#}\n", ::render::output::json(&all)),
        Output::Yaml => ::render::output::yaml(&all),
    };
    Ok((text, all.warnings))
}

/// What is wrong with the order of steps and components. Steps that cannot be read are told by rendering.
fn order(input: &::render::AppInput) -> Vec<Diagnostic> {
    let steps = model::generate::steps(&input.app, input.workflow(), &input.own_policies());
    let mut problems = steps.ok().and_then(|s| workflow::Plan::of(&input.app, &s).err()).unwrap_or_default();
    if input.app.spec.workflow.is_none() {
        // The steps come from the components, and rendering tells who wrote those that two have the same name.
        problems.retain(|p| p.code != "workflow/duplicate-step");
    }
    problems
}

/// The definitions of files and folders, with the packages that they import.
pub(crate) fn given(paths: &[PathBuf]) -> Result<Definitions, Vec<Diagnostic>> {
    let mut documents = Documents::default();
    let mut problems = Vec::new();
    for path in paths {
        problems.extend(definitions(path, &mut documents).err().unwrap_or_default());
    }
    if problems.is_empty() {
        Ok(Definitions { files: documents.definitions, packages: documents.packages })
    } else {
        Err(problems)
    }
}

/// A definition file, or every `.cue`, `.yaml` and `.yml` file of a folder, by name.
fn definitions(path: &Path, documents: &mut Documents) -> Result<(), Vec<Diagnostic>> {
    if !path.is_dir() {
        return documents.read_definition(&source(path)?);
    }
    let entries = std::fs::read_dir(path).map_err(|e| vec![crate::given::unreadable(path, &e)])?;
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).map(|entry| entry.path()).collect();
    files.sort();
    let mut problems = Vec::new();
    for file in files {
        let wanted = file.extension().is_some_and(|e| ["cue", "yaml", "yml"].iter().any(|w| e == *w));
        if file.is_dir() || (wanted && !authoring::testing::Suite::is_named_so(&file.display().to_string())) {
            problems.extend(definitions(&file, documents).err().unwrap_or_default());
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
