//! An instant as text in a layout.

use super::layout::{MONTHS, Part, WEEKDAYS, next};
use super::moment::Moment;

pub(super) fn format(moment: &Moment, layout: &str) -> String {
    let civil = moment.civil();
    let mut out = String::new();
    let mut rest = layout;
    loop {
        let (text, part, after) = next(rest);
        out.push_str(text);
        let Some((part, _)) = part else { return out };
        rest = after;
        let number = |value: u32, zero: bool| if zero { format!("{value:02}") } else { value.to_string() };
        let name = |names: &[&'static str], at: u32| names.get(at as usize).copied().unwrap_or_default();
        let short = |text: &'static str| text.get(..3).unwrap_or_default().to_owned();
        out.push_str(&match part {
            Part::LongYear if civil.year < 0 => format!("-{:04}", civil.year.unsigned_abs()),
            Part::LongYear => format!("{:04}", civil.year),
            Part::Year => format!("{:02}", civil.year.rem_euclid(100)),
            Part::LongMonth => name(&MONTHS, civil.month - 1).to_owned(),
            Part::ShortMonth => short(name(&MONTHS, civil.month - 1)),
            Part::Month { zero } => number(civil.month, zero),
            Part::LongWeekday => name(&WEEKDAYS, civil.weekday).to_owned(),
            Part::ShortWeekday => short(name(&WEEKDAYS, civil.weekday)),
            Part::Day { fill: Some('0') } => number(civil.day, true),
            Part::Day { fill: Some(_) } => format!("{:2}", civil.day),
            Part::Day { fill: None } => number(civil.day, false),
            Part::YearDay { fill: '0' } => format!("{:03}", civil.day_of_year),
            Part::YearDay { .. } => format!("{:3}", civil.day_of_year),
            Part::Hour => number(civil.hour, true),
            Part::Hour12 { zero } => number((civil.hour + 11) % 12 + 1, zero),
            Part::Minute { zero } => number(civil.minute, zero),
            Part::Second { zero } => number(civil.second, zero),
            Part::Half { upper } => match (civil.hour >= 12, upper) {
                (true, true) => "PM",
                (false, true) => "AM",
                (true, false) => "pm",
                (false, false) => "am",
            }
            .to_owned(),
            Part::Zone if moment.offset == 0 => "UTC".to_owned(),
            // A place without a name is shown by its offset, in full hours where it is.
            Part::Zone if moment.offset % 3600 == 0 => offset(moment.offset, false, 1, false) + "00",
            Part::Zone => offset(moment.offset, false, 2, false),
            Part::Offset { z, colons, units } => offset(moment.offset, colons, units, z),
            Part::Fraction { mark, places, trim } => fraction(moment.nanoseconds, mark, places, trim),
        });
    }
}

fn offset(seconds: i32, colons: bool, units: u8, z: bool) -> String {
    if z && seconds == 0 {
        return "Z".to_owned();
    }
    let sign = if seconds < 0 { '-' } else { '+' };
    let n = seconds.unsigned_abs();
    let parts = [n / 3600, n / 60 % 60, n % 60];
    let parts: Vec<String> = parts.iter().take(usize::from(units)).map(|p| format!("{p:02}")).collect();
    format!("{sign}{}", parts.join(if colons { ":" } else { "" }))
}

fn fraction(nanoseconds: u32, mark: char, places: usize, trim: bool) -> String {
    let digits = format!("{nanoseconds:09}");
    let digits = format!("{digits:0<places$}");
    let digits = digits.get(..places).unwrap_or_default();
    let digits = if trim { digits.trim_end_matches('0') } else { digits };
    if digits.is_empty() { String::new() } else { format!("{mark}{digits}") }
}
