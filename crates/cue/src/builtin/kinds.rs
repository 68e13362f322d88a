//! Kinds of values as a bit set.

/// Kinds that a parameter takes, as a bit set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kinds(pub u16);

impl Kinds {
    /// `null`
    pub const NULL: Kinds = Kinds(1);
    /// `bool`
    pub const BOOL: Kinds = Kinds(2);
    /// `int`
    pub const INT: Kinds = Kinds(4);
    /// `float`
    pub const FLOAT: Kinds = Kinds(8);
    /// `string`
    pub const STRING: Kinds = Kinds(16);
    /// `bytes`
    pub const BYTES: Kinds = Kinds(32);
    /// A function.
    pub const FUNC: Kinds = Kinds(64);
    /// A list.
    pub const LIST: Kinds = Kinds(128);
    /// A struct.
    pub const STRUCT: Kinds = Kinds(256);
    /// `number`: int or float.
    pub const NUMBER: Kinds = Kinds(4 | 8);
    /// Text in either form; a string counts as its UTF-8 bytes.
    pub const TEXT: Kinds = Kinds(16 | 32);
    /// `_`
    pub const TOP: Kinds = Kinds(511);

    /// Whether all of `other` are among them.
    pub const fn contains(self, other: Kinds) -> bool {
        self.0 & other.0 == other.0
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Kinds) -> Kinds {
        Kinds(self.0 & other.0)
    }

    /// Those in either.
    #[must_use]
    pub const fn or(self, other: Kinds) -> Kinds {
        Kinds(self.0 | other.0)
    }

    /// None at all.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// As CUE's messages have it: `string`, `number`, `(bytes|string)`, `_`.
impl std::fmt::Display for Kinds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Kinds::TOP {
            return f.write_str("_");
        }
        if self.is_empty() {
            return f.write_str("_|_");
        }
        let mut names = Vec::new();
        let rest = if self.contains(Kinds::NUMBER) { self.0 & !Kinds::NUMBER.0 } else { self.0 };
        for (kind, name) in [
            (Kinds::NULL, "null"),
            (Kinds::BOOL, "bool"),
            (Kinds::INT, "int"),
            (Kinds::FLOAT, "float"),
            (Kinds::STRING, "string"),
            (Kinds::BYTES, "bytes"),
            (Kinds::FUNC, "func"),
            (Kinds::LIST, "list"),
            (Kinds::STRUCT, "struct"),
        ] {
            if rest & kind.0 != 0 {
                names.push(name);
            }
        }
        if rest != self.0 {
            names.push("number");
        }
        match names.as_slice() {
            [one] => f.write_str(one),
            several => write!(f, "({})", several.join("|")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Kinds;

    #[test]
    fn kinds_are_named_as_cue_names_them() {
        for (kinds, expected) in [
            (Kinds::STRING, "string"),
            (Kinds::NUMBER, "number"),
            (Kinds::TEXT, "(string|bytes)"),
            (Kinds::TOP, "_"),
            (Kinds(0), "_|_"),
            (Kinds::STRING.or(Kinds::NUMBER), "(string|number)"),
        ] {
            assert_eq!(kinds.to_string(), expected);
        }
    }
}
