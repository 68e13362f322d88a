//! The loopback address and the token of an embedded cluster that is served to kubectl.
//!
//! Both are chosen once and kept beside the cluster, so that a kubeconfig written earlier stays right.

use crate::error::{Error, ErrorKind};
use crate::home::Home;
use serde_json::{Value, json};
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};

/// Where `lateen cluster serve NAME` listens, and who may use it.
#[derive(Clone, PartialEq, Eq)]
pub struct Serving {
    /// On loopback.
    pub address: SocketAddr,
    token: String,
}

impl fmt::Debug for Serving {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving").field("address", &self.address).field("token", &"***").finish()
    }
}

impl Serving {
    pub(crate) fn new(address: SocketAddr, token: impl Into<String>) -> Serving {
        Serving { address, token: token.into() }
    }

    /// The bearer token that a request needs.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// What was chosen for this cluster, else a free port and a new token, which are kept.
    pub(crate) fn of(home: &Home, cluster: &str) -> Result<Serving, Error> {
        let file = format!("clusters/{cluster}/serve.json");
        let stored = home.read(&file)?.and_then(|text| serde_json::from_str::<Value>(&text).ok());
        let text = |key: &str| stored.as_ref()?.get(key)?.as_str();
        if let (Some(Ok(address)), Some(token)) = (text("address").map(str::parse), text("token")) {
            return Ok(Serving::new(address, token));
        }
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let address = listener.and_then(|listener| listener.local_addr()).map_err(|error| {
            Error::new(ErrorKind::Embedded, format!("no port on loopback for cluster {cluster}: {error}"))
        })?;
        let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
        let serving = Serving::new(address, token);
        serving.store(home, cluster)?;
        Ok(serving)
    }

    /// Keeps another port for this cluster.
    pub(crate) fn store(&self, home: &Home, cluster: &str) -> Result<(), Error> {
        let text = json!({"address": self.address.to_string(), "token": self.token});
        home.write(&format!("clusters/{cluster}/serve.json"), &format!("{text}\n")).map(|_| ())
    }
}
