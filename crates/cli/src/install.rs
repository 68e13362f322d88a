//! `lateen install --crds`: what a hub must know before Applications can live on it.

use crate::session::{HubArgs, Outcome, Session};
use actions::ObjectRef;
use controller::Hub;
use cue_syntax::{Diagnostic, Source};
use model::crd::Crd;
use serde_json::Value;

/// Apply to the hub what Lateen needs there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen install --crds                     ours, and KubeVela's where absent
  lateen install --crds --dry-run           print them instead")]
pub(crate) struct InstallArgs {
    /// The CustomResourceDefinitions (ours; KubeVela's only where they are absent)
    #[arg(long, required = true)]
    crds: bool,
    /// Print what would be applied
    #[arg(long)]
    dry_run: bool,
}

/// Which CRDs to apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that are absent.
    Missing,
    /// Those that are absent, and ours in any case.
    MissingAndOurs,
}

pub(crate) async fn run(hub: HubArgs, args: InstallArgs) -> Outcome {
    if args.dry_run {
        for crd in model::crd::ALL {
            println!("---\n{}", crd.yaml.trim_end());
        }
        return Ok(());
    }
    let session = Session::open(&hub).await?;
    session.announce();
    for name in crds(&session.hub, Which::MissingAndOurs).await? {
        println!("customresourcedefinition {name} applied");
    }
    Ok(())
}

/// Applies CRDs and answers the names of those that were.
pub(crate) async fn crds(hub: &Hub, which: Which) -> Outcome<Vec<&'static str>> {
    let mut applied = Vec::new();
    for crd in model::crd::ALL {
        let absent = hub.objects().read(&address(crd)).await?.is_none();
        if absent || (crd.ours && which == Which::MissingAndOurs) {
            hub.apply(&manifest(crd)?).await?;
            applied.push(crd.name);
        }
    }
    Ok(applied)
}

/// Which CRDs a hub lacks.
pub(crate) async fn missing(hub: &Hub) -> Outcome<Vec<&'static str>> {
    let mut absent = Vec::new();
    for crd in model::crd::ALL {
        if hub.objects().read(&address(crd)).await?.is_none() {
            absent.push(crd.name);
        }
    }
    Ok(absent)
}

/// The error for a hub that lacks them.
pub(crate) fn missing_error(names: &[&str]) -> Diagnostic {
    Diagnostic::error("hub/crds-missing", format!("the hub does not know {}", names.join(", ")))
        .help("apply them with `lateen install --crds` (or print them with --dry-run)")
}

fn address(crd: &Crd) -> ObjectRef {
    ObjectRef {
        api_version: "apiextensions.k8s.io/v1".into(),
        kind: "CustomResourceDefinition".into(),
        namespace: String::new(),
        name: crd.name.into(),
    }
}

fn manifest(crd: &Crd) -> Outcome<Value> {
    let source = Source::new(format!("builtin:{}", crd.name), crd.yaml);
    let documents = model::manifest::read(&source)?;
    let first = documents.into_iter().next().map(|document| document.value);
    first.ok_or_else(|| Diagnostic::error("hub/crd", format!("the CRD {} is empty", crd.name)).into())
}
