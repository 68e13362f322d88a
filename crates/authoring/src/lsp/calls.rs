//! The actions that a template asks for.

use super::scope::{Binding, Site, Unit, label_text, resolve, walk};
use cue_syntax::SourceId;
use cue_syntax::ast::Expr;
use model::action::Class;
use render::Loaded;

/// `kube.#Apply` and the like that change something, each once, in the order in which they are written.
pub(crate) fn of(loaded: &Loaded) -> Vec<String> {
    let Some(source) = loaded.sources.get(SourceId(0)) else { return Vec::new() };
    let unit = Unit { source: source.clone(), file: loaded.template.clone() };
    let mut out: Vec<String> = Vec::new();
    walk(&unit, &mut |site, around| {
        let Site::Select(Expr::Selector { operand, label, .. }) = site else { return };
        let (Expr::Ident(package), Some(name)) = (&**operand, label_text(label)) else { return };
        let Some(Binding::Import(import)) = resolve(&unit, &around.scopes, &package.name) else { return };
        // What only reads, computes or steers changes nothing.
        let known = model::action::all().find(|a| a.package() == import.path.as_str() && a.definition == name);
        if known.is_some_and(|a| !matches!(a.class, Class::Converge | Class::Effect)) {
            return;
        }
        let call = format!("{}.{name}", package.name);
        let is_function = cue::builtin::packages().any(|p| p == import.path.as_str());
        if !is_function && name.starts_with('#') && !out.contains(&call) {
            out.push(call);
        }
    });
    out
}
