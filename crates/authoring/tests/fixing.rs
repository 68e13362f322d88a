//! `def fix` over the cases of older CUE that rendering is held to: what is mended renders to the same objects, keeps its
//! comments, and is mended once.
#![expect(clippy::unwrap_used, reason = "a test reports by panicking")]

use cue_syntax::Source;
use render::{Clusters, Documents, Layers, RenderContext, Renderer, builtin::Builtins};
use std::path::Path;

/// The fenced blocks of a case, with their languages.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some(language) if !open => {
                out.push((language.to_owned(), String::new()));
                open = true;
            }
            Some(_) => open = false,
            None if open => {
                let (_, body) = out.last_mut().unwrap();
                body.push_str(line);
                body.push('\n');
            }
            None => {}
        }
    }
    out
}

fn rendered(files: &[(String, String)]) -> String {
    let mut documents = Documents::default();
    for (i, (language, text)) in files.iter().enumerate() {
        documents.read_definition(&Source::new(format!("{i}.{language}"), text.clone())).unwrap();
    }
    documents.finish();
    let renderer = Renderer::new(Layers(vec![Box::new(documents.definitions.clone()), Box::new(Builtins)]));
    let all = documents.applications.iter().map(|app| {
        match renderer.application(app, &Clusters::Unknown, &RenderContext::default()) {
            Ok(rendered) => render::output::yaml(&rendered),
            Err(problems) => problems.iter().map(|p| format!("{} {}\n", p.code, p.message)).collect(),
        }
    });
    all.collect()
}

#[test]
fn what_was_written_for_older_cue_renders_the_same_when_it_is_mended() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../render/tests/cases");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.sort();
    let mut mended = 0;
    for path in names.iter().filter(|p| p.to_string_lossy().contains("old") && p.extension().is_some_and(|e| e == "md"))
    {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let before: Vec<_> = blocks(&std::fs::read_to_string(path).unwrap())
            .into_iter()
            .filter(|(language, _)| language == "cue" || language == "yaml")
            .collect();
        let mut after = before.clone();
        for (language, text) in &mut after {
            let source = Source::new(format!("case.{language}"), text.clone());
            let Ok(Some(fixed)) = authoring::fix::file(&source) else { continue };
            mended += 1;
            assert!(!fixed.changes.is_empty(), "{name}");
            let comments = |t: &str| t.matches("//").count();
            assert_eq!(comments(&fixed.text), comments(text), "{name}: comments are kept");
            let again = Source::new(source.name.clone(), fixed.text.clone());
            assert_eq!(authoring::fix::file(&again).unwrap(), None, "{name}: a fix is final");
            *text = fixed.text;
        }
        assert_eq!(rendered(&before), rendered(&after), "{name}");
    }
    assert!(mended > 0, "there are outdated definitions among the cases");
}
