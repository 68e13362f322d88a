//! TOML to data and back.

mod write;

pub use write::write;

use crate::data::{Data, DataValue, Fields, Labels, Origin};
use crate::number::{Number, NumberKind};
use cue_syntax::{Diagnostic, Label, Source, SourceId, Span};
use std::ops::Range;
use std::sync::Arc;
use toml_edit::{Document, Item, Table, TableLike, Value};

/// Tables may be nested this deep.
const MAX_DEPTH: usize = 200;

/// Reads a document; every value knows its place. Dates and times become strings.
///
/// # Errors
/// When it is not TOML.
pub fn read(source: &Arc<Source>) -> Result<Data, Vec<Diagnostic>> {
    let problem = |message: String, span: Option<Range<usize>>| {
        let span = span.unwrap_or(0..0);
        let label =
            Label { source: source.clone(), start: span.start as u32, end: span.end as u32, text: String::new() };
        let mut d = Diagnostic::error("toml/syntax", message);
        d.labels.push(label);
        vec![d]
    };
    let document =
        Document::parse(source.text.as_str()).map_err(|e| problem(e.message().trim().to_owned(), e.span()))?;
    table(document.as_table(), source, 0).map_err(|message| problem(message, None))
}

fn placed(value: DataValue, span: Option<Range<usize>>, source: &Arc<Source>) -> Data {
    let origin = span.map(|span| {
        Arc::new(Origin {
            source: source.clone(),
            span: Span { source: SourceId(0), start: span.start as u32, end: span.end as u32 },
            path: None,
            doc: Vec::new(),
        })
    });
    Data { value, labels: Labels::NONE, origin }
}

fn table(t: &Table, source: &Arc<Source>, depth: usize) -> Result<Data, String> {
    Ok(placed(members(t, source, depth)?, t.span(), source))
}

fn members(t: &dyn TableLike, source: &Arc<Source>, depth: usize) -> Result<DataValue, String> {
    if depth > MAX_DEPTH {
        return Err(format!("tables are nested deeper than {MAX_DEPTH}"));
    }
    let mut fields = Fields::default();
    for (key, item) in t.iter() {
        let data = match item {
            Item::None => continue,
            Item::Value(v) => value(v, source, depth + 1)?,
            Item::Table(t) => table(t, source, depth + 1)?,
            Item::ArrayOfTables(all) => {
                let items: Result<Vec<Data>, String> = all.iter().map(|t| table(t, source, depth + 1)).collect();
                placed(DataValue::List(items?), all.span(), source)
            }
        };
        fields.insert(key.into(), data);
    }
    Ok(DataValue::Struct(fields))
}

fn value(v: &Value, source: &Arc<Source>, depth: usize) -> Result<Data, String> {
    let data = match v {
        Value::String(s) => DataValue::String(s.value().into()),
        Value::Integer(n) => DataValue::Number(Number::from(*n.value())),
        Value::Float(f) => {
            let written = f.span().and_then(|span| source.text.get(span)).map(|t| t.replace(['_', '+'], ""));
            let exact = written.and_then(|text| Number::parse_json(&text)).map(|n| n.with_kind(NumberKind::Float));
            let Some(n) = exact.or_else(|| Number::from_f64(*f.value())) else {
                return Err(format!("{} is no number of CUE", f.value()));
            };
            DataValue::Number(n)
        }
        Value::Boolean(b) => DataValue::Bool(*b.value()),
        Value::Datetime(t) => DataValue::String(t.value().to_string().into()),
        Value::Array(items) => {
            if depth > MAX_DEPTH {
                return Err(format!("arrays are nested deeper than {MAX_DEPTH}"));
            }
            let items: Result<Vec<Data>, String> = items.iter().map(|v| value(v, source, depth + 1)).collect();
            DataValue::List(items?)
        }
        Value::InlineTable(t) => members(t, source, depth + 1)?,
    };
    Ok(placed(data, v.span(), source))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{read, write};
    use crate::json;
    use cue_syntax::Source;

    const TEXT: &str = "name = \"web\"\nports = [80, 443]\nratio = 1.50\nwhen = 2026-01-02\n\n[limits]\ncpu = \"1\"\n\n                        [[env]]\nname = \"A\"\n\n[[env]]\nname = \"B\"\nopen = { a = true }\n";

    #[test]
    fn tables_arrays_and_dates_are_read() {
        let data = read(&Source::new("a.toml", TEXT)).unwrap();
        assert_eq!(
            json::write(&data, json::Style::Compact).unwrap(),
            r#"{"name":"web","ports":[80,443],"ratio":1.50,"when":"2026-01-02","limits":{"cpu":"1"},"env":[{"name":"A"},{"name":"B","open":{"a":true}}]}"#
        );
    }

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let data = read(&Source::new("a.toml", TEXT)).unwrap();
        let again = read(&Source::new("b.toml", write(&data).unwrap())).unwrap();
        let text = |d| json::write(d, json::Style::Compact).unwrap();
        assert_eq!(text(&data), text(&again));
    }

    #[test]
    fn a_mistake_has_its_place() {
        let found = read(&Source::new("a.toml", "a = 1\na = 2\n")).unwrap_err();
        assert_eq!(found.iter().flat_map(|d| &d.labels).map(|l| l.start).collect::<Vec<_>>(), [6]);
    }
}
