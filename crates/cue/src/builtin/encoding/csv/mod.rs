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
                DataValue::String(s) => crate::csv::quote(&mut out, s),
                DataValue::Bytes(b) => crate::csv::quote(&mut out, &String::from_utf8_lossy(b)),
                _ => crate::csv::quote(
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

fn decode(args: Args<'_>) -> Outcome<Vec<Data>> {
    match crate::csv::records(&String::from_utf8_lossy(args.bytes(0)?)) {
        Ok(records) => Ok(records.into_iter().map(Data::from).collect()),
        Err(e) => Fault::error(e),
    }
}
