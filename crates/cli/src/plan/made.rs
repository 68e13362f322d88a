//! What an Application renders to, with its steps: offline, or with a hub's definitions, policies and clusters.

use crate::application::runner;
use crate::crds;
use crate::session::{Failure, HubArgs, Outcome, Session};
use ::render::builtin::{Added, Builtins};
use ::render::{AppInput, ClusterVersion, Clusters, Layers, RenderContext, Rendered, Renderer};
use authoring::plan::AppPlan;
use controller::prepare::Definitions;
use cue_syntax::Diagnostic;
use delivery::revision::Parts;
use fleet::{Home, HubChoice};
use k8s_schema::CustomTypes;
use model::{AppPolicy, Application};
use std::sync::Arc;
use workflow::Plan;

/// An Application, rendered.
pub(crate) struct Made {
    /// It.
    pub(crate) app: Application,
    /// What goes where.
    pub(crate) rendered: Rendered,
    /// Its steps, checked.
    pub(crate) steps: Plan,
    /// With which definitions.
    pub(crate) renderer: Arc<Renderer>,
    /// The policies that it carries.
    pub(crate) policies: Vec<AppPolicy>,
}

/// Whether there is a hub to ask: a real one that was chosen, or the embedded one when it has been used.
pub(crate) fn hub_is_there(args: &HubArgs) -> Outcome<bool> {
    let home = Home::from_environment()?;
    let (choice, _) = HubChoice::choose(args.hub.as_deref(), &home)?;
    Ok(choice != HubChoice::Embedded || home.cluster(model::cluster::LOCAL).exists())
}

fn located(input: &AppInput, mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    if let Some(document) = &input.document {
        ::render::documents::locate(&mut problems, document);
    }
    problems
}

impl Made {
    /// Asks nobody.
    pub(crate) fn offline(
        input: &AppInput,
        given: &Definitions,
        custom_types: Arc<CustomTypes>,
        version: Option<ClusterVersion>,
    ) -> Outcome<Made> {
        let packages = Arc::new(Added::of(&given.packages));
        let layers = Layers(vec![Box::new(given.files.clone()), Box::new(Builtins)]);
        let renderer = Renderer::new(layers).with_packages(packages);
        let cluster_version = version.unwrap_or_default();
        let context = RenderContext { cluster_version, custom_types, to_run: true, ..RenderContext::default() };
        Self::with(input, Arc::new(renderer), &Clusters::Unknown, &context)
    }

    /// Renders with definitions that are at hand.
    pub(crate) fn with(
        input: &AppInput,
        renderer: Arc<Renderer>,
        clusters: &Clusters,
        context: &RenderContext,
    ) -> Outcome<Made> {
        let fail = |problems| Failure(located(input, problems));
        let rendered = crds::rendered_offline(&renderer, input, clusters, context).map_err(fail)?;
        let policies = input.own_policies();
        let steps = model::generate::steps(&input.app, input.workflow(), &policies).map_err(|d| fail(vec![d]))?;
        let steps = Plan::of(&input.app, &steps).map_err(fail)?;
        crate::report::print(&located(input, rendered.warnings.clone()));
        Ok(Made { app: input.app.clone(), rendered, steps, renderer, policies })
    }

    /// As a run on this hub would have it; `custom_types` are those of files, clusters are asked for theirs.
    pub(crate) async fn online(
        session: &Session,
        input: &AppInput,
        given: &Definitions,
        custom_types: Arc<CustomTypes>,
    ) -> Outcome<Made> {
        let mut app = input.app.clone();
        let stored = session.hub.application(&app.metadata.namespace, &app.metadata.name).await?;
        if let Some(stored) = &stored {
            app.metadata.uid.clone_from(&stored.metadata.uid);
            app.metadata.generation = stored.metadata.generation;
        }
        let runner = runner(session, given.clone(), |_| {});
        let parts = Parts { policies: input.policies.clone(), workflow: input.workflow().cloned() };
        let prepared = match runner.check_with(&app, &parts).await {
            Ok(prepared) => prepared,
            Err(controller::Error::Diagnostics(found)) => return Err(Failure(located(input, found))),
            Err(error) => return Err(error.into()),
        };
        let clusters = clusters(session).await?;
        let context = RenderContext { custom_types, ..prepared.context.clone() };
        let rendered = crds::rendered(session, &prepared.renderer, &prepared.input, &clusters, &context)
            .await
            .map_err(|found| Failure(located(input, found)))?;
        crate::report::print(&located(input, rendered.warnings.clone()));
        Ok(Made {
            app,
            rendered,
            steps: (*prepared.plan).clone(),
            renderer: prepared.renderer.clone(),
            policies: prepared.input.own_policies(),
        })
    }

    /// The plan of it, not yet compared.
    pub(crate) fn plan(&self) -> AppPlan {
        let meta = &self.app.metadata;
        AppPlan::new(&meta.name, &meta.namespace, &self.rendered, &self.steps, &self.renderer)
    }
}

/// The clusters that a hub knows.
pub(crate) async fn clusters(session: &Session) -> Outcome<Clusters> {
    let all = session.fleet.list().await?;
    Ok(Clusters::Known(all.into_iter().map(|c| ::render::Cluster { name: c.name, labels: c.labels }).collect()))
}
