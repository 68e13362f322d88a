//! The waves of a delivery: which component is applied or looked at next, and when it is done.
//!
//! A delivery is tasks, one per component and place. A task is applied when everything it depends on in the same place is
//! healthy and the values that it takes are known, then looked at until it is healthy. The handler performs; this decides.
//! Each cluster has its own limit of tasks under way, so that one that does not answer holds up nobody else.

use crate::event::FaultClass;
use cue_syntax::Diagnostic;
use indexmap::IndexMap;
use model::Component;
use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use serde_json::Value;

/// Where a component goes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place {
    /// Cluster; empty is the hub.
    pub cluster: String,
    /// Namespace.
    pub namespace: String,
    /// Key of a replication policy; empty without one.
    pub replica: String,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", model::cluster::display(&self.cluster), self.namespace)?;
        if self.replica.is_empty() { Ok(()) } else { write!(f, "/{}", self.replica) }
    }
}

/// What to do about a task, by its index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Apply its objects; answer with [`Report::Applied`] or [`Report::Failed`].
    Apply(usize),
    /// Look whether it is healthy; answer with [`Report::Healthy`], [`Report::Unhealthy`] or [`Report::Failed`].
    Check(usize),
}

/// How it went.
#[derive(Debug, Clone, PartialEq)]
pub enum Report {
    /// Its objects are applied.
    Applied,
    /// It is healthy; the values of its outputs, as far as they are there.
    Healthy(IndexMap<String, Value>),
    /// It is not healthy; why, as its definition says.
    Unhealthy(String),
    /// It went wrong.
    Failed {
        /// What to do about it.
        class: FaultClass,
        /// For people.
        message: String,
    },
}

/// How a delivery stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Something is under way or can be done.
    Busy,
    /// Everything is healthy.
    Done,
    /// Nothing can be done now; says what it waits for.
    Wait(String),
    /// Something went wrong that trying again will not mend.
    Failed(String),
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Fresh,
    Applying,
    /// Applied, to be looked at.
    Due,
    Checking,
    Healthy,
    Unhealthy(String),
    Failed(FaultClass, String),
}

#[derive(Debug, Clone)]
struct Task {
    place: usize,
    component: Component,
    after: Vec<usize>,
    state: State,
}

/// A delivery.
#[derive(Debug, Clone)]
pub struct Deploy {
    places: Vec<Place>,
    tasks: Vec<Task>,
    per_cluster: usize,
    values: IndexMap<(usize, String), Value>,
}

impl Deploy {
    /// A delivery of the components that each place gets, in order. `parallelism` counts per cluster. A component that
    /// depends on one which this delivery does not hold waits for nothing: it is another step's.
    ///
    /// # Errors
    /// Components that wait for each other.
    pub fn new(places: Vec<(Place, Vec<Component>)>, parallelism: usize) -> Result<Deploy, Diagnostic> {
        let mut deploy =
            Deploy { places: Vec::new(), tasks: Vec::new(), per_cluster: parallelism.max(1), values: IndexMap::new() };
        for (place, components) in places {
            let first = deploy.tasks.len();
            let by_name: IndexMap<&str, usize> =
                components.iter().enumerate().map(|(i, c)| (c.name.as_str(), first + i)).collect();
            let gives = |name: &str| {
                let giver = components.iter().position(|c| c.outputs.iter().any(|o| o.name == name));
                giver.map(|i| first + i)
            };
            let mut tasks = Vec::new();
            for component in &components {
                let named = component.depends_on.iter().filter_map(|n| by_name.get(n.as_str()).copied());
                let after = named.chain(component.inputs.iter().filter_map(|i| gives(&i.from))).collect();
                tasks.push(Task {
                    place: deploy.places.len(),
                    component: component.clone(),
                    after,
                    state: State::Fresh,
                });
            }
            deploy.tasks.extend(tasks);
            deploy.places.push(place);
        }
        deploy.check_cycles()?;
        Ok(deploy)
    }

    fn check_cycles(&self) -> Result<(), Diagnostic> {
        let mut graph: DiGraph<(), ()> = DiGraph::new();
        let nodes: Vec<NodeIndex> = self.tasks.iter().map(|_| graph.add_node(())).collect();
        for (to, task) in self.tasks.iter().enumerate() {
            for from in &task.after {
                if let (Some(from), Some(to)) = (nodes.get(*from), nodes.get(to)) {
                    graph.add_edge(*from, *to, ());
                }
            }
        }
        let knot = kosaraju_scc(&graph)
            .into_iter()
            .find(|c| c.len() > 1 || c.first().is_some_and(|n| graph.contains_edge(*n, *n)));
        let Some(knot) = knot else { return Ok(()) };
        let mut names: Vec<String> = knot
            .iter()
            .filter_map(|n| self.tasks.get(n.index()))
            .map(|t| format!("\"{}\"", t.component.name))
            .collect();
        names.sort();
        names.dedup();
        Err(Diagnostic::error(
            "workflow/component-cycle",
            format!("the components {} wait for each other", names.join(", ")),
        )
        .path("spec.components")
        .help("look at their `dependsOn` and `inputs`"))
    }

    /// The component and place of a task.
    pub fn task(&self, index: usize) -> Option<(&Component, &Place)> {
        let task = self.tasks.get(index)?;
        Some((&task.component, self.places.get(task.place)?))
    }

    /// How many tasks there are.
    pub fn len(&self) -> usize {
        self.tasks.len()
    }

    /// Whether there is nothing to deliver.
    pub fn is_empty(&self) -> bool {
        self.tasks.is_empty()
    }

    /// The value of an output in the place of a task.
    pub fn value(&self, index: usize, name: &str) -> Option<&Value> {
        self.values.get(&(self.tasks.get(index)?.place, name.to_owned()))
    }

    /// What to do now; everything that is given is under way until it is reported.
    pub fn work(&mut self) -> Vec<Work> {
        let mut busy: IndexMap<&str, usize> = IndexMap::new();
        let cluster = |task: &Task| self.places.get(task.place).map_or("", |p| p.cluster.as_str());
        for task in self.tasks.iter().filter(|t| matches!(t.state, State::Applying | State::Checking)) {
            *busy.entry(cluster(task)).or_default() += 1;
        }
        let mut work = Vec::new();
        for (i, task) in self.tasks.iter().enumerate() {
            let apply = match task.state {
                State::Due => false,
                State::Fresh if self.is_ready(task) => true,
                _ => continue,
            };
            let count = busy.entry(cluster(task)).or_default();
            if *count < self.per_cluster {
                *count += 1;
                work.push(if apply { Work::Apply(i) } else { Work::Check(i) });
            }
        }
        for w in &work {
            let (i, state) = match w {
                Work::Apply(i) => (*i, State::Applying),
                Work::Check(i) => (*i, State::Checking),
            };
            if let Some(task) = self.tasks.get_mut(i) {
                task.state = state;
            }
        }
        work
    }

    fn is_ready(&self, task: &Task) -> bool {
        task.after.iter().all(|i| self.tasks.get(*i).is_none_or(|t| t.state == State::Healthy))
    }

    /// Takes in how a task went.
    pub fn report(&mut self, index: usize, report: Report) {
        let Some(task) = self.tasks.get_mut(index) else { return };
        task.state = match report {
            Report::Applied => State::Due,
            Report::Unhealthy(message) => State::Unhealthy(message),
            Report::Failed { class, message } => State::Failed(class, message),
            Report::Healthy(values) => {
                let place = task.place;
                self.values.extend(values.into_iter().map(|(n, v)| ((place, n), v)));
                State::Healthy
            }
        };
    }

    /// Begins another round: what was not healthy is looked at again, what failed is applied again.
    pub fn again(&mut self) {
        for task in &mut self.tasks {
            match task.state {
                State::Unhealthy(_) => task.state = State::Due,
                State::Failed(..) => task.state = State::Fresh,
                _ => {}
            }
        }
    }

    /// How the delivery stands.
    pub fn verdict(&self) -> Verdict {
        let mut waits = Vec::new();
        let mut wrong = Vec::new();
        let mut done = true;
        for task in &self.tasks {
            let place = self.places.get(task.place).cloned().unwrap_or_default();
            let name = format!("{place}/{}", task.component.name);
            done &= task.state == State::Healthy;
            match &task.state {
                State::Applying | State::Checking | State::Due => return Verdict::Busy,
                State::Fresh if self.is_ready(task) => return Verdict::Busy,
                State::Unhealthy(why) if why.is_empty() => waits.push(format!("{name} is not healthy")),
                State::Unhealthy(why) => waits.push(format!("{name} is not healthy: {why}")),
                State::Failed(FaultClass::Permanent, why) => wrong.push(format!("{name}: {why}")),
                State::Failed(_, why) => waits.push(format!("{name}: {why}")),
                State::Fresh | State::Healthy => {}
            }
        }
        if !wrong.is_empty() {
            Verdict::Failed(wrong.join("; "))
        } else if done {
            Verdict::Done
        } else {
            Verdict::Wait(waits.join("; "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn component(name: &str, fields: Value) -> Component {
        let mut c: Component = serde_json::from_value(fields).unwrap();
        c.name = name.to_owned();
        c
    }

    fn place(cluster: &str) -> Place {
        Place { cluster: cluster.into(), namespace: "n".into(), replica: String::new() }
    }

    /// Performs everything that is asked for until nothing is; `ill` names who is not healthy, `dead` which cluster is down.
    fn round(d: &mut Deploy, ill: &str, dead: &str) -> String {
        let mut line = Vec::new();
        loop {
            let work = d.work();
            if work.is_empty() {
                line.push(format!("{:?}", d.verdict()));
                return line.join(" ");
            }
            let wave: Vec<String> = work
                .iter()
                .map(|w| {
                    let (Work::Apply(i) | Work::Check(i)) = *w;
                    let (c, p) = d.task(i).unwrap();
                    let (name, down) = (c.name.clone(), p.cluster == dead);
                    let text = format!("{}{}@{}", if matches!(w, Work::Apply(_)) { "+" } else { "?" }, name, p.cluster);
                    let outputs = c.outputs.iter().map(|o| (o.name.clone(), json!(1))).collect();
                    d.report(
                        i,
                        match w {
                            _ if down => {
                                Report::Failed { class: FaultClass::Transient, message: "does not answer".into() }
                            }
                            Work::Apply(_) => Report::Applied,
                            Work::Check(_) if name == ill => Report::Unhealthy("Ready:0/1".into()),
                            Work::Check(_) => Report::Healthy(outputs),
                        },
                    );
                    text
                })
                .collect();
            line.push(format!("[{}]", wave.join(" ")));
        }
    }

    #[test]
    fn components_follow_what_they_depend_on_and_what_they_take() {
        let list = vec![
            component("web", json!({"dependsOn": ["db", "elsewhere"]})),
            component("db", json!({"outputs": [{"name": "ip", "valueFrom": "x"}]})),
            component("job", json!({"inputs": [{"from": "ip", "parameterKey": "ip"}]})),
        ];
        let mut d = Deploy::new(vec![(place("eu"), list)], 5).unwrap();
        let first = round(&mut d, "db", "");
        d.again();
        let second = round(&mut d, "", "");
        assert_eq!(d.value(2, "ip"), Some(&json!(1)));
        insta::assert_snapshot!([first, second].join("\n"), @r#"
        [+db@eu] [?db@eu] Wait("eu/n/db is not healthy: Ready:0/1")
        [?db@eu] [+web@eu +job@eu] [?web@eu ?job@eu] Done
        "#);
    }

    #[test]
    fn a_dead_cluster_holds_up_nobody_else() {
        let list: Vec<Component> = ["a", "b", "c"].iter().map(|n| component(n, json!({}))).collect();
        let mut d = Deploy::new(vec![(place("dead"), list.clone()), (place("eu"), list)], 2).unwrap();
        let first = round(&mut d, "", "dead");
        d.again();
        let second = round(&mut d, "", "");
        insta::assert_snapshot!([first, second].join("\n"), @r#"
        [+a@dead +b@dead +a@eu +b@eu] [+c@dead ?a@eu ?b@eu] [+c@eu] [?c@eu] Wait("dead/n/a: does not answer; dead/n/b: does not answer; dead/n/c: does not answer")
        [+a@dead +b@dead] [?a@dead ?b@dead] [+c@dead] [?c@dead] Done
        "#);
    }

    #[test]
    fn cycles_and_empty_deliveries() {
        let knot = vec![component("a", json!({"dependsOn": ["b"]})), component("b", json!({"dependsOn": ["a"]}))];
        assert_eq!(
            Deploy::new(vec![(place(""), knot)], 1).unwrap_err().message,
            "the components \"a\", \"b\" wait for each other"
        );
        assert_eq!(Deploy::new(vec![], 1).unwrap().verdict(), Verdict::Done);
        let mut d = Deploy::new(vec![(place(""), vec![component("a", json!({}))])], 1).unwrap();
        assert_eq!(d.work(), [Work::Apply(0)]);
        d.report(0, Report::Failed { class: FaultClass::Permanent, message: "no such kind".into() });
        assert_eq!(d.verdict(), Verdict::Failed("local/n/a: no such kind".into()));
    }
}
