//! What may stand between two tokens.

/// A set of requests; the printer grants the strongest one that the source's own line breaks allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Gap(u16);

impl Gap {
    pub(crate) const NONE: Gap = Gap(0);
    /// A space.
    pub(crate) const BLANK: Gap = Gap(1);
    /// The next token starts a new column.
    pub(crate) const COLUMN: Gap = Gap(1 << 1);
    /// No space; stronger than `BLANK` and `COLUMN`.
    pub(crate) const TIGHT: Gap = Gap(1 << 2);
    /// The line breaks of the source do not count here.
    pub(crate) const FIXED: Gap = Gap(1 << 3);
    /// A comma…
    pub(crate) const COMMA: Gap = Gap(1 << 4);
    /// …but only when a new line follows.
    pub(crate) const TRAILING: Gap = Gap(1 << 5);
    /// A comma and a space unless a new line follows.
    pub(crate) const DECL_COMMA: Gap = Gap(1 << 6);
    /// A new line in the same table.
    pub(crate) const LINE: Gap = Gap(1 << 7);
    /// A new line that ends the table.
    pub(crate) const BREAK: Gap = Gap(1 << 8);
    /// An empty line.
    pub(crate) const SECTION: Gap = Gap(1 << 9);
    /// From the next new line on, one level deeper.
    pub(crate) const INDENT: Gap = Gap(1 << 10);
    /// Back to the level before the last `INDENT`.
    pub(crate) const UNINDENT: Gap = Gap(1 << 11);
    pub(crate) const ANY_LINE: Gap = Gap(Gap::LINE.0 | Gap::BREAK.0 | Gap::SECTION.0);

    pub(crate) fn has(self, other: Gap) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn without(self, other: Gap) -> Gap {
        Gap(self.0 & !other.0)
    }
}

impl std::ops::BitOr for Gap {
    type Output = Gap;
    fn bitor(self, other: Gap) -> Gap {
        Gap(self.0 | other.0)
    }
}

impl std::ops::BitOrAssign for Gap {
    fn bitor_assign(&mut self, other: Gap) {
        self.0 |= other.0;
    }
}
