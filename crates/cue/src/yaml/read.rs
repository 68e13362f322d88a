//! YAML text to data.

use super::scalar;
use crate::data::{Data, DataValue, Fields, Labels, Origin, join};
use cue_syntax::{Diagnostic, Label, Source, SourceId, Span};
use granit_parser::{Event, Parser, Placement, ScalarStyle, Tag};
use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use std::sync::Arc;

/// Nodes that aliases may add, whatever the size of the document…
const ALIAS_ALLOWANCE: usize = 100_000;
/// …and for every node that is written out.
const ALIAS_FACTOR: usize = 100;
/// Collections may be nested this deep.
const MAX_DEPTH: usize = 500;

/// Where and why a text is not YAML, or not data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {message}")]
pub struct YamlError {
    /// One phrase without a position.
    pub message: String,
    /// First byte concerned.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line from 1.
    pub line: usize,
    /// Column from 1, in characters.
    pub column: usize,
}

/// Reads a text of one document; no document is null.
///
/// # Errors
/// When it is not YAML, or has more than one document.
pub fn parse(text: &str) -> Result<Data, YamlError> {
    let documents = Reader::new(text, None).documents()?;
    if let Some(second) = documents.get(1) {
        return Err(located(text, "expected a single YAML document".to_owned(), second.1, second.1));
    }
    Ok(documents.into_iter().next().map_or_else(|| DataValue::Null.into(), |(data, _)| data))
}

/// Reads all documents; an empty text is one null.
///
/// # Errors
/// When it is not YAML.
pub fn parse_stream(text: &str) -> Result<Vec<Data>, YamlError> {
    Ok(or_null(Reader::new(text, None).documents()?))
}

/// Reads all documents of a file; every node knows its place, its path in the document and the comments above it.
///
/// The spans are offsets in `source`; their source id has no meaning.
///
/// # Errors
/// When it is not YAML.
pub fn read(source: &Arc<Source>) -> Result<Vec<Data>, Vec<Diagnostic>> {
    match Reader::new(&source.text, Some(source)).documents() {
        Ok(documents) => Ok(or_null(documents)),
        Err(error) => {
            let mut diagnostic = Diagnostic::error("yaml/syntax", format!("invalid YAML: {}", error.message));
            let (start, end) = (error.start as u32, error.end as u32);
            diagnostic.labels.push(Label { source: source.clone(), start, end, text: String::new() });
            Err(vec![diagnostic])
        }
    }
}

fn or_null(documents: Vec<(Data, usize)>) -> Vec<Data> {
    if documents.is_empty() {
        return vec![DataValue::Null.into()];
    }
    documents.into_iter().map(|(data, _)| data).collect()
}

fn located(text: &str, message: String, start: usize, end: usize) -> YamlError {
    let before = text.get(..start).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    YamlError { message, start, end: end.max(start), line, column }
}

/// A collection under construction.
struct Frame {
    collection: Collection,
    anchor: usize,
    start: usize,
    doc: Vec<SmolStr>,
    /// How long the path was before it.
    mark: usize,
    /// Nodes in it, itself included.
    nodes: usize,
}

enum Collection {
    List(Vec<Data>),
    Map { fields: Fields, merged: FxHashSet<SmolStr>, key: Option<Key> },
}

enum Key {
    /// A field.
    Name(SmolStr),
    /// `<<`
    Merge,
}

struct Anchored {
    /// `None` while the node is still being read.
    node: Option<Data>,
    nodes: usize,
}

struct Reader<'a> {
    text: &'a str,
    source: Option<&'a Arc<Source>>,
    stack: Vec<Frame>,
    anchors: FxHashMap<usize, Anchored>,
    comments: Vec<SmolStr>,
    path: String,
    written: usize,
    expanded: usize,
    documents: Vec<(Data, usize)>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, source: Option<&'a Arc<Source>>) -> Self {
        Reader {
            text,
            source,
            stack: Vec::new(),
            anchors: FxHashMap::default(),
            comments: Vec::new(),
            path: String::new(),
            written: 0,
            expanded: 0,
            documents: Vec::new(),
        }
    }

    fn documents(mut self) -> Result<Vec<(Data, usize)>, YamlError> {
        let options = granit_parser::options! {
            emit_comments: self.source.is_some(),
            max_buffered_comment_events: 1 << 20,
            block_nesting_limit: MAX_DEPTH / 2,
            flow_nesting_limit: MAX_DEPTH / 2,
        };
        for next in Parser::new_from_str_with_options(self.text, options) {
            let (event, span) = next.map_err(|e| {
                let at = e.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
                located(self.text, e.info(), at, at)
            })?;
            let range = span.byte_range().unwrap_or(0..0);
            self.event(event, range.start, range.end).map_err(|m| located(self.text, m, range.start, range.end))?;
        }
        Ok(self.documents)
    }

    fn event(&mut self, event: Event<'_>, start: usize, end: usize) -> Result<(), String> {
        match event {
            // A comment beside something says nothing about what follows.
            Event::Comment(_, Placement::Right) => {}
            Event::Comment(text, _) => self.comments.push(SmolStr::new(text)),
            Event::Scalar(text, style, anchor, tag) => {
                self.written += 1;
                if self.takes_key() {
                    return self.key(&text, style, anchor, tag.as_deref());
                }
                let value = self.scalar(&text, style, tag.as_deref())?;
                let doc = std::mem::take(&mut self.comments);
                let data = self.node(value, start, end, doc);
                if anchor != 0 {
                    self.anchors.insert(anchor, Anchored { node: Some(data.clone()), nodes: 1 });
                }
                self.put(data, 1, start)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(Collection::List(Vec::new()), anchor, tag.as_deref(), start, "!!seq")?;
            }
            Event::MappingStart(_, anchor, tag) => {
                let map = Collection::Map { fields: Fields::default(), merged: FxHashSet::default(), key: None };
                self.open(map, anchor, tag.as_deref(), start, "!!map")?;
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(end)?,
            Event::Alias(id) => self.alias(id, start)?,
            Event::UnresolvedAlias(name) => return Err(format!("unknown anchor {name:?}")),
            Event::DocumentStart(..) => {
                self.anchors.clear();
                self.path.clear();
            }
            // Ends of documents and of the stream, and what we did not ask for.
            _ => {}
        }
        Ok(())
    }

    /// Whether the next node is the key of a map.
    fn takes_key(&self) -> bool {
        matches!(self.stack.last(), Some(Frame { collection: Collection::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, text: &str, style: ScalarStyle, anchor: usize, tag: Option<&Tag>) -> Result<(), String> {
        let name = SmolStr::new(match (style, tag, text) {
            (ScalarStyle::Plain, None, "" | "~" | "Null" | "NULL") => "null",
            _ => text,
        });
        if let Some(tag) = tag {
            core_tag(tag)?;
        }
        if anchor != 0 {
            let value = self.scalar(text, style, tag)?;
            self.anchors.insert(anchor, Anchored { node: Some(value.into()), nodes: 1 });
        }
        let merge = text == "<<"
            && match tag {
                None => style == ScalarStyle::Plain,
                Some(tag) => core_tag(tag)?.is_some_and(|t| t == "merge"),
            };
        self.set_key(if merge { Key::Merge } else { Key::Name(name) });
        Ok(())
    }

    fn set_key(&mut self, given: Key) {
        if self.source.is_some()
            && let Key::Name(name) = &given
        {
            join::push_name(&mut self.path, name);
        }
        if let Some(Frame { collection: Collection::Map { key, .. }, .. }) = self.stack.last_mut() {
            *key = Some(given);
        }
    }

    fn scalar(&self, text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Result<DataValue, String> {
        match tag.map(core_tag).transpose()?.flatten() {
            Some(tag) => scalar::tagged(tag, text),
            None if style == ScalarStyle::Plain => {
                if text == "<<" {
                    return Err("`<<` is a key that merges maps: quote it to make it a string".to_owned());
                }
                scalar::plain(text)
            }
            None => Ok(DataValue::String(SmolStr::new(text))),
        }
    }

    fn open(
        &mut self,
        collection: Collection,
        anchor: usize,
        tag: Option<&Tag>,
        start: usize,
        kind: &str,
    ) -> Result<(), String> {
        if self.takes_key() {
            return Err(format!("invalid map key: {kind}"));
        }
        if let Some(tag) = tag {
            core_tag(tag)?;
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(format!("nested deeper than {MAX_DEPTH} levels"));
        }
        self.written += 1;
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: None, nodes: 0 });
        }
        self.push_item();
        let doc = std::mem::take(&mut self.comments);
        let mark = self.path.len();
        self.stack.push(Frame { collection, anchor, start, doc, mark, nodes: 1 });
        Ok(())
    }

    /// Adds `[i]` to the path when the next node is an element.
    fn push_item(&mut self) {
        if self.source.is_some()
            && let Some(Frame { collection: Collection::List(items), mark, .. }) = self.stack.last()
        {
            let (mark, index) = (*mark, items.len());
            self.path.truncate(mark);
            join::push_index(&mut self.path, index);
        }
    }

    fn close(&mut self, end: usize) -> Result<(), String> {
        // The parser pairs starts and ends.
        let Some(frame) = self.stack.pop() else { return Ok(()) };
        self.path.truncate(frame.mark);
        let value = match frame.collection {
            Collection::List(items) => DataValue::List(items),
            Collection::Map { fields, .. } => DataValue::Struct(fields),
        };
        let data = self.node(value, frame.start, end, frame.doc);
        if frame.anchor != 0 {
            self.anchors.insert(frame.anchor, Anchored { node: Some(data.clone()), nodes: frame.nodes });
        }
        self.put(data, frame.nodes, frame.start)
    }

    fn alias(&mut self, id: usize, start: usize) -> Result<(), String> {
        let Some(Anchored { node, nodes }) = self.anchors.get(&id) else {
            return Err("unknown anchor".to_owned());
        };
        let Some(data) = node.clone() else {
            return Err("the anchored value contains itself".to_owned());
        };
        let nodes = *nodes;
        self.expanded += nodes;
        if self.expanded > ALIAS_ALLOWANCE + ALIAS_FACTOR * self.written {
            return Err("the aliases of the document expand to too many values".to_owned());
        }
        if self.takes_key() {
            let name = match &data.value {
                DataValue::String(s) => s.clone(),
                DataValue::Number(n) => SmolStr::new(n.to_json()),
                DataValue::Bool(b) => SmolStr::new(b.to_string()),
                DataValue::Null => SmolStr::new("null"),
                _ => return Err("invalid map key: not a scalar".to_owned()),
            };
            self.set_key(Key::Name(name));
            return Ok(());
        }
        self.put(data, nodes, start)
    }

    fn node(&mut self, value: DataValue, start: usize, end: usize, doc: Vec<SmolStr>) -> Data {
        let origin = self.source.map(|source| {
            self.push_item();
            let span = Span { source: SourceId(0), start: start as u32, end: end.max(start) as u32 };
            Arc::new(Origin { source: source.clone(), span, path: Some(self.path.clone()), doc })
        });
        Data { value, labels: Labels::NONE, origin }
    }

    /// Hands a finished node to the collection that it is in, or to the documents.
    fn put(&mut self, data: Data, nodes: usize, start: usize) -> Result<(), String> {
        let Some(frame) = self.stack.last_mut() else {
            self.documents.push((data, start));
            return Ok(());
        };
        frame.nodes += nodes;
        self.path.truncate(frame.mark);
        match &mut frame.collection {
            Collection::List(items) => {
                items.push(data);
                Ok(())
            }
            Collection::Map { fields, merged, key } => match key.take() {
                Some(Key::Name(name)) => {
                    if merged.remove(&name) {
                        fields.insert(name, data);
                        return Ok(());
                    }
                    join::insert(fields, name, data)
                }
                Some(Key::Merge) => merge(fields, merged, data),
                // A collection as key is refused when it opens.
                None => Err("invalid map key".to_owned()),
            },
        }
    }
}

/// Adds the fields of a map, or of a list of maps, that are not there yet.
fn merge(fields: &mut Fields, merged: &mut FxHashSet<SmolStr>, data: Data) -> Result<(), String> {
    let maps = match data.value {
        DataValue::List(items) => items,
        value => vec![Data::from(value)],
    };
    for map in maps {
        let DataValue::Struct(more) = map.value else {
            return Err("`<<` takes a map or a list of maps".to_owned());
        };
        for (name, value) in more {
            if !fields.contains_key(&name) {
                merged.insert(name.clone());
                fields.insert(name, value);
            }
        }
    }
    Ok(())
}

/// The last part of a tag of YAML's own namespace; `None` for the tag `!`, which says nothing.
fn core_tag(tag: &Tag) -> Result<Option<&str>, String> {
    match (tag.handle(), tag.suffix()) {
        ("tag:yaml.org,2002:", suffix) => Ok(Some(suffix)),
        ("", suffix) if suffix.starts_with("tag:yaml.org,2002:") => Ok(suffix.strip_prefix("tag:yaml.org,2002:")),
        ("!", "") | ("", "!" | "") => Ok(None),
        (handle, suffix) => Err(format!("unknown tag {handle}{suffix}")),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
mod tests {
    use super::*;
    use crate::json::{Style, write};

    fn json(text: &str) -> String {
        match parse_stream(text) {
            Ok(documents) => {
                documents.iter().map(|d| write(d, Style::Compact).unwrap()).collect::<Vec<_>>().join(" --- ")
            }
            Err(e) => format!("error at {e}"),
        }
    }

    #[test]
    fn structure() {
        let cases = [
            "a: 1\nb: [x, {c: ~}]\n",
            "a:\n- 1\n-\n",
            "a: &x {b: 1}\nc: *x\n",
            "a: &x {b: 1, e: 3}\nc:\n  <<: *x\n  d: 2\n  b: 4\n",
            "a: {b: 2, <<: [{b: 1, c: 3}, {c: 4}]}",
            "'<<': 1",
            "a: 1\na: 1\n",
            "a: 1\na: 2\n",
            "a: {b: 1}\na: {c: 2}\n",
            "a: *z",
            "a: &a [*a]",
            "? [a]\n: b",
            "&k a: 1\nb: *k\n",
            "a: !foo 5",
            "a: ! 5",
            "a: !<tag:yaml.org,2002:str> 5",
            "a: !!set {x, y}",
            "",
            "# only a comment",
            "a: 1\n---\n# nothing\n",
            "---\na: 1\n---\nb: 2\n...\n",
            "%YAML 1.1\n---\na: yes\n",
            "true: 1\n1.50: 2\n~: 3\n",
            "a: |\n  x\n   y\nb: >-\n  c\n  d\ne: \"f\\\n  g\"\n",
            "a: 1\n b: 2",
            "a: [",
            "a: 'x",
            "a:\n\t- b",
            "{\"a\": \"\\u00e9\", \"b\": [1, 2]}",
            "\u{feff}a: 1",
        ];
        let shown: Vec<String> = cases.iter().map(|text| format!("{text:?}\n    {}", json(text))).collect();
        insta::assert_snapshot!(shown.join("\n"));
    }

    #[test]
    fn one_document_is_asked_for() {
        assert_eq!(parse("a: 1\n---\nb: 2\n").unwrap_err().to_string(), "3:1: expected a single YAML document");
        assert_eq!(parse("").unwrap().value, DataValue::Null);
    }

    #[test]
    fn nodes_know_their_place_path_and_comments() {
        let source = Source::new(
            "app.yaml",
            "spec:\n  # +usage=all of them\n  components: # beside\n    - name: web\n      # the image\n      image.name: nginx\n",
        );
        let documents = read(&source).unwrap();
        let mut lines = Vec::new();
        fn walk(data: &Data, lines: &mut Vec<String>) {
            let origin = data.origin.clone().unwrap();
            let (line, column) = origin.source.line_column(origin.span.start);
            let text = origin.source.text.get(origin.span.start as usize..origin.span.end as usize).unwrap();
            lines.push(format!("{}: {line}:{column} {text:?} {:?}", origin.path.clone().unwrap(), origin.doc));
            match &data.value {
                DataValue::List(items) => items.iter().for_each(|d| walk(d, lines)),
                DataValue::Struct(fields) => fields.values().for_each(|d| walk(d, lines)),
                _ => {}
            }
        }
        for document in &documents {
            walk(document, &mut lines);
        }
        insta::assert_snapshot!(lines.join("\n"));
    }

    #[test]
    fn aliases_cannot_expand_without_bound() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let previous = format!("*a{}", i - 1);
            text.push_str(&format!("a{i}: &a{i} [{}]\n", vec![previous; 10].join(", ")));
        }
        match parse(&text) {
            Err(e) => assert_eq!(e.message, "the aliases of the document expand to too many values"),
            Ok(_) => panic!("expanded"),
        }
        assert!(parse(&"[".repeat(100_000)).is_err());
        assert!(parse(&"- ".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_data_or_an_error(text in "[-a:\\[\\]{}&*!|>'\"# \n,?<.0-9]{0,60}") {
            let _ = parse_stream(&text).map(|d| d.len());
        }
    }
}
