//! Packages: which files belong together, and what they import.

use super::inputs::Input;
use super::module::{Module, clean, find, join, parent};
use super::{Found, Imports, Loaded, Options, Problems, condition, embed, join as join_found, side_by_side, source_of};
use crate::World;
use crate::api::Instance;
use cue_syntax::{Diagnostic, File, Parsed, Source, SourceId, Sources};
use rayon::prelude::*;
use std::sync::Arc;

/// From this many bytes on, files are parsed by several threads.
const MUCH: usize = 1 << 16;

/// A load of one instance.
struct Loader<'a> {
    world: &'a dyn World,
    options: &'a Options,
    module: Option<Module>,
    sources: Sources,
    imports: Imports,
    /// Import paths that are being loaded, to find cycles.
    open: Vec<String>,
    problems: &'a mut Problems,
}

impl<'a> Loader<'a> {
    fn new(world: &'a dyn World, options: &'a Options, folder: &str, problems: &'a mut Problems) -> Self {
        let module = find(world, folder, options.folders_above, problems);
        Loader {
            world,
            options,
            module,
            sources: Sources::default(),
            imports: Imports::default(),
            open: Vec::new(),
            problems,
        }
    }

    /// Reads files and parses them, side by side where that is worth a thread. The order is that of the names.
    fn parse<'n>(&mut self, names: impl Iterator<Item = &'n str>) -> Vec<Option<File>> {
        let mut read = Vec::new();
        let mut all = Vec::new();
        for name in names {
            all.push(name);
            match self.world.read(name) {
                Ok(bytes) => {
                    let source = source_of(name, &bytes);
                    let id = self.sources.add(source.clone());
                    read.push(Some((source, id)));
                }
                Err(e) => {
                    self.problems.push(Diagnostic::error("cue/load", e));
                    read.push(None);
                }
            }
        }
        let size: usize = read.iter().flatten().map(|(source, _)| source.text.len()).sum();
        let parse = |(source, id): (Arc<Source>, SourceId)| cue_syntax::parse_file(&source, id);
        let parsed: Vec<Option<Parsed<File>>> = if read.len() > 1 && size > MUCH {
            read.into_par_iter().map(|r| r.map(parse)).collect()
        } else {
            read.into_iter().map(|r| r.map(parse)).collect()
        };
        let mut files = Vec::with_capacity(parsed.len());
        for (parsed, name) in parsed.into_iter().zip(all) {
            files.push(parsed.and_then(|p| {
                self.problems.extend(p.diagnostics);
                p.tree.map(|mut file| {
                    let module = self.module.is_some();
                    embed::embed(self.world, name, module, &mut file, &mut self.sources, self.problems);
                    file
                })
            }));
        }
        files
    }

    /// Whether the file's own `@if` and `@ignore` want it.
    fn wanted(&mut self, file: &File) -> bool {
        condition::wanted(file, &self.options.tags, &self.sources, self.problems)
    }

    /// The CUE files of a folder as (name, file), tests and tools left out.
    fn folder(&mut self, folder: &str) -> Vec<(String, File)> {
        let names = match self.world.list(folder) {
            Ok(names) => names,
            Err(e) => {
                self.problems.push(Diagnostic::error("cue/load", e));
                return Vec::new();
            }
        };
        let skipped = |n: &str| n.starts_with(['.', '_']) || n.ends_with("_test.cue") || n.ends_with("_tool.cue");
        let wanted = names.iter().filter(|n| !skipped(n) && n.ends_with(".cue"));
        let paths: Vec<String> = wanted.map(|n| join(folder, n)).collect();
        let parsed = self.parse(paths.iter().map(String::as_str));
        let mut files = Vec::new();
        for (path, file) in paths.into_iter().zip(parsed) {
            if let Some(file) = file
                && self.wanted(&file)
            {
                files.push((path, file));
            }
        }
        files
    }

    /// The files of one package: of a folder and of those above it in the module.
    fn package(&mut self, folder: &str, name: Option<&str>, place: &str) -> Option<Vec<File>> {
        let own = self.folder(folder);
        let mut packages: Vec<&str> = own.iter().filter_map(|(_, f)| package_of(f)).collect();
        packages.sort_unstable();
        packages.dedup();
        let chosen = match (name, packages.as_slice()) {
            (Some(name), _) => Some(name.to_owned()),
            (None, [one]) => Some((*one).to_owned()),
            (None, []) => None,
            (None, [first, second, ..]) => {
                // The package named like its folder wins.
                let last = place.rsplit('/').next().unwrap_or(place);
                if packages.contains(&last) {
                    Some(last.to_owned())
                } else {
                    let place_of = |p: &str| own.iter().find(|(_, f)| package_of(f) == Some(p)).map_or("", |(n, _)| n);
                    let message = format!(
                        "`{place}` holds several packages: `{first}` ({}) and `{second}` ({})",
                        place_of(first),
                        place_of(second)
                    );
                    self.problems.push(
                        Diagnostic::error("cue/load", message)
                            .help(format!("choose one: `{place}:{first}`, or `-p {first}`")),
                    );
                    return None;
                }
            }
        };
        let Some(chosen) = chosen else {
            // Only files without a package clause: they are an instance of their own when asked for by folder.
            return Some(own.into_iter().map(|(_, f)| f).collect());
        };
        let own: Vec<File> = own.into_iter().map(|(_, f)| f).filter(|f| package_of(f) == Some(&chosen)).collect();
        // From the root down, so that what holds for all comes first.
        let mut above = Vec::new();
        if let Some(root) = self.module.as_ref().map(|m| m.root.clone()) {
            let mut at = clean(folder);
            while at != root {
                let Some(up) = parent(&at) else { break };
                at = up;
                above.push(at.clone());
            }
        }
        let mut files: Vec<File> = Vec::new();
        for folder in above.iter().rev() {
            let found = self.folder(folder);
            files.extend(found.into_iter().map(|(_, f)| f).filter(|f| package_of(f) == Some(&chosen)));
        }
        files.extend(own);
        Some(files)
    }

    /// Loads what files import, as far as it lies in the module or beside it.
    fn imports(&mut self, files: &[File]) {
        for file in files {
            for import in &file.imports {
                let (path, name) = match import.path.rsplit_once(':') {
                    Some((path, name)) => (path, Some(name)),
                    None => (import.path.as_str(), None),
                };
                let key = crate::compile::import_key(&import.path);
                if self.open.iter().any(|p| p == key) {
                    let d = Diagnostic::error(
                        "cue/import-cycle",
                        format!("import cycle: {} -> {path}", self.open.join(" -> ")),
                    );
                    self.problems.push(d.at(&self.sources, import.span, "imported again here"));
                    continue;
                }
                if self.imports.contains_key(key) {
                    continue;
                }
                let Some(folder) = self.folder_of(path) else { continue };
                if self.world.list(&folder).is_err() {
                    let mut d = Diagnostic::error("cue/import", format!("cannot find package \"{path}\"")).at(
                        &self.sources,
                        import.span,
                        format!("there is no folder {folder}"),
                    );
                    d.help = self.meant(path, &folder).map(|meant| format!("did you mean \"{meant}\"?"));
                    self.problems.push(d);
                    continue;
                }
                let last = path.rsplit('/').next().unwrap_or(path).split('@').next().unwrap_or(path);
                self.open.push(key.to_owned());
                let name = name.or(Some(last)).map(str::to_owned);
                let found = self.import_package(&folder, name.as_deref(), path);
                match found {
                    Some(found) if !found.is_empty() => {
                        self.imports(&found);
                        self.imports.insert(key.to_owned(), found);
                    }
                    _ => {
                        let d = Diagnostic::error("cue/import", format!("cannot find package \"{path}\"")).at(
                            &self.sources,
                            import.span,
                            format!("no files of this package in {folder}"),
                        );
                        self.problems.push(d);
                    }
                }
                self.open.pop();
            }
        }
    }

    /// The package beside a folder that is not there whose name is nearest.
    fn meant(&self, path: &str, folder: &str) -> Option<String> {
        let beside = self.world.list(&parent(folder)?).ok()?;
        let (above, last) = path.rsplit_once('/')?;
        let near = crate::eval::nearest(last, beside.iter().filter_map(|n| n.strip_suffix('/')))?;
        Some(format!("{above}/{near}"))
    }

    /// The package of an import: the one of that name, else the only one there.
    fn import_package(&mut self, folder: &str, name: Option<&str>, path: &str) -> Option<Vec<File>> {
        let sources = self.sources.clone();
        let found = self.package(folder, name, path)?;
        if !found.is_empty() {
            return Some(found);
        }
        self.sources = sources;
        self.package(folder, None, path)
    }

    /// Where a package of the module, or one that is vendored beside it, lies.
    fn folder_of(&self, path: &str) -> Option<String> {
        let module = self.module.as_ref()?;
        let bare = match path.split_once('@') {
            Some((head, tail)) => match tail.split_once('/') {
                Some((_, rest)) => format!("{head}/{rest}"),
                None => head.to_owned(),
            },
            None => path.to_owned(),
        };
        if bare == module.path {
            return Some(module.root.clone());
        }
        if let Some(rest) = bare.strip_prefix(&module.path).and_then(|r| r.strip_prefix('/'))
            && !module.path.is_empty()
        {
            return Some(join(&module.root, rest));
        }
        ["cue.mod/pkg", "cue.mod/gen", "cue.mod/usr"]
            .iter()
            .map(|f| join(&module.root, &format!("{f}/{bare}")))
            .find(|f| self.world.list(f).is_ok())
    }

    fn finish(mut self, name: &str, path: String, files: Vec<File>) -> Loaded {
        self.imports(&files);
        let language = self.module.as_ref().and_then(|m| m.language);
        Loaded {
            name: name.to_owned(),
            instance: Instance { path, sources: self.sources, files, imports: self.imports, language },
            documents: Vec::new(),
            schemas: Vec::new(),
        }
    }
}

/// The package that a file belongs to; `_` is none.
fn package_of(file: &File) -> Option<&str> {
    file.package.as_ref().map(|p| p.name.as_str()).filter(|p| *p != "_")
}

/// The instance of files that were named one by one.
pub(super) fn of_files(world: &dyn World, options: &Options, inputs: &[Input], problems: &mut Problems) -> Loaded {
    let folder =
        inputs.first().filter(|i| i.name != "-").and_then(|i| parent(&clean(&i.name))).unwrap_or_else(|| ".".into());
    let mut loader = Loader::new(world, options, &folder, problems);
    let mut files: Vec<File> = Vec::new();
    let mut first: Option<(String, String)> = None;
    let parsed = loader.parse(inputs.iter().map(|i| i.name.as_str()));
    for (input, file) in inputs.iter().zip(parsed) {
        let Some(file) = file else { continue };
        if let Some(package) = package_of(&file) {
            match &first {
                Some((seen, name)) if seen != package => {
                    let message = format!("found packages `{seen}` ({name}) and `{package}` ({})", input.name);
                    let d = Diagnostic::error("cue/load", message).help("files of one command belong to one package");
                    loader.problems.push(d);
                    continue;
                }
                Some(_) => {}
                None => first = Some((package.to_owned(), input.name.clone())),
            }
        }
        if loader.wanted(&file) {
            files.push(file);
        }
    }
    loader.finish("", String::new(), files)
}

/// The instances of a folder argument: `.`, `./a:p`, `./...`, or an import path of the module.
pub(super) fn of_folder(world: &dyn World, options: &Options, argument: &str) -> Found {
    let (mut loaded, mut problems) = (Vec::new(), Vec::new());
    let (argument, name) = match argument.rsplit_once(':') {
        Some((a, n)) => (if a.is_empty() { "." } else { a }, Some(n.to_owned())),
        None => (argument, options.package.clone()),
    };
    if let Some(base) = argument.strip_suffix("...") {
        let mut folders = Vec::new();
        walk(world, &clean(base), &mut folders, 0);
        let found = side_by_side(&folders, |f| one_folder(world, options, f, f, name.as_deref()));
        join_found(found, &mut loaded, &mut problems);
        return (loaded, problems);
    }
    let mut folder = clean(argument);
    if !argument.starts_with(['.', '/']) {
        let loader = Loader::new(world, options, ".", &mut problems);
        match loader.folder_of(argument) {
            Some(f) => folder = f,
            None if world.list(&folder).is_ok() => {}
            None => {
                problems.push(
                    Diagnostic::error("cue/load", format!("cannot find package \"{argument}\""))
                        .help("a folder is written with `./` before it; a file needs an extension"),
                );
                return (loaded, problems);
            }
        }
    }
    if world.list(&folder).is_err() {
        problems.push(Diagnostic::error("cue/load", format!("cannot find package \"{argument}\"")));
        return (loaded, problems);
    }
    let found = one_folder(world, options, argument, &folder, name.as_deref());
    join_found(vec![found], &mut loaded, &mut problems);
    (loaded, problems)
}

fn one_folder(world: &dyn World, options: &Options, shown: &str, folder: &str, name: Option<&str>) -> Found {
    let mut problems = Vec::new();
    let mut loader = Loader::new(world, options, folder, &mut problems);
    let Some(files) = loader.package(folder, name, shown) else { return (Vec::new(), problems) };
    if files.is_empty() {
        let message = match name {
            Some(name) => format!("no files of package `{name}` in {shown}"),
            None => format!("no CUE files in {shown}"),
        };
        loader.problems.push(Diagnostic::error("cue/load", message));
        return (Vec::new(), problems);
    }
    let path = match &loader.module {
        Some(m) => match folder.strip_prefix(m.root.as_str()) {
            Some(rest) if !m.path.is_empty() => format!("{}{rest}", m.path),
            _ => m.path.clone(),
        },
        None => String::new(),
    };
    let loaded = loader.finish(shown, path, files);
    (vec![loaded], problems)
}

/// All folders below one that hold CUE files.
fn walk(world: &dyn World, folder: &str, folders: &mut Vec<String>, depth: usize) {
    let Ok(names) = world.list(folder) else { return };
    if depth > 100 {
        return;
    }
    if names.iter().any(|n| n.ends_with(".cue")) {
        folders.push(folder.to_owned());
    }
    for name in &names {
        if let Some(name) = name.strip_suffix('/')
            && !name.starts_with(['.', '_'])
            && name != "cue.mod"
        {
            walk(world, &join(folder, name), folders, depth + 1);
        }
    }
}
