//! Provider: ready when its credentials are there.

use crate::simulate::{
    kind::SECRET,
    object::Json,
    rehearsal::Rehearsal,
    scene::{Scene, Settled, after},
};
use serde_json::{Value, json};

/// The Secret (namespace, name) that a provider takes its credentials from.
pub(crate) fn secret(provider: &Value) -> (&str, &str) {
    let namespace = provider.text("/spec/credentials/secretRef/namespace");
    let namespace = if namespace.is_empty() { provider.namespace() } else { namespace };
    (namespace, provider.text("/spec/credentials/secretRef/name"))
}

/// Looks for the credentials.
pub(crate) fn settle(provider: &Value, scene: &Scene<'_>) -> Settled {
    let mut settled = Settled::default();
    if provider.deleting() {
        return settled;
    }
    let rehearsal = Rehearsal::of(provider, scene);
    let ready = after(scene.begun(provider), rehearsal.delay.unwrap_or(scene.timing.reconcile));
    let (namespace, name) = secret(provider);
    if rehearsal.stall {
        return settled;
    }
    if scene.now < ready {
        settled.later(ready);
        return settled;
    }
    let not_ready = |message: String| json!({"state": "ProviderNotReady", "message": message});
    let status = match rehearsal.fail {
        Some(failure) => not_ready(failure.message),
        None if provider.text("/spec/credentials/source") == "Secret"
            && scene.view.find(SECRET, namespace, name).is_none() =>
        {
            not_ready(format!("failed to get credentials: Secret {namespace}/{name} is not there"))
        }
        None => json!({"state": "ready"}),
    };
    settled.status(provider, status);
    settled
}

#[cfg(test)]
mod tests {
    use crate::simulate::{kind::TERRAFORM_PROVIDER, object::Json, stage::Stage};
    use jiff::SignedDuration;
    use serde_json::json;

    #[test]
    fn ready_once_the_credentials_are_there() {
        let mut stage = Stage::new();
        stage.apply(json!({
            "apiVersion": "terraform.core.oam.dev/v1beta1", "kind": "Provider", "metadata": {"name": "ali"},
            "spec": {"provider": "alibaba", "credentials": {"source": "Secret", "secretRef": {"namespace": "default", "name": "creds", "key": "credentials"}}},
        }));
        stage.pass(SignedDuration::from_secs(1));
        assert_eq!(
            stage.get(TERRAFORM_PROVIDER, "ali").text("/status/message"),
            "failed to get credentials: Secret default/creds is not there"
        );
        stage.apply(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "creds"}}));
        stage.settle();
        assert_eq!(stage.get(TERRAFORM_PROVIDER, "ali").text("/status/state"), "ready");
    }
}
