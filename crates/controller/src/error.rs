//! Why a run could not be prepared or carried on.

use actions::Fault;
use cue_syntax::Diagnostic;

/// Either mistakes in what the user gave, all of them at once, or a request that failed.
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// To be mended in a file.
    Diagnostics(Vec<Diagnostic>),
    /// A request to the hub or to a cluster.
    Fault(Fault),
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Error::Fault(fault)
    }
}

impl From<Diagnostic> for Error {
    fn from(diagnostic: Diagnostic) -> Self {
        Error::Diagnostics(vec![diagnostic])
    }
}

impl From<Vec<Diagnostic>> for Error {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Error::Diagnostics(diagnostics)
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Error::Fault(fault) => fault.fmt(f),
            Error::Diagnostics(list) => {
                let texts: Vec<&str> = list.iter().map(|d| d.message.as_str()).collect();
                f.write_str(&texts.join("; "))
            }
        }
    }
}

impl std::error::Error for Error {}
