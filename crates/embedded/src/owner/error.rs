//! Why a process could not attach to a cluster. Each names the file and what to do; nothing is ever deleted.

use crate::OpenError;
use cue_syntax::Diagnostic;
use std::path::PathBuf;

/// Why a cluster's folder could not be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum AttachError {
    /// The name cannot be that of a cluster.
    #[error("`{name}` cannot be the name of a cluster")]
    Name {
        /// What was given.
        name: String,
    },
    /// The state folder cannot be written.
    #[error("the state folder cannot be used: {}: {why}", path.display())]
    Folder {
        /// The file or folder concerned.
        path: PathBuf,
        /// What the operating system said.
        why: String,
    },
    /// The database cannot be read.
    #[error("the database of cluster `{cluster}` is damaged: {}: {why}", path.display())]
    Damaged {
        /// The cluster.
        cluster: String,
        /// The database file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A newer Lateen wrote the database.
    #[error("the database of cluster `{cluster}` was written by a newer lateen: {} has format {found}, this one reads up to {supported}", path.display())]
    Newer {
        /// The cluster.
        cluster: String,
        /// The database file.
        path: PathBuf,
        /// Its format.
        found: u64,
        /// The newest that this program reads.
        supported: u64,
    },
    /// The process that owns the cluster does not answer.
    #[error("cluster `{cluster}` is owned by {owner}, which does not answer on {}", socket.display())]
    Silent {
        /// The cluster.
        cluster: String,
        /// `process 4711`, or `another process`.
        owner: String,
        /// Its socket.
        socket: PathBuf,
    },
    /// The connection to the owner broke while a request was under way.
    #[error("the process that owned cluster `{cluster}` ended while it worked on {request}: {why}")]
    Interrupted {
        /// The cluster.
        cluster: String,
        /// Method and path.
        request: String,
        /// What was noticed.
        why: String,
    },
    /// This process has let go of the cluster.
    #[error("cluster `{cluster}` was closed by this process")]
    Closed {
        /// The cluster.
        cluster: String,
    },
}

impl AttachError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            AttachError::Name { .. } => "cluster/name",
            AttachError::Folder { .. } => "cluster/state-folder",
            AttachError::Damaged { .. } => "cluster/damaged",
            AttachError::Newer { .. } => "cluster/newer-format",
            AttachError::Silent { .. } => "cluster/owner-silent",
            AttachError::Interrupted { .. } => "cluster/owner-ended",
            AttachError::Closed { .. } => "cluster/closed",
        }
    }

    /// What to do.
    pub fn help(&self) -> String {
        match self {
            AttachError::Name { .. } => {
                "a name has 1 to 63 lower-case letters, digits and `-`, and begins and ends with a letter or digit"
                    .to_owned()
            }
            AttachError::Folder { .. } => {
                "make the folder writable for this user, or set LATEEN_HOME to a folder that is".to_owned()
            }
            AttachError::Damaged { path, .. } => format!(
                "nothing was changed; restore the file from a backup, or move its folder `{}` away to start with an empty cluster",
                path.parent().unwrap_or(path).display()
            ),
            AttachError::Newer { .. } => "use the newer lateen, or set LATEEN_HOME to another folder".to_owned(),
            AttachError::Silent { owner, .. } => {
                format!("look at what {owner} does, end it, and try again; nothing is lost by that")
            }
            AttachError::Interrupted { .. } => {
                "it may or may not have been carried out; run the command again, it continues where it was".to_owned()
            }
            AttachError::Closed { .. } => "attach again".to_owned(),
        }
    }

    /// As the diagnostic that a user sees.
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::error(self.code(), self.to_string()).help(self.help())
    }

    /// What opening said, for this cluster.
    pub(super) fn from_open(cluster: &str, error: OpenError) -> AttachError {
        let cluster = cluster.to_owned();
        match error {
            OpenError::Damaged { path, why } => AttachError::Damaged { cluster, path, why },
            OpenError::Newer { path, found, supported } => AttachError::Newer { cluster, path, found, supported },
            OpenError::Unusable { path, why } => AttachError::Folder { path, why },
            OpenError::Busy { path } => {
                AttachError::Silent { cluster, owner: "another process".to_owned(), socket: path }
            }
        }
    }
}

impl From<AttachError> for Diagnostic {
    fn from(error: AttachError) -> Diagnostic {
        error.diagnostic()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_says_what_to_do() {
        let path = || PathBuf::from("state/clusters/local/cluster.redb");
        let cluster = || "local".to_owned();
        let all = [
            AttachError::Name { name: "../x".to_owned() },
            AttachError::Folder { path: PathBuf::from("state"), why: "Permission denied (os error 13)".to_owned() },
            AttachError::Damaged { cluster: cluster(), path: path(), why: "invalid magic number".to_owned() },
            AttachError::Newer { cluster: cluster(), path: path(), found: 7, supported: 1 },
            AttachError::Silent {
                cluster: cluster(),
                owner: "process 4711".to_owned(),
                socket: PathBuf::from("state/clusters/local/socket"),
            },
            AttachError::Interrupted {
                cluster: cluster(),
                request: "POST /api/v1/namespaces".to_owned(),
                why: "connection closed before message completed".to_owned(),
            },
            AttachError::Closed { cluster: cluster() },
        ];
        let texts: Vec<String> = all
            .iter()
            .map(|error| {
                let diagnostic = error.diagnostic();
                format!(
                    "{}\n  {}\n  help: {}\n",
                    diagnostic.code,
                    diagnostic.message,
                    diagnostic.help.unwrap_or_default()
                )
            })
            .collect();
        insta::assert_snapshot!(texts.join("\n"));
    }
}
