//! `json.Unmarshal` and what validates JSON text.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::data::Data;
use crate::json;

builtins! { "encoding/json";
    /// `Unmarshal(b)` is the value that JSON text stands for.
    pure Unmarshal(b: TEXT) = unmarshal;
    /// `UnmarshalStream(data)` is a list of the values that stand one behind the other in JSON text.
    pure UnmarshalStream(data: TEXT) = unmarshal_stream;
    /// `Valid(data)` says whether it is JSON text.
    bool Valid(data: TEXT) = |a: Args<'_>| Ok::<_, Fault>(utf8(a).is_ok_and(|text| json::parse(text).is_ok()));
    /// `Validate(b, v)` says whether the value that JSON text stands for unifies with `v`. As a validator: `json.Validate({a: int})`.
    check Validate(b: TEXT, v: TOP);
}

pub(super) fn utf8(args: Args<'_>) -> Outcome<&str> {
    std::str::from_utf8(args.bytes(0)?).or_else(|_| Fault::error("json: invalid JSON: not UTF-8"))
}

fn unmarshal(args: Args<'_>) -> Outcome<Data> {
    json::parse(utf8(args)?).map_err(|e| Fault::Error(format!("json: invalid JSON: {e}")))
}

fn unmarshal_stream(args: Args<'_>) -> Outcome<Vec<Data>> {
    json::parse_stream(utf8(args)?).map_err(|e| Fault::Error(format!("json: invalid JSON: {e}")))
}
