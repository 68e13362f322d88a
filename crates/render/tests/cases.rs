//! The cases in `cases/`: files as a user writes them, and what comes out, as snapshots. A case is a Markdown file with
//! blocks of `yaml` (Applications, Policies, …) and `cue` (definitions); its text says what it is about.

#![expect(clippy::unwrap_used, reason = "a test that cannot read its case has failed")]

use cue_syntax::{Diagnostic, Severity, Source};
use render::{ClusterVersion, Clusters, Documents, Layers, RenderContext, Rendered, Renderer, builtin::Builtins};
use std::fmt::Write as _;
use std::path::Path;

fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("```{language}\n");
    text.split(fence.as_str()).skip(1).filter_map(|rest| rest.split("\n```").next()).collect()
}

/// One problem as lines: what, where in the user's words, the places, what to do.
fn told(problems: &[Diagnostic]) -> String {
    let mut out = String::new();
    for p in problems {
        let word = if p.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(out, "{word} {}: {}", p.code, p.message);
        if let Some(path) = &p.path {
            let _ = writeln!(out, "  property: {path}");
        }
        for l in &p.labels {
            let (line, column) = l.source.line_column(l.start);
            let _ = writeln!(out, "  at {}:{line}:{column} {}", l.source.name, l.text);
        }
        if let Some(help) = &p.help {
            let _ = writeln!(out, "  help: {help}");
        }
    }
    out
}

fn run(text: &str) -> Result<Rendered, Vec<Diagnostic>> {
    let mut documents = Documents::default();
    for (i, block) in blocks(text, "cue").into_iter().enumerate() {
        documents.read_definition(&Source::new(format!("definition{i}.cue"), block))?;
    }
    for (i, block) in blocks(text, "yaml").into_iter().enumerate() {
        documents.read(&Source::new(format!("file{i}.yaml"), block))?;
    }
    documents.finish();
    let input = documents.applications.first().unwrap();
    let given = documents.definitions.visible_from(&render::AppView::of(&input.app).namespace);
    let renderer = Renderer::new(Layers(vec![Box::new(given), Box::new(Builtins)]));
    // `Kubernetes 1.30` in a case's title is the version of its clusters.
    let version = text.lines().next().and_then(|title| title.split_once("Kubernetes ")).map(|(_, rest)| rest);
    let version = version.and_then(|rest| ClusterVersion::parse(rest.split([',', ':', ' ']).next().unwrap()));
    let context = RenderContext {
        cluster_version: version.unwrap_or_default(),
        custom_types: std::sync::Arc::new(documents.custom_types.clone()),
        ..RenderContext::default()
    };
    let place = |mut problems: Vec<Diagnostic>| {
        render::documents::locate(&mut problems, input.document.as_ref().unwrap());
        problems
    };
    renderer
        .application(input, &Clusters::Unknown, &context)
        .map(|r| Rendered { parts: r.parts, applied: r.applied, warnings: place(r.warnings) })
        .map_err(place)
}

/// What a step applies by itself, which is no part of the output.
fn applied(applied: &render::Applied) -> String {
    let object = cue::yaml::write(&cue::json::from_value(&applied.object)).unwrap();
    format!("---\n# {}: applied by step {}\n{object}", applied.cluster, applied.step)
}

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 5, "the cases are there");
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let out = match run(&text) {
            Ok(rendered) => format!(
                "{}{}{}",
                told(&rendered.warnings),
                render::output::yaml(&rendered),
                rendered.applied.iter().map(applied).collect::<String>()
            ),
            Err(problems) => told(&problems),
        };
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        insta::with_settings!({description => text.lines().next().unwrap_or_default(), omit_expression => true}, {
            insta::assert_snapshot!(name, out);
        });
    }
}
