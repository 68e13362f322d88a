//! `encoding/hex`: bytes as pairs of hexadecimal digits.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "encoding/hex", functions: &[ALL], cue: None };

builtins! { "encoding/hex";
    /// `Decode(s)` is the bytes that pairs of hexadecimal digits stand for.
    pure Decode(s: STRING) = decode;
    /// `DecodedLen(x)` is how many bytes `x` digits stand for.
    pure DecodedLen(x: INT) = |a: Args<'_>| Ok::<_, Fault>(a.int(0)? / 2);
    /// `Dump(data)` is bytes as a table of offsets, hexadecimal digits and ASCII characters.
    pure Dump(data: TEXT) = dump;
    /// `Encode(src)` is bytes as pairs of hexadecimal digits, in lower case.
    pure Encode(src: TEXT) = encode;
    /// `EncodedLen(n)` is how many digits stand for `n` bytes.
    pure EncodedLen(n: INT) = |a: Args<'_>| Ok::<_, Fault>(a.int(0)?.saturating_mul(2));
}

fn encode(args: Args<'_>) -> Outcome<String> {
    Ok(args.bytes(0)?.iter().map(|b| format!("{b:02x}")).collect())
}

fn decode(args: Args<'_>) -> Outcome<Vec<u8>> {
    let text = args.string(0)?;
    if let Some(c) = text.chars().find(|c| !c.is_ascii_hexdigit()) {
        return Fault::error(format!("encoding/hex: invalid byte: U+{:04X} {c:?}", u32::from(c)));
    }
    if text.len() % 2 == 1 {
        return Fault::error("encoding/hex: odd length hex string");
    }
    let pair = |at: usize| text.get(at..at + 2).and_then(|p| u8::from_str_radix(p, 16).ok());
    Ok((0..text.len()).step_by(2).filter_map(pair).collect())
}

fn dump(args: Args<'_>) -> Outcome<String> {
    let mut out = String::new();
    for (row, bytes) in args.bytes(0)?.chunks(16).enumerate() {
        out.push_str(&format!("{:08x}", row * 16));
        for column in 0..16 {
            if column % 8 == 0 {
                out.push(' ');
            }
            match bytes.get(column) {
                Some(b) => out.push_str(&format!(" {b:02x}")),
                None => out.push_str("   "),
            }
        }
        out.push_str("  |");
        out.extend(bytes.iter().map(|b| if matches!(b, 32..=126) { char::from(*b) } else { '.' }));
        out.push_str("|\n");
    }
    Ok(out)
}
