//! The step loop on CUE: which action of a step's template is next.
//!
//! The rule (it does not depend on the evaluator's field order):
//!
//! 1. An *action* is a struct with a concrete `#do`. Actions are taken in the order in which their fields first stand in
//!    the source; a comprehension's fields stand where the comprehension stands, children come before their parent, list
//!    elements by index. Hidden fields count, definitions and optional fields do not; `@step(n)` comes first, by n.
//! 2. What an action will return is *unknown* until it has run, neither present nor absent. A guard on it is undecided, so
//!    what stands behind the guard is not there yet.
//! 3. The first action without a result is next. When its parameters need the result of another one, that one is next; a
//!    circle of such needs is an error. When they need anything else that is not there, the step waits and says for what;
//!    a `continue` that is not there yet is `false`.
//! 4. Conflicts and missing parameters are reported before the first action.
//! 5. Results stand beside the parameters: at `$returns`, or for the older flat spelling in the fields that the action
//!    returns; where such a field was also given, what was given wins and what the server added is added.

mod asked;
mod check;
mod component;
pub(crate) mod condition;
mod expression;
mod inject;
mod pure;
mod sites;

pub use component::component_outputs;

use crate::debug::Shown;
use crate::evaluate::{Call, Next, Outputs, Payload, Results, Scope, Steps};
use crate::run::inputs::component_inputs;
use asked::{Asked, Question};
use cue::Program;
use cue::{Data, DataValue, Labels, World};
use cue::{Inputs, Limits, Selector};
use cue_syntax::{Diagnostic, Sources};
use indexmap::IndexMap;
use model::action::Class;
use model::{Definition, StepStatus};
use render::{Loaded, Provenance};
use serde_json::Value;
use sites::{Settled, Site};
use smol_str::SmolStr;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The compiled templates of the step types of a run.
#[derive(Debug)]
pub struct Templates {
    programs: IndexMap<String, Template>,
    conditions: Program,
    limits: Limits,
    external: BTreeSet<String>,
    asked: Asked,
}

/// A compiled template.
#[derive(Debug)]
struct Template {
    program: Program,
    sources: Sources,
}

impl Templates {
    /// Compiles the definitions of step types, by the text that steps name them with (`name`, `name@v2`).
    ///
    /// # Errors
    /// Templates that do not compile, each with its place in the definition.
    pub fn of(world: &dyn World, definitions: &IndexMap<String, Arc<Loaded>>) -> Result<Templates, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut programs = IndexMap::new();
        for (kind, loaded) in definitions {
            match cue::compile(world, loaded.instance()) {
                Ok(program) => {
                    programs.insert(kind.clone(), Template { program, sources: loaded.sources.clone() });
                }
                Err(found) => problems.extend(found),
            }
        }
        let conditions = condition::program(world);
        let limits = Limits::trusted();
        match conditions {
            Ok(conditions) if problems.is_empty() => {
                Ok(Templates { programs, conditions, limits, external: BTreeSet::new(), asked: Asked::default() })
            }
            Ok(_) => Err(problems),
            Err(found) => {
                problems.extend(found);
                Err(problems)
            }
        }
    }

    /// [`Templates::of`] for definitions whose templates have not been read yet.
    ///
    /// # Errors
    /// Templates that cannot be read or do not compile.
    pub fn new(
        world: &dyn World,
        definitions: &IndexMap<String, Arc<Definition>>,
    ) -> Result<Templates, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let mut loaded = IndexMap::new();
        for (kind, definition) in definitions {
            match Loaded::from_definition((**definition).clone(), Provenance::Builtin) {
                Ok(one) => {
                    loaded.insert(kind.clone(), Arc::new(one));
                }
                Err(found) => problems.extend(found),
            }
        }
        if problems.is_empty() { Self::of(world, &loaded) } else { Err(problems) }
    }

    /// Takes what these providers offer for actions of packages that were added, whatever they are called.
    #[must_use]
    pub fn with_external(mut self, providers: BTreeSet<String>) -> Templates {
        self.external = providers;
        self
    }

    /// Takes down which guards of the templates are passed.
    #[must_use]
    pub fn with_coverage(mut self, coverage: Arc<cue::Coverage>) -> Templates {
        self.limits.coverage = Some(coverage);
        self
    }

    fn template(&self, kind: &str) -> Result<&Template, Diagnostic> {
        self.programs.get(kind).ok_or_else(|| {
            let mut d = Diagnostic::error("workflow/unknown-step-type", format!("there is no step type \"{kind}\""));
            let near = model::action::nearest(kind, self.programs.keys().map(String::as_str));
            d.help = near.map(|n| format!("did you mean \"{n}\"?"));
            d
        })
    }

    /// Evaluates a step with what has been returned so far, and finds its actions.
    fn settle(&self, scope: Scope<'_>, results: &Results) -> Result<Settled, Diagnostic> {
        let template = self.template(&scope.step.kind)?;
        let mut parameter = cue::json::from_value(&scope.parameter.value);
        if scope.parameter.secret {
            taint(&mut parameter);
        }
        let context = cue::json::from_value(&Value::Object(scope.context.clone()));
        let data = vec![(vec![Selector::new("parameter")], parameter), (vec![Selector::new("context")], context)];
        let template = sites::Template {
            program: &template.program,
            sources: &template.sources,
            limits: &self.limits,
            external: &self.external,
        };
        let known = self.asked.find(scope);
        let question = if known.is_none() { Question::of(scope) } else { None };
        let (settled, first) = sites::settle(&template, &Inputs { data, results: Vec::new() }, results, known)?;
        if let Some(question) = question {
            self.asked.keep(question, first);
        }
        Ok(settled)
    }
}

impl Steps for Templates {
    fn next(&self, scope: Scope<'_>, results: &Results) -> Result<Next, Diagnostic> {
        let next = self.wanted(scope, results);
        // until there is a result nobody asks again, and of what is done only for its outputs
        if !matches!(next, Ok(Next::Act(_) | Next::Computed { .. })) && scope.step.outputs.is_empty() {
            self.asked.forget(scope);
        }
        next.map_err(|problem| crate::hide::secrets(problem, scope, results))
    }

    fn outputs(&self, scope: Scope<'_>, results: &Results) -> Result<Outputs, Diagnostic> {
        let given = self.given(scope, results);
        self.asked.forget(scope);
        given.map_err(|problem| crate::hide::secrets(problem, scope, results))
    }

    fn condition(&self, scope: Scope<'_>, status: &IndexMap<&str, &StepStatus>) -> Result<bool, Diagnostic> {
        let holds = condition::holds(&self.conditions, &self.limits, scope, status);
        holds.map_err(|problem| crate::hide::secrets(problem, scope, &Results::new()))
    }

    fn value(&self, scope: Scope<'_>, results: &Results) -> Shown {
        match self.settle(scope, results) {
            Ok(settled) => Shown::of(settled.evaluation.root()),
            Err(problem) => Shown::given(scope, results).with_problem(&problem),
        }
    }
}

impl Templates {
    fn wanted(&self, scope: Scope<'_>, results: &Results) -> Result<Next, Diagnostic> {
        let settled = self.settle(scope, results)?;
        if results.is_empty() {
            check::parameter(&settled.evaluation)?;
        }
        let first = settled.sites.iter().position(|s| !results.contains_key(&s.path));
        // once actions have run, what is wrong elsewhere must not keep the next one (a `#Fail` that says it better) from its turn
        if (results.is_empty() || first.is_none())
            && let Some(problem) = settled.evaluation.diagnostics().into_iter().next()
        {
            return Err(problem);
        }
        let Some(first) = first else { return Ok(Next::Done) };
        let mut wanted = first;
        let mut asked = vec![first];
        loop {
            let Some(site) = settled.sites.get(wanted) else { return Ok(Next::Done) };
            match site.params(&settled.evaluation)? {
                sites::Params::Ready(_) if site.action.class == Class::Pure => {
                    let params = site.raw_params(&settled.evaluation);
                    if let Some(result) = params.and_then(|p| pure::compute(site.action, &p)) {
                        return Ok(Next::Computed { path: site.path.clone(), result: result? });
                    }
                    return Err(Diagnostic::error(
                        "workflow/action",
                        format!("action {} cannot be computed", site.path),
                    ));
                }
                sites::Params::Ready(mut params) => {
                    component_inputs(scope, site.action, &mut params)?;
                    return Ok(Next::Act(Call { path: site.path.clone(), action: site.action, params }));
                }
                sites::Params::Missing(message) => return Ok(Next::Wait { message }),
                sites::Params::Unknown(ids) => {
                    let other = ids.iter().filter_map(|id| settled.sites.iter().position(|s| s.id == Some(*id)));
                    match other.into_iter().find(|i| !asked.contains(i)) {
                        Some(other) => {
                            asked.push(other);
                            wanted = other;
                        }
                        None => return Err(circle(&settled.sites, &asked)),
                    }
                }
            }
        }
    }

    fn given(&self, scope: Scope<'_>, results: &Results) -> Result<Outputs, Diagnostic> {
        let settled = self.settle(scope, results)?;
        let mut outputs = Outputs::new();
        for output in &scope.step.outputs {
            let value = expression::output(&settled.evaluation, &output.value_from).map_err(|mut d| {
                d.message = format!("output \"{}\": {}", output.name, d.message);
                d
            })?;
            outputs.insert(output.name.clone(), value);
        }
        Ok(outputs)
    }
}

fn circle(sites: &[Site], asked: &[usize]) -> Diagnostic {
    let names: Vec<&str> = asked.iter().filter_map(|i| sites.get(*i)).map(|s| s.path.as_str()).collect();
    Diagnostic::error("workflow/action-circle", format!("the actions {} need each other's results", names.join(", ")))
}

/// Marks everything in it as secret.
fn taint(data: &mut Data) {
    data.labels = data.labels.join(Labels::SECRET);
    match &mut data.value {
        DataValue::List(items) => items.iter_mut().for_each(taint),
        DataValue::Struct(fields) => fields.values_mut().for_each(taint),
        _ => {}
    }
}

/// Whether anything in it is secret.
fn is_tainted(data: &Data) -> bool {
    data.labels.is_secret()
        || match &data.value {
            DataValue::List(items) => items.iter().any(is_tainted),
            DataValue::Struct(fields) => fields.values().any(is_tainted),
            _ => false,
        }
}

/// Data as a payload; `Err` has the unknown results in it.
fn payload(data: &Data) -> Result<Payload, Vec<u32>> {
    match cue::json::to_value(data) {
        Ok(value) => Ok(Payload { value, secret: is_tainted(data) }),
        Err(_) => {
            let mut ids = Vec::new();
            unknowns(data, &mut ids);
            Err(ids)
        }
    }
}

fn unknowns(data: &Data, ids: &mut Vec<u32>) {
    match &data.value {
        DataValue::Unknown(id) => ids.push(*id),
        DataValue::List(items) => items.iter().for_each(|d| unknowns(d, ids)),
        DataValue::Struct(fields) => fields.values().for_each(|d| unknowns(d, ids)),
        _ => {}
    }
}

/// A label as it stands in a path.
fn path_label(label: &str) -> SmolStr {
    let plain = !label.is_empty()
        && label.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '$' | '#'))
        && !label.starts_with(|c: char| c.is_ascii_digit());
    if plain { label.into() } else { format!("{label:?}").into() }
}
