//! The drafts and the addresses that name them.

/// A draft; later ones are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Version {
    Draft4,
    Draft6,
    Draft7,
    Draft2019,
    Draft2020,
}

impl Version {
    /// The draft that `$schema` names; an empty fragment makes no difference.
    pub(super) fn named(address: &str) -> Option<Version> {
        let bare = address.strip_suffix('#').unwrap_or(address);
        let bare = bare.strip_prefix("https://").or_else(|| bare.strip_prefix("http://"))?;
        Some(match bare {
            "json-schema.org/draft-04/schema" => Version::Draft4,
            "json-schema.org/draft-06/schema" => Version::Draft6,
            "json-schema.org/draft-07/schema" => Version::Draft7,
            "json-schema.org/draft/2019-09/schema" => Version::Draft2019,
            "json-schema.org/draft/2020-12/schema" => Version::Draft2020,
            _ => return None,
        })
    }

    /// Its address.
    pub(super) fn address(self) -> &'static str {
        match self {
            Version::Draft4 => "http://json-schema.org/draft-04/schema#",
            Version::Draft6 => "http://json-schema.org/draft-06/schema#",
            Version::Draft7 => "http://json-schema.org/draft-07/schema#",
            Version::Draft2019 => "https://json-schema.org/draft/2019-09/schema",
            Version::Draft2020 => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    /// The keyword that gives a schema its address.
    pub(super) fn id(self) -> &'static str {
        if self == Version::Draft4 { "id" } else { "$id" }
    }
}
