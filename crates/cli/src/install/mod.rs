//! `lateen install`: what a hub must know before Applications can live on it, and the controller that serves it.

mod text;

use crate::session::{HubArgs, Outcome, Session};
use actions::ObjectRef;
use controller::Hub;
use cue_syntax::{Diagnostic, Source};
use model::crd::Crd;
use serde_json::Value;

/// Apply to the hub what Lateen needs there.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen install --dry-run                  print the CRDs, the rights and the Deployment of the controller
  lateen install --image IMAGE              apply them
  lateen install --webhook                  with the admission webhook: who asked is written down, mistakes are refused
  lateen install --accounts-of team         let Applications of namespace team act as its ServiceAccounts
  lateen install --crds                     only the CRDs: ours, and KubeVela's where absent")]
pub(crate) struct InstallArgs {
    /// Only the CustomResourceDefinitions (ours; KubeVela's only where they are absent)
    #[arg(long)]
    crds: bool,
    /// The controller's namespace
    #[arg(long, default_value = "lateen-system")]
    namespace: String,
    /// The controller's image
    #[arg(long, default_value = concat!("lateen:", env!("CARGO_PKG_VERSION")))]
    image: String,
    /// Also the admission webhook: it writes down who asked, and refuses what cannot be run
    #[arg(long)]
    webhook: bool,
    /// As --webhook, for a controller outside of the cluster, which the API server finds there; no Deployment then
    #[arg(long, value_name = "URL", conflicts_with = "webhook")]
    webhook_url: Option<String>,
    /// Let the controller deliver in the name of who asked (needs the webhook)
    #[arg(long)]
    authenticate_application: bool,
    /// Let applications of this namespace act as its ServiceAccounts (annotation app.oam.dev/service-account-name)
    #[arg(long, value_name = "NAMESPACE")]
    accounts_of: Vec<String>,
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
    if args.authenticate_application && !args.webhook && args.webhook_url.is_none() {
        return Err(Diagnostic::error(
            "install/webhook",
            "--authenticate-application needs the webhook, which knows who asked",
        )
        .help("add --webhook, or --webhook-url for a controller outside of the cluster")
        .into());
    }
    let controller = controller(&args)?;
    if args.dry_run {
        for crd in model::crd::ALL {
            println!("---\n{}", crd.yaml.trim_end());
        }
        if !args.crds {
            println!("---\n{}", text::text(&args));
        }
        return Ok(());
    }
    let session = Session::open(&hub).await?;
    session.announce();
    if !args.crds && session.fleet.hub().simulated() {
        return Err(Diagnostic::error(
            "install/embedded",
            "an embedded hub runs no pods, so no controller can be put there",
        )
        .help("`lateen controller` serves it for as long as it runs; `lateen install --crds` applies the CRDs alone")
        .into());
    }
    for name in crds(&session.hub, Which::MissingAndOurs).await? {
        println!("customresourcedefinition {name} applied");
    }
    if !args.crds {
        for object in &controller {
            session.hub.apply(object).await?;
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            println!("{} {} applied", text("/kind").to_lowercase(), text("/metadata/name"));
        }
    }
    Ok(())
}

/// The controller's objects, in the order in which they are applied.
fn controller(args: &InstallArgs) -> Outcome<Vec<Value>> {
    let source = Source::new("builtin:controller", text::text(args));
    Ok(model::manifest::read(&source)?.into_iter().map(|document| document.value).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn args(webhook: bool, url: Option<&str>, authenticate: bool) -> InstallArgs {
        InstallArgs {
            crds: false,
            namespace: "ops".into(),
            image: "registry.example.com/lateen:1".into(),
            webhook,
            webhook_url: url.map(str::to_owned),
            authenticate_application: authenticate,
            accounts_of: vec!["team".into()],
            dry_run: true,
        }
    }

    fn kinds(objects: &[Value]) -> Vec<&str> {
        objects.iter().filter_map(|o| o["kind"].as_str()).collect()
    }

    #[test]
    fn the_controller_may_do_nothing_to_everything() {
        let objects = controller(&args(true, None, true)).unwrap();
        let wanted = "Namespace ServiceAccount ClusterRole ClusterRoleBinding ClusterRole ClusterRole ClusterRoleBinding ClusterRole \
            RoleBinding ClusterRole ClusterRoleBinding Deployment ClusterRole ClusterRoleBinding Service NetworkPolicy \
            MutatingWebhookConfiguration ValidatingWebhookConfiguration";
        assert_eq!(kinds(&objects).join(" "), wanted);
        for role in objects.iter().filter(|o| o["kind"] == "ClusterRole") {
            for rule in role["rules"].as_array().unwrap() {
                let all = rule.to_string();
                assert!(!all.contains("\"*\""), "{all}");
            }
        }
        let deployment = objects.iter().find(|o| o["kind"] == "Deployment").unwrap();
        assert_eq!(deployment["metadata"]["namespace"], "ops");
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["image"], "registry.example.com/lateen:1");
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(container["ports"][1]["containerPort"], 9443);
        let policy = objects.iter().find(|o| o["kind"] == "NetworkPolicy").unwrap();
        let open: Vec<&Value> =
            policy["spec"]["ingress"][0]["ports"].as_array().unwrap().iter().map(|p| &p["port"]).collect();
        let ports: Vec<&Value> = container["ports"].as_array().unwrap().iter().map(|p| &p["name"]).collect();
        assert_eq!(
            open.iter().rev().copied().collect::<Vec<_>>(),
            ports,
            "every port that it listens on, and no other"
        );
        let arguments = container["args"].to_string();
        assert!(arguments.contains(r#""--webhook","0.0.0.0:9443","--webhook-namespace","ops""#), "{arguments}");
    }

    #[test]
    fn without_the_webhook_nobody_is_acted_as_but_accounts_of_namespaces_that_were_named() {
        let objects = controller(&args(false, None, false)).unwrap();
        let wanted = "Namespace ServiceAccount ClusterRole ClusterRoleBinding ClusterRole ClusterRole ClusterRoleBinding ClusterRole \
            RoleBinding Deployment";
        assert_eq!(kinds(&objects).join(" "), wanted);
        assert_eq!(objects[8]["metadata"]["namespace"], "team");
    }

    #[test]
    fn a_controller_outside_is_found_by_its_address() {
        let objects = controller(&args(false, Some("https://127.0.0.1:9/"), true)).unwrap();
        assert!(!kinds(&objects).contains(&"Deployment") && !kinds(&objects).contains(&"Service"));
        assert!(!kinds(&objects).contains(&"NetworkPolicy"));
        let mutating = objects.iter().find(|o| o["kind"] == "MutatingWebhookConfiguration").unwrap();
        let webhook = &mutating["webhooks"][0];
        assert_eq!(webhook["clientConfig"]["url"], "https://127.0.0.1:9/mutate-applications");
        assert_eq!(webhook["failurePolicy"], "Fail", "nobody may be left out when rights depend on it");
    }
}
