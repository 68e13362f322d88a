//! Clouds, simulated: the Terraform controller's providers become ready, its configurations become resources with a Secret
//! to connect with.

pub(super) mod configuration;
pub(super) mod provider;

use super::custom::{Column, custom};
use super::kind::{TERRAFORM_CONFIGURATION, TERRAFORM_PROVIDER};
use serde_json::Value;

/// The CustomResourceDefinitions of the Terraform controller, ready to be applied to a cluster.
pub fn crds() -> Vec<Value> {
    const STATE: Column = Column { name: "STATE", kind: "string", path: ".status.apply.state" };
    const READY: Column = Column { name: "STATE", kind: "string", path: ".status.state" };
    vec![
        custom(&TERRAFORM_CONFIGURATION, &["v1beta2", "v1beta1"], &[STATE], "terraform-controller"),
        custom(&TERRAFORM_PROVIDER, &["v1beta1"], &[READY], "terraform-controller"),
    ]
}
