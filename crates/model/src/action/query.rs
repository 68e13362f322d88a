//! Package `vela/query`: views of what an Application made.

use super::{Action, Class, Field, Shape, may, need, row};

const APP: Field = need("app", Shape::Struct);
const LIST: &[Field] = &[may("list", Shape::List), may("err", Shape::String)];

pub(super) const ACTIONS: &[Action] = &[
    row("query", "listResourcesInApp", "#ListResourcesInApp", Class::Observe, &[APP], LIST),
    row("query", "listAppliedResources", "#ListAppliedResources", Class::Observe, &[APP], LIST),
    row("query", "collectResources", "#CollectPods", Class::Observe, &[APP], LIST),
    row("query", "collectServices", "#CollectServices", Class::Observe, &[APP], LIST),
    row(
        "query",
        "searchEvents",
        "#SearchEvents",
        Class::Observe,
        &[need("value", Shape::Object), may("cluster", Shape::String)],
        LIST,
    ),
    row(
        "query",
        "collectLogsInPod",
        "#CollectLogsInPod",
        Class::Observe,
        &[
            may("cluster", Shape::String),
            need("namespace", Shape::String),
            need("pod", Shape::String),
            may("options", Shape::Struct),
        ],
        &[may("outputs", Shape::Struct), may("err", Shape::String)],
    ),
    row("query", "collectServiceEndpoints", "#CollectServiceEndpoints", Class::Observe, &[APP], LIST),
    row("query", "getApplicationTree", "#GetApplicationTree", Class::Observe, &[APP], LIST),
];
