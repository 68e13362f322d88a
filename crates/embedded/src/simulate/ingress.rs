//! Ingress: an address from outside.

use super::{
    object::Json,
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
    service,
};
use serde_json::{Value, json};

/// Gives an Ingress its address.
pub(super) fn settle(ingress: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if ingress.deleting() || ingress.has("/status/loadBalancer/ingress") {
        return settled;
    }
    let rehearsal = Rehearsal::of(ingress, scene);
    if rehearsal.stall || rehearsal.fail.is_some() {
        return settled;
    }
    let ready = after(scene.begun(ingress), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    if scene.now < ready {
        settled.later(ready);
        return settled;
    }
    settled.status(ingress, json!({"loadBalancer": {"ingress": [{"ip": service::outside(ingress.uid())}]}}));
    settled
}
