//! A list that is mostly empty: it takes the room of one address until something is put into it.

use std::ops::{Deref, DerefMut};

#[derive(Debug, Clone)]
#[expect(clippy::box_collection, reason = "that is the point: three words less where nothing is in it")]
pub(crate) struct Row<T>(Option<Box<Vec<T>>>);

impl<T> Default for Row<T> {
    fn default() -> Self {
        Row(None)
    }
}

impl<T> Row<T> {
    pub(crate) fn push(&mut self, item: T) {
        self.0.get_or_insert_default().push(item);
    }

    pub(crate) fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        self.0.get_or_insert_default().extend(items);
    }

    /// Empties it and keeps its room, unless that is for more than so many.
    pub(crate) fn empty(&mut self, most: usize) {
        match &mut self.0 {
            Some(items) if items.capacity() <= most => items.clear(),
            _ => self.0 = None,
        }
    }

    /// Gives back the room that it does not need.
    pub(crate) fn shrink(&mut self) {
        match &mut self.0 {
            Some(items) if !items.is_empty() => items.shrink_to_fit(),
            _ => self.0 = None,
        }
    }
}

impl<T> Deref for Row<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> DerefMut for Row<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T> IntoIterator for Row<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.map(|items| *items).unwrap_or_default().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Row<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_in_is_there_until_it_is_emptied() {
        let mut row = Row::default();
        assert_eq!((row.len(), std::mem::size_of_val(&row)), (0, std::mem::size_of::<usize>()));
        row.push(1);
        row.extend([2, 3]);
        row.shrink();
        assert_eq!((&row[..], row.clone().into_iter().sum::<i32>()), (&[1, 2, 3][..], 6));
        row.empty(64);
        row.shrink();
        assert!(row.is_empty());
    }
}
