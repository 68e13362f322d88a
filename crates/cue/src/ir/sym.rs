//! Interned labels.

use indexmap::{Equivalent, IndexSet};
use rustc_hash::FxBuildHasher;
use smol_str::SmolStr;
use std::sync::Arc;

/// A label: its kind in the top bits, then an index. List indices are their own number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(crate) struct Sym(u32);

/// What kind of label.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum SymKind {
    /// A regular field.
    String,
    /// `#D`
    Definition,
    /// `_h`
    Hidden,
    /// `_#D`
    HiddenDefinition,
    /// A list index.
    Index,
}

const SHIFT: u32 = 29;
const MASK: u32 = (1 << SHIFT) - 1;

impl Sym {
    /// No label: the value of a package, a detached value.
    pub(crate) const NONE: Sym = Sym(u32::MAX);

    pub(crate) fn index(i: usize) -> Sym {
        Sym((4 << SHIFT) | (i as u32 & MASK))
    }

    pub(crate) fn kind(self) -> SymKind {
        match self.0 >> SHIFT {
            0 => SymKind::String,
            1 => SymKind::Definition,
            2 => SymKind::Hidden,
            3 => SymKind::HiddenDefinition,
            _ => SymKind::Index,
        }
    }

    pub(crate) fn is_regular(self) -> bool {
        self.kind() == SymKind::String
    }

    pub(crate) fn is_definition(self) -> bool {
        matches!(self.kind(), SymKind::Definition | SymKind::HiddenDefinition)
    }

    pub(crate) fn as_index(self) -> Option<usize> {
        (self.kind() == SymKind::Index && self != Sym::NONE).then_some((self.0 & MASK) as usize)
    }
}

/// The texts of labels. An evaluation adds to its own copy on top of the program's.
#[derive(Debug, Clone, Default)]
pub(crate) struct Symbols {
    entries: IndexSet<Entry, FxBuildHasher>,
    base: Option<Arc<Symbols>>,
}

/// (text, package of a hidden name)
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Entry(SmolStr, u32);

/// What an entry is found by.
#[derive(Hash)]
struct Key<'t>(&'t str, u32);

impl Equivalent<Entry> for Key<'_> {
    fn equivalent(&self, entry: &Entry) -> bool {
        self.0 == entry.0 && self.1 == entry.1
    }
}

impl Symbols {
    fn intern(&mut self, text: &str, package: u32) -> u32 {
        let key = Key(text, package);
        let below = self.base.as_ref().map_or(0, |b| b.entries.len());
        if let Some(i) = self.base.as_ref().and_then(|b| b.entries.get_index_of(&key)) {
            return i as u32;
        }
        let i = match self.entries.get_index_of(&key) {
            Some(i) => i,
            None => self.entries.insert_full(Entry(SmolStr::new(text), package)).0,
        };
        (below + i) as u32
    }

    pub(crate) fn freeze(&mut self) {
        if self.base.is_none() {
            self.base = Some(Arc::new(std::mem::take(self)));
        }
    }

    /// A regular field.
    pub(crate) fn string(&mut self, text: &str) -> Sym {
        Sym(self.intern(text, 0))
    }

    /// An identifier used as a label; hidden names belong to `package`.
    pub(crate) fn ident(&mut self, name: &str, package: u32) -> Sym {
        if let Some(rest) = name.strip_prefix('_')
            && name != "_"
        {
            let kind = if rest.starts_with('#') { 3 } else { 2 };
            Sym((kind << SHIFT) | self.intern(name, package + 1))
        } else if name.starts_with('#') {
            Sym((1 << SHIFT) | self.intern(name, 0))
        } else {
            self.string(name)
        }
    }

    /// The text, without quotes; empty for an index.
    pub(crate) fn text(&self, sym: Sym) -> &SmolStr {
        const EMPTY: &SmolStr = &SmolStr::new_inline("");
        if sym == Sym::NONE || sym.kind() == SymKind::Index {
            return EMPTY;
        }
        let i = (sym.0 & MASK) as usize;
        let below = self.base.as_ref().map_or(0, |b| b.entries.len());
        match &self.base {
            Some(base) if i < below => base.entries.get_index(i),
            _ => self.entries.get_index(i - below),
        }
        .map_or(EMPTY, |e| &e.0)
    }
}
