//! Imports: packages of the module, builtin packages, packages that the world has.

use super::{Compiler, Import};
use crate::builtin::Run;
use crate::ir::{Expr, ExprId, Function};
use cue_syntax::Span;
use smol_str::SmolStr;

/// `("encoding/json", Some("json"))` of `encoding/json:json`.
pub(crate) fn split(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((path, name)) => (path, Some(name)),
        None => (path, None),
    }
}

/// What an import names, without a qualifier that says nothing.
pub(crate) fn key(path: &str) -> &str {
    match split(path) {
        (bare, Some(name)) if local_name(bare, None) == name => bare,
        _ => path,
    }
}

/// The name that an import has without one of its own: the qualifier, else the last element without its major version.
pub(crate) fn local_name(path: &str, qualifier: Option<&str>) -> SmolStr {
    if let Some(name) = qualifier {
        return name.into();
    }
    let path = path.split_once('@').map_or(path, |(p, _)| p);
    path.rsplit('/').next().unwrap_or(path).into()
}

/// The name that an import path has in a file, its qualifier looked at.
pub(crate) fn local_import_name(path: &str) -> SmolStr {
    let (path, qualifier) = split(path);
    local_name(path, qualifier)
}

/// A builtin package by its last element, for expressions that import nothing.
pub(crate) fn well_known(name: &str) -> Option<SmolStr> {
    crate::builtin::packages().find(|p| p.rsplit('/').next() == Some(name)).map(SmolStr::new)
}

impl Compiler<'_> {
    pub(crate) fn import(&mut self, path: &str, span: Span) -> Option<Import> {
        if let Some(id) = self.packages.get(path) {
            if self.loading.iter().any(|p| p == path) {
                self.error("cue/import-cycle", format!("import cycle: {}", self.loading.join(" -> ")), span);
                return None;
            }
            return Some(Import::Package(*id));
        }
        if let Some(files) = self.found.remove(path) {
            return Some(Import::Package(self.package(path, files).0));
        }
        if crate::builtin::packages().any(|p| p == path) {
            return Some(Import::Builtin(path.into()));
        }
        if let Some(texts) = self.world.package(path) {
            let mut files = Vec::new();
            for (name, text) in texts {
                let (source, id) = self.add_source(&name, &text);
                let parsed = cue_syntax::parse_file(&source, id);
                self.diagnostics.extend(parsed.diagnostics);
                files.extend(parsed.tree);
            }
            return Some(Import::Package(self.package(path, files).0));
        }
        let text = match path.split('/').next() {
            Some(first) if !first.contains('.') => format!("builtin package \"{path}\" undefined"),
            _ => format!("cannot find package \"{path}\""),
        };
        let meant = crate::eval::nearest(path, crate::builtin::packages());
        let mut d = cue_syntax::Diagnostic::error("cue/import", text).at(&self.sources, span, "");
        let where_from = "nothing is fetched: a package is a folder of the module around the files, or of its cue.mod";
        let is_foreign = path.split('/').next().is_some_and(|first| first.contains('.'));
        d.help = match meant {
            Some(path) => Some(format!("did you mean \"{path}\"?")),
            None => is_foreign.then(|| where_from.to_owned()),
        };
        self.diagnostics.push(d);
        None
    }

    /// `strings.ToUpper`: a function, a constant, or something written in CUE.
    pub(crate) fn builtin_member(&mut self, package: &str, name: &str, span: Span) -> ExprId {
        if let Some(builtin) = crate::builtin::lookup(package, name) {
            let node = match builtin.run {
                Run::Constant(text) => return self.constant(package, name, text, span),
                Run::Pure(_) | Run::Evaluator => Expr::Function(Function::Package(builtin)),
            };
            return self.ir.add(node, span);
        }
        if let Some(text) = crate::builtin::cue_part(package) {
            let key = format!("builtin {package}");
            let id = match self.packages.get(&key) {
                Some(id) => *id,
                None => {
                    let (source, id) = self.add_source(&key, text);
                    let parsed = cue_syntax::parse_file(&source, id);
                    let files: Vec<_> = parsed.tree.into_iter().collect();
                    self.package(&key, files).0
                }
            };
            let label = self.ir.symbols.ident(name, self.hidden);
            let operand = self.ir.add(Expr::Package(id), span);
            return self.ir.add(Expr::Select(operand, label), span);
        }
        let names = crate::builtin::names(package);
        let mut d =
            cue_syntax::Diagnostic::error("cue/undefined-field", format!("package \"{package}\" has no member {name}"))
                .at(&self.sources, span, "");
        d.help = crate::eval::nearest(name, names).map(|n| format!("did you mean \"{n}\"?"));
        self.diagnostics.push(d);
        self.ir.add(Expr::Bottom, span)
    }

    fn constant(&mut self, package: &str, name: &str, text: &str, span: Span) -> ExprId {
        let (source, id) = self.add_source(&format!("builtin {package}.{name}"), text);
        let parsed = cue_syntax::parse_expr(&source, id);
        match parsed.tree {
            Some(tree) => self.expr(&tree),
            None => self.ir.add(Expr::Bottom, span),
        }
    }
}
