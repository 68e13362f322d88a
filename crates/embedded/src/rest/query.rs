//! The query parameters of a request.

use super::path::decode;
use crate::error::{ApiError, Cause};
use crate::store::{FieldValidation, Selector};

/// Decoded query parameters, in order.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        let part = |text: &str| {
            let spaced = text.replace('+', " ");
            decode(&spaced).unwrap_or(spaced)
        };
        let pairs = text
            .split('&')
            .filter(|p| !p.is_empty())
            .map(|pair| pair.split_once('=').map_or_else(|| (part(pair), String::new()), |(k, v)| (part(k), part(v))))
            .collect();
        Query { pairs }
    }

    pub(super) fn pairs(&self) -> &[(String, String)] {
        &self.pairs
    }

    /// A parameter that is there and not empty.
    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.pairs.iter().find(|(k, v)| k == key && !v.is_empty()).map(|(_, v)| v.as_str())
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.pairs.iter().any(|(k, v)| k == key && ["", "1", "true", "True", "TRUE", "t", "T"].contains(&v.as_str()))
    }

    pub(super) fn number(&self, key: &str) -> Option<i64> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn selector(&self) -> Result<Selector, ApiError> {
        Selector::parse(self.text("labelSelector").unwrap_or(""), self.text("fieldSelector").unwrap_or(""))
    }

    pub(super) fn dry_run(&self, options: &str) -> Result<bool, ApiError> {
        match self.text("dryRun") {
            None => Ok(false),
            Some("All") => Ok(true),
            Some(other) => {
                let cause = Cause {
                    reason: "FieldValueNotSupported",
                    message: format!("Unsupported value: []string{{{other:?}}}: supported values: \"All\""),
                    field: "dryRun".into(),
                };
                Err(ApiError::invalid("meta.k8s.io", options, "", &[cause]))
            }
        }
    }

    pub(super) fn field_validation(&self) -> Result<FieldValidation, ApiError> {
        match self.text("fieldValidation") {
            None | Some("Warn") => Ok(FieldValidation::Warn),
            Some("Ignore") => Ok(FieldValidation::Ignore),
            Some("Strict") => Ok(FieldValidation::Strict),
            Some(other) => Err(ApiError::bad_request(format!(
                "fieldValidation: Unsupported value: {other:?}: supported values: \"Ignore\", \"Warn\", \"Strict\""
            ))),
        }
    }

    /// `resourceVersion` as a number; `None` when it is absent.
    pub(super) fn version(&self) -> Result<Option<u64>, ApiError> {
        self.text("resourceVersion")
            .map(|text| {
                text.parse().map_err(|_| {
                    let why = format!("strconv.ParseUint: parsing {text:?}: invalid syntax");
                    ApiError::new(500, "", format!("resourceVersion: Invalid value: {text:?}: {why}"))
                })
            })
            .transpose()
    }
}
