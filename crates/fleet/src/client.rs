//! The one place where clients are made.

use crate::credential::{Credential, User};
use crate::error::{Error, ErrorKind, root_cause};
use crate::kubeconfig;
use crate::lane::{Lane, LaneLayer};
use crate::outgoing;
use http::Request;
use kube::client::{Body, ClientBuilder};
use kube::config::KubeConfigOptions;
use kube::{Client, Config};
use std::time::Duration;
use tower::{BoxError, Layer as _, service_fn};

/// A connection that has not come about after this is a dead cluster's.
const CONNECT: Duration = Duration::from_secs(10);

/// A client of a real cluster, without its lane.
pub(crate) async fn connect(cluster: &str, credential: &Credential) -> Result<Client, Error> {
    let config = kubeconfig::of_credential(credential)?;
    let options = KubeConfigOptions::default();
    let config = Config::from_custom_kubeconfig(config, &options).await;
    let mut config = config.map_err(|error| unusable(cluster, &root_cause(&error)))?;
    if credential.proxy.is_none() {
        // kube takes a proxy of the environment for every address, also for those that are to be reached directly.
        config.proxy_url = outgoing::proxy(&config.cluster_url, |name| std::env::var(name).ok());
    }
    build(cluster, config, matches!(credential.user, User::Exec(_))).await
}

/// A client of the cluster in which this process is a pod.
pub(crate) async fn connect_in_cluster() -> Result<Client, Error> {
    let config = Config::incluster().map_err(|error| {
        Error::new(ErrorKind::Hub, format!("this process does not run in a cluster: {}", root_cause(&error)))
    })?;
    build(model::cluster::LOCAL, config, false).await
}

async fn build(cluster: &str, mut config: Config, runs_plugin: bool) -> Result<Client, Error> {
    // kube would repeat a POST behind our back; whether to try again is the engine's decision.
    config.default_retry = false;
    config.connect_timeout = Some(CONNECT);
    config.read_timeout = None;
    // Whichever way rustls was built, ring is what is used. An error means that it is set already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let made = if runs_plugin {
        // The plugin is a process that is waited for.
        let made = tokio::task::spawn_blocking(move || ClientBuilder::try_from(config).map(ClientBuilder::build)).await;
        made.map_err(|error| unusable(cluster, &error.to_string()))?
    } else {
        ClientBuilder::try_from(config).map(ClientBuilder::build)
    };
    made.map_err(|error| unusable(cluster, &root_cause(&error)))
}

fn unusable(cluster: &str, why: &str) -> Error {
    Error::new(ErrorKind::Credential, format!("cluster {cluster} cannot be reached: {why}"))
}

/// The client with its lane in front.
pub(crate) fn in_lane(client: Client, lane: &Lane) -> Client {
    let namespace = client.default_namespace().to_owned();
    let send = service_fn(move |request: Request<Body>| {
        let client = client.clone();
        async move { client.send(request).await.map_err(BoxError::from) }
    });
    Client::new(LaneLayer(lane.clone()).layer(send), namespace)
}
