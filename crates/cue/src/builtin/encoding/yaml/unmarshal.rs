//! `yaml.Unmarshal` and what validates YAML text.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::data::Data;
use crate::yaml;

builtins! { "encoding/yaml";
    /// `Unmarshal(data)` is the value that a YAML document stands for; no document is `null`.
    pure Unmarshal(data: TEXT) = unmarshal;
    /// `UnmarshalStream(data)` is a list of the values that the documents of YAML text stand for.
    pure UnmarshalStream(data: TEXT) = unmarshal_stream;
    /// `Validate(b, v)` says whether the value that YAML text stands for is a concrete instance of `v`.
    check Validate(b: TEXT, v: TOP);
    /// `ValidatePartial(b, v)` says whether the value that YAML text stands for unifies with `v`.
    check ValidatePartial(b: TEXT, v: TOP);
}

fn utf8(args: Args<'_>) -> Outcome<&str> {
    std::str::from_utf8(args.bytes(0)?).or_else(|_| Fault::error("invalid YAML: not UTF-8"))
}

fn unmarshal(args: Args<'_>) -> Outcome<Data> {
    yaml::parse(utf8(args)?).map_err(|e| Fault::Error(e.to_string()))
}

fn unmarshal_stream(args: Args<'_>) -> Outcome<Vec<Data>> {
    yaml::parse_stream(utf8(args)?).map_err(|e| Fault::Error(e.to_string()))
}
