//! `crypto/…`: digests of bytes.

pub(super) mod ed25519;
pub(super) mod hmac;
pub(super) mod md5;
pub(super) mod sha1;
pub(super) mod sha256;
pub(super) mod sha512;

use super::{Args, Fault};
use sha2::Digest;

fn digest<D: Digest>(args: Args<'_>) -> Result<Vec<u8>, Fault> {
    Ok(D::digest(args.bytes(0)?).to_vec())
}
