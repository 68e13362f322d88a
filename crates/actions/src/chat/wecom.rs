//! WeCom (WeChat Work): the body's `errcode` says how it went.

use super::{Chat, coded};

pub(super) const CHAT: Chat = Chat { name: "wecom", sign: None, refusal: |body| coded(body, "errcode", "errmsg") };
