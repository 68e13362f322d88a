//! What is wrong with a text: the same that the commands tell, for a text that may change with the next key.

use crate::testing::{Runner, Suite};
use crate::vet;
use cue::{Inputs, Instance, Limits};
use cue_syntax::{Diagnostic, Severity, Source, Sources};
use k8s_schema::CustomTypes;
use render::builtin::Added;
use render::definition::Given;
use render::{Clusters, Documents, Loaded, Provenance, RenderContext, Renderer};
use std::sync::Arc;

/// What checking one text may use: an editor waits for it.
fn limits() -> Limits {
    Limits { steps: 5_000_000, nodes: 500_000, ..Limits::trusted() }
}

/// More cases than an editor waits for; the others are left to `def test`.
const CASES: usize = 200;

/// A CUE file: a definition, or a part of a package.
pub(super) fn cue<'a>(
    source: &Arc<Source>,
    all: impl Iterator<Item = &'a Arc<Source>>,
    packages: &Arc<Added>,
) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let id = sources.add(source.clone());
    let parsed = cue_syntax::parse_file(source, id);
    if !parsed.diagnostics.is_empty() {
        return parsed.diagnostics;
    }
    let Some(file) = parsed.tree else { return Vec::new() };
    if super::scope::Unit::new(source).is_some_and(|u| u.template().is_some()) {
        return definition(source, packages);
    }
    // A file of a package is checked with the others of its folder; one that imports from a module cannot be.
    let known = |path: &str| {
        let path = path.split(':').next().unwrap_or_default();
        packages.package(path).is_some() || cue::builtin::packages().any(|p| p == path)
    };
    if !file.imports.iter().all(|i| known(&i.path)) {
        return Vec::new();
    }
    let mut files = vec![file];
    if let Some(package) = files.first().and_then(|f| f.package.clone()) {
        for other in
            all.filter(|o| o.name != source.name && folder(&o.name) == folder(&source.name) && o.name.ends_with(".cue"))
        {
            let id = sources.add(other.clone());
            if let Some(tree) = cue_syntax::parse_file(other, id).tree
                && tree.package.as_ref().is_some_and(|p| p.name == package.name)
            {
                files.push(tree);
            }
        }
    }
    let instance = Instance { sources, files, ..Instance::default() };
    let found = match cue::compile(&**packages, instance) {
        Err(problems) => problems,
        Ok(program) => program.evaluate(Inputs::default(), &limits()).diagnostics(),
    };
    here_first(found, source)
}

fn folder(name: &str) -> &str {
    name.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Whether the definitions of a file can be used.
pub(super) fn is_sound(source: &Arc<Source>, packages: &Added) -> bool {
    if !source.name.ends_with(".cue") {
        return Documents::default().read_definition(source).is_ok();
    }
    let Ok(loaded) = Loaded::from_cue(source.clone(), Provenance::File(source.name.clone())) else { return false };
    let Ok(program) = cue::compile(packages, loaded.instance()) else { return false };
    program.evaluate(Inputs::default(), &limits()).diagnostics().iter().all(|p| p.severity != Severity::Error)
}

/// Everything wrong with a definition file, as `def vet` tells it.
fn definition(source: &Arc<Source>, packages: &Arc<Added>) -> Vec<Diagnostic> {
    let with = vet::With { packages: packages.clone(), limits: limits() };
    here_first(vet::file_with(source, &with), source)
}

/// A file of cases: what is wrong with its form, else which cases fail, with the definition as it is in the editor.
pub(super) fn cases(
    source: &Arc<Source>,
    documents: &indexmap::IndexMap<String, Arc<Source>>,
    given: &Arc<Given>,
    packages: &Arc<Added>,
    custom: &Arc<CustomTypes>,
) -> Vec<Diagnostic> {
    let suite = match Suite::read(source) {
        Ok(suite) => suite,
        Err(problems) => return here_first(problems, source),
    };
    let stem = source.name.rsplit_once("_test.").map_or(source.name.as_str(), |(stem, _)| stem);
    let subject = match &suite.definition {
        Some(named) => documents.get(&format!("{}/{named}", folder(&source.name))),
        None => ["cue", "yaml", "yml"].iter().find_map(|end| documents.get(&format!("{stem}.{end}"))),
    };
    // One that is broken is told in its own file.
    let loaded = subject.and_then(|subject| {
        let mut documents = Documents::default();
        documents.read_definition(subject).ok()?;
        documents.definitions.into_all().into_iter().next()
    });
    let runner = loaded.and_then(|one| Runner::new(Arc::new(one), given.clone(), false, packages).ok());
    let runner = runner.map(|runner| runner.with_custom_types(custom.clone()));
    let Some(runner) = runner else { return Vec::new() };
    // Snapshots are files that the editor does not have.
    let judged = suite.cases.iter().take(CASES).filter(|case| !case.expect.snapshot);
    here_first(judged.flat_map(|case| runner.run(case, None).failures).collect(), source)
}

/// Applications and what stands beside them, as `lateen render` checks them; definitions and packages, as `def vet` does.
pub(super) fn yaml<'a>(
    source: &Arc<Source>,
    all: impl Iterator<Item = &'a Arc<Source>>,
    renderer: &Renderer,
    context: &RenderContext,
    packages: &Arc<Added>,
) -> Vec<Diagnostic> {
    if super::is_definition(source) {
        let mut found = definition(source, packages);
        if source.text.contains("kind: Application") {
            found.extend(
                application(source, all, renderer, context)
                    .into_iter()
                    .filter(|p| !found.contains(p))
                    .collect::<Vec<_>>(),
            );
        }
        return found;
    }
    application(source, all, renderer, context)
}

fn application<'a>(
    source: &Arc<Source>,
    all: impl Iterator<Item = &'a Arc<Source>>,
    renderer: &Renderer,
    context: &RenderContext,
) -> Vec<Diagnostic> {
    if !source.text.contains("core.oam.dev") {
        return match model::manifest::read(source) {
            Err(problems) => {
                problems.into_iter().filter(|p| p.code == "yaml/syntax" || p.code == "json/syntax").collect()
            }
            Ok(_) => Vec::new(),
        };
    }
    let mut documents = Documents::default();
    let mut found = documents.read(source).err().unwrap_or_default();
    // Policies and workflows of the files beside it are known to an application; what is wrong with them is told there.
    if source.text.contains("Application") {
        for other in all.filter(|o| o.name != source.name && folder(&o.name) == folder(&source.name)) {
            let is_part = other.text.contains("kind: Policy") || other.text.contains("kind: Workflow");
            if is_part && !other.text.contains("kind: Application") {
                let _ = documents.read(other);
            }
        }
    }
    documents.finish();
    found.append(&mut documents.warnings);
    for input in &documents.applications {
        let mut problems = match renderer.application(input, &Clusters::Unknown, context) {
            Ok(rendered) => rendered.warnings,
            Err(problems) => problems,
        };
        if let Some(document) = &input.document {
            render::documents::locate(&mut problems, document);
        }
        found.extend(problems);
    }
    here_first(found, source)
}

/// The place in this text comes first among the labels; without one the beginning of the text is taken. Warnings come after
/// errors.
fn here_first(mut found: Vec<Diagnostic>, source: &Arc<Source>) -> Vec<Diagnostic> {
    for problem in &mut found {
        problem.labels.sort_by_key(|l| l.source.name != source.name);
        if problem.labels.first().is_none_or(|l| l.source.name != source.name) {
            let label = cue_syntax::Label { source: source.clone(), start: 0, end: 0, text: String::new() };
            problem.labels.insert(0, label);
        }
    }
    found.sort_by_key(|p| (p.severity != Severity::Error, p.labels.first().map_or(0, |l| l.start)));
    found
}
