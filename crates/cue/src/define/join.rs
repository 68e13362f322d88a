//! Files of a package as one, names that only a file knows (imports, lets, aliases) told apart.

use super::names;
use crate::compile::local_import_name;
use cue_syntax::SourceId;
use cue_syntax::ast::{Decl, File, Ident, Import};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;

/// Names that are taken, so that new ones differ from all of them.
#[derive(Debug, Default)]
pub(super) struct Taken(FxHashSet<SmolStr>);

impl Taken {
    /// All names in some files, whatever they name.
    pub(super) fn add(&mut self, files: &[File]) {
        for file in files {
            self.0.extend(file.imports.iter().map(local));
            names::every(&mut file.decls.clone(), &mut |name, _| {
                self.0.insert(name.name.clone());
            });
        }
    }

    /// A name that is not taken yet: the one wanted, or that with a number.
    pub(super) fn fresh(&mut self, wanted: &SmolStr) -> SmolStr {
        let numbered = (1..).map(|i| SmolStr::new(format!("{wanted}_{i}")));
        let name = std::iter::once(wanted.clone()).chain(numbered).find(|name| self.0.insert(name.clone()));
        name.unwrap_or_default()
    }
}

/// The name that a file has an import by.
pub(super) fn local(import: &Import) -> SmolStr {
    import.name.as_ref().map_or_else(|| local_import_name(&import.path), |name| name.name.clone())
}

/// Gives names that a file itself declares, or imports, others.
pub(super) fn rename(decls: &mut [Decl], new: &FxHashMap<SmolStr, SmolStr>) {
    if new.is_empty() {
        return;
    }
    let change = |name: &mut Ident| {
        if let Some(new) = new.get(&name.name) {
            name.name = new.clone();
        }
    };
    for decl in decls.iter_mut() {
        match decl {
            Decl::Let(l) => change(&mut l.name),
            Decl::Field(f) => {
                f.alias.iter_mut().for_each(|a| change(a));
                f.postfix_alias.iter_mut().flat_map(|p| p.key.iter_mut().chain([&mut p.value])).for_each(change);
            }
            _ => {}
        }
    }
    names::free(decls, &mut |name, _| change(name));
}

/// Several files of a package as one. Attributes of files stay: what they say holds for all of it.
pub(super) fn joined(mut files: Vec<File>, taken: &mut Taken) -> File {
    let own: Vec<Own> = files.iter().map(Own::of).collect();
    let mut imports: Vec<(SmolStr, SmolStr)> = Vec::new();
    let mut lets: FxHashSet<SmolStr> = FxHashSet::default();
    for (i, file) in files.iter_mut().enumerate() {
        let others = || own.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, o)| o);
        let mut new: FxHashMap<SmolStr, SmolStr> = FxHashMap::default();
        for import in &mut file.imports {
            let name = local(import);
            let same = imports.iter().any(|known| known.0 == name && known.1 == import.path);
            let clash = lets.contains(&name) || imports.iter().any(|known| known.0 == name);
            if !same && (clash || others().any(|o| o.means(&name))) {
                let fresh = taken.fresh(&name);
                import.name = Some(Ident { name: fresh.clone(), span: import.span });
                new.insert(name, fresh);
            }
            imports.push((local(import), import.path.clone()));
        }
        for name in own.get(i).map(|o| o.lets.iter()).into_iter().flatten() {
            let clash = lets.contains(name) || imports.iter().any(|known| known.0 == *name);
            if clash || others().any(|o| o.means(name)) {
                new.insert(name.clone(), taken.fresh(name));
            }
            lets.insert(new.get(name).unwrap_or(name).clone());
        }
        rename(&mut file.decls, &new);
    }
    let mut all = File {
        source: SourceId(u32::MAX),
        attributes: Vec::new(),
        package: None,
        imports: Vec::new(),
        decls: Vec::new(),
        comments: Vec::new(),
    };
    for file in files {
        all.package = all.package.or(file.package);
        for attribute in file.attributes {
            if !all.attributes.iter().any(|a| (&a.name, &a.body) == (&attribute.name, &attribute.body)) {
                all.attributes.push(attribute);
            }
        }
        for import in file.imports {
            if !all.imports.iter().any(|i| local(i) == local(&import)) {
                all.imports.push(import);
            }
        }
        all.decls.extend(file.decls);
    }
    all
}

/// What a file declares for itself, and what it says of names that are not its own.
struct Own {
    lets: Vec<SmolStr>,
    /// Fields of the package, and names that are the package's or the language's.
    shared: FxHashSet<SmolStr>,
}

impl Own {
    fn of(file: &File) -> Own {
        let declared: Vec<(SmolStr, bool)> = file.decls.iter().flat_map(names::declared).collect();
        let lets: Vec<SmolStr> = declared.iter().filter(|d| !d.1).map(|d| d.0.clone()).collect();
        let mut shared: FxHashSet<SmolStr> = file.decls.iter().flat_map(names::used).collect();
        let imported: Vec<SmolStr> = file.imports.iter().map(local).collect();
        shared.retain(|name| !lets.contains(name) && !imported.contains(name));
        shared.extend(declared.into_iter().filter(|d| d.1).map(|d| d.0));
        Own { lets, shared }
    }

    fn means(&self, name: &SmolStr) -> bool {
        self.shared.contains(name)
    }
}
