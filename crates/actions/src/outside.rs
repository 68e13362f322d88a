//! The way to the world outside of clusters: one HTTP client, the egress policy in front of it, certificates, rate limits.

use crate::command::Commands;
use crate::egress::{Egress, Refused};
use crate::fault::Fault;
use crate::http::limit::Limits;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Redirects that are followed.
const REDIRECTS: usize = 10;

/// What handlers reach the world through. One for a process; the process has installed a provider of TLS.
#[derive(Debug, Default)]
pub struct Outside {
    egress: Egress,
    /// Certificates of authorities that are trusted beside the system's, as PEM.
    authorities: Vec<u8>,
    /// Programs that steps may start.
    programs: Vec<String>,
    /// Who runs commands of Lateen itself.
    commands: Option<Arc<dyn Commands>>,
    client: OnceCell<reqwest::Client>,
    pub(crate) limits: Limits,
}

/// Certificates for one connection, as PEM.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Certificates {
    pub(crate) authorities: Vec<u8>,
    pub(crate) own: Option<(Vec<u8>, Vec<u8>)>,
}

impl Outside {
    /// With what the operator allows, and certificates of authorities (PEM) that are trusted beside the system's.
    pub fn new(egress: Egress, authorities: Vec<u8>) -> Outside {
        Outside { egress, authorities, ..Outside::default() }
    }

    /// Lets steps start these programs, by their whole path.
    #[must_use]
    pub fn allow_programs(mut self, paths: Vec<String>) -> Outside {
        self.programs = paths;
        self
    }

    /// Lets steps run commands of Lateen.
    #[must_use]
    pub fn with_commands(mut self, commands: Arc<dyn Commands>) -> Outside {
        self.commands = Some(commands);
        self
    }

    pub(crate) fn allows_program(&self, path: &str) -> bool {
        std::path::Path::new(path).is_absolute() && self.programs.iter().any(|p| p == path)
    }

    pub(crate) fn commands(&self) -> Option<&dyn Commands> {
        self.commands.as_deref()
    }

    /// The egress policy.
    pub fn egress(&self) -> &Egress {
        &self.egress
    }

    /// The authorities, as PEM.
    pub(crate) fn authorities(&self) -> &[u8] {
        &self.authorities
    }

    /// The client that needs no certificates of its own.
    pub(crate) async fn client(&self) -> Result<reqwest::Client, Fault> {
        self.client.get_or_try_init(|| async { self.build(&Certificates::default()) }).await.cloned()
    }

    /// A client with certificates.
    pub(crate) fn build(&self, certificates: &Certificates) -> Result<reqwest::Client, Fault> {
        let broken =
            |e: reqwest::Error| Fault::permanent(format!("the certificates cannot be used: {}", innermost(&e)));
        let egress = self.egress.clone();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("lateen/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(Resolver(self.egress.clone()))
            .connect_timeout(Duration::from_secs(10))
            .redirect(redirect::Policy::custom(move |attempt| {
                if attempt.previous().len() > REDIRECTS {
                    return attempt.error("too many redirects");
                }
                match literal(attempt.url()).map(|(host, ip)| egress.check(&host, ip)) {
                    Some(Err(refused)) => attempt.error(refused),
                    _ => attempt.follow(),
                }
            }));
        for pem in [&self.authorities, &certificates.authorities] {
            if !pem.is_empty() {
                builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem).map_err(broken)?);
            }
        }
        if let Some((certificate, key)) = &certificates.own {
            let mut pem = certificate.clone();
            pem.push(b'\n');
            pem.extend_from_slice(key);
            builder = builder.identity(reqwest::Identity::from_pem(&pem).map_err(broken)?);
        }
        builder.build().map_err(broken)
    }

    /// Whether a URL that holds an address may be asked; a name is checked when it is resolved.
    pub(crate) fn check_literal(&self, url: &reqwest::Url) -> Result<(), Fault> {
        match literal(url) {
            Some((host, ip)) => self.egress.check(&host, ip).map_err(|r| Fault::permanent(r.to_string())),
            None => Ok(()),
        }
    }

    /// The addresses of a host that steps may connect to.
    pub(crate) async fn resolve(&self, host: &str, port: u16) -> Result<Vec<SocketAddr>, Fault> {
        resolve(&self.egress, host, port).await.map_err(|error| match error.downcast_ref::<Refused>() {
            Some(refused) => Fault::permanent(refused.to_string()),
            None => Fault::transient(format!("{host} cannot be resolved: {error}")),
        })
    }
}

/// The innermost text of a chain of errors.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The address in a URL that names one instead of a host.
fn literal(url: &reqwest::Url) -> Option<(String, IpAddr)> {
    let host = url.host_str()?;
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok().map(|ip| (bare.to_owned(), ip))
}

async fn resolve(
    egress: &Egress,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Box<dyn std::error::Error + Send + Sync>> {
    let found: Vec<SocketAddr> = tokio::net::lookup_host((host, port)).await?.collect();
    let mut refused = None;
    let mut allowed = Vec::with_capacity(found.len());
    for address in found {
        match egress.check(host, address.ip()) {
            Ok(()) => allowed.push(address),
            Err(why) => refused = Some(why),
        }
    }
    match refused {
        // A name with an address inside and one outside is one that somebody plays with.
        Some(why) => Err(why.into()),
        None => Ok(allowed),
    }
}

struct Resolver(Egress);

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let egress = self.0.clone();
        Box::pin(async move {
            let addresses = resolve(&egress, name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}
