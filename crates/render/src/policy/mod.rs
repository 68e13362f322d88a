//! Policies that Lateen itself acts on, as typed values. Every other type is rendered from its definition.

pub(crate) mod change;
mod env_binding;
mod over;
pub(crate) mod render;
mod replication;
mod topology;

pub use change::{ComponentChange, TraitChange};
pub use env_binding::{Env, EnvBinding};
pub use over::Override;
pub use replication::Replication;
pub use topology::Topology;

use crate::application::{NamedPolicy, typed};
use crate::context::RenderContext;
use crate::renderer::Renderer;
use crate::tree;
use cue::Data;
use cue_syntax::Diagnostic;
use model::DefinitionKind;
use serde::Deserialize;

/// A policy by what it does.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Where components go.
    Topology(Topology),
    /// What is different.
    Override(Override),
    /// Envs with places and differences.
    EnvBinding(EnvBinding),
    /// Copies.
    Replication(Replication),
    /// How delivered objects are treated (`garbage-collect`, `apply-once`, `read-only`, `take-over`, `shared-resource`,
    /// `resource-update`): only checked here; `delivery` reads their rules.
    Delivery,
    /// Kept for old files: health is always watched.
    Health,
    /// Keeps the values of each step.
    Debug,
    /// Rendered from its definition.
    Custom,
}

/// A policy with its name.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Its type as written.
    pub type_name: String,
    /// Where it stands.
    pub path: String,
    /// Its properties, defaults filled in.
    pub properties: Data,
    /// What it does.
    pub kind: Kind,
    /// It stands in the Application itself.
    pub own: bool,
}

/// Policies that were read, and what is wrong with the others.
#[derive(Debug, Default)]
pub struct Read {
    /// Those that are right.
    pub policies: Vec<Policy>,
    /// The names of those that are not.
    pub wrong: Vec<String>,
    /// What is wrong: unknown types, wrong parameters, names given twice.
    pub problems: Vec<Diagnostic>,
}

/// Reads policies; each is checked against its definition.
///
/// # Errors
/// All that are found wrong, see [`Read::problems`].
pub fn read(
    renderer: &Renderer,
    policies: &[NamedPolicy],
    context: &RenderContext,
) -> Result<Vec<Policy>, Vec<Diagnostic>> {
    let read = read_all(renderer, policies, context);
    if read.problems.is_empty() { Ok(read.policies) } else { Err(read.problems) }
}

/// Reads what can be read.
pub fn read_all(renderer: &Renderer, policies: &[NamedPolicy], context: &RenderContext) -> Read {
    let mut read = Read::default();
    for policy in policies {
        if read.policies.iter().any(|p| p.name == policy.name) || read.wrong.contains(&policy.name) {
            read.problems.push(
                Diagnostic::error("render/policy-twice", format!("there are two policies \"{}\"", policy.name))
                    .path(policy.path.clone())
                    .help("give each a name of its own"),
            );
            continue;
        }
        match one(renderer, policy, context) {
            Ok(policy) => read.policies.push(policy),
            Err(found) => {
                read.wrong.push(policy.name.clone());
                read.problems.extend(found);
            }
        }
    }
    read
}

fn one(renderer: &Renderer, policy: &NamedPolicy, context: &RenderContext) -> Result<Policy, Vec<Diagnostic>> {
    // The definition of env-binding was shipped under the other spelling.
    let name = if policy.kind == "envbinding" { "env-binding" } else { policy.kind.as_str() };
    let loaded = renderer.definition(DefinitionKind::Policy, name, &format!("{}.type", policy.path))?;
    let base = format!("{}.properties", policy.path);
    let properties =
        renderer.checked_parameters(&loaded, &policy.properties, &tree::empty(), &base, context.allow_unknown)?;
    let kind = match name {
        "topology" => Kind::Topology(parse(&properties, &base)?),
        "override" => Kind::Override(parse(&properties, &base)?),
        "env-binding" => Kind::EnvBinding(parse(&properties, &base)?),
        "replication" => Kind::Replication(parse(&properties, &base)?),
        "garbage-collect" | "apply-once" | "read-only" | "take-over" | "shared-resource" | "resource-update" => {
            Kind::Delivery
        }
        "health" => Kind::Health,
        "debug" => Kind::Debug,
        _ => Kind::Custom,
    };
    let (name, type_name, path) = (policy.name.clone(), policy.kind.clone(), policy.path.clone());
    Ok(Policy { name, type_name, path, properties, kind, own: policy.own })
}

fn parse<T: for<'de> Deserialize<'de>>(properties: &Data, base: &str) -> Result<T, Vec<Diagnostic>> {
    let value = cue::json::to_value(properties).map_err(|u| vec![Diagnostic::error("render/policy", u.to_string())])?;
    typed(&value, "policy").map_err(|mut problems| {
        problems.iter_mut().for_each(|p| p.path = Some(base.to_owned()));
        problems
    })
}
