//! What `context` holds, for people: names, types, and what they mean, by the kind of the definition.

use model::DefinitionKind;

/// A field of `context`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContextField {
    /// Its path below `context`.
    pub name: &'static str,
    /// Its type, as parameters show theirs.
    pub kind: &'static str,
    /// What it is.
    pub usage: &'static str,
    scope: Scope,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scope {
    All,
    /// Templates that make objects: components, traits, policies.
    Objects,
    Trait,
    Step,
    Status,
}

const fn field(scope: Scope, name: &'static str, kind: &'static str, usage: &'static str) -> ContextField {
    ContextField { name, kind, usage, scope }
}

use Scope::{All, Objects, Status, Step, Trait};

const FIELDS: &[ContextField] = &[
    field(All, "name", "string", "The component's name; in a policy or a step, the application's"),
    field(All, "namespace", "string", "The namespace that objects go to; in a step, the application's"),
    field(All, "appName", "string", "The application's name"),
    field(All, "appRevision", "string", "The application's revision, such as shop-v3; empty offline"),
    field(All, "appRevisionNum", "int", "The number in the revision's name; 0 when there is none"),
    field(All, "appLabels", "map[string]string", "The application's labels"),
    field(All, "appAnnotations", "map[string]string", "The application's annotations"),
    field(All, "publishVersion", "string", "The version under which the application is published, if any"),
    field(All, "workflowName", "string", "The name of the workflow, from the application's annotation"),
    field(Objects, "cluster", "string", "The cluster that is rendered for"),
    field(Objects, "clusterVersion", "object", "The version of that cluster"),
    field(Objects, "clusterVersion.major", "string", "1"),
    field(Objects, "clusterVersion.minor", "int", "32; --kube-version sets it offline"),
    field(Objects, "clusterVersion.gitVersion", "string", "v1.32.1"),
    field(Objects, "clusterVersion.platform", "string", "linux/amd64"),
    field(Objects, "revision", "string", "The hash of the component's content"),
    field(Objects, "replicaKey", "string", "The key of this copy, with a replication policy"),
    field(Objects, "components", "[]object", "All components of the application, as it has them"),
    field(Objects, "output", "object", "The workload as it is rendered so far"),
    field(Objects, "outputs", "map[string]object", "The other objects so far, by their name under outputs"),
    field(Trait, "parameter", "object", "The trait's own properties; `parameter` says the same"),
    field(Trait, "componentType", "string", "The type of the component that the trait is on"),
    field(Status, "output", "object", "The workload as it runs"),
    field(Status, "outputs", "map[string]object", "The other objects as they run"),
    field(Status, "status", "object", "What has been found out so far"),
    field(Status, "status.healthy", "bool", "What healthPolicy said"),
    field(Status, "status.details", "map[string]string", "What details said"),
    field(Step, "stepName", "string", "The step's name"),
    field(Step, "stepSessionID", "string", "Identifies this step of this run"),
    field(Step, "stepGroupName", "string", "The name of the group that the step is in, or empty"),
    field(Step, "spanID", "string", "Identifies this step of this run in traces"),
];

/// The fields of `context` in a definition of this kind; `in_status` in its health and status texts.
pub fn fields(kind: DefinitionKind, in_status: bool) -> impl Iterator<Item = &'static ContextField> {
    let fits = move |scope: Scope| match (kind, scope) {
        (_, All) => true,
        (DefinitionKind::WorkflowStep, scope) => scope == Step,
        (_, Objects) => true,
        (DefinitionKind::Trait, Trait) => true,
        (_, Status) => in_status,
        _ => false,
    };
    FIELDS.iter().filter(move |f| fits(f.scope))
}

/// The field at a path below `context`.
pub fn find(kind: DefinitionKind, path: &str) -> Option<&'static ContextField> {
    fields(kind, true).find(|f| f.name == path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cue_syntax::Source;
    use render::{AppInput, Documents, Layers, RenderContext, Renderer, builtin::Builtins};

    /// The table says what a template is really given: a trait writes the names of its `context` into an object.
    #[test]
    fn the_table_is_what_templates_are_given() {
        let mut documents = Documents::default();
        let definition = Source::new(
            "names.cue",
            "names: {type: \"trait\", attributes: {}}\ntemplate: {\n\toutputs: names: {apiVersion: \"v1\", kind: \"ConfigMap\", data: keys: \"\\([for k, v in context {k}])\"}\n\tparameter: {}\n}\n",
        );
        let text =
            definition.text.replace("\"\\([for k, v in context {k}])\"", "json.Marshal([for k, v in context {k}])");
        let definition = Source::new("names.cue", format!("import \"encoding/json\"\n{text}"));
        documents.read_definition(&definition).unwrap();
        let app = Source::new(
            "app.yaml",
            "apiVersion: core.oam.dev/v1beta1\nkind: Application\nmetadata: {name: a}\nspec: {components: [{name: c, type: worker, properties: {image: i}, traits: [{type: names}]}]}\n",
        );
        documents.read(&app).unwrap();
        let renderer = Renderer::new(Layers(vec![Box::new(documents.definitions.clone()), Box::new(Builtins)]));
        let input: &AppInput = documents.applications.first().unwrap();
        let rendered = renderer.application(input, &render::Clusters::Unknown, &RenderContext::default()).unwrap();
        let objects = rendered.parts.iter().flat_map(|p| &p.component.objects);
        let keys = objects.filter_map(|o| o.manifest.pointer("/data/keys")?.as_str()).next().unwrap().to_owned();
        let given: Vec<String> = serde_json::from_str(&keys).unwrap();
        let known: Vec<&str> = fields(DefinitionKind::Trait, false).map(|f| f.name).collect();
        let unknown: Vec<&String> = given.iter().filter(|g| !known.contains(&g.as_str())).collect();
        assert_eq!(unknown, Vec::<&String>::new());
        let absent: Vec<&&str> = known.iter().filter(|k| !k.contains('.') && !given.iter().any(|g| g == **k)).collect();
        assert_eq!(absent, Vec::<&&str>::new());
    }
}
