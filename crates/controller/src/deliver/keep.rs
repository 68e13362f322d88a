//! Bringing back what somebody has changed: the objects of the version that was delivered, as they were recorded.

use super::Keeper;
use actions::{Fault, ObjectRef};
use delivery::drift;
use delivery::rules::Phase;
use model::ManagedResource;
use model::tracker::ResourceKey;
use rustc_hash::FxHashMap;
use serde_json::Value;

/// What came of looking at an object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// It is as it should be, or a policy leaves it alone.
    AsItWas,
    /// It was brought back; this was different.
    Repaired(String),
    /// It is not as it should be, and stays so, for this reason.
    Left(String),
}

/// An object that was looked at.
#[derive(Debug)]
pub struct Looked {
    /// Which.
    pub key: ResourceKey,
    /// How it was. A fault: it could not be looked at, and is to be looked at again.
    pub found: Result<Found, Fault>,
    /// What its manager owns of it now.
    pub owned: Option<u64>,
}

impl Keeper {
    /// Looks at objects and brings those back that are not as they were recorded. `content` has manifests of those that are
    /// recorded without one.
    pub async fn keep(&self, keys: &[ResourceKey], content: &FxHashMap<ResourceKey, Value>) -> Vec<Looked> {
        let inventory = self.inventory().await;
        let current = [&inventory.current, &inventory.root].into_iter().flat_map(|t| &t.spec.managed_resources);
        let entries: FxHashMap<ResourceKey, &ManagedResource> =
            current.filter(|entry| !entry.deleted).map(|entry| (entry.key(), entry)).collect();
        let mut looked = Vec::with_capacity(keys.len());
        for key in keys {
            let mut owned = None;
            let found = match entries.get(key) {
                // this version does not have it
                None => Ok(Found::AsItWas),
                Some(entry) => self.keep_one(entry, content.get(key), &mut owned).await,
            };
            looked.push(Looked { key: key.clone(), found, owned });
        }
        looked
    }

    async fn keep_one(
        &self,
        entry: &ManagedResource,
        content: Option<&Value>,
        owned: &mut Option<u64>,
    ) -> Result<Found, Fault> {
        let target = ObjectRef {
            api_version: entry.api_version.clone(),
            kind: entry.kind.clone(),
            namespace: entry.namespace.clone(),
            name: entry.name.clone(),
        };
        let objects = self.objects(&entry.cluster).await?;
        let live = objects.read(&target).await?;
        let manager = self.manager();
        let version = |object: &Option<Value>| {
            object
                .as_ref()
                .and_then(|o| o.pointer("/metadata/resourceVersion"))
                .and_then(Value::as_str)
                .map(str::to_owned)
        };
        if live.as_ref().is_some_and(|live| live.pointer("/metadata/deletionTimestamp").is_some()) {
            return Ok(Found::Left("it is being deleted".into()));
        }
        let made = content.map(|content| self.marked(content, !entry.namespace.is_empty()));
        let Some(manifest) = entry.raw.as_ref().or(made.as_ref()) else {
            *owned = live.as_ref().and_then(|live| drift::owned(live, &manager));
            if entry.kind != "Secret" {
                // an apply-once policy leaves it alone; of what was made of secrets it was told when it could not be kept
                return Ok(Found::AsItWas);
            }
            let why = "its content is not known: it is secret, and neither a component makes it nor was it kept";
            return Ok(Found::Left(why.into()));
        };
        let wanted = drift::wanted(self.rules(), manifest, live.as_ref());
        let different = match (&wanted, &live) {
            (None, _) => None,
            (Some(_), None) => Some("it was deleted".to_owned()),
            (Some(wanted), Some(live)) => drift::difference(wanted, live),
        };
        let (Some(wanted), Some(different)) = (wanted, different) else {
            *owned = live.as_ref().and_then(|live| drift::owned(live, &manager));
            return Ok(Found::AsItWas);
        };
        let before = version(&live);
        match self.bring(&objects, &target, &wanted, live, true, Phase::Drift).await {
            Ok(after) => {
                *owned = drift::owned(&after, &manager);
                // a value that the server writes in another form is no drift: nothing has changed
                let changed = version(&Some(after)) != before;
                Ok(if changed { Found::Repaired(different) } else { Found::AsItWas })
            }
            Err(fault) if fault.class == actions::FaultClass::Permanent => Ok(Found::Left(fault.message)),
            Err(fault) => Err(fault),
        }
    }
}
