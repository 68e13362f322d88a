//! `lateen port-forward`: a port of this machine to a pod of an application.

use super::pods::{self, Place, Which};
use crate::application::{AppArgs, find};
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use serde_json::Value;
use std::net::IpAddr;
use tokio::net::{TcpListener, TcpStream};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen port-forward example-app
  lateen port-forward example-app 8080:80 --cluster foo")]
pub(crate) struct ForwardArgs {
    #[command(flatten)]
    app: AppArgs,
    /// LOCAL:REMOTE, or REMOTE for both [default: the first port of the resource]
    ports: Option<String>,
    #[command(flatten)]
    which: Which,
    /// The address of this machine to listen on
    #[arg(long, default_value = "127.0.0.1")]
    address: IpAddr,
}

pub(crate) async fn run(hub: HubArgs, mut args: ForwardArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let app = find(&session, &mut args.app).await?;
    let place = pods::choose(&app, pods::places(&session, &app, &args.which).await?)?;
    let pod = pods::pods(&place).await?.into_iter().next().ok_or_else(|| {
        Diagnostic::error("forward/no-pod", format!("{} on cluster {} has no pod", place.object, place.cluster))
            .help("it may not be ready yet: `lateen status` says how it is")
    })?;
    let (local, remote) = ports(&place, &pod, args.ports.as_deref()).await?;
    let listener = TcpListener::bind((args.address, local)).await.map_err(|e| {
        Diagnostic::error("forward/listen", format!("cannot listen on {}:{local}: {e}", args.address))
            .help("choose another port: LOCAL:REMOTE")
    })?;
    let namespace = pod.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or("default");
    let api: Api<Pod> = Api::namespaced(place.objects.client().clone(), namespace);
    let name = pods::name(&pod).to_owned();
    println!("{place}");
    println!("Forwarding from {} to {name}:{remote}; stop with Ctrl-C.", listener.local_addr()?);
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted?;
                let (api, name) = (api.clone(), name.clone());
                tokio::spawn(async move {
                    if let Err(error) = forward(api, &name, remote, stream).await {
                        eprintln!("  connection to {name}:{remote} failed: {error}");
                    }
                });
            }
            _ = tokio::signal::ctrl_c() => return Ok(()),
        }
    }
}

async fn forward(
    api: Api<Pod>,
    pod: &str,
    port: u16,
    mut local: TcpStream,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let mut forwarder = api.portforward(pod, &[port]).await?;
    let mut remote = forwarder.take_stream(port).ok_or("the pod gave no stream")?;
    tokio::io::copy_bidirectional(&mut local, &mut remote).await?;
    drop(remote);
    forwarder.join().await?;
    Ok(())
}

/// The local and the pod's port.
async fn ports(place: &Place, pod: &Value, given: Option<&str>) -> Outcome<(u16, u16)> {
    let wrong = |text: &str| {
        Diagnostic::error("forward/ports", format!("{text:?} is no pair of ports")).help("write LOCAL:REMOTE, 8080:80")
    };
    if let Some(text) = given {
        let (local, remote) = text.split_once(':').unwrap_or((text, text));
        let parse = |part: &str| part.parse::<u16>().map_err(|_| wrong(text));
        return Ok((parse(local)?, parse(remote)?));
    }
    let first = |pointer: &str| pod.pointer(pointer).and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok());
    let mut remote = first("/spec/containers/0/ports/0/containerPort");
    if place.object.kind == "Service" {
        let live = place.objects.read(&place.object).await?.unwrap_or_default();
        let port = live.pointer("/spec/ports/0");
        let number =
            |key: &str| port.and_then(|p| p.get(key)).and_then(Value::as_u64).and_then(|p| u16::try_from(p).ok());
        remote = number("targetPort").or_else(|| number("port")).or(remote);
    }
    let remote = remote.ok_or_else(|| {
        Diagnostic::error("forward/ports", format!("{} names no port", place.object)).help("give LOCAL:REMOTE")
    })?;
    Ok((if remote < 1024 { remote + 8000 } else { remote }, remote))
}
