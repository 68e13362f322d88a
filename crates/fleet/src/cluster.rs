//! A cluster that can be talked to.

use crate::lane::{Lane, LaneHealth};
use kube::Client;
use std::fmt;
use std::sync::Arc;

/// A cluster by name, with the client that leads to it. Cheap to clone.
#[derive(Clone)]
pub struct Cluster(Arc<Inner>);

struct Inner {
    name: String,
    client: Client,
    lane: Lane,
    simulated: bool,
}

impl Cluster {
    pub(crate) fn new(name: &str, client: Client, lane: Lane, simulated: bool) -> Cluster {
        let expires = *client.valid_until();
        let client = crate::client::in_lane(client, &lane).with_valid_until(expires);
        Cluster(Arc::new(Inner { name: name.to_owned(), client, lane, simulated }))
    }

    /// Its name; the hub's is `local`.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The client: no retries of its own, limited and timed by the cluster's lane.
    pub fn client(&self) -> Client {
        self.0.client.clone()
    }

    /// Whether its credentials have run out, so that a new client has to be made.
    pub(crate) fn expired(&self) -> bool {
        self.0.client.valid_until().is_some_and(|until| until <= jiff::Timestamp::now())
    }

    /// Its lane.
    pub fn lane(&self) -> &Lane {
        &self.0.lane
    }

    /// How its lane fares.
    pub fn lane_health(&self) -> LaneHealth {
        self.0.lane.health()
    }

    /// Whether it is embedded and its workloads are simulated.
    pub fn simulated(&self) -> bool {
        self.0.simulated
    }
}

impl fmt::Debug for Cluster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cluster")
            .field("name", &self.0.name)
            .field("simulated", &self.0.simulated)
            .finish_non_exhaustive()
    }
}
