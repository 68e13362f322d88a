//! `encoding/csv`: tables as text, with commas between fields and quotes around those that need them.

use crate::builtin::args::{Outcome, kind_name, show};
use crate::builtin::{Args, Fault, Package, builtins};
use crate::data::{Data, DataValue};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "encoding/csv", functions: &[ALL], cue: None };

builtins! { "encoding/csv";
    /// `Decode(r)` is a list of the records of CSV text, each a list of strings. All records have as many fields as the first.
    pure Decode(r: TEXT) = decode;
    /// `Encode(x)` is CSV text of a list of lists of scalars.
    pure Encode(x: TOP) = encode;
}

fn list(data: &Data) -> Outcome<&[Data]> {
    match &data.value {
        DataValue::List(items) => Ok(items),
        other => Fault::error(format!("cannot use value {} (type {}) as list", show(data), kind_name(other))),
    }
}

fn encode(args: Args<'_>) -> Outcome<String> {
    let mut out = String::new();
    for record in list(args.data(0)?)? {
        for (i, field) in list(record)?.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            match &field.value {
                DataValue::String(s) => write(&mut out, s),
                DataValue::Bytes(b) => write(&mut out, &String::from_utf8_lossy(b)),
                _ => write(
                    &mut out,
                    &crate::json::write(field, crate::json::Style::Compact)
                        .map_err(|u| Fault::Incomplete(u.to_string()))?,
                ),
            }
        }
        out.push('\n');
    }
    Ok(out)
}

fn write(out: &mut String, field: &str) {
    let quote = field == "\\." || field.contains([',', '"', '\r', '\n']) || field.starts_with(char::is_whitespace);
    if quote {
        out.push('"');
        out.push_str(&field.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(field);
    }
}

fn decode(args: Args<'_>) -> Outcome<Vec<Data>> {
    let Ok(text) = std::str::from_utf8(args.bytes(0)?) else { return Fault::error("not UTF-8") };
    let text = text.replace("\r\n", "\n");
    let mut records: Vec<Data> = Vec::new();
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
                    return Fault::error(format!(
                        "parse error on line {at}, column {column}: bare \" in non-quoted-field"
                    ));
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
                            return Fault::error(format!(
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
                        return Fault::error(format!(
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
            return Fault::error(format!("record on line {number}: wrong number of fields"));
        }
        records.push(fields.into());
    }
    Ok(records)
}
