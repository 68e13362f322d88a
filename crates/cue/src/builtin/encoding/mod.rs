//! `encoding/…`: data formats.

pub(super) mod base64;
pub(super) mod csv;
pub(super) mod hex;
pub(super) mod json;
pub(super) mod openapi;
pub(super) mod toml;
pub(super) mod yaml;
