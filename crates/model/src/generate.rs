//! The steps of an Application: those that it has, or those that its policies and components imply.

use crate::application::Application;
use crate::component::{AppPolicy, Component};
use crate::phase::Mode;
use crate::workflow::{Step, Workflow};
use cue_syntax::Diagnostic;
use serde_json::{Value, json};

/// Step type that runs policies on components.
pub const DEPLOY: &str = "deploy";
/// Step type that runs one env of an env-binding policy.
pub const DEPLOY_TO_ENV: &str = "deploy2env";
/// Step type that applies one component.
pub const APPLY_COMPONENT: &str = "apply-component";
/// Step type that holds others.
pub const STEP_GROUP: &str = "step-group";
/// Component type that takes over objects that exist.
pub const REF_OBJECTS: &str = "ref-objects";

/// Steps with the modes of the two levels.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    /// In order; none is nameless.
    pub steps: Vec<Step>,
    /// Mode of the top level.
    pub mode: Mode,
    /// Mode inside groups that name none.
    pub sub_mode: Mode,
    /// No workflow was written: the steps were made up.
    pub generated: bool,
}

/// The steps of an Application. `workflow` is the Workflow object that `spec.workflow.ref` names; `policies` are those
/// that the Application carries and the Policy objects that it refers to.
///
/// # Errors
/// A reference together with steps, or a reference to nothing.
pub fn steps(app: &Application, workflow: Option<&Workflow>, policies: &[AppPolicy]) -> Result<Steps, Diagnostic> {
    let Some(own) = &app.spec.workflow else {
        return Ok(Steps { steps: implied(app, policies), mode: Mode::Dag, sub_mode: Mode::Dag, generated: true });
    };
    let mut mode = own.mode.unwrap_or_default();
    let mut list = own.steps.clone();
    if !own.reference.is_empty() {
        if !own.steps.is_empty() {
            return Err(Diagnostic::error(
                "workflow/ref-and-steps",
                format!("the workflow names Workflow \"{}\" and has steps of its own", own.reference),
            )
            .path("spec.workflow")
            .help("keep either `ref` or `steps`"));
        }
        let found = workflow.filter(|w| w.metadata.name == own.reference).ok_or_else(|| {
            Diagnostic::error("workflow/unknown-ref", format!("there is no Workflow \"{}\"", own.reference))
                .path("spec.workflow.ref")
                .help("apply the Workflow object to the Application's namespace, or give it in the same file")
        })?;
        list = found.steps.clone();
        let theirs = found.mode.unwrap_or_default();
        mode.steps = mode.steps.or(theirs.steps);
        mode.sub_steps = mode.sub_steps.or(theirs.sub_steps);
    }
    let generated = list.is_empty();
    if generated {
        list = implied(app, policies);
    }
    Step::name_empty_ones(&mut list);
    for step in &mut list {
        adopt_component(app, step);
        step.sub_steps.iter_mut().for_each(|sub| adopt_component(app, sub));
    }
    Ok(Steps {
        steps: list,
        mode: mode.steps.unwrap_or(Mode::StepByStep),
        sub_mode: mode.sub_steps.unwrap_or(Mode::Dag),
        generated,
    })
}

/// The first rule that yields a step wins: topologies, overrides or referred objects, environments, components.
fn implied(app: &Application, policies: &[AppPolicy]) -> Vec<Step> {
    let of_kind = |kind: &'static str| {
        policies.iter().enumerate().filter(move |(_, p)| p.kind == kind).map(|(i, p)| p.effective_name(i))
    };
    let overrides: Vec<String> = of_kind("override").collect();
    let with = |name: String, policies: Vec<String>| Step {
        name,
        kind: DEPLOY.to_owned(),
        properties: Some(json!({ "policies": policies })),
        ..Step::default()
    };
    let topologies: Vec<Step> = of_kind("topology")
        .map(|t| with(format!("deploy-{t}"), overrides.iter().cloned().chain([t]).collect()))
        .collect();
    if !topologies.is_empty() {
        return topologies;
    }
    if !overrides.is_empty() || app.spec.components.iter().any(|c| c.kind == REF_OBJECTS) {
        return vec![with(DEPLOY.to_owned(), overrides)];
    }
    let envs = environments(policies);
    if !envs.is_empty() {
        return envs;
    }
    app.spec.components.iter().map(apply_component).collect()
}

/// A step per env of every env-binding policy.
fn environments(policies: &[AppPolicy]) -> Vec<Step> {
    let mut steps = Vec::new();
    for (i, policy) in policies.iter().enumerate().filter(|(_, p)| p.kind == "env-binding") {
        let name = policy.effective_name(i);
        let envs = policy.properties.as_ref().and_then(|p| p.get("envs")).and_then(Value::as_array);
        for env in envs.into_iter().flatten().filter_map(|e| e.get("name").and_then(Value::as_str)) {
            steps.push(Step {
                name: format!("deploy-{name}-{env}"),
                kind: DEPLOY_TO_ENV.to_owned(),
                properties: Some(json!({ "policy": name, "env": env })),
                ..Step::default()
            });
        }
    }
    steps
}

fn apply_component(component: &Component) -> Step {
    let mut step = Step {
        name: component.name.clone(),
        kind: APPLY_COMPONENT.to_owned(),
        properties: Some(json!({ "component": component.name })),
        ..Step::default()
    };
    take_edges(component, &mut step);
    step
}

/// A step that applies one component takes over what the component waits for, needs and gives.
fn adopt_component(app: &Application, step: &mut Step) {
    if step.kind != APPLY_COMPONENT {
        return;
    }
    let name = step.properties.as_ref().and_then(|p| p.get("component")).and_then(Value::as_str).map(str::to_owned);
    if let Some(component) = name.and_then(|n| app.component(&n)) {
        take_edges(component, step);
    }
}

fn take_edges(component: &Component, step: &mut Step) {
    for dependency in &component.depends_on {
        if !step.depends_on.contains(dependency) {
            step.depends_on.push(dependency.clone());
        }
    }
    step.inputs.extend(component.inputs.iter().cloned());
    step.outputs.extend(component.outputs.iter().cloned());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(app: Value) -> String {
        let app: Application = serde_json::from_value(json!({ "spec": app })).unwrap();
        let steps = steps(&app, None, &app.spec.policies).unwrap();
        let list: Vec<String> = steps
            .steps
            .iter()
            .map(|s| {
                format!("{}:{}{}", s.name, s.kind, s.properties.as_ref().map(Value::to_string).unwrap_or_default())
            })
            .collect();
        format!("{}-{} {}", steps.mode, steps.sub_mode, list.join(" "))
    }

    #[test]
    fn the_first_rule_that_yields_something_wins() {
        let components = json!([{"name": "a", "type": "worker", "dependsOn": ["b"]}, {"name": "b", "type": "worker"}]);
        let top = json!({"name": "eu", "type": "topology"});
        let over = json!({"name": "big", "type": "override"});
        let env = json!({"name": "e", "type": "env-binding", "properties": {"envs": [{"name": "s"}, {"name": "p"}]}});
        insta::assert_snapshot!(
            [
                names(json!({"components": components})),
                names(json!({"components": components, "policies": [env]})),
                names(json!({"components": components, "policies": [env, over]})),
                names(json!({"components": components, "policies": [env, over, top]})),
                names(json!({"components": components, "policies": [{"type": "topology"}]})),
                names(json!({"components": components, "workflow": {"steps": [{"type": "suspend"}]}})),
                names(json!({"components": components, "workflow": {"mode": {"steps": "DAG"}, "steps": [{"name": "s", "type": "suspend"}]}})),
                names(json!({"components": [{"name": "r", "type": "ref-objects"}]})),
            ]
            .join("\n"),
            @r#"
        DAG-DAG a:apply-component{"component":"a"} b:apply-component{"component":"b"}
        DAG-DAG deploy-e-s:deploy2env{"env":"s","policy":"e"} deploy-e-p:deploy2env{"env":"p","policy":"e"}
        DAG-DAG deploy:deploy{"policies":["big"]}
        DAG-DAG deploy-eu:deploy{"policies":["big","eu"]}
        DAG-DAG deploy-topology-auto-gen-0:deploy{"policies":["topology-auto-gen-0"]}
        StepByStep-DAG step-0:suspend
        DAG-DAG s:suspend
        DAG-DAG deploy:deploy{"policies":[]}
        "#
        );
    }

    #[test]
    fn a_step_that_applies_a_component_takes_over_its_edges() {
        let app: Application = serde_json::from_value(json!({"spec": {
            "components": [{"name": "a", "type": "t", "dependsOn": ["b"], "inputs": [{"from": "ip", "parameterKey": "ip"}], "outputs": [{"name": "o", "valueFrom": "output.x"}]}],
            "workflow": {"steps": [{"name": "s", "type": "apply-component", "properties": {"component": "a"}, "dependsOn": ["b", "c"]}]}}}))
        .unwrap();
        let s = &steps(&app, None, &[]).unwrap().steps[0];
        assert_eq!((s.depends_on.join(","), s.inputs.len(), s.outputs.len()), ("b,c".to_owned(), 1, 1));
    }

    #[test]
    fn a_reference_needs_its_object_and_no_steps() {
        let app = |w: Value| -> Application {
            serde_json::from_value(json!({"spec": {"components": [], "workflow": w}})).unwrap()
        };
        let flow: Workflow = serde_json::from_value(
            json!({"metadata": {"name": "w"}, "mode": {"steps": "DAG"}, "steps": [{"name": "x", "type": "suspend"}]}),
        )
        .unwrap();
        assert_eq!(steps(&app(json!({"ref": "w"})), None, &[]).unwrap_err().code, "workflow/unknown-ref");
        assert_eq!(
            steps(&app(json!({"ref": "w", "steps": [{"type": "t"}]})), Some(&flow), &[]).unwrap_err().code,
            "workflow/ref-and-steps"
        );
        let found = steps(&app(json!({"ref": "w", "mode": {"subSteps": "StepByStep"}})), Some(&flow), &[]).unwrap();
        assert_eq!((found.mode, found.sub_mode, found.steps.len()), (Mode::Dag, Mode::StepByStep, 1));
    }
}
