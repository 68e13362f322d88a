//! Whether a cluster answers, asked now.

use crate::api;
use crate::error::{Error, root_cause};
use crate::fleet::Fleet;
use crate::lane::LaneHealth;
use serde_json::Value;
use std::time::Duration;
use tokio::time::Instant;

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// The cluster.
    pub cluster: String,
    /// `gitVersion`, when it answered.
    pub version: Option<String>,
    /// How long the answer took.
    pub took: Duration,
    /// Why it did not answer.
    pub problem: Option<String>,
    /// Its lane.
    pub lane: LaneHealth,
}

impl Fleet {
    /// Asks a cluster for its version. An error only where there is no such cluster or its credentials cannot be used.
    pub async fn probe(&self, name: &str) -> Result<Health, Error> {
        let cluster = self.cluster(name).await?;
        let start = Instant::now();
        let answer = api::get(&cluster.client(), "/version").await;
        let (version, problem) = match answer {
            Ok(version) => (version.get("gitVersion").and_then(Value::as_str).map(str::to_owned), None),
            Err(error) => (None, Some(root_cause(&error))),
        };
        Ok(Health {
            cluster: cluster.name().to_owned(),
            version,
            took: start.elapsed(),
            problem,
            lane: cluster.lane_health(),
        })
    }

    /// Probes all clusters at once; a cluster whose credentials cannot be used is one that does not answer.
    pub async fn probe_all(&self) -> Result<Vec<Health>, Error> {
        let clusters = self.list().await?;
        let probes = clusters.into_iter().map(|info| async move {
            match self.probe(&info.name).await {
                Ok(health) => health,
                Err(error) => Health {
                    cluster: info.name,
                    version: None,
                    took: Duration::ZERO,
                    problem: Some(error.to_string()),
                    lane: crate::lane::Lane::new("", crate::lane::LaneLimits::default()).health(),
                },
            }
        });
        Ok(futures::future::join_all(probes).await)
    }
}
