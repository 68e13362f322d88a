//! Package `vela/builtin`: what steers a step.

use super::{Action, Class, Shape, may, need, row};

pub(super) const ACTIONS: &[Action] = &[
    row(
        "builtin",
        "wait",
        "#ConditionalWait",
        Class::Control,
        &[may("continue", Shape::Bool), may("message", Shape::String)],
        &[],
    ),
    row(
        "builtin",
        "suspend",
        "#Suspend",
        Class::Control,
        &[may("duration", Shape::String), may("message", Shape::String), may("approval", Shape::Any)],
        &[],
    ),
    row("builtin", "break", "#Break", Class::Control, &[may("message", Shape::String)], &[]),
    row("builtin", "fail", "#Fail", Class::Control, &[may("message", Shape::String)], &[]),
    row("builtin", "message", "#Message", Class::Control, &[may("message", Shape::String)], &[]),
    row(
        "builtin",
        "var",
        "#DoVar",
        Class::Control,
        &[need("method", Shape::String), need("path", Shape::String), may("value", Shape::Any)],
        &[may("value", Shape::Any)],
    ),
    row("builtin", "steps", "#Steps", Class::Control, &[], &[]),
];
