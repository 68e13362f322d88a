//! `crypto/sha512`.

use super::digest;
use crate::builtin::{Package, builtins};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/sha512", functions: &[ALL], cue: None };

builtins! { "crypto/sha512";
    /// `Sum512(data)` is the SHA-512 digest of bytes.
    pure Sum512(data: TEXT) = digest::<sha2::Sha512>;
    /// `Sum384(data)` is the SHA-384 digest of bytes.
    pure Sum384(data: TEXT) = digest::<sha2::Sha384>;
    /// `Sum512_224(data)` is the SHA-512/224 digest of bytes.
    pure Sum512_224(data: TEXT) = digest::<sha2::Sha512_224>;
    /// `Sum512_256(data)` is the SHA-512/256 digest of bytes.
    pure Sum512_256(data: TEXT) = digest::<sha2::Sha512_256>;
    /// The size of a SHA-512 digest in bytes.
    constant Size = "64";
    /// The size of a SHA-512/224 digest in bytes.
    constant Size224 = "28";
    /// The size of a SHA-512/256 digest in bytes.
    constant Size256 = "32";
    /// The size of a SHA-384 digest in bytes.
    constant Size384 = "48";
    /// The size of a block in bytes.
    constant BlockSize = "128";
}
