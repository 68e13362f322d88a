//! One embedded cluster: its store, its server, and clients of it.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::service::service_fn;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpListener;

use crate::clock::{Clock, SystemClock};
use crate::error::OpenError;
use crate::rest::{self, PodHandler};
use crate::simulate::{self, Timing};
use crate::store::Store;

/// Bytes in flight in each direction of an in-process connection.
const PIPE: usize = 256 * 1024;

/// How a cluster is opened.
#[derive(Debug, Clone)]
pub struct Options {
    /// The cluster's name, for messages.
    pub name: String,
    /// The cluster's time.
    pub clock: Arc<dyn Clock>,
    /// Whether simulated controllers run (they need a tokio runtime).
    pub simulate: bool,
    /// How long simulated things take.
    pub timing: Timing,
}

impl Default for Options {
    fn default() -> Self {
        Options { name: "embedded".into(), clock: Arc::new(SystemClock), simulate: false, timing: Timing::default() }
    }
}

/// An embedded cluster. Clones are handles on the same one; the last one closes it.
#[derive(Debug, Clone)]
pub struct Cluster {
    server: Server,
    name: Arc<str>,
}

/// The REST server of a cluster, without a connection: one call per request.
#[derive(Clone)]
pub struct Server {
    pub(crate) store: Store,
    pub(crate) pods: Arc<RwLock<Option<Arc<dyn PodHandler>>>>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// Why a listener cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The API has no users, so whoever reaches it can do everything: it stays on this machine.
    #[error("an embedded cluster is served on loopback addresses only, not on {0}")]
    NotLoopback(std::net::SocketAddr),
    /// A token is what keeps other users of this machine out.
    #[error("an embedded cluster is not served without a token")]
    NoToken,
    /// The listener failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Cluster {
    /// Opens the cluster whose database is in `dir`, or makes it.
    pub fn open(dir: &Path, options: Options) -> Result<Cluster, OpenError> {
        Self::with(Some(dir), options)
    }

    /// A cluster that is forgotten when its last handle is dropped.
    pub fn in_memory(options: Options) -> Result<Cluster, OpenError> {
        Self::with(None, options)
    }

    fn with(dir: Option<&Path>, options: Options) -> Result<Cluster, OpenError> {
        let store = Store::open(dir, options.clock, options.simulate)?;
        let server = Server { store, pods: Arc::default() };
        if options.simulate {
            simulate::start(&server.store, options.timing);
            *server.pods.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(simulate::answer::Simulated));
        }
        Ok(Cluster { server, name: options.name.into() })
    }

    /// The cluster's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The API without HTTP.
    pub fn store(&self) -> &Store {
        &self.server.store
    }

    /// The REST server.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// An HTTP client of this cluster. Each call makes its own connections; kube's retries are not on it.
    /// Must be called within a tokio runtime.
    pub fn client(&self, default_namespace: &str) -> kube::Client {
        let service = hyper_util::client::legacy::Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(64)
            .build::<_, kube::client::Body>(PipeConnector { server: self.server.clone() });
        let service = tower::ServiceBuilder::new()
            .map_request(|mut request: http::Request<kube::client::Body>| {
                let path = request.uri().path_and_query().map_or("/", |p| p.as_str());
                if let Ok(uri) = http::Uri::builder().scheme("http").authority("embedded").path_and_query(path).build()
                {
                    *request.uri_mut() = uri;
                }
                request
            })
            .service(service);
        kube::Client::new(service, default_namespace)
    }

    /// Who answers `log`, `exec`, `attach` and `portforward` of pods.
    pub fn set_pod_handler(&self, handler: Arc<dyn PodHandler>) {
        *self.server.pods.write().unwrap_or_else(PoisonError::into_inner) = Some(handler);
    }

    /// Serves one connection until it ends. The caller has decided that the peer may do everything.
    pub async fn serve_connection<S>(&self, stream: S) -> Result<(), hyper::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.server.serve(stream, None, std::future::pending()).await
    }

    /// Serves one connection until it ends. After `stop` it ends with the answer that is under way.
    pub(crate) async fn serve_connection_until<S>(
        &self,
        stream: S,
        stop: impl Future<Output = ()>,
    ) -> Result<(), hyper::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        self.server.serve(stream, None, stop).await
    }

    /// The URL of a listener that [`Cluster::serve_tcp`] serves, with the token in its path: what a kubeconfig names as
    /// `server`, since kubectl sends no bearer token over plain HTTP.
    pub fn url(address: std::net::SocketAddr, token: &str) -> String {
        format!("http://{address}{}{token}", rest::TOKEN_PREFIX)
    }

    /// Serves a loopback listener until it fails; each request must carry `token`, as its bearer token or in its path
    /// (see [`Cluster::url`]).
    pub async fn serve_tcp(&self, listener: TcpListener, token: &str) -> Result<(), ServeError> {
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            return Err(ServeError::NotLoopback(address));
        }
        if token.is_empty() {
            return Err(ServeError::NoToken);
        }
        let token: Arc<str> = token.into();
        loop {
            let stream = match listener.accept().await {
                Ok((stream, _)) => stream,
                Err(e) => {
                    // Out of files, or a peer that left: neither is for ever.
                    tracing::warn!("a connection could not be accepted: {e}");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                    continue;
                }
            };
            let server = self.server.clone();
            let token = Arc::clone(&token);
            drop(stream.set_nodelay(true));
            tokio::spawn(async move {
                if let Err(e) = server.serve(stream, Some(token), std::future::pending()).await {
                    tracing::debug!("a connection ended: {e}");
                }
            });
        }
    }

    /// Stops: later writes are refused, watches end, and the database file is up to date and free when this returns.
    pub fn close(&self) {
        self.server.store.engine().close();
    }
}

impl Server {
    async fn serve<S>(
        &self,
        stream: S,
        token: Option<Arc<str>>,
        stop: impl Future<Output = ()>,
    ) -> Result<(), hyper::Error>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let server = self.clone();
        let service = service_fn(move |request| {
            let server = server.clone();
            let token = token.clone();
            async move { Ok::<_, std::convert::Infallible>(rest::handle(&server, request, token.as_deref()).await) }
        });
        let mut connection = std::pin::pin!(
            hyper::server::conn::http1::Builder::new()
                .half_close(true)
                .max_buf_size(1 << 20)
                .serve_connection(TokioIo::new(stream), service)
                .with_upgrades()
        );
        tokio::select! {
            ended = connection.as_mut() => return ended,
            () = stop => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    }
}

/// Makes a connection by making a pipe and serving its other end.
#[derive(Debug, Clone)]
struct PipeConnector {
    server: Server,
}

impl tower::Service<http::Uri> for PipeConnector {
    type Response = Pipe;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Pipe>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: http::Uri) -> Self::Future {
        let server = self.server.clone();
        Box::pin(async move {
            let (ours, theirs) = tokio::io::duplex(PIPE);
            tokio::spawn(async move {
                if let Err(e) = server.serve(theirs, None, std::future::pending()).await {
                    tracing::debug!("an in-process connection ended: {e}");
                }
            });
            Ok(Pipe(TokioIo::new(ours)))
        })
    }
}

/// The client's end of an in-process connection.
struct Pipe(TokioIo<DuplexStream>);

impl Connection for Pipe {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl Read for Pipe {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl Write for Pipe {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, bufs)
    }
}
