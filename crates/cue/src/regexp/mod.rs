//! Regular expressions as CUE has them: RE2's syntax and meaning, matched in linear time.
//!
//! The `regex` crate that does the matching differs from RE2 in what it accepts and in that `\d`, `\w`, `\s` and `\b`
//! are Unicode there (rust-ecosystem §3.2). So a pattern is parsed here, checked against RE2's rules, and printed as a
//! pattern of the same meaning. Capture names stay on our side.

mod class;
mod find;
mod translate;

pub use find::{Groups, quote_meta};
use smol_str::SmolStr;

/// Bytes that a compiled pattern may take: enough for some hundred letters of all scripts, counted. Compiling that much takes
/// about 90 ms.
const SIZE_LIMIT: usize = 12 << 20;

/// Why a pattern is not a regular expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("error parsing regexp: {message}")]
pub struct RegexpError {
    /// What is wrong with which part.
    pub message: String,
}

/// A compiled pattern.
#[derive(Debug, Clone)]
pub struct Regexp {
    inner: regex::Regex,
    /// Of each capture group, the whole match (never named) first.
    names: Vec<Option<SmolStr>>,
}

impl Regexp {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// When it is not RE2 syntax, or too large.
    pub fn new(pattern: &str) -> Result<Regexp, RegexpError> {
        Self::within(pattern, SIZE_LIMIT)
    }

    /// Compiles a pattern that may take this many bytes, and no more than any other may.
    ///
    /// # Errors
    /// The same.
    pub fn within(pattern: &str, bytes: usize) -> Result<Regexp, RegexpError> {
        let translated = translate::translate(pattern)?;
        let inner = regex::RegexBuilder::new(&translated.pattern)
            .size_limit(bytes.min(SIZE_LIMIT))
            .nest_limit(translate::MAX_NESTING * 4)
            .build()
            .map_err(|e| RegexpError {
                message: match e {
                    regex::Error::CompiledTooBig(_) => format!("expression too large: `{pattern}`"),
                    _ => format!("invalid character class or escape: `{pattern}`"),
                },
            })?;
        Ok(Regexp { inner, names: translated.names })
    }

    /// Whether it matches anywhere in the text.
    pub fn is_match(&self, text: &str) -> bool {
        self.inner.is_match(text)
    }

    /// Whether it matches anywhere in the bytes; what is not UTF-8 counts as U+FFFD.
    pub fn is_match_bytes(&self, bytes: &[u8]) -> bool {
        self.inner.is_match(&String::from_utf8_lossy(bytes))
    }

    /// The names of the groups, the whole match (never named) first.
    pub fn names(&self) -> &[Option<SmolStr>] {
        &self.names
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn matches_as_re2_does() {
        for (pattern, text, expected) in [
            ("b+", "abbc", true),
            ("^b", "abbc", false),
            ("^a.c$", "a\nc", false),
            ("(?s)^a.c$", "a\nc", true),
            ("c$", "c\n", false),
            ("(?m)c$", "c\n", true),
            (r"^\d+$", "٣", false),
            (r"^\w$", "é", false),
            (r"\s", "\u{a0}", false),
            (r"^\D$", "٣", true),
            (r"\bé", "é", false),
            (r"\Ba", "ba", true),
            (r"é\Bé", "éé", true),
            ("[[a]", "[", true),
            ("^[a&&b]+$", "a&b", true),
            ("^[~~]+$", "~", true),
            ("^[+--a]+$", ",a-", true),
            (r"\Qa.b\E", "a.b", true),
            (r"\Qa.b\E", "axb", false),
            (r"\Qa.b", "a.b", true),
            (r"^\Qab\E*$", "abbb", true),
            ("^a{,2}$", "a{,2}", true),
            ("^a{$", "a{", true),
            ("^a{01}$", "a{01}", true),
            ("^a{2}$", "aa", true),
            ("^a{2,}$", "aaa", true),
            (r"^[\w-z]+$", "a-_", true),
            (r"^[]a]+$", "]a", true),
            (r"^[^]a]+$", "]a", false),
            ("^[a-]+$", "a-", true),
            (r"^[\d\D]$", "x", true),
            (r"^[^\d]$", "٣", true),
            ("^[[:word:]]+$", "a_1", true),
            ("^[[:^digit:]]+$", "ab", true),
            (r"^\pN$", "٣", true),
            (r"^\p{Greek}$", "λ", true),
            (r"^\p{Letter}+$", "aλ", true),
            ("(?P<n>a)(?P<n>b)", "ab", true),
            ("(?)a", "a", true),
            (r"^\p{^Greek}$", "λ", false),
            (r"^\PN$", "x", true),
            ("(?i)k", "\u{212a}", true),
            ("(?i:A)b", "ab", true),
            ("(?i:A)b", "aB", false),
            ("(?i)a(?-i)b", "AB", false),
            (r"^\x41\x{1F600}\101\t$", "A😀A\t", true),
            (r"^\.\-\_\/\<$", ".-_/<", true),
            ("^(?P<n>a)(?<m>b)$", "ab", true),
            ("a||b", "", true),
            ("^(|a)$", "a", true),
            ("^$", "", true),
            ("#~& -", "#~& -", true),
            ("(?:(?i)a)b", "Ab", true),
        ] {
            assert_eq!(Regexp::new(pattern).unwrap().is_match(text), expected, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn what_re2_refuses_is_refused_with_the_part() {
        let messages: Vec<String> = [
            "*",
            "a**",
            "a+*",
            "a??*",
            "(*)",
            "|*",
            "a{1001}",
            "a{2,1}",
            "a{1,1001}",
            "a{2}{3}",
            "(a",
            "a)",
            "[a",
            "[z-a]",
            "[[:foo:]]",
            r"\8",
            r"\1",
            r"\Z",
            r"\C",
            r"\é",
            r"\",
            r"[a\",
            r"\p{Foo}",
            r"\p",
            r"\p{",
            "(?x)a",
            "(?",
            "(?P=n)",
            "(?P<n",
            "(?P<>a)",
            "(?P<a-b>a)",
            "(?=a)",
            "(?i",
            r"\x{110000}",
            r"\xg",
            "[a-\\d]",
            "(?i-)",
            "(?--i)",
        ]
        .iter()
        .map(|pattern| match Regexp::new(pattern) {
            Ok(_) => format!("{pattern}: accepted"),
            Err(e) => format!("{pattern}: {}", e.message),
        })
        .collect();
        insta::assert_snapshot!(messages.join("\n"));
        assert!(Regexp::new(&"(".repeat(100_000)).is_err());
        assert!(Regexp::new(&format!("{}{}", "(".repeat(100_000), ")".repeat(100_000))).is_err());
    }

    #[test]
    fn a_large_but_ordinary_pattern_compiles() {
        assert!(Regexp::new(r"^[\p{L}0-9]{1,253}$").unwrap().is_match("straße"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_pattern_or_an_error(pattern in r"[-a-cdwsbpPQE\\\[\]{}()*+?|^$.,:=!<>0-2é]{0,24}") {
            let _ = Regexp::new(&pattern).map(|r| r.is_match("abc"));
        }
    }
}
