//! `lateen def apply`: definitions onto the hub.

use super::find::{self, Wanted};
use super::{files, render};
use crate::output::{self, Format};
use crate::report;
use crate::session::{HubArgs, Outcome, Session};
use ::render::Loaded;
use ::render::builtin::{Added, is_package};
use authoring::{compat, convert, lines, tell, vet};
use cue_syntax::{Diagnostic, Severity};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::sync::Arc;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def apply my-trait.cue              for every application, in namespace vela-system
  lateen def apply my-trait.cue -n shop      for those of one namespace
  lateen def apply definitions/ --dry-run    what would change")]
pub(crate) struct ApplyArgs {
    /// Definition files (CUE, YAML), Packages, or folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Namespace on the hub
    #[arg(long, short, default_value = find::SHARED)]
    namespace: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

pub(crate) async fn run(hub: HubArgs, args: ApplyArgs) -> Outcome {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    let session = Session::open(&hub).await?;
    let mut packages = session.hub.packages(find::SHARED).await?;
    let given = files::packages(&args.paths);
    packages.extend_from_slice(&given);
    let with = vet::With { packages: Arc::new(Added::of(&packages)), ..vet::With::default() };
    let mut packages_given = Vec::new();
    for path in &args.paths {
        for file in files::definitions(path) {
            let source = files::source(&file)?;
            if path.is_dir() && !files::looks_like_definition(&source.name, &source.text) {
                continue;
            }
            let found = vet::file_with(&source, &with);
            let wrong = found.iter().any(|p| p.severity == Severity::Error);
            problems.extend(found);
            if !wrong {
                all.extend(files::loaded(&source)?);
                if !source.name.ends_with(".cue") {
                    let documents = model::manifest::read(&source)?.into_iter().map(|d| d.value);
                    packages_given.extend(documents.filter(is_package));
                }
            }
        }
    }
    if problems.iter().any(|p| p.severity == Severity::Error) {
        // One that is wrong keeps all from being applied: they may belong together.
        return Err(problems.into());
    }
    let warnings: Vec<Diagnostic> = problems.into_iter().filter(|p| p.severity == Severity::Warning).collect();
    report::print(&warnings);
    session.announce();
    let tell = |stored: Option<&Stored>| {
        if let (Some(stored), None) = (stored, args.output) {
            stored.print(args.dry_run, args.dry_run);
        }
    };
    let mut done = Vec::new();
    for object in packages_given {
        done.push(package(&session, object, &args).await?);
        tell(done.last());
    }
    for loaded in all {
        done.push(one(&session, loaded, &args.namespace, args.dry_run).await?);
        tell(done.last());
    }
    match args.output {
        Some(format) => output::print(&done.iter().map(Stored::json).collect(), format),
        None => Ok(()),
    }
}

/// Applies a Package, or says what that would change.
async fn package(session: &Session, mut object: Value, args: &ApplyArgs) -> Outcome<Stored> {
    let text = |object: &Value, pointer: &str| object.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let name = text(&object, "/metadata/name").unwrap_or_default();
    let namespace = text(&object, "/metadata/namespace").unwrap_or_else(|| args.namespace.clone());
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.insert("namespace".to_owned(), namespace.clone().into());
    }
    let all = session.hub.packages(&namespace).await?;
    let before = all.iter().find(|p| text(p, "/metadata/name").as_deref() == Some(name.as_str()));
    let change = match before {
        Some(before) if before.get("spec") == object.get("spec") => "unchanged",
        Some(_) => "changed",
        None => "made",
    };
    if !args.dry_run && change != "unchanged" {
        shared_namespace(session, &namespace).await?;
        session.hub.apply(&object).await?;
    }
    let what = format!("package {name}");
    Ok(Stored { what, namespace, change, text: String::new(), careful: Vec::new(), kept: None })
}

/// The namespace of what is shared is made when it is first needed.
async fn shared_namespace(session: &Session, namespace: &str) -> Outcome {
    if namespace == find::SHARED {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        session.hub.apply(&object).await?;
    }
    Ok(())
}

/// What became of one definition, or of a package.
#[derive(Debug)]
pub(crate) struct Stored {
    what: String,
    namespace: String,
    /// `made`, `changed`, `unchanged`
    change: &'static str,
    /// What changed in its text.
    text: String,
    /// Changes of the parameters that can break applications.
    careful: Vec<Diagnostic>,
    /// Where the text before is kept.
    kept: Option<PathBuf>,
}

impl Stored {
    /// Tells it. `diff`: with what changed.
    pub(crate) fn print(&self, dry_run: bool, diff: bool) {
        let (what, namespace) = (&self.what, &self.namespace);
        match (self.change, dry_run) {
            ("unchanged", _) => println!("{what}: unchanged"),
            ("made", true) => println!("{what}: would be made in namespace {namespace}"),
            (_, true) => println!("{what}: would change in namespace {namespace}"),
            (change, false) => println!("{what}: {change} in namespace {namespace}"),
        }
        if diff && !self.text.is_empty() {
            println!("{}", crate::colour::lines(&self.text));
        }
        for change in &self.careful {
            eprintln!("  careful: {} (`lateen def compat` shows for which applications)", tell::line(change));
        }
        if let Some(file) = &self.kept {
            eprintln!("  as it was: {}", back(file, namespace));
        }
    }

    fn json(&self) -> Value {
        let (kind, name) = self.what.split_once(' ').unwrap_or_default();
        json!({
            "type": kind, "name": name, "namespace": self.namespace, "change": self.change, "diff": self.text,
            "careful": self.careful.iter().map(tell::json).collect::<Vec<_>>(), "kept": self.kept,
        })
    }
}

/// The command that brings a kept text back.
pub(crate) fn back(file: &std::path::Path, namespace: &str) -> String {
    let place = if namespace == find::SHARED { String::new() } else { format!(" -n {namespace}") };
    format!("`lateen def apply {}{place}`", file.display())
}

/// Keeps the text of a definition that is about to be replaced or deleted, in the state folder.
pub(crate) fn keep(session: &Session, loaded: &Loaded, object: &Value) -> Outcome<PathBuf> {
    let definition = &loaded.definition;
    let version = object.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or("0");
    let folder = session.fleet.home().folder().join("definitions");
    let name = format!("{}-{}.{}.{version}.cue", definition.kind.word(), definition.name, definition.namespace);
    let file = folder.join(name);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(&file, convert::cue(definition)?)?;
    Ok(file)
}

/// Applies a definition, or finds out what that would change.
pub(crate) async fn one(session: &Session, mut loaded: Loaded, namespace: &str, dry_run: bool) -> Outcome<Stored> {
    loaded.definition.namespace = namespace.to_owned();
    let definition = &loaded.definition;
    let (name, kind) = (definition.name.clone(), definition.kind);
    let wanted = Wanted { name: &name, kind: Some(kind), namespace: Some(namespace) };
    let before = find::on_hub(session, &wanted).await?.into_iter().next();
    let new = convert::cue(definition)?;
    let mut stored = Stored {
        what: format!("{} {name}", kind.word()),
        namespace: namespace.to_owned(),
        change: "made",
        text: String::new(),
        careful: Vec::new(),
        kept: None,
    };
    if let Some((before, object)) = &before {
        let old = convert::cue(&before.definition)?;
        if old == new {
            return Ok(Stored { change: "unchanged", ..stored });
        }
        stored.change = "changed";
        stored.text = lines::diff(&old, &new);
        stored.careful = compat::parameters(before, &loaded);
        stored.careful.retain(|c| c.severity == Severity::Error);
        if !dry_run {
            stored.kept = Some(keep(session, before, object)?);
        }
    }
    if !dry_run {
        shared_namespace(session, namespace).await?;
        session.hub.apply(&render::object(definition)?).await?;
    }
    Ok(stored)
}
