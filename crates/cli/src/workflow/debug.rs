//! `lateen workflow debug`: what the values of a run's steps came to.

use crate::application::{AppArgs, find_run};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use controller::run::DEBUG;
use cue::export::{Indent, Options};
use cue::{Completeness, DataOptions, Evaluation, Inputs, Instance, Limits, Selector};
use cue_syntax::{Diagnostic, Source};
use model::generate::STEP_GROUP;
use model::{Application, StepPhase, StepStatus, labels};
use serde_json::{Map, Value};

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen up -f app.yaml --debug                               write down what each step comes to
  lateen workflow debug example-app                           all steps
  lateen workflow debug example-app --step deploy             one step
  lateen workflow debug example-app --step ask --focus response.header
  lateen workflow debug example-app --step ask -o json")]
pub(crate) struct DebugArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Only this step
    #[arg(long, short)]
    step: Option<String>,
    /// Only the value at this path: `request.$returns`, `list.0`
    #[arg(long, short, value_name = "PATH", requires = "step")]
    focus: Option<String>,
    /// json or yaml instead of CUE
    #[arg(long, short)]
    output: Option<Format>,
}

pub(super) async fn run(hub: HubArgs, mut args: DebugArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let app = find_run(&mut session, &mut args.app).await?;
    let steps = steps(&app);
    let chosen: Vec<&StepStatus> = match &args.step {
        Some(name) => vec![find(&steps, name, &app)?],
        None => steps.iter().copied().filter(|step| step.kind != STEP_GROUP).collect(),
    };
    let mut texts = Vec::new();
    for step in chosen {
        if let Some(text) = session.hub.debug(&app, &step.id).await? {
            texts.push((step, text));
        }
    }
    if texts.is_empty() {
        return Err(nothing(&app, args.step.as_deref(), &steps).into());
    }
    let Some(format) = args.output else {
        let one = args.step.is_some();
        for (i, (step, text)) in texts.iter().enumerate() {
            if !one {
                let gap = if i > 0 { "\n" } else { "" };
                println!("{gap}// {} ({})", step.name, step.kind);
            }
            match &args.focus {
                Some(focus) => {
                    let evaluation = evaluated(step, text)?;
                    let value = at(&evaluation, step, focus)?;
                    print!("{}", cue::export::text(value, &Options::EVAL, Indent::Spaces));
                }
                None => print!("{text}"),
            }
        }
        return Ok(());
    };
    let mut all = Map::new();
    for (step, text) in &texts {
        let evaluation = evaluated(step, text)?;
        let value = at(&evaluation, step, args.focus.as_deref().unwrap_or_default())?;
        let options = DataOptions { completeness: Completeness::Concrete, origins: false };
        let unreadable = |_| unreadable(step);
        let data = value.data(&options).map_err(unreadable)?;
        all.insert(step.name.clone(), cue::json::to_value(&data).map_err(|_| self::unreadable(step))?);
    }
    match args.step {
        Some(_) => output::print(&all.into_iter().next().map(|(_, value)| value).unwrap_or_default(), format),
        None => output::print(&Value::Object(all), format),
    }
}

/// All steps of the newest run, sub-steps after their groups.
fn steps(app: &Application) -> Vec<&StepStatus> {
    let run = app.status.as_ref().and_then(|s| s.workflow.as_ref());
    run.iter().flat_map(|run| &run.steps).flat_map(|step| std::iter::once(step).chain(&step.sub_steps)).collect()
}

fn find<'a>(steps: &[&'a StepStatus], name: &str, app: &Application) -> Outcome<&'a StepStatus> {
    if let Some(step) = steps.iter().find(|step| step.name == name) {
        return Ok(step);
    }
    let message = format!("no step \"{name}\" has begun in the run of {}", app.metadata.name);
    let mut diagnostic = Diagnostic::error("debug/unknown-step", message);
    let near = model::action::nearest(name, steps.iter().map(|step| step.name.as_str()));
    diagnostic.help = match near {
        Some(near) => Some(format!("did you mean \"{near}\"?")),
        None if steps.is_empty() => None,
        None => Some(format!("its steps: {}", names(steps))),
    };
    Err(diagnostic.into())
}

fn names(steps: &[&StepStatus]) -> String {
    steps.iter().map(|step| step.name.as_str()).collect::<Vec<_>>().join(", ")
}

/// Nothing was written down: because nobody asked for it, or because there is nothing to write.
fn nothing(app: &Application, step: Option<&str>, steps: &[&StepStatus]) -> Diagnostic {
    let name = &app.metadata.name;
    let what = match step {
        Some(step) => format!("step \"{step}\" of {name}"),
        None => format!("the run of {name}"),
    };
    let asked = app.annotation(labels::DEBUG) == Some("true") || app.spec.policies.iter().any(|p| p.kind == DEBUG);
    let never = step
        .and_then(|name| steps.iter().find(|step| step.name == name))
        .filter(|step| step.kind == STEP_GROUP || matches!(step.phase, StepPhase::Pending | StepPhase::Skipped));
    let help = match (never, asked) {
        (Some(step), _) if step.kind == STEP_GROUP => {
            "a group has no value of its own: name one of its steps".to_owned()
        }
        (Some(step), _) => format!("it has not been visited: it is {}", step.phase),
        (None, true) => {
            "its steps have not been visited since this was asked for; `lateen workflow restart` runs them again"
                .to_owned()
        }
        (None, false) if app.kind == model::WORKFLOW_RUN => {
            format!("set the annotation {}: \"true\" on it, or give `--debug` to `lateen up`", labels::DEBUG)
        }
        (None, false) => format!(
            "`lateen up -f FILE --debug` writes it down, and so does a policy of type {DEBUG} or the annotation {}: \"true\"",
            labels::DEBUG
        ),
    };
    Diagnostic::error("debug/nothing", format!("there is no debug output of {what}")).help(help)
}

fn unreadable(step: &StepStatus) -> Diagnostic {
    Diagnostic::error("debug/cut", format!("the debug output of step \"{}\" is no CUE", step.name)).help(
        "it was too long for an object of the hub, and was cut off; without `-o` and `--focus` it is printed as it is",
    )
}

/// Debug output is CUE.
fn evaluated(step: &StepStatus, text: &str) -> Outcome<Evaluation> {
    let source = Source::new(format!("{}.cue", step.name), text);
    let instance = Instance::of(source).map_err(|_| unreadable(step))?;
    let program = cue::compile(&render::builtin::Packages, instance).map_err(|_| unreadable(step))?;
    Ok(program.evaluate(Inputs::default(), &Limits::trusted()))
}

fn at<'e>(evaluation: &'e Evaluation, step: &StepStatus, path: &str) -> Outcome<cue::Value<'e>> {
    let value = evaluation.lookup(&Selector::path(path));
    if value.exists() {
        return Ok(value);
    }
    let top: Vec<String> = evaluation.root().fields(&Default::default()).iter().map(|f| f.label.to_string()).collect();
    Err(Diagnostic::error("debug/no-value", format!("step \"{}\" has no value at `{path}`", step.name))
        .help(format!("it has {}", top.join(", ")))
        .into())
}
