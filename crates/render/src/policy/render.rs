//! Policies that are rendered from their definitions: `output` and `outputs` are objects of the Application itself, on the hub.
//! `context.artifacts` tells them what the components render to.

use super::Policy;
use crate::application::AppView;
use crate::component::{self, Owned, RenderedObject, Stage};
use crate::context::{self, Place, RenderContext};
use crate::object::{self, Origin, Owner};
use crate::placement::LOCAL;
use crate::renderer::{RenderedPart, Renderer};
use crate::{conform, error, template, tree};
use cue::Data;
use cue_syntax::{Diagnostic, Severity};
use model::DefinitionKind;

/// The objects of a policy, and warnings.
pub(crate) fn objects(
    renderer: &Renderer,
    policy: &Policy,
    app: &AppView,
    render: &RenderContext,
    parts: &[RenderedPart],
) -> Result<(Vec<RenderedObject>, Vec<Diagnostic>), Vec<Diagnostic>> {
    let loaded = renderer.definition(DefinitionKind::Policy, &policy.type_name, &format!("{}.type", policy.path))?;
    let place = Place { component: &app.name, namespace: &app.namespace, cluster: "", replica_key: "", revision: "" };
    let mut context = context::component(app, render, place);
    tree::set(&mut context, &["artifacts"], artifacts(parts));
    let base = format!("{}.properties", policy.path);
    let program = renderer.programs.template(&loaded, !render.allow_unknown)?;
    let evaluation = renderer.programs.evaluate(&program, Some(&policy.properties), &context);
    component::check(&evaluation, &loaded, &base, &policy.properties)?;
    let facing = |problems| error::translate(problems, &base, &loaded, &policy.properties);
    let mut made: Vec<Data> = Vec::new();
    let output = evaluation.lookup(&template::field("output"));
    if output.exists() {
        made.push(component::concrete(output).map_err(facing)?);
    }
    made.extend(component::outputs(&evaluation).map_err(facing)?.into_iter().map(|(_, object)| object));
    let origin = Origin::Policy(loaded.definition.name.clone());
    let owner = Owner {
        app,
        component: &policy.name,
        component_type: "",
        app_revision: &render.app_revision,
        revision: "",
        replica_key: "",
        namespace: &app.namespace,
        cluster: LOCAL,
    };
    let (mut objects, mut problems, mut warnings) = (Vec::new(), Vec::new(), loaded.warnings.clone());
    for mut data in made {
        object::finish(&mut data, &origin, &owner);
        let manifest = component::to_json(&data);
        let what = format!("policy \"{}\"", policy.name);
        let shown = origin.to_string();
        let owned = Owned { path: &policy.path, origin: &shown, cluster: LOCAL, what: &what };
        if let Err(problem) = component::well_formed(&data, owned) {
            problems.push(problem);
            continue;
        }
        let found = conform::check(&data, &manifest, owned, render);
        let (wrong, odd): (Vec<_>, Vec<_>) = found.into_iter().partition(|p| p.severity == Severity::Error);
        problems.extend(wrong);
        warnings.extend(odd);
        let stage = Stage::DefaultDispatch;
        objects.push(RenderedObject { origin: origin.clone(), stage, control_plane_only: true, manifest });
    }
    if problems.is_empty() { Ok((objects, warnings)) } else { Err(problems) }
}

/// `context.artifacts`: by component, its workload and the objects of its traits by type and name.
fn artifacts(parts: &[RenderedPart]) -> Data {
    let mut all = tree::empty();
    for part in parts {
        let component = part.component.name.as_str();
        tree::set(&mut all, &[component, "ready"], true.into());
        for object in &part.component.objects {
            let manifest = cue::json::from_value(&object.manifest);
            match &object.origin {
                Origin::Workload => tree::set(&mut all, &[component, "workload"], manifest),
                Origin::Auxiliary(name) => {
                    tree::set(&mut all, &[component, "traits", model::labels::AUXILIARY_WORKLOAD, name], manifest);
                }
                Origin::Trait { kind, output } => tree::set(&mut all, &[component, "traits", kind, output], manifest),
                Origin::Policy(_) => {}
            }
        }
    }
    all
}
