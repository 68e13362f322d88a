//! Resource quantities (`resource.Quantity` of apimachinery): a decimal number with a suffix or an exponent.

/// The suffixes, and what they stand for in billionths.
const SUFFIXES: [(&str, i128); 16] = [
    ("", GIGA),
    ("n", 1),
    ("u", 1_000),
    ("m", 1_000_000),
    ("k", GIGA * 1_000),
    ("M", GIGA * 1_000_000),
    ("G", GIGA * GIGA),
    ("T", GIGA * GIGA * 1_000),
    ("P", GIGA * GIGA * 1_000_000),
    ("E", GIGA * GIGA * GIGA),
    ("Ki", GIGA << 10),
    ("Mi", GIGA << 20),
    ("Gi", GIGA << 30),
    ("Ti", GIGA << 40),
    ("Pi", GIGA << 50),
    ("Ei", GIGA << 60),
];
const GIGA: i128 = 1_000_000_000;

/// Sign and digits, and what follows them.
fn split(text: &str) -> Option<(&str, &str)> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = text.split_at_checked(text.len() - unsigned.len() + digits)?;
    let fits = number.contains(|c: char| c.is_ascii_digit()) && number.matches('.').count() <= 1;
    fits.then_some((number, suffix))
}

fn exponent(suffix: &str) -> Option<i32> {
    let digits = suffix.strip_prefix(['e', 'E'])?;
    let unsigned = digits.strip_prefix(['+', '-']).unwrap_or(digits);
    (!unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
}

/// Whether a text is a quantity: `1`, `0.5`, `500m`, `1Gi`, `1e3`.
pub fn is_quantity(text: &str) -> bool {
    split(text).is_some_and(|(_, suffix)| SUFFIXES.iter().any(|(s, _)| *s == suffix) || exponent(suffix).is_some())
}

/// A quantity in billionths, for comparing two; `None` for what is no quantity, and for what is too large or too fine.
pub fn billionths(text: &str) -> Option<i128> {
    let (number, suffix) = split(text)?;
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let mut divisor = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let scale = match SUFFIXES.iter().find(|(s, _)| *s == suffix) {
        Some((_, scale)) => *scale,
        None => {
            let exponent = exponent(suffix)?;
            let power = 10_i128.checked_pow(exponent.unsigned_abs())?;
            if exponent < 0 {
                divisor = divisor.checked_mul(power)?;
                GIGA
            } else {
                GIGA.checked_mul(power)?
            }
        }
    };
    let scaled = digits.checked_mul(scale)?;
    (scaled % divisor == 0).then_some(scaled / divisor)
}

/// What somebody may have meant by a text that is no quantity: `512mb`, `1 gi`, `100K`.
pub(crate) fn meant(text: &str) -> Option<String> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let (number, suffix) = split(&text)?;
    let suffix = suffix.strip_suffix(['b', 'B']).unwrap_or(suffix);
    let near = SUFFIXES.iter().rev().find(|(s, _)| s.eq_ignore_ascii_case(suffix))?.0;
    Some(format!("\"{number}{near}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_quantity() {
        for text in ["1", "+1", "-0.5", ".5", "5.", "500m", "1Gi", "1e3", "1E-3", "100k", "3n"] {
            assert!(is_quantity(text), "{text}");
        }
        for text in ["", "m", "1mb", "1 Gi", "1.2.3", "zero", "1K", "1e", "0x1", "--1", "1é", "１"] {
            assert!(!is_quantity(text), "{text}");
        }
    }

    #[test]
    fn spellings_of_one_quantity() {
        for (a, b) in
            [("1", "1000m"), ("0.5", "500m"), ("1Gi", "1024Mi"), ("1e3", "1k"), ("1e-3", "1m"), ("-1k", "-1000")]
        {
            assert_eq!(billionths(a), billionths(b), "{a} {b}");
            assert!(billionths(a).is_some(), "{a}");
        }
        assert_ne!(billionths("1G"), billionths("1Gi"));
        for text in ["1e99", "0.1n", "x", "99999999999999999999999999999999999999999"] {
            assert_eq!(billionths(text), None, "{text}");
        }
    }

    #[test]
    fn what_was_meant() {
        assert_eq!(meant("512mb").as_deref(), Some("\"512M\""), "nobody has thousandths of bytes");
        assert_eq!(meant("1 gi").as_deref(), Some("\"1Gi\""));
        assert_eq!(meant("100K").as_deref(), Some("\"100k\""));
        assert_eq!(meant("512MB").as_deref(), Some("\"512M\""));
        assert_eq!(meant("zero"), None);
        assert_eq!(meant("5 apples"), None);
    }
}
