//! Where the owner's socket is. A socket's path may have about 100 bytes; a cluster's folder may be deeper.

use super::{
    AttachError,
    folder::{Folder, unusable},
};
use sha2::{Digest, Sha256};
use std::{
    fs, io,
    os::unix::{
        ffi::OsStrExt,
        fs::{DirBuilderExt, MetadataExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};
use tokio::net::UnixListener;

/// The longest path that every Unix allows for a socket.
const LONGEST: usize = 100;
/// The digits that a socket's name has in the folder for sockets.
const DIGEST: usize = 16;
const RECORD: &str = "socket-path";

/// Makes the socket, for this user alone. The lock is held: what is there already was left by an owner that ended.
pub(super) fn bind(folder: &Folder) -> Result<(UnixListener, PathBuf), AttachError> {
    let path = place(folder)?;
    let failed = |error: io::Error| unusable(&path, &error);
    match fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let listener = UnixListener::bind(&path).map_err(failed)?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(failed)?;
    Ok((listener, path))
}

/// Where the present owner's socket is, as its folder says.
pub(super) fn find(folder: &Folder) -> PathBuf {
    let usual = folder.file("socket");
    match fs::read_to_string(folder.file(RECORD)) {
        Ok(recorded) if !recorded.trim().is_empty() => PathBuf::from(recorded.trim()),
        _ => usual,
    }
}

fn place(folder: &Folder) -> Result<PathBuf, AttachError> {
    let usual = folder.file("socket");
    let record = folder.file(RECORD);
    if usual.as_os_str().as_bytes().len() <= LONGEST {
        match fs::remove_file(&record) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(&record, &error)),
            _ => return Ok(usual),
        }
    }
    let owner = fs::metadata(&folder.path).map_err(|error| unusable(&folder.path, &error))?.uid();
    let short = runtime_folder(&std::env::temp_dir(), owner)?;
    let whole = fs::canonicalize(&folder.path).map_err(|error| unusable(&folder.path, &error))?;
    let digest = Sha256::digest(whole.as_os_str().as_bytes());
    let name: String = digest.iter().take(DIGEST / 2).map(|byte| format!("{byte:02x}")).collect();
    let path = short.join(name);
    fs::write(&record, path.as_os_str().as_bytes()).map_err(|error| unusable(&record, &error))?;
    Ok(path)
}

/// A folder for sockets below the folder for temporary files, this user's alone. Where that folder is itself too deep for a
/// socket (`TMPDIR` may name any), it is below `/tmp`, which every Unix has.
fn runtime_folder(temporary: &Path, owner: u32) -> Result<PathBuf, AttachError> {
    let deep = temporary.as_os_str().as_bytes().len() > LONGEST - DIGEST - 20;
    let path = if deep { Path::new("/tmp") } else { temporary }.join(format!("lateen-{owner}"));
    match fs::DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(&path, &error)),
        _ => {}
    }
    check_private(&path, owner)?;
    Ok(path)
}

/// Somebody else could have made the folder first, to listen in our place.
fn check_private(path: &Path, owner: u32) -> Result<(), AttachError> {
    let found = fs::symlink_metadata(path).map_err(|error| unusable(path, &error))?;
    if !found.is_dir() || found.uid() != owner || found.mode() & 0o077 != 0 {
        let why = "it exists and is not a folder of this user alone".to_owned();
        return Err(AttachError::Folder { path: path.to_owned(), why });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "a test reports by panicking")]
    use super::*;

    #[test]
    fn a_deep_folder_for_temporary_files_is_not_used_for_sockets() {
        let base = tempfile::tempdir().unwrap();
        let owner = fs::metadata(base.path()).unwrap().uid();
        let mut deep = base.path().to_owned();
        while deep.as_os_str().len() <= LONGEST {
            deep.push("deeper");
        }
        fs::create_dir_all(&deep).unwrap();
        let found = runtime_folder(&deep, owner).unwrap();
        assert_eq!(found, Path::new("/tmp").join(format!("lateen-{owner}")));
        assert!(found.as_os_str().len() + 1 + DIGEST <= LONGEST, "a socket fits there");
    }
}
