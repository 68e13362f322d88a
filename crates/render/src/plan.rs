//! What each step of a workflow delivers, and where to.

use crate::application::{AppInput, AppView, ComponentInput};
use crate::component::{Owned, RenderedComponent};
use crate::conform;
use crate::context::RenderContext;
use crate::each;
use crate::overlap;
use crate::placement::{self, Clusters, LOCAL, NamedTopology, Placement};
use crate::policy::{self, Kind, Policy, change};
use crate::renderer::{Rendered, RenderedPart, Renderer};
use crate::step::{self, Applied, Delivery};
use crate::tree;
use cue_syntax::{Diagnostic, Severity};
use model::action::nearest;
use model::{DefinitionKind, Step};
use serde_json::Value;

/// What one delivery is asked to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployRequest {
    /// Names of policies, in order.
    pub policies: Vec<String>,
    /// With an env-binding policy: which env.
    pub env: Option<String>,
    /// Only these components; empty is all.
    pub components: Vec<String>,
    /// Names of policies that could not be read: they are passed over, what is wrong with them is told elsewhere.
    pub passed_over: Vec<String>,
    /// Where the step stands, for diagnostics.
    pub path: String,
}

/// Components at one place, as policies have changed them.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Where.
    pub placement: Placement,
    /// What, in order.
    pub components: Vec<ComponentInput>,
}

/// Step types that deliver and what they are about.
enum Delivers {
    Deploy(DeployRequest),
    Component { name: String, cluster: String, namespace: String },
    All { except: Vec<String>, clusters: Option<Vec<String>> },
}

fn delivers(step: &Step, path: &str) -> Option<Delivers> {
    let none = Value::Null;
    let properties = step.properties.as_ref().unwrap_or(&none);
    let text = |name: &str| properties.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let list = |name: &str| -> Option<Vec<String>> {
        let items = properties.get(name)?.as_array()?;
        Some(items.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let (kind, _) = crate::definition::split_version(&step.kind);
    Some(match kind {
        "deploy" => Delivers::Deploy(DeployRequest {
            policies: list("policies").unwrap_or_default(),
            path: path.to_owned(),
            ..DeployRequest::default()
        }),
        "deploy2env" | "multi-env" | "deploy2cluster" => Delivers::Deploy(DeployRequest {
            policies: Some(text("policy")).filter(|p| !p.is_empty()).into_iter().collect(),
            env: Some(text("env")),
            components: Some(text("component")).filter(|c| !c.is_empty()).into_iter().collect(),
            path: path.to_owned(),
            ..DeployRequest::default()
        }),
        "apply-component" => {
            Delivers::Component { name: text("component"), cluster: text("cluster"), namespace: text("namespace") }
        }
        "apply-application" | "apply-application-in-parallel" => Delivers::All { except: Vec::new(), clusters: None },
        "apply-remaining" => Delivers::All { except: list("exceptions").unwrap_or_default(), clusters: None },
        "deploy2runtime" => Delivers::All { except: Vec::new(), clusters: list("clusters") },
        _ => return None,
    })
}

/// The places and components of one delivery: overrides in the order given, then replication.
///
/// # Errors
/// Unknown policies, envs, clusters; broken patterns.
pub fn deploy(
    components: &[ComponentInput],
    policies: &[Policy],
    request: &DeployRequest,
    clusters: &Clusters,
    namespace: &str,
) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let mut components = components.to_vec();
    if let Some(env) = &request.env {
        return deploy_env(components, policies, request, env, clusters, namespace);
    }
    let mut chosen = Vec::new();
    let mut problems = Vec::new();
    for (i, name) in request.policies.iter().enumerate() {
        match policies.iter().find(|p| p.name == *name) {
            Some(policy) => chosen.push(policy),
            None if request.passed_over.contains(name) => {}
            None => {
                problems.push(unknown_policy(name, policies, &format!("{}.properties.policies[{i}]", request.path)))
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let one = |problem: Diagnostic| vec![problem];
    for policy in &chosen {
        if let Kind::Override(over) = &policy.kind {
            let base = format!("{}.properties.components", policy.path);
            change::apply(&mut components, &over.components, &base, true).map_err(one)?;
            change::select(&mut components, &over.selector);
        }
    }
    for policy in &chosen {
        if let Kind::Replication(replication) = &policy.kind {
            replication.apply(&mut components);
        }
    }
    let topologies: Vec<NamedTopology<'_>> = chosen
        .iter()
        .filter_map(|p| match &p.kind {
            Kind::Topology(topology) => Some(NamedTopology { name: &p.name, path: &p.path, topology }),
            _ => None,
        })
        .collect();
    let places = placement::by_topologies(&topologies, clusters, namespace, &request.policies)?;
    change::select(&mut components, &request.components);
    Ok(places.into_iter().map(|placement| Placed { placement, components: components.clone() }).collect())
}

/// A change of components, where it stands, and whether its name is a regular expression.
type Change = (change::ComponentChange, String, bool);

/// The changes that a delivery makes, in order.
fn changes(policies: &[Policy], request: &DeployRequest) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |list: &[change::ComponentChange], base: String, pattern: bool| {
        all.extend(list.iter().enumerate().map(|(i, c)| (c.clone(), format!("{base}[{i}]"), pattern)));
    };
    for policy in policies {
        match &policy.kind {
            Kind::Override(over) if request.env.is_none() && request.policies.contains(&policy.name) => {
                add(&over.components, format!("{}.properties.components", policy.path), true);
            }
            Kind::EnvBinding(binding) => {
                for (i, env) in binding.envs.iter().enumerate().filter(|(_, e)| request.env.as_ref() == Some(&e.name)) {
                    let base = format!("{}.properties.envs[{i}].patch.components", policy.path);
                    env.patch.iter().for_each(|patch| add(&patch.components, base.clone(), false));
                }
            }
            _ => {}
        }
    }
    all
}

fn deploy_env(
    mut components: Vec<ComponentInput>,
    policies: &[Policy],
    request: &DeployRequest,
    env: &str,
    clusters: &Clusters,
    namespace: &str,
) -> Result<Vec<Placed>, Vec<Diagnostic>> {
    let bindings = policies.iter().filter_map(|p| match &p.kind {
        Kind::EnvBinding(binding) => Some((p, binding)),
        _ => None,
    });
    let wanted = request.policies.first();
    let Some((policy, binding)) = bindings.clone().find(|(p, _)| wanted.is_none_or(|w| *w == p.name)) else {
        let path = format!("{}.properties.policy", request.path);
        let named: Vec<Policy> = bindings.map(|(p, _)| p.clone()).collect();
        return Err(vec![match wanted {
            Some(name) => unknown_policy(name, &named, &path),
            None => Diagnostic::error("render/unknown-policy", "the application has no env-binding policy").path(path),
        }]);
    };
    let Some((i, found)) = binding.envs.iter().enumerate().find(|(_, e)| e.name == env) else {
        let names = binding.envs.iter().map(|e| e.name.as_str());
        let mut problem =
            Diagnostic::error("render/unknown-env", format!("policy \"{}\" has no env \"{env}\"", policy.name))
                .path(format!("{}.properties.env", request.path));
        problem.help = Some(match nearest(env, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it has {}", names.collect::<Vec<_>>().join(", ")),
        });
        return Err(vec![problem]);
    };
    let base = format!("{}.properties.envs[{i}]", policy.path);
    let one = |problem: Diagnostic| vec![problem];
    if let Some(patch) = &found.patch {
        let at = format!("{base}.patch.components");
        change::apply(&mut components, &patch.components, &at, false).map_err(one)?;
    }
    if let Some(selector) = &found.selector {
        change::select(&mut components, &selector.components);
    }
    change::select(&mut components, &request.components);
    let places = placement::by_env(found, &policy.name, &base, clusters, namespace).map_err(one)?;
    Ok(places.into_iter().map(|placement| Placed { placement, components: components.clone() }).collect())
}

fn unknown_policy(name: &str, policies: &[Policy], path: &str) -> Diagnostic {
    let mut problem = Diagnostic::error("render/unknown-policy", format!("there is no policy \"{name}\"")).path(path);
    let names = policies.iter().map(|p| p.name.as_str());
    problem.help = Some(match nearest(name, names.clone()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None if policies.is_empty() => "the application has no policies of that kind".to_owned(),
        None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
    });
    problem
}

impl Renderer {
    /// What a `deploy` step delivers: overrides in the order of `policies`, then replication, at the places of the
    /// topologies. `inline` are policies that stand in the step itself; they come after the named ones.
    ///
    /// # Errors
    /// Unknown policies and clusters, wrong parameters.
    pub fn deploy_targets(
        &self,
        input: &AppInput,
        policies: &[String],
        inline: &[Value],
        clusters: &Clusters,
        context: &RenderContext,
    ) -> Result<Vec<Placed>, Vec<Diagnostic>> {
        let mut all = input.all_policies();
        let mut names = policies.to_vec();
        for (i, value) in inline.iter().enumerate() {
            let policy: model::AppPolicy = crate::application::typed(value, "policy")?;
            let name = if policy.name.is_empty() { format!("inline-{}-{i}", policy.kind) } else { policy.name.clone() };
            names.push(name.clone());
            all.push(crate::application::NamedPolicy {
                name,
                kind: policy.kind.clone(),
                properties: crate::application::properties(policy.properties.as_ref(), None),
                path: format!("inlinePolicies[{i}]"),
                own: false,
            });
        }
        let view = AppView::of(&input.app);
        let read = policy::read(self, &all, &context.of_app(&view))?;
        let request = DeployRequest { policies: names, path: String::new(), ..DeployRequest::default() };
        deploy(&input.components(), &read, &request, clusters, &view.namespace)
    }

    /// What a `deploy2env` step delivers. An empty `policy` is the only env-binding policy there is.
    ///
    /// # Errors
    /// Unknown policies, envs and clusters, wrong parameters.
    pub fn env_targets(
        &self,
        input: &AppInput,
        policy: &str,
        env: &str,
        clusters: &Clusters,
        context: &RenderContext,
    ) -> Result<Vec<Placed>, Vec<Diagnostic>> {
        let view = AppView::of(&input.app);
        let read = policy::read(self, &input.all_policies(), &context.of_app(&view))?;
        let request = DeployRequest {
            policies: Some(policy.to_owned()).filter(|p| !p.is_empty()).into_iter().collect(),
            env: Some(env.to_owned()),
            ..DeployRequest::default()
        };
        deploy(&input.components(), &read, &request, clusters, &view.namespace)
    }
}

/// A whole Application: every step's deliveries, in order.
pub(crate) fn application(
    renderer: &Renderer,
    input: &AppInput,
    clusters: &Clusters,
    context: &RenderContext,
) -> Result<Rendered, Vec<Diagnostic>> {
    let view = AppView::of(&input.app);
    let components = input.components();
    let mut run = Run {
        renderer,
        view: &view,
        clusters,
        context,
        components: &components,
        policies: Vec::new(),
        wrong: Vec::new(),
        parts: Vec::new(),
        applied: Vec::new(),
        warnings: Vec::new(),
        problems: Vec::new(),
        delivered: Vec::new(),
        selected: false,
    };
    run.check_names();
    // A policy that is wrong is left out, so that what is wrong elsewhere is told at the same time.
    let policy::Read { policies, wrong, problems } = policy::read_all(renderer, &input.all_policies(), context);
    run.policies = policies;
    run.wrong = wrong;
    run.problems.extend(problems);
    match model::generate::steps(&input.app, input.workflow(), &input.own_policies()) {
        Ok(steps) => {
            for (i, step) in steps.steps.iter().enumerate() {
                run.steps(step, &format!("spec.workflow.steps[{i}]"));
                for (j, sub) in step.sub_steps.iter().enumerate() {
                    run.steps(sub, &format!("spec.workflow.steps[{i}].subSteps[{j}]"));
                }
            }
            run.rest();
            run.custom_policies();
        }
        Err(problem) => run.problems.push(problem),
    }
    run.warnings.extend(overlap::check(&run.parts));
    run.check_overrides();
    run.check_versions();
    if !run.problems.is_empty() {
        return Err(distinct(run.problems));
    }
    Ok(Rendered { parts: run.parts, applied: run.applied, warnings: distinct(run.warnings) })
}

/// A problem of a component appears once, however many places it goes to.
fn distinct(problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut out: Vec<Diagnostic> = Vec::new();
    for problem in problems {
        if !out.contains(&problem) {
            out.push(problem);
        }
    }
    out
}

/// A name that is no value of a label (Kubernetes: "Labels and Selectors"), as it could be.
fn better_label(name: &str) -> Option<String> {
    let plain = |c: char| c.is_ascii_alphanumeric();
    let fits = name.len() <= 63
        && name.chars().all(|c| plain(c) || matches!(c, '-' | '_' | '.'))
        && name.starts_with(plain)
        && name.ends_with(plain);
    if fits {
        return None;
    }
    let letters =
        name.chars().map(|c| if plain(c) || matches!(c, '-' | '_' | '.') { c.to_ascii_lowercase() } else { '-' });
    let better: String = letters.take(63).collect();
    let better = better.trim_matches(|c| !plain(c));
    Some(if better.is_empty() { "web".to_owned() } else { better.to_owned() })
}

struct Run<'a> {
    renderer: &'a Renderer,
    view: &'a AppView,
    clusters: &'a Clusters,
    context: &'a RenderContext,
    components: &'a [ComponentInput],
    policies: Vec<Policy>,
    /// Names of policies that could not be read.
    wrong: Vec<String>,
    parts: Vec<RenderedPart>,
    applied: Vec<Applied>,
    warnings: Vec<Diagnostic>,
    problems: Vec<Diagnostic>,
    delivered: Vec<String>,
    /// A step has chosen its components by policies.
    selected: bool,
}

impl Run<'_> {
    fn check_names(&mut self) {
        for (i, component) in self.components.iter().enumerate() {
            if component.name.is_empty() {
                self.warnings.push(
                    Diagnostic::warning("render/no-component-name", "a component has no name")
                        .path(component.path.clone())
                        .help("give it a `name`: its objects are named after it"),
                );
            } else if let Some(better) = better_label(&component.name) {
                self.problems.push(
                    Diagnostic::error(
                        "render/component-name",
                        format!("\"{}\" cannot be the name of a component", component.name),
                    )
                    .path(format!("{}.name", component.path))
                    .help(format!(
                        "its objects carry it as a label: letters, digits, `-`, `_` and `.`, at most 63; for instance \"{better}\""
                    )),
                );
            } else if self.components.iter().take(i).any(|c| c.name == component.name) {
                self.problems.push(
                    Diagnostic::error(
                        "render/component-twice",
                        format!("there are two components \"{}\"", component.name),
                    )
                    .path(format!("{}.name", component.path))
                    .help("give each a name of its own"),
                );
            }
        }
    }

    /// Policies that are rendered from their definitions; a Policy object takes effect where it is named.
    fn custom_policies(&mut self) {
        for policy in self.policies.iter().filter(|p| p.kind == Kind::Custom && p.own) {
            match policy::render::objects(self.renderer, policy, self.view, self.context, &self.parts) {
                Ok((objects, warnings)) => {
                    self.warnings.extend(warnings);
                    if objects.is_empty() {
                        continue;
                    }
                    let (name, kind) = (policy.name.clone(), policy.type_name.clone());
                    let (pending, warnings) = (Vec::new(), Vec::new());
                    self.parts.push(RenderedPart {
                        step: None,
                        placement: Placement::hub(self.view.namespace.clone()),
                        component: RenderedComponent { name, kind, objects, pending, warnings },
                        input: None,
                    });
                }
                Err(found) => self.problems.extend(found),
            }
        }
    }

    /// Names that mean nothing, and names that meant more to KubeVela.
    fn check_overrides(&mut self) {
        for policy in &self.policies {
            if let Kind::Override(over) = &policy.kind {
                let base = format!("{}.properties.components", policy.path);
                self.warnings.extend(change::odd_names(self.components, &over.components, &base));
            }
        }
    }

    /// What was not looked at is said: no schemas for the version of a cluster.
    fn check_versions(&mut self) {
        let mut told: Vec<u32> = Vec::new();
        for part in &self.parts {
            let version = self.context.version_of(&part.placement.cluster);
            if told.contains(&version.minor) || k8s_schema::Release::of_minor(version.minor).is_some() {
                continue;
            }
            told.push(version.minor);
            self.warnings.push(
                Diagnostic::warning(
                    "render/no-schemas",
                    format!(
                        "objects were not checked: there are no schemas of Kubernetes {}.{}",
                        version.major, version.minor
                    ),
                )
                .help(format!("there are schemas of {}", crate::conform::known_versions())),
            );
        }
    }

    /// A step, for each of its items; what is wrong with one of them is told at the item.
    fn steps(&mut self, step: &Step, path: &str) {
        let Some(each) = &step.for_each else { return self.step(step, path) };
        let key = Some(each).filter(|each| each.items.is_some()).map(|each| &each.parameter_key);
        let key = key.filter(|key| !key.is_empty()).map(|key| format!("{path}.properties.{key}"));
        for (i, one) in each::steps(step, each).iter().enumerate() {
            let (errors, warnings) = (self.problems.len(), self.warnings.len());
            self.step(one, path);
            let Some(key) = &key else { continue };
            let new = self.problems.iter_mut().skip(errors).chain(self.warnings.iter_mut().skip(warnings));
            for problem in new {
                let below = problem.path.as_deref().and_then(|path| path.strip_prefix(key.as_str()));
                if let Some(below) = below.filter(|below| below.is_empty() || below.starts_with(['.', '['])) {
                    problem.path = Some(format!("{path}.forEach.items[{i}]{below}"));
                }
            }
        }
    }

    fn step(&mut self, step: &Step, path: &str) {
        if let Err(found) = self.renderer.definition(DefinitionKind::WorkflowStep, &step.kind, &format!("{path}.type"))
        {
            self.problems.extend(found);
            return;
        }
        self.check_step(step, path);
        let namespace = self.view.namespace.clone();
        match delivers(step, path) {
            None => self.own_actions(step, path),
            Some(Delivers::Deploy(mut request)) => {
                self.selected = true;
                request.passed_over.clone_from(&self.wrong);
                // Of an env nothing is known without its policy: the components are looked at as they are.
                let lost = match request.policies.first() {
                    Some(name) => self.wrong.contains(name),
                    None => !self.wrong.is_empty(),
                };
                if lost {
                    request.env = None;
                }
                if let Err(found) = self.deploy(step, &request, &namespace) {
                    self.problems.extend(found);
                    // Where it goes is not known; what is wrong with what would go is told at the same time.
                    let is_override =
                        |p: &Policy, name: &String| p.name == *name && matches!(p.kind, Kind::Override(_));
                    request.policies.retain(|name| self.policies.iter().any(|p| is_override(p, name)));
                    request.env = None;
                    let _ = self.deploy(step, &request, &namespace);
                }
            }
            Some(Delivers::Component { name, cluster, namespace: own }) => {
                let mut placement = Placement::hub(if own.is_empty() { namespace } else { own });
                if !cluster.is_empty() {
                    placement.cluster = cluster;
                }
                match self.components.iter().find(|c| c.name == name) {
                    Some(component) => self.part(Some(step), &placement, component),
                    None => self.unknown_component(&name, step, path),
                }
            }
            Some(Delivers::All { except, clusters }) => {
                for cluster in clusters.unwrap_or_else(|| vec![LOCAL.to_owned()]) {
                    let placement = Placement { cluster, ..Placement::hub(namespace.clone()) };
                    let all = self.components;
                    let rest = all.iter().filter(|c| !except.contains(&c.name));
                    rest.for_each(|c| self.part(Some(step), &placement, c));
                }
            }
        }
    }

    fn deploy(&mut self, step: &Step, request: &DeployRequest, namespace: &str) -> Result<(), Vec<Diagnostic>> {
        let placed = deploy(self.components, &self.policies, request, self.clusters, namespace)?;
        let changes = changes(&self.policies, request);
        for Placed { placement, components } in placed {
            components.iter().for_each(|c| self.changed_part(step, &placement, c, &changes));
        }
        Ok(())
    }

    /// What is wrong with the parameters of a step. Names that its definition does not have are errors as they are anywhere,
    /// and so is everything about a step that delivers components. Wrong values of other steps change nothing that is
    /// rendered and are often placeholders in files that are shared: they are told, and refused when the workflow is started
    /// ([`RenderContext::to_run`]).
    /// What an input or a result brings cannot be checked here.
    fn check_step(&mut self, step: &Step, path: &str) {
        let Ok(loaded) = self.renderer.definition(DefinitionKind::WorkflowStep, &step.kind, path) else { return };
        let properties = crate::application::properties(step.properties.as_ref(), None);
        let context = self.step_context(step);
        let base = format!("{path}.properties");
        let lenient = self.context.allow_unknown;
        let Err(found) = self.renderer.check_parameters(&loaded, &properties, &context, &base, lenient) else {
            return;
        };
        let delivers = delivers(step, path).is_some();
        let later = |p: &Diagnostic| {
            let below = p.path.as_deref().and_then(|p| p.strip_prefix(base.as_str())).unwrap_or_default();
            let below = below.trim_start_matches('.');
            let mut keys = step.inputs.iter().map(|i| i.parameter_key.as_str()).filter(|key| !key.is_empty());
            keys.any(|key| each::touches(key, below))
        };
        for mut problem in found.into_iter().filter(|p| !(later(p) && p.code == "render/missing-parameter")) {
            if delivers || self.context.to_run || problem.code == "render/unknown-parameter" {
                self.problems.push(problem);
            } else {
                problem.severity = Severity::Warning;
                self.warnings.push(problem);
            }
        }
    }

    /// `context` of a step's template.
    fn step_context(&self, step: &Step) -> cue::Data {
        let place = crate::context::Place {
            component: &self.view.name,
            namespace: &self.view.namespace,
            cluster: "",
            replica_key: "",
            revision: "",
        };
        let mut context = crate::context::component(self.view, self.context, place);
        for (field, text) in [("stepName", step.name.as_str()), ("stepSessionID", "0000000000"), ("stepGroupName", "")]
        {
            tree::set(&mut context, &[field], cue::Data::string(text));
        }
        context
    }

    /// What a step of another type delivers by actions of its own.
    fn own_actions(&mut self, step: &Step, path: &str) {
        let Ok(loaded) = self.renderer.definition(DefinitionKind::WorkflowStep, &step.kind, path) else { return };
        let properties = crate::application::properties(step.properties.as_ref(), None);
        let named = tree::items(&self.view.components).iter().map(|c| (tree::text_at(c, &["name"]), c.clone()));
        let components = tree::object(named);
        let context = self.step_context(step);
        for delivery in step::deliveries(self.renderer, &loaded, step, &properties, &context, &components) {
            match delivery {
                Delivery::Object { cluster, object, data } => {
                    self.conforms(step, path, &cluster, &object, &data);
                    self.applied.push(Applied { step: step.name.clone(), cluster, object });
                }
                Delivery::Component { name, cluster, namespace } => {
                    let own = Some(namespace).filter(|n| !n.is_empty());
                    let mut placement = Placement::hub(own.unwrap_or_else(|| self.view.namespace.clone()));
                    if !cluster.is_empty() {
                        placement.cluster = cluster;
                    }
                    if let Some(component) = self.components.iter().find(|c| c.name == name) {
                        self.part(Some(step), &placement, component);
                    }
                }
            }
        }
    }

    /// What does not fit in an object that a step applies by itself. Nothing is missing in it: it may be a part of one that
    /// is there.
    fn conforms(&mut self, step: &Step, path: &str, cluster: &str, object: &Value, data: &cue::Data) {
        let (what, at) = (format!("step \"{}\"", step.name), format!("{path}.properties"));
        let owned = Owned { path: &at, origin: "object", cluster, what: &what };
        for problem in conform::check(data, object, owned, self.context) {
            match problem.severity {
                _ if problem.code == "render/missing-field" => {}
                Severity::Error => self.problems.push(problem),
                _ => self.warnings.push(problem),
            }
        }
    }

    fn unknown_component(&mut self, name: &str, step: &Step, path: &str) {
        if step.inputs.iter().any(|i| i.parameter_key == "component") {
            return;
        }
        let names = self.components.iter().map(|c| c.name.as_str());
        let mut problem = Diagnostic::error(
            "render/unknown-component",
            format!("step \"{}\" applies the component \"{name}\", which is not there", step.name),
        )
        .path(format!("{path}.properties.component"));
        problem.help = Some(match nearest(name, names.clone()) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("there are {}", names.collect::<Vec<_>>().join(", ")),
        });
        if self.context.to_run {
            return self.problems.push(problem);
        }
        problem.severity = Severity::Warning;
        self.warnings.push(problem);
    }

    /// A component that policies have changed: a mistake that one of them has made is told at its place.
    fn changed_part(&mut self, step: &Step, placement: &Placement, component: &ComponentInput, changes: &[Change]) {
        let before = self.problems.len();
        self.part(Some(step), placement, component);
        for problem in self.problems.iter_mut().skip(before) {
            let Some(path) = &problem.path else { continue };
            let written = |(c, place, pattern): &Change| change::written_at(c, place, *pattern, component, path);
            // The last one wins.
            if let Some(place) = changes.iter().rev().find_map(written) {
                problem.path = Some(place);
            }
        }
    }

    fn part(&mut self, step: Option<&Step>, placement: &Placement, component: &ComponentInput) {
        self.delivered.push(component.name.clone());
        match self.renderer.component(self.view, component, placement, self.context, None) {
            Ok(rendered) => {
                let RenderedComponent { warnings, .. } = &rendered;
                self.warnings.extend(warnings.iter().cloned());
                self.parts.push(RenderedPart {
                    step: step.map(|s| s.name.clone()),
                    placement: placement.clone(),
                    component: rendered,
                    input: Some(component.clone()),
                });
            }
            Err(found) => self.problems.extend(found),
        }
    }

    /// Components that no step delivers are shown where they would go; where steps choose by policies, leaving one out is
    /// taken as meant.
    fn rest(&mut self) {
        if self.selected {
            return;
        }
        let placement = Placement::hub(self.view.namespace.clone());
        let all = self.components;
        for component in all.iter().filter(|c| !self.delivered.contains(&c.name)).collect::<Vec<_>>() {
            self.warnings.push(
                Diagnostic::warning(
                    "render/not-delivered",
                    format!("no step of the workflow delivers component \"{}\"", component.name),
                )
                .path(component.path.clone())
                .help("it is shown as `apply-component` would apply it; add such a step, or a `deploy` step"),
            );
            self.part(None, &placement, component);
        }
    }
}
