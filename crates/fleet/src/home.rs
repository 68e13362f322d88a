//! The state folder: embedded clusters, which hub was chosen, written kubeconfigs.

use crate::error::{Error, ErrorKind};
use embedded::owner::AttachError;
use std::path::{Path, PathBuf};

/// The state folder. Layout: `clusters/<name>/` one embedded cluster each (`local` is the embedded hub), `hub` the saved
/// choice, `kubeconfigs/<name>.yaml` what `cluster kubeconfig` wrote, `exec-plugins.json` what this machine agreed to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home(PathBuf);

impl Home {
    /// This folder; nothing is made until something is written.
    pub fn at(folder: impl Into<PathBuf>) -> Home {
        Home(folder.into())
    }

    /// `$LATEEN_HOME`, else `lateen` in the platform's folder for data.
    pub fn from_environment() -> Result<Home, Error> {
        let variable = |name: &str| std::env::var_os(name).filter(|text| !text.is_empty()).map(PathBuf::from);
        if let Some(folder) = variable("LATEEN_HOME") {
            return std::path::absolute(&folder).map(Home).map_err(|error| unusable(&folder, &error));
        }
        let data = if cfg!(windows) {
            variable("LOCALAPPDATA")
        } else if cfg!(target_os = "macos") {
            variable("HOME").map(|home| home.join("Library/Application Support"))
        } else {
            variable("XDG_DATA_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/share")))
        };
        data.map(|data| Home(data.join("lateen"))).ok_or_else(|| {
            Error::new(ErrorKind::Home, "there is no folder to keep state in").help("set LATEEN_HOME to a folder")
        })
    }

    /// The folder itself.
    pub fn folder(&self) -> &Path {
        &self.0
    }

    /// Where embedded clusters are.
    pub fn clusters(&self) -> PathBuf {
        self.0.join("clusters")
    }

    /// Where this embedded cluster is.
    pub fn cluster(&self, name: &str) -> PathBuf {
        self.clusters().join(name)
    }

    /// The embedded clusters that exist, sorted; without the hub `local`.
    pub fn embedded_clusters(&self) -> Result<Vec<String>, Error> {
        let mut names = embedded::owner::names(&self.0).map_err(Error::embedded)?;
        names.retain(|name| name != model::cluster::LOCAL);
        Ok(names)
    }

    /// Reads a file of the folder; `None` when it is not there.
    pub(crate) fn read(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.0.join(name);
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(unusable(&path, &error)),
        }
    }

    /// Writes a file of the folder whole or not at all, readable by its owner only.
    pub(crate) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        let part = self.0.join(format!("{name}.part"));
        let write = || -> std::io::Result<()> {
            if let Some(parent) = path.parent() {
                make_folder(parent)?;
            }
            let mut options = std::fs::OpenOptions::new();
            options.write(true).create(true).truncate(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let mut file = options.open(&part)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&part, &path)
        };
        write().map(|()| path.clone()).map_err(|error| unusable(&path, &error))
    }

    /// Removes a file of the folder, if it is there.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.0.join(name);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(unusable(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Removes an embedded cluster with everything in it. Refused while another process uses it.
    pub fn remove_cluster(&self, name: &str) -> Result<(), Error> {
        match embedded::owner::remove(&self.0, name) {
            Ok(()) => Ok(()),
            Err(AttachError::Silent { cluster, owner, .. }) => {
                let message = format!("the embedded cluster {cluster} is in use by {owner}");
                Err(Error::new(ErrorKind::InUse, message).help(format!("end {owner} first, or wait for it")))
            }
            Err(error) => Err(Error::embedded(error)),
        }
    }
}

/// Made for its owner only: databases, sockets and tokens lie in it.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

fn unusable(path: &Path, error: &std::io::Error) -> Error {
    let error = Error::new(ErrorKind::Home, format!("cannot use {}: {error}", path.display()));
    error.help("LATEEN_HOME can name another folder for Lateen's state")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_private_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        assert_eq!(home.read("hub").unwrap(), None);
        let path = home.write("kubeconfigs/a.yaml", "text").unwrap();
        assert_eq!(home.read("kubeconfigs/a.yaml").unwrap().as_deref(), Some("text"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(std::fs::metadata(home.folder()).unwrap().permissions().mode() & 0o777, 0o700);
        }
        home.remove("kubeconfigs/a.yaml").unwrap();
        home.remove("kubeconfigs/a.yaml").unwrap();
        assert!(!path.exists());
        assert_eq!(home.embedded_clusters().unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("file"), "").unwrap();
        let error = Home::at(folder.path().join("file")).write("hub", "x").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Home);
        assert!(error.to_string().contains("file"), "{error}");
    }
}
