//! A definition as a CUE file: one field with its metadata, and `template`.

use super::{Loaded, Provenance, actions, attributes, literal, outdated};
use crate::builtin::Packages;
use cue::{DataOptions, Inputs, Instance, Limits, Selector};
use cue_syntax::ast::{Decl, Expr, Field, File, StructLit};
use cue_syntax::{Diagnostic, Source, Sources, Span};
use model::definition::{DefinitionSpec, Template};
use model::{Definition, DefinitionKind, labels};
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Reads a definition file, with what is wrong in it and does not keep it from being looked at further.
pub(super) fn examine(
    source: Arc<Source>,
    provenance: Provenance,
) -> Result<(Loaded, Vec<Diagnostic>), Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let mut sources = Sources::default();
    let id = sources.add(source.clone());
    let parsed = cue_syntax::parse_file(&source, id);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let Some(file) = parsed.tree else { return Err(vec![empty(&source)]) };
    let mut template = None;
    let mut metadata: Vec<(String, &Field)> = Vec::new();
    for decl in &file.decls {
        let Decl::Field(field) = decl else { continue };
        match literal::label(&field.label) {
            Some("template") => template = Some(field),
            Some(name) => metadata.push((name.to_owned(), field)),
            None => {}
        }
    }
    let (name, field) = match metadata.as_slice() {
        [(name, field)] => (name.clone(), *field),
        [] => return Err(vec![empty(&source)]),
        [(first, _), (second, field), ..] => {
            return Err(vec![
                Diagnostic::error(
                    "render/definition-metadata",
                    format!("the file has two definitions, \"{first}\" and \"{second}\""),
                )
                .at(&sources, field.label.span(), "the second one")
                .help("write one definition a file; fields of a template belong into `template: {…}`"),
            ]);
        }
    };
    let mut definition = metadata_of(&name, field, &file, &sources, &mut problems)?;
    let body = match template.map(|t| &t.value) {
        Some(Expr::Struct(body)) => Some(body.clone()),
        None => None,
        Some(other) => {
            return Err(vec![
                Diagnostic::error("render/definition-template", format!("`template` of \"{name}\" is no struct"))
                    .at(&sources, template.map_or(field.span, |t| t.span), describe(other))
                    .help("write `template: {…}`"),
            ]);
        }
    };
    let text = body.as_ref().map(|body| template_text(&source, &file, body));
    if let Some((text, first_line)) = text {
        definition.template = Some(Template { source: Source::new(source.name.clone(), text), first_line });
    }
    let tree = File {
        source: file.source,
        attributes: Vec::new(),
        package: None,
        imports: file.imports,
        decls: body.map(|b| b.decls).unwrap_or_default(),
        comments: file.comments,
    };
    finish(definition, provenance, tree, sources, &source.text).map(|loaded| (loaded, problems))
}

/// Reads the template of a definition that came as an object.
pub(super) fn read_template(definition: Definition, provenance: Provenance) -> Result<Loaded, Vec<Diagnostic>> {
    let mut sources = Sources::default();
    let source = match &definition.template {
        Some(template) => template.source.clone(),
        None => Source::new(definition.name.clone(), ""),
    };
    let id = sources.add(source.clone());
    let parsed = cue_syntax::parse_file(&source, id);
    if !parsed.diagnostics.is_empty() {
        return Err(parsed.diagnostics);
    }
    let tree = parsed.tree.unwrap_or(File {
        source: id,
        attributes: Vec::new(),
        package: None,
        imports: Vec::new(),
        decls: Vec::new(),
        comments: Vec::new(),
    });
    finish(definition, provenance, tree, sources, &source.text)
}

fn finish(
    definition: Definition,
    provenance: Provenance,
    tree: File,
    sources: Sources,
    text: &str,
) -> Result<Loaded, Vec<Diagnostic>> {
    let mut template = tree;
    let problems = actions::check(&template, &sources);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut warnings = outdated::rewrite(&mut template, &sources);
    warnings.extend(no_calls(&template, &sources));
    let key = Sha256::digest(text.as_bytes()).into();
    Ok(Loaded { definition, provenance, template, sources, warnings, key, revision: None })
}

/// `processing.http` called a server while rendering; that is not done here, and what reads its result waits in vain.
fn no_calls(template: &File, sources: &Sources) -> Option<Diagnostic> {
    let field = template.decls.iter().find_map(|d| match d {
        Decl::Field(field) if literal::label(&field.label) == Some("processing") => Some(field),
        _ => None,
    })?;
    Some(
        Diagnostic::warning("render/processing", "`processing.http` is not called: rendering opens no connection")
            .at(sources, field.label.span(), "not called")
            .help("ask in a step of the workflow, and hand the result over with `outputs` and `inputs`"),
    )
}

fn empty(source: &Arc<Source>) -> Diagnostic {
    Diagnostic::error("render/definition-metadata", format!("{} holds no definition", source.name))
        .help("a definition file has a field with the definition's name, `type` and `attributes` in it, and `template`")
}

fn describe(_: &Expr) -> &'static str {
    "this is no struct literal"
}

/// The text of a template as objects store it: the imports, then what stands between the braces. With it the number of
/// lines of the file that stand before the body.
fn template_text(source: &Source, file: &File, body: &StructLit) -> (String, u32) {
    let slice = |span: Span| source.text.get(span.start as usize..span.end as usize).unwrap_or_default();
    let mut text = String::new();
    for import in &file.imports {
        text.push_str("import ");
        text.push_str(slice(import.span));
        text.push('\n');
    }
    let added = text.matches('\n').count();
    let inner = slice(body.span).trim_start_matches('{').trim_end_matches('}');
    text.push_str(inner);
    let before = source.text.get(..body.span.start as usize).unwrap_or_default().matches('\n').count();
    (text, before.saturating_sub(added) as u32)
}

fn metadata_of(
    name: &str,
    field: &Field,
    file: &File,
    sources: &Sources,
    problems: &mut Vec<Diagnostic>,
) -> Result<Definition, Vec<Diagnostic>> {
    let here = |message: String, help: &str| {
        Diagnostic::error("render/definition-metadata", message).at(sources, field.label.span(), "").help(help)
    };
    let values = match literal::value(&field.value) {
        Some(Value::Object(map)) => map,
        Some(_) => {
            return Err(vec![here(format!("the metadata of \"{name}\" are no struct"), "write `name: {type: …}`")]);
        }
        None => evaluated(name, field, file, sources)?,
    };
    let word = values.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some(kind) = DefinitionKind::parse(word) else {
        let message = match word {
            "" => format!("definition \"{name}\" has no `type`"),
            _ => format!("definition \"{name}\" has the unknown type \"{word}\""),
        };
        return Err(vec![here(message, "one of component, trait, policy, workflow-step, workload")]);
    };
    let strings = |key: &str| -> Vec<(String, String)> {
        let map = values.get(key).and_then(Value::as_object);
        map.into_iter()
            .flatten()
            .map(|(k, v)| {
                let key = if k.contains("oam.dev") { k.clone() } else { format!("{}{k}", super::CUSTOM_LABEL) };
                (key, v.as_str().map_or_else(|| v.to_string(), str::to_owned))
            })
            .collect()
    };
    let mut definition = Definition {
        kind,
        name: name.to_owned(),
        namespace: String::new(),
        labels: strings("labels").into_iter().collect(),
        annotations: strings("annotations").into_iter().collect(),
        spec: DefinitionSpec::default(),
        template: None,
    };
    for (key, annotation) in [("alias", labels::DEFINITION_ALIAS), ("description", labels::DEFINITION_DESCRIPTION)] {
        if let Some(text) = values.get(key).and_then(Value::as_str).filter(|t| !t.is_empty()) {
            definition.annotations.insert(annotation.to_owned(), text.to_owned());
        }
    }
    if let Some(attributes) = values.get("attributes") {
        problems.extend(attributes::check(kind, name, attributes, field, sources));
        definition.spec = DefinitionSpec::deserialize(attributes).map_err(|e| {
            vec![here(
                format!("the attributes of \"{name}\" cannot be read: {e}"),
                "see the definition's kind for its attributes",
            )]
        })?;
    }
    Ok(definition)
}

/// Metadata that are more than literals: evaluated with the file's imports. A status text that is written as a struct is
/// taken as its own text.
fn evaluated(name: &str, field: &Field, file: &File, sources: &Sources) -> Result<Map<String, Value>, Vec<Diagnostic>> {
    let mut field = field.clone();
    if let Expr::Struct(s) = &mut field.value {
        status_texts(s, sources, 0);
    }
    if let Some(Value::Object(map)) = literal::value(&field.value) {
        return Ok(map);
    }
    let used = File {
        source: file.source,
        attributes: Vec::new(),
        package: None,
        imports: Vec::new(),
        decls: vec![Decl::Field(field)],
        comments: Vec::new(),
    };
    let instance = Instance { sources: sources.clone(), files: vec![used], ..Instance::default() };
    let program = cue::compile(&Packages, instance)?;
    let evaluation = program.evaluate(Inputs::default(), &Limits::trusted());
    let data = evaluation.lookup(&[Selector::Field(name.into())]).data(&DataOptions::default())?;
    match cue::json::to_value(&data) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(vec![Diagnostic::error(
            "render/definition-metadata",
            format!("the metadata of \"{name}\" are no struct"),
        )]),
    }
}

/// Turns `healthPolicy: {…}` and its siblings below `attributes.status` into text.
fn status_texts(s: &mut StructLit, sources: &Sources, depth: u8) {
    for decl in &mut s.decls {
        let Decl::Field(field) = decl else { continue };
        let Some(name) = literal::label(&field.label).map(str::to_owned) else { continue };
        let Expr::Struct(inner) = &mut field.value else { continue };
        match (depth, name.as_str()) {
            (0, "attributes") | (1, "status") => status_texts(inner, sources, depth + 1),
            (2, "healthPolicy" | "customStatus" | "details") => {
                let text = sources
                    .get(inner.span.source)
                    .and_then(|source| source.text.get(inner.span.start as usize..inner.span.end as usize))
                    .unwrap_or_default();
                let text = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')).unwrap_or(text);
                let (span, text) = (inner.span, text.to_owned());
                field.value = Expr::String(cue_syntax::ast::StringLit {
                    value: cue_syntax::ast::Text::String(text.into()),
                    span,
                    multiline: true,
                    hashes: 0,
                });
            }
            _ => {}
        }
    }
}
