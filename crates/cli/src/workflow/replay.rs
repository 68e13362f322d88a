//! `lateen workflow replay` and `lateen workflow logs`: a run told from its journal.

use crate::application::{AppArgs, find_run};
use crate::output::{self, Format};
use crate::session::{HubArgs, Outcome, Session};
use crate::table;
use cue_syntax::Diagnostic;
use model::Application;
use serde_json::{Map, Value, json};
use workflow::journal::{Entry, Fact};
use workflow::replay;

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow replay example-app                 every event of the newest run
  lateen workflow replay example-app --at 12         phases and values as they were after event 12
  lateen workflow replay example-app --step deploy   only this step, with what it sent and was answered")]
pub(crate) struct ReplayArgs {
    #[command(flatten)]
    app: AppArgs,
    /// How everything stood after the event with this number
    #[arg(long, value_name = "N")]
    at: Option<u64>,
    /// Only this step
    #[arg(long, short)]
    step: Option<String>,
    /// The run of this revision [default: the newest run]
    #[arg(long, short)]
    revision: Option<String>,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// The arguments.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  lateen workflow logs example-app --step deploy")]
pub(crate) struct LogsArgs {
    #[command(flatten)]
    app: AppArgs,
    /// Only of this step
    #[arg(long, short)]
    step: Option<String>,
    /// Of the run of this revision [default: the newest run]
    #[arg(long, short)]
    revision: Option<String>,
}

/// The journal of a run.
async fn entries(session: &mut Session, app: &mut AppArgs, revision: Option<&str>) -> Outcome<Vec<Entry>> {
    let found = find_run(session, app).await?;
    let newest = found.status.as_ref().and_then(|s| s.latest_revision.as_ref()).map(|r| r.name.clone());
    let run = match revision {
        Some(revision) => revision.to_owned(),
        None => newest.unwrap_or_default(),
    };
    let chunks = session.hub.journal(&app.namespace, &app.name, &run).await?;
    if chunks.is_empty() {
        let revisions = session.hub.revisions(&app.namespace, &app.name).await?;
        let names: Vec<&str> = revisions.iter().map(|r| r.metadata.name.as_str()).collect();
        let message = format!("application {} has no journal of a run of \"{run}\"", app.name);
        return Err(Diagnostic::error("replay/no-journal", message)
            .help(if names.is_empty() {
                "it has not run yet".to_owned()
            } else {
                format!("its revisions: {}", names.join(", "))
            })
            .into());
    }
    Ok(workflow::journal::decode(&chunks)?)
}

/// Why a request was not carried out; `None`: it was, or nobody has taken it yet.
pub(super) async fn refusal(session: &Session, app: &Application, id: &str) -> Outcome<Option<String>> {
    let Some(run) = app.status.as_ref().and_then(|s| s.latest_revision.as_ref()) else { return Ok(None) };
    let chunks = session.hub.journal(&app.metadata.namespace, &app.metadata.name, &run.name).await?;
    let entries = workflow::journal::decode(&chunks)?;
    let answer = entries.iter().rev().find_map(|entry| match &entry.fact {
        Fact::Operation { id: other, refused } if other == id => Some(refused.clone()),
        _ => None,
    });
    Ok(answer.filter(|why| !why.is_empty()))
}

fn check_step(entries: &[Entry], step: Option<&str>) -> Outcome {
    let Some(step) = step else { return Ok(()) };
    let mut names: Vec<&str> = entries.iter().filter_map(|e| replay::step_of(&e.fact)).collect();
    if names.contains(&step) {
        return Ok(());
    }
    names.dedup();
    let near = model::action::nearest(step, names.iter().copied());
    let mut diagnostic =
        Diagnostic::error("replay/unknown-step", format!("the run has recorded nothing of step \"{step}\""));
    diagnostic.help = near.map(|near| format!("did you mean \"{near}\"?"));
    Err(diagnostic.into())
}

pub(super) async fn run(hub: HubArgs, mut args: ReplayArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let entries = entries(&mut session, &mut args.app, args.revision.as_deref()).await?;
    let step = args.step.as_deref();
    check_step(&entries, step)?;
    if let Some(seq) = args.at {
        let moment = moment(&entries, seq, step);
        return match args.output {
            Some(format) => output::print(&moment, format),
            None => output::print(&moment, Format::Yaml),
        };
    }
    let chosen = entries.iter().filter(|e| step.is_none() || replay::step_of(&e.fact) == step);
    if let Some(format) = args.output {
        let events: Vec<Value> = chosen.map(event).collect();
        return output::print(&json!(events), format);
    }
    let rows: Vec<Vec<String>> = chosen
        .map(|entry| {
            let values = match replay::values(&entry.fact) {
                Some(value) if step.is_some() => value.to_string(),
                Some(Value::Object(map)) if matches!(entry.fact, Fact::Vars { .. }) => Value::Object(map).to_string(),
                _ => String::new(),
            };
            vec![
                entry.seq.to_string(),
                entry.at.rfc3339(),
                entry.epoch.to_string(),
                replay::step_of(&entry.fact).unwrap_or_default().to_owned(),
                replay::tell(&entry.fact).replace('\n', " "),
                values,
            ]
        })
        .collect();
    print!("{}", table::draw(&["N", "TIME", "EPOCH", "STEP", "EVENT", "VALUES"], &rows));
    Ok(())
}

fn event(entry: &Entry) -> Value {
    let mut map = Map::new();
    map.insert("n".into(), entry.seq.into());
    map.insert("time".into(), entry.at.rfc3339().into());
    map.insert("epoch".into(), entry.epoch.into());
    if let Some(step) = replay::step_of(&entry.fact) {
        map.insert("step".into(), step.into());
    }
    map.insert("event".into(), replay::tell(&entry.fact).into());
    if let Some(values) = replay::values(&entry.fact) {
        map.insert("values".into(), values);
    }
    Value::Object(map)
}

/// Phases and values after an event.
fn moment(entries: &[Entry], seq: u64, step: Option<&str>) -> Value {
    let moment = replay::at(entries, seq);
    let mut out = Map::new();
    out.insert("time".into(), moment.at.rfc3339().into());
    out.insert("epoch".into(), moment.state.epoch.into());
    if let Some((_, phase)) = moment.state.ended {
        out.insert("ended".into(), phase.as_str().into());
    }
    let steps: Map<String, Value> = moment
        .steps()
        .filter(|(name, _)| step.is_none_or(|s| s == *name))
        .map(|(name, known)| {
            let mut one = Map::new();
            one.insert("phase".into(), known.phase.as_str().into());
            if !known.reason.as_str().is_empty() {
                one.insert("reason".into(), known.reason.as_str().into());
            }
            if !known.message.is_empty() {
                one.insert("message".into(), known.message.clone().into());
            }
            if known.errors > 0 {
                one.insert("errors".into(), known.errors.into());
            }
            let open: Vec<&str> =
                known.effects.values().filter(|e| e.done.is_none()).map(|e| e.path.as_str()).collect();
            if !open.is_empty() {
                one.insert("unanswered".into(), json!(open));
            }
            (name.to_owned(), Value::Object(one))
        })
        .collect();
    out.insert("steps".into(), Value::Object(steps));
    let values: Map<String, Value> = moment
        .values()
        .filter(|(_, _, giver)| step.is_none_or(|s| s == *giver))
        .map(|(name, value, _)| (name.to_owned(), value))
        .collect();
    out.insert("values".into(), Value::Object(values));
    Value::Object(out)
}

pub(super) async fn logs(hub: HubArgs, mut args: LogsArgs) -> Outcome {
    let mut session = Session::open(&hub).await?;
    let entries = entries(&mut session, &mut args.app, args.revision.as_deref()).await?;
    check_step(&entries, args.step.as_deref())?;
    for entry in &entries {
        let Some(step) = replay::step_of(&entry.fact) else { continue };
        if args.step.as_deref().is_some_and(|s| s != step) {
            continue;
        }
        let text = match &entry.fact {
            Fact::Log { text, .. } => text.clone(),
            fact => format!("[{}]", replay::tell(fact)),
        };
        for line in text.lines() {
            println!("{} {step} {line}", entry.at.rfc3339());
        }
    }
    Ok(())
}
