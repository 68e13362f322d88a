//! An instant in the proleptic Gregorian calendar.

/// An instant, seen at an offset from UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moment {
    /// Seconds since 1970, UTC.
    pub(super) seconds: i64,
    /// Within the second.
    pub(super) nanoseconds: u32,
    /// Of the place, in seconds east of UTC.
    pub(super) offset: i32,
}

/// Date and time of day at the moment's offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    /// 1 to 12.
    pub(super) month: u32,
    /// 1 to 31.
    pub(super) day: u32,
    pub(super) hour: u32,
    pub(super) minute: u32,
    pub(super) second: u32,
    /// Sunday is 0.
    pub(super) weekday: u32,
    /// 1 to 366.
    pub(super) day_of_year: u32,
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in(year: i64, month: u32) -> u32 {
    match month {
        2 => 28 + u32::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01: years begin in March, so that the leap day is the last.
pub(super) fn days(year: i64, month: u32, day: u32) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let of_era = shifted.rem_euclid(400);
    let of_year = (153 * i64::from((month + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

impl Moment {
    pub(super) fn civil(&self) -> Civil {
        let local = self.seconds.saturating_add(i64::from(self.offset));
        let (day_number, of_day) = (local.div_euclid(86_400), local.rem_euclid(86_400) as u32);
        let shifted = day_number.saturating_add(719_468);
        let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
        let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted_month = (5 * of_year + 2) / 153;
        let day = (of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
        let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        Civil {
            year,
            month,
            day,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            weekday: (day_number + 4).rem_euclid(7) as u32,
            day_of_year: (day_number - days(year, 1, 1) + 1) as u32,
        }
    }

    pub(super) fn utc(self) -> Moment {
        Moment { offset: 0, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn days_and_civil_are_inverse(seconds in -100_000_000_000i64..300_000_000_000) {
            let moment = Moment { seconds, nanoseconds: 0, offset: 0 };
            let c = moment.civil();
            let time = i64::from(c.hour) * 3600 + i64::from(c.minute) * 60 + i64::from(c.second);
            proptest::prop_assert_eq!(days(c.year, c.month, c.day) * 86_400 + time, seconds);
            proptest::prop_assert!((1..=days_in(c.year, c.month)).contains(&c.day));
        }
    }
}
