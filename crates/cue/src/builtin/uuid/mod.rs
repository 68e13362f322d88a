//! `uuid`: identifiers of 128 bits. None is made at random here: results depend on the arguments alone.

use super::args::Outcome;
use super::{Args, Fault, Package, builtins};
use crate::number::Number;
use num_bigint::{BigInt, Sign};
use sha2::Digest;

/// The name spaces of RFC 4122, and its variants.
const CUE: &str = r#"
ns: {
	DNS:  "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	URL:  "6ba7b811-9dad-11d1-80b4-00c04fd430c8"
	OID:  "6ba7b812-9dad-11d1-80b4-00c04fd430c8"
	X500: "6ba7b814-9dad-11d1-80b4-00c04fd430c8"
	Nil:  "00000000-0000-0000-0000-000000000000"
}
variants: {
	Invalid:   0
	RFC4122:   1
	Reserved:  2
	Microsoft: 3
	Future:    4
}
"#;

pub(super) const PACKAGE: Package = Package { path: "uuid", functions: &[ALL], cue: Some(CUE) };

builtins! { "uuid";
    /// `FromInt(i)` is the UUID that an int of 128 bits stands for.
    pure FromInt(i: INT) = from_int;
    /// `ToInt(x)` is the int that the bytes of the text stand for.
    pure ToInt(x: STRING) = to_int;
    /// `MD5(space, data)` is the UUID (version 3) of `data` in the name space `space`, for instance `uuid.ns.DNS`.
    pure MD5(space: STRING, data: TEXT) = |a: Args<'_>| named::<md5::Md5>(a, 3);
    /// `SHA1(space, data)` is the UUID (version 5) of `data` in the name space `space`, for instance `uuid.ns.DNS`.
    pure SHA1(space: STRING, data: TEXT) = |a: Args<'_>| named::<sha1::Sha1>(a, 5);
    /// `Parse(s)` is the UUID in its usual form, lower case with four dashes, of one that may have braces, a `urn:uuid:` or no dashes.
    pure Parse(s: STRING) = |a: Args<'_>| Ok::<_, Fault>(show(parse(a)?));
    /// `URN(x)` is the UUID as a URN: `urn:uuid:…`.
    pure URN(x: STRING) = |a: Args<'_>| Ok::<_, Fault>(format!("urn:uuid:{}", show(parse(a)?)));
    /// `Valid(s)` is true for a UUID; anything else is an error. As a validator: `uuid.Valid`.
    bool Valid(s: STRING) = |a: Args<'_>| parse(a).map(|_| true);
    /// `Variant(x)` is the layout of the UUID, one of `uuid.variants`.
    pure Variant(x: STRING) = variant;
    /// `Version(x)` is how the UUID was made, 1 to 8.
    pure Version(x: STRING) = |a: Args<'_>| Ok::<_, Fault>(i64::try_from(parse(a)? >> 76 & 0xf).unwrap_or_default());
}

fn parse(args: Args<'_>) -> Outcome<u128> {
    let text = args.string(0)?;
    let plain = match text.len() {
        36 => text,
        45 if text.get(..9).is_some_and(|p| p.eq_ignore_ascii_case("urn:uuid:")) => text.get(9..).unwrap_or_default(),
        45 => return Fault::error(format!("invalid urn prefix: {:?}", text.get(..9).unwrap_or_default())),
        38 => text.get(1..37).unwrap_or_default(),
        32 => return hexadecimal(text),
        n => return Fault::error(format!("invalid UUID length: {n}")),
    };
    let dashes = [8, 13, 18, 23];
    if plain.len() != 36 || plain.bytes().enumerate().any(|(i, b)| (b == b'-') != dashes.contains(&i)) {
        return Fault::error("invalid UUID format");
    }
    hexadecimal(&plain.replace('-', ""))
}

fn hexadecimal(digits: &str) -> Outcome<u128> {
    match digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u128::from_str_radix(digits, 16)) {
        Some(Ok(id)) => Ok(id),
        _ => Fault::error("invalid UUID format"),
    }
}

fn show(id: u128) -> String {
    let digits = format!("{id:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

fn from_int(args: Args<'_>) -> Outcome<String> {
    let value = args.number(0)?.to_bigint().unwrap_or_default();
    let bytes = value.magnitude().to_bytes_be();
    match u128::try_from(value.magnitude()) {
        Ok(id) => Ok(show(id)),
        Err(_) => Fault::error(format!("invalid UUID (got {} bytes)", bytes.len())),
    }
}

fn to_int(args: Args<'_>) -> Outcome<Number> {
    Ok(Number::from(BigInt::from_bytes_be(Sign::Plus, args.string(0)?.as_bytes())))
}

fn named<D: Digest>(args: Args<'_>, version: u128) -> Outcome<String> {
    let space = parse(args)?.to_be_bytes();
    let digest = D::new().chain_update(space).chain_update(args.bytes(1)?).finalize();
    let id = digest.iter().take(16).fold(0u128, |id, b| id << 8 | u128::from(*b));
    let id = id & !(0xf << 76) | version << 76;
    Ok(show(id & !(0b11 << 62) | 0b10 << 62))
}

fn variant(args: Args<'_>) -> Outcome<i64> {
    Ok(match parse(args)? >> 61 & 0b111 {
        0b100 | 0b101 => 1,
        0b110 => 3,
        0b111 => 4,
        _ => 2,
    })
}
