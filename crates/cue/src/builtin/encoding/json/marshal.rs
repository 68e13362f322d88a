//! `json.Marshal`, `json.MarshalStream`: data to JSON text.

use crate::builtin::args::{Outcome, kind_name, show};
use crate::builtin::{Args, Fault, builtins};
use crate::data::{Data, DataValue};
use crate::json::{Style, write};

builtins! { "encoding/json";
    /// `Marshal(v)` is `v` as compact JSON. Fields keep their order, numbers their digits; bytes are base64.
    pure Marshal(v: TOP) = |a: Args<'_>| compact(a.data(0)?);
    /// `MarshalStream(v)` is the elements of the list `v` as JSON, each on a line of its own.
    pure MarshalStream(v: TOP) = marshal_stream;
}

fn compact(data: &Data) -> Outcome<String> {
    write(data, Style::Compact).map_err(|unknown| Fault::Incomplete(unknown.to_string()))
}

fn marshal_stream(args: Args<'_>) -> Outcome<String> {
    let data = args.data(0)?;
    let DataValue::List(items) = &data.value else {
        return Fault::error(format!("cannot use value {} (type {}) as list", show(data), kind_name(&data.value)));
    };
    items.iter().map(|item| compact(item).map(|text| text + "\n")).collect()
}
