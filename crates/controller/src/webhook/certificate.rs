//! The webhook's certificate: made by ourselves, kept in a Secret, told to the API server, renewed long before it ends.
//!
//! Each certificate has an authority of its own, whose key is thrown away at once. When a new one is made, the API server is
//! told of both authorities, so that replicas that still serve the old one are believed until they have read the new one.

use crate::hub::{Hub, MANAGER};
use actions::{Fault, ObjectRef};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{Timestamp, ToSpan as _, tz::TimeZone};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::sync::{Arc, PoisonError, RwLock};

/// The Secret, in the controller's namespace.
const SECRET: &str = "lateen-webhook";
/// The name of both webhook configurations.
const CONFIGURATION: &str = "lateen";
/// How long a certificate is good for, in days.
const DAYS: i64 = 90;
/// After so many days a new one is made.
const RENEW: i64 = 60;

/// A certificate with what belongs to it.
#[derive(Clone, PartialEq, Eq)]
pub struct Material {
    /// The authorities to believe, as PEM, the newest first.
    pub authorities: String,
    /// The certificate, as PEM.
    pub certificate: String,
    key: String,
    made: Timestamp,
    /// What proofs of requesters are made with; it stays when certificates change.
    pub proof: Vec<u8>,
}

impl std::fmt::Debug for Material {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Material").field("made", &self.made).finish_non_exhaustive()
    }
}

fn wrong(error: impl std::fmt::Display) -> Fault {
    Fault::permanent(format!("the webhook's certificate cannot be made: {error}"))
}

/// A day as `rcgen` takes it.
fn day(time: Timestamp) -> (i32, u8, u8) {
    let date = time.to_zoned(TimeZone::UTC).date();
    (i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
}

/// Thirty-two bytes that nobody can guess.
fn random() -> Vec<u8> {
    let mut hasher = Sha256::new();
    hasher.update(uuid::Uuid::new_v4().as_bytes());
    hasher.update(uuid::Uuid::new_v4().as_bytes());
    hasher.finalize().to_vec()
}

impl Material {
    /// A new certificate for these names. What an `old` one's authority has signed is still believed.
    fn make(names: &[String], now: Timestamp, old: Option<&Material>) -> Result<Material, Fault> {
        let until = now.checked_add((DAYS * 24).hours()).map_err(wrong)?;
        let before = now.checked_sub(24.hours()).map_err(wrong)?;
        let span = |params: &mut CertificateParams| {
            let ((y, m, d), (to_y, to_m, to_d)) = (day(before), day(until));
            params.not_before = rcgen::date_time_ymd(y, m, d);
            params.not_after = rcgen::date_time_ymd(to_y, to_m, to_d);
        };
        let mut authority = CertificateParams::new(Vec::new()).map_err(wrong)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        authority.distinguished_name.push(DnType::CommonName, format!("lateen webhook {}", now.as_second()));
        span(&mut authority);
        let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().map_err(wrong)?).map_err(wrong)?;
        let mut own = CertificateParams::new(names.to_vec()).map_err(wrong)?;
        own.distinguished_name.push(DnType::CommonName, "lateen-webhook");
        own.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        span(&mut own);
        let key = KeyPair::generate().map_err(wrong)?;
        let certificate = own.signed_by(&key, &issuer).map_err(wrong)?;
        let mut authorities = issuer.pem();
        if let Some(old) = old {
            // of the old ones only the newest: it is what replicas serve now
            let end = "-----END CERTIFICATE-----";
            let newest = old.authorities.split_inclusive(end).next().unwrap_or_default();
            authorities = format!("{}\n{}\n", authorities.trim_end(), newest.trim());
        }
        Ok(Material {
            authorities,
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            made: now,
            proof: old.map_or_else(random, |old| old.proof.clone()),
        })
    }

    fn is_due(&self, now: Timestamp) -> bool {
        now.duration_since(self.made) > jiff::SignedDuration::from_hours(RENEW * 24)
    }

    fn of(secret: &Value) -> Option<Material> {
        let bytes = |name: &str| BASE64.decode(secret.pointer(&format!("/data/{name}"))?.as_str()?).ok();
        let text = |name: &str| String::from_utf8(bytes(name)?).ok();
        Some(Material {
            authorities: text("ca.crt")?,
            certificate: text("tls.crt")?,
            key: text("tls.key")?,
            made: text("made")?.trim().parse().ok()?,
            proof: bytes("proof.key").filter(|key| key.len() >= 32)?,
        })
    }

    fn secret(&self, namespace: &str, version: &str) -> Value {
        let data = [
            ("ca.crt", self.authorities.as_bytes()),
            ("tls.crt", self.certificate.as_bytes()),
            ("tls.key", self.key.as_bytes()),
            ("made", self.made.to_string().as_bytes()),
            ("proof.key", self.proof.as_slice()),
        ]
        .map(|(name, bytes)| (name.to_owned(), Value::String(BASE64.encode(bytes))));
        let mut metadata = json!({"name": SECRET, "namespace": namespace});
        if let (false, Some(map)) = (version.is_empty(), metadata.as_object_mut()) {
            map.insert("resourceVersion".into(), version.into());
        }
        json!({"apiVersion": "v1", "kind": "Secret", "type": "Opaque", "metadata": metadata,
            "data": data.into_iter().collect::<serde_json::Map<_, _>>()})
    }

    fn certified(&self) -> Result<CertifiedKey, Fault> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(self.certificate.as_bytes()).collect();
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes()).map_err(wrong)?;
        let key = rustls::crypto::ring::sign::any_supported_type(&key).map_err(wrong)?;
        Ok(CertifiedKey::new(chain.map_err(wrong)?, key))
    }
}

/// The certificate that is served now.
#[derive(Debug)]
pub struct Certificates(RwLock<Arc<CertifiedKey>>);

impl Certificates {
    /// With a first one.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn new(material: &Material) -> Result<Arc<Certificates>, Fault> {
        Ok(Arc::new(Certificates(RwLock::new(Arc::new(material.certified()?)))))
    }

    /// Serves another one from now on.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn set(&self, material: &Material) -> Result<(), Fault> {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(material.certified()?);
        Ok(())
    }

    pub(super) fn server(self: &Arc<Self>) -> rustls::ServerConfig {
        rustls::ServerConfig::builder().with_no_client_auth().with_cert_resolver(self.clone())
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.read().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

/// Reads the certificate of this hub's webhooks, makes it where there is none or it is old, and tells the API server whom to
/// believe. Several replicas may do so at a time.
///
/// # Errors
/// The hub does not answer, or forbids it.
pub async fn rotate(hub: &Hub, namespace: &str, names: &[String], now: Timestamp) -> Result<Material, Fault> {
    let target =
        ObjectRef { api_version: "v1".into(), kind: "Secret".into(), namespace: namespace.into(), name: SECRET.into() };
    for _ in 0..5 {
        let stored = hub.objects().read(&target).await?;
        let known = stored.as_ref().and_then(Material::of);
        if let Some(material) = known.as_ref().filter(|material| !material.is_due(now)) {
            believe(hub, material).await?;
            return Ok(material.clone());
        }
        let made = Material::make(names, now, known.as_ref())?;
        // believed before it is served
        let written = match &stored {
            None => hub.objects().create(&made.secret(namespace, ""), MANAGER).await,
            Some(stored) => {
                let version = stored.pointer("/metadata/resourceVersion").and_then(Value::as_str).unwrap_or_default();
                hub.objects().replace(&made.secret(namespace, version), MANAGER).await
            }
        };
        match written {
            Ok(_) => {
                believe(hub, &made).await?;
                return Ok(made);
            }
            // another replica was quicker
            Err(fault) if fault.status == Some(409) => {}
            Err(fault) => return Err(fault),
        }
    }
    Err(Fault::transient("the Secret of the webhook's certificate changes too often"))
}

/// Writes the authorities into the webhook configurations that there are.
async fn believe(hub: &Hub, material: &Material) -> Result<(), Fault> {
    let bundle = Value::String(BASE64.encode(&material.authorities));
    for kind in ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] {
        let target = ObjectRef {
            api_version: "admissionregistration.k8s.io/v1".into(),
            kind: kind.into(),
            namespace: String::new(),
            name: CONFIGURATION.into(),
        };
        let Some(configuration) = hub.objects().read(&target).await? else { continue };
        let webhooks = configuration.get("webhooks").and_then(Value::as_array).into_iter().flatten().enumerate();
        let patch: Vec<Value> = webhooks
            .filter(|(_, webhook)| webhook.pointer("/clientConfig/caBundle") != Some(&bundle))
            .map(|(i, _)| json!({"op": "add", "path": format!("/webhooks/{i}/clientConfig/caBundle"), "value": bundle}))
            .collect();
        if !patch.is_empty() {
            hub.objects().patch(&target, actions::PatchType::Json, &json!(patch), false, MANAGER).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_certificate_is_believed_beside_the_one_that_is_served() {
        let now: Timestamp = "2026-11-21T08:00:00Z".parse().unwrap();
        let later: Timestamp = "2027-02-01T08:00:00Z".parse().unwrap();
        let names = ["lateen-webhook.lateen-system.svc".to_owned(), "127.0.0.1".to_owned()];
        let first = Material::make(&names, now, None).unwrap();
        assert!(first.certified().is_ok());
        assert!(!first.is_due("2027-01-19T08:00:00Z".parse().unwrap()));
        assert!(first.is_due(later));
        let second = Material::make(&names, later, Some(&first)).unwrap();
        assert!(second.authorities.contains(first.authorities.trim()));
        assert_eq!(second.proof, first.proof);
        let third = Material::make(&names, later, Some(&second)).unwrap();
        assert_eq!(third.authorities.matches("BEGIN CERTIFICATE").count(), 2, "old ones do not pile up");
        let stored = second.secret("lateen-system", "7");
        assert_eq!(Material::of(&stored), Some(second));
        assert!(!format!("{first:?}").contains("PRIVATE"));
    }
}
