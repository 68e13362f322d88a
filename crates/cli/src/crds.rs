//! What CustomResourceDefinitions say of objects before anything is applied: those of files, of the hub, and of the clusters
//! that objects go to.

use crate::session::{HubArgs, Outcome, Session};
use ::render::{AppInput, RenderContext};
use ::render::{Clusters, Rendered, Renderer};
use actions::ObjectRef;
use actions::{Filter, Objects};
use cue_syntax::Diagnostic;
use indexmap::{IndexMap, IndexSet};
use k8s_schema::CustomTypes;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The API that describes kinds.
const API: &str = "apiextensions.k8s.io/v1";
const KIND: &str = "CustomResourceDefinition";

/// Where CRDs are taken from.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CrdArgs {
    /// Hold objects to the CRDs of this file or folder; `hub` asks the hub for its own; may be given several times
    #[arg(long = "crds", value_name = "PATH|hub")]
    from: Vec<PathBuf>,
}

impl CrdArgs {
    /// Whether the hub is to be asked.
    pub(crate) fn asks_hub(&self) -> bool {
        self.from.iter().any(|path| is_hub(path))
    }

    /// Everything that was named; `hub` is asked for what it knows.
    ///
    /// # Errors
    /// Unreadable files, files without a CRD, a hub that does not answer.
    pub(crate) async fn all(&self, hub: &HubArgs) -> Outcome<CustomTypes> {
        let mut types = self.files()?;
        if self.asks_hub() {
            types.extend(&of_hub(&Session::open(hub).await?).await?);
        }
        Ok(types)
    }

    /// What the files and folders describe.
    ///
    /// # Errors
    /// Unreadable files, files without a CRD.
    pub(crate) fn files(&self) -> Outcome<CustomTypes> {
        of_files(self.from.iter().filter(|path| !is_hub(path)))
    }
}

/// Where CRDs are taken from by what asks no hub.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct CrdFileArgs {
    /// Hold objects to the CRDs of this file or folder; may be given several times
    #[arg(long = "crds", value_name = "PATH")]
    from: Vec<PathBuf>,
}

impl CrdFileArgs {
    /// The files and folders.
    pub(crate) fn paths(&self) -> &[PathBuf] {
        &self.from
    }

    /// What they describe.
    ///
    /// # Errors
    /// Unreadable files, files without a CRD.
    pub(crate) fn read(&self) -> Outcome<CustomTypes> {
        of_files(self.from.iter())
    }
}

fn of_files<'a>(paths: impl Iterator<Item = &'a PathBuf>) -> Outcome<CustomTypes> {
    let mut types = CustomTypes::default();
    let mut problems = Vec::new();
    for path in paths {
        let before = types.len();
        if let Err(found) = read(path, &mut types) {
            problems.extend(found);
        } else if types.len() == before {
            let message = format!("{} holds no CustomResourceDefinition", path.display());
            problems.push(
                Diagnostic::error("render/no-crds", message)
                    .help("`lateen get crds -o yaml` and `kubectl get crds -o yaml` write those of a cluster"),
            );
        }
    }
    if problems.is_empty() { Ok(types) } else { Err(problems.into()) }
}

/// A file of this name is named `./hub`.
fn is_hub(path: &Path) -> bool {
    path.as_os_str() == "hub"
}

fn read(path: &Path, types: &mut CustomTypes) -> Result<(), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    for file in crate::def::below(path) {
        let known = file.extension().is_some_and(|e| ["yaml", "yml", "json"].iter().any(|w| e == *w));
        if !known && path.is_dir() {
            continue;
        }
        let source = crate::given::source(&file)?;
        // A folder may hold anything beside them.
        if path.is_dir() && !source.text.contains(KIND) {
            continue;
        }
        match model::manifest::read(&source) {
            Ok(documents) => documents.iter().for_each(|document| {
                types.add(&document.value);
            }),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

/// All that the hub knows.
async fn of_hub(session: &Session) -> Outcome<CustomTypes> {
    let mut types = CustomTypes::default();
    let list = session.hub.objects().list(API, KIND, &Filter::default()).await?;
    for item in list.get("items").and_then(Value::as_array).into_iter().flatten() {
        types.add(&serde_json::json!({"kind": KIND, "spec": item.get("spec")}));
    }
    Ok(types)
}

/// Kinds of which Kubernetes' own schemas say nothing, by the cluster that gets objects of them.
fn custom_kinds(rendered: &Rendered, known: &CustomTypes) -> IndexMap<String, IndexSet<(String, String)>> {
    let mut all: IndexMap<String, IndexSet<(String, String)>> = IndexMap::new();
    let mut see = |cluster: &str, object: &Value| {
        let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (api_version, kind) = (text("apiVersion"), text("kind"));
        let Some((group, _)) = api_version.split_once('/') else { return };
        if k8s_schema::versions_of_group(group, &kind).next().is_none() && !known.describes(&api_version, &kind) {
            all.entry(cluster.to_owned()).or_default().insert((api_version, kind));
        }
    };
    objects(rendered).for_each(|(cluster, object)| see(cluster, object));
    all
}

/// CRDs among the rendered objects: what an application brings itself.
fn brought(rendered: &Rendered) -> CustomTypes {
    let mut types = CustomTypes::default();
    objects(rendered).for_each(|(_, object)| {
        types.add(object);
    });
    types
}

/// What a cluster says of kinds. Who may not read CRDs, or does not reach the cluster, is not kept from anything: the
/// cluster judges when it gets the object.
async fn of_cluster(session: &Session, cluster: &str, kinds: &IndexSet<(String, String)>) -> CustomTypes {
    let mut types = CustomTypes::default();
    let name = model::cluster::display(cluster);
    let Ok(found) = session.fleet.cluster(name).await else { return types };
    let objects = Objects::new(found.client(), name);
    for (api_version, kind) in kinds {
        let Ok((resource, _)) = objects.resource(api_version, kind).await else { continue };
        let target = ObjectRef {
            api_version: API.into(),
            kind: KIND.into(),
            namespace: String::new(),
            name: format!("{}.{}", resource.plural, resource.group),
        };
        if let Ok(Some(crd)) = objects.read(&target).await {
            types.add(&crd);
        }
    }
    types
}

/// Renders with what an application's own objects describe; asks nobody.
///
/// # Errors
/// Those of rendering.
pub(crate) fn rendered_offline(
    renderer: &Renderer,
    input: &AppInput,
    clusters: &Clusters,
    context: &RenderContext,
) -> Result<Rendered, Vec<Diagnostic>> {
    let rendered = renderer.application(input, clusters, context)?;
    let brought = brought(&rendered);
    if brought.is_empty() {
        return Ok(rendered);
    }
    let mut types = (*context.custom_types).clone();
    types.extend(&brought);
    let context = RenderContext { custom_types: Arc::new(types), ..context.clone() };
    if fits(&rendered, &context) { Ok(rendered) } else { renderer.application(input, clusters, &context) }
}

/// Whether every object fits what is known of its kind by now. Only what does not has to be rendered again, to learn where
/// it is written.
fn fits(rendered: &Rendered, context: &RenderContext) -> bool {
    let fits = |(cluster, object): (&str, &Value)| {
        context.custom_problems(cluster, object).is_none_or(|problems| problems.is_empty())
    };
    objects(rendered).all(fits)
}

/// Every object, with the cluster that gets it.
fn objects(rendered: &Rendered) -> impl Iterator<Item = (&str, &Value)> {
    let of_parts = rendered.parts.iter().flat_map(|part| {
        part.component.objects.iter().map(|object| {
            let cluster =
                if object.control_plane_only { model::cluster::LOCAL } else { part.placement.cluster.as_str() };
            (cluster, &object.manifest)
        })
    });
    of_parts.chain(rendered.applied.iter().map(|applied| (applied.cluster.as_str(), &applied.object)))
}

/// Renders, holding custom objects to the CRDs of the clusters that they go to as well.
///
/// # Errors
/// Those of rendering.
pub(crate) async fn rendered(
    session: &Session,
    renderer: &Renderer,
    input: &AppInput,
    clusters: &Clusters,
    context: &RenderContext,
) -> Result<Rendered, Vec<Diagnostic>> {
    let first = renderer.application(input, clusters, context)?;
    let mut types = (*context.custom_types).clone();
    types.extend(&brought(&first));
    let kinds = custom_kinds(&first, &types);
    if kinds.is_empty() && types.len() == context.custom_types.len() {
        return Ok(first);
    }
    let asked = kinds
        .iter()
        .map(|(cluster, kinds)| async move { (cluster.clone(), Arc::new(of_cluster(session, cluster, kinds).await)) });
    let cluster_types = futures::future::join_all(asked).await.into_iter().collect();
    let context = RenderContext { custom_types: Arc::new(types), cluster_types, ..context.clone() };
    if fits(&first, &context) { Ok(first) } else { renderer.application(input, clusters, &context) }
}
