//! Time as the core sees it: milliseconds since 1970 that came with an event, and Go's durations as users write them.

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(pub i64);

impl Time {
    /// So many milliseconds later.
    #[must_use]
    pub fn after(self, millis: i64) -> Time {
        Time(self.0.saturating_add(millis))
    }

    /// RFC 3339 in UTC, whole seconds, as Kubernetes writes it.
    pub fn rfc3339(self) -> String {
        let time = jiff::Timestamp::from_second(self.0.div_euclid(1000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        time.to_string()
    }

    /// Reads RFC 3339.
    pub fn parse(text: &str) -> Option<Time> {
        text.parse::<jiff::Timestamp>().ok().map(|t| Time(t.as_millisecond()))
    }
}

/// Reads a Go duration (`300ms`, `-1.5h`, `2h45m`, `0`) as milliseconds, rounded down.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn duration(text: &str) -> Result<i64, String> {
    let wrong = || format!("\"{text}\" is no duration; write for instance 90s, 5m or 1h30m");
    let (negative, mut rest) = match text.as_bytes().first() {
        Some(b'-') => (true, text.get(1..).unwrap_or("")),
        Some(b'+') => (false, text.get(1..).unwrap_or("")),
        _ => (false, text),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut millis = 0f64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, tail) = rest.split_at(digits);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let letters = tail.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(tail.len());
        let (unit, tail) = tail.split_at(letters);
        let scale = match unit {
            "ns" => 1e-6,
            "us" | "µs" | "μs" => 1e-3,
            "ms" => 1.0,
            "s" => 1e3,
            "m" => 60e3,
            "h" => 3600e3,
            "d" => return Err(format!("\"{text}\": days are no unit of a duration; write 24h")),
            _ => return Err(wrong()),
        };
        millis += number * scale;
        rest = tail;
    }
    if millis > i64::MAX as f64 / 4.0 {
        return Err(format!("\"{text}\" is too long a duration"));
    }
    let millis = millis as i64;
    Ok(if negative { -millis } else { millis })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_reads_them() {
        let all = [
            "300ms",
            "1.5h",
            "2h45m",
            "-10s",
            "0",
            "1h1m1s1ms",
            "+5s",
            "5",
            "",
            "s",
            "1d",
            "1x",
            "1.2.3s",
            "90000000000h",
            "µ",
        ];
        let text: Vec<String> = all.iter().map(|d| format!("{d} = {:?}", duration(d))).collect();
        insta::assert_snapshot!(text.join("\n"), @r#"
        300ms = Ok(300)
        1.5h = Ok(5400000)
        2h45m = Ok(9900000)
        -10s = Ok(-10000)
        0 = Ok(0)
        1h1m1s1ms = Ok(3661001)
        +5s = Ok(5000)
        5 = Err("\"5\" is no duration; write for instance 90s, 5m or 1h30m")
         = Err("\"\" is no duration; write for instance 90s, 5m or 1h30m")
        s = Err("\"s\" is no duration; write for instance 90s, 5m or 1h30m")
        1d = Err("\"1d\": days are no unit of a duration; write 24h")
        1x = Err("\"1x\" is no duration; write for instance 90s, 5m or 1h30m")
        1.2.3s = Err("\"1.2.3s\" is no duration; write for instance 90s, 5m or 1h30m")
        90000000000h = Ok(324000000000000000)
        µ = Err("\"µ\" is no duration; write for instance 90s, 5m or 1h30m")
        "#);
    }

    #[test]
    fn time_is_written_as_kubernetes_writes_it() {
        let t = Time(1_700_000_000_999);
        assert_eq!(t.rfc3339(), "2023-11-14T22:13:20Z");
        assert_eq!(Time::parse(&t.rfc3339()), Some(Time(1_700_000_000_000)));
        assert_eq!(Time(i64::MAX).rfc3339(), "1970-01-01T00:00:00Z");
    }
}
