//! Packages `vela/oam` and `vela/terraform`: the Application that the workflow belongs to.

use super::{Action, Class, Field, Shape, may, need, row};

const COMPONENT: &[Field] = &[
    need("value", Shape::Struct),
    may("cluster", Shape::String),
    may("namespace", Shape::String),
    may("env", Shape::String),
    may("waitHealthy", Shape::Bool),
    may("patch", Shape::Struct),
];
const RENDERED: &[Field] = &[may("output", Shape::Object), may("outputs", Shape::Struct)];
const APP: &[Field] = &[may("app", Shape::Any)];
const VALUE: &[Field] = &[may("value", Shape::Any)];

pub(super) const ACTIONS: &[Action] = &[
    row("oam", "component-apply", "#ApplyComponent", Class::Converge, COMPONENT, RENDERED),
    row("oam", "component-render", "#RenderComponent", Class::Observe, COMPONENT, RENDERED),
    row("oam", "load", "#LoadComponets", Class::Observe, APP, VALUE),
    row("oam", "load-comps-in-order", "#LoadComponetsInOrder", Class::Observe, APP, VALUE),
    row("oam", "load-policies", "#LoadPolicies", Class::Observe, APP, VALUE),
    row(
        "terraform",
        "load-terraform-components",
        "#LoadTerraformComponents",
        Class::Observe,
        &[],
        &[may("outputs", Shape::Struct)],
    ),
    row(
        "terraform",
        "get-connection-status",
        "#GetConnectionStatus",
        Class::Observe,
        &[need("inputs", Shape::Struct)],
        &[may("outputs", Shape::Struct)],
    ),
];
