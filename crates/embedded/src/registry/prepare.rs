//! What every write goes through before it is stored: reading by the schema, defaults, checks.

use serde_json::Value;

use super::{CRDS, names};
use crate::builtin;
use crate::catalog::Served;
use crate::crd;
use crate::error::{ApiError, Cause};
use crate::object;
use crate::schema::Schema;
use crate::store::{FieldValidation, Store, Subresource, WriteOptions};

impl Store {
    /// Reads, defaults and checks `object`; `old` is what it replaces. Returns warnings.
    pub(crate) fn prepare(
        &self,
        served: &Served,
        old: Option<&Value>,
        object: &mut Value,
        options: &WriteOptions,
    ) -> Result<Vec<String>, ApiError> {
        let mut unknown = Vec::new();
        let name = object::name(object).to_owned();
        let mut causes = names::check_name(&served.group, &served.plural, &name, "metadata.name");
        let schema = Schema::of(served);
        if served.custom
            && let (Some(metadata), Some(value)) = (schema.child("metadata"), object.get_mut("metadata"))
        {
            let problems = builtin::decode(&metadata, value, "metadata");
            self.mistyped(served, problems.mistyped)?;
            unknown.extend(problems.unknown);
        }
        // What is empty in the metadata is absent.
        for field in ["annotations", "finalizers", "labels", "ownerReferences"] {
            let empty = object::at(object, &["metadata", field]).is_some_and(|value| match value {
                Value::Object(map) => map.is_empty(),
                Value::Array(list) => list.is_empty(),
                other => other.is_null(),
            });
            if empty {
                object::remove(object, &["metadata", field]);
            }
        }
        if let Some(metadata) = object.get("metadata") {
            causes.extend(names::check_metadata(metadata));
            // Custom resources may keep the unqualified finalizers of older days.
            causes.extend(
                names::check_references(metadata)
                    .into_iter()
                    .filter(|c| !served.custom || !c.field.starts_with("metadata.finalizers")),
            );
        }
        if let Some(custom) = served.custom() {
            crd::value::prune(&custom.schema, object, "", &mut unknown);
            crd::value::default(&custom.schema, object);
            causes.extend(crd::value::check(&custom.schema, object));
            if let Some(scale) = &custom.scale {
                let path: Vec<&str> = scale.spec.trim_start_matches('.').split('.').collect();
                if let Some(replicas) = object::int(object, &path).filter(|n| *n < 0) {
                    let why = "should be a non-negative integer";
                    causes.push(Cause::invalid(&scale.spec, &Value::from(replicas), why));
                }
            }
        } else if options.subresource == Subresource::Status && &*served.table != CRDS {
            // The rest of the object is as it is stored.
            if let (Some(status), Some(value)) = (schema.child("status"), object.get_mut("status")) {
                let problems = builtin::decode(&status, value, "status");
                self.mistyped(served, problems.mistyped)?;
                unknown.extend(problems.unknown);
            }
        } else {
            let problems = builtin::decode(&schema, object, "");
            self.mistyped(served, problems.mistyped)?;
            unknown.extend(problems.unknown);
            if &*served.table == CRDS {
                crd::complete_definition(object, self.now());
                causes.extend(crd::check_definition(object, old));
            }
            builtin::default(self, served, old, object);
            causes.extend(builtin::check(served, old, object));
        }
        if !unknown.is_empty() && options.field_validation == FieldValidation::Strict {
            let list = unknown.iter().map(|path| format!("unknown field {path:?}")).collect::<Vec<_>>().join(", ");
            return Err(ApiError::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: strict decoding error: {list}",
                kind = served.kind,
                version = served.version,
            )));
        }
        if !causes.is_empty() {
            return Err(ApiError::invalid(&served.group, &served.kind, &name, &causes));
        }
        let warn = options.field_validation == FieldValidation::Warn;
        Ok(unknown.into_iter().filter(|_| warn).map(|path| format!("unknown field {path:?}")).collect())
    }

    fn mistyped(&self, served: &Served, problem: Option<String>) -> Result<(), ApiError> {
        problem.map_or(Ok(()), |why| {
            Err(ApiError::bad_request(format!(
                "{kind} in version {version:?} cannot be handled as a {kind}: {why}",
                kind = served.kind,
                version = served.version,
            )))
        })
    }
}
