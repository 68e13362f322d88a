//! Every diagnostic's code with a text: what it means, what leads to it, what to do.
//!
//! The texts are one Markdown file, a section a code, so that they can be read as a page too. A test of the command sees
//! to it that every code of the project has a section.

use model::action::nearest;

const TEXT: &str = include_str!("codes.md");

/// A code and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Code {
    /// `render/unknown-parameter`
    pub code: &'static str,
    /// Markdown.
    pub text: &'static str,
}

/// All codes, in the order of the file.
pub fn all() -> impl Iterator<Item = Code> {
    TEXT.split("\n## ").skip(1).filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        Some(Code { code: code.trim(), text: text.split("\n# ").next().unwrap_or_default().trim() })
    })
}

/// The text of a code.
pub fn find(code: &str) -> Option<Code> {
    all().find(|c| c.code == code)
}

/// The code nearest to one that is unknown.
pub fn near(code: &str) -> Option<&'static str> {
    nearest(code, all().map(|c| c.code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_section_is_one_code_with_a_text() {
        let mut seen: Vec<&str> = Vec::new();
        for Code { code, text } in all() {
            assert!(code.split('/').count() == 2 && !code.contains(' '), "{code}");
            assert!(text.len() > 40, "{code}: {text}");
            assert!(!seen.contains(&code), "{code} is there twice");
            seen.push(code);
        }
        assert!(seen.len() > 100);
    }

    #[test]
    fn codes_are_found() {
        assert!(find("render/unknown-parameter").unwrap().text.contains("parameter"));
        assert_eq!(find("render/unknown-paramter"), None);
        assert_eq!(near("render/unknown-paramter"), Some("render/unknown-parameter"));
    }
}
