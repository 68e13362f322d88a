//! Colour of what is compared and tested, for people only: where standard output is a terminal and nobody has refused it
//! (`NO_COLOR`).

use std::io::IsTerminal;

/// Whether standard output takes colour.
fn wanted() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    !refused && std::io::stdout().is_terminal()
}

/// Paints lines by how they begin: what is added green, what is removed or failed red, what changes yellow.
pub(crate) fn lines(text: &str) -> String {
    if wanted() { painted(text) } else { text.to_owned() }
}

fn painted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let (bare, end) = line.strip_suffix('\n').map_or((line, ""), |bare| (bare, "\n"));
        let word = bare.trim_start();
        let begins = |marks: &[&str]| {
            marks.iter().any(|m| word.strip_prefix(m).is_some_and(|r| r.is_empty() || r.starts_with(' ')))
        };
        let code = match () {
            () if begins(&["+", "+++", "ok"]) => "32",
            () if begins(&["-", "---", "FAIL", "BROKEN"]) => "31",
            () if begins(&["~", "changed"]) => "33",
            () => "",
        };
        match code {
            "" => out.push_str(line),
            code => out.extend(["\u{1b}[", code, "m", bare, "\u{1b}[0m", end]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_painted_by_how_they_begin_and_stay_what_they_are() {
        let text = "  same\n+ new\n  - gone\n  ~ a: 1 -> 2\n-5 degrees\nFAIL  x: y";
        let shown = painted(text);
        assert_eq!(
            shown,
            "  same\n\u{1b}[32m+ new\u{1b}[0m\n\u{1b}[31m  - gone\u{1b}[0m\n\u{1b}[33m  ~ a: 1 -> 2\u{1b}[0m\n-5 degrees\n\u{1b}[31mFAIL  x: y\u{1b}[0m"
        );
        assert_eq!(lines(text), text, "a test has no terminal");
    }
}
