//! `encoding/toml`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};
use crate::data::Data;
use cue_syntax::Source;

pub(in crate::builtin) const PACKAGE: Package = Package { path: "encoding/toml", functions: &[ALL], cue: None };

builtins! { "encoding/toml";
    /// `Marshal(v)` is the struct `v` as a TOML document.
    pure Marshal(v: TOP) = |a: Args<'_>| crate::toml::write(a.data(0)?).map_err(Fault::Error);
    /// `Unmarshal(data)` is the value of a TOML document. Dates and times become strings.
    pure Unmarshal(data: TEXT) = unmarshal;
}

fn unmarshal(args: Args<'_>) -> Outcome<Data> {
    let Ok(text) = std::str::from_utf8(args.bytes(0)?) else { return Fault::error("toml: not UTF-8") };
    let mut data = crate::toml::read(&Source::new("toml", text))
        .map_err(|found| Fault::Error(found.first().map_or_else(String::new, |d| d.message.clone())))?;
    forget(&mut data);
    Ok(data)
}

/// Drops places: those of a text that was itself computed say nothing.
fn forget(data: &mut Data) {
    use crate::data::DataValue;
    data.origin = None;
    match &mut data.value {
        DataValue::List(items) => items.iter_mut().for_each(|d| cue_syntax::with_stack(|| forget(d))),
        DataValue::Struct(fields) => fields.values_mut().for_each(|d| cue_syntax::with_stack(|| forget(d))),
        _ => {}
    }
}
