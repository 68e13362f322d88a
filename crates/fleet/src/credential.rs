//! How a real cluster is reached: address, trust, identity.

use crate::certificate;
use crate::error::{Error, ErrorKind};
use kube::config::ExecConfig;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use std::fmt;

/// Everything needed to talk to a cluster. Secrets never show in its `Debug` form.
#[derive(Clone)]
pub struct Credential {
    pub(crate) endpoint: String,
    pub(crate) trust: Trust,
    pub(crate) server_name: Option<String>,
    pub(crate) proxy: Option<String>,
    pub(crate) user: User,
}

/// Whose server certificates are accepted.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those of this CA (PEM).
    Ca(Vec<u8>),
    /// Those that the machine trusts.
    System,
    /// Any.
    Anything,
}

/// Who we are.
#[derive(Clone)]
pub(crate) enum User {
    Certificate { certificate: Vec<u8>, key: Vec<u8> },
    Token(String),
    Exec(Box<ExecConfig>),
    Nobody,
}

impl Credential {
    /// URL of the API server.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Refuses what can never work, before anything is stored or sent. `place` names the kubeconfig or Secret.
    pub(crate) fn check(&self, place: &str) -> Result<(), Error> {
        let url: http::Uri = self.endpoint.parse().map_err(|error| {
            Error::new(
                ErrorKind::Credential,
                format!("{place}: the server's address {:?} is no URL: {error}", self.endpoint),
            )
        })?;
        if !matches!(url.scheme_str(), Some("https" | "http")) || url.host().is_none() {
            let message = format!("{place}: the server's address {:?} is no http or https URL", self.endpoint);
            return Err(Error::new(ErrorKind::Credential, message));
        }
        if let Trust::Ca(pem) = &self.trust {
            certificates(pem, place, "the cluster's CA")?;
        }
        if let User::Certificate { certificate, .. } = &self.user {
            for der in certificates(certificate, place, "the client certificate")? {
                match certificate::version(&der) {
                    Some(3) => {}
                    Some(version) => {
                        let message = format!(
                            "{place}: the client certificate is X.509 version {version}; TLS accepts version 3 only"
                        );
                        return Err(Error::new(ErrorKind::Credential, message).help(
                            "issue it again with extensions: openssl x509 -req makes version 3 when it is given -extfile \
                             with, for instance, the line extendedKeyUsage=clientAuth",
                        ));
                    }
                    None => {
                        let message = format!("{place}: the client certificate cannot be read");
                        return Err(Error::new(ErrorKind::Credential, message));
                    }
                }
            }
        }
        Ok(())
    }
}

fn certificates(pem: &[u8], place: &str, what: &str) -> Result<Vec<CertificateDer<'static>>, Error> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(Error::new(ErrorKind::Credential, format!("{place}: {what} holds no certificate in PEM form"))),
        Err(error) => Err(Error::new(ErrorKind::Credential, format!("{place}: {what} is not PEM: {error}"))),
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = match &self.user {
            User::Certificate { .. } => "certificate ***",
            User::Token(_) => "token ***",
            User::Exec(_) => "exec plugin ***",
            User::Nobody => "nobody",
        };
        f.debug_struct("Credential").field("endpoint", &self.endpoint).field("user", &user).finish_non_exhaustive()
    }
}
