//! Package `vela/config`: configs, which are labelled Secrets.

use super::{Action, Class, Field, Shape, may, need, row};

const NAME: Field = need("name", Shape::String);
const NAMESPACE: Field = need("namespace", Shape::String);

pub(super) const ACTIONS: &[Action] = &[
    row(
        "config",
        "create",
        "#CreateConfig",
        Class::Converge,
        &[NAME, NAMESPACE, may("template", Shape::String), need("config", Shape::Struct)],
        &[],
    ),
    row("config", "read", "#ReadConfig", Class::Observe, &[NAME, NAMESPACE], &[may("config", Shape::Struct)]),
    row("config", "delete", "#DeleteConfig", Class::Converge, &[NAME, NAMESPACE], &[]),
    row(
        "config",
        "list",
        "#ListConfig",
        Class::Observe,
        &[need("template", Shape::String), NAMESPACE],
        &[may("configs", Shape::List)],
    ),
];
