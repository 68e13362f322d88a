//! Workflow, WorkflowRun, and the steps that they share with Applications.

use super::application::{INPUT, OUTPUT};
use super::{Field, Kind, object};
use crate::CORE_V1ALPHA1;

/// How steps follow each other.
pub(super) static MODE: [Field; 2] = [
    Field::new(
        "steps",
        "StepByStep | DAG",
        "Steps: one after the other, or side by side as far as dependsOn and inputs let them",
    ),
    Field::new("subSteps", "StepByStep | DAG", "The steps of a group; side by side unless this says otherwise"),
];

/// A step. A group's steps are like all others, except that they have none themselves.
pub(super) static STEPS: [Field; 13] = [
    Field::new("name", "string", "Unique in the workflow").required(),
    Field::new("type", "string", "The step definition: deploy, suspend, notification, …").required(),
    Field::new("meta", "object", "How people call it").of(&META),
    Field::new(
        "if",
        "string",
        "Run it only when this holds: `always`, also after a failure, or a condition on status, inputs, context",
    ),
    Field::new("timeout", "string", "How long it may take: 90s, 10m, 1h30m; it has failed then"),
    Field::new("dependsOn", "[]string", "Steps that are finished before it begins"),
    Field::new("inputs", "[]object", "Values that it takes from outputs of others").of(&INPUT),
    Field::new("outputs", "[]object", "Values that it gives to others").of(&OUTPUT),
    Field::new("properties", "object", "The definition's parameters; `lateen explain TYPE` shows them"),
    Field::new("mode", "StepByStep | DAG", "How the steps of this group follow each other"),
    Field::new("retry", "object", "What is tried again, how often, after which pause (not in KubeVela)").of(&RETRY),
    Field::new("forEach", "object", "Run it once for each item of a list (not in KubeVela)").of(&FOR_EACH),
    Field::new("subSteps", "[]object", "The steps of a group, one level deep").of(&STEPS),
];

static META: [Field; 1] = [Field::new("alias", "string", "The name that is shown")];

static RETRY: [Field; 3] = [
    Field::new("limit", "int", "How often it is tried again; one failure more ends the step"),
    Field::new("backoff", "string", "The first pause: 5s; each one after it is twice as long, at most five minutes"),
    Field::new(
        "on",
        "[]string",
        "Of error (an action was refused; what is taken without this), fail (the step said so itself), timeout",
    ),
];

static FOR_EACH: [Field; 4] = [
    Field::new("items", "[]any", "The items, written out"),
    Field::new("from", "string", "Or the name of an output of an earlier step that is a list, or a path below context"),
    Field::new(
        "parameterKey",
        "string",
        "The property that gets the item; conditions have it as inputs.item, templates its number as context.itemIndex",
    ),
    Field::new("parallelism", "int", "How many run at a time; 0, or nothing, is all of them"),
];

static WORKFLOW: [Field; 2] = [
    Field::new("mode", "object", "Whether steps follow each other or run side by side").of(&MODE),
    Field::new("steps", "[]object", "What is done").required().of(&STEPS),
];

static RUN: [Field; 2] = [
    Field::new("spec", "object", "What is run").required().of(&RUN_SPEC),
    Field::new("status", "object", "How far it is; written by whoever runs it").unwritten(),
];

static RUN_SPEC: [Field; 4] = [
    Field::new("mode", "object", "Whether steps follow each other or run side by side").of(&MODE),
    Field::new("workflowSpec", "object", "The steps, written out").of(&RUN_WORKFLOW),
    Field::new("workflowRef", "string", "Or the name of a Workflow of the same namespace"),
    Field::new("context", "object", "What templates find in `context` besides; any fields"),
];

static RUN_WORKFLOW: [Field; 1] = [Field::new("steps", "[]object", "What is done").required().of(&STEPS)];

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            api_version: CORE_V1ALPHA1,
            kind: "Workflow",
            words: &["workflows"],
            usage: "Steps that several Applications of a namespace run by the workflow's name",
            fields: object(&WORKFLOW),
        },
        Kind {
            api_version: CORE_V1ALPHA1,
            kind: "WorkflowRun",
            words: &["workflowruns", "wr"],
            usage: "One run of a workflow that belongs to no Application",
            fields: object(&RUN),
        },
    ]
}
