//! Performing what the core asks for: each action by its handler, every fault with its class.

mod application;
mod cloud;
mod placement;
mod query;
mod reading;
mod sight;

pub use cloud::is_cloud_type as is_cloud;
pub use reading::readers;
pub use sight::Sights;

use crate::deliver::Delivery;
use crate::runtime::{Perform, Signal};
use actions::{Call, Clusters, Dispatch, Fault, Outside};
use futures::future::BoxFuture;
use rustc_hash::FxHashSet;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::mpsc;
use workflow::event::{Outcome, RunAction};
use workflow::{FaultClass, Payload};

/// Everything that handlers reach the outside through.
pub struct Performer {
    /// Clusters by name.
    pub clusters: Arc<dyn Clusters>,
    /// The way objects reach clusters.
    pub dispatch: Arc<dyn Dispatch>,
    /// Components to places.
    pub delivery: Arc<Delivery>,
    /// The way to the world outside of clusters.
    pub outside: Arc<Outside>,
    /// Who answers actions of packages that were added.
    pub providers: Arc<actions::external::Providers>,
    /// Since when measures are so.
    pub windows: actions::metrics::Windows,
    /// Steps whose templates look at the status of an answer themselves.
    pub readers: FxHashSet<String>,
    /// The Application's namespace.
    pub namespace: String,
    /// What steps have looked at.
    pub sights: Sights,
    /// Where a change that a step waits for is told.
    pub signals: mpsc::UnboundedSender<Signal>,
}

impl std::fmt::Debug for Performer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Performer").finish_non_exhaustive()
    }
}

/// A fault as the core takes it.
pub(crate) fn failed(fault: Fault) -> Outcome {
    Outcome::Failed { class: fault.class, message: fault.message }
}

fn done(result: Result<Value, Fault>, secret: bool) -> Outcome {
    match result {
        Ok(value) => Outcome::Done(Payload { value, secret }),
        Err(fault) if secret => failed(fault.without_words()),
        Err(fault) => failed(fault),
    }
}

/// Whether a result may hold what must not be shown: Secrets that were read, and what was made of secret parameters.
fn is_secret(action: &RunAction) -> bool {
    let kind_of = |name: &str| action.params.value.get(name).and_then(|v| v.get("kind")).and_then(Value::as_str);
    action.params.secret || ["value", "resource"].iter().any(|name| kind_of(name) == Some("Secret"))
}

async fn perform(performer: &Arc<Performer>, action: &RunAction) -> Outcome {
    let outcome = performed(performer, action).await;
    performer.sights.note(action, &outcome);
    outcome
}

async fn performed(performer: &Arc<Performer>, action: &RunAction) -> Outcome {
    let call = Call {
        params: &action.params.value,
        key: action.key.as_deref(),
        namespace: &performer.namespace,
        secret: action.params.secret,
    };
    let (clusters, dispatch) = (performer.clusters.as_ref(), performer.dispatch.as_ref());
    let secret = is_secret(action);
    match (action.provider.as_str(), action.name.as_str()) {
        ("kube", "apply") => done(actions::kube::apply(&call, dispatch).await, secret),
        ("kube", "apply-in-parallel") => done(actions::kube::apply_in_parallel(&call, dispatch).await, secret),
        ("kube", "patch") => done(actions::kube::patch(&call, clusters).await, secret),
        ("kube", "read") => done(actions::kube::read(&call, clusters).await, secret),
        ("kube", "get") => done(actions::kube::get(&call, clusters).await, secret),
        ("kube", "list") => done(actions::kube::list(&call, clusters).await, secret),
        ("kube", "delete") => done(actions::kube::delete(&call, clusters, dispatch).await, secret),
        ("http", "do") => {
            let reading = actions::http::Reading {
                any_status: performer.readers.contains(&action.step),
                secret: action.params.secret,
            };
            done(actions::http::request(&call, &performer.outside, clusters, reading).await, secret)
        }
        ("external", _) => {
            let secret = action.params.secret;
            done(actions::external::call(&call, &performer.outside, &performer.providers, secret).await, secret)
        }
        ("cli", "run") => done(actions::command::run(&call, &performer.outside).await, secret),
        // What a server says about a message is for people; it does not hold the password or the robot's address.
        ("email", "send") => done(actions::mail::send(&call, &performer.outside, clusters).await, false),
        ("chat", "send") => done(actions::chat::send(&call, &performer.outside, action.params.secret).await, false),
        ("config", "create") => done(actions::config::create(&call, clusters).await, secret),
        ("config", "delete") => done(actions::config::delete(&call, clusters).await, secret),
        // A config is a Secret, whatever it holds.
        ("config", "read") => done(actions::config::read(&call, clusters).await, true),
        ("config", "list") => done(actions::config::list(&call, clusters).await, true),
        ("metrics", "promCheck") => {
            let check = format!("{}/{}", action.step_id, action.path);
            let result = actions::metrics::prom_check(&call, &performer.outside, &performer.windows, &check).await;
            done(result, secret)
        }
        ("query", name) => query::perform(performer, action, name, &call).await,
        ("terraform", name) => done(cloud::perform(performer, name, &call).await, false),
        (
            "multicluster",
            "get-placements-from-topology-policies" | "make-placement-decisions" | "patch-application",
        ) => done(placement::perform(performer, &action.name, &call).await, secret),
        ("multicluster", "list-clusters") => done(list_clusters(clusters).await, false),
        ("oam" | "multicluster", _) => application::perform(performer, action).await,
        ("util", "string") => done(text_of_bytes(&call), secret),
        ("util", "log") => {
            let data = action.params.value.get("data").map(Value::to_string).unwrap_or_default();
            tracing::info!(step = action.step, data);
            done(Ok(json!({})), false)
        }
        (provider, name) => Outcome::Failed {
            class: FaultClass::Permanent,
            message: format!("this version of Lateen has no handler for the action {provider}.{name}"),
        },
    }
}

async fn list_clusters(clusters: &dyn Clusters) -> Result<Value, Fault> {
    let names = clusters.names().await?;
    Ok(json!({ "outputs": { "clusters": names } }))
}

/// `util.#ConvertString`: bytes, which travel as base64, as text.
fn text_of_bytes(call: &Call<'_>) -> Result<Value, Fault> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(call.text("bt"))
        .map_err(|e| Fault::permanent(format!("the parameter \"bt\" holds no bytes: {e}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Fault::permanent("the bytes are no UTF-8 text"))?;
    Ok(json!({ "str": text }))
}

impl Perform for Arc<Performer> {
    fn watch(&self, step: &str) -> bool {
        self.sights.watch(step, &self.clusters, &self.signals)
    }

    fn perform(&self, action: RunAction) -> BoxFuture<'static, Outcome> {
        let performer = self.clone();
        Box::pin(async move {
            let limit = action.deadline.map(|deadline| {
                let millis = u64::try_from(deadline.0 - crate::runtime::now().0).unwrap_or_default();
                std::time::Duration::from_millis(millis)
            });
            match limit {
                None => perform(&performer, &action).await,
                Some(limit) => match tokio::time::timeout(limit, perform(&performer, &action)).await {
                    Ok(outcome) => outcome,
                    Err(_) => failed(Fault::transient(format!(
                        "{}.{} did not end before the step's deadline",
                        action.provider, action.name
                    ))),
                },
            }
        })
    }
}
