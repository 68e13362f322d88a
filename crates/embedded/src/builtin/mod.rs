//! The rules of Kubernetes' own kinds: how their fields are read, what is set when it is missing, what is refused.

mod decode;
mod defaults;
mod network;
mod pod;
mod rules;
mod template;
mod workload;

pub(crate) use self::decode::decode;
pub(crate) use self::defaults::default;
pub(crate) use self::rules::check;
pub(crate) use self::template::{hide_times, show_times};
