//! `crypto/sha256`.

use super::digest;
use crate::builtin::{Package, builtins};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/sha256", functions: &[ALL], cue: None };

builtins! { "crypto/sha256";
    /// `Sum256(data)` is the SHA-256 digest of bytes.
    pure Sum256(data: TEXT) = digest::<sha2::Sha256>;
    /// `Sum224(data)` is the SHA-224 digest of bytes.
    pure Sum224(data: TEXT) = digest::<sha2::Sha224>;
    /// The size of a SHA-256 digest in bytes.
    constant Size = "32";
    /// The size of a SHA-224 digest in bytes.
    constant Size224 = "28";
    /// The size of a block in bytes.
    constant BlockSize = "64";
}
