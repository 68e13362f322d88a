//! Actions that platform engineers add without rebuilding Lateen: KubeVela's `Package` object (`cue.oam.dev/v1alpha1`).
//!
//! A Package brings CUE definitions that steps import by its path, and says who answers their `#do`: a service that is
//! asked over HTTP, or (ours) a program of this machine that reads JSON from its standard input and writes JSON to its
//! standard output. What is answered becomes `$returns`. A call happens once, like any other effect, and carries its key.

mod program;
mod service;

use crate::call::Call;
use crate::fault::Fault;
use crate::outside::Outside;
use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

/// Who answers the actions of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Provider {
    /// A service: `POST <endpoint>/<do>` with the parameters as JSON.
    Service {
        /// Base of the address.
        endpoint: String,
        /// Sent with every request.
        headers: Vec<(String, String)>,
    },
    /// A program: `<path> <do>` with the parameters on its standard input.
    Program {
        /// Its path.
        path: String,
    },
}

/// Providers by the name that `#provider` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Providers(FxHashMap<String, Provider>);

impl Providers {
    /// Reads Packages as a hub stores them. An action names its provider by the Package's name or by its path.
    ///
    /// # Errors
    /// A protocol that does not exist, or no endpoint.
    pub fn of(packages: &[Value]) -> Result<Providers, Fault> {
        let mut all = FxHashMap::default();
        for package in packages {
            let text = |pointer: &str| package.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let (name, path) = (text("/metadata/name"), text("/spec/path"));
            // A Package without a provider brings definitions only.
            if package.pointer("/spec/provider").is_none_or(Value::is_null) {
                continue;
            }
            let endpoint = text("/spec/provider/endpoint").to_owned();
            if endpoint.is_empty() {
                return Err(Fault::permanent(format!("Package {name}: spec.provider.endpoint is missing")));
            }
            let provider = match text("/spec/provider/protocol") {
                "http" | "https" => Provider::Service { endpoint, headers: headers(package) },
                "exec" => Provider::Program { path: endpoint },
                other => {
                    return Err(Fault::permanent(format!(
                        "Package {name}: spec.provider.protocol is {other:?}; there are http, https and exec"
                    )));
                }
            };
            for known in [name, path].into_iter().filter(|n| !n.is_empty()) {
                all.insert(known.to_owned(), provider.clone());
            }
        }
        Ok(Providers(all))
    }

    /// The names that `#provider` may say.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

fn headers(package: &Value) -> Vec<(String, String)> {
    let given = package.pointer("/spec/provider/header").and_then(Value::as_object);
    let mut all = Vec::new();
    for (name, value) in given.into_iter().flatten() {
        let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
        all.extend(values.iter().filter_map(Value::as_str).map(|v| (name.clone(), v.to_owned())));
    }
    all
}

/// Calls an action of a package. The parameters of `call` are `{provider, do, params}`; the answer is its `$returns`.
///
/// # Errors
/// There is no such provider; it does not answer, refuses, or answers what is no JSON; a program that is not allowed.
pub async fn call(call: &Call<'_>, outside: &Outside, providers: &Providers, secret: bool) -> Result<Value, Fault> {
    let (provider, name) = (call.text("provider"), call.text("do"));
    let found = providers
        .0
        .get(provider)
        .ok_or_else(|| Fault::permanent(format!("there is no Package for the provider {provider:?}")))?;
    let empty = Value::Object(Map::new());
    let params = call.params.get("params").unwrap_or(&empty);
    let what = format!("{provider}.{name}");
    match found {
        Provider::Service { endpoint, headers } => {
            service::call(endpoint, headers, name, params, call.key, outside, secret, &what).await
        }
        Provider::Program { path } => program::call(path, name, params, call.key, outside, &what).await,
    }
}

/// An answer as `$returns`: JSON, or nothing.
fn answer(what: &str, text: &str) -> Result<Value, Fault> {
    if text.trim().is_empty() {
        return Ok(Value::Object(Map::new()));
    }
    serde_json::from_str(text).map_err(|e| Fault::permanent(format!("the answer of {what} is no JSON: {e}")))
}

#[cfg(test)]
mod tests;
