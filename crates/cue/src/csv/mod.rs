//! Tables as text: commas between fields, quotes around those that need them (RFC 4180).

use crate::data::{Data, DataValue, Fields};
use crate::json;
use cue_syntax::{Diagnostic, Label, Source};
use smol_str::SmolStr;
use std::sync::Arc;

/// Reads a table whose first line names the columns: a list of structs of strings.
///
/// # Errors
/// Records of different lengths, quotes that are not closed.
pub fn read(source: &Arc<Source>) -> Result<Data, Vec<Diagnostic>> {
    let records = records(&source.text).map_err(|e| {
        let label = Label { source: source.clone(), start: 0, end: 0, text: String::new() };
        let mut d = Diagnostic::error("csv/syntax", e);
        d.labels.push(label);
        vec![d]
    })?;
    let mut records = records.into_iter();
    let names: Vec<SmolStr> = records.next().unwrap_or_default().into_iter().map(SmolStr::from).collect();
    let rows = records.map(|record| {
        let fields: Fields = names.iter().cloned().zip(record.into_iter().map(Data::string)).collect();
        DataValue::Struct(fields).into()
    });
    Ok(DataValue::List(rows.collect()).into())
}

/// Writes a list of structs, with a line of the names of all columns first, or a list of lists.
///
/// # Errors
/// In words, what is no table.
pub fn write(data: &Data) -> Result<String, String> {
    let DataValue::List(rows) = &data.value else { return Err("a table is a list of structs or of lists".to_owned()) };
    let mut names: Vec<&SmolStr> = Vec::new();
    for row in rows {
        if let DataValue::Struct(fields) = &row.value {
            for name in fields.keys() {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
    }
    let mut out = String::new();
    if !names.is_empty() {
        line(&mut out, names.iter().map(|name| Ok(name.to_string())))?;
    }
    for row in rows {
        match &row.value {
            DataValue::Struct(fields) => {
                line(&mut out, names.iter().map(|name| fields.get(name.as_str()).map_or(Ok(String::new()), text)))?;
            }
            DataValue::List(items) => line(&mut out, items.iter().map(text))?,
            _ => return Err("a row of a table is a struct or a list".to_owned()),
        }
    }
    Ok(out)
}

fn line(out: &mut String, fields: impl Iterator<Item = Result<String, String>>) -> Result<(), String> {
    for (i, field) in fields.enumerate() {
        if i > 0 {
            out.push(',');
        }
        quote(out, &field?);
    }
    out.push('\n');
    Ok(())
}

fn text(field: &Data) -> Result<String, String> {
    if field.labels.is_secret() {
        return Ok("***".to_owned());
    }
    match &field.value {
        DataValue::String(s) => Ok(s.to_string()),
        DataValue::Null => Ok(String::new()),
        DataValue::Bytes(b) => Ok(String::from_utf8_lossy(b).into_owned()),
        _ => json::write(field, json::Style::Compact).map_err(|e| e.to_string()),
    }
}

/// Adds a field, in quotes if it needs them.
pub(crate) fn quote(out: &mut String, field: &str) {
    let quote = field == "\\." || field.contains([',', '"', '\r', '\n']) || field.starts_with(char::is_whitespace);
    if quote {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

/// The records of a text; all have as many fields as the first.
///
/// # Errors
/// In words, with the line and the column.
pub(crate) fn records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let text = text.replace("\r\n", "\n");
    let mut records: Vec<Vec<String>> = Vec::new();
    let mut width = None;
    let mut lines = text.split_inclusive('\n').enumerate().map(|(i, line)| (i + 1, line));
    while let Some((number, line)) = lines.next() {
        if line == "\n" {
            continue;
        }
        let mut fields: Vec<String> = Vec::new();
        let (mut rest, mut at, mut start) = (line, number, line);
        loop {
            let column = |rest: &str, start: &str| start.len() - rest.len() + 1;
            let Some(quoted) = rest.strip_prefix('"') else {
                let end = rest.find([',', '\n']).unwrap_or(rest.len());
                let field = rest.get(..end).unwrap_or_default();
                if let Some(quote) = field.find('"') {
                    let column = column(rest, start) + quote;
                    return Err(format!("parse error on line {at}, column {column}: bare \" in non-quoted-field"));
                }
                fields.push(field.to_owned());
                rest = rest.get(end..).unwrap_or_default();
                match rest.strip_prefix(',') {
                    Some(after) => rest = after,
                    None => break,
                }
                continue;
            };
            rest = quoted;
            let mut field = String::new();
            let more = loop {
                let Some(end) = rest.find('"') else {
                    field.push_str(rest);
                    match lines.next() {
                        Some((number, line)) => (at, start, rest) = (number, line, line),
                        None => {
                            // The quote that is missing would stand behind the last character.
                            let column = start.len() + 1;
                            return Err(format!(
                                "parse error on line {at}, column {column}: extraneous or missing \" in quoted-field"
                            ));
                        }
                    }
                    continue;
                };
                field.push_str(rest.get(..end).unwrap_or_default());
                rest = rest.get(end + 1..).unwrap_or_default();
                match rest.chars().next() {
                    Some('"') => {
                        field.push('"');
                        rest = rest.get(1..).unwrap_or_default();
                    }
                    Some(',') => {
                        rest = rest.get(1..).unwrap_or_default();
                        break true;
                    }
                    None | Some('\n') => break false,
                    Some(_) => {
                        let column = column(rest, start) - 1;
                        return Err(format!(
                            "parse error on line {at}, column {column}: extraneous or missing \" in quoted-field"
                        ));
                    }
                }
            };
            fields.push(field);
            if !more {
                break;
            }
        }
        if *width.get_or_insert(fields.len()) != fields.len() {
            return Err(format!("record on line {number}: wrong number of fields"));
        }
        records.push(fields);
    }
    Ok(records)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::{read, write};
    use cue_syntax::Source;

    #[test]
    fn a_table_comes_back_as_it_went() {
        let text = "name,note\nweb,\"a, b\"\ndb,\n";
        let data = read(&Source::new("t.csv", text)).unwrap();
        assert_eq!(write(&data).unwrap(), text);
    }

    #[test]
    fn records_of_other_lengths_are_refused() {
        let found = read(&Source::new("t.csv", "a,b\n1\n")).unwrap_err();
        assert!(found.iter().any(|d| d.message.contains("line 2")), "{found:?}");
    }
}
