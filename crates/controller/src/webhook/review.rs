//! `admission.k8s.io/v1` AdmissionReview: the question and the answer.

use base64::Engine as _;
use serde_json::{Value, json};

/// What an API server asks.
#[derive(Debug, Clone, Default)]
pub(super) struct Review {
    uid: String,
    /// As the API server knows them.
    pub(super) user: String,
    /// Their groups.
    pub(super) groups: Vec<String>,
    /// As it is to be stored.
    pub(super) object: Value,
    /// As it is stored; null when it is new.
    pub(super) old: Value,
    /// The namespace.
    pub(super) namespace: String,
}

impl Review {
    /// # Errors
    /// It is no AdmissionReview of version v1.
    pub(super) fn read(body: &[u8]) -> Result<Review, String> {
        let value: Value = serde_json::from_slice(body).map_err(|e| format!("no AdmissionReview: {e}"))?;
        if value.get("kind").and_then(Value::as_str) != Some("AdmissionReview") {
            return Err("no AdmissionReview".into());
        }
        if value.get("apiVersion").and_then(Value::as_str) != Some("admission.k8s.io/v1") {
            return Err("only admission.k8s.io/v1 is understood".into());
        }
        let text = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let object = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
        let groups = value.pointer("/request/userInfo/groups").and_then(Value::as_array).into_iter().flatten();
        let uid = text("/request/uid");
        if uid.is_empty() {
            return Err("the AdmissionReview has no request".into());
        }
        Ok(Review {
            uid,
            user: text("/request/userInfo/username"),
            groups: groups.filter_map(Value::as_str).map(str::to_owned).collect(),
            object: object("/request/object"),
            old: object("/request/oldObject"),
            namespace: text("/request/namespace"),
        })
    }

    /// Whether the specification is to be another one.
    pub(super) fn changes_spec(&self) -> bool {
        self.old.is_null() || self.object.get("spec") != self.old.get("spec")
    }

    /// Whether the object is on its way out.
    pub(super) fn is_leaving(&self) -> bool {
        self.object.is_null() || self.object.pointer("/metadata/deletionTimestamp").is_some()
    }
}

/// What it is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    refusal: Option<String>,
    warnings: Vec<String>,
    annotations: Vec<(String, String)>,
}

impl Answer {
    pub(super) fn allow() -> Answer {
        Answer::default()
    }

    pub(super) fn refuse(why: impl Into<String>) -> Answer {
        Answer { refusal: Some(why.into()), ..Answer::default() }
    }

    /// With a warning for who asks.
    #[must_use]
    pub(super) fn warn(mut self, warning: impl Into<String>) -> Answer {
        self.warnings.push(warning.into());
        self
    }

    /// With an annotation of the object.
    #[must_use]
    pub(super) fn annotate(mut self, key: &str, value: impl Into<String>) -> Answer {
        self.annotations.push((key.to_owned(), value.into()));
        self
    }

    pub(super) fn refusal(&self) -> Option<&str> {
        self.refusal.as_deref()
    }

    /// As JSON.
    pub(super) fn text(&self, review: &Review) -> String {
        let mut response = json!({"uid": review.uid, "allowed": self.refusal.is_none()});
        let patch = self.patch(&review.object);
        if let Some(map) = response.as_object_mut() {
            if let Some(why) = &self.refusal {
                map.insert("status".into(), json!({"code": 422, "reason": "Invalid", "message": why}));
            }
            if !self.warnings.is_empty() {
                map.insert("warnings".into(), json!(self.warnings));
            }
            if !patch.is_empty() && self.refusal.is_none() {
                let patch = base64::engine::general_purpose::STANDARD.encode(json!(patch).to_string());
                map.insert("patchType".into(), "JSONPatch".into());
                map.insert("patch".into(), patch.into());
            }
        }
        json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}).to_string()
    }

    fn patch(&self, object: &Value) -> Vec<Value> {
        let has = |key: &str, value: &str| {
            let annotations = object.pointer("/metadata/annotations");
            annotations.and_then(|a| a.get(key)).and_then(Value::as_str) == Some(value)
        };
        let set = self.annotations.iter().filter(|(key, value)| !has(key, value));
        let mut patch: Vec<Value> = set
            .map(|(key, value)| {
                let path = format!("/metadata/annotations/{}", key.replace('~', "~0").replace('/', "~1"));
                json!({"op": "add", "path": path, "value": value})
            })
            .collect();
        if !patch.is_empty() && object.pointer("/metadata/annotations").is_none_or(Value::is_null) {
            patch.insert(0, json!({"op": "add", "path": "/metadata/annotations", "value": {}}));
        }
        patch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_review_is_told() {
        assert!(Review::read(b"{").unwrap_err().starts_with("no AdmissionReview"));
        assert_eq!(Review::read(br#"{"kind": "Pod"}"#).unwrap_err(), "no AdmissionReview");
        let old = br#"{"kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1beta1"}"#;
        assert_eq!(Review::read(old).unwrap_err(), "only admission.k8s.io/v1 is understood");
    }

    #[test]
    fn only_annotations_that_change_are_patched() {
        let review =
            Review { uid: "1".into(), object: json!({"metadata": {"annotations": {"a": "1"}}}), ..Review::default() };
        let same: Value = serde_json::from_str(&Answer::allow().annotate("a", "1").text(&review)).unwrap();
        assert_eq!(same["response"], json!({"uid": "1", "allowed": true}));
        let other = Answer::allow().annotate("x/y", "2").patch(&json!({"metadata": {}}));
        assert_eq!(other[1], json!({"op": "add", "path": "/metadata/annotations/x~1y", "value": "2"}));
    }
}
