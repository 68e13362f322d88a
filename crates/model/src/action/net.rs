//! Packages `vela/http`, `vela/cli`, `vela/email`, `vela/chat` and `vela/metrics`: what leaves the cluster.

use super::{Action, Class, Shape, may, need, row};

pub(super) const ACTIONS: &[Action] = &[
    row(
        "http",
        "do",
        "#HTTPDo",
        Class::Effect,
        &[
            may("method", Shape::String),
            need("url", Shape::String),
            may("request", Shape::Struct),
            may("tls_config", Shape::Struct),
            may("repeat", Shape::Bool),
            may("retries", Shape::Int),
            may("allowedStatus", Shape::List),
        ],
        &[
            may("body", Shape::String),
            may("header", Shape::Struct),
            may("trailer", Shape::Struct),
            may("statusCode", Shape::Int),
        ],
    ),
    row(
        "cli",
        "run",
        "#Run",
        Class::Effect,
        &[need("args", Shape::List)],
        &[may("code", Shape::Int), may("output", Shape::String)],
    ),
    row(
        "email",
        "send",
        "#SendEmail",
        Class::Effect,
        &[
            need("from", Shape::Struct),
            need("to", Shape::List),
            need("content", Shape::Struct),
            may("tls_config", Shape::Struct),
            may("mayFail", Shape::Bool),
        ],
        &[may("delivered", Shape::Bool), may("message", Shape::String), may("messageID", Shape::String)],
    ),
    row(
        "chat",
        "send",
        "#Send",
        Class::Effect,
        &[
            need("kind", Shape::String),
            need("url", Shape::String),
            may("secret", Shape::String),
            need("message", Shape::Struct),
        ],
        &[may("delivered", Shape::Bool), may("status", Shape::Int), may("message", Shape::String)],
    ),
    row(
        "metrics",
        "promCheck",
        "#PromCheck",
        Class::Observe,
        &[
            need("query", Shape::String),
            may("metricEndpoint", Shape::String),
            need("condition", Shape::String),
            may("duration", Shape::String),
            may("failDuration", Shape::String),
        ],
        &[may("message", Shape::String), may("failed", Shape::Bool), may("result", Shape::Bool)],
    ),
];
