//! What a definition file consists of: the fields of its metadata, of its attributes and of its template, with what they
//! mean.

use super::{Item, ItemKind};
use model::DefinitionKind;

/// Name, type, meaning.
type Row = (&'static str, &'static str, &'static str);

const METADATA: &[Row] = &[
    ("type", "string", "component, trait, policy, workflow-step or workload"),
    ("description", "string", "One sentence on what it does"),
    ("alias", "string", "Another name, for people"),
    ("annotations", "map[string]string", "Annotations of the definition"),
    ("labels", "map[string]string", "Labels of the definition"),
    ("attributes", "object", "What the kind of definition has beside its template"),
];

const COMPONENT: &[Row] = &[
    ("workload", "object", "The kind that the component makes: `definition: {apiVersion, kind}` and `type`"),
    ("status", "object", "How its health and its message are told"),
    ("childResourceKinds", "[]object", "Kinds that the workload makes itself"),
    ("podSpecPath", "string", "Where the pod specification is"),
    ("version", "string", "The definition's version: 1.2.0"),
];

const TRAIT: &[Row] = &[
    (
        "appliesToWorkloads",
        "[]string",
        "The workloads that it fits: deployments.apps, *.apps, or names of component types",
    ),
    ("conflictsWith", "[]string", "Traits that cannot be beside it"),
    ("podDisruptive", "bool", "A change of it restarts pods"),
    ("workloadRefPath", "string", "The field of its object that gets a reference to the workload"),
    ("stage", "string", "When it is applied: PreDispatch, DefaultDispatch or PostDispatch"),
    ("manageWorkload", "bool", "Its object takes the workload's place"),
    ("controlPlaneOnly", "bool", "It is applied on the hub"),
    ("revisionEnabled", "bool", "An object for each revision"),
    ("status", "object", "How its health and its message are told"),
    ("version", "string", "The definition's version: 1.2.0"),
];

const POLICY: &[Row] = &[
    ("manageHealthCheck", "bool", "It decides on health itself"),
    ("version", "string", "The definition's version: 1.2.0"),
];

const STEP: &[Row] = &[
    ("scope", "string", "Where it can be used: Application or Workflow"),
    ("version", "string", "The definition's version: 1.2.0"),
];

const STATUS: &[Row] = &[
    ("healthPolicy", "string", "CUE that gives `isHealth`; `context.output` is the workload as it runs"),
    ("customStatus", "string", "CUE that gives `message`"),
    ("details", "string", "CUE whose fields are shown beside the message"),
];

const PARAMETER: Row = ("parameter", "object", "What an application gives; `// +usage=` above a field says what it is");

const OF_COMPONENT: &[Row] = &[
    PARAMETER,
    ("output", "object", "The workload"),
    ("outputs", "map[string]object", "Other objects, by a name of your choice"),
    ("errs", "[]string", "Reasons to refuse the parameters"),
];

const OF_TRAIT: &[Row] = &[
    PARAMETER,
    ("patch", "object", "Merged into the workload; `// +patchKey=name` above a list says how its elements are matched"),
    ("patchOutputs", "map[string]object", "Merged into other objects of the component"),
    ("outputs", "map[string]object", "New objects, by a name of your choice"),
    ("errs", "[]string", "Reasons to refuse the parameters"),
];

const OF_POLICY: &[Row] =
    &[PARAMETER, ("output", "object", "An object"), ("outputs", "map[string]object", "Other objects")];

const OF_STEP: &[Row] = &[PARAMETER];

/// Completions of the fields of the metadata at a path below the definition's name.
pub(super) fn metadata(path: &[&str], kind: Option<DefinitionKind>) -> Vec<Item> {
    let rows: &[Row] = match path {
        [] => METADATA,
        ["attributes"] => match kind {
            Some(DefinitionKind::Component | DefinitionKind::Workload) => COMPONENT,
            Some(DefinitionKind::Trait) => TRAIT,
            Some(DefinitionKind::Policy) => POLICY,
            Some(DefinitionKind::WorkflowStep) => STEP,
            None => &[],
        },
        ["attributes", "status"] => STATUS,
        ["attributes", "workload"] => &[
            ("definition", "object", "`apiVersion` and `kind` of the workload"),
            ("type", "string", "deployments.apps"),
        ],
        ["attributes", "workload", "definition"] => {
            &[("apiVersion", "string", "apps/v1"), ("kind", "string", "Deployment")]
        }
        _ => &[],
    };
    items(rows)
}

/// Completions at the top of a template.
pub(super) fn template(kind: Option<DefinitionKind>) -> Vec<Item> {
    items(match kind {
        Some(DefinitionKind::Component | DefinitionKind::Workload) | None => OF_COMPONENT,
        Some(DefinitionKind::Trait) => OF_TRAIT,
        Some(DefinitionKind::Policy) => OF_POLICY,
        Some(DefinitionKind::WorkflowStep) => OF_STEP,
    })
}

/// What a field of a definition file means; `path` begins with `template` or with the fields of the metadata.
pub(super) fn meaning(path: &[&str], kind: Option<DefinitionKind>) -> Option<String> {
    let (last, before) = path.split_last()?;
    let all = match before {
        ["template"] => template(kind),
        other => metadata(other, kind),
    };
    let item = all.into_iter().find(|i| i.label == *last)?;
    Some(format!("`{}`: {}\n\n{}", item.label, item.detail, item.usage))
}

fn items(rows: &[Row]) -> Vec<Item> {
    rows.iter()
        .map(|(name, kind, usage)| Item {
            label: (*name).to_owned(),
            kind: ItemKind::Field,
            detail: (*kind).to_owned(),
            usage: (*usage).to_owned(),
            required: false,
            insert: format!("{name}: "),
        })
        .collect()
}
