//! The plan of an Application: its steps, and the order that its components ask for.
//!
//! A `deploy` step delivers components in an order of its own, found when it runs. A knot in that order is told when the
//! Application is read, at the component, and so is one in steps that were made up because no workflow was written.

use crate::plan::Plan;
use cue_syntax::Diagnostic;
use model::generate::{APPLY_COMPONENT, Steps};
use model::phase::Mode;
use model::{Application, Step};

/// What the order of components can be wrong about.
const OF_ORDER: [&str; 2] = ["workflow/cycle", "workflow/unknown-dependency"];

impl Plan {
    /// Checks the components of an Application and its steps, and orders the steps.
    ///
    /// # Errors
    /// As [`Plan::new`]; components that wait for each other or for one that is not there; conditions that are none.
    pub fn of(app: &Application, steps: &Steps) -> Result<Plan, Vec<Diagnostic>> {
        let mut problems = components(app, steps);
        problems.extend(conditions(&steps.steps));
        match Plan::new(&steps.steps, steps.mode, steps.sub_mode) {
            Ok(plan) if problems.is_empty() => Ok(plan),
            Ok(_) => Err(problems),
            Err(found) => {
                // Steps that apply components take over their order: what is wrong with it is told once.
                let told: Vec<&str> = problems.iter().map(|p| p.code).collect();
                problems.extend(found.into_iter().filter(|p| !told.contains(&p.code)));
                Err(problems)
            }
        }
    }
}

/// Conditions that are no expressions, or name a step that there is nearly. What a plan is run by need not read them so,
/// therefore it is the Application's check and not the plan's.
fn conditions(steps: &[Step]) -> Vec<Diagnostic> {
    let all = steps.iter().enumerate().flat_map(|(i, step)| {
        let path = format!("spec.workflow.steps[{i}]");
        let inner = step.sub_steps.iter().enumerate().map({
            let path = path.clone();
            move |(j, sub)| (format!("{path}.subSteps[{j}].if"), sub)
        });
        std::iter::once((format!("{path}.if"), step)).chain(inner)
    });
    let all: Vec<(String, &Step)> = all.collect();
    let names: Vec<&str> = all.iter().map(|(_, step)| step.name.as_str()).collect();
    let found = all.iter().filter(|(_, step)| !step.condition.is_empty()).filter_map(|(path, step)| {
        crate::step::condition::check(&step.condition, &names).map(|problem| problem.path(path.clone()))
    });
    found.collect()
}

fn components(app: &Application, steps: &Steps) -> Vec<Diagnostic> {
    let names: Vec<&str> =
        steps.steps.iter().flat_map(|s| std::iter::once(s).chain(&s.sub_steps)).map(|s| &*s.name).collect();
    let all = &app.spec.components;
    let known = |name: &String| all.iter().any(|c| c.name == *name) || !names.contains(&name.as_str());
    let as_steps: Vec<Step> = all
        .iter()
        .map(|component| Step {
            name: component.name.clone(),
            kind: APPLY_COMPONENT.to_owned(),
            // A step may be named as well, where a step applies the component.
            depends_on: component.depends_on.iter().filter(|name| known(name)).cloned().collect(),
            outputs: component.outputs.clone(),
            inputs: component
                .inputs
                .iter()
                .filter(|input| all.iter().any(|c| c.outputs.iter().any(|output| output.name == input.from)))
                .cloned()
                .collect(),
            ..Step::default()
        })
        .collect();
    let problems = Plan::new(&as_steps, Mode::Dag, Mode::Dag).err().unwrap_or_default();
    let mut problems: Vec<Diagnostic> = problems.into_iter().filter(|p| OF_ORDER.contains(&p.code)).collect();
    for problem in &mut problems {
        let path = problem.path.take().unwrap_or_default();
        problem.path = Some(path.replacen("spec.workflow.steps", "spec.components", 1));
        problem.message = problem
            .message
            .replacen("the steps ", "the components ", 1)
            .replacen("step ", "component ", 1)
            .replacen("no such step", "no such component", 1);
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn problems(spec: Value) -> Vec<String> {
        let app: Application = serde_json::from_value(json!({ "spec": spec })).unwrap();
        let steps = model::generate::steps(&app, None, &app.spec.policies).unwrap();
        let found = Plan::of(&app, &steps).err().unwrap_or_default();
        found.iter().map(|d| format!("{}: {}", d.path.clone().unwrap_or_default(), d.message)).collect()
    }

    #[test]
    fn components_that_wait_for_each_other_are_told_once_whatever_delivers_them() {
        let components = json!([
            {"name": "a", "type": "worker", "dependsOn": ["b"]}, {"name": "b", "type": "worker", "dependsOn": ["a"]}]);
        let wanted = ["spec.components[0].dependsOn: the components \"a\", \"b\" wait for each other"];
        assert_eq!(problems(json!({"components": components})), wanted);
        let topology = json!([{"name": "t", "type": "topology", "properties": {"clusters": ["x"]}}]);
        assert_eq!(problems(json!({"components": components, "policies": topology})), wanted);
    }

    #[test]
    fn a_component_that_is_not_there_cannot_be_waited_for_and_a_step_can() {
        let component = json!([{"name": "a", "type": "worker", "dependsOn": ["first"]}]);
        assert_eq!(
            problems(json!({"components": component})),
            ["spec.components[0].dependsOn[0]: component \"a\" depends on \"first\", and there is no such component"]
        );
        let workflow = json!({"steps": [{"name": "first", "type": "suspend"},
            {"name": "a", "type": "apply-component", "properties": {"component": "a"}}]});
        assert_eq!(problems(json!({"components": component, "workflow": workflow})), Vec::<String>::new());
    }
}
