//! `encoding/json`.

mod marshal;
mod text;
mod unmarshal;

use crate::builtin::Package;

pub(in crate::builtin) const PACKAGE: Package =
    Package { path: "encoding/json", functions: &[marshal::ALL, text::ALL, unmarshal::ALL], cue: None };
