//! `crypto/sha1`: an old digest, for checksums only.

use super::digest;
use crate::builtin::{Package, builtins};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/sha1", functions: &[ALL], cue: None };

builtins! { "crypto/sha1";
    /// `Sum(data)` is the SHA-1 digest of bytes. It does not protect against anybody.
    pure Sum(data: TEXT) = digest::<sha1::Sha1>;
    /// The size of a digest in bytes.
    constant Size = "20";
    /// The size of a block in bytes.
    constant BlockSize = "64";
}
