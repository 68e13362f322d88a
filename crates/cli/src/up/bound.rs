//! `lateen up --env`: an application as an environment runs it.
//!
//! What is delivered where comes from the environment's targets; the workflow is the application's in that environment: one
//! of the files, else the one on the hub, else one made of the targets. Each deployment is a revision that says who asked
//! for it and which commit of the code it is.

use super::files::{self, Given};
use crate::environment;
use crate::session::{Outcome, Session};
use ::render::AppInput;
use controller::prepare::Definitions;
use cue_syntax::{Diagnostic, Severity, Source};
use model::environment::{Bound, workflow_name};
use model::manifest::Document;
use model::{Application, Environment, Target, Workflow, labels};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Binds an application of a hub to an environment.
pub(crate) async fn bind(
    session: &Session,
    definitions: &Definitions,
    app: &Application,
    environment: &Environment,
    targets: &[Target],
) -> Outcome<Bound> {
    let renderer = controller::prepare::renderer(&session.hub, &environment.spec.namespace, definitions).await?;
    let cloud = app.spec.components.iter().any(|c| controller::is_cloud(&renderer, &c.kind));
    Ok(model::environment::bind(app, environment, targets, cloud)?)
}

/// An application of files as `up --env` would store and run it: in the environment's namespace, on its targets, with the
/// workflow of the files, else the one on the hub, else the one that the targets give. Nothing is stored.
pub(crate) async fn in_environment(
    session: &Session,
    definitions: &Definitions,
    environment: &str,
    input: &mut AppInput,
) -> Outcome {
    let (environment, targets) = environment::resolve(session, environment).await?;
    let namespace = &environment.spec.namespace;
    let bound = bind(session, definitions, &input.app, &environment, &targets).await.map_err(|mut failure| {
        if let Some(document) = &input.document {
            ::render::documents::locate(&mut failure.0, document);
        }
        failure
    })?;
    let own = input.app.spec.policies.len();
    if bound.app.spec.policies.get(..own) != Some(input.app.spec.policies.as_slice()) {
        // a target has taken the place of a policy: what stands in the file is not what counts
        input.document = None;
    }
    input.app = bound.app;
    let version = next_version(session, &environment, &input.app.metadata.name).await?;
    let annotations = &mut input.app.metadata.annotations;
    annotations.insert(labels::ENVIRONMENT.to_owned(), environment.metadata.name.clone());
    annotations.insert(labels::PUBLISH_VERSION.to_owned(), version);
    let places = input.policies.iter_mut().map(|p| &mut p.metadata);
    for metadata in places.chain(input.workflows.iter_mut().map(|w| &mut w.metadata)) {
        metadata.namespace.clone_from(namespace);
    }
    if input.workflow().is_none() {
        let stored = session.hub.workflow(namespace, &bound.workflow.metadata.name).await?;
        input.workflows.push(stored.filter(is_edited).unwrap_or(bound.workflow));
    }
    Ok(())
}

/// What the next deployment of an application to an environment is published as.
async fn next_version(session: &Session, environment: &Environment, app: &str) -> Outcome<String> {
    let revisions = session.hub.revisions(&environment.spec.namespace, app).await?;
    let numbers = revisions.iter().filter_map(|r| model::revision::revision_number(&r.metadata.name));
    Ok(format!("{}-{}", environment.metadata.name, numbers.max().unwrap_or(0) + 1))
}

/// Whether somebody has changed a workflow since it was made of targets.
fn is_edited(stored: &Workflow) -> bool {
    let hash = ::workflow::ident::hash(&json!(stored.steps));
    stored.metadata.annotations.get(labels::GENERATED) != Some(&hash)
}

/// The one application of files.
pub(crate) fn only_application(paths: &[PathBuf], namespace: &str) -> Outcome<Application> {
    let given = files::read(paths, namespace)?;
    match given.applications.as_slice() {
        [one] => Ok(one.parse()?),
        all => Err(Diagnostic::error("env/one-application", format!("the files hold {} applications", all.len()))
            .help("give the file of one")
            .into()),
    }
}

/// What a deployment to an environment is told.
pub(super) struct Deployment<'a> {
    pub(super) session: &'a Session,
    pub(super) definitions: &'a Definitions,
    pub(super) environment: Environment,
    pub(super) targets: Vec<Target>,
    /// The commit of the code, when it is known.
    pub(super) commit: Option<String>,
    /// Set by the user.
    pub(super) publish_version: Option<&'a str>,
}

impl<'a> Deployment<'a> {
    pub(super) async fn new(
        session: &'a Session,
        definitions: &'a Definitions,
        environment: &str,
        commit: Option<String>,
        publish_version: Option<&'a str>,
    ) -> Outcome<Deployment<'a>> {
        let (environment, targets) = environment::resolve(session, environment).await?;
        Ok(Deployment { session, definitions, environment, targets, commit, publish_version })
    }

    /// Applications and what they name go to the environment's namespace, whatever the files say.
    /// Other objects that name no namespace were given the environment's name.
    pub(super) fn place(&self, given: &mut Given) {
        let (namespace, name) = (&self.environment.spec.namespace, &self.environment.metadata.name);
        let named = (given.others.iter_mut())
            .filter(|d| matches!(d.kind(), "Policy" | "Workflow") || d.namespace() == name.as_str());
        for document in given.applications.iter_mut().chain(named) {
            if let Some(metadata) = document.value.get_mut("metadata").and_then(Value::as_object_mut) {
                metadata.insert("namespace".into(), namespace.as_str().into());
            }
        }
    }

    /// The document of an application that is on the hub already.
    pub(super) async fn stored(&self, name: &str) -> Outcome<Document> {
        let namespace = self.environment.spec.namespace.clone();
        let mut args = crate::application::AppArgs::new(name, &namespace);
        let mut app = crate::application::find(self.session, &mut args).await?;
        // A roll back has left the steps of its revision.
        if app.annotation(labels::ENVIRONMENT) == Some(self.environment.metadata.name.as_str()) {
            app.spec.workflow = None;
        }
        document(
            &format!("application {namespace}/{name}"),
            &json!({
                "apiVersion": app.api_version, "kind": app.kind, "spec": app.spec,
                "metadata": {"name": name, "namespace": namespace},
            }),
        )
    }

    /// Gives a document what the environment gives its application; a workflow that has to be stored becomes one of
    /// `others`.
    pub(super) async fn bind(&self, document: &mut Document, others: &mut Vec<Document>) -> Outcome {
        let app: Application = document.parse()?;
        let bound = bind(self.session, self.definitions, &app, &self.environment, &self.targets).await;
        let bound = bound
            .map_err(|failure| crate::session::Failure(failure.0.into_iter().map(|d| document.locate(d)).collect()))?;
        let env = &self.environment.metadata.name;
        let name = &app.metadata.name;
        if let Some(spec) = document.value.get_mut("spec").and_then(Value::as_object_mut) {
            spec.insert("policies".into(), json!(bound.app.spec.policies));
            spec.insert("workflow".into(), json!(bound.app.spec.workflow));
        }
        let version = match self.publish_version {
            Some(version) => version.to_owned(),
            None => next_version(self.session, &self.environment, name).await?,
        };
        files::annotate(&mut document.value, labels::PUBLISH_VERSION, &version);
        files::annotate(&mut document.value, labels::ENVIRONMENT, env);
        let who = crate::identity::who(self.session).await;
        files::annotate(&mut document.value, labels::REQUESTED_BY, &who.name);
        if let Some(commit) = &self.commit {
            files::annotate(&mut document.value, labels::COMMIT, commit);
        }
        let wanted = workflow_name(name, env);
        let is_given = others.iter().any(|d| d.kind() == "Workflow" && d.name() == wanted);
        if !is_given && let Some(generated) = self.generated(bound.workflow).await? {
            others.push(generated);
        }
        Ok(())
    }

    /// The workflow that is to be stored; `None` when somebody has edited the one on the hub, which then stays.
    async fn generated(&self, workflow: Workflow) -> Outcome<Option<Document>> {
        let (namespace, name) = (&workflow.metadata.namespace, &workflow.metadata.name);
        let hash = |steps: &[model::Step]| ::workflow::ident::hash(&json!(steps));
        if let Some(stored) = self.session.hub.workflow(namespace, name).await?.filter(is_edited) {
            self.warn_about(&stored);
            return Ok(None);
        }
        let object = json!({
            "apiVersion": workflow.api_version, "kind": workflow.kind, "steps": workflow.steps,
            "metadata": {"name": name, "namespace": namespace, "annotations": {labels::GENERATED: hash(&workflow.steps)}},
        });
        document(&format!("workflow of environment {}", self.environment.metadata.name), &object).map(Some)
    }

    /// Targets that an edited workflow does not deliver to are told.
    fn warn_about(&self, edited: &Workflow) {
        let text = json!(edited.steps).to_string();
        for target in &self.targets {
            let name = &target.metadata.name;
            if !text.contains(&format!("\"{name}\"")) {
                let mut warning = Diagnostic::error(
                    "env/target-left-out",
                    format!("Workflow {} does not deliver to target {name}", edited.metadata.name),
                )
                .help("it was edited, so it is not made anew: add a deploy step with this policy, or give a file");
                warning.severity = Severity::Warning;
                crate::report::print(&[warning]);
            }
        }
    }
}

fn document(origin: &str, object: &Value) -> Outcome<Document> {
    let mut documents = model::manifest::read(&Source::new(origin, object.to_string()))?;
    documents.pop().ok_or_else(|| Diagnostic::error("env/unreadable", format!("{origin} is empty")).into())
}

/// The commit of the work tree that the first of the files is in, with `-dirty` when it has changes; `None` outside of one.
pub(super) fn commit_of(files: &[PathBuf]) -> Option<String> {
    let file = files.iter().find(|f| f.as_os_str() != "-")?;
    let file = std::fs::canonicalize(file).ok()?;
    let folder = if file.is_dir() { file.as_path() } else { file.parent()? };
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"])
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned()).filter(|t| !t.is_empty())
}
