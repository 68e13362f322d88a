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

/// The keys of a property path: `spec.components[0]."x.y"` gives `spec`, `components`, `0`, `x.y`.
pub(crate) fn path_keys(path: &str) -> std::vec::IntoIter<String> {
    let mut keys = Vec::new();
    let mut key = String::new();
    let mut quoted = false;
    for c in path.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' | '[' | ']' if !quoted => {
                if !key.is_empty() {
                    keys.push(std::mem::take(&mut key));
                }
            }
            c => key.push(c),
        }
    }
    if !key.is_empty() {
        keys.push(key);
    }
    keys.into_iter()
}
