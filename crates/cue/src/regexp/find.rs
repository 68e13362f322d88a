//! What a pattern finds in a text, and replacing it.

use super::Regexp;
use smol_str::SmolStr;

/// The text of each group of one match, the whole match first; `None` where a group took no part.
pub type Groups<'t> = Vec<Option<&'t str>>;

impl Regexp {
    /// The first match.
    pub fn find<'t>(&self, text: &'t str) -> Option<&'t str> {
        self.inner.find(text).map(|m| m.as_str())
    }

    /// The first `limit` matches that do not overlap, all when `limit` is negative.
    pub fn find_all<'t>(&self, text: &'t str, limit: i64) -> Vec<&'t str> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.inner.find_iter(text).take(limit).map(|m| m.as_str()).collect()
    }

    /// The groups of the first match.
    pub fn groups<'t>(&self, text: &'t str) -> Option<Groups<'t>> {
        self.inner.captures(text).map(|c| c.iter().map(|m| m.map(|m| m.as_str())).collect())
    }

    /// The groups of the first `limit` matches, of all when `limit` is negative.
    pub fn all_groups<'t>(&self, text: &'t str, limit: i64) -> Vec<Groups<'t>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        self.inner.captures_iter(text).take(limit).map(|c| c.iter().map(|m| m.map(|m| m.as_str())).collect()).collect()
    }

    /// Every match replaced; in the replacement `$1`, `${1}`, `$name` and `${name}` stand for groups and `$$` for `$`.
    pub fn replace_all(&self, text: &str, replacement: &str) -> String {
        let replace = |c: &regex::Captures<'_>| {
            let mut out = String::new();
            self.expand(&mut out, replacement, c);
            out
        };
        self.inner.replace_all(text, replace).into_owned()
    }

    /// Every match replaced by the text as it is.
    pub fn replace_all_literal(&self, text: &str, replacement: &str) -> String {
        self.inner.replace_all(text, regex::NoExpand(replacement)).into_owned()
    }

    fn expand(&self, out: &mut String, mut template: &str, captures: &regex::Captures<'_>) {
        while let Some(at) = template.find('$') {
            out.push_str(template.get(..at).unwrap_or_default());
            let rest = template.get(at + 1..).unwrap_or_default();
            if let Some(after) = rest.strip_prefix('$') {
                out.push('$');
                template = after;
                continue;
            }
            let word =
                |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').map(char::len_utf8).sum();
            let (name, after) = match rest.strip_prefix('{') {
                Some(inner) => {
                    let length: usize = word(inner);
                    let closed = inner.get(length..).is_some_and(|r| r.starts_with('}'));
                    (inner.get(..length).filter(|_| closed), inner.get(length + 1..))
                }
                None => {
                    let length: usize = word(rest);
                    (rest.get(..length), rest.get(length..))
                }
            };
            let Some(name) = name.filter(|n| !n.is_empty()) else {
                // Not a reference: the dollar stands for itself.
                out.push('$');
                template = rest;
                continue;
            };
            let found = match name.parse::<usize>() {
                Ok(index) => captures.get(index),
                // A name may stand for several groups: the first that took part.
                Err(_) => {
                    let named =
                        |(i, n): (usize, &Option<SmolStr>)| (n.as_deref() == Some(name)).then(|| captures.get(i));
                    self.names.iter().enumerate().filter_map(named).flatten().next()
                }
            };
            out.push_str(found.map_or("", |m| m.as_str()));
            template = after.unwrap_or_default();
        }
        out.push_str(template);
    }
}

/// A pattern that matches the text and nothing else.
pub fn quote_meta(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if r"\.+*?()|[]{}^$".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn replacements_name_groups() {
        for (pattern, text, with, expected) in [
            ("a(x*)b", "-ab-axxb-", "$1", "--xx-"),
            ("a(x*)b", "-ab-axxb-", "${1}W", "-W-xxW-"),
            ("a(x*)b", "-ab-axxb-", "$1W", "---"),
            ("(?P<k>\\w+)=(?P<v>\\w+)", "a=1 b=2", "$v=${k}", "1=a 2=b"),
            ("a", "aa", "$$", "$$"),
            ("a", "a", "$ ${ ${x $", "$ ${ ${x $"),
            ("", "ab", "-", "-a-b-"),
            ("a*", "baaac", "x", "xbxcx"),
        ] {
            assert_eq!(Regexp::new(pattern).unwrap().replace_all(text, with), expected, "{pattern} {text} {with}");
        }
        assert_eq!(Regexp::new("a").unwrap().replace_all_literal("aa", "$1"), "$1$1");
    }

    #[test]
    fn quoted_text_matches_itself() {
        let text = r"a.b*[c]\(d)$";
        assert_eq!(quote_meta(text), r"a\.b\*\[c\]\\\(d\)\$");
        assert!(Regexp::new(&quote_meta(text)).unwrap().is_match(text));
    }
}
