//! JSON to data and back, past the grammar: number text is kept, fields keep their order.
//!
//! Reading is bounded in depth. Writing prints what CUE prints: `cue export` indents by four, `json.Marshal` is compact,
//! and neither escapes `<`, `>` and `&`.

mod fits;
mod read;
mod value;
pub(crate) mod write;

pub(crate) use fits::fits;
pub(crate) use read::read_bare;
pub use read::{JsonError, parse, parse_stream, read, read_stream};
pub use value::{from_value, to_value};
pub use write::{Style, quote, write};

/// Values may be nested this deep.
pub const MAX_DEPTH: usize = 500;
