//! One side of a comparison: a file, an application, a revision.

use crate::application::AppArgs;
use crate::plan::made::{Made, clusters};
use crate::session::{Outcome, Session};
use ::render::builtin::Builtins;
use ::render::definition::Provenance;
use ::render::{AppInput, DefinitionSource, Layers, Loaded, RenderContext, Renderer};
use controller::packages::Added;
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use model::action::nearest;
use model::{ApplicationRevision, DefinitionKind};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What was named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Side {
    /// A file with an Application.
    File(String),
    /// What the hub has.
    App(String),
    /// A revision: the application, and the revision's name or number.
    Revision(String, String, String),
}

impl Side {
    /// Reads `FILE`, `APP` or `APP@REVISION`. What exists as a file, or looks like one, is one.
    pub(super) fn parse(text: &str) -> Side {
        let like_file =
            text == "-" || text.contains('/') || [".yaml", ".yml", ".json"].iter().any(|e| text.ends_with(e));
        if like_file || Path::new(text).is_file() {
            return Side::File(text.to_owned());
        }
        match text.split_once('@') {
            Some((app, revision)) => Side::Revision(app.to_owned(), revision.to_owned(), text.to_owned()),
            None => Side::App(text.to_owned()),
        }
    }

    /// As it was written.
    pub(super) fn text(&self) -> &str {
        match self {
            Side::File(text) | Side::App(text) | Side::Revision(_, _, text) => text,
        }
    }

    /// It is on the hub.
    pub(super) fn asks_hub(&self) -> bool {
        !matches!(self, Side::File(_))
    }
}

/// What sides are read with.
pub(super) struct Context<'a> {
    pub(super) session: Option<&'a Session>,
    pub(super) namespace: &'a str,
    pub(super) definitions: &'a Definitions,
}

impl Context<'_> {
    /// Renders a side.
    pub(super) async fn made(&self, side: &Side) -> Outcome<Made> {
        match (side, self.session) {
            (Side::File(path), session) => self.file(path, session).await,
            (Side::App(name), Some(session)) => self.app(name, session).await,
            (Side::Revision(app, revision, _), Some(session)) => self.revision(app, revision, session).await,
            (_, None) => Err(Diagnostic::error("diff/side", "there is no hub to ask").into()),
        }
    }

    async fn file(&self, path: &str, session: Option<&Session>) -> Outcome<Made> {
        let documents = crate::render::documents(&[PathBuf::from(path)], &[])?;
        let mut given = self.definitions.clone();
        for kind in DefinitionKind::ALL {
            for name in documents.definitions.names(kind) {
                // Those given with -d win.
                if let Some(Ok(loaded)) = documents.definitions.find(kind, &name) {
                    let _ = given.files.add((*loaded).clone());
                }
            }
        }
        given.packages.extend(documents.packages);
        let Some(mut input) = documents.applications.into_iter().next() else {
            return Err(Diagnostic::error("diff/side", format!("{path} holds no Application")).into());
        };
        if input.app.metadata.namespace.is_empty() {
            self.namespace.clone_into(&mut input.app.metadata.namespace);
        }
        match session {
            Some(session) => Made::online(session, &input, &given, Arc::new(documents.custom_types)).await,
            None => Made::offline(&input, &given, Arc::new(documents.custom_types), None),
        }
    }

    fn args(&self, name: &str) -> AppArgs {
        AppArgs::new(name, self.namespace)
    }

    async fn app(&self, name: &str, session: &Session) -> Outcome<Made> {
        let app = crate::application::find(session, &mut self.args(name)).await?;
        let input = AppInput { app, ..AppInput::default() };
        Made::online(session, &input, self.definitions, Arc::default()).await
    }

    /// A revision with the definitions, policies and workflow that it has pinned.
    async fn revision(&self, app: &str, wanted: &str, session: &Session) -> Outcome<Made> {
        crate::application::find(session, &mut self.args(app)).await?;
        let all = session.hub.revisions(self.namespace, app).await?;
        let fits = |r: &&ApplicationRevision| {
            let name = r.metadata.name.as_str();
            name == wanted || name == format!("{app}-{wanted}") || name == format!("{app}-v{wanted}")
        };
        let Some(found) = all.iter().find(fits) else {
            let names: Vec<&str> = all.iter().map(|r| r.metadata.name.as_str()).collect();
            let d = Diagnostic::error("diff/unknown-revision", format!("application {app} has no revision {wanted}"));
            return Err(match nearest(&format!("{app}-{wanted}"), names.iter().copied()) {
                Some(near) => d.help(format!("did you mean {near}?")),
                None => d.help(format!("it has {}", names.join(", "))),
            }
            .into());
        };
        let spec = &found.spec;
        let mut given = self.definitions.clone();
        for objects in [
            &spec.component_definitions,
            &spec.trait_definitions,
            &spec.policy_definitions,
            &spec.workflow_step_definitions,
        ] {
            for (name, object) in objects {
                let origin = format!("{name} of revision {}", found.metadata.name);
                let loaded = Loaded::from_object(object, &origin, Provenance::Hub(found.metadata.namespace.clone()))?;
                let _ = given.files.add(loaded);
            }
        }
        let mut input = AppInput { app: spec.application.clone(), ..AppInput::default() };
        let broken =
            |e: serde_json::Error| Diagnostic::error("diff/side", format!("revision {wanted} cannot be read: {e}"));
        for policy in spec.policies.values() {
            input.policies.push(Deserialize::deserialize(policy).map_err(broken)?);
        }
        if let Some(workflow) = &spec.workflow {
            input.workflows.push(Deserialize::deserialize(workflow).map_err(broken)?);
        }
        let added = Added::load(&session.hub, self.namespace, &given.packages).await?;
        let layers = Layers(vec![Box::new(given.files), Box::new(Builtins)]);
        let renderer = Renderer::new(layers).with_packages(added.packages);
        let context = RenderContext { app_revision: found.metadata.name.clone(), ..RenderContext::default() };
        Made::with(&input, Arc::new(renderer), &clusters(session).await?, &context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_what_they_look_like() {
        assert_eq!(Side::parse("a.yaml"), Side::File("a.yaml".into()));
        assert_eq!(Side::parse("dir/app"), Side::File("dir/app".into()));
        assert_eq!(Side::parse("shop"), Side::App("shop".into()));
        assert_eq!(Side::parse("shop@v2"), Side::Revision("shop".into(), "v2".into(), "shop@v2".into()));
    }
}
