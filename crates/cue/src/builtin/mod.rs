//! The builtin packages: one folder a package, one file a function (close kin may share one).
//!
//! A builtin is a pure function from data to data. What needs the evaluator itself (`len`, `close`, `and`, `or`,
//! `matchN`, comparators of `list.Sort`, `json.Validate`) is marked [`Run::Evaluator`] and lives with the evaluator.
//!
//! The index is static tables: nothing is built when the program starts.

mod args;
mod define;
mod kinds;

mod crypto;
mod encoding;
mod html;
mod list;
mod math;
mod net;
mod path;
mod regexp;
mod strconv;
mod strings;
mod structs;
mod text;
mod time;
mod tool;
mod uuid;

pub(crate) use args::Args;
pub(crate) use define::builtins;
pub use kinds::Kinds;

use crate::data::{Data, DataValue, Labels};

/// One parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// As documented: `elems`.
    pub name: &'static str,
    /// What it takes; another kind is an error that names both.
    pub kinds: Kinds,
    /// The value when left out, as CUE text (`*"unix"` of `path.Base` is `"unix"`).
    pub default: Option<&'static str>,
}

/// A failure of a builtin.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// Permanent, with the text that follows `error in call to strings.Repeat: `.
    Error(String),
    /// More has to be known first.
    Incomplete(String),
}

/// How it runs.
#[derive(Debug, Clone, Copy)]
pub enum Run {
    /// A pure function; the arguments are concrete, of the right kinds, and as many as there are parameters.
    /// Use [`Builtin::call`], which carries labels over.
    Pure(fn(&[Data]) -> Result<Data, Fault>),
    /// Done by the evaluator, which knows it by package and name.
    Evaluator,
    /// A constant (`math.Pi`), as CUE text.
    Constant(&'static str),
}

/// One function or constant of a package.
#[derive(Debug, Clone, Copy)]
pub struct Builtin {
    /// The import path: `encoding/json`.
    pub package: &'static str,
    /// The name: `Marshal`.
    pub name: &'static str,
    /// In order.
    pub params: &'static [Param],
    /// Returns a bool, so that a call with the first argument left out is a validator.
    pub validator: bool,
    /// The result consists of parts of the arguments, which keep their own labels (`list.Concat`).
    pub structural: bool,
    /// How it runs.
    pub run: Run,
    /// What a user reads in `lateen cue help`, Markdown.
    pub doc: &'static str,
}

impl Builtin {
    /// Calls a pure function when what it makes, as far as its arguments say, takes at most `room` bytes.
    ///
    /// # Errors
    /// As [`Builtin::call`], and when there is no room.
    pub(crate) fn call_within(&self, arguments: &[Data], room: usize) -> Result<Data, Fault> {
        let repeated = match (self.package, self.name, arguments) {
            ("strings" | "list", "Repeat", [what, count]) => {
                let once = if let DataValue::String(s) = &what.value { s.len() } else { what.bytes() };
                match &count.value {
                    DataValue::Number(n) => once.saturating_mul(n.to_i64().unwrap_or(0).max(0) as usize),
                    _ => 0,
                }
            }
            ("list", "Concat" | "FlattenN", [what, ..]) => what.bytes(),
            ("strings", "Replace", [text, old, new, _]) => match (&text.value, &old.value, &new.value) {
                (DataValue::String(t), DataValue::String(o), DataValue::String(n)) => {
                    (t.len() / o.len().max(1) + 1).saturating_mul(n.len())
                }
                _ => 0,
            },
            ("strings", "Join", [list, separator]) => match (&list.value, &separator.value) {
                (DataValue::List(items), DataValue::String(s)) => items.len().saturating_mul(s.len()),
                _ => 0,
            },
            _ => 0,
        };
        if repeated > room {
            return Err(Fault::Error(format!("the result would take more than the {} MiB that are left", room >> 20)));
        }
        self.call(arguments)
    }

    /// Calls a pure function. The result carries the labels of everything that went into it.
    ///
    /// # Errors
    /// What the function says; an incomplete fault when it is not a pure function.
    pub fn call(&self, arguments: &[Data]) -> Result<Data, Fault> {
        let Run::Pure(function) = self.run else {
            return Err(Fault::Incomplete(format!("{}.{} is done by the evaluator", self.package, self.name)));
        };
        let mut result = function(arguments)?;
        if !self.structural {
            let given = arguments.iter().fold(Labels::NONE, |all, a| all.join(labels(a)));
            if given != Labels::NONE {
                spread(&mut result, given);
            }
        }
        Ok(result)
    }
}

/// The labels of a value and of everything in it.
fn labels(data: &Data) -> Labels {
    let inner = match &data.value {
        DataValue::List(items) => items.iter().fold(Labels::NONE, |all, d| all.join(labels(d))),
        DataValue::Struct(fields) => fields.values().fold(Labels::NONE, |all, d| all.join(labels(d))),
        _ => Labels::NONE,
    };
    data.labels.join(inner)
}

/// Gives labels to a value and to everything in it: a field of what was made of a secret is one too.
pub(crate) fn spread(data: &mut Data, labels: Labels) {
    data.labels = data.labels.join(labels);
    match &mut data.value {
        DataValue::List(items) => items.iter_mut().for_each(|d| spread(d, labels)),
        DataValue::Struct(fields) => fields.values_mut().for_each(|d| spread(d, labels)),
        _ => {}
    }
}

/// One package: its functions in groups, and what of it is written in CUE.
#[derive(Debug, Clone, Copy)]
struct Package {
    path: &'static str,
    functions: &'static [&'static [Builtin]],
    cue: Option<&'static str>,
}

/// Sorted by path.
const PACKAGES: &[Package] = &[
    crypto::ed25519::PACKAGE,
    crypto::hmac::PACKAGE,
    crypto::md5::PACKAGE,
    crypto::sha1::PACKAGE,
    crypto::sha256::PACKAGE,
    crypto::sha512::PACKAGE,
    encoding::base64::PACKAGE,
    encoding::csv::PACKAGE,
    encoding::hex::PACKAGE,
    encoding::json::PACKAGE,
    encoding::openapi::PACKAGE,
    encoding::toml::PACKAGE,
    encoding::yaml::PACKAGE,
    html::PACKAGE,
    list::PACKAGE,
    math::PACKAGE,
    math::bits::PACKAGE,
    net::PACKAGE,
    path::PACKAGE,
    regexp::PACKAGE,
    strconv::PACKAGE,
    strings::PACKAGE,
    structs::PACKAGE,
    text::tabwriter::PACKAGE,
    text::template::PACKAGE,
    time::PACKAGE,
    tool::PACKAGE,
    tool::CLI,
    tool::EXEC,
    tool::FILE,
    tool::HTTP,
    tool::OS,
    uuid::PACKAGE,
];

fn package(path: &str) -> Option<&'static Package> {
    PACKAGES.iter().find(|p| p.path == path)
}

/// A function or constant, by import path and name.
pub fn lookup(package_path: &str, name: &str) -> Option<&'static Builtin> {
    package(package_path)?.functions.iter().flat_map(|group| group.iter()).find(|b| b.name == name)
}

/// The import paths of all builtin packages, sorted.
pub fn packages() -> impl Iterator<Item = &'static str> {
    PACKAGES.iter().map(|p| p.path)
}

/// The names of a package's functions and constants, without those of its CUE part.
pub fn names(package_path: &str) -> impl Iterator<Item = &'static str> {
    let groups = package(package_path).map_or(&[] as &[&[Builtin]], |p| p.functions);
    groups.iter().flat_map(|group| group.iter()).map(|b| b.name)
}

/// What of a package is written in CUE (`list.Comparer`, `path.Unix`), to be parsed as a file.
pub fn cue_part(package_path: &str) -> Option<&'static str> {
    package(package_path)?.cue
}

#[cfg(test)]
mod cases;
