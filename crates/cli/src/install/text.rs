//! The text of what `install` applies: one template a concern, put together by what was asked for.

use super::InstallArgs;

/// The controller's own objects.
const CONTROLLER: &str = include_str!("controller.yaml");
/// The admission webhooks.
const WEBHOOK: &str = include_str!("webhook.yaml");
/// The right to act as a ServiceAccount, bound nowhere.
const ACCOUNTS: &str = include_str!("accounts.yaml");
/// The right to act as whoever asked.
const REQUESTERS: &str = include_str!("requesters.yaml");
/// Binds [`ACCOUNTS`] in one namespace.
const BINDING: &str = "apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: lateen-act-as-account
  namespace: OF_ACCOUNTS
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: lateen-act-as-account
subjects:
  - kind: ServiceAccount
    name: lateen-controller
    namespace: NAMESPACE
";

/// What was asked for, as YAML documents in the order in which they are applied.
pub(super) fn text(args: &InstallArgs) -> String {
    let mut documents: Vec<String> = Vec::new();
    let mut arguments = vec!["controller", "--hub", "in-cluster", "--listen", "\"0.0.0.0:8080\""];
    let mut ports = "            - name: probes\n              containerPort: 8080\n".to_owned();
    if args.authenticate_application {
        arguments.push("--authenticate-application");
    }
    if args.webhook {
        arguments.extend(["--webhook", "\"0.0.0.0:9443\"", "--webhook-namespace", "NAMESPACE"]);
        ports.push_str("            - name: webhook\n              containerPort: 9443\n");
    }
    let controller = CONTROLLER.replace("ARGUMENTS", &arguments.join(", ")).replace("            PORTS\n", &ports);
    documents.extend(controller.split("---\n").map(str::to_owned));
    // the Deployment comes last: it finds its rights there
    let deployment = documents.pop().filter(|_| args.webhook_url.is_none());
    documents.push(ACCOUNTS.to_owned());
    documents.extend(args.accounts_of.iter().map(|namespace| BINDING.replace("OF_ACCOUNTS", namespace)));
    if args.authenticate_application {
        documents.extend(REQUESTERS.split("---\n").map(str::to_owned));
    }
    documents.extend(deployment);
    if args.webhook || args.webhook_url.is_some() {
        documents.extend(
            WEBHOOK
                .split("---\n")
                .filter(|d| {
                    args.webhook_url.is_none()
                        || !(d.contains("kind: Service\n") || d.contains("kind: NetworkPolicy\n"))
                })
                .map(|d| clients(d, args)),
        );
    }
    let all = documents.iter().map(|d| d.trim_end()).collect::<Vec<_>>().join("\n---\n");
    all.replace("NAMESPACE", &args.namespace).replace("IMAGE", &args.image)
}

/// Says where the API server finds the webhooks, and what happens when they do not answer.
fn clients(document: &str, args: &InstallArgs) -> String {
    // who delivers in the name of who asked must know that nobody is left out
    let failure = if args.authenticate_application { "Fail" } else { "Ignore" };
    let lines = document.replace("FAILURE", failure);
    let lines = lines.lines().map(|line| match line.split_once("CLIENT ") {
        None => line.to_owned(),
        Some((before, path)) => match &args.webhook_url {
            Some(url) => format!("{before}{{url: \"{}{path}\"}}", url.trim_end_matches('/')),
            None => format!("{before}{{service: {{name: lateen-webhook, namespace: NAMESPACE, path: {path}}}}}"),
        },
    });
    lines.collect::<Vec<_>>().join("\n")
}
