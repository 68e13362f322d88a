//! How tolerantly the types read: what Go's JSON decoder accepts without a word.

use serde::{Deserialize, Deserializer};

/// `null` reads as the default (an empty list, an empty text), as Go does.
pub(crate) fn nullable<'de, D, T>(d: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

/// Left out when it is the default, as Go's `omitempty`.
pub(crate) fn is_default<T: Default + PartialEq>(v: &T) -> bool {
    *v == T::default()
}
