//! An Application in an Environment: policies that place it on the Targets, and the first workflow that delivers there.

use super::{Environment, Target};
use crate::application::{Application, WorkflowRef};
use crate::component::AppPolicy;
use crate::generate::DEPLOY;
use crate::meta::ObjectMeta;
use crate::workflow::{Step, Workflow};
use cue_syntax::Diagnostic;
use serde_json::json;

/// An Application as an Environment runs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bound {
    /// In the Environment's namespace, with a policy for each Target and a reference to the workflow.
    pub app: Application,
    /// The workflow that the Targets give: what is run until somebody edits it.
    pub workflow: Workflow,
}

/// The name of the Workflow object of an Application in an Environment.
pub fn workflow_name(app: &str, environment: &str) -> String {
    format!("{app}-{environment}")
}

/// Binds an Application to an Environment. `targets` are the Environment's, in its order; `cloud`: the Application has
/// components that are cloud resources, which are made on the hub before anything is delivered.
///
/// Each Target gives a `topology` policy of its name and a `deploy` step. An `override` policy of the Application that is
/// called like the Environment, or `override-<environment>`, is part of each of these steps.
///
/// # Errors
/// The Application has a workflow of its own, a policy of another type is called like a Target, or there is no Target.
pub fn bind(
    app: &Application,
    environment: &Environment,
    targets: &[Target],
    cloud: bool,
) -> Result<Bound, Diagnostic> {
    let env = environment.metadata.name.as_str();
    let workflow = workflow_name(&app.metadata.name, env);
    let Some(first) = targets.first() else {
        return Err(Diagnostic::error("env/no-targets", format!("environment {env} has no targets"))
            .help(format!("give it some: lateen env create {env} --targets NAME,NAME")));
    };
    if app.spec.workflow.as_ref().is_some_and(|w| w.reference != workflow) {
        return Err(Diagnostic::error(
            "env/own-workflow",
            format!("application {} has a workflow of its own, and environment {env} gives it one", app.metadata.name),
        )
        .path("spec.workflow")
        .help(format!(
            "take it out of the application; put its steps into a Workflow called {workflow} to run them there"
        )));
    }
    let mut bound = app.clone();
    bound.metadata.namespace.clone_from(&environment.spec.namespace);
    let mut policies = Vec::new();
    for target in targets {
        let properties = json!({"clusters": [target.spec.cluster], "namespace": target.spec.namespace});
        policies.push(AppPolicy {
            name: target.metadata.name.clone(),
            kind: "topology".to_owned(),
            properties: Some(properties),
        });
    }
    let mut steps = Vec::new();
    if cloud {
        let binding = format!("{env}-cloud");
        policies.push(AppPolicy {
            name: binding.clone(),
            kind: "env-binding".to_owned(),
            properties: Some(json!({"envs": [{"name": env, "placement": place(first)}]})),
        });
        let properties = json!({"policy": binding, "env": env});
        steps.push(step("deploy-cloud-resource", "deploy-cloud-resource", properties));
        if let [_, others @ ..] = targets
            && !others.is_empty()
        {
            let placements: Vec<_> =
                others.iter().map(|t| json!({"cluster": t.spec.cluster, "namespace": t.spec.namespace})).collect();
            let properties = json!({"policy": binding, "env": env, "placements": placements});
            steps.push(step("share-cloud-resource", "share-cloud-resource", properties));
        }
    }
    let overrides: Vec<String> = (app.spec.policies.iter())
        .filter(|p| p.kind == "override" && (p.name == env || p.name == format!("override-{env}")))
        .map(|p| p.name.clone())
        .collect();
    for target in targets {
        let name = &target.metadata.name;
        let used: Vec<&str> = overrides.iter().map(String::as_str).chain([name.as_str()]).collect();
        steps.push(step(&format!("deploy-{name}"), DEPLOY, json!({ "policies": used })));
    }
    for policy in policies {
        match bound.spec.policies.iter_mut().find(|p| p.name == policy.name) {
            Some(there) if there.kind == policy.kind => *there = policy,
            Some(there) => {
                let (name, kind) = (&policy.name, &there.kind);
                return Err(Diagnostic::error(
                    "env/policy-name",
                    format!("policy {name} of type {kind} is called like a target of environment {env}"),
                )
                .path("spec.policies")
                .help("call the policy or the target something else"));
            }
            None => bound.spec.policies.push(policy),
        }
    }
    bound.spec.workflow = Some(WorkflowRef { reference: workflow.clone(), ..WorkflowRef::default() });
    let workflow = Workflow {
        api_version: crate::CORE_V1ALPHA1.to_owned(),
        kind: "Workflow".to_owned(),
        metadata: ObjectMeta { name: workflow, namespace: environment.spec.namespace.clone(), ..ObjectMeta::default() },
        mode: None,
        steps,
    };
    Ok(Bound { app: bound, workflow })
}

/// Where an env of an env-binding policy places things.
fn place(target: &Target) -> serde_json::Value {
    json!({"clusterSelector": {"name": target.spec.cluster}, "namespaceSelector": {"name": target.spec.namespace}})
}

fn step(name: &str, kind: &str, properties: serde_json::Value) -> Step {
    Step { name: name.to_owned(), kind: kind.to_owned(), properties: Some(properties), ..Step::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    fn environment() -> (Environment, Vec<Target>) {
        let env = json!({"metadata": {"name": "prod"}, "spec": {"namespace": "prod", "targets": ["east", "west"]}});
        let target = |name: &str| json!({"metadata": {"name": name}, "spec": {"cluster": name, "namespace": "shop"}});
        let targets = ["east", "west"].map(|name| serde_json::from_value(target(name)).unwrap());
        (serde_json::from_value(env).unwrap(), targets.to_vec())
    }

    fn app(spec: Value) -> Application {
        serde_json::from_value(json!({"metadata": {"name": "shop", "namespace": "default"}, "spec": spec})).unwrap()
    }

    fn shown(bound: &Bound) -> String {
        let policies: Vec<String> = bound.app.spec.policies.iter().map(|p| json!(p).to_string()).collect();
        let steps: Vec<String> = bound.workflow.steps.iter().map(|s| json!(s).to_string()).collect();
        format!(
            "{}/{}\n{}\n{}",
            bound.app.metadata.namespace,
            bound.workflow.metadata.name,
            policies.join("\n"),
            steps.join("\n")
        )
    }

    #[test]
    fn a_step_for_each_target_in_order() {
        let (env, targets) = environment();
        let app = app(json!({"components": [], "policies": [
            {"name": "prod", "type": "override"}, {"name": "override-dev", "type": "override"}]}));
        let bound = bind(&app, &env, &targets, false).unwrap();
        insta::assert_snapshot!(shown(&bound), @r#"
        prod/shop-prod
        {"name":"prod","type":"override"}
        {"name":"override-dev","type":"override"}
        {"name":"east","properties":{"clusters":["east"],"namespace":"shop"},"type":"topology"}
        {"name":"west","properties":{"clusters":["west"],"namespace":"shop"},"type":"topology"}
        {"name":"deploy-east","properties":{"policies":["prod","east"]},"type":"deploy"}
        {"name":"deploy-west","properties":{"policies":["prod","west"]},"type":"deploy"}
        "#);
        // What was bound is bound again to the same.
        assert_eq!(bind(&bound.app, &env, &targets, false).unwrap(), bound);
    }

    #[test]
    fn a_cloud_resource_comes_first_and_its_secret_goes_to_every_target() {
        let (env, targets) = environment();
        let bound = bind(&app(json!({"components": []})), &env, &targets, true).unwrap();
        insta::assert_snapshot!(shown(&bound), @r#"
        prod/shop-prod
        {"name":"east","properties":{"clusters":["east"],"namespace":"shop"},"type":"topology"}
        {"name":"west","properties":{"clusters":["west"],"namespace":"shop"},"type":"topology"}
        {"name":"prod-cloud","properties":{"envs":[{"name":"prod","placement":{"clusterSelector":{"name":"east"},"namespaceSelector":{"name":"shop"}}}]},"type":"env-binding"}
        {"name":"deploy-cloud-resource","properties":{"env":"prod","policy":"prod-cloud"},"type":"deploy-cloud-resource"}
        {"name":"share-cloud-resource","properties":{"env":"prod","placements":[{"cluster":"west","namespace":"shop"}],"policy":"prod-cloud"},"type":"share-cloud-resource"}
        {"name":"deploy-east","properties":{"policies":["east"]},"type":"deploy"}
        {"name":"deploy-west","properties":{"policies":["west"]},"type":"deploy"}
        "#);
    }

    #[test]
    fn what_cannot_be_bound_says_why() {
        let (env, targets) = environment();
        let code = |spec: Value| bind(&app(spec), &env, &targets, false).unwrap_err().code;
        assert_eq!(code(json!({"workflow": {"steps": [{"type": "suspend"}]}})), "env/own-workflow");
        assert_eq!(code(json!({"policies": [{"name": "east", "type": "health"}]})), "env/policy-name");
        assert_eq!(bind(&app(json!({})), &env, &[], false).unwrap_err().code, "env/no-targets");
    }
}
