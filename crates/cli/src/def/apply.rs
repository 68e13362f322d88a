//! `lateen def apply`: definitions onto the hub.

use super::find::{self, Wanted};
use super::{files, render};
use crate::report;
use crate::session::{HubArgs, Outcome, Session};
use ::render::Loaded;
use authoring::{compat, convert, lines, tell, vet};
use cue_syntax::{Diagnostic, Severity};
use serde_json::json;
use std::path::PathBuf;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen def apply my-trait.cue              for every application, in namespace vela-system
  lateen def apply my-trait.cue -n shop      for those of one namespace
  lateen def apply definitions/ --dry-run    what would change")]
pub(crate) struct ApplyArgs {
    /// Definition files (CUE, YAML) or folders; `-` is standard input
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Namespace on the hub
    #[arg(long, short, default_value = find::SHARED)]
    namespace: String,
    /// Show what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(hub: HubArgs, args: ApplyArgs) -> Outcome {
    let mut all = Vec::new();
    let mut problems = Vec::new();
    for path in &args.paths {
        for file in files::definitions(path) {
            let source = files::source(&file)?;
            if path.is_dir() && !files::looks_like_definition(&source.name, &source.text) {
                continue;
            }
            let found = vet::file(&source);
            let wrong = found.iter().any(|p| p.severity == Severity::Error);
            problems.extend(found);
            if !wrong {
                all.extend(files::loaded(&source)?);
            }
        }
    }
    if problems.iter().any(|p| p.severity == Severity::Error) {
        // One that is wrong keeps all from being applied: they may belong together.
        return Err(problems.into());
    }
    let warnings: Vec<Diagnostic> = problems.into_iter().filter(|p| p.severity == Severity::Warning).collect();
    report::print(&warnings);
    let session = Session::open(&hub).await?;
    session.announce();
    for loaded in all {
        one(&session, loaded, &args.namespace, args.dry_run).await?;
    }
    Ok(())
}

/// Applies a definition, or shows what that would change.
pub(crate) async fn one(session: &Session, mut loaded: Loaded, namespace: &str, dry_run: bool) -> Outcome {
    loaded.definition.namespace = namespace.to_owned();
    let definition = &loaded.definition;
    let (name, kind) = (definition.name.clone(), definition.kind);
    let wanted = Wanted { name: &name, kind: Some(kind), namespace: Some(namespace) };
    let before = find::on_hub(session, &wanted).await?.into_iter().next().map(|(l, _)| l);
    let what = format!("{} {name}", kind.word());
    let new = convert::cue(definition)?;
    let old = before.as_ref().map(|l| convert::cue(&l.definition)).transpose()?;
    if old.as_deref() == Some(new.as_str()) {
        println!("{what}: unchanged");
        return Ok(());
    }
    if let (Some(before), Some(old)) = (&before, &old) {
        if dry_run {
            println!("{what}: would change in namespace {namespace}\n{}", lines::diff(old, &new));
        }
        for change in compat::parameters(before, &loaded).iter().filter(|c| c.severity == Severity::Error) {
            eprintln!("  careful: {} (`lateen def compat` shows for which applications)", tell::line(change));
        }
    } else if dry_run {
        println!("{what}: would be made in namespace {namespace}");
    }
    if dry_run {
        return Ok(());
    }
    if namespace == find::SHARED {
        let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        session.hub.apply(&object).await?;
    }
    session.hub.apply(&render::object(definition)?).await?;
    println!("{what}: {} in namespace {namespace}", if before.is_some() { "changed" } else { "made" });
    Ok(())
}
