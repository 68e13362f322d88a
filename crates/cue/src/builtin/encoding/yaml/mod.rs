//! `encoding/yaml`.

mod marshal;
mod unmarshal;

use crate::builtin::Package;

pub(in crate::builtin) const PACKAGE: Package =
    Package { path: "encoding/yaml", functions: &[marshal::ALL, unmarshal::ALL], cue: None };
