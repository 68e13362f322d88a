//! `lateen addon`: what other projects add to a cluster.
//!
//! On embedded clusters an add-on is its CRDs and the simulation of its controllers. On real ones the real thing has to be
//! installed; until Lateen does that, the command says what is missing and how to get it.

use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use actions::Objects;
use cue_syntax::Diagnostic;
use serde_json::json;

/// The subcommands.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum AddonArgs {
    /// Enable an add-on on clusters
    #[command(after_help = "Examples:
  lateen addon enable fluxcd
  lateen addon enable fluxcd --clusters foo")]
    Enable {
        /// fluxcd, terraform, ocm or velaux
        name: String,
        /// On these clusters [default: all]
        #[arg(long, short, value_delimiter = ',')]
        clusters: Vec<String>,
    },
    /// List the add-ons and where they are enabled
    #[command(
        visible_alias = "ls",
        after_help = "Examples:
  lateen addon list
  lateen addon list -o json"
    )]
    List {
        /// json or yaml instead of a table
        #[arg(long, short)]
        output: Option<Format>,
    },
}

/// Who enabled an add-on, as `managedFields` name it.
const MANAGER: &str = "lateen-addon";

struct Addon {
    name: &'static str,
    about: &'static str,
    /// A kind that is served where it is enabled; none for an add-on that needs nothing.
    needs: Option<(&'static str, &'static str)>,
    /// What makes a simulated cluster serve it: its controllers are part of the simulation.
    simulated: fn() -> Vec<serde_json::Value>,
    /// How to install it on a real cluster.
    install: &'static str,
}

const ADDONS: &[Addon] = &[
    Addon {
        name: "fluxcd",
        about: "Helm releases and repositories",
        needs: Some(("helm.toolkit.fluxcd.io/v2", "HelmRelease")),
        simulated: embedded::simulate::flux::crds,
        install: "install Flux's source-controller and helm-controller there: `flux install \
                  --components=source-controller,helm-controller`",
    },
    Addon {
        name: "terraform",
        about: "cloud resources by the Terraform controller",
        needs: Some(("terraform.core.oam.dev/v1beta2", "Configuration")),
        simulated: embedded::simulate::cloud::crds,
        install: "install the Terraform controller there (its chart is terraform-controller of KubeVela's addon registry)",
    },
    Addon {
        name: "ocm",
        about: "registration of clusters by Open Cluster Management",
        needs: Some(("cluster.open-cluster-management.io/v1", "ManagedCluster")),
        simulated: embedded::simulate::ocm::crds,
        install: "install Open Cluster Management there: `clusteradm init`",
    },
    Addon {
        name: "velaux",
        about: "a dashboard",
        needs: None,
        simulated: Vec::new,
        install: "Lateen's own dashboard needs no installation",
    },
];

pub(crate) async fn run(hub: HubArgs, args: AddonArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    match args {
        AddonArgs::Enable { name, clusters } => enable(&session, &name, clusters).await,
        AddonArgs::List { output } => list(&session, output).await,
    }
}

fn find(name: &str) -> Outcome<&'static Addon> {
    ADDONS.iter().find(|a| a.name == name).ok_or_else(|| {
        let near = model::action::nearest(name, ADDONS.iter().map(|a| a.name));
        let known: Vec<&str> = ADDONS.iter().map(|a| a.name).collect();
        Diagnostic::error("addon/unknown", format!("there is no add-on {name}"))
            .help(match near {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            })
            .into()
    })
}

/// Whether a cluster serves what the add-on brings.
async fn serves(session: &Session, addon: &Addon, cluster: &str) -> Outcome<bool> {
    let Some((api_version, kind)) = addon.needs else { return Ok(true) };
    let found = session.fleet.cluster(cluster).await?;
    match Objects::new(found.client(), found.name()).resource(api_version, kind).await {
        Ok(_) => Ok(true),
        Err(fault) if fault.class == actions::FaultClass::Permanent => Ok(false),
        Err(fault) => Err(fault.into()),
    }
}

async fn enable(session: &Session, name: &str, clusters: Vec<String>) -> Outcome {
    let addon = find(name)?;
    session.announce();
    let clusters = match clusters.is_empty() {
        true => session.fleet.list().await?.into_iter().map(|c| c.name).collect(),
        false => clusters,
    };
    let mut missing = Vec::new();
    for cluster in clusters {
        let found = session.fleet.cluster(&cluster).await?;
        let simulated = found.simulated();
        if simulated {
            let objects = Objects::new(found.client(), found.name());
            for object in (addon.simulated)() {
                objects.apply(&object, MANAGER, true, false).await?;
            }
        }
        if serves(session, addon, &cluster).await? {
            let how = if simulated && addon.needs.is_some() { " (simulated)" } else { "" };
            println!("addon {name} is enabled on {cluster}{how}");
        } else {
            missing.push(cluster);
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Diagnostic::error("addon/not-installed", format!("{name} is not installed on {}", missing.join(", ")))
        .help(addon.install)
        .into())
}

async fn list(session: &Session, output: Option<Format>) -> Outcome {
    let clusters = session.fleet.list().await?;
    let (mut rows, mut list) = (Vec::new(), Vec::new());
    for addon in ADDONS {
        let mut on = Vec::new();
        for cluster in &clusters {
            if serves(session, addon, &cluster.name).await.unwrap_or(false) {
                on.push(cluster.name.clone());
            }
        }
        rows.push(vec![addon.name.to_owned(), addon.about.to_owned(), on.join(",")]);
        list.push(json!({"name": addon.name, "about": addon.about, "enabledOn": on}));
    }
    if let Some(format) = output {
        return output::print(&json!(list), format);
    }
    print!("{}", table::draw(&["NAME", "DESCRIPTION", "ENABLED-ON"], &rows));
    Ok(())
}
