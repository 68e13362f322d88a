//! `encoding/…`: data formats.

pub(super) mod base64;
pub(super) mod csv;
pub(super) mod hex;
pub(super) mod json;
pub(super) mod yaml;
