//! What a process gets: a client, whoever owns the cluster.

use super::{AttachError, link::Link, retry::Answer};
use crate::{Cluster, Options};
use futures::future::BoxFuture;
use http::{Request, Response};
use kube::client::Body;
use std::{
    path::Path,
    sync::Arc,
    task::{Context, Poll},
};

/// Attaches this process to a cluster of a state folder, which is made when it is not there. Must be called within a tokio
/// runtime. `options.simulate` counts only while this process is the owner.
///
/// # Errors
///
/// When the name is none, the folder cannot be used, the database is damaged or newer, or the owner does not answer.
pub async fn attach(home: &Path, cluster: &str, options: Options) -> Result<Attached, AttachError> {
    Ok(Attached { link: Arc::new(Link::new(home, cluster, options).await?) })
}

/// A process's hold on a cluster. Clones share it; the last one, with the last client, lets go.
#[derive(Debug, Clone)]
pub struct Attached {
    link: Arc<Link>,
}

impl Attached {
    /// A client of the cluster. It stays good when owners change.
    pub fn client(&self, default_namespace: &str) -> kube::Client {
        kube::Client::new(Following { link: Arc::clone(&self.link) }, default_namespace)
    }

    /// Whether this process owns the cluster now.
    pub async fn is_owner(&self) -> bool {
        self.link.cluster().await.is_some()
    }

    /// The cluster itself, when this process owns it.
    pub async fn cluster(&self) -> Option<Cluster> {
        self.link.cluster().await
    }

    /// Lets go of the cluster: what was acknowledged is on disk, and another process may take over. Clients of this process
    /// fail from now on.
    pub async fn close(&self) {
        self.link.close().await;
    }
}

/// The service below the clients.
#[derive(Debug, Clone)]
struct Following {
    link: Arc<Link>,
}

impl tower::Service<Request<Body>> for Following {
    type Response = Response<Answer>;
    type Error = tower::BoxError;
    type Future = BoxFuture<'static, Result<Response<Answer>, tower::BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), tower::BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let link = Arc::clone(&self.link);
        Box::pin(async move { link.send(request).await })
    }
}
