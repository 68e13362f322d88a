//! Which guards of comprehensions were passed, for who measures how much of a text its tests reach.

use cue_syntax::{Source, Span};
use rustc_hash::FxHashSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The conditions (`if c`) that held and the sources (`for x in s`) that had an element, by source name and place. One may be
/// given to many evaluations, on many threads ([`crate::Limits::coverage`]).
#[derive(Debug, Default)]
pub struct Coverage(Mutex<FxHashSet<(String, u32)>>);

impl Coverage {
    /// Records that the guard at this place was passed.
    pub(crate) fn passed(&self, source: &Arc<Source>, span: Span) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.insert((source.name.clone(), span.start));
    }

    /// Whether the guard whose expression begins at this byte of the source of this name was ever passed.
    pub fn has(&self, source: &str, start: u32) -> bool {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.contains(&(source.to_owned(), start))
    }
}
