//! Running a case: by the functions that deliver for real.

use super::given::{self, BareWorkloads, Given};
use super::observe::Observed;
use super::{Case, Input, Wanted, assertion, compare, snapshot, step};
use crate::data::{field, fields};
use cue::{Coverage, Data, Program};
use cue_syntax::{Diagnostic, Severity};
use k8s_schema::CustomTypes;
use model::{Application, DefinitionKind};
use render::{
    AppInput, ComponentInput, DefinitionSource, Layers, Live, Loaded, Origin, RenderedComponent, Renderer, TraitInput,
    builtin::{Added, Builtins},
};
use serde_json::{Value, json};
use std::sync::Arc;
use workflow::step::Templates;

/// Runs the cases of one definition. It may be shared between threads.
#[derive(Debug)]
pub struct Runner {
    pub(super) loaded: Arc<Loaded>,
    pub(super) renderer: Renderer,
    pub(super) templates: Option<Templates>,
    pub(super) coverage: Option<Arc<Coverage>>,
    scope: Program,
    custom: Arc<CustomTypes>,
}

/// What became of a case.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// The case.
    pub name: String,
    /// Why it failed; empty when it passed.
    pub failures: Vec<Diagnostic>,
    /// What a snapshot keeps, where the case has one.
    pub snapshot: Option<String>,
}

impl Verdict {
    /// Whether everything was as expected.
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A source that several share.
struct Shared(Arc<dyn DefinitionSource>);

impl DefinitionSource for Shared {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        self.0.find(kind, name)
    }
    fn names(&self, kind: DefinitionKind) -> Vec<String> {
        self.0.names(kind)
    }
}

/// The definition under test alone.
struct One(Arc<Loaded>);

impl DefinitionSource for One {
    fn find(&self, kind: DefinitionKind, name: &str) -> Option<Result<Arc<Loaded>, Vec<Diagnostic>>> {
        let this = &self.0.definition;
        (this.kind == kind && this.name == name).then(|| Ok(self.0.clone()))
    }
    fn names(&self, kind: DefinitionKind) -> Vec<String> {
        if self.0.definition.kind == kind { vec![self.0.definition.name.clone()] } else { Vec::new() }
    }
}

impl Runner {
    /// For the cases of a definition. `others` has the definitions that it is used together with; what that does not have is
    /// looked for among the built-in ones. `coverage` counts which guards are passed; `packages` are those that steps import
    /// beside what comes with Lateen.
    ///
    /// # Errors
    /// The definition does not compile.
    pub fn new(
        loaded: Arc<Loaded>,
        others: Arc<dyn DefinitionSource>,
        coverage: bool,
        packages: &Arc<Added>,
    ) -> Result<Runner, Vec<Diagnostic>> {
        let coverage = coverage.then(Arc::<Coverage>::default);
        let layers = Layers(vec![
            Box::new(One(loaded.clone())),
            Box::new(Shared(others)),
            Box::new(BareWorkloads),
            Box::new(Builtins),
        ]);
        let mut renderer = Renderer::new(layers);
        let mut templates = None;
        if loaded.definition.kind == DefinitionKind::WorkflowStep {
            let all = [(loaded.definition.name.clone(), loaded.clone())].into_iter().collect();
            let mut made = Templates::of(&**packages, &all)?.with_external(packages.providers().clone());
            if let Some(coverage) = &coverage {
                made = made.with_coverage(coverage.clone());
            }
            templates = Some(made);
        }
        renderer = renderer.with_packages(packages.clone());
        if let Some(coverage) = &coverage {
            renderer = renderer.with_coverage(coverage.clone());
        }
        let (scope, custom) = (assertion::scope()?, Arc::default());
        Ok(Runner { loaded, renderer, templates, coverage, scope, custom })
    }

    /// Holds what is rendered to what these CRDs say of its kind.
    #[must_use]
    pub fn with_custom_types(mut self, custom: Arc<CustomTypes>) -> Runner {
        self.custom = custom;
        self
    }

    /// Runs a case. `kept` is its snapshot, where there is one.
    pub fn run(&self, case: &Case, kept: Option<&str>) -> Verdict {
        let observed = self.observe(case);
        let mut failures = self.judge(case, &observed);
        let snapshot = case.expect.snapshot.then(|| snapshot::text(&observed.kept()));
        if let Some(text) = &snapshot {
            snapshot::compare(text, kept, &mut failures);
        }
        for failure in &mut failures {
            if failure.labels.is_empty() {
                failure.labels.extend(case.origin.as_ref().and_then(|o| {
                    super::read::place(&Data { origin: Some(o.clone()), ..cue::DataValue::Null.into() }, "")
                }));
            }
        }
        Verdict { name: case.name.clone(), failures, snapshot }
    }

    /// What the definition makes of a case's input.
    pub fn observe(&self, case: &Case) -> Observed {
        let mut observed = Observed { parameter: given::json(&case.input.parameter), ..Observed::default() };
        let surroundings = given::surroundings(&case.input).map(|mut given| {
            given.render.custom_types = self.custom.clone();
            given
        });
        let result = surroundings.and_then(|given| match self.loaded.definition.kind {
            _ if case.input.application.is_some() => self.application(&case.input, &given, &mut observed),
            DefinitionKind::Component | DefinitionKind::Workload => {
                let component = ComponentInput {
                    name: given.name.clone().unwrap_or_else(|| "web".to_owned()),
                    kind: self.loaded.definition.name.clone(),
                    path: "spec.components[0]".into(),
                    properties: case.input.parameter.clone(),
                    traits: Vec::new(),
                    inputs: Vec::new(),
                    outputs: Vec::new(),
                    depends_on: Vec::new(),
                    replica_key: String::new(),
                };
                self.component(case, &given, component, &mut observed)
            }
            DefinitionKind::Trait => given::component(&case.input, given.name.as_deref()).and_then(|mut component| {
                component.traits.push(TraitInput {
                    kind: self.loaded.definition.name.clone(),
                    path: format!("{}.traits[{}]", component.path, component.traits.len()),
                    properties: case.input.parameter.clone(),
                });
                self.component(case, &given, component, &mut observed)
            }),
            DefinitionKind::Policy => self.policy(&case.input, &given, &mut observed),
            DefinitionKind::WorkflowStep => step::run(self, &case.input, &given, &mut observed),
        });
        if let Err(problems) = result {
            observed.problems.extend(problems);
        }
        let (errors, warnings) = observed.problems.drain(..).partition(|p| p.severity == Severity::Error);
        observed.problems = errors;
        observed.warnings.extend::<Vec<_>>(warnings);
        observed
    }

    fn component(
        &self,
        case: &Case,
        given: &Given,
        component: ComponentInput,
        observed: &mut Observed,
    ) -> Result<(), Vec<Diagnostic>> {
        let input = &case.input;
        let (app, place, render) = (&given.app, &given.placement, &given.render);
        if case.expect.parameter.is_some() || !case.expect.assertions.is_empty() {
            let (base, context) = ("spec.components[0].properties", crate::data::empty());
            let checked =
                self.renderer.checked_parameters(&self.loaded, &input.parameter, &context, base, input.allow_unknown);
            if let Ok(parameter) = checked {
                observed.parameter = given::json(&parameter);
            }
        }
        let first = self.renderer.component(app, &component, place, render, None);
        let Some(seen) = &input.observed else {
            return first.map(|rendered| {
                show(&rendered, observed);
                if case.expect.healthy.is_some() || case.expect.message.is_some() || case.expect.details.is_some() {
                    self.health(given, &component, &rendered, &Live::default(), observed);
                }
            });
        };
        // What runs is what was rendered with what is observed of it. A template may need to see it to render at all.
        let live = live(first.as_ref().ok(), seen);
        let rendered = self.renderer.component(app, &component, place, render, Some(&live))?;
        show(&rendered, observed);
        self.health(given, &component, &rendered, &live, observed);
        Ok(())
    }

    fn health(
        &self,
        given: &Given,
        component: &ComponentInput,
        rendered: &RenderedComponent,
        live: &Live,
        observed: &mut Observed,
    ) {
        match self.renderer.health(&given.app, component, &given.placement, rendered, live, &given.render) {
            Ok(health) => {
                let of_trait = self.loaded.definition.kind == DefinitionKind::Trait;
                observed.problems.extend(health.problems);
                if let (true, Some(own)) = (of_trait, health.traits.last()) {
                    observed.healthy = Some(own.healthy);
                    observed.message = Some(own.message.clone());
                    observed.details.clone_from(&own.details);
                } else {
                    observed.healthy = Some(health.workload_healthy);
                    observed.message = Some(health.message);
                    observed.details = health.details;
                }
            }
            Err(problems) => observed.problems.extend(problems),
        }
    }

    /// A policy is tried in an Application of one component.
    fn policy(&self, input: &Input, given: &Given, observed: &mut Observed) -> Result<(), Vec<Diagnostic>> {
        let base = "spec.policies[0].properties";
        let context = crate::data::empty();
        let checked =
            self.renderer.checked_parameters(&self.loaded, &input.parameter, &context, base, input.allow_unknown)?;
        observed.parameter = given::json(&checked);
        let component = given::component(input, given.name.as_deref())?;
        let traits: Vec<Value> = component
            .traits
            .iter()
            .map(|t| json!({"type": t.kind, "properties": given::json(&t.properties)}))
            .collect();
        let spec = json!({
            "components": [{
                "name": component.name,
                "type": component.kind,
                "properties": given::json(&component.properties),
                "traits": traits,
            }],
            "policies": [{
                "name": "policy",
                "type": self.loaded.definition.name,
                "properties": given::json(&input.parameter),
            }],
        });
        self.whole(&spec, None, input, given, observed)
    }

    fn application(&self, input: &Input, given: &Given, observed: &mut Observed) -> Result<(), Vec<Diagnostic>> {
        let Some(data) = &input.application else { return Ok(()) };
        let spec = field(data, "spec").unwrap_or(data);
        self.whole(&given::json(spec), field(data, "metadata"), input, given, observed)
    }

    fn whole(
        &self,
        spec: &Value,
        metadata: Option<&Data>,
        input: &Input,
        given: &Given,
        observed: &mut Observed,
    ) -> Result<(), Vec<Diagnostic>> {
        let metadata = metadata.filter(|m| fields(m).is_some()).map(given::json).unwrap_or_else(|| {
            json!({
                "name": given.app.name,
                "namespace": given.app.namespace,
                "labels": given.app.labels,
                "annotations": given.app.annotations,
            })
        });
        let document = cue::json::from_value(&json!({
            "apiVersion": "core.oam.dev/v1beta1",
            "kind": "Application",
            "metadata": metadata,
            "spec": spec,
        }));
        let app: Application = given::read(&document, "application")?;
        let app = AppInput { app, document: None, ..AppInput::default() };
        let rendered = self.renderer.application(&app, &given::clusters(input), &given.render)?;
        for part in &rendered.parts {
            for object in &part.component.objects {
                observed.objects.push(json!({
                    "cluster": part.placement.cluster_text(),
                    "namespace": part.placement.namespace,
                    "step": part.step,
                    "component": part.component.name,
                    "origin": object.origin.to_string(),
                    "object": object.manifest,
                }));
            }
        }
        if let [part] = rendered.parts.as_slice() {
            show(&part.component, observed);
        }
        observed.warnings.extend(rendered.warnings);
        Ok(())
    }

    fn judge(&self, case: &Case, observed: &Observed) -> Vec<Diagnostic> {
        let mut out = Vec::new();
        let expect = &case.expect;
        errors(case, observed, &mut out);
        let failed = !observed.problems.is_empty();
        let mut part = |wanted: &Option<Data>, got: &Value, path: &str, exact: bool| {
            // What an error has kept from being made is not compared: the error says it.
            if let Some(wanted) = wanted.as_ref().filter(|_| !failed) {
                compare::differences(wanted, got, path, exact, &mut out);
            }
        };
        part(&expect.parameter, &observed.parameter, "parameter", false);
        part(&expect.output, &observed.output, "output", expect.exact);
        part(&expect.outputs, &Value::Object(observed.outputs.clone()), "outputs", expect.exact);
        part(&expect.healthy, &json!(observed.healthy), "healthy", false);
        part(&expect.message, &json!(observed.message), "message", false);
        part(&expect.details, &json!(observed.details), "details", false);
        let mut of_step = |wanted: &Option<Data>, got: &Value, path: &str| {
            if let Some(wanted) = wanted {
                compare::differences(wanted, got, path, false, &mut out);
            }
        };
        of_step(&expect.phase, &json!(observed.phase), "phase");
        let stuck = out.iter().any(|d| d.path.as_deref() == Some("phase"));
        if let (true, Some(message)) = (stuck, observed.message.as_ref().filter(|m| !m.is_empty())) {
            out.push(Diagnostic::error("test/differs", format!("is {message:?}")).path("message"));
        }
        let mut of_step = |wanted: &Option<Data>, got: &Value, path: &str| {
            if let Some(wanted) = wanted {
                compare::differences(wanted, got, path, false, &mut out);
            }
        };
        of_step(&expect.calls, &json!(observed.calls), "calls");
        of_step(&expect.values, &json!(observed.values), "values");
        if let Some(objects) = expect.objects.as_ref().filter(|_| !failed) {
            super::compare_objects(objects, &observed.objects, expect.exact, &mut out);
        }
        if expect.exact && !failed {
            unexpected(expect, observed, &mut out);
        }
        if !failed || expect.error.is_some() || expect.errors.is_some() {
            assertion::check(&self.scope, &expect.assertions, &case.input, observed, &mut out);
        }
        out
    }
}

/// What an exact case does not mention must not be there.
fn unexpected(expect: &super::Expect, observed: &Observed, out: &mut Vec<Diagnostic>) {
    if expect.objects.is_some() {
        return;
    }
    if expect.output.is_none() && !observed.output.is_null() {
        out.push(Diagnostic::error("test/differs", "is there, and is not expected").path("output"));
    }
    if expect.outputs.is_none() && !observed.outputs.is_empty() {
        let names: Vec<&str> = observed.outputs.keys().map(String::as_str).collect();
        out.push(Diagnostic::error("test/differs", format!("has {}, not expected", names.join(", "))).path("outputs"));
    }
}

fn show(rendered: &RenderedComponent, observed: &mut Observed) {
    for object in &rendered.objects {
        let name = match &object.origin {
            Origin::Workload => {
                observed.output = object.manifest.clone();
                continue;
            }
            Origin::Auxiliary(name) | Origin::Policy(name) => name,
            Origin::Trait { output, .. } => output,
        };
        let mut slot = name.clone();
        let mut n = 1;
        while observed.outputs.contains_key(&slot) {
            n += 1;
            slot = format!("{name}#{n}");
        }
        observed.outputs.insert(slot, object.manifest.clone());
    }
    observed.warnings.extend(rendered.warnings.iter().cloned());
}

/// What was rendered, with what is observed laid over it.
fn live(rendered: Option<&RenderedComponent>, seen: &Data) -> Live {
    let mut base = Observed::default();
    if let Some(rendered) = rendered {
        show(rendered, &mut base);
    }
    let mut live = Live { workload: Some(base.output).filter(|o| !o.is_null()), ..Live::default() };
    live.outputs.extend(base.outputs);
    if let Some(output) = field(seen, "output") {
        lay(live.workload.get_or_insert(Value::Null), &given::json(output));
    }
    for (name, object) in field(seen, "outputs").and_then(fields).into_iter().flatten() {
        lay(live.outputs.entry(name.to_string()).or_insert(Value::Null), &given::json(object));
    }
    // An object that is observed to be absent is not there.
    live.workload = live.workload.filter(|w| !w.is_null());
    live.outputs.retain(|_, o| !o.is_null());
    live
}

/// Lays a value over another: maps field by field, anything else whole.
fn lay(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (name, value) in over {
                lay(base.entry(name.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

/// Errors that were expected and did not come, and those that came unexpected.
fn errors(case: &Case, observed: &Observed, out: &mut Vec<Diagnostic>) {
    let expect = &case.expect;
    let wanted: Vec<&Wanted> = expect.error.iter().chain(expect.errors.iter().flatten()).collect();
    let mut known = vec![false; observed.problems.len()];
    for want in &wanted {
        let mut hit = false;
        for (problem, known) in observed.problems.iter().zip(&mut known) {
            if want.fits(problem) {
                (hit, *known) = (true, true);
            }
        }
        if !hit {
            out.push(missing(want, &observed.problems, "error"));
        }
    }
    for want in &expect.warnings {
        if !observed.warnings.iter().any(|w| want.fits(w)) {
            out.push(missing(want, &observed.warnings, "warning"));
        }
    }
    // `error` asks for one among others, `errors` names them all.
    if expect.error.is_some() && expect.errors.is_none() && !observed.problems.is_empty() {
        return;
    }
    for (problem, known) in observed.problems.iter().zip(known) {
        if !known {
            let mut failure = problem.clone();
            failure.message = format!("not expected: {}", problem.message);
            out.push(failure);
        }
    }
}

fn missing(want: &Wanted, problems: &[Diagnostic], what: &str) -> Diagnostic {
    let mut wanted = Vec::new();
    for (name, part) in [("code", &want.code), ("path", &want.path), ("text", &want.contains), ("help", &want.help)] {
        wanted.extend(part.as_ref().map(|p| format!("{name} {p:?}")));
    }
    let told = match problems {
        [] => format!("there is no {what} at all"),
        some => {
            let lines: Vec<String> = some.iter().map(line).collect();
            format!("told is: {}", lines.join("; "))
        }
    };
    let mut failure =
        Diagnostic::error("test/error", format!("the {what} with {} did not come: {told}", wanted.join(", ")));
    if let Some(origin) = &want.origin {
        let data = Data { origin: Some(origin.clone()), ..cue::DataValue::Null.into() };
        failure.labels.extend(super::read::place(&data, "expected here"));
    }
    failure
}

fn line(problem: &Diagnostic) -> String {
    let path = problem.path.as_deref().filter(|p| !p.is_empty()).map(|p| format!("{p}: ")).unwrap_or_default();
    format!("{path}{} [{}]", problem.message, problem.code)
}

impl Wanted {
    fn fits(&self, problem: &Diagnostic) -> bool {
        let help = problem.help.as_deref().unwrap_or_default();
        let path = problem.path.as_deref().unwrap_or_default();
        let below = |wanted: &str| {
            path == wanted
                || path
                    .strip_suffix(wanted)
                    .is_some_and(|rest| rest.ends_with("properties.") || rest.ends_with("properties"))
        };
        self.contains.as_deref().is_none_or(|t| problem.message.contains(t) || help.contains(t) || problem.code == t)
            && self.code.as_deref().is_none_or(|c| problem.code == c)
            && self.help.as_deref().is_none_or(|h| help.contains(h))
            && self.path.as_deref().is_none_or(below)
    }
}
