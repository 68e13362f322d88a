//! What is to be run: an Application with everything that it names, at one revision.

use crate::error::Error;
use crate::hub::Hub;
use cue_syntax::Diagnostic;
use delivery::revision::{Parts, Revision, decide};
use delivery::rules::Rules;
use model::generate::{self, Steps};
use model::{AppPolicy, Application, ApplicationRevision, Step};
use serde_json::Value;

/// An Application with everything that it names.
#[derive(Debug, Clone)]
pub struct Subject {
    /// As it is to be run: a published version may hold the specification.
    pub app: Application,
    /// Its own policies and the Policy objects that its steps name.
    pub policies: Vec<AppPolicy>,
    /// Its steps, written or implied.
    pub steps: Steps,
    /// How its objects are treated.
    pub rules: Rules,
    /// Where it stands.
    pub revision: Revision,
    /// What it names on the hub.
    pub parts: Parts,
    /// The revisions that exist, oldest first.
    pub revisions: Vec<ApplicationRevision>,
}

/// Names in `policies` of deploy steps, sub-steps included.
fn named_policies(steps: &[Step]) -> Vec<String> {
    let mut names = Vec::new();
    for step in steps {
        let listed = step.properties.as_ref().and_then(|p| p.get("policies")).and_then(Value::as_array);
        names.extend(listed.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned));
        names.extend(named_policies(&step.sub_steps));
    }
    names
}

impl Subject {
    /// Reads what an Application names and decides its revision. Nothing is written. What is `given` need not be on the
    /// hub: a file may hold it.
    ///
    /// # Errors
    /// It names what is not there, or its policies or steps cannot be read; a hub that does not answer.
    pub async fn load(hub: &Hub, app: &Application, given: &Parts) -> Result<Subject, Error> {
        let parts = Self::parts(hub, app, given).await?;
        let revisions = hub.revisions(&app.metadata.namespace, &app.metadata.name).await?;
        Self::at(app, parts, revisions)
    }

    /// Reads what an Application names.
    ///
    /// # Errors
    /// It names what is not there; a hub that does not answer.
    pub async fn parts(hub: &Hub, app: &Application, given: &Parts) -> Result<Parts, Error> {
        let namespace = &app.metadata.namespace;
        let reference = app.spec.workflow.as_ref().map(|w| w.reference.as_str()).unwrap_or_default();
        let mut parts = Parts { policies: Vec::new(), workflow: given.workflow.clone() };
        if !reference.is_empty() && parts.workflow.is_none() {
            parts.workflow = hub.workflow(namespace, reference).await?;
        }
        let own = app.spec.workflow.as_ref().map(|w| w.steps.as_slice()).unwrap_or_default();
        let referenced = parts.workflow.as_ref().map(|w| w.steps.as_slice()).unwrap_or_default();
        for name in named_policies(own).into_iter().chain(named_policies(referenced)) {
            let is_own = app.spec.policies.iter().enumerate().any(|(i, p)| p.effective_name(i) == name);
            let is_read = parts.policies.iter().any(|p| p.metadata.name == name);
            if !is_own && !is_read {
                let here = given.policies.iter().find(|p| p.metadata.name == name).cloned();
                let found = match here {
                    Some(here) => Some(here),
                    None => hub.policy(namespace, &name).await?,
                };
                parts.policies.push(found.ok_or_else(|| unknown_policy(app, &name))?);
            }
        }
        Ok(parts)
    }

    /// As [`Subject::load`], of what was read already.
    ///
    /// # Errors
    /// Policies or steps cannot be read.
    pub fn at(app: &Application, parts: Parts, revisions: Vec<ApplicationRevision>) -> Result<Subject, Error> {
        let mut revision = decide(app, &parts, &revisions);
        if app.kind == model::WORKFLOW_RUN {
            let run = model::WorkflowRun { metadata: app.metadata.clone(), ..model::WorkflowRun::default() };
            revision.name = run.journal_name();
        }
        let app = revision.application.clone();
        let mut policies: Vec<AppPolicy> = app.spec.policies.clone();
        for (index, policy) in policies.iter_mut().enumerate() {
            policy.name = policy.effective_name(index);
        }
        policies.extend(parts.policies.iter().map(model::Policy::as_app_policy));
        let steps = generate::steps(&app, parts.workflow.as_ref(), &policies)?;
        let rules = Rules::of(&policies)?;
        Ok(Subject { app, policies, steps, rules, revision, parts, revisions })
    }

    /// The run of this revision: unique for the life of the Application.
    pub fn run_id(&self) -> &str {
        &self.revision.name
    }
}

fn unknown_policy(app: &Application, name: &str) -> Diagnostic {
    let known: Vec<String> = app.spec.policies.iter().enumerate().map(|(i, p)| p.effective_name(i)).collect();
    let near = model::action::nearest(name, known.iter().map(String::as_str));
    Diagnostic::error("workflow/unknown-policy", format!("there is no policy \"{name}\" that a step could use"))
        .path("spec.workflow.steps")
        .help(match near {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!(
                "name it under spec.policies, or apply a Policy object of that name to namespace {}",
                app.metadata.namespace
            ),
        })
}
