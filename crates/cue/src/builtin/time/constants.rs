//! The constants of `time`: durations in nanoseconds, layouts, months and days of the week.

use crate::builtin::builtins;

builtins! { "time";
    /// In nanoseconds.
    constant Nanosecond = "1";
    /// In nanoseconds.
    constant Microsecond = "1000";
    /// In nanoseconds.
    constant Millisecond = "1000000";
    /// In nanoseconds.
    constant Second = "1000000000";
    /// In nanoseconds.
    constant Minute = "60000000000";
    /// In nanoseconds.
    constant Hour = "3600000000000";
    /// A layout for `Format` and its kin.
    constant ANSIC = "\"Mon Jan _2 15:04:05 2006\"";
    /// A layout for `Format` and its kin.
    constant UnixDate = "\"Mon Jan _2 15:04:05 MST 2006\"";
    /// A layout for `Format` and its kin.
    constant RubyDate = "\"Mon Jan 02 15:04:05 -0700 2006\"";
    /// A layout for `Format` and its kin.
    constant RFC822 = "\"02 Jan 06 15:04 MST\"";
    /// A layout for `Format` and its kin.
    constant RFC822Z = "\"02 Jan 06 15:04 -0700\"";
    /// A layout for `Format` and its kin.
    constant RFC850 = "\"Monday, 02-Jan-06 15:04:05 MST\"";
    /// A layout for `Format` and its kin.
    constant RFC1123 = "\"Mon, 02 Jan 2006 15:04:05 MST\"";
    /// A layout for `Format` and its kin.
    constant RFC1123Z = "\"Mon, 02 Jan 2006 15:04:05 -0700\"";
    /// A layout for `Format` and its kin.
    constant RFC3339 = "\"2006-01-02T15:04:05Z07:00\"";
    /// A layout for `Format` and its kin.
    constant RFC3339Nano = "\"2006-01-02T15:04:05.999999999Z07:00\"";
    /// A layout for `Format` and its kin.
    constant RFC3339Date = "\"2006-01-02\"";
    /// A layout for `Format` and its kin.
    constant Kitchen = "\"3:04PM\"";
    /// A layout for `Format` and its kin.
    constant Kitchen24 = "\"15:04\"";
    /// The number of the month.
    constant January = "1";
    /// The number of the month.
    constant February = "2";
    /// The number of the month.
    constant March = "3";
    /// The number of the month.
    constant April = "4";
    /// The number of the month.
    constant May = "5";
    /// The number of the month.
    constant June = "6";
    /// The number of the month.
    constant July = "7";
    /// The number of the month.
    constant August = "8";
    /// The number of the month.
    constant September = "9";
    /// The number of the month.
    constant October = "10";
    /// The number of the month.
    constant November = "11";
    /// The number of the month.
    constant December = "12";
    /// The number of the day in the week.
    constant Sunday = "0";
    /// The number of the day in the week.
    constant Monday = "1";
    /// The number of the day in the week.
    constant Tuesday = "2";
    /// The number of the day in the week.
    constant Wednesday = "3";
    /// The number of the day in the week.
    constant Thursday = "4";
    /// The number of the day in the week.
    constant Friday = "5";
    /// The number of the day in the week.
    constant Saturday = "6";
}
