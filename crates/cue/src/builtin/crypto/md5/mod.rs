//! `crypto/md5`: an old digest, for checksums only.

use super::digest;
use crate::builtin::{Package, builtins};

pub(in crate::builtin) const PACKAGE: Package = Package { path: "crypto/md5", functions: &[ALL], cue: None };

builtins! { "crypto/md5";
    /// `Sum(data)` is the MD5 digest of bytes. It does not protect against anybody.
    pure Sum(data: TEXT) = digest::<md5::Md5>;
    /// The size of a digest in bytes.
    constant Size = "16";
    /// The size of a block in bytes.
    constant BlockSize = "64";
}
