//! Who asked for a specification, so that the controller can believe it: whoever may write an Application may write any
//! annotation, but not this one's proof.

use base64::Engine as _;
use fleet::Identity;
use hmac::{Hmac, KeyInit as _, Mac as _};
use model::{Application, labels};
use sha2::Sha256;
use std::sync::Arc;

/// The annotation that vouches for `app.oam.dev/username` and `app.oam.dev/group`.
pub const REQUESTER_PROOF: &str = "lateen.dev/requester-proof";

/// Makes and checks proofs, with a key that only controllers can read.
#[derive(Clone)]
pub struct Prover(Arc<[u8]>);

impl std::fmt::Debug for Prover {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prover")
    }
}

impl Prover {
    /// With a key.
    pub fn new(key: &[u8]) -> Prover {
        Prover(key.into())
    }

    fn mac(&self, app: &Application, user: &str, groups: &str) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        let spec = workflow::ident::hash(&serde_json::to_value(&app.spec).ok()?);
        for part in [&app.metadata.namespace, &app.metadata.name, user, groups, &spec] {
            // lengths, so that no two lists of parts are the same bytes
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        Some(mac)
    }

    /// The proof that this user has asked for this specification.
    pub fn prove(&self, app: &Application, user: &str, groups: &str) -> Option<String> {
        let tag = self.mac(app, user, groups)?.finalize().into_bytes();
        Some(base64::engine::general_purpose::STANDARD_NO_PAD.encode(tag))
    }

    /// Who has asked for the specification of an Application, where that is proved.
    pub fn requester(&self, app: &Application) -> Option<Identity> {
        let user = app.annotation(labels::USERNAME).filter(|user| !user.is_empty())?;
        let groups = app.annotation(labels::GROUP).unwrap_or_default();
        let given = app.annotation(REQUESTER_PROOF)?;
        let given = base64::engine::general_purpose::STANDARD_NO_PAD.decode(given).ok()?;
        self.mac(app, user, groups)?.verify_slice(&given).ok()?;
        let groups = groups.split(',').filter(|group| !group.is_empty()).map(str::to_owned).collect();
        Some(Identity { user: user.to_owned(), groups })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_proof_holds_for_one_user_and_one_specification() {
        let prover = Prover::new(b"a key that nobody knows");
        let mut app: Application = serde_json::from_value(json!({"metadata": {"name": "a", "namespace": "n"},
            "spec": {"components": [{"name": "web", "type": "webservice"}]}}))
        .unwrap();
        let proof = prover.prove(&app, "jane", "team,dev").unwrap();
        for (key, value) in [(labels::USERNAME, "jane"), (labels::GROUP, "team,dev"), (REQUESTER_PROOF, proof.as_str())]
        {
            app.metadata.annotations.insert(key.into(), value.into());
        }
        let jane = Identity { user: "jane".into(), groups: vec!["team".into(), "dev".into()] };
        assert_eq!(prover.requester(&app), Some(jane));
        assert_eq!(Prover::new(b"another").requester(&app), None);
        let mut other = app.clone();
        other.metadata.annotations.insert(labels::USERNAME.into(), "admin".into());
        assert_eq!(prover.requester(&other), None, "another user");
        app.spec.components[0].name = "db".into();
        assert_eq!(prover.requester(&app), None, "another specification");
    }
}
