//! `lateen def compat`: whether a new version of a definition is safe for every Application that uses it.

use super::files;
use super::find::{self, Wanted};
use crate::crds::CrdArgs;
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use ::render::builtin::{Added, Builtins};
use ::render::definition::Given;
use ::render::{AppInput, DefinitionSource, Documents, Layers, Loaded, RenderContext, Renderer};
use authoring::compat::{self, Effect};
use authoring::tell;
use cue_syntax::Severity;
use model::Application;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def compat my-web.cue                       for every Application stored on the hub
  lateen def compat my-web.cue -f apps/              for those in files
  lateen def compat new.cue --old old.cue -f app.yaml
  lateen def compat my-web.cue --diff -o json        with what changes, for programs
  lateen def compat my-web.cue --crds hub            objects of your own kinds have to fit the hub's CRDs

Exit status 1 when an Application no longer renders, or a change of the parameters can break one.")]
pub(crate) struct CompatArgs {
    /// The new version: a file
    new: PathBuf,
    /// The old version: a file [default: the one on the hub, else the built-in one]
    #[arg(long, value_name = "FILE")]
    old: Option<PathBuf>,
    /// Applications: files or folders, instead of those on the hub; may be given several times
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Only Applications of this namespace
    #[arg(long, short, default_value = "")]
    namespace: String,
    #[command(flatten)]
    crds: CrdArgs,
    /// Show what changes in the objects
    #[arg(long)]
    diff: bool,
    /// json or yaml instead of text
    #[arg(long, short, value_enum, default_value = "text")]
    output: Output,
}

/// How to print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Output {
    /// For people
    Text,
    /// For programs
    Json,
    /// For programs
    Yaml,
}

/// What stands beside the definition that is compared.
#[derive(Debug, Default)]
struct Beside {
    /// Other definitions, by namespace; those of `vela-system` are for all.
    definitions: BTreeMap<String, Given>,
    /// Packages that definitions import, by namespace.
    packages: BTreeMap<String, Vec<Value>>,
    /// Packages of the files that were named: they win.
    given: Vec<Value>,
}

impl Beside {
    fn add(&mut self, namespace: &str, loaded: Loaded) -> Outcome {
        self.definitions.entry(namespace.to_owned()).or_default().add(loaded)?;
        Ok(())
    }

    /// Reads what a namespace of the hub holds, once.
    async fn read(&mut self, session: &Session, namespace: &str, but: &Loaded) -> Outcome {
        if self.packages.contains_key(namespace) {
            return Ok(());
        }
        self.packages.insert(namespace.to_owned(), session.hub.packages(namespace).await?);
        for kind in super::KINDS {
            for object in session.hub.definitions(kind.kind(), namespace).await? {
                let origin = format!("{}/{namespace}", kind.kind());
                let provenance = ::render::Provenance::Hub(namespace.to_owned());
                let loaded = Loaded::from_object(&object, &origin, provenance)?;
                if !is_same(&loaded, but) {
                    self.add(namespace, loaded)?;
                }
            }
        }
        Ok(())
    }

    /// Renders with one version of the definition, as an Application of this namespace sees it.
    fn renderer(&self, loaded: &Loaded, namespace: &str) -> Outcome<Renderer> {
        let mut own = Given::default();
        own.add(loaded.clone())?;
        let mut layers: Vec<Box<dyn DefinitionSource>> = vec![Box::new(own)];
        let mut packages: Vec<Value> = Vec::new();
        for place in [namespace, find::SHARED] {
            if let Some(given) = self.definitions.get(place) {
                layers.push(Box::new(given.clone()));
            }
            packages.splice(0..0, self.packages.get(place).into_iter().flatten().cloned());
        }
        layers.push(Box::new(Builtins));
        packages.extend_from_slice(&self.given);
        Ok(Renderer::new(Layers(layers)).with_packages(Arc::new(Added::of(&packages))))
    }
}

fn is_same(one: &Loaded, other: &Loaded) -> bool {
    one.definition.name == other.definition.name && one.definition.kind == other.definition.kind
}

pub(crate) async fn run(hub: HubArgs, args: CompatArgs) -> Outcome<ExitCode> {
    let new = single(&args.new)?;
    let name = new.definition.name.clone();
    let wanted = Wanted { name: &name, kind: Some(new.definition.kind), namespace: None };
    let named: Vec<PathBuf> = [&args.new].into_iter().chain(&args.old).chain(&args.files).cloned().collect();
    let mut beside = Beside { given: files::packages(&named), ..Beside::default() };
    let (old, apps) = if args.files.is_empty() {
        let session = Session::open(&hub).await?;
        let old = match &args.old {
            Some(file) => single(file)?,
            None => match find::on_hub(&session, &wanted).await?.into_iter().next() {
                Some((loaded, _)) => loaded,
                None => built_in(&wanted)?,
            },
        };
        beside.read(&session, find::SHARED, &new).await?;
        let mut apps = Vec::new();
        for app in session.hub.applications(&args.namespace).await? {
            if !uses(&app, &name) {
                continue;
            }
            beside.read(&session, &app.metadata.namespace, &new).await?;
            let policies = session.hub.policies(&app.metadata.namespace).await?;
            let reference = app.spec.workflow.as_ref().map(|w| w.reference.clone()).filter(|r| !r.is_empty());
            let mut workflows = Vec::new();
            if let Some(reference) = reference {
                workflows.extend(session.hub.workflow(&app.metadata.namespace, &reference).await?);
            }
            apps.push(AppInput { app, document: None, policies, workflows });
        }
        (old, apps)
    } else {
        let old = match &args.old {
            Some(file) => single(file)?,
            None => built_in(&wanted)?,
        };
        let documents = read(&args.files)?;
        for loaded in documents.definitions.clone().into_all() {
            if !is_same(&loaded, &new) {
                beside.add(find::SHARED, loaded)?;
            }
        }
        beside.given.extend(documents.packages);
        (old, documents.applications)
    };
    let apps: Vec<AppInput> = apps
        .into_iter()
        .filter(|a| args.namespace.is_empty() || a.app.metadata.namespace == args.namespace)
        .filter(|a| uses(&a.app, &name))
        .collect();
    let custom_types = Arc::new(args.crds.all(&hub).await?);
    let context = RenderContext { custom_types, ..RenderContext::default() };
    let mut renderers: BTreeMap<String, (Renderer, Renderer)> = BTreeMap::new();
    let mut effects: Vec<(String, Effect)> = Vec::new();
    for app in &apps {
        let namespace = ::render::AppView::of(&app.app).namespace;
        if !renderers.contains_key(&namespace) {
            let both = (beside.renderer(&old, &namespace)?, beside.renderer(&new, &namespace)?);
            renderers.insert(namespace.clone(), both);
        }
        if let Some((before, after)) = renderers.get(&namespace) {
            let effect = compat::effect(app, before, after, &context);
            effects.push((format!("{namespace}/{}", app.app.metadata.name), effect));
        }
    }
    let changes = compat::parameters(&old, &new);
    match args.output {
        Output::Text => text(&old, &new, &changes, &effects, args.diff),
        Output::Json => output::print(&as_json(&changes, &effects, args.diff), Format::Json)?,
        Output::Yaml => output::print(&as_json(&changes, &effects, args.diff), Format::Yaml)?,
    }
    let broken = effects.iter().any(|(_, e)| matches!(e, Effect::Broken(_)));
    // What could break some Application is an error as long as nobody has shown which there are.
    let risky = effects.is_empty() && changes.iter().any(|c| c.severity == Severity::Error);
    Ok(if broken || risky { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn single(file: &Path) -> Outcome<Loaded> {
    let mut all = files::load(file)?;
    match all.len() {
        1 => Ok(all.remove(0)),
        n => Err(cue_syntax::Diagnostic::error("def/several", format!("{} holds {n} definitions", file.display()))
            .help("give a file with one")
            .into()),
    }
}

fn built_in(wanted: &Wanted<'_>) -> Outcome<Loaded> {
    find::built_in(wanted).into_iter().next().ok_or_else(|| find::unknown(wanted).into())
}

/// Whether any part of an Application is of this type, with or without a version.
pub(crate) fn uses(app: &Application, name: &str) -> bool {
    let is = |kind: &str| kind == name || kind.split_once('@').is_some_and(|(k, _)| k == name);
    let in_steps =
        |steps: &[model::Step]| steps.iter().any(|s| is(&s.kind) || s.sub_steps.iter().any(|sub| is(&sub.kind)));
    app.spec.components.iter().any(|c| is(&c.kind) || c.traits.iter().any(|t| is(&t.kind)))
        || app.spec.policies.iter().any(|p| is(&p.kind))
        || app.spec.workflow.as_ref().is_some_and(|w| in_steps(&w.steps))
}

fn read(paths: &[PathBuf]) -> Result<Documents, Vec<cue_syntax::Diagnostic>> {
    let mut documents = Documents::default();
    for path in paths {
        for file in files::below(path) {
            let yaml = file.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json");
            let cases = authoring::testing::Suite::is_named_so(&file.display().to_string());
            if path.is_file() || (yaml && !cases) {
                documents.read(&files::source(&file)?)?;
            }
        }
    }
    documents.finish();
    Ok(documents)
}

/// What a change of the parameters does to those who use them.
pub(super) fn effect(change: &cue_syntax::Diagnostic) -> &'static str {
    match change.severity {
        Severity::Error => "breaks",
        Severity::Warning => "changes",
        Severity::Advice => "adds",
    }
}

fn text(old: &Loaded, new: &Loaded, changes: &[cue_syntax::Diagnostic], effects: &[(String, Effect)], diff: bool) {
    println!("{} ({}) to {} ({})", old.definition.name, old.provenance, new.definition.name, new.provenance);
    if !changes.is_empty() {
        println!("Parameters:");
        for change in changes {
            println!("  {:<8} {}", effect(change), tell::line(change));
        }
    }
    println!("Applications that use it: {}", effects.len());
    let indented = |text: &str| {
        crate::colour::lines(text).lines().for_each(|l| println!("             {l}"));
    };
    for (name, effect) in effects {
        match effect {
            Effect::Same => println!("  same     {name}"),
            Effect::Changed(lines) => {
                println!("  changed  {name}");
                if diff {
                    indented(lines);
                }
            }
            Effect::Broken(problems) => {
                println!("  BROKEN   {name}");
                let mut out = String::new();
                problems.iter().for_each(|p| tell::write(&mut out, p, ""));
                indented(&out);
            }
            Effect::Unknown(problems) => {
                println!("  unknown  {name}: it does not render with the old version either");
                problems.iter().for_each(|p| indented(&tell::line(p)));
            }
        }
    }
}

fn as_json(changes: &[cue_syntax::Diagnostic], effects: &[(String, Effect)], diff: bool) -> Value {
    let apps: Vec<Value> = effects
        .iter()
        .map(|(name, effect)| match effect {
            Effect::Same => json!({"application": name, "effect": "same"}),
            Effect::Changed(lines) if diff => json!({"application": name, "effect": "changed", "diff": lines}),
            Effect::Changed(_) => json!({"application": name, "effect": "changed"}),
            Effect::Broken(p) => {
                json!({"application": name, "effect": "broken", "problems": p.iter().map(tell::json).collect::<Vec<_>>()})
            }
            Effect::Unknown(p) => {
                json!({"application": name, "effect": "unknown", "problems": p.iter().map(tell::json).collect::<Vec<_>>()})
            }
        })
        .collect();
    json!({"parameters": changes.iter().map(tell::json).collect::<Vec<_>>(), "applications": apps})
}
