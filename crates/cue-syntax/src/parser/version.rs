//! Syntax that a file must ask for with `@experiment(…)`.

/// A set of experiments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Experiments(u8);

impl Experiments {
    pub(crate) const NONE: Self = Experiments(0);
    /// For texts that belong to no file, such as `-e` expressions.
    pub(crate) const ALL: Self = Experiments(0xff);
    pub(crate) const TRY: Self = Experiments(1);
    pub(crate) const ALIAS_V2: Self = Experiments(2);
    pub(crate) const EXPLICIT_OPEN: Self = Experiments(4);
    /// Those that change no syntax.
    const OTHER: Self = Experiments(8);
    /// Their names, to be shown.
    pub(crate) const KNOWN: &str = "aliasv2, explicitopen, shortcircuit, structcmp, try";

    /// The experiment of a name, as of language v0.17.
    pub(crate) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "try" => Self::TRY,
            "aliasv2" => Self::ALIAS_V2,
            "explicitopen" => Self::EXPLICIT_OPEN,
            "structcmp" | "shortcircuit" | "testing" | "accepted_" => Self::OTHER,
            _ => return None,
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::TRY => "try",
            Self::ALIAS_V2 => "aliasv2",
            _ => "explicitopen",
        }
    }

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn all(self) -> bool {
        self == Self::ALL
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Experiments(self.0 | other.0)
    }
}
