//! `crypto/hmac`: digests that only the holder of a key can make.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, Package, builtins};
use hmac::{Hmac, KeyInit, Mac};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/hmac", functions: &[ALL], cue: None };

builtins! { "crypto/hmac";
    /// `Sign(hashName, key, data)` is the code that authenticates `data` for holders of `key`, made with one of the digests named here.
    pure Sign(hashName: STRING, key: TEXT, data: TEXT) = sign;
    /// A digest for `Sign`; not to be used for new things.
    constant MD5 = "\"MD5\"";
    /// A digest for `Sign`; not to be used for new things.
    constant SHA1 = "\"SHA1\"";
    /// A digest for `Sign`.
    constant SHA224 = "\"SHA224\"";
    /// A digest for `Sign`.
    constant SHA256 = "\"SHA256\"";
    /// A digest for `Sign`.
    constant SHA384 = "\"SHA384\"";
    /// A digest for `Sign`.
    constant SHA512 = "\"SHA512\"";
    /// A digest for `Sign`.
    constant SHA512_224 = "\"SHA512_224\"";
    /// A digest for `Sign`.
    constant SHA512_256 = "\"SHA512_256\"";
}

fn code<M: Mac + KeyInit>(args: Args<'_>) -> Outcome<Vec<u8>> {
    // A key of any length will do.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(args.bytes(1)?) else {
        return Fault::error("the key does not fit");
    };
    mac.update(args.bytes(2)?);
    Ok(mac.finalize().into_bytes().to_vec())
}

fn sign(args: Args<'_>) -> Outcome<Vec<u8>> {
    match args.string(0)? {
        "MD5" => code::<Hmac<md5::Md5>>(args),
        "SHA1" => code::<Hmac<sha1::Sha1>>(args),
        "SHA224" => code::<Hmac<sha2::Sha224>>(args),
        "SHA256" => code::<Hmac<sha2::Sha256>>(args),
        "SHA384" => code::<Hmac<sha2::Sha384>>(args),
        "SHA512" => code::<Hmac<sha2::Sha512>>(args),
        "SHA512_224" => code::<Hmac<sha2::Sha512_224>>(args),
        "SHA512_256" => code::<Hmac<sha2::Sha512_256>>(args),
        _ => Fault::error("unsupported hash function"),
    }
}
