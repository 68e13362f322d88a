//! `lateen def vet`: everything that is wrong with a definition, found without an application.
//!
//! What rendering would refuse is an error; what works and will bite is a warning. The language's own errors come from
//! compiling and evaluating the template as rendering does, with `parameter` and `context` not known yet.

mod names;
mod package;
mod status;

pub(crate) use names::markers;

use cue::{Inputs, Limits};
use cue_syntax::{Diagnostic, Severity, Source};
use model::DefinitionKind;
use render::builtin::{Added, is_package};
use render::{Loaded, Provenance};
use std::sync::Arc;

/// What vetting may use beside the text itself.
#[derive(Debug, Clone)]
pub struct With {
    /// Packages that definitions import, beside those that come with Lateen.
    pub packages: Arc<Added>,
    /// How far a template is evaluated.
    pub limits: Limits,
}

impl Default for With {
    fn default() -> Self {
        let limits = Limits::trusted();
        With { packages: Arc::default(), limits }
    }
}

/// [`file_with`] with what comes with Lateen.
pub fn file(source: &Arc<Source>) -> Vec<Diagnostic> {
    file_with(source, &With::default())
}

/// Everything that is wrong with a file of definitions: one in CUE, any number in YAML, packages among them. In the order of
/// severity, then of place.
pub fn file_with(source: &Arc<Source>, with: &With) -> Vec<Diagnostic> {
    let provenance = || Provenance::File(source.name.clone());
    let mut problems = Vec::new();
    if source.name.ends_with(".cue") {
        match Loaded::examine(source.clone(), provenance()) {
            Ok((one, refused)) => {
                problems.extend(refused);
                problems.extend(loaded(&one, with));
                // A stage that there is not is refused at its own place.
                let refused = problems.iter().any(|p| p.code == "render/definition-attribute");
                problems.retain(|p| !refused || p.code != "vet/stage");
            }
            Err(found) => problems.extend(found),
        }
    } else {
        match model::manifest::read(source) {
            Ok(documents) => {
                for document in documents.iter().filter(|d| d.kind().ends_with("Definition")) {
                    let origin = format!("{}:{}", source.name, document.name());
                    match Loaded::from_object(&document.value, &origin, provenance()) {
                        Ok(one) => problems.extend(loaded(&one, with)),
                        Err(found) => problems.extend(found),
                    }
                }
                for document in documents.iter().filter(|d| is_package(&d.value)) {
                    let found = package::check(document, with);
                    problems.extend(found.into_iter().map(|d| document.locate(d)));
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    sorted(problems)
}

/// Everything that is wrong with a definition that could be read.
pub fn loaded(loaded: &Loaded, with: &With) -> Vec<Diagnostic> {
    let mut problems = loaded.warnings.clone();
    problems.extend(loaded.unknown_actions(&with.packages));
    match cue::compile(&*with.packages, loaded.closed_instance()) {
        Ok(program) => {
            let evaluation = program.evaluate(Inputs::default(), &with.limits);
            problems.extend(evaluation.diagnostics());
        }
        Err(found) => problems.extend(found),
    }
    for missing in problems.iter_mut().filter(|p| p.code == "cue/import" && p.help.is_none()) {
        missing.help = Some(
            "a Package object beside the definition brings packages of your own; others: `vela/…` and CUE's".to_owned(),
        );
    }
    let mut slips = Vec::new();
    names::check(loaded, &mut slips);
    // What the language has told of the same place is told once.
    slips.retain(|s| {
        let inside = |l: &cue_syntax::Label| {
            s.labels.first().is_some_and(|m| m.source == l.source && l.start <= m.start && m.end <= l.end)
        };
        s.code != "vet/parameter" || !problems.iter().any(|p| p.labels.iter().any(inside))
    });
    problems.extend(slips);
    status::check(loaded, &mut problems);
    shape(loaded, &mut problems);
    problems
}

fn sorted(mut problems: Vec<Diagnostic>) -> Vec<Diagnostic> {
    problems.sort_by_key(|p| {
        let place = p.labels.first().map_or((u32::MAX, String::new()), |l| (l.start, l.source.name.clone()));
        (std::cmp::Reverse(p.severity), place.1, place.0)
    });
    problems.dedup_by(|a, b| a.code == b.code && a.message == b.message && a.labels == b.labels);
    problems
}

/// What a kind of definition has to have.
fn shape(loaded: &Loaded, problems: &mut Vec<Diagnostic>) {
    let definition = &loaded.definition;
    let name = &definition.name;
    let spec = &definition.spec;
    let here = |problem: Diagnostic| match loaded.sources.get(loaded.template.source) {
        Some(source) => {
            let start = source.text.find(name.as_str()).unwrap_or(0) as u32;
            let label = cue_syntax::Label {
                source: source.clone(),
                start,
                end: start + name.len() as u32,
                text: String::new(),
            };
            Diagnostic { labels: vec![label], ..problem }
        }
        None => problem,
    };
    if loaded.template.decls.is_empty() {
        // A Terraform module has no template, nor has a legacy definition that only names its workload.
        if spec.schematic.is_none() && definition.kind != DefinitionKind::Workload {
            problems.push(here(
                Diagnostic::error("vet/no-template", format!("\"{name}\" has no template"))
                    .help("write `template: {…}` with `parameter` and what the definition makes of it"),
            ));
        }
        return;
    }
    let has = |field: &str| names::declares(&loaded.template.decls, field);
    match definition.kind {
        DefinitionKind::Component if !has("output") && !has("outputs") => {
            problems.push(here(
                Diagnostic::error("vet/no-output", format!("\"{name}\" makes no object"))
                    .help("write the workload as `output: {apiVersion: …, kind: …}`"),
            ));
        }
        DefinitionKind::Trait if !["patch", "patchOutputs", "outputs"].iter().any(|f| has(f)) => {
            problems.push(here(
                Diagnostic::error("vet/no-effect", format!("trait \"{name}\" changes nothing"))
                    .help("write `patch: {…}` for a change of the workload, `outputs: {…}` for objects beside it"),
            ));
        }
        _ => {}
    }
    let stages = ["PreDispatch", "DefaultDispatch", "PostDispatch"];
    if !spec.stage.is_empty() && !stages.contains(&spec.stage.as_str()) {
        let near = model::action::nearest(&spec.stage, stages).unwrap_or("PreDispatch");
        problems.push(here(
            Diagnostic::error("vet/stage", format!("there is no stage \"{}\"", spec.stage))
                .path("attributes.stage")
                .help(format!("one of {}; did you mean {near}?", stages.join(", "))),
        ));
    }
    let version = spec.version.strip_prefix('v').unwrap_or(&spec.version);
    if !version.is_empty() && !version.split('.').all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit())) {
        let plain = version.split(['-', '+']).next().unwrap_or_default();
        if !plain.split('.').all(|p| !p.is_empty() && p.chars().all(|c| c.is_ascii_digit())) {
            problems.push(here(
                Diagnostic::error("vet/version", format!("\"{}\" is no version", spec.version))
                    .path("attributes.version")
                    .help("write it as 1.2.0"),
            ));
        }
    }
    if !definition.annotations.contains_key(model::labels::DEFINITION_DESCRIPTION) {
        let mut advice = here(
            Diagnostic::warning("vet/no-description", format!("\"{name}\" does not say what it is for"))
                .help("add `description: \"…\"` beside its type"),
        );
        advice.severity = Severity::Advice;
        problems.push(advice);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let mut out = String::new();
        file(&Source::new("it.cue", text)).iter().for_each(|p| crate::tell::write(&mut out, p, ""));
        out
    }

    #[test]
    fn all_mistakes_come_at_once() {
        insta::assert_snapshot!(told(
            r##"import "strings"

it: {
	type: "component"
	attributes: {
		stage: "PreDispach"
		version: "one"
		status: {
			customStatus: "massage: \"x\""
			healthPolicy: #"""
				isHealth: contxt.output.status.ready
				"""#
		}
	}
}
template: {
	ouput: {
		apiVersion: "apps/v1"
		kind: "Deployment"
		name: context.nmae
		image: parameter.imge
		// +patchkey=name
		containers: []
		// +patchStrategy=retainkeys
		replicas: 1 & "one"
		other: undefinedName
	}
	parameter: {
		// +usge=The image
		image: string
	}
}
"##
        ));
    }

    #[test]
    fn what_is_right_says_nothing() {
        assert_eq!(
            told(
                r#"
it: {type: "trait", description: "Adds a label", attributes: {stage: "PreDispatch", version: "1.2.0"}}
template: {
	// +patchStrategy=retainKeys
	patch: metadata: labels: it: parameter.value + context.name
	if context.appRevision != _|_ {
		outputs: x: {apiVersion: "v1", kind: "ConfigMap"}
	}
	parameter: {
		// +usage=What it is set to
		value: string
		more?: {...}
	}
	_extra: parameter.more.anything
}
"#
            ),
            ""
        );
    }

    #[test]
    fn every_built_in_definition_is_right() {
        use render::builtin::Builtins;
        for kind in
            [DefinitionKind::Component, DefinitionKind::Trait, DefinitionKind::Policy, DefinitionKind::WorkflowStep]
        {
            for name in render::DefinitionSource::names(&Builtins, kind) {
                let text = Builtins::text(kind, &name).unwrap();
                let found = file(&Source::new(format!("{name}.cue"), text));
                let lines: Vec<String> = found.iter().map(crate::tell::line).collect();
                assert!(lines.is_empty(), "{name}: {lines:#?}");
            }
        }
    }

    #[test]
    fn kinds_have_to_do_something() {
        insta::assert_snapshot!(told("it: {type: \"trait\", description: \"d\"}\ntemplate: parameter: a: int\n"), @r#"
        trait "it" changes nothing [vet/no-effect]
          at it.cue:1:1
          help: write `patch: {…}` for a change of the workload, `outputs: {…}` for objects beside it
        "#);
        insta::assert_snapshot!(told("it: {type: \"component\", description: \"d\"}\n"), @r#"
        "it" has no template [vet/no-template]
          at it.cue:1:1
          help: write `template: {…}` with `parameter` and what the definition makes of it
        "#);
    }
}
