//! The lock that makes a process the owner. The operating system releases it when the process ends, however it ends.

use super::{
    AttachError,
    folder::{Folder, unusable},
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
};

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock(#[expect(dead_code, reason = "held, not read")] File);

/// Takes the lock if nobody has it.
pub(super) fn take(folder: &Folder) -> Result<Option<Lock>, AttachError> {
    let path = folder.file("lock");
    let failed = |error: std::io::Error| unusable(&path, &error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(&path)
        .map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Ok(None),
        Err(TryLockError::Error(error)) => return Err(failed(error)),
    }
    // The folder may have been removed, and made again, between opening and locking: then this lock guards nothing.
    let held = file.metadata().map_err(failed)?;
    match std::fs::metadata(&path) {
        Ok(named) if (named.dev(), named.ino()) == (held.dev(), held.ino()) => {}
        _ => return Ok(None),
    }
    file.set_len(0).map_err(failed)?;
    file.rewind().map_err(failed)?;
    writeln!(file, "{}", std::process::id()).map_err(failed)?;
    Ok(Some(Lock(file)))
}

/// Who holds the lock, in words.
pub(super) fn owner(folder: &Folder) -> String {
    let text = std::fs::read_to_string(folder.file("lock")).unwrap_or_default();
    match text.trim().parse::<u32>() {
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    }
}
