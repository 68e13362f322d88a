//! A cluster's folder within the state folder.

use super::{AttachError, lock};
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

const CLUSTERS: &str = "clusters";
const DATABASE: &str = "cluster.redb";

/// Where a cluster's files are.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// The cluster's name.
    pub(super) cluster: String,
    /// The folder.
    pub(super) path: PathBuf,
}

impl Folder {
    /// The folder of a cluster, which need not exist.
    pub(super) fn of(home: &Path, cluster: &str) -> Result<Folder, AttachError> {
        let edge =
            |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit());
        let inner = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
        if cluster.len() > 63
            || !edge(cluster.chars().next())
            || !edge(cluster.chars().last())
            || !cluster.chars().all(inner)
        {
            return Err(AttachError::Name { name: cluster.to_owned() });
        }
        Ok(Folder { cluster: cluster.to_owned(), path: home.join(CLUSTERS).join(cluster) })
    }

    /// Makes the folder, for this user alone.
    pub(super) fn make(&self) -> Result<(), AttachError> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path);
        made.map_err(|error| unusable(&self.path, &error))?;
        let mode = fs::metadata(&self.path).map_err(|error| unusable(&self.path, &error))?.permissions().mode();
        if mode & 0o077 != 0 {
            let private = fs::Permissions::from_mode(0o700);
            fs::set_permissions(&self.path, private).map_err(|error| unusable(&self.path, &error))?;
        }
        Ok(())
    }

    /// A file in it.
    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

pub(super) fn unusable(path: &Path, error: &io::Error) -> AttachError {
    AttachError::Folder { path: path.to_owned(), why: error.to_string() }
}

/// Whether a cluster of this name was ever opened here.
pub fn exists(home: &Path, cluster: &str) -> bool {
    Folder::of(home, cluster).is_ok_and(|folder| folder.file(DATABASE).exists())
}

/// The clusters of a state folder, by name.
pub fn names(home: &Path) -> Result<Vec<String>, AttachError> {
    let path = home.join(CLUSTERS);
    let entries = match fs::read_dir(&path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(&path, &error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| unusable(&path, &error))?;
        if let Some(name) = entry.file_name().to_str().filter(|name| exists(home, name)) {
            names.push(name.to_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Removes a cluster that no process owns, with everything in it.
pub fn remove(home: &Path, cluster: &str) -> Result<(), AttachError> {
    let folder = Folder::of(home, cluster)?;
    if !folder.path.exists() {
        return Ok(());
    }
    let Some(lock) = lock::take(&folder)? else {
        let owner = lock::owner(&folder);
        return Err(AttachError::Silent { cluster: cluster.to_owned(), owner, socket: folder.file("socket") });
    };
    fs::remove_dir_all(&folder.path).map_err(|error| unusable(&folder.path, &error))?;
    drop(lock);
    Ok(())
}
