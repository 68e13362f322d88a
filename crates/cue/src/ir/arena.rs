//! A growing table that never moves: what it holds stands in blocks, so growing copies nothing, asks for no more than a
//! block at a time, and fits into the gaps that the syntax tree has left.

use std::ops::{Index, IndexMut};

/// Items a block.
const BLOCK: usize = 1 << SHIFT;
const SHIFT: u32 = 8;

/// A table addressed by the ids that it gives out.
#[derive(Debug)]
pub(crate) struct Arena<T> {
    blocks: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Arena<T> {
    fn default() -> Self {
        Arena { blocks: Vec::new(), len: 0 }
    }
}

impl<T> Arena<T> {
    pub(crate) fn push(&mut self, item: T) -> u32 {
        let id = self.len;
        match self.blocks.last_mut() {
            Some(last) if last.len() < BLOCK => last.push(item),
            before => {
                // The first block of a small evaluation grows as it needs.
                let mut block = Vec::with_capacity(if before.is_some() { BLOCK } else { 8 });
                block.push(item);
                self.blocks.push(block);
            }
        }
        self.len += 1;
        id as u32
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

#[expect(clippy::indexing_slicing, reason = "an id is an index that this table gave out; tables only grow")]
impl<T> Index<u32> for Arena<T> {
    type Output = T;
    #[inline]
    fn index(&self, index: u32) -> &T {
        &self.blocks[(index >> SHIFT) as usize][index as usize & (BLOCK - 1)]
    }
}

#[expect(clippy::indexing_slicing, reason = "as above")]
impl<T> IndexMut<u32> for Arena<T> {
    #[inline]
    fn index_mut(&mut self, index: u32) -> &mut T {
        &mut self.blocks[(index >> SHIFT) as usize][index as usize & (BLOCK - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_to_what_was_pushed() {
        let mut arena = Arena::default();
        for i in 0..3 * BLOCK as u32 + 5 {
            assert_eq!(arena.push(i), i);
        }
        arena[700] += 1;
        assert_eq!((arena[0], arena[255], arena[256], arena[700], arena.len()), (0, 255, 256, 701, 3 * BLOCK + 5));
    }
}
