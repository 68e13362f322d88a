//! Answers in the protocol's terms.

use super::files;
use authoring::lsp::position::{self, Encoding};
use authoring::lsp::{ItemKind, Place, Workspace};
use cue_syntax::{Diagnostic, Label, Severity};
use lsp_types::{
    CompletionParams, DefinitionParams, DocumentFormattingParams, HoverParams, Position, PrepareRenameParams, Range,
    ReferenceParams, RenameParams, TextDocumentPositionParams,
};
use serde_json::{Value, json};

/// The workspace as it is, asked.
pub(super) struct Answers<'w> {
    pub(super) workspace: &'w Workspace,
    pub(super) encoding: Encoding,
}

/// The byte offset of a position.
pub(super) fn offset(text: &str, at: Position, encoding: Encoding) -> usize {
    position::offset(text, position::Position { line: at.line, column: at.character }, encoding)
}

impl Answers<'_> {
    fn range(&self, text: &str, start: usize, end: usize) -> Range {
        let at = |offset| {
            let found = position::position(text, offset, self.encoding);
            Position { line: found.line, character: found.column }
        };
        Range { start: at(start), end: at(end) }
    }

    /// The document and the offset that a request is about.
    fn place<'p>(&self, p: &'p TextDocumentPositionParams) -> Option<(&'p str, &str, usize)> {
        let uri = p.text_document.uri.0.as_str();
        let text = self.workspace.source(uri)?.text.as_str();
        Some((uri, text, offset(text, p.position, self.encoding)))
    }

    pub(super) fn diagnostics(&self, uri: &str) -> Vec<Value> {
        let found = self.workspace.diagnostics(uri);
        found.iter().map(|d| self.diagnostic(uri, d)).collect()
    }

    fn diagnostic(&self, uri: &str, d: &Diagnostic) -> Value {
        let here = d.labels.first();
        let range = here.map_or(Range::default(), |l| self.range(&l.source.text, l.start as usize, l.end as usize));
        let mut message = match d.path.as_deref().filter(|p| !p.is_empty()) {
            Some(path) => format!("{path}: {}", d.message),
            None => d.message.clone(),
        };
        if let Some(text) = here.map(|l| l.text.as_str()).filter(|t| !t.is_empty()) {
            message.push_str(&format!(" ({text})"));
        }
        if let Some(help) = &d.help {
            message.push_str(&format!("\nhelp: {help}"));
        }
        let related: Vec<Value> = d
            .labels
            .iter()
            .skip(1)
            .map(|l| (l, if l.text.is_empty() { "together with this" } else { l.text.as_str() }))
            .chain(d.related.iter().filter_map(|r| Some((r.labels.first()?, r.message.as_str()))))
            .filter_map(|(label, text)| self.related(uri, label, text))
            .collect();
        json!({
            "range": range,
            "severity": match d.severity { Severity::Error => 1, Severity::Warning => 2, Severity::Advice => 3 },
            "code": d.code,
            "source": "lateen",
            "message": message,
            "relatedInformation": related,
        })
    }

    fn related(&self, uri: &str, label: &Label, text: &str) -> Option<Value> {
        let other = if label.source.name == uri { uri.to_owned() } else { files::uri_of(&label.source)? };
        let range = self.range(&label.source.text, label.start as usize, label.end as usize);
        Some(json!({"location": {"uri": other, "range": range}, "message": text}))
    }

    pub(super) fn hover(&self, p: &HoverParams) -> Value {
        let Some((uri, text, at)) = self.place(&p.text_document_position_params) else { return Value::Null };
        match self.workspace.hover(uri, at) {
            Some(found) => json!({
                "contents": {"kind": "markdown", "value": found.text},
                "range": self.range(text, found.start, found.end),
            }),
            None => Value::Null,
        }
    }

    pub(super) fn completion(&self, p: &CompletionParams) -> Value {
        let Some((uri, text, at)) = self.place(&p.text_document_position_params) else { return json!([]) };
        let found = self.workspace.complete(uri, at);
        let range = self.range(text, found.start, found.end);
        let items: Vec<Value> = found
            .items
            .iter()
            .enumerate()
            .map(|(number, item)| {
                json!({
                    "label": item.label,
                    "kind": kind(item.kind),
                    "detail": item.detail,
                    "documentation": item.usage,
                    "preselect": item.required,
                    // Editors sort by this text; what has to be given comes first.
                    "sortText": format!("{}{number:05}", u8::from(!item.required)),
                    "filterText": item.label,
                    "textEdit": {"range": range, "newText": item.insert},
                })
            })
            .collect();
        json!({"isIncomplete": false, "items": items})
    }

    fn locations(&self, places: Vec<Place>, uri: &str) -> Value {
        let one = |place: Place| {
            let own = place.source.name == uri || self.workspace.source(&place.source.name).is_some();
            let target = if own { place.source.name.clone() } else { files::uri_of(&place.source)? };
            Some(json!({"uri": target, "range": self.range(&place.source.text, place.start, place.end)}))
        };
        Value::Array(places.into_iter().filter_map(one).collect())
    }

    pub(super) fn definition(&self, p: &DefinitionParams) -> Value {
        let Some((uri, _, at)) = self.place(&p.text_document_position_params) else { return Value::Null };
        self.locations(self.workspace.declaration(uri, at), uri)
    }

    pub(super) fn references(&self, p: &ReferenceParams) -> Value {
        let Some((uri, _, at)) = self.place(&p.text_document_position_params) else { return Value::Null };
        self.locations(self.workspace.occurrences(uri, at), uri)
    }

    pub(super) fn prepare_rename(&self, p: &PrepareRenameParams) -> Value {
        let Some((uri, text, at)) = self.place(&p.text_document_position_params) else { return Value::Null };
        let places = self.workspace.occurrences(uri, at);
        match places.iter().find(|place| place.start <= at && at <= place.end) {
            Some(place) => json!(self.range(text, place.start, place.end)),
            None => Value::Null,
        }
    }

    pub(super) fn rename(&self, p: &RenameParams) -> Result<Value, String> {
        let Some((uri, text, at)) = self.place(&p.text_document_position_params) else {
            return Err("the document is not open".to_owned());
        };
        let edits = self.workspace.rename(uri, at, &p.new_name)?;
        let edits: Vec<Value> =
            edits.iter().map(|e| json!({"range": self.range(text, e.start, e.end), "newText": e.text})).collect();
        Ok(json!({"changes": {uri: edits}}))
    }

    pub(super) fn formatting(&self, p: &DocumentFormattingParams) -> Value {
        let uri = p.text_document.uri.0.as_str();
        let Some(source) = self.workspace.source(uri) else { return Value::Null };
        match self.workspace.format(uri) {
            Some(text) if text == source.text => json!([]),
            Some(text) => json!([{"range": self.range(&source.text, 0, source.text.len()), "newText": text}]),
            None => Value::Null,
        }
    }
}

/// The protocol's number of a kind.
fn kind(kind: ItemKind) -> u8 {
    match kind {
        ItemKind::Function => 3,
        ItemKind::Field => 5,
        ItemKind::Variable => 6,
        ItemKind::Type => 7,
        ItemKind::Package => 9,
        ItemKind::Value => 12,
    }
}
