//! Events are forgotten after an hour, as kube-apiserver forgets them.

use jiff::{SignedDuration, Timestamp};

use crate::object;
use crate::store::Store;

/// The collection of events.
pub(crate) const EVENTS: &str = "/events";
/// How many writes pass between two looks at what is old.
pub(crate) const EVERY: u64 = 64;
const LIFETIME: SignedDuration = SignedDuration::from_hours(1);

impl Store {
    /// Removes events that nothing was added to for an hour.
    pub(crate) fn forget_old_events(&self) {
        let Ok(limit) = self.now().checked_sub(LIFETIME) else { return };
        let (events, _) = self.engine().list(EVENTS, None, None);
        for stored in events {
            let event = stored.value();
            let times: [&[&str]; 3] = [&["lastTimestamp"], &["eventTime"], &["metadata", "creationTimestamp"]];
            let last = times.iter().filter_map(|path| object::text(&event, path).parse::<Timestamp>().ok()).max();
            if last.is_some_and(|last| last < limit) {
                // Somebody wrote to it in between: then it is not old.
                drop(self.engine().remove(&stored.key, stored.version));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use jiff::SignedDuration;
    use serde_json::json;

    use crate::catalog::Gvr;
    use crate::clock::TestClock;
    use crate::store::{Selector, Store, WriteOptions};

    #[test]
    fn events_are_forgotten_after_an_hour() {
        let clock = TestClock::default();
        let store = Store::open(None, Arc::new(clock.clone()), false).unwrap();
        let events = Gvr::new("", "v1", "events");
        let make = |name: String| {
            let event = json!({"metadata": {"name": name}, "involvedObject": {"kind": "Pod", "name": "a"}});
            store.create(events, "default", event, &WriteOptions::by("test")).unwrap();
        };
        make("old".into());
        clock.advance(SignedDuration::from_mins(61));
        for index in 0..super::EVERY {
            make(format!("new-{index}"));
        }
        let left = store.list(events, None, &Selector::default()).unwrap().items;
        assert_eq!(left.len() as u64, super::EVERY);
    }
}
