//! Package `vela/kube`: objects of any cluster.

use super::{Action, Class, Field, Shape, may, need, row};

const CLUSTER: Field = may("cluster", Shape::String);
const FILTER: Field = may("filter", Shape::Struct);
const ERR: Field = may("err", Shape::String);

pub(super) const ACTIONS: &[Action] = &[
    row(
        "kube",
        "apply",
        "#Apply",
        Class::Converge,
        &[CLUSTER, need("value", Shape::Object), may("patch", Shape::Any)],
        &[may("value", Shape::Object), ERR],
    ),
    row(
        "kube",
        "apply-in-parallel",
        "#ApplyInParallel",
        Class::Converge,
        &[CLUSTER, need("value", Shape::List)],
        &[may("value", Shape::List), ERR],
    ),
    row(
        "kube",
        "patch",
        "#Patch",
        Class::Converge,
        &[CLUSTER, need("value", Shape::Object), need("patch", Shape::Any)],
        &[may("result", Shape::Object), may("value", Shape::Object), ERR],
    ),
    row(
        "kube",
        "read",
        "#Read",
        Class::Observe,
        &[CLUSTER, need("value", Shape::Object)],
        &[may("value", Shape::Object), ERR],
    ),
    row(
        "kube",
        "list",
        "#List",
        Class::Observe,
        &[CLUSTER, need("resource", Shape::Object), FILTER],
        &[may("values", Shape::Struct), may("list", Shape::Struct), ERR],
    ),
    row(
        "kube",
        "delete",
        "#Delete",
        Class::Converge,
        &[CLUSTER, need("value", Shape::Object), FILTER],
        &[may("value", Shape::Object), ERR],
    ),
    row(
        "kube",
        "get",
        "#Get",
        Class::Observe,
        &[CLUSTER, need("resource", Shape::Object)],
        &[may("value", Shape::Object), ERR],
    ),
];
