//! The one function of this crate, in its sizes: an Application, a component, the health of one.

use crate::application::{AppInput, AppView, ComponentInput};
use crate::builtin::{Added, Builtins};
use crate::component::{self, Live, RenderedComponent};
use crate::context::RenderContext;
use crate::definition::{self, DefinitionSource, Loaded};
use crate::placement::{Clusters, Placement};
use crate::template::Programs;
use crate::{error, plan};
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use rustc_hash::FxHashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Renders with the definitions of one source. It may be shared between threads; what it keeps is only to save work.
pub struct Renderer {
    source: Box<dyn DefinitionSource>,
    pub(crate) programs: Programs,
    read: Mutex<FxHashMap<(DefinitionKind, String), Arc<Loaded>>>,
}

impl std::fmt::Debug for Renderer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Renderer")
    }
}

/// What an Application renders to.
#[derive(Debug, Clone, PartialEq)]
pub struct Rendered {
    /// Steps in order, placements in order, components in order.
    pub parts: Vec<RenderedPart>,
    /// What steps apply by actions of their own, as far as it is known before they run.
    pub applied: Vec<crate::step::Applied>,
    /// Worth knowing.
    pub warnings: Vec<Diagnostic>,
}

/// One component at one place.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedPart {
    /// The step that delivers it; `None` when none does.
    pub step: Option<String>,
    /// Where to.
    pub placement: Placement,
    /// What.
    pub component: RenderedComponent,
    /// What it was rendered from, as policies have changed it; `None`: a policy.
    pub input: Option<ComponentInput>,
}

impl Renderer {
    /// With the definitions of a source.
    pub fn new(source: impl DefinitionSource + 'static) -> Renderer {
        Renderer { source: Box::new(source), programs: Programs::default(), read: Mutex::default() }
    }

    /// With what comes with Lateen.
    pub fn builtin() -> Renderer {
        Self::new(Builtins)
    }

    /// Takes down which guards of the templates are passed.
    #[must_use]
    pub fn with_coverage(mut self, coverage: Arc<cue::Coverage>) -> Renderer {
        self.programs.coverage = Some(coverage);
        self
    }

    /// Lets templates import these packages as well.
    #[must_use]
    pub fn with_packages(mut self, packages: Arc<Added>) -> Renderer {
        let coverage = self.programs.coverage.take();
        self.programs = Programs::new(packages);
        self.programs.coverage = coverage;
        self
    }

    /// The definitions.
    pub fn source(&self) -> &dyn DefinitionSource {
        &*self.source
    }

    /// A definition by the type that a user wrote. `path` is where.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn definition(
        &self,
        kind: DefinitionKind,
        reference: &str,
        path: &str,
    ) -> Result<Arc<Loaded>, Vec<Diagnostic>> {
        let key = (kind, reference.to_owned());
        if let Some(found) = self.read.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return Ok(found.clone());
        }
        let loaded = definition::find(&*self.source, kind, reference, path)?;
        self.read.lock().unwrap_or_else(PoisonError::into_inner).insert(key, loaded.clone());
        Ok(loaded)
    }

    /// Renders everything that the workflow of an Application delivers, with where it delivers it.
    ///
    /// # Errors
    /// Everything that is wrong, all at once.
    pub fn application(
        &self,
        input: &AppInput,
        clusters: &Clusters,
        context: &RenderContext,
    ) -> Result<Rendered, Vec<Diagnostic>> {
        plan::application(self, input, clusters, &context.of_app(&AppView::of(&input.app)))
    }

    /// Renders one component for one place. `live` is what runs there now.
    ///
    /// # Errors
    /// Unknown types, wrong parameters, patches that do not fit.
    pub fn component(
        &self,
        app: &AppView,
        component: &ComponentInput,
        placement: &Placement,
        context: &RenderContext,
        live: Option<&Live>,
    ) -> Result<RenderedComponent, Vec<Diagnostic>> {
        component::render(self, app, component, placement, &context.of_app(app), live)
    }

    /// Checks properties against the parameters of a definition, without rendering. `base` is where they stand;
    /// `allow_unknown` lets those through that the definition does not name.
    ///
    /// # Errors
    /// Unknown, missing and mistyped parameters.
    pub fn check_parameters(
        &self,
        loaded: &Loaded,
        properties: &cue::Data,
        context: &cue::Data,
        base: &str,
        allow_unknown: bool,
    ) -> Result<(), Vec<Diagnostic>> {
        self.parameters(loaded, properties, context, base, allow_unknown).map(drop)
    }

    /// [`Renderer::check_parameters`], giving the properties with what the definition adds to them.
    ///
    /// # Errors
    /// The same.
    pub fn checked_parameters(
        &self,
        loaded: &Loaded,
        properties: &cue::Data,
        context: &cue::Data,
        base: &str,
        allow_unknown: bool,
    ) -> Result<cue::Data, Vec<Diagnostic>> {
        let evaluation = self.parameters(loaded, properties, context, base, allow_unknown)?;
        let parameter = evaluation.lookup(&crate::template::field("parameter"));
        if !parameter.exists() {
            return Ok(properties.clone());
        }
        let options = cue::DataOptions { completeness: cue::Completeness::Concrete, origins: true };
        parameter.data(&options).map_err(|problems| error::translate(problems, base, loaded, properties))
    }

    /// The parameters of a definition with these properties, checked.
    fn parameters(
        &self,
        loaded: &Loaded,
        properties: &cue::Data,
        context: &cue::Data,
        base: &str,
        allow_unknown: bool,
    ) -> Result<cue::Evaluation, Vec<Diagnostic>> {
        let program = self.programs.parameter(loaded, !allow_unknown)?;
        let evaluation = self.programs.evaluate(&program, Some(properties), context);
        component::check(&evaluation, loaded, base, properties)?;
        Ok(evaluation)
    }
}
