//! `lateen logs`: what the pods of an application print.

use super::pods::{self, Which};
use crate::application::{AppArgs, find};
use crate::session::{HubArgs, Outcome, Session};
use cue_syntax::Diagnostic;
use futures::{AsyncBufReadExt, TryStreamExt};
use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::LogParams;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen logs example-app
  lateen logs example-app --component web --cluster cluster-prod --follow")]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    app: AppArgs,
    #[command(flatten)]
    which: Which,
    /// Of this container
    #[arg(long)]
    container: Option<String>,
    /// Go on printing
    #[arg(long, short)]
    follow: bool,
    /// Only the last lines
    #[arg(long, value_name = "LINES")]
    tail: Option<i64>,
}

pub(crate) async fn run(hub: HubArgs, mut args: LogsArgs) -> Outcome {
    let session = Session::open(&hub).await?;
    let app = find(&session, &mut args.app).await?;
    let places = pods::places(&session, &app, &args.which).await?;
    let mut seen = Vec::new();
    let mut streams = Vec::new();
    for place in places.iter().filter(|p| p.object.kind != "Service") {
        for pod in pods::pods(place).await? {
            let name = pods::name(&pod).to_owned();
            if seen.contains(&(place.cluster.clone(), name.clone())) {
                continue;
            }
            seen.push((place.cluster.clone(), name.clone()));
            let namespace = pod.pointer("/metadata/namespace").and_then(|v| v.as_str()).unwrap_or("default");
            let api: Api<Pod> = Api::namespaced(place.objects.client().clone(), namespace);
            let parameters = LogParams {
                container: args.container.clone(),
                follow: args.follow,
                tail_lines: args.tail,
                ..LogParams::default()
            };
            streams.push(print(api, name, place.cluster.clone(), parameters));
        }
    }
    if streams.is_empty() {
        return Err(Diagnostic::error("logs/no-pods", format!("application {} has no pods there", args.app.name))
            .help("`lateen status --tree` shows what it has")
            .into());
    }
    if args.follow {
        futures::future::try_join_all(streams).await?;
    } else {
        for stream in streams {
            stream.await?;
        }
    }
    Ok(())
}

async fn print(api: Api<Pod>, pod: String, cluster: String, parameters: LogParams) -> Outcome {
    let failed = |e: &dyn std::fmt::Display| {
        Diagnostic::error("logs/failed", format!("the logs of pod {pod} on cluster {cluster} cannot be read: {e}"))
    };
    let stream = api.log_stream(&pod, &parameters).await.map_err(|e| failed(&e))?;
    let mut lines = stream.lines();
    while let Some(line) = lines.try_next().await.map_err(|e| failed(&e))? {
        println!("{cluster}/{pod} {line}");
    }
    Ok(())
}
