//! In whose name an Application is delivered.
//!
//! Lateen's own objects (trackers, journals, status) are always written with its own rights. What an Application delivers and
//! reads is asked for in the name of its ServiceAccount, else of the user whom the admission webhook has recorded, else
//! with Lateen's rights. The cluster decides what that one may do.

use crate::webhook::Prover;
use fleet::Identity;
use model::{Application, labels};

/// Who may be believed to have asked.
#[derive(Debug, Clone, Default)]
pub struct Requesters {
    /// The ServiceAccount of Applications that name none and of which nobody knows who asked; empty: Lateen's own rights.
    pub default_account: String,
    /// Set: an Application acts as the user for whom the webhook vouches.
    pub prover: Option<Prover>,
}

impl Requesters {
    /// In whose name an Application acts; `None`: in that of the process.
    pub fn of(&self, app: &Application) -> Option<Identity> {
        let namespace = &app.metadata.namespace;
        let named = app.annotation(labels::SERVICE_ACCOUNT_NAME).filter(|name| !name.is_empty());
        if let Some(name) = named {
            return Some(Identity::service_account(namespace, name));
        }
        if let Some(user) = self.prover.as_ref().and_then(|prover| prover.requester(app)) {
            return Some(user);
        }
        (!self.default_account.is_empty()).then(|| Identity::service_account(namespace, &self.default_account))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn an_application_acts_as_its_service_account_of_its_own_namespace() {
        let app = |annotations: serde_json::Value| -> Application {
            serde_json::from_value(json!({"metadata": {"name": "a", "namespace": "team", "annotations": annotations}}))
                .unwrap()
        };
        let user = |requesters: &Requesters, app| requesters.of(app).map(|identity| identity.user);
        let plain = app(json!({}));
        let named = app(json!({labels::SERVICE_ACCOUNT_NAME: "deployer"}));
        let strict = Requesters { default_account: "default".into(), prover: None };
        assert_eq!(user(&Requesters::default(), &plain), None);
        assert_eq!(user(&strict, &plain).as_deref(), Some("system:serviceaccount:team:default"));
        for requesters in [&strict, &Requesters::default()] {
            assert_eq!(user(requesters, &named).as_deref(), Some("system:serviceaccount:team:deployer"));
        }
    }
}
