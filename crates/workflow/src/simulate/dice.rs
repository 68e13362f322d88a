//! Chance from a seed (splitmix64).

/// A sequence of numbers that depends on its seed alone.
#[derive(Debug, Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// A number below `sides`.
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides.max(1)
    }

    /// True once in `of` times.
    pub fn once_in(&mut self, of: u64) -> bool {
        of > 0 && self.roll(of) == 0
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.roll(u64::try_from(high - low + 1).unwrap_or(1)) as i64
    }

    /// One of a list.
    pub fn pick<'a, T>(&mut self, from: &'a [T], none: &'a T) -> &'a T {
        let at = self.roll(from.len() as u64) as usize;
        from.get(at).unwrap_or(none)
    }
}
