//! `encoding/base64`: bytes as text of 64 letters, the standard alphabet with padding.

use crate::builtin::args::{Outcome, kind_name, show};
use crate::builtin::{Args, Fault, Package, builtins};
use crate::data::DataValue;
use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "encoding/base64", functions: &[ALL], cue: None };

builtins! { "encoding/base64";
    /// `Decode(encoding, s)` is the bytes that `s` stands for; `encoding` is `null`. Line ends in `s` do not count.
    pure Decode(encoding: TOP, s: STRING) = decode;
    /// `DecodedLen(encoding, x)` is how many bytes `x` characters stand for at most; `encoding` is `null`.
    pure DecodedLen(encoding: TOP, x: INT) = |a: Args<'_>| standard(a).and_then(|()| Ok(a.int(1)? / 4 * 3));
    /// `Encode(encoding, src)` is the text for bytes, or for the UTF-8 of a string; `encoding` is `null`.
    pure Encode(encoding: TOP, src: TEXT) = encode;
    /// `EncodedLen(encoding, n)` is how many characters stand for `n` bytes; `encoding` is `null`.
    pure EncodedLen(encoding: TOP, n: INT) = |a: Args<'_>| standard(a).and_then(|()| Ok(a.int(1)?.saturating_add(2) / 3 * 4));
}

/// Bits of the last letter that no byte needs may have any value.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

fn standard(args: Args<'_>) -> Outcome<()> {
    let data = args.data(0)?;
    match &data.value {
        DataValue::Null => Ok(()),
        other => Fault::error(format!(
            "base64: unsupported encoding: cannot use value {} (type {}) as null",
            show(data),
            kind_name(other)
        )),
    }
}

fn encode(args: Args<'_>) -> Outcome<String> {
    standard(args)?;
    Ok(ENGINE.encode(args.bytes(1)?))
}

fn decode(args: Args<'_>) -> Outcome<Vec<u8>> {
    standard(args)?;
    let text = args.string(1)?;
    let letters: Vec<(usize, u8)> = text.bytes().enumerate().filter(|(_, b)| !matches!(b, b'\r' | b'\n')).collect();
    let compact: Vec<u8> = letters.iter().map(|(_, b)| *b).collect();
    ENGINE.decode(&compact).or_else(|error| {
        let at = match error {
            base64::DecodeError::InvalidByte(at, _) | base64::DecodeError::InvalidLastSymbol(at, _) => at,
            // Cut short: what is left of the last group of four.
            _ => compact.len() / 4 * 4,
        };
        let offset = letters.get(at).map_or(text.len(), |(offset, _)| *offset);
        Fault::error(format!("illegal base64 data at input byte {offset}"))
    })
}
