//! Instants: `time.Time`, `Format`, `FormatString`, `Parse`, `Split`, `Unix`, `ToUnix`, `ToUnixNano`.

use super::RFC3339_NANO;
use super::format::format;
use super::moment::Moment;
use super::parse::parse;
use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use crate::data::{Data, DataValue};
use crate::number::Number;
use num_bigint::BigInt;

builtins! { "time";
    /// `Time(s)` is true for an instant in RFC 3339; anything else is an error. As a validator: `time.Time`.
    bool Time(s: STRING) = |a: Args<'_>| check(a, RFC3339_NANO);
    /// `Format(value, layout)` is true for an instant in the layout; anything else is an error. As a validator:
    /// `time.Format(time.RFC3339Date)`.
    bool Format(value: STRING, layout: STRING) = |a: Args<'_>| check(a, a.string(1)?);
    /// `FormatString(layout, value)` is an instant in RFC 3339 written in another layout.
    pure FormatString(layout: STRING, value: STRING) = |a: Args<'_>| Ok::<_, Fault>(format(&parse(RFC3339_NANO, a.string(1)?)?, a.string(0)?));
    /// `Parse(layout, value)` is an instant in a layout written in RFC 3339, in UTC.
    pure Parse(layout: STRING, value: STRING) = |a: Args<'_>| Ok::<_, Fault>(format(&parse(a.string(0)?, a.string(1)?)?.utc(), RFC3339_NANO));
    /// `Split(t)` is the year, month, day, hour, minute, second and nanosecond of an instant in RFC 3339, at its own offset.
    pure Split(t: STRING) = split;
    /// `Unix(sec, nsec)` is the instant so many seconds and nanoseconds after the start of 1970, in RFC 3339.
    pure Unix(sec: INT, nsec: INT) = unix;
    /// `ToUnix(value)` is the seconds from the start of 1970 to an instant in RFC 3339.
    pure ToUnix(value: STRING) = |a: Args<'_>| Ok::<_, Fault>(parse(RFC3339_NANO, a.string(0)?)?.seconds);
    /// `ToUnixNano(value)` is the nanoseconds from the start of 1970 to an instant in RFC 3339.
    pure ToUnixNano(value: STRING) = to_unix_nano;
}

fn check(args: Args<'_>, layout: &str) -> Outcome<bool> {
    let value = args.string(0)?;
    match parse(layout, value) {
        Ok(_) => Ok(true),
        Err(_) => Fault::error(format!("invalid time {value:?}")),
    }
}

fn split(args: Args<'_>) -> Outcome {
    let moment = parse(RFC3339_NANO, args.string(0)?)?;
    let civil = moment.civil();
    let fields = [
        ("year", civil.year),
        ("month", i64::from(civil.month)),
        ("day", i64::from(civil.day)),
        ("hour", i64::from(civil.hour)),
        ("minute", i64::from(civil.minute)),
        ("second", i64::from(civil.second)),
        ("nanosecond", i64::from(moment.nanoseconds)),
    ];
    Ok(DataValue::Struct(fields.into_iter().map(|(name, n)| (name.into(), Data::from(n))).collect()).into())
}

fn unix(args: Args<'_>) -> Outcome<String> {
    let (seconds, nanoseconds) = (args.int(0)?, args.int(1)?);
    let seconds = seconds.saturating_add(nanoseconds.div_euclid(1_000_000_000));
    // Years of four digits.
    if !(-62_167_219_200..253_402_300_800).contains(&seconds) {
        return Fault::error("cannot represent Unix time as RFC3339: year outside of range [0,9999]");
    }
    let moment = Moment { seconds, nanoseconds: nanoseconds.rem_euclid(1_000_000_000) as u32, offset: 0 };
    Ok(format(&moment, RFC3339_NANO))
}

fn to_unix_nano(args: Args<'_>) -> Outcome<Number> {
    let moment = parse(RFC3339_NANO, args.string(0)?)?;
    Ok(Number::from(BigInt::from(moment.seconds) * 1_000_000_000 + BigInt::from(moment.nanoseconds)))
}
