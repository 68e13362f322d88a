//! `strconv.Quote` and its kin: Go's string and character literals, and which characters can be shown.

use crate::builtin::args::Outcome;
use crate::builtin::{Args, Fault, builtins};
use std::sync::LazyLock;

builtins! { "strconv";
    /// `Quote(s)` is `s` as a Go string literal: what cannot be shown is escaped.
    pure Quote(s: STRING) = |a: Args<'_>| text(a, Keep::Printable);
    /// `QuoteToASCII(s)` is `s` as a Go string literal in which everything beyond ASCII is escaped.
    pure QuoteToASCII(s: STRING) = |a: Args<'_>| text(a, Keep::Ascii);
    /// `QuoteToGraphic(s)` is `s` as a Go string literal in which spaces of all kinds stay.
    pure QuoteToGraphic(s: STRING) = |a: Args<'_>| text(a, Keep::Graphic);
    /// `QuoteRune(r)` is the character with the code point `r` as a Go character literal.
    pure QuoteRune(r: INT) = |a: Args<'_>| rune(a, Keep::Printable);
    /// `QuoteRuneToASCII(r)` is `QuoteRune` with everything beyond ASCII escaped.
    pure QuoteRuneToASCII(r: INT) = |a: Args<'_>| rune(a, Keep::Ascii);
    /// `QuoteRuneToGraphic(r)` is `QuoteRune` in which spaces of all kinds stay.
    pure QuoteRuneToGraphic(r: INT) = |a: Args<'_>| rune(a, Keep::Graphic);
    /// `IsPrint(r)` says whether the character is a letter, mark, number, punctuation, symbol, or the ASCII space.
    bool IsPrint(r: INT) = |a: Args<'_>| Ok::<_, Fault>(character(a)?.is_some_and(is_print));
    /// `IsGraphic(r)` says whether the character is printable or any space.
    bool IsGraphic(r: INT) = |a: Args<'_>| Ok::<_, Fault>(character(a)?.is_some_and(is_graphic));
}

/// Which characters stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::builtin) enum Keep {
    Printable,
    Graphic,
    Ascii,
}

/// Letters, marks, numbers, punctuation and symbols.
static PRINT: LazyLock<Option<regex::Regex>> = LazyLock::new(|| regex::Regex::new(r"^[\pL\pM\pN\pP\pS]$").ok());

fn is_print(c: char) -> bool {
    match c {
        ' '..='~' => true,
        c if c.is_ascii() => false,
        c => PRINT.as_ref().is_some_and(|r| r.is_match(c.encode_utf8(&mut [0; 4]))),
    }
}

fn is_graphic(c: char) -> bool {
    let space = matches!(c, '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}');
    space || is_print(c)
}

fn character(args: Args<'_>) -> Outcome<Option<char>> {
    let number = args.int(0)?;
    match i32::try_from(number) {
        Ok(number) => Ok(u32::try_from(number).ok().and_then(char::from_u32)),
        Err(_) => Fault::error(format!("int {number} overflows rune in argument 0")),
    }
}

fn text(args: Args<'_>, keep: Keep) -> Outcome<String> {
    Ok(quoted(args.string(0)?, '"', keep))
}

fn rune(args: Args<'_>, keep: Keep) -> Outcome<String> {
    let c = character(args)?.unwrap_or(char::REPLACEMENT_CHARACTER);
    Ok(quoted(c.encode_utf8(&mut [0; 4]), '\'', keep))
}

/// A Go literal.
pub(in crate::builtin) fn quoted(text: &str, quote: char, keep: Keep) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        let stays = match keep {
            Keep::Printable => is_print(c),
            Keep::Graphic => is_graphic(c),
            Keep::Ascii => matches!(c, ' '..='~'),
        };
        match c {
            '\\' => out.push_str("\\\\"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if stays => out.push(c),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{b}' => out.push_str("\\v"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if u32::from(c) < 0x10000 => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push_str(&format!("\\U{:08x}", u32::from(c))),
        }
    }
    out.push(quote);
    out
}
