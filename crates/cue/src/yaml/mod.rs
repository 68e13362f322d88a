//! YAML to data and back. The parser library is known to this module only.
//!
//! Reading follows CUE's mixture of YAML 1.1 and 1.2 (cue-language §2): `yes` and dates are strings, `017` is octal,
//! number text is kept, a field given twice must agree with itself, documents come as a list. Writing prints what
//! `cue export --out yaml` and `yaml.Marshal` print.

mod read;
mod scalar;
mod style;
mod write;

pub use read::{YamlError, parse, parse_stream, read};
pub use write::{write, write_stream};
