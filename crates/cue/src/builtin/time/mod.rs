//! `time`: instants and durations as text. Nothing here asks the clock.

mod constants;
mod duration;
mod format;
mod layout;
mod moment;
mod parse;
mod points;

use super::Package;

pub(super) const PACKAGE: Package =
    Package { path: "time", functions: &[constants::ALL, duration::ALL, points::ALL], cue: None };

/// RFC 3339 with as many digits behind the second as there are.
const RFC3339_NANO: &str = "2006-01-02T15:04:05.999999999Z07:00";
