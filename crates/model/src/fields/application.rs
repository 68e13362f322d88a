//! Application, Policy and Initializer.

use super::workflow::{MODE, STEPS};
use super::{Field, Kind, object};
use crate::{CORE_V1ALPHA1, CORE_V1BETA1};

/// What every object begins with.
pub(super) static HEAD: [Field; 3] = [
    Field::new("apiVersion", "string", "Group and version of the kind").required(),
    Field::new("kind", "string", "The kind").required(),
    Field::new("metadata", "object", "Name, namespace, labels, annotations").required().of(&METADATA),
];

/// `metadata`, with what API servers write into it.
pub static METADATA: [Field; 15] = [
    Field::new("name", "string", "Unique among the objects of its kind and namespace").required(),
    Field::new(
        "namespace",
        "string",
        "Where it is stored; an application is delivered there unless a policy says otherwise",
    ),
    Field::new("labels", "map[string]string", "Labels, to select it by"),
    Field::new("annotations", "map[string]string", "Annotations; app.oam.dev/publishVersion publishes a version"),
    Field::new("generateName", "string", "A name that the API server completes").unwritten(),
    Field::new("finalizers", "[]string", "Who must do something before it may go").unwritten(),
    Field::new("ownerReferences", "[]object", "Whose deletion deletes it").unwritten(),
    Field::new("uid", "string", "Given by the API server").unwritten(),
    Field::new("resourceVersion", "string", "Given by the API server").unwritten(),
    Field::new("generation", "int", "Counts changes of spec; given by the API server").unwritten(),
    Field::new("creationTimestamp", "string", "Given by the API server").unwritten(),
    Field::new("deletionTimestamp", "string", "Set once deletion was asked for").unwritten(),
    Field::new("deletionGracePeriodSeconds", "int", "Given by the API server").unwritten(),
    Field::new("managedFields", "[]object", "Who has set which field; given by the API server").unwritten(),
    Field::new("selfLink", "string", "Given by old API servers").unwritten(),
];

static APPLICATION: [Field; 2] = [
    Field::new("spec", "object", "What is wanted: components, policies, workflow").required().of(&SPEC),
    Field::new("status", "object", "What is; written by whoever runs it").unwritten(),
];

/// `spec` of an Application; an Initializer has it too.
static SPEC: [Field; 3] = [
    Field::new("components", "[]object", "What is delivered").required().of(&COMPONENT),
    Field::new("policies", "[]object", "Where to, and how").of(&POLICY),
    Field::new("workflow", "object", "In which order; without it everything is deployed, as the policies say")
        .of(&WORKFLOW),
];

static COMPONENT: [Field; 9] = [
    Field::new("name", "string", "Unique in the application; objects are named after it").required(),
    Field::new("type", "string", "The component definition: webservice, or webservice@v3 for one version of it")
        .required(),
    Field::new("properties", "object", "The definition's parameters; `lateen explain TYPE` shows them"),
    Field::new("traits", "[]object", "What is added to it, in order: each sees what those before it have made")
        .of(&TRAIT),
    Field::new("dependsOn", "[]string", "Components that are healthy before it begins"),
    Field::new("inputs", "[]object", "Values that it takes from outputs of others").of(&INPUT),
    Field::new("outputs", "[]object", "Values that it gives to others once it runs").of(&OUTPUT),
    Field::new("externalRevision", "string", "Kept, without effect").unwritten(),
    Field::new("scopes", "object", "Kept, without effect: the old way of policies").unwritten(),
];

static TRAIT: [Field; 3] = [
    Field::new("name", "string", "Read from old files; means nothing").unwritten(),
    Field::new("type", "string", "The trait definition").required(),
    Field::new("properties", "object", "The definition's parameters; `lateen explain TYPE` shows them"),
];

static POLICY: [Field; 3] = [
    Field::new("name", "string", "How steps call it"),
    Field::new("type", "string", "The policy definition: topology, override, garbage-collect, …").required(),
    Field::new("properties", "object", "The definition's parameters; `lateen explain TYPE` shows them"),
];

static WORKFLOW: [Field; 3] = [
    Field::new("ref", "string", "The name of a Workflow object of the same namespace, instead of steps"),
    Field::new("mode", "object", "Whether steps follow each other or run side by side").of(&MODE),
    Field::new("steps", "[]object", "What is done").of(&STEPS),
];

/// A value that comes in.
pub(super) static INPUT: [Field; 2] = [
    Field::new("from", "string", "The name of an output, or a path below context: context.appName").required(),
    Field::new(
        "parameterKey",
        "string",
        "The property that gets the value: env[0].value; without it, `inputs` has it in conditions",
    ),
];

/// A value that goes out.
pub(super) static OUTPUT: [Field; 4] = [
    Field::new("name", "string", "The name under which others take it").required(),
    Field::new("valueFrom", "string", "A CUE expression: output.status.loadBalancer.ingress[0].ip").required(),
    Field::new("exportKey", "string", "The old name of valueFrom").unwritten(),
    Field::new("optional", "bool", "A value that never came is no error (not in KubeVela)"),
];

static POLICY_OBJECT: [Field; 2] = [
    Field::new("type", "string", "The policy definition: topology, override, …").required(),
    Field::new("properties", "object", "The definition's parameters; `lateen explain TYPE` shows them"),
];

static INITIALIZER: [Field; 2] = [
    Field::new("spec", "object", "What prepares the hub, and after what").required().of(&INITIALIZER_SPEC),
    Field::new("status", "object", "How far it is: checkingDependsOn, initializing, success").unwritten(),
];

static INITIALIZER_SPEC: [Field; 2] = [
    Field::new("appTemplate", "object", "The Application that is run, once").required().of(&APP_TEMPLATE),
    Field::new("dependsOn", "[]object", "Initializers that have succeeded before it begins").of(&DEPENDS_ON),
];

static APP_TEMPLATE: [Field; 2] = [
    Field::new("metadata", "object", "Labels and annotations of the Application").of(&METADATA),
    Field::new("spec", "object", "As an Application has it").required().of(&SPEC),
];

static DEPENDS_ON: [Field; 1] = [Field::new("ref", "object", "Which one").required().of(&REFERENCE)];

static REFERENCE: [Field; 4] = [
    Field::new("apiVersion", "string", "core.oam.dev/v1beta1"),
    Field::new("kind", "string", "Initializer"),
    Field::new("name", "string", "Its name").required(),
    Field::new("namespace", "string", "Its namespace; without it, that of the one that waits"),
];

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind {
            api_version: CORE_V1BETA1,
            kind: "Application",
            words: &["app", "apps", "applications", "velaapp"],
            usage: "What a developer writes: components, where they go, and in which order",
            fields: object(&APPLICATION),
        },
        Kind {
            api_version: CORE_V1ALPHA1,
            kind: "Policy",
            words: &["policies"],
            usage: "A policy that several Applications of a namespace use by its name",
            fields: object(&POLICY_OBJECT),
        },
        Kind {
            api_version: CORE_V1BETA1,
            kind: "Initializer",
            words: &["initializers"],
            usage: "An Application that prepares a hub once, after others that it depends on",
            fields: object(&INITIALIZER),
        },
    ]
}
