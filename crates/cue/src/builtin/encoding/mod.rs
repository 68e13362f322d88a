//! `encoding/…`: data formats.

pub(super) mod base64;
pub(super) mod json;
pub(super) mod yaml;
