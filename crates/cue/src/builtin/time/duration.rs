//! Durations: `time.ParseDuration`, `Duration`, `FormatDuration`.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};

builtins! { "time";
    /// `Duration(s)` is true for a duration such as `1h30m` or `1.5s`; anything else is an error. As a validator: `time.Duration`.
    bool Duration(s: STRING) = |a: Args<'_>| a.string(0).and_then(parse).map(|_| true);
    /// `FormatDuration(d)` is a duration in nanoseconds as text: `1h30m0s`.
    pure FormatDuration(d: INT) = |a: Args<'_>| Ok::<_, Fault>(format(a.int(0)?));
    /// `ParseDuration(s)` is a duration in nanoseconds. Units are `ns`, `us` or `µs`, `ms`, `s`, `m`, `h`.
    pure ParseDuration(s: STRING) = |a: Args<'_>| a.string(0).and_then(parse);
}

fn unit(name: &str) -> Option<u64> {
    Some(match name {
        "ns" => 1,
        "us" | "µs" | "μs" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

fn parse(text: &str) -> Outcome<i64> {
    let invalid = || Fault::Error(format!("time: invalid duration {text:?}"));
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let whole = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (digits, after) = rest.split_at(whole);
        let (fraction, after) = match after.strip_prefix('.') {
            Some(after) => after.split_at(after.len() - after.trim_start_matches(|c: char| c.is_ascii_digit()).len()),
            None => ("", after),
        };
        if digits.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let end = after.find(|c: char| c == '.' || c.is_ascii_digit()).unwrap_or(after.len());
        let (name, next) = after.split_at(end);
        if name.is_empty() {
            return Fault::error(format!("time: missing unit in duration {text:?}"));
        }
        let Some(unit) = unit(name) else {
            return Fault::error(format!("time: unknown unit {name:?} in duration {text:?}"));
        };
        let value: u64 = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| invalid())? };
        // What is finer than a nanosecond is cut off.
        let (mut part, mut scale) = (0u64, unit);
        for b in fraction.bytes() {
            scale /= 10;
            if scale == 0 && unit % 10 == 0 {
                break;
            }
            part += u64::from(b - b'0') * scale;
        }
        let sum = value.checked_mul(unit).and_then(|v| v.checked_add(part)).and_then(|v| v.checked_add(total));
        total = sum.filter(|v| *v <= 1 << 63).ok_or_else(invalid)?;
        rest = next;
    }
    match (negative, i64::try_from(total)) {
        (false, Ok(n)) => Ok(n),
        (false, Err(_)) => Err(invalid()),
        (true, _) => Ok(0i64.wrapping_sub_unsigned(total)),
    }
}

fn format(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let n = nanoseconds.unsigned_abs();
    // A number with as many digits behind the point as are needed.
    let decimal = |n: u64, unit: u64, places: usize| {
        let fraction = format!("{:0places$}", n % unit);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() { (n / unit).to_string() } else { format!("{}.{fraction}", n / unit) }
    };
    let text = match n {
        0 => "0s".to_owned(),
        1..1_000 => format!("{n}ns"),
        1_000..1_000_000 => format!("{}µs", decimal(n, 1_000, 3)),
        1_000_000..1_000_000_000 => format!("{}ms", decimal(n, 1_000_000, 6)),
        _ => {
            let minutes = n / 60_000_000_000;
            let seconds = decimal(n % 60_000_000_000, 1_000_000_000, 9);
            match (minutes / 60, minutes % 60) {
                (0, 0) => format!("{seconds}s"),
                (0, m) => format!("{m}m{seconds}s"),
                (h, m) => format!("{h}h{m}m{seconds}s"),
            }
        }
    };
    format!("{sign}{text}")
}
