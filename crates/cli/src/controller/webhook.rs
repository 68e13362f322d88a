//! The controller's admission webhook: its certificate kept, its address served.

use super::ControllerArgs;
use crate::session::{Outcome, Session};
use ::controller::Runner;
use ::controller::webhook::{Certificates, Material, Prover, Webhook, rotate, serve};
use cue_syntax::Diagnostic;
use jiff::Timestamp;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// How often the certificate and the configurations are looked at: configurations that are applied anew lack the authority.
const LOOK: Duration = Duration::from_secs(20);

/// A webhook that is about to be served.
pub(super) struct Gate {
    listener: TcpListener,
    session: Session,
    namespace: String,
    names: Vec<String>,
    material: Material,
    own: String,
}

/// Serves until it is dropped.
pub(super) struct Serving(#[expect(dead_code, reason = "its tasks end when it is dropped")] JoinSet<()>);

/// Listens, and makes or reads the certificate. Where deliveries are in the name of who asked, its proofs are believed from
/// then on.
pub(super) async fn open(
    session: &Session,
    args: &ControllerArgs,
    address: &str,
    runner: &mut Runner,
) -> Outcome<Gate> {
    let listener = TcpListener::bind(address).await.map_err(|e| {
        Diagnostic::error("controller/listen", format!("cannot listen on {address}: {e}"))
            .help("give --webhook another address")
    })?;
    let local = listener.local_addr()?;
    let namespace = args.webhook_namespace.clone();
    let mut names =
        vec![format!("lateen-webhook.{namespace}.svc"), format!("lateen-webhook.{namespace}.svc.cluster.local")];
    if local.ip().is_loopback() {
        names.extend(["localhost".to_owned(), local.ip().to_string()]);
    }
    names.extend(args.webhook_name.iter().cloned());
    session.fleet.create_namespace(model::cluster::LOCAL, &namespace).await.ok();
    let material = rotate(&session.hub, &namespace, &names, Timestamp::now()).await?;
    if args.authenticate_application {
        runner.requesters.prover = Some(Prover::new(&material.proof));
    }
    let own = crate::identity::who(session).await.name;
    eprintln!("webhook: https://{local}");
    Ok(Gate { listener, session: session.clone(), namespace, names, material, own })
}

impl Gate {
    pub(super) fn serve(self, runner: Arc<Runner>) -> Option<Serving> {
        let certificates = match Certificates::new(&self.material) {
            Ok(certificates) => certificates,
            Err(fault) => {
                tracing::error!(%fault, "the webhook is not served");
                return None;
            }
        };
        let webhook = Arc::new(Webhook {
            runner,
            prover: Prover::new(&self.material.proof),
            own: self.own,
            tell: |problems| problems.iter().map(|d| crate::report::render(d, false, None)).collect(),
        });
        let mut tasks = JoinSet::new();
        tasks.spawn(serve(self.listener, certificates.clone(), webhook));
        tasks.spawn(async move {
            let mut served = self.material;
            loop {
                tokio::time::sleep(LOOK).await;
                match rotate(&self.session.hub, &self.namespace, &self.names, Timestamp::now()).await {
                    Ok(material) if material != served => {
                        tracing::info!("the webhook has a new certificate");
                        if let Err(fault) = certificates.set(&material) {
                            tracing::error!(%fault, "the new certificate cannot be used");
                        }
                        served = material;
                    }
                    Ok(_) => {}
                    Err(fault) => tracing::warn!(%fault, "the webhook's certificate cannot be looked at"),
                }
            }
        });
        Some(Serving(tasks))
    }
}
