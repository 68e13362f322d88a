//! `yaml.Marshal`, `yaml.MarshalStream`: data to YAML text.

use crate::builtin::args::{Outcome, kind_name, show};
use crate::builtin::{Args, Fault, builtins};
use crate::data::DataValue;
use crate::yaml;

builtins! { "encoding/yaml";
    /// `Marshal(v)` is `v` as a YAML document. Fields keep their order, numbers their digits.
    pure Marshal(v: TOP) = marshal;
    /// `MarshalStream(v)` is the elements of the list `v` as YAML documents with `---` between them.
    pure MarshalStream(v: TOP) = marshal_stream;
}

fn marshal(args: Args<'_>) -> Outcome<String> {
    yaml::write(args.data(0)?).map_err(|unknown| Fault::Incomplete(unknown.to_string()))
}

fn marshal_stream(args: Args<'_>) -> Outcome<String> {
    let data = args.data(0)?;
    let DataValue::List(items) = &data.value else {
        return Fault::error(format!("cannot use value {} (type {}) as list", show(data), kind_name(&data.value)));
    };
    yaml::write_stream(items).map_err(|unknown| Fault::Incomplete(unknown.to_string()))
}
