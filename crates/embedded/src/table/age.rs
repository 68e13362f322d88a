//! How long ago something was, as short as kubectl says it.

use jiff::Timestamp;
use serde_json::Value;

use crate::object;

/// Two units at most, fewer the longer it is.
pub(super) fn human(seconds: i64) -> String {
    if seconds < -1 {
        return "<invalid>".into();
    }
    let seconds = seconds.max(0);
    let (minutes, hours) = (seconds / 60, seconds / 3600);
    let (days, years) = (hours / 24, hours / 24 / 365);
    let two = |a: i64, a_unit: &str, b: i64, b_unit: &str| {
        if b == 0 { format!("{a}{a_unit}") } else { format!("{a}{a_unit}{b}{b_unit}") }
    };
    if seconds < 120 {
        format!("{seconds}s")
    } else if minutes < 10 {
        two(minutes, "m", seconds % 60, "s")
    } else if minutes < 180 {
        format!("{minutes}m")
    } else if hours < 8 {
        two(hours, "h", minutes % 60, "m")
    } else if hours < 48 {
        format!("{hours}h")
    } else if hours < 192 {
        two(days, "d", hours % 24, "h")
    } else if hours < 24 * 365 * 2 {
        format!("{days}d")
    } else if hours < 24 * 365 * 8 {
        two(years, "y", days % 365, "d")
    } else {
        format!("{years}y")
    }
}

pub(super) fn between(from: Timestamp, to: Timestamp) -> String {
    human(to.as_second() - from.as_second())
}

/// Age of the instant at `path`, `<unknown>` when there is none.
pub(super) fn at(value: &Value, path: &[&str], now: Timestamp) -> String {
    object::text(value, path).parse::<Timestamp>().map_or_else(|_| "<unknown>".into(), |from| between(from, now))
}

pub(super) fn age_of(value: &Value, now: Timestamp) -> String {
    at(value, &["metadata", "creationTimestamp"], now)
}

#[cfg(test)]
mod tests {
    #[test]
    fn ages_are_short() {
        let cases = [
            (5, "5s"),
            (119, "119s"),
            (120, "2m"),
            (150, "2m30s"),
            (700, "11m"),
            (3 * 3600, "3h"),
            (3 * 3600 + 60, "3h1m"),
            (50 * 3600, "2d2h"),
            (30 * 86400, "30d"),
            (800 * 86400, "2y70d"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(super::human(seconds), expected);
        }
    }
}
