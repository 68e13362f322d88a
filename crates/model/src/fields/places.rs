//! Project, Target and Environment.

use super::{Field, Kind, object};
use crate::LATEEN_V1ALPHA1;

static PROJECT: [Field; 1] = [Field::new("spec", "object", "What it says of itself").of(&PROJECT_SPEC)];

static PROJECT_SPEC: [Field; 2] =
    [Field::new("description", "string", "For people"), Field::new("owner", "string", "Who is responsible")];

static TARGET: [Field; 1] = [Field::new("spec", "object", "The place").required().of(&TARGET_SPEC)];

static TARGET_SPEC: [Field; 4] = [
    Field::new("project", "string", "The project that it belongs to; without it every project may use it"),
    Field::new("description", "string", "For people"),
    Field::new("cluster", "string", "The cluster's name; local is the hub").required(),
    Field::new("namespace", "string", "The namespace there").required(),
];

static ENVIRONMENT: [Field; 1] =
    [Field::new("spec", "object", "Its places, in order").required().of(&ENVIRONMENT_SPEC)];

static ENVIRONMENT_SPEC: [Field; 4] = [
    Field::new("project", "string", "The project that it belongs to"),
    Field::new("description", "string", "For people"),
    Field::new(
        "namespace",
        "string",
        "The hub's namespace in which its applications live; no other environment has it",
    )
    .required(),
    Field::new("targets", "[]string", "Names of targets, in the order in which they are delivered to").required(),
];

pub(super) fn kinds() -> Vec<Kind> {
    let kind = |kind, words, usage, own| Kind { api_version: LATEEN_V1ALPHA1, kind, words, usage, fields: object(own) };
    vec![
        kind("Project", &["projects"], "Environments and targets that belong together", &PROJECT),
        kind("Target", &["targets"], "A place to deliver to: a cluster and a namespace", &TARGET),
        kind("Environment", &["environments"], "Targets, in the order in which they are delivered to", &ENVIRONMENT),
    ]
}
