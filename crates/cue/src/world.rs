//! The outside, as the language sees it. Nothing in this crate opens a file, asks the time or reads the environment.

use std::sync::Arc;

/// What an evaluation may ask of the outside. Each embedder (command, tests, fuzzer, browser) brings its own.
pub trait World: Send + Sync {
    /// The text of a file, by the path that a load or an `@embed` names.
    ///
    /// # Errors
    /// A sentence that says why there is none, fit to be shown.
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String>;

    /// The names in a folder, sorted, folders with a `/` at the end.
    ///
    /// # Errors
    /// A sentence that says why it cannot be listed.
    fn list(&self, path: &str) -> Result<Vec<String>, String>;

    /// The files of an importable package that is not part of the standard library (`vela/op`), as (name, text).
    fn package(&self, import_path: &str) -> Option<Vec<(String, Arc<str>)>>;
}

/// A world with nothing in it.
#[derive(Debug, Default, Clone, Copy)]
pub struct Nothing;

impl World for Nothing {
    fn read(&self, path: &str) -> Result<Arc<[u8]>, String> {
        Err(format!("{path}: no files here"))
    }
    fn list(&self, path: &str) -> Result<Vec<String>, String> {
        Err(format!("{path}: no files here"))
    }
    fn package(&self, _import_path: &str) -> Option<Vec<(String, Arc<str>)>> {
        None
    }
}
