//! Actions that a template names and that do not exist: `kube.#Aply` would otherwise be found only when the step runs.

use super::visit;
use crate::builtin::{self, Added};
use cue_syntax::ast::{Expr, File, Label};
use cue_syntax::{Diagnostic, Sources, Span};
use model::action::nearest;
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// The definitions of packages that a template selects and that the packages do not have.
pub(super) fn check(file: &File, sources: &Sources) -> Vec<Diagnostic> {
    in_packages(file, sources, builtin::package)
}

/// The same for packages that were added.
pub(super) fn check_added(file: &File, sources: &Sources, added: &Added) -> Vec<Diagnostic> {
    in_packages(file, sources, |path| added.package(path).filter(|_| builtin::package(path).is_none()))
}

type Files = Vec<(String, Arc<str>)>;

fn in_packages(file: &File, sources: &Sources, package: impl Fn(&str) -> Option<Files>) -> Vec<Diagnostic> {
    let mut walk = Walk { packages: FxHashMap::default(), problems: Vec::new(), sources };
    for import in &file.imports {
        let path = import.path.split(':').next().unwrap_or_default();
        let Some(files) = package(path) else { continue };
        let last = path.rsplit('/').next().unwrap_or_default();
        let name = import.name.as_ref().map_or(last, |n| n.name.as_str());
        let definitions = files.iter().flat_map(|(_, text)| text.lines()).filter_map(|line| {
            let name = line.split([':', ' ']).next().filter(|n| n.starts_with('#'))?;
            Some(name.to_owned())
        });
        walk.packages.insert(name.to_owned(), (path.to_owned(), definitions.collect()));
    }
    if !walk.packages.is_empty() {
        for decl in &file.decls {
            visit::decl(decl, &mut |expr| {
                if let Expr::Selector { operand, label, .. } = expr
                    && let (Expr::Ident(package), Label::Ident(name)) = (&**operand, &**label)
                {
                    walk.selection(&package.name, &name.name, name.span);
                }
            });
        }
    }
    walk.problems
}

struct Walk<'a> {
    packages: FxHashMap<String, (String, Vec<String>)>,
    problems: Vec<Diagnostic>,
    sources: &'a Sources,
}

impl Walk<'_> {
    fn selection(&mut self, package: &str, name: &str, span: Span) {
        let Some((path, definitions)) = self.packages.get(package) else { return };
        if !name.starts_with('#') || definitions.iter().any(|d| d == name) {
            return;
        }
        let mut problem = Diagnostic::error("action/unknown", format!("package \"{path}\" has no action {name}")).at(
            self.sources,
            span,
            "unknown",
        );
        problem.help = Some(match nearest(name, definitions.iter().map(String::as_str)) {
            Some(near) => format!("did you mean {near}?"),
            None => format!("it has {}", definitions.join(", ")),
        });
        self.problems.push(problem);
    }
}
