//! The lock that makes a process the owner. The operating system releases it when the process ends, however it ends.

use super::{
    AttachError,
    folder::{Folder, unusable},
};
use std::{
    fs::{File, OpenOptions, TryLockError},
    io::{Seek, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    time::SystemTime,
};

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    #[expect(dead_code, reason = "held, not read")]
    file: File,
    /// What the lock's file says while it is held; no two owners of a cluster are called the same.
    text: String,
}

/// Names the last owner that let go in good order.
const ENDED: &str = "ended";

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
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos());
    let text = format!("{}\n{since}\n", std::process::id());
    file.write_all(text.as_bytes()).map_err(failed)?;
    Ok(Some(Lock { file, text }))
}

impl Lock {
    /// Notes that this owner lets go having answered every request that it carried out: whoever has no answer from it may
    /// ask the next owner.
    pub(super) fn note_good_end(&self, folder: &Folder) -> Result<(), AttachError> {
        let path = folder.file(ENDED);
        std::fs::write(&path, &self.text).map_err(|error| unusable(&path, &error))
    }
}

/// What the present owner is called, to ask [`ended_well`] later.
pub(super) fn present(folder: &Folder) -> String {
    std::fs::read_to_string(folder.file("lock")).unwrap_or_default()
}

/// Whether this owner has ended, and answered every request that it carried out.
pub(super) fn ended_well(folder: &Folder, owner: &str) -> bool {
    !owner.is_empty() && std::fs::read_to_string(folder.file(ENDED)).is_ok_and(|ended| ended == owner)
}

/// Who holds the lock, in words.
pub(super) fn owner(folder: &Folder) -> String {
    match present(folder).lines().next().unwrap_or_default().parse::<u32>() {
        Ok(process) => format!("process {process}"),
        Err(_) => "another process".to_owned(),
    }
}
