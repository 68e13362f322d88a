//! The entries of a large ResourceTracker, packed as KubeVela packs them: gzip of their JSON, as base64, under
//! `spec.compression`. An object of more than 1.5 MB cannot be stored, and one that is nearly so is slow to store.

use actions::Fault;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use model::ResourceTracker;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};

/// Trackers of more entries are packed.
const PLAIN: usize = 200;
/// How many bytes packed entries may come to: a small object must not fill the memory.
const LARGEST: u64 = 256 << 20;

/// A tracker as it is written.
///
/// # Errors
/// Its entries cannot be written as JSON.
pub(super) fn packed(tracker: &ResourceTracker) -> Result<Value, Fault> {
    let mut whole = super::untyped("tracker", tracker)?;
    let Some(spec) = whole.get_mut("spec").and_then(Value::as_object_mut) else { return Ok(whole) };
    if tracker.spec.managed_resources.len() > PLAIN
        && let Some(entries) = spec.remove("managedResources")
    {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let text = entries.to_string();
        let gzip = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
        let gzip = gzip.map_err(|e| Fault::permanent(format!("tracker cannot be packed: {e}")))?;
        spec.insert("compression".to_owned(), json!({ "type": "gzip", "data": STANDARD.encode(gzip) }));
    }
    Ok(whole)
}

/// Unpacks entries that are packed.
///
/// # Errors
/// They are packed in another way than with gzip, or damaged: the sentence says which tracker and what.
pub(crate) fn unpack(tracker: &mut ResourceTracker) -> Result<(), Fault> {
    let name = &tracker.metadata.name;
    let Some(packed) = &tracker.spec.compression else { return Ok(()) };
    let text = |key: &str| packed.get(key).and_then(Value::as_str).unwrap_or_default();
    match text("type") {
        "" | "none" => {}
        "gzip" => {
            let damaged = |e: &dyn std::fmt::Display| {
                Fault::permanent(format!("the packed entries of ResourceTracker {name} are damaged: {e}"))
            };
            let bytes = STANDARD.decode(text("data")).map_err(|e| damaged(&e))?;
            let mut entries = Vec::new();
            GzDecoder::new(bytes.as_slice()).take(LARGEST).read_to_end(&mut entries).map_err(|e| damaged(&e))?;
            tracker.spec.managed_resources = serde_json::from_slice(&entries).map_err(|e| damaged(&e))?;
        }
        other => {
            return Err(Fault::permanent(format!(
                "the entries of ResourceTracker {name} are packed with {other}, which Lateen does not read: let KubeVela \
                 write them with gzip, or unpacked, before this application is run here"
            )));
        }
    }
    tracker.spec.compression = None;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::ManagedResource;

    fn tracker(entries: usize) -> ResourceTracker {
        let mut tracker = ResourceTracker::default();
        let entry =
            |i| ManagedResource { kind: "ConfigMap".into(), name: format!("c{i}"), ..ManagedResource::default() };
        tracker.spec.managed_resources = (0..entries).map(entry).collect();
        tracker
    }

    #[test]
    fn many_entries_are_packed_and_read_back() {
        let few = packed(&tracker(3)).unwrap();
        assert_eq!(few["spec"]["managedResources"].as_array().unwrap().len(), 3);
        let many = tracker(10_000);
        let stored = packed(&many).unwrap();
        assert!(stored["spec"].get("managedResources").is_none());
        assert!(stored.to_string().len() < 200_000, "{} bytes", stored.to_string().len());
        let mut read: ResourceTracker = serde_json::from_value(stored).unwrap();
        unpack(&mut read).unwrap();
        assert_eq!(read, many);
    }

    #[test]
    fn what_cannot_be_unpacked_is_named() {
        let mut one = tracker(1);
        one.metadata.name = "shop-default".into();
        one.spec.compression = Some(json!({"type": "zstd", "data": ""}));
        assert!(unpack(&mut one).unwrap_err().message.contains("ResourceTracker shop-default are packed with zstd"));
        one.spec.compression = Some(json!({"type": "gzip", "data": "AAAA"}));
        assert!(unpack(&mut one).unwrap_err().message.contains("damaged"));
    }
}
