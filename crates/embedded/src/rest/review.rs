//! Questions about rights: an embedded cluster has one user, who may do everything.

use http::Response;
use serde_json::{Value, json};

use super::Body;
use super::body::Sent;
use super::path::Target;
use super::respond;
use crate::catalog::Served;
use crate::error::ApiError;
use crate::object;

/// Answers the create of a review.
pub(super) fn answer(served: &Served, target: &Target, sent: Sent) -> Result<Response<Body>, ApiError> {
    let mut review = sent.object()?;
    if !review.is_object() {
        return Err(ApiError::bad_request("the body of the request is not a JSON object"));
    }
    object::set(&mut review, &["apiVersion"], served.group_version());
    object::set(&mut review, &["kind"], served.kind.as_str());
    object::default(&mut review, &["metadata"], json!({ "creationTimestamp": null }));
    let everything = json!([{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]);
    let user = json!({"username": "lateen:owner", "groups": ["system:masters", "system:authenticated"]});
    let status = match served.kind.as_str() {
        "SelfSubjectAccessReview" | "SubjectAccessReview" | "LocalSubjectAccessReview" => {
            json!({"allowed": true})
        }
        "SelfSubjectRulesReview" => json!({
            "resourceRules": everything,
            "nonResourceRules": [{"verbs": ["*"], "nonResourceURLs": ["*"]}],
            "incomplete": false,
        }),
        "SelfSubjectReview" => json!({ "userInfo": user }),
        "TokenReview" => json!({ "authenticated": false, "user": {} }),
        _ => return Err(ApiError::method_not_allowed()),
    };
    let _ = target;
    object::set(&mut review, &["status"], status);
    Ok(respond::value(201, &review))
}

/// `serviceaccounts/token`: a token that says what it is. Nothing accepts it; an embedded cluster has one user.
pub(super) fn token(namespace: &str, name: &str, sent: Sent) -> Result<Response<Body>, ApiError> {
    let mut request = sent.object()?;
    object::set(&mut request, &["apiVersion"], "authentication.k8s.io/v1");
    object::set(&mut request, &["kind"], "TokenRequest");
    let status = json!({ "token": format!("embedded.{namespace}.{name}"), "expirationTimestamp": Value::Null });
    object::set(&mut request, &["status"], status);
    Ok(respond::value(201, &request))
}
