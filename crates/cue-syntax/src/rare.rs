//! A list that is mostly empty, in the room of a pointer: a tree of many fields is a third smaller for it.

/// A list of what few nodes have.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::box_collection, reason = "an empty one is a null pointer")]
pub struct Rare<T>(Option<Box<Vec<T>>>);

impl<T> Rare<T> {
    /// Adds one at the end.
    pub fn push(&mut self, item: T) {
        self.0.get_or_insert_default().push(item);
    }

    /// Adds all of them at the end.
    pub fn extend(&mut self, items: impl IntoIterator<Item = T>) {
        let mut items = items.into_iter();
        if let Some(first) = items.next() {
            let list = self.0.get_or_insert_default();
            list.push(first);
            list.extend(items);
        }
    }

    /// Empties it and keeps its room, unless that is for more than so many.
    pub fn empty(&mut self, most: usize) {
        match &mut self.0 {
            Some(items) if items.capacity() <= most => items.clear(),
            _ => self.0 = None,
        }
    }

    /// Gives back the room that it does not need.
    pub fn shrink(&mut self) {
        match &mut self.0 {
            Some(items) if !items.is_empty() => items.shrink_to_fit(),
            _ => self.0 = None,
        }
    }

    /// All of them; nothing is left.
    #[must_use]
    pub fn take(&mut self) -> Vec<T> {
        self.0.take().map(|v| *v).unwrap_or_default()
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Rare(None)
    }
}

impl<T> std::ops::Deref for Rare<T> {
    type Target = [T];
    fn deref(&self) -> &[T] {
        self.0.as_deref().map_or(&[], Vec::as_slice)
    }
}

impl<T> std::ops::DerefMut for Rare<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        self.0.as_deref_mut().map_or(&mut [], Vec::as_mut_slice)
    }
}

impl<T> From<Vec<T>> for Rare<T> {
    fn from(items: Vec<T>) -> Self {
        Rare((!items.is_empty()).then(|| Box::new(items)))
    }
}

impl<T> FromIterator<T> for Rare<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        items.into_iter().collect::<Vec<T>>().into()
    }
}

impl<T> IntoIterator for Rare<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;
    fn into_iter(mut self) -> Self::IntoIter {
        self.take().into_iter()
    }
}

impl<'a, T> IntoIterator for &'a Rare<T> {
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
    fn is_a_list_in_the_room_of_a_pointer() {
        let mut list: Rare<u32> = Vec::new().into();
        assert_eq!((list.len(), list.clone()), (0, Rare::default()));
        list.push(1);
        assert_eq!(list, vec![1].into());
        assert_eq!((list.take(), list.is_empty()), (vec![1], true));
        list.extend([2, 3]);
        list.shrink();
        assert_eq!((&list[..], list.clone().into_iter().sum::<u32>()), (&[2, 3][..], 5));
        list.empty(64);
        list.shrink();
        assert!(list.is_empty());
        assert_eq!(std::mem::size_of::<Rare<u32>>(), std::mem::size_of::<usize>());
    }
}
