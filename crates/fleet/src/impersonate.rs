//! Acting as somebody else: the requester's identity goes into the headers that an apiserver checks.

use crate::error::{Error, ErrorKind};
use http::{HeaderName, HeaderValue, Request};
use kube::Client;
use kube::client::Body;
use tower::{BoxError, service_fn};

/// Whom to act as. The cluster's credentials must be allowed to (`impersonate` in RBAC).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Identity {
    /// For example `jane`, or `system:serviceaccount:team:deployer`.
    pub user: String,
    /// The groups.
    pub groups: Vec<String>,
}

impl Identity {
    /// A ServiceAccount. Its groups are left to the apiserver, which knows them: whoever acts as it then needs the right to
    /// impersonate ServiceAccounts, and none to impersonate groups.
    pub fn service_account(namespace: &str, name: &str) -> Identity {
        Identity { user: format!("system:serviceaccount:{namespace}:{name}"), groups: Vec::new() }
    }

    /// A client that acts as this identity. The given one stays as it is.
    pub fn client(&self, client: &Client) -> Result<Client, Error> {
        let value = |text: &str| {
            HeaderValue::from_str(text).map_err(|_| {
                Error::new(ErrorKind::Credential, format!("{text:?} cannot be the name of a user or group"))
            })
        };
        let mut headers = vec![(HeaderName::from_static("impersonate-user"), value(&self.user)?)];
        for group in &self.groups {
            headers.push((HeaderName::from_static("impersonate-group"), value(group)?));
        }
        let namespace = client.default_namespace().to_owned();
        let client = client.clone();
        let send = service_fn(move |mut request: Request<Body>| {
            for (name, value) in &headers {
                request.headers_mut().append(name.clone(), value.clone());
            }
            let client = client.clone();
            async move { client.send(request).await.map_err(BoxError::from) }
        });
        Ok(Client::new(send, namespace))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Response;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn every_request_carries_the_identity() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let record = seen.clone();
        let send = service_fn(move |request: Request<Body>| {
            let headers = request.headers().iter().filter(|(name, _)| name.as_str().starts_with("impersonate"));
            record.lock().unwrap().extend(headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())));
            async { Ok::<_, BoxError>(Response::new(Body::from(b"{}".to_vec()))) }
        });
        let client = Client::new(send, "default");
        let acting = Identity::service_account("team", "deployer").client(&client).unwrap();
        crate::api::get(&acting, "/api").await.unwrap();
        let jane = Identity { user: "jane".into(), groups: vec!["a".into(), "b".into()] };
        crate::api::get(&jane.client(&client).unwrap(), "/api").await.unwrap();
        assert_eq!(
            *seen.lock().unwrap(),
            [
                "impersonate-user: system:serviceaccount:team:deployer",
                "impersonate-user: jane",
                "impersonate-group: a",
                "impersonate-group: b",
            ]
        );
        assert!(Identity { user: "a\nb".into(), groups: vec![] }.client(&client).is_err());
    }
}
