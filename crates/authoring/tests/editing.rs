//! What an editor asks at any place of any half-written text is answered, whatever the text is.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use authoring::lsp::Workspace;
use render::DefinitionSource;
use render::builtin::Builtins;

const APP: &str = "apiVersion: core.oam.dev/v1beta1
kind: Application
metadata: {name: shop, labels: {\"a\": 'b'}}
spec:
  components:
  - name: web
    type: webservice
    properties: {image: nginx, ports: [{port: 80, expose: true}], env: [{name: A, value: \"b: c\"}]}
    traits:
    - type: scaler
      properties:
        replicas: 2 # two
  policies:
    - {name: here, type: topology, properties: {clusters: [local]}}
  workflow:
    steps:
      - name: go
        type: deploy
        properties:
          policies: [here]
---
a: |
  text: not a key
é: \"ü
";

/// Asks everything at every place.
fn ask(name: &str, text: &str, every: usize) -> usize {
    let mut workspace = Workspace::default();
    workspace.set(name, text.to_owned());
    let mut answers = workspace.diagnostics(name).len();
    for offset in (0..=text.len()).step_by(every) {
        let completions = workspace.complete(name, offset);
        assert!(completions.start <= completions.end && completions.end <= text.len());
        assert!(text.is_char_boundary(completions.start) && text.is_char_boundary(completions.end), "{offset}");
        answers += completions.items.len();
        answers += workspace.hover(name, offset).iter().count();
        answers += workspace.declaration(name, offset).len();
        for place in workspace.occurrences(name, offset) {
            assert!(place.start <= place.end && place.end <= text.len());
            answers += 1;
        }
    }
    answers + workspace.format(name).iter().count()
}

#[test]
fn every_place_of_an_application() {
    assert!(ask("app.yaml", APP, 1) > 1_000);
    // As it is while it is being typed.
    for end in (0..APP.len()).filter(|end| APP.is_char_boundary(*end)).step_by(37) {
        ask("app.yaml", APP.get(..end).unwrap(), 11);
    }
}

#[test]
fn every_place_of_definitions() {
    for (kind, name) in [
        (model::DefinitionKind::Trait, "env"),
        (model::DefinitionKind::WorkflowStep, "apply-component"),
        (model::DefinitionKind::Component, "task"),
    ] {
        assert!(Builtins.find(kind, name).is_some(), "{name}");
        let text = Builtins::text(kind, name).unwrap();
        assert!(ask("x.cue", text, 41) > 50, "{name}");
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)).step_by(149) {
            ask("x.cue", text.get(..end).unwrap(), 233);
        }
    }
}

#[test]
fn all_built_in_definitions_are_without_errors_for_an_editor() {
    let mut wrong = Vec::new();
    for kind in model::DefinitionKind::ALL {
        for name in Builtins.names(kind) {
            let text = Builtins::text(kind, &name).unwrap();
            let mut workspace = Workspace::default();
            workspace.set("file.cue", text.to_owned());
            let found = workspace.diagnostics("file.cue");
            wrong.extend(found.iter().map(|d| format!("{} {name}: {} {}", kind.word(), d.code, d.message)));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
