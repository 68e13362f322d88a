//! Imported packages of the module as lets of the file that imports them (`--inline-imports`), as far as they are used.

use super::join::{Taken, joined, local, rename};
use super::names;
use crate::compile::import_key;
use crate::export::literal::NOWHERE;
use cue_syntax::ast::{Decl, Expr, File, Ident, Import, Label, LetClause, StructLit, Text};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// What is used of a package: some fields, or all of it.
#[derive(Debug, Default)]
struct Used {
    fields: FxHashSet<SmolStr>,
    all: bool,
}

/// Puts lets in place of the imports that are among `packages`.
pub(super) fn inline(file: &mut File, packages: &FxHashMap<String, Vec<File>>, taken: &mut Taken) {
    for files in packages.values() {
        taken.add(files);
    }
    let is_inlined = |i: &&Import| packages.contains_key(import_key(&i.path));
    let imported = file.imports.iter().filter(|i| !is_inlined(i)).map(local);
    let top = file.decls.iter().flat_map(names::declared).map(|d| d.0).chain(imported).collect();
    let mut inline = Inline { packages, taken, top, imports: Vec::new(), hidden: FxHashSet::default() };
    hidden_in(&mut file.decls, &mut |name| {
        inline.hidden.insert(name.name.clone());
    });
    // First who names what, with imports under names of their own; then the packages, from the last one named on.
    let mut wanted: Vec<(SmolStr, String, Used)> = Vec::new();
    inline.replace(&mut file.decls, std::mem::take(&mut file.imports), &mut wanted);
    let mut bodies: FxHashMap<String, Vec<Decl>> = FxHashMap::default();
    // A package that is used by another one only is known, with all that is used of it, once that one has been read.
    let mut i = 0;
    while let Some((_, path, _)) = wanted.get(i) {
        let path = path.clone();
        let decls = inline.package(&path, &mut wanted);
        bodies.insert(path, decls);
        i += 1;
    }
    file.imports = inline.imports;
    for (name, path, used) in wanted {
        let decls = bodies.remove(&path).unwrap_or_default();
        let decls = if used.all { decls } else { reachable(decls, used.fields) };
        let value = Box::new(Expr::Struct(StructLit { decls, braces: true, span: NOWHERE }));
        let name = Ident { name, span: NOWHERE };
        file.decls.push(Decl::Let(LetClause { name, value, span: NOWHERE, doc: Vec::new() }));
    }
}

struct Inline<'a> {
    packages: &'a FxHashMap<String, Vec<File>>,
    taken: &'a mut Taken,
    /// Names that stand at the top of the file.
    top: FxHashSet<SmolStr>,
    /// Those that stay imports.
    imports: Vec<Import>,
    /// Hidden names of packages that came before: those of another package are others.
    hidden: FxHashSet<SmolStr>,
}

impl Inline<'_> {
    /// Gives the imports of some declarations the names of lets, and notes what is used of them; others stay imports.
    fn replace(&mut self, decls: &mut [Decl], imports: Vec<Import>, wanted: &mut Vec<(SmolStr, String, Used)>) {
        let mut new: FxHashMap<SmolStr, SmolStr> = FxHashMap::default();
        let mut paths: FxHashMap<SmolStr, String> = FxHashMap::default();
        for mut import in imports {
            let name = local(&import);
            let path = import_key(&import.path).to_owned();
            let is_local = self.packages.get(&path).is_some_and(|files| files.iter().all(|f| f.attributes.is_empty()));
            if is_local {
                let known = wanted.iter().find(|w| w.1 == path).map(|w| w.0.clone());
                let own = known.unwrap_or_else(|| {
                    let own = if self.top.insert(name.clone()) { name.clone() } else { self.taken.fresh(&name) };
                    wanted.push((own.clone(), path.clone(), Used::default()));
                    own
                });
                paths.insert(name.clone(), path);
                new.insert(name, own);
                continue;
            }
            match self.imports.iter().find(|i| i.path == import.path) {
                Some(known) => {
                    new.insert(name, local(known));
                }
                None => {
                    if self.imports.iter().any(|i| local(i) == name) {
                        let own = self.taken.fresh(&name);
                        import.name = Some(Ident { name: own.clone(), span: import.span });
                        new.insert(name, own);
                    }
                    self.imports.push(import);
                }
            }
        }
        names::free(decls, &mut |name, selected| {
            let Some(path) = paths.get(&name.name) else { return };
            let Some((_, _, used)) = wanted.iter_mut().find(|w| w.1 == *path) else { return };
            match selected {
                Some(Label::Ident(label)) => {
                    used.fields.insert(label.name.clone());
                }
                Some(Label::String(label)) => match &label.value {
                    Text::String(text) => {
                        used.fields.insert(text.clone());
                    }
                    Text::Bytes(_) => used.all = true,
                },
                _ => used.all = true,
            }
        });
        rename(decls, &new);
    }

    /// A package as declarations, its imports replaced and its hidden names told from those of others.
    fn package(&mut self, path: &str, wanted: &mut Vec<(SmolStr, String, Used)>) -> Vec<Decl> {
        let files = self.packages.get(path).cloned().unwrap_or_default();
        let mut file = joined(files, self.taken);
        let mut own: FxHashSet<SmolStr> = FxHashSet::default();
        hidden_in(&mut file.decls, &mut |name| {
            own.insert(name.name.clone());
        });
        let mut new: FxHashMap<SmolStr, SmolStr> = FxHashMap::default();
        for name in own {
            if !self.hidden.insert(name.clone()) {
                new.insert(name.clone(), self.taken.fresh(&name));
            }
        }
        let change = |name: &mut Ident| {
            if let Some(new) = new.get(&name.name) {
                name.name = new.clone();
            }
        };
        hidden_in(&mut file.decls, &mut |name| change(name));
        self.replace(&mut file.decls, std::mem::take(&mut file.imports), wanted);
        file.decls
    }
}

/// Names that belong to a package: labels, selectors and references that begin with `_`.
fn hidden_in(decls: &mut [Decl], f: &mut dyn FnMut(&mut Ident)) {
    names::every(decls, &mut |name, _| {
        if name.name.starts_with('_') && name.name != "_" && !name.name.starts_with("__") {
            f(name);
        }
    });
}

/// The declarations that some fields need; all of them where one is no field with a name.
fn reachable(decls: Vec<Decl>, mut wanted: FxHashSet<SmolStr>) -> Vec<Decl> {
    let name_of = |d: &Decl| match d {
        Decl::Field(f) if f.alias.is_none() && f.postfix_alias.is_none() => match &f.label {
            Label::Ident(name) => Some(name.name.clone()),
            Label::String(s) => match &s.value {
                Text::String(text) => Some(text.clone()),
                Text::Bytes(_) => None,
            },
            _ => None,
        },
        Decl::Let(l) => Some(l.name.name.clone()),
        _ => None,
    };
    let named: Option<Vec<SmolStr>> = decls.iter().map(name_of).collect();
    let Some(named) = named else { return decls };
    loop {
        let before = wanted.len();
        for (decl, name) in decls.iter().zip(&named) {
            if wanted.contains(name) {
                wanted.extend(names::used(decl));
            }
        }
        if wanted.len() == before {
            break;
        }
    }
    decls.into_iter().zip(named).filter(|(_, name)| wanted.contains(name)).map(|(d, _)| d).collect()
}
