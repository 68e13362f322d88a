//! Identities that come out the same after a crash: step ids, effect keys, hashes of inputs.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Digest, Sha256};

const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Ten characters for a step of a run; the same for the same step, for ever.
pub fn step_id(run_uid: &str, step: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(run_uid.as_bytes());
    hash.update([0]);
    hash.update(step.as_bytes());
    let letter = |b: &u8| ALPHABET.get(usize::from(b & 31)).copied().unwrap_or(b'a') as char;
    hash.finalize().iter().take(10).map(letter).collect()
}

/// The idempotency key of an effect: HMAC-SHA256 over (step, action path, input, restart count), keyed with the run's uid,
/// as 32 lower-case hex digits.
pub fn effect_key(run_uid: &str, step: &str, path: &str, input_hash: &str, restarts: u32) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(run_uid.as_bytes()) else {
        return String::new(); // HMAC takes keys of any length
    };
    for part in [step, path, input_hash] {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    mac.update(&restarts.to_be_bytes());
    mac.finalize().into_bytes().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

/// Hash of a value that does not depend on the order of its keys, as 32 lower-case hex digits.
pub fn hash(value: &Value) -> String {
    // serde_json sorts the keys of objects
    let digest = Sha256::digest(value.to_string().as_bytes());
    digest.iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identities_depend_on_every_part_and_on_nothing_else() {
        let id = step_id("u", "deploy");
        assert_eq!(id.len(), 10);
        assert_eq!(id, step_id("u", "deploy"));
        assert_ne!(id, step_id("v", "deploy"));
        let key = effect_key("u", "s", "a.b", "h", 0);
        assert_eq!(key.len(), 32);
        for other in [
            effect_key("v", "s", "a.b", "h", 0),
            effect_key("u", "sa", ".b", "h", 0),
            effect_key("u", "s", "a.b", "i", 0),
            effect_key("u", "s", "a.b", "h", 1),
        ] {
            assert_ne!(key, other);
        }
        assert_eq!(hash(&json!({"a": 1, "b": 2})), hash(&json!({"b": 2, "a": 1})));
    }
}
