//! Packages `vela/util`, `vela/time`, `vela/cue`, `vela/base64` and `vela/helm`: computing.

use super::{Action, Class, Shape, may, need, row};

pub(super) const ACTIONS: &[Action] = &[
    row(
        "util",
        "patch-k8s-object",
        "#PatchK8sObject",
        Class::Pure,
        &[need("value", Shape::Any), need("patch", Shape::Any)],
        &[may("result", Shape::Any)],
    ),
    row("util", "string", "#ConvertString", Class::Pure, &[need("bt", Shape::Bytes)], &[may("str", Shape::String)]),
    row(
        "util",
        "log",
        "#Log",
        Class::Control,
        &[may("data", Shape::Any), may("level", Shape::Int), may("source", Shape::Struct)],
        &[],
    ),
    row(
        "time",
        "timestamp",
        "#DateToTimestamp",
        Class::Pure,
        &[need("date", Shape::String), may("layout", Shape::String)],
        &[may("timestamp", Shape::Int)],
    ),
    row(
        "time",
        "date",
        "#TimestampToDate",
        Class::Pure,
        &[need("timestamp", Shape::Int), may("layout", Shape::String)],
        &[may("date", Shape::String)],
    ),
    row(
        "cue",
        "strategyUnify",
        "#StrategyUnify",
        Class::Pure,
        &[need("value", Shape::Any), need("patch", Shape::Any)],
        &[may("result", Shape::Any)],
    ),
    row(
        "helm",
        "render",
        "#Render",
        Class::Observe,
        &[
            need("chart", Shape::Struct),
            may("release", Shape::Struct),
            may("values", Shape::Any),
            may("valuesFrom", Shape::List),
            may("options", Shape::Struct),
            may("context", Shape::Struct),
        ],
        &[may("resources", Shape::List), may("notes", Shape::String)],
    ),
];
