//! Templates: from a definition's syntax tree to a compiled program, once for each content.

mod prepare;
mod reads;

#[cfg(test)]
pub(crate) use prepare::push_markers_down;

pub(crate) use reads::Reads;

use crate::builtin::Packages;
use crate::definition::Loaded;
use cue::{Data, Evaluation, Inputs, Instance, Limits, Program, Selector, World};
use cue_syntax::{Diagnostic, Source};
use rustc_hash::FxHashMap;
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};

/// Compiled templates by content. It only saves work: what it returns does not depend on what it holds.
pub(crate) struct Programs {
    world: Arc<dyn World>,
    pub(crate) coverage: Option<Arc<cue::Coverage>>,
    compiled: Mutex<FxHashMap<Key, Result<Template, Vec<Diagnostic>>>>,
}

/// A compiled template.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) program: Program,
    /// What it reads of `context`: only that is given to it.
    pub(crate) reads: Arc<Reads>,
}

/// Content, and what was made of it.
type Key = ([u8; 32], Part);

/// What is made of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Part {
    /// All of it; parameters that it does not name are errors.
    Closed,
    /// All of it; any parameter is accepted.
    Open,
    /// Its parameters alone, closed.
    ClosedParameter,
    /// Its parameters alone, open.
    OpenParameter,
}

/// More templates than an installation has; beyond it the store starts again.
const CAPACITY: usize = 4_096;

impl std::fmt::Debug for Programs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Programs")
    }
}

impl Default for Programs {
    fn default() -> Self {
        Self::new(Arc::new(Packages))
    }
}

impl Programs {
    pub(crate) fn new(world: Arc<dyn World>) -> Self {
        Programs { world, coverage: None, compiled: Mutex::default() }
    }

    /// The program of a definition's template. `closed`: parameters that it does not name are errors.
    pub(crate) fn template(&self, loaded: &Loaded, closed: bool) -> Result<Template, Vec<Diagnostic>> {
        let part = if closed { Part::Closed } else { Part::Open };
        self.cached((loaded.key, part), || Ok(instance(loaded, closed)))
    }

    /// The program of a definition's parameters alone, for checking properties.
    pub(crate) fn parameter(&self, loaded: &Loaded, closed: bool) -> Result<Template, Vec<Diagnostic>> {
        let part = if closed { Part::ClosedParameter } else { Part::OpenParameter };
        self.cached((loaded.key, part), || {
            let mut file = loaded.template.clone();
            prepare::only_parameter(&mut file);
            prepare::prepare(&mut file, closed);
            Ok(Instance { sources: loaded.sources.clone(), files: vec![file], ..Instance::default() })
        })
    }

    /// The program of a status text: `context` and `parameter` are given to it.
    pub(crate) fn status(&self, name: &str, text: &str) -> Result<Template, Vec<Diagnostic>> {
        let key = Sha256::digest([b"status:", name.as_bytes(), b":", text.as_bytes()].concat()).into();
        self.cached((key, Part::Open), || {
            let mut instance = Instance::of(Source::new(name, text))?;
            instance.files.iter_mut().for_each(prepare::declare);
            Ok(instance)
        })
    }

    /// Evaluates a template with its two inputs.
    pub(crate) fn evaluate(&self, template: &Template, parameter: Option<&Data>, context: &Data) -> Evaluation {
        let mut data = vec![(vec![Selector::Field("context".into())], template.reads.part_of(context))];
        if let Some(parameter) = parameter {
            data.push((vec![Selector::Field("parameter".into())], parameter.clone()));
        }
        let limits = Limits { coverage: self.coverage.clone(), ..limits() };
        template.program.evaluate(Inputs { data, results: Vec::new() }, &limits)
    }

    fn cached(
        &self,
        key: Key,
        instance: impl FnOnce() -> Result<Instance, Vec<Diagnostic>>,
    ) -> Result<Template, Vec<Diagnostic>> {
        if let Some(found) = self.compiled.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return found.clone();
        }
        let made = instance().and_then(|instance| {
            let reads = Arc::new(Reads::of(&instance.files));
            Ok(Template { program: cue::compile(&*self.world, instance)?, reads })
        });
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if compiled.len() >= CAPACITY {
            compiled.clear();
        }
        compiled.insert(key, made.clone());
        made
    }
}

/// A template ready to be compiled: `context` and `parameter` declared, markers where they belong.
pub(crate) fn instance(loaded: &Loaded, closed: bool) -> Instance {
    let mut file = loaded.template.clone();
    prepare::prepare(&mut file, closed);
    Instance { sources: loaded.sources.clone(), files: vec![file], ..Instance::default() }
}

/// What one template may use.
pub(crate) fn limits() -> Limits {
    Limits::trusted()
}

/// The selector of a top-level field.
pub(crate) fn field(name: &str) -> [Selector; 1] {
    [Selector::Field(name.into())]
}
