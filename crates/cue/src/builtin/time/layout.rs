//! Go's layouts: a text that shows how Monday, January 2, 2006, 15:04:05 -0700 (MST) is to be written.

/// A part of a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// `2006`
    LongYear,
    /// `06`
    Year,
    /// `January`
    LongMonth,
    /// `Jan`
    ShortMonth,
    /// `1`, or `01` with `zero`.
    Month { zero: bool },
    /// `Monday`
    LongWeekday,
    /// `Mon`
    ShortWeekday,
    /// `2`, `02`, `_2`: the character that fills up to two places.
    Day { fill: Option<char> },
    /// `002`, `__2`: the character that fills up to three places.
    YearDay { fill: char },
    /// `15`
    Hour,
    /// `3`, `03`
    Hour12 { zero: bool },
    /// `4`, `04`
    Minute { zero: bool },
    /// `5`, `05`
    Second { zero: bool },
    /// `PM`, or `pm`.
    Half { upper: bool },
    /// `MST`
    Zone,
    /// `-0700`, `Z07:00`, …: `Z` for UTC, colons, and how many of hours, minutes, seconds.
    Offset { z: bool, colons: bool, units: u8 },
    /// `.000`, `,999`: the mark, the places, and whether zeros at the end go.
    Fraction { mark: char, places: usize, trim: bool },
}

/// Words whose meaning does not depend on what follows; longer ones first.
const WORDS: [(&str, Part); 34] = [
    ("January", Part::LongMonth),
    ("Monday", Part::LongWeekday),
    ("MST", Part::Zone),
    ("002", Part::YearDay { fill: '0' }),
    ("01", Part::Month { zero: true }),
    ("02", Part::Day { fill: Some('0') }),
    ("03", Part::Hour12 { zero: true }),
    ("04", Part::Minute { zero: true }),
    ("05", Part::Second { zero: true }),
    ("06", Part::Year),
    ("15", Part::Hour),
    ("1", Part::Month { zero: false }),
    ("2006", Part::LongYear),
    ("2", Part::Day { fill: None }),
    ("__2", Part::YearDay { fill: ' ' }),
    ("3", Part::Hour12 { zero: false }),
    ("4", Part::Minute { zero: false }),
    ("5", Part::Second { zero: false }),
    ("PM", Part::Half { upper: true }),
    ("pm", Part::Half { upper: false }),
    ("-070000", Part::Offset { z: false, colons: false, units: 3 }),
    ("-07:00:00", Part::Offset { z: false, colons: true, units: 3 }),
    ("-0700", Part::Offset { z: false, colons: false, units: 2 }),
    ("-07:00", Part::Offset { z: false, colons: true, units: 2 }),
    ("-07", Part::Offset { z: false, colons: false, units: 1 }),
    ("Z070000", Part::Offset { z: true, colons: false, units: 3 }),
    ("Z07:00:00", Part::Offset { z: true, colons: true, units: 3 }),
    ("Z0700", Part::Offset { z: true, colons: false, units: 2 }),
    ("Z07:00", Part::Offset { z: true, colons: true, units: 2 }),
    ("Z07", Part::Offset { z: true, colons: false, units: 1 }),
    // The short names only where no small letter follows: `Month` is text.
    ("Jan", Part::ShortMonth),
    ("Mon", Part::ShortWeekday),
    // `_2006` is an underscore and a year.
    ("_2006", Part::LongYear),
    ("_2", Part::Day { fill: Some(' ') }),
];

/// The next part that is not text: the text before it, the part with its own text, and the rest.
pub(super) fn next(layout: &str) -> (&str, Option<(Part, &str)>, &str) {
    for (at, c) in layout.char_indices() {
        let rest = layout.get(at..).unwrap_or_default();
        if let Some((part, length, skipped)) = part(rest, c) {
            let (prefix, text) = (layout.get(..at + skipped), layout.get(at + skipped..at + length));
            return (
                prefix.unwrap_or_default(),
                Some((part, text.unwrap_or_default())),
                layout.get(at + length..).unwrap_or_default(),
            );
        }
    }
    (layout, None, "")
}

/// The part that begins here, its length, and how much of that is text after all.
fn part(rest: &str, c: char) -> Option<(Part, usize, usize)> {
    if matches!(c, '.' | ',') {
        let digit = rest.chars().nth(1).filter(|d| matches!(d, '0' | '9'))?;
        let places = rest.get(1..)?.chars().take_while(|d| *d == digit).count();
        let followed = rest.get(1 + places..)?.starts_with(|d: char| d.is_ascii_digit());
        return (!followed).then_some((Part::Fraction { mark: c, places, trim: digit == '9' }, 1 + places, 0));
    }
    let (word, part) = WORDS.iter().find(|(word, part)| {
        let short = matches!(part, Part::ShortMonth | Part::ShortWeekday);
        let lower = |after: &str| after.starts_with(|c: char| c.is_ascii_lowercase());
        rest.strip_prefix(word).is_some_and(|after| !(short && lower(after)))
    })?;
    Some((*part, word.len(), usize::from(*word == "_2006")))
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
pub(super) const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
