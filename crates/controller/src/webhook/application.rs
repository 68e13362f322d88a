//! Applications: who asked, and whether they can be run.

use super::Webhook;
use super::proof::REQUESTER_PROOF;
use super::review::{Answer, Review};
use crate::error::Error;
use model::operation::UserOperation;
use model::{Application, labels};
use serde_json::Value;

/// An Application of a review, with the namespace that the request was for.
fn read(review: &Review, value: &Value) -> Result<Application, String> {
    let mut app: Application = serde_json::from_value(value.clone()).map_err(|e| e.to_string())?;
    if app.metadata.namespace.is_empty() {
        app.metadata.namespace.clone_from(&review.namespace);
    }
    Ok(app)
}

impl Webhook {
    /// Whether a review is about what this process itself writes.
    fn is_own(&self, review: &Review) -> bool {
        !self.own.is_empty() && review.user == self.own
    }

    /// Writes down who asked: for the specification, and for an operation such as an approval.
    pub(super) fn mutate_application(&self, review: &Review) -> Answer {
        if review.is_leaving() || self.is_own(review) {
            return Answer::allow();
        }
        // what cannot be read is refused by the other one
        let Ok(app) = read(review, &review.object) else { return Answer::allow() };
        let old = read(review, &review.old).ok().filter(|_| !review.old.is_null());
        let mut answer = Answer::allow();
        let known = old.as_ref().filter(|_| !review.changes_spec());
        let asked = known.and_then(|old| Some((old, self.prover.requester(old)?)));
        let (user, groups) = match asked {
            Some((_, identity)) => (identity.user, identity.groups.join(",")),
            None => (review.user.clone(), review.groups.join(",")),
        };
        if let Some(proof) = self.prover.prove(&app, &user, &groups) {
            answer = answer
                .annotate(labels::USERNAME, user.clone())
                .annotate(labels::GROUP, groups)
                .annotate(REQUESTER_PROOF, proof);
        }
        if app.annotation(labels::REQUESTED_BY).is_some() {
            answer = answer.annotate(labels::REQUESTED_BY, user);
        }
        let asks = app.annotation(labels::OPERATION);
        if asks.is_some() && asks != old.as_ref().and_then(|old| old.annotation(labels::OPERATION)) {
            match asks.map(serde_json::from_str::<UserOperation>) {
                Some(Ok(operation)) => {
                    let operation =
                        UserOperation { by: review.user.clone(), groups: review.groups.clone(), ..operation };
                    if let Ok(text) = serde_json::to_string(&operation) {
                        answer = answer.annotate(labels::OPERATION, text);
                    }
                }
                // an approval that nobody can read would be one that nobody has given
                _ => return Answer::refuse(format!("the annotation {} is no operation", labels::OPERATION)),
            }
        }
        answer
    }

    /// Refuses what cannot be run.
    pub(super) async fn validate_application(&self, review: &Review) -> Answer {
        if review.is_leaving() || self.is_own(review) || !review.changes_spec() {
            return Answer::allow();
        }
        let app = match read(review, &review.object) {
            Ok(app) => app,
            Err(why) => return Answer::refuse(format!("this is no Application: {why}")),
        };
        let theirs = app.annotation(labels::KUBEVELA_VERSION).is_some()
            && app.annotation(labels::CONTROLLER_REQUIREMENT) != Some("lateen");
        if theirs {
            return Answer::allow();
        }
        match self.runner.check(&app).await {
            Ok((_, prepared)) => prepared
                .warnings
                .iter()
                .fold(Answer::allow(), |answer, warning| answer.warn(workflow::run::tell(warning))),
            Err(Error::Diagnostics(problems)) => Answer::refuse((self.tell)(&problems)),
            Err(Error::Fault(fault)) => Answer::allow().warn(format!("Lateen could not judge it: {fault}")),
        }
    }
}
