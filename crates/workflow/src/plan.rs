//! The plan of a run: the steps with what each one waits for, checked before anything runs.
//!
//! One graph holds everything. A group is two nodes, its opening and its end: its sub-steps lie between them, and who
//! depends on the group depends on its end. In StepByStep lists each step also follows the one before it. So one cycle check
//! covers `dependsOn`, data passing, order and nesting, also across groups.

use crate::retry::RetryRule;
use crate::time::duration;
use cue_syntax::Diagnostic;
use indexmap::{IndexMap, IndexSet};
use model::action::nearest;
use model::generate::STEP_GROUP;
use model::{Mode, Step};
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

/// Place of a step in [`Plan::nodes`].
pub type Ix = usize;

/// A step in its place.
#[derive(Debug, Clone)]
pub struct Node {
    /// The step, without its sub-steps.
    pub step: Step,
    /// The group that it is in.
    pub parent: Option<Ix>,
    /// Its sub-steps, in order.
    pub children: Vec<Ix>,
    /// Mode of the list that it stands in.
    pub list_mode: Mode,
    /// The step before it in the same list.
    pub previous: Option<Ix>,
    /// What it names under `dependsOn`.
    pub depends_on: Vec<Ix>,
    /// Steps that give the variables it takes, without itself.
    pub needs: Vec<Ix>,
    /// Everything that has to be finished before it starts, each once: the step before it where order counts, `depends_on`,
    /// `needs`.
    pub waits_for: Vec<Ix>,
    /// Who waits for it.
    pub followers: Vec<Ix>,
    /// Its timeout in milliseconds.
    pub timeout: Option<i64>,
    /// What is tried again; `None`: as the policy of the run says.
    pub retry: Option<RetryRule>,
    /// It holds others.
    pub is_group: bool,
    /// How many of its sub-steps run at a time; 0 is all of them.
    pub width: usize,
    /// Which item of its parent's list it is for.
    pub item: Option<usize>,
    /// Where it stands in the Application: `spec.workflow.steps[1].subSteps[0]`.
    pub path: String,
}

/// All steps of a run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Top-level steps and sub-steps, each group before its sub-steps.
    pub nodes: Vec<Node>,
    /// The top level, in order.
    pub roots: Vec<Ix>,
    /// Mode of the top level.
    pub mode: Mode,
    /// Mode of groups that name none.
    pub sub_mode: Mode,
    names: IndexMap<String, Ix>,
    hash: String,
}

impl Plan {
    /// Checks the steps and orders them. Steps must have names ([`Step::name_empty_ones`]).
    ///
    /// # Errors
    /// Every problem found: names used twice, unknown names under `dependsOn` and `inputs`, timeouts that are no durations,
    /// groups in groups, cycles.
    pub fn new(steps: &[Step], mode: Mode, sub_mode: Mode) -> Result<Plan, Vec<Diagnostic>> {
        let mut problems = Vec::new();
        let text = serde_json::to_value(steps).unwrap_or(Value::Null);
        let mut plan = Plan {
            nodes: Vec::new(),
            roots: Vec::new(),
            mode,
            sub_mode,
            names: IndexMap::new(),
            hash: crate::ident::hash(&Value::Array(vec![text, mode.as_str().into(), sub_mode.as_str().into()])),
        };
        for (i, step) in steps.iter().enumerate() {
            let path = format!("spec.workflow.steps[{i}]");
            let previous = plan.roots.last().copied();
            let ix = plan.add(step, None, mode, previous, path.clone(), &mut problems);
            plan.roots.push(ix);
            let list_mode = step.mode.unwrap_or(sub_mode);
            let mut before = None;
            for (j, sub) in step.sub_steps.iter().enumerate() {
                let path = format!("{path}.subSteps[{j}]");
                if !sub.sub_steps.is_empty() {
                    problems.push(
                        Diagnostic::error(
                            "workflow/nested-group",
                            format!("step \"{}\" is in a group and has sub-steps itself", sub.name),
                        )
                        .path(format!("{path}.subSteps"))
                        .help("groups have one level; give the inner steps `dependsOn` instead"),
                    );
                }
                let child = plan.add(sub, Some(ix), list_mode, before, path, &mut problems);
                if let Some(group) = plan.nodes.get_mut(ix) {
                    group.children.push(child);
                }
                before = Some(child);
            }
        }
        plan.connect(&mut problems);
        plan.check_cycles(&mut problems);
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
    }

    /// The step of this name, or the one that applies the component of this name.
    pub fn find(&self, name: &str) -> Option<Ix> {
        self.names.get(name).copied()
    }

    /// The node; every `Ix` of a plan is in it.
    pub fn node(&self, ix: Ix) -> Option<&Node> {
        self.nodes.get(ix)
    }

    /// Changes whenever anything about the steps changes.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// `StepByStep-DAG`
    pub fn mode_text(&self) -> String {
        model::phase::mode_text(self.mode, self.sub_mode)
    }

    /// A plan without steps.
    pub fn empty() -> Plan {
        Plan {
            nodes: Vec::new(),
            roots: Vec::new(),
            mode: Mode::StepByStep,
            sub_mode: Mode::Dag,
            names: IndexMap::new(),
            hash: String::new(),
        }
    }

    /// A plan of steps of which only the names are known: enough to read a journal by.
    pub(crate) fn of_names<'a>(names: impl Iterator<Item = &'a str>) -> Plan {
        let mut plan = Plan::empty();
        for name in names {
            if plan.names.contains_key(name) {
                continue;
            }
            let step = Step { name: name.to_owned(), ..Step::default() };
            let previous = plan.roots.last().copied();
            let ix = plan.add(&step, None, Mode::Dag, previous, String::new(), &mut Vec::new());
            plan.roots.push(ix);
        }
        plan
    }

    /// Gives a step with `forEach` a sub-step for each of its items, now that their number is known. Doing it again with
    /// another number leaves as many as that.
    pub fn expand(&mut self, ix: Ix, count: usize) {
        let Some(group) = self.nodes.get(ix).cloned() else { return };
        let mut children = Vec::with_capacity(count);
        for item in 0..count {
            let name = format!("{}[{item}]", group.step.name);
            if let Some(known) = self.names.get(&name) {
                children.push(*known);
                continue;
            }
            let mut step = Step {
                name: name.clone(),
                depends_on: Vec::new(),
                condition: String::new(),
                timeout: String::new(),
                for_each: None,
                retry: None,
                ..group.step.clone()
            };
            for output in &mut step.outputs {
                output.name = item_output(&output.name, item);
            }
            let child = self.nodes.len();
            self.names.insert(name, child);
            self.nodes.push(Node {
                step,
                parent: Some(ix),
                children: Vec::new(),
                list_mode: Mode::Dag,
                previous: None,
                depends_on: Vec::new(),
                needs: Vec::new(),
                waits_for: Vec::new(),
                followers: Vec::new(),
                timeout: None,
                retry: group.retry,
                is_group: false,
                width: 0,
                item: Some(item),
                path: group.path.clone(),
            });
            children.push(child);
        }
        if let Some(group) = self.nodes.get_mut(ix) {
            group.children = children;
        }
    }

    fn add(
        &mut self,
        step: &Step,
        parent: Option<Ix>,
        list_mode: Mode,
        previous: Option<Ix>,
        path: String,
        problems: &mut Vec<Diagnostic>,
    ) -> Ix {
        let ix = self.nodes.len();
        if let Some(other) = self.names.insert(step.name.clone(), ix)
            && let Some(other) = self.nodes.get(other)
        {
            problems.push(
                Diagnostic::error("workflow/duplicate-step", format!("two steps are named \"{}\"", step.name))
                    .path(format!("{path}.name"))
                    .help(format!("the other one is {}; names are unique, sub-steps included", other.path)),
            );
        }
        let timeout = match step.timeout.as_str() {
            "" => None,
            text => match duration(text) {
                Ok(millis) => Some(millis),
                Err(e) => {
                    problems.push(Diagnostic::error("workflow/timeout", e).path(format!("{path}.timeout")));
                    None
                }
            },
        };
        let retry = step.retry.as_ref().and_then(|retry| match RetryRule::of(retry) {
            Ok(rule) => Some(rule),
            Err(mut d) => {
                d.path = Some(format!("{path}.{}", d.path.unwrap_or_else(|| "retry".to_owned())));
                problems.push(d);
                None
            }
        });
        if let Some(each) = &step.for_each {
            let wrong = match (each.items.is_some(), each.from.is_empty()) {
                (true, false) => Some("it has `items` and `from`: keep one of them"),
                (false, true) => Some("it has neither `items` nor `from`"),
                _ if !step.sub_steps.is_empty() || step.kind == STEP_GROUP => Some("a group cannot be repeated"),
                _ => None,
            };
            if let Some(wrong) = wrong {
                let message = format!("forEach of step \"{}\": {wrong}", step.name);
                problems.push(Diagnostic::error("workflow/for-each", message).path(format!("{path}.forEach")));
            }
        }
        self.nodes.push(Node {
            step: Step { sub_steps: Vec::new(), ..step.clone() },
            parent,
            children: Vec::new(),
            list_mode,
            previous,
            depends_on: Vec::new(),
            needs: Vec::new(),
            waits_for: Vec::new(),
            followers: Vec::new(),
            timeout,
            retry,
            is_group: step.kind == STEP_GROUP || !step.sub_steps.is_empty() || step.for_each.is_some(),
            width: step.for_each.as_ref().map_or(0, |each| each.parallelism as usize),
            item: None,
            path,
        });
        ix
    }

    /// Resolves names to places.
    fn connect(&mut self, problems: &mut Vec<Diagnostic>) {
        let mut aliases = Vec::new();
        let mut givers: IndexMap<String, Vec<Ix>> = IndexMap::new();
        for (ix, node) in self.nodes.iter().enumerate() {
            let property = |key: &str| node.step.properties.as_ref()?.get(key)?.as_str().map(str::to_owned);
            aliases.extend(["name", "component"].iter().filter_map(|k| property(k)).map(|a| (a, ix)));
            for output in &node.step.outputs {
                givers.entry(output.name.clone()).or_default().push(ix);
            }
        }
        let own_names: IndexSet<String> = self.names.keys().cloned().collect();
        for (alias, ix) in aliases {
            self.names.entry(alias).or_insert(ix);
        }
        let mut edges: Vec<(Vec<Ix>, Vec<Ix>)> = Vec::with_capacity(self.nodes.len());
        for (ix, node) in self.nodes.iter().enumerate() {
            let mut depends_on = Vec::new();
            for (i, name) in node.step.depends_on.iter().enumerate() {
                match self.names.get(name) {
                    Some(&found) => depends_on.push(found),
                    None => problems.push(unknown(
                        "workflow/unknown-dependency",
                        format!("step \"{}\" depends on \"{name}\", and there is no such step", node.step.name),
                        format!("{}.dependsOn[{i}]", node.path),
                        name,
                        own_names.iter().map(String::as_str),
                    )),
                }
            }
            let mut needs = Vec::new();
            let list = node.step.for_each.as_ref().filter(|each| !each.from.is_empty());
            let list = list.map(|each| (each.from.as_str(), format!("{}.forEach.from", node.path)));
            let taken = node.step.inputs.iter().enumerate();
            let taken = taken.map(|(i, input)| (input.from.as_str(), format!("{}.inputs[{i}].from", node.path)));
            for (from, path) in taken.chain(list) {
                match givers.get(from) {
                    Some(found) => {
                        let earlier = |g: &&Ix| **g != ix && (node.list_mode == Mode::Dag || **g < ix);
                        needs.extend(found.iter().filter(earlier).copied());
                    }
                    None if is_base(from) => {}
                    None => problems.push(unknown(
                        "workflow/unknown-input",
                        format!("step \"{}\" takes \"{from}\", and no step has an output of that name", node.step.name),
                        path,
                        from,
                        givers.keys().map(String::as_str),
                    )),
                }
            }
            edges.push((depends_on, needs));
        }
        for (ix, (depends_on, needs)) in edges.into_iter().enumerate() {
            let before = self.nodes.get(ix).filter(|n| n.list_mode == Mode::StepByStep).and_then(|n| n.previous);
            let sources: IndexSet<Ix> = before.iter().chain(&depends_on).chain(&needs).copied().collect();
            for source in &sources {
                if let Some(node) = self.nodes.get_mut(*source) {
                    node.followers.push(ix);
                }
            }
            if let Some(node) = self.nodes.get_mut(ix) {
                node.depends_on = depends_on;
                node.needs = needs;
                node.waits_for = sources.into_iter().collect();
            }
        }
    }

    fn check_cycles(&self, problems: &mut Vec<Diagnostic>) {
        let mut graph: DiGraph<Ix, ()> = DiGraph::with_capacity(self.nodes.len() * 2, self.nodes.len() * 3);
        let starts: Vec<NodeIndex> = (0..self.nodes.len()).map(|ix| graph.add_node(ix)).collect();
        let ends: Vec<NodeIndex> = self
            .nodes
            .iter()
            .enumerate()
            .map(|(ix, n)| if n.is_group { graph.add_node(ix) } else { starts.get(ix).copied().unwrap_or_default() })
            .collect();
        let at = |list: &[NodeIndex], ix: Ix| list.get(ix).copied().unwrap_or_default();
        for (ix, node) in self.nodes.iter().enumerate() {
            for source in node.depends_on.iter().chain(&node.needs) {
                graph.add_edge(at(&ends, *source), at(&starts, ix), ());
            }
            if let Some(before) = node.previous.filter(|_| node.list_mode == Mode::StepByStep) {
                graph.add_edge(at(&ends, before), at(&starts, ix), ());
            }
            if let Some(group) = node.parent {
                graph.add_edge(at(&starts, group), at(&starts, ix), ());
                graph.add_edge(at(&ends, ix), at(&ends, group), ());
            }
        }
        for component in kosaraju_scc(&graph) {
            let mut members: IndexSet<Ix> = component.iter().filter_map(|n| graph.node_weight(*n).copied()).collect();
            let loops_itself = component.first().is_some_and(|n| component.len() == 1 && graph.contains_edge(*n, *n));
            if component.len() < 2 && !loops_itself {
                continue;
            }
            members.sort_unstable();
            problems.push(self.cycle(&members));
        }
    }

    /// Tells a cycle from its members: which `dependsOn` and inputs close it.
    fn cycle(&self, members: &IndexSet<Ix>) -> Diagnostic {
        let name = |ix: Ix| self.nodes.get(ix).map_or("", |n| n.step.name.as_str());
        let names: Vec<String> = members.iter().map(|ix| format!("\"{}\"", name(*ix))).collect();
        let mut lines = Vec::new();
        let mut path = None;
        for ix in members {
            let Some(node) = self.nodes.get(*ix) else { continue };
            let own = &node.step.name;
            for dependency in node.depends_on.iter().filter(|d| members.contains(*d)) {
                path.get_or_insert_with(|| format!("{}.dependsOn", node.path));
                lines.push(format!("\"{own}\" depends on \"{}\"", name(*dependency)));
            }
            for need in node.needs.iter().filter(|d| members.contains(*d)) {
                path.get_or_insert_with(|| format!("{}.inputs", node.path));
                lines.push(format!("\"{own}\" takes an output of \"{}\"", name(*need)));
            }
            if let Some(before) = node.previous.filter(|p| node.list_mode == Mode::StepByStep && members.contains(p)) {
                lines.push(format!("\"{own}\" comes after \"{}\" because the mode is StepByStep", name(before)));
            }
        }
        let mut d = Diagnostic::error(
            "workflow/cycle",
            if names.len() == 1 {
                format!("step {} waits for itself", names.join(""))
            } else {
                format!("the steps {} wait for each other", names.join(", "))
            },
        )
        .help(lines.join("; "));
        d.path = path;
        d
    }
}

/// The variable that the run of an item sets; the list of all of them gets the output's own name.
pub(crate) fn item_output(name: &str, item: usize) -> String {
    format!("{name}#{item}")
}

/// Whether `from` points into what every step can see, rather than naming a variable.
fn is_base(from: &str) -> bool {
    ["context", "parameter"]
        .iter()
        .any(|b| from.strip_prefix(b).is_some_and(|r| r.is_empty() || r.starts_with('.') || r.starts_with('[')))
}

fn unknown<'a>(
    code: &'static str,
    message: String,
    path: String,
    name: &str,
    candidates: impl Iterator<Item = &'a str>,
) -> Diagnostic {
    let mut d = Diagnostic::error(code, message).path(path);
    d.help = nearest(name, candidates).map(|n| format!("did you mean \"{n}\"?"));
    d
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn plan(mode: Mode, steps: Value) -> Result<Plan, String> {
        let steps: Vec<Step> = serde_json::from_value(steps).unwrap();
        Plan::new(&steps, mode, Mode::Dag).map_err(|problems| {
            let line = |d: &Diagnostic| {
                format!(
                    "{} at {}: {} ({})",
                    d.code,
                    d.path.as_deref().unwrap_or("-"),
                    d.message,
                    d.help.as_deref().unwrap_or("")
                )
            };
            problems.iter().map(line).collect::<Vec<_>>().join("\n")
        })
    }

    #[test]
    fn what_cannot_run_is_refused_with_its_reason() {
        let refused = |mode, steps| plan(mode, steps).unwrap_err();
        insta::assert_snapshot!(
            [
                refused(Mode::Dag, json!([{"name": "a", "type": "t"}, {"name": "a", "type": "t"}])),
                refused(Mode::Dag, json!([{"name": "deploy", "type": "t"}, {"name": "b", "type": "t", "dependsOn": ["delpoy"]}])),
                refused(Mode::Dag, json!([{"name": "a", "type": "t", "outputs": [{"name": "addr", "valueFrom": "x"}]}, {"name": "b", "type": "t", "inputs": [{"from": "adr"}]}])),
                refused(Mode::Dag, json!([{"name": "a", "type": "t", "timeout": "1 day"}])),
                refused(Mode::Dag, json!([{"name": "a", "type": "t", "dependsOn": ["a"]}])),
                refused(Mode::Dag, json!([{"name": "a", "type": "t", "dependsOn": ["c"]}, {"name": "b", "type": "t", "dependsOn": ["a"]},
                    {"name": "c", "type": "t", "inputs": [{"from": "v"}], "dependsOn": ["d"]}, {"name": "d", "type": "t"}, {"name": "e", "type": "t", "dependsOn": ["b"], "outputs": [{"name": "v", "valueFrom": "x"}]}])),
                refused(Mode::StepByStep, json!([{"name": "a", "type": "t", "dependsOn": ["b"]}, {"name": "b", "type": "t"}])),
                refused(Mode::Dag, json!([{"name": "g", "type": "step-group", "subSteps": [{"name": "s", "type": "t", "dependsOn": ["g"]}]}])),
                refused(Mode::Dag, json!([{"name": "g", "type": "step-group", "subSteps": [{"name": "h", "type": "step-group", "subSteps": [{"name": "s", "type": "t"}]}]}])),
            ]
            .join("\n"));
    }

    #[test]
    fn names_reach_across_groups_and_through_components() {
        let p = plan(
            Mode::Dag,
            json!([
                {"name": "g", "type": "step-group", "subSteps": [{"name": "s", "type": "t"}, {"name": "u", "type": "t", "dependsOn": ["w"]}]},
                {"name": "one", "type": "apply-component", "properties": {"component": "web"}},
                {"name": "w", "type": "t", "dependsOn": ["s", "web"]}
            ]),
        )
        .unwrap();
        let at = |n: &str| p.find(n).unwrap();
        assert_eq!(p.nodes[at("w")].depends_on, vec![at("s"), at("one")]);
        assert_eq!(p.nodes[at("g")].children, vec![at("s"), at("u")]);
        assert_eq!(p.nodes[at("s")].followers, vec![at("w")]);
        assert_eq!(p.mode_text(), "DAG-DAG");
    }

    #[test]
    fn variables_may_come_from_several_steps_and_from_the_context() {
        let out = json!([{"name": "v", "valueFrom": "x"}]);
        let steps = json!([
            {"name": "a", "type": "t", "outputs": out}, {"name": "b", "type": "t", "outputs": out},
            {"name": "c", "type": "t", "inputs": [{"from": "v", "parameterKey": "k"}, {"from": "context.name", "parameterKey": "n"}], "outputs": out}
        ]);
        let p = plan(Mode::StepByStep, steps).unwrap();
        assert_eq!(p.nodes[2].needs, vec![0, 1]);
    }

    #[test]
    fn a_long_chain_is_checked_in_no_time_and_without_a_deep_stack() {
        let steps: Vec<Value> = (0..20_000).map(|i| json!({"name": format!("s{i}"), "type": "t", "dependsOn": if i > 0 { vec![format!("s{}", i - 1)] } else { vec![] }})).collect();
        assert_eq!(plan(Mode::Dag, Value::Array(steps)).unwrap().nodes.len(), 20_000);
    }
}
