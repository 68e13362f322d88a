//! Definitions: vetted as `lateen def vet` does.

use super::Webhook;
use super::review::{Answer, Review};
use crate::packages::Added;
use cue_syntax::{Diagnostic, Severity};
use render::definition::{Loaded, Provenance};
use serde_json::Value;

impl Webhook {
    /// Refuses a definition that has an error; what is only not good is told.
    pub(super) async fn validate_definition(&self, review: &Review) -> Answer {
        if review.is_leaving() || !review.changes_spec() {
            return Answer::allow();
        }
        let text = |pointer: &str| review.object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let (kind, name) = (text("/kind"), text("/metadata/name"));
        let origin = format!("{kind}/{}/{name}", review.namespace);
        let loaded = match Loaded::from_object(&review.object, &origin, Provenance::Hub(review.namespace.clone())) {
            Ok(loaded) => loaded,
            Err(problems) => return Answer::refuse((self.tell)(&Vec::from_iter(problems))),
        };
        // What cannot be judged is let through: without the packages, a definition that imports one of them could not.
        let Ok(added) = Added::load(&self.runner.hub, &review.namespace, &[]).await else {
            return Answer::allow().warn("not vetted: the packages of this hub cannot be read".to_owned());
        };
        let with = authoring::vet::With { packages: added.packages, ..authoring::vet::With::default() };
        let (errors, others): (Vec<Diagnostic>, Vec<Diagnostic>) =
            authoring::vet::loaded(&loaded, &with).into_iter().partition(|d| d.severity == Severity::Error);
        if !errors.is_empty() {
            return Answer::refuse((self.tell)(&errors));
        }
        let warnings = others.iter().filter(|d| d.severity == Severity::Warning);
        warnings.fold(Answer::allow(), |answer, warning| answer.warn(workflow::run::tell(warning)))
    }
}
