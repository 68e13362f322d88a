//! Ten clusters, one of which stops answering: what that costs the Applications of the other nine. The tenth is reached by
//! way of a proxy that falls silent, as behind a network that drops packets.

use crate::Row;
use crate::applications::light;
use crate::figure::{Figure, Goal};
use crate::stage::Stage;
use fleet::{CreateOptions, JoinOptions, KubeconfigSource};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::{TcpListener, TcpStream};

const CLUSTERS: usize = 10;

pub(crate) const ROW: Row = Row {
    name: "dead-cluster",
    what: "light Applications on 10 clusters, one of them dead: the others",
    size: 1_000,
    unit: "Application",
    peer: "not recorded",
    goals: &[
        Goal { what: "wall, as a multiple of that with all alive", of: |f| f.extra("dead x"), most: 1.2 },
        Goal { what: "CPU, as a multiple of that with all alive", of: |f| f.extra("dead CPU x"), most: 1.2 },
    ],
    real: false,
};

pub(crate) async fn measure(size: usize) -> Result<Vec<Figure>, String> {
    let alive = run(size, false).await?;
    let mut dead = run(size, true).await?;
    let times = |f: fn(&Figure) -> f64| f(&dead) / f(&alive).max(0.001);
    dead.extra = vec![
        ("alive s", alive.wall.as_secs_f64()),
        ("dead x", times(|f| f.wall.as_secs_f64())),
        ("dead CPU x", times(|f| f.cpu.as_secs_f64())),
    ];
    Ok(vec![dead])
}

/// Until all Applications of nine clusters are running.
async fn run(size: usize, dies: bool) -> Result<Figure, String> {
    let stage = Stage::new(false).await?;
    let told = |e: fleet::Error| e.to_string();
    for i in 1..CLUSTERS {
        stage.fleet.create(&format!("far-{i}"), CreateOptions::default()).await.map_err(told)?;
    }
    let options = CreateOptions { no_join: true, ..CreateOptions::default() };
    stage.fleet.create("behind", options).await.map_err(told)?;
    let serving = stage.fleet.serving("behind", None).await.map_err(told)?;
    let listener = TcpListener::bind(serving.address).await.map_err(|e| e.to_string())?;
    let fleet = stage.fleet.clone();
    let server = tokio::spawn(async move { fleet.serve("behind", listener).await });
    let silent = Arc::new(AtomicBool::new(false));
    let proxy = TcpListener::bind("127.0.0.1:0").await.map_err(|e| e.to_string())?;
    let port = proxy.local_addr().map_err(|e| e.to_string())?.port();
    let passing = tokio::spawn(pass(proxy, serving.address, silent.clone()));
    let kubeconfig = stage.home().join("behind.yaml");
    std::fs::write(&kubeconfig, config(port, serving.token())).map_err(|e| e.to_string())?;
    let named = JoinOptions { name: Some("far-0".to_owned()), ..JoinOptions::default() };
    stage.fleet.join(&KubeconfigSource { path: kubeconfig, context: None }, named).await.map_err(told)?;
    for i in 0..CLUSTERS {
        // who runs a cluster decides on its namespaces
        stage.fleet.create_namespace(&format!("far-{i}"), &stage.namespace).await.map_err(told)?;
    }
    silent.store(dies, Ordering::Release);

    let mut controller = stage.controller().await?;
    let name = |i: usize| format!("light-{}-{i}", i % CLUSTERS);
    let place = |i: usize| Some(vec![format!("far-{}", i % CLUSTERS)]);
    let apps = (0..size).map(|i| light(&stage.namespace, &name(i), place(i))).collect();
    let others = (0..size).filter(|i| i % CLUSTERS != 0).count();
    let began = controller.begin().await;
    stage.create(apps).await?;
    let ended = controller.running(others, |name| !name.starts_with("light-0-")).await?;
    let figure = controller.since(&began, others, ended).await;
    controller.kill().await?;
    passing.abort();
    server.abort();
    stage.end().await;
    Ok(figure)
}

fn config(port: u16, token: &str) -> String {
    format!(
        "apiVersion: v1
kind: Config
current-context: behind
clusters: [{{name: behind, cluster: {{server: \"http://127.0.0.1:{port}\"}}}}]
users: [{{name: me, user: {{token: {token}}}}}]
contexts: [{{name: behind, context: {{cluster: behind, user: me}}}}]
"
    )
}

/// Passes connections on; once it is silent, takes them and says nothing.
async fn pass(listener: TcpListener, to: std::net::SocketAddr, silent: Arc<AtomicBool>) {
    let mut held = Vec::new();
    while let Ok((mut near, _)) = listener.accept().await {
        if silent.load(Ordering::Acquire) {
            held.push(near);
            continue;
        }
        tokio::spawn(async move {
            if let Ok(mut far) = TcpStream::connect(to).await {
                // whichever side ends it
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
