//! CronJob: accepted, never due. Its jobs are not simulated, so its status stays as a control plane leaves it before the
//! first run.

use super::scene::{Scene, Settled};
use serde_json::{Value, json};

/// Gives a CronJob the empty status of one that has not run yet.
pub(super) fn settle(job: &Value, _scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if job.get("status").is_none() {
        settled.status(job, json!({}));
    }
    settled
}
