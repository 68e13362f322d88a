//! What can go wrong with clusters, told so that a person can mend it.

use cue_syntax::Diagnostic;

/// The sorts of errors, each with a stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// No cluster of this name is joined.
    UnknownCluster,
    /// The name is taken.
    AlreadyJoined,
    /// The name cannot be a cluster's.
    BadName,
    /// Applications run there.
    InUse,
    /// A kubeconfig that cannot be read or does not say enough.
    Kubeconfig,
    /// A credential that cannot be used.
    Credential,
    /// An exec plugin that nobody on this machine agreed to.
    ExecNotTrusted,
    /// The cluster does not answer.
    Unreachable,
    /// The cluster answered with an error.
    Refused,
    /// No cluster fits a placement.
    NoMatch,
    /// What only works for embedded clusters.
    NotEmbedded,
    /// An embedded cluster that cannot be opened.
    Embedded,
    /// The state folder cannot be used.
    Home,
    /// The choice of the hub cannot be followed.
    Hub,
}

impl ErrorKind {
    /// For example `fleet/unknown-cluster`.
    pub fn code(self) -> &'static str {
        match self {
            ErrorKind::UnknownCluster => "fleet/unknown-cluster",
            ErrorKind::AlreadyJoined => "fleet/already-joined",
            ErrorKind::BadName => "fleet/bad-name",
            ErrorKind::InUse => "fleet/in-use",
            ErrorKind::Kubeconfig => "fleet/kubeconfig",
            ErrorKind::Credential => "fleet/credential",
            ErrorKind::ExecNotTrusted => "fleet/exec-not-trusted",
            ErrorKind::Unreachable => "fleet/unreachable",
            ErrorKind::Refused => "fleet/refused",
            ErrorKind::NoMatch => "fleet/no-match",
            ErrorKind::NotEmbedded => "fleet/not-embedded",
            ErrorKind::Embedded => "fleet/embedded",
            ErrorKind::Home => "fleet/home",
            ErrorKind::Hub => "fleet/hub",
        }
    }
}

/// An error about clusters. Boxed inside, because it is rare and results are everywhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.message)]
pub struct Error(Box<Content>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    kind: ErrorKind,
    code: &'static str,
    message: String,
    path: Option<String>,
    help: Option<String>,
}

impl Error {
    /// One sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Content { kind, code: kind.code(), message: message.into(), path: None, help: None }))
    }

    /// Sets what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Error {
        self.0.help = Some(help.into());
        self
    }

    /// Sets which property of the kubeconfig is meant, for instance `clusters[0].cluster.server`.
    #[must_use]
    pub(crate) fn path(mut self, path: impl Into<String>) -> Error {
        self.0.path = Some(path.into());
        self
    }

    /// What sort of error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The project's diagnostic.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.0.code, self.0.message.clone());
        diagnostic.path.clone_from(&self.0.path);
        diagnostic.help.clone_from(&self.0.help);
        diagnostic
    }

    /// An embedded cluster that cannot be opened; its own code and help stay.
    pub(crate) fn embedded(error: embedded::owner::AttachError) -> Error {
        let (code, help) = (error.code(), error.help());
        let message = error.to_string();
        Error(Box::new(Content { kind: ErrorKind::Embedded, code, message, path: None, help: Some(help) }))
    }

    /// From what kube's client says; `what` names the request and the cluster: `list Secrets on the hub`.
    pub(crate) fn request(what: &str, error: &kube::Error) -> Error {
        match error {
            kube::Error::Api(status) => {
                let cause = if status.message.is_empty() { &status.reason } else { &status.message };
                let error = Error::new(ErrorKind::Refused, format!("cannot {what}: {cause}"));
                match status.code {
                    401 => error.help("the cluster does not accept these credentials any more: join it again"),
                    403 => error.help("the credentials of this cluster do not allow that"),
                    _ => error,
                }
            }
            other => Error::new(ErrorKind::Unreachable, format!("cannot {what}: {}", root_cause(other))),
        }
    }
}

/// The innermost text of a chain of errors: "connection refused" helps, "service error" does not.
pub(crate) fn root_cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// The name that was meant, as help.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> String {
    match k8s_schema::nearest(name, known.clone()) {
        Some(near) => format!("did you mean {near}?"),
        None => {
            let known: Vec<_> = known.into_iter().collect();
            format!("clusters are: {}", known.join(", "))
        }
    }
}
