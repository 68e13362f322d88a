//! The table of all actions: what a workflow step or a template may ask for, its class, and the shape of what goes in.
//!
//! An action is a struct with `#do` and `#provider`. Two spellings exist: parameters under `$params` and the result under
//! `$returns` (packages `vela/<name>`), or both flat beside `#do` (package `vela/op` and definitions written by hand for
//! old versions). The table says what is known, so that an unknown action or a misspelt field is an error when a file is
//! loaded, with the nearest name. The CUE schemas in `stdlib/` say the same to the language; a test keeps them together.

mod application;
mod builtin;
mod config;
mod kube;
mod legacy;
mod multicluster;
mod nearest;
mod net;
mod query;
mod util;

pub use nearest::nearest;

use cue_syntax::Diagnostic;
use serde_json::Value;

/// How an action may be repeated, and what is remembered of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Reads. Runs on every visit of the step.
    Observe,
    /// Brings something to a wanted state. Runs on every visit; repeating it is harmless.
    Converge,
    /// Happens once per (step, path, input): its intent is durable before it starts, its result is remembered.
    Effect,
    /// Steers the step; done by the engine itself.
    Control,
    /// Computes; remembered nowhere.
    Pure,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Text.
    String,
    /// `true`, `false`.
    Bool,
    /// A whole number.
    Int,
    /// Bytes.
    Bytes,
    /// A list.
    List,
    /// Any struct.
    Struct,
    /// A Kubernetes object: has `apiVersion` and `kind`.
    Object,
    /// Anything.
    Any,
}

/// A parameter or a result of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Has to be given (has no default).
    pub required: bool,
}

/// One action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// `#provider`
    pub provider: &'static str,
    /// `#do`
    pub name: &'static str,
    /// The definition in package `vela/<provider>`: `#Apply`.
    pub definition: &'static str,
    /// Class, unless the parameters say otherwise ([`Action::class_of`]).
    pub class: Class,
    /// Below `$params`, or flat in the legacy spelling.
    pub params: &'static [Field],
    /// Below `$returns`, or flat in the legacy spelling.
    pub returns: &'static [Field],
}

/// A required field.
pub(crate) const fn need(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: true }
}

/// A field that may be left out, or a result.
pub(crate) const fn may(name: &'static str, shape: Shape) -> Field {
    Field { name, shape, required: false }
}

/// One row.
pub(crate) const fn row(
    provider: &'static str,
    name: &'static str,
    definition: &'static str,
    class: Class,
    params: &'static [Field],
    returns: &'static [Field],
) -> Action {
    Action { provider, name, definition, class, params, returns }
}

const TABLES: [&[Action]; 8] = [
    builtin::ACTIONS,
    kube::ACTIONS,
    net::ACTIONS,
    util::ACTIONS,
    config::ACTIONS,
    multicluster::ACTIONS,
    application::ACTIONS,
    query::ACTIONS,
];

/// An action of a package that a platform engineer has added (`Package`, group `cue.oam.dev`): its parameters are
/// `{provider, do, params}`. It stands in no table, because only the package knows what it takes.
pub static EXTERNAL: Action = row("external", "call", "#Call", Class::Effect, &[], &[may("value", Shape::Any)]);

/// Every action.
pub fn all() -> impl Iterator<Item = &'static Action> {
    TABLES.iter().flat_map(|t| t.iter())
}

/// The provider of a struct that names none.
pub const DEFAULT_PROVIDER: &str = "builtin";

/// Looks an action up by `#provider` and `#do`. An empty provider is `builtin`; provider `op` and names of old versions
/// find the action that does the same today.
pub fn lookup(provider: &str, name: &str) -> Option<&'static Action> {
    let provider = if provider.is_empty() { DEFAULT_PROVIDER } else { provider };
    let (provider, name) = legacy::current(provider, name);
    if let Some(found) = all().find(|a| a.provider == provider && a.name == name) {
        return Some(found);
    }
    // A legacy package holds the actions of all others, by names that are unique in it.
    matches!(provider, "op" | "ql" | "builtin").then(|| all().find(|a| a.name == name)).flatten()
}

/// [`lookup`], with a diagnostic that names the nearest action when there is none.
///
/// # Errors
/// No such provider, or no such action of it.
pub fn find(provider: &str, name: &str) -> Result<&'static Action, Diagnostic> {
    if let Some(action) = lookup(provider, name) {
        return Ok(action);
    }
    let shown = if provider.is_empty() { DEFAULT_PROVIDER } else { provider };
    let of_provider: Vec<&str> = all().filter(|a| a.provider == shown).map(|a| a.name).collect();
    if of_provider.is_empty() {
        let mut providers: Vec<&str> = all().map(|a| a.provider).collect();
        providers.dedup();
        let mut d =
            Diagnostic::error("action/unknown-provider", format!("no provider \"{shown}\" of actions is known"));
        d.help = nearest(shown, providers.iter().copied()).map(|n| format!("did you mean \"{n}\"?"));
        return Err(d);
    }
    let mut d = Diagnostic::error("action/unknown", format!("provider \"{shown}\" has no action \"{name}\""));
    d.help = Some(match nearest(name, of_provider.iter().copied()) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("it has {}", of_provider.join(", ")),
    });
    Err(d)
}

impl Action {
    /// The import path of the package that has [`Action::definition`].
    pub fn package(&self) -> String {
        format!("vela/{}", self.provider)
    }

    /// The class of this call: a GET is an observation, an object with a generated name is an effect.
    pub fn class_of(&self, params: &Value) -> Class {
        match (self.provider, self.name) {
            ("http", "do") => {
                let method = params.get("method").and_then(Value::as_str).unwrap_or("GET");
                let safe = ["GET", "HEAD", "OPTIONS", "TRACE"].iter().any(|m| m.eq_ignore_ascii_case(method));
                let repeat = params.get("repeat").and_then(Value::as_bool).unwrap_or(false);
                if safe || repeat { Class::Observe } else { Class::Effect }
            }
            ("kube", "apply") => {
                let metadata = params.get("value").and_then(|v| v.get("metadata"));
                let text = |f: &str| metadata.and_then(|m| m.get(f)).and_then(Value::as_str).unwrap_or("");
                if text("name").is_empty() && !text("generateName").is_empty() { Class::Effect } else { self.class }
            }
            _ => self.class,
        }
    }

    /// Checks the names of the fields that were given under `$params`.
    ///
    /// # Errors
    /// A field that the action does not have, with the nearest one that it has.
    pub fn check_field(&self, field: &str) -> Result<(), Diagnostic> {
        if self.params.iter().any(|p| p.name == field) || self.params.is_empty() {
            return Ok(());
        }
        let mut d = Diagnostic::error(
            "action/unknown-field",
            format!("action {}.{} has no parameter \"{field}\"", self.provider, self.definition),
        );
        d.help = Some(match nearest(field, self.params.iter().map(|p| p.name)) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => format!("it has {}", self.params.iter().map(|p| p.name).collect::<Vec<_>>().join(", ")),
        });
        Err(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_action_is_found_once_by_its_own_name() {
        let mut seen = std::collections::BTreeSet::new();
        for a in all() {
            assert!(seen.insert((a.provider, a.name)), "{}.{} stands twice", a.provider, a.name);
            assert_eq!(lookup(a.provider, a.name), Some(a));
            assert!(a.definition.starts_with('#'));
        }
    }

    #[test]
    fn legacy_names_reach_todays_actions() {
        let name = |p: &str, d: &str| lookup(p, d).map(|a| format!("{}.{}", a.provider, a.name));
        insta::assert_debug_snapshot!(
            [name("op", "apply"), name("", "wait"), name("op", "do"), name("op", "component-apply"), name("op", "create-config"), name("kube", "aply")],
            @r#"
        [
            Some(
                "kube.apply",
            ),
            Some(
                "builtin.wait",
            ),
            Some(
                "http.do",
            ),
            Some(
                "oam.component-apply",
            ),
            Some(
                "config.create",
            ),
            None,
        ]
        "#
        );
    }

    #[test]
    fn unknown_actions_and_fields_name_the_nearest() {
        let text = |d: Diagnostic| format!("{}: {} ({})", d.code, d.message, d.help.unwrap_or_default());
        let apply = lookup("kube", "apply").unwrap();
        insta::assert_snapshot!(
            [
                text(find("kube", "aply").unwrap_err()),
                text(find("kubernetes", "apply").unwrap_err()),
                text(find("builtin", "zzz").unwrap_err()),
                text(apply.check_field("clutser").unwrap_err()),
            ]
            .join("\n"),
            @r#"
        action/unknown: provider "kube" has no action "aply" (did you mean "apply"?)
        action/unknown-provider: no provider "kubernetes" of actions is known ()
        action/unknown: provider "builtin" has no action "zzz" (it has wait, suspend, break, fail, message, var, steps)
        action/unknown-field: action kube.#Apply has no parameter "clutser" (did you mean "cluster"?)
        "#
        );
    }

    #[test]
    fn the_class_of_a_call_depends_on_what_it_does() {
        let http = lookup("http", "do").unwrap();
        let apply = lookup("kube", "apply").unwrap();
        assert_eq!(http.class_of(&json!({"url": "x"})), Class::Observe);
        assert_eq!(http.class_of(&json!({"url": "x", "method": "POST"})), Class::Effect);
        assert_eq!(http.class_of(&json!({"url": "x", "method": "post", "repeat": true})), Class::Observe);
        assert_eq!(apply.class_of(&json!({"value": {"metadata": {"name": "a"}}})), Class::Converge);
        assert_eq!(apply.class_of(&json!({"value": {"metadata": {"generateName": "a-"}}})), Class::Effect);
    }
}
