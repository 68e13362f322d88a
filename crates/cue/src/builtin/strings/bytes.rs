//! `strings.ByteAt`, `strings.ByteSlice`: the bytes of a text.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "strings";
    /// `ByteAt(b, i)` is the byte at offset `i` of a string's UTF-8 or of bytes, as an int.
    pure ByteAt(b: TEXT, i: INT) = byte_at;
    /// `ByteSlice(b, start, end)` is the bytes from offset `start` up to but not including `end`.
    pure ByteSlice(b: TEXT, start: INT, end: INT) = byte_slice;
}

fn byte_at(args: Args<'_>) -> Outcome<i64> {
    let at = usize::try_from(args.int(1)?).ok();
    match at.and_then(|i| args.bytes(0).ok()?.get(i).copied()) {
        Some(byte) => Ok(i64::from(byte)),
        None => Fault::error("index out of range"),
    }
}

fn byte_slice(args: Args<'_>) -> Outcome<Vec<u8>> {
    let (start, end) = (usize::try_from(args.int(1)?), usize::try_from(args.int(2)?));
    match (start, end) {
        (Ok(start), Ok(end)) if start <= end => match args.bytes(0)?.get(start..end) {
            Some(slice) => Ok(slice.to_vec()),
            None => Fault::error("index out of range"),
        },
        _ => Fault::error("index out of range"),
    }
}
