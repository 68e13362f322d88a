//! The durable half: a redb database, and a journal in front of it.
//!
//! A write is acknowledged when it is in the journal file, a plain append of a checksummed record: the operating system
//! has it then, so the death of the process (`kill -9`) cannot take it back. One writer thread folds what gathered into
//! redb, many writes in one transaction with one fsync, and drops the journal segment it folded. A power cut can lose
//! the last moments (at most a fold's interval), never the order of writes and never the database. On opening, records
//! that the database does not have yet are replayed; a torn last record is a write that was never acknowledged.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use redb::{Builder, Database, DatabaseError, ReadableDatabase, ReadableTable, TableDefinition};
use smol_str::SmolStr;

use super::stored::{Key, Stored};
use crate::error::OpenError;

/// The database file in a cluster's folder.
pub(crate) const DATABASE: &str = "cluster.redb";
/// The layout of what is in the file; a newer one is refused.
const FORMAT: u64 = 1;
const OBJECTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("objects");
const META: TableDefinition<'static, &str, u64> = TableDefinition::new("meta");
/// How long writes gather before they are folded into redb.
const GATHER: Duration = Duration::from_millis(40);
/// redb's page cache: everything is read once, at opening.
const CACHE: usize = 4 << 20;

type Pending = BTreeMap<Key, Option<Arc<Stored>>>;

#[derive(Debug, Default)]
struct Queue {
    pending: Pending,
    version: u64,
    /// Segments that hold what `pending` holds.
    segments: Vec<PathBuf>,
    stop: bool,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
}

/// The open files of one cluster. Dropping it folds everything and closes them.
#[derive(Debug)]
pub(crate) struct Disk {
    dir: PathBuf,
    shared: Arc<Shared>,
    journal: Option<File>,
    journal_len: u64,
    next_segment: u64,
    thread: Option<JoinHandle<()>>,
}

/// What a cluster's folder held.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) disk: Disk,
    pub(crate) objects: Vec<Stored>,
    pub(crate) version: u64,
}

impl Disk {
    pub(crate) fn open(dir: &Path) -> Result<Loaded, OpenError> {
        let unusable =
            |path: &Path, e: &dyn std::fmt::Display| OpenError::Unusable { path: path.to_owned(), why: e.to_string() };
        std::fs::create_dir_all(dir).map_err(|e| unusable(dir, &e))?;
        let path = dir.join(DATABASE);
        let database = open_database(&path)?;
        let (mut objects, mut version) = load(&database, &path)?;

        let (segments, next_segment) = find_segments(dir).map_err(|e| unusable(dir, &e))?;
        let mut replayed = Pending::new();
        for segment in &segments {
            let mut bytes = Vec::new();
            File::open(segment).and_then(|mut f| f.read_to_end(&mut bytes)).map_err(|e| unusable(segment, &e))?;
            for record in (Records { rest: &bytes }) {
                if record.version > version {
                    version = record.version;
                    replayed.insert(record.key.clone(), record.stored().map(Arc::new));
                }
            }
        }
        for (key, stored) in &replayed {
            match stored {
                Some(stored) => objects.insert(key.clone(), Stored::clone(stored)),
                None => objects.remove(key),
            };
        }

        let shared = Arc::new(Shared::default());
        {
            let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.pending = replayed;
            queue.version = version;
            queue.segments = segments;
        }
        let folder = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("embedded-store".into())
            .spawn(move || fold_until_stopped(&folder, &database))
            .map_err(|e| unusable(dir, &e))?;
        let disk =
            Disk { dir: dir.to_owned(), shared, journal: None, journal_len: 0, next_segment, thread: Some(thread) };
        Ok(Loaded { disk, objects: objects.into_values().collect(), version })
    }

    pub(crate) fn put(&mut self, stored: &Arc<Stored>) -> io::Result<()> {
        self.append(&stored.key, stored.version, Some(stored))
    }

    pub(crate) fn remove(&mut self, key: &Key, version: u64) -> io::Result<()> {
        self.append(key, version, None)
    }

    fn append(&mut self, key: &Key, version: u64, stored: Option<&Arc<Stored>>) -> io::Result<()> {
        let mut queue = self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
        // The folder took all segments there were: what is written from now on goes to a new one.
        if queue.segments.is_empty() {
            self.journal = None;
        }
        let mut file = match self.journal.take() {
            Some(file) => file,
            None => {
                let path = self.dir.join(format!("journal-{:08}", self.next_segment));
                let file = OpenOptions::new().create_new(true).append(true).open(&path)?;
                self.next_segment += 1;
                self.journal_len = 0;
                queue.segments.push(path);
                file
            }
        };
        let record = encode(key, version, stored.map(|s| encode_object(s)));
        if let Err(e) = file.write_all(&record) {
            // Take back what may be half written; where even that fails, go on in a fresh segment: a torn record ends one.
            if file.set_len(self.journal_len).is_ok() {
                self.journal = Some(file);
            }
            return Err(e);
        }
        self.journal_len += record.len() as u64;
        self.journal = Some(file);
        queue.version = version;
        queue.pending.insert(key.clone(), stored.cloned());
        drop(queue);
        self.shared.wake.notify_one();
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.shared.queue.lock().unwrap_or_else(PoisonError::into_inner).stop = true;
        self.shared.wake.notify_one();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!(folder = %self.dir.display(), "the store's writer stopped by a panic; its journal is kept");
        }
    }
}

fn open_database(path: &Path) -> Result<Database, OpenError> {
    let damaged = |why: String| OpenError::Damaged { path: path.to_owned(), why };
    let result = std::panic::catch_unwind(|| Builder::new().set_cache_size(CACHE).create(path));
    match result {
        Err(_) => Err(damaged("its pages contradict each other".into())),
        Ok(Ok(database)) => Ok(database),
        Ok(Err(DatabaseError::DatabaseAlreadyOpen)) => Err(OpenError::Busy { path: path.to_owned() }),
        Ok(Err(DatabaseError::Storage(redb::StorageError::Io(e))))
            if !matches!(e.kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof) =>
        {
            Err(OpenError::Unusable { path: path.to_owned(), why: e.to_string() })
        }
        Ok(Err(e)) => Err(damaged(e.to_string())),
    }
}

fn load(database: &Database, path: &Path) -> Result<(BTreeMap<Key, Stored>, u64), OpenError> {
    let damaged = |e: &dyn std::fmt::Display| OpenError::Damaged { path: path.to_owned(), why: e.to_string() };
    let mut objects = BTreeMap::new();
    let read = database.begin_read().map_err(|e| damaged(&e))?;
    let meta = match read.open_table(META) {
        Ok(meta) => meta,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok((objects, 0)),
        Err(e) => return Err(damaged(&e)),
    };
    let number = |key: &str| meta.get(key).map(|v| v.map_or(0, |v| v.value())).map_err(|e| damaged(&e));
    let found = number("format")?;
    if found > FORMAT {
        return Err(OpenError::Newer { path: path.to_owned(), found, supported: FORMAT });
    }
    let version = number("version")?;
    let table = read.open_table(OBJECTS).map_err(|e| damaged(&e))?;
    for row in table.iter().map_err(|e| damaged(&e))? {
        let (key, bytes) = row.map_err(|e| damaged(&e))?;
        let Some(key) = key_of(key.value()) else { return Err(damaged(&"a key of the table is not one of ours")) };
        let Some(stored) = decode_object(key.clone(), bytes.value()) else {
            return Err(damaged(&format!("the object {} {}/{} is not JSON", key.resource, key.namespace, key.name)));
        };
        objects.insert(key, stored);
    }
    Ok((objects, version))
}

// An object: the byte 1, u16 length of its apiVersion, apiVersion, u16 length of its kind, kind, the rest as JSON.
// Opening reads only the metadata of each.

fn encode_object(stored: &Stored) -> Vec<u8> {
    let mut out = Vec::with_capacity(stored.bytes.len() + stored.api_version.len() + stored.kind.len() + 5);
    out.push(1);
    for text in [&stored.api_version, &stored.kind] {
        out.extend_from_slice(&(text.len() as u16).to_le_bytes());
        out.extend_from_slice(text.as_bytes());
    }
    out.extend_from_slice(&stored.bytes);
    out
}

fn decode_object(key: Key, mut bytes: &[u8]) -> Option<Stored> {
    if bytes.first() == Some(&b'{') {
        // The whole object as JSON, as the first version wrote it.
        return Some(Stored::new_as_written(key, serde_json::from_slice(bytes).ok()?));
    }
    if number(&mut bytes, 1)? != 1 {
        return None;
    }
    let mut text = || {
        let length = usize::try_from(number(&mut bytes, 2)?).ok()?;
        std::str::from_utf8(take(&mut bytes, length)?).ok().map(SmolStr::from)
    };
    let (api_version, kind) = (text()?, text()?);
    Stored::read(key, api_version, kind, Bytes::copy_from_slice(bytes))
}

fn key_text(key: &Key) -> String {
    format!("{}\0{}\0{}", key.resource, key.namespace, key.name)
}

fn key_of(text: &str) -> Option<Key> {
    let mut parts = text.split('\0');
    let (resource, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(Key { resource: resource.into(), namespace: namespace.into(), name: name.into() })
}

fn fold_until_stopped(shared: &Shared, database: &Database) {
    loop {
        let stop = {
            let queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
            let queue = shared
                .wake
                .wait_while(queue, |q| q.pending.is_empty() && q.segments.is_empty() && !q.stop)
                .unwrap_or_else(PoisonError::into_inner);
            if queue.stop {
                true
            } else {
                let (queue, _) =
                    shared.wake.wait_timeout_while(queue, GATHER, |q| !q.stop).unwrap_or_else(PoisonError::into_inner);
                queue.stop
            }
        };
        let (pending, version, segments) = {
            let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
            (std::mem::take(&mut queue.pending), queue.version, std::mem::take(&mut queue.segments))
        };
        let folded = pending.is_empty() && segments.is_empty() || {
            match fold(database, &pending, version) {
                Ok(()) => {
                    for segment in &segments {
                        if let Err(e) = std::fs::remove_file(segment) {
                            tracing::warn!(segment = %segment.display(), "cannot remove a folded journal: {e}");
                        }
                    }
                    true
                }
                Err(e) => {
                    tracing::error!("cannot write the cluster's database, its journal is kept: {e}");
                    let mut queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
                    let newer = std::mem::replace(&mut queue.pending, pending);
                    queue.pending.extend(newer);
                    let newer = std::mem::replace(&mut queue.segments, segments);
                    queue.segments.extend(newer);
                    false
                }
            }
        };
        if stop {
            return;
        }
        if !folded {
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

fn fold(database: &Database, pending: &Pending, version: u64) -> Result<(), redb::Error> {
    let write = database.begin_write()?;
    {
        let mut table = write.open_table(OBJECTS)?;
        for (key, stored) in pending {
            let key = key_text(key);
            match stored {
                Some(stored) => drop(table.insert(key.as_str(), encode_object(stored).as_slice())?),
                None => drop(table.remove(key.as_str())?),
            }
        }
        let mut meta = write.open_table(META)?;
        meta.insert("format", FORMAT)?;
        meta.insert("version", version)?;
    }
    write.commit()?;
    Ok(())
}

fn find_segments(dir: &Path) -> io::Result<(Vec<PathBuf>, u64)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        let number = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_prefix("journal-"));
        if let Some(number) = number.and_then(|n| n.parse::<u64>().ok()) {
            found.insert(number, path);
        }
    }
    let next = found.keys().next_back().map_or(0, |n| n + 1);
    Ok((found.into_values().collect(), next))
}

// A record: u32 length of the rest, u64 checksum of the rest after itself, u64 version, u8 kind, u32 length of the key,
// key, bytes of the object (kind 1) or nothing (kind 0). Little-endian.

fn encode(key: &Key, version: u64, bytes: Option<Vec<u8>>) -> Vec<u8> {
    let key = key_text(key);
    let object: &[u8] = bytes.as_deref().unwrap_or_default();
    let mut body = Vec::with_capacity(object.len() + key.len() + 32);
    body.extend_from_slice(&version.to_le_bytes());
    body.push(u8::from(bytes.is_some()));
    body.extend_from_slice(&(key.len() as u32).to_le_bytes());
    body.extend_from_slice(key.as_bytes());
    body.extend_from_slice(object);
    let mut record = Vec::with_capacity(body.len() + 12);
    record.extend_from_slice(&(body.len() as u32).to_le_bytes());
    record.extend_from_slice(&checksum(&body).to_le_bytes());
    record.extend_from_slice(&body);
    record
}

/// FNV-1a over words of eight bytes: finds torn and overwritten records, which is all it is for.
fn checksum(bytes: &[u8]) -> u64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for chunk in bytes.chunks(8) {
        let word = chunk.iter().rev().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        hash = (hash ^ word).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    }
    hash ^ bytes.len() as u64
}

struct Record<'a> {
    version: u64,
    key: Key,
    bytes: Option<&'a [u8]>,
}

impl Record<'_> {
    fn stored(&self) -> Option<Stored> {
        decode_object(self.key.clone(), self.bytes?)
    }
}

/// The whole records of a segment; ends at the first one that is not whole.
struct Records<'a> {
    rest: &'a [u8],
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (head, tail) = rest.split_at_checked(count)?;
    *rest = tail;
    Some(head)
}

fn number(rest: &mut &[u8], count: usize) -> Option<u64> {
    Some(take(rest, count)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        let length = number(&mut self.rest, 4)?;
        let sum = number(&mut self.rest, 8)?;
        let mut body = take(&mut self.rest, usize::try_from(length).ok()?)?;
        if checksum(body) != sum {
            self.rest = &[];
            return None;
        }
        let version = number(&mut body, 8)?;
        let kind = number(&mut body, 1)?;
        let key_length = number(&mut body, 4)?;
        let key = key_of(std::str::from_utf8(take(&mut body, usize::try_from(key_length).ok()?)?).ok()?)?;
        Some(Record { version, key, bytes: (kind == 1).then_some(body) })
    }
}
