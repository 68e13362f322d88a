//! Syntax to [`Ir`]: resolves every name, splits struct literals into their kinds of declaration, compiles imports.
//!
//! Rules of scope (CUE specification, "Blocks"; cue-language §1.3): a struct literal, a file (with the package's fields of
//! all files), a `for` or `let` clause, a pattern or dynamic field with a name for its label, and a value alias open a
//! scope. Only identifier labels bind. Unused imports, lets and aliases are errors.

mod comprehension;
mod expr;
mod packages;
mod scope;
mod structs;

use crate::ir::{ExprId, Ir, Package};
use crate::world::World;
use cue_syntax::ast::{self, File};
use cue_syntax::{Diagnostic, Source, SourceId, Sources, Span};
pub(crate) use expr::is_type;
pub(crate) use packages::{key as import_key, local_import_name};
use rustc_hash::{FxHashMap, FxHashSet};
use scope::{Fields, Scope};
use smol_str::SmolStr;
use std::borrow::Cow;
use std::sync::Arc;

/// Language features that depend on the file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Features {
    /// (major, minor)
    pub(crate) language: (u32, u32),
    pub(crate) alias_v2: bool,
    pub(crate) explicit_open: bool,
    pub(crate) try_: bool,
    pub(crate) structcmp: bool,
    pub(crate) short_circuit: bool,
}

impl Features {
    /// Of a version, without experiments.
    fn of(language: (u32, u32)) -> Features {
        Features {
            language,
            alias_v2: false,
            explicit_open: false,
            try_: false,
            structcmp: false,
            short_circuit: false,
        }
    }

    /// Whether `==` and `!=` compare only what is of one kind, and no structs, as it was before v0.15.
    pub(crate) fn same_kinds(self) -> bool {
        self.language < (0, 15) && !self.structcmp
    }
}

/// The experiments that a file can ask for, and the version from which on it can.
const EXPERIMENTS: &[(&str, (u32, u32))] = &[
    ("aliasv2", (0, 15)),
    ("explicitopen", (0, 15)),
    ("shortcircuit", (0, 17)),
    ("structcmp", (0, 14)),
    ("try", (0, 16)),
];

/// The version whose rules apply when none is named.
pub(crate) const NEWEST: (u32, u32) = (0, 17);

/// What one file brings into scope beside fields; kept for expressions evaluated later.
#[derive(Debug, Clone, Default)]
pub(crate) struct FileNames {
    pub(crate) imports: FxHashMap<SmolStr, Import>,
    pub(crate) lets: FxHashMap<SmolStr, ExprId>,
}

/// What an import name stands for.
#[derive(Debug, Clone)]
pub(crate) enum Import {
    /// A package written in CUE.
    Package(u32),
    /// One of the builtin packages, by path.
    Builtin(SmolStr),
}

/// The compiled form of an instance.
#[derive(Debug, Default)]
pub(crate) struct Unit {
    pub(crate) ir: Ir,
    /// How far each expression reaches.
    pub(crate) reaches: Vec<crate::ir::Reach>,
    pub(crate) sources: Sources,
    /// The package that was asked for.
    pub(crate) root: u32,
    /// Identifiers declared at its top level.
    pub(crate) fields: Fields,
    /// Of its files.
    pub(crate) names: FileNames,
    pub(crate) language: (u32, u32),
    /// Comparisons by the rules before v0.15.
    pub(crate) same_kinds: FxHashSet<ExprId>,
}

pub(crate) struct Compiler<'w> {
    pub(crate) world: &'w dyn World,
    pub(crate) ir: Ir,
    pub(crate) sources: Sources,
    pub(crate) found: FxHashMap<String, Vec<File>>,
    pub(crate) packages: FxHashMap<String, u32>,
    pub(crate) hidden: u32,
    pub(crate) language: (u32, u32),
    pub(crate) features: Features,
    pub(crate) scopes: Vec<Scope>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// Package paths being compiled, to find import cycles.
    pub(crate) loading: Vec<String>,
    /// The lets that are being compiled, innermost last, and which let a let refers to where.
    pub(crate) open_lets: Vec<ExprId>,
    pub(crate) let_uses: FxHashMap<ExprId, Vec<(ExprId, Span)>>,
    /// An expression given from outside: names that nothing declares are fields of the package.
    pub(crate) lenient: bool,
    /// Inside of what a `try` clause tries, where `?` may mark references.
    pub(crate) tries: bool,
    /// Names of imports that were not found: what refers to them is not told again.
    pub(crate) lost: FxHashSet<SmolStr>,
    /// Comparisons by the rules before v0.15.
    pub(crate) same_kinds: FxHashSet<ExprId>,
}

/// Compiles an instance.
pub(crate) fn compile(world: &dyn World, instance: crate::api::Instance) -> Result<Unit, Vec<Diagnostic>> {
    let language = instance.language.unwrap_or(NEWEST);
    let mut c = Compiler {
        world,
        ir: Ir::default(),
        sources: instance.sources,
        found: instance.imports,
        packages: FxHashMap::default(),
        hidden: 0,
        language,
        features: Features::of(language),
        scopes: Vec::new(),
        diagnostics: Vec::new(),
        loading: Vec::new(),
        open_lets: Vec::new(),
        let_uses: FxHashMap::default(),
        lenient: false,
        tries: false,
        same_kinds: FxHashSet::default(),
        lost: FxHashSet::default(),
    };
    let (root, fields, names) = c.package(&instance.path, instance.files);
    if c.diagnostics.iter().any(|d| d.severity == cue_syntax::Severity::Error) {
        return Err(in_order(c.diagnostics));
    }
    let reaches = c.ir.reaches();
    c.ir.freeze();
    Ok(Unit { ir: c.ir, reaches, sources: c.sources, root, fields, names, language, same_kinds: c.same_kinds })
}

/// Problems of each file in the order of their places; files in the order in which they come up.
fn in_order(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut files: Vec<String> = Vec::new();
    for label in problems.iter().filter_map(|d| d.labels.first()) {
        if !files.contains(&label.source.name) {
            files.push(label.source.name.clone());
        }
    }
    problems.sort_by_key(|d| d.labels.first().map(|l| (files.iter().position(|f| *f == l.source.name), l.start)));
    problems
}

/// Compiles an expression from outside into an evaluation's own layer of the tables.
pub(crate) fn expression(ir: &mut Ir, unit: &Unit, expression: &ast::Expr) -> Result<ExprId, Vec<Diagnostic>> {
    let mut c = Compiler {
        world: &crate::world::Nothing,
        ir: std::mem::take(ir),
        sources: unit.sources.clone(),
        found: FxHashMap::default(),
        packages: FxHashMap::default(),
        hidden: unit.ir.packages[unit.root].hidden,
        language: unit.language,
        features: Features { explicit_open: true, try_: true, structcmp: true, ..Features::of(unit.language) },
        scopes: vec![Scope::package(unit.fields.clone(), unit.names.clone())],
        diagnostics: Vec::new(),
        loading: Vec::new(),
        open_lets: Vec::new(),
        let_uses: FxHashMap::default(),
        lenient: true,
        tries: false,
        same_kinds: FxHashSet::default(),
        lost: FxHashSet::default(),
    };
    let id = c.expr(expression);
    *ir = c.ir;
    if c.diagnostics.is_empty() { Ok(id) } else { Err(c.diagnostics) }
}

impl Compiler<'_> {
    pub(crate) fn error(&mut self, code: &'static str, message: impl Into<String>, span: Span) {
        let d = Diagnostic::error(code, message).at(&self.sources, span, "");
        self.diagnostics.push(d);
    }

    /// One package: its files share one scope of fields.
    fn package(&mut self, path: &str, files: Vec<File>) -> (u32, Fields, FileNames) {
        let hidden = self.packages.len() as u32;
        let id = self.ir.packages.push(Package { files: Vec::new(), hidden });
        self.packages.insert(path.to_owned(), id);
        self.loading.push(path.to_owned());
        let mut fields = FxHashSet::default();
        for file in &files {
            scope::declared(&file.decls, |name| {
                fields.insert(name.clone());
            });
        }
        let fields = Fields::Many(Arc::new(fields));
        let mut names = FileNames::default();
        let mut compiled = Vec::new();
        for file in files {
            let (expr, file_names) = self.file(file, &fields, hidden);
            compiled.push(expr);
            names.imports.extend(file_names.imports);
            names.lets.extend(file_names.lets);
        }
        self.ir.packages[id].files = compiled;
        self.loading.pop();
        (id, fields, names)
    }

    fn file(&mut self, file: File, fields: &Fields, hidden: u32) -> (ExprId, FileNames) {
        let outer = (self.features, self.hidden, std::mem::take(&mut self.scopes));
        let mut imports = FxHashMap::default();
        let mut unused = Vec::new();
        for import in &file.imports {
            let (path, qualifier) = packages::split(&import.path);
            let name = import.name.as_ref().map_or_else(|| packages::local_name(path, qualifier), |n| n.name.clone());
            let target = self.import(packages::key(&import.path), import.span);
            if target.is_none() {
                self.lost.insert(name.clone());
            }
            if fields.contains(&name) {
                self.error("cue/redeclared", format!("{name} redeclared as imported package name"), import.span);
            }
            unused.push((name.clone(), import.path.clone(), import.span));
            if matches!(target, Some(Import::Builtin(_))) && qualifier.is_some() {
                let mut d = Diagnostic::error("cue/import", format!("builtin package \"{}\" undefined", import.path))
                    .at(&self.sources, import.span, "");
                d.help = Some(format!("builtin packages have no qualifier: write \"{path}\""));
                self.diagnostics.push(d);
            }
            if let Some(target) = target
                && imports.insert(name.clone(), target).is_some()
            {
                self.error("cue/redeclared", format!("{name} redeclared in this block"), import.span);
            }
        }
        self.hidden = hidden;
        self.features = self.features_of(&file);
        let scope = Scope::package(fields.clone(), FileNames { imports, lets: FxHashMap::default() });
        let span = file.decls.first().map_or(Span { source: file.source, start: 0, end: 0 }, scope::decl_span);
        let (expr, scope) = self.struct_in(scope, Cow::Owned(file.decls), span, true);
        for (name, path, span) in unused {
            if !scope.used.contains(&name) && scope.names.imports.contains_key(&name) {
                self.error("cue/unused-import", format!("imported and not used: \"{path}\""), span);
            }
        }
        (self.features, self.hidden, self.scopes) = outer;
        (expr, scope.names)
    }

    fn features_of(&mut self, file: &File) -> Features {
        let mut f = Features::of(self.language);
        for attribute in file.attributes.iter().filter(|a| a.name == "experiment") {
            for name in attribute.body.split(',').map(str::trim) {
                if let Some((_, (major, minor))) = EXPERIMENTS.iter().find(|e| e.0 == name && self.language < e.1) {
                    let text = format!("cannot set experiment \"{name}\" before version v{major}.{minor}.0");
                    self.error("cue/experiment", text, attribute.span);
                }
                match name {
                    "aliasv2" => f.alias_v2 = true,
                    "explicitopen" => f.explicit_open = true,
                    "try" => f.try_ = true,
                    "structcmp" => f.structcmp = true,
                    "shortcircuit" => f.short_circuit = true,
                    "" => {}
                    _ => self.error("cue/experiment", format!("unknown experiment \"{name}\""), attribute.span),
                }
            }
        }
        f
    }

    /// Adds a text that is not a file of the user's.
    pub(crate) fn add_source(&mut self, name: &str, text: &str) -> (Arc<Source>, SourceId) {
        let source = Source::new(name, text);
        let id = self.sources.add(source.clone());
        (source, id)
    }
}
