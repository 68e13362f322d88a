//! Package `vela/multicluster`: placements, and the delivery of components to them.

use super::{Action, Class, Shape, may, need, row};

pub(super) const ACTIONS: &[Action] = &[
    row(
        "multicluster",
        "deploy",
        "#Deploy",
        Class::Converge,
        &[
            may("policies", Shape::List),
            may("parallelism", Shape::Int),
            may("ignoreTerraformComponent", Shape::Bool),
            may("inlinePolicies", Shape::List),
            // of the older composite `#ApplyEnvBindApp`: one env of an env-binding policy
            may("env", Shape::String),
            may("policy", Shape::String),
            may("app", Shape::String),
            may("namespace", Shape::String),
            may("parallel", Shape::Bool),
            may("component", Shape::String),
        ],
        &[],
    ),
    row("multicluster", "list-clusters", "#ListClusters", Class::Observe, &[], &[may("outputs", Shape::Struct)]),
    row(
        "multicluster",
        "get-placements-from-topology-policies",
        "#GetPlacementsFromTopologyPolicies",
        Class::Observe,
        &[may("policies", Shape::List)],
        &[may("placements", Shape::List)],
    ),
    row(
        "multicluster",
        "make-placement-decisions",
        "#MakePlacementDecisions",
        Class::Observe,
        &[
            need("policyName", Shape::String),
            may("envName", Shape::String),
            need("placement", Shape::Struct),
            may("inputs", Shape::Struct),
        ],
        &[may("decisions", Shape::List), may("outputs", Shape::Struct)],
    ),
    row(
        "multicluster",
        "patch-application",
        "#PatchApplication",
        Class::Observe,
        &[
            may("envName", Shape::String),
            may("patch", Shape::Struct),
            may("selector", Shape::Struct),
            may("inputs", Shape::Struct),
        ],
        &[may("outputs", Shape::Struct)],
    ),
];
