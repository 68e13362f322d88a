//! A map that mostly has a handful of entries: they stand in a row until there are many.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::hash::Hash;

/// Up to this many entries are searched one by one.
const ROW: usize = 16;

#[derive(Debug)]
pub(crate) struct SmallMap<K, V> {
    row: SmallVec<[(K, V); 8]>,
    many: FxHashMap<K, V>,
}

impl<K: Copy + Eq + Hash, V> Default for SmallMap<K, V> {
    fn default() -> Self {
        SmallMap { row: SmallVec::new(), many: FxHashMap::default() }
    }
}

impl<K: Copy + Eq + Hash, V> SmallMap<K, V> {
    #[inline]
    pub(crate) fn get(&self, key: &K) -> Option<&V> {
        if self.many.is_empty() { self.row.iter().find(|e| e.0 == *key).map(|e| &e.1) } else { self.many.get(key) }
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.many.is_empty() {
            if let Some(old) = self.row.iter_mut().find(|e| e.0 == key) {
                old.1 = value;
            } else if self.row.len() < ROW {
                self.row.push((key, value));
            } else {
                self.many.extend(self.row.drain(..));
                self.many.insert(key, value);
            }
        } else {
            self.many.insert(key, value);
        }
    }

    /// The value of a key, made when there is none.
    pub(crate) fn entry(&mut self, key: K) -> Option<&mut V>
    where
        V: Default,
    {
        if self.get(&key).is_none() {
            self.insert(key, V::default());
        }
        match self.many.is_empty() {
            true => self.row.iter_mut().find(|e| e.0 == key).map(|e| &mut e.1),
            false => self.many.get_mut(&key),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_and_many_entries_are_found() {
        let mut map: SmallMap<u32, u32> = SmallMap::default();
        for i in 0..100 {
            map.insert(i % 40, i);
            assert_eq!(map.get(&(i % 40)), Some(&i));
            assert_eq!(map.get(&40), None);
        }
        for i in 0..50u32 {
            if let Some(v) = map.entry(i) {
                *v += 1;
            }
        }
        assert_eq!((map.get(&0), map.get(&39), map.get(&45)), (Some(&81), Some(&80), Some(&1)));
    }
}
