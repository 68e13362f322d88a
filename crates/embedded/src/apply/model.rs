//! Server-side apply against a model of it: any sequence of applies to a map of keys.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::catalog::Gvr;
use crate::clock::TestClock;
use crate::store::{Store, WriteOptions};

const MAPS: Gvr<'static> = Gvr::new("", "v1", "configmaps");

#[derive(Debug, Clone)]
struct Apply {
    manager: u8,
    force: bool,
    stated: BTreeMap<u8, u8>,
}

fn applies() -> impl Strategy<Value = Vec<Apply>> {
    let one = (0..3u8, any::<bool>(), proptest::collection::btree_map(0..4u8, 0..3u8, 0..4))
        .prop_map(|(manager, force, stated)| Apply { manager, force, stated });
    proptest::collection::vec(one, 1..12)
}

/// What each key is worth, and to whom it belongs.
#[derive(Debug, Default, Clone)]
struct Model(BTreeMap<u8, (u8, BTreeSet<u8>)>);

impl Model {
    /// Whether the apply is accepted.
    fn apply(&mut self, apply: &Apply) -> bool {
        let conflict = apply.stated.iter().any(|(key, value)| {
            self.0.get(key).is_some_and(|(is, owners)| is != value && owners.iter().any(|o| *o != apply.manager))
        });
        if conflict && !apply.force {
            return false;
        }
        for (key, value) in &apply.stated {
            let entry = self.0.entry(*key).or_insert_with(|| (*value, BTreeSet::new()));
            if entry.0 != *value {
                *entry = (*value, BTreeSet::new());
            }
            entry.1.insert(apply.manager);
        }
        self.0.retain(|key, (_, owners)| {
            if !apply.stated.contains_key(key) && owners.remove(&apply.manager) {
                return !owners.is_empty();
            }
            true
        });
        true
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn applies_do_what_the_model_does(applies in applies()) {
        let store = Store::open(None, Arc::new(TestClock::default()), false).unwrap();
        let mut model = Model::default();
        for apply in applies {
            let data: Map<String, Value> =
                apply.stated.iter().map(|(k, v)| (format!("k{k}"), v.to_string().into())).collect();
            let object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data});
            let mut options = WriteOptions::by(&format!("m{}", apply.manager));
            options.force = apply.force;
            let done = store.apply(MAPS, "default", object.clone(), &options);
            prop_assert_eq!(done.is_ok(), model.apply(&apply), "{:?}", done);
            let expected: Map<String, Value> =
                model.0.iter().map(|(k, (v, _))| (format!("k{k}"), v.to_string().into())).collect();
            let Ok(stored) = store.get(MAPS, "default", "a") else { continue };
            let data = stored.get("data").and_then(Value::as_object).cloned().unwrap_or_default();
            prop_assert_eq!(data, expected);
            if done.is_ok() {
                // The same again changes nothing.
                let again = store.apply(MAPS, "default", object, &options).unwrap();
                prop_assert_eq!(again, stored);
            }
        }
    }
}
