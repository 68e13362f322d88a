//! Text in a layout to an instant.

use super::layout::{MONTHS, Part, WEEKDAYS, next};
use super::moment::{Moment, days, days_in, is_leap};
use crate::builtin::Fault;

/// What has been read so far.
#[derive(Default)]
struct Found {
    year: i64,
    month: Option<u32>,
    day: Option<u32>,
    day_of_year: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    nanoseconds: u32,
    afternoon: Option<bool>,
    offset: i32,
}

/// Why a part cannot be read.
enum Failure {
    Mismatch,
    Range(&'static str),
}

type Read<'v, T = ()> = Result<(T, &'v str), Failure>;

/// Reads an instant. What the text does not say is 0, the first month and the first day; without an offset it is UTC.
pub(super) fn parse(layout: &str, value: &str) -> Result<Moment, Fault> {
    let mut found = Found::default();
    let (mut rest_layout, mut rest) = (layout, value);
    loop {
        let (text, part, after) = next(rest_layout);
        let element = part.map_or("", |(_, text)| text);
        let cannot = |what: &str, at: &str| {
            Fault::error(format!("parsing time {value:?} as {layout:?}: cannot parse {at:?} as {what:?}"))
        };
        match skip(rest, text) {
            Some(behind) => rest = behind,
            None => return cannot(text, rest),
        }
        let Some((part, _)) = part else { break };
        rest_layout = after;
        match read(part, rest, after, &mut found) {
            Ok(((), behind)) => rest = behind,
            Err(Failure::Mismatch) => return cannot(element, rest),
            Err(Failure::Range(what)) => return Fault::error(format!("parsing time {value:?}: {what} out of range")),
        }
    }
    if !rest.is_empty() {
        return Fault::error(format!("parsing time {value:?}: extra text: {rest:?}"));
    }
    finish(found).or_else(|what| Fault::error(format!("parsing time {value:?}: {what}")))
}

fn finish(mut found: Found) -> Result<Moment, &'static str> {
    match found.afternoon {
        Some(true) if found.hour < 12 => found.hour += 12,
        Some(false) if found.hour == 12 => found.hour = 0,
        _ => {}
    }
    if let Some(number) = found.day_of_year {
        if number < 1 || number > 365 + u32::from(is_leap(found.year)) {
            return Err("day-of-year out of range");
        }
        let (mut month, mut day) = (1, number);
        while day > days_in(found.year, month) {
            day -= days_in(found.year, month);
            month += 1;
        }
        if found.month.is_some_and(|m| m != month) || found.day.is_some_and(|d| d != day) {
            return Err("day-of-year does not match month or day");
        }
        (found.month, found.day) = (Some(month), Some(day));
    }
    let (month, day) = (found.month.unwrap_or(1), found.day.unwrap_or(1));
    if day < 1 || day > days_in(found.year, month) {
        return Err("day out of range");
    }
    let time = i64::from(found.hour) * 3600 + i64::from(found.minute) * 60 + i64::from(found.second);
    let seconds = days(found.year, month, day) * 86_400 + time - i64::from(found.offset);
    Ok(Moment { seconds, nanoseconds: found.nanoseconds, offset: found.offset })
}

/// The value behind the text of a layout; a space stands for any number of spaces.
fn skip<'v>(value: &'v str, text: &str) -> Option<&'v str> {
    let (mut value, mut text) = (value, text);
    while let Some(c) = text.chars().next() {
        if c == ' ' {
            if !value.is_empty() && !value.starts_with(' ') {
                return None;
            }
            (text, value) = (text.trim_start_matches(' '), value.trim_start_matches(' '));
        } else {
            value = value.strip_prefix(c)?;
            text = text.get(c.len_utf8()..)?;
        }
    }
    Some(value)
}

/// One or two digits; two where `fixed`.
fn number(value: &str, fixed: bool) -> Read<'_, u32> {
    let count = value.bytes().take(2).take_while(u8::is_ascii_digit).count();
    if count == 0 || (fixed && count < 2) {
        return Err(Failure::Mismatch);
    }
    let (digits, rest) = value.split_at(count);
    Ok((digits.parse().map_err(|_| Failure::Mismatch)?, rest))
}

fn within<'v>(value: &'v str, fixed: bool, range: std::ops::RangeInclusive<u32>, what: &'static str) -> Read<'v, u32> {
    let (n, rest) = number(value, fixed)?;
    if range.contains(&n) { Ok((n, rest)) } else { Err(Failure::Range(what)) }
}

fn named<'v>(names: &[&str], length: Option<usize>, value: &'v str) -> Read<'v, u32> {
    for (i, name) in names.iter().enumerate() {
        let name = name.get(..length.unwrap_or(name.len())).unwrap_or_default();
        if let Some(head) = value.get(..name.len())
            && head.eq_ignore_ascii_case(name)
        {
            return Ok((i as u32, value.get(name.len()..).unwrap_or_default()));
        }
    }
    Err(Failure::Mismatch)
}

fn read<'v>(part: Part, value: &'v str, layout: &str, found: &mut Found) -> Read<'v> {
    let digits = |n: usize| value.get(..n).filter(|d| d.bytes().all(|b| b.is_ascii_digit()));
    let rest = match part {
        Part::LongYear => {
            let year = digits(4).ok_or(Failure::Mismatch)?;
            found.year = year.parse().map_err(|_| Failure::Mismatch)?;
            value.get(4..)
        }
        Part::Year => {
            let year: i64 = digits(2).ok_or(Failure::Mismatch)?.parse().map_err(|_| Failure::Mismatch)?;
            found.year = year + if year >= 69 { 1900 } else { 2000 };
            value.get(2..)
        }
        Part::LongMonth | Part::ShortMonth => {
            let (month, rest) = named(&MONTHS, (part == Part::ShortMonth).then_some(3), value)?;
            found.month = Some(month + 1);
            Some(rest)
        }
        Part::Month { zero } => {
            let (month, rest) = within(value, zero, 1..=12, "month")?;
            found.month = Some(month);
            Some(rest)
        }
        Part::LongWeekday | Part::ShortWeekday => {
            Some(named(&WEEKDAYS, (part == Part::ShortWeekday).then_some(3), value)?.1)
        }
        Part::Day { fill } => {
            let value = if fill == Some(' ') { value.strip_prefix(' ').unwrap_or(value) } else { value };
            let (day, rest) = number(value, fill == Some('0'))?;
            found.day = Some(day);
            Some(rest)
        }
        Part::YearDay { fill } => {
            let trimmed = if fill == ' ' { value.trim_start_matches(' ') } else { value };
            let count = 3 - (value.len() - trimmed.len()).min(2);
            let text =
                trimmed.get(..count).filter(|d| d.bytes().all(|b| b.is_ascii_digit())).ok_or(Failure::Mismatch)?;
            found.day_of_year = text.parse().ok();
            trimmed.get(count..)
        }
        Part::Hour => {
            let (hour, rest) = within(value, false, 0..=23, "hour")?;
            found.hour = hour;
            Some(rest)
        }
        Part::Hour12 { zero } => {
            let (hour, rest) = within(value, zero, 0..=12, "hour")?;
            found.hour = hour;
            Some(rest)
        }
        Part::Minute { zero } => {
            let (minute, rest) = within(value, zero, 0..=59, "minute")?;
            found.minute = minute;
            Some(rest)
        }
        Part::Second { zero } => {
            let (second, rest) = within(value, zero, 0..=59, "second")?;
            found.second = second;
            // A fraction may follow although the layout does not say so.
            let stated = matches!(next(layout), ("", Some((Part::Fraction { .. }, _)), _));
            if stated { Some(rest) } else { Some(fraction(rest, None, found)?.1) }
        }
        Part::Half { upper } => {
            let (am, pm) = if upper { ("AM", "PM") } else { ("am", "pm") };
            let head = value.get(..2).filter(|h| *h == am || *h == pm).ok_or(Failure::Mismatch)?;
            found.afternoon = Some(head == pm);
            value.get(2..)
        }
        Part::Zone => Some(zone(value, found)?.1),
        Part::Offset { z, colons, units } => Some(offset(value, z, colons, units, found)?.1),
        Part::Fraction { places, trim, .. } => Some(fraction(value, (!trim).then_some(places), found)?.1),
    };
    rest.map(|rest| ((), rest)).ok_or(Failure::Mismatch)
}

/// `.5`: exactly `places` digits, or as many as there are, none included.
fn fraction<'v>(value: &'v str, places: Option<usize>, found: &mut Found) -> Read<'v> {
    let body = value.strip_prefix(['.', ',']);
    let count = body.map_or(0, |b| b.bytes().take_while(u8::is_ascii_digit).count());
    let count = match places {
        None if count == 0 => return Ok(((), value)),
        None => count,
        Some(places) if places <= count => places,
        Some(_) => return Err(Failure::Mismatch),
    };
    let digits = value.get(1..=count).ok_or(Failure::Mismatch)?;
    let nine = format!("{digits:0<9}");
    found.nanoseconds = nine.get(..9).and_then(|d| d.parse().ok()).ok_or(Failure::Mismatch)?;
    Ok(((), value.get(1 + count..).unwrap_or_default()))
}

fn offset<'v>(value: &'v str, z: bool, colons: bool, units: u8, found: &mut Found) -> Read<'v> {
    if z && let Some(rest) = value.strip_prefix('Z') {
        found.offset = 0;
        return Ok(((), rest));
    }
    let (sign, mut rest) = match value.split_at_checked(1) {
        Some(("+", rest)) => (1, rest),
        Some(("-", rest)) => (-1, rest),
        _ => return Err(Failure::Mismatch),
    };
    let mut seconds = 0;
    for (i, (scale, limit, what)) in
        [(3600, 24, "time zone offset hour"), (60, 60, "time zone offset minute"), (1, 60, "time zone offset second")]
            .into_iter()
            .enumerate()
            .take(usize::from(units))
    {
        if colons && i > 0 {
            rest = rest.strip_prefix(':').ok_or(Failure::Mismatch)?;
        }
        let (n, behind) = number(rest, true)?;
        if n > limit {
            return Err(Failure::Range(what));
        }
        seconds += n as i32 * scale;
        rest = behind;
    }
    found.offset = sign * seconds;
    Ok(((), rest))
}

/// `UTC`, `GMT+3`, or three to five capitals, whose offset nobody here knows.
fn zone<'v>(value: &'v str, found: &mut Found) -> Read<'v> {
    if let Some(rest) = value.strip_prefix("UTC") {
        found.offset = 0;
        return Ok(((), rest));
    }
    if let Some(rest) = value.strip_prefix("GMT") {
        let sign = if rest.starts_with('-') { -1 } else { 1 };
        let digits: &str = rest.get(1..).filter(|_| rest.starts_with(['+', '-'])).unwrap_or_default();
        let count = digits.bytes().take_while(u8::is_ascii_digit).count();
        let hours = digits.get(..count).and_then(|d| d.parse::<i32>().ok()).filter(|h| *h <= 23);
        let Some(hours) = hours else { return Ok(((), rest)) };
        found.offset = sign * hours * 3600;
        return Ok(((), digits.get(count..).unwrap_or_default()));
    }
    let capitals = value.bytes().take_while(u8::is_ascii_uppercase).count();
    let count = match capitals {
        3 => 3,
        4 if value.get(3..4) == Some("T") || value.starts_with("WITA") => 4,
        5 if value.get(4..5) == Some("T") => 5,
        _ => return Err(Failure::Mismatch),
    };
    Ok(((), value.get(count..).unwrap_or_default()))
}
