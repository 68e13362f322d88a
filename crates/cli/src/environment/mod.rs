//! Projects, targets and environments: the objects on the hub, and the commands `project`, `target` and `env` about them.

pub(crate) mod env;
pub(crate) mod project;
pub(crate) mod target;

use crate::output::{self, Format};
use crate::session::{Outcome, Session};
use crate::table;
use actions::{Filter, ObjectRef};
use cue_syntax::Diagnostic;
use model::LATEEN_V1ALPHA1;
use model::action::nearest;
use model::environment::{ENVIRONMENT, Environment, TARGET, Target};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// How a list is printed.
#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    /// json or yaml instead of a table
    #[arg(long, short)]
    output: Option<Format>,
}

impl ListArgs {
    /// Prints all objects of a kind: whole, or a row for each.
    async fn print<T, const N: usize>(
        self,
        session: &Session,
        kind: &str,
        columns: [&str; N],
        row: impl Fn(&T) -> [String; N],
    ) -> Outcome
    where
        T: DeserializeOwned + Serialize,
    {
        let found: Vec<T> = all(session, kind).await?;
        if let Some(format) = self.output {
            return output::objects(json!(found), format);
        }
        let rows: Vec<Vec<String>> = found.iter().map(|object| row(object).to_vec()).collect();
        print!("{}", table::draw(&columns, &rows));
        Ok(())
    }
}

/// Which object is shown, and how.
#[derive(Debug, clap::Args)]
pub(crate) struct ShowArgs {
    /// Its name
    name: String,
    /// json or yaml instead of text
    #[arg(long, short)]
    output: Option<Format>,
}

/// One of our kinds, as it is called on the hub.
fn address(kind: &str, name: &str) -> ObjectRef {
    ObjectRef { api_version: LATEEN_V1ALPHA1.into(), kind: kind.into(), namespace: String::new(), name: name.into() }
}

fn typed<T: DeserializeOwned>(kind: &str, value: Value) -> Outcome<T> {
    serde_json::from_value(value)
        .map_err(|e| Diagnostic::error("env/unreadable", format!("a {kind} on the hub cannot be read: {e}")).into())
}

/// All objects of a kind, by name.
async fn all<T: DeserializeOwned>(session: &Session, kind: &str) -> Outcome<Vec<T>> {
    let mut list = session.hub.objects().list(LATEEN_V1ALPHA1, kind, &Filter::default()).await?;
    let items = list.get_mut("items").and_then(Value::as_array_mut).map(std::mem::take).unwrap_or_default();
    items.into_iter().map(|item| typed(kind, item)).collect()
}

/// An object, or an error that names the nearest one.
async fn one<T: DeserializeOwned>(session: &Session, kind: &str, name: &str) -> Outcome<T> {
    if let Some(found) = session.hub.objects().read(&address(kind, name)).await? {
        return typed(kind, found);
    }
    let list = session.hub.objects().list(LATEEN_V1ALPHA1, kind, &Filter::default()).await?;
    let items = list.get("items").and_then(Value::as_array).into_iter().flatten();
    let names: Vec<&str> = items.filter_map(|i| i.pointer("/metadata/name").and_then(Value::as_str)).collect();
    let word = kind.to_lowercase();
    let command = if kind == ENVIRONMENT { "env" } else { word.as_str() };
    let help = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean {near}?"),
        None if names.is_empty() => format!("there are none yet: `lateen {command} create` makes one"),
        None => format!("there are {}", names.join(", ")),
    };
    Err(Diagnostic::error("env/not-found", format!("there is no {word} {name}")).help(help).into())
}

/// Writes an object; `true` when it was not there before.
async fn store<T: Serialize>(session: &Session, kind: &str, name: &str, spec: &T) -> Outcome<bool> {
    let is_new = session.hub.objects().read(&address(kind, name)).await?.is_none();
    let object = json!({"apiVersion": LATEEN_V1ALPHA1, "kind": kind, "metadata": {"name": name}, "spec": spec});
    session.hub.apply(&object).await?;
    println!("{} {name} {}", kind.to_lowercase(), if is_new { "created" } else { "updated" });
    Ok(is_new)
}

/// Deletes an object that nothing uses.
async fn remove(session: &Session, kind: &str, name: &str, users: &[String]) -> Outcome {
    let word = kind.to_lowercase();
    if !users.is_empty() {
        return Err(Diagnostic::error("env/in-use", format!("{word} {name} is used by {}", users.join(", ")))
            .help("delete or change those first")
            .into());
    }
    session.hub.objects().delete(&address(kind, name), &Default::default()).await?;
    println!("{word} {name} deleted");
    Ok(())
}

/// An environment with its targets, in order.
pub(crate) async fn resolve(session: &Session, name: &str) -> Outcome<(Environment, Vec<Target>)> {
    let environment: Environment = one(session, ENVIRONMENT, name).await?;
    let mut targets = Vec::with_capacity(environment.spec.targets.len());
    for target in &environment.spec.targets {
        targets.push(one::<Target>(session, TARGET, target).await?);
    }
    Ok((environment, targets))
}

/// The namespace of the hub in which the applications of an environment live.
pub(crate) async fn namespace(session: &Session, name: &str) -> Outcome<String> {
    let environment: Environment = one(session, ENVIRONMENT, name).await?;
    Ok(environment.spec.namespace)
}

/// Fields under each other, as `show` prints them; empty ones are left out.
fn fields(rows: &[(&str, &str)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0) + 1;
    for (name, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        println!("{:width$} {value}", format!("{name}:"));
    }
}
